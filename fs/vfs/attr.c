// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes and permission: who may do what to a vnode, and the changes that
 * chmod, chown, truncate and utimes make. Every check of a change is in
 * setattr_check(), with vn_lock held; applying cannot be refused afterwards but
 * by the file system itself.
 */
#include "vfs_impl.h"

#include <tern/fs/acl.h>
#include <tern/kernel/cgdevice.h>
#include <uapi/bpf.h>
#include <uapi/resource.h>

/* A capability in a user namespace that knows the file's owners. */
static bool cap_over(const struct vnode *vn, int cap)
{
	return cap_has_over(cap, READ_ONCE(vn->vn_uid), READ_ONCE(vn->vn_gid));
}

int vnop_default_permission(struct vnode *vn, u32 mask)
{
	const struct credset *c = cred_self();
	mode_t mode = READ_ONCE(vn->vn_mode);
	u32 bits = mode;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (c->fsuid == vn->vn_uid)
		bits >>= 6;
	else if (unlikely(READ_ONCE(vn->vn_acl)) && (mode & 070) && acl_permission(vn, mask, &bits))
		bits &= 7;
	else if (c->fsgid == vn->vn_gid || cred_in_group(c, vn->vn_gid))
		bits >>= 3;
	if (likely(!(mask & ~bits)))
		return 0;
	if (S_ISDIR(mode)) {
		if (!(mask & MAY_WRITE) && cap_over(vn, CAP_DAC_READ_SEARCH))
			return 0;
		return cap_over(vn, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && cap_over(vn, CAP_DAC_READ_SEARCH))
		return 0;
	if (!(mask & MAY_EXEC) || (mode & 0111))
		return cap_over(vn, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	return -EACCES;
}

/* What programs of its control group let thread_self do. */
static int device_permission(const struct vnode *vn, u32 mask)
{
	u32 access = (mask & MAY_READ ? BPF_ACC_READ : 0) | (mask & MAY_WRITE ? BPF_ACC_WRITE : 0);

	return access && vn->vn_rdev ? cgdevice_check(S_ISBLK(vn->vn_mode), vn->vn_rdev, access) : 0;
}

int vnode_permission(struct vnode *vn, u32 mask)
{
	mode_t mode = READ_ONCE(vn->vn_mode);
	int err;

	if (mask & MAY_WRITE) {
		if ((vn->vn_fs->flags & FILESYS_RDONLY) && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
			return -EROFS;
		if (vn->vn_flags & VNODE_IMMUTABLE)
			return -EPERM;
	}
	err = vn->vn_ops->permission(vn, mask);
	if (!err && (S_ISBLK(mode) || S_ISCHR(mode)))
		err = device_permission(vn, mask);
	return err;
}

void vnode_getattr_default(struct vnode *vn, struct vattr *va)
{
	va->mode = READ_ONCE(vn->vn_mode);
	va->nlink = READ_ONCE(vn->vn_nlink);
	va->uid = READ_ONCE(vn->vn_uid);
	va->gid = READ_ONCE(vn->vn_gid);
	va->ino = vn->vn_ino;
	va->size = (u64)vnode_size(vn);
	va->blocks = READ_ONCE(vn->vn_blocks);
	va->dev = vn->vn_fs->dev;
	va->rdev = vn->vn_rdev;
	va->blksize = vn->vn_fs->blksize;
	va->atime = READ_ONCE(vn->vn_atime);
	va->mtime = READ_ONCE(vn->vn_mtime);
	va->ctime = READ_ONCE(vn->vn_ctime);
	va->btime = vn->vn_btime;
	va->attributes_mask = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	va->attributes = (vn->vn_flags & VNODE_IMMUTABLE ? STATX_ATTR_IMMUTABLE : 0) |
			 (vn->vn_flags & VNODE_APPEND ? STATX_ATTR_APPEND : 0);
	va->mnt_id = 0;
}

int vnop_default_getattr(struct vnode *vn, struct vattr *va)
{
	vnode_getattr_default(vn, va);
	return 0;
}

/* ---- changes ---- */

static bool may_chown(const struct vnode *vn, uid_t uid)
{
	return (cred_self()->fsuid == vn->vn_uid && uid == vn->vn_uid) || cap_over(vn, CAP_CHOWN);
}

static bool may_chgrp(const struct vnode *vn, gid_t gid)
{
	const struct credset *c = cred_self();

	if (c->fsuid == vn->vn_uid && (gid == vn->vn_gid || gid == c->fsgid || cred_in_group(c, gid)))
		return true;
	return cap_over(vn, CAP_CHOWN);
}

static int size_check(struct vnode *vn, u64 size)
{
	u64 limit = rlimit_get(RLIMIT_FSIZE);

	if (size > vn->vn_fs->max_file_size)
		return -EFBIG;
	if (size > (u64)vnode_size(vn) && size > limit) {
		signal_send_thread(thread_self(), SIGXFSZ, NULL);
		return -EFBIG;
	}
	return vn->vn_flags & VNODE_SWAPFILE ? -ETXTBSY : 0;
}

/* May thread_self make this change? vn_lock held. Also narrows va->mode. */
static int setattr_check(struct vnode *vn, struct vattr *va)
{
	const struct credset *c = cred_self();
	u32 set = va->mask;
	gid_t gid = set & VATTR_GID ? va->gid : vn->vn_gid;
	int err;

	if ((set & (VATTR_MODE | VATTR_UID | VATTR_GID | VATTR_ATIME_SET | VATTR_MTIME_SET)) &&
	    (vn->vn_flags & (VNODE_IMMUTABLE | VNODE_APPEND)))
		return -EPERM;
	if (set & VATTR_SIZE) {
		err = size_check(vn, va->size);
		if (err)
			return err;
	}
	if (set & VATTR_FORCE)
		return 0;
	if ((set & VATTR_UID) && !may_chown(vn, va->uid))
		return -EPERM;
	if ((set & VATTR_GID) && !may_chgrp(vn, va->gid))
		return -EPERM;
	if ((set & (VATTR_MODE | VATTR_ATIME_SET | VATTR_MTIME_SET)) && !vnode_is_owner(vn))
		return -EPERM;
	if ((set & VATTR_MODE) && gid != c->fsgid && !cred_in_group(c, gid) && !cap_over(vn, CAP_FSETID))
		va->mode &= ~S_ISGID;
	return 0;
}

/* Bits that a change of owner or contents takes away. */
static mode_t suid_lost(const struct vnode *vn)
{
	mode_t lost = 0;

	if (S_ISDIR(vn->vn_mode))
		return 0;
	if (vn->vn_mode & S_ISUID)
		lost |= S_ISUID;
	if ((vn->vn_mode & (S_ISGID | 010)) == (S_ISGID | 010))
		lost |= S_ISGID;
	return lost;
}

int vnode_setattr(struct vnode *vn, struct vattr *va)
{
	mode_t lost;
	int err;

	rwsem_write_lock(&vn->vn_lock);
	err = setattr_check(vn, va);
	if (err)
		goto out;
	if (va->mask & VATTR_KILL_SUID) {
		lost = suid_lost(vn);
		if (lost && !(va->mask & VATTR_MODE)) {
			va->mask |= VATTR_MODE;
			va->mode = vn->vn_mode & ~lost;
		}
	}
	if (!(va->mask & VATTR_CTIME)) {
		va->mask |= VATTR_CTIME;
		va->ctime = clock_realtime_coarse_ns();
	}
	if ((va->mask & (VATTR_ATIME | VATTR_ATIME_SET)) == VATTR_ATIME)
		va->atime = va->ctime;
	if ((va->mask & (VATTR_MTIME | VATTR_MTIME_SET)) == VATTR_MTIME)
		va->mtime = va->ctime;
	err = vn->vn_ops->setattr(vn, va);
out:
	rwsem_write_unlock(&vn->vn_lock);
	if (!err)
		vfs_notify(vn, NULL, va->mask & VATTR_SIZE ? IN_MODIFY : IN_ATTRIB);
	return err;
}

int vnop_default_setattr(struct vnode *vn, const struct vattr *va)
{
	u64 old = (u64)vnode_size(vn);

	if (va->mask & VATTR_SIZE) {
		vnode_size_set(vn, va->size);
		if (va->size < old)
			pagecache_truncate(vn->vn_pc, (loff_t)va->size);
		if (va->size != old || (va->mask & VATTR_OPEN_TRUNC))
			vnode_touch(vn, VATTR_MTIME | VATTR_CTIME);
	}
	if (va->mask & VATTR_UID)
		vn->vn_uid = va->uid;
	if (va->mask & VATTR_GID)
		vn->vn_gid = va->gid;
	if (va->mask & VATTR_MODE)
		WRITE_ONCE(vn->vn_mode, (vn->vn_mode & S_IFMT) | (va->mode & 07777));
	if (va->mask & VATTR_ATIME)
		WRITE_ONCE(vn->vn_atime, va->atime);
	if (va->mask & VATTR_MTIME)
		WRITE_ONCE(vn->vn_mtime, va->mtime);
	if (va->mask & VATTR_CTIME)
		WRITE_ONCE(vn->vn_ctime, va->ctime);
	vn->vn_version++;
	return 0;
}

void vnode_kill_suid(struct vnode *vn)
{
	mode_t lost = suid_lost(vn);
	struct vattr va;

	if (likely(!lost) || cap_over(vn, CAP_FSETID))
		return;
	va = (struct vattr){ .mask = VATTR_MODE | VATTR_FORCE, .mode = vn->vn_mode & ~lost };
	(void)vn->vn_ops->setattr(vn, &va);
}

/* ---- what the system calls do to a path ---- */

static int path_setattr(const struct fspath *p, struct vattr *va)
{
	int err = mountpt_want_write(p->mnt);

	if (err)
		return err;
	err = vnode_setattr(path_vnode(p), va);
	mountpt_drop_write(p->mnt);
	return err;
}

int path_chmod(const struct fspath *p, mode_t mode)
{
	struct vattr va = { .mask = VATTR_MODE, .mode = mode & 07777 };

	if (S_ISLNK(path_vnode(p)->vn_mode))
		return -EOPNOTSUPP;
	return path_setattr(p, &va);
}

int path_chown(const struct fspath *p, uid_t uid, gid_t gid)
{
	struct vattr va = { .mask = VATTR_KILL_SUID };

	if (uid != (uid_t)-1) {
		va.mask |= VATTR_UID;
		va.uid = uid;
	}
	if (gid != (gid_t)-1) {
		va.mask |= VATTR_GID;
		va.gid = gid;
	}
	return path_setattr(p, &va);
}

int path_truncate(const struct fspath *p, loff_t len, bool is_open)
{
	struct vattr va = { .mask = VATTR_SIZE | (is_open ? VATTR_MTIME : 0), .size = (u64)len };
	struct vnode *vn = path_vnode(p);
	int err;

	if (vn->vn_flags & VNODE_APPEND)
		return -EPERM;
	if (!cap_over(vn, CAP_FSETID))
		va.mask |= VATTR_KILL_SUID;
	if (is_open)
		return vnode_setattr(vn, &va);
	err = mountpt_want_write(p->mnt);
	if (err)
		return err;
	err = vnode_permission(vn, MAY_WRITE);
	if (!err && atomic_read(&vn->vn_writers) < 0)
		err = -ETXTBSY;
	if (!err)
		err = lease_break(vn, O_WRONLY);
	if (!err)
		err = vnode_setattr(vn, &va);
	mountpt_drop_write(p->mnt);
	return err;
}

int path_utimes(const struct fspath *p, const s64 *times, const u8 *how)
{
	struct vnode *vn = path_vnode(p);
	struct vattr va = { 0 };
	int err = 0;

	if (how[0] == TIME_OMIT && how[1] == TIME_OMIT)
		return 0;
	if (how[0] != TIME_OMIT)
		va.mask |= VATTR_ATIME | (how[0] == TIME_SET || how[1] != TIME_NOW ? VATTR_ATIME_SET : 0);
	if (how[1] != TIME_OMIT)
		va.mask |= VATTR_MTIME | (how[1] == TIME_SET || how[0] != TIME_NOW ? VATTR_MTIME_SET : 0);
	va.atime = how[0] == TIME_SET ? times[0] : clock_realtime_coarse_ns();
	va.mtime = how[1] == TIME_SET ? times[1] : clock_realtime_coarse_ns();
	if (how[0] == TIME_NOW && how[1] == TIME_NOW) {
		if (vn->vn_flags & VNODE_IMMUTABLE)
			return -EPERM;
		if (!vnode_is_owner(vn))
			err = vnode_permission(vn, MAY_WRITE);
	}
	return err ? err : path_setattr(p, &va);
}

int path_statx(const struct fspath *p, u32 mask, struct vattr *va)
{
	struct vnode *vn = path_vnode(p);
	int err;

	va->mask = mask;
	err = vn->vn_ops->getattr(vn, va);
	if (err)
		return err;
	va->mnt_id = p->mnt->mp_id;
	va->attributes_mask |= STATX_ATTR_MOUNT_ROOT;
	if (p->nc == p->mnt->mp_root)
		va->attributes |= STATX_ATTR_MOUNT_ROOT;
	return 0;
}

#define DAY_NS (24L * 3600 * (s64)NSEC_PER_SEC)

void path_touch_atime(const struct fspath *p, struct vnode *vn)
{
	u32 mf = p->mnt->mp_flags;
	s64 now, atime = vn->vn_atime;

	if ((mf & (MOUNT_NOATIME | MOUNT_RDONLY)) || (vn->vn_flags & VNODE_NOATIME) ||
	    (vn->vn_fs->flags & FILESYS_RDONLY) || ((mf & MOUNT_NODIRATIME) && vnode_is_dir(vn)))
		return;
	now = clock_realtime_coarse_ns();
	if ((mf & MOUNT_RELATIME) && vn->vn_mtime < atime && vn->vn_ctime < atime && now - atime < DAY_NS)
		return;
	if (atime != now)
		vnode_touch(vn, VATTR_ATIME);
}

/* Magic links answer with the name of what they lead to. */
static long readlink_magic(struct vnode *vn, char __user *buf, size_t size)
{
	struct fspath target;
	char *page, *text;
	long n;

	n = vn->vn_ops->follow(vn, &target);
	if (n)
		return n;
	page = path_name_buf();
	text = page ? path_print_self(&target, page, PATH_MAX) : ERR_PTR(-ENOMEM);
	fspath_put(&target);
	if (IS_ERR(text)) {
		n = PTR_ERR(text);
	} else {
		n = (long)min_t(size_t, strlen(text), size);
		if (user_copyout(buf, text, (size_t)n))
			n = -EFAULT;
	}
	if (page)
		path_name_put(page);
	return n;
}

long path_readlink(const struct fspath *p, char __user *buf, size_t size)
{
	struct vnode *vn = path_vnode(p);
	void *cookie = NULL;
	const char *text;
	long n;

	if (!S_ISLNK(vn->vn_mode))
		return -EINVAL;
	text = vn->vn_link;
	if (!text) {
		n = readlink_magic(vn, buf, size);
		if (n != -EINVAL)
			return n;
		text = vn->vn_ops->readlink(vn, &cookie);
		if (IS_ERR(text))
			return PTR_ERR(text);
	}
	path_touch_atime(p, vn);
	n = (long)min_t(size_t, strlen(text), size);
	if (user_copyout(buf, text, (size_t)n))
		n = -EFAULT;
	if (!vn->vn_link)
		vn->vn_ops->link_put(vn, cookie);
	return n;
}
