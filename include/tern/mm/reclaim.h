/* SPDX-License-Identifier: GPL-2.0-only */
/* Getting memory back from caches that others own. Owner mm/reclaim.c. */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/list.h>

/*
 * A cache that can shrink (names, vnodes). Both functions may sleep but must not
 * allocate with reclaim allowed, nor take a lock under which the owner allocates.
 */
struct cacheshrinker {
	struct list link;	/* mm's */
	const char *name;
	/* Objects that could go now; cheap. */
	u64 (*count)(struct cacheshrinker *s);
	/* Free up to @n of them; returns how many went. */
	u64 (*scan)(struct cacheshrinker *s, u64 n);
};

extern u64 vm_cache_pressure;	/* percent: how eagerly caches shrink under pressure */

/** shrinker_register() - @s stays the caller's; both slots filled. Sleeps. */
void shrinker_register(struct cacheshrinker *s);
/** shrinker_unregister() - returns when no scan of it runs any more. Sleeps. */
void shrinker_unregister(struct cacheshrinker *s);

/**
 * reclaim_drop_caches() - drop clean page cache (bit 0) and shrinkable objects
 * (bit 1); objects freed. Sleeps.
 */
u64 reclaim_drop_caches(u32 what);
