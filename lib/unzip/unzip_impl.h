/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the codecs share: the core, the span of input, the output window.
 *
 * A codec's step() does one unit of work from a span of contiguous input. If
 * the span does not hold the whole unit, it says STEP_MORE and leaves codec and
 * span as they were; the core keeps the bytes and calls again with more.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/lib/unzip.h>
#include <uapi/errno.h>

enum unzip_step {
	STEP_AGAIN = 0,	/* did something */
	STEP_MORE = 1,	/* core->want bytes needed, counted from the span's start */
	STEP_DONE = 2,	/* the stream is complete and verified */
};

struct unzip_span {
	const u8 *p, *end;
};

struct unzip_core;

struct unzip_codec {
	const char *name;
	size_t state_size;
	int (*init)(struct unzip_core *core);	/* state is zeroed */
	int (*step)(struct unzip_core *core, struct unzip_span *in);
	/* input ends with these bytes: STEP_DONE if that is a proper end */
	int (*finish)(struct unzip_core *core, struct unzip_span *in);
	void (*fini)(struct unzip_core *core);
};

/*
 * Output and history in one buffer: [.. history .. | not yet flushed | room].
 * When it is full, the last `window` bytes move to its start.
 */
struct unzip_window {
	u8 *buf;
	size_t size;		/* of buf, UNZIP_SLOP not counted */
	size_t window;		/* history that must stay reachable */
	size_t pos;		/* next byte goes here */
	size_t flushed;		/* up to here it was handed out */
	size_t base;		/* first byte that references may reach */
};

/* Copies may write this far beyond their end. */
#define UNZIP_SLOP	64

struct unzip_core {
	struct lib_alloc alloc;
	unzip_output_t *output;
	void *ctx;
	const struct unzip_codec *codec;
	void *state;
	struct unzip_window out;
	/* sees output once, before it is handed out: check sums; may be NULL */
	void (*sum)(struct unzip_core *core, const u8 *p, size_t len);
	/* a filter between window and output; ends in unzip_emit(); may be NULL */
	int (*filter)(struct unzip_core *core, const u8 *p, size_t len);
	u64 total_out;		/* flushed */
	size_t want;
	u8 *carry;		/* input kept for the next call */
	size_t carry_len, carry_size;
	int error;
	bool is_done;
};

extern const struct unzip_codec unzip_codec_gzip, unzip_codec_zlib, unzip_codec_deflate,
	unzip_codec_bzip2, unzip_codec_lzma, unzip_codec_xz, unzip_codec_lz4,
	unzip_codec_lz4_legacy, unzip_codec_zstd;

static inline size_t span_len(const struct unzip_span *in)
{
	return (size_t)(in->end - in->p);
}

static inline int step_more(struct unzip_core *core, size_t want)
{
	core->want = want;
	return STEP_MORE;
}

/**
 * unzip_window_set() - history needed from now on; may be called again
 * Return: 0 or -EOPNOTSUPP if above UNZIP_WINDOW_MAX.
 */
int unzip_window_set(struct unzip_core *core, size_t window);

/**
 * unzip_window_flush() - hand out what is new
 */
int unzip_window_flush(struct unzip_core *core);

/**
 * unzip_emit() - hand finished bytes to check sum and output
 */
int unzip_emit(struct unzip_core *core, const u8 *p, size_t len);

/**
 * unzip_window_make() - slow path of unzip_reserve()
 */
int unzip_window_make(struct unzip_core *core, size_t n);

/* Make room for n bytes, and for UNZIP_SLOP beyond, at out.buf + out.pos. */
static __always_inline int unzip_reserve(struct unzip_core *core, size_t n)
{
	if (likely(core->out.size - core->out.pos >= n))
		return 0;
	return unzip_window_make(core, n);
}

/* Nothing before the current position may be referred to. */
static inline void unzip_window_restart(struct unzip_core *core)
{
	core->out.base = core->out.pos;
}

/**
 * unzip_write() - append bytes
 */
int unzip_write(struct unzip_core *core, const void *data, size_t len);

/*
 * Copy len bytes from dist bytes back; dist >= 1, len >= 1. Reads and writes in
 * words, up to 15 bytes too many.
 */
static __always_inline void unzip_copy_match(u8 *dst, size_t dist, size_t len)
{
	const u8 *src = dst - dist;
	u8 *end = dst + len;

	if (likely(dist >= 8)) {
		do {
			put_le64(dst, get_le64(src));
			put_le64(dst + 8, get_le64(src + 8));
			src += 16;
			dst += 16;
		} while (dst < end);
	} else {
		/* a pattern of dist bytes, spread over a word */
		u64 v = get_le64(src) & (~0UL >> (64 - 8 * dist));
		size_t step = 8 - 8 % dist;

		for (size_t bits = 8 * dist; bits < 64; bits *= 2)
			v |= v << bits;
		do {
			put_le64(dst, v);
			dst += step;
		} while (dst < end);
	}
}

/* Copy len >= 1 bytes between different buffers, up to 15 bytes too many. */
static __always_inline void unzip_copy_wild(u8 *dst, const u8 *src, size_t len)
{
	u8 *end = dst + len;

	do {
		put_le64(dst, get_le64(src));
		put_le64(dst + 8, get_le64(src + 8));
		src += 16;
		dst += 16;
	} while (dst < end);
}
