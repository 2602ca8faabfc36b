// SPDX-License-Identifier: GPL-2.0-only
/* stat(2) family, statx(2), access(2) family, statfs(2) family, readlink(2). */
#include "vfs_impl.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/userns.h>

static int put_stat(struct stat_linux __user *out, const struct vattr *va)
{
	struct timespec64_ a = ns_to_timespec(va->atime), m = ns_to_timespec(va->mtime);
	struct timespec64_ c = ns_to_timespec(va->ctime);
	struct stat_linux st = {
		.dev = va->dev, .ino = va->ino, .nlink = va->nlink, .mode = va->mode, .uid = uid_show(va->uid),
		.gid = gid_show(va->gid), .rdev = va->rdev, .size = (s64)va->size, .blksize = va->blksize,
		.blocks = (s64)va->blocks,
		.atime = (u64)a.sec, .atime_nsec = (u64)a.nsec, .mtime = (u64)m.sec,
		.mtime_nsec = (u64)m.nsec, .ctime = (u64)c.sec, .ctime_nsec = (u64)c.nsec,
	};

	return user_copyout(out, &st, sizeof(st));
}

static long stat_path(const struct fspath *p, struct stat_linux __user *out)
{
	struct vattr va = { 0 };
	int err = svc_vfs_stat(p, STATX_BASIC_STATS, &va);

	return err ? err : put_stat(out, &va);
}

static long stat_name(int dirfd, const char __user *name, u32 lookup, struct stat_linux __user *out)
{
	struct fspath p;
	long err = path_lookup_user(dirfd, name, lookup, &p);

	if (err)
		return err;
	err = stat_path(&p, out);
	fspath_put(&p);
	return err;
}

long sys_stat(const char __user *name, struct stat_linux __user *out)
{
	return stat_name(AT_FDCWD, name, LOOKUP_FOLLOW, out);
}

long sys_lstat(const char __user *name, struct stat_linux __user *out)
{
	return stat_name(AT_FDCWD, name, 0, out);
}

long sys_fstat(int fd, struct stat_linux __user *out)
{
	struct fdref r = fd_borrow_path(fd);
	long err;

	if (!r.file)
		return -EBADF;
	err = stat_path(&r.file->of_path, out);
	fd_return(r);
	return err;
}

static u32 lookup_of_at(u32 flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

/* With AT_EMPTY_PATH the common case is an empty string: ask without copying names. */
static bool is_empty_name(const char __user *name, u32 flags)
{
	char c;

	return (flags & AT_EMPTY_PATH) && !user_get(c, name) && !c;
}

long sys_newfstatat(int dirfd, const char __user *name, struct stat_linux __user *out, u32 flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if (dirfd >= 0 && is_empty_name(name, flags))
		return sys_fstat(dirfd, out);
	return stat_name(dirfd, name, lookup_of_at(flags), out);
}

static struct statx_timestamp stamp(s64 ns)
{
	struct timespec64_ t = ns_to_timespec(ns);

	return (struct statx_timestamp){ .tv_sec = t.sec, .tv_nsec = (u32)t.nsec };
}

long sys_statx(int dirfd, const char __user *name, u32 flags, u32 mask, struct statx __user *out)
{
	struct vattr va = { 0 };
	struct statx sx;
	struct fspath p;
	int err;

	if (mask & STATX_RESERVED)
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)))
		return -EINVAL;
	err = path_lookup_user(dirfd, name, lookup_of_at(flags), &p);
	if (err)
		return err;
	err = svc_vfs_stat(&p, mask, &va);
	fspath_put(&p);
	if (err)
		return err;
	sx = (struct statx){
		.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID, .stx_blksize = va.blksize,
		.stx_attributes = va.attributes, .stx_attributes_mask = va.attributes_mask,
		.stx_nlink = va.nlink, .stx_uid = uid_show(va.uid), .stx_gid = gid_show(va.gid),
		.stx_mode = (u16)va.mode,
		.stx_ino = va.ino, .stx_size = va.size, .stx_blocks = va.blocks,
		.stx_atime = stamp(va.atime), .stx_ctime = stamp(va.ctime),
		.stx_mtime = stamp(va.mtime), .stx_rdev_major = DEV_MAJOR(va.rdev),
		.stx_rdev_minor = DEV_MINOR(va.rdev), .stx_dev_major = DEV_MAJOR(va.dev),
		.stx_dev_minor = DEV_MINOR(va.dev), .stx_mnt_id = va.mnt_id,
	};
	if (mask & STATX_BTIME) {	/* the one that is told only to who asks */
		sx.stx_mask |= STATX_BTIME;
		sx.stx_btime = stamp(va.btime);
	}
	return user_copyout(out, &sx, sizeof(sx));
}

/* ---- access ---- */

/* Credentials with the real ids in force, as access(2) asks; NULL if no memory. */
static struct credset *real_creds(void)
{
	struct credset *c = cred_prepare();

	if (!c)
		return NULL;
	c->fsuid = c->uid;
	c->fsgid = c->gid;
	c->cap_effective = c->uid == userns_root_uid(c->ns) ? c->cap_permitted : 0;
	return c;
}

static int check_access(const struct fspath *p, u32 mode)
{
	struct vnode *vn = path_vnode(p);
	int err;

	if ((mode & X_OK) && S_ISREG(vn->vn_mode) && (p->mnt->mp_flags & MOUNT_NOEXEC))
		return -EACCES;
	if (!mode)
		return 0;
	err = vnode_permission(vn, mode);	/* R_OK, W_OK, X_OK are MAY_READ, MAY_WRITE, MAY_EXEC */
	if (!err && (mode & W_OK) && !S_ISCHR(vn->vn_mode) && !S_ISBLK(vn->vn_mode) &&
	    !S_ISFIFO(vn->vn_mode) && !S_ISSOCK(vn->vn_mode) && !mount_is_writable(p->mnt))
		err = -EROFS;
	return err;
}

static long do_access(int dirfd, const char __user *name, u32 mode, u32 flags)
{
	const struct credset *old = NULL, *self = cred_self();
	struct credset *real = NULL;
	u64 caps;
	struct fspath p;
	int err;

	if ((mode & ~7u) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	caps = self->uid == userns_root_uid(self->ns) ? self->cap_permitted : 0;
	if (!(flags & AT_EACCESS) && (self->uid != self->fsuid || self->gid != self->fsgid ||
				      self->cap_effective != caps)) {
		real = real_creds();
		if (!real)
			return -ENOMEM;
		old = cred_override(real);
	}
	err = path_lookup_user(dirfd, name, lookup_of_at(flags), &p);
	if (!err) {
		err = check_access(&p, mode);
		fspath_put(&p);
	}
	if (real) {
		cred_revert(old);
		cred_put(real);
	}
	return err;
}

long sys_access(const char __user *name, u32 mode)
{
	return do_access(AT_FDCWD, name, mode, 0);
}

long sys_faccessat(int dirfd, const char __user *name, u32 mode)
{
	return do_access(dirfd, name, mode, 0);
}

long sys_faccessat2(int dirfd, const char __user *name, u32 mode, u32 flags)
{
	return do_access(dirfd, name, mode, flags);
}

/* ---- readlink ---- */

long sys_readlinkat(int dirfd, const char __user *name, char __user *buf, s32 size)
{
	struct fspath p;
	long n;

	if (size <= 0)
		return -EINVAL;
	n = path_lookup_user(dirfd, name, LOOKUP_EMPTY, &p);
	if (n)
		return n;
	n = path_readlink(&p, buf, (size_t)size);
	/* An empty name on something else than a link: as if there were no name. */
	if (n == -EINVAL && is_empty_name(name, AT_EMPTY_PATH))
		n = -ENOENT;
	fspath_put(&p);
	return n;
}

long sys_readlink(const char __user *name, char __user *buf, s32 size)
{
	return sys_readlinkat(AT_FDCWD, name, buf, size);
}

/* ---- statfs ---- */

static u64 statfs_flags(const struct fspath *p)
{
	u32 m = p->mnt->mp_flags;
	u64 f = ST_VALID;

	if (!mount_is_writable(p->mnt))
		f |= ST_RDONLY;
	if (m & MOUNT_NOSUID)
		f |= ST_NOSUID;
	if (m & MOUNT_NODEV)
		f |= ST_NODEV;
	if (m & MOUNT_NOEXEC)
		f |= ST_NOEXEC;
	if (m & MOUNT_NOATIME)
		f |= ST_NOATIME;
	if (m & MOUNT_NODIRATIME)
		f |= ST_NODIRATIME;
	if (m & MOUNT_RELATIME)
		f |= ST_RELATIME;
	if (m & MOUNT_NOSYMFOLLOW)
		f |= ST_NOSYMFOLLOW;
	if (p->mnt->mp_fs->flags & FILESYS_SYNC)
		f |= ST_SYNCHRONOUS;
	return f;
}

static long put_statfs(const struct fspath *p, struct statfs __user *out)
{
	struct filesys *fs = p->nc->nc_fs;
	struct statfs_info i = { 0 };
	struct statfs st;
	int err = fs->ops->statfs(fs, &i);

	if (err)
		return err;
	if (!i.fsid[0] && !i.fsid[1]) {
		i.fsid[0] = (u32)fs->dev;
		i.fsid[1] = (u32)(fs->dev >> 32);
	}
	st = (struct statfs){ .type = i.type, .bsize = i.bsize, .blocks = i.blocks, .bfree = i.bfree,
			      .bavail = i.bavail, .files = i.files, .ffree = i.ffree,
			      .fsid = { i.fsid[0], i.fsid[1] }, .namelen = i.namelen,
			      .frsize = i.frsize ? i.frsize : i.bsize, .flags = statfs_flags(p) };
	return user_copyout(out, &st, sizeof(st));
}

long sys_statfs(const char __user *name, struct statfs __user *out)
{
	struct fspath p;
	long err = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = put_statfs(&p, out);
	fspath_put(&p);
	return err;
}

long sys_fstatfs(int fd, struct statfs __user *out)
{
	struct fdref r = fd_borrow_path(fd);
	long err;

	if (!r.file)
		return -EBADF;
	err = put_statfs(&r.file->of_path, out);
	fd_return(r);
	return err;
}
