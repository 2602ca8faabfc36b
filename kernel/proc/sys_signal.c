// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signal calls of a thread about itself: actions, masks, alternate stack,
 * waiting for signals, return from a handler.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/string.h>

/* struct sigaction as the kernel interface has it. */
struct user_sigaction {
	u64 handler, flags, restorer, mask;
};

struct user_stack {
	u64 sp;
	s32 flags;
	u32 pad;
	u64 size;
};

#define SA_KNOWN (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | \
		  SA_NODEFER | SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

static bool sig_is_valid(int sig)
{
	return sig >= 1 && sig <= NSIG;
}

/* POSIX: setting a signal to be ignored forgets what is pending. */
static void forget_ignored_locked(struct process *p, int sig)
{
	struct thread *t;

	if (!signal_is_ignored(p, sig) || (p->p_actions->act[sig - 1].handler > SIG_IGN))
		return;
	sigqueue_drop_mask(&p->p_pending, SIGBIT(sig));
	list_foreach(t, &p->p_threads, t_group_link)
		sigqueue_drop_mask(&t->t_sig.pending, SIGBIT(sig));
}

static void action_set(int sig, const struct user_sigaction *in, struct ksigaction *old)
{
	struct process *p = process_self();
	struct sigactions *a;
	struct ksigaction *ka;
	u64 flags;

	a = signal_lock(p, &flags);
	ka = &a->act[sig - 1];
	*old = *ka;
	if (in) {
		ka->handler = in->handler;
		ka->flags = in->flags & SA_KNOWN;
		ka->restorer = in->restorer;
		ka->mask = in->mask & ~SIGSET_KILLSTOP;
		if (ka->handler <= SIG_IGN)
			forget_ignored_locked(p, sig);
	}
	signal_unlock(a, flags);
}

long sys_rt_sigaction(int sig, const void *act, void *oldact, size_t size)
{
	struct user_sigaction in, out;
	struct ksigaction old;

	if (size != sizeof(ksigset))
		return -EINVAL;
	if (act && user_copyin(&in, act, sizeof(in)))
		return -EFAULT;
	if (!sig_is_valid(sig) || (act && (SIGBIT(sig) & SIGSET_KILLSTOP)))
		return -EINVAL;
	action_set(sig, act ? &in : NULL, &old);
	if (!oldact)
		return 0;
	out = (struct user_sigaction){ old.handler, old.flags, old.restorer, old.mask };
	return user_copyout(oldact, &out, sizeof(out));
}

long sys_rt_sigprocmask(int how, const u64 *set, u64 *oldset, size_t size)
{
	ksigset old = thread_self()->t_sig.blocked, in;

	if (size != sizeof(ksigset))
		return -EINVAL;
	if (set) {
		if (user_get(in, set))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			in |= old;
			break;
		case SIG_UNBLOCK:
			in = old & ~in;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_blocked(in);
	}
	return oldset ? user_put(old, oldset) : 0;
}

long sys_rt_sigpending(u64 *set, size_t size)
{
	struct thread *t = thread_self();
	ksigset pending;

	if (size > sizeof(ksigset))
		return -EINVAL;
	pending = (READ_ONCE(t->t_sig.pending.set) | READ_ONCE(t->t_proc->p_pending.set)) &
		  t->t_sig.blocked;
	return user_copyout(set, &pending, size);
}

static void sleep_until_signal(void)
{
	while (!signal_is_pending()) {
		WRITE_ONCE(thread_self()->t_state, THREAD_SLEEPING);
		smp_mb();
		if (!signal_is_pending())
			sched_block();
		WRITE_ONCE(thread_self()->t_state, THREAD_RUNNING);
	}
}

long sys_rt_sigsuspend(const u64 *mask, size_t size)
{
	struct thread *t = thread_self();
	ksigset set;

	if (size != sizeof(ksigset))
		return -EINVAL;
	if (user_get(set, mask))
		return -EFAULT;
	t->t_sig.saved_mask = t->t_sig.blocked;
	signal_set_blocked(set);
	sleep_until_signal();
	t->t_sig.restore_saved = true;
	return -ERESTARTNOHAND;
}

long sys_pause(void)
{
	sleep_until_signal();
	return -ERESTARTNOHAND;
}

/* ---- waiting for a signal instead of handling it ---- */

static int sigwait_sleep(ksigset these, struct ksiginfo *info, nsec_t deadline)
{
	struct thread *t = thread_self();
	struct sigactions *a;
	u64 flags;
	int sig;

	a = signal_lock(t->t_proc, &flags);
	sig = signal_dequeue_locked(t, these, info);
	if (sig || !deadline) {
		signal_unlock(a, flags);
		return sig;
	}
	t->t_sig.real_blocked = t->t_sig.blocked;
	t->t_sig.blocked &= ~these;
	signal_recalc_locked();
	WRITE_ONCE(t->t_state, THREAD_SLEEPING);
	signal_unlock(a, flags);
	smp_mb();
	if (!signal_is_pending())
		sched_block_until(deadline);
	WRITE_ONCE(t->t_state, THREAD_RUNNING);
	a = signal_lock(t->t_proc, &flags);
	t->t_sig.blocked = t->t_sig.real_blocked;
	t->t_sig.real_blocked = 0;
	sig = signal_dequeue_locked(t, these, info);
	signal_recalc_locked();
	signal_unlock(a, flags);
	return sig;
}

long sys_rt_sigtimedwait(const u64 *set, void *uinfo, const void *timeout, size_t size)
{
	nsec_t deadline = WAIT_FOREVER;
	struct ksiginfo info;
	ksigset these;
	u64 ns;
	int sig, err;

	if (size != sizeof(ksigset))
		return -EINVAL;
	if (user_get(these, set))
		return -EFAULT;
	if (timeout) {
		err = user_get_timespec(&ns, timeout);
		if (err)
			return err;
		deadline = ns ? deadline_after(ns) : 0;
	}
	sig = sigwait_sleep(these & ~SIGSET_KILLSTOP, &info, deadline);
	if (!sig)
		return deadline && signal_is_pending() ? -EINTR : -EAGAIN;
	if (uinfo && user_copyout(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

/* ---- alternate stack ---- */

/* Fixed part, extended state with its end mark, and two alignments. */
u64 signal_frame_max(void)
{
	return ALIGN_UP(440 + xstate_size() + 4 + 63 + 15 + 128, 16);
}


static bool on_altstack(const struct thread *t, u64 sp)
{
	return !(t->t_sig.altstack_flags & SS_AUTODISARM) && t->t_sig.altstack_size &&
	       sp - t->t_sig.altstack_sp - 1 < t->t_sig.altstack_size;
}

static long altstack_set(struct thread *t, const struct user_stack *in, u64 sp)
{
	u32 mode = in->flags & ~SS_AUTODISARM;

	if (on_altstack(t, sp))
		return -EPERM;
	if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		t->t_sig.altstack_sp = 0;
		t->t_sig.altstack_size = 0;
	} else {
		if (in->size < MINSIGSTKSZ)
			return -ENOMEM;
		t->t_sig.altstack_sp = in->sp;
		t->t_sig.altstack_size = in->size;
	}
	t->t_sig.altstack_flags = in->flags;
	return 0;
}

long sys_sigaltstack(const void *ss, void *old_ss)
{
	struct thread *t = thread_self();
	u64 sp = thread_frame(t)->rsp;
	struct user_stack in, out = { .sp = t->t_sig.altstack_sp, .size = t->t_sig.altstack_size };
	long err = 0;

	out.flags = !t->t_sig.altstack_size ? SS_DISABLE : on_altstack(t, sp) ? SS_ONSTACK : 0;
	out.flags |= t->t_sig.altstack_flags & SS_AUTODISARM;
	if (ss) {
		if (user_copyin(&in, ss, sizeof(in)))
			return -EFAULT;
		err = altstack_set(t, &in, sp);
	}
	if (!err && old_ss)
		err = user_copyout(old_ss, &out, sizeof(out));
	return err;
}

/* ---- back from a handler ---- */

long sys_rt_sigreturn(void)
{
	struct thread *t = thread_self();
	struct frame *f = thread_frame(t);
	u64 set;

	if (sigframe_pop(t, &set)) {
		signal_force_simple(SIGSEGV);
		return 0;
	}
	f->orig_rax = ~0UL;	/* whatever rax holds now is the program's */
	signal_set_blocked(set);
	return f->rax;
}

long sys_restart_syscall(void)
{
	struct restart_info *r = &thread_self()->t_restart;

	return r->fn ? r->fn(r) : -EINTR;
}
