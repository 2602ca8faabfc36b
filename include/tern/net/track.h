/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections as the packet filter sees them, and the translation of their addresses.
 * Owner net/ip/track.c, where the theory is.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/lib/hlist.h>
#include <tern/net/netns.h>
#include <tern/net/pktbuf.h>
#include <uapi/conntrack.h>
#include <uapi/in6.h>

struct nlreq;

/* One direction; IPv4 addresses lie in w[0]. ICMP: sport is the identifier, dport type and code. */
struct cttuple {
	struct in6ip src, dst;
	be16 sport, dport;
	u8 proto;
	bool is_v6;
};

struct ctlink { struct hnode node; struct cttuple t; u8 dir; };	/* node: RCU, table's lock */

struct ctflow {
	refcount refs;			/* packets, the table */
	struct rcu_job rcu;
	struct netns *ns;		/* I compared only: a packet may outlive it */
	struct ctlink dir[2];		/* as it began, answers */
	struct hnode dead;		/* the scan's, between the table and the end */
	struct spin lock;		/* protects S members */
	u64 expires;			/* A coarse clock; a duration until it is confirmed */
	u64 begun;			/* I coarse clock */
	u32 status;			/* A IPS_* */
	u32 mark;			/* A */
	u32 id;				/* I */
	u8 tcp_state;			/* S CTTCP_* */
	u8 fin_dir;			/* S who ended first */
};

enum nattype { NAT_SRC, NAT_DST };
struct natrange {
	u32 flags;			/* NF_NAT_RANGE_* */
	struct in6ip min, max;
	u16 port_min, port_max;		/* host order */
};

/** ctflow_free() - the last reference is gone; any context. */
void ctflow_free(struct ctflow *f);
static inline void ctflow_put(struct ctflow *f)
{
	if (ref_put(&f->refs))
		ctflow_free(f);
}
/** pktbuf_forget_flow() - it is not known any more which connection @pb belongs to. */
static inline void pktbuf_forget_flow(struct pktbuf *pb)
{
	if (pb->ct)
		ctflow_put(pb->ct);
	pb->ct = NULL;
	pb->ct_state = CT_NONE;
}

/** track_start() - a namespace's table, now that its filter needs one; config_lock held. 0 or -ENOMEM. */
int track_start(struct netns *ns);
/**
 * track_in() - which connection @pb belongs to: pb->ct, ct_state, ct_reply; data at its network header
 * Return: false if the table is full: the packet cannot go on. Context: RCU, bottom halves off.
 */
bool track_in(struct netns *ns, struct pktbuf *pb);
/** track_confirm() - a new connection's first packet got through; false: it cannot go on. */
bool track_confirm(struct pktbuf *pb);
/** track_expires_in() - what is left of a connection's time, in ms. */
u32 track_expires_in(const struct ctflow *f);

/** nat_bind() - choose what a new connection's address becomes; NULL @r: only what keeps it apart. False: none free. */
bool nat_bind(struct ctflow *f, const struct natrange *r, enum nattype type);
static inline bool nat_is_bound(const struct ctflow *f, enum nattype type)
{
	return READ_ONCE(f->status) & (type == NAT_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE);
}
/** nat_apply() - addresses of @pb as its connection's binding says; false: no memory or malformed. */
bool nat_apply(struct pktbuf *pb, enum nattype type);
/** nat_our_addr() - an address of @nif to talk to the destination of @f; false: none. RCU. */
bool nat_our_addr(const struct netif *nif, const struct ctflow *f, struct in6ip *out);

/** track_request() - NFNL_SUBSYS_CTNETLINK: list, show, end connections. 0 or -errno. */
int track_request(struct nlreq *r);
