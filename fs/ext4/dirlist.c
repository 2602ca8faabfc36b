// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listing directories.
 *
 * Entries move when a block is split, so a byte offset says little about what was seen before.
 * On volumes with dir_index, directories that have an index, or are small enough to get one,
 * are listed in the order of the names' hashes, and a position is a hash: every name that was there
 * all the time is seen once, whatever is added or removed meanwhile. Positions 0 and 1 are the
 * dots; from 2 on: half of the hash (its lowest bit is never set) in the upper, the minor
 * hash in the lower 32 bits; EOF_POS is the end. Names of equal hash and minor hash may be repeated,
 * if the reader's buffer ended between them.
 *
 * Other directories are listed by byte offset: there an entry never moves.
 */
#include "vol.h"

#include <tern/lib/sort.h>

#define EOF_POS		0x7fffffffffffffffUL
#define FIRST_POS	2UL

struct listed { u64 key; struct ext4_buf *b; u32 off; };

struct lister {
	struct ext4_node *dir;
	u64 *pos;
	ext4_emit_fn *emit;
	void *arg;
	struct listed *names;		/* of leaves that share a hash; each holds a reference on its buffer */
	u32 n, room;
	struct ext4_dirmap *map;	/* of one leaf */
};

static u64 key_of(u32 hash, u32 minor)
{
	return max((u64)(hash >> 1) << 32 | minor, FIRST_POS);
}

static u32 hash_of(u64 key) { return (u32)(key >> 32) << 1; }

static int by_key(const void *a, const void *b, void *unused)
{
	const struct listed *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static void forget(struct lister *l)
{
	while (l->n)
		ext4_buf_put(l->names[--l->n].b);
}

/* The names of a leaf that are not behind the position. */
static int take(struct lister *l, struct ext4_buf *b, u8 version, u32 skip)
{
	int n = ext4_dir_map(&l->dir->vol->geo, version, b->data, skip, l->map);

	if (n == -EUCLEAN)
		return ext4_vol_fail(l->dir->vol, "directory %u: bad entry in block %lu", l->dir->ino, b->block);
	if (n > 0 && l->n + (u32)n > l->room) {
		u32 room = max(l->n + (u32)n, 2 * l->room);
		struct listed *more = kmem_calloc(room, sizeof(*more), ALLOC_NOFS);

		if (!more)
			return -ENOMEM;
		if (l->n)
			memcpy(more, l->names, l->n * sizeof(*more));
		kmem_free(l->names);
		l->names = more;
		l->room = room;
	}
	for (int i = 0; i < n; i++) {
		u64 key = key_of(l->map[i].hash, l->map[i].minor);

		if (key < *l->pos)
			continue;
		ext4_buf_get(b);
		l->names[l->n++] = (struct listed){ key, b, l->map[i].off };
	}
	return n < 0 ? n : 0;
}

/* Hand out what was taken; behind it lies @next. 1 go on, 0 the receiver is full. */
static int hand_out(struct lister *l, u64 next)
{
	sort_array(l->names, l->n, sizeof(*l->names), by_key, NULL);
	for (u32 i = 0; i < l->n; i++) {
		const struct ext4_disk_dirent *e = ext4_dirent_at(l->names[i].b->data, l->names[i].off);
		u64 after = i + 1 < l->n ? l->names[i + 1].key : next;

		if (!l->emit(l->arg, e->name, e->name_len, e->inode, ext4_dtype_of_ft(e->file_type), after))
			return 0;
		*l->pos = after;
	}
	*l->pos = next;
	forget(l);
	return 1;
}

static int list_leaf(void *arg, struct ext4_buf *b, u8 version, u32 next)
{
	struct lister *l = arg;
	int err = take(l, b, version, 0);

	/* Those of one hash are sorted together, whatever leaf they are in. */
	if (err || (next & 1))
		return err ? err : 1;
	return hand_out(l, next ? key_of(next, 0) : EOF_POS);
}

static bool dots(struct lister *l, struct ext4_buf *b)
{
	while (*l->pos < FIRST_POS) {
		const struct ext4_disk_dirent *e = ext4_dirent_at(b->data, *l->pos ? 12 : 0);

		if (!l->emit(l->arg, e->name, e->name_len, e->inode, ext4_dtype_of_ft(e->file_type), *l->pos + 1))
			return false;
		++*l->pos;
	}
	return true;
}

static int list_hashed(struct lister *l)
{
	const struct ext4_geo *g = &l->dir->vol->geo;
	bool index;
	struct ext4_buf *b = ext4_dirblock_read(l->dir, 0, &index);
	int r = 0;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	if (ext4_dirent_at(b->data, 0)->rec_len != 12) {
		r = ext4_vol_fail(l->dir->vol, "directory %u has no dots", l->dir->ino);
	} else if (dots(l, b) && l->dir->flags & EXT4_FL_INDEX) {
		r = ext4_htree_walk(l->dir, hash_of(*l->pos), list_leaf, l);
	} else if (*l->pos >= FIRST_POS) {
		r = take(l, b, g->hash_version, 12 + (u32)ext4_dirent_at(b->data, 12)->rec_len);
		if (!r)
			r = hand_out(l, EOF_POS);
	}
	ext4_buf_put(b);
	return min(r, 0);
}

/* ---- by offset ---- */

/* Entries of one block from byte @from on: 1 go on, 0 the receiver is full, -errno. */
static int list_block(struct lister *l, struct ext4_buf *b, bool index, u64 base, u32 from)
{
	const struct ext4_geo *g = &l->dir->vol->geo;
	u32 limit = index ? 24 : ext4_dir_limit(g);

	/* An index that cannot be used: its root has the dots, other nodes nothing. */
	if (index && base)
		return 1;
	for (u32 off = 0; off < limit;) {
		struct ext4_disk_dirent *e = ext4_dirent_at(b->data, off);
		u32 after = off + e->rec_len;

		if (!index && ext4_dirent_check(g, b->data, off))
			return ext4_vol_fail(l->dir->vol, "directory %u: bad entry at %lu", l->dir->ino, base + off);
		if (after >= limit)
			after = g->block_size;
		if (off >= from && e->inode) {
			if (!l->emit(l->arg, e->name, e->name_len, e->inode, ext4_dtype_of_ft(e->file_type),
				     base + after))
				return 0;
			*l->pos = base + after;
		}
		off = after;
	}
	return 1;
}

static int list_linear(struct lister *l, u64 size)
{
	u32 bits = l->dir->vol->geo.block_bits;
	int r = 1;

	while (r > 0 && *l->pos < size) {
		u64 base = *l->pos >> bits << bits;
		bool index;
		struct ext4_buf *b = ext4_dirblock_read(l->dir, (u32)(base >> bits), &index);

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		r = list_block(l, b, index, base, (u32)(*l->pos - base));
		ext4_buf_put(b);
		if (r > 0)
			*l->pos = base + (1u << bits);
	}
	return min(r, 0);
}

/* As many bytes as its blocks have; one in the inode is shown as a block. */
static u64 bytes_of(const struct ext4_node *dir)
{
	return ext4_is_inline(dir) ? dir->vol->geo.block_size : dir->size;
}

static bool is_hashed(const struct ext4_node *dir)
{
	const struct ext4_geo *g = &dir->vol->geo;

	return (g->compat & EXT4_COMPAT_DIR_INDEX) && ((dir->flags & EXT4_FL_INDEX) || bytes_of(dir) == g->block_size);
}

int ext4_dir_list(struct ext4_node *dir, u64 *pos, ext4_emit_fn *emit, void *arg)
{
	struct lister l = { .dir = dir, .pos = pos, .emit = emit, .arg = arg };
	int err = -EOPNOTSUPP;

	if (*pos == EOF_POS || (!is_hashed(dir) && *pos >= bytes_of(dir)))
		return 0;
	if (is_hashed(dir)) {
		l.map = kmem_calloc(dir->vol->geo.block_size / 12, sizeof(*l.map), ALLOC_NOFS);
		err = l.map ? list_hashed(&l) : -ENOMEM;
		forget(&l);
		kmem_free(l.names);
		kmem_free(l.map);
	}
	/* Also without index: one of an unknown hash. */
	return err == -EOPNOTSUPP || err == -EINVAL ? list_linear(&l, bytes_of(dir)) : err;
}
