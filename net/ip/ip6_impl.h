/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of IPv6. Theory in ip6.c. */
#pragma once

#include <tern/net/inetsum.h>

#include "if6conf.h"
#include "ip_impl.h"

struct ip6_head { be32 flow; be16 len; u8 next, hops; struct in6ip saddr, daddr; };
static_assert(sizeof(struct ip6_head) == 40, "wire");
static inline u8 ip6_class(const struct ip6_head *h) { return (u8)(FROM_BE32(h->flow) >> 20); }
struct frag6_head { u8 next, pad_; be16 off; be32 id; };
static_assert(sizeof(struct frag6_head) == 8, "wire");
#define FRAG6_MORE	1
#define FRAG6_OFFSET	0xfff8u
#define IP6_MTU_MIN	1280u

#define ICMP6_DEST_UNREACH	1
#define ICMP6_PACKET_TOO_BIG	2
#define ICMP6_TIME_EXCEEDED	3
#define ICMP6_PARAM_PROB	4
#define ICMP6_ECHO_REQUEST	128
#define ICMP6_ECHO_REPLY	129
#define ICMP6_ROUTER_SOLICIT	133
#define ICMP6_ROUTER_ADVERT	134
#define ICMP6_NEIGH_SOLICIT	135
#define ICMP6_NEIGH_ADVERT	136
#define ICMP6_NO_ROUTE		0
#define ICMP6_ADMIN_PROHIBITED	1
#define ICMP6_PORT_UNREACH	4
#define ICMP6_ADDR_UNREACH	3

static inline bool in6_same(const struct in6ip *a, const struct in6ip *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}
static inline bool in6_is_any(const struct in6ip *a) { return !(a->q[0] | a->q[1]); }
static inline bool in6_is_loopback(const struct in6ip *a) { return !a->q[0] && a->q[1] == __builtin_bswap64(1); }
static inline bool in6_is_group(const struct in6ip *a) { return a->b[0] == 0xff; }
static inline bool in6_is_link(const struct in6ip *a) { return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80; }
static inline bool in6_is_mapped(const struct in6ip *a) { return !a->q[0] && a->w[2] == TO_BE32(0xffff); }
static inline struct in6ip in6_map(be32 a) { return (struct in6ip){ .w = { 0, 0, TO_BE32(0xffff), a } }; }
static inline struct in6ip in6_solicited(const struct in6ip *a)
{
	return (struct in6ip){ .b = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a->b[13], a->b[14], a->b[15] } };
}
#define IN6_ALL_NODES	((struct in6ip){ .b = { 0xff, 2, [15] = 1 } })
#define IN6_LINK_PREFIX ((struct in6ip){ .b = { 0xfe, 0x80 } })
#define IN6_ALL_ROUTERS	((struct in6ip){ .b = { 0xff, 2, [15] = 2 } })
#define IN6_LOOPBACK	((struct in6ip){ .b = { [15] = 1 } })

/* Sum of the pseudo header; @len in host order. */
static inline u64 inetsum_pseudo6(const struct in6ip *s, const struct in6ip *d, u8 protocol, u32 len)
{
	return inetsum_add(inetsum_add(TO_BE32(len) + (u64)TO_BE32(protocol), s, 16), d, 16);
}
static inline struct ip6_head *pkt_ip6(const struct pktbuf *pb) { return (void *)(pb->buf + pb->net); }
static inline bool pkt_is_v6(const struct pktbuf *pb) { return pb->buf[pb->net] >> 4 == 6; }
/** pkt_pseudo() - of a packet that arrived, either version. */
static inline u64 pkt_pseudo(const struct pktbuf *pb, u8 protocol, u32 len)
{
	if (pkt_is_v6(pb))
		return inetsum_pseudo6(&pkt_ip6(pb)->saddr, &pkt_ip6(pb)->daddr, protocol, len);
	return inetsum_pseudo4(pkt_ip4(pb)->saddr, pkt_ip4(pb)->daddr, protocol, len);
}

/* ---- addresses and routes (addr6.c, route6.c) ---- */
struct ifaddr6 {
	struct list link;		/* R, config_lock: nif->addrs6 */
	struct rcu_job rcu;
	struct in6ip addr;		/* I */
	struct in6ip peer;		/* config_lock; the other end of the link, whose network it is; any: none */
	u8 plen, scope, protocol;	/* I */
	u32 flags;			/* A IFA_F_* */
	u32 metric;			/* config_lock; of the network's route, 0: the kernel's usual one */
	u32 made, changed;		/* hundredths of a second since boot; the latter config_lock */
	nsec_t valid, preferred;	/* config_lock; 0: for ever */
	nsec_t dad_until;		/* config_lock; 0: not tentative */
	u32 dad_left;			/* config_lock; questions still to be asked */
};

/* IPv6 on an interface. */
struct if6 {
	struct netif *nif;		/* I */
	struct delayed_item work;
	u32 link_mtu;			/* config_lock; as it was last seen */
	bool waits_for_link;		/* config_lock; up, but nobody would hear us */
	bool is_configured;		/* config_lock; up, with its addresses */
	s32 solicits_left;		/* config_lock; -1: no end */
	nsec_t solicit_at, solicit_gap;	/* config_lock; 0: no */
	struct spin adverts_lock;	/* protects adverts; bottom halves off */
	struct list adverts;		/* of pktbuf */
	u32 nadverts;
};
struct ip6tables {
	struct fibset set;
	struct if6confs conf;
	struct neighbours neighbours;
	u64 binds_nonlocal, echo_ignores_all;	/* A sysctls */
	struct reasm_table reasm;
	struct icmptypes icmp;
	struct pathtable paths;
};

/** icmp6_count_in() / icmp6_count_out() - as icmp4_count_in(). */
void icmp6_count_in(struct netns *ns, u8 type);
void icmp6_count_out(struct netns *ns, u8 type);

int ip6_route_out(struct netns *ns, const struct in6ip *daddr, const struct in6ip *saddr, u32 oif,
		  struct iproute *r);
/** ip6_route_flow() - the same for a packet that came in on @iif (0: ours), with a mark. */
int ip6_route_flow(struct netns *ns, const struct in6ip *daddr, const struct in6ip *saddr, u32 oif, u32 iif,
		   u32 mark, struct iproute *r);
/** ip6_local_type() - RTN_LOCAL, RTN_MULTICAST or RTN_UNICAST; RCU. */
u8 ip6_local_type(struct netns *ns, const struct in6ip *a);
/** ip6_source_for() - an address of ours to talk to @daddr through @nif; RCU. False: none. */
bool ip6_source_for(const struct netif *nif, const struct in6ip *daddr, struct in6ip *out);
/** netif_addr6() - address of an interface, tentative ones too; RCU or config_lock. NULL. */
struct ifaddr6 *netif_addr6(const struct netif *nif, const struct in6ip *a);
/**
 * ip6_addr_add() - a copy of @model (addr, peer, plen, protocol, metric, valid, preferred, and of flags those that a
 *	user may set); config_lock held
 * Return: 0, -EEXIST, -ENOMEM, -EINVAL, -EADDRNOTAVAIL: a group; -EACCES: IPv6 is disabled here; -EOPNOTSUPP.
 */
int ip6_addr_add(struct netif *nif, const struct ifaddr6 *model);
/**
 * ip6_addr_change() - peer, metric and lifetimes, and whether it makes a route, as @model; config_lock held
 * Return: 0 or -ENOMEM.
 */
int ip6_addr_change(struct netif *nif, struct ifaddr6 *a, const struct ifaddr6 *model);
/** ip6_addr_del() - config_lock held; 0 or -EADDRNOTAVAIL. */
int ip6_addr_del(struct netif *nif, const struct in6ip *a, u8 plen);
/** ip6_switch() - disable_ipv6 has changed: all addresses go, or those that an interface makes itself come. */
int ip6_switch(struct netif *nif);
/** ip6_make_local() - the link-local address, if the interface is up and makes one; config_lock held. 0 or -errno. */
int ip6_make_local(struct netif *nif);
/** ip6_interface_id() - the address that an interface has in the network @prefix, of 64 bits: RFC 4291 2.5.1. */
struct in6ip ip6_interface_id(const struct netif *nif, const struct in6ip *prefix);
/** ip6_wake() - the interface's work item is to look again after @delay; config_lock held. */
void ip6_wake(struct if6 *i, nsec_t delay);
/** ip6_addr_clash() - somebody else has a tentative address of ours; RCU. */
void ip6_addr_clash(struct netif *nif, const struct in6ip *a);
/* ---- routers (advert6.c) ---- */
/** ip6_take_advert() - a router's advertisement, checked, data at its ICMP header; consumes. */
void ip6_take_advert(struct netif *nif, struct pktbuf *pb);
/** ip6_run_adverts() - act on those that came; config_lock held. */
void ip6_run_adverts(struct netif *nif);
/** ip6_begin_solicit() - ask for routers from now on; config_lock held. */
void ip6_begin_solicit(struct netif *nif);
/** ip6_solicit() - if it is time; when it is next, U64_MAX: not at all. config_lock held. */
nsec_t ip6_solicit(struct netif *nif, nsec_t now);
/** ip6_forget_routers() - default routes that routers told of; config_lock held. */
void ip6_forget_routers(struct netif *nif);
/** ip6_route_add() - a copy of @model, ways looked up; config_lock held. As ip4_route_add(). */
int ip6_route_add(struct netns *ns, u32 table, const struct in6ip *dst, u8 plen, struct fibroute *model);
/** ip6_local_add() / ip6_local_del() - one of our addresses comes or goes; config_lock held. */
int ip6_local_add(struct netif *nif, const struct ifaddr6 *a);
void ip6_local_del(struct netif *nif, const struct ifaddr6 *a);
void ip6_addr_news(struct netif *nif, const struct ifaddr6 *a, bool is_new);
u8 in6_scope(const struct in6ip *a);

/* ---- IP (ip6.c, frag6.c) ---- */
#define IP6_EXT_MAX 8u	/* extension headers of one packet */
struct ip6send { struct in6ip saddr, daddr; u8 protocol, hops, tclass; bool may_fragment; };
int ip6_send(struct netns *ns, const struct iproute *r, const struct ip6send *how, struct pktbuf *pb);
/**
 * ip6_reassemble() - data at the fragment header; consumes @pb
 * Return: the whole datagram, data at the header *@next; NULL: kept or dropped. Context: bottom halves off, RCU.
 */
struct pktbuf *ip6_reassemble(struct netns *ns, struct pktbuf *pb, u8 *next);
extern const struct reasm_ops ip6_reasm_ops;
/** neigh6_send() - to the next hop; consumes. Bottom halves off. */
void neigh6_send(struct netif *nif, const struct in6ip *hop, struct pktbuf *pb);
/** netif_mc6_wants() - is a group joined on an interface; RCU. */
bool netif_mc6_wants(const struct netif *nif, const struct in6ip *group);

struct ip6proto {
	u8 protocol;
	void (*receive)(struct netns *ns, struct pktbuf *pb);
	void (*error)(struct netns *ns, const struct ip6_head *quoted, struct pktbuf *pb, u8 type, u8 code,
		      u32 info);
};
#define IP6PROTO_TABLE(p) TABLE_ENTRY(ip6proto, const struct ip6proto *, ip6proto_ptr_##p) = &(p)

/* ---- ICMPv6, ND ---- */
void icmp6_error(struct netns *ns, const struct pktbuf *pb, u8 type, u8 code, u32 info);
int icmp6_to_errno(u8 type, u8 code, bool *is_hard);
/** icmp6_finish() - checksum of a message at pb->data between these addresses. */
void icmp6_finish(struct pktbuf *pb, const struct in6ip *s, const struct in6ip *d);
/** nd_solicit() - who has @target; @mac NULL: ask the group. @saddr NULL: choose. */
void nd_solicit(struct netif *nif, const struct in6ip *target, const u8 *mac, const struct in6ip *saddr);
void nd_router_solicit(struct netif *nif);
/** nd_announce() - tell everybody on the link that @addr is ours. Bottom halves off. */
void nd_announce(struct netif *nif, const struct in6ip *addr);
/** nd_receive() - types 133 to 137, checked sum, data at the ICMP header; consumes. */
void nd_receive(struct netns *ns, struct pktbuf *pb);
/** ping6_receive() - an echo reply to ping sockets; consumes. */
void ping6_receive(struct netns *ns, struct pktbuf *pb);
bool rawsock6_receive(struct netns *ns, struct pktbuf *pb, u8 protocol);
/** rawsock6_error() / ping6_error() - as rawsock_error() and ping_error(). */
void rawsock6_error(struct netns *ns, const struct ip6_head *quoted, u8 protocol, struct pktbuf *pb, u8 type, u8 code,
		    u32 info);
void ping6_error(struct netns *ns, const struct ip6_head *quoted, struct pktbuf *pb, u8 type, u8 code, u32 info);
