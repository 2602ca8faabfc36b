// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages and memory nodes: mbind(2), set_mempolicy_home_node(2), move_pages(2),
 * migrate_pages(2). There is one node: what leads to it is true already, what
 * names others is refused.
 */
#include "sys_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/aspace.h>
#include <uapi/mman.h>

#define MOVE_STRICT	1u
#define MOVE_OWN	2u
#define MOVE_ALL	4u
#define PAGE_PRESENT	BIT(63)	/* of aspace_pagemap() */

/* The range of a policy, checked; 0 with *end == start: nothing to do. */
static int check_range(uptr start, size_t len, uptr *end)
{
	if (start & ~PAGE_MASK)
		return -EINVAL;
	return check_add(start, ALIGN_UP(len, PAGE_SIZE), end) || *end < start ? -EINVAL : 0;
}

long sys_mbind(uptr start, size_t len, s32 mode, const u64 __user *set, u64 nbits, u32 flags)
{
	int policy = mempolicy_check(mode, set, nbits), err;
	uptr end;

	if (policy < 0)
		return policy;
	if (flags & ~(MOVE_STRICT | MOVE_OWN | MOVE_ALL))
		return -EINVAL;
	if ((flags & MOVE_ALL) && !cap_has(CAP_SYS_NICE))
		return -EPERM;
	err = check_range(start, len, &end);
	return err || start == end ? err : aspace_set_policy(thread_self()->t_as, start, end, (u16)policy);
}

/* The one node is every policy's home; which of the range may have one? */
static int check_home(struct aspace *as, uptr start, uptr end)
{
	const struct region *rg;
	int err = -ENOENT;

	rwsem_read_lock(&as->as_lock);
	for (rg = region_find(as, start); rg && rg->start < end; rg = region_next((struct region *)rg)) {
		if (!rg->mempolicy)
			continue;
		err = mempolicy_may_have_home(rg->mempolicy) ? 0 : -EOPNOTSUPP;
		if (err)
			break;
	}
	rwsem_read_unlock(&as->as_lock);
	return err;
}

long sys_set_mempolicy_home_node(uptr start, size_t len, u64 node, u64 flags)
{
	uptr end;
	int err;

	if ((start & ~PAGE_MASK) || flags || node)
		return -EINVAL;
	err = check_range(start, len, &end);
	return err || start == end ? err : check_home(thread_self()->t_as, start, end);
}

/* Memory of process @pid (0: one's own) with a user reference, or ERR_PTR. */
static struct aspace *aspace_of(s32 pid)
{
	struct thread *t = sched_find_thread(pid);
	struct aspace *as;

	if (IS_ERR(t))
		return ERR_CAST(t);
	as = pid && !process_may_access(t->t_proc, false) ? ERR_PTR(-EPERM) : process_aspace(t->t_proc);
	thread_put(t);
	return as ? as : ERR_PTR(-EINVAL);
}

/* 0: the page is there, on the one node. */
static s32 page_state(struct aspace *as, uptr addr)
{
	const struct region *rg;
	bool is_mapped, is_anon;
	u64 entry = 0;

	rwsem_read_lock(&as->as_lock);
	rg = addr < USER_END ? region_at(as, addr) : NULL;
	is_mapped = rg;
	is_anon = rg && !rg->pc;
	rwsem_read_unlock(&as->as_lock);
	if (!is_mapped)
		return -EFAULT;
	if (aspace_pagemap(as, addr & PAGE_MASK, 1, &entry, false))
		return -EINTR;
	if (entry & PAGE_PRESENT)
		return 0;
	return is_anon && !entry ? -EFAULT : -ENOENT;	/* nothing was ever written there */
}

static long move_each(struct aspace *as, u64 n, const uptr __user *pages, const s32 __user *nodes,
		      s32 __user *status)
{
	for (u64 i = 0; i < n; i++) {
		s32 node = 0, state;
		uptr addr;

		if (user_get(addr, pages + i) || (nodes && user_get(node, nodes + i)))
			return -EFAULT;
		if (node)
			return -ENODEV;
		state = page_state(as, addr);
		if (user_put(state, status + i))
			return -EFAULT;
		if (signal_is_fatal_pending())
			return -EINTR;
	}
	return 0;
}

long sys_move_pages(s32 pid, u64 n, const uptr __user *pages, const s32 __user *nodes,
		    s32 __user *status, u32 flags)
{
	struct aspace *as;
	long err;

	if (flags & ~(MOVE_OWN | MOVE_ALL))
		return -EINVAL;
	if ((flags & MOVE_ALL) && !cap_has(CAP_SYS_NICE))
		return -EPERM;
	as = aspace_of(pid);
	if (IS_ERR(as))
		return PTR_ERR(as);
	err = move_each(as, n, pages, nodes, status);
	aspace_put(as);
	return err;
}

long sys_migrate_pages(s32 pid, u64 nbits, const u64 __user *old, const u64 __user *new)
{
	bool is_empty, ignored;
	struct aspace *as;
	int err = mempolicy_nodes(old, nbits, &ignored);

	if (!err)
		err = mempolicy_nodes(new, nbits, &is_empty);
	if (err)
		return err;
	as = aspace_of(pid);
	if (IS_ERR(as))
		return PTR_ERR(as);
	aspace_put(as);
	return is_empty ? -EINVAL : 0;		/* from the one node to itself */
}
