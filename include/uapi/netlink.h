/* SPDX-License-Identifier: GPL-2.0-only */
/* AF_NETLINK messages: Linux numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define AF_NETLINK		16
#define NETLINK_ROUTE		0
#define NETLINK_USERSOCK	2
#define NETLINK_SOCK_DIAG	4
#define NETLINK_CONNECTOR	11
#define NETLINK_NETFILTER	12
#define NETLINK_KOBJECT_UEVENT	15
#define NETLINK_GENERIC		16
#define NETLINK_FAMILIES	32
#define SOL_NETLINK		270

#define NETLINK_ADD_MEMBERSHIP	1
#define NETLINK_DROP_MEMBERSHIP	2
#define NETLINK_PKTINFO		3
#define NETLINK_BROADCAST_ERROR	4
#define NETLINK_NO_ENOBUFS	5
#define NETLINK_LISTEN_ALL_NSID	8
#define NETLINK_LIST_MEMBERSHIPS 9
#define NETLINK_CAP_ACK		10
#define NETLINK_EXT_ACK		11
#define NETLINK_GET_STRICT_CHK	12

struct sockaddr_nl { u16 nl_family, nl_pad; u32 nl_pid, nl_groups; };
static_assert(sizeof(struct sockaddr_nl) == 12, "user ABI");
struct nlhead { u32 len; u16 type, flags; u32 seq, pid; };
static_assert(sizeof(struct nlhead) == 16, "user ABI");
struct nlattr_head { u16 len, type; };
static_assert(sizeof(struct nlattr_head) == 4, "user ABI");
#define NL_ALIGN(n)		(((n) + 3u) & ~3u)
#define NLATTR_NESTED		0x8000u
#define NLATTR_TYPE(t)		((t) & 0x3fffu)

#define NLM_F_REQUEST		0x1u
#define NLM_F_MULTI		0x2u
#define NLM_F_ACK		0x4u
#define NLM_F_DUMP		0x300u
#define NLM_F_REPLACE		0x100u
#define NLM_F_EXCL		0x200u
#define NLM_F_CREATE		0x400u
#define NLM_F_APPEND		0x800u
#define NLM_F_CAPPED		0x100u
#define NLMSG_ERROR		2
#define NLMSG_DONE		3
#define NLMSG_MIN_TYPE		16

/* ---- NETLINK_ROUTE ---- */
#define RTM_BASE	16
#define RTM_NEWLINK	16
#define RTM_DELLINK	17
#define RTM_GETLINK	18
#define RTM_SETLINK	19
#define RTM_NEWADDR	20
#define RTM_DELADDR	21
#define RTM_GETADDR	22
#define RTM_NEWROUTE	24
#define RTM_DELROUTE	25
#define RTM_GETROUTE	26
#define RTM_NEWNEIGH	28
#define RTM_DELNEIGH	29
#define RTM_GETNEIGH	30
#define RTM_DELRULE	33
#define RTM_GETRULE	34
#define RTM_NEWRULE	32

#define RTM_NEWQDISC	36
struct tcmsg { u8 family, pad1_; u16 pad2_; s32 ifindex; u32 handle, parent, info; };
static_assert(sizeof(struct tcmsg) == 20, "user ABI");
#define TCA_KIND	1
#define TCA_OPTIONS	2
#define RTM_NEWNSID	88
#define RTM_GETNSID	90
#define NETNSA_NSID	1
#define NETNSA_PID	2
#define NETNSA_FD	3
#define NETNSA_TARGET_NSID 4
#define NETNSA_CURRENT_NSID 5

#define RTNLGRP_LINK		1
#define RTNLGRP_NEIGH		3
#define RTNLGRP_IPV4_IFADDR	5
#define RTNLGRP_IPV4_ROUTE	7
#define RTNLGRP_IPV4_RULE	8
#define RTNLGRP_IPV6_IFADDR	9
#define RTNLGRP_IPV6_ROUTE	11
#define RTNLGRP_IPV6_RULE	19
#define RTNLGRP_NSID		28
#define RTNLGRP_MAX		36

struct rtgenmsg { u8 family; };
struct ifinfomsg { u8 family, pad_; u16 type; s32 index; u32 flags, change; };
static_assert(sizeof(struct ifinfomsg) == 16, "user ABI");
#define IFLA_ADDRESS		1
#define IFLA_BROADCAST		2
#define IFLA_IFNAME		3
#define IFLA_MTU		4
#define IFLA_LINK		5
#define IFLA_QDISC		6
#define IFLA_STATS		7
#define IFLA_TXQLEN		13
#define IFLA_MAP		14
#define IFLA_OPERSTATE		16
#define IFLA_LINKMODE		17
#define IFLA_LINKINFO		18
#define IFLA_STATS64		23
#define IFLA_AF_SPEC		26
#define IFLA_INET6_ADDR_GEN_MODE 8	/* in IFLA_AF_SPEC's AF_INET6 */
#define IFLA_GROUP		27
#define IFLA_EXT_MASK		29
#define IFLA_PROMISCUITY	30
#define IFLA_NUM_TX_QUEUES	31
#define IFLA_NUM_RX_QUEUES	32
#define IFLA_CARRIER		33
#define IFLA_MIN_MTU		50
#define IFLA_MAX_MTU		51
#define IFLA_INFO_KIND		1
#define IFLA_INFO_DATA		2
#define IFLA_INFO_SLAVE_KIND	4
#define IFLA_INFO_SLAVE_DATA	5
#define IFLA_MASTER		10
#define IFLA_PROTINFO		12
#define IFLA_NET_NS_PID		19
#define IFLA_IFALIAS		20
#define IFLA_NET_NS_FD		28
#define IFLA_LINK_NETNSID	37
#define IFLA_MAX		64
#define VETH_INFO_PEER		1
#define IFLA_VLAN_ID		1
#define IFLA_VLAN_FLAGS		2
#define IFLA_VLAN_PROTOCOL	5
#define VLAN_FLAG_REORDER_HDR	1u
#define IFLA_BR_FORWARD_DELAY	1
#define IFLA_BR_HELLO_TIME	2
#define IFLA_BR_MAX_AGE		3
#define IFLA_BR_AGEING_TIME	4
#define IFLA_BR_STP_STATE	5
#define IFLA_BR_PRIORITY	6
#define IFLA_BR_VLAN_FILTERING	7
#define IFLA_BR_GROUP_FWD_MASK	9
#define IFLA_BR_ROOT_ID		10
#define IFLA_BR_BRIDGE_ID	11
#define IFLA_BR_FDB_FLUSH	21
#define IFLA_BRPORT_STATE	1
#define IFLA_BRPORT_PRIORITY	2
#define IFLA_BRPORT_COST	3
#define IFLA_BRPORT_MODE	4
#define IFLA_BRPORT_LEARNING	8
#define IFLA_BRPORT_UNICAST_FLOOD 9
#define IFLA_BRPORT_NO		17
#define IFLA_BRPORT_ID		18
#define IFLA_BRPORT_FLUSH	26
#define IFLA_BRPORT_MCAST_FLOOD	27
#define IFLA_BRPORT_BCAST_FLOOD	30
#define IFLA_BRPORT_ISOLATED	33
#define IFLA_TUN_OWNER		1
#define IFLA_TUN_GROUP		2
#define IFLA_TUN_TYPE		3
#define IFLA_TUN_PI		4
#define IFLA_TUN_VNET_HDR	5
#define IFLA_TUN_PERSIST	6
#define IFLA_TUN_MULTI_QUEUE	7
#define IFLA_TUN_NUM_QUEUES	8
#define IFLA_TUN_NUM_DISABLED_QUEUES 9
#define IF_OPER_UNKNOWN		0
#define IF_OPER_DOWN		2
#define IF_OPER_LOWERLAYERDOWN	3
#define IF_OPER_UP		6

/* The first 23 of Linux 5.19's 25 counters are all that older headers know. */
struct linkstats64 {
	u64 rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped;
	u64 multicast, collisions, rx_length_errors, rx_over_errors, rx_crc_errors, rx_frame_errors;
	u64 rx_fifo_errors, rx_missed_errors, tx_aborted_errors, tx_carrier_errors, tx_fifo_errors;
	u64 tx_heartbeat_errors, tx_window_errors, rx_compressed, tx_compressed, rx_nohandler;
	u64 rx_otherhost_dropped;
};
static_assert(sizeof(struct linkstats64) == 200, "user ABI");

struct ifaddrmsg { u8 family, plen, flags, scope; u32 index; };
static_assert(sizeof(struct ifaddrmsg) == 8, "user ABI");
#define IFA_ADDRESS	1
#define IFA_LOCAL	2
#define IFA_LABEL	3
#define IFA_BROADCAST	4
#define IFA_CACHEINFO	6
#define IFA_FLAGS	8
#define IFA_RT_PRIORITY	9
#define IFA_PROTO	11
#define IFA_F_SECONDARY	0x01u
#define IFA_F_DEPRECATED 0x20u
#define IFA_F_NOPREFIXROUTE 0x200u
#define IFA_F_MCAUTOJOIN 0x400u
#define IFA_F_TENTATIVE	0x40u
#define IFA_F_PERMANENT	0x80u
#define IFA_F_DADFAILED	0x08u
#define IFA_F_NODAD	0x02u
struct ifacacheinfo { u32 preferred, valid, cstamp, tstamp; };

struct rtmsg { u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags; };
static_assert(sizeof(struct rtmsg) == 12, "user ABI");
#define RTA_DST		1
#define RTA_IIF		3
#define RTA_OIF		4
#define RTA_GATEWAY	5
#define RTA_PRIORITY	6
#define RTA_PREFSRC	7
#define RTA_METRICS	8
#define RTA_CACHEINFO	12
#define RTA_TABLE	15
#define RTA_UID		25
#define RTA_SRC		2
#define RTA_MULTIPATH	9
#define RTA_MARK	16
#define RTA_PREF	20
#define RTAX_LOCK	1
#define RTAX_MTU	2
#define RT_TABLE_UNSPEC	0
#define RT_TABLE_COMPAT	252
#define RT_TABLE_DEFAULT 253
#define RT_TABLE_MAIN	254
#define RT_TABLE_LOCAL	255
#define RTM_F_CLONED	0x200u
#define RTCF_LOCAL	0x80000000u
#define RTM_F_LOOKUP_TABLE 0x1000u
#define RTNH_F_LINKDOWN	16u

struct rtnexthop { u16 len; u8 flags, hops; s32 ifindex; };
static_assert(sizeof(struct rtnexthop) == 8, "user ABI");
#define RTNH_F_ONLINK	4u

struct ndmsg { u8 family, pad1_; u16 pad2_; s32 index; u16 state; u8 flags, type; };
static_assert(sizeof(struct ndmsg) == 12, "user ABI");
#define NDA_DST		1
#define NDA_LLADDR	2
#define NDA_CACHEINFO	3
#define NDA_PROBES	4
#define NDA_MASTER	9
#define NTF_SELF	0x02u
#define NTF_MASTER	0x04u
struct ndacacheinfo { u32 confirmed, used, updated, refcnt; };
#define NUD_INCOMPLETE	0x01
#define NUD_REACHABLE	0x02
#define NUD_STALE	0x04
#define NUD_DELAY	0x08
#define NUD_PROBE	0x10
#define NUD_FAILED	0x20
#define NUD_NOARP	0x40
#define NUD_PERMANENT	0x80

struct fibrulehdr { u8 family, dst_len, src_len, tos, table, res1_, res2_, action; u32 flags; };
static_assert(sizeof(struct fibrulehdr) == 12, "user ABI");
#define FRA_PRIORITY	6
#define FRA_SUPPRESS_PREFIXLEN 14
#define FRA_TABLE	15
#define FRA_PROTOCOL	21
#define FRA_DST		1
#define FRA_SRC		2
#define FRA_IIFNAME	3
#define FRA_GOTO	4
#define FRA_FWMARK	10
#define FRA_TUN_ID	12
#define FRA_SUPPRESS_IFGROUP 13
#define FRA_FWMASK	16
#define FRA_OIFNAME	17
#define FRA_L3MDEV	19
#define FRA_UID_RANGE	20
#define FRA_IP_PROTO	22
#define FRA_SPORT_RANGE	23
#define FRA_DPORT_RANGE	24
#define FR_ACT_TO_TBL	1
#define FR_ACT_GOTO	2
#define FR_ACT_NOP	3
#define FR_ACT_BLACKHOLE 6
#define FR_ACT_UNREACHABLE 7
#define FR_ACT_PROHIBIT	8
#define FIB_RULE_INVERT	2u

/* ---- NETLINK_SOCK_DIAG ---- */
#define SOCK_DIAG_BY_FAMILY	20
struct inetdiag_id { u16 sport, dport; u32 src[4], dst[4]; u32 ifindex; u32 cookie[2]; };
static_assert(sizeof(struct inetdiag_id) == 48, "user ABI");
struct inetdiag_req { u8 family, protocol, ext, pad_; u32 states; struct inetdiag_id id; };
static_assert(sizeof(struct inetdiag_req) == 56, "user ABI");
struct inetdiag_msg {
	u8 family, state, timer, retrans;
	struct inetdiag_id id;
	u32 expires, rqueue, wqueue, uid, inode;
};
static_assert(sizeof(struct inetdiag_msg) == 72, "user ABI");
#define INET_DIAG_REQ_PROTOCOL	3
#define INET_DIAG_MEMINFO	1
#define INET_DIAG_INFO		2
#define INET_DIAG_CONG		4
#define INET_DIAG_TOS		5
#define INET_DIAG_SKMEMINFO	7
#define INET_DIAG_SHUTDOWN	8
#define INET_DIAG_PROTOCOL	10
#define INET_DIAG_SKV6ONLY	11
