// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs(2), which numbers the types of file systems, and quotactl(2): no file
 * system here keeps quotas, and each call says so as Linux does for such ones.
 */
#include "vfs_impl.h"

#include <tern/kernel/syscalls.h>

#define QUOTA_TYPES	3u
#define QUOTA_CMD_SYNC	0x800001u

enum { FSTYPE_INDEX = 1, FSTYPE_NAME, FSTYPE_COUNT };

static long index_of_name(const char __user *uname)
{
	char *name = path_name_get(uname, 0);
	long n;

	if (IS_ERR(name))
		return PTR_ERR(name);
	n = fstype_number(name);
	path_name_put(name);
	return n;
}

static long name_of_index(u64 n, char __user *out)
{
	const char *name = fstype_name(n);

	if (!name)
		return -EINVAL;
	return user_copyout(out, name, strlen(name) + 1) ? -EFAULT : 0;
}

long sys_sysfs(s32 option, uptr a, uptr b)
{
	u64 n = 0;

	switch (option) {
	case FSTYPE_INDEX:
		return index_of_name((const char __user *)a);
	case FSTYPE_NAME:
		return name_of_index(a, (char __user *)b);
	case FSTYPE_COUNT:
		while (fstype_name(n))
			n++;
		return (long)n;
	}
	return -EINVAL;
}

/* -ENOSYS if a file system of that disk is mounted. */
static long quota_of_disk(const char __user *special)
{
	struct filesys *fs;
	struct fspath p;
	long err = path_lookup_user(AT_FDCWD, special, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	if (!S_ISBLK(path_vnode(&p)->vn_mode)) {
		err = -ENOTBLK;
	} else if (p.mnt->mp_flags & MOUNT_NODEV) {
		err = -EACCES;
	} else {
		fs = filesys_by_dev(path_vnode(&p)->vn_rdev);
		err = fs ? -ENOSYS : -ENODEV;
		if (fs)
			filesys_put(fs);
	}
	fspath_put(&p);
	return err;
}

long sys_quotactl(u32 cmd, const char __user *special, u32 id, void __user *addr)
{
	if ((cmd & 0xff) >= QUOTA_TYPES)
		return -EINVAL;
	if (special)
		return quota_of_disk(special);
	if (cmd >> 8 != QUOTA_CMD_SYNC)
		return -ENODEV;
	return 0;		/* all quotas that there are have been written */
}

long sys_quotactl_fd(u32 fd, u32 cmd, u32 id, void __user *addr)
{
	struct fdref r;

	if ((cmd & 0xff) >= QUOTA_TYPES)
		return -EINVAL;
	r = fd_borrow_path((int)fd);
	if (!r.file)
		return -EBADF;
	fd_return(r);
	return -ENOSYS;
}
