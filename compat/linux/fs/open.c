// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that a module opens by name: native ones, of which it sees what kind they are, their number and size.
 * Their bytes are not the module's to reach: a disk (zram's backing device) is opened by its number.
 */
#include "file_impl.h"

#include <tern/base/err.h>
#include <tern/drivers/blkdev.h>
#include <tern/fs/path.h>
#include <tern/fs/vnode.h>
#include <tern/mm/slab.h>
#include <uapi/stat.h>

static const struct lx_file_operations no_operations;

static loff_t size_of(const struct ofile *f)
{
	struct blkdev *b = IS_ENABLED(CONFIG_BLOCK) ? blkdev_of_file(f) : NULL;

	return b ? (loff_t)(blkdev_sectors(b) << SECTOR_SHIFT) : vnode_size(f->of_vnode);
}

struct lx_file *lx_filp_open(const char *path, int flags, unsigned short mode)
{
	struct ofile *f = ofile_open_kernel(path, (u32)flags, mode);
	struct file_view *v;
	u64 number;

	if (IS_ERR(f))
		return (struct lx_file *)f;
	v = lx_view_make(f, &no_operations);
	if (!v) {
		ofile_put(f);
		return ERR_PTR(-ENOMEM);
	}
	number = f->of_vnode->vn_rdev;
	v->inode.i_mode = (unsigned short)f->of_vnode->vn_mode;
	v->inode.i_rdev = (u32)(DEV_MAJOR(number) << 20 | DEV_MINOR(number));
	v->inode.i_size = size_of(f);
	return &v->file;
}
LX_EXPORT(filp_open);

int lx_filp_close(struct lx_file *file, void *id)
{
	struct file_view *v = container_of(file, struct file_view, file);

	ofile_put(v->native);
	kmem_free(v);
	return 0;
}
LX_EXPORT(filp_close);

char *lx_file_path(struct lx_file *file, char *buf, int n)
{
	return path_print_self(&lx_file_native(file)->of_path, buf, (size_t)n);
}
LX_EXPORT(file_path);
