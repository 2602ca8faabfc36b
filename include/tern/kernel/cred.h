/* SPDX-License-Identifier: GPL-2.0-only */
/* Identity and privilege. A credset is immutable once published (copy, change,
 * commit). Owner kernel/proc/cred.c.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/rcu.h>
#include <tern/base/types.h>

struct userns;
struct thread;
struct landlayer;

struct grouplist { refcount refs; u32 n; gid_t gid[]; };	/* sorted */

/* Per-user totals for limits; kernel/proc/user.c. */
struct usercount {
	refcount refs;
	uid_t uid;		/* I */
	atomic64 nprocs, sigpending, locked_pages, nfiles_inflight, inotify_watches,
		 inotify_instances, epoll_watches, mq_bytes, nkeys, key_bytes;
};

struct credset {
	refcount refs;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	u64 cap_permitted, cap_effective, cap_inheritable, cap_bounding, cap_ambient;
	u32 securebits;
	bool no_new_privs;
	struct grouplist *groups;
	struct usercount *user;
	struct userns *ns;	/* with a reference */
	struct landlayer *landlock;	/* restrictions on files, with a reference; NULL */
	struct rcu_job rcu;
};

extern struct credset cred_init_set;	/* root with everything */

/** cred_self() - thread_self's; valid while it runs, no reference. */
const struct credset *cred_self(void);
struct credset *cred_get(const struct credset *c);
void cred_put(const struct credset *c);
/**
 * cred_prepare() - a private copy to change; NULL if no memory. Then
 * cred_commit() or cred_put().
 */
struct credset *cred_prepare(void);
/** cred_copy() - the same of any set. */
struct credset *cred_copy(const struct credset *old);
/** cred_commit() - publish for thread_self. */
void cred_commit(struct credset *c);
/**
 * cred_override() / cred_revert() - act as someone else for a while (access(2),
 * kernel on behalf).
 */
const struct credset *cred_override(const struct credset *c);
void cred_revert(const struct credset *old);

/** grouplist_put() - drop a reference; the last frees. */
void grouplist_put(struct grouplist *g);

bool cred_in_group(const struct credset *c, gid_t gid);
/**
 * cap_has() - effective capability CAP_* (uapi/capability.h) of thread_self in
 * the first user namespace; sets TF_SU_PRIV if used.
 */
bool cap_has(int cap);
/** cap_has_in() - the same in @ns: in it or in what is below the caller's own. */
bool cap_has_in(struct userns *ns, int cap);
/** cap_has_self() - in the caller's user namespace. */
bool cap_has_self(int cap);
/** cap_has_over() - in the caller's user namespace, over what belongs to @uid and @gid. */
bool cap_has_over(int cap, uid_t uid, gid_t gid);
bool cap_has_cred(const struct credset *c, struct userns *ns, int cap);

#define CAP_CHOWN 0
#define CAP_DAC_OVERRIDE 1
#define CAP_DAC_READ_SEARCH 2
#define CAP_FOWNER 3
#define CAP_FSETID 4
#define CAP_KILL 5
#define CAP_SETGID 6
#define CAP_SETUID 7
#define CAP_SETPCAP 8
#define CAP_LINUX_IMMUTABLE 9
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_BROADCAST 11
#define CAP_NET_ADMIN 12
#define CAP_NET_RAW 13
#define CAP_IPC_LOCK 14
#define CAP_IPC_OWNER 15
#define CAP_SYS_MODULE 16
#define CAP_SYS_RAWIO 17
#define CAP_SYS_CHROOT 18
#define CAP_SYS_PTRACE 19
#define CAP_SYS_PACCT 20
#define CAP_SYS_ADMIN 21
#define CAP_SYS_BOOT 22
#define CAP_SYS_NICE 23
#define CAP_SYS_RESOURCE 24
#define CAP_SYS_TIME 25
#define CAP_SYS_TTY_CONFIG 26
#define CAP_MKNOD 27
#define CAP_LEASE 28
#define CAP_AUDIT_WRITE 29
#define CAP_AUDIT_CONTROL 30
#define CAP_SETFCAP 31
#define CAP_MAC_OVERRIDE 32
#define CAP_MAC_ADMIN 33
#define CAP_SYSLOG 34
#define CAP_WAKE_ALARM 35
#define CAP_BLOCK_SUSPEND 36
#define CAP_AUDIT_READ 37
#define CAP_PERFMON 38
#define CAP_BPF 39
#define CAP_CHECKPOINT_RESTORE 40
#define CAP_LAST 40
