// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cost of starting a program, on any kernel.
 *
 * usage: startup time NAME ROUNDS COMMAND...	line "NAME milliseconds ms": the fastest of ROUNDS
 *						runs after one that warms the caches
 *        startup park NAME COUNT COMMAND...	line "NAME KiB KiB": memory that one more process takes
 *						while COUNT of them stand after their first line of output
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX	64

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void run_child(char **command, int in, int out)
{
	dup2(in, 0);
	dup2(out, 1);
	execv(command[0], command);
	die(command[0]);
}

static long long run_once(char **command)
{
	long long start = now();
	int status, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = fork();

	if (!pid)
		run_child(command, null, null);
	if (null < 0 || pid < 0 || waitpid(pid, &status, 0) != pid)
		die("start");
	close(null);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "startup: %s ended with %#x\n", command[0], status);
		exit(1);
	}
	return now() - start;
}

static int time_runs(const char *name, int rounds, char **command)
{
	long long best;

	run_once(command);
	best = run_once(command);
	while (--rounds > 0) {
		long long t = run_once(command);

		best = t < best ? t : best;
	}
	printf("%s %lld.%03lld ms\n", name, best / 1000000, best / 1000 % 1000);
	return 0;
}

/* ---- memory ---- */

static long free_kib(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long v = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %ld", &v) == 1)
			break;
	if (f)
		fclose(f);
	return v;
}

struct parked { pid_t pid; int in; };

static struct parked park(char **command)
{
	int in[2], out[2];
	struct parked p;
	char c = 0;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("pipe");
	p.in = in[1];
	p.pid = fork();
	if (!p.pid)
		run_child(command, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	while (c != '\n')
		if (read(out[0], &c, 1) != 1)
			die("the parked program ended");
	close(out[0]);
	/* Until it stands in its read. */
	usleep(300000);
	return p;
}

static int park_all(const char *name, int count, char **command)
{
	struct parked p[COUNT_MAX], first = park(command);
	long before, after;

	if (count > COUNT_MAX)
		count = COUNT_MAX;
	before = free_kib();
	for (int i = 0; i < count; i++)
		p[i] = park(command);
	after = free_kib();
	printf("%s %ld KiB\n", name, (before - after) / count);
	for (int i = 0; i < count; i++) {
		close(p[i].in);
		waitpid(p[i].pid, NULL, 0);
	}
	close(first.in);
	waitpid(first.pid, NULL, 0);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(argv[1], "park"))
		return park_all(argv[2], atoi(argv[3]), argv + 4);
	return time_runs(argv[2], atoi(argv[3]), argv + 4);
}
