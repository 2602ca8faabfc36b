/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/sha256.h>

#include <tern/lib/xxhash.h>

#include "test_impl.h"

/* Digest in hexadecimal. */
static const char *hex(const u8 *d)
{
	static char text[65];

	for (int i = 0; i < 32; i++)
		sprintf(text + 2 * i, "%02x", d[i]);
	return text;
}

TEST(lib_sha256, standard_vectors)
{
	u8 d[32];
	static u8 a[1000000];

	sha256_hash("", 0, d);
	EXPECT_STR(hex(d), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hash("abc", 3, d);
	EXPECT_STR(hex(d), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, d);
	EXPECT_STR(hex(d), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(a, 'a', sizeof(a));
	sha256_hash(a, sizeof(a), d);
	EXPECT_STR(hex(d), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(lib_sha256, pieces)
{
	u8 data[200], want[32], got[32];
	u64 rng = 8;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)test_random(&rng);
	for (size_t n = 0; n < sizeof(data); n++) {
		struct sha256 s;

		sha256_hash(data, n, want);
		sha256_begin(&s);
		for (size_t at = 0; at < n; ) {
			size_t k = min(n - at, (size_t)(test_random(&rng) % 70));

			sha256_add(&s, data + at, k);
			at += k;
		}
		sha256_end(&s, got);
		EXPECT_BYTES(got, want, 32);
	}
}

TEST(lib_xxhash, known_values_and_pieces)
{
	u8 data[200];
	u64 rng = 8;

	EXPECT_EQ(xxh32_hash("", 0, 0), 0x02cc5d05);
	EXPECT_EQ(xxh64_hash("", 0, 0), 0xef46db3751d8e999UL);
	EXPECT_EQ(xxh32_hash("abc", 3, 0), 0x32d153ff);
	EXPECT_EQ(xxh64_hash("abc", 3, 0), 0x44bc2cf5ad770999UL);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)test_random(&rng);
	for (size_t n = 0; n < sizeof(data); n++) {
		struct xxh32_ctx a;
		struct xxh64_ctx b;

		xxh32_begin(&a, 7);
		xxh64_begin(&b, 7);
		for (size_t at = 0; at < n; ) {
			size_t k = min(n - at, (size_t)(test_random(&rng) % 70));

			xxh32_add(&a, data + at, k);
			xxh64_add(&b, data + at, k);
			at += k;
		}
		EXPECT_EQ(xxh32_end(&a), xxh32_hash(data, n, 7));
		EXPECT_EQ(xxh64_end(&b), xxh64_hash(data, n, 7));
	}
}
