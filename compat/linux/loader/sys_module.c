// SPDX-License-Identifier: GPL-2.0-only
/* init_module(2), finit_module(2), delete_module(2). */
#include "loader_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/fs/ofile.h>
#include <tern/fs/vnode.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define FILE_MAX	(256UL << 20)
#define ARGS_MAX	PAGE_SIZE

static bool may_change(void)
{
	return cap_has(CAP_SYS_MODULE) && !READ_ONCE(modules_are_final);
}

static char *copy_args(const char __user *uargs)
{
	char *args = kmem_alloc(ARGS_MAX, ALLOC_KERNEL);
	ssize_t n;

	if (!args)
		return ERR_PTR(-ENOMEM);
	n = user_strncpy(args, uargs, ARGS_MAX);
	if (n >= 0 && (size_t)n < ARGS_MAX)
		return args;
	kmem_free(args);
	return ERR_PTR(n < 0 ? n : -E2BIG);
}

/* @file is consumed. */
static long load_copied(void *file, u64 size, const char __user *uargs, u32 flags)
{
	char *args = copy_args(uargs);
	long err = IS_ERR(args) ? PTR_ERR(args) : module_load(file, size, args, flags);

	kmem_free_large(file);
	return err;
}

long sys_init_module(const void __user *umod, unsigned long len, const char __user *uargs)
{
	void *file;

	if (!may_change())
		return -EPERM;
	if (len < ELF_HEADER_SIZE || len > FILE_MAX)
		return -ENOEXEC;
	file = kmem_alloc_large(len, ALLOC_KERNEL);
	if (!file)
		return -ENOMEM;
	if (user_copyin(file, umod, len)) {
		kmem_free_large(file);
		return -EFAULT;
	}
	return load_copied(file, len, uargs, 0);
}

static ssize_t read_all(struct ofile *f, void *buf, size_t size)
{
	loff_t pos = 0;

	while ((size_t)pos < size) {
		ssize_t n = ofile_read_kernel(f, (u8 *)buf + pos, size - (size_t)pos, &pos);

		if (n < 0)
			return n;
		if (!n)
			break;
	}
	return pos;
}

static long load_file(struct ofile *f, const char __user *uargs, u32 flags)
{
	loff_t size = vnode_size(f->of_vnode);
	void *file;
	ssize_t n;

	if (!(f->of_mode & OFILE_READ))
		return -EBADF;
	if (!S_ISREG(f->of_vnode->vn_mode))
		return -EINVAL;
	if (size <= 0)
		return -EINVAL;
	if ((u64)size > FILE_MAX)
		return -EFBIG;
	file = kmem_alloc_large((size_t)size, ALLOC_KERNEL);
	if (!file)
		return -ENOMEM;
	n = read_all(f, file, (size_t)size);
	if (n < 0) {
		kmem_free_large(file);
		return n;
	}
	return load_copied(file, (u64)n, uargs, flags);
}

long sys_finit_module(int fd, const char __user *uargs, int flags)
{
	struct ofile *f;
	long err;

	if (!may_change())
		return -EPERM;
	if (flags & ~(int)(MODULE_INIT_IGNORE_MODVERSIONS | MODULE_INIT_IGNORE_VERMAGIC |
			   MODULE_INIT_COMPRESSED))
		return -EINVAL;
	if (flags & MODULE_INIT_COMPRESSED)
		return -EOPNOTSUPP;
	f = fd_get(fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	err = load_file(f, uargs, (u32)flags);
	ofile_put(f);
	return err;
}

long sys_delete_module(const char __user *uname, unsigned int flags)
{
	char name[sizeof(((struct lx_module *)0)->name)];
	ssize_t n;

	if (!may_change())
		return -EPERM;
	n = user_strncpy(name, uname, sizeof(name));
	if (n < 0)
		return n;
	name[sizeof(name) - 1] = 0;
	return module_unload(name, flags);
}
