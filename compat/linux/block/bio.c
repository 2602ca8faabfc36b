// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks whose driver takes bios instead of requests: a native command becomes one bio in the command's own
 * memory and a worker submits it, since such drivers sleep. Bios of modules for other disks of modules go to
 * those directly.
 */
#include "block_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define BIO_CHAIN	4		/* bits of bi_flags */
#define CPU_ANY		8192

struct biocmd {
	struct lx_work_struct work;
	struct blkcmd *native;
	struct lx_disk *disk;
	struct lx_bio_vec *vecs;
	struct lx_bio bio;
};

u32 lx_bio_pdu_bytes(void) { return sizeof(struct biocmd); }

static void command_done(struct lx_bio *bio)
{
	struct biocmd *b = container_of(bio, struct biocmd, bio);
	struct blkcmd *native = b->native;
	int err = lx_blk_status_to_errno(bio->bi_status);

	kmem_free(b->vecs);
	b->vecs = NULL;
	blkcmd_done(native, err);
}

static void submit_work(struct lx_work_struct *w)
{
	struct biocmd *b = container_of(w, struct biocmd, work);

	b->disk->disk.fops->submit_bio(&b->bio);
}

static int bio_start(struct blkhwq *hwq, struct blkcmd *c)
{
	struct lx_disk *d = blkdisk_priv(blkhwq_disk(hwq));
	struct biocmd *b = c->pdu;

	if (READ_ONCE(d->is_dead))
		return -EIO;
	b->vecs = kmem_calloc(max(c->nsegs, 1u), sizeof(*b->vecs), ALLOC_ATOMIC);
	if (!b->vecs)
		return -ENOMEM;
	(void)lx_bio_fill(&b->bio, b->vecs, d, c);
	if (c->op == IOREQ_FLUSH)	/* drivers of bios know it as a write of nothing */
		b->bio.bi_opf = LX_REQ_OP_WRITE | 1u << LX___REQ_PREFLUSH;
	b->native = c;
	b->disk = d;
	b->bio.bi_end_io = command_done;
	b->work.data.counter = 0xfffffffe0L;
	b->work.entry.next = b->work.entry.prev = &b->work.entry;
	b->work.func = submit_work;
	(void)lx_queue_work_on(CPU_ANY, lx_system_unbound_wq, &b->work);
	return 0;
}

const struct blkdisk_ops lx_bio_disk_ops = {
	.start = bio_start, .kick = blkop_default_kick, .poll = blkop_default_poll, .direct = blkop_no_direct,
	.reset = blkop_no_reset, .open = lx_disk_open, .close = lx_disk_close,
	.ioctl = lx_disk_ioctl, .serial = blkop_no_serial, .release = lx_disk_release,
};

struct lx_gendisk *lx___blk_alloc_disk(int node, struct lx_lock_class_key *key)
{
	struct lx_queue *q = lx_queue_make(NULL, NULL);
	struct lx_disk *d;

	if (IS_ERR(q))
		return NULL;
	d = lx_disk_make(q);
	if (d)
		return &d->disk;
	lx_queue_put(q);
	return NULL;
}
LX_EXPORT(__blk_alloc_disk);

/* ---- bios ---- */

void lx_bio_endio(struct lx_bio *bio)
{
	if ((bio->bi_flags & BIT(BIO_CHAIN)) &&
	    __atomic_sub_fetch(&bio->__bi_remaining.counter, 1, __ATOMIC_SEQ_CST))
		return;
	if (bio->bi_end_io)
		bio->bi_end_io(bio);
}
LX_EXPORT(bio_endio);

static void bio_fail(struct lx_bio *bio, u8 status)
{
	bio->bi_status = status;
	lx_bio_endio(bio);
}

void lx_submit_bio_noacct(struct lx_bio *bio)
{
	struct lx_gendisk *g = bio->bi_bdev ? bio->bi_bdev->bd_disk : NULL;

	if (!g || !g->fops->submit_bio || READ_ONCE(disk_of(g)->is_dead))
		bio_fail(bio, STATUS_IOERR);
	else
		g->fops->submit_bio(bio);
}
LX_EXPORT(submit_bio_noacct);

/* A bio was made of one native command, which is within the limits already. */
struct lx_bio *lx_bio_split_to_limits(struct lx_bio *bio) { return bio; }
LX_EXPORT(bio_split_to_limits);

int lx_bio_poll(struct lx_bio *bio, struct lx_io_comp_batch *batch, unsigned int flags) { return 0; }
LX_EXPORT(bio_poll);
void lx_bio_associate_blkg(struct lx_bio *bio) { }
LX_EXPORT(bio_associate_blkg);

void lx_blk_steal_bios(struct lx_bio_list *list, struct lx_request *rq)
{
	if (!rq->bio)
		return;
	if (list->tail)
		list->tail->bi_next = rq->bio;
	else
		list->head = rq->bio;
	list->tail = rq->biotail;
	rq->bio = rq->biotail = NULL;
	rq->__data_len = 0;
}
LX_EXPORT(blk_steal_bios);

/* ---- what disks could have and ours have not: integrity data, encryption by the drive, zones ---- */

struct lx_bio_integrity_payload *lx_bio_integrity_alloc(struct lx_bio *bio, unsigned int gfp, unsigned int n)
{
	return ERR_PTR(-EOPNOTSUPP);
}
LX_EXPORT(bio_integrity_alloc);
int lx_bio_integrity_add_page(struct lx_bio *bio, struct lx_page *page, unsigned int len, unsigned int off)
{
	return 0;
}
LX_EXPORT(bio_integrity_add_page);
void lx_blk_integrity_register(struct lx_gendisk *g, struct lx_blk_integrity *profile) { }
LX_EXPORT(blk_integrity_register);
void lx_blk_integrity_unregister(struct lx_gendisk *g) { }
LX_EXPORT(blk_integrity_unregister);

struct lx_opal_dev *lx_init_opal_dev(void *data, int (*send)(void *, unsigned short, unsigned char, void *,
							      unsigned long, bool))
{
	return NULL;
}
LX_EXPORT(init_opal_dev);
void lx_free_opal_dev(struct lx_opal_dev *dev) { }
LX_EXPORT(free_opal_dev);
bool lx_opal_unlock_from_suspend(struct lx_opal_dev *dev) { return false; }
LX_EXPORT(opal_unlock_from_suspend);
int lx_sed_ioctl(struct lx_opal_dev *dev, unsigned int cmd, void *arg) { return -EOPNOTSUPP; }
LX_EXPORT(sed_ioctl);

void lx_disk_set_zoned(struct lx_gendisk *g, unsigned int model) { g->queue->limits.zoned = 0; }
LX_EXPORT(disk_set_zoned);
int lx_blk_revalidate_disk_zones(struct lx_gendisk *g, void (*update)(struct lx_gendisk *)) { return -EOPNOTSUPP; }
LX_EXPORT(blk_revalidate_disk_zones);
bool lx_blk_req_zone_write_trylock(struct lx_request *rq) { return true; }
LX_EXPORT(blk_req_zone_write_trylock);
void lx___blk_req_zone_write_unlock(struct lx_request *rq) { }
LX_EXPORT(__blk_req_zone_write_unlock);
int lx_blk_rq_count_integrity_sg(struct lx_request_queue *q, struct lx_bio *bio) { return 0; }
LX_EXPORT(blk_rq_count_integrity_sg);
int lx_blk_rq_map_integrity_sg(struct lx_request_queue *q, struct lx_bio *bio, struct lx_scatterlist *sg) { return 0; }
LX_EXPORT(blk_rq_map_integrity_sg);
