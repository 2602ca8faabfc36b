/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Terminals. Owner drivers/tty.
 *
 * A tty joins a port (serial line, pseudo terminal, screen) with the line
 * discipline. Life: tty_create() makes it with one reference for its driver; each
 * open file and each session that it controls holds one; tty_hang_up() makes all
 * later calls fail with EIO while files stay open.
 *
 * Input: the port's interrupt calls tty_input(), which queues raw bytes in a ring
 * (tty_spin); a work item feeds them to the line discipline under tty_lock. Ports that
 * run in process context (pty) call tty_input_sync().
 * Output: tty_write takes tty_write_lock for the whole write, and tty_lock for each
 * chunk that goes through output processing into ops->write, which never sleeps.
 *
 * Lock order: tty_write_lock > tty_lock > tty_spin. Signals are sent without tty_spin.
 *
 * Legend: I immutable, L tty_lock, S tty_spin, A atomic, J ctty_lock (sessions).
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/irq.h>
#include <uapi/termios.h>

struct tty;

struct tty_ops {
	int (*open)(struct tty *t, struct ofile *f);	/* each open */
	void (*close)(struct tty *t, struct ofile *f);	/* each last close of a file */
	/* Bytes taken now; never sleeps; tty_lock held. */
	size_t (*write)(struct tty *t, const u8 *buf, size_t n);
	size_t (*write_room)(struct tty *t);		/* bytes it would take now */
	size_t (*chars_queued)(struct tty *t);		/* not yet on the wire */
	void (*set_termios)(struct tty *t, const struct ktermios2_abi *old);	/* L */
	void (*flush_output)(struct tty *t);
	void (*stop)(struct tty *t);			/* XOFF: L */
	void (*start)(struct tty *t);
	void (*unthrottle)(struct tty *t);		/* reader made room: L */
	void (*hangup)(struct tty *t);
	int (*set_break)(struct tty *t, bool on);	/* -ENOTTY if it cannot */
	int (*modem_get)(struct tty *t);		/* TIOCM_* or -ENOTTY */
	int (*modem_set)(struct tty *t, u32 set, u32 clear);
	long (*ioctl)(struct tty *t, struct ofile *f, u32 cmd, uptr arg);	/* -ENOTTY: not mine */
	void (*destroy)(struct tty *t);			/* last reference: calls tty_free() when nothing points here */
};

#define TTY_READ_SIZE	4096	/* line discipline buffer, a power of two; Linux's N_TTY size */
#define TTY_RING_SIZE	4096	/* raw input between interrupt and work */

struct tty {
	refcount refs;
	const struct tty_ops *ops;	/* I */
	void *priv;			/* I port's */
	u64 dev;			/* I device number */
	char name[16];			/* I "ttyS0" */
	u32 flags;			/* A TTY_* bits */
	u32 nopen;			/* L open files */

	struct kmutex lock;		/* protects L; LOCKRANK_TTY */
	struct kmutex write_lock;	/* one writer at a time; LOCKRANK_TTY_WRITE */
	struct ktermios2_abi tio;	/* L */
	struct ktermios2_abi locked;	/* L bits and characters that set calls leave alone */
	struct winsize_abi winsize;	/* L */
	bool is_stopped;		/* L by XOFF or TCOOFF */
	bool is_packet;			/* L pty master in packet mode */
	u8 packet_events;		/* L */

	/* line discipline, L */
	u8 *rbuf;			/* TTY_READ_SIZE bytes */
	u64 rmark[TTY_READ_SIZE / 64];	/* byte ends a line */
	u32 rhead, rtail;		/* free running */
	u32 rcanon;			/* end of complete lines */
	u32 column, line_start_column;	/* output column; where the edited line began */
	bool lnext, erasing;
	u32 minimum_to_wake;

	struct spin spin;		/* protects ring; LOCKRANK_TTY_SPIN */
	u8 *ring;			/* S */
	u32 ring_head, ring_tail;	/* S */
	u64 ring_overruns;		/* S */
	struct workitem input_work;

	struct waitq read_wait, write_wait;
	struct tty *link;		/* I the other end of a pty: lives as long as this one */

	struct pidref *session, *pgrp;	/* J with references */
	struct list driver_link;
};

#define TTY_HUNGUP		0	/* bit numbers in flags */
#define TTY_EXCLUSIVE		1
#define TTY_OTHER_CLOSED	2	/* pty: the peer is gone */
#define TTY_PTY_LOCKED		3
#define TTY_THROTTLED		4
#define TTY_PTY_MASTER		5
#define TTY_NO_CONTROL		6	/* never becomes a controlling terminal: pty master */

/** tty_create() - reference 1; default settings; NULL if no memory. Sleeps. */
struct tty *tty_create(const struct tty_ops *ops, void *priv, u64 dev, const char *name);
static inline void tty_get(struct tty *t) { ref_get(&t->refs); }
void tty_put(struct tty *t);
/** tty_free() - release the memory of a terminal without references; NULL allowed. */
void tty_free(struct tty *t);

/** tty_register() - make it openable as a character device and add /dev/@name; 0 or -errno. */
int tty_register(struct tty *t);
void tty_unregister(struct tty *t);
/** tty_find() - by device number, with a reference; NULL. */
struct tty *tty_find(u64 dev);

/**
 * tty_input() - bytes from the port; any context; returns bytes taken (ring
 * full: rest is lost and counted).
 */
size_t tty_input(struct tty *t, const u8 *buf, size_t n);
/** tty_input_room() - bytes that tty_input() would take now; any context. */
size_t tty_input_room(struct tty *t);
/**
 * tty_input_sync() - through the line discipline at once; takes tty_lock;
 * returns bytes taken. Sleeps.
 */
size_t tty_input_sync(struct tty *t, const u8 *buf, size_t n);
/** tty_output_ready() - the port can take more; any context. */
void tty_output_ready(struct tty *t);
/**
 * tty_hang_up() - carrier lost or vhangup: SIGHUP to the session leader, EIO
 * from now on. Sleeps.
 */
void tty_hang_up(struct tty *t);

/* Files: used by tty's own chardev operations, and by pty masters. */
extern const struct ofile_ops tty_fops;
int tty_open_file(struct tty *t, struct ofile *f);
/** tty_of() - terminal of an open file with tty_fops. */
static inline struct tty *tty_of(struct ofile *f) { return f->of_priv; }

/** tty_console() - the terminal that /dev/console stands for: last console= on the command line. */
struct tty *tty_console(void);
/** tty_get_settings() / tty_set_settings() - as TCGETS2 and TCSETS2; set: 0, -EIO, -ERESTARTSYS. Sleeps. */
void tty_get_settings(struct tty *t, struct ktermios2_abi *out);
int tty_set_settings(struct tty *t, const struct ktermios2_abi *new);
/** tty_set_winsize() - store and send SIGWINCH if it changed; 0. Sleeps. */
int tty_set_winsize(struct tty *t, const struct winsize_abi *ws);
/** tty_self() - controlling terminal of thread_self with a reference, or NULL. */
struct tty *tty_self(void);
/** ctty_check_read() - background reader: 0, -ERESTARTSYS after SIGTTIN, -EIO. */
int ctty_check_read(struct tty *t);
