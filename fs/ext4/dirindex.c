// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hash index of a directory, node by node. The root hides in block 0
 * behind the entries "." and "..", whose length covers the block, so that old
 * implementations see two entries; interior nodes begin with one free entry.
 * A node is an array of (hash, block) sorted by hash; the first record has no
 * hash of its own (everything below the second) and keeps limit and count there.
 * A child's hash has its lowest bit set if names of that very hash began in the
 * block before.
 */
#include <tern/base/err.h>
#include <tern/lib/sort.h>
#include <tern/lib/string.h>

#include "dirblock.h"

static u32 limit_of(const struct ext4_geo *g, u32 off)
{
	return (g->block_size - off - (ext4_has_csum(g) ? 8 : 0)) / 8;
}

static void view_at(void *block, u32 off, struct ext4_dxview *v)
{
	const struct ext4_disk_dxcount *c = (void *)((u8 *)block + off);

	v->ents = (void *)((u8 *)block + off);
	v->off = off;
	v->count = c->count;
	v->limit = c->limit;
}

static int open_root(const struct ext4_geo *g, void *block)
{
	const struct ext4_disk_dirent *dot = block, *dotdot = ext4_dirent_at(block, 12);
	const struct ext4_disk_dxinfo *info = ext4_dx_info(block);

	if (dot->rec_len != 12 || dotdot->rec_len != g->block_size - 12)
		return -EUCLEAN;
	if (info->hash_version > EXT4_HASH_TEA || (info->unused_flags & 1))
		return -EOPNOTSUPP;
	if (info->reserved_zero || info->info_length != 8)
		return -EUCLEAN;
	if (info->indirect_levels > (g->incompat & EXT4_INCOMPAT_LARGEDIR ? 2 : 1))
		return -EUCLEAN;
	return 0;
}

int ext4_dx_open(const struct ext4_geo *g, void *block, bool is_root, struct ext4_dxview *v)
{
	u32 off = is_root ? EXT4_DX_ROOT_ENTRIES : EXT4_DX_NODE_ENTRIES;
	int err;

	if (is_root) {
		err = open_root(g, block);
		if (err)
			return err;
	} else if (ext4_dirent_at(block, 0)->inode || ext4_dirent_at(block, 0)->rec_len != g->block_size) {
		return -EUCLEAN;
	}
	view_at(block, off, v);
	if (v->limit != limit_of(g, off) || !v->count || v->count > v->limit)
		return -EUCLEAN;
	return 0;
}

u32 ext4_dx_search(const struct ext4_dxview *v, u32 hash)
{
	u32 lo = 1, hi = v->count;	/* first entry above @hash is in [lo, hi] */

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (v->ents[mid].hash > hash)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo - 1;
}

void ext4_dx_set_count(struct ext4_dxview *v, u32 count)
{
	struct ext4_disk_dxcount *c = (void *)v->ents;

	v->count = count;
	c->count = (u16)count;
}

void ext4_dx_insert(struct ext4_dxview *v, u32 at, u32 hash, u32 child)
{
	memmove(&v->ents[at + 2], &v->ents[at + 1], (v->count - at - 1) * sizeof(*v->ents));
	v->ents[at + 1] = (struct ext4_disk_dxent){ hash, child };
	ext4_dx_set_count(v, v->count + 1);
}

static void view_init(const struct ext4_geo *g, void *block, u32 off, struct ext4_dxview *v)
{
	struct ext4_disk_dxcount *c = (void *)((u8 *)block + off);

	c->limit = (u16)limit_of(g, off);
	c->count = 0;
	view_at(block, off, v);
}

void ext4_dx_init_node(const struct ext4_geo *g, void *block, struct ext4_dxview *v)
{
	memset(block, 0, g->block_size);
	ext4_dirent_at(block, 0)->rec_len = (u16)g->block_size;
	view_init(g, block, EXT4_DX_NODE_ENTRIES, v);
}

void ext4_dx_init_root(const struct ext4_geo *g, void *block, u8 hash_version, u32 child, struct ext4_dxview *v)
{
	memset((u8 *)block + EXT4_DX_ROOT_INFO, 0, g->block_size - EXT4_DX_ROOT_INFO);
	ext4_dirent_at(block, 12)->rec_len = (u16)(g->block_size - 12);
	*ext4_dx_info(block) = (struct ext4_disk_dxinfo){ .hash_version = hash_version % 3, .info_length = 8 };
	view_init(g, block, EXT4_DX_ROOT_ENTRIES, v);
	v->ents[0].block = child;
	ext4_dx_set_count(v, 1);
}

void ext4_dx_csum_set(const struct ext4_geo *g, u32 iseed, void *block, const struct ext4_dxview *v)
{
	struct ext4_disk_dxtail *t = (void *)&v->ents[v->limit];

	if (ext4_has_csum(g))
		t->checksum = ext4_dx_csum(iseed, block, v->off, v->count, v->limit);
}

bool ext4_dx_csum_ok(const struct ext4_geo *g, u32 iseed, const void *block, const struct ext4_dxview *v)
{
	const struct ext4_disk_dxtail *t = (void *)&v->ents[v->limit];

	return !ext4_has_csum(g) || t->checksum == ext4_dx_csum(iseed, block, v->off, v->count, v->limit);
}

static int by_hash(const void *a, const void *b, void *ctx)
{
	const struct ext4_dirmap *x = a, *y = b;

	(void)ctx;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->minor < y->minor ? -1 : x->minor > y->minor;
}

int ext4_dir_map(const struct ext4_geo *g, u8 version, void *block, u32 skip, struct ext4_dirmap *map)
{
	u32 limit = ext4_dir_limit(g), n = 0;

	for (u32 off = skip; off < limit;) {
		const struct ext4_disk_dirent *e = ext4_dirent_at(block, off);
		struct ext4_hash h;

		if (ext4_dirent_check(g, block, off))
			return -EUCLEAN;
		if (e->inode && e->name_len) {
			if (ext4_name_hash(version, g->hash_seed, e->name, e->name_len, &h))
				return -EINVAL;
			map[n++] = (struct ext4_dirmap){ h.hash, h.minor, (u16)off,
							  (u16)ext4_dirent_size(e->name_len) };
		}
		off += e->rec_len;
	}
	sort_array(map, n, sizeof(*map), by_hash, NULL);
	return (int)n;
}

void ext4_dir_copy(const struct ext4_geo *g, const void *from, void *to, const struct ext4_dirmap *map, u32 n)
{
	u32 at = 0;

	if (!n)
		return;
	for (u32 i = 0; i < n; i++, at += map[i - 1].size) {
		memcpy(ext4_dirent_at(to, at), (const u8 *)from + map[i].off, map[i].size);
		ext4_dirent_at(to, at)->rec_len = map[i].size;
	}
	at -= map[n - 1].size;
	ext4_dirent_at(to, at)->rec_len = (u16)(ext4_dir_limit(g) - at);
}
