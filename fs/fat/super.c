// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT12, FAT16 and FAT32 with long names, read and write: mount -t vfat.
 *
 * geometry.c and name.c are pure; table.c has the table of clusters, chain.c where a file's are,
 * slots.c directories, namei.c names, file.c contents, vnode.c the files themselves.
 *
 * Lock order: vn_lock > page > v->lock > m->table_lock > the device's page cache (another layer);
 * places_lock is innermost.
 *
 * Limits: short names are CP437, all others UTF-8; case is that of ASCII letters; times are UTC.
 * No O_DIRECT, no FAT ioctls.
 */
#include "fat_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/userns.h>

#define FAT_MAGIC	0x4d44

/* ---- options ---- */

static int parse_number(const char *s, u32 base, u32 *out)
{
	const char *end;
	int err = s && *s ? parse_u32(s, base, out, &end) : -EINVAL;

	return err || *end ? -EINVAL : 0;
}

/* Words that say what is so anyway. */
static bool is_given(const char *word)
{
	static const char *const words[] = { "utf8", "utf8=1", "iocharset=utf8", "codepage=437", "shortname=mixed",
					     "tz=UTC", "time_offset=0", "check=n", "rodir", "nonumtail=0" };

	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static int parse_option(void *ctx, char *word)
{
	struct fat_options *o = ctx;
	char *val = strchr(word, '=');
	int err = 0;

	if (is_given(word))
		return 0;
	if (val)
		*val++ = '\0';
	if (!strcmp(word, "uid")) {
		err = parse_number(val, 10, &o->uid);
		o->uid = uid_in(o->uid);
	} else if (!strcmp(word, "gid")) {
		err = parse_number(val, 10, &o->gid);
		o->gid = gid_in(o->gid);
	} else if (!strcmp(word, "umask")) {
		err = parse_number(val, 8, &o->fmask);
		o->dmask = o->fmask;
	} else if (!strcmp(word, "fmask")) {
		err = parse_number(val, 8, &o->fmask);
	} else if (!strcmp(word, "dmask")) {
		err = parse_number(val, 8, &o->dmask);
	} else if (!val && !strcmp(word, "quiet")) {
		o->is_quiet = true;
	} else if (!val && !strcmp(word, "discard")) {
		o->discards = true;
	} else if (val && !strcmp(word, "errors")) {
		o->stops = !strcmp(val, "remount-ro");
		err = o->stops || !strcmp(val, "continue") ? 0 : -EINVAL;
	} else {
		err = -EINVAL;
	}
	return err ? err : o->uid == ID_NONE || o->gid == ID_NONE ? -EINVAL : 0;
}

static void fat_show_options(struct filesys *fs, struct seqbuf *sb)
{
	const struct fat_options *o = &((struct fat_mount *)fs->priv)->opt;

	if (o->uid)
		seqbuf_printf(sb, ",uid=%u", uid_show(o->uid));
	if (o->gid)
		seqbuf_printf(sb, ",gid=%u", gid_show(o->gid));
	seqbuf_printf(sb, ",fmask=%04o,dmask=%04o", o->fmask, o->dmask);
	seqbuf_puts(sb, ",codepage=437,iocharset=utf8,shortname=mixed,utf8");
	if (o->is_quiet)
		seqbuf_puts(sb, ",quiet");
	if (o->discards)
		seqbuf_puts(sb, ",discard");
	seqbuf_printf(sb, ",errors=%s", o->stops ? "remount-ro" : "continue");
}

/* ---- the instance ---- */

static int start_writing(struct fat_mount *m)
{
	int err = fat_mark(m, true);

	m->is_writing = !err;
	return err;
}

static int stop_writing(struct fat_mount *m)
{
	int err = m->is_writing ? fat_info_store(m) : 0;

	if (m->is_writing && !err)
		err = fat_mark(m, false);
	m->is_writing = false;
	return err;
}

static int fat_sync(struct filesys *fs, bool wait)
{
	struct fat_mount *m = fs->priv;
	int err = m->is_writing ? fat_info_store(m) : 0;

	if (err || !wait)
		return err;
	return blkdev_sync(m->bdev);
}

static void mount_free(struct fat_mount *m)
{
	if (m->bdev)
		blkdev_close(m->bdev, m->bdev_mode, m);
	kmem_free(m);
}

static void fat_unmount(struct filesys *fs)
{
	struct fat_mount *m = fs->priv;

	if (!(fs->flags & FILESYS_RDONLY))
		(void)stop_writing(m);
	(void)blkdev_sync(m->bdev);
	mount_free(m);
}

static int fat_remount(struct filesys *fs, const struct mount_args *args)
{
	struct fat_mount *m = fs->priv;
	bool ro = args->sb_flags & MS_RDONLY, was = fs->flags & FILESYS_RDONLY;

	if (ro == was)
		return 0;
	if (ro) {
		(void)filesys_sync_one(fs);
		return stop_writing(m);
	}
	if (!(m->bdev_mode & BLKDEV_WRITE) || blkdev_is_readonly(m->bdev))
		return -EROFS;
	fs->flags &= ~FILESYS_RDONLY;
	return start_writing(m);
}

static int fat_statfs(struct filesys *fs, struct statfs_info *out)
{
	struct fat_mount *m = fs->priv;
	u32 free, size = 1u << m->geo.cluster_bits;
	int err = fat_count_free(m, &free);

	*out = (struct statfs_info){ .type = FAT_MAGIC, .bsize = size, .frsize = size, .blocks = m->geo.clusters,
				     .bfree = free, .bavail = free, .namelen = FAT_LONG_MAX };
	return err;
}

static int fat_write_attr(struct vnode *vn, bool wait)
{
	return fat_store(fat_of(vn));
}

static u32 fat_true_name(struct vnode *vn, char *name)
{
	struct fat_vnode *v = fat_of(vn);

	memcpy(name, v->name, v->name_len);
	return v->name_len;
}

static const struct filesys_ops fat_ops = {
	.statfs = fat_statfs,
	.sync = fat_sync,
	.remount = fat_remount,
	.unmount = fat_unmount,
	.show_options = fat_show_options,
	.write_attr = fat_write_attr,
	.true_name = fat_true_name,
};

static int mount_open(struct fat_mount *m, const char *source, bool ro)
{
	u8 boot[512];
	int err;

	m->bdev_mode = BLKDEV_READ | BLKDEV_EXCL | (ro ? 0 : BLKDEV_WRITE);
	m->bdev = blkdev_open_source(source, m->bdev_mode, m);
	if (IS_ERR(m->bdev)) {
		err = (int)PTR_ERR(m->bdev);
		m->bdev = NULL;
		return err;
	}
	err = blkdev_cache_drop(m->bdev);
	if (!err)
		err = blkdev_read_bytes(m->bdev, 0, boot, sizeof(boot));
	if (!err)
		err = fat_geo_parse(boot, blkdev_sectors(m->bdev) << SECTOR_SHIFT, &m->geo);
	if (!err && m->geo.sector_size < blkdev_block_size(m->bdev))
		err = -EINVAL;
	if (err)
		return err == -EIO ? -EINVAL : err;
	m->is_aligned = m->geo.cluster_bits >= PAGE_SHIFT && !(m->geo.data_start & ~PAGE_MASK);
	m->was_dirty = boot[m->geo.bits == 32 ? FAT_STATE32 : FAT_STATE16] & FAT_DIRTY;
	if (m->was_dirty)
		knotice("fat: %s was not unmounted; run fsck.fat", source);
	kmutex_init(&m->table_lock, LOCKRANK_FS);
	spin_init(&m->places_lock, LOCKRANK_FS_SPIN);
	rbtree_init(&m->places);
	fat_info_load(m);
	return 0;
}

static void set_limits(struct filesys *fs, struct fat_mount *m, bool ro)
{
	fs->priv = m;
	fs->magic = FAT_MAGIC;
	fs->blksize = 1u << m->geo.cluster_bits;
	fs->max_file_size = U32_MAX;
	fs->name_max = NAME_MAX;
	fs->time_gran = 2 * NSEC_PER_SEC;
	fs->flags |= FILESYS_REVALIDATE | (ro ? FILESYS_RDONLY : 0);
	m->fs = fs;
}

static struct filesys *instance_make(struct fstype *t, struct fat_mount *m, bool ro)
{
	struct filesys *fs = filesys_alloc(t, &fat_ops);
	struct vnode *root;
	int err;

	if (!fs)
		return ERR_PTR(-ENOMEM);
	set_limits(fs, m, ro);
	root = fat_root_make(fs);
	err = IS_ERR(root) ? (int)PTR_ERR(root) : filesys_root_set(fs, root);
	if (!err && !ro)
		err = start_writing(m);
	if (!err) {
		filesys_dev_free(fs->dev);
		fs->dev = blkdev_number(m->bdev);
		return fs;
	}
	if (fs->root)
		ncent_put(fs->root);
	(void)vnode_evict_all(fs);
	fs->priv = NULL;
	filesys_discard(fs);
	return ERR_PTR(err);
}

static struct filesys *fat_mount_fs(struct fstype *t, const struct mount_args *args)
{
	const struct credset *c = cred_self();
	struct fat_options o = { .uid = c->uid, .gid = c->gid, .fmask = 022, .dmask = 022, .stops = true };
	bool ro = args->sb_flags & MS_RDONLY;
	struct fat_mount *m;
	struct filesys *fs;
	int err = mountopts_each(args->data, parse_option, &o);

	if (!err && (!args->source || !*args->source))
		err = -EINVAL;
	if (!err)
		err = fat_cache_init();
	if (err)
		return ERR_PTR(err);
	fs = filesys_by_source(t, args->source);
	if (!IS_ERR_OR_NULL(fs) && !(fs->flags & FILESYS_RDONLY) != !ro) {
		filesys_put(fs);
		return ERR_PTR(-EBUSY);
	}
	if (fs)
		return fs;
	m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->opt = o;
	err = mount_open(m, args->source, ro);
	fs = err ? ERR_PTR(err) : instance_make(t, m, ro);
	if (IS_ERR(fs))
		mount_free(m);
	return fs;
}

static struct fstype fat_type = { .name = "vfat", .mount = fat_mount_fs };
FILESYSTEM(fat_type);
