// SPDX-License-Identifier: GPL-2.0-only
/* Ready-made slots of the operation tables: "no" ones refuse, "default" ones work for memory. */
#include "vfs_impl.h"

#include <tern/lib/seqbuf.h>

struct vnode *vnop_no_lookup(struct vnode *dir, const char *name, u32 len) { return ERR_PTR(-ENOTDIR); }
struct vnode *vnop_no_create(struct vnode *dir, const char *name, u32 len, mode_t mode)
{
	return ERR_PTR(-EACCES);
}
struct vnode *vnop_no_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode) { return ERR_PTR(-EPERM); }
struct vnode *vnop_no_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev)
{
	return ERR_PTR(-EPERM);
}
struct vnode *vnop_no_symlink(struct vnode *dir, const char *name, u32 len, const char *target)
{
	return ERR_PTR(-EPERM);
}
struct vnode *vnop_no_tmpfile(struct vnode *dir, mode_t mode) { return ERR_PTR(-EOPNOTSUPP); }
int vnop_no_link(struct vnode *dir, const char *name, u32 len, struct vnode *target) { return -EPERM; }
int vnop_no_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target) { return -EPERM; }
int vnop_no_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		   struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags)
{
	return -EPERM;
}
const char *vnop_no_readlink(struct vnode *vn, void **cookie) { return ERR_PTR(-EINVAL); }
void vnop_default_link_put(struct vnode *vn, void *cookie) { }
int vnop_no_follow(struct vnode *vn, struct fspath *out) { return -EINVAL; }
int vnop_no_setattr(struct vnode *vn, const struct vattr *va) { return -EPERM; }
ssize_t vnop_no_getxattr(struct vnode *vn, const char *name, void *buf, size_t size) { return -EOPNOTSUPP; }
int vnop_no_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags)
{
	return -EOPNOTSUPP;
}
ssize_t vnop_no_listxattr(struct vnode *vn, char *buf, size_t size) { return 0; }
int vnop_no_removexattr(struct vnode *vn, const char *name) { return -EOPNOTSUPP; }
int vnop_default_revalidate(struct ncent *nc) { return 1; }

int fsop_default_statfs(struct filesys *fs, struct statfs_info *out)
{
	*out = (struct statfs_info){ .type = fs->magic, .bsize = fs->blksize, .frsize = fs->blksize,
				     .namelen = fs->name_max };
	return 0;
}
int fsop_default_sync(struct filesys *fs, bool wait) { return 0; }
int fsop_default_remount(struct filesys *fs, const struct mount_args *args) { return 0; }
void fsop_default_unmount(struct filesys *fs) { }
void fsop_default_show_options(struct filesys *fs, struct seqbuf *sb) { }
int fsop_default_write_attr(struct vnode *vn, bool wait) { return 0; }

/* ---- open files ---- */

int fop_default_open(struct ofile *f, struct vnode *vn) { return 0; }
int fop_default_flush(struct ofile *f) { return 0; }
void fop_default_release(struct ofile *f) { }
ssize_t fop_no_read(struct ofile *f, struct uio *u, loff_t *pos) { return -EINVAL; }
ssize_t fop_no_write(struct ofile *f, struct uio *u, loff_t *pos) { return -EINVAL; }
ssize_t fop_isdir_read(struct ofile *f, struct uio *u, loff_t *pos) { return -EISDIR; }
loff_t fop_no_seek(struct ofile *f, loff_t off, int whence) { return -ESPIPE; }
int fop_no_readdir(struct ofile *f, struct dir_sink *s) { return -ENOTDIR; }
u32 fop_default_poll(struct ofile *f, struct poll_table *pt) { return POLLDEFAULT; }
long fop_no_ioctl(struct ofile *f, u32 cmd, uptr arg) { return -ENOTTY; }
int fop_no_mmap(struct ofile *f, struct map_request *req) { return -ENODEV; }
int fop_no_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync) { return -EINVAL; }
int fop_default_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync) { return 0; }
int fop_no_fallocate(struct ofile *f, int mode, loff_t off, loff_t len) { return -EOPNOTSUPP; }
int fop_default_set_flags(struct ofile *f, u32 new_flags) { return 0; }
void fop_default_show_fdinfo(struct ofile *f, struct seqbuf *sb) { }

int fop_default_mmap(struct ofile *f, struct map_request *req)
{
	req->ops = &region_ops_pagecache;
	req->pc = f->of_vnode->vn_pc;
	ofile_touch_atime(f);
	return 0;
}

static loff_t seek_in_vnode(struct ofile *f, loff_t off, bool is_hole)
{
	return pagecache_seek(f->of_vnode->vn_pc, off, vnode_size(f->of_vnode), is_hole);
}

loff_t fop_seek_sized(struct ofile *f, loff_t off, int whence, loff_t size, u64 max,
		      loff_t (*find)(struct ofile *f, loff_t off, bool is_hole))
{
	loff_t pos;

	switch (whence) {
	case SEEK_SET:
		pos = off;
		break;
	case SEEK_CUR:
		if (check_add(f->of_pos, off, &pos))
			return -EOVERFLOW;
		break;
	case SEEK_END:
		if (check_add(size, off, &pos))
			return -EOVERFLOW;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (off < 0 || off >= size)
			return -ENXIO;
		pos = find(f, off, whence == SEEK_HOLE);
		break;
	default:
		return -EINVAL;
	}
	if (pos < 0)
		return whence >= SEEK_DATA ? pos : -EINVAL;
	if ((u64)pos > max)
		return -EINVAL;
	f->of_pos = pos;
	return pos;
}

loff_t fop_default_seek(struct ofile *f, loff_t off, int whence)
{
	struct vnode *vn = f->of_vnode;

	return fop_seek_sized(f, off, whence, vnode_size(vn), vn->vn_fs->max_file_size, seek_in_vnode);
}

loff_t fop_dir_seek(struct ofile *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->of_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->of_pos = off;
	return off;
}

ssize_t fop_pagecache_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	ssize_t n = pagecache_read(f->of_vnode->vn_pc, u, pos, vnode_size(f->of_vnode));

	if (n >= 0)
		ofile_touch_atime(f);
	return n;
}

ssize_t fop_pagecache_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct vnode *vn = f->of_vnode;
	ssize_t n;

	rwsem_write_lock(&vn->vn_lock);
	if (f->of_flags & O_APPEND)
		*pos = vnode_size(vn);
	n = fsize_limit(vn, *pos, u->resid);
	if (n > 0) {
		uio_truncate(u, (size_t)n);
		vnode_kill_suid(vn);
		vnode_touch(vn, VATTR_MTIME | VATTR_CTIME);
		n = pagecache_write(vn->vn_pc, u, pos);
	}
	rwsem_write_unlock(&vn->vn_lock);
	return n;
}

/* A device, socket or block node of which no driver knows. */
static int no_device_open(struct ofile *f, struct vnode *vn) { return -ENXIO; }

const struct ofile_ops no_fops = { .open = fop_default_open, .release = fop_default_release, FOPS_REFUSE };
const struct ofile_ops path_fops = { .open = fop_default_open, .release = fop_default_release, FOPS_REFUSE };
const struct ofile_ops socknode_fops = { .open = no_device_open, .release = fop_default_release, FOPS_REFUSE };

/* ---- every slot filled ---- */

void vnode_ops_verify(const struct vnode_ops *ops)
{
	const void *const *slot = (const void *const *)ops;

	for (size_t i = 0; i < sizeof(*ops) / sizeof(*slot); i++)
		VERIFY(slot[i]);
}

void ofile_ops_verify(const struct ofile_ops *ops)
{
	const void *const *slot = (const void *const *)ops;

	for (size_t i = 0; i < sizeof(*ops) / sizeof(*slot); i++)
		VERIFY(slot[i]);
}
