// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_files/: a link "START-END" for each region that maps a file. Names are
 * looked up anew each time, as regions come and go. A listing's position is the
 * region's start, in pages, + 2.
 */
#include "procfs_impl.h"

#include <tern/kernel/cred.h>
#include <tern/mm/aspace.h>

#define POS_BASE	2

static int hex(const char **s, const char *end, uptr *out)
{
	const char *from = *s;

	for (*out = 0; *s < end; (*s)++) {
		char c = **s;

		if (!char_is_digit(c) && !(c >= 'a' && c <= 'f'))
			break;
		*out = *out << 4 | (uptr)(char_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return *s == from || *s - from > 16 || (*from == '0' && *s - from > 1) ? -EINVAL : 0;
}

static bool parse_range(const char *name, u32 len, uptr *start, uptr *end)
{
	const char *s = name, *stop = name + len;

	return !hex(&s, stop, start) && s < stop && *s++ == '-' && !hex(&s, stop, end) && s == stop;
}

/* The file that is mapped exactly there, with a reference; *mode as of a link to it. */
static struct ofile *mapped_file(struct aspace *as, uptr start, uptr end, mode_t *mode)
{
	struct ofile *file = NULL;
	struct region *rg;

	if (rwsem_read_lock_killable(&as->as_lock))
		return NULL;
	rg = region_find(as, start);
	if (rg && rg->start == start && rg->end == end && rg->file) {
		file = rg->file;
		ofile_get(file);
		*mode = S_IFLNK | (file->of_mode & OFILE_READ ? 0400 : 0) |
			(file->of_mode & OFILE_WRITE ? 0200 : 0);
	}
	rwsem_read_unlock(&as->as_lock);
	return file;
}

static int follow_map(struct task_ref *task, struct fspath *out)
{
	struct aspace *as = task_aspace(task);
	struct ofile *file;
	mode_t mode;

	if (!as)
		return -ENOENT;
	file = mapped_file(as, task->pv->map_start, task->pv->map_end, &mode);
	aspace_put(as);
	if (!file)
		return -ENOENT;
	*out = file->of_path;
	fspath_get(out);
	ofile_put(file);
	return 0;
}

static const struct taskent maplink_ent = {
	.name = "", .mode = S_IFLNK | 0600, .kind = TASKENT_LINK, .follow = follow_map,
};

static struct vnode *mapfiles_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct procvn *pv = procvn_of(dir);
	struct vnode *vn = NULL;
	struct task_ref task;
	struct aspace *as;
	uptr start, end;
	struct ofile *f = NULL;
	mode_t mode;

	if (!parse_range(name, len, &start, &end) || task_get(pv, &task))
		return NULL;
	as = task_may_look(&task) ? task_aspace(&task) : NULL;
	if (as) {
		f = mapped_file(as, start, end, &mode);
		aspace_put(as);
	}
	if (f) {
		vn = taskvn_make(dir->vn_fs, &maplink_ent, pv->pid, (int)(start >> PAGE_SHIFT & S32_MAX),
				 pv->is_thread);
		if (!IS_ERR_OR_NULL(vn)) {
			procvn_of(vn)->map_start = start;
			procvn_of(vn)->map_end = end;
			vn->vn_mode = mode;
		}
		ofile_put(f);
	}
	task_put(&task);
	return vn;
}

struct map_name { uptr start, end; };

/* Up to @max ranges from @from on. */
static u32 collect(struct aspace *as, uptr from, struct map_name *out, u32 max)
{
	struct region *rg;
	u32 n = 0;

	if (rwsem_read_lock_killable(&as->as_lock))
		return 0;
	for (rg = region_find(as, from); rg && n < max; rg = region_next(rg))
		if (rg->file && rg->start >= from)
			out[n++] = (struct map_name){ rg->start, rg->end };
	rwsem_read_unlock(&as->as_lock);
	return n;
}

#define BATCH	64

static void emit_maps(struct dir_sink *s, struct procvn *pv, struct aspace *as, struct map_name *batch)
{
	char name[40];
	u32 n;

	do {
		n = collect(as, (uptr)(s->pos - POS_BASE) << PAGE_SHIFT, batch, BATCH);
		for (u32 i = 0; i < n; i++) {
			u64 page = batch[i].start >> PAGE_SHIFT;
			int len = fmt_put(name, sizeof(name), "%lx-%lx", batch[i].start, batch[i].end);

			if (!proc_emit(s, name, len, taskvn_ino(pv->pid, pv->is_thread, page * 31),
				       S_IFLNK, (loff_t)page + 1 + POS_BASE))
				return;
		}
	} while (n == BATCH);
}

static int mapfiles_readdir(struct ofile *f, struct dir_sink *s)
{
	struct procvn *pv = procvn_of_file(f);
	struct map_name *batch;
	struct task_ref task;
	struct aspace *as;
	int err = task_get(pv, &task);

	if (err)
		return -ENOENT;
	if (!task_may_look(&task)) {
		task_put(&task);
		return -EACCES;
	}
	as = task_aspace(&task);
	batch = kmem_alloc(BATCH * sizeof(*batch), ALLOC_KERNEL);
	if (!batch)
		err = -ENOMEM;
	else if (proc_emit_dots(f, s) && as)
		emit_maps(s, pv, as, batch);
	kmem_free(batch);
	if (as)
		aspace_put(as);
	task_put(&task);
	return err;
}

static int mapfiles_revalidate(struct ncent *nc)
{
	return 0;
}

const struct vnode_ops mapfiles_vnops = {
	PROC_VNOPS_NO_CHANGE,
	.lookup = mapfiles_lookup,
	.readlink = proc_no_vnlink,
	.link_put = vnop_default_link_put,
	.follow = vnop_no_follow,
	.getattr = taskvn_getattr,
	.setattr = proc_setattr,
	.permission = vnop_default_permission,
	.revalidate = mapfiles_revalidate,
};
const struct ofile_ops mapfiles_fops = { PROC_DIR_FOPS, .readdir = mapfiles_readdir };
