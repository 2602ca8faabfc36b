/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU time of control groups: shares, limits, use. Owner kernel/sched/group.c. */
#pragma once

#include <tern/base/types.h>

struct cpugroup;
struct psigroup;
struct thread;

#define CPUWEIGHT_DEFAULT	100u

struct cpugroup_stat {
	u64 usage, user, system;	/* ns */
	u64 nperiods, nthrottled, throttled;	/* the last in ns */
};

/** cpugroup_create() - below @parent (NULL: the root). NULL if no memory. Sleeps. */
struct cpugroup *cpugroup_create(struct cpugroup *parent);
/** cpugroup_free() - no thread is in it. NULL is fine. Any context. */
void cpugroup_free(struct cpugroup *g);
/** cpugroup_psi() - its pressure, borrowed. */
struct psigroup *cpugroup_psi(struct cpugroup *g);
/** cpugroup_reset() - default weight, no limit. */
void cpugroup_reset(struct cpugroup *g);
/** cpugroup_set_weight() - 1 .. 10000; cpugroup_weight(). */
void cpugroup_set_weight(struct cpugroup *g, u32 weight);
u32 cpugroup_weight(const struct cpugroup *g);
void cpugroup_set_idle(struct cpugroup *g, bool on);
bool cpugroup_is_idle(const struct cpugroup *g);
/** cpugroup_set_max() - @quota ns (U64_MAX: none) of each @period ns. */
void cpugroup_set_max(struct cpugroup *g, u64 quota, u64 period, u64 burst);
void cpugroup_max(struct cpugroup *g, u64 *quota, u64 *period, u64 *burst);
void cpugroup_stat(struct cpugroup *g, struct cpugroup_stat *st);
/** sched_set_group() - @t is in @g (NULL: the root) from now on. Any context. */
void sched_set_group(struct thread *t, struct cpugroup *g);
/** cpugroup_pause() - thread_self waits here while its group has used up its time. No locks held. */
void cpugroup_pause(void);
