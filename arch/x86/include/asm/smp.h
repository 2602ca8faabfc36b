/* SPDX-License-Identifier: GPL-2.0-only */
/* Start-up calls of arch/x86 made by init/main.c. */
#pragma once

/** arch_init_late() - after mm_init: ACPI tables, interrupt controllers, clock sources, timer calibration. Interrupts off. */
void arch_init_late(void);
/** smp_init() - start the other CPUs, at most maxcpus=; each ends in cpu_online_main(). Sleeps. */
void smp_init(void);
