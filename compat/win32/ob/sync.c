// SPDX-License-Identifier: GPL-2.0-only
/* Events, semaphores and mutants. Their state is protected by W. */
#include "../nt.h"

#include "../sync.h"

#define EVENT_QUERY	0x1u
#define EVENT_MODIFY	0x2u
#define SEMAPHORE_QUERY	0x1u
#define SEMAPHORE_MODIFY 0x2u
#define MUTANT_QUERY	0x1u
#define EVENT_TYPE_AUTO	1u

struct nt_semaphore { struct nt_object ob; u32 count, maximum; };

struct nt_mutant {
	struct nt_object ob;
	struct nt_thread *owner;	/* borrowed: it lets go of its mutants when it ends */
	u32 depth;
	bool is_abandoned;		/* until the next owner was told */
	bool tell_abandoned;		/* the owner is being told */
	struct list link;		/* in owner->mutants, its alert.lock */
};

/* ---- events ---- */

static bool event_signaled(struct object *o, struct thread *t)
{
	struct nt_thread *waiter = t->t_compat;

	return container_of(nt_object_of(o), struct nt_event, ob)->is_set || waiter->pulsed == nt_object_of(o);
}

static void event_taken(struct object *o, struct thread *t)
{
	struct nt_event *e = container_of(nt_object_of(o), struct nt_event, ob);

	struct nt_thread *waiter = t->t_compat;

	if (e->is_auto && waiter->pulsed != &e->ob)
		e->is_set = false;
	waiter->pulsed = NULL;
}

const struct nt_type nt_event_type = {
	.ops = NT_TYPE_OPS("nt event", event_signaled, event_taken),
	.name = "Event", .all_access = 0x1f0003, .read_access = 0x20001,
	.write_access = 0x20002, .exec_access = 0x120000, .can_wait = true,
};

struct nt_event *nt_event_create(bool is_auto, bool is_set)
{
	struct nt_event *e = nt_object_alloc(&nt_event_type, sizeof(*e));

	if (e) {
		e->is_auto = is_auto;
		e->is_set = is_set;
	}
	return e;
}

bool nt_event_set(struct nt_event *e)
{
	u64 flags = spin_lock_irqsave(&e->ob.wq.lock);
	bool was = e->is_set;

	e->is_set = true;
	waitq_wake_locked(&e->ob.wq, 0, 0);
	spin_unlock_irqrestore(&e->ob.wq.lock, flags);
	return was;
}

bool nt_event_reset(struct nt_event *e)
{
	u64 flags = spin_lock_irqsave(&e->ob.wq.lock);
	bool was = e->is_set;

	e->is_set = false;
	spin_unlock_irqrestore(&e->ob.wq.lock, flags);
	return was;
}

ntstatus nt_create_event(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			 u32 type, u8 is_set)
{
	struct nt_event *e;

	NT_CHECK(nt_put(0UL, out));
	if (type > EVENT_TYPE_AUTO)
		return STATUS_INVALID_PARAMETER;
	e = nt_event_create(type == EVENT_TYPE_AUTO, is_set);
	return e ? nt_create_named(&e->ob, access, attr, out) : STATUS_NO_MEMORY;
}

ntstatus nt_open_event(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_named(&nt_event_type, access, attr, out);
}

static ntstatus event_get(u64 handle, u32 access, struct nt_event **e)
{
	struct nt_object *o;

	NT_CHECK(nt_handle_get(handle, &nt_event_type, access, &o));
	*e = container_of(o, struct nt_event, ob);
	return STATUS_SUCCESS;
}

static ntstatus event_change(u64 handle, bool (*change)(struct nt_event *e), u32 __user *was)
{
	struct nt_event *e;
	u32 old;

	NT_CHECK(event_get(handle, EVENT_MODIFY, &e));
	old = change(e);
	nt_object_put(&e->ob);
	return was ? nt_put(old, was) : STATUS_SUCCESS;
}

ntstatus nt_set_event(u64 handle, u32 __user *was)
{
	return event_change(handle, nt_event_set, was);
}

ntstatus nt_reset_event(u64 handle, u32 __user *was)
{
	return event_change(handle, nt_event_reset, was);
}

ntstatus nt_clear_event(u64 handle)
{
	return event_change(handle, nt_event_reset, NULL);
}

/* Who waits now may pass: all, or the first; nobody who comes later. */
static bool event_pulse(struct nt_event *e)
{
	u64 flags = spin_lock_irqsave(&e->ob.wq.lock);
	bool was = e->is_set;
	struct waiter *w;

	list_foreach(w, &e->ob.wq.entries, link) {
		struct nt_thread *t = w->fn == waiter_wake_thread ? w->thread->t_compat : NULL;

		if (!t || t->pulsed)
			continue;
		t->pulsed = &e->ob;
		if (e->is_auto)
			break;
	}
	e->is_set = false;
	waitq_wake_locked(&e->ob.wq, 0, 0);
	spin_unlock_irqrestore(&e->ob.wq.lock, flags);
	return was;
}

ntstatus nt_pulse_event(u64 handle, u32 __user *was)
{
	return event_change(handle, event_pulse, was);
}

ntstatus nt_query_event(u64 handle, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct { u32 type, state; } info;
	struct nt_event *e;

	if (class)
		return STATUS_INVALID_INFO_CLASS;
	if (room != sizeof(info))
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(event_get(handle, EVENT_QUERY, &e));
	info.type = e->is_auto;
	info.state = READ_ONCE(e->is_set);
	nt_object_put(&e->ob);
	return nt_reply(buf, room, used, &info, sizeof(info));
}

/* ---- semaphores ---- */

static bool semaphore_signaled(struct object *o, struct thread *t)
{
	return container_of(nt_object_of(o), struct nt_semaphore, ob)->count > 0;
}

static void semaphore_taken(struct object *o, struct thread *t)
{
	container_of(nt_object_of(o), struct nt_semaphore, ob)->count--;
}

static const struct nt_type semaphore_type = {
	.ops = NT_TYPE_OPS("semaphore", semaphore_signaled, semaphore_taken),
	.name = "Semaphore", .all_access = 0x1f0003, .read_access = 0x20001,
	.write_access = 0x20002, .exec_access = 0x120000, .can_wait = true,
};

ntstatus nt_create_semaphore(u64 __user *out, u32 access,
			     const struct nt_object_attributes __user *attr, s32 count, s32 maximum)
{
	struct nt_semaphore *m;

	NT_CHECK(nt_put(0UL, out));
	if (maximum <= 0 || count < 0 || count > maximum)
		return STATUS_INVALID_PARAMETER;
	m = nt_object_alloc(&semaphore_type, sizeof(*m));
	if (!m)
		return STATUS_NO_MEMORY;
	m->count = (u32)count;
	m->maximum = (u32)maximum;
	return nt_create_named(&m->ob, access, attr, out);
}

ntstatus nt_open_semaphore(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_named(&semaphore_type, access, attr, out);
}

static ntstatus semaphore_post(struct nt_object *o, u32 n, u32 *was)
{
	struct nt_semaphore *m = container_of(o, struct nt_semaphore, ob);
	ntstatus s = STATUS_SUCCESS;
	u64 flags = spin_lock_irqsave(&o->wq.lock);

	*was = m->count;
	if (n > m->maximum - m->count) {
		s = STATUS_SEMAPHORE_LIMIT_EXCEEDED;
	} else {
		m->count += n;
		waitq_wake_locked(&o->wq, 0, 0);
	}
	spin_unlock_irqrestore(&o->wq.lock, flags);
	return s;
}

ntstatus nt_release_semaphore(u64 handle, u32 n, u32 __user *was)
{
	struct nt_object *o;
	ntstatus s;
	u32 old;

	NT_CHECK(nt_handle_get(handle, &semaphore_type, SEMAPHORE_MODIFY, &o));
	s = semaphore_post(o, n, &old);
	nt_object_put(o);
	return s || !was ? s : nt_put(old, was);
}

ntstatus nt_query_semaphore(u64 handle, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct { u32 count, maximum; } info;
	struct nt_semaphore *m;
	struct nt_object *o;

	if (class)
		return STATUS_INVALID_INFO_CLASS;
	if (room != sizeof(info))
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(nt_handle_get(handle, &semaphore_type, SEMAPHORE_QUERY, &o));
	m = container_of(o, struct nt_semaphore, ob);
	info.count = READ_ONCE(m->count);
	info.maximum = m->maximum;
	nt_object_put(o);
	return nt_reply(buf, room, used, &info, sizeof(info));
}

/* ---- mutants ---- */

static struct nt_mutant *mutant_of(struct nt_object *o)
{
	return container_of(o, struct nt_mutant, ob);
}

static bool mutant_signaled(struct object *o, struct thread *t)
{
	struct nt_mutant *m = mutant_of(nt_object_of(o));

	return !m->owner || m->owner == t->t_compat;
}

/* W held; the list of an owner is its own business and that of nobody else. */
static void mutant_own(struct nt_mutant *m, struct nt_thread *t)
{
	if (m->depth++)
		return;
	m->owner = t;
	m->tell_abandoned = m->is_abandoned;
	m->is_abandoned = false;
	nt_object_get(&m->ob);		/* until it is disowned */
	list_add_tail(&m->link, &t->mutants);
}

static void mutant_taken(struct object *o, struct thread *t)
{
	mutant_own(mutant_of(nt_object_of(o)), t->t_compat);
}

static void mutant_disown(struct nt_mutant *m)
{
	m->depth = 0;
	m->owner = NULL;
	list_del(&m->link);
	waitq_wake_locked(&m->ob.wq, 0, 0);
}

static const struct nt_type mutant_type = {
	.ops = NT_TYPE_OPS("mutant", mutant_signaled, mutant_taken),
	.name = "Mutant", .all_access = 0x1f0001, .read_access = 0x20001,
	.write_access = 0x20000, .exec_access = 0x120000, .can_wait = true,
};

bool nt_mutant_was_abandoned(struct nt_object *o)
{
	struct nt_mutant *m = mutant_of(o);
	bool was;

	if (!nt_object_is(o, &mutant_type))
		return false;
	was = m->tell_abandoned;	/* the owner's, that is ours */
	m->tell_abandoned = false;
	return was;
}

void nt_mutants_abandon(struct nt_thread *t)
{
	while (!list_is_empty(&t->mutants)) {
		struct nt_mutant *m = list_first_entry(&t->mutants, struct nt_mutant, link);
		u64 flags = spin_lock_irqsave(&m->ob.wq.lock);

		m->is_abandoned = true;
		mutant_disown(m);
		spin_unlock_irqrestore(&m->ob.wq.lock, flags);
		nt_object_put(&m->ob);
	}
}

ntstatus nt_create_mutant(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			  u8 is_owned)
{
	struct nt_mutant *m = nt_object_alloc(&mutant_type, sizeof(*m));
	ntstatus s;

	if (!m)
		return STATUS_NO_MEMORY;
	nt_object_get(&m->ob);
	s = nt_create_named(&m->ob, access, attr, out);
	if (!s && is_owned) {
		u64 flags = spin_lock_irqsave(&m->ob.wq.lock);

		mutant_own(m, nt_self());
		spin_unlock_irqrestore(&m->ob.wq.lock, flags);
	}
	nt_object_put(&m->ob);
	return s;
}

ntstatus nt_open_mutant(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_named(&mutant_type, access, attr, out);
}

static ntstatus mutant_release(struct nt_object *o, u32 *was)
{
	struct nt_mutant *m = mutant_of(o);
	ntstatus s = STATUS_SUCCESS;
	bool is_free = false;
	u64 flags = spin_lock_irqsave(&o->wq.lock);

	*was = 1 - m->depth;
	if (m->owner != nt_self())
		s = STATUS_MUTANT_NOT_OWNED;
	else if (m->depth > 1)
		m->depth--;
	else
		is_free = true;
	if (is_free)
		mutant_disown(m);
	spin_unlock_irqrestore(&o->wq.lock, flags);
	if (is_free)
		nt_object_put(o);
	return s;
}

ntstatus nt_release_mutant(u64 handle, u32 __user *was)
{
	struct nt_object *o;
	ntstatus s;
	u32 old;

	NT_CHECK(nt_handle_get(handle, &mutant_type, 0, &o));
	s = mutant_release(o, &old);
	nt_object_put(o);
	return s || !was ? s : nt_put(old, was);
}

ntstatus nt_query_mutant(u64 handle, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct { s32 count; u8 is_mine, is_abandoned; } info;
	struct nt_mutant *m;
	struct nt_object *o;

	if (class)
		return STATUS_INVALID_INFO_CLASS;
	if (room != sizeof(info))
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(nt_handle_get(handle, &mutant_type, MUTANT_QUERY, &o));
	m = mutant_of(o);
	memset(&info, 0, sizeof(info));
	info.count = 1 - (s32)READ_ONCE(m->depth);
	info.is_mine = READ_ONCE(m->owner) == nt_self();
	info.is_abandoned = READ_ONCE(m->is_abandoned);
	nt_object_put(o);
	return nt_reply(buf, room, used, &info, sizeof(info));
}

ntstatus nt_object_signal_any(struct nt_object *o)
{
	u32 was;

	if (nt_object_is(o, &nt_event_type))
		nt_event_set(container_of(o, struct nt_event, ob));
	else if (nt_object_is(o, &semaphore_type))
		return semaphore_post(o, 1, &was);
	else if (nt_object_is(o, &mutant_type))
		return mutant_release(o, &was);
	else
		return STATUS_OBJECT_TYPE_MISMATCH;
	return STATUS_SUCCESS;
}
