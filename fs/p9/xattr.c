// SPDX-License-Identifier: GPL-2.0-only
/* 9P extended attributes: a fid of an attribute is read or written like a file. */
#include "p9_impl.h"

/* Attribute @name (or, empty, the list of names) to @buf. */
static ssize_t fetch(struct vnode *vn, const char *name, void *buf, size_t size)
{
	struct p9_mount *m = p9_mount_of(vn);
	u32 fid = p9_fid_new(m);
	struct p9_call c;
	u64 have = 0;
	ssize_t n = p9_begin(m, &c, P9_TXATTRWALK);

	if (n)
		return n;
	p9_put(&c.msg, p9_of(vn)->fid, 4);
	p9_put(&c.msg, fid, 4);
	p9_put_text(&c.msg, name, (u32)strlen(name));
	n = p9_send(&c, NULL, 0, false);
	if (!n)
		have = p9_take(&c.msg, 8);
	p9_end(&c);
	if (n)
		return n;
	if (size && have > size)
		n = -ERANGE;
	else if (have > 65536)
		n = -E2BIG;
	for (u64 at = 0; !n && size && at < have; ) {
		struct page *p = page_alloc(0, ALLOC_KERNEL);
		struct uio_pageseg seg = { p, 0, (u32)min_t(u64, PAGE_SIZE, have - at) };
		ssize_t got = p ? p9_io(m, fid, at, &seg, 1, seg.len, false) : -ENOMEM;

		if (got > 0)
			memcpy((u8 *)buf + at, page_to_virt(p), (size_t)got);
		if (p)
			page_put(p);
		n = got < 0 ? got : got ? 0 : -EIO;
		at += got > 0 ? (u64)got : 0;
	}
	p9_clunk(m, fid);
	return n ? n : (ssize_t)have;
}

ssize_t p9_getxattr(struct vnode *vn, const char *name, void *buf, size_t size)
{
	return fetch(vn, name, buf, size);
}

ssize_t p9_listxattr(struct vnode *vn, char *buf, size_t size)
{
	ssize_t n = fetch(vn, "", buf, size);

	return n == -EOPNOTSUPP ? 0 : n;
}

static int store(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags)
{
	struct p9_mount *m = p9_mount_of(vn);
	struct p9_call c;
	u32 fid;
	int err = p9_walk(m, p9_of(vn)->fid, NULL, 0, &fid);

	if (err)
		return err;
	err = p9_begin(m, &c, P9_TXATTRCREATE);
	if (!err) {
		p9_put(&c.msg, fid, 4);
		p9_put_text(&c.msg, name, (u32)strlen(name));
		p9_put(&c.msg, size, 8);
		p9_put(&c.msg, flags, 4);
		err = p9_send(&c, NULL, 0, false);
		p9_end(&c);
	}
	for (size_t at = 0; !err && at < size; ) {
		struct page *p = page_alloc(0, ALLOC_KERNEL);
		struct uio_pageseg seg = { p, 0, (u32)min_t(size_t, PAGE_SIZE, size - at) };
		ssize_t n = -ENOMEM;

		if (p) {
			memcpy(page_to_virt(p), (const u8 *)val + at, seg.len);
			n = p9_io(m, fid, at, &seg, 1, seg.len, true);
			page_put(p);
		}
		err = n < 0 ? (int)n : n ? 0 : -EIO;
		at += n > 0 ? (size_t)n : 0;
	}
	if (err) {
		p9_clunk(m, fid);
		return err;
	}
	/* The server sets it when the fid goes, and answers then. */
	err = p9_begin(m, &c, P9_TCLUNK);
	if (err)
		return err;
	p9_put(&c.msg, fid, 4);
	err = p9_send(&c, NULL, 0, false);
	p9_end(&c);
	return err;
}

int p9_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags)
{
	return store(vn, name, val, size, flags);
}

int p9_removexattr(struct vnode *vn, const char *name)
{
	return store(vn, name, NULL, 0, XATTR_REPLACE);
}
