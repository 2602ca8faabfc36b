// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon has open for us. A fuseopen belongs to one open file; reads ahead and pages of
 * mappings borrow it. The daemon is told of its end (RELEASE) when nobody holds it any more,
 * without waiting for what it says to that.
 */
#include "fuse_impl.h"

#include <tern/fs/path.h>

/* What the number of an ioctl says. */
#define WRITES(cmd)	((cmd) >> 30 & 1)
#define READS(cmd)	((cmd) >> 31)
#define SIZE(cmd)	((cmd) >> 16 & 0x3fff)
#define HOW_MASK	(~(u32)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC))

struct fuseopen *fuse_open_alloc(void)
{
	return kmem_zalloc(sizeof(struct fuseopen), ALLOC_KERNEL);
}

void fuse_open_start(struct fuseopen *o, struct fusenode *v, const struct fuse_open_out *out, u32 how, bool is_told)
{
	ref_init(&o->refs, 1);
	o->v = v;
	o->fh = out->fh;
	o->flags = out->open_flags;
	o->how = how;
	o->is_dir = vnode_is_dir(&v->vn);
	o->is_told = is_told;
	waitq_init(&o->poll);
	list_init(&o->polled);
	spin_lock(&v->vn.vn_spin);
	list_add(&o->link, &v->opens);
	spin_unlock(&v->vn.vn_spin);
}

static struct fusecall *release_call(struct fuseopen *o)
{
	struct fuse_release_in in = { .fh = o->fh, .flags = o->how & HOW_MASK };
	struct fusecall *c = fuse_call_make(fuse_link_of(&o->v->vn), o->is_dir ? FUSE_RELEASEDIR : FUSE_RELEASE,
					    o->v->vn.vn_ino, sizeof(in), 0);

	if (c)
		memcpy(c->in, &in, sizeof(in));
	return c;
}

static void released(struct fusecall *c)
{
	struct vnode *vn = c->priv;
	struct filesys *fs = vn->vn_fs;

	vnode_put(vn);
	filesys_put(fs);
}

/* The file stays until that is answered: the daemon must not be told to forget it before. */
static void tell_release(struct fuseopen *o)
{
	struct fusecall *c = release_call(o);

	if (!c)
		return;
	filesys_get(o->v->vn.vn_fs);
	vnode_get(&o->v->vn);
	c->priv = &o->v->vn;
	c->done = released;
	fuse_call_start(c);
}

static void forget_released(struct fusecall *c)
{
	fuse_forget(c->fl, c->nodeid, (u64)(uptr)c->priv);
}

void fuse_open_forget(struct fuseopen *o, u64 n)
{
	struct fusecall *c = release_call(o);

	if (c) {
		c->priv = (void *)(uptr)n;
		c->done = forget_released;
		fuse_call_start(c);
	}
	kmem_free(o);
}

void fuse_open_put(struct fuseopen *o)
{
	struct fuselink *fl;
	bool is_last;

	if (!o)
		return;
	fl = fuse_link_of(&o->v->vn);
	spin_lock(&o->v->vn.vn_spin);
	is_last = ref_put(&o->refs);
	if (is_last)
		list_del(&o->link);
	spin_unlock(&o->v->vn.vn_spin);
	if (!is_last)
		return;
	spin_lock(&fl->lock);
	list_del_init(&o->polled);
	spin_unlock(&fl->lock);
	if (o->is_told)
		tell_release(o);
	kmem_free(o);
}

struct fuseopen *fuse_open_of(struct fusenode *v, bool for_write)
{
	struct fuseopen *o, *found = NULL;

	spin_lock(&v->vn.vn_spin);
	list_foreach(o, &v->opens, link) {
		u32 access = o->how & O_ACCMODE;

		if (access == O_RDWR || access == (for_write ? O_WRONLY : O_RDONLY)) {
			ref_get(&o->refs);
			found = o;
			break;
		}
	}
	spin_unlock(&v->vn.vn_spin);
	return found;
}

/* What create() opened, for the first who opens. */
static struct fuseopen *take_fresh(struct fusenode *v)
{
	struct fuseopen *o;

	spin_lock(&v->vn.vn_spin);
	o = v->fresh;
	v->fresh = NULL;
	spin_unlock(&v->vn.vn_spin);
	return o;
}

static struct fuseopen *ask_open(struct ofile *f, struct vnode *vn)
{
	struct fuselink *fl = fuse_link_of(vn);
	u32 op = vnode_is_dir(vn) ? FUSE_OPENDIR : FUSE_OPEN, how = f->of_flags & HOW_MASK;
	struct fuse_open_in in = { .flags = how };
	struct fuse_open_out out = { 0 };
	struct fuseopen *o = fuse_open_alloc();
	bool is_told = !fuse_lacks(fl, op);
	int err = o ? 0 : -ENOMEM;

	if (!err && is_told) {
		err = fuse_ask(fl, op, vn->vn_ino, &in, sizeof(in), NULL, 0, &out, sizeof(out));
		if (err == -ENOSYS) {
			/* Nothing is to be opened, and pages may be kept. */
			fuse_note_lack(fl, op);
			is_told = false;
			err = 0;
		}
	}
	if (!is_told)
		out = (struct fuse_open_out){ .open_flags = vnode_is_dir(vn) ? 0 : FOPEN_KEEP_CACHE };
	if (err) {
		kmem_free(o);
		return ERR_PTR(err);
	}
	fuse_open_start(o, fuse_of(vn), &out, how, is_told);
	return o;
}

int fuse_fop_open(struct ofile *f, struct vnode *vn)
{
	struct fuseopen *o;

	if (!fuse_may(fuse_link_of(vn)))
		return -EACCES;
	o = take_fresh(fuse_of(vn));
	if (!o)
		o = ask_open(f, vn);
	if (IS_ERR(o))
		return (int)PTR_ERR(o);
	if (S_ISREG(vn->vn_mode) && !(o->flags & FOPEN_KEEP_CACHE))
		pagecache_drop_clean(vn->vn_pc, 0, U64_MAX);
	if (o->flags & FOPEN_STREAM)
		ofile_make_stream(f);
	else if (o->flags & FOPEN_NONSEEKABLE)
		f->of_mode &= ~OFILE_SEEK;
	f->of_priv = o;
	return 0;
}

/* With it mappings through this file are gone: what they wrote needs it. */
void fuse_fop_release(struct ofile *f)
{
	struct fuseopen *o = f->of_priv;

	if (S_ISREG(f->of_vnode->vn_mode) && (o->how & O_ACCMODE) != O_RDONLY)
		(void)pagecache_flush(f->of_vnode->vn_pc, 0, S64_MAX, false);
	fuse_open_put(o);
}

/* Written by mappings, on its way, arrived. */
static int write_out(struct vnode *vn, loff_t start, loff_t end)
{
	int err = S_ISREG(vn->vn_mode) ? pagecache_flush(vn->vn_pc, start, end, true) : 0;

	fuse_writes_wait(fuse_of(vn));
	return err;
}

int fuse_fop_flush(struct ofile *f)
{
	struct vnode *vn = f->of_vnode;
	struct fuselink *fl = fuse_link_of(vn);
	struct fuseopen *o = f->of_priv;
	struct fuse_flush_in in = { .fh = o->fh };
	int err = (o->how & O_ACCMODE) == O_RDONLY ? 0 : write_out(vn, 0, S64_MAX);

	if (err || fuse_lacks(fl, FUSE_FLUSH) || (o->flags & FOPEN_NOFLUSH))
		return err;
	err = fuse_ask(fl, FUSE_FLUSH, vn->vn_ino, &in, sizeof(in), NULL, 0, NULL, 0);
	if (err == -ENOSYS) {
		fuse_note_lack(fl, FUSE_FLUSH);
		return 0;
	}
	return err;
}

int fuse_fop_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync)
{
	struct vnode *vn = f->of_vnode;
	struct fuselink *fl = fuse_link_of(vn);
	u32 op = vnode_is_dir(vn) ? FUSE_FSYNCDIR : FUSE_FSYNC;
	struct fuse_fsync_in in = { .fh = ((struct fuseopen *)f->of_priv)->fh,
				    .fsync_flags = datasync ? FUSE_FSYNC_FDATASYNC : 0 };
	int err = write_out(vn, start, end);

	if (err || fuse_lacks(fl, op))
		return err;
	err = fuse_ask(fl, op, vn->vn_ino, &in, sizeof(in), NULL, 0, NULL, 0);
	if (err == -ENOSYS) {
		fuse_note_lack(fl, op);
		return 0;
	}
	return err;
}

/* ---- poll, ioctl ---- */

/* The number by which the daemon tells us of events. */
static u64 poll_number(struct fuselink *fl, struct fuseopen *o)
{
	spin_lock(&fl->lock);
	if (!o->kh) {
		o->kh = ++fl->last_kh;
		list_add_tail(&o->polled, &fl->polled);
	}
	spin_unlock(&fl->lock);
	return o->kh;
}

u32 fuse_fop_poll(struct ofile *f, struct poll_table *pt)
{
	struct vnode *vn = f->of_vnode;
	struct fuselink *fl = fuse_link_of(vn);
	struct fuseopen *o = f->of_priv;
	struct fuse_poll_in in = { .fh = o->fh, .events = pt ? pt->events : POLLDEFAULT };
	struct fuse_poll_out out;
	int err;

	if (fuse_lacks(fl, FUSE_POLL))
		return POLLDEFAULT;
	poll_wait(f, &o->poll, pt);
	in.kh = poll_number(fl, o);
	in.flags = pt ? FUSE_POLL_SCHEDULE_NOTIFY : 0;
	err = fuse_ask(fl, FUSE_POLL, vn->vn_ino, &in, sizeof(in), NULL, 0, &out, sizeof(out));
	if (err == -ENOSYS) {
		fuse_note_lack(fl, FUSE_POLL);
		return POLLDEFAULT;
	}
	return err ? POLLERR : out.revents;
}

static long run_ioctl(struct fusecall *c, u32 out_size, uptr arg)
{
	const struct fuse_ioctl_out *out = (void *)c->out;
	int err = fuse_call_run(c);
	u32 n;

	if (err)
		return err == -ENOSYS ? -ENOTTY : err;
	if (c->out_len < sizeof(*out) || out->flags)
		return -EIO;		/* asks for more of the caller's memory: not for a file system */
	n = c->out_len - (u32)sizeof(*out);
	if (n && user_copyout((void __user *)arg, out + 1, min(n, out_size)))
		return -EFAULT;
	return out->result > -ERESTARTSYS ? out->result : -EIO;
}

/* Data as large as the number says, to and from where @arg points. */
long fuse_fop_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct fuse_ioctl_in in = { .fh = ((struct fuseopen *)f->of_priv)->fh, .cmd = cmd, .arg = arg };
	struct fusecall *c;
	long r;

	if (!fuse_may(fuse_link_of(f->of_vnode)))
		return -EACCES;
	in.in_size = WRITES(cmd) ? SIZE(cmd) : 0;
	in.out_size = READS(cmd) ? SIZE(cmd) : 0;
	c = fuse_call_make(fuse_link_of(f->of_vnode), FUSE_IOCTL, f->of_vnode->vn_ino, sizeof(in) + in.in_size,
			   sizeof(struct fuse_ioctl_out) + in.out_size);
	if (!c)
		return -ENOMEM;
	c->out_varies = true;
	memcpy(c->in, &in, sizeof(in));
	if (in.in_size && user_copyin(c->in + sizeof(in), (const void __user *)arg, in.in_size))
		r = -EFAULT;
	else
		r = run_ioctl(c, in.out_size, arg);
	fuse_call_put(c);
	return r;
}
