/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/utf16.h>

#include "test_impl.h"

TEST(lib_utf16, every_code_point_survives)
{
	for (u32 cp = 0; cp < 0x110400; cp++) {
		u8 bytes[4];
		char back[4];
		u16 units[2];
		unsigned n = utf8_put(bytes, cp);
		const u8 *p = bytes;
		ssize_t u;

		if ((cp >= 0xd800 && cp < 0xe000) || cp > 0x10ffff) {
			REQUIRE_EQ(n, 0);
			continue;
		}
		REQUIRE_EQ(utf8_next(&p, bytes + n), cp);
		REQUIRE(p == bytes + n);
		u = utf16_from_utf8(units, 2, (char *)bytes, n);
		REQUIRE_EQ(u, cp < 0x10000 ? 1 : 2);
		REQUIRE_EQ(utf8_from_utf16(back, 4, units, (size_t)u), n);
		REQUIRE(!memcmp(back, bytes, n));
	}
}

TEST(lib_utf16, malformed_text)
{
	static const char *const bad[] = {
		"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xc3(",
	};
	u16 lone[2] = { 0xd800, 'a' }, low = 0xdc00;
	u16 units[4];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const u8 *p = (const u8 *)bad[i];

		EXPECT_EQ(utf8_next(&p, p + strlen(bad[i])), -1);
		EXPECT(p == (const u8 *)bad[i] + 1);
		EXPECT_EQ(utf16_from_utf8(units, 4, bad[i], strlen(bad[i])), -EILSEQ);
	}
	EXPECT_EQ(utf8_from_utf16(NULL, 0, lone, 2), -EILSEQ);
	EXPECT_EQ(utf8_from_utf16(NULL, 0, &low, 1), -EILSEQ);
}

TEST(lib_utf16, short_room_cuts_whole_characters)
{
	char out[8] = "xxxxxxx";
	u16 units[8];

	EXPECT_EQ(utf16_from_utf8(units, 2, "a\xf0\x9f\x98\x80z", 6), 4);
	EXPECT_EQ(units[0], 'a');
	EXPECT_EQ(utf16_from_utf8(units, 8, "a\xf0\x9f\x98\x80z", 6), 4);
	EXPECT_EQ(utf8_from_utf16(out, 3, units, 4), 6);
	EXPECT(out[0] == 'a' && out[1] == 'x');
	EXPECT_EQ(utf8_from_utf16(NULL, 0, units, 4), 6);
}
