// SPDX-License-Identifier: GPL-2.0-only
/* Signals: actions, masks, queues, stacks, restart. */
#include "tap.h"

#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile sig_atomic_t count, last;
static siginfo_t last_info;

static void on_signal(int sig)
{
	count++;
	last = sig;
}

static void on_info(int sig, siginfo_t *si, void *uc)
{
	count++;
	last = sig;
	last_info = *si;
}

static void catch(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	NEED(sigaction(sig, &sa, NULL) == 0);
}

static void catch_info(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_info, .sa_flags = flags | SA_SIGINFO };

	NEED(sigaction(sig, &sa, NULL) == 0);
}

static void block(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	NEED(sigprocmask(SIG_BLOCK, &s, NULL) == 0);
}

static void unblock(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	NEED(sigprocmask(SIG_UNBLOCK, &s, NULL) == 0);
}

CASE(handler_runs_once_per_kill)
{
	catch(SIGUSR1, on_signal, 0);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(count, 1);
	raise(SIGUSR1);
	CHECK_EQ(count, 2);
}

CASE(registers_survive_a_handler)
{
	double d = 1.5;

	catch(SIGUSR1, on_signal, 0);
	for (int i = 0; i < 100; i++) {
		d *= 1.01;
		raise(SIGUSR1);
	}
	CHECK(d > 4.05 && d < 4.06);
	CHECK_EQ(count, 100);
}

CASE(kill_and_stop_cannot_be_caught)
{
	struct sigaction sa = { .sa_handler = on_signal };

	FAILS(sigaction(SIGKILL, &sa, NULL), EINVAL);
	FAILS(sigaction(SIGSTOP, &sa, NULL), EINVAL);
	CHECK(sigaction(SIGKILL, NULL, &sa) == 0);
	FAILS(sigaction(65, &sa, NULL), EINVAL);
	FAILS(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
}

CASE(blocked_signal_stays_pending)
{
	sigset_t p;

	catch(SIGUSR1, on_signal, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(count, 0);
	CHECK(sigpending(&p) == 0 && sigismember(&p, SIGUSR1));
	unblock(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK(sigpending(&p) == 0 && !sigismember(&p, SIGUSR1));
}

CASE(realtime_signals_queue_in_order)
{
	union sigval v;
	sigset_t s;
	siginfo_t si;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	sigaddset(&s, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	for (v.sival_int = 0; v.sival_int < 5; v.sival_int++)
		NEED(sigqueue(getpid(), SIGRTMIN + 1, v) == 0);
	v.sival_int = 100;
	NEED(sigqueue(getpid(), SIGRTMIN, v) == 0);
	CHECK_EQ(sigwaitinfo(&s, &si), SIGRTMIN);
	CHECK_EQ(si.si_value.sival_int, 100);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(sigwaitinfo(&s, &si), SIGRTMIN + 1);
		CHECK_EQ(si.si_value.sival_int, i);
		CHECK_EQ(si.si_code, SI_QUEUE);
		CHECK_EQ(si.si_pid, getpid());
	}
}

CASE(sigtimedwait_times_out)
{
	struct timespec ts = { 0, 20000000 };
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	sigprocmask(SIG_BLOCK, &s, NULL);
	FAILS(sigtimedwait(&s, NULL, &ts), EAGAIN);
	ts.tv_nsec = -1;
	FAILS(sigtimedwait(&s, NULL, &ts), EINVAL);
}

CASE(siginfo_names_the_sender)
{
	pid_t parent = getpid(), pid;

	catch_info(SIGUSR1, SA_RESTART);
	CHILD(pid, kill(parent, SIGUSR1));
	JOIN(pid);
	CHECK_EQ(count, 1);
	CHECK_EQ(last_info.si_pid, pid);
	CHECK_EQ(last_info.si_code, SI_USER);
	CHECK_EQ(last_info.si_uid, getuid());
}

CASE(resethand_and_nodefer)
{
	catch(SIGUSR1, on_signal, SA_RESETHAND);
	raise(SIGUSR1);
	struct sigaction sa;

	sigaction(SIGUSR1, NULL, &sa);
	CHECK(sa.sa_handler == SIG_DFL);
}

static void nested(int sig)
{
	sigset_t now;

	count++;
	sigprocmask(SIG_BLOCK, NULL, &now);
	if (sigismember(&now, sig))
		last = 1;
}

CASE(signal_is_blocked_in_its_handler)
{
	catch(SIGUSR1, nested, 0);
	raise(SIGUSR1);
	CHECK_EQ(last, 1);
	last = 0;
	catch(SIGUSR1, nested, SA_NODEFER);
	raise(SIGUSR1);
	CHECK_EQ(last, 0);
}

CASE(read_is_interrupted_or_restarted)
{
	struct itimerval it = { { 0, 0 }, { 0, 30000 } };
	int fds[2];
	char c;
	pid_t pid;

	NEED(pipe(fds) == 0);
	catch(SIGALRM, on_signal, 0);
	setitimer(ITIMER_REAL, &it, NULL);
	FAILS(read(fds[0], &c, 1), EINTR);
	CHECK_EQ(count, 1);
	catch(SIGALRM, on_signal, SA_RESTART);
	setitimer(ITIMER_REAL, &it, NULL);
	CHILD(pid, msleep(100); write(fds[1], "x", 1));
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(count, 2);
	JOIN(pid);
}

CASE(nanosleep_reports_what_is_left)
{
	struct itimerval it = { { 0, 0 }, { 0, 20000 } };
	struct timespec ts = { 5, 0 }, rem = { 0, 0 };

	catch(SIGALRM, on_signal, SA_RESTART);
	setitimer(ITIMER_REAL, &it, NULL);
	FAILS(nanosleep(&ts, &rem), EINTR);
	CHECK(rem.tv_sec == 4 && rem.tv_nsec > 0);
}

CASE(sigsuspend_swaps_the_mask)
{
	sigset_t none, now;

	catch(SIGUSR1, on_signal, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	sigemptyset(&none);
	FAILS(sigsuspend(&none), EINTR);
	CHECK_EQ(count, 1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR1));
}

static char *alt_lo, *alt_hi;
static volatile int was_on_alt;

static void on_alt(int sig)
{
	char here;

	was_on_alt = &here >= alt_lo && &here < alt_hi;
	count++;
}

CASE(alternate_stack_is_used)
{
	stack_t ss = { .ss_size = 65536 }, old;

	alt_lo = ss.ss_sp = malloc(ss.ss_size);
	alt_hi = alt_lo + ss.ss_size;
	CHECK(sigaltstack(&ss, NULL) == 0);
	catch(SIGUSR1, on_alt, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK_EQ(was_on_alt, 1);
	CHECK(sigaltstack(NULL, &old) == 0 && old.ss_sp == alt_lo && old.ss_flags == 0);
	ss.ss_size = 100;
	FAILS(sigaltstack(&ss, NULL), ENOMEM);
	ss.ss_size = 65536;
	ss.ss_flags = 0x1234;
	FAILS(sigaltstack(&ss, NULL), EINVAL);
}

static sigjmp_buf env;
static volatile int fault_code;
static void *volatile fault_addr;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	last = sig;
	fault_code = si->si_code;
	fault_addr = si->si_addr;
	siglongjmp(env, 1);
}

static void catch_fault(int sig)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	NEED(sigaction(sig, &sa, NULL) == 0);
}

CASE(faults_become_signals_with_addresses)
{
	volatile char *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	catch_fault(SIGSEGV);
	if (!sigsetjmp(env, 1))
		p[5] = 1;
	CHECK_EQ(last, SIGSEGV);
	CHECK_EQ(fault_code, SEGV_ACCERR);
	CHECK(fault_addr == p + 5);
	munmap((void *)p, 8192);
	if (!sigsetjmp(env, 1))
		(void)*p;
	CHECK_EQ(fault_code, SEGV_MAPERR);
	CHECK(fault_addr == p);
	if (!sigsetjmp(env, 1))
		*(volatile char *)0xffff800000001000ul = 1;
	CHECK_EQ(last, SIGSEGV);
}

CASE(division_and_illegal_instruction)
{
	catch_fault(SIGFPE);
	catch_fault(SIGILL);
	catch_fault(SIGSEGV);
	if (!sigsetjmp(env, 1))
		__asm__ volatile("xor %%ecx, %%ecx; xor %%edx, %%edx; div %%ecx" : : : "rax", "rcx", "rdx");
	CHECK_EQ(last, SIGFPE);
	CHECK_EQ(fault_code, FPE_INTDIV);
	if (!sigsetjmp(env, 1))
		__asm__ volatile("ud2");
	CHECK_EQ(last, SIGILL);
	CHECK_EQ(fault_code, ILL_ILLOPN);
	if (!sigsetjmp(env, 1))
		__asm__ volatile("hlt");
	CHECK_EQ(last, SIGSEGV);
}

CASE(mapped_file_past_its_end_is_SIGBUS)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	volatile char *p;

	NEED(write(fd, "x", 1) == 1);
	p = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	catch_fault(SIGBUS);
	CHECK_EQ(p[0], 'x');
	if (!sigsetjmp(env, 1))
		(void)p[4096];
	CHECK_EQ(last, SIGBUS);
	CHECK_EQ(fault_code, BUS_ADRERR);
	CHECK(fault_addr == p + 4096);
}

static void change_rip(int sig, siginfo_t *si, void *uc)
{
	/* ud2 is two bytes long */
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] += 2;
	count++;
}

CASE(handler_may_change_registers)
{
	struct sigaction sa = { .sa_sigaction = change_rip, .sa_flags = SA_SIGINFO };

	sigaction(SIGILL, &sa, NULL);
	__asm__ volatile("ud2");
	CHECK_EQ(count, 1);
}

CASE(kill_permission_and_existence)
{
	FAILS(kill(999999, 0), ESRCH);
	FAILS(kill(getpid(), 65), EINVAL);
	CHECK(kill(getpid(), 0) == 0);
	FAILS(syscall(SYS_tgkill, getpid(), 999999, 0), ESRCH);
	FAILS(syscall(SYS_tgkill, -1, getpid(), 0), EINVAL);
	FAILS(syscall(SYS_tkill, -5, 0), EINVAL);
	if (getuid() == 0) {
		pid_t parent = getppid(), pid;

		CHILD(pid, NEED(setuid(1000) == 0); FAILS(kill(parent, SIGUSR1), EPERM));
		JOIN(pid);
	}
}

static void *thread_main(void *arg)
{
	sigset_t s;
	int sig;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	sigwait(&s, &sig);
	*(int *)arg = sig;
	return NULL;
}

CASE(signal_to_a_thread)
{
	pthread_t t;
	int got = 0;

	block(SIGUSR2);
	NEED(pthread_create(&t, NULL, thread_main, &got) == 0);
	CHECK(pthread_kill(t, SIGUSR2) == 0);
	pthread_join(t, NULL);
	CHECK_EQ(got, SIGUSR2);
}

CASE(group_kill_reaches_all)
{
	pid_t pids[5];
	int st;

	for (int i = 0; i < 5; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			setpgid(0, i ? pids[0] : 0);
			for (;;)
				pause();
		}
		setpgid(pids[i], pids[0]);
	}
	CHECK(kill(-pids[0], SIGUSR1) == 0);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(waitpid(pids[i], &st, 0), pids[i]);
		CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGUSR1);
	}
	FAILS(kill(-pids[0], SIGUSR1), ESRCH);
}

CASE(alarm_and_itimers)
{
	struct itimerval it = { { 0, 0 }, { 10, 0 } }, old;

	catch(SIGALRM, on_signal, 0);
	alarm(100);
	CHECK_EQ(alarm(0), 100);
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	CHECK(getitimer(ITIMER_REAL, &old) == 0 && old.it_value.tv_sec >= 9);
	it.it_value.tv_sec = 0;
	it.it_value.tv_usec = it.it_interval.tv_usec = 5000;
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	while (count < 3)
		pause();
	it.it_value.tv_usec = 1000000;
	FAILS(setitimer(ITIMER_REAL, &it, NULL), EINVAL);
	FAILS(getitimer(77, &old), EINVAL);
}

CASE(virtual_timer_counts_cpu_time)
{
	struct itimerval it = { { 0, 0 }, { 0, 20000 } };

	catch(SIGVTALRM, on_signal, 0);
	CHECK(setitimer(ITIMER_VIRTUAL, &it, NULL) == 0);
	for (uint64_t i = 0; i < 4000000000ull && !count; i++)
		__asm__ volatile("");
	CHECK_EQ(count, 1);
}

CASE(posix_timer_sends_value)
{
	struct sigevent se = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec its = { { 0, 0 }, { 0, 5000000 } };
	timer_t t;
	sigset_t s;
	siginfo_t si;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &s, NULL);
	se.sigev_value.sival_int = 1234;
	NEED(timer_create(CLOCK_MONOTONIC, &se, &t) == 0);
	CHECK(timer_settime(t, 0, &its, NULL) == 0);
	CHECK_EQ(sigwaitinfo(&s, &si), SIGRTMIN);
	CHECK_EQ(si.si_code, SI_TIMER);
	CHECK_EQ(si.si_value.sival_int, 1234);
	CHECK(timer_gettime(t, &its) == 0 && its.it_value.tv_sec == 0 && its.it_value.tv_nsec == 0);
	CHECK(timer_delete(t) == 0);
	FAILS(syscall(SYS_timer_delete, 12345), EINVAL);
}

CASE(pending_kill_ends_a_stopped_process)
{
	int st;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	NEED(waitpid(pid, &st, WUNTRACED) == pid);
	kill(pid, SIGTERM);
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	kill(pid, SIGCONT);
	NEED(waitpid(pid, &st, 0) == pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
}

TAP_MAIN
