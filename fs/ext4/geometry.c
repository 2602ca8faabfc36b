// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and checking the super block and group descriptors.
 *
 * The numbers of a super block drive every later computation, so each is held
 * against its limits and against the others here, once; the rest of ext4 then
 * trusts struct ext4_geo.
 */
#include "geometry.h"

#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/crc.h>
#include <tern/lib/string.h>

static int fail(const char **why, const char *text, int err)
{
	*why = text;
	return err;
}

static int parse_identity(const struct ext4_disk_super *s, struct ext4_geo *g, const char **why)
{
	if (s->s_magic != EXT4_MAGIC)
		return fail(why, "no ext2/3/4 super block", -EINVAL);
	if (s->s_rev_level > 1)
		return fail(why, "unknown revision", -EINVAL);
	if (s->s_rev_level == 1) {
		g->compat = s->s_feature_compat;
		g->incompat = s->s_feature_incompat;
		g->ro_compat = s->s_feature_ro_compat;
		g->first_ino = s->s_first_ino;
		g->inode_size = s->s_inode_size;
	} else {
		g->first_ino = EXT4_GOOD_OLD_FIRST_INO;
		g->inode_size = EXT4_GOOD_OLD_INODE;
	}
	if (g->incompat & ~(EXT4_INCOMPAT_KNOWN))
		return fail(why, "incompatible features that are not supported", -EOPNOTSUPP);
	if ((g->ro_compat & EXT4_RO_METADATA_CSUM) && s->s_checksum_type != 1)
		return fail(why, "unknown check sum type", -EINVAL);
	if (ext4_has_csum(g) && s->s_checksum != ext4_super_csum(s))
		return fail(why, "super block check sum is wrong", -EUCLEAN);
	memcpy(g->uuid, s->s_uuid, sizeof(g->uuid));
	g->csum_seed = g->incompat & EXT4_INCOMPAT_CSUM_SEED ? s->s_checksum_seed : crc32c_raw(~0u, s->s_uuid, 16);
	return 0;
}

static int parse_sizes(const struct ext4_disk_super *s, struct ext4_geo *g, const char **why)
{
	if (s->s_log_block_size > 2)
		return fail(why, "block size above 4096 bytes", s->s_log_block_size > 6 ? -EINVAL : -EOPNOTSUPP);
	g->block_bits = 10 + s->s_log_block_size;
	g->block_size = 1u << g->block_bits;
	if (s->s_log_cluster_size != s->s_log_block_size)
		return fail(why, "clusters are not supported", -EOPNOTSUPP);
	if (g->inode_size < EXT4_GOOD_OLD_INODE || g->inode_size > g->block_size || !is_pow2(g->inode_size))
		return fail(why, "inode size is wrong", -EINVAL);
	g->desc_size = ext4_has_64bit(g) ? s->s_desc_size : 32;
	if (ext4_has_64bit(g) && (g->desc_size < 64 || g->desc_size > 1024 || !is_pow2(g->desc_size)))
		return fail(why, "group descriptor size is wrong", -EINVAL);
	g->blocks_per_group = s->s_blocks_per_group;
	g->inodes_per_group = s->s_inodes_per_group;
	if (!g->blocks_per_group || g->blocks_per_group > g->block_size * 8 || g->blocks_per_group % 8)
		return fail(why, "blocks per group are wrong", -EINVAL);
	g->inodes_per_block = g->block_size / g->inode_size;
	if (g->inodes_per_group < g->inodes_per_block || g->inodes_per_group > g->block_size * 8 ||
	    g->inodes_per_group % g->inodes_per_block)
		return fail(why, "inodes per group are wrong", -EINVAL);
	g->itable_blocks = g->inodes_per_group / g->inodes_per_block;
	if (g->itable_blocks + 3 > g->blocks_per_group)
		return fail(why, "inode table fills its group", -EINVAL);
	return 0;
}

static int parse_extent(const struct ext4_disk_super *s, u64 dev_bytes, struct ext4_geo *g, const char **why)
{
	u64 groups;

	g->blocks = s->s_blocks_count_lo;
	g->reserved_blocks = s->s_r_blocks_count_lo;
	if (ext4_has_64bit(g)) {
		g->blocks |= (u64)s->s_blocks_count_hi << 32;
		g->reserved_blocks |= (u64)s->s_r_blocks_count_hi << 32;
	}
	g->first_data_block = s->s_first_data_block;
	if (g->first_data_block != (g->block_bits == 10))
		return fail(why, "first data block is wrong", -EINVAL);
	if (g->blocks <= g->first_data_block || g->blocks >> 48)
		return fail(why, "block count is wrong", -EINVAL);
	if (dev_bytes && g->blocks > dev_bytes >> g->block_bits)
		return fail(why, "larger than its device", -EINVAL);
	if (g->reserved_blocks > g->blocks)
		g->reserved_blocks = g->blocks;
	groups = DIV_ROUND_UP(g->blocks - g->first_data_block, g->blocks_per_group);
	if (groups > U32_MAX / g->inodes_per_group || groups * g->inodes_per_group != s->s_inodes_count)
		return fail(why, "inode count is wrong", -EINVAL);
	g->groups = (u32)groups;
	g->inodes = s->s_inodes_count;
	if (g->first_ino < EXT4_GOOD_OLD_FIRST_INO || g->first_ino > g->inodes)
		return fail(why, "first inode is wrong", -EINVAL);
	g->descs_per_block = g->block_size / g->desc_size;
	g->gdt_blocks = DIV_ROUND_UP(g->groups, g->descs_per_block);
	g->first_meta_bg = g->incompat & EXT4_INCOMPAT_META_BG ? s->s_first_meta_bg : g->gdt_blocks;
	if (g->first_meta_bg > g->gdt_blocks)
		return fail(why, "first meta group is wrong", -EINVAL);
	g->reserved_gdt = s->s_reserved_gdt_blocks;
	if (g->reserved_gdt > g->block_size / 4)
		return fail(why, "reserved descriptor blocks are wrong", -EINVAL);
	return 0;
}

int ext4_geo_parse(const struct ext4_disk_super *s, u64 dev_bytes, struct ext4_geo *g, const char **why)
{
	int err;

	memset(g, 0, sizeof(*g));
	err = parse_identity(s, g, why);
	if (!err)
		err = parse_sizes(s, g, why);
	if (!err)
		err = parse_extent(s, dev_bytes, g, why);
	if (err)
		return err;
	g->flex_bits = g->incompat & EXT4_INCOMPAT_FLEX_BG ? s->s_log_groups_per_flex : 0;
	if (g->flex_bits > 31)
		return fail(why, "flex group size is wrong", -EINVAL);
	memcpy(g->hash_seed, s->s_hash_seed, sizeof(g->hash_seed));
	g->hash_version = s->s_def_hash_version;
	if (g->hash_version <= EXT4_HASH_TEA && (s->s_flags & EXT4_FLAG_UNSIGNED_HASH))
		g->hash_version += 3;
	g->want_extra_isize = g->inode_size > EXT4_GOOD_OLD_INODE ? 32 : 0;
	if (g->want_extra_isize && s->s_want_extra_isize > 32 &&
	    s->s_want_extra_isize <= g->inode_size - EXT4_GOOD_OLD_INODE && !(s->s_want_extra_isize & 3))
		g->want_extra_isize = s->s_want_extra_isize;
	return 0;
}

bool ext4_geo_writable(const struct ext4_geo *g)
{
	return !(g->ro_compat & ~EXT4_RO_KNOWN);
}

static bool is_power_of(u32 n, u32 base)
{
	while (n > 1 && n % base == 0)
		n /= base;
	return n == 1;
}

bool ext4_group_has_super(const struct ext4_geo *g, u32 group)
{
	if (group <= 1 || !(g->ro_compat & EXT4_RO_SPARSE_SUPER))
		return true;
	if (g->compat & EXT4_COMPAT_SPARSE_SUPER2)
		return false;	/* its two backups are only read by repair tools */
	return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

u64 ext4_desc_block(const struct ext4_geo *g, u32 n)
{
	u32 group;

	if (n < g->first_meta_bg)
		return (u64)g->first_data_block + 1 + n;
	group = n * g->descs_per_block;
	return ext4_group_first(g, group) + ext4_group_has_super(g, group);
}

u32 ext4_group_blocks(const struct ext4_geo *g, u32 group)
{
	u64 left = g->blocks - ext4_group_first(g, group);

	return left < g->blocks_per_group ? (u32)left : g->blocks_per_group;
}

u32 ext4_group_base_meta(const struct ext4_geo *g, u32 group)
{
	u32 super = ext4_group_has_super(g, group);
	u32 meta = group / g->descs_per_block, in = group % g->descs_per_block;

	if (meta < g->first_meta_bg)
		return super ? 1 + g->first_meta_bg + (g->incompat & EXT4_INCOMPAT_META_BG ? 0 : g->reserved_gdt) : 0;
	return super + (in == 0 || in == 1 || in == g->descs_per_block - 1);
}

bool ext4_group_desc_ok(const struct ext4_geo *g, u32 group, const struct ext4_disk_group *d)
{
	bool wide = g->desc_size >= 64;

	if ((g->ro_compat & (EXT4_RO_METADATA_CSUM | EXT4_RO_GDT_CSUM)) &&
	    d->bg_checksum != ext4_group_csum(g, group, d))
		return false;
	if (!ext4_block_ok(g, ext4_bg_block_bitmap(d, wide), 1) ||
	    !ext4_block_ok(g, ext4_bg_inode_bitmap(d, wide), 1) ||
	    !ext4_block_ok(g, ext4_bg_inode_table(d, wide), g->itable_blocks))
		return false;
	return ext4_bg_free_blocks(d, wide) <= g->blocks_per_group &&
	       ext4_bg_free_inodes(d, wide) <= g->inodes_per_group &&
	       ext4_bg_itable_unused(d, wide) <= g->inodes_per_group;
}
