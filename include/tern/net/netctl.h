/* SPDX-License-Identifier: GPL-2.0-only */
/* Integers under /proc/sys/net that each network namespace has of its own. Owner net/core/netctl.c. */
#pragma once

#include <tern/fs/procfs.h>
#include <tern/net/netns.h>

struct netctl {
	u64 *(*value)(struct netns *ns);
	u64 min, max;
};
void netctl_print(struct seqbuf *sb, void *arg);
ssize_t netctl_write(const char *text, size_t n, void *arg);

/** NETCTL() - file @where below /proc/sys/net; @member: an lvalue in terms of struct netns *ns. */
#define NETCTL(id, where, member, lowest, highest)					\
	static u64 *id##_value(struct netns *ns) { return &(member); }			\
	static struct netctl id##_ctl = { id##_value, lowest, highest };		\
	static struct procfile id##_file = { .path = "sys/net/" where, .mode = 0644,	\
		.print = netctl_print, .write = netctl_write, .arg = &id##_ctl,		\
		.is_netns = true };						\
	PROCFILE(id##_file)
