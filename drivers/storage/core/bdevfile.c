// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open block device nodes: read, write, seek, map, fsync, fallocate.
 *
 * The node's vnode gets the page cache of its device at the first open, so that the
 * generic code that goes by of_vnode->vn_pc finds it; size and all else come from the device.
 */
#include "file_impl.h"

#include <generated/svc_storage.h>
#include <tern/base/initcall.h>
#include <tern/fs/chardev.h>
#include <uapi/fcntl.h>

#define FALLOC_KEEP_SIZE	0x1
#define FALLOC_PUNCH_HOLE	0x2
#define FALLOC_NO_HIDE_STALE	0x4
#define FALLOC_ZERO_RANGE	0x10

u32 bdev_file_mode(const struct ofile *f)
{
	return (f->of_mode & OFILE_READ ? BLKDEV_READ : 0) | (f->of_mode & OFILE_WRITE ? BLKDEV_WRITE : 0) |
	       (f->of_mode & OFILE_EXCL ? BLKDEV_EXCL : 0);
}

static int bdev_open(struct ofile *f, struct vnode *vn);

static void bdev_release(struct ofile *f)
{
	blkdev_close(f->of_priv, bdev_file_mode(f), f);
}

static u64 size_of(const struct ofile *f)
{
	return blkdev_sectors(f->of_priv) << SECTOR_SHIFT;
}

static ssize_t bdev_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	if (blkdev_is_gone(f->of_priv))
		return -ENODEV;
	if (f->of_flags & O_DIRECT && u->resid && (u64)*pos < size_of(f))
		return bdev_direct(f, u, pos, false);
	return pagecache_read(blkdev_cache(f->of_priv), u, pos, (loff_t)size_of(f));
}

/* O_SYNC and O_DSYNC. */
static ssize_t sync_written(struct ofile *f, ssize_t n)
{
	int err;

	if (n <= 0 || !(f->of_flags & O_DSYNC))
		return n;
	err = svc_storage_sync(f->of_priv);
	return err ? err : n;
}

static ssize_t bdev_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct blkdev *b = f->of_priv;
	u64 size = size_of(f);
	ssize_t n;

	if (blkdev_is_gone(b))
		return -ENODEV;
	if (blkdev_is_readonly(b))
		return -EPERM;
	if (!u->resid)
		return 0;
	if (f->of_flags & O_APPEND)
		*pos = (loff_t)size;
	if ((u64)*pos >= size)
		return -ENOSPC;
	if (u->resid > size - (u64)*pos)
		uio_truncate(u, size - (u64)*pos);
	n = f->of_flags & O_DIRECT ? bdev_direct(f, u, pos, true) : pagecache_write(blkdev_cache(b), u, pos);
	return sync_written(f, n);
}

/* A device is data from end to end. */
static loff_t bdev_find(struct ofile *f, loff_t off, bool is_hole)
{
	return is_hole ? (loff_t)size_of(f) : off;
}

static loff_t bdev_seek(struct ofile *f, loff_t off, int whence)
{
	u64 size = size_of(f);

	return fop_seek_sized(f, off, whence, (loff_t)size, size, bdev_find);
}

static int bdev_mmap(struct ofile *f, struct map_request *req)
{
	req->ops = &region_ops_pagecache;
	req->pc = blkdev_cache(f->of_priv);
	return 0;
}

static int bdev_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync)
{
	struct blkdev *b = f->of_priv;
	struct pagecache *pc = blkdev_cache(b);
	struct blkplug plug;
	int err, e;

	blkplug_begin(&plug);
	err = pagecache_flush(pc, start, end == S64_MAX ? end : end + 1, true);
	blkplug_end(&plug);
	e = pagecache_check_error(pc, &f->of_wb_err);
	err = e ? e : err;
	e = blkdev_is_readonly(b) ? 0 : svc_storage_flush(b);
	return err ? err : e;
}

/* Forget what the cache has of a range whose contents change behind it. */
int bdev_forget(struct blkdev *b, u64 start, u64 end)
{
	struct pagecache *pc = blkdev_cache(b);
	int err = pagecache_flush(pc, (loff_t)start, (loff_t)end, true);

	return err ? err : pagecache_punch(pc, (loff_t)start, (loff_t)end);
}

static int bdev_fallocate(struct ofile *f, int mode, loff_t off, loff_t len)
{
	struct blkdev *b = f->of_priv;
	u64 grain = blkdev_block_size(b), size = size_of(f), end = (u64)off + (u64)len;
	int err;

	if (mode & ~(FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE | FALLOC_ZERO_RANGE | FALLOC_NO_HIDE_STALE))
		return -EOPNOTSUPP;
	if ((u64)off >= size)
		return -EINVAL;
	if (end > size) {
		if (!(mode & FALLOC_KEEP_SIZE))
			return -EINVAL;
		end = size;
	}
	if (((u64)off | end) & (grain - 1))
		return -EINVAL;
	if (blkdev_is_readonly(b))
		return -EPERM;
	err = bdev_forget(b, (u64)off, end);
	if (err)
		return err;
	switch (mode) {
	case FALLOC_ZERO_RANGE:
	case FALLOC_ZERO_RANGE | FALLOC_KEEP_SIZE:
		return svc_storage_zero(b, (u64)off >> SECTOR_SHIFT, (end - (u64)off) >> SECTOR_SHIFT,
					 IOREQ_NOUNMAP);
	case FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE:
		if (!blkdev_disk(b)->limits.max_zeroes)
			return -EOPNOTSUPP;
		return svc_storage_zero(b, (u64)off >> SECTOR_SHIFT, (end - (u64)off) >> SECTOR_SHIFT, 0);
	case FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE | FALLOC_NO_HIDE_STALE:
		return svc_storage_discard(b, (u64)off >> SECTOR_SHIFT, (end - (u64)off) >> SECTOR_SHIFT);
	default:
		return -EOPNOTSUPP;
	}
}

static int bdev_set_flags(struct ofile *f, u32 new_flags)
{
	return 0;
}

static const struct ofile_ops bdev_fops = {
	.open = bdev_open, .flush = fop_default_flush, .release = bdev_release,
	.read = bdev_read, .write = bdev_write, .seek = bdev_seek, .readdir = fop_no_readdir,
	.poll = fop_default_poll, .ioctl = bdev_ioctl, .mmap = bdev_mmap, .fsync = bdev_fsync,
	.fallocate = bdev_fallocate, .splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write, .set_flags = bdev_set_flags,
	.show_fdinfo = fop_default_show_fdinfo,
};

static int bdev_open(struct ofile *f, struct vnode *vn)
{
	struct blkdev *b = blkdev_open_number(vn->vn_rdev, bdev_file_mode(f), f);

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	f->of_priv = b;
	f->of_ops = &bdev_fops;
	WRITE_ONCE(vn->vn_pc, blkdev_cache(b));
	f->of_wb_err = pagecache_sample_error(blkdev_cache(b));
	return 0;
}

struct blkdev *blkdev_of_file(const struct ofile *f)
{
	return f->of_ops == &bdev_fops ? f->of_priv : NULL;
}

static int bdev_file_init(void)
{
	ofile_ops_verify(&bdev_fops);
	blkdev_open_hook = bdev_open;
	return 0;
}
INITCALL(FS, bdev_file_init);
