/* SPDX-License-Identifier: GPL-2.0-only */
/* Collecting the fragments of datagrams, for both versions of IP. Theory in reasm.c. */
#pragma once

#include <tern/base/lock.h>
#include <tern/kernel/timeout.h>
#include <tern/lib/hlist.h>
#include <tern/net/netns.h>
#include <tern/net/pktbuf.h>
#include <uapi/in6.h>

struct reasm_ops {
	nsec_t ttl;			/* from the first fragment that came */
	/* Time is over: @first has offset 0, its interface is there; NULL: it never came. RCU. */
	void (*expired)(struct netns *ns, const struct pktbuf *first);
};

/* The datagrams of one version of IP in one namespace. */
struct reasm_table {
	const struct reasm_ops *ops;	/* I */
	struct spin lock;		/* protects all below and the queues */
	struct hlist bucket[64];
	u64 nqueues;
	u64 mem;			/* bytes that the fragments keep */
};
#define REASM_TABLE_INIT(ops_) { .ops = &(ops_), .lock = SPIN_INIT(LOCKRANK_NET_TABLE) }

/* What the fragments of one datagram have in common; IPv4 addresses are mapped. */
struct reasm_key { struct in6ip saddr, daddr; u32 id; u8 protocol; };

/* A fragment: bytes [off, off + len) of the datagram, the packet's payload at pb->data + skip. */
struct reasm_piece { u32 off, len, skip; bool is_last; };

/** reasm_table_init() - an empty one. */
void reasm_table_init(struct reasm_table *t, const struct reasm_ops *ops);
/**
 * reasm_add() - one more fragment
 * @pb: consumed
 * @whole: made empty; the packets of the datagram in order of their offsets, if this one completed it
 * Return: bytes of the complete datagram; 0: not complete yet; -EINVAL: dropped, it was malformed or
 * overlapped another (then all that was collected went with it); -ENOBUFS: no memory left for fragments.
 * Context: bottom halves off.
 */
int reasm_add(struct reasm_table *t, struct netns *ns, const struct reasm_key *key,
	      const struct reasm_piece *piece, struct pktbuf *pb, struct list *whole);
/**
 * reasm_join() - one packet of a complete datagram
 * @pieces: what reasm_add() gave; freed
 * @head: bytes of network header, copied from the first
 * @total: bytes behind it
 * Return: data and net at the header; NULL: no memory, or longer than 65,535 bytes.
 */
struct pktbuf *reasm_join(struct list *pieces, u32 head, u32 total);
/** reasm_usage() - datagrams being put together, and their bytes of memory. */
void reasm_usage(struct reasm_table *t, u64 *n, u64 *mem);
