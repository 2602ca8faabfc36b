// SPDX-License-Identifier: GPL-2.0-only
/* Caches of modules that can shrink: each is a native one. */
#include "../lx.h"

#include "../task.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/mm/page.h>
#include <tern/mm/reclaim.h>
#include <tern/mm/slab.h>

#define NOTHING_NOW	(~0UL)		/* what scan_objects() answers if it cannot: SHRINK_STOP */
#define COUNT_EMPTY	(~0UL - 1)	/* SHRINK_EMPTY */

struct cache {
	struct cacheshrinker native;
	struct lx_shrinker *pub;	/* I */
	struct list link;		/* caches_lock */
};

static LIST_HEAD(caches);
static struct kmutex caches_lock = KMUTEX_INIT(caches_lock, LOCKRANK_VFS_MISC);	/* protects caches */

static u64 count(struct cacheshrinker *s)
{
	struct cache *c = container_of(s, struct cache, native);
	struct lx_shrink_control sc = { .gfp_mask = ALLOC_NOFS };
	unsigned long n = lx_task_enter() ? 0 : c->pub->count_objects(c->pub, &sc);

	return n == COUNT_EMPTY ? 0 : n;
}

static u64 scan(struct cacheshrinker *s, u64 n)
{
	struct cache *c = container_of(s, struct cache, native);
	struct lx_shrink_control sc = { .gfp_mask = ALLOC_NOFS, .nr_to_scan = n, .nr_scanned = n };
	unsigned long got = lx_task_enter() ? 0 : c->pub->scan_objects(c->pub, &sc);

	return got == NOTHING_NOW ? 0 : got;
}

int lx_register_shrinker(struct lx_shrinker *pub, const char *fmt, ...)
{
	struct cache *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);

	if (!c)
		return -ENOMEM;
	c->pub = pub;
	c->native.name = "module";
	c->native.count = count;
	c->native.scan = scan;
	kmutex_lock(&caches_lock);
	list_add(&c->link, &caches);
	kmutex_unlock(&caches_lock);
	shrinker_register(&c->native);
	return 0;
}
LX_EXPORT(register_shrinker);

void lx_unregister_shrinker(struct lx_shrinker *pub)
{
	struct cache *c, *found = NULL;

	kmutex_lock(&caches_lock);
	list_foreach(c, &caches, link)
		if (c->pub == pub)
			found = c;
	if (found)
		list_del(&found->link);
	kmutex_unlock(&caches_lock);
	if (!found)
		return;
	shrinker_unregister(&found->native);
	kmem_free(found);
}
LX_EXPORT(unregister_shrinker);
