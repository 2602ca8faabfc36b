// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check sums of ext4's metadata: CRC-32C without the final inversion, seeded
 * with the file system's identity and, for what belongs to a file, with its
 * number and generation, so that a block written to the wrong place is noticed.
 */
#include "geometry.h"

#include <tern/lib/crc.h>

static const u32 zero;

u32 ext4_super_csum(const struct ext4_disk_super *s)
{
	return crc32c_raw(~0u, s, offsetof(struct ext4_disk_super, s_checksum));
}

u16 ext4_group_csum(const struct ext4_geo *g, u32 group, const struct ext4_disk_group *d)
{
	const u32 at = offsetof(struct ext4_disk_group, bg_checksum);
	u32 crc;
	u16 crc16;

	if (ext4_has_csum(g)) {
		crc = crc32c_raw(g->csum_seed, &group, 4);
		crc = crc32c_raw(crc, d, at);
		crc = crc32c_raw(crc, &zero, 2);
		if (g->desc_size > at + 2)
			crc = crc32c_raw(crc, (const u8 *)d + at + 2, g->desc_size - at - 2);
		return (u16)crc;
	}
	crc16 = crc16_raw(0xffff, g->uuid, 16);
	crc16 = crc16_raw(crc16, &group, 4);
	crc16 = crc16_raw(crc16, d, at);
	if (ext4_has_64bit(g) && g->desc_size > at + 2)
		crc16 = crc16_raw(crc16, (const u8 *)d + at + 2, g->desc_size - at - 2);
	return crc16;
}

u32 ext4_bitmap_csum(const struct ext4_geo *g, const void *map, u32 bits)
{
	return crc32c_raw(g->csum_seed, map, bits / 8);
}

u32 ext4_inode_seed(const struct ext4_geo *g, u32 ino, u32 generation)
{
	return crc32c_raw(crc32c_raw(g->csum_seed, &ino, 4), &generation, 4);
}

static bool has_csum_hi(const struct ext4_geo *g, const struct ext4_disk_inode *raw)
{
	return g->inode_size > EXT4_GOOD_OLD_INODE && raw->i_extra_isize >= 4;
}

u32 ext4_inode_csum(const struct ext4_geo *g, u32 ino, const struct ext4_disk_inode *raw)
{
	const u32 lo = offsetof(struct ext4_disk_inode, i_checksum_lo);
	const u32 hi = offsetof(struct ext4_disk_inode, i_checksum_hi);
	const u8 *p = (const u8 *)raw;
	u32 crc = ext4_inode_seed(g, ino, raw->i_generation);

	crc = crc32c_raw(crc, p, lo);
	crc = crc32c_raw(crc, &zero, 2);
	crc = crc32c_raw(crc, p + lo + 2, EXT4_GOOD_OLD_INODE - lo - 2);
	if (g->inode_size == EXT4_GOOD_OLD_INODE)
		return crc;
	crc = crc32c_raw(crc, p + EXT4_GOOD_OLD_INODE, hi - EXT4_GOOD_OLD_INODE);
	if (has_csum_hi(g, raw)) {
		crc = crc32c_raw(crc, &zero, 2);
		return crc32c_raw(crc, p + hi + 2, g->inode_size - hi - 2);
	}
	return crc32c_raw(crc, p + hi, g->inode_size - hi);
}

bool ext4_inode_csum_ok(const struct ext4_geo *g, u32 ino, const struct ext4_disk_inode *raw)
{
	u32 crc, have = raw->i_checksum_lo;

	if (!ext4_has_csum(g))
		return true;
	crc = ext4_inode_csum(g, ino, raw);
	if (has_csum_hi(g, raw))
		return (have | (u32)raw->i_checksum_hi << 16) == crc;
	return have == (crc & 0xffff);
}

void ext4_inode_csum_set(const struct ext4_geo *g, u32 ino, struct ext4_disk_inode *raw)
{
	u32 crc;

	if (!ext4_has_csum(g))
		return;
	crc = ext4_inode_csum(g, ino, raw);
	raw->i_checksum_lo = (u16)crc;
	if (has_csum_hi(g, raw))
		raw->i_checksum_hi = (u16)(crc >> 16);
}

u32 ext4_extnode_csum(u32 iseed, const void *block, u32 max)
{
	return crc32c_raw(iseed, block, 12 + 12 * (size_t)max);
}

u32 ext4_dirleaf_csum(u32 iseed, const void *block, u32 size)
{
	return crc32c_raw(iseed, block, size - sizeof(struct ext4_disk_dirtail));
}

u32 ext4_dx_csum(u32 iseed, const void *block, u32 off, u32 count, u32 limit)
{
	u32 crc = crc32c_raw(iseed, block, off + 8 * (size_t)count);

	crc = crc32c_raw(crc, (const u8 *)block + off + 8 * (size_t)limit, 4);
	return crc32c_raw(crc, &zero, 4);
}

u32 ext4_xattr_csum(const struct ext4_geo *g, u64 blocknr, const void *block)
{
	const u32 at = offsetof(struct ext4_disk_xhdr, h_checksum);
	u32 crc = crc32c_raw(g->csum_seed, &blocknr, 8);

	crc = crc32c_raw(crc, block, at);
	crc = crc32c_raw(crc, &zero, 4);
	return crc32c_raw(crc, (const u8 *)block + at + 4, g->block_size - at - 4);
}

u32 ext4_orphan_csum(u32 iseed, u64 blocknr, const void *block, u32 entries_bytes)
{
	return crc32c_raw(crc32c_raw(iseed, &blocknr, 8), block, entries_bytes);
}
