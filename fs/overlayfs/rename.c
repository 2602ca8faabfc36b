// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlayfs: rename. The upper file is renamed; where a layer below has the old name a
 * whiteout stays behind. A directory that a layer below has a part of cannot be moved
 * (EXDEV): mv(1) copies it.
 */
#include "ovl_impl.h"

struct move {
	struct ovl_node *od, *nd, *old, *new;	/* new NULL: the name is free */
	struct stack_name from, to;
	bool leaves_whiteout;	/* a layer below has the old name */
	bool over_whiteout;	/* the new name has one in the upper layer */
	u32 flags;
};

static int check(const struct move *v)
{
	bool is_dir = vnode_is_dir(&v->old->vn);
	int empty;

	if (v->flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (is_dir && v->old->nlower)
		return -EXDEV;
	if (v->flags & RENAME_EXCHANGE)
		return vnode_is_dir(&v->new->vn) && v->new->nlower ? -EXDEV : 0;
	if (!v->new)
		return 0;
	if (is_dir != vnode_is_dir(&v->new->vn))
		return is_dir ? -ENOTDIR : -EISDIR;
	empty = is_dir ? ovl_is_empty(v->new) : 1;
	return empty > 0 ? 0 : empty ? empty : -ENOTEMPTY;
}

static int copy_up_all(struct move *v)
{
	int err = ovl_copy_up(v->old);

	if (!err)
		err = ovl_copy_up(v->od);
	if (!err)
		err = ovl_copy_up(v->nd);
	if (!err && (v->flags & RENAME_EXCHANGE))
		err = ovl_copy_up(v->new);
	return err;
}

static int look(struct move *v)
{
	int r = ovl_lower_has(v->od, v->from.name, v->from.len);

	if (r < 0)
		return r;
	v->leaves_whiteout = r && !(v->flags & RENAME_EXCHANGE);
	r = v->new ? 0 : ovl_upper_whiteout(v->nd, v->to.name, v->to.len);
	v->over_whiteout = r > 0;
	return min(r, 0);
}

/* A directory hides what the layers below have of its new name. */
static int hide_below(struct move *v)
{
	int err = 0;

	if (vnode_is_dir(&v->old->vn) && v->nd->nlower)
		err = ovl_set_opaque(&v->old->upper);
	if (!err && (v->flags & RENAME_EXCHANGE) && vnode_is_dir(&v->new->vn) && v->od->nlower)
		err = ovl_set_opaque(&v->new->upper);
	return err;
}

static int mark_impure(struct ovl_node *dir, const struct ovl_node *n)
{
	if (!n->origin && !n->nlower)
		return 0;
	return stack_setxattr(&dir->upper, OVL_IMPURE, "y", 1, 0);
}

static int move_upper(struct move *v)
{
	int err = mark_impure(v->nd, v->old);

	if (!err && (v->flags & RENAME_EXCHANGE))
		err = mark_impure(v->od, v->new);
	if (!err && v->new && vnode_is_dir(&v->new->vn) && ovl_has_upper(v->new) && !(v->flags & RENAME_EXCHANGE))
		err = ovl_clear_whiteouts(&v->new->upper);
	if (err)
		return err;
	if (v->flags & RENAME_EXCHANGE)
		return stack_rename(&v->from, &v->to, RENAME_EXCHANGE);
	if (v->over_whiteout && vnode_is_dir(&v->old->vn)) {
		/* The whiteout goes to the old name, where it may be wanted. */
		err = stack_rename(&v->from, &v->to, RENAME_EXCHANGE);
		if (!err && !v->leaves_whiteout)
			err = stack_remove(v->from.dir, v->from.name, v->from.len);
		return err;
	}
	return stack_rename(&v->from, &v->to, v->leaves_whiteout ? RENAME_WHITEOUT : 0);
}

int ovl_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
	       struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags)
{
	struct move v = {
		.od = ovl_of(odir), .nd = ovl_of(ndir), .old = ovl_of(old_vn),
		.new = new_vn ? ovl_of(new_vn) : NULL, .flags = flags,
		.from = { &ovl_of(odir)->upper, oname, olen }, .to = { &ovl_of(ndir)->upper, nname, nlen },
	};
	int err = check(&v);

	if (!err)
		err = copy_up_all(&v);
	if (!err)
		err = look(&v);
	if (!err)
		err = hide_below(&v);
	if (!err)
		err = move_upper(&v);
	if (err)
		return err;
	if (v.new && !(flags & RENAME_EXCHANGE))
		ovl_links_lost(v.new);
	ovl_copy_attr(v.od);
	if (v.nd != v.od)
		ovl_copy_attr(v.nd);
	ovl_copy_attr(v.old);
	return 0;
}
