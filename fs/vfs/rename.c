// SPDX-License-Identifier: GPL-2.0-only
/*
 * renameat2(2). Two parents are locked in the order: the file system's
 * rename_lock if they differ, then an ancestor before its descendant, strangers
 * by address; then the two victims. While rename_lock is held no directory
 * changes its parent, so "is below" stays true once it was found.
 */
#include "dirop_impl.h"

#include <tern/fs/landlock.h>

struct rename {
	struct walk ow, nw;
	struct ncent *old, *new;	/* referenced */
	struct vnode *old_vn, *new_vn;	/* referenced; new_vn NULL if the name is free */
	u32 flags;
};

void rename_lock_parents(struct ncent *a, struct ncent *b)
{
	if (a == b) {
		rwsem_write_lock(&a->nc_vnode->vn_lock);
		return;
	}
	kmutex_lock(&a->nc_fs->rename_lock);
	if (ncent_is_below(a, b) || (!ncent_is_below(b, a) && a->nc_vnode > b->nc_vnode))
		swap(a, b);
	rwsem_write_lock(&a->nc_vnode->vn_lock);
	rwsem_write_lock_nested(&b->nc_vnode->vn_lock);
}

void rename_unlock_parents(struct ncent *a, struct ncent *b)
{
	rwsem_write_unlock(&a->nc_vnode->vn_lock);
	if (a == b)
		return;
	rwsem_write_unlock(&b->nc_vnode->vn_lock);
	kmutex_unlock(&a->nc_fs->rename_lock);
}

static int find_both(struct rename *r)
{
	r->old = walk_child(&r->ow);
	if (IS_ERR(r->old)) {
		int err = (int)PTR_ERR(r->old);

		r->old = NULL;
		return err;
	}
	r->old_vn = r->old->nc_vnode;
	if (!r->old_vn)
		return -ENOENT;
	vnode_get(r->old_vn);
	r->new = walk_child(&r->nw);
	if (IS_ERR(r->new)) {
		int err = (int)PTR_ERR(r->new);

		r->new = NULL;
		return err;
	}
	r->new_vn = r->new->nc_vnode;
	if (r->new_vn)
		vnode_get(r->new_vn);
	return 0;
}

/* What the two names say before permission is asked. */
static int check_names(const struct rename *r)
{
	bool exchange = r->flags & RENAME_EXCHANGE;

	if (r->new_vn && (r->flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (exchange) {
		if (!r->new_vn)
			return -ENOENT;
		if (!vnode_is_dir(r->new_vn) && r->nw.last.has_slash)
			return -ENOTDIR;
	}
	if (!vnode_is_dir(r->old_vn)) {
		if (r->ow.last.has_slash || (!exchange && r->nw.last.has_slash))
			return -ENOTDIR;
	}
	if (ncent_is_below(r->nw.cur.nc, r->old))
		return -EINVAL;
	if (ncent_is_below(r->ow.cur.nc, r->new))
		return exchange ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int check_permission(const struct rename *r)
{
	bool is_dir = vnode_is_dir(r->old_vn), moves = r->ow.cur.nc != r->nw.cur.nc;
	bool exchange = r->flags & RENAME_EXCHANGE;
	int err = entry_may_delete(r->ow.vn, r->old, is_dir);

	if (err)
		return err;
	if (!r->new_vn)
		err = entry_may_create(r->nw.vn);
	else
		err = entry_may_delete(r->nw.vn, r->new, exchange ? vnode_is_dir(r->new_vn) : is_dir);
	if (err)
		return err;
	/* A directory that gets another parent changes itself: "..". */
	if (is_dir && moves)
		err = vnode_permission(r->old_vn, MAY_WRITE);
	if (!err && exchange && moves && vnode_is_dir(r->new_vn))
		err = vnode_permission(r->new_vn, MAY_WRITE);
	if (!err && landlock_is_on())
		err = landlock_check_move(&r->ow.cur, r->old_vn, &r->nw.cur, r->new_vn, true, exchange);
	if (!err && ((r->old->nc_flags | r->new->nc_flags) & NCENT_MOUNTED))
		err = -EBUSY;
	return err;
}

static int rename_locked(struct rename *r)
{
	struct vnode *od = r->ow.vn, *nd = r->nw.vn;
	bool exchange = r->flags & RENAME_EXCHANGE;
	int err;

	vnode_lock_pair(r->old_vn, r->new_vn);
	err = od->vn_ops->rename(od, r->old->nc_name, r->old->nc_len, r->old_vn, nd, r->new->nc_name,
				 r->new->nc_len, r->new_vn, r->flags);
	if (!err && r->new_vn && !exchange && vnode_is_dir(r->new_vn))
		r->new_vn->vn_flags |= VNODE_DEAD_DIR;
	vnode_unlock_pair(r->old_vn, r->new_vn);
	if (!err)
		ncent_move(r->old, r->new, exchange);
	return err;
}

/* After success and without locks; @oname was saved before the entry moved. */
static void tell(struct rename *r, const char *oname, u32 olen)
{
	static u32 last_cookie;
	u32 cookie = __atomic_add_fetch(&last_cookie, 1, __ATOMIC_RELAXED);
	u32 dir = vnode_is_dir(r->old_vn) ? IN_ISDIR : 0;
	u32 within = r->ow.vn == r->nw.vn ? VFS_NOTIFY_RENAMED : 0;

	vfs_notify_name(r->ow.vn, IN_MOVED_FROM | dir | within, oname, olen, cookie);
	vfs_notify_name(r->nw.vn, IN_MOVED_TO | dir, r->nw.last.name, r->nw.last.len, cookie);
	if (READ_ONCE(r->old_vn->vn_watches))
		vfs_notify(r->old_vn, NULL, IN_MOVE_SELF);
	if (r->new_vn && !(r->flags & RENAME_EXCHANGE))
		vfs_notify_gone(r->new_vn);
}

static int rename_between(struct rename *r)
{
	int err;

	if (r->ow.cur.mnt != r->nw.cur.mnt)
		return -EXDEV;
	if (r->ow.last.kind != LAST_NORM)
		return -EBUSY;
	if (r->nw.last.kind != LAST_NORM)
		return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	err = mountpt_want_write(r->ow.cur.mnt);
	if (err)
		return err;
	rename_lock_parents(r->ow.cur.nc, r->nw.cur.nc);
	err = find_both(r);
	if (!err)
		err = check_names(r);
	if (!err && r->old_vn == r->new_vn) {
		rename_unlock_parents(r->ow.cur.nc, r->nw.cur.nc);	/* two names of one file: nothing to do */
		mountpt_drop_write(r->ow.cur.mnt);
		return 0;
	}
	if (!err)
		err = check_permission(r);
	if (!err)
		err = rename_locked(r);
	rename_unlock_parents(r->ow.cur.nc, r->nw.cur.nc);
	mountpt_drop_write(r->ow.cur.mnt);
	if (!err && atomic_read(&vfs_nr_watches))
		tell(r, r->ow.last.name, r->ow.last.len);
	return err;
}

int name_rename(int odirfd, const char *oname, int ndirfd, const char *nname, u32 flags)
{
	struct rename r = { .flags = flags };
	int err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	if ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)))
		return -EINVAL;
	if ((flags & RENAME_WHITEOUT) && !cap_has(CAP_MKNOD))
		return -EPERM;
	err = parent_find(&r.ow, odirfd, oname, 0);
	if (err)
		return err;
	err = parent_find(&r.nw, ndirfd, nname, 0);
	if (err) {
		walk_end(&r.ow);
		return err;
	}
	err = rename_between(&r);
	ncent_put(r.old);
	ncent_put(r.new);
	vnode_put(r.old_vn);
	vnode_put(r.new_vn);
	walk_end(&r.nw);
	walk_end(&r.ow);
	return err;
}
