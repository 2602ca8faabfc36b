/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to the entry functions of scheduling calls. */
#pragma once

#include <tern/kernel/cred.h>
#include <tern/kernel/process.h>

/**
 * mempolicy_nodes() - does a user's set name the one node: *is_empty if not
 * Return: 0, -EINVAL if it names others, -EFAULT.
 */
int mempolicy_nodes(const u64 __user *set, u64 nbits, bool *is_empty);
/** mempolicy_check() - policy and flags of a mode with its nodes, or -EINVAL, -EFAULT. */
int mempolicy_check(s32 mode, const u64 __user *set, u64 nbits);
/** mempolicy_may_have_home() - is it of a kind that names nodes to stay in. */
bool mempolicy_may_have_home(u16 policy);
/** sched_find_thread() - by number, 0: thread_self; with a reference, or ERR_PTR(-ESRCH). */
struct thread *sched_find_thread(s32 tid);
/** sched_is_owner() - may thread_self change @t's scheduling: same user, or CAP_SYS_NICE. */
bool sched_is_owner(struct thread *t);
/** sched_may_nice() - may @t's nice value become @nice (rlimit or capability). */
bool sched_may_nice(struct thread *t, s32 nice);
