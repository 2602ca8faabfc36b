// SPDX-License-Identifier: GPL-2.0-only
/* squashfs vnodes: names, links, attributes. The hash of vnodes is by inode number. */
#include "sqfs_impl.h"

#include <tern/kernel/clock.h>
#include <uapi/dirent.h>

static struct objcache *cache;
static const struct vnode_ops sqfs_vnode_ops;
static const struct ofile_ops sqfs_file_fops, sqfs_dir_fops;

int sqfs_vnode_cache_init(void)
{
	if (!cache)
		cache = objcache_create("sqfs_vnode", sizeof(struct sqfs_vnode), 8, OBJCACHE_RECLAIM, NULL);
	return cache ? 0 : -ENOMEM;
}

static void free_rcu(struct rcu_job *job)
{
	struct sqfs_vnode *v = container_of(job, struct sqfs_vnode, vn.vn_rcu);

	kmem_free(v->link);
	objcache_free(cache, v);
}

static void sqfs_evict(struct vnode *vn)
{
	vnode_fini(vn);
	sqfs_map_free(sqfs_of(vn)->map);
	vnode_free_deferred(vn, free_rcu);
}

static int read_link(struct sqfs_mount *m, struct sqfs_vnode *v)
{
	struct sqfs_at at = v->i.rest;
	int err;

	v->link = kmem_zalloc(v->i.size + 1, ALLOC_KERNEL);
	if (!v->link)
		return -ENOMEM;
	err = sqfs_meta_read(&m->img, &at, v->link, v->i.size);
	return err ? err : strlen(v->link) == v->i.size ? 0 : -EIO;
}

static int fill_vnode(struct filesys *fs, struct sqfs_vnode *v)
{
	const struct sqfs_inode *i = &v->i;
	struct vnode *vn = &v->vn;
	int err = i->kind == SQFS_LINK ? read_link(fs->priv, v) : 0;

	if (err) {
		kmem_free(v->link);
		return err;
	}
	vn->vn_ino = i->ino;
	vnode_init(vn, fs, &sqfs_vnode_ops, i->kind == SQFS_DIR ? &sqfs_dir_fops : &sqfs_file_fops, i->mode);
	pagecache_init(&vn->vn_pages, vn, i->kind == SQFS_REG ? &sqfs_pagecache_ops : &pagecache_ops_memory, 0);
	vn->vn_uid = i->uid;
	vn->vn_gid = i->gid;
	vn->vn_nlink = i->nlink;
	vn->vn_size = i->size;
	vn->vn_blocks = i->kind == SQFS_REG ? (i->size + 511) / 512 : 0;
	if (i->kind == SQFS_BLK || i->kind == SQFS_CHR)
		vn->vn_rdev = DEV_MAKE((i->rdev >> 8) & 0xfff, (i->rdev & 0xff) | ((i->rdev >> 12) & 0xfff00));
	vn->vn_atime = (s64)i->mtime * (s64)NSEC_PER_SEC;
	vn->vn_mtime = vn->vn_ctime = vn->vn_btime = vn->vn_atime;
	vn->vn_link = v->link;
	return 0;
}

struct vnode *sqfs_vnode_get(struct filesys *fs, u64 ref)
{
	struct sqfs_mount *m = fs->priv;

	for (;;) {
		struct sqfs_vnode *v = objcache_zalloc(cache, ALLOC_KERNEL);
		struct vnode *vn;
		int err = v ? sqfs_inode_read(&m->img, ref, &v->i) : -ENOMEM;

		if (err) {
			objcache_free(cache, v);
			return ERR_PTR(err);
		}
		vn = vnode_find(fs, v->i.ino);
		err = vn ? 0 : fill_vnode(fs, v);
		if (vn || err) {
			objcache_free(cache, v);
			return vn ? vn : ERR_PTR(err);
		}
		if (!vnode_insert(&v->vn))
			return &v->vn;
		vnode_put(&v->vn);
	}
}

/* ---- directories ---- */

static struct vnode *sqfs_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct sqfs_mount *m = sqfs_mount_of(dir);
	struct vnode *found = NULL;
	struct sqfs_entry *e;
	struct sqfs_dir d;
	int r;

	if (len > SQFS_NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	e = kmem_alloc(sizeof(*e), ALLOC_KERNEL);
	if (!e)
		return ERR_PTR(-ENOMEM);
	r = sqfs_dir_seek(&m->img, &sqfs_of(dir)->i, name, len, &d);
	while (!r && (r = sqfs_dir_next(&m->img, &d, e)) == 1) {
		r = 0;
		if (e->len != len || memcmp(e->name, name, len))
			continue;
		found = sqfs_vnode_get(dir->vn_fs, e->ref);
		break;
	}
	kmem_free(e);
	return r ? ERR_PTR(r) : found;
}

static u32 dtype_of(enum sqfs_kind kind)
{
	static const mode_t modes[] = { 0, S_IFDIR, S_IFREG, S_IFLNK, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK };

	return DT_OF_MODE(modes[kind]);
}

/* Positions: 0, 1 for the dots, then 2 + bytes of the listing before the entry. */
static int sqfs_readdir(struct ofile *f, struct dir_sink *s)
{
	struct vnode *dir = f->of_vnode;
	struct sqfs_mount *m = sqfs_mount_of(dir);
	struct sqfs_entry *e;
	struct sqfs_dir d;
	u64 before;
	int r;

	if (s->pos == 0 && !s->emit(s, ".", 1, dir->vn_ino, DT_DIR, 1))
		return 0;
	if (s->pos <= 1 && !s->emit(s, "..", 2, f->of_path.nc == dir->vn_fs->root ? dir->vn_ino :
				    sqfs_of(dir)->i.parent, DT_DIR, 2))
		return 0;
	e = kmem_alloc(sizeof(*e), ALLOC_KERNEL);
	if (!e)
		return -ENOMEM;
	sqfs_dir_begin(&sqfs_of(dir)->i, &d);
	for (before = 0; (r = sqfs_dir_next(&m->img, &d, e)) == 1; before = e->next) {
		if (before + 2 < (u64)s->pos)
			continue;
		if (!s->emit(s, e->name, e->len, e->ino, dtype_of(e->kind), (loff_t)e->next + 2))
			break;
	}
	kmem_free(e);
	return min(r, 0);
}

/* ---- extended attributes ---- */

/* The attribute called @name: 1, 0, -errno. */
static int find_xattr(struct sqfs_mount *m, const struct sqfs_inode *i, const char *name, struct sqfs_xattr *a)
{
	struct sqfs_xattrs x;
	int r = sqfs_xattr_begin(&m->img, i->xattr, &x);

	while (!r && (r = sqfs_xattr_next(&m->img, &x, a)) == 1) {
		if (!strcmp(a->name, name))
			return 1;
		r = 0;
	}
	return r;
}

static ssize_t sqfs_getxattr(struct vnode *vn, const char *name, void *buf, size_t size)
{
	struct sqfs_mount *m = sqfs_mount_of(vn);
	struct sqfs_xattr a;
	int r;

	if (!str_has_prefix(name, "user.") && !str_has_prefix(name, "trusted.") && !str_has_prefix(name, "security."))
		return -EOPNOTSUPP;
	r = find_xattr(m, &sqfs_of(vn)->i, name, &a);
	if (r <= 0)
		return r ? r : -ENODATA;
	if (!size)
		return a.size;
	if (a.size > size)
		return -ERANGE;
	r = sqfs_meta_read(&m->img, &a.value, buf, a.size);
	return r ? r : (ssize_t)a.size;
}

static ssize_t sqfs_listxattr(struct vnode *vn, char *buf, size_t size)
{
	struct sqfs_mount *m = sqfs_mount_of(vn);
	bool trusted = cap_has(CAP_SYS_ADMIN);
	struct sqfs_xattrs x;
	struct sqfs_xattr a;
	size_t used = 0;
	int r = sqfs_xattr_begin(&m->img, sqfs_of(vn)->i.xattr, &x);

	while (!r && (r = sqfs_xattr_next(&m->img, &x, &a)) == 1) {
		r = 0;
		if (!trusted && str_has_prefix(a.name, "trusted."))
			continue;
		if (size && used + a.len + 1 > size)
			return -ERANGE;
		if (size)
			memcpy(buf + used, a.name, a.len + 1);
		used += a.len + 1;
	}
	return r ? r : (ssize_t)used;
}

/* ---- tables ---- */

static const struct ofile_ops sqfs_file_fops = { FOPS_RO_FILE };
static const struct ofile_ops sqfs_dir_fops = {
	.seek = fop_dir_seek, .readdir = sqfs_readdir, .fsync = fop_default_fsync, FOPS_DIRECTORY,
};

static const struct vnode_ops sqfs_vnode_ops = {
	.lookup = sqfs_lookup,
	.getattr = vnop_default_getattr,
	.setattr = vnop_no_setattr,
	.permission = vnop_default_permission,
	.getxattr = sqfs_getxattr,
	.setxattr = vnop_no_setxattr,
	.listxattr = sqfs_listxattr,
	.removexattr = vnop_no_removexattr,
	.revalidate = vnop_default_revalidate,
	.evict = sqfs_evict,
	VNOPS_FIXED_NAMES,
	VNOPS_NO_LINK,
};
