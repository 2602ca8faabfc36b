// SPDX-License-Identifier: GPL-2.0-only
/*
 * get_mempolicy(2), set_mempolicy(2): from which memory node a thread's pages
 * come. There is one node, so that each policy is kept and leads to it; one that
 * names other nodes only is refused.
 */
#include "sys_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/syscalls.h>

enum { POLICY_DEFAULT, POLICY_PREFERRED, POLICY_BIND, POLICY_INTERLEAVE, POLICY_LOCAL,
	POLICY_PREFERRED_MANY, POLICY_COUNT };

#define POLICY_STATIC_NODES	0x8000u
#define POLICY_RELATIVE_NODES	0x4000u
#define POLICY_FLAGS		(POLICY_STATIC_NODES | POLICY_RELATIVE_NODES)
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

long sys_get_mempolicy(s32 __user *out, u64 __user *set, u64 nbits, uptr addr, u64 flags)
{
	u32 policy = thread_self()->t_mempolicy, kind = policy & ~POLICY_FLAGS;

	if (flags & ~(u64)GET_MEMS_ALLOWED || (!flags && addr))
		return -EINVAL;
	if (flags && out) {
		s32 none = 0;

		if (user_copyout(out, &none, sizeof(none)))
			return -EFAULT;
	} else if (out) {
		s32 value = (s32)policy;

		if (user_copyout(out, &value, sizeof(value)))
			return -EFAULT;
	}
	return put_nodes(set, nbits, flags || (kind != POLICY_DEFAULT && kind != POLICY_LOCAL));
}
