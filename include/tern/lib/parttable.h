/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Partition tables: MBR with extended partitions, and GPT (UEFI 2.8, chapter 5).
 * Pure: the caller reads blocks; everything in them is checked. Owner lib/mbr.c, lib/gpt.c.
 * Positions and lengths are in logical blocks.
 */
#pragma once

#include <tern/base/types.h>

/* ---- MBR ---- */
#define MBR_BYTES	512u
#define MBR_TYPE_PROTECTIVE 0xeeu

struct mbr_entry { u8 type; bool is_active; u32 start, count; };

/**
 * mbr_parse() - the four entries of a boot sector
 * @sector: MBR_BYTES
 * @id: out, disk signature; may be NULL
 * Return: 0; -EINVAL if it is no partition table (no signature, impossible flags, or a file system's
 *	boot sector that only looks like one).
 */
int mbr_parse(const u8 *sector, struct mbr_entry out[4], u32 *id);
static inline bool mbr_is_extended(u8 type) { return type == 0x05 || type == 0x0f || type == 0x85; }

/**
 * mbr_chain_step() - one link of an extended partition
 * @sector: the link's boot sector, at block @at
 * @ext_start, @ext_count: the extended partition
 * @part: out, absolute start; count 0 if the link holds none
 * @next: out, block of the next link, 0 at the end
 * Return: 0, -EINVAL (no table, or it points outside or backwards: a chain always ends).
 */
int mbr_chain_step(const u8 *sector, u64 at, u64 ext_start, u64 ext_count, struct mbr_entry *part,
		   u64 *part_start, u64 *next);

/* ---- GPT ---- */
#define GPT_TABLE_MAX	(1u << 20)	/* bytes of entries that are accepted */

struct gpt_header {
	u64 my_lba, alt_lba, first_usable, last_usable, entries_lba;
	u64 last_lba;		/* of the disk */
	u32 nentries, entry_size, entries_crc;
	u8 guid[16];
};

/**
 * gpt_parse_header() - check and decode
 * @block: @block_size bytes read from @lba; @last_lba: the disk's last block
 * Return: 0, -EINVAL (signature, check sum, place, or ranges do not fit this disk).
 */
int gpt_parse_header(const u8 *block, u32 block_size, u64 lba, u64 last_lba, struct gpt_header *out);
static inline u64 gpt_table_bytes(const struct gpt_header *h) { return (u64)h->nentries * h->entry_size; }
/** gpt_check_table() - 0 or -EINVAL: is @table (gpt_table_bytes()) what the header's check sum says. */
int gpt_check_table(const struct gpt_header *h, const u8 *table);

struct gpt_entry {
	u8 type[16], guid[16];
	u64 first, last, attributes;
	char name[112];		/* UTF-8, 36 UTF-16 units at most, terminated */
};
/** gpt_parse_entry() - entry @i of a checked table: 0; -ENOENT unused; -EINVAL outside of the disk. */
int gpt_parse_entry(const struct gpt_header *h, const u8 *table, u32 i, struct gpt_entry *out);

/** guid_print() - 36 characters and NUL in the customary mixed byte order, lower case. */
#define GUID_TEXT	37
void guid_print(const u8 guid[16], char out[GUID_TEXT]);
