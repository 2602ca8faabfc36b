// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers: signaled when due, once or again and again; may queue an APC to the thread that
 * set them.
 *
 * The due time is a kernel timeout, whose function sets the state under W and hands the APC to
 * a work item (it allocates). Locks: W; timer_lock serialises setting and cancelling.
 */
#include "../ps.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/timeout.h>

#define TIMER_QUERY	0x1u
#define TIMER_MODIFY	0x2u
#define TIMER_TYPE_AUTO	1u

struct nt_timer {
	struct nt_object ob;
	bool is_set, is_auto;		/* W */
	struct kmutex lock;		/* setting and cancelling */
	struct timeout timeout;
	nsec_t period, due;		/* W */
	u64 apc, apc_context;		/* W */
	struct nt_thread *thread;	/* W with a reference, if there is an APC */
	struct workitem work;
};

static bool timer_signaled(struct object *o, struct thread *t)
{
	return container_of(nt_object_of(o), struct nt_timer, ob)->is_set;
}

static void timer_taken(struct object *o, struct thread *t)
{
	struct nt_timer *m = container_of(nt_object_of(o), struct nt_timer, ob);

	if (m->is_auto)
		m->is_set = false;
}

static void timer_cleanup(struct nt_object *o)
{
	struct nt_timer *m = container_of(o, struct nt_timer, ob);

	timeout_cancel_sync(&m->timeout);
	workitem_cancel_sync(&m->work);
	if (m->thread)
		nt_object_put(&m->thread->ob);
}

static const struct nt_type timer_type = {
	.ops = NT_TYPE_OPS("nt timer", timer_signaled, timer_taken),
	.name = "Timer", .all_access = 0x1f0003, .read_access = 0x20001, .write_access = 0x20002,
	.exec_access = 0x120000, .can_wait = true, .cleanup = timer_cleanup,
};

static void queue_apc(struct workitem *w)
{
	struct nt_timer *m = container_of(w, struct nt_timer, work);
	struct nt_thread *t;
	u64 fn, context, flags;
	s64 when;

	flags = spin_lock_irqsave(&m->ob.wq.lock);
	t = m->thread;
	fn = m->apc;
	context = m->apc_context;
	if (t)
		nt_object_get(&t->ob);
	spin_unlock_irqrestore(&m->ob.wq.lock, flags);
	if (!t)
		return;
	when = nt_time();
	(void)nt_apc_queue(t, fn, context, (u32)when, (u64)when >> 32);
	nt_object_put(&t->ob);
}

static void fire(struct timeout *to)
{
	struct nt_timer *m = container_of(to, struct nt_timer, timeout);
	u64 flags = spin_lock_irqsave(&m->ob.wq.lock);
	bool has_apc = m->thread != NULL;

	m->is_set = true;
	if (m->period) {
		m->due += m->period;
		timeout_arm(to, max(m->due, clock_ns()));
	}
	waitq_wake_locked(&m->ob.wq, 0, 0);
	spin_unlock_irqrestore(&m->ob.wq.lock, flags);
	if (has_apc)
		workpool_queue(workpool_system, &m->work);
}

ntstatus nt_create_timer(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			 u32 type)
{
	struct nt_timer *m;

	NT_CHECK(nt_put(0UL, out));
	if (type > TIMER_TYPE_AUTO)
		return STATUS_INVALID_PARAMETER;
	m = nt_object_alloc(&timer_type, sizeof(*m));
	if (!m)
		return STATUS_NO_MEMORY;
	kmutex_init(&m->lock, LOCKRANK_PERSONA);
	m->is_auto = type == TIMER_TYPE_AUTO;
	timeout_init(&m->timeout, fire, 0);
	workitem_init(&m->work, queue_apc);
	return nt_create_named(&m->ob, access, attr, out);
}

ntstatus nt_open_timer(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_named(&timer_type, access, attr, out);
}

/* Nobody fires any more; the reference of the old APC's thread comes back. Returns: is it signaled. */
static bool disarm(struct nt_timer *m)
{
	struct nt_thread *old;
	u64 flags;

	flags = spin_lock_irqsave(&m->ob.wq.lock);
	m->period = 0;
	old = m->thread;
	m->thread = NULL;
	spin_unlock_irqrestore(&m->ob.wq.lock, flags);
	timeout_cancel_sync(&m->timeout);
	if (old)
		nt_object_put(&old->ob);
	return READ_ONCE(m->is_set);
}

static nsec_t due_time(s64 t)
{
	if (t <= 0)
		return clock_ns() + (u64)-t * 100;
	if (t <= nt_time())
		return clock_ns();
	return clock_real_to_mono(nt_time_to_unix(t));
}

ntstatus nt_set_timer(u64 handle, const s64 __user *udue, u64 apc, u64 context, u8 resume, s32 period,
		      u8 __user *was)
{
	struct nt_timer *m;
	struct nt_object *o;
	bool old;
	u64 flags;
	s64 t;

	if (user_get(t, udue))
		return STATUS_ACCESS_VIOLATION;
	NT_CHECK(nt_handle_get(handle, &timer_type, TIMER_MODIFY, &o));
	if (period < 0 || t < -(S64_MAX / 100)) {
		nt_object_put(o);
		return STATUS_INVALID_PARAMETER;
	}
	m = container_of(o, struct nt_timer, ob);
	kmutex_lock(&m->lock);
	old = disarm(m);
	flags = spin_lock_irqsave(&o->wq.lock);
	m->is_set = false;
	m->period = (u64)period * NSEC_PER_MSEC;
	m->due = due_time(t);
	if (apc) {
		nt_object_get(&nt_self()->ob);
		m->thread = nt_self();
		m->apc = apc;
		m->apc_context = context;
	}
	timeout_arm(&m->timeout, m->due);
	spin_unlock_irqrestore(&o->wq.lock, flags);
	kmutex_unlock(&m->lock);
	nt_object_put(o);
	return was ? nt_put((u8)old, was) : STATUS_SUCCESS;
}

ntstatus nt_cancel_timer(u64 handle, u8 __user *was)
{
	struct nt_timer *m;
	struct nt_object *o;
	bool old;

	NT_CHECK(nt_handle_get(handle, &timer_type, TIMER_MODIFY, &o));
	m = container_of(o, struct nt_timer, ob);
	kmutex_lock(&m->lock);
	old = disarm(m);
	kmutex_unlock(&m->lock);
	nt_object_put(o);
	return was ? nt_put((u8)old, was) : STATUS_SUCCESS;
}

ntstatus nt_query_timer(u64 handle, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct { s64 left; u8 is_set, pad[7]; } i = { 0 };
	struct nt_object *o;
	struct nt_timer *m;

	if (class)
		return STATUS_INVALID_INFO_CLASS;
	NT_CHECK(nt_handle_get(handle, &timer_type, TIMER_QUERY, &o));
	m = container_of(o, struct nt_timer, ob);
	i.left = (s64)(timeout_left(&m->timeout) / 100);
	i.is_set = READ_ONCE(m->is_set);
	nt_object_put(o);
	return nt_reply(buf, room, used, &i, sizeof(i));
}
