// SPDX-License-Identifier: GPL-2.0-only
/* Where the blocks of a file are: the extent tree or the older block map. */
#include "vol.h"

#include <uapi/stat.h>

int ext4_map_find(struct ext4_node *n, u32 lblk, struct ext4_map *m)
{
	return ext4_is_extents(n) ? ext4_ext_find(n, lblk, m) : ext4_ind_find(n, lblk, m);
}

int ext4_map_get(struct ext4_node *n, u32 lblk, struct ext4_map *m)
{
	int err;

	rwsem_read_lock(&n->map_lock);
	err = ext4_map_find(n, lblk, m);
	rwsem_read_unlock(&n->map_lock);
	return err;
}

int ext4_map_add(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len, u64 pblk, bool unwritten)
{
	int err;

	if (ext4_is_extents(n))
		err = ext4_ext_add(tx, n, lblk, len, pblk, unwritten);
	else
		err = unwritten ? -EOPNOTSUPP : ext4_ind_add(tx, n, lblk, len, pblk);
	if (!err) {
		n->blocks += (u64)len * (n->vol->geo.block_size / 512);
		n->goal = pblk + len;
	}
	return err;
}

int ext4_map_written(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len)
{
	return ext4_ext_written(tx, n, lblk, len);
}

int ext4_map_free(struct ext4_tx *tx, struct ext4_node *n, u64 block, u32 count)
{
	int err = 0;

	for (u32 i = 0; !err && i < count && !S_ISREG(n->mode); i++)
		err = ext4_tx_forget(tx, block + i);
	return err ? err : ext4_bfree(tx, block, count);
}

int ext4_map_drop(struct ext4_node *n, u64 from, u64 to)
{
	int more = 1;

	to = min_t(u64, to, (u64)ext4_max_lblk(n) + 1);
	while (more > 0 && from < to) {
		struct ext4_tx tx;
		int err = ext4_tx_begin(n->vol, EXT4_DROP_CREDITS, &tx);

		if (err)
			return err;
		rwsem_write_lock(&n->map_lock);
		more = ext4_is_extents(n) ? ext4_ext_drop_one(&tx, n, from, to) : ext4_ind_drop_one(&tx, n, from, to);
		err = more ? ext4_node_store(&tx, n) : 0;
		rwsem_write_unlock(&n->map_lock);
		ext4_tx_end(&tx);
		if (err)
			return err;
	}
	return more;
}

u64 ext4_map_goal(struct ext4_node *n, u32 lblk)
{
	struct ext4_map m;

	/* Behind the block before it, if that is mapped. */
	if (lblk && !ext4_map_find(n, lblk - 1, &m) && m.kind != EXT4_HOLE)
		return m.pblk + 1;
	return n->goal;
}

struct ext4_buf *ext4_map_append(struct ext4_tx *tx, struct ext4_node *n, u32 lblk)
{
	struct ext4_vol *v = n->vol;
	struct ext4_buf *b;
	u64 block;
	u32 got;
	int err;

	err = ext4_space_take(v, 1, 1);
	if (err)
		return ERR_PTR(err);
	rwsem_write_lock(&n->map_lock);
	err = ext4_bhold(v, ext4_map_goal(n, lblk), 1, &block, &got);
	if (err)
		goto give;
	b = ext4_buf_new(v, block);
	err = IS_ERR(b) ? (int)PTR_ERR(b) : ext4_buse(tx, block, 1);
	if (err) {
		if (!IS_ERR(b))
			ext4_buf_put(b);
		ext4_bunhold(v, block, 1);
		goto give;
	}
	err = ext4_map_add(tx, n, lblk, 1, block, false);
	rwsem_write_unlock(&n->map_lock);
	if (!err)
		return b;
	ext4_buf_put(b);
	(void)ext4_bfree(tx, block, 1);
	return ERR_PTR(err);
give:
	rwsem_write_unlock(&n->map_lock);
	ext4_space_give(v, 1);
	return ERR_PTR(err);
}

struct ext4_buf *ext4_map_read(struct ext4_node *n, u32 lblk)
{
	struct ext4_map m;
	int err = ext4_map_get(n, lblk, &m);

	if (err)
		return ERR_PTR(err);
	if (m.kind != EXT4_MAPPED)
		return ERR_PTR(ext4_vol_fail(n->vol, "inode %u: block %u is missing", n->ino, lblk));
	return ext4_buf_read(n->vol, m.pblk);
}
