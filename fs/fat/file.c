// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT file contents. There are no holes: clusters are taken when a write begins, and what lies
 * between the old end and a write is filled with zeroes.
 *
 * Where clusters are whole pages of the device, a page of a file goes to the disk by requests, past
 * the device's page cache. Where they are not, a page of that cache may hold a piece of a
 * directory beside a piece of a file and would be written as one: then contents go through it too.
 */
#include "fat_impl.h"

struct piece { u64 pos; u32 off, len; };

struct page_io {
	struct page *page;
	struct vnode *vn;
	bool is_write;
	atomic32 left;
	int error;
	u32 n;
	struct { struct ioreq req; struct uio_pageseg seg; } piece[PAGE_SIZE / 512];
};

/* The next piece of the first @len bytes of the page that lies together on the disk; *pc is the one before. */
static int next_piece(struct fat_vnode *v, const struct page *page, u32 len, struct piece *pc)
{
	struct fat_mount *m = fat_mount_of(&v->vn);
	u32 bits = m->geo.cluster_bits, cluster, n, in;
	u64 pos;
	int err;

	pc->off += pc->len;
	pos = (page->index << PAGE_SHIFT) + pc->off;
	in = (u32)(pos & ((1u << bits) - 1));
	err = fat_map(v, (u32)(pos >> bits), &cluster, &n);
	if (err)
		return err == -ENODATA ? fat_fail(m, "a file is longer than its chain") : err;
	pc->pos = fat_cluster_pos(&m->geo, cluster) + in;
	pc->len = (u32)min_t(u64, len - pc->off, ((u64)n << bits) - in);
	return 0;
}

/* The first @len bytes of the page, by way of the device's page cache. */
static int copy_contents(struct fat_vnode *v, struct page *page, u32 len, bool is_write)
{
	struct fat_mount *m = fat_mount_of(&v->vn);
	struct piece pc = { 0 };
	int err = 0;

	while (!err && pc.off + pc.len < len) {
		u8 *mem;

		err = next_piece(v, page, len, &pc);
		if (err)
			break;
		mem = (u8 *)page_to_virt(page) + pc.off;
		err = is_write ? fat_meta_write(m, pc.pos, mem, pc.len) : fat_meta_read(m, pc.pos, mem, pc.len);
	}
	return err;
}

static void io_end(struct page_io *io)
{
	struct page *p = io->page;

	if (!atomic_dec_and_test(&io->left))
		return;
	if (io->is_write) {
		if (io->error)
			pagecache_set_error(io->vn->vn_pc, io->error);
		page_end_writeback(p);
	} else {
		page_flag_set(p, io->error ? PG_ERROR : PG_UPTODATE);
		page_unlock(p);
	}
	kmem_free(io);
}

static void piece_done(struct ioreq *r)
{
	struct page_io *io = r->priv;

	if (r->error)
		WRITE_ONCE(io->error, r->error);
	io_end(io);
}

/* Requests for the first @len bytes of the page. */
static int plan(struct page_io *io, struct fat_vnode *v, u32 len)
{
	struct piece pc = { 0 };

	for (; pc.off + pc.len < len; io->n++) {
		int err = next_piece(v, io->page, len, &pc);

		if (err)
			return err;
		io->piece[io->n].seg = (struct uio_pageseg){ io->page, pc.off, pc.len };
		ioreq_init(&io->piece[io->n].req, fat_mount_of(&v->vn)->bdev, io->is_write ? IOREQ_WRITE : IOREQ_READ,
			   pc.pos >> SECTOR_SHIFT, &io->piece[io->n].seg, 1, piece_done);
		io->piece[io->n].req.priv = io;
	}
	return 0;
}

static struct page_io *io_make(struct page *page, struct fat_vnode *v, bool is_write, u32 len)
{
	struct page_io *io = kmem_zalloc(sizeof(*io), ALLOC_NOFS);
	int err;

	if (!io)
		return ERR_PTR(-ENOMEM);
	io->page = page;
	io->vn = &v->vn;
	io->is_write = is_write;
	err = plan(io, v, len);
	if (!err) {
		atomic_set(&io->left, (s32)io->n + 1);
		return io;
	}
	kmem_free(io);
	return ERR_PTR(err);
}

static void io_start(struct page_io *io)
{
	u32 n = io->n;

	for (u32 i = 0; i < n; i++)
		ioreq_submit(&io->piece[i].req);
	io_end(io);
}

/* Bytes of the page that are on the disk: whole sectors of the file. */
static u32 disk_bytes(const struct fat_vnode *v, const struct page *page, u64 size)
{
	u64 pos = page->index << PAGE_SHIFT, sector = fat_mount_of(&v->vn)->geo.sector_size;

	return pos < size ? (u32)min_t(u64, PAGE_SIZE, ALIGN_UP(size - pos, sector)) : 0;
}

static int read_page(struct pagecache *pc, struct page *page)
{
	struct fat_vnode *v = fat_of(pc->vnode);
	u32 len = disk_bytes(v, page, (u64)vnode_size(pc->vnode));
	struct page_io *io = NULL;
	int err = 0;

	if (!fat_mount_of(pc->vnode)->is_aligned)
		err = copy_contents(v, page, len, false);
	else if (len)
		io = io_make(page, v, false, len);
	if (err || IS_ERR(io)) {
		page_unlock(page);
		return err ? err : (int)PTR_ERR(io);
	}
	memset((u8 *)page_to_virt(page) + len, 0, PAGE_SIZE - len);
	page_flag_clear(page, PG_ERROR);
	if (io) {
		io_start(io);
		return 0;
	}
	page_flag_set(page, PG_UPTODATE);
	page_unlock(page);
	return 0;
}

static int write_page(struct pagecache *pc, struct page *page)
{
	struct fat_vnode *v = fat_of(pc->vnode);
	u64 size = (u64)vnode_size(pc->vnode), pos = page->index << PAGE_SHIFT;
	u32 len = disk_bytes(v, page, size);
	struct page_io *io = NULL;
	int err = 0;

	if (!len) {
		page_unlock(page);	/* cut off meanwhile */
		return 0;
	}
	if (pos + PAGE_SIZE > size)
		memset((u8 *)page_to_virt(page) + (size - pos), 0, PAGE_SIZE - (size - pos));
	if (!fat_mount_of(pc->vnode)->is_aligned)
		err = copy_contents(v, page, len, true);
	else
		io = io_make(page, v, true, len);
	if (err || IS_ERR(io)) {
		page_mark_dirty(page);
		page_unlock(page);
		return err ? err : (int)PTR_ERR(io);
	}
	page_start_writeback(page);
	page_unlock(page);
	if (io)
		io_start(io);
	else
		page_end_writeback(page);
	return 0;
}

/* A page to change in part: read in, or zeroes if it lies past the end. */
static struct page *page_for_change(struct pagecache *pc, u64 index, bool is_whole)
{
	struct page *p;

	for (;;) {
		p = pagecache_get_locked(pc, index, ALLOC_USER);
		if (IS_ERR(p) || page_flag_test(p, PG_UPTODATE) || is_whole)
			return p;
		if (index << PAGE_SHIFT >= (u64)vnode_size(pc->vnode)) {
			page_zero(page_to_virt(p));
			page_flag_set(p, PG_UPTODATE);
			return p;
		}
		page_unlock(p);
		page_put(p);
		p = pagecache_read_in(pc, index);
		if (IS_ERR(p))
			return p;
		page_put(p);
	}
}

static u32 clusters_for(const struct fat_vnode *v, u64 size)
{
	u32 bits = fat_mount_of(&v->vn)->geo.cluster_bits;

	return (u32)((size + (1UL << bits) - 1) >> bits);
}

/* Zeroes from the end up to @size, which is the end then; clusters are there. */
static int fill_zeroes(struct fat_vnode *v, u64 size)
{
	struct vnode *vn = &v->vn;

	while ((u64)vnode_size(vn) < size) {
		u64 at = (u64)vnode_size(vn);
		u32 off = at & ~PAGE_MASK, n = (u32)min_t(u64, PAGE_SIZE - off, size - at);
		struct page *p = page_for_change(vn->vn_pc, at >> PAGE_SHIFT, false);

		if (IS_ERR(p))
			return (int)PTR_ERR(p);
		memset((u8 *)page_to_virt(p) + off, 0, n);
		page_mark_dirty(p);
		vnode_size_set(vn, at + n);
		page_unlock(p);
		page_put(p);
		if (signal_is_fatal_pending())
			return -EINTR;
	}
	return 0;
}

int fat_resize(struct fat_vnode *v, u64 size)
{
	struct vnode *vn = &v->vn;
	u64 old = (u64)vnode_size(vn);
	int err;

	if (size < old) {
		vnode_size_set(vn, size);
		pagecache_truncate(vn->vn_pc, (loff_t)size);
		err = fat_cut(v, clusters_for(v, size));
	} else {
		err = fat_grow(v, clusters_for(v, size));
		if (!err)
			err = fill_zeroes(v, size);
	}
	return err;
}

static int write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv)
{
	struct fat_vnode *v = fat_of(pc->vnode);
	u64 size = (u64)vnode_size(pc->vnode);
	struct page *p;
	int err = fat_grow(v, clusters_for(v, max_t(u64, size, (u64)pos + len)));

	if (!err && (u64)pos > size)
		err = fill_zeroes(v, (u64)pos);
	if (err) {
		(void)fat_cut(v, clusters_for(v, (u64)vnode_size(pc->vnode)));
		return err;
	}
	p = page_for_change(pc, (u64)pos >> PAGE_SHIFT, len == PAGE_SIZE);
	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	*page = p;
	*priv = NULL;
	return 0;
}

static ssize_t write_end(struct pagecache *pc, loff_t pos, size_t len, size_t copied, struct page *page, void *priv)
{
	struct fat_vnode *v = fat_of(pc->vnode);
	ssize_t n = pagecache_memory_write_end(pc, pos, len, copied, page, priv);

	v->attr |= FAT_ATTR_ARCH;
	vnode_touch(pc->vnode, VATTR_MTIME | VATTR_CTIME);
	return n;
}

const struct pagecache_ops fat_pagecache_ops = {
	.read_page = read_page,
	.read_ahead = blkplug_read_ahead,
	.write_page = write_page,
	.write_begin = write_begin,
	.write_end = write_end,
	.make_writable = pagecache_memory_make_writable,
	.release_page = pagecache_memory_release_page,
};

/* ---- open files ---- */

static int fat_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync)
{
	struct vnode *vn = f->of_vnode;
	int err = S_ISREG(vn->vn_mode) ? pagecache_flush(vn->vn_pc, start, end, true) : 0, e;

	if (!err)
		err = fat_store(fat_of(vn));
	e = blkdev_sync(fat_mount_of(vn)->bdev);
	if (!err)
		err = e;
	e = S_ISREG(vn->vn_mode) ? pagecache_check_error(vn->vn_pc, &f->of_wb_err) : 0;
	return err ? err : e;
}

/* Space ahead of its use; the size follows, since there are no blocks past the end here. */
static int fat_fallocate(struct ofile *f, int mode, loff_t off, loff_t len)
{
	struct vnode *vn = f->of_vnode;
	int err = 0;

	if (mode)
		return -EOPNOTSUPP;
	rwsem_write_lock(&vn->vn_lock);
	if (off + len > vnode_size(vn))
		err = fat_resize(fat_of(vn), (u64)(off + len));
	if (!err)
		err = fat_store(fat_of(vn));
	rwsem_write_unlock(&vn->vn_lock);
	return err;
}

/* Positions: 0, 1 for the dots, then 2 + slot. */
static int fat_readdir(struct ofile *f, struct dir_sink *s)
{
	struct vnode *dir = f->of_vnode, *vn;
	struct ncent *nc = f->of_path.nc;
	struct fat_entry *e;
	u32 at;
	int r = 1;

	if (s->pos == 0 && !s->emit(s, ".", 1, dir->vn_ino, DT_DIR, 1))
		return 0;
	if (s->pos <= 1 && !s->emit(s, "..", 2, READ_ONCE(nc->nc_parent)->nc_vnode->vn_ino, DT_DIR, 2))
		return 0;
	e = kmem_alloc(sizeof(*e), ALLOC_KERNEL);
	if (!e)
		return -ENOMEM;
	at = (u32)(s->pos - 2);
	while (r == 1 && (r = fat_entry_next(fat_of(dir), &at, e)) == 1) {
		/* Numbers are given when files are met. */
		vn = fat_vnode_get(dir->vn_fs, e);
		if (IS_ERR(vn)) {
			r = (int)PTR_ERR(vn);
			break;
		}
		if (!s->emit(s, e->name, e->len, vn->vn_ino, e->d.attr & FAT_ATTR_DIR ? DT_DIR : DT_REG, at + 2))
			r = 0;
		vnode_put(vn);
	}
	kmem_free(e);
	return min(r, 0);
}

const struct ofile_ops fat_file_fops = {
	.open = fop_default_open, .release = fop_default_release, .read = fop_pagecache_read,
	.write = fop_pagecache_write, .seek = fop_default_seek, .readdir = fop_no_readdir,
	.poll = fop_default_poll, .ioctl = fop_no_ioctl, .mmap = fop_default_mmap, .fsync = fat_fsync,
	.fallocate = fat_fallocate, FOPS_PLAIN,
};
const struct ofile_ops fat_dir_fops = {
	.seek = fop_dir_seek, .readdir = fat_readdir, .fsync = fat_fsync, FOPS_DIRECTORY,
};
