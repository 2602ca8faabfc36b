// SPDX-License-Identifier: GPL-2.0-only
/* Who a packet is for: sockets by both ends of a connection, then by their own port. */
#include "vsock_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/lib/hash.h>

#define LOCK_BITS	6

static struct growtab bound, connected;

static u32 bound_hash(u32 port)
{
	return (u32)hash_u64(port, 32);
}

static u32 conn_hash(struct vsaddr src, u32 dst_port)
{
	return (u32)hash_u64(hash_combine((u64)src.cid << 32 | src.port, dst_port), 32);
}

/* Locks: the port's in the table. */
static struct vsock *find_bound(struct vsaddr a)
{
	struct vsock *v;

	growtab_foreach_rcu(v, &bound, bound_hash(a.port), bound_link)
		if (v->local.port == a.port && (v->local.cid == a.cid || v->local.cid == VMADDR_CID_ANY ||
						a.cid == VMADDR_CID_ANY))
			return v;
	return NULL;
}

int vsock_table_bind(struct vsock *v, struct vsaddr a)
{
	u32 hash = bound_hash(a.port);
	struct spin *lock = growtab_lock(&bound, hash);
	int err = -EADDRINUSE;

	spin_lock(lock);
	if (!find_bound(a)) {
		v->local = a;
		v->is_bound = true;
		growtab_add(&bound, &v->bound_link, hash);
		err = 0;
	}
	spin_unlock(lock);
	return err;
}

void vsock_table_connect(struct vsock *v)
{
	u32 hash = conn_hash(v->remote, v->local.port);
	struct spin *lock = growtab_lock(&connected, hash);

	spin_lock(lock);
	if (!growlink_is_hashed(&v->conn_link))
		growtab_add(&connected, &v->conn_link, hash);
	spin_unlock(lock);
}

static void leave(struct growtab *t, struct growlink *l, u32 hash)
{
	struct spin *lock = growtab_lock(t, hash);

	spin_lock(lock);
	if (growlink_is_hashed(l))
		growtab_del(t, l);
	spin_unlock(lock);
}

void vsock_table_leave_connection(struct vsock *v)
{
	leave(&connected, &v->conn_link, conn_hash(v->remote, v->local.port));
}

void vsock_table_leave(struct vsock *v)
{
	vsock_table_leave_connection(v);
	leave(&bound, &v->bound_link, bound_hash(v->local.port));
}

/* Locks: the pair's in the table. */
static struct vsock *find_connected(struct vsaddr src, u32 dst_port, u32 hash)
{
	struct vsock *v;

	growtab_foreach_rcu(v, &connected, hash, conn_link)
		if (v->remote.cid == src.cid && v->remote.port == src.port && v->local.port == dst_port)
			return v;
	return NULL;
}

struct vsock *vsock_table_find(struct vsaddr src, struct vsaddr dst)
{
	u32 hash = conn_hash(src, dst.port);
	struct spin *lock = growtab_lock(&connected, hash);
	struct vsock *found;

	spin_lock(lock);
	found = find_connected(src, dst.port, hash);
	if (found)
		vsock_get(found);
	spin_unlock(lock);
	if (found)
		return found;
	lock = growtab_lock(&bound, bound_hash(dst.port));
	spin_lock(lock);
	found = find_bound(dst);
	if (found)
		vsock_get(found);
	spin_unlock(lock);
	return found;
}

void vsock_table_foreach(bool (*fn)(struct vsock *v, void *arg), void *arg)
{
	struct vsock *v;
	bool more = true;

	for (u32 i = 0; i < growtab_heads(&bound) && more; i++) {
		spin_lock(&bound.heads[i].lock);
		growtab_foreach_of_head_rcu(v, &bound, i, bound_link)
			if (!growlink_is_hashed(&v->conn_link) && !(more = fn(v, arg)))
				break;
		spin_unlock(&bound.heads[i].lock);
	}
	for (u32 i = 0; i < growtab_heads(&connected) && more; i++) {
		spin_lock(&connected.heads[i].lock);
		growtab_foreach_of_head_rcu(v, &connected, i, conn_link)
			if (!(more = fn(v, arg)))
				break;
		spin_unlock(&connected.heads[i].lock);
	}
}

static int vsock_table_init(void)
{
	VERIFY(!growtab_init(&bound, LOCK_BITS, LOCKRANK_NET_TABLE));
	VERIFY(!growtab_init(&connected, LOCK_BITS, LOCKRANK_NET_TABLE));
	return 0;
}
INITCALL(CORE, vsock_table_init);
