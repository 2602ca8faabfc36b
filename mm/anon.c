// SPDX-License-Identifier: GPL-2.0-only
/* Sets of regions that share anonymous pages: made by the first fault, inherited by split, move and fork. */
#include <tern/base/rcu.h>
#include <tern/mm/slab.h>

#include "aspace_impl.h"
#include "rmap_impl.h"

static struct objcache *anonset_cache;

static void anonset_ctor(void *obj)
{
	struct anonset *s = obj;

	/* Once for the life of the slab: a late reader may lock a set that is free or another's by now. */
	rmap_tree_init(&s->maps);
}

void anon_init(void)
{
	anonset_cache = objcache_create("anonset", sizeof(struct anonset), 0, OBJCACHE_RCU, anonset_ctor);
	VERIFY(anonset_cache);
}

void anonset_get(struct anonset *s)
{
	ref_get(&s->refs);
}

void anonset_put(struct anonset *s)
{
	if (!ref_put(&s->refs))
		return;
	ASSERT(!s->maps.regions.root);
	objcache_free(anonset_cache, s);
}

/* A neighbour's set, so that the two can be merged later; with a reference. */
static struct anonset *near_set(const struct region *rg, const struct region *near)
{
	struct anonset *s = near ? READ_ONCE(near->anon) : NULL;
	bool adjoins;

	if (!s || near->file != rg->file || near->pc != rg->pc || near->ops != rg->ops)
		return NULL;
	adjoins = near->end == rg->start ? near->pgoff + region_pages(near) == rg->pgoff :
		  rg->end == near->start && rg->pgoff + region_pages(rg) == near->pgoff;
	if (!adjoins)
		return NULL;
	anonset_get(s);
	return s;
}

int anon_prepare_slow(struct region *rg)
{
	struct anonset *s = near_set(rg, region_prev(rg));

	if (!s)
		s = near_set(rg, region_next(rg));
	if (!s) {
		s = objcache_alloc(anonset_cache, ALLOC_KERNEL);
		if (!s)
			return -ENOMEM;
		ref_init(&s->refs, 1);
	}
	spin_lock(&rg->as->as_anon_lock);
	if (!rg->anon) {
		rmap_tree_insert(&s->maps, rg, &rg->anon_link);
		store_release(&rg->anon, s);
		s = NULL;
	}
	spin_unlock(&rg->as->as_anon_lock);
	if (s)
		anonset_put(s);
	return 0;
}

void anon_join(struct region *a, const struct region *b)
{
	if (a->anon || !b->anon)
		return;
	anonset_get(b->anon);
	rmap_tree_insert(&b->anon->maps, a, &a->anon_link);
	WRITE_ONCE(a->anon, b->anon);
}

void anon_set_page(struct page *page, struct region *rg, uptr addr)
{
	page->index = region_index(rg, addr);
	WRITE_ONCE(page->mapping, (struct pagecache *)((uptr)rg->anon | MAPPING_ANON));
}

struct rmap_tree *anonset_lock_page(struct page *page)
{
	struct rmap_tree *t = NULL;
	struct anonset *s;

	rcu_read_lock();
	s = (struct anonset *)((uptr)READ_ONCE(page->mapping) & ~MAPPING_ANON);
	if (page_is_mapped(page)) {
		t = &s->maps;
		spin_lock(&t->lock);
		/* Still mapped: then by a region of this set, which must take the lock before it goes. */
		if (!page_is_mapped(page)) {
			spin_unlock(&t->lock);
			t = NULL;
		}
	}
	rcu_read_unlock();
	return t;
}
