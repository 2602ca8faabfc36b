// SPDX-License-Identifier: GPL-2.0-only
/* limits, out-of-memory scores and other small files about a process. */
#include "task_impl.h"

#include <tern/kernel/cgroup.h>
#include <tern/kernel/cred.h>
#include <tern/mm/aspace.h>
#include <tern/mm/vmstat.h>

#define OOM_ADJ_MIN	(-17)	/* the old scale */
#define OOM_ADJ_MAX	15
#define OOM_SCORE_MIN	(-1000)
#define OOM_SCORE_MAX	1000

struct limit_row { const char *name, *unit; };
static const struct limit_row limit_rows[RLIM_NLIMITS_] = {
	[RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[RLIMIT_DATA] = { "Max data size", "bytes" },
	[RLIMIT_STACK] = { "Max stack size", "bytes" },
	[RLIMIT_CORE] = { "Max core file size", "bytes" },
	[RLIMIT_RSS] = { "Max resident set", "bytes" },
	[RLIMIT_NPROC] = { "Max processes", "processes" },
	[RLIMIT_NOFILE] = { "Max open files", "files" },
	[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[RLIMIT_AS] = { "Max address space", "bytes" },
	[RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[RLIMIT_NICE] = { "Max nice priority", NULL },
	[RLIMIT_RTPRIO] = { "Max realtime priority", NULL },
	[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};

static void print_limit(struct seqbuf *sb, u64 v)
{
	if (v == RLIM_INFINITY_)
		seqbuf_printf(sb, "%-20s ", "unlimited");
	else
		seqbuf_printf(sb, "%-20lu ", v);
}

int task_print_limits(struct seqbuf *sb, struct task_ref *task)
{
	struct rlimit64_ lim[RLIM_NLIMITS_];

	/* p_lock ranks with thread locks: interrupts off. */
	u64 flags = spin_lock_irqsave(&task->p->p_lock);

	memcpy(lim, task->p->p_rlimit, sizeof(lim));
	spin_unlock_irqrestore(&task->p->p_lock, flags);
	seqbuf_printf(sb, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (u32 i = 0; i < RLIM_NLIMITS_; i++) {
		seqbuf_printf(sb, "%-25s ", limit_rows[i].name);
		print_limit(sb, lim[i].cur);
		print_limit(sb, lim[i].max);
		if (limit_rows[i].unit)
			seqbuf_printf(sb, "%-10s", limit_rows[i].unit);
		seqbuf_putc(sb, '\n');
	}
	return 0;
}

/* The share of memory that ending the process would free, as the killer weighs
 * it: 0 .. 2000 * 2/3.
 */
int task_print_oom_score(struct seqbuf *sb, struct task_ref *task)
{
	struct aspace *as = task_aspace(task);
	s64 adj = READ_ONCE(task->p->p_oom_score_adj), points, total;
	struct meminfo mi;

	if (!as || adj == OOM_SCORE_MIN) {
		if (as)
			aspace_put(as);
		seqbuf_puts(sb, "0\n");
		return 0;
	}
	meminfo_get(&mi);
	total = max_t(s64, mi.total + mi.swap_total, 1);
	points = aspace_rss(as) + atomic_read(&as->rss[RSS_SWAP]) +
		 atomic_read(&as->pt_bytes) / (s64)PAGE_SIZE;
	aspace_put(as);
	points += adj * total / 1000;
	points = (1000 + points * 1000 / total) * 2 / 3;
	seqbuf_printf(sb, "%ld\n", max_t(s64, points, 0));
	return 0;
}

int task_print_oom_score_adj(struct seqbuf *sb, struct task_ref *task)
{
	seqbuf_printf(sb, "%d\n", READ_ONCE(task->p->p_oom_score_adj));
	return 0;
}

static int oom_adj_set(struct task_ref *task, s64 v)
{
	if (v < OOM_SCORE_MIN || v > OOM_SCORE_MAX)
		return -EINVAL;
	if (v < READ_ONCE(task->p->p_oom_score_adj_min) && !cap_has(CAP_SYS_RESOURCE))
		return -EACCES;
	WRITE_ONCE(task->p->p_oom_score_adj, (s16)v);
	if (cap_has(CAP_SYS_RESOURCE))
		WRITE_ONCE(task->p->p_oom_score_adj_min, (s16)v);
	return 0;
}

ssize_t task_write_oom_score_adj(struct task_ref *task, const char *text, size_t n)
{
	s64 v;
	int err = parse_s64(str_trim((char *)text), 0, &v, NULL);

	if (!err)
		err = oom_adj_set(task, v);
	return err ? err : (ssize_t)n;
}

int task_print_oom_adj(struct seqbuf *sb, struct task_ref *task)
{
	s64 v = READ_ONCE(task->p->p_oom_score_adj);

	v = v == OOM_SCORE_MAX ? OOM_ADJ_MAX : v * -OOM_ADJ_MIN / OOM_SCORE_MAX;
	seqbuf_printf(sb, "%ld\n", min_t(s64, v, OOM_ADJ_MAX));
	return 0;
}

ssize_t task_write_oom_adj(struct task_ref *task, const char *text, size_t n)
{
	s64 v;
	int err = parse_s64(str_trim((char *)text), 0, &v, NULL);

	if (err)
		return err;
	if (v < OOM_ADJ_MIN || v > OOM_ADJ_MAX)
		return -EINVAL;
	v = v == OOM_ADJ_MAX ? OOM_SCORE_MAX : v * OOM_SCORE_MAX / -OOM_ADJ_MIN;
	err = oom_adj_set(task, v);
	return err ? err : (ssize_t)n;
}

int task_print_personality(struct seqbuf *sb, struct task_ref *task)
{
	if (!task_may_access(task, true))
		return -EPERM;
	seqbuf_printf(sb, "%08x\n", READ_ONCE(task->p->p_personality));
	return 0;
}

/* Processes that this very thread made. */
int task_print_children(struct seqbuf *sb, struct task_ref *task)
{
	struct process *child;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	list_foreach(child, &task->p->p_children, p_sibling)
		if (child->p_parent_serial == task->t->t_serial)
			seqbuf_printf(sb, "%d ", pidref_nr_in(child->p_pid, procpids_of(task->pv->vn.vn_fs)));
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return 0;
}

int task_print_timerslack(struct seqbuf *sb, struct task_ref *task)
{
	if (task->t != thread_self() && !cap_has(CAP_SYS_NICE))
		return -EPERM;
	seqbuf_printf(sb, "%lu\n", READ_ONCE(task->t->t_timer_slack_ns));
	return 0;
}

ssize_t task_write_timerslack(struct task_ref *task, const char *text, size_t n)
{
	u64 v;

	if (parse_u64(str_trim((char *)text), 0, &v, NULL))
		return -EINVAL;
	if (task->t != thread_self() && !cap_has(CAP_SYS_NICE))
		return -EPERM;
	WRITE_ONCE(task->t->t_timer_slack_ns, v ? v : 50000);
	return n;
}

/* One hierarchy without controllers; everything is in its root. */
int task_print_cgroup(struct seqbuf *sb, struct task_ref *task)
{
	struct cgnode *c = cgroup_of(task->p);

	seqbuf_puts(sb, "0::");
	cgnode_print_path(sb, c, cgroupns_root(nsset_self()->cgroup));
	seqbuf_puts(sb, READ_ONCE(c->is_dead) ? " (deleted)\n" : "\n");
	cgnode_put(c);
	return 0;
}
