// SPDX-License-Identifier: GPL-2.0-only
/* stat, statm, comm, schedstat, io: numbers of a process or of one thread. */
#include "task_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/ctty.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/timens.h>
#include <tern/mm/aspace.h>
#include <uapi/time.h>

#define TICK_NS		(NSEC_PER_SEC / USER_HZ)

char task_state_char(const struct thread *t)
{
	u32 s = THREAD_STATE(t);

	if (s & THREAD_ZOMBIE)
		return 'Z';
	if (s & THREAD_DEAD)
		return 'X';
	if (s & THREAD_TRACED)
		return 't';
	if (s & THREAD_STOPPED)
		return 'T';
	if (s & THREAD_UNINTERRUPTIBLE)
		return 'D';
	if (s & THREAD_PARKED)
		return 'P';
	return s & THREAD_SLEEPING ? 'S' : 'R';
}

/* Newlines and backslashes would break the format. */
void task_print_name(struct seqbuf *sb, struct thread *t)
{
	char comm[16];

	thread_get_comm(t, comm);
	for (const char *c = comm; *c; c++) {
		if (*c == '\n')
			seqbuf_puts(sb, "\\n");
		else if (*c == '\\')
			seqbuf_puts(sb, "\\\\");
		else
			seqbuf_putc(sb, *c);
	}
}

void task_ids_get(const struct task_ref *task, struct task_ids *ids)
{
	struct pidns *ns = procpids_of(task->pv->vn.vn_fs);
	struct process *parent;

	rcu_read_lock();
	ids->pid = pidref_nr_in(task->pv->pid, ns);
	parent = rcu_load(task->p->p_parent);
	ids->ppid = task->p->p_flags & PROC_KERNEL || !parent ? 0 : pidref_nr_in(parent->p_pid, ns);
	ids->tgid = task->p->p_flags & PROC_KERNEL ? ids->pid : pidref_nr_in(task->p->p_pid, ns);
	ids->pgrp = pidref_nr_in(rcu_load(task->p->p_pgrp), ns);
	ids->session = pidref_nr_in(rcu_load(task->p->p_session), ns);
	rcu_read_unlock();
}

void task_signals_get(const struct task_ref *task, struct task_signals *s)
{
	struct sigactions *a;
	u64 flags;

	*s = (struct task_signals){ .pending = task->t->t_sig.pending.set,
		.shared = task->p->p_pending.set, .blocked = task->t->t_sig.blocked };
	rcu_read_lock();
	a = rcu_load(task->p->p_actions);
	if (a) {
		flags = spin_lock_irqsave(&a->lock);
		for (int i = 0; i < NSIG; i++) {
			if (a->act[i].handler == SIG_IGN)
				s->ignored |= BIT(i);
			else if (a->act[i].handler != SIG_DFL)
				s->caught |= BIT(i);
		}
		spin_unlock_irqrestore(&a->lock, flags);
	}
	rcu_read_unlock();
}

/* Device number and foreground group of the controlling terminal. */
static void tty_get_numbers(struct process *p, u64 *dev, s32 *pgrp)
{
	struct sigactions *a;
	struct tty *tty = NULL;
	u64 flags;

	*dev = 0;
	*pgrp = -1;
	rcu_read_lock();
	a = rcu_load(p->p_actions);
	if (a) {
		flags = spin_lock_irqsave(&a->lock);
		tty = p->p_tty;
		if (tty)
			ctty_ops->get(tty);
		spin_unlock_irqrestore(&a->lock, flags);
	}
	rcu_read_unlock();
	if (!tty)
		return;
	*dev = ctty_ops->dev(tty);
	*pgrp = ctty_ops->pgrp_nr(tty);
	ctty_ops->put(tty);
}

struct counts { u64 minflt, majflt, cminflt, cmajflt, utime, stime, cutime, cstime; };

static void counts_get(const struct task_ref *task, struct counts *c)
{
	struct process *p = task->p;
	struct tms_sum sum;
	struct thread *t;

	if (task->is_thread) {
		*c = (struct counts){ .minflt = task->t->t_minflt, .majflt = task->t->t_majflt };
		thread_cpu_time(task->t, &c->utime, &c->stime);
		return;
	}
	*c = (struct counts){ p->p_minflt, p->p_majflt, p->p_cminflt, p->p_cmajflt,
		.cutime = p->p_cutime, .cstime = p->p_cstime };
	rcu_read_lock();
	process_thread_foreach_rcu(p, t) {
		if (READ_ONCE(t->t_job) & JOB_DYING)
			continue;	/* in the sums */
		c->minflt += t->t_minflt;
		c->majflt += t->t_majflt;
	}
	rcu_read_unlock();
	process_cpu_time(p, &sum);
	c->utime = sum.utime;
	c->stime = sum.stime;
}

static u32 linux_flags(const struct thread *t)
{
	u32 f = READ_ONCE(t->t_flags), out = 0;

	if (f & TF_EXITING)
		out |= 0x4;
	if (f & TF_FORKNOEXEC)
		out |= 0x40;
	if (f & TF_SU_PRIV)
		out |= 0x100;
	if (f & TF_DUMPCORE)
		out |= 0x200;
	if (f & TF_SIGNALED)
		out |= 0x400;
	if (f & TF_MEMALLOC)
		out |= 0x800;
	if (f & TF_NOFREEZE)
		out |= 0x8000;
	if (f & TF_KTHREAD)
		out |= 0x200000;
	return out;
}

static s32 linux_priority(const struct sched_params *sp)
{
	if (sp->policy == SCHED_POLICY_DEADLINE)
		return -101;
	if (sp->policy == SCHED_POLICY_FIFO || sp->policy == SCHED_POLICY_RR)
		return -1 - (s32)sp->priority;
	return 20 + sp->nice;
}

static void print_memory(struct seqbuf *sb, struct aspace *as, u64 rsslim, bool may_look)
{
	if (!as) {
		seqbuf_printf(sb, " 0 0 %lu 0 0 0 0 0", rsslim);
		return;
	}
	seqbuf_printf(sb, " %lu %lu %lu", as->total_vm * PAGE_SIZE, aspace_rss(as), rsslim);
	if (may_look)
		seqbuf_printf(sb, " %lu %lu %lu 0 0", as->start_code, as->end_code, as->start_stack);
	else
		seqbuf_puts(sb, " 1 1 0 0 0");
}

static void print_memory_end(struct seqbuf *sb, const struct aspace *as, bool may_look)
{
	if (as && may_look)
		seqbuf_printf(sb, " %lu %lu %lu %lu %lu %lu %lu", as->start_data, as->end_data,
			      as->start_brk, as->arg_start, as->arg_end, as->env_start, as->env_end);
	else
		seqbuf_puts(sb, " 0 0 0 0 0 0 0");
}

static u32 thread_number(const struct task_ref *task)
{
	return task->p->p_flags & PROC_KERNEL ? 1 : READ_ONCE(task->p->p_nthreads);
}

static u64 task_start_ns(const struct task_ref *task)
{
	return (task->is_thread ? task->t->t_start_boot_ns : task->p->p_start_boot_ns) +
	       (u64)timens_offset(CLOCK_BOOTTIME_);
}

int task_print_stat(struct seqbuf *sb, struct task_ref *task)
{
	struct aspace *as = task_aspace(task);
	bool may_look = task_may_look(task);
	struct task_signals sig;
	struct task_ids ids;
	struct sched_params sp;
	struct counts c;
	u64 tty;
	s32 tpgid;

	task_ids_get(task, &ids);
	task_signals_get(task, &sig);
	counts_get(task, &c);
	sched_get_params(task->t, &sp);
	tty_get_numbers(task->p, &tty, &tpgid);
	seqbuf_printf(sb, "%d (", ids.pid);
	task_print_name(sb, task->t);
	seqbuf_printf(sb, ") %c %d %d %d %d %d %u", task_state_char(task->t), ids.ppid, ids.pgrp,
		      ids.session, (s32)tty, tpgid, linux_flags(task->t));
	seqbuf_printf(sb, " %lu %lu %lu %lu %lu %lu %ld %ld", c.minflt, c.cminflt, c.majflt, c.cmajflt,
		      c.utime / TICK_NS, c.stime / TICK_NS, c.cutime / TICK_NS, c.cstime / TICK_NS);
	seqbuf_printf(sb, " %d %d %u 0 %lu", linux_priority(&sp), sp.nice, thread_number(task),
		      task_start_ns(task) / TICK_NS);
	print_memory(sb, as, rlimit_of(task->p, RLIMIT_RSS), may_look);
	seqbuf_printf(sb, " %lu %lu %lu %lu 0 0 0", sig.pending & 0x7fffffff, sig.blocked & 0x7fffffff,
		      sig.ignored & 0x7fffffff, sig.caught & 0x7fffffff);
	seqbuf_printf(sb, " %d %u %u %u 0 0 0", task->is_thread ? task->t->t_exit_signal : task->p->p_exit_signal,
		      task->t->t_sched.se_cpu,
		      sp.policy == SCHED_POLICY_FIFO || sp.policy == SCHED_POLICY_RR ? sp.priority : 0,
		      sp.policy);
	print_memory_end(sb, as, may_look);
	seqbuf_printf(sb, " %d\n", may_look ? task->t->t_exit_code : 0);
	if (as)
		aspace_put(as);
	return 0;
}

int task_print_statm(struct seqbuf *sb, struct task_ref *task)
{
	struct aspace *as = task_aspace(task);
	u64 shared, text;

	if (!as) {
		seqbuf_puts(sb, "0 0 0 0 0 0 0\n");
		return 0;
	}
	shared = atomic_read(&as->rss[RSS_FILE]) + atomic_read(&as->rss[RSS_SHMEM]);
	text = (ALIGN_UP(as->end_code, PAGE_SIZE) - ALIGN_DOWN(as->start_code, PAGE_SIZE)) >> PAGE_SHIFT;
	seqbuf_printf(sb, "%lu %lu %lu %lu 0 %lu 0\n", as->total_vm, aspace_rss(as), shared, text,
		      as->data_vm + as->stack_vm);
	aspace_put(as);
	return 0;
}

int task_print_comm(struct seqbuf *sb, struct task_ref *task)
{
	char comm[16];

	thread_get_comm(task->t, comm);
	seqbuf_printf(sb, "%s\n", comm);
	return 0;
}

ssize_t task_write_comm(struct task_ref *task, const char *text, size_t n)
{
	if (task->p != process_self())
		return -EINVAL;
	thread_set_comm(task->t, text);
	procnews_comm(task->t);
	return n;
}

int task_print_schedstat(struct seqbuf *sb, struct task_ref *task)
{
	const struct schedent *se = &task->t->t_sched;

	seqbuf_printf(sb, "%lu %lu %lu\n", se->se_sum_exec, se->se_wait_sum,
		      task->t->t_nvcsw + task->t->t_nivcsw);
	return 0;
}

struct io_sums { u64 rchar, wchar, syscr, syscw, inblock, oublock; };

static void io_add(struct io_sums *s, const struct thread *t)
{
	s->rchar += t->t_rchar;
	s->wchar += t->t_wchar;
	s->syscr += t->t_syscr;
	s->syscw += t->t_syscw;
	s->inblock += t->t_inblock;
	s->oublock += t->t_oublock;
}

int task_print_io(struct seqbuf *sb, struct task_ref *task)
{
	struct process *p = task->p;
	struct io_sums s = { 0 };
	struct thread *t;

	if (task->is_thread) {
		io_add(&s, task->t);
	} else {
		s = (struct io_sums){ p->p_rchar, p->p_wchar, p->p_syscr, p->p_syscw, p->p_inblock,
				      p->p_oublock };
		rcu_read_lock();
		process_thread_foreach_rcu(p, t)
			if (!(READ_ONCE(t->t_job) & JOB_DYING))
				io_add(&s, t);
		rcu_read_unlock();
	}
	seqbuf_printf(sb, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\n", s.rchar, s.wchar, s.syscr,
		      s.syscw);
	seqbuf_printf(sb, "read_bytes: %lu\nwrite_bytes: %lu\ncancelled_write_bytes: 0\n",
		      s.inblock * 512, s.oublock * 512);
	return 0;
}
