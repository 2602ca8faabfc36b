/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual memory as Windows programs see it: allocations (reservations, views) and
 * the committed ranges in them, beside the regions of the address space.
 * Owner mm/vm.c. Legend: L lock.
 */
#pragma once

#include "nt.h"

#include <tern/lib/rbtree.h>
#include <tern/mm/aspace.h>

#define NT_VM_MIN	0x10000UL
#define NT_VM_END	0x7fffffff0000UL
#define NT_VM_GRANULE	0x10000UL

/* One reservation, mapped view or placeholder. */
struct nt_alloc {
	struct rbnode node;
	uptr start, end;	/* L */
	u32 type;		/* L MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
	u32 protect;		/* L as given when it was made */
	bool is_placeholder;	/* L reserved and to be replaced as a whole */
	bool was_placeholder;	/* L replaced one and may become one again */
	bool is_fixed;		/* I the kernel's: cannot be released */
	struct nt_object *section;	/* L with a reference, or NULL */
	struct nt_image *image;		/* I with a reference, or NULL */
	u64 offset;		/* L in the section */
};

/* Committed pages of one protection. */
struct nt_range {
	struct rbnode node;
	uptr start, end;	/* L */
	u32 protect;		/* L PAGE_*, PAGE_GUARD included */
};

struct nt_vm {
	struct kmutex lock;
	struct aspace *as;	/* I borrowed: as long as a thread of the process lives */
	struct rbtree allocs;	/* L by start */
	struct rbtree ranges;	/* L by start, disjoint */
};

/** nt_vm_create() - NULL if no memory. nt_vm_destroy() frees the records, not the mappings. */
struct nt_vm *nt_vm_create(struct aspace *as);
void nt_vm_destroy(struct nt_vm *vm);

/** nt_prot_of() - REGION_* bits of PAGE_*, or -1 if that is no valid combination. */
s32 nt_prot_of(u32 protect);

/* All with vm->lock held. */
/** nt_vm_at() - allocation that contains @addr, or NULL. */
struct nt_alloc *nt_vm_at(struct nt_vm *vm, uptr addr);
/** nt_vm_next() - first allocation with end > addr, or NULL. */
struct nt_alloc *nt_vm_next(struct nt_vm *vm, uptr addr);
/** nt_range_next() - first committed range with end > addr, or NULL. */
struct nt_range *nt_range_next(struct nt_vm *vm, uptr addr);
bool nt_vm_is_free(struct nt_vm *vm, uptr start, uptr end);
/** nt_vm_find_free() - place for @size bytes aligned to @align in [low, high); 0: none. */
uptr nt_vm_find_free(struct nt_vm *vm, u64 size, u64 align, uptr low, uptr high, bool top_down);
/** nt_vm_add() - record an allocation of free addresses; NULL if no memory. */
struct nt_alloc *nt_vm_add(struct nt_vm *vm, uptr start, uptr end, u32 type, u32 protect);
void nt_vm_forget(struct nt_vm *vm, struct nt_alloc *a);
/** nt_vm_to_placeholder() - what was mapped goes, the addresses stay taken. */
void nt_vm_to_placeholder(struct nt_vm *vm, struct nt_alloc *a);
/** nt_vm_replaceable() - the placeholder that is exactly [start, end), or NULL. */
struct nt_alloc *nt_vm_replaceable(struct nt_vm *vm, uptr start, uptr end);
/** nt_vm_split() - cut an allocation at @at; STATUS_NO_MEMORY. */
ntstatus nt_vm_split(struct nt_vm *vm, struct nt_alloc *a, uptr at);
/** nt_vm_mark() - [start, end) is committed with @protect (0: not committed); STATUS_NO_MEMORY. */
ntstatus nt_vm_mark(struct nt_vm *vm, uptr start, uptr end, u32 protect);
/** nt_vm_is_committed() - all of it. */
bool nt_vm_is_committed(struct nt_vm *vm, uptr start, uptr end);

/**
 * nt_vm_alloc() - reserve and commit @size bytes somewhere for the kernel's own purposes
 * Takes the lock. Return: address, 0 if there is no room or memory.
 */
uptr nt_vm_alloc(struct nt_vm *vm, u64 size, u32 protect);
/** nt_vm_release() - the whole allocation at @start and its mappings. Takes the lock. */
void nt_vm_release(struct nt_vm *vm, uptr start);
/** nt_vm_stack() - a thread's stack: guard pages below; *alloc, *limit, *top out. Takes the lock. */
ntstatus nt_vm_stack(struct nt_vm *vm, u64 reserve, uptr *alloc, uptr *limit, uptr *top);
/**
 * nt_vm_guard_hit() - was it a guard page that @addr touched
 * It is an ordinary page afterwards. Return: STATUS_SUCCESS: go on (the thread's own stack grew);
 *	STATUS_GUARD_PAGE_VIOLATION, STATUS_STACK_OVERFLOW; STATUS_ACCESS_VIOLATION: no guard page.
 */
ntstatus nt_vm_guard_hit(struct nt_vm *vm, uptr addr);
/** nt_vm_map_image() - view of an image; *base in: wanted or 0, out; takes the lock. */
ntstatus nt_vm_map_image(struct nt_vm *vm, struct nt_image *img, struct nt_object *section, uptr *base);
/** nt_vm_commit() - pages of zeroes at free or reserved addresses; lock held. */
ntstatus nt_vm_commit(struct nt_vm *vm, uptr start, uptr end, u32 protect);
/** nt_vm_release_locked() - the allocation and its mappings; lock held. */
void nt_vm_release_locked(struct nt_vm *vm, struct nt_alloc *a);
