// SPDX-License-Identifier: GPL-2.0-only
/* overlayfs: attributes and extended attributes are the real file's; a change copies it up. */
#include "ovl_impl.h"

int ovl_getattr(struct vnode *vn, struct vattr *va)
{
	struct ovl_node *n = ovl_of(vn);
	int err = stack_getattr(ovl_real(n), va);

	if (err)
		return err;
	va->ino = n->st_ino;
	va->dev = n->st_dev;
	if (vnode_is_dir(vn) && n->nlower && (ovl_has_upper(n) || n->nlower > 1))
		va->nlink = 1;		/* merged: nobody counts */
	else
		va->nlink = vn->vn_nlink && vnode_is_dir(vn) ? va->nlink : vn->vn_nlink;
	return 0;
}

int ovl_setattr(struct vnode *vn, const struct vattr *va)
{
	struct ovl_node *n = ovl_of(vn);
	int err = ovl_copy_up(n);

	if (!err)
		err = stack_setattr(&n->upper, va);
	if (!err)
		ovl_copy_attr(n);
	return err;
}

/* The real file knows its access control lists. */
int ovl_permission(struct vnode *vn, u32 mask)
{
	struct vnode *real = path_vnode(ovl_real(ovl_of(vn)));

	return real->vn_ops->permission(real, mask);
}

ssize_t ovl_getxattr(struct vnode *vn, const char *name, void *buf, size_t size)
{
	if (str_has_prefix(name, OVL_PREFIX))
		return -EOPNOTSUPP;
	return stack_getxattr(ovl_real(ovl_of(vn)), name, buf, size);
}

int ovl_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags)
{
	struct ovl_node *n = ovl_of(vn);
	int err = str_has_prefix(name, OVL_PREFIX) ? -EOPNOTSUPP : ovl_copy_up(n);

	if (!err)
		err = stack_setxattr(&n->upper, name, val, size, flags);
	if (!err)
		ovl_copy_attr(n);
	return err;
}

int ovl_removexattr(struct vnode *vn, const char *name)
{
	struct ovl_node *n = ovl_of(vn);
	ssize_t has;
	int err;

	if (str_has_prefix(name, OVL_PREFIX))
		return -EOPNOTSUPP;
	has = stack_getxattr(ovl_real(n), name, NULL, 0);
	if (has < 0)
		return (int)has;
	err = ovl_copy_up(n);
	if (!err)
		err = stack_removexattr(&n->upper, name);
	if (!err)
		ovl_copy_attr(n);
	return err;
}

ssize_t ovl_listxattr(struct vnode *vn, char *buf, size_t size)
{
	const struct fspath *real = ovl_real(ovl_of(vn));
	ssize_t n = stack_listxattr(real, NULL, 0), used = 0;
	char *all;

	if (n <= 0)
		return n;
	all = kmem_alloc_large((size_t)n, ALLOC_KERNEL);
	if (!all)
		return -ENOMEM;
	n = stack_listxattr(real, all, (size_t)n);
	for (char *s = all; n > 0 && s < all + n; s += strlen(s) + 1) {
		ssize_t len = (ssize_t)strlen(s) + 1;

		if (str_has_prefix(s, OVL_PREFIX))
			continue;
		if (size && used + len > (ssize_t)size) {
			n = -ERANGE;
			break;
		}
		if (size)
			memcpy(buf + used, s, (size_t)len);
		used += len;
	}
	kmem_free_large(all);
	return n < 0 ? n : used;
}
