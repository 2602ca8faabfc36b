// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a command costs a machine of one processor, in instructions: `soak COMMAND...` prints "busy N".
 *
 * A process that counts gets all time that nobody else wants, so that the processor never idles: with one
 * virtual nanosecond an instruction (-icount) what passed is what was executed, and what was not
 * counted went to the command and to the kernel for its sake. How fast it counts is measured first,
 * timer interrupts included.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP	64
#define CALIBRATE_NS	50000000L

static volatile unsigned long *count;

static void soak(void)
{
	struct sched_param p = { 0 };

	if (syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &p))	/* musl's own always answers ENOSYS */
		_exit(1);
	for (;;) {
		for (int i = 0; i < STEP; i++)
			__asm__ volatile("");
		++*count;
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct timespec pause = { 0, CALIBRATE_NS };
	unsigned long c0, c1;
	double t0, t1, each;
	int status = -1;
	pid_t soaker, child;

	count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc < 2 || count == MAP_FAILED)
		return 2;
	soaker = fork();
	if (!soaker)
		soak();
	nanosleep(&pause, NULL);
	t0 = now();
	c0 = *count;
	nanosleep(&pause, NULL);
	t1 = now();
	c1 = *count;
	if (soaker < 0 || c1 == c0)
		return 2;
	each = (t1 - t0) / (c1 - c0);
	child = fork();
	if (!child) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	t0 = now();
	c0 = *count;
	if (child > 0)
		waitpid(child, &status, 0);
	t1 = now();
	c1 = *count;
	kill(soaker, SIGKILL);
	waitpid(soaker, NULL, 0);
	printf("busy %.0f of %.0f\n", t1 - t0 - (c1 - c0) * each, t1 - t0);
	return status ? 1 : 0;
}
