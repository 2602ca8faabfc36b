/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which devices the processes of a control group may use: programs say so (BPF_CGROUP_DEVICE). Owner
 * kernel/cgroup/cgdevice.c.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct bpfprog;
struct cgnode;

#define CGDEVICE_PROGS_MAX 64u	/* attached to one group */

/**
 * cgdevice_attach() - @prog judges too, by BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI (@flags) with those above
 * @replace: a program that goes for it, or NULL
 * Refs: takes its own of @prog. Sleeps.
 * Return: 0; -EINVAL: flags, or it is there; -EPERM: a group above does not let it, or other flags are in force;
 *	-ENOENT: @replace or the group is not there; -E2BIG; -ENOMEM.
 */
int cgdevice_attach(struct cgnode *c, struct bpfprog *prog, struct bpfprog *replace, u32 flags);
/** cgdevice_detach() - @prog NULL: the only one. 0, -ENOENT, -EINVAL: which one. Sleeps. */
int cgdevice_detach(struct cgnode *c, const struct bpfprog *prog);
/**
 * cgdevice_list() - numbers of the programs of @c, or (@is_effective) of all that judge there
 * @ids: room for @max; @flags: out: BPF_F_ALLOW_*
 * Return: how many there are. Sleeps.
 */
u32 cgdevice_list(struct cgnode *c, bool is_effective, u32 *ids, u32 max, u32 *flags);
/** cgdevice_drop() - of a group that ends; C. */
void cgdevice_drop(struct cgnode *c);

extern u32 cgdevice_nprogs;
int cgdevice_judge(bool is_block, u64 number, u32 access);
/** cgdevice_check() - may thread_self do @access (BPF_ACC_*) to a device; 0, -EPERM. Context: any thread's. */
static inline int cgdevice_check(bool is_block, u64 number, u32 access)
{
	return likely(!READ_ONCE(cgdevice_nprogs)) ? 0 : cgdevice_judge(is_block, number, access);
}
