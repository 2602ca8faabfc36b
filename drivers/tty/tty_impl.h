/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/tty: parts of a terminal to each other. "L" = tty->lock held. */
#pragma once

#include <tern/drivers/tty.h>

#define L_FLAG(t, f)	((t)->tio.c_lflag & (f))
#define I_FLAG(t, f)	((t)->tio.c_iflag & (f))
#define O_FLAG(t, f)	((t)->tio.c_oflag & (f))

static inline bool tty_flag(const struct tty *t, u32 bit) { return (READ_ONCE(t->flags) >> bit) & 1; }
static inline void tty_flag_set(struct tty *t, u32 bit)
{
	__atomic_fetch_or(&t->flags, 1u << bit, __ATOMIC_SEQ_CST);
}
static inline void tty_flag_clear(struct tty *t, u32 bit)
{
	__atomic_fetch_and(&t->flags, ~(1u << bit), __ATOMIC_SEQ_CST);
}
static inline bool tty_flag_test_and_set(struct tty *t, u32 bit)
{
	return __atomic_fetch_or(&t->flags, 1u << bit, __ATOMIC_SEQ_CST) & (1u << bit);
}

/* ---- tty.c ---- */
/** tty_registry_add() / tty_registry_remove() - openable by number, without a node in /dev. */
void tty_registry_add(struct tty *t);
void tty_registry_remove(struct tty *t);

/* ---- ldisc.c: input ---- */
/** ldisc_receive() - L. Bytes taken: short if the buffer is full and they may be kept back. */
size_t ldisc_receive(struct tty *t, const u8 *buf, size_t n);
/** ldisc_reset() - L. Forget input (TCIFLUSH, hangup). */
void ldisc_reset(struct tty *t);
/** ldisc_termios_changed() - L. After ICANON toggles: what was typed stays readable. */
void ldisc_termios_changed(struct tty *t, const struct ktermios2_abi *old);
/** ldisc_room() - L. Bytes that ldisc_receive() would take. */
size_t ldisc_room(const struct tty *t);

/* ---- ldisc_read.c ---- */
ssize_t ldisc_read(struct tty *t, struct ofile *f, struct uio *u);
/** ldisc_readable() - bytes a read would get now (L or racy hint). */
size_t ldisc_readable(const struct tty *t);

/* ---- output.c ---- */
/** tty_output() - L. Through OPOST into the port; bytes of @buf used up. */
size_t tty_output(struct tty *t, const u8 *buf, size_t n);
/** tty_echo() - L. Echo one input byte as ECHO, ECHOCTL and so on say. */
void tty_echo(struct tty *t, u8 c);
/** tty_echo_raw() - L. Bytes without control-character notation. */
void tty_echo_raw(struct tty *t, const char *s, size_t n);
/** tty_echo_erase() - L. Remove the last @width columns from the screen. */
void tty_echo_erase(struct tty *t, u32 width);
ssize_t tty_write_file(struct tty *t, struct ofile *f, struct uio *u);
/** tty_drain() - wait until the port has sent all; 0 or -ERESTARTSYS. */
int tty_drain(struct tty *t);

/* ---- tty_ioctl.c ---- */
long tty_ioctl(struct ofile *f, u32 cmd, uptr arg);
void tty_termios_default(struct ktermios2_abi *tio);
u32 tty_baud_to_cflag(u32 baud);

/* ---- ctty.c: sessions and job control ---- */
extern struct spin ctty_lock;	/* protects session, pgrp of ttys and p_tty */
/**
 * ctty_check_change() - background process about to change @t: 0, -ERESTARTSYS
 * after SIGTTOU, -EIO orphaned.
 */
int ctty_check_change(struct tty *t);
/** ctty_is_mine() - is @t the controlling terminal of thread_self. */
bool ctty_is_mine(struct tty *t);
/** ctty_signal() - to the foreground group. */
void ctty_signal(struct tty *t, int sig);
/** ctty_open() - opening without O_NOCTTY may make it the controlling terminal. */
void ctty_open(struct tty *t, struct ofile *f);
long ctty_ioctl(struct tty *t, struct ofile *f, u32 cmd, uptr arg);	/* -ENOTTY: not a session call */
/** ctty_hangup() - SIGHUP and SIGCONT to leader and foreground group, forget the session. */
void ctty_hangup(struct tty *t);

