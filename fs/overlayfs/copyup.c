// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlayfs: before a lower file is changed it is copied to the upper layer, with its
 * contents, attributes and extended attributes, and so are the directories above it.
 *
 * A copy is put together in the work directory and then renamed into place: after a crash
 * there is the whole copy or none. The file's data is on the disk before its name is.
 *
 * Lock order: the node's lock > everything of the layers. Nodes are copied one after the
 * other, the topmost first, so no two of these locks are held at once. A lower file or
 * directory is not renamed before it was copied, hence its name and parent hold still.
 */
#include "ovl_impl.h"

#include <tern/base/waitq.h>
#include <tern/fs/acl.h>
#include <tern/lib/fmt.h>

#define CHUNK (128u << 10)

u32 ovl_temp_name(struct ovl_mount *m, char *buf)
{
	u64 n = __atomic_add_fetch(&m->next_temp, 1, __ATOMIC_RELAXED);

	return (u32)fmt_put(buf, OVL_TEMP_LEN, "#%lx", n);
}

/* ---- contents ---- */

static int copy_extent(struct ofile *from, struct ofile *to, void *buf, loff_t pos, loff_t end)
{
	while (pos < end) {
		loff_t in = pos, out = pos;
		ssize_t n = ofile_read_kernel(from, buf, (size_t)min_t(loff_t, CHUNK, end - pos), &in), done = 0;

		if (n <= 0)
			return (int)n;
		while (done < n) {
			ssize_t w = ofile_write_kernel(to, (u8 *)buf + done, (size_t)(n - done), &out);

			if (w <= 0)
				return w < 0 ? (int)w : -EIO;
			done += w;
		}
		pos += n;
		if (signal_is_pending())
			return -EINTR;
	}
	return 0;
}

/* Holes stay holes where the file system can tell them. */
static int copy_extents(struct ofile *from, struct ofile *to, void *buf, loff_t size)
{
	loff_t pos = 0;

	while (pos < size) {
		loff_t data = from->of_ops->seek(from, pos, SEEK_DATA), hole = size;
		int err;

		if (data == -ENXIO)
			return 0;
		if (data < 0)
			data = pos;
		else
			hole = from->of_ops->seek(from, data, SEEK_HOLE);
		if (hole <= data || hole > size)
			hole = size;
		err = copy_extent(from, to, buf, data, hole);
		if (err)
			return err;
		pos = hole;
	}
	return 0;
}

static int copy_data(const struct fspath *orig, const struct fspath *copy, u64 size)
{
	struct vattr va = { .mask = VATTR_SIZE, .size = size };
	struct ofile *from = stack_open(orig, O_RDONLY), *to;
	void *buf;
	int err;

	if (IS_ERR(from))
		return (int)PTR_ERR(from);
	to = stack_open(copy, O_WRONLY);
	if (IS_ERR(to)) {
		ofile_put(from);
		return (int)PTR_ERR(to);
	}
	buf = kmem_alloc_large(CHUNK, ALLOC_KERNEL);
	__lockcheck(lockcheck_layer_enter());
	err = buf ? copy_extents(from, to, buf, (loff_t)size) : -ENOMEM;
	__lockcheck(lockcheck_layer_leave());
	kmem_free_large(buf);
	if (!err)
		err = stack_setattr(copy, &va);
	if (!err)
		err = stack_fsync(copy);
	ofile_put(to);
	ofile_put(from);
	return err;
}

/* ---- attributes ---- */

static int copy_xattr(const struct fspath *orig, const struct fspath *copy, const char *name)
{
	ssize_t n = stack_getxattr(orig, name, NULL, 0);
	void *val;
	int err;

	if (n < 0)
		return n == -ENODATA ? 0 : (int)n;
	val = kmem_alloc_large((size_t)n + 1, ALLOC_KERNEL);
	if (!val)
		return -ENOMEM;
	n = stack_getxattr(orig, name, val, (size_t)n);
	err = n < 0 ? (int)n : stack_setxattr(copy, name, val, (size_t)n, 0);
	/* What the upper file system does not keep at all cannot be kept. */
	if (err == -EOPNOTSUPP && !str_has_prefix(name, "security.") && !acl_is_name(name))
		err = 0;
	kmem_free_large(val);
	return err;
}

static int copy_xattrs(const struct fspath *orig, const struct fspath *copy)
{
	ssize_t n = stack_listxattr(orig, NULL, 0);
	char *names;
	int err = 0;

	if (n <= 0)
		return n == -EOPNOTSUPP ? 0 : (int)n;
	names = kmem_alloc_large((size_t)n + 1, ALLOC_KERNEL);
	if (!names)
		return -ENOMEM;
	n = stack_listxattr(orig, names, (size_t)n);
	for (char *s = names; !err && s < names + n; s += strlen(s) + 1) {
		if (!str_has_prefix(s, OVL_PREFIX))
			err = copy_xattr(orig, copy, s);
	}
	kmem_free_large(names);
	return n < 0 ? (int)n : err;
}

#define TIMES (VATTR_ATIME | VATTR_ATIME_SET | VATTR_MTIME | VATTR_MTIME_SET)

static int set_times(const struct fspath *p, const struct vattr *from)
{
	struct vattr va = { .mask = TIMES, .atime = from->atime, .mtime = from->mtime };

	return stack_setattr(p, &va);
}

static int fill_copy(const struct fspath *orig, const struct fspath *copy, const struct vattr *from)
{
	struct vattr va = *from;
	int err = S_ISREG(from->mode) && from->size ? copy_data(orig, copy, from->size) : 0;

	if (!err)
		err = copy_xattrs(orig, copy);
	if (!err && (S_ISDIR(from->mode) || from->nlink == 1))
		err = ovl_origin_store(copy, orig);
	if (err)
		return err;
	va.mask = VATTR_UID | VATTR_GID | (S_ISLNK(from->mode) ? 0 : VATTR_MODE);
	err = stack_setattr(copy, &va);
	return err ? err : set_times(copy, from);
}

/* ---- one file ---- */

static int make_copy(struct ovl_mount *m, struct ovl_node *n, const char *temp, u32 len, struct fspath *copy)
{
	const struct fspath *orig = &n->lower[0].path;
	struct stack_new what = { .target = n->link };
	struct vattr va = { 0 };
	int err = stack_getattr(orig, &va);

	if (err)
		return err;
	what.mode = S_ISLNK(va.mode) ? va.mode : (va.mode & S_IFMT) | (S_ISDIR(va.mode) ? 0700 : 0600);
	what.rdev = va.rdev;
	err = stack_make(&m->work, temp, len, &what, copy);
	if (err)
		return err;
	err = fill_copy(orig, copy, &va);
	if (err) {
		fspath_put(copy);
		(void)stack_remove(&m->work, temp, len);
	}
	return err;
}

/* The copy gets its place; the directory looks as if nothing had happened. */
static int place_copy(struct ovl_mount *m, struct ovl_node *parent, const char *temp, u32 tlen,
		      const char *name, u32 len)
{
	struct stack_name from = { &m->work, temp, tlen }, to = { &parent->upper, name, len };
	struct vattr va = { 0 };
	int err = stack_getattr(&parent->upper, &va);

	if (!err && !ovl_is_marked(&parent->upper, OVL_IMPURE))
		err = stack_setxattr(&parent->upper, OVL_IMPURE, "y", 1, 0);
	if (!err)
		err = stack_rename(&from, &to, RENAME_NOREPLACE);
	return err ? err : set_times(&parent->upper, &va);
}

/* @parent NULL: the file has no name any more. */
static int copy_locked(struct ovl_node *n, struct ovl_node *parent, const char *name, u32 len)
{
	struct ovl_mount *m = ovl_mount_of(&n->vn);
	char temp[OVL_TEMP_LEN];
	u32 tlen = ovl_temp_name(m, temp);
	struct fspath copy;
	int err = make_copy(m, n, temp, tlen, &copy);

	if (err)
		return err;
	err = parent ? place_copy(m, parent, temp, tlen, name, len) : stack_remove(&m->work, temp, tlen);
	if (err) {
		(void)stack_remove(&m->work, temp, tlen);
		fspath_put(&copy);
		return err;
	}
	ovl_node_set_upper(n, &copy);
	return 0;
}

/* The entry's parent with a reference, and its name as it is now. */
static struct ncent *entry_place(struct ncent *nc, char *name, u32 *len)
{
	struct ncent *parent;

	spin_lock(&nc->nc_lock);
	parent = nc->nc_parent;
	ncent_get(parent);
	*len = nc->nc_len;
	memcpy(name, nc->nc_name, nc->nc_len);
	spin_unlock(&nc->nc_lock);
	return parent;
}

static int copy_entry(struct ncent *nc)
{
	struct ovl_node *n = ovl_of(nc->nc_vnode);
	char *name = kmem_alloc(NAME_MAX + 1, ALLOC_KERNEL);
	struct ncent *parent;
	int err = 0;
	u32 len;

	if (!name)
		return -ENOMEM;
	kmutex_lock(&n->lock);
	parent = entry_place(nc, name, &len);
	if (!ovl_has_upper(n))
		err = copy_locked(n, nc->nc_flags & NCENT_UNHASHED ? NULL : ovl_of(parent->nc_vnode), name, len);
	kmutex_unlock(&n->lock);
	ncent_put(parent);
	kmem_free(name);
	return err;
}

/* The topmost directory above @nc that is only below, or @nc itself; consumes and returns a reference. */
static struct ncent *topmost_lower(struct ncent *nc)
{
	while (!(nc->nc_flags & NCENT_UNHASHED)) {
		struct ncent *parent = nc->nc_parent;

		if (ovl_has_upper(ovl_of(parent->nc_vnode)))
			break;
		ncent_get(parent);
		ncent_put(nc);
		nc = parent;
	}
	return nc;
}

int ovl_copy_up(struct ovl_node *n)
{
	struct ovl_mount *m = ovl_mount_of(&n->vn);
	int err = 0;

	if (!m->work.nc)
		return ovl_has_upper(n) ? 0 : -EROFS;
	while (!ovl_has_upper(n) && !err) {
		struct ncent *nc = ncent_alias(&n->vn);

		if (!nc)
			return -ESTALE;
		nc = topmost_lower(nc);
		err = copy_entry(nc);
		ncent_put(nc);
	}
	return err;
}
