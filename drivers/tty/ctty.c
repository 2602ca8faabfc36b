// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controlling terminals: which session a terminal belongs to, which of its
 * process groups is in the foreground, and what happens to background ones.
 * POSIX.1-2017, 11.1.
 *
 * ctty_lock protects tty->session, tty->pgrp and process->p_tty. It is taken
 * with interrupts off since signals may be sent from any context; signals are
 * sent after it was dropped, to groups held by reference.
 */
#include "tty_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/ctty.h>
#include <tern/kernel/process.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/syscalls.h>
#include <uapi/fcntl.h>

struct spin ctty_lock = SPIN_INIT(LOCKRANK_CTTY);

/* Foreground group with a reference, or NULL. */
static struct pidref *foreground(struct tty *t)
{
	u64 flags = spin_lock_irqsave(&ctty_lock);
	struct pidref *pg = pidref_get(t->pgrp);

	spin_unlock_irqrestore(&ctty_lock, flags);
	return pg;
}

void ctty_signal(struct tty *t, int sig)
{
	struct pidref *pg = foreground(t);

	if (!pg)
		return;
	signal_send_pgrp(pg, sig, NULL);
	pidref_put(pg);
}

bool ctty_is_mine(struct tty *t)
{
	return READ_ONCE(process_self()->p_tty) == t;
}

/* True if thread_self's group is not in the foreground of its terminal @t. */
static bool is_background(struct tty *t)
{
	bool bg;
	u64 flags;

	if (!ctty_is_mine(t))
		return false;
	flags = spin_lock_irqsave(&ctty_lock);
	bg = t->pgrp && t->pgrp != process_self()->p_pgrp;
	spin_unlock_irqrestore(&ctty_lock, flags);
	return bg;
}

static bool is_sig_blocked(int sig)
{
	return (thread_self()->t_sig.blocked & SIGBIT(sig)) ||
	       signal_is_ignored(process_self(), sig);
}

int ctty_check_change(struct tty *t)
{
	if (!is_background(t) || is_sig_blocked(SIGTTOU))
		return 0;
	if (process_is_orphaned_pgrp(process_self()->p_pgrp))
		return -EIO;
	signal_send_pgrp(process_self()->p_pgrp, SIGTTOU, NULL);
	thread_work_set(thread_self(), WORK_SIGNAL);
	return -ERESTARTSYS;
}

int ctty_check_read(struct tty *t)
{
	if (!is_background(t))
		return 0;
	if (is_sig_blocked(SIGTTIN) || process_is_orphaned_pgrp(process_self()->p_pgrp))
		return -EIO;
	signal_send_pgrp(process_self()->p_pgrp, SIGTTIN, NULL);
	thread_work_set(thread_self(), WORK_SIGNAL);
	return -ERESTARTSYS;
}

/* Make @t thread_self's controlling terminal. ctty_lock held; checks were done. */
static void attach_locked(struct tty *t, struct process *p)
{
	pidref_put(t->session);
	pidref_put(t->pgrp);
	t->session = pidref_get(p->p_session);
	t->pgrp = pidref_get(p->p_pgrp);
	tty_get(t);
	WRITE_ONCE(p->p_tty, t);
}

static bool is_session_leader(struct process *p)
{
	return p->p_session == p->p_pid;
}

void ctty_open(struct tty *t, struct ofile *f)
{
	struct process *p = process_self();
	u64 flags;

	if ((f->of_flags & O_NOCTTY) || tty_flag(t, TTY_NO_CONTROL) || !is_session_leader(p) ||
	    READ_ONCE(p->p_tty) || (p->p_flags & PROC_KERNEL))
		return;
	if (!(f->of_mode & OFILE_READ))
		return;
	flags = spin_lock_irqsave(&ctty_lock);
	if (!t->session && !p->p_tty)
		attach_locked(t, p);
	spin_unlock_irqrestore(&ctty_lock, flags);
}

/* Every process of @session forgets @t. Returns how many references that frees. */
static u32 forget_session(struct tty *t, struct pidref *session)
{
	struct process *p;
	u32 n = 0;

	rcu_read_lock();
	process_foreach_rcu(p) {
		u64 flags;

		if (p->p_session != session)
			continue;
		flags = spin_lock_irqsave(&ctty_lock);
		if (p->p_tty == t) {
			WRITE_ONCE(p->p_tty, NULL);
			n++;
		}
		spin_unlock_irqrestore(&ctty_lock, flags);
	}
	rcu_read_unlock();
	return n;
}

static void drop_session(struct tty *t, struct pidref *session)
{
	struct pidref *s = NULL, *g = NULL;
	u64 flags;
	u32 n;

	flags = spin_lock_irqsave(&ctty_lock);
	if (t->session == session) {
		s = t->session;
		g = t->pgrp;
		t->session = t->pgrp = NULL;
	}
	spin_unlock_irqrestore(&ctty_lock, flags);
	pidref_put(s);
	pidref_put(g);
	for (n = forget_session(t, session); n; n--)
		tty_put(t);
}

void ctty_hangup(struct tty *t)
{
	struct pidref *s, *g;
	struct process *leader;
	u64 flags = spin_lock_irqsave(&ctty_lock);

	s = pidref_get(t->session);
	g = pidref_get(t->pgrp);
	spin_unlock_irqrestore(&ctty_lock, flags);
	if (!s) {
		pidref_put(g);
		return;
	}
	rcu_read_lock();
	leader = pidref_process(s);
	if (leader) {
		signal_send_process(leader, SIGHUP, NULL);
		signal_send_process(leader, SIGCONT, NULL);
	}
	rcu_read_unlock();
	if (g) {
		signal_send_pgrp(g, SIGHUP, NULL);
		signal_send_pgrp(g, SIGCONT, NULL);
	}
	drop_session(t, s);
	pidref_put(s);
	pidref_put(g);
}

/* TIOCNOTTY, and the exit of a session leader. */
static void give_up(struct process *p, bool is_exit)
{
	struct tty *t = tty_self();
	struct pidref *g;
	u64 flags;

	if (!t)
		return;
	if (is_session_leader(p)) {
		g = foreground(t);
		if (g) {
			signal_send_pgrp(g, SIGHUP, NULL);
			signal_send_pgrp(g, SIGCONT, NULL);
			pidref_put(g);
		}
		drop_session(t, p->p_session);
	} else if (!is_exit) {
		bool had;

		flags = spin_lock_irqsave(&ctty_lock);
		had = p->p_tty == t;
		WRITE_ONCE(p->p_tty, NULL);
		spin_unlock_irqrestore(&ctty_lock, flags);
		if (had)
			tty_put(t);
	}
	tty_put(t);
}

static long set_ctty(struct tty *t, struct ofile *f, uptr steal)
{
	struct process *p = process_self();
	struct pidref *old = NULL;
	long err = 0;
	u64 flags;

	if (tty_flag(t, TTY_NO_CONTROL))
		return -EINVAL;
	if (is_session_leader(p) && ctty_is_mine(t) && t->session == p->p_session)
		return 0;
	if (!is_session_leader(p) || READ_ONCE(p->p_tty))
		return -EPERM;
	if (!(f->of_mode & OFILE_READ) && !cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	flags = spin_lock_irqsave(&ctty_lock);
	if (t->session && (steal != 1 || !cap_has(CAP_SYS_ADMIN)))
		err = -EPERM;
	else if (t->session)
		old = pidref_get(t->session);
	else
		attach_locked(t, p);
	spin_unlock_irqrestore(&ctty_lock, flags);
	if (!old)
		return err;
	drop_session(t, old);
	pidref_put(old);
	flags = spin_lock_irqsave(&ctty_lock);
	if (t->session)
		err = -EPERM;
	else
		attach_locked(t, p);
	spin_unlock_irqrestore(&ctty_lock, flags);
	return err;
}

static long get_pgrp(struct tty *t, struct tty *real, uptr arg)
{
	struct pidref *pg;
	s32 nr;

	if (t == real && !ctty_is_mine(real))
		return -ENOTTY;
	pg = foreground(real);
	nr = pidref_nr(pg);
	pidref_put(pg);
	return user_put(nr, (s32 __user *)arg);
}

/* The group @nr if it belongs to thread_self's session: with a reference, or ERR_PTR. */
static struct pidref *group_in_session(s32 nr)
{
	struct pidref *pg;
	struct process *p;

	if (nr < 0)
		return ERR_PTR(-EINVAL);
	pg = pidref_lookup(nr);
	if (!pg)
		return ERR_PTR(-ESRCH);
	rcu_read_lock();
	process_foreach_rcu(p) {
		if (p->p_pgrp == pg && p->p_session == process_self()->p_session) {
			rcu_read_unlock();
			return pg;
		}
	}
	rcu_read_unlock();
	pidref_put(pg);
	return ERR_PTR(-EPERM);
}

static long set_pgrp(struct tty *real, uptr arg)
{
	struct pidref *pg, *old;
	u64 flags;
	s32 nr;
	int err = ctty_check_change(real);

	if (err == -EIO)
		return -ENOTTY;
	if (err)
		return err;
	if (!ctty_is_mine(real) || real->session != process_self()->p_session)
		return -ENOTTY;
	if (user_get(nr, (s32 __user *)arg))
		return -EFAULT;
	pg = group_in_session(nr);
	if (IS_ERR(pg))
		return PTR_ERR(pg);
	flags = spin_lock_irqsave(&ctty_lock);
	old = real->pgrp;
	real->pgrp = pg;
	spin_unlock_irqrestore(&ctty_lock, flags);
	pidref_put(old);
	return 0;
}

static long get_sid(struct tty *t, struct tty *real, uptr arg)
{
	struct pidref *s;
	u64 flags;
	s32 nr;

	if (t == real && !ctty_is_mine(real))
		return -ENOTTY;
	flags = spin_lock_irqsave(&ctty_lock);
	s = pidref_get(real->session);
	spin_unlock_irqrestore(&ctty_lock, flags);
	if (!s)
		return -ENOTTY;
	nr = pidref_nr(s);
	pidref_put(s);
	return user_put(nr, (s32 __user *)arg);
}

long ctty_ioctl(struct tty *t, struct ofile *f, u32 cmd, uptr arg)
{
	struct tty *real = tty_flag(t, TTY_PTY_MASTER) && t->link ? t->link : t;

	switch (cmd) {
	case TIOCSCTTY:
		return set_ctty(t, f, arg);
	case TIOCNOTTY:
		if (!ctty_is_mine(t))
			return -ENOTTY;
		give_up(process_self(), false);
		return 0;
	case TIOCGPGRP:
		return get_pgrp(t, real, arg);
	case TIOCSPGRP:
		return set_pgrp(real, arg);
	case TIOCGSID:
		return get_sid(t, real, arg);
	}
	return -ENOTTY;
}

struct tty *tty_self(void)
{
	u64 flags = spin_lock_irqsave(&ctty_lock);
	struct tty *t = process_self()->p_tty;

	if (t)
		tty_get(t);
	spin_unlock_irqrestore(&ctty_lock, flags);
	return t;
}

long sys_vhangup(void)
{
	struct tty *t;

	if (!cap_has(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	t = tty_self();
	if (t) {
		tty_hang_up(t);
		tty_put(t);
	}
	return 0;
}

/* ---- what kernel/proc asks ---- */

static void leader_exit(struct process *p)
{
	give_up(p, true);
}

static u64 ctty_dev(struct tty *t)
{
	return t->dev;
}

static s32 ctty_pgrp_nr(struct tty *t)
{
	struct pidref *pg = foreground(t);
	s32 nr = pg ? pidref_nr(pg) : -1;

	pidref_put(pg);
	return nr;
}

static const struct ctty_ops ops = {
	.leader_exit = leader_exit,
	.get = tty_get,
	.put = tty_put,
	.dev = ctty_dev,
	.pgrp_nr = ctty_pgrp_nr,
};

static int ctty_init(void)
{
	ctty_ops = &ops;
	return 0;
}
INITCALL(CORE, ctty_init);
