// SPDX-License-Identifier: GPL-2.0-only
/* getrandom(2). */
#include <tern/kernel/random.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/uio.h>

#define GRND_NONBLOCK	1u
#define GRND_RANDOM	2u
#define GRND_INSECURE	4u

long sys_getrandom(void __user *buf, size_t len, u32 flags)
{
	struct uio u;
	int err;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if (!random_is_ready() && !(flags & GRND_INSECURE)) {
		if (flags & GRND_NONBLOCK)
			return -EAGAIN;
		err = random_wait_ready();
		if (err)
			return err;
	}
	err = uio_init_user(&u, buf, min_t(size_t, len, S32_MAX));
	return err ? err : random_read_user(&u);
}
