// SPDX-License-Identifier: GPL-2.0-only
/*
 * open(2): flags checked, the name resolved or made, permission asked, and the
 * file opened. Most opens find their name without a lock; only the one that
 * has to make it goes through the directory's lock (open_create()).
 */
#include "vfs_impl.h"

#include <tern/fs/acl.h>
#include <tern/fs/landlock.h>

u64 sysctl_protected_fifos, sysctl_protected_regular;

#define OPEN_FLAGS (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC | \
	FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | \
	O_SYNC_BIT | O_PATH | O_TMPFILE_BIT)
#define PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define RESOLVE_ALL (RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
	RESOLVE_IN_ROOT | RESOLVE_CACHED)

static u32 lookup_of_resolve(u64 r)
{
	return (r & RESOLVE_NO_XDEV ? LOOKUP_NO_XDEV : 0) |
	       (r & RESOLVE_NO_MAGICLINKS ? LOOKUP_NO_MAGICLINKS : 0) |
	       (r & RESOLVE_NO_SYMLINKS ? LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS : 0) |
	       (r & RESOLVE_BENEATH ? LOOKUP_BENEATH : 0) |
	       (r & RESOLVE_IN_ROOT ? LOOKUP_IN_ROOT : 0) |
	       (r & RESOLVE_CACHED ? LOOKUP_CACHED : 0);
}

int open_check_flags(const struct open_how *how, bool is_strict, struct open_req *out)
{
	u64 flags = how->flags, mode = how->mode;
	bool makes = flags & (O_CREAT | O_TMPFILE_BIT);

	if (is_strict) {
		if ((flags & ~(u64)OPEN_FLAGS) || (how->resolve & ~(u64)RESOLVE_ALL) ||
		    (mode & ~07777UL) || (mode && !makes))
			return -EINVAL;
		if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT))
			return -EINVAL;
		if ((flags & O_PATH) && (flags & ~(u64)PATH_FLAGS))
			return -EINVAL;
	}
	flags &= OPEN_FLAGS;
	if (flags & O_PATH)
		flags &= PATH_FLAGS;
	makes = flags & (O_CREAT | O_TMPFILE_BIT);
	if (flags & O_TMPFILE_BIT) {
		if ((flags & O_TMPFILE) != O_TMPFILE || (flags & O_CREAT) ||
		    (flags & O_ACCMODE) == O_RDONLY)
			return -EINVAL;
	} else if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY)) {
		return -EINVAL;
	}
	if ((how->resolve & RESOLVE_CACHED) && (flags & (O_TRUNC | O_CREAT | O_TMPFILE_BIT)))
		return -EAGAIN;
	out->flags = (u32)flags;
	out->mode = makes ? (mode_t)mode & 07777 : 0;
	out->lookup = lookup_of_resolve(how->resolve) | (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0) |
		      (flags & O_NOFOLLOW || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) ?
		       0 : LOOKUP_FOLLOW);
	return 0;
}

/* What an open for @flags is to restrictions. */
static u32 landlock_kinds(const struct vnode *vn, u32 flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return vnode_is_dir(vn) ? LANDLOCK_READ_DIR : LANDLOCK_READ_FILE;
	case O_WRONLY:
		return LANDLOCK_WRITE_FILE;
	case O_RDWR:
		return LANDLOCK_READ_FILE | LANDLOCK_WRITE_FILE;
	default:
		return 0;
	}
}

/* May thread_self open @p like this? O_TRUNC of what is not a file is dropped. */
static int open_check(const struct fspath *p, u32 *flags)
{
	struct vnode *vn = path_vnode(p);
	u32 acc = *flags & O_ACCMODE, mask;
	int err;

	mask = acc == O_RDONLY ? MAY_READ : acc == O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
	if (*flags & O_TRUNC)
		mask |= MAY_WRITE;
	switch (vn->vn_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (mask & MAY_WRITE)
			return -EISDIR;
		break;
	case S_IFCHR:
	case S_IFBLK:
		if ((p->mnt->mp_flags & MOUNT_NODEV) || (p->mnt->mp_fs->flags & FILESYS_NODEV))
			return -EACCES;
		fallthrough;
	case S_IFIFO:
	case S_IFSOCK:
		*flags &= ~O_TRUNC;
		break;
	}
	err = vnode_permission(vn, mask);
	if (!err)
		err = landlock_check(p, landlock_kinds(vn, *flags));
	if (err)
		return err;
	if (vn->vn_flags & VNODE_APPEND) {
		if ((acc != O_RDONLY && !(*flags & O_APPEND)) || (*flags & O_TRUNC))
			return -EPERM;
	}
	return (*flags & O_NOATIME) && !vnode_is_owner(vn) ? -EPERM : 0;
}

/* In sticky directories that others may write, O_CREAT does not open their
 * files (if so configured).
 */
static int sticky_check(const struct vnode *dir, const struct vnode *vn)
{
	u64 level = S_ISFIFO(vn->vn_mode) ? sysctl_protected_fifos :
		    S_ISREG(vn->vn_mode) ? sysctl_protected_regular : 0;

	if (!level || !(dir->vn_mode & S_ISVTX) || vn->vn_uid == dir->vn_uid || vn->vn_uid == cred_self()->fsuid)
		return 0;
	return (dir->vn_mode & 02) || ((dir->vn_mode & 020) && level >= 2) ? -EACCES : 0;
}

struct ofile *open_found(const struct fspath *p, u32 flags)
{
	struct ofile *f;
	int err;

	if (flags & O_PATH)
		return ofile_open(p, flags, NULL);
	err = open_check(p, &flags);
	if (err)
		return ERR_PTR(err);
	if ((flags & O_TRUNC) && !(flags & O_ACCMODE)) {
		/* O_RDONLY | O_TRUNC: write access for the moment of truncation. */
		err = path_truncate(p, 0, false);
		if (err)
			return ERR_PTR(err);
		flags &= ~O_TRUNC;
	}
	f = ofile_open(p, flags, NULL);
	if (!IS_ERR(f) && (flags & O_TRUNC)) {
		struct vattr va = { .mask = VATTR_SIZE | VATTR_MTIME | VATTR_OPEN_TRUNC |
					    (cap_has_self(CAP_FSETID) ? 0 : VATTR_KILL_SUID) };

		err = vnode_setattr(f->of_vnode, &va);
		if (err) {
			ofile_put(f);
			return ERR_PTR(err);
		}
	}
	return f;
}

/* The parent is locked and the name free: make it. Returns the open file. */
static struct ofile *create_and_open(struct walk *w, struct ncent *nc, const struct open_req *req)
{
	struct fspath p = { w->cur.mnt, nc };
	int err = entry_may_create(w->vn);

	if (!err)
		err = landlock_check(&w->cur, LANDLOCK_MAKE_REG);
	if (!err)
		err = entry_create(w->cur.nc, nc, acl_create_mode(w->vn, req->mode));
	if (!err)
		err = landlock_check(&p, landlock_kinds(nc->nc_vnode, req->flags));
	if (err)
		return ERR_PTR(err);
	/* Made with any mode, it opens as asked: no permission check. */
	return ofile_open(&p, req->flags & ~O_TRUNC, NULL);
}

/* A component was found: open it, or go on in a link (returns NULL). */
static struct ofile *create_found(struct walk *w, struct ncent *nc, const struct open_req *req)
{
	struct fspath p = { w->cur.mnt, nc };
	struct ofile *f;
	int err;

	if (req->flags & O_EXCL)
		return ERR_PTR(-EEXIST);
	fspath_get(&p);
	mount_cross(&p);
	if (S_ISLNK(path_vnode(&p)->vn_mode) && (w->flags & LOOKUP_FOLLOW)) {
		err = walk_push_link(w, &p);
		f = err ? ERR_PTR(err) : NULL;
	} else if (vnode_is_dir(path_vnode(&p))) {
		f = ERR_PTR(-EISDIR);
	} else {
		err = sticky_check(w->vn, path_vnode(&p));
		f = err ? ERR_PTR(err) : open_found(&p, req->flags);
	}
	fspath_put(&p);
	return f;
}

static struct ofile *create_step(struct walk *w, const struct open_req *req)
{
	struct vnode *dir;
	struct ofile *f;
	struct ncent *nc;
	int err, ro;

	err = walk_parent(w);
	if (err)
		return ERR_PTR(err);
	if (w->last.kind != LAST_NORM || w->last.has_slash)
		return ERR_PTR((req->flags & O_EXCL) && w->last.kind != LAST_NORM ? -EEXIST : -EISDIR);
	dir = w->vn;
	ro = mountpt_want_write(w->cur.mnt);
	rwsem_write_lock(&dir->vn_lock);
	nc = walk_child(w);
	if (IS_ERR(nc))
		f = ERR_CAST(nc);
	else if (nc->nc_vnode)
		f = NULL;
	else
		f = ro ? ERR_PTR(ro) : create_and_open(w, nc, req);
	rwsem_write_unlock(&dir->vn_lock);
	if (!ro)
		mountpt_drop_write(w->cur.mnt);
	if (!f)
		f = create_found(w, nc, req);
	if (!IS_ERR(nc))
		ncent_put(nc);
	return f;
}

static struct ofile *open_create(int dirfd, const char *name, const struct open_req *req)
{
	struct fspath start;
	struct ofile *f;
	struct walk w;
	int err;

	err = start_from(*name == '/' && !(req->lookup & LOOKUP_IN_ROOT) ? AT_FDCWD : dirfd, name, &start);
	if (err)
		return ERR_PTR(err);
	err = walk_begin(&w, &start, name, req->lookup);
	fspath_put(&start);
	if (err)
		return ERR_PTR(err);
	do
		f = create_step(&w, req);
	while (!f);
	walk_end(&w);
	return f;
}

static struct ofile *open_tmpfile(int dirfd, const char *name, const struct open_req *req)
{
	struct ofile *f = ERR_PTR(-ENOMEM);
	struct vnode *dir, *vn;
	struct fspath p;
	struct fspath tmp;
	int err = lookup_from(dirfd, name, req->lookup | LOOKUP_DIRECTORY, &p);

	if (err)
		return ERR_PTR(err);
	dir = path_vnode(&p);
	err = mountpt_want_write(p.mnt);
	if (err)
		goto out;
	err = vnode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		goto out_write;
	rwsem_write_lock(&dir->vn_lock);
	vn = dir->vn_ops->tmpfile(dir, S_IFREG | acl_create_mode(dir, req->mode));
	rwsem_write_unlock(&dir->vn_lock);
	if (IS_ERR(vn)) {
		err = (int)PTR_ERR(vn);
		goto out_write;
	}
	if (!(req->flags & O_EXCL))
		vn->vn_flags |= VNODE_LINKABLE;
	tmp = (struct fspath){ p.mnt, ncent_tmp(p.nc, vn) };
	if (tmp.nc) {
		f = ofile_open(&tmp, req->flags & ~O_TRUNC, NULL);
		ncent_put(tmp.nc);
	}
out_write:
	mountpt_drop_write(p.mnt);
out:
	fspath_put(&p);
	return err ? ERR_PTR(err) : f;
}

struct ofile *open_name(int dirfd, const char *name, const struct open_req *req)
{
	struct ofile *f;
	struct fspath p;
	size_t len;
	int err;

	if (unlikely(req->flags & O_TMPFILE_BIT))
		return open_tmpfile(dirfd, name, req);
	if (req->flags & O_CREAT) {
		/* Usually it is there, and sticky directories are rare. */
		len = strlen(name);
		if ((req->flags & O_EXCL) || sysctl_protected_fifos || sysctl_protected_regular ||
		    !len || name[len - 1] == '/')
			return len ? open_create(dirfd, name, req) : ERR_PTR(-ENOENT);
	}
	err = lookup_from(dirfd, name, req->lookup, &p);
	if (err == -ENOENT && (req->flags & O_CREAT))
		return open_create(dirfd, name, req);
	if (err)
		return ERR_PTR(err);
	if ((req->flags & O_CREAT) && vnode_is_dir(path_vnode(&p)))
		f = ERR_PTR(-EISDIR);
	else
		f = open_found(&p, req->flags);
	fspath_put(&p);
	return f;
}

struct ofile *ofile_open_kernel(const char *name, u32 flags, mode_t mode)
{
	struct open_how how = { .flags = flags | O_LARGEFILE,
				.mode = flags & (O_CREAT | O_TMPFILE_BIT) ? mode : 0 };
	struct open_req req;
	int err = open_check_flags(&how, false, &req);

	return err ? ERR_PTR(err) : open_name(AT_FDCWD, name, &req);
}
