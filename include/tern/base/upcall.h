/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls from lower layers upwards: arch and mm declare what they need here,
 * the owner named in each line implements it. Nothing else may be called up.
 */
#pragma once

#include <asm/frame.h>
#include <asm/percpu.h>
#include <tern/base/types.h>

struct thread;
struct aspace;
struct memgroup;

/**
 * tern_main() - C entry on the boot CPU with paging, per-CPU area and early
 * console up (init/main.c).
 */
void tern_main(void) __noreturn;

/**
 * cpu_online_main() - C entry of another CPU, interrupts off
 * (kernel/sched/core.c): becomes its idle thread.
 */
void cpu_online_main(u32 cpu) __noreturn;

/** trap_page_fault() - resolve a fault (mm/fault.c)
 * @addr: faulting address
 * @code: hardware error code (1 protection, 2 write, 4 user, 16 fetch)
 * Return: 0 resolved; else signal number (SIGSEGV, SIGBUS) with *si_code set;
 * -ENOMEM: killed by OOM.
 * Context: interrupts on; only for user addresses.
 */
int trap_page_fault(struct frame *f, uptr addr, u32 code, int *si_code);

/** trap_signal() - a user-mode exception becomes a signal of thread_self (kernel/proc/signal.c). */
void trap_signal(int sig, int si_code, uptr addr, u32 trapno);

/** trap_user_work() - slow path before returning to user mode while the work word is not 0:
 * reschedule, signals, tracing (kernel/proc/usermode.c). Interrupts on. Loops until clear. */
void trap_user_work(struct frame *f);

/** trap_syscall_enter() - slow path before a system call (tracing, seccomp, service mask).
 * Return: number to run, or -1 with f->rax set to the result. (kernel/proc/usermode.c) */
long trap_syscall_enter(struct frame *f, u64 nr);
/** trap_syscall_exit() - slow path after a system call. */
void trap_syscall_exit(struct frame *f);
/** trap_syscall_missing() - number without row: counts, logs once, returns -ENOSYS. */
long trap_syscall_missing(u64 nr);

/** trap_irq() - a device interrupt of line @irq (kernel/irq/irqline.c); hardirq count is up. */
void trap_irq(u32 irq);
/** trap_timer() - this CPU's one-shot timer fired (kernel/time/timeout.c). */
void trap_timer(void);
/** irq_enter() / irq_exit() - hard interrupt bookkeeping around handlers; irq_exit runs
 * soft interrupts when the outermost handler ends (kernel/irq/softirq.c). */
void irq_enter(void);
void irq_exit(void);
/* Registers that the innermost hard interrupt of this CPU saved. Arch sets it before irq_enter() and
 * puts the old value back after irq_exit(); the tick tells user from kernel time by it. */
DECLARE_PERCPU(struct frame *, cpu_irq_frame);

/**
 * sched_irq_preempt() - at interrupt return to kernel mode with count 0 and
 * resched due. Interrupts off.
 */
void sched_irq_preempt(void);

/** thread_start_hook() - first code of a new thread after the switch (kernel/sched/core.c). */
void thread_start_hook(struct thread *prev);
/** thread_exit_kernel() - a kernel thread's function returned (kernel/proc/exit.c). */
void thread_exit_kernel(int code) __noreturn;

/** clock_ns() - ns since boot, monotonic, any context (kernel/time/clock.c). */
nsec_t clock_ns(void);

/**
 * sched_io_begin() - sleeps until sched_io_end() wait for I/O: idle time then counts as
 * iowait (kernel/sched/account.c). Returns the old state.
 */
bool sched_io_begin(void);
void sched_io_end(bool old);

/**
 * memstall_begin() - until memstall_end() thread_self waits for memory: its pressure counts
 * (kernel/sched/psi.c). Returns the old state.
 */
bool memstall_begin(void);
void memstall_end(bool old);

/** thread_set_memalloc() - thread_self is part of reclaim and may use all reserves, or no more; was it. */
bool thread_set_memalloc(bool is_on);
/** thread_is_memalloc() - the last setting. */
bool thread_is_memalloc(void);
/** oom_kill() - memory ran out: choose and kill a process (kernel/proc/oom.c). True if one was. */
bool oom_kill(u64 npages_wanted);
/** memgroup_self() - thread_self's control group, with a reference, or NULL (kernel/cgroup). */
struct memgroup *memgroup_self(void);
struct iogroup;
/** iogroup_put() - a group of pages drops who pays for writing them (kernel/cgroup). Context: any. */
void iogroup_put(struct iogroup *g);
/** memgroup_oom() - @g is full: kill a process in it (kernel/proc/oom.c). False: there is none. */
bool memgroup_oom(struct memgroup *g);
