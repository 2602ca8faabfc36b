// SPDX-License-Identifier: GPL-2.0-only
/* Clocks, sleeping, interval and POSIX timers, scheduling parameters. */
#include "tap.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>

static long long now_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static volatile sig_atomic_t hits, last_code, last_value, last_overrun;

static void count(int sig, siginfo_t *si, void *ctx)
{
	hits++;
	last_code = si->si_code;
	last_value = si->si_value.sival_int;
	last_overrun = si->si_overrun;
}

static void watch(int sig)
{
	struct sigaction sa = { .sa_sigaction = count, .sa_flags = SA_SIGINFO };

	hits = 0;
	sigaction(sig, &sa, NULL);
}

static void burn_ms(int ms)
{
	long long end = now_ms(CLOCK_PROCESS_CPUTIME_ID) + ms;

	while (now_ms(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

CASE(clocks_agree_and_refuse)
{
	struct timespec a, b;
	static const clockid_t ids[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
		CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI,
		CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID };

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		CHECK(clock_gettime(ids[i], &a) == 0);
		CHECK(clock_gettime(ids[i], &b) == 0);
		CHECK(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
		CHECK(clock_getres(ids[i], &a) == 0 && a.tv_sec == 0 && a.tv_nsec > 0);
	}
	CHECK(syscall(SYS_clock_gettime, 10, &a) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_clock_gettime, 77, &a) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_clock_gettime, CLOCK_REALTIME, 8) == -1 && errno == EFAULT);
	CHECK(clock_settime(CLOCK_MONOTONIC, &b) == -1 && errno == EINVAL);
}

CASE(wall_clock_can_be_set)
{
	struct timespec t;
	long long mono = now_ms(CLOCK_MONOTONIC), real = now_ms(CLOCK_REALTIME);

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 1000;
	CHECK(clock_settime(CLOCK_REALTIME, &t) == 0);
	CHECK(now_ms(CLOCK_REALTIME) - real >= 1000000);
	CHECK(now_ms(CLOCK_MONOTONIC) - mono < 60000);
	t.tv_sec -= 1000;
	CHECK(clock_settime(CLOCK_REALTIME, &t) == 0);
	t.tv_nsec = 1000000000;
	CHECK(clock_settime(CLOCK_REALTIME, &t) == -1 && errno == EINVAL);
}

CASE(sleep_lasts_and_is_interrupted)
{
	struct timespec t = { 0, 30000000 }, left = { 9, 9 };
	struct itimerval it = { .it_value = { 0, 20000 } };
	long long begin = now_ms(CLOCK_MONOTONIC);

	CHECK(nanosleep(&t, NULL) == 0);
	CHECK(now_ms(CLOCK_MONOTONIC) - begin >= 29);
	watch(SIGALRM);
	t = (struct timespec){ 20, 0 };
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK(nanosleep(&t, &left) == -1 && errno == EINTR);
	CHECK(left.tv_sec >= 10 && left.tv_sec <= 19);
	t.tv_nsec = -1;
	CHECK(nanosleep(&t, NULL) == -1 && errno == EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += 20000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	begin = now_ms(CLOCK_MONOTONIC);
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0);
	CHECK(now_ms(CLOCK_MONOTONIC) - begin >= 18);
	CHECK(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL) == EINVAL);
}

CASE(interval_timers)
{
	struct itimerval it = { { 0, 10000 }, { 0, 10000 } }, old;
	struct timespec t = { 0, 60000000 };

	watch(SIGALRM);
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	while (hits < 3)
		nanosleep(&t, NULL);
	CHECK(getitimer(ITIMER_REAL, &old) == 0 && old.it_interval.tv_usec == 10000);
	memset(&it, 0, sizeof(it));
	CHECK(setitimer(ITIMER_REAL, &it, &old) == 0);
	CHECK(old.it_interval.tv_usec == 10000);
	watch(SIGPROF);
	it.it_value.tv_usec = 20000;
	CHECK(setitimer(ITIMER_PROF, &it, NULL) == 0);
	burn_ms(150);
	CHECK_EQ(hits, 1);
	watch(SIGVTALRM);
	CHECK(setitimer(ITIMER_VIRTUAL, &it, NULL) == 0);
	nanosleep(&t, NULL);
	CHECK_EQ(hits, 0);
	it.it_value.tv_usec = 0;
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	CHECK(alarm(100) == 0);
	CHECK(alarm(0) == 100);
	CHECK(getitimer(3, &old) == -1 && errno == EINVAL);
}

CASE(posix_timers)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec s = { { 0, 5000000 }, { 0, 5000000 } }, got;
	struct timespec t = { 0, 50000000 };
	sigset_t usr1;
	timer_t id;

	watch(SIGUSR1);
	ev.sigev_value.sival_int = 77;
	NEED(timer_create(CLOCK_MONOTONIC, &ev, &id) == 0);
	CHECK(timer_settime(id, 0, &s, NULL) == 0);
	while (hits < 3)
		nanosleep(&t, NULL);
	CHECK_EQ(last_code, SI_TIMER);
	CHECK_EQ(last_value, 77);
	CHECK(timer_gettime(id, &got) == 0 && got.it_interval.tv_nsec == 5000000);
	CHECK(got.it_value.tv_sec == 0 && got.it_value.tv_nsec <= 5000000);
	/* Blocked for 60 ms: one signal, the rest are overruns. */
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	t.tv_nsec = 60000000;
	nanosleep(&t, NULL);
	hits = 0;
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	CHECK(hits >= 1 && last_overrun >= 4);
	CHECK(timer_delete(id) == 0);
	CHECK(timer_gettime(id, &got) == -1 && errno == EINVAL);
	CHECK(timer_create(77, &ev, &id) == -1 && errno == EINVAL);
	ev.sigev_signo = 65;
	CHECK(timer_create(CLOCK_MONOTONIC, &ev, &id) == -1 && errno == EINVAL);
}

CASE(cpu_time_timer)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	struct itimerspec s = { .it_value = { 0, 30000000 } };
	struct timespec t = { 0, 60000000 };
	timer_t id;

	watch(SIGUSR2);
	NEED(timer_create(CLOCK_PROCESS_CPUTIME_ID, &ev, &id) == 0);
	CHECK(timer_settime(id, 0, &s, NULL) == 0);
	nanosleep(&t, NULL);
	CHECK_EQ(hits, 0);
	burn_ms(120);
	CHECK_EQ(hits, 1);
	CHECK(timer_delete(id) == 0);
}

CASE(cpu_limit_sends_a_signal)
{
	int st;
	pid_t p = fork();

	if (!p) {
		struct rlimit r = { 1, 2 };

		setrlimit(RLIMIT_CPU, &r);
		for (;;)
			;
	}
	NEED(waitpid(p, &st, 0) == p);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGXCPU);
}

CASE(usage_adds_up)
{
	struct rusage a, b;
	long long cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID), used;

	getrusage(RUSAGE_SELF, &a);
	burn_ms(200);
	getrusage(RUSAGE_SELF, &b);
	used = (b.ru_utime.tv_sec - a.ru_utime.tv_sec + b.ru_stime.tv_sec - a.ru_stime.tv_sec) * 1000 +
	       (b.ru_utime.tv_usec - a.ru_utime.tv_usec + b.ru_stime.tv_usec - a.ru_stime.tv_usec) / 1000;
	cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	CHECK(used >= 190 && used <= cpu + 10);
}

CASE(scheduling_parameters)
{
	struct sched_param p = { .sched_priority = 5 };
	struct timespec t;

	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
	CHECK_EQ(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p), 0);
	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_FIFO);
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p) == -1 && errno == EINVAL);
	p.sched_priority = 100;
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_RR, &p) == -1 && errno == EINVAL);
	p.sched_priority = 1;
	CHECK_EQ(syscall(SYS_sched_setscheduler, 0, SCHED_RR, &p), 0);
	CHECK(syscall(SYS_sched_rr_get_interval, 0, &t) == 0 && t.tv_nsec == 100000000);
	p.sched_priority = 0;
	CHECK_EQ(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
	CHECK(sched_get_priority_max(17) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_sched_getscheduler, 999999) == -1 && errno == ESRCH);
	CHECK(setpriority(PRIO_PROCESS, 0, 7) == 0 && getpriority(PRIO_PROCESS, 0) == 7);
	CHECK(setpriority(PRIO_PROCESS, 0, 99) == 0 && getpriority(PRIO_PROCESS, 0) == 19);
	CHECK(setpriority(PRIO_PROCESS, 0, 0) == 0);
	CHECK(setpriority(9, 0, 0) == -1 && errno == EINVAL);
}

CASE(ordinary_users_may_not_raise)
{
	struct sched_param p = { .sched_priority = 5 };
	int st;
	pid_t child = fork();

	if (!child) {
		if (setuid(1000))
			_exit(9);
		if (setpriority(PRIO_PROCESS, 0, -1) != -1 || errno != EACCES)
			_exit(1);
		if (setpriority(PRIO_PROCESS, 0, 3) || getpriority(PRIO_PROCESS, 0) != 3)
			_exit(2);
		if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p) != -1 || errno != EPERM)
			_exit(3);
		if (setpriority(PRIO_PROCESS, 1, 10) != -1 || errno != EPERM)
			_exit(4);
		if (clock_settime(CLOCK_REALTIME, &(struct timespec){ 2000000000, 0 }) != -1 ||
		    errno != EPERM)
			_exit(5);
		_exit(0);
	}
	NEED(waitpid(child, &st, 0) == child);
	CHECK_EQ(st, 0);
}

CASE(affinity)
{
	cpu_set_t all, one;
	unsigned cpu;

	NEED(sched_getaffinity(0, sizeof(all), &all) == 0);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
	CHECK(syscall(SYS_getcpu, &cpu, NULL, NULL) == 0 && cpu == 0);
	CPU_ZERO(&one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == -1 && errno == EINVAL);
	CHECK(sched_setaffinity(0, sizeof(all), &all) == 0);
	CHECK(syscall(SYS_sched_getaffinity, 0, 7, &one) == -1 && errno == EINVAL);
}

CASE(alarm_clocks)
{
	struct itimerspec it = { .it_value.tv_nsec = 20000000 };
	struct timespec ts = { .tv_nsec = 10000000 }, past = { 0 };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	sigset_t set;
	timer_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int c = CLOCK_REALTIME_ALARM; c <= CLOCK_BOOTTIME_ALARM; c++) {
		if (clock_nanosleep(c, 0, &ts, NULL) == EOPNOTSUPP)
			SKIP("no clock of the board");
		CHECK_EQ(clock_nanosleep(c, TIMER_ABSTIME, &past, NULL), 0);
		NEED(!timer_create(c, &ev, &t) && !timer_settime(t, 0, &it, NULL));
		CHECK_EQ(sigtimedwait(&set, NULL, &(struct timespec){ .tv_sec = 5 }), SIGUSR1);
		CHECK(!timer_delete(t));
	}
	NEED(!setuid(1000));
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME_ALARM, 0, &ts, NULL), EPERM);
	FAILS(timer_create(CLOCK_REALTIME_ALARM, &ev, &t), EPERM);
}

CASE(clock_discipline_is_reported)
{
	struct timex tx = { 0 };
	int state = adjtimex(&tx);

	CHECK(state >= TIME_OK && state <= TIME_ERROR);
	CHECK_EQ(tx.tick, 10000);
	tx = (struct timex){ .modes = ADJ_TICK, .tick = 1 };
	CHECK(adjtimex(&tx) == -1 && errno == EINVAL);
	tx = (struct timex){ .modes = ADJ_FREQUENCY, .freq = 100 << 16 };
	CHECK(adjtimex(&tx) >= 0);
	tx = (struct timex){ 0 };
	adjtimex(&tx);
	CHECK_EQ(tx.freq, 100 << 16);
	tx = (struct timex){ .modes = ADJ_FREQUENCY, .freq = INT64_MAX };
	CHECK(adjtimex(&tx) == -1 && errno == EINVAL);
	tx.freq = INT64_MIN;
	CHECK(adjtimex(&tx) == -1 && errno == EINVAL);
	tx = (struct timex){ .modes = ADJ_FREQUENCY };
	CHECK(adjtimex(&tx) >= 0);
}

TAP_MAIN
