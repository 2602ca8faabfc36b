// SPDX-License-Identifier: GPL-2.0-only
/* System calls that move messages: send, receive, one or many. */
#include "core_impl.h"

#include <generated/svc_net.h>
#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#define CONTROL_MAX	20480u	/* bytes of control data in one send */
#define CONTROL_INLINE	96
#define MMSG_MAX	1024u

static u32 nonblock_flag(const struct ofile *f)
{
	return f->of_flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

long sys_sendto(int fd, const void __user *buf, size_t len, u32 flags, const void __user *uaddr, int addrlen)
{
	struct sockaddr_any a;
	struct sockmsg m = { .flags = flags };
	struct netsock *s;
	struct fdref r;
	struct uio u;
	long n;
	int err;

	err = uio_init_user(&u, (void __user *)buf, min_t(size_t, len, S32_MAX & PAGE_MASK));
	if (err)
		return err;
	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	m.uio = &u;
	m.flags |= nonblock_flag(r.file);
	if (uaddr) {
		err = sockaddr_in(&a, uaddr, addrlen);
		m.name = &a;
		m.name_len = addrlen;
	}
	n = err < 0 && uaddr ? err : svc_net_send(s, &m);
	fd_return(r);
	return n;
}

long sys_recvfrom(int fd, void __user *buf, size_t len, u32 flags, void __user *uaddr, s32 __user *ulen)
{
	struct sockaddr_any a;
	struct sockmsg m = { .flags = flags, .name = uaddr ? &a : NULL };
	struct netsock *s;
	struct fdref r;
	struct uio u;
	long n;
	int err;

	err = uio_init_user(&u, buf, min_t(size_t, len, S32_MAX & PAGE_MASK));
	if (err)
		return err;
	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	m.uio = &u;
	m.flags |= nonblock_flag(r.file);
	n = svc_net_recv(s, &m);
	fd_return(r);
	if (n >= 0 && uaddr) {
		err = sockaddr_out(&a, m.name_len, uaddr, ulen);
		n = err ? err : n;
	}
	return n;
}

/* ---- sendmsg ---- */

struct send_state {
	struct sockaddr_any name;
	struct iovec store[UIO_FAST];
	u64 control[CONTROL_INLINE / 8];
};

static ssize_t send_hdr(struct netsock *s, const struct msghdr *h, u32 flags, struct send_state *st)
{
	struct sockmsg m = { .flags = flags, .control_len = h->controllen };
	struct iovec *iov_mem = NULL;
	void *ctl = NULL;
	struct uio u;
	ssize_t n;

	if (h->namelen < 0 || h->controllen > CONTROL_MAX)
		return h->namelen < 0 ? -EINVAL : -ENOBUFS;
	if (h->iovlen > 1024)
		return -EMSGSIZE;
	if (h->name && h->namelen) {
		m.name_len = min_t(u32, h->namelen, sizeof(st->name));
		if (user_copyin(&st->name, (void __user *)h->name, m.name_len))
			return -EFAULT;
		m.name = &st->name;
	}
	n = uio_import(&u, (const struct iovec __user *)h->iov, h->iovlen, st->store, &iov_mem);
	if (n)
		return n;
	m.uio = &u;
	if (h->controllen) {
		ctl = h->controllen <= sizeof(st->control) ? st->control :
		      kmem_alloc(h->controllen, ALLOC_KERNEL);
		n = ctl ? 0 : -ENOMEM;
		if (ctl && user_copyin(ctl, (void __user *)h->control, h->controllen))
			n = -EFAULT;
		m.control = ctl;
	}
	if (!n)
		n = svc_net_send(s, &m);
	if (ctl != st->control)
		kmem_free(ctl);
	kmem_free(iov_mem);
	return n;
}

long sys_sendmsg(int fd, const struct msghdr __user *uh, u32 flags)
{
	struct send_state st;
	struct msghdr h;
	struct netsock *s;
	struct fdref r;
	long n;
	int err;

	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	n = user_copyin(&h, uh, sizeof(h)) ? -EFAULT :
	    send_hdr(s, &h, flags | nonblock_flag(r.file), &st);
	fd_return(r);
	return n;
}

long sys_sendmmsg(int fd, struct mmsghdr __user *uv, u32 count, u32 flags)
{
	struct send_state st;
	struct netsock *s;
	struct fdref r;
	u32 done = 0;
	long n = 0;
	int err;

	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	flags |= nonblock_flag(r.file);
	for (count = min(count, MMSG_MAX); done < count; done++) {
		struct msghdr h;

		n = user_copyin(&h, &uv[done].hdr, sizeof(h)) ? -EFAULT : send_hdr(s, &h, flags, &st);
		if (n >= 0)
			n = user_put((u32)n, &uv[done].len);
		if (n < 0)
			break;
		sched_check();
	}
	fd_return(r);
	return done ? (long)done : n;
}

/* ---- recvmsg ---- */

struct recv_state {
	struct sockaddr_any name;
	struct iovec store[UIO_FAST];
};

static ssize_t recv_hdr(struct netsock *s, struct msghdr __user *uh, u32 flags, struct recv_state *st)
{
	struct sockmsg m = { .flags = flags };
	struct iovec *iov_mem = NULL;
	struct msghdr h;
	struct uio u;
	ssize_t n;
	int err = 0;

	if (user_copyin(&h, uh, sizeof(h)))
		return -EFAULT;
	if (h.namelen < 0)
		return -EINVAL;
	if (h.iovlen > 1024)
		return -EMSGSIZE;
	n = uio_import(&u, (const struct iovec __user *)h.iov, h.iovlen, st->store, &iov_mem);
	if (n)
		return n;
	m.uio = &u;
	m.name = h.name ? &st->name : NULL;
	m.ctl_out = (char __user *)h.control;
	m.ctl_left = h.controllen;
	n = svc_net_recv(s, &m);
	kmem_free(iov_mem);
	if (n < 0)
		return n;
	if (h.name)
		err = sockaddr_out(&st->name, m.name_len, (void __user *)h.name, &uh->namelen);
	if (!err)
		err = user_put(m.out_flags | (flags & MSG_CMSG_CLOEXEC), &uh->flags);
	if (!err)
		err = user_put((u64)m.ctl_out - h.control, &uh->controllen);
	return err ? err : n;
}

long sys_recvmsg(int fd, struct msghdr __user *uh, u32 flags)
{
	struct recv_state st;
	struct netsock *s;
	struct fdref r;
	long n;
	int err;

	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	n = recv_hdr(s, uh, flags | nonblock_flag(r.file), &st);
	fd_return(r);
	return n;
}

long sys_recvmmsg(int fd, struct mmsghdr __user *uv, u32 count, u32 flags, const void __user *utimeout)
{
	nsec_t deadline = WAIT_FOREVER;
	struct recv_state st;
	struct netsock *s;
	struct fdref r;
	u32 done = 0;
	long n = 0;
	u64 ns;
	int err;

	if (utimeout) {
		err = user_get_timespec(&ns, utimeout);
		if (err)
			return err;
		deadline = deadline_after(ns);
	}
	s = sock_borrow(fd, &r, &err);
	if (!s)
		return err;
	flags |= nonblock_flag(r.file);
	for (count = min(count, MMSG_MAX); done < count; done++) {
		n = recv_hdr(s, &uv[done].hdr, flags & ~MSG_WAITFORONE, &st);
		if (n >= 0)
			n = user_put((u32)n, &uv[done].len);
		if (n < 0)
			break;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != WAIT_FOREVER && clock_ns() >= deadline) {
			done++;
			break;
		}
		sched_check();
	}
	fd_return(r);
	return done ? (long)done : n;
}
