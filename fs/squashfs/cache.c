// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacked blocks of a squashfs image: metadata, and fragments, which hold the ends of many
 * files. A cache is a fixed number of blocks; the one that was not used for the longest time
 * is given another place. Who finds all in use waits.
 *
 * Lock order: an entry's lock (while it is filled) > the cache's spin lock. One thread holds
 * no entry while it asks for another of the same cache.
 */
#include "sqfs_impl.h"

int sqfs_cache_init(struct sqfs_cache *c, struct sqfs_mount *m, u32 n, u32 room)
{
	*c = (struct sqfs_cache){ .m = m, .room = room };
	spin_init(&c->lock, LOCKRANK_FS_SPIN);
	waitq_init(&c->waitq);
	c->blocks = kmem_zalloc(n * sizeof(*c->blocks), ALLOC_KERNEL);
	if (!c->blocks)
		return -ENOMEM;
	for (; c->n < n; c->n++) {
		struct sqfs_block *b = &c->blocks[c->n];

		b->pos = U64_MAX;
		kmutex_init(&b->lock, LOCKRANK_FS);
		b->data = kmem_alloc_large(room, ALLOC_KERNEL);
		if (!b->data)
			return -ENOMEM;
	}
	return 0;
}

void sqfs_cache_fini(struct sqfs_cache *c)
{
	for (u32 i = 0; i < c->n; i++)
		kmem_free_large(c->blocks[i].data);
	kmem_free(c->blocks);
	c->blocks = NULL;
}

/* The entry for @pos with a user more, or NULL if none is free. */
static struct sqfs_block *choose(struct sqfs_cache *c, u64 pos)
{
	struct sqfs_block *oldest = NULL;

	spin_lock(&c->lock);
	for (u32 i = 0; i < c->n; i++) {
		struct sqfs_block *b = &c->blocks[i];

		if (b->pos == pos) {
			oldest = b;
			break;
		}
		if (!b->users && (!oldest || b->used_at < oldest->used_at))
			oldest = b;
	}
	if (oldest) {
		if (oldest->pos != pos) {
			oldest->pos = pos;
			oldest->is_filled = false;
		}
		oldest->users++;
		oldest->used_at = ++c->clock;
	}
	spin_unlock(&c->lock);
	return oldest;
}

void sqfs_block_put(struct sqfs_cache *c, struct sqfs_block *b)
{
	bool idle;

	spin_lock(&c->lock);
	idle = !--b->users;
	if (idle && !b->is_filled)
		b->pos = U64_MAX;
	spin_unlock(&c->lock);
	if (idle)
		waitq_wake_if_any(&c->waitq);
}

struct sqfs_block *sqfs_block_get(struct sqfs_cache *c, u64 pos,
				  int (*fill)(struct sqfs_mount *m, struct sqfs_block *b, u32 arg), u32 arg)
{
	struct sqfs_block *b = choose(c, pos);
	int err = 0;

	if (!b)
		waitq_wait(&c->waitq, (b = choose(c, pos)));
	kmutex_lock(&b->lock);
	if (!b->is_filled) {
		err = fill(c->m, b, arg);
		b->is_filled = !err;
	}
	kmutex_unlock(&b->lock);
	if (!err)
		return b;
	sqfs_block_put(c, b);
	return ERR_PTR(err);
}

static int fill_meta(struct sqfs_mount *m, struct sqfs_block *b, u32 arg)
{
	bool is_packed;
	u8 *raw;
	u16 head;
	int n, err = blkdev_read_bytes(m->bdev, b->pos, &head, sizeof(head));

	if (err)
		return err;
	n = sqfs_meta_header(head, &is_packed);
	if (n < 0 || b->pos + 2 + (u32)n > m->img.s.bytes)
		return -EIO;
	b->next = b->pos + 2 + (u32)n;
	b->len = (u32)n;
	if (!is_packed)
		return blkdev_read_bytes(m->bdev, b->pos + 2, b->data, (u32)n);
	raw = kmem_alloc((size_t)n, ALLOC_NOFS);
	if (!raw)
		return -ENOMEM;
	err = blkdev_read_bytes(m->bdev, b->pos + 2, raw, (u32)n);
	if (!err) {
		ssize_t got = sqfs_unpack(&m->img.s, b->data, SQFS_META_SIZE, raw, (u32)n, &sqfs_memory);

		b->len = (u32)got;
		err = got < 0 ? (int)got : 0;
	}
	kmem_free(raw);
	return err;
}

int sqfs_meta_get(void *ctx, u64 pos, struct sqfs_meta *out)
{
	struct sqfs_mount *m = ctx;
	struct sqfs_block *b;

	if (pos >= m->img.s.bytes - 2)
		return -EIO;
	b = sqfs_block_get(&m->meta, pos, fill_meta, 0);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	*out = (struct sqfs_meta){ b->data, b->len, b->next, b };
	return 0;
}

void sqfs_meta_put(void *ctx, struct sqfs_meta *m)
{
	sqfs_block_put(&((struct sqfs_mount *)ctx)->meta, m->cookie);
}
