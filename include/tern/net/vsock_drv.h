/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a driver of a socket device sees of AF_VSOCK (net/vsock): packets, and the one link to the
 * host. VIRTIO 1.2, 5.10.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <tern/lib/list.h>

/* Before every packet, little endian; 5.10.6. */
struct vsock_head {
	u64 src_cid, dst_cid;
	u32 src_port, dst_port, len;
	u16 type, op;
	u32 flags, buf_alloc, fwd_cnt;
} __packed;
static_assert(sizeof(struct vsock_head) == 44, "wire");

#define VSOCK_PACKET_MAX	65536u	/* bytes of data */

struct vspkt {
	struct list link;	/* holder's */
	u32 len, off, room;	/* bytes: there are, were read, fit */
	struct vsock_head h;
	u8 data[];
};

/** vspkt_alloc() - with @room bytes of physically contiguous memory for data; h is zero. NULL. Sleeps. */
struct vspkt *vspkt_alloc(u32 room);
void vspkt_free(struct vspkt *p);

struct vsock_link {
	u32 cid;		/* A this side's number */
	bool has_seqpacket;	/* I */
	/* Take a packet. Nosleep; under rcu_read_lock(). */
	void (*send)(struct vsock_link *l, struct vspkt *p);
};
/** vsock_link_add() - sockets may use it from now on; 0, -EBUSY: there is one. */
int vsock_link_add(struct vsock_link *l);
/** vsock_link_remove() - connections end, nobody is in l->send() any more. Sleeps. */
void vsock_link_remove(struct vsock_link *l);
/** vsock_link_reset() - the host forgot all connections, l->cid may be new. Sleeps. */
void vsock_link_reset(struct vsock_link *l);
/** vsock_link_input() - a packet from the host; consumes. Sleeps. */
void vsock_link_input(struct vsock_link *l, struct vspkt *p);
