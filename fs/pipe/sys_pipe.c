// SPDX-License-Identifier: GPL-2.0-only
/* pipe(2) and pipe2(2). */
#include "pipe_impl.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/syscalls.h>

static int make_pipe(int __user *ufds, u32 flags)
{
	struct ofile *end[2];
	int fd[2], err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = svc_vfs_pipe(&end[0], &end[1], flags & (O_NONBLOCK | O_DIRECT));
	if (err)
		return err;
	err = fd[0] = fd_reserve(0, flags & O_CLOEXEC);
	if (err < 0)
		goto err_put;
	err = fd[1] = fd_reserve(0, flags & O_CLOEXEC);
	if (err < 0)
		goto err_cancel;
	err = user_copyout(ufds, fd, sizeof(fd));
	if (err)
		goto err_cancel_both;
	fd_publish(fd[0], end[0]);
	fd_publish(fd[1], end[1]);
	return 0;
err_cancel_both:
	fd_cancel(fd[1]);
err_cancel:
	fd_cancel(fd[0]);
err_put:
	ofile_put(end[0]);
	ofile_put(end[1]);
	return err;
}

long sys_pipe(int __user *fds)
{
	return make_pipe(fds, 0);
}

long sys_pipe2(int __user *fds, u32 flags)
{
	return make_pipe(fds, flags);
}
