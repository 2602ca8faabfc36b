/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot watching of a file's readiness without a thread that waits: AIO and
 * io_uring. Owner fs/vfs/pollwatch.c.
 *
 * Each watch has one claim: the wake-up, pollwatch_arm() that finds the file ready, or
 * pollwatch_cancel(), whoever comes first, decides what happens next.
 */
#pragma once

#include <tern/fs/ofile.h>

struct pollwatch;
#define POLLWATCH_QUEUES 3

struct pollwatch_slot { struct waiter w; struct waitq *q; struct pollwatch *watch; };

struct pollwatch {
	struct poll_table pt;
	struct ofile *file;		/* borrowed: the owner's reference keeps the queues */
	u32 events;			/* POLL*; errors and hang-ups always count */
	u32 state;			/* A WATCH_* of pollwatch.c; zero: armed */
	u32 nslots;
	/* NULL, or: what is ready is told, and it is armed all the same for news. Sleeps. */
	void (*tell)(struct pollwatch *w, u32 ready);
	bool has_failed;		/* the file has more queues than slots */
	struct pollwatch_slot slots[POLLWATCH_QUEUES];
	void (*fire)(struct pollwatch *w);	/* soft interrupt: no lock held, must not sleep */
	struct pollwatch *next;		/* claimed by a wake-up, to be fired */
};

/**
 * pollwatch_arm() - ask @f; if it is not ready, fire() is called once when it may be
 * Return: events that are ready now (then nothing is armed); 0 armed, or fire() was
 *	called already; -EINVAL: the file cannot be watched. Sleeps.
 */
/* Before the first arm: nothing to cancel. */
#define POLLWATCH_IDLE	{ .state = 1 }
int pollwatch_arm(struct pollwatch *w, struct ofile *f, u32 events, void (*fire)(struct pollwatch *w));
/** pollwatch_disarm() - leave the queues, after fire(). On return no callback runs. */
void pollwatch_disarm(struct pollwatch *w);
/**
 * pollwatch_cancel() - true: disarmed, and fire() neither was nor will be called
 * False also while it is being armed: who arms looks afterwards whether it still should be.
 */
bool pollwatch_cancel(struct pollwatch *w);
