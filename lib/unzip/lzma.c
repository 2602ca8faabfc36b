/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LZMA: a range coder with adaptive bits drives literals, matches and repeated
 * distances.
 *
 * The decoder keeps (range, code); each binary decision splits the range in
 * proportion to an 11-bit probability and moves that probability a 32nd of the
 * way. A symbol takes at most 21 bytes of input, so the loop looks at the limit
 * once a symbol; callers give it input with that much behind the limit.
 *
 * The state (0..11) remembers what the last symbols were; below 7 the last one
 * was a literal. The format is that of the LZMA specification (I. Pavlov).
 */
#include "lzma_impl.h"

#define PROB_BITS	11
#define PROB_HALF	(1U << (PROB_BITS - 1))
#define MOVE_BITS	5
#define RANGE_TOP	(1U << 24)
#define STATE_LITERAL	7	/* below: the last symbol was a literal */

int lzma_set_props(struct lzma *s, u8 props)
{
	unsigned lc = props % 9, lp = props / 9 % 5, pb = props / 45;

	if (pb > 4)
		return -EBADMSG;
	if (lc + lp > LZMA_LCLP_MAX)
		return -EOPNOTSUPP;
	s->lc = lc;
	s->lp_mask = (1U << lp) - 1;
	s->pb_mask = (1U << pb) - 1;
	return 0;
}

void lzma_reset(struct lzma *s)
{
	u16 *p = (u16 *)&s->probs;

	static_assert(sizeof(struct lzma_probs) % 8 == 0, "reset goes by words");
	for (size_t i = 0; i < sizeof(s->probs); i += 8, p += 4)
		put_le64(p, PROB_HALF * 0x0001000100010001UL);
	s->state = 0;
	memset(s->rep, 0, sizeof(s->rep));
}

int lzma_start(struct lzma *s, const u8 *p)
{
	s->range = U32_MAX;
	s->code = get_be32(p + 1);
	return p[0] ? -EBADMSG : 0;
}

/* The range coder's registers while a run goes on. */
struct coder {
	u32 range, code;
	const u8 *p;
};

static __always_inline void normalize(struct coder *c)
{
	if (unlikely(c->range < RANGE_TOP)) {
		c->range <<= 8;
		c->code = c->code << 8 | *c->p++;
	}
}

static __always_inline unsigned bit(struct coder *c, u16 *prob)
{
	u32 v = *prob, bound;

	normalize(c);
	bound = (c->range >> PROB_BITS) * v;
	if (c->code < bound) {
		c->range = bound;
		*prob = (u16)(v + (((1U << PROB_BITS) - v) >> MOVE_BITS));
		return 0;
	}
	c->range -= bound;
	c->code -= bound;
	*prob = (u16)(v - (v >> MOVE_BITS));
	return 1;
}

/* n bits, highest first, through a tree of probabilities. */
static __always_inline unsigned tree(struct coder *c, u16 *probs, unsigned n)
{
	unsigned sym = 1;

	for (unsigned i = 0; i < n; i++)
		sym = sym << 1 | bit(c, &probs[sym]);
	return sym - (1U << n);
}

/* n bits, lowest first. */
static __always_inline unsigned reverse_tree(struct coder *c, u16 *probs, unsigned n)
{
	unsigned sym = 1, v = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned b = bit(c, &probs[sym]);

		sym = sym << 1 | b;
		v |= b << i;
	}
	return v;
}

/* n bits of even chance. */
static __always_inline u32 direct(struct coder *c, unsigned n)
{
	u32 v = 0;

	while (n--) {
		u32 mask;

		normalize(c);
		c->range >>= 1;
		c->code -= c->range;
		mask = 0U - (c->code >> 31);
		c->code += c->range & mask;
		v = (v << 1) + (mask + 1);
	}
	return v;
}

/*
 * The two below are called, not inlined, with a copy of the coder: the caller's
 * own never has its address taken and so stays in registers.
 */
static __noinline unsigned len_of(struct coder *c, struct lzma_len *l, unsigned pos_state)
{
	struct coder k = *c;
	unsigned len;

	if (!bit(&k, &l->choice[0]))
		len = 2 + tree(&k, l->low[pos_state], 3);
	else if (!bit(&k, &l->choice[1]))
		len = 10 + tree(&k, l->mid[pos_state], 3);
	else
		len = 18 + tree(&k, l->high, 8);
	*c = k;
	return len;
}

static __always_inline unsigned read_len(struct coder *c, struct lzma_len *l, unsigned pos_state)
{
	struct coder copy = *c;
	unsigned len = len_of(&copy, l, pos_state);

	*c = copy;
	return len;
}

/* Distance minus one of a new match. */
static __noinline u32 distance_of(struct coder *c, struct lzma_probs *m, unsigned len)
{
	struct coder k = *c;
	unsigned slot = tree(&k, m->slot[min(len - 2, 3U)], 6), bits = slot / 2 - 1;
	u32 dist = slot;

	if (slot >= 4) {
		dist = (2 | (slot & 1)) << bits;
		if (slot < 14) {
			dist += reverse_tree(&k, m->special + dist - slot, bits);
		} else {
			dist += direct(&k, bits - 4) << 4;
			dist += reverse_tree(&k, m->align, 4);
		}
	}
	*c = k;
	return dist;
}

static __always_inline u32 read_distance(struct coder *c, struct lzma_probs *m, unsigned len)
{
	struct coder copy = *c;
	u32 dist = distance_of(&copy, m, len);

	*c = copy;
	return dist;
}

static __always_inline u8 read_literal(struct coder *c, u16 *probs)
{
	unsigned sym = 1;

	do {
		sym = sym << 1 | bit(c, &probs[sym]);
	} while (sym < 0x100);
	return (u8)sym;
}

/* After a match, the byte at the last distance guides the bits till they differ. */
static __always_inline u8 read_matched_literal(struct coder *c, u16 *probs, unsigned match)
{
	unsigned sym = 1, same = 0x100;

	do {
		unsigned want, b;

		match <<= 1;
		want = match & same;
		b = bit(c, &probs[same + want + sym]);
		sym = sym << 1 | b;
		same &= b ? want : ~want;
	} while (sym < 0x100);
	return (u8)sym;
}

/* Choose among the four last distances; returns whether it is a single byte. */
static __always_inline bool read_rep(struct coder *c, struct lzma *s, unsigned pos_state)
{
	struct lzma_probs *m = &s->probs;
	u32 dist;

	if (!bit(c, &m->is_rep0[s->state]))
		return !bit(c, &m->is_rep0_long[s->state][pos_state]);
	if (!bit(c, &m->is_rep1[s->state])) {
		dist = s->rep[1];
	} else {
		if (!bit(c, &m->is_rep2[s->state])) {
			dist = s->rep[2];
		} else {
			dist = s->rep[3];
			s->rep[3] = s->rep[2];
		}
		s->rep[2] = s->rep[1];
	}
	s->rep[1] = s->rep[0];
	s->rep[0] = dist;
	return false;
}

/* Length of a match, whose distance is then rep[0] + 1. 0: the end marker. */
static __always_inline unsigned read_match(struct coder *c, struct lzma *s, unsigned pos_state)
{
	unsigned len;
	bool is_literal = s->state < STATE_LITERAL;

	if (bit(c, &s->probs.is_rep[s->state])) {
		if (read_rep(c, s, pos_state)) {
			s->state = is_literal ? 9 : 11;
			return 1;
		}
		s->state = is_literal ? 8 : 11;
		return read_len(c, &s->probs.rep_len, pos_state);
	}
	s->state = is_literal ? 7 : 10;
	len = read_len(c, &s->probs.match_len, pos_state);
	s->rep[3] = s->rep[2];
	s->rep[2] = s->rep[1];
	s->rep[1] = s->rep[0];
	s->rep[0] = read_distance(c, &s->probs, len);
	return s->rep[0] == U32_MAX ? 0 : len;
}

int lzma_run(struct lzma *s, struct lzma_io *io)
{
	struct coder c = { s->range, s->code, io->p };
	u8 *op = io->op, *start = io->op;
	int r = 0;

	/* what the distance reached may be gone, or never was there */
	if (s->state >= STATE_LITERAL && s->rep[0] >= (size_t)(op - io->base))
		return -EBADMSG;
	while (c.p <= io->p_limit && op < io->op_soft) {
		u64 pos = s->pos + (u64)(op - start);
		unsigned pos_state = pos & s->pb_mask, len;

		if (!bit(&c, &s->probs.is_match[s->state][pos_state])) {
			unsigned prev = op > io->base ? op[-1] : 0;
			u16 *probs = s->probs.literal[((pos & s->lp_mask) << s->lc) +
						      (prev >> (8 - s->lc))];

			if (s->state < STATE_LITERAL) {
				*op = read_literal(&c, probs);
				s->state -= min(s->state, 3U);
			} else {
				*op = read_matched_literal(&c, probs, op[-(s64)s->rep[0] - 1]);
				s->state -= s->state < 10 ? 3 : 6;
			}
			op++;
			continue;
		}
		len = read_match(&c, s, pos_state);
		if (unlikely(!len)) {
			r = 1;
			break;
		}
		if (unlikely(s->rep[0] >= (size_t)(op - io->base) ||
			     len > (size_t)(io->op_hard - op))) {
			r = -EBADMSG;
			break;
		}
		unzip_copy_match(op, (size_t)s->rep[0] + 1, len);
		op += len;
	}
	s->pos += (u64)(op - start);
	s->range = c.range;
	s->code = c.code;
	io->p = c.p;
	io->op = op;
	return r;
}
