// SPDX-License-Identifier: GPL-2.0-only
/* sysfs(2), which numbers the types of file systems. */
#include "vfs_impl.h"

#include <tern/kernel/syscalls.h>

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
