/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/cmdline.h>

#include "test_impl.h"

TEST(lib_cmdline, words_and_quotes)
{
	char line[] = "  quiet console=ttyS0,115200 a=\"b c\"  \"d=e f\" g= \"h i\" j=k=l -- x \"\" a=\"\" \"open";
	static const char *const want[][2] = {
		{ "quiet", NULL }, { "console", "ttyS0,115200" }, { "a", "b c" }, { "d", "e f" },
		{ "g", "" }, { "h i", NULL }, { "j", "k=l" }, { "--", NULL }, { "x", NULL },
		{ "", NULL }, { "a", "" }, { "open", NULL },
	};
	char *p = line, *name, *value;

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		REQUIRE(cmdline_next(&p, &name, &value));
		EXPECT_STR(name, want[i][0]);
		EXPECT_STR(value, want[i][1]);
	}
	EXPECT(!cmdline_next(&p, &name, &value));
}

TEST(lib_cmdline, get_finds_the_last_before_dashes)
{
	const char *line = "root=/dev/vda log-level=3 debug root=\"/dev/my disk\" -- root=x";
	char buf[8];

	EXPECT_EQ(cmdline_find(line, "root", buf, sizeof(buf)), 12);
	EXPECT_STR(buf, "/dev/my");
	EXPECT_EQ(cmdline_find(line, "log_level", buf, sizeof(buf)), 1);
	EXPECT_STR(buf, "3");
	EXPECT_EQ(cmdline_find(line, "debug", buf, sizeof(buf)), 0);
	EXPECT_STR(buf, "");
	EXPECT_EQ(cmdline_find(line, "roo", NULL, 0), -ENOENT);
	EXPECT_EQ(cmdline_find(line, "x", NULL, 0), -ENOENT);
	EXPECT_EQ(cmdline_find("", "x", NULL, 0), -ENOENT);
	EXPECT(cmdline_name_is("a-b", "a_b") && !cmdline_name_is("a", "ab"));
}
