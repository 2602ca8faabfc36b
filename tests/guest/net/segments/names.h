/* SPDX-License-Identifier: GPL-2.0-only */
/* The names that scripts use for errors, states, options and fields of TCP_INFO. */
#pragma once

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct name { const char *text; int value; };

static const struct name errors[] = {
	{ "EAGAIN", EAGAIN }, { "ECONNREFUSED", ECONNREFUSED }, { "ECONNRESET", ECONNRESET }, { "EPIPE", EPIPE },
	{ "ETIMEDOUT", ETIMEDOUT }, { "EINPROGRESS", EINPROGRESS }, { "EALREADY", EALREADY }, { "EISCONN", EISCONN },
	{ "ENOTCONN", ENOTCONN }, { "EINVAL", EINVAL }, { "EHOSTUNREACH", EHOSTUNREACH },
	{ "ENETUNREACH", ENETUNREACH },
	{ "EMSGSIZE", EMSGSIZE }, { "EACCES", EACCES }, { "EPERM", EPERM }, { "ENOPROTOOPT", ENOPROTOOPT },
	{ "EOPNOTSUPP", EOPNOTSUPP }, { "ECONNABORTED", ECONNABORTED }, { "EADDRINUSE", EADDRINUSE },
	{ "ENOENT", ENOENT }, { "EPROTO", EPROTO }, { NULL, 0 },
};
static const struct name states[] = {
	{ "ESTABLISHED", 1 }, { "SYN_SENT", 2 }, { "SYN_RECV", 3 }, { "FIN_WAIT1", 4 }, { "FIN_WAIT2", 5 },
	{ "TIME_WAIT", 6 }, { "CLOSE", 7 }, { "CLOSE_WAIT", 8 }, { "LAST_ACK", 9 }, { "LISTEN", 10 },
	{ "CLOSING", 11 }, { NULL, 0 },
};
static const struct name events[] = {
	{ "in", POLLIN }, { "out", POLLOUT }, { "err", POLLERR }, { "hup", POLLHUP }, { "rdhup", POLLRDHUP },
	{ "pri", POLLPRI }, { "none", 0 }, { NULL, 0 },
};
static const struct { const char *text; int level, name; } sockopts[] = {
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE }, { "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF }, { "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE },
	{ "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT }, { "TCP_NODELAY", SOL_TCP, TCP_NODELAY },
	{ "SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT }, { "SO_MAX_PACING_RATE", SOL_SOCKET, 47 },
	{ "TCP_MAXSEG", SOL_TCP, TCP_MAXSEG }, { "TCP_CORK", SOL_TCP, TCP_CORK },
	{ "TCP_KEEPIDLE", SOL_TCP, TCP_KEEPIDLE }, { "TCP_KEEPINTVL", SOL_TCP, TCP_KEEPINTVL },
	{ "TCP_KEEPCNT", SOL_TCP, TCP_KEEPCNT }, { "TCP_SYNCNT", SOL_TCP, TCP_SYNCNT },
	{ "TCP_LINGER2", SOL_TCP, TCP_LINGER2 }, { "TCP_DEFER_ACCEPT", SOL_TCP, TCP_DEFER_ACCEPT },
	{ "TCP_WINDOW_CLAMP", SOL_TCP, TCP_WINDOW_CLAMP }, { "TCP_QUICKACK", SOL_TCP, TCP_QUICKACK },
	{ "TCP_USER_TIMEOUT", SOL_TCP, TCP_USER_TIMEOUT }, { "TCP_FASTOPEN", SOL_TCP, 23 },
	{ "TCP_FASTOPEN_CONNECT", SOL_TCP, 30 }, { "TCP_NOTSENT_LOWAT", SOL_TCP, 25 }, { "TCP_INQ", SOL_TCP, 36 },
	{ "TCP_REPAIR", SOL_TCP, 19 }, { "TCP_THIN_LINEAR_TIMEOUTS", SOL_TCP, 16 },
	{ "IP_TOS", SOL_IP, 1 }, { "IP_MTU_DISCOVER", SOL_IP, 10 }, { "IP_RECVERR", SOL_IP, 11 },
	{ "IPV6_TCLASS", SOL_IPV6, 67 },
};
static const struct { const char *text; size_t offset; size_t size; } info_fields[] = {
#define FIELD(n) { #n, offsetof(struct tcp_info, tcpi_##n), sizeof(((struct tcp_info *)0)->tcpi_##n) }
	FIELD(state), FIELD(ca_state), FIELD(retransmits), FIELD(probes), FIELD(backoff), FIELD(options),
	FIELD(snd_mss), FIELD(rcv_mss), FIELD(unacked), FIELD(sacked), FIELD(lost), FIELD(retrans), FIELD(pmtu),
	FIELD(snd_ssthresh), FIELD(snd_cwnd), FIELD(advmss), FIELD(total_retrans), FIELD(rto), FIELD(rtt),
	FIELD(bytes_acked), FIELD(bytes_received), FIELD(segs_out), FIELD(segs_in), FIELD(notsent_bytes),
	FIELD(data_segs_in), FIELD(data_segs_out), FIELD(bytes_sent), FIELD(bytes_retrans), FIELD(dsack_dups),
	FIELD(reordering), FIELD(min_rtt), FIELD(delivered), FIELD(delivered_ce), FIELD(reord_seen),
	FIELD(rcv_space), FIELD(last_data_sent),
};

