// SPDX-License-Identifier: GPL-2.0-only
/*
 * tmpfs: files that live in the page cache and nowhere else. It is the
 * reference file system: everything that the VFS offers is here in its
 * plainest form.
 *
 * Parts: super.c the instance and its options; vnode.c the object and the
 * operation tables; dir.c names; file.c data and space; xattr.c attributes;
 * memfd.c nameless files.
 *
 * Nouns: struct tmpfs_super the instance (limits and use), struct tmpfs_vnode
 * a file, struct tmpfs_entry a name in a directory.
 *
 * Life: an entry holds a reference on its vnode, so a linked file stays; the
 * name cache and open files hold others. When the last goes, the vnode is
 * evicted with its pages. Unmounting clears all directories, which drops the
 * entries' references, without recursion.
 *
 * ramfs is the same without limits, and reclaim does not see its pages: nothing of it is swapped out.
 */
#include "tmpfs_impl.h"

#include <tern/kernel/userns.h>
#include <tern/fs/tmpfs.h>
#include <tern/lib/seqbuf.h>

struct tmpfs_options {
	u64 blocks, inodes;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	u32 set;		/* OPT_* that were given */
};
enum { OPT_BLOCKS = 1, OPT_INODES = 2, OPT_MODE = 4, OPT_UID = 8, OPT_GID = 16 };

static u64 default_blocks(void) { return page_count_total() / 2; }
static u64 default_inodes(void) { return page_count_total() / 2; }

/* "64k", "1g" or "50%" of memory, in bytes. */
static int parse_amount(const char *s, u64 *bytes)
{
	const char *end;
	int err = parse_size(s, bytes, &end);

	if (err)
		return -EINVAL;
	if (*end == '%') {
		if (*bytes > 1000000)
			return -EINVAL;
		*bytes = *bytes * page_count_total() / 100 * PAGE_SIZE;
		end++;
	}
	return *end ? -EINVAL : 0;
}

static int parse_number(const char *s, unsigned base, u32 *out)
{
	return parse_u32(s, base, out, NULL) ? -EINVAL : 0;
}

static int parse_option(void *ctx, char *key)
{
	struct tmpfs_options *o = ctx;
	char *val = strchr(key, '=');
	u64 n;
	int err;

	if (!val)
		return !strcmp(key, "inode64") ? 0 : -EINVAL;
	*val++ = 0;
	if (!strcmp(key, "size") || !strcmp(key, "nr_blocks")) {
		err = parse_amount(val, &n);
		o->blocks = key[0] == 's' ? DIV_ROUND_UP(n, PAGE_SIZE) : n;
		o->set |= OPT_BLOCKS;
	} else if (!strcmp(key, "nr_inodes")) {
		err = parse_amount(val, &o->inodes);
		o->set |= OPT_INODES;
	} else if (!strcmp(key, "mode")) {
		err = parse_number(val, 8, &o->mode);
		o->mode &= 07777;
		o->set |= OPT_MODE;
	} else if (!strcmp(key, "uid")) {
		err = parse_number(val, 10, &o->uid);
		o->uid = uid_in(o->uid);
		err = err ? err : o->uid == ID_NONE ? -EINVAL : 0;
		o->set |= OPT_UID;
	} else if (!strcmp(key, "gid")) {
		err = parse_number(val, 10, &o->gid);
		o->gid = gid_in(o->gid);
		err = err ? err : o->gid == ID_NONE ? -EINVAL : 0;
		o->set |= OPT_GID;
	} else {
		err = !strcmp(key, "huge") && !strcmp(val, "never") ? 0 : -EINVAL;
	}
	return err;
}

static int tmpfs_statfs(struct filesys *fs, struct statfs_info *out)
{
	struct tmpfs_super *s = fs->priv;
	u64 used = (u64)atomic_read(&s->used_blocks), inodes = (u64)atomic_read(&s->used_inodes);

	*out = (struct statfs_info){ .type = s->fs->magic, .bsize = PAGE_SIZE, .frsize = PAGE_SIZE,
				     .namelen = NAME_MAX };
	if (s->max_blocks) {
		out->blocks = s->max_blocks;
		out->bfree = s->max_blocks > used ? s->max_blocks - used : 0;
		out->bavail = out->bfree;
	}
	if (s->max_inodes) {
		out->files = s->max_inodes;
		out->ffree = s->max_inodes > inodes ? s->max_inodes - inodes : 0;
	}
	return 0;
}

static int tmpfs_remount(struct filesys *fs, const struct mount_args *args)
{
	struct tmpfs_super *s = fs->priv;
	struct tmpfs_options o = { 0 };
	int err = mountopts_each(args->data, parse_option, &o);

	if (err)
		return err;
	if ((o.set & OPT_BLOCKS) && o.blocks && (!s->max_blocks || (u64)atomic_read(&s->used_blocks) > o.blocks))
		return -EINVAL;
	if ((o.set & OPT_INODES) && o.inodes && (!s->max_inodes || (u64)atomic_read(&s->used_inodes) > o.inodes))
		return -EINVAL;
	if (o.set & OPT_BLOCKS)
		WRITE_ONCE(s->max_blocks, o.blocks);
	if (o.set & OPT_INODES)
		WRITE_ONCE(s->max_inodes, o.inodes);
	s->shown |= o.set;
	return 0;
}

static void tmpfs_show_options(struct filesys *fs, struct seqbuf *sb)
{
	struct tmpfs_super *s = fs->priv;

	if (s->shown & OPT_BLOCKS)
		seqbuf_printf(sb, ",size=%luk", s->max_blocks * (PAGE_SIZE / 1024));
	if (s->shown & OPT_INODES)
		seqbuf_printf(sb, ",nr_inodes=%lu", s->max_inodes);
	if (s->mode != 01777)
		seqbuf_printf(sb, ",mode=%03o", s->mode);
	if (s->uid)
		seqbuf_printf(sb, ",uid=%u", uid_show(s->uid));
	if (s->gid)
		seqbuf_printf(sb, ",gid=%u", gid_show(s->gid));
	seqbuf_puts(sb, ",inode64");
}

/* Names are gone: only the entries' references are left, from the root down. */
static void tmpfs_unmount(struct filesys *fs)
{
	struct tmpfs_super *s = fs->priv;
	struct vnode *vn;
	LIST_HEAD(work);

	spin_lock(&fs->lock);
	list_foreach(vn, &fs->vnodes, vn_fs_link) {
		if (vn->vn_ino == 1) {
			list_add(&tmpfs_of(vn)->work, &work);
			break;
		}
	}
	spin_unlock(&fs->lock);
	while (!list_is_empty(&work)) {
		struct tmpfs_vnode *dir = list_first_entry(&work, struct tmpfs_vnode, work);

		list_del_init(&dir->work);
		tmpfs_dir_clear(dir, &work);
		vnode_put(&dir->vn);
	}
	kmem_free(s);
}

static const struct filesys_ops tmpfs_ops = {
	.statfs = tmpfs_statfs,
	.sync = fsop_default_sync,
	.remount = tmpfs_remount,
	.unmount = tmpfs_unmount,
	.show_options = tmpfs_show_options,
	.write_attr = fsop_default_write_attr,
	.handle_make = tmpfs_handle_make,
	.handle_find = tmpfs_handle_find,
};

/* Without limits, and never swapped: of options it knows the mode and passes over the others. */
static int parse_ramfs_option(void *ctx, char *opt)
{
	return !strncmp(opt, "mode=", 5) ? parse_option(ctx, opt) : 0;
}

static int ramfs_remount(struct filesys *fs, const struct mount_args *args)
{
	struct tmpfs_options o = { 0 };

	return mountopts_each(args->data, parse_ramfs_option, &o);
}

static void ramfs_show_options(struct filesys *fs, struct seqbuf *sb)
{
	struct tmpfs_super *s = fs->priv;

	if (s->mode != 0755)
		seqbuf_printf(sb, ",mode=%o", s->mode);
}

static const struct filesys_ops ramfs_ops = {
	.statfs = tmpfs_statfs,
	.sync = fsop_default_sync,
	.remount = ramfs_remount,
	.unmount = tmpfs_unmount,
	.show_options = ramfs_show_options,
	.write_attr = fsop_default_write_attr,
	.handle_make = tmpfs_handle_make,
	.handle_find = tmpfs_handle_find,
};

static struct tmpfs_super *super_make(struct filesys *fs, const struct tmpfs_options *o)
{
	struct tmpfs_super *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);

	if (!s)
		return NULL;
	s->fs = fs;
	s->max_blocks = o->blocks;
	s->max_inodes = o->inodes;
	s->shown = o->set;
	s->next_ino = 1;
	spin_init(&s->handles_lock, LOCKRANK_FS_SPIN);
	rbtree_init(&s->handles);
	s->mode = o->mode;
	s->uid = o->uid;
	s->gid = o->gid;
	fs->priv = s;
	s->is_ramfs = fs->ops == &ramfs_ops;
	fs->magic = s->is_ramfs ? RAMFS_MAGIC : TMPFS_MAGIC;
	return s;
}

static int root_make(struct filesys *fs, const struct tmpfs_options *o)
{
	struct tmpfs_vnode *root = tmpfs_vnode_make(fs, NULL, S_IFDIR | o->mode);

	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	root->vn.vn_uid = o->uid;
	root->vn.vn_gid = o->gid;
	root->dir.parent = root;
	vnode_get(&root->vn);		/* ours, until unmount; the name cache has the other */
	return filesys_root_set(fs, &root->vn);
}

static struct filesys *make(struct fstype *t, const struct filesys_ops *ops, const struct mount_args *args,
			    const struct tmpfs_options *o)
{
	struct filesys *fs;
	int err = 0;

	tmpfs_cache_init();
	fs = filesys_alloc(t, ops);
	if (!fs)
		return ERR_PTR(-ENOMEM);
	if (args->sb_flags & MS_RDONLY)
		fs->flags |= FILESYS_RDONLY;
	if (!super_make(fs, o)) {
		fs->ops = NULL;
		err = -ENOMEM;
	} else {
		err = root_make(fs, o);
	}
	if (err) {
		filesys_discard(fs);
		return ERR_PTR(err);
	}
	return fs;
}

struct filesys *tmpfs_make(struct fstype *t, const struct mount_args *args)
{
	const struct credset *c = cred_self();
	struct tmpfs_options o = { .blocks = default_blocks(), .inodes = default_inodes(), .mode = 01777,
				   .uid = c->fsuid, .gid = c->fsgid };
	int err = mountopts_each(args->data, parse_option, &o);

	return err ? ERR_PTR(err) : make(t, &tmpfs_ops, args, &o);
}

static struct filesys *ramfs_make(struct fstype *t, const struct mount_args *args)
{
	struct tmpfs_options o = { .mode = 0755 };
	int err = mountopts_each(args->data, parse_ramfs_option, &o);

	return err ? ERR_PTR(err) : make(t, &ramfs_ops, args, &o);
}

static struct fstype tmpfs_type = { .name = "tmpfs", .flags = FSTYPE_NODEV | FSTYPE_USERNS, .mount = tmpfs_make };
FILESYSTEM(tmpfs_type);

static struct fstype ramfs_type = { .name = "ramfs", .flags = FSTYPE_NODEV | FSTYPE_USERNS, .mount = ramfs_make };
FILESYSTEM(ramfs_type);

/* The first mount of all, under the name that Linux has for it. */
static struct fstype rootfs_type = { .name = "rootfs", .flags = FSTYPE_NODEV | FSTYPE_INTERNAL, .mount = tmpfs_make };
FILESYSTEM(rootfs_type);
