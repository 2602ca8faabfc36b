// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many TCP connections: 10,000 at a time with an epoll server, and storms of short ones. Memory comes back.
 * TERN_CONNECTIONS=N in the environment sets the length of a storm: run-guest-tests --long asks for a million, which
 * takes ten minutes and more. A long one says on its way what memory there is, and how many are in TIME-WAIT.
 */
#include "tap.h"
#include "inet.h"

#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#define MANY		10000
#define STORM		1000
#define SLACK_KIB	24576	/* caches that a first run fills */

static void more_files(int n)
{
	struct rlimit l = { (rlim_t)n, (rlim_t)n };

	NEED(!setrlimit(RLIMIT_NOFILE, &l));
}

static int listener(struct sockaddr_in *a)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	socklen_t n = sizeof(*a);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	NEED(!bind(s, (void *)a, n) && !listen(s, 1024));
	NEED(!getsockname(s, (void *)a, &n));
	return s;
}

/* The number behind @name in a file of /proc. */
static long number_in(const char *file, const char *name)
{
	const char *at = strstr(read_file(file), name);

	return at ? atol(at + strlen(name)) : -1;
}

static long available_kib(void) { return number_in("/proc/meminfo", "MemAvailable:"); }

/* Accept all, answer each byte with the same byte; ends when all have closed. */
static void echo_server(int l, int nconns)
{
	int e = epoll_create1(0), closed = 0;
	struct epoll_event ev = { EPOLLIN, { .fd = l } }, got[256];

	NEED(!epoll_ctl(e, EPOLL_CTL_ADD, l, &ev));
	while (closed < nconns) {
		int n = epoll_wait(e, got, 256, 30000);

		NEED(n > 0);
		for (int i = 0; i < n; i++) {
			char c;
			int s;

			if (got[i].data.fd != l) {
				if (read(got[i].data.fd, &c, 1) == 1) {
					NEED(write(got[i].data.fd, &c, 1) == 1);
				} else {
					close(got[i].data.fd);
					closed++;
				}
				continue;
			}
			while ((s = accept4(l, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
				ev = (struct epoll_event){ EPOLLIN, { .fd = s } };
				NEED(!epoll_ctl(e, EPOLL_CTL_ADD, s, &ev));
			}
		}
	}
}

CASE(ten_thousand_at_a_time)
{
	static int fd[MANY];
	struct sockaddr_in a;
	long before, full;
	pid_t server;
	int l;

	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	more_files(MANY + 100);
	l = listener(&a);
	before = available_kib();
	CHILD(server, echo_server(l, MANY));
	close(l);
	for (int i = 0; i < MANY; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		NEED(fd[i] >= 0);
		NEED(!connect(fd[i], (void *)&a, sizeof(a)));
	}
	for (int i = 0; i < MANY; i++)
		NEED(write(fd[i], (char[]){ (char)i }, 1) == 1);
	for (int i = 0; i < MANY; i++) {
		char c = 0;

		NEED(read(fd[i], &c, 1) == 1);
		if (c != (char)i)
			tap_fail(__LINE__, "connection %d answered %d", i, c);
	}
	full = before - available_kib();
	printf("# %ld bytes a connection, both ends\n", full * 1024 / MANY);
	CHECK(full < 120 * 1024);
	for (int i = 0; i < MANY; i++)
		close(fd[i]);
	JOIN(server);
}

static void storm_server(int l, long n)
{
	for (long i = 0; i < n; i++) {
		int s = accept(l, NULL, NULL);
		char c;

		NEED(s >= 0);
		if (read(s, &c, 1) == 1)
			write(s, &c, 1);
		close(s);
	}
}

static void storm(long n)
{
	long part = n / 10;
	struct linger reset = { 1, 0 };
	struct sockaddr_in a;
	pid_t server;
	int l = listener(&a);

	fcntl(l, F_SETFL, 0);
	CHILD(server, storm_server(l, n));
	close(l);
	for (long i = 0; i < n; i++) {
		int s = socket(AF_INET, SOCK_STREAM, 0);
		char c = 'x';

		NEED(s >= 0 && !connect(s, (void *)&a, sizeof(a)));
		if (i % 4) {
			NEED(write(s, &c, 1) == 1);
			NEED(read(s, &c, 1) == 1);
		}
		if (i % 2)	/* half of them end without TIME-WAIT */
			setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(s);
		if (part >= STORM && (i + 1) % part == 0) {
			printf("# %ld connections, %ld KiB available, %ld in TIME-WAIT\n", i + 1, available_kib(),
			       number_in("/proc/net/sockstat", " tw "));
			fflush(stdout);
		}
	}
	JOIN(server);
}

CASE(storm_leaves_no_memory_behind)
{
	const char *asked = getenv("TERN_CONNECTIONS");
	long n = asked ? atol(asked) : STORM, before;

	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	alarm(asked ? 7000 : 60);
	storm(300);
	before = available_kib();
	storm(n);
	CHECK(before - available_kib() < SLACK_KIB);
}

CASE(connections_that_nobody_accepts_are_bounded)
{
	struct sockaddr_in a;
	int l, in = 0;

	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	more_files(2000);
	l = listener(&a);
	NEED(!listen(l, 8));
	for (int i = 0; i < 100; i++) {
		int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		connect(s, (void *)&a, sizeof(a));
	}
	msleep(200);
	while (accept(l, NULL, NULL) >= 0)
		in++;
	CHECK(in >= 8 && in <= 10);
}

TAP_MAIN
