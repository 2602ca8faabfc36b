// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks: promises, holds, use, freeing.
 *
 * Space is promised first (ext4_space_take(), when a page becomes dirty), found
 * later (ext4_bhold(), when the page is written: by then it is known how many
 * blocks belong together), and taken on disk last (ext4_buse(), in the
 * transaction that maps it, after the data is on its way). Held blocks are
 * marked in memory only, in `pending`; a power cut forgets them.
 *
 * Freed blocks are marked there as well until their transaction is committed:
 * otherwise new data could overwrite what an older state of the disk still uses.
 *
 * A search begins at the goal: first the run at the goal itself, then the first
 * run that is long enough in the goal's group and the groups behind it, else
 * the longest seen.
 */
#include "vol.h"

int ext4_space_take(struct ext4_vol *v, u64 n, u32 depth)
{
	u64 keep = depth >= 2 ? 0 : v->meta_pool + (depth == 1 ? 0 : v->root_pool);
	s64 left = atomic_add_return(&v->space, -(s64)n);

	if (left >= (s64)keep)
		return 0;
	atomic_add(&v->space, (s64)n);
	return -ENOSPC;
}

u64 ext4_node_goal(struct ext4_vol *v, u32 ino)
{
	u32 group = (ino - 1) / v->geo.inodes_per_group;

	/* Files of a flex group share its data blocks; spread them over its groups. */
	if (v->geo.flex_bits)
		group = (group & ~((1u << v->geo.flex_bits) - 1)) + (ino & ((1u << min(v->geo.flex_bits, 4u)) - 1));
	if (group >= v->geo.groups)
		group = (ino - 1) / v->geo.inodes_per_group;
	return ext4_group_first(&v->geo, group);
}

/* Make g->pending; sleeps. */
static int need_pending(struct ext4_vol *v, struct ext4_group *g)
{
	u64 *map;

	if (READ_ONCE(g->pending))
		return 0;
	map = kmem_zalloc(v->geo.block_size, EXT4_SURE);
	if (!map)
		return -ENOMEM;
	spin_lock(&g->lock);
	if (!g->pending) {
		g->pending = map;
		map = NULL;
	}
	spin_unlock(&g->lock);
	kmem_free(map);
	return 0;
}

struct found { u32 at, len; };

static u64 used_word(const u64 *map, const u64 *pending, u32 w)
{
	return map[w] | pending[w];
}

/* First free bit at or after @at. */
static u32 next_free(const u64 *map, const u64 *pending, u32 bits, u32 at)
{
	while (at < bits) {
		u64 w = ~used_word(map, pending, at / 64) >> (at % 64);

		if (w) {
			at += bit_lowest(w);
			return min(at, bits);
		}
		at = (at / 64 + 1) * 64;
	}
	return bits;
}

static u32 next_used(const u64 *map, const u64 *pending, u32 bits, u32 at)
{
	while (at < bits) {
		u64 w = used_word(map, pending, at / 64) >> (at % 64);

		if (w) {
			at += bit_lowest(w);
			return min(at, bits);
		}
		at = (at / 64 + 1) * 64;
	}
	return bits;
}

/* A run of @want from @from on, else the longest of the group. Group lock held. */
static struct found search_locked(const u64 *map, const u64 *pending, u32 bits, u32 from, u32 want, bool exact)
{
	struct found best = { 0, 0 };
	u32 at = from, end;
	bool wrapped = from == 0;

	for (;;) {
		at = next_free(map, pending, bits, at);
		if (at >= bits) {
			if (wrapped)
				break;
			wrapped = true;
			at = 0;
			continue;
		}
		end = next_used(map, pending, bits, at);
		if (exact && at == from && end > at)
			return (struct found){ at, min(want, end - at) };
		if (end - at >= want)
			return (struct found){ at, want };
		if (end - at > best.len)
			best = (struct found){ at, end - at };
		at = end;
		if (wrapped && at >= from && from)
			break;
	}
	return best;
}

/* Hold blocks in one group: 0, -ENOSPC nothing suitable, -errno. */
static int hold_in(struct ext4_vol *v, u32 group, u32 from, u32 want, u32 least, bool exact, u64 *block, u32 *got)
{
	struct ext4_group *g = &v->groups[group];
	struct ext4_buf *b;
	struct found f;
	int err;

	if (READ_ONCE(g->bad) || READ_ONCE(g->avail) < least)
		return -ENOSPC;
	err = need_pending(v, g);
	if (err)
		return err;
	b = ext4_group_bbitmap(v, group);
	if (IS_ERR(b)) {
		WRITE_ONCE(g->bad, true);
		return -ENOSPC;
	}
	spin_lock(&g->lock);
	f = search_locked((u64 *)b->data, g->pending, ext4_group_blocks(&v->geo, group), from, want, exact);
	if (f.len >= least && f.len) {
		bitmap_set(g->pending, f.at, f.len);
		g->avail -= min(g->avail, f.len);
		g->hint = f.at + f.len;
	} else {
		f.len = 0;
	}
	spin_unlock(&g->lock);
	ext4_buf_put(b);
	if (!f.len)
		return -ENOSPC;
	*block = ext4_group_first(&v->geo, group) + f.at;
	*got = f.len;
	return 0;
}

int ext4_bhold(struct ext4_vol *v, u64 goal, u32 want, u64 *block, u32 *got)
{
	const struct ext4_geo *geo = &v->geo;
	u32 first, from;
	int err;

	if (goal <= geo->first_data_block || goal >= geo->blocks)
		goal = geo->first_data_block + 1;
	want = min(want, geo->blocks_per_group);
	first = (u32)((goal - geo->first_data_block) / geo->blocks_per_group);
	from = (u32)(goal - ext4_group_first(geo, first));
	/* The goal itself, then runs that are long enough, then less and less. */
	err = hold_in(v, first, from, want, 1, true, block, got);
	if (err != -ENOSPC)
		return err;
	for (u32 least = want;; least /= 4) {
		for (u32 i = 1; i <= geo->groups; i++) {
			u32 group = (first + i) % geo->groups;

			least = max(least, 1u);
			err = hold_in(v, group, 0, want, least, false, block, got);
			if (err != -ENOSPC)
				return err;
		}
		if (least <= 1)
			return -ENOSPC;
	}
}

int ext4_bhold_next(struct ext4_vol *v, u32 group, u32 *at, u32 end, u32 most, u32 *got)
{
	struct ext4_group *g = &v->groups[group];
	struct ext4_buf *b;
	u32 from, to;
	int err;

	*got = 0;
	if (READ_ONCE(g->bad) || !READ_ONCE(g->avail))
		return 0;
	err = need_pending(v, g);
	if (err)
		return err;
	b = ext4_group_bbitmap(v, group);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	spin_lock(&g->lock);
	from = next_free((u64 *)b->data, g->pending, end, *at);
	to = next_used((u64 *)b->data, g->pending, end, from);
	if (from < to) {
		*at = from;
		*got = min(to - from, most);
		bitmap_set(g->pending, from, *got);
		g->avail -= min(g->avail, *got);
	}
	spin_unlock(&g->lock);
	ext4_buf_put(b);
	return 0;
}

/* The part of [block, +n) that lies in one group. */
static u32 split_group(struct ext4_vol *v, u64 block, u32 n, u32 *group, u32 *at)
{
	*group = (u32)((block - v->geo.first_data_block) / v->geo.blocks_per_group);
	*at = (u32)(block - ext4_group_first(&v->geo, *group));
	return min(n, ext4_group_blocks(&v->geo, *group) - *at);
}

void ext4_bunhold(struct ext4_vol *v, u64 block, u32 n)
{
	while (n) {
		u32 group, at, k = split_group(v, block, n, &group, &at);
		struct ext4_group *g = &v->groups[group];

		spin_lock(&g->lock);
		bitmap_clear(g->pending, at, k);
		g->avail += k;
		spin_unlock(&g->lock);
		block += k;
		n -= k;
	}
}

static bool all_are(const u64 *map, u32 at, u32 n, bool set)
{
	for (u32 i = at; i < at + n; i++) {
		if (bitmap_test(map, i) != set)
			return false;
	}
	return true;
}

static int change_group(struct ext4_tx *tx, u32 group, struct ext4_buf **map)
{
	struct ext4_vol *v = tx->vol;
	int err;

	*map = ext4_group_bbitmap(v, group);
	if (IS_ERR(*map))
		return (int)PTR_ERR(*map);
	err = ext4_tx_write(tx, *map, EXT4_BUF_BBITMAP, group);
	if (!err)
		err = ext4_tx_write(tx, ext4_group_descbuf(v, group), EXT4_BUF_GDT, 0);
	if (!err)
		err = ext4_tx_write(tx, v->super, EXT4_BUF_PLAIN, 0);
	if (err)
		ext4_buf_put(*map);
	return err;
}

static void count_free(struct ext4_vol *v, u32 group, s32 delta)
{
	struct ext4_disk_group *d = ext4_group_desc(v, group);

	ext4_bg_set_free_blocks(d, ext4_wide(v), (u32)((s32)ext4_bg_free_blocks(d, ext4_wide(v)) + delta));
	if (delta < 0)
		d->bg_flags &= (u16)~EXT4_BG_BLOCK_UNINIT;
	atomic_add(&v->free_blocks, delta);
}

int ext4_buse(struct ext4_tx *tx, u64 block, u32 n)
{
	struct ext4_vol *v = tx->vol;

	while (n) {
		u32 group, at, k = split_group(v, block, n, &group, &at);
		struct ext4_group *g = &v->groups[group];
		struct ext4_buf *map;
		int err = change_group(tx, group, &map);

		if (err)
			return err;
		spin_lock(&g->lock);
		bitmap_set((u64 *)map->data, at, k);
		bitmap_clear(g->pending, at, k);
		count_free(v, group, -(s32)k);
		spin_unlock(&g->lock);
		ext4_buf_put(map);
		block += k;
		n -= k;
	}
	return 0;
}

/* Does [block, +n) touch the bitmaps or the inode table of its group? */
static bool hits_layout(struct ext4_vol *v, u32 group, u64 block, u32 n)
{
	const struct ext4_disk_group *d = ext4_group_desc(v, group);
	bool wide = ext4_wide(v);
	u64 bb = ext4_bg_block_bitmap(d, wide), ib = ext4_bg_inode_bitmap(d, wide), it = ext4_bg_inode_table(d, wide);

	return bb - block < n || ib - block < n || (it < block + n && it + v->geo.itable_blocks > block);
}

static int free_in_group(struct ext4_tx *tx, u32 group, u32 at, u64 block, u32 n)
{
	struct ext4_vol *v = tx->vol;
	struct ext4_group *g = &v->groups[group];
	struct ext4_freed *f;
	struct ext4_buf *map;
	bool sound;
	int err = need_pending(v, g);

	if (err)
		return err;
	f = kmem_alloc(sizeof(*f), EXT4_SURE);
	if (!f)
		return -ENOMEM;
	err = change_group(tx, group, &map);
	if (err) {
		kmem_free(f);
		return err;
	}
	*f = (struct ext4_freed){ .block = block, .n = n };
	spin_lock(&g->lock);
	sound = all_are((u64 *)map->data, at, n, true);
	if (sound) {
		bitmap_clear((u64 *)map->data, at, n);
		bitmap_set(g->pending, at, n);
		count_free(v, group, (s32)n);
	}
	spin_unlock(&g->lock);
	ext4_buf_put(map);
	if (!sound) {
		kmem_free(f);
		return ext4_vol_fail(v, "blocks %lu+%u are freed twice", block, n);
	}
	spin_lock(&v->log.lock);
	list_add_tail(&f->link, &tx->txn->freed);
	spin_unlock(&v->log.lock);
	ext4_space_give(v, n);
	return 0;
}

int ext4_bfree(struct ext4_tx *tx, u64 block, u32 n)
{
	struct ext4_vol *v = tx->vol;

	if (!ext4_block_ok(&v->geo, block, n))
		return ext4_vol_fail(v, "freed blocks %lu+%u are outside of the volume", block, n);
	while (n) {
		u32 group, at, k = split_group(v, block, n, &group, &at);
		int err;

		if (hits_layout(v, group, block, k))
			return ext4_vol_fail(v, "freed blocks %lu+%u are not of a file", block, k);
		err = free_in_group(tx, group, at, block, k);
		if (err)
			return err;
		block += k;
		n -= k;
	}
	return 0;
}

void ext4_freed_commit(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_freed *f, *tmp;

	list_foreach_safe(f, tmp, &t->freed, link) {
		if (v->flags & EXT4_VOL_DISCARD)
			ext4_io_discard(v, f->block, f->n);
		ext4_bunhold(v, f->block, f->n);
		list_del(&f->link);
		kmem_free(f);
	}
}

int ext4_balloc_meta(struct ext4_tx *tx, struct ext4_node *n, u64 goal, u64 *block)
{
	struct ext4_vol *v = tx->vol;
	u32 got;
	int err = ext4_space_take(v, 1, 2);

	if (err)
		return err;
	err = ext4_bhold(v, goal, 1, block, &got);
	if (err) {
		ext4_space_give(v, 1);
		return err;
	}
	err = ext4_buse(tx, *block, 1);
	if (err) {
		ext4_bunhold(v, *block, 1);
		ext4_space_give(v, 1);
		return err;
	}
	n->blocks += v->geo.block_size / 512;
	return 0;
}
