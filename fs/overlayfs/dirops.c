// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlayfs: making and removing names. All of it happens in the upper layer: what the
 * layers below have of a name is hidden by a whiteout when it is removed, and a directory
 * that is made where they have something is marked opaque. What takes more than one step is
 * put together in the work directory and renamed into place.
 */
#include "ovl_impl.h"

int ovl_set_opaque(const struct fspath *p)
{
	return stack_setxattr(p, OVL_OPAQUE, "y", 1, 0);
}

/* In the work directory; its name in @temp. */
static int make_temp(struct ovl_mount *m, const struct stack_new *what, struct stack_name *at, char *temp,
		     struct fspath *out)
{
	*at = (struct stack_name){ &m->work, temp, ovl_temp_name(m, temp) };
	return stack_make(at->dir, at->name, at->len, what, out);
}

/* What a file made in @dir inherits, for one that was made elsewhere. */
static int inherit_owner(const struct vnode *dir, const struct fspath *p)
{
	struct vattr va = { .mask = VATTR_GID, .gid = dir->vn_gid };

	if (!(dir->vn_mode & S_ISGID))
		return 0;
	if (vnode_is_dir(path_vnode(p))) {
		va.mask |= VATTR_MODE;
		va.mode = (path_vnode(p)->vn_mode & 07777) | S_ISGID;
	}
	return stack_setattr(p, &va);
}

/* A whiteout has the name: the new file takes its place. */
static int make_over_whiteout(struct ovl_node *dir, const struct stack_name *to, const struct stack_new *what,
			      struct fspath *out)
{
	struct ovl_mount *m = ovl_mount_of(&dir->vn);
	bool is_dir = !what->link && S_ISDIR(what->mode);
	char temp[OVL_TEMP_LEN];
	struct stack_name at;
	int err = make_temp(m, what, &at, temp, out);

	if (err)
		return err;
	err = what->link ? 0 : inherit_owner(&dir->vn, out);
	if (!err && is_dir)
		err = ovl_set_opaque(out);
	if (!err)
		err = stack_rename(&at, to, is_dir ? RENAME_EXCHANGE : 0);
	/* The whiteout in exchange, or what failed. */
	if (err || is_dir)
		(void)stack_remove(at.dir, at.name, at.len);
	if (err)
		fspath_put(out);
	return err;
}

static int make_upper(struct ovl_node *dir, const char *name, u32 len, const struct stack_new *what,
		      struct fspath *out)
{
	struct stack_name to = { &dir->upper, name, len };
	int err = ovl_copy_up(dir), white;

	if (err)
		return err;
	white = what->is_tmp ? 0 : ovl_upper_whiteout(dir, name, len);
	if (white < 0)
		return white;
	if (white)
		err = make_over_whiteout(dir, &to, what, out);
	else
		err = stack_make(&dir->upper, name, len, what, out);
	/* Nothing below has the name now; this keeps it so. */
	if (!err && !white && !what->link && S_ISDIR(what->mode) && dir->nlower)
		(void)ovl_set_opaque(out);
	if (!err)
		ovl_copy_attr(dir);
	return err;
}

static struct vnode *make(struct vnode *dir, const char *name, u32 len, const struct stack_new *what)
{
	struct ovl_found f = { 0 };
	int err = make_upper(ovl_of(dir), name, len, what, &f.upper);

	return err ? ERR_PTR(err) : ovl_node_get(ovl_mount_of(dir), &f);
}

struct vnode *ovl_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return make(dir, name, len, &(struct stack_new){ .mode = S_IFREG | (mode & 07777) });
}

struct vnode *ovl_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return make(dir, name, len, &(struct stack_new){ .mode = S_IFDIR | (mode & 07777) });
}

struct vnode *ovl_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev)
{
	if (S_ISCHR(mode) && !rdev)
		return ERR_PTR(-EPERM);		/* a whiteout */
	return make(dir, name, len, &(struct stack_new){ .mode = mode, .rdev = rdev });
}

struct vnode *ovl_symlink(struct vnode *dir, const char *name, u32 len, const char *target)
{
	return make(dir, name, len, &(struct stack_new){ .mode = S_IFLNK | 0777, .target = target });
}

struct vnode *ovl_tmpfile(struct vnode *dir, mode_t mode)
{
	return make(dir, "", 0, &(struct stack_new){ .mode = S_IFREG | (mode & 07777), .is_tmp = true });
}

int ovl_link(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct ovl_node *n = ovl_of(target);
	struct fspath p;
	int err = ovl_copy_up(n);

	if (!err)
		err = make_upper(ovl_of(dir), name, len, &(struct stack_new){ .link = path_vnode(&n->upper) }, &p);
	if (err)
		return err;
	fspath_put(&p);
	target->vn_nlink = path_vnode(&n->upper)->vn_nlink;
	ovl_copy_attr(n);
	return 0;
}

/* ---- removing ---- */

struct name_list { struct dir_sink sink; char *names; size_t used, room; int err; };

static bool collect(struct dir_sink *s, const char *name, u32 len, u64 ino, u32 d_type, loff_t next)
{
	struct name_list *l = container_of(s, struct name_list, sink);

	s->pos = next;
	if (d_type != DT_OF_MODE(S_IFCHR) && d_type != 0)
		return true;
	if (l->used + len + 1 > l->room) {
		size_t room = max_t(size_t, l->room * 2, 1024);
		char *bigger = kmem_alloc_large(room, ALLOC_KERNEL);

		if (!bigger) {
			l->err = -ENOMEM;
			return false;
		}
		memcpy(bigger, l->names, l->used);
		kmem_free_large(l->names);
		l->names = bigger;
		l->room = room;
	}
	memcpy(l->names + l->used, name, len);
	l->names[l->used + len] = '\0';
	l->used += len + 1;
	return true;
}

int ovl_clear_whiteouts(const struct fspath *dir)
{
	struct name_list l = { .sink.emit = collect };
	int err = stack_list(dir, &l.sink);

	err = err ? err : l.err;
	for (char *s = l.names; !err && s < l.names + l.used; s += strlen(s) + 1) {
		struct fspath p;
		u32 len = (u32)strlen(s);
		bool is_white;

		if (stack_lookup(dir, s, len, &p))
			continue;
		is_white = ovl_is_whiteout(&p);
		fspath_put(&p);
		if (is_white)
			err = stack_remove(dir, s, len);
	}
	kmem_free_large(l.names);
	return err;
}

/* The name is in a layer below: a whiteout takes it. */
static int replace_by_whiteout(struct ovl_node *dir, struct ovl_node *n, const struct stack_name *to)
{
	struct ovl_mount *m = ovl_mount_of(&dir->vn);
	bool is_dir = vnode_is_dir(&n->vn) && ovl_has_upper(n);
	char temp[OVL_TEMP_LEN];
	struct stack_name at;
	struct fspath white;
	int err = make_temp(m, &(struct stack_new){ .mode = S_IFCHR }, &at, temp, &white);

	if (err)
		return err;
	fspath_put(&white);
	err = stack_rename(&at, to, is_dir ? RENAME_EXCHANGE : 0);
	if (!err && is_dir)
		err = ovl_clear_whiteouts(&n->upper);
	if (err || is_dir)
		(void)stack_remove(at.dir, at.name, at.len);
	return err;
}

void ovl_links_lost(struct ovl_node *n)
{
	struct vnode *vn = &n->vn;

	if (vnode_is_dir(vn))
		vn->vn_nlink = 0;
	else if (ovl_has_upper(n))
		vn->vn_nlink = path_vnode(&n->upper)->vn_nlink;
	else if (vn->vn_nlink)
		vn->vn_nlink--;
	vnode_touch(vn, VATTR_CTIME);
}

int ovl_remove(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct ovl_node *d = ovl_of(dir), *n = ovl_of(target);
	struct stack_name to = { &d->upper, name, len };
	int err = 0, lower;

	if (vnode_is_dir(target)) {
		err = ovl_is_empty(n);
		if (err <= 0)
			return err ? err : -ENOTEMPTY;
	}
	err = ovl_copy_up(d);
	if (err)
		return err;
	lower = ovl_lower_has(d, name, len);
	if (lower < 0)
		return lower;
	if (lower) {
		err = replace_by_whiteout(d, n, &to);
	} else {
		err = vnode_is_dir(target) ? ovl_clear_whiteouts(&n->upper) : 0;
		if (!err)
			err = stack_remove(to.dir, name, len);
	}
	if (err)
		return err;
	ovl_links_lost(n);
	ovl_copy_attr(d);
	return 0;
}
