/* SPDX-License-Identifier: GPL-2.0-only */
/* What deflate's parts share: the state, the code tables, the bit buffer. */
#pragma once

#include "unzip_impl.h"

#define LIT_BITS	11
#define DIST_BITS	8
#define PRE_BITS	7
#define CODE_MAX	15
/* each second table serves two symbols at least */
#define LIT_TABLE	((1 << LIT_BITS) + 144 * (1 << (CODE_MAX - LIT_BITS)))
#define DIST_TABLE	((1 << DIST_BITS) + 16 * (1 << (CODE_MAX - DIST_BITS)))
#define DIST_MAX_BITS	28	/* code and extra bits of a distance */
#define WINDOW		32768U
#define MATCH_MAX	258

/* Entry: bits to drop | code length << 8 (or index bits) | value << 12 | flags */
#define ENTRY_LITERAL	(1U << 31)
#define ENTRY_SUB	(1U << 30)
#define ENTRY_END	(1U << 29)
#define ENTRY_BAD	(1U << 28)
#define ENTRY_VALUE(e)	((e) >> 12 & 0xffff)

enum inflate_state {
	ST_START, ST_EXTRA, ST_TEXT, ST_HEADER_CRC,	/* of gzip's header */
	ST_BLOCK, ST_STORED_LEN, ST_STORED, ST_DYNAMIC, ST_CODES,
	ST_TRAILER,
};

struct inflate {
	u64 bitbuf;
	unsigned bitcnt;
	enum inflate_state state;
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

/**
 * inflate_build_lit() - table of literals and lengths from @n code lengths
 */
int inflate_build_lit(struct inflate *s, const u8 *lens, unsigned n);

/**
 * inflate_build_dist() - table of distances
 */
int inflate_build_dist(struct inflate *s, const u8 *lens, unsigned n);

/**
 * inflate_build_pre() - table of the code that code lengths are written in
 */
int inflate_build_pre(struct inflate *s, const u8 lens[19]);

/**
 * inflate_step() - the deflate part: STEP_DONE when the last block is flushed
 */
int inflate_step(struct unzip_core *core, struct unzip_span *in);
