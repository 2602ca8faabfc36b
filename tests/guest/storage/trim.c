// SPDX-License-Identifier: GPL-2.0-only
/*
 * FITRIM on ext4: a loop device's file shrinks by what no file of the volume has.
 *
 * guest-modules: loop, ext4
 */
#include "../tap.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#define MIB	(1l << 20)

static char name[32];
static int image, loop;

static void start(void)
{
	int ctl = open("/dev/loop-control", O_RDWR);

	image = open("image", O_RDWR | O_CREAT, 0600);
	CHECK(!ftruncate(image, 64 * MIB));
	CHECK_EQ(system("mke2fs -F image >/dev/null 2>&1"), 0);
	sprintf(name, "/dev/loop%d", ioctl(ctl, LOOP_CTL_GET_FREE));
	loop = open(name, O_RDWR);
	CHECK(!ioctl(loop, LOOP_SET_FD, image));
	close(ctl);
	mkdir("m", 0755);
	CHECK_EQ(mount(name, "m", "ext4", 0, NULL), 0);
}

static void stop(void)
{
	CHECK_EQ(umount("m"), 0);
	CHECK(!ioctl(loop, LOOP_CLR_FD, 0));
}

static long used(void)
{
	struct stat st;

	CHECK(!fstat(image, &st));
	return st.st_blocks * 512;
}

static void fill(const char *path, int mib)
{
	static char block[1 << 20];
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	memset(block, 0x5a, sizeof(block));
	for (int i = 0; i < mib; i++)
		CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	CHECK(!fsync(fd));
	close(fd);
}

CASE(free_blocks_are_given_back)
{
	struct fstrim_range r = { .len = UINT64_MAX };
	char byte = 0;
	long full;
	int fd;

	start();
	fill("m/kept", 8);
	fill("m/gone", 24);
	full = used();
	CHECK(full >= 32 * MIB);
	CHECK_EQ(unlink("m/gone"), 0);
	sync();
	fd = open("m", O_RDONLY);
	CHECK(!ioctl(fd, FITRIM, &r));
	CHECK(r.len >= 24 * MIB && r.len < 64 * MIB);
	CHECK(used() < full - 20 * MIB);
	close(fd);
	fd = open("m/kept", O_RDONLY);
	CHECK_EQ(pread(fd, &byte, 1, 8 * MIB - 1), 1);
	CHECK_EQ(byte, 0x5a);
	close(fd);
	fill("m/again", 24);
	stop();
}

CASE(ranges_are_checked)
{
	struct fstrim_range past = { .start = 1l << 40, .len = MIB }, none = { .len = 1 },
			    huge = { .len = UINT64_MAX, .minlen = 1l << 40 };
	int fd;

	start();
	fd = open("m", O_RDONLY);
	FAILS(ioctl(fd, FITRIM, &past), EINVAL);
	FAILS(ioctl(fd, FITRIM, &none), EINVAL);
	FAILS(ioctl(fd, FITRIM, &huge), EINVAL);
	FAILS(ioctl(fd, FITRIM, NULL), EFAULT);
	close(fd);
	stop();
}
TAP_MAIN
