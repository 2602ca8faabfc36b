// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_VSOCK within one machine. With the host: tests/net/vsock-host.
 *
 * guest-modules: vsock_loopback, vsock_diag
 */
#include "../tap.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/vm_sockets.h>
#include <linux/vm_sockets_diag.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static struct sockaddr_vm vm(unsigned cid, unsigned port)
{
	return (struct sockaddr_vm){ .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
}

static int sock(int type)
{
	int s = socket(AF_VSOCK, type, 0);

	NEED(s >= 0);
	return s;
}

static int listener(int type, unsigned port)
{
	struct sockaddr_vm a = vm(VMADDR_CID_ANY, port);
	int s = sock(type);

	NEED(bind(s, (void *)&a, sizeof(a)) == 0);
	NEED(listen(s, 8) == 0);
	return s;
}

static void pair_of(int type, unsigned port, int fd[2])
{
	struct sockaddr_vm a = vm(VMADDR_CID_LOCAL, port);
	int l = listener(type, port);

	fd[0] = sock(type);
	NEED(connect(fd[0], (void *)&a, sizeof(a)) == 0);
	fd[1] = accept(l, NULL, NULL);
	NEED(fd[1] >= 0);
	close(l);
}

static short events_of(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };

	NEED(poll(&p, 1, 0) >= 0);
	return p.revents;
}

CASE(socket_types)
{
	FAILS(socket(AF_VSOCK, SOCK_RAW, 0), ESOCKTNOSUPPORT);
	FAILS(socket(AF_VSOCK, SOCK_STREAM, 7), EPROTONOSUPPORT);
	CHECK(socket(AF_VSOCK, SOCK_STREAM, AF_VSOCK) >= 0);
	CHECK(socket(AF_VSOCK, SOCK_SEQPACKET, 0) >= 0);
}

CASE(bind_checks_its_address)
{
	struct sockaddr_vm a = vm(VMADDR_CID_ANY, 5000), b = vm(VMADDR_CID_LOCAL, 5000), got;
	int s = sock(SOCK_STREAM), t = sock(SOCK_STREAM);
	socklen_t n = sizeof(got);

	NEED(getsockname(s, (void *)&got, &n) == 0);
	CHECK_EQ(n, sizeof(got));
	CHECK_EQ(got.svm_cid, VMADDR_CID_ANY);
	CHECK_EQ(got.svm_port, VMADDR_PORT_ANY);
	FAILS(bind(s, (void *)&a, 8), EINVAL);
	a.svm_family = AF_INET;
	FAILS(bind(s, (void *)&a, sizeof(a)), EINVAL);
	a = vm(77, 5000);
	FAILS(bind(s, (void *)&a, sizeof(a)), EADDRNOTAVAIL);
	a = vm(VMADDR_CID_ANY, 5000);
	CHECK(bind(s, (void *)&a, sizeof(a)) == 0);
	FAILS(bind(s, (void *)&a, sizeof(a)), EINVAL);
	FAILS(bind(t, (void *)&b, sizeof(b)), EADDRINUSE);
	b = vm(VMADDR_CID_LOCAL, VMADDR_PORT_ANY);
	CHECK(bind(t, (void *)&b, sizeof(b)) == 0);
	NEED(getsockname(t, (void *)&got, &n) == 0);
	CHECK_EQ(got.svm_cid, VMADDR_CID_LOCAL);
	CHECK(got.svm_port >= 1024 && got.svm_port != VMADDR_PORT_ANY);
}

CASE(low_ports_are_for_root)
{
	struct sockaddr_vm a = vm(VMADDR_CID_ANY, 1000);
	int s = sock(SOCK_STREAM);

	NEED(seteuid(1000) == 0);
	FAILS(bind(s, (void *)&a, sizeof(a)), EACCES);
	NEED(seteuid(0) == 0);
	CHECK(bind(s, (void *)&a, sizeof(a)) == 0);
}

CASE(connect_and_names)
{
	struct sockaddr_vm a = vm(VMADDR_CID_LOCAL, 5001), got;
	int l = listener(SOCK_STREAM, 5001), c = sock(SOCK_STREAM), s, v = 0;
	socklen_t n = sizeof(got);

	FAILS(getpeername(c, (void *)&got, &n), ENOTCONN);
	CHECK_EQ(events_of(l), 0);
	CHECK(connect(c, (void *)&a, sizeof(a)) == 0);
	FAILS(connect(c, (void *)&a, sizeof(a)), EISCONN);
	CHECK_EQ(events_of(l), POLLIN);
	s = accept(l, (void *)&got, &n);
	NEED(s >= 0);
	CHECK_EQ(got.svm_family, AF_VSOCK);
	CHECK_EQ(got.svm_cid, VMADDR_CID_LOCAL);
	NEED(getsockname(c, (void *)&a, &n) == 0);
	CHECK_EQ(a.svm_port, got.svm_port);
	NEED(getsockname(s, (void *)&a, &n) == 0);
	CHECK_EQ(a.svm_port, 5001);
	CHECK_EQ(a.svm_cid, VMADDR_CID_LOCAL);
	NEED(getpeername(c, (void *)&a, &n) == 0);
	CHECK_EQ(a.svm_port, 5001);
	n = sizeof(v);
	CHECK(getsockopt(l, SOL_SOCKET, SO_ACCEPTCONN, &v, &n) == 0 && v == 1);
}

CASE(nobody_listens)
{
	struct sockaddr_vm a = vm(VMADDR_CID_LOCAL, 5002);
	int c = sock(SOCK_STREAM);

	FAILS(connect(c, (void *)&a, sizeof(a)), ECONNRESET);
	a.svm_family = AF_UNIX;
	FAILS(connect(c, (void *)&a, sizeof(a)), EINVAL);
	FAILS(send(c, "x", 1, MSG_NOSIGNAL), ENOTCONN);
	FAILS(recv(c, &a, 1, 0), ENOTCONN);
	FAILS(shutdown(c, SHUT_WR), ENOTCONN);
	FAILS(listen(sock(SOCK_STREAM), 1), EINVAL);
	a = vm(VMADDR_CID_LOCAL, 5002);
	listener(SOCK_STREAM, 5002);
	CHECK(connect(c, (void *)&a, sizeof(a)) == 0);
}

CASE(types_do_not_mix)
{
	struct sockaddr_vm a = vm(VMADDR_CID_LOCAL, 5003);
	int c = sock(SOCK_SEQPACKET);

	listener(SOCK_STREAM, 5003);
	FAILS(connect(c, (void *)&a, sizeof(a)), ECONNRESET);
}

CASE(stream_carries_bytes)
{
	char buf[64];
	int fd[2];

	pair_of(SOCK_STREAM, 5004, fd);
	CHECK_EQ(events_of(fd[0]), POLLOUT);
	CHECK_EQ(send(fd[0], "hello ", 6, 0), 6);
	CHECK_EQ(send(fd[0], "world", 5, 0), 5);
	CHECK_EQ(events_of(fd[1]), POLLIN | POLLOUT);
	CHECK_EQ(recv(fd[1], buf, 3, MSG_PEEK), 3);
	CHECK_EQ(recv(fd[1], buf, 11, MSG_WAITALL), 11);
	CHECK(!memcmp(buf, "hello world", 11));
	FAILS(recv(fd[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	FAILS(send(fd[0], "x", 1, MSG_OOB), EOPNOTSUPP);
	CHECK_EQ(write(fd[1], "back", 4), 4);
	CHECK_EQ(read(fd[0], buf, sizeof(buf)), 4);
}

CASE(full_buffer_blocks)
{
	static char block[65536];
	size_t sent = 0, got = 0;
	int fd[2];
	ssize_t n;

	pair_of(SOCK_STREAM, 5005, fd);
	while ((n = send(fd[0], block, sizeof(block), MSG_DONTWAIT)) > 0)
		sent += (size_t)n;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(sent, 262144);
	CHECK_EQ(events_of(fd[0]), 0);
	while ((n = recv(fd[1], block, sizeof(block), MSG_DONTWAIT)) > 0)
		got += (size_t)n;
	CHECK_EQ(got, sent);
	CHECK_EQ(events_of(fd[0]), POLLOUT);
	CHECK_EQ(send(fd[0], block, sizeof(block), MSG_DONTWAIT), sizeof(block));
}

static void *pump(void *arg)
{
	static unsigned char block[10007];
	int fd = *(int *)arg;
	unsigned at = 0;

	for (int i = 0; i < 400; i++) {
		for (unsigned k = 0; k < sizeof(block); k++)
			block[k] = (unsigned char)(at++ % 251);
		for (unsigned k = 0; k < sizeof(block);) {
			ssize_t n = send(fd, block + k, sizeof(block) - k, 0);

			if (n <= 0)
				return "send failed";
			k += (unsigned)n;
		}
	}
	shutdown(fd, SHUT_WR);
	return NULL;
}

CASE(four_megabytes_arrive_in_order)
{
	unsigned char buf[7919];
	unsigned at = 0, bad = 0;
	pthread_t t;
	void *why;
	int fd[2];
	ssize_t n;

	pair_of(SOCK_STREAM, 5006, fd);
	NEED(pthread_create(&t, NULL, pump, &fd[0]) == 0);
	while ((n = recv(fd[1], buf, sizeof(buf), 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			bad += buf[i] != (unsigned char)(at++ % 251);
	CHECK_EQ(n, 0);
	CHECK_EQ(at, 400 * 10007);
	CHECK_EQ(bad, 0);
	pthread_join(t, &why);
	CHECK(why == NULL);
}

CASE(messages_keep_their_borders)
{
	char buf[16];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	static char big[300000];
	int fd[2];

	pair_of(SOCK_SEQPACKET, 5007, fd);
	CHECK_EQ(send(fd[0], "one", 3, 0), 3);
	CHECK_EQ(send(fd[0], "second", 6, MSG_EOR), 6);
	CHECK_EQ(send(fd[0], "a message that is long", 22, 0), 22);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 3);
	CHECK_EQ(m.msg_flags & (MSG_EOR | MSG_TRUNC), 0);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 6);
	CHECK_EQ(m.msg_flags & (MSG_EOR | MSG_TRUNC), MSG_EOR);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 16);
	CHECK_EQ(m.msg_flags & (MSG_EOR | MSG_TRUNC), MSG_TRUNC);
	FAILS(recvmsg(fd[1], &m, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(send(fd[0], big, 4, 0), 4);
	CHECK_EQ(recv(fd[1], buf, 2, MSG_TRUNC), 4);
	FAILS(send(fd[0], big, sizeof(big), 0), ENOMEM);
	CHECK_EQ(send(fd[0], big, 200000, 0), 200000);
	CHECK_EQ(recv(fd[1], big, sizeof(big), 0), 200000);
}

CASE(shutdown_of_one_direction)
{
	char buf[8];
	int fd[2];

	pair_of(SOCK_STREAM, 5008, fd);
	CHECK_EQ(send(fd[0], "last", 4, 0), 4);
	CHECK(shutdown(fd[0], SHUT_WR) == 0);
	FAILS(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(events_of(fd[1]), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(recv(fd[1], buf, 8, 0), 4);
	CHECK_EQ(recv(fd[1], buf, 8, 0), 0);
	CHECK_EQ(send(fd[1], "still", 5, 0), 5);
	CHECK_EQ(recv(fd[0], buf, 8, 0), 5);
	CHECK(shutdown(fd[1], SHUT_WR) == 0);
	CHECK_EQ(recv(fd[0], buf, 8, 0), 0);
	FAILS(shutdown(fd[0], 7), EINVAL);
}

CASE(close_is_seen)
{
	char buf[8];
	int fd[2];

	pair_of(SOCK_STREAM, 5009, fd);
	CHECK_EQ(send(fd[0], "data", 4, 0), 4);
	close(fd[0]);
	CHECK_EQ(recv(fd[1], buf, 8, 0), 4);
	CHECK_EQ(recv(fd[1], buf, 8, 0), 0);
	FAILS(send(fd[1], "x", 1, MSG_NOSIGNAL), EPIPE);
}

CASE(close_wakes_a_reader)
{
	char c;
	int fd[2];
	pid_t pid;

	pair_of(SOCK_STREAM, 5010, fd);
	CHILD(pid, close(fd[0]); CHECK_EQ(recv(fd[1], &c, 1, 0), 0));
	close(fd[1]);
	msleep(50);
	close(fd[0]);
	JOIN(pid);
}

CASE(accept_waits_or_not)
{
	int l = listener(SOCK_STREAM, 5011);
	struct timeval tv = { 0, 20000 };

	NEED(fcntl(l, F_SETFL, O_NONBLOCK) == 0);
	FAILS(accept(l, NULL, NULL), EAGAIN);
	NEED(fcntl(l, F_SETFL, 0) == 0);
	NEED(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	FAILS(accept(l, NULL, NULL), EAGAIN);
	FAILS(accept(sock(SOCK_STREAM), NULL, NULL), EINVAL);
}

CASE(closing_a_listener_ends_its_connections)
{
	struct sockaddr_vm a = vm(VMADDR_CID_LOCAL, 5012);
	int l = listener(SOCK_STREAM, 5012), c = sock(SOCK_STREAM);
	char buf[4];

	NEED(connect(c, (void *)&a, sizeof(a)) == 0);
	close(l);
	CHECK_EQ(recv(c, buf, 4, 0), 0);
}

CASE(buffer_options)
{
	unsigned long long v = 0;
	struct timeval tv = { 3, 500000 };
	static char block[65536];
	int s = sock(SOCK_STREAM), fd[2];
	socklen_t n = sizeof(v);

	CHECK(getsockopt(s, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &v, &n) == 0);
	CHECK_EQ(v, 262144);
	CHECK(getsockopt(s, AF_VSOCK, SO_VM_SOCKETS_BUFFER_MIN_SIZE, &v, &n) == 0);
	CHECK_EQ(v, 128);
	v = 1;
	CHECK(setsockopt(s, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &v, n) == 0);
	CHECK(getsockopt(s, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &v, &n) == 0);
	CHECK_EQ(v, 128);
	n = sizeof(tv);
	CHECK(setsockopt(s, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &tv, n) == 0);
	memset(&tv, 0, sizeof(tv));
	CHECK(getsockopt(s, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &tv, &n) == 0);
	CHECK(tv.tv_sec == 3 && tv.tv_usec == 500000);
	FAILS(setsockopt(s, AF_VSOCK, 99, &v, sizeof(v)), ENOPROTOOPT);
	FAILS(setsockopt(s, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &v, 4), EINVAL);
	pair_of(SOCK_STREAM, 5013, fd);
	v = 4096;
	n = sizeof(v);
	CHECK(setsockopt(fd[1], AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &v, n) == 0);
	for (int i = 0; i < 20; i++) {		/* the other end has heard of it */
		ssize_t k = send(fd[0], block, sizeof(block), MSG_DONTWAIT);

		if (k > 0)
			CHECK_EQ(k, 4096);
		else
			CHECK_EQ(errno, EAGAIN);
		msleep(1);
	}
}

CASE(device_tells_the_number)
{
	unsigned cid = 0;
	int fd = open("/dev/vsock", O_RDONLY);

	NEED(fd >= 0);
	CHECK(ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) == 0);
	CHECK_EQ(cid, VMADDR_CID_LOCAL);	/* this machine has no such device */
	FAILS(ioctl(fd, 0x1234, &cid), ENOTTY);
}

CASE(without_a_device_this_is_the_host)
{
	struct sockaddr_vm a = vm(VMADDR_CID_HOST, 5014);
	int c = sock(SOCK_STREAM);

	FAILS(connect(c, (void *)&a, sizeof(a)), ECONNRESET);
	listener(SOCK_STREAM, 5014);
	CHECK(connect(c, (void *)&a, sizeof(a)) == 0);
	a = vm(77, 5014);
	FAILS(connect(sock(SOCK_STREAM), (void *)&a, sizeof(a)), ENODEV);
}

/* States of the sockets that have port @port at this end, as bits. */
static unsigned listed(unsigned port, unsigned states)
{
	struct { struct nlmsghdr h; struct vsock_diag_req r; } q = {
		.h = { sizeof(q), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		.r = { .sdiag_family = AF_VSOCK, .vdiag_states = states },
	};
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	unsigned found = 0;
	char buf[8192];

	NEED(s >= 0);
	NEED(send(s, &q, sizeof(q), 0) == sizeof(q));
	for (;;) {
		int n = (int)recv(s, buf, sizeof(buf), 0);

		NEED(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (unsigned)n); h = NLMSG_NEXT(h, n)) {
			struct vsock_diag_msg *m = NLMSG_DATA(h);

			if (h->nlmsg_type == NLMSG_DONE) {
				close(s);
				return found;
			}
			NEED(h->nlmsg_type == SOCK_DIAG_BY_FAMILY);
			CHECK_EQ(m->vdiag_family, AF_VSOCK);
			if (m->vdiag_src_port == port)
				found |= 1u << m->vdiag_state;
		}
	}
}

CASE(sockets_are_listed)
{
	struct sockaddr_vm a = vm(VMADDR_CID_LOCAL, 5015);
	int l = listener(SOCK_STREAM, 5015), c = sock(SOCK_STREAM), s;

	CHECK_EQ(listed(5015, ~0u), 1u << 10);
	NEED(connect(c, (void *)&a, sizeof(a)) == 0);
	s = accept(l, NULL, NULL);
	NEED(s >= 0);
	CHECK_EQ(listed(5015, ~0u), 1u << 10 | 1u << 1);
	CHECK_EQ(listed(5015, 1u << 1), 1u << 1);
	close(l);
	CHECK_EQ(listed(5015, 1u << 10), 0);
}

TAP_MAIN
