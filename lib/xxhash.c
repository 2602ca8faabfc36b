/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XXH32 and XXH64, from the published specification.
 *
 * Input is eaten in stripes of four lanes; what does not fill a stripe waits
 * in the state's buffer. Inputs shorter than one stripe skip the lanes.
 */
#include <tern/lib/xxhash.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>

#define A1 0x9e3779b1U
#define A2 0x85ebca77U
#define A3 0xc2b2ae3dU
#define A4 0x27d4eb2fU
#define A5 0x165667b1U

#define B1 0x9e3779b185ebca87UL
#define B2 0xc2b2ae3d27d4eb4fUL
#define B3 0x165667b19e3779f9UL
#define B4 0x85ebca77c2b2ae63UL
#define B5 0x27d4eb2f165667c5UL

static __always_inline u32 lane32(u32 acc, u32 v)
{
	return rol32(acc + v * A2, 13) * A1;
}

static __always_inline u64 lane64(u64 acc, u64 v)
{
	return rol64(acc + v * B2, 31) * B1;
}

static const u8 *stripes32(u32 acc[4], const u8 *p, size_t n)
{
	u32 a = acc[0], b = acc[1], c = acc[2], d = acc[3];

	for (; n; n--, p += 16) {
		a = lane32(a, get_le32(p));
		b = lane32(b, get_le32(p + 4));
		c = lane32(c, get_le32(p + 8));
		d = lane32(d, get_le32(p + 12));
	}
	acc[0] = a;
	acc[1] = b;
	acc[2] = c;
	acc[3] = d;
	return p;
}

static const u8 *stripes64(u64 acc[4], const u8 *p, size_t n)
{
	u64 a = acc[0], b = acc[1], c = acc[2], d = acc[3];

	for (; n; n--, p += 32) {
		a = lane64(a, get_le64(p));
		b = lane64(b, get_le64(p + 8));
		c = lane64(c, get_le64(p + 16));
		d = lane64(d, get_le64(p + 24));
	}
	acc[0] = a;
	acc[1] = b;
	acc[2] = c;
	acc[3] = d;
	return p;
}

void xxh32_begin(struct xxh32_ctx *s, u32 seed)
{
	memset(s, 0, sizeof(*s));
	s->seed = seed;
	s->acc[0] = seed + A1 + A2;
	s->acc[1] = seed + A2;
	s->acc[2] = seed;
	s->acc[3] = seed - A1;
}

void xxh32_add(struct xxh32_ctx *s, const void *data, size_t len)
{
	const u8 *p = data;
	size_t have = s->total & 15;

	s->total += len;
	if (have) {
		size_t n = min(16 - have, len);

		memcpy(s->buf + have, p, n);
		p += n;
		len -= n;
		if (have + n < 16)
			return;
		stripes32(s->acc, s->buf, 1);
	}
	p = stripes32(s->acc, p, len / 16);
	memcpy(s->buf, p, len & 15);
}

u32 xxh32_end(const struct xxh32_ctx *s)
{
	const u8 *p = s->buf, *end = p + (s->total & 15);
	u32 h = s->seed + A5;

	if (s->total >= 16)
		h = rol32(s->acc[0], 1) + rol32(s->acc[1], 7) + rol32(s->acc[2], 12) +
		    rol32(s->acc[3], 18);
	h += (u32)s->total;
	for (; end - p >= 4; p += 4)
		h = rol32(h + get_le32(p) * A3, 17) * A4;
	for (; p < end; p++)
		h = rol32(h + *p * A5, 11) * A1;
	h = (h ^ h >> 15) * A2;
	h = (h ^ h >> 13) * A3;
	return h ^ h >> 16;
}

void xxh64_begin(struct xxh64_ctx *s, u64 seed)
{
	memset(s, 0, sizeof(*s));
	s->seed = seed;
	s->acc[0] = seed + B1 + B2;
	s->acc[1] = seed + B2;
	s->acc[2] = seed;
	s->acc[3] = seed - B1;
}

void xxh64_add(struct xxh64_ctx *s, const void *data, size_t len)
{
	const u8 *p = data;
	size_t have = s->total & 31;

	s->total += len;
	if (have) {
		size_t n = min(32 - have, len);

		memcpy(s->buf + have, p, n);
		p += n;
		len -= n;
		if (have + n < 32)
			return;
		stripes64(s->acc, s->buf, 1);
	}
	p = stripes64(s->acc, p, len / 32);
	memcpy(s->buf, p, len & 31);
}

static u64 tail64(u64 h, const u8 *p, const u8 *end)
{
	for (; end - p >= 8; p += 8)
		h = rol64(h ^ lane64(0, get_le64(p)), 27) * B1 + B4;
	if (end - p >= 4) {
		h = rol64(h ^ get_le32(p) * B1, 23) * B2 + B3;
		p += 4;
	}
	for (; p < end; p++)
		h = rol64(h ^ *p * B5, 11) * B1;
	h = (h ^ h >> 33) * B2;
	h = (h ^ h >> 29) * B3;
	return h ^ h >> 32;
}

u64 xxh64_end(const struct xxh64_ctx *s)
{
	u64 h = s->seed + B5;

	if (s->total >= 32) {
		h = rol64(s->acc[0], 1) + rol64(s->acc[1], 7) + rol64(s->acc[2], 12) +
		    rol64(s->acc[3], 18);
		for (int i = 0; i < 4; i++)
			h = (h ^ lane64(0, s->acc[i])) * B1 + B4;
	}
	return tail64(h + s->total, s->buf, s->buf + (s->total & 31));
}

u32 xxh32_hash(const void *data, size_t len, u32 seed)
{
	struct xxh32_ctx s;

	xxh32_begin(&s, seed);
	xxh32_add(&s, data, len);
	return xxh32_end(&s);
}

u64 xxh64_hash(const void *data, size_t len, u64 seed)
{
	struct xxh64_ctx s;

	xxh64_begin(&s, seed);
	xxh64_add(&s, data, len);
	return xxh64_end(&s);
}
