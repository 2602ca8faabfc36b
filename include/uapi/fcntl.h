/* SPDX-License-Identifier: GPL-2.0-only */
/* open(2), fcntl(2), *at(2), locks, fallocate(2), splice(2): Linux x86-64
 * numbers and structures.
 */
#pragma once
#include <tern/base/types.h>

#define O_RDONLY	0x0u
#define O_WRONLY	0x1u
#define O_RDWR		0x2u
#define O_ACCMODE	0x3u
#define O_CREAT		0x40u
#define O_EXCL		0x80u
#define O_NOCTTY	0x100u
#define O_TRUNC		0x200u
#define O_APPEND	0x400u
#define O_NONBLOCK	0x800u
#define O_NDELAY	O_NONBLOCK
#define O_DSYNC		0x1000u
#define FASYNC		0x2000u
#define O_ASYNC		FASYNC
#define O_DIRECT	0x4000u
#define O_LARGEFILE	0x8000u
#define O_DIRECTORY	0x10000u
#define O_NOFOLLOW	0x20000u
#define O_NOATIME	0x40000u
#define O_CLOEXEC	0x80000u
#define O_SYNC_BIT	0x100000u
#define O_SYNC		(O_SYNC_BIT | O_DSYNC)
#define O_PATH		0x200000u
#define O_TMPFILE_BIT	0x400000u
#define O_TMPFILE	(O_TMPFILE_BIT | O_DIRECTORY)

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x100u
#define AT_EACCESS		0x200u
#define AT_REMOVEDIR		0x200u
#define AT_SYMLINK_FOLLOW	0x400u
#define AT_NO_AUTOMOUNT		0x800u
#define AT_EMPTY_PATH		0x1000u
#define AT_STATX_SYNC_TYPE	0x6000u
#define AT_STATX_FORCE_SYNC	0x2000u
#define AT_STATX_DONT_SYNC	0x4000u
#define AT_RECURSIVE		0x8000u

struct open_how { u64 flags, mode, resolve; };
#define OPEN_HOW_SIZE_VER0	24
#define RESOLVE_NO_XDEV		0x01u
#define RESOLVE_NO_MAGICLINKS	0x02u
#define RESOLVE_NO_SYMLINKS	0x04u
#define RESOLVE_BENEATH		0x08u
#define RESOLVE_IN_ROOT		0x10u
#define RESOLVE_CACHED		0x20u

#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4
#define F_GETLK		5
#define F_SETLK		6
#define F_SETLKW	7
#define F_SETOWN	8
#define F_GETOWN	9
#define F_SETSIG	10
#define F_GETSIG	11
#define F_SETOWN_EX	15
#define F_GETOWN_EX	16
#define F_GETOWNER_UIDS	17
#define F_OFD_GETLK	36
#define F_OFD_SETLK	37
#define F_OFD_SETLKW	38
#define F_SETLEASE	1024
#define F_GETLEASE	1025
#define F_NOTIFY	1026
#define DN_ACCESS	0x1u
#define DN_MODIFY	0x2u
#define DN_CREATE	0x4u
#define DN_DELETE	0x8u
#define DN_RENAME	0x10u
#define DN_ATTRIB	0x20u
#define DN_MULTISHOT	0x80000000u
#define F_CANCELLK	1029
#define F_DUPFD_CLOEXEC	1030
#define F_SETPIPE_SZ	1031
#define F_GETPIPE_SZ	1032
#define F_ADD_SEALS	1033
#define F_GET_SEALS	1034
#define F_GET_RW_HINT	1035
#define F_SET_RW_HINT	1036
#define RWH_WRITE_LIFE_EXTREME 5
#define FD_CLOEXEC	1

#define F_RDLCK		0
#define F_WRLCK		1
#define F_UNLCK		2
struct flock { s16 l_type, l_whence; u32 pad_; s64 l_start, l_len; s32 l_pid; u32 pad2_; };
_Static_assert(sizeof(struct flock) == 32, "user ABI");

struct f_owner_ex { s32 type, pid; };
#define F_OWNER_TID	0
#define F_OWNER_PID	1
#define F_OWNER_PGRP	2

#define LOCK_SH		1
#define LOCK_EX		2
#define LOCK_NB		4
#define LOCK_UN		8

#define F_SEAL_SEAL	0x01u
#define F_SEAL_SHRINK	0x02u
#define F_SEAL_GROW	0x04u
#define F_SEAL_WRITE	0x08u
#define F_SEAL_FUTURE_WRITE 0x10u
#define F_SEAL_ALL	0x1fu

#define MFD_CLOEXEC	0x1u
#define MFD_ALLOW_SEALING 0x2u
#define MFD_HUGETLB	0x4u

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define SEEK_DATA	3
#define SEEK_HOLE	4

#define FALLOC_FL_KEEP_SIZE	0x01
#define FALLOC_FL_PUNCH_HOLE	0x02
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE	0x10
#define FALLOC_FL_INSERT_RANGE	0x20
#define FALLOC_FL_UNSHARE_RANGE	0x40

#define SYNC_FILE_RANGE_WAIT_BEFORE	1u
#define SYNC_FILE_RANGE_WRITE		2u
#define SYNC_FILE_RANGE_WAIT_AFTER	4u

#define POSIX_FADV_NORMAL	0
#define POSIX_FADV_RANDOM	1
#define POSIX_FADV_SEQUENTIAL	2
#define POSIX_FADV_WILLNEED	3
#define POSIX_FADV_DONTNEED	4
#define POSIX_FADV_NOREUSE	5

#define RENAME_NOREPLACE	1u
#define RENAME_EXCHANGE		2u
#define RENAME_WHITEOUT		4u

#define F_OK	0
#define X_OK	1
#define W_OK	2
#define R_OK	4

#define CLOSE_RANGE_UNSHARE	2u
#define CLOSE_RANGE_CLOEXEC	4u

#define SPLICE_F_MOVE		1u
#define SPLICE_F_NONBLOCK	2u
#define SPLICE_F_MORE		4u
#define SPLICE_F_GIFT		8u

#define RWF_HIPRI	0x1u
#define RWF_DSYNC	0x2u
#define RWF_SYNC	0x4u
#define RWF_NOWAIT	0x8u
#define RWF_APPEND	0x10u

#define XATTR_CREATE	1
#define XATTR_REPLACE	2
#define XATTR_NAME_MAX	255
#define XATTR_SIZE_MAX	65536
#define XATTR_LIST_MAX	65536

#define PATH_MAX	4096
#define NAME_MAX	255
#define PIPE_BUF	4096
