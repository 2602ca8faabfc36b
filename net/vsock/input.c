// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet does to the socket that it is for. Everything in it but the addresses is
 * the other end's word: data beyond the room that was promised is dropped.
 */
#include "vsock_impl.h"

#define MERGE_MAX	128u	/* shorter data goes behind what the last packet holds */

void vsock_end(struct vsock *v, int err)
{
	if (v->state == VSTATE_CONNECTING) {
		v->state = VSTATE_IDLE;
	} else {
		v->is_done = true;
		v->peer_shutdown = VSHUT_BOTH;
		if (!v->rx_bytes && !v->messages)
			v->state = VSTATE_CLOSING;
	}
	if (err)
		v->ns.error = err;
}

/* Room at the other end. An older packet that comes late tells nothing. Locks: lock. */
static bool take_credit(struct vsock *v, const struct vsock_head *h)
{
	if (v->has_peer_credit && (s32)(h->fwd_cnt - v->peer_fwd_cnt) < 0)
		return false;
	v->has_peer_credit = true;
	v->peer_fwd_cnt = h->fwd_cnt;
	v->peer_buf_alloc = h->buf_alloc;
	return vsock_credit(v) > 0;
}

/* Short pieces of a stream share memory. Locks: lock. */
static bool merge(struct vsock *v, struct vspkt *p)
{
	struct vspkt *last;

	if (vsock_is_seq(v) || p->len > MERGE_MAX || list_is_empty(&v->rxq))
		return false;
	last = list_last_entry(&v->rxq, struct vspkt, link);
	if (last->room - last->len < p->len)
		return false;
	memcpy(last->data + last->len, p->data, p->len);
	last->len += p->len;
	return true;
}

/* Locks: lock. True: consumed. */
static bool take_data(struct vsock *v, struct vspkt *p)
{
	bool is_end = vsock_is_seq(v) && p->h.flags & VSOCK_SEQ_EOM;

	if (v->shutdown & VSHUT_RECV || v->is_dead || p->len > v->buf_alloc - min(v->rx_bytes, v->buf_alloc) ||
	    (!p->len && (!is_end || v->messages >= v->buf_alloc)))
		return false;	/* empty messages take no credit, but memory */
	v->rx_bytes += p->len;
	v->messages += is_end;
	if (merge(v, p))
		return false;
	list_link_between_rcu(&p->link, v->rxq.prev, &v->rxq);
	return true;
}

struct outcome { u64 wake; enum vsock_op answer; bool keep, leave; };

/* Locks: lock. */
static void on_connected(struct vsock *v, struct vspkt *p, struct outcome *o)
{
	switch (p->h.op) {
	case VSOCK_RW:
		o->keep = take_data(v, p);
		o->wake |= VWAKE_READ;
		break;
	case VSOCK_CREDIT_REQUEST:
		o->answer = VSOCK_CREDIT_UPDATE;
		break;
	case VSOCK_SHUTDOWN:
		v->peer_shutdown |= p->h.flags & VSHUT_BOTH;
		o->wake |= VWAKE_HANGUP;
		if (v->peer_shutdown == VSHUT_BOTH && !v->rx_bytes && !v->messages && !v->is_done) {
			vsock_end(v, 0);
			o->answer = VSOCK_RST;
		}
		break;
	case VSOCK_RST:
		vsock_end(v, 0);
		o->leave = v->is_dead;
		o->wake |= VWAKE_HANGUP;
		break;
	}
}

/* Locks: lock. */
static void on_connecting(struct vsock *v, const struct vspkt *p, struct outcome *o)
{
	o->wake |= VWAKE_HANGUP;
	if (p->h.op == VSOCK_RESPONSE && p->h.type == vsock_wire_type(v)) {
		v->state = VSTATE_CONNECTED;
		return;
	}
	vsock_end(v, p->h.op == VSOCK_RST ? -ECONNRESET : -EPROTO);
	if (p->h.op != VSOCK_RST)
		o->answer = VSOCK_RST;
}

/* This side's end of a connection that @p asks for; NULL. */
static struct vsock *make_end(const struct vsock *l, const struct vspkt *p, bool is_local)
{
	struct vsock *c = vsock_alloc(l->ns.type);

	if (!c)
		return NULL;
	c->local = (struct vsaddr){ (u32)p->h.dst_cid, p->h.dst_port };
	c->remote = (struct vsaddr){ (u32)p->h.src_cid, p->h.src_port };
	c->is_local = is_local;
	c->state = VSTATE_CONNECTED;
	c->buf_size = l->buf_size;
	c->buf_min = l->buf_min;
	c->buf_max = l->buf_max;
	c->buf_alloc = (u32)c->buf_size;
	c->connect_timeout = l->connect_timeout;
	take_credit(c, &p->h);
	vsock_table_connect(c);
	return c;
}

/* Somebody connects. It is told before anybody can accept: data must not overtake the answer. */
static int on_request(struct vsock *l, const struct vspkt *p, bool is_local)
{
	struct vsock *c;
	bool is_open;

	if (p->h.type != vsock_wire_type(l) || READ_ONCE(l->nembryos) > READ_ONCE(l->backlog))
		return -ECONNREFUSED;
	c = make_end(l, p, is_local);
	if (!c || vsock_send_op(c, VSOCK_RESPONSE, 0)) {
		if (c)
			vsock_release(&c->ns);
		return -ENOMEM;
	}
	spin_lock(&l->lock);
	is_open = l->state == VSTATE_LISTEN && !l->is_dead;
	if (is_open) {
		list_add_tail(&c->embryo_link, &l->embryos);
		l->nembryos++;
	}
	spin_unlock(&l->lock);
	if (is_open)
		vsock_wake(l, VWAKE_READ);
	else
		vsock_release(&c->ns);
	return 0;
}

/* Everything but requests to listeners. True: @p is kept. */
static bool change(struct vsock *v, struct vspkt *p, bool is_local)
{
	struct outcome o = { 0 };
	bool is_ours;

	spin_lock(&v->lock);
	is_ours = p->h.src_cid == v->remote.cid && p->h.src_port == v->remote.port &&
		  (v->state == VSTATE_CONNECTED || v->state == VSTATE_CONNECTING);
	if (is_ours && take_credit(v, &p->h))
		o.wake |= VWAKE_WRITE;
	if (!is_ours)
		o.answer = VSOCK_RST;
	else if (v->state == VSTATE_CONNECTED)
		on_connected(v, p, &o);
	else
		on_connecting(v, p, &o);
	spin_unlock(&v->lock);
	if (o.answer == VSOCK_RST)
		vsock_refuse(p, is_local);
	else if (o.answer)
		vsock_send_op(v, o.answer, 0);
	if (o.wake)
		vsock_wake(v, o.wake);
	if (o.leave)
		vsock_closed(v);
	return o.keep;
}

void vsock_input(struct vspkt *p, bool is_local)
{
	struct vsaddr src = { (u32)p->h.src_cid, p->h.src_port }, dst = { (u32)p->h.dst_cid, p->h.dst_port };
	struct vsock *v = NULL;
	bool keep = false;

	if (p->h.type == VSOCK_TYPE_STREAM || p->h.type == VSOCK_TYPE_SEQPACKET)
		v = vsock_table_find(src, dst);
	if (!v)
		vsock_refuse(p, is_local);
	else if (READ_ONCE(v->state) != VSTATE_LISTEN)
		keep = change(v, p, is_local);
	else if (p->h.op != VSOCK_REQUEST || on_request(v, p, is_local))
		vsock_refuse(p, is_local);
	if (!keep)
		vspkt_free(p);
	if (v)
		vsock_put(v);
}
