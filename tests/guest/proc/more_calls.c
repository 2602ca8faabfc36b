// SPDX-License-Identifier: GPL-2.0-only
/* ioprio_get and ioprio_set, kcmp, process_madvise, vhangup. */
#include "../tap.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { NONE, RT, BE, IDLE };
#define PRIO(class, level) ((class) << 13 | (level))

static long io_get(int which, int who) { return syscall(SYS_ioprio_get, which, who); }
static long io_set(int which, int who, int v) { return syscall(SYS_ioprio_set, which, who, v); }

CASE(ioprio_is_kept_and_inherited)
{
	pid_t pid;

	CHECK(io_get(1, 0) == 0);
	CHECK(io_set(1, 0, PRIO(BE, 3)) == 0);
	CHECK(io_get(1, 0) == PRIO(BE, 3));
	CHECK(io_get(1, getpid()) == PRIO(BE, 3));
	CHILD(pid, CHECK(io_get(1, 0) == PRIO(BE, 3)));
	JOIN(pid);
	CHECK(io_set(1, 0, PRIO(IDLE, 0)) == 0);
	CHECK(io_get(1, 0) == PRIO(IDLE, 0));
	CHECK(io_set(1, 0, 0) == 0);
	CHECK(io_get(1, 0) == 0);
}

CASE(ioprio_of_a_group_is_its_best)
{
	pid_t pid;
	int p[2];

	NEED(pipe(p) == 0);
	NEED(setpgid(0, 0) == 0);
	CHECK(io_get(2, 0) == PRIO(BE, 4));
	CHILD(pid, char c; close(p[1]); (void)!read(p[0], &c, 1));
	CHECK(io_set(1, pid, PRIO(BE, 1)) == 0);
	CHECK(io_set(1, 0, PRIO(BE, 6)) == 0);
	CHECK(io_get(2, 0) == PRIO(BE, 1));
	CHECK(io_get(2, getpgrp()) == PRIO(BE, 1));
	CHECK(io_set(2, 0, PRIO(BE, 7)) == 0);
	CHECK(io_get(1, pid) == PRIO(BE, 7));
	close(p[1]);
	JOIN(pid);
}

/* Whoever runs this may be in the first process's group, which has number 0. */
CASE(the_own_group_is_there)
{
	CHECK(io_get(2, 0) >= 0);
	errno = 0;
	CHECK(getpriority(PRIO_PGRP, 0) >= -20 && !errno);
	CHECK(kill(0, 0) == 0);
	FAILS(io_get(2, 0x3ffffff), ESRCH);
	FAILS(getpriority(PRIO_PGRP, 0x3ffffff), ESRCH);
}

CASE(ioprio_without_setting_follows_nice)
{
	NEED(setpgid(0, 0) == 0);
	NEED(setpriority(PRIO_PROCESS, 0, 10) == 0);
	CHECK(io_get(1, 0) == 0);
	CHECK(io_get(2, 0) == PRIO(BE, 6));
}

CASE(ioprio_refuses)
{
	FAILS(io_set(1, 0, PRIO(NONE, 1)), EINVAL);
	FAILS(io_set(1, 0, PRIO(5, 1)), EINVAL);
	FAILS(io_set(9, 0, PRIO(BE, 1)), EINVAL);
	FAILS(io_get(9, 0), EINVAL);
	FAILS(io_get(1, 4000000), ESRCH);
	FAILS(io_get(2, 4000000), ESRCH);
	CHECK(io_set(1, 0, PRIO(RT, 2)) == 0);
	NEED(setuid(1000) == 0);
	FAILS(io_set(1, 0, PRIO(RT, 2)), EPERM);
	FAILS(io_set(1, 1, PRIO(BE, 2)), EPERM);
	CHECK(io_set(1, 0, PRIO(BE, 2)) == 0);
}

static long kcmp(pid_t a, pid_t b, int type, long x, long y)
{
	return syscall(SYS_kcmp, a, b, type, x, y);
}
enum { K_FILE, K_VM, K_FILES, K_FS, K_SIGHAND, K_EPOLL_TFD = 7 };

static void *in_thread(void *arg)
{
	pid_t me = getpid(), t = syscall(SYS_gettid);

	for (int type = K_VM; type <= K_SIGHAND; type++)
		CHECK(kcmp(me, t, type, 0, 0) == 0);
	return NULL;
}

CASE(threads_share_and_processes_do_not)
{
	pthread_t th;
	pid_t pid;
	int p[2];

	NEED(pthread_create(&th, NULL, in_thread, NULL) == 0);
	pthread_join(th, NULL);
	NEED(pipe(p) == 0);
	CHILD(pid, char c; close(p[1]); (void)!read(p[0], &c, 1));
	for (int type = K_VM; type <= K_SIGHAND; type++) {
		long r = kcmp(getpid(), pid, type, 0, 0), back = kcmp(pid, getpid(), type, 0, 0);

		CHECK((r == 1 && back == 2) || (r == 2 && back == 1));
	}
	CHECK(kcmp(getpid(), pid, K_FILE, p[0], p[0]) == 0);
	close(p[1]);
	JOIN(pid);
}

CASE(watched_files_are_compared)
{
	struct { unsigned int efd, tfd, toff; } slot = { 0 };
	struct epoll_event ev = { .events = EPOLLIN };
	pid_t me = getpid();
	int ep = epoll_create1(0), p[2], q[2], kept;

	NEED(ep >= 0 && pipe(p) == 0 && pipe(q) == 0);
	NEED(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev) == 0);
	slot.efd = ep;
	slot.tfd = p[0];
	CHECK(kcmp(me, me, K_EPOLL_TFD, p[0], (long)&slot) == 0);
	CHECK(kcmp(me, me, K_EPOLL_TFD, q[0], (long)&slot) > 0);
	slot.toff = 1;
	FAILS(kcmp(me, me, K_EPOLL_TFD, p[0], (long)&slot), ENOENT);
	/* Another file is watched by the same number once the first is reached by another one. */
	kept = dup(p[0]);
	NEED(dup2(q[0], p[0]) == p[0] && epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev) == 0);
	slot.toff = 0;
	CHECK((kcmp(me, me, K_EPOLL_TFD, kept, (long)&slot) == 0) !=
	      (kcmp(me, me, K_EPOLL_TFD, q[0], (long)&slot) == 0));
	slot.efd = p[1];
	FAILS(kcmp(me, me, K_EPOLL_TFD, kept, (long)&slot), EINVAL);
	slot.efd = 999;
	FAILS(kcmp(me, me, K_EPOLL_TFD, kept, (long)&slot), EBADF);
	FAILS(kcmp(me, me, K_EPOLL_TFD, kept, 0), EFAULT);
}

CASE(files_are_compared_by_opening)
{
	int a = open("/", O_RDONLY), b = dup(a), c = open("/", O_RDONLY);
	pid_t me = getpid();

	CHECK(kcmp(me, me, K_FILE, a, b) == 0);
	CHECK(kcmp(me, me, K_FILE, a, c) + kcmp(me, me, K_FILE, c, a) == 3);
	FAILS(kcmp(me, me, K_FILE, a, 999), EBADF);
	FAILS(kcmp(me, me, 99, 0, 0), EINVAL);
	FAILS(kcmp(me, 4000000, K_VM, 0, 0), ESRCH);
	NEED(setuid(1000) == 0);
	FAILS(kcmp(me, 1, K_VM, 0, 0), EPERM);
}

CASE(advice_for_another_process)
{
	char *m = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec v[2] = { { m, 4096 }, { m + 8192, 8192 } };
	pid_t pid;
	int p[2], fd;

	NEED(m != MAP_FAILED && pipe(p) == 0);
	memset(m, 1, 16384);
	CHILD(pid, char c; close(p[1]); (void)!read(p[0], &c, 1); CHECK(m[0] == 1 && m[16383] == 1));
	fd = syscall(SYS_pidfd_open, pid, 0);
	NEED(fd >= 0);
	CHECK(syscall(440, fd, v, 2, MADV_COLD, 0) == 12288);
	CHECK(syscall(440, fd, v, 2, MADV_PAGEOUT, 0) == 12288);
	FAILS(syscall(440, fd, v, 2, MADV_COLD, 1), EINVAL);
	FAILS(syscall(440, fd, v, 2, MADV_DONTNEED, 0), EINVAL);
	FAILS(syscall(440, 0, v, 2, MADV_COLD, 0), EBADF);
	FAILS(syscall(440, fd, v, 5000, MADV_COLD, 0), EINVAL);
	v[0].iov_base = (void *)0x10000;
	FAILS(syscall(440, fd, v, 1, MADV_COLD, 0), ENOMEM);
	close(p[1]);
	JOIN(pid);
}

static volatile sig_atomic_t hups;
static void on_hup(int sig) { hups++; }

CASE(vhangup_ends_the_terminal)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, nr;
	char name[32], c;
	pid_t pid;

	NEED(m >= 0 && ioctl(m, TIOCSPTLCK, &zero) == 0 && ioctl(m, TIOCGPTN, &nr) == 0);
	snprintf(name, sizeof(name), "/dev/pts/%d", nr);
	CHILD(pid,
		setsid();
		signal(SIGHUP, on_hup);
		int s = open(name, O_RDWR);
		CHECK(s >= 0);
		CHECK(syscall(SYS_vhangup) == 0);
		CHECK(hups == 1);
		CHECK(read(s, &c, 1) == 0);
		FAILS(write(s, "x", 1), EIO);
		FAILS(open("/dev/tty", O_RDWR), ENXIO);
		CHECK(syscall(SYS_vhangup) == 0));
	JOIN(pid);
	CHILD(pid, CHECK(setuid(1000) == 0); FAILS(syscall(SYS_vhangup), EPERM));
	JOIN(pid);
}

#define SET_POLICY(mode, set, n)	syscall(SYS_set_mempolicy, mode, set, n)
#define GET_POLICY(p, set, n, addr, fl)	syscall(SYS_get_mempolicy, p, set, n, addr, fl)

CASE(memory_policies_of_one_node)
{
	unsigned long one = 1, two = 2, none = 0, got[16];
	int policy = -1;
	pid_t pid;

	CHECK(GET_POLICY(&policy, NULL, 0ul, 0ul, 0ul) == 0 && policy == 0);
	CHECK(SET_POLICY(2, &one, 65ul) == 0);
	memset(got, 0xff, sizeof(got));
	CHECK(GET_POLICY(&policy, got, 1025ul, 0ul, 0ul) == 0);
	CHECK(policy == 2 && got[0] == 1);
	CHILD(pid, CHECK(GET_POLICY(&policy, NULL, 0ul, 0ul, 0ul) == 0 && policy == 2));
	JOIN(pid);
	CHECK(SET_POLICY(3, &one, 65ul) == 0);
	CHECK(GET_POLICY(&policy, NULL, 0ul, 0ul, 0ul) == 0 && policy == 3);
	CHECK(SET_POLICY(1, &none, 65ul) == 0);
	CHECK(GET_POLICY(&policy, NULL, 0ul, 0ul, 0ul) == 0 && policy == 4);
	CHECK(GET_POLICY(NULL, got, 1025ul, 0ul, 4ul) == 0 && got[0] == 1);
	FAILS(SET_POLICY(2, &two, 65ul), EINVAL);
	FAILS(SET_POLICY(2, &none, 65ul), EINVAL);
	FAILS(SET_POLICY(0, &one, 65ul), EINVAL);
	FAILS(SET_POLICY(4, &one, 65ul), EINVAL);
	FAILS(SET_POLICY(17, &one, 65ul), EINVAL);
	FAILS(SET_POLICY(2, (void *)8, 65ul), EFAULT);
	FAILS(GET_POLICY(&policy, NULL, 0ul, 4096ul, 0ul), EINVAL);
	CHECK(SET_POLICY(0, NULL, 0ul) == 0);
	CHECK(GET_POLICY(&policy, NULL, 0ul, 0ul, 0ul) == 0 && policy == 0);
}

TAP_MAIN
