// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three name hashes of the directory index: the first version's, a
 * shortened MD4 and TEA, each for signed and for unsigned characters (the
 * machine that made the directory decided).
 */
#include "dirhash.h"

#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>

#include "format.h"

#define HASH_EOF	0x7fffffffu	/* end of directory for seekers: never a name's hash */

static u32 char_of(const char *p, bool is_unsigned)
{
	return is_unsigned ? (u8)*p : (u32)(s32)(signed char)*p;
}

static u32 hash_legacy(const char *name, u32 len, bool is_unsigned)
{
	u32 h, h0 = 0x12a3fe2d, h1 = 0x37abe8f9;

	for (u32 i = 0; i < len; i++) {
		h = h1 + (h0 ^ (char_of(name + i, is_unsigned) * 7152373));
		if (h & 0x80000000)
			h -= 0x7fffffff;
		h1 = h0;
		h0 = h;
	}
	return h0 << 1;
}

/* Up to 4 * @n characters as words, padded with the length. */
static void words_of(const char *p, u32 len, u32 *out, u32 n, bool is_unsigned)
{
	u32 pad = len | len << 8, val, used = 0;

	pad |= pad << 16;
	val = pad;
	if (len > n * 4)
		len = n * 4;
	for (u32 i = 0; i < len; i++) {
		val = char_of(p + i, is_unsigned) + (val << 8);
		if (i % 4 == 3) {
			out[used++] = val;
			val = pad;
		}
	}
	if (used < n)
		out[used++] = val;
	while (used < n)
		out[used++] = pad;
}

static u32 md4_f(u32 x, u32 y, u32 z) { return z ^ (x & (y ^ z)); }
static u32 md4_g(u32 x, u32 y, u32 z) { return (x & y) + ((x ^ y) & z); }
static u32 md4_h(u32 x, u32 y, u32 z) { return x ^ y ^ z; }

/* One round of eight steps; the four state words rotate through the roles a, d, c, b. */
static void md4_round(u32 s[4], u32 (*f)(u32, u32, u32), const u32 *in, const u8 order[8], const u8 shift[4], u32 k)
{
	for (u32 i = 0; i < 8; i++) {
		u32 *a = &s[(4 - i % 4) % 4];
		u32 b = s[(5 - i % 4) % 4], c = s[(6 - i % 4) % 4], d = s[(7 - i % 4) % 4];

		*a = rol32(*a + f(b, c, d) + in[order[i]] + k, shift[i % 4]);
	}
}

static void half_md4(u32 buf[4], const u32 in[8])
{
	static const u8 o1[8] = { 0, 1, 2, 3, 4, 5, 6, 7 }, o2[8] = { 1, 3, 5, 7, 0, 2, 4, 6 };
	static const u8 o3[8] = { 3, 7, 2, 6, 1, 5, 0, 4 };
	static const u8 s1[4] = { 3, 7, 11, 19 }, s2[4] = { 3, 5, 9, 13 }, s3[4] = { 3, 9, 11, 15 };
	u32 s[4] = { buf[0], buf[1], buf[2], buf[3] };

	md4_round(s, md4_f, in, o1, s1, 0);
	md4_round(s, md4_g, in, o2, s2, 0x5a827999);
	md4_round(s, md4_h, in, o3, s3, 0x6ed9eba1);
	for (int i = 0; i < 4; i++)
		buf[i] += s[i];
}

static void tea(u32 buf[4], const u32 in[4])
{
	u32 sum = 0, b0 = buf[0], b1 = buf[1];

	for (int n = 0; n < 16; n++) {
		sum += 0x9e3779b9;
		b0 += ((b1 << 4) + in[0]) ^ (b1 + sum) ^ ((b1 >> 5) + in[1]);
		b1 += ((b0 << 4) + in[2]) ^ (b0 + sum) ^ ((b0 >> 5) + in[3]);
	}
	buf[0] += b0;
	buf[1] += b1;
}

int ext4_name_hash(u8 version, const u32 seed[4], const char *name, u32 len, struct ext4_hash *out)
{
	bool is_unsigned = version >= EXT4_HASH_LEGACY_UNSIGNED, is_md4 = version % 3 == EXT4_HASH_HALF_MD4;
	u32 buf[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 }, in[8];
	u32 step = is_md4 ? 32 : 16;

	if (version > EXT4_HASH_TEA_UNSIGNED)
		return -EINVAL;
	if (seed[0] | seed[1] | seed[2] | seed[3])
		memcpy(buf, seed, sizeof(buf));
	out->minor = 0;
	if (version % 3 == EXT4_HASH_LEGACY) {
		out->hash = hash_legacy(name, len, is_unsigned);
	} else {
		for (s64 left = len; left > 0; left -= step, name += step) {
			words_of(name, (u32)left, in, step / 4, is_unsigned);
			if (is_md4)
				half_md4(buf, in);
			else
				tea(buf, in);
		}
		out->hash = is_md4 ? buf[1] : buf[0];
		out->minor = is_md4 ? buf[2] : buf[1];
	}
	out->hash &= ~1u;
	if (out->hash == HASH_EOF << 1)
		out->hash = (HASH_EOF - 1) << 1;
	return 0;
}
