// SPDX-License-Identifier: GPL-2.0-only
/*
 * 9P file contents. Reads and writes go to the server each time (cache=none); pages are kept
 * for mappings only, which may be private or read-only, and are forgotten when the server's file
 * has another time or size, or is written here.
 */
#include "p9_impl.h"

#define CHUNK_PAGES 16u

/* An open file has a fid of its own. */
struct p9_open { u32 fid; };

static int p9_file_open(struct ofile *f, struct vnode *vn)
{
	struct p9_open *o = kmem_alloc(sizeof(*o), ALLOC_KERNEL);
	u32 flags = f->of_flags & (O_ACCMODE | O_DSYNC | O_SYNC_BIT | O_NOATIME | O_DIRECTORY);
	int err = o ? p9_open(p9_mount_of(vn), p9_of(vn)->fid, flags | O_LARGEFILE, &o->fid) : -ENOMEM;

	if (!err)
		err = p9_refresh(vn);
	if (err) {
		kmem_free(o);
		return err;
	}
	f->of_priv = o;
	return 0;
}

static void p9_release(struct ofile *f)
{
	struct p9_open *o = f->of_priv;

	p9_clunk(p9_mount_of(f->of_vnode), o->fid);
	kmem_free(o);
}

static void put_pages(struct uio_pageseg *segs, u32 n)
{
	for (u32 i = 0; i < n; i++)
		page_put(segs[i].page);
}

/* Pages for @len bytes; fewer if memory is short. Bytes, or -ENOMEM. */
static ssize_t take_pages(struct uio_pageseg *segs, u32 *n, size_t len)
{
	ssize_t room = 0;

	for (*n = 0; *n < CHUNK_PAGES && (size_t)room < len; ++*n) {
		struct page *p = page_alloc(0, ALLOC_USER);

		if (!p)
			break;
		segs[*n] = (struct uio_pageseg){ p, 0, (u32)min_t(size_t, PAGE_SIZE, len - (size_t)room) };
		room += segs[*n].len;
	}
	return *n ? room : -ENOMEM;
}

/* One message's worth between @u and the server. Bytes or -errno. */
static ssize_t transfer(struct ofile *f, struct uio *u, u64 pos, bool is_write)
{
	struct p9_mount *m = p9_mount_of(f->of_vnode);
	struct uio_pageseg segs[CHUNK_PAGES];
	ssize_t len, done, copied = 0;
	u32 n;

	len = take_pages(segs, &n, min_t(size_t, u->resid, m->payload));
	if (len < 0)
		return len;
	for (u32 i = 0; i < n && is_write; i++)
		if (uio_get_page(u, segs[i].page, 0, segs[i].len) != segs[i].len) {
			put_pages(segs, n);
			return -EFAULT;
		}
	done = p9_io(m, ((struct p9_open *)f->of_priv)->fid, pos, segs, n, (u32)len, is_write);
	if (is_write) {
		uio_revert(u, (size_t)(len - max_t(ssize_t, done, 0)));
		copied = done;
	} else {
		for (u32 i = 0; i < n && copied < done; i++) {
			size_t part = min_t(size_t, segs[i].len, (size_t)(done - copied));
			size_t got = uio_put_page(u, segs[i].page, 0, part);

			copied += (ssize_t)got;
			if (got != part)
				break;
		}
		if (done > 0 && !copied)
			copied = -EFAULT;
		else if (done <= 0)
			copied = done;
	}
	put_pages(segs, n);
	return copied;
}

static ssize_t p9_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	ssize_t total = 0, n = 0;

	while (u->resid) {
		size_t want = u->resid;

		n = transfer(f, u, (u64)*pos, false);
		if (n <= 0)
			break;
		*pos += n;
		total += n;
		if ((size_t)n < want && (size_t)n < CHUNK_PAGES * PAGE_SIZE)
			break;
	}
	return total ? total : n;
}

static ssize_t p9_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct vnode *vn = f->of_vnode;
	ssize_t total = 0, n = 0;

	rwsem_write_lock(&vn->vn_lock);
	if (f->of_flags & O_APPEND) {
		n = p9_refresh(vn);
		*pos = vnode_size(vn);
	}
	if (!n)
		n = fsize_limit(vn, *pos, u->resid);
	if (n > 0) {
		uio_truncate(u, (size_t)n);
		vnode_kill_suid(vn);
	}
	while (n > 0 && u->resid) {
		n = transfer(f, u, (u64)*pos, true);
		if (n <= 0)
			break;
		*pos += n;
		total += n;
	}
	if (total) {
		(void)pagecache_drop_clean(vn->vn_pc, 0, U64_MAX);
		(void)p9_refresh(vn);
	}
	rwsem_write_unlock(&vn->vn_lock);
	return total ? total : n;
}

static loff_t p9_seek(struct ofile *f, loff_t off, int whence)
{
	if (whence == SEEK_END) {
		int err = p9_refresh(f->of_vnode);

		if (err)
			return err;
	}
	return fop_default_seek(f, off, whence);
}

static int p9_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync)
{
	struct p9_call c;
	int err = p9_begin(p9_mount_of(f->of_vnode), &c, P9_TFSYNC);

	if (err)
		return err;
	p9_put(&c.msg, ((struct p9_open *)f->of_priv)->fid, 4);
	p9_put(&c.msg, datasync, 4);
	err = p9_send(&c, NULL, 0, false);
	p9_end(&c);
	return err;
}

/* ---- mappings ---- */

static int map_fid(struct p9_vnode *v)
{
	u32 fid;
	int err = 0;

	kmutex_lock(&v->lock);
	if (v->map_fid == P9_NOFID) {
		err = p9_open(p9_mount_of(&v->vn), v->fid, O_RDONLY | O_LARGEFILE, &fid);
		if (!err)
			v->map_fid = fid;
	}
	kmutex_unlock(&v->lock);
	return err;
}

static int p9_mmap(struct ofile *f, struct map_request *req)
{
	int err;

	if ((req->rflags & REGION_SHARED) && (req->rflags & REGION_MAYWRITE))
		return -EINVAL;
	err = map_fid(p9_of(f->of_vnode));
	return err ? err : fop_default_mmap(f, req);
}

static int read_page(struct pagecache *pc, struct page *page)
{
	struct p9_vnode *v = p9_of(pc->vnode);
	struct uio_pageseg seg = { page, 0, PAGE_SIZE };
	ssize_t n = map_fid(v);
	u32 got = 0;

	while (!n && got < PAGE_SIZE) {
		seg.off = got;
		seg.len = PAGE_SIZE - got;
		n = p9_io(p9_mount_of(pc->vnode), v->map_fid, (page->index << PAGE_SHIFT) + got, &seg, 1, seg.len,
			  false);
		if (n <= 0)
			break;
		got += (u32)n;
		n = 0;
	}
	if (!n) {
		memset((u8 *)page_to_virt(page) + got, 0, PAGE_SIZE - got);
		page_flag_set(page, PG_UPTODATE);
	}
	page_unlock(page);
	return (int)n;
}

static int no_write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv)
{
	return -EINVAL;
}

static int no_make_writable(struct pagecache *pc, struct page *page)
{
	return -EINVAL;
}

const struct pagecache_ops p9_pagecache_ops = {
	.read_page = read_page,
	.read_ahead = pagecache_no_read_ahead,
	.write_page = pagecache_memory_write_page,
	.write_begin = no_write_begin,
	.write_end = pagecache_memory_write_end,
	.make_writable = no_make_writable,
	.release_page = pagecache_memory_release_page,
};

/* ---- directories: positions are the server's ---- */

static int p9_readdir(struct ofile *f, struct dir_sink *s)
{
	for (;;) {
		struct p9_call c;
		u32 left, n = 0;
		bool full = false;
		int err = p9_begin(p9_mount_of(f->of_vnode), &c, P9_TREADDIR);

		if (err)
			return err;
		p9_put(&c.msg, ((struct p9_open *)f->of_priv)->fid, 4);
		p9_put(&c.msg, (u64)s->pos, 8);
		p9_put(&c.msg, P9_BUF - P9_HEAD - 4, 4);
		err = p9_send(&c, NULL, 0, false);
		left = err ? 0 : (u32)p9_take(&c.msg, 4);
		if (!err && left > c.msg.size - c.msg.at)
			err = -EIO;
		for (c.msg.size = min(c.msg.size, c.msg.at + left); !err && c.msg.at < c.msg.size && !full; n++) {
			struct p9_qid q = p9_take_qid(&c.msg);
			u64 next = p9_take(&c.msg, 8);
			u32 type = (u32)p9_take(&c.msg, 1), len;
			const char *name = p9_take_text(&c.msg, &len);

			if (!name || !len || len > NAME_MAX || next > (u64)S64_MAX)
				err = -EIO;
			else
				full = !s->emit(s, name, len, q.path, type, (loff_t)next);
		}
		p9_end(&c);
		if (err || full || !n)
			return err;
	}
}

const struct ofile_ops p9_file_fops = {
	.open = p9_file_open, .release = p9_release, .read = p9_read, .write = p9_write, .seek = p9_seek,
	.readdir = fop_no_readdir, .poll = fop_default_poll, .ioctl = fop_no_ioctl, .mmap = p9_mmap,
	.fsync = p9_fsync, .fallocate = fop_no_fallocate, FOPS_PLAIN,
};
const struct ofile_ops p9_dir_fops = {
	.open = p9_file_open, .release = p9_release, .read = fop_isdir_read, .write = fop_no_write,
	.seek = fop_dir_seek, .readdir = p9_readdir, .poll = fop_default_poll, .ioctl = fop_no_ioctl,
	.mmap = fop_no_mmap, .fsync = p9_fsync, .fallocate = fop_no_fallocate, FOPS_PLAIN,
};
