// SPDX-License-Identifier: GPL-2.0-only
/*
 * 9P vnodes: a file of the server, by the path number of its qid, with a fid that names it.
 * Attributes are asked of the server each time that they are wanted; names that were found stay
 * in the name cache, absent ones are asked again.
 */
#include "p9_impl.h"

#include <tern/kernel/clock.h>

static struct objcache *cache;
static const struct vnode_ops p9_vnode_ops;

int p9_cache_init(void)
{
	if (!cache)
		cache = objcache_create("p9_vnode", sizeof(struct p9_vnode), 8, OBJCACHE_RECLAIM, NULL);
	return cache ? 0 : -ENOMEM;
}

static void free_rcu(struct rcu_job *job)
{
	struct p9_vnode *v = container_of(job, struct p9_vnode, vn.vn_rcu);

	kmem_free(v->link);
	objcache_free(cache, v);
}

static void p9_evict(struct vnode *vn)
{
	struct p9_vnode *v = p9_of(vn);

	p9_clunk(p9_mount_of(vn), v->map_fid);
	p9_clunk(p9_mount_of(vn), v->fid);
	vnode_fini(vn);
	vnode_free_deferred(vn, free_rcu);
}

/* What the server says; other contents than before are not believed any more. */
static void take_attr(struct vnode *vn, const struct p9_attr *a)
{
	if (a->mtime != vn->vn_mtime || a->size != vn->vn_size)
		pagecache_drop_clean(vn->vn_pc, 0, U64_MAX);
	WRITE_ONCE(vn->vn_mode, (vn->vn_mode & S_IFMT) | (a->mode & 07777));
	vn->vn_uid = a->uid;
	vn->vn_gid = a->gid;
	vn->vn_nlink = (u32)a->nlink;
	vn->vn_blocks = a->blocks;
	vn->vn_atime = a->atime;
	vn->vn_mtime = a->mtime;
	vn->vn_ctime = a->ctime;
	vnode_size_set(vn, a->size);
}

int p9_refresh(struct vnode *vn)
{
	struct p9_attr a;
	int err = p9_getattr(p9_mount_of(vn), p9_of(vn)->fid, &a);

	if (!err)
		take_attr(vn, &a);
	return err;
}

static int read_link(struct p9_mount *m, struct p9_vnode *v)
{
	struct p9_call c;
	const char *text;
	u32 len;
	int err = p9_begin(m, &c, P9_TREADLINK);

	if (err)
		return err;
	p9_put(&c.msg, v->fid, 4);
	err = p9_send(&c, NULL, 0, false);
	text = err ? NULL : p9_take_text(&c.msg, &len);
	if (!err)
		v->link = text ? kmem_strndup(text, len, ALLOC_KERNEL) : NULL;
	p9_end(&c);
	return err ? err : !text ? -EIO : v->link ? 0 : -ENOMEM;
}

static struct p9_vnode *vnode_make(struct filesys *fs, u32 fid, const struct p9_attr *a)
{
	struct p9_vnode *v = objcache_zalloc(cache, ALLOC_KERNEL);
	struct vnode *vn = &v->vn;
	int err;

	if (!v)
		return ERR_PTR(-ENOMEM);
	v->fid = fid;
	v->map_fid = P9_NOFID;
	kmutex_init(&v->lock, LOCKRANK_FS);
	err = S_ISLNK(a->mode) ? read_link(fs->priv, v) : 0;
	if (err) {
		objcache_free(cache, v);
		return ERR_PTR(err);
	}
	vn->vn_ino = a->qid.path;
	vnode_init(vn, fs, &p9_vnode_ops, S_ISDIR(a->mode) ? &p9_dir_fops : &p9_file_fops, a->mode);
	pagecache_init(&vn->vn_pages, vn, S_ISREG(a->mode) ? &p9_pagecache_ops : &pagecache_ops_memory,
		       PAGECACHE_NOWRITEBACK);
	vn->vn_rdev = a->rdev ? DEV_MAKE((a->rdev >> 8) & 0xfff, (a->rdev & 0xff) | ((a->rdev >> 12) & 0xfff00)) : 0;
	vn->vn_link = v->link;
	take_attr(vn, a);
	return v;
}

struct vnode *p9_vnode_get(struct filesys *fs, u32 fid)
{
	struct p9_attr a;
	int err = p9_getattr(fs->priv, fid, &a);

	while (!err) {
		struct vnode *vn = vnode_find(fs, a.qid.path);
		struct p9_vnode *v;

		if (vn && (vn->vn_mode & S_IFMT) == (a.mode & S_IFMT)) {
			p9_clunk(fs->priv, fid);
			take_attr(vn, &a);
			return vn;
		}
		vnode_put(vn);
		v = vn ? ERR_PTR(-ESTALE) : vnode_make(fs, fid, &a);
		if (IS_ERR(v)) {
			err = (int)PTR_ERR(v);
			break;
		}
		if (!vnode_insert(&v->vn))
			return &v->vn;
		v->fid = P9_NOFID;	/* another was faster */
		vnode_put(&v->vn);
	}
	p9_clunk(fs->priv, fid);
	return ERR_PTR(err);
}

/* ---- names ---- */

static struct vnode *p9_lookup(struct vnode *dir, const char *name, u32 len)
{
	u32 fid;
	int err;

	if (len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	err = p9_walk(p9_mount_of(dir), p9_of(dir)->fid, name, len, &fid);
	if (err)
		return err == -ENOENT ? NULL : ERR_PTR(err);
	return p9_vnode_get(dir->vn_fs, fid);
}

/* A call on @dir and @name whose fields begin with those two. */
static int begin_name(struct p9_call *c, struct vnode *dir, enum p9_type type, u32 fid, const char *name, u32 len)
{
	int err = p9_begin(p9_mount_of(dir), c, type);

	if (!err) {
		p9_put(&c->msg, fid, 4);
		p9_put_text(&c->msg, name, len);
	}
	return err;
}

static int finish(struct p9_call *c)
{
	int err = p9_send(c, NULL, 0, false);

	p9_end(c);
	return err;
}

/* It was made: find it, and the directory as it is now. */
static struct vnode *made(struct vnode *dir, const char *name, u32 len, int err)
{
	struct vnode *vn;

	if (err)
		return ERR_PTR(err);
	(void)p9_refresh(dir);
	vn = p9_lookup(dir, name, len);
	return vn ? vn : ERR_PTR(-ENOENT);
}

static gid_t new_gid(const struct vnode *dir)
{
	return dir->vn_mode & S_ISGID ? dir->vn_gid : cred_self()->fsgid;
}

static struct vnode *p9_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct p9_mount *m = p9_mount_of(dir);
	struct p9_call c;
	u32 fid;
	int err = p9_walk(m, p9_of(dir)->fid, NULL, 0, &fid);

	if (err)
		return ERR_PTR(err);
	err = begin_name(&c, dir, P9_TLCREATE, fid, name, len);
	if (!err) {
		p9_put(&c.msg, O_RDWR | O_CREAT | O_EXCL, 4);
		p9_put(&c.msg, mode & 07777, 4);
		p9_put(&c.msg, new_gid(dir), 4);
		err = finish(&c);
	}
	p9_clunk(m, fid);
	return made(dir, name, len, err);
}

static struct vnode *p9_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct p9_call c;
	int err = begin_name(&c, dir, P9_TMKDIR, p9_of(dir)->fid, name, len);

	if (!err) {
		p9_put(&c.msg, mode & 07777, 4);
		p9_put(&c.msg, new_gid(dir), 4);
		err = finish(&c);
	}
	return made(dir, name, len, err);
}

static struct vnode *p9_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev)
{
	struct p9_call c;
	int err = begin_name(&c, dir, P9_TMKNOD, p9_of(dir)->fid, name, len);

	if (!err) {
		p9_put(&c.msg, mode, 4);
		p9_put(&c.msg, DEV_MAJOR(rdev), 4);
		p9_put(&c.msg, DEV_MINOR(rdev), 4);
		p9_put(&c.msg, new_gid(dir), 4);
		err = finish(&c);
	}
	return made(dir, name, len, err);
}

static struct vnode *p9_symlink(struct vnode *dir, const char *name, u32 len, const char *target)
{
	struct p9_call c;
	int err = begin_name(&c, dir, P9_TSYMLINK, p9_of(dir)->fid, name, len);

	if (!err) {
		p9_put_text(&c.msg, target, (u32)strlen(target));
		p9_put(&c.msg, new_gid(dir), 4);
		err = finish(&c);
	}
	return made(dir, name, len, err);
}

static int p9_hardlink(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct p9_call c;
	int err = p9_begin(p9_mount_of(dir), &c, P9_TLINK);

	if (err)
		return err;
	p9_put(&c.msg, p9_of(dir)->fid, 4);
	p9_put(&c.msg, p9_of(target)->fid, 4);
	p9_put_text(&c.msg, name, len);
	err = finish(&c);
	if (!err)
		err = p9_refresh(target);
	return err;
}

static int remove_name(struct vnode *dir, const char *name, u32 len, struct vnode *target, u32 flags)
{
	struct p9_call c;
	int err = begin_name(&c, dir, P9_TUNLINKAT, p9_of(dir)->fid, name, len);

	if (err)
		return err;
	p9_put(&c.msg, flags, 4);
	err = finish(&c);
	if (err)
		return err;
	target->vn_nlink = vnode_is_dir(target) || !target->vn_nlink ? 0 : target->vn_nlink - 1;
	(void)p9_refresh(dir);
	return 0;
}

static int p9_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	return remove_name(dir, name, len, target, 0);
}

static int p9_rmdir(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	return remove_name(dir, name, len, target, AT_REMOVEDIR);
}

static int p9_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		     struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags)
{
	struct p9_call c;
	int err = flags & ~RENAME_NOREPLACE ? -EINVAL :
		  begin_name(&c, odir, P9_TRENAMEAT, p9_of(odir)->fid, oname, olen);

	if (err)
		return err;
	p9_put(&c.msg, p9_of(ndir)->fid, 4);
	p9_put_text(&c.msg, nname, nlen);
	err = finish(&c);
	if (err)
		return err;
	if (new_vn)
		new_vn->vn_nlink = vnode_is_dir(new_vn) || !new_vn->vn_nlink ? 0 : new_vn->vn_nlink - 1;
	(void)p9_refresh(odir);
	(void)p9_refresh(ndir);
	return 0;
}

/* ---- attributes ---- */

static int p9_vnode_getattr(struct vnode *vn, struct vattr *va)
{
	int err = vn->vn_nlink ? p9_refresh(vn) : 0;

	if (!err)
		vnode_getattr_default(vn, va);
	return err;
}

static void put_time(struct p9_msg *msg, s64 ns)
{
	s64 s = ns / 1000000000, rest = ns % 1000000000;

	p9_put(msg, (u64)(rest < 0 ? s - 1 : s), 8);
	p9_put(msg, (u64)(rest < 0 ? rest + 1000000000 : rest), 8);
}

static int p9_setattr(struct vnode *vn, const struct vattr *va)
{
	static const struct { u32 ours, theirs; } bits[] = {
		{ VATTR_MODE, 0x1 }, { VATTR_UID, 0x2 }, { VATTR_GID, 0x4 }, { VATTR_SIZE, 0x8 },
		{ VATTR_ATIME, 0x90 }, { VATTR_MTIME, 0x120 }, { VATTR_CTIME, 0x40 },
	};
	struct p9_call c;
	u32 valid = 0;
	int err = p9_begin(p9_mount_of(vn), &c, P9_TSETATTR);

	if (err)
		return err;
	for (u32 i = 0; i < ARRAY_SIZE(bits); i++)
		valid |= va->mask & bits[i].ours ? bits[i].theirs : 0;
	p9_put(&c.msg, p9_of(vn)->fid, 4);
	p9_put(&c.msg, valid, 4);
	p9_put(&c.msg, va->mode & 07777, 4);
	p9_put(&c.msg, va->mask & VATTR_UID ? va->uid : ID_SAME, 4);
	p9_put(&c.msg, va->mask & VATTR_GID ? va->gid : ID_SAME, 4);
	p9_put(&c.msg, va->size, 8);
	put_time(&c.msg, va->atime);
	put_time(&c.msg, va->mtime);
	err = finish(&c);
	if (!err && (va->mask & VATTR_SIZE)) {
		vnode_size_set(vn, va->size);
		pagecache_truncate(vn->vn_pc, (loff_t)va->size);
	}
	return err ? err : p9_refresh(vn);
}

static int p9_revalidate(struct ncent *nc)
{
	return READ_ONCE(nc->nc_vnode) != NULL;
}

static const struct vnode_ops p9_vnode_ops = {
	.lookup = p9_lookup,
	.create = p9_create,
	.mkdir = p9_mkdir,
	.mknod = p9_mknod,
	.symlink = p9_symlink,
	.tmpfile = vnop_no_tmpfile,
	.link = p9_hardlink,
	.unlink = p9_unlink,
	.rmdir = p9_rmdir,
	.rename = p9_rename,
	.getattr = p9_vnode_getattr,
	.setattr = p9_setattr,
	.permission = vnop_default_permission,
	.getxattr = p9_getxattr,
	.setxattr = p9_setxattr,
	.listxattr = p9_listxattr,
	.removexattr = p9_removexattr,
	.revalidate = p9_revalidate,
	.evict = p9_evict,
	VNOPS_NO_LINK,
};
