/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to arch/x86: interrupt controllers. */
#pragma once

#include <asm/irq.h>
#include <tern/base/compiler.h>

/* Vectors 32 .. VECTOR_DEVICE_LAST belong to devices, each CPU its own set. */
#define VECTOR_DEVICE_FIRST	0x20u
#define VECTOR_DEVICE_LAST	0xefu
#define VECTOR_TIMER		0xfau
#define VECTOR_STOP		0xfbu
#define VECTOR_CALL		0xfcu
#define VECTOR_RESCHED		0xfdu
#define VECTOR_ERROR		0xfeu
#define VECTOR_SPURIOUS		0xffu

/** lapic_setup_boot() - find and map the local APIC, enter x2APIC mode if there. */
void lapic_setup_boot(void);
/** lapic_setup_cpu() - enable this CPU's. */
void lapic_setup_cpu(void);
/** lapic_eoi() - end of interrupt. */
void lapic_eoi(void);
/** lapic_id() - of this CPU. */
u32 lapic_id(void);
/** lapic_send_ipi() - fixed interrupt to a CPU by number. Context: any. */
void lapic_send_ipi(u32 cpu, u32 vector);
/** lapic_send_nmi() - NMI to a CPU. */
void lapic_send_nmi(u32 cpu);
/** lapic_send_init() / lapic_send_startup() - by APIC id. */
void lapic_send_init(u32 apic_id);
void lapic_send_startup(u32 apic_id, u32 page);
bool lapic_is_x2(void);
/** lapic_report_error() - log the error status register. */
void lapic_report_error(void);
/** apic_id_of_cpu() - APIC id by CPU number. */
u32 apic_id_of_cpu(u32 cpu);
/** lapic_timer_setup() - calibrate once, then on each CPU prepare the one-shot timer. */
void lapic_timer_setup(void);

/** pic_disable() - mask the two legacy controllers for good. */
void pic_disable(void);
/** irq_stack_setup_boot() / irq_stack_alloc() - interrupt stacks; 0 or -ENOMEM. */
void irq_stack_setup_boot(void);
int irq_stack_alloc(u32 cpu);

/* ---- I/O APIC pins, by global system interrupt ---- */
/** ioapic_has() - does a pin serve @gsi. */
bool ioapic_has(u32 gsi);
/** ioapic_route() - program a pin, masked state kept in @is_masked. */
void ioapic_route(u32 gsi, u32 cpu, u32 vector, bool is_level, bool is_active_low, bool is_masked);
void ioapic_set_mask(u32 gsi, bool is_masked);
/** ioapic_gsi_end() - first number past all pins. */
u32 ioapic_gsi_end(void);

/** ioapic_setup() - map and mask all pins. */
void ioapic_setup(void);
/** irq_vector_setup() - vector tables; then arch_irq_*() work. */
void irq_vector_setup(void);
/** irq_dispatch_device() - a device vector hit this CPU. */
void irq_dispatch_device(u32 vector);
