// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a pid namespace: when its first process ends, all others in it
 * are killed, and it stays until they are gone.
 */
#include "proc_impl.h"

#include <tern/kernel/pidns.h>

/* Children that end from now on leave no zombies behind. */
static void ignore_sigchld(struct process *p)
{
	struct sigactions *a;
	u64 flags;

	a = signal_lock(p, &flags);
	a->act[SIGCHLD - 1].handler = SIG_IGN;
	signal_unlock(a, flags);
}

static void kill_members(struct pidns *ns, struct process *self)
{
	struct process *p;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	list_foreach(p, &process_all, p_all_link)
		if (p != self && pidns_sees(ns, p->p_pid))
			signal_send_process(p, SIGKILL, NULL);
	spin_unlock_irqrestore(&process_tree_lock, flags);
}

/* True if only @t and, apart from it, the leader of its process are left. */
static bool others_are_gone(struct pidns *ns, struct thread *t)
{
	process_reap_children();
	return pidns_close(ns) <= (t == t->t_proc->p_leader ? 1 : 2);
}

void pidns_end(struct pidns *ns)
{
	struct thread *t = thread_self();
	struct process *self = t->t_proc;
	s32 sig;

	pidns_close(ns);
	ignore_sigchld(self);
	kill_members(ns, self);
	/* Every number that is given back wakes p_child_wait. */
	waitq_wait(&self->p_child_wait, others_are_gone(ns, t));
	rcu_publish(ns->init, NULL);
	sig = READ_ONCE(ns->reboot_signal);
	if (sig)
		self->p_group_exit_code = sig;
}
