// SPDX-License-Identifier: GPL-2.0-only
/* Priority inheritance. */
#include "futex_impl.h"

long futex_lock_pi(u32 __user *uaddr, bool shared, nsec_t deadline, bool is_try)
{
	return -ENOSYS;
}

long futex_unlock_pi(u32 __user *uaddr, bool shared)
{
	return -ENOSYS;
}

long futex_wait_requeue_pi(u32 __user *u1, bool shared, u32 val, u32 bitset, nsec_t deadline,
			   u32 __user *u2)
{
	return -ENOSYS;
}

long futex_cmp_requeue_pi(u32 __user *u1, u32 __user *u2, bool shared, int nwake, int nmove,
			  u32 expect)
{
	return -ENOSYS;
}

void futex_pi_exit(struct thread *t)
{
}
