/* SPDX-License-Identifier: GPL-2.0-only */
/* Cgroup and network namespaces as sets of namespaces make them. */
#pragma once

#include <tern/kernel/ns.h>

extern struct nsbase *nsbase_net_initial, *nsbase_cgroup_initial;
/** netns_create() - an empty network; ERR_PTR(-EINVAL) where networks have no namespaces. */
struct nsbase *netns_create(struct userns *owner);
/** cgroupns_create() - its root is thread_self's cgroup; ERR_PTR(-EINVAL) without cgroups. */
struct nsbase *cgroupns_create(struct userns *owner);
