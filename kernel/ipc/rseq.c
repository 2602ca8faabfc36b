// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restartable sequences: each thread may register an area in which the kernel
 * keeps its CPU number. Code between start_ip and start_ip + offset of the
 * descriptor that the area points to is aborted (goes on at abort_ip) if the
 * thread was preempted, moved or got a signal inside.
 *
 * The scheduler sets WORK_NOTIFY of a thread with t_rseq when it runs again.
 */
#include <asm/uaccess.h>
#include <tern/kernel/futex.h>
#include <tern/kernel/process.h>
#include <tern/kernel/syscalls.h>

#define RSEQ_UNREGISTER	1
#define RSEQ_SIZE	32u
#define CPU_UNINITIALIZED (~0u)

struct rseq_area {
	u32 cpu_id_start, cpu_id;
	u64 cs;
	u32 flags;
	u32 pad[3];
};

struct rseqcs {
	u32 version, flags;
	u64 start_ip, post_commit_offset, abort_ip;
};

static int abort_section(struct thread *t, struct frame *f)
{
	struct rseq_area __user *area = t->t_rseq;
	struct rseqcs cs;
	u64 ptr;
	u32 sig;

	if (user_get(ptr, &area->cs))
		return -EFAULT;
	if (!ptr)
		return 0;
	if (ptr >= USER_END || user_copyin(&cs, (void __user *)ptr, sizeof(cs)))
		return -EFAULT;
	if (cs.version || cs.start_ip >= USER_END || cs.abort_ip >= USER_END ||
	    cs.start_ip + cs.post_commit_offset < cs.start_ip)
		return -EINVAL;
	if (f->rip - cs.start_ip >= cs.post_commit_offset)
		return user_put(0UL, &area->cs);	/* left it: no need to look again */
	if (cs.abort_ip - cs.start_ip < cs.post_commit_offset)
		return -EINVAL;
	/* The word before the abort code proves that it is meant as such. */
	if (user_get(sig, (u32 __user *)(cs.abort_ip - sizeof(u32))))
		return -EFAULT;
	if (sig != t->t_rseq_sig)
		return -EINVAL;
	if (user_put(0UL, &area->cs))
		return -EFAULT;
	f->rip = cs.abort_ip;
	return 0;
}

static void fix_up(struct frame *f)
{
	struct thread *t = thread_self();
	struct rseq_area __user *area = t->t_rseq;
	u32 cpu = cpu_self();

	if (!area || (t->t_flags & (TF_EXITING | TF_RSEQ_BUSY)))
		return;
	t->t_flags |= TF_RSEQ_BUSY;
	if (abort_section(t, f) || user_put(cpu, &area->cpu_id_start) ||
	    user_put(cpu, &area->cpu_id))
		signal_force_simple(SIGSEGV);
	t->t_flags &= ~TF_RSEQ_BUSY;
}

void rseq_resume(struct frame *f)
{
	fix_up(f);
}

void rseq_signal(struct frame *f)
{
	if (thread_self()->t_rseq)
		fix_up(f);
}

static long unregister(struct thread *t, void __user *area, u32 len, u32 sig)
{
	struct rseq_area __user *a = area;

	if (t->t_rseq != area || !t->t_rseq || t->t_rseq_len != len)
		return -EINVAL;
	if (t->t_rseq_sig != sig)
		return -EPERM;
	if (user_put(0u, &a->cpu_id_start) || user_put(CPU_UNINITIALIZED, &a->cpu_id))
		return -EFAULT;
	t->t_rseq = NULL;
	return 0;
}

long sys_rseq(void *area, u32 len, int flags, u32 sig)
{
	struct thread *t = thread_self();

	if (flags & RSEQ_UNREGISTER)
		return flags & ~RSEQ_UNREGISTER ? -EINVAL : unregister(t, area, len, sig);
	if (flags)
		return -EINVAL;
	if (t->t_rseq) {
		if (t->t_rseq != area || t->t_rseq_len != len)
			return -EINVAL;
		return t->t_rseq_sig == sig ? -EBUSY : -EPERM;
	}
	if (len != RSEQ_SIZE || ((uptr)area & (RSEQ_SIZE - 1)))
		return -EINVAL;
	if (!user_range_ok(area, len))
		return -EFAULT;
	t->t_rseq = area;
	t->t_rseq_len = len;
	t->t_rseq_sig = sig;
	thread_work_set(t, WORK_NOTIFY);
	return 0;
}
