/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors: 0 or negative errno in integers, encoded pointers elsewhere. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <uapi/errno.h>

#define ERRNO_MAX	4095

/* Kernel-internal codes: never reach user space; see kernel/proc/signal.c. */
#define ERESTARTSYS	512	/* restart if SA_RESTART or no handler */
#define ERESTARTNOINTR	513	/* always restart */
#define ERESTARTNOHAND	514	/* restart only if no handler ran */
#define ERESTART_BLOCK	516	/* continue by restart_syscall(2) */

static inline void *ERR_PTR(long err) { return (void *)err; }
static inline long PTR_ERR(const void *p) { return (long)p; }
static inline bool IS_ERR(const void *p) { return unlikely((uptr)p >= (uptr)-ERRNO_MAX); }
static inline bool IS_ERR_OR_NULL(const void *p) { return unlikely(!p) || IS_ERR(p); }
static inline void *ERR_CAST(const void *p) { return (void *)p; }
