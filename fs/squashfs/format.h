/* SPDX-License-Identifier: GPL-2.0-only */
/* squashfs 4.0 on disk: little-endian, not aligned (Documentation/filesystems/squashfs.rst of Linux). */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define SQFS_MAGIC		0x73717368u
#define SQFS_META_SIZE		8192u		/* of a metadata block, unpacked */
#define SQFS_META_PLAIN		0x8000u		/* in its header: not packed */
#define SQFS_BLOCK_PLAIN	(1u << 24)	/* in a data block's size: not packed */
#define SQFS_BLOCK_MAX_BITS	20
#define SQFS_NONE		0xffffffffu	/* no fragment, no attributes */
#define SQFS_NO_TABLE		(~0UL)
#define SQFS_DIR_RUN_MAX	256u		/* entries behind one header */
#define SQFS_NAME_MAX		256u

enum sqfs_packing { SQFS_ZLIB = 1, SQFS_LZMA, SQFS_LZO, SQFS_XZ, SQFS_LZ4, SQFS_ZSTD };

struct sqfs_disk_super {
	u32 magic, inodes, mkfs_time, block_size, fragments;
	u16 packing, block_bits, flags, ids, major, minor;
	u64 root, bytes, id_table, xattr_table, inode_table, dir_table, frag_table, export_table;
} __packed;
static_assert(sizeof(struct sqfs_disk_super) == 96, "format");

/* Extended kinds are these + 7. */
enum sqfs_kind { SQFS_DIR = 1, SQFS_REG, SQFS_LINK, SQFS_BLK, SQFS_CHR, SQFS_FIFO, SQFS_SOCK, SQFS_EXTENDED = 7 };

struct sqfs_disk_head { u16 kind, mode, uid, gid; u32 mtime, ino; } __packed;
struct sqfs_disk_dir { u32 start, nlink; u16 size, off; u32 parent; } __packed;
struct sqfs_disk_xdir { u32 nlink, size, start, parent; u16 nindex, off; u32 xattr; } __packed;
struct sqfs_disk_reg { u32 start, frag, frag_off, size; } __packed;
struct sqfs_disk_xreg { u64 start, size, sparse; u32 nlink, frag, frag_off, xattr; } __packed;
struct sqfs_disk_link { u32 nlink, size; } __packed;
struct sqfs_disk_dev { u32 nlink, rdev; } __packed;
struct sqfs_disk_index { u32 off, start, name_len; } __packed;	/* length less 1; the name follows */
struct sqfs_disk_run { u32 count, start, ino; } __packed;	/* count less 1 */
struct sqfs_disk_entry { u16 off; s16 ino; u16 kind, name_len; } __packed;	/* length less 1 */
struct sqfs_disk_frag { u64 start; u32 size, unused; } __packed;
struct sqfs_disk_xattrs { u64 table; u32 count, unused; } __packed;
struct sqfs_disk_xattr_id { u64 ref; u32 count, size; } __packed;
struct sqfs_disk_xattr { u16 kind, name_len; } __packed;
#define SQFS_XATTR_ELSEWHERE	0x100u		/* the value is a reference to the value */
#define SQFS_XATTR_KIND		0xffu
