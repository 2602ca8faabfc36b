// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control groups and memory that has a disk behind it: pages of files, swap, what memory.min and
 * memory.low keep, memory.reclaim. The disk itself is the file.
 *
 * guest-disk: 64
 */
#include "../cgroup.h"

#include <stdbool.h>

#include <sys/mman.h>
#include <sys/swap.h>

#define DISK	"/dev/vda"
#define PAGE	4096UL
#define MIB	(1L << 20)

static int disk;		/* the last close would drop its pages */

static long number(const char *dir, const char *file)
{
	return atol(get(dir, file));
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	sync();
	NEED(fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
}

static void setup(void)
{
	NEED(group_begin("+memory", 'm') == 0);
	NEED((disk = open(DISK, O_RDWR)) >= 0);
	drop_caches();
}

static void read_disk(long from, long to)
{
	static char buf[64 * 1024];

	for (long at = from; at < to; at += (long)sizeof(buf))
		NEED(pread(disk, buf, sizeof(buf), at) == (ssize_t)sizeof(buf));
}

static void write_disk(long from, long to)
{
	static char buf[64 * 1024];

	for (long at = from; at < to; at += (long)sizeof(buf))
		NEED(pwrite(disk, buf, sizeof(buf), at) == (ssize_t)sizeof(buf));
}

static bool swap_begins(void)
{
	unsigned char head[PAGE] = { 0 };
	uint32_t version = 1, last = 64 * MIB / PAGE - 1;

	memcpy(head + 1024, &version, 4);
	memcpy(head + 1028, &last, 4);
	memcpy(head + PAGE - 10, "SWAPSPACE2", 10);
	return pwrite(disk, head, PAGE, 0) == (ssize_t)PAGE && fsync(disk) == 0 && swapon(DISK, 0) == 0;
}

static unsigned char *anon(long n)
{
	return mmap(NULL, (size_t)n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void fill(unsigned char *p, long n)
{
	for (long i = 0; i < n / 8; i++)
		((uint64_t *)p)[i] = (uint64_t)i * 0x9e3779b97f4a7c15u;
}

static bool is_filled(const unsigned char *p, long n)
{
	for (long i = 0; i < n / 8; i++)
		if (((const uint64_t *)p)[i] != (uint64_t)i * 0x9e3779b97f4a7c15u)
			return false;
	return true;
}

CASE(files_and_their_defaults)
{
	static const struct { const char *name, *text; } want[] = {
		{ "memory.min", "0\n" }, { "memory.low", "0\n" }, { "memory.swap.current", "0\n" },
		{ "memory.swap.max", "max\n" }, { "memory.swap.high", "max\n" },
		{ "memory.swap.events", "high 0\nmax 0\nfail 0\n" },
		{ "memory.events.local", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n" },
	};

	setup();
	for (unsigned i = 0; i < sizeof(want) / sizeof(*want); i++)
		CHECK_STR(get(top, want[i].name), want[i].text);
	CHECK(put(top, "memory.low", "3M") == 0);
	CHECK_STR(get(top, "memory.low"), "3145728\n");
	CHECK(put(top, "memory.min", "max") == 0);
	CHECK_STR(get(top, "memory.min"), "max\n");
	CHECK(put(top, "memory.swap.max", "5000") == 0);
	CHECK_STR(get(top, "memory.swap.max"), "4096\n");
	FAILS(put(top, "memory.low", "some"), EINVAL);
	CHECK(field(ROOT, "memory.stat", "anon") > 0);
	CHECK(field(ROOT, "memory.stat", "file") > 0);
	group_end();
}

CASE(pages_of_files_are_charged)
{
	pid_t pid;

	setup();
	CHILD(pid, enter(top); read_disk(0, 8 * MIB));
	JOIN(pid);
	CHECK(number(top, "memory.current") >= 8 * MIB);
	CHECK(field(top, "memory.stat", "file") >= 8 * MIB);
	CHECK(field(top, "memory.stat", "inactive_file") + field(top, "memory.stat", "active_file") >= 7 * MIB);
	CHECK(field(top, "memory.stat", "anon") < MIB);
	drop_caches();
	CHECK(number(top, "memory.current") < 2 * MIB);
	group_end();
}

CASE(dirty_pages_are_counted)
{
	pid_t pid;

	setup();
	CHILD(pid, enter(top); write_disk(0, 4 * MIB);
	      CHECK(field(top, "memory.stat", "file") >= 4 * MIB);
	      CHECK(field(top, "memory.stat", "file_dirty") >= MIB);
	      CHECK(fsync(disk) == 0);
	      CHECK_EQ(field(top, "memory.stat", "file_dirty"), 0);
	      CHECK_EQ(field(top, "memory.stat", "file_writeback"), 0));
	JOIN(pid);
	group_end();
}

CASE(files_keep_to_the_limit)
{
	pid_t pid;

	setup();
	NEED(put(top, "memory.max", "8M") == 0);
	CHILD(pid, enter(top);
	      read_disk(0, 32 * MIB); CHECK(number(top, "memory.current") <= 8 * MIB);
	      write_disk(0, 40 * MIB); CHECK(number(top, "memory.current") <= 8 * MIB));
	JOIN(pid);
	CHECK(field(top, "memory.events", "max") > 0);
	CHECK_EQ(field(top, "memory.events", "oom_kill"), 0);
	CHECK(field(top, "memory.stat", "pgsteal") > 5000);
	group_end();
}

CASE(reclaim_on_request)
{
	pid_t pid;

	setup();
	CHILD(pid, enter(top); read_disk(0, 12 * MIB));
	JOIN(pid);
	CHECK(put(top, "memory.reclaim", "4M") == 0);
	CHECK(number(top, "memory.current") <= 9 * MIB);
	FAILS(put(top, "memory.reclaim", "64M"), EAGAIN);
	FAILS(put(top, "memory.reclaim", "much"), EINVAL);
	group_end();
}

CASE(swap_is_charged)
{
	unsigned char *p;
	pid_t pid;

	setup();
	NEED(swap_begins());
	NEED(put(top, "memory.max", "8M") == 0);
	CHILD(pid, enter(top);
	      p = anon(16 * MIB); fill(p, 16 * MIB);
	      CHECK(number(top, "memory.swap.current") >= 7 * MIB);
	      CHECK(number(top, "memory.current") <= 8 * MIB);
	      CHECK(is_filled(p, 16 * MIB));
	      munmap(p, 16 * MIB);
	      CHECK(number(top, "memory.swap.current") < MIB));
	JOIN(pid);
	CHECK(number(top, "memory.swap.current") < MIB);
	CHECK_EQ(field(top, "memory.events", "oom_kill"), 0);
	CHECK(swapoff(DISK) == 0);
	group_end();
}

CASE(swap_comes_back_to_its_group)
{
	unsigned char *p;
	pid_t pid;

	setup();
	NEED(swap_begins());
	CHILD(pid, enter(top);
	      p = anon(4 * MIB); fill(p, 4 * MIB);
	      put(top, "memory.reclaim", "4M");
	      CHECK(number(top, "memory.swap.current") >= 2 * MIB);
	      /* The pages are its group's wherever their owner goes. */
	      enter(ROOT); CHECK(is_filled(p, 4 * MIB));
	      CHECK(field(top, "memory.stat", "anon") + field(top, "memory.stat", "swapcached") >= 3 * MIB));
	JOIN(pid);
	CHECK(number(top, "memory.swap.current") < MIB);
	CHECK(swapoff(DISK) == 0);
	group_end();
}

CASE(swap_has_a_limit)
{
	unsigned char *p;
	pid_t pid;
	int st = 0;

	setup();
	NEED(swap_begins());
	NEED(put(top, "memory.max", "8M") == 0 && put(top, "memory.swap.max", "2060K") == 0);
	CHILD(pid, enter(top); p = anon(32 * MIB); fill(p, 32 * MIB));
	CHECK(waitpid(pid, &st, 0) == pid && WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	CHECK(field(top, "memory.events", "oom_kill") >= 1);
	CHECK(field(top, "memory.swap.events", "max") > 0);
	CHECK(field(top, "memory.swap.events", "fail") > 0);
	CHECK(number(top, "memory.swap.current") < MIB);
	CHECK(swapoff(DISK) == 0);
	group_end();
}

/* Two groups in one that is full: the first read and idle, the other reads a lot. */
static void fight(const char *guard, const char *amount)
{
	pid_t pid;

	NEED(put(top, "memory.max", "20M") == 0 && put(top, "cgroup.subtree_control", "+memory") == 0);
	NEED(mkdir(sub("a"), 0755) == 0 && mkdir(sub("b"), 0755) == 0);
	if (guard)
		NEED(put(top, guard, amount) == 0 && put(sub("a"), guard, amount) == 0);
	CHILD(pid, enter(sub("a")); read_disk(0, 10 * MIB));
	JOIN(pid);
	CHILD(pid, enter(sub("b")); read_disk(12 * MIB, 60 * MIB));
	JOIN(pid);
}

static void fight_ends(void)
{
	drop_caches();
	for (int i = 0; i < 200 && (rmdir(sub("a")) + rmdir(sub("b"))) != 0 && access(sub("a"), F_OK) == 0; i++)
		msleep(10);
	group_end();
}

CASE(unprotected_groups_lose)
{
	setup();
	fight(NULL, NULL);
	CHECK(field(sub("a"), "memory.stat", "file") < 9 * MIB);
	fight_ends();
}

CASE(memory_min_is_kept)
{
	setup();
	fight("memory.min", "12M");
	CHECK(field(sub("a"), "memory.stat", "file") >= 9 * MIB);
	CHECK(number(top, "memory.current") <= 20 * MIB);
	fight_ends();
}

CASE(memory_low_is_kept_while_others_have_some)
{
	setup();
	fight("memory.low", "12M");
	CHECK(field(sub("a"), "memory.stat", "file") >= 9 * MIB);
	CHECK_EQ(field(sub("a"), "memory.events", "low"), 0);
	fight_ends();
}

CASE(memory_low_gives_way)
{
	pid_t pid;

	setup();
	NEED(put(top, "memory.max", "8M") == 0 && put(top, "cgroup.subtree_control", "+memory") == 0);
	NEED(mkdir(sub("a"), 0755) == 0);
	NEED(put(sub("a"), "memory.low", "16M") == 0);
	CHILD(pid, enter(sub("a")); read_disk(0, 24 * MIB));
	JOIN(pid);
	CHECK(number(top, "memory.current") <= 8 * MIB);
	CHECK(field(sub("a"), "memory.events", "low") > 0);
	CHECK(field(top, "memory.events", "low") > 0);
	CHECK_EQ(field(top, "memory.events.local", "low"), 0);
	rmdir(sub("a"));
	group_end();
}

TAP_MAIN
