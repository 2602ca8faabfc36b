// SPDX-License-Identifier: GPL-2.0-only
/* Tables of System V objects: numbers, keys, permissions. See sysv_impl.h. */
#include "sysv_impl.h"

#include <tern/base/rcu.h>
#include <tern/kernel/ns.h>
#include <tern/kernel/userns.h>
#include <tern/lib/hash.h>

static void *node_alloc(void *ctx, size_t size)
{
	return kmem_alloc(size, ALLOC_ATOMIC);
}

static void node_free(void *ctx, void *ptr, size_t size)
{
	rcu_defer_free(ptr, ptr);
}

static const struct lib_alloc nodes = { node_alloc, node_free, NULL };

static struct hlist *bucket_of(struct ipctable *t, s32 key)
{
	return &t->keys[hash_u64((u32)key, 8)];
}

void ipcobj_init(struct ipcobj *o, s32 key, int flags)
{
	const struct credset *c = cred_self();

	ref_init(&o->refs, 1);
	spin_init(&o->lock, LOCKRANK_IPC);
	hnode_init(&o->key_node);
	o->key = key;
	o->mode = (u32)flags & 0777;
	o->uid = o->cuid = c->euid;
	o->gid = o->cgid = c->egid;
	o->ns = sysv_self();
	ref_get(&o->ns->refs);
}

/* Table lock held. */
static struct ipcobj *find_key(struct ipctable *t, s32 key)
{
	struct ipcobj *o;

	hlist_foreach(o, bucket_of(t, key), key_node)
		if (o->key == key)
			return o;
	return NULL;
}

/* Table lock held; the number, or -ENOSPC, -ENOMEM. */
static long insert(struct ipctable *t, struct ipcobj *o, u32 limit)
{
	int index;

	if (t->count >= limit)
		return -ENOSPC;
	index = idmap_alloc(&t->ids, o, 0, IPC_INDEX_MAX, &nodes);
	if (index < 0)
		return index == -ENOMEM ? -ENOMEM : -ENOSPC;
	/* Another round through the indices: numbers of the last one stay stale. */
	if ((u32)index < t->next_index)
		t->seq = (t->seq + 1) & 0xffff;
	t->next_index = (u32)index + 1;
	t->count++;
	o->seq = (u16)t->seq;
	o->id = (s32)((t->seq << IPC_INDEX_BITS | (u32)index) & 0x7fffffff);
	if (o->key != IPC_PRIVATE)
		hlist_add_head(&o->key_node, bucket_of(t, o->key));
	return o->id;
}

/* Table lock held: an object of that key exists. */
static long use_existing(struct ipcobj *o, int flags, const struct ipcget *g)
{
	int err;

	if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	err = g->check(o, g->arg);
	if (!err)
		err = ipc_check(o, (u32)flags & 0777);
	return err ? err : o->id;
}

static void object_free(struct ipctable *t, struct ipcobj *o)
{
	struct sysvns *ns = o->ns;

	t->free(o);
	sysvns_put(ns);
}

long ipc_getid(struct ipctable *t, s32 key, int flags, u32 limit, const struct ipcget *g)
{
	struct ipcobj *fresh = NULL, *o = NULL;
	long id;

	if (key == IPC_PRIVATE || (flags & IPC_CREAT)) {
		/* Made before the lock; thrown away if the key turns out to exist. */
		spin_lock(&t->lock);
		o = key == IPC_PRIVATE ? NULL : find_key(t, key);
		spin_unlock(&t->lock);
		if (!o) {
			fresh = g->make(g->arg);
			if (IS_ERR(fresh))
				return PTR_ERR(fresh);
		}
	}
	spin_lock(&t->lock);
	o = key == IPC_PRIVATE ? NULL : find_key(t, key);
	if (o)
		id = use_existing(o, flags, g);
	else
		id = fresh ? insert(t, fresh, limit) : -ENOENT;
	spin_unlock(&t->lock);
	if (fresh && (o || id < 0))
		object_free(t, fresh);
	return id;
}

struct ipcobj *ipc_find(struct ipctable *t, s32 id)
{
	struct ipcobj *o = NULL;

	if (id < 0)
		return ERR_PTR(-EINVAL);
	rcu_read_lock();
	o = idmap_find(&t->ids, (u32)id & IPC_INDEX_MAX);
	if (o && (o->id != id || !ref_get_unless_zero(&o->refs)))
		o = NULL;
	rcu_read_unlock();
	return o ? o : ERR_PTR(-EINVAL);
}

struct ipcobj *ipc_find_index(struct ipctable *t, u32 *index)
{
	struct ipcobj *o;

	spin_lock(&t->lock);
	o = idmap_next(&t->ids, index);
	if (o)
		ref_get(&o->refs);
	spin_unlock(&t->lock);
	return o;
}

void ipc_put(struct ipctable *t, struct ipcobj *o)
{
	if (ref_put(&o->refs))
		object_free(t, o);
}

int ipc_lock(struct ipcobj *o)
{
	spin_lock(&o->lock);
	if (!o->is_removed)
		return 0;
	spin_unlock(&o->lock);
	return -EIDRM;
}

int ipc_check(const struct ipcobj *o, u32 want)
{
	const struct credset *c = cred_self();
	u32 granted = o->mode;

	want = (want >> 6 | want >> 3 | want) & 7;
	if (c->euid == o->cuid || c->euid == o->uid)
		granted >>= 6;
	else if (cred_in_group(c, o->cgid) || cred_in_group(c, o->gid))
		granted >>= 3;
	return (want & ~granted) && !cap_has_in(nsset_self()->ipc->base.owner, CAP_IPC_OWNER) ? -EACCES : 0;
}

int ipc_may_change(const struct ipcobj *o)
{
	uid_t euid = cred_self()->euid;

	return euid == o->cuid || euid == o->uid ||
	       cap_has_in(nsset_self()->ipc->base.owner, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/* The table that @o is in: who removes it may be in another namespace, or in none any more. */
static struct ipctable *own_table(struct ipctable *t, struct ipcobj *o)
{
	if (t->free == shm_free)
		return &o->ns->shm;
	return t->free == sem_free ? &o->ns->sem : &o->ns->msg;
}

void ipc_remove(struct ipctable *t, struct ipcobj *o)
{
	bool was_in = false;

	t = own_table(t, o);
	spin_lock(&t->lock);
	spin_lock(&o->lock);
	if (!o->is_removed) {
		o->is_removed = was_in = true;
		idmap_remove(&t->ids, (u32)o->id & IPC_INDEX_MAX, &nodes);
		if (!hlist_unhashed(&o->key_node))
			hlist_del_init(&o->key_node);
		t->count--;
	}
	spin_unlock(&o->lock);
	spin_unlock(&t->lock);
	if (was_in)
		ipc_put(t, o);
}

void ipc_hide(struct ipctable *t, struct ipcobj *o)
{
	t = own_table(t, o);
	spin_lock(&t->lock);
	spin_lock(&o->lock);
	o->key = IPC_PRIVATE;
	if (!hlist_unhashed(&o->key_node))
		hlist_del_init(&o->key_node);
	spin_unlock(&o->lock);
	spin_unlock(&t->lock);
}

struct ipcobj *ipc_change_target(struct ipctable *t, s32 id)
{
	struct ipcobj *o = ipc_find(t, id);
	int err;

	if (IS_ERR(o))
		return o;
	err = ipc_lock(o);
	if (!err) {
		err = ipc_may_change(o);
		if (!err)
			return o;
		ipc_unlock(o);
	}
	ipc_put(t, o);
	return ERR_PTR(err);
}

void ipc_perm_out(const struct ipcobj *o, struct ipc64_perm_ *out)
{
	*out = (struct ipc64_perm_){ .key = o->key, .uid = uid_show(o->uid), .gid = gid_show(o->gid),
				     .cuid = uid_show(o->cuid), .cgid = gid_show(o->cgid),
				     .mode = o->mode, .seq = o->seq };
}

int ipc_perm_in(struct ipcobj *o, const struct ipc64_perm_ *in)
{
	uid_t uid = uid_in(in->uid);
	gid_t gid = gid_in(in->gid);

	if (uid == ID_NONE || gid == ID_NONE)
		return -EINVAL;
	o->uid = uid;
	o->gid = gid;
	o->mode = (o->mode & ~0777u) | (in->mode & 0777);
	return 0;
}

struct ipcobj *ipc_stat_target(struct ipctable *t, s32 id, bool by_index, bool check)
{
	struct ipcobj *o;
	u32 index = (u32)id;
	int err;

	if (by_index) {
		o = id < 0 ? NULL : ipc_find_index(t, &index);
		if (o && index != (u32)id) {
			ipc_put(t, o);
			o = NULL;
		}
		if (!o)
			return ERR_PTR(-EINVAL);
	} else {
		o = ipc_find(t, id);
		if (IS_ERR(o))
			return o;
	}
	err = ipc_lock(o);
	if (!err && check) {
		err = ipc_check(o, 0444);
		if (err)
			ipc_unlock(o);
	}
	if (!err)
		return o;
	ipc_put(t, o);
	return ERR_PTR(err);
}

s32 ipc_max_index(struct ipctable *t)
{
	struct ipcobj *o;
	s32 best = 0;
	u32 i;

	spin_lock(&t->lock);
	idmap_foreach(o, &t->ids, i)
		best = (s32)i;
	spin_unlock(&t->lock);
	return best;
}

/* ---- namespaces ---- */

struct sysvns sysvns_initial = {
	.refs = { ATOMIC_INIT(1) },
	.shm = IPCTABLE_INIT(shm_free), .sem = IPCTABLE_INIT(sem_free), .msg = IPCTABLE_INIT(msg_free),
};

struct sysvns *sysv_self(void)
{
	struct sysvns *ns = nsset_self()->ipc->sysv;

	return ns ? ns : &sysvns_initial;
}

static void table_init(struct ipctable *t, void (*free)(struct ipcobj *o))
{
	spin_init(&t->lock, LOCKRANK_IPC_TABLE);
	idmap_init(&t->ids);
	t->free = free;
}

struct sysvns *sysvns_create(void)
{
	struct sysvns *ns = kmem_zalloc(sizeof(*ns), ALLOC_KERNEL);

	if (!ns)
		return NULL;
	ref_init(&ns->refs, 1);
	table_init(&ns->shm, shm_free);
	table_init(&ns->sem, sem_free);
	table_init(&ns->msg, msg_free);
	return ns;
}

void sysvns_put(struct sysvns *ns)
{
	if (!ref_put(&ns->refs))
		return;
	idmap_destroy(&ns->shm.ids, &nodes);
	idmap_destroy(&ns->sem.ids, &nodes);
	idmap_destroy(&ns->msg.ids, &nodes);
	kmem_free(ns);
}

/* Nobody is in the namespace any more: who used its objects by number cannot come back. */
void sysvns_end(struct sysvns *ns)
{
	struct ipctable *tables[] = { &ns->shm, &ns->sem, &ns->msg };

	for (u32 k = 0; k < ARRAY_SIZE(tables); k++) {
		struct ipcobj *o;

		for (u32 i = 0; (o = ipc_find_index(tables[k], &i)); i++) {
			ipc_remove(tables[k], o);
			ipc_put(tables[k], o);
		}
	}
	sysvns_put(ns);
}
