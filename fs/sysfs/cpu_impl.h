/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files about processors and nodes share. */
#pragma once

#include "sysfs_impl.h"

#include <asm/cpu.h>
#include <asm/cpufeature.h>

/** sysfs_print_cpu_list() - "0-2,5" and a newline: online CPUs for which @is_in holds. */
int sysfs_print_cpu_list(struct seqbuf *sb, seq_chooser is_in, const void *arg);
/** sysfs_print_cpu_map() - the same as a mask, "f" or "00000001,ffffffff". */
int sysfs_print_cpu_map(struct seqbuf *sb, seq_chooser is_in, const void *arg);
/** cputopo_create() - topology/ and cache/ of CPU @cpu in its directory. 0, -ENOMEM. */
int cputopo_create(struct sysnode *dir, u32 cpu);
/** memnodes_create() - /sys/devices/system/node, with links to and from @cpus's children. */
int memnodes_create(struct sysnode *system, struct sysnode *cpus);
/** membanks_create() - /sys/devices/system/memory, with links to and from @node. 0 or the first error. */
int membanks_create(struct sysnode *system, struct sysnode *node);
