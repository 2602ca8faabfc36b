// SPDX-License-Identifier: GPL-2.0-only
/*
 * Orphans: inodes that must be finished after a power cut - without names but in
 * use, or in the middle of a truncation. On disk they are a chain that begins in the
 * super block and goes on in i_dtime; volumes with an orphan file may have more in
 * there. This code only writes the chain, and clears the file at mount.
 */
#include "vol.h"

#include <uapi/stat.h>

static int head_set(struct ext4_tx *tx, u32 ino)
{
	struct ext4_vol *v = tx->vol;
	int err = ext4_tx_write(tx, v->super, EXT4_BUF_PLAIN, 0);

	if (!err)
		ext4_super(v)->s_last_orphan = ino;
	return err;
}

int ext4_orphan_add(struct ext4_tx *tx, struct ext4_node *n)
{
	struct ext4_vol *v = tx->vol;
	int err = 0;

	kmutex_lock(&v->orphan_lock);
	if (list_is_empty(&n->orphan)) {
		n->dtime = ext4_super(v)->s_last_orphan;
		err = ext4_node_store(tx, n);
		if (!err)
			err = head_set(tx, n->ino);
		if (!err)
			list_add(&n->orphan, &v->orphans);
	}
	kmutex_unlock(&v->orphan_lock);
	return err;
}

int ext4_orphan_del(struct ext4_tx *tx, struct ext4_node *n)
{
	struct ext4_vol *v = tx->vol;
	struct ext4_node *prev;
	u32 next;
	int err;

	kmutex_lock(&v->orphan_lock);
	if (list_is_empty(&n->orphan)) {
		kmutex_unlock(&v->orphan_lock);
		return 0;
	}
	next = n->dtime;
	if (list_is_first(&n->orphan, &v->orphans)) {
		err = head_set(tx, next);
	} else {
		prev = list_prev_entry(n, orphan);
		prev->dtime = next;
		err = ext4_node_store(tx, prev);
	}
	list_del_init(&n->orphan);
	n->dtime = 0;
	kmutex_unlock(&v->orphan_lock);
	return err ? err : ext4_node_store(tx, n);
}

/* ---- at mount ---- */

/* @in_chain: the super block names it; goes on to @next in the same transaction. */
static int erase_orphan(struct ext4_vol *v, struct ext4_node *n, bool in_chain, u32 next)
{
	struct ext4_tx tx;
	int err = 0;

	if (ext4_node_has_map(n))
		err = ext4_map_drop(n, 0, (u64)U32_MAX + 1);
	if (!err)
		err = ext4_tx_begin(v, EXT4_XATTR_CREDITS, &tx);
	if (err)
		return err;
	err = ext4_xattr_drop(&tx, n);
	if (!err)
		err = ext4_node_erase(&tx, n);
	if (!err && in_chain)
		err = head_set(&tx, next);
	ext4_tx_end(&tx);
	return err;
}

static int trim_orphan(struct ext4_vol *v, struct ext4_node *n, bool in_chain, u32 next)
{
	struct ext4_tx tx;
	int err = 0;

	if (S_ISREG(n->mode) && ext4_node_has_map(n))
		err = ext4_map_drop(n, (n->size + v->geo.block_size - 1) >> v->geo.block_bits, (u64)U32_MAX + 1);
	if (!err)
		err = ext4_tx_begin(v, 4, &tx);
	if (err)
		return err;
	n->dtime = 0;
	err = ext4_node_store(&tx, n);
	if (!err && in_chain)
		err = head_set(&tx, next);
	ext4_tx_end(&tx);
	return err;
}

static int clean_one(struct ext4_vol *v, u32 ino, bool in_chain)
{
	struct ext4_node n;
	int err = ext4_node_init(&n, v, ino);

	if (!err)
		err = ext4_node_load(&n);
	if (err)
		return err;
	return n.nlink ? trim_orphan(v, &n, in_chain, n.dtime) : erase_orphan(v, &n, in_chain, n.dtime);
}

static int clean_chain(struct ext4_vol *v)
{
	u32 steps = 0, ino;
	int err = 0;

	while (!err && (ino = ext4_super(v)->s_last_orphan)) {
		if (++steps > v->geo.inodes)
			return -EUCLEAN;
		err = clean_one(v, ino, true);
	}
	return err;
}

/* A block of the orphan file: inode numbers, then magic and check sum. */
static int clean_block(struct ext4_vol *v, struct ext4_node *file, u32 lblk)
{
	struct ext4_buf *b = ext4_map_read(file, lblk);
	u32 n = (v->geo.block_size - 8) / 4;
	struct ext4_disk_orphantail *t;
	struct ext4_tx tx;
	int err = 0;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	t = (void *)(b->data + v->geo.block_size - 8);
	if (t->ob_magic != EXT4_ORPHAN_MAGIC)
		err = -EUCLEAN;
	for (u32 i = 0; !err && i < n; i++) {
		u32 ino = ((u32 *)b->data)[i];

		if (!ino)
			continue;
		err = clean_one(v, ino, false);
		if (!err)
			err = ext4_tx_begin(v, 4, &tx);
		if (err)
			break;
		err = ext4_tx_write(&tx, b, EXT4_BUF_PLAIN, 0);
		if (!err) {
			((u32 *)b->data)[i] = 0;
			if (ext4_has_csum(&v->geo))
				t->ob_checksum = ext4_orphan_csum(file->seed, b->block, b->data, n * 4);
		}
		ext4_tx_end(&tx);
	}
	ext4_buf_put(b);
	return err;
}

static int clean_file(struct ext4_vol *v)
{
	struct ext4_node file;
	struct ext4_tx tx;
	int err = ext4_node_init(&file, v, ext4_super(v)->s_orphan_file_inum);

	if (!err)
		err = ext4_node_load(&file);
	for (u32 i = 0; !err && i < file.size >> v->geo.block_bits; i++)
		err = clean_block(v, &file, i);
	if (!err)
		err = ext4_tx_begin(v, 4, &tx);
	if (err)
		return err;
	err = ext4_tx_write(&tx, v->super, EXT4_BUF_PLAIN, 0);
	if (!err)
		ext4_super(v)->s_feature_ro_compat &= ~EXT4_RO_ORPHAN_PRESENT;
	ext4_tx_end(&tx);
	return err;
}

int ext4_orphans_clean(struct ext4_vol *v)
{
	int err = clean_chain(v);

	if (!err && (ext4_super(v)->s_feature_ro_compat & EXT4_RO_ORPHAN_PRESENT))
		err = clean_file(v);
	return err;
}
