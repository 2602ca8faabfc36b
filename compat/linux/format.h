/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor's printf: C's conversions, and %p with letters behind it for addresses and objects. */
#pragma once

#include <tern/base/types.h>

/**
 * lx_vformat() - format into a buffer
 * @size: of @buf; if not 0 the result is terminated
 * Return: the length that the whole text has.
 */
int lx_vformat(char *buf, size_t size, const char *fmt, va_list ap);
