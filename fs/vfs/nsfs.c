// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces as files: what the links in /proc/PID/ns lead to. Such a file can
 * be kept open or bind-mounted, which keeps its namespace alive; device and
 * inode number tell whether two are the same. A vnode lives while somebody
 * uses it and holds the namespace; several may stand for one.
 */
#include "mount_impl.h"

#include <asm/uaccess.h>
#include <tern/fs/nsfs.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/fmt.h>
#include <tern/lib/seqbuf.h>

#define NSFS_MAGIC		0x6e736673
#define NS_GET_USERNS		0xb701u
#define NS_GET_PARENT		0xb702u
#define NS_GET_NSTYPE		0xb703u
#define NS_GET_OWNER_UID	0xb704u

struct nsvnode {
	struct vnode vn;
	struct nsbase *base;	/* I with a reference */
};

static struct mountpt *ns_mount;
static const struct vnode_ops nsvn_ops;

static struct nsvnode *nsvn_of(const struct vnode *vn)
{
	return container_of(vn, struct nsvnode, vn);
}

struct nsbase *nsvnode_base(const struct vnode *vn)
{
	return vn->vn_ops == &nsvn_ops ? nsvn_of(vn)->base : NULL;
}

struct nsbase *nsfile_base(struct ofile *f)
{
	return f->of_mode & OFILE_PATH ? NULL : nsvnode_base(f->of_vnode);
}

/* ---- ioctl ---- */

static int open_base(struct nsbase *b)
{
	struct ofile *f;
	struct fspath p;
	int fd = nspath_make(b, &p);

	if (fd)
		return fd;
	f = ofile_open(&p, O_RDONLY, NULL);
	fspath_put(&p);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	fd = fd_add(f, true);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

/* The owner, if the caller can see so far up. */
static int open_owner(struct nsbase *b)
{
	struct userns *me = userns_self(), *u = b->owner;

	if (!u || !userns_is_within(u, me))
		return -EPERM;
	return open_base(&u->base);
}

static int open_parent(struct nsbase *b)
{
	struct pidns *n;

	if (b->kind == NSKIND_USER)
		return open_owner(b);
	if (b->kind != NSKIND_PID)
		return -EINVAL;
	n = pidns_of(b)->parent;
	if (!n || !pidns_is_within(n, pidns_self()))
		return -EPERM;
	return open_base(&n->base);
}

static long ns_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct nsbase *b = nsvn_of(f->of_vnode)->base;

	switch (cmd) {
	case NS_GET_USERNS:
		return open_owner(b);
	case NS_GET_PARENT:
		return open_parent(b);
	case NS_GET_NSTYPE:
		return (long)nskind_flag(b->kind);
	case NS_GET_OWNER_UID:
		if (b->kind != NSKIND_USER)
			return -EINVAL;
		return user_put(uid_show(userns_of(b)->maker_uid), (u32 __user *)arg);
	}
	return -ENOTTY;
}

static const struct ofile_ops ns_fops = {
	.open = fop_default_open,
	.release = fop_default_release,
	.read = fop_no_read,
	.write = fop_no_write,
	.seek = fop_no_seek,
	.poll = fop_default_poll,
	.ioctl = ns_ioctl,
	FOPS_PLAIN,
	FOPS_NO_STORAGE,
};

/* ---- vnodes ---- */

static void nsvn_free(struct rcu_job *job)
{
	kmem_free(container_of(job, struct nsvnode, vn.vn_rcu));
}

static void nsvn_evict(struct vnode *vn)
{
	vnode_fini(vn);
	nsbase_put(nsvn_of(vn)->base);
	vnode_free_deferred(vn, nsvn_free);
}

static const struct vnode_ops nsvn_ops = {
	.lookup = vnop_no_lookup, .getattr = vnop_default_getattr, .setattr = vnop_no_setattr,
	.permission = vnop_default_permission, .revalidate = vnop_default_revalidate,
	.evict = nsvn_evict, VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

int nspath_make(struct nsbase *b, struct fspath *out)
{
	struct nsvnode *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);
	char name[NCENT_INLINE_LEN];

	if (!n)
		return -ENOMEM;
	vnode_init(&n->vn, ns_mount->mp_fs, &nsvn_ops, &ns_fops, S_IFREG | 0444);
	n->vn.vn_ino = b->inum;
	n->vn.vn_nlink = 1;
	n->vn.vn_flags |= VNODE_NOATIME;
	n->base = nsbase_get(b);
	fmt_put(name, sizeof(name), "%s:[%u]", nskind_name(b->kind), b->inum);
	out->nc = ncent_anon(ns_mount->mp_fs, &n->vn, name);
	if (!out->nc) {
		vnode_put(&n->vn);
		return -ENOMEM;
	}
	out->mnt = ns_mount;
	mountpt_get(ns_mount);
	return 0;
}

/* ---- the file system ---- */

static const struct filesys_ops ns_fs_ops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct filesys *nsfs_mount(struct fstype *t, const struct mount_args *args)
{
	struct filesys *fs = filesys_alloc(t, &ns_fs_ops);
	struct vnode *root;

	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->magic = NSFS_MAGIC;
	root = kmem_zalloc(sizeof(struct nsvnode), ALLOC_KERNEL);
	if (root) {
		struct nsvnode *n = nsvn_of(root);

		vnode_init(root, fs, &nsvn_ops, &ns_fops, S_IFREG | 0444);
		n->base = nsbase_get(&userns_initial.base);
		if (!filesys_root_set(fs, root))
			return fs;
	}
	filesys_discard(fs);
	return ERR_PTR(-ENOMEM);
}

static struct fstype ns_fstype = { .name = "nsfs", .flags = FSTYPE_NODEV | FSTYPE_INTERNAL,
				   .mount = nsfs_mount };
FILESYSTEM(ns_fstype);

void nsfs_init(void)
{
	vnode_ops_verify(&nsvn_ops);
	ofile_ops_verify(&ns_fops);
	ns_mount = vfs_kernel_mount("nsfs", NULL);
	VERIFY(!IS_ERR(ns_mount));
}
