// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control groups as drivers of disks ask for them, to work in the name of a bio's group: bios of modules carry
 * none, their native requests are counted where they were submitted.
 */
#include "block_impl.h"

#include <asm/percpu.h>

static struct lx_cgroup_subsys_state *lx_blkcg_root_css;
LX_EXPORT_DATA(blkcg_root_css);
static struct lx_cgroup_subsys lx_memory_cgrp_subsys;
LX_EXPORT_DATA(memory_cgrp_subsys);
static DEFINE_PERCPU(struct lx_mem_cgroup *, lx_int_active_memcg);
LX_EXPORT_DATA(int_active_memcg);

struct lx_cgroup_subsys_state *lx_bio_blkcg_css(struct lx_bio *bio) { return NULL; }
LX_EXPORT(bio_blkcg_css);
struct lx_cgroup_subsys_state *lx_cgroup_get_e_css(struct lx_cgroup *group, struct lx_cgroup_subsys *s) { return NULL; }
LX_EXPORT(cgroup_get_e_css);
void lx_kthread_associate_blkcg(struct lx_cgroup_subsys_state *css) { }
LX_EXPORT(kthread_associate_blkcg);
