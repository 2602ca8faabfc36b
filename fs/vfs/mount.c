// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts: the tree, the table (parent, point) -> mount, references, cloning.
 *
 * A mountpt shows a file system from one of its directories on. Attached ones
 * form a tree per namespace; the top's parent is itself. The tree holds one
 * reference on each attached mount; each mount holds its point, its root and
 * its file system.
 *
 * Readers walk without locks: the table is read under RCU, and a walk checks
 * mount_seq at its end. Writers hold mount_tree_lock and, for the moments in
 * which the table changes, mount_hash_lock with mount_seq odd.
 *
 * Who writes to files counts in mp_writers; making a mount read-only sets
 * MOUNT_RDONLY first and takes it back if a writer was there.
 *
 * Lock order: mount_tree_lock > vnode locks > mount_hash_lock > nc_lock.
 * References are dropped outside of the tree lock, as the last one may write.
 */
#include "mount_impl.h"

#include <tern/lib/hash.h>

#define MOUNT_HASH_BITS 10

struct rwsem mount_tree_lock = RWSEM_INIT(mount_tree_lock, LOCKRANK_MOUNTNS);
struct seqctr mount_seq;
static struct spin mount_hash_lock = SPIN_INIT(LOCKRANK_MOUNT_SPIN);	/* protects mount_hash against change */
static struct hlist mount_hash[1 << MOUNT_HASH_BITS];
static u32 next_mount_id = 1;

static struct hlist *bucket_of(const struct mountpt *mnt, const struct ncent *nc)
{
	return &mount_hash[hash_u64((u64)mnt * 31 ^ (u64)nc, MOUNT_HASH_BITS)];
}

struct mountpt *mount_find_rcu(const struct mountpt *mnt, const struct ncent *nc)
{
	struct hnode *n;

	for (n = rcu_load(bucket_of(mnt, nc)->first); n; n = rcu_load(n->next)) {
		struct mountpt *m = hlist_entry(n, struct mountpt, mp_hash);

		if (READ_ONCE(m->mp_parent) == mnt && READ_ONCE(m->mp_point) == nc)
			return m;
	}
	return NULL;
}

struct mountpt *mount_find_locked(const struct mountpt *mnt, const struct ncent *nc)
{
	struct mountpt *m;

	hlist_foreach(m, bucket_of(mnt, nc), mp_hash) {
		if (m->mp_parent == mnt && m->mp_point == nc)
			return m;
	}
	return NULL;
}

bool mountpt_get_live(struct mountpt *m)
{
	return ref_get_unless_zero(&m->mp_refs);
}

struct mountpt *mount_find(const struct mountpt *mnt, const struct ncent *nc)
{
	struct mountpt *m;
	u32 seq;

	for (;;) {
		rcu_read_lock();
		seq = seq_read_begin(&mount_seq);
		m = mount_find_rcu(mnt, nc);
		if (m && !mountpt_get_live(m)) {
			rcu_read_unlock();
			continue;
		}
		rcu_read_unlock();
		if (likely(!seq_read_retry(&mount_seq, seq)))
			return m;
		if (m)
			mountpt_put(m);
	}
}

bool mount_parent(struct mountpt *m, struct fspath *out)
{
	u32 seq;

	for (;;) {
		rcu_read_lock();
		seq = seq_read_begin(&mount_seq);
		out->mnt = READ_ONCE(m->mp_parent);
		out->nc = READ_ONCE(m->mp_point);
		if (out->mnt == m) {
			rcu_read_unlock();
			return false;
		}
		if (mountpt_get_live(out->mnt)) {
			if (ncent_get_live(out->nc)) {
				rcu_read_unlock();
				if (!seq_read_retry(&mount_seq, seq))
					return true;
				ncent_put(out->nc);
			} else {
				rcu_read_unlock();
			}
			mountpt_put(out->mnt);
		} else {
			rcu_read_unlock();
		}
	}
}

/* ---- references ---- */

static void mountpt_free_rcu(struct rcu_job *job)
{
	kmem_free(container_of(job, struct mountpt, mp_rcu));
}

void mountpt_put(struct mountpt *m)
{
	if (!ref_put(&m->mp_refs))
		return;
	ASSERT(m->mp_parent == m && !m->mp_ns);
	ncent_put(m->mp_root);
	filesys_put(m->mp_fs);
	kmem_free(m->mp_source);
	rcu_defer(&m->mp_rcu, mountpt_free_rcu);
}

struct mountpt *mountpt_alloc(struct filesys *fs, struct ncent *root, const char *source, u32 flags)
{
	struct mountpt *m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);

	if (!m)
		return NULL;
	if (source) {
		m->mp_source = kmem_strdup(source, ALLOC_KERNEL);
		if (!m->mp_source) {
			kmem_free(m);
			return NULL;
		}
	}
	filesys_get(fs);
	ncent_get(root);
	m->mp_fs = fs;
	m->mp_root = root;
	m->mp_parent = m;
	m->mp_flags = flags;
	m->mp_propagation = MS_PRIVATE;
	m->mp_id = __atomic_fetch_add(&next_mount_id, 1, __ATOMIC_RELAXED);
	ref_init(&m->mp_refs, 1);
	list_init(&m->mp_children);
	list_init(&m->mp_sibling);
	list_init(&m->mp_peer);
	list_init(&m->mp_slave_list);
	list_init(&m->mp_slave_link);
	list_init(&m->mp_ns_link);
	list_init(&m->mp_work);
	hnode_init(&m->mp_hash);
	return m;
}

struct mountpt *mountpt_clone(const struct mountpt *m, struct ncent *root)
{
	return mountpt_alloc(m->mp_fs, root, m->mp_source,
			     m->mp_flags & ~(MOUNT_DOOMED | MOUNT_INTERNAL | MOUNT_FLOATING));
}

/* ---- the tree ---- */

void mounts_lock(void)
{
	rwsem_write_lock(&mount_tree_lock);
}

void mounts_unlock(struct mountns *ns)
{
	rwsem_write_unlock(&mount_tree_lock);
	if (ns) {
		__atomic_fetch_add(&ns->event, 1, __ATOMIC_SEQ_CST);
		waitq_wake(&ns->waitq, 0, POLLERR | POLLPRI);
	}
}

void mount_attach(struct mountpt *m, struct mountpt *parent, struct ncent *point)
{
	ncent_get(point);
	if (point->nc_nmounts++ == 0)
		ncent_flags_set(point, NCENT_MOUNTED, 0);
	list_add_tail(&m->mp_sibling, &parent->mp_children);
	spin_lock(&mount_hash_lock);
	seq_write_begin(&mount_seq);
	WRITE_ONCE(m->mp_parent, parent);
	WRITE_ONCE(m->mp_point, point);
	hlist_add_head_rcu(&m->mp_hash, bucket_of(parent, point));
	seq_write_end(&mount_seq);
	spin_unlock(&mount_hash_lock);
}

void mount_detach(struct mountpt *m)
{
	struct ncent *point = m->mp_point;

	if (m->mp_parent == m)
		return;
	m->mp_parent_id_at_detach = m->mp_parent->mp_id;
	list_del_init(&m->mp_sibling);
	spin_lock(&mount_hash_lock);
	seq_write_begin(&mount_seq);
	hlist_del_rcu(&m->mp_hash);
	WRITE_ONCE(m->mp_parent, m);
	seq_write_end(&mount_seq);
	spin_unlock(&mount_hash_lock);
	if (--point->nc_nmounts == 0)
		ncent_flags_set(point, 0, NCENT_MOUNTED);
	m->mp_point = NULL;
	ncent_put(point);
}

void mount_ns_set(struct mountpt *m, struct mountns *ns)
{
	if (m->mp_ns) {
		list_del_init(&m->mp_ns_link);
		m->mp_ns->nmounts--;
	}
	m->mp_ns = ns;
	if (ns) {
		list_add_tail(&m->mp_ns_link, &ns->mounts);
		ns->nmounts++;
	}
}

struct mountpt *mount_next_skip(struct mountpt *m, struct mountpt *top)
{
	while (m != top) {
		struct mountpt *parent = m->mp_parent;

		if (!list_is_last(&m->mp_sibling, &parent->mp_children))
			return list_next_entry(m, mp_sibling);
		m = parent;
	}
	return NULL;
}

struct mountpt *mount_next(struct mountpt *m, struct mountpt *top)
{
	if (!list_is_empty(&m->mp_children))
		return list_first_entry(&m->mp_children, struct mountpt, mp_sibling);
	return mount_next_skip(m, top);
}

void mount_drop_tree(struct mountpt *top, struct list *dead)
{
	struct mountpt *m = top;

	/* Leaves first: go down while there are children. */
	for (;;) {
		struct mountpt *parent = m->mp_parent;
		bool is_top = m == top;

		if (!list_is_empty(&m->mp_children)) {
			m = list_first_entry(&m->mp_children, struct mountpt, mp_sibling);
			continue;
		}
		mount_detach(m);
		mount_ns_set(m, NULL);
		propagation_leave(m);
		list_del_init(&m->mp_work);
		list_add_tail(&m->mp_work, dead);
		if (is_top)
			return;
		m = parent;
	}
}

void mount_put_list(struct list *dead)
{
	while (!list_is_empty(dead)) {
		struct mountpt *m = list_first_entry(dead, struct mountpt, mp_work);

		list_del_init(&m->mp_work);
		mountpt_put(m);
	}
}

static struct mountpt *copy_one(struct mountpt *m, struct ncent *root, u32 how)
{
	struct mountpt *c = mountpt_clone(m, root);

	if (!c)
		return NULL;
	/* A copy of a shared mount is its peer, of a slave a slave of the same master. */
	if ((m->mp_propagation & MS_SHARED) && (how & COPY_TO_SLAVES))
		propagation_enslave(c, m);
	else if (m->mp_propagation & MS_SHARED)
		propagation_join(c, m);
	else if (m->mp_master)
		propagation_enslave(c, m->mp_master);
	else if ((how & COPY_UNBINDABLE) && (m->mp_propagation & MS_UNBINDABLE))
		c->mp_propagation = MS_UNBINDABLE;
	m->mp_copy = c;
	return c;
}

struct mountpt *mount_copy_tree(struct mountpt *top, struct ncent *root, u32 how)
{
	struct mountpt *copy = copy_one(top, root, how), *m, *next, *c;

	if (!copy || !(how & COPY_RECURSE))
		return copy ? copy : ERR_PTR(-ENOMEM);
	for (m = mount_next(top, top); m; m = next) {
		bool is_outside = m->mp_parent == top && !ncent_is_below(m->mp_point, root);

		if (is_outside || (!(how & COPY_UNBINDABLE) && (m->mp_propagation & MS_UNBINDABLE))) {
			next = mount_next_skip(m, top);
			continue;
		}
		c = copy_one(m, m->mp_root, how);
		if (!c) {
			LIST_HEAD(dead);

			mount_drop_tree(copy, &dead);
			mount_put_list(&dead);
			return ERR_PTR(-ENOMEM);
		}
		mount_attach(c, m->mp_parent->mp_copy, m->mp_point);
		next = mount_next(m, top);
	}
	return copy;
}

void mount_lock_tree(struct mountpt *top)
{
	struct mountpt *m;

	mount_foreach_tree(m, top) {
		u32 f = m->mp_flags, lock = MOUNT_LOCK_ATIME;

		lock |= f & MOUNT_RDONLY ? MOUNT_LOCK_RDONLY : 0;
		lock |= f & MOUNT_NOSUID ? MOUNT_LOCK_NOSUID : 0;
		lock |= f & MOUNT_NODEV ? MOUNT_LOCK_NODEV : 0;
		lock |= f & MOUNT_NOEXEC ? MOUNT_LOCK_NOEXEC : 0;
		if (m != top)
			lock |= MOUNT_LOCKED;
		__atomic_fetch_or(&m->mp_flags, lock, __ATOMIC_SEQ_CST);
	}
}

void mount_tuck(struct mountpt *m, struct mountpt *parent, struct ncent *point)
{
	struct mountpt *over = mount_find_locked(parent, point);

	if (over) {
		mount_detach(over);
		mount_attach(m, parent, point);
		mount_attach(over, m, m->mp_root);
	} else {
		mount_attach(m, parent, point);
	}
}

/* ---- writing ---- */

#define MOUNT_HOLD 0x80000000u	/* being made read-only: writers wait for the outcome */

int mountpt_want_write(struct mountpt *m)
{
	for (;;) {
		u32 flags;

		atomic_inc(&m->mp_writers);	/* full barrier: pairs with mountpt_make_rdonly() */
		flags = READ_ONCE(m->mp_flags);
		if (likely(!(flags & (MOUNT_RDONLY | MOUNT_HOLD)) && !(m->mp_fs->flags & FILESYS_RDONLY)))
			return 0;
		atomic_dec(&m->mp_writers);
		if (!(flags & MOUNT_HOLD))
			return -EROFS;
		cpu_relax();
	}
}

void mountpt_drop_write(struct mountpt *m)
{
	atomic_dec(&m->mp_writers);
}

bool mount_is_writable(const struct mountpt *m)
{
	return !(m->mp_flags & MOUNT_RDONLY) && !(m->mp_fs->flags & FILESYS_RDONLY);
}

int mountpt_make_rdonly(struct mountpt *m)
{
	int err;

	/* Preemption off: writers spin while MOUNT_HOLD is set. */
	preempt_disable();
	__atomic_fetch_or(&m->mp_flags, MOUNT_HOLD, __ATOMIC_SEQ_CST);
	err = atomic_read(&m->mp_writers) > 0 ? -EBUSY : 0;
	if (!err)
		__atomic_fetch_or(&m->mp_flags, MOUNT_RDONLY, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&m->mp_flags, ~MOUNT_HOLD, __ATOMIC_SEQ_CST);
	preempt_enable();
	return err;
}
