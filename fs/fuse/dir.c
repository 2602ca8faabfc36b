// SPDX-License-Identifier: GPL-2.0-only
/* Listings: positions are the daemon's. */
#include "fuse_impl.h"

#define LIST_ROOM	PAGE_SIZE

/* The entries of one answer. 0; 1: the reader has no room for more; -EIO. */
static int emit(struct dir_sink *s, const u8 *at, u32 left)
{
	while (left >= sizeof(struct fuse_dirent)) {
		const struct fuse_dirent *d = (const void *)at;
		const char *name = (const char *)(d + 1);
		u32 n = (u32)ALIGN_UP(sizeof(*d) + d->namelen, 8);

		if (d->namelen > NAME_MAX)
			return -EIO;
		if (sizeof(*d) + d->namelen > left)
			return 0;
		if (!d->namelen || memchr(name, '/', d->namelen) || memchr(name, 0, d->namelen) ||
		    d->off > (u64)S64_MAX)
			return -EIO;
		if (!s->emit(s, name, d->namelen, d->ino, d->type, (loff_t)d->off))
			return 1;
		at += min(n, left);
		left -= min(n, left);
	}
	return 0;
}

static int fuse_readdir(struct ofile *f, struct dir_sink *s)
{
	struct fuse_read_in in = { .fh = ((struct fuseopen *)f->of_priv)->fh, .size = LIST_ROOM, .flags = f->of_flags };
	struct vnode *vn = f->of_vnode;
	int r = 0;

	while (!r) {
		struct fusecall *c = fuse_call_make(fuse_link_of(vn), FUSE_READDIR, vn->vn_ino, sizeof(in), LIST_ROOM);
		u32 len = 0;

		if (!c)
			return -ENOMEM;
		in.offset = (u64)s->pos;
		memcpy(c->in, &in, sizeof(in));
		c->out_varies = true;
		r = fuse_call_run(c);
		if (!r) {
			len = c->out_len;
			r = emit(s, c->out, len);
		}
		fuse_call_put(c);
		if (len < sizeof(struct fuse_dirent) || (u64)s->pos == in.offset)
			break;		/* the end, or no entry that is whole */
	}
	return min(r, 0);
}

const struct ofile_ops fuse_dir_fops = {
	.open = fuse_fop_open, .flush = fop_default_flush, .release = fuse_fop_release, .read = fop_isdir_read,
	.write = fop_no_write, .seek = fop_dir_seek, .readdir = fuse_readdir, .poll = fop_default_poll,
	.ioctl = fop_no_ioctl, .mmap = fop_no_mmap, .fsync = fuse_fop_fsync, .fallocate = fop_no_fallocate,
	.splice_read = fop_default_splice_read, .splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags, .show_fdinfo = fop_default_show_fdinfo,
};
