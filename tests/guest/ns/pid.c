// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: numbers by level, views, and the end of an init. */
#include "../tap.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

/* fork() with flags. */
static pid_t clone_with(unsigned long flags)
{
	fflush(stdout);
	return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

#define NEWCHILD(pid_var, flags, ...) do {				\
	(pid_var) = clone_with(flags);					\
	if ((pid_var) == 0) { __VA_ARGS__; fflush(stdout); _exit(tap_failed); } \
	NEED((pid_var) > 0);						\
	} while (0)

static long raw_getpid(void)
{
	return syscall(SYS_getpid);
}

CASE(first_child_is_number_one)
{
	pid_t pid;

	NEWCHILD(pid, CLONE_NEWPID, {
		CHECK_EQ(raw_getpid(), 1);
		CHECK_EQ(syscall(SYS_gettid), 1);
		CHECK_EQ(getppid(), 0);
		CHECK_EQ(getpgid(0), 0);
		CHECK_EQ(getsid(0), 0);
	});
	CHECK(pid > 1);
	JOIN(pid);
}

CASE(reboot_ends_the_namespace_only)
{
	static const struct { int cmd, signal; } how[] = {
		{ RB_AUTOBOOT, SIGHUP }, { RB_POWER_OFF, SIGINT }, { RB_HALT_SYSTEM, SIGINT },
	};
	pid_t pid;
	int st;

	for (int i = 0; i < 3; i++) {
		NEWCHILD(pid, CLONE_NEWPID, {
			/* Not its init but a child asks. */
			if (fork() == 0) {
				reboot(how[i].cmd);
				_exit(1);
			}
			for (;;)
				pause();
		});
		NEED(waitpid(pid, &st, 0) == pid);
		CHECK(WIFSIGNALED(st) && WTERMSIG(st) == how[i].signal);
	}
	NEWCHILD(pid, CLONE_NEWPID, FAILS(reboot(RB_DISABLE_CAD), EINVAL));
	JOIN(pid);
}

CASE(unshare_affects_children_only)
{
	char a[64] = "", b[64] = "";
	pid_t pid, me = getpid();

	NEED(unshare(CLONE_NEWPID) == 0);
	CHECK_EQ(raw_getpid(), me);
	CHECK(readlink("/proc/self/ns/pid", a, 63) > 0);
	FAILS(unshare(CLONE_NEWPID), EINVAL);
	FAILS(clone_with(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD), EINVAL);
	CHILD(pid, CHECK_EQ(raw_getpid(), 1));
	CHECK(readlink("/proc/self/ns/pid_for_children", b, 63) > 0);
	CHECK(strcmp(a, b) != 0);
	JOIN(pid);
	/* Its init is gone: no more processes there. */
	FAILS(fork(), ENOMEM);
}

CASE(numbers_grow_from_one)
{
	pid_t pid;

	NEWCHILD(pid, CLONE_NEWPID, {
		pid_t c;
		int st;

		for (int want = 2; want < 5; want++) {
			CHILD(c, CHECK_EQ(getppid(), 1));
			CHECK_EQ(c, want);
			CHECK_EQ(waitpid(-1, &st, 0), want);
			CHECK_EQ(st, 0);
		}
	});
	JOIN(pid);
}

CASE(kill_reaches_only_what_is_visible)
{
	pid_t pid, outside = getpid();

	NEWCHILD(pid, CLONE_NEWPID, {
		pid_t c;

		FAILS(kill(outside, 0), ESRCH);
		CHILD(c, { pause(); });
		CHECK(kill(c, 0) == 0);
		CHECK(kill(-1, SIGTERM) == 0);
		int st;
		CHECK(waitpid(c, &st, 0) == c);
		CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
		FAILS(kill(-1, SIGTERM), ESRCH);
	});
	JOIN(pid);
}

CASE(init_ignores_signals_from_inside)
{
	pid_t pid;

	NEWCHILD(pid, CLONE_NEWPID, {
		pid_t c;

		CHECK(kill(1, SIGKILL) == 0);
		CHECK(kill(1, SIGTERM) == 0);
		CHILD(c, CHECK(kill(1, SIGKILL) == 0); CHECK(kill(1, SIGSTOP) == 0));
		JOIN(c);
	});
	JOIN(pid);
}

CASE(init_dies_of_sigkill_from_outside)
{
	pid_t pid;
	int st;

	NEWCHILD(pid, CLONE_NEWPID, { for (;;) pause(); });
	CHECK(kill(pid, SIGTERM) == 0);		/* ignored: no handler */
	msleep(50);
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK(kill(pid, SIGKILL) == 0);
	NEED(waitpid(pid, &st, 0) == pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
}

CASE(end_of_init_kills_all)
{
	int end[2];
	pid_t pid;
	char c;

	NEED(pipe(end) == 0);
	NEWCHILD(pid, CLONE_NEWPID, {
		close(end[0]);
		for (int i = 0; i < 5; i++)
			if (!fork()) {
				if (i & 1 && !fork())
					setsid();
				for (;;)
					pause();
			}
		msleep(20);
		_exit(7);
	});
	close(end[1]);
	int st;
	NEED(waitpid(pid, &st, 0) == pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 7);
	/* Nobody holds the pipe any more once init has been collected. */
	CHECK_EQ(read(end[0], &c, 1), 0);
}

CASE(orphans_go_to_the_init_of_the_namespace)
{
	pid_t pid;

	NEWCHILD(pid, CLONE_NEWPID, {
		int p[2], st;
		pid_t c, g = 0;

		NEED(pipe(p) == 0);
		CHILD(c, {
			if (!(g = fork())) {
				msleep(50);
				pid_t up = getppid();
				_exit(write(p[1], &up, sizeof(up)) != sizeof(up));
			}
			_exit(0);
		});
		CHECK(waitpid(c, &st, 0) == c);
		CHECK(read(p[0], &g, sizeof(g)) == sizeof(g));
		CHECK_EQ(g, 1);
		CHECK_EQ(wait(&st), 3);
		FAILS(wait(&st), ECHILD);
	});
	JOIN(pid);
}

CASE(subreaper_outside_does_not_adopt)
{
	pid_t pid;

	NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	NEWCHILD(pid, CLONE_NEWPID, {
		pid_t c;
		int p[2];
		pid_t up = -1;

		NEED(pipe(p) == 0);
		CHILD(c, {
			if (!fork()) {
				msleep(50);
				up = getppid();
				_exit(write(p[1], &up, sizeof(up)) != sizeof(up));
			}
		});
		JOIN(c);
		CHECK(read(p[0], &up, sizeof(up)) == sizeof(up));
		CHECK_EQ(up, 1);
	});
	JOIN(pid);
}

CASE(nested_levels_are_all_listed)
{
	int p[2];
	pid_t pid, inner = 0;
	char path[64];
	const char *line;
	int a, b, c;

	NEED(pipe(p) == 0);
	NEWCHILD(pid, CLONE_NEWPID, {
		pid_t i;
		NEWCHILD(i, CLONE_NEWPID, { pause(); });
		CHECK_EQ(i, 2);
		NEED(write(p[1], &i, sizeof(i)) == sizeof(i));
		pause();
	});
	NEED(read(p[0], &inner, sizeof(inner)) == sizeof(inner));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	inner = atoi(read_file(path));
	NEED(inner > 1);
	snprintf(path, sizeof(path), "/proc/%d/status", inner);
	line = strstr(read_file(path), "NSpid:");
	NEED(line);
	CHECK_EQ(sscanf(line, "NSpid: %d %d %d", &a, &b, &c), 3);
	CHECK_EQ(a, inner);
	CHECK_EQ(b, 2);
	CHECK_EQ(c, 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* The inner namespace went with the outer one. */
	FAILS(kill(inner, 0), ESRCH);
}

CASE(proc_shows_the_namespace_it_was_mounted_in)
{
	pid_t pid;

	NEWCHILD(pid, CLONE_NEWPID | CLONE_NEWNS, {
		char link[32] = "";
		struct dirent *e;
		int n = 0;
		DIR *d;

		NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		/* The outer proc does not know this process by the inner number. */
		CHECK(atoi(link) == 0);
		NEED(mount("proc", "/proc", "proc", 0, NULL) == 0);
		CHECK(readlink("/proc/self", link, 31) > 0);
		CHECK_STR(link, "1");
		d = opendir("/proc");
		NEED(d);
		while ((e = readdir(d)))
			n += e->d_name[0] >= '0' && e->d_name[0] <= '9';
		CHECK_EQ(n, 1);
		CHECK(strstr(read_file("/proc/1/status"), "\nPid:\t1\n") != NULL);
		CHECK(strstr(read_file("/proc/self/status"), "\nPPid:\t0\n") != NULL);
	});
	JOIN(pid);
}

CASE(proc_of_an_outer_namespace_has_no_self_inside_another)
{
	pid_t pid;

	/* A process outside of what a proc shows has no "self" there. */
	NEED(mkdir("p", 0755) == 0);
	int ready[2], go[2];
	char c;
	NEED(pipe(ready) == 0 && pipe(go) == 0);
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mount("shared", "p", "tmpfs", 0, NULL) == 0);
	NEED(mount(NULL, "p", NULL, MS_SHARED, NULL) == 0);
	NEED(mkdir("p/proc", 0755) == 0);
	NEWCHILD(pid, CLONE_NEWPID | CLONE_NEWNS, {
		NEED(mount("proc", "p/proc", "proc", 0, NULL) == 0);
		NEED(write(ready[1], "x", 1) == 1);
		NEED(read(go[0], &c, 1) == 1);
	});
	NEED(read(ready[0], &c, 1) == 1);
	char link[32];
	FAILS(readlink("p/proc/self", link, sizeof(link)), ENOENT);
	CHECK(access("p/proc/1/status", R_OK) == 0);
	NEED(write(go[1], "x", 1) == 1);
	JOIN(pid);
	umount("p/proc");
}

CASE(setns_only_goes_down)
{
	int up = open("/proc/self/ns/pid", O_RDONLY), ready[2], go[2];
	char path[64], c;
	pid_t pid, joined;
	int fd;

	NEED(up >= 0 && pipe(ready) == 0 && pipe(go) == 0);
	NEWCHILD(pid, CLONE_NEWPID, {
		FAILS(setns(up, CLONE_NEWPID), EINVAL);
		NEED(write(ready[1], "x", 1) == 1);
		close(go[1]);
		NEED(read(go[0], &c, 1) == 0);
	});
	close(go[0]);
	NEED(read(ready[0], &c, 1) == 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0);
	CHECK(setns(fd, CLONE_NEWPID) == 0);
	CHILD(joined, {
		CHECK_EQ(raw_getpid(), 2);
		CHECK_EQ(getppid(), 0);
	});
	JOIN(joined);
	CHECK(setns(up, CLONE_NEWPID) == 0);
	CHILD(joined, CHECK(raw_getpid() > 2));
	JOIN(joined);
	close(go[1]);
	JOIN(pid);
}

static volatile sig_atomic_t got_pid = -1;

static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	got_pid = si->si_pid;
}

CASE(signal_from_above_has_sender_zero)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	int ready[2];
	pid_t pid;
	char c;

	NEED(pipe(ready) == 0);
	NEWCHILD(pid, CLONE_NEWPID, {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
		sigaction(SIGUSR1, &sa, NULL);
		NEED(write(ready[1], "x", 1) == 1);
		sigemptyset(&set);
		sigsuspend(&set);
		CHECK_EQ(got_pid, 0);
	});
	NEED(read(ready[0], &c, 1) == 1);
	CHECK(kill(pid, SIGUSR1) == 0);
	JOIN(pid);
}

CASE(sigchld_names_the_child_as_the_parent_sees_it)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	siginfo_t si = { 0 };
	pid_t pid;

	sigaction(SIGCHLD, &sa, NULL);
	NEWCHILD(pid, CLONE_NEWPID, _exit(3));
	CHECK(waitid(P_PID, pid, &si, WEXITED) == 0);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_status, 3);
	for (int i = 0; i < 100 && got_pid < 0; i++)
		msleep(10);
	CHECK_EQ(got_pid, pid);
}

CASE(credentials_on_sockets_are_translated)
{
	int sv[2], on = 1;
	struct ucred *uc;
	pid_t pid;
	char byte, ctl[CMSG_SPACE(sizeof(*uc))];
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl,
			    .msg_controllen = sizeof(ctl) };

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv) == 0);
	NEED(setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
	NEWCHILD(pid, CLONE_NEWPID, NEED(write(sv[1], "x", 1) == 1));
	NEED(recvmsg(sv[0], &m, 0) == 1);
	NEED(CMSG_FIRSTHDR(&m));
	uc = (struct ucred *)CMSG_DATA(CMSG_FIRSTHDR(&m));
	CHECK_EQ(uc->pid, pid);
	JOIN(pid);
}

CASE(clone3_chooses_numbers_of_all_levels)
{
	pid_t tids[2] = { 1, 31234 };
	struct clone3_args a = { .flags = CLONE_NEWPID, .exit_signal = SIGCHLD,
				 .set_tid = (uintptr_t)tids, .set_tid_size = 2 };
	pid_t pid;

	fflush(stdout);
	pid = syscall(SYS_clone3, &a, sizeof(a));
	if (!pid)
		_exit(raw_getpid() != 1);
	CHECK_EQ(pid, 31234);
	if (pid > 0)
		JOIN(pid);
	tids[0] = 5;
	FAILS(syscall(SYS_clone3, &a, sizeof(a)), EINVAL);
	a.set_tid_size = 3;
	FAILS(syscall(SYS_clone3, &a, sizeof(a)), EINVAL);
}

CASE(pidfd_works_across_levels)
{
	struct clone3_args a = { .flags = CLONE_NEWPID | 0x1000, .exit_signal = SIGCHLD };
	int pfd = -1;
	siginfo_t si = { 0 };
	pid_t pid;

	a.pidfd = (uintptr_t)&pfd;
	fflush(stdout);
	pid = syscall(SYS_clone3, &a, sizeof(a));
	if (!pid)
		for (;;)
			pause();
	NEED(pid > 0 && pfd >= 0);
	CHECK(syscall(SYS_pidfd_send_signal, pfd, SIGKILL, NULL, 0) == 0);
	CHECK(waitid(3, pfd, &si, WEXITED) == 0);
	CHECK_EQ(si.si_pid, pid);
}

TAP_MAIN
