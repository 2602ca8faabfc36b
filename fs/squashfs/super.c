// SPDX-License-Identifier: GPL-2.0-only
/*
 * squashfs 4.0: packed read-only file systems, as mksquashfs makes them, with zlib, xz, zstd or LZ4.
 *
 * parse.c reads the structures, cache.c keeps unpacked blocks, data.c fills pages of files,
 * vnode.c has the names.
 *
 * Limits: no LZO and no (old) LZMA packing; Linux's Debian kernel lacks the latter too.
 */
#include "sqfs_impl.h"

#include <uapi/fhandle.h>
#include <uapi/mount.h>

#define META_BLOCKS	64u
#define FRAG_BLOCKS	4u

static void *get_memory(void *ctx, size_t size) { return kmem_alloc_large(size, ALLOC_NOFS); }
static void put_memory(void *ctx, void *ptr, size_t size) { kmem_free_large(ptr); }
const struct lib_alloc sqfs_memory = { .alloc = get_memory, .free = put_memory };

static int read_image(void *ctx, u64 pos, void *buf, u32 len)
{
	struct sqfs_mount *m = ctx;

	if (pos > m->img.s.bytes || len > m->img.s.bytes - pos)
		return -EIO;
	return blkdev_read_bytes(m->bdev, pos, buf, len);
}

static void mount_free(struct sqfs_mount *m)
{
	sqfs_cache_fini(&m->meta);
	sqfs_cache_fini(&m->frags);
	if (m->bdev)
		blkdev_close(m->bdev, BLKDEV_READ | BLKDEV_EXCL, m);
	kmem_free(m);
}

static int mount_open(struct sqfs_mount *m, const char *source)
{
	u8 raw[sizeof(struct sqfs_disk_super)];
	int err;

	m->bdev = blkdev_open_source(source, BLKDEV_READ | BLKDEV_EXCL, m);
	if (IS_ERR(m->bdev)) {
		err = (int)PTR_ERR(m->bdev);
		m->bdev = NULL;
		return err;
	}
	err = blkdev_cache_drop(m->bdev);
	if (!err)
		err = blkdev_read_bytes(m->bdev, 0, raw, sizeof(raw));
	if (!err)
		err = sqfs_super_parse(raw, blkdev_sectors(m->bdev) << SECTOR_SHIFT, &m->img.s);
	if (err)
		return err == -EOPNOTSUPP || err == -EIO ? -EINVAL : err;
	m->img.meta_get = sqfs_meta_get;
	m->img.meta_put = sqfs_meta_put;
	m->img.read = read_image;
	m->img.ctx = m;
	err = sqfs_cache_init(&m->meta, m, META_BLOCKS, SQFS_META_SIZE);
	return err ? err : sqfs_cache_init(&m->frags, m, FRAG_BLOCKS, m->img.s.block_size);
}

static void sqfs_unmount(struct filesys *fs)
{
	mount_free(fs->priv);
}

static int sqfs_remount(struct filesys *fs, const struct mount_args *args)
{
	return args->sb_flags & MS_RDONLY ? 0 : -EROFS;
}

static int sqfs_statfs(struct filesys *fs, struct statfs_info *out)
{
	struct sqfs_mount *m = fs->priv;

	*out = (struct statfs_info){ .type = SQFS_MAGIC, .bsize = m->img.s.block_size, .frsize = m->img.s.block_size,
				     .blocks = ((m->img.s.bytes - 1) >> m->img.s.block_bits) + 1,
				     .files = m->img.s.inodes, .namelen = SQFS_NAME_MAX };
	return 0;
}

static void sqfs_show_options(struct filesys *fs, struct seqbuf *sb)
{
	seqbuf_puts(sb, ",errors=continue");
}

static int sqfs_handle_make(struct vnode *vn, s32 *type, void *data, u32 *bytes)
{
	u32 words[2] = { (u32)vn->vn_ino, vn->vn_generation };

	if (sqfs_mount_of(vn)->img.s.export_table == SQFS_NO_TABLE)
		return -EOPNOTSUPP;
	if (*bytes < sizeof(words))
		return -EOVERFLOW;
	memcpy(data, words, sizeof(words));
	*bytes = sizeof(words);
	*type = FILEID_INO32_GEN;
	return 0;
}

static struct vnode *sqfs_handle_find(struct filesys *fs, s32 type, const void *data, u32 bytes)
{
	struct sqfs_mount *m = fs->priv;
	u32 words[2];
	u64 ref;
	int err;

	if (type != FILEID_INO32_GEN || bytes < sizeof(words))
		return ERR_PTR(-ESTALE);
	memcpy(words, data, sizeof(words));
	err = words[1] ? -ESTALE : sqfs_export(&m->img, words[0], &ref);
	return err ? ERR_PTR(err) : sqfs_vnode_get(fs, ref);
}

static const struct filesys_ops sqfs_ops = {
	.statfs = sqfs_statfs,
	.sync = fsop_default_sync,
	.remount = sqfs_remount,
	.unmount = sqfs_unmount,
	.show_options = sqfs_show_options,
	.write_attr = fsop_default_write_attr,
	.handle_make = sqfs_handle_make,
	.handle_find = sqfs_handle_find,
};

static int set_root(struct filesys *fs, struct sqfs_mount *m)
{
	struct vnode *root = sqfs_vnode_get(fs, m->img.s.root);

	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	if (!vnode_is_dir(root)) {
		vnode_put(root);
		return -EINVAL;
	}
	return filesys_root_set(fs, root);
}

static int parse_option(void *ctx, char *word)
{
	return strcmp(word, "errors=continue") ? -EINVAL : 0;
}

static struct filesys *sqfs_mount_fs(struct fstype *t, const struct mount_args *args)
{
	struct sqfs_mount *m;
	struct filesys *fs;
	int err = mountopts_each(args->data, parse_option, NULL);

	if (!err && (!args->source || !*args->source))
		err = -EINVAL;
	if (!err)
		err = sqfs_vnode_cache_init();
	if (err)
		return ERR_PTR(err);
	fs = filesys_by_source(t, args->source);
	if (fs)
		return fs;
	m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	if (!m)
		return ERR_PTR(-ENOMEM);
	err = mount_open(m, args->source);
	fs = err ? NULL : filesys_alloc(t, &sqfs_ops);
	if (!fs) {
		mount_free(m);
		return ERR_PTR(err ? err : -ENOMEM);
	}
	fs->priv = m;
	fs->flags |= FILESYS_RDONLY;
	fs->magic = SQFS_MAGIC;
	fs->blksize = m->img.s.block_size;
	fs->name_max = SQFS_NAME_MAX;
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

static struct fstype sqfs_type = { .name = "squashfs", .mount = sqfs_mount_fs };
FILESYSTEM(sqfs_type);
