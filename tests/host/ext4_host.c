// SPDX-License-Identifier: GPL-2.0-only
/* Surroundings of the ext4 volume code on the build machine, and its disk. */
#include "../../fs/ext4/hostdisk.h"

#include "../../fs/ext4/vol.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pending { uint64_t pos; uint32_t len; uint8_t *data; };

static uint8_t *disk;		/* as the running system sees it */
static uint8_t *stable;		/* what is surely on the platter; NULL: not tracked */
static uint64_t disk_size;
static struct pending *queue;
static size_t queued, queue_room;
static long fail_after = -1, stop_after = -1;
static s64 now_ns = 1700000000000000000L;
static u32 random_state = 12345;
static char image[64];
unsigned long host_disk_writes;

void *hostenv_alloc(size_t size, bool zero) { return zero ? calloc(1, size ? size : 1) : malloc(size ? size : 1); }
void hostenv_free(const void *p) { free((void *)p); }
s64 ext4_now(void) { return now_ns += 1000000; }
u32 ext4_random(void) { return random_state = random_state * 1664525 + 1013904223; }

void ext4_log_va(const char *fmt, va_list ap)
{
	if (!getenv("EXT4_VERBOSE"))
		return;
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
}

void hostenv_log(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ext4_log_va(fmt, ap);
	va_end(ap);
}

bool host_disk_make(const char *args, unsigned mib)
{
	char cmd[512];

	snprintf(image, sizeof(image), "/tmp/tern-ext4.%d.img", (int)getpid());
	snprintf(cmd, sizeof(cmd), "rm -f %s; PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F %s %s %uM >/dev/null 2>&1",
		 image, args, image, mib);
	return system(cmd) == 0 && host_disk_load();
}

bool host_disk_load(void)
{
	int fd = open(image, O_RDONLY);
	off_t n;

	if (fd < 0)
		return false;
	n = lseek(fd, 0, SEEK_END);
	free(disk);
	disk = malloc((size_t)n);
	disk_size = (uint64_t)n;
	for (off_t at = 0; at < n;) {
		ssize_t r = pread(fd, disk + at, (size_t)(n - at), at);

		if (r <= 0)
			break;
		at += r;
	}
	close(fd);
	return true;
}

void host_disk_save(void)
{
	int fd = open(image, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)disk_size))
		abort();
	for (uint64_t at = 0; at < disk_size; at += 4096) {
		static const uint8_t zero[4096];

		if (memcmp(disk + at, zero, 4096) && pwrite(fd, disk + at, 4096, (off_t)at) != 4096)
			abort();
	}
	close(fd);
}

int host_disk_run(const char *fmt)
{
	char cmd[512], full[600];

	snprintf(cmd, sizeof(cmd), fmt, image);
	snprintf(full, sizeof(full), "export PATH=$PATH:/usr/sbin:/sbin; %s", cmd);
	return system(full) >> 8;
}

void host_disk_free(void)
{
	host_disk_track(false);
	free(disk);
	disk = NULL;
	unlink(image);
}

uint64_t host_disk_bytes(void) { return disk_size; }
uint8_t *host_disk_data(void) { return disk; }

static void forget_queue(void)
{
	for (size_t i = 0; i < queued; i++)
		free(queue[i].data);
	queued = 0;
}

void host_disk_track(bool on)
{
	forget_queue();
	free(stable);
	stable = NULL;
	if (on) {
		stable = malloc(disk_size);
		memcpy(stable, disk, disk_size);
	}
}

void host_disk_cut(unsigned seed)
{
	for (size_t i = 0; i < queued; i++) {
		seed = seed * 1103515245 + 12345;
		if (seed >> 16 & 1)
			memcpy(stable + queue[i].pos, queue[i].data, queue[i].len);
	}
	forget_queue();
	memcpy(disk, stable, disk_size);
	stop_after = -1;
}

void host_disk_fail_after(long n) { fail_after = n; }
void host_disk_stop_after(long n) { stop_after = n; }

static bool goes_nowhere(void)
{
	if (stop_after > 0)
		stop_after--;
	return stop_after == 0;
}

static int put(uint64_t pos, const void *data, uint32_t len)
{
	host_disk_writes++;
	if (fail_after == 0)
		return -EIO;
	if (fail_after > 0)
		fail_after--;
	if (pos + len > disk_size)
		return -EIO;
	memcpy(disk + pos, data, len);
	if (!stable || goes_nowhere())
		return 0;
	if (queued == queue_room) {
		queue_room = queue_room ? queue_room * 2 : 256;
		queue = realloc(queue, queue_room * sizeof(*queue));
	}
	queue[queued] = (struct pending){ pos, len, malloc(len) };
	memcpy(queue[queued++].data, data, len);
	return 0;
}

int ext4_io_flush(struct ext4_vol *v)
{
	(void)v;
	if (!stable || goes_nowhere())
		return 0;
	for (size_t i = 0; i < queued; i++)
		memcpy(stable + queue[i].pos, queue[i].data, queue[i].len);
	forget_queue();
	return 0;
}

int ext4_io_read(struct ext4_vol *v, u64 block, void *data)
{
	u64 pos = block << v->geo.block_bits;

	if (pos + v->geo.block_size > disk_size)
		return -EIO;
	memcpy(data, disk + pos, v->geo.block_size);
	return 0;
}

int ext4_io_write(struct ext4_vol *v, const struct ext4_wr *wr, u32 n)
{
	int err = 0;

	for (u32 i = 0; i < n && !err; i++)
		err = put(wr[i].block << v->geo.block_bits, wr[i].data, v->geo.block_size);
	return err;
}

int ext4_io_write_stable(struct ext4_vol *v, u64 block, const void *data)
{
	int err = ext4_io_flush(v);

	if (!err)
		err = put(block << v->geo.block_bits, data, v->geo.block_size);
	return err ? err : ext4_io_flush(v);
}

void ext4_io_discard(struct ext4_vol *v, u64 block, u64 n)
{
	(void)v, (void)block, (void)n;
}
