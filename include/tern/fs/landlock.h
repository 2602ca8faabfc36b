/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock: programs give up access to files, for themselves and what they start. Owner
 * fs/vfs/landlock.c. Who has no restriction pays one load a check.
 */
#pragma once

#include <tern/fs/path.h>
#include <tern/kernel/cred.h>
#include <uapi/landlock.h>

/* One rule: what is allowed at a file, or at a directory and below. */
struct landrule { struct vnode *vn; struct fspath at; u32 access; };	/* references of both */

/** landlock_is_on() - is thread_self restricted. */
static inline bool landlock_is_on(void) { return unlikely(cred_self()->landlock); }

int landlock_check_slow(const struct fspath *p, u32 access);
/** landlock_check() - may thread_self do that (LANDLOCK_*) at @p, or below; 0 or -EACCES. Any locks. */
static inline int landlock_check(const struct fspath *p, u32 access)
{
	return landlock_is_on() ? landlock_check_slow(p, access) : 0;
}
/** landlock_make() - LANDLOCK_MAKE_* for a file of type @mode. landlock_remove(): REMOVE_*. */
u32 landlock_make(mode_t mode);
u32 landlock_remove(const struct vnode *vn);
/**
 * landlock_check_move() - may @old get a name in @to that it had in @from
 * @from, @to: directories on one mount
 * @other: what has the new name now, NULL: nothing
 * @removes: the old name goes (rename); @exchanges: and becomes @other's
 * Return: 0, -EACCES, -EXDEV: more would be allowed there.
 */
int landlock_check_move(const struct fspath *from, struct vnode *old, const struct fspath *to,
			struct vnode *other, bool removes, bool exchanges);

/**
 * landlayer_create() - @handled is restricted to @rules, over @parent's
 * @rules: @n of them, sorted by address of the vnode, one a vnode; copied with references
 * Context: sleeps. Return: ERR_PTR(-E2BIG): too many layers, ERR_PTR(-ENOMEM).
 */
struct landlayer *landlayer_create(struct landlayer *parent, u32 handled, const struct landrule *rules, u32 n);
