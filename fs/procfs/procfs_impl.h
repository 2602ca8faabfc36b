/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of fs/procfs share.
 *
 * A procnode is an entry that is there for every reader (/proc/meminfo); a
 * taskent is a row of the table of what each process or thread directory
 * holds. A procvn is a vnode for either.
 */
#pragma once

#include <tern/base/err.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/process.h>
#include <tern/lib/fmt.h>
#include <tern/lib/seqbuf.h>
#include <tern/base/usegate.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/fcntl.h>

struct procvn;
struct task_ref;

/* ---- tree.c: entries that are always there ---- */

enum procnode_kind { PROCNODE_DIR, PROCNODE_TEXT, PROCNODE_INT, PROCNODE_LINK, PROCNODE_DYNLINK,
	PROCNODE_FILE, PROCNODE_SET };

struct procnode {
	struct list children, sibling;	/* tree lock */
	struct procnode *parent;
	enum procnode_kind kind;	/* I */
	mode_t mode;			/* I with type bits */
	u64 ino;			/* I */
	u64 cookie;			/* I place in the parent's listing */
	u64 next_cookie;		/* tree lock; for children */
	const void *what;		/* I procfile, procint, procset, or fops */
	char *target;			/* I symbolic links */
	int (*make_target)(struct pidns *ns, char *buf, size_t size);	/* I PROCNODE_DYNLINK */
	size_t size_hint;		/* racy: how long the text was */
	bool is_mount_dir;		/* I PROCNODE_DIR that stays empty, to mount on */
	refcount refs;			/* the tree, each vnode */
	struct usegate gate;		/* prints and writes; shut when unregistered */
	u32 name_len;
	char name[];
};

extern struct procnode *procnode_root, *procnode_net;
void procnode_put(struct procnode *n);
/** procnode_child() - entry of a directory with a reference, NULL if there is none. */
struct procnode *procnode_child(struct procnode *dir, const char *name, u32 len);
/** procnode_readdir() - entries from *pos on: false if the sink is full. */
bool procnode_readdir(struct procnode *dir, struct dir_sink *s, u64 base);
/** procnode_add_file() - a file with operations of its own. */
int procnode_add_file(const char *path, mode_t mode, const struct ofile_ops *fops);
/** procnode_add_dynlink() - a symbolic link whose target depends on the reader. */
int procnode_add_dynlink(const char *path, int (*make)(struct pidns *ns, char *buf, size_t size));
int procnode_add_dir(const char *path);
void proctree_init(void);

/* ---- vnode.c ---- */

struct procvn {
	struct vnode vn;
	struct procnode *node;		/* I with a reference, or NULL */
	const struct taskent *ent;	/* I or NULL */
	struct pidref *pid;		/* I with a reference, or NULL */
	struct list view_link;		/* directories: in pid->views, under its views_lock */
	size_t size_hint;		/* racy: how long the text of a process file was */
	int fd;				/* I */
	uptr map_start, map_end;	/* I of map_files/START-END */
	bool is_thread;			/* I below task/ */
	u64 set_key;			/* I of a set's member and its files; else 0 */
	u32 set_row;			/* I of a member's files */
};

static inline struct procvn *procvn_of(const struct vnode *vn)
{
	return container_of(vn, struct procvn, vn);
}
static inline struct procvn *procvn_of_file(const struct ofile *f)
{
	return procvn_of(f->of_vnode);
}

/**
 * procvn_alloc() - reference 1; the caller fills node, or ent and pid (own
 * references). NULL if no memory.
 */
struct procvn *procvn_alloc(struct filesys *fs, const struct vnode_ops *ops,
			    const struct ofile_ops *fops, mode_t mode, u64 ino);
/** procvn_for_node() - vnode of a tree entry; consumes the node's reference. ERR_PTR(-ENOMEM). */
struct vnode *procvn_for_node(struct filesys *fs, struct procnode *n);
void procvn_evict(struct vnode *vn);
int proc_setattr(struct vnode *vn, const struct vattr *va);
/** proc_emit() - one directory entry; false: the sink is full. */
bool proc_emit(struct dir_sink *s, const char *name, u32 len, u64 ino, mode_t mode, loff_t next);
/** proc_emit_dots() - positions 0 and 1. */
bool proc_emit_dots(struct ofile *f, struct dir_sink *s);
const char *proc_no_vnlink(struct vnode *vn, void **cookie);
extern const struct vnode_ops procfile_vnops;	/* plain files of all kinds */

/** proc_net_permission() - for settings of the caller's network namespace: who rules it is their owner. */
int proc_net_permission(struct vnode *vn, u32 mask);
extern const struct vnode_ops procnetfile_vnops;	/* plain files with it */

/* ---- set.c: directories that depend on who looks ---- */
extern const struct vnode_ops setdir_vnops;
extern const struct ofile_ops setdir_fops;
int set_print(const struct procvn *pv, struct seqbuf *sb);
ssize_t set_write(const struct procvn *pv, const char *text, size_t n);

/* Slots that are the same in every table of this file system. */
#define PROC_VNOPS_NO_CHANGE						\
	VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, .evict = procvn_evict
#define PROC_DIR_FOPS							\
	.open = fop_default_open, .release = fop_default_release,	\
	.read = proc_dir_read, .write = fop_no_write,			\
	.seek = fop_dir_seek, .poll = fop_default_poll,			\
	.ioctl = fop_no_ioctl, .mmap = fop_no_mmap,			\
	.fsync = fop_no_fsync, .fallocate = fop_no_fallocate, FOPS_PLAIN
ssize_t proc_dir_read(struct ofile *f, struct uio *u, loff_t *pos);

/* ---- text.c ---- */
extern const struct ofile_ops proctext_fops;
extern const struct ofile_ops procevent_fops;	/* tables of mounts, and what can be polled for changes */
#define PROC_WRITE_MAX	(4 * 4096UL)	/* bytes that one write may have */

/* ---- task.c: the process behind a vnode ---- */

struct task_ref {
	struct thread *t;	/* with a reference */
	struct process *p;	/* with a reference */
	bool is_thread;		/* about t alone, not the whole process */
	const struct procvn *pv;
	const struct credset *opener;	/* of the file that is read or written; borrowed */
	u64 from, next;		/* texts in parts: where to begin, where the next part does */
};
#define TASK_TEXT_END	U64_MAX
/** task_get() - 0, or -ESRCH if it is gone. */
int task_get(const struct procvn *pv, struct task_ref *task);
void task_put(struct task_ref *task);
/** task_may_look() - reader may see addresses and contents. */
bool task_may_look(const struct task_ref *task);
/** task_may_access() - the same, or (@is_attach) may control it. */
bool task_may_access(const struct task_ref *task, bool is_attach);
struct aspace *task_aspace(const struct task_ref *task);

enum taskent_kind { TASKENT_TEXT, TASKENT_LINK, TASKENT_DIR, TASKENT_FILE };
struct taskent {
	const char *name;
	mode_t mode;			/* with type bits */
	enum taskent_kind kind;
	bool needs_access;		/* open needs process_may_access() */
	bool in_parts;			/* print() goes on at task->from and sets task->next */
	enum mounts_style mounts;	/* a table of mounts, and no print() */
	int (*print)(struct seqbuf *sb, struct task_ref *task);
	ssize_t (*write)(struct task_ref *task, const char *text, size_t n);
	int (*follow)(struct task_ref *task, struct fspath *out);
	const struct ofile_ops *fops;	/* FILE and DIR */
	const struct vnode_ops *vnops;	/* DIR */
	const struct taskent *rows;	/* DIR of rows: its entries */
	u32 nrows;
};

/* ---- taskdir.c ---- */
extern const struct taskent taskent_process_dir, taskent_thread_dir;
/** taskdir_lookup_pid() - /proc/N. */
struct vnode *taskdir_lookup_pid(struct vnode *root, const char *name, u32 len);
bool taskdir_readdir_pids(struct filesys *fs, struct dir_sink *s, loff_t base);
/** taskvn_make() - vnode for a row; takes a reference on @pid. ERR_PTR(-ENOMEM). */
struct vnode *taskvn_make(struct filesys *fs, const struct taskent *ent, struct pidref *pid, int fd,
			  bool is_thread);
/** taskdir_gone() - pidref_gone_hook: names of directories of @pid and below are dropped. */
void taskdir_gone(struct pidref *pid);
int taskvn_revalidate(struct ncent *nc);
int taskvn_getattr(struct vnode *vn, struct vattr *va);
/**
 * taskvn_refresh() - owner by the process's credentials now. RCU held; false if
 * the process is gone.
 */
bool taskvn_refresh(struct procvn *pv);
u64 taskvn_ino(const struct pidref *pid, bool is_thread, u64 what);
/** proc_parse_nr() - decimal number without leading zeroes; -1 if it is none. */
s64 proc_parse_nr(const char *name, u32 len);
extern const struct vnode_ops taskfile_vnops, tasklink_vnops;

/* ---- taskfd.c ---- */
extern const struct vnode_ops fddir_vnops, fdinfodir_vnops;
extern const struct ofile_ops fddir_fops, fdinfodir_fops;

/* ---- rows of the task tables ---- */
int task_print_stat(struct seqbuf *sb, struct task_ref *task);
int task_print_status(struct seqbuf *sb, struct task_ref *task);
int task_print_statm(struct seqbuf *sb, struct task_ref *task);
int task_print_maps(struct seqbuf *sb, struct task_ref *task);
int task_print_smaps(struct seqbuf *sb, struct task_ref *task);
int task_print_smaps_rollup(struct seqbuf *sb, struct task_ref *task);
int task_print_cmdline(struct seqbuf *sb, struct task_ref *task);
int task_print_environ(struct seqbuf *sb, struct task_ref *task);
int task_print_auxv(struct seqbuf *sb, struct task_ref *task);
int task_print_comm(struct seqbuf *sb, struct task_ref *task);
ssize_t task_write_comm(struct task_ref *task, const char *text, size_t n);
int task_print_limits(struct seqbuf *sb, struct task_ref *task);
int task_print_io(struct seqbuf *sb, struct task_ref *task);
int task_print_oom_score(struct seqbuf *sb, struct task_ref *task);
int task_print_oom_score_adj(struct seqbuf *sb, struct task_ref *task);
ssize_t task_write_oom_score_adj(struct task_ref *task, const char *text, size_t n);
int task_print_oom_adj(struct seqbuf *sb, struct task_ref *task);
ssize_t task_write_oom_adj(struct task_ref *task, const char *text, size_t n);
int task_print_personality(struct seqbuf *sb, struct task_ref *task);
int task_print_children(struct seqbuf *sb, struct task_ref *task);
int task_print_schedstat(struct seqbuf *sb, struct task_ref *task);
int task_print_timerslack(struct seqbuf *sb, struct task_ref *task);
ssize_t task_write_timerslack(struct task_ref *task, const char *text, size_t n);
int task_print_cgroup(struct seqbuf *sb, struct task_ref *task);
/* ---- task_ns.c ---- */
#define NS_ROWS	10
int task_print_timens_offsets(struct seqbuf *sb, struct task_ref *task);
ssize_t task_write_timens_offsets(struct task_ref *task, const char *text, size_t n);
extern const struct taskent ns_rows[NS_ROWS];
int task_print_uid_map(struct seqbuf *sb, struct task_ref *task);
int task_print_gid_map(struct seqbuf *sb, struct task_ref *task);
int task_print_projid_map(struct seqbuf *sb, struct task_ref *task);
ssize_t task_write_uid_map(struct task_ref *task, const char *text, size_t n);
ssize_t task_write_gid_map(struct task_ref *task, const char *text, size_t n);
ssize_t task_write_projid_map(struct task_ref *task, const char *text, size_t n);
int task_print_setgroups(struct seqbuf *sb, struct task_ref *task);
ssize_t task_write_setgroups(struct task_ref *task, const char *text, size_t n);

int task_follow_exe(struct task_ref *task, struct fspath *out);
int task_follow_cwd(struct task_ref *task, struct fspath *out);
int task_follow_root(struct task_ref *task, struct fspath *out);
extern const struct ofile_ops taskmem_fops, taskpagemap_fops;
int task_print_wchan(struct seqbuf *sb, struct task_ref *task);
int task_print_stack(struct seqbuf *sb, struct task_ref *task);
int task_print_syscall(struct seqbuf *sb, struct task_ref *task);
int task_print_sched(struct seqbuf *sb, struct task_ref *task);
int task_print_numa_maps(struct seqbuf *sb, struct task_ref *task);
/** task_print_none() - files that can only be written. */
int task_print_none(struct seqbuf *sb, struct task_ref *task);
ssize_t task_write_clear_refs(struct task_ref *task, const char *text, size_t n);

/* ---- mapfiles.c ---- */
extern const struct vnode_ops mapfiles_vnops;
extern const struct ofile_ops mapfiles_fops;

/* ---- options of a mount: super.c ---- */
enum { HIDEPID_OFF, HIDEPID_NOACCESS, HIDEPID_INVISIBLE, HIDEPID_PTRACEABLE = 4 };
struct procopts {
	u32 hidepid;
	gid_t gid;
	bool only_pids;
	struct pidns *ns;	/* I with a reference: whose numbers it shows */
};
static inline struct procopts *procopts_of(const struct filesys *fs) { return fs->priv; }
static inline struct pidns *procpids_of(const struct filesys *fs) { return procopts_of(fs)->ns; }
/** procopts_hides() - must @p's directory be kept from thread_self at level @level. */
bool procopts_hides(const struct filesys *fs, struct process *p, u32 level);
