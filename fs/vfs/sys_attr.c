// SPDX-License-Identifier: GPL-2.0-only
/* System calls that change attributes: mode, owner, times, size. */
#include "vfs_impl.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/userns.h>

static u32 follow_flag(u32 at)
{
	return (at & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (at & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

/* ---- mode ---- */

long sys_fchmodat(int dirfd, const char __user *name, u32 mode)
{
	struct fspath p;
	int err = path_lookup_user(dirfd, name, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = svc_vfs_chmod(&p, mode);
	fspath_put(&p);
	return err;
}

long sys_chmod(const char __user *name, u32 mode)
{
	return sys_fchmodat(AT_FDCWD, name, mode);
}

long sys_fchmod(int fd, u32 mode)
{
	struct fdref r = fd_borrow(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = svc_vfs_chmod(&r.file->of_path, mode);
	fd_return(r);
	return err;
}

/* ---- owner ---- */

/* Owners as the caller writes them; -1: as it is. */
static int take_owner(u32 *uid, u32 *gid)
{
	if (*uid != ID_NONE) {
		*uid = uid_in(*uid);
		if (*uid == ID_NONE)
			return -EINVAL;
	}
	if (*gid != ID_NONE) {
		*gid = gid_in(*gid);
		if (*gid == ID_NONE)
			return -EINVAL;
	}
	return 0;
}

long sys_fchownat(int dirfd, const char __user *name, u32 uid, u32 gid, u32 flags)
{
	struct fspath p;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_lookup_user(dirfd, name, follow_flag(flags), &p);
	if (err)
		return err;
	err = take_owner(&uid, &gid);
	if (!err)
		err = svc_vfs_chown(&p, uid, gid);
	fspath_put(&p);
	return err;
}

long sys_chown(const char __user *name, u32 uid, u32 gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, 0);
}

long sys_lchown(const char __user *name, u32 uid, u32 gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, u32 uid, u32 gid)
{
	struct fdref r = fd_borrow(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = take_owner(&uid, &gid);
	if (!err)
		err = svc_vfs_chown(&r.file->of_path, uid, gid);
	fd_return(r);
	return err;
}

/* ---- times ---- */

static long utimes_at(int dirfd, const char __user *name, const s64 *times, const u8 *how, u32 flags)
{
	struct fspath p;
	struct fdref r;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!name && dirfd != AT_FDCWD) {
		if (flags)
			return -EINVAL;
		r = fd_borrow(dirfd);
		if (!r.file)
			return -EBADF;
		err = svc_vfs_utimes(&r.file->of_path, times, how);
		fd_return(r);
		return err;
	}
	err = path_lookup_user(dirfd, name, follow_flag(flags), &p);
	if (err)
		return err;
	err = svc_vfs_utimes(&p, times, how);
	fspath_put(&p);
	return err;
}

/* Seconds and parts to ns; false if the parts are out of range or the sum is. */
static bool to_ns(s64 sec, s64 part, s64 scale, s64 *out)
{
	s64 ns;

	if (part < 0 || part >= (s64)NSEC_PER_SEC / scale)
		return false;
	if (check_mul(sec, (s64)NSEC_PER_SEC, &ns))
		ns = sec < 0 ? S64_MIN : S64_MAX - (s64)NSEC_PER_SEC;
	*out = ns + part * scale;
	return true;
}

long sys_utimensat(int dirfd, const char __user *name, const void __user *uts, u32 flags)
{
	u8 how[2] = { TIME_NOW, TIME_NOW };
	s64 t[4], ns[2] = { 0, 0 };

	if (uts) {
		if (user_copyin(t, uts, sizeof(t)))
			return -EFAULT;
		for (int i = 0; i < 2; i++) {
			if (t[i * 2 + 1] == UTIME_NOW)
				continue;
			if (t[i * 2 + 1] == UTIME_OMIT)
				how[i] = TIME_OMIT;
			else if (to_ns(t[i * 2], t[i * 2 + 1], 1, &ns[i]))
				how[i] = TIME_SET;
			else
				return -EINVAL;
		}
		if (how[0] == TIME_OMIT && how[1] == TIME_OMIT)
			return 0;
	}
	return utimes_at(dirfd, name, ns, how, flags);
}

long sys_futimesat(int dirfd, const char __user *name, const void __user *utv)
{
	u8 how[2] = { TIME_NOW, TIME_NOW };
	s64 t[4], ns[2] = { 0, 0 };

	if (utv) {
		if (user_copyin(t, utv, sizeof(t)))
			return -EFAULT;
		for (int i = 0; i < 2; i++) {
			if (!to_ns(t[i * 2], t[i * 2 + 1], 1000, &ns[i]))
				return -EINVAL;
			how[i] = TIME_SET;
		}
	}
	return utimes_at(dirfd, name, ns, how, 0);
}

long sys_utimes(const char __user *name, const void __user *utv)
{
	return sys_futimesat(AT_FDCWD, name, utv);
}

long sys_utime(const char __user *name, const void __user *ut)
{
	u8 how[2] = { TIME_NOW, TIME_NOW };
	s64 t[2], ns[2] = { 0, 0 };

	if (ut) {
		if (user_copyin(t, ut, sizeof(t)))
			return -EFAULT;
		for (int i = 0; i < 2; i++) {
			(void)to_ns(t[i], 0, 1, &ns[i]);
			how[i] = TIME_SET;
		}
	}
	return utimes_at(AT_FDCWD, name, ns, how, 0);
}

/* ---- size ---- */

long sys_truncate(const char __user *name, loff_t len)
{
	struct fspath p;
	struct vnode *vn;
	int err;

	if (len < 0)
		return -EINVAL;
	err = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	vn = path_vnode(&p);
	if (vnode_is_dir(vn))
		err = -EISDIR;
	else if (!S_ISREG(vn->vn_mode))
		err = -EINVAL;
	else
		err = svc_vfs_truncate(&p, len, false);
	fspath_put(&p);
	return err;
}

long sys_ftruncate(int fd, loff_t len)
{
	struct fdref r;
	int err;

	if (len < 0)
		return -EINVAL;
	r = fd_borrow(fd);
	if (!r.file)
		return -EBADF;
	if (!S_ISREG(r.file->of_vnode->vn_mode) || !(r.file->of_mode & OFILE_WRITE))
		err = -EINVAL;
	else
		err = svc_vfs_truncate(&r.file->of_path, len, true);
	fd_return(r);
	return err;
}

static int check_fallocate(const struct ofile *f, int mode, loff_t off, loff_t len)
{
	const int known = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
			  FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE;
	mode_t type = f->of_vnode->vn_mode;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~known)
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && (mode & FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (!(f->of_mode & OFILE_WRITE))
		return -EBADF;
	if ((f->of_vnode->vn_flags & VNODE_APPEND) && (mode & ~FALLOC_FL_KEEP_SIZE))
		return -EPERM;
	if (f->of_vnode->vn_flags & VNODE_IMMUTABLE)
		return -EPERM;
	if (S_ISFIFO(type))
		return -ESPIPE;
	if (S_ISDIR(type))
		return -EISDIR;
	if (!S_ISREG(type) && !S_ISBLK(type))
		return -ENODEV;
	if (len > S64_MAX - off || (u64)(off + len) > f->of_vnode->vn_fs->max_file_size)
		return -EFBIG;
	return 0;
}

int ofile_fallocate(struct ofile *f, int mode, loff_t off, loff_t len)
{
	int err = check_fallocate(f, mode, off, len);

	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && off + len > vnode_size(f->of_vnode)) {
		ssize_t n = fsize_limit(f->of_vnode, off, (size_t)len);

		err = n < 0 ? (int)n : n < len ? -EFBIG : 0;
	}
	if (!err && (f->of_vnode->vn_flags & VNODE_SWAPFILE))
		err = -ETXTBSY;
	if (!err)
		err = f->of_ops->fallocate(f, mode, off, len);
	if (!err)
		vfs_notify_file(f, IN_MODIFY);
	return err;
}

long sys_fallocate(int fd, int mode, loff_t off, loff_t len)
{
	struct fdref r = fd_borrow(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = ofile_fallocate(r.file, mode, off, len);
	fd_return(r);
	return err;
}
