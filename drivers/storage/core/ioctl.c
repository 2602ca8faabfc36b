// SPDX-License-Identifier: GPL-2.0-only
/* BLK* ioctls: sizes, flushing, discarding, the partition table. */
#include "file_impl.h"

#include <generated/svc_storage.h>
#include <asm/uaccess.h>
#include <tern/kernel/cred.h>
#include <uapi/blk.h>

static long put_int(uptr arg, int v)
{
	return user_copyout((void __user *)arg, &v, sizeof(v));
}

static long put_long(uptr arg, long v)
{
	return user_copyout((void __user *)arg, &v, sizeof(v));
}

static long put_short(uptr arg, u16 v)
{
	return user_copyout((void __user *)arg, &v, sizeof(v));
}

/* Byte range of BLKDISCARD and BLKZEROOUT, in sectors. */
static int get_range(struct blkdev *b, uptr arg, u64 *sector, u64 *n)
{
	u64 v[2], end, grain = blkdev_block_size(b);

	if (user_copyin(v, (void __user *)arg, sizeof(v)))
		return -EFAULT;
	if ((v[0] | v[1]) & (grain - 1) || check_add(v[0], v[1], &end))
		return -EINVAL;
	if (end > blkdev_sectors(b) << SECTOR_SHIFT)
		return -EINVAL;
	*sector = v[0] >> SECTOR_SHIFT;
	*n = v[1] >> SECTOR_SHIFT;
	return 0;
}

static long change_range(struct blkdev *b, u32 mode, uptr arg, bool is_discard)
{
	u64 sector, n;
	int err;

	if (!(mode & BLKDEV_WRITE))
		return -EBADF;
	if (blkdev_is_readonly(b))
		return -EPERM;
	if (is_discard && !blkdev_can_discard(b))
		return -EOPNOTSUPP;
	err = get_range(b, arg, &sector, &n);
	if (err || !n)
		return err;
	err = bdev_forget(b, sector << SECTOR_SHIFT, (sector + n) << SECTOR_SHIFT);
	if (err)
		return err;
	return is_discard ? svc_storage_discard(b, sector, n) : svc_storage_zero(b, sector, n, IOREQ_NOUNMAP);
}

static long set_readonly(struct blkdev *b, uptr arg)
{
	struct blkdisk *d = b->disk;
	int on;

	if (!cap_has(CAP_SYS_ADMIN))
		return -EACCES;
	if (user_copyin(&on, (void __user *)arg, sizeof(on)))
		return -EFAULT;
	kmutex_lock(&d->lock);
	WRITE_ONCE(b->is_readonly, on != 0);
	kmutex_unlock(&d->lock);
	return 0;
}

static long set_ahead(struct blkdev *b, uptr arg)
{
	if (!cap_has(CAP_SYS_ADMIN))
		return -EACCES;
	WRITE_ONCE(b->ahead_sectors, (u32)arg);
	return 0;
}

static long flush_buffers(struct blkdev *b)
{
	if (!cap_has(CAP_SYS_ADMIN))
		return -EACCES;
	return blkdev_cache_drop(b);
}

/* The size that BLKBSZSET asks for is a hint that the page cache has no use for; it is checked. */
static long set_block_size(struct blkdev *b, u32 mode, uptr arg)
{
	int v;

	if (!cap_has(CAP_SYS_ADMIN))
		return -EACCES;
	if (!arg)
		return -EINVAL;
	if (user_copyin(&v, (void __user *)arg, sizeof(v)))
		return -EFAULT;
	if (v < (int)blkdev_block_size(b) || v > (int)PAGE_SIZE || (v & (v - 1)))
		return -EINVAL;
	b->soft_block = (u32)v;
	return 0;
}

static long geometry(struct blkdev *b, uptr arg)
{
	struct hd_geometry_u g = { .heads = 255, .sectors = 63, .start = b->start };

	g.cylinders = (u16)(b->disk->whole->nsectors / (255 * 63));
	return user_copyout((void __user *)arg, &g, sizeof(g));
}

static long reread(struct blkdev *b)
{
	if (!cap_has(CAP_SYS_ADMIN))
		return -EACCES;
	return b->partno ? -EINVAL : svc_storage_rescan(b->disk);
}

static long get_value(struct blkdev *b, u32 cmd, uptr arg)
{
	const struct blkdisk_limits *l = &b->disk->limits;
	u64 n = blkdev_sectors(b);

	switch (cmd) {
	case BLKROGET: return put_int(arg, blkdev_is_readonly(b));
	case BLKGETSIZE: return put_long(arg, (long)n);
	case BLKGETSIZE64: return put_long(arg, (long)(n << SECTOR_SHIFT));
	case BLKSSZGET: return put_int(arg, (int)l->block_size);
	case BLKPBSZGET: return put_int(arg, (int)l->physical_size);
	case BLKBSZGET: return put_int(arg, (int)bdev_soft_block(b));
	case BLKIOMIN: return put_int(arg, (int)max(l->min_io, l->physical_size));
	case BLKIOOPT: return put_int(arg, (int)l->opt_io);
	case BLKALIGNOFF: return put_int(arg, (int)((b->start << SECTOR_SHIFT) % l->physical_size));
	case BLKDISCARDZEROES: return put_int(arg, 0);
	case BLKSECTGET: return put_short(arg, (u16)min(l->max_sectors, 65535u));
	case BLKROTATIONAL: return put_short(arg, l->is_rotational);
	case BLKRAGET:
	case BLKFRAGET: return put_long(arg, (long)b->ahead_sectors);
	default: return -ENOTTY;
	}
}

long bdev_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct blkdev *b = f->of_priv;
	u32 mode = bdev_file_mode(f);
	long r;

	switch (cmd) {
	case BLKROSET: return set_readonly(b, arg);
	case BLKRRPART: return reread(b);
	case BLKPG: return blkpg_ioctl(b, arg);
	case BLKFLSBUF: return flush_buffers(b);
	case BLKRASET:
	case BLKFRASET: return set_ahead(b, arg);
	case BLKBSZSET: return set_block_size(b, mode, arg);
	case BLKDISCARD: return change_range(b, mode, arg, true);
	case BLKZEROOUT: return change_range(b, mode, arg, false);
	case BLKSECDISCARD: return -EOPNOTSUPP;
	case HDIO_GETGEO: return geometry(b, arg);
	}
	r = get_value(b, cmd, arg);
	return r == -ENOTTY ? b->disk->ops->ioctl(b->disk, b, mode, cmd, arg) : r;
}
