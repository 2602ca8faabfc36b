// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contents inside the inode (feature inline_data): the first 60 bytes lie where the block map would be,
 * the rest is the value of the attribute "system.data", which must lie in the inode too.
 *
 * Files: read and written here while they fit; then the kernel's page code takes them out (page.c).
 * Directories: 4 bytes with the parent's number, then entries in two regions, without dots. They are shown as one
 * block that is made up for the reader, and become a real block before the first change.
 *
 * block[] is under map_lock; what says that data is inline, EXT4_FL_INLINE_DATA, changes under it too, and
 * for files with page 0 locked besides.
 */
#include "vol.h"

#include <uapi/fcntl.h>
#include <uapi/stat.h>

#define ATTR		"system.data"
#define HEAD		((u32)sizeof(((struct ext4_node *)NULL)->block))
#define PARENT		4u
#define DIRENT_ALIGN	3u

bool ext4_inline_possible(const struct ext4_node *n)
{
	return (n->vol->geo.incompat & EXT4_INCOMPAT_INLINE_DATA) && ext4_xattr_has_body(n);
}

int ext4_inline_room(struct ext4_node *n)
{
	int room = ext4_xattr_body_room(n, ATTR);

	return room < 0 ? room : (int)HEAD + room;
}

ssize_t ext4_inline_read(struct ext4_node *n, void *buf, size_t size)
{
	size_t head = min_t(size_t, size, HEAD);
	u8 *rest;
	ssize_t got;

	rwsem_read_lock(&n->map_lock);
	memcpy(buf, n->block, head);
	rwsem_read_unlock(&n->map_lock);
	if (size <= HEAD)
		return (ssize_t)size;
	rest = kmem_alloc(n->vol->geo.inode_size, ALLOC_NOFS);
	if (!rest)
		return -ENOMEM;
	got = ext4_xattr_get(n, ATTR, rest, n->vol->geo.inode_size);
	if (got >= 0) {
		got = (ssize_t)min_t(size_t, (size_t)got, size - HEAD);
		memcpy((u8 *)buf + HEAD, rest, (size_t)got);
		got += HEAD;
	}
	kmem_free(rest);
	return got == -ENODATA ? HEAD : got;
}

int ext4_inline_write(struct ext4_tx *tx, struct ext4_node *n, const void *data, u32 size)
{
	u32 head = min(size, HEAD);

	rwsem_write_lock(&n->map_lock);
	memset(n->block, 0, HEAD);
	memcpy(n->block, data, head);
	n->flags = (n->flags & ~EXT4_FL_EXTENTS) | EXT4_FL_INLINE_DATA;
	rwsem_write_unlock(&n->map_lock);
	return ext4_xattr_set(tx, n, ATTR, (const u8 *)data + head, size - head, 0);
}

int ext4_inline_leave(struct ext4_tx *tx, struct ext4_node *n)
{
	rwsem_write_lock(&n->map_lock);
	ext4_inline_clear(n);
	rwsem_write_unlock(&n->map_lock);
	return ext4_inline_drop(tx, n);
}

void ext4_inline_clear(struct ext4_node *n)
{
	n->flags &= ~EXT4_FL_INLINE_DATA;
	memset(n->block, 0, HEAD);
	if (ext4_has_extents(&n->vol->geo))
		ext4_ext_init(n);
}

int ext4_inline_drop(struct ext4_tx *tx, struct ext4_node *n)
{
	int err = ext4_xattr_set(tx, n, ATTR, NULL, 0, XATTR_REPLACE);

	return err == -ENODATA ? 0 : err;
}

/* ---- directories ---- */

/* Entries of a region go into the block. */
static int put_region(struct ext4_node *dir, void *block, const u8 *at, u32 len)
{
	for (u32 off = 0; off + EXT4_DIRENT_HEAD <= len;) {
		const struct ext4_disk_dirent *e = (const void *)(at + off);
		int err = 0;

		if (e->rec_len < EXT4_DIRENT_HEAD || (e->rec_len & DIRENT_ALIGN) || e->rec_len > len - off ||
		    e->name_len + EXT4_DIRENT_HEAD > e->rec_len)
			return -EUCLEAN;
		if (e->inode)
			err = ext4_dir_insert(&dir->vol->geo, block, e->name, e->name_len, e->inode, e->file_type);
		if (err)
			return -EUCLEAN;
		off += e->rec_len;
	}
	return 0;
}

/* The directory as one block. */
static int fill_block(struct ext4_node *dir, void *block)
{
	u8 *raw = kmem_alloc(dir->vol->geo.inode_size + HEAD, ALLOC_NOFS);
	ssize_t got = raw ? ext4_inline_read(dir, raw, dir->vol->geo.inode_size + HEAD) : -ENOMEM;
	int err = got < 0 ? (int)got : 0;

	if (!err) {
		ext4_dir_init_dots(&dir->vol->geo, block, dir->ino, get_le32(raw));
		err = put_region(dir, block, raw + PARENT, HEAD - PARENT);
	}
	if (!err)
		err = put_region(dir, block, raw + HEAD, (u32)got - HEAD);
	kmem_free(raw);
	return err == -EUCLEAN ? ext4_vol_fail(dir->vol, "directory %u: bad entry in the inode", dir->ino) : err;
}

struct ext4_buf *ext4_inline_dirblock(struct ext4_node *dir)
{
	struct ext4_buf *b = ext4_buf_private(dir->vol);
	int err = b ? fill_block(dir, b->data) : -ENOMEM;

	if (!err)
		return b;
	ext4_buf_put(b);
	return ERR_PTR(err);
}

int ext4_inline_dir_spill(struct ext4_tx *tx, struct ext4_node *dir)
{
	struct ext4_buf *old = ext4_inline_dirblock(dir), *b;
	u32 block[ARRAY_SIZE(dir->block)], flags = dir->flags;
	int err;

	if (IS_ERR(old))
		return (int)PTR_ERR(old);
	memcpy(block, dir->block, sizeof(block));
	rwsem_write_lock(&dir->map_lock);
	ext4_inline_clear(dir);
	rwsem_write_unlock(&dir->map_lock);
	b = ext4_map_append(tx, dir, 0);
	err = IS_ERR(b) ? (int)PTR_ERR(b) : ext4_tx_write(tx, b, EXT4_BUF_DIRLEAF, dir->seed);
	if (!err) {
		memcpy(b->data, old->data, dir->vol->geo.block_size);
		dir->size = dir->vol->geo.block_size;
		err = ext4_inline_drop(tx, dir);
	} else if (IS_ERR(b)) {
		rwsem_write_lock(&dir->map_lock);
		memcpy(dir->block, block, sizeof(block));
		dir->flags = flags;
		rwsem_write_unlock(&dir->map_lock);
	}
	if (!IS_ERR(b))
		ext4_buf_put(b);
	ext4_buf_put(old);
	return err ? err : ext4_node_store(tx, dir);
}
