// SPDX-License-Identifier: GPL-2.0-only
/* Names and connections: bind, connect, listen, accept. */
#include "vsock_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/random.h>
#include <tern/net/netns.h>

#define RESERVED_PORTS	1024u	/* below: for the privileged */
#define PORT_TRIES	24

static bool is_vsock_address(const struct sockaddr_any *a, u32 len, struct vsaddr *out)
{
	struct sockaddr_vm vm;

	if (len < sizeof(vm))
		return false;
	memcpy(&vm, a, sizeof(vm));
	*out = (struct vsaddr){ vm.cid, vm.port };
	return vm.family == AF_VSOCK;
}

/* Any free port. Locks: state_lock. */
static int bind_any_port(struct vsock *v, u32 cid)
{
	u32 port = RESERVED_PORTS + (u32)random_below(S32_MAX);

	for (u32 i = 0; i < PORT_TRIES; i++, port++)
		if (!vsock_table_bind(v, (struct vsaddr){ cid, port }))
			return 0;
	return -EADDRNOTAVAIL;
}

int vsock_bind(struct netsock *s, const struct sockaddr_any *a, u32 len)
{
	struct vsock *v = vsock_of(s);
	struct vsaddr to;
	int err;

	if (!is_vsock_address(a, len, &to))
		return -EINVAL;
	if (to.cid != VMADDR_CID_ANY && to.cid != VMADDR_CID_LOCAL && to.cid != vsock_guest_cid())
		return -EADDRNOTAVAIL;
	kmutex_lock(&v->state_lock);
	if (v->is_bound)
		err = -EINVAL;
	else if (to.port == VMADDR_PORT_ANY)
		err = bind_any_port(v, to.cid);
	else if (to.port < RESERVED_PORTS && !netns_cap(CAP_NET_BIND_SERVICE))
		err = -EACCES;
	else
		err = vsock_table_bind(v, to);
	kmutex_unlock(&v->state_lock);
	return err;
}

/* 0: it may connect to @to now. Locks: state_lock. */
static int begin(struct vsock *v, struct vsaddr to)
{
	bool is_local;
	int err;

	if (v->state == VSTATE_CONNECTED || v->is_done)
		return v->was_shut ? -EINVAL : -EISCONN;
	if (v->state == VSTATE_CONNECTING)
		return -EALREADY;
	if (v->state == VSTATE_LISTEN)
		return -EINVAL;
	err = vsock_route(v, to.cid, &is_local);
	if (!err && !v->is_bound)
		err = bind_any_port(v, VMADDR_CID_ANY);
	if (err)
		return err;
	vsock_table_leave_connection(v);
	spin_lock(&v->lock);
	v->ns.error = 0;
	v->remote = to;
	v->is_local = is_local;
	v->has_peer_credit = false;
	v->buf_alloc = (u32)v->buf_size;
	v->state = VSTATE_CONNECTING;
	spin_unlock(&v->lock);
	vsock_table_connect(v);
	return 0;
}

/* It was not to be. */
static void give_up(struct vsock *v)
{
	spin_lock(&v->lock);
	if (v->state == VSTATE_CONNECTING)
		v->state = VSTATE_IDLE;
	spin_unlock(&v->lock);
}

static int await(struct vsock *v)
{
	nsec_t deadline = deadline_after(v->connect_timeout);
	int err = waitq_wait_intr_until(&v->ns.wait, READ_ONCE(v->state) != VSTATE_CONNECTING, deadline);

	if (err) {
		give_up(v);
		return err == -ERESTARTSYS ? -EINTR : err;
	}
	return netsock_take_error(&v->ns);
}

int vsock_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	struct vsock *v = vsock_of(s);
	struct vsaddr to;
	int err;

	if (!is_vsock_address(a, len, &to))
		return -EINVAL;
	kmutex_lock(&v->state_lock);
	err = begin(v, to);
	if (!err) {
		err = vsock_send_op(v, VSOCK_REQUEST, 0);
		if (err)
			give_up(v);
	} else if (err == -EALREADY && may_block) {
		err = 0;	/* wait for the one under way */
	}
	if (!err && READ_ONCE(v->state) == VSTATE_CONNECTING && !may_block) {
		vsock_time(v, v->connect_timeout);
		err = -EINPROGRESS;
	} else if (!err) {
		err = await(v);
	}
	kmutex_unlock(&v->state_lock);
	return err;
}

int vsock_listen(struct netsock *s, int backlog)
{
	struct vsock *v = vsock_of(s);
	int err = 0;

	kmutex_lock(&v->state_lock);
	spin_lock(&v->lock);
	if (!v->is_bound || (v->state != VSTATE_IDLE && v->state != VSTATE_LISTEN)) {
		err = -EINVAL;
	} else {
		v->backlog = (u32)backlog;
		v->state = VSTATE_LISTEN;
	}
	spin_unlock(&v->lock);
	kmutex_unlock(&v->state_lock);
	return err;
}

static struct vsock *embryo_pop(struct vsock *v)
{
	struct vsock *e;

	spin_lock(&v->lock);
	e = list_first_entry_or_null(&v->embryos, struct vsock, embryo_link);
	if (e) {
		list_del_init(&e->embryo_link);
		v->nembryos--;
	}
	spin_unlock(&v->lock);
	return e;
}

struct netsock *vsock_accept(struct netsock *s, bool may_block)
{
	nsec_t deadline = s->rcvtimeo ? deadline_after(s->rcvtimeo) : WAIT_FOREVER;
	struct vsock *v = vsock_of(s), *e;
	int err;

	if (READ_ONCE(v->state) != VSTATE_LISTEN)
		return ERR_PTR(-EINVAL);
	while (!(e = embryo_pop(v))) {
		if (!may_block)
			return ERR_PTR(-EAGAIN);
		err = waitq_wait_common(&s->wait, !list_is_empty(&v->embryos), THREAD_SLEEPING, true, deadline);
		if (err)
			return ERR_PTR(err == -ETIMEDOUT ? -EAGAIN : err);
	}
	return &e->ns;
}
