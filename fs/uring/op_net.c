// SPDX-License-Identifier: GPL-2.0-only
/* Socket operations. Without a worker they are asked not to block. */
#include "uring_impl.h"

#include <uapi/socket.h>

/* EAGAIN is a wait, O_NONBLOCK or not, unless the operation itself asks not to. */
static s64 again(const struct ureq *r, s64 n, bool may_block)
{
	return n == -EAGAIN && !may_block && !(r->sqe.op_flags & MSG_DONTWAIT) ? URING_WAIT : n;
}

int prep_msg(struct ureq *r)
{
	struct sockop *op = sockop_prepare((void __user *)r->sqe.addr, r->sqe.opcode == UOP_SENDMSG);

	if (IS_ERR(op))
		return (int)PTR_ERR(op);
	r->sockop = op;
	return r->sqe.ioprio ? -EINVAL : 0;
}

s64 issue_msg(struct ureq *r, bool may_block)
{
	u32 flags = r->sqe.op_flags | (may_block ? 0 : MSG_DONTWAIT) | MSG_NOSIGNAL;

	return again(r, sockop_run(r->sockop, r->file, flags), may_block);
}

int prep_xfer(struct ureq *r)
{
	return r->sqe.ioprio ? -EINVAL : 0;
}

static s64 transfer(struct ureq *r, bool may_block, bool is_send)
{
	u32 flags = r->sqe.op_flags | (may_block ? 0 : MSG_DONTWAIT) | MSG_NOSIGNAL;
	s64 n = sockface_transfer(r->file, (void __user *)r->sqe.addr, r->sqe.len, flags, is_send);

	r->is_short = n >= 0 && n != r->sqe.len && (is_send || (flags & MSG_WAITALL));
	return again(r, n, may_block);
}

s64 issue_send(struct ureq *r, bool may_block)
{
	return transfer(r, may_block, true);
}

s64 issue_recv(struct ureq *r, bool may_block)
{
	return transfer(r, may_block, false);
}

int prep_accept(struct ureq *r)
{
	if (r->sqe.len || r->sqe.ioprio || r->sqe.splice_fd_in)
		return -EINVAL;
	return r->sqe.op_flags & ~(u32)(SOCK_NONBLOCK | SOCK_CLOEXEC) ? -EINVAL : 0;
}

/* A descriptor for a new file, which is used up. */
static s64 install(struct ofile *f, bool cloexec)
{
	int fd;

	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_add(f, cloexec);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

s64 issue_accept(struct ureq *r, bool may_block)
{
	struct ofile *f = sockface_accept(r->file, (void __user *)r->sqe.addr, (s32 __user *)r->sqe.off,
					  (int)r->sqe.op_flags, may_block);

	if (PTR_ERR(f) == -EAGAIN && !may_block)
		return URING_WAIT;
	return install(f, r->sqe.op_flags & SOCK_CLOEXEC);
}

int prep_connect(struct ureq *r)
{
	if (r->sqe.len || r->sqe.op_flags || r->sqe.ioprio)
		return -EINVAL;
	if (r->sqe.off > sizeof(r->addr))
		return -EINVAL;
	return user_copyin(r->addr, (void __user *)r->sqe.addr, r->sqe.off);
}

s64 issue_connect(struct ureq *r, bool may_block)
{
	int err;

	if (r->is_begun)
		return sockface_error(r->file);
	err = sockface_connect(r->file, r->addr, (u32)r->sqe.off, may_block);
	if (may_block || (r->file->of_flags & O_NONBLOCK))
		return err;
	if (err != -EINPROGRESS)
		return err == -EAGAIN ? URING_WAIT : err;
	r->is_begun = true;
	return URING_WAIT;
}

int prep_shutdown(struct ureq *r)
{
	return r->sqe.off || r->sqe.addr || r->sqe.op_flags ? -EINVAL : 0;
}

s64 issue_shutdown(struct ureq *r, bool may_block)
{
	return sockface_shutdown(r->file, (int)r->sqe.len);
}

int prep_socket(struct ureq *r)
{
	return r->sqe.addr || r->sqe.op_flags || r->sqe.splice_fd_in ? -EINVAL : 0;
}

s64 issue_socket(struct ureq *r, bool may_block)
{
	int type = (int)r->sqe.off;

	return install(sockface_socket(r->sqe.fd, type, (int)r->sqe.len), type & SOCK_CLOEXEC);
}
