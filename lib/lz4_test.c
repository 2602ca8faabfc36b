/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/lz4.h>
#include <tern/lib/unzip.h>

#include "test_impl.h"

static bool comes_back(const u8 *src, size_t len, size_t *packed)
{
	static u8 out[70000], back[70000];
	struct lz4_work w;
	ssize_t n = lz4_compress_block(&w, out, sizeof(out), src, len);

	if (n < 0)
		return false;
	*packed = (size_t)n;
	return unzip_lz4_block(back, len, out, (size_t)n) == (ssize_t)len && !memcmp(back, src, len);
}

TEST(lib_lz4, all_kinds_come_back)
{
	static u8 src[65535];
	u64 rng = 9;
	size_t packed;

	for (size_t len = 0; len < 300; len++) {
		memset(src, 'a', len);
		EXPECT(comes_back(src, len, &packed));
	}
	for (u32 kind = 1; kind <= 256; kind *= 2) {
		for (size_t i = 0; i < sizeof(src); i++)
			src[i] = (u8)(test_random(&rng) % kind);
		EXPECT(comes_back(src, 4096, &packed));
		EXPECT(comes_back(src, sizeof(src), &packed));
	}
	memset(src, 0, sizeof(src));
	EXPECT(comes_back(src, 4096, &packed));
	EXPECT(packed < 40);
}

TEST(lib_lz4, never_past_the_room)
{
	static u8 src[4096], out[5000];
	struct lz4_work w;
	u64 rng = 5;
	ssize_t full;

	for (size_t i = 0; i < sizeof(src); i++)
		src[i] = (u8)(test_random(&rng) % 8);
	full = lz4_compress_block(&w, out, sizeof(out), src, sizeof(src));
	EXPECT(full > 0);
	for (size_t room = 0; room < (size_t)full; room += 7) {
		memset(out, 0xee, sizeof(out));
		EXPECT_EQ(lz4_compress_block(&w, out, room, src, sizeof(src)), -ENOSPC);
		EXPECT_EQ(out[room], 0xee);
	}
	EXPECT_EQ(lz4_compress_block(&w, out, (size_t)full, src, sizeof(src)), full);
}
