/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/ipaddr.h>

#include <tern/lib/string.h>

#include "test_impl.h"

TEST(lib_ipaddr, four)
{
	static const char *const bad[] = {
		"", "1", "1.2.3", "1.2.3.4.", "1.2.3.256", "a.b.c.d", "1..2.3", "1.2.3.4 ", ".1.2.3",
	};
	u8 a[4];

	EXPECT_EQ(ip4_from_text("10.0.255.1", a), true);
	EXPECT_EQ(memcmp(a, "\x0a\0\xff\1", 4), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(ip4_from_text(bad[i], a), false);
}

TEST(lib_ipaddr, six)
{
	static const struct { const char *s, *bytes; } good[] = {
		{ "::", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" },
		{ "::1", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1" },
		{ "fe80::", "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0" },
		{ "1:2:3:4:5:6:7:8", "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x08" },
		{ "1:2:3:4:5:6:7::", "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0" },
		{ "2001:Db8::a:ffff", "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\x0a\xff\xff" },
		{ "::ffff:1.2.3.4", "\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4" },
		{ "1::1.2.3.4", "\0\1\0\0\0\0\0\0\0\0\0\0\1\2\3\4" },
	};
	static const char *const bad[] = {
		"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::g", "1:", "::1:",
		":1::", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4", "1:2:3:4::5:6:7:8", "::1%1", " ::1",
	};
	u8 a[16];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(ip6_from_text(good[i].s, a), true);
		EXPECT_EQ(memcmp(a, good[i].bytes, 16), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(ip6_from_text(bad[i], a), false);
}
