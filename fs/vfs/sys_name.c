// SPDX-License-Identifier: GPL-2.0-only
/* System calls that make, remove and rename names. */
#include "vfs_impl.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/syscalls.h>

/* Run @op on a user's string. */
#define WITH_NAME(var, uname, expr) ({						\
	char *var = path_name_get(uname, 0);					\
	long _r;								\
	if (IS_ERR(var)) {							\
		_r = PTR_ERR(var);						\
	} else {								\
		_r = (expr);							\
		path_name_put(var);						\
	}									\
	_r; })

long sys_mkdirat(int dirfd, const char __user *uname, u32 mode)
{
	return WITH_NAME(name, uname, svc_vfs_mkdir(dirfd, name, mode));
}

long sys_mkdir(const char __user *uname, u32 mode)
{
	return sys_mkdirat(AT_FDCWD, uname, mode);
}

/* dev_t of mknod is the 32-bit packing: minor's low 8 bits, major, minor's rest. */
long sys_mknodat(int dirfd, const char __user *uname, u32 mode, u32 dev)
{
	u64 rdev = DEV_MAKE((dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00));

	return WITH_NAME(name, uname, svc_vfs_mknod(dirfd, name, mode, rdev, false));
}

long sys_mknod(const char __user *uname, u32 mode, u32 dev)
{
	return sys_mknodat(AT_FDCWD, uname, mode, dev);
}

long sys_symlinkat(const char __user *utarget, int dirfd, const char __user *uname)
{
	return WITH_NAME(target, utarget, WITH_NAME(name, uname, svc_vfs_symlink(target, dirfd, name)));
}

long sys_symlink(const char __user *utarget, const char __user *uname)
{
	return sys_symlinkat(utarget, AT_FDCWD, uname);
}

long sys_linkat(int odirfd, const char __user *uold, int ndirfd, const char __user *unew, u32 flags)
{
	char *old;
	long err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	old = path_name_get(uold, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	if (IS_ERR(old))
		return PTR_ERR(old);
	err = WITH_NAME(new, unew, svc_vfs_link(odirfd, old, ndirfd, new, flags));
	path_name_put(old);
	return err;
}

long sys_link(const char __user *uold, const char __user *unew)
{
	return sys_linkat(AT_FDCWD, uold, AT_FDCWD, unew, 0);
}

long sys_unlinkat(int dirfd, const char __user *uname, u32 flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	if (flags & AT_REMOVEDIR)
		return WITH_NAME(name, uname, svc_vfs_rmdir(dirfd, name));
	return WITH_NAME(name, uname, svc_vfs_unlink(dirfd, name));
}

long sys_unlink(const char __user *uname)
{
	return sys_unlinkat(AT_FDCWD, uname, 0);
}

long sys_rmdir(const char __user *uname)
{
	return sys_unlinkat(AT_FDCWD, uname, AT_REMOVEDIR);
}

long sys_renameat2(int odirfd, const char __user *uold, int ndirfd, const char __user *unew, u32 flags)
{
	return WITH_NAME(old, uold, WITH_NAME(new, unew, svc_vfs_rename(odirfd, old, ndirfd, new, flags)));
}

long sys_renameat(int odirfd, const char __user *uold, int ndirfd, const char __user *unew)
{
	return sys_renameat2(odirfd, uold, ndirfd, unew, 0);
}

long sys_rename(const char __user *uold, const char __user *unew)
{
	return sys_renameat2(AT_FDCWD, uold, AT_FDCWD, unew, 0);
}
