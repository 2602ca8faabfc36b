/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 as in FIPS 180-4, with the message schedule kept as a ring of 16 words. */
#include <tern/lib/sha256.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>

static const u32 round_keys[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static __always_inline u32 big0(u32 x) { return ror32(x, 2) ^ ror32(x, 13) ^ ror32(x, 22); }
static __always_inline u32 big1(u32 x) { return ror32(x, 6) ^ ror32(x, 11) ^ ror32(x, 25); }
static __always_inline u32 small0(u32 x) { return ror32(x, 7) ^ ror32(x, 18) ^ x >> 3; }
static __always_inline u32 small1(u32 x) { return ror32(x, 17) ^ ror32(x, 19) ^ x >> 10; }

static void compress(u32 state[8], const u8 *p)
{
	u32 w[16], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = get_be32(p + 4 * i);
	for (int i = 0; i < 8; i++)
		v[i] = state[i];
	for (int i = 0; i < 64; i++) {
		u32 t1, t2;

		if (i >= 16)
			w[i & 15] += small0(w[(i + 1) & 15]) + w[(i + 9) & 15] +
				     small1(w[(i + 14) & 15]);
		t1 = v[7] + big1(v[4]) + (v[6] ^ (v[4] & (v[5] ^ v[6]))) + round_keys[i] +
		     w[i & 15];
		t2 = big0(v[0]) + ((v[0] & v[1]) | (v[2] & (v[0] | v[1])));
		v[7] = v[6];
		v[6] = v[5];
		v[5] = v[4];
		v[4] = v[3] + t1;
		v[3] = v[2];
		v[2] = v[1];
		v[1] = v[0];
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

void sha256_begin(struct sha256 *s)
{
	static const u32 start[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->h, start, sizeof(start));
	s->total = 0;
}

void sha256_add(struct sha256 *s, const void *data, size_t len)
{
	const u8 *p = data;
	size_t have = s->total & 63;

	s->total += len;
	if (have) {
		size_t n = min(64 - have, len);

		memcpy(s->buf + have, p, n);
		p += n;
		len -= n;
		if (have + n < 64)
			return;
		compress(s->h, s->buf);
	}
	for (; len >= 64; len -= 64, p += 64)
		compress(s->h, p);
	memcpy(s->buf, p, len);
}

void sha256_end(struct sha256 *s, u8 out[SHA256_SIZE])
{
	u64 bits = s->total * 8;
	size_t have = s->total & 63;

	s->buf[have++] = 0x80;
	if (have > 56) {
		memset(s->buf + have, 0, 64 - have);
		compress(s->h, s->buf);
		have = 0;
	}
	memset(s->buf + have, 0, 56 - have);
	put_be64(s->buf + 56, bits);
	compress(s->h, s->buf);
	for (int i = 0; i < 8; i++)
		put_be32(out + 4 * i, s->h[i]);
}

void sha256_hash(const void *data, size_t len, u8 out[SHA256_SIZE])
{
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, data, len);
	sha256_end(&s, out);
}
