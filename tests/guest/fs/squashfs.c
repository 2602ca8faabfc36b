// SPDX-License-Identifier: GPL-2.0-only
/*
 * squashfs images by mksquashfs: one tree, packed in several ways.
 *
 * guest-modules: loop, squashfs
 * guest-data: fs/helpers/squashfs-images.sh
 */
#include "../tap.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define LINES	50000

static void mount_image(const char *name)
{
	char command[256];

	NEED(!mkdir("m", 0755));
	snprintf(command, sizeof(command), "mount -t squashfs -o loop,ro /tests/data/%s m", name);
	NEED(!system(command));
}

static void unmount_image(void)
{
	CHECK(!umount("m") && !rmdir("m"));
}

/* The numbered line at @n, through read and through a mapping. */
static void check_lines(int fd, const char *map, int n)
{
	char want[16], got[10] = "";

	snprintf(want, sizeof(want), "%08d\n", n);
	CHECK(pread(fd, got, 9, 9L * n) == 9);
	CHECK_STR(got, want);
	CHECK(!memcmp(map + 9L * n, want, 9));
}

static void check_files(void)
{
	int fd = open("m/lines", O_RDONLY);
	struct stat st;
	char *map, *all;
	long sum = 0;

	NEED(fd >= 0 && !fstat(fd, &st));
	CHECK_EQ(st.st_size, 9L * LINES);
	CHECK_EQ(st.st_uid, 7);
	CHECK_EQ(st.st_gid, 8);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	NEED(map != MAP_FAILED);
	for (int n = LINES - 1; n > 0; n -= 997)
		check_lines(fd, map, n);
	all = malloc(9L * LINES + 1);
	CHECK(pread(fd, all, 9L * LINES + 1, 0) == 9L * LINES);
	for (int n = 0; n < LINES; n++)
		sum += atol(all + 9L * n) == n;
	CHECK_EQ(sum, LINES);
	free(all);
	munmap(map, (size_t)st.st_size);
	close(fd);
	CHECK_STR(read_file("m/small"), "a small file\n");
	CHECK_STR(read_file("m/dir/hard"), "a small file\n");
	CHECK_STR(read_file("m/none"), "");
	CHECK(!stat("m/small", &st) && st.st_mtime == 1000000000 && st.st_nlink == 2);
	CHECK(!stat("m/none", &st) && st.st_mode == (S_IFREG | 04755));
	CHECK(!stat("m/dir", &st) && st.st_mode == (S_IFDIR | 0751) && st.st_nlink == 3);
	CHECK(!stat("m/dir/link", &st) && st.st_size == 9L * LINES);
	CHECK(!lstat("m/dir/link", &st) && S_ISLNK(st.st_mode) && st.st_size == 8);
	CHECK(!stat("m/fifo", &st) && S_ISFIFO(st.st_mode));
	CHECK(!stat("m/null", &st) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

static void check_sparse(void)
{
	int fd = open("m/sparse", O_RDONLY);
	char buf[8192];
	int zero = 1, text = 1;

	NEED(fd >= 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 100 * 4096 + 120000);
	CHECK(pread(fd, buf, sizeof(buf), 50 * 4096) == sizeof(buf));
	for (size_t i = 0; i < sizeof(buf); i++)
		zero &= !buf[i];
	CHECK(zero);
	CHECK(pread(fd, buf, sizeof(buf), 100 * 4096 + 120000 - 5000) == 5000);
	for (size_t i = 0; i < 5000; i++)
		text &= buf[i] >= 33 && buf[i] < 124;
	CHECK(text);
	close(fd);
}

static void check_dirs(void)
{
	DIR *d = opendir("m/many");
	struct dirent *e;
	struct stat st;
	char name[128], text[16];
	static char seen[1500];
	int n = 0;

	NEED(d);
	while ((e = readdir(d))) {
		int k;

		if (sscanf(e->d_name, "a-file-with-a-rather-long-name-number-%d", &k) != 1)
			continue;
		CHECK(e->d_type == DT_REG && k >= 0 && k < 1500 && !seen[k]++);
		n++;
	}
	CHECK_EQ(n, 1500);
	rewinddir(d);
	e = readdir(d);
	CHECK(e && !strcmp(e->d_name, "."));
	closedir(d);
	for (int k = 0; k < 1500; k += 37) {
		snprintf(name, sizeof(name), "m/many/a-file-with-a-rather-long-name-number-%d", k);
		snprintf(text, sizeof(text), "%d\n", k);
		CHECK_STR(read_file(name), text);
	}
	FAILS(open("m/many/nothing", O_RDONLY), ENOENT);
	FAILS(open("m/many/zzz", O_RDONLY), ENOENT);
	CHECK(!stat("m/dir/deep/..", &st));
	d = opendir("m/empty");
	for (n = 0; d && readdir(d); n++)
		;
	CHECK_EQ(n, 2);
	closedir(d);
}

static void check_image(const char *name)
{
	struct statfs sf;

	mount_image(name);
	CHECK(!statfs("m", &sf) && sf.f_type == 0x73717368);
	check_files();
	check_sparse();
	check_dirs();
	FAILS(open("m/small", O_WRONLY), EROFS);
	FAILS(mkdir("m/x", 0755), EROFS);
	FAILS(unlink("m/small"), EROFS);
	unmount_image();
}

CASE(zlib) { check_image("zlib.sqfs"); }
CASE(xz) { check_image("xz.sqfs"); }
CASE(zstd) { check_image("zstd.sqfs"); }
CASE(lz4) { check_image("lz4.sqfs"); }
CASE(unpacked) { check_image("plain.sqfs"); }
CASE(without_fragments) { check_image("nofrag.sqfs"); }

CASE(extended_attributes)
{
	char buf[600];

	mount_image("xattr.sqfs");
	CHECK_EQ(getxattr("m/a", "user.one", buf, sizeof(buf)), 5);
	CHECK(!memcmp(buf, "value", 5));
	CHECK_EQ(getxattr("m/b", "user.long", buf, sizeof(buf)), 500);
	CHECK_EQ(getxattr("m/b", "user.long", NULL, 0), 500);
	FAILS(getxattr("m/b", "user.long", buf, 10), ERANGE);
	FAILS(getxattr("m/a", "user.none", buf, sizeof(buf)), ENODATA);
	CHECK_EQ(listxattr("m/a", buf, sizeof(buf)), 9);
	FAILS(setxattr("m/a", "user.one", "x", 1, 0), EROFS);
	unmount_image();
}

CASE(file_handles_find_their_files)
{
	struct { struct file_handle h; unsigned char room[64]; } fh = { .h.handle_bytes = 64 };
	struct stat a, b;
	int id, dir, fd;

	mount_image("zlib.sqfs");
	NEED(!name_to_handle_at(AT_FDCWD, "m/dir/hard", &fh.h, &id, 0));
	dir = open("m", O_RDONLY);
	fd = open_by_handle_at(dir, &fh.h, O_RDONLY);
	NEED(fd >= 0);
	CHECK(!fstat(fd, &a) && !stat("m/small", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	close(fd);
	close(dir);
	unmount_image();
}

CASE(damaged_images_are_refused)
{
	int fd;

	NEED(!system("cp /tests/data/zlib.sqfs bad"));
	NEED(!mkdir("m", 0755));
	NEED(!truncate("bad", 4096));
	CHECK(system("mount -t squashfs -o loop,ro bad m 2>/dev/null"));
	NEED(!system("cp /tests/data/zlib.sqfs bad"));
	fd = open("bad", O_WRONLY);
	NEED(fd >= 0);
	/* Everything behind the super block is rubbish. */
	for (off_t at = 96; at < 200000; at += 13)
		CHECK(pwrite(fd, "\x5a\xa5\xff", 3, at) == 3);
	close(fd);
	if (!system("mount -t squashfs -o loop,ro bad m 2>/dev/null")) {
		CHECK(system("cat m/lines m/many/* >/dev/null 2>&1"));
		CHECK(!umount("m"));
	}
}

CASE(many_readers_at_once)
{
	pid_t kids[4];

	mount_image("zstd.sqfs");
	for (int k = 0; k < 4; k++)
		CHILD(kids[k], {
			check_files();
			check_dirs();
		});
	for (int k = 0; k < 4; k++)
		JOIN(kids[k]);
	unmount_image();
}
TAP_MAIN
