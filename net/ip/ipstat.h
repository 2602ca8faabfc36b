/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the Internet protocols count, as /proc/net/snmp, netstat and snmp6 show it: RFC 4293, 4022, 4113 and
 * Linux's own. One row a counter, in the order of the columns; each namespace has its own, one copy a CPU.
 */
#pragma once

#include <asm/percpu.h>
#include <asm/atomic.h>
#include <tern/net/netns.h>

#define IP_ROWS(X)					\
	X(IPSTAT_IN_RECEIVES, "InReceives")		\
	X(IPSTAT_IN_HDR_ERRORS, "InHdrErrors")		\
	X(IPSTAT_IN_ADDR_ERRORS, "InAddrErrors")	\
	X(IPSTAT_FORWARDED, "ForwDatagrams")		\
	X(IPSTAT_IN_UNKNOWN_PROTOS, "InUnknownProtos")	\
	X(IPSTAT_IN_DISCARDS, "InDiscards")		\
	X(IPSTAT_IN_DELIVERS, "InDelivers")		\
	X(IPSTAT_OUT_REQUESTS, "OutRequests")		\
	X(IPSTAT_OUT_DISCARDS, "OutDiscards")		\
	X(IPSTAT_OUT_NO_ROUTES, "OutNoRoutes")		\
	X(IPSTAT_REASM_TIMEOUT, "ReasmTimeout")		\
	X(IPSTAT_REASM_REQDS, "ReasmReqds")		\
	X(IPSTAT_REASM_OKS, "ReasmOKs")			\
	X(IPSTAT_REASM_FAILS, "ReasmFails")		\
	X(IPSTAT_FRAG_OKS, "FragOKs")			\
	X(IPSTAT_FRAG_FAILS, "FragFails")		\
	X(IPSTAT_FRAG_CREATES, "FragCreates")

#define IPEXT_ROWS(X)					\
	X(IPSTAT_IN_NO_ROUTES, "InNoRoutes")		\
	X(IPSTAT_IN_TRUNCATED, "InTruncatedPkts")	\
	X(IPSTAT_IN_MCAST, "InMcastPkts")		\
	X(IPSTAT_OUT_MCAST, "OutMcastPkts")		\
	X(IPSTAT_IN_BCAST, "InBcastPkts")		\
	X(IPSTAT_OUT_BCAST, "OutBcastPkts")		\
	X(IPSTAT_IN_OCTETS, "InOctets")			\
	X(IPSTAT_OUT_OCTETS, "OutOctets")		\
	X(IPSTAT_IN_CSUM_ERRORS, "InCsumErrors")	\
	X(IPSTAT_IN_NOECT, "InNoECTPkts")		\
	X(IPSTAT_IN_ECT1, "InECT1Pkts")			\
	X(IPSTAT_IN_ECT0, "InECT0Pkts")			\
	X(IPSTAT_IN_CE, "InCEPkts")

/* Messages by type are struct icmptypes'. */
#define ICMP_ROWS(X)					\
	X(ICMPSTAT_IN_MSGS, "InMsgs")			\
	X(ICMPSTAT_IN_ERRORS, "InErrors")		\
	X(ICMPSTAT_IN_CSUM_ERRORS, "InCsumErrors")	\
	X(ICMPSTAT_OUT_MSGS, "OutMsgs")			\
	X(ICMPSTAT_OUT_ERRORS, "OutErrors")		\
	X(ICMPSTAT_OUT_LIMITED, "OutRateLimitGlobal")

#define TCP_ROWS(X)					\
	X(TCPSTAT_ACTIVE_OPENS, "ActiveOpens")		\
	X(TCPSTAT_PASSIVE_OPENS, "PassiveOpens")	\
	X(TCPSTAT_ATTEMPT_FAILS, "AttemptFails")	\
	X(TCPSTAT_ESTAB_RESETS, "EstabResets")		\
	X(TCPSTAT_CURR_ESTAB, "CurrEstab")		\
	X(TCPSTAT_IN_SEGS, "InSegs")			\
	X(TCPSTAT_OUT_SEGS, "OutSegs")			\
	X(TCPSTAT_RETRANS_SEGS, "RetransSegs")		\
	X(TCPSTAT_IN_ERRS, "InErrs")			\
	X(TCPSTAT_OUT_RSTS, "OutRsts")			\
	X(TCPSTAT_IN_CSUM_ERRORS, "InCsumErrors")

#define TCPEXT_ROWS(X)					\
	X(TCPSTAT_SYNCOOKIES_SENT, "SyncookiesSent")	\
	X(TCPSTAT_TW, "TW")				\
	X(TCPSTAT_RP_FILTERED, "IPReversePathFilter")	\
	X(TCPSTAT_ARP_FILTERED, "ArpFilter")		\
	X(TCPSTAT_DELAYED_ACKS, "DelayedACKs")		\
	X(TCPSTAT_LISTEN_OVERFLOWS, "ListenOverflows")	\
	X(TCPSTAT_LISTEN_DROPS, "ListenDrops")		\
	X(TCPSTAT_FAST_RETRANS, "TCPFastRetrans")	\
	X(TCPSTAT_TIMEOUTS, "TCPTimeouts")		\
	X(TCPSTAT_LOSS_PROBES, "TCPLossProbes")		\
	X(TCPSTAT_OFO_QUEUE, "TCPOFOQueue")

/* Of each of UDP and UDP-Lite, of either version of IP: the same rows. */
#define UDP_ROWS(X, WHOSE)				\
	X(WHOSE##_IN, "InDatagrams")			\
	X(WHOSE##_NO_PORTS, "NoPorts")			\
	X(WHOSE##_IN_ERRORS, "InErrors")		\
	X(WHOSE##_OUT, "OutDatagrams")			\
	X(WHOSE##_RCVBUF_ERRORS, "RcvbufErrors")	\
	X(WHOSE##_SNDBUF_ERRORS, "SndbufErrors")	\
	X(WHOSE##_IN_CSUM_ERRORS, "InCsumErrors")

#define IP6_ROWS(X)					\
	X(IP6STAT_IN_RECEIVES, "InReceives")		\
	X(IP6STAT_IN_HDR_ERRORS, "InHdrErrors")		\
	X(IP6STAT_IN_TOO_BIG, "InTooBigErrors")		\
	X(IP6STAT_IN_NO_ROUTES, "InNoRoutes")		\
	X(IP6STAT_IN_ADDR_ERRORS, "InAddrErrors")	\
	X(IP6STAT_IN_UNKNOWN_PROTOS, "InUnknownProtos")	\
	X(IP6STAT_IN_TRUNCATED, "InTruncatedPkts")	\
	X(IP6STAT_IN_DISCARDS, "InDiscards")		\
	X(IP6STAT_IN_DELIVERS, "InDelivers")		\
	X(IP6STAT_FORWARDED, "OutForwDatagrams")	\
	X(IP6STAT_OUT_REQUESTS, "OutRequests")		\
	X(IP6STAT_OUT_DISCARDS, "OutDiscards")		\
	X(IP6STAT_OUT_NO_ROUTES, "OutNoRoutes")		\
	X(IP6STAT_REASM_TIMEOUT, "ReasmTimeout")	\
	X(IP6STAT_REASM_REQDS, "ReasmReqds")		\
	X(IP6STAT_REASM_OKS, "ReasmOKs")		\
	X(IP6STAT_REASM_FAILS, "ReasmFails")		\
	X(IP6STAT_FRAG_OKS, "FragOKs")			\
	X(IP6STAT_FRAG_FAILS, "FragFails")		\
	X(IP6STAT_FRAG_CREATES, "FragCreates")		\
	X(IP6STAT_IN_MCAST, "InMcastPkts")		\
	X(IP6STAT_OUT_MCAST, "OutMcastPkts")		\
	X(IP6STAT_IN_OCTETS, "InOctets")		\
	X(IP6STAT_OUT_OCTETS, "OutOctets")		\
	X(IP6STAT_IN_NOECT, "InNoECTPkts")		\
	X(IP6STAT_IN_ECT1, "InECT1Pkts")		\
	X(IP6STAT_IN_ECT0, "InECT0Pkts")		\
	X(IP6STAT_IN_CE, "InCEPkts")

#define ICMP6_ROWS(X)					\
	X(ICMP6STAT_IN_MSGS, "InMsgs")			\
	X(ICMP6STAT_IN_ERRORS, "InErrors")		\
	X(ICMP6STAT_OUT_MSGS, "OutMsgs")		\
	X(ICMP6STAT_OUT_ERRORS, "OutErrors")		\
	X(ICMP6STAT_IN_CSUM_ERRORS, "InCsumErrors")

#define IPSTAT_ROWS(X)									\
	IP_ROWS(X) IPEXT_ROWS(X) ICMP_ROWS(X) TCP_ROWS(X) TCPEXT_ROWS(X)		\
	UDP_ROWS(X, UDPSTAT) UDP_ROWS(X, UDPLITESTAT) IP6_ROWS(X) ICMP6_ROWS(X)		\
	UDP_ROWS(X, UDP6STAT) UDP_ROWS(X, UDPLITE6STAT)

enum ipstat {
#define IPSTAT_ID(id, name) id,
	IPSTAT_ROWS(IPSTAT_ID)
#undef IPSTAT_ID
	IPSTAT_COUNT
};

/* One CPU's. */
struct ipstats { u64 n[IPSTAT_COUNT]; };
/* Messages of ICMP or ICMPv6 by their type. */
struct icmptypes { atomic64 in[256], out[256]; };

/** ipstat_inc() / ipstat_add() - count @n of @which in @ns; any context. */
#define ipstat_add(ns, which, v) this_cpu_add((ns)->ipstats->n[which], v)
#define ipstat_inc(ns, which) ipstat_add(ns, which, 1)
