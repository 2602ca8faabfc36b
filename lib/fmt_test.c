/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/fmt.h>

#include <tern/lib/string.h>

#include "test_impl.h"

/* The C library is the judge. */
#define SAME(...)								\
	do {									\
		char want[256], got[256];					\
		int n = snprintf(want, sizeof(want), __VA_ARGS__);		\
										\
		EXPECT_EQ(fmt_print(got, sizeof(got), __VA_ARGS__), n);		\
		EXPECT_STR(got, want);						\
	} while (0)

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-zero-length"
#pragma GCC diagnostic ignored "-Wformat-overflow"

TEST(lib_fmt, integers_as_libc)
{
	static const long values[] = { 0, 1, -1, 7, 42, -100, 255, 65536, S32_MAX, -S32_MAX - 1L,
				       S64_MAX, S64_MIN };
	static const char *const flags[] = { "", "-", "+", " ", "#", "0", "-0", "+0", "# 0", "-+" };
	static const char *const sizes[] = { "", "1", "5", "24", ".0", ".1", ".4", "8.3", "3.8",
					     "24.20" };
	static const char *const convs[] = { "hhd", "hd", "d", "ld", "lld", "zd", "jd", "td", "i",
					     "hhu", "hu", "u", "lu", "x", "lx", "X", "o", "lo" };
	char f[32];

	for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
		for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
			for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
				for (size_t c = 0; c < ARRAY_SIZE(convs); c++) {
					snprintf(f, sizeof(f), "<%%%s%s%s>", flags[i], sizes[k],
						 convs[c]);
					SAME(f, values[v]);
				}
			}
		}
	}
}

TEST(lib_fmt, text_as_libc)
{
	SAME("%s|%10s|%-10s|%.2s|%5.1s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%c%c%5c%-5c|", 'a', 'b', 'c', 'd');
	SAME("100%% %d%%", 5);
	SAME("%*d|%-*d|%*d|%.*d|%.*s", 6, 42, 6, 42, -6, 42, 4, 42, 2, "abc");
	SAME("%.*d", -1, 0);
	SAME("%p", (void *)0x1234abcdUL);
	SAME("plain");
	SAME("");
}

TEST(lib_fmt, short_buffers)
{
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	EXPECT_EQ(fmt_print(buf, 4, "%d", 123456), 6);
	EXPECT_STR(buf, "123");
	EXPECT_EQ(buf[4], 'x');
	EXPECT_EQ(fmt_print(NULL, 0, "hello %s", "world"), 11);
	EXPECT_EQ(fmt_put(buf, sizeof(buf), "%s", "much too long"), 7);
	EXPECT_STR(buf, "much to");
	EXPECT_EQ(fmt_put(buf, 0, "x"), 0);
	EXPECT_EQ(fmt_print(buf, 1, "x"), 1);
	EXPECT_STR(buf, "");
}

TEST(lib_fmt, odd_formats)
{
	char buf[64];

	fmt_print(buf, sizeof(buf), "%s", (char *)NULL);
	EXPECT_STR(buf, "(null)");
	fmt_print(buf, sizeof(buf), "a%");
	EXPECT_STR(buf, "a");
	fmt_print(buf, sizeof(buf), "%y!");
	EXPECT_STR(buf, "%y!");
	EXPECT_EQ(fmt_print(buf, sizeof(buf), "%99999999d", 1), 999999);
	EXPECT_EQ(fmt_u64(buf, U64_MAX), 20);
}
