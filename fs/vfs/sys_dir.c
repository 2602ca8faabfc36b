// SPDX-License-Identifier: GPL-2.0-only
/* Listing directories; working and root directory. */
#include "vfs_impl.h"

#include <tern/kernel/syscalls.h>
#include <uapi/dirent.h>

/*
 * A listing into user memory. Records are put with the position behind them,
 * which is where a later call goes on.
 */
struct dents {
	struct dir_sink sink;
	u8 __user *out;
	size_t left;
	size_t done;
	int err;
	bool is_old;		/* getdents(2): the type is the record's last byte */
};

/* Head, name, zeroes up to a multiple of eight. */
union record {
	struct linux_dirent64 n;
	struct linux_dirent o;
	u64 words[(sizeof(struct linux_dirent64) + NAME_MAX + 16) / 8];
	char bytes[sizeof(struct linux_dirent64) + NAME_MAX + 16];
};

static bool emit(struct dir_sink *s, const char *name, u32 len, u64 ino, u32 type, loff_t next)
{
	struct dents *d = container_of(s, struct dents, sink);
	size_t head = d->is_old ? offsetof(struct linux_dirent, d_name) : offsetof(struct linux_dirent64, d_name);
	size_t reclen = ALIGN_UP(head + len + 1 + (d->is_old ? 1 : 0), 8UL);
	union record r;

	if (len > NAME_MAX) {
		d->err = -EIO;
		return false;
	}
	if (reclen > d->left) {
		if (!d->done)
			d->err = -EINVAL;
		return false;
	}
	r.words[2] = 0;
	r.words[reclen / 8 - 2] = 0;	/* the name may end at the very end of this one */
	r.words[reclen / 8 - 1] = 0;
	r.n.d_ino = ino;
	r.n.d_off = next;
	r.n.d_reclen = (u16)reclen;
	if (d->is_old)
		r.bytes[reclen - 1] = (char)type;
	else
		r.n.d_type = (u8)type;
	memcpy(r.bytes + head, name, len);
	if (user_copyout(d->out, &r, reclen)) {
		d->err = -EFAULT;
		return false;
	}
	s->pos = next;
	d->out += reclen;
	d->left -= reclen;
	d->done += reclen;
	return true;
}

static_assert(offsetof(struct linux_dirent, d_reclen) == offsetof(struct linux_dirent64, d_reclen),
	      "both records begin alike");

static long list_dir(struct ofile *f, struct dents *d)
{
	struct vnode *vn = f->of_vnode;
	int err = 0;

	if (!vnode_is_dir(vn) || f->of_ops->readdir == fop_no_readdir)
		return -ENOTDIR;
	kmutex_lock(&f->of_pos_lock);
	rwsem_read_lock(&vn->vn_lock);
	d->sink.pos = f->of_pos;
	if (vn->vn_flags & VNODE_DEAD_DIR)
		err = -ENOENT;
	else
		err = f->of_ops->readdir(f, &d->sink);
	f->of_pos = d->sink.pos;
	rwsem_read_unlock(&vn->vn_lock);
	kmutex_unlock(&f->of_pos_lock);
	ofile_touch_atime(f);
	vfs_notify_file(f, IN_ACCESS);
	if (d->done)
		return (long)d->done;
	return err ? err : d->err;
}

static long do_getdents(int fd, void __user *buf, u32 size, bool is_old)
{
	struct dents d = { .sink.emit = emit, .out = buf, .left = size, .is_old = is_old };
	struct fdref r = fd_borrow(fd);
	long n;

	if (!r.file)
		return -EBADF;
	n = list_dir(r.file, &d);
	fd_return(r);
	return n;
}

long sys_getdents64(int fd, void __user *buf, u32 size)
{
	return do_getdents(fd, buf, size, false);
}

long sys_getdents(int fd, void __user *buf, u32 size)
{
	return do_getdents(fd, buf, size, true);
}

/* ---- where we are ---- */

long sys_getcwd(char __user *buf, size_t size)
{
	char *page = path_name_buf(), *text;
	struct fspath cwd;
	size_t len;
	long n;

	if (!page)
		return -ENOMEM;
	fsctx_cwd(fsctx_self(), &cwd);
	if ((cwd.nc->nc_flags & NCENT_UNHASHED) && cwd.nc != cwd.nc->nc_fs->root) {
		n = -ENOENT;
		goto out;
	}
	text = path_print_self(&cwd, page, PATH_MAX);
	if (IS_ERR(text)) {
		n = PTR_ERR(text);
		goto out;
	}
	len = strlen(text) + 1;
	n = len > size ? -ERANGE : user_copyout(buf, text, len) ? -EFAULT : (long)len;
out:
	fspath_put(&cwd);
	path_name_put(page);
	return n;
}

long sys_chdir(const char __user *name)
{
	struct fspath p;
	int err = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = vnode_permission(path_vnode(&p), MAY_EXEC);
	if (!err)
		fsctx_set_cwd(fsctx_self(), &p);
	fspath_put(&p);
	return err;
}

long sys_fchdir(int fd)
{
	struct fdref r = fd_borrow_path(fd);
	int err;

	if (!r.file)
		return -EBADF;
	if (!vnode_is_dir(r.file->of_vnode))
		err = -ENOTDIR;
	else
		err = vnode_permission(r.file->of_vnode, MAY_EXEC);
	if (!err)
		fsctx_set_cwd(fsctx_self(), &r.file->of_path);
	fd_return(r);
	return err;
}

long sys_chroot(const char __user *name)
{
	struct fspath p;
	int err = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = vnode_permission(path_vnode(&p), MAY_EXEC);
	if (!err && !cap_has_self(CAP_SYS_CHROOT))
		err = -EPERM;
	if (!err)
		fsctx_set_root(fsctx_self(), &p);
	fspath_put(&p);
	return err;
}
