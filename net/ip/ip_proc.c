// SPDX-License-Identifier: GPL-2.0-only
/* /proc/net/snmp, netstat, sockstat: what ip_stats counted. */
#include "tcp_impl.h"

#include <tern/fs/procfs.h>

#define S(which) ipstat_sum(which)

static void print_snmp(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams "
		    "InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout "
		    "ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates\n");
	seqbuf_printf(sb, "Ip: %u %u", 2, 64);
	for (u32 i = IPSTAT_IN_RECEIVES; i <= IPSTAT_FRAG_CREATES; i++)
		seqbuf_printf(sb, " %lu", S(i));
	seqbuf_puts(sb, "\nIcmp: InMsgs InErrors InCsumErrors InDestUnreachs InEchos InEchoReps OutMsgs "
		    "OutDestUnreachs OutTimeExcds OutEchos OutEchoReps\n");
	seqbuf_printf(sb, "Icmp: %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu\n", S(ICMPSTAT_IN_MSGS),
		      S(ICMPSTAT_IN_ERRORS), S(ICMPSTAT_IN_CSUM_ERRORS), S(ICMPSTAT_IN_UNREACH),
		      S(ICMPSTAT_IN_ECHOS), S(ICMPSTAT_IN_ECHO_REPS), S(ICMPSTAT_OUT_MSGS),
		      S(ICMPSTAT_OUT_UNREACH), S(ICMPSTAT_OUT_TIME_EXCDS), S(ICMPSTAT_OUT_ECHOS),
		      S(ICMPSTAT_OUT_ECHO_REPS));
	seqbuf_puts(sb, "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails "
		    "EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\n");
	seqbuf_printf(sb, "Tcp: 1 200 120000 -1 %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu\n",
		      S(TCPSTAT_ACTIVE_OPENS), S(TCPSTAT_PASSIVE_OPENS), S(TCPSTAT_ATTEMPT_FAILS),
		      S(TCPSTAT_ESTAB_RESETS), tcp_count_established(), S(TCPSTAT_IN_SEGS),
		      S(TCPSTAT_OUT_SEGS), S(TCPSTAT_RETRANS_SEGS), S(TCPSTAT_IN_ERRS), S(TCPSTAT_OUT_RSTS),
		      S(TCPSTAT_IN_CSUM_ERRORS));
	seqbuf_puts(sb, "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\n");
	seqbuf_printf(sb, "Udp: %lu %lu %lu %lu %lu %lu %lu\n", S(UDPSTAT_IN), S(UDPSTAT_NO_PORTS),
		      S(UDPSTAT_IN_ERRORS), S(UDPSTAT_OUT), S(UDPSTAT_RCVBUF_ERRORS),
		      S(UDPSTAT_SNDBUF_ERRORS), S(UDPSTAT_IN_CSUM_ERRORS));
}
static struct procfile snmp_file = { .path = "net/snmp", .print = print_snmp };
PROCFILE(snmp_file);

static void print_netstat(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "TcpExt: SyncookiesSent ListenOverflows ListenDrops DelayedACKs TCPTimeouts "
		    "TCPFastRetrans TCPOFOQueue TW TCPLossProbes\n");
	seqbuf_printf(sb, "TcpExt: %lu %lu %lu %lu %lu %lu %lu %lu %lu\n", S(TCPSTAT_SYNCOOKIES_SENT),
		      S(TCPSTAT_LISTEN_OVERFLOWS), S(TCPSTAT_LISTEN_DROPS), S(TCPSTAT_DELAYED_ACKS),
		      S(TCPSTAT_TIMEOUTS), S(TCPSTAT_FAST_RETRANS), S(TCPSTAT_OFO_QUEUE), S(TCPSTAT_TW),
		      S(TCPSTAT_LOSS_PROBES));
}
static struct procfile netstat_file = { .path = "net/netstat", .print = print_netstat };
PROCFILE(netstat_file);

static bool count_tcp(struct tcpsock *tp, void *arg)
{
	u64 *n = arg;

	n[tp->state == TCP_TIME_WAIT ? 1 : 0]++;
	if (tp->is_orphan && tp->state != TCP_TIME_WAIT)
		n[2]++;
	n[3] += tp->sk.rx_bytes + tp->wq_mem + tp->ofo_mem;
	return true;
}

static bool count_udp(struct isock *sk, u32 bucket, void *arg)
{
	u64 *n = arg;

	n[0]++;
	n[1] += sk->rx_bytes + (u32)atomic_read(&sk->wmem);
	return true;
}

static void print_sockstat(struct seqbuf *sb, void *arg)
{
	u64 tcp[4] = { 0 }, udp[2] = { 0 }, raw = rawsock_count(), frags, frag_mem;

	rcu_read_lock();
	tcp_foreach(count_tcp, tcp);
	udp_foreach(count_udp, udp);
	rcu_read_unlock();
	ip4_frag_usage(netns_self(), &frags, &frag_mem);
	seqbuf_printf(sb, "sockets: used %lu\n", netsock_count());
	seqbuf_printf(sb, "TCP: inuse %lu orphan %lu tw %lu alloc %lu mem %lu\n", tcp[0], tcp[2], tcp[1],
		      tcp[0], DIV_ROUND_UP(tcp[3], PAGE_SIZE));
	seqbuf_printf(sb, "UDP: inuse %lu mem %lu\n", udp[0], DIV_ROUND_UP(udp[1], PAGE_SIZE));
	seqbuf_printf(sb, "UDPLITE: inuse 0\nRAW: inuse %lu\nFRAG: inuse %lu memory %lu\n", raw, frags, frag_mem);
}
static struct procfile sockstat_file = { .path = "net/sockstat", .print = print_sockstat };
PROCFILE(sockstat_file);
