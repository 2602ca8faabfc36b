// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a daemon: a vnode per node id, which the daemon may forget as often as it was looked up.
 * Attributes and names are believed as long as the daemon said, then asked for again.
 */
#include "fuse_impl.h"

#define NSEC_PER_SEC	1000000000UL

static struct objcache *cache;

int fuse_cache_init(void)
{
	cache = objcache_create("fusenode", sizeof(struct fusenode), 8, OBJCACHE_RECLAIM, NULL);
	return cache ? 0 : -ENOMEM;
}

static void free_rcu(struct rcu_job *job)
{
	struct fusenode *v = container_of(job, struct fusenode, vn.vn_rcu);

	kmem_free(v->link);
	objcache_free(cache, v);
}

void fuse_node_evict(struct vnode *vn)
{
	struct fusenode *v = fuse_of(vn);

	if (v->fresh)
		fuse_open_forget(v->fresh, v->nlookup);
	else if (vn->vn_ino != FUSE_ROOT_ID)
		fuse_forget(fuse_link_of(vn), vn->vn_ino, v->nlookup);
	vnode_fini(vn);
	vnode_free_deferred(vn, free_rcu);
}

/* ---- attributes ---- */

static nsec_t until(u64 seconds, u32 nsec)
{
	nsec_t now = clock_coarse_ns();

	if (!seconds && !nsec)
		return 0;
	if (seconds > (u64)S64_MAX / NSEC_PER_SEC / 2)
		return S64_MAX;
	return now + seconds * NSEC_PER_SEC + min_t(u32, nsec, NSEC_PER_SEC - 1);
}

static s64 time_in(u64 seconds, u32 nsec)
{
	return (s64)seconds * (s64)NSEC_PER_SEC + min_t(u32, nsec, NSEC_PER_SEC - 1);
}

static u64 rdev_in(u32 rdev)
{
	return rdev ? DEV_MAKE((rdev >> 8) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)) : 0;
}

static bool is_sound(const struct fuse_attr *a)
{
	u32 mode = a->mode;

	return (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) ||
		S_ISSOCK(mode)) && a->size <= (u64)S64_MAX;
}

void fuse_attr_changed(struct vnode *vn)
{
	fuse_of(vn)->attr_version = __atomic_add_fetch(&fuse_link_of(vn)->attr_version, 1, __ATOMIC_RELAXED);
}

/* What the daemon said, unless we changed the file since it was asked (@version). */
static void take_attr(struct vnode *vn, const struct fuse_attr *a, u64 valid, u32 valid_nsec, u64 version)
{
	struct fuselink *fl = fuse_link_of(vn);
	struct fusenode *v = fuse_of(vn);
	s64 mtime = time_in(a->mtime, a->mtimensec);
	bool drops, shrinks;

	spin_lock(&vn->vn_spin);
	if (v->attr_version > version) {
		v->attr_until = 0;
		spin_unlock(&vn->vn_spin);
		return;
	}
	shrinks = S_ISREG(vn->vn_mode) && a->size < vn->vn_size;
	drops = S_ISREG(vn->vn_mode) && (a->size != vn->vn_size ||
					 ((fl->flags & FUSE_AUTO_INVAL_DATA) && mtime != vn->vn_mtime));
	WRITE_ONCE(vn->vn_mode, (vn->vn_mode & S_IFMT) | (a->mode & 07777));
	vn->vn_uid = id_to_kernel(fl->ids, IDKIND_USER, a->uid);
	vn->vn_gid = id_to_kernel(fl->ids, IDKIND_GROUP, a->gid);
	vn->vn_nlink = a->nlink;
	vn->vn_blocks = a->blocks;
	vn->vn_atime = time_in(a->atime, a->atimensec);
	vn->vn_mtime = mtime;
	vn->vn_ctime = time_in(a->ctime, a->ctimensec);
	v->ino = a->ino;
	v->attr_until = until(valid, valid_nsec);
	vnode_size_set(vn, a->size);
	spin_unlock(&vn->vn_spin);
	if (shrinks)
		pagecache_truncate(vn->vn_pc, (loff_t)a->size);
	if (drops)
		pagecache_drop_clean(vn->vn_pc, 0, U64_MAX);
}

int fuse_refresh(struct vnode *vn, bool must)
{
	struct fuselink *fl = fuse_link_of(vn);
	struct fuse_getattr_in in = { 0 };
	struct fuse_attr_out out;
	u64 version = fuse_attr_version(fl);
	int err;

	if (!must && clock_coarse_ns() < READ_ONCE(fuse_of(vn)->attr_until))
		return 0;
	err = fuse_ask(fl, FUSE_GETATTR, vn->vn_ino, &in, sizeof(in), NULL, 0, &out, sizeof(out));
	if (!err && (!is_sound(&out.attr) || (out.attr.mode & S_IFMT) != (vn->vn_mode & S_IFMT)))
		err = -EIO;
	if (!err)
		take_attr(vn, &out.attr, out.attr_valid, out.attr_valid_nsec, version);
	return err;
}

int fuse_getattr(struct vnode *vn, struct vattr *va)
{
	int err = fuse_may(fuse_link_of(vn)) ? fuse_refresh(vn, false) : -EACCES;

	if (err)
		return err;
	vnode_getattr_default(vn, va);
	va->ino = fuse_of(vn)->ino;
	return 0;
}

static void time_out(s64 ns, u64 *seconds, u32 *nsec)
{
	s64 s = ns / (s64)NSEC_PER_SEC, rest = ns % (s64)NSEC_PER_SEC;

	*seconds = (u64)(rest < 0 ? s - 1 : s);
	*nsec = (u32)(rest < 0 ? rest + (s64)NSEC_PER_SEC : rest);
}

int fuse_setattr(struct vnode *vn, const struct vattr *va)
{
	static const struct { u32 ours, theirs; } bits[] = {
		{ VATTR_MODE, FATTR_MODE }, { VATTR_UID, FATTR_UID }, { VATTR_GID, FATTR_GID },
		{ VATTR_SIZE, FATTR_SIZE }, { VATTR_ATIME, FATTR_ATIME }, { VATTR_MTIME, FATTR_MTIME },
	};
	struct fuselink *fl = fuse_link_of(vn);
	struct fuse_setattr_in in = { .size = va->size, .mode = (vn->vn_mode & S_IFMT) | (va->mode & 07777) };
	struct fuse_attr_out out;
	int err;

	if (!fuse_may(fl))
		return -EACCES;
	for (u32 i = 0; i < ARRAY_SIZE(bits); i++)
		in.valid |= va->mask & bits[i].ours ? bits[i].theirs : 0;
	if (!in.valid)
		return 0;
	if (in.valid & FATTR_ATIME)
		in.valid |= va->mask & VATTR_ATIME_SET ? 0 : FATTR_ATIME_NOW;
	if (in.valid & FATTR_MTIME)
		in.valid |= va->mask & VATTR_MTIME_SET ? 0 : FATTR_MTIME_NOW;
	in.uid = uid_show_in(fl->ids, va->uid);
	in.gid = gid_show_in(fl->ids, va->gid);
	time_out(va->atime, &in.atime, &in.atimensec);
	time_out(va->mtime, &in.mtime, &in.mtimensec);
	if (in.valid & FATTR_SIZE) {
		err = pagecache_flush(vn->vn_pc, 0, S64_MAX, true);
		if (err)
			return err;
		fuse_writes_wait(fuse_of(vn));
	}
	err = fuse_ask(fl, FUSE_SETATTR, vn->vn_ino, &in, sizeof(in), NULL, 0, &out, sizeof(out));
	if (err)
		return err;
	if (!is_sound(&out.attr) || (out.attr.mode & S_IFMT) != (vn->vn_mode & S_IFMT))
		return -EIO;
	spin_lock(&vn->vn_spin);
	fuse_attr_changed(vn);
	spin_unlock(&vn->vn_spin);
	take_attr(vn, &out.attr, out.attr_valid, out.attr_valid_nsec, U64_MAX);
	return 0;
}

/* ---- who may ---- */

bool fuse_may(const struct fuselink *fl)
{
	const struct credset *c = cred_self();

	if (fl->all_may)
		return userns_is_within(c->ns, fl->ids);
	return c->uid == fl->user && c->euid == fl->user && c->suid == fl->user &&
	       c->gid == fl->group && c->egid == fl->group && c->sgid == fl->group;
}

/* Without default_permissions the daemon decides; but what nobody may execute is no program. */
int fuse_permission(struct vnode *vn, u32 mask)
{
	struct fuselink *fl = fuse_link_of(vn);
	int err = fuse_may(fl) ? 0 : -EACCES;

	if (!err && (fl->checks_modes || ((mask & MAY_EXEC) && S_ISREG(vn->vn_mode))))
		err = fuse_refresh(vn, false);
	if (err)
		return err;
	if (fl->checks_modes)
		return vnop_default_permission(vn, mask);
	return (mask & MAY_EXEC) && S_ISREG(vn->vn_mode) && !(vn->vn_mode & 0111) ? -EACCES : 0;
}

/* ---- vnodes ---- */

static struct fusenode *node_make(struct filesys *fs, u64 id, u64 generation, u32 mode, u64 rdev)
{
	struct fusenode *v = objcache_zalloc(cache, ALLOC_KERNEL);
	struct vnode *vn = &v->vn;
	const struct ofile_ops *fops = vnode_special_fops(mode);

	if (!v)
		return NULL;
	list_init(&v->opens);
	waitq_init(&v->writes);
	vn->vn_ino = id;
	vn->vn_generation = (u32)generation;
	vnode_init(vn, fs, &fuse_vnode_ops, S_ISDIR(mode) ? &fuse_dir_fops : fops ? fops : &fuse_file_fops, mode);
	pagecache_init(&vn->vn_pages, vn, S_ISREG(mode) ? &fuse_pagecache_ops : &pagecache_ops_memory,
		       S_ISREG(mode) ? 0 : PAGECACHE_NOWRITEBACK);
	vn->vn_rdev = rdev;
	return v;
}

struct vnode *fuse_root_make(struct filesys *fs, u32 mode)
{
	struct fusenode *v = node_make(fs, FUSE_ROOT_ID, 0, mode, 0);

	if (!v)
		return NULL;
	v->ino = FUSE_ROOT_ID;
	v->vn.vn_nlink = 1;
	return &v->vn;
}

static void looked_up(struct vnode *vn, const struct fuse_entry_out *e, u64 version)
{
	struct fusenode *v = fuse_of(vn);

	take_attr(vn, &e->attr, e->attr_valid, e->attr_valid_nsec, version);
	spin_lock(&vn->vn_spin);
	v->nlookup++;
	v->entry_until = until(e->entry_valid, e->entry_valid_nsec);
	spin_unlock(&vn->vn_spin);
}

struct vnode *fuse_node_get(struct filesys *fs, const struct fuse_entry_out *e, u64 version)
{
	u32 mode = e->attr.mode;

	if (!e->nodeid || e->nodeid == FUSE_ROOT_ID || !is_sound(&e->attr))
		return ERR_PTR(-EIO);
	for (;;) {
		struct vnode *vn = vnode_find(fs, e->nodeid);
		struct fusenode *v;

		if (vn && (vn->vn_mode & S_IFMT) == (mode & S_IFMT) && vn->vn_generation == (u32)e->generation) {
			looked_up(vn, e, version);
			return vn;
		}
		v = vn ? NULL : node_make(fs, e->nodeid, e->generation, mode, rdev_in(e->attr.rdev));
		if (!v) {
			vnode_put(vn);
			return ERR_PTR(vn ? -EIO : -ENOMEM);
		}
		if (!vnode_insert(&v->vn)) {
			looked_up(&v->vn, e, version);
			return &v->vn;
		}
		vnode_put(&v->vn);	/* another was faster */
	}
}
