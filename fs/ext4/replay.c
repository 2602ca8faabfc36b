// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal at mount: finding it, checking its super block, and replaying what was
 * committed but is not at its place.
 *
 * Three walks over the log from its tail: one finds the last complete
 * transaction, one collects revoke records, one writes blocks home unless a
 * later (or the same) transaction revoked them. A block that is not what its
 * check sum says ends the log in the first walk and fails the mount in the
 * others. The walk cannot run longer than the log is.
 *
 * Limits: the journal must be in the file system (not on a device of its own); a log with
 * fast commits is only accepted when it is empty.
 */
#include "jformat.h"
#include "vol.h"

#include <tern/lib/crc.h>
#include <tern/lib/sort.h>
#include <uapi/stat.h>

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };
struct revoked { u64 block; u32 seq; };
struct walk {
	struct ext4_vol *v;
	enum pass pass;
	u32 pos, seq, end;		/* next block and its transaction; end: first not complete */
	u32 steps;
	u8 *head, *data;
	struct revoked *table;
	u32 count, room;
	u32 written;
};

static struct ext4_jsuper *super_of(struct ext4_log *l) { return (void *)l->super; }

static int read_log(struct walk *w, u32 pos, void *buf)
{
	u64 block = ext4_log_block(&w->v->log, pos);

	return block ? ext4_io_read(w->v, block, buf) : -EUCLEAN;
}

static u32 advance(const struct walk *w, u32 pos, u32 n)
{
	const struct ext4_log *l = &w->v->log;

	pos += n;
	return pos >= l->last ? pos - (l->last - l->first) : pos;
}

/* ---- tags ---- */

struct tag { u64 block; u32 flags, csum; };

/* The tag at *off, which moves past it; false: it does not fit. */
static bool next_tag(const struct walk *w, u32 *off, struct tag *t)
{
	const struct ext4_log *l = &w->v->log;
	u32 limit = w->v->geo.block_size - (l->v2 || l->v3 ? 4 : 0);
	const u8 *p = w->head + *off;

	if (*off + l->tag_size > limit)
		return false;
	t->block = get_be32(p);
	if (l->v3) {
		t->flags = get_be32(p + 4);
		t->csum = get_be32(p + 12);
	} else {
		t->flags = get_be16(p + 6);
		t->csum = get_be16(p + 4);
	}
	if (l->wide)
		t->block |= (u64)get_be32(p + 8) << 32;
	*off += l->tag_size;
	if (!(t->flags & EXT4_JT_SAME))
		*off += 16;
	return true;
}

static int cmp_revoked(const void *a, const void *b, void *ctx)
{
	const struct revoked *x = a, *y = b;

	(void)ctx;
	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return 0;
}

static bool is_revoked(const struct walk *w, u64 block)
{
	struct revoked key = { .block = block };
	const struct revoked *r = sort_find(&key, w->table, w->count, sizeof(key), cmp_revoked, NULL);

	return r && (s32)(r->seq - w->seq) >= 0;
}

static int replay_block(struct walk *w, const struct tag *t, u32 pos)
{
	struct ext4_log *l = &w->v->log;
	u32 size = w->v->geo.block_size, crc;
	struct ext4_wr wr = { t->block, w->data };
	int err;

	if (is_revoked(w, t->block))
		return 0;
	if (t->block >= w->v->geo.blocks)
		return ext4_vol_fail(w->v, "journal names block %lu past the end", t->block);
	err = read_log(w, pos, w->data);
	if (err)
		return err;
	if (l->v2 || l->v3) {
		crc = ext4_j_data_csum(l->csum_seed, w->seq, w->data, size);
		if (t->csum != (l->v3 ? crc : (crc & 0xffff)))
			return ext4_vol_fail(w->v, "journal copy of block %lu is damaged", t->block);
	}
	if (t->flags & EXT4_JT_ESCAPE)
		put_be32(w->data, EXT4_J_MAGIC);
	w->written++;
	return ext4_io_write(w->v, &wr, 1);
}

/* A descriptor block is in w->head: its data blocks follow. */
static int walk_tags(struct walk *w)
{
	u32 off = sizeof(struct ext4_jhead), n = 0;
	struct tag t;
	int err = 0;

	do {
		if (!next_tag(w, &off, &t))
			break;
		n++;
		if (w->pass == PASS_REPLAY)
			err = replay_block(w, &t, advance(w, w->pos, n));
	} while (!err && !(t.flags & EXT4_JT_LAST));
	w->pos = advance(w, w->pos, n + 1);
	w->steps += n + 1;
	return err;
}

static int walk_revokes(struct walk *w)
{
	u32 each = w->v->log.wide ? 8 : 4, end = get_be32(w->head + 12);
	bool tail = w->v->log.v2 || w->v->log.v3;

	if (end > w->v->geo.block_size - (tail ? 4 : 0))
		return -EUCLEAN;
	for (u32 off = 16; off + each <= end; off += each) {
		struct revoked r = { each == 8 ? get_be64(w->head + off) : get_be32(w->head + off), w->seq };

		if (w->pass == PASS_SCAN) {
			w->room++;
		} else if (w->pass == PASS_REVOKE) {
			if (w->count == w->room)
				return -EUCLEAN;
			w->table[w->count++] = r;
		}
	}
	w->pos = advance(w, w->pos, 1);
	w->steps++;
	return 0;
}

static bool tail_ok(const struct walk *w)
{
	const struct ext4_log *l = &w->v->log;
	u32 size = w->v->geo.block_size;

	return (!l->v2 && !l->v3) || get_be32(w->head + size - 4) == ext4_j_tail_csum(l->csum_seed, w->head, size);
}

static bool commit_ok(const struct walk *w)
{
	const struct ext4_log *l = &w->v->log;
	const struct ext4_jcommit *c = (void *)w->head;

	return (!l->v2 && !l->v3) ||
	       be32_to_cpu(c->h_checksum[0]) == ext4_j_commit_csum(l->csum_seed, w->head, w->v->geo.block_size);
}

/* One block of structure: 1 goes on, 0 the log ends here, -errno. */
static int walk_step(struct walk *w)
{
	int err = read_log(w, w->pos, w->head);

	if (err)
		return err;
	if (ext4_j_is(w->head, EXT4_J_DESCRIPTOR, w->seq)) {
		if (!tail_ok(w))
			return w->pass == PASS_SCAN ? 0 : -EUCLEAN;
		err = walk_tags(w);
	} else if (ext4_j_is(w->head, EXT4_J_REVOKE, w->seq)) {
		if (!tail_ok(w))
			return w->pass == PASS_SCAN ? 0 : -EUCLEAN;
		err = walk_revokes(w);
	} else if (ext4_j_is(w->head, EXT4_J_COMMIT, w->seq)) {
		if (!commit_ok(w))
			return 0;
		w->seq++;
		w->pos = advance(w, w->pos, 1);
		w->steps++;
	} else {
		return 0;
	}
	return err ? err : 1;
}

static int walk_log(struct walk *w, enum pass pass)
{
	struct ext4_log *l = &w->v->log;
	int r = 1;

	w->pass = pass;
	w->pos = be32_to_cpu(super_of(l)->s_start);
	w->seq = be32_to_cpu(super_of(l)->s_sequence);
	w->steps = 0;
	while (r == 1 && w->steps <= l->last - l->first && (pass == PASS_SCAN || w->seq != w->end))
		r = walk_step(w);
	if (pass == PASS_SCAN)
		w->end = w->seq;
	return r < 0 ? r : 0;
}

/* Of several records for a block the latest counts. */
static void merge_revokes(struct walk *w)
{
	u32 n = 0;

	sort_array(w->table, w->count, sizeof(*w->table), cmp_revoked, NULL);
	for (u32 i = 0; i < w->count; i++) {
		if (n && w->table[n - 1].block == w->table[i].block) {
			if ((s32)(w->table[i].seq - w->table[n - 1].seq) > 0)
				w->table[n - 1].seq = w->table[i].seq;
		} else {
			w->table[n++] = w->table[i];
		}
	}
	w->count = n;
}

static int replay(struct walk *w)
{
	int err = walk_log(w, PASS_SCAN);

	if (!err && w->room) {
		w->table = kmem_alloc_large(sizeof(*w->table) * w->room, ALLOC_KERNEL);
		if (!w->table)
			return -ENOMEM;
		err = walk_log(w, PASS_REVOKE);
		merge_revokes(w);
	}
	if (!err)
		err = walk_log(w, PASS_REPLAY);
	if (!err)
		err = ext4_io_flush(w->v);
	if (!err)
		err = ext4_log_mark(w->v, w->end + 1, 0);
	return err;
}

int ext4_log_replay(struct ext4_vol *v)
{
	struct ext4_log *l = &v->log;
	struct walk w = { .v = v };
	u32 start = be32_to_cpu(super_of(l)->s_start), tid;
	int err = 0;

	tid = be32_to_cpu(super_of(l)->s_sequence);
	if (start) {
		if (be32_to_cpu(super_of(l)->s_incompat) & EXT4_J_FAST)
			return -EOPNOTSUPP;
		if (start < l->first || start >= l->last)
			return -EUCLEAN;
		w.head = kmem_alloc(v->geo.block_size, ALLOC_KERNEL);
		w.data = kmem_alloc(v->geo.block_size, ALLOC_KERNEL);
		err = w.head && w.data ? replay(&w) : -ENOMEM;
		kmem_free(w.head);
		kmem_free(w.data);
		kmem_free_large(w.table);
		tid = w.end + 1;
		if (!err)
			kinfo("ext4: journal replayed, %u blocks", w.written);
	}
	l->next_tid = tid;
	l->committed = tid - 1;
	return err;
}

/* ---- finding the journal ---- */

static int add_run(struct ext4_log *l, u32 *room, const struct ext4_map *m)
{
	if (l->nruns == *room) {
		u32 n = *room ? *room * 2 : 8;
		struct ext4_run *more = kmem_alloc(n * sizeof(*more), ALLOC_KERNEL);

		if (!more)
			return -ENOMEM;
		if (l->nruns)
			memcpy(more, l->runs, l->nruns * sizeof(*more));
		kmem_free(l->runs);
		l->runs = more;
		*room = n;
	}
	l->runs[l->nruns++] = (struct ext4_run){ m->lblk, m->len, m->pblk };
	return 0;
}

static int map_journal(struct ext4_vol *v, struct ext4_node *n, u32 blocks)
{
	u32 room = 0;

	for (u32 at = 0; at < blocks;) {
		struct ext4_map m;
		int err = ext4_map_find(n, at, &m);

		if (!err && m.kind != EXT4_MAPPED)
			err = -EUCLEAN;
		if (!err)
			err = add_run(&v->log, &room, &m);
		if (err)
			return err;
		at += m.len;
	}
	return 0;
}

static int check_super(struct ext4_vol *v)
{
	struct ext4_log *l = &v->log;
	struct ext4_jsuper *s = super_of(l);
	u32 type = be32_to_cpu(s->head.h_type), incompat = 0, max = be32_to_cpu(s->s_maxlen);

	if (be32_to_cpu(s->head.h_magic) != EXT4_J_MAGIC || (type != EXT4_J_SUPER1 && type != EXT4_J_SUPER2))
		return -EUCLEAN;
	if (type == EXT4_J_SUPER2)
		incompat = be32_to_cpu(s->s_incompat);
	if (incompat & ~EXT4_J_KNOWN)
		return -EOPNOTSUPP;
	l->v3 = incompat & EXT4_J_CSUM_V3;
	l->v2 = incompat & EXT4_J_CSUM_V2;
	l->wide = incompat & EXT4_J_64BIT;
	if (l->v2 && l->v3)
		return -EUCLEAN;
	if ((l->v2 || l->v3) && be32_to_cpu(s->s_checksum) != ext4_j_super_csum(s))
		return -EUCLEAN;
	l->first = be32_to_cpu(s->s_first);
	l->last = max;
	if (incompat & EXT4_J_FAST) {
		u32 fast = be32_to_cpu(s->s_num_fc_blks);

		l->last -= min(max, fast ? fast : 256u);
	}
	if (be32_to_cpu(s->s_blocksize) != v->geo.block_size || !l->first || l->first >= l->last ||
	    l->last - l->first < 64)
		return -EUCLEAN;
	return 0;
}

static void set_sizes(struct ext4_vol *v)
{
	struct ext4_log *l = &v->log;

	l->csum_seed = crc32c_raw(~0u, super_of(l)->s_uuid, 16);
	l->tag_size = l->v3 ? 16 : (l->wide ? 12 : 8) + (l->v2 ? 2 : 0);
	l->per_desc = (v->geo.block_size - 12 - 16 - 4) / l->tag_size;
	l->max_txn = (l->last - l->first) / 4;
	l->head = l->first;
	l->free = l->last - l->first;
}

int ext4_log_load(struct ext4_vol *v)
{
	struct ext4_log *l = &v->log;
	struct ext4_node n;
	u64 blocks;
	int err;

	l->node_ino = ext4_super(v)->s_journal_inum;
	if (!l->node_ino)
		return -EOPNOTSUPP;
	err = ext4_node_init(&n, v, l->node_ino);
	if (!err)
		err = ext4_node_load(&n);
	if (err)
		return err;
	blocks = n.size >> v->geo.block_bits;
	if (!S_ISREG(n.mode) || blocks < 64 || blocks >> 32)
		return -EUCLEAN;
	l->super = kmem_alloc(v->geo.block_size, ALLOC_KERNEL);
	l->desc = kmem_alloc(v->geo.block_size, ALLOC_KERNEL);
	if (!l->super || !l->desc)
		return -ENOMEM;
	err = map_journal(v, &n, (u32)blocks);
	if (!err)
		err = ext4_io_read(v, ext4_log_block(l, 0), l->super);
	if (!err)
		err = check_super(v);
	if (!err && l->last > blocks)
		err = -EUCLEAN;
	if (!err) {
		l->on = true;
		set_sizes(v);
	}
	return err;
}

/* Before the first transaction: the format that a volume with check sums wants; an open log. */
int ext4_log_open(struct ext4_vol *v, bool writes)
{
	struct ext4_log *l = &v->log;
	struct ext4_jsuper *s = super_of(l);
	u32 set = EXT4_J_REVOKES | (ext4_has_64bit(&v->geo) ? EXT4_J_64BIT : 0);

	if (!writes || !l->on)
		return 0;
	if (be32_to_cpu(s->head.h_type) != EXT4_J_SUPER2)
		return -EOPNOTSUPP;
	if (ext4_has_csum(&v->geo) && !l->v2 && !l->v3) {
		set |= EXT4_J_CSUM_V3;
		s->s_compat &= ~cpu_to_be32(EXT4_J_COMPAT_CHECKSUM);
		s->s_checksum_type = 4;
		l->v3 = true;
	}
	s->s_incompat = (s->s_incompat | cpu_to_be32(set)) & ~cpu_to_be32(EXT4_J_FAST);
	l->wide = be32_to_cpu(s->s_incompat) & EXT4_J_64BIT;
	set_sizes(v);
	return ext4_log_mark(v, l->next_tid, l->first);
}
