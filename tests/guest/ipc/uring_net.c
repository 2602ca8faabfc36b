/* SPDX-License-Identifier: GPL-2.0-only */
/* io_uring: lent buffers, requests that complete again and again, sends that give notice. */
#include "uring.h"

#include <arpa/inet.h>

enum { F_BUFFER = 1, F_MORE = 2, F_NOTIF = 8 };
enum { POLL_FIRST = 1, RECV_MULTI = 2, FIXED_BUF = 4, ACCEPT_MULTI = 1 };

struct bufslot { uint64_t addr; uint32_t len; uint16_t bid, tail; };
struct bufreg { uint64_t addr; uint32_t entries; uint16_t group, pad; uint64_t resv[3]; };

static char memory[16][64];

static void provide(struct ring *r, int n, int first, int group)
{
	struct sqe *s = sqe(r, PROVIDE_BUFFERS, n, 900);

	s->addr = (uintptr_t)memory[first];
	s->len = 64;
	s->off = (uint64_t)first;
	s->buf = (uint16_t)group;
	CHECK_EQ(ring_enter(r, 1), 1);
	EXPECT(r, 900, 0);
}

static struct sqe *recv_select(struct ring *r, int fd, int group, uint64_t data)
{
	struct sqe *s = sqe(r, RECV, fd, data);

	s->flags = SELECT;
	s->buf = (uint16_t)group;
	return s;
}

/* An event's result and flags, but whether the socket has more. */
static int expect_event(struct ring *r, uint64_t data, int res, unsigned flags, int line)
{
	struct cqe c = next(r);

	if (c.data != data || c.res != res || (c.flags & 0xfffbu) != flags)
		tap_fail(line, "event %llu: %d, flags %#x; want %llu: %d, %#x", (unsigned long long)c.data, c.res,
			 c.flags, (unsigned long long)data, res, flags);
	return (int)(c.flags >> 16);
}
#define EVENT(r, data, res, flags) expect_event(r, data, res, flags, __LINE__)

CASE(lent_buffers_of_a_list)
{
	struct ring r;
	struct sqe *s;
	int sv[2], id;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	ring_open(&r, 8);
	provide(&r, 2, 0, 7);
	NEED(write(sv[1], "abc", 3) == 3);
	recv_select(&r, sv[0], 7, 1);
	CHECK_EQ(ring_enter(&r, 1), 1);
	id = EVENT(&r, 1, 3, F_BUFFER);
	CHECK(id < 2 && !memcmp(memory[id], "abc", 3));
	recv_select(&r, sv[0], 7, 2);		/* takes one only when something comes */
	CHECK_EQ(ring_enter(&r, 0), 1);
	msleep(20);
	CHECK_EQ(ready(&r), 0);
	NEED(write(sv[1], "defgh", 5) == 5);
	id = EVENT(&r, 2, 5, F_BUFFER);
	CHECK(id < 2 && !memcmp(memory[id], "defgh", 5));
	NEED(write(sv[1], "x", 1) == 1);
	recv_select(&r, sv[0], 7, 3);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 3, -ENOBUFS, 0);
	recv_select(&r, sv[0], 8, 4);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 4, -ENOBUFS, 0);
	provide(&r, 5, 0, 7);
	s = sqe(&r, REMOVE_BUFFERS, 3, 5);
	s->buf = 7;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 5, 3, 0);
	s = sqe(&r, REMOVE_BUFFERS, 9, 6);
	s->buf = 7;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 6, 2, 0);
	s = sqe(&r, REMOVE_BUFFERS, 1, 7);
	s->buf = 900;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 7, -ENOENT, 0);
	s = sqe(&r, SEND, sv[0], 8);
	s->flags = SELECT;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 8, -EOPNOTSUPP, 0);
}

CASE(read_into_a_lent_buffer)
{
	struct ring r;
	struct sqe *s;
	int p[2], id;

	NEED(pipe(p) == 0);
	ring_open(&r, 8);
	provide(&r, 4, 4, 1);
	NEED(write(p[1], "0123456789", 10) == 10);
	s = rw(&r, READ, p[0], NULL, 4, 0, 1);
	s->flags = SELECT;
	s->buf = 1;
	CHECK_EQ(ring_enter(&r, 1), 1);
	id = EVENT(&r, 1, 4, F_BUFFER);
	CHECK(id >= 4 && id < 8 && !memcmp(memory[id], "0123", 4));
}

CASE(lent_buffers_of_a_ring)
{
	struct bufslot *slots = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct bufreg reg = { (uintptr_t)slots, 4, 3, 0, { 0 } };
	struct ring r;
	int sv[2];

	NEED(slots != MAP_FAILED);
	memset(slots, 0, 4096);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	ring_open(&r, 8);
	reg.entries = 3;
	FAILS(syscall(SYS_io_uring_register, r.fd, 22, &reg, 1), EINVAL);
	reg.entries = 4;
	NEED(syscall(SYS_io_uring_register, r.fd, 22, &reg, 1) == 0);
	FAILS(syscall(SYS_io_uring_register, r.fd, 22, &reg, 1), EEXIST);
	recv_select(&r, sv[0], 3, 1);
	NEED(write(sv[1], "one", 3) == 3);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 1, -ENOBUFS, 0);
	for (int i = 0; i < 2; i++) {
		slots[i].addr = (uintptr_t)memory[i];
		slots[i].len = 2;
		slots[i].bid = (uint16_t)(40 + i);
	}
	__atomic_store_n(&slots[0].tail, 2, __ATOMIC_RELEASE);
	recv_select(&r, sv[0], 3, 2);
	CHECK_EQ(ring_enter(&r, 1), 1);
	CHECK_EQ(EVENT(&r, 2, 2, F_BUFFER), 40);
	recv_select(&r, sv[0], 3, 3);
	CHECK_EQ(ring_enter(&r, 1), 1);
	CHECK_EQ(EVENT(&r, 3, 1, F_BUFFER), 41);
	CHECK(!memcmp(memory[0], "on", 2) && memory[1][0] == 'e');
	for (int i = 2; i < 4; i++)
		slots[i] = (struct bufslot){ (uintptr_t)memory[i], 2, (uint16_t)(40 + i), 0 };
	__atomic_store_n(&slots[0].tail, 4, __ATOMIC_RELEASE);
	recv_select(&r, sv[0], 3, 4);		/* two that wait: each gets a buffer of its own */
	recv_select(&r, sv[0], 3, 5);
	CHECK_EQ(ring_enter(&r, 0), 2);
	NEED(write(sv[1], "abcd", 4) == 4);
	{
		struct cqe a = next(&r), b = next(&r);

		CHECK(a.res == 2 && b.res == 2 && a.data != b.data);
		CHECK((a.flags >> 16) != (b.flags >> 16) && (a.flags >> 16) >= 42 && (b.flags >> 16) >= 42);
	}
	CHECK(syscall(SYS_io_uring_register, r.fd, 23, &reg, 1) == 0);
	CHECK(syscall(SYS_io_uring_register, r.fd, 23, &reg, 1) == -1);
}

CASE(receiving_again_and_again)
{
	struct ring r;
	struct sqe *s;
	int sv[2];

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	ring_open(&r, 8);
	provide(&r, 3, 0, 1);
	s = recv_select(&r, sv[0], 1, 1);
	s->ioprio = RECV_MULTI;
	CHECK_EQ(ring_enter(&r, 0), 1);
	NEED(write(sv[1], "a", 1) == 1);
	EVENT(&r, 1, 1, F_BUFFER | F_MORE);
	NEED(write(sv[1], "bc", 2) == 2);
	EVENT(&r, 1, 2, F_BUFFER | F_MORE);
	close(sv[1]);
	EVENT(&r, 1, 0, 0);		/* the end needs no buffer */
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	s = recv_select(&r, sv[0], 1, 2);	/* one buffer is left */
	s->ioprio = RECV_MULTI;
	CHECK_EQ(ring_enter(&r, 0), 1);
	NEED(write(sv[1], "d", 1) == 1);
	EVENT(&r, 2, 1, F_BUFFER | F_MORE);
	NEED(write(sv[1], "e", 1) == 1);
	EVENT(&r, 2, -ENOBUFS, 0);
	s = sqe(&r, RECV, sv[0], 3);
	s->ioprio = RECV_MULTI;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 3, -EINVAL, 0);
}

static int tcp_listener(struct sockaddr_in *a)
{
	socklen_t n = sizeof(*a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	NEED(l >= 0 && bind(l, (void *)a, n) == 0 && listen(l, 8) == 0 && getsockname(l, (void *)a, &n) == 0);
	return l;
}

CASE(accepting_again_and_again)
{
	struct sockaddr_in a;
	struct ring r;
	struct sqe *s;
	struct cqe c;
	int l;

	NEED(system("ip link set lo up") == 0);
	l = tcp_listener(&a);
	ring_open(&r, 8);
	s = sqe(&r, ACCEPT, l, 1);
	s->ioprio = ACCEPT_MULTI;
	CHECK_EQ(ring_enter(&r, 0), 1);
	for (int i = 0; i < 3; i++) {
		int k = socket(AF_INET, SOCK_STREAM, 0);

		NEED(connect(k, (void *)&a, sizeof(a)) == 0);
		c = next(&r);
		CHECK(c.res >= 0);
		CHECK_EQ(c.flags, F_MORE);
		NEED(write(k, "hi", 2) == 2);
		CHECK_EQ(read(c.res, memory[0], 8), 2);
		close(c.res);
		close(k);
	}
	s = sqe(&r, CANCEL, -1, 2);
	s->addr = 1;
	CHECK_EQ(ring_enter(&r, 2), 1);
	EXPECT_TWO(&r, 1, -ECANCELED, 2, 0);
}

CASE(polling_again_and_again)
{
	struct ring r;
	struct sqe *s;
	int p[2];
	char c;

	NEED(pipe(p) == 0);
	ring_open(&r, 8);
	s = sqe(&r, POLL_ADD, p[0], 1);
	s->opflags = POLLIN;
	s->len = 1;
	CHECK_EQ(ring_enter(&r, 0), 1);
	for (int i = 0; i < 3; i++) {
		NEED(write(p[1], "x", 1) == 1);
		EVENT(&r, 1, POLLIN, F_MORE);
		NEED(read(p[0], &c, 1) == 1);
	}
	msleep(10);
	CHECK_EQ(ready(&r), 0);
	s = sqe(&r, POLL_REMOVE, -1, 2);
	s->addr = 1;
	CHECK_EQ(ring_enter(&r, 2), 1);
	EXPECT_TWO(&r, 1, -ECANCELED, 2, 0);
}

CASE(send_that_gives_notice)
{
	struct sockaddr_in a, b = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct iovec iov = { memory[0], 64 }, part = { "message", 7 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	int l, k, c, u, v;
	socklen_t n = sizeof(b);
	struct ring r;
	struct sqe *s;

	NEED(system("ip link set lo up") == 0);
	l = tcp_listener(&a);
	k = socket(AF_INET, SOCK_STREAM, 0);
	NEED(connect(k, (void *)&a, sizeof(a)) == 0);
	c = accept(l, NULL, NULL);
	ring_open(&r, 8);
	s = rw(&r, SEND_ZC, k, "hello", 5, 0, 1);
	CHECK_EQ(ring_enter(&r, 2), 1);
	EVENT(&r, 1, 5, F_MORE);
	CHECK_EQ(read(c, memory[1], 64), 5);
	EVENT(&r, 1, 0, F_NOTIF);
	memcpy(memory[0], "registered", 10);
	NEED(syscall(SYS_io_uring_register, r.fd, 0, &iov, 1) == 0);
	s = rw(&r, SEND_ZC, k, memory[0], 10, 0, 2);
	s->ioprio = FIXED_BUF;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 2, 10, F_MORE);
	CHECK_EQ(read(c, memory[1], 64), 10);
	CHECK(!memcmp(memory[1], "registered", 10));
	EVENT(&r, 2, 0, F_NOTIF);
	u = socket(AF_INET, SOCK_DGRAM, 0);
	v = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(bind(v, (void *)&b, n) == 0 && getsockname(v, (void *)&b, &n) == 0);
	s = rw(&r, SEND_ZC, u, "to", 2, (uintptr_t)&b, 3);
	s->fd_in = sizeof(b);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 3, 2, F_MORE);
	CHECK_EQ(recv(v, memory[1], 64, 0), 2);
	EVENT(&r, 3, 0, F_NOTIF);
	s = rw(&r, SENDMSG_ZC, k, &m, 1, 0, 4);
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 4, 7, F_MORE);
	CHECK_EQ(read(c, memory[1], 64), 7);
	EVENT(&r, 4, 0, F_NOTIF);
	s = rw(&r, SEND_ZC, k, "x", 1, 0, 5);
	s->flags = SKIP_OK;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 5, -EINVAL, 0);
}

CASE(receive_looks_first)
{
	struct ring r;
	struct sqe *s;
	int sv[2];

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	ring_open(&r, 8);
	s = rw(&r, RECV, sv[0], memory[0], 64, 0, 1);
	s->ioprio = POLL_FIRST;
	CHECK_EQ(ring_enter(&r, 0), 1);
	NEED(write(sv[1], "late", 4) == 4);
	EVENT(&r, 1, 4, 0);
	s = rw(&r, RECV, sv[0], memory[0], 64, 0, 2);
	s->ioprio = 64;
	CHECK_EQ(ring_enter(&r, 1), 1);
	EVENT(&r, 2, -EINVAL, 0);
}

TAP_MAIN
