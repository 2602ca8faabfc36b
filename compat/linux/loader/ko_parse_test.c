/* SPDX-License-Identifier: GPL-2.0-only */
#include "ko_parse.h"

#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

#include <stdio.h>

enum { S_NULL, S_TEXT, S_RELA, S_INFO, S_THIS, S_VERSIONS, S_BSS, S_PERCPU, S_INIT, S_SYMTAB, S_STRTAB,
	S_NAMES, S_COUNT };

static const char names[] = "\0.text\0.rela.text\0.modinfo\0.gnu.linkonce.this_module\0__versions\0"
	".bss\0.data..percpu\0.init.text\0.symtab\0.strtab\0.shstrtab";
static const char info[] = "license=GPL\0name=sample\0alias=one\0alias=two\0vermagic=6.1 ";
static u8 file[8192];
static u64 file_size;
static struct elf_section sections[64];

static u32 name_of(u32 section)
{
	u32 at = 0;

	while (section--)
		at += (u32)strlen(names + at) + 1;
	return at;
}

/* Append bytes and write the header of a section. */
static void add(u32 index, u32 type, u64 flags, const void *data, u64 size, u32 link, u32 more)
{
	u8 *h = file + 64 + 64 * index;

	put_le32(h, name_of(index));
	put_le32(h + 4, type);
	put_le64(h + 8, flags);
	put_le64(h + 24, file_size);
	put_le64(h + 32, size);
	put_le32(h + 40, link);
	put_le32(h + 44, more);
	put_le64(h + 48, 8);
	if (type != KO_SHT_NOBITS && data)
		memcpy(file + file_size, data, size);
	if (type != KO_SHT_NOBITS)
		file_size += ALIGN_UP(size, 8UL);
}

static void make(void)
{
	static u8 versions[KO_VERSION_SIZE], symbols[3 * KO_SYM_SIZE], rela[KO_RELA_SIZE];

	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF\2\1\1", 7);
	put_le16(file + 16, 1);
	put_le16(file + 18, 62);
	put_le32(file + 20, 1);
	put_le64(file + 40, 64);
	put_le16(file + 52, 64);
	put_le16(file + 58, 64);
	put_le16(file + 60, S_COUNT);
	put_le16(file + 62, S_NAMES);
	file_size = 64 + 64 * S_COUNT;
	put_le32(versions, 0x12345678);
	memcpy(versions + 8, "memcpy", 7);
	put_le32(symbols + KO_SYM_SIZE, 1);		/* "memcpy", undefined */
	put_le32(symbols + 2 * KO_SYM_SIZE, 8);		/* "here" in .text */
	put_le16(symbols + 2 * KO_SYM_SIZE + 6, S_TEXT);
	put_le64(symbols + 2 * KO_SYM_SIZE + 8, 4);
	put_le64(rela, 4);
	put_le64(rela + 8, 1UL << 32 | 4);
	put_le64(rela + 16, -4UL);
	add(S_TEXT, KO_SHT_PROGBITS, KO_SHF_ALLOC | KO_SHF_EXEC, NULL, 16, 0, 0);
	add(S_RELA, KO_SHT_RELA, 0, rela, sizeof(rela), S_SYMTAB, S_TEXT);
	add(S_INFO, KO_SHT_PROGBITS, KO_SHF_ALLOC, info, sizeof(info), 0, 0);
	add(S_THIS, KO_SHT_PROGBITS, KO_SHF_ALLOC | KO_SHF_WRITE, NULL, 896, 0, 0);
	add(S_VERSIONS, KO_SHT_PROGBITS, KO_SHF_ALLOC, versions, sizeof(versions), 0, 0);
	add(S_BSS, KO_SHT_NOBITS, KO_SHF_ALLOC | KO_SHF_WRITE, NULL, 5000, 0, 0);
	add(S_PERCPU, KO_SHT_PROGBITS, KO_SHF_ALLOC | KO_SHF_WRITE, NULL, 8, 0, 0);
	add(S_INIT, KO_SHT_PROGBITS, KO_SHF_ALLOC | KO_SHF_EXEC, NULL, 8, 0, 0);
	add(S_SYMTAB, KO_SHT_SYMTAB, 0, symbols, sizeof(symbols), S_STRTAB, 1);
	add(S_STRTAB, KO_SHT_STRTAB, 0, "\0memcpy\0here", 13, 0, 0);
	add(S_NAMES, KO_SHT_STRTAB, 0, names, sizeof(names), 0, 0);
}

static int parse(struct ko_image *ko)
{
	const char *why;

	return ko_parse(file, file_size, sections, ko, &why);
}

TEST(compat_ko, decodes_a_module)
{
	struct ko_image ko;
	struct ko_sym sym;
	struct ko_rela r;
	u32 crc = 0;

	make();
	EXPECT_EQ(parse(&ko), 0);
	EXPECT(!strcmp(ko.name, "sample") && !strcmp(ko.vermagic, "6.1 "));
	EXPECT(!ko.sig && ko.nsyms == 3 && ko.this_module == S_THIS);
	EXPECT(!strcmp(ko_modinfo(&ko, "alias", 1), "two") && !ko_modinfo(&ko, "alias", 2));
	EXPECT(!ko_modinfo(&ko, "ali", 0));
	EXPECT(ko_version_crc(&ko, "memcpy", &crc) && crc == 0x12345678);
	EXPECT(!ko_version_crc(&ko, "memcp", &crc));
	EXPECT_EQ(ko_get_sym(&ko, 2, &sym), 0);
	EXPECT(!strcmp(sym.name, "here") && sym.shndx == S_TEXT && sym.value == 4);
	EXPECT_EQ(ko_rela_count(&ko, S_RELA), 1);
	ko_get_rela(&ko, S_RELA, 0, &r);
	EXPECT(r.offset == 4 && r.sym == 1 && r.type == 4 && r.addend == -4);
}

TEST(compat_ko, takes_the_signature_off)
{
	static const u8 trailer[12] = { 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 16 };
	struct ko_image ko;
	u64 plain;

	make();
	plain = file_size;
	file_size += 16;
	memcpy(file + file_size, trailer, 12);
	memcpy(file + file_size + 12, "~Module signature appended~\n", 28);
	file_size += 40;
	EXPECT_EQ(parse(&ko), 0);
	EXPECT(ko.size == plain && ko.sig == file + plain && ko.sig_len == 16);
	file[file_size - 28 - 4] = 0xff;	/* a signature longer than the file */
	EXPECT_EQ(parse(&ko), -ENOEXEC);
}

TEST(compat_ko, refuses_what_lies_outside)
{
	struct ko_image ko;

	for (u32 i = 1; i < S_COUNT; i++) {
		if (i == S_BSS)
			continue;
		make();
		put_le64(file + 64 + 64 * i + 24, file_size);
		put_le64(file + 64 + 64 * i + 32, 1);
		EXPECT_EQ(parse(&ko), -ENOEXEC);
	}
	make();
	put_le32(file + 64 + 64 * S_TEXT, 100000);	/* a name */
	EXPECT_EQ(parse(&ko), -ENOEXEC);
	make();
	put_le32(file + 64 + 64 * S_TEXT + 4, 0);	/* no kind, bytes anywhere */
	put_le64(file + 64 + 64 * S_TEXT + 24, 1UL << 40);
	EXPECT_EQ(parse(&ko), 0);
	EXPECT(!ko_section_data(&ko, S_TEXT));
	make();
	put_le64(file + 64 + 64 * S_TEXT + 48, 3);	/* alignment */
	EXPECT_EQ(parse(&ko), -ENOEXEC);
}

TEST(compat_ko, survives_every_truncation)
{
	struct ko_image ko;
	const char *why;

	make();
	for (u64 n = 0; n < file_size - 8; n++)
		EXPECT_EQ(ko_parse(file, n, sections, &ko, &why), -ENOEXEC);
}

TEST(compat_ko, places_sections_by_kind)
{
	struct ko_place place[S_COUNT];
	struct ko_layout lay;
	struct ko_image ko;

	make();
	EXPECT_EQ(parse(&ko), 0);
	EXPECT_EQ(ko_layout_plan(&ko, place, &lay), 0);
	EXPECT(place[S_TEXT].cls == KO_TEXT && !place[S_TEXT].is_init && place[S_INIT].is_init);
	EXPECT(place[S_BSS].cls == KO_DATA && place[S_PERCPU].cls == KO_PERCPU);
	EXPECT(place[S_VERSIONS].cls == KO_NOWHERE && place[S_SYMTAB].cls == KO_NOWHERE);
	EXPECT(lay.core.text_size == 4096 && lay.core.ro_size == 8192 && lay.core.size == 8192 + 8192);
	EXPECT(lay.init.text_size == 4096 && lay.init.size == 4096 && lay.percpu_size == 8);
	put_le64(file + 64 + 64 * S_TEXT + 8, KO_SHF_ALLOC | KO_SHF_EXEC | KO_SHF_WRITE);
	EXPECT_EQ(parse(&ko), 0);
	EXPECT_EQ(ko_layout_plan(&ko, place, &lay), -ENOEXEC);
}

TEST(compat_ko, relocates)
{
	u8 b[8] = { 0 };
	u64 v;

	EXPECT_EQ(ko_reloc_apply(1, b, 8, 0, 0x1122334455667788UL), 0);
	memcpy(&v, b, 8);
	EXPECT(v == 0x1122334455667788UL);
	EXPECT_EQ(ko_reloc_apply(1, b, 8, 0, 1), -ENOEXEC);	/* done before */
	memset(b, 0, 8);
	EXPECT_EQ(ko_reloc_apply(1, b, 7, 0, 1), -ENOEXEC);	/* past the end */
	EXPECT_EQ(ko_reloc_apply(4, b, 8, 0xffffffffa0000000UL, 0xffffffff81000000UL), 0);
	EXPECT(b[3] == 0xe1 && !b[4]);
	memset(b, 0, 8);
	EXPECT_EQ(ko_reloc_apply(2, b, 8, 0, 0x80000000UL), -ERANGE);
	EXPECT_EQ(ko_reloc_apply(11, b, 8, 0, 0x80000000UL), -ERANGE);
	EXPECT_EQ(ko_reloc_apply(11, b, 8, 0, 0xffffffff80000000UL), 0);
	memset(b, 0, 8);
	EXPECT_EQ(ko_reloc_apply(24, b, 8, 16, 8), 0);
	EXPECT_EQ(ko_reloc_apply(99, b, 8, 0, 0), -ENOEXEC);
	EXPECT_EQ(ko_reloc_apply(0, b, 0, 0, 0), 0);
}
