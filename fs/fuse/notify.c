// SPDX-License-Identifier: GPL-2.0-only
/* What a daemon says unasked: events of polled files, and that what we keep is no longer so. */
#include "fuse_impl.h"

static int get(struct uio *u, void *to, size_t n)
{
	if (u->resid < n)
		return -EINVAL;
	return uio_get(u, to, n) == n ? 0 : -EFAULT;
}

/* The mount, if there is one still, with a reference. */
static struct filesys *mounted(struct fuselink *fl)
{
	struct filesys *fs;

	spin_lock(&fl->lock);
	fs = fl->fs;
	if (fs && !ref_get_unless_zero(&fs->refs))
		fs = NULL;
	spin_unlock(&fl->lock);
	return fs;
}

static int poll_event(struct fuselink *fl, struct uio *u)
{
	struct fuse_notify_poll_wakeup_out out;
	struct fuseopen *o;
	int err = u->resid == sizeof(out) ? get(u, &out, sizeof(out)) : -EINVAL;

	if (err)
		return err;
	spin_lock(&fl->lock);
	list_foreach(o, &fl->polled, polled)
		if (o->kh == out.kh)
			waitq_wake(&o->poll, 0, POLLDEFAULT | POLLPRI | POLLERR | POLLHUP);
	spin_unlock(&fl->lock);
	return 0;
}

/* Attributes, and from @off on @len bytes (all, if not positive); a negative @off: attributes alone. */
static int forget_contents(struct filesys *fs, const struct fuse_notify_inval_inode_out *out)
{
	struct vnode *vn = vnode_find(fs, out->ino);
	u64 first, last;

	if (!vn)
		return -ENOENT;
	fuse_attr_stale(vn);
	if (out->off >= 0 && S_ISREG(vn->vn_mode)) {
		first = (u64)out->off >> PAGE_SHIFT;
		last = out->len <= 0 ? U64_MAX : ((u64)out->off + (u64)out->len - 1) >> PAGE_SHIFT;
		pagecache_unmap(vn->vn_pc, first, last, false);
		pagecache_drop_clean(vn->vn_pc, first, last);
	}
	vnode_put(vn);
	return 0;
}

static int inval_inode(struct fuselink *fl, struct uio *u)
{
	struct fuse_notify_inval_inode_out out;
	int err = u->resid == sizeof(out) ? get(u, &out, sizeof(out)) : -EINVAL;
	struct filesys *fs = err ? NULL : mounted(fl);

	if (!fs)
		return err ? err : -ENOENT;
	err = forget_contents(fs, &out);
	filesys_put(fs);
	return err;
}

/* The entry is looked up again when it is wanted. @child: and is gone, if it is that (0: whatever it is). */
static int forget_entry(struct filesys *fs, u64 parent, const char *name, u32 len, u64 child)
{
	struct vnode *dir = vnode_find(fs, parent);
	struct ncent *pnc = dir ? ncent_alias(dir) : NULL, *nc = pnc ? ncent_lookup(pnc, name, len) : NULL;
	struct vnode *vn = nc ? nc->nc_vnode : NULL;
	int err = vn && (!child || vn->vn_ino == child) ? 0 : -ENOENT;

	if (dir)
		fuse_attr_stale(dir);
	if (!err) {
		WRITE_ONCE(fuse_of(vn)->entry_until, 0);
		fuse_attr_stale(vn);
	}
	if (nc)
		ncent_put(nc);
	if (pnc)
		ncent_put(pnc);
	vnode_put(dir);
	return err;
}

/* The name that ends the message. */
static int inval_name(struct fuselink *fl, struct uio *u, u64 parent, u32 len, u64 child)
{
	char name[NAME_MAX + 1];
	struct filesys *fs;
	int err;

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	err = u->resid == len + 1 ? get(u, name, len + 1) : -EINVAL;
	if (err)
		return err;
	fs = mounted(fl);
	if (!fs)
		return -ENOENT;
	err = forget_entry(fs, parent, name, len, child);
	filesys_put(fs);
	return err;
}

static int inval_entry(struct fuselink *fl, struct uio *u)
{
	struct fuse_notify_inval_entry_out out;
	int err = get(u, &out, sizeof(out));

	return err ? err : inval_name(fl, u, out.parent, out.namelen, 0);
}

static int deleted(struct fuselink *fl, struct uio *u)
{
	struct fuse_notify_delete_out out;
	int err = get(u, &out, sizeof(out));

	return err ? err : inval_name(fl, u, out.parent, out.namelen, out.child);
}

int fuse_notify(struct fuselink *fl, u32 code, struct uio *u)
{
	switch (code) {
	case FUSE_NOTIFY_POLL: return poll_event(fl, u);
	case FUSE_NOTIFY_INVAL_INODE: return inval_inode(fl, u);
	case FUSE_NOTIFY_INVAL_ENTRY: return inval_entry(fl, u);
	case FUSE_NOTIFY_DELETE: return deleted(fl, u);
	default: return -EINVAL;
	}
}
