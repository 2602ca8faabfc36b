/* SPDX-License-Identifier: GPL-2.0-only */
/* A boot sector, and what follows as slots of a directory. fuzz-sources: fs/fat/geometry.c fs/fat/name.c */
#include "fuzz.h"
#include "../../fs/fat/parse.h"

#include <tern/lib/string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fat_geo g;
	struct fat_long l;

	if (size < 512)
		return 0;
	if (!fat_geo_parse(data, 1UL << 40, &g)) {
		FUZZ_CHECK(g.clusters && g.data_start < 1UL << 40);
		FUZZ_CHECK(fat_cluster_pos(&g, g.clusters + 1) + (1UL << g.cluster_bits) <= 1UL << 40);
		FUZZ_CHECK((u64)(g.clusters + 2) * g.bits / 8 <= g.fat_bytes);
	}
	fat_long_reset(&l);
	for (size_t at = 512; at + FAT_SLOT <= size; at += FAT_SLOT) {
		struct fat_newname w;
		struct fat_dirent d;
		struct fat_part p;
		char name[FAT_NAME_ROOM];
		u8 number[11];
		u32 len;

		memcpy(&d, data + at, sizeof(d));
		memcpy(&p, data + at, sizeof(p));
		if (d.attr == FAT_ATTR_LONG) {
			fat_long_add(&l, &p);
			continue;
		}
		len = fat_name(&l, &d, name);
		FUZZ_CHECK(len < FAT_NAME_ROOM && (!len || strlen(name) == len));
		FUZZ_CHECK(fat_time_get(d.mdate, d.mtime, d.ctime_cs) > 0);
		if (len && !fat_newname_make(name, len, &w)) {
			fat_newname_number(&w, 999999, number);
			for (u32 k = DIV_ROUND_UP(w.n, FAT_LONG_UNITS); k; k--)
				fat_part_make(&w, k, 1, &p);
		}
		fat_long_reset(&l);
	}
	return 0;
}
