// SPDX-License-Identifier: GPL-2.0-only
/*
 * FIFOs: a pipe bound to a vnode of any file system while somebody has it open.
 * Opening one end waits for the other, unless both are asked for or O_NONBLOCK
 * says otherwise. vn_special and the pipe's file count change under vn_spin.
 */
#include "pipe_impl.h"

/* The vnode's pipe with one more file. */
static struct pipe *bind(struct vnode *vn)
{
	struct pipe *fresh = NULL, *p;

	for (;;) {
		spin_lock(&vn->vn_spin);
		if (!vn->vn_special && fresh) {
			vn->vn_special = fresh;
			fresh = NULL;
		}
		p = vn->vn_special;
		if (p)
			p->files++;
		spin_unlock(&vn->vn_spin);
		if (fresh)
			pipe_free(fresh);
		if (p)
			return p;
		fresh = pipe_alloc();
		if (!fresh)
			return NULL;
	}
}

static void unbind(struct vnode *vn, struct pipe *p)
{
	bool last;

	spin_lock(&vn->vn_spin);
	last = --p->files == 0;
	if (last)
		vn->vn_special = NULL;
	spin_unlock(&vn->vn_spin);
	if (last)
		pipe_free(p);
}

static void drop_ends(struct pipe *p, u32 mode)
{
	kmutex_lock(&p->lock);
	if (mode & OFILE_READ)
		WRITE_ONCE(p->readers, p->readers - 1);
	if (mode & OFILE_WRITE)
		WRITE_ONCE(p->writers, p->writers - 1);
	kmutex_unlock(&p->lock);
	pipe_wake_ends(p);
}

/* Count the new ends. Locked. */
static void add_ends(struct pipe *p, u32 mode)
{
	if (mode & OFILE_READ) {
		WRITE_ONCE(p->r_opens, p->r_opens + 1);
		WRITE_ONCE(p->readers, p->readers + 1);
	}
	if (mode & OFILE_WRITE) {
		WRITE_ONCE(p->w_opens, p->w_opens + 1);
		WRITE_ONCE(p->writers, p->writers + 1);
	}
}

/* Wait for somebody to open the other end, even if it is closed again at once. */
static int meet(struct pipe *p, u32 mode, u32 seen)
{
	if (mode & OFILE_READ)
		return waitq_wait_intr(&p->rd_wait, READ_ONCE(p->w_opens) != seen);
	return waitq_wait_intr(&p->wr_wait, READ_ONCE(p->r_opens) != seen);
}

static int fifo_open(struct ofile *f, struct vnode *vn)
{
	u32 mode = f->of_mode & (OFILE_READ | OFILE_WRITE), seen = 0;
	bool alone, nonblock = f->of_flags & O_NONBLOCK;
	struct pipe *p = bind(vn);
	int err = 0;

	if (!p)
		return -ENOMEM;
	ofile_make_stream(f);
	f->of_priv = p;
	f->of_pos = -1;
	kmutex_lock(&p->lock);
	if (mode == OFILE_WRITE && nonblock && !p->readers) {
		kmutex_unlock(&p->lock);
		unbind(vn, p);
		return -ENXIO;
	}
	add_ends(p, mode);
	alone = (mode == OFILE_READ && !p->writers) || (mode == OFILE_WRITE && !p->readers);
	seen = mode == OFILE_READ ? p->w_opens : p->r_opens;
	if (alone && mode == OFILE_READ && nonblock)
		f->of_pos = p->w_opens;
	kmutex_unlock(&p->lock);
	pipe_wake_ends(p);
	if (alone && !nonblock)
		err = meet(p, mode, seen);
	if (err) {
		drop_ends(p, mode);
		unbind(vn, p);
	}
	return err;
}

static void fifo_release(struct ofile *f)
{
	struct pipe *p = pipe_of(f);

	drop_ends(p, f->of_mode);
	unbind(f->of_vnode, p);
}

const struct ofile_ops fifo_fops = {
	.open = fifo_open,
	.flush = fop_default_flush,
	.release = fifo_release,
	.read = pipe_fop_read,
	.write = pipe_fop_write,
	.seek = fop_no_seek,
	.poll = pipe_fop_poll,
	.ioctl = pipe_fop_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = pipe_fop_set_flags,
	.show_fdinfo = fop_default_show_fdinfo,
	FOPS_NO_STORAGE,
};
