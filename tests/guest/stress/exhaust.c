// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running out of things: the machine stays usable and gets everything back.
 * Each case compares free memory before and after.
 */
#include "tap.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

static long meminfo(const char *key)
{
	const char *line = strstr(read_file("/proc/meminfo"), key);

	NEED(line != NULL);
	return atol(line + strlen(key) + 1);
}

/* Free memory in KiB, without what caches can give back. */
static long available(void)
{
	return meminfo("MemFree") + meminfo("Cached") + meminfo("SReclaimable");
}

static long before;

static void begin(void)
{
	available();
	before = available();
}

/* Freed memory comes back with a delay on any kernel: wait up to 5 s for it. */
static void end(long slack_kib)
{
	long after = 0;

	for (int i = 0; i < 50; i++) {
		after = available();
		if (after >= before - slack_kib)
			return;
		msleep(100);
	}
	tap_fail(__LINE__, "%ld KiB free before, %ld after", before, after);
}

static void reap(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

CASE(fork_bomb_under_a_limit)
{
	struct rlimit rl = { 100, 100 };
	pid_t pid;

	if (getuid())
		SKIP("needs root");
	begin();
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		if (setuid(31337) || setrlimit(RLIMIT_NPROC, &rl))
			_exit(1);
		alarm(3);
		for (;;)
			fork();
	}
	setpgid(pid, pid);
	msleep(2000);
	CHECK(kill(-pid, SIGKILL) == 0);
	reap();
	for (int i = 0; i < 100 && kill(-pid, 0) == 0; i++)
		msleep(50);
	FAILS(kill(-pid, 0), ESRCH);
	end(4096);
}

CASE(descriptor_exhaustion)
{
	struct rlimit rl;
	int n = 0, fd;

	begin();
	getrlimit(RLIMIT_NOFILE, &rl);
	while ((fd = dup(0)) >= 0)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n > 500);
	for (int i = 3; i < n + 3; i++)
		close(i);
	CHECK(dup(0) >= 0);
	end(4096);
}

CASE(memory_exhaustion_kills_only_the_glutton)
{
	int st;
	pid_t pid;

	begin();
	pid = fork();
	if (!pid) {
		write_file("/proc/self/oom_score_adj", "1000");
		for (;;) {
			char *p = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				       -1, 0);

			if (p == MAP_FAILED)
				_exit(9);
			for (int i = 0; i < 16 << 20; i += 4096)
				p[i] = 1;
		}
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	end(8192);
}

CASE(a_thousand_processes)
{
	int p[2], n = 0;
	char c;

	NEED(pipe(p) == 0);
	begin();
	for (int i = 0; i < 1000; i++) {
		pid_t pid = fork();

		NEED(pid >= 0);
		if (!pid) {
			close(p[1]);
			read(p[0], &c, 1);
			_exit(0);
		}
	}
	close(p[1]);
	while (waitpid(-1, NULL, 0) > 0)
		n++;
	CHECK_EQ(n, 1000);
	end(4096);
}

static void *nop(void *arg)
{
	return arg;
}

CASE(ten_thousand_threads_over_time)
{
	pthread_t t[10];

	begin();
	for (int i = 0; i < 1000; i++) {
		for (int k = 0; k < 10; k++)
			NEED(pthread_create(&t[k], NULL, nop, NULL) == 0);
		for (int k = 0; k < 10; k++)
			NEED(pthread_join(t[k], NULL) == 0);
	}
	end(4096);
}

CASE(stopped_job_continues)
{
	int st;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			;
	for (int i = 0; i < 50; i++) {
		CHECK(kill(pid, SIGSTOP) == 0);
		NEED(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st));
		CHECK(kill(pid, SIGCONT) == 0);
		NEED(waitpid(pid, &st, WCONTINUED) == pid && WIFCONTINUED(st));
	}
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &st, 0) == pid);
}

CASE(many_files_cost_no_memory_when_gone)
{
	char name[32];

	begin();
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		write_file(name, name);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		NEED(unlink(name) == 0);
	}
	end(8192);
}

CASE(tmpfs_reports_ENOSPC)
{
	static char block[1 << 16];
	int fd = open("/dev/shm/full", O_CREAT | O_RDWR, 0600);
	ssize_t n;

	if (fd < 0)
		SKIP("no /dev/shm");
	unlink("/dev/shm/full");
	begin();
	do
		n = write(fd, block, sizeof(block));
	while (n > 0);
	CHECK_EQ(errno, ENOSPC);
	close(fd);
	end(8192);
}

TAP_MAIN
