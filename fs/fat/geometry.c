// SPDX-License-Identifier: GPL-2.0-only
/* FAT: what the boot sector says, checked; times of directory entries. */
#include "parse.h"

#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>

#define MAX_FAT12	0xff4u
#define MAX_FAT16	0xfff4u
#define MAX_FAT32	0x0ffffff6u

static int check_boot(const struct fat_boot *b)
{
	if (!b->reserved || !b->fats || !is_pow2(b->sector_size) || b->sector_size < 512 || b->sector_size > 4096)
		return -EINVAL;
	if (!is_pow2(b->cluster_sectors) || (b->media < 0xf8 && b->media != 0xf0))
		return -EINVAL;
	return 0;
}

static void set_fat32(const struct fat_boot *b, struct fat_geo *g)
{
	g->bits = 32;
	g->root_cluster = b->u.f32.root;
	g->serial = b->u.f32.serial;
	if (b->u.f32.info && b->u.f32.info < b->reserved)
		g->info = (u64)b->u.f32.info * g->sector_size;
	g->is_mirrored = !(b->u.f32.flags & 0x80);
	g->active = g->is_mirrored ? 0 : b->u.f32.flags & 0xf;
}

int fat_geo_parse(const void *boot, u64 bytes, struct fat_geo *g)
{
	u64 sectors, data, entries;
	struct fat_boot b;
	u32 fat_sectors;

	memcpy(&b, boot, sizeof(b));
	if (check_boot(&b))
		return -EINVAL;
	*g = (struct fat_geo){ .sector_size = b.sector_size, .fats = b.fats, .is_mirrored = true };
	g->cluster_bits = (u32)bit_lowest((u64)b.sector_size * b.cluster_sectors);
	fat_sectors = b.fat_sectors16;
	if (!fat_sectors && b.u.f32.fat_sectors) {
		fat_sectors = b.u.f32.fat_sectors;
		set_fat32(&b, g);
	}
	g->fat_start = (u64)b.reserved * b.sector_size;
	g->fat_bytes = (u64)fat_sectors * b.sector_size;
	g->root_start = g->fat_start + g->fats * g->fat_bytes;
	g->root_slots = b.root_slots;
	g->data_start = g->root_start + ALIGN_UP((u64)b.root_slots * FAT_SLOT, (u64)b.sector_size);
	sectors = b.sectors16 ? b.sectors16 : b.sectors32;
	data = sectors * b.sector_size;
	if (!fat_sectors || data > bytes || data <= g->data_start || (b.root_slots * FAT_SLOT) % b.sector_size)
		return -EINVAL;
	data = (data - g->data_start) >> g->cluster_bits;
	if (!g->bits) {
		g->bits = data > MAX_FAT12 ? 16 : 12;
		g->serial = b.u.f16.serial;
	}
	entries = g->fat_bytes * 8 / g->bits;
	if (entries <= 2)
		return -EINVAL;
	data = min(data, entries - 2);
	if (!data || data > (g->bits == 32 ? MAX_FAT32 : g->bits == 16 ? MAX_FAT16 : MAX_FAT12))
		return -EINVAL;
	g->clusters = (u32)data;
	if (g->active >= g->fats || (g->bits == 32 ? !fat_is_cluster(g, g->root_cluster) : !b.root_slots))
		return -EINVAL;
	return 0;
}

/* ---- times: local, taken for UTC; days since 1970 after H. Hinnant's civil calendar ---- */

#define DAY_S	86400L
#define DAYS_1980 3652L
#define DAYS_2108 50404L

static s64 days_of(s64 y, u32 m, u32 d)
{
	s64 era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

s64 fat_time_get(u16 date, u16 time, u8 cs)
{
	u32 month = clamp_t(u32, date >> 5 & 15, 1, 12), day = max_t(u32, date & 31, 1);
	s64 s = days_of(1980 + (date >> 9), month, day) * DAY_S;

	s += (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
	return s * 1000000000 + (s64)cs * 10000000;
}

void fat_time_put(s64 ns, u16 *date, u16 *time, u8 *cs)
{
	s64 s = ns / 1000000000, z, era, doe, yoe, doy, mp, y;
	u32 left, month;

	s = clamp_t(s64, s, DAYS_1980 * DAY_S, DAYS_2108 * DAY_S - 1);
	left = (u32)(s % DAY_S);
	z = s / DAY_S + 719468;
	era = z / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	month = (u32)(mp < 10 ? mp + 3 : mp - 9);
	y = yoe + era * 400 + (month <= 2);
	*date = (u16)((y - 1980) << 9 | month << 5 | (doy - (153 * mp + 2) / 5 + 1));
	*time = (u16)(left / 3600 << 11 | left / 60 % 60 << 5 | left % 60 / 2);
	if (cs)
		*cs = (u8)(left % 2 * 100 + (ns % 1000000000) / 10000000);
}
