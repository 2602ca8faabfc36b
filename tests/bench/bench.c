// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: bench [-t MS] [-r REPEATS] [NAME...]
 *
 * Time is CLOCK_MONOTONIC; under QEMU's -icount that is virtual time, one
 * nanosecond an instruction, and two runs agree.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t batch_ns = 20 * 1000000ull;
static int repeats = 5;

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static uint64_t timed(const struct bench_case *c, uint64_t n)
{
	uint64_t start = now_ns();

	c->run(n);
	return now_ns() - start;
}

/* Operations that take about batch_ns. */
static uint64_t find_batch(const struct bench_case *c)
{
	uint64_t n = 1, t;

	for (;;) {
		t = timed(c, n);
		if (t >= batch_ns / 2 || n >= 1u << 24)
			return n;
		if (t < batch_ns / 64)
			n *= 8;
		else
			n = n * batch_ns / (t + 1) + 1;
	}
}

static void run_case(const struct bench_case *c)
{
	uint64_t n, best = UINT64_MAX;

	if (c->setup && c->setup()) {
		printf("# %s skipped\n", c->name);
		return;
	}
	n = c->figure ? 1 : find_batch(c);
	for (int i = 0; i < (c->figure ? 1 : repeats); i++) {
		uint64_t t = c->figure ? c->figure() : timed(c, n);

		if (t < best)
			best = t;
	}
	if (c->teardown)
		c->teardown();
	if (c->bytes)
		printf("%s %.1f %s\n", c->name, (double)c->bytes * n * 1000.0 / best, c->unit);
	else
		printf("%s %.1f %s\n", c->name, (double)best / n, c->unit);
	fflush(stdout);
}

static int wanted(const char *name, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct bench_case *const tables[] = { cases_file, cases_proc, cases_ipc, cases_mem, cases_net };
	int opt;

	while ((opt = getopt(argc, argv, "t:r:")) != -1) {
		if (opt == 't')
			batch_ns = strtoull(optarg, NULL, 10) * 1000000ull;
		else if (opt == 'r')
			repeats = atoi(optarg);
		else
			return 2;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct bench_case *c = tables[i]; c->name; c++)
			if (wanted(c->name, argv + optind))
				run_case(c);
	return 0;
}
