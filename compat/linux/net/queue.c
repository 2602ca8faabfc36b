// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues of interfaces: how many, stopped or not, and by how many bytes limited; the link; NAPI.
 *
 * A napi_struct is a native rxpoll, which lies in the room that the vendor's kernel keeps for its own
 * (gro_hash). Who sets SCHED owns it until napi_complete_done(), or until napi_disable() has taken SCHED
 * for good; MISSED says that there is more to do meanwhile.
 */
#include "net_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define NAPI_SCHED	BIT(LX_NAPI_STATE_SCHED)
#define NAPI_MISSED	BIT(LX_NAPI_STATE_MISSED)
#define NAPI_DISABLE	BIT(LX_NAPI_STATE_DISABLE)
#define NAPI_NPSVC	BIT(LX_NAPI_STATE_NPSVC)
#define NAPI_LISTED	BIT(LX_NAPI_STATE_LISTED)
#define DQL_LIMIT_MAX	0x6fffffffu

/* ---- NAPI ---- */

static_assert(sizeof(struct rxpoll) <= sizeof(((struct lx_napi_struct *)0)->gro_hash), "fits the vendor's room");

static struct rxpoll *poll_of(struct lx_napi_struct *n) { return (struct rxpoll *)n->gro_hash; }

static u32 napi_run(struct rxpoll *p, u32 budget)
{
	struct lx_napi_struct *n = container_of((void *)p, struct lx_napi_struct, gro_hash);
	u32 weight = min_t(u32, (u32)n->weight, budget), done = 0;

	while (done + weight <= budget) {
		u32 got = (u32)n->poll(n, (int)weight);

		done += min(got, weight);
		if (got < weight)
			return done;
		if (READ_ONCE(n->state) & NAPI_DISABLE) {
			lx_napi_complete_done(n, (int)got);
			return done - 1;	/* fewer than the budget: it is not polled again */
		}
	}
	return budget;
}

void lx_netif_napi_add_weight(struct lx_net_device *dev, struct lx_napi_struct *n,
			      int (*poll)(struct lx_napi_struct *, int), int weight)
{
	if (__atomic_fetch_or(&n->state, NAPI_LISTED, __ATOMIC_SEQ_CST) & NAPI_LISTED)
		return;
	rxpoll_init(poll_of(n), napi_run);
	n->poll = poll;
	n->weight = weight;
	n->dev = dev;
	n->skb = NULL;
	n->poll_owner = -1;
	n->rx_list.next = n->rx_list.prev = &n->rx_list;
	n->dev_list.prev = dev->napi_list.prev;
	n->dev_list.next = &dev->napi_list;
	dev->napi_list.prev->next = &n->dev_list;
	dev->napi_list.prev = &n->dev_list;
	__atomic_fetch_or(&n->state, NAPI_SCHED | NAPI_NPSVC, __ATOMIC_SEQ_CST);
}
LX_EXPORT(netif_napi_add_weight);

void lx___netif_napi_del(struct lx_napi_struct *n)
{
	if (!(__atomic_fetch_and(&n->state, ~NAPI_LISTED, __ATOMIC_SEQ_CST) & NAPI_LISTED))
		return;
	n->dev_list.prev->next = n->dev_list.next;
	n->dev_list.next->prev = n->dev_list.prev;
	lx_skb_free(n->skb);
	n->skb = NULL;
}
LX_EXPORT(__netif_napi_del);

void lx_napi_enable(struct lx_napi_struct *n)
{
	VERIFY(READ_ONCE(n->state) & NAPI_SCHED);
	__atomic_fetch_and(&n->state, ~(NAPI_SCHED | NAPI_NPSVC), __ATOMIC_SEQ_CST);
}
LX_EXPORT(napi_enable);

static bool take_for_good(struct lx_napi_struct *n)
{
	u64 old = READ_ONCE(n->state);

	return !(old & (NAPI_SCHED | NAPI_NPSVC)) &&
	       __atomic_compare_exchange_n(&n->state, &old, old | NAPI_SCHED | NAPI_NPSVC, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

void lx_napi_disable(struct lx_napi_struct *n)
{
	__atomic_fetch_or(&n->state, NAPI_DISABLE, __ATOMIC_SEQ_CST);
	while (!take_for_good(n) || READ_ONCE(poll_of(n)->is_scheduled))
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	rcu_wait();		/* the poll that completed may still be on its way out */
	__atomic_fetch_and(&n->state, ~NAPI_DISABLE, __ATOMIC_SEQ_CST);
}
LX_EXPORT(napi_disable);

bool lx_napi_schedule_prep(struct lx_napi_struct *n)
{
	u64 old = READ_ONCE(n->state), wanted;

	do {
		if (unlikely(old & NAPI_DISABLE))
			return false;
		wanted = old | NAPI_SCHED | (old & NAPI_SCHED ? NAPI_MISSED : 0);
	} while (!__atomic_compare_exchange_n(&n->state, &old, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return !(old & NAPI_SCHED);
}
LX_EXPORT(napi_schedule_prep);

void lx___napi_schedule(struct lx_napi_struct *n) { rxpoll_schedule(poll_of(n)); }
LX_EXPORT(__napi_schedule);
void lx___napi_schedule_irqoff(struct lx_napi_struct *n) { rxpoll_schedule(poll_of(n)); }
LX_EXPORT(__napi_schedule_irqoff);

bool lx_napi_complete_done(struct lx_napi_struct *n, int work)
{
	u64 old = READ_ONCE(n->state), wanted;

	rxpoll_done(poll_of(n));	/* nobody schedules it before SCHED is gone */
	do
		wanted = (old & ~(NAPI_MISSED | NAPI_SCHED)) | (old & NAPI_MISSED ? NAPI_SCHED : 0);
	while (!__atomic_compare_exchange_n(&n->state, &old, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	if (!(old & NAPI_MISSED))
		return true;
	rxpoll_schedule(poll_of(n));
	return false;
}
LX_EXPORT(napi_complete_done);

/* ---- packets from drivers ---- */

unsigned int lx_napi_gro_receive(struct lx_napi_struct *n, struct lx_sk_buff *skb)
{
	lx_nic_receive(skb, net_receive_gro);
	return LX_GRO_NORMAL;
}
LX_EXPORT(napi_gro_receive);

struct lx_sk_buff *lx_napi_get_frags(struct lx_napi_struct *n)
{
	if (!n->skb)
		n->skb = lx___napi_alloc_skb(n, 0, ALLOC_ATOMIC);
	return n->skb;
}
LX_EXPORT(napi_get_frags);

/* The packet lies in pieces, link header included. */
unsigned int lx_napi_gro_frags(struct lx_napi_struct *n)
{
	struct lx_sk_buff *skb = n->skb;

	n->skb = NULL;
	if (skb->len < ETH_HEAD || !lx___pskb_pull_tail(skb, (int)ETH_HEAD)) {
		lx_skb_free(skb);
		return LX_GRO_NORMAL;
	}
	skb->protocol = lx_eth_type_trans(skb, n->dev);
	return lx_napi_gro_receive(n, skb);
}
LX_EXPORT(napi_gro_frags);

int lx_netif_receive_skb(struct lx_sk_buff *skb)
{
	bh_disable();
	lx_nic_receive(skb, net_receive);
	bh_enable();
	return 0;
}
LX_EXPORT(netif_receive_skb);

/* From any context: packets wait on this CPU for its soft interrupt. */
struct late {
	struct rxpoll poll;
	struct lx_sk_buff *first, *last;	/* own CPU, interrupts off */
};
static DEFINE_PERCPU(struct late, late);

static u32 late_run(struct rxpoll *p, u32 budget)
{
	struct late *l = container_of(p, struct late, poll);
	struct lx_sk_buff *skb, *next;

	rxpoll_done(p);
	irq_disable();
	skb = l->first;
	l->first = l->last = NULL;
	irq_enable();
	for (; skb; skb = next) {
		next = skb->next;
		skb->next = NULL;
		lx_nic_receive(skb, net_receive);
	}
	return 0;
}

int lx_netif_rx(struct lx_sk_buff *skb)
{
	u64 flags = irq_save();
	struct late *l = this_cpu_ptr(late);

	skb->next = NULL;
	if (l->last)
		l->last->next = skb;
	else
		l->first = skb;
	l->last = skb;
	rxpoll_schedule(&l->poll);
	irq_restore(flags);
	return 0;
}
LX_EXPORT(netif_rx);

/* ---- how many queues, and which CPU sends on which ---- */

int lx_netif_set_real_num_tx_queues(struct lx_net_device *dev, unsigned int n)
{
	if (!n || n > dev->num_tx_queues)
		return -EINVAL;
	WRITE_ONCE(dev->real_num_tx_queues, n);
	return 0;
}
LX_EXPORT(netif_set_real_num_tx_queues);

int lx_netif_set_real_num_rx_queues(struct lx_net_device *dev, unsigned int n)
{
	if (!n || n > dev->num_rx_queues)
		return -EINVAL;
	WRITE_ONCE(dev->real_num_rx_queues, n);
	return 0;
}
LX_EXPORT(netif_set_real_num_rx_queues);

int lx___netif_set_xps_queue(struct lx_net_device *dev, const unsigned long *mask, unsigned short queue,
			     unsigned int type)
{
	struct lx_nic *nic = nic_of(dev);

	if (type || queue >= dev->num_tx_queues)
		return -EINVAL;
	if (!nic->xps) {
		u16 *map = kmem_alloc(cpu_count_possible * sizeof(*map), ALLOC_KERNEL);

		if (!map)
			return -ENOMEM;
		memset(map, 0xff, cpu_count_possible * sizeof(*map));
		store_release(&nic->xps, map);
	}
	for_each_possible_cpu(cpu)
		if (bit_test(cpu, mask))
			WRITE_ONCE(nic->xps[cpu], queue);
	return 0;
}
LX_EXPORT(__netif_set_xps_queue);

unsigned short lx_netdev_pick_tx(struct lx_net_device *dev, struct lx_sk_buff *skb, struct lx_net_device *sb)
{
	return (u16)(cpu_self() % dev->real_num_tx_queues);
}
LX_EXPORT(netdev_pick_tx);

/* ---- stopped and started ---- */

void lx_netif_tx_wake_queue(struct lx_netdev_queue *q)
{
	if (__atomic_fetch_and(&q->state, ~QUEUE_DRV_OFF, __ATOMIC_SEQ_CST) & QUEUE_DRV_OFF)
		lx_nic_resume(nic_of(q->dev));
}
LX_EXPORT(netif_tx_wake_queue);

void lx_netif_schedule_queue(struct lx_netdev_queue *q)
{
	if (!(READ_ONCE(q->state) & QUEUE_OFF))
		lx_nic_resume(nic_of(q->dev));
}
LX_EXPORT(netif_schedule_queue);

void lx_netif_tx_stop_all_queues(struct lx_net_device *dev)
{
	for (u32 i = 0; i < dev->num_tx_queues; i++)
		__atomic_fetch_or(&dev->_tx[i].state, QUEUE_DRV_OFF, __ATOMIC_SEQ_CST);
}
LX_EXPORT(netif_tx_stop_all_queues);

/* Nobody is inside the driver's xmit while this is held. */
void lx_netif_tx_lock(struct lx_net_device *dev)
{
	lx__raw_spin_lock((void *)&dev->tx_global_lock);
	for (u32 i = 0; i < dev->num_tx_queues; i++) {
		struct lx_netdev_queue *q = &dev->_tx[i];

		lx__raw_spin_lock((void *)&q->_xmit_lock);
		__atomic_fetch_or(&q->state, QUEUE_FROZEN, __ATOMIC_SEQ_CST);
		lx__raw_spin_unlock((void *)&q->_xmit_lock);
	}
}
LX_EXPORT(netif_tx_lock);

void lx_netif_tx_unlock(struct lx_net_device *dev)
{
	for (u32 i = 0; i < dev->num_tx_queues; i++) {
		__atomic_fetch_and(&dev->_tx[i].state, ~QUEUE_FROZEN, __ATOMIC_SEQ_CST);
		lx_netif_schedule_queue(&dev->_tx[i]);
	}
	lx__raw_spin_unlock((void *)&dev->tx_global_lock);
}
LX_EXPORT(netif_tx_unlock);

/* ---- the link, the device behind it ---- */

static void set_carrier(struct lx_net_device *dev, bool on)
{
	u64 old = on ? __atomic_fetch_and(&dev->state, ~DEV_NOCARRIER, __ATOMIC_SEQ_CST) :
		       __atomic_fetch_or(&dev->state, DEV_NOCARRIER, __ATOMIC_SEQ_CST);

	if (!(old & DEV_NOCARRIER) == on)
		return;
	__atomic_add_fetch(on ? &dev->carrier_up_count.counter : &dev->carrier_down_count.counter, 1,
			   __ATOMIC_RELAXED);
	if (!nic_of(dev)->is_present)
		return;		/* the interface begins with what the state says then */
	netif_set_carrier(&nic_of(dev)->nif, on);
	for (u32 i = 0; on && i < dev->num_tx_queues; i++)
		WRITE_ONCE(dev->_tx[i].trans_start, lx_jiffies_now());
}

void lx_netif_carrier_on(struct lx_net_device *dev) { set_carrier(dev, true); }
LX_EXPORT(netif_carrier_on);
void lx_netif_carrier_off(struct lx_net_device *dev) { set_carrier(dev, false); }
LX_EXPORT(netif_carrier_off);

void lx_netif_device_detach(struct lx_net_device *dev)
{
	if ((__atomic_fetch_and(&dev->state, ~DEV_PRESENT, __ATOMIC_SEQ_CST) & DEV_PRESENT) &&
	    (READ_ONCE(dev->state) & DEV_START))
		lx_netif_tx_stop_all_queues(dev);
}
LX_EXPORT(netif_device_detach);

void lx_netif_device_attach(struct lx_net_device *dev)
{
	if ((__atomic_fetch_or(&dev->state, DEV_PRESENT, __ATOMIC_SEQ_CST) & DEV_PRESENT) ||
	    !(READ_ONCE(dev->state) & DEV_START))
		return;
	for (u32 i = 0; i < dev->num_tx_queues; i++)
		lx_netif_tx_wake_queue(&dev->_tx[i]);
}
LX_EXPORT(netif_device_attach);

unsigned long lx_dev_trans_start(struct lx_net_device *dev)
{
	u64 last = 0;

	for (u32 i = 0; i < dev->num_tx_queues; i++)
		last = max(last, READ_ONCE(dev->_tx[i].trans_start));
	return last;
}
LX_EXPORT(dev_trans_start);

/* ---- byte limits: as much in the device's queue as keeps it busy until its next interrupt ---- */

void lx_dql_reset(struct lx_dql *d)
{
	d->limit = d->num_queued = d->num_completed = d->last_obj_cnt = 0;
	d->prev_num_queued = d->prev_last_obj_cnt = d->prev_ovlimit = 0;
	d->adj_limit = 0;
	d->lowest_slack = ~0u;
	d->slack_start_time = lx_jiffies_now();
}
LX_EXPORT(dql_reset);

void lx_dql_init(struct lx_dql *d, unsigned int hold)
{
	d->max_limit = DQL_LIMIT_MAX;
	d->min_limit = 0;
	d->slack_hold_time = hold;
	lx_dql_reset(d);
}
LX_EXPORT(dql_init);

/*
 * The limit was too low if the device ran dry although the stack was held back; it is too high by what
 * always was left when the device said that it had sent something.
 */
void lx_dql_completed(struct lx_dql *d, unsigned int n)
{
	u32 queued = READ_ONCE(d->num_queued), done = d->num_completed + n, left = queued - done;
	u32 limit = d->limit, was_held = queued - d->num_completed >= limit;

	VERIFY(n <= queued - d->num_completed);
	if (!left && was_held) {
		limit += n;
		d->lowest_slack = ~0u;
		d->slack_start_time = lx_jiffies_now();
	} else {
		d->lowest_slack = min(d->lowest_slack, left);
		if ((s64)(lx_jiffies_now() - d->slack_start_time - d->slack_hold_time) > 0) {
			limit -= min(limit, d->lowest_slack == ~0u ? 0 : d->lowest_slack);
			d->lowest_slack = ~0u;
			d->slack_start_time = lx_jiffies_now();
		}
	}
	d->limit = max(min(limit, d->max_limit), d->min_limit);
	d->prev_num_queued = queued;
	d->num_completed = done;
	d->adj_limit = d->limit + done;
}
LX_EXPORT(dql_completed);

static int late_init(void)
{
	for_each_possible_cpu(cpu)
		rxpoll_init(&percpu_ptr(late, cpu)->poll, late_run);
	return 0;
}
INITCALL(CORE, late_init);
