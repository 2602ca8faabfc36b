/* SPDX-License-Identifier: GPL-2.0-only */
/* Module files: what passes can be read, placed and relocated without leaving the file. */
#include "fuzz.h"

#include "../../compat/linux/loader/ko_parse.h"

static struct elf_section sections[KO_SECTIONS_MAX];
static struct ko_place places[KO_SECTIONS_MAX];

static uint8_t sum(const void *p, size_t n)
{
	uint8_t s = 0;

	for (size_t i = 0; p && i < n; i++)
		s += ((const uint8_t *)p)[i];
	return s;
}

static void read_all(const struct ko_image *ko)
{
	struct ko_rela r;
	struct ko_sym s;
	u32 crc;
	u8 where[8] = { 0 };

	for (u32 i = 1; i < ko->nsec; i++) {
		(void)ko_section_name(ko, i)[0];
		(void)sum(ko_section_data(ko, i), ko->sec[i].size);
		for (u64 n = 0; ko->sec[i].type == KO_SHT_RELA && n < ko_rela_count(ko, i); n++) {
			ko_get_rela(ko, i, n, &r);
			(void)!ko_reloc_apply(r.type, where, 8, r.offset, (u64)r.addend);
		}
	}
	for (u32 i = 0; i < ko->nsyms; i++) {
		if (ko_get_sym(ko, i, &s))
			continue;
		(void)ko_version_crc(ko, s.name, &crc);
		FUZZ_CHECK(s.shndx == KO_SHN_ABS || s.shndx < ko->nsec);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ko_layout lay;
	struct ko_image ko;
	const char *why;
	int n = ko_count_sections(data, size);

	if (n < 0)
		return 0;
	FUZZ_CHECK(n <= KO_SECTIONS_MAX);
	if (ko_parse(data, size, sections, &ko, &why))
		return 0;
	read_all(&ko);
	if (!ko_layout_plan(&ko, places, &lay))
		FUZZ_CHECK(lay.core.size <= 2 * KO_ALLOC_MAX && lay.init.size <= 2 * KO_ALLOC_MAX);
	return 0;
}
