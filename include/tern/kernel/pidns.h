/* SPDX-License-Identifier: GPL-2.0-only */
/* Pid namespaces: tables of numbers, one below the other. Owner kernel/proc/pid.c, kernel/ns/pidns.c. */
#pragma once

#include <tern/kernel/ns.h>
#include <tern/kernel/process.h>
#include <tern/lib/idmap.h>

#define PIDNS_DEPTH_MAX	32

struct pidns {
	struct nsbase base;
	struct pidns *parent;		/* I with a reference; NULL: the first */
	u32 level;			/* I */
	/* pidmap_lock: */
	struct idmap ids;		/* R */
	u32 next;
	s32 last;
	u32 count;			/* numbers in use */
	bool is_closed;			/* its init has ended: no more numbers */
	struct process *init;		/* P R its number 1; NULL before it and after its end */
	s32 reboot_signal;		/* A what its init ends with after reboot(2) */
};
extern struct pidns pidns_initial;

static inline struct pidns *pidns_get(struct pidns *n)
{
	ref_get(&n->base.refs);
	return n;
}
static inline void pidns_put(struct pidns *n) { nsbase_put(&n->base); }
static inline struct pidns *pidns_of(struct nsbase *b) { return container_of(b, struct pidns, base); }
/** pidref_ns() - the namespace that a pid was made in. */
static inline struct pidns *pidref_ns(const struct pidref *p) { return p->at[p->level].ns; }
/** pidns_self() - of thread_self. */
struct pidns *pidns_self(void);
struct pidns *pidns_create(struct pidns *parent, struct userns *owner);
/** pidns_is_within() - @n or one of its parents is @top. */
bool pidns_is_within(const struct pidns *n, const struct pidns *top);
/** pidref_nr_in() - number as @ns sees it, 0 if it does not. */
s32 pidref_nr_in(const struct pidref *p, const struct pidns *ns);
/** pidref_find_in() / pidref_lookup_in() / pidref_next_in() - as those without _in, in @ns. */
struct pidref *pidref_find_in(struct pidns *ns, s32 nr);
struct pidref *pidref_lookup_in(struct pidns *ns, s32 nr);
struct pidref *pidref_next_in(struct pidns *ns, s32 *nr);
/** pidns_sees() - has @p a number in @ns. */
static inline bool pidns_sees(const struct pidns *ns, const struct pidref *p)
{
	return p && p->level >= ns->level && p->at[ns->level].ns == ns;
}
/** pidns_end() - thread_self, the last of @ns's init, ends everybody else in it. Sleeps. */
void pidns_end(struct pidns *ns);
