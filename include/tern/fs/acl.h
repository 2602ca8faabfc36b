/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * POSIX access control lists (POSIX 1003.1e draft 17) of vnodes. Owner fs/vfs/acl.c.
 *
 * A file system that keeps them calls vnode_acl_* from its own operations; lists
 * that are there are heeded by vnop_default_permission() for every one. Lists are
 * immutable and replaced as a whole; readers hold RCU.
 */
#pragma once

#include <tern/fs/vnode.h>

#define ACL_XATTR_ACCESS	"system.posix_acl_access"
#define ACL_XATTR_DEFAULT	"system.posix_acl_default"

/** acl_is_name() - is @name one of the two attributes. */
bool acl_is_name(const char *name);
/**
 * acl_permission() - what the list says to thread_self, who does not own @vn
 * @bits: out, MAY_* that are granted
 * Return: false if there is no list: the mode decides. Context: nosleep.
 */
bool acl_permission(struct vnode *vn, u32 want, u32 *bits);
/** acl_create_mode() - @mode less the umask, unless @dir has a default list that decides. */
mode_t acl_create_mode(struct vnode *dir, mode_t mode);
/** vnode_acl_inherit() - lists and mode of @vn, new in @dir, nobody knows it yet. 0, -ENOMEM. */
int vnode_acl_inherit(struct vnode *dir, struct vnode *vn);
/** vnode_acl_chmod() - its list follows the new @mode. vn L. 0, -ENOMEM. */
int vnode_acl_chmod(struct vnode *vn, mode_t mode);
/** vnode_acl_get() / _set() / _list() - as the vnode operations; _set with no value removes. */
ssize_t vnode_acl_get(struct vnode *vn, const char *name, void *buf, size_t size);
int vnode_acl_set(struct vnode *vn, const char *name, const void *val, size_t size);
ssize_t vnode_acl_list(struct vnode *vn, char *buf, size_t size);
/**
 * vnode_acl_load() - a list as its file system has kept it; nobody else knows @vn yet
 * Return: 0, -EINVAL, -EOPNOTSUPP, -ENOMEM.
 */
int vnode_acl_load(struct vnode *vn, const char *name, const void *val, size_t size);
/** vnode_acls_free() - @vn goes. */
void vnode_acls_free(struct vnode *vn);
