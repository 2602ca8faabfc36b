/* SPDX-License-Identifier: GPL-2.0-only */
/* Semaphore sets, private to sem.c, semundo.c and semctl.c. */
#pragma once

#include "sysv_impl.h"

#define SEMVMX	32767
#define SEMAEM	SEMVMX

struct semval { s32 val, pid; };

/* Legend: I immutable, L o.lock. */
struct semset {
	struct ipcobj o;	/* first: freed by its address */
	u32 nsems;		/* I */
	s64 otime, ctime;	/* L seconds */
	struct list pending;	/* L of struct semwait: requests that wait, oldest first */
	struct list undos;	/* L of struct semundo */
	struct semval sems[];	/* L */
};

/* What a process gives back to one set when it ends. */
struct semundo {
	struct list by_set;	/* L in set->undos */
	struct list by_owner;	/* owner->lock in owner->entries */
	struct semundos *owner;	/* I */
	struct semset *set;	/* I with a reference */
	s16 adj[];		/* L one a semaphore */
};

/* One semop(2): all of its operations or none. */
struct semreq {
	struct sembuf_ *ops;
	u32 nops;
	bool alters;
	struct semundo *undo;	/* NULL: no operation asks for it */
	s32 pid;
	const struct sembuf_ *blocker;	/* that cannot go on now */
};

static inline struct semset *sem_of(struct ipcobj *o) { return container_of(o, struct semset, o); }

/** semset_scan() - values changed: complete what can go on now. Set locked. */
void semset_scan(struct semset *s);
/** semset_remove() - IPC_RMID: out of the table, sleepers end with EIDRM, undos go. */
void semset_remove(struct semset *s);
/** semset_fail_waiters() - every pending request ends with @err. Set locked. */
void semset_fail_waiters(struct semset *s, int err);
/** semset_count_waiters() - requests that wait for @num to grow (or to be zero). Set locked. */
u32 semset_count_waiters(const struct semset *s, u16 num, bool for_zero);
/**
 * semundo_lock() - thread_self's entry for @s, made if needed, with the set locked
 * Return: ERR_PTR(-ENOMEM, -EIDRM) with the set not locked.
 */
struct semundo *semundo_lock(struct semset *s);
/** semundo_take_all() - all entries of a removed set move to @out. Set locked. */
void semundo_take_all(struct semset *s, struct list *out);
/** semundo_free_all() - no lock held. */
void semundo_free_all(struct list *entries);
