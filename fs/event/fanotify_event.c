// SPDX-License-Identifier: GPL-2.0-only
/* fanotify's queue of events and the file that reads it. */
#include "fanotify_impl.h"

#include <asm/uaccess.h>
#include <tern/fs/event.h>
#include <tern/kernel/process.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <uapi/fcntl.h>
#include <uapi/ioctl.h>

static s32 asker_of(const struct fangroup *g)
{
	struct thread *t = thread_self();

	return pidref_nr(g->flags & FAN_REPORT_TID ? t->t_pid : t->t_proc->p_pid);
}

static bool is_same(const struct fanevent *e, const struct fspath *p, s32 pid)
{
	return e->path.mnt == p->mnt && e->path.nc == p->nc && e->pid == pid;
}

static void append_locked(struct fangroup *g, struct fanevent *e)
{
	list_add_tail(&e->link, &g->queue);
	g->nqueued++;
}

void fangroup_queue(struct fangroup *g, const struct fspath *p, u32 mask)
{
	struct fanevent *e = kmem_alloc(sizeof(*e), ALLOC_ATOMIC), *last;
	s32 pid = asker_of(g);
	bool has_room;

	spin_lock(&g->queue_lock);
	last = list_last_entry_or_null(&g->queue, struct fanevent, link);
	has_room = g->nqueued < fanotify_max_queued || (g->flags & FAN_UNLIMITED_QUEUE);
	if (last && is_same(last, p, pid)) {
		last->mask |= mask;
	} else if (e && has_room) {
		*e = (struct fanevent){ .mask = mask, .pid = pid, .path = *p };
		fspath_get(p);
		append_locked(g, e);
		e = NULL;
	} else if (!g->has_overflow) {
		g->has_overflow = true;
		g->overflow = (struct fanevent){ .mask = FAN_Q_OVERFLOW };
		append_locked(g, &g->overflow);
	}
	spin_unlock(&g->queue_lock);
	kmem_free(e);
	waitq_wake(&g->wait, 0, POLLIN | POLLRDNORM);
}

static struct fanevent *take_first(struct fangroup *g)
{
	struct fanevent *e;

	spin_lock(&g->queue_lock);
	e = list_first_entry_or_null(&g->queue, struct fanevent, link);
	if (e) {
		list_del(&e->link);
		g->nqueued--;
		if (e == &g->overflow)
			g->has_overflow = false;
	}
	spin_unlock(&g->queue_lock);
	return e;
}

static void event_free(struct fangroup *g, struct fanevent *e)
{
	if (e == &g->overflow)
		return;
	fspath_put(&e->path);
	kmem_free(e);
}

void fangroup_flush(struct fangroup *g)
{
	struct fanevent *e;

	while ((e = take_first(g)))
		event_free(g, e);
}

/* Metadata and a new descriptor to the reader: bytes or -errno. */
static ssize_t deliver(struct fangroup *g, struct fanevent *e, struct uio *u)
{
	struct fanotify_event_metadata out = {
		.event_len = sizeof(out), .vers = FANOTIFY_METADATA_VERSION, .metadata_len = sizeof(out),
		.mask = e->mask, .fd = FAN_NOFD, .pid = e->pid,
	};
	struct ofile *f = NULL;

	if (e != &g->overflow) {
		out.fd = fd_reserve(0, g->event_flags & O_CLOEXEC);
		if (out.fd < 0)
			return out.fd;
		f = ofile_open(&e->path, g->event_flags | O_NONOTIFY_, NULL);
		if (IS_ERR(f)) {
			fd_cancel(out.fd);
			return PTR_ERR(f);
		}
	}
	if (uio_put(u, &out, sizeof(out)) != sizeof(out)) {
		if (f) {
			fd_cancel(out.fd);
			ofile_put(f);
		}
		return -EFAULT;
	}
	if (f)
		fd_publish(out.fd, f);
	return sizeof(out);
}

static ssize_t fan_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct fangroup *g = f->of_priv;
	ssize_t done = 0, n;
	struct fanevent *e;
	int err;

	for (;;) {
		if (u->resid < sizeof(struct fanotify_event_metadata) && (done || !list_is_empty(&g->queue)))
			return done ? done : -EINVAL;
		e = take_first(g);
		if (e) {
			n = deliver(g, e, u);
			event_free(g, e);
			if (n < 0)
				return done ? done : n;
			done += n;
			continue;
		}
		if (done)
			return done;
		if (f->of_flags & O_NONBLOCK)
			return -EAGAIN;
		err = waitq_wait_intr(&g->wait, !list_is_empty(&g->queue));
		if (err)
			return err;
	}
}

static u32 fan_poll(struct ofile *f, struct poll_table *pt)
{
	struct fangroup *g = f->of_priv;

	poll_wait(f, &g->wait, pt);
	return list_is_empty(&g->queue) ? 0 : POLLIN | POLLRDNORM;
}

static long fan_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct fangroup *g = f->of_priv;

	if (cmd != FIONREAD)
		return -ENOTTY;
	return user_put((int)(READ_ONCE(g->nqueued) * sizeof(struct fanotify_event_metadata)),
			(int __user *)arg);
}

static void fan_release(struct ofile *f)
{
	fangroup_close(f->of_priv);
}

/* Answers to permission events, of which there are none. */
static ssize_t fan_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	return -EINVAL;
}

const struct ofile_ops fanotify_fops = {
	.open = fop_default_open,
	.release = fan_release,
	.read = fan_read,
	.write = fan_write,
	.seek = event_seek,
	.poll = fan_poll,
	.ioctl = fan_ioctl,
	FOPS_PLAIN,
	FOPS_NO_STORAGE,
};
