/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct uio: the one descriptor of bulk data that travels through services:
 * user or kernel memory, one or many segments, range-checked once. Owner mm/uio.c.
 */
#pragma once

#include <asm/uaccess.h>
#include <uapi/uio.h>

struct page;

enum uio_kind { UIO_USER, UIO_KERNEL, UIO_PAGES };

struct uio_pageseg { struct page *page; u32 off, len; };

struct uio {
	enum uio_kind kind;
	const struct iovec *iov;	/* UIO_USER and UIO_KERNEL; borrowed */
	const struct uio_pageseg *pseg;	/* UIO_PAGES */
	u32 nsegs;			/* segments left, the current one included */
	size_t seg_off;			/* bytes of the current segment already used */
	size_t resid;			/* bytes left */
	bool nofault;			/* user pages are not faulted in: short copies instead */
	struct iovec one;		/* storage for single-buffer uses */
};

/** uio_init_user() - one user buffer; 0 or -EFAULT if it leaves user space. */
int uio_init_user(struct uio *u, void __user *buf, size_t len) __must_check;
void uio_init_kernel(struct uio *u, void *buf, size_t len);
void uio_init_pages(struct uio *u, const struct uio_pageseg *seg, u32 n);
/**
 * uio_import() - read and check a user iovec array
 * @store: caller's array of UIO_FAST entries, used if @n fits
 * Return: 0 with *to_free set to memory to kmem_free (or NULL); -EINVAL (too many, or total
 *	past SSIZE_MAX), -EFAULT, -ENOMEM.
 */
#define UIO_FAST 8
int uio_import(struct uio *u, const struct iovec __user *iov, u64 n, struct iovec *store,
	       struct iovec **to_free) __must_check;
/** uio_put() - copy kernel data to where @u points; returns bytes copied (short on fault). */
size_t uio_put(struct uio *u, const void *src, size_t n);
/** uio_get() - copy from where @u points into kernel memory; returns bytes copied. */
size_t uio_get(struct uio *u, void *dst, size_t n);
size_t uio_put_page(struct uio *u, struct page *p, size_t off, size_t n);
size_t uio_get_page(struct uio *u, struct page *p, size_t off, size_t n);
size_t uio_put_zero(struct uio *u, size_t n);
/** uio_skip() / uio_revert() - move without copying; revert at most what was advanced. */
void uio_skip(struct uio *u, size_t n);
void uio_revert(struct uio *u, size_t n);
/** uio_truncate() - at most @n bytes left. */
void uio_truncate(struct uio *u, size_t n);
/**
 * uio_fault_in() - touch up to @n bytes so that a nofault copy will go on;
 * bytes that stay unreachable.
 */
size_t uio_fault_in(struct uio *u, size_t n, bool for_write);

/**
 * uio_pin() - references on the memory of the next bytes, for a device; moves past them
 * @segs: out, at most @max pieces; @limit: bytes at most
 * @for_write: the device writes to it
 * @n: out, pieces used
 * Return: bytes covered; -EFAULT, -ENOMEM if none. Give back by uio_unpin(). Sleeps.
 */
ssize_t uio_pin(struct uio *u, struct uio_pageseg *segs, u32 max, size_t limit, bool for_write, u32 *n);
/** uio_unpin() - @was_written: the pages changed and are dirty now. Context: process. */
void uio_unpin(const struct uio_pageseg *segs, u32 n, bool was_written);
/** uio_alignment() - the bits set in any address or length of what is left; 0 for none. */
u64 uio_alignment(const struct uio *u);
