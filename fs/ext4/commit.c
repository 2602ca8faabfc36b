// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commits and checkpoints; the log as written.
 *
 * A commit writes descriptor blocks, each followed by the blocks that its tags
 * name, then revoke blocks, then - after all that is stable, and with it the file data whose
 * places are being told for the first time - the commit block. From then on the
 * transaction survives a power cut. A checkpoint writes the committed copies to
 * their places, oldest transaction first, and then moves the log's tail.
 *
 * A newer copy of a block replaces the older one: only the newest is written
 * home. Everything here runs under commit_lock, in the thread that wants it.
 */
#include "jformat.h"
#include "vol.h"

#include <tern/lib/crc.h>

u32 ext4_j_super_csum(const struct ext4_jsuper *s)
{
	static const u32 zero;
	u32 crc = crc32c_raw(~0u, s, offsetof(struct ext4_jsuper, s_checksum));

	crc = crc32c_raw(crc, &zero, 4);
	return crc32c_raw(crc, s->s_users, sizeof(s->s_users));
}

u32 ext4_j_tail_csum(u32 seed, const void *block, u32 size)
{
	static const u32 zero;

	return crc32c_raw(crc32c_raw(seed, block, size - 4), &zero, 4);
}

u32 ext4_j_commit_csum(u32 seed, const void *block, u32 size)
{
	static const u32 zero;
	const u32 at = offsetof(struct ext4_jcommit, h_checksum);
	u32 crc = crc32c_raw(crc32c_raw(seed, block, at), &zero, 4);

	return crc32c_raw(crc, (const u8 *)block + at + 4, size - at - 4);
}

u32 ext4_j_data_csum(u32 seed, u32 sequence, const void *block, u32 size)
{
	u32 seq = cpu_to_be32(sequence);

	return crc32c_raw(crc32c_raw(seed, &seq, 4), block, size);
}

u64 ext4_log_block(const struct ext4_log *l, u32 n)
{
	for (u32 i = 0; i < l->nruns; i++) {
		if (n - l->runs[i].lblk < l->runs[i].len)
			return l->runs[i].pblk + (n - l->runs[i].lblk);
	}
	return 0;
}

static u64 take_log_block(struct ext4_log *l, struct ext4_txn *t)
{
	u64 block = ext4_log_block(l, l->head);

	if (++l->head == l->last)
		l->head = l->first;
	l->free--;
	t->used++;
	return block;
}

int ext4_log_mark(struct ext4_vol *v, u32 tid, u32 start)
{
	struct ext4_log *l = &v->log;
	struct ext4_jsuper *s = (void *)l->super;

	s->s_sequence = cpu_to_be32(tid);
	s->s_start = cpu_to_be32(start);
	if (l->v2 || l->v3)
		s->s_checksum = cpu_to_be32(ext4_j_super_csum(s));
	return ext4_io_write_stable(v, ext4_log_block(l, 0), l->super);
}

/* ---- writing a transaction to the log ---- */

static void head_init(void *block, u32 size, u32 type, u32 tid)
{
	struct ext4_jhead *h = block;

	memset(block, 0, size);
	*h = (struct ext4_jhead){ cpu_to_be32(EXT4_J_MAGIC), cpu_to_be32(type), cpu_to_be32(tid) };
}

static void put_tail(struct ext4_vol *v, void *block)
{
	u32 size = v->geo.block_size;

	if (v->log.v2 || v->log.v3)
		put_be32((u8 *)block + size - 4, ext4_j_tail_csum(v->log.csum_seed, block, size));
}

static void put_tag(struct ext4_vol *v, struct ext4_txn *t, u8 *at, const struct ext4_image *img, u32 flags)
{
	struct ext4_log *l = &v->log;
	u64 block = img->buf->block;
	u32 crc = l->v2 || l->v3 ? ext4_j_data_csum(l->csum_seed, t->tid, img->data, v->geo.block_size) : 0;

	if (l->v3) {
		*(struct ext4_jtag3 *)at = (struct ext4_jtag3){ cpu_to_be32((u32)block), cpu_to_be32(flags),
			l->wide ? cpu_to_be32((u32)(block >> 32)) : 0, cpu_to_be32(crc) };
		return;
	}
	put_be32(at, (u32)block);
	put_be16(at + 4, (u16)crc);
	put_be16(at + 6, (u16)flags);
	if (l->wide)
		put_be32(at + 8, (u32)(block >> 32));
}

/* One descriptor block and what its tags name; *at moves over the images. */
static int write_group(struct ext4_vol *v, struct ext4_txn *t, struct list **at)
{
	struct ext4_log *l = &v->log;
	struct list *first = *at;
	u32 n = 1, off = sizeof(struct ext4_jhead);
	int err;

	head_init(l->desc, v->geo.block_size, EXT4_J_DESCRIPTOR, t->tid);
	l->wr[0] = (struct ext4_wr){ take_log_block(l, t), l->desc };
	for (; *at != &t->images && n < EXT4_WR_BATCH && n <= l->per_desc; *at = (*at)->next, n++) {
		struct ext4_image *img = list_entry(*at, struct ext4_image, link);
		bool ends = (*at)->next == &t->images || n + 1 == EXT4_WR_BATCH || n == l->per_desc;
		u32 flags = (n > 1 ? EXT4_JT_SAME : 0) | (ends ? EXT4_JT_LAST : 0);

		img->escaped = get_be32(img->data) == EXT4_J_MAGIC;
		if (img->escaped) {
			put_be32(img->data, 0);
			flags |= EXT4_JT_ESCAPE;
		}
		put_tag(v, t, l->desc + off, img, flags);
		off += l->tag_size;
		if (n == 1) {
			memcpy(l->desc + off, ((struct ext4_jsuper *)l->super)->s_uuid, 16);
			off += 16;
		}
		l->wr[n] = (struct ext4_wr){ take_log_block(l, t), img->data };
	}
	put_tail(v, l->desc);
	err = ext4_io_write(v, l->wr, n);
	for (; first != *at; first = first->next) {
		struct ext4_image *img = list_entry(first, struct ext4_image, link);

		if (img->escaped)
			put_be32(img->data, EXT4_J_MAGIC);
	}
	return err;
}

static int write_revokes(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_log *l = &v->log;
	u32 each = l->wide ? 8 : 4, limit = v->geo.block_size - 4, off = 0;
	struct ext4_revoke *r;
	int err = 0;

	list_foreach(r, &t->revokes, link) {
		struct ext4_jrevoke *h = (void *)l->desc;

		if (!off) {
			head_init(l->desc, v->geo.block_size, EXT4_J_REVOKE, t->tid);
			off = sizeof(*h);
		}
		if (l->wide)
			put_be64(l->desc + off, r->block);
		else
			put_be32(l->desc + off, (u32)r->block);
		off += each;
		h->r_count = cpu_to_be32(off);
		if (off + each > limit || list_is_last(&r->link, &t->revokes)) {
			put_tail(v, l->desc);
			l->wr[0] = (struct ext4_wr){ take_log_block(l, t), l->desc };
			err = ext4_io_write(v, l->wr, 1);
			off = 0;
		}
		if (err)
			break;
	}
	return err;
}

static int write_commit(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_log *l = &v->log;
	struct ext4_jcommit *c = (void *)l->desc;
	s64 now = ext4_now();

	head_init(l->desc, v->geo.block_size, EXT4_J_COMMIT, t->tid);
	c->h_sec = cpu_to_be64((u64)(now / 1000000000));
	c->h_nsec = cpu_to_be32((u32)(now % 1000000000));
	if (l->v2 || l->v3)
		c->h_checksum[0] = cpu_to_be32(ext4_j_commit_csum(l->csum_seed, l->desc, v->geo.block_size));
	return ext4_io_write_stable(v, take_log_block(l, t), l->desc);
}

static int write_log(struct ext4_vol *v, struct ext4_txn *t)
{
	struct list *at = t->images.next;
	int err = 0;

	t->first = v->log.head;
	while (!err && at != &t->images)
		err = write_group(v, t, &at);
	if (!err)
		err = write_revokes(v, t);
	return err ? err : write_commit(v, t);
}

/* ---- to their places ---- */

static int write_home(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_log *l = &v->log;
	struct ext4_image *img;
	u32 n = 0;
	int err = 0;

	list_foreach(img, &t->images, link) {
		l->wr[n++] = (struct ext4_wr){ img->buf->block, img->data };
		if (n == EXT4_WR_BATCH || list_is_last(&img->link, &t->images)) {
			err = ext4_io_write(v, l->wr, n);
			n = 0;
			if (err)
				break;
		}
	}
	return err;
}

/* Images of @t are at home or not wanted. */
static void drop_images(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_image *img, *tmp;

	list_foreach_safe(img, tmp, &t->images, link) {
		spin_lock(&v->log.lock);
		if (img->buf->ckpt == img)
			img->buf->ckpt = NULL;
		spin_unlock(&v->log.lock);
		list_del(&img->link);
		ext4_buf_put(img->buf);
		ext4_image_free(img);
	}
}

/* Write transactions home until @want log blocks are free, then move the tail. */
static int checkpoint(struct ext4_vol *v, u32 want)
{
	struct ext4_log *l = &v->log;
	u32 freed = 0;
	int err;

	while (!list_is_empty(&l->logged) && l->free + freed < want) {
		struct ext4_txn *t = list_first_entry(&l->logged, struct ext4_txn, link);

		err = write_home(v, t);
		if (err)
			return err;
		drop_images(v, t);
		freed += t->used;
		list_del(&t->link);
		kmem_free(t);
	}
	if (!freed)
		return 0;
	if (list_is_empty(&l->logged)) {
		u32 tid;

		spin_lock(&l->lock);
		tid = l->committed + 1;
		spin_unlock(&l->lock);
		err = ext4_log_mark(v, tid, l->head);
	} else {
		struct ext4_txn *t = list_first_entry(&l->logged, struct ext4_txn, link);

		err = ext4_log_mark(v, t->tid, t->first);
	}
	l->free += freed;
	return err;
}

/* ---- the commit ---- */

static void prepare(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_image *img;

	if (v->super->image)
		ext4_super_refresh(v);
	list_foreach(img, &t->images, link) {
		if (img->buf->kind == EXT4_BUF_BBITMAP || img->buf->kind == EXT4_BUF_IBITMAP)
			ext4_bitmap_refresh(v, img->buf, img->buf->kind == EXT4_BUF_IBITMAP, img->buf->seed);
	}
	list_foreach(img, &t->images, link) {
		memcpy(img->data, img->buf->data, v->geo.block_size);
		img->kind = img->buf->kind;
		img->seed = img->buf->seed;
	}
}

static void seal(struct ext4_vol *v, struct ext4_image *img)
{
	const struct ext4_geo *g = &v->geo;
	struct ext4_disk_exthdr *h = (void *)img->data;
	struct ext4_dxview view;

	switch (img->kind) {
	case EXT4_BUF_DIRLEAF:
		ext4_dir_csum_set(g, img->seed, img->data);
		break;
	case EXT4_BUF_DXROOT:
	case EXT4_BUF_DXNODE:
		if (!ext4_dx_open(g, img->data, img->kind == EXT4_BUF_DXROOT, &view))
			ext4_dx_csum_set(g, img->seed, img->data, &view);
		break;
	case EXT4_BUF_EXTNODE:
		if (ext4_has_csum(g))
			put_le32(img->data + 12 + 12 * (size_t)h->eh_max,
				 ext4_extnode_csum(img->seed, img->data, h->eh_max));
		break;
	case EXT4_BUF_XATTR:
		if (ext4_has_csum(g))
			((struct ext4_disk_xhdr *)h)->h_checksum = ext4_xattr_csum(g, img->buf->block, img->data);
		break;
	default:
		break;
	}
}

/* Close @t: on return nobody changes it any more. False: there is nothing in it. */
static bool close_txn(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_log *l = &v->log;
	struct ext4_image *img;
	bool is_empty;

	spin_lock(&l->lock);
	t->state = EXT4_TXN_LOCKED;
	spin_unlock(&l->lock);
	waitq_wait(&l->wait, READ_ONCE(t->updates) == 0);
	is_empty = list_is_empty(&t->images) && list_is_empty(&t->revokes) && list_is_empty(&t->freed);
	if (!is_empty && !l->error)
		prepare(v, t);
	spin_lock(&l->lock);
	if (is_empty || l->error) {
		t->state = EXT4_TXN_RUNNING;
	} else {
		list_foreach(img, &t->images, link)
			img->buf->image = NULL;
		t->state = EXT4_TXN_COMMIT;
		l->running = NULL;
	}
	spin_unlock(&l->lock);
	waitq_wake_all(&l->wait);
	return !is_empty && !l->error;
}

/* What @t changed replaces older copies that have not reached their places. */
static void supersede(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_log *l = &v->log;
	struct ext4_image *img, *old;
	struct ext4_revoke *r, *tmp;

	list_foreach(img, &t->images, link) {
		spin_lock(&l->lock);
		old = img->buf->ckpt;
		img->buf->ckpt = img;
		spin_unlock(&l->lock);
		if (old) {
			list_del(&old->link);
			ext4_buf_put(old->buf);
			ext4_image_free(old);
		}
	}
	list_foreach_safe(r, tmp, &t->revokes, link) {
		struct ext4_buf *b = ext4_buf_find(v, r->block);

		if (b) {
			spin_lock(&l->lock);
			old = b->ckpt;
			b->ckpt = NULL;
			spin_unlock(&l->lock);
			if (old) {
				list_del(&old->link);
				ext4_buf_put(b);
				ext4_image_free(old);
			}
			ext4_buf_put(b);
		}
		list_del(&r->link);
		kmem_free(r);
	}
}

static int commit_running(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_log *l = &v->log;
	struct ext4_image *img;
	u32 need;
	int err = 0;

	if (!close_txn(v, t))
		return l->error ? -EIO : 0;
	list_foreach(img, &t->images, link)
		seal(v, img);
	if (l->on) {
		need = t->nimages + t->nimages / l->per_desc + t->nimages / (EXT4_WR_BATCH - 1) +
		       t->nrevokes * 8 / (v->geo.block_size - 32) + 8;
		if (l->free < need)
			err = checkpoint(v, max(need, (l->last - l->first) / 2));
		if (!err && l->free < need)
			err = -ENOSPC;
		if (!err)
			err = write_log(v, t);
	} else {
		err = write_home(v, t);
		if (!err)
			err = ext4_io_flush(v);
	}
	if (err)
		ext4_log_abort(v, err);
	supersede(v, t);
	spin_lock(&l->lock);
	t->state = EXT4_TXN_LOGGED;
	l->committed = t->tid;
	spin_unlock(&l->lock);
	if (!err)
		ext4_freed_commit(v, t);
	list_add_tail(&t->link, &l->logged);
	if (!l->on && !err) {
		drop_images(v, t);
		list_del(&t->link);
		kmem_free(t);
	}
	return err;
}

static int commit_upto(struct ext4_vol *v, u32 tid, bool any)
{
	struct ext4_log *l = &v->log;
	struct ext4_txn *t;
	int err = 0;

	kmutex_lock(&l->commit_lock);
	spin_lock(&l->lock);
	t = l->running;
	if (l->error)
		err = -EIO;
	spin_unlock(&l->lock);
	if (!err && t && (any || (s32)(t->tid - tid) <= 0))
		err = commit_running(v, t);
	kmutex_unlock(&l->commit_lock);
	return err;
}

int ext4_log_commit(struct ext4_vol *v) { return commit_upto(v, 0, true); }
int ext4_log_commit_tid(struct ext4_vol *v, u32 tid) { return commit_upto(v, tid, false); }

bool ext4_log_has(struct ext4_vol *v, u32 tid)
{
	bool has;

	spin_lock(&v->log.lock);
	has = (s32)(v->log.committed - tid) >= 0;
	spin_unlock(&v->log.lock);
	return has;
}

int ext4_log_checkpoint_all(struct ext4_vol *v)
{
	struct ext4_log *l = &v->log;
	int err;

	kmutex_lock(&l->commit_lock);
	err = l->error ? -EIO : checkpoint(v, U32_MAX);
	kmutex_unlock(&l->commit_lock);
	return err;
}

static void txn_free(struct ext4_vol *v, struct ext4_txn *t)
{
	struct ext4_revoke *r, *tr;
	struct ext4_freed *f, *tf;

	drop_images(v, t);
	list_foreach_safe(r, tr, &t->revokes, link)
		kmem_free(r);
	list_foreach_safe(f, tf, &t->freed, link)
		kmem_free(f);
	kmem_free(t);
}

void ext4_log_close(struct ext4_vol *v)
{
	struct ext4_log *l = &v->log;
	struct ext4_txn *t, *tmp;

	if (l->logged.next) {
		list_foreach_safe(t, tmp, &l->logged, link)
			txn_free(v, t);
		list_init(&l->logged);
	}
	if (l->running) {
		struct ext4_image *img;

		list_foreach(img, &l->running->images, link)
			img->buf->image = NULL;
		txn_free(v, l->running);
		l->running = NULL;
	}
	kmem_free(l->runs);
	kmem_free(l->super);
	kmem_free(l->desc);
	l->runs = NULL;
	l->super = l->desc = NULL;
}
