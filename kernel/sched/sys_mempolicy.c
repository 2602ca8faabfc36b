// SPDX-License-Identifier: GPL-2.0-only
/*
 * get_mempolicy(2), set_mempolicy(2): from which memory node a thread's pages
 * come. There is one node, so that each policy is kept and leads to it; one that
 * names other nodes only is refused.
 */
#include "sys_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/aspace.h>

enum { POLICY_DEFAULT, POLICY_PREFERRED, POLICY_BIND, POLICY_INTERLEAVE, POLICY_LOCAL,
	POLICY_PREFERRED_MANY, POLICY_COUNT };

#define POLICY_STATIC_NODES	0x8000u
#define POLICY_RELATIVE_NODES	0x4000u
#define POLICY_FLAGS		(POLICY_STATIC_NODES | POLICY_RELATIVE_NODES)
#define GET_NODE		1u	/* not the policy: a node */
#define GET_ADDR		2u	/* of an address, not of the thread */
#define GET_MEMS_ALLOWED	4u	/* nodes that may be named at all */
#define NODES_MAX		(4096 * 8UL)	/* bits of the longest set that is read */

int mempolicy_nodes(const u64 __user *set, u64 nbits, bool *is_empty)
{
	u64 word;

	*is_empty = true;
	if (!nbits || !--nbits || !set)	/* the count is one more than the bits */
		return 0;
	if (nbits > NODES_MAX)
		return -EINVAL;
	for (u64 at = 0; at < nbits; at += 64) {
		if (user_copyin(&word, set + at / 64, sizeof(word)))
			return -EFAULT;
		if (nbits - at < 64)
			word &= (1UL << (nbits - at)) - 1;
		if (at ? word : word & ~1UL)
			return -EINVAL;
		if (word)
			*is_empty = false;
	}
	return 0;
}

int mempolicy_check(s32 mode, const u64 __user *set, u64 nbits)
{
	u32 flags = (u32)mode & POLICY_FLAGS, policy = (u32)mode & ~POLICY_FLAGS;
	bool is_empty;
	int err;

	if (policy >= POLICY_COUNT || flags == POLICY_FLAGS)
		return -EINVAL;
	err = mempolicy_nodes(set, nbits, &is_empty);
	if (err)
		return err;
	switch (policy) {
	case POLICY_DEFAULT:
	case POLICY_LOCAL:
		if (!is_empty || flags)
			return -EINVAL;
		break;
	case POLICY_PREFERRED:
		if (is_empty && flags)
			return -EINVAL;
		if (is_empty)
			policy = POLICY_LOCAL;
		break;
	default:
		if (is_empty)
			return -EINVAL;
	}
	return (int)(policy | flags);
}

long sys_set_mempolicy(s32 mode, const u64 __user *set, u64 nbits)
{
	int policy = mempolicy_check(mode, set, nbits);

	if (policy < 0)
		return policy;
	thread_self()->t_mempolicy = (u16)policy;
	return 0;
}

static int put_nodes(u64 __user *set, u64 nbits, u64 first)
{
	u64 words;

	if (!set)
		return 0;
	if (nbits < 1)
		return -EINVAL;
	words = (nbits - 1 + 63) / 64;
	if (words > NODES_MAX / 64)
		return -EINVAL;
	for (u64 i = 0; i < words; i++) {
		u64 word = i ? 0 : first;

		if (user_copyout(set + i, &word, sizeof(word)))
			return -EFAULT;
	}
	return 0;
}

/* The policy of the region at @addr; -EFAULT. */
static s32 policy_at(uptr addr)
{
	struct aspace *as = thread_self()->t_as;
	const struct region *rg;
	s32 policy;

	rwsem_read_lock(&as->as_lock);
	rg = addr < USER_END ? region_at(as, addr) : NULL;
	policy = rg ? rg->mempolicy : -EFAULT;
	rwsem_read_unlock(&as->as_lock);
	return policy;
}

/* The node of a page, which is brought in for that. */
static s32 node_at(uptr addr)
{
	struct page *page;
	long n = aspace_pin(NULL, addr, 1, false, &page);

	if (n != 1)
		return n < 0 ? (s32)n : -EFAULT;
	page_put(page);
	return 0;
}

/* What the call tells of a policy: itself, or a node. */
static s32 policy_value(s32 policy, uptr addr, u64 flags)
{
	if (!(flags & GET_NODE))
		return policy;
	if (flags & GET_ADDR)
		return node_at(addr);
	return (policy & ~POLICY_FLAGS) == POLICY_INTERLEAVE ? 0 : -EINVAL;
}

long sys_get_mempolicy(s32 __user *out, u64 __user *set, u64 nbits, uptr addr, u64 flags)
{
	s32 policy = thread_self()->t_mempolicy, value = 0;
	u32 kind;

	if (flags & ~(u64)(GET_NODE | GET_ADDR | GET_MEMS_ALLOWED))
		return -EINVAL;
	if (flags & GET_MEMS_ALLOWED) {
		if (flags & (GET_NODE | GET_ADDR))
			return -EINVAL;
	} else {
		if (flags & GET_ADDR)
			policy = policy_at(addr);
		else if (addr)
			return -EINVAL;
		if (policy < 0)
			return policy;
		value = policy_value(policy, addr, flags);
		if (value < 0)
			return value;
	}
	if (out && user_copyout(out, &value, sizeof(value)))
		return -EFAULT;
	kind = (u32)policy & ~POLICY_FLAGS;
	return put_nodes(set, nbits, (flags & GET_MEMS_ALLOWED) ||
			 (kind != POLICY_DEFAULT && kind != POLICY_LOCAL));
}

bool mempolicy_may_have_home(u16 policy)
{
	u32 kind = policy & ~POLICY_FLAGS;

	return kind == POLICY_BIND || kind == POLICY_PREFERRED_MANY;
}
