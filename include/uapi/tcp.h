/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP socket options: Linux numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define TCP_NODELAY		1
#define TCP_MAXSEG		2
#define TCP_CORK		3
#define TCP_KEEPIDLE		4
#define TCP_KEEPINTVL		5
#define TCP_KEEPCNT		6
#define TCP_SYNCNT		7
#define TCP_LINGER2		8
#define TCP_DEFER_ACCEPT	9
#define TCP_WINDOW_CLAMP	10
#define TCP_INFO		11
#define TCP_QUICKACK		12
#define TCP_CONGESTION		13
#define TCP_USER_TIMEOUT	18
#define TCP_FASTOPEN		23
#define TCP_NOTSENT_LOWAT	25
#define TCP_FASTOPEN_CONNECT	30
#define TCP_FASTOPEN_NO_COOKIE	34

enum tcpstate {
	TCP_ESTABLISHED = 1, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_TIME_WAIT,
	TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING,
};

#define TCPI_OPT_TIMESTAMPS	1
#define TCPI_OPT_SACK		2
#define TCPI_OPT_WSCALE		4

#define TCPI_OPT_ECN		8
#define TCPI_OPT_ECN_SEEN	16
#define TCPI_OPT_SYN_DATA	32

struct tcpinfo {
	u8 state, ca_state, retransmits, probes, backoff, options, wscales, delivery;
	u32 rto, ato, snd_mss, rcv_mss;
	u32 unacked, sacked, lost, retrans, fackets;
	u32 last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
	u32 pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering;
	u32 rcv_rtt, rcv_space;
	u32 total_retrans;
	u64 pacing_rate, max_pacing_rate;
	u64 bytes_acked, bytes_received;
	u32 segs_out, segs_in;
	u32 notsent_bytes, min_rtt;
	u32 data_segs_in, data_segs_out;
	u64 delivery_rate;
	u64 busy_time, rwnd_limited, sndbuf_limited;
	u32 delivered, delivered_ce;
	u64 bytes_sent, bytes_retrans;
	u32 dsack_dups, reord_seen;
	u32 rcv_ooopack, snd_wnd;
};
static_assert(sizeof(struct tcpinfo) == 232, "user ABI");
