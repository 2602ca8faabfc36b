// SPDX-License-Identifier: GPL-2.0-only
/* SHA-1 as in FIPS 180-4 6.1.3: the message schedule is a ring of 16 words. */
#include <tern/lib/sha1.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>

static u32 mix(int i, u32 b, u32 c, u32 d)
{
	if (i < 20)
		return (d ^ (b & (c ^ d))) + 0x5a827999;
	if (i < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (i < 60)
		return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void compress(u32 h[5], const u8 *p)
{
	u32 w[16], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

	for (int i = 0; i < 16; i++)
		w[i] = get_be32(p + 4 * i);
	for (int i = 0; i < 80; i++) {
		u32 t;

		if (i >= 16)
			w[i & 15] = rol32(w[(i + 13) & 15] ^ w[(i + 8) & 15] ^ w[(i + 2) & 15] ^ w[i & 15], 1);
		t = rol32(a, 5) + mix(i, b, c, d) + e + w[i & 15];
		e = d;
		d = c;
		c = rol32(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void sha1_hash(const void *data, size_t len, u8 out[SHA1_SIZE])
{
	u32 h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	size_t rest = len & 63, whole = len - rest, n = rest < 56 ? 64 : 128;
	const u8 *p = data;
	u8 last[128] = { 0 };

	for (size_t at = 0; at < whole; at += 64)
		compress(h, p + at);
	if (rest)
		memcpy(last, p + whole, rest);
	last[rest] = 0x80;
	put_be64(last + n - 8, (u64)len * 8);
	for (size_t at = 0; at < n; at += 64)
		compress(h, last + at);
	for (int i = 0; i < 5; i++)
		put_be32(out + 4 * i, h[i]);
}
