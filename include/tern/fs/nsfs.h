/* SPDX-License-Identifier: GPL-2.0-only */
/* Namespaces as files. Owner fs/vfs/nsfs.c. */
#pragma once

#include <tern/fs/path.h>
#include <tern/kernel/ns.h>

/** nspath_make() - a path whose vnode stands for @b (takes a reference). 0 or -ENOMEM. */
int nspath_make(struct nsbase *b, struct fspath *out);
/** nsvnode_base() - the namespace that @vn stands for (borrowed), or NULL. */
struct nsbase *nsvnode_base(const struct vnode *vn);
void nsfs_init(void);
