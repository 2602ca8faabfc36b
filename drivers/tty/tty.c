// SPDX-License-Identifier: GPL-2.0-only
/*
 * Terminals: life-cycle, registry, raw input ring, hangup. See
 * tern/drivers/tty.h for nouns, life-cycle and lock order.
 *
 * The registry is a list under registry_lock; it is short and only walked when a
 * device is opened for the first time through its number.
 */
#include <tern/drivers/classdev.h>
#include <tern/drivers/tty.h>

#include "tty_impl.h"

#include <tern/base/err.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/process.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static struct list registry = LIST_INIT(registry);	/* registry_lock */
static struct spin registry_lock = SPIN_INIT(LOCKRANK_KLIST); /* protects registry */

/* Move bytes from the ring to the line discipline until either is exhausted. */
static void input_work(struct workitem *w)
{
	struct tty *t = container_of(w, struct tty, input_work);
	u8 chunk[128];

	kmutex_lock(&t->lock);
	for (;;) {
		size_t n = 0, used;
		u64 flags = spin_lock_irqsave(&t->spin);

		while (n < sizeof(chunk) && t->ring_tail + n != t->ring_head) {
			chunk[n] = t->ring[(t->ring_tail + n) % TTY_RING_SIZE];
			n++;
		}
		spin_unlock_irqrestore(&t->spin, flags);
		if (!n)
			break;
		used = ldisc_receive(t, chunk, n);
		flags = spin_lock_irqsave(&t->spin);
		t->ring_tail += used;
		spin_unlock_irqrestore(&t->spin, flags);
		if (used < n)
			break;	/* the reader queues the work again when it made room */
	}
	kmutex_unlock(&t->lock);
}

void tty_free(struct tty *t)
{
	if (!t)
		return;
	kmem_free(t->rbuf);
	kmem_free(t->ring);
	kmem_free(t);
}

struct tty *tty_create(const struct tty_ops *ops, void *priv, u64 dev, const char *name)
{
	struct tty *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	if (!t)
		return NULL;
	t->rbuf = kmem_alloc(TTY_READ_SIZE, ALLOC_KERNEL);
	t->ring = kmem_alloc(TTY_RING_SIZE, ALLOC_KERNEL);
	if (!t->rbuf || !t->ring) {
		tty_free(t);
		return NULL;
	}
	ref_init(&t->refs, 1);
	t->ops = ops;
	t->priv = priv;
	t->dev = dev;
	strlcpy(t->name, name, sizeof(t->name));
	kmutex_init(&t->lock, LOCKRANK_TTY);
	kmutex_init(&t->write_lock, LOCKRANK_TTY_WRITE);
	spin_init(&t->spin, LOCKRANK_TTY_SPIN);
	waitq_init(&t->read_wait);
	waitq_init(&t->write_wait);
	workitem_init(&t->input_work, input_work);
	list_init(&t->driver_link);
	tty_termios_default(&t->tio);
	return t;
}

void tty_put(struct tty *t)
{
	if (!t || !ref_put(&t->refs))
		return;
	workitem_cancel_sync(&t->input_work);
	pidref_put(t->session);
	pidref_put(t->pgrp);
	t->session = t->pgrp = NULL;
	t->ops->destroy(t);
}

void tty_registry_add(struct tty *t)
{
	u64 flags = spin_lock_irqsave(&registry_lock);

	list_add_tail(&t->driver_link, &registry);
	spin_unlock_irqrestore(&registry_lock, flags);
}

void tty_registry_remove(struct tty *t)
{
	u64 flags = spin_lock_irqsave(&registry_lock);

	list_del_init(&t->driver_link);
	spin_unlock_irqrestore(&registry_lock, flags);
}

int tty_register(struct tty *t)
{
	int err;

	tty_registry_add(t);
	err = devtmpfs_add(t->name, S_IFCHR | 0620, 0, 5, t->dev);
	if (!err)
		err = classdev_add("tty", t->name, t->dev);
	return err;
}

void tty_unregister(struct tty *t)
{
	tty_registry_remove(t);
	devtmpfs_remove(t->name);
	classdev_remove(t->dev);
}

struct tty *tty_find(u64 dev)
{
	struct tty *t, *found = NULL;
	u64 flags = spin_lock_irqsave(&registry_lock);

	list_foreach(t, &registry, driver_link) {
		if (t->dev == dev && ref_get_unless_zero(&t->refs)) {
			found = t;
			break;
		}
	}
	spin_unlock_irqrestore(&registry_lock, flags);
	return found;
}

size_t tty_input(struct tty *t, const u8 *buf, size_t n)
{
	u64 flags = spin_lock_irqsave(&t->spin);
	size_t i = 0;

	while (i < n && t->ring_head - t->ring_tail < TTY_RING_SIZE)
		t->ring[t->ring_head++ % TTY_RING_SIZE] = buf[i++];
	t->ring_overruns += n - i;
	spin_unlock_irqrestore(&t->spin, flags);
	workpool_queue(workpool_system, &t->input_work);
	return i;
}

size_t tty_input_room(struct tty *t)
{
	u64 flags = spin_lock_irqsave(&t->spin);
	size_t room = TTY_RING_SIZE - (t->ring_head - t->ring_tail);

	spin_unlock_irqrestore(&t->spin, flags);
	return room;
}

size_t tty_input_sync(struct tty *t, const u8 *buf, size_t n)
{
	size_t used;

	kmutex_lock(&t->lock);
	used = ldisc_receive(t, buf, n);
	kmutex_unlock(&t->lock);
	return used;
}

void tty_output_ready(struct tty *t)
{
	waitq_wake(&t->write_wait, 0, POLLOUT | POLLWRNORM);
}

void tty_hang_up(struct tty *t)
{
	kmutex_lock(&t->lock);
	if (tty_flag_test_and_set(t, TTY_HUNGUP)) {
		kmutex_unlock(&t->lock);
		return;
	}
	ldisc_reset(t);
	t->ops->flush_output(t);
	t->ops->hangup(t);
	kmutex_unlock(&t->lock);
	ctty_hangup(t);
	waitq_wake(&t->read_wait, 0, POLLIN | POLLHUP | POLLERR);
	waitq_wake(&t->write_wait, 0, POLLOUT | POLLHUP | POLLERR);
}

int tty_set_winsize(struct tty *t, const struct winsize_abi *ws)
{
	bool changed;

	kmutex_lock(&t->lock);
	changed = memcmp(&t->winsize, ws, sizeof(*ws)) != 0;
	t->winsize = *ws;
	kmutex_unlock(&t->lock);
	if (changed)
		ctty_signal(t, SIGWINCH);
	return 0;
}
