// SPDX-License-Identifier: GPL-2.0-only
/* Open sysfs files: an attribute's text is made at position 0 and kept; raw
 * files read on demand.
 */
#include "sysfs_impl.h"

#include <tern/mm/uio.h>

struct sysfile {
	struct kmutex lock;	/* protects the text; functions run under it */
	char *text;		/* a page, or NULL: not read yet */
	size_t len;
	u32 seen_events;
};

static int file_open(struct ofile *f, struct vnode *vn)
{
	struct sysnode *n = sysnode_of(vn);
	const struct sysattr *a = n->what;
	const struct sysbin *b = n->what;
	struct sysfile *sf;

	if (f->of_mode & OFILE_WRITE && (n->kind == SYSNODE_ATTR ? !a->store : !b->write))
		return -EACCES;
	if (f->of_mode & OFILE_READ && (n->kind == SYSNODE_ATTR ? !a->show : !b->read))
		return -EACCES;
	sf = kmem_zalloc(sizeof(*sf), ALLOC_KERNEL);
	if (!sf)
		return -ENOMEM;
	kmutex_init(&sf->lock, LOCKRANK_SYSFS_FILE);
	sf->seen_events = READ_ONCE(n->events);
	f->of_priv = sf;
	f->of_mode = (f->of_mode | OFILE_SEEK) & ~OFILE_ATOMIC_POS;
	return 0;
}

static void file_release(struct ofile *f)
{
	struct sysfile *sf = f->of_priv;

	kmem_free(sf->text);
	kmem_free(sf);
}

static int text_make(struct sysfile *sf, struct sysnode *n)
{
	const struct sysattr *a = n->what;
	struct seqbuf sb;
	int err;

	if (!sf->text)
		sf->text = kmem_alloc(PAGE_SIZE, ALLOC_KERNEL);
	if (!sf->text)
		return -ENOMEM;
	seqbuf_init(&sb, sf->text, PAGE_SIZE);
	if (!usegate_enter(&n->gate))
		return n->gone;
	sf->seen_events = READ_ONCE(n->events);
	err = a->show(&sb, n->arg);
	usegate_leave(&n->gate);
	sf->len = sb.len;
	return err;
}

static ssize_t attr_read(struct sysfile *sf, struct sysnode *n, struct uio *u, loff_t pos)
{
	size_t want;
	ssize_t done = 0;

	kmutex_lock(&sf->lock);
	if (!pos || !sf->text)
		done = text_make(sf, n);
	if (!done && (size_t)pos < sf->len) {
		want = min_t(size_t, sf->len - pos, u->resid);
		done = uio_put(u, sf->text + pos, want);
		if (!done && want)
			done = -EFAULT;
	}
	kmutex_unlock(&sf->lock);
	return done;
}

static ssize_t bin_transfer(struct sysnode *n, struct uio *u, loff_t pos, bool is_write)
{
	const struct sysbin *b = n->what;
	size_t want = min_t(size_t, u->resid, PAGE_SIZE);
	char *buf;
	ssize_t done;

	if (b->size && pos >= (loff_t)b->size)
		return 0;
	if (b->size)
		want = min_t(size_t, want, b->size - pos);
	buf = kmem_alloc(PAGE_SIZE, ALLOC_KERNEL);
	if (!buf)
		return -ENOMEM;
	done = -EFAULT;
	if (is_write && uio_get(u, buf, want) != want)
		goto out;
	done = n->gone;
	if (!usegate_enter(&n->gate))
		goto out;
	done = is_write ? b->write(n->arg, buf, want, pos) : b->read(n->arg, buf, want, pos);
	usegate_leave(&n->gate);
	if (!is_write && done > 0 && uio_put(u, buf, done) != (size_t)done)
		done = -EFAULT;
out:
	kmem_free(buf);
	return done;
}

static ssize_t file_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct sysnode *n = sysnode_of(f->of_vnode);
	ssize_t done;

	done = n->kind == SYSNODE_ATTR ? attr_read(f->of_priv, n, u, *pos) :
	       bin_transfer(n, u, *pos, false);
	if (done > 0)
		*pos += done;
	return done;
}

static ssize_t attr_write(struct sysnode *n, struct uio *u)
{
	const struct sysattr *a = n->what;
	size_t want = min_t(size_t, u->resid, PAGE_SIZE - 1);
	char *text = kmem_alloc(want + 1, ALLOC_KERNEL);
	ssize_t done = -EFAULT;

	if (!text)
		return -ENOMEM;
	if (uio_get(u, text, want) == want) {
		text[want] = '\0';
		done = n->gone;
		if (usegate_enter(&n->gate)) {
			done = a->store(text, want, n->arg);
			usegate_leave(&n->gate);
		}
	}
	kmem_free(text);
	return done;
}

static ssize_t file_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct sysnode *n = sysnode_of(f->of_vnode);
	ssize_t done = n->kind == SYSNODE_ATTR ? attr_write(n, u) : bin_transfer(n, u, *pos, true);

	if (done > 0)
		*pos += done;
	return done;
}

static u32 file_poll(struct ofile *f, struct poll_table *pt)
{
	struct sysnode *n = sysnode_of(f->of_vnode);
	struct sysfile *sf = f->of_priv;
	u32 ev = POLLDEFAULT;

	poll_wait(f, &n->pollers, pt);
	if (READ_ONCE(n->events) != READ_ONCE(sf->seen_events) || usegate_is_closed(&n->gate))
		ev |= POLLERR | POLLPRI;
	return ev;
}

const struct ofile_ops sysfile_fops = {
	.open = file_open, .release = file_release, .read = file_read, .write = file_write,
	.seek = fop_dir_seek, .poll = file_poll, .ioctl = fop_no_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE,
};
