// SPDX-License-Identifier: GPL-2.0-only
/* The layouts that native code shares with modules, and the generated ones, against the vendor's. */
#include <generated/lx_check.h>

#include <tern/mm/page.h>
#include <tern/mm/slab.h>
#include <tern/base/spin.h>

#define SAME(member, lx_member) \
	static_assert(offsetof(struct page, member) == offsetof(struct lx_page, lx_member), #member)

static_assert(sizeof(struct page) == sizeof(struct lx_page), "page");
SAME(flags, flags);
SAME(lru, lru);
SAME(compound_head, compound_head);
SAME(compound_order, compound_order);
SAME(mapping, mapping);
SAME(index, index);
SAME(private, private);
SAME(mapcount, _mapcount);
SAME(refcount, _refcount);
static_assert(sizeof(spinword) == sizeof(struct lx_raw_spinlock), "spinlock_t");
static_assert(sizeof(kmem_classes) == 4 * 14 * 8, "kmalloc_caches");
