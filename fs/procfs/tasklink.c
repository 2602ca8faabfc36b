// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links that lead to an object itself (exe, cwd, root, fd/N), not to whatever
 * the text names. Following and reading both need the right to look into the
 * process.
 */
#include "procfs_impl.h"

#include <tern/mm/aspace.h>

#define LINK_TEXT_MAX	4096

/* The fsctx of another thread with a reference, or NULL. */
static struct fsctx *fsctx_of(struct thread *t)
{
	struct fsctx *fs;
	u64 flags = spin_lock_irqsave(&t->t_lock);

	fs = t->t_fs;
	if (fs)
		ref_get(&fs->refs);
	spin_unlock_irqrestore(&t->t_lock, flags);
	return fs;
}

int task_follow_cwd(struct task_ref *task, struct fspath *out)
{
	struct fsctx *fs = fsctx_of(task->t);

	if (!fs)
		return -ENOENT;
	fsctx_cwd(fs, out);
	fsctx_put(fs);
	return 0;
}

int task_follow_root(struct task_ref *task, struct fspath *out)
{
	struct fsctx *fs = fsctx_of(task->t);

	if (!fs)
		return -ENOENT;
	fsctx_root(fs, out);
	fsctx_put(fs);
	return 0;
}

int task_follow_exe(struct task_ref *task, struct fspath *out)
{
	struct aspace *as = task_aspace(task);
	struct ofile *exe = NULL;

	if (!as)
		return -ENOENT;
	rwsem_read_lock(&as->as_lock);
	exe = as->exe_file;
	if (exe)
		ofile_get(exe);
	rwsem_read_unlock(&as->as_lock);
	aspace_put(as);
	if (!exe)
		return -ENOENT;
	*out = exe->of_path;
	fspath_get(out);
	ofile_put(exe);
	return 0;
}

static int tasklink_follow(struct vnode *vn, struct fspath *out)
{
	struct procvn *pv = procvn_of(vn);
	struct task_ref task;
	int err = task_get(pv, &task);

	if (err)
		return -ENOENT;
	err = task_may_look(&task) ? pv->ent->follow(&task, out) : -EACCES;
	task_put(&task);
	return err;
}

static const char *tasklink_readlink(struct vnode *vn, void **cookie)
{
	struct fspath p;
	char *buf, *text;
	int err;

	err = tasklink_follow(vn, &p);
	if (err)
		return ERR_PTR(err);
	buf = kmem_alloc(LINK_TEXT_MAX, ALLOC_KERNEL);
	text = buf ? path_print_self(&p, buf, LINK_TEXT_MAX) : ERR_PTR(-ENOMEM);
	fspath_put(&p);
	if (IS_ERR(text)) {
		kmem_free(buf);
		return text;
	}
	*cookie = buf;
	return text;
}

static void tasklink_put(struct vnode *vn, void *cookie)
{
	kmem_free(cookie);
}

const struct vnode_ops tasklink_vnops = {
	PROC_VNOPS_NO_CHANGE,
	.lookup = vnop_no_lookup,
	.readlink = tasklink_readlink,
	.link_put = tasklink_put,
	.follow = tasklink_follow,
	.getattr = taskvn_getattr,
	.setattr = proc_setattr,
	.permission = vnop_default_permission,
	.revalidate = taskvn_revalidate,
};
