// SPDX-License-Identifier: GPL-2.0-only
/* Requests that a worker carries out act for the process that asked: its number, limits, names and namespaces. */
#include "uring.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

/* Result of a request that goes to a worker at once. */
static int asked(struct ring *r, struct sqe *s)
{
	s->flags = ASYNC;
	ring_enter(r, 1);
	return next(r).res;
}

static int opened(struct ring *r, const char *path, int flags)
{
	struct sqe *s = rw(r, OPENAT, AT_FDCWD, path, 0600, 0, 1);

	s->opflags = (uint32_t)flags;
	return asked(r, s);
}

CASE(self_is_who_asked)
{
	char text[4096], want[32];
	struct ring r;
	int fd;

	ring_open(&r, 8);
	fd = opened(&r, "/proc/self/status", O_RDONLY);
	CHECK(fd >= 0);
	memset(text, 0, sizeof(text));
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	snprintf(want, sizeof(want), "\nPid:\t%d\n", getpid());
	CHECK(strstr(text, want));
	CHECK(opened(&r, "/proc/self/fd", O_RDONLY | O_DIRECTORY) >= 0);
	CHECK(opened(&r, "/proc/self/net/dev", O_RDONLY) >= 0);
}

CASE(limits_are_of_who_asked)
{
	struct rlimit lim;
	struct ring r;
	int fd, last;

	ring_open(&r, 8);
	fd = opened(&r, "f", O_CREAT | O_RDWR);
	NEED(fd >= 0);
	last = dup(fd);
	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = (rlim_t)last + 1;
	NEED(!setrlimit(RLIMIT_NOFILE, &lim));
	CHECK_EQ(opened(&r, "f", O_RDONLY), -EMFILE);
	close(last);
	CHECK_EQ(opened(&r, "f", O_RDONLY), last);
	getrlimit(RLIMIT_FSIZE, &lim);
	lim.rlim_cur = 5;
	NEED(!setrlimit(RLIMIT_FSIZE, &lim));
	CHECK_EQ(asked(&r, rw(&r, WRITE, fd, "12345678", 8, 0, 2)), 5);
	CHECK_EQ(asked(&r, rw(&r, WRITE, fd, "x", 1, 5, 3)), -EFBIG);	/* no signal comes */
}

CASE(peers_see_who_asked)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "s" };
	struct { int pid, uid, gid; } peer = { 0 };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), a;
	socklen_t len = sizeof(peer);
	struct ring r;

	ring_open(&r, 8);
	NEED(!bind(s, (void *)&un, sizeof(un)) && !listen(s, 1));
	CHECK_EQ(asked(&r, rw(&r, CONNECT, c, &un, 0, sizeof(un), 1)), 0);
	a = accept(s, NULL, NULL);
	CHECK_EQ(getsockopt(a, SOL_SOCKET, SO_PEERCRED, &peer, &len), 0);
	CHECK_EQ(peer.pid, getpid());
}

CASE(namespaces_are_of_who_asked)
{
	char name[64] = "";
	struct ring r;
	pid_t pid;
	int fd;

	CHILD(pid, {
		NEED(!unshare(CLONE_NEWUTS));
		NEED(!sethostname("elsewhere", 9));
		ring_open(&r, 8);
		fd = opened(&r, "/proc/sys/kernel/hostname", O_RDONLY);
		CHECK(fd >= 0);
		CHECK_EQ(asked(&r, rw(&r, READ, fd, name, sizeof(name), 0, 2)), 10);
		CHECK_STR(name, "elsewhere\n");
	});
	JOIN(pid);
}

TAP_MAIN
