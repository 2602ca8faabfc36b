/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said through /dev/fuse: version 7.37. All numbers are the machine's. */
#pragma once

#include <tern/base/types.h>

#define FUSE_KERNEL_VERSION		7
#define FUSE_KERNEL_MINOR_VERSION	37
#define FUSE_ROOT_ID			1
#define FUSE_MIN_READ_BUFFER		8192

enum fuse_opcode {
	FUSE_LOOKUP = 1, FUSE_FORGET = 2, FUSE_GETATTR = 3, FUSE_SETATTR = 4, FUSE_READLINK = 5, FUSE_SYMLINK = 6,
	FUSE_MKNOD = 8, FUSE_MKDIR = 9, FUSE_UNLINK = 10, FUSE_RMDIR = 11, FUSE_RENAME = 12, FUSE_LINK = 13,
	FUSE_OPEN = 14, FUSE_READ = 15, FUSE_WRITE = 16, FUSE_STATFS = 17, FUSE_RELEASE = 18, FUSE_FSYNC = 20,
	FUSE_SETXATTR = 21, FUSE_GETXATTR = 22, FUSE_LISTXATTR = 23, FUSE_REMOVEXATTR = 24, FUSE_FLUSH = 25,
	FUSE_INIT = 26, FUSE_OPENDIR = 27, FUSE_READDIR = 28, FUSE_RELEASEDIR = 29, FUSE_FSYNCDIR = 30,
	FUSE_ACCESS = 34, FUSE_CREATE = 35, FUSE_INTERRUPT = 36, FUSE_DESTROY = 38, FUSE_IOCTL = 39, FUSE_POLL = 40,
	FUSE_FALLOCATE = 43, FUSE_RENAME2 = 45, FUSE_LSEEK = 46,
};

enum fuse_notify_code {
	FUSE_NOTIFY_POLL = 1, FUSE_NOTIFY_INVAL_INODE = 2, FUSE_NOTIFY_INVAL_ENTRY = 3, FUSE_NOTIFY_DELETE = 6,
};

/* fuse_init_in.flags, fuse_init_out.flags */
#define FUSE_ASYNC_READ		(1u << 0)
#define FUSE_BIG_WRITES		(1u << 5)
#define FUSE_DONT_MASK		(1u << 6)
#define FUSE_SPLICE_WRITE	(1u << 7)
#define FUSE_SPLICE_MOVE	(1u << 8)
#define FUSE_SPLICE_READ	(1u << 9)
#define FUSE_AUTO_INVAL_DATA	(1u << 12)
#define FUSE_NO_OPEN_SUPPORT	(1u << 17)
#define FUSE_PARALLEL_DIROPS	(1u << 18)
#define FUSE_ABORT_ERROR	(1u << 21)
#define FUSE_NO_OPENDIR_SUPPORT	(1u << 24)
#define FUSE_EXPLICIT_INVAL_DATA (1u << 25)

#define FUSE_GETATTR_FH		(1u << 0)
#define FATTR_MODE		(1u << 0)
#define FATTR_UID		(1u << 1)
#define FATTR_GID		(1u << 2)
#define FATTR_SIZE		(1u << 3)
#define FATTR_ATIME		(1u << 4)
#define FATTR_MTIME		(1u << 5)
#define FATTR_FH		(1u << 6)
#define FATTR_ATIME_NOW		(1u << 7)
#define FATTR_MTIME_NOW		(1u << 8)
#define FATTR_CTIME		(1u << 10)
#define FOPEN_DIRECT_IO		(1u << 0)
#define FOPEN_KEEP_CACHE	(1u << 1)
#define FOPEN_NONSEEKABLE	(1u << 2)
#define FOPEN_STREAM		(1u << 4)
#define FOPEN_NOFLUSH		(1u << 5)
#define FUSE_WRITE_CACHE	(1u << 0)
#define FUSE_FSYNC_FDATASYNC	(1u << 0)
#define FUSE_POLL_SCHEDULE_NOTIFY (1u << 0)

struct fuse_in_header {
	u32 len, opcode;
	u64 unique, nodeid;
	u32 uid, gid, pid;
	u16 total_extlen, padding;
};
struct fuse_out_header { u32 len; s32 error; u64 unique; };

struct fuse_attr {
	u64 ino, size, blocks;
	u64 atime, mtime, ctime;
	u32 atimensec, mtimensec, ctimensec;
	u32 mode, nlink, uid, gid, rdev, blksize, flags;
};
struct fuse_entry_out {
	u64 nodeid, generation, entry_valid, attr_valid;
	u32 entry_valid_nsec, attr_valid_nsec;
	struct fuse_attr attr;
};
struct fuse_attr_out { u64 attr_valid; u32 attr_valid_nsec, dummy; struct fuse_attr attr; };
struct fuse_forget_in { u64 nlookup; };
struct fuse_getattr_in { u32 getattr_flags, dummy; u64 fh; };
struct fuse_setattr_in {
	u32 valid, padding;
	u64 fh, size, lock_owner, atime, mtime, ctime;
	u32 atimensec, mtimensec, ctimensec, mode, unused4, uid, gid, unused5;
};
struct fuse_mknod_in { u32 mode, rdev, umask, padding; };
struct fuse_mkdir_in { u32 mode, umask; };
struct fuse_rename_in { u64 newdir; };
struct fuse_rename2_in { u64 newdir; u32 flags, padding; };
struct fuse_link_in { u64 oldnodeid; };
struct fuse_open_in { u32 flags, open_flags; };
struct fuse_create_in { u32 flags, mode, umask, open_flags; };
struct fuse_open_out { u64 fh; u32 open_flags, padding; };
struct fuse_release_in { u64 fh; u32 flags, release_flags; u64 lock_owner; };
struct fuse_flush_in { u64 fh; u32 unused, padding; u64 lock_owner; };
struct fuse_read_in { u64 fh, offset; u32 size, read_flags; u64 lock_owner; u32 flags, padding; };
struct fuse_write_in { u64 fh, offset; u32 size, write_flags; u64 lock_owner; u32 flags, padding; };
struct fuse_write_out { u32 size, padding; };
struct fuse_statfs_out {
	u64 blocks, bfree, bavail, files, ffree;
	u32 bsize, namelen, frsize, padding, spare[6];
};
struct fuse_fsync_in { u64 fh; u32 fsync_flags, padding; };
struct fuse_setxattr_in { u32 size, flags; };
struct fuse_getxattr_in { u32 size, padding; };
struct fuse_getxattr_out { u32 size, padding; };
struct fuse_access_in { u32 mask, padding; };
struct fuse_init_in { u32 major, minor, max_readahead, flags, flags2, unused[11]; };
struct fuse_init_out {
	u32 major, minor, max_readahead, flags;
	u16 max_background, congestion_threshold;
	u32 max_write, time_gran;
	u16 max_pages, map_alignment;
	u32 flags2, unused[7];
};
#define FUSE_INIT_OUT_OLDEST	8	/* major and minor: before 7.5 */
#define FUSE_INIT_OUT_OLD	24	/* up to max_write: before 7.23 */
struct fuse_interrupt_in { u64 unique; };
struct fuse_ioctl_in { u64 fh; u32 flags, cmd; u64 arg; u32 in_size, out_size; };
struct fuse_ioctl_out { s32 result; u32 flags, in_iovs, out_iovs; };
struct fuse_poll_in { u64 fh, kh; u32 flags, events; };
struct fuse_poll_out { u32 revents, padding; };
struct fuse_fallocate_in { u64 fh, offset, length; u32 mode, padding; };
struct fuse_lseek_in { u64 fh, offset; u32 whence, padding; };
struct fuse_lseek_out { u64 offset; };
struct fuse_dirent { u64 ino, off; u32 namelen, type; };	/* then the name, to a multiple of 8 */

struct fuse_notify_poll_wakeup_out { u64 kh; };
struct fuse_notify_inval_inode_out { u64 ino; s64 off, len; };
struct fuse_notify_inval_entry_out { u64 parent; u32 namelen, flags; };
struct fuse_notify_delete_out { u64 parent, child; u32 namelen, padding; };

#define FUSE_DEV_IOC_CLONE	0x8004e500u	/* _IOR(229, 0, u32) */
