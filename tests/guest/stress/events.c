// SPDX-License-Identifier: GPL-2.0-only
/* Sockets, epoll sets, inotify and /proc under several threads at once: nothing is lost, nothing breaks. */
#include "tap.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SECONDS 2

static volatile int stop;

static void run(void *(*const fn[])(void *), int n, void *arg)
{
	pthread_t t[16];

	stop = 0;
	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, fn[i], arg);
	msleep(SECONDS * 1000);
	stop = 1;
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

/* ---- epoll: files come and go while others wait and write ---- */

static int ep, slot[32];

static void *ep_wait_loop(void *arg)
{
	struct epoll_event out[8];

	while (!stop)
		epoll_wait(ep, out, 8, 1);
	return NULL;
}

static void *ep_change_loop(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)&seed;
	struct epoll_event ev = { .events = EPOLLIN };

	while (!stop) {
		int i = rand_r(&seed) % 32, fd = __atomic_exchange_n(&slot[i], -1, __ATOMIC_SEQ_CST);

		if (fd >= 0) {
			if (rand_r(&seed) & 1)
				epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
			close(fd);
		}
		fd = eventfd(rand_r(&seed) & 1, EFD_NONBLOCK);
		ev.data.fd = fd;
		ev.events = EPOLLIN | (rand_r(&seed) & 1 ? EPOLLET : 0);
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		fd = __atomic_exchange_n(&slot[i], fd, __ATOMIC_SEQ_CST);
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static void *ep_write_loop(void *arg)
{
	unsigned seed = 7;

	while (!stop) {
		int fd = slot[rand_r(&seed) % 32];

		if (fd >= 0)
			eventfd_write(fd, 1);
	}
	return NULL;
}

CASE(epoll_changes_under_waiters)
{
	static void *(*const fn[])(void *) = { ep_wait_loop, ep_wait_loop, ep_change_loop,
		ep_change_loop, ep_write_loop };
	struct epoll_event ev = { .events = EPOLLIN }, out[64];
	int e;

	for (int i = 0; i < 32; i++)
		slot[i] = -1;
	ep = epoll_create1(0);
	run(fn, 5, NULL);
	for (int fd = 3; fd < 500; fd++)
		if (fd != ep)
			close(fd);
	CHECK_EQ(epoll_wait(ep, out, 64, 0), 0);
	e = eventfd(1, 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev), 0);
	CHECK_EQ(epoll_wait(ep, out, 64, 0), 1);
}

/* ---- one token through two sockets, many times: a lost wake-up hangs ---- */

static int ab[2];
static long rounds;

static void *echo(void *arg)
{
	char c;

	while (read(ab[1], &c, 1) == 1)
		if (write(ab[1], &c, 1) != 1)
			break;
	return NULL;
}

CASE(no_wakeup_is_lost)
{
	struct pollfd pf;
	pthread_t t;
	char c = 'x';

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ab) == 0);
	pthread_create(&t, NULL, echo, NULL);
	for (rounds = 0; rounds < 2000; rounds++) {
		NEED(write(ab[0], &c, 1) == 1);
		if (rounds & 1) {
			pf = (struct pollfd){ ab[0], POLLIN, 0 };
			NEED(poll(&pf, 1, 5000) == 1);
		}
		NEED(read(ab[0], &c, 1) == 1);
	}
	shutdown(ab[0], SHUT_RDWR);
	pthread_join(t, NULL);
	CHECK_EQ(rounds, 2000);
}

/* ---- streams: bytes arrive in order while both ends block in turn ---- */

static void *pump(void *arg)
{
	static unsigned char buf[50000];
	unsigned char next = 0;
	unsigned seed = 3;

	for (long sent = 0; sent < 8 << 20;) {
		long n = 1 + rand_r(&seed) % sizeof(buf);

		for (long i = 0; i < n; i++)
			buf[i] = next++;
		for (long i = 0; i < n;) {
			ssize_t w = write(ab[0], buf + i, n - i);

			if (w <= 0)
				return (void *)1;
			i += w;
		}
		sent += n;
	}
	shutdown(ab[0], SHUT_WR);
	return NULL;
}

CASE(stream_keeps_order)
{
	static unsigned char buf[30000];
	unsigned char next = 0;
	unsigned seed = 9;
	long got = 0, bad = 0;
	pthread_t t;
	ssize_t n;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ab) == 0);
	pthread_create(&t, NULL, pump, NULL);
	while ((n = read(ab[1], buf, 1 + rand_r(&seed) % sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			bad += buf[i] != next++;
		got += n;
	}
	pthread_join(t, NULL);
	CHECK_EQ(bad, 0);
	CHECK(got >= 8 << 20);
}

/* ---- connections made, passed, dropped ---- */

static struct sockaddr_un name;
static socklen_t name_len;

static void *client_loop(void *arg)
{
	struct timeval tv = { 0, 20000 };	/* at the end nobody accepts any more */
	char c;

	while (!stop) {
		int s = socket(AF_UNIX, SOCK_STREAM, 0);

		setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
		if (!connect(s, (void *)&name, name_len) && send(s, "q", 1, MSG_NOSIGNAL) == 1)
			(void)!read(s, &c, 1);
		close(s);
	}
	return NULL;
}

static long served;

static void *server_loop(void *arg)
{
	int l = *(int *)arg;
	struct pollfd pf = { l, POLLIN, 0 };
	char c;

	while (!stop) {
		int s;

		if (poll(&pf, 1, 10) != 1)
			continue;
		s = accept4(l, NULL, NULL, 0);
		if (s < 0)
			continue;
		if (read(s, &c, 1) == 1 && send(s, &c, 1, MSG_NOSIGNAL) == 1)
			__atomic_fetch_add(&served, 1, __ATOMIC_SEQ_CST);
		close(s);
	}
	return NULL;
}

CASE(connections_come_and_go)
{
	static void *(*const fn[])(void *) = { client_loop, client_loop, client_loop, server_loop,
		server_loop };
	int l = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	name.sun_family = AF_UNIX;
	strcpy(name.sun_path + 1, "tern-stress");
	name_len = offsetof(struct sockaddr_un, sun_path) + 12;
	NEED(bind(l, (void *)&name, name_len) == 0 && listen(l, 8) == 0);
	alarm(18);
	run(fn, 5, &l);
	CHECK(served > 10);
}

/* ---- sockets in rings, made and dropped while others do the same ---- */

static void give(int s, int fd)
{
	union { struct cmsghdr h; char b[CMSG_SPACE(sizeof(int))]; } c = { { 0 } };
	struct iovec iov = { "f", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.b, .msg_controllen = sizeof(c) };

	c.h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&c.h), &fd, sizeof(int));
	sendmsg(s, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int take(int s)
{
	union { struct cmsghdr h; char b[CMSG_SPACE(sizeof(int))]; } c = { { 0 } };
	char b;
	struct iovec iov = { &b, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.b, .msg_controllen = sizeof(c) };
	int fd = -1;

	if (recvmsg(s, &m, MSG_DONTWAIT) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(&c.h), sizeof(int));
	return fd;
}

static void *ring_loop(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)&seed;
	int a[2], b[2], fd;

	while (!stop) {
		socketpair(AF_UNIX, SOCK_STREAM, 0, a);
		socketpair(AF_UNIX, SOCK_DGRAM, 0, b);
		give(a[0], a[1]);
		give(a[1], b[0]);
		give(b[0], a[0]);
		give(b[1], b[1]);
		if (rand_r(&seed) & 1) {
			fd = take(a[1]);
			if (fd >= 0)
				close(fd);
		}
		give(ab[0], b[1]);
		fd = take(ab[1]);
		if (fd >= 0)
			close(fd);
		close(a[0]);
		close(a[1]);
		close(b[0]);
		close(b[1]);
	}
	return NULL;
}

CASE(rings_under_load)
{
	static void *(*const fn[])(void *) = { ring_loop, ring_loop, ring_loop };

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ab) == 0);
	run(fn, 3, NULL);
	CHECK(1);
}

/* ---- /proc while processes come and go ---- */

static void *fork_loop(void *arg)
{
	while (!stop) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

static long files_read;

static void *proc_loop(void *arg)
{
	static const char *const names[] = { "stat", "status", "maps", "cmdline", "fd/0", "task",
		"environ", "mountinfo", "smaps", "limits", "io", "exe" };
	char path[300], buf[8192];

	while (!stop) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		while (d && (e = readdir(d))) {
			if (e->d_name[0] < '0' || e->d_name[0] > '9')
				continue;
			for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
				int fd;

				snprintf(path, sizeof(path), "/proc/%s/%s", e->d_name, names[i]);
				(void)!readlink(path, buf, sizeof(buf));
				fd = open(path, O_RDONLY | O_NONBLOCK);
				if (fd < 0)
					continue;
				while (read(fd, buf, sizeof(buf)) > 0)
					files_read++;
				close(fd);
			}
		}
		closedir(d);
	}
	return NULL;
}

CASE(proc_while_processes_end)
{
	static void *(*const fn[])(void *) = { fork_loop, fork_loop, proc_loop, proc_loop };

	run(fn, 4, NULL);
	CHECK(files_read > 50);
}

/* ---- inotify: watches and files come and go ---- */

static int in_fd;

static void *touch_loop(void *arg)
{
	char name[32];
	unsigned seed = (unsigned)(uintptr_t)&seed;

	while (!stop) {
		sprintf(name, "d%d", rand_r(&seed) % 4);
		mkdir(name, 0700);
		sprintf(name + 2, "/f%d", rand_r(&seed) % 4);
		close(open(name, O_CREAT | O_RDWR, 0600));
		unlink(name);
		name[2] = 0;
		rmdir(name);
	}
	return NULL;
}

static void *watch_loop(void *arg)
{
	char name[8];
	unsigned seed = 5;

	while (!stop) {
		int wd;

		sprintf(name, "d%d", rand_r(&seed) % 4);
		wd = inotify_add_watch(in_fd, name, IN_ALL_EVENTS | (rand_r(&seed) & 1 ? IN_ONESHOT : 0));
		if (wd > 0 && rand_r(&seed) & 1)
			inotify_rm_watch(in_fd, wd);
	}
	return NULL;
}

static void *drain_loop(void *arg)
{
	char buf[4096];

	while (!stop)
		if (read(in_fd, buf, sizeof(buf)) < 0)
			usleep(1000);
	return NULL;
}

CASE(inotify_under_load)
{
	static void *(*const fn[])(void *) = { touch_loop, touch_loop, watch_loop, watch_loop, drain_loop };

	in_fd = inotify_init1(IN_NONBLOCK);
	run(fn, 5, NULL);
	close(in_fd);
	CHECK(1);
}

TAP_MAIN
