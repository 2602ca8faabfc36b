// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walking a path. struct walk is the state: where we are, what text is left,
 * and a stack of texts that are interrupted by symbolic links.
 *
 * A walk is tried under RCU first: it touches no reference count and takes no
 * lock, and checks each entry's sequence count after use, hand over hand.
 * Whatever it cannot do (name not cached, link whose text must be read, a
 * change under way) ends it with -ECHILD, and the walk starts again from the
 * beginning with references (is_rcu false), where every step may sleep. Text
 * of a link followed under RCU lives as long as its vnode, that is, until the
 * end of the RCU section at least.
 *
 * A walk ends at the last component: LOOKUP_PARENT stops in front of it, for
 * those who make, remove or rename names.
 *
 * Lock order: no lock is held between steps; a step may take the directory's
 * vn_lock for reading.
 */
#include "vfs_impl.h"

#include <tern/fs/procfs.h>

u64 sysctl_protected_symlinks = 1;

static struct procint proc_protected_symlinks = {
	.path = "sys/fs/protected_symlinks", .value = &sysctl_protected_symlinks, .min = 0, .max = 1,
};
PROCINT(proc_protected_symlinks);

/* ---- steps that both modes share ---- */

static void walk_put_cur(struct walk *w)
{
	if (!w->is_rcu)
		fspath_put(&w->cur);
}

/* Go to @p; in reference mode its references are handed over. */
static void walk_set_cur(struct walk *w, const struct fspath *p, u32 seq)
{
	walk_put_cur(w);
	w->cur = *p;
	w->vn = p->nc->nc_vnode;
	w->seq = seq;
}

static int may_search(struct walk *w)
{
	struct vnode *vn = w->vn;

	/* Open to all: no need to look at who asks. */
	if (likely(vn->vn_ops->permission == vnop_default_permission && (vn->vn_mode & 0111) == 0111 &&
		   !READ_ONCE(vn->vn_acl)))
		return 0;
	if (w->flags & LOOKUP_KERNEL)
		return 0;
	if (w->is_rcu && vn->vn_ops->permission != vnop_default_permission)
		return -ECHILD;
	return vnode_permission(vn, MAY_EXEC);
}

static int cross_mounts(struct walk *w, struct fspath *p, u32 *seq)
{
	struct mountpt *m;

	while (unlikely(p->nc->nc_flags & NCENT_MOUNTED)) {
		m = w->is_rcu ? mount_find_rcu(p->mnt, p->nc) : mount_find(p->mnt, p->nc);
		if (!m)
			break;
		if (w->flags & LOOKUP_NO_XDEV) {
			if (!w->is_rcu)
				mountpt_put(m);
			return -EXDEV;
		}
		if (!w->is_rcu) {
			ncent_get(m->mp_root);
			fspath_put(p);
		}
		p->mnt = m;
		p->nc = m->mp_root;
		*seq = seq_read_begin(&p->nc->nc_seq);
	}
	return 0;
}

void mount_cross(struct fspath *p)
{
	struct walk w = { .is_rcu = false };
	u32 seq;

	(void)cross_mounts(&w, p, &seq);
}

/* ".." in either mode: stops at the root, leaves mounts by their mount point. */
static int walk_dotdot(struct walk *w)
{
	struct fspath p = w->cur;
	u32 seq = w->seq;
	int err;

	if (path_equal(&p, &w->root))
		return w->flags & LOOKUP_BENEATH ? -EXDEV : 0;
	if (!w->is_rcu)
		fspath_get(&p);
	for (;;) {
		struct ncent *nc;

		if (path_equal(&p, &w->root))
			break;
		rcu_read_lock();
		if (p.nc != p.mnt->mp_root) {
			nc = READ_ONCE(p.nc->nc_parent);
			if (!w->is_rcu && !ncent_get_live(nc)) {
				rcu_read_unlock();
				cpu_relax();
				continue;
			}
			rcu_read_unlock();
			if (w->is_rcu && seq_read_retry(&p.nc->nc_seq, seq))
				return -ECHILD;
			if (!w->is_rcu)
				ncent_put(p.nc);
			p.nc = nc;
			seq = seq_read_begin(&nc->nc_seq);
			break;
		}
		rcu_read_unlock();
		if (w->is_rcu) {
			struct mountpt *up = READ_ONCE(p.mnt->mp_parent);

			if (up == p.mnt)
				break;
			nc = READ_ONCE(p.mnt->mp_point);
			p.mnt = up;
			p.nc = nc;
			seq = seq_read_begin(&nc->nc_seq);
			if (seq_read_retry(&mount_seq, w->mount_seq))
				return -ECHILD;
		} else {
			struct fspath up;

			if (!mount_parent(p.mnt, &up))
				break;
			fspath_put(&p);
			p = up;
		}
		if (w->flags & LOOKUP_NO_XDEV) {
			err = -EXDEV;
			goto fail;
		}
	}
	err = cross_mounts(w, &p, &seq);
	if (err)
		goto fail;
	if (w->is_rcu && !p.nc->nc_vnode)
		return -ECHILD;
	walk_set_cur(w, &p, seq);
	return 0;
fail:
	if (!w->is_rcu)
		fspath_put(&p);
	return err;
}

/* ---- one component down ---- */

/* Under the name that the file system has for it. */
static __noinline struct ncent *add_by_true_name(struct ncent *dir, struct vnode *vn)
{
	char name[NAME_MAX + 1];

	return ncent_add(dir, name, vn->vn_fs->ops->true_name(vn, name), vn);
}

struct ncent *entry_lookup_locked(struct ncent *dir, const char *name, u32 len)
{
	struct vnode *dvn = dir->nc_vnode, *vn;
	struct ncent *nc = ncent_lookup(dir, name, len);

	if (nc && !((nc->nc_fs->flags & FILESYS_REVALIDATE) && !dvn->vn_ops->revalidate(nc)))
		return nc;
	vn = dvn->vn_flags & VNODE_DEAD_DIR ? ERR_PTR(-ENOENT) : dvn->vn_ops->lookup(dvn, name, len);
	if (nc && !IS_ERR(vn)) {
		/* Asked again, it is the same file: what is below it, and mounted on it, stays. */
		if (vn == nc->nc_vnode) {
			vnode_put(vn);
			return nc;
		}
		ncent_forget(nc);
	}
	if (nc)
		ncent_put(nc);
	if (IS_ERR(vn))
		return ERR_CAST(vn);
	nc = vn && unlikely(vn->vn_fs->ops->true_name) ? add_by_true_name(dir, vn) : ncent_add(dir, name, len, vn);
	return nc ? nc : ERR_PTR(-ENOMEM);
}

static struct ncent *entry_lookup(struct ncent *dir, const char *name, u32 len)
{
	struct vnode *dvn = dir->nc_vnode;
	struct ncent *nc = ncent_lookup(dir, name, len);

	if (likely(nc && !(nc->nc_fs->flags & FILESYS_REVALIDATE)))
		return nc;
	if (nc)
		ncent_put(nc);
	rwsem_read_lock(&dvn->vn_lock);
	nc = entry_lookup_locked(dir, name, len);
	rwsem_read_unlock(&dvn->vn_lock);
	return nc;
}

static int step_rcu(struct walk *w, const char *name, u32 len, u32 hash, struct fspath *p, u32 *seq)
{
	struct ncent *dir = w->cur.nc, *nc = ncent_find_rcu(dir, name, len, hash, seq);
	struct vnode *vn;

	if (unlikely(!nc))
		return -ECHILD;
	vn = READ_ONCE(nc->nc_vnode);
	if (unlikely(seq_read_retry(&nc->nc_seq, *seq) || seq_read_retry(&dir->nc_seq, w->seq)))
		return -ECHILD;
	if (unlikely((nc->nc_fs->flags & FILESYS_REVALIDATE) && !w->vn->vn_ops->revalidate(nc)))
		return -ECHILD;
	if (!vn)
		return -ENOENT;
	p->mnt = w->cur.mnt;
	p->nc = nc;
	return cross_mounts(w, p, seq);
}

static int step_ref(struct walk *w, const char *name, u32 len, struct fspath *p, bool cross)
{
	struct ncent *nc = entry_lookup(w->cur.nc, name, len);
	u32 seq;

	if (IS_ERR(nc))
		return (int)PTR_ERR(nc);
	if (!nc->nc_vnode) {
		ncent_put(nc);
		return -ENOENT;
	}
	mountpt_get(w->cur.mnt);
	p->mnt = w->cur.mnt;
	p->nc = nc;
	if (cross) {
		int err = cross_mounts(w, p, &seq);

		if (err)
			fspath_put(p);
		return err;
	}
	return 0;
}

/* ---- symbolic links ---- */

/* Sticky directories that all may write: only the owner's links are followed. */
static int may_follow(struct walk *w, const struct vnode *link)
{
	const struct vnode *dir = w->vn;

	if (!sysctl_protected_symlinks || (w->flags & LOOKUP_KERNEL) ||
	    (dir->vn_mode & (S_ISVTX | 02)) != (S_ISVTX | 02))
		return 0;
	return cred_self()->fsuid == link->vn_uid || dir->vn_uid == link->vn_uid ? 0 : -EACCES;
}

static int frame_push(struct walk *w, struct vnode *vn, void *cookie)
{
	if (w->depth == w->depth_max) {
		struct link_frame *more;

		if (w->is_rcu)
			return -ECHILD;
		more = kmem_alloc(sizeof(*more) * (LINK_MAX_FOLLOWED + 1), ALLOC_KERNEL);
		if (!more)
			return -ENOMEM;
		memcpy(more, w->frames, sizeof(*more) * w->depth);
		w->frames = more;
		w->depth_max = LINK_MAX_FOLLOWED + 1;
	}
	w->frames[w->depth++] = (struct link_frame){ .rest = w->rest, .vn = vn, .cookie = cookie };
	return 0;
}

static void frame_pop(struct walk *w)
{
	struct link_frame *f = &w->frames[--w->depth];

	w->rest = f->rest;
	if (f->vn) {
		f->vn->vn_ops->link_put(f->vn, f->cookie);
		vnode_put(f->vn);
	}
}

/* The walk goes on at its root: absolute names. */
static int walk_to_root(struct walk *w)
{
	struct fspath p = w->root;

	if (w->flags & LOOKUP_BENEATH)
		return -EXDEV;
	if ((w->flags & LOOKUP_NO_XDEV) && p.mnt != w->cur.mnt)
		return -EXDEV;
	if (!w->is_rcu)
		fspath_get(&p);
	walk_set_cur(w, &p, seq_read_begin(&p.nc->nc_seq));
	return 0;
}

static int follow_magic(struct walk *w, struct vnode *vn)
{
	struct fspath out;
	int err;

	err = vn->vn_ops->follow(vn, &out);
	if (err)
		return err;
	if (w->flags & LOOKUP_NO_MAGICLINKS)
		err = -ELOOP;
	else if (w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))
		err = -EXDEV;
	else if ((w->flags & LOOKUP_NO_XDEV) && out.mnt != w->cur.mnt)
		err = -EXDEV;
	if (err) {
		fspath_put(&out);
		return err;
	}
	walk_set_cur(w, &out, 0);
	return 0;
}

static int link_checks(struct walk *w, const struct fspath *link, struct vnode *vn)
{
	int err;

	if (w->nlinks++ >= LINK_MAX_FOLLOWED)
		return -ELOOP;
	if (w->flags & LOOKUP_NO_SYMLINKS)
		return -ELOOP;
	if (link->mnt->mp_flags & MOUNT_NOSYMFOLLOW)
		return -ELOOP;
	err = may_follow(w, vn);
	if (err)
		return err;
	return 0;
}

/*
 * Replace the component just found, the link @link (not consumed), by its text.
 * A magic link moves the walk at once.
 */
static int walk_follow(struct walk *w, const struct fspath *link)
{
	struct vnode *vn = READ_ONCE(link->nc->nc_vnode);
	const char *text;
	void *cookie = NULL;
	int err;

	/* Unlinked since it was found. */
	if (unlikely(!vn))
		return w->is_rcu ? -ECHILD : -ENOENT;
	err = link_checks(w, link, vn);
	if (err)
		return err;
	if (likely(vn->vn_link)) {
		path_touch_atime(link, vn);
		text = vn->vn_link;
	} else if (w->is_rcu) {
		return -ECHILD;
	} else {
		err = follow_magic(w, vn);
		if (err != -EINVAL)
			return err;
		path_touch_atime(link, vn);
		text = vn->vn_ops->readlink(vn, &cookie);
		if (IS_ERR(text))
			return (int)PTR_ERR(text);
	}
	if (!w->is_rcu)
		vnode_get(vn);
	err = *text ? frame_push(w, w->is_rcu ? NULL : vn, cookie) : -ENOENT;
	if (err) {
		if (!w->is_rcu) {
			vn->vn_ops->link_put(vn, cookie);
			vnode_put(vn);
		}
		return err;
	}
	w->rest = text;
	return *text == '/' ? walk_to_root(w) : 0;
}

int walk_push_link(struct walk *w, const struct fspath *link)
{
	w->rest = w->last.name + w->last.len;
	while (*w->rest == '/')
		w->rest++;
	return walk_follow(w, link);
}

/* ---- the loop ---- */

/* Is nothing but slashes left here and in all interrupted texts? */
static bool is_last(const struct walk *w, const char *rest)
{
	if (*rest)
		return false;
	for (u32 i = w->depth; i-- > 0;) {
		const char *r = w->frames[i].rest;

		while (*r == '/')
			r++;
		if (*r)
			return false;
	}
	return true;
}

static enum last_kind kind_of(const char *name, u32 len)
{
	if (name[0] != '.' || len > 2)
		return LAST_NORM;
	if (len == 1)
		return LAST_DOT;
	return name[1] == '.' ? LAST_DOTDOT : LAST_NORM;
}

static int walk_name(struct walk *w, const char *name, u32 len, u32 hash, bool last)
{
	bool follow = !last || (w->flags & LOOKUP_FOLLOW) || w->must_be_dir;
	struct vnode *vn;
	struct fspath p;
	u32 seq = 0;
	int err;

	if (unlikely(len > w->cur.nc->nc_fs->name_max))
		return -ENAMETOOLONG;
	if (w->is_rcu)
		err = step_rcu(w, name, len, hash, &p, &seq);
	else
		err = step_ref(w, name, len, &p, !(last && (w->flags & LOOKUP_NOMOUNT)));
	if (unlikely(err))
		return err;
	vn = READ_ONCE(p.nc->nc_vnode);
	if (w->is_rcu && unlikely(!vn))
		return -ECHILD;
	if (unlikely(S_ISLNK(vn->vn_mode)) && follow) {
		err = walk_follow(w, &p);
		if (!w->is_rcu)
			fspath_put(&p);
		return err;
	}
	walk_set_cur(w, &p, seq);
	w->vn = vn;
	return 0;
}

/* Run to the end, or with LOOKUP_PARENT to the last component. */
static int walk_run(struct walk *w)
{
	for (;;) {
		const char *name, *end;
		u32 len, hash;
		bool last;
		int err;

		while (*w->rest == '/')
			w->rest++;
		name = w->rest;
		if (!*name) {
			if (!w->depth)
				break;
			frame_pop(w);
			continue;
		}
		if (unlikely(!vnode_is_dir(w->vn)))
			return -ENOTDIR;
		err = may_search(w);
		if (unlikely(err))
			return err;
		hash = ncent_hash_component(w->cur.nc, name, &len);
		end = name + len;
		while (*end == '/')
			end++;
		last = is_last(w, end);
		if (last && name[len] == '/')
			w->must_be_dir = true;
		w->last = (struct lastname){ name, len, kind_of(name, len), name[len] == '/' };
		if (last && (w->flags & LOOKUP_PARENT))
			return 0;
		w->rest = end;
		switch (w->last.kind) {
		case LAST_DOT:
			break;
		case LAST_DOTDOT:
			err = walk_dotdot(w);
			break;
		default:
			err = walk_name(w, name, len, hash, last);
		}
		if (unlikely(err))
			return err;
	}
	if (w->flags & LOOKUP_PARENT)
		w->last = (struct lastname){ "", 0, LAST_ROOT, false };
	if ((w->must_be_dir || (w->flags & LOOKUP_DIRECTORY)) && unlikely(!vnode_is_dir(w->vn)))
		return -ENOTDIR;
	return 0;
}

static bool is_scoped(const struct walk *w)
{
	return w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT);
}

/* Common start of both modes; start and root are set. */
static int walk_enter(struct walk *w, const char *name)
{
	w->rest = name;
	w->depth = 0;
	w->nlinks = 0;
	w->must_be_dir = false;
	if (*name == '/' && !(w->flags & LOOKUP_IN_ROOT)) {
		if (w->flags & LOOKUP_BENEATH)
			return -EXDEV;
		w->cur = w->root;
	} else {
		w->cur = w->start;
	}
	w->vn = w->cur.nc->nc_vnode;
	w->seq = seq_read_begin(&w->cur.nc->nc_seq);
	return 0;
}

/* References on where an RCU walk arrived; ends RCU. */
static int leave_rcu(struct walk *w, struct fspath *out)
{
	if (!mountpt_get_live(w->cur.mnt)) {
		rcu_read_unlock();
		return -ECHILD;
	}
	if (!ncent_get_live(w->cur.nc)) {
		rcu_read_unlock();
		mountpt_put(w->cur.mnt);
		return -ECHILD;
	}
	*out = w->cur;
	if (unlikely(seq_read_retry(&out->nc->nc_seq, w->seq) ||
		     seq_read_retry(&mount_seq, w->mount_seq) ||
		     (is_scoped(w) && seq_read_retry(&ncent_rename_seq, w->rename_seq)))) {
		rcu_read_unlock();
		fspath_put(out);
		return -ECHILD;
	}
	rcu_read_unlock();
	return 0;
}

/* thread_self's root and cwd without references, RCU held. */
static void fsctx_peek(struct fspath *root, struct fspath *cwd)
{
	struct fsctx *f = fsctx_self();
	u32 seq;

	do {
		seq = seq_read_begin(&f->seq);
		*root = f->root;
		*cwd = f->cwd;
	} while (seq_read_retry(&f->seq, seq));
}

static int lookup_rcu(const struct fspath *start, const char *name, u32 flags, struct fspath *out)
{
	struct walk w;
	struct fspath cwd;
	int err;

	rcu_read_lock();
	w.is_rcu = true;
	w.flags = flags;
	w.frames = w.inline_frames;
	w.depth_max = LINK_FRAMES_INLINE;
	w.mount_seq = seq_read_begin(&mount_seq);
	w.rename_seq = seq_read_begin(&ncent_rename_seq);
	fsctx_peek(&w.root, &cwd);
	if (flags & LOOKUP_KERNEL)
		w.root = cwd = fsctx_initial.root;
	w.start = start ? *start : cwd;
	if (is_scoped(&w))
		w.root = w.start;
	err = walk_enter(&w, name);
	if (!err)
		err = walk_run(&w);
	if (err) {
		rcu_read_unlock();
		return err;
	}
	return leave_rcu(&w, out);
}

int walk_begin(struct walk *w, const struct fspath *start, const char *name, u32 flags)
{
	struct fsctx *f = flags & LOOKUP_KERNEL ? &fsctx_initial : fsctx_self();
	struct fspath cwd;
	int err;

	*w = (struct walk){ .flags = flags, .frames = w->inline_frames, .depth_max = LINK_FRAMES_INLINE };
	fsctx_cwd(f, &cwd);
	w->start = start ? *start : cwd;
	if (is_scoped(w)) {
		w->root = w->start;
		fspath_get(&w->root);
	} else {
		fsctx_root(f, &w->root);
	}
	w->mount_seq = seq_read_begin(&mount_seq);
	w->rename_seq = seq_read_begin(&ncent_rename_seq);
	err = walk_enter(w, name);
	if (err) {
		fspath_put(&w->root);
		w->root.nc = NULL;
	} else {
		fspath_get(&w->cur);
	}
	fspath_put(&cwd);
	return err;
}

void walk_end(struct walk *w)
{
	if (!w->root.nc)
		return;
	while (w->depth)
		frame_pop(w);
	if (w->frames != w->inline_frames)
		kmem_free(w->frames);
	fspath_put(&w->cur);
	fspath_put(&w->root);
	w->root.nc = NULL;
}

int walk_parent(struct walk *w)
{
	w->flags |= LOOKUP_PARENT;
	return walk_run(w);
}

struct ncent *walk_child(struct walk *w)
{
	if (w->last.len > w->cur.nc->nc_fs->name_max)
		return ERR_PTR(-ENAMETOOLONG);
	return entry_lookup_locked(w->cur.nc, w->last.name, w->last.len);
}

static int lookup_ref(const struct fspath *start, const char *name, u32 flags, struct fspath *out)
{
	struct walk w;
	int err = walk_begin(&w, start, name, flags);

	if (err)
		return err;
	err = walk_run(&w);
	/* ".." may have left the scope if something moved meanwhile. */
	if (!err && is_scoped(&w) && (seq_read_retry(&mount_seq, w.mount_seq) ||
				      seq_read_retry(&ncent_rename_seq, w.rename_seq)))
		err = -EAGAIN;
	if (!err) {
		*out = w.cur;
		fspath_get(out);
	}
	walk_end(&w);
	return err;
}

int path_lookup_at(const struct fspath *start, const char *name, u32 flags, struct fspath *out)
{
	int err = -ECHILD;

	might_sleep();
	if (!*name && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	if (!(flags & (LOOKUP_NOMOUNT | LOOKUP_REVAL)))
		err = lookup_rcu(start, name, flags, out);
	if (err == -ECHILD)
		err = flags & LOOKUP_CACHED ? -EAGAIN : lookup_ref(start, name, flags, out);
	return err;
}
