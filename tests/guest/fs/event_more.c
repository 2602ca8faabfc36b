// SPDX-License-Identifier: GPL-2.0-only
/* epoll, eventfd, timerfd, signalfd, inotify: the finer rules. */
#include "tap.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

static struct epoll_event ev, out[64];
static char buf[65536];

static int add(int ep, int fd, uint32_t events)
{
	ev = (struct epoll_event){ .events = events, .data.fd = fd };
	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static int mod(int ep, int fd, uint32_t events)
{
	ev = (struct epoll_event){ .events = events, .data.fd = fd };
	return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev);
}

/* ---- epoll ---- */

CASE(epoll_errors)
{
	int ep = epoll_create1(0), p[2], f = open("f", O_RDWR | O_CREAT, 0600);

	NEED(pipe(p) == 0);
	FAILS(epoll_create1(1), EINVAL);
	FAILS(add(ep, f, EPOLLIN), EPERM);
	FAILS(add(ep, ep, EPOLLIN), EINVAL);
	FAILS(add(p[0], p[1], EPOLLIN), EINVAL);
	FAILS(add(ep, 99, EPOLLIN), EBADF);
	NEED(add(ep, p[0], EPOLLIN) == 0);
	FAILS(add(ep, p[0], EPOLLIN), EEXIST);
	FAILS(mod(ep, p[1], EPOLLIN), ENOENT);
	FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], NULL), ENOENT);
	FAILS(epoll_ctl(ep, 77, p[0], &ev), EINVAL);
	FAILS(epoll_wait(ep, out, 0, 0), EINVAL);
	FAILS(epoll_wait(p[0], out, 1, 0), EINVAL);
	CHECK_EQ(write(p[1], "x", 1), 1);
	FAILS(syscall(SYS_epoll_wait, ep, 8, 1, 0), EFAULT);
	CHECK_EQ(epoll_wait(ep, out, 1, 0), 1);
}

CASE(epoll_oneshot_rearms)
{
	int ep = epoll_create1(0), e = eventfd(1, 0);

	NEED(add(ep, e, EPOLLIN | EPOLLONESHOT) == 0);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_EQ(eventfd_write(e, 1), 0);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_EQ(mod(ep, e, EPOLLIN | EPOLLONESHOT), 0);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
}

CASE(epoll_level_and_edge)
{
	int ep = epoll_create1(0), e = eventfd(0, EFD_NONBLOCK), g = eventfd(0, EFD_NONBLOCK);

	NEED(add(ep, e, EPOLLIN) == 0 && add(ep, g, EPOLLIN | EPOLLET) == 0);
	eventfd_write(e, 1);
	eventfd_write(g, 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 2);
	CHECK(epoll_wait(ep, out, 4, 0) == 1 && out[0].data.fd == e);
	eventfd_write(g, 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 2);
	CHECK_EQ(mod(ep, g, EPOLLIN | EPOLLOUT | EPOLLET), 0);	/* a change looks again */
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 2);
}

CASE(epoll_round_robin)
{
	int ep = epoll_create1(0), seen[4] = { 0 };

	for (int i = 0; i < 4; i++) {
		int e = eventfd(1, 0);

		ev = (struct epoll_event){ .events = EPOLLIN, .data.u32 = i };
		NEED(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev) == 0);
	}
	for (int i = 0; i < 8; i++) {
		NEED(epoll_wait(ep, out, 1, 0) == 1);
		seen[out[0].data.u32]++;
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(seen[i], 2);
}

CASE(epoll_nested_sets)
{
	int a = epoll_create1(0), b = epoll_create1(0), c = epoll_create1(0), e = eventfd(0, 0);
	struct pollfd pf = { a, POLLIN, 0 };

	NEED(add(a, b, EPOLLIN) == 0 && add(b, c, EPOLLIN) == 0 && add(c, e, EPOLLIN) == 0);
	CHECK_EQ(epoll_wait(a, out, 4, 0), 0);
	eventfd_write(e, 1);
	CHECK(epoll_wait(a, out, 4, 100) == 1 && out[0].data.fd == b);
	CHECK_EQ(poll(&pf, 1, 0), 1);
	eventfd_read(e, &(eventfd_t){ 0 });
	CHECK_EQ(epoll_wait(a, out, 4, 0), 0);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	FAILS(add(c, a, EPOLLIN), ELOOP);
	FAILS(add(b, a, EPOLLIN), ELOOP);
}

CASE(epoll_nest_limit)
{
	int prev = epoll_create1(0), depth = 0;

	for (; depth < 12; depth++) {
		int ep = epoll_create1(0);

		if (add(ep, prev, EPOLLIN))
			break;
		prev = ep;
	}
	CHECK_EQ(errno, ELOOP);
	CHECK(depth >= 4 && depth <= 6);
}

CASE(epoll_closed_file_leaves)
{
	int ep = epoll_create1(0), e = eventfd(1, 0), d = dup(e);

	NEED(add(ep, e, EPOLLIN) == 0);
	close(e);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);	/* the open file lives in d */
	close(d);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	e = eventfd(1, 0);
	CHECK_EQ(add(ep, e, EPOLLIN), 0);
}

CASE(epoll_same_file_twice)
{
	int ep = epoll_create1(0), e = eventfd(1, 0), d = dup(e);

	CHECK_EQ(add(ep, e, EPOLLIN), 0);
	CHECK_EQ(add(ep, d, EPOLLIN), 0);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 2);
}

CASE(epoll_exclusive_rules)
{
	int ep = epoll_create1(0), in = epoll_create1(0), e = eventfd(0, 0);

	CHECK_EQ(add(ep, e, EPOLLIN | EPOLLEXCLUSIVE), 0);
	FAILS(mod(ep, e, EPOLLIN), EINVAL);
	FAILS(add(ep, in, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
	FAILS(add(ep, eventfd(0, 0), EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE), EINVAL);
	eventfd_write(e, 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
}

static int shared_ep;
static volatile int woken;

static void *one_wait(void *arg)
{
	struct epoll_event o;

	if (epoll_wait(shared_ep, &o, 1, 3000) == 1)
		__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

CASE(epoll_wakes_one_waiter_per_edge)
{
	int e = eventfd(0, 0);
	pthread_t t[4];

	shared_ep = epoll_create1(0);
	NEED(add(shared_ep, e, EPOLLIN | EPOLLET) == 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, one_wait, NULL);
	msleep(100);
	eventfd_write(e, 1);
	msleep(200);
	CHECK_EQ(woken, 1);
	for (int i = 0; i < 3; i++)
		eventfd_write(e, 1), msleep(50);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(woken, 4);
}

CASE(epoll_timeouts)
{
	int ep = epoll_create1(0);
	struct timespec a, b, ts = { 0, 30000000 };

	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(epoll_wait(ep, out, 1, 30), 0);
	CHECK_EQ(syscall(441, ep, out, 1, &ts, NULL, 0), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 59);
}

static void *write_later(void *arg)
{
	msleep(50);
	eventfd_write((int)(long)arg, 3);
	return NULL;
}

CASE(epoll_many_files)
{
	int ep = epoll_create1(0), e[500];
	long sum = 0;

	for (int i = 0; i < 500; i++) {
		NEED((e[i] = eventfd(0, 0)) >= 0);
		NEED(add(ep, e[i], EPOLLIN) == 0);
	}
	for (int i = 0; i < 500; i += 50)
		eventfd_write(e[i], 1);
	CHECK_EQ(epoll_wait(ep, out, 64, 0), 10);
	for (int i = 0; i < 10; i++)
		sum += out[i].data.fd;
	for (int i = 0; i < 500; i += 50)
		sum -= e[i];
	CHECK_EQ(sum, 0);
	for (int i = 0; i < 500; i += 2)
		close(e[i]);
	CHECK_EQ(epoll_wait(ep, out, 64, 0), 0);
}

/* ---- eventfd ---- */

CASE(eventfd_counts)
{
	int e = eventfd(5, EFD_NONBLOCK), s = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
	eventfd_t v;

	CHECK(!eventfd_read(e, &v) && v == 5);
	FAILS(eventfd_read(e, &v), EAGAIN);
	CHECK(!eventfd_read(s, &v) && v == 1);
	CHECK(!eventfd_read(s, &v) && v == 1);
	FAILS(eventfd_read(s, &v), EAGAIN);
	FAILS(eventfd_write(e, UINT64_MAX), EINVAL);
	CHECK_EQ(eventfd_write(e, UINT64_MAX - 1), 0);
	FAILS(eventfd_write(e, 1), EAGAIN);
	FAILS(read(e, buf, 7), EINVAL);
	FAILS(eventfd(0, 77), EINVAL);
	CHECK_EQ(lseek(e, 5, SEEK_SET), 0);
}

CASE(eventfd_read_blocks)
{
	int e = eventfd(0, 0);
	pthread_t t;
	eventfd_t v;

	pthread_create(&t, NULL, write_later, (void *)(long)e);
	CHECK(!eventfd_read(e, &v) && v == 3);
	pthread_join(t, NULL);
}

/* ---- timerfd ---- */

static struct itimerspec spec(long first_ms, long every_ms)
{
	return (struct itimerspec){ { every_ms / 1000, every_ms % 1000 * 1000000 },
				    { first_ms / 1000, first_ms % 1000 * 1000000 } };
}

CASE(timerfd_fires_and_repeats)
{
	int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec s = spec(20, 20), old;
	struct pollfd pf = { t, POLLIN, 0 };
	uint64_t n;

	NEED(t >= 0);
	FAILS(read(t, &n, 8), EAGAIN);
	NEED(timerfd_settime(t, 0, &s, NULL) == 0);
	CHECK_EQ(poll(&pf, 1, 2000), 1);
	CHECK(read(t, &n, 8) == 8 && n >= 1);
	msleep(110);
	CHECK(read(t, &n, 8) == 8 && n >= 4 && n < 100);
	CHECK(!timerfd_gettime(t, &old) && old.it_interval.tv_nsec == 20000000 &&
	      old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 20000000);
	s = spec(0, 0);
	CHECK_EQ(timerfd_settime(t, 0, &s, &old), 0);
	CHECK(old.it_interval.tv_nsec == 20000000);
	msleep(50);
	FAILS(read(t, &n, 8), EAGAIN);
	FAILS(timerfd_create(99, 0), EINVAL);
	FAILS(timerfd_settime(t, 0x80, &s, NULL), EINVAL);
	s.it_value.tv_nsec = 1000000000;
	FAILS(timerfd_settime(t, 0, &s, NULL), EINVAL);
	FAILS(timerfd_gettime(0, &s), EINVAL);
}

CASE(timerfd_absolute)
{
	int t = timerfd_create(CLOCK_REALTIME, 0);
	struct itimerspec s = { 0 };
	uint64_t n = 0;

	clock_gettime(CLOCK_REALTIME, &s.it_value);
	s.it_value.tv_sec -= 5;
	NEED(timerfd_settime(t, TFD_TIMER_ABSTIME, &s, NULL) == 0);
	CHECK(read(t, &n, 8) == 8 && n == 1);		/* the past is now */
	clock_gettime(CLOCK_REALTIME, &s.it_value);
	s.it_value.tv_sec += 1;
	NEED(timerfd_settime(t, TFD_TIMER_ABSTIME, &s, NULL) == 0);
	CHECK(read(t, &n, 8) == 8 && n == 1);
}

CASE(timerfd_sees_clock_steps)
{
	int t = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	struct itimerspec s = { 0 };
	struct timespec now;
	struct pollfd pf = { t, POLLIN, 0 };
	uint64_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	s.it_value.tv_sec = now.tv_sec + 1000;
	NEED(timerfd_settime(t, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &s, NULL) == 0);
	CHECK_EQ(clock_settime(CLOCK_REALTIME, &now), 0);
	CHECK_EQ(poll(&pf, 1, 1000), 1);
	FAILS(read(t, &n, 8), ECANCELED);
	NEED(timerfd_settime(t, TFD_TIMER_ABSTIME, &s, NULL) == 0);
	now.tv_sec += 2000;
	CHECK_EQ(clock_settime(CLOCK_REALTIME, &now), 0);
	CHECK_EQ(poll(&pf, 1, 1000), 1);
	CHECK_EQ(read(t, &n, 8), 8);
	now.tv_sec -= 2000;
	clock_settime(CLOCK_REALTIME, &now);
}

/* ---- signalfd ---- */

CASE(signalfd_reads_signals)
{
	struct signalfd_siginfo si[4];
	union sigval v = { .sival_int = 42 };
	sigset_t set;
	int s;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	NEED((s = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) >= 0);
	FAILS(read(s, si, sizeof(si)), EAGAIN);
	FAILS(read(s, si, 100), EINVAL);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN + 1, v);
	sigqueue(getpid(), SIGRTMIN + 1, v);
	CHECK_EQ(read(s, si, sizeof(si)), 3 * 128);
	CHECK(si[0].ssi_signo == SIGUSR1 && si[0].ssi_pid == (unsigned)getpid() && si[0].ssi_code == SI_USER);
	CHECK(si[1].ssi_signo == (unsigned)SIGRTMIN + 1 && si[1].ssi_int == 42 && si[1].ssi_code == SI_QUEUE);
	sigdelset(&set, SIGUSR1);
	CHECK_EQ(signalfd(s, &set, 0), s);
	kill(getpid(), SIGUSR1);
	FAILS(read(s, si, sizeof(si)), EAGAIN);
	FAILS(signalfd(0, &set, 0), EINVAL);
}

CASE(signalfd_with_epoll_and_child)
{
	struct signalfd_siginfo si;
	int ep = epoll_create1(0), s;
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	NEED((s = signalfd(-1, &set, 0)) >= 0 && add(ep, s, EPOLLIN) == 0);
	pid = fork();
	if (!pid)
		_exit(7);
	CHECK_EQ(epoll_wait(ep, out, 1, 3000), 1);
	CHECK_EQ(read(s, &si, sizeof(si)), 128);
	CHECK(si.ssi_signo == SIGCHLD && si.ssi_pid == (unsigned)pid && si.ssi_status == 7 &&
	      si.ssi_code == CLD_EXITED);
	waitpid(pid, NULL, 0);
}

/* A child that polled dies while the set lives on in the parent. */
CASE(signalfd_outlives_who_polled)
{
	int ep = epoll_create1(0), s;
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	NEED((s = signalfd(-1, &set, SFD_NONBLOCK)) >= 0);
	pid = fork();
	if (!pid)
		_exit(add(ep, s, EPOLLIN) != 0);
	JOIN(pid);
	CHECK_EQ(epoll_wait(ep, out, 1, 0), 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_DEL, s, NULL), 0);
}

/* ---- inotify ---- */

static int in_fd;
static char log_text[4096];

/* All events since the last call as text: "wd:mask[:name] ". */
static const char *events(void)
{
	char *end = log_text;
	ssize_t n = read(in_fd, buf, sizeof(buf));

	*log_text = 0;
	for (char *p = buf; n > 0 && p < buf + n;) {
		struct inotify_event *e = (void *)p;

		end += sprintf(end, "%d:%x%s%s ", e->wd, e->mask, e->len ? ":" : "", e->len ? e->name : "");
		p += sizeof(*e) + e->len;
	}
	return log_text;
}

CASE(inotify_directory_events)
{
	int fd;

	mkdir("d", 0700);
	NEED((in_fd = inotify_init1(IN_NONBLOCK)) >= 0);
	NEED(inotify_add_watch(in_fd, "d", IN_ALL_EVENTS) == 1);
	CHECK_STR(events(), "");
	NEED((fd = open("d/f", O_CREAT | O_RDWR, 0600)) >= 0);
	CHECK_STR(events(), "1:100:f 1:20:f ");
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_STR(events(), "1:2:f ");			/* equal ones are joined */
	close(fd);
	CHECK_STR(events(), "1:8:f ");
	chmod("d/f", 0644);
	CHECK_STR(events(), "1:4:f ");
	rename("d/f", "d/g");
	CHECK_STR(events(), "1:40:f 1:80:g ");
	mkdir("d/s", 0700);
	CHECK_STR(events(), "1:40000100:s ");
	rmdir("d/s");
	CHECK_STR(events(), "1:40000200:s ");
	unlink("d/g");
	CHECK_STR(events(), "1:200:g ");
	rename("d", "e");
	CHECK_STR(events(), "1:800 ");
	rmdir("e");
	CHECK_STR(events(), "1:400 1:8000 ");
	FAILS(inotify_rm_watch(in_fd, 1), EINVAL);
}

CASE(inotify_file_events)
{
	int fd, wd, n;

	write_file("f", "text");
	NEED((in_fd = inotify_init1(IN_NONBLOCK)) >= 0);
	NEED((wd = inotify_add_watch(in_fd, "f", IN_ALL_EVENTS)) == 1);
	fd = open("f", O_RDONLY);
	CHECK_EQ(read(fd, buf, 1), 1);
	CHECK(!ioctl(in_fd, FIONREAD, &n) && n == 32);
	CHECK_STR(events(), "1:20 1:1 ");
	close(fd);
	CHECK_STR(events(), "1:10 ");
	CHECK_EQ(inotify_add_watch(in_fd, "f", IN_DELETE_SELF), 1);
	link("f", "h");
	unlink("f");
	CHECK_STR(events(), "");
	unlink("h");
	CHECK_STR(events(), "1:400 1:8000 ");
}

CASE(inotify_cookies_and_masks)
{
	struct inotify_event *e = (void *)buf;
	ssize_t n;

	mkdir("a", 0700);
	mkdir("b", 0700);
	write_file("a/x", "");
	NEED((in_fd = inotify_init1(IN_NONBLOCK)) >= 0);
	CHECK_EQ(inotify_add_watch(in_fd, "a", IN_MOVED_FROM), 1);
	CHECK_EQ(inotify_add_watch(in_fd, "b", IN_MOVED_TO), 2);
	rename("a/x", "b/y");
	n = read(in_fd, buf, sizeof(buf));
	CHECK_EQ(n, 2 * (16 + 16));
	CHECK(e->mask == IN_MOVED_FROM && e->wd == 1 && e->cookie);
	CHECK(((struct inotify_event *)(buf + 32))->cookie == e->cookie);
	FAILS(inotify_add_watch(in_fd, "b", 0), EINVAL);
	FAILS(inotify_add_watch(in_fd, "b/y", IN_OPEN | IN_ONLYDIR), ENOTDIR);
	FAILS(inotify_add_watch(in_fd, "nope", IN_OPEN), ENOENT);
	FAILS(inotify_add_watch(in_fd, "b", IN_OPEN | IN_MASK_CREATE), EEXIST);
	FAILS(inotify_add_watch(0, "b", IN_OPEN), EINVAL);
	CHECK_EQ(inotify_add_watch(in_fd, "b", IN_DELETE | IN_MASK_ADD), 2);
	unlink("b/y");
	CHECK_STR(events(), "2:200:y ");
	CHECK_EQ(inotify_rm_watch(in_fd, 2), 0);
	CHECK_STR(events(), "2:8000 ");
	CHECK_EQ(inotify_add_watch(in_fd, "a", IN_CREATE | IN_ONESHOT), 1);
	write_file("a/1", "");
	write_file("a/2", "");
	CHECK_STR(events(), "1:100:1 1:8000 ");
}

CASE(inotify_unlinked_children)
{
	int fd;

	mkdir("d", 0700);
	NEED((fd = open("d/f", O_CREAT | O_RDWR, 0600)) >= 0);
	NEED((in_fd = inotify_init1(IN_NONBLOCK)) >= 0);
	NEED(inotify_add_watch(in_fd, "d", IN_MODIFY | IN_EXCL_UNLINK) == 1);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_STR(events(), "1:2:f ");
	unlink("d/f");
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_STR(events(), "");
}

CASE(inotify_small_buffer)
{
	mkdir("d", 0700);
	NEED((in_fd = inotify_init1(IN_NONBLOCK)) >= 0);
	NEED(inotify_add_watch(in_fd, "d", IN_CREATE) == 1);
	write_file("d/file", "");
	FAILS(read(in_fd, buf, 20), EINVAL);
	CHECK_EQ(read(in_fd, buf, 32), 32);
}

CASE(inotify_overflow)
{
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	int max = 0, n = 0, last = 0;
	ssize_t got;

	NEED(f && fscanf(f, "%d", &max) == 1 && max > 0);
	mkdir("d", 0700);
	write_file("d/a", "");
	write_file("d/b", "");
	NEED((in_fd = inotify_init1(IN_NONBLOCK)) >= 0);
	NEED(inotify_add_watch(in_fd, "d", IN_ATTRIB) == 1);
	for (int i = 0; i < max + 100; i++)
		chmod(i & 1 ? "d/a" : "d/b", 0600);
	while ((got = read(in_fd, buf, sizeof(buf))) > 0) {
		for (char *p = buf; p < buf + got; n++) {
			struct inotify_event *e = (void *)p;

			last = e->mask;
			p += sizeof(*e) + e->len;
		}
	}
	CHECK_EQ(n, max + 1);
	CHECK_EQ(last, IN_Q_OVERFLOW);
}

CASE(inotify_unmount)
{
	NEED((in_fd = inotify_init1(IN_NONBLOCK)) >= 0);
	mkdir("m", 0700);
	if (system("mount -t tmpfs none m"))
		SKIP("cannot mount");
	NEED(inotify_add_watch(in_fd, "m", IN_CREATE) == 1);
	NEED(system("umount m") == 0);
	CHECK_STR(events(), "1:40002000 1:8000 ");
}

TAP_MAIN
