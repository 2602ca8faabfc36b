// SPDX-License-Identifier: GPL-2.0-only
/* tmpfs: the file object and the tables of what can be done with it. */
#include "tmpfs_impl.h"

#include <tern/base/rcu.h>
#include <tern/fs/acl.h>

static struct objcache *cache;

void tmpfs_cache_init(void)
{
	if (!cache)
		cache = objcache_create("tmpfs_vnode", sizeof(struct tmpfs_vnode), 8, OBJCACHE_RECLAIM, NULL);
}

static bool inode_reserve(struct tmpfs_super *s)
{
	u64 max = READ_ONCE(s->max_inodes);

	if ((u64)atomic_add_return(&s->used_inodes, 1) <= max || !max)
		return true;
	atomic_dec(&s->used_inodes);
	return false;
}

static void free_rcu(struct rcu_job *job)
{
	struct tmpfs_vnode *t = container_of(job, struct tmpfs_vnode, vn.vn_rcu);

	if (S_ISLNK(t->vn.vn_mode))
		kmem_free(t->link);
	objcache_free(cache, t);
}

struct tmpfs_vnode *tmpfs_vnode_make(struct filesys *fs, struct vnode *dir, mode_t mode)
{
	struct tmpfs_super *s = fs->priv;
	struct tmpfs_vnode *t;
	struct vnode *vn;

	if (!cache)
		return ERR_PTR(-ENOMEM);
	if (!inode_reserve(s))
		return ERR_PTR(-ENOSPC);
	t = objcache_zalloc(cache, ALLOC_KERNEL);
	if (!t) {
		atomic_dec(&s->used_inodes);
		return ERR_PTR(-ENOMEM);
	}
	vn = &t->vn;
	vn->vn_ino = __atomic_fetch_add(&s->next_ino, 1, __ATOMIC_RELAXED);
	list_init(&t->work);
	vnode_init(vn, fs, &tmpfs_vnode_ops, S_ISDIR(mode) ? &tmpfs_dir_fops : &tmpfs_file_fops, mode);
	vnode_init_owner(vn, dir, mode);
	if (dir && vnode_acl_inherit(dir, vn)) {
		vnode_fini(vn);
		atomic_dec(&s->used_inodes);
		vnode_free_deferred(vn, free_rcu);
		return ERR_PTR(-ENOMEM);
	}
	if (S_ISDIR(mode)) {
		rbtree_init(&t->dir.names);
		rbtree_init(&t->dir.order);
		t->dir.next_pos = 2;		/* 0 and 1 are "." and ".." */
		vn->vn_nlink = 2;
		vn->vn_size = 40;
	} else if (S_ISREG(mode)) {
		vn->vn_pages.ops = &tmpfs_pagecache_ops;
		vn->vn_pages.flags |= s->is_ramfs ? PAGECACHE_UNEVICTABLE : 0;
		t->file.seals = F_SEAL_SEAL;
	}
	return t;
}

static void tmpfs_evict(struct vnode *vn)
{
	struct tmpfs_super *s = super_of(vn);
	struct tmpfs_vnode *t = tmpfs_of(vn);

	tmpfs_handle_forget(t);
	vnode_fini(vn);
	if (S_ISREG(vn->vn_mode))
		tmpfs_recount(t);	/* no pages are left */
	tmpfs_xattrs_free(t);
	atomic_dec(&s->used_inodes);
	vnode_free_deferred(vn, free_rcu);
}

const struct vnode_ops tmpfs_vnode_ops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create,
	.mkdir = tmpfs_mkdir,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.tmpfile = tmpfs_tmpfile,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.getattr = vnop_default_getattr,
	.setattr = tmpfs_setattr,
	.permission = vnop_default_permission,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
	.removexattr = tmpfs_removexattr,
	.revalidate = vnop_default_revalidate,
	.evict = tmpfs_evict,
	VNOPS_NO_LINK,
};
