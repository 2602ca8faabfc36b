/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deflate (RFC 1951) in its gzip (RFC 1952), zlib (RFC 1950) and bare forms.
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
#include <tern/lib/crc.h>

#include "unzip_impl.h"

#define LIT_BITS	11
#define DIST_BITS	8
#define PRE_BITS	7
#define CODE_MAX	15
/* each second table serves two symbols at least */
#define LIT_TABLE	((1 << LIT_BITS) + 144 * (1 << (CODE_MAX - LIT_BITS)))
#define DIST_TABLE	((1 << DIST_BITS) + 16 * (1 << (CODE_MAX - DIST_BITS)))
#define WINDOW		32768U
#define MATCH_MAX	258

/* Entry: bits to drop | code length << 8 (or index bits) | value << 12 | flags */
#define ENTRY_LITERAL	(1U << 31)
#define ENTRY_SUB	(1U << 30)
#define ENTRY_END	(1U << 29)
#define ENTRY_BAD	(1U << 28)
#define ENTRY_VALUE(e)	((e) >> 12 & 0xffff)

enum state {
	ST_START, ST_EXTRA, ST_TEXT, ST_HEADER_CRC, ST_BLOCK, ST_STORED_LEN, ST_STORED,
	ST_DYNAMIC, ST_CODES, ST_TRAILER,
};

struct inflate {
	u64 bitbuf;
	unsigned bitcnt;
	enum state state;
	bool is_final;
	u8 gzip_flags;
	u32 stored_left;
	u32 header_crc;
	u32 sum;	/* CRC-32 or Adler-32 of the output */
	u32 total;	/* of the output, modulo 2^32 */
	u32 lit[LIT_TABLE];
	u32 dist[DIST_TABLE];
	u16 pre[1 << PRE_BITS];	/* code length code: symbol << 8 | bits */
	u8 lens[320];
};

/* Base values and extra bits of length and distance symbols. */
static const u16 len_base[29] = {
	3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
	131, 163, 195, 227, 258,
};

static const u8 len_extra[29] = {
	0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
};

static const u16 dist_base[30] = {
	1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
	2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
};

static u32 lit_entry(unsigned sym, unsigned bits)
{
	if (sym < 256)
		return ENTRY_LITERAL | sym << 12 | bits << 8 | bits;
	if (sym == 256)
		return ENTRY_END | bits << 8 | bits;
	if (sym > 285)
		return ENTRY_BAD;
	return (u32)len_base[sym - 257] << 12 | bits << 8 | (bits + len_extra[sym - 257]);
}

static u32 dist_entry(unsigned sym, unsigned bits)
{
	unsigned extra = sym < 4 ? 0 : sym / 2 - 1;

	if (sym > 29)
		return ENTRY_BAD;
	return (u32)dist_base[sym] << 12 | bits << 8 | (bits + extra);
}

static unsigned reverse(unsigned code, unsigned bits)
{
	unsigned r = 0;

	while (bits--) {
		r = r << 1 | (code & 1);
		code >>= 1;
	}
	return r;
}

/*
 * Count lengths and find the first code of each. Over-full sets are refused;
 * incomplete ones too, unless they have a single code or none and may_be_short.
 */
static int first_codes(const u8 *lens, unsigned n, bool may_be_short, u16 first[16])
{
	u16 count[16] = { 0 };
	unsigned code = 0, used = 0;
	int left = 1;

	for (unsigned i = 0; i < n; i++)
		count[lens[i]]++;
	count[0] = 0;
	for (unsigned b = 1; b <= CODE_MAX; b++) {
		code = (code + count[b - 1]) << 1;
		first[b] = (u16)code;
		left = (left << 1) - count[b];
		used += count[b];
		if (left < 0)
			return -EBADMSG;
	}
	return left && !(may_be_short && used <= 1) ? -EBADMSG : 0;
}

static int build(u32 *table, unsigned index_bits, const u8 *lens, unsigned n, bool may_be_short,
		 u32 (*entry)(unsigned sym, unsigned bits))
{
	unsigned sub_bits = CODE_MAX - index_bits, next = 1U << index_bits;
	u16 code[16];
	int err = first_codes(lens, n, may_be_short, code);

	if (err)
		return err;
	for (unsigned i = 0; i < next; i++)
		table[i] = ENTRY_BAD;
	for (unsigned sym = 0; sym < n; sym++) {
		unsigned bits = lens[sym], rev, size, step, at;
		u32 *t = table, e;

		if (!bits)
			continue;
		rev = reverse(code[bits]++, bits);
		at = rev;
		size = 1U << index_bits;
		if (bits > index_bits) {
			u32 *up = &table[rev & (size - 1)];

			size = 1U << sub_bits;
			if (*up == ENTRY_BAD) {
				*up = ENTRY_SUB | next << 12 | sub_bits << 8 | index_bits;
				for (unsigned i = 0; i < size; i++)
					table[next + i] = ENTRY_BAD;
				next += size;
			}
			t = table + ENTRY_VALUE(*up);
			at = rev >> index_bits;
			bits -= index_bits;
		}
		e = entry(sym, bits);
		for (step = 1U << bits; at < size; at += step)
			t[at] = e;
	}
	return 0;
}

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
	err = build(s->lit, LIT_BITS, s->lens, 288, false, lit_entry);
	if (err)
		return err;
	memset(s->lens, 5, 32);
	return build(s->dist, DIST_BITS, s->lens, 32, false, dist_entry);
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

/* The table of the code length code: symbol << 8 | bits. */
static int build_pre(struct inflate *s, const u8 lens[19])
{
	u16 code[16];
	int err = first_codes(lens, 19, false, code);

	if (err)
		return err;
	for (unsigned sym = 0; sym < 19; sym++) {
		unsigned bits = lens[sym];

		if (!bits)
			continue;
		for (unsigned at = reverse(code[bits]++, bits); at < 1U << PRE_BITS; at += 1U << bits)
			s->pre[at] = (u16)(sym << 8 | bits);
	}
	return 0;
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
	err = build_pre(s, pre);
	if (!err)
		err = read_lens(s, in, nlit + ndist);
	if (err)
		return err;
	if (!s->lens[256])
		return -EBADMSG;
	err = build(s->lit, LIT_BITS, s->lens, nlit, true, lit_entry);
	if (err)
		return err;
	return build(s->dist, DIST_BITS, s->lens + nlit, ndist, true, dist_entry);
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
	unsigned total = e & 255, v;

	v = ENTRY_VALUE(e) + (unsigned)((*bits & ((1UL << total) - 1)) >> (e >> 8 & 15));
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

/* Take n header bytes into the header's check sum. */
static const u8 *header_take(struct inflate *s, struct unzip_span *in, size_t n)
{
	const u8 *p = in->p;

	s->header_crc = crc32_update(s->header_crc, p, n);
	in->p += n;
	return p;
}

#define GZIP_HCRC	2
#define GZIP_EXTRA	4
#define GZIP_NAME	8
#define GZIP_COMMENT	16

static int gzip_start(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	const u8 *p = in->p;

	if (span_len(in) < 10)
		return step_more(core, 10);
	if (p[0] != 0x1f || p[1] != 0x8b)
		return -EPROTONOSUPPORT;
	if (p[2] != 8 || p[3] & 0xe0)
		return -EOPNOTSUPP;
	s->gzip_flags = p[3];
	header_take(s, in, 10);
	s->state = ST_EXTRA;
	return STEP_AGAIN;
}

static int gzip_extra(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	size_t len = 2;

	if (s->gzip_flags & GZIP_EXTRA) {
		if (span_len(in) >= 2)
			len += get_le16(in->p);
		if (span_len(in) < len)
			return step_more(core, len);
		header_take(s, in, len);
	}
	s->state = ST_TEXT;
	return STEP_AGAIN;
}

/* File name, then comment: up to a NUL each, of any length. */
static int gzip_text(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	unsigned flag = s->gzip_flags & GZIP_NAME ? GZIP_NAME : GZIP_COMMENT;
	const u8 *nul;

	if (!(s->gzip_flags & flag)) {
		s->state = ST_HEADER_CRC;
		return STEP_AGAIN;
	}
	nul = memchr(in->p, 0, span_len(in));
	header_take(s, in, nul ? (size_t)(nul + 1 - in->p) : span_len(in));
	if (!nul)
		return step_more(core, 1);
	s->gzip_flags &= ~flag;
	return STEP_AGAIN;
}

static int gzip_header_crc(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;

	if (s->gzip_flags & GZIP_HCRC) {
		if (span_len(in) < 2)
			return step_more(core, 2);
		if (get_le16(in->p) != (u16)s->header_crc)
			return -EBADMSG;
		in->p += 2;
	}
	s->state = ST_BLOCK;
	return STEP_AGAIN;
}

static int inflate_step(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;

	switch (s->state) {
	case ST_START:
		return gzip_start(core, in);
	case ST_EXTRA:
		return gzip_extra(core, in);
	case ST_TEXT:
		return gzip_text(core, in);
	case ST_HEADER_CRC:
		return gzip_header_crc(core, in);
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

static int gzip_step(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	int r = inflate_step(core, in);

	if (r != STEP_DONE)
		return r;
	if (span_len(in) < 8)
		return step_more(core, 8);
	if (get_le32(in->p) != s->sum || get_le32(in->p + 4) != s->total)
		return -EBADMSG;
	in->p += 8;
	return STEP_DONE;
}

static int zlib_step(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	int r;

	if (s->state == ST_START) {
		if (span_len(in) < 2)
			return step_more(core, 2);
		if (get_be16(in->p) % 31 || (in->p[0] & 15) != 8 || in->p[0] >> 4 > 7)
			return -EPROTONOSUPPORT;
		if (in->p[1] & 0x20)
			return -EOPNOTSUPP;
		in->p += 2;
		s->state = ST_BLOCK;
	}
	r = inflate_step(core, in);
	if (r != STEP_DONE)
		return r;
	if (span_len(in) < 4)
		return step_more(core, 4);
	if (get_be32(in->p) != s->sum)
		return -EBADMSG;
	in->p += 4;
	return STEP_DONE;
}

static void gzip_sum(struct unzip_core *core, const u8 *p, size_t len)
{
	struct inflate *s = core->state;

	s->sum = crc32_update(s->sum, p, len);
	s->total += (u32)len;
}

static void adler_sum(struct unzip_core *core, const u8 *p, size_t len)
{
	struct inflate *s = core->state;
	u32 a = s->sum & 0xffff, b = s->sum >> 16;

	while (len) {
		size_t n = min(len, 5552UL);	/* no overflow before that many */

		len -= n;
		while (n--) {
			a += *p++;
			b += a;
		}
		a %= 65521;
		b %= 65521;
	}
	s->sum = b << 16 | a;
}

static int gzip_init(struct unzip_core *core)
{
	core->sum = gzip_sum;
	return unzip_window_set(core, WINDOW);
}

static int zlib_init(struct unzip_core *core)
{
	struct inflate *s = core->state;

	s->sum = 1;
	core->sum = adler_sum;
	return unzip_window_set(core, WINDOW);
}

static int deflate_init(struct unzip_core *core)
{
	struct inflate *s = core->state;

	s->state = ST_BLOCK;
	return unzip_window_set(core, WINDOW);
}

static int inflate_finish(struct unzip_core *core, struct unzip_span *in)
{
	return STEP_MORE;
}

static void inflate_fini(struct unzip_core *core)
{
}

const struct unzip_codec unzip_codec_gzip = {
	.name = "gzip",
	.state_size = sizeof(struct inflate),
	.init = gzip_init,
	.step = gzip_step,
	.finish = inflate_finish,
	.fini = inflate_fini,
};

const struct unzip_codec unzip_codec_zlib = {
	.name = "zlib",
	.state_size = sizeof(struct inflate),
	.init = zlib_init,
	.step = zlib_step,
	.finish = inflate_finish,
	.fini = inflate_fini,
};

const struct unzip_codec unzip_codec_deflate = {
	.name = "deflate",
	.state_size = sizeof(struct inflate),
	.init = deflate_init,
	.step = inflate_step,
	.finish = inflate_finish,
	.fini = inflate_fini,
};
