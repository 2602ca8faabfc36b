// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mqueue file system: one flat directory of queues, mounted or not. All
 * mounts show the one instance.
 *
 * The directory's list holds a reference on each queue; unlinking drops it, so
 * a queue goes with its last open file. mq_open(2) looks names up in the name
 * cache first and makes queues under the directory's lock, like creat(2) on a
 * mount would, but with the caller's sizes.
 *
 * Lock order: directory vn_lock > queue lock.
 */
#include "mqueue_impl.h"

#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/ns.h>
#include <tern/kernel/sysvipc.h>
#include <uapi/dirent.h>
#include <uapi/fsevent.h>
#include <uapi/resource.h>

#define MQUEUE_MAGIC	0x19800202
#define ROOT_INO	1
#define FIRST_POS	2
#define FILE_SIZE	80	/* what stat(2) says of a queue */
#define MAXMSG_HARD	65536
#define MSGSIZE_HARD	(16 * 1024 * 1024)

struct mqroot {
	struct vnode vn;	/* first */
	struct list queues;	/* D of struct mqueue, by position */
	u64 next_pos;		/* D */
	u32 count;		/* D */
};

struct mqlimits mq_limits = { 10, 8192, 256, 10, 8192 };
static struct mountpt *mq_mount;
static u64 next_ino = ROOT_INO;	/* A */

static struct mqroot *root_of(struct vnode *vn) { return container_of(vn, struct mqroot, vn); }

/* ---- space ---- */

/* What a queue may take, its bookkeeping included. */
static u64 cost_of(u64 maxmsg, u64 msgsize)
{
	return maxmsg * (msgsize + sizeof(struct mqmessage));
}

static int check_sizes(const struct mq_attr_ *a)
{
	u64 most = MAXMSG_HARD, largest = MSGSIZE_HARD;

	if (a->maxmsg <= 0 || a->msgsize <= 0)
		return -EINVAL;
	if (!cap_has(CAP_SYS_RESOURCE)) {
		most = READ_ONCE(mq_limits.msg_max);
		largest = READ_ONCE(mq_limits.msgsize_max);
	}
	return (u64)a->maxmsg > most || (u64)a->msgsize > largest ? -EINVAL : 0;
}

static int charge(struct mqueue *q)
{
	u64 limit = rlimit_get(RLIMIT_MSGQUEUE);
	const struct credset *c = cred_get(cred_self());

	q->charged = cost_of(q->maxmsg, q->msgsize);
	if ((u64)atomic_add_return(&c->user->mq_bytes, q->charged) > limit) {
		atomic_add(&c->user->mq_bytes, -(s64)q->charged);
		cred_put(c);
		return -EMFILE;
	}
	q->payer = c;
	return 0;
}

/* ---- vnodes ---- */

static void node_free(struct rcu_job *job)
{
	struct vnode *vn = container_of(job, struct vnode, vn_rcu);

	if (!vnode_is_dir(vn))
		kmem_free(mqueue_of(vn)->name);
	kmem_free(vn);
}

static void mq_evict(struct vnode *vn)
{
	struct mqueue *q = mqueue_of(vn);

	if (!vnode_is_dir(vn)) {
		mqueue_free_messages(q);
		pidref_put(q->notice.owner);
		if (q->payer) {
			atomic_add(&q->payer->user->mq_bytes, -(s64)q->charged);
			cred_put(q->payer);
		}
	}
	vnode_fini(vn);
	vnode_free_deferred(vn, node_free);
}

static struct mqueue *find_queue(struct mqroot *r, const char *name, u32 len)
{
	struct mqueue *q;

	list_foreach(q, &r->queues, by_pos)
		if (strlen(q->name) == len && !memcmp(q->name, name, len))
			return q;
	return NULL;
}

static struct vnode *mq_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct mqueue *q = find_queue(root_of(dir), name, len);

	if (!q)
		return NULL;
	vnode_get(&q->vn);
	return &q->vn;
}

static const struct vnode_ops mq_vnops;

static struct mqueue *queue_build(struct vnode *dir, const char *name, u32 len, mode_t mode,
				  const struct mq_attr_ *a)
{
	struct mqueue *q = kmem_zalloc(sizeof(*q), ALLOC_KERNEL);

	if (!q)
		return NULL;
	q->name = kmem_strndup(name, len, ALLOC_KERNEL);
	if (!q->name) {
		kmem_free(q);
		return NULL;
	}
	vnode_init(&q->vn, dir->vn_fs, &mq_vnops, &mqueue_fops, S_IFREG | (mode & 07777));
	q->vn.vn_ino = __atomic_add_fetch(&next_ino, 1, __ATOMIC_RELAXED);
	q->vn.vn_uid = cred_self()->fsuid;
	q->vn.vn_gid = cred_self()->fsgid;
	vnode_size_set(&q->vn, FILE_SIZE);
	spin_init(&q->lock, LOCKRANK_IPC);
	rbtree_init(&q->messages);
	list_init(&q->senders);
	list_init(&q->receivers);
	list_init(&q->by_pos);
	waitq_init(&q->poll_wait);
	q->maxmsg = (u64)a->maxmsg;
	q->msgsize = (u64)a->msgsize;
	return q;
}

/* Directory locked for writing; the name is free. */
static struct vnode *queue_make(struct vnode *dir, const char *name, u32 len, mode_t mode,
				const struct mq_attr_ *attr)
{
	struct mq_attr_ a = { .maxmsg = min(mq_limits.msg_max, mq_limits.msg_default),
			      .msgsize = min(mq_limits.msgsize_max, mq_limits.msgsize_default) };
	struct mqroot *r = root_of(dir);
	struct mqueue *q;
	int err;

	if (attr) {
		a = *attr;
		err = check_sizes(attr);
		if (err)
			return ERR_PTR(err);
	}
	if (r->count >= READ_ONCE(mq_limits.queues_max) && !cap_has(CAP_SYS_RESOURCE))
		return ERR_PTR(-ENOSPC);
	q = queue_build(dir, name, len, mode, &a);
	if (!q)
		return ERR_PTR(-ENOMEM);
	err = charge(q);
	if (err) {
		vnode_put(&q->vn);
		return ERR_PTR(err);
	}
	q->pos = r->next_pos++;
	list_add_tail(&q->by_pos, &r->queues);
	r->count++;
	vnode_get(&q->vn);		/* the list's */
	vnode_touch(dir, VATTR_MTIME | VATTR_CTIME);
	return &q->vn;
}

static struct vnode *mq_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return queue_make(dir, name, len, mode, NULL);
}

static int mq_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct mqueue *q = mqueue_of(target);
	struct mqroot *r = root_of(dir);

	list_del_init(&q->by_pos);
	r->count--;
	q->pos = 0;
	target->vn_nlink = 0;
	vnode_touch(dir, VATTR_MTIME | VATTR_CTIME);
	vnode_touch(target, VATTR_CTIME);
	vnode_put(target);
	return 0;
}

static const struct vnode_ops mq_vnops = {
	.lookup = mq_lookup, .create = mq_create, .mkdir = vnop_no_mkdir, .mknod = vnop_no_mknod,
	.symlink = vnop_no_symlink, .tmpfile = vnop_no_tmpfile, .link = vnop_no_link,
	.unlink = mq_unlink, .rmdir = vnop_no_unlink, .rename = vnop_no_rename,
	.getattr = vnop_default_getattr, .setattr = vnop_default_setattr,
	.permission = vnop_default_permission, .revalidate = vnop_default_revalidate, .evict = mq_evict,
	VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

static int mq_readdir(struct ofile *f, struct dir_sink *s)
{
	struct mqroot *r = root_of(f->of_vnode);
	struct mqueue *q;

	if (s->pos == 0 && !s->emit(s, ".", 1, ROOT_INO, DT_DIR, 1))
		return 0;
	if (s->pos <= 1 && !s->emit(s, "..", 2, ROOT_INO, DT_DIR, FIRST_POS))
		return 0;
	list_foreach(q, &r->queues, by_pos) {
		if ((loff_t)q->pos < s->pos)
			continue;
		if (!s->emit(s, q->name, strlen(q->name), q->vn.vn_ino, DT_REG, (loff_t)q->pos + 1))
			break;
	}
	return 0;
}

static const struct ofile_ops mq_dir_fops = {
	.seek = fop_dir_seek, .readdir = mq_readdir, .fsync = fop_default_fsync, FOPS_DIRECTORY,
};

/* ---- the instance ---- */

static const struct filesys_ops mq_fsops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct filesys *mq_fs_make(struct fstype *t)
{
	struct filesys *fs = filesys_alloc(t, &mq_fsops);
	struct mqroot *r = fs ? kmem_zalloc(sizeof(*r), ALLOC_KERNEL) : NULL;

	if (!r) {
		if (fs)
			filesys_discard(fs);
		return ERR_PTR(-ENOMEM);
	}
	fs->magic = MQUEUE_MAGIC;
	list_init(&r->queues);
	r->next_pos = FIRST_POS;
	vnode_init(&r->vn, fs, &mq_vnops, &mq_dir_fops, S_IFDIR | S_ISVTX | 0777);
	r->vn.vn_ino = ROOT_INO;
	r->vn.vn_nlink = 2;
	if (filesys_root_set(fs, &r->vn)) {
		filesys_discard(fs);
		return ERR_PTR(-ENOMEM);
	}
	return fs;
}

static struct mountpt *mounts_of(struct ipcns *n)
{
	return n == nsset_init_set.ipc ? mq_mount : READ_ONCE(n->mqueues);
}

/* The instance of the caller's IPC namespace: made by the kernel's own mount of it. */
static struct mountpt *mq_self(void)
{
	struct ipcns *n = nsset_self()->ipc;
	struct mountpt *m = mounts_of(n);

	if (m)
		return m;
	m = vfs_kernel_mount("mqueue", n);
	if (IS_ERR(m))
		return m;
	if (cas(&n->mqueues, NULL, m))
		return m;
	mountpt_put(m);
	return n->mqueues;
}

/* The namespace is gone: queues live on only in open files. */
static void mq_end(void *mqueues)
{
	struct mountpt *m = mqueues;
	struct vnode *dir = m->mp_root->nc_vnode;
	struct mqroot *r = root_of(dir);

	ncent_prune(m->mp_root);
	rwsem_write_lock(&dir->vn_lock);
	while (!list_is_empty(&r->queues)) {
		struct mqueue *q = list_first_entry(&r->queues, struct mqueue, by_pos);

		list_del_init(&q->by_pos);
		q->vn.vn_nlink = 0;
		r->count--;
		vnode_put(&q->vn);
	}
	rwsem_write_unlock(&dir->vn_lock);
	mountpt_put(m);
}

static struct filesys *mq_fs_mount(struct fstype *t, const struct mount_args *args)
{
	struct mountpt *m;

	if (args->priv)
		return mq_fs_make(t);
	m = mq_self();
	if (IS_ERR(m))
		return ERR_CAST(m);
	filesys_get(m->mp_fs);
	return m->mp_fs;
}

static struct fstype mqueue_type = { .name = "mqueue", .flags = FSTYPE_NODEV | FSTYPE_USERNS | FSTYPE_IPCNS,
				     .mount = mq_fs_mount };
FILESYSTEM(mqueue_type);

static int mq_start(void)
{
	vnode_ops_verify(&mq_vnops);
	ofile_ops_verify(&mqueue_fops);
	ofile_ops_verify(&mq_dir_fops);
	mq_mount = vfs_kernel_mount("mqueue", nsset_init_set.ipc);
	if (IS_ERR(mq_mount))
		return (int)PTR_ERR(mq_mount);
	mqns_end_hook = mq_end;
	return 0;
}
INITCALL(CORE, mq_start);

/* ---- by name ---- */

static int check_name(const char *name)
{
	size_t len = strlen(name);

	if (!len)
		return -ENOENT;
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EACCES;
	return len > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Root locked for writing: the entry of @name, negative if there is no such queue. */
static struct ncent *entry_of(struct ncent *root, const char *name)
{
	u32 len = (u32)strlen(name);
	struct ncent *nc = ncent_lookup(root, name, len);

	return nc ? nc : ncent_add(root, name, len, mq_lookup(root->nc_vnode, name, len));
}

static int make_entry(struct ncent *root, struct ncent *nc, mode_t mode, const struct mq_attr_ *attr)
{
	struct vnode *dir = root->nc_vnode, *vn;
	int err = vnode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	vn = queue_make(dir, nc->nc_name, nc->nc_len, mode & ~fsctx_self()->umask, attr);
	if (IS_ERR(vn))
		return (int)PTR_ERR(vn);
	ncent_attach(nc, vn);
	vfs_notify_name(dir, IN_CREATE, nc->nc_name, nc->nc_len, 0);
	return 0;
}

static int may_open(struct vnode *vn, u32 flags)
{
	static const u32 masks[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE };

	if ((flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if ((flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	return vnode_permission(vn, masks[flags & O_ACCMODE]);
}

struct ofile *mqfs_open(const char *name, u32 flags, mode_t mode, const struct mq_attr_ *attr)
{
	struct fspath p = { .mnt = mq_self() };
	struct ncent *root;
	int err = check_name(name);
	struct ofile *f;

	if (IS_ERR(p.mnt))
		return ERR_CAST(p.mnt);
	if (err)
		return ERR_PTR(err);
	root = p.mnt->mp_root;
	rwsem_write_lock(&root->nc_vnode->vn_lock);
	p.nc = entry_of(root, name);
	if (!p.nc)
		err = -ENOMEM;
	else if (p.nc->nc_vnode)
		err = may_open(p.nc->nc_vnode, flags);
	else
		err = flags & O_CREAT ? make_entry(root, p.nc, mode, attr) : -ENOENT;
	rwsem_write_unlock(&root->nc_vnode->vn_lock);
	f = err ? ERR_PTR(err) : ofile_open(&p, (flags & (O_ACCMODE | O_NONBLOCK)) | O_LARGEFILE, NULL);
	if (p.nc)
		ncent_put(p.nc);
	return f;
}

int mqfs_unlink(const char *name)
{
	struct mountpt *m = mq_self();
	struct fspath root;
	int err = check_name(name);

	if (IS_ERR(m))
		return (int)PTR_ERR(m);
	root = (struct fspath){ m, m->mp_root };
	return err ? err : kfs_unlink_at(&root, name);
}

/* ---- limits ---- */
#define LIMIT(name, least, most)							\
	static struct procint name##_int = { .path = "sys/fs/mqueue/" #name,		\
		.value = (u64 *)&mq_limits.name, .min = (least), .max = (most), .width = 4 };	\
	PROCINT(name##_int)
LIMIT(queues_max, 0, S32_MAX);
LIMIT(msg_max, 1, MAXMSG_HARD);
LIMIT(msgsize_max, 128, MSGSIZE_HARD);
LIMIT(msg_default, 1, MAXMSG_HARD);
LIMIT(msgsize_default, 128, MSGSIZE_HARD);
