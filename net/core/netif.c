// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces, and packets on their way in and out of them.
 *
 * In: a driver's interrupt schedules its rxpoll; SOFTIRQ_NET_RX calls poll, which
 * hands packets to net_receive(). What arrives without a device of its own (loopback,
 * the other end of a pair) goes through this CPU's backlog, so that a sender never
 * runs the receiver's code inside its own locks.
 *
 * Out: netif_send() cuts and sums what the device cannot, then calls xmit under
 * tx_lock. A device that is full answers -EBUSY: packets wait in txq until it resumes.
 *
 * Life-cycle: netif_add() publishes with the driver's reference; netif_remove() takes the
 * interface down, waits for readers and drops that reference.
 *
 * Lock order: config_lock > tx_lock. Lists are read under RCU.
 */
#include <tern/net/netif.h>

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/base/percpu_alloc.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/svc/fault.h>

#include <uapi/if_packet.h>

#include <tern/net/linkkind.h>

#include "core_impl.h"

#include <tern/kernel/userns.h>

#define BACKLOG_MAX	1000u
#define BUDGET		300u
#define POLL_WEIGHT	64u

struct netcpu {
	struct list backlog;	/* own CPU, bottom halves off */
	u32 nbacklog;
	u64 nqueued, ndone;	/* A packets that the backlog ever had, and those that left it */
	struct list polls;	/* own CPU, interrupts off */
};
static DEFINE_PERCPU(struct netcpu, netcpus);

struct netns netns_initial = {
	.base = NSBASE_INIT(NSKIND_NET, NSINUM_NET),
	.config_lock = KMUTEX_INIT(netns_initial.config_lock, LOCKRANK_NETCONF),
	.ifs = LIST_INIT(netns_initial.ifs),
	.taps = LIST_INIT(netns_initial.taps),
	.somaxconn = SOMAXCONN,
	.next_ifindex = 1,
};

struct kmutex netif_links_lock = KMUTEX_INIT(netif_links_lock, LOCKRANK_NETLINKS);
static struct waitq flush_wait = WAITQ_INIT(flush_wait);

/* ---- receiving ---- */

static void drop(struct pktbuf *pb)
{
	netif_stat_add(pb->nif, rx_dropped, 1);
	pktbuf_free(pb);
}

/* RCU. True: somebody saw it. */
static bool show_taps(struct netns *ns, const struct pktbuf *pb, bool is_out)
{
	struct nettap *t;
	bool any = false;

	list_foreach_rcu(t, &ns->taps, link) {
		if (t->ifindex && t->ifindex != pb->nif->index)
			continue;
		if (t->protocol != TO_BE16(ETH_P_ALL) && (is_out || t->protocol != pb->protocol))
			continue;
		t->see(t, pb, is_out);
		any = true;
	}
	return any;
}

void nettap_add(struct netns *ns, struct nettap *t)
{
	list_add_tail_rcu(&t->link, &ns->taps);
}

void nettap_remove(struct netns *ns, struct nettap *t)
{
	list_del_rcu(&t->link);
}

void netif_add_promisc(struct netif *nif, s32 promisc, s32 allmulti)
{
	nif->npromisc += (u32)promisc;
	nif->nallmulti += (u32)allmulti;
	if (netif_is_up(nif))
		nif->ops->set_filter(nif);
}

void net_count_arrival(struct pktbuf *pb)
{
	netif_stat_add(pb->nif, rx_packets, 1);
	netif_stat_add(pb->nif, rx_bytes, pb->len + pktbuf_headroom(pb) - pb->mac);
}

void net_receive(struct pktbuf *pb)
{
	net_count_arrival(pb);
	net_deliver(pb);
}

void net_deliver(struct pktbuf *pb)
{
	bool (*hook)(struct netif *nif, struct pktbuf *pb);
	bool seen = false;

	pb->net = (u16)pktbuf_headroom(pb);
	rcu_read_lock();
	if (unlikely(!list_is_empty(&pb->nif->ns->taps)))
		seen = show_taps(pb->nif->ns, pb, false);
	hook = rcu_load(pb->nif->rx_hook);
	if (unlikely(hook) && hook(pb->nif, pb)) {
		rcu_read_unlock();
		return;
	}
	TABLE_FOREACH(linkproto, __typeof__(const struct linkproto *), p) {
		if ((*p)->type == pb->protocol) {
			(*p)->receive(pb);
			rcu_read_unlock();
			return;
		}
	}
	rcu_read_unlock();
	if (seen)
		pktbuf_free(pb);
	else
		drop(pb);
}

void net_queue_receive(struct pktbuf *pb)
{
	struct netcpu *c = this_cpu_ptr(netcpus);

	if (unlikely(c->nbacklog >= BACKLOG_MAX)) {
		drop(pb);
		return;
	}
	c->nbacklog++;
	WRITE_ONCE(c->nqueued, c->nqueued + 1);
	list_add_tail(&pb->link, &c->backlog);
	softirq_mark(SOFTIRQ_NET_RX);
}

void rxpoll_init(struct rxpoll *p, u32 (*poll)(struct rxpoll *p, u32 budget))
{
	list_init(&p->link);
	p->is_scheduled = 0;
	p->poll = poll;
}

bool rxpoll_schedule(struct rxpoll *p)
{
	u64 flags;

	if (xchg(&p->is_scheduled, 1))
		return false;
	flags = irq_save();
	list_add_tail(&p->link, &this_cpu_ptr(netcpus)->polls);
	irq_restore(flags);
	softirq_raise(SOFTIRQ_NET_RX);
	return true;
}

void rxpoll_done(struct rxpoll *p)
{
	netgro_flush();		/* whoever waits for the poll's end waits for its packets */
	store_release(&p->is_scheduled, 0);
}

static u32 run_backlog(struct netcpu *c, u32 budget)
{
	u32 n = 0;

	for (; n < budget && !list_is_empty(&c->backlog); n++) {
		struct pktbuf *pb = list_first_entry(&c->backlog, struct pktbuf, link);

		list_del(&pb->link);
		c->nbacklog--;
		net_receive(pb);
		store_release(&c->ndone, c->ndone + 1);
	}
	waitq_wake_if_any(&flush_wait);
	return n;
}

/* What waits in backlogs now has been received on return: nobody there has a removed interface. */
static void flush_backlogs(void)
{
	for_each_possible_cpu(cpu) {
		const struct netcpu *c = percpu_ptr(netcpus, cpu);
		u64 until = READ_ONCE(c->nqueued);

		waitq_wait(&flush_wait, load_acquire(&c->ndone) >= until);
	}
}

static u32 run_polls(struct netcpu *c, u32 budget)
{
	u32 done = 0;

	while (done < budget) {
		struct rxpoll *p;
		u32 n;

		irq_disable();
		p = list_first_entry_or_null(&c->polls, struct rxpoll, link);
		if (p)
			list_del_init(&p->link);
		irq_enable();
		if (!p)
			break;
		netgro_begin();
		n = p->poll(p, POLL_WEIGHT);
		netgro_end();
		done += n;
		if (n >= POLL_WEIGHT) {
			irq_disable();
			list_add_tail(&p->link, &c->polls);
			irq_enable();
		}
	}
	return done;
}

static void rx_softirq(void)
{
	struct netcpu *c = this_cpu_ptr(netcpus);
	u32 n = run_backlog(c, BUDGET);

	if (n < BUDGET)
		run_polls(c, BUDGET - n);
	if (!list_is_empty(&c->backlog) || !list_is_empty(&c->polls)) {
		u64 flags = irq_save();

		softirq_mark(SOFTIRQ_NET_RX);
		irq_restore(flags);
	}
}

/* ---- sending ---- */

/* What waits, as far as the device takes it. tx_lock held. */
static void drain(struct netif *nif)
{
	while (!list_is_empty(&nif->txq)) {
		struct pktbuf *pb = list_first_entry(&nif->txq, struct pktbuf, link);
		u32 bytes = pb->len;

		list_unlink(&pb->link);
		if (nif->ops->xmit(nif, pb) == -EBUSY) {
			list_add(&pb->link, &nif->txq);
			break;
		}
		nif->txq_n--;
		netif_stat_add(nif, tx_packets, 1);
		netif_stat_add(nif, tx_bytes, bytes);
	}
}

/* tx_lock held. Some drivers of modules take packets again without a word, after their link came back. */
static void xmit_or_queue(struct netif *nif, struct pktbuf *pb)
{
	u32 bytes = pb->len;

	if (unlikely(!list_is_empty(&nif->txq)))
		drain(nif);
	if (list_is_empty(&nif->txq) && nif->ops->xmit(nif, pb) != -EBUSY) {
		netif_stat_add(nif, tx_packets, 1);
		netif_stat_add(nif, tx_bytes, bytes);
	} else if (nif->txq_n < nif->txq_len) {
		nif->txq_n++;
		list_add_tail(&pb->link, &nif->txq);
	} else {
		netif_stat_add(nif, tx_dropped, 1);
		pktbuf_free(pb);
	}
}

/* To the device, in a form that it takes: sums and pieces that it cannot are made here. */
static void send_one(struct netif *nif, struct pktbuf *pb)
{
	u32 features = READ_ONCE(nif->features), bytes;

	if (pb->sum_state == PKTSUM_PARTIAL && !(features & NETIF_F_SUM))
		pktbuf_finish_sum(pb);
	if (!(features & NETIF_F_SG) && !pktbuf_make_linear(pb, pb->len)) {
		netif_stat_add(nif, tx_dropped, 1);
		pktbuf_free(pb);
		return;
	}
	if (nif->is_lockless) {
		bytes = pb->len;
		if (!nif->ops->xmit(nif, pb)) {
			netif_stat_add(nif, tx_packets, 1);
			netif_stat_add(nif, tx_bytes, bytes);
		}
		return;
	}
	spin_lock(&nif->tx_lock);
	xmit_or_queue(nif, pb);
	spin_unlock(&nif->tx_lock);
}

/* Large packets are cut for devices that cannot. */
static void send_whole(struct netif *nif, struct pktbuf *pb)
{
	struct pktbuf *next;
	LIST_HEAD(parts);

	if (likely(!pb->gso_size ||
		   (READ_ONCE(nif->features) & (pb->gso_type == PKTGSO_TCP6 ? NETIF_F_TSO6 : NETIF_F_TSO4)))) {
		send_one(nif, pb);
		return;
	}
	pktgso_cut(pb, &parts);
	list_foreach_safe(pb, next, &parts, link)
		send_one(nif, pb);
}

#define TAMPERING (BIT(FAULT_NET_DROP) | BIT(FAULT_NET_DUPLICATE) | BIT(FAULT_NET_REORDER))

/* The bad day of a network, by rules of fault injection. Consumes. */
static void send_tampered(struct netif *nif, struct pktbuf *pb)
{
	struct pktbuf *held;

	if (fault_inject(FAULT_NET_DROP)) {
		netif_stat_add(nif, tx_dropped, 1);
		pktbuf_free(pb);
		return;
	}
	if (fault_inject(FAULT_NET_DUPLICATE)) {
		struct pktbuf *twin = pktbuf_clone(pb, ALLOC_ATOMIC);

		if (twin)
			send_whole(nif, twin);
	}
	if (fault_inject(FAULT_NET_REORDER)) {
		held = xchg(&nif->held, pb);
		if (held)
			send_whole(nif, held);
		return;
	}
	send_whole(nif, pb);
	held = xchg(&nif->held, NULL);
	if (held)
		send_whole(nif, held);
}

void (*netif_tell_sent)(struct pktbuf *pb);

void netif_send(struct netif *nif, struct pktbuf *pb)
{
	struct pktbuf *next;
	LIST_HEAD(parts);

	pb->nif = nif;
	/* Without a link nobody is told, and the device least of all: some hang on what comes too early. */
	if (unlikely(!netif_is_up(nif) || !READ_ONCE(nif->has_carrier))) {
		pktbuf_free(pb);
		return;
	}
	if (unlikely(pb->stamp < 0))
		netif_tell_sent(pb);
	if (unlikely(!list_is_empty(&nif->ns->taps))) {
		rcu_read_lock();
		show_taps(nif->ns, pb, true);
		rcu_read_unlock();
	}
	if (fault_any_armed(TAMPERING)) {
		if (pb->gso_size)
			pktgso_cut(pb, &parts);
		else
			list_add(&pb->link, &parts);
		list_foreach_safe(pb, next, &parts, link)
			send_tampered(nif, pb);
		return;
	}
	send_whole(nif, pb);
}

void netif_tx_resume(struct netif *nif)
{
	spin_lock(&nif->tx_lock);
	drain(nif);
	spin_unlock(&nif->tx_lock);
}

/* ---- interfaces ---- */

static int tell(struct netif *nif, enum netevent ev);

/* It may have been removed or moved meanwhile: the links lock keeps it, and the namespace it is in, where they are. */
static void carrier_changed(struct workitem *w)
{
	struct netif *nif = container_of(w, struct netif, carrier_work);

	kmutex_lock(&netif_links_lock);
	if (READ_ONCE(nif->is_in_ns)) {
		kmutex_lock(&nif->ns->config_lock);
		if (!list_is_empty(&nif->link))
			netif_changed(nif);
		kmutex_unlock(&nif->ns->config_lock);
	}
	kmutex_unlock(&netif_links_lock);
	netif_put(nif);
}

void netif_init(struct netif *nif, const struct netif_ops *ops, const char *pattern)
{
	nif->ops = ops;
	strlcpy(nif->name, pattern, sizeof(nif->name));
	ref_init(&nif->refs, 1);
	list_init(&nif->link);
	list_init(&nif->txq);
	list_init(&nif->addrs4);
	list_init(&nif->addrs6);
	list_init(&nif->groups6);
	list_init(&nif->groups4);
	list_init(&nif->uppers);
	list_init(&nif->upper_link);
	spin_init(&nif->tx_lock, LOCKRANK_NET_XMIT);
	nif->txq_len = 1000;
	workitem_init(&nif->carrier_work, carrier_changed);
}

void netif_put(struct netif *nif)
{
	if (!ref_put(&nif->refs))
		return;
	percpu_free(nif->stats);
	kmem_free(nif->alias);
	nif->ops->release(nif);
}

static int tell(struct netif *nif, enum netevent ev)
{
	int err = 0;

	TABLE_FOREACH(netwatch, const netwatch_fn, fn) {
		err = (*fn)(nif, ev);
		if (err)
			break;
	}
	return err;
}

/* "eth%u" becomes the first free name. */
static void pick_name(struct netif *nif, struct netns *ns)
{
	char pattern[IFNAMSIZ];
	char *percent;

	strlcpy(pattern, nif->name, sizeof(pattern));
	percent = strchr(pattern, '%');
	if (!percent)
		return;
	*percent = '\0';
	for (u32 i = 0; ; i++) {
		fmt_print(nif->name, sizeof(nif->name), "%s%u", pattern, i);
		if (!netif_find_name(ns, nif->name))
			return;
	}
}

/* A number of its own, unless one was asked for. */
static void pick_index(struct netif *nif, struct netns *ns)
{
	if (nif->index)
		return;
	do
		nif->index = ns->next_ifindex++;
	while (!nif->index || netif_find_index(ns, nif->index));
}

/* Seen by all of @ns from now on. config_lock not held. */
static int publish(struct netif *nif, struct netns *ns)
{
	int err = 0;

	kmutex_lock(&ns->config_lock);
	pick_name(nif, ns);
	if (netif_find_name(ns, nif->name))
		err = -EEXIST;
	else if (nif->index && netif_find_index(ns, nif->index))
		err = -EBUSY;
	if (err) {
		kmutex_unlock(&ns->config_lock);
		return err;
	}
	nif->ns = ns;
	WRITE_ONCE(nif->is_in_ns, true);
	pick_index(nif, ns);
	if (netif_sysfs_add(nif))
		kwarn("net: %s has no place in sysfs", nif->name);
	err = tell(nif, NETEVENT_ADD);
	if (!err)
		err = iftable_add(nif);
	if (!err) {
		list_add_tail_rcu(&nif->link, &ns->ifs);
	} else {
		tell(nif, NETEVENT_REMOVE);
		netif_sysfs_remove(nif);
		WRITE_ONCE(nif->is_in_ns, false);
	}
	kmutex_unlock(&ns->config_lock);
	if (err)
		tell(nif, NETEVENT_GONE);
	return err;
}

/* Down, and known to nobody on return. */
static void unpublish(struct netif *nif)
{
	struct netns *ns = nif->ns;

	kmutex_lock(&ns->config_lock);
	netif_leave_master(nif);
	netif_set_flags(nif, nif->flags & ~IFF_UP);
	tell(nif, NETEVENT_REMOVE);
	iftable_del(nif);
	list_del_rcu(&nif->link);
	netif_sysfs_remove(nif);
	netns_routes_changed(ns);
	kmutex_unlock(&ns->config_lock);
	rcu_wait();
	flush_backlogs();
	list_init(&nif->link);
	WRITE_ONCE(nif->is_in_ns, false);
	tell(nif, NETEVENT_GONE);
}

int netif_add(struct netif *nif, struct netns *ns)
{
	nif->stats = percpu_alloc(sizeof(struct netif_stats), 64);
	return nif->stats ? publish(nif, ns) : -ENOMEM;
}

void netif_remove(struct netif *nif)
{
	kmutex_lock(&netif_links_lock);
	netif_remove_locked(nif);
	kmutex_unlock(&netif_links_lock);
}

static void remove_uppers(struct netif *nif)
{
	struct netif *upper;

	while ((upper = list_first_entry_or_null(&nif->uppers, struct netif, upper_link)))
		upper->kind->remove(upper);
}

void netif_remove_locked(struct netif *nif)
{
	remove_uppers(nif);
	unpublish(nif);
	netif_put(nif);
}

int netif_move(struct netif *nif, struct netns *ns, const char *name)
{
	int err;

	if (nif->ns == ns)
		return 0;
	if (nif->is_bound)
		return -EINVAL;
	rcu_read_lock();
	err = name && netif_find_name(ns, name) ? -EEXIST : 0;
	rcu_read_unlock();
	if (err)
		return err;
	remove_uppers(nif);
	unpublish(nif);
	if (name)
		strlcpy(nif->name, name, sizeof(nif->name));
	err = publish(nif, ns);
	if (err == -EBUSY) {
		nif->index = 0;
		err = publish(nif, ns);
	}
	if (err == -EEXIST) {
		strlcpy(nif->name, "dev%d", sizeof(nif->name));
		nif->index = 0;
		err = publish(nif, ns);
	}
	if (err) {
		kerr("net: %s is lost on its way to another namespace: %d", nif->name, err);
		netif_put(nif);
	}
	return err;
}

static int go_up(struct netif *nif)
{
	int err = nif->ops->start(nif);

	if (err)
		return err;
	nif->was_up = true;
	WRITE_ONCE(nif->flags, nif->flags | IFF_UP);
	netns_routes_changed(nif->ns);
	return tell(nif, NETEVENT_UP);
}

static void go_down(struct netif *nif)
{
	struct pktbuf *held;
	LIST_HEAD(waiting);

	WRITE_ONCE(nif->flags, nif->flags & ~IFF_UP);
	netns_routes_changed(nif->ns);
	tell(nif, NETEVENT_DOWN);
	nif->ops->stop(nif);
	spin_lock_bh(&nif->tx_lock);
	list_splice_init(&nif->txq, &waiting);
	nif->txq_n = 0;
	spin_unlock_bh(&nif->tx_lock);
	held = xchg(&nif->held, NULL);
	if (held)
		pktbuf_free(held);
	pktbuf_purge(&waiting);
}

#define FLAGS_SETTABLE	(IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST | IFF_NOARP | IFF_NOTRAILERS)

int netif_set_flags(struct netif *nif, u32 flags)
{
	u32 old = nif->flags;
	int err = 0;

	WRITE_ONCE(nif->flags, (old & ~FLAGS_SETTABLE) | (flags & FLAGS_SETTABLE));
	if ((old ^ flags) & IFF_UP) {
		if (flags & IFF_UP)
			err = go_up(nif);
		else
			go_down(nif);
	}
	if ((old ^ flags) & (IFF_PROMISC | IFF_ALLMULTI)) {
		nif->ops->set_filter(nif);
		netif_changed(nif);
	}
	return err;
}

int netif_set_mtu(struct netif *nif, u32 mtu)
{
	int err = 0;

	if (mtu < 68 || mtu > nif->mtu_max)
		return -EINVAL;
	if (nif->ops->set_mtu)
		err = nif->ops->set_mtu(nif, mtu);
	if (err)
		return err;
	WRITE_ONCE(nif->mtu, mtu);
	netns_routes_changed(nif->ns);
	netif_changed(nif);
	return 0;
}

void netif_changed(struct netif *nif)
{
	tell(nif, NETEVENT_CHANGE);
}

bool netif_name_is_valid_pattern(const char *name)
{
	const char *percent = strchr(name, '%');

	if (!name[0] || !strcmp(name, ".") || !strcmp(name, "..") || (percent && (percent[1] != 'd' || percent[2])))
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || (u8)*name <= ' ')
			return false;
	return true;
}

int netif_rename(struct netif *nif, const char *name)
{
	int err;

	if (!netif_name_is_valid_pattern(name) || strchr(name, '%'))
		return -EINVAL;
	if (netif_find_name(nif->ns, name))
		return -EEXIST;
	if (netif_is_up(nif))
		return -EBUSY;
	err = iftable_rename(nif, name);
	if (err)
		return err;
	netif_sysfs_remove(nif);
	strlcpy(nif->name, name, sizeof(nif->name));
	if (netif_sysfs_add(nif))
		kwarn("net: %s has no place in sysfs", nif->name);
	netif_changed(nif);
	return 0;
}

u32 netif_user_flags(const struct netif *nif)
{
	u32 f = nif->flags;

	if ((f & IFF_UP) && READ_ONCE(nif->has_carrier))
		f |= IFF_RUNNING | IFF_LOWER_UP;
	return f;
}

void netif_set_carrier(struct netif *nif, bool on)
{
	if (READ_ONCE(nif->has_carrier) == on)
		return;
	WRITE_ONCE(nif->has_carrier, on);
	if (!nif->ns)
		return;	/* nobody knows it yet */
	netif_get(nif);
	if (!workpool_queue(workpool_system, &nif->carrier_work))
		netif_put(nif);
}

void netif_stats_sum(const struct netif *nif, struct netif_stats *out)
{
	u64 *sum = (u64 *)out;

	memset(out, 0, sizeof(*out));
	for_each_possible_cpu(cpu) {
		const u64 *v = (const u64 *)((uptr)nif->stats + percpu_base[cpu]);

		for (u32 i = 0; i < sizeof(*out) / sizeof(u64); i++)
			sum[i] += READ_ONCE(v[i]);
	}
	if (nif->ops->get_stats)
		nif->ops->get_stats(nif, out);
}

static int netif_start(void)
{
	iftable_start();
	for_each_possible_cpu(cpu) {
		list_init(&percpu_ptr(netcpus, cpu)->backlog);
		list_init(&percpu_ptr(netcpus, cpu)->polls);
	}
	softirq_register(SOFTIRQ_NET_RX, rx_softirq);
	return 0;
}
INITCALL(CORE, netif_start);
