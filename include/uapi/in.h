/* SPDX-License-Identifier: GPL-2.0-only */
/* Internet addresses, protocols and socket options: Linux numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define AF_INET		2
#define AF_INET6	10

#define IPPROTO_IP	0
#define IPPROTO_ICMP	1
#define IPPROTO_IGMP	2
#define IPPROTO_TCP	6
#define IPPROTO_UDP	17
#define IPPROTO_UDPLITE	136
#define IPPROTO_RAW	255
#define IPPROTO_MAX	256
#define SOL_IP		0
#define SOL_TCP		6
#define SOL_UDP		17
#define SOL_UDPLITE	136
#define SOL_RAW		255

struct in_addr { u32 s_addr; };
struct sockaddr_in { u16 sin_family; u16 sin_port; u32 sin_addr; u8 sin_zero[8]; };
static_assert(sizeof(struct sockaddr_in) == 16, "user ABI");
#define INADDR_ANY	0u
#define INADDR_BROADCAST 0xffffffffu

#define IP_TOS			1
#define IP_TTL			2
#define IP_HDRINCL		3
#define IP_OPTIONS		4
#define IP_RECVOPTS		6
#define IP_RETOPTS		7
#define IP_PKTINFO		8
#define IP_MTU_DISCOVER		10
#define IP_RECVERR		11
#define IP_RECVTTL		12
#define IP_RECVTOS		13
#define IP_MTU			14
#define IP_FREEBIND		15
#define IP_TRANSPARENT		19
#define IP_RECVORIGDSTADDR	20
#define IP_BIND_ADDRESS_NO_PORT 24
#define IP_MULTICAST_IF		32
#define IP_MULTICAST_TTL	33
#define IP_MULTICAST_LOOP	34
#define IP_ADD_MEMBERSHIP	35
#define IP_DROP_MEMBERSHIP	36
#define IP_MULTICAST_ALL	49
#define IP_PMTUDISC_DONT	0
#define IP_PMTUDISC_WANT	1
#define IP_PMTUDISC_DO		2
#define IP_PMTUDISC_PROBE	3
#define IP_PMTUDISC_INTERFACE	4
#define IP_PMTUDISC_OMIT	5
#define ICMP_FILTER		1
#define UDP_CORK		1
#define UDPLITE_SEND_CSCOV	10
#define UDPLITE_RECV_CSCOV	11
#define UDP_SEGMENT		103
#define UDP_GRO			104

struct in_pktinfo { s32 ipi_ifindex; u32 ipi_spec_dst, ipi_addr; };
struct ip_mreqn { u32 imr_multiaddr, imr_address; s32 imr_ifindex; };
struct sock_extended_err { u32 ee_errno; u8 ee_origin, ee_type, ee_code, ee_pad; u32 ee_info, ee_data; };
static_assert(sizeof(struct sock_extended_err) == 16, "user ABI");
#define SO_EE_ORIGIN_LOCAL	1
#define SO_EE_ORIGIN_ICMP	2
#define SO_EE_ORIGIN_TIMESTAMPING 4
#define SO_EE_ORIGIN_ZEROCOPY	5
#define SO_EE_CODE_ZEROCOPY_COPIED 1
