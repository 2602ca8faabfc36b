/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespaces. Each is an object that begins with a struct nsbase: identity
 * (inode number, as stat of /proc/PID/ns/KIND shows it), owner, references.
 * A thread's set of them is struct namespaces (t_ns, NULL: the first ones),
 * its user namespace hangs off the credentials, its pid namespace off its pid.
 * Owner kernel/ns.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/spin.h>
#include <tern/base/types.h>

struct credset;
struct fsctx;
struct mountns;
struct ofile;
struct pidns;
struct sysvns;
struct thread;
struct timens;
struct userns;

enum ns_kind { NSKIND_MNT, NSKIND_UTS, NSKIND_IPC, NSKIND_PID, NSKIND_NET, NSKIND_USER,
	       NSKIND_CGROUP, NSKIND_TIME, NSKIND_COUNT };

struct nsbase {
	refcount refs;
	u32 inum;			/* I */
	enum ns_kind kind;		/* I */
	struct userns *owner;		/* I with a reference; a user namespace's: its parent */
	void (*destroy)(struct nsbase *b);	/* I after the last reference; frees the whole */
};

/* Inode numbers of the first namespaces: programs know them. */
#define NSINUM_TIME	0xeffffffau
#define NSINUM_CGROUP	0xeffffffbu
#define NSINUM_PID	0xeffffffcu
#define NSINUM_USER	0xeffffffdu
#define NSINUM_UTS	0xeffffffeu
#define NSINUM_IPC	0xefffffffu
#define NSINUM_NET	0xf0000000u
#define NSINUM_MNT	0xf0000001u
#define NSINUM_DYNAMIC	0xf0000002u

#define NSBASE_INIT(k, nr)	{ .refs = { ATOMIC_INIT(1) }, .inum = (nr), .kind = (k), \
				  .owner = &userns_initial }

/** nsbase_init() - a new namespace, one reference; takes one on @owner. */
void nsbase_init(struct nsbase *b, enum ns_kind kind, struct userns *owner,
		 void (*destroy)(struct nsbase *b));
static inline struct nsbase *nsbase_get(struct nsbase *b)
{
	ref_get(&b->refs);
	return b;
}
/** nsbase_put() - the last reference destroys. NULL is fine. Sleeps. */
void nsbase_put(struct nsbase *b);
/** nskind_name() - "uts"; nskind_flag() - CLONE_NEWUTS. */
const char *nskind_name(enum ns_kind kind);
u64 nskind_flag(enum ns_kind kind);

#define UTS_LEN 65
struct utsname_ {
	char sysname[UTS_LEN], nodename[UTS_LEN], release[UTS_LEN], version[UTS_LEN],
	     machine[UTS_LEN], domainname[UTS_LEN];
};

struct utsns {
	struct nsbase base;
	struct spin lock;	/* protects name */
	struct utsname_ name;
};

/* System V IPC and message queues hang their tables here. */
struct ipcns {
	struct nsbase base;
	struct sysvns *sysv;	/* I kernel/ipc/sysv's; NULL: the first one's */
	void *mqueues;		/* A struct mountpt of fs/mqueue: its file system, made on first use */
};

/* Immutable once in force. Members have references. */
struct namespaces {
	refcount refs;
	struct utsns *uts;
	struct ipcns *ipc;
	struct nsbase *mnt;		/* struct mountns; NULL: mountns_initial */
	struct pidns *pid_children;	/* where its next child is made */
	struct nsbase *net;		/* struct netns */
	struct nsbase *cgroup;		/* struct cgroupns */
	struct timens *time, *time_children;	/* its own; where its next child lives */
};

extern struct namespaces nsset_init_set;
static inline struct namespaces *nsset_get(struct namespaces *s)
{
	ref_get(&s->refs);
	return s;
}
void nsset_put(struct namespaces *s);
/** nsset_self() - thread_self's; borrowed, valid while it runs and does not change it. */
struct namespaces *nsset_self(void);
/** nsset_of() - set of any thread with a reference; NULL if it has ended. */
struct namespaces *nsset_of(struct thread *t);
/**
 * nsset_clone() - for CLONE_NEW* in @flags (user apart): new members are owned
 * by @user, in which thread_self needs CAP_SYS_ADMIN
 * @fs: moved into the copy of the mounts with CLONE_NEWNS
 * Return: a set of its own, or ERR_PTR(-EPERM, -ENOMEM, -EINVAL, -ENOSPC).
 */
struct namespaces *nsset_clone(struct namespaces *old, u64 flags, struct userns *user,
			       struct fsctx *fs);
/** nsset_dup() - an equal set to change before it is in force; NULL if no memory. */
struct namespaces *nsset_dup(struct namespaces *old);
/** nsset_switch() - thread_self uses @s (reference consumed; NULL: ends) from now on. */
void nsset_switch(struct namespaces *s);
/**
 * thread_nsbase() - namespace of a kind that @t is in; @for_children: that of
 * its next child (pid, time). With a reference; NULL if it has ended.
 */
struct nsbase *thread_nsbase(struct thread *t, enum ns_kind kind, bool for_children);

/** utsns_read() - names that thread_self sees. */
void utsns_read(struct utsname_ *out);
/** utsns_set() - change host or domain name (sysctl, sethostname); 0, -EPERM, -EINVAL. */
int utsns_set(bool is_domain, const char *name, size_t len);
