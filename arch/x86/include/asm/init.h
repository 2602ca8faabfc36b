/* SPDX-License-Identifier: GPL-2.0-only */
/* Start-up of arch/x86 that init/main.c asks for. */
#pragma once

/**
 * arch_init_late() - ACPI tables, interrupt controllers, clock sources, timer calibration
 * Context: boot CPU, once, after mm_init(); interrupts off.
 */
void arch_init_late(void);
