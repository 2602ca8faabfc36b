// SPDX-License-Identifier: GPL-2.0-only
/*
 * O_DIRECT: between the disk and the caller's memory.
 *
 * The file is locked (for writing by writers), what the page cache has of the
 * range is written out first and, for writes, forgotten before and after. New
 * blocks are mapped when their contents are on the disk, as in page.c. What is not a
 * multiple of the volume's block goes through the page cache and is written out at once.
 */
#include "ext4_impl.h"

#define SEGS	64u

struct chunk { struct uio_pageseg segs[SEGS]; u32 n; size_t bytes; };

static int transfer(struct vnode *vn, enum ioreq_op op, u64 pblk, struct chunk *c)
{
	struct ext4_mount *m = ext4_mount_of(vn->vn_fs);
	struct ioreq r;

	ioreq_init(&r, m->bdev, op, pblk << (m->vol.geo.block_bits - SECTOR_SHIFT), c->segs, c->n, NULL);
	return ioreq_submit_wait(&r);
}

/* Memory for the next @limit bytes: whole blocks of it; bytes or -errno. */
static ssize_t pin(struct uio *u, struct chunk *c, size_t limit, bool for_write, u32 block_size)
{
	ssize_t got = uio_pin(u, c->segs, SEGS, min(limit, (size_t)(SEGS - 1) << PAGE_SHIFT), for_write, &c->n);

	if (got <= 0)
		return got ? got : -EFAULT;
	if ((size_t)got & (block_size - 1)) {
		uio_unpin(c->segs, c->n, false);
		uio_revert(u, (size_t)got);
		return -EFAULT;
	}
	c->bytes = (size_t)got;
	return got;
}

/* ---- reading ---- */

static ssize_t read_piece(struct vnode *vn, struct uio *u, u64 pos, struct chunk *c)
{
	struct ext4_node *n = ext4_node_of(vn);
	u32 bits = n->vol->geo.block_bits;
	struct ext4_map m;
	ssize_t got;
	int err = ext4_map_get(n, (u32)(pos >> bits), &m);
	size_t len;

	if (err)
		return err;
	len = min_t(u64, u->resid, (u64)m.len << bits);
	if (m.kind != EXT4_MAPPED)
		return (ssize_t)uio_put_zero(u, len);
	got = pin(u, c, len, true, n->vol->geo.block_size);
	if (got <= 0)
		return got;
	err = transfer(vn, IOREQ_READ, m.pblk, c);
	uio_unpin(c->segs, c->n, !err);
	if (err)
		uio_revert(u, (size_t)got);
	return err ? err : got;
}

static bool is_aligned(const struct vnode *vn, const struct uio *u, u64 pos, u32 grain)
{
	return !((pos | uio_alignment(u)) & (grain - 1));
}

ssize_t ext4_direct_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct vnode *vn = f->of_vnode;
	u32 grain = blkdev_block_size(ext4_mount_of(vn->vn_fs)->bdev), size = ext4_vol_of(vn)->geo.block_size;
	struct chunk *c;
	ssize_t done = 0, got = 0;

	if (!is_aligned(vn, u, (u64)*pos, grain))
		return -EINVAL;
	c = kmem_alloc(sizeof(*c), ALLOC_KERNEL);
	if (!c)
		return -ENOMEM;
	rwsem_read_lock(&vn->vn_lock);
	if (*pos < vnode_size(vn) && u->resid)
		got = pagecache_flush(vn->vn_pc, *pos, *pos + (loff_t)u->resid, true);
	while (!got && !ext4_is_inline(ext4_node_of(vn)) && u->resid >= size && !(*pos & (size - 1)) &&
	       *pos + size <= vnode_size(vn)) {
		size_t keep = u->resid, most = (size_t)min_t(u64, keep, (u64)(vnode_size(vn) - *pos)) & ~(size - 1UL);

		uio_truncate(u, most);
		got = read_piece(vn, u, (u64)*pos, c);
		u->resid += keep - most;
		if (got <= 0)
			break;
		*pos += got;
		done += got;
		got = signal_is_fatal_pending() ? -EINTR : 0;
	}
	rwsem_read_unlock(&vn->vn_lock);
	kmem_free(c);
	if (got)
		return done ? done : got;
	/* The rest is less than a block, or the end of the file. */
	got = fop_pagecache_read(f, u, pos);
	return got < 0 && done ? done : got + done;
}

/* ---- writing ---- */

/* Where the next bytes go; a hole gets held blocks. */
static int place(struct vnode *vn, u32 lblk, u32 want, struct ext4_map *m)
{
	struct ext4_node *n = ext4_node_of(vn);
	struct ext4_vol *v = n->vol;
	u64 goal;
	u32 got;
	int err = ext4_map_get(n, lblk, m);

	if (err)
		return err;
	m->len = min(m->len, want);
	if (m->kind != EXT4_HOLE)
		return 0;
	err = cap_has(CAP_SYS_RESOURCE) ? 0 : ext4_quota_may(v, n->counted.ids, (u64)m->len << v->geo.block_bits, 0);
	if (!err)
		err = ext4_space_take(v, m->len, cap_has(CAP_SYS_RESOURCE) ? 1 : 0);
	if (err)
		return err;
	rwsem_read_lock(&n->map_lock);
	goal = ext4_map_goal(n, lblk);
	rwsem_read_unlock(&n->map_lock);
	err = ext4_bhold(v, goal, m->len, &m->pblk, &got);
	if (err == -ENOSPC && !ext4_log_commit(v))
		err = ext4_bhold(v, goal, m->len, &m->pblk, &got);
	ext4_space_give(v, err ? m->len : m->len - got);
	if (!err)
		m->len = got;
	return err;
}

/* Contents are on the disk: map them, and the size. */
static int settle(struct vnode *vn, const struct ext4_map *m, u32 used, u64 end)
{
	struct ext4_node *n = ext4_node_of(vn);
	struct ext4_tx tx;
	int err = 0;

	if (m->kind == EXT4_MAPPED && end <= n->size)
		return 0;
	err = ext4_tx_begin(n->vol, 40, &tx);
	if (err)
		return err;
	rwsem_write_lock(&n->map_lock);
	if (m->kind == EXT4_HOLE) {
		err = ext4_buse(&tx, m->pblk, used);
		if (!err)
			err = ext4_map_add(&tx, n, m->lblk, used, m->pblk, false);
	} else if (m->kind == EXT4_UNWRITTEN) {
		err = ext4_map_written(&tx, n, m->lblk, used);
	}
	if (!err) {
		n->size = max(n->size, end);
		if (end > (u64)vnode_size(vn))
			vnode_size_set(vn, end);
		err = ext4_store(&tx, vn);
	}
	rwsem_write_unlock(&n->map_lock);
	ext4_tx_end(&tx);
	return err;
}

static void unhold(struct ext4_vol *v, const struct ext4_map *m, u32 from)
{
	if (m->kind != EXT4_HOLE || from >= m->len)
		return;
	ext4_bunhold(v, m->pblk + from, m->len - from);
	ext4_space_give(v, m->len - from);
}

static ssize_t write_piece(struct vnode *vn, struct uio *u, u64 pos, struct chunk *c)
{
	struct ext4_vol *v = ext4_vol_of(vn);
	u32 bits = v->geo.block_bits;
	struct ext4_map m;
	ssize_t got;
	int err;

	got = pin(u, c, u->resid & ~(v->geo.block_size - 1UL), false, v->geo.block_size);
	if (got <= 0)
		return got;
	err = place(vn, (u32)(pos >> bits), (u32)((size_t)got >> bits), &m);
	if (err) {
		uio_unpin(c->segs, c->n, false);
		uio_revert(u, (size_t)got);
		return err;
	}
	if ((size_t)got > (size_t)m.len << bits) {
		/* Less than was hoped for lies together: pin again what fits. */
		uio_unpin(c->segs, c->n, false);
		uio_revert(u, (size_t)got);
		got = pin(u, c, (size_t)m.len << bits, false, v->geo.block_size);
	}
	if (got > 0) {
		err = transfer(vn, IOREQ_WRITE, m.pblk, c);
		uio_unpin(c->segs, c->n, false);
		if (!err)
			err = settle(vn, &m, (u32)((size_t)got >> bits), pos + (u64)got);
		if (err)
			uio_revert(u, (size_t)got);
	}
	unhold(v, &m, got > 0 && !err ? (u32)((size_t)got >> bits) : 0);
	return err ? err : got;
}

/* The cache forgets the pages of a range, after what is dirty in them was written. */
static int forget(struct vnode *vn, u64 from, u64 to)
{
	struct pagecache *pc = vn->vn_pc;
	int err;

	if (!READ_ONCE(pc->npages))
		return 0;
	from = ALIGN_DOWN(from, PAGE_SIZE);
	to = ALIGN_UP(to, PAGE_SIZE);
	pagecache_unmap(pc, from >> PAGE_SHIFT, (to >> PAGE_SHIFT) - 1, false);
	err = pagecache_flush(pc, (loff_t)from, (loff_t)to, true);
	return err ? err : pagecache_punch(pc, (loff_t)from, (loff_t)to);
}

static ssize_t write_locked(struct vnode *vn, struct uio *u, loff_t *pos)
{
	u32 size = ext4_vol_of(vn)->geo.block_size;
	u64 from = (u64)*pos, to = from + u->resid;
	struct chunk *c = kmem_alloc(sizeof(*c), ALLOC_KERNEL);
	ssize_t done = 0, got;

	if (!c)
		return -ENOMEM;
	got = ext4_page_spill(vn);
	if (!got)
		got = forget(vn, from, to);
	while (!got && u->resid >= size) {
		got = write_piece(vn, u, (u64)*pos, c);
		if (got <= 0)
			break;
		*pos += got;
		done += got;
		got = signal_is_fatal_pending() ? -EINTR : 0;
	}
	kmem_free(c);
	(void)forget(vn, from, to);
	return done ? done : got;
}

ssize_t ext4_direct_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct vnode *vn = f->of_vnode;
	u32 grain = blkdev_block_size(ext4_mount_of(vn->vn_fs)->bdev), size = ext4_vol_of(vn)->geo.block_size;
	loff_t from;
	ssize_t n;

	if (!is_aligned(vn, u, (u64)*pos, grain))
		return -EINVAL;
	if (!is_aligned(vn, u, f->of_flags & O_APPEND ? (u64)vnode_size(vn) : (u64)*pos, size)) {
		from = *pos;
		n = fop_pagecache_write(f, u, pos);
		if (n > 0)
			from = pagecache_flush(vn->vn_pc, *pos - n, *pos, true);
		return n > 0 && from < 0 ? from : n;
	}
	rwsem_write_lock(&vn->vn_lock);
	if (f->of_flags & O_APPEND)
		*pos = vnode_size(vn);
	n = fsize_limit(vn, *pos, u->resid);
	if (n > 0) {
		uio_truncate(u, (size_t)n);
		vnode_kill_suid(vn);
		vnode_touch(vn, VATTR_MTIME | VATTR_CTIME);
		n = write_locked(vn, u, pos);
	}
	rwsem_write_unlock(&vn->vn_lock);
	return n;
}
