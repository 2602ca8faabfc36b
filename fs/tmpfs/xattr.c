// SPDX-License-Identifier: GPL-2.0-only
/*
 * tmpfs extended attributes: a list per file, name and value in one piece.
 * The VFS has checked names, sizes and permission. As on Linux 6.1 nobody but
 * root may keep any: there are no user attributes.
 */
#include "tmpfs_impl.h"

#include <tern/fs/acl.h>

struct tmpfs_xattr {
	struct tmpfs_xattr *next;
	size_t size;			/* of the value, which lies behind the name */
	u32 name_len;
	char name[];
};

static bool is_supported(const char *name)
{
	return str_has_prefix(name, "trusted.") || str_has_prefix(name, "security.");
}

/* The link that points to the attribute called @name, or the last one. vn_spin held. */
static struct tmpfs_xattr **find(struct tmpfs_vnode *t, const char *name)
{
	struct tmpfs_xattr **link = &t->xattrs;

	while (*link && strcmp((*link)->name, name))
		link = &(*link)->next;
	return link;
}

ssize_t tmpfs_getxattr(struct vnode *vn, const char *name, void *buf, size_t size)
{
	struct tmpfs_vnode *t = tmpfs_of(vn);
	struct tmpfs_xattr *x;
	ssize_t n = -ENODATA;

	if (acl_is_name(name))
		return vnode_acl_get(vn, name, buf, size);
	if (!is_supported(name))
		return -EOPNOTSUPP;
	spin_lock(&vn->vn_spin);
	x = *find(t, name);
	if (x) {
		n = (ssize_t)x->size;
		if (size && x->size > size)
			n = -ERANGE;
		else if (size)
			memcpy(buf, x->name + x->name_len + 1, x->size);
	}
	spin_unlock(&vn->vn_spin);
	return n;
}

int tmpfs_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags)
{
	struct tmpfs_vnode *t = tmpfs_of(vn);
	struct tmpfs_xattr *x, *old, **link;
	size_t len = strlen(name);
	int err = 0;

	if (acl_is_name(name))
		return vnode_acl_set(vn, name, val, size);
	if (!is_supported(name))
		return -EOPNOTSUPP;
	x = kmem_alloc_large(sizeof(*x) + len + 1 + size, ALLOC_USER);
	if (!x)
		return -ENOMEM;
	x->size = size;
	x->name_len = (u32)len;
	memcpy(x->name, name, len + 1);
	if (size)
		memcpy(x->name + len + 1, val, size);
	spin_lock(&vn->vn_spin);
	link = find(t, name);
	old = *link;
	if (old && (flags & XATTR_CREATE))
		err = -EEXIST;
	else if (!old && (flags & XATTR_REPLACE))
		err = -ENODATA;
	if (!err) {
		x->next = old ? old->next : NULL;
		*link = x;
	}
	spin_unlock(&vn->vn_spin);
	kmem_free_large(err ? x : old);
	if (!err)
		vnode_touch(vn, VATTR_CTIME);
	return err;
}

int tmpfs_removexattr(struct vnode *vn, const char *name)
{
	struct tmpfs_vnode *t = tmpfs_of(vn);
	struct tmpfs_xattr *x, **link;

	if (acl_is_name(name))
		return vnode_acl_set(vn, name, NULL, 0);
	if (!is_supported(name))
		return -EOPNOTSUPP;
	spin_lock(&vn->vn_spin);
	link = find(t, name);
	x = *link;
	if (x)
		*link = x->next;
	spin_unlock(&vn->vn_spin);
	if (!x)
		return -ENODATA;
	kmem_free_large(x);
	vnode_touch(vn, VATTR_CTIME);
	return 0;
}

ssize_t tmpfs_listxattr(struct vnode *vn, char *buf, size_t size)
{
	bool trusted = cap_has(CAP_SYS_ADMIN);
	struct tmpfs_xattr *x;
	ssize_t n = vnode_acl_list(vn, buf, size);
	size_t used = n < 0 ? 0 : (size_t)n;

	spin_lock(&vn->vn_spin);
	for (x = tmpfs_of(vn)->xattrs; x && n >= 0; x = x->next) {
		if (!trusted && str_has_prefix(x->name, "trusted."))
			continue;
		if (size && used + x->name_len + 1 > size) {
			n = -ERANGE;
			break;
		}
		if (size)
			memcpy(buf + used, x->name, x->name_len + 1);
		used += x->name_len + 1;
	}
	spin_unlock(&vn->vn_spin);
	return n < 0 ? n : (ssize_t)used;
}

void tmpfs_xattrs_free(struct tmpfs_vnode *t)
{
	while (t->xattrs) {
		struct tmpfs_xattr *x = t->xattrs;

		t->xattrs = x->next;
		kmem_free_large(x);
	}
}
