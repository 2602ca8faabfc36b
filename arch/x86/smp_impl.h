/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to arch/x86: which CPUs there are. */
#pragma once

#include <asm/smp.h>

/** smp_find_cpus() - number the CPUs of the MADT, boot CPU first; returns how many. Boot. */
u32 smp_find_cpus(void);
/** smp_note_boot_apic() - the boot CPU's APIC id as its APIC says. */
void smp_note_boot_apic(u32 apic_id);
/** smp_is_stopping() - a CPU asked all others to halt. */
bool smp_is_stopping(void);
