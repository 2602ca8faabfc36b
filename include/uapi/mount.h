/* SPDX-License-Identifier: GPL-2.0-only */
/* mount(2), umount2(2), statfs(2): Linux numbers and structures. */
#pragma once
#include <tern/base/types.h>

#define MS_RDONLY	0x1u
#define MS_NOSUID	0x2u
#define MS_NODEV	0x4u
#define MS_NOEXEC	0x8u
#define MS_SYNCHRONOUS	0x10u
#define MS_REMOUNT	0x20u
#define MS_MANDLOCK	0x40u
#define MS_DIRSYNC	0x80u
#define MS_NOSYMFOLLOW	0x100u
#define MS_NOATIME	0x400u
#define MS_NODIRATIME	0x800u
#define MS_BIND		0x1000u
#define MS_MOVE		0x2000u
#define MS_REC		0x4000u
#define MS_SILENT	0x8000u
#define MS_POSIXACL	0x10000u
#define MS_UNBINDABLE	0x20000u
#define MS_PRIVATE	0x40000u
#define MS_SLAVE	0x80000u
#define MS_SHARED	0x100000u
#define MS_RELATIME	0x200000u
#define MS_KERNMOUNT	0x400000u
#define MS_I_VERSION	0x800000u
#define MS_STRICTATIME	0x1000000u
#define MS_LAZYTIME	0x2000000u
#define MS_MGC_VAL	0xc0ed0000u
#define MS_MGC_MSK	0xffff0000u

#define MNT_FORCE	1u
#define MNT_DETACH	2u
#define MNT_EXPIRE	4u
#define UMOUNT_NOFOLLOW	8u

#define ST_RDONLY	0x1u
#define ST_NOSUID	0x2u
#define ST_NODEV	0x4u
#define ST_NOEXEC	0x8u
#define ST_SYNCHRONOUS	0x10u
#define ST_VALID	0x20u
#define ST_NOATIME	0x400u
#define ST_NODIRATIME	0x800u
#define ST_RELATIME	0x1000u
#define ST_NOSYMFOLLOW	0x2000u

struct statfs { u64 type, bsize, blocks, bfree, bavail, files, ffree; u32 fsid[2];
	u64 namelen, frsize, flags, spare[4]; };
_Static_assert(sizeof(struct statfs) == 120, "user ABI");
struct ustat { s32 f_tfree; u32 pad_; u64 f_tinode; char f_fname[6], f_fpack[6]; u32 pad2_; };
_Static_assert(sizeof(struct ustat) == 32, "user ABI");

#define TMPFS_MAGIC	0x01021994u
#define RAMFS_MAGIC	0x858458f6u
#define PIPEFS_MAGIC	0x50495045u
#define ANON_INODE_FS_MAGIC 0x09041934u

#define OPEN_TREE_CLONE		0x1u
#define OPEN_TREE_CLOEXEC	0x80000u
#define MOVE_MOUNT_F_SYMLINKS	0x1u
#define MOVE_MOUNT_F_AUTOMOUNTS	0x2u
#define MOVE_MOUNT_F_EMPTY_PATH	0x4u
#define MOVE_MOUNT_T_SYMLINKS	0x10u
#define MOVE_MOUNT_T_AUTOMOUNTS	0x20u
#define MOVE_MOUNT_T_EMPTY_PATH	0x40u
#define FSOPEN_CLOEXEC		0x1u
#define FSMOUNT_CLOEXEC		0x1u
#define FSPICK_CLOEXEC		0x1u
#define FSPICK_SYMLINK_NOFOLLOW	0x2u
#define FSPICK_NO_AUTOMOUNT	0x4u
#define FSPICK_EMPTY_PATH	0x8u
#define FSCONFIG_SET_FLAG	0
#define FSCONFIG_SET_STRING	1
#define FSCONFIG_SET_BINARY	2
#define FSCONFIG_SET_PATH	3
#define FSCONFIG_SET_PATH_EMPTY	4
#define FSCONFIG_SET_FD		5
#define FSCONFIG_CMD_CREATE	6
#define FSCONFIG_CMD_RECONFIGURE 7
#define MOUNT_ATTR_RDONLY	0x1u
#define MOUNT_ATTR_NOSUID	0x2u
#define MOUNT_ATTR_NODEV	0x4u
#define MOUNT_ATTR_NOEXEC	0x8u
#define MOUNT_ATTR__ATIME	0x70u
#define MOUNT_ATTR_NOATIME	0x10u
#define MOUNT_ATTR_STRICTATIME	0x20u
#define MOUNT_ATTR_NODIRATIME	0x80u
#define MOUNT_ATTR_NOSYMFOLLOW	0x200000u
struct mount_attr { u64 attr_set, attr_clr, propagation, userns_fd; };
#define MOUNT_ATTR_SIZE_VER0	32
