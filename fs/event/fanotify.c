// SPDX-License-Identifier: GPL-2.0-only
/*
 * fanotify: groups that are told what happens to files, each event with an open
 * descriptor of the file.
 *
 * Nouns: a group is a fanotify file; a mark says which events of an object (a
 * file, a mount, a file system) the group wants, and which it ignores.
 *
 * Life-cycle: a mark ends by fanotify_mark, with its group, or with its object.
 * It holds the vnode it is on; mounts are known by their number, which is never
 * used again, file systems by address, so that neither is kept from going.
 *
 * Lock order: marks_lock (sleeping, all groups) > vn_spin, queue_lock. Events read
 * groups and marks under RCU.
 *
 * Limits: events carry descriptors only (no FAN_REPORT_FID), and permission
 * events do not exist: fanotify_init and fanotify_mark refuse both.
 */
#include "fanotify_impl.h"

#include <asm/uaccess.h>
#include <tern/base/initcall.h>
#include <tern/fs/path.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#define EVENTS	(FAN_ACCESS | FAN_MODIFY | FAN_CLOSE_WRITE | FAN_CLOSE_NOWRITE | FAN_OPEN)
#define INIT_FLAGS (FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | FAN_REPORT_TID)
#define MARK_FLAGS (FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_DONT_FOLLOW | FAN_MARK_ONLYDIR |		\
		    FAN_MARK_MOUNT | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY |		\
		    FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM)
#define EVENT_F_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC_BIT | O_CLOEXEC |	\
		       O_LARGEFILE | O_NOATIME)
#define BUCKETS	64

enum fanmark_kind { MARK_VNODE, MARK_MOUNT, MARK_FILESYS };

struct fanmark {
	struct hnode hash;		/* marks_lock, RCU */
	struct list group_link;		/* marks_lock */
	struct fangroup *group;		/* I */
	enum fanmark_kind kind;		/* I */
	u64 key;			/* I address of the object, or number of the mount */
	u32 mask, ignored;		/* marks_lock; racy reads */
	bool ignored_survives;		/* a change of the file does not end ignoring */
	struct rcu_job rcu;
};

u64 fanotify_max_queued = 16384, fanotify_max_marks = 8192, fanotify_max_groups = 128;

#define LIMIT(var, file, val)							\
	static struct procint var = { .path = "sys/fs/fanotify/" file, .value = &(val),	\
		.min = 0, .max = S32_MAX, .width = 8 };				\
	PROCINT(var)
LIMIT(queued_int, "max_queued_events", fanotify_max_queued);
LIMIT(groups_int, "max_user_groups", fanotify_max_groups);
LIMIT(marks_int, "max_user_marks", fanotify_max_marks);

/* protects groups, all marks and their table */
static struct kmutex marks_lock = KMUTEX_INIT(marks_lock, LOCKRANK_VFS_MISC);
static LIST_HEAD(groups);
static u32 ngroups;
static struct hlist table[BUCKETS];

static struct hlist *bucket_of(enum fanmark_kind kind, u64 key)
{
	return &table[(key * 0x9e3779b97f4a7c15UL + kind) >> 58];
}

/* Locks: marks_lock or RCU. */
static struct fanmark *mark_find(const struct fangroup *g, enum fanmark_kind kind, u64 key)
{
	struct hnode *n;

	for (n = hlist_load_rcu(bucket_of(kind, key)->first); n; n = hlist_load_rcu(n->next)) {
		struct fanmark *m = hlist_entry(n, struct fanmark, hash);

		if (m->group == g && m->kind == kind && m->key == key)
			return m;
	}
	return NULL;
}

/* ---- events ---- */

struct wanted { u32 mask, ignored; };

static void add_wanted(struct wanted *w, const struct fanmark *m, bool is_parent)
{
	if (!m || (is_parent && !(READ_ONCE(m->mask) & FAN_EVENT_ON_CHILD)))
		return;
	w->mask |= READ_ONCE(m->mask);
	w->ignored |= READ_ONCE(m->ignored);
}

/* A changed file is looked at again: marks on it ignore no more. */
static void end_ignoring(struct fanmark *m)
{
	if (m && !READ_ONCE(m->ignored_survives))
		WRITE_ONCE(m->ignored, 0);
}

static void fan_event(struct ofile *f, u32 event)
{
	const struct fspath *p = &f->of_path;
	struct vnode *vn = f->of_vnode, *parent = NULL;
	struct fangroup *g;

	event &= EVENTS;
	if (!event || !p->mnt || (p->mnt->mp_flags & MOUNT_INTERNAL))
		return;
	rcu_read_lock();
	if (READ_ONCE(p->nc->nc_parent) != p->nc)
		parent = READ_ONCE(READ_ONCE(p->nc->nc_parent)->nc_vnode);
	list_foreach_rcu(g, &groups, groups_link) {
		struct fanmark *own = mark_find(g, MARK_VNODE, (u64)vn);
		struct wanted w = { 0 };

		if (event & FAN_MODIFY)
			end_ignoring(own);
		add_wanted(&w, own, false);
		if (parent && parent != vn)
			add_wanted(&w, mark_find(g, MARK_VNODE, (u64)parent), true);
		add_wanted(&w, mark_find(g, MARK_MOUNT, p->mnt->mp_id), false);
		add_wanted(&w, mark_find(g, MARK_FILESYS, (u64)vn->vn_fs), false);
		if (!(event & w.mask & ~w.ignored))
			continue;
		if (vnode_is_dir(vn) && !(w.mask & FAN_ONDIR))
			continue;
		fangroup_queue(g, p, event & w.mask & ~w.ignored);
	}
	rcu_read_unlock();
}

/* ---- marks ---- */

static void mark_free_rcu(struct rcu_job *job)
{
	kmem_free(container_of(job, struct fanmark, rcu));
}

/* Locks: marks_lock. Dropping the vnode may sleep, and may end here again: not under the lock. */
static struct vnode *mark_remove_locked(struct fanmark *m)
{
	struct vnode *vn = m->kind == MARK_VNODE ? (struct vnode *)m->key : NULL;

	hlist_del_rcu(&m->hash);
	list_del(&m->group_link);
	m->group->nmarks--;
	atomic_dec(&vfs_nr_watches);
	rcu_defer(&m->rcu, mark_free_rcu);
	return vn;
}

/* Remove marks one by one while @is_victim says so. @g NULL: of all groups. */
static void remove_marks(struct fangroup *only, bool (*is_victim)(const struct fanmark *m, u64 arg), u64 arg)
{
	struct fanmark *m, *next;
	struct fangroup *g;
	struct vnode *vn;

again:
	kmutex_lock(&marks_lock);
	list_foreach(g, &groups, groups_link) {
		if (only && g != only)
			continue;
		list_foreach_safe(m, next, &g->marks, group_link) {
			if (!is_victim(m, arg))
				continue;
			vn = mark_remove_locked(m);
			if (!vn)
				continue;
			kmutex_unlock(&marks_lock);
			vnode_put(vn);
			goto again;
		}
	}
	kmutex_unlock(&marks_lock);
}

static bool is_any(const struct fanmark *m, u64 arg)
{
	return true;
}

static bool is_of_kind(const struct fanmark *m, u64 kind)
{
	return m->kind == kind;
}

static bool is_on_vnode(const struct fanmark *m, u64 vn)
{
	return m->kind == MARK_VNODE && m->key == vn;
}

static bool is_on_filesys(const struct fanmark *m, u64 fs)
{
	if (m->kind == MARK_VNODE)
		return (u64)((struct vnode *)m->key)->vn_fs == fs;
	return m->kind == MARK_FILESYS && m->key == fs;
}

static void fan_vnode_gone(struct vnode *vn)
{
	remove_marks(NULL, is_on_vnode, (u64)vn);
}

static void fan_filesys_gone(struct filesys *fs)
{
	remove_marks(NULL, is_on_filesys, (u64)fs);
}

static const struct vfs_fan_ops fan_ops = {
	.event = fan_event,
	.vnode_gone = fan_vnode_gone,
	.filesys_gone = fan_filesys_gone,
};

/* Locks: marks_lock. */
static int mark_create_locked(struct fangroup *g, enum fanmark_kind kind, u64 key, struct fanmark **out)
{
	struct fanmark *m;

	if (!(g->flags & FAN_UNLIMITED_MARKS) && g->nmarks >= fanotify_max_marks)
		return -ENOSPC;
	m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	if (!m)
		return -ENOMEM;
	m->group = g;
	m->kind = kind;
	m->key = key;
	if (kind == MARK_VNODE)
		vnode_get((struct vnode *)key);
	list_add_tail(&m->group_link, &g->marks);
	g->nmarks++;
	hlist_add_head_rcu(&m->hash, bucket_of(kind, key));
	atomic_inc(&vfs_nr_watches);
	*out = m;
	return 0;
}

static int mark_add(struct fangroup *g, enum fanmark_kind kind, u64 key, u32 flags, u32 mask)
{
	struct fanmark *m;
	int err = 0;

	kmutex_lock(&marks_lock);
	m = mark_find(g, kind, key);
	if (!m)
		err = mark_create_locked(g, kind, key, &m);
	if (!err && (flags & FAN_MARK_IGNORED_MASK)) {
		WRITE_ONCE(m->ignored, m->ignored | mask);
		if (flags & FAN_MARK_IGNORED_SURV_MODIFY)
			WRITE_ONCE(m->ignored_survives, true);
	} else if (!err) {
		WRITE_ONCE(m->mask, m->mask | mask);
	}
	kmutex_unlock(&marks_lock);
	return err;
}

static int mark_subtract(struct fangroup *g, enum fanmark_kind kind, u64 key, u32 flags, u32 mask)
{
	struct vnode *vn = NULL;
	struct fanmark *m;

	kmutex_lock(&marks_lock);
	m = mark_find(g, kind, key);
	if (m && (flags & FAN_MARK_IGNORED_MASK))
		WRITE_ONCE(m->ignored, m->ignored & ~mask);
	else if (m)
		WRITE_ONCE(m->mask, m->mask & ~mask);
	if (m && !m->mask && !m->ignored)
		vn = mark_remove_locked(m);
	kmutex_unlock(&marks_lock);
	vnode_put(vn);
	return m ? 0 : -ENOENT;
}

/* ---- groups ---- */

static void group_free_rcu(struct rcu_job *job)
{
	kmem_free(container_of(job, struct fangroup, rcu));
}

void fangroup_close(struct fangroup *g)
{
	remove_marks(g, is_any, 0);
	kmutex_lock(&marks_lock);
	list_del_rcu(&g->groups_link);
	ngroups--;
	kmutex_unlock(&marks_lock);
	rcu_wait();			/* no event of it is under way any more */
	fangroup_flush(g);
	rcu_defer(&g->rcu, group_free_rcu);
}

static struct fangroup *group_create(u32 flags, u32 event_flags)
{
	struct fangroup *g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);

	if (!g)
		return ERR_PTR(-ENOMEM);
	list_init(&g->marks);
	list_init(&g->queue);
	spin_init(&g->queue_lock, LOCKRANK_FS_SPIN);
	waitq_init(&g->wait);
	g->flags = flags;
	g->event_flags = event_flags;
	kmutex_lock(&marks_lock);
	if (ngroups >= fanotify_max_groups) {
		kmutex_unlock(&marks_lock);
		kmem_free(g);
		return ERR_PTR(-EMFILE);
	}
	ngroups++;
	list_add_tail_rcu(&g->groups_link, &groups);
	kmutex_unlock(&marks_lock);
	return g;
}

/* ---- system calls ---- */

long sys_fanotify_init(u32 flags, u32 event_flags)
{
	struct fangroup *g;
	struct ofile *f;
	int fd;

	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if ((flags & ~INIT_FLAGS) || (event_flags & ~EVENT_F_FLAGS) ||
	    (event_flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	g = group_create(flags, event_flags);
	if (IS_ERR(g))
		return PTR_ERR(g);
	f = ofile_create_anon(&fanotify_fops, g, O_RDWR | (flags & FAN_NONBLOCK ? O_NONBLOCK : 0),
			      "[fanotify]");
	if (IS_ERR(f)) {
		fangroup_close(g);
		return PTR_ERR(f);
	}
	fd = fd_add(f, flags & FAN_CLOEXEC);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

static int check_mark(u32 flags, u64 mask)
{
	u32 action = flags & (FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_FLUSH);
	u32 kind = flags & (FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM);

	if (mask >> 32 || (flags & ~MARK_FLAGS) || kind == (FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM))
		return -EINVAL;
	if (action == FAN_MARK_FLUSH)
		return flags & ~(FAN_MARK_FLUSH | FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM) ? -EINVAL : 0;
	if ((action != FAN_MARK_ADD && action != FAN_MARK_REMOVE) || !mask)
		return -EINVAL;
	return mask & ~(u64)(EVENTS | FAN_ONDIR | FAN_EVENT_ON_CHILD) ? -EINVAL : 0;
}

/* The object of a mark: @uname from @dirfd, or the descriptor itself. */
static int mark_path(int dirfd, const char __user *uname, u32 flags, struct fspath *out)
{
	struct ofile *f;
	int err;

	if (uname)
		return path_lookup_user(dirfd, uname,
					(flags & FAN_MARK_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) |
					(flags & FAN_MARK_ONLYDIR ? LOOKUP_DIRECTORY : 0), out);
	f = fd_get(dirfd);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	err = flags & FAN_MARK_ONLYDIR && !vnode_is_dir(f->of_vnode) ? -ENOTDIR : 0;
	if (!err) {
		*out = f->of_path;
		fspath_get(out);
	}
	ofile_put(f);
	return err;
}

static long change_mark(struct fangroup *g, u32 flags, u32 mask, const struct fspath *p)
{
	enum fanmark_kind kind = flags & FAN_MARK_MOUNT ? MARK_MOUNT :
				 flags & FAN_MARK_FILESYSTEM ? MARK_FILESYS : MARK_VNODE;
	struct vnode *vn = path_vnode(p);
	u64 key = kind == MARK_MOUNT ? p->mnt->mp_id : kind == MARK_FILESYS ? (u64)vn->vn_fs : (u64)vn;
	int err = vnode_permission(vn, MAY_READ);

	if (err)
		return err;
	return flags & FAN_MARK_ADD ? mark_add(g, kind, key, flags, mask) :
				      mark_subtract(g, kind, key, flags, mask);
}

long sys_fanotify_mark(int fd, u32 flags, u64 mask, int dirfd, const char __user *uname)
{
	struct ofile *f;
	struct fspath p;
	long err = check_mark(flags, mask);

	if (err)
		return err;
	f = fd_get(fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (f->of_ops != &fanotify_fops) {
		err = -EINVAL;
	} else if (flags & FAN_MARK_FLUSH) {
		remove_marks(f->of_priv, is_of_kind, flags & FAN_MARK_MOUNT ? MARK_MOUNT :
			     flags & FAN_MARK_FILESYSTEM ? MARK_FILESYS : MARK_VNODE);
	} else {
		err = mark_path(dirfd, uname, flags, &p);
		if (!err) {
			err = change_mark(f->of_priv, flags, (u32)mask, &p);
			fspath_put(&p);
		}
	}
	ofile_put(f);
	return err;
}

static int fanotify_start(void)
{
	vfs_fan_register(&fan_ops);
	return 0;
}
INITCALL(FS, fanotify_start);
