// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control groups and disks: io.stat counts what a group did, io.max slows it down, and pages of
 * files are written on the account of the group that they belong to.
 *
 * guest-disk: 32
 */
#include "../cgroup.h"

#include <sys/sysmacros.h>

#define DISK	"/dev/vda"
#define KIB	1024L
#define MIB	(1L << 20)

static char disk_name[32];
static int disk;

static int limit(const char *what)
{
	char text[128];

	snprintf(text, sizeof(text), "%s %s", disk_name, what);
	return put(top, "io.max", text);
}

/* A value of the disk's line in io.stat; -1: there is none. */
static long io_stat(const char *dir, const char *key)
{
	const char *line = strstr(get(dir, "io.stat"), disk_name), *at = line ? strstr(line, key) : NULL;

	return at ? atol(at + strlen(key) + 1) : -1;
}

static void setup(void)
{
	struct stat st;

	NEED(group_begin("+memory +io", 'i') == 0);
	NEED((disk = open(DISK, O_RDWR)) >= 0 && fstat(disk, &st) == 0);
	snprintf(disk_name, sizeof(disk_name), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Direct I/O of @n bytes in pieces of @piece; how long it took. */
static long transfer(int is_write, long n, long piece)
{
	static char buf[256 * 1024] __attribute__((aligned(4096)));
	int fd = open(DISK, O_RDWR | O_DIRECT);
	long start = now_ms();

	NEED(fd >= 0);
	for (long at = 0; at < n; at += piece)
		NEED((is_write ? pwrite(fd, buf, (size_t)piece, at) : pread(fd, buf, (size_t)piece, at)) == piece);
	close(fd);
	return now_ms() - start;
}

CASE(settings)
{
	char want[128];

	setup();
	CHECK_STR(get(top, "io.max"), "");
	CHECK_STR(get(top, "io.stat"), "");
	CHECK(limit("rbps=1048576 wiops=100") == 0);
	snprintf(want, sizeof(want), "%s rbps=1048576 wbps=max riops=max wiops=100\n", disk_name);
	CHECK_STR(get(top, "io.max"), want);
	CHECK(limit("wiops=max") == 0);
	snprintf(want, sizeof(want), "%s rbps=1048576 wbps=max riops=max wiops=max\n", disk_name);
	CHECK_STR(get(top, "io.max"), want);
	CHECK(limit("rbps=max") == 0);
	CHECK_STR(get(top, "io.max"), "");
	FAILS(limit("rbps=0"), ERANGE);
	FAILS(limit("speed=1"), EINVAL);
	FAILS(limit("rbps=fast"), EINVAL);
	FAILS(put(top, "io.max", "251:99 rbps=1"), ENODEV);
	FAILS(put(top, "io.max", "disk rbps=1"), EINVAL);
	CHECK(access(ROOT "/io.max", F_OK) != 0);
	CHECK(access(ROOT "/io.stat", F_OK) == 0);
	group_end();
}

CASE(direct_transfers_are_counted)
{
	long root_before;
	pid_t pid;

	setup();
	root_before = io_stat(ROOT, "wbytes");
	CHILD(pid, enter(top); transfer(1, MIB, 64 * KIB); transfer(0, 512 * KIB, 16 * KIB));
	JOIN(pid);
	CHECK_EQ(io_stat(top, "wbytes"), MIB);
	CHECK_EQ(io_stat(top, "wios"), 16);
	CHECK_EQ(io_stat(top, "rbytes"), 512 * KIB);
	CHECK_EQ(io_stat(top, "rios"), 32);
	CHECK_EQ(io_stat(top, "dbytes"), 0);
	CHECK(io_stat(ROOT, "wbytes") >= root_before + MIB);
	group_end();
}

CASE(groups_above_count_it_too)
{
	char sub[128];
	pid_t pid;

	setup();
	snprintf(sub, sizeof(sub), "%s/a", top);
	NEED(put(top, "cgroup.subtree_control", "+io") == 0 && mkdir(sub, 0755) == 0);
	CHILD(pid, enter(sub); transfer(1, 256 * KIB, 64 * KIB));
	JOIN(pid);
	CHECK_EQ(io_stat(sub, "wbytes"), 256 * KIB);
	CHECK_EQ(io_stat(top, "wbytes"), 256 * KIB);
	rmdir(sub);
	group_end();
}

/* Another process, of another group, writes the pages out. */
CASE(writing_back_is_the_dirtiers)
{
	static char buf[64 * 1024];
	pid_t pid;

	setup();
	/* Linux takes a while to see that another group writes a file than did before. */
	for (int i = 0; i < 20 && io_stat(top, "wbytes") < 2 * MIB; i++) {
		CHILD(pid, enter(top);
		      for (long at = 0; at < 2 * MIB; at += (long)sizeof(buf))
			      NEED(pwrite(disk, buf, sizeof(buf), at) == (ssize_t)sizeof(buf)));
		JOIN(pid);
		CHECK(fsync(disk) == 0);
	}
	CHECK(io_stat(top, "wbytes") >= 2 * MIB);
	group_end();
}

CASE(bytes_are_limited)
{
	long fast, slow;
	pid_t pid;

	setup();
	NEED(limit("wbps=1048576 rbps=2097152") == 0);
	CHILD(pid, enter(top);
	      slow = transfer(1, MIB, 64 * KIB); CHECK(slow >= 700 && slow < 5000);
	      slow = transfer(0, MIB, 64 * KIB); CHECK(slow >= 300 && slow < 5000));
	JOIN(pid);
	/* Who is not in the group is not held up. */
	fast = transfer(1, MIB, 64 * KIB);
	CHECK(fast < 700);
	group_end();
}

CASE(requests_are_limited)
{
	long slow;
	pid_t pid;

	setup();
	NEED(limit("riops=50") == 0);
	CHILD(pid, enter(top);
	      slow = transfer(0, 160 * KIB, 4 * KIB); CHECK(slow >= 500 && slow < 5000));
	JOIN(pid);
	group_end();
}

CASE(a_limit_of_the_parent_holds_for_children)
{
	char sub[128];
	long slow;
	pid_t pid;

	setup();
	snprintf(sub, sizeof(sub), "%s/a", top);
	NEED(put(top, "cgroup.subtree_control", "+io") == 0 && mkdir(sub, 0755) == 0);
	NEED(limit("wbps=524288") == 0);
	CHILD(pid, enter(sub);
	      slow = transfer(1, 512 * KIB, 32 * KIB); CHECK(slow >= 600 && slow < 5000));
	JOIN(pid);
	rmdir(sub);
	group_end();
}

TAP_MAIN
