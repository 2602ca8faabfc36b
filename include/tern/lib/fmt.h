/* SPDX-License-Identifier: GPL-2.0-only */
/* printf into a buffer. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

/**
 * fmt_print() - format into a buffer, as C's snprintf
 * @buf: out; may be NULL if @size is 0
 * @size: of @buf in bytes; if not 0 the result is always terminated
 * @fmt: d i u x X o c s p and %% with flags "-+ #0", width and precision (also *),
 *	hh h l ll z t j. No floating point, no %n.
 * Return: the length that the whole text has, without the NUL.
 */
int fmt_print(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/**
 * fmt_vprint() - fmt_print() with an argument list
 */
int fmt_vprint(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);

/**
 * fmt_put() - format into a buffer and return the bytes really there
 * Return: length without the NUL, below @size (0 if @size is 0).
 */
int fmt_put(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/**
 * fmt_vput() - fmt_put() with an argument list
 */
int fmt_vput(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);

/**
 * fmt_u64() - write a number in decimal
 * @buf: out, at least 20 bytes; not terminated
 * Return: number of digits.
 */
unsigned fmt_u64(char *buf, u64 v);
