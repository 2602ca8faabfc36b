// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of a Windows program's memory.
 *
 * Two trees: allocations, which a program reserves and releases as a whole, and
 * committed ranges, each with one protection. Regions of the address space exist for
 * committed pages only, so a reservation of a terabyte costs one record. What a
 * page may do is the region's protection; PAGE_GUARD and the difference
 * between "no access" and "reserved" exist only here.
 *
 * The records are changed first where that may fail, the regions after.
 *
 * Locks: nt_vm.lock (sleeping) around everything; regions under it.
 */
#include "../vm.h"

#include "../image.h"

#include <uapi/mman.h>

struct nt_vm *nt_vm_create(struct aspace *as)
{
	struct nt_vm *vm = kmem_zalloc(sizeof(*vm), ALLOC_KERNEL);

	if (!vm)
		return NULL;
	kmutex_init(&vm->lock, LOCKRANK_PERSONA);
	rbtree_init(&vm->allocs);
	rbtree_init(&vm->ranges);
	vm->as = as;
	return vm;
}

static void alloc_free(struct nt_alloc *a)
{
	if (a->section)
		nt_object_put(a->section);
	if (a->image)
		nt_image_put(a->image);
	kmem_free(a);
}

void nt_vm_destroy(struct nt_vm *vm)
{
	struct nt_alloc *a;
	struct nt_range *r;

	while ((r = nt_range_next(vm, 0)) != NULL) {
		rbtree_erase(&vm->ranges, &r->node);
		kmem_free(r);
	}
	while ((a = nt_vm_next(vm, 0)) != NULL) {
		rbtree_erase(&vm->allocs, &a->node);
		alloc_free(a);
	}
	kmem_free(vm);
}

s32 nt_prot_of(u32 protect)
{
	u32 guard = protect & PAGE_GUARD;

	switch (protect & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)) {
	case PAGE_NOACCESS:
		return guard ? -1 : 0;
	case PAGE_READONLY:
		return guard ? 0 : REGION_READ;
	case PAGE_READWRITE:
	case PAGE_WRITECOPY:
		return guard ? 0 : REGION_READ | REGION_WRITE;
	case PAGE_EXECUTE:
	case PAGE_EXECUTE_READ:
		return guard ? 0 : REGION_READ | REGION_EXEC;
	case PAGE_EXECUTE_READWRITE:
	case PAGE_EXECUTE_WRITECOPY:
		return guard ? 0 : REGION_READ | REGION_WRITE | REGION_EXEC;
	}
	return -1;
}

/* ---- allocations ---- */

struct nt_alloc *nt_vm_next(struct nt_vm *vm, uptr addr)
{
	struct rbnode *n = vm->allocs.root;
	struct nt_alloc *best = NULL;

	while (n) {
		struct nt_alloc *a = container_of(n, struct nt_alloc, node);

		if (a->end > addr) {
			best = a;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

struct nt_alloc *nt_vm_at(struct nt_vm *vm, uptr addr)
{
	struct nt_alloc *a = nt_vm_next(vm, addr);

	return a && a->start <= addr ? a : NULL;
}

bool nt_vm_is_free(struct nt_vm *vm, uptr start, uptr end)
{
	struct nt_alloc *a = nt_vm_next(vm, start);

	return !a || a->start >= end;
}

static uptr find_up(struct nt_vm *vm, u64 size, u64 align, uptr low, uptr high)
{
	uptr at = ALIGN_UP(low, align);
	struct nt_alloc *a;

	while (at < high && size <= high - at) {
		a = nt_vm_next(vm, at);
		if (!a || (a->start > at && a->start - at >= size))
			return at;
		at = ALIGN_UP(a->end, align);
	}
	return 0;
}

static struct nt_alloc *alloc_before(struct nt_vm *vm, uptr addr)
{
	struct rbnode *n = vm->allocs.root;
	struct nt_alloc *best = NULL;

	while (n) {
		struct nt_alloc *a = container_of(n, struct nt_alloc, node);

		if (a->start < addr) {
			best = a;
			n = n->right;
		} else {
			n = n->left;
		}
	}
	return best;
}

static uptr find_down(struct nt_vm *vm, u64 size, u64 align, uptr low, uptr high)
{
	uptr at;

	if (size > high - low)
		return 0;
	at = ALIGN_DOWN(high - size, align);
	while (at >= low) {
		struct nt_alloc *a = alloc_before(vm, at + size);

		if (!a || a->end <= at)
			return at;
		if (a->start < size)
			return 0;
		at = ALIGN_DOWN(a->start - size, align);
	}
	return 0;
}

uptr nt_vm_find_free(struct nt_vm *vm, u64 size, u64 align, uptr low, uptr high, bool top_down)
{
	low = max(low, NT_VM_MIN);
	high = min(high, NT_VM_END);
	if (low >= high)
		return 0;
	return top_down ? find_down(vm, size, align, low, high) : find_up(vm, size, align, low, high);
}

static void alloc_link(struct nt_vm *vm, struct nt_alloc *a)
{
	struct rbnode **link = &vm->allocs.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = a->start < container_of(parent, struct nt_alloc, node)->start ?
		       &parent->left : &parent->right;
	}
	rbtree_link(&a->node, parent, link);
	rbtree_insert_fixup(&vm->allocs, &a->node);
}

struct nt_alloc *nt_vm_add(struct nt_vm *vm, uptr start, uptr end, u32 type, u32 protect)
{
	struct nt_alloc *a = kmem_zalloc(sizeof(*a), ALLOC_KERNEL);

	if (!a)
		return NULL;
	a->start = start;
	a->end = end;
	a->type = type;
	a->protect = protect;
	alloc_link(vm, a);
	return a;
}

void nt_vm_forget(struct nt_vm *vm, struct nt_alloc *a)
{
	rbtree_erase(&vm->allocs, &a->node);
	alloc_free(a);
}

/* ---- committed ranges ---- */

struct nt_range *nt_range_next(struct nt_vm *vm, uptr addr)
{
	struct rbnode *n = vm->ranges.root;
	struct nt_range *best = NULL;

	while (n) {
		struct nt_range *r = container_of(n, struct nt_range, node);

		if (r->end > addr) {
			best = r;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

static void range_link(struct nt_vm *vm, struct nt_range *r)
{
	struct rbnode **link = &vm->ranges.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = r->start < container_of(parent, struct nt_range, node)->start ?
		       &parent->left : &parent->right;
	}
	rbtree_link(&r->node, parent, link);
	rbtree_insert_fixup(&vm->ranges, &r->node);
}

/* Take [start, end) out; @spare serves if a range is cut in two. True if it was used. */
static bool range_clear(struct nt_vm *vm, uptr start, uptr end, struct nt_range *spare)
{
	struct nt_range *r;
	bool used = false;

	while ((r = nt_range_next(vm, start)) != NULL && r->start < end) {
		if (r->start < start && r->end > end) {
			spare->start = end;
			spare->end = r->end;
			spare->protect = r->protect;
			r->end = start;
			range_link(vm, spare);
			return true;
		}
		if (r->start < start) {
			r->end = start;
		} else if (r->end > end) {
			rbtree_erase(&vm->ranges, &r->node);
			r->start = end;
			range_link(vm, r);
			break;
		} else {
			rbtree_erase(&vm->ranges, &r->node);
			kmem_free(r);
		}
	}
	return used;
}

static bool is_border(struct nt_vm *vm, uptr at)
{
	struct nt_alloc *a = nt_vm_at(vm, at);

	return !a || a->start == at;
}

/* Join @r with neighbours of the same protection. */
static void range_merge(struct nt_vm *vm, struct nt_range *r)
{
	struct nt_range *prev = r->start ? nt_range_next(vm, r->start - 1) : NULL;
	struct nt_range *next = nt_range_next(vm, r->end);

	/* Never across the border of two allocations: each can be released alone. */
	if (next && next->start == r->end && next->protect == r->protect &&
	    !is_border(vm, r->end)) {
		rbtree_erase(&vm->ranges, &next->node);
		r->end = next->end;
		kmem_free(next);
	}
	if (prev && prev != r && prev->end == r->start && prev->protect == r->protect &&
	    !is_border(vm, r->start)) {
		rbtree_erase(&vm->ranges, &r->node);
		prev->end = r->end;
		kmem_free(r);
	}
}

ntstatus nt_vm_mark(struct nt_vm *vm, uptr start, uptr end, u32 protect)
{
	struct nt_range *spare = kmem_zalloc(sizeof(*spare), ALLOC_KERNEL);
	struct nt_range *r = protect ? kmem_zalloc(sizeof(*r), ALLOC_KERNEL) : NULL;

	if (!spare || (protect && !r)) {
		kmem_free(spare);
		kmem_free(r);
		return STATUS_NO_MEMORY;
	}
	if (!range_clear(vm, start, end, spare))
		kmem_free(spare);
	if (r) {
		r->start = start;
		r->end = end;
		r->protect = protect;
		range_link(vm, r);
		range_merge(vm, r);
	}
	return STATUS_SUCCESS;
}

bool nt_vm_is_committed(struct nt_vm *vm, uptr start, uptr end)
{
	while (start < end) {
		struct nt_range *r = nt_range_next(vm, start);

		if (!r || r->start > start)
			return false;
		start = r->end;
	}
	return true;
}

/* A range that crosses @at becomes two. */
static ntstatus range_split(struct nt_vm *vm, uptr at)
{
	struct nt_range *r = nt_range_next(vm, at), *b;

	if (!r || r->start >= at)
		return STATUS_SUCCESS;
	b = kmem_dup(r, sizeof(*r), ALLOC_KERNEL);
	if (!b)
		return STATUS_NO_MEMORY;
	b->start = at;
	r->end = at;
	range_link(vm, b);
	return STATUS_SUCCESS;
}

ntstatus nt_vm_split(struct nt_vm *vm, struct nt_alloc *a, uptr at)
{
	struct nt_alloc *b;

	if (at <= a->start || at >= a->end)
		return STATUS_SUCCESS;
	NT_CHECK(range_split(vm, at));
	b = kmem_zalloc(sizeof(*b), ALLOC_KERNEL);
	if (!b)
		return STATUS_NO_MEMORY;
	b->start = at;
	b->end = a->end;
	b->type = a->type;
	b->protect = a->protect;
	b->is_placeholder = a->is_placeholder;
	b->was_placeholder = a->was_placeholder;
	a->end = at;
	alloc_link(vm, b);
	return STATUS_SUCCESS;
}

/* ---- for the kernel's own purposes ---- */

ntstatus nt_vm_commit(struct nt_vm *vm, uptr start, uptr end, u32 protect)
{
	struct map_request req = {
		.addr = start,
		.len = end - start,
		.rflags = (u32)nt_prot_of(protect) | REGION_MAYALL,
		.map_flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
	};
	ntstatus s = nt_vm_mark(vm, start, end, protect);
	long at;

	if (s)
		return s;
	at = aspace_map(vm->as, &req);
	if (at < 0)
		(void)!nt_vm_mark(vm, start, end, 0);
	return nt_status_of(at < 0 ? at : 0);
}

uptr nt_vm_alloc(struct nt_vm *vm, u64 size, u32 protect)
{
	struct nt_alloc *a;
	uptr at;

	size = ALIGN_UP(size, PAGE_SIZE);
	kmutex_lock(&vm->lock);
	at = nt_vm_find_free(vm, size, NT_VM_GRANULE, 0, NT_VM_END, false);
	a = at ? nt_vm_add(vm, at, at + size, MEM_PRIVATE, protect) : NULL;
	if (a && nt_vm_commit(vm, at, at + size, protect)) {
		nt_vm_forget(vm, a);
		a = NULL;
	}
	kmutex_unlock(&vm->lock);
	return a ? at : 0;
}

void nt_vm_release_locked(struct nt_vm *vm, struct nt_alloc *a)
{
	(void)aspace_unmap(vm->as, a->start, a->end - a->start);
	/* Ranges do not cross its borders: nothing is cut in two. */
	range_clear(vm, a->start, a->end, NULL);
	nt_vm_forget(vm, a);
}

void nt_vm_to_placeholder(struct nt_vm *vm, struct nt_alloc *a)
{
	(void)aspace_unmap(vm->as, a->start, a->end - a->start);
	range_clear(vm, a->start, a->end, NULL);
	if (a->section)
		nt_object_put(a->section);
	a->section = NULL;
	a->offset = 0;
	a->type = MEM_PRIVATE;
	a->protect = PAGE_NOACCESS;
	a->is_placeholder = true;
	a->was_placeholder = false;
}

struct nt_alloc *nt_vm_replaceable(struct nt_vm *vm, uptr start, uptr end)
{
	struct nt_alloc *a = nt_vm_at(vm, start);

	return a && a->is_placeholder && a->start == start && a->end == end ? a : NULL;
}

void nt_vm_release(struct nt_vm *vm, uptr start)
{
	struct nt_alloc *a;

	kmutex_lock(&vm->lock);
	a = nt_vm_at(vm, start);
	if (a && a->start == start)
		nt_vm_release_locked(vm, a);
	kmutex_unlock(&vm->lock);
}

ntstatus nt_vm_stack(struct nt_vm *vm, u64 reserve, uptr *alloc, uptr *limit, uptr *top)
{
	u64 size = ALIGN_UP(max(reserve, 0x100000UL), NT_VM_GRANULE);
	uptr at = nt_vm_alloc(vm, size, PAGE_READWRITE);
	ntstatus s;

	if (!at)
		return STATUS_NO_MEMORY;
	kmutex_lock(&vm->lock);
	s = nt_vm_mark(vm, at, at + PAGE_SIZE, PAGE_NOACCESS);
	if (!s)
		s = nt_vm_mark(vm, at + PAGE_SIZE, at + 2 * PAGE_SIZE, PAGE_READWRITE | PAGE_GUARD);
	if (!s)
		s = nt_status_of(aspace_protect(vm->as, at, 2 * PAGE_SIZE, 0));
	kmutex_unlock(&vm->lock);
	if (s) {
		nt_vm_release(vm, at);
		return s;
	}
	*alloc = at;
	*limit = at + 2 * PAGE_SIZE;
	*top = at + size;
	return STATUS_SUCCESS;
}

/* ---- guard pages ---- */

/* The guard moves down below a stack that grew; its owner is thread_self. */
static ntstatus stack_grow(struct nt_vm *vm, struct nt_thread *self, uptr page, uptr low)
{
	uptr next = page - PAGE_SIZE;

	if (user_put(page, (uptr __user *)(self->teb + TEB_STACK_LIMIT)))
		return STATUS_STACK_OVERFLOW;
	if (page < low + 2 * PAGE_SIZE)
		return STATUS_STACK_OVERFLOW;
	if (nt_vm_commit(vm, next, page, PAGE_READWRITE | PAGE_GUARD))
		return STATUS_STACK_OVERFLOW;
	return STATUS_SUCCESS;
}

static ntstatus guard_hit_locked(struct nt_vm *vm, uptr page, uptr low, uptr top)
{
	struct nt_range *r = nt_range_next(vm, page);
	u32 protect;

	if (!r || r->start > page || !(r->protect & PAGE_GUARD))
		return STATUS_ACCESS_VIOLATION;
	protect = r->protect & ~PAGE_GUARD;
	if (nt_vm_mark(vm, page, page + PAGE_SIZE, protect) ||
	    aspace_protect(vm->as, page, PAGE_SIZE, (u32)nt_prot_of(protect)))
		return STATUS_ACCESS_VIOLATION;
	if (page < low || page >= top)
		return STATUS_GUARD_PAGE_VIOLATION;
	return stack_grow(vm, nt_self(), page, low);
}

ntstatus nt_vm_guard_hit(struct nt_vm *vm, uptr addr)
{
	struct nt_thread *self = nt_self();
	uptr low = 0, top = 0;
	ntstatus s;

	if (user_get(low, (uptr __user *)(self->teb + TEB_DEALLOCATION_STACK)) ||
	    user_get(top, (uptr __user *)(self->teb + TEB_STACK_BASE)))
		return STATUS_ACCESS_VIOLATION;
	kmutex_lock(&vm->lock);
	s = guard_hit_locked(vm, addr & PAGE_MASK, low, top);
	kmutex_unlock(&vm->lock);
	return s;
}
