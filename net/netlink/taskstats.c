// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family TASKSTATS: what a thread, or a process as a whole, has used.
 * Records of threads that end are not sent; delays are not measured and stay 0, as on
 * Linux without its option "delayacct".
 */
#include <tern/net/genl.h>

#include <tern/base/rcu.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/process.h>
#include <tern/kernel/thread.h>
#include <tern/kernel/userns.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>

#define ID_TASKSTATS	23

static_assert(sizeof(struct taskstat_record) == 416, "user ABI");

static struct thread *thread_lookup(u32 nr)
{
	struct pidref *ref;
	struct thread *t;

	rcu_read_lock();
	ref = pidref_find((s32)nr);
	t = ref ? pidref_thread(ref) : NULL;
	if (t && !ref_get_unless_zero(&t->t_refs))
		t = NULL;
	rcu_read_unlock();
	return t;
}

static void add_thread(struct thread *t, struct taskstat_record *ts)
{
	u64 utime, stime;

	thread_cpu_time(t, &utime, &stime);
	ts->utime += utime / NSEC_PER_USEC;
	ts->stime += stime / NSEC_PER_USEC;
	ts->cpu_real_ns += utime + stime;
	ts->cpu_virtual_ns += READ_ONCE(t->t_sched.se_sum_exec);
	ts->nvcsw += t->t_nvcsw;
	ts->nivcsw += t->t_nivcsw;
	ts->minflt += t->t_minflt;
	ts->majflt += t->t_majflt;
	ts->rchar += t->t_rchar;
	ts->wchar += t->t_wchar;
	ts->syscr += t->t_syscr;
	ts->syscw += t->t_syscw;
	ts->read_bytes += t->t_inblock * 512;
	ts->write_bytes += t->t_oublock * 512;
}

/* Who it is and since when: of a process, its first thread. */
static void describe(struct thread *t, struct taskstat_record *ts)
{
	struct pidns *ns = pidns_self();
	struct process *p = t->t_proc, *parent;
	const struct credset *c;
	struct aspace *as;
	char comm[16];

	thread_get_comm(t, comm);
	memcpy(ts->comm, comm, sizeof(comm));
	ts->nice = (u8)t->t_sched.se_nice;
	ts->policy = (u8)t->t_sched.se_policy;
	ts->elapsed = (clock_ns() - t->t_start_ns) / NSEC_PER_USEC;
	ts->tg_elapsed = ts->elapsed;
	ts->begin64 = (u64)clock_realtime_ns() / NSEC_PER_SEC - ts->elapsed / 1000000;
	ts->begin = (u32)min(ts->begin64, (u64)U32_MAX);
	rcu_read_lock();
	parent = rcu_load(p->p_parent);
	ts->pid = t->t_pid ? (u32)pidref_nr_in(t->t_pid, ns) : 0;
	ts->tgid = p->p_pid ? (u32)pidref_nr_in(p->p_pid, ns) : 0;
	ts->ppid = parent && parent->p_pid ? (u32)pidref_nr_in(parent->p_pid, ns) : 0;
	c = rcu_load(t->t_cred);
	ts->uid = uid_show(c->uid);
	ts->gid = gid_show(c->gid);
	rcu_read_unlock();
	as = p->p_flags & PROC_KERNEL ? NULL : process_aspace(p);
	if (as) {
		ts->hiwater_vm = max(as->hiwater_vm, as->total_vm) << (PAGE_SHIFT - 10);
		ts->hiwater_rss = aspace_rss(as) << (PAGE_SHIFT - 10);
		aspace_put(as);
	}
	ts->utime_scaled = ts->utime;
	ts->stime_scaled = ts->stime;
	ts->cpu_scaled_ns = ts->cpu_real_ns;
}

/* All threads of a process, those that are gone included. */
static void add_process(struct process *p, struct taskstat_record *ts)
{
	struct thread *t;

	*ts = (struct taskstat_record){
		.utime = p->p_utime / NSEC_PER_USEC, .stime = p->p_stime / NSEC_PER_USEC,
		.cpu_real_ns = p->p_utime + p->p_stime, .cpu_virtual_ns = p->p_sum_exec,
		.nvcsw = p->p_nvcsw, .nivcsw = p->p_nivcsw, .minflt = p->p_minflt, .majflt = p->p_majflt,
		.rchar = p->p_rchar, .wchar = p->p_wchar, .syscr = p->p_syscr, .syscw = p->p_syscw,
		.read_bytes = p->p_inblock * 512, .write_bytes = p->p_oublock * 512,
	};
	rcu_read_lock();
	process_thread_foreach_rcu(p, t)
		if (!(READ_ONCE(t->t_job) & JOB_DYING))
			add_thread(t, ts);
	rcu_read_unlock();
}

static int reply(struct nlreq *r, u32 nr, bool is_process, const struct taskstat_record *ts)
{
	struct nlpkt *p = nlpkt_alloc(1024, ALLOC_KERNEL);
	struct genl_head *g;
	u32 at;

	if (!p)
		return -ENOMEM;
	g = nlpkt_begin(p, ID_TASKSTATS, 0, r->portid, r->h->seq, sizeof(*g));
	if (g)
		*g = (struct genl_head){ .cmd = TASKSTATS_CMD_NEW, .version = 1 };
	at = nlpkt_nest(p, is_process ? TASKSTATS_TYPE_AGGR_TGID : TASKSTATS_TYPE_AGGR_PID);
	nlpkt_put_u32(p, is_process ? TASKSTATS_TYPE_TGID : TASKSTATS_TYPE_PID, nr);
	nlpkt_put(p, TASKSTATS_TYPE_STATS, ts, sizeof(*ts));
	nlpkt_nest_end(p, at);
	if (!nlpkt_end(p)) {
		kmem_free(p);
		return -EMSGSIZE;
	}
	return nlreq_reply(r, p);
}

static int get(struct nlreq *r)
{
	const struct nlattr_head *tb[TASKSTATS_CMD_ATTR_MAX + 1], *which;
	struct taskstat_record ts = { 0 };
	bool is_process;
	struct thread *t;
	int err = nlreq_attrs(r, sizeof(struct genl_head), tb, TASKSTATS_CMD_ATTR_MAX);

	if (err)
		return err;
	is_process = !tb[TASKSTATS_CMD_ATTR_PID];
	which = tb[is_process ? TASKSTATS_CMD_ATTR_TGID : TASKSTATS_CMD_ATTR_PID];
	if (!which || nlattr_len(which) < sizeof(u32))
		return -EINVAL;
	t = thread_lookup(nlattr_u32(which));
	if (!t)
		return -ESRCH;
	if (is_process)
		add_process(t->t_proc, &ts);
	else
		add_thread(t, &ts);
	ts.version = TASKSTATS_VERSION;
	describe(t, &ts);
	thread_put(t);
	return reply(r, nlattr_u32(which), is_process, &ts);
}

static const struct genlop taskstats_ops[] = {
	{ .cmd = TASKSTATS_CMD_GET, .is_privileged = true, .request = get },
};
static const struct genlfamily taskstats_family = {
	.name = "TASKSTATS", .id = ID_TASKSTATS, .version = 1, .max_attr = TASKSTATS_CMD_ATTR_MAX,
	.ops = taskstats_ops, .nops = ARRAY_SIZE(taskstats_ops),
};
GENLFAMILY(taskstats_family);
