/* SPDX-License-Identifier: GPL-2.0-only */
/* A bitmap font of 8 by 16 pixels for consoles on a frame buffer. */
#pragma once

#include <tern/base/types.h>

#define FONT_WIDTH	8
#define FONT_HEIGHT	16

/**
 * font_glyph() - draw one character
 * @cp: Unicode code point: ASCII, box drawing lines (U+2500..), block elements,
 *	and letters of Latin-1 without their accents
 * @rows: out, top to bottom, leftmost pixel in bit 7
 * Return: false if there is no such glyph; an empty box is drawn then.
 */
bool font_glyph(u32 cp, u8 rows[FONT_HEIGHT]);
