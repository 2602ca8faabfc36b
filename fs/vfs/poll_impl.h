/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine of poll.c, for sys_poll.c and sys_select.c. */
#pragma once

#include "vfs_impl.h"

#include <tern/base/waitq.h>
#include <tern/kernel/sched.h>
#include <uapi/poll.h>

#define POLL_INLINE 8

struct poll_set;
struct poll_page;

struct poll_entry {
	struct waiter w;
	struct poll_set *set;
	struct waitq *q;
	struct ofile *file;	/* with a reference: it owns the queue */
	u32 events;
};

struct poll_set {
	struct poll_table pt;
	struct thread *thread;
	struct poll_page *pages;	/* entries that did not fit below */
	u32 n_inline;
	int err;			/* -ENOMEM: an entry could not be made */
	bool woken;
	struct poll_entry inline_entries[POLL_INLINE];
};

void poll_begin(struct poll_set *s);
/** poll_end() - leave all queues. Sleeps. */
void poll_end(struct poll_set *s);
/** poll_sleep() - until woken since the last call, a signal or @deadline: 0 or -ETIMEDOUT. */
int poll_sleep(struct poll_set *s, nsec_t deadline);
/**
 * poll_run() - fill in revents of @n records; wait until one is not 0
 * @deadline: 0: do not wait; WAIT_FOREVER
 * Return: records with events, 0 on time-out, -ERESTARTNOHAND on a signal, -ENOMEM.
 */
int poll_run(struct poll_set *s, struct pollfd *fds, u32 n, nsec_t deadline);
/**
 * poll_put_rest() - store the time left until @deadline as a timespec or
 * timeval, if that is writable.
 */
void poll_put_rest(void __user *ts, nsec_t deadline, bool is_timeval);
