// SPDX-License-Identifier: GPL-2.0-only
/* Socket operations on open files, for fs/ (io_uring); see tern/fs/sockface.h. */
#include "core_impl.h"

#include <generated/svc_net.h>
#include <asm/uaccess.h>
#include <tern/fs/sockface.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#define CONTROL_MAX	20480u

struct sockop {
	struct msghdr h;
	struct msghdr __user *uh;
	bool is_send;
	struct sockaddr_any name;
	struct uio uio;
	struct iovec store[UIO_FAST], *iov_mem;
	void *control;
};

static int prepare_send(struct sockop *op)
{
	struct msghdr *h = &op->h;

	if (h->controllen > CONTROL_MAX)
		return -ENOBUFS;
	h->namelen = h->name ? (s32)min_t(u32, (u32)h->namelen, sizeof(op->name)) : 0;
	if (h->namelen && user_copyin(&op->name, (void __user *)h->name, (u32)h->namelen))
		return -EFAULT;
	if (!h->controllen)
		return 0;
	op->control = kmem_alloc(h->controllen, ALLOC_KERNEL);
	if (!op->control)
		return -ENOMEM;
	return user_copyin(op->control, (void __user *)h->control, h->controllen);
}

static int prepare(struct sockop *op)
{
	struct msghdr *h = &op->h;
	int err;

	if (user_copyin(h, op->uh, sizeof(*h)))
		return -EFAULT;
	if (h->namelen < 0)
		return -EINVAL;
	if (h->iovlen > 1024)
		return -EMSGSIZE;
	err = uio_import(&op->uio, (const struct iovec __user *)h->iov, h->iovlen, op->store, &op->iov_mem);
	if (!err && op->is_send)
		err = prepare_send(op);
	return err;
}

struct sockop *sockop_prepare(void __user *hdr, bool is_send)
{
	struct sockop *op = kmem_zalloc(sizeof(*op), ALLOC_KERNEL);
	int err;

	if (!op)
		return ERR_PTR(-ENOMEM);
	op->uh = hdr;
	op->is_send = is_send;
	err = prepare(op);
	if (!err)
		return op;
	sockop_free(op);
	return ERR_PTR(err);
}

void sockop_free(struct sockop *op)
{
	kmem_free(op->iov_mem);
	kmem_free(op->control);
	kmem_free(op);
}

static ssize_t run_recv(struct sockop *op, struct netsock *s, struct sockmsg *m)
{
	struct msghdr *h = &op->h;
	ssize_t n;
	int err = 0;

	m->name = h->name ? &op->name : NULL;
	m->ctl_out = (char __user *)h->control;
	m->ctl_left = h->controllen;
	n = svc_net_recv(s, m);
	if (n < 0)
		return n;
	if (h->name)
		err = sockaddr_out(&op->name, m->name_len, (void __user *)h->name, &op->uh->namelen);
	if (!err)
		err = user_put(m->out_flags | (m->flags & MSG_CMSG_CLOEXEC), &op->uh->flags);
	if (!err)
		err = user_put((u64)m->ctl_out - h->control, &op->uh->controllen);
	return err ? err : n;
}

static u32 nonblock_flag(const struct ofile *f)
{
	return f->of_flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

ssize_t sockop_run(struct sockop *op, struct ofile *f, u32 flags)
{
	struct netsock *s = netsock_of(f);
	struct uio u = op->uio;		/* it may be run again */
	struct sockmsg m = { .uio = &u, .flags = flags | nonblock_flag(f) };

	if (!s)
		return -ENOTSOCK;
	if (!op->is_send)
		return run_recv(op, s, &m);
	m.name = op->h.namelen ? &op->name : NULL;
	m.name_len = (u32)op->h.namelen;
	m.control = op->control;
	m.control_len = op->h.controllen;
	return svc_net_send(s, &m);
}

ssize_t sockface_transfer(struct ofile *f, void __user *buf, size_t len, u32 flags, bool is_send)
{
	struct netsock *s = netsock_of(f);
	struct sockmsg m = { .flags = flags | nonblock_flag(f) };
	struct uio u;
	int err;

	if (!s)
		return -ENOTSOCK;
	err = uio_init_user(&u, buf, min_t(size_t, len, S32_MAX & PAGE_MASK));
	if (err)
		return err;
	m.uio = &u;
	return is_send ? svc_net_send(s, &m) : svc_net_recv(s, &m);
}

ssize_t sockface_send(struct ofile *f, struct uio *u, u32 flags, const void *addr, u32 addr_len)
{
	struct netsock *s = netsock_of(f);
	struct sockmsg m = { .uio = u, .flags = flags | nonblock_flag(f) };
	struct sockaddr_any a;

	if (!s)
		return -ENOTSOCK;
	if (addr_len > sizeof(a))
		return -EINVAL;
	if (addr_len) {
		memset(&a, 0, sizeof(a));
		memcpy(&a, addr, addr_len);
		m.name = &a;
		m.name_len = addr_len;
	}
	return svc_net_send(s, &m);
}

struct ofile *sockface_accept(struct ofile *f, void __user *addr, s32 __user *ulen, int flags, bool may_block)
{
	struct netsock *s = netsock_of(f), *c;
	struct sockaddr_any a;
	struct ofile *nf;
	u32 len;
	int err;

	if (!s)
		return ERR_PTR(-ENOTSOCK);
	c = svc_net_accept(s, may_block && !(f->of_flags & O_NONBLOCK));
	if (IS_ERR(c))
		return ERR_CAST(c);
	nf = netsock_file(c, flags & SOCK_NONBLOCK ? O_NONBLOCK : 0);
	if (IS_ERR(nf) || !addr)
		return nf;
	err = c->ops->getname(c, &a, &len, SOCKEND_ACCEPTED);
	err = err ? -ECONNABORTED : sockaddr_out(&a, len, addr, ulen);
	if (!err)
		return nf;
	ofile_put(nf);
	return ERR_PTR(err);
}

int sockface_connect(struct ofile *f, const void *addr, u32 len, bool may_block)
{
	struct netsock *s = netsock_of(f);
	struct sockaddr_any a;

	static_assert(SOCKFACE_ADDR_MAX >= sizeof(a), "an address fits");
	if (!s)
		return -ENOTSOCK;
	if (len > sizeof(a))
		return -EINVAL;
	memset(&a, 0, sizeof(a));
	memcpy(&a, addr, len);
	return svc_net_connect(s, &a, len, may_block && !(f->of_flags & O_NONBLOCK));
}

int sockface_error(struct ofile *f)
{
	struct netsock *s = netsock_of(f);

	return s ? netsock_take_error(s) : -ENOTSOCK;
}

int sockface_shutdown(struct ofile *f, int how)
{
	struct netsock *s = netsock_of(f);

	if (!s)
		return -ENOTSOCK;
	return how < SHUT_RD || how > SHUT_RDWR ? -EINVAL : svc_net_shutdown(s, how);
}

struct ofile *sockface_socket(int family, int type, int protocol)
{
	struct netsock *s;

	if (type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return ERR_PTR(-EINVAL);
	s = svc_net_create(family, type & SOCK_TYPE_MASK, protocol);
	return IS_ERR(s) ? ERR_CAST(s) : netsock_file(s, type & SOCK_NONBLOCK ? O_NONBLOCK : 0);
}
