// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files whose contents lie in their inode, as the page cache sees them (inline.c has the format).
 *
 * Such a file has one page at most, and it is never dirty: what is written goes to the inode in a transaction,
 * with the page locked. When it does not fit any more, or is going to be mapped for writing, the contents go to a block
 * first, and then one transaction gives the file that block. Whoever does that has the page
 * locked, so that it happens once.
 */
#include "ext4_impl.h"

int ext4_inline_page_read(struct vnode *vn, struct page *p)
{
	u64 size = min_t(u64, (u64)vnode_size(vn), PAGE_SIZE);
	ssize_t got = 0;

	page_zero(page_to_virt(p));
	if (!p->index)
		got = ext4_inline_read(ext4_node_of(vn), page_to_virt(p), size);
	if (got >= 0)
		page_flag_set(p, PG_UPTODATE);
	page_unlock(p);
	return got < 0 ? (int)got : 0;
}

static int write_block(struct vnode *vn, struct page *p, u64 pblk)
{
	u32 bits = ext4_vol_of(vn)->geo.block_bits;
	struct uio_pageseg seg = { p, 0, 1u << bits };
	struct ioreq r;

	ioreq_init(&r, ext4_mount_of(vn->vn_fs)->bdev, IOREQ_WRITE, pblk << (bits - SECTOR_SHIFT), &seg, 1, NULL);
	return ioreq_submit_wait(&r);
}

/* The file has block @pblk instead, which has the contents; 0: nothing at all. */
static int map_block(struct vnode *vn, u64 pblk)
{
	struct ext4_node *n = ext4_node_of(vn);
	struct ext4_tx tx;
	int err = ext4_tx_begin(n->vol, 40 + EXT4_XATTR_CREDITS, &tx);

	if (err)
		return err;
	rwsem_write_lock(&n->map_lock);
	err = pblk ? ext4_buse(&tx, pblk, 1) : 0;
	if (!err)
		ext4_inline_clear(n);
	if (!err && pblk)
		err = ext4_map_add(&tx, n, 0, 1, pblk, false);
	rwsem_write_unlock(&n->map_lock);
	if (!err)
		err = ext4_inline_drop(&tx, n);
	if (!err)
		err = ext4_store(&tx, vn);
	ext4_tx_end(&tx);
	return err;
}

int ext4_inline_page_spill(struct vnode *vn, struct page *p)
{
	struct ext4_node *n = ext4_node_of(vn);
	struct ext4_vol *v = n->vol;
	u64 size = (u64)vnode_size(vn), pblk;
	u32 got;
	int err;

	if (!ext4_is_inline(n))
		return 0;
	if (!size)
		return map_block(vn, 0);
	memset((u8 *)page_to_virt(p) + size, 0, PAGE_SIZE - size);
	err = ext4_space_take(v, 1, 1);
	if (err)
		return err;
	err = ext4_bhold(v, n->goal, 1, &pblk, &got);
	if (err) {
		ext4_space_give(v, 1);
		return err;
	}
	err = write_block(vn, p, pblk);
	if (!err)
		err = map_block(vn, pblk);
	if (err) {
		ext4_bunhold(v, pblk, 1);
		ext4_space_give(v, 1);
	}
	return err;
}

/* The first page, locked and up to date; ERR_PTR. */
static struct page *first_page(struct vnode *vn)
{
	for (;;) {
		struct page *p = pagecache_read_in(vn->vn_pc, 0);

		if (IS_ERR(p))
			return p;
		page_lock(p);
		if (p->mapping == vn->vn_pc && page_flag_test(p, PG_UPTODATE))
			return p;
		page_unlock(p);
		page_put(p);
	}
}

int ext4_page_spill(struct vnode *vn)
{
	struct page *p;
	int err;

	if (!ext4_is_inline(ext4_node_of(vn)))
		return 0;
	p = first_page(vn);
	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	err = ext4_inline_page_spill(vn, p);
	page_unlock(p);
	page_put(p);
	return err;
}

/* The inode gets the first @size bytes of its first page, which is locked. */
static int store_inline(struct vnode *vn, struct page *p, u64 size)
{
	struct ext4_node *n = ext4_node_of(vn);
	struct ext4_tx tx;
	int err = ext4_tx_begin(n->vol, EXT4_XATTR_CREDITS + 2, &tx);

	if (err)
		return err;
	err = size ? ext4_inline_write(&tx, n, page_to_virt(p), (u32)size) : ext4_inline_leave(&tx, n);
	if (!err) {
		n->size = size;
		vnode_size_set(vn, size);
		err = ext4_store(&tx, vn);
	}
	ext4_tx_end(&tx);
	return err;
}

int ext4_page_cut_inline(struct vnode *vn, u64 size)
{
	struct page *p;
	int err = -EAGAIN;

	if (!ext4_is_inline(ext4_node_of(vn)))
		return -EAGAIN;
	p = first_page(vn);
	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	if (ext4_is_inline(ext4_node_of(vn)))
		err = store_inline(vn, p, size);
	page_unlock(p);
	page_put(p);
	if (!err)
		pagecache_truncate(vn->vn_pc, (loff_t)size);
	return err;
}

/* An empty file is going to have contents in its inode. */
static int enter(struct vnode *vn)
{
	struct ext4_node *n = ext4_node_of(vn);
	struct ext4_tx tx;
	int err = ext4_tx_begin(n->vol, EXT4_XATTR_CREDITS + 2, &tx);

	if (err)
		return err;
	err = ext4_inline_write(&tx, n, "", 0);
	if (!err)
		err = ext4_store(&tx, vn);
	ext4_tx_end(&tx);
	return err;
}

int ext4_inline_page_begin(struct vnode *vn, u64 end)
{
	struct ext4_node *n = ext4_node_of(vn);
	bool is_inline = ext4_is_inline(n);
	int room;

	if (!is_inline && (vnode_size(vn) || n->blocks || !ext4_inline_possible(n)))
		return 0;
	/* More than an inode has is asked for: no need to look what is left there. */
	room = end < n->vol->geo.inode_size ? ext4_inline_room(n) : 0;
	if (room < 0)
		return room;
	if (end <= (u64)room)
		return is_inline ? 0 : enter(vn);
	return is_inline ? ext4_page_spill(vn) : 0;
}

int ext4_inline_page_end(struct vnode *vn, struct page *p, u64 end)
{
	int err = store_inline(vn, p, max(end, (u64)vnode_size(vn)));

	if (err)
		page_flag_clear(p, PG_UPTODATE);
	else
		page_flag_set(p, PG_UPTODATE);
	return err;
}
