// SPDX-License-Identifier: GPL-2.0-only
/*
 * ext4's vnodes: from inode to vnode and back, attributes, eviction.
 *
 * struct ext4_node is what the volume code works on; the vnode has what the VFS
 * changes. ext4_pull() copies from the vnode to the node before a store. Sizes differ on
 * purpose: vn_size is what readers see, n.size what the disk may say - up to
 * where data has been written.
 *
 * A vnode enters the table after its inode was read; others that find it wait for
 * `loaded`. A vnode that left the table in between may have changed the inode: then
 * all is read again.
 */
#include <tern/fs/acl.h>

#include "ext4_impl.h"

#include <tern/kernel/userns.h>

static struct objcache *cache;

int ext4_vnode_cache_init(void)
{
	if (!cache)
		cache = objcache_create("ext4_vnode", sizeof(struct ext4_vnode), 8, OBJCACHE_RECLAIM, NULL);
	return cache ? 0 : -ENOMEM;
}

struct ext4_vnode *ext4_vnode_new(void)
{
	struct ext4_vnode *e = objcache_zalloc(cache, ALLOC_KERNEL);

	if (e)
		latch_init(&e->loaded);
	return e;
}

void ext4_vnode_discard(struct ext4_vnode *e)
{
	if (e)
		kmem_free(e->link);
	objcache_free(cache, e);
}

static u32 flags_of(const struct ext4_node *n)
{
	return (n->flags & EXT4_FL_IMMUTABLE ? VNODE_IMMUTABLE : 0) | (n->flags & EXT4_FL_APPEND ? VNODE_APPEND : 0) |
	       (n->flags & EXT4_FL_NOATIME ? VNODE_NOATIME : 0);
}

static u64 rdev_of(const struct ext4_node *n)
{
	u32 d = n->block[1];

	if (!S_ISCHR(n->mode) && !S_ISBLK(n->mode))
		return 0;
	if (n->block[0])
		return DEV_MAKE((n->block[0] >> 8) & 0xff, n->block[0] & 0xff);
	return DEV_MAKE((d >> 8) & 0xfff, (d & 0xff) | ((d >> 12) & 0xfff00));
}

int ext4_vnode_ready(struct filesys *fs, struct ext4_vnode *e)
{
	struct ext4_node *n = &e->n;
	struct vnode *vn = &e->vn;

	vn->vn_ino = n->ino;
	vnode_init(vn, fs, &ext4_vnode_ops, S_ISDIR(n->mode) ? &ext4_dir_fops : &ext4_file_fops, n->mode);
	pagecache_init(&vn->vn_pages, vn, S_ISREG(n->mode) ? &ext4_pagecache_ops : &pagecache_ops_memory, 0);
	vn->vn_uid = n->uid;
	vn->vn_gid = n->gid;
	vn->vn_nlink = n->nlink;
	vn->vn_rdev = rdev_of(n);
	vn->vn_size = n->size;
	vn->vn_blocks = n->blocks;
	vn->vn_atime = n->atime;
	vn->vn_mtime = n->mtime;
	vn->vn_ctime = n->ctime;
	vn->vn_btime = n->btime;
	vn->vn_flags = flags_of(n);
	vn->vn_generation = n->generation;
	vn->vn_version = n->version;
	vn->vn_link = e->link;
	return vnode_insert(vn);
}

/* The text of a symbolic link comes with the inode. */
static int load_link(struct ext4_vnode *e)
{
	struct ext4_node *n = &e->n;
	struct ext4_buf *b = NULL;
	const void *text = n->block;
	int err = 0;

	if (!S_ISLNK(n->mode))
		return 0;
	if (!n->size || n->size >= min_t(u64, n->vol->geo.block_size, PATH_MAX))
		return ext4_vol_fail(n->vol, "link %u has a text of %lu bytes", n->ino, n->size);
	if (ext4_is_inline(n)) {
		ssize_t got;

		e->link = kmem_zalloc(n->size + 1, ALLOC_KERNEL);
		got = e->link ? ext4_inline_read(n, e->link, n->size) : -ENOMEM;
		return got < 0 ? (int)got : 0;
	}
	if (ext4_node_has_map(n)) {
		b = ext4_map_read(n, 0);
		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		text = b->data;
	}
	e->link = kmem_zalloc(n->size + 1, ALLOC_KERNEL);
	if (e->link)
		memcpy(e->link, text, n->size);
	else
		err = -ENOMEM;
	ext4_buf_put(b);
	return err;
}

static struct ext4_vnode *read_vnode(struct filesys *fs, u32 ino)
{
	struct ext4_mount *m = ext4_mount_of(fs);
	struct ext4_vnode *e = ext4_vnode_new();
	int err;

	if (!e)
		return ERR_PTR(-ENOMEM);
	err = ext4_node_init(&e->n, &m->vol, ino);
	if (!err)
		err = ext4_node_load(&e->n);
	if (!err && !e->n.nlink)
		err = -ESTALE;
	if (!err)
		err = load_link(e);
	if (!err)
		return e;
	ext4_vnode_discard(e);
	return ERR_PTR(err);
}

/* One attempt; -EAGAIN: somebody was faster. */
static struct vnode *get_once(struct filesys *fs, u32 ino)
{
	struct ext4_mount *m = ext4_mount_of(fs);
	s32 before = atomic_read(&m->evictions);
	struct vnode *vn = vnode_find(fs, ino);
	struct ext4_vnode *e;
	int err, lists = 0;

	if (vn) {
		e = ext4_of(vn);
		latch_wait(&e->loaded);
		err = READ_ONCE(e->error);
		if (!err)
			return vn;
		vnode_put(vn);
		return ERR_PTR(err);
	}
	e = read_vnode(fs, ino);
	if (IS_ERR(e))
		return ERR_CAST(e);
	err = ext4_vnode_ready(fs, e);
	if (!err) {
		lists = ext4_acl_load(&e->vn);
		if (lists)
			err = lists;
	}
	if (!err && atomic_read(&m->evictions) != before)
		err = -EAGAIN;
	if (err)
		WRITE_ONCE(e->error, lists ? lists : -EAGAIN);
	latch_open_all(&e->loaded);
	if (!err)
		return &e->vn;
	e->vn.vn_nlink = 0;
	vnode_put(&e->vn);
	return ERR_PTR(lists ? lists : -EAGAIN);
}

struct vnode *ext4_vnode_get(struct filesys *fs, u32 ino)
{
	struct vnode *vn;

	do
		vn = get_once(fs, ino);
	while (PTR_ERR(vn) == -EAGAIN);
	return vn;
}

/* ---- attributes ---- */

void ext4_pull(struct vnode *vn)
{
	struct ext4_node *n = ext4_node_of(vn);

	spin_lock(&vn->vn_spin);
	vn->vn_flags &= ~VNODE_DIRTY_ATTR;
	n->mode = READ_ONCE(vn->vn_mode);
	n->uid = vn->vn_uid;
	n->gid = vn->vn_gid;
	n->nlink = vn->vn_nlink;
	n->atime = vn->vn_atime;
	n->mtime = vn->vn_mtime;
	n->ctime = vn->vn_ctime;
	n->version = vn->vn_version;
	spin_unlock(&vn->vn_spin);
}

int ext4_store(struct ext4_tx *tx, struct vnode *vn)
{
	struct ext4_node *n = ext4_node_of(vn);

	ext4_pull(vn);
	if (vnode_is_dir(vn))
		vnode_size_set(vn, n->size);
	WRITE_ONCE(vn->vn_blocks, n->blocks);
	return ext4_node_store(tx, n);
}

int ext4_write_attr(struct vnode *vn, bool wait)
{
	struct ext4_tx tx;
	int err;

	if (ext4_of(vn)->error || ext4_vol_rdonly(ext4_vol_of(vn)))
		return 0;
	err = ext4_tx_begin(ext4_vol_of(vn), 2, &tx);
	if (err)
		return err;
	err = ext4_store(&tx, vn);
	ext4_tx_end(&tx);
	return err;
}

int ext4_fsync_vnode(struct vnode *vn)
{
	struct ext4_vol *v = ext4_vol_of(vn);
	u32 tid;
	int err = 0;

	if (vn->vn_flags & VNODE_DIRTY_ATTR)
		err = ext4_write_attr(vn, true);
	tid = READ_ONCE(ext4_node_of(vn)->last_tid);
	if (err)
		return err;
	if (v->log.error)
		return -EIO;
	/* Nothing of it waits for a commit: what was written only has to be stable. */
	if (!tid || ext4_log_has(v, tid))
		return ext4_vol_rdonly(v) ? 0 : ext4_io_flush(v);
	return ext4_log_commit_tid(v, tid);
}

static int cut_off(struct vnode *vn, u64 size)
{
	struct ext4_node *n = ext4_node_of(vn);
	u32 bits = n->vol->geo.block_bits;
	struct ext4_tx tx;
	int err = ext4_page_cut_inline(vn, size);

	if (err != -EAGAIN)
		return err;
	err = ext4_page_bring_in(vn, size);
	if (!err)
		err = ext4_tx_begin(n->vol, 8, &tx);
	if (err)
		return err;
	err = ext4_orphan_add(&tx, n);
	if (!err) {
		n->size = size;
		vnode_size_set(vn, size);
		err = ext4_store(&tx, vn);
	}
	ext4_tx_end(&tx);
	if (err)
		return err;
	pagecache_truncate(vn->vn_pc, (loff_t)size);
	err = ext4_map_drop(n, (size + n->vol->geo.block_size - 1) >> bits, (u64)U32_MAX + 1);
	ext4_page_forget_map(vn, size);
	if (err)
		return err;
	err = ext4_tx_begin(n->vol, 8, &tx);
	if (err)
		return err;
	err = ext4_orphan_del(&tx, n);
	ext4_tx_end(&tx);
	WRITE_ONCE(vn->vn_blocks, n->blocks);
	return err;
}

static int set_size(struct vnode *vn, const struct vattr *va)
{
	struct ext4_node *n = ext4_node_of(vn);
	u64 old = (u64)vnode_size(vn);
	int err = 0;

	if (va->size < old)
		err = cut_off(vn, va->size);
	if (!va->size && old)
		WRITE_ONCE(ext4_of(vn)->emptied, true);
	if (va->size > old)
		err = ext4_page_spill(vn);
	if (!err && va->size > old) {
		/* Bytes behind the old end were never written by anybody. */
		if (old & ~PAGE_MASK)
			pagecache_truncate(vn->vn_pc, (loff_t)old);
		vnode_size_set(vn, va->size);
		n->size = va->size;
	}
	if (!err && (va->size != old || (va->mask & VATTR_OPEN_TRUNC)))
		vnode_touch(vn, VATTR_MTIME | VATTR_CTIME);
	return err;
}

/* Who is going to own it can be counted, and may have it. */
static int ensure_owner(struct vnode *vn, const struct vattr *va)
{
	u32 ids[EXT4_QUOTAS] = { va->mask & VATTR_UID ? va->uid : vn->vn_uid,
				 va->mask & VATTR_GID ? va->gid : vn->vn_gid };

	struct ext4_vol *v = ext4_vol_of(vn);
	int err = ext4_quota_ensure(v, ids);

	if (err || cap_has(CAP_SYS_RESOURCE))
		return err;
	/* Who had it already gets nothing more. */
	ids[0] = ids[0] == vn->vn_uid ? ID_NONE : ids[0];
	ids[1] = ids[1] == vn->vn_gid ? ID_NONE : ids[1];
	return ext4_quota_may(v, ids, ext4_node_of(vn)->blocks * 512, 1);
}

int ext4_setattr(struct vnode *vn, const struct vattr *va)
{
	struct vattr rest = *va;
	struct ext4_tx tx;
	bool has_list;
	int err = 0;

	if (ext4_vol_rdonly(ext4_vol_of(vn)))
		return -EROFS;
	if ((va->mask & VATTR_SIZE) && S_ISREG(vn->vn_mode))
		err = set_size(vn, va);
	if (err)
		return err;
	rest.mask &= ~VATTR_SIZE;
	has_list = (rest.mask & VATTR_MODE) && vn->vn_acl;
	err = rest.mask & (VATTR_UID | VATTR_GID) ? ensure_owner(vn, &rest) : 0;
	if (!err && has_list)
		err = vnode_acl_chmod(vn, rest.mode);
	if (!err)
		err = vnop_default_setattr(vn, &rest);
	if (!err)
		err = ext4_tx_begin(ext4_vol_of(vn), has_list ? EXT4_XATTR_CREDITS + 2 : 2, &tx);
	if (err)
		return err;
	err = has_list ? ext4_acl_store(&tx, vn) : 0;
	if (!err)
		err = ext4_store(&tx, vn);
	ext4_tx_end(&tx);
	return err;
}

static int ext4_getattr(struct vnode *vn, struct vattr *va)
{
	vnode_getattr_default(vn, va);
	if (S_ISREG(vn->vn_mode))
		va->blocks = READ_ONCE(ext4_node_of(vn)->blocks);
	return 0;
}

/* ---- the end ---- */

static void free_rcu(struct rcu_job *job)
{
	ext4_vnode_discard(container_of(job, struct ext4_vnode, vn.vn_rcu));
}

/* Without names: blocks and the inode go. */
static void erase(struct vnode *vn)
{
	struct ext4_node *n = ext4_node_of(vn);
	struct ext4_tx tx;
	int err = 0;

	if (ext4_node_has_map(n))
		err = ext4_map_drop(n, 0, (u64)U32_MAX + 1);
	vnode_fini(vn);
	if (!err)
		err = ext4_tx_begin(n->vol, EXT4_XATTR_CREDITS, &tx);
	if (err)
		return;		/* it stays on the list of orphans */
	err = ext4_orphan_del(&tx, n);
	if (!err)
		err = ext4_xattr_drop(&tx, n);
	if (!err)
		(void)ext4_node_erase(&tx, n);
	ext4_tx_end(&tx);
}

static void ext4_evict(struct vnode *vn)
{
	struct ext4_mount *m = ext4_mount_of(vn->vn_fs);
	struct ext4_vnode *e = ext4_of(vn);

	atomic_inc(&m->evictions);
	if (e->error || ext4_vol_rdonly(&m->vol)) {
		pagecache_truncate(&vn->vn_pages, 0);
		vnode_fini(vn);
	} else if (!vn->vn_nlink) {
		pagecache_truncate(&vn->vn_pages, 0);
		erase(vn);
	} else {
		(void)pagecache_flush(&vn->vn_pages, 0, S64_MAX, true);
		if (vn->vn_flags & VNODE_DIRTY_ATTR)
			(void)ext4_write_attr(vn, false);
		vnode_fini(vn);
	}
	/* Aborted volumes leave them on the list in memory. */
	kmutex_lock(&m->vol.orphan_lock);
	list_del_init(&e->n.orphan);
	kmutex_unlock(&m->vol.orphan_lock);
	vnode_free_deferred(vn, free_rcu);
}

/* ---- extended attributes ---- */

/* Contents of small files, as the volume keeps them. */
static bool is_reserved(const char *name) { return !strcmp(name, "system.data"); }

static ssize_t ext4_getxattr(struct vnode *vn, const char *name, void *buf, size_t size)
{
	if (is_reserved(name))
		return -EOPNOTSUPP;
	return acl_is_name(name) ? vnode_acl_get(vn, name, buf, size) :
				   ext4_xattr_get(ext4_node_of(vn), name, buf, size);
}

static ssize_t ext4_listxattr(struct vnode *vn, char *buf, size_t size)
{
	return ext4_xattr_list(ext4_node_of(vn), buf, size, cap_has(CAP_SYS_ADMIN));
}

static int change_xattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 how)
{
	struct ext4_tx tx;
	int err = is_reserved(name) ? -EOPNOTSUPP : ext4_tx_begin(ext4_vol_of(vn), EXT4_XATTR_CREDITS, &tx);

	if (err)
		return err;
	err = ext4_xattr_set(&tx, ext4_node_of(vn), name, val, size, how);
	if (!err) {
		vnode_touch(vn, VATTR_CTIME);
		err = ext4_store(&tx, vn);
	}
	ext4_tx_end(&tx);
	return err;
}

static int change_list(struct vnode *vn, const char *name, const void *val, size_t size)
{
	struct ext4_tx tx;
	int err = vnode_acl_set(vn, name, val, size);

	if (!err)
		err = ext4_tx_begin(ext4_vol_of(vn), EXT4_XATTR_CREDITS + 2, &tx);
	if (err)
		return err;
	err = ext4_acl_store(&tx, vn);
	if (!err)
		err = ext4_store(&tx, vn);
	ext4_tx_end(&tx);
	return err;
}

static int ext4_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags)
{
	if (acl_is_name(name))
		return change_list(vn, name, val ? val : "", size);
	return change_xattr(vn, name, val ? val : "", size, flags);
}

static int ext4_removexattr(struct vnode *vn, const char *name)
{
	if (acl_is_name(name))
		return change_list(vn, name, NULL, 0);
	return change_xattr(vn, name, NULL, 0, XATTR_REPLACE);
}

const struct vnode_ops ext4_vnode_ops = {
	.lookup = ext4_lookup,
	.create = ext4_create,
	.mkdir = ext4_mkdir,
	.mknod = ext4_mknod,
	.symlink = ext4_symlink,
	.tmpfile = ext4_tmpfile,
	.link = ext4_link,
	.unlink = ext4_unlink,
	.rmdir = ext4_rmdir,
	.rename = ext4_rename,
	.getattr = ext4_getattr,
	.setattr = ext4_setattr,
	.permission = vnop_default_permission,
	.getxattr = ext4_getxattr,
	.setxattr = ext4_setxattr,
	.listxattr = ext4_listxattr,
	.removexattr = ext4_removexattr,
	.revalidate = vnop_default_revalidate,
	.evict = ext4_evict,
	VNOPS_NO_LINK,
};
