// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pid numbers. A struct pidref is the number as an object: threads, processes,
 * groups and sessions attach to it in one of four roles. The number is free
 * again when the last user has left; the object lives on while references
 * (pidfds, p_pgrp, ...) exist, so that it is never mistaken for a successor.
 *
 * Numbers are handed out in ascending order and wrap at pid_limit; after the
 * first round the lowest PID_RESERVED stay with the system's own processes.
 * A pid has one number in its own pid namespace and one in each above it.
 *
 * Lock order: process_tree_lock (roles) > pidmap_lock (number tables). Lookups
 * by number are lock-free under RCU.
 */
#include "proc_impl.h"

#include <tern/kernel/klog.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/userns.h>
#include <tern/mm/slab.h>

#define PID_RESERVED	300
#define PID_LIMIT_MIN	32768
#define PID_PER_CPU	1024

/* Nodes of the tables are freed after a grace period. */
struct pidns pidns_initial = {
	.base = NSBASE_INIT(NSKIND_PID, NSINUM_PID),
	.next = 2,			/* 1 is process_init_first()'s */
};
static struct spin pidmap_lock = SPIN_INIT(LOCKRANK_PIDMAP);
static struct objcache *pidref_cache;
static atomic64 pidref_serial;
u32 pid_limit = PID_LIMIT_MIN;
void (*pidref_gone_hook)(struct pidref *p);

static void *node_alloc(void *ctx, size_t size)
{
	return kmem_alloc(size, ALLOC_ATOMIC);
}

static void node_free(void *ctx, void *ptr, size_t size)
{
	rcu_defer_free(ptr, ptr);
}

static const struct lib_alloc pidmap_alloc = { node_alloc, node_free, NULL };

void pid_init(void)
{
	pid_limit = max_t(u32, PID_LIMIT_MIN, PID_PER_CPU * cpu_count_possible);
	pidref_cache = objcache_create("pidref", sizeof(struct pidref), 0, 0, NULL);
	VERIFY(pidref_cache);
}

static int pidmap_take(struct pidns *ns, struct pidref *p, s32 want)
{
	u32 first = ns->next > PID_RESERVED ? PID_RESERVED : ns->level ? 1 : 2;
	int nr;

	if (ns->is_closed)
		return -ENOMEM;
	if (want) {
		nr = idmap_insert(&ns->ids, want, p, &pidmap_alloc);
		nr = nr ? nr : want;
	} else {
		nr = idmap_alloc_cyclic(&ns->ids, p, first, pid_limit - 1, &ns->next, &pidmap_alloc);
	}
	if (nr > 0) {
		ns->last = want ? ns->last : nr;
		ns->count++;
	}
	return nr == -ENOSPC ? -EAGAIN : nr;
}

/* Numbers of levels above @level; true: a namespace's init waits for that. */
static void give_back_locked(struct pidref *p, s32 level)
{
	for (u32 i = level + 1; i <= p->level; i++) {
		idmap_remove(&p->at[i].ns->ids, p->at[i].nr, &pidmap_alloc);
		p->at[i].ns->count--;
	}
}

static int take_numbers(struct pidref *p, const s32 *want, u32 nwant)
{
	u64 flags = spin_lock_irqsave(&pidmap_lock);
	s32 i;
	int nr = 0;

	/* Readers may find it now: they see no users and answer ESRCH. */
	for (i = p->level; i >= 0; i--) {
		u32 nth = p->level - i;

		nr = pidmap_take(p->at[i].ns, p, nth < nwant ? want[nth] : 0);
		if (nr < 0)
			break;
		WRITE_ONCE(p->at[i].nr, nr);
	}
	if (nr < 0)
		give_back_locked(p, i);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return nr < 0 ? nr : 0;
}

static struct pidref *pidref_make(struct pidns *ns)
{
	size_t size = offsetof(struct pidref, at) + (ns->level + 1) * sizeof(((struct pidref *)0)->at[0]);
	struct pidref *p;

	p = ns->level ? kmem_alloc(size, ALLOC_KERNEL) : objcache_alloc(pidref_cache, ALLOC_KERNEL);
	if (!p)
		return NULL;
	memset(p, 0, size);
	ref_init(&p->refs, 1);
	p->level = ns->level;
	waitq_init(&p->exit_wait);
	spin_init(&p->views_lock, LOCKRANK_FS_SPIN);
	list_init(&p->views);
	p->inode = atomic_add_return(&pidref_serial, 1);
	pidns_get(ns);
	for (struct pidns *n = ns; n; n = n->parent)
		p->at[n->level].ns = n;
	return p;
}

static void pidref_free(struct pidref *p)
{
	struct pidns *ns = pidref_ns(p);

	if (p->level)
		kmem_free(p);
	else
		objcache_free(pidref_cache, p);
	pidns_put(ns);
}

struct pidref *pidref_alloc(struct pidns *ns, const s32 *want, u32 nwant)
{
	struct pidref *p = pidref_make(ns);
	int err;

	if (!p)
		return ERR_PTR(-ENOMEM);
	err = take_numbers(p, want, nwant);
	if (err) {
		pidref_free(p);
		return ERR_PTR(err);
	}
	return p;
}

/* Its init waits until only itself is left. */
static void tell_closed(struct pidref *p)
{
	for (u32 i = 1; i <= p->level; i++) {
		struct pidns *ns = p->at[i].ns;
		struct process *init;

		if (likely(!READ_ONCE(ns->is_closed)))
			continue;
		rcu_read_lock();
		init = rcu_load(ns->init);
		if (init)
			waitq_wake_all(&init->p_child_wait);
		rcu_read_unlock();
	}
}

static void pidmap_give_back(struct pidref *p)
{
	u64 flags = spin_lock_irqsave(&pidmap_lock);

	give_back_locked(p, -1);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	tell_closed(p);
}

void pidref_alloc_undo(struct pidref *p)
{
	pidmap_give_back(p);
	pidref_put(p);
}

static void pidref_free_rcu(struct rcu_job *job)
{
	pidref_free(container_of(job, struct pidref, rcu));
}

void pidref_put(struct pidref *p)
{
	if (p && ref_put(&p->refs))
		rcu_defer(&p->rcu, pidref_free_rcu);
}

void pidref_gone(struct pidref *p)
{
	smp_mb();	/* who adds a view after this finds the user gone */
	if (!list_is_empty(&p->views))
		pidref_gone_hook(p);
}

void pidref_attach(struct pidref *p, enum pid_role role, struct hnode *n)
{
	hlist_add_head_rcu(n, &p->users[role]);
}

void pidref_detach(struct pidref *p, enum pid_role role, struct hnode *n)
{
	int i;

	if (hlist_unhashed(n))
		return;
	hlist_del_rcu(n);
	for (i = 0; i < PIDROLE_COUNT; i++)
		if (!hlist_is_empty(&p->users[i]))
			return;
	pidmap_give_back(p);
}

void pidref_swap_threads(struct thread *a, struct thread *b)
{
	struct pidref *pa = a->t_pid, *pb = b->t_pid;

	hlist_del_rcu(&a->t_pid_node);
	hlist_del_rcu(&b->t_pid_node);
	WRITE_ONCE(a->t_pid, pb);
	WRITE_ONCE(b->t_pid, pa);
	hlist_add_head_rcu(&a->t_pid_node, &pb->users[PIDROLE_THREAD]);
	hlist_add_head_rcu(&b->t_pid_node, &pa->users[PIDROLE_THREAD]);
}

/* ---- by number ---- */

struct pidns *pidns_self(void)
{
	struct pidref *p = thread_self()->t_pid;

	return likely(p) ? pidref_ns(p) : &pidns_initial;
}

struct pidref *pidref_find_in(struct pidns *ns, s32 nr)
{
	return nr > 0 ? idmap_find(&ns->ids, nr) : NULL;
}

struct pidref *pidref_find(s32 nr)
{
	return pidref_find_in(pidns_self(), nr);
}

struct pidref *pidref_lookup_in(struct pidns *ns, s32 nr)
{
	struct pidref *p;

	rcu_read_lock();
	p = pidref_find_in(ns, nr);
	if (p && !ref_get_unless_zero(&p->refs))
		p = NULL;
	rcu_read_unlock();
	return p;
}

struct pidref *pidref_lookup(s32 nr)
{
	return pidref_lookup_in(pidns_self(), nr);
}

s32 pidref_nr_in(const struct pidref *p, const struct pidns *ns)
{
	return pidns_sees(ns, p) ? p->at[ns->level].nr : 0;
}

s32 pidref_nr(const struct pidref *p)
{
	return pidref_nr_in(p, pidns_self());
}

struct process *pidref_process(struct pidref *p)
{
	struct hnode *n = p ? hlist_load_rcu(p->users[PIDROLE_PROCESS].first) : NULL;

	return n ? container_of(n, struct process, p_role_node[PIDROLE_PROCESS]) : NULL;
}

struct thread *pidref_thread(struct pidref *p)
{
	struct hnode *n = p ? hlist_load_rcu(p->users[PIDROLE_THREAD].first) : NULL;

	return n ? container_of(n, struct thread, t_pid_node) : NULL;
}

struct pidref *pidref_next_in(struct pidns *ns, s32 *nr)
{
	u32 id = *nr < 0 ? 0 : *nr;
	struct pidref *p = idmap_next(&ns->ids, &id);

	*nr = id;
	return p;
}

struct pidref *pidref_next(s32 *nr)
{
	return pidref_next_in(pidns_self(), nr);
}

s32 pid_last_allocated(void)
{
	return READ_ONCE(pidns_self()->last);
}

/* ---- namespaces ---- */

static void pidns_destroy(struct nsbase *b)
{
	struct pidns *ns = pidns_of(b), *parent = ns->parent;

	idmap_destroy(&ns->ids, &pidmap_alloc);
	kmem_free(ns);
	pidns_put(parent);
}

struct pidns *pidns_create(struct pidns *parent, struct userns *owner)
{
	struct pidns *ns;

	if (parent->level >= PIDNS_DEPTH_MAX)
		return ERR_PTR(-ENOSPC);
	/* Who owns the upper one must be at or above who owns the lower. */
	if (!userns_is_within(owner, parent->base.owner))
		return ERR_PTR(-EINVAL);
	ns = kmem_zalloc(sizeof(*ns), ALLOC_KERNEL);
	if (!ns)
		return ERR_PTR(-ENOMEM);
	nsbase_init(&ns->base, NSKIND_PID, owner, pidns_destroy);
	ns->parent = pidns_get(parent);
	ns->level = parent->level + 1;
	ns->next = 1;
	return ns;
}

bool pidns_is_within(const struct pidns *n, const struct pidns *top)
{
	while (n && n->level > top->level)
		n = n->parent;
	return n == top;
}

/* No new numbers; how many are in use. */
u32 pidns_close(struct pidns *ns)
{
	u64 flags = spin_lock_irqsave(&pidmap_lock);
	u32 n;

	ns->is_closed = true;
	n = ns->count;
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return n;
}

u64 pid_made_count(void)
{
	return (u64)atomic_read(&pidref_serial);
}
