// SPDX-License-Identifier: GPL-2.0-only
/* The volume's device: metadata blocks by the block layer's requests. */
#include "ext4_impl.h"

struct ext4_slot {
	struct ioreq req;
	struct uio_pageseg seg;
};

struct batch { atomic32 left; int error; struct latch done; };

static struct ext4_mount *mount_of(struct ext4_vol *v) { return container_of(v, struct ext4_mount, vol); }

int ext4_dev_init(struct ext4_mount *m)
{
	m->slots = kmem_alloc_large(EXT4_WR_BATCH * sizeof(*m->slots), ALLOC_KERNEL);
	return m->slots ? 0 : -ENOMEM;
}

void ext4_dev_fini(struct ext4_mount *m)
{
	kmem_free_large(m->slots);
}

int ext4_io_read(struct ext4_vol *v, u64 block, void *data)
{
	return blkdev_rw_kva(mount_of(v)->bdev, IOREQ_READ, IOREQ_SYNC | IOREQ_META, block << v->geo.block_bits, data,
			     v->geo.block_size);
}

static void write_done(struct ioreq *r)
{
	struct batch *b = r->priv;

	if (r->error)
		WRITE_ONCE(b->error, r->error);
	if (atomic_dec_and_test(&b->left))
		latch_open_all(&b->done);
}

int ext4_io_write(struct ext4_vol *v, const struct ext4_wr *wr, u32 n)
{
	struct ext4_mount *m = mount_of(v);
	u32 shift = v->geo.block_bits - SECTOR_SHIFT;
	struct blkplug plug;
	struct batch b = { .left = ATOMIC_INIT((s32)n) };

	latch_init(&b.done);
	blkplug_begin(&plug);
	for (u32 i = 0; i < n; i++) {
		struct ext4_slot *s = &m->slots[i];

		s->seg = (struct uio_pageseg){ virt_to_page((void *)wr[i].data),
					       (u32)((u64)wr[i].data & ~PAGE_MASK), v->geo.block_size };
		ioreq_init(&s->req, m->bdev, IOREQ_WRITE, wr[i].block << shift, &s->seg, 1, write_done);
		s->req.flags = IOREQ_SYNC | IOREQ_META;
		s->req.priv = &b;
		ioreq_submit(&s->req);
	}
	blkplug_end(&plug);
	if (n)
		latch_wait(&b.done);
	return b.error;
}

int ext4_io_write_stable(struct ext4_vol *v, u64 block, const void *data)
{
	u32 flags = IOREQ_SYNC | IOREQ_META | (v->flags & EXT4_VOL_NOBARRIER ? 0 : IOREQ_PREFLUSH | IOREQ_FUA);

	return blkdev_rw_kva(mount_of(v)->bdev, IOREQ_WRITE, flags, block << v->geo.block_bits, (void *)data,
			     v->geo.block_size);
}

int ext4_io_flush(struct ext4_vol *v)
{
	return v->flags & EXT4_VOL_NOBARRIER ? 0 : blkdev_flush_cache(mount_of(v)->bdev);
}

void ext4_io_discard(struct ext4_vol *v, u64 block, u64 n)
{
	u32 shift = v->geo.block_bits - SECTOR_SHIFT;

	(void)blkdev_discard_range(mount_of(v)->bdev, block << shift, n << shift);
}
