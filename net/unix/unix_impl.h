/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of AF_UNIX. Theory in usock.c. */
#pragma once

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/fs/path.h>
#include <tern/kernel/growtab.h>
#include <tern/kernel/process.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netsock.h>

struct pidref;
struct scmfds;

#define USADDR_MAX	sizeof(struct sockaddr_un)
#define USADDR_MIN	offsetof(struct sockaddr_un, sun_path)

/* A bound address; immutable, shared by a listener and what it accepted. */
struct usaddr {
	refcount refs;
	u32 len;			/* of name in bytes, family included */
	u32 hash;
	struct sockaddr_un name;
};

/* One who waits until a queue has room again; on its list while link is not empty. */
struct ublocker { struct list link; struct usock *sender; };

enum ustate { USTATE_IDLE, USTATE_LISTEN, USTATE_CONNECTED };
#define USHUT_RECV	1u
#define USHUT_SEND	2u

struct usock {
	struct netsock ns;
	refcount refs;
	struct nsbase *net;		/* I with a reference: abstract names are of a network namespace */
	struct kmutex state_lock;	/* protects binding and connecting; LOCKRANK_SOCK */
	struct kmutex read_lock;	/* one reader takes messages at a time; LOCKRANK_SOCK_READ */
	struct spin lock;		/* protects Q members; LOCKRANK_SOCK_SPIN */
	struct list queue;		/* Q messages; of a listener: connections not accepted */
	u32 qlen;			/* Q */
	u64 qbytes;			/* Q memory of queued messages */
	u64 qdata;			/* Q unread bytes */
	bool want_space;		/* Q somebody waits until qbytes falls */
	u8 shutdown;			/* Q to write: USHUT_* */
	u8 state;			/* Q to write: USTATE_* */
	bool is_dead;			/* Q to write: released */
	struct usock *peer;		/* Q to write, with a reference; fixed once a stream is connected */
	struct usaddr *addr;		/* state_lock to write, once; with a reference */
	struct fspath path;		/* I once bound; nc NULL: not a file */
	struct growlink hash_link;	/* of abstract names */
	u32 backlog;			/* Q */
	u32 max_dgram;			/* I messages that may wait from strangers */
	atomic64 wmem;			/* A memory of messages that it sent and nobody has read (datagrams) */
	struct list blocked;		/* block lock: of ublocker; datagram senders that found this queue full */
	struct ublocker poll_blocker;	/* block lock: it polled while its peer's queue was full */
	struct pidref *peer_pid;	/* Q to write, with a reference; SO_PEERCRED */
	uid_t peer_uid;
	gid_t peer_gid;
	struct grouplist *peer_groups;	/* with a reference */
	struct list all_link;		/* usock_list_lock */
	struct usock *listener;		/* Q of the listener: not accepted yet */
	struct list embryo_link;	/* listener's Q */
	u64 inflight;			/* usock_gc_lock: how many messages carry its file */
	u64 gc_refs;			/* usock_gc_lock */
	u32 gc_state;			/* usock_gc_lock */
	struct list gc_link;		/* usock_gc_lock */
};

struct usmsg {
	struct list link;		/* receiver's Q */
	u32 len, off;			/* bytes of data; read so far */
	u32 truesize;			/* counts against the sender's buffer */
	bool has_creds;
	uid_t uid;
	gid_t gid;
	struct pidref *pid;		/* with a reference if has_creds */
	struct scmfds *fds;		/* or NULL */
	struct usock *from;		/* datagrams: sender with a reference */
	char data[];
};

/* What control data made of a send. */
struct uscm {
	struct scmfds *fds;
	bool has_creds;
	uid_t uid;
	gid_t gid;
	struct pidref *pid;		/* with a reference */
};

static inline struct usock *usock_of(struct netsock *s) { return container_of(s, struct usock, ns); }
static inline void usock_get(struct usock *u) { ref_get(&u->refs); }
static inline bool usock_is_stream(const struct usock *u) { return u->ns.type == SOCK_STREAM; }
static inline bool usock_is_connection(const struct usock *u) { return u->ns.type != SOCK_DGRAM; }

/* ---- usock.c ---- */
extern struct spin usock_list_lock;	/* protects usock_all */
extern struct list usock_all;
extern u64 unix_max_dgram_qlen;
extern const struct netsock_ops ustream_ops, udgram_ops, useqpacket_ops;
struct usock *usock_alloc(u16 type);
void usock_put(struct usock *u);
void usock_release(struct netsock *s);
int usock_shutdown(struct netsock *s, int how);
u32 usock_poll(struct netsock *s, struct ofile *f, struct poll_table *pt);
long usock_ioctl(struct netsock *s, u32 cmd, uptr arg);
int usock_setopt(struct netsock *s, int level, int name, const void *val, u32 len);
int usock_getopt(struct netsock *s, int level, int name, void *val, u32 *len);
/** usock_is_writable() - room for a reasonable message. */
bool usock_is_writable(const struct usock *u);
/** usock_peer_get() - peer with a reference, or NULL. */
struct usock *usock_peer_get(struct usock *u);
/** usock_wake() - those who wait on @u for @key; the caller changed something before. */
static inline void usock_wake(struct usock *u, u64 key)
{
	smp_mb();
	if (!waitq_is_empty(&u->ns.wait))
		waitq_wake(&u->ns.wait, 0, key);
}
static inline nsec_t usock_deadline(nsec_t timeo, u32 flags, nsec_t now)
{
	return timeo ? now + timeo : WAIT_FOREVER;
}
#define UWAKE_READ	(POLLIN | POLLRDNORM)
#define UWAKE_WRITE	(POLLOUT | POLLWRNORM)
#define UWAKE_HANGUP	(POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLERR | POLLOUT | POLLWRNORM)

/* ---- addr.c ---- */
int usock_bind(struct netsock *s, const struct sockaddr_any *a, u32 len);
int usock_getname(struct netsock *s, struct sockaddr_any *a, u32 *len, enum sockend end);
/** usock_autobind() - an abstract name if it has none; state_lock held. */
int usock_autobind(struct usock *u);
/**
 * usock_find() - socket bound to an address, with a reference;
 * ERR_PTR(-ECONNREFUSED, -ENOENT, -EPROTOTYPE, ...).
 */
struct usock *usock_find(const struct sockaddr_any *a, u32 len, u16 type);
void usock_unbind(struct usock *u);
void usaddr_put(struct usaddr *a);

/* ---- connect.c ---- */
int ustream_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block);
int udgram_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block);
int usock_pair(struct netsock *a, struct netsock *b);
int ustream_listen(struct netsock *s, int backlog);
struct netsock *ustream_accept(struct netsock *s, bool may_block);
/** usock_peercred_self() - what SO_PEERCRED of the other end shall say about thread_self. */
void usock_peercred_self(struct usock *u);

/* ---- stream.c, dgram.c ---- */
ssize_t ustream_send(struct netsock *s, struct sockmsg *m);
ssize_t ustream_recv(struct netsock *s, struct sockmsg *m);
ssize_t udgram_send(struct netsock *s, struct sockmsg *m);
ssize_t udgram_recv(struct netsock *s, struct sockmsg *m);
/**
 * udgram_peer_is_full() - connected to a queue full of strangers' messages; its
 * reader will wake @u.
 */
bool udgram_peer_is_full(struct usock *u);
/** udgram_unblock() - @u is closed: nobody waits for it, it waits for nobody. */
void udgram_unblock(struct usock *u);
void usmsg_free(struct usmsg *m);
/** usmsg_purge() - free everything queued at @u. */
void usmsg_purge(struct list *queue);

/* ---- rights.c ---- */
/**
 * uscm_parse() - control data of a send; then uscm_drop(). 0, -EINVAL, -EBADF,
 * -EPERM, -ETOOMANYREFS.
 */
int uscm_parse(struct uscm *scm, const struct sockmsg *m);
void uscm_drop(struct uscm *scm);
/** uscm_attach() - hand @scm's contents over to a message; credentials if either end wants them. */
void uscm_attach(struct uscm *scm, struct usmsg *msg, const struct usock *a, const struct usock *b);
/** usmsg_put_creds() / usmsg_put_fds() - control messages to the receiver. fds are consumed. */
void usmsg_put_creds(const struct usmsg *msg, struct sockmsg *m);
void scmfds_deliver(struct scmfds *fds, struct sockmsg *m);
struct scmfds *scmfds_dup(const struct scmfds *fds);
/** scmfds_free() - close what was never received. */
void scmfds_free(struct scmfds *fds);

/* ---- gc.c ---- */
struct scmfds {
	struct list link;		/* waiting to be closed */
	u32 n;
	bool is_inflight;		/* its sockets are counted */
	const struct credset *cred;	/* sender's, with a reference: whose limit it counts against */
	struct ofile *file[];		/* with references */
};
extern struct spin usock_gc_lock;
/** gc_inflight() - count (+1) or uncount (-1) the unix sockets in @fds. */
void gc_inflight(struct scmfds *fds, s64 by);
/** gc_kick() - a socket was closed: look for rings if any are in flight. */
void gc_kick(void);
/** usock_of_file() - unix socket behind a file, NULL if it is none. */
struct usock *usock_of_file(const struct ofile *f);
