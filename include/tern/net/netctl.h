/* SPDX-License-Identifier: GPL-2.0-only */
/* Integers under /proc/sys/net that each network namespace has of its own. Owner net/core/netctl.c. */
#pragma once

#include <tern/fs/procfs.h>
#include <tern/net/netns.h>

struct netctl {
	u64 *(*value)(struct netns *ns);
	u64 min, max;
	bool is_ordered;	/* of a range: an empty one is refused */
};
void netctl_print(struct seqbuf *sb, void *arg);
ssize_t netctl_write(const char *text, size_t n, void *arg);

/** NETCTL() - file @where below /proc/sys/net; @member: an lvalue in terms of struct netns *ns. */
#define NETCTL(id, where, member, lowest, highest)					\
	static u64 *id##_value(struct netns *ns) { return &(member); }			\
	static struct netctl id##_ctl = { id##_value, lowest, highest, false };	\
	static struct procfile id##_file = { .path = "sys/net/" where, .mode = 0644,	\
		.print = netctl_print, .write = netctl_write, .arg = &id##_ctl,		\
		.is_netns = true };						\
	PROCFILE(id##_file)

/* Two numbers of 32 bits in one value, so that readers see a pair that belongs together. */
#define NETRANGE_OF(low, high)	((u64)(low) | (u64)(high) << 32)
#define NETRANGE_LOW(v)		((u32)(v))
#define NETRANGE_HIGH(v)	((u32)((v) >> 32))
void netrange_print(struct seqbuf *sb, void *arg);
ssize_t netrange_write(const char *text, size_t n, void *arg);
/** NETRANGE() - the same for two numbers of @lowest to @highest, the first not above the second if @is_ordered. */
#define NETRANGE(id, where, member, lowest, highest, ordered)				\
	static u64 *id##_value(struct netns *ns) { return &(member); }			\
	static struct netctl id##_ctl = { id##_value, lowest, highest, ordered };	\
	static struct procfile id##_file = { .path = "sys/net/" where, .mode = 0644,	\
		.print = netrange_print, .write = netrange_write, .arg = &id##_ctl,	\
		.is_netns = true };							\
	PROCFILE(id##_file)
