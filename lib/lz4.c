// SPDX-License-Identifier: GPL-2.0-only
/*
 * LZ4 blocks: greedy matching by a table of the last place of each hashed four bytes.
 *
 * A sequence is a token (length of literals, length of match - 4; 15: more bytes follow), literals, and the
 * match's distance. By the format's rules the last five bytes are literals and no match begins in
 * the last twelve.
 */
#include <tern/lib/lz4.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define MATCH_MIN	4u
#define LAST_LITERALS	5u
#define MATCH_LIMIT	12u
#define SIZE_MAX_BLOCK	65535u

struct out { u8 *at, *end; };

static u32 hash(u32 v)
{
	return (v * 2654435761u) >> (32 - LZ4_TABLE_BITS);
}

/* What a nibble of 15 announces. */
static bool put_length(struct out *o, size_t n)
{
	for (; n >= 255; n -= 255) {
		if (o->at == o->end)
			return false;
		*o->at++ = 255;
	}
	if (o->at == o->end)
		return false;
	*o->at++ = (u8)n;
	return true;
}

/* Literals and, if @match is not 0, a match of that length at @distance. */
static bool put_sequence(struct out *o, const u8 *lit, size_t nlit, size_t match, u32 distance)
{
	size_t m = match ? match - MATCH_MIN : 0;

	if (o->at == o->end)
		return false;
	*o->at++ = (u8)(min(nlit, 15UL) << 4 | min(m, 15UL));
	if (nlit >= 15 && !put_length(o, nlit - 15))
		return false;
	if ((size_t)(o->end - o->at) < nlit + (match ? 2 : 0))
		return false;
	memcpy(o->at, lit, nlit);
	o->at += nlit;
	if (!match)
		return true;
	*o->at++ = (u8)distance;
	*o->at++ = (u8)(distance >> 8);
	return m < 15 || put_length(o, m - 15);
}

static size_t match_length(const u8 *a, const u8 *b, const u8 *end)
{
	const u8 *start = b;

	while (b < end && *a == *b) {
		a++;
		b++;
	}
	return (size_t)(b - start);
}

ssize_t lz4_compress_block(struct lz4_work *w, void *dst, size_t room, const void *src, size_t len)
{
	const u8 *base = src, *at = base, *anchor = base, *end = base + len;
	struct out o = { dst, (u8 *)dst + room };

	if (len > SIZE_MAX_BLOCK)
		return -EINVAL;
	memset(w, 0, sizeof(*w));
	while (len > MATCH_LIMIT && at < end - MATCH_LIMIT) {
		u32 v = get_le32(at), h = hash(v);
		const u8 *ref = base + w->table[h];
		size_t n;

		w->table[h] = (u16)(at - base);
		if (ref >= at || get_le32(ref) != v) {
			/* The longer nothing was found, the longer the steps. */
			at += 1 + ((size_t)(at - anchor) >> 6);
			continue;
		}
		n = MATCH_MIN + match_length(ref + MATCH_MIN, at + MATCH_MIN, end - LAST_LITERALS);
		if (!put_sequence(&o, anchor, (size_t)(at - anchor), n, (u32)(at - ref)))
			return -ENOSPC;
		at += n;
		anchor = at;
	}
	return put_sequence(&o, anchor, (size_t)(end - anchor), 0, 0) ? o.at - (u8 *)dst : -ENOSPC;
}
