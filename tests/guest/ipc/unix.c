// SPDX-License-Identifier: GPL-2.0-only
/* AF_UNIX sockets. */
#include "tap.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static int sv[2];
static char buf[4096];

static void pair(int type)
{
	NEED(socketpair(AF_UNIX, type, 0, sv) == 0);
}

static struct sockaddr_un addr(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, path);
	return a;
}

CASE(creation_errors)
{
	FAILS(socket(AF_UNIX, 9, 0), ESOCKTNOSUPPORT);
	FAILS(socket(AF_UNIX, 77, 0), EINVAL);
	FAILS(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
	FAILS(socket(AF_UNIX, SOCK_STREAM, 5), EPROTONOSUPPORT);
	FAILS(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8), EFAULT);
	FAILS(recv(0, buf, 1, 0), ENOTSOCK);
	FAILS(bind(99, NULL, 0), EBADF);
}

CASE(stream_is_a_byte_stream)
{
	pair(SOCK_STREAM);
	CHECK_EQ(write(sv[0], "hello", 5), 5);
	CHECK_EQ(send(sv[0], "world", 5, 0), 5);
	CHECK_EQ(recv(sv[1], buf, 3, MSG_PEEK), 3);
	CHECK_EQ(recv(sv[1], buf, 100, 0), 10);
	CHECK(!memcmp(buf, "helloworld", 10));
	FAILS(recv(sv[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	shutdown(sv[0], SHUT_WR);
	CHECK_EQ(read(sv[1], buf, 1), 0);
	FAILS(send(sv[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(write(sv[1], "back", 4), 4);
	CHECK_EQ(read(sv[0], buf, 10), 4);
	close(sv[1]);
	CHECK_EQ(read(sv[0], buf, 1), 0);
}

CASE(datagrams_keep_their_borders)
{
	pair(SOCK_DGRAM);
	send(sv[0], "one", 3, 0);
	send(sv[0], "three", 5, 0);
	CHECK_EQ(recv(sv[1], buf, 2, MSG_TRUNC), 3);
	CHECK_EQ(recv(sv[1], buf, 100, 0), 5);
	CHECK_EQ(send(sv[0], "", 0, 0), 0);
	CHECK_EQ(recv(sv[1], buf, 100, 0), 0);
	pair(SOCK_SEQPACKET);
	send(sv[0], "ab", 2, 0);
	send(sv[0], "cd", 2, 0);
	CHECK_EQ(recv(sv[1], buf, 100, 0), 2);
	close(sv[0]);
	CHECK_EQ(recv(sv[1], buf, 100, 0), 2);
	CHECK_EQ(recv(sv[1], buf, 100, 0), 0);
}

CASE(connect_and_accept_by_path)
{
	struct sockaddr_un a = addr("sock"), got;
	socklen_t len = sizeof(got);
	struct stat st;
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), s;
	struct ucred cred;

	FAILS(connect(c, (void *)&a, sizeof(a)), ENOENT);
	CHECK(bind(l, (void *)&a, sizeof(a)) == 0);
	CHECK(stat("sock", &st) == 0 && S_ISSOCK(st.st_mode));
	FAILS(connect(c, (void *)&a, sizeof(a)), ECONNREFUSED);
	FAILS(bind(c, (void *)&a, sizeof(a)), EADDRINUSE);
	FAILS(accept(l, NULL, NULL), EINVAL);
	CHECK(listen(l, 5) == 0);
	CHECK(connect(c, (void *)&a, sizeof(a)) == 0);
	FAILS(connect(c, (void *)&a, sizeof(a)), EISCONN);
	s = accept4(l, (void *)&got, &len, SOCK_CLOEXEC);
	CHECK(s >= 0);
	CHECK_EQ(fcntl(s, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(len, 2);
	len = sizeof(got);
	CHECK(getpeername(c, (void *)&got, &len) == 0);
	CHECK_STR(got.sun_path, "sock");
	len = sizeof(cred);
	CHECK(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0);
	CHECK_EQ(cred.pid, getpid());
	write(c, "hi", 2);
	CHECK_EQ(read(s, buf, 10), 2);
	FAILS(open("sock", O_RDWR), ENXIO);
	close(l);
	int d = socket(AF_UNIX, SOCK_STREAM, 0);
	FAILS(connect(d, (void *)&a, sizeof(a)), ECONNREFUSED);
	a.sun_family = AF_INET;
	FAILS(connect(d, (void *)&a, sizeof(a)), EINVAL);
}

CASE(abstract_names)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t n = 2 + 1 + snprintf(a.sun_path + 1, 50, "tap%d", getpid());

	CHECK(bind(l, (void *)&a, n) == 0);
	CHECK(listen(l, 1) == 0);
	CHECK(connect(c, (void *)&a, n) == 0);
	close(l);
	close(c);
	int again = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(again, (void *)&a, n) == 0);
}

CASE(descriptors_travel)
{
	char control[CMSG_SPACE(sizeof(int))], byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int p[2], fd;

	pair(SOCK_STREAM);
	NEED(pipe(p) == 0);
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &p[0], sizeof(int));
	CHECK_EQ(sendmsg(sv[0], &m, 0), 1);
	close(p[0]);
	memset(control, 0, sizeof(control));
	m.msg_controllen = sizeof(control);
	CHECK_EQ(recvmsg(sv[1], &m, MSG_CMSG_CLOEXEC), 1);
	c = CMSG_FIRSTHDR(&m);
	NEED(c && c->cmsg_type == SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	write(p[1], "via", 3);
	CHECK_EQ(read(fd, buf, 10), 3);
	fd = 99;
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	m.msg_controllen = sizeof(control);
	FAILS(sendmsg(sv[0], &m, 0), EBADF);
}

CASE(credentials_travel)
{
	char control[CMSG_SPACE(sizeof(struct ucred))], byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	struct ucred cred;
	int on = 1;

	pair(SOCK_DGRAM);
	CHECK(setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
	CHECK_EQ(send(sv[0], "x", 1, 0), 1);
	CHECK_EQ(recvmsg(sv[1], &m, 0), 1);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	NEED(c && c->cmsg_type == SCM_CREDENTIALS);
	memcpy(&cred, CMSG_DATA(c), sizeof(cred));
	CHECK_EQ(cred.pid, getpid());
	CHECK_EQ(cred.uid, getuid());
}

CASE(blocking_and_poll)
{
	struct pollfd f;
	pid_t pid;

	pair(SOCK_STREAM);
	f = (struct pollfd){ sv[1], POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_EQ(f.revents, POLLOUT);
	CHILD(pid, msleep(30); write(sv[0], "x", 1));
	f.events = POLLIN;
	CHECK_EQ(poll(&f, 1, 5000), 1);
	CHECK_EQ(read(sv[1], buf, 10), 1);
	JOIN(pid);
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	while (write(sv[0], buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	close(sv[0]);
	f.events = POLLIN;
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_EQ(f.revents, POLLIN | POLLHUP);
}

CASE(options)
{
	int v;
	socklen_t n = sizeof(v);

	pair(SOCK_STREAM);
	CHECK(getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &v, &n) == 0 && v == SOCK_STREAM);
	CHECK(getsockopt(sv[0], SOL_SOCKET, SO_DOMAIN, &v, &n) == 0 && v == AF_UNIX);
	CHECK(getsockopt(sv[0], SOL_SOCKET, SO_ERROR, &v, &n) == 0 && v == 0);
	FAILS(getsockopt(sv[0], SOL_SOCKET, 9999, &v, &n), ENOPROTOOPT);
	FAILS(setsockopt(sv[0], SOL_SOCKET, 9999, &v, n), ENOPROTOOPT);
	struct timeval tv = { 0, 20000 };
	CHECK(setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	FAILS(recv(sv[0], buf, 1, 0), EAGAIN);
	FAILS(listen(sv[0], 1), EINVAL);
}

TAP_MAIN
