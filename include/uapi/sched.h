/* SPDX-License-Identifier: GPL-2.0-only */
/* User ABI of the scheduling calls; numbers of the policies are in tern/kernel/sched.h. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define SCHED_RESET_ON_FORK_	0x40000000	/* or-ed to the policy of sched_setscheduler */

#define SCHED_FLAG_RESET_ON_FORK_	0x01u
#define SCHED_FLAG_RECLAIM_		0x02u
#define SCHED_FLAG_DL_OVERRUN_		0x04u
#define SCHED_FLAG_KEEP_POLICY_		0x08u
#define SCHED_FLAG_KEEP_PARAMS_		0x10u
#define SCHED_FLAG_UTIL_CLAMP_MIN_	0x20u
#define SCHED_FLAG_UTIL_CLAMP_MAX_	0x40u

struct sched_attr_ {
	u32 size, policy;
	u64 flags;
	s32 nice;
	u32 priority;
	u64 runtime, deadline, period;
	u32 util_min, util_max;
};
#define SCHED_ATTR_SIZE_VER0_	48
#define SCHED_ATTR_SIZE_VER1_	56
static_assert(sizeof(struct sched_attr_) == SCHED_ATTR_SIZE_VER1_, "user ABI");

#define PRIO_PROCESS_	0
#define PRIO_PGRP_	1
#define PRIO_USER_	2
