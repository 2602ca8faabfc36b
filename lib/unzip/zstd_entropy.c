/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entropy coders of zstd: bit streams read backwards, finite state tables,
 * Huffman trees (RFC 8878 section 4).
 *
 * A backward stream ends in a byte whose highest set bit marks the end; the
 * bits below it, then the bytes before, are read from high to low. The reader
 * keeps the eight bytes at p in a word and counts the bits used from its top.
 */
#include "zstd_impl.h"

int zstd_bits_open(struct zstd_bits *b, const u8 *p, size_t len, u64 *word)
{
	if (!len || !p[len - 1])
		return -EBADMSG;
	b->used = 8 - bit_highest(p[len - 1]);
	if (len < sizeof(*word)) {
		*word = 0;
		memcpy(word, p, len);
		b->used += 8 * (8 - (unsigned)len);
		p = (const u8 *)word;
		len = sizeof(*word);
	}
	b->start = p;
	b->p = p + len - 8;
	b->bits = get_le64(b->p);
	return 0;
}

/* Forward bits of a short buffer, zeros beyond its end. */
static u32 peek_bits(const u8 *p, size_t len, size_t at, unsigned n)
{
	u64 v = 0;

	for (size_t i = 0; i < 4 && at / 8 + i < len; i++)
		v |= (u64)p[at / 8 + i] << (8 * i);
	return (u32)(v >> at % 8) & ((1U << n) - 1);
}

ssize_t zstd_read_counts(const u8 *p, size_t len, s16 *norm, unsigned max_sym,
			 unsigned max_log, unsigned *log)
{
	unsigned sym = 0;
	size_t at = 4;
	int left;

	*log = peek_bits(p, len, 0, 4) + 5;
	if (*log > max_log)
		return -EBADMSG;
	left = 1 << *log;
	while (left > 0 && sym <= max_sym) {
		unsigned bits = bit_highest((u64)left + 1) + 1;
		unsigned v = peek_bits(p, len, at, bits), low = v & ((1U << (bits - 1)) - 1);
		unsigned small = (1U << bits) - 2 - (unsigned)left, zeros;
		int prob;

		/* values below `small` need one bit less */
		if (low < small) {
			at += bits - 1;
			v = low;
		} else {
			at += bits;
			if (v >= 1U << (bits - 1))
				v -= small;
		}
		prob = (int)v - 1;
		left -= prob < 0 ? 1 : prob;
		norm[sym++] = (s16)prob;
		if (prob)
			continue;
		do {
			zeros = peek_bits(p, len, at, 2);
			at += 2;
			for (unsigned i = 0; i < zeros && sym <= max_sym; i++)
				norm[sym++] = 0;
		} while (zeros == 3 && sym <= max_sym);
	}
	if (left || at > 8 * len)
		return -EBADMSG;
	while (sym <= max_sym)
		norm[sym++] = 0;
	return (ssize_t)(at + 7) / 8;
}

int zstd_build_table(struct zstd_table *t, const s16 *norm, unsigned max_sym, unsigned log,
		     const u32 *base, const u8 *extra)
{
	unsigned size = 1U << log, high = size, pos = 0, step = (size >> 1) + (size >> 3) + 3;
	u16 next[ZSTD_SYMS];

	/* rare symbols at the end, one cell each */
	for (unsigned s = 0; s <= max_sym; s++) {
		next[s] = norm[s] < 0 ? 1 : (u16)norm[s];
		if (norm[s] < 0)
			t->cells[--high].base = s;
	}
	/* the others spread over the rest */
	for (unsigned s = 0; s <= max_sym; s++) {
		for (int i = 0; i < norm[s]; i++) {
			t->cells[pos].base = s;
			do {
				pos = (pos + step) & (size - 1);
			} while (pos >= high);
		}
	}
	if (pos)
		return -EBADMSG;
	for (unsigned i = 0; i < size; i++) {
		struct zstd_cell *c = &t->cells[i];
		unsigned s = c->base, n = next[s]++;

		c->bits = (u8)(log - bit_highest(n));
		c->next = (u16)((n << c->bits) - size);
		c->extra = extra ? extra[s] : 0;
		c->base = base ? base[s] : s;
	}
	t->log = log;
	t->is_set = true;
	return 0;
}

/* Weights as two interleaved state machines; the stream's end ends them. */
static ssize_t read_packed_weights(struct zstd *s, const u8 *p, size_t len, u8 *weights)
{
	const struct zstd_table *t = &s->weights;
	struct zstd_bits b;
	unsigned log, state[2], n = 0;
	s16 norm[13];
	u64 word;
	ssize_t used = zstd_read_counts(p, len, norm, 12, 6, &log);
	int err;

	if (used < 0)
		return used;
	err = zstd_build_table(&s->weights, norm, 12, log, NULL, NULL);
	if (!err)
		err = zstd_bits_open(&b, p + used, len - (size_t)used, &word);
	if (err)
		return err;
	state[0] = zstd_bits_take(&b, log);
	state[1] = zstd_bits_take(&b, log);
	if (zstd_bits_overrun(&b))
		return -EBADMSG;
	for (unsigned turn = 0; n < 254; turn ^= 1) {
		const struct zstd_cell *c = &t->cells[state[turn]];

		weights[n++] = (u8)c->base;
		zstd_bits_reload(&b);
		state[turn] = c->next + zstd_bits_take(&b, c->bits);
		if (zstd_bits_overrun(&b)) {
			weights[n++] = (u8)t->cells[state[turn ^ 1]].base;
			return n;
		}
	}
	return -EBADMSG;
}

/* The last weight is what fills the sum up to a power of two. */
static int build_huffman(struct zstd *s, u8 *weights, unsigned n)
{
	unsigned sum = 0, start[ZSTD_HUF_BITS + 2] = { 0 }, at = 0, rest;

	for (unsigned i = 0; i < n; i++) {
		if (weights[i] > ZSTD_HUF_BITS)
			return -EBADMSG;
		sum += weights[i] ? 1U << (weights[i] - 1) : 0;
	}
	if (!sum)
		return -EBADMSG;
	s->huf_bits = bit_highest(sum) + 1;
	if (s->huf_bits > ZSTD_HUF_BITS)
		return -EBADMSG;
	rest = (1U << s->huf_bits) - sum;
	if (!is_pow2(rest))
		return -EBADMSG;
	weights[n++] = (u8)(bit_highest(rest) + 1);
	for (unsigned i = 0; i < n; i++)
		start[weights[i]] += weights[i] ? 1U << (weights[i] - 1) : 0;
	for (unsigned w = 1; w <= ZSTD_HUF_BITS + 1; w++) {
		unsigned cells = start[w];

		start[w] = at;
		at += cells;
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned w = weights[i], cells = w ? 1U << (w - 1) : 0;
		u16 e = (u16)(i | (s->huf_bits + 1 - w) << 8);

		for (unsigned k = 0; k < cells; k++)
			s->huf[start[w]++] = e;
	}
	return 0;
}

ssize_t zstd_read_huffman(struct zstd *s, const u8 *p, size_t len)
{
	u8 weights[ZSTD_SYMS];
	size_t size;
	ssize_t n;
	int err;

	s->huf_bits = 0;
	if (!len)
		return -EBADMSG;
	if (p[0] >= 128) {
		n = p[0] - 127;
		size = (size_t)(n + 1) / 2;
		if (size > len - 1)
			return -EBADMSG;
		for (ssize_t i = 0; i < n; i++)
			weights[i] = i & 1 ? p[1 + i / 2] & 15 : p[1 + i / 2] >> 4;
	} else {
		size = p[0];
		if (size > len - 1)
			return -EBADMSG;
		n = read_packed_weights(s, p + 1, size, weights);
	}
	if (n < 0)
		return n;
	err = build_huffman(s, weights, (unsigned)n);
	if (err) {
		s->huf_bits = 0;
		return err;
	}
	return (ssize_t)size + 1;
}

int zstd_huffman_stream(const struct zstd *s, u8 *dst, size_t n, const u8 *p, size_t len)
{
	const u16 *table = s->huf;
	unsigned shift = 64 - s->huf_bits;
	struct zstd_bits b;
	u8 *end = dst + n;
	u64 word;
	int err = zstd_bits_open(&b, p, len, &word);

	if (err)
		return err;
	/* five codes of eleven bits fit a reload */
	while (end - dst >= 5 && b.p - b.start >= 8) {
		u64 bits;
		unsigned used;

		zstd_bits_reload(&b);
		used = b.used;
		bits = b.bits << used;
		for (int i = 0; i < 5; i++) {
			unsigned e = table[bits >> shift];

			bits <<= e >> 8;
			used += e >> 8;
			*dst++ = (u8)e;
		}
		b.used = used;
	}
	while (dst < end) {
		unsigned e;

		zstd_bits_reload(&b);
		if (zstd_bits_overrun(&b))
			return -EBADMSG;
		/* codes may be longer than what is left: zeros follow */
		e = table[(b.used < 64 ? b.bits << b.used : 0) >> shift];
		b.used += e >> 8;
		*dst++ = (u8)e;
	}
	zstd_bits_reload(&b);
	return zstd_bits_at_end(&b) ? 0 : -EBADMSG;
}
