// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel itself does with files by name: initramfs, devtmpfs, drivers,
 * start-up. Modes are exact.
 */
#include "mountop_impl.h"

int kfs_mkdir_at(const struct fspath *start, const char *name, mode_t mode)
{
	struct dirop op;
	int err = dirop_begin_create_at(&op, start, name, true);

	if (err)
		return err;
	err = entry_mkdir(op.dir.nc, op.nc, mode);
	if (!err)
		WRITE_ONCE(op.nc->nc_vnode->vn_mode, S_IFDIR | (mode & 07777));
	dirop_end(&op);
	return err;
}

int kfs_mkdir(const char *path, mode_t mode)
{
	return kfs_mkdir_at(NULL, path, mode);
}

int kfs_mknod_at(const struct fspath *start, const char *name, mode_t mode, uid_t uid, gid_t gid, u64 rdev)
{
	struct dirop op;
	int err = dirop_begin_create_at(&op, start, name, false);

	if (err)
		return err;
	if (!(mode & S_IFMT) || S_ISREG(mode))
		err = entry_create(op.dir.nc, op.nc, mode);
	else
		err = entry_mknod(op.dir.nc, op.nc, mode, rdev);
	if (!err) {
		op.nc->nc_vnode->vn_uid = uid;
		op.nc->nc_vnode->vn_gid = gid;
	}
	dirop_end(&op);
	return err;
}

int kfs_mknod(const char *path, mode_t mode, u64 rdev)
{
	return kfs_mknod_at(NULL, path, mode, 0, 0, rdev);
}

int kfs_symlink(const char *target, const char *path)
{
	struct dirop op;
	int err = *target ? dirop_begin_create_at(&op, NULL, path, false) : -ENOENT;

	if (err)
		return err;
	err = entry_symlink(op.dir.nc, op.nc, target);
	dirop_end(&op);
	return err;
}

int kfs_link(const char *existing, const char *path)
{
	return name_link(AT_FDCWD, existing, AT_FDCWD, path, 0);
}

int kfs_unlink_at(const struct fspath *start, const char *name)
{
	return dirop_unlink_at(start, name, false);
}

int kfs_rmdir_at(const struct fspath *start, const char *name)
{
	return dirop_unlink_at(start, name, true);
}

int kfs_unlink(const char *path)
{
	return kfs_unlink_at(NULL, path);
}

int kfs_rmdir(const char *path)
{
	return kfs_rmdir_at(NULL, path);
}

static int change(const char *path, u32 follow, struct vattr *va)
{
	struct fspath p;
	int err = path_lookup(path, follow | LOOKUP_KERNEL, &p);

	if (err)
		return err;
	va->mask |= VATTR_FORCE;
	err = vnode_setattr(path_vnode(&p), va);
	fspath_put(&p);
	return err;
}

int kfs_chown(const char *path, uid_t uid, gid_t gid)
{
	struct vattr va = { .mask = VATTR_UID | VATTR_GID, .uid = uid, .gid = gid };

	return change(path, 0, &va);
}

int kfs_chmod(const char *path, mode_t mode)
{
	struct vattr va = { .mask = VATTR_MODE, .mode = mode & 07777 };

	return change(path, LOOKUP_FOLLOW, &va);
}

int kfs_utime(const char *path, s64 mtime_ns)
{
	struct vattr va = { .mask = VATTR_ATIME | VATTR_ATIME_SET | VATTR_MTIME | VATTR_MTIME_SET,
			    .atime = mtime_ns, .mtime = mtime_ns };

	return change(path, 0, &va);
}

int kfs_mount(const char *source, const char *target, const char *type, u64 flags, const char *data)
{
	struct fspath p;
	int err = path_lookup(target, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = mount_by_flags(source, &p, type, flags, data);
	fspath_put(&p);
	return err;
}

int kfs_chdir(const char *path)
{
	struct fspath p;
	int err = path_lookup(path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	fsctx_set_cwd(fsctx_self(), &p);
	fspath_put(&p);
	return 0;
}

static int chroot_both(const struct fspath *p)
{
	fsctx_set_root(fsctx_self(), p);
	if (fsctx_self() != &fsctx_initial) {
		fsctx_set_root(&fsctx_initial, p);
		fsctx_set_cwd(&fsctx_initial, p);
	}
	return 0;
}

int kfs_chroot(const char *path)
{
	struct fspath p;
	int err = path_lookup(path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = chroot_both(&p);
	fspath_put(&p);
	return err;
}

int kfs_move_root(const char *path)
{
	struct fspath from, root;
	int err = path_lookup(path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &from);

	if (err)
		return err;
	fsctx_root(fsctx_self(), &root);
	err = mount_move(&root, &from);
	if (!err) {
		fsctx_set_cwd(fsctx_self(), &from);
		err = chroot_both(&from);
	}
	fspath_put(&root);
	fspath_put(&from);
	return err;
}
