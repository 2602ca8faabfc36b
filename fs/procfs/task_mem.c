// SPDX-License-Identifier: GPL-2.0-only
/* What lies in a process's memory: mem, cmdline, environ, auxv. */
#include "task_impl.h"

#include <tern/mm/aspace.h>
#include <tern/mm/uio.h>

#define CHUNK	4096UL

/* Append [addr, addr + n) of @as; stops at the first byte that is not there. */
static void print_range(struct seqbuf *sb, struct aspace *as, uptr addr, size_t n, char *buf)
{
	while (n && !sb->is_full) {
		size_t want = min_t(size_t, n, CHUNK);
		size_t got = aspace_access(as, addr, buf, want, false, true);

		seqbuf_write(sb, buf, got);
		if (got < want)
			return;
		addr += got;
		n -= got;
	}
}

/* A process may write a title over its arguments, and past them: then it ends at a NUL. */
static void print_title(struct seqbuf *sb, struct aspace *as, uptr start, uptr end, char *buf)
{
	size_t from = sb->len, n;

	print_range(sb, as, start, end - start, buf);
	if (sb->is_full)
		return;
	n = strnlen(sb->buf + from, sb->len - from);
	sb->len = from + n;
	seqbuf_putc(sb, '\0');
}

int task_print_cmdline(struct seqbuf *sb, struct task_ref *task)
{
	struct aspace *as = task_aspace(task);
	char *buf, last = '\0';
	int err = 0;

	if (!as)
		return 0;
	buf = kmem_alloc(CHUNK, ALLOC_KERNEL);
	if (!buf) {
		err = -ENOMEM;
	} else if (as->arg_end > as->arg_start) {
		if (aspace_access(as, as->arg_end - 1, &last, 1, false, true) == 1 && last &&
		    as->env_start == as->arg_end)
			print_title(sb, as, as->arg_start, as->env_end, buf);
		else
			print_range(sb, as, as->arg_start, as->arg_end - as->arg_start, buf);
	}
	kmem_free(buf);
	aspace_put(as);
	return err;
}

int task_print_environ(struct seqbuf *sb, struct task_ref *task)
{
	struct aspace *as = task_aspace(task);
	char *buf;

	if (!as)
		return 0;
	buf = kmem_alloc(CHUNK, ALLOC_KERNEL);
	if (buf && as->env_end > as->env_start)
		print_range(sb, as, as->env_start, as->env_end - as->env_start, buf);
	aspace_put(as);
	kmem_free(buf);
	return buf ? 0 : -ENOMEM;
}

int task_print_auxv(struct seqbuf *sb, struct task_ref *task)
{
	struct aspace *as = task_aspace(task);
	u32 n = 0;

	if (!as)
		return 0;
	do
		n += 2;
	while (n < ARRAY_SIZE(as->auxv) && as->auxv[n - 2]);
	seqbuf_write(sb, as->auxv, n * sizeof(as->auxv[0]));
	aspace_put(as);
	return 0;
}

/* ---- mem: the address is the position; the address space is the one at open ---- */

static int mem_open(struct ofile *f, struct vnode *vn)
{
	struct task_ref task;
	struct aspace *as = NULL;
	int err = task_get(procvn_of(vn), &task);

	if (err)
		return err;
	if (!task_may_access(&task, true))
		err = -EACCES;
	else
		as = task_aspace(&task);
	task_put(&task);
	if (err)
		return err;
	if (as) {
		/* Keep the structure, not the contents: a dying process frees its memory. */
		aspace_ref(as);
		aspace_put(as);
	}
	f->of_priv = as;
	f->of_mode |= OFILE_SEEK;
	return 0;
}

static void mem_release(struct ofile *f)
{
	if (f->of_priv)
		aspace_unref(f->of_priv);
}

static ssize_t mem_transfer(struct ofile *f, struct uio *u, loff_t *pos, bool is_write)
{
	struct aspace *as = f->of_priv;
	ssize_t done = 0;
	char *buf;

	if (!as || !u->resid || !aspace_get_unless_zero(as))
		return 0;
	buf = kmem_alloc(CHUNK, ALLOC_KERNEL);
	if (!buf) {
		aspace_put(as);
		return -ENOMEM;
	}
	while (u->resid) {
		size_t want = min_t(size_t, u->resid, CHUNK), got;

		if (is_write && uio_get(u, buf, want) != want) {
			done = done ? done : -EFAULT;
			break;
		}
		got = aspace_access(as, (uptr)*pos, buf, want, is_write, true);
		if (!got) {
			done = done ? done : -EIO;
			break;
		}
		if (!is_write && uio_put(u, buf, got) != got) {
			done = done ? done : -EFAULT;
			break;
		}
		done += got;
		*pos += got;
		if (got < want || signal_is_fatal_pending())
			break;
	}
	kmem_free(buf);
	aspace_put(as);
	return done;
}

static ssize_t mem_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return mem_transfer(f, u, pos, false);
}

static ssize_t mem_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	return mem_transfer(f, u, pos, true);
}

static loff_t mem_seek(struct ofile *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->of_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	f->of_pos = off;	/* any address */
	return off;
}

const struct ofile_ops taskmem_fops = {
	.open = mem_open,
	.release = mem_release,
	.read = mem_read,
	.write = mem_write,
	.seek = mem_seek,
	.poll = fop_default_poll,
	.ioctl = fop_no_ioctl,
	FOPS_PLAIN,
	FOPS_NO_STORAGE,
};
