// SPDX-License-Identifier: GPL-2.0-only
/* Who a packet is for: sockets by both ends of a connection, then by their own port. */
#include "vsock_impl.h"

#include <tern/lib/hash.h>

#define BUCKET_BITS	8
#define NBUCKETS	(1u << BUCKET_BITS)

static struct bucket { struct spin lock; struct hlist chain; } bound[NBUCKETS] = {
	[0 ... NBUCKETS - 1] = { .lock = SPIN_INIT(LOCKRANK_NET_TABLE) },
}, connected[NBUCKETS] = {
	[0 ... NBUCKETS - 1] = { .lock = SPIN_INIT(LOCKRANK_NET_TABLE) },
};

static struct bucket *bound_bucket(u32 port)
{
	return &bound[hash_u64(port, BUCKET_BITS)];
}

static struct bucket *conn_bucket(struct vsaddr src, u32 dst_port)
{
	return &connected[hash_u64(hash_combine((u64)src.cid << 32 | src.port, dst_port), BUCKET_BITS)];
}

/* Locks: the bucket's. */
static struct vsock *find_bound(struct bucket *b, struct vsaddr a)
{
	struct vsock *v;

	hlist_foreach(v, &b->chain, bound_node)
		if (v->local.port == a.port && (v->local.cid == a.cid || v->local.cid == VMADDR_CID_ANY ||
						a.cid == VMADDR_CID_ANY))
			return v;
	return NULL;
}

int vsock_table_bind(struct vsock *v, struct vsaddr a)
{
	struct bucket *b = bound_bucket(a.port);
	int err = -EADDRINUSE;

	spin_lock(&b->lock);
	if (!find_bound(b, a)) {
		v->local = a;
		v->is_bound = true;
		hlist_add_head(&v->bound_node, &b->chain);
		err = 0;
	}
	spin_unlock(&b->lock);
	return err;
}

void vsock_table_connect(struct vsock *v)
{
	struct bucket *b = conn_bucket(v->remote, v->local.port);

	spin_lock(&b->lock);
	if (hlist_unhashed(&v->conn_node))
		hlist_add_head(&v->conn_node, &b->chain);
	spin_unlock(&b->lock);
}

static void leave(struct bucket *b, struct hnode *node)
{
	spin_lock(&b->lock);
	if (!hlist_unhashed(node))
		hlist_del_init(node);
	spin_unlock(&b->lock);
}

void vsock_table_leave_connection(struct vsock *v)
{
	leave(conn_bucket(v->remote, v->local.port), &v->conn_node);
}

void vsock_table_leave(struct vsock *v)
{
	vsock_table_leave_connection(v);
	leave(bound_bucket(v->local.port), &v->bound_node);
}

struct vsock *vsock_table_find(struct vsaddr src, struct vsaddr dst)
{
	struct bucket *b = conn_bucket(src, dst.port);
	struct vsock *v, *found = NULL;

	spin_lock(&b->lock);
	hlist_foreach(v, &b->chain, conn_node)
		if (v->remote.cid == src.cid && v->remote.port == src.port && v->local.port == dst.port) {
			found = v;
			vsock_get(v);
			break;
		}
	spin_unlock(&b->lock);
	if (found)
		return found;
	b = bound_bucket(dst.port);
	spin_lock(&b->lock);
	found = find_bound(b, dst);
	if (found)
		vsock_get(found);
	spin_unlock(&b->lock);
	return found;
}

void vsock_table_foreach(bool (*fn)(struct vsock *v, void *arg), void *arg)
{
	struct vsock *v;
	bool more = true;

	for (u32 i = 0; i < NBUCKETS && more; i++) {
		spin_lock(&bound[i].lock);
		hlist_foreach(v, &bound[i].chain, bound_node)
			if (hlist_unhashed(&v->conn_node) && !(more = fn(v, arg)))
				break;
		spin_unlock(&bound[i].lock);
	}
	for (u32 i = 0; i < NBUCKETS && more; i++) {
		spin_lock(&connected[i].lock);
		hlist_foreach(v, &connected[i].chain, conn_node)
			if (!(more = fn(v, arg)))
				break;
		spin_unlock(&connected[i].lock);
	}
}
