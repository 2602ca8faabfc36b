// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT: the table of clusters. Entry N says what follows cluster N in its file: another, or the
 * end; 0 is free. Changes go to all copies. Structures are read and written through the
 * device's page cache, which is a layer of its own to the lock order.
 */
#include "fat_impl.h"

int fat_fail(struct fat_mount *m, const char *what)
{
	kerr("fat: %s: %s%s", blkdev_name(m->bdev), what,
	     m->opt.stops && !(m->fs->flags & FILESYS_RDONLY) ? "; no more is written" : "");
	if (m->opt.stops)
		m->fs->flags |= FILESYS_RDONLY;
	return -EIO;
}

int fat_meta_read(struct fat_mount *m, u64 pos, void *buf, u32 len)
{
	int err;

	__lockcheck(lockcheck_layer_enter());
	err = blkdev_read_bytes(m->bdev, pos, buf, len);
	__lockcheck(lockcheck_layer_leave());
	return err;
}

/* @buf NULL: zeroes. */
static int meta_change(struct fat_mount *m, u64 pos, const u8 *buf, u32 len)
{
	if (m->fs->flags & FILESYS_RDONLY)
		return -EROFS;
	while (len) {
		u32 off = pos & ~PAGE_MASK, n = min_t(u32, len, (u32)PAGE_SIZE - off);
		struct page *p = pagecache_read_in(blkdev_cache(m->bdev), pos >> PAGE_SHIFT);

		if (IS_ERR(p))
			return (int)PTR_ERR(p);
		page_lock(p);
		if (buf)
			memcpy((u8 *)page_to_virt(p) + off, buf, n);
		else
			memset((u8 *)page_to_virt(p) + off, 0, n);
		page_mark_dirty(p);
		page_unlock(p);
		page_put(p);
		buf = buf ? buf + n : NULL;
		pos += n;
		len -= n;
	}
	return 0;
}

int fat_meta_write(struct fat_mount *m, u64 pos, const void *buf, u32 len)
{
	int err;

	__lockcheck(lockcheck_layer_enter());
	err = meta_change(m, pos, buf, len);
	__lockcheck(lockcheck_layer_leave());
	return err;
}

int fat_meta_zero(struct fat_mount *m, u64 pos, u32 len)
{
	return fat_meta_write(m, pos, NULL, len);
}

/* ---- entries ---- */

/* Place of an entry in copy @copy, and its bytes. */
static u64 entry_place(const struct fat_geo *g, u32 copy, u32 n, u32 *bytes)
{
	*bytes = g->bits == 32 ? 4 : 2;
	return g->fat_start + copy * g->fat_bytes + (g->bits == 12 ? n + n / 2 : (u64)n * *bytes);
}

static int entry_get(struct fat_mount *m, u32 n, u32 *value)
{
	u32 raw = 0, bytes;
	u64 pos = entry_place(&m->geo, m->geo.active, n, &bytes);
	int err = fat_meta_read(m, pos, &raw, bytes);

	*value = m->geo.bits == 32 ? raw & 0x0fffffff : m->geo.bits == 16 ? raw : n & 1 ? raw >> 4 : raw & 0xfff;
	return err;
}

static int entry_set(struct fat_mount *m, u32 n, u32 value)
{
	u32 first = m->geo.is_mirrored ? 0 : m->geo.active, last = m->geo.is_mirrored ? m->geo.fats : first + 1;
	int err = 0;

	for (u32 copy = first; copy < last && !err; copy++) {
		u32 raw = 0, bytes;
		u64 pos = entry_place(&m->geo, copy, n, &bytes);

		err = fat_meta_read(m, pos, &raw, bytes);
		if (m->geo.bits == 32)
			raw = (raw & 0xf0000000) | value;
		else if (m->geo.bits == 16)
			raw = value;
		else
			raw = n & 1 ? (raw & 0xf) | value << 4 : (raw & 0xf000) | value;
		if (!err)
			err = fat_meta_write(m, pos, &raw, bytes);
	}
	return err;
}

static u32 end_mark(const struct fat_mount *m)
{
	return m->geo.bits == 12 ? 0xfff : m->geo.bits == 16 ? 0xffff : 0x0fffffff;
}

int fat_next(struct fat_mount *m, u32 cluster, u32 *next)
{
	int err = entry_get(m, cluster, next);

	if (err)
		return err;
	if (fat_eoc(&m->geo, *next)) {
		*next = 0;
		return 0;
	}
	return fat_is_cluster(&m->geo, *next) ? 0 : fat_fail(m, "a chain of clusters is broken");
}

/* ---- space ---- */

int fat_alloc(struct fat_mount *m, u32 prev, u32 *out)
{
	u32 total = m->geo.clusters, at, value;
	int err = 0;

	kmutex_lock_nested(&m->table_lock);
	at = prev && fat_is_cluster(&m->geo, prev + 1) ? prev + 1 : fat_is_cluster(&m->geo, m->next) ? m->next : 2;
	for (u32 seen = 0; seen < total; seen++, at = at + 1 < total + 2 ? at + 1 : 2) {
		err = entry_get(m, at, &value);
		if (err)
			goto out;
		if (!value)
			goto found;
	}
	m->free = 0;
	err = -ENOSPC;
	goto out;
found:
	err = entry_set(m, at, end_mark(m));
	if (!err && prev)
		err = entry_set(m, prev, at);
	if (err)
		goto out;
	m->next = at + 1;
	if (m->free != FREE_UNKNOWN && m->free)
		m->free--;
	*out = at;
out:
	kmutex_unlock(&m->table_lock);
	return err;
}

int fat_free_chain(struct fat_mount *m, u32 last, u32 cluster)
{
	u32 next, n = 0;
	int err = 0;

	kmutex_lock_nested(&m->table_lock);
	if (last)
		err = entry_set(m, last, end_mark(m));
	for (; !err && cluster && n <= m->geo.clusters; n++, cluster = next) {
		err = fat_next(m, cluster, &next);
		if (!err)
			err = entry_set(m, cluster, 0);
		if (!err && m->free != FREE_UNKNOWN)
			m->free++;
		if (!err && m->opt.discards)
			(void)blkdev_discard_range(m->bdev, fat_cluster_pos(&m->geo, cluster) >> SECTOR_SHIFT,
						   1UL << (m->geo.cluster_bits - SECTOR_SHIFT));
	}
	kmutex_unlock(&m->table_lock);
	return err;
}

int fat_count_free(struct fat_mount *m, u32 *out)
{
	u32 value, n = 0;
	int err = 0;

	kmutex_lock(&m->table_lock);
	for (u32 c = 2; m->free == FREE_UNKNOWN && c < m->geo.clusters + 2 && !err; c++) {
		err = entry_get(m, c, &value);
		n += !value;
	}
	if (!err && m->free == FREE_UNKNOWN)
		m->free = n;
	*out = m->free;
	kmutex_unlock(&m->table_lock);
	return err;
}

/* ---- what the volume says of itself ---- */

void fat_info_load(struct fat_mount *m)
{
	u32 magic[2], counts[2];

	m->free = FREE_UNKNOWN;
	m->next = 2;
	if (!m->geo.info || m->was_dirty || fat_meta_read(m, m->geo.info, &magic[0], 4) ||
	    fat_meta_read(m, m->geo.info + 484, &magic[1], 4) || fat_meta_read(m, m->geo.info + 488, counts, 8))
		return;
	if (magic[0] != FAT_INFO_MAGIC1 || magic[1] != FAT_INFO_MAGIC2)
		return;
	if (counts[0] <= m->geo.clusters)
		m->free = counts[0];
	if (fat_is_cluster(&m->geo, counts[1]))
		m->next = counts[1];
}

int fat_info_store(struct fat_mount *m)
{
	u32 counts[2], magic;
	int err;

	if (!m->geo.info || fat_meta_read(m, m->geo.info, &magic, 4) || magic != FAT_INFO_MAGIC1)
		return 0;
	kmutex_lock(&m->table_lock);
	counts[0] = m->free;
	counts[1] = m->next;
	err = fat_meta_write(m, m->geo.info + 488, counts, sizeof(counts));
	kmutex_unlock(&m->table_lock);
	return err;
}

int fat_mark(struct fat_mount *m, bool is_dirty)
{
	u64 pos = m->geo.bits == 32 ? FAT_STATE32 : FAT_STATE16;
	u8 state;
	int err = fat_meta_read(m, pos, &state, 1);

	if (err)
		return err;
	state = (u8)((state & ~FAT_DIRTY) | (is_dirty || m->was_dirty ? FAT_DIRTY : 0));
	return fat_meta_write(m, pos, &state, 1);
}
