// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bios that modules make themselves: out of a set, for a device, with pieces of memory; clones and chains.
 *
 * A set is a size: in front of each bio lies room for its owner. Its pool keeps some bios back, so that one
 * can always be made by who may wait; longer lists of pieces come from the general allocator.
 *
 * A chain: the parent ends when all of its children and itself ended (__bi_remaining).
 */
#include "block_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define BIO_CLONED	1	/* bits of bi_flags */
#define BIO_CHAIN	4
#define BIO_REFFED	5
#define INLINE_VECS	4u	/* pieces that lie behind a bio of a pool */
#define VECS_LIMIT	256u

static struct lx_bio_set lx_fs_bio_set;	/* without a reserve: its users live with a failure */
LX_EXPORT_DATA(fs_bio_set);

/* ---- sets ---- */

static size_t element_bytes(const struct lx_bio_set *s)
{
	return s->front_pad + sizeof(struct lx_bio) + INLINE_VECS * sizeof(struct lx_bio_vec);
}

static void *element_alloc(unsigned int gfp, void *set) { return kmem_alloc(element_bytes(set), gfp | ALLOC_NOWARN); }
static void element_free(void *e, void *set) { kmem_free(e); }

int lx_bioset_init(struct lx_bio_set *s, unsigned int reserve, unsigned int front, int flags)
{
	memset(s, 0, sizeof(*s));
	s->front_pad = front;
	return lx_mempool_init(&s->bio_pool, (int)reserve, element_alloc, element_free, s);
}
LX_EXPORT(bioset_init);

void lx_bioset_exit(struct lx_bio_set *s)
{
	if (s->bio_pool.elements)
		lx_mempool_exit(&s->bio_pool);
	memset(s, 0, sizeof(*s));
}
LX_EXPORT(bioset_exit);

int lx_bioset_integrity_create(struct lx_bio_set *s, int reserve) { return 0; }
LX_EXPORT(bioset_integrity_create);

/* ---- bios ---- */

void lx_bio_init(struct lx_bio *bio, struct lx_block_device *b, struct lx_bio_vec *vecs, unsigned short room,
		 unsigned int op)
{
	memset(bio, 0, sizeof(*bio));
	bio->bi_bdev = b;
	bio->bi_opf = op;
	bio->__bi_remaining.counter = bio->__bi_cnt.counter = 1;
	bio->bi_io_vec = vecs;
	bio->bi_max_vecs = room;
}
LX_EXPORT(bio_init);

void lx_bio_uninit(struct lx_bio *bio) { }
LX_EXPORT(bio_uninit);

static void *pool_take(struct lx_bio_set *s, unsigned int gfp)
{
	return s->bio_pool.elements ? lx_mempool_alloc(&s->bio_pool, gfp) : element_alloc(gfp, s);
}

static void pool_give(struct lx_bio_set *s, void *e)
{
	if (s->bio_pool.elements)
		lx_mempool_free(e, &s->bio_pool);
	else
		element_free(e, s);
}

struct lx_bio *lx_bio_alloc_bioset(struct lx_block_device *b, unsigned short n, unsigned int op, unsigned int gfp,
				   struct lx_bio_set *s)
{
	struct lx_bio_vec *vecs = NULL;
	struct lx_bio *bio;
	u8 *e;

	if (n > VECS_LIMIT)
		return NULL;
	if (n > INLINE_VECS) {
		vecs = kmem_calloc(n, sizeof(*vecs), gfp);
		if (!vecs)
			return NULL;
	}
	e = pool_take(s, gfp);
	if (!e) {
		kmem_free(vecs);
		return NULL;
	}
	bio = (struct lx_bio *)(e + s->front_pad);
	lx_bio_init(bio, b, vecs ? vecs : n ? bio->bi_inline_vecs : NULL, n ? max_t(u16, n, INLINE_VECS) : 0, op);
	bio->bi_pool = s;
	return bio;
}
LX_EXPORT(bio_alloc_bioset);

void lx_bio_put(struct lx_bio *bio)
{
	if ((bio->bi_flags & BIT(BIO_REFFED)) && __atomic_sub_fetch(&bio->__bi_cnt.counter, 1, __ATOMIC_SEQ_CST))
		return;
	if (!bio->bi_pool) {
		kmem_free(bio);
		return;
	}
	if (!(bio->bi_flags & BIT(BIO_CLONED)) && bio->bi_max_vecs > INLINE_VECS)
		kmem_free(bio->bi_io_vec);
	pool_give(bio->bi_pool, (u8 *)bio - bio->bi_pool->front_pad);
}
LX_EXPORT(bio_put);

/* The clone shows the same memory; it lives no longer than @from. */
struct lx_bio *lx_bio_alloc_clone(struct lx_block_device *b, struct lx_bio *from, unsigned int gfp,
				  struct lx_bio_set *s)
{
	struct lx_bio *bio = lx_bio_alloc_bioset(b, 0, from->bi_opf, gfp, s);

	if (!bio)
		return NULL;
	bio->bi_flags |= BIT(BIO_CLONED);
	bio->bi_ioprio = from->bi_ioprio;
	bio->bi_iter = from->bi_iter;
	bio->bi_io_vec = from->bi_io_vec;
	bio->bi_vcnt = from->bi_vcnt;
	return bio;
}
LX_EXPORT(bio_alloc_clone);

int lx_bio_add_page(struct lx_bio *bio, struct lx_page *page, unsigned int n, unsigned int off)
{
	if ((bio->bi_flags & BIT(BIO_CLONED)) || bio->bi_vcnt >= bio->bi_max_vecs ||
	    bio->bi_iter.bi_size > U32_MAX - n)
		return 0;
	bio->bi_io_vec[bio->bi_vcnt++] = (struct lx_bio_vec){ page, n, off };
	bio->bi_iter.bi_size += n;
	return (int)n;
}
LX_EXPORT(bio_add_page);

void lx_bio_trim(struct lx_bio *bio, unsigned long long sector, unsigned long long n)
{
	if (sector > U32_MAX >> SECTOR_SHIFT || n > U32_MAX >> SECTOR_SHIFT ||
	    (sector + n) << SECTOR_SHIFT > bio->bi_iter.bi_size)
		return;
	lx_bio_advance_bytes(bio, (u32)(sector << SECTOR_SHIFT));
	bio->bi_iter.bi_size = (u32)(n << SECTOR_SHIFT);
}
LX_EXPORT(bio_trim);

void lx_zero_fill_bio(struct lx_bio *bio)
{
	struct lx_bvec_iter it = bio->bi_iter;
	struct lx_bio_vec v;

	while (lx_bvec_next(bio, &it, &v))
		memset((u8 *)page_to_virt((struct page *)v.bv_page) + v.bv_offset, 0, v.bv_len);
}
LX_EXPORT(zero_fill_bio);

/* ---- chains, waiting ---- */

static void chained_end(struct lx_bio *bio)
{
	struct lx_bio *parent = bio->bi_private;

	if (bio->bi_status && !parent->bi_status)
		parent->bi_status = bio->bi_status;
	lx_bio_put(bio);
	lx_bio_endio(parent);
}

void lx_bio_chain(struct lx_bio *bio, struct lx_bio *parent)
{
	bio->bi_private = parent;
	bio->bi_end_io = chained_end;
	parent->bi_flags |= BIT(BIO_CHAIN);
	__atomic_fetch_add(&parent->__bi_remaining.counter, 1, __ATOMIC_SEQ_CST);
}
LX_EXPORT(bio_chain);

void lx_submit_bio(struct lx_bio *bio) { lx_submit_bio_noacct(bio); }
LX_EXPORT(submit_bio);

static void waited_end(struct lx_bio *bio) { lx_complete(bio->bi_private); }

int lx_submit_bio_wait(struct lx_bio *bio)
{
	struct lx_completion done = { .done = 0 };

	lx___init_swait_queue_head(&done.wait, "bio", NULL);
	bio->bi_private = &done;
	bio->bi_end_io = waited_end;
	bio->bi_opf |= 1u << LX___REQ_SYNC;
	lx_submit_bio(bio);
	lx_wait_for_completion(&done);
	return lx_blk_status_to_errno(bio->bi_status);
}
LX_EXPORT(submit_bio_wait);

/* Statistics are the native disk's. */
unsigned long lx_bdev_start_io_acct(struct lx_block_device *b, unsigned int sectors, unsigned int op, unsigned long now)
{
	return now;
}
LX_EXPORT(bdev_start_io_acct);
void lx_bdev_end_io_acct(struct lx_block_device *b, unsigned int op, unsigned long start) { }
LX_EXPORT(bdev_end_io_acct);
unsigned long lx_bio_start_io_acct(struct lx_bio *bio) { return lx_jiffies_now(); }
LX_EXPORT(bio_start_io_acct);
void lx_bio_end_io_acct_remapped(struct lx_bio *bio, unsigned long start, struct lx_block_device *b) { }
LX_EXPORT(bio_end_io_acct_remapped);
void lx_bio_clone_blkg_association(struct lx_bio *to, struct lx_bio *from) { }
LX_EXPORT(bio_clone_blkg_association);
void lx_bio_integrity_trim(struct lx_bio *bio) { }
LX_EXPORT(bio_integrity_trim);
/* Requests are sent at once: a plug gathers nothing. */
void lx_blk_start_plug(struct lx_blk_plug *p) { }
LX_EXPORT(blk_start_plug);
void lx_blk_finish_plug(struct lx_blk_plug *p) { }
LX_EXPORT(blk_finish_plug);
