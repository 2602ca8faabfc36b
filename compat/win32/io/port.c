// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports: a queue of packets that threads take from. A packet is a key, a
 * value and a result, posted by programs or by operations that complete.
 *
 * Locks: the queue is protected by W.
 */
#include "../file.h"

#include <tern/kernel/clock.h>

#include "../sync.h"

#define PORT_MODIFY	0x2u

struct packet { struct list link; u64 key, value; ntstatus status; u64 information; };
struct nt_port { struct nt_object ob; struct list packets; u32 count; };

static bool port_signaled(struct object *o, struct thread *t)
{
	return !list_is_empty(&container_of(nt_object_of(o), struct nt_port, ob)->packets);
}

static void port_cleanup(struct nt_object *o)
{
	struct nt_port *p = container_of(o, struct nt_port, ob);

	while (!list_is_empty(&p->packets)) {
		struct packet *k = list_first_entry(&p->packets, struct packet, link);

		list_del(&k->link);
		kmem_free(k);
	}
}

const struct nt_type nt_port_type = {
	.ops = NT_TYPE_OPS("completion port", port_signaled, object_ignore_wait),
	.name = "IoCompletion", .all_access = 0x1f0003, .read_access = 0x20001, .write_access = 0x20002,
	.exec_access = 0x120000, .can_wait = true, .cleanup = port_cleanup,
};

struct nt_port *nt_port_of(struct nt_object *o)
{
	return container_of(o, struct nt_port, ob);
}

struct nt_object *nt_port_object(struct nt_port *port)
{
	return &port->ob;
}

ntstatus nt_port_post(struct nt_port *port, u64 key, u64 value, ntstatus s, u64 information)
{
	struct packet *k = kmem_alloc(sizeof(*k), ALLOC_KERNEL);
	u64 flags;

	if (!k)
		return STATUS_NO_MEMORY;
	*k = (struct packet){ .key = key, .value = value, .status = s, .information = information };
	flags = spin_lock_irqsave(&port->ob.wq.lock);
	list_add_tail(&k->link, &port->packets);
	port->count++;
	waitq_wake_locked(&port->ob.wq, 1, 0);
	spin_unlock_irqrestore(&port->ob.wq.lock, flags);
	return STATUS_SUCCESS;
}

static struct packet *take(struct nt_port *port)
{
	struct packet *k = NULL;
	u64 flags = spin_lock_irqsave(&port->ob.wq.lock);

	if (!list_is_empty(&port->packets)) {
		k = list_first_entry(&port->packets, struct packet, link);
		list_del(&k->link);
		port->count--;
	}
	spin_unlock_irqrestore(&port->ob.wq.lock, flags);
	return k;
}

ntstatus nt_create_io_completion(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
				 u32 threads)
{
	struct nt_port *p = nt_object_alloc(&nt_port_type, sizeof(*p));

	if (!p)
		return STATUS_NO_MEMORY;
	list_init(&p->packets);
	return nt_create_named(&p->ob, access, attr, out);
}

ntstatus nt_open_io_completion(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_named(&nt_port_type, access, attr, out);
}

ntstatus nt_set_io_completion(u64 handle, u64 key, u64 value, u32 status, u64 information)
{
	struct nt_object *o;
	ntstatus s;

	NT_CHECK(nt_handle_get(handle, &nt_port_type, PORT_MODIFY, &o));
	s = nt_port_post(nt_port_of(o), key, value, status, information);
	nt_object_put(o);
	return s;
}

ntstatus nt_query_io_completion(u64 handle, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct nt_object *o;
	u32 depth;

	if (class)
		return STATUS_INVALID_INFO_CLASS;
	NT_CHECK(nt_handle_get(handle, &nt_port_type, 1, &o));
	depth = READ_ONCE(nt_port_of(o)->count);
	nt_object_put(o);
	return nt_reply(buf, room, used, &depth, sizeof(depth));
}

/* One packet, waiting for it until the deadline. */
static ntstatus take_wait(struct nt_object *o, bool alertable, nsec_t deadline, struct packet **out)
{
	ntstatus s;

	for (;;) {
		*out = take(nt_port_of(o));
		if (*out)
			return STATUS_SUCCESS;
		s = nt_wait(&o, 1, false, alertable, deadline);
		if (s != STATUS_SUCCESS)
			return s;
	}
}

ntstatus nt_remove_io_completion(u64 handle, u64 __user *key, u64 __user *value,
				 struct nt_io_status __user *iosb, const s64 __user *timeout)
{
	struct nt_io_status r = { 0 };
	struct packet *k = NULL;
	struct nt_object *o;
	nsec_t deadline;
	ntstatus s;

	NT_CHECK(nt_deadline(timeout, &deadline));
	NT_CHECK(nt_handle_get(handle, &nt_port_type, PORT_MODIFY, &o));
	s = take_wait(o, false, deadline, &k);
	nt_object_put(o);
	if (!k)
		return s;
	r.status = k->status;
	r.information = k->information;
	if (user_put(k->key, key) || user_put(k->value, value) || user_copyout(iosb, &r, sizeof(r)))
		s = STATUS_ACCESS_VIOLATION;
	kmem_free(k);
	return s;
}

static ntstatus put_packet(u8 __user *at, const struct packet *k)
{
	const u64 r[4] = { k->key, k->value, k->status, k->information };

	return nt_copyout(at, r, sizeof(r));
}

ntstatus nt_remove_io_completion_ex(u64 handle, u8 __user *out, u32 room, u32 __user *used,
				    const s64 __user *timeout, u8 alertable)
{
	struct packet *k = NULL;
	struct nt_object *o;
	nsec_t deadline;
	ntstatus s;
	u32 n = 0;

	if (!room)
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_deadline(timeout, &deadline));
	NT_CHECK(nt_handle_get(handle, &nt_port_type, PORT_MODIFY, &o));
	s = take_wait(o, alertable, deadline, &k);
	while (k) {
		s = put_packet(out + n * 32UL, k);
		kmem_free(k);
		if (s || ++n == room)
			break;
		k = take(nt_port_of(o));
	}
	nt_object_put(o);
	if (s == STATUS_RESTART_CALL_)
		return s;
	if (user_put(max(n, 1u), used))
		return STATUS_ACCESS_VIOLATION;
	return s;
}
