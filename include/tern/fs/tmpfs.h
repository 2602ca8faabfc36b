/* SPDX-License-Identifier: GPL-2.0-only */
/* tmpfs as the store of other file systems. Owner fs/tmpfs. */
#pragma once
#include <tern/fs/filesys.h>
/**
 * tmpfs_make() - an instance of type @t that is a tmpfs; options in
 * @args->data. Referenced, or ERR_PTR. Sleeps.
 */
struct filesys *tmpfs_make(struct fstype *t, const struct mount_args *args);
