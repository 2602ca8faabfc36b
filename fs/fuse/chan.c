// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/fuse, the daemon's side: read(2) takes one request, write(2) gives one answer. A descriptor
 * serves no connection until a mount names it or FUSE_DEV_IOC_CLONE makes it another one's twin.
 */
#include "fuse_impl.h"

#include <tern/base/initcall.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/pipe.h>
#include <tern/fs/sysfs.h>

#define MISC_MAJOR	10
#define FUSE_MINOR	229
#define SPLICE_PAGES	(FUSE_PAGES + 2)	/* a request with data, and its head */

/* ---- requests ---- */

/* What there is to be read. Lock held. */
static bool has_work(const struct fuselink *fl)
{
	return !fl->is_up || !list_is_empty(&fl->pending) || !list_is_empty(&fl->interrupts) ||
	       !list_is_empty(&fl->forgets);
}

static bool is_ready(struct fuselink *fl)
{
	bool yes;

	spin_lock(&fl->lock);
	yes = has_work(fl);
	spin_unlock(&fl->lock);
	return yes;
}

static ssize_t put_message(struct uio *u, const struct fuse_in_header *h, const void *body)
{
	size_t n = h->len - sizeof(*h);

	if (uio_put(u, h, sizeof(*h)) != sizeof(*h) || uio_put(u, body, n) != n)
		return -EFAULT;
	return h->len;
}

/* Lock held; is released. */
static ssize_t take_interrupt(struct fuselink *fl, struct uio *u)
{
	struct fusecall *c = list_first_entry(&fl->interrupts, struct fusecall, interrupt);
	struct fuse_interrupt_in in = { c->unique };
	struct fuse_in_header h = { sizeof(h) + sizeof(in), FUSE_INTERRUPT, c->unique | 1 };

	list_del_init(&c->interrupt);
	spin_unlock(&fl->lock);
	return put_message(u, &h, &in);
}

static ssize_t take_forget(struct fuselink *fl, struct uio *u)
{
	struct fuseforget *g = list_first_entry(&fl->forgets, struct fuseforget, link);
	struct fuse_forget_in in = { g->nlookup };
	struct fuse_in_header h = { sizeof(h) + sizeof(in), FUSE_FORGET, 0, g->nodeid };

	fl->last_unique += 2;
	h.unique = fl->last_unique;
	list_del(&g->link);
	spin_unlock(&fl->lock);
	kmem_free(g);
	return put_message(u, &h, &in);
}

static bool put_pages(struct uio *u, const struct fusecall *c)
{
	u32 left = c->in_data;

	for (u32 i = 0; left; i++) {
		u32 part = min_t(u32, left, PAGE_SIZE);

		if (uio_put_page(u, c->pages[i], 0, part) != part)
			return false;
		left -= part;
	}
	return true;
}

/* The daemon could not take it: the caller has an error, unless an answer came all the same. */
static void give_up(struct fusecall *c, int err)
{
	struct fuselink *fl = c->fl;
	bool is_ours;

	spin_lock(&fl->lock);
	is_ours = c->state == FUSECALL_SENT;
	if (is_ours) {
		c->state = FUSECALL_ANSWERING;
		list_del_init(&c->link);
	}
	spin_unlock(&fl->lock);
	if (is_ours)
		fuse_call_end(c, err);
}

/* -EAGAIN: that one did not fit, there may be others. */
static ssize_t take_call(struct fuselink *fl, struct uio *u)
{
	struct fusecall *c = list_first_entry(&fl->pending, struct fusecall, link);
	struct fuse_in_header h = { (u32)sizeof(h) + c->in_len + c->in_data, c->op, c->unique, c->nodeid,
				    c->uid, c->gid, c->pid };
	bool fits = h.len <= u->resid, ok;

	list_del(&c->link);
	list_add_tail(&c->link, &fl->sent);
	c->state = FUSECALL_SENT;
	if (c->is_interrupted && !fuse_lacks(fl, FUSE_INTERRUPT))
		list_add_tail(&c->interrupt, &fl->interrupts);
	ref_get(&c->refs);
	spin_unlock(&fl->lock);
	ok = fits && uio_put(u, &h, sizeof(h)) == sizeof(h) && uio_put(u, c->in, c->in_len) == c->in_len &&
	     put_pages(u, c);
	if (!ok)
		give_up(c, !fits && c->op == FUSE_SETXATTR ? -E2BIG : -EIO);
	fuse_call_put(c);
	return ok ? (ssize_t)h.len : fits ? -EFAULT : -EAGAIN;
}

static ssize_t take(struct fuselink *fl, struct uio *u)
{
	spin_lock(&fl->lock);
	if (!fl->is_up) {
		int err = fl->is_aborted && (fl->flags & FUSE_ABORT_ERROR) ? -ECONNABORTED : -ENODEV;

		spin_unlock(&fl->lock);
		return err;
	}
	if (!list_is_empty(&fl->interrupts))
		return take_interrupt(fl, u);
	/* Calls first, but what is to be forgotten does not pile up. */
	if (!list_is_empty(&fl->forgets) && (list_is_empty(&fl->pending) || (fl->last_unique & 14) == 14))
		return take_forget(fl, u);
	if (!list_is_empty(&fl->pending))
		return take_call(fl, u);
	spin_unlock(&fl->lock);
	return -EAGAIN;
}

static struct fuselink *link_of(struct ofile *f)
{
	struct fusechan *ch = f->of_priv;

	return load_acquire(&ch->fl);
}

static ssize_t fuse_chan_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct fuselink *fl = link_of(f);

	if (!fl)
		return -EPERM;
	if (u->resid < max_t(size_t, FUSE_MIN_READ_BUFFER, sizeof(struct fuse_in_header) +
			     sizeof(struct fuse_write_in) + fl->max_write))
		return -EINVAL;
	for (;;) {
		ssize_t n = take(fl, u);

		if (n != -EAGAIN)
			return n;
		if (is_ready(fl))
			continue;
		if (f->of_flags & O_NONBLOCK)
			return -EAGAIN;
		n = waitq_wait_intr_excl(&fl->readers, is_ready(fl));
		if (n)
			return n;
	}
}

/* A request stays one message: as many pages as it may have. */
static ssize_t fuse_chan_splice_read(struct ofile *f, loff_t *pos, struct ofile *pipe, size_t len, u32 flags)
{
	struct uio_pageseg *seg = kmem_zalloc(SPLICE_PAGES * sizeof(*seg), ALLOC_KERNEL);
	ssize_t n = seg ? 0 : -ENOMEM, taken = 0;
	u32 have = 0, used = 0;
	struct uio u;

	while (!n && have < SPLICE_PAGES) {
		seg[have] = (struct uio_pageseg){ page_alloc(0, ALLOC_USER), 0, PAGE_SIZE };
		if (!seg[have].page)
			n = -ENOMEM;
		else
			have++;
	}
	if (!n)
		n = pipe_room(pipe, flags);
	if (!n) {
		uio_init_pages(&u, seg, have);
		uio_truncate(&u, len);
		n = fuse_chan_read(f, &u, pos);
	}
	if (n > 0) {
		used = (u32)DIV_ROUND_UP((size_t)n, PAGE_SIZE);
		seg[used - 1].len = (u32)((size_t)n - (used - 1) * PAGE_SIZE);
		taken = pipe_push(pipe, seg, used, flags);
		if (taken < (ssize_t)used)
			n = taken < 0 ? taken : -EIO;
	}
	for (u32 i = (u32)max_t(ssize_t, taken, 0); i < have; i++)
		page_put(seg[i].page);
	kmem_free(seg);
	return n;
}

/* ---- answers ---- */

static struct fusecall *find_sent(struct fuselink *fl, u64 unique)
{
	struct fusecall *c, *found = NULL;

	spin_lock(&fl->lock);
	list_foreach(c, &fl->sent, link) {
		if (c->unique == unique) {
			found = c;
			list_del_init(&c->link);
			list_del_init(&c->interrupt);
			c->state = FUSECALL_ANSWERING;
			break;
		}
	}
	spin_unlock(&fl->lock);
	return found;
}

/* The answer to an interrupt: only errors are answered. */
static int interrupt_answer(struct fuselink *fl, u64 unique, int error)
{
	struct fusecall *c;
	int err = -ENOENT;

	if (error == -ENOSYS)
		fuse_note_lack(fl, FUSE_INTERRUPT);
	spin_lock(&fl->lock);
	list_foreach(c, &fl->sent, link) {
		if (c->unique != unique)
			continue;
		err = 0;
		if (error == -EAGAIN && list_is_empty(&c->interrupt))
			list_add_tail(&c->interrupt, &fl->interrupts);
	}
	spin_unlock(&fl->lock);
	return err;
}

static int get_pages(struct fusecall *c, struct uio *u)
{
	u32 left = min_t(u32, (u32)u->resid, c->out_data);

	for (u32 i = 0; left; i++) {
		u32 part = min_t(u32, left, PAGE_SIZE);

		if (uio_get_page(u, c->pages[i], 0, part) != part)
			return -EFAULT;
		left -= part;
	}
	return 0;
}

/* 0: the call has its answer. */
static int copy_answer(struct fusecall *c, struct uio *u)
{
	u32 n = (u32)u->resid, head = min(n, c->out_room);

	if (n > c->out_room + c->out_data || (!c->out_varies && n != c->out_room + c->out_data))
		return -EINVAL;
	c->out_len = n;
	if (uio_get(u, c->out, head) != head)
		return -EFAULT;
	return n > head ? get_pages(c, u) : 0;
}

static ssize_t fuse_chan_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct fuselink *fl = link_of(f);
	struct fuse_out_header h;
	size_t total = u->resid;
	struct fusecall *c;
	int err = 0;

	if (!fl)
		return -EPERM;
	if (total < sizeof(h))
		return -EINVAL;
	if (uio_get(u, &h, sizeof(h)) != sizeof(h))
		return -EFAULT;
	if (h.len != total)
		return -EINVAL;
	if (!h.unique) {
		err = fuse_notify(fl, (u32)h.error, u);
		return err ? err : (ssize_t)total;
	}
	/* From ERESTARTSYS on, numbers are the kernel's own. */
	if (h.error <= -ERESTARTSYS || h.error > 0 || (h.error && total != sizeof(h)))
		return -EINVAL;
	if (h.unique & 1) {
		err = interrupt_answer(fl, h.unique & ~1UL, h.error);
		return err ? err : (ssize_t)total;
	}
	c = find_sent(fl, h.unique);
	if (!c)
		return -ENOENT;
	if (!h.error)
		err = copy_answer(c, u);
	fuse_call_end(c, h.error ? h.error : err ? -EIO : 0);
	return err ? err : (ssize_t)total;
}

/* What lies in the pipe is one message. */
static ssize_t fuse_chan_splice_write(struct ofile *pipe, struct ofile *f, loff_t *pos, size_t len, u32 flags)
{
	struct uio_pageseg *seg = kmem_alloc(SPLICE_PAGES * sizeof(*seg), ALLOC_KERNEL);
	struct uio u;
	ssize_t done;
	int n;

	if (!seg)
		return -ENOMEM;
	n = pipe_hold(pipe, seg, SPLICE_PAGES, len, flags);
	done = n;
	if (n > 0) {
		uio_init_pages(&u, seg, (u32)n);
		done = fuse_chan_write(f, &u, pos);
		pipe_release(pipe, (size_t)max_t(ssize_t, done, 0));
	}
	kmem_free(seg);
	return done;
}

/* ---- the descriptor ---- */

static const struct ofile_ops chan_fops;

static int fuse_chan_open(struct ofile *f, struct vnode *vn)
{
	struct fusechan *ch = kmem_zalloc(sizeof(*ch), ALLOC_KERNEL);

	if (!ch)
		return -ENOMEM;
	f->of_priv = ch;
	ofile_make_stream(f);
	return 0;
}

static int bind(struct fusechan *ch, struct fuselink *fl)
{
	struct fuselink *none = NULL;
	bool is_first;

	fuse_link_get(fl);
	spin_lock(&fl->lock);
	is_first = __atomic_compare_exchange_n(&ch->fl, &none, fl, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	if (is_first)
		fl->nchannels++;
	spin_unlock(&fl->lock);
	if (!is_first)
		fuse_link_put(fl);
	return is_first ? 0 : -EINVAL;
}

int fuse_chan_bind(struct ofile *f, struct fuselink *fl)
{
	return f->of_ops == &chan_fops ? bind(f->of_priv, fl) : -EINVAL;
}

/* With the last descriptor the daemon is gone. */
static void fuse_chan_release(struct ofile *f)
{
	struct fusechan *ch = f->of_priv;
	struct fuselink *fl = ch->fl;
	bool is_last;

	if (fl) {
		spin_lock(&fl->lock);
		is_last = --fl->nchannels == 0;
		spin_unlock(&fl->lock);
		if (is_last)
			fuse_link_down(fl, false);
		fuse_link_put(fl);
	}
	kmem_free(ch);
}

static u32 fuse_chan_poll(struct ofile *f, struct poll_table *pt)
{
	struct fuselink *fl = link_of(f);

	if (!fl)
		return POLLERR;
	poll_wait(f, &fl->readers, pt);
	if (!READ_ONCE(fl->is_up))
		return POLLERR;
	return POLLOUT | POLLWRNORM | (is_ready(fl) ? POLLIN | POLLRDNORM : 0);
}

static long clone_of(struct ofile *f, int fd)
{
	struct ofile *other = fd_get(fd);
	struct fuselink *fl;
	int err = -EINVAL;

	if (IS_ERR(other))
		return PTR_ERR(other);
	fl = other->of_ops == &chan_fops ? link_of(other) : NULL;
	if (fl)
		err = fuse_chan_bind(f, fl);
	ofile_put(other);
	return err;
}

static long fuse_chan_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	u32 fd;

	if (cmd != FUSE_DEV_IOC_CLONE)
		return -ENOTTY;
	if (user_copyin(&fd, (const void __user *)arg, sizeof(fd)))
		return -EFAULT;
	return clone_of(f, (int)fd);
}

static const struct ofile_ops chan_fops = {
	.open = fuse_chan_open, .flush = fop_default_flush, .release = fuse_chan_release,
	.read = fuse_chan_read, .write = fuse_chan_write, .seek = fop_no_seek, .poll = fuse_chan_poll,
	.ioctl = fuse_chan_ioctl, .splice_read = fuse_chan_splice_read, .splice_write = fuse_chan_splice_write,
	.set_flags = fop_default_set_flags, .show_fdinfo = fop_default_show_fdinfo, FOPS_NO_STORAGE,
};
static struct chardev chan_dev = {
	.name = "misc", .major = MISC_MAJOR, .minor = FUSE_MINOR, .count = 1, .ops = &chan_fops,
};

static int fuse_start(void)
{
	struct sysnode *dir = sysfs_dir_create(sysfs_fs, "fuse");
	int err = fuse_cache_init();

	if (!IS_ERR(dir))
		dir = sysfs_dir_create(dir, "connections");
	if (!err)
		err = chardev_register(&chan_dev);
	if (!err)
		err = devtmpfs_add("fuse", S_IFCHR | 0666, 0, 0, DEV_MAKE(MISC_MAJOR, FUSE_MINOR));
	return err ? err : IS_ERR(dir) ? (int)PTR_ERR(dir) : 0;
}
INITCALL(DEVICE, fuse_start);
