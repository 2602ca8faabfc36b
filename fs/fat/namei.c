// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT: making, removing and renaming names. A file has one entry, so there are no hard links,
 * and no symbolic links, devices or owners either. The name cache holds an entry under the
 * name that the directory has, whatever case it was asked in (filesys_ops.true_name); absent
 * names are asked again each time.
 */
#include "fat_impl.h"

#include <tern/kernel/clock.h>

static struct vnode *fat_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct fat_entry *e;
	struct vnode *vn;
	int r;

	if (!vnode_is_dir(dir))
		return ERR_PTR(-ENOTDIR);
	e = kmem_alloc(sizeof(*e), ALLOC_KERNEL);
	if (!e)
		return ERR_PTR(-ENOMEM);
	r = fat_find(fat_of(dir), name, len, e);
	vn = r == 1 ? fat_vnode_get(dir->vn_fs, e) : r ? ERR_PTR(r) : NULL;
	kmem_free(e);
	return vn;
}

/* A new entry and its vnode. */
static struct vnode *make(struct vnode *dir, const char *name, u32 len, const struct fat_dirent *d)
{
	struct fat_entry *e = kmem_alloc(sizeof(*e), ALLOC_KERNEL);
	struct vnode *vn;
	int err = e ? fat_add(fat_of(dir), name, len, d, e) : -ENOMEM;

	vn = err ? ERR_PTR(err) : fat_vnode_get(dir->vn_fs, e);
	if (!err && IS_ERR(vn))
		(void)fat_drop(fat_of(dir), e);
	kmem_free(e);
	return vn;
}

static struct vnode *fat_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct fat_dirent d;

	fat_dirent_fill(&d, FAT_ATTR_ARCH | (mode & 0200 ? 0 : FAT_ATTR_RO), 0, clock_realtime_coarse_ns());
	return make(dir, name, len, &d);
}

/* "." and ".." in the directory's first cluster. */
static int fill_new_dir(struct fat_mount *m, u32 cluster, u32 parent, s64 now)
{
	u64 pos = fat_cluster_pos(&m->geo, cluster);
	struct fat_dirent d;
	int err = fat_meta_zero(m, pos, 1u << m->geo.cluster_bits);

	fat_dirent_fill(&d, FAT_ATTR_DIR, cluster, now);
	memcpy(d.name, ".          ", 11);
	if (!err)
		err = fat_meta_write(m, pos, &d, sizeof(d));
	fat_dirent_fill(&d, FAT_ATTR_DIR, parent, now);
	memcpy(d.name, "..         ", 11);
	return err ? err : fat_meta_write(m, pos + sizeof(d), &d, sizeof(d));
}

/* What ".." of a directory in @dir names: 0 is the root, also where it has a cluster. */
static u32 parent_start(struct fat_vnode *dir)
{
	return dir->place ? dir->start : 0;
}

static struct vnode *fat_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct fat_mount *m = fat_mount_of(dir);
	s64 now = clock_realtime_coarse_ns();
	struct fat_dirent d;
	struct vnode *vn;
	u32 cluster;
	int err = fat_alloc(m, 0, &cluster);

	if (err)
		return ERR_PTR(err);
	err = fill_new_dir(m, cluster, parent_start(fat_of(dir)), now);
	fat_dirent_fill(&d, FAT_ATTR_DIR, cluster, now);
	vn = err ? ERR_PTR(err) : make(dir, name, len, &d);
	if (IS_ERR(vn))
		(void)fat_free_chain(m, 0, cluster);
	else
		dir->vn_nlink++;
	return vn;
}

/* The entry goes, the file stays as long as it is open. */
static int drop_name(struct fat_vnode *dir, struct fat_vnode *v, struct fat_entry *e)
{
	int err = fat_drop(dir, e);

	if (err)
		return err;
	e->place = 0;
	e->len = 0;
	(void)fat_vnode_move(v, e);
	v->vn.vn_nlink = 0;
	vnode_touch(&v->vn, VATTR_CTIME);
	return 0;
}

static int remove_name(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct fat_entry *e = kmem_alloc(sizeof(*e), ALLOC_KERNEL);
	int r = e ? fat_find(fat_of(dir), name, len, e) : -ENOMEM;

	if (r == 1)
		r = drop_name(fat_of(dir), fat_of(target), e);
	else if (!r)
		r = -ENOENT;
	kmem_free(e);
	return r;
}

static int fat_rmdir(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	int r = fat_is_empty(fat_of(target));

	if (r <= 0)
		return r ? r : -ENOTEMPTY;
	r = remove_name(dir, name, len, target);
	if (!r)
		dir->vn_nlink--;
	return r;
}

/* ---- rename ---- */

struct fat_move { struct fat_vnode *od, *nd, *old, *new; struct fat_entry from, to; };

/* ".." of a directory that has another parent now. */
static int set_parent(struct fat_vnode *v, struct fat_vnode *dir)
{
	struct fat_dirent d;
	u64 place;
	u32 start = parent_start(dir);
	int err = vnode_is_dir(&v->vn) ? fat_slot_place(v, 1, &place) : 1;

	if (err)
		return min(err, 0);
	err = fat_meta_read(fat_mount_of(&v->vn), place, &d, sizeof(d));
	if (err || memcmp(d.name, "..         ", 11))
		return err;
	d.start = (u16)start;
	d.start_hi = (u16)(start >> 16);
	return fat_meta_write(fat_mount_of(&v->vn), place, &d, sizeof(d));
}

/* @v's entry is @e from now on: its slot says what the file is. */
static int take_entry(struct fat_vnode *v, struct fat_entry *e)
{
	int err = fat_vnode_move(v, e);

	return err ? err : fat_store(v);
}

static int check_move(const struct fat_move *v, u32 flags)
{
	int r;

	if (!v->new || (flags & RENAME_EXCHANGE))
		return 0;
	if (vnode_is_dir(&v->old->vn) != vnode_is_dir(&v->new->vn))
		return vnode_is_dir(&v->old->vn) ? -ENOTDIR : -EISDIR;
	r = vnode_is_dir(&v->new->vn) ? fat_is_empty(v->new) : 1;
	return r > 0 ? 0 : r ? r : -ENOTEMPTY;
}

static void count_links(struct fat_move *v, bool exchange)
{
	bool a = vnode_is_dir(&v->old->vn), b = v->new && vnode_is_dir(&v->new->vn);

	v->od->vn.vn_nlink -= a;
	v->nd->vn.vn_nlink += a;
	if (b)
		v->nd->vn.vn_nlink--;
	if (b && exchange)
		v->od->vn.vn_nlink++;
}

/* Both names are there: each file takes the other's. */
static int exchange(struct fat_move *v)
{
	struct fat_entry nowhere = { .place = 0 };
	int err = fat_vnode_move(v->old, &nowhere);

	if (!err)
		err = take_entry(v->new, &v->from);
	if (!err)
		err = take_entry(v->old, &v->to);
	if (!err && v->od != v->nd)
		err = set_parent(v->old, v->nd);
	if (!err && v->od != v->nd)
		err = set_parent(v->new, v->od);
	return err;
}

static int replace(struct fat_move *v, const char *name, u32 len)
{
	struct fat_entry gone = { 0 };
	int err = 0;

	if (v->new)
		(void)fat_vnode_move(v->new, &gone);
	else
		err = fat_add(v->nd, name, len, &v->from.d, &v->to);
	if (!err)
		err = take_entry(v->old, &v->to);
	if (!err)
		err = fat_drop(v->od, &v->from);
	if (!err && v->od != v->nd)
		err = set_parent(v->old, v->nd);
	if (v->new && !err) {
		v->new->vn.vn_nlink = 0;
		vnode_touch(&v->new->vn, VATTR_CTIME);
	}
	return err;
}

static int fat_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		      struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags)
{
	struct fat_move *v;
	int r;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);
	if (!v)
		return -ENOMEM;
	v->od = fat_of(odir);
	v->nd = fat_of(ndir);
	v->old = fat_of(old_vn);
	v->new = new_vn ? fat_of(new_vn) : NULL;
	r = check_move(v, flags);
	if (!r)
		r = fat_find(v->od, oname, olen, &v->from) == 1 ? 0 : -ENOENT;
	if (!r && v->new)
		r = fat_find(v->nd, nname, nlen, &v->to) == 1 ? 0 : -ENOENT;
	if (!r)
		r = flags & RENAME_EXCHANGE ? exchange(v) : replace(v, nname, nlen);
	if (!r)
		count_links(v, flags & RENAME_EXCHANGE);
	kmem_free(v);
	vnode_touch(odir, VATTR_MTIME | VATTR_CTIME);
	vnode_touch(ndir, VATTR_MTIME | VATTR_CTIME);
	return r;
}

/* Names that are absent may be there in another case by now. */
static int fat_revalidate(struct ncent *nc)
{
	return READ_ONCE(nc->nc_vnode) != NULL;
}

const struct vnode_ops fat_vnode_ops = {
	.lookup = fat_lookup,
	.create = fat_create,
	.mkdir = fat_mkdir,
	.mknod = vnop_no_mknod,
	.symlink = vnop_no_symlink,
	.tmpfile = vnop_no_tmpfile,
	.link = vnop_no_link,
	.unlink = remove_name,
	.rmdir = fat_rmdir,
	.rename = fat_rename,
	.getattr = vnop_default_getattr,
	.setattr = fat_change_attr,
	.permission = vnop_default_permission,
	.revalidate = fat_revalidate,
	.evict = fat_evict,
	VNOPS_NO_XATTR,
	VNOPS_NO_LINK,
};
