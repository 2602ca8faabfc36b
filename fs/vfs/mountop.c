// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations behind mount(2), umount2(2) and pivot_root(2): each decides
 * under mount_tree_lock whether it may happen, then changes the tree in a way
 * that cannot fail. mount.c has the mechanism, propagate.c who else sees it.
 */
#include "mount_impl.h"

#include "mountop_impl.h"

#include <tern/fs/nsfs.h>
#include <tern/kernel/userns.h>

#define PROPAGATION_KINDS (MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE)

/* A mount operation's place: looked up, then locked with what is on top of it. */
static int lock_target(struct fspath *target)
{
	mounts_lock();
	mount_cross(target);
	if (target->mnt->mp_ns != mountns_self() || !target->mnt->mp_ns) {
		mounts_unlock(NULL);
		return -EINVAL;
	}
	if (vnode_is_dir(path_vnode(target)) && (path_vnode(target)->vn_flags & VNODE_DEAD_DIR)) {
		mounts_unlock(NULL);
		return -ENOENT;
	}
	return 0;
}

static u32 tree_count(struct mountpt *tree)
{
	struct mountpt *m;
	u32 n = 0;

	mount_foreach_tree(m, tree)
		n++;
	return n;
}

static bool tree_has_unbindable(struct mountpt *tree)
{
	struct mountpt *m;

	mount_foreach_tree(m, tree) {
		if (m->mp_propagation & MS_UNBINDABLE)
			return true;
	}
	return false;
}

/* Tree lock held: put the unattached @tree at @target, here and wherever this is seen. */
static int graft(struct mountpt *tree, const struct fspath *target, struct list *dead)
{
	struct mountns *ns = target->mnt->mp_ns;
	struct mountpt *m;
	int err;

	if (vnode_is_dir(path_vnode(target)) != vnode_is_dir(tree->mp_root->nc_vnode))
		return -ENOTDIR;
	if (ns->nmounts + tree_count(tree) > MOUNTS_MAX)
		return -ENOSPC;
	err = propagate_mount(target->mnt, target->nc, tree, dead);
	if (err)
		return err;
	mount_foreach_tree(m, tree)
		mount_ns_set(m, ns);
	mount_attach(tree, target->mnt, target->nc);
	return 0;
}

/* Attach or throw away; consumes @tree. */
static int graft_locked_end(struct mountpt *tree, const struct fspath *target)
{
	struct mountns *ns = target->mnt->mp_ns;
	LIST_HEAD(dead);
	int err = graft(tree, target, &dead);

	if (err)
		mount_drop_tree(tree, &dead);
	mounts_unlock(ns);
	mount_put_list(&dead);
	return err;
}

#define ATIME_KINDS (MOUNT_NOATIME | MOUNT_NODIRATIME | MOUNT_RELATIME | MOUNT_STRICTATIME)

/* Does @m hide nothing of its file system, for good, from who sees it? */
static bool is_whole(struct mountpt *m, u32 mflags)
{
	struct mountpt *child;

	if (m->mp_root != m->mp_fs->root)
		return false;
	if (((m->mp_flags & MOUNT_LOCK_RDONLY) || (m->mp_fs->flags & FILESYS_RDONLY)) &&
	    !(mflags & MOUNT_RDONLY))
		return false;
	if ((m->mp_flags & MOUNT_LOCK_ATIME) && ((m->mp_flags ^ mflags) & ATIME_KINDS))
		return false;
	list_foreach(child, &m->mp_children, mp_sibling) {
		if ((child->mp_flags & MOUNT_LOCKED) &&
		    !(child->mp_point->nc_vnode->vn_flags & VNODE_MOUNT_DIR))
			return false;
	}
	return true;
}

/*
 * A file system that shows the machine: root of a user namespace may mount it
 * only if it could see all of one anyway. Its locks are handed on.
 */
static bool may_show(const struct fstype *t, u32 *mflags)
{
	struct mountns *ns = mountns_self();
	struct mountpt *m;
	bool found = false;

	if (!(t->flags & FSTYPE_SHOWN) || ns->base.owner == &userns_initial)
		return true;
	rwsem_read_lock(&mount_tree_lock);
	list_foreach(m, &ns->mounts, mp_ns_link) {
		found = m->mp_fs->type == t && is_whole(m, *mflags);
		if (found) {
			*mflags |= m->mp_flags & (MOUNT_LOCK_RDONLY | MOUNT_LOCK_ATIME);
			break;
		}
	}
	rwsem_read_unlock(&mount_tree_lock);
	return found;
}

/* A new instance is seen by nobody yet. */
static int set_subtype(struct filesys *fs, const char *dot)
{
	if (!dot || fs->subtype)
		return 0;
	fs->subtype = kmem_strdup(dot + 1, ALLOC_KERNEL);
	return fs->subtype ? 0 : -ENOMEM;
}

struct mountpt *mount_make(const char *type, const struct mount_args *args, u32 mflags, bool is_kernel)
{
	struct fstype *t = is_kernel ? fstype_find(type) : fstype_request(type);
	struct filesys *fs;
	struct mountpt *m;

	if (!t || ((t->flags & FSTYPE_INTERNAL) && !is_kernel))
		return ERR_PTR(-ENODEV);
	if (!is_kernel && (!cap_has_in(fstype_owner(t), CAP_SYS_ADMIN) || !may_show(t, &mflags)))
		return ERR_PTR(-EPERM);
	fs = t->mount(t, args);
	if (IS_ERR(fs))
		return ERR_CAST(fs);
	m = set_subtype(fs, strchr(type, '.')) ? NULL :
	    mountpt_alloc(fs, fs->root, args->source ? args->source : "none", mflags);
	filesys_put(fs);
	return m ? m : ERR_PTR(-ENOMEM);
}

int mount_new(struct fspath *target, const char *type, const struct mount_args *args, u32 mflags)
{
	struct mountpt *m;
	int err;

	m = mount_make(type, args, mflags, false);
	if (IS_ERR(m))
		return (int)PTR_ERR(m);
	err = lock_target(target);
	if (!err && target->mnt->mp_fs == m->mp_fs && target->mnt->mp_root == target->nc &&
	    m->mp_root == target->nc) {
		mounts_unlock(NULL);
		err = -EBUSY;
	}
	if (err) {
		mountpt_put(m);
		return err;
	}
	return graft_locked_end(m, target);
}

bool mount_hides_below(const struct fspath *p)
{
	struct mountpt *child;

	list_foreach(child, &p->mnt->mp_children, mp_sibling) {
		if ((child->mp_flags & MOUNT_LOCKED) && ncent_is_below(child->mp_point, p->nc))
			return true;
	}
	return false;
}

/* From this namespace; or a namespace file, of mounts only a younger one: no circles. */
static bool may_bind(const struct fspath *from)
{
	struct nsbase *b = nsvnode_base(path_vnode(from));

	if (!b)
		return from->mnt->mp_ns == mountns_self();
	return b->kind != NSKIND_MNT ||
	       container_of(b, struct mountns, base)->serial > mountns_self()->serial;
}

int mount_bind(struct fspath *target, const struct fspath *from, bool recurse)
{
	struct mountpt *tree;
	int err;

	err = lock_target(target);
	if (err)
		return err;
	err = -EINVAL;
	if (!may_bind(from) || (from->mnt->mp_propagation & MS_UNBINDABLE) ||
	    (!recurse && mount_hides_below(from)))
		goto fail;
	tree = mount_copy_tree(from->mnt, from->nc, recurse ? COPY_RECURSE : 0);
	if (!IS_ERR(tree)) {
		tree->mp_flags &= ~MOUNT_LOCKED;
		return graft_locked_end(tree, target);
	}
	err = (int)PTR_ERR(tree);
fail:
	mounts_unlock(NULL);
	return err;
}

static bool is_ancestor_mount(const struct mountpt *anc, const struct mountpt *m)
{
	for (;; m = m->mp_parent) {
		if (m == anc)
			return true;
		if (m->mp_parent == m)
			return false;
	}
}

static int move_check(const struct fspath *target, const struct fspath *from)
{
	struct mountpt *m = from->mnt;

	if (m->mp_root != from->nc || m->mp_ns != mountns_self() || m->mp_parent == m ||
	    (m->mp_flags & MOUNT_LOCKED) ||
	    (m->mp_parent->mp_propagation & MS_SHARED))
		return -EINVAL;
	if ((target->mnt->mp_propagation & MS_SHARED) && tree_has_unbindable(m))
		return -EINVAL;
	if (vnode_is_dir(path_vnode(target)) != vnode_is_dir(path_vnode(from)))
		return -EINVAL;
	return is_ancestor_mount(m, target->mnt) ? -ELOOP : 0;
}

static bool is_floating(const struct fspath *p)
{
	return (p->mnt->mp_flags & MOUNT_FLOATING) && p->mnt->mp_parent == p->mnt && !p->mnt->mp_ns &&
	       p->nc == p->mnt->mp_root;
}

int mount_move(struct fspath *target, const struct fspath *from)
{
	struct fspath was = { 0 };
	struct mountns *ns;
	LIST_HEAD(dead);
	int err;

	err = lock_target(target);
	if (err)
		return err;
	ns = target->mnt->mp_ns;
	if (is_floating(from)) {
		/* The tree's own reference goes from the descriptor to the namespace. */
		err = graft(from->mnt, target, &dead);
		if (!err)
			__atomic_fetch_and(&from->mnt->mp_flags, ~MOUNT_FLOATING, __ATOMIC_SEQ_CST);
		mounts_unlock(ns);
		mount_put_list(&dead);
		return err;
	}
	err = move_check(target, from);
	if (!err) {
		was = (struct fspath){ from->mnt->mp_parent, from->mnt->mp_point };
		ncent_get(was.nc);
		mount_detach(from->mnt);
		err = propagate_mount(target->mnt, target->nc, from->mnt, &dead);
		if (err)
			mount_attach(from->mnt, was.mnt, was.nc);
		else
			mount_attach(from->mnt, target->mnt, target->nc);
	}
	mounts_unlock(ns);
	ncent_put(was.nc);
	mount_put_list(&dead);
	return err;
}

int mount_set_propagation(struct fspath *p, u64 flags)
{
	u32 kind = flags & PROPAGATION_KINDS;
	struct mountpt *m;
	int err = 0;

	if (!is_pow2(kind) || (flags & ~(u64)(PROPAGATION_KINDS | MS_REC | MS_SILENT)))
		return -EINVAL;
	if (p->nc != p->mnt->mp_root)
		return -EINVAL;
	mounts_lock();
	if (p->mnt->mp_ns != mountns_self())
		err = -EINVAL;
	for (m = p->mnt; m && !err; m = flags & MS_REC ? mount_next(m, p->mnt) : NULL)
		propagation_set(m, kind);
	mounts_unlock(p->mnt->mp_ns);
	return err;
}

bool mount_flags_locked(const struct mountpt *m, u32 mflags)
{
	u32 f = m->mp_flags;

	return ((f & MOUNT_LOCK_RDONLY) && !(mflags & MOUNT_RDONLY)) ||
	       ((f & MOUNT_LOCK_NODEV) && !(mflags & MOUNT_NODEV)) ||
	       ((f & MOUNT_LOCK_NOSUID) && !(mflags & MOUNT_NOSUID)) ||
	       ((f & MOUNT_LOCK_NOEXEC) && !(mflags & MOUNT_NOEXEC)) ||
	       ((f & MOUNT_LOCK_ATIME) && ((f ^ mflags) & ATIME_KINDS));
}

/* Flags of the view; keeps what is not user-settable. */
static int set_mount_flags(struct mountpt *m, u32 mflags)
{
	int err = 0;

	if (mount_flags_locked(m, mflags))
		return -EPERM;
	if ((mflags & MOUNT_RDONLY) && !(m->mp_flags & MOUNT_RDONLY))
		err = mountpt_make_rdonly(m);
	if (!err)
		WRITE_ONCE(m->mp_flags, (m->mp_flags & ~MOUNT_USER_FLAGS) | mflags);
	return err;
}

int mount_reconfigure(struct fspath *p, u32 mflags)
{
	int err = -EINVAL;

	if (p->nc != p->mnt->mp_root)
		return -EINVAL;
	mounts_lock();
	if (p->mnt->mp_ns == mountns_self())
		err = set_mount_flags(p->mnt, mflags);
	mounts_unlock(p->mnt->mp_ns);
	return err;
}

static bool filesys_has_writers(struct filesys *fs)
{
	struct mountns *ns = mountns_self();
	struct mountpt *m;

	list_foreach(m, &ns->mounts, mp_ns_link) {
		if (m->mp_fs == fs && atomic_read(&m->mp_writers) > 0)
			return true;
	}
	return false;
}

int mount_remount(struct fspath *p, const struct mount_args *args, u32 mflags)
{
	struct filesys *fs = p->mnt->mp_fs;
	bool want_ro = args->sb_flags & MS_RDONLY;
	int err = 0;

	if (p->nc != p->mnt->mp_root)
		return -EINVAL;
	mounts_lock();
	if (p->mnt->mp_ns != mountns_self())
		err = -EINVAL;
	else if (mount_flags_locked(p->mnt, mflags) || !cap_has_in(fs->owner, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (want_ro && !(fs->flags & FILESYS_RDONLY) && filesys_has_writers(fs))
		err = -EBUSY;
	if (!err)
		err = fs->ops->remount(fs, args);
	if (!err) {
		u32 f = fs->flags & ~(FILESYS_RDONLY | FILESYS_SYNC);

		WRITE_ONCE(fs->flags, f | (want_ro ? FILESYS_RDONLY : 0) |
			   (args->sb_flags & MS_SYNCHRONOUS ? FILESYS_SYNC : 0));
		err = set_mount_flags(p->mnt, mflags);
	}
	mounts_unlock(p->mnt->mp_ns);
	return err;
}

/* ---- removing ---- */

/* Tree lock held. The caller's path holds one reference, the tree another. */
static bool is_busy(struct mountpt *m)
{
	return !list_is_empty(&m->mp_children) || ref_read(&m->mp_refs) > 2 || propagate_busy(m);
}

/* Leaves before their parents, each with its copies elsewhere. */
static void unmount_tree(struct mountpt *top, struct list *dead)
{
	struct mountpt *m;

	do {
		m = top;
		while (!list_is_empty(&m->mp_children))
			m = list_first_entry(&m->mp_children, struct mountpt, mp_sibling);
		propagate_unmount(m, top, dead);
		if (list_is_empty(&m->mp_children))
			mount_drop_tree(m, dead);
	} while (m != top);
}

static int remount_root_rdonly(struct fspath *p)
{
	struct mount_args args = { .sb_flags = MS_RDONLY };

	return mount_remount(p, &args, p->mnt->mp_flags & MOUNT_USER_FLAGS);
}

int mount_unmount(struct fspath *p, u32 flags)
{
	struct mountpt *m = p->mnt;
	struct mountns *ns = mountns_self();
	LIST_HEAD(dead);
	struct fspath root;
	bool is_root;
	int err = 0;

	if (p->nc != m->mp_root || (m->mp_flags & MOUNT_INTERNAL))
		return -EINVAL;
	fsctx_root(fsctx_self(), &root);
	is_root = root.mnt == m;
	fspath_put(&root);
	if ((flags & MNT_EXPIRE) && (is_root || (flags & (MNT_FORCE | MNT_DETACH))))
		return -EINVAL;
	if (is_root && !(flags & MNT_DETACH))
		return remount_root_rdonly(p);
	mounts_lock();
	if (m->mp_ns != ns || m == ns->root || (m->mp_flags & MOUNT_LOCKED))
		err = -EINVAL;
	else if (!(flags & MNT_DETACH) && is_busy(m))
		err = -EBUSY;
	else if ((flags & MNT_EXPIRE) && !(__atomic_fetch_or(&m->mp_flags, MOUNT_DOOMED, __ATOMIC_SEQ_CST) &
					   MOUNT_DOOMED))
		err = -EAGAIN;
	if (!err)
		unmount_tree(m, &dead);
	mounts_unlock(ns);
	if (!err)
		vfs_notify_mounts_gone(m->mp_fs);
	mount_put_list(&dead);
	return err;
}

/* ---- changing the root ---- */

/* Everyone whose root or cwd is @old gets @new; the caller holds references on both. */
static void replace_roots(const struct fspath *old, const struct fspath *new)
{
	struct fsctx *batch[32];
	u64 last = 0;
	u32 n;

	do {
		struct thread *t;

		n = 0;
		rcu_read_lock();
		thread_foreach_rcu(t) {
			struct fsctx *f;
			u64 flags;

			if (t->t_serial <= last)
				continue;
			flags = spin_lock_irqsave(&t->t_lock);
			f = t->t_fs;
			if (f)
				ref_get(&f->refs);
			spin_unlock_irqrestore(&t->t_lock, flags);
			last = t->t_serial;
			if (f)
				batch[n++] = f;
			if (n == ARRAY_SIZE(batch))
				break;
		}
		rcu_read_unlock();
		for (u32 i = 0; i < n; i++) {
			fsctx_replace(batch[i], old, new);
			fsctx_put(batch[i]);
		}
	} while (n == ARRAY_SIZE(batch));
	fsctx_replace(&fsctx_initial, old, new);
}

/* Is @p in the tree of mounts and names below @root? Tree lock held. */
static bool is_reachable(const struct fspath *p, const struct fspath *root)
{
	const struct mountpt *m = p->mnt;
	struct ncent *nc = p->nc;

	while (m != root->mnt) {
		if (m->mp_parent == m)
			return false;
		nc = m->mp_point;
		m = m->mp_parent;
	}
	return ncent_is_below(nc, root->nc);
}

static int pivot_check(const struct fspath *root, const struct fspath *new, const struct fspath *old)
{
	struct mountns *ns = mountns_self();

	if ((old->mnt->mp_propagation | new->mnt->mp_parent->mp_propagation |
	     root->mnt->mp_parent->mp_propagation) & MS_SHARED)
		return -EINVAL;
	if (root->mnt->mp_ns != ns || new->mnt->mp_ns != ns)
		return -EINVAL;
	if (new->mnt->mp_flags & MOUNT_LOCKED)
		return -EINVAL;
	if (new->mnt == root->mnt || old->mnt == root->mnt)
		return -EBUSY;
	if (root->mnt->mp_root != root->nc || root->mnt->mp_parent == root->mnt ||
	    new->mnt->mp_root != new->nc || new->mnt->mp_parent == new->mnt)
		return -EINVAL;
	if (!is_reachable(old, new) || !is_reachable(new, root))
		return -EINVAL;
	return 0;
}

int mount_pivot(const struct fspath *new, struct fspath *old)
{
	struct mountns *ns = mountns_self();
	struct fspath root, top;
	int err;

	fsctx_root(fsctx_self(), &root);
	err = lock_target(old);
	if (err)
		goto out;
	err = pivot_check(&root, new, old);
	if (!err) {
		top = (struct fspath){ root.mnt->mp_parent, root.mnt->mp_point };
		ncent_get(top.nc);
		mount_detach(new->mnt);
		mount_detach(root.mnt);
		new->mnt->mp_flags |= root.mnt->mp_flags & MOUNT_LOCKED;
		root.mnt->mp_flags &= ~MOUNT_LOCKED;
		mount_attach(root.mnt, old->mnt, old->nc);
		mount_attach(new->mnt, top.mnt, top.nc);
	}
	mounts_unlock(err ? NULL : ns);
	if (!err) {
		replace_roots(&root, new);
		ncent_put(top.nc);
	}
out:
	fspath_put(&root);
	return err;
}
