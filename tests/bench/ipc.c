// SPDX-License-Identifier: GPL-2.0-only
/* Round trips between two processes or threads: one byte (or wake-up) there and back. */
#include "bench.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int to[2], from[2];
static pid_t peer;
static char byte;

static void echo(int in, int out)
{
	while (read(in, &byte, 1) == 1)
		if (write(out, &byte, 1) != 1)
			break;
	_exit(0);
}

static int pipe_setup(void)
{
	if (pipe(to) || pipe(from))
		return -1;
	peer = fork();
	if (!peer) {
		close(to[1]);
		close(from[0]);
		echo(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	to[0] = from[0];	/* read end for run() */
	return peer < 0 ? -1 : 0;
}

static int unix_setup(void)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		return -1;
	peer = fork();
	if (!peer) {
		close(sv[0]);
		echo(sv[1], sv[1]);
	}
	close(sv[1]);
	to[0] = to[1] = sv[0];
	return peer < 0 ? -1 : 0;
}

static void round_trips(uint64_t n)
{
	while (n--)
		if (write(to[1], &byte, 1) != 1 || read(to[0], &byte, 1) != 1)
			die("round trip");
}

static void end_peer(void)
{
	close(to[1]);
	if (to[0] != to[1])
		close(to[0]);
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
}

static _Atomic uint32_t *word;

static void futex_wait(uint32_t v)
{
	while (*word == v)
		syscall(SYS_futex, word, FUTEX_WAIT, v, NULL, NULL, 0);
}

static void futex_post(uint32_t v)
{
	*word = v;
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int futex_setup(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (word == MAP_FAILED)
		return -1;
	*word = 0;
	peer = fork();
	if (!peer)
		for (;;) {
			futex_wait(0);
			futex_post(0);
		}
	return peer < 0 ? -1 : 0;
}

static void futex_round_trips(uint64_t n)
{
	while (n--) {
		futex_post(1);
		futex_wait(1);
	}
}

static void futex_end(void)
{
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
	munmap((void *)word, 4096);
}

static int ev, ep;

static int eventfd_setup(void)
{
	ev = eventfd(0, 0);
	return ev < 0 ? -1 : 0;
}

static void eventfd_cycle(uint64_t n)
{
	uint64_t v = 1;

	while (n--)
		if (write(ev, &v, 8) != 8 || read(ev, &v, 8) != 8)
			die("eventfd");
}

static void eventfd_end(void)
{
	close(ev);
}

static int epoll_setup(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	uint64_t v = 1;

	ev = eventfd(0, 0);
	ep = epoll_create1(0);
	if (ev < 0 || ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e))
		return -1;
	return write(ev, &v, 8) == 8 ? 0 : -1;
}

static void epoll_ready(uint64_t n)
{
	struct epoll_event e;

	while (n--)
		if (epoll_wait(ep, &e, 1, -1) != 1)
			die("epoll_wait");
}

static void epoll_end(void)
{
	close(ev);
	close(ep);
}

static struct pollfd fds[100];

static int poll_setup(void)
{
	for (int i = 0; i < 100; i++) {
		fds[i].fd = eventfd(0, 0);
		fds[i].events = POLLIN;
		if (fds[i].fd < 0)
			return -1;
	}
	return 0;
}

static void poll_100(uint64_t n)
{
	while (n--)
		if (poll(fds, 100, 0) != 0)
			die("poll");
}

static void poll_end(void)
{
	for (int i = 0; i < 100; i++)
		close(fds[i].fd);
}

const struct bench_case cases_ipc[] = {
	{ "pipe_round_trip", "ns", pipe_setup, round_trips, end_peer, 0 },
	{ "unix_round_trip", "ns", unix_setup, round_trips, end_peer, 0 },
	{ "futex_round_trip", "ns", futex_setup, futex_round_trips, futex_end, 0 },
	{ "eventfd", "ns", eventfd_setup, eventfd_cycle, eventfd_end, 0 },
	{ "epoll_ready", "ns", epoll_setup, epoll_ready, epoll_end, 0 },
	{ "poll_100", "ns", poll_setup, poll_100, poll_end, 0 },
	{ 0 },
};
