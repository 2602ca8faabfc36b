// SPDX-License-Identifier: GPL-2.0-only
/*
 * A compressed RAM disk.
 *
 * guest-modules: zram
 */
#include "../tap.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#define SYS	"/sys/block/zram0/"
#define MIB	(1 << 20)

static void fill(unsigned char *p, size_t n, unsigned seed, unsigned kinds)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1103515245 + 12345;
		p[i] = (seed >> 16) % kinds;
	}
}

CASE(size_is_given_once)
{
	uint64_t size = 0;
	int fd;

	if (access("/dev/zram0", F_OK))
		SKIP("no /dev/zram0");
	CHECK(!put_file(SYS "reset", "1"));
	CHECK(!put_file(SYS "disksize", "8M"));
	FAILS(put_file(SYS "disksize", "16M"), EBUSY);
	fd = open("/dev/zram0", O_RDWR);
	CHECK(!ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, 8 * MIB);
	FAILS(put_file(SYS "reset", "1"), EBUSY);
	close(fd);
	CHECK(!put_file(SYS "reset", "1"));
	CHECK_STR(read_file(SYS "disksize"), "0\n");
}

CASE(contents_come_back)
{
	unsigned char *buf = malloc(MIB), *want = malloc(MIB);
	int fd;

	if (access("/dev/zram0", F_OK))
		SKIP("no /dev/zram0");
	CHECK(!put_file(SYS "reset", "1"));
	CHECK(!put_file(SYS "disksize", "8M"));
	fd = open("/dev/zram0", O_RDWR);
	for (int i = 0; i < 6; i++) {
		fill(want, MIB, i, i == 5 ? 256 : 1 << i);
		CHECK_EQ(pwrite(fd, want, MIB, i * MIB), MIB);
	}
	CHECK(!fsync(fd) && !ioctl(fd, BLKFLSBUF, 0));
	for (int i = 0; i < 6; i++) {
		fill(want, MIB, i, i == 5 ? 256 : 1 << i);
		CHECK_EQ(pread(fd, buf, MIB, i * MIB), MIB);
		CHECK(!memcmp(buf, want, MIB));
	}
	CHECK_EQ(pread(fd, buf, MIB, 7 * MIB), MIB);
	memset(want, 0, MIB);
	CHECK(!memcmp(buf, want, MIB));
	close(fd);
	CHECK(!put_file(SYS "reset", "1"));
}

CASE(memory_is_saved_and_given_back)
{
	unsigned long orig = 0, packed = 0, same = 0, used;
	unsigned char *buf = malloc(MIB);
	uint64_t range[2] = { 0, MIB };
	int fd;

	if (access("/dev/zram0", F_OK))
		SKIP("no /dev/zram0");
	CHECK(!put_file(SYS "reset", "1"));
	CHECK(!put_file(SYS "disksize", "8M"));
	fd = open("/dev/zram0", O_RDWR);
	fill(buf, MIB, 3, 2);
	CHECK_EQ(pwrite(fd, buf, MIB, 0), MIB);
	memset(buf, 0x41, MIB);
	CHECK_EQ(pwrite(fd, buf, MIB, MIB), MIB);
	CHECK(!fsync(fd));
	CHECK_EQ(sscanf(read_file(SYS "mm_stat"), "%lu %lu %lu %*u %*u %lu", &orig, &packed, &used, &same), 4);
	CHECK_EQ(orig, 2 * MIB);
	CHECK_EQ(same, 256);
	CHECK(packed > 0 && packed < MIB);
	CHECK(!ioctl(fd, BLKDISCARD, range));
	CHECK_EQ(sscanf(read_file(SYS "mm_stat"), "%lu %lu", &orig, &packed), 2);
	CHECK_EQ(orig, MIB);
	CHECK_EQ(packed, 0);
	close(fd);
	CHECK(!put_file(SYS "reset", "1"));
}
TAP_MAIN
