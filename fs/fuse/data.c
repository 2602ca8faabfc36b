// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contents of a daemon's files. Reads go through the page cache unless the daemon (FOPEN_DIRECT_IO)
 * or the caller (O_DIRECT) wants them not to; writes go to the daemon at once and into the pages
 * that are cached. Pages that a shared mapping wrote are copied and sent without waiting: the
 * cache is never held up by a daemon.
 */
#include "fuse_impl.h"

/* Bytes of data that one call may have. */
static size_t read_max(const struct fuselink *fl)
{
	return min_t(size_t, FUSE_PAGES * PAGE_SIZE, max_t(u32, fl->max_read & PAGE_MASK, PAGE_SIZE));
}

static size_t write_max(const struct fuselink *fl)
{
	return min_t(size_t, FUSE_PAGES * PAGE_SIZE, max_t(u32, fl->max_write & PAGE_MASK, PAGE_SIZE));
}

/* A call that moves @len bytes at @pos, with pages for them. ERR_PTR(-ENOMEM). */
static struct fusecall *data_call(struct fuseopen *o, u32 op, u64 pos, size_t len, u32 flags)
{
	struct fuse_read_in in = { .fh = o->fh, .offset = pos, .size = (u32)len, .flags = o->how };
	struct fuse_write_in out = { .fh = o->fh, .offset = pos, .size = (u32)len, .write_flags = flags,
				     .flags = o->how };
	bool is_write = op == FUSE_WRITE;
	struct fusecall *c;

	c = fuse_call_make(fuse_link_of(&o->v->vn), op, o->v->vn.vn_ino, is_write ? sizeof(out) : sizeof(in),
			   is_write ? sizeof(struct fuse_write_out) : 0);
	if (!c)
		return ERR_PTR(-ENOMEM);
	if (is_write)
		memcpy(c->in, &out, sizeof(out));
	else
		memcpy(c->in, &in, sizeof(in));
	*(is_write ? &c->in_data : &c->out_data) = (u32)len;
	c->out_varies = !is_write;
	if (!fuse_call_pages(c, len))
		return c;
	fuse_call_put(c);
	return ERR_PTR(-ENOMEM);
}

/* ---- pages ---- */

/* @n locked pages in a row are read, unlocked and put. */
static int fill(struct pagecache *pc, struct page **pages, u32 n)
{
	struct fuseopen *o = fuse_open_of(fuse_of(pc->vnode), false);
	u64 pos = pages[0]->index << PAGE_SHIFT;
	struct fusecall *c = o ? data_call(o, FUSE_READ, pos, n * PAGE_SIZE, 0) : ERR_PTR(-EIO);
	int err;

	/* They may have been here before, written by a mapping, and on their way still. */
	fuse_writes_wait(fuse_of(pc->vnode));
	err = IS_ERR(c) ? (int)PTR_ERR(c) : fuse_call_run(c);
	/* What the daemon did not give is zero, as the call's pages were. */
	for (u32 i = 0; i < n; i++) {
		if (!err) {
			memcpy(page_to_virt(pages[i]), page_to_virt(c->pages[i]), PAGE_SIZE);
			page_flag_set(pages[i], PG_UPTODATE);
		}
		page_unlock(pages[i]);
	}
	if (!IS_ERR(c))
		fuse_call_put(c);
	fuse_open_put(o);
	return err;
}

static int read_page(struct pagecache *pc, struct page *page)
{
	return fill(pc, &page, 1);
}

static void read_ahead(struct pagecache *pc, u64 index, u32 n)
{
	struct fuselink *fl = fuse_link_of(pc->vnode);
	u32 limit = (u32)(read_max(fl) >> PAGE_SHIFT);
	struct page **pages = kmem_alloc(limit * sizeof(*pages), ALLOC_KERNEL | ALLOC_NOWARN);
	u32 have = 0;

	for (u32 i = 0; pages && i < n; i++) {
		bool is_new = false;
		struct page *p = pagecache_get(pc, index + i, ALLOC_USER | ALLOC_NORETRY | ALLOC_NOWARN, &is_new);

		if (is_new)
			pages[have++] = p;
		if (have && (!is_new || have == limit || i == n - 1)) {
			int err = fill(pc, pages, have);

			while (have)
				page_put(pages[--have]);
			if (err)
				break;
		}
		if (IS_ERR(p))
			break;
		if (!is_new)
			page_put(p);
	}
	kmem_free(pages);
}

static void page_written(struct fusecall *c)
{
	struct fuseopen *o = c->priv;
	struct fusenode *v = o->v;
	struct filesys *fs = v->vn.vn_fs;
	struct fusecall *next;

	if (c->error)
		pagecache_set_error(v->vn.vn_pc, c->error == -ENOSPC ? -ENOSPC : -EIO);
	fuse_open_put(o);
	spin_lock(&v->vn.vn_spin);
	v->nwrites--;
	next = c->next;
	c->of_page->private = (u64)(uptr)next;
	spin_unlock(&v->vn.vn_spin);
	waitq_wake_all(&v->writes);
	page_put(c->of_page);
	if (next)
		fuse_call_start(next);
	vnode_put(&v->vn);
	filesys_put(fs);
}

void fuse_writes_wait(struct fusenode *v)
{
	(void)waitq_wait_killable(&v->writes, !READ_ONCE(v->nwrites));
}

/*
 * Daemons have threads: of two writes of a page that are under way the older may come last. So one is,
 * the page's private, and the next waits behind it; newer contents replace those of the one that waits.
 */
static void send_page(struct fusenode *v, struct page *page, struct fuseopen *o, struct fusecall *c)
{
	struct fusecall *first, *behind;

	spin_lock(&v->vn.vn_spin);
	v->nsent++;
	first = (struct fusecall *)(uptr)page->private;
	behind = first ? first->next : NULL;
	if (behind) {
		swap(behind->pages[0], c->pages[0]);
		((struct fuse_write_in *)behind->in)->size = c->in_data;
		behind->in_data = c->in_data;
	} else {
		c->priv = o;
		c->done = page_written;
		page_get(page);
		c->of_page = page;
		filesys_get(v->vn.vn_fs);
		vnode_get(&v->vn);
		v->nwrites++;
		if (first)
			first->next = c;
		else
			page->private = (u64)(uptr)c;
	}
	spin_unlock(&v->vn.vn_spin);
	if (behind) {
		fuse_call_put(c);
		fuse_open_put(o);
	} else if (!first) {
		fuse_call_start(c);
	}
}

/* What the page is now goes on its way; the page itself is clean at once. */
static int write_page(struct pagecache *pc, struct page *page)
{
	struct vnode *vn = pc->vnode;
	u64 pos = page->index << PAGE_SHIFT, size = (u64)vnode_size(vn);
	struct fuseopen *o;
	struct fusecall *c;

	if (pos >= size) {
		page_unlock(page);	/* cut off meanwhile */
		return 0;
	}
	o = fuse_open_of(fuse_of(vn), true);
	c = o ? data_call(o, FUSE_WRITE, pos, min_t(u64, PAGE_SIZE, size - pos), FUSE_WRITE_CACHE) : ERR_PTR(-EIO);
	if (IS_ERR(c)) {
		fuse_open_put(o);
		page_unlock(page);
		pagecache_set_error(pc, (int)PTR_ERR(c));
		return (int)PTR_ERR(c);
	}
	memcpy(page_to_virt(c->pages[0]), page_to_virt(page), PAGE_SIZE);
	page_start_writeback(page);
	send_page(fuse_of(vn), page, o, c);
	page_unlock(page);
	page_end_writeback(page);
	return 0;
}

static int no_write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv)
{
	return -EINVAL;
}

const struct pagecache_ops fuse_pagecache_ops = {
	.read_page = read_page,
	.read_ahead = read_ahead,
	.write_page = write_page,
	.write_begin = no_write_begin,
	.write_end = pagecache_memory_write_end,
	.make_writable = pagecache_memory_make_writable,
	.release_page = pagecache_memory_release_page,
};

/* ---- read and write ---- */

static ssize_t read_chunk(struct fuseopen *o, struct uio *u, u64 pos)
{
	size_t len = min_t(size_t, u->resid, read_max(fuse_link_of(&o->v->vn)));
	struct fusecall *c = data_call(o, FUSE_READ, pos, len, 0);
	ssize_t n, done = 0;

	if (IS_ERR(c))
		return PTR_ERR(c);
	n = fuse_call_run(c);
	if (!n)
		n = (ssize_t)c->out_len;
	while (done < n) {
		size_t part = min_t(size_t, PAGE_SIZE, (size_t)(n - done));
		size_t got = uio_put_page(u, c->pages[done >> PAGE_SHIFT], 0, part);

		done += (ssize_t)got;
		if (got != part) {
			n = done ? done : -EFAULT;
			break;
		}
	}
	fuse_call_put(c);
	return n;
}

static ssize_t fuse_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct vnode *vn = f->of_vnode;
	struct fuseopen *o = f->of_priv;
	ssize_t total = 0, n = 0;
	int err;

	if (!(o->flags & FOPEN_DIRECT_IO) && !(f->of_flags & O_DIRECT)) {
		err = fuse_refresh(vn, false);
		return err ? err : pagecache_read(vn->vn_pc, u, pos, vnode_size(vn));
	}
	n = pagecache_flush(vn->vn_pc, 0, S64_MAX, true);
	fuse_writes_wait(fuse_of(vn));
	while (!n && u->resid) {
		size_t want = min_t(size_t, u->resid, read_max(fuse_link_of(vn)));

		n = read_chunk(o, u, (u64)*pos);
		if (n <= 0)
			break;
		*pos += n;
		total += n;
		n = (size_t)n < want;	/* the end */
	}
	fuse_attr_stale(vn);		/* its time of access */
	return total ? total : min_t(ssize_t, n, 0);
}

/* Pages that are cached get what was written. @again: a page may have been sent without it, after it. */
static void update_cache(struct vnode *vn, const struct fusecall *c, u64 pos, size_t len, bool again)
{
	for (size_t at = 0; at < len; ) {
		u32 off = (u32)((pos + at) & ~PAGE_MASK);
		size_t part = min_t(size_t, PAGE_SIZE - off, len - at);
		struct page *p = pagecache_find(vn->vn_pc, (pos + at) >> PAGE_SHIFT);

		if (p) {
			page_lock(p);
			for (size_t i = 0; i < part; ) {
				size_t from = (at + i) & ~PAGE_MASK, n = min_t(size_t, part - i, PAGE_SIZE - from);

				memcpy((u8 *)page_to_virt(p) + off + i,
				       (u8 *)page_to_virt(c->pages[(at + i) >> PAGE_SHIFT]) + from, n);
				i += n;
			}
			if (again && p->mapping == vn->vn_pc)
				page_mark_dirty(p);
			page_unlock(p);
			page_put(p);
		}
		at += part;
	}
}

static ssize_t write_chunk(struct fuseopen *o, struct uio *u, u64 pos)
{
	struct vnode *vn = &o->v->vn;
	size_t len = min_t(size_t, u->resid, write_max(fuse_link_of(vn)));
	struct fusecall *c = data_call(o, FUSE_WRITE, pos, len, 0);
	struct fusenode *v = o->v;
	ssize_t n = 0;
	u32 nsent;

	if (IS_ERR(c))
		return PTR_ERR(c);
	fuse_writes_wait(v);
	nsent = READ_ONCE(v->nsent);
	for (size_t at = 0; at < len && !n; at += PAGE_SIZE) {
		size_t part = min_t(size_t, PAGE_SIZE, len - at);

		if (uio_get_page(u, c->pages[at >> PAGE_SHIFT], 0, part) != part)
			n = -EFAULT;
	}
	if (!n)
		n = fuse_call_run(c);
	if (!n) {
		n = (ssize_t)((struct fuse_write_out *)c->out)->size;
		if ((size_t)n > len)
			n = -EIO;
	}
	if (n > 0) {
		uio_revert(u, len - (size_t)n);
		update_cache(vn, c, pos, (size_t)n, READ_ONCE(v->nwrites) || READ_ONCE(v->nsent) != nsent);
		spin_lock(&vn->vn_spin);
		fuse_attr_changed(vn);
		if (pos + (size_t)n > (u64)vnode_size(vn))
			vnode_size_set(vn, pos + (size_t)n);
		spin_unlock(&vn->vn_spin);
	}
	fuse_call_put(c);
	return n;
}

static ssize_t fuse_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct vnode *vn = f->of_vnode;
	ssize_t total = 0, n = 0;

	rwsem_write_lock(&vn->vn_lock);
	if (f->of_flags & O_APPEND) {
		n = fuse_refresh(vn, true);
		*pos = vnode_size(vn);
	}
	if (!n)
		n = fsize_limit(vn, *pos, u->resid);
	if (n > 0) {
		uio_truncate(u, (size_t)n);
		vnode_kill_suid(vn);
	}
	while (n > 0 && u->resid) {
		n = write_chunk(f->of_priv, u, (u64)*pos);
		if (n <= 0)
			break;
		*pos += n;
		total += n;
	}
	if (total)
		fuse_attr_stale(vn);
	rwsem_write_unlock(&vn->vn_lock);
	return total ? total : n;
}

/* ---- the rest of a file ---- */

static loff_t ask_seek(struct ofile *f, loff_t off, int whence)
{
	struct fuse_lseek_in in = { .fh = ((struct fuseopen *)f->of_priv)->fh, .offset = (u64)off,
				    .whence = (u32)whence };
	struct fuselink *fl = fuse_link_of(f->of_vnode);
	struct fuse_lseek_out out;
	int err = fuse_ask(fl, FUSE_LSEEK, f->of_vnode->vn_ino, &in, sizeof(in), NULL, 0, &out, sizeof(out));

	if (err)
		return err;
	return out.offset > (u64)S64_MAX ? -EOVERFLOW : (loff_t)out.offset;
}

static loff_t fuse_seek(struct ofile *f, loff_t off, int whence)
{
	struct fuselink *fl = fuse_link_of(f->of_vnode);
	loff_t at = 0;

	if ((whence == SEEK_DATA || whence == SEEK_HOLE) && !fuse_lacks(fl, FUSE_LSEEK)) {
		at = ask_seek(f, off, whence);
		if (at >= 0)
			return fop_default_seek(f, at, SEEK_SET);
		if (at != -ENOSYS)
			return at;
		fuse_note_lack(fl, FUSE_LSEEK);
		at = 0;
	}
	if (whence != SEEK_SET && whence != SEEK_CUR)
		at = fuse_refresh(f->of_vnode, false);
	return at ? at : fop_default_seek(f, off, whence);
}

static int fuse_mmap(struct ofile *f, struct map_request *req)
{
	struct fuseopen *o = f->of_priv;

	if (o->flags & FOPEN_DIRECT_IO) {
		if (req->rflags & REGION_SHARED)
			return -ENODEV;
		pagecache_drop_clean(f->of_vnode->vn_pc, 0, U64_MAX);
	}
	return fop_default_mmap(f, req);
}

static int fuse_fallocate(struct ofile *f, int mode, loff_t off, loff_t len)
{
	struct vnode *vn = f->of_vnode;
	struct fuselink *fl = fuse_link_of(vn);
	struct fuse_fallocate_in in = { .fh = ((struct fuseopen *)f->of_priv)->fh, .offset = (u64)off,
					.length = (u64)len, .mode = (u32)mode };
	int err;

	if (fuse_lacks(fl, FUSE_FALLOCATE))
		return -EOPNOTSUPP;
	rwsem_write_lock(&vn->vn_lock);
	err = pagecache_flush(vn->vn_pc, 0, S64_MAX, true);
	fuse_writes_wait(fuse_of(vn));
	if (!err)
		err = fuse_ask(fl, FUSE_FALLOCATE, vn->vn_ino, &in, sizeof(in), NULL, 0, NULL, 0);
	if (err == -ENOSYS) {
		fuse_note_lack(fl, FUSE_FALLOCATE);
		err = -EOPNOTSUPP;
	}
	if (!err && mode)
		(void)pagecache_punch(vn->vn_pc, off, off + len);
	if (!err)
		err = fuse_refresh(vn, true);
	rwsem_write_unlock(&vn->vn_lock);
	return err;
}

const struct ofile_ops fuse_file_fops = {
	.open = fuse_fop_open, .flush = fuse_fop_flush, .release = fuse_fop_release, .read = fuse_read,
	.write = fuse_write, .seek = fuse_seek, .readdir = fop_no_readdir, .poll = fuse_fop_poll,
	.ioctl = fuse_fop_ioctl, .mmap = fuse_mmap, .fsync = fuse_fop_fsync, .fallocate = fuse_fallocate,
	.splice_read = fop_default_splice_read, .splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags, .show_fdinfo = fop_default_show_fdinfo,
};
