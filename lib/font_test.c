/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/font.h>

#include "test_impl.h"

TEST(lib_font, printable_characters_differ)
{
	u8 rows[95][FONT_HEIGHT];

	for (u32 i = 0; i < 95; i++) {
		EXPECT(font_glyph(32 + i, rows[i]));
		EXPECT(!i == mem_is_zero(rows[i], FONT_HEIGHT));
		for (u32 k = 0; k < i; k++)
			EXPECT(memcmp(rows[i], rows[k], FONT_HEIGHT));
		/* the last column parts neighbours */
		for (int y = 0; y < FONT_HEIGHT; y++)
			EXPECT(!(rows[i][y] & 0x80));
	}
}

TEST(lib_font, letter_as_drawn)
{
	u8 rows[FONT_HEIGHT], plain[FONT_HEIGHT];

	EXPECT(font_glyph('E', rows));
	EXPECT(rows[2] == 0x7f && rows[15] == 0);
	EXPECT(font_glyph(0xc9, plain));	/* E with an accent */
	EXPECT_BYTES(rows, plain, FONT_HEIGHT);
}

TEST(lib_font, lines_join_at_cell_borders)
{
	u8 rows[FONT_HEIGHT];

	EXPECT(font_glyph(0x2500, rows));
	EXPECT(rows[7] == 0xff && rows[8] == 0xff && !rows[0] && !rows[15]);
	EXPECT(font_glyph(0x2502, rows));
	EXPECT(rows[0] == 0x18 && rows[15] == 0x18 && rows[7] == 0x18);
	EXPECT(font_glyph(0x250c, rows));
	EXPECT(rows[0] == 0 && rows[15] == 0x18 && rows[7] == 0x1f);
	EXPECT(font_glyph(0x2588, rows));
	EXPECT(rows[0] == 0xff && rows[15] == 0xff);
	EXPECT(!font_glyph(0x4e00, rows));
	EXPECT(!mem_is_zero(rows, FONT_HEIGHT));
}
