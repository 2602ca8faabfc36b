// SPDX-License-Identifier: GPL-2.0-only
/*
 * The swap cache: pages in memory that have a slot in swap, and their transfers.
 *
 * A page enters it when reclaim has chosen it (dirty, then written) or when somebody needs
 * what was written (read, with neighbours of the slot); the cache holds a reference. It
 * leaves it, under its lock, when nobody names the slot any more, when its last user is about
 * to change it, or, clean and without users, when reclaim frees it. What leaves while it is
 * in use has no copy elsewhere and is written again the next time.
 *
 * Lookups are lock-free as in the page cache: reference first, then a look whether it still is the page.
 *
 * Transfers go by swapios, of which each device has a fixed number in either direction:
 * writing out never allocates, and who finds none waits for one that is under way.
 *
 * Lock order: page lock > the device's lock; io_lock is a leaf.
 */
#include <tern/base/rcu.h>
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>

#include "pagecache_impl.h"
#include "swap_impl.h"

struct page *swapcache_find(swapent e)
{
	struct swapdev *d;
	struct page *p;

	rcu_read_lock();
	d = swapdev_of(e);
	for (;;) {
		p = d ? radix_lookup(&d->cache, swapent_slot(e)) : NULL;
		if (!p)
			break;
		if (!page_get_unless_zero(p))
			continue;
		if (page_is_swapcache(p) && READ_ONCE(p->private) == e.v)
			break;
		rcu_read_unlock();
		page_put(p);
		rcu_read_lock();
	}
	rcu_read_unlock();
	return p;
}

static void count_cached(const struct page *p, s64 n)
{
	vmstat_add(VMSTAT_SWAPCACHED, n);
	memgroup_count_page(p, MEMSTAT_SWAPCACHED, n);
}

static int add_locked(struct swapdev *d, struct page *p, swapent e, bool for_read,
		      const struct lib_alloc *alloc)
{
	u64 slot = swapent_slot(e), flags = spin_lock_irqsave(&d->lock);
	int err = -ENOENT;

	if (!for_read || (d->map[slot] && d->map[slot] != SLOT_BAD)) {
		p->private = e.v;
		page_flag_set(p, PG_SWAPCACHE);
		err = radix_insert(&d->cache, slot, p, alloc);
		if (err)
			page_flag_clear(p, PG_SWAPCACHE);
		else
			d->map[slot] |= SLOT_CACHED;
	}
	spin_unlock_irqrestore(&d->lock, flags);
	return err;
}

int swapcache_add(struct page *p, swapent e, bool for_read)
{
	struct swapdev *d = swapdev_of(e);
	struct radix_preload pre;
	int err;

	ASSERT(page_flag_test(p, PG_LOCKED) && page_flag_test(p, PG_SWAPBACKED));
	page_get(p);
	err = add_locked(d, p, e, for_read, &radix_node_alloc);
	if (err == -ENOMEM && for_read) {
		err = radix_preload(&pre, swapent_slot(e), &radix_node_alloc_sleeping);
		if (!err) {
			err = add_locked(d, p, e, true, &pre.alloc);
			radix_preload_drop(&pre);
		}
	}
	if (err)
		page_put(p);
	else
		count_cached(p, 1);
	return err;
}

/* Out of the tree; the cluster to discard or U32_MAX. d->lock held. */
static u32 leave_locked(struct swapdev *d, struct page *p)
{
	u64 slot = swapent_slot((swapent){ p->private });

	(void)radix_erase(&d->cache, slot, &radix_node_alloc);
	page_flag_clear(p, PG_SWAPCACHE);
	p->private = 0;
	d->map[slot] &= ~SLOT_CACHED;
	return d->map[slot] ? U32_MAX : swap_slot_release_locked(d, slot);
}

void swapcache_del(struct page *p)
{
	struct swapdev *d = swapdev_of((swapent){ p->private });
	u64 flags = spin_lock_irqsave(&d->lock);
	u32 c = leave_locked(d, p);

	spin_unlock_irqrestore(&d->lock, flags);
	page_flag_set(p, PG_DIRTY);
	count_cached(p, -1);
	swap_discard_cluster(d, c);
	page_put(p);
}

bool swapcache_del_frozen(struct page *p)
{
	struct swapdev *d = swapdev_of((swapent){ p->private });
	u64 flags = spin_lock_irqsave(&d->lock);
	bool frozen = atomic_cas(&p->refcount, 2, 0);
	u32 c = U32_MAX;

	if (frozen && (page_flag_test(p, PG_DIRTY) || page_flag_test(p, PG_WRITEBACK))) {
		atomic_set(&p->refcount, 2);
		frozen = false;
	}
	if (frozen)
		c = leave_locked(d, p);
	spin_unlock_irqrestore(&d->lock, flags);
	if (frozen)
		count_cached(p, -1);
	swap_discard_cluster(d, c);
	return frozen;
}

bool swapcache_try_del(struct page *p)
{
	swapent e = { p->private };

	if (page_flag_test(p, PG_WRITEBACK) || SLOT_COUNT(READ_ONCE(swapdev_of(e)->map[swapent_slot(e)])))
		return false;
	swapcache_del(p);
	return true;
}

/* ---- transfers ---- */

static struct swapio *take_idle(struct swapdev *d, bool is_write)
{
	u64 flags = spin_lock_irqsave(&d->io_lock);
	struct swapio *io = NULL;

	if (!list_is_empty(&d->idle[is_write])) {
		io = list_first_entry(&d->idle[is_write], struct swapio, link);
		list_del(&io->link);
		d->nidle[is_write]--;
	}
	spin_unlock_irqrestore(&d->io_lock, flags);
	return io;
}

/* Waits for one that is under way; those end. */
static struct swapio *swapio_get(struct swapdev *d, bool is_write, u64 slot)
{
	struct swapio *io;

	waitq_wait(&d->io_wait, (io = take_idle(d, is_write)) != NULL);
	io->slot = slot;
	io->n = 0;
	return io;
}

static void swapio_add(struct swapio *io, struct page *p)
{
	io->segs[io->n++] = (struct uio_pageseg){ p, 0, PAGE_SIZE };
}

static bool swapio_takes(const struct swapio *io, const struct swapdev *d, u64 slot)
{
	return io && io->dev == d && io->slot + io->n == slot && io->n < SWAPIO_PAGES &&
	       d->ops->run(d->priv, io->slot, io->n + 1) > io->n;
}

static void swapio_start(struct swapio *io)
{
	vmstat_add(io->is_write ? VMSTAT_PSWPOUT : VMSTAT_PSWPIN, io->n);
	io->dev->ops->submit(io->dev->priv, io);
}

static void write_ended(struct page *p, int err)
{
	u64 old;

	if (err) {
		/* Its contents are nowhere else: it stays. */
		page_flag_set(p, PG_DIRTY);
		page_flag_set(p, PG_ERROR);
	}
	old = __atomic_fetch_and(&p->flags, ~BIT(PG_WRITEBACK), __ATOMIC_SEQ_CST);
	vmstat_add(VMSTAT_WRITEBACK, -1);
	memgroup_count_page(p, MEMSTAT_WRITEBACK, -1);
	if (!err)
		lru_rotate(p);
	if (old & BIT(PG_WAITERS))
		page_wake_flag(p, PG_WRITEBACK);
	page_put(p);
}

void swapio_done(struct swapio *io, int err)
{
	struct swapdev *d = io->dev;
	bool is_write = io->is_write;
	u64 flags;

	for (u32 i = 0; i < io->n; i++) {
		struct page *p = io->segs[i].page;

		if (is_write) {
			write_ended(p, err);
		} else {
			page_flag_set(p, err ? PG_ERROR : PG_UPTODATE);
			page_unlock(p);
		}
	}
	flags = spin_lock_irqsave(&d->io_lock);
	list_add(&io->link, &d->idle[is_write]);
	d->nidle[is_write]++;
	waitq_wake_all(&d->io_wait);
	spin_unlock_irqrestore(&d->io_lock, flags);
	if (is_write)
		writeback_ended();
}

void swap_batch_flush(struct swap_batch *b)
{
	if (b->io)
		swapio_start(b->io);
	b->io = NULL;
}

void swap_batch_add(struct swap_batch *b, struct page *p)
{
	swapent e = { p->private };
	struct swapdev *d = swapdev_of(e);

	ASSERT(page_flag_test(p, PG_LOCKED) && page_is_swapcache(p));
	page_flag_clear(p, PG_DIRTY);
	page_flag_clear(p, PG_ERROR);
	page_flag_set(p, PG_WRITEBACK);
	vmstat_add(VMSTAT_WRITEBACK, 1);
	memgroup_count_page(p, MEMSTAT_WRITEBACK, 1);
	page_get(p);
	page_unlock(p);
	if (!swapio_takes(b->io, d, swapent_slot(e))) {
		swap_batch_flush(b);
		b->io = swapio_get(d, true, swapent_slot(e));
	}
	swapio_add(b->io, p);
	b->nstarted++;
}

/* ---- reading ---- */

/* A new locked page in the cache, with a reference; NULL: it is cached or nobody names it; ERR_PTR(-ENOMEM). */
static struct page *new_cached(swapent e, alloc_flags flags)
{
	struct page *p = page_alloc(0, flags);
	struct memgroup *g;
	int err;

	if (!p)
		return ERR_PTR(-ENOMEM);
	g = swap_owner(e);
	if (g && memgroup_charge_to(g, p, MEMKIND_ANON, flags)) {
		page_put(p);
		return ERR_PTR(-ENOMEM);
	}
	p->flags |= BIT(PG_LOCKED) | BIT(PG_SWAPBACKED);
	err = swapcache_add(p, e, true);
	if (!err) {
		lru_add(p);
		return p;
	}
	p->flags &= ~(BIT(PG_LOCKED) | BIT(PG_SWAPBACKED));
	page_put(p);
	return err == -ENOMEM ? ERR_PTR(err) : NULL;
}

/* One page of a window goes into the transfer, or begins the next. */
static struct swapio *gather_read(struct swapio *io, struct swapdev *d, u64 slot, struct page *p)
{
	if (!swapio_takes(io, d, slot)) {
		if (io)
			swapio_start(io);
		io = swapio_get(d, false, slot);
	}
	swapio_add(io, p);
	return io;
}

/* Reads @wanted, locked and in the cache, and those of the slots around it that are named and not there. */
static void read_window(swapent e, struct page *wanted)
{
	struct swapdev *d = swapdev_of(e);
	u64 slot = swapent_slot(e), n = 1UL << min(READ_ONCE(vm_page_cluster), 5u);
	u64 first = ALIGN_DOWN(slot, n), end = min(first + n, d->nslots);
	struct swapio *io = NULL;

	for (u64 s = max(first, 1UL); s < end; s++) {
		struct page *p = wanted;

		if (s != slot) {
			u32 m = READ_ONCE(d->map[s]);

			if (!m || m == SLOT_BAD || (m & SLOT_CACHED))
				continue;
			/* Not worth waiting for memory. */
			p = new_cached((swapent){ s << SWAP_DEV_BITS | d->index },
				       ALLOC_NOWAIT | ALLOC_NORETRY | ALLOC_NOWARN);
			if (IS_ERR_OR_NULL(p))
				continue;
			page_put(p);	/* the cache's and the lock keep it */
		}
		io = gather_read(io, d, s, p);
	}
	swapio_start(io);
}

struct page *swap_read_in(swapent e, bool *was_read)
{
	struct page *p;

	*was_read = false;
	for (;;) {
		p = swapcache_find(e);
		if (p)
			return p;
		p = new_cached(e, ALLOC_USER);
		if (p)
			break;
		if (!SLOT_COUNT(READ_ONCE(swapdev_of(e)->map[swapent_slot(e)])))
			return NULL;
	}
	if (!IS_ERR(p)) {
		*was_read = true;
		read_window(e, p);
	}
	return p;
}
