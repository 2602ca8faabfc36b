// SPDX-License-Identifier: GPL-2.0-only
/* mount(2), umount2(2), pivot_root(2): decoding and dispatch. */
#include "mountop_impl.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/syscalls.h>

#define CHANGE_KIND (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)
#define ATIME_FLAGS (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)

static u32 view_flags(u64 flags)
{
	u32 m = 0;

	if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
		m |= MOUNT_RELATIME;
	if (flags & MS_NOATIME)
		m |= MOUNT_NOATIME;
	if (flags & MS_STRICTATIME)
		m |= MOUNT_STRICTATIME;
	if (flags & MS_RDONLY)
		m |= MOUNT_RDONLY;
	if (flags & MS_NOSUID)
		m |= MOUNT_NOSUID;
	if (flags & MS_NODEV)
		m |= MOUNT_NODEV;
	if (flags & MS_NOEXEC)
		m |= MOUNT_NOEXEC;
	if (flags & MS_NODIRATIME)
		m |= MOUNT_NODIRATIME;
	if (flags & MS_NOSYMFOLLOW)
		m |= MOUNT_NOSYMFOLLOW;
	return m;
}

static int with_source(const char *source, struct fspath *target, u64 flags)
{
	struct fspath from;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	if (flags & MS_BIND)
		err = mount_bind(target, &from, flags & MS_REC);
	else
		err = mount_move(target, &from);
	fspath_put(&from);
	return err;
}

int mount_by_flags(const char *source, struct fspath *target, const char *type, u64 flags, const char *data)
{
	struct mount_args args = { .source = source, .data = data };
	u32 view;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(u64)MS_MGC_MSK;
	view = view_flags(flags);
	/* A remount that says nothing about access times keeps what it had. */
	if ((flags & MS_REMOUNT) && !(flags & ATIME_FLAGS)) {
		const u32 keep = MOUNT_NOATIME | MOUNT_NODIRATIME | MOUNT_RELATIME | MOUNT_STRICTATIME;

		view = (view & ~keep) | (target->mnt->mp_flags & keep);
	}
	args.sb_flags = flags & (MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_SILENT | MS_POSIXACL | MS_LAZYTIME);
	if ((flags & (MS_REMOUNT | MS_BIND)) == (MS_REMOUNT | MS_BIND))
		return mount_reconfigure(target, view);
	if (flags & MS_REMOUNT)
		return mount_remount(target, &args, view);
	if (flags & MS_BIND)
		return with_source(source, target, flags);
	if (flags & CHANGE_KIND)
		return mount_set_propagation(target, flags);
	if (flags & MS_MOVE)
		return with_source(source, target, flags);
	if (!type)
		return -EINVAL;
	return mount_new(target, type, &args, view);
}

/* A page of option text, or what of it is readable; NULL stays NULL. */
static char *copy_data(const void __user *data)
{
	char *buf;
	size_t left;

	if (!data)
		return NULL;
	buf = kmem_zalloc(PAGE_SIZE, ALLOC_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	left = user_copyin_partial(buf, data, PAGE_SIZE - 1);
	if (left == PAGE_SIZE - 1) {
		kmem_free(buf);
		return ERR_PTR(-EFAULT);
	}
	buf[PAGE_SIZE - 1] = 0;
	return buf;
}

static char *copy_name(const char __user *s)
{
	return s ? path_name_get(s, LOOKUP_EMPTY) : NULL;
}

static void free_name(char *s)
{
	if (!IS_ERR_OR_NULL(s))
		path_name_put(s);
}

long sys_mount(const char __user *usource, const char __user *utarget, const char __user *utype, u64 flags,
	       const void __user *udata)
{
	char *type = copy_name(utype), *source = copy_name(usource), *data = copy_data(udata);
	struct fspath target;
	int err = 0;

	if (IS_ERR(type))
		err = (int)PTR_ERR(type);
	else if (IS_ERR(source))
		err = (int)PTR_ERR(source);
	else if (IS_ERR(data))
		err = (int)PTR_ERR(data);
	if (!err)
		err = path_lookup_user(AT_FDCWD, utarget, LOOKUP_FOLLOW, &target);
	if (!err) {
		if (!mounts_may_change())
			err = -EPERM;
		else
			err = svc_vfs_mount(source, &target, type, flags, data);
		fspath_put(&target);
	}
	if (!IS_ERR(data))
		kmem_free(data);
	free_name(source);
	free_name(type);
	return err;
}

long sys_umount2(const char __user *name, u32 flags)
{
	struct fspath p;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = path_lookup_user(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	if (!mounts_may_change())
		err = -EPERM;
	else
		err = svc_vfs_unmount(&p, flags);
	fspath_put(&p);
	return err;
}

long sys_pivot_root(const char __user *unew, const char __user *uold)
{
	struct fspath new, old;
	int err;

	if (!mounts_may_change())
		return -EPERM;
	err = path_lookup_user(AT_FDCWD, unew, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (err)
		return err;
	err = path_lookup_user(AT_FDCWD, uold, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (!err) {
		err = svc_vfs_pivot(&new, &old);
		fspath_put(&old);
	}
	fspath_put(&new);
	return err;
}
