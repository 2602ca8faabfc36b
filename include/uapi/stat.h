/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <tern/base/types.h>
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000
#define S_ISUID 04000
#define S_ISGID 02000
#define S_ISVTX 01000
#define S_ISREG(m) (((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m) (((m) & S_IFMT) == S_IFDIR)
#define S_ISLNK(m) (((m) & S_IFMT) == S_IFLNK)
#define S_ISCHR(m) (((m) & S_IFMT) == S_IFCHR)
#define S_ISBLK(m) (((m) & S_IFMT) == S_IFBLK)
#define S_ISFIFO(m) (((m) & S_IFMT) == S_IFIFO)
#define S_ISSOCK(m) (((m) & S_IFMT) == S_IFSOCK)
#define DEV_MAJOR(d) ((u32)(((d) >> 8) & 0xfff) | (u32)(((d) >> 32) & ~0xfffUL))
#define DEV_MINOR(d) ((u32)((d) & 0xff) | (u32)(((d) >> 12) & ~0xffUL))
#define DEV_MAKE(ma, mi) ((((u64)(ma) & 0xfff) << 8) | (((u64)(ma) & ~0xfffUL) << 32) | \
	((u64)(mi) & 0xff) | (((u64)(mi) & ~0xffUL) << 12))
struct stat_linux {
	u64 dev, ino, nlink;
	u32 mode, uid, gid, pad0;
	u64 rdev;
	s64 size, blksize, blocks;
	u64 atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	s64 unused[3];
};
_Static_assert(sizeof(struct stat_linux) == 144, "user ABI");

#define UTIME_NOW	((1L << 30) - 1)
#define UTIME_OMIT	((1L << 30) - 2)

struct statx_timestamp { s64 tv_sec; u32 tv_nsec; s32 pad_; };
struct statx {
	u32 stx_mask, stx_blksize;
	u64 stx_attributes;
	u32 stx_nlink, stx_uid, stx_gid;
	u16 stx_mode, pad0_;
	u64 stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
	u32 stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	u64 stx_mnt_id;
	u32 stx_dio_mem_align, stx_dio_offset_align;
	u64 spare_[12];
};
_Static_assert(sizeof(struct statx) == 256, "user ABI");
#define STATX_BASIC_STATS	0x7ffu
#define STATX_BTIME		0x800u
#define STATX_MNT_ID		0x1000u
#define STATX_DIOALIGN		0x2000u
#define STATX_RESERVED		0x80000000u
#define STATX_ATTR_IMMUTABLE	0x10UL
#define STATX_ATTR_APPEND	0x20UL
#define STATX_ATTR_NODUMP	0x40UL
#define STATX_ATTR_MOUNT_ROOT	0x2000UL
