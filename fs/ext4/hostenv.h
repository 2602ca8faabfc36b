/* SPDX-License-Identifier: GPL-2.0-only */
/* One thread on the build machine: locks do nothing, waiting must not be needed. */
#pragma once

#include <tern/base/types.h>

#include <stdarg.h>

struct spin { u8 unused; };
struct kmutex { u8 unused; };
struct rwsem { u8 unused; };
struct waitq { u8 unused; };
enum { LOCKRANK_FS, LOCKRANK_FS_SPIN, LOCKRANK_KLIST };

#define spin_init(l, r)		((void)(l))
#define spin_lock(l)		((void)(l))
#define spin_unlock(l)		((void)(l))
#define kmutex_init(l, r)	((void)(l))
#define kmutex_lock(l)		((void)(l))
#define kmutex_unlock(l)	((void)(l))
#define rwsem_init(l, r)	((void)(l))
#define rwsem_read_lock(l)	((void)(l))
#define rwsem_read_unlock(l)	((void)(l))
#define rwsem_write_lock(l)	((void)(l))
#define rwsem_write_unlock(l)	((void)(l))
#define waitq_init(q)		((void)(q))
#define waitq_wait(q, cond)	VERIFY(cond)
#define waitq_wake_all(q)	((void)(q))
#define waitq_wake_if_any(q)	((void)(q))
#define might_sleep()		((void)0)

#define ALLOC_NOFS	0u
#define ALLOC_NOFAIL	0u
#define ALLOC_KERNEL	0u
void *hostenv_alloc(size_t size, bool zero);
void hostenv_free(const void *p);
#define kmem_alloc(n, f)	hostenv_alloc(n, false)
#define kmem_zalloc(n, f)	hostenv_alloc(n, true)
#define kmem_calloc(k, n, f)	hostenv_alloc((size_t)(k) * (n), true)
#define ALLOC_ZERO	1u
#define kmem_alloc_large(n, f)	hostenv_alloc(n, (f) & ALLOC_ZERO)
#define kmem_free(p)		hostenv_free(p)
#define kmem_free_large(p)	hostenv_free(p)

void hostenv_log(const char *fmt, ...) __printf(1, 2);
void ext4_log_va(const char *fmt, va_list ap);
#define kerr(...)	hostenv_log(__VA_ARGS__)
#define kwarn(...)	hostenv_log(__VA_ARGS__)
#define kinfo(...)	hostenv_log(__VA_ARGS__)

s64 ext4_now(void);
u32 ext4_random(void);
static inline u64 ext4_memory_bytes(void) { return 64u << 20; }
