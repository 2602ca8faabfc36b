// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap devices and their slots.
 *
 * A slot holds a page. Its word in the map counts the entries of page tables and memory
 * objects that name it, and says if a page in memory has it (swapcache.c); it is free
 * when neither is the case. Slots are taken one after the other from a cluster of 256, so
 * that pages that are written together lie together; a wholly free cluster is preferred.
 * Devices are filled by priority; equal ones take turns, cluster by cluster.
 *
 * Life of a device: attached -> used -> draining (no new slots; swap_unuse() brings all
 * back) -> detached. An entry that names a slot, or a locked page that has it, keeps it from that.
 *
 * Lock order: list_lock > the device's lock (irqsave, inside page table locks).
 */
#include <tern/base/rcu.h>
#include <tern/base/waitq.h>
#include <tern/lib/string.h>
#include <tern/mm/memgroup.h>

#include "pagecache_impl.h"
#include "swap_impl.h"

#define CLUSTER		256u
#define IOS_EACH	16u
#define NOWHERE		U32_MAX

static struct swapdev *swapdevs[SWAP_DEVS];	/* R, list_lock */
static LIST_HEAD(swap_list);
static struct spin list_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects swap_list, swapdevs */
static atomic64 ntotal, nfree;
u32 vm_swappiness = 60;
u32 vm_page_cluster = 3;

struct swapdev *swapdev_of(swapent e)
{
	return READ_ONCE(swapdevs[swapent_dev(e)]);
}

bool swap_is_available(void)
{
	return atomic_read(&nfree) > 0;
}

bool swap_is_scarce(void)
{
	return atomic_read(&nfree) * 2 < atomic_read(&ntotal);
}

void swap_totals(u64 *total, u64 *free)
{
	*total = (u64)max_t(s64, atomic_read(&ntotal), 0);
	*free = (u64)max_t(s64, atomic_read(&nfree), 0);
}

void swap_usage(struct swapdev *d, struct swap_usage *out)
{
	*out = (struct swap_usage){ d->nusable, READ_ONCE(d->nused), d->priority };
}

/* ---- taking slots ---- */

static u32 cluster_size(const struct swapdev *d, u32 c)
{
	return (u32)min_t(u64, CLUSTER, d->nslots - (u64)c * CLUSTER);
}

/* The next cluster to take slots from; wholly free ones first. */
static bool choose_cluster(struct swapdev *d)
{
	u32 partial = NOWHERE;

	for (u32 i = 1; i <= d->nclusters; i++) {
		u32 c = (d->cluster + i) % d->nclusters;
		const struct swapcluster *cl = &d->clusters[c];

		if (!cl->nfree || cl->is_discarding)
			continue;
		if (cl->nfree == cluster_size(d, c)) {
			partial = c;
			break;
		}
		if (partial == NOWHERE)
			partial = c;
	}
	if (partial == NOWHERE)
		return false;
	d->cluster = partial;
	d->at = 0;
	return true;
}

/* A slot or 0; *turned: a new cluster was begun. */
static u64 take_slot(struct swapdev *d, struct memgroup *g, bool *turned)
{
	u64 flags = spin_lock_irqsave(&d->lock), slot = 0;

	*turned = false;
	while (!slot && !d->is_draining) {
		u64 base = (u64)d->cluster * CLUSTER;
		u32 n = cluster_size(d, d->cluster);

		while (d->clusters[d->cluster].nfree && d->at < n && d->map[base + d->at])
			d->at++;
		if (d->clusters[d->cluster].nfree && d->at < n && !d->clusters[d->cluster].is_discarding) {
			slot = base + d->at++;
			d->clusters[d->cluster].nfree--;
			d->map[slot] = SLOT_CACHED;	/* swapcache_add() is next */
			d->owners[slot] = g;
			d->nused++;
			atomic_dec(&nfree);
		} else if (choose_cluster(d)) {
			*turned = true;
		} else {
			break;
		}
	}
	spin_unlock_irqrestore(&d->lock, flags);
	return slot;
}

/* Behind those of equal priority. */
static void take_turns_locked(struct swapdev *d)
{
	struct swapdev *next;

	list_foreach(next, &swap_list, link)
		if (next->priority < d->priority)
			break;
	if (&next->link == d->link.next)
		return;
	list_unlink(&d->link);
	list_add_tail(&d->link, &next->link);
}

swapent swap_alloc(struct memgroup *g)
{
	swapent e = { 0 };
	struct swapdev *d;

	if (!swap_is_available()) {
		if (g)
			memgroup_event(g, MEMEVENT_SWAP_FAIL);
		return e;
	}
	if (g && !memgroup_swap_charge(g))
		return e;
	spin_lock(&list_lock);
	list_foreach(d, &swap_list, link) {
		bool turned;
		u64 slot = take_slot(d, g, &turned);

		if (!slot)
			continue;
		e.v = slot << SWAP_DEV_BITS | d->index;
		if (turned)
			take_turns_locked(d);
		break;
	}
	spin_unlock(&list_lock);
	if (g && !e.v)
		memgroup_swap_uncharge(g);
	return e;
}

struct memgroup *swap_owner(swapent e)
{
	struct swapdev *d = swapdev_of(e);
	u64 flags = spin_lock_irqsave(&d->lock);
	struct memgroup *g = d->owners[swapent_slot(e)];

	if (g)
		ref_get(&g->refs);
	spin_unlock_irqrestore(&d->lock, flags);
	return g;
}

/* ---- giving them back ---- */

u32 swap_slot_release_locked(struct swapdev *d, u64 slot)
{
	u32 c = (u32)(slot / CLUSTER);

	ASSERT(!d->map[slot]);
	if (d->owners[slot])
		memgroup_swap_uncharge(d->owners[slot]);
	d->owners[slot] = NULL;
	d->nused--;
	if (!d->is_draining)
		atomic_inc(&nfree);
	d->ops->slot_freed(d->priv, slot);
	if (++d->clusters[c].nfree < cluster_size(d, c) || !d->has_discard || d->is_draining)
		return NOWHERE;
	if (c == d->cluster && d->at < cluster_size(d, c))
		return NOWHERE;
	d->clusters[c].is_discarding = true;
	d->ndiscarding++;
	return c;
}

void swap_discard_cluster(struct swapdev *d, u32 c)
{
	if (c != NOWHERE)
		d->ops->discard(d->priv, (u64)c * CLUSTER, cluster_size(d, c));
}

void swapdev_discarded(struct swapdev *d, u64 slot)
{
	u64 flags = spin_lock_irqsave(&d->lock);

	d->clusters[slot / CLUSTER].is_discarding = false;
	d->ndiscarding--;
	spin_unlock_irqrestore(&d->lock, flags);
}

void swap_free_unused(swapent e)
{
	struct swapdev *d = swapdev_of(e);
	u64 flags = spin_lock_irqsave(&d->lock);
	u32 c;

	d->map[swapent_slot(e)] = 0;
	c = swap_slot_release_locked(d, swapent_slot(e));
	spin_unlock_irqrestore(&d->lock, flags);
	swap_discard_cluster(d, c);
}

void swap_dup(swapent e)
{
	struct swapdev *d = swapdev_of(e);
	u64 flags = spin_lock_irqsave(&d->lock);

	VERIFY(SLOT_COUNT(d->map[swapent_slot(e)]) < SLOT_BAD - 1);
	d->map[swapent_slot(e)]++;
	spin_unlock_irqrestore(&d->lock, flags);
}

u32 swap_users(swapent e)
{
	return SLOT_COUNT(READ_ONCE(swapdev_of(e)->map[swapent_slot(e)]));
}

/* Nobody names the slot of a page in memory: the page goes if it is idle, else when reclaim comes by. */
static void reap(swapent e)
{
	struct page *p = swapcache_find(e);

	if (!p)
		return;
	if (page_trylock(p)) {
		if (page_is_swapcache(p) && p->private == e.v)
			(void)swapcache_try_del(p);
		page_unlock(p);
	}
	page_put(p);
}

void swap_put(swapent e)
{
	struct swapdev *d = swapdev_of(e);
	u64 flags = spin_lock_irqsave(&d->lock), slot = swapent_slot(e);
	u32 left, c = NOWHERE;

	ASSERT(SLOT_COUNT(d->map[slot]));
	left = --d->map[slot];
	if (!left)
		c = swap_slot_release_locked(d, slot);
	spin_unlock_irqrestore(&d->lock, flags);
	swap_discard_cluster(d, c);
	if (left == SLOT_CACHED)
		reap(e);
}

/* ---- devices ---- */

static void free_dev(struct swapdev *d)
{
	kmem_free(d->ios);
	kmem_free_large(d->map);
	kmem_free_large(d->owners);
	kmem_free_large(d->clusters);
	kmem_free(d);
}

static int make_ios(struct swapdev *d)
{
	size_t size = ALIGN_UP(sizeof(struct swapio) + d->ops->priv_size, 16);
	u8 *at = kmem_calloc(2 * IOS_EACH, size, ALLOC_KERNEL);

	d->ios = at;
	if (!at)
		return -ENOMEM;
	for (u32 i = 0; i < 2 * IOS_EACH; i++, at += size) {
		struct swapio *io = (struct swapio *)at;

		io->dev = d;
		io->is_write = i & 1;
		io->priv = io + 1;
		list_add(&io->link, &d->idle[i & 1]);
	}
	d->nidle[0] = d->nidle[1] = IOS_EACH;
	return 0;
}

/* Header and bad slots are taken for good. */
static int fill_map(struct swapdev *d, const struct swap_params *p)
{
	for (u32 c = 0; c < d->nclusters; c++)
		d->clusters[c].nfree = (u16)cluster_size(d, c);
	d->map[0] = SLOT_BAD;
	d->clusters[0].nfree--;
	d->nusable = d->nslots - 1;
	for (u32 i = 0; i < p->nbad; i++) {
		u32 s = p->bad[i];

		if (!s || s >= d->nslots)
			return -EINVAL;
		if (d->map[s])
			continue;
		d->map[s] = SLOT_BAD;
		d->clusters[s / CLUSTER].nfree--;
		d->nusable--;
	}
	return d->nusable ? 0 : -EINVAL;
}

static struct swapdev *make_dev(const struct swap_params *p)
{
	struct swapdev *d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);
	int err;

	if (!d)
		return ERR_PTR(-ENOMEM);
	spin_init(&d->lock, LOCKRANK_SWAP);
	spin_init(&d->io_lock, LOCKRANK_SWAP);
	waitq_init(&d->io_wait);
	list_init(&d->idle[0]);
	list_init(&d->idle[1]);
	radix_init(&d->cache);
	d->ops = p->ops;
	d->priv = p->priv;
	d->nslots = p->nslots;
	d->has_discard = p->has_discard;
	d->nclusters = (u32)DIV_ROUND_UP(p->nslots, CLUSTER);
	d->map = kmem_alloc_large(p->nslots * sizeof(*d->map), ALLOC_KERNEL | ALLOC_ZERO);
	d->clusters = kmem_alloc_large(d->nclusters * sizeof(*d->clusters), ALLOC_KERNEL | ALLOC_ZERO);
	d->owners = kmem_alloc_large(p->nslots * sizeof(*d->owners), ALLOC_KERNEL | ALLOC_ZERO);
	err = d->map && d->owners && d->clusters ? make_ios(d) : -ENOMEM;
	if (!err)
		err = fill_map(d, p);
	if (err) {
		free_dev(d);
		return ERR_PTR(err);
	}
	return d;
}

/* Behind all of the same or a higher priority; -EPERM: no number is left. */
static int enlist(struct swapdev *d, s32 priority)
{
	struct swapdev *other;
	s32 lowest = SWAP_PRIO_AUTO;
	int err = -EPERM;

	spin_lock(&list_lock);
	list_foreach(other, &swap_list, link)
		lowest = min(lowest, other->priority);
	d->priority = priority == SWAP_PRIO_AUTO ? lowest - 1 : priority;
	for (u32 i = 0; i < SWAP_DEVS && err; i++) {
		if (swapdevs[i])
			continue;
		d->index = i;
		WRITE_ONCE(swapdevs[i], d);
		err = 0;
	}
	if (!err) {
		list_foreach(other, &swap_list, link)
			if (other->priority < d->priority)
				break;
		list_add_tail(&d->link, &other->link);
		atomic_add(&ntotal, (s64)d->nusable);
		atomic_add(&nfree, (s64)d->nusable);
	}
	spin_unlock(&list_lock);
	return err;
}

struct swapdev *swap_attach(const struct swap_params *p)
{
	struct swapdev *d;
	int err;

	might_sleep();
	if (p->nslots < 2 || p->nslots > U32_MAX)
		return ERR_PTR(-EINVAL);
	d = make_dev(p);
	if (IS_ERR(d))
		return d;
	err = enlist(d, p->priority);
	if (err) {
		free_dev(d);
		return ERR_PTR(err);
	}
	return d;
}

static void set_draining(struct swapdev *d, bool yes)
{
	u64 flags = spin_lock_irqsave(&d->lock);
	s64 unused = (s64)(d->nusable - d->nused);

	d->is_draining = yes;
	atomic_add(&nfree, yes ? -unused : unused);
	atomic_add(&ntotal, yes ? -(s64)d->nusable : (s64)d->nusable);
	spin_unlock_irqrestore(&d->lock, flags);
}

/* Pages that hold a slot and need it no more. */
static void release_cached(struct swapdev *d)
{
	u64 index = 0;

	for (;;) {
		void *found[16];
		u32 n;

		rcu_read_lock();
		n = (u32)radix_gang(&d->cache, &index, U64_MAX, found, NULL, ARRAY_SIZE(found));
		for (u32 i = 0; i < n; i++)
			if (!page_get_unless_zero(found[i]))
				found[i] = NULL;
		rcu_read_unlock();
		for (u32 i = 0; i < n; i++) {
			struct page *p = found[i];

			if (!p)
				continue;
			page_lock(p);
			page_wait_flag(p, PG_WRITEBACK);
			if (page_is_swapcache(p) && swapdev_of((swapent){ p->private }) == d)
				(void)swapcache_try_del(p);
			page_unlock(p);
			page_put(p);
		}
		if (!n)
			return;
	}
}

static bool is_quiet(struct swapdev *d)
{
	u64 flags = spin_lock_irqsave(&d->io_lock);
	bool quiet = d->nidle[0] == IOS_EACH && d->nidle[1] == IOS_EACH && !READ_ONCE(d->ndiscarding);

	spin_unlock_irqrestore(&d->io_lock, flags);
	return quiet;
}

int swap_detach(struct swapdev *d)
{
	u64 total, total_free, used;
	int err = 0;

	might_sleep();
	release_cached(d);
	swap_totals(&total, &total_free);
	used = READ_ONCE(d->nused);
	/* A first guess only: would it fit at all. */
	if (used > page_count_free() + vmstat_read(VMSTAT_INACTIVE_FILE) + vmstat_read(VMSTAT_ACTIVE_FILE) +
		   total_free - (d->nusable - used))
		return -ENOMEM;
	set_draining(d, true);
	while (!err && READ_ONCE(d->nused)) {
		err = swap_unuse(d->index);
		release_cached(d);
		if (!err && signal_is_fatal_pending())
			err = -EINTR;
	}
	if (err) {
		set_draining(d, false);
		return err;
	}
	spin_lock(&list_lock);
	list_del(&d->link);
	WRITE_ONCE(swapdevs[d->index], NULL);
	spin_unlock(&list_lock);
	/* Lock-free lookups in its cache, and transfers, come to an end. */
	rcu_wait();
	waitq_wait(&d->io_wait, is_quiet(d));
	free_dev(d);
	return 0;
}
