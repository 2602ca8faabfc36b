// SPDX-License-Identifier: GPL-2.0-only
/* Interfaces that belong together: ports and their master, one that stands on another. */
#include <tern/net/linkkind.h>

int netif_set_master(struct netif *nif, struct netif *master)
{
	int err;

	if (nif->master == master)
		return 0;
	if (master && (!master->kind || !master->kind->add_port))
		return -EOPNOTSUPP;
	if (master == nif)
		return -ELOOP;
	netif_leave_master(nif);
	if (!master)
		return 0;
	nif->master = master;
	err = master->kind->add_port(master, nif);
	if (err)
		nif->master = NULL;
	else
		netif_changed(nif);
	return err;
}

void netif_leave_master(struct netif *nif)
{
	struct netif *master = nif->master;

	if (!master)
		return;
	master->kind->del_port(master, nif);
	nif->master = NULL;
	netif_changed(nif);
}

struct netif *netif_lower(const struct netif *nif)
{
	return nif->kind && nif->kind->lower ? nif->kind->lower(nif) : NULL;
}

u8 netif_operstate(const struct netif *nif)
{
	bool has_lower;

	if ((nif->flags & (IFF_LOOPBACK | IFF_NOARP)) && READ_ONCE(nif->has_carrier))
		return netif_is_up(nif) ? IF_OPER_UNKNOWN : IF_OPER_DOWN;
	if (netif_is_up(nif) && READ_ONCE(nif->has_carrier))
		return IF_OPER_UP;
	rcu_read_lock();
	has_lower = netif_lower(nif);
	rcu_read_unlock();
	return netif_is_up(nif) && has_lower ? IF_OPER_LOWERLAYERDOWN : IF_OPER_DOWN;
}
