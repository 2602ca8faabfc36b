// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extent trees: finding, adding, converting, removing.
 *
 * The root is in the inode (room for four records), other nodes are blocks. A
 * path holds one node for each level and the index of the record that leads on.
 * Adding first tries to lengthen a neighbour; a full leaf is split one level at a
 * time, below the lowest ancestor with room, and the search begins anew. The record
 * that begins a node is its key in the parent: both are kept equal.
 *
 * All under map_lock. A failure in the middle of a change leaves a valid tree.
 */
#include "vol.h"

struct level { struct ext4_buf *buf; struct ext4_disk_exthdr *h; int at; };
struct extpath { struct level e[EXT4_EXT_MAX_DEPTH + 1]; u32 depth; };

static struct ext4_disk_exthdr *root_of(struct ext4_node *n) { return (void *)n->block; }

void ext4_ext_init(struct ext4_node *n)
{
	n->flags |= EXT4_FL_EXTENTS;
	memset(n->block, 0, sizeof(n->block));
	ext4_xn_init(root_of(n), 4, 0);
}

static void extpath_put(struct extpath *p)
{
	for (u32 i = 1; i <= p->depth; i++) {
		ext4_buf_put(p->e[i].buf);
		p->e[i].buf = NULL;
	}
}

static struct ext4_disk_extidx *idx_at(const struct level *l) { return ext4_idx_first(l->h) + l->at; }
static struct ext4_disk_extent *ext_at(const struct level *l) { return ext4_ext_first(l->h) + l->at; }
static u32 *key_at(const struct level *l, u32 i) { return (u32 *)(ext4_idx_first(l->h) + i); }

/* The range of file blocks that the child at l->at may speak of, given its parent's. */
static void narrow(const struct level *l, u64 *lo, u64 *hi)
{
	if (l->at > 0)
		*lo = idx_at(l)->ei_block;
	if (l->at + 1 < l->h->eh_entries)
		*hi = *key_at(l, (u32)l->at + 1);
}

static struct ext4_buf *node_read(struct ext4_node *n, u64 block, u32 depth, u64 lo, u64 hi)
{
	struct ext4_vol *v = n->vol;
	struct ext4_buf *b = ext4_buf_read(v, block);
	const char *why = NULL;
	struct ext4_disk_exthdr *h;

	if (IS_ERR(b))
		return b;
	h = (void *)b->data;
	if (bit_test(EXT4_BUFS_VERIFIED, &b->state)) {
		if (h->eh_depth == depth)
			return b;
		why = "extent node of a wrong depth";
	} else {
		why = ext4_xn_check(&v->geo, h, depth, ext4_xn_max(&v->geo), lo, hi);
		if (!why && ext4_has_csum(&v->geo) &&
		    get_le32(b->data + 12 + 12 * (size_t)h->eh_max) != ext4_extnode_csum(n->seed, b->data, h->eh_max))
			why = "extent node with a wrong check sum";
		if (!why)
			bit_set_atomic(EXT4_BUFS_VERIFIED, &b->state);
	}
	if (!why)
		return b;
	ext4_buf_put(b);
	return ERR_PTR(ext4_vol_fail(v, "inode %u: %s", n->ino, why));
}

static int extpath_find(struct ext4_node *n, u32 lblk, struct extpath *p)
{
	struct ext4_disk_exthdr *h = root_of(n);
	u64 lo = 0, hi = (u64)EXT4_LBLK_MAX + 1;
	const char *why;

	p->depth = 0;
	if (h->eh_depth > EXT4_EXT_MAX_DEPTH)
		return ext4_vol_fail(n->vol, "inode %u: extent tree is too deep", n->ino);
	why = ext4_xn_check(&n->vol->geo, h, h->eh_depth, 4, lo, hi);
	if (why)
		return ext4_vol_fail(n->vol, "inode %u: %s", n->ino, why);
	p->e[0] = (struct level){ NULL, h, ext4_xn_search(h, lblk) };
	for (u32 i = 0; h->eh_depth; i++) {
		struct level *l = &p->e[i];
		struct ext4_buf *b;

		l->at = max(l->at, 0);
		narrow(l, &lo, &hi);
		b = node_read(n, ext4_idx_leaf(idx_at(l)), h->eh_depth - 1u, lo, hi);
		if (IS_ERR(b)) {
			extpath_put(p);
			return (int)PTR_ERR(b);
		}
		h = (void *)b->data;
		p->depth = i + 1;
		p->e[i + 1] = (struct level){ b, h, ext4_xn_search(h, lblk) };
	}
	return 0;
}

/* First file block of the leaf behind the path's; false: there is none. */
static bool next_leaf(const struct extpath *p, u32 *key)
{
	for (int i = (int)p->depth - 1; i >= 0; i--) {
		if (p->e[i].at + 1 < p->e[i].h->eh_entries) {
			*key = *key_at(&p->e[i], (u32)p->e[i].at + 1);
			return true;
		}
	}
	return false;
}

int ext4_ext_find(struct ext4_node *n, u32 lblk, struct ext4_map *m)
{
	struct extpath p;
	struct level *l;
	int err = extpath_find(n, lblk, &p);
	u32 key;

	if (err)
		return err;
	l = &p.e[p.depth];
	if (l->at >= 0) {
		struct ext4_disk_extent *e = ext_at(l);
		u32 off = lblk - e->ee_block, len = ext4_ext_len(e);

		if (off < len) {
			*m = (struct ext4_map){ lblk, len - off, ext4_ext_start(e) + off,
						ext4_ext_unwritten(e) ? EXT4_UNWRITTEN : EXT4_MAPPED };
			goto out;
		}
	}
	if (l->at + 1 < l->h->eh_entries)
		key = *key_at(l, (u32)(l->at + 1));
	else if (!next_leaf(&p, &key))
		key = EXT4_LBLK_MAX;
	*m = (struct ext4_map){ lblk, max(key - lblk, 1u), 0, EXT4_HOLE };
out:
	extpath_put(&p);
	return 0;
}

/* ---- changing ---- */

/* Announce a change of a node; the root is stored with the inode. */
static int level_write(struct ext4_tx *tx, struct ext4_node *n, struct level *l)
{
	return l->buf ? ext4_tx_write(tx, l->buf, EXT4_BUF_EXTNODE, n->seed) : 0;
}

/* The first key of the node at @level changed: tell its ancestors. */
static int fix_keys(struct ext4_tx *tx, struct ext4_node *n, struct extpath *p, u32 level)
{
	u32 key = *key_at(&p->e[level], 0);

	for (int i = (int)level - 1; i >= 0; i--) {
		int err = level_write(tx, n, &p->e[i]);

		if (err)
			return err;
		idx_at(&p->e[i])->ei_block = key;
		if (p->e[i].at)
			break;
	}
	return 0;
}

static int keys_write(struct ext4_tx *tx, struct ext4_node *n, struct extpath *p)
{
	int err = 0;

	for (u32 i = 0; !err && i <= p->depth; i++)
		err = level_write(tx, n, &p->e[i]);
	return err;
}

static struct ext4_buf *new_node(struct ext4_tx *tx, struct ext4_node *n, u64 goal, u32 depth)
{
	struct ext4_buf *b;
	u64 block;
	int err = ext4_balloc_meta(tx, n, goal, &block);

	if (err)
		return ERR_PTR(err);
	b = ext4_buf_new(tx->vol, block);
	if (!IS_ERR(b)) {
		err = ext4_tx_write(tx, b, EXT4_BUF_EXTNODE, n->seed);
		if (!err) {
			ext4_xn_init((void *)b->data, ext4_xn_max(&tx->vol->geo), depth);
			return b;
		}
		ext4_buf_put(b);
	} else {
		err = (int)PTR_ERR(b);
	}
	n->blocks -= tx->vol->geo.block_size / 512;
	(void)ext4_bfree(tx, block, 1);
	return ERR_PTR(err);
}

/* The root's records move to a block; the root names it. */
static int grow(struct ext4_tx *tx, struct ext4_node *n)
{
	struct ext4_disk_exthdr *root = root_of(n), *h;
	struct ext4_buf *b;
	u32 key, depth = root->eh_depth;

	if (depth >= EXT4_EXT_MAX_DEPTH)
		return -EFBIG;
	b = new_node(tx, n, n->goal, depth);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	h = (void *)b->data;
	memcpy(h + 1, root + 1, 12 * (size_t)root->eh_entries);
	h->eh_entries = root->eh_entries;
	key = ext4_idx_first(root)->ei_block;
	ext4_xn_init(root, 4, depth + 1);
	ext4_idx_first(root)->ei_block = key;
	ext4_idx_set_leaf(ext4_idx_first(root), b->block);
	root->eh_entries = 1;
	ext4_buf_put(b);
	return 0;
}

/* Make room towards the leaf for a record at @lblk: one split; the caller searches again. */
static int split(struct ext4_tx *tx, struct ext4_node *n, struct extpath *p, u32 lblk)
{
	int k = (int)p->depth - 1;
	struct ext4_disk_exthdr *child, *h;
	struct ext4_disk_extidx *idx;
	struct ext4_buf *b;
	u32 keep, moved;
	int err;

	while (k >= 0 && p->e[k].h->eh_entries >= p->e[k].h->eh_max)
		k--;
	if (k < 0)
		return grow(tx, n);
	child = p->e[k + 1].h;
	keep = child->eh_entries / 2u;
	/* Appending: leave the full node full. */
	if (lblk > *key_at(&p->e[k + 1], child->eh_entries - 1u))
		keep = child->eh_entries - 1u;
	err = level_write(tx, n, &p->e[k]);
	if (!err)
		err = level_write(tx, n, &p->e[k + 1]);
	if (err)
		return err;
	b = new_node(tx, n, p->e[k + 1].buf->block + 1, child->eh_depth);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	h = (void *)b->data;
	moved = child->eh_entries - keep;
	memcpy(h + 1, ext4_ext_first(child) + keep, 12 * (size_t)moved);
	h->eh_entries = (u16)moved;
	child->eh_entries = (u16)keep;
	idx = ext4_xn_open(p->e[k].h, (u32)p->e[k].at + 1);
	idx->ei_block = ext4_idx_first(h)->ei_block;
	ext4_idx_set_leaf(idx, b->block);
	ext4_buf_put(b);
	return 0;
}

/* Lengthen a neighbour by [lblk, +len): 1 done, 0 not possible. The leaf is announced. */
static int join(struct ext4_tx *tx, struct ext4_node *n, struct extpath *p, const struct ext4_disk_extent *add)
{
	struct level *l = &p->e[p->depth];
	struct ext4_disk_extent *left = l->at >= 0 ? ext_at(l) : NULL;
	struct ext4_disk_extent *right = l->at + 1 < l->h->eh_entries ? ext4_ext_first(l->h) + l->at + 1 : NULL;
	bool raw = ext4_ext_unwritten(add);
	u32 len = ext4_ext_len(add);

	if (left && ext4_ext_can_join(left, add)) {
		ext4_ext_fill(left, left->ee_block, ext4_ext_len(left) + len, ext4_ext_start(left), raw);
		if (right && ext4_ext_can_join(left, right)) {
			ext4_ext_fill(left, left->ee_block, ext4_ext_len(left) + ext4_ext_len(right),
				      ext4_ext_start(left), raw);
			ext4_xn_close(l->h, (u32)l->at + 1, 1);
		}
		return 1;
	}
	if (right && ext4_ext_can_join(add, right)) {
		ext4_ext_fill(right, add->ee_block, len + ext4_ext_len(right), ext4_ext_start(add), raw);
		if (l->at < 0)
			(void)fix_keys(tx, n, p, p->depth);	/* announced by keys_write() */
		return 1;
	}
	return 0;
}

static int insert(struct ext4_tx *tx, struct ext4_node *n, const struct ext4_disk_extent *add)
{
	for (;;) {
		struct extpath p;
		struct level *l;
		int err = extpath_find(n, add->ee_block, &p);

		if (err)
			return err;
		l = &p.e[p.depth];
		err = keys_write(tx, n, &p);
		if (err || join(tx, n, &p, add)) {
			extpath_put(&p);
			return err;
		}
		if (l->h->eh_entries < l->h->eh_max) {
			l->at++;
			*(struct ext4_disk_extent *)ext4_xn_open(l->h, (u32)l->at) = *add;
			err = l->at == 0 ? fix_keys(tx, n, &p, p.depth) : 0;
			extpath_put(&p);
			return err;
		}
		err = split(tx, n, &p, add->ee_block);
		extpath_put(&p);
		if (err)
			return err;
	}
}

int ext4_ext_add(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len, u64 pblk, bool unwritten)
{
	u32 most = unwritten ? EXT4_EXT_UNWRITTEN_MAX : EXT4_EXT_INIT_MAX;

	while (len) {
		u32 k = min(len, most);
		struct ext4_disk_extent add;
		int err;

		ext4_ext_fill(&add, lblk, k, pblk, unwritten);
		err = insert(tx, n, &add);
		if (err)
			return err;
		lblk += k;
		pblk += k;
		len -= k;
	}
	return 0;
}

/* Part [from, to) of unwritten extent @l becomes written. */
static int convert_one(struct ext4_tx *tx, struct ext4_node *n, struct extpath *p, u32 from, u32 to)
{
	struct level *l = &p->e[p->depth];
	struct ext4_disk_extent *e = ext_at(l), old = *e, mid, rest;
	u32 begin = old.ee_block, end = begin + ext4_ext_len(&old);
	u64 start = ext4_ext_start(&old);
	int err;

	ext4_ext_fill(&mid, from, to - from, start + (from - begin), false);
	ext4_ext_fill(&rest, to, end - to, start + (to - begin), true);
	if (from > begin) {
		ext4_ext_fill(e, begin, from - begin, start, true);
		err = ext4_ext_add(tx, n, from, to - from, start + (from - begin), false);
	} else {
		*e = mid;
		err = 0;
	}
	if (!err && to < end)
		err = insert(tx, n, &rest);
	return err;
}

int ext4_ext_written(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len)
{
	u64 end = (u64)lblk + len;

	while (lblk < end) {
		struct extpath p;
		struct level *l;
		struct ext4_disk_extent *e;
		u32 stop;
		int err = extpath_find(n, lblk, &p);

		if (err)
			return err;
		l = &p.e[p.depth];
		e = l->at >= 0 ? ext_at(l) : NULL;
		if (!e || lblk - e->ee_block >= ext4_ext_len(e)) {
			extpath_put(&p);
			return ext4_vol_fail(n->vol, "inode %u: written block %u is not mapped", n->ino, lblk);
		}
		stop = (u32)min_t(u64, end, (u64)e->ee_block + ext4_ext_len(e));
		if (ext4_ext_unwritten(e)) {
			err = keys_write(tx, n, &p);
			if (!err)
				err = convert_one(tx, n, &p, lblk, stop);
		}
		extpath_put(&p);
		if (err)
			return err;
		lblk = stop;
	}
	return 0;
}

/* ---- removing ---- */

static int free_node(struct ext4_tx *tx, struct ext4_node *n, u64 block)
{
	int err = ext4_tx_forget(tx, block);

	if (!err)
		err = ext4_bfree(tx, block, 1);
	if (!err)
		n->blocks -= tx->vol->geo.block_size / 512;
	return err;
}

/* The leaf became empty: it goes, and so do ancestors that become empty. */
static int prune(struct ext4_tx *tx, struct ext4_node *n, struct extpath *p)
{
	u32 i = p->depth;

	while (i && !p->e[i].h->eh_entries) {
		u64 block = p->e[i].buf->block;
		struct level *up = &p->e[i - 1];
		int err;

		ext4_xn_close(up->h, (u32)up->at, 1);
		err = free_node(tx, n, block);
		if (err)
			return err;
		i--;
		if (up->h->eh_entries) {
			if (up->at == 0 && i)
				return fix_keys(tx, n, p, i);
			return 0;
		}
	}
	if (!i && !p->e[0].h->eh_entries)
		ext4_xn_init(root_of(n), 4, 0);
	return 0;
}

/* A root with one child that would fit into it takes its place. */
static int shrink(struct ext4_tx *tx, struct ext4_node *n)
{
	struct ext4_disk_exthdr *root = root_of(n), *h;

	while (root->eh_depth && root->eh_entries == 1) {
		u64 block = ext4_idx_leaf(ext4_idx_first(root));
		struct ext4_buf *b = node_read(n, block, root->eh_depth - 1u, 0, (u64)EXT4_LBLK_MAX + 1);
		bool fits;
		int err;

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		h = (void *)b->data;
		fits = h->eh_entries <= 4;
		if (fits) {
			memcpy(root + 1, h + 1, 12 * (size_t)h->eh_entries);
			root->eh_entries = h->eh_entries;
			root->eh_depth = h->eh_depth;
		}
		ext4_buf_put(b);
		if (!fits)
			break;
		err = free_node(tx, n, block);
		if (err)
			return err;
	}
	return 0;
}

/* Cut [s, t) out of the extent at the path's end. */
static int cut(struct ext4_tx *tx, struct ext4_node *n, struct extpath *p, u32 s, u32 t)
{
	struct level *l = &p->e[p->depth];
	struct ext4_disk_extent *e = ext_at(l), old = *e, rest;
	u32 begin = old.ee_block, end = begin + ext4_ext_len(&old);
	u64 start = ext4_ext_start(&old);
	bool raw = ext4_ext_unwritten(&old);
	int err;

	if (s == begin && t == end) {
		ext4_xn_close(l->h, (u32)l->at, 1);
		if (!l->h->eh_entries)
			return prune(tx, n, p);
		return l->at == 0 ? fix_keys(tx, n, p, p->depth) : 0;
	}
	if (s == begin) {
		ext4_ext_fill(e, t, end - t, start + (t - begin), raw);
		return l->at == 0 ? fix_keys(tx, n, p, p->depth) : 0;
	}
	ext4_ext_fill(e, begin, s - begin, start, raw);
	if (t == end)
		return 0;
	ext4_ext_fill(&rest, t, end - t, start + (t - begin), raw);
	err = insert(tx, n, &rest);
	if (err == -ENOSPC || err == -ENOMEM)
		*e = old;	/* a split that could not be made has moved nothing */
	return err;
}

int ext4_ext_drop_one(struct ext4_tx *tx, struct ext4_node *n, u64 from, u64 to)
{
	struct ext4_disk_extent e;
	struct extpath p;
	struct level *l;
	u32 at = (u32)from, s, t;
	int err;

	if (from > EXT4_LBLK_MAX)
		return 0;
	for (;;) {
		err = extpath_find(n, at, &p);
		if (err)
			return err;
		l = &p.e[p.depth];
		if (l->at < 0 || (u64)ext_at(l)->ee_block + ext4_ext_len(ext_at(l)) <= from)
			l->at++;
		if (l->at < l->h->eh_entries)
			break;
		/* Behind this leaf's last: the next leaf begins with what is wanted. */
		err = next_leaf(&p, &at) && at < to;
		extpath_put(&p);
		if (!err)
			return 0;
	}
	e = *ext_at(l);
	s = max(e.ee_block, (u32)from);
	t = (u32)min_t(u64, (u64)e.ee_block + ext4_ext_len(&e), to);
	t = min(t, s + ext4_drop_most(n));
	if (s >= to) {
		extpath_put(&p);
		return 0;
	}
	err = keys_write(tx, n, &p);
	if (!err)
		err = cut(tx, n, &p, s, t);
	extpath_put(&p);
	if (!err)
		err = shrink(tx, n);
	if (!err)
		err = ext4_map_free(tx, n, ext4_ext_start(&e) + (s - e.ee_block), t - s);
	if (err)
		return err;
	n->blocks -= (u64)(t - s) * (tx->vol->geo.block_size / 512);
	return 1;
}
