// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a request; see uring_impl.h for the picture.
 *
 * A step of a request is tried without waiting: interruptible waits end at once
 * (t_nowait), sockets are asked not to block. If it would have to wait, it is armed on
 * its file, and when that is ready a worker tries again; what cannot be watched, or is
 * ready again and again without getting anywhere, waits in a worker.
 *
 * A chain (IOSQE_IO_LINK) is a list by next: whoever completes a request goes on with
 * the next one. All of them are on the active list from the start, so that
 * cancelling finds them.
 */
#include "uring_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/ns.h>

#define TRIES_MAX	8u
#define FLAGS_KNOWN	(SQE_FIXED_FILE | SQE_IO_DRAIN | SQE_IO_LINK | SQE_IO_HARDLINK | SQE_ASYNC | \
			 SQE_BUFFER_SELECT | SQE_CQE_SKIP)

static struct workpool *pool;

static int uring_start(void)
{
	pool = workpool_create("io_uring", true, 4096);
	return pool ? 0 : -ENOMEM;
}
INITCALL(CORE, uring_start);

/* ---- making and freeing ---- */

static void env_drop(struct ureq *r)
{
	if (!r->has_env)
		return;
	cred_put(r->cred);
	fdtab_put(r->fdtab);
	fsctx_put(r->fsctx);
	process_put(r->proc);
	nsset_put(r->ns);
	aspace_put(r->as);
}

void ureq_put(struct ureq *r)
{
	if (!ref_put(&r->refs))
		return;
	kmem_free(r->iov_mem);
	kmem_free_large(r->segs);
	if (r->buf)
		uringbuf_put(r->buf);
	ureq_buffer_return(r);
	if (r->sockop)
		sockop_free(r->sockop);
	if (r->file)
		ofile_put(r->file);
	env_drop(r);
	uring_put(r->ring);
	kmem_free(r);
}

void ureq_env_take(struct ureq *r)
{
	struct thread *t = thread_self();

	for (; r; r = r->next) {
		if (r->has_env)
			continue;
		r->has_env = true;
		r->cred = cred_get(cred_self());
		r->as = t->t_as;
		aspace_get(r->as);
		r->fdtab = t->t_files;
		fdtab_get(r->fdtab);
		r->fsctx = t->t_fs;
		ref_get(&r->fsctx->refs);
		r->proc = process_self();
		process_get(r->proc);
		r->ns = nsset_get(nsset_self());
	}
}

static int check_sqe(const struct uring_sqe *s)
{
	if (s->flags & ~FLAGS_KNOWN)
		return -EINVAL;
	if (s->opcode >= UOP_COUNT || !uring_ops[s->opcode].issue)
		return -EINVAL;
	if ((s->flags & SQE_CQE_SKIP) && (s->flags & SQE_IO_DRAIN))
		return -EOPNOTSUPP;
	if ((s->flags & SQE_BUFFER_SELECT) && !(uring_ops[s->opcode].flags & UOPF_SELECT))
		return -EOPNOTSUPP;
	return s->personality ? -EINVAL : 0;
}

static int take_file(struct ureq *r)
{
	struct ofile *f;

	if (!(r->op->flags & UOPF_FILE) || r->file)
		return 0;
	f = r->sqe.flags & SQE_FIXED_FILE ? uring_file(r->ring, (u32)r->sqe.fd) : fd_get(r->sqe.fd);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	r->file = f;
	return 0;
}

struct ureq *ureq_make(struct uring *u, const struct uring_sqe *sqe, int *err)
{
	struct ureq *r = kmem_zalloc(sizeof(*r), ALLOC_KERNEL);

	if (!r)
		return NULL;
	ref_init(&r->refs, 1);
	r->ring = u;
	ref_get(&u->refs);
	r->sqe = *sqe;
	r->op = &uring_ops[UOP_NOP];
	r->owner = thread_self()->t_serial;
	list_init(&r->wait_link);
	workitem_init(&r->work, uring_worker);
	r->watch = (struct pollwatch)POLLWATCH_IDLE;
	*err = check_sqe(sqe);
	if (!*err) {
		r->op = &uring_ops[sqe->opcode];
		r->is_drain = sqe->flags & SQE_IO_DRAIN;
		*err = r->op->prep(r);
	}
	spin_lock(&u->lock);
	list_add_tail(&r->link, &u->active);
	spin_unlock(&u->lock);
	return r;
}

/* ---- completing ---- */

/* Lock held: timeouts that count completions. */
static void count_completion(struct uring *u)
{
	struct ureq *t, *next;

	list_foreach_safe(t, next, &u->counted, wait_link) {
		if (--t->left)
			continue;
		list_del_init(&t->wait_link);
		if (timeout_cancel(&t->timer))
			ureq_queue_result(t, 0);
	}
}

/* Lock held: the next deferred request that may begin, or NULL. */
static struct ureq *pop_deferred(struct uring *u)
{
	struct ureq *d = list_first_entry_or_null(&u->deferred, struct ureq, wait_link);

	if (!d || u->ndraining)
		return NULL;
	if (d->is_drain) {
		if (!list_is_first(&d->link, &u->active))
			return NULL;
		u->ndraining++;
	}
	list_del_init(&d->wait_link);
	return d;
}

static void start_deferred(struct uring *u)
{
	struct ureq *d;

	spin_lock(&u->lock);
	while ((d = pop_deferred(u)))
		ureq_queue(d);
	spin_unlock(&u->lock);
}

static bool breaks_chain(const struct ureq *r, s32 res)
{
	if (r->sqe.flags & SQE_IO_HARDLINK)
		return false;
	if (res == -ETIME && r->sqe.opcode == UOP_TIMEOUT && (r->sqe.op_flags & TIMEOUT_ETIME_SUCCESS))
		return false;
	return res < 0 || r->is_short;
}

static void complete_one(struct ureq *r, s32 res, bool is_async)
{
	struct uring *u = r->ring;
	bool has_event = !(r->sqe.flags & SQE_CQE_SKIP) || res < 0, is_idle;
	struct ureq *lt;

	spin_lock(&u->lock);
	list_del_init(&r->link);
	if (!list_is_empty(&r->wait_link))
		list_del_init(&r->wait_link);
	if (has_event)
		uring_post(u, r->sqe.user_data, res, r->cqe_flags);
	if (has_event && r->sqe.opcode != UOP_TIMEOUT)
		count_completion(u);
	if (r->is_drain && u->ndraining)
		u->ndraining--;
	lt = r->ltimeout;
	r->ltimeout = NULL;
	if (lt)
		lt->head = NULL;
	is_idle = !list_is_empty(&u->deferred);
	spin_unlock(&u->lock);
	if (has_event)
		uring_notify(u, is_async);
	waitq_wake_if_any(&u->idle_wait);
	/* Not begun, or stopped in time: it did nothing. Else its worker ends it. */
	if (lt && (lt->state == UREQ_IDLE || timeout_cancel(&lt->timer)))
		complete_one(lt, -ECANCELED, is_async);
	if (is_idle)
		start_deferred(u);
	ureq_put(r);
}

void ureq_tell(struct ureq *r, s32 res, u32 flags)
{
	struct uring *u = r->ring;

	spin_lock(&u->lock);
	uring_post(u, r->sqe.user_data, res, flags | CQE_F_MORE);
	count_completion(u);
	spin_unlock(&u->lock);
	uring_notify(u, true);
}

void ureq_finish_chain(struct ureq *r, s32 res)
{
	struct ureq *next;

	for (; r; r = next, res = -ECANCELED) {
		next = r->next;
		r->next = NULL;
		complete_one(r, res, false);
	}
}

/* Complete @r; what is to be carried out next. */
static struct ureq *end_one(struct ureq *r, s32 res, bool is_async)
{
	struct ureq *next = r->next;
	bool is_broken = next && breaks_chain(r, res);

	r->next = NULL;
	complete_one(r, res, is_async);
	if (!is_broken)
		return next;
	ureq_finish_chain(next, -ECANCELED);
	return NULL;
}

/* ---- going on ---- */

void ureq_queue(struct ureq *r)
{
	WRITE_ONCE(r->state, UREQ_QUEUED);
	(void)workpool_queue(pool, &r->work);
}

void ureq_queue_result(struct ureq *r, s32 res)
{
	r->result = res;
	r->has_result = true;
	ureq_queue(r);
}

static void watch_fire(struct pollwatch *w)
{
	ureq_queue(container_of(w, struct ureq, watch));
}

/* Told while the watch is being set, so that nothing is missed between the two. */
static void watch_tell(struct pollwatch *w, u32 ready)
{
	struct ureq *r = container_of(w, struct ureq, watch);

	ureq_tell(r, (s32)ready, 0);
}

static bool can_watch(const struct ureq *r)
{
	mode_t type;

	if (!(r->op->flags & (UOPF_POLLIN | UOPF_POLLOUT)) || r->tries >= TRIES_MAX)
		return false;
	type = r->file->of_vnode->vn_mode;
	return !S_ISREG(type) && !S_ISDIR(type) && !S_ISBLK(type);
}

/* Armed meanwhile; whoever cancelled it before could not claim the watch. */
static void recheck_cancelled(struct ureq *r)
{
	struct uring *u = r->ring;

	spin_lock(&u->lock);
	if (r->is_cancelled && r->state == UREQ_POLLING && pollwatch_cancel(&r->watch))
		ureq_queue(r);
	spin_unlock(&u->lock);
}

/* It would have to wait. Returns @r if it is to be tried again at once. */
static struct ureq *wait_elsewhere(struct ureq *r)
{
	int ready;

	ureq_env_take(r);
	if (r->ltimeout)
		ltimeout_start(r->ltimeout);
	if (can_watch(r)) {
		r->tries++;
		WRITE_ONCE(r->state, UREQ_POLLING);
		ref_get(&r->refs);
		r->watch.tell = r->is_multi && r->sqe.opcode == UOP_POLL_ADD ? watch_tell : NULL;
		ready = pollwatch_arm(&r->watch, r->file, poll_events_of(r), watch_fire);
		if (!ready)
			recheck_cancelled(r);
		ureq_put(r);
		if (!ready)
			return NULL;
		if (ready > 0)
			return r;
	}
	r->may_block = true;
	ureq_queue(r);
	return NULL;
}

/* Results of a wait that was cut short. */
static s64 settle(s64 res, bool may_block)
{
	switch (res) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_BLOCK:
		return may_block ? -EINTR : URING_WAIT;
	default:
		return res;
	}
}

/* Carry out, with waits cut short unless it may block. */
static s64 issue(struct ureq *r, bool in_worker)
{
	bool may_block = in_worker && r->may_block, is_cancelled;
	struct thread *self = thread_self();
	struct uring *u = r->ring;
	s64 res = -ECANCELED;

	spin_lock(&u->lock);
	is_cancelled = r->is_cancelled;
	r->state = in_worker ? UREQ_WORKING : UREQ_RUNNING;
	r->worker = in_worker ? self : NULL;
	WRITE_ONCE(self->t_nowait, !may_block);
	spin_unlock(&u->lock);
	if (!is_cancelled)
		res = settle(r->op->issue(r, may_block), may_block);
	if (res == URING_PENDING) {	/* it may be gone */
		WRITE_ONCE(self->t_nowait, 0);
		return res;
	}
	spin_lock(&u->lock);
	r->worker = NULL;
	WRITE_ONCE(self->t_nowait, 0);
	if (r->is_cancelled && (res == -EINTR || res == URING_WAIT))
		res = -ECANCELED;
	spin_unlock(&u->lock);
	return res;
}

static struct ureq *step(struct ureq *r, bool in_worker)
{
	s64 res = r->has_result ? r->result : take_file(r);

	if (r->has_result || res)
		return end_one(r, (s32)res, in_worker);
	if (!in_worker && ((r->op->flags & UOPF_WORKER) || (r->sqe.flags & SQE_ASYNC))) {
		ureq_env_take(r);
		if (r->ltimeout)
			ltimeout_start(r->ltimeout);
		r->may_block = true;
		ureq_queue(r);
		return NULL;
	}
	if (in_worker && (r->op->flags & UOPF_WORKER))
		r->may_block = true;
	if ((r->op->flags & UOPF_CHAIN_ENV) && !in_worker && r->next)
		ureq_env_take(r);
	res = issue(r, in_worker);
	if (res == URING_PENDING)
		return NULL;
	if (res == URING_WAIT)
		return wait_elsewhere(r);
	return end_one(r, (s32)res, in_worker);
}

void ureq_run(struct ureq *r, bool in_worker)
{
	while (r)
		r = step(r, in_worker);
}

/* A link timeout stands behind the request that it guards. */
static void attach_ltimeouts(struct ureq *head)
{
	for (struct ureq *r = head; r && r->next; r = r->next) {
		struct ureq *lt = r->next;

		if (lt->sqe.opcode != UOP_LINK_TIMEOUT)
			continue;
		r->ltimeout = lt;
		lt->head = r;
		r->next = lt->next;
		lt->next = NULL;
	}
}

/* Lock held: must it wait for others. */
static bool must_defer(struct uring *u, const struct ureq *r)
{
	if (!list_is_empty(&u->deferred) || u->ndraining)
		return true;
	return r->is_drain && !list_is_first(&r->link, &u->active);
}

void ureq_start(struct ureq *head)
{
	struct uring *u = head->ring;
	bool is_deferred;

	attach_ltimeouts(head);
	spin_lock(&u->lock);
	is_deferred = must_defer(u, head);
	if (is_deferred)
		ureq_env_take(head);
	if (is_deferred)
		list_add_tail(&head->wait_link, &u->deferred);
	else if (head->is_drain)
		u->ndraining++;
	spin_unlock(&u->lock);
	if (is_deferred)
		start_deferred(u);	/* the last before it may be gone by now */
	else
		ureq_run(head, false);
}
