/* SPDX-License-Identifier: GPL-2.0-only */
/* Compiler attributes, link-section marks and compile-time configuration. */
#pragma once

#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __used		__attribute__((used))
#define __unused	__attribute__((unused))
#define __noreturn	__attribute__((noreturn))
#define __noinline	__attribute__((noinline))
#undef __always_inline		/* the host C library has its own */
#define __always_inline	inline __attribute__((always_inline))
#define __section(s)	__attribute__((section(s)))
#define __weak		__attribute__((weak))
#define __cold		__attribute__((cold))
#define __hot		__attribute__((hot))
#define __pure		__attribute__((pure))
#define __constfn	__attribute__((const))
#define __printf(f, a)	__attribute__((format(printf, f, a)))
#define __must_check	__attribute__((warn_unused_result))
#define __malloc	__attribute__((malloc))
#define fallthrough	__attribute__((fallthrough))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define unreachable()	__builtin_unreachable()
#define barrier()	__asm__ volatile("" ::: "memory")

#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#ifndef static_assert
#define static_assert	_Static_assert
#endif

/* Freed once init runs. Nothing that lives longer may refer to these. */
#ifdef TERN_HOST
#define __init
#define __initdata
#define __ro_after_init
#else
#define __init		__section(".init.text") __cold
#define __initdata	__section(".init.data")
#define __ro_after_init	__section(".data..ro_after_init")
#endif

/*
 * Link tables: every TABLE_ENTRY(name, type, var) object lands in one array
 * that TABLE_FOREACH walks. The linker script keeps the sections.
 */
#define TABLE_ENTRY(table, type, var)					\
	static type var __used __section(".tab." #table) __aligned(sizeof(void *))
#define TABLE_FOREACH(table, type, it)					\
	for (type *it = ({ extern type __start_tab_##table[]; __start_tab_##table; }), \
	     *it##_end = ({ extern type __stop_tab_##table[]; __stop_tab_##table; }); \
	     it < it##_end; it++)
/* The last first. */
#define TABLE_FOREACH_REVERSE(table, type, it)				\
	for (type *it##_first = ({ extern type __start_tab_##table[]; __start_tab_##table; }), \
	     *it = ({ extern type __stop_tab_##table[]; __stop_tab_##table; }); \
	     it-- > it##_first; )

/* IS_ENABLED(CONFIG_X): 1 if X is y, else 0, as a plain expression. */
#define __cfg_arg_1		0,
#define __cfg_second(a, b, ...)	b
#define __cfg_pick(x)		__cfg_second(x 1, 0, 0)
#define __cfg_cat(x)		__cfg_pick(__cfg_arg_##x)
#define IS_ENABLED(opt)		__cfg_cat(opt)
