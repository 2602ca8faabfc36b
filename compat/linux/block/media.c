// SPDX-License-Identifier: GPL-2.0-only
/* Disks whose medium changes or whose power is managed. */
#include "block_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/klog.h>

#define EVENT_MEDIA_CHANGE	1u
#define RPM_ACTIVE		0

bool lx_bdev_check_media_change(struct lx_block_device *b)
{
	const struct lx_block_device_operations *ops = b->bd_disk->fops;

	return ops->check_events && (ops->check_events(b->bd_disk, EVENT_MEDIA_CHANGE) & EVENT_MEDIA_CHANGE);
}
LX_EXPORT(bdev_check_media_change);

/* Seeks and rotations of an emulated disk are no entropy. */
void lx_add_disk_randomness(struct lx_gendisk *g) { }
LX_EXPORT(add_disk_randomness);

void lx_blk_dump_rq_flags(struct lx_request *rq, char *what)
{
	kinfo("%s: request flags %x, sector %lu, %u bytes", what, rq->cmd_flags, (u64)rq->__sector, rq->__data_len);
}
LX_EXPORT(blk_dump_rq_flags);

/* ---- power: a queue's device stays as it is ---- */

void lx_blk_pm_runtime_init(struct lx_request_queue *q, struct lx_device *dev)
{
	q->dev = dev;
	q->rpm_status = RPM_ACTIVE;
	lx_pm_runtime_set_autosuspend_delay(dev, -1);
	lx___pm_runtime_use_autosuspend(dev, true);
}
LX_EXPORT(blk_pm_runtime_init);
int lx_blk_pre_runtime_suspend(struct lx_request_queue *q) { return q->dev ? -EBUSY : 0; }
LX_EXPORT(blk_pre_runtime_suspend);
void lx_blk_post_runtime_suspend(struct lx_request_queue *q, int err) { }
LX_EXPORT(blk_post_runtime_suspend);
void lx_blk_pre_runtime_resume(struct lx_request_queue *q) { }
LX_EXPORT(blk_pre_runtime_resume);
void lx_blk_post_runtime_resume(struct lx_request_queue *q) { }
LX_EXPORT(blk_post_runtime_resume);

/* A disk's pages are the native cache's: a driver that looks for an old partition table in them finds none. */
struct lx_folio *lx_read_cache_folio(struct lx_address_space *mapping, unsigned long index,
				     int (*fill)(struct lx_file *, struct lx_folio *), struct lx_file *file)
{
	return ERR_PTR(-EOPNOTSUPP);
}
LX_EXPORT(read_cache_folio);

/* With its queue frozen, too: nothing is written, and no lock is waited for. */
void lx_invalidate_bdev(struct lx_block_device *b)
{
	struct blkdisk *native = READ_ONCE(disk_of(b->bd_disk)->native);

	if (native)
		blkdev_cache_forget(blkdisk_dev(native));
}
LX_EXPORT(invalidate_bdev);

void lx_invalidate_disk(struct lx_gendisk *g)
{
	lx_invalidate_bdev(g->part0);
	lx_set_capacity(g, 0);
}
LX_EXPORT(invalidate_disk);

/* Partitions are looked for when the driver asks, not at the next open. */
bool lx_disk_force_media_change(struct lx_gendisk *g, unsigned int events)
{
	char *news[] = { "DISK_MEDIA_CHANGE=1", NULL };

	if (events & EVENT_MEDIA_CHANGE & g->events)
		(void)lx_kobject_uevent_env(&g->part0->bd_device.kobj, LX_KOBJ_CHANGE, news);
	if (!(events & EVENT_MEDIA_CHANGE))
		return false;
	lx_invalidate_bdev(g->part0);
	return true;
}
LX_EXPORT(disk_force_media_change);
