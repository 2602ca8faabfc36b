// SPDX-License-Identifier: GPL-2.0-only
/* Real-time threads that never sleep leave ordinary ones a share of their CPU. */
#include "tap.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#define SHARE_MS	20000	/* long: the machine may not run the guest just when the share comes */

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void spins(int policy)
{
	volatile long *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sched_param sp = { .sched_priority = 50 };
	pid_t normal, rt;

	CHILD(normal, { pin(); for (;;) count[0]++; });
	CHILD(rt, {
		pin();
		NEED(syscall(SYS_sched_setscheduler, 0, policy, &sp) == 0);
		long before = count[0], end = now_ms() + SHARE_MS;

		while (count[0] == before && now_ms() < end)
			count[1]++;
		CHECK(count[0] > before);
	});
	JOIN(rt);
	CHECK(count[1] > 0);
	kill(normal, SIGKILL);
}

CASE(fifo_leaves_a_share) { spins(SCHED_FIFO); }
CASE(rr_leaves_a_share) { spins(SCHED_RR); }

TAP_MAIN
