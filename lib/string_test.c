/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/string.h>

#include "test_impl.h"

/* Plain loops, the truth that the fast versions are compared with. */
static void slow_copy(u8 *d, const u8 *s, size_t n)
{
	u8 tmp[512];

	for (size_t i = 0; i < n; i++)
		tmp[i] = s[i];
	for (size_t i = 0; i < n; i++)
		d[i] = tmp[i];
}

TEST(lib_string, copies_of_all_sizes_and_overlaps)
{
	static u8 a[1024], b[1024];
	u64 rng = 5;

	for (int round = 0; round < 4000; round++) {
		size_t n = round % 2 ? test_random(&rng) % 300 : (size_t)round % 70;
		size_t from = test_random(&rng) % 300, to = test_random(&rng) % 300;

		for (size_t i = 0; i < sizeof(a); i++)
			a[i] = b[i] = (u8)test_random(&rng);
		if (from + n <= to || to + n <= from)
			EXPECT(memcpy(a + to, a + from, n) == a + to);
		else
			EXPECT(memmove(a + to, a + from, n) == a + to);
		slow_copy(b + to, b + from, n);
		EXPECT_BYTES(a, b, sizeof(a));
	}
}

TEST(lib_string, fills_compares_and_searches)
{
	u64 rng = 6;

	for (size_t n = 0; n < 150; n++) {
		u8 *p = malloc(n), *q = malloc(n);
		size_t at = n ? test_random(&rng) % n : 0;

		memset(p, 0, n);
		EXPECT(mem_is_zero(p, n));
		memset(q, 0, n);
		EXPECT_EQ(memcmp(p, q, n), 0);
		EXPECT(!memchr(p, 0xe1, n));
		if (n) {
			p[at] = 0xe1;
			EXPECT(!mem_is_zero(p, n));
			EXPECT(memcmp(p, q, n) > 0 && memcmp(q, p, n) < 0);
			EXPECT(memchr(p, 0xe1, n) == p + at);
			memset(p, 0x1e1, n);
			EXPECT(p[0] == 0xe1 && p[n - 1] == 0xe1);
			mem_wipe(p, n);
			EXPECT(mem_is_zero(p, n));
		}
		free(p);
		free(q);
	}
}

TEST(lib_string, lengths_and_orders)
{
	EXPECT_EQ(strlen(""), 0);
	EXPECT_EQ(strlen("abc"), 3);
	EXPECT_EQ(strnlen("abc", 2), 2);
	EXPECT_EQ(strnlen("abc", 9), 3);
	EXPECT_EQ(strcmp("a", "a"), 0);
	EXPECT(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("ab", "a") > 0);
	EXPECT(strcmp("\xff", "a") > 0);
	EXPECT_EQ(strncmp("abcd", "abxy", 2), 0);
	EXPECT(strncmp("abcd", "abxy", 3) < 0);
	EXPECT_EQ(strcasecmp("HeLLo", "hEllO"), 0);
	EXPECT(strcasecmp("a", "B") < 0);
	EXPECT_EQ(strncasecmp("ABx", "aby", 2), 0);
}

TEST(lib_string, bounded_copies)
{
	char buf[8];

	EXPECT_EQ(strlcpy(buf, "hello", sizeof(buf)), 5);
	EXPECT_STR(buf, "hello");
	EXPECT_EQ(strlcpy(buf, "hello, world", sizeof(buf)), 12);
	EXPECT_STR(buf, "hello, ");
	EXPECT_EQ(strlcpy(NULL, "abc", 0), 3);
	EXPECT_EQ(strscopy(buf, "abc", sizeof(buf)), 3);
	EXPECT_EQ(strscopy(buf, "abcdefgh", sizeof(buf)), -E2BIG);
	EXPECT_STR(buf, "abcdefg");
	EXPECT_EQ(strscopy(buf, "abc", 0), -E2BIG);
	strcpy(buf, "ab");
	EXPECT_EQ(strlcat(buf, "cdefghij", sizeof(buf)), 10);
	EXPECT_STR(buf, "abcdefg");
	memset(buf, 'x', sizeof(buf));
	EXPECT_EQ(strlcat(buf, "cd", sizeof(buf)), 10);
	strncpy(buf, "abc", sizeof(buf));
	EXPECT(mem_is_zero(buf + 3, 5));
	EXPECT_STR(strcat(buf, "de"), "abcde");
}

TEST(lib_string, searches)
{
	const char *s = "path/to/file";
	char line[] = "a,b;;c", *p = line;

	EXPECT_STR(strchr(s, '/'), "/to/file");
	EXPECT_STR(strrchr(s, '/'), "/file");
	EXPECT(!strchr(s, 'z') && !strrchr(s, 'z'));
	EXPECT_STR(strchr(s, 0), "");
	EXPECT_STR(strchrnul(s, 'z'), "");
	EXPECT_STR(strstr(s, "to"), "to/file");
	EXPECT_STR(strstr(s, ""), s);
	EXPECT(!strstr(s, "filex"));
	EXPECT_EQ(strspn(s, "ahpt"), 4);
	EXPECT_EQ(strcspn(s, "/"), 4);
	EXPECT_STR(strpbrk(s, "ef"), "file");
	EXPECT_STR(strsep(&p, ",;"), "a");
	EXPECT_STR(strsep(&p, ",;"), "b");
	EXPECT_STR(strsep(&p, ",;"), "");
	EXPECT_STR(strsep(&p, ",;"), "c");
	EXPECT(!p && !strsep(&p, ",;"));
	EXPECT_EQ(str_has_prefix("console=ttyS0", "console="), 8);
	EXPECT_EQ(str_has_prefix("con", "console="), 0);
	strcpy(line, " ab \n");
	EXPECT_STR(str_trim(line), "ab");
}
