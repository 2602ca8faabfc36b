// SPDX-License-Identifier: GPL-2.0-only
/*
 * Object checks (CONFIG_DEBUG_SLAB): behind each object lie its free-list link
 * and a guard word that says whether the object is in use. Free objects of
 * caches without a constructor are poisoned, and the poison is checked when
 * they are handed out.
 */
#include "slab_impl.h"

#define GUARD_IN_USE	0x5c5cca11ab1eaf00UL
#define GUARD_FREE	0xf4eef4eef4eef400UL
#define POISON_BYTE	0x6b

/* The guard lies right behind the link. */
static u64 *guard_of(const struct objcache *c, void *obj)
{
	return (u64 *)((char *)obj + c->link_off + sizeof(void *));
}

static bool has_poison(const struct objcache *c)
{
	return !c->ctor && !(c->flags & OBJCACHE_RCU);
}

void slab_debug_layout(struct objcache *c)
{
	c->stride += sizeof(u64);
}

void slab_debug_born(struct objcache *c, void *obj)
{
	*guard_of(c, obj) = GUARD_FREE;
	if (has_poison(c))
		memset(obj, POISON_BYTE, c->size);
}

void slab_debug_alloc(struct objcache *c, void *obj)
{
	const u8 *b = obj;

	if (*guard_of(c, obj) != GUARD_FREE)
		kpanic("%s: guard of free object %p is %#lx", c->name, obj, *guard_of(c, obj));
	*guard_of(c, obj) = GUARD_IN_USE;
	if (!has_poison(c))
		return;
	for (u32 i = 0; i < c->size; i++)
		if (b[i] != POISON_BYTE)
			kpanic("%s: free object %p was written at offset %u: %#x", c->name, obj, i, b[i]);
}

void slab_debug_free(struct objcache *c, void *obj)
{
	struct page *s = page_head(virt_to_page(obj));

	if (!page_flag_test(s, PG_SLAB) || s->mapping != (struct pagecache *)c)
		kpanic("%s: %p is no object of this cache", c->name, obj);
	if (((u64)obj - (u64)page_to_virt(s)) % c->stride)
		kpanic("%s: %p does not point at the start of an object", c->name, obj);
	if (*guard_of(c, obj) == GUARD_FREE)
		kpanic("%s: %p is freed twice", c->name, obj);
	if (*guard_of(c, obj) != GUARD_IN_USE)
		kpanic("%s: write past the end of %p: guard is %#lx", c->name, obj, *guard_of(c, obj));
	*guard_of(c, obj) = GUARD_FREE;
	if (has_poison(c))
		memset(obj, POISON_BYTE, c->size);
}
