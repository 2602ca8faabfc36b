/* SPDX-License-Identifier: GPL-2.0-only */
/* Sleeping inside the vendor's structures, for the locks and completions of compat/linux. */
#pragma once

#include "lx.h"

#include <tern/base/spin.h>
#include <tern/base/waitq.h>

/**
 * lx_sleep_for() - sleep until @get(@arg) succeeds
 * @lock: protects @list; taken with interrupts off
 * @list: of sleepers, the vendor's list head
 * @state: THREAD_SLEEPING, THREAD_UNINTERRUPTIBLE or THREAD_KILLABLE
 * @flag: if not NULL, @bit is set in it while the list is not empty, before @get() is tried
 * Return: 0, -EINTR.
 */
int lx_sleep_for(spinword *lock, struct lx_list_head *list, u32 state, bool (*get)(void *arg),
		 void *arg, u64 *flag, u64 bit);

/** lx_sleep_until() - the same with a deadline (clock_ns); also -ETIMEDOUT. */
int lx_sleep_until(spinword *lock, struct lx_list_head *list, u32 state, bool (*get)(void *arg),
		   void *arg, u64 *flag, u64 bit, nsec_t deadline);

/** lx_wake_sleeper() - wake the first @n of them, 0: all. Context: any but NMI. */
void lx_wake_sleeper(spinword *lock, struct lx_list_head *list, u32 n);

/** lx_signal_ends() - has thread_self a signal that ends a sleep in @state (the vendor's TASK_*)? */
bool lx_signal_ends(u32 state);
