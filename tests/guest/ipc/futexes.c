/* SPDX-License-Identifier: GPL-2.0-only */
/* Futex operations by their numbers, robust lists, restartable sequences, membarrier. */
#include "../tap.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { F_WAIT, F_WAKE, F_REQUEUE = 3, F_CMP_REQUEUE, F_WAKE_OP, F_LOCK_PI, F_UNLOCK_PI, F_TRYLOCK_PI,
	F_WAIT_BITSET, F_WAKE_BITSET, F_WAIT_REQUEUE_PI, F_CMP_REQUEUE_PI, F_PRIVATE = 128,
	F_REALTIME = 256 };

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define WAITERS 0x80000000u

static unsigned *words;		/* shared with children */

static long futex(unsigned *w, int op, unsigned val, void *t, unsigned *w2, unsigned val3)
{
	return syscall(SYS_futex, w, op, val, t, w2, val3);
}

static void setup(void)
{
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(words != MAP_FAILED);
}

/* Start @n children that wait on @w; each leaves @w2 alone. */
static void start_waiters(unsigned *w, int n, pid_t *pids)
{
	for (int i = 0; i < n; i++)
		CHILD(pids[i], if (futex(w, F_WAIT, 0, NULL, NULL, 0)) _exit(9));
	msleep(150);
}

static int wait_gone(int n)
{
	int st, ok = 0;

	while (n--)
		ok += wait(&st) > 0 && st == 0;
	return ok;
}

CASE(bad_arguments)
{
	unsigned w[2] = { 0, 0 };
	struct timespec bad = { 0, 1000000000 }, zero = { 0, 0 };

	FAILS(futex(w, F_WAIT, 1, NULL, NULL, 0), EAGAIN);
	FAILS(futex((unsigned *)((char *)w + 1), F_WAIT, 0, NULL, NULL, 0), EINVAL);
	FAILS(futex(NULL, F_WAIT, 0, NULL, NULL, 0), EFAULT);
	FAILS(futex(w, F_WAIT, 0, &bad, NULL, 0), EINVAL);
	FAILS(futex(w, F_WAIT, 0, &zero, NULL, 0), ETIMEDOUT);
	FAILS(futex(w, F_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	FAILS(futex(w, F_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	FAILS(futex(w, F_WAIT | F_REALTIME, 0, &zero, NULL, 0), ENOSYS);
	FAILS(futex(w, 60, 0, NULL, NULL, 0), ENOSYS);
	FAILS(futex(w, F_CMP_REQUEUE, 1, (void *)1, w + 1, 5), EAGAIN);
	CHECK_EQ(futex(w, F_WAKE, 1, NULL, NULL, 0), 0);
}

CASE(wake_counts_waiters)
{
	pid_t p[5];

	setup();
	start_waiters(words, 5, p);
	CHECK_EQ(futex(words, F_WAKE, 2, NULL, NULL, 0), 2);
	CHECK_EQ(futex(words, F_WAKE, 100, NULL, NULL, 0), 3);
	CHECK_EQ(wait_gone(5), 5);
}

CASE(requeue_moves_waiters)
{
	pid_t p[4];

	setup();
	start_waiters(words, 4, p);
	CHECK_EQ(futex(words, F_CMP_REQUEUE, 1, (void *)2, words + 1, 0), 3);
	CHECK_EQ(futex(words + 1, F_WAKE, 100, NULL, NULL, 0), 2);
	CHECK_EQ(futex(words, F_WAKE, 100, NULL, NULL, 0), 1);
	CHECK_EQ(wait_gone(4), 4);
}

CASE(wake_op_changes_and_wakes_both)
{
	pid_t p[2];
	/* *w2 += 3; wake w2 too if it was 0 */
	unsigned op = 1u << 28 | 0u << 24 | 3u << 12 | 0;

	setup();
	start_waiters(words, 1, p);
	start_waiters(words + 1, 1, p + 1);
	CHECK_EQ(futex(words, F_WAKE_OP, 1, (void *)1, words + 1, op), 2);
	CHECK_EQ(words[1], 3);
	CHECK_EQ(wait_gone(2), 2);
}

CASE(bitsets_choose)
{
	pid_t p[2];

	setup();
	CHILD(p[0], if (futex(words, F_WAIT_BITSET, 0, NULL, NULL, 1)) _exit(9));
	CHILD(p[1], if (futex(words, F_WAIT_BITSET, 0, NULL, NULL, 2)) _exit(9));
	msleep(150);
	CHECK_EQ(futex(words, F_WAKE_BITSET, 10, NULL, NULL, 4), 0);
	CHECK_EQ(futex(words, F_WAKE_BITSET, 10, NULL, NULL, 2), 1);
	JOIN(p[1]);
	CHECK_EQ(futex(words, F_WAKE_BITSET, 10, NULL, NULL, 1), 1);
	JOIN(p[0]);
}

CASE(absolute_time_outs)
{
	struct timespec ts, now;
	unsigned w = 0;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec++;
	FAILS(futex(&w, F_WAIT_BITSET | F_PRIVATE, 0, &ts, NULL, ~0u), ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &now);
	CHECK(now.tv_sec > ts.tv_sec || (now.tv_sec == ts.tv_sec && now.tv_nsec >= ts.tv_nsec));
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ts.tv_nsec < 900000000 ? 50000000 : 0;
	FAILS(futex(&w, F_WAIT_BITSET | F_PRIVATE | F_REALTIME, 0, &ts, NULL, ~0u), ETIMEDOUT);
}

static void nothing(int sig)
{
}

CASE(signals_interrupt_and_restart)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct timespec ts = { 10, 0 };
	unsigned w = 0;
	pid_t p, me = getpid();

	sigaction(SIGUSR1, &sa, NULL);
	CHILD(p, msleep(100); kill(me, SIGUSR1));
	FAILS(futex(&w, F_WAIT, 0, &ts, NULL, 0), EINTR);
	JOIN(p);
	/* Stopped and continued: the wait goes on. */
	setup();
	CHILD(p, if (futex(words, F_WAIT, 0, &ts, NULL, 0)) _exit(9));
	msleep(100);
	kill(p, SIGSTOP);
	msleep(50);
	kill(p, SIGCONT);
	msleep(100);
	CHECK_EQ(futex(words, F_WAKE, 1, NULL, NULL, 0), 1);
	JOIN(p);
}

CASE(pi_lock_hands_over)
{
	unsigned tid = (unsigned)syscall(SYS_gettid);
	pid_t p;

	setup();
	CHECK_EQ(futex(words, F_LOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(words[0], tid);
	FAILS(futex(words, F_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHILD(p, {
		FAILS(futex(words, F_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN);
		FAILS(futex(words, F_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
		CHECK_EQ(futex(words, F_LOCK_PI, 0, NULL, NULL, 0), 0);
		CHECK_EQ(words[0] & ~WAITERS, (unsigned)syscall(SYS_gettid));
		CHECK_EQ(futex(words, F_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	});
	msleep(150);
	CHECK_EQ(words[0], (tid | WAITERS));
	CHECK_EQ(futex(words, F_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	JOIN(p);
	CHECK_EQ(words[0], 0);
	words[0] = 0x3ffffff;	/* nobody */
	FAILS(futex(words, F_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
}

CASE(pi_lock_times_out)
{
	struct timespec ts;
	pid_t p;

	setup();
	CHILD(p, futex(words, F_LOCK_PI, 0, NULL, NULL, 0); words[1] = 1; pause());
	while (!*(volatile unsigned *)&words[1])
		msleep(10);
	clock_gettime(CLOCK_REALTIME, &ts);
	FAILS(futex(words, F_LOCK_PI, 0, &ts, NULL, 0), ETIMEDOUT);
	kill(p, SIGKILL);
	waitpid(p, NULL, 0);
}

static void *requeue_waiter(void *arg)
{
	long r = futex(words, F_WAIT_REQUEUE_PI, 0, NULL, words + 1, 0);	/* the last is not looked at */

	if (!r)
		futex(words + 1, F_UNLOCK_PI, 0, NULL, NULL, 0);
	return (void *)r;
}

CASE(requeue_to_a_pi_lock)
{
	pthread_t t[3];
	void *r;

	setup();
	FAILS(futex(words, F_WAIT_REQUEUE_PI, 0, NULL, words, ~0u), EINVAL);
	for (int i = 0; i < 3; i++)
		NEED(!pthread_create(&t[i], NULL, requeue_waiter, NULL));
	msleep(150);
	CHECK_EQ(futex(words + 1, F_LOCK_PI, 0, NULL, NULL, 0), 0);
	FAILS(futex(words, F_CMP_REQUEUE_PI, 1, (void *)10, words + 1, 7), EAGAIN);
	CHECK_EQ(futex(words, F_CMP_REQUEUE_PI, 1, (void *)0, words + 1, 0), 1);	/* in place of being woken */
	CHECK_EQ(futex(words, F_CMP_REQUEUE_PI, 1, (void *)10, words + 1, 0), 2);
	CHECK_EQ(futex(words + 1, F_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pthread_join(t[i], &r), 0);
		CHECK_EQ((long)r, 0);
	}
	CHECK_EQ(words[1] & ~WAITERS, 0);
}

struct waitv { uint64_t val, uaddr; uint32_t flags, reserved; };

CASE(waitv_names_the_word_that_woke)
{
	struct waitv v[3] = { 0 };
	struct timespec ts;
	pid_t p;

	setup();
	for (int i = 0; i < 3; i++)
		v[i] = (struct waitv){ 0, (uintptr_t)&words[i], 2, 0 };
	FAILS(syscall(SYS_futex_waitv, v, 0, 0, NULL, 0), EINVAL);
	FAILS(syscall(SYS_futex_waitv, v, 129, 0, NULL, 0), EINVAL);
	FAILS(syscall(SYS_futex_waitv, v, 3, 1, NULL, 0), EINVAL);
	v[1].val = 1;
	FAILS(syscall(SYS_futex_waitv, v, 3, 0, NULL, 0), EAGAIN);
	v[1].val = 0;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	FAILS(syscall(SYS_futex_waitv, v, 3, 0, &ts, CLOCK_MONOTONIC), ETIMEDOUT);
	CHILD(p, msleep(100); CHECK_EQ(futex(words + 1, F_WAKE, 1, NULL, NULL, 0), 1));
	CHECK_EQ(syscall(SYS_futex_waitv, v, 3, 0, NULL, 0), 1);
	JOIN(p);
}

CASE(robust_lock_tells_of_dead_owner)
{
	pthread_mutexattr_t a;
	pthread_mutex_t *m;
	pid_t p;

	setup();
	m = (pthread_mutex_t *)words;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	NEED(!pthread_mutex_init(m, &a));
	CHILD(p, CHECK_EQ(pthread_mutex_lock(m), 0); msleep(200); fflush(stdout); kill(getpid(), SIGKILL));
	msleep(100);
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD);	/* sleeps until the owner dies */
	CHECK_EQ(pthread_mutex_consistent(m), 0);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	waitpid(p, NULL, 0);
	CHECK_EQ(pthread_mutex_lock(m), 0);
}

CASE(robust_list_call)
{
	void *head[3] = { head, NULL, NULL }, *got;
	size_t len;

	FAILS(syscall(SYS_set_robust_list, head, 23), EINVAL);
	CHECK_EQ(syscall(SYS_set_robust_list, head, 24), 0);
	CHECK_EQ(syscall(SYS_get_robust_list, 0, &got, &len), 0);
	CHECK(got == head && len == 24);
	FAILS(syscall(SYS_get_robust_list, 4000000, &got, &len), ESRCH);
}

struct rseq_area {
	uint32_t cpu_start, cpu;
	uint64_t cs;
	uint32_t flags, pad[3];
} __attribute__((aligned(32)));

static struct rseq_area area;

CASE(rseq_registers_and_tells_the_cpu)
{
	unsigned cpu;

	FAILS(syscall(SYS_rseq, &area, 31, 0, 0x53053053), EINVAL);
	FAILS(syscall(SYS_rseq, (char *)&area + 8, 32, 0, 0x53053053), EINVAL);
	CHECK_EQ(syscall(SYS_rseq, &area, 32, 0, 0x53053053), 0);
	FAILS(syscall(SYS_rseq, &area, 32, 0, 0x53053053), EBUSY);
	FAILS(syscall(SYS_rseq, &area, 32, 0, 1), EPERM);
	for (int i = 0; i < 50; i++) {
		sched_yield();
		cpu = *(volatile uint32_t *)&area.cpu;
		CHECK(cpu < 64);
	}
	FAILS(syscall(SYS_rseq, &area, 32, 1, 1), EPERM);
	CHECK_EQ(syscall(SYS_rseq, &area, 32, 1, 0x53053053), 0);
	CHECK_EQ(area.cpu, ~0u);
}

CASE(rseq_section_is_aborted_by_a_signal)
{
	struct { uint32_t version, flags; uint64_t start, len, abort; } __attribute__((aligned(32))) cs;
	struct sigaction sa = { .sa_handler = nothing };
	struct itimerval;
	long aborted = 0;
	timer_t tm;
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec it = { .it_value = { 0, 50000000 } };

	sigaction(SIGUSR1, &sa, NULL);
	NEED(!syscall(SYS_rseq, &area, 32, 0, 0x53053053));
	NEED(!timer_create(CLOCK_MONOTONIC, &ev, &tm));
	NEED(!timer_settime(tm, 0, &it, NULL));
	memset(&cs, 0, sizeof(cs));
	/* An endless loop is the critical section: only the abort leaves it. */
	__asm__ volatile(
		"leaq 1f(%%rip), %%rax\n\tmovq %%rax, 8(%[cs])\n\t"
		"leaq 2f(%%rip), %%rcx\n\tsubq %%rax, %%rcx\n\tmovq %%rcx, 16(%[cs])\n\t"
		"leaq 3f(%%rip), %%rax\n\tmovq %%rax, 24(%[cs])\n\t"
		"movq %[cs], 8(%[area])\n"
		"1:\tjmp 1b\n"
		"2:\tjmp 4f\n\t"
		".long 0x53053053\n"
		"3:\tmovq $1, %[aborted]\n"
		"4:\n"
		: [aborted] "+r" (aborted) : [cs] "r" (&cs), [area] "r" (&area)
		: "rax", "rcx", "memory");
	CHECK_EQ(aborted, 1);
	CHECK_EQ(area.cs, 0);
}

CASE(membarrier_commands)
{
	long all = syscall(SYS_membarrier, 0, 0, 0);

	CHECK(all & 1);
	FAILS(syscall(SYS_membarrier, 1 << 20, 0, 0), EINVAL);
	FAILS(syscall(SYS_membarrier, 0, 8, 0), EINVAL);
	FAILS(syscall(SYS_membarrier, 1 << 3, 0, 0), EPERM);
	CHECK_EQ(syscall(SYS_membarrier, 1 << 4, 0, 0), 0);
	CHECK_EQ(syscall(SYS_membarrier, 1 << 3, 0, 0), 0);
	CHECK_EQ(syscall(SYS_membarrier, 1, 0, 0), 0);
	CHECK_EQ(syscall(SYS_membarrier, 2, 0, 0), 0);
}

TAP_MAIN
