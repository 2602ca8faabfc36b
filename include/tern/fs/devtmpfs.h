/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev nodes made by the kernel. Owner fs/devtmpfs. Works before it is mounted. */
#pragma once
#include <tern/base/types.h>
/** devtmpfs_add() - node "name" (may hold slashes) with type and mode bits; 0 or -errno. Sleeps. */
int devtmpfs_add(const char *name, mode_t mode, uid_t uid, gid_t gid, u64 rdev);
int devtmpfs_remove(const char *name);
void devtmpfs_init(void);
