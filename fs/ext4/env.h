/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the volume code (all of ext4 below the VFS) needs of its surroundings:
 * locks, memory, time, the log. On the build machine hostenv.h stands in, so that
 * the same files work on images there, checked by e2fsck.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/lib/bitmap.h>
#include <tern/lib/hlist.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>

/* Memory in the middle of a transaction, where giving up would leave half a change. */
#define EXT4_SURE	(ALLOC_NOFS | ALLOC_NOFAIL)

#ifdef TERN_HOST
#include "hostenv.h"
#else
#include <tern/base/lock.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/random.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>

#define ext4_log_va(fmt, ap)	klog_va(KLOG_ERR, fmt, ap)
static inline s64 ext4_now(void) { return clock_realtime_coarse_ns(); }
static inline u32 ext4_random(void) { return random_u32(); }
static inline u64 ext4_memory_bytes(void) { return page_count_total() * PAGE_SIZE; }
#endif
