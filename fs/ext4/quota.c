// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each user and group has: the hidden files of the feature quota are kept true.
 *
 * A quota file has blocks of 1 KiB: 0 header and state, 1 the root of a tree over the bytes of the id, from the
 * highest on; below its four levels lie blocks of entries. All entries are found when the volume becomes
 * writable and stay in memory as a reference to the buffer with their place in it, so that a change of an inode
 * and that of the counts are one transaction (ext4_quota_sync(), from the store of the inode), and need no lock
 * of the file. Entries are added, never removed: one of zeroes says the same as none.
 *
 * Limits: limit.c.
 *
 * Locks: quota->lock one addition at a time, inside a transaction; the hash is read under RCU's rules for
 * things that only grow: entries are published complete and live until the volume is closed.
 */
#include "quota_impl.h"

#include <uapi/quota.h>
#include <uapi/stat.h>

#define QBITS		10u
#define QSIZE		(1u << QBITS)
#define QTREE_ROOT	1u
#define QTREE_DEPTH	4u
#define QTREE_FANOUT	256u
#define QVERSION	1u
#define ADD_CREDITS	60u

/* A block of entries; those with room are a list from free_entry on. */
struct qleaf { u32 next_free, prev_free; u16 entries, pad; u32 pad2; } __packed;
#define PER_LEAF	((QSIZE - (u32)sizeof(struct qleaf)) / (u32)sizeof(struct qentry))

static const u32 magics[EXT4_QUOTAS] = { 0xd9c01f11, 0xd9c01927 };

/* ---- blocks of the file ---- */

static struct ext4_buf *qblock(struct ext4_quota *q, u32 n, void **at)
{
	struct ext4_vol *v = q->file.vol;
	u64 pos = (u64)n << QBITS;
	struct ext4_buf *b;

	*at = NULL;
	if (pos + QSIZE > q->file.size)
		return ERR_PTR(ext4_vol_fail(v, "quota file %u has no block %u", q->file.ino, n));
	b = ext4_map_read(&q->file, (u32)(pos >> v->geo.block_bits));
	if (!IS_ERR(b))
		*at = b->data + (pos & (v->geo.block_size - 1));
	return b;
}

/* The same, to be changed. */
static struct ext4_buf *qblock_write(struct ext4_tx *tx, struct ext4_quota *q, u32 n, void **at)
{
	struct ext4_buf *b = qblock(q, n, at);
	int err = IS_ERR(b) ? 0 : ext4_tx_write(tx, b, EXT4_BUF_PLAIN, 0);

	if (!err)
		return b;
	ext4_buf_put(b);
	return ERR_PTR(err);
}

/* ---- entries in memory ---- */

static int remember(struct ext4_quota *q, u32 id, struct ext4_buf *b, const void *at)
{
	struct ext4_dquot *d = kmem_zalloc(sizeof(*d), EXT4_SURE);

	if (!d)
		return -ENOMEM;
	ext4_buf_get(b);
	*d = (struct ext4_dquot){ .next = q->buckets[id % EXT4_QUOTA_BUCKETS], .id = id, .b = b,
				  .off = (u32)((const u8 *)at - b->data) };
	store_release(&q->buckets[id % EXT4_QUOTA_BUCKETS], d);
	return 0;
}

static bool is_free(const struct qentry *e)
{
	static const struct qentry none;

	return !memcmp(e, &none, sizeof(none));
}

static struct qentry *entries_of(void *leaf) { return (void *)((u8 *)leaf + sizeof(struct qleaf)); }

/* The entry of @id in leaf @n. */
static int load_leaf(struct ext4_quota *q, u32 n, u32 id)
{
	void *at;
	struct ext4_buf *b = qblock(q, n, &at);
	int err = -EUCLEAN;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	for (u32 i = 0; i < PER_LEAF && err == -EUCLEAN; i++) {
		struct qentry *e = &entries_of(at)[i];

		if (e->id == id && !is_free(e))
			err = remember(q, id, b, e);
	}
	ext4_buf_put(b);
	return err == -EUCLEAN ? ext4_vol_fail(q->file.vol, "quota file %u: id %u is missing", q->file.ino, id) : err;
}

static int load_node(struct ext4_quota *q, u32 n, u32 level, u32 id)
{
	void *at;
	struct ext4_buf *b = qblock(q, n, &at);
	int err = 0;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	for (u32 i = 0; i < QTREE_FANOUT && !err; i++) {
		u32 child = ((u32 *)at)[i], sub = id << 8 | i;

		if (child)
			err = level + 1 < QTREE_DEPTH ? load_node(q, child, level + 1, sub) : load_leaf(q, child, sub);
	}
	ext4_buf_put(b);
	return err;
}

/* ---- adding ---- */

/* A block at the file's end, or one that was given back. */
static int new_block(struct ext4_tx *tx, struct ext4_quota *q, struct qhead *h, u32 *n)
{
	u32 bits = q->file.vol->geo.block_bits;
	u64 pos = (u64)h->blocks << QBITS;
	struct ext4_buf *b;
	struct ext4_map m;
	void *at;
	int err = 0;

	if (h->free_blk) {
		*n = h->free_blk;
		b = qblock_write(tx, q, *n, &at);
		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		h->free_blk = ((struct qleaf *)at)->next_free;
		memset(at, 0, QSIZE);
		ext4_buf_put(b);
		return 0;
	}
	err = ext4_map_get(&q->file, (u32)(pos >> bits), &m);
	if (!err && m.kind == EXT4_HOLE) {
		b = ext4_map_append(tx, &q->file, (u32)(pos >> bits));
		err = IS_ERR(b) ? (int)PTR_ERR(b) : 0;
		if (!err)
			ext4_buf_put(b);
	}
	if (err)
		return err;
	*n = h->blocks++;
	q->file.size = max(q->file.size, pos + QSIZE);
	b = qblock_write(tx, q, *n, &at);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	memset(at, 0, QSIZE);
	ext4_buf_put(b);
	return ext4_node_store(tx, &q->file);
}

/* A free place in a leaf, which becomes that of @id. */
static int take_entry(struct ext4_tx *tx, struct ext4_quota *q, struct qhead *h, u32 id, u32 *leaf)
{
	struct ext4_buf *b;
	struct qleaf *l;
	void *at;
	u32 i = 0;
	int err = h->free_entry ? 0 : new_block(tx, q, h, &h->free_entry);

	if (err)
		return err;
	*leaf = h->free_entry;
	b = qblock_write(tx, q, *leaf, &at);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	l = at;
	while (i < PER_LEAF && !is_free(&entries_of(at)[i]))
		i++;
	if (i == PER_LEAF) {
		err = ext4_vol_fail(q->file.vol, "quota file %u: leaf %u is full", q->file.ino, *leaf);
	} else {
		entries_of(at)[i].id = id;
		err = remember(q, id, b, &entries_of(at)[i]);
		if (++l->entries >= PER_LEAF) {
			h->free_entry = l->next_free;
			l->next_free = 0;
			l->prev_free = 0;
		}
	}
	ext4_buf_put(b);
	return err;
}

/* The way to the leaf, with what nodes it lacks. */
static int link_leaf(struct ext4_tx *tx, struct ext4_quota *q, struct qhead *h, u32 id, u32 leaf)
{
	u32 node = QTREE_ROOT;

	for (u32 level = 0; level < QTREE_DEPTH; level++) {
		u32 i = id >> (8 * (QTREE_DEPTH - 1 - level)) & 0xff, child = leaf;
		void *at;
		struct ext4_buf *b = qblock_write(tx, q, node, &at);
		int err = 0;

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		if (level + 1 < QTREE_DEPTH) {
			child = ((u32 *)at)[i];
			err = child ? 0 : new_block(tx, q, h, &child);
		}
		if (!err)
			((u32 *)at)[i] = child;
		ext4_buf_put(b);
		if (err)
			return err;
		node = child;
	}
	return 0;
}

static int add(struct ext4_tx *tx, struct ext4_quota *q, u32 id)
{
	void *at;
	struct ext4_buf *b = qblock_write(tx, q, 0, &at);
	u32 leaf;
	int err;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = take_entry(tx, q, at, id, &leaf);
	if (!err)
		err = link_leaf(tx, q, at, id, leaf);
	ext4_buf_put(b);
	return err;
}

int ext4_quota_know(struct ext4_vol *v, u32 type, u32 id)
{
	struct ext4_quota *q = v->quotas[type];
	struct ext4_tx tx;
	int err;

	if (!q || ext4_dquot_find(q, id))
		return 0;
	err = ext4_tx_begin(v, ADD_CREDITS, &tx);
	if (err)
		return err;
	kmutex_lock(&q->lock);
	if (!ext4_dquot_find(q, id))
		err = add(&tx, q, id);
	kmutex_unlock(&q->lock);
	ext4_tx_end(&tx);
	return err;
}

int ext4_quota_ensure(struct ext4_vol *v, const u32 *ids)
{
	int err = 0;

	for (u32 t = 0; t < EXT4_QUOTAS && !err; t++)
		err = ext4_quota_know(v, t, ids[t]);
	return err;
}

int ext4_quota_set_times(struct ext4_vol *v, u32 type, const struct quota_times *t)
{
	struct ext4_quota *q = v->quotas[type];
	struct ext4_buf *b;
	struct ext4_tx tx;
	void *at;
	int err;

	if (!q)
		return -ESRCH;
	if (((t->set & IIF_BGRACE) && t->blocks > U32_MAX) || ((t->set & IIF_IGRACE) && t->inodes > U32_MAX))
		return -ERANGE;
	err = ext4_tx_begin(v, 4, &tx);
	if (err)
		return err;
	kmutex_lock(&q->lock);
	b = qblock_write(&tx, q, 0, &at);
	err = IS_ERR(b) ? (int)PTR_ERR(b) : 0;
	if (!err) {
		struct qhead *h = at;

		if (t->set & IIF_BGRACE)
			q->grace[0] = h->bgrace = (u32)t->blocks;
		if (t->set & IIF_IGRACE)
			q->grace[1] = h->igrace = (u32)t->inodes;
		ext4_buf_put(b);
	}
	kmutex_unlock(&q->lock);
	ext4_tx_end(&tx);
	return err;
}

/* ---- counting ---- */

static int charge(struct ext4_tx *tx, struct ext4_quota *q, u32 id, s64 space, s64 inodes)
{
	struct ext4_dquot *d = ext4_dquot_find(q, id);
	struct qentry *e;
	int err;

	if (!space && !inodes)
		return 0;
	if (!d) {
		if (!q->complained)
			kwarn("ext4: quota file %u lacks id %u: e2fsck will correct it", q->file.ino, id);
		q->complained = true;
		return 0;
	}
	err = ext4_tx_write(tx, d->b, EXT4_BUF_PLAIN, 0);
	if (err)
		return err;
	e = (void *)(d->b->data + d->off);
	spin_lock(&q->counts);
	e->space = ext4_quota_plus(e->space, space);
	e->inodes = ext4_quota_plus(e->inodes, inodes);
	ext4_dquot_times(q, e);
	spin_unlock(&q->counts);
	return 0;
}

/* What an inode counts as. */
static void use_of(const struct ext4_node *n, struct ext4_use *u)
{
	*u = (struct ext4_use){ .ids = { n->uid, n->gid }, .bytes = (s64)(n->blocks * 512), .inodes = n->mode != 0 };
	if (!u->inodes)
		u->bytes = 0;
}

void ext4_quota_loaded(struct ext4_node *n) { use_of(n, &n->counted); }

int ext4_quota_sync(struct ext4_tx *tx, struct ext4_node *n)
{
	struct ext4_vol *v = tx->vol;
	struct ext4_use old, now;
	int err = 0;

	if ((!v->quotas[0] && !v->quotas[1]) || (n->ino < v->geo.first_ino && n->ino != EXT4_ROOT_INO))
		return 0;
	spin_lock(&n->lock);
	old = n->counted;
	use_of(n, &now);
	n->counted = now;
	ext4_quota_move(n, &old, &now);
	spin_unlock(&n->lock);
	for (u32 t = 0; t < EXT4_QUOTAS && !err; t++) {
		struct ext4_quota *q = v->quotas[t];

		if (!q)
			continue;
		if (old.ids[t] == now.ids[t]) {
			err = charge(tx, q, now.ids[t], now.bytes - old.bytes, now.inodes - old.inodes);
			continue;
		}
		err = charge(tx, q, old.ids[t], -old.bytes, -old.inodes);
		if (!err)
			err = charge(tx, q, now.ids[t], now.bytes, now.inodes);
	}
	return err;
}

/* ---- opening ---- */

static int load(struct ext4_quota *q, u32 magic)
{
	void *at;
	struct ext4_buf *b;
	const struct qhead *h;
	int err = ext4_node_load(&q->file);

	if (err)
		return err;
	if (!S_ISREG(q->file.mode) || !ext4_node_has_map(&q->file))
		return ext4_vol_fail(q->file.vol, "quota inode %u is no file", q->file.ino);
	b = qblock(q, 0, &at);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	h = at;
	if (h->magic != magic || h->version != QVERSION || (u64)h->blocks << QBITS > q->file.size)
		err = ext4_vol_fail(q->file.vol, "quota file %u has a bad header", q->file.ino);
	q->grace[0] = h->bgrace;
	q->grace[1] = h->igrace;
	ext4_buf_put(b);
	return err ? err : load_node(q, QTREE_ROOT, 0, 0);
}

int ext4_quota_open(struct ext4_vol *v)
{
	const struct ext4_disk_super *s = ext4_super(v);
	const u32 inos[EXT4_QUOTAS] = { s->s_usr_quota_inum, s->s_grp_quota_inum };

	if (!(v->geo.ro_compat & EXT4_RO_QUOTA))
		return 0;
	for (u32 t = 0; t < EXT4_QUOTAS; t++) {
		struct ext4_quota *q;
		int err;

		if (v->quotas[t] || !inos[t])
			continue;
		q = kmem_zalloc(sizeof(*q), ALLOC_KERNEL);
		if (!q)
			return -ENOMEM;
		kmutex_init(&q->lock, LOCKRANK_NONE);
		spin_init(&q->counts, LOCKRANK_KLIST);
		v->quotas[t] = q;
		err = ext4_node_init(&q->file, v, inos[t]);
		if (!err)
			err = load(q, magics[t]);
		if (err)
			return err;
	}
	return 0;
}

void ext4_quota_close(struct ext4_vol *v)
{
	for (u32 t = 0; t < EXT4_QUOTAS; t++) {
		struct ext4_quota *q = v->quotas[t];

		for (u32 i = 0; q && i < EXT4_QUOTA_BUCKETS; i++) {
			while (q->buckets[i]) {
				struct ext4_dquot *d = q->buckets[i];

				q->buckets[i] = d->next;
				ext4_buf_put(d->b);
				kmem_free(d);
			}
		}
		kmem_free(q);
		v->quotas[t] = NULL;
	}
}
