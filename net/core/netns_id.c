// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of namespaces: numbers by which one knows others, descriptors, processes.
 * A number is an entry (from, to, id) in one list, which is short; entries go with either end.
 */
#include <tern/net/netns.h>

#include <tern/base/err.h>
#include <tern/kernel/cgroupns.h>
#include <tern/fs/nsfs.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/process.h>
#include <tern/kernel/thread.h>
#include <tern/kernel/vfsface.h>
#include <tern/mm/slab.h>

struct nsid { struct list link; const struct netns *from; struct netns *to; s32 id; };
static struct spin nsid_lock = SPIN_INIT(LOCKRANK_NET_TABLE);	/* protects nsids; bottom halves off */
static LIST_HEAD(nsids);

static struct nsid *find(const struct netns *ns, const struct netns *other)
{
	struct nsid *n;

	list_foreach(n, &nsids, link)
		if (n->from == ns && n->to == other)
			return n;
	return NULL;
}

static struct nsid *find_id(const struct netns *ns, s32 id)
{
	struct nsid *n;

	list_foreach(n, &nsids, link)
		if (n->from == ns && n->id == id)
			return n;
	return NULL;
}

int netns_set_id(struct netns *ns, const struct netns *other, s32 id)
{
	struct nsid *n = kmem_alloc(sizeof(*n), ALLOC_ATOMIC);
	int err = 0;

	if (!n)
		return -ENOMEM;
	spin_lock_bh(&nsid_lock);
	if (find(ns, other) || (id >= 0 && find_id(ns, id))) {
		err = -EEXIST;
	} else {
		for (s32 i = 0; id < 0; i++)
			if (!find_id(ns, i))
				id = i;
		*n = (struct nsid){ .from = ns, .to = (struct netns *)other, .id = id };
		list_add_tail(&n->link, &nsids);
	}
	spin_unlock_bh(&nsid_lock);
	if (err)
		kmem_free(n);
	return err;
}

s32 netns_id_of(struct netns *ns, const struct netns *other, bool make)
{
	struct nsid *n;
	s32 id;

	spin_lock_bh(&nsid_lock);
	n = find(ns, other);
	id = n ? n->id : -1;
	spin_unlock_bh(&nsid_lock);
	if (id >= 0 || !make)
		return id;
	if (netns_set_id(ns, other, -1) == -ENOMEM)
		return -1;
	return netns_id_of(ns, other, false);
}

bool netns_has_id_from(struct netns *ns, s32 *id)
{
	struct nsid *n;
	s32 best = S32_MAX;
	bool any = false;

	spin_lock_bh(&nsid_lock);
	list_foreach(n, &nsids, link) {
		if (n->from == ns && n->id >= *id && n->id <= best) {
			best = n->id;
			any = true;
		}
	}
	spin_unlock_bh(&nsid_lock);
	*id = best;
	return any;
}

struct netns *netns_by_id(struct netns *ns, s32 id)
{
	struct netns *found = NULL;
	struct nsid *n;

	spin_lock_bh(&nsid_lock);
	n = find_id(ns, id);
	if (n && ref_get_unless_zero(&n->to->base.refs))
		found = n->to;
	spin_unlock_bh(&nsid_lock);
	return found;
}

void netns_forget_ids(struct netns *ns)
{
	struct nsid *n, *next;

	spin_lock_bh(&nsid_lock);
	list_foreach_safe(n, next, &nsids, link) {
		if (n->from == ns || n->to == ns) {
			list_del(&n->link);
			kmem_free(n);
		}
	}
	spin_unlock_bh(&nsid_lock);
}

static struct netns *netns_of_base(struct nsbase *b)
{
	return b == nsbase_net_initial ? &netns_initial : container_of(b, struct netns, base);
}

struct netns *netns_of_fd(int fd)
{
	struct ofile *f = fd_get(fd);
	struct netns *ns = ERR_PTR(-EINVAL);
	struct nsbase *b;

	if (IS_ERR(f))
		return ERR_CAST(f);
	b = nsfile_base(f);
	if (b && b->kind == NSKIND_NET)
		ns = netns_get(netns_of_base(b));
	ofile_put(f);
	return ns;
}

struct netns *netns_of_pid(s32 pid)
{
	struct process *p = process_lookup(pid);
	struct thread *t;
	struct netns *ns;
	struct nsbase *b;

	if (!p)
		return ERR_PTR(-ESRCH);
	rcu_read_lock();
	t = rcu_load(p->p_leader);
	if (t && !ref_get_unless_zero(&t->t_refs))
		t = NULL;
	rcu_read_unlock();
	process_put(p);
	if (!t)
		return ERR_PTR(-ESRCH);
	b = thread_nsbase(t, NSKIND_NET, false);
	thread_put(t);
	if (!b)
		return ERR_PTR(-ESRCH);
	ns = netns_get(netns_of_base(b));
	nsbase_put(b);
	return ns;
}
