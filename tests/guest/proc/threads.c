// SPDX-License-Identifier: GPL-2.0-only
/* Threads of one process. */
#include "tap.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static void *tid_of(void *arg)
{
	*(long *)arg = syscall(SYS_gettid);
	return arg;
}

CASE(threads_share_pid_and_differ_in_tid)
{
	pthread_t t;
	long tid;
	void *r;

	NEED(pthread_create(&t, NULL, tid_of, &tid) == 0);
	NEED(pthread_join(t, &r) == 0);
	CHECK(r == &tid && tid != getpid());
	CHECK_EQ(syscall(SYS_gettid), getpid());
}

static __thread int local = 5;
static int sum;

static void *count_up(void *arg)
{
	pthread_mutex_t *m = arg;

	for (int i = 0; i < 20000; i++) {
		local++;
		pthread_mutex_lock(m);
		sum++;
		pthread_mutex_unlock(m);
	}
	return (void *)(long)local;
}

CASE(mutexes_and_thread_locals)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_t t[8];
	void *r;

	for (int i = 0; i < 8; i++)
		NEED(pthread_create(&t[i], NULL, count_up, &m) == 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], &r);
		CHECK_EQ((long)r, 20005);
	}
	CHECK_EQ(sum, 160000);
	CHECK_EQ(local, 5);
}

static pthread_mutex_t mtx = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turn;

static void *ping(void *arg)
{
	long me = (long)arg;

	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&mtx);
		while (turn != me)
			pthread_cond_wait(&cond, &mtx);
		turn = !me;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mtx);
	}
	return NULL;
}

CASE(condition_variables)
{
	pthread_t a, b;

	pthread_create(&a, NULL, ping, (void *)0);
	pthread_create(&b, NULL, ping, (void *)1);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	CHECK_EQ(turn, 0);
}

static void *forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

CASE(exit_group_ends_all_threads)
{
	int st;
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;
		for (int i = 0; i < 10; i++)
			pthread_create(&t, NULL, forever, NULL);
		_exit(33);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 33);
}

static void *exit_process(void *arg)
{
	_exit(44);
	return arg;
}

CASE(any_thread_may_exit_the_process)
{
	int st;
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, exit_process, NULL);
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WEXITSTATUS(st), 44);
}

CASE(leader_may_exit_first)
{
	int st;
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, (void *(*)(void *))(void *)exit_process, NULL);
		syscall(SYS_exit, 1);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WEXITSTATUS(st), 44);
}

static void *do_exec(void *arg)
{
	execl("/bin/sh", "sh", "-c", "exit 12", NULL);
	return arg;
}

CASE(exec_from_a_thread_replaces_all)
{
	int st;
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, forever, NULL);
		pthread_create(&t, NULL, do_exec, NULL);
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 12);
}

CASE(fatal_signal_kills_all_threads)
{
	int st;
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, forever, NULL);
		pthread_kill(t, SIGTERM);
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
}

static void *nop(void *arg)
{
	return arg;
}

CASE(a_thousand_threads_come_and_go)
{
	for (int i = 0; i < 1000; i++) {
		pthread_t t;

		NEED(pthread_create(&t, NULL, nop, NULL) == 0);
		NEED(pthread_join(t, NULL) == 0);
	}
}

CASE(two_hundred_threads_at_once)
{
	static pthread_t t[200];

	for (int i = 0; i < 200; i++)
		NEED(pthread_create(&t[i], NULL, count_up, &mtx) == 0);
	for (int i = 0; i < 200; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(sum, 200 * 20000);
}

static volatile int ready;

static void *spin_faults(void *arg)
{
	volatile char *p = arg;

	__sync_fetch_and_add(&ready, 1);
	for (int i = 0; i < 1024; i++)
		p[i * 4096] = 1;
	return NULL;
}

CASE(threads_fault_in_parallel)
{
	char *p = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, spin_faults, p);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 1024; i++)
		NEED(p[i * 4096] == 1);
}

static void *map_and_unmap(void *arg)
{
	for (int i = 0; i < 300; i++) {
		char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return (void *)1;
		memset(p, 1, 65536);
		munmap(p, 65536);
	}
	return NULL;
}

CASE(threads_map_and_unmap_in_parallel)
{
	pthread_t t[4];
	void *r;

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, map_and_unmap, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		CHECK(r == NULL);
	}
}

CASE(semaphores_between_processes)
{
	sem_t *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	NEED(sem_init(s, 1, 0) == 0);
	CHILD(pid, for (int i = 0; i < 100; i++) NEED(sem_post(s) == 0));
	for (int i = 0; i < 100; i++)
		NEED(sem_wait(s) == 0);
	JOIN(pid);
}

TAP_MAIN
