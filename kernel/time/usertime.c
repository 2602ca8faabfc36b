// SPDX-License-Identifier: GPL-2.0-only
/* Times in user memory. */
#include <asm/uaccess.h>

#include "time_impl.h"

int user_get_timespec(u64 *ns, const void __user *ts)
{
	struct timespec64_ t;

	if (user_copyin(&t, ts, sizeof(t)))
		return -EFAULT;
	if (!timespec_is_valid(t))
		return -EINVAL;
	*ns = timespec_to_ns(t);
	return 0;
}

int user_put_timespec(s64 ns, void __user *ts)
{
	struct timespec64_ t = ns_to_timespec(ns);

	return user_copyout(ts, &t, sizeof(t));
}
