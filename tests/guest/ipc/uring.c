/* SPDX-License-Identifier: GPL-2.0-only */
/* io_uring by its system calls. */
#include "uring.h"

CASE(setup)
{
	struct params p = { 0 };
	struct ring r;

	FAILS(syscall(SYS_io_uring_setup, 0, &p), EINVAL);
	FAILS(syscall(SYS_io_uring_setup, 40000, &p), EINVAL);
	FAILS(syscall(SYS_io_uring_setup, 8, NULL), EFAULT);
	p.flags = 1u << 30;
	FAILS(syscall(SYS_io_uring_setup, 8, &p), EINVAL);
	p.flags = 0;
	p.resv[1] = 1;
	FAILS(syscall(SYS_io_uring_setup, 8, &p), EINVAL);
	ring_open(&r, 5);
	CHECK_EQ(r.p.sq_entries, 8);
	CHECK_EQ(r.p.cq_entries, 16);
	CHECK((r.p.features & 3) == 3);
	CHECK(fcntl(r.fd, F_GETFD) == FD_CLOEXEC);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, r.fd, 0x20000000) == MAP_FAILED);
	FAILS(syscall(SYS_io_uring_enter, r.fd, 0, 0, 1u << 20, NULL, 0), EINVAL);
	FAILS(syscall(SYS_io_uring_enter, 0, 0, 0, 0, NULL, 0), EOPNOTSUPP);
	FAILS(syscall(SYS_io_uring_enter, 99, 0, 0, 0, NULL, 0), EBADF);
	close(r.fd);
	ring_open_flags(&r, 8, 8, 64);
	CHECK_EQ(r.p.cq_entries, 64);
	ring_open_flags(&r, 50000, 16, 0);
	CHECK_EQ(r.p.sq_entries, 32768);
}

CASE(nops)
{
	struct ring r;

	ring_open(&r, 4);
	for (int i = 0; i < 4; i++)
		sqe(&r, NOP, -1, 100 + i);
	CHECK_EQ(ring_enter(&r, 4), 4);
	CHECK_EQ(ready(&r), 4);
	for (int i = 0; i < 4; i++)
		EXPECT(&r, 100 + i, 0);
	CHECK_EQ(*r.sq_head, 4);
	/* Wrong ones get their answer as an event. */
	sqe(&r, 200, -1, 7);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 7, -EINVAL);
	sqe(&r, NOP, -1, 8)->flags = 0x80;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 8, -EINVAL);
	/* An index that does not exist is dropped. */
	sqe(&r, NOP, -1, 9);
	r.array[(r.tail - 1) & 3] = 77;
	CHECK_EQ(ring_enter(&r, 0), 0);
	CHECK_EQ(ready(&r), 0);
}

CASE(files)
{
	struct ring r;
	char buf[64] = "", b2[8] = "";
	struct iovec v[2] = { { buf, 6 }, { b2, 3 } }, w = { "0123456789", 10 };
	struct statx stx;
	int fd;

	ring_open(&r, 8);
	struct sqe *s = rw(&r, OPENAT, AT_FDCWD, "file", 0600, 0, 1);
	s->opflags = O_RDWR | O_CREAT;
	CHECK_EQ(ring_enter(&r, 1), 1);
	fd = next(&r).res;
	NEED(fd >= 0);
	rw(&r, WRITEV, fd, &w, 1, 5, 2);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 2, 10);
	rw(&r, READ, fd, buf, 64, 5, 3);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 3, 10);
	CHECK(!memcmp(buf, "0123456789", 10));
	rw(&r, READV, fd, v, 2, 6, 4);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 4, 9);
	CHECK(!memcmp(buf, "123456", 6) && !memcmp(b2, "789", 3));
	/* The file's own position. */
	rw(&r, WRITE, fd, "xy", 2, -1, 5);
	rw(&r, WRITE, fd, "z", 1, -1, 6);
	CHECK_EQ(ring_enter(&r, 2), 2);
	EXPECT(&r, 5, 2);
	EXPECT(&r, 6, 1);
	CHECK(pread(fd, buf, 3, 0) == 3 && !memcmp(buf, "xyz", 3));
	sqe(&r, FSYNC, fd, 7);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 7, 0);
	rw(&r, FALLOCATE, fd, NULL, 0, 0, 8)->addr = 1000;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 8, 0);
	s = rw(&r, STATX, AT_FDCWD, "file", STATX_SIZE, (uintptr_t)&stx, 9);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 9, 0);
	CHECK_EQ(stx.stx_size, 1000);
	rw(&r, MKDIRAT, AT_FDCWD, "dir", 0755, 0, 10);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 10, 0);
	s = rw(&r, RENAMEAT, AT_FDCWD, "file", AT_FDCWD, (uintptr_t)"dir/f", 11);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 11, 0);
	rw(&r, UNLINKAT, AT_FDCWD, "dir/f", 0, 0, 12);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 12, 0);
	FAILS(access("dir/f", F_OK), ENOENT);
	sqe(&r, CLOSE, fd, 13);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 13, 0);
	FAILS(close(fd), EBADF);
	rw(&r, READ, fd, buf, 1, 0, 14);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 14, -EBADF);
	sqe(&r, CLOSE, r.fd, 15);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 15, -EBADF);
	rw(&r, OPENAT, AT_FDCWD, "nothing", 0, 0, 16);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 16, -ENOENT);
}

CASE(pipes_wait)
{
	struct ring r;
	char buf[16] = "";
	int p[2];

	NEED(pipe(p) == 0);
	ring_open(&r, 8);
	rw(&r, READ, p[0], buf, 16, 0, 1);
	CHECK_EQ(ring_enter(&r, 0), 1);
	msleep(20);
	CHECK_EQ(ready(&r), 0);
	CHECK(write(p[1], "hello", 5) == 5);
	EXPECT(&r, 1, 5);
	CHECK(!memcmp(buf, "hello", 5));
	/* Two readers, one after the other; forced to workers. */
	rw(&r, READ, p[0], buf, 1, 0, 2)->flags = ASYNC;
	rw(&r, READ, p[0], buf + 8, 1, 0, 3)->flags = ASYNC;
	CHECK_EQ(ring_enter(&r, 0), 2);
	msleep(30);
	CHECK_EQ(ready(&r), 0);
	CHECK(write(p[1], "ab", 2) == 2);
	EXPECT_TWO(&r, 2, 1, 3, 1);
	/* End of file wakes. */
	rw(&r, READ, p[0], buf, 1, 0, 4);
	CHECK_EQ(ring_enter(&r, 0), 1);
	close(p[1]);
	EXPECT(&r, 4, 0);
}

CASE(nonblocking_files_wait_too)
{
	struct ring r;
	char c = 0;
	int p[2], sp[2];

	NEED(pipe2(p, O_NONBLOCK) == 0);
	NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sp) == 0);
	ring_open(&r, 8);
	rw(&r, READ, p[0], &c, 1, 0, 1);
	CHECK_EQ(ring_enter(&r, 0), 1);
	msleep(20);
	CHECK_EQ(ready(&r), 0);
	CHECK(write(p[1], "x", 1) == 1);
	EXPECT(&r, 1, 1);
	rw(&r, RECV, sp[0], &c, 1, 0, 2);
	CHECK_EQ(ring_enter(&r, 0), 1);
	msleep(20);
	CHECK_EQ(ready(&r), 0);
	CHECK(write(sp[1], "y", 1) == 1);
	EXPECT(&r, 2, 1);
	/* But the operation itself may ask not to. */
	rw(&r, RECV, sp[0], &c, 1, 0, 3)->opflags = MSG_DONTWAIT;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 3, -EAGAIN);
}

CASE(polls)
{
	struct ring r;
	int p[2];
	char c;

	NEED(pipe(p) == 0);
	ring_open(&r, 8);
	sqe(&r, POLL_ADD, p[1], 1)->opflags = POLLOUT;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 1, POLLOUT);
	sqe(&r, POLL_ADD, p[0], 2)->opflags = POLLIN;
	CHECK_EQ(ring_enter(&r, 0), 1);
	msleep(20);
	CHECK_EQ(ready(&r), 0);
	CHECK(write(p[1], "x", 1) == 1);
	EXPECT(&r, 2, POLLIN);
	CHECK(read(p[0], &c, 1) == 1);
	sqe(&r, POLL_ADD, p[0], 3)->opflags = POLLIN;
	CHECK_EQ(ring_enter(&r, 0), 1);
	sqe(&r, POLL_REMOVE, -1, 4)->addr = 3;
	CHECK_EQ(ring_enter(&r, 2), 1);
	EXPECT_TWO(&r, 3, -ECANCELED, 4, 0);
	sqe(&r, POLL_REMOVE, -1, 5)->addr = 3;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 5, -ENOENT);
}

CASE(timeouts)
{
	struct ring r;
	int64_t soon[2] = { 0, 30000000 }, late[2] = { 100, 0 }, bad[2] = { 0, -1 };
	struct timespec a, b;
	struct sqe *s;

	ring_open(&r, 8);
	clock_gettime(CLOCK_MONOTONIC, &a);
	rw(&r, TIMEOUT, -1, soon, 1, 0, 1);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 1, -ETIME);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 30);
	rw(&r, TIMEOUT, -1, bad, 1, 0, 2);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 2, -EINVAL);
	/* Ended by completions. */
	rw(&r, TIMEOUT, -1, late, 1, 2, 3);
	CHECK_EQ(ring_enter(&r, 0), 1);
	sqe(&r, NOP, -1, 4);
	sqe(&r, NOP, -1, 5);
	CHECK_EQ(ring_enter(&r, 3), 2);
	EXPECT(&r, 4, 0);
	EXPECT(&r, 5, 0);
	EXPECT(&r, 3, 0);
	/* Removed. */
	rw(&r, TIMEOUT, -1, late, 1, 0, 6);
	CHECK_EQ(ring_enter(&r, 0), 1);
	sqe(&r, TIMEOUT_REMOVE, -1, 7)->addr = 6;
	CHECK_EQ(ring_enter(&r, 2), 1);
	EXPECT_TWO(&r, 6, -ECANCELED, 7, 0);
	sqe(&r, TIMEOUT_REMOVE, -1, 8)->addr = 6;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 8, -ENOENT);
	/* Updated. */
	rw(&r, TIMEOUT, -1, late, 1, 0, 9);
	CHECK_EQ(ring_enter(&r, 0), 1);
	s = sqe(&r, TIMEOUT_REMOVE, -1, 10);
	s->addr = 9;
	s->off = (uintptr_t)soon;
	s->opflags = 2;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 10, 0);
	EXPECT(&r, 9, -ETIME);
}

CASE(links)
{
	struct ring r;
	char buf[8] = "";
	int p[2], q[2];

	NEED(pipe(p) == 0 && pipe(q) == 0);
	ring_open(&r, 8);
	rw(&r, WRITE, p[1], "abc", 3, 0, 1)->flags = LINK;
	rw(&r, READ, p[0], buf, 3, 0, 2)->flags = LINK;
	sqe(&r, NOP, -1, 3);
	CHECK_EQ(ring_enter(&r, 3), 3);
	EXPECT(&r, 1, 3);
	EXPECT(&r, 2, 3);
	EXPECT(&r, 3, 0);
	CHECK(!memcmp(buf, "abc", 3));
	/* A failure, and a short read, break the chain. */
	rw(&r, READ, -1, buf, 1, 0, 4)->flags = LINK;
	sqe(&r, NOP, -1, 5);
	CHECK_EQ(ring_enter(&r, 2), 2);
	EXPECT(&r, 4, -EBADF);
	EXPECT(&r, 5, -ECANCELED);
	CHECK(write(p[1], "x", 1) == 1);
	rw(&r, READ, p[0], buf, 2, 0, 6)->flags = LINK;
	sqe(&r, NOP, -1, 7);
	CHECK_EQ(ring_enter(&r, 2), 2);
	EXPECT(&r, 6, 1);
	EXPECT(&r, 7, -ECANCELED);
	/* But not a hard one. */
	rw(&r, READ, -1, buf, 1, 0, 8)->flags = HARDLINK;
	sqe(&r, NOP, -1, 9);
	CHECK_EQ(ring_enter(&r, 2), 2);
	EXPECT(&r, 8, -EBADF);
	EXPECT(&r, 9, 0);
	/* What follows a request that waits, waits with it. */
	rw(&r, READ, p[0], buf, 1, 0, 10)->flags = LINK;
	rw(&r, WRITE, q[1], buf, 1, 0, 11)->flags = LINK;
	rw(&r, READ, q[0], buf + 4, 1, 0, 12);
	CHECK_EQ(ring_enter(&r, 0), 3);
	msleep(20);
	CHECK_EQ(ready(&r), 0);
	CHECK(write(p[1], "Q", 1) == 1);
	EXPECT(&r, 10, 1);
	EXPECT(&r, 11, 1);
	EXPECT(&r, 12, 1);
	CHECK_EQ(buf[4], 'Q');
	/* A wrong one spoils its whole chain. */
	sqe(&r, NOP, -1, 13)->flags = LINK;
	sqe(&r, 200, -1, 14);
	CHECK(ring_enter(&r, 2) >= 1);
	EXPECT_TWO(&r, 13, -ECANCELED, 14, -EINVAL);
}

CASE(link_timeouts)
{
	struct ring r;
	int64_t soon[2] = { 0, 30000000 }, late[2] = { 100, 0 };
	char c;
	int p[2];

	NEED(pipe(p) == 0);
	ring_open(&r, 8);
	rw(&r, READ, p[0], &c, 1, 0, 1)->flags = LINK;
	rw(&r, LINK_TIMEOUT, -1, soon, 1, 0, 2);
	CHECK_EQ(ring_enter(&r, 2), 2);
	EXPECT_TWO(&r, 1, -ECANCELED, 2, -ETIME);
	rw(&r, READ, p[0], &c, 1, 0, 3)->flags = LINK;
	rw(&r, LINK_TIMEOUT, -1, late, 1, 0, 4);
	CHECK_EQ(ring_enter(&r, 0), 2);
	CHECK(write(p[1], "x", 1) == 1);
	EXPECT_TWO(&r, 3, 1, 4, -ECANCELED);
	/* In a worker. */
	rw(&r, READ, p[0], &c, 1, 0, 5)->flags = LINK | ASYNC;
	rw(&r, LINK_TIMEOUT, -1, soon, 1, 0, 6);
	CHECK_EQ(ring_enter(&r, 2), 2);
	struct cqe a = next(&r), b = next(&r);
	CHECK((a.data == 5 && (a.res == -ECANCELED || a.res == -EINTR)) ||
	      (b.data == 5 && (b.res == -ECANCELED || b.res == -EINTR)));
}

CASE(cancelling)
{
	struct ring r;
	char c;
	int p[2];

	NEED(pipe(p) == 0);
	ring_open(&r, 8);
	rw(&r, READ, p[0], &c, 1, 0, 1);
	CHECK_EQ(ring_enter(&r, 0), 1);
	sqe(&r, CANCEL, -1, 2)->addr = 1;
	CHECK_EQ(ring_enter(&r, 2), 1);
	EXPECT_TWO(&r, 1, -ECANCELED, 2, 0);
	sqe(&r, CANCEL, -1, 3)->addr = 1;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 3, -ENOENT);
	/* By descriptor, all of them. */
	rw(&r, READ, p[0], &c, 1, 0, 4);
	sqe(&r, POLL_ADD, p[0], 5)->opflags = POLLIN;
	CHECK_EQ(ring_enter(&r, 0), 2);
	sqe(&r, CANCEL, p[0], 6)->opflags = 3;
	CHECK_EQ(ring_enter(&r, 3), 1);
	int got = 0;
	for (int i = 0; i < 3; i++) {
		struct cqe e = next(&r);

		got += e.data == 6 ? e.res == 2 : e.res == -ECANCELED;
	}
	CHECK_EQ(got, 3);
	/* One that a worker carries out. */
	rw(&r, READ, p[0], &c, 1, 0, 7)->flags = ASYNC;
	CHECK_EQ(ring_enter(&r, 0), 1);
	msleep(50);
	sqe(&r, CANCEL, -1, 8)->addr = 7;
	CHECK_EQ(ring_enter(&r, 2), 1);
	struct cqe a = next(&r), b = next(&r);
	if (a.data != 7) {
		struct cqe t = a;

		a = b;
		b = t;
	}
	CHECK(a.data == 7 && (a.res == -ECANCELED || a.res == -EINTR));
	CHECK(b.data == 8 && (b.res == 0 || b.res == -EALREADY));
}

CASE(drain)
{
	struct ring r;
	char c;
	int p[2];

	NEED(pipe(p) == 0);
	ring_open(&r, 8);
	rw(&r, READ, p[0], &c, 1, 0, 1);
	sqe(&r, NOP, -1, 2)->flags = DRAIN;
	sqe(&r, NOP, -1, 3);
	CHECK_EQ(ring_enter(&r, 0), 3);
	msleep(20);
	CHECK_EQ(ready(&r), 0);
	CHECK(write(p[1], "x", 1) == 1);
	EXPECT(&r, 1, 1);
	EXPECT_TWO(&r, 2, 0, 3, 0);
	sqe(&r, NOP, -1, 4)->flags = DRAIN;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 4, 0);
}

CASE(silent_success)
{
	struct ring r;

	ring_open(&r, 8);
	sqe(&r, NOP, -1, 1)->flags = SKIP_OK;
	rw(&r, READ, -1, &r, 1, 0, 2)->flags = SKIP_OK;
	sqe(&r, NOP, -1, 3);
	ring_enter(&r, 0);
	ring_enter(&r, 0);
	EXPECT(&r, 2, -EBADF);
	if (!ready(&r))
		syscall(SYS_io_uring_enter, r.fd, 8, 1, 1, NULL, 0);
	EXPECT(&r, 3, 0);
	CHECK_EQ(ready(&r), 0);
}

CASE(sockets)
{
	struct ring r;
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "sock" };
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), s, sp[2];
	char buf[16] = "", b2[16] = "";
	struct iovec vs = { "message", 7 }, vr = { b2, 16 };
	struct msghdr ms = { .msg_iov = &vs, .msg_iovlen = 1 }, mr = { .msg_iov = &vr, .msg_iovlen = 1 };

	NEED(bind(l, (void *)&a, sizeof(a)) == 0 && listen(l, 5) == 0);
	ring_open(&r, 8);
	sqe(&r, ACCEPT, l, 1)->opflags = SOCK_CLOEXEC;
	CHECK_EQ(ring_enter(&r, 0), 1);
	msleep(10);
	CHECK_EQ(ready(&r), 0);
	rw(&r, CONNECT, c, &a, 0, sizeof(a), 2);
	CHECK_EQ(ring_enter(&r, 2), 1);
	struct cqe e = next(&r), f = next(&r);
	if (e.data == 2) {
		CHECK_EQ(e.res, 0);
		e = f;
	}
	s = e.res;
	CHECK(e.data == 1 && s >= 0);
	CHECK(fcntl(s, F_GETFD) == FD_CLOEXEC);
	rw(&r, RECV, s, buf, 16, 0, 3);
	CHECK_EQ(ring_enter(&r, 0), 1);
	rw(&r, SEND, c, "ping", 4, 0, 4);
	CHECK_EQ(ring_enter(&r, 2), 1);
	EXPECT_TWO(&r, 3, 4, 4, 4);
	CHECK(!memcmp(buf, "ping", 4));
	rw(&r, RECVMSG, c, &mr, 1, 0, 5);
	CHECK_EQ(ring_enter(&r, 0), 1);
	rw(&r, SENDMSG, s, &ms, 1, 0, 6);
	CHECK_EQ(ring_enter(&r, 2), 1);
	EXPECT_TWO(&r, 5, 7, 6, 7);
	CHECK(!memcmp(b2, "message", 7));
	sqe(&r, SHUTDOWN, c, 7)->len = SHUT_WR;
	rw(&r, RECV, s, buf, 16, 0, 8);
	CHECK_EQ(ring_enter(&r, 2), 2);
	EXPECT(&r, 7, 0);
	EXPECT(&r, 8, 0);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sp) == 0);
	close(sp[1]);
	rw(&r, SEND, sp[0], "x", 1, 0, 9);
	rw(&r, RECV, 0, buf, 1, 0, 10);
	CHECK_EQ(ring_enter(&r, 2), 2);
	EXPECT_TWO(&r, 9, -EPIPE, 10, -ENOTSOCK);
	rw(&r, SEND, sp[0], "x", 1, 0, 11)->opflags = MSG_DONTWAIT;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 11, -EPIPE);
}

CASE(registered_files)
{
	struct ring r;
	int fds[3] = { open("a", O_RDWR | O_CREAT, 0600), -1, open("b", O_RDWR | O_CREAT, 0600) }, new;
	struct { uint32_t offset, resv; uint64_t fds; } up = { 1, 0, (uintptr_t)&new };
	char buf[4];

	ring_open(&r, 8);
	FAILS(syscall(SYS_io_uring_register, r.fd, 3, NULL, 0), ENXIO);
	CHECK(syscall(SYS_io_uring_register, r.fd, 2, fds, 3) == 0);
	FAILS(syscall(SYS_io_uring_register, r.fd, 2, fds, 3), EBUSY);
	close(fds[0]);
	rw(&r, WRITE, 0, "AA", 2, 0, 1)->flags = FIXED;
	rw(&r, WRITE, 2, "BB", 2, 0, 2)->flags = FIXED;
	CHECK_EQ(ring_enter(&r, 2), 2);
	EXPECT(&r, 1, 2);
	EXPECT(&r, 2, 2);
	rw(&r, READ, 1, buf, 2, 0, 3)->flags = FIXED;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 3, -EBADF);
	rw(&r, READ, 7, buf, 2, 0, 4)->flags = FIXED;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 4, -EBADF);
	new = open("a", O_RDONLY);
	CHECK_EQ(syscall(SYS_io_uring_register, r.fd, 6, &up, 1), 1);
	rw(&r, READ, 1, buf, 2, 0, 5)->flags = FIXED;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 5, 2);
	CHECK(!memcmp(buf, "AA", 2));
	up.offset = 3;
	FAILS(syscall(SYS_io_uring_register, r.fd, 6, &up, 1), EINVAL);
	fds[0] = r.fd;
	CHECK(syscall(SYS_io_uring_register, r.fd, 3, NULL, 0) == 0);
	FAILS(syscall(SYS_io_uring_register, r.fd, 2, fds, 1), EBADF);
}

CASE(registered_buffers)
{
	struct ring r;
	char *m = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec v[2] = { { m + 100, 8000 }, { m + 8192, 4096 } };
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	ring_open(&r, 8);
	CHECK(syscall(SYS_io_uring_register, r.fd, 0, v, 2) == 0);
	FAILS(syscall(SYS_io_uring_register, r.fd, 0, v, 2), EBUSY);
	for (int i = 0; i < 8000; i++)
		m[100 + i] = i * 7;
	rw(&r, WRITE_FIXED, fd, m + 200, 7000, 0, 1)->buf = 0;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 1, 7000);
	rw(&r, READ_FIXED, fd, m + 8192, 4096, 1000, 2)->buf = 1;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 2, 4096);
	CHECK(!memcmp(m + 8192, m + 1200, 4096));
	rw(&r, READ_FIXED, fd, m + 8192, 4097, 0, 3)->buf = 1;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 3, -EFAULT);
	rw(&r, READ_FIXED, fd, m + 8192, 10, 0, 4)->buf = 2;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 4, -EFAULT);
	CHECK(syscall(SYS_io_uring_register, r.fd, 1, NULL, 0) == 0);
	FAILS(syscall(SYS_io_uring_register, r.fd, 1, NULL, 0), ENXIO);
	v[0].iov_base = (void *)8;
	FAILS(syscall(SYS_io_uring_register, r.fd, 0, v, 1), EFAULT);
}

CASE(splices)
{
	struct ring r;
	int a[2], b[2], fd = open("f", O_RDWR | O_CREAT, 0600);
	char buf[16] = "";
	struct sqe *s;

	NEED(pipe(a) == 0 && pipe(b) == 0 && write(a[1], "splice me", 9) == 9);
	ring_open(&r, 8);
	s = rw(&r, TEE, b[1], NULL, 9, 0, 1);
	s->fd_in = a[0];
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 1, 9);
	s = rw(&r, SPLICE, fd, NULL, 9, 3, 2);
	s->fd_in = a[0];
	s->addr = -1;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EXPECT(&r, 2, 9);
	CHECK(pread(fd, buf, 9, 3) == 9 && !memcmp(buf, "splice me", 9));
	CHECK(read(b[0], buf, 16) == 9);
}

CASE(eventfd_and_poll)
{
	struct ring r;
	int efd = eventfd(0, EFD_NONBLOCK), p[2];
	struct pollfd pfd;
	uint64_t v = 0;
	char c;
	pid_t pid;

	NEED(pipe(p) == 0);
	ring_open(&r, 8);
	CHECK(syscall(SYS_io_uring_register, r.fd, 4, &efd, 1) == 0);
	FAILS(syscall(SYS_io_uring_register, r.fd, 4, &efd, 1), EBUSY);
	sqe(&r, NOP, -1, 1);
	CHECK_EQ(ring_enter(&r, 0), 1);
	CHECK(read(efd, &v, 8) == 8 && v >= 1);
	pfd = (struct pollfd){ r.fd, POLLIN, 0 };
	CHECK(poll(&pfd, 1, 0) == 1 && pfd.revents == POLLIN);
	EXPECT(&r, 1, 0);
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	CHECK(syscall(SYS_io_uring_register, r.fd, 5, NULL, 0) == 0);
	rw(&r, READ, p[0], &c, 1, 0, 2);
	CHECK_EQ(ring_enter(&r, 0), 1);
	CHILD(pid, msleep(50); CHECK(write(p[1], "x", 1) == 1));
	CHECK(poll(&pfd, 1, 5000) == 1 && pfd.revents == POLLIN);
	EXPECT(&r, 2, 1);
	JOIN(pid);
}

CASE(overflow)
{
	struct ring r;

	ring_open_flags(&r, 2, 8, 2);
	for (int i = 0; i < 5; i++) {
		sqe(&r, NOP, -1, i);
		CHECK_EQ(ring_enter(&r, 0), 1);
	}
	CHECK_EQ(ready(&r), 2);
	CHECK(*r.sq_flags & 2);
	for (int i = 0; i < 5; i++)
		EXPECT(&r, i, 0);
	CHECK(!(*r.sq_flags & 2));
	CHECK_EQ(*r.cq_overflow, 0);
}

static void on_signal(int sig)
{
}

CASE(waiting)
{
	struct ring r;
	int64_t t[2] = { 0, 20000000 };
	struct { uint64_t mask; uint32_t size, pad; uint64_t ts; } arg = { 0, 0, 0, (uintptr_t)t };
	struct sigaction sa = { .sa_handler = on_signal };
	pid_t me = getpid(), pid;

	ring_open(&r, 8);
	FAILS(syscall(SYS_io_uring_enter, r.fd, 0, 1, 1 | 8, &arg, sizeof(arg)), ETIME);
	FAILS(syscall(SYS_io_uring_enter, r.fd, 0, 1, 1 | 8, &arg, 8), EINVAL);
	sigaction(SIGUSR1, &sa, NULL);
	CHILD(pid, msleep(100); kill(me, SIGUSR1));
	FAILS(syscall(SYS_io_uring_enter, r.fd, 0, 1, 1, NULL, 0), EINTR);
	JOIN(pid);
	CHECK_EQ(syscall(SYS_io_uring_enter, r.fd, 0, 0, 1, NULL, 0), 0);
}

CASE(ends_with_its_process)
{
	int p[2], st;
	char c;
	pid_t pid;

	NEED(pipe(p) == 0);
	pid = fork();
	if (!pid) {
		struct ring r;
		int64_t late[2] = { 100, 0 };

		close(p[0]);
		int q[2];
		NEED(pipe(q) == 0);
		ring_open(&r, 8);
		rw(&r, READ, q[0], &c, 1, 0, 1);
		rw(&r, READ, q[0], &c, 1, 0, 2)->flags = ASYNC;
		rw(&r, TIMEOUT, -1, late, 1, 0, 3);
		sqe(&r, POLL_ADD, p[1], 4)->opflags = POLLPRI;
		ring_enter(&r, 0);
		msleep(50);
		_exit(3);
	}
	close(p[1]);
	/* All its files go, ring and pipes. */
	CHECK_EQ(read(p[0], &c, 1), 0);
	CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 3);
	/* The same, killed. */
	NEED(pipe(p) == 0);
	CHILD(pid, { struct ring r; ring_open(&r, 8); close(p[0]);
		rw(&r, READ, p[1], &c, 1, 0, 1); sqe(&r, POLL_ADD, p[1], 2)->opflags = POLLPRI;
		ring_enter(&r, 0); pause(); });
	close(p[1]);
	msleep(50);
	kill(pid, SIGKILL);
	CHECK_EQ(read(p[0], &c, 1), 0);
	waitpid(pid, &st, 0);
	/* And over exec. */
	NEED(pipe(p) == 0);
	CHILD(pid, { struct ring r; int q[2]; NEED(pipe(q) == 0); ring_open(&r, 8);
		rw(&r, READ, q[0], &c, 1, 0, 1); ring_enter(&r, 0);
		execl("/bin/sh", "sh", "-c", "exit 0", NULL); });
	JOIN(pid);
}

CASE(probing)
{
	struct ring r;
	struct { uint8_t last, len; uint16_t r1; uint32_t r2[3];
		struct { uint8_t op, r; uint16_t flags; uint32_t r2; } ops[64]; } p;

	memset(&p, 0, sizeof(p));
	ring_open(&r, 8);
	CHECK(syscall(SYS_io_uring_register, r.fd, 8, &p, 64) == 0);
	CHECK(p.last >= 40 && p.len >= 40);
	for (int i = NOP; i <= EPOLL_CTL; i++)
		if (i != FILES_UPDATE)
			CHECK(p.ops[i].op == i && (p.ops[i].flags & 1));
	FAILS(syscall(SYS_io_uring_register, r.fd, 999, NULL, 0), EINVAL);
	ring_open_flags(&r, 8, 64, 0);
	sqe(&r, NOP, -1, 1);
	FAILS(ring_enter(&r, 0), EBADFD);
	CHECK(syscall(SYS_io_uring_register, r.fd, 12, NULL, 0) == 0);
	CHECK_EQ(syscall(SYS_io_uring_enter, r.fd, 1, 1, 1, NULL, 0), 1);
	EXPECT(&r, 1, 0);
}

TAP_MAIN
