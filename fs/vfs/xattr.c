// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended attributes: the system calls, and who may touch which name space.
 * user.* is for regular files and directories, trusted.* for CAP_SYS_ADMIN,
 * security.* is readable by all and written by CAP_SYS_ADMIN (capability:
 * CAP_SETFCAP); what else there is the file system decides.
 */
#include "vfs_impl.h"

#include <tern/kernel/syscalls.h>

static int check_user_attr(struct vnode *vn, u32 mask)
{
	mode_t m = vn->vn_mode;

	if (!S_ISREG(m) && !S_ISDIR(m))
		return mask & MAY_WRITE ? -EPERM : -ENODATA;
	if (S_ISDIR(m) && (m & S_ISVTX) && (mask & MAY_WRITE) && !vnode_is_owner(vn))
		return -EPERM;
	return vnode_permission(vn, mask);
}

static int check_name(struct vnode *vn, const char *name, u32 mask)
{
	if ((mask & MAY_WRITE) && (vn->vn_flags & (VNODE_IMMUTABLE | VNODE_APPEND)))
		return -EPERM;
	if (str_has_prefix(name, "security.")) {
		if (!(mask & MAY_WRITE))
			return 0;
		if (!strcmp(name, "security.capability"))
			return cap_has(CAP_SETFCAP) ? 0 : -EPERM;
		return cap_has(CAP_SYS_ADMIN) ? 0 : -EPERM;
	}
	if (str_has_prefix(name, "system."))
		return 0;
	if (str_has_prefix(name, "trusted.")) {
		if (cap_has(CAP_SYS_ADMIN))
			return 0;
		return mask & MAY_WRITE ? -EPERM : -ENODATA;
	}
	if (str_has_prefix(name, "user."))
		return check_user_attr(vn, mask);
	return vnode_permission(vn, mask);
}

static int copy_name(char *name, const char __user *uname)
{
	ssize_t n = user_strncpy(name, uname, XATTR_NAME_MAX + 1);

	if (n < 0)
		return (int)n;
	return n == 0 || n > XATTR_NAME_MAX ? -ERANGE : 0;
}

/* ---- one path ---- */

static long do_set(const struct fspath *p, const char __user *uname, const void __user *uval, size_t size, u32 flags)
{
	struct vnode *vn = path_vnode(p);
	char name[XATTR_NAME_MAX + 1];
	void *val = NULL;
	long err;

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = copy_name(name, uname);
	if (err)
		return err;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	if (size) {
		val = kmem_alloc_large(size, ALLOC_KERNEL);
		if (!val)
			return -ENOMEM;
		if (user_copyin(val, uval, size)) {
			err = -EFAULT;
			goto out;
		}
	}
	err = mountpt_want_write(p->mnt);
	if (err)
		goto out;
	err = check_name(vn, name, MAY_WRITE);
	if (!err) {
		rwsem_write_lock(&vn->vn_lock);
		err = vn->vn_ops->setxattr(vn, name, val, size, flags);
		rwsem_write_unlock(&vn->vn_lock);
	}
	mountpt_drop_write(p->mnt);
	if (!err)
		vfs_notify(vn, p->nc, IN_ATTRIB);
out:
	kmem_free_large(val);
	return err;
}

static long do_get(const struct fspath *p, const char __user *uname, void __user *uval, size_t size)
{
	struct vnode *vn = path_vnode(p);
	char name[XATTR_NAME_MAX + 1];
	void *val = NULL;
	long n = copy_name(name, uname);

	if (n)
		return n;
	size = min_t(size_t, size, XATTR_SIZE_MAX);
	if (size) {
		val = kmem_alloc_large(size, ALLOC_KERNEL);
		if (!val)
			return -ENOMEM;
	}
	n = check_name(vn, name, MAY_READ);
	if (!n)
		n = vn->vn_ops->getxattr(vn, name, val, size);
	if (n > 0 && size && user_copyout(uval, val, (size_t)n))
		n = -EFAULT;
	kmem_free_large(val);
	return n;
}

static long do_list(const struct fspath *p, char __user *ulist, size_t size)
{
	struct vnode *vn = path_vnode(p);
	char *list = NULL;
	long n;

	size = min_t(size_t, size, XATTR_LIST_MAX);
	if (size) {
		list = kmem_alloc_large(size, ALLOC_KERNEL);
		if (!list)
			return -ENOMEM;
	}
	n = vn->vn_ops->listxattr(vn, list, size);
	if (n > 0 && size && user_copyout(ulist, list, (size_t)n))
		n = -EFAULT;
	kmem_free_large(list);
	return n;
}

static long do_remove(const struct fspath *p, const char __user *uname)
{
	struct vnode *vn = path_vnode(p);
	char name[XATTR_NAME_MAX + 1];
	long err = copy_name(name, uname);

	if (!err)
		err = mountpt_want_write(p->mnt);
	if (err)
		return err;
	err = check_name(vn, name, MAY_WRITE);
	if (!err) {
		rwsem_write_lock(&vn->vn_lock);
		err = vn->vn_ops->removexattr(vn, name);
		rwsem_write_unlock(&vn->vn_lock);
	}
	mountpt_drop_write(p->mnt);
	if (!err)
		vfs_notify(vn, p->nc, IN_ATTRIB);
	return err;
}

/* ---- by name, by link, by descriptor ---- */

#define BY_NAME(uname, lookup, expr) ({						\
	struct fspath p;								\
	long _r = path_lookup_user(AT_FDCWD, uname, lookup, &p);		\
	if (!_r) {								\
		_r = (expr);							\
		fspath_put(&p);							\
	}									\
	_r; })
#define BY_FD(fd, expr) ({							\
	struct fdref _f = fd_borrow(fd);					\
	long _r = -EBADF;							\
	if (_f.file) {								\
		struct fspath p = _f.file->of_path;				\
		_r = (expr);							\
		fd_return(_f);							\
	}									\
	_r; })

long sys_setxattr(const char __user *path, const char __user *name, const void __user *val, size_t size, u32 flags)
{
	return BY_NAME(path, LOOKUP_FOLLOW, do_set(&p, name, val, size, flags));
}

long sys_lsetxattr(const char __user *path, const char __user *name, const void __user *val, size_t size, u32 flags)
{
	return BY_NAME(path, 0, do_set(&p, name, val, size, flags));
}

long sys_fsetxattr(int fd, const char __user *name, const void __user *val, size_t size, u32 flags)
{
	return BY_FD(fd, do_set(&p, name, val, size, flags));
}

long sys_getxattr(const char __user *path, const char __user *name, void __user *val, size_t size)
{
	return BY_NAME(path, LOOKUP_FOLLOW, do_get(&p, name, val, size));
}

long sys_lgetxattr(const char __user *path, const char __user *name, void __user *val, size_t size)
{
	return BY_NAME(path, 0, do_get(&p, name, val, size));
}

long sys_fgetxattr(int fd, const char __user *name, void __user *val, size_t size)
{
	return BY_FD(fd, do_get(&p, name, val, size));
}

long sys_listxattr(const char __user *path, char __user *list, size_t size)
{
	return BY_NAME(path, LOOKUP_FOLLOW, do_list(&p, list, size));
}

long sys_llistxattr(const char __user *path, char __user *list, size_t size)
{
	return BY_NAME(path, 0, do_list(&p, list, size));
}

long sys_flistxattr(int fd, char __user *list, size_t size)
{
	return BY_FD(fd, do_list(&p, list, size));
}

long sys_removexattr(const char __user *path, const char __user *name)
{
	return BY_NAME(path, LOOKUP_FOLLOW, do_remove(&p, name));
}

long sys_lremovexattr(const char __user *path, const char __user *name)
{
	return BY_NAME(path, 0, do_remove(&p, name));
}

long sys_fremovexattr(int fd, const char __user *name)
{
	return BY_FD(fd, do_remove(&p, name));
}
