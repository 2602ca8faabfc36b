// SPDX-License-Identifier: GPL-2.0-only
/* What is told of threads, and set. */
#include "../ps.h"

enum {
	TH_BASIC = 0, TH_TIMES = 1, TH_PRIORITY = 2, TH_BASE_PRIORITY = 3, TH_AFFINITY = 4,
	TH_TOKEN = 5, TH_ZERO_TLS = 10, TH_LAST = 12, TH_HIDE = 17, TH_SUSPENDS = 35, TH_NAME = 38,
};
#define TLS_SLOTS	64u
#define TLS_EXPANSION	1024u
#define PRIORITY_IDLE	(-15)
#define PRIORITY_CRITICAL 15
#define PRIORITY_STEPS	2

static u64 thread_affinity(const struct nt_thread *t)
{
	u64 mask = READ_ONCE(t->affinity);

	return mask ? mask : nt_affinity();
}

static ntstatus thread_name(struct nt_thread *t, u8 __user *buf, u32 room, u32 __user *used)
{
	u16 *text = NULL;
	ntstatus s;
	u32 len;

	kmutex_lock(&t->proc->lock);
	len = t->name.len;
	if (len)
		text = kmem_dup(t->name.text, len * 2UL, ALLOC_KERNEL);
	kmutex_unlock(&t->proc->lock);
	if (len && !text)
		return STATUS_NO_MEMORY;
	s = nt_reply_name(buf, room, used, text, len);
	kmem_free(text);
	/* ntdll's callers ask for the size first. */
	return s == STATUS_INFO_LENGTH_MISMATCH || s == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : s;
}

static ntstatus query_thread(struct nt_thread *t, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct { u32 status, pad; u64 teb, pid, tid, affinity; s32 priority, base; } basic = { 0 };
	struct { s64 create, exit, kernel, user; } times = { 0 };
	u64 utime, stime;
	u32 word;

	switch (class) {
	case TH_BASIC:
		basic.status = READ_ONCE(t->is_ended) ? t->exit_status : STATUS_PENDING;
		basic.teb = t->teb;
		basic.pid = nt_id(t->proc->pid);
		basic.tid = nt_id(t->tid);
		basic.affinity = thread_affinity(t);
		basic.priority = basic.base = READ_ONCE(t->priority);
		return nt_reply(buf, room, used, &basic, sizeof(basic));
	case TH_TIMES:
		thread_cpu_time(t->thread, &utime, &stime);
		times.create = t->create_time;
		times.exit = READ_ONCE(t->exit_time);
		times.kernel = stime / 100;
		times.user = utime / 100;
		return nt_reply(buf, room, used, &times, sizeof(times));
	case TH_AFFINITY:
		utime = thread_affinity(t);
		return nt_reply(buf, room, used, &utime, 8);
	case TH_LAST:
		word = READ_ONCE(t->proc->nlive) == 1;
		return nt_reply(buf, room, used, &word, 4);
	case TH_SUSPENDS:
		word = READ_ONCE(t->suspends);
		return nt_reply(buf, room, used, &word, 4);
	case TH_NAME:
		return thread_name(t, buf, room, used);
	case TH_HIDE:
		return nt_reply(buf, room, used, "\0", 1);
	}
	return STATUS_INVALID_INFO_CLASS;
}

ntstatus nt_query_information_thread(u64 handle, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct nt_object *o;
	ntstatus s;

	NT_CHECK(nt_handle_get(handle, &nt_thread_type, 0, &o));
	s = query_thread(container_of(o, struct nt_thread, ob), class, buf, room, used);
	nt_object_put(o);
	return s;
}

/* TlsFree: the slot is zero in every thread. Threads that are going have no TEB any more. */
static ntstatus zero_tls(u32 slot)
{
	struct nt_process *p = nt_process_self();
	struct nt_thread *t;
	u64 expansion;

	if (slot >= TLS_SLOTS + TLS_EXPANSION)
		return STATUS_INVALID_PARAMETER;
	kmutex_lock(&p->lock);
	list_foreach(t, &p->threads, link) {
		uptr at = t->teb + TEB_TLS_SLOTS + slot * 8UL;

		if (READ_ONCE(t->must_end))
			continue;
		if (slot >= TLS_SLOTS) {
			if (user_get(expansion, (u64 __user *)(t->teb + TEB_TLS_EXPANSION)) || !expansion)
				continue;
			at = expansion + (slot - TLS_SLOTS) * 8UL;
		}
		(void)!user_put(0UL, (u64 __user *)at);
	}
	kmutex_unlock(&p->lock);
	return STATUS_SUCCESS;
}

static ntstatus name_thread(struct nt_thread *t, const struct nt_unicode_string __user *u)
{
	struct nt_string s, old;
	char *name;

	NT_CHECK(nt_string_get(u, &s));
	name = nt_utf8(s.text, s.len);
	if (!name) {
		kmem_free(s.text);
		return STATUS_NO_MEMORY;
	}
	thread_set_comm(t->thread, name);
	kmem_free(name);
	kmutex_lock(&t->proc->lock);
	old = t->name;
	t->name = s;
	kmutex_unlock(&t->proc->lock);
	kmem_free(old.text);
	return STATUS_SUCCESS;
}

/* Steps from the process's class; the ends are idle and time critical. */
static ntstatus set_priority(struct nt_thread *t, const s32 __user *buf, u32 len)
{
	s32 wanted;

	if (len != sizeof(wanted))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(&wanted, buf, sizeof(wanted)));
	if (wanted != PRIORITY_IDLE && wanted != PRIORITY_CRITICAL &&
	    (wanted < -PRIORITY_STEPS || wanted > PRIORITY_STEPS))
		return STATUS_INVALID_PARAMETER;
	WRITE_ONCE(t->priority, wanted);
	return STATUS_SUCCESS;
}

static ntstatus set_affinity(struct nt_thread *t, const u64 __user *buf, u32 len)
{
	u64 mask[CPUSET_WORDS] = { 0 };

	if (len != sizeof(mask[0]))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(mask, buf, sizeof(mask[0])));
	if (!mask[0] || (mask[0] & ~nt_affinity()))
		return STATUS_INVALID_PARAMETER;
	if (READ_ONCE(t->is_ended))
		return STATUS_THREAD_IS_TERMINATING;
	NT_CHECK(nt_status_of(sched_set_affinity(t->thread, mask)));
	WRITE_ONCE(t->affinity, mask[0]);
	return STATUS_SUCCESS;
}

ntstatus nt_set_information_thread(u64 handle, u32 class, const void __user *buf, u32 len)
{
	struct nt_object *o;
	ntstatus s = STATUS_SUCCESS;
	u64 token;
	u32 slot;

	NT_CHECK(nt_handle_get(handle, &nt_thread_type, class == TH_TOKEN ? 0x80 : 0x20, &o));
	switch (class) {
	case TH_ZERO_TLS:
		s = nt_copyin(&slot, buf, sizeof(slot));
		if (!s)
			s = zero_tls(slot);
		break;
	case TH_TOKEN:
		s = len != sizeof(token) ? STATUS_INVALID_PARAMETER : nt_copyin(&token, buf, sizeof(token));
		if (!s)
			s = nt_token_impersonate(container_of(o, struct nt_thread, ob), token);
		break;
	case TH_NAME:
		s = len < sizeof(struct nt_unicode_string) ? STATUS_INFO_LENGTH_MISMATCH :
		    name_thread(container_of(o, struct nt_thread, ob), buf);
		break;
	case TH_BASE_PRIORITY:
		s = set_priority(container_of(o, struct nt_thread, ob), buf, len);
		break;
	case TH_AFFINITY:
		s = set_affinity(container_of(o, struct nt_thread, ob), buf, len);
		break;
	case TH_PRIORITY:
		break;		/* a hint: the scheduler shares by itself */
	case TH_HIDE:
		break;		/* there is no debugger to hide from */
	default:
		s = STATUS_INVALID_INFO_CLASS;
		break;
	}
	nt_object_put(o);
	return s;
}
