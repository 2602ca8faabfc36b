/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hashes. hash_u64() and hash_ptr() spread trusted keys; the keyed ones
 * (SipHash-1-3) are for keys that users choose.
 */
#pragma once

#include <tern/base/types.h>

/* Top @bits bits of a multiplicative hash; 1..64. */
static inline u64 hash_u64(u64 v, unsigned bits)
{
	return ((v ^ (v >> 32)) * 0x9e3779b97f4a7c15UL) >> (64 - bits);
}

static inline u64 hash_ptr(const void *p, unsigned bits)
{
	return hash_u64((u64)(uptr)p, bits);
}

/* Full-width mix, for combining and for power-of-two tables by mask. */
static inline u64 hash_mix(u64 v)
{
	v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9UL;
	v = (v ^ (v >> 27)) * 0x94d049bb133111ebUL;
	return v ^ (v >> 31);
}

static inline u64 hash_combine(u64 seed, u64 v)
{
	return hash_mix(seed ^ (v + 0x9e3779b97f4a7c15UL));
}

/**
 * struct hash_key - secret of the keyed hashes; fill with random bytes
 */
struct hash_key {
	u64 k[2];
};

/**
 * hash_bytes() - SipHash-1-3 of @len bytes
 */
u64 hash_bytes(const void *data, size_t len, const struct hash_key *key);

/**
 * hash_str() - SipHash-1-3 of a string without its NUL
 */
u64 hash_str(const char *s, const struct hash_key *key);

/**
 * hash_name() - fast word-at-a-time hash of a name; seeded, not for secrets
 * @seed: parent pointer or random salt
 */
u64 hash_name(const char *name, size_t len, u64 seed);
