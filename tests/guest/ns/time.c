// SPDX-License-Identifier: GPL-2.0-only
/* Time namespaces: offsets, who sees them, and times that programs give. */
#include "../tap.h"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define DAY	86400L

static long seconds(clockid_t clock)
{
	struct timespec ts;

	NEED(clock_gettime(clock, &ts) == 0);
	return ts.tv_sec;
}

static long seconds_by_call(clockid_t clock)
{
	struct timespec ts;

	NEED(syscall(SYS_clock_gettime, clock, &ts) == 0);
	return ts.tv_sec;
}

static ino_t ino_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

static void unshare_time(void)
{
	if (unshare(CLONE_NEWTIME))
		SKIP("no time namespaces");
}

CASE(unsharing_is_for_children)
{
	ino_t before = ino_of("/proc/self/ns/time"), child;
	pid_t pid;

	CHECK(before != 0);
	CHECK_EQ(ino_of("/proc/self/ns/time_for_children"), before);
	unshare_time();
	CHECK_EQ(ino_of("/proc/self/ns/time"), before);
	child = ino_of("/proc/self/ns/time_for_children");
	CHECK(child != before);
	CHILD(pid, CHECK_EQ(ino_of("/proc/self/ns/time"), child);
	      CHECK_EQ(ino_of("/proc/self/ns/time_for_children"), child));
	JOIN(pid);
}

CASE(offsets_are_written_and_read)
{
	unshare_time();
	CHECK_STR(read_file("/proc/self/timens_offsets"),
		  "monotonic           0         0\nboottime            0         0\n");
	CHECK(put_file("/proc/self/timens_offsets", "monotonic 86400 5") == 0);
	CHECK(put_file("/proc/self/timens_offsets", "7 172800 0\n") == 0);
	CHECK_STR(read_file("/proc/self/timens_offsets"),
		  "monotonic       86400         5\nboottime       172800         0\n");
	CHECK(put_file("/proc/self/timens_offsets", "monotonic 1 0\nboottime 2 0\n") == 0);
	FAILS(put_file("/proc/self/timens_offsets", "realtime 1 0"), EINVAL);
	FAILS(put_file("/proc/self/timens_offsets", "monotonic 1"), EINVAL);
	FAILS(put_file("/proc/self/timens_offsets", "monotonic 1 1000000000"), EINVAL);
	FAILS(put_file("/proc/self/timens_offsets", "monotonic -100000000 0"), ERANGE);
	FAILS(put_file("/proc/self/timens_offsets", "monotonic 9223372036854775807 0"), ERANGE);
}

CASE(clocks_show_the_offset)
{
	long mono = seconds(CLOCK_MONOTONIC), boot = seconds(CLOCK_BOOTTIME), real = seconds(CLOCK_REALTIME);
	struct sysinfo si;
	double up;
	pid_t pid;

	unshare_time();
	NEED(put_file("/proc/self/timens_offsets", "monotonic 86400 0\nboottime 172800 0") == 0);
	CHECK(seconds(CLOCK_MONOTONIC) < mono + DAY / 2);
	CHILD(pid,
	      CHECK(labs(seconds(CLOCK_MONOTONIC) - mono - DAY) < 60);
	      CHECK(labs(seconds_by_call(CLOCK_MONOTONIC) - mono - DAY) < 60);
	      CHECK(labs(seconds(CLOCK_MONOTONIC_RAW) - mono - DAY) < 60);
	      CHECK(labs(seconds(CLOCK_MONOTONIC_COARSE) - mono - DAY) < 60);
	      CHECK(labs(seconds(CLOCK_BOOTTIME) - boot - 2 * DAY) < 60);
	      CHECK(labs(seconds(CLOCK_REALTIME) - real) < 60);
	      CHECK(sscanf(read_file("/proc/uptime"), "%lf", &up) == 1);
	      CHECK(up > 2 * DAY && up < 2 * DAY + boot + 60);
	      CHECK(sysinfo(&si) == 0 && si.uptime > 2 * DAY);
	      FAILS(put_file("/proc/self/timens_offsets", "monotonic 5 0"), EACCES));
	JOIN(pid);
	/* It is in use now. */
	FAILS(put_file("/proc/self/timens_offsets", "monotonic 5 0"), EACCES);
	CHECK(seconds(CLOCK_MONOTONIC) < mono + DAY / 2);
}

CASE(programs_keep_it_over_exec)
{
	long mono = seconds(CLOCK_MONOTONIC);
	char text[64] = "", *argv[] = { "cat", "/proc/uptime", NULL };
	int p[2];
	pid_t pid;

	unshare_time();
	NEED(put_file("/proc/self/timens_offsets", "boottime 864000 0") == 0 && pipe(p) == 0);
	CHILD(pid, dup2(p[1], 1); execvp("cat", argv));
	JOIN(pid);
	CHECK(read(p[0], text, sizeof(text) - 1) > 0);
	CHECK(atol(text) >= 864000 && atol(text) < 864000 + mono + 60);
}

CASE(absolute_times_are_the_namespaces)
{
	struct itimerspec it = { 0 };
	struct timespec ts, before, after;
	uint64_t n;
	int fd, word = 0;
	pid_t pid;

	unshare_time();
	NEED(put_file("/proc/self/timens_offsets", "monotonic 86400 0\nboottime 86400 0") == 0);
	CHILD(pid,
	      clock_gettime(CLOCK_MONOTONIC, &before);
	      ts = before; ts.tv_sec += 1;
	      CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == 0);
	      clock_gettime(CLOCK_MONOTONIC, &after);
	      CHECK(after.tv_sec >= before.tv_sec + 1 && after.tv_sec < before.tv_sec + 30);
	      /* A machine's time is long past here. */
	      ts.tv_sec = 100;
	      CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == 0);
	      fd = timerfd_create(CLOCK_BOOTTIME, 0);
	      clock_gettime(CLOCK_BOOTTIME, &it.it_value); it.it_value.tv_sec += 1;
	      CHECK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, NULL) == 0);
	      CHECK(timerfd_gettime(fd, &it) == 0 && it.it_value.tv_sec <= 1);
	      CHECK(read(fd, &n, 8) == 8 && n == 1);
	      clock_gettime(CLOCK_MONOTONIC, &ts); ts.tv_nsec = 0;
	      FAILS(syscall(SYS_futex, &word, 9 /* FUTEX_WAIT_BITSET */, 0, &ts, NULL, ~0), ETIMEDOUT));
	JOIN(pid);
}

CASE(joining)
{
	long mono = seconds(CLOCK_MONOTONIC);
	int fd, home = open("/proc/self/ns/time", O_RDONLY);
	pid_t pid;

	unshare_time();
	NEED(put_file("/proc/self/timens_offsets", "monotonic 86400 0") == 0);
	NEED((fd = open("/proc/self/ns/time_for_children", O_RDONLY)) >= 0);
	CHILD(pid, CHECK(setns(fd, CLONE_NEWTIME) == 0);
	      CHECK(labs(seconds(CLOCK_MONOTONIC) - mono - DAY) < 60);
	      CHECK(setns(home, CLONE_NEWTIME) == 0);
	      CHECK(labs(seconds(CLOCK_MONOTONIC) - mono) < 60);
	      FAILS(setns(fd, CLONE_NEWUTS), EINVAL));
	JOIN(pid);
}

CASE(needs_the_capability)
{
	pid_t pid;

	CHILD(pid, if (setuid(1000) == 0) FAILS(unshare(CLONE_NEWTIME), EPERM));
	JOIN(pid);
	CHILD(pid, if (setuid(1000) == 0) CHECK(unshare(CLONE_NEWUSER | CLONE_NEWTIME) == 0));
	JOIN(pid);
}

CASE(clone3_makes_one_and_enters_it)
{
	struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; } a = {
		.flags = CLONE_NEWTIME, .exit_signal = SIGCHLD };
	ino_t mine = ino_of("/proc/self/ns/time");
	long pid;

	fflush(stdout);
	pid = syscall(SYS_clone3, &a, sizeof(a));
	if (!pid) {
		CHECK(ino_of("/proc/self/ns/time") != mine);
		fflush(stdout);
		_exit(tap_failed);
	}
	NEED(pid > 0);
	JOIN((pid_t)pid);
	CHECK_EQ(ino_of("/proc/self/ns/time_for_children"), mine);
}

TAP_MAIN
