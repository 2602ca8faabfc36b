// SPDX-License-Identifier: GPL-2.0-only
/* System calls that make, name and connect sockets. */
#include "core_impl.h"

#include <generated/svc_net.h>
#include <asm/uaccess.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

static bool type_flags_ok(int type)
{
	return !(type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/* An open file for @s under a new number; consumes @s. */
static int sock_install(struct netsock *s, int flags)
{
	struct ofile *f = netsock_file(s, flags & SOCK_NONBLOCK ? O_NONBLOCK : 0);
	int fd;

	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_add(f, flags & SOCK_CLOEXEC);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

long sys_socket(int family, int type, int protocol)
{
	struct netsock *s;

	if (!type_flags_ok(type))
		return -EINVAL;
	s = svc_net_create(family, type & SOCK_TYPE_MASK, protocol);
	return IS_ERR(s) ? PTR_ERR(s) : sock_install(s, type);
}

/* Two connected sockets as files. */
static int make_pair(int family, int type, int protocol, struct ofile *out[2])
{
	u32 flags = type & SOCK_NONBLOCK ? O_NONBLOCK : 0;
	struct netsock *a = svc_net_create(family, type & SOCK_TYPE_MASK, protocol), *b;
	int err;

	if (IS_ERR(a))
		return PTR_ERR(a);
	b = svc_net_create(family, type & SOCK_TYPE_MASK, protocol);
	if (IS_ERR(b)) {
		a->ops->release(a);
		return PTR_ERR(b);
	}
	err = a->ops->pair(a, b);
	if (err) {
		a->ops->release(a);
		b->ops->release(b);
		return err;
	}
	out[0] = netsock_file(a, flags);
	if (IS_ERR(out[0])) {
		b->ops->release(b);
		return PTR_ERR(out[0]);
	}
	out[1] = netsock_file(b, flags);
	if (!IS_ERR(out[1]))
		return 0;
	ofile_put(out[0]);
	return PTR_ERR(out[1]);
}

long sys_socketpair(int family, int type, int protocol, int __user *ufds)
{
	bool cloexec = type & SOCK_CLOEXEC;
	struct ofile *f[2] = { NULL, NULL };
	int fd[2], err;

	if (!type_flags_ok(type))
		return -EINVAL;
	err = make_pair(family, type, protocol, f);
	if (err)
		return err;
	fd[0] = fd_reserve(0, cloexec);
	fd[1] = fd[0] < 0 ? fd[0] : fd_reserve(0, cloexec);
	err = fd[1] < 0 ? fd[1] : user_copyout(ufds, fd, sizeof(fd));
	if (!err) {
		fd_publish(fd[0], f[0]);
		fd_publish(fd[1], f[1]);
		return 0;
	}
	if (fd[0] >= 0)
		fd_cancel(fd[0]);
	if (fd[1] >= 0)
		fd_cancel(fd[1]);
	ofile_put(f[0]);
	ofile_put(f[1]);
	return err;
}

long sys_bind(int fd, const void __user *uaddr, int len)
{
	struct sockaddr_any a;
	struct netsock *s;
	struct fdref r;
	int err;

	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	err = sockaddr_in(&a, uaddr, len);
	if (!err)
		err = svc_net_bind(s, &a, len);
	fd_return(r);
	return err;
}

long sys_connect(int fd, const void __user *uaddr, int len)
{
	struct sockaddr_any a;
	struct netsock *s;
	struct fdref r;
	int err;

	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	err = sockaddr_in(&a, uaddr, len);
	if (!err)
		err = svc_net_connect(s, &a, len, !(r.file->of_flags & O_NONBLOCK));
	fd_return(r);
	return err;
}

long sys_listen(int fd, int backlog)
{
	struct netsock *s;
	struct fdref r;
	int err;

	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	err = svc_net_listen(s, backlog);
	fd_return(r);
	return err;
}

static int accept_on(struct netsock *s, bool may_block, void __user *uaddr, s32 __user *ulen, int flags)
{
	struct netsock *c = svc_net_accept(s, may_block);
	struct sockaddr_any a;
	struct ofile *f;
	u32 len;
	int fd, err = 0;

	if (IS_ERR(c))
		return PTR_ERR(c);
	f = netsock_file(c, flags & SOCK_NONBLOCK ? O_NONBLOCK : 0);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_reserve(0, flags & SOCK_CLOEXEC);
	if (fd < 0) {
		ofile_put(f);
		return fd;
	}
	if (uaddr) {
		err = c->ops->getname(c, &a, &len, SOCKEND_ACCEPTED);
		err = err ? -ECONNABORTED : sockaddr_out(&a, len, uaddr, ulen);
	}
	if (err) {
		fd_cancel(fd);
		ofile_put(f);
		return err;
	}
	fd_publish(fd, f);
	return fd;
}

long sys_accept4(int fd, void __user *uaddr, s32 __user *ulen, int flags)
{
	struct netsock *s;
	struct fdref r;
	int err;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	err = accept_on(s, !(r.file->of_flags & O_NONBLOCK), uaddr, ulen, flags);
	fd_return(r);
	return err;
}

long sys_accept(int fd, void __user *uaddr, s32 __user *ulen)
{
	return sys_accept4(fd, uaddr, ulen, 0);
}

static long getname(int fd, void __user *uaddr, s32 __user *ulen, enum sockend end)
{
	struct sockaddr_any a;
	struct netsock *s;
	struct fdref r;
	u32 len;
	int err;

	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	err = s->ops->getname(s, &a, &len, end);
	if (!err)
		err = sockaddr_out(&a, len, uaddr, ulen);
	fd_return(r);
	return err;
}

long sys_getsockname(int fd, void __user *uaddr, s32 __user *ulen)
{
	return getname(fd, uaddr, ulen, SOCKEND_OWN);
}

long sys_getpeername(int fd, void __user *uaddr, s32 __user *ulen)
{
	return getname(fd, uaddr, ulen, SOCKEND_PEER);
}

long sys_shutdown(int fd, int how)
{
	struct netsock *s;
	struct fdref r;
	int err;

	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	err = how < SHUT_RD || how > SHUT_RDWR ? -EINVAL : svc_net_shutdown(s, how);
	fd_return(r);
	return err;
}

long sys_setsockopt(int fd, int level, int name, const void __user *uval, int len)
{
	struct netsock *s;
	struct fdref r;
	u64 small[8];
	void *val = small;
	int err;

	if (len < 0 || len > (int)SOCKOPT_MAX)
		return -EINVAL;
	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	if ((u32)len > sizeof(small))
		val = kmem_alloc(len, ALLOC_KERNEL);
	err = val ? user_copyin(val, uval, len) : -ENOMEM;
	if (!err)
		err = sockopt_set(s, level, name, val, len);
	if (val != small)
		kmem_free(val);
	fd_return(r);
	return err;
}

long sys_getsockopt(int fd, int level, int name, void __user *uval, s32 __user *ulen)
{
	struct netsock *s;
	struct fdref r;
	u32 len;
	s32 room;
	void *val;
	int err = 0;

	if (user_get(room, ulen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	val = kmem_zalloc(SOCKOPT_MAX, ALLOC_KERNEL);
	len = min_t(u32, room, SOCKOPT_MAX);
	if (val && level >= 256)	/* some of these say there what they ask for */
		err = user_copyin(val, uval, len);
	if (!err)
		err = val ? sockopt_get(s, level, name, val, &len) : -ENOMEM;
	fd_return(r);
	if (!err && user_copyout(uval, val, min_t(u32, len, room)))
		err = -EFAULT;
	kmem_free(val);
	if (!err || err == -ERANGE) {
		int e2 = user_put((s32)len, ulen);

		err = e2 ? e2 : err;
	}
	return err;
}
