// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk at its limits: no blocks, no inodes, very long files and paths, many names, renames from
 * all sides, listing while names come and go. The disk is made by BusyBox (ext2's layout); with EXT_DISK=keep in
 * the environment it is taken as it is: tests/storage/limits does that with ext4 and looks with e2fsck.
 * LIMITS_NAMES says how many files go in one directory.
 *
 * guest-disk: 64
 * guest-modules: ext4
 */
#include "../tap.h"

#include <stdbool.h>

#include <dirent.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#define DISK	"/dev/vda"
#define MIB	(1L << 20)

static void mounted(void)
{
	NEED(getenv("EXT_DISK") || !system("mke2fs -F -b 1024 " DISK " >/dev/null 2>&1"));
	mkdir("m", 0755);
	NEED(mount(DISK, "m", "ext4", 0, NULL) == 0);
	NEED(!system("rm -rf m/t*"));
	NEED(chdir("m") == 0);
}

static void unmounted(void)
{
	NEED(chdir("..") == 0);
	CHECK(umount("m") == 0);
}

static int touch(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

CASE(a_full_disk_says_so)
{
	char *buf = malloc(MIB), *back = malloc(MIB);
	struct statvfs before, after;
	long written = 0;
	ssize_t n;
	int fd, small, err;

	mounted();
	CHECK(statvfs(".", &before) == 0);
	memset(buf, 0x5a, MIB);
	small = open("tsmall", O_RDWR | O_CREAT, 0644);
	CHECK_EQ(write(small, "kept", 4), 4);
	fd = open("tbig", O_RDWR | O_CREAT, 0644);
	while ((n = write(fd, buf, MIB)) > 0)
		written += n;
	err = errno;
	CHECK(n < 0);
	CHECK_EQ(err, ENOSPC);
	CHECK(written > 20 * MIB);
	CHECK(fsync(fd) == 0);
	FAILS(write(fd, buf, MIB), ENOSPC);
	FAILS(pwrite(fd, buf, 4096, written + 100 * MIB), ENOSPC);
	CHECK_EQ(lseek(fd, 0, SEEK_END), written);
	for (long at = 0; at < written; at += n) {
		n = pread(fd, back, MIB, at);
		CHECK(n > 0 && !memcmp(back, buf, (size_t)n));
		if (n <= 0)
			break;
	}
	/* Writing over what is there needs nothing. */
	CHECK_EQ(pwrite(fd, "x", 1, written / 2), 1);
	CHECK_EQ(pread(small, back, 10, 0), 4);
	CHECK(ftruncate(fd, 0) == 0);
	CHECK(fsync(fd) == 0);
	CHECK_EQ(write(fd, buf, MIB), MIB);
	close(fd);
	close(small);
	CHECK(unlink("tbig") == 0 && unlink("tsmall") == 0);
	sync();
	CHECK(statvfs(".", &after) == 0);
	CHECK_EQ(after.f_bfree, before.f_bfree);
	free(buf);
	unmounted();
}

CASE(no_inode_is_left)
{
	struct statvfs st;
	unsigned long n = 0, left;
	char name[64];
	int err;

	mounted();
	CHECK(mkdir("tmany", 0755) == 0);
	CHECK(statvfs(".", &st) == 0);
	left = st.f_ffree;
	for (;; n++) {
		snprintf(name, sizeof(name), "tmany/%lu", n);
		if (touch(name))
			break;
	}
	err = errno;
	/* Blocks for the directory may run out first. */
	CHECK_EQ(err, ENOSPC);
	CHECK(n > 1000 && n <= left);
	FAILS(mkdir("td", 0755), ENOSPC);
	FAILS(symlink("a", "tl"), ENOSPC);
	CHECK(link("tmany/0", "tlink") == 0);
	CHECK(unlink("tlink") == 0);
	CHECK(unlink("tmany/0") == 0);
	CHECK(touch("tone") == 0);
	CHECK(!system("rm -rf tmany tone"));
	CHECK(statvfs(".", &st) == 0);
	CHECK_EQ(st.f_ffree, left + 1);
	unmounted();
}

CASE(many_names_in_one_directory)
{
	const char *want = getenv("LIMITS_NAMES");
	long count = want ? atol(want) : 3000, seen = 0;
	char name[64], first[64], *map;
	struct dirent *e;
	DIR *d;

	/* A minute is for thousands. */
	alarm(60 + (unsigned int)(count / 200));
	mounted();
	CHECK(mkdir("tdir", 0755) == 0 && touch("tfile") == 0);
	map = calloc(1, (size_t)count);
	for (long i = 0; i < count; i++) {
		/* Few inodes: links, but not more than a file may have. */
		snprintf(first, sizeof(first), "tdir/name-%ld", i - i % 30000);
		snprintf(name, sizeof(name), "tdir/name-%ld", i);
		if (i % 30000 ? link(first, name) : touch(name)) {
			tap_fail(__LINE__, "name %ld: %s", i, strerror(errno));
			break;
		}
	}
	d = opendir("tdir");
	while ((e = readdir(d))) {
		long i;

		if (sscanf(e->d_name, "name-%ld", &i) != 1)
			continue;
		CHECK(i >= 0 && i < count && !map[i]);
		map[i] = 1;
		seen++;
	}
	closedir(d);
	CHECK_EQ(seen, count);
	for (long i = 0; i < count; i += 3) {
		snprintf(name, sizeof(name), "tdir/name-%ld", i);
		CHECK(unlink(name) == 0);
	}
	CHECK(access("tdir/name-1", F_OK) == 0);
	FAILS(access("tdir/name-0", F_OK), ENOENT);
	FAILS(rmdir("tdir"), ENOTEMPTY);
	CHECK(!system("rm -r tdir tfile"));
	unmounted();
}

CASE(a_listing_repeats_and_misses_nothing)
{
	char name[64], seen[400] = { 0 };
	struct dirent *e;
	long added = 0, i;
	DIR *d;

	mounted();
	CHECK(mkdir("tgrow", 0755) == 0 && touch("tgrow/first") == 0);
	for (i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "tgrow/old-%ld", i);
		CHECK(link("tgrow/first", name) == 0);
	}
	/* Between two pieces of the listing the directory grows to many times its size. */
	d = opendir("tgrow");
	while ((e = readdir(d))) {
		if (sscanf(e->d_name, "old-%ld", &i) == 1) {
			CHECK(i >= 0 && i < 400);
			CHECK(!seen[i]);
			seen[i] = 1;
		}
		for (int k = 0; k < 8 && added < 3000; k++, added++) {
			snprintf(name, sizeof(name), "tgrow/new-%ld", added);
			CHECK(link("tgrow/first", name) == 0);
		}
	}
	for (i = 0; i < 400; i++)
		CHECK(seen[i]);
	/* A place that was told leads back to it. */
	rewinddir(d);
	for (i = 0; i < 50; i++)
		CHECK(readdir(d));
	long at = telldir(d);
	e = readdir(d);
	CHECK(e);
	strcpy(name, e->d_name);
	for (i = 0; i < 500; i++)
		CHECK(readdir(d));
	seekdir(d, at);
	e = readdir(d);
	CHECK(e && !strcmp(e->d_name, name));
	closedir(d);
	CHECK(!system("rm -r tgrow"));
	unmounted();
}

CASE(a_sparse_file_of_a_terabyte)
{
	static const loff_t places[] = { 0, 1L << 30, 17L << 30, (1L << 34) - 3 };
	struct stat st;
	char c[4];
	int fd, too_long;

	mounted();
	fd = open("tsparse", O_RDWR | O_CREAT, 0644);
	/* What the layout allows: block maps of 1 KiB blocks end at 16 GiB. */
	for (unsigned i = 0; i < 4; i++) {
		ssize_t n = pwrite(fd, "here", 4, places[i]);
		int err = errno;

		if (n == 4) {
			CHECK_EQ(pread(fd, c, 4, places[i]), 4);
			CHECK(!memcmp(c, "here", 4));
		} else {
			CHECK_EQ(err, EFBIG);
		}
	}
	too_long = ftruncate(fd, 1L << 40) ? errno : 0;
	if (!too_long) {
		CHECK(fstat(fd, &st) == 0 && st.st_size == 1L << 40);
		CHECK_EQ(pwrite(fd, "end", 3, (1L << 40) - 3), 3);
		CHECK_EQ(pread(fd, c, 4, (1L << 40) - 3), 3);
		CHECK(!memcmp(c, "end", 3));
		CHECK_EQ(pread(fd, c, 4, 1L << 39), 4);
		CHECK(!memcmp(c, "\0\0\0\0", 4));
		CHECK_EQ(lseek(fd, 1L << 35, SEEK_DATA) >> 12, ((1L << 40) - 4096) >> 12);
	} else {
		CHECK_EQ(too_long, EFBIG);
	}
	CHECK(fsync(fd) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_blocks < 2048);
	close(fd);
	CHECK(unlink("tsparse") == 0);
	unmounted();
}

CASE(paths_of_forty_levels)
{
	char part[101], path[4200];

	mounted();
	memset(part, 'd', 100);
	part[0] = 't';
	part[100] = 0;
	for (int i = 0; i < 40; i++)
		CHECK(mkdir(part, 0755) == 0 && chdir(part) == 0);
	CHECK(touch("leaf") == 0);
	for (int i = 0; i < 40; i++)
		CHECK(chdir("..") == 0);
	path[0] = 0;
	for (int i = 0; i < 39; i++)
		sprintf(path + strlen(path), "%s/", part);
	strcat(path, part);
	strcat(path, "/leaf");
	CHECK(access(path, F_OK) == 0);
	strcat(path, "/x");
	FAILS(access(path, F_OK), ENOTDIR);
	path[strlen(path) - 7] = 0;
	memset(path + strlen(path), '/', 200);
	path[4150] = 0;
	CHECK(!system("rm -r t*"));
	unmounted();
}

/* Names move between two directories; each process has names of its own and takes others'. */
static int storm(int number)
{
	char from[64], to[64];
	unsigned state = (unsigned)number * 2654435761u + 1;

	for (int i = 0; i < 1500; i++) {
		state = state * 1103515245 + 12345;
		snprintf(from, sizeof(from), "t%u/n%u", state >> 16 & 1, (state >> 17) % 24);
		state = state * 1103515245 + 12345;
		snprintf(to, sizeof(to), "t%u/n%u", state >> 16 & 1, (state >> 17) % 24);
		if (state >> 28 == 0 && !mkdir(from, 0755))
			continue;
		if (state >> 28 == 1 && (!rmdir(from) || !unlink(from)))
			continue;
		if (state >> 28 == 2 && !touch(from))
			continue;
		if (rename(from, to) && errno != ENOENT && errno != EISDIR && errno != ENOTDIR &&
		    errno != ENOTEMPTY && errno != EEXIST && errno != EINVAL)
			return errno;
	}
	return 0;
}

CASE(rename_storms)
{
	int st;

	mounted();
	CHECK(mkdir("t0", 0755) == 0 && mkdir("t1", 0755) == 0);
	for (int i = 0; i < 4; i++)
		if (!fork())
			_exit(storm(i));
	for (int i = 0; i < 4; i++)
		CHECK(wait(&st) > 0 && st == 0);
	CHECK(!system("find t0 t1 | sort | uniq -d | grep . && exit 1; exit 0"));
	CHECK(!system("rm -r t0 t1"));
	unmounted();
}
TAP_MAIN
