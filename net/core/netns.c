// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces. A new one has an interface lo, down, and nothing else.
 * It is counted by sets of namespaces, files and sockets. The last reference
 * may go in a soft interrupt: the end is left to a worker.
 */
#include <tern/net/linkkind.h>

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/kernel/cgroupns.h>
#include <tern/kernel/userns.h>
#include <tern/mm/slab.h>
#include <uapi/socket.h>

static struct netns *netns_of(struct nsbase *b)
{
	return container_of(b, struct netns, base);
}

struct netns *netns_self(void)
{
	struct nsbase *b = nsset_self()->net;

	return likely(b == nsbase_net_initial) ? &netns_initial : netns_of(b);
}

/* Those before @end, NULL: all; the last first. */
static void parts_fini(struct netns *ns, const struct netnspart *end)
{
	bool is_before = !end;

	TABLE_FOREACH_REVERSE(netnspart, __typeof__(const struct netnspart *), p) {
		if (is_before)
			(*p)->fini(ns);
		is_before = is_before || *p == end;
	}
}

static int parts_init(struct netns *ns)
{
	int err;

	TABLE_FOREACH(netnspart, __typeof__(const struct netnspart *), p) {
		err = (*p)->init(ns);
		if (err) {
			parts_fini(ns, *p);
			return err;
		}
	}
	return 0;
}

static void take_down(struct workitem *w)
{
	struct netns *ns = container_of(w, struct netns, end);
	struct netif *nif;

	kmutex_lock(&netif_links_lock);
	while ((nif = list_first_entry_or_null(&ns->ifs, struct netif, link))) {
		if (nif->kind)
			nif->kind->remove(nif);
		else if (nif->is_bound)
			netif_remove_locked(nif);
		else
			netif_move(nif, &netns_initial, NULL);	/* hardware goes back */
	}
	kmutex_unlock(&netif_links_lock);
	netns_forget_ids(ns);
	rcu_wait();
	parts_fini(ns, NULL);
	rcu_wait();
	kmem_free(ns);
}

static void netns_destroy(struct nsbase *b)
{
	workpool_queue(workpool_long, &netns_of(b)->end);
}

struct nsbase *netns_create(struct userns *owner)
{
	struct netns *ns = kmem_zalloc(sizeof(*ns), ALLOC_KERNEL);
	int err;

	if (!ns)
		return NULL;
	nsbase_init(&ns->base, NSKIND_NET, owner, netns_destroy);
	kmutex_init(&ns->config_lock, LOCKRANK_NETCONF);
	list_init(&ns->ifs);
	list_init(&ns->taps);
	ns->next_ifindex = 1;
	ns->somaxconn = SOMAXCONN;
	workitem_init(&ns->end, take_down);
	err = parts_init(ns);
	if (!err) {
		err = loopback_create(ns);
		if (err)
			parts_fini(ns, NULL);
	}
	if (err) {
		userns_put(owner);
		kmem_free(ns);
		return ERR_PTR(err);
	}
	return &ns->base;
}
