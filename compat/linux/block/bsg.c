// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/bsg: commands (struct sg_io_v4) that a program sends to a queue, past the disk. What they mean is known
 * to whoever registered the queue: for SCSI devices, scsi_mod's function carries them out.
 *
 * Life: bsg_register_queue() to bsg_unregister_queue(), which waits for commands under way; open files keep the
 * memory and are answered with -ENXIO from then on.
 */
#include "block_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define MINORS		(1u << 15)
#define DEFAULT_TIMEOUT	(60 * HZ)
#define LEAST_TIMEOUT	(7 * HZ)
#define DEFAULT_RESERVE	(64u << 10)
#define DEFAULT_QUEUE	64
#define SG_VERSION	30527	/* of the interface */
#define FMODE_WRITE	2u

/* Commands of <scsi/sg.h> and <scsi/scsi_ioctl.h>. */
enum {
	SCSI_SEND_COMMAND = 0x0001, SCSI_GET_IDLUN = 0x5382, SCSI_GET_BUS_NUMBER = 0x5386,
	SG_SET_TIMEOUT = 0x2201, SG_GET_TIMEOUT, SG_EMULATED_HOST, SG_GET_COMMAND_Q = 0x2270, SG_SET_COMMAND_Q,
	SG_GET_RESERVED_SIZE, SG_SET_RESERVED_SIZE = 0x2275, SG_GET_VERSION_NUM = 0x2282, SG_IO = 0x2285,
};

typedef int (*sg_io_fn)(struct lx_request_queue *q, struct lx_sg_io_v4 *hdr, unsigned int mode, unsigned int ticks);

struct lx_bsg_device {
	struct lx_device dev;
	struct lx_cdev cdev;
	struct lx_request_queue *q;	/* I with a reference */
	sg_io_fn fn;			/* I */
	atomic32 users;			/* commands under way, and one until it is unregistered */
	struct waitq idle;		/* users fell to 0 */
	u32 timeout;			/* A ticks; 0: the default */
	u32 reserved;			/* A bytes */
	int max_queue;			/* A */
};

static struct lx_ida minors;
static u32 first_devt;

static char *node_name(struct lx_device *dev, unsigned short *mode)
{
	return lx_kasprintf(ALLOC_KERNEL, "bsg/%s", dev->kobj.name);
}

static struct lx_class bsg_class = { .name = "bsg", .devnode = node_name };

static struct lx_bsg_device *bsg_of(struct lx_inode *inode)
{
	return container_of(inode->i_cdev, struct lx_bsg_device, cdev);
}

/* ---- files ---- */

static int put_number(uptr to, int n) { return user_copyout((void __user *)to, &n, sizeof(n)); }
static int get_number(int *n, uptr from) { return user_copyin(n, (const void __user *)from, sizeof(*n)); }

static u32 ticks_for(const struct lx_bsg_device *b, const struct lx_sg_io_v4 *hdr)
{
	u32 set = READ_ONCE(b->timeout);
	u64 ticks = hdr->timeout ? lx___msecs_to_jiffies(hdr->timeout) : set ? set : DEFAULT_TIMEOUT;

	return (u32)clamp_t(u64, ticks, LEAST_TIMEOUT, S32_MAX);
}

static void user_drop(struct lx_bsg_device *b)
{
	if (atomic_dec_and_test(&b->users))
		waitq_wake_all(&b->idle);
}

static int carry_out(struct lx_bsg_device *b, unsigned int mode, uptr arg)
{
	struct lx_sg_io_v4 hdr;
	int err = user_copyin(&hdr, (const void __user *)arg, sizeof(hdr));

	if (err)
		return err;
	if (hdr.guard != 'Q')
		return -EINVAL;
	if (!atomic_inc_not_zero(&b->users))
		return -ENXIO;
	err = b->fn(b->q, &hdr, mode & FMODE_WRITE, ticks_for(b, &hdr));
	user_drop(b);
	return err ? err : user_copyout((void __user *)arg, &hdr, sizeof(hdr));
}

static long set_number(int *to, int least, uptr arg)
{
	int n, err = get_number(&n, arg);

	if (err)
		return err;
	if (n < least)
		return -EINVAL;
	WRITE_ONCE(*to, n);
	return 0;
}

static long bsg_ioctl(struct lx_file *file, unsigned int cmd, unsigned long arg)
{
	struct lx_bsg_device *b = bsg_of(file->f_inode);
	int n, err;

	switch (cmd) {
	case SG_IO:
		return carry_out(b, file->f_mode, arg);
	case SG_GET_VERSION_NUM:
		return put_number(arg, SG_VERSION);
	case SG_GET_COMMAND_Q:
		return put_number(arg, READ_ONCE(b->max_queue));
	case SG_SET_COMMAND_Q:
		return set_number(&b->max_queue, 1, arg);
	case SG_GET_TIMEOUT:
		return (long)(READ_ONCE(b->timeout) * (u64)USER_HZ / HZ);
	case SG_SET_TIMEOUT:
		err = get_number(&n, arg);
		if (!err)
			WRITE_ONCE(b->timeout, (u32)min((u64)(u32)n * HZ / USER_HZ, (u64)S32_MAX));
		return err;
	case SG_GET_RESERVED_SIZE:
		return put_number(arg, (int)min(READ_ONCE(b->reserved),
						b->q->limits.max_sectors << SECTOR_SHIFT));
	case SG_SET_RESERVED_SIZE:
		return set_number((int *)&b->reserved, 0, arg);
	case SG_EMULATED_HOST:
		return put_number(arg, 1);
	case SCSI_GET_IDLUN:
	case SCSI_GET_BUS_NUMBER:
		return put_number(arg, 0);
	case SCSI_SEND_COMMAND:
		return -EINVAL;
	default:
		return -ENOTTY;
	}
}

static const struct lx_file_operations bsg_fops = {
	.unlocked_ioctl = bsg_ioctl, .compat_ioctl = bsg_ioctl, .llseek = lx_default_llseek,
};

/* ---- queues ---- */

static void release(struct lx_device *dev)
{
	struct lx_bsg_device *b = container_of(dev, struct lx_bsg_device, dev);

	lx_ida_free(&minors, dev->devt - first_devt);
	lx_blk_put_queue(b->q);
	kmem_free(b);
}

static struct lx_bsg_device *make(struct lx_request_queue *q, struct lx_device *parent, sg_io_fn fn)
{
	struct lx_bsg_device *b = kmem_zalloc(sizeof(*b), ALLOC_KERNEL);
	int minor = b ? lx_ida_alloc_range(&minors, 0, MINORS - 1, ALLOC_KERNEL) : -ENOMEM;
	int err = minor < 0 ? minor : 0;

	if (!err && !lx_blk_get_queue(q)) {
		lx_ida_free(&minors, (unsigned int)minor);
		err = -ENXIO;
	}
	if (err) {
		kmem_free(b);
		return ERR_PTR(err);
	}
	b->q = q;
	b->fn = fn;
	b->reserved = DEFAULT_RESERVE;
	b->max_queue = DEFAULT_QUEUE;
	atomic_set(&b->users, 1);
	waitq_init(&b->idle);
	lx_device_initialize(&b->dev);
	b->dev.devt = first_devt + (u32)minor;
	b->dev.class = &bsg_class;
	b->dev.parent = parent;
	b->dev.release = release;
	lx_cdev_init(&b->cdev, &bsg_fops);
	return b;
}

struct lx_bsg_device *lx_bsg_register_queue(struct lx_request_queue *q, struct lx_device *parent, const char *name,
					    sg_io_fn fn)
{
	struct lx_bsg_device *b = make(q, parent, fn);
	int err;

	if (IS_ERR(b))
		return b;
	err = lx_dev_set_name(&b->dev, "%s", name);
	if (!err)
		err = lx_cdev_device_add(&b->cdev, &b->dev);
	if (!err)
		return b;
	lx_put_device(&b->dev);
	return ERR_PTR(err);
}
LX_EXPORT(bsg_register_queue);

void lx_bsg_unregister_queue(struct lx_bsg_device *b)
{
	lx_cdev_device_del(&b->cdev, &b->dev);
	user_drop(b);
	waitq_wait(&b->idle, !atomic_read(&b->users));
	lx_put_device(&b->dev);
}
LX_EXPORT(bsg_unregister_queue);

static int bsg_init(void)
{
	int err = lx___class_register(&bsg_class, NULL);

	return err ? err : lx_alloc_chrdev_region(&first_devt, 0, MINORS, "bsg");
}
INITCALL(BUS, bsg_init);
