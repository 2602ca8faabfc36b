// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data of named pipes: an instance has a server's and a client's end and a queue of messages
 * in each direction. A byte pipe reads across messages, a message pipe one at a time.
 *
 * A read that finds nothing waits in the call (synchronous handles) or is put down with its
 * end and completed by the writer, who copies into the reader's memory. Writers wait
 * only on synchronous handles, while more than the quota is queued.
 *
 * Pending requests hold no reference on their file object: its last reference cancels them.
 *
 * Locks: nt_pipe_names_lock (pipename.c) > nt_pipe.lock (queues, pending).
 */
#include "pipe_impl.h"

#include <tern/mm/aspace.h>

#include "../ps.h"

#define QUOTA_MIN	65536u
#define QUEUE_MAX	(16u << 20)

void nt_pipe_queue_drop(struct pipe_end *e)
{
	while (!list_is_empty(&e->queue)) {
		struct message *m = list_first_entry(&e->queue, struct message, link);

		list_del(&m->link);
		kmem_free(m);
	}
	e->queued = 0;
}

void nt_pipe_put(struct nt_pipe *p)
{
	if (!ref_put(&p->refs))
		return;
	nt_pipe_queue_drop(&p->end[SERVER]);
	nt_pipe_queue_drop(&p->end[CLIENT]);
	kmem_free(p);
}

/* ---- pending requests; lock held ---- */

void nt_pipe_finish(struct pending *w, ntstatus s, u64 information)
{
	struct nt_thread *t = w->r.thread;

	list_del(&w->link);
	nt_request_end_later(&w->r, s, information);
	nt_object_put(&t->ob);
	kmem_free(w);
}

/* The pipe's end is not freed under us: who closes it needs the lock. */
ntstatus nt_pipe_pend(struct pipe_end *e, struct nt_request *r, void __user *buf, u32 len, bool is_listen)
{
	struct pending *w = kmem_zalloc(sizeof(*w), ALLOC_KERNEL);

	if (!w)
		return STATUS_NO_MEMORY;
	w->r = *r;
	w->buf = buf;
	w->len = len;
	w->is_listen = is_listen;
	nt_object_get(&r->thread->ob);
	list_add_tail(&w->link, &e->pending);
	return STATUS_PENDING;
}

void nt_pipe_finish_all(struct pipe_end *e, ntstatus s)
{
	while (!list_is_empty(&e->pending))
		nt_pipe_finish(list_first_entry(&e->pending, struct pending, link), s, 0);
}

/* ---- taking from a queue; lock held ---- */

/* Copy what is there to @k (kernel memory); a message that does not fit stays with its rest. */
u32 nt_pipe_take(struct pipe_end *e, u8 *k, u32 room, bool peek, bool *more)
{
	struct message *m;
	u32 n = 0;

	*more = false;
	while (!list_is_empty(&e->queue)) {
		u32 part;

		m = list_first_entry(&e->queue, struct message, link);
		part = min(room - n, m->len - m->at);
		memcpy(k + n, m->data + m->at, part);
		n += part;
		if (peek) {
			*more = m->len - m->at > part;
			break;
		}
		m->at += part;
		e->queued -= part;
		*more = m->at < m->len;
		if (*more)
			break;
		list_del(&m->link);
		kmem_free(m);
		if (e->read_mode == TYPE_MESSAGE || n == room)
			break;
	}
	return n;
}

/* The oldest waiting read gets what has come. */
static void feed(struct pipe_end *e)
{
	while (!list_is_empty(&e->queue) && !list_is_empty(&e->pending)) {
		struct pending *w = list_first_entry(&e->pending, struct pending, link);
		struct aspace *as = process_aspace(w->r.thread->proc->proc);
		u8 *k = kmem_alloc_large(w->len + 1, ALLOC_KERNEL);
		bool more = false;
		u32 n = 0;
		ntstatus s = as && k ? STATUS_SUCCESS : STATUS_NO_MEMORY;

		if (!s) {
			n = nt_pipe_take(e, k, w->len, false, &more);
			if (aspace_access(as, (uptr)w->buf, k, n, true, false) != n)
				s = STATUS_ACCESS_VIOLATION;
			else if (more && e->read_mode == TYPE_MESSAGE)
				s = STATUS_BUFFER_OVERFLOW;
		}
		kmem_free_large(k);
		if (as)
			aspace_put(as);
		nt_pipe_finish(w, s, n);
	}
}

/* What stops an end from reading or writing now; STATUS_SUCCESS: nothing. */
ntstatus nt_pipe_broken(const struct nt_pipe *p, u32 side)
{
	switch (p->state) {
	case STATE_CONNECTED:
		return STATUS_SUCCESS;
	case STATE_LISTENING:
		return STATUS_PIPE_LISTENING;
	case STATE_DISCONNECTED:
		return side == SERVER ? STATUS_PIPE_DISCONNECTED : STATUS_PIPE_BROKEN;
	}
	return STATUS_PIPE_BROKEN;
}

/* ---- reading and writing ---- */

static ntstatus read_now(struct nt_pipe *p, u32 side, void __user *buf, u32 len, u64 *done)
{
	struct pipe_end *e = &p->end[side];
	ntstatus s = STATUS_PENDING;
	bool more;
	u8 *k;

	kmutex_lock(&p->lock);
	if (!list_is_empty(&e->queue)) {
		k = kmem_alloc_large(min(len, max(e->queued, 1u)) + 1, ALLOC_KERNEL);
		if (k) {
			*done = nt_pipe_take(e, k, min(len, e->queued), false, &more);
			s = nt_copyout(buf, k, *done);
			if (!s && more && e->read_mode == TYPE_MESSAGE)
				s = STATUS_BUFFER_OVERFLOW;
		} else {
			s = STATUS_NO_MEMORY;
		}
		kmem_free_large(k);
		waitq_wake_all(&p->wq);
	} else if (nt_pipe_broken(p, side)) {
		s = nt_pipe_broken(p, side);
	}
	kmutex_unlock(&p->lock);
	return s;
}

static bool may_go_on(struct nt_pipe *p, u32 side, bool is_write)
{
	if (READ_ONCE(p->state) != STATE_CONNECTED)
		return true;
	if (is_write)
		return READ_ONCE(p->end[!side].queued) < QUOTA_MIN;
	return !list_is_empty(&p->end[side].queue);
}

static ntstatus pipe_read(struct nt_request *r, struct end_ref *er, void __user *buf, u32 len)
{
	struct pipe_end *e = &er->p->end[er->side];
	u64 done = 0;
	ntstatus s;

	for (;;) {
		s = read_now(er->p, er->side, buf, len, &done);
		if (s != STATUS_PENDING)
			return nt_request_end(r, s, done);
		if (e->nonblocking)
			return nt_request_end(r, STATUS_PIPE_EMPTY, 0);
		if (!r->file->is_synchronous)
			break;
		if (waitq_wait_intr(&er->p->wq, may_go_on(er->p, er->side, false))) {
			nt_request_drop(r);
			return STATUS_RESTART_CALL_;
		}
	}
	kmutex_lock(&er->p->lock);
	s = nt_pipe_pend(e, r, buf, len, false);
	feed(e);
	kmutex_unlock(&er->p->lock);
	if (s != STATUS_PENDING)
		nt_request_drop(r);
	return s;
}

/* Queue a message for the other end; the request stays the caller's. */
static ntstatus send(struct nt_request *r, struct end_ref *er, const void __user *buf, u32 len)
{
	struct pipe_end *to = &er->p->end[!er->side];
	struct message *m;
	ntstatus s;

	if (r->file->is_synchronous && waitq_wait_intr(&er->p->wq, may_go_on(er->p, er->side, true)))
		return STATUS_RESTART_CALL_;
	m = kmem_alloc(sizeof(*m) + len, ALLOC_KERNEL);
	if (!m)
		return STATUS_NO_MEMORY;
	if (user_copyin(m->data, buf, len)) {
		kmem_free(m);
		return STATUS_ACCESS_VIOLATION;
	}
	m->len = len;
	m->at = 0;
	kmutex_lock(&er->p->lock);
	s = nt_pipe_broken(er->p, er->side);
	if (s == STATUS_PIPE_BROKEN)
		s = STATUS_PIPE_CLOSING;
	if (!s && to->queued > QUEUE_MAX)
		s = STATUS_INSUFFICIENT_RESOURCES;
	if (!s && (len || to->read_mode == TYPE_MESSAGE)) {
		list_add_tail(&m->link, &to->queue);
		to->queued += len;
		m = NULL;
		feed(to);
		waitq_wake_all(&er->p->wq);
	}
	kmutex_unlock(&er->p->lock);
	kmem_free(m);
	return s;
}

static ntstatus pipe_write(struct nt_request *r, struct end_ref *er, const void __user *buf, u32 len)
{
	ntstatus s;

	len = min(len, MESSAGE_MAX);
	s = send(r, er, buf, len);
	if (s != STATUS_RESTART_CALL_)
		return nt_request_end(r, s, s ? 0 : len);
	nt_request_drop(r);
	return s;
}

/* A message out, its answer in. What is sent is not sent again: an interrupted wait ends the call. */
ntstatus nt_pipe_transceive(struct nt_request *r, struct end_ref *er, const void __user *in, u32 in_len,
			   void __user *out, u32 out_len)
{
	ntstatus s = er->p->end[er->side].read_mode == TYPE_MESSAGE ? STATUS_SUCCESS : STATUS_INVALID_PIPE_STATE;

	if (!s)
		s = send(r, er, in, min(in_len, MESSAGE_MAX));
	if (s == STATUS_RESTART_CALL_)
		nt_request_drop(r);
	else if (s)
		return nt_request_end(r, s, 0);
	if (s)
		return s;
	s = pipe_read(r, er, out, out_len);
	return s == STATUS_RESTART_CALL_ ? STATUS_ALERTED : s;
}

ntstatus nt_pipe_rw(struct nt_request *r, void __user *buf, u32 len, bool is_write)
{
	struct end_ref *er = ref_of(r->file);

	return is_write ? pipe_write(r, er, buf, len) : pipe_read(r, er, buf, len);
}

int nt_pipe_flush(struct nt_file *f)
{
	struct end_ref *er = ref_of(f);
	const struct nt_pipe *p = er->p;

	return waitq_wait_intr(&er->p->wq, !READ_ONCE(p->end[!er->side].queued) ||
					   READ_ONCE(p->state) != STATE_CONNECTED);
}
