/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of connection tracking. Theory in track.c. */
#pragma once

#include <tern/kernel/irq.h>
#include <tern/kernel/timeout.h>
#include <tern/net/track.h>

#include "ip6_impl.h"

/* Seconds that a connection lives without packets, a setting each. */
enum cttime {
	CTTIME_SYN_SENT = CTTCP_SYN_SENT, CTTIME_CLOSE = CTTCP_CLOSE, CTTIME_TCP_END = CTTCP_STATES,
	CTTIME_UDP = CTTIME_TCP_END, CTTIME_UDP_STREAM, CTTIME_ICMP, CTTIME_ICMP6, CTTIME_OTHER, CTTIMES
};

struct tracktable {
	struct netns *ns;
	struct hlist *buckets;		/* R chains of ctlink; NULL: not needed so far */
	u32 nbuckets;			/* I once buckets is there */
	struct spin lock;		/* protects chains, count and the scan; LOCKRANK_NET_TABLE */
	u64 secret;
	u64 count, max;			/* max: A sysctl */
	u64 loose;			/* A sysctl: connections may be met in their middle */
	u64 timeouts[CTTIMES];		/* A sysctls */
	u32 scan_at;
	u32 next_id;
	struct delayed_item scan;	/* drops those whose time is over */
};

/* ---- tuples (track_tuple.c) ---- */
enum ctparse { CTPARSE_OK, CTPARSE_INVALID, CTPARSE_UNTRACKED, CTPARSE_ERROR };
/**
 * cttuple_read() - of the packet whose IP header is at @off from pb->net
 * @l4: where its transport header is, from pb->net
 * Return: CTPARSE_ERROR: it is an ICMP message about another packet.
 */
enum ctparse cttuple_read(const struct pktbuf *pb, u32 off, bool is_v6, struct cttuple *t, u32 *l4);
/** cttuple_invert() - what an answer looks like; false: there is none. */
bool cttuple_invert(const struct cttuple *t, struct cttuple *out);
bool cttuple_same(const struct cttuple *a, const struct cttuple *b);
/** cttuple_can_begin() - may a connection begin with this, in the eyes of ICMP. */
bool cttuple_can_begin(const struct cttuple *t);
static inline bool ctproto_has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE || proto == 132 || proto == 33;
}

/* ---- states (track_state.c) ---- */
enum ctverdict { CTV_FINE, CTV_INVALID, CTV_AGAIN };
/**
 * track_state() - @pb moves its connection on; CTV_AGAIN: it begins a new one with the same ends
 * @l4: where the transport header is, from pb->net
 */
enum ctverdict track_state(struct tracktable *t, struct ctflow *f, u8 dir, const struct pktbuf *pb, u32 l4);

/* ---- the table (track.c) ---- */
/** track_find() - the link with @t, with a reference to its flow; NULL: none. RCU. */
struct ctlink *track_find(struct tracktable *tt, const struct cttuple *t);
/** track_is_taken() - does another connection use @t. RCU. */
bool track_is_taken(struct tracktable *tt, const struct cttuple *t);
/** track_kill() - out of the table, if it is there. */
void track_kill(struct tracktable *tt, struct ctflow *f);
/** track_kill_all() - all of an NFPROTO_*; 0: of both. */
void track_kill_all(struct tracktable *tt, u8 family);
static inline struct ctflow *ctflow_of(struct ctlink *l) { return container_of(l, struct ctflow, dir[l->dir]); }
static inline void ctflow_set(struct ctflow *f, u32 bits)
{
	if ((READ_ONCE(f->status) & bits) != bits)
		__atomic_fetch_or(&f->status, bits, __ATOMIC_RELAXED);
}

/** track_news() - to who listens on netlink. */
void track_news(struct ctflow *f, bool is_new);
