/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deflate (RFC 1951).
 *
 * Input goes through a 64-bit *bit buffer*: the next bit is bit 0, bitcnt bits
 * are valid. Bits above those may hold a copy of bytes that come next; filling
 * ors the same bytes in again, which changes nothing.
 *
 * Codes are looked up in tables indexed by the next bits. An entry says how
 * many bits to drop, extra bits included, and what the code means; codes longer
 * than the main index go on in a second table.
 *
 * The fast loop runs while 16 bytes of input and room for the longest match are
 * there; at the edges the careful path takes one symbol at a time and leaves
 * everything untouched if bits are missing.
 */
#include "inflate_impl.h"

/* Take whole bytes until n bits are there; false if the input ends first. */
static __always_inline bool need(struct inflate *s, struct unzip_span *in, unsigned n)
{
	while (s->bitcnt < n) {
		if (in->p == in->end)
			return false;
		s->bitbuf |= (u64)*in->p++ << s->bitcnt;
		s->bitcnt += 8;
	}
	return true;
}

static __always_inline unsigned take(struct inflate *s, unsigned n)
{
	unsigned v = (unsigned)(s->bitbuf & ((1UL << n) - 1));

	s->bitbuf >>= n;
	s->bitcnt -= n;
	return v;
}

/* Drop bits up to a byte border and give whole bytes back to the input. */
static void give_back(struct inflate *s, struct unzip_span *in)
{
	in->p -= s->bitcnt / 8;
	s->bitbuf = 0;
	s->bitcnt = 0;
}

static int fixed_codes(struct inflate *s)
{
	int err;

	memset(s->lens, 8, 144);
	memset(s->lens + 144, 9, 112);
	memset(s->lens + 256, 7, 24);
	memset(s->lens + 280, 8, 8);
	err = inflate_build_lit(s, s->lens, 288);
	if (err)
		return err;
	memset(s->lens, 5, 32);
	return inflate_build_dist(s, s->lens, 32);
}

static int read_block_header(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;

	if (s->is_final) {
		give_back(s, in);
		s->state = ST_TRAILER;
		return STEP_AGAIN;
	}
	if (!need(s, in, 3))
		return step_more(core, 0);
	s->is_final = take(s, 1);
	switch (take(s, 2)) {
	case 0:
		take(s, s->bitcnt & 7);
		s->state = ST_STORED_LEN;
		return STEP_AGAIN;
	case 1:
		s->state = ST_CODES;
		return fixed_codes(s);
	case 2:
		s->state = ST_DYNAMIC;
		return STEP_AGAIN;
	default:
		return -EBADMSG;
	}
}

/* Code lengths, run-length coded: 16 repeats the last, 17 and 18 are zeros. */
static int read_lens(struct inflate *s, struct unzip_span *in, unsigned n)
{
	unsigned i = 0;

	while (i < n) {
		unsigned e, sym, run, v = 0;

		need(s, in, 14);
		e = s->pre[s->bitbuf & ((1U << PRE_BITS) - 1)];
		sym = e >> 8;
		if (s->bitcnt < (e & 255))
			return STEP_MORE;
		take(s, e & 255);
		if (sym < 16) {
			s->lens[i++] = (u8)sym;
			continue;
		}
		if (!need(s, in, sym == 16 ? 2 : sym == 17 ? 3 : 7))
			return STEP_MORE;
		if (sym == 16) {
			if (!i)
				return -EBADMSG;
			v = s->lens[i - 1];
			run = 3 + take(s, 2);
		} else {
			run = sym == 17 ? 3 + take(s, 3) : 11 + take(s, 7);
		}
		if (run > n - i)
			return -EBADMSG;
		memset(s->lens + i, (int)v, run);
		i += run;
	}
	return 0;
}

static int parse_dynamic(struct inflate *s, struct unzip_span *in)
{
	static const u8 order[19] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
	};
	unsigned nlit, ndist, npre;
	u8 pre[19] = { 0 };
	int err;

	if (!need(s, in, 14))
		return STEP_MORE;
	nlit = 257 + take(s, 5);
	ndist = 1 + take(s, 5);
	npre = 4 + take(s, 4);
	if (nlit > 286 || ndist > 30)
		return -EBADMSG;
	for (unsigned i = 0; i < npre; i++) {
		if (!need(s, in, 3))
			return STEP_MORE;
		pre[order[i]] = (u8)take(s, 3);
	}
	err = inflate_build_pre(s, pre);
	if (!err)
		err = read_lens(s, in, nlit + ndist);
	if (err)
		return err;
	if (!s->lens[256])
		return -EBADMSG;
	err = inflate_build_lit(s, s->lens, nlit);
	if (err)
		return err;
	return inflate_build_dist(s, s->lens + nlit, ndist);
}

/* All of the code description or nothing: it is at most 330 bytes. */
static int read_dynamic(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	const u8 *p = in->p;
	u64 bitbuf = s->bitbuf;
	unsigned bitcnt = s->bitcnt;
	int r = parse_dynamic(s, in);

	if (r == STEP_MORE) {
		in->p = p;
		s->bitbuf = bitbuf;
		s->bitcnt = bitcnt;
		return step_more(core, 0);
	}
	s->state = ST_CODES;
	return r;
}

static int read_stored_len(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	unsigned len;

	if (!need(s, in, 32))
		return step_more(core, 0);
	len = take(s, 16);
	if (len != (take(s, 16) ^ 0xffff))
		return -EBADMSG;
	give_back(s, in);
	s->stored_left = len;
	s->state = ST_STORED;
	return STEP_AGAIN;
}

static int copy_stored(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	size_t n = min((size_t)s->stored_left, span_len(in));
	int err = unzip_write(core, in->p, n);

	if (err)
		return err;
	in->p += n;
	s->stored_left -= (u32)n;
	if (s->stored_left)
		return step_more(core, 1);
	s->state = ST_BLOCK;
	return STEP_AGAIN;
}

static __always_inline u32 look(const u32 *table, unsigned index_bits, u64 *bits, unsigned *cnt)
{
	u32 e = table[*bits & ((1U << index_bits) - 1)];

	if (unlikely(e & ENTRY_SUB)) {
		*bits >>= index_bits;
		*cnt -= index_bits;
		e = table[ENTRY_VALUE(e) + (*bits & ((1U << (e >> 8 & 15)) - 1))];
	}
	return e;
}

/* Value of an entry with its extra bits; drops both code and extra bits. */
static __always_inline unsigned drop(u32 e, u64 *bits, unsigned *cnt)
{
	static const u32 masks[32] = {
		0, 0x1, 0x3, 0x7, 0xf, 0x1f, 0x3f, 0x7f, 0xff, 0x1ff, 0x3ff, 0x7ff, 0xfff, 0x1fff,
		0x3fff, 0x7fff, 0xffff, 0x1ffff, 0x3ffff, 0x7ffff, 0xfffff, 0x1fffff, 0x3fffff,
		0x7fffff, 0xffffff, 0x1ffffff, 0x3ffffff, 0x7ffffff, 0xfffffff, 0x1fffffff,
		0x3fffffff, 0x7fffffff,
	};
	unsigned total = e & 31, v;

	v = ENTRY_VALUE(e) + (((u32)*bits & masks[total]) >> (e >> 8 & 15));
	*bits >>= total;
	*cnt -= total;
	return v;
}

#define REFILL()								\
	do {									\
		bits |= get_le64(p) << cnt;					\
		p += (63 - cnt) >> 3;						\
		cnt |= 56;							\
	} while (0)

/*
 * Symbols while input and room are plenty.
 * Return: STEP_MORE when they are not, STEP_DONE at the end of the block.
 */
static int fast_codes(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	struct unzip_window *w = &core->out;
	const u8 *p = in->p, *in_limit = in->end - 16;
	u8 *op = w->buf + w->pos, *limit = w->buf + w->size - (MATCH_MAX + 2);
	const u8 *base = w->buf + w->base;
	u64 bits = s->bitbuf;
	unsigned cnt = s->bitcnt, len, dist;
	int r = STEP_MORE;
	u32 e;

	while (p <= in_limit && op <= limit) {
		REFILL();
		e = look(s->lit, LIT_BITS, &bits, &cnt);
		if (e & ENTRY_LITERAL) {
			bits >>= e & 255;
			cnt -= e & 255;
			*op++ = (u8)(e >> 12);
			e = look(s->lit, LIT_BITS, &bits, &cnt);
			if (e & ENTRY_LITERAL) {
				bits >>= e & 255;
				cnt -= e & 255;
				*op++ = (u8)(e >> 12);
				e = look(s->lit, LIT_BITS, &bits, &cnt);
				if (e & ENTRY_LITERAL) {
					bits >>= e & 255;
					cnt -= e & 255;
					*op++ = (u8)(e >> 12);
					continue;
				}
			}
		}
		if (unlikely(e & (ENTRY_END | ENTRY_BAD))) {
			if (e & ENTRY_BAD)
				return -EBADMSG;
			bits >>= e & 255;
			cnt -= e & 255;
			r = STEP_DONE;
			break;
		}
		len = drop(e, &bits, &cnt);
		if (unlikely(cnt < DIST_MAX_BITS))
			REFILL();
		e = look(s->dist, DIST_BITS, &bits, &cnt);
		if (unlikely(e & ENTRY_BAD))
			return -EBADMSG;
		dist = drop(e, &bits, &cnt);
		if (unlikely(dist > (size_t)(op - base)))
			return -EBADMSG;
		unzip_copy_match(op, dist, len);
		op += len;
	}
	s->bitbuf = cnt ? bits & (~0UL >> (64 - cnt)) : 0;
	s->bitcnt = cnt;
	w->pos = (size_t)(op - w->buf);
	in->p = p;
	return r;
}

/* One symbol with the bits at hand, or STEP_MORE and nothing changed. */
static int careful_code(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	struct unzip_window *w = &core->out;
	u8 *op = w->buf + w->pos;
	unsigned cnt, len, dist;
	u64 bits;
	u32 e;

	need(s, in, 49);
	bits = s->bitbuf;
	cnt = s->bitcnt;
	e = look(s->lit, LIT_BITS, &bits, &cnt);
	if ((int)cnt < (int)(e & 255))
		return step_more(core, 0);
	if (e & ENTRY_BAD)
		return s->bitcnt < CODE_MAX ? step_more(core, 0) : -EBADMSG;
	len = drop(e, &bits, &cnt);
	if (e & ENTRY_LITERAL) {
		*op = (u8)len;
		w->pos++;
	} else if (!(e & ENTRY_END)) {
		e = look(s->dist, DIST_BITS, &bits, &cnt);
		if ((int)cnt < (int)(e & 255))
			return step_more(core, 0);
		if (e & ENTRY_BAD)
			return cnt < CODE_MAX ? step_more(core, 0) : -EBADMSG;
		dist = drop(e, &bits, &cnt);
		if (dist > w->pos - w->base)
			return -EBADMSG;
		unzip_copy_match(op, dist, len);
		w->pos += len;
	}
	s->bitbuf = bits;
	s->bitcnt = cnt;
	return e & ENTRY_END ? STEP_DONE : STEP_AGAIN;
}

static int read_codes(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	int r = unzip_reserve(core, 2 * MATCH_MAX);

	if (r)
		return r;
	r = STEP_MORE;
	if (span_len(in) >= 16)
		r = fast_codes(core, in);
	while (r == STEP_MORE && core->out.size - core->out.pos >= MATCH_MAX) {
		r = careful_code(core, in);
		if (r == STEP_MORE)
			return r;
		if (r == STEP_AGAIN)
			r = span_len(in) >= 16 ? STEP_AGAIN : STEP_MORE;
	}
	if (r == STEP_DONE)
		s->state = ST_BLOCK;
	return r < 0 ? r : STEP_AGAIN;
}

int inflate_step(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;

	switch (s->state) {
	case ST_BLOCK:
		return read_block_header(core, in);
	case ST_STORED_LEN:
		return read_stored_len(core, in);
	case ST_STORED:
		return copy_stored(core, in);
	case ST_DYNAMIC:
		return read_dynamic(core, in);
	case ST_CODES:
		return read_codes(core, in);
	default:
		return unzip_window_flush(core) ?: STEP_DONE;
	}
}
