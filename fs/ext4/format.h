/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ext4 on disk: the structures and numbers of the format, little-endian, as
 * published in the ext4 disk layout documentation and written by e2fsprogs.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define EXT4_MAGIC		0xef53
#define EXT4_SUPER_OFFSET	1024
#define EXT4_ROOT_INO		2
#define EXT4_JOURNAL_INO	8
#define EXT4_GOOD_OLD_FIRST_INO	11
#define EXT4_NAME_LEN		255
#define EXT4_LINK_MAX		65000

struct ext4_disk_super {
	u32 s_inodes_count, s_blocks_count_lo, s_r_blocks_count_lo, s_free_blocks_count_lo;	/* 0x00 */
	u32 s_free_inodes_count, s_first_data_block, s_log_block_size, s_log_cluster_size;	/* 0x10 */
	u32 s_blocks_per_group, s_clusters_per_group, s_inodes_per_group, s_mtime;		/* 0x20 */
	u32 s_wtime;										/* 0x30 */
	u16 s_mnt_count, s_max_mnt_count, s_magic, s_state, s_errors, s_minor_rev_level;
	u32 s_lastcheck, s_checkinterval, s_creator_os, s_rev_level;				/* 0x40 */
	u16 s_def_resuid, s_def_resgid;								/* 0x50 */
	u32 s_first_ino;
	u16 s_inode_size, s_block_group_nr;
	u32 s_feature_compat, s_feature_incompat, s_feature_ro_compat;
	u8 s_uuid[16];										/* 0x68 */
	char s_volume_name[16], s_last_mounted[64];
	u32 s_algorithm_usage_bitmap;								/* 0xc8 */
	u8 s_prealloc_blocks, s_prealloc_dir_blocks;
	u16 s_reserved_gdt_blocks;
	u8 s_journal_uuid[16];									/* 0xd0 */
	u32 s_journal_inum, s_journal_dev, s_last_orphan, s_hash_seed[4];			/* 0xe0 */
	u8 s_def_hash_version, s_jnl_backup_type;						/* 0xfc */
	u16 s_desc_size;
	u32 s_default_mount_opts, s_first_meta_bg, s_mkfs_time, s_jnl_blocks[17];		/* 0x100 */
	u32 s_blocks_count_hi, s_r_blocks_count_hi, s_free_blocks_count_hi;			/* 0x150 */
	u16 s_min_extra_isize, s_want_extra_isize;						/* 0x15c */
	u32 s_flags;
	u16 s_raid_stride, s_mmp_interval;
	u64 s_mmp_block;
	u32 s_raid_stripe_width;								/* 0x170 */
	u8 s_log_groups_per_flex, s_checksum_type, s_encryption_level, s_reserved_pad;
	u64 s_kbytes_written;
	u32 s_snapshot_inum, s_snapshot_id;							/* 0x180 */
	u64 s_snapshot_r_blocks_count;
	u32 s_snapshot_list, s_error_count, s_first_error_time, s_first_error_ino;		/* 0x190 */
	u64 s_first_error_block;
	u8 s_first_error_func[32];
	u32 s_first_error_line, s_last_error_time, s_last_error_ino, s_last_error_line;		/* 0x1c8 */
	u64 s_last_error_block;
	u8 s_last_error_func[32];
	u8 s_mount_opts[64];									/* 0x200 */
	u32 s_usr_quota_inum, s_grp_quota_inum, s_overhead_blocks, s_backup_bgs[2];		/* 0x240 */
	u8 s_encrypt_algos[4], s_encrypt_pw_salt[16];
	u32 s_lpf_ino, s_prj_quota_inum, s_checksum_seed;					/* 0x268 */
	u8 s_wtime_hi, s_mtime_hi, s_mkfs_time_hi, s_lastcheck_hi;
	u8 s_first_error_time_hi, s_last_error_time_hi, s_first_error_errcode, s_last_error_errcode;
	u16 s_encoding, s_encoding_flags;
	u32 s_orphan_file_inum;									/* 0x280 */
	u32 s_reserved[94];
	u32 s_checksum;										/* 0x3fc */
} __packed;
static_assert(sizeof(struct ext4_disk_super) == 1024, "disk layout");
static_assert(offsetof(struct ext4_disk_super, s_journal_inum) == 0xe0, "disk layout");
static_assert(offsetof(struct ext4_disk_super, s_checksum_seed) == 0x270, "disk layout");

#define EXT4_STATE_CLEAN	0x1
#define EXT4_STATE_ERROR	0x2
#define EXT4_STATE_ORPHANS	0x4
#define EXT4_ERRORS_CONTINUE	1
#define EXT4_ERRORS_RO		2
#define EXT4_ERRORS_PANIC	3
#define EXT4_FLAG_SIGNED_HASH	0x1
#define EXT4_FLAG_UNSIGNED_HASH	0x2

#define EXT4_COMPAT_HAS_JOURNAL		0x4
#define EXT4_COMPAT_EXT_ATTR		0x8
#define EXT4_COMPAT_RESIZE_INODE	0x10
#define EXT4_COMPAT_DIR_INDEX		0x20
#define EXT4_COMPAT_SPARSE_SUPER2	0x200
#define EXT4_COMPAT_ORPHAN_FILE		0x1000

#define EXT4_INCOMPAT_FILETYPE		0x2
#define EXT4_INCOMPAT_RECOVER		0x4
#define EXT4_INCOMPAT_JOURNAL_DEV	0x8
#define EXT4_INCOMPAT_META_BG		0x10
#define EXT4_INCOMPAT_EXTENTS		0x40
#define EXT4_INCOMPAT_64BIT		0x80
#define EXT4_INCOMPAT_MMP		0x100
#define EXT4_INCOMPAT_FLEX_BG		0x200
#define EXT4_INCOMPAT_EA_INODE		0x400
#define EXT4_INCOMPAT_CSUM_SEED		0x2000
#define EXT4_INCOMPAT_LARGEDIR		0x4000
#define EXT4_INCOMPAT_INLINE_DATA	0x8000

#define EXT4_RO_SPARSE_SUPER	0x1
#define EXT4_RO_LARGE_FILE	0x2
#define EXT4_RO_BTREE_DIR	0x4
#define EXT4_RO_HUGE_FILE	0x8
#define EXT4_RO_GDT_CSUM	0x10
#define EXT4_RO_DIR_NLINK	0x20
#define EXT4_RO_EXTRA_ISIZE	0x40
#define EXT4_RO_QUOTA		0x100
#define EXT4_RO_METADATA_CSUM	0x400
#define EXT4_RO_READONLY	0x1000
#define EXT4_RO_PROJECT		0x2000
#define EXT4_RO_ORPHAN_PRESENT	0x10000

/* What this implementation can mount, and what it can write to. */
#define EXT4_INCOMPAT_KNOWN	(EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_RECOVER | EXT4_INCOMPAT_META_BG | \
	EXT4_INCOMPAT_EXTENTS | EXT4_INCOMPAT_64BIT | EXT4_INCOMPAT_FLEX_BG | EXT4_INCOMPAT_CSUM_SEED | \
	EXT4_INCOMPAT_LARGEDIR | EXT4_INCOMPAT_INLINE_DATA)
#define EXT4_RO_KNOWN	(EXT4_RO_SPARSE_SUPER | EXT4_RO_LARGE_FILE | EXT4_RO_BTREE_DIR | EXT4_RO_HUGE_FILE | \
	EXT4_RO_GDT_CSUM | EXT4_RO_DIR_NLINK | EXT4_RO_EXTRA_ISIZE | EXT4_RO_METADATA_CSUM | \
	EXT4_RO_QUOTA | EXT4_RO_ORPHAN_PRESENT)

/* What ext2 and ext3 may have; the latter has a journal besides. */
#define EXT2_INCOMPAT_KNOWN	(EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_META_BG)
#define EXT2_RO_KNOWN		(EXT4_RO_SPARSE_SUPER | EXT4_RO_LARGE_FILE | EXT4_RO_BTREE_DIR)

/* Group descriptor; the first 32 bytes are all there is without the 64BIT feature. */
struct ext4_disk_group {
	u32 bg_block_bitmap_lo, bg_inode_bitmap_lo, bg_inode_table_lo;
	u16 bg_free_blocks_lo, bg_free_inodes_lo, bg_used_dirs_lo, bg_flags;
	u32 bg_exclude_bitmap_lo;
	u16 bg_block_bitmap_csum_lo, bg_inode_bitmap_csum_lo, bg_itable_unused_lo, bg_checksum;
	u32 bg_block_bitmap_hi, bg_inode_bitmap_hi, bg_inode_table_hi;
	u16 bg_free_blocks_hi, bg_free_inodes_hi, bg_used_dirs_hi, bg_itable_unused_hi;
	u32 bg_exclude_bitmap_hi;
	u16 bg_block_bitmap_csum_hi, bg_inode_bitmap_csum_hi;
	u32 bg_reserved;
} __packed;
static_assert(sizeof(struct ext4_disk_group) == 64, "disk layout");
#define EXT4_BG_INODE_UNINIT	0x1
#define EXT4_BG_BLOCK_UNINIT	0x2
#define EXT4_BG_INODE_ZEROED	0x4

struct ext4_disk_inode {
	u16 i_mode, i_uid_lo;
	u32 i_size_lo, i_atime, i_ctime, i_mtime, i_dtime;
	u16 i_gid_lo, i_links_count;
	u32 i_blocks_lo, i_flags, i_version_lo;
	u32 i_block[15];		/* 0x28: map, extent root, or a short link's text */
	u32 i_generation, i_file_acl_lo, i_size_high, i_obso_faddr;	/* 0x64 */
	u16 i_blocks_high, i_file_acl_high, i_uid_high, i_gid_high, i_checksum_lo, i_reserved;
	/* past the first 128 bytes: i_extra_isize bytes of these, then attributes */
	u16 i_extra_isize, i_checksum_hi;
	u32 i_ctime_extra, i_mtime_extra, i_atime_extra, i_crtime, i_crtime_extra, i_version_hi, i_projid;
} __packed __aligned(4);
static_assert(sizeof(struct ext4_disk_inode) == 160, "disk layout");
static_assert(offsetof(struct ext4_disk_inode, i_extra_isize) == 128, "disk layout");
#define EXT4_GOOD_OLD_INODE	128

#define EXT4_FL_SYNC		0x8u
#define EXT4_FL_IMMUTABLE	0x10u
#define EXT4_FL_APPEND		0x20u
#define EXT4_FL_NODUMP		0x40u
#define EXT4_FL_NOATIME		0x80u
#define EXT4_FL_INDEX		0x1000u
#define EXT4_FL_JOURNAL_DATA	0x4000u
#define EXT4_FL_DIRSYNC		0x10000u
#define EXT4_FL_TOPDIR		0x20000u
#define EXT4_FL_HUGE_FILE	0x40000u
#define EXT4_FL_EXTENTS		0x80000u
#define EXT4_FL_EA_INODE	0x200000u
#define EXT4_FL_INLINE_DATA	0x10000000u
#define EXT4_FL_PROJINHERIT	0x20000000u
#define EXT4_FL_USER_VISIBLE	0x604bdfffu
#define EXT4_FL_USER_SETTABLE	0x204380ffu
#define EXT4_FL_INHERITED	(0x1u | 0x2u | 0x4u | EXT4_FL_SYNC | EXT4_FL_NODUMP | EXT4_FL_NOATIME | \
				 EXT4_FL_JOURNAL_DATA | 0x8000u | EXT4_FL_DIRSYNC | EXT4_FL_PROJINHERIT)

/* Extent tree nodes: a header, then @eh_entries records of 12 bytes, sorted. */
#define EXT4_EXT_MAGIC		0xf30a
#define EXT4_EXT_MAX_DEPTH	5
#define EXT4_EXT_INIT_MAX	32768u	/* longer lengths mean "unwritten", 32768 less */
#define EXT4_EXT_UNWRITTEN_MAX	32767u
struct ext4_disk_exthdr { u16 eh_magic, eh_entries, eh_max, eh_depth; u32 eh_generation; } __packed;
struct ext4_disk_extent { u32 ee_block; u16 ee_len, ee_start_hi; u32 ee_start_lo; } __packed;
struct ext4_disk_extidx { u32 ei_block, ei_leaf_lo; u16 ei_leaf_hi, ei_unused; } __packed;

/* Directory entries. */
struct ext4_disk_dirent { u32 inode; u16 rec_len; u8 name_len, file_type; char name[]; } __packed;
#define EXT4_DIRENT_HEAD	8u
#define EXT4_FT_UNKNOWN		0
#define EXT4_FT_REG		1
#define EXT4_FT_DIR		2
#define EXT4_FT_CHR		3
#define EXT4_FT_BLK		4
#define EXT4_FT_FIFO		5
#define EXT4_FT_SOCK		6
#define EXT4_FT_SYMLINK		7
#define EXT4_FT_CSUM		0xde
struct ext4_disk_dirtail { u32 zero; u16 rec_len; u8 zero2, ft; u32 checksum; } __packed;

/* Hash index of a directory. */
#define EXT4_HASH_LEGACY		0
#define EXT4_HASH_HALF_MD4		1
#define EXT4_HASH_TEA			2
#define EXT4_HASH_LEGACY_UNSIGNED	3
#define EXT4_HASH_HALF_MD4_UNSIGNED	4
#define EXT4_HASH_TEA_UNSIGNED		5
struct ext4_disk_dxinfo { u32 reserved_zero; u8 hash_version, info_length, indirect_levels, unused_flags; } __packed;
struct ext4_disk_dxent { u32 hash, block; } __packed;
struct ext4_disk_dxcount { u16 limit, count; } __packed;	/* in the first entry's hash */
struct ext4_disk_dxtail { u32 reserved, checksum; } __packed;
#define EXT4_DX_ROOT_INFO	24u	/* offset of the info in block 0 */
#define EXT4_DX_ROOT_ENTRIES	32u
#define EXT4_DX_NODE_ENTRIES	8u

/* Extended attributes: in the inode after the extra fields, and in one block. */
#define EXT4_XATTR_MAGIC	0xea020000u
struct ext4_disk_xhdr { u32 h_magic, h_refcount, h_blocks, h_hash, h_checksum, h_reserved[3]; } __packed;
struct ext4_disk_xent {
	u8 e_name_len, e_name_index;
	u16 e_value_offs;
	u32 e_value_inum, e_value_size, e_hash;
	char e_name[];
} __packed;

#define EXT4_ORPHAN_MAGIC	0x0b10ca04u
struct ext4_disk_orphantail { u32 ob_magic, ob_checksum; } __packed;
