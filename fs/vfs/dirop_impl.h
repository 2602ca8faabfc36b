/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by dirop.c, rename.c and stack.c. */
#pragma once

#include "vfs_impl.h"

/** parent_find() - begin a walk and stop in front of the last component; walk_end() on success. */
int parent_find(struct walk *w, int dirfd, const char *name, u32 flags);
int parent_find_at(struct walk *w, const struct fspath *start, const char *name, u32 flags);
/** rename_lock_parents() - two directories (or one) in rename's order; unlock undoes. */
void rename_lock_parents(struct ncent *a, struct ncent *b);
void rename_unlock_parents(struct ncent *a, struct ncent *b);
/** vfs_notify_gone() - a name of @vn went: attribute change, or the end if it was the last. */
static inline void vfs_notify_gone(struct vnode *vn)
{
	vfs_notify(vn, NULL, vn->vn_nlink && !vnode_is_dir(vn) ? IN_ATTRIB : IN_DELETE_SELF);
}
