// SPDX-License-Identifier: GPL-2.0-only
/* Vnodes of the entries that are always there, and what all proc vnodes share. */
#include "procfs_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/ns.h>

#define PID_POS_BASE	0x100000000L	/* position of /proc/N in the root's listing: this + N */

static void procvn_free(struct rcu_job *job)
{
	struct procvn *pv = container_of(job, struct procvn, vn.vn_rcu);

	kmem_free(pv);
}

struct procvn *procvn_alloc(struct filesys *fs, const struct vnode_ops *ops,
			    const struct ofile_ops *fops, mode_t mode, u64 ino)
{
	struct procvn *pv = kmem_zalloc(sizeof(*pv), ALLOC_KERNEL);

	if (!pv)
		return NULL;
	vnode_init(&pv->vn, fs, ops, fops, mode);
	list_init(&pv->view_link);
	pv->vn.vn_ino = ino;
	pv->vn.vn_nlink = S_ISDIR(mode) ? 2 : 1;
	return pv;
}

void procvn_evict(struct vnode *vn)
{
	struct procvn *pv = procvn_of(vn);

	if (!list_is_empty(&pv->view_link)) {
		spin_lock(&pv->pid->views_lock);
		list_del_init(&pv->view_link);
		spin_unlock(&pv->pid->views_lock);
	}
	vnode_fini(vn);
	pidref_put(pv->pid);
	if (pv->node)
		procnode_put(pv->node);
	vnode_free_deferred(vn, procvn_free);
}

const char *proc_no_vnlink(struct vnode *vn, void **cookie)
{
	return ERR_PTR(-EINVAL);
}

/* Owner and mode belong to the kernel; times may be set to no effect that lasts. */
int proc_setattr(struct vnode *vn, const struct vattr *va)
{
	if (va->mask & (VATTR_MODE | VATTR_UID | VATTR_GID))
		return -EPERM;
	if (va->mask & VATTR_SIZE && !(va->mask & VATTR_OPEN_TRUNC) && !S_ISREG(vn->vn_mode))
		return -EINVAL;
	return 0;
}

bool proc_emit(struct dir_sink *s, const char *name, u32 len, u64 ino, mode_t mode, loff_t next)
{
	if (!s->emit(s, name, len, ino, DT_OF_MODE(mode), next))
		return false;
	s->pos = next;
	return true;
}

bool proc_emit_dots(struct ofile *f, struct dir_sink *s)
{
	struct ncent *nc = f->of_path.nc;
	struct vnode *up = nc->nc_parent ? nc->nc_parent->nc_vnode : NULL;

	if (s->pos == 0 && !proc_emit(s, ".", 1, f->of_vnode->vn_ino, S_IFDIR, 1))
		return false;
	return s->pos != 1 ||
	       proc_emit(s, "..", 2, up ? up->vn_ino : f->of_vnode->vn_ino, S_IFDIR, 2);
}

ssize_t proc_dir_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return -EISDIR;
}

/* ---- directories of the tree ---- */

static struct vnode *nodedir_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct procvn *pv = procvn_of(dir);
	bool is_root = pv->node == procnode_root;
	struct procnode *n = NULL;

	if (!is_root || !procopts_of(dir->vn_fs)->only_pids || str_has_prefix(name, "self") ||
	    str_has_prefix(name, "thread-self"))
		n = procnode_child(pv->node, name, len);
	if (n)
		return procvn_for_node(dir->vn_fs, n);
	return is_root ? taskdir_lookup_pid(dir, name, len) : NULL;
}

static int nodedir_readdir(struct ofile *f, struct dir_sink *s)
{
	struct procvn *pv = procvn_of_file(f);
	bool is_root = pv->node == procnode_root;

	if (!proc_emit_dots(f, s))
		return 0;
	if (s->pos < PID_POS_BASE && !(is_root && procopts_of(pv->vn.vn_fs)->only_pids) &&
	    !procnode_readdir(pv->node, s, 0))
		return 0;
	if (is_root)
		taskdir_readdir_pids(pv->vn.vn_fs, s, PID_POS_BASE);
	return 0;
}

/*
 * A name in the tree is stale when its node was unregistered. The root also has the
 * directories of processes.
 */
static int node_revalidate(struct ncent *nc)
{
	struct vnode *vn = READ_ONCE(nc->nc_vnode);

	if (vn && procvn_of(vn)->pid)
		return taskvn_revalidate(nc);
	return vn && procvn_of(vn)->node && !usegate_is_closed(&procvn_of(vn)->node->gate);
}

static int nodedir_getattr(struct vnode *vn, struct vattr *va)
{
	vnode_getattr_default(vn, va);
	if (procvn_of(vn)->node == procnode_root)
		va->nlink = 2 + process_count();
	return 0;
}

static const struct vnode_ops nodedir_vnops = {
	PROC_VNOPS_NO_CHANGE,
	.lookup = nodedir_lookup,
	.readlink = proc_no_vnlink,
	.link_put = vnop_default_link_put,
	.follow = vnop_no_follow,
	.getattr = nodedir_getattr,
	.setattr = proc_setattr,
	.permission = vnop_default_permission,
	.revalidate = node_revalidate,
};

static const struct ofile_ops nodedir_fops = {
	PROC_DIR_FOPS,
	.readdir = nodedir_readdir,
};

int proc_net_permission(struct vnode *vn, u32 mask)
{
	mode_t owner = READ_ONCE(vn->vn_mode) >> 6 & 7;

	if (!cap_has_in(nsset_self()->net->owner, CAP_NET_ADMIN))
		return vnop_default_permission(vn, mask);
	return mask & (MAY_READ | MAY_WRITE | MAY_EXEC) & ~owner ? -EACCES : 0;
}

#define PLAIN_FILE_SLOTS			\
	PROC_VNOPS_NO_CHANGE,			\
	.lookup = vnop_no_lookup,		\
	.readlink = proc_no_vnlink,		\
	.link_put = vnop_default_link_put,	\
	.follow = vnop_no_follow,		\
	.getattr = vnop_default_getattr,	\
	.setattr = proc_setattr,		\
	.revalidate = node_revalidate

const struct vnode_ops procfile_vnops = { PLAIN_FILE_SLOTS, .permission = vnop_default_permission };
const struct vnode_ops procnetfile_vnops = { PLAIN_FILE_SLOTS, .permission = proc_net_permission };

/* ---- symbolic links ---- */

#define DYNLINK_MAX	64

static const char *nodelink_readlink(struct vnode *vn, void **cookie)
{
	struct procnode *n = procvn_of(vn)->node;
	char *buf;

	*cookie = NULL;
	if (n->target)
		return n->target;
	buf = kmem_alloc(DYNLINK_MAX, ALLOC_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	if (!n->make_target(procpids_of(vn->vn_fs), buf, DYNLINK_MAX)) {
		kmem_free(buf);
		return ERR_PTR(-ENOENT);
	}
	*cookie = buf;
	return buf;
}

static void nodelink_put(struct vnode *vn, void *cookie)
{
	kmem_free(cookie);
}

static const struct vnode_ops nodelink_vnops = {
	PROC_VNOPS_NO_CHANGE,
	.lookup = vnop_no_lookup,
	.readlink = nodelink_readlink,
	.link_put = nodelink_put,
	.follow = vnop_no_follow,
	.getattr = vnop_default_getattr,
	.setattr = proc_setattr,
	.permission = vnop_default_permission,
	.revalidate = node_revalidate,
};

struct vnode *procvn_for_node(struct filesys *fs, struct procnode *n)
{
	const struct vnode_ops *ops = &procfile_vnops;
	const struct ofile_ops *fops = &proctext_fops;
	struct procvn *pv;

	if (n->kind == PROCNODE_DIR) {
		ops = &nodedir_vnops;
		fops = &nodedir_fops;
	} else if (n->kind == PROCNODE_LINK || n->kind == PROCNODE_DYNLINK) {
		ops = &nodelink_vnops;
	} else if (n->kind == PROCNODE_FILE) {
		fops = n->what;
	} else if (n->kind == PROCNODE_SET) {
		ops = &setdir_vnops;
		fops = &setdir_fops;
	} else if (n->kind == PROCNODE_TEXT && ((const struct procfile *)n->what)->is_netns) {
		ops = &procnetfile_vnops;
	} else if (n->kind == PROCNODE_TEXT && ((const struct procfile *)n->what)->event) {
		fops = &procevent_fops;
	}
	pv = procvn_alloc(fs, ops, fops, n->mode, n->ino);
	if (!pv) {
		procnode_put(n);
		return ERR_PTR(-ENOMEM);
	}
	pv->node = n;
	if (n->is_mount_dir)
		pv->vn.vn_flags |= VNODE_MOUNT_DIR;
	if (n->target)
		pv->vn.vn_link = n->target;
	return &pv->vn;
}
