/* SPDX-License-Identifier: GPL-2.0-only */
/* Packet headers and their checks: RFC 791, 792, 768, 826, 9293. Pure. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/net/byteorder.h>

struct ip4_head {
	u8 version_ihl, tos;
	be16 total_len, id, frag_off;
	u8 ttl, protocol;
	be16 check;
	be32 saddr, daddr;
} __packed __aligned(2);
static_assert(sizeof(struct ip4_head) == 20, "wire");
#define IP4_DF		0x4000
#define IP4_MF		0x2000
#define IP4_OFFMASK	0x1fff
static inline u32 ip4_hlen(const struct ip4_head *h) { return (h->version_ihl & 15u) * 4u; }

struct udp_head { be16 sport, dport, len, check; };
static_assert(sizeof(struct udp_head) == 8, "wire");

struct icmp_head { u8 type, code; be16 check; union { struct { be16 id, seq; }; be32 info; }; };
static_assert(sizeof(struct icmp_head) == 8, "wire");
#define ICMP_ECHOREPLY		0
#define ICMP_DEST_UNREACH	3
#define ICMP_SOURCE_QUENCH	4
#define ICMP_REDIRECT		5
#define ICMP_ECHO		8
#define ICMP_TIME_EXCEEDED	11
#define ICMP_PARAMETERPROB	12
#define ICMP_TIMESTAMP		13
#define ICMP_NET_UNREACH	0
#define ICMP_HOST_UNREACH	1
#define ICMP_PROT_UNREACH	2
#define ICMP_PORT_UNREACH	3
#define ICMP_FRAG_NEEDED	4
#define ICMP_PKT_FILTERED	13

struct arp_head {
	be16 htype, ptype;
	u8 hlen, plen;
	be16 op;
	u8 sha[6];
	be32 spa;
	u8 tha[6];
	be32 tpa;
} __packed __aligned(2);
static_assert(sizeof(struct arp_head) == 28, "wire");

struct tcp_head {
	be16 sport, dport;
	be32 seq, ack;
	u8 doff, flags;
	be16 window, check, urgent;
};
static_assert(sizeof(struct tcp_head) == 20, "wire");
#define TCPF_FIN 0x01u
#define TCPF_SYN 0x02u
#define TCPF_RST 0x04u
#define TCPF_PSH 0x08u
#define TCPF_ACK 0x10u
#define TCPF_URG 0x20u
#define TCPF_ECE 0x40u
#define TCPF_CWR 0x80u

/* What the options of a TCP segment say. */
struct tcp_opts {
	u16 mss;		/* 0: none */
	s8 wscale;		/* -1: none */
	bool sack_ok, has_ts;
	s8 fast_len;		/* a fast open cookie in @fast, 0: asked for; -1: none */
	const u8 *fast;
	u32 tsval, tsecr;
	u8 nsack;
	struct { u32 start, end; } sack[4];
};

/**
 * ip4_parse() - check a header against what is there, RFC 791 3.1
 * @linear: bytes at @h; @len: bytes of the packet
 * Return: length of the packet by its header; -EINVAL: malformed; -EBADMSG: its checksum is wrong;
 *	-EMSGSIZE: there is less of it.
 */
int ip4_parse(const struct ip4_head *h, u32 linear, u32 len);
/**
 * tcp_read_options() - @n bytes of options behind a header into *@o
 * Malformed options end the list, as they do on Linux.
 */
void tcp_read_options(const u8 *p, u32 n, bool is_syn, struct tcp_opts *o);
/** arp_parse() - is it ARP for IPv4 over Ethernet; @n bytes at @h. */
bool arp_parse(const struct arp_head *h, u32 n);
