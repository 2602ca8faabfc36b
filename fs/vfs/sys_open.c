// SPDX-License-Identifier: GPL-2.0-only
/* open(2) and its forms, close(2), close_range(2), dup(2) and its forms, umask(2). */
#include "vfs_impl.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/syscalls.h>
#include <uapi/resource.h>

static long open_fd(int dirfd, const char __user *uname, const struct open_req *req)
{
	char *name = path_name_get(uname, 0);
	struct ofile *f;
	int fd;

	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = fd_reserve(0, req->flags & O_CLOEXEC);
	if (fd >= 0) {
		f = svc_vfs_open(dirfd, name, req);
		if (IS_ERR(f)) {
			fd_cancel(fd);
			fd = (int)PTR_ERR(f);
		} else {
			fd_publish(fd, f);
		}
	}
	path_name_put(name);
	return fd;
}

static long do_open(int dirfd, const char __user *name, u32 flags, u32 mode)
{
	struct open_how how = { .flags = flags | O_LARGEFILE, .mode = mode };
	struct open_req req;
	int err = open_check_flags(&how, false, &req);

	return err ? err : open_fd(dirfd, name, &req);
}

long sys_open(const char __user *name, u32 flags, u32 mode)
{
	return do_open(AT_FDCWD, name, flags, mode);
}

long sys_openat(int dirfd, const char __user *name, u32 flags, u32 mode)
{
	return do_open(dirfd, name, flags, mode);
}

long sys_creat(const char __user *name, u32 mode)
{
	return do_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

static int copy_how(struct open_how *how, const void __user *uhow, size_t size)
{
	if (size < OPEN_HOW_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return user_copyin_struct(how, sizeof(*how), uhow, size);
}

long sys_openat2(int dirfd, const char __user *name, const void __user *uhow, size_t size)
{
	struct open_how how;
	struct open_req req;
	int err = copy_how(&how, uhow, size);

	if (!err)
		err = open_check_flags(&how, true, &req);
	if (err)
		return err;
	if (!(req.flags & O_PATH))
		req.flags |= O_LARGEFILE;
	return open_fd(dirfd, name, &req);
}

long sys_close(int fd)
{
	int err = fd_close(fd);

	/* The number is free whatever happened: a restart would close another file. */
	if (err == -ERESTARTSYS || err == -ERESTARTNOINTR || err == -ERESTARTNOHAND || err == -ERESTART_BLOCK)
		err = -EINTR;
	return err;
}

long sys_close_range(u32 first, u32 last, u32 flags)
{
	int err;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		err = fdtab_unshare();
		if (err)
			return err;
	}
	return fdtab_close_range(first, last, flags & CLOSE_RANGE_CLOEXEC);
}

static long dup_from(int fd, int min, bool cloexec)
{
	struct ofile *f = fd_get_path(fd);
	int new;

	if (IS_ERR(f))
		return PTR_ERR(f);
	new = fd_reserve(min, cloexec);
	if (new < 0)
		ofile_put(f);
	else
		fd_publish(new, f);
	return new;
}

long sys_dup(int fd)
{
	return dup_from(fd, 0, false);
}

long fd_dup_min(int fd, u64 min, bool cloexec)
{
	if (min >= rlimit_get(RLIMIT_NOFILE))
		return -EINVAL;
	return dup_from(fd, (int)min, cloexec);
}

static long dup_to(int fd, int new, bool cloexec)
{
	struct ofile *f = fd_get_path(fd);
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	err = fd_dup_to(f, new, cloexec);
	if (err < 0)
		ofile_put(f);
	return err;
}

long sys_dup2(int fd, int new)
{
	struct fdref r;

	if (fd != new)
		return dup_to(fd, new, false);
	r = fd_borrow_path(fd);
	if (!r.file)
		return -EBADF;
	fd_return(r);
	return new;
}

long sys_dup3(int fd, int new, u32 flags)
{
	if ((flags & ~O_CLOEXEC) || fd == new)
		return -EINVAL;
	return dup_to(fd, new, flags & O_CLOEXEC);
}

long sys_umask(u32 mask)
{
	struct fsctx *f = fsctx_self();

	return (long)xchg(&f->umask, mask & 0777);
}
