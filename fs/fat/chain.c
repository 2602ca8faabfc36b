// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT: where a file's clusters are. The chain is followed once; what was seen is kept as runs
 * of clusters that lie together, in the order of the file.
 *
 * Lock order: v->lock > m->table_lock.
 */
#include "fat_impl.h"

static u32 known(const struct fat_vnode *v)
{
	const struct fat_run *r = v->nruns ? &v->runs[v->nruns - 1] : NULL;

	return r ? r->index + r->n : 0;
}

static u32 last_cluster(const struct fat_vnode *v)
{
	const struct fat_run *r = v->nruns ? &v->runs[v->nruns - 1] : NULL;

	return r ? r->cluster + r->n - 1 : 0;
}

static int append(struct fat_vnode *v, u32 cluster)
{
	struct fat_run *r = v->nruns ? &v->runs[v->nruns - 1] : NULL;

	if (r && r->cluster + r->n == cluster) {
		r->n++;
		return 0;
	}
	if (v->nruns == v->room) {
		u32 room = v->room ? v->room * 2 : 4;
		struct fat_run *more = kmem_alloc_large(room * sizeof(*more), ALLOC_NOFS);

		if (!more)
			return -ENOMEM;
		if (v->nruns)
			memcpy(more, v->runs, v->nruns * sizeof(*more));
		kmem_free_large(v->runs);
		v->runs = more;
		v->room = room;
	}
	v->runs[v->nruns] = (struct fat_run){ known(v), cluster, 1 };
	v->nruns++;
	return 0;
}

/* Follow the chain until @n clusters are known, or its end. */
static int follow(struct fat_vnode *v, u32 n)
{
	struct fat_mount *m = fat_mount_of(&v->vn);

	while (!v->is_whole && known(v) < n) {
		u32 at = last_cluster(v), next = v->start;
		int err = at ? fat_next(m, at, &next) : 0;

		if (err)
			return err;
		if (!next) {
			v->is_whole = true;
			break;
		}
		if (!fat_is_cluster(&m->geo, next) || known(v) >= m->geo.clusters)
			return fat_fail(m, "a chain of clusters does not end");
		err = append(v, next);
		if (err)
			return err;
	}
	return 0;
}

static const struct fat_run *run_of(const struct fat_vnode *v, u32 index)
{
	u32 lo = 0, hi = v->nruns;

	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (v->runs[mid].index <= index)
			lo = mid;
		else
			hi = mid;
	}
	return &v->runs[lo];
}

int fat_map(struct fat_vnode *v, u32 index, u32 *cluster, u32 *n)
{
	int err;

	kmutex_lock(&v->lock);
	err = follow(v, index + 1);
	if (!err && index >= known(v))
		err = -ENODATA;
	if (!err) {
		const struct fat_run *r = run_of(v, index);

		*cluster = r->cluster + (index - r->index);
		*n = r->n - (index - r->index);
	}
	kmutex_unlock(&v->lock);
	return err;
}

static int cut_locked(struct fat_vnode *v, u32 n)
{
	struct fat_mount *m = fat_mount_of(&v->vn);
	u32 first, last = 0;
	int err = follow(v, n + 1);

	if (err || known(v) <= n)
		return err;
	first = run_of(v, n)->cluster + (n - run_of(v, n)->index);
	if (n)
		last = run_of(v, n - 1)->cluster + (n - 1 - run_of(v, n - 1)->index);
	else
		v->start = 0;
	while (v->nruns && v->runs[v->nruns - 1].index >= n)
		v->nruns--;
	if (v->nruns)
		v->runs[v->nruns - 1].n = n - v->runs[v->nruns - 1].index;
	v->is_whole = true;
	return fat_free_chain(m, last, first);
}

int fat_grow(struct fat_vnode *v, u32 n)
{
	struct fat_mount *m = fat_mount_of(&v->vn);
	u32 had, next;
	int err;

	kmutex_lock(&v->lock);
	err = follow(v, n);
	had = known(v);
	while (!err && known(v) < n) {
		err = fat_alloc(m, last_cluster(v), &next);
		if (err)
			break;
		if (!v->start)
			v->start = next;
		err = append(v, next);
		if (err)
			v->is_whole = false;
	}
	if (err && known(v) > had)
		(void)cut_locked(v, had);
	kmutex_unlock(&v->lock);
	return err;
}

void fat_forget_cached(struct fat_vnode *v)
{
	struct fat_mount *m = fat_mount_of(&v->vn);

	kmutex_lock(&v->lock);
	for (u32 i = 0; m->is_aligned && i < v->nruns; i++) {
		u64 pos = fat_cluster_pos(&m->geo, v->runs[i].cluster);

		__lockcheck(lockcheck_layer_enter());
		(void)pagecache_punch(blkdev_cache(m->bdev), (loff_t)pos,
				      (loff_t)(pos + ((u64)v->runs[i].n << m->geo.cluster_bits)));
		__lockcheck(lockcheck_layer_leave());
	}
	kmutex_unlock(&v->lock);
}

int fat_cut(struct fat_vnode *v, u32 n)
{
	int err;

	kmutex_lock(&v->lock);
	err = cut_locked(v, n);
	kmutex_unlock(&v->lock);
	return err;
}

void fat_chain_forget(struct fat_vnode *v, u32 start)
{
	v->start = start;
	v->nruns = 0;
	v->is_whole = !start;
}
