// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT vnodes. They are found by the place of their directory entry; inode numbers are counted
 * as files are met. An entry can be found while its vnode is being evicted: then the lookup waits,
 * since pages and size may still be on their way.
 */
#include "fat_impl.h"

#include <tern/kernel/clock.h>

static struct objcache *cache;

int fat_cache_init(void)
{
	if (!cache)
		cache = objcache_create("fat_vnode", sizeof(struct fat_vnode), 8, OBJCACHE_RECLAIM, NULL);
	return cache ? 0 : -ENOMEM;
}

/* ---- by place; places_lock held ---- */

static struct fat_vnode *place_find(struct fat_mount *m, u64 place, struct rbnode ***link, struct rbnode **parent)
{
	struct rbnode **at = &m->places.root, *up = NULL;

	while (*at) {
		struct fat_vnode *v = rbtree_entry(*at, struct fat_vnode, by_place);

		if (v->place == place)
			return v;
		up = *at;
		at = place < v->place ? &up->left : &up->right;
	}
	*link = at;
	*parent = up;
	return NULL;
}

static void place_set(struct fat_mount *m, struct fat_vnode *v, u64 place)
{
	struct rbnode **link = NULL, *parent = NULL;

	spin_lock(&m->places_lock);
	if (v->place)
		rbtree_erase(&m->places, &v->by_place);
	v->place = place;
	if (place && !WARN_IF(place_find(m, place, &link, &parent))) {
		rbtree_link(&v->by_place, parent, link);
		rbtree_insert_fixup(&m->places, &v->by_place);
	} else {
		v->place = 0;
	}
	spin_unlock(&m->places_lock);
}

/* ---- making ---- */

static void free_rcu(struct rcu_job *job)
{
	struct fat_vnode *v = container_of(job, struct fat_vnode, vn.vn_rcu);

	kmem_free(v->name);
	kmem_free_large(v->runs);
	objcache_free(cache, v);
}

static mode_t mode_of(const struct fat_mount *m, u8 attr)
{
	if (attr & FAT_ATTR_DIR)
		return S_IFDIR | (0777 & ~m->opt.dmask);
	return S_IFREG | (0777 & ~m->opt.fmask & (attr & FAT_ATTR_RO ? ~0222u : ~0u));
}

static struct fat_vnode *vnode_make(struct filesys *fs, u8 attr, u32 start)
{
	struct fat_mount *m = fs->priv;
	struct fat_vnode *v = objcache_zalloc(cache, ALLOC_KERNEL);
	struct vnode *vn = &v->vn;
	mode_t mode = mode_of(m, attr);

	if (!v)
		return NULL;
	vn->vn_ino = __atomic_add_fetch(&m->next_ino, 1, __ATOMIC_RELAXED);
	vnode_init(vn, fs, &fat_vnode_ops, S_ISDIR(mode) ? &fat_dir_fops : &fat_file_fops, mode);
	pagecache_init(&vn->vn_pages, vn, S_ISREG(mode) ? &fat_pagecache_ops : &pagecache_ops_memory, 0);
	kmutex_init(&v->lock, LOCKRANK_FS);
	vn->vn_uid = m->opt.uid;
	vn->vn_gid = m->opt.gid;
	v->attr = attr;
	fat_chain_forget(v, start);
	return v;
}

/* Size and links of a directory are in it. */
static int measure_dir(struct fat_vnode *v)
{
	struct fat_mount *m = fat_mount_of(&v->vn);
	struct fat_entry *e = kmem_alloc(sizeof(*e), ALLOC_KERNEL);
	u32 n = 0, cluster, len, at = 0;
	int r = e ? 0 : -ENOMEM;

	while (!r && v->start && !(r = fat_map(v, n, &cluster, &len)))
		n += len;
	v->vn.vn_size = v->start ? (u64)n << m->geo.cluster_bits : m->geo.root_slots * FAT_SLOT;
	v->vn.vn_nlink = 2;
	if (!r || r == -ENODATA) {
		while ((r = fat_entry_next(v, &at, e)) == 1)
			v->vn.vn_nlink += !!(e->d.attr & FAT_ATTR_DIR);
	}
	kmem_free(e);
	return r;
}

static void set_blocks(struct fat_vnode *v)
{
	u32 bits = fat_mount_of(&v->vn)->geo.cluster_bits;

	v->vn.vn_blocks = ALIGN_UP((u64)vnode_size(&v->vn), 1UL << bits) >> 9;
}

static struct fat_vnode *vnode_load(struct filesys *fs, const struct fat_entry *e)
{
	const struct fat_dirent *d = &e->d;
	struct fat_mount *m = fs->priv;
	u32 start = d->start | (m->geo.bits == 32 ? (u32)d->start_hi << 16 : 0);
	struct fat_vnode *v;
	struct vnode *vn;

	if (start ? !fat_is_cluster(&m->geo, start) : d->attr & FAT_ATTR_DIR)
		return ERR_PTR(fat_fail(m, "an entry has no valid cluster"));
	v = vnode_make(fs, d->attr, start);
	if (!v)
		return ERR_PTR(-ENOMEM);
	vn = &v->vn;
	v->lcase = d->lcase;
	v->name = kmem_strndup(e->name, e->len, ALLOC_KERNEL);
	v->name_len = e->len;
	vn->vn_size = d->attr & FAT_ATTR_DIR ? 0 : d->size;
	vn->vn_mtime = fat_time_get(d->mdate, d->mtime, 0);
	vn->vn_ctime = vn->vn_mtime;
	vn->vn_btime = fat_time_get(d->cdate, d->ctime, d->ctime_cs);
	vn->vn_atime = fat_time_get(d->adate, 0, 0);
	if (!v->name || (vnode_is_dir(vn) && measure_dir(v) < 0)) {
		int err = v->name ? -EIO : -ENOMEM;

		vn->vn_nlink = 1;
		vnode_put(vn);
		return ERR_PTR(err);
	}
	set_blocks(v);
	return v;
}

struct vnode *fat_vnode_get(struct filesys *fs, const struct fat_entry *e)
{
	struct fat_mount *m = fs->priv;

	for (;;) {
		struct rbnode **link = NULL, *parent = NULL;
		struct fat_vnode *v;
		struct vnode *vn;
		u64 ino;

		spin_lock(&m->places_lock);
		v = place_find(m, e->place, &link, &parent);
		ino = v ? v->vn.vn_ino : 0;
		spin_unlock(&m->places_lock);
		if (ino) {
			vn = vnode_find(fs, ino);
			if (vn)
				return vn;
			continue;	/* it has gone meanwhile */
		}
		v = vnode_load(fs, e);
		if (IS_ERR(v))
			return ERR_CAST(v);
		spin_lock(&m->places_lock);
		if (!place_find(m, e->place, &link, &parent)) {
			v->place = e->place;
			rbtree_link(&v->by_place, parent, link);
			rbtree_insert_fixup(&m->places, &v->by_place);
			VERIFY(!vnode_insert(&v->vn));
			spin_unlock(&m->places_lock);
			return &v->vn;
		}
		spin_unlock(&m->places_lock);
		vnode_put(&v->vn);
	}
}

struct vnode *fat_root_make(struct filesys *fs)
{
	struct fat_mount *m = fs->priv;
	struct fat_vnode *v = vnode_make(fs, FAT_ATTR_DIR, m->geo.bits == 32 ? m->geo.root_cluster : 0);
	int err;

	if (!v)
		return ERR_PTR(-ENOMEM);
	v->vn.vn_mtime = v->vn.vn_atime = v->vn.vn_ctime = v->vn.vn_btime = 0;
	err = measure_dir(v);
	if (err < 0) {
		vnode_put(&v->vn);
		return ERR_PTR(err);
	}
	set_blocks(v);
	return &v->vn;
}

int fat_vnode_move(struct fat_vnode *v, const struct fat_entry *e)
{
	char *name = e->place ? kmem_strndup(e->name, e->len, ALLOC_KERNEL) : NULL, *old = NULL;

	if (e->place && !name)
		return -ENOMEM;
	kmutex_lock(&v->lock);
	place_set(fat_mount_of(&v->vn), v, e->place);
	if (name) {
		old = v->name;
		v->name = name;
		v->name_len = e->len;
		v->lcase = e->d.lcase;
	}
	kmutex_unlock(&v->lock);
	kmem_free(old);
	return 0;
}

/* ---- to the disk ---- */

void fat_dirent_fill(struct fat_dirent *d, u8 attr, u32 start, s64 now)
{
	*d = (struct fat_dirent){ .attr = attr, .start = (u16)start, .start_hi = (u16)(start >> 16) };
	fat_time_put(now, &d->mdate, &d->mtime, NULL);
	fat_time_put(now, &d->cdate, &d->ctime, &d->ctime_cs);
	d->adate = d->mdate;
}

int fat_store(struct fat_vnode *v)
{
	struct fat_mount *m = fat_mount_of(&v->vn);
	struct vnode *vn = &v->vn;
	struct fat_dirent d;
	u16 unused;
	int err;

	spin_lock(&vn->vn_spin);
	vn->vn_flags &= ~VNODE_DIRTY_ATTR;
	spin_unlock(&vn->vn_spin);
	kmutex_lock(&v->lock);
	err = v->place ? fat_meta_read(m, v->place, &d, sizeof(d)) : 1;
	if (!err) {
		d.attr = v->attr;
		d.size = vnode_is_dir(vn) ? 0 : (u32)vnode_size(vn);
		d.start = (u16)v->start;
		d.start_hi = m->geo.bits == 32 ? (u16)(v->start >> 16) : 0;
		fat_time_put(vn->vn_mtime, &d.mdate, &d.mtime, NULL);
		fat_time_put(vn->vn_btime, &d.cdate, &d.ctime, &d.ctime_cs);
		fat_time_put(vn->vn_atime, &d.adate, &unused, NULL);
		err = fat_meta_write(m, v->place, &d, sizeof(d));
	}
	kmutex_unlock(&v->lock);
	set_blocks(v);
	return min(err, 0);
}

void fat_evict(struct vnode *vn)
{
	struct fat_mount *m = fat_mount_of(vn);
	struct fat_vnode *v = fat_of(vn);

	if (vn->vn_nlink) {
		if (S_ISREG(vn->vn_mode))
			(void)pagecache_flush(vn->vn_pc, 0, S64_MAX, true);
	} else if (v->start && !(vn->vn_fs->flags & FILESYS_RDONLY)) {
		pagecache_truncate(vn->vn_pc, 0);
		if (S_ISDIR(vn->vn_mode))
			fat_forget_cached(v);
		(void)fat_cut(v, 0);
	}
	if (v->place)
		place_set(m, v, 0);
	vnode_fini(vn);
	vnode_free_deferred(vn, free_rcu);
}

/* ---- attributes ---- */

/* Of the mode only whether it may be written is kept; a change of more does nothing, as on Linux. */
static bool change_mode(struct fat_vnode *v, mode_t mode)
{
	struct fat_mount *m = fat_mount_of(&v->vn);
	u32 mask = vnode_is_dir(&v->vn) ? m->opt.dmask : m->opt.fmask;
	mode_t writable = 0222 & ~mask, w = mode & writable;

	if ((mode & ~mask & 0555) != (v->vn.vn_mode & 0555) || (w && w != writable) ||
	    (vnode_is_dir(&v->vn) && w != writable))
		return false;
	v->attr = (u8)((v->attr & ~FAT_ATTR_RO) | (w || vnode_is_dir(&v->vn) ? 0 : FAT_ATTR_RO));
	return true;
}

int fat_change_attr(struct vnode *vn, const struct vattr *va)
{
	struct fat_vnode *v = fat_of(vn);
	struct fat_mount *m = fat_mount_of(vn);
	struct vattr rest = *va;
	int err = 0;

	if (((va->mask & VATTR_UID) && va->uid != m->opt.uid) || ((va->mask & VATTR_GID) && va->gid != m->opt.gid))
		err = -EPERM;
	if (err && m->opt.is_quiet) {
		rest.mask &= ~(VATTR_UID | VATTR_GID);
		err = 0;
	}
	if (!err && (va->mask & VATTR_MODE)) {
		if (change_mode(v, va->mode))
			rest.mode = mode_of(m, v->attr);
		else
			rest.mask &= ~VATTR_MODE;
	}
	if (!err && (va->mask & VATTR_SIZE) && S_ISREG(vn->vn_mode))
		err = fat_resize(v, va->size);
	if (err)
		return err;
	rest.mask &= ~VATTR_SIZE;
	if (va->mask & VATTR_SIZE)
		vnode_touch(vn, VATTR_MTIME | VATTR_CTIME);
	err = vnop_default_setattr(vn, &rest);
	/* What the disk can hold: two seconds, a day. */
	vn->vn_mtime -= vn->vn_mtime % (2 * (s64)NSEC_PER_SEC);
	return err ? err : fat_store(v);
}
