// SPDX-License-Identifier: GPL-2.0-only
/*
 * Block groups: descriptors, and bitmaps as they are read. Descriptor blocks
 * are held in memory while mounted. A bitmap that was never written (the group's
 * UNINIT flags) is made up on first use. A bitmap that is not what its check sum says
 * marks its group bad: nothing is allocated there any more.
 */
#include "vol.h"

struct ext4_disk_group *ext4_group_desc(struct ext4_vol *v, u32 group)
{
	return (void *)(ext4_group_descbuf(v, group)->data + (group % v->geo.descs_per_block) * v->geo.desc_size);
}

int ext4_groups_read(struct ext4_vol *v)
{
	v->gdt = kmem_zalloc(v->geo.gdt_blocks * sizeof(*v->gdt), ALLOC_KERNEL);
	if (!v->gdt)
		return -ENOMEM;
	for (u32 i = 0; i < v->geo.gdt_blocks; i++) {
		struct ext4_buf *b = ext4_buf_read(v, ext4_desc_block(&v->geo, i));

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		v->gdt[i] = b;
	}
	return 0;
}

int ext4_groups_load(struct ext4_vol *v, const char **why)
{
	s64 blocks = 0, inodes = 0, dirs = 0;

	v->groups = kmem_alloc_large(v->geo.groups * sizeof(*v->groups), ALLOC_KERNEL);
	if (!v->groups)
		return -ENOMEM;
	memset(v->groups, 0, v->geo.groups * sizeof(*v->groups));
	for (u32 i = 0; i < v->geo.groups; i++) {
		struct ext4_disk_group *d = ext4_group_desc(v, i);

		spin_init(&v->groups[i].lock, LOCKRANK_FS_SPIN);
		if (!ext4_group_desc_ok(&v->geo, i, d)) {
			*why = "a group descriptor is damaged";
			return -EUCLEAN;
		}
		v->groups[i].avail = ext4_bg_free_blocks(d, ext4_wide(v));
		blocks += v->groups[i].avail;
		inodes += ext4_bg_free_inodes(d, ext4_wide(v));
		dirs += ext4_bg_used_dirs(d, ext4_wide(v));
	}
	atomic_set(&v->free_blocks, blocks);
	atomic_set(&v->space, blocks);
	atomic_set(&v->free_inodes, inodes);
	atomic_set(&v->used_dirs, dirs);
	return 0;
}

void ext4_groups_free(struct ext4_vol *v)
{
	if (v->groups) {
		for (u32 i = 0; i < v->geo.groups; i++)
			kmem_free(v->groups[i].pending);
	}
	kmem_free_large(v->groups);
	v->groups = NULL;
	if (v->gdt) {
		for (u32 i = 0; i < v->geo.gdt_blocks; i++)
			ext4_buf_put(v->gdt[i]);
	}
	kmem_free(v->gdt);
	v->gdt = NULL;
}

/* ---- bitmaps ---- */

static void mark_range(struct ext4_vol *v, u64 *map, u32 group, u64 block, u32 n)
{
	u64 first = ext4_group_first(&v->geo, group);
	u32 bits = ext4_group_blocks(&v->geo, group);

	for (; n; n--, block++) {
		if (block >= first && block < first + bits)
			bitmap_set_bit(map, block - first);
	}
}

/* Only what the layout itself uses is in use. */
static void make_bbitmap(struct ext4_vol *v, u32 group, u64 *map)
{
	const struct ext4_geo *g = &v->geo;
	const struct ext4_disk_group *d = ext4_group_desc(v, group);
	bool wide = ext4_wide(v);
	u32 bits = ext4_group_blocks(g, group);

	memset(map, 0, g->block_size);
	bitmap_set(map, 0, ext4_group_base_meta(g, group));
	mark_range(v, map, group, ext4_bg_block_bitmap(d, wide), 1);
	mark_range(v, map, group, ext4_bg_inode_bitmap(d, wide), 1);
	mark_range(v, map, group, ext4_bg_inode_table(d, wide), g->itable_blocks);
	bitmap_set(map, bits, g->block_size * 8 - bits);
}

static bool uninit(struct ext4_vol *v, u32 group, u32 flag)
{
	return (v->geo.ro_compat & (EXT4_RO_METADATA_CSUM | EXT4_RO_GDT_CSUM)) &&
	       (ext4_group_desc(v, group)->bg_flags & flag);
}

static u32 stored_csum(struct ext4_vol *v, u32 group, bool inodes)
{
	const struct ext4_disk_group *d = ext4_group_desc(v, group);
	u32 lo = inodes ? d->bg_inode_bitmap_csum_lo : d->bg_block_bitmap_csum_lo;

	if (!ext4_wide(v))
		return lo;
	return lo | (u32)(inodes ? d->bg_inode_bitmap_csum_hi : d->bg_block_bitmap_csum_hi) << 16;
}

static u32 bitmap_bits(struct ext4_vol *v, bool inodes)
{
	return inodes ? v->geo.inodes_per_group : v->geo.blocks_per_group;
}

static bool bitmap_ok(struct ext4_vol *v, u32 group, bool inodes, const void *map)
{
	u32 crc;

	if (!ext4_has_csum(&v->geo))
		return true;
	crc = ext4_bitmap_csum(&v->geo, map, bitmap_bits(v, inodes));
	return stored_csum(v, group, inodes) == (ext4_wide(v) ? crc : (crc & 0xffff));
}

/* First use of a bitmap since it came to memory. Group lock held. */
static bool verify_locked(struct ext4_vol *v, u32 group, bool inodes, struct ext4_buf *b)
{
	if (bit_test(EXT4_BUFS_VERIFIED, &b->state))
		return true;
	if (uninit(v, group, inodes ? EXT4_BG_INODE_UNINIT : EXT4_BG_BLOCK_UNINIT)) {
		if (inodes) {
			memset(b->data, 0, v->geo.block_size);
			bitmap_set((u64 *)b->data, v->geo.inodes_per_group,
				   v->geo.block_size * 8 - v->geo.inodes_per_group);
		} else {
			make_bbitmap(v, group, (u64 *)b->data);
		}
	} else if (!bitmap_ok(v, group, inodes, b->data)) {
		return false;
	}
	bit_set_atomic(EXT4_BUFS_VERIFIED, &b->state);
	return true;
}

static struct ext4_buf *get_bitmap(struct ext4_vol *v, u32 group, bool inodes)
{
	const struct ext4_disk_group *d = ext4_group_desc(v, group);
	struct ext4_group *g = &v->groups[group];
	struct ext4_buf *b;
	bool ok;

	b = ext4_buf_read(v, inodes ? ext4_bg_inode_bitmap(d, ext4_wide(v)) : ext4_bg_block_bitmap(d, ext4_wide(v)));
	if (IS_ERR(b))
		return b;
	spin_lock(&g->lock);
	ok = verify_locked(v, group, inodes, b);
	spin_unlock(&g->lock);
	if (ok)
		return b;
	ext4_buf_put(b);
	ext4_vol_fail(v, "%s bitmap of group %u is damaged", inodes ? "inode" : "block", group);
	return ERR_PTR(-EUCLEAN);
}

struct ext4_buf *ext4_group_bbitmap(struct ext4_vol *v, u32 group) { return get_bitmap(v, group, false); }
struct ext4_buf *ext4_group_ibitmap(struct ext4_vol *v, u32 group) { return get_bitmap(v, group, true); }

void ext4_bitmap_refresh(struct ext4_vol *v, struct ext4_buf *b, bool inodes, u32 group)
{
	struct ext4_disk_group *d = ext4_group_desc(v, group);
	u32 crc;

	if (ext4_has_csum(&v->geo)) {
		crc = ext4_bitmap_csum(&v->geo, b->data, bitmap_bits(v, inodes));
		if (inodes) {
			d->bg_inode_bitmap_csum_lo = (u16)crc;
			if (ext4_wide(v))
				d->bg_inode_bitmap_csum_hi = (u16)(crc >> 16);
		} else {
			d->bg_block_bitmap_csum_lo = (u16)crc;
			if (ext4_wide(v))
				d->bg_block_bitmap_csum_hi = (u16)(crc >> 16);
		}
	}
	if (v->geo.ro_compat & (EXT4_RO_METADATA_CSUM | EXT4_RO_GDT_CSUM))
		d->bg_checksum = ext4_group_csum(&v->geo, group, d);
}
