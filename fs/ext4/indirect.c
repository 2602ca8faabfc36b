// SPDX-License-Identifier: GPL-2.0-only
/*
 * Block maps of ext2 and ext3: twelve pointers in the inode, then one, two and
 * three levels of blocks full of pointers. A zero is a hole. Indirect blocks are
 * made when a block below them is added and freed when none is left.
 *
 * All under map_lock. Pointers from disk are checked before they are used.
 */
#include "vol.h"

struct spot {			/* where the pointer of a file block is */
	u32 depth;		/* indirect blocks on the way */
	u32 at[4];		/* index in i_block, then in each block */
	u32 run;		/* pointers from there to the end of the last block */
};

static int locate(struct ext4_node *n, u32 lblk, struct spot *s)
{
	u64 p = n->vol->geo.block_size / 4, span = 1, rest = lblk;

	if (rest < 12) {
		*s = (struct spot){ .depth = 0, .at = { lblk }, .run = 12 - lblk };
		return 0;
	}
	rest -= 12;
	for (u32 depth = 1; depth <= 3; depth++) {
		span *= p;
		if (rest >= span) {
			rest -= span;
			continue;
		}
		s->depth = depth;
		s->at[0] = 11 + depth;
		for (u32 i = 1; i <= depth; i++) {
			span /= p;
			s->at[i] = (u32)(rest / span);
			rest %= span;
		}
		s->run = (u32)(p - s->at[depth]);
		return 0;
	}
	return -EFBIG;
}

static struct ext4_buf *ind_read(struct ext4_node *n, u32 block)
{
	if (!ext4_block_ok(&n->vol->geo, block, 1))
		return ERR_PTR(ext4_vol_fail(n->vol, "inode %u: indirect block %u", n->ino, block));
	return ext4_buf_read(n->vol, block);
}

/* Count pointers alike from ptr[0] on: holes, or a run of neighbours. */
static u32 alike(const u32 *ptr, u32 most)
{
	u32 k = 1;

	while (k < most && (ptr[0] ? ptr[k] == ptr[0] + k : !ptr[k]))
		k++;
	return k;
}

static int found(struct ext4_node *n, u32 lblk, const u32 *ptr, u32 most, struct ext4_map *m)
{
	u32 len = alike(ptr, most);

	if (!ptr[0]) {
		*m = (struct ext4_map){ lblk, len, 0, EXT4_HOLE };
		return 0;
	}
	*m = (struct ext4_map){ lblk, len, ptr[0], EXT4_MAPPED };
	if (!ext4_block_ok(&n->vol->geo, ptr[0], len))
		return ext4_vol_fail(n->vol, "inode %u: block %u", n->ino, ptr[0]);
	return 0;
}

int ext4_ind_find(struct ext4_node *n, u32 lblk, struct ext4_map *m)
{
	u64 p = n->vol->geo.block_size / 4, span;
	struct ext4_buf *b = NULL, *next;
	struct spot s;
	u32 ptr;
	int err = locate(n, lblk, &s);

	if (err) {
		*m = (struct ext4_map){ lblk, 1, 0, EXT4_HOLE };
		return 0;
	}
	if (!s.depth)
		return found(n, lblk, &n->block[s.at[0]], s.run, m);
	ptr = n->block[s.at[0]];
	for (u32 i = 1;; i++) {
		if (!ptr) {
			/* The hole reaches to the end of what the missing block would map. */
			span = s.run;
			for (u32 j = s.depth, below = (u32)p; j > i; j--, below *= (u32)p)
				span += (p - 1 - s.at[j - 1]) * below;
			*m = (struct ext4_map){ lblk, (u32)min_t(u64, span, U32_MAX), 0, EXT4_HOLE };
			break;
		}
		next = ind_read(n, ptr);
		ext4_buf_put(b);
		if (IS_ERR(next))
			return (int)PTR_ERR(next);
		b = next;
		if (i == s.depth) {
			err = found(n, lblk, (u32 *)b->data + s.at[i], s.run, m);
			break;
		}
		ptr = ((u32 *)b->data)[s.at[i]];
	}
	ext4_buf_put(b);
	return err;
}

static struct ext4_buf *ind_make(struct ext4_tx *tx, struct ext4_node *n, u32 *slot)
{
	struct ext4_buf *b;
	u64 block;
	int err = ext4_balloc_meta(tx, n, n->goal, &block);

	if (err)
		return ERR_PTR(err);
	b = block >> 32 ? ERR_PTR(-EFBIG) : ext4_buf_new(tx->vol, block);
	err = IS_ERR(b) ? (int)PTR_ERR(b) : ext4_tx_write(tx, b, EXT4_BUF_PLAIN, 0);
	if (!err) {
		*slot = (u32)block;
		return b;
	}
	if (!IS_ERR(b))
		ext4_buf_put(b);
	n->blocks -= tx->vol->geo.block_size / 512;
	(void)ext4_bfree(tx, block, 1);
	return ERR_PTR(err);
}

/* The block with the pointer of s, made with its ancestors if missing; announced. */
static struct ext4_buf *reach(struct ext4_tx *tx, struct ext4_node *n, const struct spot *s)
{
	struct ext4_buf *b = NULL, *next;
	u32 *slot = &n->block[s->at[0]];

	for (u32 i = 1; i <= s->depth; i++) {
		int err = b ? ext4_tx_write(tx, b, EXT4_BUF_PLAIN, 0) : 0;

		if (err)
			next = ERR_PTR(err);
		else
			next = *slot ? ind_read(n, *slot) : ind_make(tx, n, slot);
		ext4_buf_put(b);
		if (IS_ERR(next))
			return next;
		b = next;
		slot = (u32 *)b->data + s->at[i];
	}
	return b;
}

int ext4_ind_add(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len, u64 pblk)
{
	if ((pblk + len) >> 32)
		return -EFBIG;
	while (len) {
		struct spot s;
		u32 *ptr = n->block, k;
		struct ext4_buf *b = NULL;
		int err = locate(n, lblk, &s);

		if (err)
			return err;
		if (s.depth) {
			b = reach(tx, n, &s);
			if (IS_ERR(b))
				return (int)PTR_ERR(b);
			err = ext4_tx_write(tx, b, EXT4_BUF_PLAIN, 0);
			ptr = (u32 *)b->data;
		}
		k = min(len, s.run);
		for (u32 i = 0; !err && i < k; i++)
			ptr[s.at[s.depth] + i] = (u32)pblk + i;
		ext4_buf_put(b);
		if (err)
			return err;
		lblk += k;
		pblk += k;
		len -= k;
	}
	return 0;
}

/* ---- removing ---- */

/* Free the pointed-to blocks of ptr[0 .. most) run by run, @budget runs at most. */
static int clear_run(struct ext4_tx *tx, struct ext4_node *n, u32 *ptr, u32 most, u32 *budget)
{
	u32 i = 0;

	while (i < most && *budget) {
		u32 k = alike(ptr + i, most - i), first = ptr[i];
		int err;

		if (first) {
			err = ext4_map_free(tx, n, first, k);
			if (err)
				return err;
			memset(ptr + i, 0, k * 4);
			n->blocks -= (u64)k * (tx->vol->geo.block_size / 512);
			(*budget)--;
		}
		i += k;
	}
	return 0;
}

static bool all_zero(const u32 *ptr, u32 n)
{
	while (n) {
		if (ptr[--n])
			return false;
	}
	return true;
}

/* What [from, to) (relative) covers below the pointer *slot of @depth levels. Frees empty blocks. */
static int drop_below(struct ext4_tx *tx, struct ext4_node *n, u32 *slot, u32 depth, u64 from, u64 to, u32 *budget)
{
	u64 p = n->vol->geo.block_size / 4, span = 1;
	struct ext4_buf *b;
	u32 *ptr;
	int err;

	if (!*slot)
		return 0;
	b = ind_read(n, *slot);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_tx_write(tx, b, EXT4_BUF_PLAIN, 0);
	ptr = (u32 *)b->data;
	for (u32 i = 1; i < depth; i++)
		span *= p;
	if (!err && depth == 1)
		err = clear_run(tx, n, ptr + from, (u32)(to - from), budget);
	for (u64 i = from / span; !err && depth > 1 && i < p && i * span < to && *budget; i++) {
		u64 lo = from > i * span ? from - i * span : 0, hi = min(to - i * span, span);

		err = drop_below(tx, n, ptr + i, depth - 1, lo, hi, budget);
	}
	if (!err && all_zero(ptr, (u32)p)) {
		err = ext4_tx_forget(tx, *slot);
		if (!err)
			err = ext4_bfree(tx, *slot, 1);
		if (!err) {
			*slot = 0;
			n->blocks -= n->vol->geo.block_size / 512;
			*budget -= *budget ? 1 : 0;
		}
	}
	ext4_buf_put(b);
	return err;
}

int ext4_ind_drop_one(struct ext4_tx *tx, struct ext4_node *n, u64 from, u64 to)
{
	u64 p = n->vol->geo.block_size / 4, base = 12, span = 1;
	u32 budget = 6;
	int err = 0;

	if (from < 12)
		err = clear_run(tx, n, n->block + from, (u32)(min_t(u64, to, 12) - from), &budget);
	for (u32 depth = 1; !err && depth <= 3 && budget; depth++) {
		span *= p;
		if (from < base + span && to > base)
			err = drop_below(tx, n, &n->block[11 + depth], depth, from > base ? from - base : 0,
					 min(to - base, span), &budget);
		base += span;
	}
	if (err)
		return err;
	return budget < 6;
}
