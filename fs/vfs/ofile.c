// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files: what a descriptor stands for, with position, status flags and
 * the identity of the opener.
 *
 * Life: ofile_alloc() gives a blank file with one reference; ofile_open() binds
 * it to a path and lets the file system or driver open it. Each descriptor,
 * mapping and call under way holds a reference; the last ofile_put() releases:
 * ops->release, locks, write access, path, identity. The memory is type-stable
 * (reused for files only), as lock-free descriptor lookups need it.
 *
 * The number of files is a sum of per-CPU counters with a coarse global one.
 */
#include "vfs_impl.h"

#include <tern/base/percpu_alloc.h>
#include <tern/fs/procfs.h>

static struct objcache *ofile_cache __ro_after_init;
static atomic64 nr_files;			/* coarse: FILES_BATCH per CPU missing at most */
static DEFINE_PERCPU(s32, nr_files_delta);
static u64 sysctl_file_max = U64_MAX;
static u64 next_anon_ino = 1;

#define FILES_BATCH 64

static struct procint proc_file_max = {
	.path = "sys/fs/file-max", .value = &sysctl_file_max, .min = 0, .max = S64_MAX, .width = 8,
};
PROCINT(proc_file_max);
static struct procint proc_nr_open = {
	.path = "sys/fs/nr_open", .value = &sysctl_nr_open, .min = 64, .max = 0x7fffffc0, .width = 8,
};
PROCINT(proc_nr_open);

static void count_files(s32 by)
{
	s32 d;

	preempt_disable();
	d = this_cpu_read(nr_files_delta) + by;
	if (unlikely(d >= FILES_BATCH || d <= -FILES_BATCH)) {
		atomic_add(&nr_files, d);
		d = 0;
	}
	this_cpu_write(nr_files_delta, d);
	preempt_enable();
}

static void ofile_destroy(struct object *o);
static const struct object_ops ofile_object_ops = { .name = "file", .destroy = ofile_destroy };

struct ofile *ofile_alloc(const struct credset *cred)
{
	struct ofile *f;

	if (unlikely((u64)atomic_read(&nr_files) >= sysctl_file_max) && !cap_has(CAP_SYS_ADMIN))
		return ERR_PTR(-ENFILE);
	f = objcache_alloc(ofile_cache, ALLOC_KERNEL);
	if (!f)
		return ERR_PTR(-ENOMEM);
	/* The count stays 0 until the rest is set: lookups may still look here. */
	memset((char *)f + sizeof(f->of_obj), 0, sizeof(*f) - sizeof(f->of_obj));
	f->of_ops = &no_fops;
	kmutex_init(&f->of_pos_lock, LOCKRANK_OFILE_POS);
	spin_init(&f->of_lock, LOCKRANK_FS_SPIN);
	list_init(&f->of_epoll);
	f->of_cred = cred_get(cred ? cred : cred_self());
	f->of_obj.flags = 0;
	f->of_obj.ops = &ofile_object_ops;
	f->of_obj.waitq = NULL;
	__atomic_store_n(&f->of_obj.refs.n.v, 1, __ATOMIC_RELEASE);
	count_files(1);
	return f;
}

/* Without epoll nothing is ever in of_epoll. */
__weak void ofile_epoll_release(struct ofile *f) { }

static void release(struct ofile *f)
{
	struct vnode *vn = f->of_vnode;

	if (vn) {
		vfs_notify_file(f, f->of_mode & OFILE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
		if (unlikely(!list_is_empty(&f->of_epoll)))
			ofile_epoll_release(f);
		if (unlikely(vn->vn_flocks))
			flocks_release(f);
		if (unlikely(vn->vn_leases))
			leases_release(f);
	}
	if (unlikely(f->of_owner)) {
		if (f->of_flags & O_ASYNC)
			(void)f->of_ops->set_flags(f, f->of_flags & ~O_ASYNC);
		fowner_free(f);
	}
	f->of_ops->release(f);
	if (f->of_mode & OFILE_READ_ONLY)
		atomic_dec(&vn->vn_readers);
	ofile_drop_write_access(f);
	if (f->of_mode & OFILE_EXEC)
		vnode_allow_write(vn);	/* was a running program's */
	if (f->of_path.nc)
		fspath_put(&f->of_path);
}

static void ofile_destroy(struct object *o)
{
	struct ofile *f = ofile_of(o);

	might_sleep();
	release(f);
	cred_put(f->of_cred);
	count_files(-1);
	objcache_free(ofile_cache, f);
}

void ofile_put(struct ofile *f)
{
	if (ref_put(&f->of_obj.refs))
		ofile_destroy(&f->of_obj);
}

/* ---- opening ---- */

static int take_write_access(struct ofile *f, struct vnode *vn)
{
	s32 c;
	int err;

	if (!S_ISREG(vn->vn_mode))
		return 0;
	err = mountpt_want_write(f->of_path.mnt);
	if (err)
		return err;
	c = atomic_read(&vn->vn_writers);
	while (c >= 0) {
		if (__atomic_compare_exchange_n(&vn->vn_writers.v, &c, c + 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST)) {
			f->of_mode |= OFILE_WROTE_ACCESS;
			return 0;
		}
	}
	mountpt_drop_write(f->of_path.mnt);
	return -ETXTBSY;
}

void ofile_drop_write_access(struct ofile *f)
{
	if (!(f->of_mode & OFILE_WROTE_ACCESS))
		return;
	f->of_mode &= ~OFILE_WROTE_ACCESS;
	atomic_dec(&f->of_vnode->vn_writers);
	mountpt_drop_write(f->of_path.mnt);
}

static u32 mode_of_flags(u32 flags, const struct vnode *vn)
{
	u32 acc = flags & O_ACCMODE, mode = 0;

	if (flags & O_PATH)
		return OFILE_PATH;
	if (acc == O_RDONLY || acc == O_RDWR)
		mode |= OFILE_READ;
	if (acc == O_WRONLY || acc == O_RDWR)
		mode |= OFILE_WRITE;
	mode |= OFILE_SEEK;
	if (S_ISREG(vn->vn_mode) || S_ISDIR(vn->vn_mode))
		mode |= OFILE_ATOMIC_POS;
	return mode;
}

struct ofile *ofile_open(const struct fspath *p, u32 flags, const struct credset *cred)
{
	struct vnode *vn = path_vnode(p);
	struct ofile *f = ofile_alloc(cred);
	int err;

	if (IS_ERR(f))
		return f;
	fspath_get(p);
	f->of_path = *p;
	f->of_vnode = vn;
	f->of_mode = mode_of_flags(flags, vn) | (flags & O_NONOTIFY_ ? OFILE_NONOTIFY : 0);
	if (flags & O_PATH) {
		f->of_flags = flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW);
		f->of_ops = &path_fops;
		return f;
	}
	f->of_flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC | O_NONOTIFY_);
	if (flags & O_EXCL)
		f->of_mode |= OFILE_EXCL;
	f->of_wb_err = vn->vn_pc->wb_err;
	if ((flags & O_DIRECT) && S_ISREG(vn->vn_mode) && !(vn->vn_fs->flags & FILESYS_DIRECT)) {
		err = -EINVAL;
		goto fail;
	}
	if (f->of_mode & OFILE_WRITE) {
		err = take_write_access(f, vn);
		if (err)
			goto fail;
	}
	if ((f->of_mode & (OFILE_READ | OFILE_WRITE)) == OFILE_READ && S_ISREG(vn->vn_mode)) {
		atomic_inc(&vn->vn_readers);
		f->of_mode |= OFILE_READ_ONLY;
	}
	if (S_ISLNK(vn->vn_mode)) {
		err = -ELOOP;
		goto fail;
	}
	err = lease_break(vn, flags);
	if (err)
		goto fail;
	f->of_ops = vn->vn_fops;
	err = f->of_ops->open(f, vn);
	if (err) {
		f->of_ops = &no_fops;	/* not open: nothing to release */
		goto fail;
	}
	f->of_flags &= ~O_NOCTTY;	/* terminals have looked at it */
	vfs_notify_file(f, IN_OPEN);
	return f;
fail:
	ofile_put(f);
	return ERR_PTR(err);
}

/* ---- nameless files ---- */

static struct mountpt *anon_mount;
static struct vnode *anon_vnode;

static void anon_evict(struct vnode *vn)
{
	BUG();		/* the one vnode is never put for good */
}

static const struct vnode_ops anon_vnode_ops = {
	.lookup = vnop_no_lookup, .getattr = vnop_default_getattr, .setattr = vnop_no_setattr,
	.permission = vnop_default_permission, .revalidate = vnop_default_revalidate,
	.evict = anon_evict, VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

static const struct filesys_ops anon_fs_ops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct filesys *anonfs_mount(struct fstype *t, const struct mount_args *args)
{
	struct filesys *fs = filesys_alloc(t, &anon_fs_ops);

	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->magic = ANON_INODE_FS_MAGIC;
	anon_vnode = kmem_zalloc(sizeof(*anon_vnode), ALLOC_KERNEL);
	if (!anon_vnode)
		goto fail;
	vnode_init(anon_vnode, fs, &anon_vnode_ops, &no_fops, 0600);
	anon_vnode->vn_ino = next_anon_ino++;
	anon_vnode->vn_flags = VNODE_PRIVATE;
	vnode_get(anon_vnode);
	if (!filesys_root_set(fs, anon_vnode))
		return fs;
fail:
	filesys_put(fs);
	return ERR_PTR(-ENOMEM);
}

static struct fstype anon_fstype = { .name = "anon_inodefs", .flags = FSTYPE_NODEV | FSTYPE_INTERNAL,
				     .mount = anonfs_mount };
FILESYSTEM(anon_fstype);

void ofile_init(void)
{
	vnode_ops_verify(&anon_vnode_ops);
	ofile_ops_verify(&no_fops);
	ofile_cache = objcache_create("ofile", sizeof(struct ofile), 64, OBJCACHE_RCU, NULL);
	VERIFY(ofile_cache);
	/* As many files as a tenth of memory holds at 1 KiB each, 8192 at least. */
	sysctl_file_max = max_t(u64, page_count_total() * 4 / 10, 8192);
	anon_mount = vfs_kernel_mount("anon_inodefs", NULL);
	VERIFY(!IS_ERR(anon_mount));
}

struct ofile *ofile_create_anon(const struct ofile_ops *ops, void *priv, u32 flags, const char *name)
{
	struct ofile *f = ofile_alloc(NULL);
	char label[NCENT_INLINE_LEN * 2];
	struct ncent *nc;

	if (IS_ERR(f))
		return f;
	strlcpy(label, "anon_inode:", sizeof(label));
	strlcat(label, name, sizeof(label));
	vnode_get(anon_vnode);
	nc = ncent_anon(anon_mount->mp_fs, anon_vnode, label);
	if (!nc) {
		vnode_put(anon_vnode);
		ofile_put(f);
		return ERR_PTR(-ENOMEM);
	}
	mountpt_get(anon_mount);
	f->of_path = (struct fspath){ anon_mount, nc };
	f->of_vnode = anon_vnode;
	f->of_mode = mode_of_flags(flags, anon_vnode);
	ofile_make_stream(f);
	f->of_flags = flags & (O_ACCMODE | O_NONBLOCK);
	f->of_ops = ops;
	f->of_priv = priv;
	return f;
}

/* ---- transfers ---- */

ssize_t ofile_read_kernel(struct ofile *f, void *buf, size_t n, loff_t *pos)
{
	struct uio u;

	if (!(f->of_mode & OFILE_READ))
		return -EBADF;
	uio_init_kernel(&u, buf, min_t(size_t, n, RW_MAX));
	return f->of_ops->read(f, &u, pos);
}

ssize_t ofile_write_kernel(struct ofile *f, const void *buf, size_t n, loff_t *pos)
{
	struct uio u;

	if (!(f->of_mode & OFILE_WRITE))
		return -EBADF;
	uio_init_kernel(&u, (void *)buf, min_t(size_t, n, RW_MAX));
	return f->of_ops->write(f, &u, pos);
}

ssize_t ofile_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct thread *t = thread_self();
	ssize_t n = f->of_ops->read(f, u, pos);

	t->t_syscr++;
	if (n > 0) {
		t->t_rchar += (u64)n;
		vfs_notify_file(f, IN_ACCESS);
	}
	return n;
}

/* O_SYNC and O_DSYNC: on the medium before write(2) returns. */
static ssize_t sync_written(struct ofile *f, loff_t end, ssize_t n)
{
	int err = f->of_ops->fsync(f, end - n, end - 1, !(f->of_flags & O_SYNC_BIT));

	return err && err != -EINVAL ? err : n;
}

ssize_t ofile_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct thread *t = thread_self();
	ssize_t n = f->of_ops->write(f, u, pos);

	t->t_syscw++;
	if (n > 0) {
		t->t_wchar += (u64)n;
		vfs_notify_file(f, IN_MODIFY);
		if (unlikely((f->of_flags & O_DSYNC) || (f->of_vnode->vn_fs->flags & FILESYS_SYNC)) &&
		    S_ISREG(f->of_vnode->vn_mode))
			n = sync_written(f, *pos, n);
	}
	return n;
}

ssize_t fsize_limit(struct vnode *vn, loff_t pos, size_t n)
{
	u64 limit = rlimit_get(RLIMIT_FSIZE), max = vn->vn_fs->max_file_size;

	if (!n)
		return 0;
	if (vn->vn_flags & VNODE_SWAPFILE)
		return -ETXTBSY;
	if ((u64)pos >= limit) {
		signal_send_thread(thread_self(), SIGXFSZ, NULL);
		return -EFBIG;
	}
	if ((u64)pos >= max)
		return -EFBIG;
	return (ssize_t)min_t(u64, n, min_t(u64, limit, max) - (u64)pos);
}

u64 ofile_count(void)
{
	s64 n = atomic_read(&nr_files);

	for_each_possible_cpu(c)
		n += *percpu_ptr(nr_files_delta, c);
	return n > 0 ? (u64)n : 0;
}

u64 ofile_max(void)
{
	return sysctl_file_max;
}
