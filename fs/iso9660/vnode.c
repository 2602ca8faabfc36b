// SPDX-License-Identifier: GPL-2.0-only
/*
 * ISO 9660 file systems: CDs and their images, read-only.
 *
 * An inode number is the byte position of the directory record that names it; of a
 * directory that of its own first record, so that ".." agrees. Directories and
 * records are read through the device's page cache, files straight to their own.
 */
#include <tern/base/err.h>
#include <tern/drivers/blkdev.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>

#include "record.h"

#define ISO_MAGIC 0x9660

struct iso_mount {
	struct blkdev *bdev;
	struct iso_source src;
	struct iso_geo geo;
};

struct iso_vnode {
	struct vnode vn;	/* first */
	u32 block;		/* I where its contents begin; they lie together */
	char *link;		/* I text of a symbolic link */
};

static struct objcache *cache;
static const struct vnode_ops iso_vnode_ops;
static const struct ofile_ops iso_file_fops, iso_dir_fops;
static const struct pagecache_ops iso_pagecache_ops;

static struct iso_vnode *iso_of(struct vnode *vn) { return (struct iso_vnode *)vn; }
static struct iso_mount *mount_of(const struct vnode *vn) { return vn->vn_fs->priv; }

/* struct iso_source: bytes by way of the device's page cache. */
static int source_read(void *ctx, u64 pos, void *buf, u32 len)
{
	return blkdev_read_bytes(ctx, pos, buf, len);
}

/* ---- vnodes ---- */

static void free_rcu(struct rcu_job *job)
{
	struct iso_vnode *i = container_of(job, struct iso_vnode, vn.vn_rcu);

	kmem_free(i->link);
	objcache_free(cache, i);
}

static void iso_evict(struct vnode *vn)
{
	vnode_fini(vn);
	vnode_free_deferred(vn, free_rcu);
}

static mode_t mode_of(const struct iso_entry *e)
{
	if (e->mode)
		return (e->mode & 07777) | (e->is_dir || e->moved_block ? S_IFDIR : e->mode & S_IFMT);
	return e->is_dir ? S_IFDIR | 0555 : S_IFREG | 0444;
}

static int fill_vnode(struct filesys *fs, struct iso_vnode *i, const struct iso_entry *e, u64 ino)
{
	struct vnode *vn = &i->vn;
	mode_t mode = mode_of(e);

	if (S_ISLNK(mode)) {
		i->link = kmem_strndup(e->link, e->link_len, ALLOC_KERNEL);
		if (!i->link)
			return -ENOMEM;
	}
	i->block = e->moved_block ? e->moved_block : e->block;
	vn->vn_ino = ino;
	vnode_init(vn, fs, &iso_vnode_ops, S_ISDIR(mode) ? &iso_dir_fops : &iso_file_fops, mode);
	pagecache_init(&vn->vn_pages, vn, S_ISREG(mode) ? &iso_pagecache_ops : &pagecache_ops_memory, 0);
	vn->vn_uid = e->uid;
	vn->vn_gid = e->gid;
	vn->vn_nlink = e->nlink ? e->nlink : 1;
	vn->vn_rdev = S_ISCHR(mode) || S_ISBLK(mode) ? e->rdev : 0;
	vn->vn_size = S_ISLNK(mode) ? e->link_len : e->size;
	vn->vn_blocks = (e->size + 511) / 512;
	vn->vn_atime = e->atime;
	vn->vn_mtime = vn->vn_btime = e->mtime;
	vn->vn_ctime = e->ctime;
	vn->vn_link = i->link;
	return 0;
}

static struct vnode *vnode_of(struct filesys *fs, const struct iso_entry *e, u64 ino)
{
	for (;;) {
		struct vnode *vn = vnode_find(fs, ino);
		struct iso_vnode *i;
		int err;

		if (vn)
			return vn;
		i = objcache_zalloc(cache, ALLOC_KERNEL);
		if (!i)
			return ERR_PTR(-ENOMEM);
		err = fill_vnode(fs, i, e, ino);
		if (err) {
			objcache_free(cache, i);
			return ERR_PTR(err);
		}
		if (!vnode_insert(&i->vn))
			return &i->vn;
		vnode_put(&i->vn);
	}
}

/* ---- directories ---- */

struct cursor { u64 pos; u64 size; u32 block; u8 *sector; u64 loaded; };

/* The entry at c->pos, which moves past it; *at is its place on the disk. 1, 0 end, -errno. */
static int next_entry(struct iso_mount *m, struct cursor *c, struct iso_entry *e, u64 *at)
{
	while (c->pos < c->size) {
		u64 base = c->pos & ~(u64)(ISO_BLOCK - 1), disk = (u64)c->block * ISO_BLOCK + base;
		int r = 0;

		if (c->loaded != base) {
			if (disk + ISO_BLOCK > m->src.bytes)
				return -EIO;
			r = source_read(m->bdev, disk, c->sector, ISO_BLOCK);
			if (r)
				return r;
			c->loaded = base;
		}
		r = iso_record_parse(&m->src, &m->geo, c->sector, (u32)(c->pos - base), e);
		if (r < 0)
			return -EIO;
		if (r) {
			*at = disk + (c->pos - base);
			c->pos += e->len;
			return 1;
		}
		c->pos = base + ISO_BLOCK;
	}
	return 0;
}

static int cursor_init(struct cursor *c, struct vnode *dir, u64 pos)
{
	*c = (struct cursor){ .pos = pos, .size = (u64)vnode_size(dir), .block = iso_of(dir)->block,
			      .loaded = U64_MAX };
	c->sector = kmem_alloc(ISO_BLOCK + sizeof(struct iso_entry), ALLOC_KERNEL);
	return c->sector ? 0 : -ENOMEM;
}

static struct iso_entry *cursor_entry(struct cursor *c) { return (void *)(c->sector + ISO_BLOCK); }

/* A file of several extents must lie in one piece. */
static int gather(struct iso_mount *m, struct cursor *c, struct iso_entry *e)
{
	struct iso_entry *part = kmem_alloc(sizeof(*part), ALLOC_KERNEL);
	u64 at;
	int r = part ? 1 : -ENOMEM;

	while (r == 1 && e->more) {
		r = next_entry(m, c, part, &at);
		if (r != 1 || part->block != e->block + DIV_ROUND_UP(e->size, ISO_BLOCK) || e->size % ISO_BLOCK)
			r = r < 0 ? r : -EIO;
		e->size += r == 1 ? part->size : 0;
		e->more = r == 1 && part->more;
	}
	kmem_free(part);
	return r == 1 ? 0 : r;
}

static u64 ino_of(const struct iso_entry *e, u64 at)
{
	if (e->is_dir || e->moved_block)
		return (u64)(e->moved_block ? e->moved_block : e->block) * ISO_BLOCK;
	return at;
}

/* A moved directory's size stands in its own first record. */
static int find_moved(struct iso_mount *m, struct iso_entry *e)
{
	u8 head[34];
	int err;

	if (!e->moved_block)
		return 0;
	err = source_read(m->bdev, (u64)e->moved_block * ISO_BLOCK, head, sizeof(head));
	if (!err) {
		memcpy(&e->block, head + 2, 4);
		e->size = head[10] | (u32)head[11] << 8 | (u32)head[12] << 16 | (u32)head[13] << 24;
		e->is_dir = true;
	}
	return err;
}

static struct vnode *iso_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct iso_mount *m = mount_of(dir);
	struct vnode *found = NULL;
	struct iso_entry *e;
	struct cursor c;
	u64 at;
	int r = cursor_init(&c, dir, 0);

	if (r)
		return ERR_PTR(r);
	e = cursor_entry(&c);
	while ((r = next_entry(m, &c, e, &at)) == 1) {
		if (e->is_dot || e->is_dotdot || e->is_hidden || e->name_len != len || memcmp(e->name, name, len))
			continue;
		r = e->more ? gather(m, &c, e) : 0;
		if (!r)
			r = find_moved(m, e);
		found = r ? ERR_PTR(r) : vnode_of(dir->vn_fs, e, ino_of(e, at));
		r = 0;
		break;
	}
	kmem_free(c.sector);
	return r ? ERR_PTR(r) : found;
}

static int iso_readdir(struct ofile *f, struct dir_sink *s)
{
	struct vnode *dir = f->of_vnode;
	struct iso_mount *m = mount_of(dir);
	struct iso_entry *e;
	struct cursor c;
	bool in_file = false;
	u64 at;
	int r = cursor_init(&c, dir, (u64)s->pos);

	if (r)
		return r;
	e = cursor_entry(&c);
	while ((r = next_entry(m, &c, e, &at)) == 1) {
		bool skip = e->is_hidden || in_file;

		in_file = e->more;
		if (!skip && !s->emit(s, e->name, e->name_len, ino_of(e, at), (mode_of(e) & S_IFMT) >> 12,
				      (loff_t)c.pos))
			break;
	}
	kmem_free(c.sector);
	return r < 0 ? r : 0;
}

/* ---- data ---- */

struct read_job { struct ioreq req; struct uio_pageseg seg; };

static void read_done(struct ioreq *r)
{
	struct read_job *j = container_of(r, struct read_job, req);
	struct page *p = j->seg.page;

	page_flag_set(p, r->error ? PG_ERROR : PG_UPTODATE);
	page_unlock(p);
	kmem_free(j);
}

static int read_page(struct pagecache *pc, struct page *page)
{
	struct iso_mount *m = mount_of(pc->vnode);
	u64 pos = page->index << PAGE_SHIFT, size = (u64)vnode_size(pc->vnode);
	u64 disk = (u64)iso_of(pc->vnode)->block * ISO_BLOCK + pos;
	u32 n = pos < size ? (u32)min_t(u64, PAGE_SIZE, ALIGN_UP(size - pos, (u64)ISO_BLOCK)) : 0;
	struct read_job *j = n ? kmem_alloc(sizeof(*j), ALLOC_NOFS) : NULL;
	int err = 0;

	if (n && !j)
		err = -ENOMEM;
	else if (disk + n > m->src.bytes)
		err = -EIO;
	if (err) {
		kmem_free(j);
		page_unlock(page);
		return err;
	}
	memset((u8 *)page_to_virt(page) + n, 0, PAGE_SIZE - n);
	if (!n) {
		page_flag_set(page, PG_UPTODATE);
		page_unlock(page);
		return 0;
	}
	page_flag_clear(page, PG_ERROR);
	j->seg = (struct uio_pageseg){ page, 0, n };
	ioreq_init(&j->req, m->bdev, IOREQ_READ, disk >> SECTOR_SHIFT, &j->seg, 1, read_done);
	ioreq_submit(&j->req);
	return 0;
}

static const struct pagecache_ops iso_pagecache_ops = {
	.read_page = read_page,
	.read_ahead = blkplug_read_ahead,
	PAGECACHE_OPS_READONLY,
};

static const struct ofile_ops iso_file_fops = { FOPS_RO_FILE };
static const struct ofile_ops iso_dir_fops = {
	.seek = fop_dir_seek, .readdir = iso_readdir, .fsync = fop_default_fsync, FOPS_DIRECTORY,
};

static const struct vnode_ops iso_vnode_ops = {
	.lookup = iso_lookup,
	.getattr = vnop_default_getattr,
	.setattr = vnop_no_setattr,
	.permission = vnop_default_permission,
	.revalidate = vnop_default_revalidate,
	.evict = iso_evict,
	VNOPS_FIXED_NAMES,
	VNOPS_NO_XATTR,
	VNOPS_NO_LINK,
};

/* ---- mounting ---- */

static void mount_free(struct iso_mount *m)
{
	if (m->bdev)
		blkdev_close(m->bdev, BLKDEV_READ | BLKDEV_EXCL, m);
	kmem_free(m);
}

static void iso_unmount(struct filesys *fs)
{
	mount_free(fs->priv);
}

static int iso_remount(struct filesys *fs, const struct mount_args *args)
{
	return args->sb_flags & MS_RDONLY ? 0 : -EROFS;
}

static int iso_statfs(struct filesys *fs, struct statfs_info *out)
{
	struct iso_mount *m = fs->priv;

	*out = (struct statfs_info){ .type = ISO_MAGIC, .bsize = ISO_BLOCK, .frsize = ISO_BLOCK,
				     .blocks = m->geo.blocks, .namelen = ISO_NAME_MAX };
	return 0;
}

static const struct filesys_ops iso_ops = {
	.statfs = iso_statfs,
	.sync = fsop_default_sync,
	.remount = iso_remount,
	.unmount = iso_unmount,
	.show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct iso_mount *mount_make(const char *source)
{
	struct iso_mount *m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	int err;

	if (!m)
		return ERR_PTR(-ENOMEM);
	m->bdev = blkdev_open_source(source, BLKDEV_READ | BLKDEV_EXCL, m);
	if (IS_ERR(m->bdev)) {
		err = (int)PTR_ERR(m->bdev);
		m->bdev = NULL;
	} else {
		m->src = (struct iso_source){ source_read, m->bdev, blkdev_sectors(m->bdev) << SECTOR_SHIFT };
		err = iso_geo_parse(&m->src, &m->geo);
	}
	if (!err)
		return m;
	mount_free(m);
	return ERR_PTR(err);
}

static int set_root(struct filesys *fs, struct iso_mount *m)
{
	struct cursor c = { .size = ISO_BLOCK, .block = m->geo.root_block, .loaded = U64_MAX };
	struct vnode *root;
	u64 at;
	int r;

	c.sector = kmem_alloc(ISO_BLOCK + sizeof(struct iso_entry), ALLOC_KERNEL);
	if (!c.sector)
		return -ENOMEM;
	r = next_entry(m, &c, cursor_entry(&c), &at);
	if (r == 1 && cursor_entry(&c)->is_dot && cursor_entry(&c)->is_dir) {
		root = vnode_of(fs, cursor_entry(&c), ino_of(cursor_entry(&c), at));
		r = IS_ERR(root) ? (int)PTR_ERR(root) : filesys_root_set(fs, root);
	} else {
		r = r < 0 ? r : -EINVAL;
	}
	kmem_free(c.sector);
	return r;
}

static struct filesys *iso_mount_fs(struct fstype *t, const struct mount_args *args)
{
	struct iso_mount *m;
	struct filesys *fs;
	int err;

	if (!args->source || !*args->source)
		return ERR_PTR(-EINVAL);
	if (!(args->sb_flags & MS_RDONLY))
		return ERR_PTR(-EACCES);
	if (!cache)
		cache = objcache_create("iso_vnode", sizeof(struct iso_vnode), 8, OBJCACHE_RECLAIM, NULL);
	if (!cache)
		return ERR_PTR(-ENOMEM);
	fs = filesys_by_source(t, args->source);
	if (fs)
		return fs;
	m = mount_make(args->source);
	if (IS_ERR(m))
		return ERR_CAST(m);
	fs = filesys_alloc(t, &iso_ops);
	if (!fs) {
		mount_free(m);
		return ERR_PTR(-ENOMEM);
	}
	fs->priv = m;
	fs->flags |= FILESYS_RDONLY;
	fs->magic = ISO_MAGIC;
	fs->blksize = ISO_BLOCK;
	err = set_root(fs, m);
	if (!err) {
		filesys_dev_free(fs->dev);
		fs->dev = blkdev_number(m->bdev);
		return fs;
	}
	(void)vnode_evict_all(fs);
	fs->priv = NULL;
	filesys_discard(fs);
	mount_free(m);
	return ERR_PTR(err);
}

static struct fstype iso_type = { .name = "iso9660", .mount = iso_mount_fs };
FILESYSTEM(iso_type);
