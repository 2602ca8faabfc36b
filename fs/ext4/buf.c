// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metadata blocks in memory, by block number.
 *
 * A buffer with references stays; one without stays until memory is short
 * (ext4_buf_shrink()). Transactions hold references on what they changed until
 * it has reached its place, so a buffer that goes is never newer than the disk.
 *
 * The table has a place for each PLACE_BYTES of the machine's memory: more buffers than
 * some for each place cannot be.
 *
 * Lock order: bucket lock and lru_lock are not nested.
 */
#include "vol.h"

#include <tern/lib/hash.h>

#define PLACE_BYTES	(128u << 10)
#define PLACES_MIN	64u
#define PLACES_MAX	65536u

static struct ext4_bucket *bucket_of(struct ext4_vol *v, u64 block)
{
	return &v->buckets[hash_u64(block, v->bucket_bits)];
}

int ext4_bufs_init(struct ext4_vol *v)
{
	u64 places = clamp_t(u64, ext4_memory_bytes() / PLACE_BYTES, PLACES_MIN, PLACES_MAX);

	v->bucket_bits = ilog2(places);
	v->buckets = kmem_alloc_large(sizeof(*v->buckets) << v->bucket_bits, ALLOC_KERNEL | ALLOC_ZERO);
	if (!v->buckets)
		return -ENOMEM;
	for (u32 i = 0; i < 1u << v->bucket_bits; i++)
		spin_init(&v->buckets[i].lock, LOCKRANK_FS_SPIN);
	spin_init(&v->lru_lock, LOCKRANK_FS_SPIN);
	list_init(&v->lru);
	waitq_init(&v->buf_wait);
	return 0;
}

static void buf_free(struct ext4_buf *b)
{
	kmem_free(b->data);
	kmem_free(b);
}

static struct ext4_buf *find_locked(struct ext4_bucket *k, u64 block)
{
	struct ext4_buf *b;

	hlist_foreach(b, &k->chain, hash) {
		if (b->block == block)
			return b;
	}
	return NULL;
}

struct ext4_buf *ext4_buf_find(struct ext4_vol *v, u64 block)
{
	struct ext4_bucket *k = bucket_of(v, block);
	struct ext4_buf *b;

	spin_lock(&k->lock);
	b = find_locked(k, block);
	if (b)
		ext4_buf_get(b);
	spin_unlock(&k->lock);
	return b;
}

static struct ext4_buf *buf_make(struct ext4_vol *v, u64 block)
{
	struct ext4_buf *b = kmem_zalloc(sizeof(*b), EXT4_SURE);

	if (!b)
		return NULL;
	b->data = kmem_alloc(v->geo.block_size ? v->geo.block_size : 1024u, EXT4_SURE);
	if (!b->data) {
		kmem_free(b);
		return NULL;
	}
	b->block = block;
	atomic_set(&b->refs, 1);
	hnode_init(&b->hash);
	list_init(&b->lru);
	return b;
}

static struct ext4_buf *buf_get(struct ext4_vol *v, u64 block)
{
	struct ext4_bucket *k = bucket_of(v, block);
	struct ext4_buf *b = ext4_buf_find(v, block), *fresh;

	if (b)
		return b;
	fresh = buf_make(v, block);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	spin_lock(&k->lock);
	b = find_locked(k, block);
	if (b)
		ext4_buf_get(b);
	else
		hlist_add_head(&fresh->hash, &k->chain);
	spin_unlock(&k->lock);
	if (b) {
		buf_free(fresh);
		return b;
	}
	spin_lock(&v->lru_lock);
	list_add(&fresh->lru, &v->lru);
	v->nbufs++;
	spin_unlock(&v->lru_lock);
	return fresh;
}

struct ext4_buf *ext4_buf_read(struct ext4_vol *v, u64 block)
{
	struct ext4_buf *b;
	int err = 0;

	if (block >= v->geo.blocks)
		return ERR_PTR(-EUCLEAN);
	b = buf_get(v, block);
	if (IS_ERR(b))
		return b;
	bit_set_atomic(EXT4_BUFS_USED, &b->state);
	while (!bit_test(EXT4_BUFS_UPTODATE, &b->state)) {
		if (bit_test_and_set(EXT4_BUFS_READING, &b->state)) {
			waitq_wait(&v->buf_wait, !bit_test(EXT4_BUFS_READING, &b->state));
			continue;
		}
		/* Another reader may have finished between the two tests. */
		if (!bit_test(EXT4_BUFS_UPTODATE, &b->state)) {
			err = ext4_io_read(v, block, b->data);
			if (!err)
				bit_set_atomic(EXT4_BUFS_UPTODATE, &b->state);
		}
		bit_clear_atomic(EXT4_BUFS_READING, &b->state);
		waitq_wake_if_any(&v->buf_wait);
		if (err) {
			ext4_buf_put(b);
			return ERR_PTR(err);
		}
	}
	return b;
}

struct ext4_buf *ext4_buf_new(struct ext4_vol *v, u64 block)
{
	struct ext4_buf *b = buf_get(v, block);

	if (IS_ERR(b))
		return b;
	memset(b->data, 0, v->geo.block_size);
	bit_set_atomic(EXT4_BUFS_UPTODATE, &b->state);
	bit_set_atomic(EXT4_BUFS_VERIFIED, &b->state);
	return b;
}

struct ext4_buf *ext4_buf_private(struct ext4_vol *v)
{
	struct ext4_buf *b = buf_make(v, 0);

	if (b) {
		memset(b->data, 0, v->geo.block_size);
		bit_set_atomic(EXT4_BUFS_PRIVATE, &b->state);
	}
	return b;
}

void ext4_buf_put(struct ext4_buf *b)
{
	if (!b)
		return;
	if (likely(!bit_test(EXT4_BUFS_PRIVATE, &b->state)))
		atomic_dec(&b->refs);
	else if (atomic_dec_and_test(&b->refs))
		buf_free(b);
}

/* Free the buffer of @block if nobody uses it. */
static bool try_free(struct ext4_vol *v, u64 block)
{
	struct ext4_bucket *k = bucket_of(v, block);
	struct ext4_buf *b;

	spin_lock(&k->lock);
	b = find_locked(k, block);
	if (b && atomic_read(&b->refs) == 0)
		hlist_del_init(&b->hash);
	else
		b = NULL;
	spin_unlock(&k->lock);
	if (!b)
		return false;
	spin_lock(&v->lru_lock);
	list_del_init(&b->lru);
	v->nbufs--;
	spin_unlock(&v->lru_lock);
	buf_free(b);
	return true;
}

u64 ext4_buf_shrink(struct ext4_vol *v, u64 want)
{
	u64 freed = 0;

	for (u64 scan = want * 4; freed < want && scan; scan--) {
		struct ext4_buf *b;
		u64 block = 0;

		spin_lock(&v->lru_lock);
		b = list_last_entry_or_null(&v->lru, struct ext4_buf, lru);
		if (b) {
			list_move(&b->lru, &v->lru);
			if (!bit_test_and_clear(EXT4_BUFS_USED, &b->state) && atomic_read(&b->refs) == 0)
				block = b->block;
		}
		spin_unlock(&v->lru_lock);
		if (!b)
			break;
		if (block && try_free(v, block))
			freed++;
	}
	return freed;
}

void ext4_bufs_fini(struct ext4_vol *v)
{
	if (!v->buckets)
		return;
	while (!list_is_empty(&v->lru)) {
		struct ext4_buf *b = list_first_entry(&v->lru, struct ext4_buf, lru);

		WARN_IF(atomic_read(&b->refs) != 0);
		list_del_init(&b->lru);
		buf_free(b);
	}
	kmem_free_large(v->buckets);
	v->buckets = NULL;
}
