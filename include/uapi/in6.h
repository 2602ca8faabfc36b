/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv6 addresses, protocols and socket options: Linux numbers and structures. */
#pragma once
#include <uapi/in.h>

struct in6ip { union { u8 b[16]; u16 h[8]; u32 w[4]; u64 q[2]; }; };
static_assert(sizeof(struct in6ip) == 16, "user ABI");
struct sockaddr_in6 { u16 sin6_family, sin6_port; u32 sin6_flowinfo; u8 sin6_addr[16]; u32 sin6_scope_id; };
static_assert(sizeof(struct sockaddr_in6) == 28, "user ABI");
#define SOCKADDR_IN6_MIN	24u	/* without the scope, RFC 2133 */

#define IPPROTO_HOPOPTS		0
#define IPPROTO_IPV6		41
#define IPPROTO_ROUTING		43
#define IPPROTO_FRAGMENT	44
#define IPPROTO_ICMPV6		58
#define IPPROTO_NONE		59
#define IPPROTO_DSTOPTS		60
#define SOL_IPV6		41
#define SOL_ICMPV6		58

#define IPV6_CHECKSUM		7
#define IPV6_UNICAST_HOPS	16
#define IPV6_MULTICAST_IF	17
#define IPV6_MULTICAST_HOPS	18
#define IPV6_MULTICAST_LOOP	19
#define IPV6_ADD_MEMBERSHIP	20
#define IPV6_DROP_MEMBERSHIP	21
#define IPV6_MTU_DISCOVER	23
#define IPV6_MTU		24
#define IPV6_RECVERR		25
#define IPV6_V6ONLY		26
#define IPV6_RECVPKTINFO	49
#define IPV6_PKTINFO		50
#define IPV6_RECVHOPLIMIT	51
#define IPV6_HOPLIMIT		52
#define IPV6_RECVTCLASS		66
#define IPV6_TCLASS		67
#define IPV6_FREEBIND		78
#define ICMPV6_FILTER		1

struct in6_pktinfo_ { u8 addr[16]; u32 ifindex; };
struct ipv6_mreq_ { u8 group[16]; s32 ifindex; };
#define SO_EE_ORIGIN_ICMP6	3
