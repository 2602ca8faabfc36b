// SPDX-License-Identifier: GPL-2.0-only
/* inotify's queue of events and the file that reads it. */
#include "inotify_impl.h"

#include <asm/uaccess.h>
#include <tern/fs/event.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/thread.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <uapi/fcntl.h>
#include <uapi/ioctl.h>

#define NAME_ALIGN	sizeof(struct inotify_event)

/* Bytes of the name field: NUL and padding included. */
static u32 name_field(u32 name_len)
{
	return name_len ? ALIGN_UP(name_len + 1, (u32)NAME_ALIGN) : 0;
}

static size_t event_size(const struct notified *e)
{
	return sizeof(struct inotify_event) + name_field(e->name_len);
}

static bool is_same(const struct notified *e, s32 wd, u32 mask, u32 cookie, const char *name, u32 len)
{
	return e->wd == wd && e->mask == mask && e->cookie == cookie && e->name_len == len &&
	       !(mask & IN_IGNORED) && !memcmp(e->name, name ? name : "", len);
}

static void append_locked(struct watchgroup *g, struct notified *e)
{
	list_add_tail(&e->link, &g->queue);
	g->nqueued++;
	g->queued_bytes += event_size(e);
}

static void overflow_locked(struct watchgroup *g)
{
	if (g->has_overflow)
		return;
	g->has_overflow = true;
	g->overflow = (struct notified){ .wd = -1, .mask = IN_Q_OVERFLOW };
	append_locked(g, &g->overflow);
}

void group_queue(struct watchgroup *g, s32 wd, u32 mask, u32 cookie, const char *name, u32 len)
{
	struct notified *e = kmem_alloc(sizeof(*e) + len + 1, ALLOC_ATOMIC), *last;

	if (e) {
		*e = (struct notified){ .wd = wd, .mask = mask, .cookie = cookie, .name_len = len };
		if (len)
			memcpy(e->name, name, len);
	}
	spin_lock(&g->queue_lock);
	last = list_last_entry_or_null(&g->queue, struct notified, link);
	if (last && is_same(last, wd, mask, cookie, name, len)) {
		spin_unlock(&g->queue_lock);
		kmem_free(e);
		return;
	}
	if (e && g->nqueued < inotify_max_queued) {
		append_locked(g, e);
		e = NULL;
	} else {
		overflow_locked(g);
	}
	spin_unlock(&g->queue_lock);
	kmem_free(e);
	waitq_wake(&g->wait, 0, POLLIN | POLLRDNORM);
}

/* First event if it fits in @room; ERR_PTR(-EINVAL) if not; NULL if none. */
static struct notified *take_first(struct watchgroup *g, size_t room)
{
	struct notified *e;

	spin_lock(&g->queue_lock);
	e = list_first_entry_or_null(&g->queue, struct notified, link);
	if (e && event_size(e) > room) {
		e = ERR_PTR(-EINVAL);
	} else if (e) {
		list_del(&e->link);
		g->nqueued--;
		g->queued_bytes -= event_size(e);
		if (e == &g->overflow)
			g->has_overflow = false;
	}
	spin_unlock(&g->queue_lock);
	return e;
}

static void event_free(struct watchgroup *g, struct notified *e)
{
	if (e != &g->overflow)
		kmem_free(e);
}

static ssize_t copy_event(const struct notified *e, struct uio *u)
{
	struct inotify_event out = { e->wd, e->mask, e->cookie, name_field(e->name_len) };

	if (uio_put(u, &out, sizeof(out)) != sizeof(out) ||
	    uio_put(u, e->name, e->name_len) != e->name_len ||
	    uio_put_zero(u, out.len - e->name_len) != out.len - e->name_len)
		return -EFAULT;
	return sizeof(out) + out.len;
}

ssize_t group_read(struct watchgroup *g, struct uio *u, bool may_block)
{
	struct notified *e;
	ssize_t done = 0, n;
	int err;

	for (;;) {
		e = take_first(g, u->resid);
		if (IS_ERR(e))
			return done ? done : PTR_ERR(e);
		if (e) {
			n = copy_event(e, u);
			event_free(g, e);
			if (n < 0)
				return done ? done : n;
			done += n;
			continue;
		}
		if (done)
			return done;
		if (!may_block)
			return -EAGAIN;
		err = waitq_wait_intr(&g->wait, !list_is_empty(&g->queue));
		if (err)
			return err;
	}
}

void group_flush(struct watchgroup *g)
{
	struct notified *e;

	while ((e = take_first(g, U64_MAX)))
		event_free(g, e);
}

/* ---- the file ---- */

static ssize_t inotify_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return group_read(f->of_priv, u, !(f->of_flags & O_NONBLOCK));
}

static u32 inotify_poll(struct ofile *f, struct poll_table *pt)
{
	struct watchgroup *g = f->of_priv;

	poll_wait(f, &g->wait, pt);
	return list_is_empty(&g->queue) ? 0 : POLLIN | POLLRDNORM;
}

static long inotify_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct watchgroup *g = f->of_priv;

	if (cmd != FIONREAD)
		return -ENOTTY;
	return user_put((int)READ_ONCE(g->queued_bytes), (int __user *)arg);
}

static void inotify_release(struct ofile *f)
{
	struct watchgroup *g = f->of_priv;

	group_drop_watches(g);
	group_flush(g);
	atomic_dec(&g->cred->user->inotify_instances);
	group_put(g);
}

static void inotify_show_fdinfo(struct ofile *f, struct seqbuf *sb)
{
	struct watchgroup *g = f->of_priv;
	struct watch *w;
	u32 id;

	kmutex_lock(&g->lock);
	idmap_foreach(w, &g->wds, id)
		seqbuf_printf(sb, "inotify wd:%x ino:%lx sdev:%lx mask:%x ignored_mask:0\n", w->wd,
			      w->vn->vn_ino, w->vn->vn_fs->dev, w->mask);
	kmutex_unlock(&g->lock);
}

const struct ofile_ops inotify_fops = {
	.open = fop_default_open,
	.flush = fop_default_flush,
	.release = inotify_release,
	.read = inotify_read,
	.write = fop_no_write,
	.seek = event_seek,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags,
	.show_fdinfo = inotify_show_fdinfo,
	FOPS_NO_STORAGE,
};
