// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ending requests early, and the threads that submit them. Who cancels marks
 * the request and takes from it what it waits on; the request then completes in the
 * ordinary way, with ECANCELED. One that a worker carries out is told by
 * t_nowait, which ends its interruptible waits. One that completes again and again
 * counts as stopped even then: it ends as soon as it would have to wait.
 *
 * A thread that ends, or execs, first ends what it submitted: requests hold its
 * memory and files.
 */
#include "uring_impl.h"

#include <tern/kernel/sched.h>
#include <tern/kernel/vfsface.h>

int ureq_cancel_locked(struct ureq *r)
{
	r->is_cancelled = true;
	switch (r->state) {
	case UREQ_POLLING:
		if (pollwatch_cancel(&r->watch))
			ureq_queue(r);
		return 0;
	case UREQ_TIMER:
		if (!timeout_cancel(&r->timer))
			return -EALREADY;
		ureq_queue_result(r, -ECANCELED);
		return 0;
	case UREQ_WORKING:
		if (r->worker) {
			WRITE_ONCE(r->worker->t_nowait, 1);
			(void)thread_wake(r->worker);
		}
		return r->is_multi ? 0 : -EALREADY;
	case UREQ_RUNNING:
		return r->is_multi ? 0 : -EALREADY;
	default:
		return 0;
	}
}

void uring_cancel_all(struct uring *u, u64 owner)
{
	struct ureq *r;

	spin_lock(&u->lock);
	list_foreach(r, &u->active, link)
		if (!owner || r->owner == owner)
			(void)ureq_cancel_locked(r);
	spin_unlock(&u->lock);
}

static bool has_requests(struct uring *u, u64 owner)
{
	bool is_found = false;
	struct ureq *r;

	spin_lock(&u->lock);
	list_foreach(r, &u->active, link)
		is_found |= r->owner == owner;
	spin_unlock(&u->lock);
	return is_found;
}

/* ---- instances that a thread uses: t_ioctx ---- */

struct usernode { struct usernode *next; struct uring *ring; };

int uring_note_user(struct uring *u)
{
	struct thread *t = thread_self();
	struct usernode *n, **at = (struct usernode **)&t->t_ioctx;

	while ((n = *at)) {
		if (n->ring == u)
			return 0;
		if (READ_ONCE(n->ring->is_dead) && !has_requests(n->ring, t->t_serial)) {
			*at = n->next;
			uring_put(n->ring);
			kmem_free(n);
		} else {
			at = &n->next;
		}
	}
	n = kmem_alloc(sizeof(*n), ALLOC_KERNEL);
	if (!n)
		return -ENOMEM;
	ref_get(&u->refs);
	*n = (struct usernode){ NULL, u };
	*at = n;
	return 0;
}

void face_uring_exit(struct thread *t)
{
	struct usernode *n = t->t_ioctx, *next;

	t->t_ioctx = NULL;
	for (; n; n = next) {
		next = n->next;
		uring_cancel_all(n->ring, t->t_serial);
		waitq_wait(&n->ring->idle_wait, !has_requests(n->ring, t->t_serial));
		uring_put(n->ring);
		kmem_free(n);
	}
}
