// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_UNIX sockets: streams, datagrams, sequenced packets between processes.
 *
 * Nouns: usock, a socket; usmsg, a piece of data in the queue of its receiver;
 * usaddr, a bound address; embryo, the server's end of a connection that
 * nobody has accepted yet: it stands in the listener's queue.
 *
 * Life-cycle: created with one reference for the file. A connection's ends hold
 * one on each other, so a peer pointer that is set stays valid; a released
 * socket is marked dead and its peer's directions are shut. The memory goes
 * with the last reference.
 *
 * Sending allocates a message, copies into it without locks, and appends it
 * under the receiver's lock. Receiving copies under read_lock only: senders
 * touch the tail, so the head stays. A stream's sender is limited by what lies
 * in the peer's queue (it alone writes there); a datagram's by wmem, since many
 * write to one queue.
 *
 * Lock order: state_lock > read_lock > usock_gc_lock > lock (two sockets: by
 * address) > wait queue. Hash buckets and usock_list_lock rank with lock and are
 * never held together with one.
 */
#include "unix_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/ns.h>
#include <tern/kernel/userns.h>
#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/cred.h>

struct spin usock_list_lock = SPIN_INIT(LOCKRANK_KLIST);
LIST_HEAD(usock_all);
u64 unix_max_dgram_qlen = 10;
static struct objcache *usock_cache;

static struct procint qlen_int = { .path = "sys/net/unix/max_dgram_qlen", .value = &unix_max_dgram_qlen,
	.min = 0, .max = S32_MAX, .width = 8 };
PROCINT(qlen_int);

static const struct netsock_ops *ops_of_type(u16 type)
{
	if (type == SOCK_STREAM)
		return &ustream_ops;
	return type == SOCK_DGRAM ? &udgram_ops : &useqpacket_ops;
}

struct usock *usock_alloc(u16 type)
{
	struct usock *u = objcache_zalloc(usock_cache, ALLOC_KERNEL);

	if (!u)
		return NULL;
	netsock_init(&u->ns, ops_of_type(type), AF_UNIX, type, 0);
	ref_init(&u->refs, 1);
	kmutex_init(&u->state_lock, LOCKRANK_SOCK);
	kmutex_init(&u->read_lock, LOCKRANK_SOCK_READ);
	spin_init(&u->lock, LOCKRANK_SOCK_SPIN);
	list_init(&u->queue);
	list_init(&u->blocked);
	list_init(&u->poll_blocker.link);
	u->poll_blocker.sender = u;
	list_init(&u->embryo_link);
	growlink_init(&u->hash_link);
	u->net = nsbase_get(nsset_self()->net);
	u->max_dgram = (u32)unix_max_dgram_qlen;
	spin_lock(&usock_list_lock);
	list_add_tail(&u->all_link, &usock_all);
	spin_unlock(&usock_list_lock);
	return u;
}

void usock_put(struct usock *u)
{
	if (!ref_put(&u->refs))
		return;
	if (u->addr)
		usaddr_put(u->addr);
	pidref_put(u->peer_pid);
	if (u->peer_groups)
		grouplist_put(u->peer_groups);
	nsbase_put(u->net);
	objcache_free(usock_cache, u);
}

struct usock *usock_peer_get(struct usock *u)
{
	struct usock *p;

	spin_lock(&u->lock);
	p = u->peer;
	if (p)
		usock_get(p);
	spin_unlock(&u->lock);
	return p;
}

/* ---- closing ---- */

/* The other end of a connection is gone. @lost: something it was sent was never read. */
static void tell_peer(struct usock *peer, bool lost)
{
	spin_lock(&peer->lock);
	peer->shutdown = USHUT_RECV | USHUT_SEND;
	if (lost)
		peer->ns.error = -ECONNRESET;
	spin_unlock(&peer->lock);
	usock_wake(peer, UWAKE_HANGUP);
}

/* Everything that waits in the queue; of a listener connections, else messages. */
static bool drain_queue(struct usock *u, struct list *msgs, struct list *embryos)
{
	bool lost;

	spin_lock(&u->lock);
	u->is_dead = true;
	u->shutdown = USHUT_RECV | USHUT_SEND;
	lost = !list_is_empty(&u->queue) || u->listener;
	list_splice_init(&u->queue, u->state == USTATE_LISTEN ? embryos : msgs);
	u->qlen = 0;
	u->qbytes = 0;
	u->qdata = 0;
	spin_unlock(&u->lock);
	return lost;
}

void usock_release(struct netsock *s)
{
	struct usock *u = usock_of(s), *peer, *e, *next;
	LIST_HEAD(msgs);
	LIST_HEAD(embryos);
	bool lost;

	usock_unbind(u);
	spin_lock(&usock_list_lock);
	list_del_init(&u->all_link);
	spin_unlock(&usock_list_lock);
	udgram_unblock(u);
	lost = drain_queue(u, &msgs, &embryos);
	spin_lock(&u->lock);
	peer = u->peer;
	u->peer = NULL;
	spin_unlock(&u->lock);
	if (peer && usock_is_connection(u))
		tell_peer(peer, lost);
	usock_wake(u, UWAKE_HANGUP);	/* who waits to connect */
	list_foreach_safe(e, next, &embryos, embryo_link) {
		list_del_init(&e->embryo_link);
		usock_release(&e->ns);
	}
	usmsg_purge(&msgs);
	if (peer)
		usock_put(peer);
	gc_kick();
	usock_put(u);
}

int usock_shutdown(struct netsock *s, int how)
{
	struct usock *u = usock_of(s), *peer;
	u8 mode = (u8)(how + 1), peer_mode = 0;

	spin_lock(&u->lock);
	u->shutdown |= mode;
	peer = usock_is_connection(u) ? u->peer : NULL;
	if (peer)
		usock_get(peer);
	spin_unlock(&u->lock);
	if (mode & USHUT_RECV)
		peer_mode |= USHUT_SEND;
	if (mode & USHUT_SEND)
		peer_mode |= USHUT_RECV;
	if (peer) {
		spin_lock(&peer->lock);
		peer->shutdown |= peer_mode;
		spin_unlock(&peer->lock);
		usock_wake(peer, UWAKE_HANGUP);
		usock_put(peer);
	}
	usock_wake(u, UWAKE_HANGUP);
	return 0;
}

/* ---- readiness ---- */

bool usock_is_writable(const struct usock *u)
{
	const struct usock *peer = READ_ONCE(u->peer);
	u64 used = usock_is_stream(u) ? (peer ? READ_ONCE(peer->qbytes) : 0) :
		   (u64)atomic_read(&u->wmem);

	return used * 4 <= READ_ONCE(u->ns.sndbuf);
}

/* Room to send now; if not, the reader will wake us. */
static bool poll_writable(struct usock *u)
{
	struct usock *peer;

	if (READ_ONCE(u->state) == USTATE_LISTEN)
		return false;
	if (usock_is_connection(u) && !READ_ONCE(u->peer))
		return usock_is_writable(u);
	if (!usock_is_stream(u) || usock_is_writable(u))
		return usock_is_writable(u);
	peer = usock_peer_get(u);
	if (peer) {
		spin_lock(&peer->lock);
		peer->want_space = true;
		spin_unlock(&peer->lock);
		usock_put(peer);
	}
	return usock_is_writable(u);
}

u32 usock_poll(struct netsock *s, struct ofile *f, struct poll_table *pt)
{
	struct usock *u = usock_of(s);
	u8 shut;
	u32 ev = 0;

	poll_wait(f, &s->wait, pt);
	shut = READ_ONCE(u->shutdown);
	if (READ_ONCE(s->error))
		ev |= POLLERR;
	if (shut == (USHUT_RECV | USHUT_SEND))
		ev |= POLLHUP;
	if (shut & USHUT_RECV)
		ev |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (!list_is_empty(&u->queue))
		ev |= POLLIN | POLLRDNORM;
	if (usock_is_connection(u) && READ_ONCE(u->state) == USTATE_IDLE)
		ev |= POLLHUP;
	if (pt && !(pt->events & (POLLOUT | POLLWRNORM | POLLWRBAND)))
		return ev;
	if (poll_writable(u) && !(s->type == SOCK_DGRAM && udgram_peer_is_full(u)))
		ev |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return ev;
}

/* ---- ioctl and options ---- */

long usock_ioctl(struct netsock *s, u32 cmd, uptr arg)
{
	struct usock *u = usock_of(s);
	struct usock *peer;
	u64 n = 0;

	if (cmd == SIOCOUTQ) {
		n = atomic_read(&u->wmem);
		peer = usock_is_stream(u) ? usock_peer_get(u) : NULL;
		if (peer) {
			n = READ_ONCE(peer->qbytes);
			usock_put(peer);
		}
		return user_put((int)n, (int __user *)arg);
	}
	if (cmd != SIOCINQ)
		return -ENOTTY;
	if (READ_ONCE(u->state) == USTATE_LISTEN)
		return -EINVAL;
	spin_lock(&u->lock);
	n = u->qdata;
	if (!usock_is_stream(u))
		n = list_is_empty(&u->queue) ? 0 : list_first_entry(&u->queue, struct usmsg, link)->len;
	spin_unlock(&u->lock);
	return user_put((int)n, (int __user *)arg);
}

int usock_setopt(struct netsock *s, int level, int name, const void *val, u32 len)
{
	return level == SOL_SOCKET ? -ENOPROTOOPT : -EOPNOTSUPP;
}

static int get_peercred(struct usock *u, void *val, u32 *len)
{
	struct ucred c = { 0, (u32)-1, (u32)-1 };

	spin_lock(&u->lock);
	if (u->peer_pid)
		c = (struct ucred){ pidref_nr(u->peer_pid), uid_show(u->peer_uid),
				    gid_show(u->peer_gid) };
	spin_unlock(&u->lock);
	*len = min_t(u32, *len, sizeof(c));
	memcpy(val, &c, *len);
	return 0;
}

static int get_peergroups(struct usock *u, void *val, u32 *len)
{
	struct grouplist *g = READ_ONCE(u->peer_groups);
	u32 room = *len;

	if (!g)
		return -ENODATA;
	*len = g->n * sizeof(gid_t);
	if (room < *len)
		return -ERANGE;
	for (u32 i = 0; i < g->n; i++)
		((gid_t *)val)[i] = gid_show(g->gid[i]);
	return 0;
}

int usock_getopt(struct netsock *s, int level, int name, void *val, u32 *len)
{
	s32 v;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (name == SO_PEERCRED)
		return get_peercred(usock_of(s), val, len);
	if (name == SO_PEERGROUPS)
		return get_peergroups(usock_of(s), val, len);
	if (name != SO_ACCEPTCONN)
		return -ENOPROTOOPT;
	v = READ_ONCE(usock_of(s)->state) == USTATE_LISTEN;
	*len = min_t(u32, *len, sizeof(v));
	memcpy(val, &v, *len);
	return 0;
}

/* ---- the family ---- */

#define COMMON_OPS							\
	.release = usock_release, .bind = usock_bind, .pair = usock_pair, \
	.getname = usock_getname, .shutdown = usock_shutdown,		\
	.poll = usock_poll, .ioctl = usock_ioctl,			\
	.setopt = usock_setopt, .getopt = usock_getopt

const struct netsock_ops ustream_ops = {
	COMMON_OPS, .connect = ustream_connect, .listen = ustream_listen, .accept = ustream_accept,
	.send = ustream_send, .recv = ustream_recv,
};
const struct netsock_ops udgram_ops = {
	COMMON_OPS, .connect = udgram_connect, .listen = netsock_no_listen, .accept = netsock_no_accept,
	.send = udgram_send, .recv = udgram_recv,
};
const struct netsock_ops useqpacket_ops = {
	COMMON_OPS, .connect = ustream_connect, .listen = ustream_listen, .accept = ustream_accept,
	.send = udgram_send, .recv = udgram_recv,
};

static struct netsock *unix_create(int type, int protocol)
{
	struct usock *u;

	if (protocol && protocol != AF_UNIX)
		return ERR_PTR(-EPROTONOSUPPORT);
	if (type == SOCK_RAW)
		type = SOCK_DGRAM;	/* as Linux has it */
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return ERR_PTR(-ESOCKTNOSUPPORT);
	u = usock_alloc(type);
	return u ? &u->ns : ERR_PTR(-ENOMEM);
}

static const struct netfamily unix_family = { .family = AF_UNIX, .create = unix_create };
PROTOCOL(unix_family);

static int unix_start(void)
{
	usock_cache = objcache_create("usock", sizeof(struct usock), 64, 0, NULL);
	VERIFY(usock_cache);
	return 0;
}
INITCALL(FS, unix_start);
