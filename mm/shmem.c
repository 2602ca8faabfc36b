// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared anonymous memory (MAP_SHARED | MAP_ANONYMOUS): a page cache with
 * nothing behind it, counted by the regions that map it. Its size is promised
 * memory from the start.
 */
#include "aspace_impl.h"
#include "mm_impl.h"

struct shmem {
	refcount refs;		/* A regions */
	u64 ncommitted;		/* I of them promised */
	struct pagecache pc;
};

static void shmem_open(struct region *rg)
{
	struct shmem *s = rg->priv;

	ref_get(&s->refs);
}

static void shmem_release(struct shmem *s)
{
	if (!ref_put(&s->refs))
		return;
	pagecache_fini(&s->pc);
	commit_uncharge(s->ncommitted);
	kmem_free(s);
}

static void shmem_close(struct region *rg)
{
	shmem_release(rg->priv);
}

static int shmem_may_split(struct region *rg, uptr addr)
{
	return 0;
}

static const char *shmem_name(struct region *rg)
{
	return "/dev/zero (deleted)";
}

static const struct region_ops region_ops_shmem = {
	.open = shmem_open,
	.close = shmem_close,
	.fault = pagecache_region_fault,
	.may_split = shmem_may_split,
	.name = shmem_name,
};

int aspace_shmem_map(struct map_request *req)
{
	struct shmem *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);

	if (!s)
		return -ENOMEM;
	if (!(req->map_flags & MAP_NORESERVE) || vm_overcommit_mode == 2)
		s->ncommitted = DIV_ROUND_UP(req->len, PAGE_SIZE);
	if (commit_charge(s->ncommitted)) {
		kmem_free(s);
		return -ENOMEM;
	}
	ref_init(&s->refs, 1);
	pagecache_init(&s->pc, NULL, &pagecache_ops_memory,
		       PAGECACHE_SWAPBACKED | PAGECACHE_NOWRITEBACK);
	s->pc.anon_size = ALIGN_UP(req->len, PAGE_SIZE);
	req->pc = &s->pc;
	req->pgoff = 0;
	req->ops = &region_ops_shmem;
	req->priv = s;
	return 0;
}

/* The maker's own reference, dropped once the region holds one (or the mapping failed). */
void aspace_shmem_done(struct map_request *req)
{
	shmem_release(req->priv);
}
