/* SPDX-License-Identifier: GPL-2.0-only */
/* Start-up functions of kernel/, in the order in which init/main.c calls them. */
#pragma once

#include <tern/base/compiler.h>

/** klog_init() - console level from quiet/loglevel=; registers the boot console. No memory yet. */
void klog_init(void);
/** rcu_init() - grace period state of all possible CPUs; memory is up. */
void rcu_init(void);
/** timeout_init_cpu() - this CPU's timer queue takes over the timer hardware; on each CPU. */
void timeout_init_cpu(void);
/** proc_init() - kernel process, pid tables, credential and thread caches. After sched_init. */
void proc_init(void);
/** sched_idle_loop() - body of an idle thread: never returns. Interrupts on. */
void sched_idle_loop(void) __noreturn;
