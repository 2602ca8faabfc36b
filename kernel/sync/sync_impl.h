/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to kernel/sync: checker entry points of the sleeping locks. */
#pragma once

#include <tern/base/spin.h>

/* Like lockcheck_acquire/release, for locks that belong to a thread, not to a CPU. */
void lockcheck_acquire_sleeping(u16 rank, const void *lock, bool is_nested, bool is_try);
void lockcheck_release_sleeping(u16 rank, const void *lock);
