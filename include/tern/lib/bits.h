/* SPDX-License-Identifier: GPL-2.0-only */
/* Bit scans, powers of two, byte order and unaligned access. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

/* Index of the lowest set bit; undefined for 0. */
static __always_inline unsigned bit_lowest(u64 v)
{
	return (unsigned)__builtin_ctzl(v);
}

/* Index of the highest set bit; undefined for 0. */
static __always_inline unsigned bit_highest(u64 v)
{
	return 63U ^ (unsigned)__builtin_clzl(v);
}

/* 1 + index of the lowest set bit, 0 for 0. */
static __always_inline unsigned ffs64(u64 v)
{
	return v ? bit_lowest(v) + 1 : 0;
}

/* 1 + index of the highest set bit, 0 for 0. */
static __always_inline unsigned fls64(u64 v)
{
	return v ? bit_highest(v) + 1 : 0;
}

static __always_inline unsigned fls32(u32 v)
{
	return fls64(v);
}

static __always_inline unsigned ffs32(u32 v)
{
	return ffs64(v);
}

/* Floor of the base-2 logarithm; v must not be 0. A constant stays constant. */
#define ilog2(v)	(63U - (unsigned)__builtin_clzl((u64)(v)))

static __always_inline bool is_pow2(u64 v)
{
	return v && !(v & (v - 1));
}

/* Smallest power of two >= v; 1 for 0. v must be at most 2^63. */
static __always_inline u64 roundup_pow2(u64 v)
{
	return v <= 1 ? 1 : 1UL << fls64(v - 1);
}

/* Largest power of two <= v; v must not be 0. */
static __always_inline u64 rounddown_pow2(u64 v)
{
	return 1UL << bit_highest(v);
}

static __always_inline unsigned ceil_log2(u64 v)
{
	return v <= 1 ? 0 : fls64(v - 1);
}

/* Set bits, without the popcnt instruction. */
static inline unsigned hweight64(u64 v)
{
	v -= (v >> 1) & 0x5555555555555555UL;
	v = (v & 0x3333333333333333UL) + ((v >> 2) & 0x3333333333333333UL);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (unsigned)((v * 0x0101010101010101UL) >> 56);
}

static inline unsigned hweight32(u32 v)
{
	return hweight64(v);
}

static __always_inline u32 rol32(u32 v, unsigned n)
{
	return (v << (n & 31)) | (v >> (-n & 31));
}

static __always_inline u32 ror32(u32 v, unsigned n)
{
	return (v >> (n & 31)) | (v << (-n & 31));
}

static __always_inline u64 rol64(u64 v, unsigned n)
{
	return (v << (n & 63)) | (v >> (-n & 63));
}

static __always_inline u64 ror64(u64 v, unsigned n)
{
	return (v >> (n & 63)) | (v << (-n & 63));
}

static __always_inline u16 swab16(u16 v) { return __builtin_bswap16(v); }
static __always_inline u32 swab32(u32 v) { return __builtin_bswap32(v); }
static __always_inline u64 swab64(u64 v) { return __builtin_bswap64(v); }

/* The machine is little-endian; big-endian values are swapped. */
#define be16_to_cpu(v)	swab16(v)
#define be32_to_cpu(v)	swab32(v)
#define be64_to_cpu(v)	swab64(v)
#define cpu_to_be16(v)	swab16(v)
#define cpu_to_be32(v)	swab32(v)
#define cpu_to_be64(v)	swab64(v)
#define htons(v)	swab16(v)
#define ntohs(v)	swab16(v)
#define htonl(v)	swab32(v)
#define ntohl(v)	swab32(v)

/* Loads and stores at any address. */
struct bits_u16 { u16 v; } __packed __attribute__((may_alias));
struct bits_u32 { u32 v; } __packed __attribute__((may_alias));
struct bits_u64 { u64 v; } __packed __attribute__((may_alias));

static __always_inline u16 get_le16(const void *p) { return ((const struct bits_u16 *)p)->v; }
static __always_inline u32 get_le32(const void *p) { return ((const struct bits_u32 *)p)->v; }
static __always_inline u64 get_le64(const void *p) { return ((const struct bits_u64 *)p)->v; }
static __always_inline u16 get_be16(const void *p) { return swab16(get_le16(p)); }
static __always_inline u32 get_be32(const void *p) { return swab32(get_le32(p)); }
static __always_inline u64 get_be64(const void *p) { return swab64(get_le64(p)); }
static __always_inline void put_le16(void *p, u16 v) { ((struct bits_u16 *)p)->v = v; }
static __always_inline void put_le32(void *p, u32 v) { ((struct bits_u32 *)p)->v = v; }
static __always_inline void put_le64(void *p, u64 v) { ((struct bits_u64 *)p)->v = v; }
static __always_inline void put_be16(void *p, u16 v) { put_le16(p, swab16(v)); }
static __always_inline void put_be32(void *p, u32 v) { put_le32(p, swab32(v)); }
static __always_inline void put_be64(void *p, u64 v) { put_le64(p, swab64(v)); }
