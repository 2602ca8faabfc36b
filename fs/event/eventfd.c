// SPDX-License-Identifier: GPL-2.0-only
/* eventfd(2): a counter; reading waits for it to be above 0, writing for room.
 * Its queue's lock protects it.
 */
#include <tern/fs/event.h>

#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>
#include <tern/lib/seqbuf.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <uapi/eventfd.h>
#include <uapi/fcntl.h>

struct eventcount {
	refcount refs;
	struct waitq wait;	/* its lock protects count */
	u64 count;
	bool is_semaphore;	/* I */
};

static const struct ofile_ops eventfd_fops;

void eventcount_put(struct eventcount *e)
{
	if (ref_put(&e->refs))
		kmem_free(e);
}

struct eventcount *eventcount_of(struct ofile *f)
{
	struct eventcount *e = f->of_priv;

	if (f->of_ops != &eventfd_fops)
		return ERR_PTR(-EINVAL);
	ref_get(&e->refs);
	return e;
}

u64 eventcount_add(struct eventcount *e, u64 n)
{
	u64 flags = spin_lock_irqsave(&e->wait.lock);

	n = min(n, U64_MAX - e->count);
	e->count += n;
	if (!waitq_is_empty(&e->wait))
		waitq_wake_locked(&e->wait, 0, POLLIN | POLLRDNORM);
	spin_unlock_irqrestore(&e->wait.lock, flags);
	return n;
}

/* Take what a read takes; 0 if there is nothing. */
static u64 eventcount_take(struct eventcount *e)
{
	u64 v;

	spin_lock_irq(&e->wait.lock);
	v = e->is_semaphore ? !!e->count : e->count;
	e->count -= v;
	if (v && !waitq_is_empty(&e->wait))
		waitq_wake_locked(&e->wait, 0, POLLOUT | POLLWRNORM);
	spin_unlock_irq(&e->wait.lock);
	return v;
}

static ssize_t eventfd_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct eventcount *e = f->of_priv;
	u64 v;
	int err;

	if (u->resid < sizeof(v))
		return -EINVAL;
	while (!(v = eventcount_take(e))) {
		if (f->of_flags & O_NONBLOCK)
			return -EAGAIN;
		err = waitq_wait_intr_excl(&e->wait, READ_ONCE(e->count));
		if (err)
			return err;
	}
	return uio_put(u, &v, sizeof(v)) == sizeof(v) ? (ssize_t)sizeof(v) : -EFAULT;
}

static bool eventcount_try_add(struct eventcount *e, u64 v)
{
	bool fits;

	spin_lock_irq(&e->wait.lock);
	fits = U64_MAX - e->count > v;
	if (fits) {
		e->count += v;
		if (!waitq_is_empty(&e->wait))
			waitq_wake_locked(&e->wait, e->is_semaphore ? 0 : 1, POLLIN | POLLRDNORM);
	}
	spin_unlock_irq(&e->wait.lock);
	return fits;
}

static ssize_t eventfd_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct eventcount *e = f->of_priv;
	u64 v;
	int err;

	if (u->resid < sizeof(v))
		return -EINVAL;
	if (uio_get(u, &v, sizeof(v)) != sizeof(v))
		return -EFAULT;
	if (v == U64_MAX)
		return -EINVAL;
	while (!eventcount_try_add(e, v)) {
		if (f->of_flags & O_NONBLOCK)
			return -EAGAIN;
		err = waitq_wait_intr(&e->wait, U64_MAX - READ_ONCE(e->count) > v);
		if (err)
			return err;
	}
	return sizeof(v);
}

static u32 eventfd_poll(struct ofile *f, struct poll_table *pt)
{
	struct eventcount *e = f->of_priv;
	u32 ev = 0;
	u64 v;

	poll_wait(f, &e->wait, pt);
	v = READ_ONCE(e->count);
	if (v)
		ev |= POLLIN | POLLRDNORM;
	if (v == U64_MAX)
		ev |= POLLERR;
	if (v < U64_MAX - 1)
		ev |= POLLOUT | POLLWRNORM;
	return ev;
}

static void eventfd_release(struct ofile *f)
{
	struct eventcount *e = f->of_priv;

	waitq_wake(&e->wait, 0, POLLHUP);
	eventcount_put(e);
}

static void eventfd_show_fdinfo(struct ofile *f, struct seqbuf *sb)
{
	struct eventcount *e = f->of_priv;

	seqbuf_printf(sb, "eventfd-count: %16lx\n", READ_ONCE(e->count));
}

static const struct ofile_ops eventfd_fops = {
	.open = fop_default_open,
	.flush = fop_default_flush,
	.release = eventfd_release,
	.read = eventfd_read,
	.write = eventfd_write,
	.seek = event_seek,
	.poll = eventfd_poll,
	.ioctl = fop_no_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags,
	.show_fdinfo = eventfd_show_fdinfo,
	FOPS_NO_STORAGE,
};

static long eventfd_create(u32 count, u32 flags)
{
	struct eventcount *e;
	struct ofile *f;
	int fd;

	if (flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC))
		return -EINVAL;
	e = kmem_zalloc(sizeof(*e), ALLOC_KERNEL);
	if (!e)
		return -ENOMEM;
	ref_init(&e->refs, 1);
	waitq_init(&e->wait);
	e->count = count;
	e->is_semaphore = flags & EFD_SEMAPHORE;
	f = ofile_create_anon(&eventfd_fops, e, O_RDWR | (flags & EFD_NONBLOCK), "[eventfd]");
	if (IS_ERR(f)) {
		kmem_free(e);
		return PTR_ERR(f);
	}
	f->of_mode |= OFILE_STREAM;
	fd = fd_add(f, flags & EFD_CLOEXEC);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

long sys_eventfd(u32 count)
{
	return eventfd_create(count, 0);
}

long sys_eventfd2(u32 count, int flags)
{
	return eventfd_create(count, flags);
}
