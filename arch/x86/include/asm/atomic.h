/* SPDX-License-Identifier: GPL-2.0-only */
/* Atomic integers and bit operations. All read-modify-write ones are full barriers. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

typedef struct { s32 v; } atomic32;
typedef struct { s64 v; } atomic64;

#define ATOMIC_INIT(n)	{ (n) }

#define atomic_read(a)		READ_ONCE((a)->v)
#define atomic_set(a, n)	WRITE_ONCE((a)->v, n)
#define atomic_add(a, n)	((void)__atomic_fetch_add(&(a)->v, n, __ATOMIC_SEQ_CST))
#define atomic_sub(a, n)	((void)__atomic_fetch_sub(&(a)->v, n, __ATOMIC_SEQ_CST))
#define atomic_inc(a)		atomic_add(a, 1)
#define atomic_dec(a)		atomic_sub(a, 1)
#define atomic_add_return(a, n)	__atomic_add_fetch(&(a)->v, n, __ATOMIC_SEQ_CST)
#define atomic_fetch_add(a, n)	__atomic_fetch_add(&(a)->v, n, __ATOMIC_SEQ_CST)
#define atomic_dec_and_test(a)	(__atomic_sub_fetch(&(a)->v, 1, __ATOMIC_SEQ_CST) == 0)
#define atomic_xchg(a, n)	__atomic_exchange_n(&(a)->v, n, __ATOMIC_SEQ_CST)
/* True if *a was @old and is @new now. */
#define atomic_cas(a, old, new) ({ __typeof__((a)->v) _o = (old);		\
	__atomic_compare_exchange_n(&(a)->v, &_o, new, false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); })
/* Adds one unless *a is zero; true if added. */
#define atomic_inc_not_zero(a) ({ __typeof__((a)->v) _c = atomic_read(a);	\
	while (_c && !__atomic_compare_exchange_n(&(a)->v, &_c, _c + 1, false, \
			__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}	\
	_c != 0; })

/* For plain words of 4 or 8 bytes. */
#define xchg(p, n)		__atomic_exchange_n(p, n, __ATOMIC_SEQ_CST)
#define cas(p, old, new) ({ __typeof__(*(p)) _o = (old);			\
	__atomic_compare_exchange_n(p, &_o, new, false,			\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); })
#define load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_release(p, n)	__atomic_store_n(p, n, __ATOMIC_RELEASE)

/* Bits of u64 words: @nr may exceed 63 and then selects a later word. */
#define bit_set_atomic(nr, p)	((void)__atomic_fetch_or((u64 *)(p) + (nr) / 64, BIT((nr) % 64), __ATOMIC_SEQ_CST))
#define bit_clear_atomic(nr, p)	((void)__atomic_fetch_and((u64 *)(p) + (nr) / 64, ~BIT((nr) % 64), __ATOMIC_SEQ_CST))
#define bit_test(nr, p)		((READ_ONCE(((const u64 *)(p))[(nr) / 64]) >> ((nr) % 64)) & 1)
#define bit_test_and_set(nr, p)							\
	(!!(__atomic_fetch_or((u64 *)(p) + (nr) / 64, BIT((nr) % 64),		\
			      __ATOMIC_SEQ_CST) & BIT((nr) % 64)))
#define bit_test_and_clear(nr, p)						\
	(!!(__atomic_fetch_and((u64 *)(p) + (nr) / 64, ~BIT((nr) % 64),		\
			       __ATOMIC_SEQ_CST) & BIT((nr) % 64)))

static inline void mb(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void rmb(void) { __asm__ volatile("lfence" ::: "memory"); }
static inline void wmb(void) { __asm__ volatile("sfence" ::: "memory"); }
/* Between CPUs; stores and loads are already ordered on x86. */
#define smp_rmb()	barrier()
#define smp_wmb()	barrier()
#define smp_mb()	mb()

/* Reference count: starts at 1, never revives from 0, saturates when abused. */
typedef struct { atomic32 n; } refcount;

static inline void ref_init(refcount *r, s32 n) { atomic_set(&r->n, n); }
static inline void ref_get(refcount *r) { atomic_inc(&r->n); }
static inline bool ref_get_unless_zero(refcount *r) { return atomic_inc_not_zero(&r->n); }
/* True if this was the last reference. */
static inline bool ref_put(refcount *r) { return atomic_dec_and_test(&r->n); }
static inline s32 ref_read(const refcount *r) { return atomic_read(&r->n); }
