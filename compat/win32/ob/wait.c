// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for objects: one, any of several, all of several at once.
 *
 * The waiter queues itself at every object and at its own thread's `alert` queue,
 * then looks; whoever makes an object signaled wakes all its waiters, who look
 * again. Looking and taking (auto-reset, mutant, semaphore) happen under the object's
 * lock; a wait for all holds the locks of all objects while it looks, in the
 * order of addresses, so that it takes everything or nothing.
 *
 * What else ends a wait: time, an APC if the wait is alertable, an alert, and whatever
 * wants the thread at the border to user mode (signals, suspension, its end): then the
 * call is made again later with the deadline of the first try.
 *
 * Lock order: object queues (LOCKRANK_WAITQ) by address.
 */
#include "../nt.h"

#include <tern/kernel/clock.h>

#include "../sync.h"

void nt_signal(struct nt_object *o)
{
	waitq_wake_if_any(&o->wq);
}

ntstatus nt_deadline(const s64 __user *timeout, nsec_t *out)
{
	struct nt_thread *self = nt_self();
	s64 t, real;

	*out = WAIT_FOREVER;
	if (!timeout)
		return STATUS_SUCCESS;
	if (user_get(t, timeout))
		return STATUS_ACCESS_VIOLATION;
	if (self->has_deadline) {
		*out = self->deadline;
	} else if (t <= 0) {
		nsec_t now = clock_ns();

		if (t > -(S64_MAX / 100) && now + (u64)-t * 100 >= now)
			*out = t ? now + (u64)-t * 100 : 0;
	} else {
		real = nt_time_to_unix(t);
		*out = real <= clock_realtime_ns() ? 0 : clock_real_to_mono(real);
	}
	self->deadline = *out;
	self->has_deadline = true;
	return STATUS_SUCCESS;
}

/* True if @o let the thread pass; *abandoned as its mutant says. W taken here. */
static bool take_one(struct nt_object *o, struct thread *t)
{
	u64 flags = spin_lock_irqsave(&o->wq.lock);
	bool ok = o->obj.ops->is_signaled(&o->obj, t);

	if (ok)
		o->obj.ops->wait_satisfied(&o->obj, t);
	spin_unlock_irqrestore(&o->wq.lock, flags);
	return ok;
}

static ntstatus take_any(struct nt_object **objs, u32 n, struct thread *t)
{
	for (u32 i = 0; i < n; i++) {
		if (!take_one(objs[i], t))
			continue;
		return i + (nt_mutant_was_abandoned(objs[i]) ? STATUS_ABANDONED : 0);
	}
	return STATUS_PENDING;
}

/* @sorted: by address. */
static ntstatus take_all(struct nt_object **sorted, u32 n, struct thread *t)
{
	u64 flags = irq_save();
	bool ok = true, abandoned = false;

	for (u32 i = 0; i < n; i++) {
		spin_lock_nested(&sorted[i]->wq.lock);
		ok = ok && sorted[i]->obj.ops->is_signaled(&sorted[i]->obj, t);
	}
	for (u32 i = 0; ok && i < n; i++)
		sorted[i]->obj.ops->wait_satisfied(&sorted[i]->obj, t);
	for (u32 i = n; i-- > 0;)
		spin_unlock(&sorted[i]->wq.lock);
	irq_restore(flags);
	for (u32 i = 0; ok && i < n; i++)
		abandoned |= nt_mutant_was_abandoned(sorted[i]);
	if (!ok)
		return STATUS_PENDING;
	return abandoned ? STATUS_ABANDONED : STATUS_SUCCESS;
}

static void sort_by_address(struct nt_object **objs, u32 n)
{
	for (u32 i = 1; i < n; i++) {
		struct nt_object *o = objs[i];
		u32 k = i;

		for (; k > 0 && objs[k - 1] > o; k--)
			objs[k] = objs[k - 1];
		objs[k] = o;
	}
}

ntstatus nt_alert_check(struct nt_thread *self, bool alertable)
{
	ntstatus s = STATUS_PENDING;
	u64 flags;

	if (!alertable)
		return s;
	flags = spin_lock_irqsave(&self->alert.lock);
	if (self->is_alerted) {
		self->is_alerted = false;
		s = STATUS_ALERTED;
	} else if (!list_is_empty(&self->apcs)) {
		self->apc_due = true;
		s = STATUS_USER_APC;
	}
	spin_unlock_irqrestore(&self->alert.lock, flags);
	return s;
}

/* Some look at what lies behind them first: a terminal's input. */
static void prepare_all(struct nt_object **objs, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (nt_type_of(objs[i])->prepare)
			nt_type_of(objs[i])->prepare(objs[i]);
}

struct wait {
	struct nt_object **objs;
	u32 n;
	bool all, alertable;
	struct waiter waiters[NT_WAIT_MAX];
	struct waiter own;
};

static ntstatus look(struct wait *w, struct nt_thread *self)
{
	ntstatus s = w->all ? take_all(w->objs, w->n, thread_self()) :
			      take_any(w->objs, w->n, thread_self());

	return s == STATUS_PENDING ? nt_alert_check(self, w->alertable) : s;
}

static void queue_all(struct wait *w, struct nt_thread *self)
{
	waitq_prepare(&self->alert, &w->own, THREAD_SLEEPING, false);
	for (u32 i = 0; i < w->n; i++)
		waitq_prepare(&w->objs[i]->wq, &w->waiters[i], THREAD_SLEEPING, false);
}

static void leave_all(struct wait *w, struct nt_thread *self)
{
	for (u32 i = 0; i < w->n; i++)
		waitq_finish(&w->objs[i]->wq, &w->waiters[i]);
	waitq_finish(&self->alert, &w->own);
	self->pulsed = NULL;		/* nobody finds us queued any more */
}

static ntstatus wait_loop(struct wait *w, nsec_t deadline)
{
	struct nt_thread *self = nt_self();
	ntstatus s;
	int err = 0;

	for (;;) {
		prepare_all(w->objs, w->n);
		queue_all(w, self);
		s = look(w, self);
		if (s != STATUS_PENDING)
			break;
		s = STATUS_TIMEOUT;
		if (err)
			break;
		s = STATUS_RESTART_CALL_;
		if (signal_is_pending())
			break;
		err = sched_block_until(deadline);
	}
	leave_all(w, self);
	return s;
}

ntstatus nt_wait(struct nt_object **objs, u32 n, bool all, bool alertable, nsec_t deadline)
{
	struct wait *w;
	ntstatus s;

	if (all && n > 1) {
		sort_by_address(objs, n);
		for (u32 i = 1; i < n; i++)
			if (objs[i] == objs[i - 1])
				return STATUS_INVALID_PARAMETER_MIX;
	}
	prepare_all(objs, n);
	/* Most waits do not sleep. */
	s = n ? (all ? take_all(objs, n, thread_self()) : take_any(objs, n, thread_self())) :
		STATUS_PENDING;
	if (s == STATUS_PENDING)
		s = nt_alert_check(nt_self(), alertable);
	if (s != STATUS_PENDING)
		return s;
	if (!deadline)
		return STATUS_TIMEOUT;
	w = kmem_zalloc(sizeof(*w), ALLOC_KERNEL);
	if (!w)
		return STATUS_NO_MEMORY;
	w->objs = objs;
	w->n = n;
	w->all = all;
	w->alertable = alertable;
	s = wait_loop(w, deadline);
	kmem_free(w);
	return s;
}

/* ---- calls ---- */

static void put_all(struct nt_object **objs, u32 n)
{
	while (n-- > 0)
		nt_object_put(objs[n]);
}

static ntstatus get_waitable(u64 handle, struct nt_object **out)
{
	NT_CHECK(nt_handle_get(handle, NULL, NT_SYNCHRONIZE, out));
	if (nt_type_of(*out)->can_wait)
		return STATUS_SUCCESS;
	nt_object_put(*out);
	return STATUS_OBJECT_TYPE_MISMATCH;
}

ntstatus nt_wait_for_single_object(u64 handle, u8 alertable, const s64 __user *timeout)
{
	struct nt_object *o;
	nsec_t deadline;
	ntstatus s;

	NT_CHECK(nt_deadline(timeout, &deadline));
	NT_CHECK(get_waitable(handle, &o));
	s = nt_wait(&o, 1, false, alertable, deadline);
	nt_object_put(o);
	return s;
}

ntstatus nt_wait_for_multiple_objects(u32 n, const u64 __user *handles, u32 is_any, u8 alertable,
				      const s64 __user *timeout)
{
	struct nt_object *objs[NT_WAIT_MAX];
	nsec_t deadline;
	ntstatus s = STATUS_SUCCESS;
	u64 handle;
	u32 i;

	if (!n || n > NT_WAIT_MAX)
		return STATUS_INVALID_PARAMETER_1;
	NT_CHECK(nt_deadline(timeout, &deadline));
	for (i = 0; i < n && !s; i++) {
		s = user_get(handle, handles + i) ? STATUS_ACCESS_VIOLATION :
						    get_waitable(handle, &objs[i]);
		if (s)
			break;
	}
	if (!s)
		s = nt_wait(objs, n, !is_any, alertable, deadline);
	put_all(objs, i);
	return s;
}

ntstatus nt_signal_and_wait_for_single_object(u64 signal, u64 wait, u8 alertable,
					      const s64 __user *timeout)
{
	struct nt_object *o, *w;
	nsec_t deadline;
	ntstatus s;

	NT_CHECK(nt_deadline(timeout, &deadline));
	NT_CHECK(nt_handle_get(signal, NULL, 0, &o));
	s = get_waitable(wait, &w);
	if (!s) {
		s = nt_object_signal_any(o);
		if (!s)
			s = nt_wait(&w, 1, false, alertable, deadline);
		nt_object_put(w);
	}
	nt_object_put(o);
	/* Signaling twice would be wrong: what interrupts this wait ends it. */
	return s == STATUS_RESTART_CALL_ ? STATUS_ALERTED : s;
}

ntstatus nt_delay_execution(u8 alertable, const s64 __user *timeout)
{
	nsec_t deadline;
	ntstatus s;

	NT_CHECK(nt_deadline(timeout, &deadline));
	if (!deadline) {
		s = nt_alert_check(nt_self(), alertable);
		if (s != STATUS_PENDING)
			return s;
		sched_yield_cpu();
		return STATUS_SUCCESS;
	}
	s = nt_wait(NULL, 0, false, alertable, deadline);
	return s == STATUS_TIMEOUT ? STATUS_SUCCESS : s;
}

ntstatus nt_yield_execution(void)
{
	sched_yield_cpu();
	return STATUS_SUCCESS;
}
