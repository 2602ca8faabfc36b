// SPDX-License-Identifier: GPL-2.0-only
/* Telling watchers (inotify, fanotify) what happens to files; nothing watches: nothing happens. */
#include "vfs_impl.h"

atomic64 vfs_nr_watches;
static vfs_notify_fn notify_fn;

void vfs_notify_register(vfs_notify_fn fn)
{
	__atomic_store_n(&notify_fn, fn, __ATOMIC_RELEASE);
}

static const struct vfs_fan_ops *fan_ops;

void vfs_fan_register(const struct vfs_fan_ops *ops)
{
	__atomic_store_n(&fan_ops, ops, __ATOMIC_RELEASE);
}

void vfs_notify_file_slow(struct ofile *f, u32 mask)
{
	const struct vfs_fan_ops *fan = __atomic_load_n(&fan_ops, __ATOMIC_ACQUIRE);

	if (f->of_mode & OFILE_NONOTIFY)
		return;
	vfs_notify_slow(f->of_vnode, f->of_path.nc, mask);
	if (fan)
		fan->event(f, mask);
}

static void tell_fan_gone(struct vnode *vn, u32 mask)
{
	const struct vfs_fan_ops *fan = __atomic_load_n(&fan_ops, __ATOMIC_ACQUIRE);

	if (fan && (mask & IN_DELETE_SELF))
		fan->vnode_gone(vn);
	if (fan && (mask & IN_UNMOUNT))
		fan->filesys_gone(vn->vn_fs);
}

void vfs_notify_name(struct vnode *dir, u32 mask, const char *name, u32 len, u32 cookie)
{
	vfs_notify_fn fn = __atomic_load_n(&notify_fn, __ATOMIC_ACQUIRE);

	if (unlikely(fn && atomic_read(&vfs_nr_watches) && READ_ONCE(dir->vn_watches)))
		fn(dir, mask, name, len, cookie);
}

void vfs_notify_slow(struct vnode *vn, struct ncent *nc, u32 mask)
{
	vfs_notify_fn fn = __atomic_load_n(&notify_fn, __ATOMIC_ACQUIRE);
	struct ncent *parent, *alias = NULL;
	bool on_self = mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT);
	u32 dir = vnode_is_dir(vn) && !on_self ? IN_ISDIR : 0;

	if (mask & (IN_DELETE_SELF | IN_UNMOUNT))
		tell_fan_gone(vn, mask);
	if (!fn)
		return;
	if (on_self)
		goto self;
	if (!nc)
		nc = alias = ncent_alias(vn);
	if (nc && !(nc->nc_flags & NCENT_DISCONNECTED)) {
		struct vnode *pv;

		rcu_read_lock();	/* a rename meanwhile: either parent is told */
		parent = READ_ONCE(nc->nc_parent);
		if (parent == nc || !ncent_get_live(parent))
			parent = NULL;
		rcu_read_unlock();
		pv = parent ? parent->nc_vnode : NULL;
		if (pv && READ_ONCE(pv->vn_watches)) {
			char name[NAME_MAX + 1];
			u32 len;

			spin_lock(&nc->nc_lock);
			len = min_t(u32, nc->nc_len, NAME_MAX);
			memcpy(name, nc->nc_name, len);
			spin_unlock(&nc->nc_lock);
			name[len] = 0;
			if (nc->nc_flags & NCENT_UNHASHED)
				dir |= VFS_NOTIFY_UNLINKED;
			fn(pv, mask | dir, name, len, 0);
			dir &= ~VFS_NOTIFY_UNLINKED;
		}
		ncent_put(parent);
	}
self:
	if (READ_ONCE(vn->vn_watches))
		fn(vn, mask | dir, NULL, 0, 0);
	if (alias)
		ncent_put(alias);
}
