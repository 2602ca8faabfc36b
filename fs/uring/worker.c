// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers: pool threads that act for a request's submitter, in its address
 * space, with its identity, files, directories and control group.
 */
#include "uring_impl.h"

#include <tern/kernel/sched.h>

struct own { struct fdtab *files; struct fsctx *fs; const struct credset *cred; };

static void tables_set(struct thread *t, struct fdtab *files, struct fsctx *fs)
{
	u64 flags = spin_lock_irqsave(&t->t_lock);

	t->t_files = files;
	t->t_fs = fs;
	spin_unlock_irqrestore(&t->t_lock, flags);
}

static void env_enter(const struct ureq *r, struct own *own)
{
	struct thread *t = thread_self();

	own->files = t->t_files;
	own->fs = t->t_fs;
	tables_set(t, r->fdtab, r->fsctx);
	t->t_cgroup = r->cgroup;
	own->cred = cred_override(r->cred);
	sched_use_aspace(r->as);
}

static void env_leave(const struct own *own)
{
	struct thread *t = thread_self();

	sched_use_aspace(NULL);
	cred_revert(own->cred);
	t->t_cgroup = NULL;
	tables_set(t, own->files, own->fs);
}

void uring_worker(struct workitem *w)
{
	struct ureq *r = container_of(w, struct ureq, work);
	bool has_env = r->has_env;
	struct own own;

	ref_get(&r->refs);		/* the environment is its */
	pollwatch_disarm(&r->watch);
	if (r->has_result && r->sqe.opcode == UOP_LINK_TIMEOUT)
		r->result = ltimeout_fired(r);
	if (has_env)
		env_enter(r, &own);
	ureq_run(r, true);
	if (has_env)
		env_leave(&own);
	ureq_put(r);
}
