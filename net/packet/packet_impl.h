/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of AF_PACKET. Theory in af_packet.c. */
#pragma once

#include <tern/base/err.h>
#include <tern/lib/hlist.h>
#include <tern/net/netif.h>
#include <tern/net/netsock.h>
#include <uapi/if_packet.h>

struct packmember { struct list link; u32 ifindex; u16 type; u32 count; };

/* What is told about a packet beside its bytes; in pktbuf.cb of what lies in the queue. */
struct packet_seen {
	u32 orig_len, mem;
	u16 mac_len;
	u8 pkttype, halen;
	u8 addr[8];
	u32 ifindex;
	u16 hatype;
	be16 protocol;
};
static_assert(sizeof(struct packet_seen) <= sizeof(((struct pktbuf *)0)->cb), "fits");

struct packring;

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
	u8 version;			/* lock: TPACKET_V1, V2; fixed once there is a ring */
	u32 reserve;			/* lock: bytes before packets in frames */
	bool is_losing;			/* lock */
	struct packring *ring;		/* lock, with a reference */
	struct list members;		/* net->config_lock of packmember */
};
static inline struct packsock *packsock_of(struct netsock *s) { return container_of(s, struct packsock, ns); }
int packsock_setopt(struct netsock *s, int level, int name, const void *val, u32 len);
int packsock_getopt(struct netsock *s, int level, int name, void *val, u32 *len);
/** packring_set() - a ring in place of the queue, or none; 0, -EINVAL, -ENOMEM, -EBUSY: mapped. */
int packring_set(struct packsock *ps, const struct tpacket_req *q);
/** packring_store() - a packet to the ring; false: full. @off: its first byte from pb->data. lock held. */
bool packring_store(struct packsock *ps, const struct pktbuf *pb, s32 off, u32 n, const struct packet_seen *sn,
		    s64 stamp);
/** packring_is_readable() - is the newest frame the program's; lock held. */
bool packring_is_readable(const struct packsock *ps);
void packring_put(struct packring *r);
int packsock_mmap(struct netsock *s, struct map_request *req);
/** packsock_leave_all() - undo memberships; config_lock held. */
void packsock_leave_all(struct packsock *ps);
