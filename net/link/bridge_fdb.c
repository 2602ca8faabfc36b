// SPDX-License-Identifier: GPL-2.0-only
/* Which address is behind which port of a bridge. Theory in bridge.c. */
#include "bridge_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/random.h>
#include <tern/lib/hash.h>
#include <tern/mm/slab.h>

static u64 key_of(const u8 *mac)
{
	u64 k = 0;

	memcpy(&k, mac, 6);
	return k;
}

/* Stations choose their addresses: the hash has a secret. */
static struct hlist *bucket(struct bridge *br, const u8 *mac)
{
	return &br->fdb[hash_combine((u64)(uptr)br, key_of(mac)) % BRIDGE_BUCKETS];
}

static struct fdb *lookup(struct bridge *br, const u8 *mac)
{
	struct fdb *f;

	hlist_foreach_rcu(f, bucket(br, mac), node)
		if (!memcmp(f->mac, mac, 6))
			return f;
	return NULL;
}

static bool is_old(const struct bridge *br, const struct fdb *f, nsec_t now)
{
	return !f->is_static && READ_ONCE(f->updated) + READ_ONCE(br->ageing_ns) <= now;
}

struct fdb *fdb_find(struct bridge *br, const u8 *mac)
{
	struct fdb *f = lookup(br, mac);

	return f && !is_old(br, f, clock_coarse_ns()) ? f : NULL;
}

/* Lock held. */
static struct fdb *insert(struct bridge *br, struct brport *p, const u8 *mac, bool is_local, bool is_static)
{
	struct fdb *f;

	if (!is_static && br->nlearned >= BRIDGE_FDB_MAX)
		return NULL;
	f = kmem_zalloc(sizeof(*f), ALLOC_ATOMIC);
	if (!f)
		return NULL;
	memcpy(f->mac, mac, 6);
	f->port = p;
	f->is_local = is_local;
	f->is_static = is_static;
	f->updated = clock_coarse_ns();
	br->nlearned += !is_static;
	hlist_add_head_rcu(&f->node, bucket(br, mac));
	return f;
}

static void drop(struct bridge *br, struct fdb *f)
{
	br->nlearned -= !f->is_static;
	hlist_del_rcu(&f->node);
	rcu_defer_free(&f->rcu, f);
}

void fdb_learn(struct brport *p, const u8 *mac)
{
	struct bridge *br = p->bridge;
	struct fdb *f = lookup(br, mac);

	if (likely(f)) {
		if (f->is_local || f->is_static)
			return;
		if (READ_ONCE(f->port) != p)
			WRITE_ONCE(f->port, p);
		WRITE_ONCE(f->updated, clock_coarse_ns());
		return;
	}
	spin_lock(&br->lock);
	/* still a port: it is taken off the list before its addresses are flushed */
	if (!lookup(br, mac) && READ_ONCE(p->nif->port) == p && !READ_ONCE(br->is_dying) &&
	    insert(br, p, mac, false, false) && br->nlearned == 1)
		workpool_queue_delayed(workpool_system, &br->gc, READ_ONCE(br->ageing_ns));
	spin_unlock(&br->lock);
}

int fdb_add(struct bridge *br, struct brport *p, const u8 *mac, bool is_local, bool is_static)
{
	struct fdb *f;
	int err = 0;

	spin_lock_bh(&br->lock);
	f = lookup(br, mac);
	if (f && (f->is_local || f->port == p))
		err = -EEXIST;
	else if (f)
		drop(br, f);
	if (!err && !insert(br, p, mac, is_local, is_static))
		err = -ENOMEM;
	spin_unlock_bh(&br->lock);
	return err;
}

int fdb_del(struct bridge *br, const struct brport *p, const u8 *mac)
{
	struct fdb *f;

	spin_lock_bh(&br->lock);
	f = lookup(br, mac);
	if (f && f->port == p)
		drop(br, f);
	else
		f = NULL;
	spin_unlock_bh(&br->lock);
	return f ? 0 : -ENOENT;
}

void fdb_flush(struct bridge *br, const struct brport *p, bool all)
{
	struct hnode *tmp;
	struct fdb *f;

	spin_lock_bh(&br->lock);
	for (u32 i = 0; i < BRIDGE_BUCKETS; i++)
		hlist_foreach_safe(f, tmp, &br->fdb[i], node)
			if ((!p || f->port == p) && (all || !f->is_static))
				drop(br, f);
	spin_unlock_bh(&br->lock);
}

void fdb_walk(struct bridge *br, bool (*fn)(const struct fdb *f, void *arg), void *arg)
{
	struct fdb *f;

	rcu_read_lock();
	for (u32 i = 0; i < BRIDGE_BUCKETS; i++)
		hlist_foreach_rcu(f, &br->fdb[i], node)
			if (!fn(f, arg))
				goto out;
out:
	rcu_read_unlock();
}

/* Old ones go; then sleep until the next is due. */
static void gc_work(struct workitem *w)
{
	struct bridge *br = container_of(w, struct bridge, gc.work);
	nsec_t now = clock_coarse_ns(), next = U64_MAX;
	struct hnode *tmp;
	struct fdb *f;

	for (u32 i = 0; i < BRIDGE_BUCKETS; i++) {
		spin_lock_bh(&br->lock);
		hlist_foreach_safe(f, tmp, &br->fdb[i], node) {
			if (is_old(br, f, now))
				drop(br, f);
			else if (!f->is_static)
				next = min(next, f->updated + READ_ONCE(br->ageing_ns) - now);
		}
		spin_unlock_bh(&br->lock);
	}
	if (next != U64_MAX && !READ_ONCE(br->is_dying))
		workpool_queue_delayed(workpool_system, &br->gc, max(next, NSEC_PER_SEC));
}

void fdb_init(struct bridge *br)
{
	delayed_work_init(&br->gc, gc_work);
}

void fdb_stop(struct bridge *br)
{
	spin_lock_bh(&br->lock);
	WRITE_ONCE(br->is_dying, true);
	spin_unlock_bh(&br->lock);
	delayed_work_cancel_sync(&br->gc);
}
