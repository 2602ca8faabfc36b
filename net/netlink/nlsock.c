// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_NETLINK sockets.
 *
 * Nouns: portid, a socket's address, unique in its protocol; group, news that sockets
 * join; dump, a list that is made packet by packet as its reader takes them.
 *
 * Life-cycle: one reference for the file; the table of sockets is read under RCU, the
 * memory goes a grace period after release. A request runs at once in its sender's
 * thread; replies go to its queue. What finds a queue full is dropped and
 * the reader is told by ENOBUFS, once.
 *
 * Lock order: dump_lock > what a request takes (config_lock) > table_lock > lock.
 */
#include <tern/net/netlink.h>

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/process.h>
#include <tern/kernel/random.h>
#include <tern/kernel/thread.h>
#include <tern/lib/hlist.h>
#include <tern/lib/string.h>
#include <tern/net/netsock.h>
#include <tern/net/sockfilter.h>

#define REQUEST_MAX	(256u << 10)
#define DUMP_ROOM	8192u
#define GROUPS_MAX	64u

struct nlsock {
	struct netsock ns;
	struct hnode node;		/* table_lock; read under RCU */
	struct rcu_job rcu;
	struct netns *net;		/* I */
	const struct nlfamily *family;	/* I */
	u32 portid;			/* table_lock; 0: not bound */
	u32 dst_pid, dst_groups;	/* A connected to */
	u64 groups;			/* A bit of group - 1 */
	struct spin lock;		/* protects queue, queued; bottom halves off */
	struct list queue;
	u32 queued;			/* bytes */
	bool is_overrun;		/* lock */
	bool want_pktinfo, cap_ack, ext_ack, strict, no_enobufs;	/* A */
	struct kmutex dump_lock;	/* protects dump */
	struct nldump *dump;
};

static struct spin table_lock = SPIN_INIT(LOCKRANK_SOCK_GC);
static struct hlist table;
static const struct netsock_ops nl_ops;

static struct nlsock *nl_of(struct netsock *s)
{
	return container_of(s, struct nlsock, ns);
}

/* ---- queues ---- */

/* Consumes; false: no room. */
static bool deliver(struct nlsock *s, struct nlpkt *p)
{
	u32 n = p->len + (u32)sizeof(*p), wanted = sockfilter_run_bytes(&s->ns, p->data, p->len);
	bool ok;

	if (!wanted) {
		kmem_free(p);
		return true;
	}
	p->len = min(p->len, wanted);
	spin_lock_bh(&s->lock);
	ok = list_is_empty(&s->queue) || s->queued + n <= READ_ONCE(s->ns.rcvbuf);
	if (ok) {
		s->queued += n;
		list_add_tail(&p->link, &s->queue);
	} else if (!s->no_enobufs) {
		s->is_overrun = true;
		WRITE_ONCE(s->ns.error, -ENOBUFS);
	}
	spin_unlock_bh(&s->lock);
	if (!ok)
		kmem_free(p);
	waitq_wake(&s->ns.wait, 0, POLLIN | POLLRDNORM | (ok ? 0 : POLLERR));
	return ok;
}

int nlreq_reply(const struct nlreq *r, struct nlpkt *p)
{
	return deliver(r->from, p) ? 0 : -ENOBUFS;
}

static bool wants(const struct nlsock *s, const struct netns *ns, u16 protocol, u32 group)
{
	return s->ns.protocol == protocol && s->net == ns && group <= GROUPS_MAX &&
	       (READ_ONCE(s->groups) & BIT(group - 1));
}

bool netlink_is_heard(struct netns *ns, u16 protocol, u32 group)
{
	bool any = false;
	struct nlsock *s;

	rcu_read_lock();
	hlist_foreach_rcu(s, &table, node)
		any |= wants(s, ns, protocol, group);
	rcu_read_unlock();
	return any;
}

static struct nlpkt *copy_of(const struct nlpkt *p)
{
	struct nlpkt *c = nlpkt_alloc(p->len, ALLOC_ATOMIC);

	if (!c)
		return NULL;
	c->len = p->len;
	c->portid = p->portid;
	c->group = p->group;
	c->pid = p->pid;
	c->uid = p->uid;
	c->gid = p->gid;
	memcpy(c->data, p->data, p->len);
	return c;
}

/* To all of a group but @self; how many. @p stays the caller's. */
static u32 multicast(struct netns *ns, u16 protocol, u32 group, const struct nlpkt *p, const struct nlsock *self)
{
	struct nlsock *s;
	u32 n = 0;

	rcu_read_lock();
	hlist_foreach_rcu(s, &table, node) {
		struct nlpkt *c;

		if (s == self || !wants(s, ns, protocol, group))
			continue;
		c = copy_of(p);
		if (c)
			deliver(s, c);
		n++;
	}
	rcu_read_unlock();
	return n;
}

void netlink_publish(struct netns *ns, u16 protocol, u32 group, struct nlpkt *p)
{
	p->group = group;
	multicast(ns, protocol, group, p, NULL);
	kmem_free(p);
}

/* ---- addresses ---- */

static struct nlsock *find(const struct netns *ns, u32 protocol, u32 portid)
{
	struct nlsock *s;

	hlist_foreach_rcu(s, &table, node)
		if (s->portid == portid && s->ns.protocol == protocol && s->net == ns)
			return s;
	return NULL;
}

/* 0: choose one. */
static int take_portid(struct nlsock *s, u32 portid)
{
	u32 want = portid ? portid : (u32)pidref_nr(process_self()->p_pid);
	int err = 0;

	spin_lock_bh(&table_lock);
	if (s->portid) {
		err = portid && portid != s->portid ? -EINVAL : 0;
		goto out;
	}
	while (!want || find(s->net, s->ns.protocol, want)) {
		if (portid) {
			err = -EADDRINUSE;
			goto out;
		}
		want = random_u32() | 0x80000000;
	}
	WRITE_ONCE(s->portid, want);
out:
	spin_unlock_bh(&table_lock);
	return err;
}

static u64 group_mask(const struct nlsock *s)
{
	return s->family->ngroups >= 64 ? U64_MAX : BIT(s->family->ngroups) - 1;
}

static bool may_join(const struct nlsock *s)
{
	return !s->family->is_private || netns_cap(CAP_NET_ADMIN);
}

static int nl_bind(struct netsock *ns, const struct sockaddr_any *a, u32 len)
{
	const struct sockaddr_nl *nl = (const void *)a;
	struct nlsock *s = nl_of(ns);
	int err;

	if (len < sizeof(*nl) || nl->nl_family != AF_NETLINK)
		return -EINVAL;
	if (nl->nl_groups && !may_join(s))
		return -EPERM;
	err = take_portid(s, nl->nl_pid);
	if (!err)
		WRITE_ONCE(s->groups, ((s->groups & ~(u64)U32_MAX) | nl->nl_groups) & group_mask(s));
	return err;
}

static int nl_connect(struct netsock *ns, const struct sockaddr_any *a, u32 len, bool may_block)
{
	const struct sockaddr_nl *nl = (const void *)a;
	struct nlsock *s = nl_of(ns);

	if (len < sizeof(a->family))
		return -EINVAL;
	if (a->family == AF_UNSPEC) {
		s->dst_pid = s->dst_groups = 0;
		return 0;
	}
	if (a->family != AF_NETLINK || len < sizeof(*nl))
		return -EINVAL;
	if ((nl->nl_groups || nl->nl_pid) && !netns_cap(CAP_NET_ADMIN) && !s->family->user_groups)
		return -EPERM;
	s->dst_pid = nl->nl_pid;
	s->dst_groups = nl->nl_groups;
	return take_portid(s, 0);
}

static int nl_getname(struct netsock *ns, struct sockaddr_any *a, u32 *len, enum sockend end)
{
	struct nlsock *s = nl_of(ns);
	struct sockaddr_nl *nl = (void *)a;

	*nl = (struct sockaddr_nl){ .nl_family = AF_NETLINK, .nl_pid = end != SOCKEND_OWN ? s->dst_pid : s->portid,
				    .nl_groups = end != SOCKEND_OWN ? s->dst_groups : (u32)s->groups };
	*len = sizeof(*nl);
	return 0;
}

/* ---- requests ---- */

void nlreq_answer(struct nlreq *r, int err)
{
	bool whole = err && !r->from->cap_ack;
	u32 quote = whole ? r->h->len : (u32)sizeof(*r->h);
	struct nlpkt *p = nlpkt_alloc(quote + 64, ALLOC_KERNEL);
	s32 *body;

	if (!p)
		return;
	body = nlpkt_begin(p, NLMSG_ERROR, whole || !err ? (err ? 0 : NLM_F_CAPPED) : NLM_F_CAPPED, r->portid,
			   r->h->seq, (u32)sizeof(s32) + quote);
	body[0] = err;
	memcpy(body + 1, r->h, quote);
	nlpkt_end(p);
	deliver(r->from, p);
}

static void run_message(struct nlsock *s, const void *data, u32 len)
{
	const struct nlhead *h = data;
	struct nlreq r = { .from = s, .ns = s->net, .h = h, .data = h + 1, .portid = s->portid };

	if (len < sizeof(*h) || h->len < sizeof(*h) || h->len > len)
		return;
	r.len = h->len - (u32)sizeof(*h);
	s->family->message(&r);
}

/* Every request of a message. */
static void run_requests(struct nlsock *s, const void *data, u32 len)
{
	while (len >= sizeof(struct nlhead)) {
		const struct nlhead *h = data;
		struct nlreq r = { .from = s, .ns = s->net, .h = h, .data = h + 1, .portid = s->portid };
		u32 step;
		int err = 0;

		if (h->len < sizeof(*h) || h->len > len)
			return;
		r.len = h->len - (u32)sizeof(*h);
		step = min(NL_ALIGN(h->len), len);
		if (s->family->batch && h->type == s->family->batch_type) {
			s->family->batch(&r, data + step, len - step);
			return;
		}
		if ((h->flags & NLM_F_REQUEST) && h->type >= NLMSG_MIN_TYPE)
			err = s->family->request(&r);
		if (err != -EINTR && ((h->flags & NLM_F_ACK) || err))
			nlreq_answer(&r, err);
		data += step;
		len -= step;
	}
}

static int send_to_user(struct nlsock *s, struct nlpkt *p, u32 pid, u32 groups)
{
	struct nlpkt *c;
	struct nlsock *to;
	int err = 0;

	if (groups) {
		p->group = (u32)__builtin_ctz(groups) + 1;
		multicast(s->net, (u16)s->ns.protocol, p->group, p, s);
		if (!pid)
			return 0;
		p->group = 0;
	}
	c = copy_of(p);
	if (!c)
		return -ENOBUFS;
	rcu_read_lock();
	to = find(s->net, s->ns.protocol, pid);
	if (!to) {
		kmem_free(c);
		err = -ECONNREFUSED;
	} else if (!deliver(to, c)) {
		err = -EAGAIN;
	}
	rcu_read_unlock();
	return err;
}

static ssize_t nl_send(struct netsock *ns, struct sockmsg *m)
{
	const struct sockaddr_nl *nl = (const void *)m->name;
	const struct credset *c = cred_self();
	struct nlsock *s = nl_of(ns);
	size_t len = m->uio->resid;
	u32 pid = s->dst_pid, groups = s->dst_groups;
	struct nlpkt *p;
	ssize_t err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name && m->name_len) {
		if (m->name_len < sizeof(*nl) || nl->nl_family != AF_NETLINK)
			return -EINVAL;
		pid = nl->nl_pid;
		groups = nl->nl_groups;
		if ((groups || pid) && !netns_cap(CAP_NET_ADMIN) && !s->family->user_groups)
			return -EPERM;
	}
	err = s->portid ? 0 : take_portid(s, 0);
	if (err)
		return err;
	if (len > REQUEST_MAX || len > READ_ONCE(ns->sndbuf))
		return -EMSGSIZE;
	p = nlpkt_alloc((u32)len, ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	p->len = (u32)len;
	p->portid = s->portid;
	p->pid = (u32)pidref_nr(process_self()->p_pid);
	p->uid = c->uid;
	p->gid = c->gid;
	if (uio_get(m->uio, p->data, len) != len)
		err = -EFAULT;
	else if (pid || groups)
		err = send_to_user(s, p, pid, groups);
	else if (s->family->message)
		run_message(s, p->data, p->len);
	else if (s->family->request)
		run_requests(s, p->data, p->len);
	else
		err = -ECONNREFUSED;
	kmem_free(p);
	return err ? err : (ssize_t)len;
}

/* ---- dumps ---- */

/* The next packet of a list; the last has NLMSG_DONE. dump_lock held. */
static int dump_more(struct nlsock *s)
{
	struct nldump *d = s->dump;
	struct nlpkt *p = nlpkt_alloc(DUMP_ROOM, ALLOC_KERNEL);
	int ret;

	if (!p)
		return -ENOBUFS;
	p->room -= 32;		/* for the end */
	ret = d->fn(d, p);
	if (ret == 1 && !p->len)
		ret = -EMSGSIZE;	/* one object larger than a packet */
	p->room += 32;
	p->is_full = false;
	if (ret <= 0) {
		s32 *body = nlpkt_begin(p, NLMSG_DONE, NLM_F_MULTI, d->portid, d->seq, sizeof(*body));

		*body = ret;
		nlpkt_end(p);
		s->dump = NULL;
		kmem_free(d);
	}
	deliver(s, p);
	return 0;
}

int nlreq_dump(const struct nlreq *r, int (*fn)(struct nldump *d, struct nlpkt *p))
{
	struct nlsock *s = r->from;
	struct nldump *d;
	int err;

	if (r->len > sizeof(d->req))
		return -EINVAL;
	d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);
	if (!d)
		return -ENOBUFS;
	d->fn = fn;
	d->ns = r->ns;
	d->portid = r->portid;
	d->seq = r->h->seq;
	d->type = r->h->type;
	d->strict = s->strict;
	d->req_len = r->len;
	memcpy(d->req, r->data, r->len);
	kmutex_lock(&s->dump_lock);
	if (s->dump) {
		kmem_free(d);
		err = -EBUSY;
	} else {
		s->dump = d;
		err = dump_more(s);
		if (err) {
			s->dump = NULL;
			kmem_free(d);
		}
	}
	kmutex_unlock(&s->dump_lock);
	return err ? err : -EINTR;	/* the list's end is the answer */
}

/* A reader took something: there may be room for more. */
static void dump_on(struct nlsock *s)
{
	if (!READ_ONCE(s->dump))
		return;
	kmutex_lock(&s->dump_lock);
	if (s->dump && READ_ONCE(s->queued) <= s->ns.rcvbuf / 2 && dump_more(s))
		WRITE_ONCE(s->ns.error, -ENOBUFS);
	kmutex_unlock(&s->dump_lock);
}

/* ---- receiving ---- */

static bool has_input(const struct nlsock *s)
{
	return !list_is_empty(&s->queue) || READ_ONCE(s->ns.error);
}

static struct nlpkt *take(struct nlsock *s, bool peek)
{
	struct nlpkt *p;

	spin_lock_bh(&s->lock);
	p = list_first_entry_or_null(&s->queue, struct nlpkt, link);
	if (p && peek) {
		p = copy_of(p);
	} else if (p) {
		list_unlink(&p->link);
		s->queued -= p->len + (u32)sizeof(*p);
	}
	spin_unlock_bh(&s->lock);
	return p;
}

static struct nlpkt *wait_packet(struct nlsock *s, u32 flags)
{
	nsec_t deadline = s->ns.rcvtimeo ? deadline_after(s->ns.rcvtimeo) : WAIT_FOREVER;
	struct nlpkt *p;
	int err;

	for (;;) {
		err = netsock_take_error(&s->ns);
		if (err)
			return ERR_PTR(err);
		p = take(s, flags & MSG_PEEK);
		if (p)
			return p;
		if (flags & MSG_DONTWAIT)
			return ERR_PTR(-EAGAIN);
		err = waitq_wait_common(&s->ns.wait, has_input(s), THREAD_SLEEPING, true, deadline);
		if (err)
			return ERR_PTR(err == -ETIMEDOUT ? -EAGAIN : err);
	}
}

static ssize_t nl_recv(struct netsock *ns, struct sockmsg *m)
{
	struct sockaddr_nl *nl = (void *)m->name;
	struct nlsock *s = nl_of(ns);
	struct nlpkt *p;
	size_t want;
	ssize_t n;

	m->name_len = 0;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	p = wait_packet(s, m->flags);
	if (IS_ERR(p))
		return PTR_ERR(p);
	want = min_t(size_t, m->uio->resid, p->len);
	n = uio_put(m->uio, p->data, want) == want ? (ssize_t)want : -EFAULT;
	if (want < p->len) {
		m->out_flags |= MSG_TRUNC;
		if ((m->flags & MSG_TRUNC) && n >= 0)
			n = p->len;
	}
	if (nl) {
		*nl = (struct sockaddr_nl){ .nl_family = AF_NETLINK, .nl_pid = p->portid,
					    .nl_groups = p->group ? 1u << ((p->group - 1) & 31) : 0 };
		m->name_len = sizeof(*nl);
	}
	if (s->want_pktinfo)
		sockmsg_put(m, SOL_NETLINK, NETLINK_PKTINFO, &p->group, sizeof(p->group));
	if (ns->options & SOCKOPT_PASSCRED) {
		struct ucred uc = { (s32)p->pid, p->uid, p->gid };

		sockmsg_put(m, SOL_SOCKET, SCM_CREDENTIALS, &uc, sizeof(uc));
	}
	kmem_free(p);
	if (!(m->flags & MSG_PEEK))
		dump_on(s);
	return n;
}

static u32 nl_poll(struct netsock *ns, struct ofile *f, struct poll_table *pt)
{
	struct nlsock *s = nl_of(ns);
	u32 ev = POLLOUT | POLLWRNORM | POLLWRBAND;

	poll_wait(f, &ns->wait, pt);
	if (!list_is_empty(&s->queue))
		ev |= POLLIN | POLLRDNORM;
	if (READ_ONCE(ns->error))
		ev |= POLLERR;
	return ev;
}

/* ---- options, life ---- */

static int set_member(struct nlsock *s, u32 group, bool join)
{
	u64 bit;

	if (!may_join(s))
		return -EPERM;
	if (!group || group > s->family->ngroups || group > GROUPS_MAX)
		return -EINVAL;
	bit = BIT(group - 1);
	if (join)
		__atomic_fetch_or(&s->groups, bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&s->groups, ~bit, __ATOMIC_SEQ_CST);
	return join ? take_portid(s, 0) : 0;
}

static bool *flag_of(struct nlsock *s, int name)
{
	switch (name) {
	case NETLINK_PKTINFO: return &s->want_pktinfo;
	case NETLINK_NO_ENOBUFS: return &s->no_enobufs;
	case NETLINK_CAP_ACK: return &s->cap_ack;
	case NETLINK_EXT_ACK: return &s->ext_ack;
	case NETLINK_GET_STRICT_CHK: return &s->strict;
	}
	return NULL;
}

static int nl_setopt(struct netsock *ns, int level, int name, const void *val, u32 len)
{
	struct nlsock *s = nl_of(ns);
	bool *flag;
	s32 v;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (len < sizeof(v))
		return -EINVAL;
	memcpy(&v, val, sizeof(v));
	if (name == NETLINK_ADD_MEMBERSHIP || name == NETLINK_DROP_MEMBERSHIP)
		return set_member(s, (u32)v, name == NETLINK_ADD_MEMBERSHIP);
	flag = flag_of(s, name);
	if (!flag)
		return -ENOPROTOOPT;
	WRITE_ONCE(*flag, v != 0);
	return 0;
}

static int nl_getopt(struct netsock *ns, int level, int name, void *val, u32 *len)
{
	struct nlsock *s = nl_of(ns);
	bool *flag = flag_of(s, name);
	u64 groups = s->groups;
	s32 v;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (name == NETLINK_LIST_MEMBERSHIPS) {
		u32 n = (u32)DIV_ROUND_UP(s->family->ngroups, 32u) * 4;

		memcpy(val, &groups, min(*len, min(n, (u32)sizeof(groups))));
		*len = n;
		return 0;
	}
	if (!flag)
		return -ENOPROTOOPT;
	if (*len < sizeof(v))
		return -EINVAL;
	v = *flag;
	memcpy(val, &v, sizeof(v));
	*len = sizeof(v);
	return 0;
}

static int nl_shutdown(struct netsock *ns, int how)
{
	return -EOPNOTSUPP;
}

static long nl_ioctl(struct netsock *ns, u32 cmd, uptr arg)
{
	return -ENOTTY;
}

static void free_later(struct rcu_job *job)
{
	struct nlsock *s = container_of(job, struct nlsock, rcu);
	struct nlpkt *p, *next;

	list_foreach_safe(p, next, &s->queue, link)
		kmem_free(p);
	netns_put(s->net);
	kmem_free(s->dump);
	kmem_free(s);
}

static void nl_release(struct netsock *ns)
{
	struct nlsock *s = nl_of(ns);

	spin_lock_bh(&table_lock);
	hlist_del_rcu(&s->node);
	spin_unlock_bh(&table_lock);
	rcu_defer(&s->rcu, free_later);
}

static const struct netsock_ops nl_ops = {
	.release = nl_release, .bind = nl_bind, .connect = nl_connect, .pair = netsock_no_pair,
	.listen = netsock_no_listen, .accept = netsock_no_accept, .getname = nl_getname,
	.shutdown = nl_shutdown, .send = nl_send, .recv = nl_recv, .poll = nl_poll, .ioctl = nl_ioctl,
	.setopt = nl_setopt, .getopt = nl_getopt,
};

static const struct nlfamily *family_of(int protocol)
{
	TABLE_FOREACH(nlfamily, __typeof__(const struct nlfamily *), f)
		if ((*f)->protocol == protocol)
			return *f;
	return NULL;
}

static struct netsock *nl_create(int type, int protocol)
{
	const struct nlfamily *f;
	struct nlsock *s;

	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return ERR_PTR(-ESOCKTNOSUPPORT);
	f = protocol >= 0 && protocol < NETLINK_FAMILIES ? family_of(protocol) : NULL;
	if (!f)
		return ERR_PTR(-EPROTONOSUPPORT);
	s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	netsock_init(&s->ns, &nl_ops, AF_NETLINK, (u16)type, (u32)protocol);
	s->ns.takes_filter = true;
	s->net = netns_get(netns_self());
	s->family = f;
	spin_init(&s->lock, LOCKRANK_SOCK_SPIN);
	list_init(&s->queue);
	kmutex_init(&s->dump_lock, LOCKRANK_SOCK);
	spin_lock_bh(&table_lock);
	hlist_add_head_rcu(&s->node, &table);
	spin_unlock_bh(&table_lock);
	return &s->ns;
}

static const struct netfamily netlink_family = { .family = AF_NETLINK, .create = nl_create };
PROTOCOL(netlink_family);

/* Sockets that only talk to each other; and the devices' news, which programs pass on too. */
static const struct nlfamily usersock = { .protocol = NETLINK_USERSOCK, .ngroups = 32, .user_groups = true };
NLFAMILY(usersock);
static const struct nlfamily uevents = { .protocol = NETLINK_KOBJECT_UEVENT, .ngroups = 32 };
NLFAMILY(uevents);

static void print_netlink(struct seqbuf *sb, void *arg)
{
	struct nlsock *s;

	seqbuf_puts(sb, "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n");
	rcu_read_lock();
	hlist_foreach_rcu(s, &table, node) {
		if (s->net != netns_self())
			continue;
		seqbuf_printf(sb, "%016lx %-3d %-10u %08x %-8d %-8d %-5d %-8d %-8u %-8lu\n", 0UL,
			      s->ns.protocol, s->portid, (u32)s->groups, s->queued, 0, s->dump != NULL, 2, 0,
			      s->ns.ino);
	}
	rcu_read_unlock();
}
static struct procfile netlink_file = { .path = "net/netlink", .print = print_netlink };
PROCFILE(netlink_file);
