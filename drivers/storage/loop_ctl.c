// SPDX-License-Identifier: GPL-2.0-only
/* /dev/loop-control: making and removing loop devices. max_loop= makes some at boot. */
#include "loop_impl.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/drivers/devnode.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/kernel/cmdline.h>
#include <uapi/fcntl.h>

#define MISC_MAJOR	10
#define LOOP_CTL_MINOR	237
#define LOOPS_MAX	(1u << 20)

static long ctl_add(long number)
{
	struct loop *lo;

	if (number < -1 || number >= (long)LOOPS_MAX)
		return -EINVAL;
	if (number >= 0 && loop_find((u32)number))
		return -EEXIST;
	lo = loop_make((int)number);
	return IS_ERR(lo) ? PTR_ERR(lo) : (long)lo->number;
}

static long ctl_remove(long number)
{
	struct loop *lo = number < 0 ? NULL : loop_find((u32)number);

	if (number < 0)
		return -EINVAL;
	return lo ? loop_drop(lo) : -ENODEV;
}

static long ctl_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct loop *lo;
	long r;

	kmutex_lock(&loop_table_lock);
	switch (cmd) {
	case LOOP_CTL_ADD:
		r = ctl_add((int)arg);
		break;
	case LOOP_CTL_REMOVE:
		r = ctl_remove((int)arg);
		break;
	case LOOP_CTL_GET_FREE:
		lo = loop_first_free();
		r = lo ? (long)lo->number : ctl_add(-1);
		break;
	default:
		r = -ENOSYS;	/* Linux's answer here */
		break;
	}
	kmutex_unlock(&loop_table_lock);
	return r;
}

static int ctl_open(struct ofile *f, struct vnode *vn)
{
	ofile_make_stream(f);
	return 0;
}

static const struct ofile_ops ctl_fops = {
	.open = ctl_open, .release = fop_default_release, .read = fop_no_read, .write = fop_no_write,
	.seek = fop_no_seek, .poll = fop_default_poll, .ioctl = ctl_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE,
};

static struct chardev ctl_dev = {
	.name = "misc", .major = MISC_MAJOR, .minor = LOOP_CTL_MINOR, .count = 1, .ops = &ctl_fops,
};

static int loop_ctl_init(void)
{
	u64 n = min(cmdline_get_u64("max_loop", cmdline_get_u64("loop.max_loop", 0)), 256UL);
	int err;

	if (driver_is_skipped("loop"))
		return 0;
	err = chardev_register(&ctl_dev);
	if (!err)
		err = devtmpfs_add("loop-control", S_IFCHR | 0660, 0, 6,
				   DEV_MAKE(MISC_MAJOR, LOOP_CTL_MINOR));
	kmutex_lock(&loop_table_lock);
	for (u64 i = 0; i < n && !err; i++) {
		struct loop *lo = loop_make((int)i);

		err = IS_ERR(lo) ? (int)PTR_ERR(lo) : 0;
	}
	kmutex_unlock(&loop_table_lock);
	return err;
}
INITCALL(DEVICE, loop_ctl_init);
