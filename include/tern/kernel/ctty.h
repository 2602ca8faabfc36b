/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What process code asks of controlling terminals without knowing them: the
 * terminal driver registers one table at start-up. Owner drivers/tty/ctty.c.
 */
#pragma once

#include <tern/base/types.h>

struct process;
struct tty;

struct ctty_ops {
	/* A session leader exits: hang up its terminal, SIGHUP and SIGCONT to
	 * the foreground group. Sleeps.
	 */
	void (*leader_exit)(struct process *p);
	/* Another reference for a forked child's p_tty; sighand lock may be held. */
	void (*get)(struct tty *t);
	void (*put)(struct tty *t);	/* sleeps */
	/* For /proc/PID/stat: device number and foreground group (-1 none). */
	u64 (*dev)(struct tty *t);
	s32 (*pgrp_nr)(struct tty *t);
};

/* Never NULL: a table of no-ops until the driver registers. kernel/proc/session.c */
extern const struct ctty_ops *ctty_ops;
