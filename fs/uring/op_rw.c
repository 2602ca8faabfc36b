// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes: plain, vectors, registered buffers. */
#include "uring_impl.h"

int prep_rw(struct ureq *r)
{
	if (r->sqe.flags & SQE_BUFFER_SELECT)
		return 0;
	return uio_init_user(&r->uio, (void __user *)r->sqe.addr, r->sqe.len);
}

/* The vector is the program's again when the request is submitted. */
int prep_rwv(struct ureq *r)
{
	return uio_import(&r->uio, (const struct iovec __user *)r->sqe.addr, r->sqe.len, r->store,
			  &r->iov_mem);
}

int prep_rw_fixed(struct ureq *r)
{
	u64 off = r->sqe.addr, left = r->sqe.len;
	struct uringbuf *b;
	u32 n = 0;

	b = uring_buf(r->ring, r->sqe.buf_index, r->sqe.addr, r->sqe.len);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	r->buf = b;
	r->segs = kmem_alloc_large((b->npages + 1) * sizeof(*r->segs), ALLOC_KERNEL);
	if (!r->segs)
		return -ENOMEM;
	off -= b->base & PAGE_MASK;
	while (left) {
		u32 in = off & ~PAGE_MASK, len = (u32)min_t(u64, left, PAGE_SIZE - in);

		r->segs[n++] = (struct uio_pageseg){ b->pages[off >> PAGE_SHIFT], in, len };
		off += len;
		left -= len;
	}
	uio_init_pages(&r->uio, r->segs, n);
	return 0;
}

static s64 transfer(struct ureq *r, bool is_write, bool may_block)
{
	struct uio u = r->uio;		/* it may be tried again */
	size_t want = u.resid;
	loff_t pos = (loff_t)r->sqe.off;
	s64 n;

	if (!(r->file->of_mode & (is_write ? OFILE_WRITE : OFILE_READ)))
		return -EBADF;
	if (pos < -1)
		return -EINVAL;
	if (r->sqe.flags & SQE_BUFFER_SELECT) {
		n = ureq_buffer_take(r);
		if (!n)
			n = uio_init_user(&u, (void __user *)r->sel_addr, r->sel_len);
		if (n)
			return n;
		want = u.resid;
	}
	n = ofile_transfer(r->file, &u, r->file->of_mode & OFILE_SEEK ? pos : -1, is_write, r->sqe.op_flags);
	r->is_short = n >= 0 && (size_t)n != want;
	if (n >= 0)
		r->cqe_flags |= ureq_buffer_spend(r);
	ureq_buffer_return(r);
	/* Of a file with O_NONBLOCK: waited for all the same. */
	return n == -EAGAIN && !may_block && !(r->sqe.op_flags & RWF_NOWAIT) ? URING_WAIT : n;
}

s64 issue_read(struct ureq *r, bool may_block)
{
	return transfer(r, false, may_block);
}

s64 issue_write(struct ureq *r, bool may_block)
{
	return transfer(r, true, may_block);
}
