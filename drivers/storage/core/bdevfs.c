// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page cache of block devices.
 *
 * Each device number that was ever opened has a vnode in an internal file system, by which the
 * generic code (flusher, sync, mapping, reclaim) knows its pages. Vnodes of device nodes
 * point at that page cache (vn_pc), so a vnode once made stays for good; its blkdev comes and goes with
 * the first open and the last close, at which no page is left.
 *
 * Pages are read and written by ioreqs of their own; several neighbours become one command
 * through plugs (writing) or one ioreq (reading ahead). Where memory for an ioreq is short, one on the
 * stack does it and the caller waits.
 *
 * The last page of a device may be cut: only its first part is transferred, the rest is zero.
 */
#include "blk_impl.h"

#include <generated/svc_storage.h>
#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/fs/chardev.h>
#include <tern/fs/filesys.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define AHEAD_SEGS	32u

struct bdnode {
	struct vnode vn;
	struct blkdev *dev;	/* while open; disk->lock to change */
};

/* One transfer of neighbouring pages; freed when done. */
struct pageio {
	struct ioreq r;
	struct uio_pageseg segs[];
};

static struct filesys *bdev_fs;

static struct blkdev *dev_of(const struct pagecache *pc)
{
	return container_of(pc->vnode, struct bdnode, vn)->dev;
}

/* Bytes of the page at @index that the device has. */
static u32 valid_bytes(const struct pagecache *pc, u64 index)
{
	u64 size = (u64)vnode_size(pc->vnode), pos = index << PAGE_SHIFT;

	return pos >= size ? 0 : (u32)min_t(u64, size - pos, PAGE_SIZE);
}

static struct pageio *pageio_make(struct pagecache *pc, enum ioreq_op op, u32 room, void (*done)(struct ioreq *))
{
	struct pageio *io = kmem_alloc(sizeof(*io) + room * sizeof(io->segs[0]), ALLOC_NOFS | ALLOC_NOWARN);

	if (io)
		io->r = (struct ioreq){ .dev = dev_of(pc), .op = op, .segs = io->segs, .done = done };
	return io;
}

static void pageio_add(struct pageio *io, struct page *p, u32 len)
{
	if (!io->r.nsegs)
		io->r.sector = p->index << (PAGE_SHIFT - SECTOR_SHIFT);
	io->segs[io->r.nsegs++] = (struct uio_pageseg){ p, 0, len };
	io->r.nsectors += len >> SECTOR_SHIFT;
}

/* ---- reading ---- */

static void read_ended(struct page *p, int err)
{
	if (!err)
		page_flag_set(p, PG_UPTODATE);
	page_unlock(p);
}

static void reads_done(struct ioreq *r)
{
	struct pageio *io = container_of(r, struct pageio, r);

	for (u32 i = 0; i < r->nsegs; i++)
		read_ended(io->segs[i].page, r->error);
	kmem_free(io);
}

/* The part that is not on the device reads as zeroes. */
static void zero_tail(struct page *p, u32 valid)
{
	if (valid < PAGE_SIZE)
		memset((u8 *)page_to_virt(p) + valid, 0, PAGE_SIZE - valid);
}

static int read_now(struct pagecache *pc, struct page *p, u32 valid)
{
	return valid ? blkdev_rw_page(dev_of(pc), IOREQ_READ, 0, p->index << PAGE_SHIFT, p, valid) : 0;
}

static int bdev_read_page(struct pagecache *pc, struct page *p)
{
	u32 valid = valid_bytes(pc, p->index);
	struct pageio *io = valid ? pageio_make(pc, IOREQ_READ, 1, reads_done) : NULL;
	int err;

	zero_tail(p, valid);
	if (!io) {
		err = read_now(pc, p, valid);
		read_ended(p, err);
		return err;
	}
	pageio_add(io, p, valid);
	svc_storage_submit(&io->r);
	return 0;
}

static void bdev_read_ahead(struct pagecache *pc, u64 index, u32 n)
{
	struct pageio *io = NULL;
	struct blkplug plug;

	blkplug_begin(&plug);
	for (u32 i = 0; i < n; i++) {
		u32 valid = valid_bytes(pc, index + i);
		bool is_new;
		struct page *p;

		if (!valid)
			break;
		p = pagecache_get(pc, index + i, ALLOC_USER | ALLOC_NORETRY | ALLOC_NOWARN, &is_new);
		if (IS_ERR(p))
			break;
		if (io && (!is_new || io->r.nsegs == AHEAD_SEGS)) {
			svc_storage_submit(&io->r);
			io = NULL;
		}
		if (is_new && !io)
			io = pageio_make(pc, IOREQ_READ, AHEAD_SEGS, reads_done);
		if (is_new && i == n / 2)
			page_flag_set(p, PG_READAHEAD);
		if (is_new && io) {
			zero_tail(p, valid);
			io->r.flags = IOREQ_AHEAD;
			pageio_add(io, p, valid);
		} else if (is_new) {
			page_unlock(p);		/* no memory: whoever wants it reads it */
		}
		page_put(p);
	}
	if (io)
		svc_storage_submit(&io->r);
	blkplug_end(&plug);
}

/* ---- writing ---- */

static void write_ended(struct pagecache *pc, struct page *p, int err)
{
	if (err) {
		pagecache_set_error(pc, err);
		page_flag_set(p, PG_ERROR);
	}
	page_end_writeback(p);
}

static void writes_done(struct ioreq *r)
{
	struct pageio *io = container_of(r, struct pageio, r);

	for (u32 i = 0; i < r->nsegs; i++)
		write_ended(io->segs[i].page->mapping, io->segs[i].page, r->error);
	kmem_free(io);
}

static int bdev_write_page(struct pagecache *pc, struct page *p)
{
	u32 valid = valid_bytes(pc, p->index);
	struct pageio *io = valid ? pageio_make(pc, IOREQ_WRITE, 1, writes_done) : NULL;
	int err = 0;

	page_start_writeback(p);
	page_unlock(p);
	if (io) {
		pageio_add(io, p, valid);
		svc_storage_submit(&io->r);
		return 0;
	}
	if (valid)
		err = blkdev_rw_page(dev_of(pc), IOREQ_WRITE, 0, p->index << PAGE_SHIFT, p, valid);
	write_ended(pc, p, err);
	return err;
}

static int bdev_write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv)
{
	struct page *p = pagecache_get_locked(pc, (u64)pos >> PAGE_SHIFT, ALLOC_USER);
	int err = 0;

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	if (!page_flag_test(p, PG_UPTODATE) && len < PAGE_SIZE) {
		u32 valid = valid_bytes(pc, p->index);

		zero_tail(p, valid);
		err = read_now(pc, p, valid);
		if (!err)
			page_flag_set(p, PG_UPTODATE);
	}
	if (err) {
		page_unlock(p);
		page_put(p);
		return err;
	}
	page_wait_flag(p, PG_WRITEBACK);
	*page = p;
	return 0;
}

static ssize_t bdev_write_end(struct pagecache *pc, loff_t pos, size_t len, size_t copied,
			      struct page *p, void *priv)
{
	/* A whole page that was copied in part is worth nothing: once more. */
	if (!page_flag_test(p, PG_UPTODATE) && copied < len)
		copied = 0;
	if (copied) {
		page_flag_set(p, PG_UPTODATE);
		page_mark_dirty(p);
	}
	page_unlock(p);
	page_put(p);
	return (ssize_t)copied;
}

static const struct pagecache_ops bdev_pc_ops = {
	.read_page = bdev_read_page,
	.read_ahead = bdev_read_ahead,
	.write_page = bdev_write_page,
	.write_begin = bdev_write_begin,
	.write_end = bdev_write_end,
	.make_writable = pagecache_memory_make_writable,
	.release_page = pagecache_memory_release_page,
};

/* ---- vnodes ---- */

static void bdev_evict(struct vnode *vn)
{
	BUG();		/* they stay */
}

static const struct vnode_ops bdev_vnops = {
	.lookup = vnop_no_lookup, .getattr = vnop_default_getattr, .setattr = vnop_no_setattr,
	.permission = vnop_default_permission, .revalidate = vnop_default_revalidate,
	.evict = bdev_evict, VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

static struct vnode *node_make(u64 number)
{
	struct bdnode *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return NULL;
	vnode_init(&n->vn, bdev_fs, &bdev_vnops, &blkdev_fops, S_IFBLK | 0600);
	pagecache_init(&n->vn.vn_pages, &n->vn, &bdev_pc_ops, 0);
	n->vn.vn_ino = number;
	n->vn.vn_rdev = number;
	n->vn.vn_flags |= VNODE_PRIVATE | VNODE_NOATIME;
	/* Opens of one number come one at a time: it is a number of their disk. */
	VERIFY(!vnode_insert(&n->vn));
	return &n->vn;
}

int bdev_vnode_attach(struct blkdev *b)
{
	if (!b->vnode) {
		/* The reference is the device's; a later one of the same number has its own. */
		b->vnode = vnode_find(bdev_fs, b->number);
		if (!b->vnode)
			b->vnode = node_make(b->number);
		if (!b->vnode)
			return -ENOMEM;
	}
	container_of(b->vnode, struct bdnode, vn)->dev = b;
	vnode_size_set(b->vnode, b->nsectors << SECTOR_SHIFT);
	return 0;
}

void bdev_vnode_detach(struct blkdev *b)
{
	struct pagecache *pc = b->vnode->vn_pc;

	(void)pagecache_flush(pc, 0, S64_MAX, true);
	pagecache_truncate(pc, 0);
	container_of(b->vnode, struct bdnode, vn)->dev = NULL;
	vnode_size_set(b->vnode, 0);
}

void bdev_vnode_resize(struct blkdev *b)
{
	u64 size = b->nsectors << SECTOR_SHIFT;
	struct vnode *vn = b->vnode;

	if (!vn || !b->openers || (u64)vnode_size(vn) == size)
		return;
	vnode_size_set(vn, size);
	pagecache_truncate(vn->vn_pc, (loff_t)size);
}

struct pagecache *blkdev_cache(struct blkdev *b)
{
	return b->vnode->vn_pc;
}

int blkdev_cache_drop(struct blkdev *b)
{
	struct pagecache *pc = blkdev_cache(b);
	struct blkplug plug;
	int err;

	blkplug_begin(&plug);
	err = pagecache_flush(pc, 0, S64_MAX, true);
	blkplug_end(&plug);
	if (!err)
		(void)pagecache_drop_clean(pc, 0, U64_MAX);
	return err;
}

void blkdev_cache_forget(struct blkdev *b)
{
	struct vnode *vn = load_acquire(&b->vnode);

	if (vn)
		(void)pagecache_drop_clean(vn->vn_pc, 0, U64_MAX);
}

int blkdev_cache_drop_locked(struct blkdev *b)
{
	return b->openers ? blkdev_cache_drop(b) : 0;
}

int blkdev_sync(struct blkdev *b)
{
	struct blkplug plug;
	int err, e;

	blkplug_begin(&plug);
	err = pagecache_flush(blkdev_cache(b), 0, S64_MAX, true);
	blkplug_end(&plug);
	e = blkdev_flush_cache(b);
	return err ? err : e;
}

static const struct filesys_ops bdev_fsops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct filesys *bdev_mount(struct fstype *t, const struct mount_args *args)
{
	return ERR_PTR(-EINVAL);	/* the kernel's alone */
}

static struct fstype bdev_type = {
	.name = "bdev", .flags = FSTYPE_NODEV, .mount = bdev_mount,
};
FILESYSTEM(bdev_type);

static int bdev_init(void)
{
	bdev_fs = filesys_alloc(&bdev_type, &bdev_fsops);
	VERIFY(bdev_fs);
	return 0;
}
INITCALL(FS, bdev_init);
