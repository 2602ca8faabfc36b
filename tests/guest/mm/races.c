// SPDX-License-Identifier: GPL-2.0-only
/* Memory calls and page faults against each other on several CPUs. */
#include "tap.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define ROUNDS 100

static atomic_int stop;
static atomic_long wrong;

static char *anon(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, ANON, -1, 0);

	NEED(p != MAP_FAILED);
	return p;
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	NEED(pthread_create(&t, NULL, fn, arg) == 0);
	return t;
}

/* ---- replacing a mapping under a writer's feet ---- */
static void *write_pages(void *arg)
{
	volatile long *p = arg;

	while (!stop)
		for (int i = 0; i < 64; i++)
			p[i * PAGE / 8]++;
	return NULL;
}

CASE(mappings_are_replaced_under_writers)
{
	char *p = anon(64);
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		t[i] = start(write_pages, p);
	for (int i = 0; i < ROUNDS / 3; i++) {
		CHECK(mmap(p + (i % 32) * PAGE, 32 * PAGE, RW, ANON | MAP_FIXED, -1, 0) != MAP_FAILED);
		CHECK(madvise(p, 64 * PAGE, MADV_DONTNEED) == 0);
		CHECK(mprotect(p, 64 * PAGE, RW | (i & 1 ? PROT_EXEC : 0)) == 0);
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
}

/* ---- a page that was given back must not be seen by its next owner ---- */
static void *check_zero(void *arg)
{
	for (int i = 0; i < ROUNDS / 3; i++) {
		long *p = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);

		for (unsigned k = 0; k < 16 * PAGE / 8; k += 64) {
			if (p[k])
				wrong++;
			p[k] = (long)p;
		}
		for (unsigned k = 0; k < 16 * PAGE / 8; k += 64)
			if (p[k] != (long)p)
				wrong++;
		munmap(p, 16 * PAGE);
	}
	return NULL;
}

CASE(fresh_pages_are_zero_and_private_to_their_mapping)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		t[i] = start(check_zero, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(wrong, 0);
}

/* ---- fork takes one moment of each page ---- */
static void *count_up(void *arg)
{
	volatile long *p = arg;

	/* Word 0 is never behind word 1. */
	while (!stop)
		for (int i = 0; i < 32; i++) {
			p[i * PAGE / 8]++;
			atomic_thread_fence(memory_order_seq_cst);
			p[i * PAGE / 8 + 1]++;
		}
	return NULL;
}

CASE(fork_copies_pages_of_running_writers)
{
	char *p = anon(32);
	pthread_t t = start(count_up, p);

	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();
		int st;

		if (!pid) {
			long a[32], bad = 0;

			for (int k = 0; k < 32; k++) {
				volatile long *w = (long *)(p + k * PAGE);

				a[k] = w[0];
				bad |= w[0] < w[1] || w[0] > w[1] + 1;
			}
			sched_yield();
			for (int k = 0; k < 32; k++)
				bad |= a[k] != *(long *)(p + k * PAGE);
			for (int k = 0; k < 32; k++)
				*(long *)(p + k * PAGE) = -1;
			_exit(bad != 0);
		}
		NEED(pid > 0 && waitpid(pid, &st, 0) == pid);
		CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	}
	stop = 1;
	pthread_join(t, NULL);
	for (int k = 0; k < 32; k++)
		CHECK(*(long *)(p + k * PAGE) >= 0);
}

/* ---- truncation against faults ---- */
static __thread sigjmp_buf env;
static atomic_long faults;

static void on_bus(int sig)
{
	faults++;
	siglongjmp(env, 1);
}

static void *read_file_pages(void *arg)
{
	volatile char *p = arg;

	while (!stop) {
		for (volatile int i = 0; i < 64; i++) {
			char c;

			if (sigsetjmp(env, 1))
				break;
			c = p[i * PAGE];
			if (c != 0 && c != 'x')
				wrong++;
		}
	}
	return NULL;
}

CASE(truncation_races_with_readers_of_a_mapping)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	static char buf[64 * PAGE];
	pthread_t t[3];
	char *p;

	memset(buf, 'x', sizeof(buf));
	signal(SIGBUS, on_bus);
	NEED(write(fd, buf, sizeof(buf)) == sizeof(buf));
	p = mmap(NULL, 64 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	for (int i = 0; i < 3; i++)
		t[i] = start(read_file_pages, p);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(ftruncate(fd, (i % 8) * 7 * PAGE + 100) == 0);
		CHECK(pwrite(fd, buf, sizeof(buf), 0) == sizeof(buf));
	}
	CHECK(ftruncate(fd, 0) == 0);
	while (!faults)
		sched_yield();
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(wrong, 0);
}

/* ---- shared memory of related processes ---- */
CASE(shared_counters_lose_nothing)
{
	atomic_long *c = mmap(NULL, 8 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int st;

	for (int k = 0; k < 4; k++)
		if (!fork()) {
			for (int i = 0; i < 8000; i++)
				c[(i % 8) * PAGE / 8]++;
			_exit(0);
		}
	for (int k = 0; k < 4; k++)
		NEED(wait(&st) > 0 && st == 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(c[i * PAGE / 8], 4000);
}

/* ---- moving a mapping under its reader ---- */
static char *volatile place;

static void *follow(void *arg)
{
	while (!stop) {
		volatile char *p = place;

		if (!sigsetjmp(env, 1) && p[5 * PAGE] != 'm')
			wrong++;
	}
	return NULL;
}

CASE(moved_pages_keep_their_contents)
{
	char *a = anon(64), *b = anon(64);
	pthread_t t;

	signal(SIGSEGV, on_bus);
	munmap(b, 64 * PAGE);
	memset(a, 'm', 16 * PAGE);
	place = a;
	t = start(follow, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		char *to = i & 1 ? a : b;

		NEED(mremap(place, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
		place = to;
	}
	stop = 1;
	pthread_join(t, NULL);
	CHECK_EQ(wrong, 0);
}

/* ---- size without substance ---- */
CASE(huge_sparse_mapping_is_cheap)
{
	size_t size = 1ul << 42;
	struct timespec a, b;
	char *p;

	p = mmap(NULL, size, RW, ANON | MAP_NORESERVE, -1, 0);
	NEED(p != MAP_FAILED);
	for (size_t i = 0; i < size; i += size / 16)
		p[i] = 1;
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (!fork())
		_exit(p[size / 16] != 1);
	int st;
	NEED(wait(&st) > 0 && st == 0);
	CHECK(mprotect(p, size, PROT_READ) == 0);
	CHECK(munmap(p, size) == 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(b.tv_sec - a.tv_sec < 5);
}

TAP_MAIN
