// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inode numbers. Files go to their directory's group, directories below the
 * root to a group with room of its own, so that trees spread over the disk and
 * what belongs together stays together.
 */
#include "vol.h"

#include <uapi/stat.h>

int ext4_itable_pos(struct ext4_vol *v, u32 ino, u64 *block, u32 *off)
{
	const struct ext4_geo *g = &v->geo;
	u32 group, at;

	if (!ino || ino > g->inodes)
		return -EUCLEAN;
	group = (ino - 1) / g->inodes_per_group;
	at = (ino - 1) % g->inodes_per_group;
	*block = ext4_bg_inode_table(ext4_group_desc(v, group), ext4_wide(v)) + at / g->inodes_per_block;
	*off = at % g->inodes_per_block * g->inode_size;
	return 0;
}

/* Where a directory near the root begins to look: more room than the average. */
static u32 roomy_group(struct ext4_vol *v)
{
	u32 groups = v->geo.groups;
	u64 inodes = (u64)atomic_read(&v->free_inodes) / groups, blocks = (u64)atomic_read(&v->free_blocks) / groups;
	u32 start = __atomic_add_fetch(&v->dir_hint, 1, __ATOMIC_RELAXED);

	for (u32 i = 0; i < groups; i++) {
		u32 group = (start + i) % groups;
		struct ext4_disk_group *d = ext4_group_desc(v, group);

		if (ext4_bg_free_inodes(d, ext4_wide(v)) >= max(inodes, 1UL) &&
		    ext4_bg_free_blocks(d, ext4_wide(v)) >= blocks)
			return group;
	}
	return start % groups;
}

static int change_group(struct ext4_tx *tx, u32 group, struct ext4_buf *map)
{
	struct ext4_vol *v = tx->vol;
	int err = ext4_tx_write(tx, map, EXT4_BUF_IBITMAP, group);

	if (!err)
		err = ext4_tx_write(tx, ext4_group_descbuf(v, group), EXT4_BUF_GDT, 0);
	if (!err)
		err = ext4_tx_write(tx, v->super, EXT4_BUF_PLAIN, 0);
	return err;
}

/* Group lock held. */
static void count(struct ext4_vol *v, u32 group, u32 at, bool is_dir, s32 delta)
{
	struct ext4_disk_group *d = ext4_group_desc(v, group);
	bool wide = ext4_wide(v), tracks = v->geo.ro_compat & (EXT4_RO_METADATA_CSUM | EXT4_RO_GDT_CSUM);
	u32 end = v->geo.inodes_per_group - at - 1;

	ext4_bg_set_free_inodes(d, wide, (u32)((s32)ext4_bg_free_inodes(d, wide) + delta));
	atomic_add(&v->free_inodes, delta);
	if (is_dir) {
		ext4_bg_set_used_dirs(d, wide, (u32)((s32)ext4_bg_used_dirs(d, wide) - delta));
		atomic_add(&v->used_dirs, -delta);
	}
	if (delta > 0 || !tracks)
		return;
	if (d->bg_flags & EXT4_BG_INODE_UNINIT) {
		d->bg_flags &= (u16)~EXT4_BG_INODE_UNINIT;
		ext4_bg_set_itable_unused(d, wide, v->geo.inodes_per_group);
	}
	if (ext4_bg_itable_unused(d, wide) > end)
		ext4_bg_set_itable_unused(d, wide, end);
}

/* 0, -ENOSPC no free inode here, -errno. */
static int take_in(struct ext4_tx *tx, u32 group, bool is_dir, u32 *ino)
{
	struct ext4_vol *v = tx->vol;
	u32 bits = v->geo.inodes_per_group, at;
	struct ext4_buf *map;
	int err;

	if (!ext4_bg_free_inodes(ext4_group_desc(v, group), ext4_wide(v)))
		return -ENOSPC;
	map = ext4_group_ibitmap(v, group);
	if (IS_ERR(map))
		return PTR_ERR(map) == -EUCLEAN ? -ENOSPC : (int)PTR_ERR(map);
	err = change_group(tx, group, map);
	if (!err) {
		spin_lock(&v->groups[group].lock);
		at = (u32)bitmap_find_first_zero((u64 *)map->data, bits);
		if (group == 0 && at < v->geo.first_ino - 1)
			at = (u32)bitmap_find_next_zero((u64 *)map->data, bits, v->geo.first_ino - 1);
		if (at < bits) {
			bitmap_set_bit((u64 *)map->data, at);
			count(v, group, at, is_dir, -1);
			*ino = group * bits + at + 1;
		} else {
			err = -ENOSPC;
		}
		spin_unlock(&v->groups[group].lock);
	}
	ext4_buf_put(map);
	return err;
}

int ext4_ialloc(struct ext4_tx *tx, const struct ext4_node *dir, mode_t mode, u32 *ino)
{
	struct ext4_vol *v = tx->vol;
	u32 groups = v->geo.groups, start = (dir->ino - 1) / v->geo.inodes_per_group;
	bool is_dir = S_ISDIR(mode);
	int err;

	if (is_dir && (dir->ino == EXT4_ROOT_INO || (dir->flags & EXT4_FL_TOPDIR)))
		start = roomy_group(v);
	for (u32 i = 0; i < groups; i++) {
		err = take_in(tx, (start + i) % groups, is_dir, ino);
		if (err != -ENOSPC)
			return err;
	}
	return -ENOSPC;
}

int ext4_ifree(struct ext4_tx *tx, u32 ino, bool is_dir)
{
	struct ext4_vol *v = tx->vol;
	u32 group = (ino - 1) / v->geo.inodes_per_group, at = (ino - 1) % v->geo.inodes_per_group;
	struct ext4_buf *map = ext4_group_ibitmap(v, group);
	bool was;
	int err;

	if (IS_ERR(map))
		return (int)PTR_ERR(map);
	err = change_group(tx, group, map);
	if (!err) {
		spin_lock(&v->groups[group].lock);
		was = bitmap_test_and_clear((u64 *)map->data, at);
		if (was)
			count(v, group, at, is_dir, 1);
		spin_unlock(&v->groups[group].lock);
		if (!was)
			err = ext4_vol_fail(v, "inode %u is freed twice", ino);
	}
	ext4_buf_put(map);
	return err;
}
