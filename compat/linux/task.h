/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vendor's view of a thread: a struct task_struct whose members that module code reads inline
 * are kept up to date. It is made when a thread first enters module code; until then, and in
 * interrupts of such a thread, modules see one common view.
 */
#pragma once

#include "lx.h"

struct thread;

/* The view of one thread; found from its task_struct. */
struct lx_task {
	struct lx_task_struct ts;	/* first: modules hold pointers to it */
	struct thread *thread;		/* owner; NULL: the common view */
};

/** lx_task_init() - the common view; boot. */
int lx_task_init(void);
/**
 * lx_task_enter() - make sure that thread_self has a view, before code of a module runs
 * Return: 0, -ENOMEM. Context: sleeps.
 */
int lx_task_enter(void);
/** lx_task_alloc() - a view for a thread that does not run yet; NULL on failure. Sleeps. */
struct lx_task *lx_task_alloc(void);
/** lx_task_attach() - it becomes the view of @t, which has not run yet. */
void lx_task_attach(struct lx_task *v, struct thread *t);
/** lx_task_free() - a view whose thread is gone. Context: any. */
void lx_task_free(void *view);
/** lx_task_self() - thread_self's view or the common one. */
struct lx_task *lx_task_self(void);
static inline struct lx_task *lx_task_of(struct lx_task_struct *ts) { return (struct lx_task *)ts; }
