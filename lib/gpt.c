// SPDX-License-Identifier: GPL-2.0-only
/* GUID partition tables: UEFI 2.8, 5.3. */
#include <tern/lib/parttable.h>

#include <tern/lib/bits.h>
#include <tern/lib/crc.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/lib/utf16.h>
#include <uapi/errno.h>

#define HEADER_MIN	92u
#define ENTRY_MIN	128u
#define ENTRY_MAX	4096u
#define NAME_UNITS	36

/* Offsets in the header. */
enum { H_SIZE = 12, H_CRC = 16, H_MY = 24, H_ALT = 32, H_FIRST = 40, H_LAST = 48, H_GUID = 56,
	H_ENTRIES = 72, H_COUNT = 80, H_ENTRY_SIZE = 84, H_TABLE_CRC = 88 };

static bool crc_is_right(const u8 *h, u32 size)
{
	static const u8 zero[4];
	u32 crc = crc32_update(0, h, H_CRC);

	crc = crc32_update(crc, zero, 4);
	crc = crc32_update(crc, h + H_CRC + 4, size - H_CRC - 4);
	return crc == get_le32(h + H_CRC);
}

/* Do the ranges lie on the disk and the table beside the usable blocks? */
static bool ranges_fit(const struct gpt_header *h, u32 block_size, u64 last_lba)
{
	u64 blocks = DIV_ROUND_UP(gpt_table_bytes(h), block_size), end;

	if (h->first_usable > h->last_usable || h->last_usable > last_lba)
		return false;
	if (h->entries_lba < 2 && h->entries_lba != h->my_lba + 1)
		return false;
	return !check_add(h->entries_lba, blocks, &end) && end - 1 <= last_lba &&
	       (h->entries_lba > h->last_usable || end <= h->first_usable);
}

int gpt_parse_header(const u8 *block, u32 block_size, u64 lba, u64 last_lba, struct gpt_header *out)
{
	struct gpt_header h;
	u32 size;

	if (block_size < MBR_BYTES || memcmp(block, "EFI PART", 8))
		return -EINVAL;
	size = get_le32(block + H_SIZE);
	if (size < HEADER_MIN || size > block_size || !crc_is_right(block, size))
		return -EINVAL;
	h.my_lba = get_le64(block + H_MY);
	h.alt_lba = get_le64(block + H_ALT);
	h.first_usable = get_le64(block + H_FIRST);
	h.last_usable = get_le64(block + H_LAST);
	h.entries_lba = get_le64(block + H_ENTRIES);
	h.nentries = get_le32(block + H_COUNT);
	h.entry_size = get_le32(block + H_ENTRY_SIZE);
	h.entries_crc = get_le32(block + H_TABLE_CRC);
	memcpy(h.guid, block + H_GUID, sizeof(h.guid));
	if (h.my_lba != lba || h.entry_size < ENTRY_MIN || h.entry_size > ENTRY_MAX ||
	    !is_pow2(h.entry_size) || !h.nentries || h.nentries > GPT_TABLE_MAX / h.entry_size)
		return -EINVAL;
	h.last_lba = last_lba;
	if (!ranges_fit(&h, block_size, last_lba))
		return -EINVAL;
	*out = h;
	return 0;
}

int gpt_check_table(const struct gpt_header *h, const u8 *table)
{
	return crc32_update(0, table, gpt_table_bytes(h)) == h->entries_crc ? 0 : -EINVAL;
}

static void get_name(const u8 *p, char *out, size_t room)
{
	u16 units[NAME_UNITS];
	ssize_t len;
	size_t n = 0;

	for (; n < NAME_UNITS; n++) {
		units[n] = get_le16(p + 2 * n);
		if (!units[n])
			break;
	}
	len = utf8_from_utf16(out, room - 1, units, n);
	out[len < 0 ? 0 : len] = 0;
}

int gpt_parse_entry(const struct gpt_header *h, const u8 *table, u32 i, struct gpt_entry *out)
{
	static const u8 unused[16];
	const u8 *e = table + (size_t)i * h->entry_size;
	u64 first = get_le64(e + 32), last = get_le64(e + 40);

	if (!memcmp(e, unused, sizeof(unused)))
		return -ENOENT;
	/* Outside of the usable blocks: other systems take such entries too. */
	if (first > last || last > h->last_lba)
		return -EINVAL;
	memcpy(out->type, e, 16);
	memcpy(out->guid, e + 16, 16);
	out->first = first;
	out->last = last;
	out->attributes = get_le64(e + 48);
	get_name(e + 56, out->name, sizeof(out->name));
	return 0;
}

void guid_print(const u8 g[16], char out[GUID_TEXT])
{
	(void)fmt_print(out, GUID_TEXT, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			get_le32(g), get_le16(g + 4), get_le16(g + 6), g[8], g[9], g[10], g[11], g[12],
			g[13], g[14], g[15]);
}
