// SPDX-License-Identifier: GPL-2.0-only
/*
 * tmpfs directories: entries in two trees, by name for lookups and by position
 * for listings. A position is given once and never again, so a listing that
 * is interrupted goes on at the right place whatever is made or removed
 * meanwhile: each entry that stays is seen exactly once.
 *
 * Lock order: the directory's vn_lock protects both trees (VFS holds it).
 */
#include "tmpfs_impl.h"

#include <tern/lib/hash.h>
#include <uapi/dirent.h>

#define DIRENT_SIZE 20		/* what an entry adds to a directory's size, as on Linux */

static int compare(u32 hash, u32 len, const char *name, const struct tmpfs_entry *e)
{
	if (hash != e->hash)
		return hash < e->hash ? -1 : 1;
	if (len != e->len)
		return len < e->len ? -1 : 1;
	return memcmp(name, e->name, len);
}

static struct tmpfs_entry *entry_find(struct tmpfs_vnode *dir, const char *name, u32 len)
{
	u32 hash = (u32)hash_name(name, len, 0);
	struct rbnode *n = dir->dir.names.root;

	while (n) {
		struct tmpfs_entry *e = rbtree_entry(n, struct tmpfs_entry, by_name);
		int c = compare(hash, len, name, e);

		if (!c)
			return e;
		n = c < 0 ? n->left : n->right;
	}
	return NULL;
}

static struct tmpfs_entry *entry_alloc(const char *name, u32 len)
{
	struct tmpfs_entry *e = kmem_alloc(sizeof(*e) + len + 1, ALLOC_KERNEL);

	if (!e)
		return NULL;
	e->hash = (u32)hash_name(name, len, 0);
	e->len = len;
	memcpy(e->name, name, len);
	e->name[len] = 0;
	return e;
}

static bool pos_less(const struct rbnode *a, const struct rbnode *b)
{
	return rbtree_entry(a, struct tmpfs_entry, by_pos)->pos < rbtree_entry(b, struct tmpfs_entry, by_pos)->pos;
}

static bool name_less(const struct rbnode *a, const struct rbnode *b)
{
	const struct tmpfs_entry *e = rbtree_entry(a, struct tmpfs_entry, by_name);

	return compare(e->hash, e->len, e->name, rbtree_entry(b, struct tmpfs_entry, by_name)) < 0;
}

/* Put @e into @dir for @child; takes a reference on the child. Cannot fail. */
static void entry_insert(struct tmpfs_vnode *dir, struct tmpfs_entry *e, struct tmpfs_vnode *child)
{
	vnode_get(&child->vn);
	e->child = child;
	e->pos = dir->dir.next_pos++;
	rbtree_add(&dir->dir.names, &e->by_name, name_less);
	rbtree_add(&dir->dir.order, &e->by_pos, pos_less);
	vnode_size_set(&dir->vn, dir->vn.vn_size + DIRENT_SIZE);
	if (vnode_is_dir(&child->vn)) {
		child->dir.parent = dir;
		dir->vn.vn_nlink++;
	}
	vnode_touch(&dir->vn, VATTR_MTIME | VATTR_CTIME);
}

/* Take @e out and free it; drops its reference on the child (which the caller holds too). */
static void entry_remove(struct tmpfs_vnode *dir, struct tmpfs_entry *e)
{
	struct tmpfs_vnode *child = e->child;

	rbtree_erase(&dir->dir.names, &e->by_name);
	rbtree_erase(&dir->dir.order, &e->by_pos);
	vnode_size_set(&dir->vn, dir->vn.vn_size - DIRENT_SIZE);
	if (vnode_is_dir(&child->vn))
		dir->vn.vn_nlink--;
	kmem_free(e);
	vnode_touch(&dir->vn, VATTR_MTIME | VATTR_CTIME);
	vnode_put(&child->vn);
}

/* The entry names another file from now on. */
static void entry_retarget(struct tmpfs_vnode *dir, struct tmpfs_entry *e, struct tmpfs_vnode *child)
{
	struct tmpfs_vnode *old = e->child;

	vnode_get(&child->vn);
	e->child = child;
	if (vnode_is_dir(&old->vn))
		dir->vn.vn_nlink--;
	if (vnode_is_dir(&child->vn)) {
		dir->vn.vn_nlink++;
		child->dir.parent = dir;
	}
	vnode_touch(&dir->vn, VATTR_MTIME | VATTR_CTIME);
	vnode_put(&old->vn);
}

/* ---- operations ---- */

struct vnode *tmpfs_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct tmpfs_entry *e = vnode_is_dir(dir) ? entry_find(tmpfs_of(dir), name, len) : NULL;

	if (!e)
		return NULL;
	vnode_get(&e->child->vn);
	return &e->child->vn;
}

/* A new file of any kind under a new name. */
static struct tmpfs_vnode *make(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	struct tmpfs_entry *e = entry_alloc(name, len);
	struct tmpfs_vnode *t;

	if (!e)
		return ERR_PTR(-ENOMEM);
	t = tmpfs_vnode_make(dir->vn_fs, dir, mode);
	if (IS_ERR(t)) {
		kmem_free(e);
		return t;
	}
	entry_insert(tmpfs_of(dir), e, t);
	return t;
}

struct vnode *tmpfs_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return (struct vnode *)make(dir, name, len, mode);
}

struct vnode *tmpfs_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return (struct vnode *)make(dir, name, len, mode);
}

struct vnode *tmpfs_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev)
{
	struct tmpfs_vnode *t = make(dir, name, len, mode);

	if (!IS_ERR(t))
		t->vn.vn_rdev = rdev;
	return (struct vnode *)t;
}

struct vnode *tmpfs_symlink(struct vnode *dir, const char *name, u32 len, const char *target)
{
	char *text = kmem_strdup(target, ALLOC_KERNEL);
	struct tmpfs_vnode *t;

	if (!text)
		return ERR_PTR(-ENOMEM);
	t = make(dir, name, len, S_IFLNK | 0777);
	if (IS_ERR(t)) {
		kmem_free(text);
		return (struct vnode *)t;
	}
	t->link = text;
	t->vn.vn_link = text;
	vnode_size_set(&t->vn, strlen(text));
	return &t->vn;
}

struct vnode *tmpfs_tmpfile(struct vnode *dir, mode_t mode)
{
	struct tmpfs_vnode *t = tmpfs_vnode_make(dir->vn_fs, dir, mode);

	if (!IS_ERR(t))
		t->vn.vn_nlink = 0;
	return (struct vnode *)t;
}

int tmpfs_link(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct tmpfs_entry *e = entry_alloc(name, len);

	if (!e)
		return -ENOMEM;
	entry_insert(tmpfs_of(dir), e, tmpfs_of(target));
	target->vn_nlink++;
	vnode_touch(target, VATTR_CTIME);
	return 0;
}

int tmpfs_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct tmpfs_entry *e = entry_find(tmpfs_of(dir), name, len);

	if (!e)
		return -ENOENT;
	target->vn_nlink--;
	vnode_touch(target, VATTR_CTIME);
	entry_remove(tmpfs_of(dir), e);
	return 0;
}

int tmpfs_rmdir(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct tmpfs_entry *e = entry_find(tmpfs_of(dir), name, len);

	if (!e)
		return -ENOENT;
	if (!rbtree_is_empty(&tmpfs_of(target)->dir.names))
		return -ENOTEMPTY;
	target->vn_nlink = 0;
	vnode_touch(target, VATTR_CTIME);
	entry_remove(tmpfs_of(dir), e);
	return 0;
}

/* A replaced file loses a name, a replaced directory all. */
static void victim_gone(struct vnode *vn)
{
	vn->vn_nlink = vnode_is_dir(vn) ? 0 : vn->vn_nlink - 1;
	vnode_touch(vn, VATTR_CTIME);
}

static int check_victim(struct vnode *old_vn, struct vnode *new_vn)
{
	if (!vnode_is_dir(new_vn))
		return vnode_is_dir(old_vn) ? -ENOTDIR : 0;
	if (!vnode_is_dir(old_vn))
		return -EISDIR;
	return rbtree_is_empty(&tmpfs_of(new_vn)->dir.names) ? 0 : -ENOTEMPTY;
}

static void exchange(struct tmpfs_vnode *od, struct tmpfs_entry *a, struct tmpfs_vnode *nd, struct tmpfs_entry *b)
{
	struct tmpfs_vnode *x = a->child, *y = b->child;

	vnode_get(&x->vn);
	entry_retarget(od, a, y);
	entry_retarget(nd, b, x);
	vnode_put(&x->vn);
	vnode_touch(&x->vn, VATTR_CTIME);
	vnode_touch(&y->vn, VATTR_CTIME);
}

int tmpfs_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		 struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags)
{
	struct tmpfs_vnode *od = tmpfs_of(odir), *nd = tmpfs_of(ndir), *white = NULL;
	struct tmpfs_entry *from = entry_find(od, oname, olen), *to = NULL;
	int err = from ? 0 : -ENOENT;

	if (err)
		return err;
	if (flags & RENAME_EXCHANGE) {
		to = entry_find(nd, nname, nlen);
		if (to)
			exchange(od, from, nd, to);
		return to ? 0 : -ENOENT;
	}
	if (new_vn)
		err = check_victim(old_vn, new_vn);
	if (err)
		return err;
	/* Everything that can fail first. */
	if (flags & RENAME_WHITEOUT) {
		white = tmpfs_vnode_make(odir->vn_fs, odir, S_IFCHR);
		if (IS_ERR(white))
			return (int)PTR_ERR(white);
	}
	to = new_vn ? entry_find(nd, nname, nlen) : entry_alloc(nname, nlen);
	if (!to) {
		if (white)
			vnode_put(&white->vn);
		return new_vn ? -ENOENT : -ENOMEM;
	}
	if (new_vn) {
		victim_gone(new_vn);
		entry_retarget(nd, to, tmpfs_of(old_vn));
	} else {
		entry_insert(nd, to, tmpfs_of(old_vn));
	}
	if (white) {
		entry_retarget(od, from, white);
		vnode_put(&white->vn);
	} else {
		entry_remove(od, from);
	}
	if (vnode_is_dir(old_vn))
		tmpfs_of(old_vn)->dir.parent = nd;
	vnode_touch(old_vn, VATTR_CTIME);
	return 0;
}

void tmpfs_dir_clear(struct tmpfs_vnode *dir, struct list *work)
{
	struct tmpfs_entry *e;
	struct rbnode *next;

	rbtree_foreach_postorder(e, next, &dir->dir.names, by_name) {
		struct tmpfs_vnode *child = e->child;

		kmem_free(e);
		if (vnode_is_dir(&child->vn))
			list_add(&child->work, work);	/* with the entry's reference */
		else
			vnode_put(&child->vn);
	}
	rbtree_init(&dir->dir.names);
	rbtree_init(&dir->dir.order);
}

/* ---- listing ---- */

/* First entry at or after @pos. */
static struct rbnode *order_from(struct tmpfs_vnode *dir, u64 pos)
{
	struct rbnode *n = dir->dir.order.root, *best = NULL;

	while (n) {
		if (rbtree_entry(n, struct tmpfs_entry, by_pos)->pos >= pos) {
			best = n;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

static int tmpfs_readdir(struct ofile *f, struct dir_sink *s)
{
	struct tmpfs_vnode *dir = tmpfs_of(f->of_vnode);
	struct rbnode *n;

	if (s->pos == 0 && !s->emit(s, ".", 1, dir->vn.vn_ino, DT_DIR, 1))
		return 0;
	if (s->pos <= 1) {
		if (!s->emit(s, "..", 2, dir->dir.parent->vn.vn_ino, DT_DIR, 2))
			return 0;
	}
	for (n = order_from(dir, (u64)s->pos); n; n = rbtree_next(n)) {
		struct tmpfs_entry *e = rbtree_entry(n, struct tmpfs_entry, by_pos);

		if (!s->emit(s, e->name, e->len, e->child->vn.vn_ino, DT_OF_MODE(e->child->vn.vn_mode),
			     (loff_t)e->pos + 1))
			break;
	}
	return 0;
}

const struct ofile_ops tmpfs_dir_fops = {
	.seek = fop_dir_seek,
	.readdir = tmpfs_readdir,
	.fsync = fop_default_fsync,
	FOPS_DIRECTORY,
};
