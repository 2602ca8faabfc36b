// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pseudo terminals: a master (opened through ptmx) and a slave (/dev/pts/N).
 *
 * What is written to the master is the slave's input, through the slave's line
 * discipline, in the writer's context. What is written to the slave goes
 * through its output processing into the master's read buffer; the master
 * itself is raw. Either side's write takes only what the other's buffer holds.
 *
 * Life: opening ptmx makes the pair. The master's file holds the master, and the
 * open master holds the slave's first reference; open slaves hold more. The memory of both
 * ends belongs to the pair and goes when neither end is referenced, so that
 * tty->link is always valid. The slave's node goes when the master closes;
 * slaves still open then see hang-up.
 *
 * Lock order: a slave writes to its master with its own lock held and takes the
 * master's (kmutex_lock_nested): slave before master. The master's writer takes only the slave's.
 */
#include "tty_impl.h"

#include <asm/uaccess.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/drivers/classdev.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devpts.h>
#include <tern/fs/devtmpfs.h>
#include <tern/kernel/signal.h>
#include <tern/lib/bitmap.h>
#include <tern/lib/fmt.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#define PTMX_MAJOR	5
#define PTMX_MINOR	2

struct pty_pair {
	struct devpts *fs;	/* I with a reference */
	u32 index;		/* I */
	struct tty *end[2];	/* I master, slave */
	refcount refs;		/* one for each end */
};

/* Pair numbers: a bitmap that grows. */
static struct kmutex index_lock = KMUTEX_INIT(index_lock, LOCKRANK_VFS_MISC); /* protects the map */
static u64 *index_map;
static u32 index_bits;

static int index_alloc(void)
{
	u32 i;
	int r;

	kmutex_lock(&index_lock);
	i = (u32)bitmap_find_next_zero(index_map, index_bits, 0);
	if (i >= index_bits) {
		u32 bits = index_bits ? index_bits * 2 : 256;
		u64 *map = kmem_zalloc(bits / 8, ALLOC_KERNEL);

		if (!map) {
			kmutex_unlock(&index_lock);
			return -ENOMEM;
		}
		for (u32 w = 0; w < index_bits / 64; w++)
			map[w] = index_map[w];
		kmem_free(index_map);
		index_map = map;
		i = index_bits;
		index_bits = bits;
	}
	bitmap_set(index_map, i, 1);
	r = (int)i;
	kmutex_unlock(&index_lock);
	return r;
}

static void index_free(u32 i)
{
	kmutex_lock(&index_lock);
	bitmap_clear(index_map, i, 1);
	kmutex_unlock(&index_lock);
}

static void pair_put(struct pty_pair *p)
{
	if (!ref_put(&p->refs))
		return;
	index_free(p->index);
	devpts_put(p->fs);
	tty_free(p->end[0]);
	tty_free(p->end[1]);
	kmem_free(p);
}

/* ---- both ends ---- */

static void pty_none(struct tty *t)
{
}

static void pty_set_termios(struct tty *t, const struct ktermios2_abi *old)
{
	struct tty *m = t->link;
	bool was, is;

	/* Packet mode tells the master when ^S/^Q handling changes. Only slaves change settings. */
	if (!m || tty_flag(t, TTY_PTY_MASTER))
		return;
	was = (old->c_iflag & IXON) && old->c_cc[VSTOP] == 19 && old->c_cc[VSTART] == 17;
	is = I_FLAG(t, IXON) && t->tio.c_cc[VSTOP] == 19 && t->tio.c_cc[VSTART] == 17;
	if (was == is || !READ_ONCE(m->is_packet))
		return;
	kmutex_lock_nested(&m->lock);
	m->packet_events &= (u8)~(TIOCPKT_NOSTOP | TIOCPKT_DOSTOP);
	m->packet_events |= is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP;
	kmutex_unlock(&m->lock);
	waitq_wake(&m->read_wait, 0, POLLPRI | POLLIN);
}

static int pty_no_break(struct tty *t, bool on)
{
	return -ENOTTY;
}

static int pty_no_modem(struct tty *t)
{
	return -ENOTTY;
}

static int pty_no_modem_set(struct tty *t, u32 set, u32 clear)
{
	return -ENOTTY;
}

static size_t pty_chars_queued(struct tty *t)
{
	return 0;	/* bytes are with the other end as soon as they are taken */
}

static void pty_destroy(struct tty *t)
{
	pair_put(t->priv);
}

/* ---- slave ---- */

static int slave_open(struct tty *t, struct ofile *f)
{
	if (tty_flag(t, TTY_OTHER_CLOSED) || tty_flag(t, TTY_PTY_LOCKED))
		return -EIO;
	tty_flag_clear(t->link, TTY_OTHER_CLOSED);
	return 0;
}

static void slave_close(struct tty *t, struct ofile *f)
{
	if (t->nopen)
		return;
	tty_flag_set(t->link, TTY_OTHER_CLOSED);
	waitq_wake(&t->link->read_wait, 0, POLLIN | POLLHUP);
	waitq_wake(&t->link->write_wait, 0, POLLOUT | POLLHUP);
}

static size_t slave_write(struct tty *t, const u8 *buf, size_t n)
{
	struct tty *m = t->link;
	size_t used;

	kmutex_lock_nested(&m->lock);
	used = ldisc_receive(m, buf, n);
	kmutex_unlock(&m->lock);
	return used;
}

static size_t slave_write_room(struct tty *t)
{
	return ldisc_room(t->link);
}

static void slave_packet_event(struct tty *t, u8 event, u8 cancels)
{
	struct tty *m = t->link;

	if (!READ_ONCE(m->is_packet))
		return;
	kmutex_lock_nested(&m->lock);
	m->packet_events = (u8)((m->packet_events & ~cancels) | event);
	kmutex_unlock(&m->lock);
	waitq_wake(&m->read_wait, 0, POLLPRI | POLLIN);
}

static void slave_flush_output(struct tty *t)
{
	struct tty *m = t->link;

	kmutex_lock_nested(&m->lock);
	ldisc_reset(m);
	kmutex_unlock(&m->lock);
	slave_packet_event(t, TIOCPKT_FLUSHWRITE, 0);
}

static void slave_stop(struct tty *t)
{
	slave_packet_event(t, TIOCPKT_STOP, TIOCPKT_START);
}

static void slave_start(struct tty *t)
{
	slave_packet_event(t, TIOCPKT_START, TIOCPKT_STOP);
}

/* The slave's reader made room: the master's writers may go on. */
static void slave_unthrottle(struct tty *t)
{
	tty_output_ready(t->link);
}

static long slave_ioctl(struct tty *t, struct ofile *f, u32 cmd, uptr arg)
{
	return -ENOTTY;
}

static const struct tty_ops slave_ops = {
	.open = slave_open,
	.close = slave_close,
	.write = slave_write,
	.write_room = slave_write_room,
	.chars_queued = pty_chars_queued,
	.set_termios = pty_set_termios,
	.flush_output = slave_flush_output,
	.stop = slave_stop,
	.start = slave_start,
	.unthrottle = slave_unthrottle,
	.hangup = pty_none,
	.set_break = pty_no_break,
	.modem_get = pty_no_modem,
	.modem_set = pty_no_modem_set,
	.ioctl = slave_ioctl,
	.destroy = pty_destroy,
};

/* ---- master ---- */

static int master_open(struct tty *t, struct ofile *f)
{
	return 0;
}

static void master_close(struct tty *t, struct ofile *f)
{
	struct tty *s = t->link;
	struct pty_pair *p = t->priv;

	devpts_remove(p->fs, p->index);
	tty_registry_remove(s);
	tty_flag_set(s, TTY_OTHER_CLOSED);
	kmutex_unlock(&t->lock);	/* hang-up takes the slave's lock, which is outer */
	tty_hang_up(s);
	kmutex_lock(&t->lock);
	tty_put(s);
}

static size_t master_write(struct tty *t, const u8 *buf, size_t n)
{
	return n;	/* not used: see master_fop_write */
}

static size_t master_write_room(struct tty *t)
{
	return ldisc_room(t->link);
}

/* The master's reader made room: the slave's writers may go on. */
static void master_unthrottle(struct tty *t)
{
	tty_output_ready(t->link);
}

static void master_flush_output(struct tty *t)
{
	/* Output of the master is the slave's input; TCOFLUSH on the master forgets it. */
}

static long packet_mode(struct tty *t, uptr arg)
{
	int on;

	if (user_get(on, (int __user *)arg))
		return -EFAULT;
	kmutex_lock(&t->lock);
	t->packet_events = 0;
	t->is_packet = on != 0;
	kmutex_unlock(&t->lock);
	return 0;
}

static long lock_slave(struct tty *t, uptr arg)
{
	int on;

	if (user_get(on, (int __user *)arg))
		return -EFAULT;
	if (on)
		tty_flag_set(t->link, TTY_PTY_LOCKED);
	else
		tty_flag_clear(t->link, TTY_PTY_LOCKED);
	return 0;
}

/* The slave by its master alone: nothing depends on what is mounted where. */
static long open_peer(struct pty_pair *p, struct ofile *master, u32 flags)
{
	struct ofile *f;
	int fd = fd_reserve(0, flags & O_CLOEXEC);

	if (fd < 0)
		return fd;
	f = devpts_open_slave(master, p->index, flags);
	if (IS_ERR(f)) {
		fd_cancel(fd);
		return PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}

static long master_ioctl(struct tty *t, struct ofile *f, u32 cmd, uptr arg)
{
	struct pty_pair *p = t->priv;

	switch (cmd) {
	case TIOCGPTN:
		return user_put(p->index, (u32 __user *)arg);
	case TIOCGPTPEER:
		return open_peer(p, f, (u32)arg);
	case TIOCSPTLCK:
		return lock_slave(t, arg);
	case TIOCGPTLCK:
		return user_put(tty_flag(t->link, TTY_PTY_LOCKED), (int __user *)arg);
	case TIOCPKT:
		return packet_mode(t, arg);
	case TIOCGPKT:
		return user_put(t->is_packet, (int __user *)arg);
	case TIOCSIG:
		if (arg < 1 || arg > NSIG)
			return -EINVAL;
		ctty_signal(t->link, (int)arg);
		return 0;
	}
	return -ENOTTY;
}

static const struct tty_ops master_ops = {
	.open = master_open,
	.close = master_close,
	.write = master_write,
	.write_room = master_write_room,
	.chars_queued = pty_chars_queued,
	.set_termios = pty_set_termios,
	.flush_output = master_flush_output,
	.stop = pty_none,
	.start = pty_none,
	.unthrottle = master_unthrottle,
	.hangup = pty_none,
	.set_break = pty_no_break,
	.modem_get = pty_no_modem,
	.modem_set = pty_no_modem_set,
	.ioctl = master_ioctl,
	.destroy = pty_destroy,
};

/* Feed the slave; waits while its buffer is full. Bytes taken or -errno. */
static ssize_t feed_slave(struct tty *m, struct ofile *f, const u8 *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t used = tty_input_sync(m->link, buf + done, n - done);
		int err = 0;

		done += used;
		if (done == n)
			break;
		if (f->of_flags & O_NONBLOCK)
			err = -EAGAIN;
		else if (!used)
			err = waitq_wait_intr(&m->write_wait, master_write_room(m) > 0);
		if (err)
			return done ? (ssize_t)done : err;
	}
	return (ssize_t)done;
}

static ssize_t master_fop_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct tty *m = tty_of(f);
	u8 chunk[256];
	ssize_t done = 0;

	while (u->resid) {
		size_t n = uio_get(u, chunk, min_t(size_t, u->resid, sizeof(chunk)));
		ssize_t r = n ? feed_slave(m, f, chunk, n) : -EFAULT;

		if (r < 0)
			return done ? done : r;
		done += r;
		if ((size_t)r < n) {
			uio_revert(u, n - (size_t)r);
			break;
		}
	}
	return done;
}

/* Packet mode: each read starts with a byte that says what follows. */
static ssize_t read_packet(struct tty *m, struct ofile *f, struct uio *u)
{
	u8 events;
	ssize_t r;

	kmutex_lock(&m->lock);
	events = m->packet_events;
	m->packet_events = 0;
	kmutex_unlock(&m->lock);
	if (uio_put(u, &events, 1) != 1)
		return -EFAULT;
	if (events)
		return 1;
	r = ldisc_read(m, f, u);
	return r < 0 ? r : r + 1;
}

static ssize_t master_fop_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct tty *m = tty_of(f);

	if (READ_ONCE(m->is_packet) && u->resid)
		return read_packet(m, f, u);
	return ldisc_read(m, f, u);
}

static u32 master_fop_poll(struct ofile *f, struct poll_table *pt)
{
	struct tty *m = tty_of(f);
	u32 ev = tty_fops.poll(f, pt);

	if (m->is_packet && READ_ONCE(m->packet_events))
		ev |= POLLPRI | POLLIN | POLLRDNORM;
	return ev;
}

static struct ofile_ops master_fops;	/* tty_fops with the slots above; filled at start-up */

/* ---- making pairs ---- */

static void master_is_raw(struct tty *m)
{
	m->tio.c_iflag = 0;
	m->tio.c_oflag = 0;
	m->tio.c_lflag = 0;
	m->tio.c_cflag = B38400 | CS8 | CREAD;
	m->tio.c_cc[VMIN] = 1;
	m->flags |= 1u << TTY_PTY_MASTER | 1u << TTY_NO_CONTROL;
}

/* Both ends, linked, with one reference each. */
static int make_ends(struct pty_pair *p)
{
	char name[16];

	fmt_print(name, sizeof(name), "ptm%u", p->index);
	p->end[0] = tty_create(&master_ops, p, DEV_MAKE(PTMX_MAJOR, PTMX_MINOR), name);
	fmt_print(name, sizeof(name), "pts/%u", p->index);
	p->end[1] = tty_create(&slave_ops, p, DEV_MAKE(DEVPTS_MAJOR, p->index), name);
	if (!p->end[0] || !p->end[1])
		return -ENOMEM;
	master_is_raw(p->end[0]);
	p->end[1]->flags |= 1u << TTY_PTY_LOCKED;
	p->end[0]->link = p->end[1];
	p->end[1]->link = p->end[0];
	return 0;
}

/* A pair with both ends and its slave's node; ERR_PTR. */
static struct pty_pair *pair_create(struct ofile *f)
{
	struct pty_pair *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	int err;

	if (!p)
		return ERR_PTR(-ENOMEM);
	ref_init(&p->refs, 2);
	p->fs = devpts_of(f);
	if (IS_ERR(p->fs)) {
		err = (int)PTR_ERR(p->fs);
		goto err_free;
	}
	err = index_alloc();
	if (err < 0)
		goto err_put_fs;
	p->index = (u32)err;
	err = make_ends(p);
	if (!err)
		err = devpts_add(p->fs, p->index);
	if (!err)
		return p;
	tty_free(p->end[0]);
	tty_free(p->end[1]);
	index_free(p->index);
err_put_fs:
	devpts_put(p->fs);
err_free:
	kmem_free(p);
	return ERR_PTR(err);
}

static int ptmx_open(struct ofile *f, struct vnode *vn)
{
	struct pty_pair *p = pair_create(f);
	int err;

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	tty_registry_add(p->end[1]);
	f->of_flags |= O_NOCTTY;
	err = tty_open_file(p->end[0], f);
	VERIFY(!err);			/* a fresh master refuses nobody */
	f->of_ops = &master_fops;
	tty_put(p->end[0]);		/* the file holds it now */
	return 0;
}

static struct ofile_ops ptmx_fops;
static struct chardev ptmx_chardev = {
	.name = "/dev/ptmx", .major = PTMX_MAJOR, .minor = PTMX_MINOR, .count = 1, .ops = &ptmx_fops,
};
static struct chardev pts_chardev = {
	.name = "pts", .major = DEVPTS_MAJOR, .minor = 0, .count = 1u << 20, .ops = &tty_fops,
};

static int pty_init(void)
{
	int err;

	master_fops = tty_fops;
	master_fops.read = master_fop_read;
	master_fops.write = master_fop_write;
	master_fops.poll = master_fop_poll;
	ptmx_fops = tty_fops;
	ptmx_fops.open = ptmx_open;
	err = chardev_register(&ptmx_chardev);
	if (!err)
		err = chardev_register(&pts_chardev);
	if (!err)
		err = devtmpfs_add("ptmx", S_IFCHR | 0666, 0, 5, DEV_MAKE(PTMX_MAJOR, PTMX_MINOR));
	if (!err)
		err = classdev_add("tty", "ptmx", DEV_MAKE(PTMX_MAJOR, PTMX_MINOR));
	return err;
}
INITCALL(DEVICE, pty_init);
