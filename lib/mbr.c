// SPDX-License-Identifier: GPL-2.0-only
/* MBR partition tables and the chain of logical partitions in an extended one. */
#include <tern/lib/parttable.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define OFF_ID		0x1b8
#define OFF_TABLE	0x1be
#define ENTRY		16
#define OFF_MAGIC	0x1fe

static void get_entry(const u8 *sector, u32 i, struct mbr_entry *e)
{
	const u8 *p = sector + OFF_TABLE + i * ENTRY;

	e->is_active = p[0] == 0x80;
	e->type = p[4];
	e->start = get_le32(p + 8);
	e->count = get_le32(p + 12);
}

static bool has_magic(const u8 *sector)
{
	return sector[OFF_MAGIC] == 0x55 && sector[OFF_MAGIC + 1] == 0xaa;
}

/* A FAT or NTFS boot sector ends with the same magic: its fields tell it from a table. */
static bool is_fs_boot_sector(const u8 *s)
{
	u32 bytes = get_le16(s + 11);
	bool jumps = s[0] == 0xeb || s[0] == 0xe9;

	return jumps && bytes >= 512 && bytes <= 4096 && is_pow2(bytes) &&
	       (!memcmp(s + 54, "FAT", 3) || !memcmp(s + 82, "FAT", 3) || !memcmp(s + 3, "NTFS", 4) ||
		!memcmp(s + 3, "EXFAT", 5));
}

int mbr_parse(const u8 *sector, struct mbr_entry out[4], u32 *id)
{
	if (!has_magic(sector))
		return -EINVAL;
	for (u32 i = 0; i < 4; i++) {
		u8 flag = sector[OFF_TABLE + i * ENTRY];

		if (flag && flag != 0x80)
			return -EINVAL;
		get_entry(sector, i, &out[i]);
	}
	if (is_fs_boot_sector(sector))
		return -EINVAL;
	if (id)
		*id = get_le32(sector + OFF_ID);
	return 0;
}

int mbr_chain_step(const u8 *sector, u64 at, u64 ext_start, u64 ext_count, struct mbr_entry *part,
		   u64 *part_start, u64 *next)
{
	struct mbr_entry e;
	u64 end = ext_start + ext_count;

	part->count = 0;
	*next = 0;
	if (!has_magic(sector))
		return -EINVAL;
	for (u32 i = 0; i < 4; i++) {
		get_entry(sector, i, &e);
		if (!e.count || !e.type)
			continue;
		if (mbr_is_extended(e.type)) {
			u64 to = ext_start + e.start;

			if (*next)
				continue;
			/* Only forwards: no chain can run in a circle. */
			if (to <= at || to >= end)
				return -EINVAL;
			*next = to;
		} else if (!part->count) {
			u64 start = at + e.start;

			if (start < ext_start || start >= end || e.count > end - start)
				return -EINVAL;
			*part = e;
			*part_start = start;
		}
	}
	return 0;
}
