// SPDX-License-Identifier: GPL-2.0-only
/*
 * What processes ask of files (tern/kernel/vfsface.h): opening programs,
 * what decides about their credentials, core files, references. kernel/
 * itself includes nothing of fs/.
 */
#include <tern/fs/landlock.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>
#include <uapi/fcntl.h>

void face_fsctx_get(struct fsctx *f)
{
	ref_get(&f->refs);
}

bool face_fsctx_is_shared(struct fsctx *f)
{
	return ref_read(&f->refs) > 1;
}

void face_ofile_get(struct ofile *f)
{
	ofile_get(f);
}

bool face_fsctx_is_chrooted(void)
{
	struct mountpt *m;
	struct fspath root;
	bool is_changed;

	fsctx_root(fsctx_self(), &root);
	/* The namespace's root, or what is mounted over it. */
	rcu_read_lock();
	m = root.mnt;
	is_changed = root.nc != m->mp_root;
	while (!is_changed && READ_ONCE(m->mp_parent) != m) {
		is_changed = READ_ONCE(m->mp_point) != READ_ONCE(m->mp_parent)->mp_root;
		m = READ_ONCE(m->mp_parent);
	}
	rcu_read_unlock();
	fspath_put(&root);
	return is_changed;
}

char *face_ofile_name(struct ofile *f, char *buf, size_t size)
{
	return path_print_self(&f->of_path, buf, size);
}

/* ---- programs ---- */

static int lookup_at(int dirfd, const char *name, u32 lookup, struct fspath *out)
{
	struct ofile *dir;
	int err = 0;

	if (dirfd == AT_FDCWD || name[0] == '/')
		return path_lookup(name, lookup, out);
	dir = fd_get_path(dirfd);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	if (name[0]) {
		err = path_lookup_at(&dir->of_path, name, lookup, out);
	} else {
		*out = dir->of_path;
		fspath_get(out);
	}
	ofile_put(dir);
	return err;
}

static int may_run(const struct fspath *p)
{
	struct vnode *vn = path_vnode(p);

	if (S_ISLNK(vn->vn_mode))
		return -ELOOP;
	if (!S_ISREG(vn->vn_mode) || (p->mnt->mp_flags & MOUNT_NOEXEC) ||
	    (p->mnt->mp_fs->flags & FILESYS_NOEXEC))
		return -EACCES;
	return vnode_permission(vn, MAY_EXEC);
}

struct ofile *execfile_open(int dirfd, const char *name, u32 at_flags)
{
	u32 lookup = at_flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct ofile *f;
	struct fspath p;
	int err;

	if (!name[0] && !(at_flags & AT_EMPTY_PATH))
		return ERR_PTR(-ENOENT);
	err = lookup_at(dirfd, name, lookup, &p);
	if (err)
		return ERR_PTR(err);
	err = may_run(&p);
	if (!err)
		err = landlock_check(&p, LANDLOCK_EXECUTE | LANDLOCK_READ_FILE);
	f = err ? ERR_PTR(err) : ofile_open(&p, O_RDONLY | O_LARGEFILE, cred_self());
	fspath_put(&p);
	if (IS_ERR(f))
		return f;
	err = vnode_deny_write(f->of_vnode);
	if (err) {
		ofile_put(f);
		return ERR_PTR(err);
	}
	f->of_mode |= OFILE_EXEC;	/* the last reference allows writing again */
	return f;
}

void execfile_allow_write(struct ofile *f)
{
	f->of_mode &= ~OFILE_EXEC;
	vnode_allow_write(f->of_vnode);
}

/* Set-id bits count only in this mount namespace, on file systems that the user's masters made. */
static bool mount_is_trusted(const struct mountpt *m)
{
	return READ_ONCE(m->mp_ns) == mountns_self() && userns_is_within(userns_self(), m->mp_fs->owner);
}

void execfile_stat(struct ofile *f, struct execfile_info *out)
{
	struct vnode *vn = f->of_vnode;

	rwsem_read_lock(&vn->vn_lock);
	*out = (struct execfile_info){
		.mode = vn->vn_mode,
		.uid = vn->vn_uid,
		.gid = vn->vn_gid,
		.is_nosuid = (f->of_path.mnt->mp_flags & MOUNT_NOSUID) ||
			     !mount_is_trusted(f->of_path.mnt),
		.ino = vn->vn_ino,
	};
	rwsem_read_unlock(&vn->vn_lock);
	out->is_readable = !vnode_permission(vn, MAY_READ);
}

ssize_t execfile_file_caps(struct ofile *f, void *buf, size_t size)
{
	return f->of_vnode->vn_ops->getxattr(f->of_vnode, "security.capability", buf, size);
}

/* ---- core files ---- */

struct ofile *corefile_open(const char *name)
{
	struct ofile *f = ofile_open_kernel(name, O_CREAT | O_WRONLY | O_NOFOLLOW | O_LARGEFILE, 0600);
	struct vattr va = { .mask = VATTR_SIZE | VATTR_OPEN_TRUNC };
	struct vnode *vn;
	int err = 0;

	if (IS_ERR(f))
		return f;
	vn = f->of_vnode;
	/* Not through a link, not into what others may read or own. */
	if (!S_ISREG(vn->vn_mode) || vn->vn_nlink != 1 || vn->vn_uid != cred_self()->fsuid ||
	    (vn->vn_mode & 0077))
		err = -EPERM;
	if (!err)
		err = vnode_setattr(vn, &va);
	if (!err)
		return f;
	ofile_put(f);
	return ERR_PTR(err);
}

/* ---- process accounting ---- */

struct ofile *acctfile_open(const char *name)
{
	struct ofile *f = ofile_open_kernel(name, O_WRONLY | O_APPEND | O_LARGEFILE, 0);

	if (IS_ERR(f) || S_ISREG(f->of_vnode->vn_mode))
		return f;
	ofile_put(f);
	return ERR_PTR(-EACCES);
}
