/* SPDX-License-Identifier: GPL-2.0-only */
/* PE images: whatever passes must be safe to map and to walk. */
#include "fuzz.h"

#include <tern/lib/pe.h>
#include <tern/lib/string.h>

static int check_site(void *arg, u32 rva)
{
	const struct pe_info *info = arg;

	FUZZ_CHECK(rva <= info->size - 8);
	return 0;
}

static void check_exports(const struct pe_info *info, const uint8_t *data, size_t size)
{
	const struct pe_dir *d = &info->dir[PE_DIR_EXPORT];
	struct pe_exports e;
	const char *name;
	u32 rva;

	if (d->rva > size || d->size > size - d->rva || pe_exports_init(&e, info, data + d->rva))
		return;
	for (u32 i = 0; i < e.nnames; i++) {
		name = pe_export_at(&e, i, &rva);
		if (name)
			FUZZ_CHECK(strlen(name) < d->size);
	}
	(void)pe_export_find(&e, "NtClose");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t head = size < PE_HEAD_MAX ? size : PE_HEAD_MAX;
	struct pe_section s;
	struct pe_info info;
	u32 end = 0;

	if (pe_parse_header(data, head, size, &info))
		return 0;
	FUZZ_CHECK(info.size && !(info.size & (PE_PAGE - 1)) && info.head_size <= info.size);
	FUZZ_CHECK(info.nsections <= PE_SECTIONS_MAX && info.entry < info.size);
	for (u32 i = 0; i < info.nsections; i++) {
		u32 before = end;

		if (pe_parse_section(data, head, size, &info, i, &end, &s))
			return 0;
		FUZZ_CHECK(s.rva >= before && end >= s.rva && end <= info.size);
		FUZZ_CHECK(s.raw_size <= end - s.rva);
		FUZZ_CHECK(!s.raw_size || (s.raw <= size && s.raw_size <= size - s.raw));
	}
	for (u32 i = 0; i < PE_DIR_COUNT; i++)
		FUZZ_CHECK(info.dir[i].rva <= info.size &&
			   info.dir[i].size <= info.size - info.dir[i].rva);
	if (info.dir[PE_DIR_RELOC].rva <= size &&
	    info.dir[PE_DIR_RELOC].size <= size - info.dir[PE_DIR_RELOC].rva)
		(void)!pe_relocate(&info, data + info.dir[PE_DIR_RELOC].rva,
				   info.dir[PE_DIR_RELOC].size, check_site, &info);
	check_exports(&info, data, size);
	return 0;
}
