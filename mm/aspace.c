// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an address space and its totals.
 *
 * as_users counts threads and temporary users; the last one tears the regions
 * down, makes every CPU forget the tables and drops the users' common as_refs.
 * as_refs keeps the structure and top table for CPUs that stay on it lazily.
 *
 * Promised memory (regions with REGION_ACCOUNT) is summed in VMSTAT_COMMITTED
 * and judged by vm_overcommit_mode, as Linux documents it.
 */
#include <asm/cpu.h>
#include <asm/smp.h>
#include <tern/lib/bitmap.h>
#include <tern/lib/string.h>

#include "aspace_impl.h"
#include "mm_impl.h"
#include "reclaim_impl.h"
#include "rmap_impl.h"
#include "swap_impl.h"

struct aspace aspace_kernel = {
	.as_users = { ATOMIC_INIT(1) },
	.as_refs = { ATOMIC_INIT(1) },
	.as_lock = RWSEM_INIT(aspace_kernel.as_lock, LOCKRANK_ASPACE),
};
DEFINE_PERCPU(struct aspace *, cpu_aspace);

u32 vm_overcommit_mode;
u32 vm_overcommit_ratio = 50;
u32 vm_max_map_count = 65530;
u64 vm_mmap_min_addr = USER_MIN;
u32 vm_stack_guard_pages = 256;

static struct objcache *aspace_cache;
static LIST_HEAD(all_aspaces);
static struct spin all_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects all_aspaces */

#define OVERCOMMIT_ALWAYS	1
#define OVERCOMMIT_NEVER	2

void aspace_init(void)
{
	arch_aspace_init_kernel(&aspace_kernel.arch);
	aspace_cache = objcache_create("aspace", sizeof(struct aspace), 0, OBJCACHE_HWALIGN, NULL);
	VERIFY(aspace_cache);
	region_init();
	anon_init();
}

struct aspace *aspace_create(void)
{
	struct aspace *as = objcache_zalloc(aspace_cache, ALLOC_KERNEL);

	if (!as)
		return NULL;
	if (arch_aspace_init(&as->arch)) {
		objcache_free(aspace_cache, as);
		return NULL;
	}
	pt_root_count_in(as->arch.root, &as->pt_bytes);
	vmstat_add(VMSTAT_PAGETABLE, 1);
	ref_init(&as->as_users, 1);
	ref_init(&as->as_refs, 1);
	rwsem_init(&as->as_lock, LOCKRANK_ASPACE);
	spin_init(&as->as_anon_lock, LOCKRANK_ANON);
	spin_lock(&all_lock);
	list_add_tail(&as->as_all_link, &all_aspaces);
	spin_unlock(&all_lock);
	rbtree_init(&as->as_regions);
	as->mmap_base = USER_END;
	as->limit_as = as->limit_data = as->limit_stack = as->limit_memlock = U64_MAX;
	as->is_dumpable = true;
	return as;
}

bool aspace_get_unless_zero(struct aspace *as)
{
	return ref_get_unless_zero(&as->as_users);
}

void aspace_ref(struct aspace *as)
{
	ref_get(&as->as_refs);
}

void aspace_unref(struct aspace *as)
{
	if (!ref_put(&as->as_refs))
		return;
	VERIFY(as != &aspace_kernel);
	spin_lock(&all_lock);
	list_del(&as->as_all_link);
	spin_unlock(&all_lock);
	vmstat_add(VMSTAT_PAGETABLE, -1);
	arch_aspace_fini(&as->arch);
	objcache_free(aspace_cache, as);
}

/* On a CPU that has the tables loaded; interrupts off. */
static void forget_tables(void *arg)
{
	struct aspace *as = arg;

	if (aspace_self() == as)
		this_cpu_write(cpu_aspace, NULL);
	arch_aspace_cpu_drop(&as->arch);
}

/* CPUs that linger on the tables with a kernel thread move to the kernel's own. */
static void forget_everywhere(struct aspace *as)
{
	u64 flags;

	preempt_disable();
	flags = irq_save();
	forget_tables(as);
	irq_restore(flags);
	if (!bitmap_is_empty(as->arch.cpus, cpu_count_possible))
		smp_call_mask(as->arch.cpus, forget_tables, as);
	preempt_enable();
}

void aspace_put(struct aspace *as)
{
	if (!as || !ref_put(&as->as_users))
		return;
	might_sleep();
	vmstat_add(VMSTAT_ENDING, 1);
	unmap_all(as);
	vmstat_add(VMSTAT_ENDING, -1);
	forget_everywhere(as);
	if (as->exe_file)
		ofile_put(as->exe_file);
	as->exe_file = NULL;
	if (as->oom_victim)
		oom_victim_gone(as);
	aspace_unref(as);
}

void aspace_switch(struct aspace *prev, struct aspace *next)
{
	this_cpu_write(cpu_aspace, next);
	if (next)
		pt_activate(next);
	else
		pt_deactivate();
}

int aspace_foreach(int (*fn)(struct aspace *as, void *arg), void *arg)
{
	struct aspace *as, *prev = NULL;
	int err = 0;

	spin_lock(&all_lock);
	list_foreach(as, &all_aspaces, as_all_link) {
		if (!aspace_get_unless_zero(as))
			continue;
		/* Our reference keeps it on the list while the lock is not held. */
		spin_unlock(&all_lock);
		aspace_put(prev);
		prev = as;
		err = fn(as, arg);
		spin_lock(&all_lock);
		if (err)
			break;
	}
	spin_unlock(&all_lock);
	aspace_put(prev);
	return err;
}

/* ---- totals ---- */
void aspace_account(struct aspace *as, u32 flags, s64 npages)
{
	as->total_vm += npages;
	if (flags & REGION_GROWSDOWN)
		as->stack_vm += npages;
	else if ((flags & (REGION_EXEC | REGION_WRITE)) == REGION_EXEC)
		as->exec_vm += npages;
	else if ((flags & (REGION_WRITE | REGION_SHARED)) == REGION_WRITE)
		as->data_vm += npages;
}

int aspace_may_grow(struct aspace *as, u32 flags, u64 npages)
{
	if (npages > (U64_MAX >> PAGE_SHIFT) || as->total_vm + npages > as->limit_as >> PAGE_SHIFT)
		return -ENOMEM;
	if ((flags & (REGION_WRITE | REGION_SHARED | REGION_GROWSDOWN)) == REGION_WRITE &&
	    as->data_vm + npages > as->limit_data >> PAGE_SHIFT)
		return -ENOMEM;
	return 0;
}

u64 commit_limit_pages(void)
{
	u64 swap, swap_free;

	swap_totals(&swap, &swap_free);
	return page_count_total() * vm_overcommit_ratio / 100 + swap;
}

int commit_charge(u64 npages)
{
	u64 swap, swap_free;

	swap_totals(&swap, &swap_free);
	if (vm_overcommit_mode == OVERCOMMIT_NEVER) {
		if (vmstat_read(VMSTAT_COMMITTED) + npages > commit_limit_pages())
			return -ENOMEM;
	} else if (vm_overcommit_mode != OVERCOMMIT_ALWAYS && npages > page_count_total() + swap) {
		return -ENOMEM;
	}
	vmstat_add(VMSTAT_COMMITTED, npages);
	return 0;
}

void commit_uncharge(u64 npages)
{
	vmstat_add(VMSTAT_COMMITTED, -(s64)npages);
}

u64 aspace_rss(struct aspace *as)
{
	s64 n = atomic_read(&as->rss[RSS_FILE]) + atomic_read(&as->rss[RSS_ANON]) +
		atomic_read(&as->rss[RSS_SHMEM]);
	u64 rss = n > 0 ? n : 0;

	if (rss > READ_ONCE(as->hiwater_rss))
		WRITE_ONCE(as->hiwater_rss, rss);
	return rss;
}
