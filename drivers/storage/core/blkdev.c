// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of block devices: by number, for opening, /proc and sysfs; their names in /dev.
 *
 * A blkdev holds a reference on its disk. The registry holds one on each listed blkdev, each open one
 * more. When a disk goes, its devices leave the registry; those still open stay, with is_gone
 * set, until they are closed.
 *
 * Lock order: disk->lock > blk_registry_lock (a leaf).
 */
#include "blk_impl.h"

#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/procfs.h>
#include <tern/lib/fmt.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/stat.h>

#define GID_DISK	6	/* Debian's group of disk devices */
#define AHEAD_DEFAULT	256	/* sectors */

struct spin blk_registry_lock = SPIN_INIT(LOCKRANK_KLIST);
static LIST_HEAD(devs);		/* by number */
static u64 extended_next;	/* minors of major 259 given out so far */

struct blkdev *blkdev_make(struct blkdisk *d, u32 partno, u64 start, u64 n)
{
	struct blkdev *b = kmem_zalloc(sizeof(*b), ALLOC_KERNEL);

	if (!b)
		return NULL;
	b->stats = percpu_alloc(sizeof(struct blkstats), 8);
	if (!b->stats) {
		kmem_free(b);
		return NULL;
	}
	b->disk = d;
	b->partno = partno;
	b->start = start;
	b->nsectors = n;
	b->ahead_sectors = AHEAD_DEFAULT;
	ref_init(&b->refs, 1);
	list_init(&b->link);
	list_init(&b->part_link);
	if (partno) {
		blkdisk_get(d);
		blkdev_partition_name(d, partno, b->name, sizeof(b->name));
	} else {
		strlcpy(b->name, d->name, sizeof(b->name));
	}
	return b;
}

void blkdev_get(struct blkdev *b)
{
	ref_get(&b->refs);
}

void blkdev_drop(struct blkdev *b)
{
	struct blkdisk *d = b->disk;

	if (!ref_put(&b->refs))
		return;
	percpu_free(b->stats);
	kmem_free(b);
	blkdisk_put(d);
}

void blkdev_partition_name(const struct blkdisk *d, u32 partno, char *out, size_t n)
{
	char last = d->name[strlen(d->name) - 1];

	fmt_print(out, n, last >= '0' && last <= '9' ? "%sp%u" : "%s%u", d->name, partno);
}

/* ---- the registry ---- */

static struct blkdev *find_locked(u64 number)
{
	struct blkdev *b;

	list_foreach(b, &devs, link) {
		if (b->number == number)
			return b;
	}
	return NULL;
}

/* Order of /proc/partitions: by major, then minor. */
static bool comes_before(u64 a, u64 b)
{
	return DEV_MAJOR(a) != DEV_MAJOR(b) ? DEV_MAJOR(a) < DEV_MAJOR(b) : DEV_MINOR(a) < DEV_MINOR(b);
}

static int number_locked(struct blkdev *b)
{
	const struct blkdisk *d = b->disk;

	if (b->partno < d->minors) {
		b->number = DEV_MAKE(d->major, d->first_minor + b->partno);
		return find_locked(b->number) ? -EBUSY : 0;
	}
	for (u64 i = 0; i < 1u << 20; i++) {
		b->number = DEV_MAKE(BLK_MAJOR_EXTENDED, (extended_next + i) & 0xfffff);
		if (!find_locked(b->number)) {
			extended_next = DEV_MINOR(b->number) + 1;
			return 0;
		}
	}
	return -ENOSPC;
}

static int enter(struct blkdev *b)
{
	struct blkdev *at;
	struct list *before = &devs;
	int err;

	spin_lock(&blk_registry_lock);
	err = number_locked(b);
	if (!err) {
		list_foreach(at, &devs, link) {
			if (comes_before(b->number, at->number)) {
				before = &at->link;
				break;
			}
		}
		list_add_tail(&b->link, before);
		blkdev_get(b);
	}
	spin_unlock(&blk_registry_lock);
	return err;
}

static void leave(struct blkdev *b)
{
	spin_lock(&blk_registry_lock);
	list_del_init(&b->link);
	spin_unlock(&blk_registry_lock);
	blkdev_drop(b);
}

int blkdev_list(struct blkdev *b)
{
	int err = enter(b);

	if (err)
		return err;
	err = devtmpfs_add(b->name, S_IFBLK | 0660, 0, GID_DISK, b->number);
	if (!err) {
		err = blksysfs_add(b);
		if (!err)
			return 0;
		(void)devtmpfs_remove(b->name);
	}
	leave(b);
	return err;
}

void blkdev_unlist(struct blkdev *b)
{
	blksysfs_remove(b);
	(void)devtmpfs_remove(b->name);
	leave(b);
}

struct blkdev *blkdev_get_number(u64 number)
{
	struct blkdev *b;

	spin_lock(&blk_registry_lock);
	b = find_locked(number);
	if (b)
		blkdev_get(b);
	spin_unlock(&blk_registry_lock);
	return b;
}

bool blk_is_disk(u64 number)
{
	struct blkdev *b = blkdev_get_number(number);
	bool yes = b && !b->partno;

	if (b)
		blkdev_drop(b);
	return yes;
}

struct blkdev *blkdev_next(struct blkdev *b)
{
	struct blkdev *next = NULL, *at;
	u64 after = b ? b->number : 0;

	spin_lock(&blk_registry_lock);
	/* By number, as @b itself may have left the list meanwhile. */
	list_foreach(at, &devs, link) {
		if (!b || comes_before(after, at->number)) {
			next = at;
			blkdev_get(next);
			break;
		}
	}
	spin_unlock(&blk_registry_lock);
	if (b)
		blkdev_drop(b);
	return next;
}

/* ---- properties ---- */
u64 blkdev_number(const struct blkdev *b) { return b->number; }
const char *blkdev_name(const struct blkdev *b) { return b->name; }
u64 blkdev_sectors(const struct blkdev *b) { return READ_ONCE(b->nsectors); }
u32 blkdev_block_size(const struct blkdev *b) { return b->disk->limits.block_size; }
u32 blkdev_physical_size(const struct blkdev *b) { return b->disk->limits.physical_size; }
bool blkdev_is_readonly(const struct blkdev *b) { return READ_ONCE(b->is_readonly); }
bool blkdev_has_cache(const struct blkdev *b) { return b->disk->limits.has_cache; }
bool blkdev_can_discard(const struct blkdev *b) { return b->disk->limits.max_discard != 0; }
bool blkdev_is_memory(const struct blkdev *b) { return !b->disk->limits.nr_hwq; }
u32 blkdev_discard_grain(const struct blkdev *b)
{
	return b->disk->limits.max_discard ? b->disk->limits.discard_grain : 0;
}
bool blkdev_is_gone(const struct blkdev *b)
{
	return READ_ONCE(b->is_gone) || READ_ONCE(b->disk->is_gone);
}
struct blkdisk *blkdev_disk(const struct blkdev *b) { return b->disk; }
