/* SPDX-License-Identifier: GPL-2.0-only */
/* SipHash-1-3 (Aumasson and Bernstein) and a fast name hash. */
#include <tern/lib/hash.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>

struct sip {
	u64 v0, v1, v2, v3;
};

static __always_inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rol64(s->v1, 13) ^ s->v0;
	s->v0 = rol64(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rol64(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rol64(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rol64(s->v1, 17) ^ s->v2;
	s->v2 = rol64(s->v2, 32);
}

/* The last 0..7 bytes, little-endian, zero-filled. */
static __always_inline u64 load_tail(const u8 *p, size_t n)
{
	u64 v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (u64)p[i] << (8 * i);
	return v;
}

u64 hash_bytes(const void *data, size_t len, const struct hash_key *key)
{
	struct sip s = {
		key->k[0] ^ 0x736f6d6570736575UL, key->k[1] ^ 0x646f72616e646f6dUL,
		key->k[0] ^ 0x6c7967656e657261UL, key->k[1] ^ 0x7465646279746573UL,
	};
	const u8 *p = data;
	size_t left = len;
	u64 m;

	for (; left >= 8; left -= 8, p += 8) {
		m = get_le64(p);
		s.v3 ^= m;
		sip_round(&s);
		s.v0 ^= m;
	}
	m = load_tail(p, left) | (u64)len << 56;
	s.v3 ^= m;
	sip_round(&s);
	s.v0 ^= m;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

u64 hash_str(const char *str, const struct hash_key *key)
{
	return hash_bytes(str, strlen(str), key);
}

u64 hash_name(const char *name, size_t len, u64 seed)
{
	const u8 *p = (const u8 *)name;
	size_t left = len;
	u64 h = seed ^ (len * 0x9e3779b97f4a7c15UL);

	for (; left >= 8; left -= 8, p += 8) {
		h = (h ^ get_le64(p)) * 0xff51afd7ed558ccdUL;
		h ^= h >> 32;
	}
	if (left)
		h = (h ^ load_tail(p, left)) * 0xff51afd7ed558ccdUL;
	return hash_mix(h);
}
