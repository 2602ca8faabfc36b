/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/string.h>

#include "test_impl.h"

TEST(lib_parse, bases)
{
	static const struct { const char *s; unsigned base; int err; u64 v; } cases[] = {
		{ "0", 0, 0, 0 }, { "42", 0, 0, 42 }, { "0x2a", 0, 0, 42 }, { "052", 0, 0, 42 },
		{ "0X2A", 16, 0, 42 }, { "2a", 16, 0, 42 }, { "42\n", 10, 0, 42 },
		{ "zz", 36, 0, 35 * 36 + 35 }, { "101", 2, 0, 5 },
		{ "18446744073709551615", 10, 0, U64_MAX },
		{ "18446744073709551616", 10, -ERANGE, 0 },
		{ "99999999999999999999999", 10, -ERANGE, 0 },
		{ "", 10, -EINVAL, 0 }, { "x", 10, -EINVAL, 0 }, { "12x", 10, -EINVAL, 0 },
		{ "-1", 10, -EINVAL, 0 }, { " 1", 10, -EINVAL, 0 }, { "0x", 0, -EINVAL, 0 },
		{ "08", 0, -EINVAL, 0 }, { "1\n\n", 10, -EINVAL, 0 }, { "0xg", 16, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 v = 0;

		EXPECT_EQ(parse_u64(cases[i].s, cases[i].base, &v, NULL), cases[i].err);
		EXPECT_EQ(v, cases[i].v);
	}
}

TEST(lib_parse, end_pointer_and_widths)
{
	const char *end;
	u64 v;
	s64 s;
	u32 w;
	s32 i;

	EXPECT_EQ(parse_u64("12,34", 10, &v, &end), 0);
	EXPECT_EQ(v, 12);
	EXPECT_STR(end, ",34");
	EXPECT_EQ(parse_s64("-9223372036854775808", 10, &s, NULL), 0);
	EXPECT_EQ(s, S64_MIN);
	EXPECT_EQ(parse_s64("9223372036854775808", 10, &s, NULL), -ERANGE);
	EXPECT_EQ(parse_s64("+7", 10, &s, NULL), 0);
	EXPECT_EQ(s, 7);
	EXPECT_EQ(parse_s64("--7", 10, &s, NULL), -EINVAL);
	EXPECT_EQ(parse_u32("4294967295", 10, &w, NULL), 0);
	EXPECT_EQ(w, U32_MAX);
	EXPECT_EQ(parse_u32("4294967296", 10, &w, NULL), -ERANGE);
	EXPECT_EQ(parse_s32("-2147483648", 10, &i, NULL), 0);
	EXPECT_EQ(parse_s32("2147483648", 10, &i, NULL), -ERANGE);
}

TEST(lib_parse, switches_and_sizes)
{
	bool b = false;
	u64 v;

	EXPECT(!parse_bool("on", &b) && b);
	EXPECT(!parse_bool("N\n", &b) && !b);
	EXPECT(!parse_bool("true", &b) && b);
	EXPECT_EQ(parse_bool("onn", &b), -EINVAL);
	EXPECT_EQ(parse_bool("", &b), -EINVAL);
	EXPECT(!parse_size("64k", &v, NULL) && v == 65536);
	EXPECT(!parse_size("2G", &v, NULL) && v == 2UL << 30);
	EXPECT(!parse_size("0x10M", &v, NULL) && v == 16UL << 20);
	EXPECT(!parse_size("123", &v, NULL) && v == 123);
	EXPECT_EQ(parse_size("16E", &v, NULL), -ERANGE);
	EXPECT_EQ(parse_size("1kb", &v, NULL), -EINVAL);
}
