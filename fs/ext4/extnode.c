// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes of extent trees: checking what comes from disk, searching, making and
 * closing gaps. Leaves and index nodes have records of one size, and in both
 * the first word of a record is its file block, so searching is the same.
 */
#include "extnode.h"

#include <tern/lib/string.h>

static const char *check_leaf(const struct ext4_geo *g, const struct ext4_disk_exthdr *h, u64 lo, u64 hi)
{
	const struct ext4_disk_extent *e = (const void *)(h + 1);

	for (u32 i = 0; i < h->eh_entries; i++, e++) {
		u32 len = ext4_ext_len(e);

		if (!len)
			return "extent of no length";
		if (e->ee_block < lo || (u64)e->ee_block + len > hi)
			return "extents overlap or leave their range";
		if (!ext4_block_ok(g, ext4_ext_start(e), len))
			return "extent leaves the file system";
		lo = (u64)e->ee_block + len;
	}
	return NULL;
}

static const char *check_index(const struct ext4_geo *g, const struct ext4_disk_exthdr *h, u64 lo, u64 hi)
{
	const struct ext4_disk_extidx *x = (const void *)(h + 1);

	if (!h->eh_entries)
		return "index node is empty";
	for (u32 i = 0; i < h->eh_entries; i++, x++) {
		if (x->ei_block < lo || x->ei_block >= hi)
			return "index entries are not in order";
		if (!ext4_block_ok(g, ext4_idx_leaf(x), 1))
			return "index entry leaves the file system";
		lo = (u64)x->ei_block + 1;
	}
	return NULL;
}

const char *ext4_xn_check(const struct ext4_geo *g, const struct ext4_disk_exthdr *h, u32 depth, u32 max,
			    u64 lo, u64 hi)
{
	if (h->eh_magic != EXT4_EXT_MAGIC)
		return "extent node without its magic number";
	if (h->eh_depth != depth)
		return "extent node of a wrong depth";
	if (!h->eh_max || h->eh_max > max || h->eh_entries > h->eh_max)
		return "extent node with a wrong count";
	return depth ? check_index(g, h, lo, hi) : check_leaf(g, h, lo, hi);
}

int ext4_xn_search(const struct ext4_disk_exthdr *h, u32 lblk)
{
	const struct ext4_disk_extidx *x = (const void *)(h + 1);
	u32 lo = 0, hi = h->eh_entries;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (x[mid].ei_block > lblk)
			hi = mid;
		else
			lo = mid + 1;
	}
	return (int)lo - 1;
}

void *ext4_xn_open(struct ext4_disk_exthdr *h, u32 at)
{
	struct ext4_disk_extent *e = ext4_ext_first(h) + at;

	memmove(e + 1, e, (h->eh_entries - at) * sizeof(*e));
	memset(e, 0, sizeof(*e));
	h->eh_entries++;
	return e;
}

void ext4_xn_close(struct ext4_disk_exthdr *h, u32 at, u32 n)
{
	struct ext4_disk_extent *e = ext4_ext_first(h) + at;

	memmove(e, e + n, (h->eh_entries - at - n) * sizeof(*e));
	h->eh_entries = (u16)(h->eh_entries - n);
}

void ext4_xn_init(struct ext4_disk_exthdr *h, u32 max, u32 depth)
{
	*h = (struct ext4_disk_exthdr){ .eh_magic = EXT4_EXT_MAGIC, .eh_max = (u16)max, .eh_depth = (u16)depth };
}

bool ext4_ext_can_join(const struct ext4_disk_extent *a, const struct ext4_disk_extent *b)
{
	bool unwritten = ext4_ext_unwritten(a);
	u32 la = ext4_ext_len(a), lb = ext4_ext_len(b);

	return unwritten == ext4_ext_unwritten(b) && (u64)a->ee_block + la == b->ee_block &&
	       ext4_ext_start(a) + la == ext4_ext_start(b) &&
	       la + lb <= (unwritten ? EXT4_EXT_UNWRITTEN_MAX : EXT4_EXT_INIT_MAX);
}
