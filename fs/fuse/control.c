// SPDX-License-Identifier: GPL-2.0-only
/*
 * fusectl, on /sys/fs/fuse/connections: a folder per mount, by the minor number of its device. Who
 * mounted it sees how many calls wait for an answer and ends a connection whose daemon hangs.
 */
#include "fuse_impl.h"

#include <tern/lib/fmt.h>
#include <uapi/dirent.h>

#define FUSECTL_MAGIC	0x65735543
#define ROOT_INO	1
#define INOS		8u		/* numbers a connection has */

enum kind { FOLDER, WAITING, ABORT, MAX_BACKGROUND, CONGESTION, KINDS };
static const struct { const char *name; mode_t mode; } kinds[KINDS] = {
	[FOLDER] = { "", S_IFDIR | 0500 }, [WAITING] = { "waiting", S_IFREG | 0400 },
	[ABORT] = { "abort", S_IFREG | 0200 }, [MAX_BACKGROUND] = { "max_background", S_IFREG | 0600 },
	[CONGESTION] = { "congestion_threshold", S_IFREG | 0600 },
};

struct ctlnode { struct vnode vn; struct fuselink *fl; enum kind kind; };	/* fl: NULL for the root */

static struct ctlnode *ctl_of(struct vnode *vn) { return container_of(vn, struct ctlnode, vn); }
static u64 ino_of(const struct fuselink *fl, enum kind kind) { return ((u64)fl->number + 1) * INOS + kind; }

static const struct vnode_ops ctl_vnops;
static const struct ofile_ops ctl_dir_fops, ctl_file_fops;

static void free_rcu(struct rcu_job *job)
{
	kmem_free(container_of(job, struct ctlnode, vn.vn_rcu));
}

static void ctl_evict(struct vnode *vn)
{
	if (ctl_of(vn)->fl)
		fuse_link_put(ctl_of(vn)->fl);
	vnode_fini(vn);
	vnode_free_deferred(vn, free_rcu);
}

/* ---- names ---- */

struct search { u32 number; struct fuselink *found; u32 after; };

static bool match(struct fuselink *fl, void *arg)
{
	struct search *s = arg;

	if (fl->number != s->number)
		return true;
	fuse_link_get(fl);
	s->found = fl;
	return false;
}

/* Uses the reference on @fl. */
static struct vnode *node_get(struct filesys *fs, struct fuselink *fl, enum kind kind)
{
	struct ctlnode *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n) {
		fuse_link_put(fl);
		return ERR_PTR(-ENOMEM);
	}
	n->fl = fl;
	n->kind = kind;
	vnode_init(&n->vn, fs, &ctl_vnops, kind == FOLDER ? &ctl_dir_fops : &ctl_file_fops, kinds[kind].mode);
	n->vn.vn_ino = ino_of(fl, kind);
	n->vn.vn_uid = fl->user;
	n->vn.vn_gid = fl->group;
	n->vn.vn_nlink = kind == FOLDER ? 2 : 1;
	return &n->vn;
}

static struct vnode *ctl_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct fuselink *fl = ctl_of(dir)->fl;
	struct search s = { 0 };
	const char *end;

	if (!fl) {
		if (parse_u32(name, 10, &s.number, &end) || end != name + len)
			return NULL;
		fuse_links_each(match, &s);
		return s.found ? node_get(dir->vn_fs, s.found, FOLDER) : NULL;
	}
	for (u32 kind = WAITING; kind < KINDS; kind++) {
		if (strlen(kinds[kind].name) != len || memcmp(kinds[kind].name, name, len))
			continue;
		fuse_link_get(fl);
		return node_get(dir->vn_fs, fl, kind);
	}
	return NULL;
}

static int ctl_revalidate(struct ncent *nc)
{
	struct vnode *vn = READ_ONCE(nc->nc_vnode);

	return vn && READ_ONCE(ctl_of(vn)->fl->is_up);
}

/* The connection with the lowest number above s->after. */
static bool next(struct fuselink *fl, void *arg)
{
	struct search *s = arg;

	if (fl->number >= s->after && (!s->found || fl->number < s->number)) {
		s->found = fl;
		s->number = fl->number;
	}
	return true;
}

static bool emit_kinds(struct dir_sink *s, const struct fuselink *fl)
{
	for (u64 kind = max_t(u64, (u64)s->pos - 1, WAITING); kind < KINDS; kind++)
		if (!s->emit(s, kinds[kind].name, (u32)strlen(kinds[kind].name), ino_of(fl, (enum kind)kind), DT_REG,
			     (loff_t)kind + 2))
			return false;
	return true;
}

static int ctl_readdir(struct ofile *f, struct dir_sink *s)
{
	struct vnode *vn = f->of_vnode;
	char name[12];

	if (s->pos == 0 && !s->emit(s, ".", 1, vn->vn_ino, DT_DIR, 1))
		return 0;
	if (s->pos <= 1 && !s->emit(s, "..", 2, ROOT_INO, DT_DIR, 2))
		return 0;
	if (ctl_of(vn)->fl) {
		(void)emit_kinds(s, ctl_of(vn)->fl);
		return 0;
	}
	for (struct search at = { .after = (u32)s->pos - 2 };; at.after = at.number + 1, at.found = NULL) {
		fuse_links_each(next, &at);
		if (!at.found)
			return 0;
		fmt_print(name, sizeof(name), "%u", at.number);
		if (!s->emit(s, name, (u32)strlen(name), ((u64)at.number + 1) * INOS, DT_DIR, (loff_t)at.number + 3))
			return 0;
	}
}

/* ---- values ---- */

static ssize_t ctl_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct ctlnode *n = ctl_of(f->of_vnode);
	u32 value = n->kind == WAITING ? READ_ONCE(n->fl->nwaiting) :
		    n->kind == MAX_BACKGROUND ? n->fl->max_background : n->fl->congestion;
	char text[16];
	size_t len, part;

	fmt_print(text, sizeof(text), "%u\n", value);
	len = strlen(text);
	if (*pos < 0 || (size_t)*pos >= len || !u->resid)
		return *pos < 0 ? -EINVAL : 0;
	part = uio_put(u, text + *pos, min(len - (size_t)*pos, u->resid));
	*pos += (loff_t)part;
	return part ? (ssize_t)part : -EFAULT;
}

static ssize_t ctl_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct ctlnode *n = ctl_of(f->of_vnode);
	size_t len = u->resid;
	char text[16] = "";
	const char *end;
	u32 value;

	if (n->kind == ABORT) {
		fuse_link_down(n->fl, true);
		return (ssize_t)len;
	}
	if (len >= sizeof(text))
		return -EINVAL;
	if (uio_get(u, text, len) != len)
		return -EFAULT;
	if (parse_u32(text, 10, &value, &end) || (*end && strcmp(end, "\n")) || value > 0xffff)
		return -EINVAL;
	*(n->kind == MAX_BACKGROUND ? &n->fl->max_background : &n->fl->congestion) = (u16)value;
	return (ssize_t)len;
}

static const struct ofile_ops ctl_file_fops = {
	.open = fop_default_open, .release = fop_default_release, .read = ctl_read, .write = ctl_write,
	.seek = fop_default_seek, .poll = fop_default_poll, .ioctl = fop_no_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE,
};
static const struct ofile_ops ctl_dir_fops = {
	.seek = fop_dir_seek, .readdir = ctl_readdir, .fsync = fop_default_fsync, FOPS_DIRECTORY,
};
static const struct vnode_ops ctl_vnops = {
	.lookup = ctl_lookup, .getattr = vnop_default_getattr, .setattr = vnop_no_setattr,
	.permission = vnop_default_permission, .revalidate = ctl_revalidate, .evict = ctl_evict,
	VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

/* ---- the instance ---- */

static const struct filesys_ops ctl_fsops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct filesys *ctl_mount(struct fstype *t, const struct mount_args *args)
{
	struct filesys *fs = filesys_alloc(t, &ctl_fsops);
	struct ctlnode *root = fs ? kmem_zalloc(sizeof(*root), ALLOC_KERNEL) : NULL;

	if (!root) {
		if (fs)
			filesys_discard(fs);
		return ERR_PTR(-ENOMEM);
	}
	fs->magic = FUSECTL_MAGIC;
	fs->flags |= FILESYS_REVALIDATE;
	vnode_init(&root->vn, fs, &ctl_vnops, &ctl_dir_fops, S_IFDIR | 0555);
	root->vn.vn_ino = ROOT_INO;
	root->vn.vn_nlink = 2;
	if (!filesys_root_set(fs, &root->vn))
		return fs;
	filesys_discard(fs);
	return ERR_PTR(-ENOMEM);
}

static struct fstype fusectl_type = { .name = "fusectl", .flags = FSTYPE_NODEV, .mount = ctl_mount };
FILESYSTEM(fusectl_type);
