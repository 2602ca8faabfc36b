// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cgroup2 file system: a directory for each control group, with the files
 * of files.c. Every mount is an instance of its own over the one tree; in a
 * cgroup namespace its root is the namespace's. Names are looked up anew when
 * their group or file is gone (revalidate).
 *
 * Vnodes of files that tell events are on a list of their group: a worker tells their
 * watchers (inotify) of a change, which happens under spin locks.
 */
#include "cgroupfs_impl.h"

#include <tern/base/initcall.h>
#include <tern/fs/ofile.h>
#include <tern/fs/sysfs.h>
#include <tern/kernel/clock.h>
#include <uapi/inotify.h>

#define CGROUP2_MAGIC	0x63677270
#define FILE_INO_STEP	64u	/* inode numbers: of the group times this, plus the file's index */

static const struct vnode_ops cg_vnops;
static const struct ofile_ops cgdir_fops;

static u64 ino_of(const struct cgnode *c, const struct cgfile *f)
{
	return c->id * FILE_INO_STEP + cgfile_index(f);
}

static mode_t mode_of(const struct cgnode *c, const struct cgfile *f)
{
	mode_t m = c->attr[cgfile_index(f)].mode;

	if (!f)
		return S_IFDIR | m;
	if (m)
		return S_IFREG | m;
	if (f->mode)
		return S_IFREG | f->mode;
	return S_IFREG | (f->store ? 0644 : 0444);
}

static void cgvn_free(struct rcu_job *job)
{
	kmem_free(container_of(job, struct cgvn, vn.vn_rcu));
}

static struct spin watchable_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects cgnode.watchable */

static void cg_evict(struct vnode *vn)
{
	spin_lock(&watchable_lock);
	list_del_init(&cgvn_of(vn)->watch_link);
	spin_unlock(&watchable_lock);
	vnode_fini(vn);
	cgnode_put(cgvn_of(vn)->cg);
	vnode_free_deferred(vn, cgvn_free);
}

static struct vnode *cgvn_make(struct filesys *fs, struct cgnode *c, const struct cgfile *f)
{
	const struct cgattr *a = &c->attr[cgfile_index(f)];
	struct cgvn *v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);

	if (!v)
		return ERR_PTR(-ENOMEM);
	vnode_init(&v->vn, fs, &cg_vnops, f ? &cgfile_fops : &cgdir_fops, mode_of(c, f));
	v->vn.vn_ino = ino_of(c, f);
	v->vn.vn_uid = a->uid;
	v->vn.vn_gid = a->gid;
	v->vn.vn_nlink = f ? 1 : 2;
	v->vn.vn_atime = v->vn.vn_mtime = v->vn.vn_ctime = clock_realtime_coarse_ns();
	v->cg = cgnode_get(c);
	v->file = f;
	list_init(&v->watch_link);
	if (f && (f->where & CGFILE_POLL)) {
		spin_lock(&watchable_lock);
		list_add_tail(&v->watch_link, &c->watchable);
		spin_unlock(&watchable_lock);
	}
	return &v->vn;
}

/* The vnode behind @last (NULL: the first), with a reference; drops that of @last. */
static struct cgvn *next_watchable(struct cgnode *c, struct cgvn *last)
{
	struct list *at = last ? &last->watch_link : &c->watchable;
	struct cgvn *v = NULL;

	spin_lock(&watchable_lock);
	for (at = at->next; at != &c->watchable && !v; at = at->next) {
		v = list_entry(at, struct cgvn, watch_link);
		if (!atomic_inc_not_zero(&v->vn.vn_refs))
			v = NULL;
	}
	spin_unlock(&watchable_lock);
	if (last)
		vnode_put(&last->vn);
	return v;
}

void cgfile_tell(struct cgnode *c, u32 events)
{
	for (struct cgvn *v = next_watchable(c, NULL); v; v = next_watchable(c, v))
		if (events & BIT(v->file->event))
			vfs_notify(&v->vn, NULL, IN_MODIFY);
}

bool cgfile_exists(const struct cgfile *f, const struct cgnode *c)
{
	if ((f->where & CGFILE_NOT_ROOT) && !c->parent)
		return false;
	if ((f->where & CGFILE_ROOT_ONLY) && c->parent)
		return false;
	return !f->controller || (cgnode_controllers(c) & f->controller);
}

static struct vnode *cg_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct cgnode *c = cgvn_of(dir)->cg, *child;
	struct vnode *vn = NULL;

	for (u32 i = 0; i < cgfiles_count; i++) {
		const struct cgfile *f = &cgfiles[i];

		if (!strncmp(f->name, name, len) && !f->name[len])
			return cgfile_exists(f, c) ? cgvn_make(dir->vn_fs, c, f) : NULL;
	}
	kmutex_lock(&cgroup_lock);
	child = cgnode_child(c, name, len);
	if (child)
		vn = cgvn_make(dir->vn_fs, child, NULL);
	kmutex_unlock(&cgroup_lock);
	return vn;
}

static int cg_revalidate(struct ncent *nc)
{
	struct vnode *vn = READ_ONCE(nc->nc_vnode);
	struct cgvn *v;

	if (!vn)
		return 0;
	v = cgvn_of(vn);
	return !READ_ONCE(v->cg->is_dead) && (!v->file || cgfile_exists(v->file, v->cg));
}

/* Files come with their group. */
static struct vnode *cg_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return ERR_PTR(-EACCES);
}

static struct vnode *cg_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct cgnode *c;
	struct vnode *vn;

	if (memchr(name, '\n', len))
		return ERR_PTR(-EINVAL);
	kmutex_lock(&cgroup_lock);
	c = cgnode_create(cgvn_of(dir)->cg, name, len);
	if (IS_ERR(c)) {
		kmutex_unlock(&cgroup_lock);
		return ERR_CAST(c);
	}
	c->attr[0].mode = mode & 07777;
	vn = cgvn_make(dir->vn_fs, c, NULL);
	/* A new group without processes can always go again. */
	if (IS_ERR(vn))
		VERIFY(cgnode_destroy(c) == 0);
	kmutex_unlock(&cgroup_lock);
	return vn;
}

static int cg_rmdir(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	int err;

	if (cgvn_of(target)->file)
		return -EPERM;
	kmutex_lock(&cgroup_lock);
	err = cgvn_of(target)->cg->is_dead ? -ENOENT : cgnode_destroy(cgvn_of(target)->cg);
	kmutex_unlock(&cgroup_lock);
	return err;
}

static int cg_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	return -EPERM;
}

/* Owner and mode belong to the group: all mounts show the same. */
static int cg_setattr(struct vnode *vn, const struct vattr *va)
{
	struct cgvn *v = cgvn_of(vn);
	struct cgattr *a = &v->cg->attr[cgfile_index(v->file)];
	struct vattr copy = *va;
	int err;

	copy.mask &= ~VATTR_SIZE;
	if ((va->mask & VATTR_SIZE) && !(va->mask & VATTR_OPEN_TRUNC))
		return -EPERM;
	err = vnop_default_setattr(vn, &copy);
	if (err)
		return err;
	kmutex_lock(&cgroup_lock);
	*a = (struct cgattr){ vn->vn_uid, vn->vn_gid, vn->vn_mode & 07777 };
	kmutex_unlock(&cgroup_lock);
	return 0;
}

static int cg_getattr(struct vnode *vn, struct vattr *va)
{
	struct cgvn *v = cgvn_of(vn);
	const struct cgattr *a = &v->cg->attr[cgfile_index(v->file)];
	struct cgnode *child;

	vnode_getattr_default(vn, va);
	va->uid = a->uid;
	va->gid = a->gid;
	va->mode = mode_of(v->cg, v->file);
	if (v->file)
		return 0;
	va->nlink = 2;
	kmutex_lock(&cgroup_lock);
	list_foreach(child, &v->cg->children, sibling)
		va->nlink++;
	kmutex_unlock(&cgroup_lock);
	return 0;
}

/* Rights are the group's, whatever this vnode copied when it was made. */
static int cg_permission(struct vnode *vn, u32 mask)
{
	struct cgvn *v = cgvn_of(vn);
	const struct cgattr *a = &v->cg->attr[cgfile_index(v->file)];

	WRITE_ONCE(vn->vn_uid, a->uid);
	WRITE_ONCE(vn->vn_gid, a->gid);
	WRITE_ONCE(vn->vn_mode, mode_of(v->cg, v->file));
	return vnop_default_permission(vn, mask);
}

#define POS_FILES	2u
#define POS_CHILDREN	1024u	/* position of a child: this + its inode number */

static bool emit(struct dir_sink *s, const char *name, u64 ino, u32 type, loff_t next)
{
	if (!s->emit(s, name, strlen(name), ino, type, next))
		return false;
	s->pos = next;
	return true;
}

static int emit_children(struct cgnode *c, struct dir_sink *s)
{
	struct cgnode *child;

	kmutex_lock(&cgroup_lock);
	/* In order of birth, which is that of the numbers. */
	list_foreach(child, &c->children, sibling) {
		if (POS_CHILDREN + child->id < (u64)s->pos)
			continue;
		if (!emit(s, child->name, ino_of(child, NULL), DT_DIR, POS_CHILDREN + child->id + 1))
			break;
	}
	kmutex_unlock(&cgroup_lock);
	return 0;
}

static int cg_readdir(struct ofile *f, struct dir_sink *s)
{
	struct cgnode *c = cgvn_of(f->of_vnode)->cg, *up = c->parent ? c->parent : c;

	if (s->pos == 0 && !emit(s, ".", ino_of(c, NULL), DT_DIR, 1))
		return 0;
	if (s->pos == 1 && !emit(s, "..", ino_of(up, NULL), DT_DIR, POS_FILES))
		return 0;
	for (u32 i = s->pos - POS_FILES; s->pos < POS_CHILDREN && i < cgfiles_count; i++) {
		const struct cgfile *file = &cgfiles[i];

		if (cgfile_exists(file, c) &&
		    !emit(s, file->name, ino_of(c, file), DT_REG, POS_FILES + i + 1))
			return 0;
	}
	return READ_ONCE(c->is_dead) ? 0 : emit_children(c, s);
}

static const struct vnode_ops cg_vnops = {
	.lookup = cg_lookup, .create = cg_create, .mkdir = cg_mkdir, .mknod = vnop_no_mknod,
	.symlink = vnop_no_symlink, .tmpfile = vnop_no_tmpfile, .link = vnop_no_link,
	.unlink = cg_unlink, .rmdir = cg_rmdir, .rename = vnop_no_rename, .getattr = cg_getattr,
	.setattr = cg_setattr, .permission = cg_permission, .revalidate = cg_revalidate,
	.evict = cg_evict, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

static const struct ofile_ops cgdir_fops = {
	.seek = fop_dir_seek, .readdir = cg_readdir, .fsync = fop_default_fsync, FOPS_DIRECTORY,
};

struct cgnode *cgfile_node(struct ofile *f)
{
	return f->of_vnode && f->of_vnode->vn_fops == &cgdir_fops ? cgvn_of(f->of_vnode)->cg : NULL;
}

/* ---- the type ---- */

/* What cgroup mounts take; limits of delegation are always those of nsdelegate's absence. */
static int check_options(const char *data)
{
	static const char *const known[] = { "memory_recursiveprot" };
	const char *end;

	for (; data && *data; data = *end ? end + 1 : end) {
		bool ok = false;

		end = strchr(data, ',');
		end = end ? end : data + strlen(data);
		for (u32 i = 0; i < ARRAY_SIZE(known); i++)
			ok |= strlen(known[i]) == (size_t)(end - data) &&
			      !strncmp(known[i], data, end - data);
		if (!ok && end != data)
			return -EINVAL;
	}
	return 0;
}

static int cg_remount(struct filesys *fs, const struct mount_args *args)
{
	return check_options(args->data);
}

static const struct filesys_ops cg_fsops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = cg_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct filesys *cg_mount(struct fstype *t, const struct mount_args *args)
{
	struct filesys *fs;
	struct vnode *root;
	int err = check_options(args->data);

	if (err)
		return ERR_PTR(err);
	fs = filesys_alloc(t, &cg_fsops);
	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->magic = CGROUP2_MAGIC;
	fs->flags |= FILESYS_REVALIDATE | FILESYS_NODEV | FILESYS_NOEXEC;
	root = cgvn_make(fs, cgroupns_root(nsset_self()->cgroup), NULL);
	if (IS_ERR(root) || filesys_root_set(fs, root)) {
		filesys_put(fs);
		return ERR_PTR(-ENOMEM);
	}
	return fs;
}

static struct fstype cg_fstype = {
	.name = "cgroup2",
	.flags = FSTYPE_NODEV | FSTYPE_USERNS | FSTYPE_CGROUPNS,
	.mount = cg_mount,
};
FILESYSTEM(cg_fstype);

static int cgroupfs_start(void)
{
	struct sysnode *d = sysfs_dir_create(sysfs_fs, "cgroup");

	vnode_ops_verify(&cg_vnops);
	ofile_ops_verify(&cgdir_fops);
	ofile_ops_verify(&cgfile_fops);
	return IS_ERR(d) ? (int)PTR_ERR(d) : 0;
}
INITCALL(FS, cgroupfs_start);
