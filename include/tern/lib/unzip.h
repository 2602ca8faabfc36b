/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decompression of gzip, zlib, raw deflate, bzip2, lzma, xz, lz4 and zstd.
 * Input comes in pieces of any size, output goes to a function.
 *
 *	unzip_open(&u, unzip_detect(p, n), alloc, output, ctx);
 *	err = unzip_feed(&u, p, n, &used);	(again with more until it is 1)
 *	if (!err) err = unzip_finish(&u);	(no more input)
 *	unzip_close(&u);
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <tern/lib/alloc.h>

enum unzip_format {
	UNZIP_UNKNOWN,
	UNZIP_GZIP,
	UNZIP_ZLIB,	/* never detected */
	UNZIP_DEFLATE,	/* never detected */
	UNZIP_BZIP2,
	UNZIP_LZMA,	/* the .lzma file format ("lzma alone") */
	UNZIP_XZ,
	UNZIP_LZ4,	/* frame format 0x184d2204 */
	UNZIP_LZ4_LEGACY,	/* 0x184c2102 */
	UNZIP_ZSTD,
};

/* Bytes that unzip_detect() wants to see; fewer may do. */
#define UNZIP_DETECT_LEN	16

/* Takes the next bytes of output; 0 or an error, which ends the decompression. */
typedef int unzip_output_t(void *ctx, const void *data, size_t len);

struct unzip_core;

struct unzip {
	struct unzip_core *core;
};

/**
 * unzip_detect() - which format do these bytes begin?
 * Return: UNZIP_UNKNOWN if none.
 */
enum unzip_format unzip_detect(const void *data, size_t len);

/**
 * unzip_format_name() - "gzip" etc.
 */
const char *unzip_format_name(enum unzip_format format);

/**
 * unzip_open() - start on one compressed stream
 * @u: out
 * @alloc: for state, window and input kept between calls
 * @output: called with pieces of output, in order
 * Return: 0, -EPROTONOSUPPORT for UNZIP_UNKNOWN, -ENOMEM.
 */
int unzip_open(struct unzip *u, enum unzip_format format, const struct lib_alloc *alloc,
	       unzip_output_t *output, void *ctx) __must_check;

/**
 * unzip_feed() - decompress the next @len bytes
 * @used: out: bytes that belong to the stream; all, unless it has ended
 * Return: 1 when the stream has ended and is verified, 0 if more is needed,
 *	-EBADMSG corrupt, -EPROTONOSUPPORT not this format, -EOPNOTSUPP valid but
 *	with a feature that is missing here (filter, dictionary, window above
 *	UNZIP_WINDOW_MAX), -ENOMEM, or what @output returned. Errors last.
 */
int unzip_feed(struct unzip *u, const void *data, size_t len, size_t *used) __must_check;

/**
 * unzip_finish() - there is no more input
 * Return: 0 if the stream was complete, -ENODATA if it is truncated, or an error
 *	of unzip_feed().
 */
int unzip_finish(struct unzip *u) __must_check;

/**
 * unzip_close() - free everything; @u may have failed to open
 */
void unzip_close(struct unzip *u);

/**
 * unzip_total_out() - bytes produced so far
 */
u64 unzip_total_out(const struct unzip *u);

/**
 * unzip_error_text() - an error of this interface in words
 */
const char *unzip_error_text(int err);

/**
 * unzip_buffer() - decompress one whole stream to memory
 * @dst: out, @dst_size bytes
 * Return: bytes written, -ENOSPC if @dst is too small, or an error as above.
 */
ssize_t unzip_buffer(enum unzip_format format, void *dst, size_t dst_size, const void *src,
		     size_t len, const struct lib_alloc *alloc) __must_check;

/**
 * unzip_lz4_block() - decode one bare LZ4 block
 * Return: bytes written, -EBADMSG, -ENOSPC.
 */
ssize_t unzip_lz4_block(void *dst, size_t dst_size, const void *src, size_t len) __must_check;

#define UNZIP_WINDOW_MAX	(1UL << 28)
