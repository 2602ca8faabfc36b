// SPDX-License-Identifier: GPL-2.0-only
/* Pipes, FIFOs, poll, select. */
#include "tap.h"

#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static int p[2];
static char buf[200000];

static void make(int flags)
{
	NEED(pipe2(p, flags) == 0);
}

CASE(bytes_arrive_in_order)
{
	make(0);
	CHECK_EQ(write(p[1], "hello", 5), 5);
	CHECK_EQ(write(p[1], "world", 5), 5);
	CHECK_EQ(read(p[0], buf, 7), 7);
	CHECK(!memcmp(buf, "hellowo", 7));
	CHECK_EQ(read(p[0], buf, 100), 3);
}

CASE(end_of_file_and_sigpipe)
{
	make(0);
	close(p[1]);
	CHECK_EQ(read(p[0], buf, 1), 0);
	make(0);
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	FAILS(write(p[1], "x", 1), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	pid_t pid = fork();
	int st;
	if (!pid) {
		write(p[1], "x", 1);
		_exit(0);
	}
	waitpid(pid, &st, 0);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGPIPE);
}

CASE(ends_have_directions)
{
	make(0);
	FAILS(write(p[0], "x", 1), EBADF);
	FAILS(read(p[1], buf, 1), EBADF);
	FAILS(lseek(p[0], 0, SEEK_SET), ESPIPE);
	FAILS(pread(p[0], buf, 1, 0), ESPIPE);
	FAILS(pipe2(p, 0x1), EINVAL);
	FAILS(syscall(SYS_pipe, 8), EFAULT);
}

CASE(nonblocking_limits)
{
	make(O_NONBLOCK);
	FAILS(read(p[0], buf, 1), EAGAIN);
	ssize_t n = 0, w;
	while ((w = write(p[1], buf, 4096)) > 0)
		n += w;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 65536);
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 65536);
	CHECK_EQ(read(p[0], buf, 100), 100);
	FAILS(write(p[1], buf, 4096), EAGAIN);
	int avail;
	CHECK(ioctl(p[0], FIONREAD, &avail) == 0);
	CHECK_EQ(avail, 65436);
}

CASE(pipe_size_can_change)
{
	make(O_NONBLOCK);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 5000), 8192);
	CHECK_EQ(write(p[1], buf, 100000), 8192);
	FAILS(fcntl(p[0], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	CHECK_EQ(write(p[1], buf, 100), 100);
	CHECK_EQ(read(p[0], buf, 100000), 8292);
}

CASE(small_writes_are_atomic)
{
	pid_t pids[4];
	int counts[4] = { 0 };

	make(0);
	for (int k = 0; k < 4; k++)
		CHILD(pids[k], {
			memset(buf, 'a' + k, 1000);
			for (int i = 0; i < 200; i++)
				NEED(write(p[1], buf, 1000) == 1000);
		});
	for (int i = 0; i < 800; i++) {
		size_t got = 0;
		while (got < 1000) {
			ssize_t n = read(p[0], buf + got, 1000 - got);
			NEED(n > 0);
			got += n;
		}
		for (int j = 1; j < 1000; j++)
			NEED(buf[j] == buf[0]);
		counts[buf[0] - 'a']++;
	}
	for (int k = 0; k < 4; k++) {
		CHECK_EQ(counts[k], 200);
		JOIN(pids[k]);
	}
}

CASE(large_write_blocks_until_read)
{
	size_t got = 0;
	pid_t pid;

	make(0);
	CHILD(pid, CHECK_EQ(write(p[1], buf, sizeof(buf)), sizeof(buf)));
	close(p[1]);
	for (;;) {
		ssize_t n = read(p[0], buf, 7777);
		NEED(n >= 0);
		if (!n)
			break;
		got += n;
	}
	CHECK_EQ(got, sizeof(buf));
	JOIN(pid);
}

CASE(poll_reports_readiness)
{
	struct pollfd f[3];

	make(0);
	f[0] = (struct pollfd){ p[0], POLLIN, 0 };
	f[1] = (struct pollfd){ p[1], POLLOUT, 0 };
	f[2] = (struct pollfd){ -1, POLLIN, 0 };
	CHECK_EQ(poll(f, 3, 0), 1);
	CHECK_EQ(f[0].revents, 0);
	CHECK_EQ(f[1].revents, POLLOUT);
	CHECK_EQ(f[2].revents, 0);
	write(p[1], "x", 1);
	CHECK_EQ(poll(f, 2, -1), 2);
	CHECK_EQ(f[0].revents, POLLIN);
	close(p[1]);
	CHECK_EQ(poll(f, 1, 0), 1);
	CHECK_EQ(f[0].revents, POLLIN | POLLHUP);
	f[1].fd = 99;
	CHECK_EQ(poll(f + 1, 1, 0), 1);
	CHECK_EQ(f[1].revents, POLLNVAL);
	FAILS(poll(f, 100000, 0), EINVAL);
	FAILS(syscall(SYS_poll, (void *)8, 1, 0), EFAULT);
}

CASE(poll_waits_and_times_out)
{
	struct pollfd f;
	struct timespec a, b;
	pid_t pid;

	make(0);
	f = (struct pollfd){ p[0], POLLIN, 0 };
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(poll(&f, 1, 50), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 49);
	CHILD(pid, msleep(30); write(p[1], "x", 1));
	CHECK_EQ(poll(&f, 1, 5000), 1);
	JOIN(pid);
	close(p[0]);
	close(p[1]);
	make(0);
	f.fd = p[1];
	f.events = POLLOUT;
	close(p[0]);
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_EQ(f.revents, POLLOUT | POLLERR);
}

CASE(select_sets)
{
	struct timeval tv = { 0, 10000 };
	fd_set r, w;

	make(0);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(p[0], &r);
	CHECK_EQ(select(p[0] + 1, &r, NULL, NULL, &tv), 0);
	CHECK(!FD_ISSET(p[0], &r));
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	write(p[1], "x", 1);
	CHECK_EQ(select(p[1] + 1, &r, &w, NULL, NULL), 2);
	CHECK(FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w));
	FAILS(select(-1, &r, NULL, NULL, NULL), EINVAL);
	close(p[0]);
	FD_SET(p[0], &r);
	FAILS(select(p[0] + 1, &r, NULL, NULL, NULL), EBADF);
}

static void nothing(int sig)
{
}

CASE(ppoll_swaps_the_mask)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct pollfd f;
	sigset_t usr1, none;

	make(0);
	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	raise(SIGUSR1);
	sigemptyset(&none);
	f = (struct pollfd){ p[0], POLLIN, 0 };
	FAILS(ppoll(&f, 1, NULL, &none), EINTR);
	sigprocmask(SIG_BLOCK, NULL, &none);
	CHECK(sigismember(&none, SIGUSR1));
}

CASE(fifo_open_waits_for_the_other_end)
{
	pid_t pid;
	int r;

	NEED(mkfifo("f", 0600) == 0);
	CHILD(pid, int w = open("f", O_WRONLY); NEED(w >= 0); NEED(write(w, "hi", 2) == 2));
	r = open("f", O_RDONLY);
	CHECK_EQ(read(r, buf, 10), 2);
	JOIN(pid);
	CHECK_EQ(read(r, buf, 10), 0);
}

CASE(tee_duplicates)
{
	int q[2];

	make(0);
	NEED(pipe(q) == 0);
	write(p[1], "abc", 3);
	CHECK_EQ(tee(p[0], q[1], 10, 0), 3);
	CHECK_EQ(read(p[0], buf, 10), 3);
	CHECK_EQ(read(q[0], buf, 10), 3);
	struct iovec v = { "xyz", 3 };
	CHECK_EQ(vmsplice(p[1], &v, 1, 0), 3);
	CHECK_EQ(read(p[0], buf, 10), 3);
	CHECK(!memcmp(buf, "xyz", 3));
}

TAP_MAIN
