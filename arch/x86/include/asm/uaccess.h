/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only way to user memory. Faults are caught by the exception table.
 * Owner arch/x86/mm/uaccess.c. SMAP is opened only inside.
 */
#pragma once

#include <asm/page.h>
#include <tern/base/annotate.h>
#include <tern/base/compiler.h>
#include <tern/base/err.h>

/** user_range_ok() - does [p, p + n) lie in user space (no wrap). */
static inline bool user_range_ok(const void __user *p, size_t n)
{
	return (uptr)p <= USER_END && n <= USER_END - (uptr)p;
}

/**
 * user_copyin() - copy @n bytes from user space
 * Return: 0 or -EFAULT; on failure the rest of @dst is zeroed.
 * Context: sleeps (may fault).
 */
int user_copyin(void *dst, const void __user *src, size_t n) __must_check;
/**
 * user_copyin_struct() - a structure that may be shorter or longer than ours
 * @dst: of @known bytes; what the user's is short of is zeroed
 * @size: the user's
 * Return: 0, -EFAULT, or -E2BIG if what we do not know is not zero. Context: sleeps.
 */
int user_copyin_struct(void *dst, size_t known, const void __user *src, size_t size) __must_check;
/** user_copyout() - copy @n bytes to user space; 0 or -EFAULT. Context: sleeps. */
int user_copyout(void __user *dst, const void *src, size_t n) __must_check;
/** user_copyin_partial() - like user_copyin(); returns the number of bytes NOT copied. */
size_t user_copyin_partial(void *dst, const void __user *src, size_t n) __must_check;
/** user_copyout_partial() - like user_copyout(); returns the number of bytes NOT copied. */
size_t user_copyout_partial(void __user *dst, const void *src, size_t n) __must_check;
/** user_zero() - zero user memory; returns the number of bytes NOT cleared. */
size_t user_zero(void __user *dst, size_t n) __must_check;

/*
 * The same with page faults turned into failure at once: legal with locks held
 * and in atomic context. They return the number of bytes NOT copied.
 */
size_t user_copyin_nofault(void *dst, const void __user *src, size_t n) __must_check;
size_t user_copyout_nofault(void __user *dst, const void *src, size_t n) __must_check;

/**
 * user_strncpy() - copy a string of at most @n bytes with its end
 * Return: length without NUL; @n if no NUL was found; -EFAULT.
 */
ssize_t user_strncpy(char *dst, const char __user *src, size_t n) __must_check;
/** user_strnlen() - length with NUL, 0 on fault, > @n if longer. */
size_t user_strnlen(const char __user *s, size_t n) __must_check;

/* Single aligned-or-not scalars: user_get(x, uptr_to_x) / user_put(x, ptr): 0 or -EFAULT. */
int user_get_1(u64 *v, const void __user *p) __must_check;
int user_get_2(u64 *v, const void __user *p) __must_check;
int user_get_4(u64 *v, const void __user *p) __must_check;
int user_get_8(u64 *v, const void __user *p) __must_check;
int user_put_1(u64 v, void __user *p) __must_check;
int user_put_2(u64 v, void __user *p) __must_check;
int user_put_4(u64 v, void __user *p) __must_check;
int user_put_8(u64 v, void __user *p) __must_check;

#define user_get(x, p) ({ u64 _v = 0; int _e;					\
	switch (sizeof(*(p))) {							\
	case 1: _e = user_get_1(&_v, p); break;					\
	case 2: _e = user_get_2(&_v, p); break;					\
	case 4: _e = user_get_4(&_v, p); break;					\
	default: _e = user_get_8(&_v, p); break; }				\
	(x) = (__typeof__(*(p)))_v; _e; })
#define user_put(x, p) ({ u64 _v = (u64)(__typeof__(*(p)))(x); int _e;		\
	switch (sizeof(*(p))) {							\
	case 1: _e = user_put_1(_v, p); break;					\
	case 2: _e = user_put_2(_v, p); break;					\
	case 4: _e = user_put_4(_v, p); break;					\
	default: _e = user_put_8(_v, p); break; }				\
	_e; })

/**
 * user_cas32() - compare and swap a user word, faults handled (futex)
 * @old: in expected, out what was found
 * Return: 0, -EFAULT, -EAGAIN if another value was found.
 */
int user_cas32(u32 __user *p, u32 *old, u32 new) __must_check;
/** user_load32_nofault() - read a user word without taking faults; 0 or -EFAULT. */
int user_load32_nofault(u32 *v, const u32 __user *p) __must_check;
/**
 * user_xop32() - atomic op on a user word (FUTEX_OP_*: 0 set 1 add 2 or 3 andn
 * 4 xor); 0/-EFAULT/-ENOSYS.
 */
int user_xop32(int op, u32 arg, u32 __user *p, u32 *old) __must_check;
