// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pid numbers. A struct pidref is the number as an object: threads, processes,
 * groups and sessions attach to it in one of four roles. The number is free
 * again when the last user has left; the object lives on while references
 * (pidfds, p_pgrp, ...) exist, so that it is never mistaken for a successor.
 *
 * Numbers are handed out in ascending order and wrap at pid_limit; after the
 * first round the lowest PID_RESERVED stay with the system's own processes.
 *
 * Lock order: process_tree_lock (roles) > pidmap_lock (number table). Lookups
 * by number are lock-free under RCU.
 */
#include "proc_impl.h"

#include <tern/kernel/klog.h>
#include <tern/lib/idmap.h>
#include <tern/mm/slab.h>

#define PID_RESERVED	300
#define PID_LIMIT_MIN	32768
#define PID_PER_CPU	1024

/* Table of numbers; nodes are freed after a grace period. */
static struct idmap pidmap;
static u32 pidmap_next = 2;		/* 1 is process_init_first()'s */
static s32 pidmap_last;
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

static int pidmap_take(struct pidref *p, s32 want)
{
	u32 first = pidmap_next > PID_RESERVED ? PID_RESERVED : 2;
	int nr;

	if (want) {
		nr = idmap_insert(&pidmap, want, p, &pidmap_alloc);
		return nr ? nr : want;
	}
	nr = idmap_alloc_cyclic(&pidmap, p, first, pid_limit - 1, &pidmap_next, &pidmap_alloc);
	if (nr > 0)
		pidmap_last = nr;
	return nr == -ENOSPC ? -EAGAIN : nr;
}

struct pidref *pidref_alloc(s32 want)
{
	struct pidref *p = objcache_alloc(pidref_cache, ALLOC_KERNEL);
	u64 flags;
	int nr;

	if (!p)
		return ERR_PTR(-ENOMEM);
	memset(p, 0, sizeof(*p));
	ref_init(&p->refs, 1);
	waitq_init(&p->exit_wait);
	spin_init(&p->views_lock, LOCKRANK_FS_SPIN);
	list_init(&p->views);
	p->inode = atomic_add_return(&pidref_serial, 1);
	flags = spin_lock_irqsave(&pidmap_lock);
	/* Readers may find it now: they see no users and answer ESRCH. */
	nr = pidmap_take(p, want);
	if (nr > 0)
		WRITE_ONCE(p->at[0].nr, nr);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	if (nr < 0) {
		objcache_free(pidref_cache, p);
		return ERR_PTR(nr);
	}
	return p;
}

static void pidmap_give_back(struct pidref *p)
{
	u64 flags = spin_lock_irqsave(&pidmap_lock);

	idmap_remove(&pidmap, p->at[0].nr, &pidmap_alloc);
	spin_unlock_irqrestore(&pidmap_lock, flags);
}

void pidref_alloc_undo(struct pidref *p)
{
	pidmap_give_back(p);
	pidref_put(p);
}

static void pidref_free_rcu(struct rcu_job *job)
{
	objcache_free(pidref_cache, container_of(job, struct pidref, rcu));
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

struct pidref *pidref_find(s32 nr)
{
	return nr > 0 ? idmap_find(&pidmap, nr) : NULL;
}

struct pidref *pidref_lookup(s32 nr)
{
	struct pidref *p;

	rcu_read_lock();
	p = pidref_find(nr);
	if (p && !ref_get_unless_zero(&p->refs))
		p = NULL;
	rcu_read_unlock();
	return p;
}

s32 pidref_nr(const struct pidref *p)
{
	return p ? p->at[0].nr : 0;
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

struct pidref *pidref_next(s32 *nr)
{
	u32 id = *nr < 0 ? 0 : *nr;
	struct pidref *p = idmap_next(&pidmap, &id);

	*nr = id;
	return p;
}

s32 pid_last_allocated(void)
{
	return READ_ONCE(pidmap_last);
}

u64 pid_made_count(void)
{
	return (u64)atomic_read(&pidref_serial);
}
