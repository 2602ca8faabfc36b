/* SPDX-License-Identifier: GPL-2.0-only */
/* How lib code gets memory: the caller hands over a pair of functions. */
#pragma once

#include <tern/base/types.h>

/**
 * struct lib_alloc - memory for lib code
 * @alloc: returns @size bytes aligned to 16, contents undefined, or NULL
 * @free: takes back what @alloc gave, with the same size. Trees with lock-free
 *	readers (radix, idmap) leave the first 16 bytes of a node to @free, which
 *	may keep a deferral record there until readers are gone.
 * @ctx: first argument of both
 */
struct lib_alloc {
	void *(*alloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *ptr, size_t size);
	void *ctx;
};

static inline void *lib_alloc_get(const struct lib_alloc *a, size_t size)
{
	return a->alloc(a->ctx, size);
}

static inline void lib_alloc_put(const struct lib_alloc *a, void *ptr, size_t size)
{
	if (ptr)
		a->free(a->ctx, ptr, size);
}
