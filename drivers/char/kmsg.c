// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/kmsg: each read is one record of the kernel's log, each write adds one.
 * A file's position is the sequence number of the record to read next.
 */
#include "char_impl.h"

#include <tern/kernel/cred.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define RECORD_MAX	8192	/* as printed, with escapes */
#define LINE_MAX_	1024	/* text of one write */
#define FACILITY_USER	8u

struct kmsgfile {
	struct kmutex lock;	/* protects seq, buf */
	u64 seq;
	char buf[RECORD_MAX];
};

static int kmsg_open(struct ofile *f, struct vnode *vn)
{
	struct kmsgfile *k;

	ofile_make_stream(f);
	if (!(f->of_mode & OFILE_READ))
		return 0;
	if (READ_ONCE(klog_is_restricted) && !cap_has(CAP_SYSLOG))
		return -EPERM;
	k = kmem_alloc_large(sizeof(*k), ALLOC_KERNEL);
	if (!k)
		return -ENOMEM;
	kmutex_init(&k->lock, LOCKRANK_VFS_MISC);
	k->seq = klog_first_seq();
	f->of_priv = k;
	return 0;
}

static void kmsg_release(struct ofile *f)
{
	if (f->of_priv)
		kmem_free_large(f->of_priv);
}

/* One record to @u; 0 none yet; -EPIPE: some were lost, the next read goes on. */
static ssize_t read_record(struct kmsgfile *k, struct uio *u)
{
	u64 seq;
	ssize_t n;

	kmutex_lock(&k->lock);
	seq = k->seq;
	n = klog_read(&seq, k->buf, sizeof(k->buf));
	if (n == -EPIPE) {
		k->seq = max(seq, klog_first_seq());
	} else if (n > 0 && u->resid < (size_t)n) {
		n = -EINVAL;
	} else if (n > 0) {
		if (uio_put(u, k->buf, n) != (size_t)n)
			n = -EFAULT;
		else
			k->seq = seq;
	}
	kmutex_unlock(&k->lock);
	return n;
}

static ssize_t kmsg_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct kmsgfile *k = f->of_priv;
	ssize_t n;
	int err;

	while (!(n = read_record(k, u))) {
		if (f->of_flags & O_NONBLOCK)
			return -EAGAIN;
		err = waitq_wait_intr(&klog_waitq, READ_ONCE(k->seq) < klog_next_seq());
		if (err)
			return err;
	}
	return n;
}

/* "<13>text": number in front is facility and level; the kernel's own facility is not for users. */
static ssize_t kmsg_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	size_t n = u->resid, len = n;
	u32 prio = FACILITY_USER | KLOG_INFO;
	const char *text, *end;
	char *buf;
	u64 v;

	if (n > LINE_MAX_)
		return -EINVAL;
	buf = kmem_alloc(n + 1, ALLOC_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (uio_get(u, buf, n) != n) {
		kmem_free(buf);
		return -EFAULT;
	}
	buf[n] = '\0';
	text = buf;
	if (*text == '<' && !parse_u64(text + 1, 10, &v, &end) && *end == '>') {
		prio = (u32)v & 7;
		prio |= v >> 3 ? (u32)v & ~7u : FACILITY_USER;
		len -= end + 1 - text;
		text = end + 1;
	}
	while (len && text[len - 1] == '\n')
		len--;
	klog_user(prio, text, len);
	kmem_free(buf);
	return n;
}

static loff_t kmsg_seek(struct ofile *f, loff_t off, int whence)
{
	struct kmsgfile *k = f->of_priv;

	if (!k)
		return -EBADF;
	if (off)
		return -ESPIPE;
	if (whence != SEEK_SET && whence != SEEK_END && whence != SEEK_DATA)
		return -EINVAL;
	kmutex_lock(&k->lock);
	k->seq = whence == SEEK_END ? klog_next_seq() :
		 whence == SEEK_DATA ? max(klog_cleared_seq(), klog_first_seq()) : klog_first_seq();
	kmutex_unlock(&k->lock);
	return 0;
}

static u32 kmsg_poll(struct ofile *f, struct poll_table *pt)
{
	struct kmsgfile *k = f->of_priv;
	u64 seq;

	if (!k)
		return POLLERR | POLLNVAL;
	poll_wait(f, &klog_waitq, pt);
	seq = READ_ONCE(k->seq);
	if (seq >= klog_next_seq())
		return 0;
	return seq < klog_first_seq() ? POLLIN | POLLRDNORM | POLLERR | POLLPRI : POLLIN | POLLRDNORM;
}

static const struct ofile_ops kmsg_fops = {
	.open = kmsg_open, .release = kmsg_release, .read = kmsg_read, .write = kmsg_write,
	.seek = kmsg_seek, .poll = kmsg_poll, .ioctl = fop_no_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE,
};

static struct chardev kmsg_dev = { .name = "mem", .minor = 11, .ops = &kmsg_fops };

static int kmsg_start(void)
{
	return char_add(&kmsg_dev, "kmsg", 0644);
}
INITCALL(DEVICE, kmsg_start);
