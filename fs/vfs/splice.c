// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving data between files without user memory: sendfile(2),
 * copy_file_range(2), splice(2), tee(2), vmsplice(2).
 *
 * The unit is a batch of page pieces. From a file in the page cache they are
 * its own pages, from others fresh ones that were read into; to a pipe they are
 * handed over, to a file they are written by an ordinary write.
 */
#include "vfs_impl.h"

#include <tern/kernel/syscalls.h>

#define BATCH 16

static bool has_pages(const struct ofile *f)
{
	return S_ISREG(f->of_vnode->vn_mode) && f->of_ops->read == fop_pagecache_read;
}

static void put_pieces(struct uio_pageseg *seg, u32 n)
{
	for (u32 i = 0; i < n; i++)
		page_put(seg[i].page);
}

/* References on up to BATCH pages of the file at @pos. Pieces, 0 at the end, or -errno. */
static int pieces_of_cache(struct ofile *f, loff_t pos, size_t len, struct uio_pageseg *seg)
{
	struct pagecache *pc = f->of_vnode->vn_pc;
	loff_t size = vnode_size(f->of_vnode);
	int n = 0;

	while (len && pos < size && n < BATCH) {
		size_t off = (size_t)pos & ~PAGE_MASK;
		size_t part = min_t(size_t, len, min_t(u64, PAGE_SIZE - off, (u64)(size - pos)));
		struct page *p = pagecache_find(pc, (u64)pos >> PAGE_SHIFT);

		if (!p && (pc->flags & PAGECACHE_SWAPBACKED) &&
		    pagecache_is_hole(pc, (u64)pos >> PAGE_SHIFT)) {
			p = page_zero_frame;	/* a hole */
			page_get(p);
		} else if (!p || !page_flag_test(p, PG_UPTODATE)) {
			if (p)
				page_put(p);
			rwsem_read_lock(&pc->inval);
			p = pagecache_read_in(pc, (u64)pos >> PAGE_SHIFT);
			rwsem_read_unlock(&pc->inval);
		}
		if (IS_ERR(p))
			return n ? n : (int)PTR_ERR(p);
		seg[n++] = (struct uio_pageseg){ p, (u32)off, (u32)part };
		pos += (loff_t)part;
		len -= part;
	}
	return n;
}

/* Fresh pages filled by an ordinary read. */
static int pieces_by_reading(struct ofile *f, loff_t *pos, size_t len, struct uio_pageseg *seg)
{
	u32 n = (u32)min_t(size_t, BATCH, DIV_ROUND_UP(len, PAGE_SIZE)), got = 0;
	struct uio u;
	ssize_t done;

	for (; got < n; got++) {
		struct page *p = page_alloc(0, ALLOC_USER);

		if (!p)
			break;
		seg[got] = (struct uio_pageseg){ p, 0, (u32)min_t(size_t, len, PAGE_SIZE) };
		len -= seg[got].len;
	}
	if (!got)
		return -ENOMEM;
	uio_init_pages(&u, seg, got);
	done = ofile_read(f, &u, pos);
	for (n = 0; n < got && done > 0; n++) {
		seg[n].len = (u32)min_t(size_t, (size_t)done, seg[n].len);
		done -= seg[n].len;
	}
	put_pieces(seg + n, got - n);
	return done < 0 ? (int)done : (int)n;
}

static size_t total(const struct uio_pageseg *seg, u32 n)
{
	size_t sum = 0;

	for (u32 i = 0; i < n; i++)
		sum += seg[i].len;
	return sum;
}

/* Pieces of @f from *@pos on; the position moves past them. */
static int get_pieces(struct ofile *f, loff_t *pos, size_t len, struct uio_pageseg *seg)
{
	int n;

	if (!has_pages(f))
		return pieces_by_reading(f, pos, len, seg);
	n = pieces_of_cache(f, *pos, len, seg);
	if (n > 0)
		*pos += (loff_t)total(seg, (u32)n);
	return n;
}

/* ---- file to file ---- */

static ssize_t copy_between(struct ofile *in, loff_t *ipos, struct ofile *out, loff_t *opos, size_t len)
{
	struct uio_pageseg seg[BATCH];
	ssize_t done = 0, n = 0;

	while (len && !signal_is_pending()) {
		int k = get_pieces(in, ipos, len, seg);
		size_t want;
		struct uio u;

		if (k <= 0) {
			n = k;
			break;
		}
		want = total(seg, (u32)k);
		uio_init_pages(&u, seg, (u32)k);
		n = ofile_write(out, &u, opos);
		put_pieces(seg, (u32)k);
		if (n < (ssize_t)want)
			*ipos -= (loff_t)(want - (size_t)max_t(ssize_t, n, 0));
		if (n <= 0)
			break;
		done += n;
		len -= (size_t)n;
		if (n < (ssize_t)want)
			break;
		sched_check();
	}
	if (!done && !n && len && signal_is_pending())
		return -ERESTARTSYS;
	return done ? done : n;
}

static long do_sendfile(struct ofile *in, struct ofile *out, loff_t *upos, size_t len)
{
	loff_t ipos = upos ? *upos : in->of_pos, opos = out->of_pos;
	ssize_t n;

	if (!(in->of_mode & OFILE_READ) || !(out->of_mode & OFILE_WRITE))
		return -EBADF;
	if (upos && !(in->of_mode & OFILE_SEEK))
		return -ESPIPE;
	if (out->of_flags & O_APPEND)
		return -EINVAL;
	if (ipos < 0)
		return -EINVAL;
	n = copy_between(in, &ipos, out, &opos, min_t(size_t, len, RW_MAX));
	if (n > 0) {
		out->of_pos = opos;
		if (upos)
			*upos = ipos;
		else
			in->of_pos = ipos;
	}
	return n;
}

long sys_sendfile(int out_fd, int in_fd, loff_t __user *upos, size_t len)
{
	struct fdref in, out;
	loff_t pos = 0;
	long n = -EBADF;

	if (upos && user_get(pos, upos))
		return -EFAULT;
	in = fd_borrow(in_fd);
	out = fd_borrow(out_fd);
	if (in.file && out.file)
		n = do_sendfile(in.file, out.file, upos ? &pos : NULL, len);
	if (in.file)
		fd_return(in);
	if (out.file)
		fd_return(out);
	if (upos && n > 0 && user_put(pos, upos))
		return -EFAULT;
	return n;
}

static int check_copy_range(struct ofile *in, struct ofile *out, loff_t ip, loff_t op, size_t *len)
{
	if (vnode_is_dir(in->of_vnode) || vnode_is_dir(out->of_vnode))
		return -EISDIR;
	if (!S_ISREG(in->of_vnode->vn_mode) || !S_ISREG(out->of_vnode->vn_mode))
		return -EINVAL;
	if (!(in->of_mode & OFILE_READ) || !(out->of_mode & OFILE_WRITE) || (out->of_flags & O_APPEND))
		return -EBADF;
	if (in->of_vnode->vn_fs != out->of_vnode->vn_fs && in->of_vnode->vn_fs->type != out->of_vnode->vn_fs->type)
		return -EXDEV;
	if (ip < 0 || op < 0)
		return -EINVAL;
	if ((u64)ip + *len < (u64)ip || (u64)op + *len < (u64)op)
		return -EOVERFLOW;
	*len = min_t(u64, *len, ip < vnode_size(in->of_vnode) ? (u64)(vnode_size(in->of_vnode) - ip) : 0);
	if (in->of_vnode == out->of_vnode && (u64)op + *len > (u64)ip && (u64)ip + *len > (u64)op && *len)
		return -EINVAL;
	return 0;
}

static long do_copy_range(struct ofile *in, loff_t *ip, struct ofile *out, loff_t *op, size_t len)
{
	loff_t ipos = ip ? *ip : in->of_pos, opos = op ? *op : out->of_pos;
	ssize_t n = check_copy_range(in, out, ipos, opos, &len);

	if (n || !len)
		return n;
	n = copy_between(in, &ipos, out, &opos, min_t(size_t, len, RW_MAX));
	if (n <= 0)
		return n;
	*(ip ? ip : &in->of_pos) = ipos;
	*(op ? op : &out->of_pos) = opos;
	return n;
}

long sys_copy_file_range(int in_fd, loff_t __user *uip, int out_fd, loff_t __user *uop, size_t len, u32 flags)
{
	loff_t ip = 0, op = 0;
	struct fdref in, out;
	long n = -EBADF;

	if (flags)
		return -EINVAL;
	if ((uip && user_get(ip, uip)) || (uop && user_get(op, uop)))
		return -EFAULT;
	in = fd_borrow(in_fd);
	out = fd_borrow(out_fd);
	if (in.file && out.file)
		n = do_copy_range(in.file, uip ? &ip : NULL, out.file, uop ? &op : NULL, len);
	if (in.file)
		fd_return(in);
	if (out.file)
		fd_return(out);
	if (n > 0 && ((uip && user_put(ip, uip)) || (uop && user_put(op, uop))))
		return -EFAULT;
	return n;
}

/* ---- file to pipe, pipe to file: the default slots ---- */

ssize_t fop_default_splice_read(struct ofile *f, loff_t *pos, struct ofile *pipe, size_t len, u32 flags)
{
	struct uio_pageseg seg[BATCH];
	ssize_t taken, bytes;
	int n, err;

	err = pipe_room(pipe, flags);
	if (err)
		return err;
	n = get_pieces(f, pos, len, seg);
	if (n <= 0)
		return n;
	taken = pipe_push(pipe, seg, (u32)n, flags);
	if (taken < n) {
		u32 kept = (u32)max_t(ssize_t, taken, 0);

		*pos -= (loff_t)total(seg + kept, (u32)n - kept);
		put_pieces(seg + kept, (u32)n - kept);
	}
	bytes = taken > 0 ? (ssize_t)total(seg, (u32)taken) : taken;
	return bytes;
}

ssize_t fop_default_splice_write(struct ofile *pipe, struct ofile *f, loff_t *pos, size_t len, u32 flags)
{
	struct uio_pageseg seg[BATCH];
	struct uio u;
	ssize_t done;
	int n = pipe_hold(pipe, seg, BATCH, len, flags);

	if (n <= 0)
		return n;
	uio_init_pages(&u, seg, (u32)n);
	done = ofile_write(f, &u, pos);
	pipe_release(pipe, (size_t)max_t(ssize_t, done, 0));
	return done;
}

/* One of the ends is a pipe; moves until @len is done or one step falls short. */
static ssize_t splice_steps(struct ofile *in, loff_t *ip, struct ofile *out, loff_t *op, size_t len, u32 flags)
{
	ssize_t done = 0, n = 0;

	while (len) {
		if (ofile_is_pipe(in) && ofile_is_pipe(out))
			n = pipe_move(in, out, len, flags, false);
		else if (ofile_is_pipe(in))
			n = out->of_ops->splice_write(in, out, op, len, flags);
		else
			n = in->of_ops->splice_read(in, ip, out, len, flags);
		if (n <= 0)
			break;
		done += n;
		len -= (size_t)n;
		/* What came so far is enough: do not wait for more. */
		if (ofile_is_pipe(in) || signal_is_pending())
			flags |= SPLICE_F_NONBLOCK;
		if (!has_pages(in) && !ofile_is_pipe(in))
			break;
	}
	return done ? done : n;
}

long ofile_splice(struct ofile *in, loff_t *ip, struct ofile *out, loff_t *op, size_t len, u32 flags)
{
	loff_t ipos = ip ? *ip : in->of_pos, opos = op ? *op : out->of_pos;
	bool in_pipe = ofile_is_pipe(in), out_pipe = ofile_is_pipe(out);
	ssize_t n;

	if (!(in->of_mode & OFILE_READ) || !(out->of_mode & OFILE_WRITE))
		return -EBADF;
	if ((in_pipe && ip) || (out_pipe && op))
		return -ESPIPE;
	if (!in_pipe && !out_pipe)
		return -EINVAL;
	if ((ip && !(in->of_mode & OFILE_SEEK)) || (op && !(out->of_mode & OFILE_SEEK)))
		return -EINVAL;
	if ((out->of_flags & O_APPEND) && !out_pipe)
		return -EINVAL;
	n = splice_steps(in, &ipos, out, &opos, min_t(size_t, len, RW_MAX), flags);
	if (n > 0) {
		if (!in_pipe)
			*(ip ? ip : &in->of_pos) = ipos;
		if (!out_pipe)
			*(op ? op : &out->of_pos) = opos;
	}
	return n;
}

#define SPLICE_ALL (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

long sys_splice(int in_fd, loff_t __user *uip, int out_fd, loff_t __user *uop, size_t len, u32 flags)
{
	loff_t ip = 0, op = 0;
	struct fdref in, out;
	long n = -EBADF;

	if (!len)
		return 0;
	if (flags & ~SPLICE_ALL)
		return -EINVAL;
	if ((uip && user_get(ip, uip)) || (uop && user_get(op, uop)))
		return -EFAULT;
	in = fd_borrow(in_fd);
	out = fd_borrow(out_fd);
	if (in.file && out.file)
		n = ofile_splice(in.file, uip ? &ip : NULL, out.file, uop ? &op : NULL, len, flags);
	if (in.file)
		fd_return(in);
	if (out.file)
		fd_return(out);
	if (n > 0 && ((uip && user_put(ip, uip)) || (uop && user_put(op, uop))))
		return -EFAULT;
	return n;
}

long ofile_tee(struct ofile *in, struct ofile *out, size_t len, u32 flags)
{
	if (!(in->of_mode & OFILE_READ) || !(out->of_mode & OFILE_WRITE))
		return -EBADF;
	if (!ofile_is_pipe(in) || !ofile_is_pipe(out))
		return -EINVAL;
	return pipe_move(in, out, len, flags, true);
}

long sys_tee(int in_fd, int out_fd, size_t len, u32 flags)
{
	struct fdref in, out;
	long n = -EBADF;

	if (flags & ~SPLICE_ALL)
		return -EINVAL;
	if (!len)
		return 0;
	in = fd_borrow(in_fd);
	out = fd_borrow(out_fd);
	if (in.file && out.file)
		n = ofile_tee(in.file, out.file, len, flags);
	if (in.file)
		fd_return(in);
	if (out.file)
		fd_return(out);
	return n;
}

/* ---- user memory and pipes ---- */

/* The user's pages themselves enter the pipe: later changes of them show. */
static ssize_t user_to_pipe(struct ofile *pipe, struct uio *u, u32 flags)
{
	struct page *pages[BATCH];
	struct uio_pageseg seg[BATCH];
	ssize_t done = 0, taken;

	while (u->resid) {
		size_t at = (size_t)u->iov->iov_base + u->seg_off, left = u->iov->iov_len - u->seg_off;
		size_t off = at & ~PAGE_MASK;
		long n;

		if (!left) {
			uio_skip(u, 0);
			u->iov++;
			u->nsegs--;
			u->seg_off = 0;
			continue;
		}
		n = aspace_pin(thread_self()->t_as, at - off,
			       (u32)min_t(size_t, BATCH, DIV_ROUND_UP(off + left, PAGE_SIZE)), false, pages);
		if (n <= 0)
			return done ? done : n ? n : -EFAULT;
		for (long i = 0; i < n; i++) {
			size_t part = min_t(size_t, PAGE_SIZE - off, left);

			seg[i] = (struct uio_pageseg){ pages[i], (u32)off, (u32)part };
			left -= part;
			off = 0;
		}
		taken = pipe_push(pipe, seg, (u32)n, flags);
		if (taken < n)
			put_pieces(seg + max_t(ssize_t, taken, 0), (u32)(n - max_t(ssize_t, taken, 0)));
		if (taken <= 0)
			return done ? done : taken;
		done += (ssize_t)total(seg, (u32)taken);
		uio_skip(u, total(seg, (u32)taken));
		flags |= SPLICE_F_NONBLOCK;
	}
	return done;
}

long sys_vmsplice(int fd, const struct iovec __user *iov, u64 cnt, u32 flags)
{
	struct iovec store[UIO_FAST], *to_free;
	struct fdref r;
	struct uio u;
	loff_t pos = 0;
	long n;

	if (flags & ~SPLICE_ALL)
		return -EINVAL;
	r = fd_borrow(fd);
	if (!r.file)
		return -EBADF;
	if (!ofile_is_pipe(r.file)) {
		fd_return(r);
		return -EBADF;
	}
	n = uio_import(&u, iov, cnt, store, &to_free);
	if (!n) {
		if (!u.resid)
			n = 0;
		else if (r.file->of_mode & OFILE_WRITE)
			n = user_to_pipe(r.file, &u, flags);
		else
			n = r.file->of_ops->read(r.file, &u, &pos);
		kmem_free(to_free);
	}
	fd_return(r);
	return n;
}
