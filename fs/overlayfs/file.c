// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlayfs: open files. Each holds the layer's file open and passes everything on to it.
 * One that was opened for reading before its file was copied up reads the copy afterwards;
 * the lower file stays open beside it, since mappings made before keep showing its pages
 * (as on Linux).
 */
#include "ovl_impl.h"

struct ovl_open {
	struct ofile *real;	/* A what is read and written */
	struct ofile *below;	/* the lower file, once real is its copy */
	struct kmutex lock;	/* protects the change; LOCKRANK_FS */
};

static struct ofile *real_open(struct ofile *f)
{
	return stack_open(ovl_real(ovl_of(f->of_vnode)), f->of_flags & ~O_NOCTTY);
}

static int ovl_open(struct ofile *f, struct vnode *vn)
{
	struct ovl_open *o;
	int err = f->of_mode & OFILE_WRITE ? ovl_copy_up(ovl_of(vn)) : 0;

	if (err)
		return err;
	o = kmem_zalloc(sizeof(*o), ALLOC_KERNEL);
	if (!o)
		return -ENOMEM;
	kmutex_init(&o->lock, LOCKRANK_FS);
	o->real = real_open(f);
	if (IS_ERR(o->real)) {
		err = (int)PTR_ERR(o->real);
		kmem_free(o);
		return err;
	}
	f->of_priv = o;
	return 0;
}

static void ovl_release(struct ofile *f)
{
	struct ovl_open *o = f->of_priv;

	ofile_put(o->real);
	if (o->below)
		ofile_put(o->below);
	kmem_free(o);
}

/* The file to use now; lives as long as @f. */
static struct ofile *real_of(struct ofile *f)
{
	struct ovl_node *n = ovl_of(f->of_vnode);
	struct ovl_open *o = f->of_priv;
	struct ofile *copy;

	if (likely(!ovl_has_upper(n) || load_acquire(&o->real)->of_vnode == path_vnode(&n->upper)))
		return o->real;
	kmutex_lock(&o->lock);
	if (!o->below) {
		copy = real_open(f);
		if (IS_ERR(copy)) {
			kmutex_unlock(&o->lock);
			return copy;
		}
		o->below = o->real;
		store_release(&o->real, copy);
	}
	kmutex_unlock(&o->lock);
	return o->real;
}

static ssize_t ovl_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct ofile *real = real_of(f);

	return IS_ERR(real) ? PTR_ERR(real) : real->of_ops->read(real, u, pos);
}

static ssize_t ovl_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct ofile *real = real_of(f);
	ssize_t n;

	if (IS_ERR(real))
		return PTR_ERR(real);
	n = real->of_ops->write(real, u, pos);
	ovl_copy_attr(ovl_of(f->of_vnode));
	return n;
}

static loff_t ovl_seek(struct ofile *f, loff_t off, int whence)
{
	struct ofile *real = real_of(f);
	loff_t pos;

	if (IS_ERR(real))
		return PTR_ERR(real);
	kmutex_lock(&((struct ovl_open *)f->of_priv)->lock);
	real->of_pos = f->of_pos;
	pos = real->of_ops->seek(real, off, whence);
	kmutex_unlock(&((struct ovl_open *)f->of_priv)->lock);
	if (pos >= 0)
		f->of_pos = pos;
	return pos;
}

static int ovl_mmap(struct ofile *f, struct map_request *req)
{
	struct ofile *real = real_of(f);

	return IS_ERR(real) ? (int)PTR_ERR(real) : real->of_ops->mmap(real, req);
}

static int ovl_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync)
{
	struct ofile *real;

	if (!ovl_has_upper(ovl_of(f->of_vnode)))
		return 0;
	real = real_of(f);
	return IS_ERR(real) ? (int)PTR_ERR(real) : real->of_ops->fsync(real, start, end, datasync);
}

static int ovl_fallocate(struct ofile *f, int mode, loff_t off, loff_t len)
{
	struct ofile *real = real_of(f);
	int err;

	if (IS_ERR(real))
		return (int)PTR_ERR(real);
	err = real->of_ops->fallocate(real, mode, off, len);
	ovl_copy_attr(ovl_of(f->of_vnode));
	return err;
}

static ssize_t ovl_splice_read(struct ofile *f, loff_t *pos, struct ofile *pipe, size_t len, u32 flags)
{
	struct ofile *real = real_of(f);

	return IS_ERR(real) ? PTR_ERR(real) : real->of_ops->splice_read(real, pos, pipe, len, flags);
}

static int ovl_set_flags(struct ofile *f, u32 new_flags)
{
	struct ofile *real = real_of(f);
	int err;

	if (IS_ERR(real))
		return (int)PTR_ERR(real);
	err = real->of_ops->set_flags(real, new_flags);
	if (err)
		return err;
	spin_lock(&real->of_lock);
	real->of_flags = (real->of_flags & (O_ACCMODE | O_LARGEFILE)) | (new_flags & ~(O_ACCMODE | O_LARGEFILE));
	spin_unlock(&real->of_lock);
	return 0;
}

const struct ofile_ops ovl_file_fops = {
	.open = ovl_open,
	.flush = fop_default_flush,
	.release = ovl_release,
	.read = ovl_read,
	.write = ovl_write,
	.seek = ovl_seek,
	.readdir = fop_no_readdir,
	.poll = fop_default_poll,
	.ioctl = fop_no_ioctl,
	.mmap = ovl_mmap,
	.fsync = ovl_fsync,
	.fallocate = ovl_fallocate,
	.splice_read = ovl_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = ovl_set_flags,
	.show_fdinfo = fop_default_show_fdinfo,
};
