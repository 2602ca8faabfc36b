// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls on virtual memory: reserve, commit, free, protect, query, read and write of
 * other processes. Decode and checks; records and regions are vm.c's.
 */
#include "../vm.h"

#include <tern/kernel/syscalls.h>
#include <uapi/mman.h>

#include "../image.h"
#include "../section.h"

#define PROCESS_VM_OPERATION	0x8u
#define PROCESS_VM_READ		0x10u
#define PROCESS_VM_WRITE	0x20u
#define PROCESS_QUERY		0x400u
#define QUERY_BASIC		0u
#define QUERY_WORKING_SET	4u
#define QUERY_MAPPED_NAME	2u
#define QUERY_UNIXLIB		1000u
#define COPY_CHUNK		65536u

/* A process whose memory is worked on; its address space stays while held. */
struct target {
	struct nt_process *p;
	struct aspace *as;	/* of another process, referenced; NULL: thread_self's */
};

static ntstatus target_get(u64 handle, u32 access, struct target *t)
{
	struct nt_object *o;

	NT_CHECK(nt_handle_get(handle, &nt_process_type, access, &o));
	t->p = container_of(o, struct nt_process, ob);
	t->as = NULL;
	if (!t->p->vm) {		/* a Linux program */
		nt_object_put(o);
		return STATUS_ACCESS_DENIED;
	}
	if (t->p == nt_process_self())
		return STATUS_SUCCESS;
	t->as = process_aspace(t->p->proc);
	if (t->as)
		return STATUS_SUCCESS;
	nt_object_put(o);
	return STATUS_THREAD_IS_TERMINATING;
}

static void target_put(struct target *t)
{
	if (t->as)
		aspace_put(t->as);
	nt_object_put(&t->p->ob);
}

/* ---- allocation ---- */

struct request { uptr base; u64 size; u32 type, protect; uptr low, high; u64 align; };

static ntstatus reserve(struct nt_vm *vm, struct request *r)
{
	bool down = r->type & MEM_TOP_DOWN;
	struct nt_alloc *a;
	uptr start, end;

	if (r->base) {
		start = r->base & ~(NT_VM_GRANULE - 1);
		end = ALIGN_UP(r->base + r->size, PAGE_SIZE);
		if (start < NT_VM_MIN || end > NT_VM_END || end <= start)
			return STATUS_INVALID_PARAMETER;
		if (!nt_vm_is_free(vm, start, end))
			return STATUS_CONFLICTING_ADDRESSES;
	} else {
		r->size = ALIGN_UP(r->size, PAGE_SIZE);
		start = nt_vm_find_free(vm, r->size, r->align, r->low, r->high, down);
		if (!start)
			return STATUS_NO_MEMORY;
		end = start + r->size;
	}
	a = nt_vm_add(vm, start, end, MEM_PRIVATE, r->protect);
	if (!a)
		return STATUS_NO_MEMORY;
	a->is_placeholder = r->type & MEM_RESERVE_PLACEHOLDER;
	r->base = start;
	r->size = end - start;
	return STATUS_SUCCESS;
}

/* Pages that are committed already keep their contents and get the protection. */
static ntstatus commit(struct nt_vm *vm, uptr start, uptr end, u32 protect)
{
	uptr at = start;

	while (at < end) {
		struct nt_range *r = nt_range_next(vm, at);
		uptr to;

		if (!r || r->start >= end) {
			NT_CHECK(nt_vm_commit(vm, at, end, protect));
			break;
		}
		if (r->start > at) {
			to = r->start;
			NT_CHECK(nt_vm_commit(vm, at, to, protect));
		} else {
			to = min(r->end, end);
			NT_CHECK(nt_status_of(aspace_protect(vm->as, at, to - at,
							     (u32)nt_prot_of(protect))));
			NT_CHECK(nt_vm_mark(vm, at, to, protect));
		}
		at = to;
	}
	return STATUS_SUCCESS;
}

static ntstatus commit_in(struct nt_vm *vm, struct request *r)
{
	uptr start = r->base & PAGE_MASK, end = ALIGN_UP(r->base + r->size, PAGE_SIZE);
	struct nt_alloc *a = nt_vm_at(vm, start);
	ntstatus s;

	if (!a || a->end < end || a->is_placeholder || a->is_fixed)
		return STATUS_CONFLICTING_ADDRESSES;
	if (a->type == MEM_PRIVATE)
		s = commit(vm, start, end, r->protect);
	else
		s = a->section ? nt_section_commit(vm, a, start, end, r->protect) :
				 STATUS_CONFLICTING_ADDRESSES;
	r->base = start;
	r->size = end - start;
	return s;
}

static ntstatus reset(struct nt_vm *vm, struct request *r)
{
	uptr start = r->base & PAGE_MASK, end = ALIGN_UP(r->base + r->size, PAGE_SIZE);

	if (!nt_vm_is_committed(vm, start, end))
		return STATUS_CONFLICTING_ADDRESSES;
	(void)aspace_advise(vm->as, start, end - start, MADV_FREE);
	r->base = start;
	r->size = end - start;
	return STATUS_SUCCESS;
}

/* A placeholder becomes an ordinary reservation, as a whole. */
static ntstatus replace(struct nt_vm *vm, struct request *r)
{
	struct nt_alloc *a = nt_vm_replaceable(vm, r->base, r->base + r->size);

	if (!a)
		return STATUS_CONFLICTING_ADDRESSES;
	a->is_placeholder = false;
	a->was_placeholder = true;
	a->protect = r->protect;
	return STATUS_SUCCESS;
}

/* Which kinds go together. */
static bool is_valid_type(const struct request *r)
{
	u32 known = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO | MEM_TOP_DOWN | MEM_WRITE_WATCH |
		    MEM_RESERVE_PLACEHOLDER | MEM_REPLACE_PLACEHOLDER;

	if (r->type & MEM_RESERVE_PLACEHOLDER)
		return !(r->type & ~(MEM_RESERVE | MEM_TOP_DOWN | MEM_RESERVE_PLACEHOLDER)) &&
		       (r->type & MEM_RESERVE) && r->protect == PAGE_NOACCESS;
	if (r->type & MEM_REPLACE_PLACEHOLDER)
		return !(r->type & ~(MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER)) && (r->type & MEM_RESERVE);
	return !(r->type & ~known) && (r->type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO));
}

static ntstatus allocate_locked(struct nt_vm *vm, struct request *r)
{
	bool is_new = (r->type & MEM_RESERVE) || !r->base;
	ntstatus s = STATUS_SUCCESS;

	if (r->type & MEM_RESET)
		return reset(vm, r);
	if (r->type & MEM_RESET_UNDO)
		return STATUS_SUCCESS;
	if (r->type & MEM_REPLACE_PLACEHOLDER)
		s = replace(vm, r);
	else if (is_new)
		s = reserve(vm, r);
	if (s || !(r->type & MEM_COMMIT))
		return s;
	s = commit_in(vm, r);
	if (s && (r->type & MEM_REPLACE_PLACEHOLDER))
		nt_vm_to_placeholder(vm, nt_vm_at(vm, r->base));
	else if (s && is_new)
		nt_vm_release_locked(vm, nt_vm_at(vm, r->base));
	return s;
}

static ntstatus allocate(u64 process, u64 __user *base, u64 __user *size, struct request *r)
{
	struct target t;
	ntstatus s;

	if (user_get(r->base, base) || user_get(r->size, size))
		return STATUS_ACCESS_VIOLATION;
	if (!r->size || r->size > NT_VM_END || r->base > NT_VM_END)
		return STATUS_INVALID_PARAMETER;
	if (!is_valid_type(r))
		return STATUS_INVALID_PARAMETER;
	if (nt_prot_of(r->protect) < 0)
		return STATUS_INVALID_PAGE_PROTECTION;
	NT_CHECK(target_get(process, PROCESS_VM_OPERATION, &t));
	kmutex_lock(&t.p->vm->lock);
	s = allocate_locked(t.p->vm, r);
	kmutex_unlock(&t.p->vm->lock);
	target_put(&t);
	if (!s && (user_put(r->base, base) || user_put(r->size, size)))
		s = STATUS_ACCESS_VIOLATION;
	return s;
}

ntstatus nt_allocate_virtual_memory(u64 process, u64 __user *base, u64 zero_bits, u64 __user *size,
				    u32 type, u32 protect)
{
	struct request r = { .type = type, .protect = protect, .low = NT_VM_MIN, .high = NT_VM_END,
			     .align = NT_VM_GRANULE };

	if (zero_bits && zero_bits < 32)
		r.high = min(r.high, 1UL << (32 - zero_bits));
	else if (zero_bits >= 32)
		r.high = min(r.high, (zero_bits | (roundup_pow2(zero_bits) - 1)) + 1);
	return allocate(process, base, size, &r);
}

#define EXTENDED_ADDRESS_REQUIREMENTS 1u

ntstatus nt_allocate_virtual_memory_ex(u64 process, u64 __user *base, u64 __user *size, u32 type,
				       u32 protect, const u64 __user *parameters, u32 count)
{
	struct request r = { .type = type, .protect = protect, .low = NT_VM_MIN, .high = NT_VM_END,
			     .align = NT_VM_GRANULE };
	u64 p[2], req[3];

	for (u32 i = 0; i < count; i++) {
		NT_CHECK(nt_copyin(p, parameters + i * 2, sizeof(p)));
		if ((p[0] & 0xff) != EXTENDED_ADDRESS_REQUIREMENTS)
			return STATUS_NOT_SUPPORTED;
		NT_CHECK(nt_copyin(req, (void __user *)p[1], sizeof(req)));
		r.low = max(req[0], NT_VM_MIN);
		r.high = req[1] ? min(req[1] + 1, NT_VM_END) : NT_VM_END;
		if (req[2] && (req[2] & (req[2] - 1)))
			return STATUS_INVALID_PARAMETER;
		r.align = max(req[2], NT_VM_GRANULE);
	}
	return allocate(process, base, size, &r);
}

/* ---- freeing ---- */

static ntstatus decommit(struct nt_vm *vm, uptr base, u64 *size)
{
	uptr start = base & PAGE_MASK, end = ALIGN_UP(base + *size, PAGE_SIZE);
	struct nt_alloc *a = nt_vm_at(vm, start);

	if (!a)
		return STATUS_MEMORY_NOT_ALLOCATED;
	if (a->is_fixed || a->type != MEM_PRIVATE)
		return STATUS_INVALID_PARAMETER;
	if (!*size)
		end = a->end;
	if (end > a->end)
		return STATUS_UNABLE_TO_FREE_VM;
	NT_CHECK(nt_vm_mark(vm, start, end, 0));
	*size = end - start;
	return nt_status_of(aspace_unmap(vm->as, start, end - start));
}

/* Make [start, end) an allocation of its own. */
static ntstatus carve(struct nt_vm *vm, struct nt_alloc **a, uptr start, uptr end)
{
	if (start < (*a)->start || end > (*a)->end)
		return STATUS_UNABLE_TO_FREE_VM;
	NT_CHECK(nt_vm_split(vm, *a, start));
	*a = nt_vm_at(vm, start);
	return nt_vm_split(vm, *a, end);
}

/* Several placeholders, one behind the other, become one. */
static ntstatus coalesce(struct nt_vm *vm, uptr start, u64 size)
{
	struct nt_alloc *first = nt_vm_at(vm, start), *a = first;
	uptr end = start + size;

	if (!size)
		return STATUS_INVALID_PARAMETER;
	if (!a || a->start != start || a->end >= end)
		return STATUS_CONFLICTING_ADDRESSES;
	for (; a && a->is_placeholder && a->end < end; a = nt_vm_at(vm, a->end))
		;
	if (!a || !a->is_placeholder || a->end != end)
		return STATUS_CONFLICTING_ADDRESSES;
	while (first->end < end) {
		a = nt_vm_at(vm, first->end);
		first->end = a->end;
		nt_vm_forget(vm, a);
	}
	return STATUS_SUCCESS;
}

/* A part of a placeholder becomes one of its own, memory that replaced one becomes one again. */
static ntstatus preserve(struct nt_vm *vm, struct nt_alloc *a, uptr start, u64 *size)
{
	uptr end = ALIGN_UP(start + *size, PAGE_SIZE);

	if (!*size)
		return STATUS_INVALID_PARAMETER;
	if (!a->is_placeholder && !a->was_placeholder)
		return STATUS_CONFLICTING_ADDRESSES;
	if (a->is_placeholder && a->start == start && a->end == end)
		return STATUS_CONFLICTING_ADDRESSES;
	NT_CHECK(carve(vm, &a, start, end));
	if (!a->is_placeholder)
		nt_vm_to_placeholder(vm, a);
	*size = end - start;
	return STATUS_SUCCESS;
}

static ntstatus release(struct nt_vm *vm, uptr base, u64 *size, u32 type)
{
	struct nt_alloc *a = nt_vm_at(vm, base);
	uptr start = base & PAGE_MASK, end;

	if (type & MEM_COALESCE_PLACEHOLDERS)
		return coalesce(vm, start, *size);
	if (!a || a->is_fixed || a->type != MEM_PRIVATE)
		return STATUS_INVALID_PARAMETER;
	if (type & MEM_PRESERVE_PLACEHOLDER)
		return preserve(vm, a, start, size);
	if (!*size) {
		if (a->start != start)
			return STATUS_FREE_VM_NOT_AT_BASE;
		end = a->end;
	} else {
		end = ALIGN_UP(base + *size, PAGE_SIZE);
		if (!a->is_placeholder && !a->was_placeholder && (start != a->start || end != a->end))
			return STATUS_INVALID_PARAMETER;
		NT_CHECK(carve(vm, &a, start, end));
	}
	*size = end - start;
	nt_vm_release_locked(vm, a);
	return STATUS_SUCCESS;
}

ntstatus nt_free_virtual_memory(u64 process, u64 __user *ubase, u64 __user *usize, u32 type)
{
	struct target t;
	u64 base, size;
	ntstatus s;

	if (user_get(base, ubase) || user_get(size, usize))
		return STATUS_ACCESS_VIOLATION;
	if (base > NT_VM_END || size > NT_VM_END)
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(target_get(process, PROCESS_VM_OPERATION, &t));
	kmutex_lock(&t.p->vm->lock);
	if (type == MEM_DECOMMIT)
		s = decommit(t.p->vm, base, &size);
	else if ((type & ~3u) == MEM_RELEASE && (type & 3u) != 3)
		s = release(t.p->vm, base, &size, type);
	else
		s = STATUS_INVALID_PARAMETER;
	kmutex_unlock(&t.p->vm->lock);
	target_put(&t);
	base &= PAGE_MASK;
	if (!s && (user_put(base, ubase) || user_put(size, usize)))
		s = STATUS_ACCESS_VIOLATION;
	return s;
}

/* ---- protection ---- */

/* Pages of an image are shared until written to. */
static u32 protect_in(const struct nt_alloc *a, u32 protect)
{
	u32 extra = protect & ~0xffu;

	if (a->type == MEM_IMAGE && (protect & 0xff) == PAGE_READWRITE)
		return PAGE_WRITECOPY | extra;
	if (a->type == MEM_IMAGE && (protect & 0xff) == PAGE_EXECUTE_READWRITE)
		return PAGE_EXECUTE_WRITECOPY | extra;
	return protect;
}

static ntstatus protect_locked(struct nt_vm *vm, uptr start, uptr end, u32 protect, u32 *old)
{
	struct nt_alloc *a = nt_vm_at(vm, start);
	struct nt_range *r = nt_range_next(vm, start);

	if (!a || end > a->end)
		return STATUS_INVALID_PARAMETER;
	if (a->is_fixed)
		return STATUS_ACCESS_DENIED;
	if (!nt_vm_is_committed(vm, start, end))
		return STATUS_MEMORY_NOT_ALLOCATED;
	if (a->type == MEM_PRIVATE && (protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)))
		return STATUS_INVALID_PAGE_PROTECTION;
	*old = r->protect;
	protect = protect_in(a, protect);
	NT_CHECK(nt_vm_mark(vm, start, end, protect));
	return nt_status_of(aspace_protect(vm->as, start, end - start, (u32)nt_prot_of(protect)));
}

ntstatus nt_protect_virtual_memory(u64 process, u64 __user *ubase, u64 __user *usize, u32 protect,
				   u32 __user *uold)
{
	struct target t;
	u64 base, size;
	u32 old = 0;
	ntstatus s;

	if (user_get(base, ubase) || user_get(size, usize))
		return STATUS_ACCESS_VIOLATION;
	if (base > NT_VM_END || !size || size > NT_VM_END - base)
		return STATUS_INVALID_PARAMETER;
	if (nt_prot_of(protect) < 0)
		return STATUS_INVALID_PAGE_PROTECTION;
	size = ALIGN_UP(base + size, PAGE_SIZE) - (base & PAGE_MASK);
	base &= PAGE_MASK;
	NT_CHECK(target_get(process, PROCESS_VM_OPERATION, &t));
	kmutex_lock(&t.p->vm->lock);
	s = protect_locked(t.p->vm, base, base + size, protect, &old);
	kmutex_unlock(&t.p->vm->lock);
	target_put(&t);
	if (!s && (user_put(base, ubase) || user_put(size, usize) || user_put(old, uold)))
		s = STATUS_ACCESS_VIOLATION;
	return s;
}

/* ---- questions ---- */

static void describe(struct nt_vm *vm, uptr addr, struct nt_memory_basic *m)
{
	struct nt_alloc *a = nt_vm_next(vm, addr);
	struct nt_range *r;

	memset(m, 0, sizeof(*m));
	m->base = addr;
	if (!a || a->start > addr) {
		m->size = (a ? a->start : NT_VM_END) - addr;
		m->state = MEM_FREE;
		m->protect = PAGE_NOACCESS;
		return;
	}
	m->alloc_base = a->start;
	m->alloc_protect = a->protect;
	m->type = a->type;
	r = nt_range_next(vm, addr);
	if (r && r->start <= addr) {
		m->state = MEM_COMMIT;
		m->protect = r->protect;
		m->size = min(r->end, a->end) - addr;
	} else {
		m->state = MEM_RESERVE;
		m->size = (r && r->start < a->end ? r->start : a->end) - addr;
	}
}

static ntstatus query_basic(struct target *t, uptr addr, void __user *buf, u64 room, u64 __user *used)
{
	struct nt_memory_basic m;

	if (room < sizeof(m))
		return STATUS_INFO_LENGTH_MISMATCH;
	if (addr >= NT_VM_END)
		return STATUS_INVALID_PARAMETER;
	kmutex_lock(&t->p->vm->lock);
	describe(t->p->vm, addr & PAGE_MASK, &m);
	kmutex_unlock(&t->p->vm->lock);
	NT_CHECK(nt_copyout(buf, &m, sizeof(m)));
	return used ? nt_put((u64)sizeof(m), used) : STATUS_SUCCESS;
}

/* Which DLL a host-side call is for: its base serves as the handle. */
static ntstatus query_unixlib(struct target *t, uptr addr, void __user *buf, u64 room)
{
	struct nt_alloc *a;
	u64 handle = 0;

	kmutex_lock(&t->p->vm->lock);
	a = nt_vm_at(t->p->vm, addr);
	if (a && a->type == MEM_IMAGE)
		handle = a->start;
	kmutex_unlock(&t->p->vm->lock);
	if (!handle || room < sizeof(handle))
		return STATUS_INVALID_PARAMETER;
	return nt_put(handle, (u64 __user *)buf);
}

ntstatus nt_query_virtual_memory(u64 process, u64 addr, u32 class, void __user *buf, u64 room,
				 u64 __user *used)
{
	struct target t;
	ntstatus s;

	NT_CHECK(target_get(process, PROCESS_QUERY, &t));
	switch (class) {
	case QUERY_BASIC:
		s = query_basic(&t, addr, buf, room, used);
		break;
	case QUERY_UNIXLIB:
		s = query_unixlib(&t, addr, buf, room);
		break;
	default:
		s = STATUS_INVALID_INFO_CLASS;
		break;
	}
	target_put(&t);
	return s;
}

/* ---- other processes' memory ---- */

static ntstatus copy_memory(u64 process, uptr addr, u8 __user *buf, u64 n, bool is_write,
			    u64 __user *done)
{
	struct nt_object *o;
	struct aspace *as;
	ntstatus s = STATUS_SUCCESS;
	u64 total = 0;
	u8 *chunk;

	NT_CHECK(nt_handle_get(process, &nt_process_type, is_write ? PROCESS_VM_WRITE : PROCESS_VM_READ, &o));
	as = process_aspace(container_of(o, struct nt_process, ob)->proc);
	nt_object_put(o);
	chunk = as ? kmem_alloc_large(COPY_CHUNK, ALLOC_KERNEL) : NULL;
	if (!chunk)
		s = as ? STATUS_NO_MEMORY : STATUS_THREAD_IS_TERMINATING;
	while (!s && total < n) {
		size_t k = min(n - total, (u64)COPY_CHUNK);

		if (is_write && user_copyin(chunk, buf + total, k))
			s = STATUS_ACCESS_VIOLATION;
		else if (aspace_access(as, addr + total, chunk, k, is_write, is_write) != k)
			s = total ? STATUS_PARTIAL_COPY : is_write ? STATUS_ACCESS_DENIED : STATUS_ACCESS_VIOLATION;
		else if (!is_write && user_copyout(buf + total, chunk, k))
			s = STATUS_ACCESS_VIOLATION;
		if (!s)
			total += k;
	}
	kmem_free_large(chunk);
	if (as)
		aspace_put(as);
	if (done && user_put(total, done))
		s = STATUS_ACCESS_VIOLATION;
	return s;
}

ntstatus nt_read_virtual_memory(u64 process, u64 addr, u8 __user *buf, u64 n, u64 __user *done)
{
	return copy_memory(process, addr, buf, n, false, done);
}

ntstatus nt_write_virtual_memory(u64 process, u64 addr, u8 __user *buf, u64 n, u64 __user *done)
{
	return copy_memory(process, addr, buf, n, true, done);
}

/* ---- small ones ---- */

ntstatus nt_flush_instruction_cache(u64 process, u64 addr, u64 n)
{
	return STATUS_SUCCESS;	/* x86 keeps it coherent */
}

/* Locked in the working set is locked in memory. */
static ntstatus lock_pages(u64 process, u64 __user *ubase, u64 __user *usize, bool on)
{
	struct nt_vm *vm = nt_process_self()->vm;
	struct nt_object *o;
	u64 base, size;
	bool is_there;
	long err;

	NT_CHECK(nt_handle_get(process, &nt_process_type, PROCESS_VM_OPERATION, &o));
	nt_object_put(o);
	if (o != &nt_process_self()->ob)
		return STATUS_NOT_SUPPORTED;
	if (user_get(base, ubase) || user_get(size, usize))
		return STATUS_ACCESS_VIOLATION;
	if (base > NT_VM_END || size > NT_VM_END - base)
		return STATUS_INVALID_PARAMETER;
	size = ALIGN_UP(base + size, PAGE_SIZE) - (base & PAGE_MASK);
	base &= PAGE_MASK;
	kmutex_lock(&vm->lock);
	is_there = nt_vm_is_committed(vm, base, base + size);
	kmutex_unlock(&vm->lock);
	if (!is_there)
		return STATUS_ACCESS_DENIED;
	err = on ? sys_mlock(base, size) : sys_munlock(base, size);
	if (err)
		return nt_status_of(err);
	return user_put(base, ubase) || user_put(size, usize) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}

ntstatus nt_lock_virtual_memory(u64 process, u64 __user *base, u64 __user *size, u32 type)
{
	return lock_pages(process, base, size, true);
}

ntstatus nt_unlock_virtual_memory(u64 process, u64 __user *base, u64 __user *size, u32 type)
{
	return lock_pages(process, base, size, false);
}
