// SPDX-License-Identifier: GPL-2.0-only
/*
 * Consoles whose driver moves bytes by two calls (virtio_console's hvc0): each is a native terminal.
 *
 * The driver says by hvc_poll(), in its interrupt, that there may be input, and by hvc_kick() that all of
 * its consoles should be looked at; what the line discipline has no room for stays with the driver until a
 * reader made some. Output that the driver does not take at once waits in outbuf.
 *
 * Life: hvc_alloc() to hvc_remove(), then until the last file is closed. The driver's calls are made
 * without a lock that hvc_remove() needs, so a console is marked gone first.
 *
 * Lock order: consoles_lock alone; tty_lock > console's lock.
 * Limits: none of these is the kernel's own console.
 */
#include "../lx.h"

#include "../task.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/drivers/tty.h>
#include <tern/fs/chardev.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define HVC_MAJOR	229u
#define HVC_COUNT	64u
#define CHUNK		128

struct console {
	struct lx_hvc_struct pub;	/* first: the driver holds pointers to it */
	struct list link;		/* consoles_lock */
	struct tty *tty;		/* I with the driver's reference */
	struct spin lock;		/* protects pub.outbuf; output in order */
	struct workitem look;		/* input and output are tried again */
	atomic32 looks;			/* A times that input was to be looked at since nobody did */
	bool is_open;			/* A by the tty's lock */
	bool is_gone;			/* A */
};

static LIST_HEAD(consoles);
static struct kmutex consoles_lock = KMUTEX_INIT(consoles_lock, LOCKRANK_VFS_MISC);	/* protects consoles */
static struct chardev hvc_chardev = {
	.name = "hvc", .major = HVC_MAJOR, .minor = 0, .count = HVC_COUNT, .ops = &tty_fops,
};

static struct console *console_of(struct lx_hvc_struct *p) { return container_of(p, struct console, pub); }

/* ---- moving bytes ---- */

static void flush_locked(struct console *c)
{
	struct lx_hvc_struct *p = &c->pub;
	int n;

	while (p->n_outbuf && !READ_ONCE(c->is_gone)) {
		n = p->ops->put_chars(p->vtermno, p->outbuf, p->n_outbuf);
		if (n <= 0) {
			p->n_outbuf = n < 0 && n != -EAGAIN ? 0 : p->n_outbuf;
			return;
		}
		p->n_outbuf -= n;
		memmove(p->outbuf, p->outbuf + n, (size_t)p->n_outbuf);
	}
}

static void drain_once(struct console *c)
{
	struct lx_hvc_struct *p = &c->pub;
	char buf[CHUNK];

	while (READ_ONCE(c->is_open) && !READ_ONCE(c->is_gone)) {
		size_t room = tty_input_room(c->tty);
		int n = room ? p->ops->get_chars(p->vtermno, buf, (int)min(room, sizeof(buf))) : 0;

		if (n <= 0)
			return;
		(void)tty_input(c->tty, (const u8 *)buf, (size_t)n);
	}
}

/*
 * One at a time, since bytes that were got must reach the terminal before those got after them: who finds
 * another at it, perhaps the one it interrupted, leaves it to look once more.
 */
static void drain(struct console *c)
{
	int asked;

	if (atomic_add_return(&c->looks, 1) > 1)
		return;
	do {
		asked = atomic_read(&c->looks);
		drain_once(c);
	} while (atomic_add_return(&c->looks, -asked));
}

static void look_again(struct workitem *w)
{
	struct console *c = container_of(w, struct console, look);
	u64 flags = spin_lock_irqsave(&c->lock);

	flush_locked(c);
	spin_unlock_irqrestore(&c->lock, flags);
	tty_output_ready(c->tty);
	drain(c);
}

/* Nothing is left to be done by hvc_kick(): input without room is asked for again by the reader. */
int lx_hvc_poll(struct lx_hvc_struct *p)
{
	drain(console_of(p));
	return 0;
}
LX_EXPORT(hvc_poll);

static void look_at_all(struct workitem *w)
{
	struct console *c;

	kmutex_lock(&consoles_lock);
	list_foreach(c, &consoles, link)
		workpool_queue(workpool_system, &c->look);
	kmutex_unlock(&consoles_lock);
}

static struct workitem kicked = WORKITEM_INIT(look_at_all);

void lx_hvc_kick(void) { workpool_queue(workpool_system, &kicked); }
LX_EXPORT(hvc_kick);

void lx___hvc_resize(struct lx_hvc_struct *p, struct lx_winsize ws)
{
	struct winsize_abi native = { .ws_row = ws.ws_row, .ws_col = ws.ws_col,
				      .ws_xpixel = ws.ws_xpixel, .ws_ypixel = ws.ws_ypixel };

	p->ws = ws;
	(void)tty_set_winsize(console_of(p)->tty, &native);
}
LX_EXPORT(__hvc_resize);

/* ---- the terminal's operations ---- */

static int op_open(struct tty *t, struct ofile *f)
{
	struct console *c = t->priv;
	int err = lx_task_enter();

	if (err || READ_ONCE(c->is_open))
		return err;
	if (READ_ONCE(c->is_gone))
		return -ENODEV;
	if (c->pub.ops->notifier_add)
		err = c->pub.ops->notifier_add(&c->pub, c->pub.data);
	if (err)
		return err;
	WRITE_ONCE(c->is_open, true);
	workpool_queue(workpool_system, &c->look);
	return 0;
}

static void op_close(struct tty *t, struct ofile *f)
{
	struct console *c = t->priv;

	if (t->nopen || !READ_ONCE(c->is_open))
		return;
	WRITE_ONCE(c->is_open, false);
	if (!READ_ONCE(c->is_gone) && c->pub.ops->notifier_del && !lx_task_enter())
		c->pub.ops->notifier_del(&c->pub, c->pub.data);
}

static size_t op_write(struct tty *t, const u8 *buf, size_t n)
{
	struct console *c = t->priv;
	size_t done = 0;
	u64 flags = spin_lock_irqsave(&c->lock);

	while (done < n) {
		size_t room = (size_t)(c->pub.outbuf_size - c->pub.n_outbuf), take = min(room, n - done);

		if (!room)
			break;
		memcpy(c->pub.outbuf + c->pub.n_outbuf, buf + done, take);
		c->pub.n_outbuf += (int)take;
		done += take;
		flush_locked(c);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return done;
}

static size_t op_write_room(struct tty *t)
{
	struct console *c = t->priv;

	return (size_t)(c->pub.outbuf_size - READ_ONCE(c->pub.n_outbuf));
}

static size_t op_chars_queued(struct tty *t) { return (size_t)READ_ONCE(((struct console *)t->priv)->pub.n_outbuf); }

static void op_flush_output(struct tty *t)
{
	struct console *c = t->priv;
	u64 flags = spin_lock_irqsave(&c->lock);

	c->pub.n_outbuf = 0;
	spin_unlock_irqrestore(&c->lock, flags);
}

static void op_unthrottle(struct tty *t) { workpool_queue(workpool_system, &((struct console *)t->priv)->look); }

static void op_hangup(struct tty *t)
{
	struct console *c = t->priv;

	if (READ_ONCE(c->is_open) && !READ_ONCE(c->is_gone) && c->pub.ops->notifier_hangup && !lx_task_enter())
		c->pub.ops->notifier_hangup(&c->pub, c->pub.data);
	WRITE_ONCE(c->is_open, false);
}

static void op_none(struct tty *t) { }
static void op_set_termios(struct tty *t, const struct ktermios2_abi *old) { }
static int op_set_break(struct tty *t, bool on) { return -ENOTTY; }

static int op_modem_get(struct tty *t)
{
	struct console *c = t->priv;

	return c->pub.ops->tiocmget && !READ_ONCE(c->is_gone) ? c->pub.ops->tiocmget(&c->pub) : -ENOTTY;
}

static int op_modem_set(struct tty *t, u32 set, u32 clear)
{
	struct console *c = t->priv;

	return c->pub.ops->tiocmset && !READ_ONCE(c->is_gone) ? c->pub.ops->tiocmset(&c->pub, set, clear) : -ENOTTY;
}

static long op_ioctl(struct tty *t, struct ofile *f, u32 cmd, uptr arg) { return -ENOTTY; }

static void op_destroy(struct tty *t)
{
	struct console *c = t->priv;

	(void)workitem_cancel_sync(&c->look);
	tty_free(t);
	kmem_free(c->pub.outbuf);
	kmem_free(c);
}

static const struct tty_ops hvc_tty_ops = {
	.open = op_open, .close = op_close, .write = op_write, .write_room = op_write_room,
	.chars_queued = op_chars_queued, .set_termios = op_set_termios, .flush_output = op_flush_output,
	.stop = op_none, .start = op_none, .unthrottle = op_unthrottle, .hangup = op_hangup,
	.set_break = op_set_break, .modem_get = op_modem_get, .modem_set = op_modem_set, .ioctl = op_ioctl,
	.destroy = op_destroy,
};

/* ---- made and removed ---- */

static int index_locked(void)
{
	u64 used = 0;
	struct console *c;

	list_foreach(c, &consoles, link)
		used |= BIT(c->pub.index);
	return ~used ? (int)bit_lowest(~used) : -ENOSPC;
}

/* consoles_lock is held. */
static int publish_locked(struct console *c)
{
	int index = index_locked(), err = index < 0 ? index : 0;
	char name[16];

	if (!err && list_is_empty(&consoles))
		err = chardev_register(&hvc_chardev);
	if (err)
		return err;
	c->pub.index = index;
	fmt_print(name, sizeof(name), "hvc%d", index);
	c->tty = tty_create(&hvc_tty_ops, c, DEV_MAKE(HVC_MAJOR, (u32)index), name);
	err = c->tty ? tty_register(c->tty) : -ENOMEM;
	if (!err) {
		list_add_tail(&c->link, &consoles);
		return 0;
	}
	if (c->tty)
		tty_unregister(c->tty);
	tty_free(c->tty);
	if (list_is_empty(&consoles))
		chardev_unregister(&hvc_chardev);
	return err;
}

struct lx_hvc_struct *lx_hvc_alloc(unsigned int vtermno, int data, const struct lx_hv_ops *ops, int outbuf_size)
{
	struct console *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	int err;

	if (!c)
		return ERR_PTR(-ENOMEM);
	c->pub.vtermno = vtermno;
	c->pub.data = data;
	c->pub.ops = ops;
	c->pub.outbuf_size = outbuf_size;
	c->pub.outbuf = kmem_alloc((size_t)outbuf_size, ALLOC_KERNEL);
	spin_init(&c->lock, LOCKRANK_DRIVER);
	workitem_init(&c->look, look_again);
	if (!c->pub.outbuf) {
		kmem_free(c);
		return ERR_PTR(-ENOMEM);
	}
	kmutex_lock(&consoles_lock);
	err = publish_locked(c);
	kmutex_unlock(&consoles_lock);
	if (!err)
		return &c->pub;
	kmem_free(c->pub.outbuf);
	kmem_free(c);
	return ERR_PTR(err);
}
LX_EXPORT(hvc_alloc);

int lx_hvc_remove(struct lx_hvc_struct *p)
{
	struct console *c = console_of(p);

	kmutex_lock(&consoles_lock);
	list_del(&c->link);
	tty_unregister(c->tty);
	if (list_is_empty(&consoles))
		chardev_unregister(&hvc_chardev);
	kmutex_unlock(&consoles_lock);
	tty_hang_up(c->tty);
	kmutex_lock(&c->tty->lock);
	WRITE_ONCE(c->is_gone, true);
	kmutex_unlock(&c->tty->lock);
	(void)workitem_cancel_sync(&c->look);
	op_flush_output(c->tty);	/* nobody is in put_chars() any more */
	tty_put(c->tty);
	return 0;
}
LX_EXPORT(hvc_remove);

/* The kernel's messages do not go to a console of a module. */
int lx_hvc_instantiate(unsigned int vtermno, int index, const struct lx_hv_ops *ops) { return -EOPNOTSUPP; }
LX_EXPORT(hvc_instantiate);
