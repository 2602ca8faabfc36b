/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs of control groups. Owner kernel/cgroup/cpuset.c. Masks have CPUSET_WORDS words. */
#pragma once

#include <tern/kernel/cgroup.h>
#include <tern/kernel/sched.h>

/** cpuset_effective() - what threads in @c may use; cgroup_lock or a hint. */
void cpuset_effective(struct cgnode *c, u64 *mask);
/** cpuset_set() - cpuset.cpus; @mask NULL: as the parent. cgroup_lock. 0, -ENOMEM. Sleeps. */
int cpuset_set(struct cgnode *c, const u64 *mask);
/** cpuset_apply() - the threads of @p, which is in @c, get its CPUs. cgroup_lock. Sleeps. */
void cpuset_apply(struct process *p, struct cgnode *c);
/** cpuset_narrow() - cut @mask to what @t's group may use; false: nothing is left. Sleeps. */
bool cpuset_narrow(struct thread *t, u64 *mask);
