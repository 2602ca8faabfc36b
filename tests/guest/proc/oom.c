// SPDX-License-Identifier: GPL-2.0-only
/* Out of memory: who asked to go first goes, with who shares the memory, and nobody else. */
#include "../tap.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#define BYSTANDERS	4
#define HOGS		6

static unsigned long kills(void)
{
	char *at = strstr((char *)read_file("/proc/vmstat"), "oom_kill ");

	NEED(at);
	return strtoul(at + 9, NULL, 10);
}

static void adjust(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	NEED(fd >= 0 && write(fd, score, strlen(score)) == (ssize_t)strlen(score));
	close(fd);
}

/* Until it is killed. */
static void *eat(void *unused)
{
	for (;;) {
		char *p = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			sched_yield();
		for (size_t i = 0; p != MAP_FAILED && i < 4 << 20; i += 4096)
			p[i] = 1;
	}
	return NULL;
}

static void hold(size_t mib)
{
	char *p = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; p != MAP_FAILED && i < mib << 20; i += 4096)
		p[i] = 1;
	for (;;)
		pause();
}

/* Who wants much is not who has to go: all of them want memory at the moment when there is none. */
CASE(only_who_asked_for_it_dies)
{
	pid_t still[BYSTANDERS], hogs[HOGS], hog;
	unsigned long before = kills();
	int status;

	for (int i = 0; i < BYSTANDERS; i++)
		CHILD(still[i], hold(16));
	for (int i = 0; i < HOGS; i++)
		CHILD(hogs[i], adjust("1000"); eat(NULL));
	/* Each that dies makes room for those that are left; the last two are ended. */
	for (int i = 0; i < HOGS - 2; i++) {
		hog = waitpid(-1, &status, 0);
		NEED(hog > 0);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		for (int k = 0; k < BYSTANDERS; k++)
			CHECK(hog != still[k]);
		for (int k = 0; k < HOGS; k++)
			hogs[k] = hogs[k] == hog ? 0 : hogs[k];
	}
	for (int i = 0; i < HOGS; i++)
		if (hogs[i])
			kill(hogs[i], SIGKILL);
	for (int i = 0; i < BYSTANDERS; i++) {
		CHECK_EQ(kill(still[i], 0), 0);
		CHECK_EQ(waitpid(still[i], &status, WNOHANG), 0);
		kill(still[i], SIGKILL);
	}
	CHECK(kills() - before >= HOGS - 2);
}

/* Threads of one victim, all of which want more: it dies once. */
CASE(a_victim_is_killed_once)
{
	unsigned long before = kills();
	pthread_t t;
	pid_t hog;
	int status;

	CHILD(hog, adjust("1000"); for (int i = 0; i < HOGS; i++) pthread_create(&t, NULL, eat, NULL); eat(NULL));
	CHECK_EQ(waitpid(hog, &status, 0), hog);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_EQ(kills() - before, 1);
}

static int sharer(void *unused)
{
	eat(NULL);
	return 0;
}

CASE(who_shares_the_memory_dies_too)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t hog, sharers[2];
	int status, fds[2];

	NEED(pipe(fds) == 0);
	CHILD(hog,
	      adjust("1000");
	      sharers[0] = getpid();
	      sharers[1] = clone(sharer, stack + sizeof(stack), CLONE_VM | CLONE_PARENT | SIGCHLD, NULL);
	      NEED(write(fds[1], sharers, sizeof(sharers)) == sizeof(sharers));
	      eat(NULL));
	NEED(read(fds[0], sharers, sizeof(sharers)) == sizeof(sharers));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(waitpid(sharers[i], &status, 0), sharers[i]);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

TAP_MAIN
