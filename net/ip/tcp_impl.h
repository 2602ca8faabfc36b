/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of TCP. Theory in tcp.c. */
#pragma once

#include <tern/kernel/clock.h>
#include <uapi/tcp.h>

#include "ip6_impl.h"

#define TCP_RTO_MIN	(200 * NSEC_PER_MSEC)
#define TCP_RTO_MAX	(120 * NSEC_PER_SEC)
#define TCP_RTO_INIT	NSEC_PER_SEC
#define TCP_DELACK_NS	(40 * NSEC_PER_MSEC)
#define TCP_TW_NS	(60 * NSEC_PER_SEC)
#define TCP_MSS_DEFAULT	536u
#define TCP_MSS6_DEFAULT 1220u
#define TCP_MSS_MAX	65495u
#define TCP_CHUNK_MAX	65483u		/* payload of one packet, cut by the device or not */
#define TCP_CHALLENGE_NS (500 * NSEC_PER_MSEC)	/* between two challenge ACKs of a connection */
#define TCP_SYN_AGAIN_NS (8 * NSEC_PER_MSEC)
#define TCP_QUICK_ACKS	16u
#define TCP_SACKS	4u
#define TCP_FAST_COOKIE_MAX 16u

/* In pktbuf.cb of what lies in a queue. */
struct tcpcb {
	u32 seq, end_seq;	/* SYN and FIN count one each */
	u8 flags;		/* TCPF_SYN, FIN, PSH */
	u8 mark;		/* TCPMARK_* */
	u16 retries;
	nsec_t sent;		/* last time */
	u64 delivered;		/* tcpsock.rate when it was sent: bytes that had arrived, */
	nsec_t delivered_at;	/* when the last of them did, */
	nsec_t first_sent;	/* when the first segment of the sample was sent */
};
#define TCPMARK_SACKED	1u
#define TCPMARK_LOST	2u
#define TCPMARK_RETRANS	4u
#define TCPMARK_IDLE	8u	/* the sender had nothing more: its rate tells little */
static_assert(sizeof(struct tcpcb) <= sizeof(((struct pktbuf *)0)->cb), "fits");
static inline struct tcpcb *tcpcb_of(struct pktbuf *pb) { return (struct tcpcb *)pb->cb; }

/* A timer that is only moved when it fires too early; armed, it holds a reference. */
struct tcptimer { struct timeout t; nsec_t due; };	/* due 0: nothing to do */

struct tcpsock;
/* Delivery rate of the newest segment that an acknowledgement covers. */
struct tcprate { u64 prior, delivered, interval, rtt; u32 acked, lost; bool is_idle, is_new; };

/* Congestion control. All under sk.lock; windows are bytes. */
struct tcpcc {
	const char *name;
	bool paces;
	void (*start)(struct tcpsock *tp);
	u32 (*ssthresh)(struct tcpsock *tp);	/* a loss or a mark: the window to go down to */
	/* Bytes were acknowledged outside of recovery; NULL: sampled decides all. */
	void (*acked)(struct tcpsock *tp, u32 bytes, nsec_t now);
	void (*sampled)(struct tcpsock *tp, const struct tcprate *r, nsec_t now);	/* NULL: not interested */
};

#define BBR_ROUNDS 10u		/* that the bandwidth filter looks back */
struct bbr {
	u64 bw[BBR_ROUNDS];		/* most of each round, bytes/s */
	u64 full_bw, min_rtt, next_round;
	nsec_t min_rtt_at, cycle_at, probe_done;
	u32 round, prior_cwnd;
	u8 mode, cycle, full_count;
	bool is_full, round_start, was_idle;
};
struct cubic { u64 wmax, origin; nsec_t epoch; u64 k_ms; u64 est; };	/* bytes, ms */

/* All but what says otherwise under sk.lock. */
struct tcpsock {
	struct isock sk;		/* first */
	u8 state;			/* enum tcpstate; readable without */
	bool was_hashed;		/* S */
	struct tcpport *port;		/* port's lock to change, and S */
	struct hnode bind_node;		/* port's lock */
	struct growlink listen_link;	/* table lock */
	struct kmutex recv_lock;	/* one reader takes bytes at a time; LOCKRANK_SOCK_READ */

	/* sending */
	u32 iss, snd_una, snd_nxt, write_seq;
	u32 snd_wnd, snd_wl1, max_window;
	struct list wq;			/* sent but not acknowledged, then not sent */
	struct pktbuf *send_head;	/* first not sent; NULL: all sent */
	u64 wq_mem;
	u32 mss;			/* payload bytes of a segment */
	u32 mss_peer, mss_user, pmtu;
	u32 mtu_searched;		/* segments that were tried as larger ones vanished; 0: none did */
	u32 cwnd, ssthresh;		/* bytes */
	u32 sacked_out, lost_out, retrans_out;	/* bytes; without SACK sacked_out is a guess by duplicates */
	u32 high_seq;			/* recovery ends here */
	u32 dupacks;
	u8 ca_state;			/* TCPCA_* */
	bool is_cwnd_limited, wants_space, nodelay, cork, fin_queued;
	u32 notsent_low;		/* writable only with less that was not sent; 0: any */
	u32 small_end;			/* end of the last segment that was not full: RFC 1122 4.2.3.4, Minshall */
	const struct tcpcc *cc;
	union { struct cubic cubic; struct bbr bbr; };
	u64 pacing_rate;		/* bytes/s; 0: no pacing */
	nsec_t pace_next;		/* the next segment leaves no earlier */
	u64 sum_delivered;		/* bytes that arrived */
	nsec_t delivered_at, first_sent;
	u64 idle_until;			/* sum_delivered at which samples count again; 0: now */
	struct tcprate rate;		/* of the acknowledgement at hand */
	u64 last_rate;			/* bytes/s, of the last good sample */
	u8 ecn;				/* TCPECN_* */
	u32 delivered_ce;
	nsec_t rack_sent;		/* when what was delivered last was sent */
	u32 rack_seq;			/* its end */
	u64 rack_rtt;			/* its round trip, ns */
	u32 fack;			/* end of the highest that was delivered */
	bool is_reordering;		/* something was delivered late that was sent once */
	u8 reorder_mult;		/* quarters of min_rtt that late is not lost */
	nsec_t reorder_due;		/* when late packets count as lost; 0: none are late */
	u8 rtx_kind;			/* RTX_*: what the rtx timer is for */
	bool tlp_out;			/* a probe of the tail is on its way */
	bool tlp_was_resent;		/* with old data */
	u32 tlp_seq;			/* snd_nxt then */
	nsec_t tlp_sent;
	u64 srtt, rttvar, min_rtt, rto;	/* ns */
	u8 backoff, retries, probes;
	u8 snd_wscale, rcv_wscale;
	bool ws_ok, ts_ok, sack_ok;
	u32 ts_recent, ts_offset;
	nsec_t ts_recent_at;
	u32 user_timeout;		/* ms */
	nsec_t retrans_since;		/* when the head was first resent */
	nsec_t challenged;		/* last challenge ACK */
	u32 total_retrans;
	u64 bytes_sent, bytes_retrans, bytes_acked, bytes_rcvd;
	u32 segs_out, segs_in, data_segs_out, data_segs_in, dsack_dups, delivered, reord_seen, rcv_ooopack;
	nsec_t last_sent, last_rcvd, last_data_rcvd;

	/* receiving; sk.rxq holds bytes in order */
	u32 irs, rcv_nxt, rcv_wup, rcv_wnd, copied_seq;
	u32 rcv_mss;			/* guess of the sender's segment size */
	u32 rcv_limit;			/* memory that the window may promise */
	u32 drs_seq;
	nsec_t drs_at;
	struct list ofo;		/* ahead of a hole, by seq, no overlaps */
	u32 ofo_mem;
	struct { u32 start, end; } sack[TCP_SACKS];
	u8 nsack;
	bool has_dsack;			/* dsack: what came twice, to be told (RFC 2883) */
	struct { u32 start, end; } dsack;
	bool ack_pending, ack_now, is_pingpong, fin_rcvd;
	u8 quick;
	bool has_urg, urg_read;
	u32 urg_seq;			/* of the urgent byte */
	u8 urg_byte;
	bool urg_valid;
	u32 snd_up;
	bool snd_urg;

	/* timers */
	struct tcptimer rtx, delack, keep, pace;	/* resend and probe; delayed ACK; keepalive and ends */
	u32 keep_idle, keep_intvl;	/* s */
	u8 keep_cnt, keep_probes, syn_retries;
	s32 linger2;			/* s */
	u32 defer_accept;		/* s */

	/* fast open */
	bool fast_says;			/* the SYN has the option: fast_cookie of fast_len bytes, 0: asks for one */
	u8 fast_len, fast_cookie[TCP_FAST_COOKIE_MAX];
	bool fast_bare, fast_connect;	/* TCP_FASTOPEN_NO_COOKIE, TCP_FASTOPEN_CONNECT */
	bool fast_wants;		/* a connect by a send */
	bool fast_waits;		/* connect() to fast_to waits for the first send */
	bool fast_taken;		/* the peer took the SYN's data */
	struct isockaddr fast_to;
	struct pktbuf *fast_data;	/* leaves with the SYN that is about to go; in wq */
	struct tcpsock *fast_of;	/* a child's listener until its SYN is acknowledged, with a reference */
	u32 fast_qlen, nfast;		/* a listener's: how many may be so, and are; accept_lock */

	bool is_connecting;		/* connect() did not tell the outcome yet */
	bool is_orphan;			/* no file any more */

	/* a listener's; accept_lock */
	struct spin accept_lock;	/* protects accept_q and counts; LOCKRANK_NET_TABLE */
	struct list accept_q;
	u32 naccept, nsyn, backlog;
	nsec_t cookies_at;		/* when the last cookie was sent; 0: never */
	bool is_deaf;			/* closed */
	/* a child's */
	struct list accept_link;	/* listener's accept_lock */
	struct tcpsock *listener;	/* with a reference until it is accepted */
};
enum { RTX_RESEND, RTX_PROBE_TAIL, RTX_REORDER };
#define TCPECN_OK	1u
#define TCPECN_TELL	2u	/* our window went down: CWR with the next data */
#define TCPECN_ECHO	4u	/* a mark came: ECE until the peer says CWR */
#define TCPECN_SEEN	8u
enum { TCPCA_OPEN, TCPCA_DISORDER, TCPCA_CWR, TCPCA_RECOVERY, TCPCA_LOSS };

static inline struct tcpsock *tcp_of(struct netsock *s) { return container_of(s, struct tcpsock, sk.ns); }
static inline struct tcpsock *tcp_of_sk(struct isock *sk) { return container_of(sk, struct tcpsock, sk); }
/* Bytes of the headers without options. */
static inline u32 tcp_overhead(const struct tcpsock *tp) { return tp->sk.is_v6 ? 60 : 40; }
static inline void tcp_lock(struct tcpsock *tp) { spin_lock_bh(&tp->sk.lock); }
static inline void tcp_unlock(struct tcpsock *tp) { spin_unlock_bh(&tp->sk.lock); }
static inline bool seq_before(u32 a, u32 b) { return (s32)(a - b) < 0; }
static inline bool seq_after(u32 a, u32 b) { return (s32)(a - b) > 0; }
static inline u32 tcp_now_ms(const struct tcpsock *tp, nsec_t now)
{
	return (u32)(now / NSEC_PER_MSEC) + tp->ts_offset;
}
static inline u32 tcp_in_flight(const struct tcpsock *tp)
{
	return tp->snd_nxt - tp->snd_una - tp->sacked_out - tp->lost_out + tp->retrans_out;
}
#define TCPF_STATE(s) (1u << (s))

struct segment;
static inline const struct tcpknobs *tcp_knobs(const struct tcpsock *tp) { return &tp->sk.net->ip4->tcp; }

/* ---- tcp_hash.c ---- */
/** tcp_fin_wait() - how long an orphan waits for the other end's FIN, ns. */
static inline u64 tcp_fin_wait(const struct tcpsock *tp)
{
	return (tp->linger2 > 0 ? (u64)tp->linger2 : READ_ONCE(tcp_knobs(tp)->fin_time)) * NSEC_PER_SEC;
}
struct tcpsock *tcp_find(struct netns *ns, const struct ipflow *f);	/* RCU */
void tcp_flow_of(const struct isock *sk, struct ipflow *f);
struct tcpsock *tcp_find_listener(struct netns *ns, const struct ipflow *f);	/* RCU */
/** tcp_hash() - into the table of connections with a reference; -EADDRNOTAVAIL if taken. */
int tcp_hash(struct tcpsock *tp);
/** tcp_unhash() - out of all tables. sk.lock held. */
void tcp_unhash(struct tcpsock *tp);
/**
 * tcp_hash_connection() - the ends are set: into the table, with a first sequence number
 * A connection between the same ends in TIME-WAIT ends if time stamps allow it.
 * Return: 0, -EADDRNOTAVAIL.
 */
int tcp_hash_connection(struct tcpsock *tp);
/** tcp_choose_isn() - first sequence number and time stamp for both ends, which are set. */
void tcp_choose_isn(struct tcpsock *tp);
int tcp_listen_hash(struct tcpsock *tp);
/** tcp_foreach() - listeners and connections of @ns; false from @fn stops. RCU. */
void tcp_foreach(const struct netns *ns, bool (*fn)(struct tcpsock *tp, void *arg), void *arg);
/** tcp_describe() - TCP_INFO. */
void tcp_describe(struct tcpsock *tp, struct tcpinfo *i);
u32 tcp_flow_hash(const struct ipflow *f);

/* ---- tcp_port.c ---- */
/** tcp_take_port() - for the address that the socket is set to; 0: any. 0, -EADDRINUSE, -ENOMEM. */
int tcp_take_port(struct tcpsock *tp, u16 port);
/** tcp_inherit_port() - a child uses its listener's. 0, -ENOMEM. */
int tcp_inherit_port(struct tcpsock *child, u16 port);
/** tcp_connect_port() - tcp_hash_connection() with a port that fits, if it has none. 0, -EADDRNOTAVAIL, -ENOMEM. */
int tcp_connect_port(struct tcpsock *tp);
/** tcp_leave_port() - if it has one. */
void tcp_leave_port(struct tcpsock *tp);

/* ---- tcp.c ---- */
struct tcpsock *tcp_alloc(struct netns *ns, alloc_flags flags);
/** tcp_go() - to a state: counts and wakes. */
void tcp_go(struct tcpsock *tp, u8 state);
/** tcp_end() - the connection is over: out of the tables, timers off. @err: for the user. */
void tcp_end(struct tcpsock *tp, int err);
void tcp_linger_tw(struct tcpsock *tp);
void tcp_purge(struct tcpsock *tp);
/**
 * tcp_begin_connect() - send a SYN, or find that one is under way
 * @is_first: out, it was not connecting before
 * @data: NULL, or goes with it: taken, and NULL then
 */
int tcp_begin_connect(struct tcpsock *tp, const struct isockaddr *to, bool may_block, bool *is_first,
		      struct pktbuf **data);
/** tcp_await() - the rest of connect(2). Sleeps. */
int tcp_await(struct tcpsock *tp, bool is_first, bool may_block);

/* ---- tcp_out.c ---- */
/** tcp_push() - send what may be sent now. @now_all: no Nagle for the last. */
void tcp_push(struct tcpsock *tp, bool now_all);
/** tcp_send_ack() - an empty segment. */
void tcp_send_ack(struct tcpsock *tp);
/** tcp_send_probe() - an old sequence number, to make the peer answer. */
void tcp_send_probe(struct tcpsock *tp);
void tcp_send_reset(struct tcpsock *tp);
/** tcp_send_challenge() - an ACK to a doubtful segment, as many as are allowed a second: RFC 5961 7. */
void tcp_send_challenge(struct tcpsock *tp);
/** tcp_reply_reset() - to a segment that belongs to nobody. RCU. */
void tcp_reply_reset(struct netns *ns, const struct pktbuf *pb, const struct tcp_head *h, u32 seg_len);
/** tcp_resend() - once more, at most one segment of it; 0 or -errno. */
int tcp_resend(struct tcpsock *tp, struct pktbuf *pb);
/** tcp_queue_flag() - SYN or FIN behind all data. 0 or -ENOBUFS. */
int tcp_queue_flag(struct tcpsock *tp, u8 flag);
/** tcp_split() - @pb keeps @n bytes, the rest follows it in the queue; 0 or -ENOMEM. */
int tcp_split(struct tcpsock *tp, struct pktbuf *pb, u32 n);
void tcp_choose_mss(struct tcpsock *tp);
/** tcp_window() - what to promise now. */
u32 tcp_window(struct tcpsock *tp);
const struct iproute *tcp_route(struct tcpsock *tp, int *err);

/* ---- tcp_ack.c, tcp_cc.c ---- */
/** tcp_ack() - take an acknowledgement; false: drop the segment. */
bool tcp_ack(struct tcpsock *tp, const struct tcp_head *h, u32 seq, u32 ack, u32 len, const struct tcp_opts *o);
void tcp_enter_loss(struct tcpsock *tp);
/** tcp_reorder_timer() - what was only late by now is lost. */
void tcp_reorder_timer(struct tcpsock *tp, nsec_t now);
void tcp_rtt_sample(struct tcpsock *tp, u64 rtt);
/** tcp_slow_down() - a mark: less from now on. */
void tcp_slow_down(struct tcpsock *tp);
extern const struct tcpcc tcp_cubic, tcp_reno, tcp_bbr;
/** tcpcc_default() - what new sockets use. */
const struct tcpcc *tcpcc_default(const struct netns *ns);
/** tcpcc_find() - by name; NULL. */
const struct tcpcc *tcpcc_find(const char *name);
/** tcpcc_start() - begin anew with @cc. */
void tcpcc_start(struct tcpsock *tp, const struct tcpcc *cc);
/** tcpcc_pace() - how fast to send; keeps it in pacing_rate if the socket paces. Return: bytes/s. */
u64 tcpcc_pace(struct tcpsock *tp);
/** tcprate_sent() - a queued packet leaves. */
void tcprate_sent(struct tcpsock *tp, struct tcpcb *cb, nsec_t now);
/** tcprate_delivered() - @n bytes of a packet arrived, for the first time. */
void tcprate_delivered(struct tcpsock *tp, const struct tcpcb *cb, u32 n, nsec_t now);
/** tcprate_end() - the acknowledgement is worked off: tell congestion control. */
void tcprate_end(struct tcpsock *tp, u32 acked, nsec_t now);

/* ---- tcp_cookie.c ---- */
/** tcp_cookie_send() - answer a SYN without keeping anything. */
void tcp_cookie_send(struct tcpsock *l, const struct pktbuf *pb, const struct segment *s);
/** tcp_cookie_check() - does an ACK return a cookie; then the child, locked. RCU. */
struct tcpsock *tcp_cookie_check(struct tcpsock *l, const struct pktbuf *pb, struct segment *s);
/** tcp_resend_lost() - what was marked lost, as the window allows. */
void tcp_resend_lost(struct tcpsock *tp);

/* A segment that came. piece: payload as it was on the wire, where several came as one. */
struct segment { struct tcp_head *h; u32 seq, ack, len, piece; u8 flags, ecn; struct tcp_opts o; };

/* ---- tcp_fast.c ---- */
enum tcpfast { TCPFAST_NO, TCPFAST_TELL /* the SYN-ACK brings a cookie */, TCPFAST_OPEN };
/** tcp_fast_judge() - what a SYN for @l asks for, and may have. */
enum tcpfast tcp_fast_judge(struct tcpsock *l, const struct pktbuf *pb, const struct segment *s);
/** tcp_fast_tell() - @c's SYN-ACK will have a cookie for the sender of @pb. */
void tcp_fast_tell(struct tcpsock *c, const struct pktbuf *pb);
/** tcp_fast_open() - @c can be accepted now, with the data of its SYN; true: @pb was consumed. */
bool tcp_fast_open(struct tcpsock *l, struct tcpsock *c, struct pktbuf *pb, struct segment *s);
/** tcp_fast_done() - the SYN of a child with fast_of is acknowledged, or it ends. */
void tcp_fast_done(struct tcpsock *c);
/** tcp_fast_knows() - may data leave with a SYN to @to. */
bool tcp_fast_knows(const struct tcpsock *tp, const struct isockaddr *to);
/** tcp_fast_prepare() - the option of the SYN that is about to go. */
void tcp_fast_prepare(struct tcpsock *tp);
/** tcp_fast_send() - connect with what fits in the SYN: its bytes; 0: connected as usual; -errno. Sleeps. */
ssize_t tcp_fast_send(struct tcpsock *tp, struct sockmsg *m);
/** tcp_fast_answer() - the SYN-ACK came: keep its cookie; what it did not take is to be sent again. */
void tcp_fast_answer(struct tcpsock *tp, const struct segment *s);
u8 *tcp_fast_option(const struct tcpsock *tp, u8 *p);
int tcp_fast_setopt(struct tcpsock *tp, int name, s32 v);

/* ---- tcp_data.c ---- */
/** tcp_take_data() - data of a segment; consumes @pb. True: a FIN follows what arrived. */
bool tcp_take_data(struct tcpsock *tp, struct pktbuf *pb, struct segment *s);
/** tcp_take_urgent() - note where urgent data is. */
void tcp_take_urgent(struct tcpsock *tp, const struct segment *s, struct pktbuf *pb);

/* ---- tcp_listen.c ---- */
/** tcp_take_syn_options() - what the SYN of the other end says. */
void tcp_take_syn_options(struct tcpsock *tp, const struct segment *s);
/** tcp_hand_to_listener() - the third segment, @pb, reached a child; false: its listener has no room, or is gone. */
bool tcp_hand_to_listener(struct tcpsock *tp, const struct pktbuf *pb, const struct segment *s);
/** tcp_listener_syn() - a SYN for a listener; true: @pb was consumed. RCU, no lock held. */
bool tcp_listener_syn(struct tcpsock *l, struct pktbuf *pb, struct segment *s);
/** tcp_make_child() - a connection in the making for @l, with a reference to it; NULL. */
struct tcpsock *tcp_make_child(struct tcpsock *l, const struct pktbuf *pb, const struct segment *s);
/** tcp_reply_syn() - a SYN-ACK with @nopt bytes of options that belongs to no connection. */
void tcp_reply_syn(struct netns *ns, const struct pktbuf *pb, const struct tcp_head *in, u32 iss, u32 window,
		   const u8 *opt, u32 nopt);

/* ---- tcp_in.c ---- */
/** tcp_established() - to that state: timers, and who waits for it. */
void tcp_established(struct tcpsock *tp);
/** tcp_opened_window() - after reading: tell the peer if it matters. */
void tcp_opened_window(struct tcpsock *tp);

/* ---- tcp_timer.c ---- */
void tcp_timers_init(struct tcpsock *tp);
void tcp_timer_set(struct tcpsock *tp, struct tcptimer *t, nsec_t due);
void tcp_timers_stop(struct tcpsock *tp);
void tcp_rearm_rtx(struct tcpsock *tp, nsec_t now);
void tcp_rearm_keep(struct tcpsock *tp);

/* ---- tcp_user.c, tcp_opt.c ---- */
ssize_t tcp_send(struct netsock *s, struct sockmsg *m);
ssize_t tcp_recv(struct netsock *s, struct sockmsg *m);
u32 tcp_snd_limit(const struct tcpsock *tp);
bool tcp_has_space(const struct tcpsock *tp);
int tcp_setopt(struct netsock *s, int level, int name, const void *val, u32 len);
int tcp_getopt(struct netsock *s, int level, int name, void *val, u32 *len);
