// SPDX-License-Identifier: GPL-2.0-only
/*
 * File handles: a name for a file that outlives the names in directories.
 * name_to_handle_at(2) asks the file system for one, open_by_handle_at(2) gives
 * it back; which file systems can is theirs to say (filesys_ops.handle_make).
 */
#include "vfs_impl.h"

#include <tern/fs/filesys.h>
#include <tern/kernel/syscalls.h>
#include <uapi/fhandle.h>

/* Of @p's file, into user memory: the size it needs comes back even if it does not fit. */
static long handle_out(const struct fspath *p, struct fhandle_head __user *uhandle, s32 __user *umount)
{
	struct vnode *vn = path_vnode(p);
	const struct filesys_ops *ops = vn->vn_fs->ops;
	u8 data[MAX_HANDLE_SZ];
	struct fhandle_head head;
	s32 mount_id = (s32)p->mnt->mp_id;
	u32 room, need;
	int err;

	if (!ops->handle_make)
		return -EOPNOTSUPP;
	if (user_copyin(&head, uhandle, sizeof(head)))
		return -EFAULT;
	if (head.handle_bytes > MAX_HANDLE_SZ)
		return -EINVAL;
	room = head.handle_bytes;
	need = sizeof(data);
	err = ops->handle_make(vn, &head.handle_type, data, &need);
	if (err)
		return err;
	head.handle_bytes = need;
	if (room < need) {
		head.handle_type = 255;
		err = -EOVERFLOW;
	}
	if (user_copyout(umount, &mount_id, sizeof(mount_id)) ||
	    user_copyout(uhandle, &head, sizeof(head)) ||
	    (!err && user_copyout(uhandle + 1, data, need)))
		return -EFAULT;
	return err;
}

long sys_name_to_handle_at(int dirfd, const char __user *uname, struct fhandle_head __user *uhandle,
			   s32 __user *umount, u32 flags)
{
	struct fspath p;
	long ret;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	ret = path_lookup_user(dirfd, uname, (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
			       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &p);
	if (ret)
		return ret;
	ret = handle_out(&p, uhandle, umount);
	fspath_put(&p);
	return ret;
}

/* Mount that the handle belongs to: of the working directory or of a descriptor. */
static int mount_of(int fd, struct fspath *out)
{
	struct ofile *f;

	if (fd == AT_FDCWD) {
		fsctx_cwd(fsctx_self(), out);
		return 0;
	}
	f = fd_get_path(fd);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	*out = f->of_path;
	fspath_get(out);
	ofile_put(f);
	return 0;
}

static struct vnode *vnode_of_handle(struct filesys *fs, const struct fhandle_head __user *uhandle)
{
	struct fhandle_head head;
	u8 data[MAX_HANDLE_SZ];

	if (user_copyin(&head, uhandle, sizeof(head)))
		return ERR_PTR(-EFAULT);
	if (!head.handle_bytes || head.handle_bytes > MAX_HANDLE_SZ)
		return ERR_PTR(-EINVAL);
	if (user_copyin(data, uhandle + 1, head.handle_bytes))
		return ERR_PTR(-EFAULT);
	if (!fs->ops->handle_find)
		return ERR_PTR(-ESTALE);
	return fs->ops->handle_find(fs, head.handle_type, data, head.handle_bytes);
}

/* A path to @vn below @mnt: by one of its names, or by none. Consumes the vnode's reference. */
static int path_of_vnode(struct mountpt *mnt, struct vnode *vn, struct fspath *out)
{
	struct ncent *nc = ncent_alias(vn);

	if (nc) {
		vnode_put(vn);
	} else {
		nc = ncent_anon(vn->vn_fs, vn, "/");
		if (!nc) {
			vnode_put(vn);
			return -ENOMEM;
		}
	}
	mountpt_get(mnt);
	*out = (struct fspath){ mnt, nc };
	return 0;
}

static struct ofile *open_handle(int mountfd, const struct fhandle_head __user *uhandle,
				 const struct open_req *req)
{
	struct fspath at, p;
	struct vnode *vn;
	struct ofile *f;
	int err = mount_of(mountfd, &at);

	if (err)
		return ERR_PTR(err);
	vn = vnode_of_handle(path_vnode(&at)->vn_fs, uhandle);
	err = IS_ERR(vn) ? (int)PTR_ERR(vn) : path_of_vnode(at.mnt, vn, &p);
	fspath_put(&at);
	if (err)
		return ERR_PTR(err);
	if ((req->flags & O_DIRECTORY) && !vnode_is_dir(path_vnode(&p)))
		f = ERR_PTR(-ENOTDIR);
	else
		f = open_found(&p, req->flags);
	fspath_put(&p);
	return f;
}

long sys_open_by_handle_at(int mountfd, const struct fhandle_head __user *uhandle, u32 flags)
{
	struct open_how how = { .flags = flags | O_LARGEFILE };
	struct open_req req;
	struct ofile *f;
	int fd, err;

	if (!cap_has(CAP_DAC_READ_SEARCH))
		return -EPERM;
	err = open_check_flags(&how, false, &req);
	if (err)
		return err;
	fd = fd_reserve(0, req.flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	f = open_handle(mountfd, uhandle, &req);
	if (IS_ERR(f)) {
		fd_cancel(fd);
		return PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}
