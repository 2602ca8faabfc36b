/* SPDX-License-Identifier: GPL-2.0-only */
/* Leaving the machine. Owner arch/x86. */
#pragma once
#include <tern/base/compiler.h>
/** arch_poweroff() - ACPI S5; halts if that fails. arch_reboot() - reset; does not return. */
void arch_poweroff(void) __noreturn;
void arch_reboot(void) __noreturn;
