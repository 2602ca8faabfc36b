// SPDX-License-Identifier: GPL-2.0-only
/* Disks of modules: made, added as native disks, removed. See block_impl.h. */
#include "block_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/base/percpu_alloc.h>
#include <tern/kernel/klog.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/stat.h>

#define FMODE_EXCL	0x80u
#define NO_IOCTL	(-515)		/* the vendor's ENOIOCTLCMD */

/* ---- major numbers: names outlive the module that asked ---- */

struct major { struct list link; u32 number; char name[32]; };

static LIST_HEAD(majors);
static struct kmutex majors_lock = KMUTEX_INIT(majors_lock, LOCKRANK_VFS_MISC);

static int major_get_locked(u32 wanted, const char *name)
{
	struct major *m;
	int got;

	if (wanted && blk_major_is(wanted, name))	/* "sd", which native disks have too */
		return (int)wanted;
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

/* Disks have no directory of their own: theirs is that of the native disk. */
static struct lx_class block_class = { .name = "block" };

static void disk_free(struct lx_device *dev)
{
	struct lx_disk *d = container_of(dev, struct lx_disk, part0.bd_device);

	d->queue->disk = NULL;
	lx_disk_restarts_wait(d);
	if (d->native)
		blkdisk_free(d->native);
	if (d->owns_queue)
		lx_queue_exit(d->queue);
	lx_queue_put(d->queue);
	percpu_free(d->part0.bd_stats);
	if (d->disk.fops && d->disk.fops->free_disk)
		d->disk.fops->free_disk(&d->disk);
	kmem_free(d);
}

struct lx_disk *lx_disk_make(struct lx_queue *q)
{
	struct lx_disk *d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);

	if (!d)
		return NULL;
	d->part0.bd_stats = percpu_alloc(sizeof(struct lx_disk_stats), sizeof(u64));
	if (!d->part0.bd_stats) {
		kmem_free(d);
		return NULL;
	}
	d->queue = q;
	spin_init(&d->lock, LOCKRANK_DRIVER);
	workitem_init(&d->settle, lx_disk_settle_work);
	q->disk = d;
	q->q.disk = &d->disk;
	d->disk.queue = &q->q;
	d->disk.part0 = &d->part0;
	d->disk.node_id = 0;
	lx___mutex_init(&d->disk.open_mutex, "disk", NULL);
	d->part0.bd_disk = &d->disk;
	d->part0.bd_queue = &q->q;
	lx_device_initialize(&d->part0.bd_device);
	d->part0.bd_device.class = &block_class;
	d->part0.bd_device.release = disk_free;
	return d;
}

static void disk_get(struct lx_disk *d) { (void)lx_get_device(&d->part0.bd_device); }
static void disk_put(struct lx_disk *d) { lx_put_device(&d->part0.bd_device); }

struct lx_gendisk *lx___blk_mq_alloc_disk(struct lx_blk_mq_tag_set *set, void *queuedata,
					  struct lx_lock_class_key *key)
{
	struct lx_queue *q = lx_queue_make(set, queuedata);
	struct lx_disk *d;

	if (IS_ERR(q))
		return (struct lx_gendisk *)q;
	d = lx_disk_make(q);
	if (d) {
		d->owns_queue = true;
		return &d->disk;
	}
	lx_queue_put(q);
	return ERR_PTR(-ENOMEM);
}
LX_EXPORT(__blk_mq_alloc_disk);

struct lx_gendisk *lx_blk_mq_alloc_disk_for_queue(struct lx_request_queue *q, struct lx_lock_class_key *key)
{
	struct lx_disk *d;

	if (!lx_blk_get_queue(q))
		return NULL;
	d = lx_disk_make(lx_queue_of(q));
	if (d)
		return &d->disk;
	lx_blk_put_queue(q);
	return NULL;
}
LX_EXPORT(blk_mq_alloc_disk_for_queue);

void lx_put_disk(struct lx_gendisk *g)
{
	if (g)
		disk_put(disk_of(g));
}
LX_EXPORT(put_disk);

/* ---- opening: the first of all files and mounts, and the last one's end ---- */

int lx_disk_open(struct blkdisk *native, u32 mode)
{
	struct lx_disk *d = blkdisk_priv(native);
	const struct lx_block_device_operations *ops = d->disk.fops;
	int err = lx_task_enter();

	if (err)
		return err;
	if (!lx_try_module_get(ops->owner))
		return -ENXIO;
	lx_mutex_lock(&d->disk.open_mutex);
	WRITE_ONCE(d->locker, thread_self());
	err = ops->open ? ops->open(&d->part0, mode & (BLKDEV_READ | BLKDEV_WRITE)) : 0;
	WRITE_ONCE(d->locker, NULL);
	if (!err)
		WRITE_ONCE(d->part0.bd_openers.counter, 1);
	lx_mutex_unlock(&d->disk.open_mutex);
	if (err)
		lx_module_put(ops->owner);
	return err == -ERESTARTSYS ? -ENXIO : err;
}

void lx_disk_close(struct blkdisk *native)
{
	struct lx_disk *d = blkdisk_priv(native);
	const struct lx_block_device_operations *ops = d->disk.fops;

	if (lx_task_enter()) {
		kwarn("%s: closed without its driver: no memory", d->disk.disk_name);
	} else {
		lx_mutex_lock(&d->disk.open_mutex);
		WRITE_ONCE(d->part0.bd_openers.counter, 0);
		WRITE_ONCE(d->locker, thread_self());
		if (ops->release)
			ops->release(&d->disk, 0);
		lx_disk_settle(d);
		WRITE_ONCE(d->locker, NULL);
		lx_mutex_unlock(&d->disk.open_mutex);
	}
	lx_module_put(ops->owner);
}

/* Drivers count openers inline: so many there are now, of the disk and its partitions. */
long lx_disk_ioctl(struct blkdisk *native, struct blkdev *b, u32 mode, u32 cmd, uptr arg)
{
	u32 fmode = (mode & (BLKDEV_READ | BLKDEV_WRITE)) | (mode & BLKDEV_EXCL ? FMODE_EXCL : 0);
	struct lx_disk *d = blkdisk_priv(native);
	int err = lx_task_enter();

	if (err)
		return err;
	if (!d->disk.fops->ioctl)
		return -ENOTTY;
	lx_native_sizes_update();
	WRITE_ONCE(d->part0.bd_openers.counter, (int)blkdisk_openers(native));
	err = d->disk.fops->ioctl(&d->part0, fmode, cmd, arg);
	lx_disk_settle(d);
	return err == NO_IOCTL ? -ENOTTY : err;
}

void lx_disk_release(struct blkdisk *native)
{
	struct lx_disk *d = blkdisk_priv(native);

	if (lx_task_enter() == 0)
		disk_put(d);
}

/* ---- adding ---- */

/* Attributes of the driver's lie beside those of the native disk. */
static void show_groups(struct lx_disk *d, const struct lx_attribute_group **groups)
{
	d->groups = groups;
	if (lx_object_borrow_dir(&d->part0.bd_device.kobj, blkdisk_sysdir(d->native)) ||
	    lx_sysfs_create_groups(&d->part0.bd_device.kobj, groups))
		kwarn("%s: attributes are missing", d->disk.disk_name);
}

/* Nothing the driver changes concerns the native disk any more. */
static void unlist(struct lx_disk *d)
{
	u64 flags;

	blkdisk_lock(d->native);
	flags = spin_lock_irqsave(&d->lock);
	d->is_listed = false;
	spin_unlock_irqrestore(&d->lock, flags);
	blkdisk_unlock(d->native);
	(void)workitem_cancel_sync(&d->settle);
}

int lx_device_add_disk(struct lx_device *parent, struct lx_gendisk *g, const struct lx_attribute_group **groups)
{
	struct lx_disk *d = disk_of(g);
	struct blkdisk_limits l = lx_disk_limits(d);
	struct blkdisk *native;
	u64 number;
	int err;

	if (d->native)
		return -EBUSY;
	native = blkdisk_create(g->disk_name, g->minors ? (u32)g->major : BLK_MAJOR_EXTENDED, (u32)g->first_minor,
				(u32)g->minors, &l, d->queue->q.mq_ops ? &lx_disk_ops : &lx_bio_disk_ops, d);
	if (IS_ERR(native))
		return (int)PTR_ERR(native);
	disk_get(d);
	blkdisk_set_partitions(native, lx_disk_may_have_parts(d));
	d->native = native;
	d->is_listed = true;
	d->part0.bd_device.parent = parent;
	err = lx_dev_set_name(&d->part0.bd_device, "%s", g->disk_name);
	if (!err)
		err = blkdisk_add(native, d->part0.bd_nr_sectors, d->is_readonly, NULL);
	if (!err) {
		number = blkdev_number(blkdisk_dev(native));
		d->part0.bd_dev = (u32)DEV_MAJOR(number) << 20 | (u32)DEV_MINOR(number);
		show_groups(d, groups);
		return 0;
	}
	unlist(d);
	d->native = NULL;
	lx_disk_restarts_wait(d);
	blkdisk_free(native);
	disk_put(d);
	return err;
}
LX_EXPORT(device_add_disk);

void lx_del_gendisk(struct lx_gendisk *g)
{
	struct lx_disk *d = disk_of(g);
	struct blkdisk *native = d->native;

	if (!native || !d->is_listed)
		return;
	lx_sysfs_remove_groups(&d->part0.bd_device.kobj, d->groups);
	lx_object_return_dir(&d->part0.bd_device.kobj);
	blkdisk_stop(native);		/* the device has nothing of it in flight any more */
	blkdisk_vanish(native);
	unlist(d);
	blkdisk_remove(native);
	if (d->owns_queue)
		lx_queue_exit(d->queue);
}
LX_EXPORT(del_gendisk);

/* The device is gone: what is to come fails, what the driver has it ends. */
void lx_blk_mark_disk_dead(struct lx_gendisk *g)
{
	struct lx_disk *d = disk_of(g);

	WRITE_ONCE(d->is_dead, true);
	lx_disk_restart(d);
}
LX_EXPORT(blk_mark_disk_dead);

void lx_disk_uevent(struct lx_gendisk *g, unsigned int action)
{
	(void)lx_kobject_uevent(&disk_of(g)->part0.bd_device.kobj, action);
}
LX_EXPORT(disk_uevent);

/*
 * The caller has open_mutex, which opening takes inside the native disk's lock: it is let go meanwhile. Who
 * closes the disk has both, and can only tell that nothing is left on it.
 */
int lx_bdev_disk_changed(struct lx_gendisk *g, bool invalidate)
{
	struct lx_disk *d = disk_of(g);
	int err;

	if (!READ_ONCE(d->is_listed))
		return -ENXIO;
	if (READ_ONCE(d->locker) == thread_self()) {
		if (d->part0.bd_nr_sectors)
			return -EBUSY;
		blkdisk_clear_locked(d->native);
		return 0;
	}
	lx_mutex_unlock(&g->open_mutex);
	blkdisk_set_partitions(d->native, lx_disk_may_have_parts(d));
	err = blkdisk_rescan(d->native);
	lx_mutex_lock(&g->open_mutex);
	return err;
}
LX_EXPORT(bdev_disk_changed);

/* Read-ahead is the native page cache's affair. */
void lx_disk_update_readahead(struct lx_gendisk *g) { }
LX_EXPORT(disk_update_readahead);
