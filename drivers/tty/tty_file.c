// SPDX-License-Identifier: GPL-2.0-only
/* Open files on terminals. */
#include "tty_impl.h"

#include <tern/base/err.h>
#include <tern/fs/chardev.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/signal.h>
#include <uapi/fcntl.h>

int tty_open_file(struct tty *t, struct ofile *f)
{
	int err;

	kmutex_lock(&t->lock);
	if (tty_flag(t, TTY_EXCLUSIVE) && !cap_has(CAP_SYS_ADMIN)) {
		err = -EBUSY;
		goto out;
	}
	err = t->ops->open(t, f);
	if (err)
		goto out;
	t->nopen++;
	tty_flag_clear(t, TTY_HUNGUP);
	f->of_priv = t;
	f->of_ops = &tty_fops;
	ofile_make_stream(f);
out:
	kmutex_unlock(&t->lock);
	if (err)
		return err;
	tty_get(t);
	ctty_open(t, f);
	return 0;
}

/* Device number -> terminal. */
static int tty_chardev_open(struct ofile *f, struct vnode *vn)
{
	struct tty *t = tty_find(vn->vn_rdev);
	int err;

	if (!t)
		return -ENXIO;
	err = tty_open_file(t, f);
	tty_put(t);
	return err;
}

static void tty_file_release(struct ofile *f)
{
	struct tty *t = tty_of(f);

	if (!t)
		return;
	kmutex_lock(&t->lock);
	t->nopen--;
	t->ops->close(t, f);
	if (!t->nopen)
		tty_flag_clear(t, TTY_EXCLUSIVE);
	kmutex_unlock(&t->lock);
	tty_put(t);
}

static ssize_t tty_file_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return ldisc_read(tty_of(f), f, u);
}

static ssize_t tty_file_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct tty *t = tty_of(f);

	if (tty_flag(t, TTY_HUNGUP))
		return -EIO;
	return tty_write_file(t, f, u);
}

static u32 tty_file_poll(struct ofile *f, struct poll_table *pt)
{
	struct tty *t = tty_of(f);
	u32 ev = 0;

	poll_wait(f, &t->read_wait, pt);
	poll_wait(f, &t->write_wait, pt);
	if (L_FLAG(t, ICANON) ? t->rcanon != t->rtail : t->rhead != t->rtail)
		ev |= POLLIN | POLLRDNORM;
	if (tty_flag(t, TTY_HUNGUP))
		return ev | POLLHUP | POLLERR | POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
	if (tty_flag(t, TTY_OTHER_CLOSED))
		ev |= POLLHUP;
	if (!t->is_stopped && t->ops->write_room(t) > 0)
		ev |= POLLOUT | POLLWRNORM;
	return ev;
}

const struct ofile_ops tty_fops = {
	.open = tty_chardev_open,
	.release = tty_file_release,
	.read = tty_file_read,
	.write = tty_file_write,
	.seek = fop_no_seek,
	.poll = tty_file_poll,
	.ioctl = tty_ioctl,
	FOPS_PLAIN,
	FOPS_NO_STORAGE,
};
