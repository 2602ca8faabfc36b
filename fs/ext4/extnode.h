/* SPDX-License-Identifier: GPL-2.0-only */
/* One node of an extent tree. Pure; host-tested. */
#pragma once

#include "geometry.h"

#define EXT4_LBLK_MAX	0xfffffffeu	/* largest block number in a file */

static inline struct ext4_disk_extent *ext4_ext_first(struct ext4_disk_exthdr *h) { return (void *)(h + 1); }
static inline struct ext4_disk_extidx *ext4_idx_first(struct ext4_disk_exthdr *h) { return (void *)(h + 1); }
static inline u64 ext4_ext_start(const struct ext4_disk_extent *e)
{
	return e->ee_start_lo | (u64)e->ee_start_hi << 32;
}
static inline u32 ext4_ext_len(const struct ext4_disk_extent *e)
{
	return e->ee_len <= EXT4_EXT_INIT_MAX ? e->ee_len : e->ee_len - EXT4_EXT_INIT_MAX;
}
static inline bool ext4_ext_unwritten(const struct ext4_disk_extent *e) { return e->ee_len > EXT4_EXT_INIT_MAX; }
static inline u64 ext4_idx_leaf(const struct ext4_disk_extidx *i) { return i->ei_leaf_lo | (u64)i->ei_leaf_hi << 32; }
static inline void ext4_idx_set_leaf(struct ext4_disk_extidx *i, u64 b)
{
	i->ei_leaf_lo = (u32)b;
	i->ei_leaf_hi = (u16)(b >> 32);
	i->ei_unused = 0;
}
/** ext4_ext_fill() - @len 1 .. 32768 (32767 if @unwritten). */
static inline void ext4_ext_fill(struct ext4_disk_extent *e, u32 lblk, u32 len, u64 pblk, bool unwritten)
{
	e->ee_block = lblk;
	e->ee_len = (u16)(len + (unwritten ? EXT4_EXT_INIT_MAX : 0));
	e->ee_start_lo = (u32)pblk;
	e->ee_start_hi = (u16)(pblk >> 32);
}
static inline u32 ext4_xn_max(const struct ext4_geo *g) { return (g->block_size - 12) / 12; }

/**
 * ext4_xn_check() - is this a sound node
 * @depth: levels below it: 0 for a leaf
 * @max: records that fit (4 in an inode)
 * @lo, @hi: range of file blocks that it may speak of, [lo, hi)
 * Return: NULL, or what is wrong.
 */
const char *ext4_xn_check(const struct ext4_geo *g, const struct ext4_disk_exthdr *h, u32 depth, u32 max,
			    u64 lo, u64 hi);
/** ext4_xn_search() - index of the last record that begins at or before @lblk; -1 if none does. */
int ext4_xn_search(const struct ext4_disk_exthdr *h, u32 lblk);
/** ext4_xn_open() - make room for a record at index @at; there is room. The new record is zero. */
void *ext4_xn_open(struct ext4_disk_exthdr *h, u32 at);
/** ext4_xn_close() - remove @n records from index @at on. */
void ext4_xn_close(struct ext4_disk_exthdr *h, u32 at, u32 n);
void ext4_xn_init(struct ext4_disk_exthdr *h, u32 max, u32 depth);
/** ext4_ext_can_join() - is @b the continuation of @a, and are both together short enough. */
bool ext4_ext_can_join(const struct ext4_disk_extent *a, const struct ext4_disk_extent *b);
