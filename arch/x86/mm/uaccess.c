// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory: range checks and results around the routines of uaccess_asm.S.
 *
 * A fault in one of them reaches trap.c, which lets mm resolve it, unless page
 * faults may not be resolved here (preemption off: the _nofault forms) or mm
 * says no; then the exception table continues the routine at its fixup.
 */
#include <asm/uaccess.h>

#include <asm/msr.h>
#include <tern/base/preempt.h>
#include <tern/lib/string.h>

size_t user_copy_raw(void *dst, const void *src, size_t n);
size_t user_zero_raw(void *dst, size_t n);
int user_get_raw1(u64 *v, const void *p);
int user_get_raw2(u64 *v, const void *p);
int user_get_raw4(u64 *v, const void *p);
int user_get_raw8(u64 *v, const void *p);
int user_put_raw1(u64 v, void *p);
int user_put_raw2(u64 v, void *p);
int user_put_raw4(u64 v, void *p);
int user_put_raw8(u64 v, void *p);
int user_cas_raw(u32 *p, u32 old, u32 new, u32 *found);
int user_xchg_raw(u32 *p, u32 v, u32 *old);
int user_xadd_raw(u32 *p, u32 v, u32 *old);
long user_strncpy_raw(char *dst, const char *src, size_t n);
long user_strnlen_raw(const char *s, size_t n);
int msr_read_raw(u32 msr, u64 *v);
int msr_write_raw(u32 msr, u64 v);

size_t user_copyin_partial(void *dst, const void __user *src, size_t n)
{
	return user_range_ok(src, n) ? user_copy_raw(dst, src, n) : n;
}

size_t user_copyout_partial(void __user *dst, const void *src, size_t n)
{
	return user_range_ok(dst, n) ? user_copy_raw(dst, src, n) : n;
}

int user_copyin(void *dst, const void __user *src, size_t n)
{
	size_t left = user_copyin_partial(dst, src, n);

	if (likely(!left))
		return 0;
	memset((u8 *)dst + (n - left), 0, left);
	return -EFAULT;
}

int user_copyout(void __user *dst, const void *src, size_t n)
{
	return user_copyout_partial(dst, src, n) ? -EFAULT : 0;
}

size_t user_zero(void __user *dst, size_t n)
{
	return user_range_ok(dst, n) ? user_zero_raw(dst, n) : n;
}

size_t user_copyin_nofault(void *dst, const void __user *src, size_t n)
{
	size_t left;

	preempt_disable();
	left = user_copyin_partial(dst, src, n);
	preempt_enable();
	return left;
}

size_t user_copyout_nofault(void __user *dst, const void *src, size_t n)
{
	size_t left;

	preempt_disable();
	left = user_copyout_partial(dst, src, n);
	preempt_enable();
	return left;
}

ssize_t user_strncpy(char *dst, const char __user *src, size_t n)
{
	size_t room;
	long len;

	if ((uptr)src >= USER_END)
		return -EFAULT;
	room = min(n, USER_END - (uptr)src);
	if (!n)
		return 0;
	len = user_strncpy_raw(dst, src, room);
	/* The end of user space came before a NUL. */
	return len == (long)room && room < n ? -EFAULT : len;
}

size_t user_strnlen(const char __user *s, size_t n)
{
	size_t room;
	long len;

	if ((uptr)s >= USER_END)
		return 0;
	room = min(n, USER_END - (uptr)s);
	len = user_strnlen_raw(s, room);
	if (len < 0 || (len == (long)room && room < n))
		return 0;
	return (size_t)len + 1;
}

#define SCALAR(n)								\
int user_get_##n(u64 *v, const void __user *p)					\
{										\
	return user_range_ok(p, n) ? user_get_raw##n(v, p) : -EFAULT;		\
}										\
int user_put_##n(u64 v, void __user *p)						\
{										\
	return user_range_ok(p, n) ? user_put_raw##n(v, p) : -EFAULT;		\
}
SCALAR(1)
SCALAR(2)
SCALAR(4)
SCALAR(8)

int user_cas32(u32 __user *p, u32 *old, u32 new)
{
	u32 found;

	if (!user_range_ok(p, 4) || user_cas_raw(p, *old, new, &found))
		return -EFAULT;
	if (found == *old)
		return 0;
	*old = found;
	return -EAGAIN;
}

int user_load32_nofault(u32 *v, const u32 __user *p)
{
	u64 x;
	int err;

	if (!user_range_ok(p, 4))
		return -EFAULT;
	preempt_disable();
	err = user_get_raw4(&x, p);
	preempt_enable();
	if (!err)
		*v = (u32)x;
	return err;
}

/* @v op @arg for the operations without an instruction of their own. */
static u32 combine(int op, u32 v, u32 arg)
{
	switch (op) {
	case 2:
		return v | arg;
	case 3:
		return v & ~arg;
	default:
		return v ^ arg;
	}
}

int user_xop32(int op, u32 arg, u32 __user *p, u32 *old)
{
	u64 v;
	u32 seen;
	int err;

	if (op < 0 || op > 4)
		return -ENOSYS;
	if (!user_range_ok(p, 4))
		return -EFAULT;
	if (op == 0)
		return user_xchg_raw(p, arg, old);
	if (op == 1)
		return user_xadd_raw(p, arg, old);
	err = user_get_raw4(&v, p);
	while (!err) {
		*old = (u32)v;
		err = user_cas_raw(p, *old, combine(op, *old, arg), &seen);
		if (!err && seen == *old)
			return 0;
		v = seen;
	}
	return err;
}

int msr_read_safe(u32 msr, u64 *v)
{
	return msr_read_raw(msr, v);
}

int msr_write_safe(u32 msr, u64 v)
{
	return msr_write_raw(msr, v);
}

int user_copyin_struct(void *dst, size_t known, const void __user *src, size_t size)
{
	u8 rest[64];

	memset(dst, 0, known);
	if (user_copyin(dst, src, size < known ? size : known))
		return -EFAULT;
	for (size_t at = known; at < size; at += sizeof(rest)) {
		size_t n = size - at < sizeof(rest) ? size - at : sizeof(rest);

		if (user_copyin(rest, (const u8 __user *)src + at, n))
			return -EFAULT;
		if (!mem_is_zero(rest, n))
			return -E2BIG;
	}
	return 0;
}
