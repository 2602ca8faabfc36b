// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of a control group: one row each in cgfiles. Functions run with
 * cgroup_lock; a write is a whole command.
 */
#include "cgroupfs_impl.h"
#include "iofiles.h"
#include "memfiles.h"

#include <tern/kernel/cpugroup.h>
#include <tern/kernel/cpuset.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/psi.h>
#include <tern/lib/bitmap.h>
#include <tern/lib/fmt.h>

#define USEC		1000UL
#define PERIOD_MIN	(1000 * USEC)
#define PERIOD_MAX	(1000000 * USEC)

static const struct { u32 bit; const char *name; } controllers[] = {
	{ CGCTL_CPUSET, "cpuset" }, { CGCTL_CPU, "cpu" }, { CGCTL_IO, "io" },
	{ CGCTL_MEMORY, "memory" }, { CGCTL_PIDS, "pids" },
};

/* "max" or a number; -EINVAL. */
static int parse_limit(const char *text, s64 *out)
{
	u64 v;

	if (!strcmp(text, "max")) {
		*out = CG_NOLIMIT;
		return 0;
	}
	if (parse_u64(text, 0, &v, NULL) || v >= (u64)CG_NOLIMIT)
		return -EINVAL;
	*out = (s64)v;
	return 0;
}

void cgfile_print_limit(struct seqbuf *sb, s64 v)
{
	if (v == CG_NOLIMIT)
		seqbuf_puts(sb, "max\n");
	else
		seqbuf_printf(sb, "%ld\n", v);
}

/* ---- cgroup.* ---- */

static int print_controllers(struct seqbuf *sb, u32 set)
{
	const char *gap = "";

	for (u32 i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (set & controllers[i].bit) {
			seqbuf_printf(sb, "%s%s", gap, controllers[i].name);
			gap = " ";
		}
	}
	if (*gap)
		seqbuf_putc(sb, '\n');
	return 0;
}

static int show_controllers(struct seqbuf *sb, struct cgnode *c)
{
	return print_controllers(sb, cgnode_controllers(c));
}

static int show_subtree(struct seqbuf *sb, struct cgnode *c)
{
	return print_controllers(sb, c->subtree);
}

static u32 controller_by_name(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(controllers); i++)
		if (!strcmp(controllers[i].name, name))
			return controllers[i].bit;
	return 0;
}

static int store_subtree(struct cgnode *c, char *text, struct ofile *f)
{
	u32 enable = 0, disable = 0, bit;
	char *word;

	while ((word = strsep(&text, " "))) {
		if (!*word)
			continue;
		bit = controller_by_name(word + 1);
		if (!bit || (*word != '+' && *word != '-'))
			return -EINVAL;
		enable = *word == '+' ? enable | bit : enable & ~bit;
		disable = *word == '-' ? disable | bit : disable & ~bit;
	}
	return cgnode_set_subtree(c, enable, disable);
}

static int show_procs(struct seqbuf *sb, struct cgnode *c)
{
	struct pidns *ns = pidns_self();
	struct pidref *pid;
	struct process *p;
	s32 nr = 1;

	rcu_read_lock();
	for (; (pid = pidref_next_in(ns, &nr)); nr++) {
		p = pidref_process(pid);
		if (p && !(p->p_flags & PROC_KERNEL) && READ_ONCE(p->p_nthreads) &&
		    (p->p_cgroup ? p->p_cgroup : &cgroup_root) == c)
			seqbuf_printf(sb, "%d\n", nr);
	}
	rcu_read_unlock();
	return 0;
}

/* A thread is off the list before its parent hears of its end: who waits looks here next. */
static int show_threads(struct seqbuf *sb, struct cgnode *c)
{
	struct pidns *ns = pidns_self();
	struct pidref *pid;
	struct thread *t;
	s32 nr = 1;

	rcu_read_lock();
	for (; (pid = pidref_next_in(ns, &nr)); nr++) {
		t = pidref_thread(pid);
		if (t && !(t->t_proc->p_flags & PROC_KERNEL) &&
		    !(READ_ONCE(t->t_job) & JOB_DYING) &&
		    (t->t_proc->p_cgroup ? t->t_proc->p_cgroup : &cgroup_root) == c)
			seqbuf_printf(sb, "%d\n", nr);
	}
	rcu_read_unlock();
	return 0;
}

/* Write permission on cgroup.procs of @c, as the opener of a file has it. */
static bool may_write_procs(const struct cgnode *c, const struct credset *cred)
{
	const struct cgattr *a = &c->attr[1];
	mode_t m = a->mode ? a->mode : 0644;

	if (cred->fsuid == a->uid)
		return m & 0200;
	if (cred_in_group(cred, a->gid) ? m & 020 : m & 02)
		return true;
	return ids_are_known(cred->ns, a->uid, a->gid) &&
	       cap_has_cred(cred, cred->ns, CAP_DAC_OVERRIDE);
}

static int may_move(struct cgnode *src, struct cgnode *dst, const struct credset *cred)
{
	if (cred->fsuid == cgroup_root.attr[1].uid && cred->ns == &userns_initial)
		return 0;
	return may_write_procs(cgnode_common(src, dst), cred) && may_write_procs(dst, cred) ?
	       0 : -EACCES;
}

int cgroup_may_attach(struct cgnode *src, struct cgnode *dst)
{
	return may_move(src, dst, cred_self());
}

static struct process *process_named(const char *text)
{
	struct process *p;
	bool is_kernel;
	s32 nr;

	if (parse_s32(text, 0, &nr, NULL) || nr < 0)
		return ERR_PTR(-EINVAL);
	if (!nr) {
		process_get(process_self());
		return process_self();
	}
	p = process_lookup(nr);
	if (p)
		return p;
	/* Kernel threads stay where they are. */
	rcu_read_lock();
	is_kernel = pidref_thread(pidref_find(nr));
	rcu_read_unlock();
	return is_kernel ? ERR_PTR(-EINVAL) : NULL;
}

static int store_procs(struct cgnode *c, char *text, struct ofile *f)
{
	struct process *p = process_named(text);
	struct cgnode *src;
	int err;

	if (IS_ERR_OR_NULL(p))
		return p ? (int)PTR_ERR(p) : -ESRCH;
	src = cgroup_of(p);
	err = p->p_flags & PROC_KERNEL ? -EINVAL : may_move(src, c, f->of_cred);
	if (!err)
		err = cgroup_attach(p, c);
	cgnode_put(src);
	process_put(p);
	return err;
}

/* Threads cannot leave their process here: all groups are domains. */
static int store_threads(struct cgnode *c, char *text, struct ofile *f)
{
	struct process *p = process_named(text);
	struct cgnode *src;
	int err;

	if (IS_ERR_OR_NULL(p))
		return p ? (int)PTR_ERR(p) : -ESRCH;
	src = cgroup_of(p);
	err = src == c ? 0 : -EOPNOTSUPP;
	cgnode_put(src);
	process_put(p);
	return err;
}

static int show_type(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_puts(sb, "domain\n");
	return 0;
}

static int store_type(struct cgnode *c, char *text, struct ofile *f)
{
	return strcmp(text, "threaded") ? -EINVAL : -EOPNOTSUPP;
}

static int show_events(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "populated %d\nfrozen %d\n", READ_ONCE(c->npopulated) != 0,
		      cgroup_is_frozen(c));
	return 0;
}

static int show_depth(struct seqbuf *sb, struct cgnode *c)
{
	cgfile_print_limit(sb, c->max_depth == U32_MAX ? CG_NOLIMIT : c->max_depth);
	return 0;
}

static int show_descendants(struct seqbuf *sb, struct cgnode *c)
{
	cgfile_print_limit(sb, c->max_descendants == U32_MAX ? CG_NOLIMIT : c->max_descendants);
	return 0;
}

static int parse_u32_limit(const char *text, u32 *out)
{
	s64 v;
	int err = parse_limit(text, &v);

	if (err)
		return err;
	if (v != CG_NOLIMIT && v > S32_MAX)
		return -ERANGE;
	*out = v == CG_NOLIMIT ? U32_MAX : (u32)v;
	return 0;
}

static int store_depth(struct cgnode *c, char *text, struct ofile *f)
{
	return parse_u32_limit(text, &c->max_depth);
}

static int store_descendants(struct cgnode *c, char *text, struct ofile *f)
{
	return parse_u32_limit(text, &c->max_descendants);
}

static int show_stat(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "nr_descendants %u\nnr_dying_descendants %u\n", c->ndescendants, c->ndying);
	return 0;
}

static int show_freeze(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "%d\n", c->freezes);
	return 0;
}

static int store_freeze(struct cgnode *c, char *text, struct ofile *f)
{
	u32 v;

	if (parse_u32(text, 0, &v, NULL))
		return -EINVAL;
	if (v > 1)
		return -ERANGE;
	cgroup_freeze(c, v);
	return 0;
}

static int store_kill(struct cgnode *c, char *text, struct ofile *f)
{
	u32 v;

	if (parse_u32(text, 0, &v, NULL))
		return -EINVAL;
	if (v != 1)
		return -ERANGE;
	cgroup_kill(c);
	return 0;
}

/* ---- pids.* ---- */

static int show_pids_current(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "%ld\n", atomic_read(&c->npids));
	return 0;
}

static int show_pids_peak(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "%ld\n", atomic_read(&c->npids_peak));
	return 0;
}

static int show_pids_max(struct seqbuf *sb, struct cgnode *c)
{
	cgfile_print_limit(sb, c->pids_max);
	return 0;
}

static int store_pids_max(struct cgnode *c, char *text, struct ofile *f)
{
	s64 v;
	int err = parse_limit(text, &v);

	if (!err)
		WRITE_ONCE(c->pids_max, v);
	return err;
}

static int show_pids_events(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "max %ld\n", atomic_read(&c->pids_hits));
	return 0;
}

/* ---- cpu.* ---- */

static int show_cpu_stat(struct seqbuf *sb, struct cgnode *c)
{
	struct cpugroup_stat st;

	cpugroup_stat(c->cpu, &st);
	seqbuf_printf(sb, "usage_usec %lu\nuser_usec %lu\nsystem_usec %lu\n", st.usage / USEC,
		      st.user / USEC, st.system / USEC);
	if (cgnode_controllers(c) & CGCTL_CPU)
		seqbuf_printf(sb, "nr_periods %lu\nnr_throttled %lu\nthrottled_usec %lu\n",
			      st.nperiods, st.nthrottled, st.throttled / USEC);
	return 0;
}

static int show_weight(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "%u\n", cpugroup_is_idle(c->cpu) ? 0 : cpugroup_weight(c->cpu));
	return 0;
}

static int store_weight(struct cgnode *c, char *text, struct ofile *f)
{
	u32 v;

	if (parse_u32(text, 0, &v, NULL))
		return -EINVAL;
	if (v < 1 || v > 10000)
		return -ERANGE;
	cpugroup_set_weight(c->cpu, v);
	return 0;
}

static int show_idle(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "%d\n", cpugroup_is_idle(c->cpu));
	return 0;
}

static int store_idle(struct cgnode *c, char *text, struct ofile *f)
{
	u32 v;

	if (parse_u32(text, 0, &v, NULL) || v > 1)
		return -EINVAL;
	cpugroup_set_idle(c->cpu, v);
	return 0;
}

static int show_max(struct seqbuf *sb, struct cgnode *c)
{
	u64 quota, period, burst;

	cpugroup_max(c->cpu, &quota, &period, &burst);
	if (quota == U64_MAX)
		seqbuf_printf(sb, "max %lu\n", period / USEC);
	else
		seqbuf_printf(sb, "%lu %lu\n", quota / USEC, period / USEC);
	return 0;
}

static int store_max(struct cgnode *c, char *text, struct ofile *f)
{
	u64 quota, period, burst, v;
	char *word = strsep(&text, " ");

	cpugroup_max(c->cpu, &quota, &period, &burst);
	if (!strcmp(word, "max"))
		quota = U64_MAX;
	else if (parse_u64(word, 0, &v, NULL) || v >= U64_MAX / USEC)
		return -EINVAL;
	else
		quota = v * USEC;
	if (text) {
		if (parse_u64(text, 0, &v, NULL) || v >= U64_MAX / USEC)
			return -EINVAL;
		period = v * USEC;
	}
	if (period < PERIOD_MIN || period > PERIOD_MAX || quota < PERIOD_MIN)
		return -EINVAL;
	cpugroup_set_max(c->cpu, quota, period, quota == U64_MAX ? 0 : min(burst, quota));
	return 0;
}

static int show_burst(struct seqbuf *sb, struct cgnode *c)
{
	u64 quota, period, burst;

	cpugroup_max(c->cpu, &quota, &period, &burst);
	seqbuf_printf(sb, "%lu\n", burst / USEC);
	return 0;
}

static int store_burst(struct cgnode *c, char *text, struct ofile *f)
{
	u64 quota, period, burst, v;

	cpugroup_max(c->cpu, &quota, &period, &burst);
	if (parse_u64(text, 0, &v, NULL) || v >= U64_MAX / USEC || v * USEC > quota)
		return -EINVAL;
	cpugroup_set_max(c->cpu, quota, period, v * USEC);
	return 0;
}

/* ---- *.pressure ---- */

static struct psigroup *pressure_of(struct cgnode *c)
{
	return c->cpu ? cpugroup_psi(c->cpu) : &psi_system;
}

static int store_pressure(struct cgnode *c, enum psires res, char *text, struct ofile *f)
{
	struct cgopen *o = f->of_priv;
	struct psitrigger *t;

	if (o->trigger)
		return -EBUSY;
	t = psitrigger_create(pressure_of(c), res, text, f->of_cred);
	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	store_release(&o->trigger, t);
	return 0;
}

#define PRESSURE_FILE(what, res)							\
	static int show_##what##_pressure(struct seqbuf *sb, struct cgnode *c)		\
	{										\
		psigroup_print(sb, pressure_of(c), res);				\
		return 0;								\
	}										\
	static int store_##what##_pressure(struct cgnode *c, char *text, struct ofile *f)	\
	{										\
		return store_pressure(c, res, text, f);					\
	}
PRESSURE_FILE(io, PSIRES_IO)
PRESSURE_FILE(memory, PSIRES_MEMORY)
PRESSURE_FILE(cpu, PSIRES_CPU)

/* ---- cpuset.* ---- */

static void print_cpus(struct seqbuf *sb, const u64 *mask)
{
	const char *gap = "";

	for (u32 i = 0; i < cpu_count_possible; i++) {
		u32 end = i;

		if (!bitmap_test(mask, i))
			continue;
		while (end + 1 < cpu_count_possible && bitmap_test(mask, end + 1))
			end++;
		seqbuf_printf(sb, end > i ? "%s%u-%u" : "%s%u", gap, i, end);
		gap = ",";
		i = end;
	}
	seqbuf_putc(sb, '\n');
}

static int show_cpus(struct seqbuf *sb, struct cgnode *c)
{
	if (c->cpus_wanted)
		print_cpus(sb, c->cpus_wanted);
	else
		seqbuf_putc(sb, '\n');
	return 0;
}

static int show_cpus_effective(struct seqbuf *sb, struct cgnode *c)
{
	u64 *mask = kmem_alloc(CPUSET_WORDS * sizeof(u64), ALLOC_KERNEL);

	if (!mask)
		return -ENOMEM;
	cpuset_effective(c, mask);
	print_cpus(sb, mask);
	kmem_free(mask);
	return 0;
}

/* "0-2,5" */
static int parse_cpus(const char *s, u64 *mask)
{
	u32 from, to;

	while (*s) {
		if (parse_u32(s, 10, &from, &s))
			return -EINVAL;
		to = from;
		if (*s == '-' && parse_u32(s + 1, 10, &to, &s))
			return -EINVAL;
		if (to < from || to >= cpu_count_possible || (*s && *s != ','))
			return to < from || (*s && *s != ',') ? -EINVAL : -ERANGE;
		for (; from <= to; from++)
			bitmap_set_bit(mask, from);
		if (*s == ',')
			s++;
	}
	return 0;
}

static int store_cpus(struct cgnode *c, char *text, struct ofile *f)
{
	u64 *mask;
	int err;

	if (!*text)
		return cpuset_set(c, NULL);
	mask = kmem_zalloc(CPUSET_WORDS * sizeof(u64), ALLOC_KERNEL);
	if (!mask)
		return -ENOMEM;
	err = parse_cpus(text, mask);
	if (!err)
		err = cpuset_set(c, mask);
	kmem_free(mask);
	return err;
}

/* Memory is one node, 0: a group names it or nothing. */
static int show_mems(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_puts(sb, c->wants_mem ? "0\n" : "\n");
	return 0;
}

static int store_mems(struct cgnode *c, char *text, struct ofile *f)
{
	u64 node = 0;

	if (*text && (parse_u64(text, 10, &node, NULL) || node))
		return -EINVAL;
	c->wants_mem = *text;
	return 0;
}

static int show_mems_effective(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_puts(sb, "0\n");
	return 0;
}

/* cgroup.procs is the first: may_write_procs() looks at its attributes. */
const struct cgfile cgfiles[] = {
	{ "cgroup.procs", 0, 0, 0, show_procs, store_procs },
	{ "cgroup.threads", 0, 0, 0, show_threads, store_threads },
	{ "cgroup.type", 0, CGFILE_NOT_ROOT, 0, show_type, store_type },
	{ "cgroup.controllers", 0, 0, 0, show_controllers, NULL },
	{ "cgroup.subtree_control", 0, 0, 0, show_subtree, store_subtree },
	{ "cgroup.events", 0, CGFILE_NOT_ROOT | CGFILE_POLL, 0, show_events, NULL, CGEVENT_STATE },
	{ "cgroup.max.depth", 0, 0, 0, show_depth, store_depth },
	{ "cgroup.max.descendants", 0, 0, 0, show_descendants, store_descendants },
	{ "cgroup.stat", 0, 0, 0, show_stat, NULL },
	{ "cgroup.freeze", 0, CGFILE_NOT_ROOT, 0, show_freeze, store_freeze },
	{ "cgroup.kill", 0, CGFILE_NOT_ROOT, 0200, NULL, store_kill },
	{ "cpu.stat", 0, CGFILE_NOT_ROOT, 0, show_cpu_stat, NULL },
	{ "io.pressure", 0, CGFILE_PRESSURE, 0, show_io_pressure, store_io_pressure },
	{ "memory.pressure", 0, CGFILE_PRESSURE, 0, show_memory_pressure, store_memory_pressure },
	{ "cpu.pressure", 0, CGFILE_PRESSURE, 0, show_cpu_pressure, store_cpu_pressure },
	{ "cpu.weight", CGCTL_CPU, CGFILE_NOT_ROOT, 0, show_weight, store_weight },
	{ "cpu.idle", CGCTL_CPU, CGFILE_NOT_ROOT, 0, show_idle, store_idle },
	{ "cpu.max", CGCTL_CPU, CGFILE_NOT_ROOT, 0, show_max, store_max },
	{ "cpu.max.burst", CGCTL_CPU, CGFILE_NOT_ROOT, 0, show_burst, store_burst },
	{ "cpuset.cpus", CGCTL_CPUSET, CGFILE_NOT_ROOT, 0, show_cpus, store_cpus },
	{ "cpuset.cpus.effective", CGCTL_CPUSET, 0, 0, show_cpus_effective, NULL },
	{ "cpuset.mems", CGCTL_CPUSET, CGFILE_NOT_ROOT, 0, show_mems, store_mems },
	{ "cpuset.mems.effective", CGCTL_CPUSET, 0, 0, show_mems_effective, NULL },
	{ "io.stat", CGCTL_IO, 0, 0, iofile_show_stat, NULL },
	{ "io.max", CGCTL_IO, CGFILE_NOT_ROOT, 0, iofile_show_max, iofile_store_max },
	{ "memory.current", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_current, NULL },
	{ "memory.peak", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_peak, NULL },
	{ "memory.min", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_min, memfile_store_min },
	{ "memory.low", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_low, memfile_store_low },
	{ "memory.high", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_high, memfile_store_high },
	{ "memory.max", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_max, memfile_store_max },
	{ "memory.events", CGCTL_MEMORY, CGFILE_NOT_ROOT | CGFILE_POLL, 0, memfile_show_events, NULL,
	  CGEVENT_MEMORY },
	{ "memory.events.local", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_events_local, NULL },
	{ "memory.stat", CGCTL_MEMORY, 0, 0, memfile_show_stat, NULL },
	{ "memory.oom.group", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_oom_group,
	  memfile_store_oom_group },
	{ "memory.reclaim", CGCTL_MEMORY, 0, 0200, NULL, memfile_store_reclaim },
	{ "memory.swap.current", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_swap_current, NULL },
	{ "memory.swap.high", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_swap_high,
	  memfile_store_swap_high },
	{ "memory.swap.max", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_swap_max,
	  memfile_store_swap_max },
	{ "memory.swap.events", CGCTL_MEMORY, CGFILE_NOT_ROOT, 0, memfile_show_swap_events, NULL },
	{ "pids.current", CGCTL_PIDS, CGFILE_NOT_ROOT, 0, show_pids_current, NULL },
	{ "pids.peak", CGCTL_PIDS, CGFILE_NOT_ROOT, 0, show_pids_peak, NULL },
	{ "pids.max", CGCTL_PIDS, CGFILE_NOT_ROOT, 0, show_pids_max, store_pids_max },
	{ "pids.events", CGCTL_PIDS, CGFILE_NOT_ROOT | CGFILE_POLL, 0, show_pids_events, NULL, CGEVENT_PIDS },
};
const u32 cgfiles_count = ARRAY_SIZE(cgfiles);
static_assert(ARRAY_SIZE(cgfiles) < CGFILE_MAX, "cgnode.attr");
