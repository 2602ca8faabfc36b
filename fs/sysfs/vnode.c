// SPDX-License-Identifier: GPL-2.0-only
/* sysfs's vnodes and its file system type. Every mount is an instance of its
 * own over the one tree, and shows it as the mounter's network namespace sees it.
 *
 * Directories of other trees may let programs make and remove directories. Their owner may
 * change other file systems meanwhile (/dev, sysfs): for the order of locks they are an outer layer.
 */
#include "sysfs_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/ns.h>

#define SYSFS_MAGIC	0x62656572

static const struct vnode_ops sys_vnops;
static const struct ofile_ops sysdir_fops;

/* The network namespace that an instance shows. */
static u32 shown_net(const struct filesys *fs)
{
	return (u32)(uintptr_t)fs->priv;
}

static void sysvn_free(struct rcu_job *job)
{
	kmem_free(container_of(job, struct sysvn, vn.vn_rcu));
}

static void sys_evict(struct vnode *vn)
{
	struct sysnode *n = sysnode_of(vn);

	vnode_fini(vn);
	sysnode_put(n);
	vnode_free_deferred(vn, sysvn_free);
}

/* Consumes the node's reference. */
static struct vnode *sysvn_make(struct filesys *fs, struct sysnode *n)
{
	struct sysvn *sv = kmem_zalloc(sizeof(*sv), ALLOC_KERNEL);

	if (!sv) {
		sysnode_put(n);
		return ERR_PTR(-ENOMEM);
	}
	vnode_init(&sv->vn, fs, &sys_vnops, n->kind == SYSNODE_DIR ? &sysdir_fops : &sysfile_fops, n->mode);
	sv->vn.vn_ino = n->ino;
	sv->vn.vn_uid = n->uid;
	sv->vn.vn_gid = n->gid;
	sv->vn.vn_nlink = n->kind == SYSNODE_DIR ? 2 : 1;
	sv->vn.vn_link = n->target;
	sv->vn.vn_atime = n->born_ns;
	sv->vn.vn_mtime = n->born_ns;
	sv->vn.vn_ctime = n->born_ns;
	if (n->kind == SYSNODE_ATTR)
		sv->vn.vn_size = PAGE_SIZE;
	else if (n->kind == SYSNODE_BIN)
		sv->vn.vn_size = ((const struct sysbin *)n->what)->size;
	sv->node = n;
	return &sv->vn;
}

static struct vnode *sys_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct sysnode *n;

	rwsem_read_lock(&sysfs_lock);
	n = sysnode_child_locked(sysnode_of(dir), name, len, shown_net(dir->vn_fs));
	if (n)
		ref_get(&n->refs);
	rwsem_read_unlock(&sysfs_lock);
	return n ? sysvn_make(dir->vn_fs, n) : NULL;
}

/* Stale: removed, or known to be absent (it may exist by now). */
static int sys_revalidate(struct ncent *nc)
{
	struct vnode *vn = READ_ONCE(nc->nc_vnode);

	return vn && !usegate_is_closed(&sysnode_of(vn)->gate);
}

static const char *sys_readlink(struct vnode *vn, void **cookie)
{
	const char *target = sysnode_of(vn)->target;

	*cookie = NULL;
	return target ? target : ERR_PTR(-EINVAL);
}

/* Mode and owner stick to the node, so that they outlive the vnode. */
static int sys_setattr(struct vnode *vn, const struct vattr *va)
{
	struct sysnode *n = sysnode_of(vn);
	struct vattr copy = *va;
	int err;

	copy.mask &= ~VATTR_SIZE;	/* opening for writing truncates nothing */
	if (va->mask & VATTR_SIZE && !(va->mask & VATTR_OPEN_TRUNC))
		return -EINVAL;
	err = vnop_default_setattr(vn, &copy);
	if (err)
		return err;
	rwsem_write_lock(&sysfs_lock);
	n->mode = vn->vn_mode;
	n->uid = vn->vn_uid;
	n->gid = vn->vn_gid;
	rwsem_write_unlock(&sysfs_lock);
	return 0;
}

static int sys_getattr(struct vnode *vn, struct vattr *va)
{
	struct sysnode *n = sysnode_of(vn), *c;

	vnode_getattr_default(vn, va);
	if (n->kind != SYSNODE_DIR)
		return 0;
	va->nlink = 2;
	rwsem_read_lock(&sysfs_lock);
	list_foreach(c, &n->children, sibling)
		va->nlink += c->kind == SYSNODE_DIR && sysnode_is_shown(c, shown_net(vn->vn_fs));
	rwsem_read_unlock(&sysfs_lock);
	return 0;
}

static int sys_readdir(struct ofile *f, struct dir_sink *s)
{
	struct sysnode *n = sysnode_of(f->of_vnode), *c;

	if (s->pos == 0 && !s->emit(s, ".", 1, n->ino, DT_DIR, 1))
		return 0;
	if (s->pos <= 1 && !s->emit(s, "..", 2, n->parent ? n->parent->ino : n->ino, DT_DIR, 2))
		return 0;
	rwsem_read_lock(&sysfs_lock);
	list_foreach(c, &n->children, sibling) {
		if (c->cookie < (u64)s->pos || !sysnode_is_shown(c, shown_net(f->of_vnode->vn_fs)))
			continue;
		if (!s->emit(s, c->name, strlen(c->name), c->ino, DT_OF_MODE(c->mode), c->cookie + 1))
			break;
	}
	rwsem_read_unlock(&sysfs_lock);
	return 0;
}

/* ---- directories that programs make ---- */

static struct vnode *sys_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct sysnode *n = sysnode_of(dir);
	const struct sysdir *ops = n->what;
	struct vnode *made;
	char *text;
	int err;

	if (!ops || !ops->mkdir)
		return ERR_PTR(-EPERM);
	text = kmem_strndup(name, len, ALLOC_KERNEL);
	if (!text)
		return ERR_PTR(-ENOMEM);
	__lockcheck(lockcheck_layer_enter());
	err = -ENOENT;
	if (usegate_enter(&n->gate)) {
		err = ops->mkdir(n, text, n->arg);
		usegate_leave(&n->gate);
	}
	__lockcheck(lockcheck_layer_leave());
	kmem_free(text);
	made = err ? ERR_PTR(err) : sys_lookup(dir, name, len);
	return made ? made : ERR_PTR(-ENOENT);
}

static int sys_rmdir(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct sysnode *n = sysnode_of(target);
	const struct sysdir *ops = n->what;
	int err;

	if (!ops || !ops->rmdir)
		return -EPERM;
	__lockcheck(lockcheck_layer_enter());
	err = usegate_is_closed(&n->gate) ? -ENOENT : ops->rmdir(n, n->arg);
	__lockcheck(lockcheck_layer_leave());
	return err;
}

static const struct vnode_ops sys_vnops = {
	.lookup = sys_lookup, .create = vnop_no_create, .mkdir = sys_mkdir, .mknod = vnop_no_mknod,
	.symlink = vnop_no_symlink, .tmpfile = vnop_no_tmpfile, .link = vnop_no_link,
	.unlink = vnop_no_unlink, .rmdir = sys_rmdir, .rename = vnop_no_rename,
	.readlink = sys_readlink, .link_put = vnop_default_link_put,
	.follow = vnop_no_follow, .getattr = sys_getattr, .setattr = sys_setattr,
	.permission = vnop_default_permission, .revalidate = sys_revalidate, .evict = sys_evict,
	VNOPS_NO_XATTR,
};

static const struct ofile_ops sysdir_fops = {
	.seek = fop_dir_seek, .readdir = sys_readdir, .fsync = fop_default_fsync, FOPS_DIRECTORY,
};

static const struct filesys_ops sys_fsops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

struct filesys *systree_show(struct fstype *t, struct sysnode *root, u64 magic, u32 net)
{
	struct filesys *fs = filesys_alloc(t, &sys_fsops);
	struct vnode *vn;

	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->magic = magic;
	fs->priv = (void *)(uintptr_t)net;
	fs->blksize = PAGE_SIZE;
	fs->flags |= FILESYS_REVALIDATE | FILESYS_NODEV | FILESYS_NOEXEC;
	ref_get(&root->refs);
	vn = sysvn_make(fs, root);
	if (IS_ERR(vn) || filesys_root_set(fs, vn)) {
		filesys_put(fs);
		return ERR_PTR(-ENOMEM);
	}
	return fs;
}

static struct filesys *sys_mount(struct fstype *t, const struct mount_args *args)
{
	return systree_show(t, sysfs_root, SYSFS_MAGIC, nsset_self()->net->inum);
}

static struct fstype sys_fstype = {
	.name = "sysfs",
	.flags = FSTYPE_NODEV | FSTYPE_USERNS | FSTYPE_NETNS | FSTYPE_SHOWN,
	.mount = sys_mount,
};
FILESYSTEM(sys_fstype);
