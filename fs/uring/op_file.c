// SPDX-License-Identifier: GPL-2.0-only
/* Operations on files and names: what their system calls do, table at the end. */
#include "uring_impl.h"
#include "op_file.h"

#include <tern/kernel/syscalls.h>

#define USER(x)	((void __user *)(x))

int prep_none(struct ureq *r)
{
	return 0;
}

s64 issue_nop(struct ureq *r, bool may_block)
{
	return 0;
}

int prep_fsync(struct ureq *r)
{
	return (r->sqe.op_flags & ~URING_FSYNC_DATASYNC) || r->sqe.addr || r->sqe.buf_index ? -EINVAL : 0;
}

s64 issue_fsync(struct ureq *r, bool may_block)
{
	loff_t off = (loff_t)r->sqe.off, end = off + r->sqe.len;

	if (off < 0)
		return -EINVAL;
	return r->file->of_ops->fsync(r->file, off, end > 0 ? end : S64_MAX,
				      r->sqe.op_flags & URING_FSYNC_DATASYNC);
}

s64 issue_fallocate(struct ureq *r, bool may_block)
{
	return ofile_fallocate(r->file, (int)r->sqe.len, (loff_t)r->sqe.off, (loff_t)r->sqe.addr);
}

/* The other end of a splice or tee. */
static struct ofile *splice_source(struct ureq *r)
{
	if (r->sqe.op_flags & SPLICE_FD_IN_FIXED)
		return uring_file(r->ring, (u32)r->sqe.splice_fd_in);
	return fd_get(r->sqe.splice_fd_in);
}

int prep_splice(struct ureq *r)
{
	return r->sqe.op_flags & ~(SPLICE_FD_IN_FIXED | 15u) ? -EINVAL : 0;
}

s64 issue_splice(struct ureq *r, bool may_block)
{
	loff_t ip = (loff_t)r->sqe.addr, op = (loff_t)r->sqe.off;
	struct ofile *in = splice_source(r);
	s64 n = 0;

	if (IS_ERR(in))
		return PTR_ERR(in);
	if (r->sqe.len)
		n = ofile_splice(in, ip == -1 ? NULL : &ip, r->file, op == -1 ? NULL : &op, r->sqe.len,
				 r->sqe.op_flags & 15);
	r->is_short = n >= 0 && n != r->sqe.len;
	ofile_put(in);
	return n;
}

s64 issue_tee(struct ureq *r, bool may_block)
{
	struct ofile *in = splice_source(r);
	s64 n = 0;

	if (IS_ERR(in))
		return PTR_ERR(in);
	if (r->sqe.len)
		n = ofile_tee(in, r->file, r->sqe.len, r->sqe.op_flags & 15);
	r->is_short = n >= 0 && n != r->sqe.len;
	ofile_put(in);
	return n;
}

s64 issue_openat(struct ureq *r, bool may_block)
{
	return sys_openat(r->sqe.fd, USER(r->sqe.addr), r->sqe.op_flags, r->sqe.len);
}

s64 issue_openat2(struct ureq *r, bool may_block)
{
	return sys_openat2(r->sqe.fd, USER(r->sqe.addr), USER(r->sqe.off), r->sqe.len);
}

/* Names and descriptors of the process: no registered files. */
int prep_names(struct ureq *r)
{
	return r->sqe.flags & SQE_FIXED_FILE ? -EBADF : r->sqe.splice_fd_in ? -EINVAL : 0;
}

int prep_close(struct ureq *r)
{
	if (r->sqe.off || r->sqe.addr || r->sqe.len || r->sqe.op_flags || r->sqe.buf_index)
		return -EINVAL;
	return prep_names(r);
}

s64 issue_close(struct ureq *r, bool may_block)
{
	struct ofile *f = fd_get(r->sqe.fd);
	bool is_ring;

	if (IS_ERR(f))
		return PTR_ERR(f);
	is_ring = uring_of(f);
	ofile_put(f);
	return is_ring ? -EBADF : fd_close(r->sqe.fd);
}

s64 issue_statx(struct ureq *r, bool may_block)
{
	return sys_statx(r->sqe.fd, USER(r->sqe.addr), r->sqe.op_flags, r->sqe.len, USER(r->sqe.off));
}

s64 issue_sync_range(struct ureq *r, bool may_block)
{
	return sys_sync_file_range(r->sqe.fd, (loff_t)r->sqe.off, (loff_t)r->sqe.len, r->sqe.op_flags);
}

s64 issue_fadvise(struct ureq *r, bool may_block)
{
	return sys_fadvise64(r->sqe.fd, (loff_t)r->sqe.off, (loff_t)r->sqe.len, (int)r->sqe.op_flags);
}

s64 issue_madvise(struct ureq *r, bool may_block)
{
	return sys_madvise(r->sqe.addr, r->sqe.len, (int)r->sqe.op_flags);
}

s64 issue_epoll_ctl(struct ureq *r, bool may_block)
{
	return sys_epoll_ctl(r->sqe.fd, (int)r->sqe.len, (int)r->sqe.off, USER(r->sqe.addr));
}

s64 issue_renameat(struct ureq *r, bool may_block)
{
	return sys_renameat2(r->sqe.fd, USER(r->sqe.addr), (int)r->sqe.len, USER(r->sqe.off), r->sqe.op_flags);
}

s64 issue_unlinkat(struct ureq *r, bool may_block)
{
	return sys_unlinkat(r->sqe.fd, USER(r->sqe.addr), r->sqe.op_flags);
}

s64 issue_mkdirat(struct ureq *r, bool may_block)
{
	return sys_mkdirat(r->sqe.fd, USER(r->sqe.addr), r->sqe.len);
}

s64 issue_symlinkat(struct ureq *r, bool may_block)
{
	return sys_symlinkat(USER(r->sqe.addr), r->sqe.fd, USER(r->sqe.off));
}

s64 issue_linkat(struct ureq *r, bool may_block)
{
	return sys_linkat(r->sqe.fd, USER(r->sqe.addr), (int)r->sqe.len, USER(r->sqe.off), r->sqe.op_flags);
}

s64 issue_files_update(struct ureq *r, bool may_block)
{
	return uring_files_update(r->ring, (u32)r->sqe.off, USER(r->sqe.addr), r->sqe.len);
}
