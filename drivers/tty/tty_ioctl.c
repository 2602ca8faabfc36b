// SPDX-License-Identifier: GPL-2.0-only
/* Terminal ioctls: settings, flow, flushing, window size. Session calls are ctty.c's. */
#include "tty_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <uapi/fcntl.h>

/* Speeds by their cflag code: 0 .. 15, then with CBAUDEX 1 .. 15. */
static const u32 bauds[] = {
	0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
	57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000,
	2000000, 2500000, 3000000, 3500000, 4000000,
};

static u32 cflag_to_baud(u32 cflag, u32 other)
{
	u32 code = cflag & 0xf;

	if (!(cflag & CBAUDEX))
		return bauds[code];
	if (!code)
		return other;	/* BOTHER: the number itself */
	return code + 15 < ARRAY_SIZE(bauds) ? bauds[code + 15] : 0;
}

u32 tty_baud_to_cflag(u32 baud)
{
	for (u32 i = 0; i < ARRAY_SIZE(bauds); i++)
		if (bauds[i] == baud)
			return i < 16 ? i : CBAUDEX | (i - 15);
	return BOTHER;
}

void tty_termios_default(struct ktermios2_abi *tio)
{
	static const u8 cc[NCCS_KERNEL] = {
		[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VMIN] = 1,
		[VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15,
		[VWERASE] = 23, [VLNEXT] = 22,
	};

	*tio = (struct ktermios2_abi){
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B38400 | CS8 | CREAD | HUPCL,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		.c_ispeed = 38400, .c_ospeed = 38400,
	};
	memcpy(tio->c_cc, cc, sizeof(cc));
}

/* How a set call takes effect. */
#define SET_NOW		0
#define SET_DRAIN	1
#define SET_FLUSH	2	/* drain, and forget input */

/* L held: what TIOCSLCKTRMIOS locked stays. */
static void keep_locked(const struct tty *t, struct ktermios2_abi *new)
{
	const struct ktermios2_abi *old = &t->tio, *lock = &t->locked;

	new->c_iflag = (new->c_iflag & ~lock->c_iflag) | (old->c_iflag & lock->c_iflag);
	new->c_oflag = (new->c_oflag & ~lock->c_oflag) | (old->c_oflag & lock->c_oflag);
	new->c_cflag = (new->c_cflag & ~lock->c_cflag) | (old->c_cflag & lock->c_cflag);
	new->c_lflag = (new->c_lflag & ~lock->c_lflag) | (old->c_lflag & lock->c_lflag);
	new->c_line = lock->c_line ? old->c_line : new->c_line;
	for (u32 i = 0; i < ARRAY_SIZE(new->c_cc); i++)
		if (lock->c_cc[i])
			new->c_cc[i] = old->c_cc[i];
}

static int set_termios(struct tty *t, struct ktermios2_abi *new, int how)
{
	struct ktermios2_abi old;
	int err = ctty_check_change(t);

	if (err)
		return err;
	if (how != SET_NOW) {
		err = tty_drain(t);
		if (err)
			return err;
	}
	new->c_ospeed = cflag_to_baud(new->c_cflag, new->c_ospeed);
	new->c_ispeed = new->c_ospeed;
	kmutex_lock(&t->lock);
	if (how == SET_FLUSH)
		ldisc_reset(t);
	old = t->tio;
	keep_locked(t, new);
	t->tio = *new;
	ldisc_termios_changed(t, &old);
	if ((old.c_iflag & IXON) && !I_FLAG(t, IXON) && t->is_stopped) {
		t->is_stopped = false;
		t->ops->start(t);
	}
	t->ops->set_termios(t, &old);
	kmutex_unlock(&t->lock);
	tty_output_ready(t);
	waitq_wake(&t->read_wait, 0, POLLIN | POLLRDNORM);
	return 0;
}

void tty_get_settings(struct tty *t, struct ktermios2_abi *out)
{
	kmutex_lock(&t->lock);
	*out = t->tio;
	kmutex_unlock(&t->lock);
}

int tty_set_settings(struct tty *t, const struct ktermios2_abi *new)
{
	struct ktermios2_abi copy = *new;

	return set_termios(t, &copy, SET_NOW);
}

static long set_from_user(struct tty *t, uptr arg, size_t size, int how)
{
	struct ktermios2_abi new;

	kmutex_lock(&t->lock);
	new = t->tio;
	kmutex_unlock(&t->lock);
	if (user_copyin(&new, (void __user *)arg, size))
		return -EFAULT;
	return set_termios(t, &new, how);
}

static long set_from_user_old(struct tty *t, uptr arg, int how)
{
	struct termio_abi in;
	struct ktermios2_abi new;

	if (user_copyin(&in, (void __user *)arg, sizeof(in)))
		return -EFAULT;
	kmutex_lock(&t->lock);
	new = t->tio;
	kmutex_unlock(&t->lock);
	new.c_iflag = (new.c_iflag & ~0xffffu) | in.c_iflag;
	new.c_oflag = (new.c_oflag & ~0xffffu) | in.c_oflag;
	new.c_cflag = (new.c_cflag & ~0xffffu) | in.c_cflag;
	new.c_lflag = (new.c_lflag & ~0xffffu) | in.c_lflag;
	new.c_line = in.c_line;
	memcpy(new.c_cc, in.c_cc, sizeof(in.c_cc));
	return set_termios(t, &new, how);
}

static long get_to_user(struct tty *t, uptr arg, size_t size)
{
	struct ktermios2_abi cur;

	kmutex_lock(&t->lock);
	cur = t->tio;
	kmutex_unlock(&t->lock);
	return user_copyout((void __user *)arg, &cur, size);
}

static long get_to_user_old(struct tty *t, uptr arg)
{
	struct termio_abi out = { 0 };

	kmutex_lock(&t->lock);
	out.c_iflag = (u16)t->tio.c_iflag;
	out.c_oflag = (u16)t->tio.c_oflag;
	out.c_cflag = (u16)t->tio.c_cflag;
	out.c_lflag = (u16)t->tio.c_lflag;
	out.c_line = t->tio.c_line;
	memcpy(out.c_cc, t->tio.c_cc, sizeof(out.c_cc));
	kmutex_unlock(&t->lock);
	return user_copyout((void __user *)arg, &out, sizeof(out));
}

static long get_locked(struct tty *t, uptr arg)
{
	struct ktermios2_abi lock;

	kmutex_lock(&t->lock);
	lock = t->locked;
	kmutex_unlock(&t->lock);
	return user_copyout((void __user *)arg, &lock, sizeof(struct ktermios_abi));
}

static long set_locked(struct tty *t, uptr arg)
{
	struct ktermios2_abi lock = { 0 };

	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if (user_copyin(&lock, (void __user *)arg, sizeof(struct ktermios_abi)))
		return -EFAULT;
	kmutex_lock(&t->lock);
	t->locked = lock;
	kmutex_unlock(&t->lock);
	return 0;
}

static long termios_ioctl(struct tty *t, u32 cmd, uptr arg)
{
	switch (cmd) {
	case TCGETS:
		return get_to_user(t, arg, sizeof(struct ktermios_abi));
	case TIOCGLCKTRMIOS:
		return get_locked(t, arg);
	case TIOCSLCKTRMIOS:
		return set_locked(t, arg);
	case TCGETS2:
		return get_to_user(t, arg, sizeof(struct ktermios2_abi));
	case TCSETS: case TCSETSW: case TCSETSF:
		return set_from_user(t, arg, sizeof(struct ktermios_abi), cmd - TCSETS);
	case TCSETS2: case TCSETSW2: case TCSETSF2:
		return set_from_user(t, arg, sizeof(struct ktermios2_abi), cmd - TCSETS2);
	case TCGETA:
		return get_to_user_old(t, arg);
	case TCSETA: case TCSETAW: case TCSETAF:
		return set_from_user_old(t, arg, cmd - TCSETA);
	}
	return -ENOTTY;
}

static long flush_queues(struct tty *t, uptr which)
{
	int err = ctty_check_change(t);

	if (err)
		return err;
	if (which > TCIOFLUSH)
		return -EINVAL;
	kmutex_lock(&t->lock);
	if (which != TCOFLUSH)
		ldisc_reset(t);
	if (which != TCIFLUSH)
		t->ops->flush_output(t);
	t->ops->unthrottle(t);
	kmutex_unlock(&t->lock);
	tty_output_ready(t);
	return 0;
}

static long flow(struct tty *t, uptr which)
{
	int err = ctty_check_change(t);
	u8 c;

	if (err)
		return err;
	kmutex_lock(&t->lock);
	switch (which) {
	case TCOOFF:
		if (!t->is_stopped) {
			t->is_stopped = true;
			t->ops->stop(t);
		}
		break;
	case TCOON:
		if (t->is_stopped) {
			t->is_stopped = false;
			t->ops->start(t);
		}
		break;
	case TCIOFF:
	case TCION:
		c = t->tio.c_cc[which == TCIOFF ? VSTOP : VSTART];
		if (c)
			t->ops->write(t, &c, 1);
		break;
	default:
		err = -EINVAL;
	}
	kmutex_unlock(&t->lock);
	tty_output_ready(t);
	return err;
}

static long send_break(struct tty *t, u64 ms)
{
	int err = ctty_check_change(t);

	if (!err)
		err = tty_drain(t);
	if (err || !ms)
		return err;
	err = t->ops->set_break(t, true);
	if (err)
		return err == -ENOTTY ? 0 : err;	/* a line without break ignores it */
	sched_sleep_until(clock_ns() + ms * 1000000);
	return t->ops->set_break(t, false);
}

static long put_int(uptr arg, int v)
{
	return user_put(v, (int __user *)arg);
}

static long modem_change(struct tty *t, u32 cmd, uptr arg)
{
	u32 v;

	if (user_get(v, (u32 __user *)arg))
		return -EFAULT;
	v &= TIOCM_DTR | TIOCM_RTS;
	switch (cmd) {
	case TIOCMBIS:
		return t->ops->modem_set(t, v, 0);
	case TIOCMBIC:
		return t->ops->modem_set(t, 0, v);
	}
	return t->ops->modem_set(t, v, ~v & (TIOCM_DTR | TIOCM_RTS));
}

static long winsize_ioctl(struct tty *t, u32 cmd, uptr arg)
{
	struct winsize_abi ws;

	if (cmd == TIOCSWINSZ) {
		if (user_copyin(&ws, (void __user *)arg, sizeof(ws)))
			return -EFAULT;
		return tty_set_winsize(t, &ws);
	}
	kmutex_lock(&t->lock);
	ws = t->winsize;
	kmutex_unlock(&t->lock);
	return user_copyout((void __user *)arg, &ws, sizeof(ws));
}

/* TIOCSTI: as if @c had been typed. */
static long fake_input(struct tty *t, uptr arg)
{
	u8 c;

	if (!ctty_is_mine(t) && !cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if (user_get(c, (u8 __user *)arg))
		return -EFAULT;
	tty_input_sync(t, &c, 1);
	return 0;
}

static long set_exclusive(struct tty *t, bool on)
{
	if (on)
		tty_flag_set(t, TTY_EXCLUSIVE);
	else
		tty_flag_clear(t, TTY_EXCLUSIVE);
	return 0;
}

static long modem_ioctl(struct tty *t, u32 cmd, uptr arg)
{
	int v;

	switch (cmd) {
	case TIOCMGET:
		v = t->ops->modem_get(t);
		return v < 0 ? v : put_int(arg, v);
	case TIOCMSET: case TIOCMBIS: case TIOCMBIC:
		return modem_change(t, cmd, arg);
	case TIOCGSOFTCAR:
		return put_int(arg, !!(t->tio.c_cflag & CLOCAL));
	case TIOCSSOFTCAR:
		if (user_get(v, (int __user *)arg))
			return -EFAULT;
		kmutex_lock(&t->lock);
		t->tio.c_cflag = (t->tio.c_cflag & ~CLOCAL) | (v ? CLOCAL : 0);
		kmutex_unlock(&t->lock);
		return 0;
	case TIOCSBRK:
		return t->ops->set_break(t, true);
	case TIOCCBRK:
		return t->ops->set_break(t, false);
	}
	return -ENOTTY;
}

static long set_ldisc(uptr arg)
{
	int v;

	if (user_get(v, (int __user *)arg))
		return -EFAULT;
	return v == 0 ? 0 : -EINVAL;	/* N_TTY is the only one */
}

static long queue_ioctl(struct tty *t, u32 cmd, uptr arg)
{
	switch (cmd) {
	case TCFLSH:
		return flush_queues(t, arg);
	case TCXONC:
		return flow(t, arg);
	case TCSBRK:
		return send_break(t, arg ? 0 : 250);
	case TCSBRKP:
		return send_break(t, arg ? arg * 100 : 250);
	case TIOCOUTQ:
		return put_int(arg, (int)t->ops->chars_queued(t));
	case TIOCINQ:
		return put_int(arg, (int)ldisc_readable(t));
	case TIOCSTI:
		return fake_input(t, arg);
	}
	return -ENOTTY;
}

static long misc_ioctl(struct tty *t, u32 cmd, uptr arg)
{
	switch (cmd) {
	case TIOCGWINSZ: case TIOCSWINSZ:
		return winsize_ioctl(t, cmd, arg);
	case TIOCEXCL: case TIOCNXCL:
		return set_exclusive(t, cmd == TIOCEXCL);
	case TIOCGEXCL:
		return put_int(arg, tty_flag(t, TTY_EXCLUSIVE));
	case TIOCGETD:
		return put_int(arg, 0);
	case TIOCSETD:
		return set_ldisc(arg);
	case TIOCGDEV:
		return put_int(arg, (int)t->dev);
	case TIOCVHANGUP:
		if (!cap_has(CAP_SYS_ADMIN))
			return -EPERM;
		tty_hang_up(t);
		return 0;
	}
	return -ENOTTY;
}

long tty_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct tty *t = tty_of(f);
	long r;

	if (tty_flag(t, TTY_HUNGUP))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	r = t->ops->ioctl(t, f, cmd, arg);
	if (r == -ENOTTY)
		r = ctty_ioctl(t, f, cmd, arg);
	/* A pty master's settings are those of its slave. */
	if (tty_flag(t, TTY_PTY_MASTER) && t->link)
		t = t->link;
	if (r == -ENOTTY)
		r = termios_ioctl(t, cmd, arg);
	if (r == -ENOTTY)
		r = misc_ioctl(t, cmd, arg);
	if (r == -ENOTTY)
		r = queue_ioctl(tty_of(f), cmd, arg);
	if (r == -ENOTTY)
		r = modem_ioctl(tty_of(f), cmd, arg);
	return r;
}
