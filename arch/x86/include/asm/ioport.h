/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O ports that a thread's own code may use. Owner arch/x86/cpu/ioport.c. */
#pragma once

#include <tern/base/types.h>

#define IOPORTS		65536u

struct arch_thread;

/**
 * arch_ioports_set() - give ports to thread_self, or take them
 * @from: first port, @num: how many; within IOPORTS
 * Return: 0 or -ENOMEM. Sleeps.
 */
int arch_ioports_set(u32 from, u32 num, bool on);
/** arch_iopl_get() / arch_iopl_set() - I/O privilege level of thread_self; at 3 it has all ports. */
u8 arch_iopl_get(void);
void arch_iopl_set(u8 level);
