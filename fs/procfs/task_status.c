// SPDX-License-Identifier: GPL-2.0-only
/* status: the readable summary of a process or thread. */
#include "task_impl.h"

#include <asm/bugs.h>
#include <asm/cpu.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/seccomp.h>
#include <tern/kernel/trace.h>
#include <tern/kernel/userns.h>
#include <tern/mm/aspace.h>

static const char *state_text(char c)
{
	switch (c) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'X':
		return "X (dead)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "P (parked)";
	}
}

static s32 umask_of(struct thread *t)
{
	s32 mask = -1;
	u64 flags = spin_lock_irqsave(&t->t_lock);

	if (t->t_fs)
		mask = (s32)READ_ONCE(t->t_fs->umask);
	spin_unlock_irqrestore(&t->t_lock, flags);
	return mask;
}

static const struct credset *cred_of(struct thread *t)
{
	const struct credset *c;

	rcu_read_lock();
	c = rcu_load(t->t_real_cred);
	if (c && !ref_get_unless_zero(&((struct credset *)c)->refs))
		c = NULL;
	rcu_read_unlock();
	return c;
}

static void print_ids(struct seqbuf *sb, struct task_ref *task, const struct credset *c)
{
	struct userns *u = task->opener->ns;

	seqbuf_printf(sb, "Uid:\t%u\t%u\t%u\t%u\n", uid_show_in(u, c->uid), uid_show_in(u, c->euid),
		      uid_show_in(u, c->suid), uid_show_in(u, c->fsuid));
	seqbuf_printf(sb, "Gid:\t%u\t%u\t%u\t%u\n", gid_show_in(u, c->gid), gid_show_in(u, c->egid),
		      gid_show_in(u, c->sgid), gid_show_in(u, c->fsgid));
	seqbuf_printf(sb, "FDSize:\t%u\n", fdtab_room(task->t));
	seqbuf_puts(sb, "Groups:\t");
	for (u32 i = 0; c->groups && i < c->groups->n; i++)
		seqbuf_printf(sb, "%s%u", i ? " " : "", gid_show_in(u, c->groups->gid[i]));
}

/* Numbers in the namespace of this proc and in each below it that sees the process. */
/* @what's number in each namespace that the task @of has one in; 0 where it has none. */
static void print_levels(struct seqbuf *sb, const char *name, struct pidns *ns,
			 const struct pidref *of, struct pidref *what)
{
	seqbuf_printf(sb, "\n%s:", name);
	for (u32 i = ns->level; of && i <= of->level; i++)
		seqbuf_printf(sb, "\t%d", what ? pidref_nr_in(what, of->at[i].ns) : 0);
}

static void print_numbers(struct seqbuf *sb, struct task_ref *task)
{
	struct pidns *ns = procpids_of(task->pv->vn.vn_fs);
	bool is_kernel = task->p->p_flags & PROC_KERNEL;
	struct pidref *pid = task->pv->pid;

	seqbuf_puts(sb, " ");
	rcu_read_lock();
	print_levels(sb, "NStgid", ns, pid, is_kernel ? pid : task->p->p_pid);
	print_levels(sb, "NSpid", ns, pid, pid);
	if (is_kernel) {
		seqbuf_puts(sb, "\nNSpgid:\t0\nNSsid:\t0\n");
	} else {
		print_levels(sb, "NSpgid", ns, pid, rcu_load(task->p->p_pgrp));
		print_levels(sb, "NSsid", ns, pid, rcu_load(task->p->p_session));
		seqbuf_puts(sb, "\n");
	}
	rcu_read_unlock();
}

static void print_identity(struct seqbuf *sb, struct task_ref *task, const struct credset *c)
{
	struct task_ids ids;
	s32 umask = umask_of(task->t);

	task_ids_get(task, &ids);
	seqbuf_puts(sb, "Name:\t");
	task_print_name(sb, task->t);
	if (umask >= 0)
		seqbuf_printf(sb, "\nUmask:\t%04o", umask);
	seqbuf_printf(sb, "\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n",
		      state_text(task_state_char(task->t)), ids.tgid, ids.pid, ids.ppid);
	seqbuf_printf(sb, "TracerPid:\t%d\n", tracee_tracer_nr(task->t));
	print_ids(sb, task, c);
	print_numbers(sb, task);
}

static void line_kb(struct seqbuf *sb, const char *name, u64 pages)
{
	seqbuf_printf(sb, "%s%8lu kB\n", name, pages * (PAGE_SIZE / 1024));
}

static void print_memory(struct seqbuf *sb, struct aspace *as)
{
	u64 rss = aspace_rss(as), text, lib;

	text = (ALIGN_UP(as->end_code, PAGE_SIZE) - ALIGN_DOWN(as->start_code, PAGE_SIZE)) >> PAGE_SHIFT;
	text = min(text, as->exec_vm);
	lib = as->exec_vm - text;
	line_kb(sb, "VmPeak:\t", max(as->hiwater_vm, as->total_vm));
	line_kb(sb, "VmSize:\t", as->total_vm);
	line_kb(sb, "VmLck:\t", as->locked_vm);
	line_kb(sb, "VmPin:\t", as->pinned_vm);
	line_kb(sb, "VmHWM:\t", max(as->hiwater_rss, rss));
	line_kb(sb, "VmRSS:\t", rss);
	line_kb(sb, "RssAnon:\t", atomic_read(&as->rss[RSS_ANON]));
	line_kb(sb, "RssFile:\t", atomic_read(&as->rss[RSS_FILE]));
	line_kb(sb, "RssShmem:\t", atomic_read(&as->rss[RSS_SHMEM]));
	line_kb(sb, "VmData:\t", as->data_vm);
	line_kb(sb, "VmStk:\t", as->stack_vm);
	line_kb(sb, "VmExe:\t", text);
	line_kb(sb, "VmLib:\t", lib);
	seqbuf_printf(sb, "VmPTE:\t%8lu kB\n", (u64)atomic_read(&as->pt_bytes) / 1024);
	line_kb(sb, "VmSwap:\t", atomic_read(&as->rss[RSS_SWAP]));
	line_kb(sb, "HugetlbPages:\t", 0);	/* there are none */
}

static void print_signals(struct seqbuf *sb, struct task_ref *task, const struct credset *c)
{
	struct task_signals s;

	task_signals_get(task, &s);
	seqbuf_printf(sb, "Threads:\t%u\nSigQ:\t%ld/%lu\n",
		      task->p->p_flags & PROC_KERNEL ? 1 : READ_ONCE(task->p->p_nthreads),
		      c->user ? (long)atomic_read(&c->user->sigpending) : 0,
		      rlimit_of(task->p, RLIMIT_SIGPENDING));
	seqbuf_printf(sb, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\n"
		      "SigCgt:\t%016lx\n", s.pending, s.shared, s.blocked, s.ignored, s.caught);
	seqbuf_printf(sb, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\n"
		      "CapAmb:\t%016lx\nNoNewPrivs:\t%d\n", c->cap_inheritable, c->cap_permitted,
		      c->cap_effective, c->cap_bounding, c->cap_ambient, c->no_new_privs);
}

static bool is_set(u32 cpu, const void *mask)
{
	return bit_test(cpu, mask);
}

static int print_cpus(struct seqbuf *sb, struct task_ref *task)
{
	u64 *mask = kmem_zalloc(CPUSET_WORDS * sizeof(u64), ALLOC_KERNEL);

	if (!mask)
		return -ENOMEM;
	sched_get_affinity(task->t, mask);
	seqbuf_puts(sb, "Cpus_allowed:\t");
	seqbuf_bitmap(sb, cpu_count_possible, is_set, mask);
	seqbuf_puts(sb, "Cpus_allowed_list:\t");
	seqbuf_ranges(sb, cpu_count_possible, is_set, mask);
	kmem_free(mask);
	return 0;
}

int task_print_status(struct seqbuf *sb, struct task_ref *task)
{
	const struct credset *c = cred_of(task->t);
	struct aspace *as;
	int err;

	if (!c)
		return -ESRCH;
	print_identity(sb, task, c);
	as = task_aspace(task);
	if (as) {
		print_memory(sb, as);
		seqbuf_printf(sb, "CoreDumping:\t%d\nTHP_enabled:\t0\n",
			      !!(task->p->p_flags & PROC_COREDUMP));
		aspace_put(as);
	}
	print_signals(sb, task, c);
	cred_put(c);
	seqbuf_printf(sb, "Seccomp:\t%u\nSeccomp_filters:\t%u\n", seccomp_mode(task->t),
		      seccomp_filter_count(task->t));
	/* Nothing here restrains speculation, for any process. */
	seqbuf_printf(sb, "Speculation_Store_Bypass:\t%s\nSpeculationIndirectBranch:\talways enabled\n",
		      cpubug_store_bypass() ? "vulnerable" : "not vulnerable");
	err = print_cpus(sb, task);
	if (err)
		return err;
	seqbuf_printf(sb, "Mems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t%lu\n"
		      "nonvoluntary_ctxt_switches:\t%lu\n", task->t->t_nvcsw, task->t->t_nivcsw);
	return 0;
}
