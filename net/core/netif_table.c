// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces by number and by name: two tables of all namespaces' together, that grow.
 *
 * A name is an entry of its own, which a new name replaces: readers see the old one or the new one, whole. Changes
 * hold config_lock of the namespace; readers are RCU.
 */
#include <tern/net/netif.h>

#include <tern/base/bug.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "core_impl.h"

#define HEAD_BITS	4u

struct ifname {
	struct growlink link;
	struct rcu_job rcu;
	struct netif *nif;		/* I */
	char name[IFNAMSIZ];		/* I */
};

static struct growtab by_index, by_name;

static u32 hash_of_index(const struct netns *ns, u32 index)
{
	return (u32)hash_combine((u64)(uptr)ns, index);
}

static u32 hash_of_name(const struct netns *ns, const char *name)
{
	u64 w[2] = { 0 };

	static_assert(sizeof(w) == IFNAMSIZ);
	memcpy(w, name, strnlen(name, IFNAMSIZ));
	return (u32)hash_combine(hash_combine((u64)(uptr)ns, w[0]), w[1]);
}

struct netif *netif_find_index(struct netns *ns, u32 index)
{
	struct netif *nif;

	rcu_read_lock();	/* others' interfaces come and go */
	growtab_foreach_rcu(nif, &by_index, hash_of_index(ns, index), index_link)
		if (nif->ns == ns && nif->index == index)
			break;
	rcu_read_unlock();
	return nif;
}

struct netif *netif_find_name(struct netns *ns, const char *name)
{
	struct netif *found = NULL;
	struct ifname *n;

	rcu_read_lock();
	growtab_foreach_rcu(n, &by_name, hash_of_name(ns, name), link) {
		if (n->nif->ns == ns && !strncmp(n->name, name, IFNAMSIZ)) {
			found = n->nif;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

static struct ifname *name_put(struct netif *nif, const char *name)
{
	u32 hash = hash_of_name(nif->ns, name);
	struct ifname *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return NULL;
	n->nif = nif;
	strlcpy(n->name, name, sizeof(n->name));
	growlink_init(&n->link);
	spin_lock(growtab_lock(&by_name, hash));
	growtab_add(&by_name, &n->link, hash);
	spin_unlock(growtab_lock(&by_name, hash));
	return n;
}

static void name_take(struct ifname *n)
{
	struct spin *lock = growtab_lock(&by_name, n->link.hash);

	spin_lock(lock);
	growtab_del(&by_name, &n->link);
	spin_unlock(lock);
	rcu_defer_free(&n->rcu, n);
}

int iftable_add(struct netif *nif)
{
	u32 hash = hash_of_index(nif->ns, nif->index);

	nif->name_entry = name_put(nif, nif->name);
	if (!nif->name_entry)
		return -ENOMEM;
	growlink_init(&nif->index_link);
	spin_lock(growtab_lock(&by_index, hash));
	growtab_add(&by_index, &nif->index_link, hash);
	spin_unlock(growtab_lock(&by_index, hash));
	return 0;
}

void iftable_del(struct netif *nif)
{
	struct spin *lock = growtab_lock(&by_index, nif->index_link.hash);

	spin_lock(lock);
	growtab_del(&by_index, &nif->index_link);
	spin_unlock(lock);
	name_take(nif->name_entry);
	nif->name_entry = NULL;
}

int iftable_rename(struct netif *nif, const char *name)
{
	struct ifname *old = nif->name_entry, *new = name_put(nif, name);

	if (!new)
		return -ENOMEM;
	nif->name_entry = new;
	name_take(old);
	return 0;
}

void iftable_start(void)
{
	VERIFY(!growtab_init(&by_index, HEAD_BITS, LOCKRANK_NET_TABLE));
	VERIFY(!growtab_init(&by_name, HEAD_BITS, LOCKRANK_NET_TABLE));
}
