// SPDX-License-Identifier: GPL-2.0-only
/* Disks of modules: made, added as native disks, removed. See block_impl.h. */
#include "block_impl.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/kernel/klog.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define DEFAULT_SECTORS	2560u
#define DEFAULT_SEGS	128u
#define DEFAULT_SEG_BYTES 65536u

/* ---- major numbers: names outlive the module that asked ---- */

struct major { struct list link; u32 number; char name[32]; };

static LIST_HEAD(majors);
static struct kmutex majors_lock = KMUTEX_INIT(majors_lock, LOCKRANK_VFS_MISC);

static int major_get_locked(u32 wanted, const char *name)
{
	struct major *m;
	int got;

	list_foreach(m, &majors, link)
		if (!strcmp(m->name, name) && (!wanted || wanted == m->number))
			return (int)m->number;
	m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	if (!m)
		return -ENOMEM;
	strlcpy(m->name, name, sizeof(m->name));
	got = blk_major_register(wanted, m->name);
	if (got < 0) {
		kmem_free(m);
		return got;
	}
	m->number = wanted ? wanted : (u32)got;
	list_add(&m->link, &majors);
	return (int)m->number;
}

int lx___register_blkdev(unsigned int major, const char *name, void (*probe)(unsigned int))
{
	int got;

	kmutex_lock(&majors_lock);
	got = major_get_locked(major, name);
	kmutex_unlock(&majors_lock);
	return got < 0 || !major ? got : 0;
}
LX_EXPORT(__register_blkdev);

/* The number stays reserved for the name: the module may come back. */
void lx_unregister_blkdev(unsigned int major, const char *name) { }
LX_EXPORT(unregister_blkdev);

/* ---- making ---- */

static void default_limits(struct lx_queue_limits *l)
{
	l->logical_block_size = l->physical_block_size = l->io_min = SECTOR_SIZE;
	l->max_hw_sectors = l->max_sectors = DEFAULT_SECTORS;
	l->max_segments = DEFAULT_SEGS;
	l->max_segment_size = DEFAULT_SEG_BYTES;
	l->max_discard_segments = 1;
	l->seg_boundary_mask = 0xffffffffUL;
	l->dma_alignment = 511;
}

static int hctx_make(struct lx_disk *d, struct lx_blk_mq_tag_set *set)
{
	d->hctx = kmem_calloc(set->nr_hw_queues, sizeof(*d->hctx), ALLOC_KERNEL);
	if (!d->hctx)
		return -ENOMEM;
	d->queue.nr_hw_queues = set->nr_hw_queues;
	for (u32 i = 0; i < set->nr_hw_queues; i++) {
		struct lx_blk_mq_hw_ctx *h = &d->hctx[i];
		int err;

		h->queue = &d->queue;
		h->queue_num = i;
		h->flags = set->flags;
		h->driver_data = NULL;
		err = set->ops->init_hctx ? set->ops->init_hctx(h, set->driver_data, i) : 0;
		if (!err)
			continue;
		while (i--)
			if (set->ops->exit_hctx)
				set->ops->exit_hctx(&d->hctx[i], i);
		return err;
	}
	return 0;
}

struct lx_gendisk *lx___blk_mq_alloc_disk(struct lx_blk_mq_tag_set *set, void *queuedata,
					  struct lx_lock_class_key *key)
{
	struct lx_disk *d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);
	int err;

	if (!d)
		return ERR_PTR(-ENOMEM);
	ref_init(&d->refs, 1);
	d->queue.queuedata = queuedata;
	d->queue.mq_ops = set->ops;
	d->queue.tag_set = set;
	d->queue.disk = &d->disk;
	d->queue.nr_requests = set->queue_depth;
	d->disk.queue = &d->queue;
	d->disk.part0 = &d->part0;
	d->part0.bd_disk = &d->disk;
	default_limits(&d->queue.limits);
	err = hctx_make(d, set);
	if (!err)
		return &d->disk;
	kmem_free(d->hctx);
	kmem_free(d);
	return ERR_PTR(err);
}
LX_EXPORT(__blk_mq_alloc_disk);

void lx_disk_put(struct lx_disk *d)
{
	if (!ref_put(&d->refs))
		return;
	for (u32 i = 0; i < d->queue.nr_hw_queues; i++)
		if (d->queue.mq_ops->exit_hctx)
			d->queue.mq_ops->exit_hctx(&d->hctx[i], i);
	if (d->disk.fops && d->disk.fops->free_disk)
		d->disk.fops->free_disk(&d->disk);
	kmem_free(d->hctx);
	kmem_free(d);
}

void lx_put_disk(struct lx_gendisk *g)
{
	if (g)
		lx_disk_put(disk_of(g));
}
LX_EXPORT(put_disk);

/* ---- adding ---- */

static struct blkdisk_limits native_limits(struct lx_disk *d)
{
	const struct lx_queue_limits *l = &d->queue.limits;
	const struct lx_blk_mq_tag_set *set = d->queue.tag_set;

	return (struct blkdisk_limits){
		.block_size = l->logical_block_size, .physical_size = l->physical_block_size,
		.min_io = l->io_min, .opt_io = l->io_opt,
		.max_sectors = min_t(u32, l->max_sectors, DEFAULT_SECTORS),
		.max_segs = l->max_segments, .max_seg_bytes = l->max_segment_size,
		.no_gaps = l->virt_boundary_mask != 0,
		.max_discard = l->max_discard_sectors, .max_zeroes = l->max_write_zeroes_sectors,
		.discard_grain = l->discard_granularity,
		.has_cache = bit_test(QUEUE_FLAG_WC, &d->queue.queue_flags),
		.has_fua = bit_test(QUEUE_FLAG_FUA, &d->queue.queue_flags),
		.is_rotational = !bit_test(QUEUE_FLAG_NONROT, &d->queue.queue_flags),
		.zeroes_may_unmap = true, .nr_hwq = set->nr_hw_queues, .depth = set->queue_depth,
		.pdu_bytes = sizeof(struct lx_cmd) + set->cmd_size,
	};
}

int lx_device_add_disk(struct lx_device *parent, struct lx_gendisk *g, const struct lx_attribute_group **groups)
{
	struct lx_disk *d = disk_of(g);
	struct blkdisk_limits l = native_limits(d);
	struct blkdisk *native;
	int err;

	native = blkdisk_create(g->disk_name, g->minors ? (u32)g->major : BLK_MAJOR_EXTENDED, (u32)g->first_minor,
				(u32)g->minors, &l, &lx_disk_ops, d);
	if (IS_ERR(native))
		return (int)PTR_ERR(native);
	ref_get(&d->refs);
	d->native = native;
	err = blkdisk_add(native, d->part0.bd_nr_sectors, d->is_readonly, NULL);
	if (!err)
		return 0;
	d->native = NULL;
	blkdisk_free(native);
	lx_disk_put(d);
	return err;
}
LX_EXPORT(device_add_disk);

void lx_del_gendisk(struct lx_gendisk *g)
{
	struct lx_disk *d = disk_of(g);
	struct blkdisk *native = d->native;

	if (!native)
		return;
	blkdisk_stop(native);		/* the device has nothing of it in flight any more */
	d->native = NULL;
	blkdisk_vanish(native);
	blkdisk_remove(native);
}
LX_EXPORT(del_gendisk);

bool lx_set_capacity_and_notify(struct lx_gendisk *g, unsigned long long sectors)
{
	struct lx_disk *d = disk_of(g);
	bool changed = d->part0.bd_nr_sectors != sectors;

	d->part0.bd_nr_sectors = sectors;
	if (d->native && changed)
		blkdisk_set_size(d->native, sectors);
	return d->native && changed;
}
LX_EXPORT(set_capacity_and_notify);

void lx_set_capacity(struct lx_gendisk *g, unsigned long long sectors)
{
	disk_of(g)->part0.bd_nr_sectors = sectors;
}
LX_EXPORT(set_capacity);

void lx_set_disk_ro(struct lx_gendisk *g, bool on)
{
	struct lx_disk *d = disk_of(g);

	d->is_readonly = on;
	if (d->native)
		blkdisk_set_readonly(d->native, on);
}
LX_EXPORT(set_disk_ro);
