/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compressed blocks of zstd (RFC 8878 section 3.1.1.3).
 *
 * A block has a literals section and a sequences section. Each sequence copies
 * some literals, then a match; what is left of the literals comes last. The
 * three numbers of a sequence (literal length, match length, offset) come from
 * three state machines that share one backward bit stream. Tables and the three
 * last offsets live on from block to block of a frame.
 */
#include "zstd_impl.h"

#define LL_SYMS	36
#define ML_SYMS	53
#define OF_SYMS	32

static const u32 ll_base[LL_SYMS] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48,
	64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536,
};

static const u8 ll_extra[LL_SYMS] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10,
	11, 12, 13, 14, 15, 16,
};

static const u32 ml_base[ML_SYMS] = {
	3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515,
	1027, 2051, 4099, 8195, 16387, 32771, 65539,
};

static const u8 ml_extra[ML_SYMS] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
};

static const s16 ll_default[LL_SYMS] = {
	4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1,
	1, -1, -1, -1, -1,
};

static const s16 ml_default[ML_SYMS] = {
	1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
};

static const s16 of_default[29] = {
	1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
};

/* An offset code is its number of extra bits. */
static const u32 of_base[OF_SYMS] = {
	1U << 0, 1U << 1, 1U << 2, 1U << 3, 1U << 4, 1U << 5, 1U << 6, 1U << 7, 1U << 8, 1U << 9,
	1U << 10, 1U << 11, 1U << 12, 1U << 13, 1U << 14, 1U << 15, 1U << 16, 1U << 17, 1U << 18,
	1U << 19, 1U << 20, 1U << 21, 1U << 22, 1U << 23, 1U << 24, 1U << 25, 1U << 26, 1U << 27,
	1U << 28, 1U << 29, 1U << 30, 1U << 31,
};

static const u8 of_extra[OF_SYMS] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
	25, 26, 27, 28, 29, 30, 31,
};

void zstd_block_begin_frame(struct zstd *s)
{
	s->reps[0] = 1;
	s->reps[1] = 4;
	s->reps[2] = 8;
	s->huf_bits = 0;
	s->ll.is_set = false;
	s->of.is_set = false;
	s->ml.is_set = false;
}

/* Raw and run-length literals. */
static ssize_t read_plain_literals(struct zstd *s, const u8 *p, size_t len)
{
	static const u8 header_size[4] = { 1, 2, 1, 3 };
	unsigned format = p[0] >> 2 & 3;
	size_t head = header_size[format], n, size;

	if (len < head)
		return -EBADMSG;
	n = head == 1 ? p[0] >> 3 : head == 2 ? get_le16(p) >> 4
					      : (get_le16(p) | (u32)p[2] << 16) >> 4;
	size = p[0] & 3 ? 1 : n;
	if (n > ZSTD_BLOCK_MAX || size > len - head)
		return -EBADMSG;
	p += head;
	s->nlits = n;
	s->lits = s->lit_buf;
	if (size != n)
		memset(s->lit_buf, p[0], n);
	else if (len - head - size >= UNZIP_SLOP)
		s->lits = p;
	else
		memcpy(s->lit_buf, p, n);
	return (ssize_t)(head + size);
}

static int four_streams(struct zstd *s, size_t n, const u8 *p, size_t len)
{
	size_t part = (n + 3) / 4, sizes[4], sum;
	u8 *dst = s->lit_buf;

	if (len < 6)
		return -EBADMSG;
	for (int i = 0; i < 3; i++)
		sizes[i] = get_le16(p + 2 * i);
	sum = 6 + sizes[0] + sizes[1] + sizes[2];
	if (sum > len || 3 * part > n)
		return -EBADMSG;
	sizes[3] = len - sum;
	p += 6;
	for (int i = 0; i < 4; i++) {
		size_t count = i < 3 ? part : n - 3 * part;
		int err = zstd_huffman_stream(s, dst, count, p, sizes[i]);

		if (err)
			return err;
		dst += count;
		p += sizes[i];
	}
	return 0;
}

/* Huffman literals, with a tree of their own or the last one. */
static ssize_t read_packed_literals(struct zstd *s, const u8 *p, size_t len)
{
	unsigned format = p[0] >> 2 & 3, bits = format < 2 ? 10 : format == 2 ? 14 : 18;
	size_t head = format < 2 ? 3 : format + 2, n, size, left;
	ssize_t tree = 0;
	u64 v;
	int err;

	if (len < head)
		return -EBADMSG;
	v = get_le16(p) | (u64)p[2] << 16;
	for (size_t i = 3; i < head; i++)
		v |= (u64)p[i] << (8 * i);
	n = v >> 4 & ((1UL << bits) - 1);
	size = v >> (4 + bits) & ((1UL << bits) - 1);
	if (n > ZSTD_BLOCK_MAX || size > len - head)
		return -EBADMSG;
	p += head;
	left = size;
	if ((v & 3) == 2)
		tree = zstd_read_huffman(s, p, size);
	else if (!s->huf_bits)
		return -EBADMSG;
	if (tree < 0)
		return tree;
	p += tree;
	left -= (size_t)tree;
	s->lits = s->lit_buf;
	s->nlits = n;
	err = format ? four_streams(s, n, p, left) : zstd_huffman_stream(s, s->lit_buf, n, p, left);
	return err ? err : (ssize_t)(head + size);
}

/* One of the three tables, as its two mode bits say. */
static ssize_t read_table(struct zstd_table *t, unsigned mode, const u8 *p, size_t len,
			  unsigned nsyms, unsigned max_log, const u32 *base, const u8 *extra)
{
	s16 norm[ML_SYMS];
	unsigned log;
	ssize_t used;
	int err;

	switch (mode) {
	case 1:
		if (!len || p[0] >= nsyms)
			return -EBADMSG;
		t->cells[0] = (struct zstd_cell){ 0, 0, extra[p[0]], base[p[0]] };
		t->log = 0;
		t->is_set = true;
		return 1;
	case 2:
		used = zstd_read_counts(p, len, norm, nsyms - 1, max_log, &log);
		if (used < 0)
			return used;
		err = zstd_build_table(t, norm, nsyms - 1, log, base, extra);
		return err ? err : used;
	default:
		return t->is_set ? 0 : -EBADMSG;
	}
}

static ssize_t read_tables(struct zstd *s, const u8 *p, size_t len)
{
	const u8 *start = p, *end = p + len;
	unsigned modes = *p++;
	ssize_t n;

	if (modes & 3)
		return -EBADMSG;
	if (!(modes >> 6))
		zstd_build_table(&s->ll, ll_default, LL_SYMS - 1, 6, ll_base, ll_extra);
	if (!(modes >> 4 & 3))
		zstd_build_table(&s->of, of_default, ARRAY_SIZE(of_default) - 1, 5, of_base,
				 of_extra);
	if (!(modes >> 2 & 3))
		zstd_build_table(&s->ml, ml_default, ML_SYMS - 1, 6, ml_base, ml_extra);
	n = read_table(&s->ll, modes >> 6, p, (size_t)(end - p), LL_SYMS, 9, ll_base, ll_extra);
	if (n < 0)
		return n;
	p += n;
	n = read_table(&s->of, modes >> 4 & 3, p, (size_t)(end - p), OF_SYMS, 8, of_base, of_extra);
	if (n < 0)
		return n;
	p += n;
	n = read_table(&s->ml, modes >> 2 & 3, p, (size_t)(end - p), ML_SYMS, 9, ml_base, ml_extra);
	if (n < 0)
		return n;
	return p + n - start;
}

/* Turn an offset value into a distance and keep the last three (3.1.1.5). */
static __always_inline u32 resolve_offset(u32 reps[3], u32 value, bool no_literals)
{
	u32 dist, i;

	if (value > 3) {
		dist = value - 3;
		i = 2;
	} else {
		i = value - 1 + no_literals;
		dist = i < 3 ? reps[i] : reps[0] - 1;
		if (!i)
			return dist;
	}
	if (i > 1)
		reps[2] = reps[1];
	reps[1] = reps[0];
	reps[0] = dist;
	return dist;
}

struct sequence {
	u32 lits, match, offset;
};

static __always_inline void take_values(struct zstd_bits *b, const struct zstd_cell *ll,
					const struct zstd_cell *of, const struct zstd_cell *ml,
					struct sequence *q)
{
	bool is_long = of->extra + ml->extra + ll->extra > 30;

	q->offset = of->base + zstd_bits_take(b, of->extra);
	if (unlikely(is_long))
		zstd_bits_reload(b);
	q->match = ml->base + zstd_bits_take(b, ml->extra);
	q->lits = ll->base + zstd_bits_take(b, ll->extra);
	if (unlikely(is_long))
		zstd_bits_reload(b);
}

/* All sequences: literals and matches into [op, limit). Returns the new end. */
static __noinline u8 *run_sequences(struct zstd *s, const struct zstd_bits *stream, unsigned n,
				    u8 *op, u8 *limit, const u8 *base)
{
	struct zstd_bits copy = *stream, *b = &copy;	/* in registers */
	const u8 *lits = s->lits, *lits_end = lits + s->nlits;
	unsigned ll_state, of_state, ml_state;

	zstd_bits_reload(b);
	ll_state = zstd_bits_take(b, s->ll.log);
	of_state = zstd_bits_take(b, s->of.log);
	ml_state = zstd_bits_take(b, s->ml.log);
	while (n--) {
		const struct zstd_cell *ll = &s->ll.cells[ll_state];
		const struct zstd_cell *of = &s->of.cells[of_state];
		const struct zstd_cell *ml = &s->ml.cells[ml_state];
		struct sequence q;
		u32 dist;

		zstd_bits_reload(b);
		if (unlikely(zstd_bits_overrun(b)))
			return NULL;
		take_values(b, ll, of, ml, &q);
		if (likely(n)) {
			ll_state = ll->next + zstd_bits_take(b, ll->bits);
			ml_state = ml->next + zstd_bits_take(b, ml->bits);
			of_state = of->next + zstd_bits_take(b, of->bits);
		}
		dist = resolve_offset(s->reps, q.offset, !q.lits);
		if (unlikely(q.lits > (size_t)(lits_end - lits) ||
			     (u64)q.lits + q.match > (size_t)(limit - op)))
			return NULL;
		if (q.lits) {
			unzip_copy_wild(op, lits, q.lits);
			op += q.lits;
			lits += q.lits;
		}
		if (unlikely(!dist || dist > (size_t)(op - base)))
			return NULL;
		unzip_copy_match(op, dist, q.match);
		op += q.match;
	}
	zstd_bits_reload(b);
	if (!zstd_bits_at_end(b) || lits_end - lits > limit - op)
		return NULL;
	memcpy(op, lits, (size_t)(lits_end - lits));
	return op + (lits_end - lits);
}

/* Number of sequences. Returns bytes taken. */
static ssize_t read_count(const u8 *p, size_t len, unsigned *n)
{
	if (!len)
		return -EBADMSG;
	*n = p[0];
	if (p[0] < 128)
		return 1;
	if (len < 3)
		return -EBADMSG;
	if (p[0] < 255) {
		*n = (p[0] - 128U) << 8 | p[1];
		return 2;
	}
	*n = get_le16(p + 1) + 0x7f00U;
	return 3;
}

int zstd_block(struct unzip_core *core, const u8 *p, size_t len)
{
	struct zstd *s = core->state;
	struct unzip_window *w = &core->out;
	u8 *op = w->buf + w->pos, *limit = op + s->block_max, *end;
	struct zstd_bits b;
	unsigned n;
	ssize_t r;
	u64 word;
	int err;

	if (!len)
		return -EBADMSG;
	r = (p[0] & 3) < 2 ? read_plain_literals(s, p, len) : read_packed_literals(s, p, len);
	if (r < 0)
		return (int)r;
	p += r;
	len -= (size_t)r;
	r = read_count(p, len, &n);
	if (r < 0)
		return (int)r;
	p += r;
	len -= (size_t)r;
	if (!n) {
		if (len || s->nlits > s->block_max)
			return -EBADMSG;
		memcpy(op, s->lits, s->nlits);
		w->pos += s->nlits;
		return 0;
	}
	if (!len)
		return -EBADMSG;
	r = read_tables(s, p, len);
	if (r < 0)
		return (int)r;
	err = zstd_bits_open(&b, p + r, len - (size_t)r, &word);
	if (err)
		return err;
	end = run_sequences(s, &b, n, op, limit, w->buf + w->base);
	if (!end)
		return -EBADMSG;
	w->pos = (size_t)(end - w->buf);
	return 0;
}
