// SPDX-License-Identifier: GPL-2.0-only
/* Processes, threads, signals. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		die("child");
}

static void fork_exit(uint64_t n)
{
	while (n--) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			_exit(0);
		wait_for(pid);
	}
}

/* Runs /bin/true (BusyBox). */
static void vfork_exec(uint64_t n)
{
	char *const argv[] = { "true", NULL };
	char *const envp[] = { NULL };

	while (n--) {
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (!pid) {
			execve("/bin/true", argv, envp);
			_exit(127);
		}
		wait_for(pid);
	}
}

static void *thread_main(void *arg)
{
	return arg;
}

static void thread_create(uint64_t n)
{
	while (n--) {
		pthread_t t;

		if (pthread_create(&t, NULL, thread_main, NULL))
			die("pthread_create");
		pthread_join(t, NULL);
	}
}

static volatile sig_atomic_t caught;

static void handler(int sig)
{
	caught = sig;
}

static int set_handler(void)
{
	struct sigaction sa = { .sa_handler = handler };

	return sigaction(SIGUSR1, &sa, NULL);
}

static void signal_self(uint64_t n)
{
	pid_t me = getpid();

	while (n--)
		kill(me, SIGUSR1);
	if (!caught)
		die("no signal came");
}

static pid_t other;

/* A second process on this CPU that only yields. */
static int start_yielder(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return -1;
	other = fork();
	if (!other)
		for (;;)
			sched_yield();
	return other < 0 ? -1 : 0;
}

static void stop_yielder(void)
{
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void yield(uint64_t n)
{
	while (n--)
		sched_yield();
}

const struct bench_case cases_proc[] = {
	{ "fork_exit", "ns", NULL, fork_exit, NULL, 0 },
	{ "vfork_exec", "ns", NULL, vfork_exec, NULL, 0 },
	{ "thread_create", "ns", NULL, thread_create, NULL, 0 },
	{ "signal", "ns", set_handler, signal_self, NULL, 0 },
	{ "yield_switch", "ns", start_yielder, yield, stop_yielder, 0 },
	{ 0 },
};
