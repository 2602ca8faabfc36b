// SPDX-License-Identifier: GPL-2.0-only
/* sync(2) family, posix_fadvise(2), readahead(2), ustat(2). */
#include "vfs_impl.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/syscalls.h>

long sys_sync(void)
{
	filesys_sync_all();
	return 0;
}

long sys_syncfs(int fd)
{
	struct fdref r = fd_borrow(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = svc_vfs_sync(r.file->of_vnode->vn_fs);
	fd_return(r);
	return err;
}

static long do_fsync(int fd, bool datasync)
{
	struct fdref r = fd_borrow(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = r.file->of_ops->fsync(r.file, 0, S64_MAX, datasync);
	fd_return(r);
	return err;
}

long sys_fsync(int fd)
{
	return do_fsync(fd, false);
}

long sys_fdatasync(int fd)
{
	return do_fsync(fd, true);
}

long sys_sync_file_range(int fd, loff_t off, loff_t len, u32 flags)
{
	struct fdref r;
	mode_t mode;
	int err = 0;

	if (flags & ~(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER))
		return -EINVAL;
	if (off < 0 || len < 0 || off + len < off)
		return -EINVAL;
	r = fd_borrow(fd);
	if (!r.file)
		return -EBADF;
	mode = r.file->of_vnode->vn_mode;
	if (!S_ISREG(mode) && !S_ISBLK(mode) && !S_ISDIR(mode) && !S_ISLNK(mode))
		err = -ESPIPE;
	else if (flags && !(r.file->of_vnode->vn_pc->flags & PAGECACHE_NOWRITEBACK))
		err = pagecache_flush(r.file->of_vnode->vn_pc, off, len ? off + len : S64_MAX,
				      flags & (SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER));
	fd_return(r);
	return err;
}

/* Advice is taken where it means something to the page cache. */
static int advise(struct ofile *f, loff_t off, loff_t len, int advice)
{
	struct pagecache *pc = f->of_vnode->vn_pc;
	loff_t end = len && len < S64_MAX - off ? off + len : S64_MAX;
	u64 first = (u64)off >> PAGE_SHIFT, last;

	if (S_ISFIFO(f->of_vnode->vn_mode))
		return -ESPIPE;
	if (len < 0)
		return -EINVAL;
	switch (advice) {
	case POSIX_FADV_NORMAL: case POSIX_FADV_RANDOM: case POSIX_FADV_SEQUENTIAL: case POSIX_FADV_NOREUSE:
		return 0;
	case POSIX_FADV_WILLNEED:
		end = min_t(loff_t, end, vnode_size(f->of_vnode));
		if (end > off && pc->ops->read_ahead) {
			last = (u64)(end - 1) >> PAGE_SHIFT;
			rwsem_read_lock(&pc->inval);
			pc->ops->read_ahead(pc, first, (u32)min_t(u64, last - first + 1, 512));
			rwsem_read_unlock(&pc->inval);
		}
		return 0;
	case POSIX_FADV_DONTNEED:
		if (pc->flags & PAGECACHE_NOWRITEBACK)
			return 0;	/* memory is the only copy */
		(void)pagecache_flush(pc, off, end, false);
		/* Whole pages only: a page that is used in part stays. */
		first = DIV_ROUND_UP((u64)off, PAGE_SIZE);
		last = end == S64_MAX ? U64_MAX : (u64)end >> PAGE_SHIFT;
		if (last > first)
			(void)pagecache_drop_clean(pc, first, last == U64_MAX ? last : last - 1);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_fadvise64(int fd, loff_t off, loff_t len, int advice)
{
	struct fdref r = fd_borrow(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = off < 0 ? -EINVAL : advise(r.file, off, len, advice);
	fd_return(r);
	return err;
}

long sys_readahead(int fd, loff_t off, size_t len)
{
	struct fdref r = fd_borrow(fd);
	int err;

	if (!r.file || !(r.file->of_mode & OFILE_READ)) {
		if (r.file)
			fd_return(r);
		return -EBADF;
	}
	if (!S_ISREG(r.file->of_vnode->vn_mode) && !S_ISBLK(r.file->of_vnode->vn_mode))
		err = -EINVAL;
	else
		err = off < 0 ? -EINVAL : advise(r.file, off, (loff_t)min_t(size_t, len, S64_MAX),
						 POSIX_FADV_WILLNEED);
	fd_return(r);
	return err;
}

long sys_ustat(u32 dev, struct ustat __user *out)
{
	u64 id = DEV_MAKE((dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00));
	struct statfs_info i = { 0 };
	struct filesys *fs = filesys_by_dev(id);
	struct ustat u = { 0 };
	int err;

	if (!fs)
		return -EINVAL;
	err = fs->ops->statfs(fs, &i);
	filesys_put(fs);
	if (err)
		return err;
	u.f_tfree = (s32)i.bfree;
	u.f_tinode = i.ffree;
	return user_copyout(out, &u, sizeof(u));
}
