/* SPDX-License-Identifier: GPL-2.0-only */
/* Unicode: UTF-8, UTF-16 and single code points. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define UTF_REPLACEMENT	0xfffdU

/**
 * utf8_next() - decode one code point
 * @p: in/out; moved behind it, or by one byte if it is malformed
 * @end: end of the text
 * Return: the code point, or -1 if malformed, overlong, a surrogate or cut short.
 */
int utf8_next(const u8 **p, const u8 *end);

/**
 * utf8_put() - encode one code point
 * @out: room for 4 bytes
 * Return: number of bytes; 0 if @cp is a surrogate or above 0x10ffff.
 */
unsigned utf8_put(u8 *out, u32 cp);

/**
 * utf16_from_utf8() - convert
 * @dst: out, @room units; NULL with 0 to measure
 * @src: @len bytes
 * Return: units that the whole text needs (more than @room: cut at a whole
 *	character), or -EILSEQ.
 */
ssize_t utf16_from_utf8(u16 *dst, size_t room, const char *src, size_t len);

/**
 * utf8_from_utf16() - convert
 * @dst: out, @room bytes, not terminated; NULL with 0 to measure
 * @src: @len units, little-endian
 * Return: bytes that the whole text needs (more than @room: cut at a whole
 *	character), or -EILSEQ for a lone surrogate.
 */
ssize_t utf8_from_utf16(char *dst, size_t room, const u16 *src, size_t len);
