// SPDX-License-Identifier: GPL-2.0-only
/* Open files of control groups: text made at position 0 and kept; one write is one command. */
#include "cgroupfs_impl.h"

#include <tern/kernel/psi.h>
#include <tern/mm/uio.h>

#define TEXT_MAX	(4UL << 20)
#define WRITE_MAX	4096UL

static int cg_open(struct ofile *f, struct vnode *vn)
{
	struct cgopen *o;

	o = kmem_zalloc(sizeof(*o), ALLOC_KERNEL);
	if (!o)
		return -ENOMEM;
	kmutex_init(&o->lock, LOCKRANK_SYSFS_FILE);
	o->seen = READ_ONCE(cgvn_of(vn)->cg->events[cgvn_of(vn)->file->event]);
	f->of_priv = o;
	f->of_mode = (f->of_mode | OFILE_SEEK) & ~OFILE_ATOMIC_POS;
	return 0;
}

static void cg_release(struct ofile *f)
{
	struct cgopen *o = f->of_priv;

	if (!o)
		return;
	psitrigger_free(o->trigger);
	kmem_free_large(o->text);
	kmem_free(o);
}

static int make_text(struct cgopen *o, struct cgvn *v)
{
	struct seqbuf sb;
	int err;

	if (!v->file->show)
		return -EINVAL;
	for (size_t size = PAGE_SIZE; size <= TEXT_MAX; size *= 2) {
		kmem_free_large(o->text);
		o->text = kmem_alloc_large(size, ALLOC_KERNEL);
		if (!o->text)
			return -ENOMEM;
		seqbuf_init(&sb, o->text, size);
		kmutex_lock(&cgroup_lock);
		o->seen = READ_ONCE(v->cg->events[v->file->event]);
		err = v->cg->is_dead ? -ENODEV : v->file->show(&sb, v->cg);
		kmutex_unlock(&cgroup_lock);
		if (err)
			return err;
		if (!sb.is_full) {
			o->len = sb.len;
			return 0;
		}
	}
	return -ENOMEM;
}

static ssize_t cg_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct cgopen *o = f->of_priv;
	ssize_t done = 0;
	size_t want;

	kmutex_lock(&o->lock);
	if (!*pos || !o->text)
		done = make_text(o, cgvn_of(f->of_vnode));
	if (!done && (u64)*pos < o->len && u->resid) {
		want = min_t(size_t, o->len - *pos, u->resid);
		done = uio_put(u, o->text + *pos, want);
		if (!done)
			done = -EFAULT;
		else
			*pos += done;
	}
	kmutex_unlock(&o->lock);
	return done;
}

static ssize_t cg_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct cgvn *v = cgvn_of(f->of_vnode);
	size_t n = u->resid;
	char *text;
	int err;

	if (!v->file->store)
		return -EINVAL;
	if (n >= WRITE_MAX)
		return -E2BIG;
	text = kmem_alloc(n + 1, ALLOC_KERNEL);
	if (!text)
		return -ENOMEM;
	err = -EFAULT;
	if (uio_get(u, text, n) == n) {
		text[n] = 0;
		kmutex_lock(&cgroup_lock);
		err = v->cg->is_dead ? -ENODEV : v->file->store(v->cg, str_trim(text), f);
		kmutex_unlock(&cgroup_lock);
	}
	kmem_free(text);
	if (err)
		return err;
	*pos += n;
	return n;
}

static loff_t cg_seek(struct ofile *f, loff_t off, int whence)
{
	return fop_dir_seek(f, off, whence);
}

static u32 pressure_poll(struct ofile *f, struct psitrigger *t, struct poll_table *pt)
{
	if (!t)
		return POLLDEFAULT | POLLERR | POLLPRI;
	poll_wait(f, psitrigger_queue(t), pt);
	return POLLDEFAULT | (psitrigger_take(t) ? POLLPRI : 0);
}

static u32 cg_poll(struct ofile *f, struct poll_table *pt)
{
	struct cgvn *v = cgvn_of(f->of_vnode);
	struct cgopen *o = f->of_priv;

	if (v->file->where & CGFILE_PRESSURE)
		return pressure_poll(f, READ_ONCE(o->trigger), pt);
	if (!(v->file->where & CGFILE_POLL))
		return POLLDEFAULT;
	poll_wait(f, &v->cg->poll_wait, pt);
	if (READ_ONCE(v->cg->events[v->file->event]) != READ_ONCE(o->seen) || READ_ONCE(v->cg->is_dead))
		return POLLDEFAULT | POLLERR | POLLPRI;
	return POLLDEFAULT;
}

const struct ofile_ops cgfile_fops = {
	.open = cg_open, .release = cg_release, .read = cg_read, .write = cg_write, .seek = cg_seek,
	.poll = cg_poll, .ioctl = fop_no_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE,
};
