// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets as open files: a file system without names holds a vnode for each,
 * so that stat, /proc/PID/fd and notification work as for any file.
 *
 * Life-cycle: netsock_file() makes vnode and file; the last close of the file
 * releases the socket, then the vnode goes with the file's path.
 */
#include "core_impl.h"

#include <generated/svc_net.h>
#include <asm/uaccess.h>
#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/fs/filesys.h>
#include <tern/fs/path.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netif.h>
#include <tern/net/sockfilter.h>
#include <uapi/fcntl.h>
#include <uapi/ioctl.h>

#define SOCKFS_MAGIC	0x534f434b

static struct mountpt *sock_mount;
static struct objcache *sock_vnode_cache;
static atomic64 next_ino;
static atomic64 nsockets;

u64 netsock_count(void)
{
	return (u64)atomic_read(&nsockets);
}

static void sock_vnode_free(struct rcu_job *job)
{
	objcache_free(sock_vnode_cache, container_of(job, struct vnode, vn_rcu));
}

static void sock_evict(struct vnode *vn)
{
	atomic_dec(&nsockets);
	vnode_fini(vn);
	vnode_free_deferred(vn, sock_vnode_free);
}

static const struct vnode_ops sock_vnops = {
	.lookup = vnop_no_lookup, .getattr = vnop_default_getattr, .setattr = vnop_default_setattr,
	.permission = vnop_default_permission, .revalidate = vnop_default_revalidate,
	.evict = sock_evict, VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

static struct vnode *sock_vnode_make(struct filesys *fs, mode_t mode)
{
	struct vnode *vn = objcache_zalloc(sock_vnode_cache, ALLOC_KERNEL);

	if (!vn)
		return NULL;
	atomic_inc(&nsockets);
	vnode_init(vn, fs, &sock_vnops, &sock_fops, mode);
	vn->vn_fops = &sock_fops;	/* not what opening a socket by name does */
	vn->vn_ino = atomic_add_return(&next_ino, 1);
	vn->vn_flags = VNODE_PRIVATE;
	vn->vn_uid = cred_self()->fsuid;
	vn->vn_gid = cred_self()->fsgid;
	return vn;
}

struct ofile *netsock_file(struct netsock *s, u32 flags)
{
	struct vnode *vn = sock_vnode_make(sock_mount->mp_fs, S_IFSOCK | 0777);
	struct fspath p = { .mnt = sock_mount };
	struct ofile *f;

	if (!vn) {
		s->ops->release(s);
		return ERR_PTR(-ENFILE);
	}
	p.nc = ncent_anon(sock_mount->mp_fs, vn, "socket");
	if (!p.nc) {
		vnode_put(vn);
		s->ops->release(s);
		return ERR_PTR(-ENFILE);
	}
	vn->vn_special = s;
	f = ofile_open(&p, O_RDWR | flags, NULL);
	ncent_put(p.nc);
	if (IS_ERR(f))
		s->ops->release(s);
	return f;
}

struct netsock *netsock_of(const struct ofile *f)
{
	return likely(f->of_ops == &sock_fops) ? f->of_priv : NULL;
}

/* ---- file operations ---- */

static int sock_open(struct ofile *f, struct vnode *vn)
{
	struct netsock *s = vn->vn_special;

	ofile_make_stream(f);
	f->of_priv = s;
	s->file = f;
	s->uid = vn->vn_uid;
	s->ino = vn->vn_ino;
	return 0;
}

static void sockfile_release(struct ofile *f)
{
	struct netsock *s = f->of_priv;

	f->of_vnode->vn_special = NULL;
	sockfilter_drop(s);
	s->ops->release(s);
}

static u32 file_flags(const struct ofile *f)
{
	return f->of_flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

static ssize_t sock_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct netsock *s = f->of_priv;
	struct sockmsg m = { .uio = u, .flags = file_flags(f) };

	return svc_net_recv(s, &m);
}

static ssize_t sock_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct netsock *s = f->of_priv;
	struct sockmsg m = { .uio = u, .flags = file_flags(f) };

	return svc_net_send(s, &m);
}

static u32 sock_poll(struct ofile *f, struct poll_table *pt)
{
	struct netsock *s = f->of_priv;

	return s->ops->poll(s, f, pt);
}

static long sock_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct netsock *s = f->of_priv;
	long ret = s->ops->ioctl(s, cmd, arg);

	return ret == -ENOTTY ? netif_ioctl(netns_self(), cmd, arg) : ret;	/* any socket names interfaces */
}

static int sock_mmap(struct ofile *f, struct map_request *req)
{
	struct netsock *s = f->of_priv;

	return s->mmap ? s->mmap(s, req) : -ENODEV;
}

const struct ofile_ops sock_fops = {
	.open = sock_open,
	.release = sockfile_release,
	.read = sock_read,
	.write = sock_write,
	.seek = fop_no_seek,
	.readdir = fop_no_readdir,
	.poll = sock_poll,
	.ioctl = sock_ioctl,
	.mmap = sock_mmap,
	.fsync = fop_no_fsync,
	.fallocate = fop_no_fallocate,
	FOPS_PLAIN,
};

/* ---- the file system ---- */

static const struct filesys_ops sockfs_ops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct filesys *sockfs_mount(struct fstype *t, const struct mount_args *args)
{
	struct filesys *fs = filesys_alloc(t, &sockfs_ops);
	struct vnode *root;

	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->magic = SOCKFS_MAGIC;
	root = sock_vnode_make(fs, S_IFDIR | 0700);
	if (root && !filesys_root_set(fs, root)) {
		atomic_dec(&nsockets);	/* not a socket */
		return fs;
	}
	filesys_put(fs);
	return ERR_PTR(-ENOMEM);
}

static struct fstype sock_fstype = { .name = "sockfs", .flags = FSTYPE_NODEV | FSTYPE_INTERNAL,
				     .mount = sockfs_mount };
FILESYSTEM(sock_fstype);

static int sockfs_start(void)
{
	sock_vnode_cache = objcache_create("sock_vnode", sizeof(struct vnode), 8, 0, NULL);
	VERIFY(sock_vnode_cache);
	sock_mount = vfs_kernel_mount("sockfs", NULL);
	return IS_ERR(sock_mount) ? (int)PTR_ERR(sock_mount) : 0;
}
INITCALL(FS, sockfs_start);
