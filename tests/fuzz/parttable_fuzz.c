/* SPDX-License-Identifier: GPL-2.0-only */
/* Partition tables: whatever passes lies on the disk, and a chain ends. */
#include "fuzz.h"

#include <string.h>
#include <tern/lib/parttable.h>

#define BLOCK	512u

/* The input is a disk; block @lba of it, zeroes past the end. */
static void block_at(const uint8_t *data, size_t size, u64 lba, u8 *out)
{
	size_t at = lba < size / BLOCK + 1 ? lba * BLOCK : size, n = size - at;

	memset(out, 0, BLOCK);
	memcpy(out, data + at, n < BLOCK ? n : BLOCK);
}

static void walk_chain(const uint8_t *data, size_t size, u64 start, u64 count)
{
	u64 at = start, next, part = 0, steps = 0;
	struct mbr_entry e;
	u8 block[BLOCK];

	while (at) {
		FUZZ_CHECK(at >= start && at < start + count && steps++ < count);
		block_at(data, size, at, block);
		if (mbr_chain_step(block, at, start, count, &e, &part, &next))
			return;
		FUZZ_CHECK(!e.count || (part >= start && part + e.count <= start + count));
		FUZZ_CHECK(!next || next > at);
		at = next;
	}
}

static void check_gpt(const uint8_t *data, size_t size, u64 last)
{
	struct gpt_header h;
	struct gpt_entry e;
	u8 block[BLOCK];

	block_at(data, size, 1, block);
	if (gpt_parse_header(block, BLOCK, 1, last, &h))
		return;
	FUZZ_CHECK(gpt_table_bytes(&h) && gpt_table_bytes(&h) <= GPT_TABLE_MAX);
	FUZZ_CHECK(h.entries_lba <= last && h.last_usable <= last);
	if (h.entries_lba * BLOCK > size || gpt_table_bytes(&h) > size - h.entries_lba * BLOCK)
		return;
	(void)!gpt_check_table(&h, data + h.entries_lba * BLOCK);
	for (u32 i = 0; i < h.nentries; i++)
		if (!gpt_parse_entry(&h, data + h.entries_lba * BLOCK, i, &e))
			FUZZ_CHECK(e.first <= e.last && e.last <= last && strlen(e.name) < sizeof(e.name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mbr_entry e[4];
	u8 block[BLOCK];

	if (size < 2 * BLOCK)
		return 0;
	block_at(data, size, 0, block);
	if (!mbr_parse(block, e, NULL))
		for (int i = 0; i < 4; i++)
			if (mbr_is_extended(e[i].type) && e[i].count)
				walk_chain(data, size, e[i].start, e[i].count);
	check_gpt(data, size, size / BLOCK - 1);
	return 0;
}
