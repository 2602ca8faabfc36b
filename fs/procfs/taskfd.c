// SPDX-License-Identifier: GPL-2.0-only
/* fd/ and fdinfo/: one entry for each open descriptor. A listing's position is
 * the descriptor + 2.
 */
#include "procfs_impl.h"

#define FD_POS_BASE	2

static struct ofile *fd_file(const struct procvn *pv, struct task_ref *task)
{
	return fdtab_file_of(task->t, pv->fd);
}

static int follow_fd(struct task_ref *task, struct fspath *out)
{
	struct ofile *f = fd_file(task->pv, task);

	if (!f)
		return -ENOENT;
	*out = f->of_path;
	fspath_get(out);
	ofile_put(f);
	return 0;
}

static mode_t fdlink_mode(const struct ofile *f)
{
	mode_t m = S_IFLNK | 0100;

	if (f->of_mode & OFILE_READ)
		m |= 0400;
	if (f->of_mode & OFILE_WRITE)
		m |= 0200;
	return m;
}

static int print_fdinfo(struct seqbuf *sb, struct task_ref *task)
{
	struct ofile *f = fd_file(task->pv, task);
	u32 flags;

	if (!f)
		return -ENOENT;
	flags = READ_ONCE(f->of_flags);
	seqbuf_printf(sb, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%u\nino:\t%lu\n", (long)READ_ONCE(f->of_pos),
		      flags, f->of_path.mnt ? f->of_path.mnt->mp_id : 0, f->of_vnode->vn_ino);
	f->of_ops->show_fdinfo(f, sb);
	ofile_put(f);
	return 0;
}

static const struct taskent fdlink_ent = {
	.name = "", .mode = S_IFLNK | 0700, .kind = TASKENT_LINK, .follow = follow_fd,
};
static const struct taskent fdinfo_ent = {
	.name = "", .mode = S_IFREG | 0444, .kind = TASKENT_TEXT, .print = print_fdinfo,
	.needs_access = true,
};

static struct vnode *fd_lookup(struct vnode *dir, const char *name, u32 len, bool is_info)
{
	struct procvn *pv = procvn_of(dir);
	s64 fd = proc_parse_nr(name, len);
	struct task_ref task;
	struct vnode *vn = NULL;
	struct ofile *f;

	if (fd < 0 || task_get(pv, &task))
		return NULL;
	f = fdtab_file_of(task.t, fd);
	if (f) {
		vn = taskvn_make(dir->vn_fs, is_info ? &fdinfo_ent : &fdlink_ent, pv->pid, fd,
				 pv->is_thread);
		if (vn && !IS_ERR(vn) && !is_info)
			vn->vn_mode = fdlink_mode(f);
		ofile_put(f);
	}
	task_put(&task);
	return vn;
}

static struct vnode *fddir_lookup(struct vnode *dir, const char *name, u32 len)
{
	return fd_lookup(dir, name, len, false);
}

static struct vnode *fdinfodir_lookup(struct vnode *dir, const char *name, u32 len)
{
	return fd_lookup(dir, name, len, true);
}

static int fd_readdir(struct ofile *f, struct dir_sink *s, const struct taskent *ent)
{
	struct procvn *pv = procvn_of_file(f);
	struct task_ref task;
	char name[12];
	int fd;

	if (task_get(pv, &task))
		return -ENOENT;
	if (!proc_emit_dots(f, s))
		goto out;
	for (fd = s->pos - FD_POS_BASE; (fd = fdtab_next(task.t, fd)) >= 0; fd++) {
		u64 what = (uptr)ent / sizeof(*ent) * 7 + (u64)(fd + 1) * 31;
		int len = fmt_put(name, sizeof(name), "%d", fd);

		if (!proc_emit(s, name, len, taskvn_ino(pv->pid, pv->is_thread, what), ent->mode,
			       FD_POS_BASE + fd + 1L))
			break;
		sched_check();
	}
out:
	task_put(&task);
	return 0;
}

static int fddir_readdir(struct ofile *f, struct dir_sink *s)
{
	return fd_readdir(f, s, &fdlink_ent);
}

static int fdinfodir_readdir(struct ofile *f, struct dir_sink *s)
{
	return fd_readdir(f, s, &fdinfo_ent);
}

/* A process may always use its own descriptors, whatever its credentials became. */
static int fddir_permission(struct vnode *vn, u32 mask)
{
	int err = vnop_default_permission(vn, mask);
	bool is_own;

	if (!err)
		return 0;
	rcu_read_lock();
	is_own = pidref_process(procvn_of(vn)->pid) == process_self();
	if (!is_own) {
		struct thread *t = pidref_thread(procvn_of(vn)->pid);

		is_own = t && t->t_proc == process_self();
	}
	rcu_read_unlock();
	return is_own ? 0 : err;
}

/* A number may be another file by now, or none: each name is looked up anew. */
static int fd_revalidate(struct ncent *nc)
{
	return 0;
}

#define FD_DIR_SLOTS							\
	PROC_VNOPS_NO_CHANGE, .readlink = proc_no_vnlink,		\
	.link_put = vnop_default_link_put, .follow = vnop_no_follow,	\
	.setattr = proc_setattr, .revalidate = fd_revalidate,	\
	.getattr = taskvn_getattr, .permission = fddir_permission

const struct vnode_ops fddir_vnops = { FD_DIR_SLOTS, .lookup = fddir_lookup };
const struct vnode_ops fdinfodir_vnops = { FD_DIR_SLOTS, .lookup = fdinfodir_lookup };
const struct ofile_ops fddir_fops = { PROC_DIR_FOPS, .readdir = fddir_readdir };
const struct ofile_ops fdinfodir_fops = { PROC_DIR_FOPS, .readdir = fdinfodir_readdir };
