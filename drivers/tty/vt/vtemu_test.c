/* SPDX-License-Identifier: GPL-2.0-only */
#include "vtemu.h"

#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

static u64 memory[4096];
static struct vtemu e;
static char said[64];

static void hear(void *ctx, const char *s, u32 n)
{
	memcpy(said + strlen(said), s, n);
}

static void start(u32 cols, u32 rows)
{
	vtemu_init(&e, cols, rows, memory);
	e.reply = hear;
	memset(said, 0, sizeof(said));
}

static void say(const char *s)
{
	vtemu_write(&e, (const u8 *)s, strlen(s));
}

/* Row @y as text without the blanks at its end. */
static const char *row(u32 y)
{
	static char text[128];
	u32 n = e.cols;

	for (u32 x = 0; x < n; x++)
		text[x] = (char)vtemu_row(&e, y)[x].cp;
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = 0;
	return text;
}

TEST(vtemu, text_wraps_and_scrolls)
{
	start(5, 3);
	say("abcdefg\r\n12\n3\tx");
	EXPECT_STR(row(0), "fg");
	EXPECT_STR(row(1), "12");
	EXPECT_STR(row(2), "  3 x");
	EXPECT(e.wrap_next);
	say("\033[?7lyz");
	EXPECT_STR(row(2), "  3 z");
}

TEST(vtemu, cursor_stays_on_the_screen)
{
	start(10, 4);
	say("\033[99;99Hx\033[99Ay\033[99D<\033[2;3H*\033[B!\033[6n\033[5n\033[c");
	EXPECT_STR(row(3), "         x");
	EXPECT_STR(row(0), "<        y");
	EXPECT_STR(row(1), "  *");
	EXPECT_STR(row(2), "   !");
	EXPECT_STR(said, "\033[3;5R\033[0n\033[?6c");
}

TEST(vtemu, edits_in_a_line)
{
	start(10, 2);
	say("abcdef\033[1;3H\033[2@\033[1;7H\033[1P");
	EXPECT_STR(row(0), "ab  cdf");
	say("\033[1;1H\033[4hXY\033[4lZ\033[1;4H\033[K");
	EXPECT_STR(row(0), "XYZ");
	say("\033[2J");
	EXPECT_STR(row(0), "");
}

TEST(vtemu, scroll_region)
{
	start(4, 5);
	say("1\r\n2\r\n3\r\n4\r\n5\033[2;4r\033[4;1H\n");
	EXPECT_STR(row(0), "1");
	EXPECT_STR(row(1), "3");
	EXPECT_STR(row(2), "4");
	EXPECT_STR(row(3), "");
	EXPECT_STR(row(4), "5");
	say("\033[2;1H\033M\033[3;1H\033[L");
	EXPECT_STR(row(1), "");
	EXPECT_STR(row(2), "");
	EXPECT_STR(row(3), "3");
	EXPECT_STR(row(4), "5");
	say("\033[?6h\033[1;1Ho\033[?6l\033[1;1H.");
	EXPECT_STR(row(1), "o");
	EXPECT_STR(row(0), ".");
}

TEST(vtemu, colours_and_attributes)
{
	struct vtcell *c;

	start(10, 2);
	say("\033[1;31;44ma\033[0;7mb\033[38;5;196;48;2;0;0;255mc\033[97md\033[me");
	c = vtemu_row(&e, 0);
	EXPECT_EQ(c[0].fg, 1);
	EXPECT_EQ(c[0].bg, 4);
	EXPECT_EQ(c[0].attr, VTA_BOLD);
	EXPECT_EQ(c[1].attr, VTA_REVERSE);
	EXPECT_EQ(c[2].fg, 9);
	EXPECT_EQ(c[2].bg, 12);
	EXPECT_EQ(c[3].fg, 15);
	EXPECT_EQ(c[4].fg, 7);
	EXPECT_EQ(c[4].attr, 0);
}

TEST(vtemu, utf8_and_line_drawing)
{
	start(10, 2);
	say("\xc3\xa4\xe2\x94\x80\xff\xc3(\033(0q\033(Bq");
	EXPECT_EQ(vtemu_row(&e, 0)[0].cp, 0xe4);
	EXPECT_EQ(vtemu_row(&e, 0)[1].cp, 0x2500);
	EXPECT_EQ(vtemu_row(&e, 0)[2].cp, 0xfffd);
	EXPECT_EQ(vtemu_row(&e, 0)[3].cp, 0xfffd);
	EXPECT_EQ(vtemu_row(&e, 0)[4].cp, '(');
	EXPECT_EQ(vtemu_row(&e, 0)[5].cp, 0x2500);
	EXPECT_EQ(vtemu_row(&e, 0)[6].cp, 'q');
}

TEST(vtemu, strings_are_swallowed)
{
	start(20, 2);
	say("\033]0;title\007a\033Pxx\033\\b\033]P1ff0000c\033]Rd\033[?25l\033[>0ce\033[[Af");
	EXPECT_STR(row(0), "abcdef");
	EXPECT(!e.cursor_on);
}

TEST(vtemu, noise_stays_inside)
{
	static const char likely[] = "\033[;?0123456789ABCDEFGHJKLMPSTX@rhlmbd()#78c\n\r\t";
	u64 s = 99;
	u32 outside = 0;

	for (u32 round = 0; round < 200; round++) {
		start(1 + round % 37, 1 + round % 11);
		for (int i = 0; i < 2000; i++) {
			u8 c;

			s = s * 6364136223846793005UL + 1442695040888963407UL;
			c = s >> 60 ? (u8)likely[(s >> 33) % (sizeof(likely) - 1)] : (u8)(s >> 40);
			memset(said, 0, sizeof(said));
			vtemu_write(&e, &c, 1);
			outside += e.x >= e.cols || e.y >= e.rows || e.top >= e.bottom || e.bottom > e.rows;
		}
	}
	EXPECT_EQ(outside, 0);
}
