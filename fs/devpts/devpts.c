// SPDX-License-Identifier: GPL-2.0-only
/*
 * devpts: a directory of pseudo terminal slaves. Every mount is an instance of
 * its own with a ptmx node; the pty driver numbers its pairs and says which
 * instance gets the node.
 *
 * Life-cycle of a node: devpts_add() makes the vnode and puts it into the
 * instance's table with a reference; devpts_remove() takes it out; open files
 * keep the vnode. A name that is cached is stale once its vnode has left the
 * table. Each pair holds a reference on the instance, so that an unmounted one
 * lives until its last terminal is closed.
 *
 * Lock order: vnode locks > lock of the instance.
 */
#include <tern/kernel/userns.h>
#include <tern/fs/devpts.h>

#include <tern/fs/filesys.h>
#include <tern/fs/path.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/thread.h>
#include <tern/lib/fmt.h>
#include <tern/lib/idmap.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/fcntl.h>

#define DEVPTS_MAGIC	0x1cd1
#define INO_ROOT	1
#define INO_PTMX	2
#define INO_FIRST	3
#define POS_FIRST	3	/* listing: ".", "..", ptmx, then number + 3 */

struct pts_options {
	uid_t uid;
	gid_t gid;
	mode_t mode, ptmx_mode;
	u32 max;
	bool has_uid, has_gid;
};
static const struct pts_options default_options = { .mode = 0600, .max = IDMAP_MAX };

struct devpts {
	struct filesys *fs;
	struct kmutex lock;		/* protects nodes; LOCKRANK_FS */
	struct idmap nodes;		/* number -> ptsnode with a reference */
	struct pts_options opt;		/* lock */
	struct vnode *ptmx;		/* I with a reference */
};

struct ptsnode {
	struct vnode vn;
	bool is_gone;			/* A left the table */
};

static struct fstype devpts_fstype;

static void *node_alloc(void *ctx, size_t size)
{
	return kmem_alloc(size, ALLOC_KERNEL);
}

static void node_free(void *ctx, void *ptr, size_t size)
{
	kmem_free(ptr);
}

static const struct lib_alloc map_alloc = { node_alloc, node_free, NULL };

static struct ptsnode *ptsnode_of(struct vnode *vn)
{
	return container_of(vn, struct ptsnode, vn);
}

static struct devpts *devpts_of_vnode(struct vnode *vn)
{
	return vn->vn_fs->priv;
}

/* ---- vnodes ---- */

static void ptsnode_free(struct rcu_job *job)
{
	kmem_free(container_of(job, struct ptsnode, vn.vn_rcu));
}

static void pts_evict(struct vnode *vn)
{
	vnode_fini(vn);
	vnode_free_deferred(vn, ptsnode_free);
}

static int pts_revalidate(struct ncent *nc)
{
	struct vnode *vn = READ_ONCE(nc->nc_vnode);

	return vn && !READ_ONCE(ptsnode_of(vn)->is_gone);
}

/* Name -> number, -1 if it is not one in plain decimal. */
static s64 parse_index(const char *name, u32 len)
{
	s64 v = 0;

	if (!len || len > 10 || (name[0] == '0' && len > 1))
		return -1;
	for (u32 i = 0; i < len; i++) {
		if (!char_is_digit(name[i]))
			return -1;
		v = v * 10 + (name[i] - '0');
	}
	return v <= IDMAP_MAX ? v : -1;
}

static struct vnode *pts_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct devpts *d = devpts_of_vnode(dir);
	s64 index = parse_index(name, len);
	struct ptsnode *n = NULL;

	if (len == 4 && !memcmp(name, "ptmx", 4)) {
		vnode_get(d->ptmx);
		return d->ptmx;
	}
	if (index < 0)
		return NULL;
	kmutex_lock(&d->lock);
	n = idmap_find(&d->nodes, index);
	if (n)
		vnode_get(&n->vn);
	kmutex_unlock(&d->lock);
	return n ? &n->vn : NULL;
}

static int pts_readdir(struct ofile *f, struct dir_sink *s)
{
	struct devpts *d = devpts_of_vnode(f->of_vnode);
	struct ptsnode *n;
	char name[12];
	u32 id;

	if (s->pos == 0 && !s->emit(s, ".", 1, INO_ROOT, DT_DIR, 1))
		return 0;
	if (s->pos <= 1 && !s->emit(s, "..", 2, INO_ROOT, DT_DIR, 2))
		return 0;
	if (s->pos <= 2 && !s->emit(s, "ptmx", 4, INO_PTMX, DT_CHR, POS_FIRST))
		return 0;
	kmutex_lock(&d->lock);
	id = s->pos > POS_FIRST ? s->pos - POS_FIRST : 0;
	for (; (n = idmap_next(&d->nodes, &id)); id++) {
		int len = fmt_put(name, sizeof(name), "%u", id);

		if (!s->emit(s, name, len, n->vn.vn_ino, DT_CHR, POS_FIRST + (loff_t)id + 1))
			break;
	}
	kmutex_unlock(&d->lock);
	return 0;
}

static const struct vnode_ops pts_vnops = {
	.lookup = pts_lookup, .getattr = vnop_default_getattr, .setattr = vnop_default_setattr,
	.permission = vnop_default_permission, .revalidate = pts_revalidate, .evict = pts_evict,
	VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

static const struct ofile_ops pts_dir_fops = {
	.seek = fop_dir_seek, .readdir = pts_readdir, .fsync = fop_default_fsync, FOPS_DIRECTORY,
};

static struct ptsnode *ptsnode_make(struct devpts *d, mode_t mode, u64 ino, u64 rdev)
{
	struct ptsnode *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return NULL;
	vnode_init(&n->vn, d->fs, &pts_vnops, &pts_dir_fops, mode);
	n->vn.vn_ino = ino;
	n->vn.vn_rdev = rdev;
	return n;
}

/* ---- for the pty driver ---- */

struct devpts *devpts_of(struct ofile *f)
{
	struct fspath dir = { f->of_path.mnt, f->of_path.nc->nc_parent }, p;
	struct filesys *fs = f->of_vnode->vn_fs;

	if (fs->type == &devpts_fstype) {
		filesys_get(fs);
		return fs->priv;
	}
	/* A node somewhere else stands for what is mounted on "pts" beside it. */
	if (path_lookup_at(&dir, "pts", LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p))
		return ERR_PTR(-ENODEV);
	fs = p.mnt->mp_fs;
	if (fs->type == &devpts_fstype)
		filesys_get(fs);
	fspath_put(&p);
	return fs->type == &devpts_fstype ? fs->priv : ERR_PTR(-ENODEV);
}

struct ofile *devpts_open_slave(struct ofile *f, u32 index, u32 flags)
{
	struct fspath dir = { f->of_path.mnt, f->of_path.nc->nc_parent }, pts, slave;
	bool is_inside = f->of_vnode->vn_fs->type == &devpts_fstype;
	struct ofile *file;
	char name[12];
	int err;

	fmt_print(name, sizeof(name), "%u", index);
	if (!is_inside) {
		err = path_lookup_at(&dir, "pts", LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &pts);
		if (err)
			return ERR_PTR(err);
	}
	err = path_lookup_at(is_inside ? &dir : &pts, name, 0, &slave);
	if (!is_inside)
		fspath_put(&pts);
	if (err)
		return ERR_PTR(err);
	file = ofile_open(&slave, flags, cred_self());
	fspath_put(&slave);
	return file;
}

void devpts_put(struct devpts *d)
{
	filesys_put(d->fs);
}

int devpts_add(struct devpts *d, u32 index)
{
	const struct credset *c = cred_self();
	struct ptsnode *n = ptsnode_make(d, S_IFCHR | 0600, INO_FIRST + index,
					 DEV_MAKE(DEVPTS_MAJOR, index));
	int err;

	if (!n)
		return -ENOMEM;
	kmutex_lock(&d->lock);
	n->vn.vn_mode = S_IFCHR | d->opt.mode;
	n->vn.vn_uid = d->opt.has_uid ? d->opt.uid : c->fsuid;
	n->vn.vn_gid = d->opt.has_gid ? d->opt.gid : c->fsgid;
	err = d->nodes.count >= d->opt.max ? -ENOSPC : idmap_insert(&d->nodes, index, n, &map_alloc);
	kmutex_unlock(&d->lock);
	if (err)
		vnode_put(&n->vn);
	return err;
}

void devpts_remove(struct devpts *d, u32 index)
{
	struct ptsnode *n;

	kmutex_lock(&d->lock);
	n = idmap_remove(&d->nodes, index, &map_alloc);
	kmutex_unlock(&d->lock);
	if (!n)
		return;
	WRITE_ONCE(n->is_gone, true);
	n->vn.vn_nlink = 0;
	vnode_put(&n->vn);
}

/* ---- mounting ---- */

static int parse_option(void *ctx, char *opt)
{
	struct pts_options *o = ctx;
	char *v = strchr(opt, '=');
	int err = -EINVAL;

	if (!v)
		return strcmp(opt, "newinstance") ? -EINVAL : 0;	/* every mount is one */
	*v++ = '\0';
	if (!strcmp(opt, "uid")) {
		err = parse_u32(v, 10, &o->uid, NULL);
		o->uid = err ? 0 : uid_in(o->uid);
		err = err || o->uid == ID_NONE ? -EINVAL : 0;
		o->has_uid = true;
	} else if (!strcmp(opt, "gid")) {
		err = parse_u32(v, 10, &o->gid, NULL);
		o->gid = err ? 0 : gid_in(o->gid);
		err = err || o->gid == ID_NONE ? -EINVAL : 0;
		o->has_gid = true;
	} else if (!strcmp(opt, "mode")) {
		err = parse_u32(v, 8, &o->mode, NULL);
		o->mode &= 07777;
	} else if (!strcmp(opt, "ptmxmode")) {
		err = parse_u32(v, 8, &o->ptmx_mode, NULL);
		o->ptmx_mode &= 07777;
	} else if (!strcmp(opt, "max")) {
		err = parse_u32(v, 10, &o->max, NULL);
	}
	return err ? -EINVAL : 0;
}

static int parse_options(const char *data, struct pts_options *o)
{
	*o = default_options;
	return mountopts_each(data, parse_option, o);
}

static int pts_remount(struct filesys *fs, const struct mount_args *args)
{
	struct devpts *d = fs->priv;
	struct pts_options o;
	int err = parse_options(args->data, &o);

	if (err)
		return err;
	kmutex_lock(&d->lock);
	d->opt = o;
	d->ptmx->vn_mode = S_IFCHR | o.ptmx_mode;
	kmutex_unlock(&d->lock);
	return 0;
}

static void pts_show_options(struct filesys *fs, struct seqbuf *sb)
{
	const struct pts_options *o = &((struct devpts *)fs->priv)->opt;

	if (o->has_uid)
		seqbuf_printf(sb, ",uid=%u", uid_show(o->uid));
	if (o->has_gid)
		seqbuf_printf(sb, ",gid=%u", gid_show(o->gid));
	seqbuf_printf(sb, ",mode=%03o,ptmxmode=%03o", o->mode, o->ptmx_mode);
	if (o->max < IDMAP_MAX)
		seqbuf_printf(sb, ",max=%u", o->max);
}

static void pts_unmount(struct filesys *fs)
{
	struct devpts *d = fs->priv;

	/* Pairs hold the instance: no node is left. */
	if (d->ptmx)
		vnode_put(d->ptmx);
	idmap_destroy(&d->nodes, &map_alloc);
	kmem_free(d);
}

static const struct filesys_ops pts_fsops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = pts_remount,
	.unmount = pts_unmount, .show_options = pts_show_options, .write_attr = fsop_default_write_attr,
};

static struct filesys *pts_mount(struct fstype *t, const struct mount_args *args)
{
	struct devpts *d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);
	struct ptsnode *root, *ptmx;
	int err;

	if (!d)
		return ERR_PTR(-ENOMEM);
	kmutex_init(&d->lock, LOCKRANK_FS);
	idmap_init(&d->nodes);
	err = parse_options(args->data, &d->opt);
	if (!err) {
		d->fs = filesys_alloc(t, &pts_fsops);
		err = d->fs ? 0 : -ENOMEM;
		if (!err)
			d->fs->flags &= ~FILESYS_NODEV;	/* its terminals are its own */
	}
	if (err) {
		kmem_free(d);
		return ERR_PTR(err);
	}
	d->fs->priv = d;
	d->fs->magic = DEVPTS_MAGIC;
	d->fs->blksize = 1024;
	d->fs->flags |= FILESYS_REVALIDATE | FILESYS_NOEXEC;
	ptmx = ptsnode_make(d, S_IFCHR | d->opt.ptmx_mode, INO_PTMX, DEV_MAKE(5, 2));
	root = ptsnode_make(d, S_IFDIR | 0755, INO_ROOT, 0);
	if (ptmx)
		d->ptmx = &ptmx->vn;
	if (root)
		root->vn.vn_nlink = 2;
	if (!ptmx || !root || filesys_root_set(d->fs, &root->vn)) {
		filesys_put(d->fs);	/* with all that there is */
		return ERR_PTR(-ENOMEM);
	}
	return d->fs;
}

static struct fstype devpts_fstype = {
	.name = "devpts",
	.flags = FSTYPE_NODEV | FSTYPE_USERNS,
	.mount = pts_mount,
};
FILESYSTEM(devpts_fstype);
