// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories with a hash index: from the root (block 0) over at most two levels of
 * nodes to a leaf, by the hash of the name. Names of one hash may go on in the next
 * leaf; the record of that leaf then has the lowest bit of its hash set.
 *
 * A full leaf is split by hash at half of its bytes; a full node at half of its
 * records; a full root gets a level below it.
 */
#include "vol.h"

#define FRAMES	3

struct dxframe { struct ext4_buf *buf; struct ext4_dxview view; u32 at; };
struct trail {
	struct dxframe f[FRAMES];
	u32 n;			/* frames in use */
	u8 version;
	struct ext4_hash hash;
};

static void trail_put(struct trail *t)
{
	while (t->n)
		ext4_buf_put(t->f[--t->n].buf);
}

static int node_open(struct ext4_node *dir, u32 lblk, struct dxframe *f)
{
	bool index;
	int err;

	f->buf = ext4_dirblock_read(dir, lblk, &index);
	if (IS_ERR(f->buf))
		return (int)PTR_ERR(f->buf);
	err = index ? ext4_dx_open(&dir->vol->geo, f->buf->data, !lblk, &f->view) : -EUCLEAN;
	if (err)
		ext4_buf_put(f->buf);
	if (err == -EUCLEAN)
		return ext4_vol_fail(dir->vol, "directory %u: index block %u is damaged", dir->ino, lblk);
	return err;
}

static int root_open(struct ext4_node *dir, struct trail *t)
{
	int err = node_open(dir, 0, &t->f[0]);

	t->n = err ? 0 : 1;
	if (!err)
		t->version = (u8)(ext4_dx_info(t->f[0].buf->data)->hash_version +
				  (dir->vol->geo.hash_version > EXT4_HASH_TEA ? 3 : 0));
	return err;
}

/* From the open root to the node above the leaf of t->hash; frees the trail on failure. */
static int descend_from_root(struct ext4_node *dir, struct trail *t)
{
	u32 levels = ext4_dx_info(t->f[0].buf->data)->indirect_levels;
	int err = 0;

	for (u32 i = 0; !err; i++) {
		t->f[i].at = ext4_dx_search(&t->f[i].view, t->hash.hash);
		if (i == levels)
			return 0;
		err = node_open(dir, ext4_dx_child(&t->f[i].view, t->f[i].at), &t->f[i + 1]);
		if (!err)
			t->n++;
	}
	trail_put(t);
	return err;
}

static int descend_to(struct ext4_node *dir, struct trail *t)
{
	int err = root_open(dir, t);

	return err ? err : descend_from_root(dir, t);
}

/* From the root to the node above the leaf of @name. */
static int descend(struct ext4_node *dir, const char *name, u32 len, struct trail *t)
{
	int err = root_open(dir, t);

	if (err)
		return err;
	err = ext4_name_hash(t->version, dir->vol->geo.hash_seed, name, len, &t->hash);
	if (err) {
		trail_put(t);
		return err;
	}
	return descend_from_root(dir, t);
}

static struct ext4_buf *leaf_read(struct ext4_node *dir, const struct trail *t)
{
	const struct dxframe *f = &t->f[t->n - 1];
	u32 lblk = ext4_dx_child(&f->view, f->at);
	struct ext4_buf *b;
	bool index;

	if (!lblk || lblk >= dir->size >> dir->vol->geo.block_bits)
		return ERR_PTR(ext4_vol_fail(dir->vol, "directory %u: index names block %u", dir->ino, lblk));
	b = ext4_dirblock_read(dir, lblk, &index);
	if (!IS_ERR(b) && index && ext4_has_csum(&dir->vol->geo)) {
		ext4_buf_put(b);
		return ERR_PTR(ext4_vol_fail(dir->vol, "directory %u: block %u is no leaf", dir->ino, lblk));
	}
	return b;
}

/* The deepest frame that has a record after the one in use, plus one; 0: this is the last leaf. */
static u32 frame_with_next(const struct trail *t)
{
	u32 i = t->n;

	while (i && t->f[i - 1].at + 1 >= t->f[i - 1].view.count)
		i--;
	return i;
}

/* The hash that the record of the next leaf has, 0: there is none. */
static u32 next_hash(const struct trail *t)
{
	u32 i = frame_with_next(t);

	return i ? t->f[i - 1].view.ents[t->f[i - 1].at + 1].hash : 0;
}

/* On to the next leaf: 1, 0 there is none, -errno. */
static int next_leaf(struct ext4_node *dir, struct trail *t)
{
	u32 i = frame_with_next(t), keep = t->n;

	if (!i)
		return 0;
	t->f[i - 1].at++;
	for (; i < keep; i++) {
		int err;

		ext4_buf_put(t->f[i].buf);
		err = node_open(dir, ext4_dx_child(&t->f[i - 1].view, t->f[i - 1].at), &t->f[i]);
		if (err) {
			/* Frames from i on are gone. */
			for (u32 j = i + 1; j < keep; j++)
				ext4_buf_put(t->f[j].buf);
			t->n = i;
			return err;
		}
		t->f[i].at = 0;
	}
	return 1;
}

/* On to the next leaf if names of this hash go on there: 1, 0, -errno. */
static int next_same(struct ext4_node *dir, struct trail *t)
{
	return next_hash(t) == (t->hash.hash | 1) ? next_leaf(dir, t) : 0;
}

int ext4_htree_walk(struct ext4_node *dir, u32 hash, ext4_leaf_fn *fn, void *arg)
{
	struct trail t = { .hash = { .hash = hash } };
	int r = descend_to(dir, &t);

	if (r)
		return r;
	do {
		struct ext4_buf *b = leaf_read(dir, &t);

		r = IS_ERR(b) ? (int)PTR_ERR(b) : fn(arg, b, t.version, next_hash(&t));
		if (!IS_ERR(b))
			ext4_buf_put(b);
		if (r == 1)
			r = next_leaf(dir, &t);
	} while (r == 1);
	trail_put(&t);
	return r;
}

int ext4_htree_find(struct ext4_node *dir, const char *name, u32 len, struct ext4_buf **leaf, int *off)
{
	struct trail t;
	int err = descend(dir, name, len, &t);

	if (err)
		return err;
	do {
		struct ext4_buf *b = leaf_read(dir, &t);

		if (IS_ERR(b)) {
			err = (int)PTR_ERR(b);
			break;
		}
		*off = ext4_dir_find(&dir->vol->geo, b->data, name, len);
		if (*off >= 0) {
			*leaf = b;
			trail_put(&t);
			return 0;
		}
		ext4_buf_put(b);
		err = *off == -ENOENT ? next_same(dir, &t)
				      : ext4_vol_fail(dir->vol, "directory %u: bad entry in a leaf", dir->ino);
	} while (err == 1);
	trail_put(&t);
	return err ? err : -ENOENT;
}

static enum ext4_bufkind kind_of(u32 frame) { return frame ? EXT4_BUF_DXNODE : EXT4_BUF_DXROOT; }

static struct ext4_buf *append(struct ext4_tx *tx, struct ext4_node *dir, enum ext4_bufkind kind, u32 *lblk)
{
	struct ext4_buf *b;
	int err;

	*lblk = (u32)(dir->size >> dir->vol->geo.block_bits);
	b = ext4_map_append(tx, dir, *lblk);
	if (IS_ERR(b))
		return b;
	dir->size += dir->vol->geo.block_size;
	err = ext4_tx_write(tx, b, kind, dir->seed);
	if (kind == EXT4_BUF_DIRLEAF || err)
		ext4_dir_init(&dir->vol->geo, b->data);
	if (!err)
		return b;
	ext4_buf_put(b);
	return ERR_PTR(err);
}

/* The root is full: its records go to a node of their own. */
static int deepen(struct ext4_tx *tx, struct ext4_node *dir, struct trail *t)
{
	struct dxframe *root = &t->f[0];
	struct ext4_disk_dxinfo *info = ext4_dx_info(root->buf->data);
	struct ext4_dxview v;
	struct ext4_buf *b;
	u32 lblk;

	if (info->indirect_levels >= (dir->vol->geo.incompat & EXT4_INCOMPAT_LARGEDIR ? 2 : 1))
		return -ENOSPC;
	b = append(tx, dir, EXT4_BUF_DXNODE, &lblk);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	ext4_dx_init_node(&dir->vol->geo, b->data, &v);
	v.ents[0].block = root->view.ents[0].block;
	memcpy(&v.ents[1], &root->view.ents[1], (root->view.count - 1) * sizeof(v.ents[0]));
	ext4_dx_set_count(&v, root->view.count);
	root->view.ents[0].block = lblk;
	ext4_dx_set_count(&root->view, 1);
	info->indirect_levels++;
	ext4_buf_put(b);
	return 0;
}

/* Node t->f[i] is full, its parent is not: half of its records go to a new node. */
static int split_node(struct ext4_tx *tx, struct ext4_node *dir, struct trail *t, u32 i)
{
	struct ext4_dxview *from = &t->f[i].view, to;
	u32 half = from->count / 2, lblk, hash = from->ents[half].hash;
	struct ext4_buf *b = append(tx, dir, EXT4_BUF_DXNODE, &lblk);

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	ext4_dx_init_node(&dir->vol->geo, b->data, &to);
	to.ents[0].block = from->ents[half].block;
	memcpy(&to.ents[1], &from->ents[half + 1], (from->count - half - 1) * sizeof(to.ents[0]));
	ext4_dx_set_count(&to, from->count - half);
	ext4_dx_set_count(from, half);
	ext4_dx_insert(&t->f[i - 1].view, t->f[i - 1].at, hash, lblk);
	ext4_buf_put(b);
	return 0;
}

/* Room for one more record above the leaf: 0 there is, 1 something was split: descend again. */
static int make_room(struct ext4_tx *tx, struct ext4_node *dir, struct trail *t)
{
	u32 i = t->n - 1;
	int err = 0;

	for (u32 j = 0; !err && j < t->n; j++)
		err = ext4_tx_write(tx, t->f[j].buf, kind_of(j), dir->seed);
	if (err)
		return err;
	if (t->f[i].view.count < t->f[i].view.limit)
		return 0;
	while (i && t->f[i - 1].view.count >= t->f[i - 1].view.limit)
		i--;
	err = i ? split_node(tx, dir, t, i) : deepen(tx, dir, t);
	return err ? err : 1;
}

/* Where to cut a sorted map: about half of the bytes. */
static u32 middle(const struct ext4_dirmap *map, u32 n)
{
	u32 total = 0, sum = 0, i;

	for (i = 0; i < n; i++)
		total += map[i].size;
	for (i = 0; i < n - 1 && sum + map[i].size <= total / 2; i++)
		sum += map[i].size;
	return max(i, 1u);
}

/* Split the full leaf @b; the trail's last node has room. */
static int split_leaf(struct ext4_tx *tx, struct ext4_node *dir, struct trail *t, struct ext4_buf *b)
{
	const struct ext4_geo *g = &dir->vol->geo;
	struct ext4_dirmap *map = kmem_alloc(g->block_size / 12 * sizeof(*map), EXT4_SURE);
	u8 *copy = kmem_alloc(g->block_size, EXT4_SURE);
	struct dxframe *f = &t->f[t->n - 1];
	struct ext4_buf *other = NULL;
	u32 lblk, at, hash;
	int n = -ENOMEM;

	if (map && copy)
		n = ext4_dir_map(g, t->version, b->data, 0, map);
	if (n >= 0 && n < 2)
		n = -ENOSPC;
	if (n >= 0) {
		other = append(tx, dir, EXT4_BUF_DIRLEAF, &lblk);
		if (IS_ERR(other))
			n = (int)PTR_ERR(other);
	}
	if (n >= 0) {
		at = middle(map, (u32)n);
		hash = map[at].hash;
		memcpy(copy, b->data, g->block_size);
		ext4_dir_copy(g, copy, other->data, map + at, (u32)n - at);
		ext4_dir_init(g, b->data);
		ext4_dir_copy(g, copy, b->data, map, at);
		ext4_dx_insert(&f->view, f->at, hash | (map[at - 1].hash == hash), lblk);
		ext4_buf_put(other);
	}
	kmem_free(map);
	kmem_free(copy);
	return n < 0 ? n : 0;
}

int ext4_htree_add(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len, u32 ino, u8 ft)
{
	for (;;) {
		struct ext4_buf *b;
		struct trail t;
		int err = descend(dir, name, len, &t);

		if (err)
			return err;
		b = leaf_read(dir, &t);
		err = IS_ERR(b) ? (int)PTR_ERR(b) : ext4_tx_write(tx, b, EXT4_BUF_DIRLEAF, dir->seed);
		if (!err)
			err = ext4_dir_insert(&dir->vol->geo, b->data, name, len, ino, ft);
		if (err == -ENOSPC) {
			err = make_room(tx, dir, &t);
			if (!err)
				err = split_leaf(tx, dir, &t, b);
			if (!err)
				err = 1;
		}
		if (!IS_ERR(b))
			ext4_buf_put(b);
		trail_put(&t);
		if (err != 1)
			return err;
	}
}

int ext4_htree_make(struct ext4_tx *tx, struct ext4_node *dir, struct ext4_buf *first)
{
	const struct ext4_geo *g = &dir->vol->geo;
	struct ext4_dirmap *map = kmem_alloc(g->block_size / 12 * sizeof(*map), EXT4_SURE);
	u32 skip = 12 + ext4_dirent_at(first->data, 12)->rec_len, lblk;
	struct ext4_buf *leaf;
	struct ext4_dxview v;
	int n, err;

	if (!map)
		return -ENOMEM;
	n = ext4_dirent_at(first->data, 0)->rec_len != 12 ? -EUCLEAN
							  : ext4_dir_map(g, g->hash_version, first->data, skip, map);
	if (n < 0) {
		err = n;
		goto out;
	}
	leaf = append(tx, dir, EXT4_BUF_DIRLEAF, &lblk);
	if (IS_ERR(leaf)) {
		err = (int)PTR_ERR(leaf);
		goto out;
	}
	ext4_dir_copy(g, first->data, leaf->data, map, (u32)n);
	ext4_buf_put(leaf);
	err = ext4_tx_write(tx, first, EXT4_BUF_DXROOT, dir->seed);
	if (!err) {
		ext4_dx_init_root(g, first->data, g->hash_version, lblk, &v);
		dir->flags |= EXT4_FL_INDEX;
	}
out:
	kmem_free(map);
	return err;
}
