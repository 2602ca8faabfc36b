/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/regtext.h>

#include <tern/lib/string.h>

#include "test_impl.h"

static u16 room[2048];

static int read_text(const char *text, struct regtext_line *out)
{
	struct regtext r = { text, text + strlen(text), 0 };

	return regtext_next(&r, room, out);
}

TEST(lib_regtext, keys_and_values)
{
	static const char text[] = "; for readers\n\n[Machine\\Soft%00e9]\r\n"
		"\"a%0022b\"=1:\"x y\"\n\"\"=3:#00fF\n\"z\"=4294967295:#";
	struct regtext r = { text, text + sizeof(text) - 1, 0 };
	struct regtext_line l;

	EXPECT_EQ(regtext_next(&r, room, &l), 0);
	EXPECT_EQ(l.kind, REGTEXT_KEY);
	EXPECT_EQ(l.name_len, 13);
	EXPECT_EQ(l.name[12], 0xe9);
	EXPECT_EQ(r.line, 3);
	EXPECT_EQ(regtext_next(&r, room, &l), 0);
	EXPECT_EQ(l.kind, REGTEXT_VALUE);
	EXPECT_EQ(l.name_len, 3);
	EXPECT_EQ(l.name[1], '"');
	EXPECT_EQ(l.type, 1);
	EXPECT_EQ(l.size, 8);
	EXPECT_EQ(l.data[4], 'y');
	EXPECT_EQ(l.data[6] | l.data[7], 0);
	EXPECT_EQ(regtext_next(&r, room, &l), 0);
	EXPECT_EQ(l.name_len, 0);
	EXPECT_EQ(l.size, 2);
	EXPECT_EQ(l.data[1], 0xff);
	EXPECT_EQ(regtext_next(&r, room, &l), 0);
	EXPECT_EQ(l.type, U32_MAX);
	EXPECT_EQ(l.size, 0);
	EXPECT_EQ(regtext_next(&r, room, &l), 0);
	EXPECT_EQ(l.kind, REGTEXT_END);
}

TEST(lib_regtext, what_is_no_line)
{
	static const char *const bad[] = {
		"x", "[a", "[a]b", "\"a", "\"a\"", "\"a\"=", "\"a\"=1", "\"a\"=1:", "\"a\"=1:x", "\"a\"=1:\"b",
		"\"a\"=1:\"b\"c", "\"a\"=:#", "\"a\"=3:#0", "\"a\"=3:#0g", "\"a\"=4294967296:#", "[%00]", "[%00g0]",
		"\"%\"=1:#", "\"a\"=99999999999999999999:#",
	};
	struct regtext_line l;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(read_text(bad[i], &l), -EINVAL);
}

TEST(lib_regtext, there_and_back)
{
	static const u16 name[] = { 'a', ']', '%', '"', 0, 0xd800, 0xffff, '\n', '\\' };
	static const u8 data[] = { 'h', 0, '"', 0, 0, 0xdc, 0, 0 };
	struct regtext_line l;
	char text[256];
	size_t n;

	n = regtext_key(text, sizeof(text), name, ARRAY_SIZE(name));
	EXPECT_EQ(n, regtext_key(NULL, 0, name, ARRAY_SIZE(name)));
	text[n] = 0;
	EXPECT_EQ(read_text(text, &l), 0);
	EXPECT_EQ(l.name_len, ARRAY_SIZE(name));
	EXPECT_EQ(memcmp(l.name, name, sizeof(name)), 0);
	for (u32 type = 0; type < 12; type++)
		for (u32 size = 0; size <= sizeof(data); size++) {
			n = regtext_value(text, sizeof(text), name, 5, type, data, size);
			text[n] = 0;
			EXPECT_EQ(read_text(text, &l), 0);
			EXPECT_EQ(l.type, type);
			EXPECT_EQ(l.size, size);
			EXPECT_EQ(memcmp(l.data, data, size), 0);
			EXPECT_EQ(l.name_len, 5);
		}
}
