// SPDX-License-Identifier: GPL-2.0-only
/* The file by which a program answers for a seccomp filter (tern/kernel/secnotify.h). */
#include <tern/fs/ofile.h>
#include <tern/kernel/secnotify.h>
#include <tern/kernel/vfsface.h>
#include <uapi/fcntl.h>

static_assert(SECNOTIFY_NEW == POLLIN && SECNOTIFY_SENT == POLLOUT && SECNOTIFY_ALONE == POLLHUP);

static void secfile_release(struct ofile *f)
{
	secnotify_close(f->of_priv);
}

static u32 secfile_poll(struct ofile *f, struct poll_table *pt)
{
	u32 ready;

	poll_wait(f, secnotify_queue(f->of_priv), pt);
	ready = secnotify_state(f->of_priv);
	if (ready & POLLIN)
		ready |= POLLRDNORM;
	if (ready & POLLOUT)
		ready |= POLLWRNORM;
	return ready;
}

static long secfile_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	return secnotify_ioctl(f->of_priv, cmd, (void __user *)arg);
}

static const struct ofile_ops secfile_fops = {
	.open = fop_default_open, .release = secfile_release, .read = fop_no_read,
	.write = fop_no_write, .seek = fop_no_seek, .poll = secfile_poll, .ioctl = secfile_ioctl,
	FOPS_PLAIN, FOPS_NO_STORAGE,
};

struct ofile *secfile_create(struct secfilter *sf)
{
	return ofile_create_anon(&secfile_fops, sf, O_RDWR, "seccomp notify");
}
