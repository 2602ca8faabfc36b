/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System V IPC: what segments, semaphore sets and message queues have in common.
 *
 * An object has a number (IPC_PRIVATE or key lookups give it) in one table per
 * kind; the number is index + 32768 * sequence, so that a stale one is noticed.
 * Life: the table holds one reference until IPC_RMID takes the object out and
 * marks it removed; users hold others. Sleepers see the mark and end with EIDRM.
 *
 * Lock order: table lock > object lock; both are spin locks, under which nothing
 * is allocated with reclaim and no user memory is touched.
 */
#pragma once

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/process.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/sysvipc.h>
#include <tern/lib/idmap.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/ipc.h>

#define IPC_INDEX_BITS	15
#define IPC_INDEX_MAX	((1u << IPC_INDEX_BITS) - 1)
#define IPC_KEY_BUCKETS	256

struct ipcobj {
	refcount refs;
	struct spin lock;	/* protects the object; LOCKRANK_IPC */
	bool is_removed;	/* lock */
	s32 key, id;		/* key: both locks to change, which hides the object; id I */
	uid_t uid, cuid;	/* lock; creator's I */
	gid_t gid, cgid;
	u32 mode;		/* lock */
	u16 seq;		/* I */
	struct hnode key_node;	/* table lock */
	struct sysvns *ns;	/* I with a reference: whose tables it is in */
	struct rcu_job rcu;
};

struct ipctable {
	struct spin lock;	/* protects ids, keys, count; LOCKRANK_IPC_TABLE */
	struct idmap ids;
	struct hlist keys[IPC_KEY_BUCKETS];
	u32 count, next_index, seq;
	void (*free)(struct ipcobj *o);	/* last reference; sleeps */
};
#define IPCTABLE_INIT(f)	{ .lock = SPIN_INIT(LOCKRANK_IPC_TABLE), .ids = IDMAP_INIT, .free = (f) }

/*
 * The objects of one IPC namespace. They keep it; when the namespace ends they
 * leave its tables, and segments that are still attached live on.
 */
struct sysvns {
	refcount refs;
	struct ipctable shm, sem, msg;
	atomic64 shm_pages;		/* of all segments */
	atomic64 sem_count;		/* semaphores of all sets */
	atomic64 msg_bytes, msg_count;	/* in all queues */
};
extern struct sysvns sysvns_initial;
/** sysv_self() - of thread_self's IPC namespace; borrowed. */
struct sysvns *sysv_self(void);
void sysvns_put(struct sysvns *ns);
void shm_free(struct ipcobj *o);
void sem_free(struct ipcobj *o);
void msg_free(struct ipcobj *o);
#define shm_table	(sysv_self()->shm)
#define sem_table	(sysv_self()->sem)
#define msg_table	(sysv_self()->msg)

/* What *get(2) of a kind does; @arg is its request. */
struct ipcget {
	struct ipcobj *(*make)(void *arg);			/* new, not in a table; ERR_PTR */
	int (*check)(const struct ipcobj *o, void *arg);	/* does an existing one fit; table lock held */
	void *arg;
};

/** ipcobj_init() - owner and mode from thread_self and @flags; one reference. */
void ipcobj_init(struct ipcobj *o, s32 key, int flags);
/** ipc_getid() - shmget, semget, msgget: number or -errno. @limit: objects at most. */
long ipc_getid(struct ipctable *t, s32 key, int flags, u32 limit, const struct ipcget *g);
/** ipc_find() - by number, with a reference; ERR_PTR(-EINVAL). */
struct ipcobj *ipc_find(struct ipctable *t, s32 id);
/** ipc_find_index() - the first at or after *@index (moved there), with a reference; NULL. For *_STAT. */
struct ipcobj *ipc_find_index(struct ipctable *t, u32 *index);
void ipc_put(struct ipctable *t, struct ipcobj *o);
/** ipc_lock() - lock it if it still is: 0 or -EIDRM. */
int ipc_lock(struct ipcobj *o);
static inline void ipc_unlock(struct ipcobj *o) { spin_unlock(&o->lock); }
/** ipc_check() - may thread_self do what the mode bits in @want (rwx, any class) ask: 0 or -EACCES. */
int ipc_check(const struct ipcobj *o, u32 want);
/** ipc_may_change() - owner, creator or CAP_SYS_ADMIN: 0 or -EPERM. */
int ipc_may_change(const struct ipcobj *o);
/** ipc_remove() - out of the table and marked; the caller wakes sleepers. Drops the table's reference. */
void ipc_remove(struct ipctable *t, struct ipcobj *o);
/** ipc_hide() - from now on no key finds it; its number stays (a segment that waits for its last detach). */
void ipc_hide(struct ipctable *t, struct ipcobj *o);
/** ipc_change_target() - object of IPC_SET and IPC_RMID, locked and allowed; ERR_PTR. */
struct ipcobj *ipc_change_target(struct ipctable *t, s32 id);
/** ipc_perm_out() / ipc_perm_in() - IPC_STAT; IPC_SET: owner and mode. Object locked. */
void ipc_perm_out(const struct ipcobj *o, struct ipc64_perm_ *out);
int ipc_perm_in(struct ipcobj *o, const struct ipc64_perm_ *in);
/** ipc_stat_target() - object of IPC_STAT (number) or *_STAT (index), locked and allowed; ERR_PTR. */
struct ipcobj *ipc_stat_target(struct ipctable *t, s32 id, bool by_index, bool check);
static inline s64 ipc_now(void) { return clock_realtime_ns() / (s64)NSEC_PER_SEC; }
static inline s32 ipc_self_pid(void) { return pidref_nr(process_self()->p_pid); }
/** ipc_max_index() - highest index in use; for *_INFO. */
s32 ipc_max_index(struct ipctable *t);
