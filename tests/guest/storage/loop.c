// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loop devices over files of the memory file system.
 *
 * guest-modules: loop
 */
#include "../tap.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#define MIB	(1 << 20)

/* A device bound to @file (or -1: unbound); its name in @name. */
static int loop_get(char *name, int file, int flags)
{
	int ctl = open("/dev/loop-control", O_RDWR), n, fd = -1;

	for (int i = 0; i < 100 && ctl >= 0; i++) {
		n = ioctl(ctl, LOOP_CTL_GET_FREE);
		sprintf(name, "/dev/loop%d", n);
		fd = n < 0 ? -1 : open(name, flags);
		if (fd < 0 || file < 0 || !ioctl(fd, LOOP_SET_FD, file))
			break;
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		tap_fail(__LINE__, "no loop device: %s", strerror(errno));
	close(ctl);
	return fd;
}

static int file_of(const char *name, off_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && !ftruncate(fd, size));
	return fd;
}

CASE(data_reaches_the_file)
{
	char name[32], buf[8192];
	int file = file_of("image", MIB), fd = loop_get(name, file, O_RDWR);
	uint64_t size = 0;

	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, MIB);
	memset(buf, 0x42, sizeof(buf));
	CHECK_EQ(pwrite(fd, buf, sizeof(buf), 10000), sizeof(buf));
	CHECK(!fsync(fd));
	memset(buf, 0, sizeof(buf));
	CHECK_EQ(pread(file, buf, sizeof(buf), 10000), sizeof(buf));
	CHECK(buf[0] == 0x42 && buf[8191] == 0x42);
	CHECK_EQ(pread(file, buf, 1, 9999), 1);
	CHECK(!buf[0]);
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(pread(fd, buf, 1, 0) <= 0, 1);
}

CASE(offset_and_limit)
{
	char name[32], buf[512];
	int file = file_of("image", MIB), fd;
	struct loop_info64 info = { .lo_offset = 4096, .lo_sizelimit = 65536 }, got;
	uint64_t size = 0;

	memset(buf, 7, sizeof(buf));
	CHECK_EQ(pwrite(file, buf, 512, 4096), 512);
	fd = loop_get(name, file, O_RDWR);
	strcpy((char *)info.lo_file_name, "some name");
	CHECK(!ioctl(fd, LOOP_SET_STATUS64, &info));
	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, 65536);
	CHECK_EQ(pread(fd, buf, 512, 0), 512);
	CHECK_EQ(buf[100], 7);
	CHECK(!ioctl(fd, LOOP_GET_STATUS64, &got));
	CHECK_EQ(got.lo_offset, 4096);
	CHECK_EQ(got.lo_sizelimit, 65536);
	CHECK_EQ(got.lo_number, atoi(name + 9));
	CHECK_STR((char *)got.lo_file_name, "some name");
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
	FAILS(ioctl(fd, LOOP_GET_STATUS64, &got), ENXIO);
	FAILS(ioctl(fd, LOOP_CLR_FD, 0), ENXIO);
}

CASE(size_follows_the_file_when_told)
{
	char name[32];
	int file = file_of("image", MIB), fd = loop_get(name, file, O_RDWR);
	uint64_t size = 0;

	CHECK(!ftruncate(file, 2 * MIB));
	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, MIB);
	CHECK(!ioctl(fd, LOOP_SET_CAPACITY, 0));
	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, 2 * MIB);
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
}

/* Pages that were not written are no reason to wait for. */
CASE(cleared_with_dirty_pages)
{
	char name[32], buf[65536] = { 1 };
	int file = file_of("image", MIB), fd = loop_get(name, file, O_RDWR);
	uint64_t size = 1;

	for (int i = 0; i < 16; i++)
		CHECK_EQ(pwrite(fd, buf, sizeof(buf), i * (off_t)sizeof(buf)), sizeof(buf));
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, 0);
}

CASE(made_smaller_with_dirty_pages)
{
	char name[32], buf[65536] = { 1 };
	int file = file_of("image", MIB), fd = loop_get(name, file, O_RDWR);
	struct loop_info64 info = { .lo_sizelimit = 65536 };
	uint64_t size = 1;

	for (int i = 0; i < 16; i++)
		CHECK_EQ(pwrite(fd, buf, sizeof(buf), i * (off_t)sizeof(buf)), sizeof(buf));
	CHECK(!ioctl(fd, LOOP_SET_STATUS64, &info));
	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, 65536);
	CHECK_EQ(pread(file, buf, 1, MIB - (off_t)sizeof(buf)), 1);
	CHECK_EQ(buf[0], 1);
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
}

CASE(read_only_file_makes_a_read_only_disk)
{
	char name[32], buf[512] = { 0 };
	int rw = file_of("image", MIB), ro = open("image", O_RDONLY), fd, v = 0;

	(void)rw;
	fd = loop_get(name, ro, O_RDWR);
	CHECK(!ioctl(fd, BLKROGET, &v));
	CHECK_EQ(v, 1);
	FAILS(pwrite(fd, buf, 512, 0), EPERM);
	CHECK_EQ(pread(fd, buf, 512, 0), 512);
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
}

CASE(wrong_files_are_refused)
{
	char name[32];
	int fd = loop_get(name, -1, O_RDWR), dir = open(".", O_RDONLY), self;

	FAILS(ioctl(fd, LOOP_SET_FD, 99), EBADF);
	FAILS(ioctl(fd, LOOP_SET_FD, dir), EINVAL);
	self = open(name, O_RDWR);
	FAILS(ioctl(fd, LOOP_SET_FD, self), EBADF);
	FAILS(ioctl(fd, 0x4cff, 0), EINVAL);
}

CASE(a_bound_device_stays_until_the_last_close)
{
	char name[32], buf[512];
	int file = file_of("image", MIB), fd = loop_get(name, file, O_RDWR), other = open(name, O_RDWR);
	struct loop_info64 info;

	CHECK(other >= 0);
	FAILS(ioctl(other, LOOP_SET_FD, file), EBUSY);
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
	CHECK(!ioctl(fd, LOOP_GET_STATUS64, &info));
	CHECK(info.lo_flags & LO_FLAGS_AUTOCLEAR);
	CHECK_EQ(pread(fd, buf, 512, 0), 512);
	close(fd);
	close(other);
	fd = open(name, O_RDWR);
	FAILS(ioctl(fd, LOOP_GET_STATUS64, &info), ENXIO);
}

CASE(configure_sets_all_at_once)
{
	char name[32];
	int file = file_of("image", MIB), fd = loop_get(name, -1, O_RDWR), v = 0;
	struct loop_config c = { .fd = file, .block_size = 4096,
				 .info = { .lo_offset = 8192, .lo_flags = LO_FLAGS_AUTOCLEAR } };
	uint64_t size = 0;

	CHECK(!ioctl(fd, LOOP_CONFIGURE, &c));
	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, MIB - 8192);
	CHECK(!ioctl(fd, BLKSSZGET, &v));
	CHECK_EQ(v, 4096);
	close(fd);
	fd = open(name, O_RDWR);
	FAILS(ioctl(fd, LOOP_GET_STATUS64, &c.info), ENXIO);
}

CASE(discard_punches_holes)
{
	char name[32], *buf = malloc(MIB);
	int file = file_of("image", MIB), fd = loop_get(name, file, O_RDWR);
	uint64_t range[2] = { 65536, 262144 };
	struct stat before, after;

	memset(buf, 9, MIB);
	CHECK_EQ(pwrite(fd, buf, MIB, 0), MIB);
	CHECK(!fsync(fd));
	CHECK(!fstat(file, &before));
	CHECK(!ioctl(fd, BLKDISCARD, range));
	CHECK(!fstat(file, &after));
	CHECK_EQ(before.st_blocks - after.st_blocks, 512);
	CHECK_EQ(pread(fd, buf, MIB, 0), MIB);
	CHECK(buf[65535] == 9 && !buf[65536] && !buf[65536 + 262143] && buf[65536 + 262144] == 9);
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
}

CASE(partitions_if_wanted)
{
	static const unsigned char entry[16] = { 0, 0, 0, 0, 0x83, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0, 0 };
	unsigned char mbr[512] = { 0 };
	char name[32], part[40];
	int file = file_of("image", MIB), fd = loop_get(name, -1, O_RDWR), p;
	struct loop_config c = { .fd = file, .info = { .lo_flags = LO_FLAGS_PARTSCAN } };
	uint64_t size = 0;

	memcpy(mbr + 0x1be, entry, 16);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	CHECK_EQ(pwrite(file, mbr, 512, 0), 512);
	CHECK(!ioctl(fd, LOOP_CONFIGURE, &c));
	sprintf(part, "%sp1", name);
	p = open(part, O_RDONLY);
	CHECK(p >= 0);
	CHECK(!ioctl(p, BLKGETSIZE64, &size));
	CHECK_EQ(size, 8192);
	close(p);
	CHECK(!ioctl(fd, LOOP_CLR_FD, 0));
	close(fd);
	FAILS(open(part, O_RDONLY), ENOENT);
}
TAP_MAIN
