// SPDX-License-Identifier: GPL-2.0-only
/* What is told of processes, threads and handles, and the little that can be set. */
#include "../nt.h"

#include <asm/smp.h>
#include <tern/kernel/clock.h>
#include <tern/mm/aspace.h>

#include "../file.h"
#include "../image.h"
#include "../name.h"
#include "../ps.h"

enum {
	PS_BASIC = 0, PS_IO = 2, PS_VM = 3, PS_TIMES = 4, PS_DEBUG_PORT = 7, PS_ERROR_MODE = 12,
	PS_PRIORITY_CLASS = 18, PS_HANDLE_COUNT = 20, PS_AFFINITY = 21, PS_PRIORITY_BOOST = 22,
	PS_DEVICE_MAP = 23, PS_SESSION = 24, PS_WOW64 = 26,
	PS_IMAGE_NAME = 27, PS_DEBUG_OBJECT = 30, PS_DEBUG_FLAGS = 31, PS_EXECUTE_FLAGS = 34,
	PS_COOKIE = 36, PS_IMAGE_INFO = 37, PS_STACK_ALLOCATION = 41, PS_IMAGE_NAME_WIN32 = 43,
};
#define PROCESS_QUERY	0x400u
#define PROCESS_QUERY_LIMITED 0x1000u
#define PRIORITY_CLASS_MAX 6u
#define OBJECT_NAME	1u
#define OBJECT_TYPE	2u
#define OBJECT_HANDLE	4u

u64 nt_affinity(void)
{
	return cpu_count_online >= 64 ? ~0UL : BIT(cpu_count_online) - 1;
}

static s64 rights_of(u64 handle)
{
	s64 value = nt_handle_from_user(handle);

	if ((s32)handle == -1 || (s32)handle == -2)
		return 0x1fffff;
	return value < 0 ? value : handle_rights(nt_process_self()->handles, (u64)value);
}

/* ---- processes ---- */

static ntstatus process_basic(struct nt_process *p, void __user *buf, u32 room, u32 __user *used)
{
	struct { u32 status, pad; u64 peb, affinity; s32 priority; u32 pad2; u64 pid, parent; } i = { 0 };

	i.status = READ_ONCE(p->is_ended) ? p->exit_status : STATUS_PENDING;
	i.peb = p->peb;
	i.affinity = nt_affinity();
	i.priority = p->priority_class;	/* Debian's kernel32 takes it from here */
	i.pid = nt_id(p->pid);
	i.parent = nt_id(p->parent_pid);
	return nt_reply(buf, room, used, &i, sizeof(i));
}

static ntstatus process_vm(struct nt_process *p, void __user *buf, u32 room, u32 __user *used)
{
	struct { u64 peak_virtual, virtual; u32 faults, pad; u64 peak_set, set, quota[4], pagefile,
		 peak_pagefile; } i = { 0 };
	struct aspace *as = process_aspace(p->proc);

	if (as) {
		i.set = aspace_rss(as) << PAGE_SHIFT;
		i.peak_set = max(as->hiwater_rss << PAGE_SHIFT, i.set);
		i.virtual = i.peak_virtual = as->total_vm << PAGE_SHIFT;
		i.pagefile = i.peak_pagefile = (u64)atomic_read(&as->rss[RSS_ANON]) << PAGE_SHIFT;
		aspace_put(as);
	}
	i.faults = (u32)(p->proc->p_minflt + p->proc->p_majflt);
	return nt_reply(buf, room, used, &i, sizeof(i));
}

static ntstatus process_times(struct nt_process *p, void __user *buf, u32 room, u32 __user *used)
{
	struct { s64 create, exit, kernel, user; } i = { p->create_time, p->exit_time, 0, 0 };
	struct tms_sum t;

	process_cpu_time(p->proc, &t);
	i.kernel = t.stime / 100;
	i.user = t.utime / 100;
	return nt_reply(buf, room, used, &i, sizeof(i));
}

static ntstatus image_name(struct nt_process *p, u8 __user *buf, u32 room, u32 __user *used, u32 skip)
{
	u32 bytes = (p->image_name_len - skip) * 2, need = sizeof(struct nt_unicode_string) + bytes + 2;
	struct nt_unicode_string u = { (u16)bytes, (u16)(bytes + 2), 0, (u64)buf + sizeof(u) };

	if (used && user_put(need, used))
		return STATUS_ACCESS_VIOLATION;
	if (room < need)
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(nt_copyout(buf, &u, sizeof(u)));
	return nt_copyout(buf + sizeof(u), p->image_name + skip, bytes + 2);
}

static ntstatus query_process(struct nt_process *p, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	/* C: and Z:, both fixed. */
	struct { u32 map; u8 types[32]; } drives = { BIT(2) | BIT(25), { [2] = 3, [25] = 3 } };
	u64 zero[6] = { 0 }, mask = nt_affinity();
	u8 pair[2] = { 0 };		/* in the foreground, class */
	struct nt_section_image_info info;
	u32 word;

	/* A Linux program has no image and no handles of this kind. */
	if (!p->image && class != PS_BASIC && class != PS_TIMES && class != PS_VM)
		return STATUS_ACCESS_DENIED;
	switch (class) {
	case PS_BASIC:
		return process_basic(p, buf, room, used);
	case PS_IO:
		zero[0] = p->proc->p_syscr;
		zero[1] = p->proc->p_syscw;
		zero[3] = p->proc->p_rchar;
		zero[4] = p->proc->p_wchar;
		return nt_reply(buf, room, used, zero, 48);
	case PS_VM:
		return process_vm(p, buf, min(room, 96u), used);
	case PS_TIMES:
		return process_times(p, buf, room, used);
	case PS_DEBUG_PORT:
	case PS_WOW64:
		return nt_reply(buf, room, used, zero, 8);
	case PS_DEBUG_OBJECT:
		return 0xc0000353u;	/* STATUS_PORT_NOT_SET */
	case PS_ERROR_MODE:
		word = p->error_mode;
		return nt_reply(buf, room, used, &word, 4);
	case PS_PRIORITY_CLASS:
		pair[1] = p->priority_class;
		return nt_reply(buf, room, used, pair, sizeof(pair));
	case PS_HANDLE_COUNT:
		word = handle_count(p->handles);
		return nt_reply(buf, room, used, &word, 4);
	case PS_AFFINITY:
		return nt_reply(buf, room, used, &mask, 8);
	case PS_PRIORITY_BOOST:
	case PS_EXECUTE_FLAGS:
		return nt_reply(buf, room, used, zero, 4);
	case PS_DEVICE_MAP:
		return nt_reply(buf, room, used, &drives, sizeof(drives));
	case PS_SESSION:
	case PS_DEBUG_FLAGS:
		word = 1;
		return nt_reply(buf, room, used, &word, 4);
	case PS_IMAGE_INFO:
		nt_image_info(p->image, p->image->info.base, &info);
		return nt_reply(buf, room, used, &info, sizeof(info));
	case PS_IMAGE_NAME:
		return image_name(p, buf, room, used, 0);
	case PS_IMAGE_NAME_WIN32:
		return image_name(p, buf, room, used, 4);
	case PS_COOKIE:
		word = (u32)p->create_time;
		return nt_reply(buf, room, used, &word, 4);
	}
	return STATUS_INVALID_INFO_CLASS;
}

ntstatus nt_query_information_process(u64 handle, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct nt_object *o;
	ntstatus s;

	NT_CHECK(nt_handle_get(handle, &nt_process_type, 0, &o));
	if (!(rights_of(handle) & (PROCESS_QUERY | PROCESS_QUERY_LIMITED))) {
		nt_object_put(o);
		return STATUS_ACCESS_DENIED;
	}
	s = query_process(container_of(o, struct nt_process, ob), class, buf, room, used);
	nt_object_put(o);
	return s;
}

/* {reserve, zero bits, base out}: address space for a fiber's stack. */
static ntstatus stack_allocation(struct nt_process *p, void __user *buf, u32 len)
{
	struct { u64 reserve, zero_bits, base; } i;
	struct nt_alloc *a = NULL;

	if (len != sizeof(i))
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(nt_copyin(&i, buf, sizeof(i)));
	i.reserve = ALIGN_UP(i.reserve, NT_VM_GRANULE);
	if (!i.reserve || i.reserve > NT_VM_END)
		return STATUS_INVALID_PARAMETER;
	kmutex_lock(&p->vm->lock);
	i.base = nt_vm_find_free(p->vm, i.reserve, NT_VM_GRANULE, 0, NT_VM_END, false);
	if (i.base)
		a = nt_vm_add(p->vm, i.base, i.base + i.reserve, MEM_PRIVATE, PAGE_READWRITE);
	kmutex_unlock(&p->vm->lock);
	return a ? nt_copyout(buf, &i, sizeof(i)) : STATUS_NO_MEMORY;
}

static ntstatus set_priority_class(struct nt_process *p, const u8 __user *buf, u32 len)
{
	u8 pair[2];

	if (len != sizeof(pair))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(pair, buf, sizeof(pair)));
	if (pair[1] > PRIORITY_CLASS_MAX)
		return STATUS_INVALID_PARAMETER;
	p->priority_class = pair[1];
	return STATUS_SUCCESS;
}

ntstatus nt_set_information_process(u64 handle, u32 class, void __user *buf, u32 len)
{
	struct nt_process *p;
	struct nt_object *o;
	ntstatus s = STATUS_SUCCESS;
	u32 mode;

	NT_CHECK(nt_handle_get(handle, &nt_process_type, 0x200, &o));
	p = container_of(o, struct nt_process, ob);
	switch (class) {
	case PS_ERROR_MODE:
		if (len != sizeof(mode))
			s = STATUS_INVALID_PARAMETER;
		else if (!(s = nt_copyin(&mode, buf, sizeof(mode))))
			p->error_mode = mode;
		break;
	case PS_STACK_ALLOCATION:
		s = p == nt_process_self() ? stack_allocation(p, buf, len) : STATUS_ACCESS_DENIED;
		break;
	case PS_PRIORITY_CLASS:
		s = set_priority_class(p, buf, len);
		break;
	case PS_PRIORITY_BOOST:
	case PS_AFFINITY:
		break;		/* hints to a scheduler: ours decides by itself */
	default:
		s = STATUS_INVALID_INFO_CLASS;
		break;
	}
	nt_object_put(o);
	return s;
}

ntstatus nt_open_process(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			 const struct nt_client_id __user *id)
{
	struct nt_process *p;
	struct nt_attributes a;
	u64 pid;

	if (user_get(pid, &id->process))
		return STATUS_ACCESS_VIOLATION;
	NT_CHECK(nt_attributes_get(attr, &a));
	nt_attributes_put(&a);
	p = nt_process_find(pid);
	if (!p)
		return STATUS_INVALID_CID;
	if (p != nt_process_self() && !process_may_access(p->proc, false)) {
		nt_object_put(&p->ob);
		return STATUS_ACCESS_DENIED;
	}
	return nt_handle_give_checked(&p->ob, access, a.flags, out, STATUS_SUCCESS);
}

ntstatus nt_open_thread(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			const struct nt_client_id __user *id)
{
	struct nt_thread *t;
	struct nt_attributes a;
	u64 tid;

	if (user_get(tid, &id->thread))
		return STATUS_ACCESS_VIOLATION;
	NT_CHECK(nt_attributes_get(attr, &a));
	nt_attributes_put(&a);
	t = nt_thread_find(tid);
	if (!t)
		return STATUS_INVALID_CID;
	if (t->proc != nt_process_self() && !process_may_access(t->proc->proc, false)) {
		nt_object_put(&t->ob);
		return STATUS_ACCESS_DENIED;
	}
	return nt_handle_give_checked(&t->ob, access, a.flags, out, STATUS_SUCCESS);
}

/* ---- handles ---- */

ntstatus nt_reply_name(u8 __user *buf, u32 room, u32 __user *used, const u16 *text, u32 len)
{
	u32 need = sizeof(struct nt_unicode_string) + (len ? len * 2 + 2 : 0);
	struct nt_unicode_string u = { 0 };

	if (used && user_put(need, used))
		return STATUS_ACCESS_VIOLATION;
	if (room < need)
		return room < sizeof(u) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
	if (len)
		u = (struct nt_unicode_string){ (u16)(len * 2), (u16)(len * 2 + 2), 0, (u64)buf + sizeof(u) };
	NT_CHECK(nt_copyout(buf, &u, sizeof(u)));
	if (!len)
		return STATUS_SUCCESS;
	NT_CHECK(nt_copyout(buf + sizeof(u), text, len * 2UL));
	return nt_put((u16)0, (u16 __user *)(buf + sizeof(u) + len * 2UL));
}

static ntstatus object_name(struct nt_object *o, u8 __user *buf, u32 room, u32 __user *used)
{
	u16 *text;
	u32 len;
	ntstatus s;
	const u16 *name = nt_name_text(o, &len);

	if (!nt_object_is(o, &nt_file_type))
		return nt_reply_name(buf, room, used, name, len);
	text = nt_file_name(container_of(o, struct nt_file, ob), &len);
	if (!text)
		return STATUS_NO_MEMORY;
	s = nt_reply_name(buf, room, used, text, len);
	kmem_free(text);
	return s;
}

static ntstatus object_type(struct nt_object *o, u8 __user *buf, u32 room, u32 __user *used)
{
	const char *name = nt_type_of(o)->name;
	u32 n = strlen(name), need = 0x68 + n * 2 + 2;
	u8 head[0x68] = { 0 };
	u16 text[24] = { 0 };

	if (used && user_put(need, used))
		return STATUS_ACCESS_VIOLATION;
	if (room < need)
		return STATUS_INFO_LENGTH_MISMATCH;
	for (u32 i = 0; i < n && i < ARRAY_SIZE(text) - 1; i++)
		text[i] = (u8)name[i];
	put_le16(head, (u16)(n * 2));
	put_le16(head + 2, (u16)(n * 2 + 2));
	put_le64(head + 8, (u64)buf + sizeof(head));
	NT_CHECK(nt_copyout(buf, head, sizeof(head)));
	return nt_copyout(buf + sizeof(head), text, n * 2UL + 2);
}

/* Handles of all such processes that lead to @o. */
static u32 handles_of(const struct nt_object *o)
{
	struct nt_process *p = NULL;
	u32 n = 0, rights;

	while ((p = nt_process_next(p)) != NULL) {
		struct object *other;
		u32 index = 0;

		while (p->handles && handle_next(p->handles, &index, &other, &rights) >= 0) {
			n += other == &o->obj;
			object_put(other);
		}
	}
	return n;
}

ntstatus nt_query_object(u64 handle, u32 class, void __user *buf, u32 room, u32 __user *used)
{
	struct { u32 attributes, access, handles, refs, rest[10]; } basic = { 0 };
	s64 rights = rights_of(handle);
	struct nt_object *o;
	u8 flags[2];
	ntstatus s;

	NT_CHECK(nt_handle_get(handle, NULL, 0, &o));
	switch (class) {
	case 0:
		basic.access = (u32)rights & NT_HANDLE_RIGHTS;
		basic.handles = handles_of(o);
		basic.refs = ref_read(&o->obj.refs) - 1;
		s = nt_reply(buf, room, used, &basic, sizeof(basic));
		break;
	case OBJECT_NAME:
		s = object_name(o, buf, room, used);
		break;
	case OBJECT_TYPE:
		s = object_type(o, buf, room, used);
		break;
	case OBJECT_HANDLE:
		flags[0] = (rights & NT_HANDLE_INHERIT) != 0;
		flags[1] = (rights & NT_HANDLE_PROTECT) != 0;
		s = nt_reply(buf, room, used, flags, sizeof(flags));
		break;
	default:
		s = STATUS_INVALID_INFO_CLASS;
		break;
	}
	nt_object_put(o);
	return s;
}

ntstatus nt_set_information_object(u64 handle, u32 class, const void __user *buf, u32 len)
{
	s64 value = nt_handle_from_user(handle);
	u8 f[2];
	u32 set;

	if (class != OBJECT_HANDLE)
		return STATUS_INVALID_INFO_CLASS;
	if (len < sizeof(f))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(f, buf, sizeof(f)));
	set = (f[0] ? NT_HANDLE_INHERIT : 0) | (f[1] ? NT_HANDLE_PROTECT : 0);
	if (value < 0 || handle_change_rights(nt_process_self()->handles, (u64)value,
					      NT_HANDLE_INHERIT | NT_HANDLE_PROTECT, set))
		return STATUS_INVALID_HANDLE;
	return STATUS_SUCCESS;
}

#define DUPLICATE_CLOSE_SOURCE	1u
#define DUPLICATE_SAME_ACCESS	2u
#define DUPLICATE_SAME_ATTRIBUTES 4u
#define PROCESS_DUP_HANDLE	0x40u

static ntstatus duplicate(struct nt_process *from, u64 handle, struct nt_process *to, u64 __user *out,
			  u32 access, u32 attributes, u32 options)
{
	s64 value = nt_handle_from_user(handle), rights = 0x1fffff, made;
	struct nt_object *o = NULL;
	struct object *obj;
	u32 granted;
	ntstatus s = STATUS_SUCCESS;

	if ((s32)handle == -1 || (s32)handle == -2) {
		NT_CHECK(nt_handle_get(handle, NULL, 0, &o));
	} else {
		rights = value < 0 ? value : handle_rights(from->handles, (u64)value);
		obj = rights < 0 ? ERR_PTR(-EBADF) : handle_lookup(from->handles, (u64)value, 0);
		if (IS_ERR(obj))
			return STATUS_INVALID_HANDLE;
		o = nt_object_of(obj);
	}
	granted = options & DUPLICATE_SAME_ACCESS ? (u32)rights & NT_HANDLE_RIGHTS :
		  nt_access_of(nt_type_of(o), access);
	/* More than the source may: that is an opening. */
	if (granted & ~(u32)rights)
		s = nt_security_check(o, &granted);
	if (s) {
		nt_object_put(o);
		return s;
	}
	if (options & DUPLICATE_SAME_ATTRIBUTES)
		granted |= (u32)rights & NT_HANDLE_INHERIT;
	else if (attributes & OBJ_INHERIT)
		granted |= NT_HANDLE_INHERIT;
	made = to ? handle_add(to->handles, &o->obj, granted, 0, 1u << 22) : 0;
	nt_object_put(o);
	if (made < 0)
		return nt_status_of(made);
	if (to && out && user_put(nt_handle_to_user(made), out)) {
		handle_close(to->handles, (u64)made);
		return STATUS_ACCESS_VIOLATION;
	}
	if ((options & DUPLICATE_CLOSE_SOURCE) && value >= 0)
		handle_close(from->handles, (u64)value);
	return STATUS_SUCCESS;
}

ntstatus nt_duplicate_object(u64 source, u64 handle, u64 target, u64 __user *out, u32 access,
			     u32 attributes, u32 options)
{
	struct nt_object *from, *to = NULL;
	ntstatus s;

	NT_CHECK(nt_handle_get(source, &nt_process_type, PROCESS_DUP_HANDLE, &from));
	s = target ? nt_handle_get(target, &nt_process_type, PROCESS_DUP_HANDLE, &to) : STATUS_SUCCESS;
	if (!s && (!container_of(from, struct nt_process, ob)->handles ||
		   (to && !container_of(to, struct nt_process, ob)->handles)))
		s = STATUS_ACCESS_DENIED;
	if (!s)
		s = duplicate(container_of(from, struct nt_process, ob), handle,
			      to ? container_of(to, struct nt_process, ob) : NULL, out, access,
			      attributes, options);
	if (to)
		nt_object_put(to);
	nt_object_put(from);
	return s;
}

ntstatus nt_compare_objects(u64 a, u64 b)
{
	struct nt_object *x, *y;
	ntstatus s;

	NT_CHECK(nt_handle_get(a, NULL, 0, &x));
	s = nt_handle_get(b, NULL, 0, &y);
	if (!s) {
		s = x == y ? STATUS_SUCCESS : 0xc00001acu;	/* STATUS_NOT_SAME_OBJECT */
		nt_object_put(y);
	}
	nt_object_put(x);
	return s;
}
