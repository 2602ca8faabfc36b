// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap on a disk and in files: what goes out comes back as it was, whoever it belongs to,
 * and what the kernel tells of it. The area is made here, as mkswap(8) does it.
 *
 * guest-disk: 64
 * guest-modules: ext4
 */
#include "../tap.h"

#include <stdbool.h>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/swap.h>
#include <sys/sysinfo.h>

#define DISK	"/dev/vda"
#define PAGE	4096UL
#define MIB	(1UL << 20)
#ifndef MADV_PAGEOUT
#define MADV_COLD	20
#define MADV_PAGEOUT	21
#endif

static void put32(unsigned char *p, uint32_t v)
{
	memcpy(p, &v, 4);
}

static bool make_area(const char *name, uint32_t pages, uint32_t version)
{
	unsigned char head[PAGE] = { 0 };
	int fd = open(name, O_RDWR);
	bool ok;

	put32(head + 1024, version);
	put32(head + 1028, pages - 1);
	memcpy(head + PAGE - 10, "SWAPSPACE2", 10);
	ok = fd >= 0 && pwrite(fd, head, PAGE, 0) == (ssize_t)PAGE && fsync(fd) == 0;
	close(fd);
	return ok;
}

static bool disk_swap(void)
{
	return make_area(DISK, 64 * MIB / PAGE, 1) && swapon(DISK, 0) == 0;
}

static void fill(unsigned char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n / 8; i++)
		((uint64_t *)p)[i] = (i + seed) * 0x9e3779b97f4a7c15u;
}

/* First wrong page, or -1. */
static long differs(const unsigned char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n / 8; i++)
		if (((const uint64_t *)p)[i] != (i + seed) * 0x9e3779b97f4a7c15u)
			return (long)(i * 8 / PAGE);
	return -1;
}

static unsigned long field(const char *file, const char *name)
{
	FILE *f = fopen(file, "r");
	char line[256];
	unsigned long v = 0, n;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && sscanf(line + strlen(name), "%lu", &n) == 1)
			v += n;
	if (f)
		fclose(f);
	return v;
}

static unsigned char *anon(size_t n, int flags)
{
	return mmap(NULL, n, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
}

/* Ask until most of it is out: pages that were just made may still wait in a CPU's batch. */
static unsigned long page_out(void *p, size_t n)
{
	unsigned long kb = 0;

	for (int i = 0; i < 20 && kb < n / 1024 / 2; i++) {
		if (madvise(p, n, MADV_PAGEOUT))
			return 0;
		kb = field("/proc/self/smaps", "Swap:");
	}
	return kb;
}

CASE(only_a_good_header_is_taken)
{
	CHECK(make_area(DISK, 4096, 2));
	FAILS(swapon(DISK, 0), EINVAL);
	CHECK(make_area(DISK, 1, 1));
	FAILS(swapon(DISK, 0), EINVAL);
	CHECK(make_area(DISK, 4096, 1));
	FAILS(swapon(DISK, 0x80000), EINVAL);
	FAILS(swapon("/dev/nothing", 0), ENOENT);
	FAILS(swapoff(DISK), EINVAL);
	FAILS(swapon("/proc", 0), EISDIR);
	if (!fork()) {
		CHECK(setuid(1000) == 0);
		FAILS(swapon(DISK, 0), EPERM);
		FAILS(swapoff(DISK), EPERM);
		_exit(tap_failed);
	}
	int st;
	CHECK(wait(&st) > 0 && st == 0);
}

CASE(an_area_is_shown_and_counted)
{
	char *text, *line;
	unsigned long total = field("/proc/meminfo", "SwapTotal:"), size, used;
	struct sysinfo si;
	char type[32];
	int prio;

	CHECK(disk_swap());
	FAILS(swapon(DISK, 0), EBUSY);
	text = strdup(read_file("/proc/swaps"));
	line = strstr(text, DISK);
	CHECK(line && sscanf(line, DISK " %31s %lu %lu %d", type, &size, &used, &prio) == 4);
	CHECK(!strcmp(type, "partition"));
	CHECK_EQ(size, 64 * MIB / 1024 - 4);
	CHECK(prio < 0);
	CHECK_EQ(field("/proc/meminfo", "SwapTotal:") - total, size);
	CHECK(sysinfo(&si) == 0 && si.totalswap * si.mem_unit >= size * 1024);
	CHECK(swapoff(DISK) == 0);
	CHECK(!strstr(read_file("/proc/swaps"), DISK));
	CHECK_EQ(field("/proc/meminfo", "SwapTotal:"), total);
}

CASE(anonymous_pages_come_back_as_they_were)
{
	size_t n = 16 * MIB;
	unsigned long out = field("/proc/vmstat", "pswpout ");
	unsigned char *p = anon(n, MAP_PRIVATE);
	uint64_t entry;
	int fd;

	CHECK(disk_swap());
	fill(p, n, 1);
	CHECK(page_out(p, n) >= n / 1024 / 2);
	CHECK(field("/proc/vmstat", "pswpout ") - out >= n / PAGE / 2);
	CHECK(field("/proc/self/status", "VmSwap:") >= n / 1024 / 2);
	fd = open("/proc/self/pagemap", O_RDONLY);
	CHECK_EQ(pread(fd, &entry, 8, (long)((uintptr_t)(p + n / 2) / PAGE * 8)), 8);
	CHECK(entry >> 62 == 1);
	close(fd);
	CHECK_EQ(differs(p, n, 1), -1);
	/* Again, with half of it changed since. */
	fill(p, n / 2, 7);
	CHECK(page_out(p, n) >= n / 1024 / 2);
	CHECK_EQ(differs(p, n / 2, 7), -1);
	CHECK_EQ(differs(p + n / 2, n / 2, 1 + n / 16), -1);
	CHECK(swapoff(DISK) == 0);
}

CASE(swapoff_brings_everything_back)
{
	size_t n = 8 * MIB;
	unsigned char *p = anon(n, MAP_PRIVATE), *s = anon(n, MAP_SHARED);

	CHECK(disk_swap());
	fill(p, n, 3);
	fill(s, n, 4);
	CHECK(page_out(p, n) > 0);
	CHECK(madvise(s, n, MADV_PAGEOUT) == 0);
	CHECK(swapoff(DISK) == 0);
	CHECK_EQ(field("/proc/self/smaps", "Swap:"), 0);
	CHECK_EQ(differs(p, n, 3), -1);
	CHECK_EQ(differs(s, n, 4), -1);
}

CASE(a_fork_shares_what_is_out)
{
	size_t n = 8 * MIB;
	unsigned char *p = anon(n, MAP_PRIVATE);
	int st;

	CHECK(disk_swap());
	fill(p, n, 5);
	CHECK(page_out(p, n) > 0);
	for (int i = 0; i < 3; i++) {
		if (fork())
			continue;
		CHECK_EQ(differs(p, n, 5), -1);
		fill(p, n, 10 + i);
		(void)page_out(p, n);
		CHECK_EQ(differs(p, n, 10 + i), -1);
		_exit(tap_failed);
	}
	CHECK_EQ(differs(p, n, 5), -1);
	fill(p, n, 6);
	for (int i = 0; i < 3; i++)
		CHECK(wait(&st) > 0 && st == 0);
	CHECK_EQ(differs(p, n, 6), -1);
	CHECK(swapoff(DISK) == 0);
}

CASE(moved_and_protected_memory_keeps_its_place)
{
	size_t n = 4 * MIB;
	unsigned char *p = anon(n, MAP_PRIVATE), *q;

	CHECK(disk_swap());
	fill(p, n, 8);
	CHECK(page_out(p, n) > 0);
	CHECK(mprotect(p, n, PROT_NONE) == 0);
	q = mremap(p, n, 2 * n, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK(mprotect(q, 2 * n, PROT_READ) == 0);
	CHECK_EQ(differs(q, n, 8), -1);
	CHECK(mprotect(q, 2 * n, PROT_READ | PROT_WRITE) == 0);
	CHECK(page_out(q, n) > 0);
	CHECK(munmap(q + n / 2, n / 2) == 0);
	CHECK_EQ(differs(q, n / 2, 8), -1);
	CHECK(madvise(q, n / 2, MADV_DONTNEED) == 0);
	CHECK_EQ(q[PAGE], 0);
	CHECK(swapoff(DISK) == 0);
}

CASE(memory_objects_are_swapped_too)
{
	size_t n = 4 * MIB;
	int id = shmget(IPC_PRIVATE, n, 0600), fd;
	unsigned char *s = shmat(id, NULL, 0), *t;
	struct stat st;

	CHECK(disk_swap());
	CHECK(mkdir("t", 0755) == 0 && mount("none", "t", "tmpfs", 0, "size=32m") == 0);
	fd = open("t/file", O_RDWR | O_CREAT, 0600);
	CHECK(ftruncate(fd, (long)(4 * n)) == 0);
	t = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (long)n);
	fill(t, n, 20);
	fill(s, n, 21);
	for (int i = 0; i < 5; i++)
		CHECK(madvise(t, n, MADV_PAGEOUT) == 0 && madvise(s, n, MADV_PAGEOUT) == 0);
	/* Out or not, it is there: for stat, for seeks, for read. */
	CHECK(fstat(fd, &st) == 0);
	CHECK_EQ(st.st_blocks * 512, n);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), n);
	CHECK_EQ(lseek(fd, (long)n, SEEK_HOLE), 2 * n);
	unsigned char *copy = malloc(n);
	CHECK_EQ(pread(fd, copy, n, (long)n), n);
	CHECK_EQ(differs(copy, n, 20), -1);
	CHECK_EQ(differs(s, n, 21), -1);
	CHECK_EQ(differs(t, n, 20), -1);
	for (int i = 0; i < 5; i++)
		CHECK(madvise(t, n, MADV_PAGEOUT) == 0);
	CHECK_EQ(pwrite(fd, "x", 1, (long)(n + PAGE)), 1);
	CHECK(ftruncate(fd, (long)(n + 2 * PAGE + 100)) == 0);
	CHECK_EQ(differs(t, PAGE, 20), -1);
	CHECK_EQ(t[PAGE], 'x');
	CHECK(fstat(fd, &st) == 0);
	CHECK_EQ(st.st_blocks * 512, 3 * PAGE);
	CHECK_EQ(pread(fd, copy, PAGE, (long)(n + 2 * PAGE)), 100);
	CHECK(ftruncate(fd, (long)(2 * n)) == 0);
	CHECK_EQ(t[2 * PAGE + 100], 0);
	munmap(t, n);
	close(fd);
	CHECK(umount("t") == 0);
	CHECK(shmdt(s) == 0 && shmctl(id, IPC_RMID, NULL) == 0);
	CHECK(swapoff(DISK) == 0);
}

CASE(private_copies_of_a_file_are_swapped)
{
	size_t n = 2 * MIB;
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	unsigned char *p;

	CHECK(disk_swap());
	CHECK(ftruncate(fd, (long)n) == 0);
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	fill(p, n, 30);
	CHECK(page_out(p, n) > 0);
	CHECK_EQ(differs(p, n, 30), -1);
	CHECK(page_out(p, n) > 0);
	CHECK(ftruncate(fd, (long)(n / 2)) == 0);
	CHECK_EQ(differs(p, n / 2, 30), -1);
	CHECK(swapoff(DISK) == 0);
}

/* A file of @pages pages on an ext2 disk; @hole leaves some out. */
static void swap_file(const char *name, uint32_t pages, bool hole)
{
	static unsigned char zero[PAGE];
	int fd = open(name, O_RDWR | O_CREAT, 0600);

	for (uint32_t i = 0; i < pages; i++)
		if (!hole || i % 8 != 5)
			CHECK_EQ(pwrite(fd, zero, PAGE, i * PAGE), PAGE);
	CHECK(ftruncate(fd, pages * PAGE) == 0);
	close(fd);
	CHECK(make_area(name, pages, 1));
}

CASE(files_are_swap_space)
{
	size_t n = 4 * MIB;
	unsigned char *p = anon(n, MAP_PRIVATE);
	unsigned long used[2] = { 0, 0 };
	char *line;
	int fd;

	CHECK(system("mke2fs -F " DISK " >/dev/null 2>&1") == 0);
	CHECK(mkdir("m", 0755) == 0 && mount(DISK, "m", "ext4", 0, NULL) == 0);
	swap_file("m/holes", 64, true);
	FAILS(swapon("m/holes", 0), EINVAL);
	swap_file("m/low", 2048, false);
	swap_file("m/high", 512, false);
	CHECK(swapon("m/low", SWAP_FLAG_PREFER | 3) == 0);
	CHECK(swapon("m/high", SWAP_FLAG_PREFER | 5) == 0);
	FAILS(swapon("m/low", 0), EBUSY);
	FAILS(unlink("m/low"), EPERM);
	FAILS(truncate("m/low", 0), ETXTBSY);
	fd = open("m/low", O_RDWR);
	CHECK(fd < 0 ? errno == ETXTBSY : write(fd, "x", 1) < 0 && errno == ETXTBSY);
	close(fd);
	fill(p, n, 40);
	CHECK(page_out(p, n) > 0);
	for (int i = 0; i < 2; i++) {
		line = strstr(read_file("/proc/swaps"), i ? "/low" : "/high");
		CHECK(line && sscanf(line, "%*s file %*u %lu", &used[i]) == 1);
	}
	/* The better one first, then the other. */
	CHECK(used[0] >= 1900 && used[1] > 0);
	CHECK_EQ(differs(p, n, 40), -1);
	CHECK(swapoff("m/high") == 0);
	CHECK_EQ(differs(p, n, 40), -1);
	CHECK(swapoff("m/low") == 0);
	CHECK(unlink("m/low") == 0);
	CHECK(umount("m") == 0);
}

static void put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);

	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

CASE(a_group_at_its_limit_swaps)
{
	size_t n = 40 * MIB;
	unsigned long in = field("/proc/vmstat", "pswpin ");
	char dir[] = "cg";
	int st;

	CHECK(disk_swap());
	CHECK(mkdir(dir, 0755) == 0 && mount("none", dir, "cgroup2", 0, NULL) == 0);
	put("cg/cgroup.subtree_control", "+memory");
	CHECK(mkdir("cg/small", 0755) == 0);
	put("cg/small/memory.max", "16777216");
	if (!fork()) {
		unsigned char *p = anon(n, MAP_PRIVATE);

		put("cg/small/cgroup.procs", "0");
		for (int round = 0; round < 2; round++) {
			fill(p, n, 50 + round);
			CHECK_EQ(differs(p, n, 50 + round), -1);
		}
		CHECK(field("cg/small/memory.current", "") <= 16 * MIB);
		_exit(tap_failed);
	}
	CHECK(wait(&st) > 0 && st == 0);
	CHECK_EQ(field("cg/small/memory.events", "oom_kill "), 0);
	CHECK(field("/proc/vmstat", "pswpin ") - in > n / PAGE);
	CHECK(rmdir("cg/small") == 0);
	put("cg/cgroup.subtree_control", "-memory");
	CHECK(umount("cg") == 0);
	CHECK(swapoff(DISK) == 0);
}
TAP_MAIN
