// SPDX-License-Identifier: GPL-2.0-only
/*
 * One descriptor for bulk data: user buffers, kernel buffers, lists of pages.
 *
 * A transfer walks the segments with one primitive per kind; each public
 * function says what happens with a piece of at most one segment and stops at
 * the first piece that falls short. User ranges were checked when the
 * descriptor was made, and are only touched by the copy helpers.
 */
#include <tern/lib/string.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>

int uio_init_user(struct uio *u, void __user *buf, size_t len)
{
	if (!user_range_ok(buf, len))
		return -EFAULT;
	u->kind = UIO_USER;
	u->one = (struct iovec){ buf, len };
	u->iov = &u->one;
	u->pseg = NULL;
	u->nsegs = 1;
	u->seg_off = 0;
	u->resid = len;
	u->nofault = false;
	return 0;
}

void uio_init_kernel(struct uio *u, void *buf, size_t len)
{
	u->kind = UIO_KERNEL;
	u->one = (struct iovec){ buf, len };
	u->iov = &u->one;
	u->pseg = NULL;
	u->nsegs = 1;
	u->seg_off = 0;
	u->resid = len;
	u->nofault = false;
}

void uio_init_pages(struct uio *u, const struct uio_pageseg *seg, u32 n)
{
	*u = (struct uio){ .kind = UIO_PAGES, .pseg = seg, .nsegs = n };
	for (u32 i = 0; i < n; i++)
		u->resid += seg[i].len;
}

int uio_import(struct uio *u, const struct iovec __user *uiov, u64 n, struct iovec *store,
	       struct iovec **to_free)
{
	struct iovec *iov = store;
	size_t total = 0;
	int err;

	*to_free = NULL;
	if (n > UIO_MAXIOV)
		return -EINVAL;
	if (n > UIO_FAST) {
		iov = kmem_alloc(n * sizeof(*iov), ALLOC_KERNEL);
		if (!iov)
			return -ENOMEM;
	}
	err = n ? user_copyin(iov, uiov, n * sizeof(*iov)) : 0;
	for (u64 i = 0; i < n && !err; i++) {
		size_t len = iov[i].iov_len, left = ((size_t)S64_MAX & PAGE_MASK) - total;

		if ((ssize_t)len < 0)
			err = -EINVAL;
		else if (!user_range_ok(iov[i].iov_base, len))
			err = -EFAULT;
		else if (len > left)
			iov[i].iov_len = left;
		total += err ? 0 : iov[i].iov_len;
	}
	if (err) {
		if (iov != store)
			kmem_free(iov);
		return err;
	}
	*u = (struct uio){ .kind = UIO_USER, .iov = iov, .nsegs = (u32)n, .resid = total };
	*to_free = iov != store ? iov : NULL;
	return 0;
}

static inline size_t seg_len(const struct uio *u)
{
	return u->kind == UIO_PAGES ? u->pseg->len : u->iov->iov_len;
}

/* The current segment was used up: the next one, if any. */
static void next_seg(struct uio *u)
{
	u->seg_off = 0;
	u->nsegs--;
	if (u->kind == UIO_PAGES)
		u->pseg++;
	else
		u->iov++;
}

static inline void advance(struct uio *u, size_t n)
{
	u->seg_off += n;
	u->resid -= n;
}

/* Address of the current byte for kernel kinds. A page segment may span a compound page. */
static inline u8 *seg_kva(const struct uio *u)
{
	if (u->kind == UIO_PAGES)
		return (u8 *)page_to_virt(u->pseg->page) + u->pseg->off + u->seg_off;
	return (u8 *)u->iov->iov_base + u->seg_off;
}

static inline u8 __user *seg_uva(const struct uio *u)
{
	return (u8 __user *)u->iov->iov_base + u->seg_off;
}

enum uio_op { OP_PUT, OP_GET, OP_ZERO };

/* Bytes of a piece inside one segment that could not be done. */
static size_t user_piece(struct uio *u, enum uio_op op, u8 *k, size_t n)
{
	switch (op) {
	case OP_PUT:
		return u->nofault ? user_copyout_nofault(seg_uva(u), k, n)
				  : user_copyout_partial(seg_uva(u), k, n);
	case OP_GET:
		return u->nofault ? user_copyin_nofault(k, seg_uva(u), n)
				  : user_copyin_partial(k, seg_uva(u), n);
	default:
		return user_zero(seg_uva(u), n);
	}
}

static void kernel_piece(struct uio *u, enum uio_op op, u8 *k, size_t n)
{
	if (op == OP_PUT)
		memcpy(seg_kva(u), k, n);
	else if (op == OP_GET)
		memcpy(k, seg_kva(u), n);
	else
		memset(seg_kva(u), 0, n);
}

static size_t transfer(struct uio *u, enum uio_op op, u8 *k, size_t n)
{
	size_t done = 0;

	n = min(n, u->resid);
	while (done < n) {
		size_t len = seg_len(u) - u->seg_off, left = 0;

		if (!len) {
			next_seg(u);
			continue;
		}
		len = min(len, n - done);
		if (likely(u->kind == UIO_USER))
			left = user_piece(u, op, k + done, len);
		else
			kernel_piece(u, op, k + done, len);
		advance(u, len - left);
		done += len - left;
		if (unlikely(left))
			break;
	}
	return done;
}

size_t uio_put(struct uio *u, const void *src, size_t n)
{
	return transfer(u, OP_PUT, (u8 *)src, n);
}

size_t uio_get(struct uio *u, void *dst, size_t n)
{
	return transfer(u, OP_GET, dst, n);
}

size_t uio_put_page(struct uio *u, struct page *p, size_t off, size_t n)
{
	return transfer(u, OP_PUT, (u8 *)page_to_virt(p) + off, n);
}

size_t uio_get_page(struct uio *u, struct page *p, size_t off, size_t n)
{
	return transfer(u, OP_GET, (u8 *)page_to_virt(p) + off, n);
}

size_t uio_put_zero(struct uio *u, size_t n)
{
	return transfer(u, OP_ZERO, NULL, n);
}

void uio_skip(struct uio *u, size_t n)
{
	n = min(n, u->resid);
	while (n) {
		size_t len = min(seg_len(u) - u->seg_off, n);

		if (!len) {
			next_seg(u);
			continue;
		}
		advance(u, len);
		n -= len;
	}
}

void uio_revert(struct uio *u, size_t n)
{
	u->resid += n;
	while (n > u->seg_off) {
		n -= u->seg_off;
		u->nsegs++;
		if (u->kind == UIO_PAGES)
			u->pseg--;
		else
			u->iov--;
		u->seg_off = seg_len(u);
	}
	u->seg_off -= n;
}

void uio_truncate(struct uio *u, size_t n)
{
	u->resid = min(u->resid, n);
}

/* Touch one byte of each page of a user range; bytes from the first that faults on. */
static size_t touch_range(u8 __user *at, size_t n, bool for_write)
{
	u8 __user *end = at + n;

	while (at < end) {
		u64 v;

		if (user_get_1(&v, at) || (for_write && user_put_1(v, at)))
			return (size_t)(end - at);
		at = (u8 __user *)ALIGN_DOWN((uptr)at, PAGE_SIZE) + PAGE_SIZE;
	}
	return 0;
}

size_t uio_fault_in(struct uio *u, size_t n, bool for_write)
{
	const struct iovec *iov = u->iov;
	size_t off = u->seg_off;

	n = min(n, u->resid);
	if (u->kind != UIO_USER)
		return 0;
	while (n) {
		size_t len = min(iov->iov_len - off, n);
		size_t left = touch_range((u8 __user *)iov->iov_base + off, len, for_write);

		if (left)
			return n - len + left;
		n -= len;
		iov++;
		off = 0;
	}
	return 0;
}
