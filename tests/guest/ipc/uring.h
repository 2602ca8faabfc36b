/* SPDX-License-Identifier: GPL-2.0-only */
/* io_uring without liburing: rings, entries, expected events. */
#pragma once

#include "../tap.h"

#include <linux/stat.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#define SYS_io_uring_register 427
#endif

struct sqe { uint8_t op, flags; uint16_t ioprio; int32_t fd; uint64_t off, addr; uint32_t len, opflags;
	uint64_t data; uint16_t buf, pers; int32_t fd_in; uint64_t addr3, pad; };
struct cqe { uint64_t data; int32_t res; uint32_t flags; };
struct params { uint32_t sq_entries, cq_entries, flags, cpu, idle, features, wq_fd, resv[3];
	struct { uint32_t head, tail, mask, entries, flags, dropped, array, r1; uint64_t r2; } sq;
	struct { uint32_t head, tail, mask, entries, overflow, cqes, flags, r1; uint64_t r2; } cq; };

enum { NOP, READV, WRITEV, FSYNC, READ_FIXED, WRITE_FIXED, POLL_ADD, POLL_REMOVE, SYNC_RANGE, SENDMSG,
	RECVMSG, TIMEOUT, TIMEOUT_REMOVE, ACCEPT, CANCEL, LINK_TIMEOUT, CONNECT, FALLOCATE, OPENAT, CLOSE,
	FILES_UPDATE, STATX, READ, WRITE, FADVISE, MADVISE, SEND, RECV, OPENAT2, EPOLL_CTL, SPLICE,
	PROVIDE_BUFFERS, REMOVE_BUFFERS, TEE, SHUTDOWN, RENAMEAT, UNLINKAT, MKDIRAT,
	SEND_ZC = 47, SENDMSG_ZC };
enum { FIXED = 1, DRAIN = 2, LINK = 4, HARDLINK = 8, ASYNC = 16, SELECT = 32, SKIP_OK = 64 };

struct ring {
	int fd;
	struct params p;
	uint32_t *sq_head, *sq_tail, *array, *cq_head, *cq_tail, *sq_flags, *cq_overflow;
	struct sqe *sqes;
	struct cqe *cqes;
	uint32_t tail;
};

static inline void ring_open_flags(struct ring *r, unsigned entries, uint32_t flags, uint32_t cq)
{
	uint8_t *m;

	memset(r, 0, sizeof(*r));
	r->p.flags = flags;
	r->p.cq_entries = cq;
	r->fd = syscall(SYS_io_uring_setup, entries, &r->p);
	NEED(r->fd >= 0);
	m = mmap(NULL, r->p.sq.array + r->p.sq_entries * 4 > r->p.cq.cqes + r->p.cq_entries * 16 ?
			       r->p.sq.array + r->p.sq_entries * 4 : r->p.cq.cqes + r->p.cq_entries * 16,
		 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0);
	NEED(m != MAP_FAILED);
	r->sqes = mmap(NULL, r->p.sq_entries * 64, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0x10000000);
	NEED(r->sqes != MAP_FAILED);
	r->sq_head = (void *)(m + r->p.sq.head);
	r->sq_tail = (void *)(m + r->p.sq.tail);
	r->sq_flags = (void *)(m + r->p.sq.flags);
	r->array = (void *)(m + r->p.sq.array);
	r->cq_head = (void *)(m + r->p.cq.head);
	r->cq_tail = (void *)(m + r->p.cq.tail);
	r->cq_overflow = (void *)(m + r->p.cq.overflow);
	r->cqes = (void *)(m + r->p.cq.cqes);
}

static inline void ring_open(struct ring *r, unsigned entries)
{
	ring_open_flags(r, entries, 0, 0);
}

static inline struct sqe *sqe(struct ring *r, int op, int fd, uint64_t data)
{
	uint32_t i = r->tail++ & (r->p.sq_entries - 1);
	struct sqe *s = &r->sqes[i];

	memset(s, 0, sizeof(*s));
	s->op = op;
	s->fd = fd;
	s->data = data;
	r->array[i] = i;
	return s;
}

static inline struct sqe *rw(struct ring *r, int op, int fd, const void *buf, unsigned len, uint64_t off, uint64_t data)
{
	struct sqe *s = sqe(r, op, fd, data);

	s->addr = (uintptr_t)buf;
	s->len = len;
	s->off = off;
	return s;
}

static inline long ring_enter(struct ring *r, unsigned want)
{
	uint32_t n = r->tail - *r->sq_tail;

	__atomic_store_n(r->sq_tail, r->tail, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, r->fd, n, want, want ? 1 : 0, NULL, 0);
}

static inline int ready(struct ring *r)
{
	return __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) - *r->cq_head;
}

static inline struct cqe next(struct ring *r)
{
	struct cqe c = { 0xdead, -9999, 0 };

	if (!ready(r))
		syscall(SYS_io_uring_enter, r->fd, 0, 1, 1, NULL, 0);
	if (ready(r)) {
		c = r->cqes[*r->cq_head & (r->p.cq_entries - 1)];
		__atomic_store_n(r->cq_head, *r->cq_head + 1, __ATOMIC_RELEASE);
	}
	return c;
}

#define EXPECT(r, want_data, want_res) do {					\
	struct cqe _c = next(r);						\
	CHECK_EQ(_c.data, want_data);						\
	CHECK_EQ(_c.res, want_res);						\
	} while (0)

/* Two events in any order. */
static inline void expect_two(struct ring *r, uint64_t d1, int r1, uint64_t d2, int r2, int line)
{
	struct cqe a = next(r), b = next(r);

	if (a.data == d2) {
		struct cqe t = a;

		a = b;
		b = t;
	}
	if (a.data != d1 || a.res != r1 || b.data != d2 || b.res != r2)
		tap_fail(line, "events %llu: %d and %llu: %d", (unsigned long long)a.data, a.res,
			 (unsigned long long)b.data, b.res);
}
#define EXPECT_TWO(r, d1, r1, d2, r2) expect_two(r, d1, r1, d2, r2, __LINE__)
