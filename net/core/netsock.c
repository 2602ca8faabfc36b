// SPDX-License-Identifier: GPL-2.0-only
/* The common part of sockets: families, addresses, control messages, default slots. */
#include "core_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/net/netns.h>
#include <tern/svc/fault.h>

void netsock_init(struct netsock *s, const struct netsock_ops *ops, u16 family, u16 type, u32 protocol)
{
	s->ops = ops;
	s->family = family;
	s->type = type;
	s->protocol = protocol;
	waitq_init(&s->wait);
	s->sndbuf = (u32)sock_wmem_default;
	s->rcvbuf = (u32)sock_rmem_default;
	s->rcvlowat = 1;
	s->max_pacing = U64_MAX;
}

struct netsock *netsock_create(int family, int type, int protocol)
{
	if (family < 0 || family >= AF_MAX)
		return ERR_PTR(-EAFNOSUPPORT);
	if (type < 0 || type > 10)
		return ERR_PTR(-EINVAL);
	TABLE_FOREACH(protocol, __typeof__(const struct netfamily *), nf)
		if ((*nf)->family == family)
			return (*nf)->create(type, protocol);
	return ERR_PTR(-EAFNOSUPPORT);
}

int netsock_take_error(struct netsock *s)
{
	return READ_ONCE(s->error) ? xchg(&s->error, 0) : 0;
}

int sockaddr_in(struct sockaddr_any *a, const void __user *user, u32 len)
{
	if (len > sizeof(*a))
		return -EINVAL;
	a->family = AF_UNSPEC;
	return len ? user_copyin(a, user, len) : 0;
}

int sockaddr_out(const struct sockaddr_any *a, u32 len, void __user *user, s32 __user *ulen)
{
	s32 room;

	if (user_get(room, ulen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (user_copyout(user, a, min_t(u32, len, room)))
		return -EFAULT;
	return user_put((s32)len, ulen);
}

struct netsock *sock_borrow(int fd, struct fdref *r, int *err)
{
	struct netsock *s;

	*r = fd_borrow(fd);
	if (!r->file) {
		*err = -EBADF;
		return NULL;
	}
	s = netsock_of(r->file);
	if (unlikely(!s)) {
		fd_return(*r);
		*err = -ENOTSOCK;
	}
	return s;
}

/* ---- control messages to the receiver ---- */

u32 sockmsg_put_room(const struct sockmsg *m, size_t size)
{
	if (m->ctl_left < sizeof(struct cmsghdr))
		return 0;
	return (m->ctl_left - sizeof(struct cmsghdr)) / size;
}

void sockmsg_put(struct sockmsg *m, int level, int type, const void *data, size_t len)
{
	struct cmsghdr h = { .len = sizeof(h) + len, .level = level, .type = type };
	size_t step;

	if (m->ctl_left < sizeof(h)) {
		m->out_flags |= MSG_CTRUNC;
		return;
	}
	if (h.len > m->ctl_left) {
		m->out_flags |= MSG_CTRUNC;
		h.len = m->ctl_left;
	}
	if (user_copyout(m->ctl_out, &h, sizeof(h)) ||
	    user_copyout(m->ctl_out + sizeof(h), data, h.len - sizeof(h))) {
		m->out_flags |= MSG_CTRUNC;
		return;
	}
	step = min_t(size_t, CMSG_ALIGN_(h.len), m->ctl_left);
	m->ctl_out += step;
	m->ctl_left -= step;
}

/* ---- slots of families that lack something ---- */

int netsock_no_bind(struct netsock *s, const struct sockaddr_any *a, u32 len)
{
	return -EOPNOTSUPP;
}

int netsock_no_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	return -EOPNOTSUPP;
}

int netsock_no_pair(struct netsock *a, struct netsock *b)
{
	return -EOPNOTSUPP;
}

int netsock_no_listen(struct netsock *s, int backlog)
{
	return -EOPNOTSUPP;
}

struct netsock *netsock_no_accept(struct netsock *s, bool may_block)
{
	return ERR_PTR(-EOPNOTSUPP);
}

int netsock_no_setopt(struct netsock *s, int level, int name, const void *val, u32 len)
{
	return level == SOL_SOCKET ? -ENOPROTOOPT : -EOPNOTSUPP;
}

int netsock_no_getopt(struct netsock *s, int level, int name, void *val, u32 *len)
{
	return level == SOL_SOCKET ? -ENOPROTOOPT : -EOPNOTSUPP;
}

/* ---- what the net service's rows name ---- */

int netsock_bind(struct netsock *s, const struct sockaddr_any *a, u32 len)
{
	return s->ops->bind(s, a, len);
}

int netsock_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	return s->ops->connect(s, a, len, may_block);
}

int netsock_listen(struct netsock *s, int backlog)
{
	return s->ops->listen(s, (int)min_t(u64, (u32)backlog, READ_ONCE(netns_self()->somaxconn)));
}

struct netsock *netsock_accept(struct netsock *s, bool may_block)
{
	return s->ops->accept(s, may_block);
}

ssize_t netsock_send(struct netsock *s, struct sockmsg *m)
{
	int err = fault_inject(FAULT_SOCKET_SEND);

	return err ? err : s->ops->send(s, m);
}

ssize_t netsock_recv(struct netsock *s, struct sockmsg *m)
{
	int err = fault_inject(FAULT_SOCKET_RECV);

	return err ? err : s->ops->recv(s, m);
}

int netsock_shutdown(struct netsock *s, int how)
{
	return s->ops->shutdown(s, how);
}
