// SPDX-License-Identifier: GPL-2.0-only
/* Policies and CPUs that change while the threads run, yield, fork and end. */
#include "tap.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define CHILDREN	10
#define SECONDS		5

static volatile pid_t *child;	/* all of them, 0: not yet there */

/* Changes its siblings in turn, yields, and now and then forks a child that ends at once. */
static void busy(unsigned self, void (*change)(pid_t pid, unsigned i))
{
	for (unsigned i = 0;; i++) {
		pid_t sibling = child[(self + i) % CHILDREN];

		if (sibling)
			change(sibling, i / 3 + self);
		sched_yield();
		if (i % 64 == 0) {
			pid_t pid = fork();

			if (!pid)
				_exit(0);
			waitpid(pid, NULL, 0);
		}
	}
}

static void change_policy(pid_t pid, unsigned i)
{
	static const int policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_RR };
	struct sched_param sp = { .sched_priority = 0 };
	int policy = policies[i % 4];

	sp.sched_priority = policy == SCHED_RR ? 1 : 0;
	NEED(syscall(SYS_sched_setscheduler, pid, policy, &sp) == 0 || errno == ESRCH);
}

static void change_cpu(pid_t pid, unsigned i)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(i % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &set);
	NEED(sched_setaffinity(pid, sizeof(set), &set) == 0 || errno == ESRCH);
}

static void changed_by(void (*change)(pid_t pid, unsigned i))
{
	child = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(child != MAP_FAILED);
	for (int k = 0; k < CHILDREN; k++) {
		pid_t pid = fork();

		NEED(pid >= 0);
		if (!pid)
			busy((unsigned)k, change);
		child[k] = pid;
	}
	msleep(SECONDS * 1000);
	for (int k = 0; k < CHILDREN; k++) {
		int status;

		NEED(kill(child[k], SIGKILL) == 0);
		CHECK_EQ(waitpid(child[k], &status, 0), child[k]);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

CASE(policies_change_while_threads_yield) { changed_by(change_policy); }
CASE(cpus_change_while_threads_yield) { changed_by(change_cpu); }

TAP_MAIN
