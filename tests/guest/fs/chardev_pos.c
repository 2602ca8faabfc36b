// SPDX-License-Identifier: GPL-2.0-only
/* Positions of /dev/null, zero, full, random, urandom: taken where given, never moved. */
#include "tap.h"

#include <stdbool.h>
#include <sys/uio.h>

static char buf[64];

static void positions_are_taken(const char *path, bool has_data)
{
	int fd = open(path, O_RDWR);
	struct iovec v = { buf, sizeof(buf) };
	ssize_t n = has_data ? (ssize_t)sizeof(buf) : 0;

	NEED(fd >= 0);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 0), n);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 3525550647719173894), n);
	CHECK_EQ(preadv(fd, &v, 1, 4096), n);
	FAILS(pread(fd, buf, sizeof(buf), -1), EINVAL);
	CHECK_EQ(lseek(fd, 4096, SEEK_SET), 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), n);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(lseek(fd, -5, SEEK_END), 0);
	close(fd);
}

CASE(null_has_positions) { positions_are_taken("/dev/null", false); }
CASE(zero_has_positions) { positions_are_taken("/dev/zero", true); }
CASE(full_has_positions) { positions_are_taken("/dev/full", true); }
CASE(random_has_positions) { positions_are_taken("/dev/random", true); }
CASE(urandom_has_positions) { positions_are_taken("/dev/urandom", true); }

CASE(writes_at_positions)
{
	int null = open("/dev/null", O_WRONLY), full = open("/dev/full", O_WRONLY);

	NEED(null >= 0 && full >= 0);
	CHECK_EQ(pwrite(null, buf, 10, 1L << 40), 10);
	FAILS(pwrite(full, buf, 10, 1L << 40), ENOSPC);
	CHECK_EQ(lseek(null, 0, SEEK_CUR), 0);
}

TAP_MAIN
