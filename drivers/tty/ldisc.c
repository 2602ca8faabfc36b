// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line discipline, input side: POSIX.1-2017 chapter 11 with Linux's additions.
 *
 * rbuf is a ring with three free-running indices, rtail <= rcanon <= rhead. In canonical
 * mode [rtail, rcanon) are complete lines, each ended by a byte whose bit in rmark is set,
 * and [rcanon, rhead) is the line being edited. An end-of-file mark is such a
 * byte with value 0 that readers swallow. In raw mode rcanon is not used.
 *
 * When the buffer is full in canonical mode, further bytes of the line are dropped
 * (with a bell if IMAXBEL), since only a newline can free it; in raw mode, they
 * stay with the port. Everything here runs under tty->lock; signals are sent with
 * it held, which the lock order allows.
 */
#include "tty_impl.h"

#include <tern/kernel/signal.h>
#include <tern/lib/string.h>

#define DISABLED_CHAR	0

static bool is_cc(const struct tty *t, u8 c, int which)
{
	return t->tio.c_cc[which] != DISABLED_CHAR && c == t->tio.c_cc[which];
}

static u8 *slot(struct tty *t, u32 i)
{
	return &t->rbuf[i % TTY_READ_SIZE];
}

static void mark_set(struct tty *t, u32 i)
{
	i %= TTY_READ_SIZE;
	t->rmark[i / 64] |= BIT(i % 64);
}

static void mark_clear(struct tty *t, u32 i)
{
	i %= TTY_READ_SIZE;
	t->rmark[i / 64] &= ~BIT(i % 64);
}

size_t ldisc_room(const struct tty *t)
{
	size_t used = t->rhead - t->rtail;

	/* One byte is kept for the newline that ends an over-long line. */
	if (L_FLAG(t, ICANON) && t->rcanon == t->rtail)
		return TTY_READ_SIZE;
	return used < TTY_READ_SIZE - 1 ? TTY_READ_SIZE - 1 - used : 0;
}

void ldisc_reset(struct tty *t)
{
	t->rhead = t->rtail = t->rcanon = 0;
	memset(t->rmark, 0, sizeof(t->rmark));
	t->lnext = t->erasing = false;
}

void ldisc_termios_changed(struct tty *t, const struct ktermios2_abi *old)
{
	if (!((old->c_lflag ^ t->tio.c_lflag) & ICANON))
		return;
	memset(t->rmark, 0, sizeof(t->rmark));
	if (L_FLAG(t, ICANON) && t->rhead != t->rtail) {
		/* What came in raw counts as one complete line. */
		mark_set(t, t->rhead - 1);
		t->rcanon = t->rhead;
	} else {
		t->rcanon = t->rtail;
	}
	t->lnext = t->erasing = false;
	waitq_wake(&t->read_wait, 0, POLLIN | POLLRDNORM);
}

static void put_byte(struct tty *t, u8 c)
{
	mark_clear(t, t->rhead);
	*slot(t, t->rhead++) = c;
}

static bool is_full(const struct tty *t)
{
	return t->rhead - t->rtail >= TTY_READ_SIZE - 1;
}

static void wake_readers(struct tty *t)
{
	waitq_wake(&t->read_wait, 0, POLLIN | POLLRDNORM);
}

/* The line is complete: c (newline, EOL) or an end-of-file mark ends it. */
static void finish_line(struct tty *t, u8 c)
{
	put_byte(t, c);
	mark_set(t, t->rhead - 1);
	t->rcanon = t->rhead;
	t->erasing = false;
	wake_readers(t);
}

static bool is_continuation(const struct tty *t, u8 c)
{
	return I_FLAG(t, IUTF8) && (c & 0xc0) == 0x80;
}

/* Screen columns that bytes [from, rhead) of the edited line take, from column @start. */
static u32 width_from(struct tty *t, u32 from)
{
	u32 col = t->line_start_column;
	u32 before = col;

	for (u32 i = t->rcanon; i != t->rhead; i++) {
		u8 c = *slot(t, i);

		if (i == from)
			before = col;
		if (c == '\t')
			col = (col | 7) + 1;
		else if (c < 32 || c == 127)
			col += L_FLAG(t, ECHOCTL) ? 2 : 0;
		else if (!is_continuation(t, c))
			col++;
	}
	return from == t->rhead ? 0 : col - before;
}

/* Remove bytes [from, rhead) and show it. */
static void erase_to(struct tty *t, u32 from)
{
	u32 width = width_from(t, from);

	if (L_FLAG(t, ECHO) && L_FLAG(t, ECHOPRT)) {
		if (!t->erasing)
			tty_echo_raw(t, "\\", 1);
		t->erasing = true;
		for (u32 i = t->rhead; i != from; i--)
			tty_echo(t, *slot(t, i - 1));
	} else if (L_FLAG(t, ECHO)) {
		tty_echo_erase(t, width);
	}
	t->rhead = from;
}

static u32 one_char_back(struct tty *t)
{
	u32 i = t->rhead;

	do
		i--;
	while (i != t->rcanon && is_continuation(t, *slot(t, i)));
	return i;
}

static bool is_word_byte(u8 c)
{
	return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static u32 one_word_back(struct tty *t)
{
	u32 i = t->rhead;
	bool seen = false;

	for (; i != t->rcanon; i--) {
		bool word = is_word_byte(*slot(t, i - 1));

		if (seen && !word)
			break;
		seen |= word;
	}
	return i;
}

static void kill_line(struct tty *t, u8 c)
{
	if (L_FLAG(t, ECHOK) && L_FLAG(t, ECHOKE) && L_FLAG(t, ECHOE)) {
		erase_to(t, t->rcanon);
		return;
	}
	t->rhead = t->rcanon;
	if (L_FLAG(t, ECHO)) {
		tty_echo(t, c);
		if (L_FLAG(t, ECHOK))
			tty_echo_raw(t, "\n", 1);
	}
}

static void reprint(struct tty *t, u8 c)
{
	tty_echo(t, c);
	tty_echo_raw(t, "\n", 1);
	t->line_start_column = t->column;
	for (u32 i = t->rcanon; i != t->rhead; i++)
		tty_echo(t, *slot(t, i));
}

/* Editing in canonical mode; true if @c was an editing character. */
static bool edit_char(struct tty *t, u8 c)
{
	bool empty = t->rhead == t->rcanon;

	if (is_cc(t, c, VERASE)) {
		if (!empty)
			erase_to(t, one_char_back(t));
	} else if (is_cc(t, c, VKILL)) {
		if (!empty)
			kill_line(t, c);
	} else if (is_cc(t, c, VWERASE) && L_FLAG(t, IEXTEN)) {
		if (!empty)
			erase_to(t, one_word_back(t));
	} else if (is_cc(t, c, VLNEXT) && L_FLAG(t, IEXTEN)) {
		t->lnext = true;
		if (L_FLAG(t, ECHO) && L_FLAG(t, ECHOCTL))
			tty_echo_raw(t, "^\b", 2);
	} else if (is_cc(t, c, VREPRINT) && L_FLAG(t, IEXTEN) && L_FLAG(t, ECHO)) {
		reprint(t, c);
	} else {
		return false;
	}
	return true;
}

static void store_char(struct tty *t, u8 c)
{
	if (t->rhead == t->rcanon)
		t->line_start_column = t->column;
	if (is_full(t)) {
		if (I_FLAG(t, IMAXBEL))
			tty_echo_raw(t, "\a", 1);
		return;
	}
	if (L_FLAG(t, ECHO)) {
		if (t->erasing) {
			tty_echo_raw(t, "/", 1);
			t->erasing = false;
		}
		tty_echo(t, c);
	}
	if (c == 0xff && I_FLAG(t, PARMRK) && t->rhead - t->rtail < TTY_READ_SIZE - 2)
		put_byte(t, c);
	put_byte(t, c);
}

/* True if @c ends the line. */
static bool canon_end(struct tty *t, u8 c)
{
	if (c == '\n') {
		if (L_FLAG(t, ECHO | ECHONL))
			tty_echo_raw(t, "\n", 1);
		finish_line(t, c);
	} else if (is_cc(t, c, VEOF)) {
		finish_line(t, 0);
		mark_set(t, t->rhead - 1);
	} else if (is_cc(t, c, VEOL) || (is_cc(t, c, VEOL2) && L_FLAG(t, IEXTEN))) {
		if (L_FLAG(t, ECHO))
			tty_echo(t, c);
		finish_line(t, c);
	} else {
		return false;
	}
	return true;
}

static void canon_char(struct tty *t, u8 c)
{
	if (edit_char(t, c) || canon_end(t, c))
		return;
	store_char(t, c);
}

static void raw_char(struct tty *t, u8 c)
{
	store_char(t, c);
	if (t->rhead - t->rtail >= max_t(u32, t->minimum_to_wake, 1))
		wake_readers(t);
}

/* Flush on a signal character, echo it, and signal the foreground group. */
static void signal_char(struct tty *t, u8 c, int sig)
{
	if (!L_FLAG(t, NOFLSH)) {
		ldisc_reset(t);
		t->ops->flush_output(t);
		tty_output_ready(t);
	}
	if (t->is_stopped) {
		t->is_stopped = false;
		t->ops->start(t);
	}
	if (L_FLAG(t, ECHO))
		tty_echo(t, c);
	ctty_signal(t, sig);
}

static bool isig_char(struct tty *t, u8 c)
{
	if (!L_FLAG(t, ISIG))
		return false;
	if (is_cc(t, c, VINTR))
		signal_char(t, c, SIGINT);
	else if (is_cc(t, c, VQUIT))
		signal_char(t, c, SIGQUIT);
	else if (is_cc(t, c, VSUSP))
		signal_char(t, c, SIGTSTP);
	else
		return false;
	return true;
}

/* Flow control; true if @c was consumed. */
static bool flow_char(struct tty *t, u8 c)
{
	if (!I_FLAG(t, IXON))
		return false;
	if (is_cc(t, c, VSTOP) && !t->is_stopped) {
		t->is_stopped = true;
		t->ops->stop(t);
		return true;
	}
	if (is_cc(t, c, VSTART)) {
		if (t->is_stopped) {
			t->is_stopped = false;
			t->ops->start(t);
			tty_output_ready(t);
		}
		return true;
	}
	return is_cc(t, c, VSTOP);
}

static void receive_char(struct tty *t, u8 c)
{
	if (I_FLAG(t, ISTRIP))
		c &= 0x7f;
	if (I_FLAG(t, IUCLC) && L_FLAG(t, IEXTEN) && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (t->lnext) {
		t->lnext = false;
		store_char(t, c);
		return;
	}
	if (flow_char(t, c))
		return;
	if (t->is_stopped && I_FLAG(t, IXON) && I_FLAG(t, IXANY)) {
		t->is_stopped = false;
		t->ops->start(t);
		tty_output_ready(t);
	}
	if (isig_char(t, c))
		return;
	if (c == '\r') {
		if (I_FLAG(t, IGNCR))
			return;
		if (I_FLAG(t, ICRNL))
			c = '\n';
	} else if (c == '\n' && I_FLAG(t, INLCR)) {
		c = '\r';
	}
	if (L_FLAG(t, ICANON))
		canon_char(t, c);
	else
		raw_char(t, c);
}

size_t ldisc_receive(struct tty *t, const u8 *buf, size_t n)
{
	size_t i;

	if (tty_flag(t, TTY_HUNGUP) || !(t->tio.c_cflag & CREAD))
		return n;	/* nobody will ever read it */
	for (i = 0; i < n; i++) {
		if (!ldisc_room(t))
			break;
		receive_char(t, buf[i]);
	}
	return i;
}
