/* SPDX-License-Identifier: GPL-2.0-only */
/* Namespaces of a process: host names and mounts so far. Owner kernel/proc/ns.c. */
#pragma once

#include <asm/atomic.h>
#include <tern/base/spin.h>

struct mountns;
struct process;

#define UTS_LEN 65
struct utsname_ {
	char sysname[UTS_LEN], nodename[UTS_LEN], release[UTS_LEN], version[UTS_LEN],
	     machine[UTS_LEN], domainname[UTS_LEN];
};

struct utsns {
	refcount refs;
	struct spin lock;	/* protects name */
	struct utsname_ name;
};

/* A mount namespace as sets share it: fs/ counts one owner. */
struct nsmounts { refcount refs; struct mountns *ns; };

/* What p_namespaces points to; immutable once in force. */
struct namespaces {
	refcount refs;
	struct utsns *uts;		/* with a reference */
	struct nsmounts *mounts;	/* with a reference; NULL: mountns_initial */
};

struct namespaces *nsset_get(struct namespaces *s);
void nsset_put(struct namespaces *s);
/** nsset_mounts() - mount namespace of a set; borrowed. */
struct mountns *nsset_mounts(struct namespaces *s);
/** process_nsset() - set of any process with a reference; NULL if it has ended. */
struct namespaces *process_nsset(struct process *p);
/** utsns_read() - names that thread_self sees. */
void utsns_read(struct utsname_ *out);
/** utsns_set() - change host or domain name (sysctl, sethostname); 0, -EPERM, -EINVAL. */
int utsns_set(bool is_domain, const char *name, size_t len);
