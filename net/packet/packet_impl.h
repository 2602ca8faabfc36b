/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of AF_PACKET. Theory in af_packet.c. */
#pragma once

#include <tern/base/err.h>
#include <tern/lib/hlist.h>
#include <tern/net/netif.h>
#include <tern/net/netsock.h>
#include <uapi/if_packet.h>

struct packmember { struct list link; u32 ifindex; u16 type; u32 count; };

struct packsock {
	struct netsock ns;
	refcount refs;
	struct rcu_job rcu;
	struct netns *net;		/* I */
	struct nettap tap;		/* net->config_lock; attached if is_bound */
	bool is_bound;			/* net->config_lock */
	struct hnode node;		/* list of all; config_lock, read under RCU */
	struct spin lock;		/* protects queue, counts; bottom halves off; LOCKRANK_SOCK_SPIN */
	struct list queue;		/* of pktbuf, data as the reader gets it */
	u32 rx_bytes;
	struct tpacket_stats stats;
	atomic32 wmem;			/* A memory on its way out */
	bool want_auxdata, want_origdev, ignores_out;	/* A */
	struct list members;		/* net->config_lock of packmember */
};
static inline struct packsock *packsock_of(struct netsock *s) { return container_of(s, struct packsock, ns); }
int packsock_setopt(struct netsock *s, int level, int name, const void *val, u32 len);
int packsock_getopt(struct netsock *s, int level, int name, void *val, u32 *len);
/** packsock_leave_all() - undo memberships; config_lock held. */
void packsock_leave_all(struct packsock *ps);
