/* SPDX-License-Identifier: GPL-2.0-only */
/* File systems of programs, private. Legend: I immutable, A atomic, C fuselink.lock, V vn_spin. */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/waitq.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/userns.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/fuse.h>

#define FUSE_PAGES	32u		/* of data in one call */
#define FUSE_BLOB_MAX	(FUSE_MIN_READ_BUFFER - sizeof(struct fuse_in_header))

struct fusecall;

/* A number of references that the daemon can forget; queued for it. */
struct fuseforget { struct list link; u64 nodeid, nlookup; };

/* The connection between a mount and its daemon. */
struct fuselink {
	refcount refs;			/* mount, each open /dev/fuse, calls, control files */
	struct spin lock;		/* protects C members and calls' states; LOCKRANK_FS_SPIN */
	struct waitq readers;		/* daemon's threads, in read(2) or poll(2) */
	struct waitq started;		/* who waits for the answer to INIT */
	struct list pending, sent;	/* C calls that the daemon has not, has read */
	struct list interrupts;		/* C sent calls whose caller had a signal, by c->interrupt */
	struct list forgets;		/* C struct fuseforget */
	struct list polled;		/* C struct fuseopen that the daemon tells events of */
	u64 last_unique, last_kh;	/* C */
	u64 attr_version;		/* A moves with each change that we made to a file */
	u32 nwaiting;			/* C calls without an answer */
	u32 nchannels;			/* C descriptors that serve it */
	bool is_up;			/* C from mount to unmount, abort or the daemon's end */
	bool is_aborted;		/* C by fusectl */
	bool is_started;		/* C INIT is answered, well or not */
	int start_error;		/* C */
	u32 minor, max_write, max_ahead, flags;		/* I since start */
	u64 absent;			/* A bit per opcode that the daemon does not know */
	uid_t user;			/* I who mounted, kernel's numbering */
	gid_t group;			/* I */
	u32 max_read;			/* I */
	bool all_may, checks_modes;	/* I allow_other, default_permissions */
	u32 rootmode;			/* I */
	u32 number;			/* I minor of the mount's device number: its folder in fusectl */
	u16 max_background, congestion;	/* C as fusectl shows them */
	struct pidns *pids;		/* I with a reference: whose numbers the daemon is told */
	struct userns *ids;		/* I likewise of users */
	struct filesys *fs;		/* C the mount, without a reference; NULL: gone */
	struct rcu_job rcu;		/* walks look whether it is up */
	struct list link;		/* fuse_links_lock */
};

/* One open descriptor of /dev/fuse. */
struct fusechan { struct fuselink *fl; };	/* A set once by mount or clone */

enum fusecall_state { FUSECALL_NEW, FUSECALL_PENDING, FUSECALL_SENT, FUSECALL_ANSWERING, FUSECALL_DONE };

/* One request and its answer. Data pages are the call's own: an answer may come when nobody waits for it. */
struct fusecall {
	refcount refs;
	struct fuselink *fl;		/* I with a reference */
	struct list link;		/* C pending or sent */
	struct list interrupt;		/* C */
	enum fusecall_state state;	/* C */
	bool is_left;			/* C the caller went: a signal ended it */
	bool is_interrupted;		/* C before the daemon had it: it is told when it has */
	u32 uid, gid, pid;		/* I who asks */
	u32 op;				/* I */
	u64 unique;			/* C */
	u64 nodeid;			/* I */
	u32 in_len, out_room;		/* I */
	u8 *in, *out;			/* behind the structure */
	bool out_varies;		/* I up to out_room bytes are an answer, else just as many */
	u32 out_len;			/* of the answer, pages included */
	struct page **pages;		/* I */
	u32 npages, in_data, out_data;	/* I bytes of them that go with the request or may come with the answer */
	int error;			/* C */
	struct waitq wait;
	void (*done)(struct fusecall *c);	/* I nobody waits: called at the end; sleeps */
	void *priv;
	struct page *of_page;		/* the cache's page whose contents it carries, referenced */
	struct fusecall *next;		/* V with newer contents of it: sent when this one is done */
	struct page *page_store[4];
};

/* A file that the daemon has open for us. */
struct fuseopen {
	refcount refs;
	struct fusenode *v;		/* I; lives as long: release is told after the file's last close */
	struct list link;		/* V v->opens */
	u64 fh;				/* I */
	u32 flags;			/* I FOPEN_* */
	u32 how;			/* I O_* */
	bool is_dir;			/* I */
	bool is_told;			/* I the daemon knows it and is told of the end */
	struct waitq poll;
	u64 kh;				/* C its number in POLL; 0: none yet */
	struct list polled;		/* C fl->polled */
};

struct fusenode {
	struct vnode vn;		/* first; vn_ino is the node's id */
	u64 ino;			/* V what stat shows */
	u64 nlookup;			/* V */
	nsec_t entry_until, attr_until;	/* V what was told is good so long */
	struct list opens;		/* V struct fuseopen */
	struct fuseopen *fresh;		/* V open since its creation; the first open(2) takes it */
	u64 attr_version;		/* V of our last change: answers to what was asked before are old */
	u32 nwrites;			/* V pages on their way from mappings */
	u32 nsent;			/* V how many went on their way ever */
	struct waitq writes;
	char *link;
};

static inline struct fusenode *fuse_of(struct vnode *vn) { return (struct fusenode *)vn; }
static inline struct fuselink *fuse_link_of(const struct vnode *vn) { return vn->vn_fs->priv; }

/* ---- link.c: connections and calls ---- */
struct fuselink *fuse_link_make(void);
void fuse_link_put(struct fuselink *fl);
static inline void fuse_link_get(struct fuselink *fl) { ref_get(&fl->refs); }
/** fuse_link_down() - nothing is asked any more, what is asked fails. @is_abort: as fusectl's "abort". */
void fuse_link_down(struct fuselink *fl, bool is_abort);
/** fuse_link_started() - INIT is answered (0) or cannot be. */
void fuse_link_started(struct fuselink *fl, int err);
/** fuse_lacks() - the daemon answered ENOSYS to @op before; fuse_note_lack(): now. */
bool fuse_lacks(struct fuselink *fl, u32 op);
void fuse_note_lack(struct fuselink *fl, u32 op);
/**
 * fuse_call_make() - a call with room for @in_len bytes of request and @out_room of answer
 * Return: NULL if no memory.
 */
struct fusecall *fuse_call_make(struct fuselink *fl, u32 op, u64 nodeid, size_t in_len, size_t out_room);
/** fuse_call_pages() - room for @bytes of data; 0 or -ENOMEM. */
int fuse_call_pages(struct fusecall *c, size_t bytes);
void fuse_call_put(struct fusecall *c);
/**
 * fuse_call_run() - ask and wait for the answer
 * A signal is told to the daemon; a deadly one ends the wait.
 * Return: 0 or what the daemon answered, -ENOTCONN, -ECONNABORTED, -EINTR, -EIO. Sleeps.
 */
int fuse_call_run(struct fusecall *c);
/** fuse_call_start() - ask and go on; c->done is called at the end, with this reference. */
void fuse_call_start(struct fusecall *c);
/** fuse_call_end() - it has its answer. Reference of the list is the caller's. */
void fuse_call_end(struct fusecall *c, int err);
/** fuse_ask() - a call of one structure and one name (NULL: none), answered by @out_len bytes. */
int fuse_ask(struct fuselink *fl, u32 op, u64 nodeid, const void *in, size_t in_len, const char *name, u32 name_len,
	     void *out, size_t out_len);
/**
 * fuse_undo() - nobody wants the answer of @c: what the daemon opened for it is released
 * @is_known: its node stays in use; otherwise what was looked up is forgotten, after the release.
 */
void fuse_undo(struct fusecall *c, bool is_known);
/** fuse_forget() - the daemon may forget @n references to a node. */
void fuse_forget(struct fuselink *fl, u64 nodeid, u64 n);
/** fuse_links_each() - @fn on each mounted connection until it returns false; a spin lock is held. */
void fuse_links_each(bool (*fn)(struct fuselink *fl, void *arg), void *arg);
void fuse_links_add(struct fuselink *fl);

/* ---- chan.c: /dev/fuse ---- */
/** fuse_chan_bind() - @f is a fresh /dev/fuse: it is @fl's daemon from now on. 0, -EINVAL. */
int fuse_chan_bind(struct ofile *f, struct fuselink *fl);

/* ---- notify.c ---- */
/** fuse_notify() - what the daemon says unasked; the rest of the message is in @u. */
int fuse_notify(struct fuselink *fl, u32 code, struct uio *u);

/* ---- node.c: files, attributes ---- */
/** fuse_cache_init() - Boot. 0 or -ENOMEM. */
int fuse_cache_init(void);
/**
 * fuse_node_get() - the file of an answer, which counts as one lookup of it
 * @version: of attributes when it was asked for
 * Return: referenced; ERR_PTR(-EIO, -ENOMEM), and the lookup is the caller's to undo.
 */
struct vnode *fuse_node_get(struct filesys *fs, const struct fuse_entry_out *e, u64 version);
struct vnode *fuse_root_make(struct filesys *fs, u32 mode);
/** fuse_attr_version() - what an answer's attributes are as old as, taken before it is asked for. */
static inline u64 fuse_attr_version(const struct fuselink *fl) { return READ_ONCE(fl->attr_version); }
/** fuse_attr_changed() - we changed the file: answers to earlier questions are old. vn_spin held. */
void fuse_attr_changed(struct vnode *vn);
/** fuse_refresh() - attributes from the daemon, if what is known is too old or @must. */
int fuse_refresh(struct vnode *vn, bool must);
static inline void fuse_attr_stale(struct vnode *vn) { WRITE_ONCE(fuse_of(vn)->attr_until, 0); }
int fuse_getattr(struct vnode *vn, struct vattr *va);
int fuse_setattr(struct vnode *vn, const struct vattr *va);
int fuse_permission(struct vnode *vn, u32 mask);
/** fuse_may() - thread_self may use the mount at all. */
bool fuse_may(const struct fuselink *fl);
void fuse_node_evict(struct vnode *vn);

/* ---- name.c, xattr.c ---- */
extern const struct vnode_ops fuse_vnode_ops;
ssize_t fuse_xattr_get(struct vnode *vn, const char *name, void *buf, size_t size);
int fuse_xattr_set(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags);
ssize_t fuse_xattr_list(struct vnode *vn, char *buf, size_t size);
int fuse_xattr_remove(struct vnode *vn, const char *name);

/* ---- open.c ---- */
/** fuse_open_alloc() - room for one, before the daemon is asked; freed by kmem_free(). NULL. */
struct fuseopen *fuse_open_alloc(void);
/** fuse_open_start() - @o is what the daemon has opened as @out; held. */
void fuse_open_start(struct fuseopen *o, struct fusenode *v, const struct fuse_open_out *out, u32 how, bool is_told);
void fuse_open_put(struct fuseopen *o);
/** fuse_open_forget() - of a file that is being evicted: the daemon may forget it @n times after the release. */
void fuse_open_forget(struct fuseopen *o, u64 n);
/** fuse_open_of() - one that can read (or write) the file, held; NULL. */
struct fuseopen *fuse_open_of(struct fusenode *v, bool for_write);
int fuse_fop_open(struct ofile *f, struct vnode *vn);
void fuse_fop_release(struct ofile *f);
int fuse_fop_flush(struct ofile *f);
int fuse_fop_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync);
u32 fuse_fop_poll(struct ofile *f, struct poll_table *pt);
long fuse_fop_ioctl(struct ofile *f, u32 cmd, uptr arg);

/* ---- data.c, dir.c ---- */
extern const struct pagecache_ops fuse_pagecache_ops;
extern const struct ofile_ops fuse_file_fops, fuse_dir_fops;
/** fuse_writes_wait() - pages of mappings that are on their way have arrived. */
void fuse_writes_wait(struct fusenode *v);
