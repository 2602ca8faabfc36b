/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control groups, version 2: a tree of groups; a process is in one, with all
 * its threads. The root is not accounted: p_cgroup NULL. Owner kernel/cgroup;
 * the files that user space sees are fs/cgroup's.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/base/waitq.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/ns.h>
#include <tern/lib/list.h>

struct cpugroup;
struct iogroup;
struct memgroup;
struct process;
struct seqbuf;
struct thread;

#define CGCTL_CPUSET	0x1u
#define CGCTL_CPU	0x2u
#define CGCTL_MEMORY	0x4u
#define CGCTL_PIDS	0x8u
#define CGCTL_IO	0x10u
#define CGCTL_ALL	(CGCTL_CPUSET | CGCTL_CPU | CGCTL_IO | CGCTL_MEMORY | CGCTL_PIDS)
#define CGCTL_DOMAIN	(CGCTL_MEMORY | CGCTL_IO)	/* count processes, not threads */
#define CG_NOLIMIT	S64_MAX
#define CGFILE_MAX	64u

/* What files of a group tell those who wait: cgroup.events, memory.events, pids.events. */
enum cgevent { CGEVENT_STATE, CGEVENT_MEMORY, CGEVENT_PIDS, CGEVENTS };

struct cgattr { uid_t uid; gid_t gid; mode_t mode; };

/* Legend: I immutable, C cgroup_lock, P process_tree_lock, A atomic, R RCU. */
struct cgnode {
	refcount refs;
	struct cgnode *parent;		/* I with a reference; NULL: the root */
	char *name;			/* I */
	u64 id;				/* I inode number */
	u32 level;			/* I */
	struct list children, sibling;	/* C */
	bool is_dead;			/* C removed */
	u32 subtree;			/* C CGCTL_* that its children have */
	u32 ndescendants, ndying;	/* C */
	u32 max_depth, max_descendants;	/* C U32_MAX: no limit */
	u32 nprocs;			/* P living processes in it */
	u32 npopulated;			/* P itself if it has processes, and populated children */
	u32 nthreads, nfrozen;		/* P in it and below; threads that run, that are frozen */
	bool freezes;			/* C */
	bool is_freezing;		/* P R it or a group above freezes */
	bool was_frozen;		/* P last told */
	u64 events[CGEVENTS];		/* A changes */
	struct waitq poll_wait;
	struct list watchable;		/* of fs/cgroup: vnodes of files that tell events */
	u32 untold;			/* A bits of events that watchers are to hear of */
	struct workitem tell_work;	/* has a reference while it is queued */
	atomic64 npids, npids_peak;	/* A threads and zombies, in it and below; the most so far */
	s64 pids_max;			/* A */
	atomic64 pids_hits;		/* A */
	struct cpugroup *cpu;		/* I */
	struct memgroup *mem;		/* I */
	struct iogroup *io;		/* I */
	struct list devprogs;		/* R C programs that judge devices */
	u32 devflags;			/* C BPF_F_ALLOW_* of them */
	u64 *cpus_wanted;		/* C bitmap or NULL: as the parent */
	bool wants_mem;			/* C cpuset.mems names the one node of memory that there is */
	struct cgattr attr[CGFILE_MAX];	/* C [0] the directory, then its files */
	struct rcu_job rcu;
};

extern struct cgnode cgroup_root;
extern struct kmutex cgroup_lock;

static inline struct cgnode *cgnode_get(struct cgnode *c)
{
	ref_get(&c->refs);
	return c;
}
void cgnode_put(struct cgnode *c);
/** cgnode_controllers() - CGCTL_* that are enabled for @c. C or a hint. */
static inline u32 cgnode_controllers(const struct cgnode *c)
{
	return c->parent ? READ_ONCE(c->parent->subtree) : CGCTL_ALL;
}
/** cgnode_create() - child @name; C. Borrowed; ERR_PTR(-EAGAIN: limits, -ENOMEM, -EEXIST). */
struct cgnode *cgnode_create(struct cgnode *parent, const char *name, u32 len);
/** cgnode_destroy() - C. 0, -EBUSY. */
int cgnode_destroy(struct cgnode *c);
/** cgnode_child() - by name; C. Borrowed or NULL. */
struct cgnode *cgnode_child(struct cgnode *dir, const char *name, u32 len);
/** cgnode_set_subtree() - enable and disable controllers for the children; C. */
int cgnode_set_subtree(struct cgnode *c, u32 enable, u32 disable);
/** cgnode_is_within() - @c is @top or below it. */
bool cgnode_is_within(const struct cgnode *c, const struct cgnode *top);
/** cgnode_common() - nearest group that holds both. */
struct cgnode *cgnode_common(struct cgnode *a, struct cgnode *b);
/** cgnode_print_path() - as somebody whose root is @root sees it: "/a/b", "/../c". */
void cgnode_print_path(struct seqbuf *sb, const struct cgnode *c, const struct cgnode *root);

/** cgroup_of() - group of a process with a reference. */
struct cgnode *cgroup_of(struct process *p);
/** cgroup_attach() - move @p to @dst; C. 0, -ESRCH, -EBUSY, -EINVAL. Sleeps. */
int cgroup_attach(struct process *p, struct cgnode *dst);
/** cgroup_holds_processes() - processes may be put into @c: it has no domain controllers below. */
bool cgroup_holds_processes(const struct cgnode *c);
/** cgroup_kill() - SIGKILL to all in @c and below. */
void cgroup_kill(struct cgnode *c);
/** cgroup_freeze() - stop or thaw; C. */
void cgroup_freeze(struct cgnode *c, bool on);
/** cgroup_is_frozen() - all that runs in it and below is stopped. */
bool cgroup_is_frozen(const struct cgnode *c);
/** cgroup_freeze_point() - thread_self waits here while its group is frozen. No locks held. */
void cgroup_freeze_point(void);

/* Hooks of fork and exit; process_tree_lock held. */
/** cgroup_fork_locked() - @t becomes visible, in @into or (NULL) its parent's group; 0, -EAGAIN. */
int cgroup_fork_locked(struct thread *t, struct process *from, struct cgnode *into);
/** cgroup_thread_end_locked() - @t runs no more. */
void cgroup_thread_end_locked(struct thread *t);
/** cgroup_thread_gone_locked() - its number is given back. */
void cgroup_thread_gone_locked(struct thread *t);
/** cgroup_process_end_locked() - the last thread of @p ended. */
void cgroup_process_end_locked(struct process *p);
/** cgroup_process_free() - drop @p's reference. */
void cgroup_process_free(struct process *p);

/** cgroupns_root() - the group that is "/" in a cgroup namespace. */
struct cgnode *cgroupns_root(struct nsbase *b);
/** cgnode_event() - something happened; who polls or watches learns of it. Context: any. */
void cgnode_event(struct cgnode *c, enum cgevent ev);
/** cgfile_tell() - watchers (inotify) of the files with these events (bits); fs/cgroup. Sleeps. */
void cgfile_tell(struct cgnode *c, u32 events);
/** cgfile_node() - group whose directory @f is (borrowed), NULL if it is something else; fs/cgroup. */
struct ofile;
struct cgnode *cgfile_node(struct ofile *f);
/** cgroup_may_attach() - thread_self may move things from @src to @dst. 0, -EACCES; fs/cgroup. */
int cgroup_may_attach(struct cgnode *src, struct cgnode *dst);
