// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk through its node: buffered, direct and mapped access, ioctls, partitions. nvme.c is this
 * file with another disk.
 *
 * guest-disk: 64
 */
#include "../tap.h"

#include <stdbool.h>

#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#ifndef NAME
#define NAME	"vda"
#define P	""		/* between a disk's name and a partition's number */
#endif
#ifndef UNKNOWN
#define UNKNOWN	ENOTTY		/* what the disk says to an ioctl that nobody knows */
#endif
#define DISK	"/dev/" NAME
#define SIZE	(64L << 20)

static int open_disk(int flags)
{
	int fd = open(DISK, flags);

	if (fd < 0)
		tap_fail(__LINE__, "cannot open " DISK ": %s", strerror(errno));
	return fd;
}

static void fill(uint8_t *p, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1103515245 + 12345;
		p[i] = seed >> 16;
	}
}

static bool has(const uint8_t *p, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1103515245 + 12345;
		if (p[i] != (uint8_t)(seed >> 16))
			return false;
	}
	return true;
}

static void *aligned(size_t n)
{
	void *p = NULL;

	return posix_memalign(&p, 4096, n) ? NULL : p;
}

CASE(sizes_are_told)
{
	int fd = open_disk(O_RDONLY), block = 0, ro = 7;
	uint64_t bytes = 0;
	unsigned long sectors = 0;
	struct stat st;

	CHECK(!ioctl(fd, BLKGETSIZE64, &bytes));
	CHECK_EQ(bytes, SIZE);
	CHECK(!ioctl(fd, BLKGETSIZE, &sectors));
	CHECK_EQ(sectors, SIZE / 512);
	CHECK(!ioctl(fd, BLKSSZGET, &block));
	CHECK_EQ(block, 512);
	CHECK(!ioctl(fd, BLKROGET, &ro));
	CHECK_EQ(ro, 0);
	CHECK(!fstat(fd, &st) && S_ISBLK(st.st_mode));
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), SIZE);
	FAILS(lseek(fd, SIZE + 1, SEEK_SET), EINVAL);
	FAILS(ioctl(fd, 0x12345678, 0), UNKNOWN);
}

CASE(buffered_data_comes_back)
{
	size_t n = 3 << 20;
	uint8_t *buf = malloc(n);
	int fd = open_disk(O_RDWR);

	fill(buf, n, 1);
	CHECK_EQ(pwrite(fd, buf, n, 12345), n);
	CHECK(!fsync(fd));
	CHECK(!ioctl(fd, BLKFLSBUF, 0));
	memset(buf, 0, n);
	CHECK_EQ(pread(fd, buf, n, 12345), n);
	CHECK(has(buf, n, 1));
	close(fd);
	fd = open_disk(O_RDONLY);
	memset(buf, 0, n);
	CHECK_EQ(pread(fd, buf, n, 12345), n);
	CHECK(has(buf, n, 1));
	FAILS(write(fd, buf, 1), EBADF);
}

CASE(the_end_is_respected)
{
	uint8_t buf[8192];
	int fd = open_disk(O_RDWR);

	fill(buf, sizeof(buf), 2);
	CHECK_EQ(pwrite(fd, buf, sizeof(buf), SIZE - 4096), 4096);
	FAILS(pwrite(fd, buf, 1, SIZE), ENOSPC);
	CHECK_EQ(pread(fd, buf, sizeof(buf), SIZE - 1000), 1000);
	CHECK_EQ(pread(fd, buf, sizeof(buf), SIZE), 0);
	CHECK_EQ(pread(fd, buf, sizeof(buf), SIZE + 4096), 0);
}

CASE(direct_io_needs_alignment)
{
	uint8_t *buf = aligned(65536);
	int fd = open_disk(O_RDWR | O_DIRECT);

	fill(buf, 65536, 3);
	CHECK_EQ(pwrite(fd, buf, 65536, 1 << 20), 65536);
	memset(buf, 0, 65536);
	CHECK_EQ(pread(fd, buf, 65536, 1 << 20), 65536);
	CHECK(has(buf, 65536, 3));
	CHECK_EQ(pread(fd, buf + 512, 512, (1 << 20) + 512), 512);
	FAILS(pread(fd, buf, 100, 0), EINVAL);
	FAILS(pread(fd, buf, 512, 100), EINVAL);
	FAILS(pread(fd, buf + 1, 512, 0), EINVAL);
	CHECK_EQ(pread(fd, buf, 8192, SIZE - 4096), 4096);
	CHECK_EQ(pread(fd, buf, 8192, SIZE), 0);
	FAILS(pread(fd, (void *)4096, 4096, 0), EFAULT);
}

CASE(direct_and_buffered_agree)
{
	uint8_t *buf = aligned(16384);
	int d = open_disk(O_RDWR | O_DIRECT), b = open_disk(O_RDWR);

	fill(buf, 16384, 4);
	CHECK_EQ(pwrite(b, buf, 16384, 2 << 20), 16384);
	memset(buf, 0, 16384);
	CHECK_EQ(pread(d, buf, 16384, 2 << 20), 16384);
	CHECK(has(buf, 16384, 4));
	fill(buf, 16384, 5);
	CHECK_EQ(pwrite(d, buf, 16384, 2 << 20), 16384);
	memset(buf, 0, 16384);
	CHECK_EQ(pread(b, buf, 16384, 2 << 20), 16384);
	CHECK(has(buf, 16384, 5));
}

CASE(large_direct_io)
{
	size_t n = 8 << 20;
	uint8_t *buf = aligned(n);
	int fd = open_disk(O_RDWR | O_DIRECT);

	fill(buf, n, 6);
	CHECK_EQ(pwrite(fd, buf, n, 16 << 20), n);
	memset(buf, 0, n);
	CHECK_EQ(pread(fd, buf, n, 16 << 20), n);
	CHECK(has(buf, n, 6));
}

CASE(mapped_writes_reach_the_disk)
{
	int fd = open_disk(O_RDWR), d;
	uint8_t *buf = aligned(8192), *map;

	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4 << 20);
	CHECK(map != MAP_FAILED);
	fill(map, 8192, 7);
	CHECK(!msync(map, 8192, MS_SYNC));
	d = open_disk(O_RDONLY | O_DIRECT);
	CHECK_EQ(pread(d, buf, 8192, 4 << 20), 8192);
	CHECK(has(buf, 8192, 7));
	CHECK(!munmap(map, 8192));
}

CASE(exclusive_open_excludes)
{
	int fd = open_disk(O_RDWR | O_EXCL), other;

	FAILS(open(DISK, O_RDWR | O_EXCL), EBUSY);
	other = open(DISK, O_RDWR);
	CHECK(other >= 0);
	close(fd);
	fd = open(DISK, O_RDWR | O_EXCL);
	CHECK(fd >= 0);
}

CASE(zeroout_and_discard)
{
	uint8_t *buf = aligned(65536);
	uint64_t range[2] = { 5 << 20, 32768 };
	int fd = open_disk(O_RDWR), ro;

	fill(buf, 65536, 8);
	CHECK_EQ(pwrite(fd, buf, 65536, 5 << 20), 65536);
	CHECK(!ioctl(fd, BLKZEROOUT, range));
	CHECK_EQ(pread(fd, buf, 65536, 5 << 20), 65536);
	for (int i = 0; i < 32768; i++)
		if (buf[i]) {
			tap_fail(__LINE__, "byte %d is not zero", i);
			break;
		}
	CHECK(!ioctl(fd, BLKDISCARD, range));
	range[0] = 100;
	FAILS(ioctl(fd, BLKZEROOUT, range), EINVAL);
	range[0] = SIZE;
	FAILS(ioctl(fd, BLKZEROOUT, range), EINVAL);
	ro = open_disk(O_RDONLY);
	FAILS(ioctl(ro, BLKZEROOUT, range), EBADF);
}

static unsigned long long disk_stat(int field)
{
	char line[256], name[32];
	unsigned long long v[20] = { 0 }, ma, mi;
	FILE *f = fopen("/proc/diskstats", "r");

	while (f && fgets(line, sizeof(line), f)) {
		int at = 0;

		if (sscanf(line, "%llu %llu %31s%n", &ma, &mi, name, &at) == 3 && !strcmp(name, NAME)) {
			char *p = line + at;

			for (int i = 0; i < 17; i++)
				v[i] = strtoull(p, &p, 10);
		}
	}
	if (f)
		fclose(f);
	return v[field];
}

CASE(io_is_accounted)
{
	uint8_t *buf = aligned(65536);
	int fd = open_disk(O_RDWR | O_DIRECT);
	unsigned long long reads = disk_stat(0), rsect = disk_stat(2), writes = disk_stat(4),
			   wsect = disk_stat(6), flushes = disk_stat(15);

	memset(buf, 1, 65536);
	CHECK_EQ(pwrite(fd, buf, 65536, 0), 65536);
	CHECK_EQ(pread(fd, buf, 4096, 0), 4096);
	CHECK(!fsync(fd));
	CHECK_EQ(disk_stat(2) - rsect, 8);
	CHECK_EQ(disk_stat(6) - wsect, 128);
	CHECK(disk_stat(0) > reads);
	CHECK(disk_stat(4) > writes);
	CHECK(disk_stat(15) > flushes);
	CHECK_EQ(disk_stat(8), 0);
}

CASE(many_at_once)
{
	enum { JOBS = 4, BLOCKS = 200 };
	int status, bad = 0;

	for (int j = 0; j < JOBS; j++) {
		if (!fork()) {
			uint8_t *buf = aligned(4096);
			int fd = open(DISK, O_RDWR | (j & 1 ? O_DIRECT : 0));

			for (int i = 0; i < BLOCKS; i++) {
				off_t at = (32L << 20) + ((i * 7 % BLOCKS) * JOBS + j) * 4096L;

				fill(buf, 4096, j * 1000 + i);
				if (pwrite(fd, buf, 4096, at) != 4096)
					_exit(1);
				memset(buf, 0, 4096);
				if (pread(fd, buf, 4096, at) != 4096 || !has(buf, 4096, j * 1000 + i))
					_exit(2);
			}
			_exit(fsync(fd) ? 3 : 0);
		}
	}
	for (int j = 0; j < JOBS; j++) {
		wait(&status);
		bad |= status;
	}
	CHECK_EQ(bad, 0);
}

/* ---- partitions ---- */

static void put32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }
static void put64(uint8_t *p, uint64_t v) { memcpy(p, &v, 8); }

static void mbr_entry(uint8_t *mbr, int i, int type, uint32_t start, uint32_t count)
{
	uint8_t *e = mbr + 0x1be + 16 * i;

	memset(e, 0, 16);
	e[4] = type;
	put32(e + 8, start);
	put32(e + 12, count);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
}

/* Size in sectors that sysfs tells, -1 if there is no such partition. */
static long part_size(const char *name, const char *what)
{
	char path[128];
	long v = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/block/%s/%s", name, what);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%ld", &v) != 1)
			v = -2;
		fclose(f);
	}
	return v;
}

static int reread(void)
{
	int fd = open_disk(O_RDWR), r = ioctl(fd, BLKRRPART, 0), e = errno;

	close(fd);
	errno = e;
	return r;
}

static void wipe(void)
{
	uint8_t zero[512 * 64] = { 0 };
	int fd = open_disk(O_RDWR);

	CHECK_EQ(pwrite(fd, zero, sizeof(zero), 0), sizeof(zero));
	CHECK_EQ(pwrite(fd, zero, sizeof(zero), SIZE - sizeof(zero)), sizeof(zero));
	CHECK(!fsync(fd));
	close(fd);
}

CASE(mbr_partitions)
{
	uint8_t mbr[512] = { 0 }, ebr[512] = { 0 }, buf[512];
	int fd, p;

	wipe();
	mbr_entry(mbr, 0, 0x83, 2048, 4096);
	mbr_entry(mbr, 1, 0x05, 8192, 16384);
	mbr_entry(mbr, 3, 0x82, 40960, 1000);
	put32(mbr + 0x1b8, 0x12345678);
	fd = open_disk(O_RDWR);
	CHECK_EQ(pwrite(fd, mbr, 512, 0), 512);
	mbr_entry(ebr, 0, 0x83, 64, 100);
	mbr_entry(ebr, 1, 0x05, 4096, 4096);
	CHECK_EQ(pwrite(fd, ebr, 512, 8192 * 512), 512);
	mbr_entry(ebr, 0, 0x83, 63, 200);
	memset(ebr + 0x1be + 16, 0, 16);
	CHECK_EQ(pwrite(fd, ebr, 512, (8192 + 4096) * 512), 512);
	CHECK(!fsync(fd));
	close(fd);
	CHECK(!reread());
	CHECK_EQ(part_size(NAME P "1", "size"), 4096);
	CHECK_EQ(part_size(NAME P "1", "start"), 2048);
	CHECK_EQ(part_size(NAME P "1", "partition"), 1);
	CHECK_EQ(part_size(NAME P "2", "size"), 2);
	CHECK_EQ(part_size(NAME P "3", "size"), -1);
	CHECK_EQ(part_size(NAME P "4", "size"), 1000);
	CHECK_EQ(part_size(NAME P "5", "start"), 8192 + 64);
	CHECK_EQ(part_size(NAME P "5", "size"), 100);
	CHECK_EQ(part_size(NAME P "6", "start"), 8192 + 4096 + 63);
	CHECK_EQ(part_size(NAME P "6", "size"), 200);
	CHECK_EQ(part_size(NAME P "7", "size"), -1);
	p = open(DISK P "1", O_RDWR);
	CHECK(p >= 0);
	memset(buf, 0x5a, 512);
	CHECK_EQ(pwrite(p, buf, 512, 512), 512);
	CHECK(!fsync(p));
	FAILS(reread(), EBUSY);
	close(p);
	fd = open_disk(O_RDONLY | O_DIRECT);
	uint8_t *d = aligned(512);
	CHECK_EQ(pread(fd, d, 512, 2049 * 512), 512);
	CHECK(d[0] == 0x5a && d[511] == 0x5a);
	close(fd);
	wipe();
	CHECK(!reread());
	CHECK_EQ(part_size(NAME P "1", "size"), -1);
	FAILS(open(DISK P "1", O_RDONLY), ENOENT);
}

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t c = ~0u;

	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c;
}

static uint8_t gpt_table[128 * 128];

static void gpt_header(uint8_t *h, uint64_t me, uint64_t other, uint64_t table)
{
	memset(h, 0, 512);
	memcpy(h, "EFI PART", 8);
	put32(h + 8, 0x10000);
	put32(h + 12, 92);
	put64(h + 24, me);
	put64(h + 32, other);
	put64(h + 40, 34);
	put64(h + 48, SIZE / 512 - 34);
	memset(h + 56, 0x77, 16);
	put64(h + 72, table);
	put32(h + 80, 128);
	put32(h + 84, 128);
	put32(h + 88, crc32(gpt_table, sizeof(gpt_table)));
	put32(h + 16, crc32(h, 92));
}

static void gpt_entry(int i, uint64_t first, uint64_t last, const char *name)
{
	uint8_t *e = gpt_table + 128 * i;

	memset(e, 0x11, 16);
	memset(e + 16, 0x20 + i, 16);
	put64(e + 32, first);
	put64(e + 40, last);
	for (int k = 0; name[k]; k++)
		e[56 + 2 * k] = name[k];
}

static void write_gpt(int fd)
{
	uint8_t sector[512] = { 0 };
	uint64_t last = SIZE / 512 - 1;

	memset(gpt_table, 0, sizeof(gpt_table));
	gpt_entry(0, 2048, 4095, "first");
	gpt_entry(2, 8192, 8192 + 999, "third");
	gpt_entry(5, 20, 30, "among the table");
	gpt_entry(6, 9000, SIZE / 512, "past the end");
	mbr_entry(sector, 0, 0xee, 1, last);
	CHECK_EQ(pwrite(fd, sector, 512, 0), 512);
	gpt_header(sector, 1, last, 2);
	CHECK_EQ(pwrite(fd, sector, 512, 512), 512);
	CHECK_EQ(pwrite(fd, gpt_table, sizeof(gpt_table), 1024), sizeof(gpt_table));
	gpt_header(sector, last, 1, last - 32);
	CHECK_EQ(pwrite(fd, sector, 512, last * 512), 512);
	CHECK_EQ(pwrite(fd, gpt_table, sizeof(gpt_table), (last - 32) * 512), sizeof(gpt_table));
	CHECK(!fsync(fd));
}

CASE(gpt_partitions)
{
	uint8_t junk[512];
	int fd;

	wipe();
	fd = open_disk(O_RDWR);
	write_gpt(fd);
	CHECK(!ioctl(fd, BLKRRPART, 0));
	CHECK_EQ(part_size(NAME P "1", "start"), 2048);
	CHECK_EQ(part_size(NAME P "1", "size"), 2048);
	CHECK_EQ(part_size(NAME P "2", "size"), -1);
	CHECK_EQ(part_size(NAME P "3", "size"), 1000);
	CHECK_EQ(part_size(NAME P "6", "size"), 11);
	CHECK_EQ(part_size(NAME P "7", "size"), -1);
	close(fd);
	wipe();
	fd = open_disk(O_RDWR);
	memset(junk, 0xff, 512);
	write_gpt(fd);
	/* A damaged table is not believed. */
	CHECK_EQ(pwrite(fd, junk, 512, 1024), 512);
	CHECK_EQ(pwrite(fd, junk, 512, SIZE - 33 * 512), 512);
	CHECK(!fsync(fd));
	CHECK(!ioctl(fd, BLKRRPART, 0));
	CHECK_EQ(part_size(NAME P "3", "size"), -1);
	close(fd);
	wipe();
	CHECK(!reread());
}

CASE(partitions_by_hand)
{
	struct blkpg_partition p = { .start = 1 << 20, .length = 2 << 20, .pno = 4 };
	struct blkpg_ioctl_arg a = { .op = BLKPG_ADD_PARTITION, .datalen = sizeof(p), .data = &p };
	int fd = open_disk(O_RDWR), part;

	CHECK(!ioctl(fd, BLKPG, &a));
	CHECK_EQ(part_size(NAME P "4", "size"), 4096);
	FAILS(ioctl(fd, BLKPG, &a), EBUSY);
	p.pno = 5;
	FAILS(ioctl(fd, BLKPG, &a), EBUSY);
	p.pno = 4;
	a.op = BLKPG_RESIZE_PARTITION;
	p.length = 1 << 20;
	CHECK(!ioctl(fd, BLKPG, &a));
	CHECK_EQ(part_size(NAME P "4", "size"), 2048);
	a.op = BLKPG_DEL_PARTITION;
	part = open(DISK P "4", O_RDONLY);
	CHECK(part >= 0);
	FAILS(ioctl(fd, BLKPG, &a), EBUSY);
	close(part);
	CHECK(!ioctl(fd, BLKPG, &a));
	FAILS(ioctl(fd, BLKPG, &a), ENXIO);
	CHECK_EQ(part_size(NAME P "4", "size"), -1);
}

CASE(exclusive_partition_excludes_the_disk)
{
	struct blkpg_partition p = { .start = 1 << 20, .length = 2 << 20, .pno = 1 };
	struct blkpg_ioctl_arg a = { .op = BLKPG_ADD_PARTITION, .datalen = sizeof(p), .data = &p };
	int fd = open_disk(O_RDWR), part;

	CHECK(!ioctl(fd, BLKPG, &a));
	part = open(DISK P "1", O_RDWR | O_EXCL);
	CHECK(part >= 0);
	FAILS(open(DISK, O_RDWR | O_EXCL), EBUSY);
	close(part);
	part = open(DISK, O_RDWR | O_EXCL);
	CHECK(part >= 0);
	FAILS(open(DISK P "1", O_RDWR | O_EXCL), EBUSY);
	close(part);
	a.op = BLKPG_DEL_PARTITION;
	CHECK(!ioctl(fd, BLKPG, &a));
}
TAP_MAIN
