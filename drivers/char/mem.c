// SPDX-License-Identifier: GPL-2.0-only
/* /dev/null, /dev/zero, /dev/full. There is no /dev/mem: nothing here reaches raw memory. */
#include "char_impl.h"

#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/mm/aspace.h>

#define ZERO_CHUNK	65536UL

static ssize_t null_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return 0;
}

static ssize_t null_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	size_t n = u->resid;

	uio_skip(u, n);
	return n;
}

static ssize_t zero_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	ssize_t done = 0;

	while (u->resid) {
		size_t want = min_t(size_t, u->resid, ZERO_CHUNK), got = uio_put_zero(u, want);

		done += got;
		if (got < want)
			return done ? done : -EFAULT;
		if (signal_is_pending())
			break;
		sched_check();
	}
	return done;
}

/* Private mappings are plain anonymous memory. */
static int zero_mmap(struct ofile *f, struct map_request *req)
{
	if (req->rflags & REGION_SHARED) {
		int err = aspace_shmem_map(req);

		req->owns_shmem = !err;
		return err;
	}
	req->ops = &region_ops_anon;
	req->pc = NULL;
	return 0;
}

static ssize_t full_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	return -ENOSPC;
}

static const struct ofile_ops null_fops = {
	CHAR_FOPS_COMMON, .open = char_open, .read = null_read, .write = null_write, .seek = char_seek,
	.poll = fop_default_poll, .ioctl = fop_no_ioctl, .mmap = fop_no_mmap,
};

static const struct ofile_ops zero_fops = {
	CHAR_FOPS_COMMON, .open = char_open, .read = zero_read, .write = null_write, .seek = char_seek,
	.poll = fop_default_poll, .ioctl = fop_no_ioctl, .mmap = zero_mmap,
};

static const struct ofile_ops full_fops = {
	CHAR_FOPS_COMMON, .open = char_open, .read = zero_read, .write = full_write, .seek = char_seek,
	.poll = fop_default_poll, .ioctl = fop_no_ioctl, .mmap = fop_no_mmap,
};

static struct chardev null_dev = { .name = "mem", .minor = 3, .ops = &null_fops };
static struct chardev zero_dev = { .name = "mem", .minor = 5, .ops = &zero_fops };
static struct chardev full_dev = { .name = "mem", .minor = 7, .ops = &full_fops };

static int mem_start(void)
{
	int err = char_add(&null_dev, "null", 0666);

	if (!err)
		err = char_add(&zero_dev, "zero", 0666);
	return err ? err : char_add(&full_dev, "full", 0666);
}
INITCALL(DEVICE, mem_start);
