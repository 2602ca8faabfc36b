// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock: layers of restrictions that a thread carries in its credentials.
 *
 * A layer handles some kinds of access and has rules: vnodes with what is allowed there and
 * below. An access is allowed if in every layer what it handles is allowed by the rules
 * met together on the way from the file to the root, through mounts. A layer never changes;
 * a thread's next layer has the old one as its parent, and children inherit. Giving a file a
 * name in another directory (REFER) is refused by every layer unless a rule allows it, and
 * must not allow more for the file than before.
 *
 * A layer keeps its files by references, so a file system named in a rule cannot be
 * unmounted while the layer lives. Checks walk names under RCU and take no lock.
 */
#include "vfs_impl.h"

#include <tern/fs/landlock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/vfsface.h>

#define LAYERS_MAX	16u

struct landlayer {
	refcount refs;			/* A */
	struct landlayer *parent;	/* I with a reference, NULL */
	u32 level;			/* I 0: has no parent */
	u32 handled;			/* I */
	u32 n;				/* I */
	struct workitem work;		/* frees it: the last reference may go in any context */
	struct landrule rules[];	/* I sorted by vnode, one each */
};

/* ---- life ---- */

static void layer_free(struct workitem *w)
{
	struct landlayer *l = container_of(w, struct landlayer, work);
	struct landlayer *parent = l->parent;

	for (u32 i = 0; i < l->n; i++) {
		fspath_put(&l->rules[i].at);
		vnode_put(l->rules[i].vn);
	}
	kmem_free_large(l);
	landlayer_put(parent);
}

struct landlayer *landlayer_get(struct landlayer *l)
{
	if (l)
		ref_get(&l->refs);
	return l;
}

void landlayer_put(struct landlayer *l)
{
	if (l && ref_put(&l->refs))
		workpool_queue(workpool_system, &l->work);
}

bool landlayer_covers(const struct landlayer *outer, const struct landlayer *inner)
{
	while (outer && inner && inner != outer)
		inner = inner->parent;
	return !outer || inner;
}

struct landlayer *landlayer_create(struct landlayer *parent, u32 handled, const struct landrule *rules, u32 n)
{
	u32 level = parent ? parent->level + 1 : 0;
	struct landlayer *l;

	if (level >= LAYERS_MAX)
		return ERR_PTR(-E2BIG);
	l = kmem_alloc_large(sizeof(*l) + n * sizeof(l->rules[0]), ALLOC_KERNEL | ALLOC_ZERO);
	if (!l)
		return ERR_PTR(-ENOMEM);
	ref_init(&l->refs, 1);
	l->parent = landlayer_get(parent);
	l->level = level;
	l->handled = handled;
	l->n = n;
	workitem_init(&l->work, layer_free);
	for (u32 i = 0; i < n; i++) {
		l->rules[i] = rules[i];
		vnode_get(rules[i].vn);
		fspath_get(&l->rules[i].at);
	}
	return l;
}

/* ---- what is allowed ---- */

static u32 rule_of(const struct landlayer *l, const struct vnode *vn)
{
	u32 lo = 0, hi = l->n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (l->rules[mid].vn == vn)
			return l->rules[mid].access;
		if (l->rules[mid].vn < vn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

static void add_rules(const struct landlayer *top, const struct vnode *vn, u32 *allowed)
{
	for (const struct landlayer *l = top; l && vn; l = l->parent)
		allowed[l->level] |= rule_of(l, vn);
}

/* What the rules from @p up to the root allow, a word for each layer. */
static void gather(const struct landlayer *top, const struct fspath *p, u32 *allowed)
{
	const struct mountpt *mnt = p->mnt;
	const struct ncent *nc = p->nc;

	rcu_read_lock();
	while (nc) {
		add_rules(top, READ_ONCE(nc->nc_vnode), allowed);
		while (nc == mnt->mp_root) {
			const struct mountpt *up = READ_ONCE(mnt->mp_parent);

			if (!up || up == mnt) {
				rcu_read_unlock();
				return;
			}
			nc = READ_ONCE(mnt->mp_point);
			mnt = up;
		}
		nc = READ_ONCE(nc->nc_parent);
	}
	rcu_read_unlock();
}

/* What of @access some layer does not allow. */
static u32 missing(const struct landlayer *top, u32 access, const u32 *allowed)
{
	u32 m = 0;

	for (const struct landlayer *l = top; l; l = l->parent)
		m |= access & (l->handled | LANDLOCK_REFER) & ~allowed[l->level];
	return m;
}

int landlock_check_slow(const struct fspath *p, u32 access)
{
	const struct landlayer *top = cred_self()->landlock;
	u32 allowed[LAYERS_MAX] = { 0 };

	/* Pipes and the like have no place. */
	if (p->mnt->mp_flags & MOUNT_INTERNAL)
		return 0;
	gather(top, p, allowed);
	return missing(top, access, allowed) ? -EACCES : 0;
}

u32 landlock_make(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK: return LANDLOCK_MAKE_SYM;
	case S_IFDIR: return LANDLOCK_MAKE_DIR;
	case S_IFCHR: return LANDLOCK_MAKE_CHAR;
	case S_IFBLK: return LANDLOCK_MAKE_BLOCK;
	case S_IFIFO: return LANDLOCK_MAKE_FIFO;
	case S_IFSOCK: return LANDLOCK_MAKE_SOCK;
	default: return LANDLOCK_MAKE_REG;
	}
}

u32 landlock_remove(const struct vnode *vn)
{
	return vnode_is_dir(vn) ? LANDLOCK_REMOVE_DIR : LANDLOCK_REMOVE_FILE;
}

/* Would @vn, with what is allowed in @to, be allowed more than with @from's. */
static bool gains(const struct landlayer *top, const struct vnode *vn, const u32 *from, const u32 *to)
{
	u32 kinds = vnode_is_dir(vn) ? LANDLOCK_ACCESS : LANDLOCK_ACCESS_FILE;

	for (const struct landlayer *l = top; l; l = l->parent)
		if (to[l->level] & ~(from[l->level] | rule_of(l, vn)) & (l->handled | LANDLOCK_REFER) & kinds)
			return true;
	return false;
}

int landlock_check_move(const struct fspath *from, struct vnode *old, const struct fspath *to,
			struct vnode *other, bool removes, bool exchanges)
{
	const struct landlayer *top = cred_self()->landlock;
	u32 here[LAYERS_MAX] = { 0 }, there[LAYERS_MAX] = { 0 };
	u32 need_here = (removes ? landlock_remove(old) : 0) | (exchanges ? landlock_make(other->vn_mode) : 0);
	u32 need_there = landlock_make(old->vn_mode) | (removes && other ? landlock_remove(other) : 0);
	u32 lacks;

	if (from->nc == to->nc)
		return landlock_check_slow(to, need_here | need_there);
	gather(top, from, here);
	gather(top, to, there);
	lacks = missing(top, need_here | LANDLOCK_REFER, here) | missing(top, need_there | LANDLOCK_REFER, there);
	if (lacks & ~LANDLOCK_REFER)
		return -EACCES;
	if (lacks || gains(top, old, here, there) || (exchanges && gains(top, other, there, here)))
		return -EXDEV;
	return 0;
}
