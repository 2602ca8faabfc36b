// SPDX-License-Identifier: GPL-2.0-only
/* Extended attributes, as the daemon has them. */
#include "fuse_impl.h"

#define XATTR_SIZE_MAX_	65536u

/* A daemon without them says so once. */
static int lacks(struct fuselink *fl, u32 op, int err)
{
	if (err != -ENOSYS)
		return err;
	fuse_note_lack(fl, op);
	return -EOPNOTSUPP;
}

/* Size 0 asks how much there is. */
static ssize_t fetch(struct vnode *vn, u32 op, const char *name, void *buf, size_t size)
{
	struct fuselink *fl = fuse_link_of(vn);
	struct fuse_getxattr_in in = { .size = (u32)min_t(size_t, size, XATTR_SIZE_MAX_) };
	size_t len = name ? strlen(name) + 1 : 0;
	struct fusecall *c;
	ssize_t n;

	if (!fuse_may(fl))
		return -EACCES;
	if (fuse_lacks(fl, op))
		return -EOPNOTSUPP;
	c = fuse_call_make(fl, op, vn->vn_ino, sizeof(in) + len, size ? in.size : sizeof(struct fuse_getxattr_out));
	if (!c)
		return -ENOMEM;
	c->out_varies = size;
	memcpy(c->in, &in, sizeof(in));
	memcpy(c->in + sizeof(in), name, len);
	n = lacks(fl, op, fuse_call_run(c));
	if (!n && !size) {
		n = min_t(u32, ((struct fuse_getxattr_out *)c->out)->size, XATTR_SIZE_MAX_);
	} else if (!n) {
		n = c->out_len;
		memcpy(buf, c->out, c->out_len);
		/* A list is of names that end. */
		if (op == FUSE_LISTXATTR && n && c->out[n - 1])
			n = -EIO;
	}
	fuse_call_put(c);
	return n;
}

ssize_t fuse_xattr_get(struct vnode *vn, const char *name, void *buf, size_t size)
{
	return fetch(vn, FUSE_GETXATTR, name, buf, size);
}

ssize_t fuse_xattr_list(struct vnode *vn, char *buf, size_t size)
{
	return fetch(vn, FUSE_LISTXATTR, NULL, buf, size);
}

int fuse_xattr_set(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags)
{
	struct fuselink *fl = fuse_link_of(vn);
	struct fuse_setxattr_in in = { .size = (u32)size, .flags = flags };
	size_t len = strlen(name) + 1;
	struct fusecall *c;
	int err;

	if (!fuse_may(fl))
		return -EACCES;
	if (fuse_lacks(fl, FUSE_SETXATTR))
		return -EOPNOTSUPP;
	c = fuse_call_make(fl, FUSE_SETXATTR, vn->vn_ino, sizeof(in) + len + size, 0);
	if (!c)
		return -ENOMEM;
	memcpy(c->in, &in, sizeof(in));
	memcpy(c->in + sizeof(in), name, len);
	memcpy(c->in + sizeof(in) + len, val, size);
	err = lacks(fl, FUSE_SETXATTR, fuse_call_run(c));
	fuse_call_put(c);
	if (!err)
		fuse_attr_stale(vn);
	return err;
}

int fuse_xattr_remove(struct vnode *vn, const char *name)
{
	struct fuselink *fl = fuse_link_of(vn);
	int err;

	if (!fuse_may(fl))
		return -EACCES;
	if (fuse_lacks(fl, FUSE_REMOVEXATTR))
		return -EOPNOTSUPP;
	err = fuse_ask(fl, FUSE_REMOVEXATTR, vn->vn_ino, NULL, 0, name, (u32)strlen(name), NULL, 0);
	err = lacks(fl, FUSE_REMOVEXATTR, err);
	if (!err)
		fuse_attr_stale(vn);
	return err;
}
