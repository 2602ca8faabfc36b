// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a server by 9P2000.L: mount -t 9p -o trans=virtio,version=9p2000.L TAG DIR shows a folder
 * that QEMU shares. wire.h has the messages, client.c the calls, vnode.c names and attributes,
 * file.c contents; link.c knows what carries the messages (drivers/char/virtio_9p.c).
 *
 * Lock order: vn_lock > v->lock > tags_lock.
 *
 * Limits: one user at the server (the one who mounts); locks are not told to the server; no
 * cache= but none, so mappings cannot be shared and written.
 */
#include "p9_impl.h"

#define P9_MAGIC	0x01021997
#define P9_MSIZE	(131072u + 24)

static int parse_option(void *ctx, char *word)
{
	static const char *const fixed[] = { "trans=virtio", "version=9p2000.L", "cache=none", "access=user",
					     "access=any", "access=client", "noxattr", "dirsync" };
	struct p9_mount *m = ctx;
	const char *end;
	int err;

	for (u32 i = 0; i < ARRAY_SIZE(fixed); i++)
		if (!strcmp(word, fixed[i]))
			return 0;
	if (str_has_prefix(word, "msize=")) {
		err = parse_u32(word + 6, 10, &m->msize, &end);
		if (err || *end || m->msize < P9_BUF)
			return -EINVAL;
		m->msize = min(m->msize, P9_MSIZE);
		return 0;
	}
	if (str_has_prefix(word, "aname=")) {
		kmem_free(m->aname);
		m->aname = kmem_strdup(word + 6, ALLOC_KERNEL);
		return m->aname ? 0 : -ENOMEM;
	}
	return -EINVAL;
}

static int p9_statfs(struct filesys *fs, struct statfs_info *out)
{
	struct p9_mount *m = fs->priv;
	struct p9_call c;
	int err = p9_begin(m, &c, P9_TSTATFS);

	if (err)
		return err;
	p9_put(&c.msg, p9_of(fs->root->nc_vnode)->fid, 4);
	err = p9_send(&c, NULL, 0, false);
	*out = (struct statfs_info){ .type = P9_MAGIC };
	if (!err) {
		(void)p9_take(&c.msg, 4);
		out->bsize = out->frsize = p9_take(&c.msg, 4);
		out->blocks = p9_take(&c.msg, 8);
		out->bfree = p9_take(&c.msg, 8);
		out->bavail = p9_take(&c.msg, 8);
		out->files = p9_take(&c.msg, 8);
		out->ffree = p9_take(&c.msg, 8);
		(void)p9_take(&c.msg, 8);
		out->namelen = p9_take(&c.msg, 4);
		err = c.msg.is_bad ? -EIO : 0;
	}
	p9_end(&c);
	return err;
}

static void p9_show_options(struct filesys *fs, struct seqbuf *sb)
{
	seqbuf_printf(sb, ",access=client,msize=%u,trans=virtio", ((struct p9_mount *)fs->priv)->msize);
}

static void mount_free(struct p9_mount *m)
{
	if (m->link)
		p9_link_put(m->link);
	kmem_free(m->aname);
	kmem_free(m);
}

static void p9_unmount(struct filesys *fs)
{
	mount_free(fs->priv);
}

static const struct filesys_ops p9_ops = {
	.statfs = p9_statfs,
	.sync = fsop_default_sync,
	.remount = fsop_default_remount,
	.unmount = p9_unmount,
	.show_options = p9_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct p9_mount *mount_make(const struct mount_args *args)
{
	struct p9_mount *m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	int err;

	if (!m)
		return ERR_PTR(-ENOMEM);
	m->msize = P9_MSIZE;
	spin_init(&m->tags_lock, LOCKRANK_FS_SPIN);
	waitq_init(&m->tags_free);
	m->aname = kmem_strdup("", ALLOC_KERNEL);
	err = m->aname ? mountopts_each(args->data, parse_option, m) : -ENOMEM;
	if (!err) {
		m->link = p9_link_get(args->source);
		err = m->link ? p9_connect(m, cred_self()->fsuid) : -ENOENT;
	}
	if (!err)
		return m;
	mount_free(m);
	return ERR_PTR(err);
}

static struct filesys *p9_mount_fs(struct fstype *t, const struct mount_args *args)
{
	struct p9_mount *m;
	struct filesys *fs;
	struct vnode *root;
	int err = args->source && *args->source ? p9_cache_init() : -EINVAL;

	if (err)
		return ERR_PTR(err);
	m = mount_make(args);
	if (IS_ERR(m))
		return ERR_CAST(m);
	fs = filesys_alloc(t, &p9_ops);
	if (!fs) {
		p9_clunk(m, m->root_fid);
		mount_free(m);
		return ERR_PTR(-ENOMEM);
	}
	fs->priv = m;
	fs->magic = P9_MAGIC;
	fs->flags |= FILESYS_REVALIDATE | (args->sb_flags & MS_RDONLY ? FILESYS_RDONLY : 0);
	root = p9_vnode_get(fs, m->root_fid);
	err = IS_ERR(root) ? (int)PTR_ERR(root) : filesys_root_set(fs, root);
	if (!err)
		return fs;
	(void)vnode_evict_all(fs);
	fs->priv = NULL;
	filesys_discard(fs);
	mount_free(m);
	return ERR_PTR(err);
}

static struct fstype p9_fstype = { .name = "9p", .flags = FSTYPE_NODEV, .mount = p9_mount_fs };
FILESYSTEM(p9_fstype);
