// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native files as modules see them: a struct file with its inode and path, whose bytes are read and written
 * through the module's own pages (loop's backing file, zram's backing device, descriptors of programs).
 *
 * Life: fget() and filp_open() make a view, which holds the native file; fput() of the last reference frees
 * both as the calling thread returns to its program, so that it may be called under locks of disks and file
 * systems. Each call makes a view of its own: a file has as many as there are users.
 *
 * Sizes: modules read i_size inline. It is what the file had when the view was made or when a module's ioctl
 * was last called, whichever was later.
 *
 * Lock order: views_lock protects the list of views and is taken with none held but modules' own.
 * Limits: pages in bio_vecs alone; no direct I/O; one super block stands for all file systems.
 */
#include "file_impl.h"

#include "../runtime.h"

#include <generated/svc_vfs.h>
#include <asm/percpu.h>
#include <tern/base/err.h>
#include <tern/drivers/blkdev.h>
#include <tern/fs/filesys.h>
#include <tern/fs/path.h>
#include <tern/fs/vnode.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/thread.h>
#include <tern/mm/slab.h>
#include <uapi/stat.h>

#define PIECES		16u		/* handed to the native file at a time */
#define FMODE_READ	1u
#define FMODE_WRITE	2u

struct native_view {
	struct file_view v;
	struct lx_dentry dentry;
	struct lx_vfsmount mnt;
	struct lx_block_device *disk;	/* I NULL: the file is no disk's */
	struct list link;		/* views_lock */
};

static LIST_HEAD(views);
static struct kmutex views_lock = KMUTEX_INIT(views_lock, LOCKRANK_VFS_MISC);

/* Writers count themselves inline, up and down again; a native freeze stops them in the native file. */
static DEFINE_PERCPU(u32, writers_cell);
static struct lx_super_block super = {
	.s_writers.rw_sem[0].read_count = (unsigned int *)&writers_cell,
};

static struct native_view *native_of(struct file_view *v) { return container_of(v, struct native_view, v); }
static struct native_view *native_at(const struct lx_path *p)
{
	return container_of(p->dentry, struct native_view, dentry);
}

bool lx_view_is_native(const struct file_view *v) { return v->inode.i_sb == &super; }

/* ---- bytes ---- */

static u32 pieces_of(const struct lx_iov_iter *it, struct uio_pageseg *segs)
{
	const struct lx_bio_vec *v = it->bvec;
	size_t off = it->iov_offset, left = it->count;
	u32 n = 0;

	while (left && n < PIECES) {
		size_t at, len;

		if (off >= v->bv_len) {
			off -= v->bv_len;
			v++;
			continue;
		}
		at = v->bv_offset + off;
		len = min(min(v->bv_len - off, left), PAGE_SIZE - (at & ~PAGE_MASK));
		segs[n++] = (struct uio_pageseg){ (struct page *)v->bv_page + (at >> PAGE_SHIFT),
						  (u32)(at & ~PAGE_MASK), (u32)len };
		off += len;
		left -= len;
	}
	return n;
}

static void advance(struct lx_iov_iter *it, size_t n)
{
	it->count -= n;
	for (n += it->iov_offset; it->nr_segs && n >= it->bvec->bv_len; it->nr_segs--)
		n -= (it->bvec++)->bv_len;
	it->iov_offset = n;
}

/* All of it, unless the file ends or fails: then what was moved before, or the error. */
static long transfer(struct lx_kiocb *io, struct lx_iov_iter *it, bool is_write)
{
	struct ofile *f = lx_file_native(io->ki_filp);
	struct uio_pageseg segs[PIECES];
	loff_t pos = io->ki_pos;
	ssize_t got = 0, done = 0;
	struct uio u;

	if (it->iter_type != LX_ITER_BVEC || io->ki_flags)
		return -EOPNOTSUPP;
	while (it->count) {
		uio_init_pages(&u, segs, pieces_of(it, segs));
		got = is_write ? f->of_ops->write(f, &u, &pos) : f->of_ops->read(f, &u, &pos);
		if (got <= 0)
			break;
		advance(it, (size_t)got);
		done += got;
	}
	io->ki_pos = pos;
	return done ? done : got;
}

static long native_read(struct lx_kiocb *io, struct lx_iov_iter *it) { return transfer(io, it, false); }
static long native_write(struct lx_kiocb *io, struct lx_iov_iter *it) { return transfer(io, it, true); }

static int native_fsync(struct lx_file *file, long long start, long long end, int datasync)
{
	struct ofile *f = lx_file_native(file);

	return f->of_ops->fsync(f, start, end, datasync != 0);
}

static long native_fallocate(struct lx_file *file, int mode, long long off, long long len)
{
	struct ofile *f = lx_file_native(file);

	return f->of_ops->fallocate(f, mode, off, len);
}

static const struct lx_file_operations native_ops = {
	.read_iter = native_read, .write_iter = native_write, .fsync = native_fsync, .fallocate = native_fallocate,
};

/* Of files whose blocks do not come and go, which modules tell by the missing function. */
static const struct lx_file_operations fixed_ops = {
	.read_iter = native_read, .write_iter = native_write, .fsync = native_fsync,
};

/* ---- views ---- */

static struct blkdev *device_of(const struct ofile *f)
{
	return IS_ENABLED(CONFIG_BLOCK) ? blkdev_of_file(f) : NULL;
}

static loff_t size_of(const struct ofile *f)
{
	struct blkdev *b = device_of(f);

	return b ? (loff_t)(blkdev_sectors(b) << SECTOR_SHIFT) : vnode_size(f->of_vnode);
}

void lx_native_sizes_update(void)
{
	struct native_view *n;

	kmutex_lock(&views_lock);
	list_foreach(n, &views, link)
		WRITE_ONCE(n->v.inode.i_size, size_of(n->v.native));
	kmutex_unlock(&views_lock);
}

static u32 devt_of(u64 number) { return (u32)DEV_MAJOR(number) << 20 | (u32)DEV_MINOR(number); }

static void fill(struct native_view *n, struct ofile *f)
{
	struct lx_inode *inode = &n->v.inode;

	inode->i_sb = n->dentry.d_sb = n->mnt.mnt_sb = &super;
	inode->i_mode = (unsigned short)f->of_vnode->vn_mode;
	inode->i_ino = f->of_vnode->vn_ino;
	inode->i_rdev = devt_of(f->of_vnode->vn_rdev);
	inode->i_size = size_of(f);
	n->dentry.d_inode = inode;
	n->v.file.f_path.dentry = &n->dentry;
	n->v.file.f_path.mnt = &n->mnt;
}

struct file_view *lx_native_view(struct ofile *f)
{
	bool is_fixed = f->of_ops->fallocate == fop_no_fallocate;
	struct blkdev *b = device_of(f);
	struct native_view *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return ERR_PTR(-ENOMEM);
	lx_view_init(&n->v, f, is_fixed ? &fixed_ops : &native_ops);
	fill(n, f);
	n->disk = b ? lx_bdev_hold(b) : NULL;
	if (IS_ERR(n->disk)) {
		int err = (int)PTR_ERR(n->disk);

		kmem_free(n);
		return ERR_PTR(err);
	}
	kmutex_lock(&views_lock);
	list_add(&n->link, &views);
	kmutex_unlock(&views_lock);
	return &n->v;
}

void lx_native_view_end(struct file_view *v)
{
	struct native_view *n = native_of(v);

	kmutex_lock(&views_lock);
	list_del(&n->link);
	kmutex_unlock(&views_lock);
	if (n->disk)
		lx_bdev_drop(n->disk);
	ofile_put(n->v.native);
	kmem_free(n);
}

struct lx_block_device *lx_I_BDEV(struct lx_inode *inode)
{
	return native_of(container_of(inode, struct file_view, inode))->disk;
}
LX_EXPORT(I_BDEV);

/* ---- by path: that of a view ---- */

void lx_path_get(const struct lx_path *p)
{
	__atomic_add_fetch(&native_at(p)->v.file.f_count.counter, 1, __ATOMIC_SEQ_CST);
}
LX_EXPORT(path_get);
void lx_path_put(const struct lx_path *p) { lx_fput(&native_at(p)->v.file); }
LX_EXPORT(path_put);

static struct lx_timespec64 time_of(s64 ns)
{
	s64 sec = ns / (s64)NSEC_PER_SEC - (ns % (s64)NSEC_PER_SEC < 0);

	return (struct lx_timespec64){ .tv_sec = sec, .tv_nsec = ns - sec * (s64)NSEC_PER_SEC };
}

int lx_vfs_getattr(const struct lx_path *p, struct lx_kstat *out, unsigned int wanted, unsigned int flags)
{
	struct vattr va = { 0 };
	int err = svc_vfs_stat(&native_at(p)->v.native->of_path, wanted, &va);

	if (err)
		return err;
	*out = (struct lx_kstat){
		.result_mask = va.mask, .mode = (unsigned short)va.mode, .nlink = va.nlink, .blksize = va.blksize,
		.attributes = va.attributes, .attributes_mask = va.attributes_mask, .ino = va.ino,
		.dev = devt_of(va.dev), .rdev = devt_of(va.rdev), .uid.val = va.uid, .gid.val = va.gid,
		.size = (long long)va.size, .atime = time_of(va.atime), .mtime = time_of(va.mtime),
		.ctime = time_of(va.ctime), .btime = time_of(va.btime), .blocks = va.blocks, .mnt_id = va.mnt_id,
	};
	return 0;
}
LX_EXPORT(vfs_getattr);

int lx_vfs_statfs(const struct lx_path *p, struct lx_kstatfs *out)
{
	struct filesys *fs = native_at(p)->v.native->of_path.nc->nc_fs;
	struct statfs_info i = { 0 };
	int err = fs->ops->statfs(fs, &i);

	if (err)
		return err;
	*out = (struct lx_kstatfs){
		.f_type = (long)i.type, .f_bsize = (long)i.bsize, .f_blocks = i.blocks, .f_bfree = i.bfree,
		.f_bavail = i.bavail, .f_files = i.files, .f_ffree = i.ffree, .f_namelen = (long)i.namelen,
		.f_fsid.val = { (int)i.fsid[0], (int)i.fsid[1] },
		.f_frsize = (long)(i.frsize ? i.frsize : i.bsize),
	};
	return 0;
}
LX_EXPORT(vfs_statfs);

/* ---- any file ---- */

void lx_iov_iter_bvec(struct lx_iov_iter *it, unsigned int is_source, const struct lx_bio_vec *vecs, unsigned long n,
		      unsigned long bytes)
{
	*it = (struct lx_iov_iter){ .iter_type = LX_ITER_BVEC, .data_source = is_source != 0, .bvec = vecs,
				    .nr_segs = n, .count = bytes };
}
LX_EXPORT(iov_iter_bvec);

static long iterate(struct lx_file *file, struct lx_iov_iter *it, long long *pos, bool is_write, int flags)
{
	long (*fn)(struct lx_kiocb *, struct lx_iov_iter *) = is_write ? file->f_op->write_iter :
		file->f_op->read_iter;
	struct lx_kiocb io = { .ki_filp = file, .ki_pos = *pos };
	long n;

	if (!(file->f_mode & (is_write ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	if (!fn)
		return -EINVAL;
	if (flags)
		return -EOPNOTSUPP;
	n = it->count ? fn(&io, it) : 0;
	if (n > 0)
		*pos = io.ki_pos;
	return n;
}

long lx_vfs_iter_read(struct lx_file *file, struct lx_iov_iter *it, long long *pos, int flags)
{
	return iterate(file, it, pos, false, flags);
}
LX_EXPORT(vfs_iter_read);
long lx_vfs_iter_write(struct lx_file *file, struct lx_iov_iter *it, long long *pos, int flags)
{
	return iterate(file, it, pos, true, flags);
}
LX_EXPORT(vfs_iter_write);

int lx_vfs_fsync(struct lx_file *file, int datasync)
{
	return file->f_op->fsync ? file->f_op->fsync(file, 0, S64_MAX, datasync) : -EINVAL;
}
LX_EXPORT(vfs_fsync);
