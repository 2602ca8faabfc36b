// SPDX-License-Identifier: GPL-2.0-only
/* System call entry and files on tmpfs. */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fd = -1;
static char block[65536];
#define FILE_NAME "/tmp/bench.file"
#define FILE_SIZE (1024 * 1024)

static void null_call(uint64_t n)
{
	while (n--)
		syscall(SYS_getppid);
}

static int open_zero(void)
{
	fd = open("/dev/zero", O_RDWR);
	return fd < 0 ? -1 : 0;
}

static void close_fd(void)
{
	close(fd);
}

static void read_1(uint64_t n)
{
	while (n--)
		if (read(fd, block, 1) != 1)
			die("read /dev/zero");
}

static void write_1(uint64_t n)
{
	while (n--)
		if (write(fd, block, 1) != 1)
			die("write /dev/zero");
}

static int make_file(void)
{
	fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return -1;
	for (size_t done = 0; done < FILE_SIZE; done += sizeof(block))
		if (write(fd, block, sizeof(block)) != sizeof(block))
			die("write " FILE_NAME);
	return 0;
}

static void drop_file(void)
{
	close(fd);
	unlink(FILE_NAME);
}

static void stat_file(uint64_t n)
{
	struct stat st;

	while (n--)
		if (stat(FILE_NAME, &st))
			die("stat");
}

static void fstat_file(uint64_t n)
{
	struct stat st;

	while (n--)
		if (fstat(fd, &st))
			die("fstat");
}

static void open_close(uint64_t n)
{
	while (n--) {
		int f = open(FILE_NAME, O_RDONLY);

		if (f < 0)
			die("open");
		close(f);
	}
}

static void pread_4k(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (pread(fd, block, 4096, (i * 4096) % FILE_SIZE) != 4096)
			die("pread");
}

static void pwrite_4k(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (pwrite(fd, block, 4096, (i * 4096) % FILE_SIZE) != 4096)
			die("pwrite");
}

static void pread_64k(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (pread(fd, block, 65536, (i * 65536) % FILE_SIZE) != 65536)
			die("pread");
}

static void create_unlink(uint64_t n)
{
	while (n--) {
		int f = open("/tmp/bench.new", O_CREAT | O_EXCL | O_RDWR, 0600);

		if (f < 0)
			die("create");
		close(f);
		if (unlink("/tmp/bench.new"))
			die("unlink");
	}
}

static int make_dir(void)
{
	char name[64];

	mkdir("/tmp/bench.dir", 0700);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/tmp/bench.dir/file%d", i);
		close(open(name, O_CREAT | O_RDWR, 0600));
	}
	return 0;
}

static void drop_dir(void)
{
	char name[64];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/tmp/bench.dir/file%d", i);
		unlink(name);
	}
	rmdir("/tmp/bench.dir");
}

static void list_dir(uint64_t n)
{
	while (n--) {
		DIR *d = opendir("/tmp/bench.dir");

		if (!d)
			die("opendir");
		while (readdir(d))
			;
		closedir(d);
	}
}

const struct bench_case cases_file[] = {
	{ "null_call", "ns", NULL, null_call, NULL, 0 },
	{ "read_1", "ns", open_zero, read_1, close_fd, 0 },
	{ "write_1", "ns", open_zero, write_1, close_fd, 0 },
	{ "stat", "ns", make_file, stat_file, drop_file, 0 },
	{ "fstat", "ns", make_file, fstat_file, drop_file, 0 },
	{ "open_close", "ns", make_file, open_close, drop_file, 0 },
	{ "create_unlink", "ns", NULL, create_unlink, NULL, 0 },
	{ "list_100", "ns", make_dir, list_dir, drop_dir, 0 },
	{ "pread_4k", "ns", make_file, pread_4k, drop_file, 0 },
	{ "pwrite_4k", "ns", make_file, pwrite_4k, drop_file, 0 },
	{ "read_bandwidth", "MB/s", make_file, pread_64k, drop_file, 65536 },
	{ 0 },
};
