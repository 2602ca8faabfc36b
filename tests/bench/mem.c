// SPDX-License-Identifier: GPL-2.0-only
/* Page faults and mappings. */
#include "bench.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGION	(4 << 20)
#define PAGES	(REGION / 4096)

static char *map_anon(void)
{
	char *p = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	madvise(p, REGION, MADV_NOHUGEPAGE);
	return p;
}

/* One operation is one page touched for the first time. */
static void anon_fault(uint64_t n)
{
	while (n) {
		uint64_t now = n < PAGES ? n : PAGES;
		char *p = map_anon();

		for (uint64_t i = 0; i < now; i++)
			p[i * 4096] = 1;
		munmap(p, REGION);
		n -= now;
	}
}

static int fd;

static int make_file(void)
{
	static char block[65536];

	fd = open("/tmp/bench.map", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return -1;
	for (int i = 0; i < REGION / 65536; i++)
		if (write(fd, block, sizeof(block)) != sizeof(block))
			die("write");
	return 0;
}

static void drop_file(void)
{
	close(fd);
	unlink("/tmp/bench.map");
}

static void file_fault(uint64_t n)
{
	volatile char sum = 0;

	while (n) {
		uint64_t now = n < PAGES ? n : PAGES;
		char *p = mmap(NULL, REGION, PROT_READ, MAP_SHARED, fd, 0);

		if (p == MAP_FAILED)
			die("mmap");
		for (uint64_t i = 0; i < now; i++)
			sum += p[i * 4096];
		munmap(p, REGION);
		n -= now;
	}
}

static void mmap_munmap(uint64_t n)
{
	while (n--) {
		char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			die("mmap");
		munmap(p, 65536);
	}
}

static char *guard;

static int map_guard(void)
{
	guard = map_anon();
	memset(guard, 1, 4096);
	return 0;
}

static void mprotect_page(uint64_t n)
{
	while (n--)
		if (mprotect(guard, 4096, n & 1 ? PROT_READ : PROT_READ | PROT_WRITE))
			die("mprotect");
}

static void unmap_guard(void)
{
	munmap(guard, REGION);
}

static char a[1 << 20], b[1 << 20];

static void copy_user(uint64_t n)
{
	while (n--) {
		memcpy(a, b, sizeof(a));
		__asm__ volatile("" : : "r" (a) : "memory");
	}
}

const struct bench_case cases_mem[] = {
	{ "anon_fault", "ns", NULL, anon_fault, NULL, 0 },
	{ "file_fault", "ns", make_file, file_fault, drop_file, 0 },
	{ "mmap_munmap", "ns", NULL, mmap_munmap, NULL, 0 },
	{ "mprotect", "ns", map_guard, mprotect_page, unmap_guard, 0 },
	{ "copy_user", "MB/s", NULL, copy_user, NULL, sizeof(a) },
	{ 0 },
};
