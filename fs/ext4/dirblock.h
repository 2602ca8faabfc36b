/* SPDX-License-Identifier: GPL-2.0-only */
/* One block of a directory: its entries, and index nodes. Pure; host-tested. */
#pragma once

#include "dirhash.h"
#include "geometry.h"

static inline u32 ext4_dirent_size(u32 name_len) { return (EXT4_DIRENT_HEAD + name_len + 3) & ~3u; }
/** ext4_dir_limit() - bytes of a block that entries may use: the check sum has the rest. */
static inline u32 ext4_dir_limit(const struct ext4_geo *g)
{
	return g->block_size - (ext4_has_csum(g) ? (u32)sizeof(struct ext4_disk_dirtail) : 0);
}
static inline struct ext4_disk_dirent *ext4_dirent_at(void *block, u32 off)
{
	return (struct ext4_disk_dirent *)((u8 *)block + off);
}
/**
 * ext4_dirent_check() - the entry at @off, which is below the limit: length, alignment, name, inode number
 * Return: NULL if it is sound, else what is wrong with it.
 */
const char *ext4_dirent_check(const struct ext4_geo *g, const void *block, u32 off);
/** ext4_dir_find() - offset of @name's entry; -ENOENT; -EUCLEAN a broken entry on the way. */
int ext4_dir_find(const struct ext4_geo *g, const void *block, const char *name, u32 len);
/** ext4_dir_room() - offset of the first entry with room behind it for a name of @len; -ENOSPC, -EUCLEAN. */
int ext4_dir_room(const struct ext4_geo *g, const void *block, u32 len);
/**
 * ext4_dir_insert() - add an entry; the name is known to be absent
 * Return: 0, -ENOSPC no room in this block, -EUCLEAN.
 */
int ext4_dir_insert(const struct ext4_geo *g, void *block, const char *name, u32 len, u32 ino, u8 type);
/** ext4_dir_remove() - the entry at @off goes, its space to the one before it; 0 or -EUCLEAN. */
int ext4_dir_remove(const struct ext4_geo *g, void *block, u32 off);
/** ext4_dir_init() - a block without entries. */
void ext4_dir_init(const struct ext4_geo *g, void *block);
/** ext4_dir_init_dots() - first block of a new directory. */
void ext4_dir_init_dots(const struct ext4_geo *g, void *block, u32 self, u32 parent);
/** ext4_dir_is_empty() - only "." and ".." (or unused entries) in it: 1, 0 or -EUCLEAN. */
int ext4_dir_is_empty(const struct ext4_geo *g, const void *block);
void ext4_dir_csum_set(const struct ext4_geo *g, u32 iseed, void *block);
bool ext4_dir_csum_ok(const struct ext4_geo *g, u32 iseed, const void *block);
/** ext4_ft_of_mode() / ext4_dtype_of_ft() - type byte of entries; DT_* of it. */
u8 ext4_ft_of_mode(mode_t mode);
u32 ext4_dtype_of_ft(u8 ft);

/* ---- the hash index ---- */
struct ext4_dxview { struct ext4_disk_dxent *ents; u32 off, count, limit; };
/**
 * ext4_dx_open() - check the index node in @block
 * @is_root: block 0 of the directory
 * Return: 0; -EUCLEAN nonsense; -EOPNOTSUPP (root) an unknown hash: treat as linear.
 */
int ext4_dx_open(const struct ext4_geo *g, void *block, bool is_root, struct ext4_dxview *v);
static inline struct ext4_disk_dxinfo *ext4_dx_info(void *block)
{
	return (struct ext4_disk_dxinfo *)((u8 *)block + EXT4_DX_ROOT_INFO);
}
/** ext4_dx_search() - index of the last entry whose hash is not above @hash. */
u32 ext4_dx_search(const struct ext4_dxview *v, u32 hash);
static inline u32 ext4_dx_child(const struct ext4_dxview *v, u32 i) { return v->ents[i].block & 0x0fffffff; }
/** ext4_dx_insert() - (@hash, @child) after entry @at; the node has room. */
void ext4_dx_insert(struct ext4_dxview *v, u32 at, u32 hash, u32 child);
/** ext4_dx_init_node() - an interior node without entries yet: count 0. */
void ext4_dx_init_node(const struct ext4_geo *g, void *block, struct ext4_dxview *v);
/** ext4_dx_init_root() - keeps the two dot entries of @block, makes the rest an index with one child. */
void ext4_dx_init_root(const struct ext4_geo *g, void *block, u8 hash_version, u32 child, struct ext4_dxview *v);
void ext4_dx_set_count(struct ext4_dxview *v, u32 count);
void ext4_dx_csum_set(const struct ext4_geo *g, u32 iseed, void *block, const struct ext4_dxview *v);
bool ext4_dx_csum_ok(const struct ext4_geo *g, u32 iseed, const void *block, const struct ext4_dxview *v);

/* An entry of a leaf that is being split. */
struct ext4_dirmap { u32 hash, minor; u16 off, size; };
/**
 * ext4_dir_map() - the used entries of a leaf, sorted by hash
 * @map: room for block_size / 12 entries
 * @skip: bytes at the start to leave out (dots of block 0)
 * Return: how many, or -EUCLEAN, -EINVAL (hash version).
 */
int ext4_dir_map(const struct ext4_geo *g, u8 version, void *block, u32 skip, struct ext4_dirmap *map);
/** ext4_dir_copy() - pack the @n mapped entries of @from into the empty block @to. */
void ext4_dir_copy(const struct ext4_geo *g, const void *from, void *to, const struct ext4_dirmap *map, u32 n);
