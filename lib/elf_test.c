/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/elf.h>

#include <tern/lib/bits.h>

#include "test_impl.h"

#define LIMIT	0x7ffffffff000UL

static u8 head[64];
static u8 phdrs[56 * 8];
static unsigned count;

static void start(u16 type)
{
	memset(head, 0, sizeof(head));
	memset(phdrs, 0, sizeof(phdrs));
	count = 0;
	memcpy(head, "\177ELF\2\1\1", 7);
	put_le16(head + 16, type);
	put_le16(head + 18, 62);
	put_le32(head + 20, 1);
	put_le64(head + 24, 0x401000);
	put_le64(head + 32, 64);
	put_le16(head + 54, 56);
}

static void segment(u32 type, u32 flags, u64 offset, u64 vaddr, u64 filesz, u64 memsz)
{
	u8 *p = phdrs + 56 * count++;

	put_le32(p, type);
	put_le32(p + 4, flags);
	put_le64(p + 8, offset);
	put_le64(p + 16, vaddr);
	put_le64(p + 32, filesz);
	put_le64(p + 40, memsz);
	put_le64(p + 48, 0x1000);
	put_le16(head + 56, (u16)count);
}

static int plan(struct elf_plan *p)
{
	struct elf_info info;
	int err = elf_parse_header(head, sizeof(head), &info);

	return err ? err : elf_parse_segments(&info, phdrs, LIMIT, p);
}

TEST(lib_elf, sums_up_an_executable)
{
	struct elf_plan p;

	start(ELF_TYPE_DYN);
	segment(ELF_SEG_PHDR, 4, 64, 64, 400, 400);
	segment(ELF_SEG_INTERP, 4, 0x318, 0x318, 0x1c, 0x1c);
	segment(ELF_SEG_LOAD, 4, 0, 0, 0x600, 0x600);
	segment(ELF_SEG_LOAD, 5, 0x1000, 0x1000, 0x234, 0x234);
	segment(ELF_SEG_LOAD, 6, 0x2db0, 0x3db0, 0x260, 0x1268);
	segment(ELF_SEG_GNU_STACK, 6, 0, 0, 0, 0);
	segment(ELF_SEG_TLS, 4, 0x2db0, 0x3db0, 0x10, 0x20);
	segment(ELF_SEG_GNU_PROPERTY, 4, 0x338, 0x338, 0x20, 0x20);
	REQUIRE_EQ(plan(&p), 0);
	EXPECT_EQ(p.nloads, 3);
	EXPECT(p.low == 0 && p.high == 0x6000 && p.brk == 0x5018 && p.align == 4096);
	EXPECT(p.code_start == 0x1000 && p.code_end == 0x1234);
	EXPECT(p.data_start == 0x3db0 && p.data_end == 0x4010);
	EXPECT_EQ(p.phdr_vaddr, 64);
	EXPECT(p.has_interp && p.interp_offset == 0x318 && p.interp_size == 0x1c);
	EXPECT(p.has_stack_flags && p.stack_flags == 6);
	EXPECT(p.has_tls && p.tls.memsz == 0x20);
	EXPECT(p.has_property && p.property_size == 0x20);
	EXPECT_EQ(elf_check_interp("/lib64/ld.so", 13), 0);
	EXPECT_EQ(elf_check_interp("/lib64/ld.so", 12), -ENOEXEC);
	EXPECT_EQ(elf_check_interp("\0", 2), -ENOEXEC);
}

TEST(lib_elf, refuses_bad_headers)
{
	static const struct { u8 at, value; } bad[] = {
		{ 0, 0x7e }, { 4, 1 }, { 5, 2 }, { 6, 0 }, { 16, 0 }, { 16, 5 }, { 17, 1 },
		{ 18, 3 }, { 20, 2 }, { 54, 55 }, { 39, 0xff }, { 57, 0xff },
	};
	struct elf_info info;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		start(ELF_TYPE_EXEC);
		segment(ELF_SEG_LOAD, 5, 0, 0x400000, 0x100, 0x100);
		EXPECT_EQ(elf_parse_header(head, sizeof(head), &info), 0);
		head[bad[i].at] = bad[i].value;
		EXPECT_EQ(elf_parse_header(head, sizeof(head), &info), -ENOEXEC);
	}
	start(ELF_TYPE_EXEC);
	for (size_t n = 0; n < 64; n++)
		EXPECT_EQ(elf_parse_header(head, n, &info), -ENOEXEC);
}

TEST(lib_elf, section_table_matters_only_in_objects)
{
	struct elf_info info;

	start(ELF_TYPE_EXEC);
	put_le16(head + 60, 10);
	put_le16(head + 58, 63);
	EXPECT_EQ(elf_parse_header(head, sizeof(head), &info), 0);
	EXPECT_EQ(info.shnum, 0);
	put_le16(head + 16, ELF_TYPE_REL);
	EXPECT_EQ(elf_parse_header(head, sizeof(head), &info), -ENOEXEC);
	put_le16(head + 58, 64);
	EXPECT_EQ(elf_parse_header(head, sizeof(head), &info), 0);
	EXPECT_EQ(info.shnum, 10);
	put_le16(head + 62, 10);
	EXPECT_EQ(elf_parse_header(head, sizeof(head), &info), -ENOEXEC);
}

TEST(lib_elf, refuses_bad_segments)
{
	static const struct { u64 offset, vaddr, filesz, memsz; int err; } bad[] = {
		{ 0, 0x400000, 0x200, 0x100, -EINVAL },
		{ 1, 0x400000, 0x100, 0x100, -EINVAL },
		{ 0, LIMIT - 0x1000, 0x100, 0x1001, -ENOMEM },
		{ 0, 0x400000, 0x100, U64_MAX, -EINVAL },
		{ 0, 0x400000, S64_MAX, S64_MAX, -ENOMEM },
		{ U64_MAX & ~0xfffUL, 0x400000, 0x100, 0x100, -EINVAL },
		{ 0x8000000000000000, 0x400000, 0x100, 0x100, -EINVAL },
		{ 0, U64_MAX & ~0xfffUL, 0x100, 0x1000, -EINVAL },
		{ 0, 0x400000, 0, 0, -EINVAL },
	};
	struct elf_plan p;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		start(ELF_TYPE_EXEC);
		segment(ELF_SEG_LOAD, 5, bad[i].offset, bad[i].vaddr, bad[i].filesz, bad[i].memsz);
		EXPECT_EQ(plan(&p), bad[i].err);
	}
	start(ELF_TYPE_EXEC);
	EXPECT_EQ(plan(&p), -ENOEXEC);
	start(ELF_TYPE_REL);
	segment(ELF_SEG_LOAD, 5, 0, 0x400000, 0x100, 0x100);
	EXPECT_EQ(plan(&p), -ENOEXEC);
	start(ELF_TYPE_EXEC);
	segment(ELF_SEG_INTERP, 4, 0, 0, 1, 1);
	EXPECT_EQ(plan(&p), -ENOEXEC);
	start(ELF_TYPE_EXEC);
	segment(ELF_SEG_INTERP, 4, 0, 0, 4097, 4097);
	EXPECT_EQ(plan(&p), -ENOEXEC);
}
