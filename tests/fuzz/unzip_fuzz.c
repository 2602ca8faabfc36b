/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All decompressors. Format by its magic; zlib and bare deflate, which have
 * none, by the first byte. The length decides how the input is cut to pieces.
 * Check sums of xz headers are put right, so that mutations get past them.
 */
#include "fuzz.h"

#include <tern/lib/bits.h>
#include <tern/lib/crc.h>
#include <tern/lib/string.h>
#include <tern/lib/unzip.h>
#include <uapi/errno.h>

#define OUTPUT_MAX	(4UL << 20)

static int count(void *ctx, const void *data, size_t len)
{
	size_t *total = ctx;
	const u8 *p = data;
	u8 sum = 0;

	/* touch all of it */
	for (size_t i = 0; i < len; i++)
		sum ^= p[i];
	*(volatile u8 *)&sum = sum;
	*total += len;
	return *total > OUTPUT_MAX ? -ENOSPC : 0;
}

static void fix_xz(u8 *p, size_t len)
{
	size_t size;

	if (len < 13)
		return;
	put_le32(p + 8, crc32_update(0, p + 6, 2));
	size = (p[12] + 1UL) * 4;
	if (p[12] && len - 12 >= size)
		put_le32(p + 12 + size - 4, crc32_update(0, p + 12, size - 4));
}

static bool is_known_error(int err)
{
	return err == -EBADMSG || err == -ENODATA || err == -EPROTONOSUPPORT ||
	       err == -EOPNOTSUPP || err == -ENOMEM || err == -ENOSPC;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum unzip_format format = unzip_detect(data, size);
	size_t heap = 0, total = 0, at = 0, used, piece = size % 4 ? size : 1 + size % 61;
	struct lib_alloc alloc = { fuzz_heap_get, fuzz_heap_put, &heap };
	struct unzip u;
	u8 *copy;
	int r;

	if (!size)
		return 0;
	if (format == UNZIP_UNKNOWN)
		format = data[0] == 0x78 ? UNZIP_ZLIB : UNZIP_DEFLATE;
	copy = malloc(size);
	memcpy(copy, data, size);
	if (format == UNZIP_XZ)
		fix_xz(copy, size);
	r = unzip_open(&u, format, &alloc, count, &total);
	while (!r && at < size) {
		size_t n = min(piece, size - at);

		r = unzip_feed(&u, copy + at, n, &used);
		FUZZ_CHECK(used <= n);
		at += n;
	}
	if (r >= 0)
		r = unzip_finish(&u);
	FUZZ_CHECK(!r || is_known_error(r));
	unzip_close(&u);
	FUZZ_CHECK(!heap);
	free(copy);
	return 0;
}
