// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers: pool threads that act for the process of a request's submitter (its limits, control group, number), in its
 * address space, with its identity, files, directories and namespaces. Signals do not reach them.
 */
#include "uring_impl.h"

#include <tern/kernel/process.h>
#include <tern/kernel/sched.h>

struct tables { struct fdtab *files; struct fsctx *fs; struct namespaces *ns; };
struct own { struct tables tables; const struct credset *cred; };

/* Returns those that it had. */
static struct tables tables_set(struct thread *t, struct tables to)
{
	u64 flags = spin_lock_irqsave(&t->t_lock);
	struct tables had = { t->t_files, t->t_fs, t->t_ns };

	t->t_files = to.files;
	t->t_fs = to.fs;
	t->t_ns = to.ns;
	spin_unlock_irqrestore(&t->t_lock, flags);
	return had;
}

static void env_enter(const struct ureq *r, struct own *own)
{
	struct thread *t = thread_self();

	own->tables = tables_set(t, (struct tables){ r->fdtab, r->fsctx, r->ns });
	t->t_actor = r->proc;
	own->cred = cred_override(r->cred);
	sched_use_aspace(r->as);
}

static void env_leave(const struct own *own)
{
	struct thread *t = thread_self();

	sched_use_aspace(NULL);
	cred_revert(own->cred);
	t->t_actor = t->t_proc;
	tables_set(t, own->tables);
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
