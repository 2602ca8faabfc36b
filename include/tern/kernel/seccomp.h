/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters on a thread's system calls (seccomp(2)). Owner kernel/proc/seccomp.c.
 *
 * WORK_SECCOMP in t_work: the thread has filters (t_seccomp), or, with t_seccomp
 * NULL, is in strict mode. Filters form a chain from the newest to the oldest;
 * chains share their tails, a reference holds a whole chain.
 */
#pragma once

#include <tern/base/types.h>

struct frame;
struct thread;
struct secfilter;

/**
 * seccomp_enter() - judge a system call of thread_self
 * @f: user registers, orig_rax is the call
 * Return: true: carry it out (as orig_rax then says); false: skip it, rax is the
 * result. Does not return if the call is deadly.
 * Context: sleeps (a tracer may be asked).
 */
bool seccomp_enter(struct frame *f);

/** seccomp_mode() - SECCOMP_MODE_* of any thread. */
u32 seccomp_mode(const struct thread *t);
/** seccomp_filter_count() - filters of any thread. Context: any. */
u32 seccomp_filter_count(struct thread *t);

/** secfilter_get() - a reference; NULL is allowed. */
struct secfilter *secfilter_get(struct secfilter *sf);
/** secfilter_put() - drop a reference to a chain; frees what nobody else holds. Context: any. */
void secfilter_put(struct secfilter *sf);
