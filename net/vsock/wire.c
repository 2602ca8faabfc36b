// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets on their way: to a socket here, at once and in the sender's context, or by the one link
 * to the host. Senders hold no locks, so an answer may come back before vsock_send_op() returns.
 */
#include "vsock_impl.h"

#include <tern/base/rcu.h>

static struct vsock_link *host_link;	/* R */

struct vspkt *vspkt_alloc(u32 room)
{
	struct vspkt *p = kmem_alloc(sizeof(*p) + room, ALLOC_KERNEL);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->room = room;
	return p;
}

void vspkt_free(struct vspkt *p)
{
	kmem_free(p);
}

u32 vsock_guest_cid(void)
{
	struct vsock_link *l;
	u32 cid;

	rcu_read_lock();
	l = rcu_load(host_link);
	cid = l ? READ_ONCE(l->cid) : VMADDR_CID_ANY;
	rcu_read_unlock();
	return cid;
}

int vsock_route(const struct vsock *v, u32 cid, bool *is_local)
{
	struct vsock_link *l;
	int err = 0;

	rcu_read_lock();
	l = rcu_load(host_link);
	/* Without a host this machine is the host. */
	*is_local = cid == VMADDR_CID_LOCAL || cid == (l ? READ_ONCE(l->cid) : VMADDR_CID_HOST);
	if (!*is_local)
		err = !l ? -ENODEV : vsock_is_seq(v) && !l->has_seqpacket ? -ESOCKTNOSUPPORT : 0;
	rcu_read_unlock();
	return err;
}

static void transmit(struct vspkt *p, bool is_local)
{
	struct vsock_link *l;

	if (is_local) {
		vsock_input(p, true);
		return;
	}
	rcu_read_lock();
	l = rcu_load(host_link);
	if (l)
		l->send(l, p);
	else
		vspkt_free(p);
	rcu_read_unlock();
}

void vsock_send_packet(struct vsock *v, struct vspkt *p, enum vsock_op op, u32 flags)
{
	u32 own = v->is_local ? VMADDR_CID_LOCAL : vsock_guest_cid();

	spin_lock(&v->lock);
	p->h = (struct vsock_head){
		.src_cid = v->local.cid == VMADDR_CID_ANY ? own : v->local.cid, .src_port = v->local.port,
		.dst_cid = v->remote.cid, .dst_port = v->remote.port,
		.len = p->len, .type = vsock_wire_type(v), .op = (u16)op, .flags = flags,
		.buf_alloc = v->buf_alloc, .fwd_cnt = v->fwd_cnt,
	};
	v->told_fwd_cnt = v->fwd_cnt;
	spin_unlock(&v->lock);
	transmit(p, v->is_local);
}

int vsock_send_op(struct vsock *v, enum vsock_op op, u32 flags)
{
	struct vspkt *p = vspkt_alloc(0);

	if (!p)
		return -ENOMEM;
	vsock_send_packet(v, p, op, flags);
	return 0;
}

void vsock_refuse(const struct vspkt *p, bool is_local)
{
	struct vspkt *r;

	if (p->h.op == VSOCK_RST)
		return;
	r = vspkt_alloc(0);
	if (!r)
		return;		/* the peer's own timer ends it */
	r->h = (struct vsock_head){
		.src_cid = p->h.dst_cid, .src_port = p->h.dst_port,
		.dst_cid = p->h.src_cid, .dst_port = p->h.src_port,
		.type = p->h.type, .op = VSOCK_RST,
	};
	transmit(r, is_local);
}

/* ---- the link to the host ---- */

int vsock_link_add(struct vsock_link *l)
{
	struct vsock_link *none = NULL;

	return __atomic_compare_exchange_n(&host_link, &none, l, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ?
	       0 : -EBUSY;
}

/* Connections with the host; one a call, as waking needs no bucket lock. */
static bool pick_remote(struct vsock *v, void *arg)
{
	struct vsock **found = arg;

	if (v->is_local || v->is_done || (v->state != VSTATE_CONNECTED && v->state != VSTATE_CONNECTING))
		return true;
	vsock_get(v);
	*found = v;
	return false;
}

void vsock_link_reset(struct vsock_link *l)
{
	struct vsock *v;

	for (;;) {
		v = NULL;
		vsock_table_foreach(pick_remote, &v);
		if (!v)
			return;
		spin_lock(&v->lock);
		vsock_end(v, -ECONNRESET);
		spin_unlock(&v->lock);
		vsock_wake(v, VWAKE_HANGUP);
		vsock_put(v);
	}
}

void vsock_link_remove(struct vsock_link *l)
{
	rcu_publish(host_link, NULL);
	rcu_wait();
	vsock_link_reset(l);
}

void vsock_link_input(struct vsock_link *l, struct vspkt *p)
{
	if (p->h.dst_cid != READ_ONCE(l->cid) || p->h.src_cid == p->h.dst_cid || p->h.src_cid == VMADDR_CID_LOCAL ||
	    p->h.len != p->len) {
		vspkt_free(p);
		return;
	}
	vsock_input(p, false);
}
