// SPDX-License-Identifier: GPL-2.0-only
/* eventfd, epoll, timerfd, signalfd, inotify, futex. */
#include "tap.h"

#include <linux/futex.h>
#include <limits.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

CASE(eventfd_adds_and_resets)
{
	int e = eventfd(3, EFD_NONBLOCK);
	uint64_t v = 4;

	CHECK_EQ(write(e, &v, 8), 8);
	CHECK_EQ(read(e, &v, 8), 8);
	CHECK_EQ(v, 7);
	FAILS(read(e, &v, 8), EAGAIN);
	FAILS(read(e, &v, 4), EINVAL);
	v = ~0ull;
	FAILS(write(e, &v, 8), EINVAL);
	v = ~0ull - 1;
	CHECK_EQ(write(e, &v, 8), 8);
	v = 1;
	FAILS(write(e, &v, 8), EAGAIN);
	FAILS(eventfd(0, 0x10), EINVAL);
}

CASE(eventfd_semaphore)
{
	int e = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	uint64_t v;

	CHECK(read(e, &v, 8) == 8 && v == 1);
	CHECK(read(e, &v, 8) == 8 && v == 1);
	FAILS(read(e, &v, 8), EAGAIN);
}

static struct epoll_event got[8];

CASE(epoll_level_and_edge)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), e = eventfd(0, 0);
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 77 };
	uint64_t v = 1;

	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev), EEXIST);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 0);
	write(e, &v, 8);
	CHECK_EQ(epoll_wait(ep, got, 8, -1), 1);
	CHECK(got[0].data.u64 == 77 && got[0].events == EPOLLIN);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 1);
	ev.events = EPOLLIN | EPOLLET;
	CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, e, &ev) == 0);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 1);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 0);
	write(e, &v, 8);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 1);
	ev.events = EPOLLIN | EPOLLONESHOT;
	CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, e, &ev) == 0);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 1);
	write(e, &v, 8);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL), ENOENT);
}

CASE(epoll_errors_and_nesting)
{
	int a = epoll_create1(0), b = epoll_create1(0), f = open("f", O_CREAT | O_RDWR, 0600);
	struct epoll_event ev = { .events = EPOLLIN };

	FAILS(epoll_ctl(a, EPOLL_CTL_ADD, a, &ev), EINVAL);
	FAILS(epoll_ctl(a, EPOLL_CTL_ADD, f, &ev), EPERM);
	FAILS(epoll_ctl(a, EPOLL_CTL_ADD, 99, &ev), EBADF);
	FAILS(epoll_ctl(f, EPOLL_CTL_ADD, a, &ev), EINVAL);
	FAILS(epoll_ctl(a, 55, b, &ev), EINVAL);
	CHECK(epoll_ctl(a, EPOLL_CTL_ADD, b, &ev) == 0);
	FAILS(epoll_ctl(b, EPOLL_CTL_ADD, a, &ev), ELOOP);
	FAILS(epoll_wait(a, got, 0, 0), EINVAL);
	FAILS(syscall(SYS_epoll_create, 0), EINVAL);
	FAILS(epoll_create1(1), EINVAL);
	int e = eventfd(1, 0);
	CHECK(epoll_ctl(b, EPOLL_CTL_ADD, e, &ev) == 0);
	CHECK_EQ(epoll_wait(a, got, 8, 0), 1);
}

CASE(epoll_forgets_closed_files_and_sees_hangup)
{
	int ep = epoll_create1(0), p[2];
	struct epoll_event ev = { .events = EPOLLIN };

	NEED(pipe(p) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev) == 0);
	close(p[1]);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 1);
	CHECK_EQ(got[0].events, EPOLLHUP);
	close(p[0]);
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 0);
}

CASE(epoll_wakes_a_sleeper)
{
	int ep = epoll_create1(0), p[2];
	struct epoll_event ev = { .events = EPOLLIN };
	pid_t pid;

	NEED(pipe(p) == 0);
	epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev);
	CHILD(pid, msleep(30); write(p[1], "x", 1));
	CHECK_EQ(epoll_wait(ep, got, 8, 5000), 1);
	JOIN(pid);
	CHECK_EQ(epoll_wait(ep, got, 8, 10), 1);
}

CASE(timerfd_expires_and_counts)
{
	int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec its = { { 0, 5000000 }, { 0, 5000000 } }, old;
	uint64_t n;

	FAILS(read(t, &n, 8), EAGAIN);
	CHECK(timerfd_settime(t, 0, &its, NULL) == 0);
	msleep(60);
	CHECK_EQ(read(t, &n, 8), 8);
	CHECK(n >= 8 && n <= 40);
	CHECK(timerfd_gettime(t, &old) == 0 && old.it_interval.tv_nsec == 5000000);
	its.it_value.tv_nsec = 0;
	CHECK(timerfd_settime(t, 0, &its, NULL) == 0);
	FAILS(read(t, &n, 8), EAGAIN);
	FAILS(timerfd_create(77, 0), EINVAL);
	its.it_value.tv_nsec = -1;
	FAILS(timerfd_settime(t, 0, &its, NULL), EINVAL);
	FAILS(read(t, &n, 4), EINVAL);
}

CASE(signalfd_delivers_blocked_signals)
{
	struct signalfd_siginfo si;
	sigset_t s;
	int fd;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	fd = signalfd(-1, &s, SFD_NONBLOCK);
	FAILS(read(fd, &si, sizeof(si)), EAGAIN);
	raise(SIGUSR1);
	CHECK_EQ(read(fd, &si, sizeof(si)), sizeof(si));
	CHECK_EQ(si.ssi_signo, SIGUSR1);
	CHECK_EQ(si.ssi_pid, getpid());
	FAILS(read(fd, &si, 10), EINVAL);
	FAILS(signalfd(0, &s, 0), EINVAL);
}

static struct inotify_event *next_event(int fd)
{
	static char buf[4096] __attribute__((aligned(8)));
	static ssize_t have, at;

	if (at >= have) {
		at = 0;
		have = read(fd, buf, sizeof(buf));
		if (have <= 0)
			return NULL;
	}
	struct inotify_event *e = (void *)(buf + at);
	at += sizeof(*e) + e->len;
	return e;
}

static void expect(int fd, uint32_t mask, const char *name)
{
	struct inotify_event *e = next_event(fd);

	NEED(e != NULL);
	CHECK_EQ(e->mask, mask);
	CHECK_STR(e->len ? e->name : "", name);
}

CASE(inotify_reports_changes)
{
	int fd = inotify_init1(IN_NONBLOCK), wd, f;
	struct inotify_event *e;

	mkdir("d", 0755);
	wd = inotify_add_watch(fd, "d", IN_ALL_EVENTS);
	CHECK(wd > 0);
	f = open("d/f", O_CREAT | O_WRONLY, 0600);
	expect(fd, IN_CREATE, "f");
	expect(fd, IN_OPEN, "f");
	write(f, "x", 1);
	expect(fd, IN_MODIFY, "f");
	close(f);
	expect(fd, IN_CLOSE_WRITE, "f");
	chmod("d/f", 0644);
	expect(fd, IN_ATTRIB, "f");
	rename("d/f", "d/g");
	e = next_event(fd);
	CHECK(e && e->mask == IN_MOVED_FROM);
	uint32_t cookie = e->cookie;
	e = next_event(fd);
	CHECK(e && e->mask == IN_MOVED_TO && e->cookie == cookie);
	unlink("d/g");
	expect(fd, IN_DELETE, "g");
	rmdir("d");
	expect(fd, IN_DELETE_SELF, "");
	expect(fd, IN_IGNORED, "");
	FAILS(inotify_rm_watch(fd, wd), EINVAL);
	FAILS(inotify_add_watch(fd, "absent", IN_OPEN), ENOENT);
	FAILS(inotify_add_watch(fd, ".", 0), EINVAL);
}

static int futex(uint32_t *w, int op, uint32_t v, void *t, uint32_t *w2, uint32_t v3)
{
	return syscall(SYS_futex, w, op, v, t, w2, v3);
}

static uint32_t word, word2;
static int woken;

static void *waiter(void *arg)
{
	if (futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0)
		__sync_fetch_and_add(&woken, 1);
	return NULL;
}

CASE(futex_wait_checks_the_value)
{
	struct timespec ts = { 0, 20000000 };

	word = 1;
	FAILS(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0), EAGAIN);
	FAILS(futex(&word, FUTEX_WAIT, 1, &ts, NULL, 0), ETIMEDOUT);
	FAILS(futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 1, &ts, NULL, 0), EINVAL);
	FAILS(futex((uint32_t *)8, FUTEX_WAIT, 1, &ts, NULL, 0), EFAULT);
	ts.tv_nsec = -1;
	FAILS(futex(&word, FUTEX_WAIT, 1, &ts, NULL, 0), EINVAL);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	FAILS(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
}

CASE(futex_wakes_as_many_as_asked)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, waiter, NULL);
	msleep(100);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &word2, 0), 2);
	CHECK_EQ(futex(&word2, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 1);
	word = 5;
	FAILS(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &word2, 0), EAGAIN);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 1);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(woken, 4);
}

CASE(futex_works_between_processes)
{
	uint32_t *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	CHILD(pid, while (*(volatile uint32_t *)w == 0) futex(w, FUTEX_WAIT, 0, NULL, NULL, 0));
	msleep(30);
	*w = 1;
	CHECK_EQ(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	JOIN(pid);
}

CASE(pi_futex_hands_over)
{
	word = 0;
	CHECK_EQ(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(word & FUTEX_TID_MASK, syscall(SYS_gettid));
	FAILS(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	FAILS(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(word, 0);
	FAILS(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
}

static pthread_mutex_t robust;

static void *die_holding(void *arg)
{
	pthread_mutex_lock(&robust);
	return NULL;
}

CASE(robust_mutex_reports_dead_owner)
{
	pthread_mutexattr_t a;
	pthread_t t;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &a);
	pthread_create(&t, NULL, die_holding, NULL);
	pthread_join(t, NULL);
	CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&robust), 0);
	CHECK_EQ(pthread_mutex_unlock(&robust), 0);
}

TAP_MAIN
