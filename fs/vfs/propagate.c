// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount propagation: who sees a mount that is made or removed elsewhere.
 *
 * Shared mounts form peer groups (ring mp_peer, number mp_peer_group); what
 * happens below one happens below all. A slave (mp_master, in the master's
 * mp_slave_list) receives from its master's group but sends nothing there; it
 * may itself be shared and so have peers and slaves. Private ones take no part.
 *
 * receivers() lists all mounts that an event in one mount reaches: its peers,
 * the slaves of all of them, and so on. Each gets a copy of the mounted tree
 * whose own propagation mirrors the receiver's: copies for one group are
 * peers, copies for slaves are slaves of their master's copy.
 *
 * Everything here runs under mount_tree_lock for writing.
 */
#include "mount_impl.h"

static u64 mark_now;
static u32 next_peer_group = 1;

static bool is_shared(const struct mountpt *m)
{
	return m->mp_propagation & MS_SHARED;
}

/* ---- groups ---- */

/* Leave the peer group; slaves pass to a peer, or to the own master, or become private. */
static void leave_peers(struct mountpt *m)
{
	struct mountpt *heir = NULL, *s, *tmp;

	if (!list_is_empty(&m->mp_peer))
		heir = list_next_entry(m, mp_peer);
	else
		heir = m->mp_master;
	list_foreach_safe(s, tmp, &m->mp_slave_list, mp_slave_link) {
		list_del_init(&s->mp_slave_link);
		s->mp_master = heir;
		if (heir)
			list_add_tail(&s->mp_slave_link, &heir->mp_slave_list);
		else if (!is_shared(s))
			s->mp_propagation = MS_PRIVATE;
	}
	list_del_init(&m->mp_peer);
	m->mp_peer_group = 0;
}

static void leave_master(struct mountpt *m)
{
	if (m->mp_master)
		list_del_init(&m->mp_slave_link);
	m->mp_master = NULL;
}

void propagation_leave(struct mountpt *m)
{
	leave_peers(m);
	leave_master(m);
	m->mp_propagation = MS_PRIVATE;
}

static void make_shared(struct mountpt *m)
{
	if (is_shared(m))
		return;
	m->mp_propagation = MS_SHARED;
	m->mp_peer_group = next_peer_group++;
}

void propagation_enslave(struct mountpt *m, struct mountpt *master)
{
	m->mp_master = master;
	list_add_tail(&m->mp_slave_link, &master->mp_slave_list);
	if (!is_shared(m))
		m->mp_propagation = MS_SLAVE;
}

void propagation_join(struct mountpt *m, struct mountpt *peer)
{
	m->mp_propagation = MS_SHARED;
	m->mp_peer_group = peer->mp_peer_group;
	list_add(&m->mp_peer, &peer->mp_peer);
	if (peer->mp_master && !m->mp_master)
		propagation_enslave(m, peer->mp_master);
}

void propagation_set(struct mountpt *m, u32 kind)
{
	struct mountpt *master;

	switch (kind) {
	case MS_SHARED:
		make_shared(m);
		break;
	case MS_SLAVE:
		/* A former peer becomes the master; alone, it stays what it was
		 * or turns private.
		 */
		master = list_is_empty(&m->mp_peer) ? NULL : list_next_entry(m, mp_peer);
		if (!is_shared(m))
			break;
		leave_peers(m);
		m->mp_propagation = m->mp_master ? MS_SLAVE : MS_PRIVATE;
		if (master) {
			leave_master(m);
			propagation_enslave(m, master);
		}
		break;
	default:
		propagation_leave(m);
		m->mp_propagation = kind;
	}
}

/* ---- receivers ---- */

/* What is in no namespace hears nothing: detached trees, and the new tree itself bound onto a peer of it. */
static void receive(struct mountpt *m, struct list *out)
{
	if (m->mp_mark == mark_now || !m->mp_ns)
		return;
	m->mp_mark = mark_now;
	m->mp_copy = NULL;
	list_add_tail(&m->mp_work, out);
}

/* All mounts that hear of events in @m, @m itself left out, in the order masters before slaves. */
static void receivers(struct mountpt *m, struct list *out)
{
	struct mountpt *p, *s;

	mark_now++;
	m->mp_mark = mark_now;
	list_init(out);
	list_foreach(p, &m->mp_peer, mp_peer)
		receive(p, out);
	list_foreach(s, &m->mp_slave_list, mp_slave_link)
		receive(s, out);
	list_foreach(p, out, mp_work) {	/* grows while we walk */
		list_foreach(s, &p->mp_slave_list, mp_slave_link)
			receive(s, out);
	}
}

static void receivers_done(struct list *out)
{
	while (!list_is_empty(out))
		list_del_init(out->next);
}

/* Some peer of @m that got its copy already. */
static struct mountpt *served_peer(struct mountpt *m, struct mountpt *dest)
{
	struct mountpt *p;

	list_foreach(p, &m->mp_peer, mp_peer) {
		if (p == dest || (p->mp_mark == mark_now && p->mp_copy))
			return p;
	}
	return NULL;
}

/* The nearest copy up the chain of masters: what slaves of @m's copy listen to. */
static struct mountpt *master_copy(struct mountpt *m, struct mountpt *dest, struct mountpt *tree)
{
	for (struct mountpt *up = m->mp_master; up; up = up->mp_master) {
		struct mountpt *p = up;

		do {
			if (p == dest)
				return tree;
			if (p->mp_mark == mark_now && p->mp_copy)
				return p->mp_copy;
			p = list_next_entry(p, mp_peer);
		} while (p != up);
	}
	return tree;
}

/* Trees of equal shape: give each mount of @copy the propagation that @m's copy shall have. */
static void mirror_propagation(struct mountpt *copy, struct mountpt *model, bool as_peer, bool shared)
{
	struct mountpt *c = copy, *o = model;

	while (c && o) {
		propagation_leave(c);
		if (as_peer) {
			propagation_join(c, o);
		} else {
			if (shared)
				make_shared(c);
			propagation_enslave(c, o);
		}
		c = mount_next(c, copy);
		o = mount_next(o, model);
	}
}

static int give_copy(struct mountpt *m, struct mountpt *dest, struct ncent *point, struct mountpt *tree)
{
	struct mountpt *peer, *copy;

	if (!ncent_is_below(point, m->mp_root))
		return 0;		/* that mount does not show the place */
	copy = mount_copy_tree(tree, tree->mp_root, COPY_RECURSE | COPY_UNBINDABLE);
	if (IS_ERR(copy))
		return (int)PTR_ERR(copy);
	peer = served_peer(m, dest);
	if (peer)
		mirror_propagation(copy, peer == dest ? tree : peer->mp_copy, true, true);
	else
		mirror_propagation(copy, master_copy(m, dest, tree), false, is_shared(m));
	if (m->mp_ns->base.owner != dest->mp_ns->base.owner)
		mount_lock_tree(copy);
	m->mp_copy = copy;
	return 0;
}

static void adopt_tree(struct mountpt *tree, struct mountns *ns)
{
	struct mountpt *m;

	mount_foreach_tree(m, tree)
		mount_ns_set(m, ns);
}

int propagate_mount(struct mountpt *dest, struct ncent *point, struct mountpt *tree, struct list *dead)
{
	struct mountpt *m;
	LIST_HEAD(work);
	int err = 0;

	if (!is_shared(dest))
		return 0;
	mount_foreach_tree(m, tree)
		make_shared(m);
	receivers(dest, &work);
	list_foreach(m, &work, mp_work) {
		err = give_copy(m, dest, point, tree);
		if (err)
			break;
	}
	while (!list_is_empty(&work)) {
		m = list_first_entry(&work, struct mountpt, mp_work);
		list_del_init(&m->mp_work);
		if (!m->mp_copy)
			continue;
		if (err) {
			mount_drop_tree(m->mp_copy, dead);
		} else {
			adopt_tree(m->mp_copy, m->mp_ns);
			mount_tuck(m->mp_copy, m, point);
		}
	}
	return err;
}

/* ---- unmounting: whatever is at the same place in a receiver goes, too ---- */

/* The only child of @m if that hides all of it: it outlives @m and takes its place. */
static struct mountpt *topper(const struct mountpt *m)
{
	struct mountpt *t;

	if (list_is_empty(&m->mp_children))
		return NULL;
	t = list_first_entry(&m->mp_children, struct mountpt, mp_sibling);
	return t->mp_point == m->mp_root && list_is_last(&t->mp_sibling, &m->mp_children) ? t : NULL;
}

static void drop_counterpart(struct mountpt *c, struct list *dead)
{
	struct mountpt *over = topper(c), *parent = c->mp_parent;
	struct ncent *point = c->mp_point;

	if (!over && !list_is_empty(&c->mp_children))
		return;
	ncent_get(point);
	if (over)
		mount_detach(over);
	mount_drop_tree(c, dead);
	if (over)
		mount_attach(over, parent, point);
	ncent_put(point);
}

void propagate_unmount(struct mountpt *m, const struct mountpt *top, struct list *dead)
{
	struct mountpt *parent = m->mp_parent, *r, *c;
	LIST_HEAD(work);

	if (parent == m)
		return;
	receivers(parent, &work);
	while (!list_is_empty(&work)) {
		r = list_first_entry(&work, struct mountpt, mp_work);
		list_del_init(&r->mp_work);
		c = mount_find_locked(r, m->mp_point);
		if (c && c != top)
			drop_counterpart(c, dead);
	}
}

bool propagate_busy(struct mountpt *m)
{
	struct mountpt *r, *c;
	LIST_HEAD(work);
	bool busy = false;

	if (m->mp_parent == m)
		return false;
	receivers(m->mp_parent, &work);
	list_foreach(r, &work, mp_work) {
		c = mount_find_locked(r, m->mp_point);
		if (c && (list_is_empty(&c->mp_children) || topper(c)) &&
		    ref_read(&c->mp_refs) > 1)
			busy = true;
	}
	receivers_done(&work);
	return busy;
}
