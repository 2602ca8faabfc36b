/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kernel/cgroup share. */
#pragma once

#include <tern/kernel/cgroup.h>
#include <tern/kernel/cpugroup.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/signal.h>

/** cgroup_count_threads_locked() - running and frozen threads of @c and those above change. P. */
void cgroup_count_threads_locked(struct cgnode *c, int threads, int frozen);
/** cgroup_thaw_check() - frozen threads look again. */
void cgroup_thaw_check(void);
