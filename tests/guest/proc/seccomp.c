/* SPDX-License-Identifier: GPL-2.0-only */
/* seccomp filters: verdicts, chains, threads, tracers, what is refused. */
#include "../tap.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#define NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define RET(v) BPF_STMT(BPF_RET | BPF_K, (v))
#define IF_EQ(v, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (v), 0, (skip))

static long install_flags(struct sock_filter *f, unsigned n, unsigned flags)
{
	struct sock_fprog p = { n, f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

#define INSTALL(...) ({ struct sock_filter f_[] = { __VA_ARGS__ }; \
	install_flags(f_, sizeof(f_) / sizeof(*f_), 0); })
/* Verdict @v for call @nr, others go on. */
#define INSTALL_FOR(call, v) INSTALL(NR, IF_EQ(call, 1), RET(v), RET(SECCOMP_RET_ALLOW))

static int status_of(pid_t p)
{
	int st = -1;

	waitpid(p, &st, 0);
	return st;
}

CASE(errno_verdicts)
{
	CHECK_EQ(INSTALL_FOR(SYS_getppid, SECCOMP_RET_ERRNO | 77), 0);
	FAILS(syscall(SYS_getppid), 77);
	CHECK(getpid() > 0);
	CHECK_EQ(INSTALL_FOR(SYS_getsid, SECCOMP_RET_ERRNO | 0), 0);
	CHECK_EQ(syscall(SYS_getsid, 0), 0);
	CHECK_EQ(INSTALL_FOR(SYS_getpgid, SECCOMP_RET_ERRNO | 0xffff), 0);
	CHECK_EQ(syscall(SYS_getpgid, 0), -1);
	CHECK_EQ(prctl(PR_GET_SECCOMP), 2);
}

CASE(arguments_are_seen)
{
	CHECK_EQ(INSTALL(NR, IF_EQ(SYS_kill, 3), ARG(1), IF_EQ(0x33, 1), RET(SECCOMP_RET_ERRNO | 5),
			 RET(SECCOMP_RET_ALLOW)), 0);
	FAILS(kill(0x7ffffff0, 0x33), 5);
	FAILS(kill(0x7ffffff0, 0), ESRCH);
}

CASE(architecture_and_instruction_pointer)
{
	CHECK_EQ(INSTALL(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
			 IF_EQ(AUDIT_ARCH_X86_64, 4),
			 BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				  offsetof(struct seccomp_data, instruction_pointer)),
			 IF_EQ(0, 1), RET(SECCOMP_RET_KILL_PROCESS),
			 NR,
			 IF_EQ(SYS_getppid, 1), RET(SECCOMP_RET_ERRNO | 9),
			 RET(SECCOMP_RET_ALLOW)), 0);
	FAILS(syscall(SYS_getppid), 9);
}

CASE(the_strictest_of_a_chain_counts)
{
	CHECK_EQ(INSTALL_FOR(SYS_getppid, SECCOMP_RET_ERRNO | 1), 0);
	CHECK_EQ(INSTALL_FOR(SYS_getppid, SECCOMP_RET_LOG), 0);
	FAILS(syscall(SYS_getppid), 1);
	/* of equal ones the newest */
	CHECK_EQ(INSTALL_FOR(SYS_getppid, SECCOMP_RET_ERRNO | 2), 0);
	FAILS(syscall(SYS_getppid), 2);
	CHECK_EQ(INSTALL_FOR(SYS_getsid, SECCOMP_RET_TRACE), 0);
	FAILS(syscall(SYS_getsid, 0), ENOSYS);	/* nobody traces */
}

CASE(killing_verdicts)
{
	pid_t p;
	int st;

	CHILD(p, INSTALL_FOR(SYS_getppid, SECCOMP_RET_KILL_PROCESS); getppid(); _exit(1));
	st = status_of(p);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGSYS);
	CHILD(p, signal(SIGSYS, SIG_IGN);
	      INSTALL_FOR(SYS_getppid, SECCOMP_RET_KILL_THREAD); getppid(); _exit(1));
	st = status_of(p);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGSYS);
	/* an unknown action kills */
	CHILD(p, INSTALL_FOR(SYS_getppid, 0x00010000); getppid(); _exit(1));
	st = status_of(p);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGSYS);
}

static void *forbidden(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

CASE(kill_thread_leaves_the_others)
{
	pthread_t th;
	pid_t p;

	CHILD(p, {
		INSTALL_FOR(SYS_getppid, SECCOMP_RET_KILL_THREAD);
		pthread_create(&th, NULL, forbidden, NULL);
		msleep(200);
		_exit(4);
	});
	CHECK_EQ(status_of(p), 4 << 8);
}

static volatile siginfo_t seen;

static void on_sys(int sig, siginfo_t *si, void *uc)
{
	seen = *si;
}

CASE(trap_verdicts)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
	CHECK_EQ(INSTALL_FOR(SYS_getppid, SECCOMP_RET_TRAP | 0x1234), 0);
	CHECK_EQ(syscall(SYS_getppid), SYS_getppid);	/* the register stays */
	CHECK_EQ(seen.si_signo, SIGSYS);
	CHECK_EQ(seen.si_code, 1);
	CHECK_EQ(seen.si_errno, 0x1234);
	CHECK_EQ(seen.si_syscall, SYS_getppid);
	CHECK_EQ(seen.si_arch, AUDIT_ARCH_X86_64);
	CHECK(seen.si_call_addr != NULL);
}

CASE(filters_stay_over_fork_and_exec)
{
	pid_t p;

	CHECK_EQ(INSTALL_FOR(SYS_getppid, SECCOMP_RET_ERRNO | 3), 0);
	CHILD(p, FAILS(syscall(SYS_getppid), 3));
	JOIN(p);
	CHILD(p, execl("/bin/sh", "sh", "-c",
		       "grep -q '^Seccomp:.2$' /proc/self/status", NULL));
	JOIN(p);
}

static int go[2];

static void *sibling(void *arg)
{
	char c;
	long r;

	if (read(go[0], &c, 1) != 1)
		return (void *)-1L;
	r = syscall(SYS_getppid) == -1 ? errno : 0;
	return (void *)(r | prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) << 16);
}

CASE(tsync_gives_it_to_all_threads)
{
	struct sock_filter f[] = { NR, IF_EQ(SYS_getppid, 1), RET(SECCOMP_RET_ERRNO | 8),
				   RET(SECCOMP_RET_ALLOW) };
	pthread_t th;
	void *r;

	NEED(pipe(go) == 0);
	NEED(pthread_create(&th, NULL, sibling, NULL) == 0);
	msleep(50);
	CHECK_EQ(install_flags(f, 4, SECCOMP_FILTER_FLAG_TSYNC), 0);
	CHECK(write(go[1], "x", 1) == 1);
	pthread_join(th, &r);
	CHECK_EQ((long)r, 8 | 1 << 16);
}

static volatile int stranger_tid;

static void *stranger(void *arg)
{
	char c;

	stranger_tid = syscall(SYS_gettid);
	INSTALL_FOR(SYS_getsid, SECCOMP_RET_ERRNO | 1);
	if (write(go[1], "r", 1) != 1)
		return NULL;
	return read(*(int *)arg, &c, 1) == 1 ? arg : NULL;
}

CASE(tsync_fails_with_a_stranger)
{
	struct sock_filter f[] = { RET(SECCOMP_RET_ALLOW) };
	pthread_t th;
	int stop[2];
	char c;

	NEED(pipe(go) == 0 && pipe(stop) == 0);
	NEED(pthread_create(&th, NULL, stranger, stop) == 0);
	NEED(read(go[0], &c, 1) == 1);
	CHECK_EQ(install_flags(f, 1, SECCOMP_FILTER_FLAG_TSYNC), stranger_tid);
	FAILS(install_flags(f, 1, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH), ESRCH);
	CHECK_EQ(prctl(PR_GET_SECCOMP), 0);
	CHECK(write(stop[1], "x", 1) == 1);
	pthread_join(th, NULL);
}

CASE(tracers_decide)
{
	struct user_regs_struct r;
	unsigned long msg = 0;
	pid_t p;
	int st;

	CHILD(p, {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		kill(getpid(), SIGSTOP);
		INSTALL_FOR(SYS_getppid, SECCOMP_RET_TRACE | 0x55);
		_exit(syscall(SYS_getppid) == getpid());
	});
	CHECK(waitpid(p, &st, 0) == p && WIFSTOPPED(st));
	ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESECCOMP);
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(waitpid(p, &st, 0) == p && st >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8));
	CHECK(ptrace(PTRACE_GETEVENTMSG, p, 0, &msg) == 0 && msg == 0x55);
	CHECK(ptrace(PTRACE_GETREGS, p, 0, &r) == 0 && r.orig_rax == SYS_getppid);
	ptrace(PTRACE_POKEUSER, p, offsetof(struct user, regs.orig_rax), SYS_getpid);
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK_EQ(status_of(p), 1 << 8);
}

CASE(what_is_refused)
{
	struct sock_fprog p = { 1, (struct sock_filter[]){ RET(SECCOMP_RET_ALLOW) } };
	unsigned action = SECCOMP_RET_ALLOW;
	pid_t c;

	FAILS(syscall(SYS_seccomp, 99, 0, NULL), EINVAL);
	FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0x8000, &p), EINVAL);
	FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, 8), EFAULT);
	FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL), EINVAL);
	FAILS(prctl(PR_SET_SECCOMP, 5, 0, 0, 0), EINVAL);
	CHECK_EQ(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action), 0);
	action = 0x12340000;
	FAILS(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action), EOPNOTSUPP);
	CHILD(c, {
		NEED(!setgid(1000) && !setuid(1000));
		FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p), EACCES);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		CHECK_EQ(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p), 0);
	});
	JOIN(c);
	CHILD(c, {	/* who rules a user namespace need give up nothing */
		NEED(!setuid(1000) && !unshare(CLONE_NEWUSER));
		CHECK_EQ(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p), 0);
	});
	JOIN(c);
	p.len = 0;
	FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p), EINVAL);
}

CASE(bad_programs)
{
	FAILS(INSTALL(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RET(0)), EINVAL);
	FAILS(INSTALL(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET(0)), EINVAL);
	FAILS(INSTALL(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET(0)), EINVAL);
	FAILS(INSTALL(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(0)), EINVAL);
	FAILS(INSTALL(NR), EINVAL);
	FAILS(INSTALL(BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0), RET(0)), EINVAL);
	FAILS(INSTALL(BPF_STMT(BPF_LD | BPF_MEM, 1), RET(0)), EINVAL);
	CHECK_EQ(prctl(PR_GET_SECCOMP), 0);
}

CASE(chains_have_a_limit)
{
	static struct sock_filter f[4096];
	int n = 0, e;

	for (int i = 0; i < 4096; i++)
		f[i] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	while (n < 20 && !install_flags(f, 4096, 0))
		n++;
	e = errno;
	CHECK(e == ENOMEM && n >= 3 && n < 20);
	CHECK(getppid() > 0);
}

TAP_MAIN
