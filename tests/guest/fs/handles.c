// SPDX-License-Identifier: GPL-2.0-only
/* name_to_handle_at, open_by_handle_at. */
#include "../tap.h"

#include <sys/mount.h>
#include <sys/syscall.h>

struct handle { unsigned bytes; int type; unsigned char data[128]; };

static int make(int dir, const char *name, struct handle *h, int *mnt, int flags)
{
	return syscall(SYS_name_to_handle_at, dir, name, h, mnt, flags);
}

static int open_handle(int mnt_fd, struct handle *h, int flags)
{
	return syscall(SYS_open_by_handle_at, mnt_fd, h, flags);
}

static int mount_id(const char *path)
{
	int fd = open(path, O_PATH);
	char name[40];
	const char *text;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	text = strstr(read_file(name), "mnt_id:");
	close(fd);
	return text ? atoi(text + 7) : -1;
}

CASE(handle_finds_the_file_again)
{
	struct handle h = { .bytes = 128 }, again = { .bytes = 128 };
	struct stat a, b;
	char buf[8] = "";
	int fd, mnt = -1, here = open(".", O_RDONLY);

	write_file("f", "hello");
	NEED(make(AT_FDCWD, "f", &h, &mnt, 0) == 0);
	CHECK(h.bytes > 0 && h.bytes <= 128);
	CHECK_EQ(mnt, mount_id("f"));
	CHECK(rename("f", "g") == 0);
	fd = open_handle(here, &h, O_RDWR);
	NEED(fd >= 0);
	CHECK(read(fd, buf, 8) == 5 && !strcmp(buf, "hello"));
	CHECK(fstat(fd, &a) == 0 && stat("g", &b) == 0 && a.st_ino == b.st_ino);
	CHECK(make(AT_FDCWD, "g", &again, &mnt, 0) == 0);
	CHECK(again.bytes == h.bytes && again.type == h.type && !memcmp(again.data, h.data, h.bytes));
	CHECK(make(fd, "", &again, &mnt, AT_EMPTY_PATH) == 0);
	CHECK(!memcmp(again.data, h.data, h.bytes));
	CHECK(open_handle(AT_FDCWD, &h, O_PATH) >= 0);
	close(fd);
}

CASE(handle_of_a_directory)
{
	struct handle h = { .bytes = 128 };
	int mnt, fd, here = open(".", O_RDONLY);

	mkdir("d", 0755);
	mkdir("d/e", 0755);
	NEED(make(AT_FDCWD, "d/e", &h, &mnt, 0) == 0);
	fd = open_handle(here, &h, O_RDONLY | O_DIRECTORY);
	NEED(fd >= 0);
	CHECK(mkdirat(fd, "x", 0755) == 0);
	CHECK(access("d/e/x", F_OK) == 0);
	close(fd);
	NEED(rmdir("d/e/x") == 0 && rmdir("d/e") == 0);
	FAILS(open_handle(here, &h, O_RDONLY), ESTALE);
}

CASE(handle_goes_stale)
{
	struct handle h = { .bytes = 128 };
	int mnt, here = open(".", O_RDONLY);

	write_file("f", "x");
	NEED(make(AT_FDCWD, "f", &h, &mnt, 0) == 0);
	unlink("f");
	FAILS(open_handle(here, &h, O_RDONLY), ESTALE);
	h.data[4] ^= 0x55;
	FAILS(open_handle(here, &h, O_RDONLY), ESTALE);
}

CASE(links_are_named_not_followed)
{
	struct handle a = { .bytes = 128 }, b = { .bytes = 128 }, c = { .bytes = 128 };
	int mnt, here = open(".", O_RDONLY);

	write_file("f", "x");
	symlink("f", "l");
	NEED(make(AT_FDCWD, "f", &a, &mnt, 0) == 0);
	NEED(make(AT_FDCWD, "l", &b, &mnt, 0) == 0);
	NEED(make(AT_FDCWD, "l", &c, &mnt, AT_SYMLINK_FOLLOW) == 0);
	CHECK(memcmp(a.data, b.data, a.bytes) && !memcmp(a.data, c.data, a.bytes));
	FAILS(open_handle(here, &b, O_RDONLY), ELOOP);
}

CASE(small_buffers_learn_the_size)
{
	struct handle h = { .bytes = 0 };
	int mnt = -1;

	write_file("f", "x");
	FAILS(make(AT_FDCWD, "f", &h, &mnt, 0), EOVERFLOW);
	CHECK(h.bytes > 0 && h.bytes <= 128);
	CHECK_EQ(mnt, mount_id("f"));
	CHECK(make(AT_FDCWD, "f", &h, &mnt, 0) == 0);
}

CASE(errors)
{
	struct handle h = { .bytes = 129 };
	int mnt, here = open(".", O_RDONLY), f;

	write_file("f", "x");
	FAILS(make(AT_FDCWD, "f", &h, &mnt, 0), EINVAL);
	h.bytes = 128;
	FAILS(make(AT_FDCWD, "f", &h, &mnt, 1), EINVAL);
	FAILS(make(AT_FDCWD, "none", &h, &mnt, 0), ENOENT);
	FAILS(make(AT_FDCWD, "", &h, &mnt, 0), ENOENT);
	FAILS(make(AT_FDCWD, "f", (void *)1, &mnt, 0), EFAULT);
	FAILS(make(AT_FDCWD, "/proc/self/stat", &h, &mnt, 0), EOPNOTSUPP);
	NEED(make(AT_FDCWD, "f", &h, &mnt, 0) == 0);
	FAILS(open_handle(999, &h, O_RDONLY), EBADF);
	FAILS(open_handle(here, &h, O_RDONLY | O_DIRECTORY), ENOTDIR);
	f = open("/proc", O_RDONLY);
	FAILS(open_handle(f, &h, O_RDONLY), ESTALE);
	h.bytes = 0;
	FAILS(open_handle(here, &h, O_RDONLY), EINVAL);
	h.bytes = 129;
	FAILS(open_handle(here, &h, O_RDONLY), EINVAL);
	NEED(setuid(1000) == 0);
	h.bytes = 12;
	FAILS(open_handle(here, &h, O_RDONLY), EPERM);
}

TAP_MAIN
