// SPDX-License-Identifier: GPL-2.0-only
/*
 * seccomp(2): classic BPF programs that judge system calls before they run.
 *
 * A filter is immutable once attached. At attach time each call number is tried
 * against the program with everything but number and architecture unknown: what
 * is allowed whatever the arguments are is remembered in a bitmap, and such
 * calls later cost one bit test however long the chain is.
 *
 * A thread changes its own chain under its process's signal lock (S), and with
 * TSYNC those of its siblings: only to a chain that has the old one as its
 * tail, so that a sibling that is just judging a call loses nothing.
 *
 * Limits: 4096 instructions a filter, 32768 a chain (each filter costs 4 more).
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/base/upcall.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/seccomp.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/trace.h>
#include <tern/kernel/secnotify.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/bitmap.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/svc/svc.h>
#include <uapi/prctl.h>

#include "seccomp_impl.h"

#define CHAIN_MAX	32768u
#define FILTER_COST	4u
#define FLAGS_KNOWN	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | \
			 SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER | \
			 SECCOMP_FILTER_FLAG_TSYNC_ESRCH | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)

struct sock_fprog_ { u16 len; const struct cbpf_insn __user *filter; };

struct judged {
	struct cbpf_data d;
	struct seccomp_data sd;
	bool is_partial;	/* only number and architecture are known */
};

/* ---- chains ---- */

struct secfilter *secfilter_get(struct secfilter *sf)
{
	if (sf)
		ref_get(&sf->users);
	return sf;
}

void secfilter_unref(struct secfilter *sf)
{
	if (!ref_put(&sf->refs))
		return;
	kmem_free(sf->listener);
	kmem_free_large(sf);
}

void secfilter_put(struct secfilter *sf)
{
	while (sf && ref_put(&sf->users)) {
		struct secfilter *prev = sf->prev;

		if (sf->listener)
			seclistener_alone(sf->listener);
		secfilter_unref(sf);
		sf = prev;
	}
}

static bool is_ancestor(const struct secfilter *old, const struct secfilter *chain)
{
	if (!old)
		return true;
	while (chain && chain != old)
		chain = chain->prev;
	return chain == old;
}

u32 seccomp_mode(const struct thread *t)
{
	if (!(READ_ONCE(t->t_work) & WORK_SECCOMP))
		return SECCOMP_MODE_DISABLED;
	return READ_ONCE(t->t_seccomp) ? SECCOMP_MODE_FILTER : SECCOMP_MODE_STRICT;
}

u32 seccomp_filter_count(struct thread *t)
{
	struct sigactions *a;
	u64 flags;
	u32 n;

	a = signal_lock(t->t_proc, &flags);
	n = t->t_seccomp ? t->t_seccomp->depth : 0;
	signal_unlock(a, flags);
	return n;
}

void seccomp_exit(struct thread *t)
{
	struct secfilter *old;
	struct sigactions *a;
	u64 flags;

	if (likely(!t->t_seccomp))
		return;
	a = signal_lock(t->t_proc, &flags);
	old = t->t_seccomp;
	WRITE_ONCE(t->t_seccomp, NULL);
	thread_work_clear(t, WORK_SECCOMP);
	signal_unlock(a, flags);
	secfilter_put(old);
}

/* ---- judging ---- */

static bool load(struct cbpf_data *d, u32 off, u32 size, u32 *out)
{
	struct judged *j = container_of(d, struct judged, d);

	if (j->is_partial && off >= offsetof(struct seccomp_data, instruction_pointer))
		return false;
	memcpy(out, (const u8 *)&j->sd + off, sizeof(*out));
	return true;
}

/* The verdict that counts, and the filter that gave it. */
static u32 judge(const struct secfilter *chain, struct judged *j, const struct secfilter **by)
{
	u32 best = SECCOMP_RET_ALLOW, v;

	*by = NULL;
	for (; chain; chain = chain->prev) {
		v = cbpf_run(chain->insns, &j->d);
		if ((s32)(v & SECCOMP_RET_ACTION) < (s32)(best & SECCOMP_RET_ACTION)) {
			best = v;
			*by = chain;
		}
	}
	return best;
}

static void fill(struct judged *j, const struct frame *f)
{
	j->d = (struct cbpf_data){ .load = load, .len = sizeof(j->sd) };
	j->sd = (struct seccomp_data){
		.nr = f->orig_rax, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = f->rip,
		.args = { f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9 },
	};
	j->is_partial = false;
}

void seccomp_raise(struct frame *f, int code, u32 data, bool is_final)
{
	struct ksiginfo info;

	f->rax = f->orig_rax;		/* as if the call had not begun */
	memset(&info, 0, sizeof(info));
	info.user.si_signo = SIGSYS;
	info.user.si_code = code;
	info.user.si_errno = data;
	info.user.sys.call_addr = (void *)f->rip;
	info.user.sys.syscall = f->orig_rax;
	info.user.sys.arch = AUDIT_ARCH_X86_64;
	if (is_final)
		signal_force_fatal(SIGSYS, &info);
	else
		signal_force(SIGSYS, &info);
}

static void log_verdict(const struct frame *f, u32 action)
{
	struct thread *t = thread_self();
	const char *name = syscall_name(f->orig_rax);

	kinfo("seccomp: %s[%d] call %ld (%s) at %lx: %#x", t->t_comm, pidref_nr(t->t_pid),
	      (long)f->orig_rax, name ? name : "unknown", f->rip, action);
}

/* The tracer may change the call, and then it is judged once more. */
static bool ask_tracer(struct frame *f, u32 data, bool is_second)
{
	if (is_second)
		return true;
	if (!tracee_wants(PTRACE_EVENT_SECCOMP)) {
		f->rax = -ENOSYS;
		return false;
	}
	tracee_event(PTRACE_EVENT_SECCOMP, data);
	return !signal_is_fatal_pending() && (s32)f->orig_rax >= 0;
}

static bool ask_listener(struct frame *f, const struct secfilter *by, const struct seccomp_data *sd)
{
	s64 result;

	if (seclistener_ask(by, sd, &result))
		return true;
	f->rax = (u64)result;
	return false;
}

static bool carry_out(struct frame *f, u32 verdict, const struct secfilter *by, struct judged *j,
		      bool is_second, bool *judge_again)
{
	u32 action = verdict & SECCOMP_RET_ACTION, data = verdict & SECCOMP_RET_DATA;

	if (by && by->logs && action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG)
		log_verdict(f, action);
	switch (action) {
	case SECCOMP_RET_ALLOW:
		return true;
	case SECCOMP_RET_LOG:
		log_verdict(f, action);
		return true;
	case SECCOMP_RET_ERRNO:
		f->rax = -(u64)min_t(u32, data, ERRNO_MAX);
		return false;
	case SECCOMP_RET_TRAP:
		seccomp_raise(f, SYS_SECCOMP, data, false);
		return false;
	case SECCOMP_RET_TRACE:
		*judge_again = !is_second;
		return ask_tracer(f, data, is_second);
	case SECCOMP_RET_USER_NOTIF:
		return ask_listener(f, by, &j->sd);
	}
	log_verdict(f, action);
	if (action == SECCOMP_RET_KILL_THREAD && READ_ONCE(process_self()->p_nlive) > 1)
		thread_exit(SIGSYS);
	seccomp_raise(f, SYS_SECCOMP, data, true);
	return false;
}

static bool is_always_allowed(const struct secfilter *chain, u64 nr)
{
	return nr < SECCACHED_CALLS && (chain->allowed[nr / 64] >> (nr % 64) & 1);
}

static bool filter_enter(struct frame *f, bool is_second)
{
	struct secfilter *chain = thread_self()->t_seccomp;
	const struct secfilter *by;
	bool judge_again = false;
	struct judged j;
	u32 verdict;

	if (likely(is_always_allowed(chain, f->orig_rax)))
		return true;
	fill(&j, f);
	verdict = judge(chain, &j, &by);
	if (!carry_out(f, verdict, by, &j, is_second, &judge_again))
		return false;
	return judge_again ? filter_enter(f, true) : true;
}

static bool strict_allows(u64 nr)
{
	return nr == 0 || nr == 1 || nr == 15 || nr == 60;	/* read write rt_sigreturn exit */
}

bool seccomp_enter(struct frame *f)
{
	if (READ_ONCE(thread_self()->t_seccomp))
		return filter_enter(f, false);
	if (!strict_allows(f->orig_rax))
		thread_exit(SIGKILL);
	return true;
}

/* ---- making filters ---- */

/* Of all that the machine can do, system calls have a part: aligned words of struct seccomp_data. */
static bool insn_suits(const struct cbpf_insn *i)
{
	switch (i->code) {
	case CBPF_LD | CBPF_W | CBPF_ABS:
		return i->k < sizeof(struct seccomp_data) && !(i->k & 3);
	case CBPF_LD | CBPF_W | CBPF_LEN:
	case CBPF_LDX | CBPF_W | CBPF_LEN:
	case CBPF_LD | CBPF_IMM:
	case CBPF_LDX | CBPF_IMM:
	case CBPF_LD | CBPF_MEM:
	case CBPF_LDX | CBPF_MEM:
		return true;
	}
	if (CBPF_CLASS(i->code) == CBPF_ALU)
		return (i->code & 0xf0) != CBPF_MOD;
	return CBPF_CLASS(i->code) != CBPF_LD && CBPF_CLASS(i->code) != CBPF_LDX;
}

static int check(const struct secfilter *sf)
{
	u16 *scratch = kmem_alloc(sf->n * sizeof(*scratch), ALLOC_KERNEL);
	int err;

	if (!scratch)
		return -ENOMEM;
	err = cbpf_check(sf->insns, sf->n, scratch);
	kmem_free(scratch);
	for (u32 i = 0; !err && i < sf->n; i++)
		if (!insn_suits(&sf->insns[i]))
			err = -EINVAL;
	return err;
}

static struct secfilter *filter_make(const void __user *uprog)
{
	struct sock_fprog_ prog;
	struct secfilter *sf;
	int err;

	if (user_copyin(&prog, uprog, sizeof(prog)))
		return ERR_PTR(-EFAULT);
	if (!prog.len || prog.len > CBPF_MAX_INSNS)
		return ERR_PTR(-EINVAL);
	if (!cred_self()->no_new_privs && !cap_has_self(CAP_SYS_ADMIN))
		return ERR_PTR(-EACCES);
	sf = kmem_alloc_large(sizeof(*sf) + prog.len * sizeof(sf->insns[0]),
			      ALLOC_KERNEL | ALLOC_ZERO);
	if (!sf)
		return ERR_PTR(-ENOMEM);
	ref_init(&sf->users, 1);
	ref_init(&sf->refs, 1);
	sf->n = prog.len;
	err = user_copyin(sf->insns, prog.filter, prog.len * sizeof(sf->insns[0])) ? -EFAULT :
	      check(sf);
	if (err) {
		kmem_free_large(sf);
		return ERR_PTR(err);
	}
	return sf;
}

/* What this filter, and so far the chain, allows whatever the arguments are. */
static void find_always_allowed(struct secfilter *sf)
{
	struct judged j = { .d = { load, sizeof(j.sd) }, .is_partial = true };

	j.sd.arch = AUDIT_ARCH_X86_64;
	for (u32 nr = 0; nr < SECCACHED_CALLS; nr++) {
		if (sf->prev && !is_always_allowed(sf->prev, nr))
			continue;
		j.sd.nr = nr;
		/* A load of what is unknown ends it with 0, which kills. */
		if (cbpf_run(sf->insns, &j.d) == SECCOMP_RET_ALLOW)
			sf->allowed[nr / 64] |= BIT(nr % 64);
	}
}

/* ---- attaching ---- */

/* All siblings can take over @t's chain; else one that cannot. Locks: S. */
static struct thread *find_stranger_locked(struct process *p, struct thread *t)
{
	struct thread *it;

	list_foreach(it, &p->p_threads, t_group_link)
		if (it != t && !(it->t_job & JOB_DYING) &&
		    (seccomp_mode(it) == SECCOMP_MODE_STRICT ||
		     !is_ancestor(it->t_seccomp, t->t_seccomp)))
			return it;
	return NULL;
}

struct nnp_work { struct task_work work; };

/* Runs in a sibling before it returns to user mode. */
static void take_no_new_privs(struct task_work *w)
{
	struct credset *c = cred_prepare();

	kmem_free(container_of(w, struct nnp_work, work));
	if (!c)
		process_exit_group(SIGKILL);	/* it must not go on with more rights */
	c->no_new_privs = true;
	cred_commit(c);
}

static int spread_no_new_privs(struct process *p, struct thread *t)
{
	struct thread *it;

	if (!cred_self()->no_new_privs)
		return 0;
	rcu_read_lock();
	process_thread_foreach_rcu(p, it) {
		struct nnp_work *w;

		if (it == t || rcu_load(it->t_real_cred)->no_new_privs)
			continue;
		w = kmem_alloc(sizeof(*w), ALLOC_ATOMIC);
		if (!w) {
			rcu_read_unlock();
			return -ENOMEM;
		}
		w->work.fn = take_no_new_privs;
		if (thread_add_work(it, &w->work))
			kmem_free(w);
	}
	rcu_read_unlock();
	return 0;
}

static void give_to_siblings_locked(struct process *p, struct thread *t)
{
	struct secfilter *old;
	struct thread *it;

	list_foreach(it, &p->p_threads, t_group_link) {
		if (it == t || (it->t_job & JOB_DYING))
			continue;
		old = it->t_seccomp;
		WRITE_ONCE(it->t_seccomp, secfilter_get(t->t_seccomp));
		thread_work_set(it, WORK_SECCOMP);
		/* Its tail is part of the new chain: never the last reference. */
		secfilter_put(old);
	}
}

/* One listener a chain, as long as it is open. */
static bool has_listener(const struct secfilter *chain)
{
	for (; chain; chain = chain->prev)
		if (chain->listener && READ_ONCE(chain->listener->is_open))
			return true;
	return false;
}

/* S held: 0, -errno, or the number of a thread that cannot take part in TSYNC. */
static long attach_locked(struct process *p, struct thread *t, struct secfilter *sf, u32 flags)
{
	struct thread *stranger;

	if (seccomp_mode(t) == SECCOMP_MODE_STRICT)
		return -EINVAL;
	if (sf->listener && has_listener(sf->prev))
		return -EBUSY;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC) {
		stranger = find_stranger_locked(p, t);
		if (stranger)
			return flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH :
			       pidref_nr(stranger->t_pid);
	}
	WRITE_ONCE(t->t_seccomp, sf);	/* its reference to the old chain is sf->prev's now */
	thread_work_set(t, WORK_SECCOMP);
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		give_to_siblings_locked(p, t);
	return 0;
}

static long attach(struct secfilter *sf, u32 flags)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct sigactions *a;
	u64 irq;
	long err;

	/* A sibling may give us a longer chain until S is held. */
	for (;;) {
		struct secfilter *prev = READ_ONCE(t->t_seccomp);

		sf->prev = prev;
		sf->depth = (prev ? prev->depth : 0) + 1;
		sf->cost = (prev ? prev->cost : 0) + sf->n + FILTER_COST;
		if (sf->cost > CHAIN_MAX + FILTER_COST) {
			err = -ENOMEM;
			break;
		}
		memset(sf->allowed, 0, sizeof(sf->allowed));
		find_always_allowed(sf);
		a = signal_lock(p, &irq);
		if (t->t_seccomp == prev) {
			err = attach_locked(p, t, sf, flags);
			signal_unlock(a, irq);
			break;
		}
		signal_unlock(a, irq);
	}
	if (err)
		sf->prev = NULL;	/* it was not ours to drop */
	else if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		err = spread_no_new_privs(p, t);
	return err;
}

/* The listener's file, which holds a reference on the filter. */
static struct ofile *listen_on(struct secfilter *sf, u32 flags)
{
	struct ofile *f;

	sf->listener = seclistener_create(flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (!sf->listener)
		return ERR_PTR(-ENOMEM);
	ref_get(&sf->refs);
	f = secfile_create(sf);
	if (IS_ERR(f))
		secfilter_unref(sf);
	return f;
}

/* Attach and give a descriptor of the listener. */
static long attach_listener(struct secfilter *sf, u32 flags)
{
	int fd = fd_reserve(0, true);
	struct ofile *f;
	long err;

	if (fd < 0)
		return fd;
	f = listen_on(sf, flags);
	err = IS_ERR(f) ? PTR_ERR(f) : attach(sf, flags);
	if (!err) {
		fd_publish(fd, f);
		return fd;
	}
	fd_cancel(fd);
	if (!IS_ERR(f))
		ofile_put(f);
	return err;
}

static bool flags_are_good(u32 flags)
{
	const u32 tsync = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER;

	/* With both, the result could be a descriptor or the number of a thread. */
	if ((flags & tsync) == tsync && !(flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
		return false;
	if ((flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) && !(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return false;
	return !(flags & ~FLAGS_KNOWN);
}

static long set_filter(u32 flags, const void __user *uprog)
{
	struct secfilter *sf;
	long ret;

	if (!flags_are_good(flags))
		return -EINVAL;
	sf = filter_make(uprog);
	if (IS_ERR(sf))
		return PTR_ERR(sf);
	sf->logs = flags & SECCOMP_FILTER_FLAG_LOG;
	ret = flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? attach_listener(sf, flags) : attach(sf, flags);
	if (thread_self()->t_seccomp != sf)
		secfilter_put(sf);
	return ret;
}

static long set_strict(void)
{
	struct thread *t = thread_self();

	if (t->t_work & WORK_SECCOMP)
		return -EINVAL;
	thread_work_set(t, WORK_SECCOMP);
	return 0;
}

/* ---- calls ---- */

static long action_is_available(const u32 __user *uaction)
{
	static const u32 known[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE, SECCOMP_RET_LOG,
		SECCOMP_RET_ALLOW,
	};
	u32 action;

	if (user_get(action, uaction))
		return -EFAULT;
	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i] == action)
			return 0;
	return -EOPNOTSUPP;
}

static long notif_sizes(void __user *out)
{
	const struct seccomp_notif_sizes_ sizes = {
		sizeof(struct seccomp_notif_), sizeof(struct seccomp_notif_resp_), sizeof(struct seccomp_data),
	};

	return user_copyout(out, &sizes, sizeof(sizes)) ? -EFAULT : 0;
}

long seccomp_prctl_set(u64 mode, u64 prog)
{
	if (mode == SECCOMP_MODE_STRICT)
		return set_strict();
	return mode == SECCOMP_MODE_FILTER ? set_filter(0, (const void __user *)prog) : -EINVAL;
}

long sys_seccomp(u32 op, u32 flags, void *args)
{
	switch (op) {
	case SECCOMP_SET_MODE_STRICT:
		return flags || args ? -EINVAL : set_strict();
	case SECCOMP_SET_MODE_FILTER:
		return set_filter(flags, args);
	case SECCOMP_GET_ACTION_AVAIL:
		return flags ? -EINVAL : action_is_available(args);
	case SECCOMP_GET_NOTIF_SIZES:
		return flags ? -EINVAL : notif_sizes(args);
	}
	return -EINVAL;
}

/* ---- debuggers ---- */

/* Filter @n of the chain of @t, the oldest is 0, with a use; or ERR_PTR. */
static struct secfilter *filter_by_number(struct thread *t, u64 n)
{
	struct secfilter *sf = NULL;
	struct sigactions *a;
	u64 flags;
	bool has;

	if (thread_self()->t_work & WORK_SECCOMP || !cap_has(CAP_SYS_ADMIN))
		return ERR_PTR(-EACCES);
	a = signal_lock(t->t_proc, &flags);
	has = t->t_seccomp != NULL;
	if (has && n < t->t_seccomp->depth)
		for (sf = t->t_seccomp; sf->depth - 1 > n; sf = sf->prev)
			;
	secfilter_get(sf);
	signal_unlock(a, flags);
	if (!sf)
		return ERR_PTR(has ? -ENOENT : -EINVAL);
	return sf;
}

long seccomp_trace_filter(struct thread *t, u64 n, void __user *out)
{
	struct secfilter *sf = filter_by_number(t, n);
	long ret;

	if (IS_ERR(sf))
		return PTR_ERR(sf);
	ret = sf->n;
	if (out && user_copyout(out, sf->insns, sf->n * sizeof(sf->insns[0])))
		ret = -EFAULT;
	secfilter_put(sf);
	return ret;
}

long seccomp_trace_metadata(struct thread *t, u64 size, void __user *p)
{
	struct seccomp_metadata md = { 0 };
	struct secfilter *sf;

	if (thread_self()->t_work & WORK_SECCOMP || !cap_has(CAP_SYS_ADMIN))
		return -EACCES;
	size = min_t(u64, size, sizeof(md));
	if (size < sizeof(md.filter_off))
		return -EINVAL;
	if (user_copyin(&md.filter_off, p, sizeof(md.filter_off)))
		return -EFAULT;
	sf = filter_by_number(t, md.filter_off);
	if (IS_ERR(sf))
		return PTR_ERR(sf);
	md.flags = sf->logs ? SECCOMP_FILTER_FLAG_LOG : 0;
	secfilter_put(sf);
	return user_copyout(p, &md, size) ? -EFAULT : (long)size;
}
