/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/net/tun and the header of virtual packets, as user space sees them. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define TUNSETNOCSUM	0x400454c8u
#define TUNSETDEBUG	0x400454c9u
#define TUNSETIFF	0x400454cau
#define TUNSETPERSIST	0x400454cbu
#define TUNSETOWNER	0x400454ccu
#define TUNSETLINK	0x400454cdu
#define TUNSETGROUP	0x400454ceu
#define TUNGETFEATURES	0x800454cfu
#define TUNSETOFFLOAD	0x400454d0u
#define TUNGETIFF	0x800454d2u
#define TUNGETSNDBUF	0x800454d3u
#define TUNSETSNDBUF	0x400454d4u
#define TUNGETVNETHDRSZ	0x800454d7u
#define TUNSETVNETHDRSZ	0x400454d8u
#define TUNSETQUEUE	0x400454d9u
#define TUNSETIFINDEX	0x400454dau
#define TUNSETCARRIER	0x400454e2u

#define IFF_TUN		0x0001u
#define IFF_TAP		0x0002u
#define IFF_MULTI_QUEUE	0x0100u
#define IFF_ATTACH_QUEUE 0x0200u
#define IFF_DETACH_QUEUE 0x0400u
#define IFF_PERSIST	0x0800u
#define IFF_NO_PI	0x1000u
#define IFF_ONE_QUEUE	0x2000u
#define IFF_VNET_HDR	0x4000u
#define IFF_TUN_EXCL	0x8000u

#define TUN_F_CSUM	0x01u
#define TUN_F_TSO4	0x02u
#define TUN_F_TSO6	0x04u
#define TUN_F_TSO_ECN	0x08u
#define TUN_F_UFO	0x10u

struct tun_pi { u16 flags; u16 proto; };
#define TUN_PKT_STRIP	0x0001u

/* Before a packet on virtual links: VIRTIO 1.1, 5.1.6, without the count of buffers. */
struct vnethdr { u8 flags, gso_type; u16 hdr_len, gso_size, csum_start, csum_offset; };
static_assert(sizeof(struct vnethdr) == 10, "user ABI");
#define VNETHDR_NEEDS_CSUM	1u
#define VNETHDR_DATA_VALID	2u
#define VNETHDR_GSO_NONE	0u
#define VNETHDR_GSO_TCP4	1u
#define VNETHDR_GSO_TCP6	4u
#define VNETHDR_GSO_ECN		0x80u
