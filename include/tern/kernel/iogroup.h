/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block I/O of control groups: what each did on each disk, and limits on how fast it goes on.
 * Owner kernel/cgroup/iogroup.c; drivers/storage/core asks before it starts a request.
 */
#pragma once

#include <tern/base/types.h>

struct iogroup;
struct seqbuf;

enum iokind { IOKIND_READ, IOKIND_WRITE, IOKIND_DISCARD, IOKINDS };

/* A second's worth of reads and of writes; U64_MAX: no limit. */
struct iolimits { u64 bps[2], iops[2]; };

struct iogroup *iogroup_create(struct iogroup *parent);
void iogroup_get(struct iogroup *g);
/** iogroup_put() - Context: any. */
void iogroup_put(struct iogroup *g);
/** iogroup_reset() - no limits. */
void iogroup_reset(struct iogroup *g);
/**
 * iogroup_charge() - a request for disk @dev begins: count it in @g and above
 * Return: when it may start (clock_ns() time); 0: at once. Context: any but NMI, in an RCU read section.
 */
u64 iogroup_charge(struct iogroup *g, u64 dev, enum iokind kind, u64 nbytes);
/** iogroup_limits() / iogroup_set_limits() - on @dev. 0, -ENOMEM. */
void iogroup_limits(struct iogroup *g, u64 dev, struct iolimits *out);
int iogroup_set_limits(struct iogroup *g, u64 dev, const struct iolimits *l);
/** iogroup_print_stat() / iogroup_print_max() - a line for each disk. */
void iogroup_print_stat(struct seqbuf *sb, struct iogroup *g);
void iogroup_print_max(struct seqbuf *sb, struct iogroup *g);
/** iogroup_forget_disk() - @dev is gone: its number may be another disk's next. */
void iogroup_forget_disk(u64 dev);
/** iogroup_self() - of thread_self, borrowed, NULL: none. In an RCU read section. */
struct iogroup *iogroup_self(void);
