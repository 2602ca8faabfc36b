// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output processing (OPOST) and echo. Bytes go to the port in runs: a run ends at
 * a byte that is expanded or at the end of the port's room. Echo that finds
 * no room is dropped: it must never block input.
 */
#include "tty_impl.h"

#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <uapi/fcntl.h>

/* Bytes that need more than being sent. */
static bool is_plain(const struct tty *t, u8 c)
{
	if (c >= 32 && c != 127)
		return !(O_FLAG(t, OLCUC) && c >= 'a' && c <= 'z');
	return false;
}

static void track_column(struct tty *t, u8 c)
{
	switch (c) {
	case '\n':
		if (O_FLAG(t, ONLRET))
			t->column = 0;
		break;
	case '\r':
		t->column = 0;
		break;
	case '\b':
		t->column -= t->column > 0;
		break;
	case '\t':
		t->column = (t->column | 7) + 1;
		break;
	default:
		if (c >= 32 && c != 127 && (c & 0xc0) != 0x80)
			t->column++;
	}
}

/* One byte that OPOST may change. True if the port took it. */
static bool output_special(struct tty *t, u8 c)
{
	u8 out[8] = { c };
	size_t n = 1;

	if (c == '\n' && O_FLAG(t, ONLCR)) {
		out[0] = '\r';
		out[1] = '\n';
		n = 2;
	} else if (c == '\r' && O_FLAG(t, ONOCR) && t->column == 0) {
		return true;
	} else if (c == '\r' && O_FLAG(t, OCRNL)) {
		out[0] = c = '\n';
	} else if (c == '\t' && (t->tio.c_oflag & TABDLY) == XTABS) {
		n = 8 - (t->column & 7);
		memset(out, ' ', n);
	} else if (O_FLAG(t, OLCUC) && c >= 'a' && c <= 'z') {
		out[0] = c - ('a' - 'A');
	}
	if (t->ops->write_room(t) < n)
		return false;
	t->ops->write(t, out, n);
	if (c == '\n' && O_FLAG(t, ONLCR))
		t->column = 0;
	else
		track_column(t, c);
	return true;
}

static size_t output_run(struct tty *t, const u8 *buf, size_t n)
{
	size_t run = 0, sent;

	while (run < n && is_plain(t, buf[run]))
		run++;
	sent = t->ops->write(t, buf, run);
	for (size_t i = 0; i < sent; i++)
		t->column += (buf[i] & 0xc0) != 0x80;
	return sent;
}

size_t tty_output(struct tty *t, const u8 *buf, size_t n)
{
	size_t done = 0;

	if (t->is_stopped)
		return 0;
	if (!O_FLAG(t, OPOST))
		return t->ops->write(t, buf, n);
	while (done < n) {
		size_t sent;

		if (is_plain(t, buf[done]))
			sent = output_run(t, buf + done, n - done);
		else
			sent = output_special(t, buf[done]);
		if (!sent)
			break;
		done += sent;
	}
	return done;
}

void tty_echo_raw(struct tty *t, const char *s, size_t n)
{
	tty_output(t, (const u8 *)s, n);
}

void tty_echo(struct tty *t, u8 c)
{
	if (L_FLAG(t, ECHOCTL) && (c < 32 || c == 127) && c != '\t' && c != '\n') {
		char text[2] = { '^', (char)(c ^ 0x40) };

		tty_echo_raw(t, text, 2);
	} else {
		tty_output(t, &c, 1);
	}
}

void tty_echo_erase(struct tty *t, u32 width)
{
	if (!L_FLAG(t, ECHOE)) {
		tty_echo(t, t->tio.c_cc[VERASE]);
		return;
	}
	while (width--)
		tty_echo_raw(t, "\b \b", 3);
}

/* Wait for room in the port; 0, -EAGAIN, -ERESTARTSYS. */
static int wait_room(struct tty *t, struct ofile *f)
{
	if (f->of_flags & O_NONBLOCK)
		return -EAGAIN;
	return waitq_wait_intr(&t->write_wait,
			       (!READ_ONCE(t->is_stopped) && t->ops->write_room(t) > 0) ||
			       tty_flag(t, TTY_HUNGUP) || tty_flag(t, TTY_OTHER_CLOSED));
}

/* Send a chunk completely; bytes sent in *sent even on error. */
static int write_chunk(struct tty *t, struct ofile *f, const u8 *buf, size_t n, size_t *sent)
{
	*sent = 0;
	while (*sent < n) {
		size_t now = 0;
		int err = 0;

		kmutex_lock(&t->lock);
		if (tty_flag(t, TTY_HUNGUP) || tty_flag(t, TTY_OTHER_CLOSED))
			err = -EIO;
		else
			now = tty_output(t, buf + *sent, n - *sent);
		kmutex_unlock(&t->lock);
		*sent += now;
		if (!err && !now)
			err = wait_room(t, f);
		if (err)
			return err;
	}
	return 0;
}

ssize_t tty_write_file(struct tty *t, struct ofile *f, struct uio *u)
{
	u8 chunk[512];
	size_t done = 0;
	int err = L_FLAG(t, TOSTOP) ? ctty_check_change(t) : 0;

	if (err)
		return err;
	err = kmutex_lock_intr(&t->write_lock);
	if (err)
		return err;
	while (u->resid && !err) {
		size_t n = uio_get(u, chunk, min_t(size_t, u->resid, sizeof(chunk))), sent;

		if (!n) {
			err = -EFAULT;
			break;
		}
		err = write_chunk(t, f, chunk, n, &sent);
		done += sent;
		if (sent < n)
			uio_revert(u, n - sent);
	}
	kmutex_unlock(&t->write_lock);
	return done ? (ssize_t)done : err;
}

int tty_drain(struct tty *t)
{
	return waitq_wait_intr(&t->write_wait, t->ops->chars_queued(t) == 0 ||
			       tty_flag(t, TTY_HUNGUP) || tty_flag(t, TTY_OTHER_CLOSED));
}
