// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlayfs nodes: one vnode for each file that is seen, whatever layer it is in and
 * whether it was copied up meanwhile. They are found by the layers' vnodes, so that two
 * names of an upper file are one node, and a file stays the same one when it is copied.
 * A lower file with several names is not found by its vnode: each name is copied for itself.
 *
 * st_ino and st_dev are fixed when the node is made: those of the origin (the lower file
 * that it is or was), else of the upper file.
 */
#include "ovl_impl.h"

static struct objcache *cache;

void ovl_cache_init(void)
{
	if (!cache)
		cache = objcache_create("ovl_node", sizeof(struct ovl_node), 8, OBJCACHE_RECLAIM, NULL);
}

/* ---- the tree, under m->lock ---- */

static struct ovl_key *key_find(struct ovl_mount *m, const struct vnode *real, struct rbnode ***link,
				struct rbnode **parent)
{
	struct rbnode **at = &m->nodes.root, *up = NULL;

	while (*at) {
		struct ovl_key *k = rbtree_entry(*at, struct ovl_key, link);

		if (k->real == real)
			return k;
		up = *at;
		at = real < k->real ? &up->left : &up->right;
	}
	*link = at;
	*parent = up;
	return NULL;
}

static void key_remove(struct ovl_mount *m, struct ovl_key *k)
{
	if (k->real)
		rbtree_erase(&m->nodes, &k->link);
	k->real = NULL;
}

/* One that is being evicted makes room. */
static void key_add(struct ovl_mount *m, struct ovl_key *k, struct ovl_node *n, const struct vnode *real)
{
	struct rbnode **link = NULL, *parent = NULL;
	struct ovl_key *old = key_find(m, real, &link, &parent);

	if (old) {
		key_remove(m, old);
		(void)key_find(m, real, &link, &parent);
	}
	k->real = real;
	k->node = n;
	rbtree_link(&k->link, parent, link);
	rbtree_insert_fixup(&m->nodes, &k->link);
}

static struct ovl_node *node_find(struct ovl_mount *m, const struct vnode *real)
{
	struct rbnode **link = NULL, *parent = NULL;
	struct ovl_key *k = real ? key_find(m, real, &link, &parent) : NULL;

	return k && atomic_inc_not_zero(&k->node->vn.vn_refs) ? k->node : NULL;
}

/* ---- making ---- */

static const struct vnode *upper_key(const struct ovl_found *f)
{
	return f->upper.nc ? path_vnode(&f->upper) : NULL;
}

/* The lower vnode that the node is found by, if any. */
static const struct vnode *origin_key(const struct ovl_found *f)
{
	const struct vnode *vn = f->nlower ? path_vnode(&f->lower[0].path) : f->origin;

	return vn && (vnode_is_dir(vn) || vn->vn_nlink == 1) ? vn : NULL;
}

void ovl_copy_attr(struct ovl_node *n)
{
	struct vnode *vn = &n->vn;
	struct vattr va = { 0 };

	if (stack_getattr(ovl_real(n), &va))
		return;
	WRITE_ONCE(vn->vn_mode, (vn->vn_mode & S_IFMT) | (va.mode & 07777));
	vn->vn_uid = va.uid;
	vn->vn_gid = va.gid;
	WRITE_ONCE(vn->vn_atime, va.atime);
	WRITE_ONCE(vn->vn_mtime, va.mtime);
	WRITE_ONCE(vn->vn_ctime, va.ctime);
	vnode_size_set(vn, va.size);
	vn->vn_flags = (vn->vn_flags & ~(VNODE_IMMUTABLE | VNODE_APPEND)) |
		       (path_vnode(ovl_real(n))->vn_flags & (VNODE_IMMUTABLE | VNODE_APPEND));
}

static char *link_text(const struct fspath *p)
{
	struct vnode *vn = path_vnode(p);
	void *cookie = NULL;
	const char *text = vn->vn_link;
	char *copy;

	if (text)
		return kmem_strdup(text, ALLOC_KERNEL);
	text = vn->vn_ops->readlink(vn, &cookie);
	if (IS_ERR(text))
		return ERR_CAST(text);
	copy = kmem_strdup(text, ALLOC_KERNEL);
	vn->vn_ops->link_put(vn, cookie);
	return copy;
}

/* Numbers of the file: see the top. */
static void set_number(struct ovl_mount *m, struct ovl_node *n, const struct ovl_found *f)
{
	const struct fspath *real = ovl_real(n);
	struct vattr va = { .ino = path_vnode(real)->vn_ino };
	u32 layer = f->nlower ? f->lower[0].layer : f->origin ? f->origin_layer : 0;

	if (f->nlower)
		(void)stack_getattr(&f->lower[0].path, &va);
	else if (f->origin)
		va.ino = f->origin->vn_ino;
	else
		(void)stack_getattr(real, &va);
	n->st_ino = va.ino;
	n->st_dev = m->is_same_fs || vnode_is_dir(&n->vn) ? m->fs->dev : m->layers[layer].dev;
	if (!m->is_same_fs && vnode_is_dir(&n->vn))
		n->st_ino = __atomic_add_fetch(&m->next_ino, 1, __ATOMIC_RELAXED);
}

static void free_rcu(struct rcu_job *job)
{
	struct ovl_node *n = container_of(job, struct ovl_node, vn.vn_rcu);

	kmem_free(n->link);
	objcache_free(cache, n);
}

/* A node that nobody finds yet; takes what @f holds if it succeeds. */
static struct ovl_node *node_make(struct ovl_mount *m, struct ovl_found *f)
{
	struct ovl_node *n = objcache_zalloc(cache, ALLOC_KERNEL);
	struct vattr va = { 0 };
	int err = n ? 0 : -ENOMEM;

	if (err)
		return ERR_PTR(err);
	n->upper = f->upper;
	n->nlower = f->nlower;
	n->lower = f->lower;
	n->origin = f->origin;
	kmutex_init(&n->lock, LOCKRANK_FS);
	err = stack_getattr(ovl_real(n), &va);
	if (!err && S_ISLNK(va.mode)) {
		n->link = link_text(ovl_real(n));
		err = !n->link ? -ENOMEM : IS_ERR(n->link) ? (int)PTR_ERR(n->link) : 0;
	}
	if (err) {
		objcache_free(cache, n);
		return ERR_PTR(err);
	}
	vnode_init(&n->vn, m->fs, &ovl_vnode_ops, S_ISDIR(va.mode) ? &ovl_dir_fops : &ovl_file_fops, va.mode);
	n->vn.vn_link = n->link;
	n->vn.vn_rdev = va.rdev;
	n->vn.vn_nlink = va.nlink;
	n->vn.vn_btime = va.btime;
	set_number(m, n, f);
	n->vn.vn_ino = n->st_ino;
	ovl_copy_attr(n);
	return n;
}

struct vnode *ovl_node_get(struct ovl_mount *m, struct ovl_found *f)
{
	const struct vnode *up = upper_key(f), *orig = origin_key(f);
	struct ovl_node *n, *other;

	spin_lock(&m->lock);
	n = node_find(m, up);
	if (!n)
		n = node_find(m, orig);
	spin_unlock(&m->lock);
	if (n) {
		ovl_found_put(f);
		return &n->vn;
	}
	n = node_make(m, f);
	if (IS_ERR(n)) {
		ovl_found_put(f);
		return ERR_CAST(n);
	}
	spin_lock(&m->lock);
	other = node_find(m, up);
	if (!other)
		other = node_find(m, orig);
	if (!other) {
		if (up)
			key_add(m, &n->by_upper, n, up);
		if (orig)
			key_add(m, &n->by_origin, n, orig);
	}
	spin_unlock(&m->lock);
	if (!other)
		return &n->vn;
	vnode_put(&n->vn);
	return &other->vn;
}

void ovl_node_set_upper(struct ovl_node *n, const struct fspath *p)
{
	struct ovl_mount *m = ovl_mount_of(&n->vn);

	spin_lock(&m->lock);
	key_add(m, &n->by_upper, n, path_vnode(p));
	spin_unlock(&m->lock);
	n->upper.mnt = p->mnt;
	store_release(&n->upper.nc, p->nc);
	ovl_copy_attr(n);
}

void ovl_evict(struct vnode *vn)
{
	struct ovl_mount *m = ovl_mount_of(vn);
	struct ovl_node *n = ovl_of(vn);

	spin_lock(&m->lock);
	key_remove(m, &n->by_upper);
	key_remove(m, &n->by_origin);
	spin_unlock(&m->lock);
	vnode_fini(vn);
	__lockcheck(lockcheck_layer_enter());
	ovl_found_put(&(struct ovl_found){ .upper = n->upper, .nlower = n->nlower, .lower = n->lower,
					   .origin = n->origin });
	__lockcheck(lockcheck_layer_leave());
	vnode_free_deferred(vn, free_rcu);
}

const struct vnode_ops ovl_vnode_ops = {
	.lookup = ovl_lookup,
	.create = ovl_create,
	.mkdir = ovl_mkdir,
	.mknod = ovl_mknod,
	.symlink = ovl_symlink,
	.tmpfile = ovl_tmpfile,
	.link = ovl_link,
	.unlink = ovl_remove,
	.rmdir = ovl_remove,
	.rename = ovl_rename,
	.getattr = ovl_getattr,
	.setattr = ovl_setattr,
	.permission = ovl_permission,
	.getxattr = ovl_getxattr,
	.setxattr = ovl_setxattr,
	.listxattr = ovl_listxattr,
	.removexattr = ovl_removexattr,
	.revalidate = vnop_default_revalidate,
	.evict = ovl_evict,
	VNOPS_NO_LINK,
};
