// SPDX-License-Identifier: GPL-2.0-only
/* Page by page: pagemap, clear_refs; node by node: numa_maps. */
#include "task_impl.h"

#include <tern/kernel/cred.h>
#include <tern/mm/aspace.h>
#include <tern/mm/uio.h>

#define BATCH	512		/* entries at a time: a page of them */
#define ENTRY	sizeof(u64)
#define PATH_SIZE 4096

/* ---- pagemap: eight bytes a page, the position is the page number times eight ---- */

static int pagemap_open(struct ofile *f, struct vnode *vn)
{
	struct task_ref task;
	struct aspace *as = NULL;
	int err = task_get(procvn_of(vn), &task);

	if (err)
		return err;
	if (!task_may_look(&task))
		err = -EACCES;
	else
		as = task_aspace(&task);
	task_put(&task);
	if (as) {
		aspace_ref(as);		/* the structure; the contents go with the process */
		aspace_put(as);
	}
	f->of_priv = as;
	f->of_mode |= OFILE_SEEK;
	return err;
}

static void pagemap_release(struct ofile *f)
{
	if (f->of_priv)
		aspace_unref(f->of_priv);
}

/* One batch; bytes, or -errno. */
static ssize_t pagemap_part(struct aspace *as, struct uio *u, u64 first, u64 *buf, bool with_frames)
{
	u64 n = min_t(u64, u->resid / ENTRY, BATCH), total = USER_END >> PAGE_SHIFT;
	int err;

	if (first >= total)
		return 0;
	n = min(n, total - first);
	err = aspace_pagemap(as, first << PAGE_SHIFT, n, buf, with_frames);
	if (err)
		return err;
	return uio_put(u, buf, n * ENTRY) == n * ENTRY ? (ssize_t)(n * ENTRY) : -EFAULT;
}

static ssize_t pagemap_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	bool with_frames = cap_has_cred(f->of_cred, f->of_cred->ns, CAP_SYS_ADMIN);
	struct aspace *as = f->of_priv;
	ssize_t done = 0, got;
	u64 *buf;

	if (!as || !aspace_get_unless_zero(as))
		return 0;
	if ((u64)*pos % ENTRY || u->resid % ENTRY) {
		aspace_put(as);
		return -EINVAL;
	}
	buf = kmem_alloc(BATCH * ENTRY, ALLOC_KERNEL);
	got = buf ? 0 : -ENOMEM;
	while (buf && u->resid) {
		got = pagemap_part(as, u, (u64)*pos / ENTRY, buf, with_frames);
		if (got <= 0)
			break;
		done += got;
		*pos += got;
		if (signal_is_fatal_pending())
			break;
	}
	kmem_free(buf);
	aspace_put(as);
	return done ? done : got;
}

const struct ofile_ops taskpagemap_fops = {
	.open = pagemap_open,
	.release = pagemap_release,
	.read = pagemap_read,
	.write = fop_no_write,
	.seek = fop_dir_seek,
	.poll = fop_default_poll,
	.ioctl = fop_no_ioctl,
	FOPS_PLAIN,
	FOPS_NO_STORAGE,
};

/* ---- clear_refs ---- */

int task_print_none(struct seqbuf *sb, struct task_ref *task)
{
	return -EINVAL;
}

enum { CLEAR_ALL = 1, CLEAR_ANON, CLEAR_FILES, CLEAR_SOFT_DIRTY, CLEAR_PEAK };

ssize_t task_write_clear_refs(struct task_ref *task, const char *text, size_t n)
{
	struct aspace *as;
	int err = 0;
	u64 what;

	if (parse_u64(str_trim((char *)text), 10, &what, NULL) || what < CLEAR_ALL || what > CLEAR_PEAK)
		return -EINVAL;
	if (what == CLEAR_SOFT_DIRTY)
		return -EOPNOTSUPP;	/* writes are not tracked for programs */
	as = task_aspace(task);
	if (!as)
		return n;
	if (what == CLEAR_PEAK)
		aspace_reset_peak(as);
	else
		err = aspace_clear_refs(as, what != CLEAR_FILES, what != CLEAR_ANON);
	aspace_put(as);
	return err ? err : (ssize_t)n;
}

/* ---- numa_maps ---- */

static void print_numa_region(struct seqbuf *sb, struct region *rg, char *buf)
{
	const char *name = rg->file ? NULL : region_name(rg);
	struct region_usage u = { 0 };
	u64 pages, dirty;

	region_usage_get(rg, &u);
	pages = u.rss / PAGE_SIZE;
	dirty = (u.shared_dirty + u.private_dirty) / PAGE_SIZE;
	seqbuf_printf(sb, "%08lx default", rg->start);
	if (rg->file) {
		char *path = path_print_self(&rg->file->of_path, buf, PATH_SIZE);

		seqbuf_puts(sb, " file=");
		if (!IS_ERR(path))
			seqbuf_puts_escaped(sb, path, "\n\t= ");
	} else if (name && (!strcmp(name, "[heap]") || !strcmp(name, "[stack]"))) {
		seqbuf_puts(sb, name[1] == 'h' ? " heap" : " stack");
	}
	if (!pages) {
		seqbuf_putc(sb, '\n');
		return;
	}
	if (u.anonymous)
		seqbuf_printf(sb, " anon=%lu", u.anonymous / PAGE_SIZE);
	if (dirty)
		seqbuf_printf(sb, " dirty=%lu", dirty);
	if (pages != u.anonymous / PAGE_SIZE && pages != dirty)
		seqbuf_printf(sb, " mapped=%lu", pages);
	seqbuf_printf(sb, " N0=%lu kernelpagesize_kB=%lu\n", pages, PAGE_SIZE / 1024);
}

int task_print_numa_maps(struct seqbuf *sb, struct task_ref *task)
{
	struct aspace *as = task_aspace(task);
	struct region *rg;
	char *buf;
	int err;

	if (!as)
		return 0;
	buf = kmem_alloc(PATH_SIZE, ALLOC_KERNEL);
	err = buf ? rwsem_read_lock_killable(&as->as_lock) : -ENOMEM;
	if (!err) {
		for (rg = region_first(as); rg && !sb->is_full; rg = region_next(rg))
			print_numa_region(sb, rg, buf);
		rwsem_read_unlock(&as->as_lock);
	}
	kmem_free(buf);
	aspace_put(as);
	return err;
}
