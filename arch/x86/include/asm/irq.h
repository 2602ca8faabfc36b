/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vectors and interrupt controllers, seen from kernel/irq. Owner arch/x86/irq.
 *
 * An irqline (kernel/irq) is a number; arch maps it to a vector on one CPU.
 * Sources: a global system interrupt of ACPI (I/O APIC pin) or a message
 * (MSI, MSI-X), whose address and data arch computes.
 */
#pragma once

#include <asm/percpu.h>
#include <tern/base/types.h>

#define VECTOR_COUNT	256

/** arch_irq_alloc_gsi() - route a global system interrupt; returns irq number or -errno. */
int arch_irq_alloc_gsi(u32 gsi, bool is_level, bool is_active_low);

struct msi_message {
	u64 addr;
	u32 data;
};

/** arch_irq_alloc_msi() - a vector for one message; returns irq number or -ENOSPC. */
int arch_irq_alloc_msi(struct msi_message *msg);
/** arch_irq_msi_message() - current message of an irq (after an affinity change). */
int arch_irq_msi_message(u32 irq, struct msi_message *msg);
/** arch_irq_free() - give the vector back. */
void arch_irq_free(u32 irq);
/** arch_irq_mask() / arch_irq_unmask() - for GSI lines; MSI masks in the device. */
void arch_irq_mask(u32 irq);
void arch_irq_unmask(u32 irq);
/** arch_irq_set_cpu() - move to @cpu; 0, -ENOSPC, -EINVAL. */
int arch_irq_set_cpu(u32 irq, u32 cpu);
/** arch_isa_irq_to_gsi() - ISA line (0-15) to GSI with polarity from the MADT overrides. */
u32 arch_isa_irq_to_gsi(u32 isa, bool *is_level, bool *is_active_low);
/** arch_irq_name() - controller name for /proc/interrupts, e.g. "IO-APIC 4-edge", "PCI-MSI". */
const char *arch_irq_name(u32 irq);

/** arch_timer_set() - program this CPU's one-shot timer @deadline ns since boot (0: off). */
void arch_timer_set(nsec_t deadline);

/* Interrupts that are the processor's own, counted for /proc/interrupts. */
struct arch_irq_counts {
	u64 timer, resched, call, spurious, error, nmi;
};
DECLARE_PERCPU(struct arch_irq_counts, arch_irq_counts);
