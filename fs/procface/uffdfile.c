// SPDX-License-Identifier: GPL-2.0-only
/* userfaultfd(2) and the file that it makes (tern/mm/userfault.h). */
#include <asm/uaccess.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>
#include <tern/lib/seqbuf.h>
#include <tern/mm/uio.h>
#include <tern/mm/userfault.h>
#include <uapi/fcntl.h>

static const struct ofile_ops uffd_fops;

static struct ofile *uffdfile_create(struct uffd *u, u32 flags)
{
	return ofile_create_anon(&uffd_fops, u, O_RDONLY | (flags & O_NONBLOCK), "[userfaultfd]");
}

static void uffd_release(struct ofile *f)
{
	uffd_close(f->of_priv);
}

/* A child's descriptor for whoever reads of a fork; consumes @child. */
static int open_child(struct uffd *child, u32 flags, struct ofile **out)
{
	int fd = fd_reserve(0, flags & O_CLOEXEC);

	if (fd < 0) {
		uffd_put(child);
		return fd;
	}
	*out = uffdfile_create(child, flags);
	if (!IS_ERR(*out))
		return fd;
	fd_cancel(fd);
	uffd_put(child);
	return (int)PTR_ERR(*out);
}

static int read_one(struct uffd *u, struct uio *to, u32 flags)
{
	struct uffd_message m;
	struct ofile *f = NULL;
	struct uffd *child;
	void *token;
	int err = uffd_next(u, &m, &child, &token), fd = -1;

	if (err)
		return err;
	if (child) {
		fd = open_child(child, flags, &f);
		err = fd < 0 ? fd : 0;
		m.fork.fd = (u32)fd;
	}
	if (!err && uio_put(to, &m, sizeof(m)) != sizeof(m))
		err = -EFAULT;
	if (f && err) {
		fd_cancel(fd);
		ofile_put(f);
	} else if (f) {
		fd_publish(fd, f);
	}
	if (token)
		uffd_event_done(u, token, err);
	return err;
}

static ssize_t uffd_read(struct ofile *f, struct uio *to, loff_t *pos)
{
	struct uffd *u = f->of_priv;
	ssize_t done = 0;
	int err = 0;

	if (!uffd_is_ready(u))
		return -EINVAL;
	while (!err && to->resid >= sizeof(struct uffd_message)) {
		err = read_one(u, to, f->of_flags);
		if (!err) {
			done += (ssize_t)sizeof(struct uffd_message);
		} else if (err == -EAGAIN && !done && !(f->of_flags & O_NONBLOCK)) {
			err = waitq_wait_intr(uffd_queue(u), uffd_has_news(u));
		}
	}
	return done ? done : err ? err : -EINVAL;
}

static u32 uffd_poll(struct ofile *f, struct poll_table *pt)
{
	struct uffd *u = f->of_priv;

	poll_wait(f, uffd_queue(u), pt);
	if (!uffd_is_ready(u) || !(f->of_flags & O_NONBLOCK))
		return POLLERR;
	return uffd_has_news(u) ? POLLIN | POLLRDNORM : 0;
}

static long uffd_file_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	return uffd_ioctl(f->of_priv, cmd, (void __user *)arg);
}

static void uffd_fdinfo(struct ofile *f, struct seqbuf *sb)
{
	u32 pending, total;
	u64 features;

	uffd_counts(f->of_priv, &pending, &total, &features);
	seqbuf_printf(sb, "pending:\t%u\ntotal:\t%u\nAPI:\t%lx:%lx:%lx\n", pending, total, UFFD_API, features,
		      UFFD_API_IOCTLS | UFFD_RANGE_WAKE | UFFD_RANGE_COPY | UFFD_RANGE_ZEROPAGE |
		      UFFD_RANGE_WRITEPROTECT | UFFD_RANGE_CONTINUE);
}

static const struct ofile_ops uffd_fops = {
	.open = fop_default_open, .release = uffd_release, .read = uffd_read,
	.write = fop_no_write, .seek = fop_no_seek, .poll = uffd_poll, .ioctl = uffd_file_ioctl,
	.flush = fop_default_flush, .splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write, .set_flags = fop_default_set_flags,
	FOPS_NO_STORAGE, .show_fdinfo = uffd_fdinfo,
};

long sys_userfaultfd(int flags)
{
	bool user_only = flags & UFFD_USER_MODE_ONLY;
	struct ofile *f;
	struct uffd *u;
	int fd;

	if (!uffd_unprivileged && !user_only && !cap_has(CAP_SYS_PTRACE))
		return -EPERM;
	if (flags & ~(UFFD_USER_MODE_ONLY | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	fd = fd_reserve(0, flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	u = uffd_create(user_only);
	f = u ? uffdfile_create(u, (u32)flags) : ERR_PTR(-ENOMEM);
	if (IS_ERR(f)) {
		if (u)
			uffd_put(u);
		fd_cancel(fd);
		return PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}
