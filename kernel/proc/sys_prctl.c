// SPDX-License-Identifier: GPL-2.0-only
/*
 * prctl(2). One small function an option; what is
 * not in the table is EINVAL, as on a kernel that does not know it.
 */
#include "proc_impl.h"

#include <generated/svc_syscall.h>
#include <asm/uaccess.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/seccomp.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/string.h>
#include <tern/svc/svc.h>
#include <uapi/prctl.h>

#define SECBITS_ALL	0xffUL
#define SECBITS_LOCKS	0xaaUL
#define SECBIT_KEEP_CAPS 0x10u
#define SECBIT_KEEP_CAPS_LOCKED 0x20u
#define SECBIT_NO_CAP_AMBIENT_RAISE 0x40u
#define TIMER_SLACK_DEFAULT 50000

typedef long (*prctl_fn)(u64 a, u64 b, u64 c, u64 d);

static long set_pdeathsig(u64 a, u64 b, u64 c, u64 d)
{
	if (a > NSIG)
		return -EINVAL;
	thread_self()->t_pdeath_signal = a;
	return 0;
}

static long get_pdeathsig(u64 a, u64 b, u64 c, u64 d)
{
	return user_put(thread_self()->t_pdeath_signal, (s32 __user *)a);
}

static long get_dumpable(u64 a, u64 b, u64 c, u64 d)
{
	return thread_self()->t_as->is_dumpable;
}

static long set_dumpable(u64 a, u64 b, u64 c, u64 d)
{
	if (a > 1)
		return -EINVAL;
	thread_self()->t_as->is_dumpable = a;
	return 0;
}

static long get_keepcaps(u64 a, u64 b, u64 c, u64 d)
{
	return !!(cred_self()->securebits & SECBIT_KEEP_CAPS);
}

static long set_keepcaps(u64 a, u64 b, u64 c, u64 d)
{
	struct credset *n;

	if (a > 1)
		return -EINVAL;
	if (cred_self()->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	n = cred_prepare();
	if (!n)
		return -ENOMEM;
	n->securebits = (n->securebits & ~SECBIT_KEEP_CAPS) | (a ? SECBIT_KEEP_CAPS : 0);
	cred_commit(n);
	return 0;
}

static long get_timing(u64 a, u64 b, u64 c, u64 d)
{
	return 0;	/* statistical */
}

static long set_timing(u64 a, u64 b, u64 c, u64 d)
{
	return a ? -EINVAL : 0;
}

static long set_name(u64 a, u64 b, u64 c, u64 d)
{
	char name[16];
	ssize_t n = user_strncpy(name, (const char __user *)a, sizeof(name) - 1);

	if (n < 0)
		return n;
	name[sizeof(name) - 1] = 0;
	thread_set_comm(thread_self(), name);
	procnews_comm(thread_self());
	return 0;
}

static long get_name(u64 a, u64 b, u64 c, u64 d)
{
	char name[16];

	thread_get_comm(thread_self(), name);
	return user_copyout((void __user *)a, name, sizeof(name));
}

/* ---- seccomp ---- */

static long get_seccomp(u64 a, u64 b, u64 c, u64 d)
{
	return seccomp_mode(thread_self());	/* in strict mode this call itself is deadly */
}

static long set_seccomp(u64 a, u64 b, u64 c, u64 d)
{
	return seccomp_prctl_set(a, b);
}

/* ---- capabilities ---- */

static long capbset_read(u64 a, u64 b, u64 c, u64 d)
{
	return a > CAP_LAST ? -EINVAL : (long)(cred_self()->cap_bounding >> a & 1);
}

static long capbset_drop(u64 a, u64 b, u64 c, u64 d)
{
	struct credset *n;

	if (!cap_has_self(CAP_SETPCAP))
		return -EPERM;
	if (a > CAP_LAST)
		return -EINVAL;
	n = cred_prepare();
	if (!n)
		return -ENOMEM;
	n->cap_bounding &= ~BIT(a);
	cred_commit(n);
	return 0;
}

static long get_securebits(u64 a, u64 b, u64 c, u64 d)
{
	return cred_self()->securebits;
}

static long set_securebits(u64 a, u64 b, u64 c, u64 d)
{
	u32 old = cred_self()->securebits;
	u32 locked = (old & SECBITS_LOCKS) | (old & SECBITS_LOCKS) >> 1;
	struct credset *n;

	if ((a & ~SECBITS_ALL) || ((old ^ a) & locked) || !cap_has_self(CAP_SETPCAP))
		return -EPERM;
	n = cred_prepare();
	if (!n)
		return -ENOMEM;
	n->securebits = a;
	cred_commit(n);
	return 0;
}

static long ambient_change(u64 op, u64 cap)
{
	const struct credset *o = cred_self();
	struct credset *n;

	if (op == PR_CAP_AMBIENT_RAISE &&
	    (!(o->cap_permitted & o->cap_inheritable & BIT(cap)) ||
	     (o->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)))
		return -EPERM;
	n = cred_prepare();
	if (!n)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_RAISE)
		n->cap_ambient |= BIT(cap);
	else if (op == PR_CAP_AMBIENT_LOWER)
		n->cap_ambient &= ~BIT(cap);
	else
		n->cap_ambient = 0;
	cred_commit(n);
	return 0;
}

static long cap_ambient(u64 a, u64 b, u64 c, u64 d)
{
	if (c || d)
		return -EINVAL;
	if (a == PR_CAP_AMBIENT_CLEAR_ALL)
		return b ? -EINVAL : ambient_change(a, 0);
	if (b > CAP_LAST)
		return -EINVAL;
	if (a == PR_CAP_AMBIENT_IS_SET)
		return cred_self()->cap_ambient >> b & 1;
	if (a != PR_CAP_AMBIENT_RAISE && a != PR_CAP_AMBIENT_LOWER)
		return -EINVAL;
	return ambient_change(a, b);
}

/* ---- small state ---- */

static long get_tsc(u64 a, u64 b, u64 c, u64 d)
{
	return user_put(thread_self()->t_arch.tsc_is_off ? 2 : 1, (s32 __user *)a);
}

static long set_timerslack(u64 a, u64 b, u64 c, u64 d)
{
	thread_self()->t_timer_slack_ns = (s64)a > 0 ? a : TIMER_SLACK_DEFAULT;
	return 0;
}

static long get_timerslack(u64 a, u64 b, u64 c, u64 d)
{
	return min_t(u64, thread_self()->t_timer_slack_ns, S64_MAX);
}

/* Descendants inherit "has a subreaper above" when they are made; mark those that exist. */
static void mark_descendants_locked(struct process *top)
{
	struct process *p = top;

	for (;;) {
		if (!list_is_empty(&p->p_children)) {
			p = list_first_entry(&p->p_children, struct process, p_sibling);
		} else {
			while (p != top && list_is_last(&p->p_sibling, &p->p_parent->p_children))
				p = p->p_parent;
			if (p == top)
				return;
			p = list_next_entry(p, p_sibling);
		}
		p->p_has_subreaper = true;
	}
}

static long set_child_subreaper(u64 a, u64 b, u64 c, u64 d)
{
	struct process *p = process_self();
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	p->p_is_subreaper = a;
	if (a)
		mark_descendants_locked(p);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return 0;
}

static long get_child_subreaper(u64 a, u64 b, u64 c, u64 d)
{
	return user_put((s32)process_self()->p_is_subreaper, (s32 __user *)a);
}

static long set_no_new_privs(u64 a, u64 b, u64 c, u64 d)
{
	struct credset *n;

	if (a != 1 || b || c || d)
		return -EINVAL;
	n = cred_prepare();
	if (!n)
		return -ENOMEM;
	n->no_new_privs = true;
	cred_commit(n);
	return 0;
}

static long get_no_new_privs(u64 a, u64 b, u64 c, u64 d)
{
	return a || b || c || d ? -EINVAL : cred_self()->no_new_privs;
}

static long get_tid_address(u64 a, u64 b, u64 c, u64 d)
{
	return user_put((u64)thread_self()->t_clear_tid, (u64 __user *)a);
}

/* ---- Tern's own ---- */

static long drop_services(u64 a, u64 b, u64 c, u64 d)
{
	struct process *p = process_self();
	struct sigactions *act;
	struct thread *t;
	u64 flags;
	u64 rest;

	if (b || c || d)
		return -EINVAL;
	if (svc_syscall_drop(SVC_MASK_ALL, a, &rest))
		return -EINVAL;
	act = signal_lock(p, &flags);
	list_foreach(t, &p->p_threads, t_group_link) {
		__atomic_fetch_and(&t->t_svcmask, rest, __ATOMIC_SEQ_CST);
		if ((t->t_svcmask & SVC_MASK_ALL) != SVC_MASK_ALL)
			thread_work_set(t, WORK_SVCMASK);
	}
	signal_unlock(act, flags);
	return 0;
}

static long get_services(u64 a, u64 b, u64 c, u64 d)
{
	return thread_self()->t_svcmask & SVC_MASK_ALL;
}

static const struct { u32 option; prctl_fn fn; } options[] = {
	{ PR_SET_PDEATHSIG, set_pdeathsig }, { PR_GET_PDEATHSIG, get_pdeathsig },
	{ PR_GET_DUMPABLE, get_dumpable }, { PR_SET_DUMPABLE, set_dumpable },
	{ PR_GET_KEEPCAPS, get_keepcaps }, { PR_SET_KEEPCAPS, set_keepcaps },
	{ PR_GET_TIMING, get_timing }, { PR_SET_TIMING, set_timing },
	{ PR_SET_NAME, set_name }, { PR_GET_NAME, get_name },
	{ PR_GET_SECCOMP, get_seccomp }, { PR_SET_SECCOMP, set_seccomp },
	{ PR_CAPBSET_READ, capbset_read }, { PR_CAPBSET_DROP, capbset_drop },
	{ PR_GET_TSC, get_tsc },
	{ PR_GET_SECUREBITS, get_securebits }, { PR_SET_SECUREBITS, set_securebits },
	{ PR_SET_TIMERSLACK, set_timerslack }, { PR_GET_TIMERSLACK, get_timerslack },
	{ PR_SET_CHILD_SUBREAPER, set_child_subreaper },
	{ PR_GET_CHILD_SUBREAPER, get_child_subreaper },
	{ PR_SET_NO_NEW_PRIVS, set_no_new_privs }, { PR_GET_NO_NEW_PRIVS, get_no_new_privs },
	{ PR_GET_TID_ADDRESS, get_tid_address }, { PR_CAP_AMBIENT, cap_ambient },
	{ PR_SET_SYSCALL_USER_DISPATCH, userdispatch_prctl },
	{ PR_TERN_DROP_SERVICES, drop_services }, { PR_TERN_GET_SERVICES, get_services },
};

long sys_prctl(u32 option, u64 a, u64 b, u64 c, u64 d)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].option == option)
			return options[i].fn(a, b, c, d);
	return -EINVAL;
}
