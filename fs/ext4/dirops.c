// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names: lookup, making, linking, removing, renaming. Each is one transaction.
 *
 * A new inode has no name until its entry is written, so a failure in
 * between makes it an orphan, which eviction frees. A removed last name makes an
 * orphan too, in the same transaction.
 */
#include <tern/fs/acl.h>

#include "ext4_impl.h"

#define MAKE_CREDITS	(2 * EXT4_DIR_CREDITS + EXT4_XATTR_CREDITS + 16)

struct vnode *ext4_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct vnode *vn;
	u32 ino;
	int err = ext4_dir_get(ext4_node_of(dir), name, len, &ino);

	if (err == -ENOENT)
		return NULL;
	if (err)
		return ERR_PTR(err);
	vn = ext4_vnode_get(dir->vn_fs, ino);
	if (PTR_ERR(vn) == -ESTALE)
		return ERR_PTR(ext4_vol_fail(ext4_vol_of(dir), "directory %lu: an entry names free inode %u",
					     dir->vn_ino, ino));
	return vn;
}

/* Directories with very many others in them count 1, if the volume allows it. */
static bool links_are_full(const struct vnode *vn)
{
	if (vn->vn_nlink < EXT4_LINK_MAX)
		return false;
	return !vnode_is_dir(vn) || !(ext4_vol_of(vn)->geo.ro_compat & EXT4_RO_DIR_NLINK);
}

static void dir_link_add(struct vnode *dir)
{
	if (dir->vn_nlink > 1 && ++dir->vn_nlink >= EXT4_LINK_MAX)
		dir->vn_nlink = 1;
}

static void dir_link_drop(struct vnode *dir)
{
	if (dir->vn_nlink > 2)
		dir->vn_nlink--;
}

/* ---- making ---- */

static void set_rdev(struct ext4_node *n, u64 rdev)
{
	u32 major = DEV_MAJOR(rdev), minor = DEV_MINOR(rdev);

	if (major < 256 && minor < 256)
		n->block[0] = major << 8 | minor;
	else
		n->block[1] = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

static int fill_link(struct ext4_tx *tx, struct ext4_vnode *e, const char *target)
{
	struct ext4_node *n = &e->n;
	size_t len = strlen(target);
	struct ext4_buf *b;
	int err;

	if (len >= min_t(size_t, n->vol->geo.block_size, PATH_MAX))
		return -ENAMETOOLONG;
	e->link = kmem_strdup(target, ALLOC_NOFS);
	if (!e->link)
		return -ENOMEM;
	n->size = len;
	if (len < sizeof(n->block)) {
		memcpy(n->block, target, len);
		return 0;
	}
	if (ext4_has_extents(&n->vol->geo))
		ext4_ext_init(n);
	b = ext4_map_append(tx, n, 0);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_tx_write(tx, b, EXT4_BUF_PLAIN, 0);
	if (!err)
		memcpy(b->data, target, len);
	ext4_buf_put(b);
	return err;
}

/* Contents that a new inode of this kind begins with. */
static int fill_kind(struct ext4_tx *tx, struct vnode *dir, struct ext4_vnode *e, u64 rdev, const char *target)
{
	mode_t mode = e->n.mode;

	if (S_ISDIR(mode)) {
		e->n.nlink = 2;
		return ext4_dir_start(tx, &e->n, (u32)dir->vn_ino);
	}
	if (S_ISLNK(mode))
		return fill_link(tx, e, target);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		set_rdev(&e->n, rdev);
	return 0;
}

/* The new inode gets its owner, is stored and becomes a vnode in the table. */
static int publish(struct ext4_tx *tx, struct vnode *dir, struct ext4_vnode *e)
{
	struct vnode *vn = &e->vn;
	mode_t mode = e->n.mode;
	int err = ext4_vnode_ready(dir->vn_fs, e);

	if (!err) {
		vnode_init_owner(vn, dir, mode);
		err = vnode_acl_inherit(dir, vn);
		if (!err && (vn->vn_acl || vn->vn_acl_default))
			err = ext4_acl_store(tx, vn);
		if (!err)
			err = ext4_store(tx, vn);
	}
	latch_open_all(&e->loaded);
	return err;
}

/* Take back what make() did; @made: the inode exists, @is_vnode: it is a vnode. */
static void unmake(struct ext4_tx *tx, struct ext4_vnode *e, bool made, bool is_vnode)
{
	if (made) {
		e->n.nlink = 0;
		e->vn.vn_nlink = 0;
		(void)ext4_orphan_add(tx, &e->n);
	}
	ext4_tx_end(tx);
	if (is_vnode) {
		vnode_put(&e->vn);
		return;
	}
	/* The next mount frees the inode; this one forgets it. */
	if (made) {
		kmutex_lock(&tx->vol->orphan_lock);
		list_del_init(&e->n.orphan);
		kmutex_unlock(&tx->vol->orphan_lock);
	}
	ext4_vnode_discard(e);
}

/* @name NULL: without a name (O_TMPFILE). */
static struct vnode *make(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev, const char *target)
{
	struct ext4_vol *v = ext4_vol_of(dir);
	struct ext4_vnode *e;
	struct ext4_tx tx;
	bool made = false, is_vnode = false, named = false;
	u32 ids[EXT4_QUOTAS];
	int err;

	if (S_ISDIR(mode) && links_are_full(dir))
		return ERR_PTR(-EMLINK);
	e = ext4_vnode_new();
	if (!e)
		return ERR_PTR(-ENOMEM);
	ids[0] = cred_self()->fsuid;
	ids[1] = dir->vn_mode & S_ISGID ? dir->vn_gid : cred_self()->fsgid;
	err = ext4_quota_ensure(v, ids);
	if (!err && !cap_has(CAP_SYS_RESOURCE))
		err = ext4_quota_may(v, ids, S_ISDIR(mode) ? v->geo.block_size : 0, 1);
	if (!err)
		err = ext4_tx_begin(v, MAKE_CREDITS, &tx);
	if (err) {
		ext4_vnode_discard(e);
		return ERR_PTR(err);
	}
	err = ext4_node_make(&tx, ext4_node_of(dir), &e->n, v, mode);
	made = !err;
	if (!err)
		err = fill_kind(&tx, dir, e, rdev, target);
	if (!err) {
		is_vnode = true;
		err = publish(&tx, dir, e);
	}
	if (!err && name)
		err = ext4_dir_add(&tx, ext4_node_of(dir), name, len, e->n.ino, mode);
	named = !err && name;
	if (!err && !name) {
		e->vn.vn_nlink = 0;
		ext4_pull(&e->vn);
		err = ext4_orphan_add(&tx, &e->n);
	}
	if (!err && name) {
		if (S_ISDIR(mode))
			dir_link_add(dir);
		vnode_touch(dir, VATTR_MTIME | VATTR_CTIME);
		err = ext4_store(&tx, dir);
	}
	if (err) {
		if (named)
			(void)ext4_dir_del(&tx, ext4_node_of(dir), name, len);
		unmake(&tx, e, made, is_vnode);
		return ERR_PTR(err);
	}
	ext4_tx_end(&tx);
	return &e->vn;
}

struct vnode *ext4_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return make(dir, name, len, mode, 0, NULL);
}

struct vnode *ext4_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return make(dir, name, len, mode, 0, NULL);
}

struct vnode *ext4_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev)
{
	return make(dir, name, len, mode, rdev, NULL);
}

struct vnode *ext4_symlink(struct vnode *dir, const char *name, u32 len, const char *target)
{
	return make(dir, name, len, S_IFLNK | 0777, 0, target);
}

struct vnode *ext4_tmpfile(struct vnode *dir, mode_t mode)
{
	return make(dir, NULL, 0, mode, 0, NULL);
}

int ext4_link(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct ext4_tx tx;
	int err;

	if (links_are_full(target))
		return -EMLINK;
	err = ext4_tx_begin(ext4_vol_of(dir), MAKE_CREDITS, &tx);
	if (err)
		return err;
	err = ext4_dir_add(&tx, ext4_node_of(dir), name, len, (u32)target->vn_ino, target->vn_mode);
	if (!err) {
		target->vn_nlink++;
		vnode_touch(target, VATTR_CTIME);
		vnode_touch(dir, VATTR_MTIME | VATTR_CTIME);
		ext4_pull(target);
		if (target->vn_nlink == 1)
			err = ext4_orphan_del(&tx, ext4_node_of(target));
		if (!err)
			err = ext4_store(&tx, target);
		if (!err)
			err = ext4_store(&tx, dir);
	}
	ext4_tx_end(&tx);
	return err;
}

/* ---- removing ---- */

/* A name of @vn went; a directory has no other. */
static int name_lost(struct ext4_tx *tx, struct vnode *vn)
{
	int err;

	if (vnode_is_dir(vn))
		vn->vn_nlink = 0;
	else if (vn->vn_nlink)
		vn->vn_nlink--;
	vnode_touch(vn, VATTR_CTIME);
	err = ext4_store(tx, vn);
	if (!err && !vn->vn_nlink)
		err = ext4_orphan_add(tx, ext4_node_of(vn));
	return err;
}

static int remove(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	struct ext4_tx tx;
	int err = ext4_tx_begin(ext4_vol_of(dir), EXT4_DIR_CREDITS + 8, &tx);

	if (err)
		return err;
	err = ext4_dir_del(&tx, ext4_node_of(dir), name, len);
	if (!err) {
		if (vnode_is_dir(target))
			dir_link_drop(dir);
		vnode_touch(dir, VATTR_MTIME | VATTR_CTIME);
		err = ext4_store(&tx, dir);
	}
	if (!err)
		err = name_lost(&tx, target);
	ext4_tx_end(&tx);
	return err;
}

int ext4_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	return remove(dir, name, len, target);
}

int ext4_rmdir(struct vnode *dir, const char *name, u32 len, struct vnode *target)
{
	int r = ext4_dir_empty(ext4_node_of(target));

	if (r != 1)
		return r ? r : -ENOTEMPTY;
	return remove(dir, name, len, target);
}

/* ---- renaming ---- */

struct rename {
	struct vnode *odir, *old, *ndir, *new;
	const char *oname, *nname;
	u32 olen, nlen;
};

static int check_victim(const struct rename *r)
{
	int empty;

	if (!r->new)
		return 0;
	if (!vnode_is_dir(r->new))
		return vnode_is_dir(r->old) ? -ENOTDIR : 0;
	if (!vnode_is_dir(r->old))
		return -EISDIR;
	empty = ext4_dir_empty(ext4_node_of(r->new));
	return empty == 1 ? 0 : empty ? empty : -ENOTEMPTY;
}

/* Directory @vn moved from @from to @to. */
static int reparent(struct ext4_tx *tx, struct vnode *vn, struct vnode *from, struct vnode *to)
{
	int err;

	if (!vnode_is_dir(vn) || from == to)
		return 0;
	err = ext4_dir_set(tx, ext4_node_of(vn), "..", 2, (u32)to->vn_ino, S_IFDIR);
	if (!err) {
		dir_link_drop(from);
		dir_link_add(to);
	}
	return err;
}

static int touch_and_store(struct ext4_tx *tx, const struct rename *r)
{
	int err;

	vnode_touch(r->old, VATTR_CTIME);
	vnode_touch(r->odir, VATTR_MTIME | VATTR_CTIME);
	vnode_touch(r->ndir, VATTR_MTIME | VATTR_CTIME);
	err = ext4_store(tx, r->old);
	if (!err)
		err = ext4_store(tx, r->odir);
	if (!err && r->ndir != r->odir)
		err = ext4_store(tx, r->ndir);
	return err;
}

static int exchange(struct ext4_tx *tx, const struct rename *r)
{
	int err = ext4_dir_set(tx, ext4_node_of(r->odir), r->oname, r->olen, (u32)r->new->vn_ino, r->new->vn_mode);

	if (!err)
		err = ext4_dir_set(tx, ext4_node_of(r->ndir), r->nname, r->nlen, (u32)r->old->vn_ino,
				   r->old->vn_mode);
	if (!err)
		err = reparent(tx, r->old, r->odir, r->ndir);
	if (!err)
		err = reparent(tx, r->new, r->ndir, r->odir);
	vnode_touch(r->new, VATTR_CTIME);
	if (!err)
		err = ext4_store(tx, r->new);
	return err ? err : touch_and_store(tx, r);
}

static int move(struct ext4_tx *tx, const struct rename *r, struct ext4_vnode *white)
{
	u32 ino = (u32)r->old->vn_ino;
	int err;

	if (r->new)
		err = ext4_dir_set(tx, ext4_node_of(r->ndir), r->nname, r->nlen, ino, r->old->vn_mode);
	else
		err = ext4_dir_add(tx, ext4_node_of(r->ndir), r->nname, r->nlen, ino, r->old->vn_mode);
	if (err)
		return err;
	if (white)
		err = ext4_dir_set(tx, ext4_node_of(r->odir), r->oname, r->olen, white->n.ino, white->n.mode);
	else
		err = ext4_dir_del(tx, ext4_node_of(r->odir), r->oname, r->olen);
	if (!err && r->new && vnode_is_dir(r->new))
		dir_link_drop(r->ndir);
	if (!err)
		err = reparent(tx, r->old, r->odir, r->ndir);
	if (!err && r->new)
		err = name_lost(tx, r->new);
	return err ? err : touch_and_store(tx, r);
}

/* A whiteout takes the old name: a character device 0:0. */
static int make_whiteout(struct ext4_tx *tx, struct vnode *dir, struct ext4_vnode *e)
{
	int err = ext4_node_make(tx, ext4_node_of(dir), &e->n, tx->vol, S_IFCHR);

	return err ? err : ext4_node_store(tx, &e->n);
}

int ext4_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags)
{
	struct rename r = { odir, old_vn, ndir, new_vn, oname, nname, olen, nlen };
	struct ext4_vnode *white = NULL;
	struct ext4_tx tx;
	int err;

	if (flags & RENAME_EXCHANGE)
		err = new_vn ? 0 : -ENOENT;
	else
		err = check_victim(&r);
	if (!err && vnode_is_dir(old_vn) && odir != ndir && !new_vn && links_are_full(ndir))
		err = -EMLINK;
	/* Who replaces a file this way wants the old or the new one after a power cut, not an empty one. */
	if (!err && new_vn && !(flags & RENAME_EXCHANGE) && S_ISREG(old_vn->vn_mode))
		(void)pagecache_flush(old_vn->vn_pc, 0, S64_MAX, true);
	if (!err && (flags & RENAME_WHITEOUT)) {
		white = ext4_vnode_new();
		err = white ? 0 : -ENOMEM;
	}
	if (!err)
		err = ext4_tx_begin(ext4_vol_of(odir), 3 * EXT4_DIR_CREDITS + 16, &tx);
	if (err) {
		if (white)
			ext4_vnode_discard(white);
		return err;
	}
	if (white)
		err = make_whiteout(&tx, odir, white);
	if (!err)
		err = flags & RENAME_EXCHANGE ? exchange(&tx, &r) : move(&tx, &r, white);
	if (err && white && white->n.ino)
		unmake(&tx, white, true, false);
	else
		ext4_tx_end(&tx);
	if (!err && white)
		ext4_vnode_discard(white);
	return err;
}
