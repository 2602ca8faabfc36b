// SPDX-License-Identifier: GPL-2.0-only
/*
 * swapon(2), swapoff(2), /proc/swaps: partitions, disks (zram too) and files as swap space.
 *
 * The area begins with a page that mkswap(8) wrote: version, last page, bad pages. A disk
 * is claimed. Of a file the places of its pages on the disk are looked up once: transfers go
 * there past the file system, which neither moves nor frees them while VNODE_SWAPFILE is set.
 * Pages of a file that do not lie in one piece on the disk are not used.
 *
 * Lock order: area_lock (which areas there are, sleeping) > everything that opening and swap_detach() take.
 */
#include "blk_impl.h"

#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/swap.h>
#include <uapi/fcntl.h>
#include <uapi/swap.h>

#define PAGE_SECTORS	(PAGE_SIZE >> SECTOR_SHIFT)

/* Pages of the area that follow each other on the disk. */
struct swaprun { u64 slot, n, sector; };

struct swaparea {
	struct list link;		/* area_lock */
	struct swapdev *dev;		/* I mm's */
	struct blkdev *bdev;		/* I open */
	u32 mode;			/* I how it was opened */
	struct ofile *file;		/* I with a reference */
	struct vnode *vn;		/* I of a file, NULL for a disk */
	struct swaprun *runs;		/* I by slot */
	u32 nruns;
	u64 nslots;			/* I with the header */
	u32 *bad;			/* while it is set up: slots not to be used */
	u32 nbad, bad_room;
	bool frees_slots;		/* I the disk is memory: it takes back single pages at once */
};

static LIST_HEAD(areas);
static struct procevent swaps_event = { .waitq = WAITQ_INIT(swaps_event.waitq) };
static struct kmutex area_lock = KMUTEX_INIT(area_lock, LOCKRANK_BLKCTL);	/* protects areas */

/* ---- transfers ---- */

static const struct swaprun *run_of(const struct swaparea *a, u64 slot)
{
	u32 lo = 0, hi = a->nruns - 1;

	while (lo < hi) {
		u32 mid = (lo + hi + 1) / 2;

		if (a->runs[mid].slot <= slot)
			lo = mid;
		else
			hi = mid - 1;
	}
	return &a->runs[lo];
}

static u64 sector_of(const struct swaparea *a, u64 slot)
{
	const struct swaprun *r = run_of(a, slot);

	return r->sector + (slot - r->slot) * PAGE_SECTORS;
}

static u32 area_run(void *priv, u64 slot, u32 n)
{
	const struct swaprun *r = run_of(priv, slot);

	return (u32)min_t(u64, n, r->slot + r->n - slot);
}

static void transfer_done(struct ioreq *r)
{
	swapio_done(r->priv, r->error);
}

static void area_submit(void *priv, struct swapio *io)
{
	struct swaparea *a = priv;
	struct ioreq *r = io->priv;

	ioreq_init(r, a->bdev, io->is_write ? IOREQ_WRITE : IOREQ_READ, sector_of(a, io->slot), io->segs, io->n,
		   transfer_done);
	r->flags = io->is_write ? 0 : IOREQ_SYNC;
	r->priv = io;
	ioreq_submit(r);
}

struct discard { struct ioreq r; struct swaparea *area; u64 slot; };

static void discard_done(struct ioreq *r)
{
	struct discard *d = container_of(r, struct discard, r);

	swapdev_discarded(d->area->dev, d->slot);
	kmem_free(d);
}

/* A hint: what cannot be sent for want of memory, or is in several places, is left as it is. */
static void area_discard(void *priv, u64 slot, u32 n)
{
	struct swaparea *a = priv;
	struct discard *d = area_run(a, slot, n) == n ? kmem_alloc(sizeof(*d), ALLOC_ATOMIC | ALLOC_NOWARN) : NULL;

	if (!d) {
		swapdev_discarded(a->dev, slot);
		return;
	}
	d->area = a;
	d->slot = slot;
	ioreq_init(&d->r, a->bdev, IOREQ_DISCARD, sector_of(a, slot), NULL, 0, discard_done);
	d->r.nsectors = (u64)n * PAGE_SECTORS;
	ioreq_submit(&d->r);
}

static void freed_done(struct ioreq *r)
{
}

static void area_slot_freed(void *priv, u64 slot)
{
	struct swaparea *a = priv;
	struct ioreq r;

	if (!a->frees_slots)
		return;
	/* Disks without queues are done when this returns. */
	ioreq_init(&r, a->bdev, IOREQ_DISCARD, sector_of(a, slot), NULL, 0, freed_done);
	r.nsectors = PAGE_SECTORS;
	ioreq_submit(&r);
}

static const struct swapdev_ops area_ops = {
	.priv_size = sizeof(struct ioreq),
	.submit = area_submit, .run = area_run, .discard = area_discard, .slot_freed = area_slot_freed,
};

/* ---- where the pages are ---- */

static int add_run(struct swaparea *a, u64 slot, u64 n, u64 sector)
{
	struct swaprun *last = a->nruns ? &a->runs[a->nruns - 1] : NULL, *more;

	if (last && last->slot + last->n == slot && last->sector + last->n * PAGE_SECTORS == sector) {
		last->n += n;
		return 0;
	}
	/* Grows by doubling: room is what the next power of two has. */
	if (!a->nruns || is_pow2(a->nruns)) {
		more = kmem_alloc_large((a->nruns ? a->nruns * 2UL : 1) * sizeof(*more), ALLOC_KERNEL);
		if (!more)
			return -ENOMEM;
		if (a->nruns)
			memcpy(more, a->runs, a->nruns * sizeof(*more));
		kmem_free_large(a->runs);
		a->runs = more;
	}
	a->runs[a->nruns++] = (struct swaprun){ slot, n, sector };
	return 0;
}

static int add_bad(struct swaparea *a, u32 slot)
{
	if (a->nbad == a->bad_room) {
		u32 room = a->bad_room ? a->bad_room * 2 : 64;
		u32 *more = kmem_alloc_large(room * sizeof(*more), ALLOC_KERNEL);

		if (!more)
			return -ENOMEM;
		memcpy(more, a->bad, a->nbad * sizeof(*more));
		kmem_free_large(a->bad);
		a->bad = more;
		a->bad_room = room;
	}
	a->bad[a->nbad++] = slot;
	return 0;
}

/* The place of the page at @pos, if it is in one piece: its sector, 0: it is not. */
static int page_place(struct vnode *vn, u64 pos, u64 *sector)
{
	struct fsextent x;
	u64 done = 0, at = 0;
	int err;

	*sector = 0;
	for (; done < PAGE_SIZE; done += x.len) {
		err = vn->vn_fs->ops->extent(vn, pos + done, &x);
		if (err)
			return err;
		if (x.kind == FSEXTENT_HOLE || x.kind == FSEXTENT_INLINE || !x.len)
			return -EINVAL;
		if (done && x.phys != at + done)
			return 0;
		if (!done)
			at = x.phys;
		if (x.len >= PAGE_SIZE - done)
			break;
	}
	*sector = at >> SECTOR_SHIFT;
	return 0;
}

static int map_file(struct swaparea *a)
{
	struct vnode *vn = a->vn;

	for (u64 slot = 0; slot < a->nslots;) {
		struct fsextent x;
		u64 sector, n;
		int err = vn->vn_fs->ops->extent(vn, slot << PAGE_SHIFT, &x);

		if (err)
			return err;
		if (x.kind == FSEXTENT_HOLE || x.kind == FSEXTENT_INLINE)
			return -EINVAL;
		n = min(x.len >> PAGE_SHIFT, a->nslots - slot);
		sector = x.phys >> SECTOR_SHIFT;
		if (!n) {
			n = 1;
			err = page_place(vn, slot << PAGE_SHIFT, &sector);
			if (!err && !sector)
				err = slot ? add_bad(a, (u32)slot) : -EINVAL;
		}
		if (!err && sector)
			err = add_run(a, slot, n, sector);
		if (err)
			return err;
		slot += n;
	}
	return 0;
}

/* ---- the header ---- */

static int read_header(struct swaparea *a, u64 size, u8 *page)
{
	const struct swap_header *h = (const struct swap_header *)(page + SWAP_HEADER_OFFSET);
	const u32 *bad = (const u32 *)(h + 1);
	loff_t pos = 0;
	ssize_t n = ofile_read_kernel(a->file, page, PAGE_SIZE, &pos);

	if (n != (ssize_t)PAGE_SIZE)
		return n < 0 ? (int)n : -EINVAL;
	if (memcmp(page + SWAP_MAGIC_OFFSET, SWAP_MAGIC, SWAP_MAGIC_LEN) || h->version != 1 || !h->last_page)
		return -EINVAL;
	a->nslots = min((u64)h->last_page + 1, size >> PAGE_SHIFT);
	if (a->nslots < 2 || (h->nr_badpages && a->vn) || h->nr_badpages > SWAP_BAD_MAX)
		return -EINVAL;
	for (u32 i = 0; i < h->nr_badpages; i++) {
		int err = !bad[i] || bad[i] >= a->nslots ? -EINVAL : add_bad(a, bad[i]);

		if (err)
			return err;
	}
	return 0;
}

/* ---- swapon ---- */

static bool is_used(const struct vnode *vn)
{
	struct swaparea *a;

	list_foreach(a, &areas, link)
		if (a->file->of_vnode == vn || (S_ISBLK(vn->vn_mode) && !a->vn &&
						 blkdev_number(a->bdev) == vn->vn_rdev))
			return true;
	return false;
}

/* The disk that the area is on; of a file, vn_lock is held. */
static int open_disk(struct swaparea *a)
{
	struct vnode *vn = a->file->of_vnode;

	a->mode = BLKDEV_READ | BLKDEV_WRITE | (a->vn ? 0 : BLKDEV_EXCL);
	if (a->vn && !vn->vn_fs->ops->extent)
		return -EINVAL;
	a->bdev = blkdev_open_number(a->vn ? vn->vn_fs->dev : vn->vn_rdev, a->mode, a);
	return IS_ERR(a->bdev) ? (int)PTR_ERR(a->bdev) : 0;
}

static void area_free(struct swaparea *a)
{
	if (!IS_ERR_OR_NULL(a->bdev))
		blkdev_close(a->bdev, a->mode, a);
	kmem_free_large(a->runs);
	kmem_free_large(a->bad);
	if (a->file)
		ofile_put(a->file);
	kmem_free(a);
}

/* Everything but mm: place and header. */
static int area_prepare(struct swaparea *a, u8 *page)
{
	struct vnode *vn = a->file->of_vnode;
	u64 size;
	int err;

	if (!S_ISREG(vn->vn_mode) && !S_ISBLK(vn->vn_mode))
		return -EINVAL;
	a->vn = S_ISREG(vn->vn_mode) ? vn : NULL;
	err = is_used(vn) ? -EBUSY : open_disk(a);
	if (err)
		return err;
	size = a->vn ? (u64)vnode_size(vn) : blkdev_sectors(a->bdev) << SECTOR_SHIFT;
	err = read_header(a, size, page);
	if (!err && a->vn)
		/* What is written later has no place yet. */
		err = a->file->of_ops->fsync(a->file, 0, S64_MAX, false);
	if (!err)
		err = a->vn ? map_file(a) : blkdev_cache_drop(a->bdev);
	return err || a->vn ? err : add_run(a, 0, a->nslots, 0);
}

static int area_attach(struct swaparea *a, u32 flags)
{
	bool may_discard = (flags & SWAP_FLAG_DISCARD) && blkdev_can_discard(a->bdev);
	bool once = !(flags & SWAP_FLAG_DISCARD_PAGES) || (flags & SWAP_FLAG_DISCARD_ONCE);
	struct swap_params p = {
		.ops = &area_ops, .priv = a, .nslots = a->nslots, .bad = a->bad, .nbad = a->nbad,
		.priority = flags & SWAP_FLAG_PREFER ? (s32)(flags & SWAP_FLAG_PRIO_MASK) : SWAP_PRIO_AUTO,
		.has_discard = may_discard && (!(flags & SWAP_FLAG_DISCARD_ONCE) || (flags & SWAP_FLAG_DISCARD_PAGES)),
	};
	struct swapdev *d;

	a->frees_slots = blkdev_is_memory(a->bdev) && blkdev_can_discard(a->bdev);
	for (u32 i = 0; may_discard && once && i < a->nruns; i++) {
		struct swaprun r = a->runs[i];

		/* The header stays. */
		if (!r.slot) {
			r.n--;
			r.sector += PAGE_SECTORS;
		}
		if (r.n && blkdev_discard_range(a->bdev, r.sector, r.n * PAGE_SECTORS))
			break;
	}
	d = swap_attach(&p);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	a->dev = d;
	return 0;
}

static int swapon_locked(struct swaparea *a, u32 flags)
{
	struct vnode *vn = a->file->of_vnode;
	bool is_file = S_ISREG(vn->vn_mode);
	u8 *page = page_alloc_kva(0, ALLOC_KERNEL);
	int err;

	if (!page)
		return -ENOMEM;
	err = area_prepare(a, page);
	page_free_kva(page, 0);
	if (err)
		return err;
	if (is_file) {
		rwsem_write_lock(&vn->vn_lock);
		spin_lock(&vn->vn_spin);
		vn->vn_flags |= VNODE_SWAPFILE;
		spin_unlock(&vn->vn_spin);
		rwsem_write_unlock(&vn->vn_lock);
	}
	err = area_attach(a, flags);
	if (!err) {
		list_add_tail(&a->link, &areas);
		procevent_note(&swaps_event);
	} else if (is_file) {
		spin_lock(&vn->vn_spin);
		vn->vn_flags &= ~VNODE_SWAPFILE;
		spin_unlock(&vn->vn_spin);
	}
	return err;
}

static struct ofile *open_path(const char __user *name)
{
	struct fspath p;
	struct ofile *f;
	int err = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW, &p);

	if (err)
		return ERR_PTR(err);
	f = vnode_is_dir(path_vnode(&p)) ? ERR_PTR(-EISDIR) : ofile_open(&p, O_RDWR, cred_self());
	fspath_put(&p);
	return f;
}

long sys_swapon(const char __user *name, int flags)
{
	struct swaparea *a;
	int err;

	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & ~SWAP_FLAGS_VALID)
		return -EINVAL;
	a = kmem_zalloc(sizeof(*a), ALLOC_KERNEL);
	if (!a)
		return -ENOMEM;
	a->file = open_path(name);
	if (IS_ERR(a->file)) {
		err = (int)PTR_ERR(a->file);
		a->file = NULL;
	} else {
		kmutex_lock(&area_lock);
		err = swapon_locked(a, (u32)flags);
		kmutex_unlock(&area_lock);
	}
	if (err)
		area_free(a);
	return err;
}

/* ---- swapoff ---- */

static struct swaparea *area_find(const struct vnode *vn)
{
	struct swaparea *a;

	list_foreach(a, &areas, link)
		if (a->vn ? a->vn == vn : S_ISBLK(vn->vn_mode) && blkdev_number(a->bdev) == vn->vn_rdev)
			return a;
	return NULL;
}

static int swapoff_locked(const struct vnode *vn)
{
	struct swaparea *a = area_find(vn);
	int err = a ? swap_detach(a->dev) : -EINVAL;

	if (err)
		return err;
	list_del(&a->link);
	if (a->vn) {
		spin_lock(&a->vn->vn_spin);
		a->vn->vn_flags &= ~VNODE_SWAPFILE;
		spin_unlock(&a->vn->vn_spin);
	}
	area_free(a);
	procevent_note(&swaps_event);
	return 0;
}

long sys_swapoff(const char __user *name)
{
	struct fspath p;
	int err;

	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	err = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	kmutex_lock(&area_lock);
	err = swapoff_locked(path_vnode(&p));
	kmutex_unlock(&area_lock);
	fspath_put(&p);
	return err;
}

/* ---- /proc/swaps ---- */

static void print_swaps(struct seqbuf *sb, void *arg)
{
	char *buf = kmem_alloc(PATH_MAX, ALLOC_KERNEL), *name;
	struct swaparea *a;
	struct swap_usage u;

	seqbuf_puts(sb, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	if (!buf)
		return;
	kmutex_lock(&area_lock);
	list_foreach(a, &areas, link) {
		size_t len;

		name = path_print_self(&a->file->of_path, buf, PATH_MAX);
		if (IS_ERR(name))
			name = "(unreachable)";
		swap_usage(a->dev, &u);
		len = strlen(name);
		seqbuf_puts_escaped(sb, name, " \t\n\\");
		seqbuf_printf(sb, "%*s%s\t%lu\t%s%lu\t%s%d\n", (int)(len < 40 ? 40 - len : 1), " ",
			      a->vn ? "file\t" : "partition", u.nslots * 4, u.nslots * 4 < 10000000 ? "\t" : "",
			      u.nused * 4, u.nused * 4 < 10000000 ? "\t" : "", u.priority);
	}
	kmutex_unlock(&area_lock);
	kmem_free(buf);
}
static struct procfile swaps_file = { .path = "swaps", .print = print_swaps, .event = &swaps_event };
PROCFILE(swaps_file);
