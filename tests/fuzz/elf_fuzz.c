/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF headers: whatever passes must be safe to map. */
#include "fuzz.h"

#include <tern/lib/elf.h>

#define LIMIT	0x7ffffffff000UL

static void check_plan(const struct elf_plan *p)
{
	FUZZ_CHECK(p->nloads && p->low < p->high && p->high <= LIMIT);
	FUZZ_CHECK(p->brk > p->low && p->brk <= p->high);
	FUZZ_CHECK(!(p->low & 4095) && !(p->high & 4095));
	FUZZ_CHECK(p->align >= 4096 && !(p->align & (p->align - 1)));
	FUZZ_CHECK(!p->has_interp || (p->interp_size >= 2 && p->interp_size <= ELF_INTERP_MAX &&
				      p->interp_offset <= S64_MAX - p->interp_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_info info;
	struct elf_plan plan;
	struct elf_section sec;

	if (elf_parse_header(data, size, &info))
		return 0;
	FUZZ_CHECK(elf_phdrs_size(&info) <= 65536);
	if (info.phoff <= size && elf_phdrs_size(&info) <= size - info.phoff &&
	    !elf_parse_segments(&info, data + info.phoff, LIMIT, &plan)) {
		check_plan(&plan);
		if (plan.has_interp && plan.interp_offset <= size &&
		    plan.interp_size <= size - plan.interp_offset)
			(void)!elf_check_interp((const char *)data + plan.interp_offset,
						plan.interp_size);
	}
	if (info.shoff > size || elf_shdrs_size(&info) > size - info.shoff)
		return 0;
	for (u32 i = 0; i < info.shnum; i++) {
		elf_get_section(data + info.shoff, i, &sec);
		if (!elf_check_section(&sec, size) && sec.type && sec.type != 8)
			FUZZ_CHECK(sec.offset <= size && sec.size <= size - sec.offset);
	}
	return 0;
}
