/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Futexes, restartable sequences and memory barriers for user space: what the
 * rest of the kernel calls. Owner kernel/ipc.
 */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/types.h>

struct frame;
struct thread;

/** futex_init() - hash buckets, scaled to the number of CPUs. */
void futex_init(void);
/** futex_wake_user() - wake one waiter of a word (shared key: whoever it is). Sleeps. */
void futex_wake_user(u32 __user *p);
/**
 * futex_thread_exit() - thread_self dies: robust list, PI locks it holds. Its
 * memory is still there. Sleeps.
 */
void futex_thread_exit(struct thread *t);
/** futex_exec() - the same before execve changes memory; also the clear_child_tid word. Sleeps. */
void futex_exec(struct thread *t);

/** rseq_resume() - before returning to user mode: CPU number, abort of a critical section. */
void rseq_resume(struct frame *f);
/** rseq_signal() - the same before a signal handler is entered. */
void rseq_signal(struct frame *f);
