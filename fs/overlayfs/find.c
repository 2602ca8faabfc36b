// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlayfs: what the layers have of a name, from the top down.
 *
 * A file ends the search, and so does a whiteout (a character device 0:0) or a directory
 * marked opaque. Directories of several layers are merged. A directory that was renamed by a
 * kernel with redirect_dir=on names itself in the layers below; that is heeded, never made.
 *
 * An upper file remembers the lower one that it was copied from (its origin) by a file
 * handle: version, magic, length, flags, type, UUID of the file system, handle. File systems
 * here have no UUID of their own, so 16 zeroes stand for it, and the layer is found by trying.
 */
#include "ovl_impl.h"

#include <tern/fs/acl.h>
#include <uapi/fhandle.h>

#define FH_MAGIC	0xfb
#define FH_FLAGS_OK	0x02u		/* any byte order */
#define REDIRECT_MAX	255

struct origin_head { u8 version, magic, len, flags, type, uuid[16]; };
static_assert(sizeof(struct origin_head) == 21, "format of the attribute");

void ovl_found_put(struct ovl_found *f)
{
	if (f->upper.nc)
		fspath_put(&f->upper);
	for (u32 i = 0; i < f->nlower; i++)
		fspath_put(&f->lower[i].path);
	kmem_free(f->lower);
	vnode_put(f->origin);
	*f = (struct ovl_found){ 0 };
}

bool ovl_is_whiteout(const struct fspath *p)
{
	const struct vnode *vn = path_vnode(p);

	return S_ISCHR(vn->vn_mode) && !vn->vn_rdev;
}

bool ovl_is_marked(const struct fspath *p, const char *xattr)
{
	char c;

	return stack_getxattr(p, xattr, &c, 1) == 1 && c == 'y';
}

/* ---- origins ---- */

int ovl_origin_store(const struct fspath *copy, const struct fspath *orig)
{
	const struct filesys_ops *ops = orig->nc->nc_fs->ops;
	u8 buf[sizeof(struct origin_head) + MAX_HANDLE_SZ];
	struct origin_head *h = (struct origin_head *)buf;
	u32 bytes = MAX_HANDLE_SZ;
	s32 type;
	int err;

	if (!ops->handle_make)
		return 0;
	err = ops->handle_make(path_vnode(orig), &type, buf + sizeof(*h), &bytes);
	if (err)
		return err == -EOPNOTSUPP ? 0 : err;
	*h = (struct origin_head){ .magic = FH_MAGIC, .len = (u8)(sizeof(*h) + bytes), .type = (u8)type };
	return stack_setxattr(copy, OVL_ORIGIN, buf, h->len, 0);
}

/* The file that the upper one is a copy of, if it can be told. */
static void origin_load(struct ovl_mount *m, struct ovl_found *f)
{
	u8 buf[sizeof(struct origin_head) + MAX_HANDLE_SZ];
	const struct origin_head *h = (const struct origin_head *)buf;
	ssize_t n = stack_getxattr(&f->upper, OVL_ORIGIN, buf, sizeof(buf));

	if (n <= (ssize_t)sizeof(*h) || h->version || h->magic != FH_MAGIC || h->len != n ||
	    (h->flags & ~FH_FLAGS_OK))
		return;
	for (u32 i = 1; i < m->nlayers; i++) {
		struct filesys *fs = m->layers[i].root.nc->nc_fs;
		struct vnode *vn;

		if (!fs->ops->handle_find)
			continue;
		vn = fs->ops->handle_find(fs, h->type, buf + sizeof(*h), h->len - (u32)sizeof(*h));
		if (IS_ERR(vn))
			continue;
		if ((vn->vn_mode & S_IFMT) == (path_vnode(&f->upper)->vn_mode & S_IFMT)) {
			f->origin = vn;
			f->origin_layer = i;
			return;
		}
		vnode_put(vn);
	}
}

/* ---- searching ---- */

struct search {
	struct ovl_node *dir;
	char redirect[REDIRECT_MAX + 1];	/* "": none */
	const char *name;
	u32 len;
	bool is_done;
};

/* A path with slashes, from @start down, as far as it is directories. */
static int walk_down(const struct fspath *start, const char *path, struct fspath *out)
{
	struct fspath at = *start, next;
	int err = 0;

	fspath_get(&at);
	while (*path && !err) {
		u32 n = (u32)(strchrnul(path, '/') - path);

		if (n) {
			err = vnode_is_dir(path_vnode(&at)) ? stack_lookup(&at, path, n, &next) : -ENOENT;
			fspath_put(&at);
			at = next;
		}
		path += n + (path[n] == '/');
	}
	if (!err)
		*out = at;
	return err;
}

static int find_upper(struct search *s, struct ovl_found *out)
{
	ssize_t n;
	int err;

	if (!ovl_has_upper(s->dir))
		return 0;
	err = stack_lookup(&s->dir->upper, s->name, s->len, &out->upper);
	if (err) {
		out->upper = (struct fspath){ 0 };
		return err == -ENOENT ? 0 : err;
	}
	if (ovl_is_whiteout(&out->upper)) {
		fspath_put(&out->upper);
		out->upper = (struct fspath){ 0 };
		out->is_whiteout = true;
		s->is_done = true;
	} else if (!vnode_is_dir(path_vnode(&out->upper))) {
		origin_load(ovl_mount_of(&s->dir->vn), out);
		s->is_done = true;
	} else if (ovl_is_marked(&out->upper, OVL_OPAQUE)) {
		s->is_done = true;
	} else {
		n = stack_getxattr(&out->upper, OVL_REDIRECT, s->redirect, REDIRECT_MAX);
		s->redirect[max_t(ssize_t, n, 0)] = '\0';
	}
	return 0;
}

/* What one lower layer has; *done: nothing below it counts. */
static int find_lower(struct search *s, struct ovl_found *out, const struct fspath *dir, u32 layer)
{
	struct ovl_lower *l = &out->lower[out->nlower];
	int err;

	if (s->redirect[0] == '/')
		err = walk_down(dir, s->redirect, &l->path);
	else if (s->redirect[0])
		err = stack_lookup(dir, s->redirect, (u32)strlen(s->redirect), &l->path);
	else
		err = stack_lookup(dir, s->name, s->len, &l->path);
	if (err)
		return err == -ENOENT || err == -ENAMETOOLONG ? 0 : err;
	if (!vnode_is_dir(path_vnode(&l->path))) {
		s->is_done = true;
		if (ovl_is_whiteout(&l->path) || out->upper.nc || out->nlower) {
			fspath_put(&l->path);
			return 0;
		}
	} else {
		s->is_done = ovl_is_marked(&l->path, OVL_OPAQUE);
	}
	l->layer = layer;
	out->nlower++;
	return 0;
}

static int find_lowers(struct search *s, struct ovl_found *out)
{
	struct ovl_mount *m = ovl_mount_of(&s->dir->vn);
	int err = 0;

	if (s->redirect[0] == '/') {
		for (u32 i = 1; i < m->nlayers && !s->is_done && !err; i++)
			err = find_lower(s, out, &m->layers[i].root, i);
		return err;
	}
	for (u32 i = 0; i < s->dir->nlower && !s->is_done && !err; i++)
		err = find_lower(s, out, &s->dir->lower[i].path, s->dir->lower[i].layer);
	return err;
}

int ovl_find(struct ovl_node *dir, const char *name, u32 len, struct ovl_found *out)
{
	struct ovl_mount *m = ovl_mount_of(&dir->vn);
	struct search s = { .dir = dir, .name = name, .len = len };
	int err;

	*out = (struct ovl_found){ .lower = kmem_zalloc(m->nlayers * sizeof(*out->lower), ALLOC_KERNEL) };
	if (!out->lower)
		return -ENOMEM;
	err = find_upper(&s, out);
	if (!err && !s.is_done)
		err = find_lowers(&s, out);
	if (err)
		ovl_found_put(out);
	return err;
}

struct vnode *ovl_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct ovl_found f;
	int err;

	if (!vnode_is_dir(dir))
		return ERR_PTR(-ENOTDIR);
	err = ovl_find(ovl_of(dir), name, len, &f);
	if (err)
		return ERR_PTR(err);
	if (!f.upper.nc && !f.nlower) {
		ovl_found_put(&f);
		return NULL;
	}
	return ovl_node_get(ovl_mount_of(dir), &f);
}

int ovl_lower_has(struct ovl_node *dir, const char *name, u32 len)
{
	for (u32 i = 0; i < dir->nlower; i++) {
		struct fspath p;
		int err = stack_lookup(&dir->lower[i].path, name, len, &p);
		bool is_white;

		if (err == -ENOENT || err == -ENAMETOOLONG)
			continue;
		if (err)
			return err;
		is_white = ovl_is_whiteout(&p);
		fspath_put(&p);
		return !is_white;
	}
	return 0;
}

int ovl_upper_whiteout(struct ovl_node *dir, const char *name, u32 len)
{
	struct fspath p;
	int err = ovl_has_upper(dir) ? stack_lookup(&dir->upper, name, len, &p) : -ENOENT;

	if (err)
		return err == -ENOENT ? 0 : err;
	err = ovl_is_whiteout(&p);
	fspath_put(&p);
	return err;
}
