/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/pe.h>

#include <tern/lib/bits.h>

#include "test_impl.h"

#define OPT	(0x80 + 24)
#define TABLE	(OPT + 112 + 16 * 8)

static u8 img[0x4000];

/* Headers of an image of 4 pages with two sections. */
static void start(void)
{
	memset(img, 0, sizeof(img));
	memcpy(img, "MZ", 2);
	put_le32(img + 60, 0x80);
	memcpy(img + 0x80, "PE\0\0", 4);
	put_le16(img + 0x84, 0x8664);
	put_le16(img + 0x86, 2);
	put_le16(img + 0x94, 112 + 16 * 8);
	put_le16(img + 0x96, 0x22);
	put_le16(img + OPT, 0x20b);
	put_le32(img + OPT + 16, 0x1000);
	put_le64(img + OPT + 24, 0x140000000);
	put_le32(img + OPT + 32, 0x1000);
	put_le32(img + OPT + 36, 0x200);
	put_le32(img + OPT + 56, 0x3f00);
	put_le32(img + OPT + 60, 0x400);
	put_le16(img + OPT + 68, PE_SUBSYSTEM_CONSOLE);
	put_le32(img + OPT + 108, 16);
}

static void section(u32 i, u32 rva, u32 vsize, u32 raw, u32 raw_size)
{
	u8 *p = img + TABLE + 40 * i;

	memcpy(p, ".sect", 5);
	put_le32(p + 8, vsize);
	put_le32(p + 12, rva);
	put_le32(p + 16, raw_size);
	put_le32(p + 20, raw);
	put_le32(p + 36, PE_SCN_READ);
}

static int header(struct pe_info *i)
{
	return pe_parse_header(img, sizeof(img), sizeof(img), i);
}

static int sections(const struct pe_info *info, struct pe_section *s)
{
	u32 end = 0;
	int err = 0;

	for (u32 i = 0; i < info->nsections && !err; i++)
		err = pe_parse_section(img, sizeof(img), sizeof(img), info, i, &end, &s[i]);
	return err;
}

TEST(lib_pe, reads_an_image)
{
	struct pe_section s[2];
	struct pe_info i;

	start();
	section(0, 0x1000, 0x10, 0x400, 0x200);
	section(1, 0x2000, 0x1800, 0x600, 0x100);
	EXPECT_EQ(header(&i), 0);
	EXPECT_EQ(i.size, 0x4000);
	EXPECT_EQ(i.subsystem, PE_SUBSYSTEM_CONSOLE);
	EXPECT_EQ(sections(&i, s), 0);
	EXPECT_EQ(s[0].raw_size, 0x200);
	EXPECT_EQ(s[1].vsize, 0x1800);
}

TEST(lib_pe, refuses_what_is_not_for_us)
{
	struct pe_info i;

	start();
	img[0] = 0x7f;
	EXPECT_EQ(header(&i), (u64)-ENOEXEC);
	start();
	put_le16(img + 0x84, 0x14c);
	EXPECT_EQ(header(&i), (u64)-ENOEXEC);
	start();
	put_le16(img + OPT, 0x10b);
	EXPECT_EQ(header(&i), (u64)-ENOEXEC);
	start();
	put_le32(img + OPT + 112 + PE_DIR_CLR * 8, 0x1000);
	put_le32(img + OPT + 112 + PE_DIR_CLR * 8 + 4, 72);
	EXPECT_EQ(header(&i), (u64)-ENOEXEC);
}

TEST(lib_pe, refuses_broken_headers)
{
	struct pe_info i;

	start();
	put_le32(img + OPT + 56, 0xffffffff);
	EXPECT_EQ(header(&i), (u64)-EBADMSG);
	start();
	put_le64(img + OPT + 24, 0x7fffffff0000);
	EXPECT_EQ(header(&i), (u64)-EBADMSG);
	start();
	put_le16(img + 0x86, 200);
	EXPECT_EQ(header(&i), (u64)-EBADMSG);
	start();
	put_le32(img + OPT + 32, 0x200);
	EXPECT_EQ(header(&i), (u64)-EBADMSG);
}

TEST(lib_pe, refuses_overlapping_sections)
{
	struct pe_section s[2];
	struct pe_info i;

	start();
	section(0, 0x1000, 0x1001, 0x400, 0x200);
	section(1, 0x2000, 0x1000, 0x600, 0x100);
	EXPECT_EQ(header(&i), 0);
	EXPECT_EQ(sections(&i, s), (u64)-EBADMSG);
	section(0, 0x1000, 0x1000, 0x3f00, 0x1000);
	EXPECT_EQ(sections(&i, s), (u64)-EBADMSG);
}

static int count_site(void *arg, u32 rva)
{
	*(u32 *)arg += rva;
	return 0;
}

TEST(lib_pe, walks_relocations)
{
	u8 block[16] = { 0 };
	struct pe_info i;
	u32 sum = 0;

	start();
	EXPECT_EQ(header(&i), 0);
	put_le32(block, 0x1000);
	put_le32(block + 4, 14);
	put_le16(block + 8, 0xa010);
	put_le16(block + 10, 0xa020);
	EXPECT_EQ(pe_relocate(&i, block, sizeof(block), count_site, &sum), 0);
	EXPECT_EQ(sum, 0x2030);
	put_le16(block + 10, 0x3020);
	EXPECT_EQ(pe_relocate(&i, block, sizeof(block), count_site, &sum), (u64)-EBADMSG);
	put_le32(block, 0x3000);
	put_le16(block + 8, 0xaffc);
	EXPECT_EQ(pe_relocate(&i, block, sizeof(block), count_site, &sum), (u64)-EBADMSG);
}

TEST(lib_pe, finds_exports)
{
	struct pe_exports e;
	struct pe_info i;
	u8 *d = img + 0x1000;
	u32 rva;

	start();
	put_le32(img + OPT + 112, 0x1000);
	put_le32(img + OPT + 116, 0x100);
	put_le32(d + 20, 2);
	put_le32(d + 24, 2);
	put_le32(d + 28, 0x1028);
	put_le32(d + 32, 0x1030);
	put_le32(d + 36, 0x1038);
	put_le32(d + 0x28, 0x2000);
	put_le32(d + 0x2c, 0x1080);
	put_le32(d + 0x30, 0x1040);
	put_le32(d + 0x34, 0x1048);
	put_le16(d + 0x38, 0);
	put_le16(d + 0x3a, 1);
	memcpy(d + 0x40, "abc", 4);
	memcpy(d + 0x48, "fwd", 4);
	EXPECT_EQ(header(&i), 0);
	EXPECT_EQ(pe_exports_init(&e, &i, d), 0);
	EXPECT_EQ(pe_export_find(&e, "abc"), 0x2000);
	EXPECT_EQ(pe_export_find(&e, "fwd"), 0);
	EXPECT_EQ(pe_export_find(&e, "zzz"), 0);
	EXPECT(pe_export_at(&e, 0, &rva) != NULL);
	EXPECT(pe_export_at(&e, 2, &rva) == NULL);
}
