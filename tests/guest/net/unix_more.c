// SPDX-License-Identifier: GPL-2.0-only
/* AF_UNIX: passing descriptors, identities, rings of sockets, flow control, names. */
#include "tap.h"

#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static int sv[2];
static char buf[65536];

static void pair(int type)
{
	NEED(socketpair(AF_UNIX, type, 0, sv) == 0);
}

static socklen_t abstract(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path + 1, name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}

static int send_fds(int s, const int *fds, int n, const char *text)
{
	union { struct cmsghdr h; char b[CMSG_SPACE(300 * sizeof(int))]; } c;
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.b,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };

	memset(&c, 0, sizeof(c));
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	c.h.cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(&c.h), fds, n * sizeof(int));
	return sendmsg(s, &m, 0);
}

/* Received descriptors into @fds; their number, or -1. */
static int recv_fds(int s, int *fds, int max, int flags, int *out_flags)
{
	union { struct cmsghdr h; char b[CMSG_SPACE(300 * sizeof(int))]; } c;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.b,
			    .msg_controllen = max ? CMSG_LEN(max * sizeof(int)) : 0 };
	int n = 0;

	if (recvmsg(s, &m, flags) < 0)
		return -1;
	if (out_flags)
		*out_flags = m.msg_flags;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		if (h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(h), n * sizeof(int));
	}
	return n;
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 400; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

CASE(rights_pass_an_open_file)
{
	int fds[2], got[4], fl;
	struct stat a, b;

	pair(SOCK_STREAM);
	NEED((fds[0] = open("f", O_RDWR | O_CREAT, 0600)) >= 0);
	NEED((fds[1] = open("/dev/null", O_RDONLY)) >= 0);
	NEED(write(fds[0], "abc", 3) == 3);
	CHECK_EQ(send_fds(sv[0], fds, 2, "x"), 1);
	CHECK_EQ(recv_fds(sv[1], got, 4, 0, &fl), 2);
	CHECK_EQ(fl, 0);
	CHECK(!fstat(fds[0], &a) && !fstat(got[0], &b) && a.st_ino == b.st_ino);
	CHECK_EQ(lseek(got[0], 0, SEEK_CUR), 3);	/* one open file: one position */
	CHECK_EQ(fcntl(got[0], F_GETFD), 0);
	CHECK_EQ(send_fds(sv[0], fds, 1, "x"), 1);
	CHECK_EQ(recv_fds(sv[1], got, 4, MSG_CMSG_CLOEXEC, NULL), 1);
	CHECK_EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
}

CASE(rights_that_do_not_fit_are_closed)
{
	int fds[3], got[4], fl, before;

	pair(SOCK_STREAM);
	for (int i = 0; i < 3; i++)
		NEED((fds[i] = open("/dev/null", O_RDONLY)) >= 0);
	before = count_fds();
	CHECK_EQ(send_fds(sv[0], fds, 3, "x"), 1);
	CHECK_EQ(recv_fds(sv[1], got, 2, 0, &fl), 2);
	CHECK(fl & MSG_CTRUNC);
	CHECK_EQ(count_fds(), before + 2);
	CHECK_EQ(send_fds(sv[0], fds, 3, "x"), 1);
	CHECK_EQ(recv_fds(sv[1], got, 0, 0, &fl), 0);
	CHECK(fl & MSG_CTRUNC);
	CHECK_EQ(count_fds(), before + 2);
	fds[2] = 399;
	FAILS(send_fds(sv[0], fds, 3, "x"), EBADF);
}

CASE(rights_split_a_stream)
{
	int fd[1] = { 0 }, got[4];

	pair(SOCK_STREAM);
	CHECK_EQ(write(sv[0], "aa", 2), 2);
	CHECK_EQ(send_fds(sv[0], fd, 1, "bb"), 2);
	CHECK_EQ(write(sv[0], "cc", 2), 2);
	CHECK_EQ(recv_fds(sv[1], got, 4, 0, NULL), 1);
	CHECK(!memcmp(buf, "aabb", 4));
	CHECK_EQ(read(sv[1], buf, 9), 2);
	CHECK(!memcmp(buf, "cc", 2));
}

CASE(peek_duplicates_rights)
{
	int fd[1] = { 0 }, got[4];

	pair(SOCK_DGRAM);
	CHECK_EQ(send_fds(sv[0], fd, 1, "q"), 1);
	CHECK_EQ(recv_fds(sv[1], got, 4, MSG_PEEK, NULL), 1);
	CHECK_EQ(recv_fds(sv[1], got, 4, 0, NULL), 1);
	FAILS(recv_fds(sv[1], got, 4, MSG_DONTWAIT, NULL), EAGAIN);
}

CASE(the_last_reference_may_be_in_flight)
{
	int p[2], got[4];

	pair(SOCK_STREAM);
	NEED(pipe(p) == 0);
	CHECK_EQ(send_fds(sv[0], &p[1], 1, "w"), 1);
	close(p[1]);
	CHECK_EQ(recv_fds(sv[1], got, 4, 0, NULL), 1);
	CHECK_EQ(write(got[0], "hi", 2), 2);
	CHECK_EQ(read(p[0], buf, 9), 2);
	/* In a queue that is thrown away it is closed. */
	CHECK_EQ(send_fds(sv[0], got, 1, "w"), 1);
	close(got[0]);
	close(sv[0]);
	close(sv[1]);
	CHECK_EQ(read(p[0], buf, 9), 0);
}

/* A ring of sockets that hold each other also held a pipe: its end must be seen. */
CASE(rings_are_collected)
{
	int p[2], x[2], other[2];
	struct pollfd pf;

	NEED(pipe(p) == 0);
	for (int round = 0; round < 20; round++) {
		pair(SOCK_STREAM);
		CHECK_EQ(send_fds(sv[0], &sv[0], 1, "a"), 1);
		CHECK_EQ(send_fds(sv[0], &sv[1], 1, "b"), 1);
		CHECK_EQ(send_fds(sv[1], sv, 2, "c"), 1);
		if (!round)
			CHECK_EQ(send_fds(sv[0], &p[1], 1, "d"), 1);
		close(sv[0]);
		close(sv[1]);
	}
	close(p[1]);
	/* Any close starts the search. */
	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, x) == 0);
	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, other) == 0);
	close(x[0]);
	close(x[1]);
	pf = (struct pollfd){ p[0], POLLIN, 0 };
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	CHECK_EQ(read(p[0], buf, 1), 0);
}

CASE(reachable_rings_stay)
{
	int out[2], got[4];

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, out) == 0);
	pair(SOCK_STREAM);
	CHECK_EQ(send_fds(sv[0], &sv[1], 1, "a"), 1);	/* its own end in its queue */
	CHECK_EQ(send_fds(out[0], &sv[1], 1, "b"), 1);	/* and in one we hold */
	close(sv[1]);
	close(sv[0]);
	for (int i = 0; i < 5; i++) {
		int t[2];

		NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, t) == 0);
		close(t[0]);
		close(t[1]);
		usleep(1000);
	}
	CHECK_EQ(recv_fds(out[1], got, 4, 0, NULL), 1);
	CHECK_EQ(recv_fds(got[0], got + 1, 2, 0, NULL), 1);
	CHECK_EQ(buf[0], 'a');
}

CASE(long_chains_close)
{
	int prev[2], cur[2];

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, prev) == 0);
	for (int i = 0; i < 800; i++) {
		NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, cur) == 0);
		NEED(send_fds(cur[0], prev, 2, "c") == 1);
		close(prev[0]);
		close(prev[1]);
		prev[0] = cur[0];
		prev[1] = cur[1];
	}
	close(prev[0]);
	close(prev[1]);
	CHECK(1);
}

CASE(credentials_of_the_sender)
{
	union { struct cmsghdr h; char b[CMSG_SPACE(sizeof(struct ucred))]; } c;
	struct iovec iov = { buf, 10 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.b, .msg_controllen = sizeof(c) };
	struct ucred uc, *got;
	socklen_t len = sizeof(uc);
	int one = 1;

	pair(SOCK_STREAM);
	CHECK(getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &uc, &len) == 0 && uc.pid == getpid() &&
	      uc.uid == getuid());
	NEED(setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) == 0);
	CHECK_EQ(write(sv[0], "x", 1), 1);
	CHECK_EQ(recvmsg(sv[1], &m, 0), 1);
	NEED(CMSG_FIRSTHDR(&m) && CMSG_FIRSTHDR(&m)->cmsg_type == SCM_CREDENTIALS);
	got = (struct ucred *)CMSG_DATA(CMSG_FIRSTHDR(&m));
	CHECK(got->pid == getpid() && got->uid == getuid() && got->gid == getgid());
	/* A made-up identity needs privilege. */
	uc = (struct ucred){ 1, 0, 0 };
	memset(&c, 0, sizeof(c));
	c.h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(uc)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_CREDENTIALS };
	memcpy(CMSG_DATA(&c.h), &uc, sizeof(uc));
	m.msg_controllen = sizeof(c);
	CHECK_EQ(sendmsg(sv[0], &m, 0), 10);
	NEED(setuid(1000) == 0);
	FAILS(sendmsg(sv[0], &m, 0), EPERM);
}

CASE(stream_sender_waits_for_the_reader)
{
	size_t sent = 0, got = 0;
	ssize_t n;
	int out;
	struct pollfd pf;

	pair(SOCK_STREAM | SOCK_NONBLOCK);
	while ((n = write(sv[0], buf, sizeof(buf))) > 0)
		sent += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(sent > 50000 && sent < 1000000);
	pf = (struct pollfd){ sv[0], POLLOUT, 0 };
	CHECK_EQ(poll(&pf, 1, 0), 0);
	CHECK(!ioctl(sv[1], FIONREAD, &out) && (size_t)out == sent);
	while ((n = read(sv[1], buf, sizeof(buf))) > 0)
		got += n;
	CHECK_EQ(got, sent);
	CHECK_EQ(poll(&pf, 1, 0), 1);
}

CASE(blocked_writer_is_woken)
{
	size_t total = 4 << 20, got = 0;
	ssize_t n;
	pid_t pid;

	pair(SOCK_STREAM);
	pid = fork();
	if (!pid) {
		for (size_t i = 0; i < total; i += sizeof(buf))
			if (write(sv[0], buf, sizeof(buf)) != sizeof(buf))
				_exit(1);
		_exit(0);
	}
	close(sv[0]);
	while ((n = read(sv[1], buf, 10000)) > 0)
		got += n;
	CHECK_EQ(got, total);
	JOIN(pid);
}

CASE(datagram_queue_limit)
{
	struct sockaddr_un a;
	socklen_t len = abstract(&a, "tern-dgram-limit");
	int r = socket(AF_UNIX, SOCK_DGRAM, 0), s = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), n = 0;
	struct pollfd pf = { s, POLLOUT, 0 };

	NEED(bind(r, (void *)&a, len) == 0);
	NEED(connect(s, (void *)&a, len) == 0);
	while (send(s, "x", 1, 0) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n > 0 && n < 1000);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	CHECK_EQ(recv(r, buf, 10, 0), 1);
	CHECK_EQ(poll(&pf, 1, 1000), 1);
	CHECK_EQ(send(s, "x", 1, 0), 1);
}

CASE(datagram_borders_and_names)
{
	struct sockaddr_un a, b;
	socklen_t la = abstract(&a, "tern-a"), lb = sizeof(b);
	int r = socket(AF_UNIX, SOCK_DGRAM, 0), s = socket(AF_UNIX, SOCK_DGRAM, 0);

	NEED(bind(r, (void *)&a, la) == 0);
	CHECK_EQ(sendto(s, "12345", 5, 0, (void *)&a, la), 5);
	CHECK_EQ(sendto(s, "", 0, 0, (void *)&a, la), 0);
	CHECK_EQ(recvfrom(r, buf, 2, MSG_TRUNC, (void *)&b, &lb), 5);
	CHECK_EQ(lb, 0);			/* the sender has no name */
	CHECK_EQ(recv(r, buf, 10, 0), 0);
	FAILS(recv(r, buf, 10, MSG_DONTWAIT), EAGAIN);
	/* Autobind: five hexadecimal digits behind a NUL. */
	b.sun_family = AF_UNIX;
	NEED(bind(s, (void *)&b, sizeof(b.sun_family)) == 0);
	lb = sizeof(b);
	CHECK(getsockname(s, (void *)&b, &lb) == 0 && lb == 2 + 6 && !b.sun_path[0]);
	CHECK_EQ(sendto(s, "z", 1, 0, (void *)&a, la), 1);
	lb = sizeof(b);
	CHECK(recvfrom(r, buf, 9, 0, (void *)&b, &lb) == 1 && lb == 8);
	close(r);
	FAILS(sendto(s, "z", 1, 0, (void *)&a, la), ECONNREFUSED);
	FAILS(send(s, "z", 1, 0), ENOTCONN);
}

CASE(connected_datagram_peer_dies)
{
	pair(SOCK_DGRAM);
	close(sv[1]);
	FAILS(send(sv[0], "x", 1, 0), ECONNREFUSED);
	FAILS(send(sv[0], "x", 1, 0), ENOTCONN);
}

CASE(seqpacket_keeps_borders_and_ends)
{
	pair(SOCK_SEQPACKET);
	CHECK_EQ(write(sv[0], "one", 3), 3);
	CHECK_EQ(write(sv[0], "three", 5), 5);
	CHECK_EQ(read(sv[1], buf, 100), 3);
	CHECK_EQ(read(sv[1], buf, 2), 2);
	close(sv[0]);
	CHECK_EQ(read(sv[1], buf, 100), 0);
	FAILS(send(sv[1], "x", 1, MSG_NOSIGNAL), EPIPE);
}

CASE(shutdown_directions)
{
	struct pollfd pf;

	pair(SOCK_STREAM);
	CHECK_EQ(write(sv[0], "ab", 2), 2);
	CHECK_EQ(shutdown(sv[0], SHUT_WR), 0);
	FAILS(send(sv[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(read(sv[1], buf, 9), 2);
	CHECK_EQ(read(sv[1], buf, 9), 0);
	CHECK_EQ(write(sv[1], "back", 4), 4);
	CHECK_EQ(read(sv[0], buf, 9), 4);
	pf = (struct pollfd){ sv[1], POLLIN | POLLRDHUP, 0 };
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents == (POLLIN | POLLRDHUP));
	CHECK_EQ(shutdown(sv[1], SHUT_WR), 0);
	pf = (struct pollfd){ sv[1], POLLIN, 0 };
	CHECK(poll(&pf, 1, 0) == 1 && pf.revents & POLLHUP);
	FAILS(shutdown(sv[1], 7), EINVAL);
}

CASE(unread_data_resets_the_peer)
{
	int err;
	socklen_t len = sizeof(err);

	pair(SOCK_STREAM);
	CHECK_EQ(write(sv[0], "x", 1), 1);
	close(sv[1]);
	CHECK(!getsockopt(sv[0], SOL_SOCKET, SO_ERROR, &err, &len) && err == ECONNRESET);
	CHECK_EQ(read(sv[0], buf, 1), 0);
}

static volatile int got_pipe;
static void on_pipe(int sig) { got_pipe++; }

CASE(broken_stream_signals)
{
	signal(SIGPIPE, on_pipe);
	pair(SOCK_STREAM);
	close(sv[1]);
	FAILS(send(sv[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(got_pipe, 0);
	FAILS(write(sv[0], "x", 1), EPIPE);
	CHECK_EQ(got_pipe, 1);
}

CASE(listen_connect_accept_by_path)
{
	struct sockaddr_un a = { AF_UNIX, "sock" }, b;
	socklen_t len = sizeof(b);
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), s, v;
	struct stat st;

	umask(027);
	NEED(bind(l, (void *)&a, sizeof(a)) == 0);
	CHECK(!stat("sock", &st) && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0750);
	FAILS(open("sock", O_RDWR), ENXIO);
	FAILS(connect(c, (void *)&a, sizeof(a)), ECONNREFUSED);
	FAILS(accept(l, NULL, NULL), EINVAL);
	NEED(listen(l, 1) == 0);
	CHECK_EQ(connect(c, (void *)&a, sizeof(a)), 0);
	FAILS(connect(c, (void *)&a, sizeof(a)), EISCONN);
	CHECK_EQ(write(c, "early", 5), 5);
	NEED((s = accept(l, (void *)&b, &len)) >= 0);
	CHECK_EQ(len, 2);
	CHECK_EQ(read(s, buf, 9), 5);
	len = sizeof(b);
	CHECK(getsockname(s, (void *)&b, &len) == 0 && len == 2 + 5 && !strcmp(b.sun_path, "sock"));
	len = sizeof(b);
	CHECK(getpeername(c, (void *)&b, &len) == 0 && !strcmp(b.sun_path, "sock"));
	len = sizeof(v);
	CHECK(!getsockopt(l, SOL_SOCKET, SO_ACCEPTCONN, &v, &len) && v == 1);
	FAILS(bind(c, (void *)&a, sizeof(a)), EADDRINUSE);
	unlink("sock");
	FAILS(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof(a)), ENOENT);
	NEED(bind(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&a, sizeof(a)) == 0);
	FAILS(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof(a)), EPROTOTYPE);
}

CASE(backlog_fills)
{
	struct sockaddr_un a;
	socklen_t len = abstract(&a, "tern-backlog");
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c[10], n = 0, s;

	NEED(bind(l, (void *)&a, len) == 0 && listen(l, 2) == 0);
	while (n < 10) {
		c[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(c[n], (void *)&a, len))
			break;
		n++;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 3);
	NEED((s = accept(l, NULL, NULL)) >= 0);
	CHECK_EQ(connect(c[n], (void *)&a, len), 0);
	/* Those not accepted are reset when the listener goes. */
	close(l);
	CHECK_EQ(recv(c[0], buf, 1, MSG_DONTWAIT), -1);
	FAILS(recv(c[1], buf, 1, MSG_DONTWAIT), ECONNRESET);
}

static void *connect_later(void *arg)
{
	struct sockaddr_un a;
	socklen_t len = abstract(&a, "tern-later");
	int c = socket(AF_UNIX, SOCK_STREAM, 0);

	usleep(20000);
	connect(c, (void *)&a, len);
	write(c, "hello", 5);
	return (void *)(long)c;
}

CASE(accept_and_recv_block)
{
	struct sockaddr_un a;
	socklen_t len = abstract(&a, "tern-later");
	int l = socket(AF_UNIX, SOCK_STREAM, 0), s;
	pthread_t t;

	NEED(bind(l, (void *)&a, len) == 0 && listen(l, 2) == 0);
	pthread_create(&t, NULL, connect_later, NULL);
	NEED((s = accept4(l, NULL, NULL, SOCK_CLOEXEC)) >= 0);
	CHECK_EQ(fcntl(s, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(recv(s, buf, 5, MSG_WAITALL), 5);
	pthread_join(t, NULL);
}

CASE(receive_timeout)
{
	struct timeval tv = { 0, 30000 };
	socklen_t len = sizeof(tv);

	pair(SOCK_STREAM);
	CHECK_EQ(setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	FAILS(read(sv[0], buf, 1), EAGAIN);
	tv.tv_usec = 0;
	CHECK(!getsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, &len) && tv.tv_usec >= 28000);
}

CASE(peek_and_waitall)
{
	pair(SOCK_STREAM);
	CHECK_EQ(write(sv[0], "abc", 3), 3);
	CHECK_EQ(write(sv[0], "def", 3), 3);
	CHECK_EQ(recv(sv[1], buf, 9, MSG_PEEK), 6);
	CHECK_EQ(recv(sv[1], buf, 6, MSG_WAITALL), 6);
	CHECK(!memcmp(buf, "abcdef", 6));
	FAILS(recv(sv[1], buf, 6, MSG_DONTWAIT), EAGAIN);
}

CASE(options)
{
	int v, type;
	socklen_t len = sizeof(v);

	pair(SOCK_STREAM);
	v = 10000;
	CHECK_EQ(setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &v, sizeof(v)), 0);
	CHECK(!getsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &v, &len) && v == 20000);
	CHECK(!getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_STREAM);
	CHECK(!getsockopt(sv[0], SOL_SOCKET, SO_DOMAIN, &type, &len) && type == AF_UNIX);
	FAILS(getsockopt(sv[0], SOL_SOCKET, 9999, &type, &len), ENOPROTOOPT);
	FAILS(setsockopt(sv[0], SOL_SOCKET, SO_TYPE, &type, len), ENOPROTOOPT);
	FAILS(getsockopt(sv[0], 77, 1, &type, &len), EOPNOTSUPP);
}

CASE(epoll_edges_on_sockets)
{
	struct epoll_event ev = { EPOLLIN | EPOLLET, { .u32 = 7 } }, out[4];
	int ep = epoll_create1(0);

	pair(SOCK_STREAM);
	NEED(epoll_ctl(ep, EPOLL_CTL_ADD, sv[1], &ev) == 0);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_EQ(write(sv[0], "ab", 2), 2);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && out[0].data.u32 == 7);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_EQ(write(sv[0], "c", 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 100), 1);
	CHECK_EQ(read(sv[1], buf, 9), 3);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	close(sv[0]);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && out[0].events & EPOLLIN);
}

CASE(many_messages_in_one_call)
{
	struct iovec iov[3] = { { "a", 1 }, { "bb", 2 }, { "ccc", 3 } };
	struct mmsghdr out[3] = { 0 }, in[3] = { 0 };
	char b[3][8];
	struct iovec riov[3] = { { b[0], 8 }, { b[1], 8 }, { b[2], 8 } };

	pair(SOCK_DGRAM);
	for (int i = 0; i < 3; i++) {
		out[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
		in[i].msg_hdr = (struct msghdr){ .msg_iov = &riov[i], .msg_iovlen = 1 };
	}
	CHECK_EQ(sendmmsg(sv[0], out, 3, 0), 3);
	CHECK_EQ(recvmmsg(sv[1], in, 3, MSG_WAITFORONE, NULL), 3);
	CHECK(in[0].msg_len == 1 && in[1].msg_len == 2 && in[2].msg_len == 3 && !memcmp(b[2], "ccc", 3));
}

TAP_MAIN
