/* SPDX-License-Identifier: GPL-2.0-only */
/* ptrace: stops of every kind, registers, memory, events, who sees the end. */
#include "../tap.h"

#include <elf.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#define EVENT_STATUS(e) (SIGTRAP | (e) << 8)

static volatile long word = 0x1122334455667788;
static volatile int stepped;

static int wait_stop(pid_t p)
{
	int st;

	if (waitpid(p, &st, __WALL) != p)
		return -1;
	return WIFSTOPPED(st) ? st >> 8 : -st - 1000;
}

/* A child that is traced and has stopped itself. */
#define TRACED(p, body) CHILD(p, { \
	ptrace(PTRACE_TRACEME, 0, 0, 0); \
	kill(getpid(), SIGSTOP); \
	body \
	_exit(0); \
}); NEED(wait_stop(p) == SIGSTOP)

static int finish(pid_t p)
{
	int st;

	ptrace(PTRACE_CONT, p, 0, 0);
	if (waitpid(p, &st, __WALL) != p)
		return -1;
	return st;
}

CASE(traceme_stops_at_signals)
{
	siginfo_t si;
	pid_t p;

	TRACED(p, {
		raise(SIGUSR1);
		raise(SIGUSR2);
		_exit(7);
	});
	CHECK(ptrace(PTRACE_GETSIGINFO, p, 0, &si) == 0);
	CHECK(si.si_signo == SIGSTOP && si.si_code == SI_USER && si.si_pid == p);
	CHECK(ptrace(PTRACE_CONT, p, 0, 0) == 0);
	CHECK(wait_stop(p) == SIGUSR1);
	CHECK(ptrace(PTRACE_CONT, p, 0, 0) == 0);	/* swallowed */
	CHECK(wait_stop(p) == SIGUSR2);
	CHECK(finish(p) == 7 << 8);
}

CASE(a_signal_of_the_tracer_is_delivered)
{
	pid_t p;
	int st;

	TRACED(p, {});
	CHECK(ptrace(PTRACE_CONT, p, 0, SIGTERM) == 0);
	CHECK(waitpid(p, &st, 0) == p && WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
	TRACED(p, {});
	FAILS(ptrace(PTRACE_CONT, p, 0, 999), EIO);
	CHECK(finish(p) == 0);
}

CASE(ignored_signals_are_shown)
{
	pid_t p;

	TRACED(p, {
		signal(SIGUSR1, SIG_IGN);
		raise(SIGUSR1);
	});
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == SIGUSR1);
	CHECK(ptrace(PTRACE_CONT, p, 0, SIGUSR1) == 0);
	CHECK(wait_stop(p) < 0);
}

CASE(memory_is_read_and_written)
{
	pid_t p;

	TRACED(p, {
		_exit(word == 42 ? 3 : 4);
	});
	errno = 0;
	CHECK(ptrace(PTRACE_PEEKDATA, p, &word, 0) == 0x1122334455667788 && !errno);
	CHECK(ptrace(PTRACE_POKEDATA, p, &word, 42) == 0);
	FAILS(ptrace(PTRACE_POKEDATA, p, 8, 42), EIO);
	errno = 0;
	CHECK(ptrace(PTRACE_PEEKDATA, p, 8, 0) == -1 && errno == EIO);
	CHECK(word == 0x1122334455667788);
	CHECK(finish(p) == 3 << 8);
}

CASE(code_without_write_permission_is_written)
{
	void *at = (void *)((uintptr_t)getppid & ~7UL);
	pid_t p;
	long w;

	TRACED(p, {});
	errno = 0;
	w = ptrace(PTRACE_PEEKTEXT, p, at, 0);
	CHECK(!errno);
	CHECK(ptrace(PTRACE_POKETEXT, p, at, ~w) == 0);
	CHECK(ptrace(PTRACE_PEEKTEXT, p, at, 0) == ~w);
	CHECK(*(long *)at == w);
	kill(p, SIGKILL);
	CHECK(wait_stop(p) == -SIGKILL - 1000);
}

CASE(registers)
{
	struct user_regs_struct r, r2;
	struct iovec v = { &r2, sizeof(r2) };
	pid_t p;

	TRACED(p, {});
	CHECK(ptrace(PTRACE_GETREGS, p, 0, &r) == 0);
	CHECK(r.cs == 0x33 && r.ss == 0x2b && r.ds == 0 && r.fs_base != 0);
	CHECK(ptrace(PTRACE_GETREGSET, p, NT_PRSTATUS, &v) == 0 && v.iov_len == sizeof(r2));
	CHECK(!memcmp(&r, &r2, sizeof(r)));
	CHECK(ptrace(PTRACE_PEEKUSER, p, offsetof(struct user, regs.rip), 0) == (long)r.rip);
	CHECK(ptrace(PTRACE_POKEUSER, p, offsetof(struct user, regs.r15), 0x55) == 0);
	CHECK(ptrace(PTRACE_GETREGS, p, 0, &r2) == 0 && r2.r15 == 0x55);
	r2.r15 = r.r15;
	CHECK(ptrace(PTRACE_SETREGS, p, 0, &r2) == 0);
	FAILS(ptrace(PTRACE_POKEUSER, p, offsetof(struct user, regs.fs_base), -4096L), EIO);
	FAILS(ptrace(PTRACE_POKEUSER, p, offsetof(struct user, regs.cs), 0), EIO);
	FAILS(ptrace(PTRACE_POKEUSER, p, 3, 0), EIO);
	FAILS(ptrace(PTRACE_POKEUSER, p, sizeof(struct user), 0), EIO);
	v.iov_len = 12;
	FAILS(ptrace(PTRACE_GETREGSET, p, NT_PRSTATUS, &v), EINVAL);
	v.iov_len = 1 << 20;
	FAILS(ptrace(PTRACE_GETREGSET, p, 0x7777, &v), EINVAL);
	CHECK(finish(p) == 0);
}

CASE(vector_registers)
{
	static char big[8192];
	struct user_fpregs_struct fp;
	struct iovec v = { big, sizeof(big) };
	pid_t p;

	TRACED(p, {
		double d = 0;

		__asm__ volatile("movsd %%xmm7, %0" : "=m" (d));
		__asm__ volatile("movq $39, %%rax; syscall; movq %%xmm7, %%rdi; movq $231, %%rax; syscall"
				 : : : "rax", "rdi", "rcx", "r11");
	});
	CHECK(ptrace(PTRACE_GETFPREGS, p, 0, &fp) == 0);
	CHECK(fp.cwd == 0x37f && fp.mxcsr == 0x1f80);
	fp.xmm_space[28] = 9;
	fp.xmm_space[29] = 0;
	CHECK(ptrace(PTRACE_SETFPREGS, p, 0, &fp) == 0);
	CHECK(ptrace(PTRACE_GETREGSET, p, NT_X86_XSTATE, &v) == 0);
	CHECK(v.iov_len >= 576 && !memcmp(big + 160, fp.xmm_space, 256));
	CHECK((*(unsigned long *)(big + 464) & 3) == 3);
	fp.mxcsr = 0xffffffff;
	FAILS(ptrace(PTRACE_SETFPREGS, p, 0, &fp), EINVAL);
	CHECK(finish(p) == 9 << 8);
}

CASE(steps)
{
	struct user_regs_struct r;
	unsigned long before, ip;
	siginfo_t si;
	pid_t p;

	TRACED(p, {
		for (int i = 0; i < 100; i++)
			stepped += i;
		_exit(stepped == 4950);
	});
	for (int i = 0; i < 300; i++) {
		ptrace(PTRACE_GETREGS, p, 0, &r);
		before = r.rip;
		CHECK(!(r.eflags & 0x100));
		CHECK(ptrace(PTRACE_SINGLESTEP, p, 0, 0) == 0);
		if (wait_stop(p) != SIGTRAP) {
			CHECK(!"a step");
			break;
		}
		ptrace(PTRACE_GETREGS, p, 0, &r);
		ip = r.rip;
		CHECK(ip != before || i > 0);
	}
	CHECK(ptrace(PTRACE_GETSIGINFO, p, 0, &si) == 0);
	CHECK(si.si_signo == SIGTRAP && (si.si_code == TRAP_TRACE || si.si_code == TRAP_BRKPT));
	CHECK((unsigned long)si.si_addr == r.rip);
	CHECK(finish(p) == 1 << 8);
}

static __attribute__((noinline)) void handler(int sig)
{
	stepped = sig;
}

CASE(a_step_into_a_handler_stops_at_its_first_instruction)
{
	struct user_regs_struct r;
	pid_t p;

	TRACED(p, {
		signal(SIGUSR1, handler);
		raise(SIGUSR1);
		_exit(stepped == SIGUSR1 ? 5 : 6);
	});
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == SIGUSR1);
	CHECK(ptrace(PTRACE_SINGLESTEP, p, 0, SIGUSR1) == 0);
	CHECK(wait_stop(p) == SIGTRAP);
	ptrace(PTRACE_GETREGS, p, 0, &r);
	CHECK(r.rip == (unsigned long)handler);
	CHECK(r.rdi == SIGUSR1);
	CHECK(finish(p) == 5 << 8);
}

static volatile long watched[4];

CASE(watchpoints)
{
	siginfo_t si;
	pid_t p;
	size_t dr = offsetof(struct user, u_debugreg);

	TRACED(p, {
		watched[0] = 1;
		watched[1] = 2;
		watched[2] = 3;
	});
	CHECK(ptrace(PTRACE_POKEUSER, p, dr, &watched[1]) == 0);
	CHECK(ptrace(PTRACE_POKEUSER, p, dr + 56, 1 | 9UL << 16) == 0);	/* write, 8 bytes */
	FAILS(ptrace(PTRACE_POKEUSER, p, dr + 56, 1 | 2UL << 16), EINVAL);
	FAILS(ptrace(PTRACE_POKEUSER, p, dr + 32, 1), EIO);
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == SIGTRAP);
	CHECK(ptrace(PTRACE_GETSIGINFO, p, 0, &si) == 0 && si.si_code == TRAP_HWBKPT);
	CHECK(ptrace(PTRACE_PEEKDATA, p, &watched[1], 0) == 2);
	CHECK(ptrace(PTRACE_PEEKDATA, p, &watched[2], 0) == 0);
	CHECK((ptrace(PTRACE_PEEKUSER, p, dr + 48, 0) & 15) == 1);
	CHECK(finish(p) == 0);
}

CASE(hardware_breakpoints_on_code)
{
	struct user_regs_struct r;
	pid_t p;
	size_t dr = offsetof(struct user, u_debugreg);

	TRACED(p, {
		handler(12);
		handler(13);
		_exit(stepped);
	});
	CHECK(ptrace(PTRACE_POKEUSER, p, dr + 8, handler) == 0);
	CHECK(ptrace(PTRACE_POKEUSER, p, dr + 56, 4) == 0);
	for (int i = 0; i < 2; i++) {
		ptrace(PTRACE_CONT, p, 0, 0);
		CHECK(wait_stop(p) == SIGTRAP);
		ptrace(PTRACE_GETREGS, p, 0, &r);
		CHECK(r.rip == (unsigned long)handler && r.rdi == 12u + i);
	}
	CHECK(finish(p) == 13 << 8);
}

CASE(a_breakpoint_instruction)
{
	struct user_regs_struct r;
	siginfo_t si;
	pid_t p;

	TRACED(p, {
		__asm__ volatile("int3");
		_exit(8);
	});
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == SIGTRAP);
	ptrace(PTRACE_GETREGS, p, 0, &r);
	errno = 0;
	CHECK((ptrace(PTRACE_PEEKTEXT, p, r.rip - 1, 0) & 0xff) == 0xcc);
	CHECK(ptrace(PTRACE_GETSIGINFO, p, 0, &si) == 0 && si.si_code == SI_KERNEL);
	CHECK(finish(p) == 8 << 8);
}

CASE(system_call_stops)
{
	struct __ptrace_syscall_info si;
	struct user_regs_struct r;
	pid_t p;

	TRACED(p, {
		syscall(SYS_kill, 0x7ffffff0, 0);
		_exit(syscall(SYS_getppid) == 77);
	});
	CHECK(ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESYSGOOD) == 0);
	CHECK(ptrace(PTRACE_SYSCALL, p, 0, 0) == 0);
	CHECK(wait_stop(p) == (SIGTRAP | 0x80));
	ptrace(PTRACE_GETREGS, p, 0, &r);
	CHECK((long)r.rax == -ENOSYS);
	for (int i = 0; i < 6 && r.orig_rax != SYS_kill; i++) {
		ptrace(PTRACE_SYSCALL, p, 0, 0);
		wait_stop(p);
		ptrace(PTRACE_GETREGS, p, 0, &r);
	}
	CHECK(r.orig_rax == SYS_kill && r.rdi == 0x7ffffff0);
	CHECK(ptrace(PTRACE_GET_SYSCALL_INFO, p, sizeof(si), &si) == 80);
	CHECK(si.op == PTRACE_SYSCALL_INFO_ENTRY && si.arch == 0xc000003e &&
	      si.entry.nr == SYS_kill && si.entry.args[0] == 0x7ffffff0);
	CHECK(si.instruction_pointer == r.rip && si.stack_pointer == r.rsp);
	ptrace(PTRACE_SYSCALL, p, 0, 0);
	CHECK(wait_stop(p) == (SIGTRAP | 0x80));
	CHECK(ptrace(PTRACE_GET_SYSCALL_INFO, p, sizeof(si), &si) == 33);
	CHECK(si.op == PTRACE_SYSCALL_INFO_EXIT && si.exit.rval == -ESRCH && si.exit.is_error);
	/* another result for getppid */
	ptrace(PTRACE_SYSCALL, p, 0, 0);
	wait_stop(p);
	ptrace(PTRACE_SYSCALL, p, 0, 0);
	wait_stop(p);
	CHECK(ptrace(PTRACE_POKEUSER, p, offsetof(struct user, regs.rax), 77) == 0);
	CHECK(finish(p) == 1 << 8);
}

/* Whatever kind of stop it is in: a signal that comes meanwhile is there when it goes on. */
CASE(signals_come_at_the_end_of_a_stop)
{
	struct user_regs_struct r;
	pid_t p;

	TRACED(p, for (;;) sleep(100););
	CHECK(ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESYSGOOD) == 0);
	do {
		ptrace(PTRACE_SYSCALL, p, 0, 0);
		wait_stop(p);
		ptrace(PTRACE_GETREGS, p, 0, &r);
	} while (r.orig_rax != SYS_nanosleep && r.orig_rax != SYS_clock_nanosleep);
	NEED(!kill(p, SIGUSR1));		/* at the call's beginning: it does not sleep */
	ptrace(PTRACE_SYSCALL, p, 0, 0);
	CHECK_EQ(wait_stop(p), SIGTRAP | 0x80);
	NEED(!kill(p, SIGUSR2));		/* at its end */
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK_EQ(wait_stop(p), SIGUSR1);
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK_EQ(wait_stop(p), SIGUSR2);
	do {
		ptrace(PTRACE_SYSCALL, p, 0, 0);
	} while (wait_stop(p) != (SIGTRAP | 0x80));
	NEED(!kill(p, SIGUSR1));
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK_EQ(wait_stop(p), SIGUSR1);
	kill(p, SIGKILL);
	waitpid(p, NULL, 0);
}

CASE(a_call_is_replaced_or_skipped)
{
	struct user_regs_struct r;
	pid_t p;

	TRACED(p, {
		_exit(syscall(SYS_getppid) == getpid() && syscall(SYS_getppid) == -1);
	});
	ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESYSGOOD);
	do {
		ptrace(PTRACE_SYSCALL, p, 0, 0);
		NEED(wait_stop(p) == (SIGTRAP | 0x80));
		ptrace(PTRACE_GETREGS, p, 0, &r);
	} while (r.orig_rax != SYS_getppid);
	ptrace(PTRACE_POKEUSER, p, offsetof(struct user, regs.orig_rax), SYS_getpid);
	ptrace(PTRACE_SYSCALL, p, 0, 0);
	wait_stop(p);
	do {
		ptrace(PTRACE_SYSCALL, p, 0, 0);
		NEED(wait_stop(p) == (SIGTRAP | 0x80));
		ptrace(PTRACE_GETREGS, p, 0, &r);
	} while (r.orig_rax != SYS_getppid);
	ptrace(PTRACE_POKEUSER, p, offsetof(struct user, regs.orig_rax), -1);
	CHECK(finish(p) == 1 << 8);
}

CASE(calls_are_emulated)
{
	struct user_regs_struct r;
	pid_t p;

	TRACED(p, {
		_exit(syscall(SYS_getppid) == 1234);
	});
	do {
		CHECK(ptrace(PTRACE_SYSEMU, p, 0, 0) == 0);
		NEED(wait_stop(p) == SIGTRAP);
		ptrace(PTRACE_GETREGS, p, 0, &r);
	} while (r.orig_rax != SYS_getppid);
	ptrace(PTRACE_POKEUSER, p, offsetof(struct user, regs.rax), 1234);
	CHECK(finish(p) == 1 << 8);
}

CASE(forks_are_followed)
{
	unsigned long child = 0;
	pid_t p;
	int st;

	TRACED(p, {
		pid_t q = fork();

		if (!q)
			_exit(9);
		waitpid(q, NULL, 0);
		_exit(1);
	});
	CHECK(ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACEFORK) == 0);
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == EVENT_STATUS(PTRACE_EVENT_FORK));
	CHECK(ptrace(PTRACE_GETEVENTMSG, p, 0, &child) == 0 && child > 1);
	CHECK(wait_stop(child) == SIGSTOP);
	ptrace(PTRACE_CONT, p, 0, 0);
	/* the tracer is told of the end before the parent */
	ptrace(PTRACE_CONT, child, 0, 0);
	CHECK(waitpid(child, &st, 0) == (pid_t)child && st == 9 << 8);
	CHECK(wait_stop(p) == SIGCHLD);
	CHECK(finish(p) == 1 << 8);
}

CASE(vfork_and_exec_events)
{
	unsigned long child = 0, msg = 0;
	pid_t p;

	TRACED(p, {
		pid_t q = vfork();

		if (!q) {
			execl("/proc/self/exe", "x", "--list", NULL);
			_exit(9);
		}
		_exit(2);
	});
	ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
	       PTRACE_O_TRACEEXEC);
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == EVENT_STATUS(PTRACE_EVENT_VFORK));
	ptrace(PTRACE_GETEVENTMSG, p, 0, &child);
	CHECK(wait_stop(child) == SIGSTOP);
	ptrace(PTRACE_CONT, p, 0, 0);
	ptrace(PTRACE_CONT, child, 0, 0);
	CHECK(wait_stop(child) == EVENT_STATUS(PTRACE_EVENT_EXEC));
	CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &msg) == 0 && msg == child);
	CHECK(wait_stop(p) == EVENT_STATUS(PTRACE_EVENT_VFORK_DONE));
	kill(child, SIGKILL);
	CHECK(wait_stop(child) == -SIGKILL - 1000);
	kill(p, SIGKILL);
	CHECK(wait_stop(p) == -SIGKILL - 1000);
}

CASE(exec_without_options_is_a_trap)
{
	pid_t p;

	TRACED(p, {
		execl("/bin/true", "true", NULL);
	});
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == SIGTRAP);
	CHECK(finish(p) == 0);
}

static void *thread_body(void *arg)
{
	return arg;
}

CASE(threads_are_followed_and_their_ends_seen)
{
	unsigned long tid = 0;
	pid_t p;
	int st;

	TRACED(p, {
		pthread_t th;

		pthread_create(&th, NULL, thread_body, NULL);
		pthread_join(th, NULL);
		_exit(4);
	});
	ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT);
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == EVENT_STATUS(PTRACE_EVENT_CLONE));
	ptrace(PTRACE_GETEVENTMSG, p, 0, &tid);
	CHECK(wait_stop(tid) == SIGSTOP);
	ptrace(PTRACE_CONT, p, 0, 0);
	ptrace(PTRACE_CONT, tid, 0, 0);
	CHECK(wait_stop(tid) == EVENT_STATUS(PTRACE_EVENT_EXIT));
	ptrace(PTRACE_CONT, tid, 0, 0);
	/* pthread_join() may return before it has ended: then the process's end is its own. */
	CHECK(waitpid(tid, &st, __WALL) == (pid_t)tid && (st == 0 || st == 4 << 8));
	CHECK(wait_stop(p) == EVENT_STATUS(PTRACE_EVENT_EXIT));
	CHECK(ptrace(PTRACE_GETEVENTMSG, p, 0, &tid) == 0 && tid == 4 << 8);
	CHECK(finish(p) == 4 << 8);
}

static void spin(void)
{
	for (;;)
		stepped++;
}

CASE(attach_and_detach)
{
	pid_t p;
	int st;

	CHILD(p, { spin(); });
	CHECK(ptrace(PTRACE_ATTACH, p, 0, 0) == 0);
	FAILS(ptrace(PTRACE_ATTACH, p, 0, 0), EPERM);
	CHECK(wait_stop(p) == SIGSTOP);
	CHECK(ptrace(PTRACE_DETACH, p, 0, 0) == 0);
	FAILS(ptrace(PTRACE_CONT, p, 0, 0), ESRCH);
	CHECK(waitpid(p, &st, WNOHANG) == 0);
	/* attach to a process that job control has stopped */
	kill(p, SIGSTOP);
	CHECK(waitpid(p, &st, WUNTRACED) == p && WIFSTOPPED(st));
	CHECK(ptrace(PTRACE_ATTACH, p, 0, 0) == 0);
	CHECK(wait_stop(p) == SIGSTOP);
	CHECK(ptrace(PTRACE_DETACH, p, 0, 0) == 0);
	kill(p, SIGTERM);
	kill(p, SIGCONT);
	CHECK(waitpid(p, &st, 0) == p && WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
}

CASE(who_may_be_traced)
{
	pid_t p;

	FAILS(ptrace(PTRACE_ATTACH, getpid(), 0, 0), EPERM);
	FAILS(ptrace(PTRACE_ATTACH, 0x7ffffff0, 0, 0), ESRCH);
	FAILS(ptrace(PTRACE_CONT, 1, 0, 0), ESRCH);
	CHILD(p, { spin(); });
	FAILS(ptrace(PTRACE_SEIZE, p, 8, 0), EIO);
	FAILS(ptrace(PTRACE_SEIZE, p, 0, 0x80000000), EIO);
	if (!fork()) {
		if (setgid(1000) || setuid(1000))
			_exit(1);
		_exit(ptrace(PTRACE_ATTACH, p, 0, 0) == -1 && errno == EPERM ? 0 : 1);
	}
	int st = -1;
	wait(&st);
	CHECK(st == 0);
	kill(p, SIGKILL);
	waitpid(p, &st, 0);
}

CASE(seize_and_interrupt)
{
	siginfo_t si;
	pid_t p;
	int st;

	CHILD(p, { spin(); });
	CHECK(ptrace(PTRACE_SEIZE, p, 0, 0) == 0);
	CHECK(waitpid(p, &st, WNOHANG) == 0);
	CHECK(ptrace(PTRACE_INTERRUPT, p, 0, 0) == 0);
	CHECK(wait_stop(p) == EVENT_STATUS(PTRACE_EVENT_STOP));
	CHECK(ptrace(PTRACE_GETSIGINFO, p, 0, &si) == 0 &&
	      si.si_code == EVENT_STATUS(PTRACE_EVENT_STOP));
	ptrace(PTRACE_CONT, p, 0, 0);
	/* a group stop, kept by LISTEN, ended by SIGCONT */
	kill(p, SIGSTOP);
	CHECK(wait_stop(p) == SIGSTOP);
	ptrace(PTRACE_CONT, p, 0, SIGSTOP);
	CHECK(wait_stop(p) == (SIGSTOP | PTRACE_EVENT_STOP << 8));
	CHECK(ptrace(PTRACE_LISTEN, p, 0, 0) == 0);
	FAILS(ptrace(PTRACE_CONT, p, 0, 0), ESRCH);
	CHECK(waitpid(p, &st, WNOHANG) == 0);
	kill(p, SIGCONT);
	CHECK(wait_stop(p) == EVENT_STATUS(PTRACE_EVENT_STOP));
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == SIGCONT);
	CHECK(ptrace(PTRACE_DETACH, p, 0, 0) == 0);
	kill(p, SIGKILL);
	CHECK(waitpid(p, &st, 0) == p && WIFSIGNALED(st));
}

/* The end of a group stop that comes while the tracee reports it: LISTEN brings out the news. */
CASE(a_stop_that_ends_while_it_is_told)
{
	for (int i = 0; i < 300; i++) {
		int st, stops = 0;
		pid_t p;

		CHILD(p, {
			kill(getpid(), SIGSTOP);
			_exit(9);
		});
		NEED(waitpid(p, &st, WUNTRACED) == p && WIFSTOPPED(st));
		NEED(ptrace(PTRACE_SEIZE, p, 0, 0) == 0);
		NEED(ptrace(PTRACE_INTERRUPT, p, 0, 0) == 0);
		for (volatile int wait = 0; wait < i * 10; wait++)
			;
		NEED(kill(p, SIGCONT) == 0);
		alarm(20);
		while (waitpid(p, &st, __WALL) == p && WIFSTOPPED(st)) {
			int is_group = st >> 8 == (SIGSTOP | PTRACE_EVENT_STOP << 8);

			NEED(ptrace(is_group ? PTRACE_LISTEN : PTRACE_CONT, p, 0, 0) == 0 && ++stops < 10);
		}
		alarm(0);
		NEED(WIFEXITED(st) && WEXITSTATUS(st) == 9);
	}
}

CASE(a_group_stop_of_a_traced_process)
{
	siginfo_t si;
	pid_t p;

	TRACED(p, {});
	CHECK(ptrace(PTRACE_CONT, p, 0, SIGSTOP) == 0);
	CHECK(wait_stop(p) == SIGSTOP);
	FAILS(ptrace(PTRACE_GETSIGINFO, p, 0, &si), EINVAL);
	CHECK(finish(p) == 0);
}

CASE(a_tracer_that_ends_lets_go)
{
	int fd[2], st;
	char c = 0;
	pid_t p, tracer;

	NEED(pipe(fd) == 0);
	CHILD(p, {
		close(fd[1]);
		_exit(read(fd[0], &c, 1) == 1 ? 21 : 22);
	});
	tracer = fork();
	if (!tracer) {
		if (ptrace(PTRACE_ATTACH, p, 0, 0))
			_exit(1);
		_exit(wait_stop(p) == SIGSTOP ? 0 : 2);
	}
	CHECK(waitpid(tracer, &st, 0) == tracer && st == 0);
	CHECK(write(fd[1], "x", 1) == 1);
	CHECK(waitpid(p, &st, 0) == p && st == 21 << 8);
}

CASE(exitkill)
{
	pid_t p, tracer;
	int st;

	CHILD(p, { spin(); });
	tracer = fork();
	if (!tracer)
		_exit(ptrace(PTRACE_SEIZE, p, 0, PTRACE_O_EXITKILL) != 0);
	CHECK(waitpid(tracer, &st, 0) == tracer && st == 0);
	CHECK(waitpid(p, &st, 0) == p && WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
}

CASE(a_foreign_tracer_sees_the_end_first)
{
	int go[2], told[2], st;
	pid_t p, tracer;
	char c;

	NEED(pipe(go) == 0 && pipe(told) == 0);
	CHILD(p, {
		close(go[1]);
		_exit(read(go[0], &c, 1) == 1 ? 31 : 32);
	});
	tracer = fork();
	if (!tracer) {
		int s;

		close(go[1]);
		if (ptrace(PTRACE_SEIZE, p, 0, 0))
			_exit(1);
		if (write(told[1], "a", 1) != 1)
			_exit(2);
		/* the end, when the parent has looked in vain */
		if (read(go[0], &c, 1) != 1 || waitpid(p, &s, __WALL) != p || s != 31 << 8)
			_exit(3);
		_exit(0);
	}
	NEED(read(told[0], &c, 1) == 1);
	CHECK(write(go[1], "x", 1) == 1);
	msleep(100);
	CHECK(write(go[1], "y", 1) == 1);
	CHECK(waitpid(tracer, &st, 0) == tracer);
	CHECK(waitpid(p, &st, 0) == p);
}

CASE(sigkill_ends_any_stop)
{
	pid_t p;

	TRACED(p, {});
	kill(p, SIGKILL);
	CHECK(wait_stop(p) == -SIGKILL - 1000);
}

CASE(signal_masks_and_pending_signals)
{
	struct __ptrace_peeksiginfo_args a = { .off = 0, .flags = 0, .nr = 4 };
	unsigned long mask = 0, empty = 0;
	siginfo_t si[4];
	pid_t p;

	TRACED(p, {
		sigset_t s;

		sigemptyset(&s);
		sigaddset(&s, SIGUSR1);
		sigprocmask(SIG_BLOCK, &s, NULL);
		raise(SIGUSR1);
		raise(SIGUSR2);
	});
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == SIGUSR2);
	CHECK(ptrace(PTRACE_GETSIGMASK, p, 8, &mask) == 0 && (mask & 1UL << (SIGUSR1 - 1)));
	FAILS(ptrace(PTRACE_GETSIGMASK, p, 4, &mask), EINVAL);
	CHECK(ptrace(PTRACE_PEEKSIGINFO, p, &a, si) == 1 && si[0].si_signo == SIGUSR1);
	CHECK(ptrace(PTRACE_SETSIGMASK, p, 8, &empty) == 0);
	ptrace(PTRACE_CONT, p, 0, 0);
	CHECK(wait_stop(p) == SIGUSR1);
	CHECK(finish(p) == 0);
}

CASE(proc_names_the_tracer)
{
	char path[64], buf[2048], want[32];
	FILE *f;
	pid_t p;
	size_t n;

	TRACED(p, {});
	snprintf(path, sizeof(path), "/proc/%d/status", p);
	f = fopen(path, "r");
	NEED(f);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = 0;
	fclose(f);
	snprintf(want, sizeof(want), "TracerPid:\t%d\n", getpid());
	CHECK(strstr(buf, want));
	CHECK(strstr(buf, "State:\tt (tracing stop)"));
	CHECK(finish(p) == 0);
}

CASE(bad_requests)
{
	pid_t p;

	TRACED(p, {});
	FAILS(ptrace(0x7777, p, 0, 0), EIO);
	FAILS(ptrace(PTRACE_SETOPTIONS, p, 0, 0x80000000), EINVAL);
	FAILS(ptrace(PTRACE_INTERRUPT, p, 0, 0), EIO);
	FAILS(ptrace(PTRACE_LISTEN, p, 0, 0), EIO);
	FAILS(ptrace(PTRACE_GETREGS, p, 0, 8), EFAULT);
	CHECK(finish(p) == 0);
}

TAP_MAIN
