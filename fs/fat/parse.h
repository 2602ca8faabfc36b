/* SPDX-License-Identifier: GPL-2.0-only */
/* FAT: geometry, names and times. Pure. */
#pragma once

#include "format.h"

struct fat_geo {
	u32 bits;		/* 12, 16 or 32 of a table entry */
	u32 sector_size, cluster_bits;	/* bytes; log2 of bytes */
	u32 fats;		/* copies of the table */
	u32 active;		/* the one that counts */
	bool is_mirrored;	/* changes go to all */
	u64 fat_start, fat_bytes;
	u64 root_start;		/* FAT12, FAT16: place and slots of the root */
	u32 root_slots;
	u32 root_cluster;	/* FAT32 */
	u64 data_start;		/* of cluster 2 */
	u32 clusters;		/* numbers are below clusters + 2 */
	u64 info;		/* place of the information sector, 0: none */
	u32 serial;
};

/* A long name that is being put together from its parts. */
struct fat_long { u16 units[FAT_PARTS_MAX * FAT_LONG_UNITS]; u32 parts, next; u8 sum; };

#define FAT_NAME_ROOM 256u

/** fat_geo_parse() - boot sector of 512 bytes, device of @bytes; 0 or -EINVAL. */
int fat_geo_parse(const void *boot, u64 bytes, struct fat_geo *g);
/** fat_eoc() - is @entry an end of a chain; fat_is_cluster(): does it name one. */
static inline bool fat_eoc(const struct fat_geo *g, u32 entry)
{
	return entry >= (g->bits == 12 ? 0xff8u : g->bits == 16 ? 0xfff8u : 0x0ffffff8u);
}
static inline bool fat_is_cluster(const struct fat_geo *g, u32 n) { return n >= 2 && n < g->clusters + 2; }
static inline u64 fat_cluster_pos(const struct fat_geo *g, u32 n)
{
	return g->data_start + ((u64)(n - 2) << g->cluster_bits);
}

/** fat_short_sum() - check sum of 11 bytes that parts of a long name carry. */
u8 fat_short_sum(const u8 *name);
void fat_long_reset(struct fat_long *l);
/** fat_long_add() - the next slot is a part; one that does not fit forgets all. */
void fat_long_add(struct fat_long *l, const struct fat_part *p);
/**
 * fat_name() - name of an entry behind the parts @l, as it is shown
 * @out: FAT_NAME_ROOM bytes, terminated
 * Return: length; 0: the entry has no name that can be shown.
 */
u32 fat_name(const struct fat_long *l, const struct fat_dirent *d, char *out);
/** fat_short_name() - the short name alone, in UTF-8 (CP437). */
u32 fat_short_name(const struct fat_dirent *d, char *out);

/* A new name: long, short without number, and whether the short one says it all. */
struct fat_newname { u16 units[FAT_LONG_MAX]; u32 n; u8 base[11]; u32 base_len; bool is_short; bool fits; };
/** fat_newname_make() - 0, -EINVAL: not allowed, -ENAMETOOLONG. */
int fat_newname_make(const char *name, u32 len, struct fat_newname *out);
/** fat_newname_number() - the short name with "~@n" in @out. */
void fat_newname_number(const struct fat_newname *w, u32 n, u8 *out);
/** fat_part_make() - part @order (from 1, nearest to the short entry) of @w. */
void fat_part_make(const struct fat_newname *w, u32 order, u8 sum, struct fat_part *out);
/** fat_same_name() - equal but for ASCII case. */
bool fat_same_name(const char *a, u32 alen, const char *b, u32 blen);
/** fat_trim() - length without the dots at the end, which mean nothing. */
u32 fat_trim(const char *name, u32 len);

s64 fat_time_get(u16 date, u16 time, u8 cs);
void fat_time_put(s64 ns, u16 *date, u16 *time, u8 *cs);
