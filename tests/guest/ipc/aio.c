/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux AIO by its system calls. */
#include "../tap.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

struct iocb { uint64_t data; uint32_t key, rw_flags; uint16_t op; int16_t prio; uint32_t fd;
	uint64_t buf, nbytes; int64_t offset; uint64_t reserved2; uint32_t flags, resfd; };
struct event { uint64_t data, obj; int64_t res, res2; };
struct ring { unsigned id, nr, head, tail, magic, compat, incompat, header_length; struct event ev[]; };

enum { PREAD, PWRITE, FSYNC, FDSYNC, POLL = 5, PREADV = 7, PWRITEV = 8 };

static uint64_t setup(unsigned n)
{
	uint64_t ctx = 0;

	NEED(syscall(SYS_io_setup, n, &ctx) == 0);
	return ctx;
}

static long submit(uint64_t ctx, struct iocb *cb)
{
	return syscall(SYS_io_submit, ctx, 1L, &cb);
}

static long getevents(uint64_t ctx, long min, long n, struct event *ev, int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	return syscall(SYS_io_getevents, ctx, min, n, ev, ms < 0 ? NULL : &t);
}

static void wait_asleep(pid_t pid)
{
	char name[32];
	const char *end;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	do {
		msleep(10);
		end = strrchr(read_file(name), ')');
	} while (!end || (end[2] != 'S' && end[2] != 'Z'));
}

CASE(contexts)
{
	uint64_t ctx = 0, bad = 1;
	struct event ev;

	FAILS(syscall(SYS_io_setup, 0, &ctx), EINVAL);
	FAILS(syscall(SYS_io_setup, 1, &bad), EINVAL);
	FAILS(syscall(SYS_io_setup, 1, NULL), EFAULT);
	FAILS(syscall(SYS_io_setup, 100000, &ctx), EAGAIN);
	CHECK(syscall(SYS_io_setup, 10, &ctx) == 0);
	CHECK(ctx != 0);
	CHECK(atoi(read_file("/proc/sys/fs/aio-nr")) >= 10);
	CHECK_EQ(atoi(read_file("/proc/sys/fs/aio-max-nr")), 65536);
	FAILS(getevents(ctx, 2, 1, &ev, 0), EINVAL);
	FAILS(getevents(ctx, -1, 1, &ev, 0), EINVAL);
	FAILS(getevents(ctx + 4096 * 1024, 0, 1, &ev, 0), EINVAL);
	CHECK_EQ(getevents(ctx, 1, 1, &ev, 30), 0);
	CHECK(syscall(SYS_io_destroy, ctx) == 0);
	FAILS(syscall(SYS_io_destroy, ctx), EINVAL);
	FAILS(syscall(SYS_io_submit, ctx, 0L, NULL), EINVAL);
}

CASE(reads_and_writes)
{
	uint64_t ctx = setup(8);
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	char in[16] = "", in2[4] = "";
	struct iovec iov[2] = { { in, 5 }, { in2, 4 } };
	struct iocb w = { .data = 11, .op = PWRITE, .fd = fd, .buf = (uintptr_t)"hello, aio", .nbytes = 10,
			  .offset = 3 };
	struct iocb r = { .data = 12, .op = PREAD, .fd = fd, .buf = (uintptr_t)in, .nbytes = 16, .offset = 3 };
	struct iocb s = { .data = 13, .op = FSYNC, .fd = fd };
	struct iocb *three[3] = { &w, &r, &s };
	struct event ev[4];

	CHECK_EQ(syscall(SYS_io_submit, ctx, 3L, three), 3);
	CHECK_EQ(getevents(ctx, 3, 4, ev, 2000), 3);
	for (int i = 0; i < 3; i++) {
		long want = ev[i].data == 13 ? 0 : 10;

		CHECK_EQ(ev[i].res, want);
		CHECK_EQ(ev[i].res2, 0);
	}
	CHECK(!strcmp(in, "hello, aio"));
	r = (struct iocb){ .data = 14, .op = PREADV, .fd = fd, .buf = (uintptr_t)iov, .nbytes = 2, .offset = 3 };
	CHECK_EQ(submit(ctx, &r), 1);
	CHECK_EQ(getevents(ctx, 1, 1, ev, 2000), 1);
	CHECK_EQ(ev[0].obj, (uintptr_t)&r);
	CHECK_EQ(ev[0].res, 9);
	CHECK(!memcmp(in2, ", ai", 4));
	r.op = PREAD;
	r.buf = 16;
	r.nbytes = 4;
	CHECK_EQ(submit(ctx, &r), 1);
	CHECK_EQ(getevents(ctx, 1, 1, ev, 2000), 1);
	CHECK_EQ(ev[0].res, -EFAULT);
}

CASE(bad_requests)
{
	uint64_t ctx = setup(4);
	int fd = open("f", O_WRONLY | O_CREAT, 0600);
	char buf[4];
	struct iocb r = { .op = PREAD, .fd = fd, .buf = (uintptr_t)buf, .nbytes = 4 }, *p = &r;

	FAILS(submit(ctx, &r), EBADF);
	r.fd = 99;
	FAILS(submit(ctx, &r), EBADF);
	r.fd = fd;
	r.op = 77;
	FAILS(submit(ctx, &r), EINVAL);
	r.op = PWRITE;
	r.reserved2 = 1;
	FAILS(submit(ctx, &r), EINVAL);
	r.reserved2 = 0;
	r.flags = 1;
	r.resfd = fd;
	FAILS(submit(ctx, &r), EINVAL);
	FAILS(syscall(SYS_io_submit, ctx, -1L, &p), EINVAL);
	FAILS(syscall(SYS_io_submit, ctx, 1L, NULL), EFAULT);
	CHECK_EQ(syscall(SYS_io_submit, ctx, 0L, &p), 0);
	FAILS(submit(ctx, NULL), EFAULT);
}

CASE(eventfd_tells)
{
	uint64_t ctx = setup(4), count = 0;
	int fd = open("f", O_RDWR | O_CREAT, 0600), efd = eventfd(0, EFD_NONBLOCK);
	struct iocb w = { .op = PWRITE, .fd = fd, .buf = (uintptr_t)"x", .nbytes = 1, .flags = 1, .resfd = efd };
	struct event ev[2];

	CHECK_EQ(submit(ctx, &w), 1);
	CHECK_EQ(submit(ctx, &w), 1);
	CHECK_EQ(getevents(ctx, 2, 2, ev, 2000), 2);
	CHECK(read(efd, &count, 8) == 8);
	CHECK_EQ(count, 2);
}

CASE(poll_requests)
{
	uint64_t ctx = setup(4);
	int p[2];
	struct iocb r = { .data = 5, .op = POLL, .buf = POLLIN }, w;
	struct event ev[4];
	pid_t pid;

	NEED(pipe(p) == 0);
	r.fd = p[0];
	w = (struct iocb){ .data = 6, .op = POLL, .buf = POLLOUT, .fd = p[1] };
	CHECK_EQ(submit(ctx, &w), 1);
	CHECK_EQ(getevents(ctx, 1, 4, ev, 2000), 1);
	CHECK(ev[0].data == 6 && ev[0].res == POLLOUT);
	CHECK_EQ(submit(ctx, &r), 1);
	CHECK_EQ(getevents(ctx, 0, 4, ev, 0), 0);
	CHILD(pid, msleep(80); CHECK(write(p[1], "x", 1) == 1));
	CHECK_EQ(getevents(ctx, 1, 4, ev, 5000), 1);
	CHECK(ev[0].data == 5 && (ev[0].res & POLLIN));
	JOIN(pid);
	CHECK(read(p[0], &pid, 1) == 1);
	/* Cancelled: the event comes all the same. */
	CHECK_EQ(submit(ctx, &r), 1);
	FAILS(syscall(SYS_io_cancel, ctx, &r, ev), EINPROGRESS);
	CHECK_EQ(getevents(ctx, 1, 4, ev, 5000), 1);
	CHECK(ev[0].data == 5 && ev[0].res == 0);
	FAILS(syscall(SYS_io_cancel, ctx, &r, ev), EINVAL);
	/* Hang-up. */
	CHECK_EQ(submit(ctx, &r), 1);
	close(p[1]);
	CHECK_EQ(getevents(ctx, 1, 4, ev, 5000), 1);
	CHECK(ev[0].res & POLLHUP);
	r.nbytes = 1;
	FAILS(submit(ctx, &r), EINVAL);
}

CASE(destroy_with_a_poll)
{
	uint64_t ctx = setup(4);
	struct iocb r = { .op = POLL, .buf = POLLIN };
	int p[2];

	NEED(pipe(p) == 0);
	r.fd = p[0];
	for (int i = 0; i < 4; i++)
		CHECK_EQ(submit(ctx, &r), 1);
	CHECK(syscall(SYS_io_destroy, ctx) == 0);
	/* Left for the end of the process. */
	ctx = setup(4);
	CHECK_EQ(submit(ctx, &r), 1);
}

CASE(ring_is_readable)
{
	uint64_t ctx = setup(4);
	struct ring *r = (void *)(uintptr_t)ctx;
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	struct iocb w = { .data = 3, .op = PWRITE, .fd = fd, .buf = (uintptr_t)"x", .nbytes = 1 };
	struct event ev;
	long n = 0;

	CHECK(r->magic == 0xa10a10a1 && r->header_length == 32 && r->incompat == 0);
	CHECK(r->nr >= 5);
	CHECK_EQ(submit(ctx, &w), 1);
	CHECK_EQ((r->tail + r->nr - r->head) % r->nr, 1);
	CHECK(r->ev[r->head].data == 3 && r->ev[r->head].res == 1);
	r->head = (r->head + 1) % r->nr;
	CHECK_EQ(getevents(ctx, 0, 1, &ev, 0), 0);
	/* A full ring takes no more. */
	while (n < 100000 && submit(ctx, &w) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n >= 4 && n < (long)r->nr);
	CHECK_EQ(getevents(ctx, 1, 1, &ev, 0), 1);
	CHECK_EQ(submit(ctx, &w), 1);
}

static void on_signal(int sig)
{
}

CASE(waits)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pid_t pid;

	sigaction(SIGUSR1, &sa, NULL);
	CHILD(pid, { uint64_t ctx = setup(4); struct event ev;
		FAILS(getevents(ctx, 1, 1, &ev, -1), EINTR); });
	wait_asleep(pid);
	kill(pid, SIGUSR1);
	JOIN(pid);
}

TAP_MAIN
