// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and removing names: each operation resolves the parent, takes write
 * access on the mount, locks the directory, looks the name up again and only
 * then decides. rename.c has the one with two directories.
 *
 * Lock order: mount write count, directory vn_lock, the victim's vn_lock. A
 * vnode that lost its last name is put after the locks: eviction may be long.
 */
#include "dirop_impl.h"

#include <tern/fs/acl.h>
#include <tern/fs/landlock.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/cgdevice.h>
#include <uapi/bpf.h>

u64 sysctl_protected_hardlinks = 1;

static struct procint proc_protected_hardlinks = {
	.path = "sys/fs/protected_hardlinks", .value = &sysctl_protected_hardlinks, .min = 0, .max = 1,
};
PROCINT(proc_protected_hardlinks);
static struct procint proc_protected_fifos = {
	.path = "sys/fs/protected_fifos", .value = &sysctl_protected_fifos, .min = 0, .max = 2,
};
PROCINT(proc_protected_fifos);
static struct procint proc_protected_regular = {
	.path = "sys/fs/protected_regular", .value = &sysctl_protected_regular, .min = 0, .max = 2,
};
PROCINT(proc_protected_regular);

int entry_may_create(struct vnode *dir)
{
	if (dir->vn_flags & VNODE_DEAD_DIR)
		return -ENOENT;
	return vnode_permission(dir, MAY_WRITE | MAY_EXEC);
}

int entry_may_delete(struct vnode *dir, struct ncent *victim, bool is_dir)
{
	struct vnode *vn = victim->nc_vnode;
	int err;

	if (!vn)
		return -ENOENT;
	err = vnode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if ((dir->vn_flags & VNODE_APPEND) || !vnode_may_delete(dir, vn) ||
	    (vn->vn_flags & (VNODE_APPEND | VNODE_IMMUTABLE | VNODE_SWAPFILE)))
		return -EPERM;
	if (is_dir) {
		if (!vnode_is_dir(vn))
			return -ENOTDIR;
		if (victim == victim->nc_fs->root)
			return -EBUSY;
	} else if (vnode_is_dir(vn)) {
		return -EISDIR;
	}
	return dir->vn_flags & VNODE_DEAD_DIR ? -ENOENT : 0;
}

/* ---- the parent of a name ---- */

int parent_find_at(struct walk *w, const struct fspath *start, const char *name, u32 flags)
{
	int err;

	if (!*name)
		return -ENOENT;
	err = walk_begin(w, start, name, flags);
	if (err)
		return err;
	err = walk_parent(w);
	if (err)
		walk_end(w);
	return err;
}

int parent_find(struct walk *w, int dirfd, const char *name, u32 flags)
{
	struct fspath start;
	int err;

	if (!*name)
		return -ENOENT;
	err = start_from(*name == '/' ? AT_FDCWD : dirfd, name, &start);
	if (err)
		return err;
	err = parent_find_at(w, &start, name, flags);
	fspath_put(&start);
	return err;
}

/* The parent was found: lock it, look the name up. */
static int begin_create(struct dirop *op, u32 flags, bool is_dir)
{
	struct walk *w = &op->walk;
	int err = 0, ro;

	if (w->last.kind != LAST_NORM) {
		walk_end(w);
		return -EEXIST;
	}
	ro = mountpt_want_write(w->cur.mnt);
	op->has_write = !ro;
	op->dir = w->cur;
	rwsem_write_lock(&w->vn->vn_lock);
	op->nc = walk_child(w);
	if (IS_ERR(op->nc)) {
		err = (int)PTR_ERR(op->nc);
		op->nc = NULL;
	} else if (op->nc->nc_vnode) {
		err = -EEXIST;
	} else if (!is_dir && w->last.has_slash) {
		err = -ENOENT;
	} else {
		err = ro;
	}
	if (!err && !(flags & LOOKUP_KERNEL))
		err = entry_may_create(w->vn);
	if (err)
		dirop_end(op);
	return err;
}

int dirop_begin_create(struct dirop *op, int dirfd, const char *name, u32 flags, bool is_dir)
{
	int err = parent_find(&op->walk, dirfd, name, flags);

	return err ? err : begin_create(op, flags, is_dir);
}

int dirop_begin_create_at(struct dirop *op, const struct fspath *start, const char *name, bool is_dir)
{
	int err = parent_find_at(&op->walk, start, name, LOOKUP_KERNEL);

	return err ? err : begin_create(op, LOOKUP_KERNEL, is_dir);
}

static int begin_delete(struct dirop *op)
{
	struct walk *w = &op->walk;
	int err;

	err = mountpt_want_write(w->cur.mnt);
	if (err) {
		walk_end(w);
		return err;
	}
	op->has_write = true;
	op->dir = w->cur;
	rwsem_write_lock(&w->vn->vn_lock);
	op->nc = walk_child(w);
	if (IS_ERR(op->nc)) {
		err = (int)PTR_ERR(op->nc);
		op->nc = NULL;
	} else if (!op->nc->nc_vnode) {
		err = -ENOENT;
	}
	if (err)
		dirop_end(op);
	return err;
}

void dirop_end(struct dirop *op)
{
	rwsem_write_unlock(&op->walk.vn->vn_lock);
	if (op->has_write)
		mountpt_drop_write(op->dir.mnt);
	if (op->nc)
		ncent_put(op->nc);
	walk_end(&op->walk);
}

/* ---- making ---- */

/* @vn (or an error) is what the file system made for @nc. */
static int made(struct ncent *dir, struct ncent *nc, struct vnode *vn, u32 event)
{
	if (IS_ERR(vn))
		return (int)PTR_ERR(vn);
	ncent_attach(nc, vn);
	vfs_notify_name(dir->nc_vnode, event | (vnode_is_dir(vn) ? IN_ISDIR : 0), nc->nc_name, nc->nc_len, 0);
	return 0;
}

int entry_create(struct ncent *dir, struct ncent *nc, mode_t mode)
{
	struct vnode *d = dir->nc_vnode;

	return made(dir, nc, d->vn_ops->create(d, nc->nc_name, nc->nc_len, S_IFREG | (mode & 07777)), IN_CREATE);
}

int entry_mkdir(struct ncent *dir, struct ncent *nc, mode_t mode)
{
	struct vnode *d = dir->nc_vnode;

	return made(dir, nc, d->vn_ops->mkdir(d, nc->nc_name, nc->nc_len, S_IFDIR | (mode & 01777)), IN_CREATE);
}

int entry_mknod(struct ncent *dir, struct ncent *nc, mode_t mode, u64 rdev)
{
	struct vnode *d = dir->nc_vnode;

	return made(dir, nc, d->vn_ops->mknod(d, nc->nc_name, nc->nc_len, mode, rdev), IN_CREATE);
}

int entry_symlink(struct ncent *dir, struct ncent *nc, const char *target)
{
	struct vnode *d = dir->nc_vnode;

	return made(dir, nc, d->vn_ops->symlink(d, nc->nc_name, nc->nc_len, target), IN_CREATE);
}

int name_mkdir(int dirfd, const char *name, mode_t mode)
{
	struct dirop op;
	int err = dirop_begin_create(&op, dirfd, name, 0, true);

	if (err)
		return err;
	err = landlock_check(&op.dir, LANDLOCK_MAKE_DIR);
	if (!err)
		err = entry_mkdir(op.dir.nc, op.nc, acl_create_mode(op.dir.nc->nc_vnode, mode));
	dirop_end(&op);
	return err;
}

static int mknod_check(mode_t mode, u64 rdev)
{
	switch (mode & S_IFMT) {
	case 0: case S_IFREG: case S_IFIFO: case S_IFSOCK:
		return 0;
	case S_IFCHR:
		if (!rdev)
			return 0;	/* the mark of a whiteout; names no device */
		fallthrough;
	case S_IFBLK:
		return cap_has(CAP_MKNOD) ? cgdevice_check(S_ISBLK(mode), rdev, BPF_ACC_MKNOD) : -EPERM;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

int name_mknod(int dirfd, const char *name, mode_t mode, u64 rdev, bool is_kernel)
{
	struct dirop op;
	int err = is_kernel ? 0 : mknod_check(mode, rdev);

	if (err)
		return err;
	err = dirop_begin_create(&op, dirfd, name, 0, false);
	if (err)
		return err;
	if (!is_kernel)
		mode = acl_create_mode(op.dir.nc->nc_vnode, mode);
	err = landlock_check(&op.dir, landlock_make(mode));
	if (err)
		goto out;
	if (!(mode & S_IFMT) || S_ISREG(mode))
		err = entry_create(op.dir.nc, op.nc, mode);
	else
		err = entry_mknod(op.dir.nc, op.nc, mode, S_ISCHR(mode) || S_ISBLK(mode) ? rdev : 0);
out:
	dirop_end(&op);
	return err;
}

int name_symlink(const char *target, int dirfd, const char *name)
{
	struct dirop op;
	int err;

	if (!*target)
		return -ENOENT;
	err = dirop_begin_create(&op, dirfd, name, 0, false);
	if (err)
		return err;
	err = landlock_check(&op.dir, LANDLOCK_MAKE_SYM);
	if (!err)
		err = entry_symlink(op.dir.nc, op.nc, target);
	dirop_end(&op);
	return err;
}

/* ---- hard links ---- */

/* Others' files are linked only if the caller could as well have written them. */
static int may_hardlink(struct vnode *vn)
{
	mode_t m = vn->vn_mode;

	if (!sysctl_protected_hardlinks || vnode_is_owner(vn))
		return 0;
	if (S_ISREG(m) && !(m & S_ISUID) && (m & (S_ISGID | 010)) != (S_ISGID | 010) &&
	    !vnode_permission(vn, MAY_READ | MAY_WRITE))
		return 0;
	return -EPERM;
}

static int link_locked(struct dirop *op, struct vnode *vn)
{
	struct vnode *dir = op->dir.nc->nc_vnode;
	int err;

	if (vn->vn_flags & (VNODE_APPEND | VNODE_IMMUTABLE))
		return -EPERM;
	if (vnode_is_dir(vn))
		return -EPERM;
	rwsem_write_lock(&vn->vn_lock);
	if (vn->vn_nlink == 0 && !(vn->vn_flags & VNODE_LINKABLE))
		err = -ENOENT;
	else
		err = dir->vn_ops->link(dir, op->nc->nc_name, op->nc->nc_len, vn);
	if (!err)
		vn->vn_flags &= ~VNODE_LINKABLE;
	rwsem_write_unlock(&vn->vn_lock);
	if (err)
		return err;
	vnode_get(vn);
	vfs_notify(vn, NULL, IN_ATTRIB);
	return made(op->dir.nc, op->nc, vn, IN_CREATE);
}

int name_link(int odirfd, const char *oname, int ndirfd, const char *nname, u32 at_flags)
{
	u32 lf = (at_flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
		 (at_flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	struct dirop op;
	struct fspath old;
	int err;

	if ((at_flags & AT_EMPTY_PATH) && !cap_has_self(CAP_DAC_READ_SEARCH))
		return -ENOENT;
	err = lookup_from(odirfd, oname, lf, &old);
	if (err)
		return err;
	err = dirop_begin_create(&op, ndirfd, nname, 0, false);
	if (err)
		goto out;
	if (old.mnt != op.dir.mnt)
		err = -EXDEV;
	else
		err = may_hardlink(path_vnode(&old));
	if (!err && landlock_is_on()) {
		struct fspath from = { old.mnt, READ_ONCE(old.nc->nc_parent) };

		err = landlock_check_move(from.nc ? &from : &old, path_vnode(&old), &op.dir, NULL, false, false);
	}
	if (!err)
		err = link_locked(&op, path_vnode(&old));
	dirop_end(&op);
out:
	fspath_put(&old);
	return err;
}

/* ---- removing ---- */

static int delete_locked(struct dirop *op, struct vnode *vn, bool is_dir)
{
	struct vnode *dir = op->dir.nc->nc_vnode;
	int err = entry_may_delete(dir, op->nc, is_dir);

	if (err)
		return err;
	if (op->nc->nc_flags & NCENT_MOUNTED)
		return -EBUSY;
	rwsem_write_lock_nested(&vn->vn_lock);
	err = is_dir ? dir->vn_ops->rmdir(dir, op->nc->nc_name, op->nc->nc_len, vn)
		     : dir->vn_ops->unlink(dir, op->nc->nc_name, op->nc->nc_len, vn);
	if (!err && is_dir)
		vn->vn_flags |= VNODE_DEAD_DIR;
	rwsem_write_unlock(&vn->vn_lock);
	return err;
}

/* The parent was found. */
static int delete_found(struct dirop *op, bool is_dir)
{
	struct vnode *vn;
	int err;

	if (op->walk.last.kind != LAST_NORM) {
		enum last_kind k = op->walk.last.kind;

		walk_end(&op->walk);
		if (!is_dir)
			return -EISDIR;
		return k == LAST_DOTDOT ? -ENOTEMPTY : k == LAST_DOT ? -EINVAL : -EBUSY;
	}
	err = begin_delete(op);
	if (err)
		return err;
	vn = op->nc->nc_vnode;
	vnode_get(vn);
	if (!is_dir && op->walk.last.has_slash)
		err = vnode_is_dir(vn) ? -EISDIR : -ENOTDIR;
	else
		err = op->walk.flags & LOOKUP_KERNEL ? 0 : landlock_check(&op->dir, landlock_remove(vn));
	if (!err)
		err = delete_locked(op, vn, is_dir);
	if (!err) {
		if (is_dir)
			ncent_prune(op->nc);
		vfs_notify_name(op->dir.nc->nc_vnode, IN_DELETE | (is_dir ? IN_ISDIR : 0), op->nc->nc_name,
				op->nc->nc_len, 0);
		ncent_detach(op->nc);
	}
	dirop_end(op);
	if (!err)
		vfs_notify_gone(vn);
	vnode_put(vn);
	return err;
}

static int delete_name(int dirfd, const char *name, bool is_dir)
{
	struct dirop op;
	int err = parent_find(&op.walk, dirfd, name, 0);

	return err ? err : delete_found(&op, is_dir);
}

int dirop_unlink_at(const struct fspath *start, const char *name, bool is_dir)
{
	struct dirop op;
	int err = parent_find_at(&op.walk, start, name, LOOKUP_KERNEL);

	return err ? err : delete_found(&op, is_dir);
}

int name_unlink(int dirfd, const char *name)
{
	return delete_name(dirfd, name, false);
}

int name_rmdir(int dirfd, const char *name)
{
	return delete_name(dirfd, name, true);
}
