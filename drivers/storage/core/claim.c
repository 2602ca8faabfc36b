// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening and closing block devices, and claims.
 *
 * A claim (O_EXCL, a mount) excludes other holders of the same device. A claimed
 * partition keeps others from claiming the whole disk and the other way round; two
 * partitions of a disk may have different holders.
 *
 * The last close of a device writes its page cache out and drops it.
 */
#include "blk_impl.h"

#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/kernel/cgdevice.h>
#include <tern/lib/string.h>
#include <uapi/bpf.h>
#include <uapi/stat.h>

/* Is some partition of @d claimed by another? disk->lock held. */
static bool part_is_claimed(const struct blkdisk *d, const void *holder)
{
	struct blkdev *b;

	list_foreach(b, &d->parts, part_link) {
		if (b->claims && b->holder != holder)
			return true;
	}
	return false;
}

/* disk->lock held. */
static bool is_claimed(const struct blkdev *b, const void *holder)
{
	const struct blkdev *whole = b->disk->whole;

	return (b->claims && b->holder != holder) || (whole->claims && whole->holder != holder) ||
		(b == whole && part_is_claimed(b->disk, holder));
}

bool blkdev_is_claimed(struct blkdev *b, const void *holder)
{
	bool claimed;

	kmutex_lock(&b->disk->lock);
	claimed = is_claimed(b, holder);
	kmutex_unlock(&b->disk->lock);
	return claimed;
}

/* disk->lock held. */
static int claim(struct blkdev *b, const void *holder)
{
	if (is_claimed(b, holder))
		return -EBUSY;
	b->claims++;
	b->holder = holder;
	return 0;
}

static void unclaim(struct blkdev *b)
{
	if (!--b->claims)
		b->holder = NULL;
}

int blkdev_open_locked(struct blkdev *b, u32 mode)
{
	struct blkdisk *d = b->disk;
	int err = 0;

	if (blkdev_is_gone(b))
		return -ENXIO;
	if (!d->openers)
		err = d->ops->open(d, mode);
	if (err)
		return err;
	if (!b->openers)
		err = bdev_vnode_attach(b);
	if (err) {
		if (!d->openers)
			d->ops->close(d);
		return err;
	}
	b->openers++;
	d->openers++;
	b->writers += (mode & BLKDEV_WRITE) != 0;
	blkdev_get(b);
	blkdisk_get(d);
	return 0;
}

void blkdev_close_locked(struct blkdev *b, u32 mode)
{
	struct blkdisk *d = b->disk;

	b->writers -= (mode & BLKDEV_WRITE) != 0;
	if (!--b->openers)
		bdev_vnode_detach(b);
	if (!--d->openers)
		d->ops->close(d);
}

struct blkdev *blkdev_open_number(u64 dev, u32 mode, const void *holder)
{
	struct blkdev *b = blkdev_get_number(dev);
	struct blkdisk *d;
	int err = 0;

	might_sleep();
	if (!b)
		return ERR_PTR(-ENXIO);
	d = b->disk;
	kmutex_lock(&d->lock);
	if (mode & BLKDEV_EXCL)
		err = claim(b, holder);
	if (!err) {
		err = blkdev_open_locked(b, mode);
		if (err && (mode & BLKDEV_EXCL))
			unclaim(b);
	}
	kmutex_unlock(&d->lock);
	blkdev_drop(b);
	return err ? ERR_PTR(err) : b;
}

void blkdev_close(struct blkdev *b, u32 mode, const void *holder)
{
	struct blkdisk *d = b->disk;

	/* Most of the writing goes without the lock; what comes in between is the last close's. */
	if (READ_ONCE(b->openers) == 1)
		(void)pagecache_flush(blkdev_cache(b), 0, S64_MAX, true);
	kmutex_lock(&d->lock);
	if (mode & BLKDEV_EXCL)
		unclaim(b);
	blkdev_close_locked(b, mode);
	kmutex_unlock(&d->lock);
	blkdev_drop(b);
	blkdisk_put(d);
}

struct blkdev *blkdev_open_source(const char *path, u32 mode, const void *holder)
{
	struct fspath p;
	struct blkdev *b;
	struct vnode *vn;
	u64 number;
	int err = path_lookup(path, LOOKUP_FOLLOW, &p);

	if (err)
		return ERR_PTR(err);
	vn = path_vnode(&p);
	err = !S_ISBLK(vn->vn_mode) ? -ENOTBLK : p.mnt->mp_flags & MOUNT_NODEV ? -EACCES : 0;
	number = vn->vn_rdev;
	fspath_put(&p);
	if (!err)
		err = cgdevice_check(true, number, BPF_ACC_READ | (mode & BLKDEV_WRITE ? BPF_ACC_WRITE : 0));
	if (err)
		return ERR_PTR(err);
	b = blkdev_open_number(number, mode, holder);
	if (!IS_ERR(b) && (mode & BLKDEV_WRITE) && b->is_readonly) {
		blkdev_close(b, mode, holder);
		return ERR_PTR(-EACCES);
	}
	return b;
}

/* ---- root= ---- */

static bool names(const struct blkdev *b, const char *spec)
{
	if (!strncmp(spec, "PARTUUID=", 9))
		return b->uuid[0] && !strcasecmp(b->uuid, spec + 9);
	if (!strncmp(spec, "PARTLABEL=", 10))
		return b->label[0] && !strcmp(b->label, spec + 10);
	if (!strncmp(spec, "/dev/", 5))
		spec += 5;
	return !strcmp(b->name, spec);
}

/* "MAJ:MIN" in decimal; 0 if it is something else. */
static u64 parse_number(const char *s)
{
	u64 v[2] = { 0, 0 };
	u32 i = 0;

	if (*s < '0' || *s > '9')
		return 0;
	for (; *s; s++) {
		if (*s == ':' && !i)
			i = 1;
		else if (*s >= '0' && *s <= '9' && v[i] < 1u << 20)
			v[i] = v[i] * 10 + (u64)(*s - '0');
		else
			return 0;
	}
	return i ? DEV_MAKE(v[0], v[1]) : 0;
}

/* "UUID=" or "LABEL=" of the file system on it. */
static bool holds(const struct blkdev *b, const char *spec)
{
	struct blkdev *open;
	struct fsid id;
	int err;

	if (strncmp(spec, "UUID=", 5) && strncmp(spec, "LABEL=", 6))
		return false;
	open = blkdev_open_number(b->number, BLKDEV_READ, NULL);
	if (IS_ERR(open))
		return false;
	err = fsid_read(open, &id);
	blkdev_close(open, BLKDEV_READ, NULL);
	if (err)
		return false;
	return *spec == 'U' ? !strcasecmp(id.uuid, spec + 5) : id.label[0] && !strcmp(id.label, spec + 6);
}

static u64 find_spec(const char *spec)
{
	u64 number = parse_number(spec);

	for (struct blkdev *b = number ? NULL : blkdev_next(NULL); b; b = blkdev_next(b)) {
		if (names(b, spec) || holds(b, spec)) {
			number = b->number;
			blkdev_drop(b);
			break;
		}
	}
	return number;
}

struct blkdev *blkdev_open_spec(const char *spec, u32 mode, const void *holder)
{
	u64 number = find_spec(spec);
	struct blkdev *b = number ? blkdev_open_number(number, mode, holder) : ERR_PTR(-ENXIO);

	if (PTR_ERR(b) != -ENXIO)
		return b;
	blk_probe_wait();
	number = find_spec(spec);
	return number ? blkdev_open_number(number, mode, holder) : b;
}

/* ---- disks that are still being looked for ---- */

static atomic32 probes;
static struct waitq probes_wait = WAITQ_INIT(probes_wait);

void blk_probe_begin(void)
{
	atomic_inc(&probes);
}

void blk_probe_end(void)
{
	if (atomic_dec_and_test(&probes))
		waitq_wake_all(&probes_wait);
}

void blk_probe_wait(void)
{
	waitq_wait(&probes_wait, !atomic_read(&probes));
}
