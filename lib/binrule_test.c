/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/binrule.h>

#include "test_impl.h"

static char text[4096];

static int parse(const char *line, struct binrule *r)
{
	size_t n = strlen(line);

	memcpy(text, line, n);
	text[n] = 'Z';		/* nothing behind the line is looked at */
	return binrule_parse(text, n, r);
}

TEST(lib_binrule, magic_with_mask)
{
	u8 head[BINRULE_HEAD] = { 0, 0x7f, ':', 0x13, 0 };
	struct binrule r;

	EXPECT_EQ(parse(":a:M:1:\\x7f\\x3a\\x10:\\xff\\xff\\xf0:/bin/i:PC\n", &r), 0);
	EXPECT(!strcmp(r.name, "a") && !strcmp(r.interp, "/bin/i") && !r.ext);
	EXPECT_EQ(r.offset, 1);
	EXPECT_EQ(r.size, 3);
	EXPECT_EQ(r.flags, BINRULE_KEEP_ARGV0 | BINRULE_CREDS | BINRULE_OPEN);
	EXPECT(binrule_matches(&r, head, "x"));
	head[3] = 0x23;
	EXPECT(!binrule_matches(&r, head, "x"));
}

TEST(lib_binrule, extension)
{
	u8 head[BINRULE_HEAD] = { 0 };
	struct binrule r;

	EXPECT_EQ(parse(",n,E,,run,,/bin/i,", &r), 0);
	EXPECT(binrule_matches(&r, head, "/a/b.run"));
	EXPECT(!binrule_matches(&r, head, "/a/b.runs"));
	EXPECT(!binrule_matches(&r, head, "run"));
}

TEST(lib_binrule, refuses)
{
	static const char *const bad[] = {
		":a:M::x::/bin/i", ":a:X::x::/bin/i:", "::M::x::/bin/i:", ":..:M::x::/bin/i:",
		":a/b:M::x::/bin/i:", ":a:M::::/bin/i:", ":a:M::x:yy:/bin/i:", ":a:M::\\xg0::/bin/i:",
		":a:M:-1:x::/bin/i:", ":a:M:1k:x::/bin/i:", ":a:M:256:x::/bin/i:", ":a:M::x:::",
		":a:E::::/bin/i:", ":a:E::a/b::/bin/i:", ":a:E::x::/bin/i:Z", ":a:E::x::/bin/i:\nP",
		":a:M::\\x", ":a:M::x::/", ":a:MM::x::/bin/i:",
	};
	struct binrule r;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(parse(bad[i], &r), -22);
	EXPECT_EQ(parse(":a:M:255:x::/bin/i:", &r), 0);
}
