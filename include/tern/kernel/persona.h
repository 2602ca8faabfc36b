/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Personalities other than Linux: what a thread of one does differently. A
 * thread without a table (t_persona NULL) is Linux's. Owner kernel/persona.
 */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/list.h>

struct frame;
struct thread;
struct ksiginfo;

/* All slots are filled; persona_default_* do nothing. */
struct persona_ops {
	const char *name;
	struct list link;
	/* In the child-to-be, before it is visible; 0 or -errno. */
	int (*thread_fork)(struct thread *child, struct thread *parent);
	/* The thread becomes a Linux program again (execve of one). */
	void (*thread_exec)(struct thread *t);
	/* Before memory and files are given up. */
	void (*thread_exit)(struct thread *t);
	/* A call by the SYSCALL instruction; the frame has the result on return. */
	void (*syscall)(struct frame *f);
	/* WORK_PERSONA was set, on the way to user mode; clears it. */
	void (*user_work)(struct frame *f);
	/* A fault of user code: true if the personality handles it, else it is a signal. */
	bool (*fault)(struct frame *f, int sig, int si_code, uptr addr);
	/* A signal with a handler is to be delivered: true if taken over. */
	bool (*signal)(struct frame *f, int sig, const struct ksiginfo *info);
};

/** persona_register() - make a personality known; checks that no slot is empty. */
void persona_register(struct persona_ops *ops);
/** persona_find() - by name; NULL. */
const struct persona_ops *persona_find(const char *name);

int persona_default_fork(struct thread *child, struct thread *parent);
void persona_default_exec(struct thread *t);
void persona_default_exit(struct thread *t);
bool persona_default_fault(struct frame *f, int sig, int si_code, uptr addr);
bool persona_default_signal(struct frame *f, int sig, const struct ksiginfo *info);
