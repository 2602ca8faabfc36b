// SPDX-License-Identifier: GPL-2.0-only
/* fcntl(2), and the ioctl(2)s that every file understands. */
#include "vfs_impl.h"

#include <tern/fs/event.h>
#include <tern/fs/memfd.h>
#include <tern/kernel/syscalls.h>
#include <uapi/fiemap.h>
#include <uapi/ioctl.h>

#define SETFL_MASK (O_APPEND | O_NONBLOCK | FASYNC | O_DIRECT | O_NOATIME)

/* Change status flags @mask to @flags; the file hears of it first. */
static int change_flags(struct ofile *f, u32 flags, u32 mask)
{
	u32 new;
	int err;

	new = (f->of_flags & ~mask) | (flags & mask);
	err = f->of_ops->set_flags(f, new);
	if (err)
		return err;
	spin_lock(&f->of_lock);
	f->of_flags = (f->of_flags & ~mask) | (flags & mask);
	spin_unlock(&f->of_lock);
	return 0;
}

static int set_flags(struct ofile *f, u32 flags)
{
	if ((f->of_vnode->vn_flags & VNODE_APPEND) && !(flags & O_APPEND))
		return -EPERM;
	if ((flags & O_NOATIME) && !(f->of_flags & O_NOATIME) && !vnode_is_owner(f->of_vnode))
		return -EPERM;
	if ((flags & O_DIRECT) && !(f->of_flags & O_DIRECT) && !ofile_is_pipe(f) &&
	    !S_ISBLK(f->of_vnode->vn_mode) &&
	    !(S_ISREG(f->of_vnode->vn_mode) && (f->of_vnode->vn_fs->flags & FILESYS_DIRECT)))
		return -EINVAL;
	return change_flags(f, flags, SETFL_MASK);
}

/* How long what is written will live: kept for the file, no file system looks at it. */
static long rw_hint(struct ofile *f, u32 cmd, u64 __user *arg)
{
	struct vnode *vn = f->of_vnode;
	u64 hint = READ_ONCE(vn->vn_write_hint);

	if (cmd == F_GET_RW_HINT)
		return user_put(hint, arg);
	if (user_get(hint, arg))
		return -EFAULT;
	if (hint > RWH_WRITE_LIFE_EXTREME)
		return -EINVAL;
	WRITE_ONCE(vn->vn_write_hint, (u8)hint);
	return 0;
}

/* long: one flat switch over the commands */
static long do_fcntl(struct ofile *f, int fd, u32 cmd, uptr arg)
{
	switch (cmd) {
	case F_DUPFD:
		return fd_dup_min(fd, arg, false);
	case F_DUPFD_CLOEXEC:
		return fd_dup_min(fd, arg, true);
	case F_GETFD:
		return fd_is_cloexec(fd);
	case F_SETFD:
		return fd_set_cloexec(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return (long)f->of_flags;
	case F_SETFL:
		return set_flags(f, (u32)arg);
	case F_GETLK: case F_SETLK: case F_SETLKW:
	case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
		return flock_posix(f, (int)cmd, (void __user *)arg);
	case F_SETOWN: case F_GETOWN: case F_SETOWN_EX: case F_GETOWN_EX:
	case F_SETSIG: case F_GETSIG: case F_GETOWNER_UIDS:
		return fowner_fcntl(f, cmd, arg);
	case F_NOTIFY:
		return dnotify_fcntl(f, fd, (u32)arg);
	case F_SETLEASE: case F_GETLEASE:
		return lease_fcntl(f, fd, (int)cmd, (long)arg);
	case F_SETPIPE_SZ:
		return pipe_fcntl_size(f, true, (u32)arg);
	case F_GETPIPE_SZ:
		return pipe_fcntl_size(f, false, 0);
	case F_ADD_SEALS: case F_GET_SEALS:
		return memfd_fcntl(f, cmd, arg);
	case F_GET_RW_HINT: case F_SET_RW_HINT:
		return rw_hint(f, cmd, (u64 __user *)arg);
	default:
		return -EINVAL;
	}
}

static bool works_on_paths(u32 cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD || cmd == F_GETFL;
}

long sys_fcntl(int fd, u32 cmd, uptr arg)
{
	struct fdref r = fd_borrow_path(fd);
	long ret;

	if (!r.file)
		return -EBADF;
	if (unlikely(r.file->of_mode & OFILE_PATH) && !works_on_paths(cmd))
		ret = -EBADF;
	else
		ret = do_fcntl(r.file, fd, cmd, arg);
	fd_return(r);
	return ret;
}

/* ---- ioctl ---- */

static int on_off(struct ofile *f, u32 flag, const int __user *arg)
{
	int on;

	if (user_get(on, arg))
		return -EFAULT;
	return change_flags(f, on ? flag : 0, flag);
}

static long attr_flags_get(struct vnode *vn, u32 __user *arg)
{
	u32 fl = (vn->vn_flags & VNODE_IMMUTABLE ? FS_IMMUTABLE_FL : 0) |
		 (vn->vn_flags & VNODE_APPEND ? FS_APPEND_FL : 0) |
		 (vn->vn_flags & VNODE_NOATIME ? FS_NOATIME_FL : 0);

	return user_put(fl, arg);
}

/* What regular files and directories know beside their own ioctls. */
static long file_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct vnode *vn = f->of_vnode;

	switch (cmd) {
	case FIONREAD:
		if (!S_ISREG(vn->vn_mode))
			return -ENOTTY;
		return user_put((int)(vnode_size(vn) - f->of_pos), (int __user *)arg);
	case FIGETBSZ:
		return vn->vn_fs->blksize ? user_put((int)vn->vn_fs->blksize, (int __user *)arg) : -EINVAL;
	case FS_IOC_FIEMAP:
		return vfs_fiemap(f, arg);
	case FIBMAP:
		return S_ISREG(vn->vn_mode) ? vfs_fibmap(f, (int __user *)arg) : -ENOTTY;
	case FIOQSIZE:
		if (!S_ISREG(vn->vn_mode) && !S_ISDIR(vn->vn_mode) && !S_ISLNK(vn->vn_mode))
			return -ENOTTY;
		return user_put((s64)vn->vn_blocks * 512, (s64 __user *)arg);
	case FS_IOC_GETFLAGS:
		return vn->vn_fs->magic == TMPFS_MAGIC ? -ENOTTY : attr_flags_get(vn, (u32 __user *)arg);
	default:
		return -ENOTTY;
	}
}

long sys_ioctl(int fd, u32 cmd, uptr arg)
{
	struct fdref r = fd_borrow(fd);
	struct ofile *f = r.file;
	mode_t mode;
	long ret;

	if (!f)
		return -EBADF;
	mode = f->of_vnode->vn_mode;
	switch (cmd) {
	case FIOCLEX:
		ret = fd_set_cloexec(fd, true);
		break;
	case FIONCLEX:
		ret = fd_set_cloexec(fd, false);
		break;
	case FIONBIO:
		ret = on_off(f, O_NONBLOCK, (int __user *)arg);
		break;
	case FIOASYNC:
		ret = on_off(f, FASYNC, (int __user *)arg);
		break;
	default:
		ret = f->of_ops->ioctl(f, cmd, arg);
		if (ret == -ENOTTY && (S_ISREG(mode) || S_ISDIR(mode)))
			ret = file_ioctl(f, cmd, arg);
	}
	fd_return(r);
	return ret;
}
