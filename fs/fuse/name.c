// SPDX-License-Identifier: GPL-2.0-only
/* Names of a daemon's files: looked up, made, moved and removed by it. */
#include "fuse_impl.h"

/* An answer that is an entry: its file. */
static struct vnode *entry(struct vnode *dir, struct fusecall *c, mode_t type)
{
	const struct fuse_entry_out *e = (void *)c->out;
	u64 version = fuse_attr_version(c->fl);
	int err = fuse_call_run(c);
	struct vnode *vn;

	if (!err && e->nodeid && (e->attr.mode & S_IFMT) != type)
		vn = ERR_PTR(-EIO);
	else
		vn = err ? ERR_PTR(err) : fuse_node_get(dir->vn_fs, e, version);
	if (!err && IS_ERR(vn))
		fuse_undo(c, false);
	fuse_call_put(c);
	return vn;
}

/* A call with a structure and up to two names. */
static struct fusecall *make(struct vnode *dir, u32 op, const void *in, size_t in_len, const char *name, u32 len,
			     const char *other, u32 other_len, size_t room)
{
	size_t n = in_len + len + 1 + (other ? other_len + 1 : 0);
	struct fusecall *c;

	if (!fuse_may(fuse_link_of(dir)))
		return ERR_PTR(-EACCES);
	c = fuse_call_make(fuse_link_of(dir), op, dir->vn_ino, n, room);
	if (!c)
		return ERR_PTR(-ENOMEM);
	memcpy(c->in, in, in_len);
	memcpy(c->in + in_len, name, len);
	if (other)
		memcpy(c->in + in_len + len + 1, other, other_len);
	return c;
}

static struct vnode *fuse_lookup(struct vnode *dir, const char *name, u32 len)
{
	u64 version = fuse_attr_version(fuse_link_of(dir));
	struct fuse_entry_out *e;
	struct fusecall *c;
	struct vnode *vn;
	int err;

	if (len > dir->vn_fs->name_max)
		return ERR_PTR(-ENAMETOOLONG);
	c = make(dir, FUSE_LOOKUP, NULL, 0, name, len, NULL, 0, sizeof(struct fuse_entry_out));
	if (IS_ERR(c))
		return ERR_CAST(c);
	err = fuse_call_run(c);
	e = (void *)c->out;
	/* No node: absent, and that is to be believed for a while; we ask again. */
	if (err == -ENOENT || (!err && !e->nodeid))
		vn = NULL;
	else
		vn = err ? ERR_PTR(err) : fuse_node_get(dir->vn_fs, e, version);
	if (!err && IS_ERR(vn))
		fuse_undo(c, false);
	fuse_call_put(c);
	return vn;
}

/* It was made in @dir: so the directory is another. */
static struct vnode *made(struct vnode *dir, struct fusecall *c, mode_t type)
{
	struct vnode *vn = IS_ERR(c) ? ERR_CAST(c) : entry(dir, c, type);

	if (!IS_ERR(vn))
		fuse_attr_stale(dir);
	return vn;
}

static u32 rdev_out(u64 rdev)
{
	u32 minor = DEV_MINOR(rdev);

	return (minor & 0xff) | (DEV_MAJOR(rdev) << 8) | ((minor & ~0xffu) << 12);
}

static struct vnode *fuse_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev)
{
	struct fuse_mknod_in in = { .mode = mode, .rdev = rdev_out(rdev), .umask = fsctx_self()->umask };

	return made(dir, make(dir, FUSE_MKNOD, &in, sizeof(in), name, len, NULL, 0, sizeof(struct fuse_entry_out)),
		    mode & S_IFMT);
}

/* What was opened as it was made is kept for the open(2) that is to come. */
static struct vnode *created(struct vnode *dir, struct fusecall *c, u32 how, u64 version)
{
	const struct fuse_entry_out *e = (void *)c->out;
	struct fuseopen *o = fuse_open_alloc(), *old;
	struct vnode *vn;

	if (!o)
		vn = ERR_PTR(-ENOMEM);
	else
		vn = S_ISREG(e->attr.mode) ? fuse_node_get(dir->vn_fs, e, version) : ERR_PTR(-EIO);
	fuse_attr_stale(dir);
	if (IS_ERR(vn)) {
		fuse_undo(c, false);
		kmem_free(o);
		return vn;
	}
	fuse_open_start(o, fuse_of(vn), (void *)(e + 1), how, true);
	spin_lock(&vn->vn_spin);
	old = fuse_of(vn)->fresh;
	fuse_of(vn)->fresh = o;
	spin_unlock(&vn->vn_spin);
	fuse_open_put(old);
	return vn;
}

static struct vnode *fuse_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct fuselink *fl = fuse_link_of(dir);
	struct fuse_create_in in = { .flags = O_RDWR | O_CREAT | O_EXCL, .mode = S_IFREG | (mode & 07777),
				     .umask = fsctx_self()->umask };
	u64 version = fuse_attr_version(fl);
	struct vnode *vn = NULL;
	struct fusecall *c;
	int err;

	if (fuse_lacks(fl, FUSE_CREATE))
		return fuse_mknod(dir, name, len, S_IFREG | (mode & 07777), 0);
	c = make(dir, FUSE_CREATE, &in, sizeof(in), name, len, NULL, 0,
		 sizeof(struct fuse_entry_out) + sizeof(struct fuse_open_out));
	if (IS_ERR(c))
		return ERR_CAST(c);
	err = fuse_call_run(c);
	if (!err)
		vn = created(dir, c, in.flags, version);
	fuse_call_put(c);
	if (err == -ENOSYS) {
		fuse_note_lack(fl, FUSE_CREATE);
		return fuse_mknod(dir, name, len, S_IFREG | (mode & 07777), 0);
	}
	return err ? ERR_PTR(err) : vn;
}

static struct vnode *fuse_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct fuse_mkdir_in in = { .mode = mode & 07777, .umask = fsctx_self()->umask };

	return made(dir, make(dir, FUSE_MKDIR, &in, sizeof(in), name, len, NULL, 0, sizeof(struct fuse_entry_out)),
		    S_IFDIR);
}

static struct vnode *fuse_symlink(struct vnode *dir, const char *name, u32 len, const char *target)
{
	return made(dir, make(dir, FUSE_SYMLINK, NULL, 0, name, len, target, (u32)strlen(target),
			      sizeof(struct fuse_entry_out)), S_IFLNK);
}

static int fuse_hardlink(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct fuse_link_in in = { target->vn_ino };
	struct vnode *vn = made(dir, make(dir, FUSE_LINK, &in, sizeof(in), name, len, NULL, 0,
					  sizeof(struct fuse_entry_out)), target->vn_mode & S_IFMT);

	fuse_attr_stale(target);
	if (IS_ERR(vn))
		return (int)PTR_ERR(vn);
	/* libfuse has a node for each name: the new one is looked up when it is wanted. */
	if (vn != target)
		WRITE_ONCE(fuse_of(target)->entry_until, 0);
	vnode_put(vn);
	return 0;
}

static int finish(struct fusecall *c)
{
	int err = IS_ERR(c) ? (int)PTR_ERR(c) : fuse_call_run(c);

	if (!IS_ERR(c))
		fuse_call_put(c);
	return err;
}

static void lost_name(struct vnode *vn)
{
	spin_lock(&vn->vn_spin);
	vn->vn_nlink = vnode_is_dir(vn) || !vn->vn_nlink ? 0 : vn->vn_nlink - 1;
	spin_unlock(&vn->vn_spin);
	fuse_attr_stale(vn);
}

static int fuse_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	int err = finish(make(dir, vnode_is_dir(target) ? FUSE_RMDIR : FUSE_UNLINK, NULL, 0, name, len, NULL, 0, 0));

	if (!err) {
		lost_name(target);
		fuse_attr_stale(dir);
	}
	return err;
}

static int fuse_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		       struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags)
{
	struct fuselink *fl = fuse_link_of(odir);
	struct fuse_rename2_in in2 = { .newdir = ndir->vn_ino, .flags = flags };
	struct fuse_rename_in in = { ndir->vn_ino };
	int err;

	if (flags && (fl->minor < 23 || fuse_lacks(fl, FUSE_RENAME2)))
		return -EINVAL;
	if (flags)
		err = finish(make(odir, FUSE_RENAME2, &in2, sizeof(in2), oname, olen, nname, nlen, 0));
	else
		err = finish(make(odir, FUSE_RENAME, &in, sizeof(in), oname, olen, nname, nlen, 0));
	if (err == -ENOSYS && flags) {
		fuse_note_lack(fl, FUSE_RENAME2);
		return -EINVAL;
	}
	if (err)
		return err;
	fuse_attr_stale(old_vn);
	fuse_attr_stale(odir);
	fuse_attr_stale(ndir);
	if (new_vn && !(flags & RENAME_EXCHANGE))
		lost_name(new_vn);
	return 0;
}

static const char *fuse_readlink(struct vnode *vn, void **cookie)
{
	struct fuselink *fl = fuse_link_of(vn);
	struct fusecall *c;
	char *text = NULL;
	int err;

	if (!fuse_may(fl))
		return ERR_PTR(-EACCES);
	c = fuse_call_make(fl, FUSE_READLINK, vn->vn_ino, 0, PAGE_SIZE - 1);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->out_varies = true;
	err = fuse_call_run(c);
	if (!err) {
		text = kmem_strndup((char *)c->out, c->out_len, ALLOC_KERNEL);
		err = text ? 0 : -ENOMEM;
	}
	fuse_call_put(c);
	*cookie = text;
	return err ? ERR_PTR(err) : text;
}

static void fuse_link_done(struct vnode *vn, void *cookie)
{
	kmem_free(cookie);
}

/* Called under RCU. A name that is absent is asked for each time. */
static int fuse_revalidate(struct ncent *nc)
{
	struct vnode *vn = READ_ONCE(nc->nc_vnode);

	return vn && clock_coarse_ns() < READ_ONCE(fuse_of(vn)->entry_until);
}

const struct vnode_ops fuse_vnode_ops = {
	.lookup = fuse_lookup,
	.create = fuse_create,
	.mkdir = fuse_mkdir,
	.mknod = fuse_mknod,
	.symlink = fuse_symlink,
	.tmpfile = vnop_no_tmpfile,
	.link = fuse_hardlink,
	.unlink = fuse_unlink,
	.rmdir = fuse_unlink,
	.rename = fuse_rename,
	.readlink = fuse_readlink,
	.link_put = fuse_link_done,
	.follow = vnop_no_follow,
	.getattr = fuse_getattr,
	.setattr = fuse_setattr,
	.permission = fuse_permission,
	.getxattr = fuse_xattr_get,
	.setxattr = fuse_xattr_set,
	.listxattr = fuse_xattr_list,
	.removexattr = fuse_xattr_remove,
	.revalidate = fuse_revalidate,
	.evict = fuse_node_evict,
};
