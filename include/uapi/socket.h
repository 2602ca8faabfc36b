/* SPDX-License-Identifier: GPL-2.0-only */
/* socket(2) and friends: Linux x86-64 numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define AF_UNSPEC	0
#define AF_BRIDGE	7
#define AF_UNIX		1
#define AF_MAX		46

#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOCK_RAW	3
#define SOCK_RDM	4
#define SOCK_SEQPACKET	5
#define SOCK_TYPE_MASK	0xf
#define SOCK_NONBLOCK	0x800
#define SOCK_CLOEXEC	0x80000

#define SOL_SOCKET	1
#define SO_DEBUG	1
#define SO_REUSEADDR	2
#define SO_TYPE		3
#define SO_ERROR	4
#define SO_DONTROUTE	5
#define SO_BROADCAST	6
#define SO_SNDBUF	7
#define SO_RCVBUF	8
#define SO_KEEPALIVE	9
#define SO_OOBINLINE	10
#define SO_PRIORITY	12
#define SO_LINGER	13
#define SO_REUSEPORT	15
#define SO_PASSCRED	16
#define SO_PASSSEC	34
#define SO_PEERCRED	17
#define SO_RCVLOWAT	18
#define SO_MAX_PACING_RATE 47
#define SO_ZEROCOPY	60
#define SO_SNDLOWAT	19
#define SO_RCVTIMEO	20
#define SO_BINDTODEVICE	25
#define SO_SNDTIMEO	21
#define SO_TIMESTAMP	29
#define SO_ACCEPTCONN	30
#define SO_TIMESTAMPNS	35
#define SO_MARK		36
#define SO_TIMESTAMPING	37
#define SO_COOKIE	57
#define SO_BINDTOIFINDEX 62
#define SO_SNDBUFFORCE	32
#define SO_RCVBUFFORCE	33
#define SO_PROTOCOL	38
#define SO_DOMAIN	39
#define SO_PEEK_OFF	42
#define SO_PEERGROUPS	59

#define MSG_OOB		0x1u
#define MSG_PEEK	0x2u
#define MSG_DONTROUTE	0x4u
#define MSG_CTRUNC	0x8u
#define MSG_TRUNC	0x20u
#define MSG_DONTWAIT	0x40u
#define MSG_EOR		0x80u
#define MSG_WAITALL	0x100u
#define MSG_CONFIRM	0x800u
#define MSG_ERRQUEUE	0x2000u
#define MSG_NOSIGNAL	0x4000u
#define MSG_ZEROCOPY	0x4000000u
#define MSG_FASTOPEN	0x20000000u
#define MSG_MORE	0x8000u
#define MSG_WAITFORONE	0x10000u
#define MSG_CMSG_CLOEXEC 0x40000000u

#define SHUT_RD		0
#define SHUT_WR		1
#define SHUT_RDWR	2
#define SOMAXCONN	4096

#define SCM_RIGHTS	1
#define SCM_CREDENTIALS	2
#define SCM_MAX_FD	253

#define SIOCINQ		0x541bu
#define SIOCOUTQ	0x5411u

#define SOCKADDR_MAX	128
struct sockaddr_any { u16 family; char data[SOCKADDR_MAX - 2]; };
struct sockaddr_un { u16 sun_family; char sun_path[108]; };
static_assert(sizeof(struct sockaddr_un) == 110, "user ABI");

struct msghdr { u64 name; s32 namelen; u32 pad0_; u64 iov, iovlen, control, controllen; u32 flags, pad1_; };
static_assert(sizeof(struct msghdr) == 56, "user ABI");
struct mmsghdr { struct msghdr hdr; u32 len, pad_; };
static_assert(sizeof(struct mmsghdr) == 64, "user ABI");
struct cmsghdr { u64 len; s32 level, type; };
static_assert(sizeof(struct cmsghdr) == 16, "user ABI");
#define CMSG_ALIGN_(n)	(((n) + 7UL) & ~7UL)

/* Flags of SO_TIMESTAMPING; those of hardware, queues, acknowledgements and statistics are not there. */
#define STAMPING_TX_SOFTWARE	0x2u
#define STAMPING_RX_SOFTWARE	0x8u
#define STAMPING_SOFTWARE	0x10u
#define STAMPING_OPT_ID		0x80u
#define STAMPING_OPT_TSONLY	0x800u
#define STAMPING_KNOWN		0x89au
#define STAMPING_MASK		0xffffu

struct ucred { s32 pid; u32 uid, gid; };
struct linger { s32 onoff, linger; };
