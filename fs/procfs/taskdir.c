// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/N and /proc/N/task/N: one table of rows for each. Names are cached like
 * any others; taskvn_revalidate() finds those of processes that are gone and
 * keeps owners current.
 *
 * Positions in listings: the root's list of processes and task/ use the number
 * itself, a row's index elsewhere; so listing n processes takes n steps and a
 * process that ends meanwhile moves nobody.
 *
 * Numbers of kernel threads: each is shown as a process of its own, as there is
 * no process that user space could see them in.
 */
#include "procfs_impl.h"

#include <tern/kernel/cred.h>
#include <tern/kernel/vfsface.h>
#include <tern/mm/aspace.h>

#define TASK_POS_BASE	2
#define INO_BASE	0x100000000UL
#define INO_SPAN	0x10000UL

extern const struct taskent taskent_task_dir, taskent_net_dir;

u64 taskvn_ino(const struct pidref *pid, bool is_thread, u64 what)
{
	return INO_BASE + pid->inode * INO_SPAN + (is_thread ? INO_SPAN / 2 : 0) +
	       what % (INO_SPAN / 2);
}

s64 proc_parse_nr(const char *name, u32 len)
{
	s64 v = 0;

	if (!len || len > 10 || (name[0] == '0' && len > 1))
		return -1;
	for (u32 i = 0; i < len; i++) {
		if (!char_is_digit(name[i]))
			return -1;
		v = v * 10 + (name[i] - '0');
	}
	return v > S32_MAX ? -1 : v;
}

/* Kernel threads all belong to process_kernel: then the thread is the process. */
static struct thread *task_of_rcu(const struct pidref *pid, bool is_thread)
{
	struct process *p;

	if (is_thread)
		return pidref_thread((struct pidref *)pid);
	p = pidref_process((struct pidref *)pid);
	return p ? rcu_load(p->p_leader) : NULL;
}

bool taskvn_refresh(struct procvn *pv)
{
	struct thread *t = task_of_rcu(pv->pid, pv->is_thread);
	const struct credset *c;
	struct aspace *as;
	bool is_public = false;

	if (!t)
		return false;
	/* A directory itself always shows its owner; what is in it only if dumpable. */
	if (pv->ent == &taskent_process_dir || pv->ent == &taskent_thread_dir) {
		is_public = true;
	} else {
		as = READ_ONCE(t->t_as);
		is_public = as && READ_ONCE(as->is_dumpable);
	}
	c = rcu_load(t->t_real_cred);
	WRITE_ONCE(pv->vn.vn_uid, c && is_public ? c->euid : 0);
	WRITE_ONCE(pv->vn.vn_gid, c && is_public ? c->egid : 0);
	return true;
}

int taskvn_revalidate(struct ncent *nc)
{
	struct vnode *vn = READ_ONCE(nc->nc_vnode);
	bool ok;

	if (!vn || !procvn_of(vn)->pid)
		return false;
	rcu_read_lock();
	ok = taskvn_refresh(procvn_of(vn));
	rcu_read_unlock();
	return ok;
}

int taskvn_getattr(struct vnode *vn, struct vattr *va)
{
	struct procvn *pv = procvn_of(vn);
	bool ok = true;

	if (pv->pid) {
		rcu_read_lock();
		ok = taskvn_refresh(pv);
		rcu_read_unlock();
	}
	if (!ok)
		return -ESRCH;
	vnode_getattr_default(vn, va);
	return 0;
}

struct vnode *taskvn_make(struct filesys *fs, const struct taskent *ent, struct pidref *pid, int fd,
			  bool is_thread)
{
	const struct vnode_ops *ops = ent->vnops;
	u64 what = (uptr)ent / sizeof(*ent) * 7 + (u64)(fd + 1) * 31;
	struct procvn *pv;
	bool ok;

	if (!ops)
		ops = ent->kind == TASKENT_LINK ? &tasklink_vnops : &taskfile_vnops;
	pv = procvn_alloc(fs, ops, ent->fops ? ent->fops : &proctext_fops, ent->mode,
			  taskvn_ino(pid, is_thread, what));
	if (!pv)
		return ERR_PTR(-ENOMEM);
	pv->ent = ent;
	pv->pid = pidref_get(pid);
	pv->fd = fd;
	pv->is_thread = is_thread;
	if (ent == &taskent_process_dir || ent == &taskent_thread_dir) {
		spin_lock(&pid->views_lock);
		list_add(&pv->view_link, &pid->views);
		spin_unlock(&pid->views_lock);
		smp_mb();	/* either taskdir_gone() finds the view or we find nobody */
	}
	rcu_read_lock();
	ok = taskvn_refresh(pv);
	rcu_read_unlock();
	if (!ok) {
		vnode_put(&pv->vn);
		return NULL;
	}
	return &pv->vn;
}

/* The next view, off the list and with a reference. */
static struct procvn *take_view(struct pidref *pid)
{
	struct procvn *pv, *found = NULL;

	spin_lock(&pid->views_lock);
	list_foreach(pv, &pid->views, view_link) {
		if (!atomic_inc_not_zero(&pv->vn.vn_refs))
			continue;	/* waits in procvn_evict() for the lock */
		list_del_init(&pv->view_link);
		found = pv;
		break;
	}
	spin_unlock(&pid->views_lock);
	return found;
}

void taskdir_gone(struct pidref *pid)
{
	struct procvn *pv;
	struct ncent *nc;

	while ((pv = take_view(pid))) {
		nc = ncent_alias(&pv->vn);
		if (nc) {
			ncent_forget(nc);
			ncent_prune(nc);
			ncent_put(nc);
		}
		vnode_put(&pv->vn);
	}
}

/* ---- the rows ---- */

#define TEXT(n, m, fn)		{ .name = n, .mode = S_IFREG | (m), .kind = TASKENT_TEXT, .print = fn }
#define SECRET(n, m, fn)	{ .name = n, .mode = S_IFREG | (m), .kind = TASKENT_TEXT, .print = fn, \
				  .needs_access = true }
#define SECRET_PARTS(n, m, fn)	{ .name = n, .mode = S_IFREG | (m), .kind = TASKENT_TEXT, .print = fn, \
				  .needs_access = true, .in_parts = true }
#define TEXT_RW(n, m, fn, wr)	{ .name = n, .mode = S_IFREG | (m), .kind = TASKENT_TEXT, .print = fn, \
				  .write = wr }
#define MOUNTS(n, m, style)	{ .name = n, .mode = S_IFREG | (m), .kind = TASKENT_TEXT, .mounts = style, \
				  .fops = &procevent_fops }
#define LINK(n, fn)		{ .name = n, .mode = S_IFLNK | 0777, .kind = TASKENT_LINK, .follow = fn }
#define RAW(n, m, f)		{ .name = n, .mode = S_IFREG | (m), .kind = TASKENT_FILE, .fops = &(f) }
#define DIRECTORY(n, m, v, f)	{ .name = n, .mode = S_IFDIR | (m), .kind = TASKENT_DIR, .vnops = &(v), \
				  .fops = &(f) }

#define ROWS(n, m, r, c)		{ .name = n, .mode = S_IFDIR | (m), .kind = TASKENT_DIR, \
				  .vnops = &taskrows_vnops, .fops = &taskrows_fops, .rows = r, \
				  .nrows = c }

static const struct vnode_ops taskrows_vnops, tasklist_vnops, netlink_vnops;
static const struct ofile_ops taskrows_fops, tasklist_fops;

#define COMMON_ROWS							\
	DIRECTORY("fd", 0500, fddir_vnops, fddir_fops),			\
	DIRECTORY("fdinfo", 0555, fdinfodir_vnops, fdinfodir_fops),	\
	SECRET("environ", 0400, task_print_environ),			\
	SECRET("auxv", 0400, task_print_auxv),				\
	TEXT("status", 0444, task_print_status),			\
	TEXT("personality", 0400, task_print_personality),		\
	TEXT("limits", 0444, task_print_limits),			\
	TEXT_RW("comm", 0644, task_print_comm, task_write_comm),	\
	TEXT("cmdline", 0444, task_print_cmdline),			\
	TEXT("stat", 0444, task_print_stat),				\
	TEXT("statm", 0444, task_print_statm),				\
	SECRET_PARTS("maps", 0444, task_print_maps),			\
	RAW("mem", 0600, taskmem_fops),					\
	LINK("cwd", task_follow_cwd),					\
	ROWS("ns", 0511, ns_rows, NS_ROWS),				\
	TEXT_RW("uid_map", 0644, task_print_uid_map, task_write_uid_map), \
	TEXT_RW("gid_map", 0644, task_print_gid_map, task_write_gid_map), \
	TEXT_RW("projid_map", 0644, task_print_projid_map, task_write_projid_map), \
	LINK("root", task_follow_root),					\
	LINK("exe", task_follow_exe),					\
	MOUNTS("mounts", 0444, MOUNTS_TABLE),				\
	MOUNTS("mountinfo", 0444, MOUNTS_INFO),				\
	SECRET_PARTS("smaps", 0444, task_print_smaps),			\
	SECRET("smaps_rollup", 0444, task_print_smaps_rollup),		\
	TEXT("schedstat", 0444, task_print_schedstat),			\
	TEXT("sched", 0444, task_print_sched),				\
	TEXT("wchan", 0444, task_print_wchan),				\
	TEXT("stack", 0400, task_print_stack),				\
	TEXT("syscall", 0400, task_print_syscall),			\
	RAW("pagemap", 0400, taskpagemap_fops),				\
	TEXT_RW("clear_refs", 0200, task_print_none, task_write_clear_refs), \
	SECRET("numa_maps", 0444, task_print_numa_maps),		\
	TEXT("cgroup", 0444, task_print_cgroup),			\
	TEXT("oom_score", 0444, task_print_oom_score),			\
	TEXT_RW("oom_adj", 0644, task_print_oom_adj, task_write_oom_adj), \
	TEXT_RW("oom_score_adj", 0644, task_print_oom_score_adj, task_write_oom_score_adj), \
	SECRET("io", 0400, task_print_io)

static const struct taskent process_rows[] = {
	DIRECTORY("task", 0555, tasklist_vnops, tasklist_fops),
	DIRECTORY("map_files", 0500, mapfiles_vnops, mapfiles_fops),
	COMMON_ROWS,
	DIRECTORY("net", 0555, netlink_vnops, tasklist_fops),
	TEXT_RW("setgroups", 0644, task_print_setgroups, task_write_setgroups),
	TEXT_RW("timens_offsets", 0644, task_print_timens_offsets, task_write_timens_offsets),
	MOUNTS("mountstats", 0400, MOUNTS_STATS),
	TEXT_RW("timerslack_ns", 0666, task_print_timerslack, task_write_timerslack),
};

static const struct taskent thread_rows[] = {
	COMMON_ROWS,
	DIRECTORY("net", 0555, netlink_vnops, tasklist_fops),
	TEXT("children", 0444, task_print_children),
};

const struct taskent taskent_process_dir = ROWS("", 0555, process_rows, ARRAY_SIZE(process_rows));
const struct taskent taskent_thread_dir = ROWS("", 0555, thread_rows, ARRAY_SIZE(thread_rows));

static struct vnode *net_vnode(struct filesys *fs)
{
	ref_get(&procnode_net->refs);
	return procvn_for_node(fs, procnode_net);
}

static struct vnode *rows_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct procvn *pv = procvn_of(dir);
	const struct taskent *rows = pv->ent->rows;
	u32 n = pv->ent->nrows;

	for (u32 i = 0; i < n; i++) {
		if (strncmp(rows[i].name, name, len) || rows[i].name[len])
			continue;
		if (rows[i].vnops == &netlink_vnops)
			return net_vnode(dir->vn_fs);
		return taskvn_make(dir->vn_fs, &rows[i], pv->pid, -1, pv->is_thread);
	}
	return NULL;
}

static int rows_readdir(struct ofile *f, struct dir_sink *s)
{
	struct procvn *pv = procvn_of_file(f);
	const struct taskent *rows = pv->ent->rows;
	u32 n = pv->ent->nrows;

	if (!proc_emit_dots(f, s))
		return 0;
	for (u64 i = s->pos - TASK_POS_BASE; i < n; i++) {
		u64 ino = taskvn_ino(pv->pid, pv->is_thread, (uptr)&rows[i] / sizeof(*rows) * 7);

		if (!proc_emit(s, rows[i].name, strlen(rows[i].name), ino, rows[i].mode,
			       TASK_POS_BASE + i + 1))
			break;
	}
	return 0;
}

static int rows_permission(struct vnode *vn, u32 mask)
{
	struct procvn *pv = procvn_of(vn);
	struct task_ref task;
	bool hidden;
	int err;

	if (procopts_of(vn->vn_fs)->hidepid == HIDEPID_OFF)
		return vnop_default_permission(vn, mask);
	err = task_get(pv, &task);
	if (err)
		return err;
	hidden = procopts_hides(vn->vn_fs, task.p, HIDEPID_NOACCESS);
	task_put(&task);
	if (hidden)
		return procopts_of(vn->vn_fs)->hidepid == HIDEPID_INVISIBLE ? -ENOENT : -EPERM;
	return vnop_default_permission(vn, mask);
}

#define TASK_DIR_SLOTS							\
	PROC_VNOPS_NO_CHANGE, .readlink = proc_no_vnlink,		\
	.link_put = vnop_default_link_put, .follow = vnop_no_follow,	\
	.setattr = proc_setattr, .revalidate = taskvn_revalidate

static int rows_getattr(struct vnode *vn, struct vattr *va)
{
	int err = taskvn_getattr(vn, va);

	if (!err && procvn_of(vn)->ent->rows == process_rows)
		va->nlink = 7;
	else if (!err && procvn_of(vn)->ent->rows == thread_rows)
		va->nlink = 6;
	return err;
}

static const struct vnode_ops taskrows_vnops = {
	TASK_DIR_SLOTS,
	.lookup = rows_lookup,
	.getattr = rows_getattr,
	.permission = rows_permission,
};

static const struct ofile_ops taskrows_fops = {
	PROC_DIR_FOPS,
	.readdir = rows_readdir,
};

struct pidref *procdir_pid_of(struct ofile *f)
{
	if (f->of_ops != &taskrows_fops || procvn_of_file(f)->ent != &taskent_process_dir)
		return NULL;
	return procvn_of_file(f)->pid;
}

static const struct vnode_ops netlink_vnops = { .lookup = NULL };	/* marks the row only */

const struct vnode_ops taskfile_vnops = {
	TASK_DIR_SLOTS,
	.lookup = vnop_no_lookup,
	.getattr = taskvn_getattr,
	.permission = vnop_default_permission,
};

/* ---- task/ ---- */

static struct vnode *tasklist_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct procvn *pv = procvn_of(dir);
	s64 nr = proc_parse_nr(name, len);
	struct pidref *pid;
	struct thread *t;
	struct vnode *vn = NULL;
	bool ok;

	pid = nr > 0 ? pidref_lookup_in(procpids_of(dir->vn_fs), nr) : NULL;
	if (!pid)
		return NULL;
	rcu_read_lock();
	t = pidref_thread(pid);
	ok = t && pidref_process(pv->pid) == t->t_proc;
	if (!ok && t && pid == pv->pid)
		ok = true;		/* a kernel thread alone */
	rcu_read_unlock();
	if (ok)
		vn = taskvn_make(dir->vn_fs, &taskent_thread_dir, pid, -1, true);
	pidref_put(pid);
	return vn;
}

/* Numbers of threads from @first on, in order; as many as fit. */
static u32 collect_threads(const struct task_ref *task, s32 first, s32 *out, u32 max)
{
	struct thread *t;
	u32 n = 0;

	rcu_read_lock();
	process_thread_foreach_rcu(task->p, t) {
		s32 nr = pidref_nr_in(rcu_load(t->t_pid), procpids_of(task->pv->vn.vn_fs));
		u32 at = n;

		if (nr < first)
			continue;
		/* Keep the lowest max, sorted. */
		while (at && out[at - 1] > nr)
			at--;
		if (at >= max)
			continue;
		if (n == max)
			n--;
		memmove(out + at + 1, out + at, (n - at) * sizeof(*out));
		out[at] = nr;
		n++;
	}
	rcu_read_unlock();
	return n;
}

#define THREAD_BATCH	512

static int emit_threads(struct dir_sink *s, const struct task_ref *task, s32 *batch)
{
	char name[12];
	u32 n;

	do {
		n = collect_threads(task, s->pos - TASK_POS_BASE, batch, THREAD_BATCH);
		for (u32 i = 0; i < n; i++) {
			int len = fmt_put(name, sizeof(name), "%d", batch[i]);
			u64 ino = taskvn_ino(task->pv->pid, true, batch[i]);

			if (!proc_emit(s, name, len, ino, S_IFDIR, TASK_POS_BASE + batch[i] + 1L))
				return 0;
		}
	} while (n == THREAD_BATCH);
	return 0;
}

static int tasklist_readdir(struct ofile *f, struct dir_sink *s)
{
	struct task_ref task;
	s32 *batch;
	int err;

	err = task_get(procvn_of_file(f), &task);
	if (err)
		return -ENOENT;
	err = -ENOMEM;
	batch = kmem_alloc(THREAD_BATCH * sizeof(*batch), ALLOC_KERNEL);
	if (batch && (task.p->p_flags & PROC_KERNEL)) {
		char name[12];
		int nr = pidref_nr_in(task.pv->pid, procpids_of(task.pv->vn.vn_fs));
		int len = fmt_put(name, sizeof(name), "%d", nr);

		err = 0;
		if (proc_emit_dots(f, s) && s->pos == TASK_POS_BASE)
			proc_emit(s, name, len, taskvn_ino(task.pv->pid, true, nr), S_IFDIR,
				  TASK_POS_BASE + nr + 1L);
	} else if (batch) {
		err = proc_emit_dots(f, s) ? emit_threads(s, &task, batch) : 0;
	}
	kmem_free(batch);
	task_put(&task);
	return err;
}

static int tasklist_getattr(struct vnode *vn, struct vattr *va)
{
	struct task_ref task;
	int err = task_get(procvn_of(vn), &task);

	if (err)
		return err;
	err = taskvn_getattr(vn, va);
	va->nlink = 2 + (task.p->p_flags & PROC_KERNEL ? 1 : READ_ONCE(task.p->p_nthreads));
	task_put(&task);
	return err;
}

static const struct vnode_ops tasklist_vnops = {
	TASK_DIR_SLOTS,
	.lookup = tasklist_lookup,
	.getattr = tasklist_getattr,
	.permission = vnop_default_permission,
};

static const struct ofile_ops tasklist_fops = {
	PROC_DIR_FOPS,
	.readdir = tasklist_readdir,
};

/* ---- /proc/N ---- */

/* Does @pid get a directory in the root: processes and kernel threads. RCU. */
static struct process *shown_process_rcu(struct pidref *pid, bool *as_thread)
{
	struct process *p = pidref_process(pid);
	struct thread *t;

	*as_thread = false;
	if (p)
		return p;
	t = pidref_thread(pid);
	if (!t)
		return NULL;
	*as_thread = t->t_flags & TF_KTHREAD;
	return t->t_proc;
}

struct vnode *taskdir_lookup_pid(struct vnode *root, const char *name, u32 len)
{
	s64 nr = proc_parse_nr(name, len);
	struct pidref *pid = nr > 0 ? pidref_lookup_in(procpids_of(root->vn_fs), nr) : NULL;
	struct vnode *vn = NULL;
	struct process *p;
	bool as_thread, hidden;

	if (!pid)
		return NULL;
	rcu_read_lock();
	p = shown_process_rcu(pid, &as_thread);
	/* The directory of any thread may be named, though only processes are listed. */
	if (p && !as_thread && !pidref_process(pid))
		as_thread = true;
	if (p && !ref_get_unless_zero(&p->p_refs))
		p = NULL;
	rcu_read_unlock();
	if (p) {
		hidden = procopts_hides(root->vn_fs, p, HIDEPID_INVISIBLE);
		process_put(p);
		if (!hidden)
			vn = taskvn_make(root->vn_fs, &taskent_process_dir, pid, -1, as_thread);
	}
	pidref_put(pid);
	return vn;
}

/* Next process to list at or after *@nr: true and its pid with a reference. */
static struct pidref *next_shown(struct filesys *fs, s32 *nr)
{
	struct pidref *pid;
	struct process *p;
	bool as_thread, hidden;

	for (;; (*nr)++) {
		rcu_read_lock();
		pid = pidref_next_in(procpids_of(fs), nr);
		while (pid) {
			p = shown_process_rcu(pid, &as_thread);
			if (p && (as_thread || pidref_process(pid)) && ref_get_unless_zero(&pid->refs))
				break;
			(*nr)++;
			pid = pidref_next_in(procpids_of(fs), nr);
		}
		if (!pid) {
			rcu_read_unlock();
			return NULL;
		}
		hidden = procopts_of(fs)->hidepid >= HIDEPID_INVISIBLE;
		if (!hidden || !ref_get_unless_zero(&p->p_refs)) {
			rcu_read_unlock();
			return pid;
		}
		rcu_read_unlock();
		hidden = procopts_hides(fs, p, HIDEPID_INVISIBLE);
		process_put(p);
		if (!hidden)
			return pid;
		pidref_put(pid);
	}
}

bool taskdir_readdir_pids(struct filesys *fs, struct dir_sink *s, loff_t base)
{
	s32 nr = s->pos > base ? s->pos - base : 1;
	struct pidref *pid;
	char name[12];

	while ((pid = next_shown(fs, &nr))) {
		int len = fmt_put(name, sizeof(name), "%d", nr);
		u64 ino = taskvn_ino(pid, false, (uptr)&taskent_process_dir /
				     sizeof(struct taskent) * 7);

		pidref_put(pid);
		if (!proc_emit(s, name, len, ino, S_IFDIR, base + nr + 1))
			return false;
		nr++;
		sched_check();
	}
	return true;
}
