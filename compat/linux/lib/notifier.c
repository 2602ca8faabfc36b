// SPDX-License-Identifier: GPL-2.0-only
/* Chains of functions that are told of an event, by priority. */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/base/rcu.h>

#define NOTIFY_STOP_MASK 0x8000

static int link_in(struct lx_notifier_block **at, struct lx_notifier_block *n)
{
	for (; *at; at = &(*at)->next) {
		if (*at == n)
			return -EEXIST;
		if (n->priority > (*at)->priority)
			break;
	}
	n->next = *at;
	rcu_publish(*at, n);
	return 0;
}

static int link_out(struct lx_notifier_block **at, struct lx_notifier_block *n)
{
	for (; *at; at = &(*at)->next)
		if (*at == n) {
			rcu_publish(*at, n->next);
			return 0;
		}
	return -ENOENT;
}

static int call(struct lx_notifier_block *n, unsigned long event, void *data)
{
	int r = 0;

	for (struct lx_notifier_block *next; n; n = next) {
		next = rcu_load(n->next);
		r = n->notifier_call(n, event, data);
		if (r & NOTIFY_STOP_MASK)
			break;
	}
	return r;
}

int lx_raw_notifier_chain_register(struct lx_raw_notifier_head *h, struct lx_notifier_block *n)
{
	return link_in(&h->head, n);
}
LX_EXPORT(raw_notifier_chain_register);
int lx_raw_notifier_chain_unregister(struct lx_raw_notifier_head *h, struct lx_notifier_block *n)
{
	return link_out(&h->head, n);
}
LX_EXPORT(raw_notifier_chain_unregister);
int lx_raw_notifier_call_chain(struct lx_raw_notifier_head *h, unsigned long e, void *d)
{
	return call(h->head, e, d);
}
LX_EXPORT(raw_notifier_call_chain);

int lx_blocking_notifier_chain_register(struct lx_blocking_notifier_head *h, struct lx_notifier_block *n)
{
	int err;

	lx_down_write(&h->rwsem);
	err = link_in(&h->head, n);
	lx_up_write(&h->rwsem);
	return err;
}
LX_EXPORT(blocking_notifier_chain_register);

int lx_blocking_notifier_chain_unregister(struct lx_blocking_notifier_head *h, struct lx_notifier_block *n)
{
	int err;

	lx_down_write(&h->rwsem);
	err = link_out(&h->head, n);
	lx_up_write(&h->rwsem);
	return err;
}
LX_EXPORT(blocking_notifier_chain_unregister);

int lx_blocking_notifier_call_chain(struct lx_blocking_notifier_head *h, unsigned long e, void *d)
{
	int r;

	lx_down_read(&h->rwsem);
	r = call(h->head, e, d);
	lx_up_read(&h->rwsem);
	return r;
}
LX_EXPORT(blocking_notifier_call_chain);

int lx_atomic_notifier_chain_register(struct lx_atomic_notifier_head *h, struct lx_notifier_block *n)
{
	unsigned long flags = lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&h->lock);
	int err = link_in(&h->head, n);

	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&h->lock, flags);
	return err;
}
LX_EXPORT(atomic_notifier_chain_register);

int lx_atomic_notifier_chain_unregister(struct lx_atomic_notifier_head *h, struct lx_notifier_block *n)
{
	unsigned long flags = lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&h->lock);
	int err = link_out(&h->head, n);

	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&h->lock, flags);
	rcu_wait();
	return err;
}
LX_EXPORT(atomic_notifier_chain_unregister);

int lx_atomic_notifier_call_chain(struct lx_atomic_notifier_head *h, unsigned long e, void *d)
{
	int r;

	rcu_read_lock();
	r = call(rcu_load(h->head), e, d);
	rcu_read_unlock();
	return r;
}
LX_EXPORT(atomic_notifier_call_chain);
