// SPDX-License-Identifier: GPL-2.0-only
/* fork, vfork, wait and exit. */
#include "tap.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

CASE(child_has_other_pid_and_right_parent)
{
	pid_t me = getpid(), pid;

	CHILD(pid, CHECK(getpid() != me); CHECK_EQ(getppid(), me); CHECK_EQ(getpgrp(), getpgid(me)));
	JOIN(pid);
}

CASE(exit_status_is_reported)
{
	for (int i = 0; i < 256; i += 51) {
		int st;
		pid_t pid = fork();

		if (!pid)
			_exit(i);
		NEED(waitpid(pid, &st, 0) == pid);
		CHECK(WIFEXITED(st));
		CHECK_EQ(WEXITSTATUS(st), i);
	}
}

CASE(killed_child_reports_signal)
{
	int st;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	CHECK(kill(pid, SIGTERM) == 0);
	NEED(waitpid(pid, &st, 0) == pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM && !WCOREDUMP(st));
}

CASE(wait_without_children_is_ECHILD)
{
	int st;

	FAILS(wait(&st), ECHILD);
	FAILS(waitpid(-1, &st, WNOHANG), ECHILD);
	FAILS(waitpid(1, &st, 0), ECHILD);
	FAILS(waitpid(999999, &st, 0), ECHILD);
}

CASE(wait_rejects_bad_arguments)
{
	siginfo_t si;

	FAILS(waitpid(-1, NULL, 0x100), EINVAL);
	FAILS(waitid(P_ALL, 0, &si, 0), EINVAL);
	FAILS(waitid((idtype_t)77, 0, &si, WEXITED), EINVAL);
	FAILS(syscall(SYS_wait4, (long)(int)0x80000000, NULL, 0, NULL), ESRCH);
}

CASE(nohang_returns_zero_while_child_runs)
{
	int fds[2];
	char c;
	pid_t pid;

	NEED(pipe(fds) == 0);
	CHILD(pid, close(fds[1]); read(fds[0], &c, 1));
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	close(fds[0]);
	close(fds[1]);
	JOIN(pid);
}

CASE(waitid_fills_siginfo_and_nowait_keeps_zombie)
{
	siginfo_t si;
	pid_t pid = fork();

	if (!pid)
		_exit(42);
	memset(&si, 0, sizeof(si));
	CHECK(waitid(P_PID, pid, &si, WEXITED | WNOWAIT) == 0);
	CHECK_EQ(si.si_signo, SIGCHLD);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_status, 42);
	memset(&si, 0, sizeof(si));
	CHECK(waitid(P_PID, pid, &si, WEXITED) == 0);
	CHECK_EQ(si.si_status, 42);
	FAILS(waitid(P_PID, pid, &si, WEXITED), ECHILD);
}

CASE(stop_and_continue_are_reported)
{
	int st;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	CHECK(kill(pid, SIGSTOP) == 0);
	NEED(waitpid(pid, &st, WUNTRACED) == pid);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED | WNOHANG), 0);
	CHECK(kill(pid, SIGCONT) == 0);
	NEED(waitpid(pid, &st, WCONTINUED) == pid);
	CHECK(WIFCONTINUED(st));
	CHECK(kill(pid, SIGKILL) == 0);
	NEED(waitpid(pid, &st, 0) == pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
}

CASE(wait_by_process_group)
{
	int st;
	pid_t a = fork();

	if (!a) {
		setpgid(0, 0);
		_exit(3);
	}
	setpgid(a, a);
	FAILS(waitpid(0, &st, 0), ECHILD);
	CHECK_EQ(waitpid(-a, &st, 0), a);
	CHECK_EQ(WEXITSTATUS(st), 3);
}

CASE(memory_is_private_after_fork)
{
	volatile int *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	*p = 1;
	CHILD(pid, *p = 2; CHECK_EQ(*p, 2));
	JOIN(pid);
	CHECK_EQ(*p, 1);
}

CASE(shared_mapping_is_shared_after_fork)
{
	volatile int *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	*p = 1;
	CHILD(pid, *p = 2);
	JOIN(pid);
	CHECK_EQ(*p, 2);
}

CASE(file_offset_is_shared_after_fork)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	pid_t pid;

	NEED(write(fd, "abcdef", 6) == 6);
	lseek(fd, 0, SEEK_SET);
	CHILD(pid, lseek(fd, 4, SEEK_SET));
	JOIN(pid);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
}

CASE(vfork_parent_waits_for_exit)
{
	static volatile int seen;
	int st;
	pid_t pid = vfork();

	if (!pid) {
		seen = 1;
		_exit(5);
	}
	CHECK_EQ(seen, 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WEXITSTATUS(st), 5);
}

CASE(orphan_is_adopted_by_subreaper)
{
	int fds[2], st;
	pid_t pid, grandchild;

	NEED(pipe(fds) == 0);
	NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	CHILD(pid, if (!fork()) {
		while (getppid() == pid)
			msleep(1);
		pid_t me = getpid();
		write(fds[1], &me, sizeof(me));
		_exit(9);
	});
	JOIN(pid);
	NEED(read(fds[0], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
	CHECK_EQ(waitpid(grandchild, &st, 0), grandchild);
	CHECK_EQ(WEXITSTATUS(st), 9);
}

CASE(ignored_sigchld_reaps_by_itself)
{
	pid_t pid;
	int st;

	signal(SIGCHLD, SIG_IGN);
	CHILD(pid, );
	FAILS(waitpid(pid, &st, 0), ECHILD);
}

CASE(sigchld_carries_child_status)
{
	sigset_t set;
	siginfo_t si;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (!pid)
		_exit(7);
	CHECK_EQ(sigwaitinfo(&set, &si), SIGCHLD);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_status, 7);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_uid, getuid());
	waitpid(pid, NULL, 0);
}

CASE(rusage_of_children_counts_time)
{
	struct rusage ru;
	pid_t pid;

	CHILD(pid, {
		struct timespec ts;
		do
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
		while (ts.tv_sec == 0 && ts.tv_nsec < 100000000);
	});
	JOIN(pid);
	CHECK(getrusage(RUSAGE_CHILDREN, &ru) == 0);
	CHECK(ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec + ru.ru_stime.tv_sec * 1000000 +
	      ru.ru_stime.tv_usec >= 80000);
}

CASE(clone_flags_are_validated)
{
	FAILS(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS, 0, 0, 0, 0), EINVAL);
}

CASE(many_children_are_all_reaped)
{
	int n = 0;

	for (int i = 0; i < 200; i++)
		if (!fork())
			_exit(0);
	while (wait(NULL) > 0)
		n++;
	CHECK_EQ(n, 200);
	CHECK_EQ(errno, ECHILD);
}

CASE(a_directory_in_proc_takes_signals)
{
	char name[32];
	pid_t pid;
	int fd, st;

	CHILD(pid, pause());
	snprintf(name, sizeof(name), "/proc/%d", pid);
	fd = open(name, O_RDONLY | O_DIRECTORY);
	NEED(fd >= 0);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), 0);
	CHECK(waitpid(pid, &st, 0) == pid && WIFSIGNALED(st));
	FAILS(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	FAILS(syscall(SYS_pidfd_send_signal, open("/proc", O_RDONLY), 0, NULL, 0), EBADF);
	snprintf(name, sizeof(name), "/proc/self/task/%d", getpid());
	FAILS(syscall(SYS_pidfd_send_signal, open(name, O_RDONLY), 0, NULL, 0), EBADF);
}

CASE(pidfd_waits_and_signals)
{
	char path[64], want[64];
	siginfo_t si;
	int fd;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	fd = syscall(SYS_pidfd_open, pid, 0);
	NEED(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	snprintf(want, sizeof(want), "\nPid:\t%d\nNSpid:\t%d\n", pid, pid);
	CHECK(strstr(read_file(path), want));
	CHECK(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0);
	memset(&si, 0, sizeof(si));
	CHECK(waitid((idtype_t)3 /* P_PIDFD */, fd, &si, WEXITED) == 0);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_code, CLD_KILLED);
	FAILS(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
}

TAP_MAIN
