// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files on a disk with ext2's layout (BusyBox can make that one): against a copy in
 * memory, through the page cache, past it and by mappings. With EXT_DISK=keep
 * in the environment the disk is taken as it is, so that other layouts can be tried.
 *
 * guest-disk: 64
 * guest-modules: ext4
 */
#include "../tap.h"

#include <stdbool.h>

#include <dirent.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define DISK	"/dev/vda"
#define MAX	(3u << 20)

static bool mounted(void)
{
	const char *keep = getenv("EXT_DISK");

	if (!keep && system("mke2fs -F -b 1024 " DISK " >/dev/null 2>&1")) {
		tap_fail(__LINE__, "mke2fs failed");
		return false;
	}
	mkdir("m", 0755);
	CHECK(mount(DISK, "m", "ext4", 0, NULL) == 0);
	return true;
}

static void unmounted(void)
{
	CHECK(umount("m") == 0);
}

static uint64_t state = 88172645463325252;
static uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % n;
}

static uint8_t *model, *buf;
static size_t size;

static void grown(size_t end)
{
	if (end > size)
		size = end;
}

static void fill(uint8_t *p, size_t n)
{
	uint8_t c = (uint8_t)(1 + rnd(255));

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(c + i / 7);
}

static bool same(int fd, int line)
{
	ssize_t n = pread(fd, buf, MAX, 0);

	if (n != (ssize_t)size) {
		tap_fail(line, "size %zd, want %zu", n, size);
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		if (buf[i] != model[i]) {
			tap_fail(line, "byte %zu of %zu: %u, want %u", i, size, buf[i], model[i]);
			return false;
		}
	}
	return true;
}

static void clear_range(size_t at, size_t end)
{
	if (at < end)
		memset(model + at, 0, end - at);
}

static void step(int fd, int dfd)
{
	size_t at = rnd(MAX - 300000), n = 1 + rnd(rnd(4) ? 20000 : 200000);
	uint8_t *map;

	switch (rnd(9)) {
	case 0:
		at &= ~4095ul;
		n = (n + 4095) & ~4095ul;
		fill(buf, n);
		memcpy(model + at, buf, n);
		CHECK(pwrite(dfd, buf, n, (off_t)at) == (ssize_t)n);
		grown(at + n);
		break;
	case 1:
		at = rnd(MAX - 300000);
		clear_range(at, size);
		CHECK(ftruncate(fd, (off_t)at) == 0);
		size = at;
		break;
	case 2:
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)n) == 0) {
			if (at < size)
				clear_range(at, at + n < size ? at + n : size);
		} else {
			int e = errno;

			CHECK_EQ(e, EOPNOTSUPP);
		}
		break;
	case 3:
		if (fallocate(fd, 0, (off_t)at, (off_t)n) == 0) {
			grown(at + n);
		} else {
			int e = errno;

			CHECK_EQ(e, EOPNOTSUPP);
		}
		break;
	case 4:
		if (at + n > size)
			break;
		map = mmap(NULL, MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		CHECK(map != MAP_FAILED);
		fill(model + at, n);
		memcpy(map + at, model + at, n);
		munmap(map, MAX);
		break;
	case 5:
		at &= ~4095ul;
		if (at >= size)
			break;
		n = (n + 4095) & ~4095ul;
		ssize_t want = (ssize_t)(at + n < size ? n : size - at);

		CHECK(pread(dfd, buf, n, (off_t)at) == want);
		CHECK(memcmp(buf, model + at, (size_t)want) == 0);
		break;
	default:
		fill(buf, n);
		memcpy(model + at, buf, n);
		CHECK(pwrite(fd, buf, n, (off_t)at) == (ssize_t)n);
		grown(at + n);
	}
}

static void forget_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	sync();
	if (fd >= 0) {
		CHECK(write(fd, "3", 1) == 1);
		close(fd);
	}
}

CASE(a_file_is_what_was_written)
{
	int fd, dfd;

	if (!mounted())
		return;
	model = calloc(1, MAX);
	CHECK(posix_memalign((void **)&buf, 4096, MAX) == 0);
	fd = open("m/file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	dfd = open("m/file", O_RDWR | O_DIRECT);
	CHECK(fd >= 0 && dfd >= 0);
	for (int i = 0; i < 600 && !tap_failed; i++) {
		step(fd, dfd);
		if (rnd(15) == 0 && !same(fd, __LINE__))
			break;
		if (rnd(25) == 0)
			forget_caches();
		if (rnd(25) == 0)
			CHECK(fsync(fd) == 0);
	}
	close(fd);
	close(dfd);
	unmounted();
	CHECK(mount(DISK, "m", "ext4", MS_RDONLY, NULL) == 0);
	fd = open("m/file", O_RDONLY);
	(void)same(fd, __LINE__);
	close(fd);
	FAILS(open("m/file", O_RDWR), EROFS);
	unmounted();
}

CASE(names_survive_a_remount)
{
	char name[300], text[300];
	struct stat st;
	int n = 0;

	if (!mounted())
		return;
	for (int i = 0; i < 800; i++) {
		snprintf(name, sizeof(name), "m/a-rather-long-name-for-a-file-%d", i);
		CHECK(mknod(name, S_IFREG | 0640, 0) == 0);
	}
	for (int i = 0; i < 800; i += 3) {
		snprintf(name, sizeof(name), "m/a-rather-long-name-for-a-file-%d", i);
		CHECK(unlink(name) == 0);
	}
	CHECK(mkdir("m/d", 01755) == 0 && mkdir("m/d/e", 0700) == 0);
	CHECK(rename("m/a-rather-long-name-for-a-file-1", "m/d/e/moved") == 0);
	CHECK(rename("m/d/e", "m/f") == 0);
	CHECK(link("m/f/moved", "m/hard") == 0);
	memset(text, 'x', sizeof(text));
	text[200] = 0;
	CHECK(symlink(text, "m/long") == 0 && symlink("short", "m/short") == 0);
	CHECK(mknod("m/dev", S_IFCHR | 0600, makedev(300, 70000)) == 0);
	CHECK(setxattr("m/hard", "user.x", "value", 5, 0) == 0);
	unmounted();
	CHECK(mount(DISK, "m", "ext4", 0, NULL) == 0);
	for (int i = 0; i < 800; i++) {
		snprintf(name, sizeof(name), "m/a-rather-long-name-for-a-file-%d", i);
		n += stat(name, &st) == 0;
	}
	CHECK_EQ(n, 800 - 267 - 1);
	CHECK(stat("m/f/moved", &st) == 0 && st.st_nlink == 2 && (st.st_mode & 07777) == 0640);
	CHECK(stat("m/d", &st) == 0 && st.st_nlink == 2);
	CHECK_EQ(readlink("m/long", name, sizeof(name)), 200);
	CHECK_EQ(readlink("m/short", name, sizeof(name)), 5);
	CHECK(stat("m/dev", &st) == 0 && st.st_rdev == makedev(300, 70000));
	CHECK_EQ(getxattr("m/f/moved", "user.x", name, sizeof(name)), 5);
	unmounted();
}

CASE(a_full_disk_says_so_and_recovers)
{
	static char block[65536];
	struct statfs before, after;
	int fd;

	if (!mounted())
		return;
	CHECK(statfs("m", &before) == 0);
	fd = open("m/fill", O_WRONLY | O_CREAT, 0600);
	while (write(fd, block, sizeof(block)) == sizeof(block))
		;
	CHECK(fsync(fd) == 0);
	close(fd);
	CHECK(unlink("m/fill") == 0);
	sync();
	CHECK(statfs("m", &after) == 0);
	CHECK(before.f_bfree - after.f_bfree < 10);
	fd = open("m/again", O_WRONLY | O_CREAT, 0600);
	CHECK(write(fd, block, sizeof(block)) == sizeof(block));
	CHECK(fsync(fd) == 0);
	close(fd);
	unmounted();
}

CASE(a_removed_file_lives_while_it_is_open)
{
	char text[8] = "";
	int fd, dfd;

	if (!mounted())
		return;
	fd = open("m/gone", O_RDWR | O_CREAT, 0600);
	CHECK(write(fd, "hello", 5) == 5);
	CHECK(unlink("m/gone") == 0);
	CHECK(fsync(fd) == 0);
	FAILS(umount("m"), EBUSY);
	CHECK(pread(fd, text, 5, 0) == 5 && !strcmp(text, "hello"));
	close(fd);
	dfd = open("m", O_RDWR | O_TMPFILE, 0600);
	CHECK(dfd >= 0 && write(dfd, "tmp", 3) == 3);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dfd);
	CHECK(linkat(AT_FDCWD, path, AT_FDCWD, "m/named", AT_SYMLINK_FOLLOW) == 0);
	close(dfd);
	dfd = open("m/named", O_RDONLY);
	CHECK(read(dfd, text, 3) == 3 && !memcmp(text, "tmp", 3));
	close(dfd);
	unmounted();
}


/* The disk as it is, with these features set in its super block. */
static void set_features(uint32_t incompat, uint32_t ro_compat)
{
	uint32_t words[2] = { incompat, ro_compat };
	int fd = open(DISK, O_WRONLY | O_SYNC);

	NEED(fd >= 0 && pwrite(fd, words, sizeof(words), 1024 + 0x60) == sizeof(words));
	close(fd);
}

CASE(older_names_mount_only_what_they_know)
{
	if (getenv("EXT_DISK"))
		SKIP("needs a disk of its own");
	NEED(!system("mke2fs -F -b 1024 " DISK " >/dev/null 2>&1") && !mkdir("m", 0755));
	FAILS(mount(DISK, "m", "ext3", 0, NULL), EINVAL);	/* no journal */
	CHECK(!mount(DISK, "m", "ext2", 0, NULL));
	unmounted();
	set_features(0x42, 0x1);				/* filetype, extents; sparse_super */
	FAILS(mount(DISK, "m", "ext2", 0, NULL), EINVAL);
	FAILS(mount(DISK, "m", "ext2", MS_RDONLY, NULL), EINVAL);
	CHECK(!mount(DISK, "m", "ext4", 0, NULL));
	unmounted();
	set_features(0x2, 0x9);					/* huge_file */
	FAILS(mount(DISK, "m", "ext2", 0, NULL), EINVAL);
	CHECK(!mount(DISK, "m", "ext2", MS_RDONLY, NULL));
	unmounted();
}
TAP_MAIN
