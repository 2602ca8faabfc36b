// SPDX-License-Identifier: GPL-2.0-only
/* Files that a module opens by name, see native.c. */
#include "file_impl.h"

#include <tern/base/err.h>
#include <tern/fs/path.h>

struct lx_file *lx_filp_open(const char *path, int flags, unsigned short mode)
{
	struct ofile *f = ofile_open_kernel(path, (u32)flags, mode);
	struct file_view *v;

	if (IS_ERR(f))
		return (struct lx_file *)f;
	v = lx_native_view(f);
	if (!IS_ERR(v))
		return &v->file;
	ofile_put(f);
	return (struct lx_file *)v;
}
LX_EXPORT(filp_open);

int lx_filp_close(struct lx_file *file, void *id)
{
	lx_fput(file);
	return 0;
}
LX_EXPORT(filp_close);

char *lx_file_path(struct lx_file *file, char *buf, int n)
{
	return path_print_self(&lx_file_native(file)->of_path, buf, (size_t)n);
}
LX_EXPORT(file_path);
