// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories: finding, adding and removing names, block by block; htree.c knows the ones with a
 * hash index, dirlist.c lists. The VFS holds the directory's lock: for writing where entries change.
 */
#include "vol.h"

#include <uapi/stat.h>

static bool is_indexed(const struct ext4_node *dir)
{
	return (dir->flags & EXT4_FL_INDEX) && (dir->vol->geo.compat & EXT4_COMPAT_DIR_INDEX);
}

static u32 block_count(const struct ext4_node *dir)
{
	return ext4_is_inline(dir) ? 1 : (u32)(dir->size >> dir->vol->geo.block_bits);
}

/* Index blocks hide behind one free entry that covers the block (the root behind the dots). */
static bool looks_index(const struct ext4_node *dir, u32 lblk, const void *data)
{
	const struct ext4_disk_dirent *e = data;

	if (!is_indexed(dir))
		return false;
	return !lblk || (!e->inode && e->rec_len == dir->vol->geo.block_size);
}

static bool block_ok(struct ext4_node *dir, void *data, u32 lblk, bool index)
{
	const struct ext4_geo *g = &dir->vol->geo;
	struct ext4_dxview view;
	int err;

	if (!index)
		return ext4_dir_csum_ok(g, dir->seed, data);
	err = ext4_dx_open(g, data, !lblk, &view);
	if (err)
		return err == -EOPNOTSUPP || (lblk && !ext4_has_csum(g));
	return ext4_dx_csum_ok(g, dir->seed, data, &view);
}

struct ext4_buf *ext4_dirblock_read(struct ext4_node *dir, u32 lblk, bool *is_index)
{
	struct ext4_buf *b;

	*is_index = false;
	if (ext4_is_inline(dir))
		return ext4_inline_dirblock(dir);
	b = ext4_map_read(dir, lblk);
	if (IS_ERR(b))
		return b;
	*is_index = looks_index(dir, lblk, b->data);
	if (bit_test(EXT4_BUFS_VERIFIED, &b->state))
		return b;
	if (!block_ok(dir, b->data, lblk, *is_index)) {
		ext4_buf_put(b);
		return ERR_PTR(ext4_vol_fail(dir->vol, "directory %u: block %u is damaged", dir->ino, lblk));
	}
	bit_set_atomic(EXT4_BUFS_VERIFIED, &b->state);
	return b;
}

/* The dots are in block 0, in indexed directories too. */
static int find_dot(struct ext4_node *dir, u32 len, struct ext4_buf **out, int *off)
{
	bool index;
	struct ext4_buf *b = ext4_dirblock_read(dir, 0, &index);
	struct ext4_disk_dirent *e;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	e = ext4_dirent_at(b->data, 0);
	*off = len == 2 ? e->rec_len : 0;
	e = ext4_dirent_at(b->data, (u32)*off);
	if (*off > 12 || e->name_len != len || memcmp(e->name, "..", len)) {
		ext4_buf_put(b);
		return ext4_vol_fail(dir->vol, "directory %u has no dots", dir->ino);
	}
	*out = b;
	return 0;
}

static int find_linear(struct ext4_node *dir, const char *name, u32 len, struct ext4_buf **out, int *off)
{
	for (u32 i = 0; i < block_count(dir); i++) {
		bool index;
		struct ext4_buf *b = ext4_dirblock_read(dir, i, &index);

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		if (!index) {
			*off = ext4_dir_find(&dir->vol->geo, b->data, name, len);
			if (*off >= 0) {
				*out = b;
				return 0;
			}
			if (*off != -ENOENT) {
				ext4_buf_put(b);
				return ext4_vol_fail(dir->vol, "directory %u: bad entry in block %u", dir->ino, i);
			}
		}
		ext4_buf_put(b);
	}
	return -ENOENT;
}

/* Block (referenced) and offset of @name's entry. */
static int find(struct ext4_node *dir, const char *name, u32 len, struct ext4_buf **out, int *off)
{
	int err;

	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return find_dot(dir, len, out, off);
	if (len > EXT4_NAME_LEN)
		return -ENAMETOOLONG;
	if (is_indexed(dir)) {
		err = ext4_htree_find(dir, name, len, out, off);
		if (err != -EOPNOTSUPP)
			return err;
	}
	return find_linear(dir, name, len, out, off);
}

int ext4_dir_get(struct ext4_node *dir, const char *name, u32 len, u32 *ino)
{
	struct ext4_buf *b;
	int off, err = find(dir, name, len, &b, &off);

	if (err)
		return err;
	*ino = ext4_dirent_at(b->data, (u32)off)->inode;
	ext4_buf_put(b);
	return 0;
}

static enum ext4_bufkind kind_of(const struct ext4_node *dir, const struct ext4_buf *b)
{
	/* Entries are changed in leaves and, the dots, in block 0. */
	if (is_indexed(dir) && ext4_dirent_at(b->data, 0)->rec_len == 12 &&
	    ext4_dirent_at(b->data, 12)->rec_len == dir->vol->geo.block_size - 12)
		return EXT4_BUF_DXROOT;
	return EXT4_BUF_DIRLEAF;
}

int ext4_dir_set(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len, u32 ino, mode_t mode)
{
	struct ext4_disk_dirent *e;
	struct ext4_buf *b;
	int off, err = ext4_is_inline(dir) ? ext4_inline_dir_spill(tx, dir) : 0;

	if (!err)
		err = find(dir, name, len, &b, &off);
	if (err)
		return err;
	err = ext4_tx_write(tx, b, kind_of(dir, b), dir->seed);
	if (!err) {
		e = ext4_dirent_at(b->data, (u32)off);
		e->inode = ino;
		if (dir->vol->geo.incompat & EXT4_INCOMPAT_FILETYPE)
			e->file_type = ext4_ft_of_mode(mode);
	}
	ext4_buf_put(b);
	return err;
}

int ext4_dir_del(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len)
{
	struct ext4_buf *b;
	int off, err = ext4_is_inline(dir) ? ext4_inline_dir_spill(tx, dir) : 0;

	if (!err)
		err = find(dir, name, len, &b, &off);
	if (err)
		return err;
	err = ext4_tx_write(tx, b, EXT4_BUF_DIRLEAF, dir->seed);
	if (!err)
		err = ext4_dir_remove(&dir->vol->geo, b->data, (u32)off);
	ext4_buf_put(b);
	return err;
}

/* A new last block with one entry. */
static int add_block(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len, u32 ino, u8 ft)
{
	const struct ext4_geo *g = &dir->vol->geo;
	u32 lblk = block_count(dir);
	struct ext4_buf *b = ext4_map_append(tx, dir, lblk);
	int err;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_tx_write(tx, b, EXT4_BUF_DIRLEAF, dir->seed);
	if (!err) {
		ext4_dir_init(g, b->data);
		err = ext4_dir_insert(g, b->data, name, len, ino, ft);
		dir->size = (u64)(lblk + 1) << g->block_bits;
	}
	ext4_buf_put(b);
	return err;
}

static int add_linear(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len, u32 ino, u8 ft)
{
	const struct ext4_geo *g = &dir->vol->geo;
	u32 n = block_count(dir);

	for (u32 i = 0; i < n; i++) {
		bool index;
		struct ext4_buf *b = ext4_dirblock_read(dir, i, &index);
		int err;

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		/* Full blocks are no part of the transaction. */
		err = index ? -ENOSPC : min(ext4_dir_room(g, b->data, len), 0);
		if (!err)
			err = ext4_tx_write(tx, b, EXT4_BUF_DIRLEAF, dir->seed);
		if (!err)
			err = ext4_dir_insert(g, b->data, name, len, ino, ft);
		if (err == -ENOSPC && n == 1 && (g->compat & EXT4_COMPAT_DIR_INDEX) && !is_indexed(dir)) {
			err = ext4_htree_make(tx, dir, b);
			if (!err)
				err = ext4_htree_add(tx, dir, name, len, ino, ft);
		}
		ext4_buf_put(b);
		if (err != -ENOSPC)
			return err;
	}
	return add_block(tx, dir, name, len, ino, ft);
}

int ext4_dir_add(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len, u32 ino, mode_t mode)
{
	u8 ft = ext4_ft_of_mode(mode);
	int err;

	if (len > EXT4_NAME_LEN)
		return -ENAMETOOLONG;
	err = ext4_is_inline(dir) ? ext4_inline_dir_spill(tx, dir) : 0;
	if (err)
		return err;
	if (is_indexed(dir)) {
		err = ext4_htree_add(tx, dir, name, len, ino, ft);
		if (err != -EOPNOTSUPP)
			return err;
		/* An index of an unknown kind: without it the directory is still right. */
		dir->flags &= ~EXT4_FL_INDEX;
	}
	return add_linear(tx, dir, name, len, ino, ft);
}

int ext4_dir_empty(struct ext4_node *dir)
{
	for (u32 i = 0; i < block_count(dir); i++) {
		bool index;
		struct ext4_buf *b = ext4_dirblock_read(dir, i, &index);
		int r;

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		r = index ? 1 : ext4_dir_is_empty(&dir->vol->geo, b->data);
		ext4_buf_put(b);
		if (r != 1)
			return r;
	}
	return 1;
}

int ext4_dir_start(struct ext4_tx *tx, struct ext4_node *dir, u32 parent)
{
	struct ext4_buf *b = ext4_map_append(tx, dir, 0);
	int err;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_tx_write(tx, b, EXT4_BUF_DIRLEAF, dir->seed);
	if (!err) {
		ext4_dir_init_dots(&dir->vol->geo, b->data, dir->ino, parent);
		dir->size = dir->vol->geo.block_size;
	}
	ext4_buf_put(b);
	return err;
}
