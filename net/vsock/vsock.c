// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_VSOCK: connections between a virtual machine and its host, or within it, without IP. The
 * protocol on both ways is that of virtio's socket device (VIRTIO 1.2, 5.10).
 *
 * Nouns: vsock, a socket; vspkt, a packet, which is also what waits to be read; link, the
 * device that leads to the host (drivers/net/virtio_vsock.c); embryo, an end of a
 * connection that nobody has accepted yet. CIDs name machines, 1 is always this one.
 *
 * Life-cycle: created with one reference for the file. A bound or connected one stands in a
 * table (table.c), without a reference: it leaves before the last goes. Closing sends
 * SHUTDOWN; the socket stays in the table until the other end answers RST, or CLOSE_NS.
 *
 * Flow: each end tells how much it takes (buf_alloc) and how much was read so far (fwd_cnt);
 * a sender never has more under way. So packets to the host need no other limit.
 *
 * Lock order: state_lock > read_lock or send_lock > lock > a table's. Packets are sent with no spin
 * lock held: one for a socket here is delivered by its sender (wire.c).
 *
 * Limits: no datagrams; one link; all network namespaces share the sockets, as on Linux.
 */
#include "vsock_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>

#define CLOSE_NS	(8 * NSEC_PER_SEC)
#define BUFFER_DEFAULT	(256u << 10)
#define BUFFER_MIN	128u
#define CONNECT_NS	(2 * NSEC_PER_SEC)

static struct objcache *vsock_cache;

static void purge(struct list *packets)
{
	struct vspkt *p, *next;

	list_foreach_safe(p, next, packets, link)
		vspkt_free(p);
	list_init(packets);
}

void vsock_put(struct vsock *v)
{
	if (!ref_put(&v->refs))
		return;
	purge(&v->rxq);
	objcache_free(vsock_cache, v);
}

void vsock_time(struct vsock *v, nsec_t delay)
{
	vsock_get(v);
	if (workpool_rearm_delayed(workpool_system, &v->timer, delay))
		vsock_put(v);	/* it waited already, with a reference */
}

static void time_is_up(struct workitem *w)
{
	struct vsock *v = container_of(w, struct vsock, timer.work);
	bool was_connecting, must_reset;

	spin_lock(&v->lock);
	was_connecting = v->state == VSTATE_CONNECTING && !v->is_dead;
	must_reset = v->state == VSTATE_CONNECTED && v->is_dead && !v->is_done;
	if (was_connecting)
		vsock_end(v, -ETIMEDOUT);
	spin_unlock(&v->lock);
	if (was_connecting)
		vsock_wake(v, VWAKE_HANGUP);
	if (must_reset)
		vsock_send_op(v, VSOCK_RST, 0);
	if (READ_ONCE(v->is_dead))
		vsock_table_leave(v);
	vsock_put(v);
}

void vsock_closed(struct vsock *v)
{
	vsock_time(v, 0);
}

/* Say that this end is closed. True: the other end will answer. */
static bool say_goodbye(struct vsock *v)
{
	bool must_reset = READ_ONCE(v->peer_shutdown) == VSHUT_BOTH;

	if (READ_ONCE(v->is_done) || vsock_send_op(v, must_reset ? VSOCK_RST : VSOCK_SHUTDOWN, VSHUT_BOTH) ||
	    must_reset)
		return false;
	if (v->ns.linger.onoff && v->ns.linger.linger > 0)
		(void)waitq_wait_intr_until(&v->ns.wait, READ_ONCE(v->is_done),
					    deadline_after((u32)v->ns.linger.linger * NSEC_PER_SEC));
	return !READ_ONCE(v->is_done);
}

void vsock_release(struct netsock *s)
{
	struct vsock *v = vsock_of(s), *e, *next;
	LIST_HEAD(embryos);
	LIST_HEAD(packets);
	bool was_connected;

	spin_lock(&v->lock);
	v->is_dead = true;
	v->shutdown = VSHUT_BOTH;
	was_connected = v->state == VSTATE_CONNECTED;
	list_splice_init(&v->embryos, &embryos);
	list_splice_init(&v->rxq, &packets);
	spin_unlock(&v->lock);
	list_foreach_safe(e, next, &embryos, embryo_link)
		vsock_release(&e->ns);
	purge(&packets);
	if (was_connected && say_goodbye(v))
		vsock_time(v, CLOSE_NS);
	else
		vsock_table_leave(v);
	vsock_wake(v, VWAKE_HANGUP);
	vsock_put(v);
}

struct vsock *vsock_alloc(u16 type)
{
	struct vsock *v = objcache_zalloc(vsock_cache, ALLOC_KERNEL);

	if (!v)
		return NULL;
	netsock_init(&v->ns, &vsock_ops, AF_VSOCK, type, 0);
	ref_init(&v->refs, 1);
	kmutex_init(&v->state_lock, LOCKRANK_SOCK);
	kmutex_init(&v->read_lock, LOCKRANK_SOCK_READ);
	kmutex_init(&v->send_lock, LOCKRANK_SOCK_READ);
	spin_init(&v->lock, LOCKRANK_SOCK_SPIN);
	v->state = VSTATE_IDLE;
	v->local = v->remote = (struct vsaddr){ VMADDR_CID_ANY, VMADDR_PORT_ANY };
	growlink_init(&v->bound_link);
	growlink_init(&v->conn_link);
	list_init(&v->rxq);
	list_init(&v->embryos);
	v->buf_alloc = BUFFER_DEFAULT;
	v->buf_size = v->buf_max = BUFFER_DEFAULT;
	v->buf_min = BUFFER_MIN;
	v->connect_timeout = CONNECT_NS;
	delayed_work_init(&v->timer, time_is_up);
	return v;
}

static int vsock_getname(struct netsock *s, struct sockaddr_any *a, u32 *len, enum sockend end)
{
	struct sockaddr_vm vm = { .family = AF_VSOCK };
	struct vsock *v = vsock_of(s);
	bool has_name;

	spin_lock(&v->lock);
	has_name = end == SOCKEND_OWN || ((v->state == VSTATE_CONNECTED || v->is_done) && !v->was_shut);
	vm.cid = end != SOCKEND_OWN ? v->remote.cid : v->local.cid;
	vm.port = end != SOCKEND_OWN ? v->remote.port : v->local.port;
	spin_unlock(&v->lock);
	if (!has_name)
		return -ENOTCONN;
	memcpy(a, &vm, sizeof(vm));
	*len = sizeof(vm);
	return 0;
}

static int vsock_shutdown(struct netsock *s, int how)
{
	struct vsock *v = vsock_of(s);
	u8 mode = (u8)(how + 1);
	bool tell;

	spin_lock(&v->lock);
	if (v->state == VSTATE_IDLE || v->state == VSTATE_LISTEN) {
		spin_unlock(&v->lock);
		return -ENOTCONN;
	}
	v->was_shut = true;
	v->shutdown |= mode;
	tell = v->state == VSTATE_CONNECTED && !v->is_done;
	spin_unlock(&v->lock);
	vsock_wake(v, VWAKE_HANGUP);
	return tell ? vsock_send_op(v, VSOCK_SHUTDOWN, mode) : 0;
}

static u32 vsock_poll(struct netsock *s, struct ofile *f, struct poll_table *pt)
{
	struct vsock *v = vsock_of(s);
	u8 state, shut, peer;
	u32 ev = 0;

	poll_wait(f, &s->wait, pt);
	state = READ_ONCE(v->state);
	shut = READ_ONCE(v->shutdown);
	peer = READ_ONCE(v->peer_shutdown);
	if (READ_ONCE(s->error))
		ev |= POLLERR;
	if (shut == VSHUT_BOTH || (shut & VSHUT_SEND && peer & VSHUT_SEND))
		ev |= POLLHUP;
	if (shut & VSHUT_RECV || peer & VSHUT_SEND)
		ev |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (state == VSTATE_LISTEN)
		return !list_is_empty(&v->embryos) ? ev | POLLIN | POLLRDNORM : ev;
	if (vsock_is_seq(v) ? READ_ONCE(v->messages) : READ_ONCE(v->rx_bytes))
		ev |= POLLIN | POLLRDNORM;
	if (shut & VSHUT_SEND)
		return ev;
	if (state == VSTATE_CONNECTED && vsock_credit(v))
		ev |= POLLOUT | POLLWRNORM | POLLWRBAND;
	if (state == VSTATE_IDLE || state == VSTATE_CLOSING)
		ev |= POLLOUT | POLLWRNORM;
	return ev;
}

/* ---- the family ---- */

const struct netsock_ops vsock_ops = {
	.release = vsock_release, .bind = vsock_bind, .connect = vsock_connect, .pair = netsock_no_pair,
	.listen = vsock_listen, .accept = vsock_accept, .getname = vsock_getname,
	.shutdown = vsock_shutdown, .send = vsock_send, .recv = vsock_recv, .poll = vsock_poll,
	.ioctl = vsock_ioctl, .setopt = vsock_setopt, .getopt = vsock_getopt,
};

static struct netsock *vsock_create(int type, int protocol)
{
	struct vsock *v;

	if (protocol && protocol != AF_VSOCK)
		return ERR_PTR(-EPROTONOSUPPORT);
	if (type == SOCK_DGRAM)
		return ERR_PTR(-ENODEV);	/* nothing carries them */
	if (type != SOCK_STREAM && type != SOCK_SEQPACKET)
		return ERR_PTR(-ESOCKTNOSUPPORT);
	v = vsock_alloc((u16)type);
	return v ? &v->ns : ERR_PTR(-ENOMEM);
}

static const struct netfamily vsock_family = { .family = AF_VSOCK, .create = vsock_create };
PROTOCOL(vsock_family);

static int vsock_start(void)
{
	vsock_cache = objcache_create("vsock", sizeof(struct vsock), 64, 0, NULL);
	VERIFY(vsock_cache);
	return 0;
}
INITCALL(FS, vsock_start);
