// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk that fails now and then: errors reach the caller, and all works again afterwards. Only
 * Tern has /proc/tern. The process that sets rules is exempt from them, its children are not.
 *
 * guest-disk: 64
 */
#include "../tap.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#define RULES	"/proc/tern/fault-injection"

static void rules(const char *text)
{
	int fd = open(RULES, O_WRONLY);

	if (fd < 0)
		SKIP("fault injection by /proc/tern is Tern's");
	NEED(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void begin(const char *text)
{
	rules("block.read=off,block.write=off");
	write_file("/proc/self/oom_score_adj", "-1000");
	rules(text);
}

static void *aligned(size_t n)
{
	void *p = NULL;

	return posix_memalign(&p, 4096, n) ? NULL : p;
}

static void not_exempt(void)
{
	write_file("/proc/self/oom_score_adj", "0");
}

CASE(a_failed_read_is_eio)
{
	pid_t pid;

	begin("block.read=fail");
	CHILD(pid, {
		int fd = open("/dev/vda", O_RDONLY | O_DIRECT);

		not_exempt();
		FAILS(pread(fd, aligned(4096), 4096, 1 << 20), EIO);
		close(fd);
		fd = open("/dev/vda", O_RDONLY);
		FAILS(pread(fd, aligned(4096), 4096, 1 << 20), EIO);
	});
	JOIN(pid);
	rules("block.read=off");
	CHILD(pid, {
		int fd = open("/dev/vda", O_RDONLY);

		not_exempt();
		CHECK_EQ(pread(fd, aligned(4096), 4096, 1 << 20), 4096);
	});
	JOIN(pid);
}

CASE(a_failed_write_is_told_once_by_fsync)
{
	int fd = open("/dev/vda", O_RDWR);
	char *buf = aligned(4096);
	pid_t pid;

	begin("block.write=fail");
	memset(buf, 3, 4096);
	CHILD(pid, {
		not_exempt();
		CHECK_EQ(pwrite(fd, buf, 4096, 2 << 20), 4096);
		FAILS(fsync(fd), EIO);
		CHECK(!fsync(fd));
	});
	JOIN(pid);
	rules("block.write=off");
	CHECK_EQ(pwrite(fd, buf, 4096, 2 << 20), 4096);
	CHECK(!fsync(fd));
}

CASE(some_of_many_fail)
{
	pid_t pid;

	begin("block.write=rate:200,block.read=rate:100");
	CHILD(pid, {
		int fd = open("/dev/vda", O_RDWR | O_DIRECT);
		char *buf = aligned(8192);
		int bad = 0;
		int good = 0;

		not_exempt();
		for (int i = 0; i < 300; i++) {
			ssize_t n = i & 1 ? pread(fd, buf, 8192, i * 8192L) : pwrite(fd, buf, 8192, i * 8192L);

			int err = errno;

			CHECK(n == 8192 || (n == -1 && err == EIO));
			good += n > 0;
			bad += n < 0;
		}
		CHECK(good > 100 && bad > 0);
	});
	JOIN(pid);
	rules("block.write=off,block.read=off");
}
TAP_MAIN
