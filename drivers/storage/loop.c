// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loop devices: a file as a disk.
 *
 * Each command becomes work for a pool thread, which reads or writes the file through its
 * operations with the command's own pages; a flush is an fsync of the file, a discard a
 * punched hole. The device has a volatile cache: the file's page cache.
 *
 * Life: LOOP_CTL_ADD or GET_FREE makes an unbound device of size 0; SET_FD or CONFIGURE binds a file;
 * CLR_FD unbinds at once if nobody else has it open, else at the last close (AUTOCLEAR).
 *
 * Lock order: loop_table_lock > the disk's lock. Workers take neither: the file changes only while
 * the disk is stopped.
 */
#include "loop_impl.h"

#include <generated/svc_storage.h>
#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/drivers/devnode.h>
#include <tern/fs/vnode.h>
#include <tern/kernel/cred.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#define LOOP_MAJOR	7
#define LOOP_DEPTH	32u
#define LOOP_SEGS	32u
#define FALLOC_PUNCH	0x3	/* KEEP_SIZE | PUNCH_HOLE */
#define FALLOC_ZERO	0x11	/* KEEP_SIZE | ZERO_RANGE */

struct loop_cmd {
	struct workitem work;
	struct blkcmd *cmd;
	struct uio_pageseg segs[LOOP_SEGS];
};

static LIST_HEAD(loops);
struct kmutex loop_table_lock = KMUTEX_INIT(loop_table_lock, LOCKRANK_BLKCTL);

/* ---- commands ---- */

static int transfer(struct loop *lo, struct blkcmd *c, struct loop_cmd *lc)
{
	loff_t pos = (loff_t)(lo->offset + (c->sector << SECTOR_SHIFT));
	struct ofile *f = lo->file;
	struct blkcmd_iter it;
	struct blkseg s;
	struct uio u;
	u32 n = 0;

	blkcmd_iter_init(&it, c);
	while (n < LOOP_SEGS && blkcmd_next_seg(&it, &s)) {
		lc->segs[n++] = (struct uio_pageseg){ phys_to_page(s.addr), s.addr & ~PAGE_MASK, s.len };
	}
	uio_init_pages(&u, lc->segs, n);
	while (u.resid) {
		ssize_t got = c->op == IOREQ_WRITE ? f->of_ops->write(f, &u, &pos)
						   : f->of_ops->read(f, &u, &pos);

		if (got < 0)
			return (int)got;
		if (!got && c->op == IOREQ_WRITE)
			return -EIO;
		if (!got)	/* a file that became shorter reads as zeroes there */
			(void)uio_put_zero(&u, u.resid);
	}
	return 0;
}

static int change(struct loop *lo, struct blkcmd *c, int mode)
{
	struct ofile *f = lo->file;
	int err = f->of_ops->fallocate(f, mode, (loff_t)(lo->offset + (c->sector << SECTOR_SHIFT)),
				       (loff_t)(c->nsectors << SECTOR_SHIFT));

	return err == -EINVAL ? -EOPNOTSUPP : err;
}

static void loop_work(struct workitem *w)
{
	struct loop_cmd *lc = container_of(w, struct loop_cmd, work);
	struct blkcmd *c = lc->cmd;
	struct loop *lo = blkdisk_priv(blkhwq_disk(c->hwq));
	int err;

	switch (c->op) {
	case IOREQ_FLUSH:
		err = lo->file->of_ops->fsync(lo->file, 0, S64_MAX, false);
		err = err == -EINVAL ? 0 : err;
		break;
	case IOREQ_DISCARD:
		err = change(lo, c, FALLOC_PUNCH);
		break;
	case IOREQ_WRITE_ZEROES:
		err = change(lo, c, c->flags & IOREQ_NOUNMAP ? FALLOC_ZERO : FALLOC_PUNCH);
		break;
	default:
		err = transfer(lo, c, lc);
		break;
	}
	blkcmd_done(c, err == -EAGAIN ? -EIO : err);
}

static int loop_start(struct blkhwq *q, struct blkcmd *c)
{
	struct loop_cmd *lc = c->pdu;

	lc->cmd = c;
	workitem_init(&lc->work, loop_work);
	workpool_queue(workpool_long, &lc->work);
	return 0;
}

/* ---- binding ---- */

static u64 sectors_of(const struct loop *lo)
{
	struct vnode *vn = lo->file->of_vnode;
	struct blkdev *b = blkdev_of_file(lo->file);
	u64 size = b ? blkdev_sectors(b) << SECTOR_SHIFT : (u64)vnode_size(vn);

	if (lo->offset >= size)
		return 0;
	size -= lo->offset;
	if (lo->size_limit)
		size = min(size, lo->size_limit);
	return size >> SECTOR_SHIFT;
}

/* A file that is, by a chain of loop devices, this device itself. */
static bool is_circular(const struct loop *lo, const struct ofile *f)
{
	struct blkdev *b = blkdev_of_file(f);

	for (u32 i = 0; b && i < 32; i++) {
		const struct loop *other;

		if (DEV_MAJOR(blkdev_number(b)) != LOOP_MAJOR)
			return false;
		other = blkdisk_priv(blkdev_disk(b));
		if (other == lo)
			return true;
		b = other->file ? blkdev_of_file(other->file) : NULL;
	}
	return b != NULL;
}

static int check_file(const struct loop *lo, const struct ofile *f)
{
	mode_t mode = f->of_vnode->vn_mode;

	if (!(f->of_mode & OFILE_READ))
		return -EBADF;
	if (!S_ISREG(mode) && !S_ISBLK(mode))
		return -EINVAL;
	return is_circular(lo, f) ? -EBADF : 0;
}

/* Take settings over that may change while bound. */
static int take_info(struct loop *lo, const struct loop_info64 *in)
{
	if (in->lo_encrypt_type || in->lo_encrypt_key_size)
		return -EINVAL;
	if (in->lo_offset > S64_MAX || in->lo_sizelimit > S64_MAX)
		return -EOVERFLOW;
	lo->offset = in->lo_offset;
	lo->size_limit = in->lo_sizelimit;
	memcpy(lo->info.lo_file_name, in->lo_file_name, sizeof(lo->info.lo_file_name));
	lo->info.lo_file_name[sizeof(lo->info.lo_file_name) - 1] = 0;
	return 0;
}

static int set_block_size(struct loop *lo, u32 size)
{
	if (size < SECTOR_SIZE || size > PAGE_SIZE || !is_pow2(size))
		return -EINVAL;
	blkdisk_limits_of(lo->disk)->block_size = size;
	blkdisk_limits_of(lo->disk)->physical_size = size;
	return 0;
}

/* Disk's lock held; consumes @f's reference if it succeeds. */
static int bind_locked(struct loop *lo, struct ofile *f, u32 mode, const struct loop_config *cfg)
{
	u32 flags = cfg->info.lo_flags & (LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN);
	int err = lo->file ? -EBUSY : check_file(lo, f);

	if (!err)
		err = set_block_size(lo, cfg->block_size ? cfg->block_size : SECTOR_SIZE);
	if (!err)
		err = take_info(lo, &cfg->info);
	if (err)
		return err;
	if (!(f->of_mode & OFILE_WRITE) || !(mode & BLKDEV_WRITE))
		flags |= LO_FLAGS_READ_ONLY;
	lo->info.lo_flags = flags;
	blkdisk_stop(lo->disk);
	lo->file = f;
	blkdisk_go(lo->disk);
	blkdisk_set_readonly_locked(lo->disk, flags & LO_FLAGS_READ_ONLY);
	blkdisk_set_partitions_locked(lo->disk, flags & LO_FLAGS_PARTSCAN);
	blkdisk_set_size_locked(lo->disk, sectors_of(lo));
	return 0;
}

static long loop_bind(struct loop *lo, int fd, u32 mode, const struct loop_config *cfg)
{
	struct ofile *f = fd_get(fd);
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	blkdisk_lock(lo->disk);
	err = bind_locked(lo, f, mode, cfg);
	blkdisk_unlock(lo->disk);
	if (err)
		ofile_put(f);
	else if (lo->info.lo_flags & LO_FLAGS_PARTSCAN)
		(void)svc_storage_rescan(lo->disk);
	return err;
}

/* Disk's lock held: the file leaves; the caller puts it. */
static struct ofile *unbind_locked(struct loop *lo)
{
	struct ofile *f = lo->file;

	(void)blkdev_cache_drop_locked(blkdisk_dev(lo->disk));
	blkdisk_clear_locked(lo->disk);
	blkdisk_stop(lo->disk);
	lo->file = NULL;
	blkdisk_go(lo->disk);
	lo->offset = 0;
	lo->size_limit = 0;
	memset(&lo->info, 0, sizeof(lo->info));
	(void)set_block_size(lo, SECTOR_SIZE);
	blkdisk_set_readonly_locked(lo->disk, false);
	return f;
}

static long loop_clear(struct loop *lo)
{
	struct ofile *f = NULL;
	int err = 0;

	blkdisk_lock(lo->disk);
	if (!lo->file)
		err = -ENXIO;
	else if (blkdisk_openers(lo->disk) > 1)
		lo->info.lo_flags |= LO_FLAGS_AUTOCLEAR;
	else
		f = unbind_locked(lo);
	blkdisk_unlock(lo->disk);
	if (f)
		ofile_put(f);
	return err;
}

/* The last close, with the disk's lock held. */
static void loop_close(struct blkdisk *d)
{
	struct loop *lo = blkdisk_priv(d);

	if (lo->file && (lo->info.lo_flags & LO_FLAGS_AUTOCLEAR))
		ofile_put(unbind_locked(lo));
}

/* ---- status ---- */

static int get_status(struct loop *lo, struct loop_info64 *out)
{
	int err = -ENXIO;

	blkdisk_lock(lo->disk);
	if (lo->file) {
		const struct vnode *vn = lo->file->of_vnode;

		*out = lo->info;
		out->lo_number = lo->number;
		out->lo_device = vn->vn_fs->dev;
		out->lo_inode = vn->vn_ino;
		out->lo_rdevice = vn->vn_rdev;
		out->lo_offset = lo->offset;
		out->lo_sizelimit = lo->size_limit;
		err = 0;
	}
	blkdisk_unlock(lo->disk);
	return err;
}

static long set_status(struct loop *lo, const struct loop_info64 *in)
{
	const u32 settable = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN;
	bool scan = false;
	int err = -ENXIO;

	blkdisk_lock(lo->disk);
	if (lo->file) {
		(void)blkdev_cache_drop_locked(blkdisk_dev(lo->disk));
		blkdisk_stop(lo->disk);
		err = take_info(lo, in);
		blkdisk_go(lo->disk);
	}
	if (!err) {
		scan = (in->lo_flags & LO_FLAGS_PARTSCAN) && !(lo->info.lo_flags & LO_FLAGS_PARTSCAN);
		/* PARTSCAN can be set, not cleared. */
		lo->info.lo_flags = (lo->info.lo_flags & ~LO_FLAGS_AUTOCLEAR) | (in->lo_flags & settable);
		blkdisk_set_size_locked(lo->disk, sectors_of(lo));
		blkdisk_set_partitions_locked(lo->disk, lo->info.lo_flags & LO_FLAGS_PARTSCAN);
	}
	blkdisk_unlock(lo->disk);
	if (scan)
		(void)svc_storage_rescan(lo->disk);
	return err;
}

static long take_capacity(struct loop *lo)
{
	int err = -ENXIO;

	blkdisk_lock(lo->disk);
	if (lo->file) {
		blkdisk_set_size_locked(lo->disk, sectors_of(lo));
		err = 0;
	}
	blkdisk_unlock(lo->disk);
	return err;
}

static long change_block_size(struct loop *lo, uptr arg)
{
	long err = -ENXIO;

	blkdisk_lock(lo->disk);
	if (lo->file) {
		err = blkdev_cache_drop_locked(blkdisk_dev(lo->disk));
		blkdisk_stop(lo->disk);
		if (!err)
			err = arg > PAGE_SIZE ? -EINVAL : set_block_size(lo, (u32)arg);
		blkdisk_go(lo->disk);
	}
	blkdisk_unlock(lo->disk);
	return err;
}

static long status64(struct loop *lo, u32 cmd, uptr arg)
{
	struct loop_info64 info;
	int err;

	if (cmd == LOOP_GET_STATUS64) {
		err = get_status(lo, &info);
		return err ? err : user_copyout((void __user *)arg, &info, sizeof(info));
	}
	if (user_copyin(&info, (void __user *)arg, sizeof(info)))
		return -EFAULT;
	return set_status(lo, &info);
}

static long configure(struct loop *lo, u32 mode, uptr arg)
{
	const u32 known = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN | LO_FLAGS_DIRECT_IO;
	struct loop_config cfg;

	if (user_copyin(&cfg, (void __user *)arg, sizeof(cfg)))
		return -EFAULT;
	if (cfg.info.lo_flags & ~known)
		return -EINVAL;
	return loop_bind(lo, (int)cfg.fd, mode, &cfg);
}

static long loop_ioctl(struct blkdisk *d, struct blkdev *b, u32 mode, u32 cmd, uptr arg)
{
	static const struct loop_config plain;
	struct loop *lo = blkdisk_priv(d);
	bool may_change = (mode & BLKDEV_WRITE) || cap_has(CAP_SYS_ADMIN);

	switch (cmd) {
	case LOOP_SET_FD:
		return loop_bind(lo, (int)arg, mode, &plain);
	case LOOP_CONFIGURE:
		return configure(lo, mode, arg);
	case LOOP_CLR_FD:
		return loop_clear(lo);
	case LOOP_GET_STATUS64:
		return status64(lo, cmd, arg);
	case LOOP_SET_STATUS64:
		return may_change ? status64(lo, cmd, arg) : -EPERM;
	case LOOP_SET_CAPACITY:
		return may_change ? take_capacity(lo) : -EPERM;
	case LOOP_SET_BLOCK_SIZE:
		return may_change ? change_block_size(lo, arg) : -EPERM;
	case LOOP_SET_DIRECT_IO:
		return arg ? -EINVAL : 0;	/* the file's page cache is always used */
	default:
		return -EINVAL;		/* Linux's answer here */
	}
}

static void loop_release(struct blkdisk *d)
{
	struct loop *lo = blkdisk_priv(d);

	blkdisk_free(d);
	kmem_free(lo);
}

static const struct blkdisk_ops loop_ops = {
	.start = loop_start, .kick = blkop_default_kick, .poll = blkop_default_poll,
	.direct = blkop_no_direct, .reset = blkop_no_reset, .open = blkop_default_open,
	.close = loop_close, .ioctl = loop_ioctl, .serial = blkop_no_serial, .release = loop_release,
};

/* ---- the table ---- */

struct loop *loop_find(u32 number)
{
	struct loop *lo;

	list_foreach(lo, &loops, link)
		if (lo->number == number)
			return lo;
	return NULL;
}

struct loop *loop_first_free(void)
{
	struct loop *lo, *best = NULL;

	list_foreach(lo, &loops, link)
		if (!READ_ONCE(lo->file) && (!best || lo->number < best->number))
			best = lo;
	return best;
}

struct loop *loop_make(int number)
{
	static const struct blkdisk_limits limits = {
		.block_size = SECTOR_SIZE, .max_sectors = LOOP_SEGS * (PAGE_SIZE >> SECTOR_SHIFT),
		.max_segs = LOOP_SEGS, .max_seg_bytes = 1u << 20, .max_discard = U32_MAX, .max_zeroes = U32_MAX,
		.discard_grain = PAGE_SIZE, .has_cache = true, .zeroes_may_unmap = true, .nr_hwq = 1,
		.depth = LOOP_DEPTH, .pdu_bytes = sizeof(struct loop_cmd),
	};
	struct loop *lo = kmem_zalloc(sizeof(*lo), ALLOC_KERNEL);
	char name[16];
	int err;

	if (!lo)
		return ERR_PTR(-ENOMEM);
	lo->number = number < 0 ? 0 : (u32)number;
	while (number < 0 && loop_find(lo->number))
		lo->number++;
	fmt_print(name, sizeof(name), "loop%u", lo->number);
	lo->disk = blkdisk_create(name, LOOP_MAJOR, lo->number, 1, &limits, &loop_ops, lo);
	if (IS_ERR(lo->disk)) {
		err = (int)PTR_ERR(lo->disk);
		kmem_free(lo);
		return ERR_PTR(err);
	}
	blkdisk_set_partitions(lo->disk, false);
	err = svc_storage_add(lo->disk, 0, false, NULL);
	if (err) {
		loop_release(lo->disk);
		return ERR_PTR(err);
	}
	list_add_tail(&lo->link, &loops);
	return lo;
}

int loop_drop(struct loop *lo)
{
	bool busy;

	blkdisk_lock(lo->disk);
	busy = lo->file || blkdisk_openers(lo->disk);
	blkdisk_unlock(lo->disk);
	if (busy)
		return -EBUSY;
	list_del(&lo->link);
	svc_storage_remove(lo->disk);
	return 0;
}

static int loop_init(void)
{
	int major = driver_is_skipped("loop") ? 0 : blk_major_register(LOOP_MAJOR, "loop");

	return major < 0 ? major : 0;
}
INITCALL(DEVICE, loop_init);
