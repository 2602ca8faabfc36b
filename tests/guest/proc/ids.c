// SPDX-License-Identifier: GPL-2.0-only
/* Credentials, groups, sessions, limits, prctl, uname, times. */
#include "tap.h"

#include <grp.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

#define AS_ROOT() do { if (getuid()) SKIP("needs root"); } while (0)

CASE(dropping_root_is_final)
{
	uid_t r, e, s;

	AS_ROOT();
	CHECK(setgid(100) == 0);
	CHECK(setuid(1000) == 0);
	CHECK(getresuid(&r, &e, &s) == 0 && r == 1000 && e == 1000 && s == 1000);
	FAILS(setuid(0), EPERM);
	FAILS(setgid(0), EPERM);
	FAILS(setgroups(0, NULL), EPERM);
	FAILS(setresuid(-1, 0, -1), EPERM);
	CHECK(setresuid(-1, -1, -1) == 0);
}

CASE(effective_id_can_come_back)
{
	AS_ROOT();
	CHECK(setresuid(1000, 1001, 0) == 0);
	CHECK_EQ(geteuid(), 1001);
	CHECK(seteuid(0) == 0);
	CHECK(setreuid(1002, -1) == 0);
	CHECK_EQ(getuid(), 1002);
	CHECK_EQ(setfsuid(-1), 0);
}

CASE(supplementary_groups)
{
	gid_t set[] = { 30, 10, 20 }, got[10];

	AS_ROOT();
	CHECK(setgroups(3, set) == 0);
	CHECK_EQ(getgroups(0, NULL), 3);
	FAILS(getgroups(2, got), EINVAL);
	CHECK_EQ(getgroups(10, got), 3);
	FAILS(syscall(SYS_setgroups, 100000, set), EINVAL);
	FAILS(syscall(SYS_getgroups, -1, got), EINVAL);
}

CASE(sessions_and_groups)
{
	pid_t pid;

	CHILD(pid, {
		NEED(setsid() == getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		FAILS(setsid(), EPERM);
		FAILS(setpgid(0, 0), EPERM);
	});
	JOIN(pid);
	FAILS(setpgid(999999, 0), ESRCH);
	FAILS(setpgid(0, -1), EINVAL);
	FAILS(setpgid(0, 999999), EPERM);
	FAILS(getpgid(999999), ESRCH);
	FAILS(getsid(999999), ESRCH);
}

CASE(setpgid_after_exec_is_EACCES)
{
	int p[2];
	char c;
	pid_t pid;

	NEED(pipe2(p, O_CLOEXEC) == 0);
	pid = fork();
	if (!pid) {
		execl("/bin/sleep", "sleep", "5", NULL);
		_exit(1);
	}
	close(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);	/* closed by exec */
	FAILS(setpgid(pid, pid), EACCES);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

CASE(limits)
{
	struct rlimit rl, old;

	CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
	rl = old;
	rl.rlim_cur = rl.rlim_max + 1;
	if (rl.rlim_max != RLIM_INFINITY)
		FAILS(setrlimit(RLIMIT_NOFILE, &rl), EINVAL);
	FAILS(getrlimit(99, &rl), EINVAL);
	FAILS(syscall(SYS_prlimit64, 999999, RLIMIT_CPU, NULL, NULL), ESRCH);
	AS_ROOT();
	NEED(setuid(1000) == 0);
	rl = old;
	rl.rlim_max = old.rlim_max / 2;
	rl.rlim_cur = rl.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	FAILS(setrlimit(RLIMIT_NOFILE, &old), EPERM);
}

CASE(process_limit_is_EAGAIN)
{
	struct rlimit rl = { 5, 5 };
	int n = 0;
	pid_t pid;

	AS_ROOT();
	NEED(setuid(4242) == 0 && setrlimit(RLIMIT_NPROC, &rl) == 0);
	while ((pid = fork()) > 0)
		n++;
	if (!pid) {
		pause();
		_exit(0);
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK(n == 4);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
}

CASE(cpu_limit_kills)
{
	struct rlimit rl = { 1, 2 };
	int st;
	pid_t pid = fork();

	if (!pid) {
		setrlimit(RLIMIT_CPU, &rl);
		for (;;)
			;
	}
	waitpid(pid, &st, 0);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGXCPU);
}

CASE(prctl_options)
{
	char name[16];
	int sig;

	CHECK(prctl(PR_SET_NAME, "a-name-longer-than-15") == 0);
	CHECK(prctl(PR_GET_NAME, name) == 0);
	CHECK_STR(name, "a-name-longer-t");
	CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
	CHECK(prctl(PR_GET_PDEATHSIG, &sig) == 0 && sig == SIGUSR1);
	FAILS(prctl(PR_SET_PDEATHSIG, 99), EINVAL);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
	FAILS(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	FAILS(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	FAILS(prctl(12345, 0, 0, 0, 0), EINVAL);
	FAILS(prctl(PR_CAPBSET_READ, 999), EINVAL);
}

CASE(parent_death_signal)
{
	int p[2];
	char c;
	pid_t pid;

	NEED(pipe(p) == 0);
	CHILD(pid, if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(p[0]);
		write(p[1], "r", 1);
		pause();
		write(p[1], "x", 1);
		_exit(0);
	}
	read(p[0], &c, 1));
	close(p[1]);
	JOIN(pid);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

CASE(uname_and_hostname)
{
	struct utsname u;
	char name[100];

	CHECK(uname(&u) == 0);
	CHECK_STR(u.sysname, "Linux");
	CHECK_STR(u.machine, "x86_64");
	FAILS(syscall(SYS_uname, 8), EFAULT);
	AS_ROOT();
	CHECK(gethostname(name, sizeof(name)) == 0);
	CHECK(sethostname("tap-host", 8) == 0);
	CHECK(uname(&u) == 0);
	CHECK_STR(u.nodename, "tap-host");
	sethostname(name, strlen(name));
	FAILS(sethostname("x", -1), EINVAL);
	FAILS(syscall(SYS_sethostname, "x", 65), EINVAL);
}

CASE(sysinfo_is_sane)
{
	struct sysinfo si;

	CHECK(sysinfo(&si) == 0);
	CHECK(si.mem_unit >= 1 && si.totalram * si.mem_unit > (16ull << 20));
	CHECK(si.freeram <= si.totalram);
	CHECK(si.procs > 1);
}

CASE(times_are_true)
{
	struct tms t;
	struct timespec a, b;
	clock_t before = times(&t), after;

	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while ((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < 200);
	after = times(&t);
	CHECK(after - before >= 18 && after - before <= 60);
	CHECK(t.tms_utime + t.tms_stime >= 10);
}

CASE(clocks)
{
	struct timespec ts, res;

	for (int id = 0; id <= 7; id++) {
		CHECK(clock_gettime(id, &ts) == 0);
		CHECK(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
		CHECK(clock_getres(id, &res) == 0);
	}
	FAILS(syscall(SYS_clock_gettime, 77, &ts), EINVAL);
	FAILS(syscall(SYS_clock_gettime, 0, 8), EFAULT);
	clock_gettime(CLOCK_REALTIME, &ts);
	CHECK(ts.tv_sec > 1500000000);
	struct timespec bad = { 0, 1000000000 };
	FAILS(nanosleep(&bad, NULL), EINVAL);
	bad = (struct timespec){ -1, 0 };
	FAILS(nanosleep(&bad, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(77, 0, &ts, NULL), EINVAL);
}

CASE(sleep_is_never_short)
{
	for (int i = 0; i < 20; i++) {
		struct timespec a, b, ts = { 0, 1000000 * (i + 1) };

		clock_gettime(CLOCK_MONOTONIC, &a);
		nanosleep(&ts, NULL);
		clock_gettime(CLOCK_MONOTONIC, &b);
		CHECK((b.tv_sec - a.tv_sec) * 1000000000ll + b.tv_nsec - a.tv_nsec >= ts.tv_nsec);
	}
}

CASE(priorities)
{
	AS_ROOT();
	CHECK(setpriority(PRIO_PROCESS, 0, 5) == 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
	CHECK(setpriority(PRIO_PROCESS, 0, 100) == 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	FAILS(setpriority(77, 0, 0), EINVAL);
	FAILS(setpriority(PRIO_PROCESS, 999999, 0), ESRCH);
	NEED(setuid(1000) == 0);
	FAILS(setpriority(PRIO_PROCESS, 0, 0), EACCES);
}

CASE(scheduler_policies)
{
	struct sched_param sp = { .sched_priority = 10 };
	cpu_set_t set;

	AS_ROOT();
	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
	FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &sp), EINVAL);
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &sp) == 0);
	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_FIFO);
	sp.sched_priority = 100;
	FAILS(syscall(SYS_sched_setparam, 0, &sp), EINVAL);
	CHECK_EQ(syscall(SYS_sched_get_priority_max, SCHED_RR), 99);
	FAILS(syscall(SYS_sched_get_priority_max, 77), EINVAL);
	CPU_ZERO(&set);
	FAILS(sched_setaffinity(0, sizeof(set), &set), EINVAL);
	CPU_SET(0, &set);
	CHECK(sched_setaffinity(0, sizeof(set), &set) == 0);
	CHECK(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1);
	FAILS(syscall(SYS_sched_getaffinity, 0, 4, &set), EINVAL);
	FAILS(syscall(SYS_sched_getaffinity, 999999, sizeof(set), &set), ESRCH);
}

CASE(absent_calls_answer_ENOSYS)
{
	FAILS(syscall(1000), ENOSYS);
	FAILS(syscall(-1), ENOSYS);
	FAILS(syscall(335), ENOSYS);
	FAILS(syscall(0x40000000), ENOSYS);
}

TAP_MAIN
