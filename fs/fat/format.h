/* SPDX-License-Identifier: GPL-2.0-only */
/* FAT on disk, after Microsoft's "FAT: General Overview of On-Disk Format" 1.03. Little-endian. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define FAT_SLOT	32u		/* bytes of a directory entry */
#define FAT_FREE	0xe5u		/* first byte: slot not in use */
#define FAT_KANJI	0x05u		/* first byte that stands for 0xe5 */
#define FAT_ATTR_RO	0x01u
#define FAT_ATTR_HIDDEN	0x02u
#define FAT_ATTR_SYS	0x04u
#define FAT_ATTR_VOLUME	0x08u
#define FAT_ATTR_DIR	0x10u
#define FAT_ATTR_ARCH	0x20u
#define FAT_ATTR_LONG	0x0fu		/* a part of a long name */
#define FAT_CASE_BASE	0x08u		/* name is shown in lower case */
#define FAT_CASE_EXT	0x10u
#define FAT_LONG_LAST	0x40u		/* in the order byte of the part that stands first */
#define FAT_LONG_UNITS	13u		/* of UTF-16 in a part */
#define FAT_LONG_MAX	255u
#define FAT_PARTS_MAX	20u
#define FAT_DIR_MAX	65536u		/* slots of a directory */
#define FAT_DIRTY	0x01u		/* state byte of the boot sector */

struct fat_dirent {
	u8 name[11];
	u8 attr, lcase, ctime_cs;
	u16 ctime, cdate, adate, start_hi, mtime, mdate, start;
	u32 size;
};
static_assert(sizeof(struct fat_dirent) == FAT_SLOT, "format");

struct fat_part {
	u8 order;
	u16 a[5];
	u8 attr, type, sum;
	u16 b[6], zero, c[2];
} __packed;
static_assert(sizeof(struct fat_part) == FAT_SLOT, "format");

struct fat_boot {
	u8 jump[3], oem[8];
	u16 sector_size;
	u8 cluster_sectors;
	u16 reserved;
	u8 fats;
	u16 root_slots, sectors16;
	u8 media;
	u16 fat_sectors16, track_sectors, heads;
	u32 hidden, sectors32;
	union {
		struct { u8 drive, state, signature; u32 serial; u8 label[11], type[8]; } __packed f16;
		struct {
			u32 fat_sectors;
			u16 flags, version;
			u32 root;
			u16 info, backup;
			u8 reserved[12], drive, state, signature;
			u32 serial;
			u8 label[11], type[8];
		} __packed f32;
	} __packed u;
} __packed;
#define FAT_STATE16	0x25u
#define FAT_STATE32	0x41u
static_assert(offsetof(struct fat_boot, u.f16.state) == FAT_STATE16, "format");
static_assert(offsetof(struct fat_boot, u.f32.state) == FAT_STATE32, "format");

#define FAT_INFO_MAGIC1	0x41615252u	/* at 0 */
#define FAT_INFO_MAGIC2	0x61417272u	/* at 484; free clusters at 488, the next to try at 492 */
