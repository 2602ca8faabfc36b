// SPDX-License-Identifier: GPL-2.0-only
/* News of processes: what happened to whom, in numbers of the first pid namespace. */
#include "proc_impl.h"

#include <tern/base/rcu.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/procnews.h>
#include <tern/lib/string.h>

static void to_nobody(const struct proc_event_record *ev)
{
}

atomic32 procnews_listeners;
void (*procnews_hook)(const struct proc_event_record *ev) = to_nobody;

static s32 global_nr(const struct pidref *p)
{
	return p ? p->at[0].nr : 0;
}

/* False: nobody listens. */
static bool begin(struct proc_event_record *ev, u32 what, const struct thread *t)
{
	if (likely(!atomic_read(&procnews_listeners)) || !t->t_proc->p_pid)
		return false;
	memset(ev, 0, sizeof(*ev));
	ev->what = what;
	ev->cpu = cpu_self();
	ev->time_ns = clock_ns();
	ev->pid = global_nr(t->t_pid);
	ev->tgid = global_nr(t->t_proc->p_pid);
	return true;
}

static s32 parent_nr(const struct process *p)
{
	const struct process *parent;
	s32 nr;

	rcu_read_lock();
	parent = rcu_load(p->p_parent);
	nr = parent ? global_nr(parent->p_pid) : 0;
	rcu_read_unlock();
	return nr;
}

void procnews_fork(struct thread *t, bool is_sibling)
{
	struct proc_event_record ev;

	if (!begin(&ev, PROC_EVENT_FORK, thread_self()))
		return;
	if (is_sibling)
		ev.pid = ev.tgid = parent_nr(t->t_proc);
	ev.other.pid = global_nr(t->t_pid);
	ev.other.tgid = global_nr(t->t_proc->p_pid);
	procnews_hook(&ev);
}

void procnews_self(u32 what)
{
	struct proc_event_record ev;
	struct thread *t = thread_self();

	if (!begin(&ev, what, t))
		return;
	if (what == PROC_EVENT_COREDUMP)
		ev.other.pid = ev.other.tgid = parent_nr(t->t_proc);
	procnews_hook(&ev);
}

void procnews_comm(struct thread *t)
{
	struct proc_event_record ev;

	if (!begin(&ev, PROC_EVENT_COMM, t))
		return;
	thread_get_comm(t, ev.comm);
	procnews_hook(&ev);
}

static void tell_ids(u32 what, u32 real, u32 effective)
{
	struct proc_event_record ev;

	if (!begin(&ev, what, thread_self()))
		return;
	ev.ids.real = real;
	ev.ids.effective = effective;
	procnews_hook(&ev);
}

void procnews_ids(const struct credset *old, const struct credset *now)
{
	if (old->uid != now->uid || old->euid != now->euid || old->suid != now->suid ||
	    old->fsuid != now->fsuid)
		tell_ids(PROC_EVENT_UID, now->uid, now->euid);
	if (old->gid != now->gid || old->egid != now->egid || old->sgid != now->sgid ||
	    old->fsgid != now->fsgid)
		tell_ids(PROC_EVENT_GID, now->gid, now->egid);
}

void procnews_ptrace(struct thread *t, bool is_attach)
{
	struct proc_event_record ev;

	if (!begin(&ev, PROC_EVENT_PTRACE, t))
		return;
	if (is_attach) {
		ev.other.pid = global_nr(thread_self()->t_pid);
		ev.other.tgid = global_nr(process_self()->p_pid);
	}
	procnews_hook(&ev);
}

void procnews_exit(s32 status)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct proc_event_record ev;

	if (!begin(&ev, PROC_EVENT_EXIT, t))
		return;
	ev.exit.code = (u32)status;
	ev.exit.signal = (u32)(t == p->p_leader ? p->p_exit_signal : -1);
	ev.exit.parent_pid = ev.exit.parent_tgid = parent_nr(p);
	procnews_hook(&ev);
}
