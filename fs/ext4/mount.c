// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounting ext2, ext3 and ext4: one implementation under three names.
 *
 * A device is claimed by its instance; mounting it again gives the same
 * instance. The journal is replayed by read-only mounts as well, if the device can be
 * written. Unused metadata buffers go when memory is short; what changed is
 * committed every few seconds.
 */
#include "ext4_impl.h"

#include <tern/base/initcall.h>
#include <tern/fs/quota.h>
#include <tern/lib/seqbuf.h>

#define EXT4_SUPER_MAGIC	0xef53

enum { OPT_ERRORS = 1, OPT_COMMIT = 2, OPT_BARRIER = 4, OPT_DISCARD = 8, OPT_NOLOAD = 16, OPT_QUOTA = 32 };
struct options { u32 set, errors, commit, flags, enforced; };

/* Options that say what is so anyway, or only matter to other implementations. */
static const char *const harmless[] = {
	"defaults", "data=ordered", "acl", "user_xattr", "delalloc", "bsddf", "auto_da_alloc",
	"journal_checksum", "nojournal_checksum", "noinit_itable", "nogrpid", "sysvgroups", "oldalloc",
	"orlov", "nomblk_io_submit", "mblk_io_submit", "block_validity", "noblock_validity", "noauto_da_alloc",
	"dioread_lock", "dioread_nolock", "i_version", "relatime",
};

static int parse_errors(struct options *o, const char *val)
{
	if (!strcmp(val, "remount-ro"))
		o->errors = EXT4_ERRORS_RO;
	else if (!strcmp(val, "continue"))
		o->errors = EXT4_ERRORS_CONTINUE;
	else if (!strcmp(val, "panic"))
		o->errors = EXT4_ERRORS_PANIC;
	else
		return -EINVAL;
	o->set |= OPT_ERRORS;
	return 0;
}

static bool parse_quota(struct options *o, const char *word)
{
	static const struct { const char *name; u32 types; } names[] = {
		{ "quota", 1 }, { "usrquota", 1 }, { "grpquota", 2 }, { "noquota", 0 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(word, names[i].name))
			continue;
		o->set |= OPT_QUOTA;
		o->enforced = names[i].types ? o->enforced | names[i].types : 0;
		return true;
	}
	return false;
}

static int parse_option(void *ctx, char *word)
{
	struct options *o = ctx;

	for (u32 i = 0; i < ARRAY_SIZE(harmless); i++) {
		if (!strcmp(word, harmless[i]))
			return 0;
	}
	if (str_has_prefix(word, "errors="))
		return parse_errors(o, word + 7);
	if (str_has_prefix(word, "commit=")) {
		o->set |= OPT_COMMIT;
		return parse_u32(word + 7, 10, &o->commit, NULL) || o->commit > 3600 ? -EINVAL : 0;
	}
	if (parse_quota(o, word))
		return 0;
	if (!strcmp(word, "nobarrier") || !strcmp(word, "barrier=0")) {
		o->set |= OPT_BARRIER;
		o->flags |= EXT4_VOL_NOBARRIER;
	} else if (!strcmp(word, "barrier") || !strcmp(word, "barrier=1")) {
		o->set |= OPT_BARRIER;
		o->flags &= ~EXT4_VOL_NOBARRIER;
	} else if (!strcmp(word, "discard")) {
		o->set |= OPT_DISCARD;
		o->flags |= EXT4_VOL_DISCARD;
	} else if (!strcmp(word, "nodiscard")) {
		o->set |= OPT_DISCARD;
		o->flags &= ~EXT4_VOL_DISCARD;
	} else if (!strcmp(word, "noload") || !strcmp(word, "norecovery")) {
		o->set |= OPT_NOLOAD;
		o->flags |= EXT4_VOL_NOLOAD;
	} else {
		return -EINVAL;
	}
	return 0;
}

static int parse_options(struct options *o, const char *data)
{
	*o = (struct options){ .commit = 5 };
	return mountopts_each(data, parse_option, o);
}

/* ---- operations ---- */

static int ext4_statfs(struct filesys *fs, struct statfs_info *out)
{
	struct ext4_vol *v = &ext4_mount_of(fs)->vol;
	s64 space = atomic_read(&v->space);
	u64 free = space > 0 ? (u64)space : 0, overhead;
	u32 per_group = v->geo.itable_blocks + 2;

	overhead = (u64)v->geo.groups * per_group + 1 + v->geo.gdt_blocks + v->geo.reserved_gdt;
	if (v->log.on)
		overhead += v->log.last;
	*out = (struct statfs_info){ .type = EXT4_SUPER_MAGIC, .bsize = v->geo.block_size,
				     .frsize = v->geo.block_size, .namelen = EXT4_NAME_LEN };
	out->blocks = v->geo.blocks - min(overhead, v->geo.blocks);
	out->bfree = free;
	out->bavail = free > v->root_pool + v->meta_pool ? free - v->root_pool - v->meta_pool : 0;
	out->files = v->geo.inodes;
	out->ffree = (u64)atomic_read(&v->free_inodes);
	memcpy(out->fsid, v->geo.uuid, sizeof(out->fsid));
	return 0;
}

static int ext4_sync(struct filesys *fs, bool wait)
{
	struct ext4_mount *m = ext4_mount_of(fs);

	if (ext4_vol_rdonly(&m->vol))
		return 0;
	workpool_flush(m->done);
	return ext4_log_commit(&m->vol);
}

static void periodic(struct workitem *w)
{
	struct ext4_mount *m = container_of(w, struct ext4_mount, commit.work);

	if (ext4_vol_rdonly(&m->vol))
		return;
	(void)ext4_log_commit(&m->vol);
	workpool_queue_delayed(workpool_long, &m->commit, m->commit_seconds * NSEC_PER_SEC);
}

static int start_writing(struct ext4_mount *m)
{
	int err;

	if (!(m->bdev_mode & BLKDEV_WRITE))
		return -EROFS;
	err = ext4_vol_start(&m->vol);
	if (!err)
		workpool_queue_delayed(workpool_long, &m->commit, m->commit_seconds * NSEC_PER_SEC);
	return err;
}

static int stop_writing(struct ext4_mount *m)
{
	delayed_work_cancel_sync(&m->commit);
	workpool_flush(m->done);
	return ext4_vol_stop(&m->vol);
}

static void apply_options(struct ext4_mount *m, const struct options *o)
{
	const u32 mine = EXT4_VOL_DISCARD | EXT4_VOL_NOBARRIER;

	if (o->set & OPT_QUOTA)
		WRITE_ONCE(m->vol.enforced, o->enforced);
	m->vol.flags = (m->vol.flags & ~mine) | (o->flags & mine);
	if (o->errors)
		m->vol.errors = o->errors;
	m->commit_seconds = o->commit ? o->commit : 5;
	m->shown = o->set;
}

static int ext4_remount(struct filesys *fs, const struct mount_args *args)
{
	struct ext4_mount *m = ext4_mount_of(fs);
	bool ro = args->sb_flags & MS_RDONLY, was_ro = fs->flags & FILESYS_RDONLY;
	struct options o;
	int err = parse_options(&o, args->data);

	if (!err && o.enforced && !(m->vol.geo.ro_compat & EXT4_RO_QUOTA))
		err = -EINVAL;
	if (err)
		return err;
	apply_options(m, &o);
	if (ro && !was_ro) {
		err = filesys_sync_one(fs);
		if (!err)
			err = stop_writing(m);
		if (!err)
			fs->flags |= FILESYS_RDONLY;
	} else if (!ro && was_ro) {
		err = m->vol.log.error ? -EROFS : start_writing(m);
		if (!err)
			fs->flags &= ~FILESYS_RDONLY;
	}
	return err;
}

static void mount_free(struct ext4_mount *m)
{
	ext4_dev_fini(m);
	if (m->done)
		workpool_destroy(m->done);
	if (m->bdev)
		blkdev_close(m->bdev, m->bdev_mode, m);
	kmem_free(m);
}

static void ext4_unmount(struct filesys *fs)
{
	struct ext4_mount *m = ext4_mount_of(fs);

	shrinker_unregister(&m->shrinker);
	if (stop_writing(m))
		kerr("ext4: %s: not everything could be written at the end", blkdev_name(m->bdev));
	ext4_vol_close(&m->vol);
	mount_free(m);
}

static void ext4_show_options(struct filesys *fs, struct seqbuf *sb)
{
	struct ext4_mount *m = ext4_mount_of(fs);
	static const char *const names[] = { "continue", "continue", "remount-ro", "panic" };

	if (m->shown & OPT_ERRORS)
		seqbuf_printf(sb, ",errors=%s", names[m->vol.errors & 3]);
	if (m->shown & OPT_COMMIT)
		seqbuf_printf(sb, ",commit=%u", m->commit_seconds);
	if (m->vol.flags & EXT4_VOL_NOBARRIER)
		seqbuf_puts(sb, ",nobarrier");
	if (m->vol.flags & EXT4_VOL_DISCARD)
		seqbuf_puts(sb, ",discard");
	if (m->shown & OPT_NOLOAD)
		seqbuf_puts(sb, ",norecovery");
	if (m->vol.enforced & 1)
		seqbuf_puts(sb, ",usrquota");
	if (m->vol.enforced & 2)
		seqbuf_puts(sb, ",grpquota");
}

static int ext4_quota_op(struct filesys *fs, enum quota_op op, u32 type, struct quota_call *c)
{
	struct ext4_vol *v = &ext4_mount_of(fs)->vol;
	u32 bit = 1u << type;

	if (type >= EXT4_QUOTAS || !v->quotas[type])
		return -ESRCH;
	switch (op) {
	case QUOTA_ENFORCE:
		return __atomic_fetch_or(&v->enforced, bit, __ATOMIC_RELAXED) & bit ? -EBUSY : 0;
	case QUOTA_RELAX:
		return __atomic_fetch_and(&v->enforced, ~bit, __ATOMIC_RELAXED) & bit ? 0 : -EEXIST;
	case QUOTA_GET: case QUOTA_NEXT:
		return ext4_quota_get(v, type, op == QUOTA_NEXT, &c->data);
	case QUOTA_SET:
		return ext4_quota_set(v, type, &c->data);
	case QUOTA_TIMES:
		return ext4_quota_times(v, type, &c->times);
	case QUOTA_SET_TIMES:
		return ext4_quota_set_times(v, type, &c->times);
	}
	return -EINVAL;
}

static const struct filesys_ops ext4_ops = {
	.statfs = ext4_statfs,
	.sync = ext4_sync,
	.remount = ext4_remount,
	.unmount = ext4_unmount,
	.show_options = ext4_show_options,
	.write_attr = ext4_write_attr,
	.extent = ext4_extent,
	.quota = ext4_quota_op,
};

/* ---- mounting ---- */

static u64 shrink_count(struct cacheshrinker *s)
{
	return READ_ONCE(container_of(s, struct ext4_mount, shrinker)->vol.nbufs) / 2;
}

static u64 shrink_scan(struct cacheshrinker *s, u64 n)
{
	return ext4_buf_shrink(&container_of(s, struct ext4_mount, shrinker)->vol, n);
}

static int open_device(struct ext4_mount *m, const char *source, bool ro)
{
	u32 mode = BLKDEV_READ | BLKDEV_WRITE | BLKDEV_EXCL;

	m->bdev = blkdev_open_source(source, mode, m);
	if (IS_ERR(m->bdev) && PTR_ERR(m->bdev) == -EACCES && ro) {
		mode &= ~BLKDEV_WRITE;
		m->bdev = blkdev_open_source(source, mode, m);
	}
	m->bdev_mode = mode;
	if (IS_ERR(m->bdev)) {
		int err = (int)PTR_ERR(m->bdev);

		m->bdev = NULL;
		return err;
	}
	m->vol.dev_bytes = blkdev_sectors(m->bdev) << SECTOR_SHIFT;
	return blkdev_cache_drop(m->bdev);
}

/* The volume stopped itself: the VFS shall see a read-only instance. */
static void stopped(struct ext4_vol *v)
{
	struct ext4_mount *m = container_of(v, struct ext4_mount, vol);

	if (m->fs)
		m->fs->flags |= FILESYS_RDONLY;
}

static struct ext4_mount *mount_make(const char *source, const struct options *o, bool ro)
{
	struct ext4_mount *m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	const char *why = "";
	int err;

	if (!m)
		return ERR_PTR(-ENOMEM);
	m->vol.flags = o->flags;
	m->vol.errors = o->errors;
	m->vol.enforced = o->enforced;
	m->vol.stopped = stopped;
	m->commit_seconds = o->commit ? o->commit : 5;
	m->shown = o->set;
	delayed_work_init(&m->commit, periodic);
	m->shrinker = (struct cacheshrinker){ .name = "ext4_buf", .count = shrink_count, .scan = shrink_scan };
	err = open_device(m, source, ro);
	if (!err)
		err = ext4_dev_init(m);
	m->done = workpool_create("ext4-done", true, 0);
	if (!err && !m->done)
		err = -ENOMEM;
	if (!err) {
		err = ext4_vol_open(&m->vol, &why);
		if (err)
			knotice("ext4: %s: not mounted: %s (error %d)", source, why, -err);
	}
	/* Limits are kept in hidden files or nowhere. */
	if (!err && (blkdev_block_size(m->bdev) > m->vol.geo.block_size ||
		     (o->enforced && !(m->vol.geo.ro_compat & EXT4_RO_QUOTA)))) {
		ext4_vol_close(&m->vol);
		err = -EINVAL;
	}
	if (!err)
		return m;
	mount_free(m);
	return ERR_PTR(err == -EOPNOTSUPP || err == -EUCLEAN ? -EINVAL : err);
}

static void set_limits(struct filesys *fs, const struct ext4_vol *v)
{
	u32 bits = v->geo.block_bits;
	u64 p = v->geo.block_size / 4, ind = (12 + p + p * p + p * p * p) << bits;

	fs->magic = EXT4_SUPER_MAGIC;
	fs->blksize = v->geo.block_size;
	fs->name_max = EXT4_NAME_LEN;
	fs->max_file_size = ext4_has_extents(&v->geo) ? (u64)U32_MAX << bits : min(ind, (u64)U32_MAX << bits);
	fs->time_gran = v->geo.inode_size > EXT4_GOOD_OLD_INODE ? 1 : 1000000000;
}

static int set_root(struct filesys *fs)
{
	struct vnode *root = ext4_vnode_get(fs, EXT4_ROOT_INO);

	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	if (!vnode_is_dir(root)) {
		vnode_put(root);
		return -EUCLEAN;
	}
	return filesys_root_set(fs, root);
}

static struct filesys *instance_make(struct fstype *t, struct ext4_mount *m, bool ro)
{
	struct filesys *fs = filesys_alloc(t, &ext4_ops);
	int err;

	if (!fs)
		return ERR_PTR(-ENOMEM);
	m->fs = fs;
	fs->priv = m;
	set_limits(fs, &m->vol);
	fs->flags |= FILESYS_DIRECT;
	if (ro)
		fs->flags |= FILESYS_RDONLY;
	err = ro ? 0 : start_writing(m);
	if (!err)
		err = set_root(fs);
	if (!err) {
		filesys_dev_free(fs->dev);
		fs->dev = blkdev_number(m->bdev);
		shrinker_register(&m->shrinker);
		return fs;
	}
	(void)vnode_evict_all(fs);
	(void)stop_writing(m);
	fs->priv = NULL;
	filesys_discard(fs);
	return ERR_PTR(err);
}

static struct fstype ext2_type, ext3_type;

static struct filesys *ext4_mount_fs(struct fstype *t, const struct mount_args *args)
{
	bool ro = args->sb_flags & MS_RDONLY;
	struct ext4_mount *m;
	struct filesys *fs;
	struct options o;
	int err = parse_options(&o, args->data);

	if (!err && (!args->source || !*args->source))
		err = -EINVAL;
	if (!err && !ro && (o.flags & EXT4_VOL_NOLOAD))
		err = -EINVAL;
	if (!err)
		err = ext4_vnode_cache_init();
	if (err)
		return ERR_PTR(err);
	o.flags |= (u32)(ro ? EXT4_VOL_RO_WANTED : 0) | (t == &ext2_type ? EXT4_VOL_AS_EXT2 : 0) |
		   (t == &ext3_type ? EXT4_VOL_AS_EXT3 : 0);
	fs = filesys_by_source(t, args->source);
	if (!IS_ERR_OR_NULL(fs) && !(fs->flags & FILESYS_RDONLY) != !ro) {
		filesys_put(fs);
		return ERR_PTR(-EBUSY);
	}
	if (fs)
		return fs;
	m = mount_make(args->source, &o, ro);
	if (IS_ERR(m))
		return ERR_CAST(m);
	fs = instance_make(t, m, ro);
	if (IS_ERR(fs)) {
		ext4_vol_close(&m->vol);
		mount_free(m);
	}
	return fs;
}

static struct fstype ext4_type = { .name = "ext4", .mount = ext4_mount_fs };
FILESYSTEM(ext4_type);
static struct fstype ext3_type = { .name = "ext3", .mount = ext4_mount_fs };
FILESYSTEM(ext3_type);
static struct fstype ext2_type = { .name = "ext2", .mount = ext4_mount_fs };
FILESYSTEM(ext2_type);
