// SPDX-License-Identifier: GPL-2.0-only
#include "parse.h"

#include <tern/base/err.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

/* A name to slots and back. */
static void round_trip(const char *name, const char *short_name, bool is_short)
{
	struct fat_newname w;
	struct fat_dirent d = { 0 };
	struct fat_long l;
	char out[FAT_NAME_ROOM];

	EXPECT_EQ(fat_newname_make(name, (u32)strlen(name), &w), 0);
	EXPECT_EQ(w.is_short, is_short);
	if (w.fits)
		memcpy(d.name, w.base, 11);
	else
		fat_newname_number(&w, 1, d.name);
	EXPECT_EQ(memcmp(d.name, short_name, 11), 0);
	fat_long_reset(&l);
	for (u32 k = DIV_ROUND_UP(w.n, FAT_LONG_UNITS); !is_short && k; k--) {
		struct fat_part p;

		fat_part_make(&w, k, fat_short_sum(d.name), &p);
		fat_long_add(&l, &p);
	}
	EXPECT_EQ(fat_name(&l, &d, out), fat_trim(name, (u32)strlen(name)));
	EXPECT_EQ(memcmp(out, name, strlen(out)), 0);
}

TEST(fat_name, names_survive)
{
	round_trip("README.TXT", "README  TXT", true);
	round_trip("readme.txt", "README  TXT", false);
	round_trip("a long file name.html", "ALONGF~1HTM", false);
	round_trip(".profile", "PROFIL~1   ", false);
	round_trip("trailing...", "TRAILING   ", false);
	round_trip("a.b.c", "AB~1    C  ", false);
	round_trip("exactly-13.cc", "EXACTL~1CC ", false);
	round_trip("gr\xc3\xb6\xc3\x9f" "e.txt", "GR__E~1 TXT", false);
}

TEST(fat_name, bad_names_are_refused)
{
	struct fat_newname w;
	char longest[300];

	memset(longest, 'x', sizeof(longest));
	EXPECT_EQ(fat_newname_make("a:b", 3, &w), -EINVAL);
	EXPECT_EQ(fat_newname_make("...", 3, &w), -EINVAL);
	EXPECT_EQ(fat_newname_make("a\x01", 2, &w), -EINVAL);
	EXPECT_EQ(fat_newname_make(longest, 256, &w), -ENAMETOOLONG);
	EXPECT_EQ(fat_newname_make(longest, 255, &w), 0);
}

TEST(fat_name, stray_parts_do_not_count)
{
	struct fat_newname w;
	struct fat_dirent d = { 0 };
	struct fat_long l;
	struct fat_part p;
	char out[FAT_NAME_ROOM];

	EXPECT_EQ(fat_newname_make("some long name here", 19, &w), 0);
	memcpy(d.name, "OTHER      ", 11);
	fat_long_reset(&l);
	fat_part_make(&w, 1, 0x12, &p);		/* without the one before it */
	fat_long_add(&l, &p);
	EXPECT_EQ(fat_name(&l, &d, out), 5);
	fat_part_make(&w, 2, 0x12, &p);
	fat_long_add(&l, &p);
	fat_part_make(&w, 1, 0x13, &p);		/* of another sum */
	fat_long_add(&l, &p);
	EXPECT_EQ(fat_name(&l, &d, out), 5);
}

TEST(fat_name, times)
{
	u16 date, time;
	u8 cs;

	fat_time_put(1700000001L * 1000000000 + 500000000, &date, &time, &cs);
	EXPECT_EQ(fat_time_get(date, time, cs), 1700000001L * 1000000000 + 500000000);
	fat_time_put(0, &date, &time, NULL);
	EXPECT_EQ(fat_time_get(date, time, 0), 315532800L * 1000000000);	/* 1980 */
	fat_time_put(951782400L * 1000000000, &date, &time, NULL);	/* 29 February 2000 */
	EXPECT_EQ(date, (20 << 9) | (2 << 5) | 29);
	EXPECT_EQ(fat_time_get(date, time, 0), 951782400L * 1000000000);
	EXPECT(fat_time_get(0, 0, 0) > 0);
	EXPECT(fat_time_get(0xffff, 0xffff, 0xff) > 0);
}
