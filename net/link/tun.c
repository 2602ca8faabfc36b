// SPDX-License-Identifier: GPL-2.0-only
/*
 * tun and tap: interfaces whose other end is a program.
 *
 * Nouns: queue (struct tunq), an open file of /dev/net/tun; it is attached to one
 * interface, which may have several. What the interface sends waits in a queue until
 * the program reads it; what the program writes is received.
 *
 * Life-cycle: TUNSETIFF makes the interface or attaches to a persistent one. A queue
 * holds a reference on its interface. The interface ends with its last queue unless it
 * is persistent, by request over netlink, or with its namespace; queues then have none
 * and answer EBADFD.
 *
 * Lock order: netif_links_lock > config_lock > tunq.lock. Sending reads queues[] under RCU.
 *
 * Limits: TUN_QUEUES_MAX queues an interface; no frames in user pages, no eBPF steering.
 */
#include "tun_impl.h"

#include <tern/kernel/random.h>
#include <tern/kernel/thread.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <tern/net/vnethdr.h>
#include <uapi/fcntl.h>

#define TUN_MTU_MAX	65535u
#define ETH_HEAD	14u
#define LINEAR		256u	/* headers of what is written lie in the linear part */

/* ---- the interface ---- */

static int tun_start(struct netif *nif)
{
	return 0;
}

static void tun_stop(struct netif *nif)
{
}

static void tun_set_filter(struct netif *nif)
{
}

static int tap_set_addr(struct netif *nif, const u8 *addr)
{
	if (addr[0] & 1)
		return -EADDRNOTAVAIL;
	memcpy(nif->addr, addr, 6);
	return 0;
}

static int tun_set_addr(struct netif *nif, const u8 *addr)
{
	return -EOPNOTSUPP;
}

static void tun_free(struct netif *nif)
{
	kmem_free(tun_of(nif));
}

/* The queue of a flow; RCU. */
static struct tunq *pick_queue(struct tun *t, const struct pktbuf *pb)
{
	u32 n = READ_ONCE(t->nqueues);

	if (!n)
		return NULL;
	return READ_ONCE(t->queues[n == 1 ? 0 : (u32)hash_u64(pb->hash, 32) % n]);
}

static int tun_xmit(struct netif *nif, struct pktbuf *pb)
{
	struct tun *t = tun_of(nif);
	bool is_kept = false;
	struct tunq *q;

	if (pb->destroy) {	/* the sender's room is free as soon as it is sent */
		pb->destroy(pb);
		pb->destroy = NULL;
	}
	rcu_read_lock();
	q = pick_queue(t, pb);
	if (q) {
		spin_lock(&q->lock);
		if (q->nrxq < READ_ONCE(nif->txq_len)) {
			q->nrxq++;
			list_add_tail(&pb->link, &q->rxq);
			is_kept = true;
		}
		spin_unlock(&q->lock);
	}
	if (is_kept)
		waitq_wake(&q->wait, 0, POLLIN | POLLRDNORM);
	rcu_read_unlock();
	if (is_kept)
		return 0;
	netif_stat_add(nif, tx_dropped, 1);
	pktbuf_free(pb);
	return -ENOBUFS;
}

const struct netif_ops tun_ops = {
	.start = tun_start, .stop = tun_stop, .xmit = tun_xmit, .header = netif_no_header,
	.set_filter = tun_set_filter, .set_addr = tun_set_addr, .release = tun_free,
};
const struct netif_ops tap_ops = {
	.start = tun_start, .stop = tun_stop, .xmit = tun_xmit, .header = ether_header,
	.set_filter = tun_set_filter, .set_addr = tap_set_addr, .release = tun_free,
};

struct tun *tun_create(u32 flags, const char *name)
{
	struct tun *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	u8 mac[6];

	if (!t)
		return ERR_PTR(-ENOMEM);
	if (flags & IFF_TAP) {
		ether_random_addr(mac);
		netif_init_ether(&t->nif, &tap_ops, mac);
		strlcpy(t->nif.name, name, IFNAMSIZ);
		t->nif.txq_len = 1000;
		t->nif.mtu_max = TUN_MTU_MAX - ETH_HEAD;
	} else {
		netif_init(&t->nif, &tun_ops, name);
		t->nif.type = ARPHRD_NONE;
		t->nif.flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
		t->nif.mtu = 1500;
		t->nif.mtu_max = TUN_MTU_MAX;
		t->nif.txq_len = 500;
	}
	t->nif.features = NETIF_F_SG | (flags & IFF_TAP ? 0 : NETIF_F_NOARP);
	t->nif.is_lockless = true;
	list_init(&t->all);
	t->nif.kind = &tun_kind;
	t->owner = (uid_t)-1;
	t->group = (gid_t)-1;
	t->flags = flags;
	return t;
}

/* ---- queues ---- */

void tun_enable(struct tun *t, struct tunq *q)
{
	q->index = t->nqueues;
	q->is_enabled = true;
	WRITE_ONCE(t->queues[q->index], q);
	WRITE_ONCE(t->nqueues, t->nqueues + 1);
}

void tun_disable(struct tun *t, struct tunq *q)
{
	struct tunq *last = t->queues[t->nqueues - 1];

	last->index = q->index;
	WRITE_ONCE(t->queues[q->index], last);
	WRITE_ONCE(t->nqueues, t->nqueues - 1);
	q->is_enabled = false;
}

struct tun *tunq_tun(struct tunq *q)
{
	struct tun *t;

	spin_lock_bh(&q->lock);
	t = q->tun;
	if (t)
		netif_get(&t->nif);
	spin_unlock_bh(&q->lock);
	return t;
}

/* ---- to the program ---- */

static struct pktbuf *take_packet(struct tunq *q)
{
	struct pktbuf *pb;

	spin_lock_bh(&q->lock);
	pb = list_first_entry_or_null(&q->rxq, struct pktbuf, link);
	if (pb) {
		list_del(&pb->link);
		q->nrxq--;
	}
	spin_unlock_bh(&q->lock);
	return pb;
}

/* Headers, then the packet; what does not fit is lost. Bytes or -errno. */
static ssize_t give(const struct tun *t, const struct tunq *q, const struct pktbuf *pb, struct uio *u)
{
	u32 vnet = t->flags & IFF_VNET_HDR ? READ_ONCE(q->vnet_size) : 0, n;
	size_t total = u->resid, done;
	struct vnethdr h;
	struct tun_pi pi = { 0, pb->protocol };

	if (!(t->flags & IFF_NO_PI)) {
		if (u->resid < sizeof(pi))
			return -EINVAL;
		if (u->resid < sizeof(pi) + vnet + pb->len)
			pi.flags = TUN_PKT_STRIP;
		if (uio_put(u, &pi, sizeof(pi)) != sizeof(pi))
			return -EFAULT;
	}
	if (vnet) {
		if (u->resid < vnet)
			return -EINVAL;
		vnethdr_fill(&h, pb);
		if (uio_put(u, &h, sizeof(h)) != sizeof(h) || uio_put_zero(u, vnet - sizeof(h)) != vnet - sizeof(h))
			return -EFAULT;
	}
	n = min_t(u32, pb->len, (u32)min_t(size_t, u->resid, U32_MAX));
	done = pktbuf_to_uio(pb, 0, u, n);
	return done == n ? (ssize_t)(total - u->resid) : -EFAULT;
}

ssize_t tun_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct tunq *q = f->of_priv;
	struct tun *t = tunq_tun(q);
	struct pktbuf *pb = NULL;
	ssize_t ret = 0;

	if (!t)
		return -EBADFD;
	if (f->of_flags & O_NONBLOCK) {
		pb = take_packet(q);
		ret = pb ? 0 : -EAGAIN;
	} else {
		ret = waitq_wait_common(&q->wait, (pb = take_packet(q)) || READ_ONCE(q->tun) != t, THREAD_SLEEPING,
					false, WAIT_FOREVER);
		if (!ret && !pb)
			ret = -EBADFD;
	}
	if (pb) {
		ret = give(t, q, pb, u);
		pktbuf_free(pb);
	}
	netif_put(&t->nif);
	return ret;
}

/* ---- from the program ---- */

/* Protocol of a packet without a link header; 0: neither version of IP. */
static be16 protocol_of(const struct pktbuf *pb)
{
	u8 version = pb->linear ? pb->data[0] >> 4 : 0;

	return version == 4 ? TO_BE16(ETH_P_IP) : version == 6 ? TO_BE16(ETH_P_IPV6) : 0;
}

static struct pktbuf *read_packet(struct uio *u)
{
	u32 n = (u32)u->resid, lin = min(n, LINEAR);
	struct pktbuf *pb = pktbuf_alloc(PKT_HEADROOM, LINEAR, ALLOC_KERNEL);
	int err;

	if (!pb)
		return ERR_PTR(-ENOMEM);
	err = uio_get(u, pktbuf_put(pb, lin), lin) == lin ? 0 : -EFAULT;
	if (!err && n > lin)
		err = pktbuf_append_pages(pb, u, n - lin);
	if (!err)
		return pb;
	pktbuf_free(pb);
	return ERR_PTR(err);
}

/* To the protocols; consumes. */
static int receive(struct tun *t, struct pktbuf *pb)
{
	struct netif *nif = &t->nif;
	int err = 0;

	bh_disable();
	rcu_read_lock();
	if (!netif_is_up(nif)) {
		err = -EIO;
	} else if (t->flags & IFF_TAP) {
		ether_receive_header(nif, pb);
	} else {
		pb->mac = (u16)pktbuf_headroom(pb);
		pb->nif = nif;
		pb->type = PKT_HOST;
	}
	if (!err)
		net_receive(pb);
	rcu_read_unlock();
	bh_enable();
	if (err)
		pktbuf_free(pb);
	return err;
}

/* The headers that come first; 0 or -errno. */
static int read_headers(const struct tun *t, const struct tunq *q, struct uio *u, struct tun_pi *pi,
			struct vnethdr *h)
{
	u32 vnet = t->flags & IFF_VNET_HDR ? READ_ONCE(q->vnet_size) : 0;

	if (!(t->flags & IFF_NO_PI)) {
		if (u->resid < sizeof(*pi))
			return -EINVAL;
		if (uio_get(u, pi, sizeof(*pi)) != sizeof(*pi))
			return -EFAULT;
	}
	if (vnet) {
		if (u->resid < vnet)
			return -EINVAL;
		if (uio_get(u, h, sizeof(*h)) != sizeof(*h))
			return -EFAULT;
		uio_skip(u, vnet - sizeof(*h));
	}
	return u->resid > TUN_MTU_MAX + ETH_HEAD ? -EINVAL : 0;
}

static ssize_t write_packet(struct tun *t, struct tunq *q, struct uio *u)
{
	struct tun_pi pi = { 0 };
	struct vnethdr h = { 0 };
	size_t total = u->resid;
	struct pktbuf *pb;
	int err = read_headers(t, q, u, &pi, &h);

	if (err)
		return err;
	if ((t->flags & IFF_TAP) && u->resid < ETH_HEAD)
		return -EINVAL;
	pb = read_packet(u);
	if (IS_ERR(pb))
		return PTR_ERR(pb);
	if (!(t->flags & IFF_TAP)) {
		pb->protocol = t->flags & IFF_NO_PI ? protocol_of(pb) : pi.proto;
		if (!pb->protocol)
			err = -EINVAL;
	}
	if (!err)
		err = vnethdr_apply(pb, &h);
	if (err) {
		netif_stat_add_any(&t->nif, rx_errors, 1);
		pktbuf_free(pb);
		return err;
	}
	err = receive(t, pb);
	return err ? err : (ssize_t)total;
}

ssize_t tun_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct tunq *q = f->of_priv;
	struct tun *t = tunq_tun(q);
	ssize_t ret;

	if (!t)
		return -EBADFD;
	ret = write_packet(t, q, u);
	netif_put(&t->nif);
	return ret;
}

u32 tun_poll(struct ofile *f, struct poll_table *pt)
{
	struct tunq *q = f->of_priv;
	struct tun *t = tunq_tun(q);
	u32 ev = 0;

	if (!t)
		return POLLERR;
	poll_wait(f, &q->wait, pt);
	smp_mb();
	if (READ_ONCE(q->nrxq))
		ev |= POLLIN | POLLRDNORM;
	if (netif_is_up(&t->nif))
		ev |= POLLOUT | POLLWRNORM;
	netif_put(&t->nif);
	return ev;
}

void tun_release_queue(struct tunq *q)
{
	pktbuf_purge(&q->rxq);
	netns_put(q->ns);
	rcu_defer_free(&q->rcu, q);
}
