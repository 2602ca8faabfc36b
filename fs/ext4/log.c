// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: who changes metadata, and which blocks.
 *
 * All changes of metadata between two commits are one transaction, atomic on
 * disk. A thread takes part by ext4_tx_begin() .. ext4_tx_end() and announces each
 * buffer by ext4_tx_write() before it changes it. A commit (commit.c) closes the
 * running transaction, waits until all parts have ended, copies the changed
 * buffers - the memory for that was taken by ext4_tx_write(), so that a commit
 * needs none - and lets the next transaction begin while it writes the copies.
 *
 * A freed metadata block is forgotten: its change is dropped, and a revoke record
 * keeps replays from writing an older version over what the block holds by
 * then. It cannot be allocated again before that record is on disk (balloc.c).
 *
 * Life of a transaction: RUNNING, LOCKED (no new parts), COMMIT, LOGGED (in the log,
 * not all at its place), freed by a checkpoint.
 *
 * Limits: data is never logged. A volume without journal uses the same
 * transactions; its commits write straight to the blocks' places.
 */
#include "vol.h"

static struct ext4_txn *txn_make(void)
{
	struct ext4_txn *t = kmem_zalloc(sizeof(*t), EXT4_SURE);

	if (!t)
		return NULL;
	list_init(&t->link);
	list_init(&t->images);
	list_init(&t->revokes);
	list_init(&t->freed);
	return t;
}

/* Join @t if it has room: 0, -EAGAIN it is closing, -EFBIG it is full. Log lock held. */
static int join_locked(struct ext4_log *l, struct ext4_txn *t, struct ext4_tx *tx)
{
	if (t->state != EXT4_TXN_RUNNING)
		return -EAGAIN;
	if (t->nimages && t->nimages + t->reserved + tx->credits > l->max_txn)
		return -EFBIG;
	t->updates++;
	t->reserved += tx->credits;
	tx->txn = t;
	return 0;
}

static int try_join(struct ext4_log *l, struct ext4_tx *tx, struct ext4_txn **fresh, struct ext4_txn **seen)
{
	int err;

	spin_lock(&l->lock);
	if (!l->running && *fresh) {
		l->running = *fresh;
		l->running->tid = l->next_tid++;
		*fresh = NULL;
	}
	*seen = l->running;
	if (l->error)
		err = -EROFS;
	else
		err = l->running ? join_locked(l, l->running, tx) : -ENOENT;
	spin_unlock(&l->lock);
	return err;
}

int ext4_tx_begin(struct ext4_vol *v, u32 credits, struct ext4_tx *tx)
{
	struct ext4_log *l = &v->log;
	struct ext4_txn *fresh = NULL, *seen;
	int err;

	if (ext4_vol_rdonly(v))
		return -EROFS;
	if (v->quotas[0] || v->quotas[1])
		credits += EXT4_QUOTA_CREDITS;
	*tx = (struct ext4_tx){ .vol = v, .credits = credits };
	for (;;) {
		err = try_join(l, tx, &fresh, &seen);
		if (err == -ENOENT) {
			fresh = txn_make();
			if (!fresh)
				return -ENOMEM;
		} else if (err == -EAGAIN) {
			waitq_wait(&l->wait, READ_ONCE(l->running) != seen || l->error ||
				   READ_ONCE(seen->state) == EXT4_TXN_RUNNING);
		} else if (err == -EFBIG) {
			err = ext4_log_commit(v);
			if (err)
				break;
		} else {
			break;
		}
	}
	kmem_free(fresh);
	return err;
}

void ext4_tx_end(struct ext4_tx *tx)
{
	struct ext4_log *l = &tx->vol->log;
	bool last;

	spin_lock(&l->lock);
	tx->txn->reserved -= tx->credits;
	last = --tx->txn->updates == 0 && tx->txn->state == EXT4_TXN_LOCKED;
	spin_unlock(&l->lock);
	tx->txn = NULL;
	if (last)
		waitq_wake_all(&l->wait);
}

static struct ext4_image *image_make(struct ext4_vol *v, struct ext4_buf *b)
{
	struct ext4_image *img = kmem_zalloc(sizeof(*img), EXT4_SURE);

	if (!img)
		return NULL;
	img->data = kmem_alloc(v->geo.block_size, EXT4_SURE);
	if (!img->data) {
		kmem_free(img);
		return NULL;
	}
	img->buf = b;
	return img;
}

void ext4_image_free(struct ext4_image *img)
{
	if (!img)
		return;
	kmem_free(img->data);
	kmem_free(img);
}

int ext4_tx_write(struct ext4_tx *tx, struct ext4_buf *b, enum ext4_bufkind kind, u32 seed)
{
	struct ext4_log *l = &tx->vol->log;
	struct ext4_image *img;

	b->kind = kind;
	b->seed = seed;
	/* Set only by open parts of the running transaction, and ours is open. */
	if (READ_ONCE(b->image))
		return 0;
	img = image_make(tx->vol, b);
	if (!img)
		return -ENOMEM;
	spin_lock(&l->lock);
	if (!b->image) {
		b->image = img;
		img->txn = tx->txn;
		list_add_tail(&img->link, &tx->txn->images);
		tx->txn->nimages++;
		ext4_buf_get(b);
		img = NULL;
	}
	spin_unlock(&l->lock);
	ext4_image_free(img);
	return 0;
}

int ext4_tx_forget(struct ext4_tx *tx, u64 block)
{
	struct ext4_log *l = &tx->vol->log;
	struct ext4_buf *b = ext4_buf_find(tx->vol, block);
	struct ext4_revoke *r = kmem_zalloc(sizeof(*r), EXT4_SURE);
	struct ext4_image *img = NULL;

	if (!r) {
		ext4_buf_put(b);
		return -ENOMEM;
	}
	r->block = block;
	spin_lock(&l->lock);
	list_add_tail(&r->link, &tx->txn->revokes);
	tx->txn->nrevokes++;
	if (b && b->image) {
		img = b->image;
		list_del(&img->link);
		tx->txn->nimages--;
		b->image = NULL;
	}
	spin_unlock(&l->lock);
	if (b) {
		bit_clear_atomic(EXT4_BUFS_UPTODATE, &b->state);
		bit_clear_atomic(EXT4_BUFS_VERIFIED, &b->state);
	}
	if (img) {
		ext4_buf_put(b);
		ext4_image_free(img);
	}
	ext4_buf_put(b);
	return 0;
}

void ext4_log_abort(struct ext4_vol *v, int err)
{
	struct ext4_log *l = &v->log;

	spin_lock(&l->lock);
	if (!l->error)
		l->error = err;
	spin_unlock(&l->lock);
	WRITE_ONCE(v->flags, v->flags | EXT4_VOL_RDONLY);
	waitq_wake_all(&l->wait);
	if (v->stopped)
		v->stopped(v);
	kerr("ext4: changes stop here (error %d): the volume is read-only now", -err);
}
