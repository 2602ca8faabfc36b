/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the super block says, checked and in useful units; and the check sums
 * of every metadata structure. Pure: no allocation, no locks; host-tested.
 */
#pragma once

#include "format.h"

struct ext4_geo {
	u64 blocks;		/* file system blocks */
	u64 reserved_blocks;	/* kept for root */
	u32 inodes, first_ino;
	u32 block_size, block_bits;
	u32 first_data_block;	/* block that group 0 begins with: 1 with 1 KiB blocks */
	u32 blocks_per_group, inodes_per_group;
	u32 groups;
	u32 inode_size, inodes_per_block, itable_blocks;	/* per group */
	u32 desc_size, descs_per_block, gdt_blocks;
	u32 first_meta_bg;
	u32 reserved_gdt;
	u32 flex_bits;		/* log2 of groups in a flex group */
	u32 compat, incompat, ro_compat;
	u32 csum_seed;
	u32 hash_seed[4];
	u8 hash_version;	/* EXT4_HASH_*, the unsigned kinds as the super block says */
	u16 want_extra_isize;
	u8 uuid[16];
};

static inline bool ext4_has_csum(const struct ext4_geo *g) { return g->ro_compat & EXT4_RO_METADATA_CSUM; }
static inline bool ext4_has_64bit(const struct ext4_geo *g) { return g->incompat & EXT4_INCOMPAT_64BIT; }
static inline bool ext4_has_extents(const struct ext4_geo *g) { return g->incompat & EXT4_INCOMPAT_EXTENTS; }

/**
 * ext4_geo_parse() - check a super block and take what is needed from it
 * @dev_bytes: size of the device; 0 if not known
 * @why: set to a text that names the fault
 * Return: 0; -EINVAL not ext2/3/4 or nonsense; -EUCLEAN wrong check sum;
 *	-EOPNOTSUPP a feature that cannot even be read.
 */
int ext4_geo_parse(const struct ext4_disk_super *s, u64 dev_bytes, struct ext4_geo *g, const char **why);
/** ext4_geo_writable() - only features that this implementation can keep true. */
bool ext4_geo_writable(const struct ext4_geo *g);
/** ext4_group_has_super() - a backup of super block and descriptors is in @group. */
bool ext4_group_has_super(const struct ext4_geo *g, u32 group);
/** ext4_desc_block() - block that holds descriptor block @n (0 .. gdt_blocks - 1). */
u64 ext4_desc_block(const struct ext4_geo *g, u32 n);
static inline u64 ext4_group_first(const struct ext4_geo *g, u32 group)
{
	return (u64)group * g->blocks_per_group + g->first_data_block;
}
/** ext4_group_blocks() - blocks in @group: fewer in the last. */
u32 ext4_group_blocks(const struct ext4_geo *g, u32 group);
/**
 * ext4_group_base_meta() - blocks at the start of @group for super block copy
 * and descriptors, for bitmaps that were never written.
 */
u32 ext4_group_base_meta(const struct ext4_geo *g, u32 group);
/** ext4_block_ok() - [@block, @block + @n) lies in the file system and past its start. */
static inline bool ext4_block_ok(const struct ext4_geo *g, u64 block, u64 n)
{
	return block > g->first_data_block && n <= g->blocks && block <= g->blocks - n;
}

static inline u64 ext4_bg_block_bitmap(const struct ext4_disk_group *d, bool wide)
{
	return d->bg_block_bitmap_lo | (wide ? (u64)d->bg_block_bitmap_hi << 32 : 0);
}
static inline u64 ext4_bg_inode_bitmap(const struct ext4_disk_group *d, bool wide)
{
	return d->bg_inode_bitmap_lo | (wide ? (u64)d->bg_inode_bitmap_hi << 32 : 0);
}
static inline u64 ext4_bg_inode_table(const struct ext4_disk_group *d, bool wide)
{
	return d->bg_inode_table_lo | (wide ? (u64)d->bg_inode_table_hi << 32 : 0);
}
#define EXT4_BG_COUNT(name)							\
static inline u32 ext4_bg_##name(const struct ext4_disk_group *d, bool wide)	\
{										\
	return d->bg_##name##_lo | (wide ? (u32)d->bg_##name##_hi << 16 : 0);	\
}										\
static inline void ext4_bg_set_##name(struct ext4_disk_group *d, bool wide, u32 v) \
{										\
	d->bg_##name##_lo = (u16)v;						\
	if (wide)								\
		d->bg_##name##_hi = (u16)(v >> 16);				\
}
EXT4_BG_COUNT(free_blocks)
EXT4_BG_COUNT(free_inodes)
EXT4_BG_COUNT(used_dirs)
EXT4_BG_COUNT(itable_unused)

/* ---- check sums; all are what the field holds, or for "ok" whether it does ---- */
u32 ext4_super_csum(const struct ext4_disk_super *s);
u16 ext4_group_csum(const struct ext4_geo *g, u32 group, const struct ext4_disk_group *d);
/** ext4_group_desc_ok() - check sum (if the features have one), and its blocks lie in the file system. */
bool ext4_group_desc_ok(const struct ext4_geo *g, u32 group, const struct ext4_disk_group *d);
/** ext4_bitmap_csum() - of a block or inode bitmap of @bits bits. */
u32 ext4_bitmap_csum(const struct ext4_geo *g, const void *map, u32 bits);
/** ext4_inode_seed() - seed of all that belongs to inode @ino of that generation. */
u32 ext4_inode_seed(const struct ext4_geo *g, u32 ino, u32 generation);
/** ext4_inode_csum() - over the raw inode of g->inode_size bytes, its own field taken as zero. */
u32 ext4_inode_csum(const struct ext4_geo *g, u32 ino, const struct ext4_disk_inode *raw);
bool ext4_inode_csum_ok(const struct ext4_geo *g, u32 ino, const struct ext4_disk_inode *raw);
void ext4_inode_csum_set(const struct ext4_geo *g, u32 ino, struct ext4_disk_inode *raw);
/** ext4_extnode_csum() - of an extent tree block; @max its eh_max. */
u32 ext4_extnode_csum(u32 iseed, const void *block, u32 max);
u32 ext4_dirleaf_csum(u32 iseed, const void *block, u32 size);
/** ext4_dx_csum() - of an index block whose entries begin at @off. */
u32 ext4_dx_csum(u32 iseed, const void *block, u32 off, u32 count, u32 limit);
u32 ext4_xattr_csum(const struct ext4_geo *g, u64 blocknr, const void *block);
u32 ext4_orphan_csum(u32 iseed, u64 blocknr, const void *block, u32 entries_bytes);
