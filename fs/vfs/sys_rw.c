// SPDX-License-Identifier: GPL-2.0-only
/* read(2), write(2) and their vector and positioned forms; lseek(2). */
#include "vfs_impl.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/syscalls.h>

/* The position of a file that others may be moving too is locked for the call. */
static bool pos_lock(struct ofile *f)
{
	if (likely(!(f->of_mode & OFILE_ATOMIC_POS) || ref_read(&f->of_obj.refs) == 1))
		return false;
	kmutex_lock(&f->of_pos_lock);
	return true;
}

static ssize_t transfer(struct ofile *f, struct uio *u, loff_t *pos, bool is_write)
{
	if (unlikely(!(f->of_mode & (is_write ? OFILE_WRITE : OFILE_READ))))
		return -EBADF;
	if (unlikely(u->resid > RW_MAX))
		uio_truncate(u, RW_MAX);
	if (!(f->of_mode & OFILE_STREAM) && unlikely(!pos_is_valid(*pos, u->resid)))
		return *pos < 0 ? -EINVAL : -EOVERFLOW;
	return is_write ? svc_vfs_write(f, u, pos) : svc_vfs_read(f, u, pos);
}

static ssize_t at_file_pos(struct ofile *f, struct uio *u, bool is_write)
{
	bool locked = pos_lock(f);
	ssize_t n = transfer(f, u, &f->of_pos, is_write);

	if (locked)
		kmutex_unlock(&f->of_pos_lock);
	return n;
}

static long rw(int fd, void __user *buf, size_t len, bool is_write)
{
	struct fdref r = fd_borrow(fd);
	struct uio u;
	ssize_t n;

	if (unlikely(!r.file))
		return -EBADF;
	n = uio_init_user(&u, buf, len);
	if (likely(!n))
		n = at_file_pos(r.file, &u, is_write);
	fd_return(r);
	return n;
}

long sys_read(int fd, void __user *buf, size_t len)
{
	return rw(fd, buf, len, false);
}

long sys_write(int fd, const void __user *buf, size_t len)
{
	return rw(fd, (void __user *)buf, len, true);
}

static ssize_t at_given_pos(struct ofile *f, struct uio *u, loff_t pos, bool is_write)
{
	if (!(f->of_mode & OFILE_SEEK))
		return -ESPIPE;
	return transfer(f, u, &pos, is_write);
}

static long prw(int fd, void __user *buf, size_t len, loff_t pos, bool is_write)
{
	struct fdref r;
	struct uio u;
	ssize_t n;

	if (pos < 0)
		return -EINVAL;
	r = fd_borrow(fd);
	if (!r.file)
		return -EBADF;
	n = uio_init_user(&u, buf, len);
	if (!n)
		n = at_given_pos(r.file, &u, pos, is_write);
	fd_return(r);
	return n;
}

long sys_pread64(int fd, void __user *buf, size_t len, loff_t pos)
{
	return prw(fd, buf, len, pos, false);
}

long sys_pwrite64(int fd, const void __user *buf, size_t len, loff_t pos)
{
	return prw(fd, (void __user *)buf, len, pos, true);
}

/* ---- vectors ---- */

#define RWF_KNOWN (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND)

static int check_rwf(const struct ofile *f, u32 flags)
{
	if (flags & ~RWF_KNOWN)
		return -EOPNOTSUPP;
	return (flags & RWF_NOWAIT) && !(f->of_mode & OFILE_NOWAIT) ? -EOPNOTSUPP : 0;
}

/* What RWF_SYNC and RWF_DSYNC ask for after a write that ended at @end. */
static ssize_t sync_part(struct ofile *f, loff_t end, ssize_t n, u32 flags)
{
	int err;

	if (n <= 0 || !(flags & (RWF_SYNC | RWF_DSYNC)))
		return n;
	err = f->of_ops->fsync(f, end - n, end - 1, !(flags & RWF_SYNC));
	return err && err != -EINVAL ? err : n;
}

ssize_t ofile_transfer(struct ofile *f, struct uio *u, loff_t pos, bool is_write, u32 flags)
{
	ssize_t n = check_rwf(f, flags);

	if (n)
		return n;
	if (pos == -1) {
		if (is_write && (flags & RWF_APPEND) && (f->of_mode & OFILE_SEEK)) {
			loff_t end = vnode_size(f->of_vnode);

			return sync_part(f, end, transfer(f, u, &end, true), flags);
		}
		n = at_file_pos(f, u, is_write);
		return is_write ? sync_part(f, f->of_pos, n, flags) : n;
	}
	if (is_write && (flags & RWF_APPEND))
		pos = vnode_size(f->of_vnode);
	n = at_given_pos(f, u, pos, is_write);
	return is_write ? sync_part(f, pos + max_t(ssize_t, n, 0), n, flags) : n;
}

/* @pos -1: the file's own. */
static long rwv(int fd, const struct iovec __user *iov, u64 cnt, loff_t pos, bool is_write, u32 flags)
{
	struct iovec store[UIO_FAST], *to_free;
	struct fdref r = fd_borrow(fd);
	struct uio u;
	ssize_t n;

	if (!r.file)
		return -EBADF;
	n = uio_import(&u, iov, cnt, store, &to_free);
	if (!n) {
		n = ofile_transfer(r.file, &u, pos, is_write, flags);
		kmem_free(to_free);
	}
	fd_return(r);
	return n;
}

long sys_readv(int fd, const struct iovec __user *iov, u64 cnt)
{
	return rwv(fd, iov, cnt, -1, false, 0);
}

long sys_writev(int fd, const struct iovec __user *iov, u64 cnt)
{
	return rwv(fd, iov, cnt, -1, true, 0);
}

long sys_preadv(int fd, const struct iovec __user *iov, u64 cnt, u64 pos_lo, u64 pos_hi)
{
	return (loff_t)pos_lo < 0 ? -EINVAL : rwv(fd, iov, cnt, (loff_t)pos_lo, false, 0);
}

long sys_pwritev(int fd, const struct iovec __user *iov, u64 cnt, u64 pos_lo, u64 pos_hi)
{
	return (loff_t)pos_lo < 0 ? -EINVAL : rwv(fd, iov, cnt, (loff_t)pos_lo, true, 0);
}

long sys_preadv2(int fd, const struct iovec __user *iov, u64 cnt, u64 pos_lo, u64 pos_hi, u32 flags)
{
	return (loff_t)pos_lo < -1 ? -EINVAL : rwv(fd, iov, cnt, (loff_t)pos_lo, false, flags);
}

long sys_pwritev2(int fd, const struct iovec __user *iov, u64 cnt, u64 pos_lo, u64 pos_hi, u32 flags)
{
	return (loff_t)pos_lo < -1 ? -EINVAL : rwv(fd, iov, cnt, (loff_t)pos_lo, true, flags);
}

long sys_lseek(int fd, loff_t off, u32 whence)
{
	struct fdref r = fd_borrow(fd);
	bool locked;
	loff_t n;

	if (!r.file)
		return -EBADF;
	if (whence > SEEK_HOLE) {
		n = -EINVAL;
	} else {
		locked = pos_lock(r.file);
		n = r.file->of_ops->seek(r.file, off, (int)whence);
		if (locked)
			kmutex_unlock(&r.file->of_pos_lock);
	}
	fd_return(r);
	return n;
}
