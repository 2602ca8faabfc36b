/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of AF_VSOCK. Theory in vsock.c. */
#pragma once

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/kernel/growtab.h>
#include <tern/kernel/irq.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netsock.h>
#include <tern/net/vsock_drv.h>
#include <uapi/vm_sockets.h>

enum vsock_op { VSOCK_REQUEST = 1, VSOCK_RESPONSE, VSOCK_RST, VSOCK_SHUTDOWN, VSOCK_RW,
		VSOCK_CREDIT_UPDATE, VSOCK_CREDIT_REQUEST };
enum { VSOCK_TYPE_STREAM = 1, VSOCK_TYPE_SEQPACKET };
#define VSOCK_SEQ_EOM		1u	/* flags of data: the last packet of a message */
#define VSOCK_SEQ_EOR		2u
#define VSHUT_RECV		1u	/* ... of a shutdown, and of both ends here */
#define VSHUT_SEND		2u
#define VSHUT_BOTH		3u

/* Numbers as sock_diag shows them. */
enum vsock_state { VSTATE_CONNECTED = 1, VSTATE_CONNECTING = 2, VSTATE_IDLE = 7, VSTATE_LISTEN = 10,
		   VSTATE_CLOSING = 11 };

struct vsaddr { u32 cid, port; };

struct vsock {
	struct netsock ns;
	refcount refs;
	struct kmutex state_lock;	/* protects binding and connecting; LOCKRANK_SOCK */
	struct kmutex read_lock;	/* one reader at a time; LOCKRANK_SOCK_READ */
	struct kmutex send_lock;	/* packets of one message stay together; LOCKRANK_SOCK_READ */
	struct spin lock;		/* protects Q members; LOCKRANK_SOCK_SPIN */
	u8 state;			/* Q to write: VSTATE_* */
	u8 shutdown, peer_shutdown;	/* Q to write: VSHUT_* */
	bool was_shut;			/* Q: shutdown(2) was called: it has no peer's name any more */
	bool is_done;			/* Q: the other end is gone */
	bool is_local;			/* I once connecting: the other end is here */
	bool is_dead;			/* Q: released */
	struct vsaddr local, remote;	/* Q to write; local fixed once in a table */
	struct growlink bound_link, conn_link;	/* of two tables */
	bool is_bound;			/* state_lock */
	/* receiving */
	struct list rxq;		/* Q of vspkt */
	u32 rx_bytes;			/* Q unread */
	u32 messages;			/* Q whole ones in rxq */
	u32 fwd_cnt, told_fwd_cnt;	/* Q bytes read ever; what the peer knows of it */
	u32 buf_alloc;			/* Q */
	/* sending */
	u32 tx_cnt;			/* Q bytes sent ever */
	u32 peer_fwd_cnt, peer_buf_alloc;	/* Q */
	bool has_peer_credit;		/* Q peer_fwd_cnt was told */
	/* a listener's connections that nobody has accepted */
	struct list embryos;		/* Q of embryo_link */
	struct list embryo_link;	/* listener's Q */
	u32 nembryos, backlog;		/* Q */
	u64 buf_size, buf_min, buf_max;	/* A */
	nsec_t connect_timeout;		/* A */
	struct delayed_item timer;	/* a connect that nobody waits for, a close without an answer;
					 * holds a reference while queued */
};

static inline struct vsock *vsock_of(struct netsock *s) { return container_of(s, struct vsock, ns); }
static inline bool vsock_is_seq(const struct vsock *v) { return v->ns.type == SOCK_SEQPACKET; }
static inline u16 vsock_wire_type(const struct vsock *v)
{
	return vsock_is_seq(v) ? VSOCK_TYPE_SEQPACKET : VSOCK_TYPE_STREAM;
}
#define VWAKE_READ	(POLLIN | POLLRDNORM)
#define VWAKE_WRITE	(POLLOUT | POLLWRNORM)
#define VWAKE_HANGUP	(POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLERR | POLLOUT | POLLWRNORM)
/* The caller changed something before. */
static inline void vsock_wake(struct vsock *v, u64 key)
{
	smp_mb();
	if (!waitq_is_empty(&v->ns.wait))
		waitq_wake(&v->ns.wait, 0, key);
}

/* ---- vsock.c ---- */
extern const struct netsock_ops vsock_ops;
struct vsock *vsock_alloc(u16 type);
static inline void vsock_get(struct vsock *v) { ref_get(&v->refs); }
void vsock_put(struct vsock *v);
void vsock_release(struct netsock *s);
/** vsock_closed() - the other end answered the close of a released socket: it can go. */
void vsock_closed(struct vsock *v);
/** vsock_time() - in @delay its timer looks at it; a later call replaces an earlier one. */
void vsock_time(struct vsock *v, nsec_t delay);

/* ---- connect.c ---- */
int vsock_bind(struct netsock *s, const struct sockaddr_any *a, u32 len);
int vsock_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block);
int vsock_listen(struct netsock *s, int backlog);
struct netsock *vsock_accept(struct netsock *s, bool may_block);

/* ---- table.c ---- */
/** vsock_table_bind() - enter @v under @a; 0, -EADDRINUSE. Locks: state_lock. */
int vsock_table_bind(struct vsock *v, struct vsaddr a);
/** vsock_table_connect() - enter by both ends; once. */
void vsock_table_connect(struct vsock *v);
void vsock_table_leave_connection(struct vsock *v);
void vsock_table_leave(struct vsock *v);
/** vsock_table_find() - whom a packet is for, with a reference; NULL. */
struct vsock *vsock_table_find(struct vsaddr src, struct vsaddr dst);
/** vsock_table_foreach() - every bound and every connected socket once; @fn nosleep, false ends it. */
void vsock_table_foreach(bool (*fn)(struct vsock *v, void *arg), void *arg);

/* ---- wire.c ---- */
/** vsock_guest_cid() - this machine's number; VMADDR_CID_ANY: none. */
u32 vsock_guest_cid(void);
/** vsock_route() - is @cid here: 0 and *is_local; -ENODEV: no way there, -ESOCKTNOSUPPORT. */
int vsock_route(const struct vsock *v, u32 cid, bool *is_local);
/** vsock_send_packet() - a packet with data; its head is filled. Consumes. Sleeps. */
void vsock_send_packet(struct vsock *v, struct vspkt *p, enum vsock_op op, u32 flags);
/** vsock_send_op() - without data; 0, -ENOMEM. Sleeps. */
int vsock_send_op(struct vsock *v, enum vsock_op op, u32 flags);
/** vsock_refuse() - RST as the answer to @p; borrows. */
void vsock_refuse(const struct vspkt *p, bool is_local);

/* ---- input.c ---- */
/** vsock_input() - a packet for a socket here; consumes. Sleeps. */
void vsock_input(struct vspkt *p, bool is_local);
/** vsock_end() - nothing will come from the other end any more; 0 or an error for the user. Locks: lock. */
void vsock_end(struct vsock *v, int err);

/* ---- stream.c ---- */
ssize_t vsock_send(struct netsock *s, struct sockmsg *m);
ssize_t vsock_recv(struct netsock *s, struct sockmsg *m);
/** vsock_credit() - bytes that the peer has room for. Locks: lock, or a racy look. */
u32 vsock_credit(const struct vsock *v);

/* ---- option.c ---- */
int vsock_setopt(struct netsock *s, int level, int name, const void *val, u32 len);
int vsock_getopt(struct netsock *s, int level, int name, void *val, u32 *len);
long vsock_ioctl(struct netsock *s, u32 cmd, uptr arg);
