// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory objects: a page cache with nothing behind it, counted by those
 * who map it. Shared anonymous mappings (MAP_SHARED | MAP_ANONYMOUS) are one
 * each; others (System V segments) make and name their own. The size of an
 * object is promised memory from the start.
 */
#include <tern/mm/shmem.h>

#include "aspace_impl.h"
#include "mm_impl.h"

struct shmem {
	refcount refs;		/* A */
	u64 ncommitted;		/* I pages promised */
	struct pagecache pc;
};

struct shmem *shmem_create(u64 size, bool is_promised)
{
	struct shmem *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);

	if (!s)
		return NULL;
	if (is_promised)
		s->ncommitted = DIV_ROUND_UP(size, PAGE_SIZE);
	if (commit_charge(s->ncommitted)) {
		kmem_free(s);
		return NULL;
	}
	ref_init(&s->refs, 1);
	pagecache_init(&s->pc, NULL, &pagecache_ops_memory,
		       PAGECACHE_SWAPBACKED | PAGECACHE_NOWRITEBACK | PAGECACHE_SHMEM);
	s->pc.anon_size = ALIGN_UP(size, PAGE_SIZE);
	return s;
}

void shmem_put(struct shmem *s)
{
	if (!ref_put(&s->refs))
		return;
	pagecache_fini(&s->pc);
	commit_uncharge(s->ncommitted);
	kmem_free(s);
}

bool shmem_hold(struct pagecache *pc)
{
	return ref_get_unless_zero(&container_of(pc, struct shmem, pc)->refs);
}

void shmem_release(struct pagecache *pc)
{
	shmem_put(container_of(pc, struct shmem, pc));
}

struct pagecache *shmem_cache(struct shmem *s)
{
	return &s->pc;
}

static void shmem_open(struct region *rg)
{
	struct shmem *s = rg->priv;

	ref_get(&s->refs);
}

static void shmem_close(struct region *rg)
{
	shmem_put(rg->priv);
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
	struct shmem *s = shmem_create(req->len, !(req->map_flags & MAP_NORESERVE) ||
						 vm_overcommit_mode == 2);

	if (!s)
		return -ENOMEM;
	req->pc = &s->pc;
	req->pgoff = 0;
	req->ops = &region_ops_shmem;
	req->priv = s;
	return 0;
}

bool aspace_shmem_again(struct map_request *req, const struct region *rg)
{
	struct shmem *s = rg->priv;

	if (rg->ops != &region_ops_shmem)
		return false;
	ref_get(&s->refs);
	req->pc = rg->pc;
	req->ops = rg->ops;
	req->priv = s;
	return true;
}

/* The maker's own reference, dropped once the region holds one (or the mapping failed). */
void aspace_shmem_done(struct map_request *req)
{
	shmem_put(req->priv);
}

/* Is @rg part of the mapping of @of that began at @addr. */
static bool is_piece(const struct region *rg, uptr addr, const struct region *of)
{
	return rg->ops == of->ops && rg->priv == of->priv && rg->start >= addr &&
	       rg->pgoff == (rg->start - addr) >> PAGE_SHIFT;
}

int aspace_unmap_object(struct aspace *as, uptr addr, const struct region_ops *ops)
{
	struct region *rg, first;
	int err = -EINVAL;
	uptr end;

	rwsem_write_lock(&as->as_lock);
	for (rg = region_find(as, addr); rg; rg = region_next(rg))
		if (rg->ops == ops && rg->pgoff == (rg->start - addr) >> PAGE_SHIFT)
			break;
	if (!rg || rg->start < addr)
		goto out;
	first = *rg;
	end = addr + ALIGN_UP(rg->pc->anon_size, PAGE_SIZE);
	err = 0;
	while (!err && rg && rg->start < end) {
		uptr next = rg->end;

		if (is_piece(rg, addr, &first))
			err = unmap_range(as, rg->start, rg->end);
		rg = region_find(as, next);
	}
out:
	rwsem_write_unlock(&as->as_lock);
	return err;
}
