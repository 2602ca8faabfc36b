// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keyed events: one who waits and one who releases meet at a key; each sleeps until the
 * other has come. The queue of an event holds those who came first, of both kinds.
 *
 * Locks: W of the event around the queue.
 */
#include "../nt.h"

#include <tern/base/waitq.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/signal.h>

#define KEYED_WAIT	0x1u
#define KEYED_WAKE	0x2u

struct keyed_event {
	struct nt_object ob;
	struct list queue;		/* W of struct meeting */
};

struct meeting {
	struct list link;
	const struct nt_process *proc;
	u64 key;
	bool is_release;
	bool has_met;			/* W */
};

static const struct nt_type keyed_type = {
	.ops = NT_TYPE_OPS("keyed event", nt_never_signaled, object_ignore_wait),
	.name = "KeyedEvent", .all_access = 0xf0003, .read_access = 0x20001, .write_access = 0x20002,
	.exec_access = 0x20000,
};

ntstatus nt_create_keyed_event(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			       u32 flags)
{
	struct keyed_event *e = nt_object_alloc(&keyed_type, sizeof(*e));

	if (!e)
		return STATUS_NO_MEMORY;
	list_init(&e->queue);
	return nt_create_named(&e->ob, access, attr, out);
}

ntstatus nt_open_keyed_event(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_named(&keyed_type, access, attr, out);
}

/* Meet who is there already, or queue up. True: met. */
static bool meet(struct keyed_event *e, struct meeting *mine)
{
	u64 flags = spin_lock_irqsave(&e->ob.wq.lock);
	struct meeting *m;
	bool found = false;

	list_foreach(m, &e->queue, link) {
		if (m->proc != mine->proc || m->key != mine->key || m->is_release == mine->is_release)
			continue;
		m->has_met = found = true;
		list_del(&m->link);
		waitq_wake_locked(&e->ob.wq, 0, 0);
		break;
	}
	if (!found)
		list_add_tail(&mine->link, &e->queue);
	spin_unlock_irqrestore(&e->ob.wq.lock, flags);
	return found;
}

/* Give up, unless the other has come meanwhile. */
static bool leave(struct keyed_event *e, struct meeting *mine)
{
	u64 flags = spin_lock_irqsave(&e->ob.wq.lock);
	bool has_met = mine->has_met;

	if (!has_met)
		list_del(&mine->link);
	spin_unlock_irqrestore(&e->ob.wq.lock, flags);
	return has_met;
}

static ntstatus keyed(u64 handle, u64 key, const s64 __user *timeout, bool is_release)
{
	struct meeting mine = { .proc = nt_process_self(), .key = key, .is_release = is_release };
	struct keyed_event *e;
	struct nt_object *o;
	nsec_t deadline;
	int err;

	if (key & 1)
		return STATUS_INVALID_PARAMETER_1;
	NT_CHECK(nt_deadline(timeout, &deadline));
	NT_CHECK(nt_handle_get(handle, &keyed_type, is_release ? KEYED_WAKE : KEYED_WAIT, &o));
	e = container_of(o, struct keyed_event, ob);
	err = meet(e, &mine) ? 0 : waitq_wait_intr_until(&o->wq, READ_ONCE(mine.has_met), deadline);
	if (err && leave(e, &mine))
		err = 0;
	nt_object_put(o);
	return err == -ETIMEDOUT ? STATUS_TIMEOUT : nt_status_of(err);
}

ntstatus nt_wait_for_keyed_event(u64 handle, u64 key, u8 alertable, const s64 __user *timeout)
{
	return keyed(handle, key, timeout, false);
}

ntstatus nt_release_keyed_event(u64 handle, u64 key, u8 alertable, const s64 __user *timeout)
{
	return keyed(handle, key, timeout, true);
}
