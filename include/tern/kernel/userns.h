/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User namespaces. Inside the kernel, and in credsets and vnodes, ids are the
 * first namespace's; they are translated where user space gives or gets one.
 * Owner kernel/ns/userns.c, idtrans.c.
 */
#pragma once

#include <tern/kernel/cred.h>
#include <tern/kernel/ns.h>
#include <tern/base/rcu.h>

struct seqbuf;

#define ID_NONE		((u32)-1)
#define ID_OVERFLOW	65534u		/* shown for an id without a number here */
#define USERNS_DEPTH_MAX 32

struct idspan { u32 first, lower, count; };	/* first: here; lower: the kernel's */
struct idtrans {
	u32 n;
	struct idspan *up;		/* ordered by first */
	struct idspan *down;		/* the same ordered by lower */
};
enum id_kind { IDKIND_USER, IDKIND_GROUP, IDKIND_PROJECT, IDKIND_COUNT };

struct userns {
	struct nsbase base;		/* owner: the parent, NULL for the first */
	u32 level;			/* I */
	uid_t maker_uid;		/* I */
	gid_t maker_gid;		/* I */
	bool parent_could_setfcap;	/* I */
	bool denies_setgroups;		/* A changes once */
	struct idtrans *trans[IDKIND_COUNT];	/* R set once; NULL: nothing is mapped */
};
extern struct userns userns_initial;

static inline struct userns *userns_get(struct userns *u)
{
	ref_get(&u->base.refs);
	return u;
}
static inline void userns_put(struct userns *u) { nsbase_put(&u->base); }
static inline struct userns *userns_of(struct nsbase *b) { return container_of(b, struct userns, base); }
static inline struct userns *userns_self(void) { return cred_self()->ns; }

/** userns_enter_new() - @c (unpublished) becomes root of a new namespace; 0, -ENOSPC, -EPERM, -ENOMEM. */
int userns_enter_new(struct credset *c);
/** userns_enter() - @c (unpublished) gets all capabilities in @u (setns). */
void userns_enter(struct credset *c, struct userns *u);
/** userns_is_within() - @u or one of its parents is @top. */
bool userns_is_within(const struct userns *u, const struct userns *top);

/** id_to_kernel() - ID_NONE if @id has no counterpart; id_from_kernel() - the way back. */
u32 id_to_kernel_slow(struct userns *u, enum id_kind kind, u32 id);
u32 id_from_kernel_slow(struct userns *u, enum id_kind kind, u32 id);
static inline u32 id_to_kernel(struct userns *u, enum id_kind kind, u32 id)
{
	return likely(u == &userns_initial) ? id : id_to_kernel_slow(u, kind, id);
}
static inline u32 id_from_kernel(struct userns *u, enum id_kind kind, u32 id)
{
	return likely(u == &userns_initial) ? id : id_from_kernel_slow(u, kind, id);
}

/* What thread_self writes and reads. uid_show(): ID_OVERFLOW if there is none. */
static inline uid_t uid_in(uid_t uid) { return id_to_kernel(userns_self(), IDKIND_USER, uid); }
static inline gid_t gid_in(gid_t gid) { return id_to_kernel(userns_self(), IDKIND_GROUP, gid); }
static inline uid_t uid_show_in(struct userns *u, uid_t uid)
{
	uid_t n = id_from_kernel(u, IDKIND_USER, uid);

	return unlikely(n == ID_NONE) ? ID_OVERFLOW : n;
}
static inline gid_t gid_show_in(struct userns *u, gid_t gid)
{
	gid_t n = id_from_kernel(u, IDKIND_GROUP, gid);

	return unlikely(n == ID_NONE) ? ID_OVERFLOW : n;
}
static inline uid_t uid_show(uid_t uid) { return uid_show_in(userns_self(), uid); }
static inline gid_t gid_show(gid_t gid) { return gid_show_in(userns_self(), gid); }
/** userns_root_uid() - what "root" is in @u, ID_NONE if nobody. */
static inline uid_t userns_root_uid(struct userns *u) { return id_to_kernel(u, IDKIND_USER, 0); }
/** ids_are_known() - both ids have numbers in @u. */
static inline bool ids_are_known(struct userns *u, uid_t uid, gid_t gid)
{
	return likely(u == &userns_initial) || (id_from_kernel(u, IDKIND_USER, uid) != ID_NONE &&
						id_from_kernel(u, IDKIND_GROUP, gid) != ID_NONE);
}

/** userns_print_map() / userns_write_map() - uid_map and so on; @writer: who opened the file. */
void userns_print_map(struct seqbuf *sb, struct userns *u, enum id_kind kind, struct userns *reader);
ssize_t userns_write_map(struct userns *u, enum id_kind kind, const char *text, size_t n,
			 const struct credset *writer);
ssize_t userns_write_setgroups(struct userns *u, const char *text, size_t n);
/** userns_may_setgroups() - setgroups(2) is not forbidden in @u. */
bool userns_may_setgroups(struct userns *u);
