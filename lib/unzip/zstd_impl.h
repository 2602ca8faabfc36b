/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the zstd codec share. Section numbers are RFC 8878's. */
#pragma once

#include <tern/lib/xxhash.h>

#include "unzip_impl.h"

#define ZSTD_BLOCK_MAX	(128U << 10)
#define ZSTD_HUF_BITS	11
#define ZSTD_SEQ_LOG	9
#define ZSTD_SYMS	256

/* A finite state decoder's cell: where to go, what it means (4.1). */
struct zstd_cell {
	u16 next;	/* base of the next state */
	u8 bits;	/* to add to it */
	u8 extra;	/* extra bits of the value */
	u32 base;	/* value without them; the symbol itself if there are no values */
};

struct zstd_table {
	unsigned log;
	bool is_set;
	struct zstd_cell cells[1 << ZSTD_SEQ_LOG];
};

/*
 * A bit stream that is read from its end to its start (4.1). Streams shorter
 * than a word lie in a word of the opener's, so that loads need no check.
 */
struct zstd_bits {
	const u8 *start, *p;
	u64 bits;	/* the 8 bytes at p */
	unsigned used;	/* from the top */
};

struct zstd {
	bool has_frame;
	bool has_sum;
	bool has_size;
	bool is_last;
	u64 content_size;
	u64 total;
	size_t block_max;
	u64 skip;		/* of a skippable frame */
	struct xxh64_ctx sum;

	u32 reps[3];
	struct zstd_table ll, of, ml;
	struct zstd_table weights;
	unsigned huf_bits;	/* 0: no table yet */
	u16 huf[1 << ZSTD_HUF_BITS];	/* symbol | bits << 8 */
	const u8 *lits;
	size_t nlits;
	u8 lit_buf[ZSTD_BLOCK_MAX + UNZIP_SLOP];
};

/**
 * zstd_bits_open() - begin at the end of [p, p + len)
 * @word: holds a short stream; must live as long as @b is used
 * Return: 0 or -EBADMSG (empty, or no end mark).
 */
int zstd_bits_open(struct zstd_bits *b, const u8 *p, size_t len, u64 *word);

/* At least 57 bits afterwards, as long as the stream has them. */
static __always_inline void zstd_bits_reload(struct zstd_bits *b)
{
	size_t n = b->used >> 3, left = (size_t)(b->p - b->start);

	if (unlikely(n > left))
		n = left;
	b->p -= n;
	b->used -= 8 * (unsigned)n;
	b->bits = get_le64(b->p);
}

/* Next n bits, 0 <= n <= 31. */
static __always_inline u32 zstd_bits_take(struct zstd_bits *b, unsigned n)
{
	static const u32 masks[32] = {
		0, 0x1, 0x3, 0x7, 0xf, 0x1f, 0x3f, 0x7f, 0xff, 0x1ff, 0x3ff, 0x7ff, 0xfff, 0x1fff,
		0x3fff, 0x7fff, 0xffff, 0x1ffff, 0x3ffff, 0x7ffff, 0xfffff, 0x1fffff, 0x3fffff,
		0x7fffff, 0xffffff, 0x1ffffff, 0x3ffffff, 0x7ffffff, 0xfffffff, 0x1fffffff,
		0x3fffffff, 0x7fffffff,
	};

	b->used += n;
	return (u32)(b->bits >> (-b->used & 63)) & masks[n];
}

/* More was taken than there was. */
static __always_inline bool zstd_bits_overrun(const struct zstd_bits *b)
{
	return b->used > 64;
}

/* Everything was taken, and no more. */
static __always_inline bool zstd_bits_at_end(const struct zstd_bits *b)
{
	return b->p == b->start && b->used == 64;
}

/**
 * zstd_read_counts() - a distribution of probabilities (4.1.1)
 * @norm: out, max_sym + 1 entries; -1 is "less than one"
 * @log: out, at most @max_log
 * Return: bytes taken or -EBADMSG.
 */
ssize_t zstd_read_counts(const u8 *p, size_t len, s16 *norm, unsigned max_sym,
			 unsigned max_log, unsigned *log);

/**
 * zstd_build_table() - decoding table of a distribution
 * @base: values of the symbols, @extra: their extra bits; NULL: the symbol itself
 */
int zstd_build_table(struct zstd_table *t, const s16 *norm, unsigned max_sym, unsigned log,
		     const u32 *base, const u8 *extra);

/**
 * zstd_read_huffman() - a tree description (4.2.1) into s->huf
 * Return: bytes taken or -EBADMSG.
 */
ssize_t zstd_read_huffman(struct zstd *s, const u8 *p, size_t len);

/**
 * zstd_huffman_stream() - decode exactly @n symbols from one whole stream
 * @dst: out; up to 8 bytes more may be written
 */
int zstd_huffman_stream(const struct zstd *s, u8 *dst, size_t n, const u8 *p, size_t len);

/**
 * zstd_block() - decode one compressed block into the window, room is there
 */
int zstd_block(struct unzip_core *core, const u8 *p, size_t len);

/**
 * zstd_block_begin_frame() - forget tables and offsets
 */
void zstd_block_begin_frame(struct zstd *s);
