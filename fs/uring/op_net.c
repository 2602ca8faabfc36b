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
	struct sockop *op = sockop_prepare((void __user *)r->sqe.addr, r->sqe.opcode != UOP_RECVMSG);

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
	return r->sqe.ioprio & ~RECVSEND_POLL_FIRST ? -EINVAL : 0;
}

int prep_recv(struct ureq *r)
{
	if (r->sqe.ioprio & ~(RECVSEND_POLL_FIRST | RECV_MULTISHOT))
		return -EINVAL;
	r->is_multi = r->sqe.ioprio & RECV_MULTISHOT;
	if (!r->is_multi)
		return 0;
	return !(r->sqe.flags & SQE_BUFFER_SELECT) || r->sqe.len || r->sqe.op_flags & MSG_WAITALL ||
	       r->sqe.flags & SQE_CQE_SKIP ? -EINVAL : 0;
}

/* Asked to look for readiness before anything else. */
static bool waits_first(struct ureq *r)
{
	bool first = r->sqe.ioprio & RECVSEND_POLL_FIRST && !r->tries && !r->is_begun;

	r->is_begun = true;
	return first;
}

s64 issue_send(struct ureq *r, bool may_block)
{
	u32 flags = r->sqe.op_flags | (may_block ? 0 : MSG_DONTWAIT) | MSG_NOSIGNAL;
	s64 n;

	if (!may_block && waits_first(r))
		return URING_WAIT;
	n = sockface_transfer(r->file, (void __user *)r->sqe.addr, r->sqe.len, flags, true);
	r->is_short = n >= 0 && n != r->sqe.len;
	return again(r, n, may_block);
}

/* Into the program's memory, or into a lent buffer, which goes back if nothing came. */
static s64 receive(struct ureq *r, bool may_block)
{
	u32 flags = r->sqe.op_flags | (may_block ? 0 : MSG_DONTWAIT) | MSG_NOSIGNAL, len = r->sqe.len;
	u64 addr = r->sqe.addr;
	s64 n;

	if (r->sqe.flags & SQE_BUFFER_SELECT) {
		n = ureq_buffer_take(r);
		if (n)
			return n;
		addr = r->sel_addr;
		len = r->sel_len;
	}
	n = sockface_transfer(r->file, (void __user *)addr, len, flags, false);
	r->is_short = n >= 0 && n != len && flags & MSG_WAITALL;
	if (n <= 0)
		ureq_buffer_return(r);
	return n;
}

/* As often as there is something; ends with the stream, an error, or without buffers. */
static s64 receive_all(struct ureq *r)
{
	s64 n;

	r->tries = 0;
	r->may_block = false;
	while ((n = receive(r, false)) > 0)
		ureq_tell(r, (s32)n, ureq_buffer_spend(r));
	return n == -EAGAIN ? URING_WAIT : n;
}

s64 issue_recv(struct ureq *r, bool may_block)
{
	s64 n;

	if (!may_block && waits_first(r))
		return URING_WAIT;
	if (r->is_multi)
		return receive_all(r);
	n = receive(r, may_block);
	r->cqe_flags = ureq_buffer_spend(r);
	return again(r, n, may_block);
}

/* ---- sends that tell when their memory is free: it is copied, so that is at once ---- */

int prep_send_zc(struct ureq *r)
{
	u32 len = (u32)r->sqe.splice_fd_in & 0xffffu;

	if (r->sqe.ioprio & ~(RECVSEND_POLL_FIRST | RECVSEND_FIXED_BUF) || r->sqe.flags & SQE_CQE_SKIP)
		return -EINVAL;
	if (r->sqe.off && (len > sizeof(r->addr) || user_copyin(r->addr, (void __user *)r->sqe.off, len)))
		return len > sizeof(r->addr) ? -EINVAL : -EFAULT;
	return r->sqe.ioprio & RECVSEND_FIXED_BUF ? prep_rw_fixed(r) :
	       uio_init_user(&r->uio, (void __user *)r->sqe.addr, r->sqe.len);
}

/* The result, then the notice, which is the request's last completion. */
static s64 tell_twice(struct ureq *r, s64 n)
{
	if (n == URING_WAIT)
		return n;
	ureq_tell(r, (s32)n, 0);
	r->is_short |= n < 0;
	r->cqe_flags = CQE_F_NOTIF;
	return 0;
}

s64 issue_send_zc(struct ureq *r, bool may_block)
{
	u32 flags = r->sqe.op_flags | (may_block ? 0 : MSG_DONTWAIT) | MSG_NOSIGNAL;
	u32 addr_len = r->sqe.off ? (u32)r->sqe.splice_fd_in & 0xffffu : 0;
	struct uio u = r->uio;		/* it may be tried again */
	s64 n;

	if (!may_block && waits_first(r))
		return URING_WAIT;
	n = sockface_send(r->file, &u, flags, r->addr, addr_len);
	r->is_short = n >= 0 && n != r->sqe.len;
	return tell_twice(r, again(r, n, may_block));
}

s64 issue_sendmsg_zc(struct ureq *r, bool may_block)
{
	return tell_twice(r, issue_msg(r, may_block));
}

/* ---- connections ---- */

int prep_accept(struct ureq *r)
{
	if (r->sqe.len || r->sqe.ioprio & ~ACCEPT_MULTISHOT || r->sqe.splice_fd_in)
		return -EINVAL;
	r->is_multi = r->sqe.ioprio & ACCEPT_MULTISHOT;
	if (r->is_multi && r->sqe.flags & SQE_CQE_SKIP)
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

static s64 accept_one(struct ureq *r, bool may_block)
{
	struct ofile *f = sockface_accept(r->file, (void __user *)r->sqe.addr, (s32 __user *)r->sqe.off,
					  (int)r->sqe.op_flags, may_block);

	if (PTR_ERR(f) == -EAGAIN && !may_block)
		return URING_WAIT;
	return install(f, r->sqe.op_flags & SOCK_CLOEXEC);
}

s64 issue_accept(struct ureq *r, bool may_block)
{
	s64 fd;

	if (!r->is_multi)
		return accept_one(r, may_block);
	r->tries = 0;
	r->may_block = false;
	while ((fd = accept_one(r, false)) >= 0)
		ureq_tell(r, (s32)fd, 0);
	return fd;
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
