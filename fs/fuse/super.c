// SPDX-License-Identifier: GPL-2.0-only
/* mount -t fuse: options, the first request (INIT), statfs. */
#include "fuse_impl.h"

#include <uapi/mount.h>

#define FUSE_MAGIC	0x65735546
#define OFFERED		(FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_SPLICE_WRITE | FUSE_SPLICE_MOVE | FUSE_SPLICE_READ | \
			 FUSE_AUTO_INVAL_DATA | FUSE_NO_OPEN_SUPPORT | FUSE_PARALLEL_DIROPS | FUSE_ABORT_ERROR | \
			 FUSE_NO_OPENDIR_SUPPORT | FUSE_EXPLICIT_INVAL_DATA)

/* ---- options ---- */

struct options { struct fuselink *fl; u32 fd, given; };
enum { GIVEN_FD = 1, GIVEN_ROOTMODE = 2, GIVEN_USER = 4, GIVEN_GROUP = 8, GIVEN_ALL = 15 };

static int number(const char *s, u32 base, u32 *out)
{
	const char *end;
	int err = parse_u32(s, base, out, &end);

	return err || *end ? -EINVAL : 0;
}

static int parse_option(void *ctx, char *word)
{
	struct options *o = ctx;
	char *val = strchr(word, '=');
	int err = 0;

	if (val)
		*val++ = '\0';
	if (!val && !strcmp(word, "default_permissions")) {
		o->fl->checks_modes = true;
	} else if (!val && !strcmp(word, "allow_other")) {
		o->fl->all_may = true;
	} else if (!val) {
		err = -EINVAL;
	} else if (!strcmp(word, "fd")) {
		err = number(val, 10, &o->fd);
		o->given |= GIVEN_FD;
	} else if (!strcmp(word, "rootmode")) {
		err = number(val, 8, &o->fl->rootmode);
		o->given |= GIVEN_ROOTMODE;
	} else if (!strcmp(word, "user_id")) {
		err = number(val, 10, &o->fl->user);
		o->fl->user = uid_in(o->fl->user);
		o->given |= GIVEN_USER;
	} else if (!strcmp(word, "group_id")) {
		err = number(val, 10, &o->fl->group);
		o->fl->group = gid_in(o->fl->group);
		o->given |= GIVEN_GROUP;
	} else if (!strcmp(word, "max_read")) {
		err = number(val, 10, &o->fl->max_read);
	} else {
		err = -EINVAL;
	}
	return err;
}

static void fuse_show_options(struct filesys *fs, struct seqbuf *sb)
{
	const struct fuselink *fl = fs->priv;

	seqbuf_printf(sb, ",user_id=%u,group_id=%u", uid_show(fl->user), gid_show(fl->group));
	if (fl->checks_modes)
		seqbuf_puts(sb, ",default_permissions");
	if (fl->all_may)
		seqbuf_puts(sb, ",allow_other");
	if (fl->max_read != U32_MAX)
		seqbuf_printf(sb, ",max_read=%u", fl->max_read);
}

/* ---- the instance ---- */

static int fuse_statfs(struct filesys *fs, struct statfs_info *out)
{
	struct fuselink *fl = fs->priv;
	struct fuse_statfs_out st;
	int err;

	*out = (struct statfs_info){ .type = FUSE_MAGIC };
	if (!fuse_may(fl))
		return 0;
	err = fuse_ask(fl, FUSE_STATFS, FUSE_ROOT_ID, NULL, 0, NULL, 0, &st, sizeof(st));
	if (err)
		return err;
	out->bsize = st.bsize;
	out->frsize = st.frsize;
	out->blocks = st.blocks;
	out->bfree = st.bfree;
	out->bavail = st.bavail;
	out->files = st.files;
	out->ffree = st.ffree;
	out->namelen = st.namelen;
	return 0;
}

static int fuse_remount(struct filesys *fs, const struct mount_args *args)
{
	return args->data && *args->data ? -EINVAL : 0;
}

static void fuse_unmount(struct filesys *fs)
{
	struct fuselink *fl = fs->priv;

	spin_lock(&fl->lock);
	fl->fs = NULL;
	spin_unlock(&fl->lock);
	fuse_link_down(fl, false);
	fuse_link_put(fl);
}

static const struct filesys_ops fuse_ops = {
	.statfs = fuse_statfs,
	.sync = fsop_default_sync,
	.remount = fuse_remount,
	.unmount = fuse_unmount,
	.show_options = fuse_show_options,
	.write_attr = fsop_default_write_attr,
};

/* ---- INIT ---- */

static int take_init(struct fuselink *fl, const struct fusecall *c)
{
	struct fuse_init_out out = { 0 };

	if (c->error)
		return -ECONNREFUSED;
	memcpy(&out, c->out, min_t(size_t, c->out_len, sizeof(out)));
	if (c->out_len < FUSE_INIT_OUT_OLD || out.major != FUSE_KERNEL_VERSION)
		return -ECONNREFUSED;
	fl->minor = out.minor;
	fl->flags = out.flags & OFFERED;
	fl->max_write = max_t(u32, out.max_write, PAGE_SIZE);
	fl->max_ahead = out.max_readahead;
	if (out.minor >= 13 && c->out_len >= FUSE_INIT_OUT_OLD) {
		fl->max_background = out.max_background ? out.max_background : fl->max_background;
		fl->congestion = out.congestion_threshold ? out.congestion_threshold : fl->congestion;
	}
	if (fl->max_write > FUSE_PAGES * PAGE_SIZE)
		fl->max_write = FUSE_PAGES * PAGE_SIZE;
	return 0;
}

static void init_done(struct fusecall *c)
{
	fuse_link_started(c->fl, take_init(c->fl, c));
}

static int send_init(struct fuselink *fl)
{
	struct fuse_init_in in = { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
				   .max_readahead = FUSE_PAGES * PAGE_SIZE, .flags = OFFERED };
	struct fusecall *c = fuse_call_make(fl, FUSE_INIT, 0, sizeof(in), sizeof(struct fuse_init_out));

	if (!c)
		return -ENOMEM;
	memcpy(c->in, &in, sizeof(in));
	c->out_varies = true;
	c->done = init_done;
	fuse_call_start(c);
	return 0;
}

/* ---- mount(2) ---- */

static int bind_daemon(struct fuselink *fl, u32 fd)
{
	struct ofile *f = fd_get((int)fd);
	int err = IS_ERR(f) ? -EINVAL : fuse_chan_bind(f, fl);

	if (!IS_ERR(f))
		ofile_put(f);
	return err;
}

static int fill(struct filesys *fs, struct fuselink *fl, u32 fd)
{
	struct vnode *root = fuse_root_make(fs, fl->rootmode);
	int err = root ? vnode_insert(root) : -ENOMEM;

	if (err && root)
		vnode_put(root);
	if (!err)
		err = filesys_root_set(fs, root);
	if (!err)
		err = bind_daemon(fl, fd);
	if (err)
		return err;
	fl->number = DEV_MINOR(fs->dev);
	fl->fs = fs;
	fuse_links_add(fl);
	return send_init(fl);
}

static struct filesys *instance_make(struct fstype *t, struct fuselink *fl, const struct mount_args *args, u32 fd)
{
	struct filesys *fs = filesys_alloc(t, &fuse_ops);
	int err;

	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->priv = fl;
	fs->magic = FUSE_MAGIC;
	fs->flags |= FILESYS_REVALIDATE | FILESYS_DIRECT | (args->sb_flags & MS_RDONLY ? FILESYS_RDONLY : 0);
	fs->max_file_size = (u64)S64_MAX;
	fs->time_gran = 1;
	err = fill(fs, fl, fd);
	if (!err)
		return fs;
	fuse_link_get(fl);		/* the unmount drops the caller's */
	filesys_put(fs);
	return ERR_PTR(err);
}

static struct filesys *fuse_mount_fs(struct fstype *t, const struct mount_args *args)
{
	struct options o = { .fl = fuse_link_make() };
	struct filesys *fs;
	int err;

	if (!o.fl)
		return ERR_PTR(-ENOMEM);
	o.fl->max_read = U32_MAX;
	err = mountopts_each(args->data, parse_option, &o);
	if (!err && (o.given != GIVEN_ALL || !S_ISDIR(o.fl->rootmode) || o.fl->user == ID_NONE ||
		     o.fl->group == ID_NONE))
		err = -EINVAL;
	fs = err ? ERR_PTR(err) : instance_make(t, o.fl, args, o.fd);
	if (IS_ERR(fs))
		fuse_link_put(o.fl);
	return fs;
}

static struct fstype fuse_fstype = {
	.name = "fuse", .flags = FSTYPE_NODEV | FSTYPE_USERNS | FSTYPE_SUBTYPE, .mount = fuse_mount_fs,
};
FILESYSTEM(fuse_fstype);
