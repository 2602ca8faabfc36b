/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory objects that are mapped under region ops of their owner's. Owner mm/shmem.c. */
#pragma once

#include <tern/mm/aspace.h>

struct shmem;

/**
 * shmem_create() - @size bytes of zeroes, one reference
 * @is_promised: counts against the commit limit from now on
 * Return: NULL if no memory. Context: sleeps.
 */
struct shmem *shmem_create(u64 size, bool is_promised);
/** shmem_put() - last: the pages go; nothing may map it then. Context: sleeps. */
void shmem_put(struct shmem *s);
/** shmem_hold() / shmem_release() - the object that a cache with PAGECACHE_SHMEM is part of; false: it goes. */
bool shmem_hold(struct pagecache *pc);
void shmem_release(struct pagecache *pc);
/** shmem_cache() - its pages: for map_request.pc and for counting. */
struct pagecache *shmem_cache(struct shmem *s);
/** pagecache_region_fault() - ready-made fault slot for regions of a page cache. */
int pagecache_region_fault(struct pagefault *f);
/**
 * aspace_unmap_object() - undo a mapping made with @ops at @addr with page offset 0,
 * whatever pieces of it are left (shmdt)
 * Return: 0, -EINVAL if there is none, -ENOMEM.
 */
int aspace_unmap_object(struct aspace *as, uptr addr, const struct region_ops *ops);
