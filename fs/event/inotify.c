// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify: watches on vnodes report what happens to them, by number, to the
 * queue of an inotify file.
 *
 * Nouns: a group is an inotify file; a watch is the pair of a group and a
 * vnode, numbered (wd) in the group; a vnode's watchset lists its watches.
 *
 * Life-cycle of a watch: inotify_add_watch makes it with one reference for the
 * group's table; it holds the vnode. It ends by inotify_rm_watch, with the
 * group, or when the vnode is deleted or its file system unmounted; whoever
 * takes it out of the table (doom) sends IN_IGNORED and drops that reference.
 *
 * Lock order: group lock > vn_spin > queue_lock. Events arrive with directory
 * locks held; those rank before the group lock.
 */
#include "inotify_impl.h"

#include <asm/uaccess.h>
#include <tern/base/initcall.h>
#include <tern/fs/path.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>
#include <tern/mm/slab.h>
#include <tern/mm/vmstat.h>
#include <uapi/fcntl.h>

#define WD_MAX		S32_MAX
#define IN_ALWAYS	(IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED)
#define IN_OPTIONS	(IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | \
			 IN_ONESHOT)

u64 inotify_max_queued = 16384, inotify_max_instances = 128, inotify_max_watches = 8192;

#define LIMIT(var, file, val)							\
	static struct procint var = { .path = "sys/fs/inotify/" file, .value = &(val),	\
		.min = 0, .max = S32_MAX, .width = 8 };				\
	PROCINT(var)
LIMIT(queued_int, "max_queued_events", inotify_max_queued);
LIMIT(instances_int, "max_user_instances", inotify_max_instances);
LIMIT(watches_int, "max_user_watches", inotify_max_watches);

static void *node_alloc(void *ctx, size_t size)
{
	return kmem_alloc(size, ALLOC_KERNEL);
}

static void node_free(void *ctx, void *ptr, size_t size)
{
	kmem_free(ptr);
}

static const struct lib_alloc wd_alloc = { node_alloc, node_free, NULL };

void group_put(struct watchgroup *g)
{
	if (!ref_put(&g->refs))
		return;
	idmap_destroy(&g->wds, &wd_alloc);
	cred_put(g->cred);
	kmem_free(g);
}

static void watch_put(struct watch *w)
{
	if (!ref_put(&w->refs))
		return;
	atomic_dec(&w->group->cred->user->inotify_watches);
	vnode_put(w->vn);
	group_put(w->group);
	kmem_free(w);
}

/* ---- watches of a vnode ---- */

/* Locks: vn_spin. */
static struct watch *watch_find(struct vnode *vn, const struct watchgroup *g)
{
	struct watch *w;

	if (!vn->vn_watches)
		return NULL;
	list_foreach(w, &vn->vn_watches->watches, set_link)
		if (w->group == g)
			return w;
	return NULL;
}

struct watchset *watchset_alloc(void)
{
	struct watchset *set = kmem_alloc(sizeof(*set), ALLOC_KERNEL);

	if (set) {
		list_init(&set->watches);
		list_init(&set->dnotes);
	}
	return set;
}

struct watchset *watchset_take_empty(struct vnode *vn)
{
	struct watchset *set = vn->vn_watches;

	if (!set || !list_is_empty(&set->watches) || !list_is_empty(&set->dnotes))
		return NULL;
	vn->vn_watches = NULL;
	return set;
}

/* True if it was attached: the caller then ends it. Frees the set with its last watch. */
static bool watch_detach(struct watch *w)
{
	struct watchset *empty = NULL;
	struct vnode *vn = w->vn;
	bool was_attached;

	spin_lock(&vn->vn_spin);
	was_attached = w->is_attached;
	if (was_attached) {
		w->is_attached = false;
		list_del(&w->set_link);
		empty = watchset_take_empty(vn);
	}
	spin_unlock(&vn->vn_spin);
	kmem_free(empty);
	if (was_attached)
		atomic_dec(&vfs_nr_watches);
	return was_attached;
}

/* The watch is off its vnode: tell the reader, free the number, drop the table's reference. */
static void watch_end_locked(struct watch *w)
{
	struct watchgroup *g = w->group;

	idmap_remove(&g->wds, w->wd, &wd_alloc);
	group_queue(g, w->wd, IN_IGNORED, 0, NULL, 0);
}

static void watch_end(struct watch *w)
{
	struct watchgroup *g = w->group;

	ref_get(&g->refs);
	kmutex_lock(&g->lock);
	watch_end_locked(w);
	kmutex_unlock(&g->lock);
	watch_put(w);
	group_put(g);
}

void group_drop_watches(struct watchgroup *g)
{
	struct watch *w;
	u32 id = 0;

	kmutex_lock(&g->lock);
	g->is_dying = true;
	while ((w = idmap_next(&g->wds, &id))) {
		if (!watch_detach(w)) {		/* somebody ends it: he waits for our lock */
			id++;
			continue;
		}
		idmap_remove(&g->wds, id, &wd_alloc);
		kmutex_unlock(&g->lock);
		watch_put(w);
		kmutex_lock(&g->lock);
		id = 0;
	}
	kmutex_unlock(&g->lock);
}

/* ---- events ---- */

static void inotify_event(struct vnode *vn, u32 mask, const char *name, u32 len, u32 cookie)
{
	bool is_last = mask & (IN_DELETE_SELF | IN_UNMOUNT) && !name;
	struct watchset *empty = NULL;
	struct watch *w, *next;
	LIST_HEAD(doomed);
	LIST_HEAD(gone);
	u32 ngone = 0;

	if (mask & IN_UNMOUNT && vnode_is_dir(vn))
		mask |= IN_ISDIR;
	spin_lock(&vn->vn_spin);
	if (vn->vn_watches) {
		ngone = dnotify_event(vn->vn_watches, mask, &gone);
		list_foreach(w, &vn->vn_watches->watches, set_link) {
			u32 hit = mask & (w->mask | IN_ALWAYS) & (IN_ALL_EVENTS | IN_ALWAYS);

			if (name && mask & VFS_NOTIFY_UNLINKED && w->mask & IN_EXCL_UNLINK)
				hit = 0;
			if (hit)
				group_queue(w->group, w->wd, hit | (mask & IN_ISDIR), cookie, name, len);
			if (!w->is_doomed && (is_last || (hit && w->mask & IN_ONESHOT))) {
				w->is_doomed = true;
				ref_get(&w->refs);
				list_add_tail(&w->doomed_link, &doomed);
				if (!is_last)
					w->mask = 0;
			}
		}
		empty = watchset_take_empty(vn);
	}
	spin_unlock(&vn->vn_spin);
	if (ngone)
		atomic_sub(&vfs_nr_watches, ngone);
	dnotify_free(&gone);
	kmem_free(empty);
	list_foreach_safe(w, next, &doomed, doomed_link) {
		if (watch_detach(w))
			watch_end(w);
		watch_put(w);
	}
}

/* ---- system calls ---- */

static struct watchgroup *group_create(void)
{
	struct watchgroup *g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);

	if (!g)
		return NULL;
	ref_init(&g->refs, 1);
	kmutex_init(&g->lock, LOCKRANK_VFS_MISC);
	idmap_init(&g->wds);
	spin_init(&g->queue_lock, LOCKRANK_FS_SPIN);
	list_init(&g->queue);
	waitq_init(&g->wait);
	g->next_wd = 1;
	g->cred = cred_get(cred_self());
	return g;
}

static long inotify_create(u32 flags)
{
	struct usercount *user = cred_self()->user;
	struct watchgroup *g;
	struct ofile *f;
	int fd;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if ((u64)atomic_add_return(&user->inotify_instances, 1) > inotify_max_instances) {
		atomic_dec(&user->inotify_instances);
		return -EMFILE;
	}
	g = group_create();
	f = g ? ofile_create_anon(&inotify_fops, g, O_RDONLY | (flags & O_NONBLOCK), "inotify") :
	    ERR_PTR(-ENOMEM);
	if (IS_ERR(f)) {
		atomic_dec(&user->inotify_instances);
		if (g)
			group_put(g);
		return PTR_ERR(f);
	}
	fd = fd_add(f, flags & O_CLOEXEC);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

long sys_inotify_init(void)
{
	return inotify_create(0);
}

long sys_inotify_init1(int flags)
{
	return inotify_create(flags);
}

/* A watch that exists: wd or -EEXIST; -ENOENT if there is none. Locks: group. */
static s32 watch_update(struct watchgroup *g, struct vnode *vn, u32 mask)
{
	struct watch *w;
	s32 wd = -ENOENT;

	spin_lock(&vn->vn_spin);
	w = watch_find(vn, g);
	if (w && mask & IN_MASK_CREATE) {
		wd = -EEXIST;
	} else if (w) {
		w->mask = mask & IN_MASK_ADD ? w->mask | mask : mask;
		wd = w->wd;
	}
	spin_unlock(&vn->vn_spin);
	return wd;
}

static s32 watch_create(struct watchgroup *g, struct vnode *vn, u32 mask)
{
	struct watchset *set = watchset_alloc();
	struct watch *w = kmem_zalloc(sizeof(*w), ALLOC_KERNEL);
	struct usercount *user = g->cred->user;
	s32 wd = -ENOMEM;

	if (!set || !w)
		goto fail;
	wd = -ENOSPC;
	if ((u64)atomic_read(&user->inotify_watches) >= inotify_max_watches)
		goto fail;
	wd = idmap_alloc_cyclic(&g->wds, w, 1, WD_MAX - 1, &g->next_wd, &wd_alloc);
	if (wd < 0)
		goto fail;
	atomic_inc(&user->inotify_watches);
	ref_init(&w->refs, 1);
	ref_get(&g->refs);
	vnode_get(vn);
	w->group = g;
	w->vn = vn;
	w->wd = wd;
	w->mask = mask;
	spin_lock(&vn->vn_spin);
	if (!vn->vn_watches) {
		vn->vn_watches = set;
		set = NULL;
	}
	list_add_tail(&w->set_link, &vn->vn_watches->watches);
	w->is_attached = true;
	spin_unlock(&vn->vn_spin);
	atomic_inc(&vfs_nr_watches);
	kmem_free(set);
	return wd;
fail:
	kmem_free(set);
	kmem_free(w);
	return wd;
}

/* The group of an inotify descriptor, file referenced. */
static struct ofile *group_file(int fd)
{
	struct ofile *f = fd_get(fd);

	if (!IS_ERR(f) && f->of_ops != &inotify_fops) {
		ofile_put(f);
		return ERR_PTR(-EINVAL);
	}
	return f;
}

long sys_inotify_add_watch(int fd, const char __user *name, u32 mask)
{
	u32 lookup = mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW;
	struct watchgroup *g;
	struct ofile *f;
	struct fspath p;
	long wd;

	if (!(mask & IN_ALL_EVENTS) || mask & ~(IN_ALL_EVENTS | IN_ALWAYS | IN_ISDIR | IN_OPTIONS) ||
	    (mask & (IN_MASK_ADD | IN_MASK_CREATE)) == (IN_MASK_ADD | IN_MASK_CREATE))
		return -EINVAL;
	f = group_file(fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	wd = path_lookup_user(AT_FDCWD, name, lookup | (mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0), &p);
	if (wd)
		goto out_file;
	wd = vnode_permission(path_vnode(&p), MAY_READ);
	if (!wd) {
		g = f->of_priv;
		kmutex_lock(&g->lock);
		wd = watch_update(g, path_vnode(&p), mask);
		if (wd == -ENOENT)
			wd = watch_create(g, path_vnode(&p), mask);
		kmutex_unlock(&g->lock);
	}
	fspath_put(&p);
out_file:
	ofile_put(f);
	return wd;
}

long sys_inotify_rm_watch(int fd, int wd)
{
	struct ofile *f = group_file(fd);
	struct watchgroup *g;
	struct watch *w;
	bool is_ours = false;

	if (IS_ERR(f))
		return PTR_ERR(f);
	g = f->of_priv;
	kmutex_lock(&g->lock);
	w = wd > 0 ? idmap_find(&g->wds, wd) : NULL;
	if (w) {
		is_ours = watch_detach(w);
		if (is_ours)
			watch_end_locked(w);
	}
	kmutex_unlock(&g->lock);
	if (is_ours)
		watch_put(w);
	ofile_put(f);
	return w ? 0 : -EINVAL;
}

static int inotify_start(void)
{
	struct meminfo mi;

	/* A hundredth of memory at 1 KiB a watch and its vnode. */
	meminfo_get(&mi);
	inotify_max_watches = clamp_t(u64, mi.total * PAGE_SIZE / 100 / 1024, 8192, 1048576);
	vfs_notify_register(inotify_event);
	return 0;
}
INITCALL(FS, inotify_start);
