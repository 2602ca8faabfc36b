/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects and handles: what user space can hold on to. A file descriptor and,
 * later, an NT handle are both slots of a handle table that name an object
 * with rights. Owner kernel/object.
 *
 * An object starts with struct object. Rights can only shrink when a handle
 * is duplicated; a handle value carries a generation so that a stale one is
 * not mistaken for its successor (NT side; POSIX descriptors are plain numbers).
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/waitq.h>
#include <tern/base/rcu.h>

struct object;
struct seqbuf;
struct process;

struct object_ops {
	const char *name;			/* "file", "event", "timer", ... */
	void (*destroy)(struct object *o);	/* last reference is gone; may sleep */
	bool (*is_signaled)(struct object *o, struct thread *t);	/* wait condition */
	void (*wait_satisfied)(struct object *o, struct thread *t);	/* e.g. auto-reset */
	void (*describe)(struct object *o, struct seqbuf *sb);
};

struct object {
	refcount refs;
	u32 flags;
	const struct object_ops *ops;	/* I */
	struct waitq *waitq;		/* I where its waiters queue; NULL: cannot be waited for */
};

#define RIGHT_READ	BIT(0)
#define RIGHT_WRITE	BIT(1)
#define RIGHT_EXEC	BIT(2)
#define RIGHT_WAIT	BIT(3)
#define RIGHT_DUP	BIT(4)
#define RIGHT_TRANSFER	BIT(5)
#define RIGHT_CONTROL	BIT(6)
#define RIGHT_INHERIT	BIT(7)
#define RIGHT_ALL	0xffUL

void object_init(struct object *o, const struct object_ops *ops, struct waitq *wq);
static inline void object_get(struct object *o) { ref_get(&o->refs); }
/** object_put() - Context: sleeps if it was the last reference. */
void object_put(struct object *o);

/* Ready-made slots for object_ops. */
bool object_never_signaled(struct object *o, struct thread *t);
void object_ignore_wait(struct object *o, struct thread *t);
void object_describe_nothing(struct object *o, struct seqbuf *sb);

/* Generic handle table: grows, lock-free lookup. fs/vfs/fdtab.c builds on it. */
struct handle_slot { struct object *obj; u32 rights; u32 generation; };
struct handle_table;
struct handle_table *handle_table_create(void);
/**
 * handle_table_create_with() - a table of another kind
 * @rights: bits that handles may have, instead of RIGHT_ALL
 * @generations: 2^n - 1: generations wrap after it, where handle values have few bits for them
 */
struct handle_table *handle_table_create_with(u32 rights, u32 generations);
/** handle_table_close() - close all; nothing can be added any more. Sleeps. */
void handle_table_close(struct handle_table *t);
void handle_table_destroy(struct handle_table *t);
/** handle_add() - consumes nothing; takes a reference; index >= 0 or -EMFILE/-ENOMEM. */
s64 handle_add(struct handle_table *t, struct object *o, u32 rights, u32 min_index, u32 limit);
/**
 * handle_lookup() - with a reference; ERR_PTR(-EBADF), ERR_PTR(-EACCES) if
 * @rights are not all there.
 */
struct object *handle_lookup(struct handle_table *t, u64 handle, u32 rights);
int handle_close(struct handle_table *t, u64 handle);
/** handle_rights() - what the handle may do, or -EBADF. */
s64 handle_rights(struct handle_table *t, u64 handle);
/** handle_change_rights() - 0 or -EBADF. */
int handle_change_rights(struct handle_table *t, u64 handle, u32 clear, u32 set);
/** handle_add_as() - under this very value (a table that inherits); 0, -EBUSY, -ENOMEM. */
int handle_add_as(struct handle_table *t, u64 handle, struct object *o, u32 rights);
/**
 * handle_next() - first handle whose index is *@index or above
 * Return: its value, with *@index behind it, *@o with a reference and *@rights; -ENOENT at the end.
 */
s64 handle_next(struct handle_table *t, u32 *index, struct object **o, u32 *rights);
/** handle_count() - handles in use. */
u32 handle_count(const struct handle_table *t);
