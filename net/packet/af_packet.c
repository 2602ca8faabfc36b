// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_PACKET: packets as they come from and go to interfaces.
 *
 * A bound socket is a tap: it sees every packet of its protocol and interface, runs its
 * filter, and queues a clone. SOCK_RAW gets and gives the link header, SOCK_DGRAM what
 * is behind it.
 *
 * Life-cycle: one reference for the file, one for each packet of it on its way out. Taps
 * are read under RCU; the memory goes a grace period after the last reference.
 *
 * Lock order: config_lock > lock.
 */
#include "packet_impl.h"

#include <asm/uaccess.h>
#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <tern/net/sockfilter.h>

static struct hlist all_socks;	/* config_lock, RCU */

/* ---- seeing ---- */

static void fill_seen(struct packet_seen *sn, const struct pktbuf *pb, bool is_out)
{
	const struct netif *nif = pb->nif;
	const u8 *mac = pb->buf + pb->mac;

	*sn = (struct packet_seen){ .pkttype = is_out ? PACKET_OUTGOING :
						pb->type > PKT_OTHERHOST ? PACKET_HOST : pb->type,
			     .ifindex = nif->index, .hatype = nif->type, .protocol = pb->protocol };
	if (nif->header_len == 14) {
		sn->halen = 6;
		memcpy(sn->addr, mac + 6, 6);
	}
}

static void to_ring(struct packsock *ps, const struct pktbuf *pb, s32 off, u32 n, bool is_out)
{
	struct packet_seen sn;
	bool ok = false;

	fill_seen(&sn, pb, is_out);
	sn.orig_len = (u32)((s32)pb->len - off);
	sn.mac_len = pb->nif->header_len;
	spin_lock_bh(&ps->lock);
	if (ps->ring)
		ok = packring_store(ps, pb, off, n, &sn, pb->stamp ? pb->stamp : clock_realtime_ns());
	spin_unlock_bh(&ps->lock);
	if (ok)
		waitq_wake(&ps->ns.wait, 0, POLLIN | POLLRDNORM);
}

static void see(struct nettap *t, const struct pktbuf *pb, bool is_out)
{
	struct packsock *ps = container_of(t, struct packsock, tap);
	u32 mac_len = pb->nif->header_len, at = pktbuf_headroom(pb), n;
	s32 off = (s32)pb->mac + (ps->ns.type == SOCK_DGRAM ? (s32)mac_len : 0) - (s32)at;
	struct pktbuf *c;
	struct packet_seen sn;
	bool ok;

	if ((is_out && ps->ignores_out) || pb->owner == ps)
		return;
	n = sockfilter_run(&ps->ns, pb, off);
	if (!n)
		return;
	if (READ_ONCE(ps->ring)) {
		to_ring(ps, pb, off, n, is_out);
		return;
	}
	c = pktbuf_clone(pb, ALLOC_ATOMIC);
	if (!c)
		return;
	if (off < 0)
		pktbuf_push(c, (u32)-off);
	else
		pktbuf_drop_front(c, (u32)off);
	c->protocol = pb->protocol;
	fill_seen(&sn, pb, is_out);
	sn.orig_len = c->len;
	sn.mac_len = (u16)mac_len;
	pktbuf_trim(c, n);
	sn.mem = c->truesize;
	memcpy(c->cb, &sn, sizeof(sn));
	if (!c->stamp)
		c->stamp = clock_realtime_ns();
	spin_lock_bh(&ps->lock);
	ok = ps->rx_bytes + sn.mem <= READ_ONCE(ps->ns.rcvbuf) || list_is_empty(&ps->queue);
	if (ok) {
		ps->rx_bytes += sn.mem;
		ps->stats.packets++;
		list_add_tail(&c->link, &ps->queue);
	} else {
		ps->stats.drops++;
	}
	spin_unlock_bh(&ps->lock);
	if (!ok)
		pktbuf_free(c);
	else
		waitq_wake(&ps->ns.wait, 0, POLLIN | POLLRDNORM);
}

/* ---- binding ---- */

static void unbind(struct packsock *ps)
{
	if (ps->is_bound)
		nettap_remove(ps->net, &ps->tap);
	ps->is_bound = false;
}

/* config_lock held. */
static int rebind(struct packsock *ps, be16 protocol, u32 ifindex)
{
	struct netif *nif = ifindex ? netif_find_index(ps->net, ifindex) : NULL;

	if (ifindex && !nif)
		return -ENODEV;
	if (ps->is_bound) {
		unbind(ps);
		rcu_wait();	/* the tap's fields change */
	}
	ps->tap.protocol = protocol;
	ps->tap.ifindex = ifindex;
	if (protocol) {
		ps->is_bound = true;
		nettap_add(ps->net, &ps->tap);
	}
	if (nif && !netif_is_up(nif))
		WRITE_ONCE(ps->ns.error, -ENETDOWN);
	return 0;
}

static int packet_bind(struct netsock *s, const struct sockaddr_any *a, u32 len)
{
	const struct sockaddr_ll *ll = (const void *)a;
	struct packsock *ps = packsock_of(s);
	be16 protocol;
	int err;

	if (len < sizeof(*ll) || ll->sll_family != AF_PACKET)
		return -EINVAL;
	kmutex_lock(&ps->net->config_lock);
	protocol = ll->sll_protocol ? ll->sll_protocol : (be16)s->protocol;
	err = rebind(ps, protocol, (u32)ll->sll_ifindex);
	if (!err)
		s->protocol = protocol;
	kmutex_unlock(&ps->net->config_lock);
	return err;
}

static int packet_getname(struct netsock *s, struct sockaddr_any *a, u32 *len, enum sockend end)
{
	struct packsock *ps = packsock_of(s);
	struct sockaddr_ll *ll = (void *)a;
	struct netif *nif;

	if (end != SOCKEND_OWN)
		return -EOPNOTSUPP;
	*ll = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_protocol = (be16)s->protocol,
				    .sll_ifindex = (s32)ps->tap.ifindex };
	rcu_read_lock();
	nif = ps->tap.ifindex ? netif_find_index(ps->net, ps->tap.ifindex) : NULL;
	if (nif) {
		ll->sll_hatype = nif->type;
		ll->sll_halen = (u8)nif->addr_len;
		memcpy(ll->sll_addr, nif->addr, nif->addr_len);
	}
	rcu_read_unlock();
	*len = SOCKADDR_LL_MIN + (nif ? ll->sll_halen : 0u);
	return 0;
}

/* ---- receiving ---- */

static bool has_input(const struct packsock *ps)
{
	return !list_is_empty(&ps->queue) || READ_ONCE(ps->ns.error);
}

static struct pktbuf *take(struct packsock *ps, bool peek)
{
	struct pktbuf *pb;

	spin_lock_bh(&ps->lock);
	pb = list_first_entry_or_null(&ps->queue, struct pktbuf, link);
	if (pb && peek) {
		struct pktbuf *c = pktbuf_clone(pb, ALLOC_ATOMIC);

		if (c)
			memcpy(c->cb, pb->cb, sizeof(c->cb));
		pb = c;
	} else if (pb) {
		list_unlink(&pb->link);
		ps->rx_bytes -= ((struct packet_seen *)pb->cb)->mem;
	}
	spin_unlock_bh(&ps->lock);
	return pb;
}

static struct pktbuf *wait_packet(struct packsock *ps, u32 flags)
{
	nsec_t deadline = ps->ns.rcvtimeo ? deadline_after(ps->ns.rcvtimeo) : WAIT_FOREVER;
	struct pktbuf *pb;
	int err;

	for (;;) {
		err = netsock_take_error(&ps->ns);
		if (err)
			return ERR_PTR(err);
		pb = take(ps, flags & MSG_PEEK);
		if (pb)
			return pb;
		if (flags & MSG_DONTWAIT)
			return ERR_PTR(-EAGAIN);
		err = waitq_wait_common(&ps->ns.wait, has_input(ps), THREAD_SLEEPING, true, deadline);
		if (err)
			return ERR_PTR(err == -ETIMEDOUT ? -EAGAIN : err);
	}
}

static void give_control(struct packsock *ps, struct sockmsg *m, const struct pktbuf *pb, const struct packet_seen *sn)
{
	struct tpacket_auxdata aux = { .status = TP_STATUS_USER, .len = sn->orig_len, .snaplen = pb->len };
	struct { s64 sec, usec; } tv = { pb->stamp / 1000000000, pb->stamp % 1000000000 / 1000 };

	if (ps->ns.options & BIT(SO_TIMESTAMP))
		sockmsg_put(m, SOL_SOCKET, SO_TIMESTAMP, &tv, sizeof(tv));
	if (!ps->want_auxdata)
		return;
	if (pb->sum_state == PKTSUM_PARTIAL)
		aux.status |= TP_STATUS_CSUMNOTREADY;
	else if (pb->sum_state == PKTSUM_GOOD)
		aux.status |= TP_STATUS_CSUM_VALID;
	aux.net = ps->ns.type == SOCK_RAW ? sn->mac_len : 0;
	sockmsg_put(m, SOL_PACKET, PACKET_AUXDATA, &aux, sizeof(aux));
}

static ssize_t packet_recv(struct netsock *s, struct sockmsg *m)
{
	struct packsock *ps = packsock_of(s);
	const struct packet_seen *sn;
	struct pktbuf *pb;
	size_t want;
	ssize_t n;

	m->name_len = 0;
	if (m->flags & (MSG_OOB | MSG_ERRQUEUE))
		return m->flags & MSG_OOB ? -EINVAL : -EAGAIN;
	pb = wait_packet(ps, m->flags);
	if (IS_ERR(pb))
		return PTR_ERR(pb);
	sn = (void *)pb->cb;
	want = min_t(size_t, m->uio->resid, pb->len);
	n = pktbuf_to_uio(pb, 0, m->uio, (u32)want) == want ? (ssize_t)want : -EFAULT;
	if (want < sn->orig_len) {
		if (want < pb->len)
			m->out_flags |= MSG_TRUNC;
		if ((m->flags & MSG_TRUNC) && n >= 0)
			n = pb->len;
	}
	if (m->name) {
		struct sockaddr_ll *ll = (void *)m->name;

		*ll = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_protocol = sn->protocol,
					    .sll_ifindex = (s32)sn->ifindex, .sll_hatype = sn->hatype,
					    .sll_pkttype = sn->pkttype, .sll_halen = sn->halen };
		memcpy(ll->sll_addr, sn->addr, 8);
		m->name_len = max(SOCKADDR_LL_MIN + sn->halen, (u32)sizeof(*ll));
	}
	give_control(ps, m, pb, sn);
	pktbuf_free(pb);
	return n;
}

/* ---- sending ---- */

static void free_later(struct rcu_job *job)
{
	struct packsock *ps = container_of(job, struct packsock, rcu);

	netns_put(ps->net);
	kmem_free(ps);
}

static void put(struct packsock *ps)
{
	if (ref_put(&ps->refs))
		rcu_defer(&ps->rcu, free_later);
}

static void write_done(struct pktbuf *pb)
{
	struct packsock *ps = pb->owner;

	atomic_sub(&ps->wmem, (s32)pb->truesize);
	waitq_wake(&ps->ns.wait, 0, POLLOUT | POLLWRNORM);
	put(ps);
}

static bool has_room(const struct packsock *ps)
{
	return (u32)atomic_read(&ps->wmem) < READ_ONCE(ps->ns.sndbuf);
}

static int wait_room(struct packsock *ps, u32 flags)
{
	int err;

	if (likely(has_room(ps)))
		return 0;
	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	err = waitq_wait_intr_until(&ps->ns.wait, has_room(ps), ps->ns.sndtimeo ?
				    deadline_after(ps->ns.sndtimeo) : WAIT_FOREVER);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

/* Header if there is none yet, and out; consumes. */
static int push(struct packsock *ps, struct pktbuf *pb, u32 ifindex, be16 protocol, const u8 *dst)
{
	struct netif *nif;
	int err = 0;

	bh_disable();
	rcu_read_lock();
	nif = netif_find_index(ps->net, ifindex);
	if (!nif)
		err = -ENXIO;
	else if (!netif_is_up(nif))
		err = -ENETDOWN;
	else if (pb->len > nif->mtu + (ps->ns.type == SOCK_RAW ? nif->header_len : 0u))
		err = -EMSGSIZE;
	else if (ps->ns.type == SOCK_RAW && (pb->len < nif->header_len || !pktbuf_make_linear(pb, nif->header_len)))
		err = -EINVAL;
	if (!err) {
		pb->protocol = protocol;
		if (ps->ns.type == SOCK_DGRAM) {
			pb->net = (u16)pktbuf_headroom(pb);
			nif->ops->header(nif, pb, dst);
		} else {
			pb->mac = (u16)pktbuf_headroom(pb);
			pb->net = (u16)(pb->mac + nif->header_len);
			if (!protocol && nif->header_len == 14)
				memcpy(&pb->protocol, pb->data + 12, 2);
		}
		ref_get(&ps->refs);
		atomic_add(&ps->wmem, (s32)pb->truesize);
		pb->owner = ps;
		pb->destroy = write_done;
		netif_send(nif, pb);
	}
	rcu_read_unlock();
	bh_enable();
	if (err)
		pktbuf_free(pb);
	return err;
}

static ssize_t packet_send(struct netsock *s, struct sockmsg *m)
{
	const struct sockaddr_ll *ll = (const void *)m->name;
	struct packsock *ps = packsock_of(s);
	size_t len = m->uio->resid;
	u32 ifindex = ps->tap.ifindex;
	be16 protocol = s->protocol == TO_BE16(ETH_P_ALL) ? 0 : (be16)s->protocol;
	const u8 *dst = NULL;
	struct pktbuf *pb;
	int err;

	if (ll && m->name_len) {
		if (m->name_len < SOCKADDR_LL_MIN || m->name_len < SOCKADDR_LL_MIN + ll->sll_halen)
			return -EINVAL;
		ifindex = (u32)ll->sll_ifindex;
		protocol = ll->sll_protocol;
		if (ps->ns.type == SOCK_DGRAM && ll->sll_halen >= 6)
			dst = ll->sll_addr;
	}
	if (len > 65535 + 128)
		return -EMSGSIZE;
	err = wait_room(ps, m->flags);
	if (err)
		return err;
	pb = pktbuf_alloc(PKT_HEADROOM, 0, ALLOC_KERNEL);
	if (!pb)
		return -ENOBUFS;
	err = pktbuf_append_uio(pb, m->uio, (u32)len);
	if (err) {
		pktbuf_free(pb);
		return err;
	}
	err = push(ps, pb, ifindex, protocol, dst);
	return err ? err : (ssize_t)len;
}

/* ---- the rest ---- */

static u32 packet_poll(struct netsock *s, struct ofile *f, struct poll_table *pt)
{
	struct packsock *ps = packsock_of(s);
	u32 ev = 0;

	poll_wait(f, &s->wait, pt);
	spin_lock_bh(&ps->lock);
	if (ps->ring ? packring_is_readable(ps) : !list_is_empty(&ps->queue))
		ev |= POLLIN | POLLRDNORM;
	spin_unlock_bh(&ps->lock);
	if (has_room(ps))
		ev |= POLLOUT | POLLWRNORM | POLLWRBAND;
	if (READ_ONCE(s->error))
		ev |= POLLERR;
	return ev;
}

static long packet_ioctl(struct netsock *s, u32 cmd, uptr arg)
{
	struct packsock *ps = packsock_of(s);
	struct pktbuf *pb;
	s32 n = 0;

	if (cmd == SIOCOUTQ)
		return user_put(atomic_read(&ps->wmem), (s32 __user *)arg);
	if (cmd != SIOCINQ)
		return -ENOTTY;
	spin_lock_bh(&ps->lock);
	pb = list_first_entry_or_null(&ps->queue, struct pktbuf, link);
	if (pb)
		n = (s32)pb->len;
	spin_unlock_bh(&ps->lock);
	return user_put(n, (s32 __user *)arg);
}

static int packet_shutdown(struct netsock *s, int how)
{
	return -EOPNOTSUPP;
}

static void packet_release(struct netsock *s)
{
	struct packsock *ps = packsock_of(s);

	kmutex_lock(&ps->net->config_lock);
	unbind(ps);
	packsock_leave_all(ps);
	hlist_del_rcu(&ps->node);
	kmutex_unlock(&ps->net->config_lock);
	rcu_wait();	/* nobody adds to the queue any more */
	pktbuf_purge(&ps->queue);
	if (ps->ring)
		packring_put(ps->ring);
	put(ps);
}

static const struct netsock_ops packet_ops = {
	.release = packet_release, .bind = packet_bind, .connect = netsock_no_connect, .pair = netsock_no_pair,
	.listen = netsock_no_listen, .accept = netsock_no_accept, .getname = packet_getname,
	.shutdown = packet_shutdown, .send = packet_send, .recv = packet_recv, .poll = packet_poll,
	.ioctl = packet_ioctl, .setopt = packsock_setopt, .getopt = packsock_getopt,
};

static struct netsock *packet_create(int type, int protocol)
{
	struct packsock *ps;
	int err;

	if (!netns_cap(CAP_NET_RAW))
		return ERR_PTR(-EPERM);
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return ERR_PTR(-ESOCKTNOSUPPORT);
	ps = kmem_zalloc(sizeof(*ps), ALLOC_KERNEL);
	if (!ps)
		return ERR_PTR(-ENOMEM);
	netsock_init(&ps->ns, &packet_ops, AF_PACKET, (u16)type, (u16)protocol);
	ps->ns.takes_filter = true;
	ps->ns.mmap = packsock_mmap;
	ref_init(&ps->refs, 1);
	ps->net = netns_get(netns_self());
	ps->tap.see = see;
	spin_init(&ps->lock, LOCKRANK_SOCK_SPIN);
	list_init(&ps->queue);
	list_init(&ps->members);
	kmutex_lock(&ps->net->config_lock);
	hlist_add_head_rcu(&ps->node, &all_socks);
	err = rebind(ps, (be16)protocol, 0);
	kmutex_unlock(&ps->net->config_lock);
	return err ? ERR_PTR(err) : &ps->ns;
}

static const struct netfamily packet_family = { .family = AF_PACKET, .create = packet_create };
PROTOCOL(packet_family);

/* An interface that goes down or away: its sockets hear of it. */
static int packet_watch(struct netif *nif, enum netevent ev)
{
	struct packsock *ps;

	if (ev != NETEVENT_DOWN && ev != NETEVENT_REMOVE)
		return 0;
	hlist_foreach(ps, &all_socks, node) {
		if (ps->tap.ifindex != nif->index || ps->net != nif->ns)
			continue;
		WRITE_ONCE(ps->ns.error, -ENETDOWN);
		waitq_wake(&ps->ns.wait, 0, POLLERR);
	}
	return 0;
}
NETWATCH(packet_watch);

static void print_packet(struct seqbuf *sb, void *arg)
{
	struct packsock *ps;

	seqbuf_puts(sb, "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n");
	rcu_read_lock();
	hlist_foreach_rcu(ps, &all_socks, node) {
		if (ps->net != netns_self())
			continue;
		seqbuf_printf(sb, "%016lx %-6d %-4d %04x   %-5d %1d %-6u %-6u %-6lu\n", 0UL, ref_read(&ps->refs),
			      ps->ns.type, FROM_BE16((be16)ps->ns.protocol), ps->tap.ifindex, ps->is_bound,
			      ps->rx_bytes, ps->ns.uid, ps->ns.ino);
	}
	rcu_read_unlock();
}
static struct procfile packet_file = { .path = "net/packet", .print = print_packet };
PROCFILE(packet_file);
