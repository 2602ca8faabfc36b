/* SPDX-License-Identifier: GPL-2.0-only */
/* The LZMA decoder that the .lzma and .xz formats share. */
#pragma once

#include "unzip_impl.h"

#define LZMA_SYMBOL_MAX	21	/* bytes of input that one symbol may take */
#define LZMA_MATCH_MAX	273
#define LZMA_LCLP_MAX	4

#define LZMA_STATES	12
#define LZMA_POS_STATES	16

/* Probabilities of a length coder. */
struct lzma_len {
	u16 choice[2];
	u16 low[LZMA_POS_STATES][8];
	u16 mid[LZMA_POS_STATES][8];
	u16 high[256];
};

/* All probabilities; nothing but u16, so that they are reset in one loop. */
struct lzma_probs {
	u16 is_match[LZMA_STATES][LZMA_POS_STATES];
	u16 is_rep[LZMA_STATES];
	u16 is_rep0[LZMA_STATES];
	u16 is_rep1[LZMA_STATES];
	u16 is_rep2[LZMA_STATES];
	u16 is_rep0_long[LZMA_STATES][LZMA_POS_STATES];
	u16 slot[4][64];
	u16 special[116];
	u16 align[16];
	struct lzma_len match_len, rep_len;
	u16 literal[1 << LZMA_LCLP_MAX][0x300];
};

struct lzma {
	u32 range, code;
	u32 rep[4];
	unsigned state;
	unsigned lc, lp_mask, pb_mask;
	u64 pos;	/* bytes since the dictionary was reset */
	struct lzma_probs probs;
};

/**
 * lzma_set_props() - lc, lp, pb from the properties byte
 * Return: 0, -EBADMSG not a valid byte, -EOPNOTSUPP lc + lp above 4.
 */
int lzma_set_props(struct lzma *s, u8 props);

/**
 * lzma_reset() - probabilities, state and distances as at the start
 */
void lzma_reset(struct lzma *s);

/**
 * lzma_start() - take the five bytes that begin the range coder's data
 * Return: 0 or -EBADMSG.
 */
int lzma_start(struct lzma *s, const u8 *p);

/* Where one run reads from and writes to. */
struct lzma_io {
	const u8 *p;		/* in/out: input */
	const u8 *p_limit;	/* go on while p <= this; LZMA_SYMBOL_MAX more bytes are readable */
	u8 *op;			/* in/out: output */
	u8 *op_soft;		/* stop at or beyond this */
	u8 *op_hard;		/* never write a symbol beyond this */
	const u8 *base;		/* first byte that distances may reach */
};

/**
 * lzma_run() - decode symbols until a limit is reached
 * Return: 0 at a limit, 1 at the end marker, -EBADMSG. @io is updated in each case.
 */
int lzma_run(struct lzma *s, struct lzma_io *io);

/* Take the byte that is due, so that the last byte of the input is used up. */
static inline void lzma_normalize(struct lzma *s, const u8 **p)
{
	if (s->range < 1U << 24) {
		s->range <<= 8;
		s->code = s->code << 8 | *(*p)++;
	}
}
