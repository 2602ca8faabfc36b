// SPDX-License-Identifier: GPL-2.0-only
/* Files that stand for loaded programs (tern/kernel/bpf.h); all is done by bpf(2). */
#include <tern/fs/ofile.h>
#include <tern/kernel/bpf.h>
#include <tern/kernel/vfsface.h>
#include <uapi/fcntl.h>

static void bpffile_release(struct ofile *f)
{
	bpfprog_put(f->of_priv);
}

static void bpffile_show_fdinfo(struct ofile *f, struct seqbuf *sb)
{
	bpfprog_print(f->of_priv, sb);
}

static ssize_t bpffile_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return -EINVAL;
}

static ssize_t bpffile_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	return -EINVAL;
}

static const struct ofile_ops bpffile_fops = {
	.open = fop_default_open,
	.flush = fop_default_flush,
	.release = bpffile_release,
	.read = bpffile_read,
	.write = bpffile_write,
	.seek = fop_no_seek,
	.poll = fop_default_poll,
	.ioctl = fop_no_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags,
	.show_fdinfo = bpffile_show_fdinfo,
	FOPS_NO_STORAGE,
};

struct ofile *bpffile_create(struct bpfprog *p)
{
	return ofile_create_anon(&bpffile_fops, p, O_RDWR, "bpf-prog");
}

struct bpfprog *bpffile_prog(struct ofile *f)
{
	return f->of_ops == &bpffile_fops ? f->of_priv : NULL;
}
