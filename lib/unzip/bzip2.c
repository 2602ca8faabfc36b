/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bzip2: Huffman coding over move-to-front over the Burrows-Wheeler transform,
 * with a run-length code before it and another between.
 *
 * The stream is a row of bits, most significant first, not aligned between
 * blocks. Units are the description of a block, up to its code tables, and
 * single symbols. Between steps the only state of the bit reader is the number
 * of bits used in the span's first byte.
 *
 * A block: magic, CRC, start index, map of used bytes, two to six code tables, a
 * selector of the table for each 50 symbols, the symbols. Symbols 0 and 1 are
 * digits of a run length of the front byte; the highest ends the block.
 *
 * Limits: "randomised" blocks, last written in 1997, are refused.
 */
#include "unzip_impl.h"

#define BLOCK_MAGIC	0x314159265359UL
#define END_MAGIC	0x177245385090UL
#define GROUP		50
#define TABLES		6
#define SYMS		258
#define LEN_MAX		20
#define FAST_BITS	10
#define SELECTORS	18002
#define UNIT_MAX	(64U << 10)	/* no description is that long */

/* One code table: short codes by index, longer ones by comparison. */
struct code {
	u16 fast[1 << FAST_BITS];	/* symbol << 5 | length, 0: longer */
	u32 limit[LEN_MAX + 2];		/* first code above those of this length, left-aligned */
	u32 first[LEN_MAX + 2];		/* first code of this length, minus its index */
	u16 syms[SYMS];			/* in order of codes */
};

struct bzip2 {
	u32 block_max;		/* 0: no header yet */
	u32 stream_crc;
	unsigned skip;		/* bits used of the span's first byte */
	bool is_ended;
	u32 *tt;		/* block_max entries: byte | successor << 8 */
	/* current block */
	bool in_block;
	u32 crc, origin;
	u32 n;			/* symbols in tt */
	u32 run, weight;	/* of the run length that is being read */
	unsigned nused, nsel;
	unsigned done;		/* codes read */
	u8 front[256];
	u32 crc_table[256];
	struct code codes[TABLES];
	u8 selectors[SELECTORS];
};

/* Bits from the top; out of input, zeros come and is_short is set. */
struct bits {
	const u8 *p, *end;
	u64 buf;	/* left-aligned */
	unsigned cnt;
	bool is_short;
};

static __always_inline void refill(struct bits *b)
{
	while (b->cnt <= 56 && b->p < b->end) {
		b->buf |= (u64)*b->p++ << (56 - b->cnt);
		b->cnt += 8;
	}
}

/* Next n bits, 1 <= n <= 32. */
static __always_inline u32 take(struct bits *b, unsigned n)
{
	u32 v;

	if (b->cnt < n) {
		refill(b);
		if (b->cnt < n) {
			b->is_short = true;
			b->cnt = n;
		}
	}
	v = (u32)(b->buf >> (64 - n));
	b->buf <<= n;
	b->cnt -= n;
	return v;
}

static int bzip2_init(struct unzip_core *core)
{
	struct bzip2 *s = core->state;

	for (u32 i = 0; i < 256; i++) {
		u32 c = i << 24;

		for (int k = 0; k < 8; k++)
			c = c << 1 ^ (c >> 31 ? 0x04c11db7 : 0);
		s->crc_table[i] = c;
	}
	return 0;
}

static void bzip2_fini(struct unzip_core *core)
{
	struct bzip2 *s = core->state;

	lib_alloc_put(&core->alloc, s->tt, s->block_max * sizeof(u32));
}

static int read_header(struct unzip_core *core, struct unzip_span *in)
{
	struct bzip2 *s = core->state;
	const u8 *p = in->p;
	u32 size;

	if (span_len(in) < 4)
		return step_more(core, 4);
	if (memcmp(p, "BZh", 3) || p[3] < '1' || p[3] > '9')
		return -EPROTONOSUPPORT;
	size = (p[3] - '0') * 100000U;
	s->tt = lib_alloc_get(&core->alloc, size * sizeof(u32));
	if (!s->tt)
		return -ENOMEM;
	s->block_max = size;
	in->p += 4;
	return STEP_AGAIN;
}

/* Canonical codes from lengths 1..20. Over-full sets are refused. */
static int build(struct code *c, const u8 *lens, unsigned n)
{
	unsigned index = 0;
	u32 code = 0;

	memset(c->fast, 0, sizeof(c->fast));
	for (unsigned len = 1; len <= LEN_MAX; len++) {
		c->first[len] = code - index;
		for (unsigned sym = 0; sym < n; sym++) {
			if (lens[sym] != len)
				continue;
			if (code >> len)
				return -EBADMSG;
			c->syms[index++] = (u16)sym;
			for (u32 i = 0; len <= FAST_BITS && i < 1U << (FAST_BITS - len); i++)
				c->fast[(code << (FAST_BITS - len)) + i] = (u16)(sym << 5 | len);
			code++;
		}
		c->limit[len] = code << (LEN_MAX - len);
		code <<= 1;
	}
	return 0;
}

/* The next symbol, or -EBADMSG for bits that are no code. */
static __always_inline int symbol(struct bits *b, const struct code *c)
{
	unsigned e, len;
	u32 v;

	if (b->cnt < LEN_MAX)
		refill(b);
	e = c->fast[b->buf >> (64 - FAST_BITS)];
	if (likely(e && (e & 31) <= b->cnt)) {
		b->buf <<= e & 31;
		b->cnt -= e & 31;
		return (int)(e >> 5);
	}
	v = (u32)(b->buf >> (64 - LEN_MAX));
	for (len = e ? e & 31 : FAST_BITS + 1; len <= LEN_MAX; len++) {
		if (v < c->limit[len])
			return c->syms[take(b, len) - c->first[len]];
	}
	b->is_short |= b->cnt < LEN_MAX;
	return -EBADMSG;
}

static unsigned read_map(struct bits *b, u8 *used)
{
	u32 groups = take(b, 16);
	unsigned n = 0;

	for (unsigned i = 0; i < 16; i++) {
		u32 map = groups & 0x8000 >> i ? take(b, 16) : 0;

		for (unsigned k = 0; k < 16; k++) {
			if (map & 0x8000 >> k)
				used[n++] = (u8)(16 * i + k);
		}
	}
	return n;
}

/* Selectors: move-to-front indices in unary. Returns how many, or -EBADMSG. */
static int read_selectors(struct bzip2 *s, struct bits *b, unsigned ntables)
{
	u8 front[TABLES] = { 0, 1, 2, 3, 4, 5 };
	unsigned n = take(b, 15), kept = min(n, (unsigned)SELECTORS);

	if (!n)
		return -EBADMSG;
	for (unsigned i = 0; i < n && !b->is_short; i++) {
		unsigned k = 0;
		u8 t;

		while (take(b, 1)) {
			if (++k >= ntables)
				return -EBADMSG;
		}
		t = front[k];
		for (; k; k--)
			front[k] = front[k - 1];
		front[0] = t;
		/* some packers write more than any block needs */
		if (i < kept)
			s->selectors[i] = t;
	}
	return (int)kept;
}

static int read_codes(struct bzip2 *s, struct bits *b, unsigned ntables, unsigned nsyms)
{
	u8 lens[SYMS];

	for (unsigned t = 0; t < ntables; t++) {
		unsigned len = take(b, 5);
		int err;

		for (unsigned i = 0; i < nsyms; i++) {
			if (b->is_short)
				return 0;
			while (len && len <= LEN_MAX && take(b, 1))
				len += take(b, 1) ? -1U : 1;
			if (!len || len > LEN_MAX)
				return -EBADMSG;
			lens[i] = (u8)len;
		}
		err = build(&s->codes[t], lens, nsyms);
		if (err)
			return err;
	}
	return 0;
}

/* One symbol into tt. Returns STEP_DONE at the end of the block. */
static __always_inline int put_symbol(struct bzip2 *s, unsigned sym)
{
	u8 v;

	if (sym < 2) {
		s->run += s->weight << sym;
		s->weight <<= 1;
		return s->run > s->block_max - s->n ? -EBADMSG : 0;
	}
	for (; s->run; s->run--)
		s->tt[s->n++] = s->front[0];
	s->weight = 1;
	if (sym == s->nused + 1)
		return STEP_DONE;
	if (s->n >= s->block_max)
		return -EBADMSG;
	v = s->front[sym - 1];
	memmove(s->front + 1, s->front, sym - 1);
	s->front[0] = v;
	s->tt[s->n++] = v;
	return 0;
}

/* Symbols till the end of the block or of the input. */
static int read_symbols(struct bzip2 *s, struct bits *b)
{
	while (s->done < s->nsel * GROUP) {
		const struct code *c = &s->codes[s->selectors[s->done / GROUP]];
		struct bits before = *b;
		int sym = symbol(b, c), r;

		if (b->is_short) {
			*b = before;
			return STEP_MORE;
		}
		if (sym < 0)
			return sym;
		s->done++;
		r = put_symbol(s, (unsigned)sym);
		if (r)
			return r;
	}
	return -EBADMSG;
}

/* Each entry learns where the byte that follows it is. */
static void link_bytes(struct bzip2 *s, u32 n)
{
	u32 at[256] = { 0 }, sum = 0;

	for (u32 i = 0; i < n; i++)
		at[s->tt[i] & 255]++;
	for (unsigned v = 0; v < 256; v++) {
		u32 count = at[v];

		at[v] = sum;
		sum += count;
	}
	for (u32 i = 0; i < n; i++)
		s->tt[at[s->tt[i] & 255]++] |= i << 8;
}

/* Walk the block; four equal bytes are followed by a count of more. */
static int put_block(struct unzip_core *core, u32 n, u32 origin, u32 want_crc)
{
	struct bzip2 *s = core->state;
	u32 at = s->tt[origin] >> 8, crc = U32_MAX;
	unsigned same = 0;
	int last = -1;

	while (n--) {
		u32 e = s->tt[at];
		u8 v = (u8)e;
		unsigned count = 1;
		int err;

		at = e >> 8;
		if (same == 4) {
			count = v;
			v = (u8)last;
			same = 0;
			last = -1;
		} else {
			same = v == last ? same + 1 : 1;
			last = v;
		}
		err = unzip_reserve(core, 256);
		if (err)
			return err;
		memset(core->out.buf + core->out.pos, v, count);
		core->out.pos += count;
		while (count--)
			crc = crc << 8 ^ s->crc_table[crc >> 24 ^ v];
	}
	s->stream_crc = rol32(s->stream_crc, 1) ^ ~crc;
	return ~crc == want_crc ? 0 : -EBADMSG;
}

/* The description of a block, all that comes before its symbols. */
static int parse_block(struct bzip2 *s, struct bits *b)
{
	unsigned ntables;
	int nsel, err;

	if (take(b, 1))
		return b->is_short ? STEP_MORE : -EOPNOTSUPP;
	s->origin = take(b, 24);
	s->nused = read_map(b, s->front);
	ntables = take(b, 3);
	if (b->is_short)
		return STEP_MORE;
	if (!s->nused || ntables < 2 || ntables > TABLES)
		return -EBADMSG;
	nsel = read_selectors(s, b, ntables);
	if (b->is_short)
		return STEP_MORE;
	if (nsel < 0)
		return nsel;
	err = read_codes(s, b, ntables, s->nused + 2);
	if (b->is_short)
		return STEP_MORE;
	s->nsel = (unsigned)nsel;
	s->n = 0;
	s->run = 0;
	s->weight = 1;
	s->done = 0;
	s->in_block = !err;
	return err;
}

static int more(struct unzip_core *core, struct unzip_span *in)
{
	return span_len(in) > UNIT_MAX ? -EBADMSG : step_more(core, 0);
}

/* Bytes that the reader has not touched go back; the rest of one is skipped later. */
static void commit(struct bzip2 *s, struct unzip_span *in, const struct bits *b)
{
	in->p = b->p - (b->cnt + 7) / 8;
	s->skip = -b->cnt & 7;
}

static int read_block(struct unzip_core *core, struct unzip_span *in, struct bits *b)
{
	struct bzip2 *s = core->state;
	u64 magic = (u64)take(b, 24) << 24;
	int r;

	magic |= take(b, 24);
	s->crc = take(b, 32);
	if (b->is_short)
		return more(core, in);
	if (magic == END_MAGIC) {
		commit(s, in, b);
		in->p += s->skip != 0;
		s->is_ended = true;
		return s->crc == s->stream_crc ? STEP_AGAIN : -EBADMSG;
	}
	if (magic != BLOCK_MAGIC)
		return -EBADMSG;
	r = parse_block(s, b);
	if (r == STEP_MORE)
		return more(core, in);
	if (!r)
		commit(s, in, b);
	return r;
}

static int bzip2_step(struct unzip_core *core, struct unzip_span *in)
{
	struct bzip2 *s = core->state;
	struct bits b = { in->p, in->end, 0, 0, false };
	int r;

	if (s->is_ended)
		return STEP_DONE;
	if (!s->block_max)
		return read_header(core, in);
	if (s->skip)
		take(&b, s->skip);
	if (b.is_short)
		return step_more(core, 1);
	if (!s->in_block)
		return read_block(core, in, &b);
	r = read_symbols(s, &b);
	if (r < 0)
		return r;
	commit(s, in, &b);
	if (r == STEP_MORE)
		return step_more(core, span_len(in) + 1);
	s->in_block = false;
	if (s->origin >= s->n)
		return -EBADMSG;
	link_bytes(s, s->n);
	return put_block(core, s->n, s->origin, s->crc);
}

static int bzip2_finish(struct unzip_core *core, struct unzip_span *in)
{
	return STEP_MORE;
}

const struct unzip_codec unzip_codec_bzip2 = {
	.name = "bzip2",
	.state_size = sizeof(struct bzip2),
	.init = bzip2_init,
	.step = bzip2_step,
	.finish = bzip2_finish,
	.fini = bzip2_fini,
};
