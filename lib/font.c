/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console's font.
 *
 * ASCII is drawn on a grid of 5 by 9 (two rows for descenders), kept as 45 bits,
 * top row first, and stretched to 7 by 14 pixels: odd rows and even columns
 * once, the others twice. Box drawing characters and blocks are computed: a box
 * character is a set of arms from the middle of the cell.
 */
#include <tern/lib/font.h>

#include <tern/base/compiler.h>
#include <tern/lib/string.h>

#define GRID_ROWS	9
#define GRID_COLUMNS	5

static const u64 ascii[95] = {
	0x000000000000, 0x042108401000, 0x0a5280000000, 0x0a57d5f52800,	/*  !"# */
	0x047d1c5f1000, 0x19c88889cc00, 0x0c9511593400, 0x042200000000,	/* $%&' */
	0x022210820800, 0x082084222000, 0x00255d520000, 0x00213e420000,	/* ()*+ */
	0x000000021100, 0x00003e000000, 0x000000063000, 0x000888880000,	/* ,-./ */
	0x0e8ceb98b800, 0x046108423800, 0x0e8844447c00, 0x1f110418b800,	/* 0123 */
	0x0232a5f10800, 0x1f878218b800, 0x06443d18b800, 0x1f0888842000,	/* 4567 */
	0x0e8c5d18b800, 0x0e8c5e113000, 0x006300c60000, 0x006300c21100,	/* 89:; */
	0x022220820800, 0x0007c1f00000, 0x082082222000, 0x0e8844401000,	/* <=>? */
	0x0e8deb783c00, 0x045463f8c400, 0x1e8c7d18f800, 0x0e8c2108b800,	/* @ABC */
	0x1c9463197000, 0x1f843d087c00, 0x1f843d084000, 0x0e8c2f18bc00,	/* DEFG */
	0x118c7f18c400, 0x0e2108423800, 0x071084293000, 0x119531494400,	/* HIJK */
	0x108421087c00, 0x11dd6b18c400, 0x11cd6718c400, 0x0e8c6318b800,	/* LMNO */
	0x1e8c7d084000, 0x0e8c63593400, 0x1e8c7d494400, 0x0f841c10f800,	/* PQRS */
	0x1f2108421000, 0x118c6318b800, 0x118c63151000, 0x118c6b5dc400,	/* TUVW */
	0x118a88a8c400, 0x118a88421000, 0x1f0888887c00, 0x0e4210843800,	/* XYZ[ */
	0x008208208000, 0x0e1084213800, 0x045440000000, 0x0000000003e0,	/* \]^_ */
	0x082080000000, 0x000382f8bc00, 0x1087a318f800, 0x0003e1083c00,	/* `abc */
	0x010be318bc00, 0x0003a3f83c00, 0x064a38842000, 0x0003e318bc2e,	/* defg */
	0x1087a318c400, 0x040308423800, 0x020184210a4c, 0x1084a98a4800,	/* hijk */
	0x0c2108423800, 0x0006ab5ad400, 0x0007a318c400, 0x0003a318b800,	/* lmno */
	0x0007a318fa10, 0x0003e318bc21, 0x0005b3084000, 0x0003e0e0f800,	/* pqrs */
	0x084710849800, 0x00046318bc00, 0x000463151000, 0x0004635aa800,	/* tuvw */
	0x000454454400, 0x00046318bc2e, 0x0007c4447c00, 0x062110421800,	/* xyz{ */
	0x042108421000, 0x0c2104423000, 0x00022a200000,	/* |}~ */
};

enum arm { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };

/* Arms of U+2500 and on; each shape comes in several weights, drawn alike. */
static u8 box_arms(u32 n)
{
	static const struct {
		u8 first, arms;
	} shapes[] = {
		{ 0x00, LEFT | RIGHT }, { 0x02, UP | DOWN }, { 0x04, LEFT | RIGHT },
		{ 0x06, UP | DOWN }, { 0x08, LEFT | RIGHT }, { 0x0a, UP | DOWN },
		{ 0x0c, DOWN | RIGHT }, { 0x10, DOWN | LEFT }, { 0x14, UP | RIGHT },
		{ 0x18, UP | LEFT }, { 0x1c, UP | DOWN | RIGHT }, { 0x24, UP | DOWN | LEFT },
		{ 0x2c, DOWN | LEFT | RIGHT }, { 0x34, UP | LEFT | RIGHT },
		{ 0x3c, UP | DOWN | LEFT | RIGHT }, { 0x4c, LEFT | RIGHT }, { 0x4e, UP | DOWN },
		{ 0x50, LEFT | RIGHT }, { 0x51, UP | DOWN }, { 0x52, DOWN | RIGHT },
		{ 0x55, DOWN | LEFT }, { 0x58, UP | RIGHT }, { 0x5b, UP | LEFT },
		{ 0x5e, UP | DOWN | RIGHT }, { 0x61, UP | DOWN | LEFT },
		{ 0x64, DOWN | LEFT | RIGHT }, { 0x67, UP | LEFT | RIGHT },
		{ 0x6a, UP | DOWN | LEFT | RIGHT }, { 0x6d, DOWN | RIGHT }, { 0x6e, DOWN | LEFT },
		{ 0x6f, UP | LEFT }, { 0x70, UP | RIGHT }, { 0x71, 0 },
	};
	u8 arms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(shapes) && shapes[i].first <= n; i++)
		arms = shapes[i].arms;
	return arms;
}

static bool draw_box(u32 cp, u8 *rows)
{
	u8 arms = box_arms(cp - 0x2500), middle = 0x18;

	if (!arms)
		return false;
	for (int y = 0; y < FONT_HEIGHT; y++) {
		bool above = y < 8;

		rows[y] = (above && arms & UP) || (!above && arms & DOWN) ? middle : 0;
	}
	rows[7] |= middle | (arms & LEFT ? 0xf8 : 0) | (arms & RIGHT ? 0x1f : 0);
	rows[8] |= rows[7];
	if (!(arms & DOWN))
		rows[8] = rows[7];
	return true;
}

/* U+2580..U+2590: eighths from below, eighths from the left; then three shades. */
static bool draw_block(u32 cp, u8 *rows)
{
	static const u8 shade[3][2] = { { 0x88, 0x22 }, { 0xaa, 0x55 }, { 0x77, 0xdd } };
	u32 n = cp - 0x2580;

	for (u32 y = 0; y < FONT_HEIGHT; y++) {
		if (!n)
			rows[y] = y < 8 ? 0xff : 0;
		else if (n <= 8)
			rows[y] = y >= FONT_HEIGHT - 2 * n ? 0xff : 0;
		else if (n < 16)
			rows[y] = (u8)(0xff << (n - 8));
		else if (n == 16)
			rows[y] = 0x0f;
		else
			rows[y] = shade[n - 17][y & 1];
	}
	return true;
}

/* The plain letter for U+00C0..U+00FF, and signs before that. */
static u32 to_ascii(u32 cp)
{
	static const char plain[] =
		" !cL*Y|S\"Ca<--R-o+23'uP.,1o>424?"
		"AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPs"
		"aaaaaaaceeeeiiiidnooooo/ouuuuypy";

	if (cp < 0xa0 || cp > 0xff)
		return cp;
	return (u8)plain[cp - 0xa0];
}

static void draw_ascii(u64 bits, u8 *rows)
{
	int y = 2;

	memset(rows, 0, FONT_HEIGHT);
	for (int r = 0; r < GRID_ROWS; r++) {
		unsigned line = bits >> (GRID_COLUMNS * (GRID_ROWS - 1 - r)) & 31, wide;

		/* columns 1 and 3 are two pixels wide */
		wide = (line & 16) << 2 | (line & 8) << 2 | (line & 8) << 1 | (line & 4) << 1 |
		       (line & 2) << 1 | (line & 2) | (line & 1);
		rows[y++] = (u8)wide;
		if (!(r & 1) && y < FONT_HEIGHT)
			rows[y++] = (u8)wide;
	}
}

bool font_glyph(u32 cp, u8 rows[FONT_HEIGHT])
{
	cp = to_ascii(cp);
	if (cp - 32 < ARRAY_SIZE(ascii)) {
		draw_ascii(ascii[cp - 32], rows);
		return true;
	}
	if (cp - 0x2500 < 0x80 && draw_box(cp, rows))
		return true;
	if (cp - 0x2580 < 20)
		return draw_block(cp, rows);
	for (int y = 0; y < FONT_HEIGHT; y++)
		rows[y] = y < 2 || y > 13 ? 0 : y == 2 || y == 13 ? 0x7e : 0x42;
	return false;
}
