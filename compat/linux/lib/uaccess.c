// SPDX-License-Identifier: GPL-2.0-only
/* User memory, for modules: bytes that could not be copied are the result. */
#include "../lx.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/mm/slab.h>

unsigned long lx__copy_from_user(void *to, const void *from, unsigned long n)
{
	return user_copyin_partial(to, from, n);
}
LX_EXPORT(_copy_from_user);
unsigned long lx__copy_to_user(void *to, const void *from, unsigned long n)
{
	return user_copyout_partial(to, from, n);
}
LX_EXPORT(_copy_to_user);

long lx_strncpy_from_user(char *to, const char *from, long n) { return user_strncpy(to, from, (size_t)n); }
LX_EXPORT(strncpy_from_user);

long lx_strnlen_user(const char *s, long n) { return (long)user_strnlen(s, (size_t)n); }
LX_EXPORT(strnlen_user);

void *lx_memdup_user(const void *from, size_t n)
{
	void *p = kmem_alloc(n, ALLOC_USER);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (!user_copyin(p, from, n))
		return p;
	kmem_free(p);
	return ERR_PTR(-EFAULT);
}
LX_EXPORT(memdup_user);

void *lx_memdup_user_nul(const void *from, size_t n)
{
	char *p = kmem_alloc(n + 1, ALLOC_USER);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (user_copyin(p, from, n)) {
		kmem_free(p);
		return ERR_PTR(-EFAULT);
	}
	p[n] = 0;
	return p;
}
LX_EXPORT(memdup_user_nul);
