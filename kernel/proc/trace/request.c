// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requests of ptrace(2) on a tracee that is held still (sys_ptrace.c).
 * Requests that end the stop come first, then memory, signals, registers.
 */
#include "../proc_impl.h"

#include <asm/tracereg.h>
#include <asm/uaccess.h>
#include <tern/kernel/procnews.h>

#include "trace_impl.h"

/* ---- going on ---- */

static enum tracestep steps(u32 request)
{
	if (request == PTRACE_SINGLEBLOCK)
		return TRACESTEP_BRANCH;
	return request == PTRACE_SINGLESTEP || request == PTRACE_SYSEMU_SINGLESTEP ?
	       TRACESTEP_INSN : TRACESTEP_OFF;
}

static u64 work_bits(u32 request)
{
	switch (request) {
	case PTRACE_SYSCALL:
		return WORK_TRACE_ENTRY | WORK_TRACE_EXIT;
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
		return WORK_TRACE_ENTRY | WORK_TRACE_EMULATE;
	}
	return 0;
}

long trace_resume(struct thread *t, u32 request, u64 signal)
{
	u64 flags;

	if (signal > NSIG)
		return -EIO;
	tracestep_set(t, steps(request));
	thread_work_clear(t, WORK_TRACE_ENTRY | WORK_TRACE_EXIT | WORK_TRACE_EMULATE);
	thread_work_set(t, work_bits(request));
	flags = spin_lock_irqsave(&process_tree_lock);
	spin_lock(&t->t_proc->p_actions->lock);
	t->t_trace_signal = signal;
	t->t_trace->is_stopped = false;
	t->t_trace->is_busy = false;
	thread_wake_state(t, THREAD_TRACED);
	spin_unlock(&t->t_proc->p_actions->lock);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return 0;
}

static long detach(struct thread *t, u64 signal)
{
	u64 flags;

	if (signal > NSIG)
		return -EIO;
	tracestep_set(t, TRACESTEP_OFF);
	flags = spin_lock_irqsave(&process_tree_lock);
	t->t_trace_signal = signal;
	tracerec_unlink_locked(t->t_trace);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	procnews_ptrace(t, false);
	return 0;
}

static long start_listening(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	struct tracerec *tr = t->t_trace;
	long err = -EIO;

	if (tr->is_seized && tr->info && tr->info->user.si_code >> 8 == PTRACE_EVENT_STOP) {
		spin_lock(&t->t_proc->p_actions->lock);
		tr->is_listening = true;
		tr->is_busy = false;
		/* Something has happened since the stop was reported. */
		if (t->t_job & JOB_TRAP_NOTIFY)
			thread_wake_state(t, THREAD_TRACED);
		spin_unlock(&t->t_proc->p_actions->lock);
		err = 0;
	}
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return err;
}

/* ---- memory ---- */

static struct aspace *aspace_of(struct thread *t)
{
	struct aspace *as = NULL;
	u64 flags = spin_lock_irqsave(&t->t_lock);

	if (t->t_as && aspace_get_unless_zero(t->t_as))
		as = t->t_as;
	spin_unlock_irqrestore(&t->t_lock, flags);
	return as;
}

static long access_word(struct thread *t, u64 addr, u64 *v, bool is_write)
{
	struct aspace *as = aspace_of(t);
	size_t n;

	if (!as)
		return -EIO;
	n = aspace_access(as, addr, v, sizeof(*v), is_write, true);
	aspace_put(as);
	return n == sizeof(*v) ? 0 : -EIO;
}

static long peek(struct thread *t, u64 addr, u64 __user *out)
{
	u64 v;
	long err = access_word(t, addr, &v, false);

	return err ? err : user_put(v, out) ? -EFAULT : 0;
}

/* ---- signals ---- */

static long set_options(struct thread *t, u64 options)
{
	u64 flags;

	if (options & ~(u64)PTRACE_O_MASK)
		return -EINVAL;
	if ((options & PTRACE_O_SUSPEND_SECCOMP) && !cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	flags = spin_lock_irqsave(&process_tree_lock);
	t->t_trace->options = options;
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return 0;
}

/* The tracee is held: its record and what that points to stay. */
static long get_siginfo(struct thread *t, void __user *out)
{
	const struct ksiginfo *info = t->t_trace->info;

	if (!info)
		return -EINVAL;
	return user_copyout(out, info, sizeof(*info)) ? -EFAULT : 0;
}

static long set_siginfo(struct thread *t, const void __user *in)
{
	struct ksiginfo info;

	if (user_copyin(&info, in, sizeof(info)))
		return -EFAULT;
	if (!t->t_trace->info)
		return -EINVAL;
	*t->t_trace->info = info;
	return 0;
}

static bool nth_pending(struct thread *t, bool shared, u64 n, struct ksiginfo *out)
{
	struct sigqueued *q;
	struct sigactions *a;
	bool found = false;
	u64 flags;

	a = signal_lock(t->t_proc, &flags);
	list_foreach(q, shared ? &t->t_proc->p_pending.queue : &t->t_sig.pending.queue, link) {
		if (n-- == 0) {
			*out = q->info;
			found = true;
			break;
		}
	}
	signal_unlock(a, flags);
	return found;
}

static long peek_siginfo(struct thread *t, const void __user *uargs, u8 __user *out)
{
	struct ptrace_peeksiginfo_args args;
	struct ksiginfo info;
	s32 i;

	if (user_copyin(&args, uargs, sizeof(args)))
		return -EFAULT;
	if ((args.flags & ~PTRACE_PEEKSIGINFO_SHARED) || args.nr < 0)
		return -EINVAL;
	for (i = 0; i < args.nr; i++) {
		if (!nth_pending(t, args.flags & PTRACE_PEEKSIGINFO_SHARED, args.off + i, &info))
			break;
		if (user_copyout(out + i * sizeof(info), &info, sizeof(info)))
			return i ? i : -EFAULT;
		if (signal_is_pending())
			return i + 1;
	}
	return i;
}

static long get_sigmask(struct thread *t, u64 size, u64 __user *out)
{
	ksigset set = t->t_sig.restore_saved ? t->t_sig.saved_mask : t->t_sig.blocked;

	if (size != sizeof(set))
		return -EINVAL;
	return user_put(set, out) ? -EFAULT : 0;
}

static long set_sigmask(struct thread *t, u64 size, const u64 __user *in)
{
	struct sigactions *a;
	ksigset set;
	u64 flags;

	if (size != sizeof(set))
		return -EINVAL;
	if (user_get(set, in))
		return -EFAULT;
	a = signal_lock(t->t_proc, &flags);
	t->t_sig.blocked = set & ~SIGSET_KILLSTOP;
	t->t_sig.restore_saved = false;
	thread_work_set(t, WORK_SIGNAL);
	signal_unlock(a, flags);
	return 0;
}

/* ---- what a system call stop is about ---- */

static size_t describe_syscall(struct thread *t, struct ptrace_syscall_info *si)
{
	const struct frame *f = thread_frame(t);
	const struct tracerec *tr = t->t_trace;
	const u64 args[6] = { f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9 };
	s32 code = tr->info ? tr->info->user.si_code : 0;
	s64 ret = f->rax;

	memset(si, 0, sizeof(*si));
	si->arch = AUDIT_ARCH_X86_64;
	si->instruction_pointer = f->rip;
	si->stack_pointer = f->rsp;
	if (code == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
		si->op = PTRACE_SYSCALL_INFO_SECCOMP;
		si->seccomp.nr = f->orig_rax;
		memcpy(si->seccomp.args, args, sizeof(args));
		si->seccomp.ret_data = tr->message;
		return offsetof(struct ptrace_syscall_info, seccomp.ret_data) + sizeof(u32);
	}
	if (code == (SIGTRAP | 0x80) && tr->message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
		si->op = PTRACE_SYSCALL_INFO_ENTRY;
		si->entry.nr = f->orig_rax;
		memcpy(si->entry.args, args, sizeof(args));
		return offsetof(struct ptrace_syscall_info, entry) + sizeof(si->entry);
	}
	if (code == (SIGTRAP | 0x80) && tr->message == PTRACE_EVENTMSG_SYSCALL_EXIT) {
		si->op = PTRACE_SYSCALL_INFO_EXIT;
		si->exit.rval = ret;
		si->exit.is_error = ret < 0 && ret >= -4095;
		return offsetof(struct ptrace_syscall_info, exit.is_error) + 1;
	}
	return offsetof(struct ptrace_syscall_info, entry);
}

static long get_syscall_info(struct thread *t, u64 size, void __user *out)
{
	struct ptrace_syscall_info si;
	size_t n = describe_syscall(t, &si);

	return user_copyout(out, &si, min_t(u64, size, n)) ? -EFAULT : (long)n;
}

static long get_rseq(struct thread *t, u64 size, void __user *out)
{
	struct ptrace_rseq_configuration c = {
		.rseq_abi_pointer = (u64)t->t_rseq, .rseq_abi_size = t->t_rseq_len,
		.signature = t->t_rseq_sig,
	};

	if (size != sizeof(c))
		return -EINVAL;
	return user_copyout(out, &c, sizeof(c)) ? -EFAULT : (long)sizeof(c);
}

/* ---- all of them ---- */

static long request_state(struct thread *t, u32 request, u64 addr, u64 data)
{
	void __user *p = (void __user *)data;

	switch (request) {
	case PTRACE_SETOPTIONS:
		return set_options(t, data);
	case PTRACE_GETEVENTMSG:
		return user_put(t->t_trace->message, (u64 __user *)p) ? -EFAULT : 0;
	case PTRACE_GETSIGINFO:
		return get_siginfo(t, p);
	case PTRACE_SETSIGINFO:
		return set_siginfo(t, p);
	case PTRACE_PEEKSIGINFO:
		return peek_siginfo(t, (const void __user *)addr, p);
	case PTRACE_GETSIGMASK:
		return get_sigmask(t, addr, p);
	case PTRACE_SETSIGMASK:
		return set_sigmask(t, addr, p);
	case PTRACE_GET_SYSCALL_INFO:
		return get_syscall_info(t, addr, p);
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return get_rseq(t, addr, p);
	case PTRACE_SECCOMP_GET_FILTER:
		return seccomp_trace_filter(t, addr, p);
	case PTRACE_SECCOMP_GET_METADATA:
		return seccomp_trace_metadata(t, addr, p);
	}
	return -EIO;
}

static long request_registers(struct thread *t, u32 request, u64 addr, u64 data)
{
	void __user *p = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKUSR:
		return trace_peek_user(t, addr, p);
	case PTRACE_POKEUSR:
		return trace_poke_user(t, addr, data);
	case PTRACE_GETREGS:
		return trace_get_regs(t, p);
	case PTRACE_SETREGS:
		return trace_set_regs(t, p);
	case PTRACE_GETFPREGS:
		return trace_get_fpregs(t, p);
	case PTRACE_SETFPREGS:
		return trace_set_fpregs(t, p);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return trace_regset(t, addr, p, request == PTRACE_SETREGSET);
	}
	return request_state(t, request, addr, data);
}

long trace_request(struct thread *t, u32 request, u64 addr, u64 data)
{
	switch (request) {
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
	case PTRACE_SINGLEBLOCK:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
		return trace_resume(t, request, data);
	case PTRACE_DETACH:
		return detach(t, data);
	case PTRACE_LISTEN:
		return start_listening(t);
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(t, addr, (u64 __user *)data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return access_word(t, addr, &data, true);
	}
	return request_registers(t, request, addr, data);
}
