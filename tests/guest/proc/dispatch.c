/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that become signals by where they are made from, and programs with I/O ports. */
#include "../tap.h"

#include <sys/io.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

static volatile char selector;
static volatile int seen_call, seen_code, seen_count;
static void *volatile seen_at;

static void on_sys(int sig, siginfo_t *si, void *uc)
{
	selector = 0;
	seen_call = si->si_syscall;
	seen_code = si->si_code;
	seen_at = si->si_call_addr;
	seen_count++;
}

static void catch_calls(void)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
}

CASE(a_blocked_call_becomes_a_signal)
{
	long r;

	catch_calls();
	NEED(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector) == 0);
	CHECK(getppid() > 0);
	CHECK_EQ(seen_count, 0);
	selector = 1;
	r = syscall(SYS_getppid, 1, 2, 3);
	CHECK_EQ(r, SYS_getppid);	/* the register stays */
	CHECK_EQ(seen_count, 1);
	CHECK_EQ(seen_call, SYS_getppid);
	CHECK_EQ(seen_code, 2);
	CHECK(seen_at != NULL);
	/* a number that no call has is told as well */
	selector = 1;
	syscall(0xfffe);
	CHECK_EQ(seen_call, 0xfffe);
	CHECK_EQ(prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0), 0);
	selector = 1;
	CHECK(getppid() > 0);
	CHECK_EQ(seen_count, 2);
}

CASE(calls_from_the_range_are_made)
{
	static const char code[] = "\xb8\x6e\x00\x00\x00\x0f\x05\xc3";	/* getppid */
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long (*call)(void) = (long (*)(void))p;

	NEED(p != MAP_FAILED);
	memcpy(p, code, sizeof(code));
	catch_calls();
	NEED(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, p, 4096, &selector) == 0);
	selector = 1;
	CHECK(call() > 1);
	CHECK_EQ(seen_count, 0);
	CHECK_EQ(syscall(SYS_getppid), SYS_getppid);
	CHECK_EQ(seen_count, 1);
}

CASE(dispatch_ends_with_fork_and_exec)
{
	pid_t p;

	catch_calls();
	NEED(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector) == 0);
	CHILD(p, selector = 1; CHECK(getppid() > 0); CHECK_EQ(seen_count, 0));
	JOIN(p);
	CHECK_EQ(seen_count, 0);
}

static int status_of(pid_t p)
{
	int st = -1;

	waitpid(p, &st, 0);
	return st;
}

CASE(a_bad_selector_is_fatal)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t p;
	int st;

	catch_calls();
	CHILD(p, prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector); selector = 7; getppid(); _exit(0));
	st = status_of(p);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGSYS);
	CHILD(p, prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, page); munmap(page, 4096); getppid(); _exit(0));
	st = status_of(p);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
}

CASE(dispatch_arguments_are_checked)
{
	FAILS(prctl(PR_SET_SYSCALL_USER_DISPATCH, 2, 0, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 1, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 1, 0), EINVAL);
	FAILS(prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, &selector), EINVAL);
	FAILS(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 16, 0, &selector), EINVAL);
	FAILS(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 16, -16L, &selector), EINVAL);
	FAILS(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, -1L), EFAULT);
}

/* ---- ports ---- */

static int dies_of_a_port(unsigned short port)
{
	pid_t p;
	int st;

	CHILD(p, signal(SIGSEGV, SIG_DFL); inb(port); _exit(0));
	st = status_of(p);
	return WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV;
}

CASE(ports_are_given_and_taken)
{
	CHECK(dies_of_a_port(0x80));
	CHECK_EQ(ioperm(0x80, 2, 1), 0);
	inb(0x80);
	outb(0, 0x80);
	inw(0x80);
	CHECK(!dies_of_a_port(0x81));
	CHECK(dies_of_a_port(0x82));
	CHECK(dies_of_a_port(0x7f));
	CHECK_EQ(ioperm(0x80, 1, 0), 0);
	CHECK(dies_of_a_port(0x80));
	CHECK(!dies_of_a_port(0x81));
	CHECK_EQ(ioperm(0xfff0, 16, 1), 0);
	inb(0xffff);
	CHECK_EQ(ioperm(0, 65536, 0), 0);
	CHECK(dies_of_a_port(0x81));
}

CASE(ports_are_a_threads_own)
{
	int go[2];
	pid_t p;
	char c;

	CHECK_EQ(ioperm(0x80, 1, 1), 0);
	NEED(pipe(go) == 0);
	CHILD(p, CHECK_EQ(read(go[0], &c, 1), 1); inb(0x80); CHECK(dies_of_a_port(0x81)));
	CHECK_EQ(ioperm(0x80, 1, 0), 0);
	CHECK_EQ(ioperm(0x81, 1, 1), 0);
	CHECK_EQ(write(go[1], "x", 1), 1);
	JOIN(p);
	CHECK(dies_of_a_port(0x80));
	inb(0x81);
}

CASE(level_three_has_all_ports)
{
	CHECK_EQ(iopl(1), 0);
	CHECK(dies_of_a_port(0x80));
	CHECK_EQ(iopl(3), 0);
	CHECK(!dies_of_a_port(0x80));
	inb(0xffff);
	CHECK_EQ(iopl(0), 0);
	CHECK(dies_of_a_port(0x80));
}

CASE(ports_need_rights)
{
	FAILS(ioperm(0xffff, 2, 1), EINVAL);
	FAILS(ioperm(10, -10UL, 1), EINVAL);
	FAILS(ioperm(10, 0, 1), EINVAL);
	FAILS(iopl(4), EINVAL);
	CHECK_EQ(iopl(2), 0);
	NEED(setuid(1000) == 0);
	FAILS(ioperm(0x80, 1, 1), EPERM);
	CHECK_EQ(ioperm(0x80, 1, 0), 0);
	CHECK_EQ(iopl(2), 0);
	CHECK_EQ(iopl(1), 0);
	FAILS(iopl(2), EPERM);
}

TAP_MAIN
