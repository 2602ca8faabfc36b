/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of IPv4 and what runs over it. Theory in af_inet.c. */
#pragma once

#include <tern/base/err.h>
#include <tern/kernel/growtab.h>
#include <tern/kernel/timeout.h>
#include <tern/lib/hash.h>
#include <tern/lib/hlist.h>
#include <tern/net/netsock.h>
#include <uapi/in6.h>

#include "headers.h"
#include "ip4_impl.h"

/* ---- counters ---- */
extern struct ipstats initial_ipstats;	/* netns_initial's; a per-CPU object */
/** icmp4_count_in() / icmp4_count_out() - a message of @type; the latter counts it in OutMsgs too. Any context. */
void icmp4_count_in(struct netns *ns, u8 type);
void icmp4_count_out(struct netns *ns, u8 type);
/** ip_count_no_route() - @err is what asking for a route of our own said; returns it. */
static inline int ip_count_no_route(struct netns *ns, bool is_v6, int err)
{
	if (unlikely(err == -ENETUNREACH))
		ipstat_inc(ns, is_v6 ? IP6STAT_OUT_NO_ROUTES : IPSTAT_OUT_NO_ROUTES);
	return err;
}

/* ---- neighbours ---- */
/** neigh4_send() - to the next hop, resolving it first if need be; consumes. Bottom halves off. */
void neigh4_send(struct netif *nif, be32 hop, struct pktbuf *pb);

/* ---- IP ---- */
/** ip4_addrs_are_sane() - can a packet that came from a link have these addresses at all; RCU. */
bool ip4_addrs_are_sane(const struct pktbuf *pb, const struct ip4_head *h);
/**
 * ip4_check_source() - could a packet from @saddr to @daddr have come in where it did; RCU
 * Return: 0; -EINVAL: it says that we sent it ourselves; -EXDEV: by rp_filter, it came another way.
 */
int ip4_check_source(struct netns *ns, const struct pktbuf *pb, be32 saddr, be32 daddr);
/** ip4_log_martian() - tell of a packet that neither lets pass, where log_martians says so. */
void ip4_log_martian(const struct pktbuf *pb, be32 saddr, be32 daddr);
struct isock;
struct ip4send {		/* what a sender wants in the header */
	be32 saddr, daddr;
	u8 protocol, ttl, tos;
	bool may_fragment, is_df;
};
/**
 * ip4_send() - header in front, then out by @r; consumes. Bottom halves off, RCU.
 * 0, -EMSGSIZE, -ENOBUFS.
 */
int ip4_send(struct netns *ns, const struct iproute *r, const struct ip4send *how, struct pktbuf *pb);
/** ip4_send_raw() - the header is there (raw sockets, forwarding); consumes. */
int ip4_send_raw(struct netns *ns, const struct iproute *r, struct pktbuf *pb);
/** ip4_fragment() - send as pieces of @mtu bytes; consumes. */
int ip4_fragment(struct netns *ns, const struct iproute *r, u32 mtu, struct pktbuf *pb);
/** ip4_reassemble() - whole packet, or NULL: kept; consumes. RCU. */
struct pktbuf *ip4_reassemble(struct netns *ns, struct pktbuf *pb);
extern const struct reasm_ops ip4_reasm_ops;
/** ip4_id() - next identification towards @daddr. */
u16 ip4_id(be32 saddr, be32 daddr, u8 protocol);

/* pb->tp is the header; data is there. Consumes. @error: an ICMP message quotes a
 * packet of ours: data begins with the quoted transport header. */
struct ipproto {
	u8 protocol;
	void (*receive)(struct netns *ns, struct pktbuf *pb);
	void (*error)(struct netns *ns, const struct ip4_head *quoted, struct pktbuf *pb, u8 type, u8 code,
		      u32 info);
};
#define IPPROTO_TABLE(p) TABLE_ENTRY(ipproto, const struct ipproto *, ipproto_ptr_##p) = &(p)

static inline struct ip4_head *pkt_ip4(const struct pktbuf *pb) { return (void *)(pb->buf + pb->net); }
/* Of a packet that begins with its network header: it, or each of the parts that it will be cut into, is too long. */
static inline bool pkt_is_over(const struct pktbuf *pb, u32 mtu)
{
	return pb->len > mtu && (!pb->gso_size || pktgso_part_len(pb) > mtu);
}

/* ---- ICMP ---- */
/** icmp4_error() - tell the sender of @pb, which stays the caller's; limited in rate. */
void icmp4_error(struct netns *ns, const struct pktbuf *pb, u8 type, u8 code, u32 info);
/** icmp4_to_errno() - what a socket is told; *is_hard: even without IP_RECVERR. */
int icmp4_to_errno(u8 type, u8 code, bool *is_hard);

/* ---- sockets ---- */
struct mcmember { struct list link; be32 group; u32 ifindex; };

struct isock {
	struct netsock ns;
	refcount refs;
	struct rcu_job rcu;
	struct netns *net;		/* I */
	bool net_is_borrowed;		/* S not counted any more: a namespace does not wait for TIME-WAIT */
	struct spin lock;		/* protects S members; bottom halves off; LOCKRANK_SOCK_SPIN */
	union {
		struct hnode hash_node;		/* bucket lock; raw and ping */
		struct growlink hash_link;	/* table lock; connections of TCP, bound sockets of UDP */
	};
	be32 rcv_saddr;			/* S bound address, 0: any */
	be32 saddr;			/* S source of what it sends, 0: by route */
	be32 daddr;			/* S connected to, 0: not */
	struct in6ip rcv_saddr6, saddr6, daddr6;	/* S the same of IPv6 */
	bool is_v6;			/* S which of them count */
	bool v6only;			/* A */
	u16 sport, dport;		/* S host order */
	u32 bound_if;			/* S */
	u8 bound;			/* S ISOCK_ADDR, ISOCK_PORT: the user chose */
	u8 shutdown;			/* S SEND_SHUTDOWN, RECV_SHUTDOWN */
	s16 ttl;			/* A -1: default */
	u8 mc_ttl, tos, pmtudisc;	/* A */
	s16 hops6;			/* A -1: default */
	u8 mc_hops6, tclass;		/* A */
	s32 sum_off6;			/* A raw: where the checksum goes, -1: none */
	u32 icmp6_filter[8];		/* A types that are not wanted */
	struct list mc6_list;		/* net->config_lock; read under S */
	bool mc_loop, mc_all;		/* A */
	bool recverr, freebind, hdrincl, no_check;	/* A */
	bool lite_sends, lite_checks;	/* A UDP-Lite: the coverage was set for sending, receiving */
	u16 lite_send, lite_receive;	/* A bytes covered, at least; 0: all */
	u8 cmsg;			/* A ISOCK_CMSG_* */
	u32 mc_if;			/* S */
	be32 mc_addr;			/* S */
	struct list mc_list;		/* net->config_lock; read under S */
	struct list rxq;		/* S packets, or messages, to read */
	u32 rx_bytes;			/* S memory of rxq */
	u32 drops;			/* S */
	u32 zerocopy_next;		/* S number of the next send with MSG_ZEROCOPY */
	struct list errq;		/* S for MSG_ERRQUEUE */
	u32 errq_bytes;			/* S memory of ICMP errors in it */
	atomic32 wmem;			/* A memory on its way out */
	struct pktbuf *cork;		/* send_lock */
	struct kmutex send_lock;	/* one sender at a time when corked; LOCKRANK_SOCK */
	s64 stamp;			/* S of the last packet read */
	u32 mark;			/* A of what it sends, and for its routes */
	u32 stamping;			/* A STAMPING_* */
	atomic32 stamp_key;		/* number of the next packet sent */
	u32 nstamps;			/* S of sent packets, in errq */
	bool stamp_ns;			/* A SO_TIMESTAMPNS */
	u32 icmp_filter;		/* A */
	struct iproute route;		/* S cached */
	u32 route_gen;			/* S */
};
#define ISOCK_ADDR	1u
#define ISOCK_PORT	2u
#define RECV_SHUTDOWN	1u
#define SEND_SHUTDOWN	2u
#define ISOCK_CMSG_PKTINFO	0x1u
#define ISOCK_CMSG_TTL		0x2u
#define ISOCK_CMSG_TOS		0x4u
#define ISOCK_CMSG_RETOPTS	0x8u
#define ISOCK_CMSG_ORIGDST	0x10u
#define ISOCK_CMSG_PKTINFO6	0x20u
#define ISOCK_CMSG_HOPS6	0x40u
#define ISOCK_CMSG_TCLASS6	0x80u

static inline struct isock *isock_of(struct netsock *s) { return container_of(s, struct isock, ns); }
static inline void isock_get(struct isock *sk) { ref_get(&sk->refs); }
void isock_init(struct isock *sk, const struct netsock_ops *ops, u16 type, u32 protocol);
/** isock_put() - the last one frees after a grace period. */
void isock_put(struct isock *sk);
/** isock_wake() - those who wait for @key; the caller changed something before. */
static inline void isock_wake(struct isock *sk, u64 key)
{
	smp_mb();
	if (!waitq_is_empty(&sk->ns.wait))
		waitq_wake(&sk->ns.wait, 0, key);
}
#define IWAKE_READ	(POLLIN | POLLRDNORM | POLLRDBAND)
#define IWAKE_WRITE	(POLLOUT | POLLWRNORM | POLLWRBAND)
#define IWAKE_ALL	(POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLERR | POLLOUT | POLLWRNORM)
/* An address and port as sockets use them, of either version. */
struct isockaddr {
	bool is_v6;
	be32 a4;
	struct in6ip a6;
	u16 port;
	u32 oif;			/* interface of a link-local address; 0: any */
};
/* Both ends of a packet, seen from here. */
struct ipflow { bool is_v6; be32 l4, r4; struct in6ip l6, r6; u16 lport, rport; u32 ifindex; };
void pkt_flow(const struct pktbuf *pb, u16 lport, u16 rport, struct ipflow *f);
/** isock_read_addr() - a user's address for @sk; 0, -EINVAL, -EAFNOSUPPORT, -ENETUNREACH. */
int isock_read_addr(const struct isock *sk, const struct sockaddr_any *a, u32 len, struct isockaddr *out);
/** isock_check_bind() - may @sk be bound to @a; 0 or -errno, *b filled. */
int isock_check_bind(struct isock *sk, const struct sockaddr_any *a, u32 len, struct isockaddr *b);
/** isock_set_local() and the like - S held. */
void isock_set_local(struct isock *sk, const struct isockaddr *b);
void isock_forget_local(struct isock *sk);
void isock_forget_peer(struct isock *sk);
void isock_set_peer(struct isock *sk, const struct isockaddr *to, const struct iproute *r);
/** isock_route() - towards a peer; RCU. */
int isock_route(struct isock *sk, const struct isockaddr *to, struct iproute *r);
/** isock_overlap() - is there an address that both are bound to. */
bool isock_overlap(const struct isock *a, const struct isock *b);
bool isock_has_peer(const struct isock *sk);
/** isock_score() - how well a socket fits a packet; negative: not. */
int isock_score(const struct isock *sk, const struct netns *ns, const struct ipflow *f);
void isock_put_name(const struct isock *sk, struct sockaddr_any *a, u32 *len, const struct isockaddr *from);
void isock_sender_name(const struct isock *sk, struct sockmsg *m, const struct pktbuf *pb, u16 port, u32 ifindex);
struct seqbuf;
/** isock_print_ends() - both ends as /proc/net shows them. */
void isock_print_ends(struct seqbuf *sb, const struct isock *sk);
/** isock_set_cmsg() - whether a message of ISOCK_CMSG_* comes with each packet. */
void isock_set_cmsg(struct isock *sk, u8 bit, bool on);
int isock_set6(struct isock *sk, int name, const void *val, u32 len, s32 v);
int isock_get6(struct isock *sk, int name, s32 *v);
bool isock_mc6_wants(struct isock *sk, const struct in6ip *group, u32 ifindex);
int isock_mc6_join(struct isock *sk, const void *val, u32 len, bool join);
void isock_mc6_drop_all(struct isock *sk);
int isock_getname(struct netsock *s, struct sockaddr_any *a, u32 *len, enum sockend end);
void isock_fill_name(struct sockmsg *m, be32 addr, u16 port);
int isock_setopt(struct netsock *s, int level, int name, const void *val, u32 len);
int isock_getopt(struct netsock *s, int level, int name, void *val, u32 *len);
/* ---- stamp.c ---- */
/** isock_set_stamping() - SO_TIMESTAMPING; 0, -EINVAL, -EOPNOTSUPP. */
int isock_set_stamping(struct isock *sk, u32 flags);
/** isock_mark_to_stamp() - @pb's sender may want to know when it leaves. */
void isock_mark_to_stamp(struct isock *sk, struct pktbuf *pb);
/** isock_give_stamps() - control messages about the arrival of @pb. */
void isock_give_stamps(const struct isock *sk, struct sockmsg *m, const struct pktbuf *pb);
void isock_put_stamping(struct sockmsg *m, s64 stamp);
/** isock_fill_stamp_error() - what a packet on the error queue says when it tells that number @key left. */
void isock_fill_stamp_error(struct pktbuf *c, u32 key, u32 err);
/** pktbuf_is_own_write() - is its owner the isock that sent it. */
bool pktbuf_is_own_write(const struct pktbuf *pb);
/** isock_wants_stamps() - of what it receives. */
static inline bool isock_wants_stamps(const struct isock *sk)
{
	return sk->ns.options & BIT(SO_TIMESTAMP) || sk->stamp_ns || sk->stamping & STAMPING_RX_SOFTWARE;
}
long isock_ioctl(struct netsock *s, u32 cmd, uptr arg);
/** isock_error() - something went wrong: @err negative errno; wakes. */
void isock_error(struct isock *sk, int err);
u8 isock_ttl(const struct isock *sk, be32 daddr);
/** isock_mc_wants() - does a socket get a multicast packet; S or RCU. */
bool isock_mc_wants(struct isock *sk, be32 group, u32 ifindex);
int isock_mc_join(struct isock *sk, const void *val, u32 len, bool join);
void isock_mc_drop_all(struct isock *sk);
/** netif_mc4_wants() - is a group joined on an interface; RCU. */
bool netif_mc4_wants(const struct netif *nif, be32 group);

/* ---- datagram sockets: UDP, raw, ping ---- */
struct dgsend {			/* a send decoded */
	be32 daddr, saddr;
	struct in6ip daddr6, saddr6;
	bool is_v6;
	u16 dport;
	u32 oif;
	s16 ttl;
	s16 tos;
};
int dgram_decode(struct isock *sk, struct sockmsg *m, struct dgsend *d);
/** dgram_charge() - wait for room in the send buffer; 0, -EAGAIN, -ERESTARTSYS. */
int dgram_charge(struct isock *sk, u32 flags);
/** pktbuf_own_write() - count @pb against the socket until it is freed. */
void pktbuf_own_write(struct pktbuf *pb, struct isock *sk);
/** dgram_deliver() - to the receive queue; consumes. False: no room. Bottom halves off. */
bool dgram_deliver(struct isock *sk, struct pktbuf *pb);
ssize_t dgram_recv(struct netsock *s, struct sockmsg *m);
u32 dgram_poll(struct netsock *s, struct ofile *f, struct poll_table *pt);
int dgram_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block);
int dgram_shutdown(struct netsock *s, int how);
/** isock_path4_is() / isock_path6_is() - packets of @sk from @src to @dst may have @mtu bytes, a router said. RCU. */
void isock_path4_is(struct isock *sk, be32 dst, be32 src, u32 mtu);
void isock_path6_is(struct isock *sk, const struct in6ip *dst, const struct in6ip *src, u32 mtu);
/** ip4_path_is() / ip6_path_is() - the same of packets that no socket sent. RCU. */
void ip4_path_is(struct netns *ns, be32 dst, be32 src, u32 mtu);
void ip6_path_is(struct netns *ns, const struct in6ip *dst, const struct in6ip *src, u32 mtu);
/** dgram_route() - where @d goes, counted if nowhere; RCU. What ip4_route_flow() says, -EACCES: SO_BROADCAST. */
int dgram_route(struct isock *sk, const struct dgsend *d, struct iproute *r);
/** dgram_destroy() - at release: queues, groups, the hash's reference. */
void dgram_destroy(struct isock *sk);
/** isock_queue_zerocopy() - a send with MSG_ZEROCOPY is done with its buffer. 0 or -ENOBUFS. */
int isock_queue_zerocopy(struct isock *sk);
/** isock_recv_error() - recvmsg() with MSG_ERRQUEUE: bytes, -EAGAIN, -EFAULT. */
ssize_t isock_recv_error(struct isock *sk, struct sockmsg *m);
/* An ICMP error about a packet that a socket sent; of the destinations the one that @is_v6 says counts. */
struct icmperr { int err; u8 type, code; u32 info; be32 dst; struct in6ip dst6; u16 port; bool is_v6; };
/**
 * isock_queue_error() - for MSG_ERRQUEUE; dropped if too many wait, or without memory
 * @pb: data at what the error quotes of the user's bytes, net at the header of who sent it; a copy is made
 */
void isock_queue_error(struct isock *sk, const struct pktbuf *pb, const struct icmperr *e);

/* ---- families of protocols by socket type ---- */
/** udp_create() - @protocol: IPPROTO_UDP or IPPROTO_UDPLITE. */
struct netsock *udp_create(u32 protocol);
/** udplite_is_right() - length and checksum; *@cover is how much of it is sure. */
bool udplite_is_right(const struct pktbuf *pb, const struct udp_head *h, u32 *cover);
/** udplite_is_wanted() - does @sk take a packet of @len bytes, with the header, of which @cover are sure. */
bool udplite_is_wanted(const struct isock *sk, u32 len, u32 cover);
/** udplite_put_sum() - coverage and checksum of a packet from the UDP header on. */
void udplite_put_sum(const struct isock *sk, struct pktbuf *pb, u64 pseudo);
/** udplite_setopt() - UDPLITE_SEND_CSCOV, UDPLITE_RECV_CSCOV; -ENOPROTOOPT of UDP. */
int udplite_setopt(struct isock *sk, int name, s32 v);
/** udp_foreach() - all bound ones of @protocol in @ns; false from @fn stops. RCU. */
void udp_foreach(const struct netns *ns, u32 protocol, bool (*fn)(struct isock *sk, void *arg), void *arg);
struct netsock *ping_create(u32 protocol);
struct netsock *rawsock6_create(int protocol);
struct netsock *rawsock_create(int protocol);
struct netsock *tcp_create(void);
u64 rawsock_count(const struct netns *ns);
/** rawsock_receive() - copies for raw sockets; true if there was one. RCU. */
bool rawsock_receive(struct netns *ns, struct pktbuf *pb);
/** rawsock_error() - tell raw sockets that may have sent what @quoted, data behind it, is of. RCU. */
void rawsock_error(struct netns *ns, const struct ip4_head *quoted, struct pktbuf *pb, u8 type, u8 code, u32 info);
/** ping_receive() - an echo reply, data at the ICMP header; consumes. */
void ping_receive(struct netns *ns, struct pktbuf *pb);
void ping_error(struct netns *ns, const struct ip4_head *quoted, struct pktbuf *pb, u8 type, u8 code,
		u32 info);

/* ---- ports ---- */
/** ip_local_ports() - how many ports are there to choose from; *@first. */
static inline u32 ip_local_ports(const struct netns *ns, u32 *first)
{
	u64 range = READ_ONCE(ns->ip4->knobs.ports);

	*first = NETRANGE_LOW(range);
	return NETRANGE_HIGH(range) - *first + 1;
}
