// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that run some time later, numbered in the order in which they were asked for. Waiting for a
 * number means: all that were asked for before it are done.
 */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/lock.h>
#include <tern/base/waitq.h>
#include <tern/lib/list.h>
#include <tern/mm/slab.h>

#define CPU_ANY	8192	/* the vendor's WORK_CPU_UNBOUND */

struct job {
	struct lx_work_struct work;
	struct list link;		/* jobs_lock */
	unsigned long long cookie;
	void (*fn)(void *, unsigned long long);
	void *data;
};

static struct spin jobs_lock = SPIN_INIT(LOCKRANK_DRIVER);	/* protects jobs and the count */
static LIST_HEAD(jobs);						/* in order */
static unsigned long long last_cookie;
static struct waitq jobs_done = WAITQ_INIT(jobs_done);

static void job_run(struct lx_work_struct *w)
{
	struct job *j = container_of(w, struct job, work);
	u64 flags;

	j->fn(j->data, j->cookie);
	flags = spin_lock_irqsave(&jobs_lock);
	list_del(&j->link);
	spin_unlock_irqrestore(&jobs_lock, flags);
	kmem_free(j);
	waitq_wake_all(&jobs_done);
}

unsigned long long lx_async_schedule_node(void (*fn)(void *, unsigned long long), void *data, int node)
{
	struct job *j = kmem_zalloc(sizeof(*j), ALLOC_ATOMIC);
	unsigned long long cookie;
	u64 flags = spin_lock_irqsave(&jobs_lock);

	cookie = ++last_cookie;
	if (j) {
		j->cookie = cookie;
		list_add_tail(&j->link, &jobs);
	}
	spin_unlock_irqrestore(&jobs_lock, flags);
	if (!j) {
		fn(data, cookie);
		return cookie;
	}
	j->fn = fn;
	j->data = data;
	j->work.data.counter = 0xfffffffe0L;
	j->work.entry.next = j->work.entry.prev = &j->work.entry;
	j->work.func = job_run;
	(void)lx_queue_work_on(CPU_ANY, lx_system_unbound_wq, &j->work);
	return cookie;
}
LX_EXPORT(async_schedule_node);

static bool are_done(unsigned long long cookie)
{
	u64 flags = spin_lock_irqsave(&jobs_lock);
	bool done = list_is_empty(&jobs) || list_first_entry(&jobs, struct job, link)->cookie >= cookie;

	spin_unlock_irqrestore(&jobs_lock, flags);
	return done;
}

void lx_async_synchronize_cookie(unsigned long long cookie) { waitq_wait(&jobs_done, are_done(cookie)); }
LX_EXPORT(async_synchronize_cookie);
void lx_async_synchronize_full(void) { lx_async_synchronize_cookie(~0ULL); }
LX_EXPORT(async_synchronize_full);
