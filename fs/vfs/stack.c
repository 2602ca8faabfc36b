// SPDX-License-Identifier: GPL-2.0-only
/*
 * What file systems made of others do with the layers below them: the operations of
 * dirop.c, rename.c and attr.c by directory and name instead of by path, without
 * permission and without crossing mounts.
 *
 * Lock order: as in those files, one layer further in (lockcheck_layer_enter()).
 */
#include <tern/fs/stack.h>

#include "dirop_impl.h"
#include "mount_impl.h"

static void enter(void)
{
	__lockcheck(lockcheck_layer_enter());
}

static void leave(void)
{
	__lockcheck(lockcheck_layer_leave());
}

struct mountpt *stack_mount(const struct fspath *p, u32 flags)
{
	struct filesys *fs = p->nc->nc_fs;
	struct mountpt *m;

	if ((fs->flags & FILESYS_REVALIDATE) || fs->stack_depth + 1 > STACK_DEPTH_MAX)
		return ERR_PTR(-EINVAL);
	m = mountpt_alloc(fs, p->nc, p->mnt->mp_source, flags);
	return m ? m : ERR_PTR(-ENOMEM);
}

/* The entry, perhaps negative; @dir locked or not as @is_locked says. */
static struct ncent *find(const struct fspath *dir, const char *name, u32 len, bool is_locked)
{
	struct vnode *dvn = path_vnode(dir);
	struct ncent *nc;

	if (is_locked)
		return entry_lookup_locked(dir->nc, name, len);
	nc = ncent_lookup(dir->nc, name, len);
	if (nc)
		return nc;
	rwsem_read_lock(&dvn->vn_lock);
	nc = entry_lookup_locked(dir->nc, name, len);
	rwsem_read_unlock(&dvn->vn_lock);
	return nc;
}

static void path_of(const struct fspath *dir, struct ncent *nc, struct fspath *out)
{
	mountpt_get(dir->mnt);
	*out = (struct fspath){ dir->mnt, nc };
}

int stack_lookup(const struct fspath *dir, const char *name, u32 len, struct fspath *out)
{
	struct ncent *nc;

	if (len > dir->nc->nc_fs->name_max)
		return -ENAMETOOLONG;
	enter();
	nc = find(dir, name, len, false);
	leave();
	if (IS_ERR(nc))
		return (int)PTR_ERR(nc);
	if (!nc->nc_vnode) {
		ncent_put(nc);
		return -ENOENT;
	}
	path_of(dir, nc, out);
	return 0;
}

/* ---- changing directories ---- */

static int dir_begin(const struct fspath *dir)
{
	int err = mountpt_want_write(dir->mnt);

	if (err)
		return err;
	enter();
	rwsem_write_lock(&path_vnode(dir)->vn_lock);
	return 0;
}

static void dir_end(const struct fspath *dir)
{
	rwsem_write_unlock(&path_vnode(dir)->vn_lock);
	leave();
	mountpt_drop_write(dir->mnt);
}

static int make_link(const struct fspath *dir, struct ncent *nc, struct vnode *vn)
{
	struct vnode *dvn = path_vnode(dir);
	int err;

	rwsem_write_lock(&vn->vn_lock);
	err = vn->vn_nlink || (vn->vn_flags & VNODE_LINKABLE) ?
	      dvn->vn_ops->link(dvn, nc->nc_name, nc->nc_len, vn) : -ENOENT;
	if (!err)
		vn->vn_flags &= ~VNODE_LINKABLE;
	rwsem_write_unlock(&vn->vn_lock);
	if (err)
		return err;
	vnode_get(vn);
	ncent_attach(nc, vn);
	vfs_notify_name(dvn, IN_CREATE, nc->nc_name, nc->nc_len, 0);
	return 0;
}

static int make_kind(const struct fspath *dir, struct ncent *nc, const struct stack_new *what)
{
	if (what->link)
		return make_link(dir, nc, what->link);
	switch (what->mode & S_IFMT) {
	case S_IFREG:
		return entry_create(dir->nc, nc, what->mode);
	case S_IFDIR:
		return entry_mkdir(dir->nc, nc, what->mode);
	case S_IFLNK:
		return entry_symlink(dir->nc, nc, what->target);
	default:
		return entry_mknod(dir->nc, nc, what->mode, what->rdev);
	}
}

static struct ncent *make_tmp(const struct fspath *dir, mode_t mode)
{
	struct vnode *dvn = path_vnode(dir), *vn;
	struct ncent *nc;

	vn = dvn->vn_ops->tmpfile(dvn, S_IFREG | (mode & 07777));
	if (IS_ERR(vn))
		return ERR_CAST(vn);
	vn->vn_flags |= VNODE_LINKABLE;
	nc = ncent_tmp(dir->nc, vn);
	return nc ? nc : ERR_PTR(-ENOMEM);
}

int stack_make(const struct fspath *dir, const char *name, u32 len, const struct stack_new *what,
	       struct fspath *out)
{
	struct ncent *nc;
	int err = dir_begin(dir);

	if (err)
		return err;
	nc = what->is_tmp ? make_tmp(dir, what->mode) : find(dir, name, len, true);
	if (IS_ERR(nc))
		err = (int)PTR_ERR(nc);
	else if (!what->is_tmp)
		err = nc->nc_vnode ? -EEXIST : make_kind(dir, nc, what);
	dir_end(dir);
	if (!err)
		path_of(dir, nc, out);
	else if (!IS_ERR(nc))
		ncent_put(nc);
	return err;
}

static int remove_entry(const struct fspath *dir, struct ncent *nc)
{
	struct vnode *dvn = path_vnode(dir), *vn = nc->nc_vnode;
	bool is_dir = vnode_is_dir(vn);
	int err;

	if (nc->nc_flags & NCENT_MOUNTED)
		return -EBUSY;
	rwsem_write_lock_nested(&vn->vn_lock);
	err = is_dir ? dvn->vn_ops->rmdir(dvn, nc->nc_name, nc->nc_len, vn) :
		       dvn->vn_ops->unlink(dvn, nc->nc_name, nc->nc_len, vn);
	if (!err && is_dir)
		vn->vn_flags |= VNODE_DEAD_DIR;
	rwsem_write_unlock(&vn->vn_lock);
	if (err)
		return err;
	if (is_dir)
		ncent_prune(nc);
	vfs_notify_name(dvn, IN_DELETE | (is_dir ? IN_ISDIR : 0), nc->nc_name, nc->nc_len, 0);
	ncent_detach(nc);
	return 0;
}

int stack_remove(const struct fspath *dir, const char *name, u32 len)
{
	struct vnode *vn = NULL;
	struct ncent *nc;
	int err = dir_begin(dir);

	if (err)
		return err;
	nc = find(dir, name, len, true);
	if (IS_ERR(nc)) {
		err = (int)PTR_ERR(nc);
	} else if (!nc->nc_vnode) {
		err = -ENOENT;
	} else {
		vn = nc->nc_vnode;
		vnode_get(vn);
		err = remove_entry(dir, nc);
	}
	dir_end(dir);
	if (!IS_ERR(nc))
		ncent_put(nc);
	if (vn && !err)
		vfs_notify_gone(vn);
	vnode_put(vn);
	return err;
}

/* Both parents locked. */
static int rename_entries(const struct stack_name *from, const struct stack_name *to, struct ncent *old,
			  struct ncent *new, u32 flags)
{
	struct vnode *ovn = old->nc_vnode, *nvn = new->nc_vnode, *od = path_vnode(from->dir);
	bool exchange = flags & RENAME_EXCHANGE;
	int err;

	if (!ovn || (exchange && !nvn))
		return -ENOENT;
	if (nvn && (flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (ovn == nvn)
		return 0;
	if (ncent_is_below(to->dir->nc, old) || ncent_is_below(from->dir->nc, new))
		return -EINVAL;
	if ((old->nc_flags | new->nc_flags) & NCENT_MOUNTED)
		return -EBUSY;
	vnode_lock_pair(ovn, nvn);
	err = od->vn_ops->rename(od, old->nc_name, old->nc_len, ovn, path_vnode(to->dir), new->nc_name,
				 new->nc_len, nvn, flags);
	if (!err && nvn && !exchange && vnode_is_dir(nvn))
		nvn->vn_flags |= VNODE_DEAD_DIR;
	vnode_unlock_pair(ovn, nvn);
	if (!err)
		ncent_move(old, new, exchange);
	return err;
}

int stack_rename(const struct stack_name *from, const struct stack_name *to, u32 flags)
{
	struct ncent *old, *new = NULL;
	struct vnode *gone = NULL;
	int err = mountpt_want_write(from->dir->mnt);

	if (err)
		return err;
	enter();
	rename_lock_parents(from->dir->nc, to->dir->nc);
	old = find(from->dir, from->name, from->len, true);
	if (!IS_ERR(old))
		new = find(to->dir, to->name, to->len, true);
	if (IS_ERR(old) || IS_ERR(new)) {
		err = (int)PTR_ERR(IS_ERR(old) ? old : new);
	} else {
		gone = new->nc_vnode;
		if (gone)
			vnode_get(gone);
		err = rename_entries(from, to, old, new, flags);
	}
	rename_unlock_parents(from->dir->nc, to->dir->nc);
	leave();
	mountpt_drop_write(from->dir->mnt);
	if (!IS_ERR(old))
		ncent_put(old);
	if (!IS_ERR_OR_NULL(new))
		ncent_put(new);
	vnode_put(gone);
	return err;
}

/* ---- attributes ---- */

int stack_setattr(const struct fspath *p, const struct vattr *va)
{
	struct vattr forced = *va;
	int err = mountpt_want_write(p->mnt);

	if (err)
		return err;
	forced.mask = (forced.mask & ~VATTR_KILL_SUID) | VATTR_FORCE;
	enter();
	err = vnode_setattr(path_vnode(p), &forced);
	leave();
	mountpt_drop_write(p->mnt);
	return err;
}

int stack_getattr(const struct fspath *p, struct vattr *va)
{
	struct vnode *vn = path_vnode(p);
	int err;

	va->mask = U32_MAX;
	enter();
	err = vn->vn_ops->getattr(vn, va);
	leave();
	return err;
}

int stack_setxattr(const struct fspath *p, const char *name, const void *val, size_t size, u32 flags)
{
	struct vnode *vn = path_vnode(p);
	int err = mountpt_want_write(p->mnt);

	if (err)
		return err;
	enter();
	rwsem_write_lock(&vn->vn_lock);
	err = vn->vn_ops->setxattr(vn, name, val, size, flags);
	rwsem_write_unlock(&vn->vn_lock);
	leave();
	mountpt_drop_write(p->mnt);
	return err;
}

int stack_removexattr(const struct fspath *p, const char *name)
{
	struct vnode *vn = path_vnode(p);
	int err = mountpt_want_write(p->mnt);

	if (err)
		return err;
	enter();
	rwsem_write_lock(&vn->vn_lock);
	err = vn->vn_ops->removexattr(vn, name);
	rwsem_write_unlock(&vn->vn_lock);
	leave();
	mountpt_drop_write(p->mnt);
	return err;
}

ssize_t stack_getxattr(const struct fspath *p, const char *name, void *buf, size_t size)
{
	struct vnode *vn = path_vnode(p);
	ssize_t n;

	enter();
	n = vn->vn_ops->getxattr(vn, name, buf, size);
	leave();
	return n;
}

ssize_t stack_listxattr(const struct fspath *p, char *buf, size_t size)
{
	struct vnode *vn = path_vnode(p);
	ssize_t n;

	enter();
	n = vn->vn_ops->listxattr(vn, buf, size);
	leave();
	return n;
}

/* ---- contents ---- */

struct ofile *stack_open(const struct fspath *p, u32 flags)
{
	struct ofile *f;

	enter();
	f = ofile_open(p, flags | O_LARGEFILE | O_NONOTIFY_, NULL);
	leave();
	return f;
}

int stack_list(const struct fspath *dir, struct dir_sink *sink)
{
	struct vnode *dvn = path_vnode(dir);
	struct ofile *f = stack_open(dir, O_RDONLY | O_DIRECTORY);
	loff_t before = -1;
	int err = 0;

	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	enter();
	rwsem_read_lock(&dvn->vn_lock);
	sink->pos = 0;
	/* Until a call brings nothing more. */
	while (!err && sink->pos != before) {
		before = sink->pos;
		err = dvn->vn_flags & VNODE_DEAD_DIR ? -ENOENT : f->of_ops->readdir(f, sink);
	}
	rwsem_read_unlock(&dvn->vn_lock);
	leave();
	ofile_put(f);
	return err;
}

int stack_fsync(const struct fspath *p)
{
	struct ofile *f = stack_open(p, O_RDONLY);
	int err;

	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	enter();
	err = f->of_ops->fsync(f, 0, S64_MAX, false);
	leave();
	ofile_put(f);
	return err == -EINVAL ? 0 : err;
}
