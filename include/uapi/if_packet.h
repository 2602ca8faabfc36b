/* SPDX-License-Identifier: GPL-2.0-only */
/* AF_PACKET sockets and packet filters: Linux numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define AF_PACKET	17
#define SOL_PACKET	263
#define ETH_P_ALL	0x0003

struct sockaddr_ll {
	u16 sll_family, sll_protocol;
	s32 sll_ifindex;
	u16 sll_hatype;
	u8 sll_pkttype, sll_halen, sll_addr[8];
};
static_assert(sizeof(struct sockaddr_ll) == 20, "user ABI");
#define SOCKADDR_LL_MIN	12u

#define PACKET_HOST		0
#define PACKET_BROADCAST	1
#define PACKET_MULTICAST	2
#define PACKET_OTHERHOST	3
#define PACKET_OUTGOING		4

#define PACKET_ADD_MEMBERSHIP	1
#define PACKET_DROP_MEMBERSHIP	2
#define PACKET_RX_RING		5
#define PACKET_STATISTICS	6
#define PACKET_AUXDATA		8
#define PACKET_ORIGDEV		9
#define PACKET_VERSION		10
#define PACKET_HDRLEN		11
#define PACKET_RESERVE		12
#define PACKET_IGNORE_OUTGOING	23
#define PACKET_MR_MULTICAST	0
#define PACKET_MR_PROMISC	1
#define PACKET_MR_ALLMULTI	2
#define PACKET_MR_UNICAST	3
struct packet_mreq { s32 ifindex; u16 type, alen; u8 address[8]; };
static_assert(sizeof(struct packet_mreq) == 16, "user ABI");
struct tpacket_stats { u32 packets, drops; };
struct tpacket_auxdata { u32 status, len, snaplen; u16 mac, net, vlan_tci, vlan_tpid; };
static_assert(sizeof(struct tpacket_auxdata) == 20, "user ABI");
enum { TPACKET_V1, TPACKET_V2, TPACKET_V3 };
struct tpacket_req { u32 block_size, block_nr, frame_size, frame_nr; };
struct tpacket1_head { u64 status; u32 len, snaplen; u16 mac, net; u32 sec, usec; };
static_assert(sizeof(struct tpacket1_head) == 32, "user ABI");
struct tpacket2_head { u32 status, len, snaplen; u16 mac, net; u32 sec, nsec; u16 vlan_tci, vlan_tpid; u8 pad_[4]; };
static_assert(sizeof(struct tpacket2_head) == 32, "user ABI");
#define TP_STATUS_USER		0x1u
#define TP_STATUS_LOSING	0x4u
#define TP_STATUS_CSUMNOTREADY	0x8u
#define TP_STATUS_CSUM_VALID	0x80u

#define SO_ATTACH_FILTER	26
#define SO_DETACH_FILTER	27
#define SO_LOCK_FILTER		44
struct sock_fprog { u16 len, pad_[3]; u64 filter; };
static_assert(sizeof(struct sock_fprog) == 16, "user ABI");
#define SKF_AD_OFF	0xfffff000u
#define SKF_NET_OFF	0xfff00000u
#define SKF_LL_OFF	0xffe00000u
#define SKF_AD_PROTOCOL	0
#define SKF_AD_PKTTYPE	4
#define SKF_AD_IFINDEX	8
#define SKF_AD_HATYPE	28
#define SKF_AD_CPU	36
#define SKF_AD_VLAN_TAG	44
#define SKF_AD_VLAN_TAG_PRESENT 48
#define SKF_AD_PAY_OFFSET 52
