// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes: the ring, its owners and the file system without names they live in.
 *
 * A pipe is a ring of slots, each with a page (or a piece of somebody else's
 * page, brought by splice). Writers append to the last slot if the page is the
 * pipe's own and the data fits, else fill new ones; readers empty the oldest.
 * A write of at most PIPE_BUF bytes goes into one slot and is so never mixed
 * with others. One or two emptied pages are kept for the next write.
 *
 * Wake-ups: a reader is woken when the ring was empty, a writer when it was
 * full; a woken one passes the wake-up on if there is more for the next.
 *
 * Life: an anonymous pipe belongs to its vnode, a FIFO's to the vnode while it
 * is open (fifo.c); the last of both ends' files frees it.
 *
 * Lock order: pipe lock > wait queues; user memory is copied under the lock.
 */
#include "pipe_impl.h"

#include <tern/base/bug.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/mount.h>

static u64 sysctl_pipe_max_size = 1 << 20;
static struct procint proc_pipe_max = {
	.path = "sys/fs/pipe-max-size", .value = &sysctl_pipe_max_size, .min = PAGE_SIZE, .max = 1UL << 31,
};
PROCINT(proc_pipe_max);

static struct mountpt *pipe_mount;
static struct objcache *pipe_vnode_cache;
static u64 next_ino = 1;

struct pipe *pipe_alloc(void)
{
	struct pipe *p = kmem_zalloc(sizeof(*p), ALLOC_USER);

	if (!p)
		return NULL;
	p->bufs = kmem_zalloc(PIPE_SLOTS * sizeof(*p->bufs), ALLOC_USER);
	if (!p->bufs) {
		kmem_free(p);
		return NULL;
	}
	kmutex_init(&p->lock, LOCKRANK_PIPE);
	waitq_init(&p->rd_wait);
	waitq_init(&p->wr_wait);
	p->nslots = PIPE_SLOTS;
	return p;
}

void pipe_free(struct pipe *p)
{
	while (!pipe_is_empty(p))
		pipe_buf_drop(p);
	for (u32 i = 0; i < PIPE_SPARES; i++) {
		if (p->spare[i])
			page_put(p->spare[i]);
	}
	kmem_free(p->bufs);
	kmem_free(p);
}

struct page *pipe_page_get(struct pipe *p)
{
	for (u32 i = 0; i < PIPE_SPARES; i++) {
		struct page *page = p->spare[i];

		if (page) {
			p->spare[i] = NULL;
			return page;
		}
	}
	return page_alloc(0, ALLOC_USER);
}

void pipe_buf_drop(struct pipe *p)
{
	struct pipebuf *b = pipe_buf(p, p->tail);
	struct page *page = b->page;

	b->page = NULL;
	WRITE_ONCE(p->tail, p->tail + 1);
	if (b->is_mergeable && atomic_read(&page->refcount) == 1) {
		for (u32 i = 0; i < PIPE_SPARES; i++) {
			if (!p->spare[i]) {
				p->spare[i] = page;
				return;
			}
		}
	}
	page_put(page);
}

/* ---- size ---- */

long pipe_fcntl_size(struct ofile *f, bool set, u64 bytes)
{
	struct pipe *p = pipe_of(f);
	struct pipebuf *bufs, *old;
	u32 used, n;

	if (!ofile_is_pipe(f))
		return -EBADF;
	if (!set)
		return (long)READ_ONCE(p->nslots) * (long)PAGE_SIZE;
	if (bytes > 1UL << 31)
		return -EINVAL;
	n = (u32)roundup_pow2(max_t(u64, DIV_ROUND_UP(bytes, PAGE_SIZE), 1));
	if (n > p->nslots && n * PAGE_SIZE > sysctl_pipe_max_size && !cap_has(CAP_SYS_RESOURCE))
		return -EPERM;
	bufs = kmem_calloc(n, sizeof(*bufs), ALLOC_USER);
	if (!bufs)
		return -ENOMEM;
	kmutex_lock(&p->lock);
	used = pipe_used(p);
	if (used > n || p->is_held) {
		kmutex_unlock(&p->lock);
		kmem_free(bufs);
		return -EBUSY;
	}
	for (u32 i = 0; i < used; i++)
		bufs[i] = *pipe_buf(p, p->tail + i);
	old = p->bufs;
	p->bufs = bufs;
	WRITE_ONCE(p->nslots, n);
	WRITE_ONCE(p->tail, 0);
	WRITE_ONCE(p->head, used);
	kmutex_unlock(&p->lock);
	kmem_free(old);
	pipe_wake_writers(p);
	return (long)n * (long)PAGE_SIZE;
}

/* ---- ends ---- */

static int pipe_open(struct ofile *f, struct vnode *vn)
{
	struct pipe *p = vn->vn_special;

	/* Again by /proc/PID/fd: one more file of the ends asked for. */
	kmutex_lock(&p->lock);
	p->files++;
	if (f->of_mode & OFILE_READ)
		p->readers++;
	if (f->of_mode & OFILE_WRITE)
		p->writers++;
	kmutex_unlock(&p->lock);
	f->of_priv = p;
	f->of_pos = -1;		/* a hang-up is reported at once: pipe_fop_poll() */
	ofile_make_stream(f);
	return 0;
}

bool pipe_close_end(struct pipe *p, struct ofile *f)
{
	bool last;

	kmutex_lock(&p->lock);
	if (f->of_mode & OFILE_READ)
		WRITE_ONCE(p->readers, p->readers - 1);
	if (f->of_mode & OFILE_WRITE)
		WRITE_ONCE(p->writers, p->writers - 1);
	last = --p->files == 0;
	kmutex_unlock(&p->lock);
	if (!last)
		pipe_wake_ends(p);
	return last;
}

static void pipe_release_end(struct ofile *f)
{
	/* The pipe itself goes with the vnode, which the name of this file still holds. */
	(void)pipe_close_end(pipe_of(f), f);
}

const struct ofile_ops pipe_fops = {
	.open = pipe_open,
	.flush = fop_default_flush,
	.release = pipe_release_end,
	.read = pipe_fop_read,
	.write = pipe_fop_write,
	.seek = fop_no_seek,
	.poll = pipe_fop_poll,
	.ioctl = pipe_fop_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = pipe_fop_set_flags,
	.show_fdinfo = fop_default_show_fdinfo,
	FOPS_NO_STORAGE,
};

bool ofile_is_pipe(const struct ofile *f)
{
	return f->of_ops == &pipe_fops || f->of_ops == &fifo_fops;
}

/* ---- the file system ---- */

static void pipe_vnode_free(struct rcu_job *job)
{
	objcache_free(pipe_vnode_cache, container_of(job, struct vnode, vn_rcu));
}

static void pipe_evict(struct vnode *vn)
{
	if (vn->vn_special)
		pipe_free(vn->vn_special);
	vnode_fini(vn);
	vnode_free_deferred(vn, pipe_vnode_free);
}

static const struct vnode_ops pipe_vnode_ops = {
	.lookup = vnop_no_lookup, .getattr = vnop_default_getattr, .setattr = vnop_default_setattr,
	.permission = vnop_default_permission, .revalidate = vnop_default_revalidate,
	.evict = pipe_evict, VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

static const struct filesys_ops pipe_fs_ops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = fsop_default_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct vnode *pipe_vnode_make(struct filesys *fs, mode_t mode)
{
	struct vnode *vn = objcache_zalloc(pipe_vnode_cache, ALLOC_KERNEL);

	if (!vn)
		return NULL;
	vnode_init(vn, fs, &pipe_vnode_ops, &pipe_fops, mode);
	vn->vn_fops = &pipe_fops;
	vn->vn_uid = cred_self()->fsuid;
	vn->vn_gid = cred_self()->fsgid;
	vn->vn_ino = __atomic_fetch_add(&next_ino, 1, __ATOMIC_RELAXED);
	vn->vn_flags = VNODE_PRIVATE | VNODE_NOATIME;
	return vn;
}

static struct filesys *pipefs_mount(struct fstype *t, const struct mount_args *args)
{
	struct filesys *fs = filesys_alloc(t, &pipe_fs_ops);
	struct vnode *root;

	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->magic = PIPEFS_MAGIC;
	root = pipe_vnode_make(fs, S_IFDIR | 0700);
	if (root && !filesys_root_set(fs, root))
		return fs;
	filesys_discard(fs);
	return ERR_PTR(-ENOMEM);
}

static struct fstype pipe_fstype = { .name = "pipefs", .flags = FSTYPE_NODEV | FSTYPE_INTERNAL,
				     .mount = pipefs_mount };
FILESYSTEM(pipe_fstype);

void pipe_init(void)
{
	vnode_ops_verify(&pipe_vnode_ops);
	ofile_ops_verify(&pipe_fops);
	ofile_ops_verify(&fifo_fops);
	pipe_vnode_cache = objcache_create("pipe_vnode", sizeof(struct vnode), 8, 0, NULL);
	VERIFY(pipe_vnode_cache);
	pipe_mount = vfs_kernel_mount("pipefs", NULL);
	VERIFY(!IS_ERR(pipe_mount));
}

int pipe_create(struct ofile **rd, struct ofile **wr, u32 flags)
{
	struct vnode *vn = pipe_vnode_make(pipe_mount->mp_fs, S_IFIFO | 0600);
	struct fspath p = { .mnt = pipe_mount };

	if (!vn)
		return -ENFILE;
	vn->vn_special = pipe_alloc();
	p.nc = vn->vn_special ? ncent_anon(pipe_mount->mp_fs, vn, "pipe") : NULL;
	if (!p.nc) {
		vnode_put(vn);
		return -ENFILE;
	}
	*rd = ofile_open(&p, O_RDONLY | flags, NULL);
	*wr = IS_ERR(*rd) ? *rd : ofile_open(&p, O_WRONLY | flags, NULL);
	ncent_put(p.nc);
	if (!IS_ERR(*wr))
		return 0;
	if (!IS_ERR(*rd))
		ofile_put(*rd);
	return (int)PTR_ERR(*wr);
}
