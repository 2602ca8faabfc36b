// SPDX-License-Identifier: GPL-2.0-only
/* The memory behind a uio as page pieces with references, for devices that transfer by themselves. */
#include <tern/mm/aspace.h>
#include <tern/mm/page.h>
#include <tern/mm/pagecache.h>
#include <tern/mm/uio.h>

#define PIN_BATCH	16u

static uptr current_address(const struct uio *u)
{
	return (uptr)u->iov->iov_base + u->seg_off;
}

static size_t current_left(const struct uio *u)
{
	return (u->kind == UIO_PAGES ? u->pseg->len : u->iov->iov_len) - u->seg_off;
}

/* Up to @max pieces of a user range; bytes or -errno. */
static ssize_t pin_user(uptr addr, size_t len, struct uio_pageseg *segs, u32 max, bool for_write, u32 *n)
{
	struct page *pages[PIN_BATCH];
	u32 off = addr & ~PAGE_MASK;
	u32 want = (u32)min_t(u64, DIV_ROUND_UP(off + len, PAGE_SIZE), min(max, PIN_BATCH));
	long got = aspace_pin(NULL, addr, want, for_write, pages);
	size_t done = 0;

	if (got < 0)
		return got;
	for (long i = 0; i < got; i++) {
		u32 part = (u32)min_t(size_t, len - done, PAGE_SIZE - off);

		segs[(*n)++] = (struct uio_pageseg){ pages[i], off, part };
		done += part;
		off = 0;
	}
	return (ssize_t)done;
}

/* One piece of kernel memory: slab or page allocator, in the direct map. */
static ssize_t pin_kernel(const struct uio *u, size_t len, struct uio_pageseg *segs, u32 *n)
{
	struct uio_pageseg s;
	u32 in_page;

	if (u->kind == UIO_PAGES) {
		u32 at = u->pseg->off + (u32)u->seg_off;

		s = (struct uio_pageseg){ u->pseg->page + (at >> PAGE_SHIFT), at & ~PAGE_MASK, 0 };
	} else {
		uptr va = current_address(u);

		s = (struct uio_pageseg){ virt_to_page((void *)va), va & ~PAGE_MASK, 0 };
	}
	in_page = PAGE_SIZE - s.off;
	s.len = (u32)min_t(size_t, len, in_page);
	page_get(s.page);
	segs[(*n)++] = s;
	return s.len;
}

ssize_t uio_pin(struct uio *u, struct uio_pageseg *segs, u32 max, size_t limit, bool for_write, u32 *n)
{
	size_t done = 0;

	*n = 0;
	limit = min(limit, u->resid);
	while (done < limit && *n < max) {
		size_t len = min(current_left(u), limit - done);
		ssize_t got;

		if (!len) {
			u->seg_off = 0;
			u->nsegs--;
			if (u->kind == UIO_PAGES)
				u->pseg++;
			else
				u->iov++;
			continue;
		}
		if (u->kind == UIO_USER)
			got = pin_user(current_address(u), len, segs, max - *n, for_write, n);
		else
			got = pin_kernel(u, len, segs, n);
		if (got < 0)
			return done ? (ssize_t)done : got;
		uio_skip(u, (size_t)got);
		done += (size_t)got;
	}
	return (ssize_t)done;
}

void uio_unpin(const struct uio_pageseg *segs, u32 n, bool was_written)
{
	for (u32 i = 0; i < n; i++) {
		if (was_written)
			page_mark_dirty(segs[i].page);
		page_put(segs[i].page);
	}
}

u64 uio_alignment(const struct uio *u)
{
	size_t left = u->resid, off = u->seg_off;
	u64 bits = 0;

	for (u32 i = 0; left; i++, off = 0) {
		size_t len = (u->kind == UIO_PAGES ? u->pseg[i].len : u->iov[i].iov_len) - off;

		len = min(len, left);
		if (len)
			bits |= len | (u->kind == UIO_PAGES ? u->pseg[i].off + off :
				       (uptr)u->iov[i].iov_base + off);
		left -= len;
	}
	return bits;
}
