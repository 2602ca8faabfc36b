// SPDX-License-Identifier: GPL-2.0-only
/* /proc/kmsg: the kernel's log as syslogd reads it; readers share one position. */
#include "procfs_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/klog.h>
#include <tern/mm/uio.h>

#define RECORD_MAX	2048

static struct kmutex kmsg_lock = KMUTEX_INIT(kmsg_lock, LOCKRANK_VFS_MISC);	/* protects kmsg_seq */
static u64 kmsg_seq;

static int kmsg_open(struct ofile *f, struct vnode *vn)
{
	f->of_mode |= OFILE_STREAM;
	return cap_has(CAP_SYSLOG) ? 0 : -EPERM;
}

/* Text of the next record that fits @u; the position moves only past what was delivered. */
static ssize_t kmsg_next(struct uio *u, char *buf)
{
	u64 seq = kmsg_seq;
	ssize_t n = klog_read_text(&seq, buf, min_t(size_t, u->resid, RECORD_MAX));

	if (n <= 0)
		return n;
	if (uio_put(u, buf, n) != (size_t)n)
		return -EFAULT;
	kmsg_seq = seq;
	return n;
}

static ssize_t kmsg_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	char *buf = kmem_alloc(RECORD_MAX, ALLOC_KERNEL);
	ssize_t done = 0, n = -ENOMEM;

	while (buf) {
		kmutex_lock(&kmsg_lock);
		while ((n = kmsg_next(u, buf)) > 0)
			done += n;
		kmutex_unlock(&kmsg_lock);
		if (done || n < 0)
			break;
		if (f->of_flags & O_NONBLOCK) {
			n = -EAGAIN;
			break;
		}
		n = waitq_wait_intr(&klog_waitq, READ_ONCE(kmsg_seq) < klog_next_seq());
		if (n)
			break;
	}
	kmem_free(buf);
	return done ? done : n;
}

static u32 kmsg_poll(struct ofile *f, struct poll_table *pt)
{
	poll_wait(f, &klog_waitq, pt);
	return READ_ONCE(kmsg_seq) < klog_next_seq() ? POLLIN | POLLRDNORM : 0;
}

static const struct ofile_ops kmsg_fops = {
	.open = kmsg_open,
	.release = fop_default_release,
	.read = kmsg_read,
	.write = fop_no_write,
	.seek = fop_no_seek,
	.poll = kmsg_poll,
	.ioctl = fop_no_ioctl,
	FOPS_PLAIN,
	FOPS_NO_STORAGE,
};

static int kmsg_start(void)
{
	return procnode_add_file("kmsg", 0400, &kmsg_fops);
}
INITCALL(FS, kmsg_start);
