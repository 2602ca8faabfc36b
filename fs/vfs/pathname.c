// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names as text: copying them from user space, looking them up from a
 * descriptor, and printing the absolute name of a path.
 */
#include "vfs_impl.h"

#include <generated/svc_vfs.h>
#include <tern/lib/fmt.h>

static struct objcache *name_cache;

void path_name_init(void)
{
	name_cache = objcache_create("pathname", PATH_MAX, 8, 0, NULL);
	VERIFY(name_cache);
}

char *path_name_get(const char __user *name, u32 flags)
{
	char *s = objcache_alloc(name_cache, ALLOC_KERNEL);
	ssize_t n;

	if (!s)
		return ERR_PTR(-ENOMEM);
	n = user_strncpy(s, name, PATH_MAX);
	if (likely(n > 0 && n < PATH_MAX))
		return s;
	if (n == 0 && (flags & LOOKUP_EMPTY)) {
		s[0] = 0;
		return s;
	}
	objcache_free(name_cache, s);
	return ERR_PTR(n < 0 ? n : n == 0 ? -ENOENT : -ENAMETOOLONG);
}

void path_name_put(char *name)
{
	objcache_free(name_cache, name);
}

char *path_name_buf(void)
{
	return objcache_alloc(name_cache, ALLOC_KERNEL);
}

int start_from(int dirfd, const char *name, struct fspath *out)
{
	struct fdref r;

	if (dirfd == AT_FDCWD) {
		fsctx_cwd(fsctx_self(), out);
		return 0;
	}
	r = fd_borrow_path(dirfd);
	if (!r.file)
		return -EBADF;
	if (*name && !vnode_is_dir(r.file->of_vnode)) {
		fd_return(r);
		return -ENOTDIR;
	}
	*out = r.file->of_path;
	fspath_get(out);
	fd_return(r);
	return 0;
}

int lookup_from(int dirfd, const char *name, u32 flags, struct fspath *out)
{
	struct fspath start;
	int err;

	if (dirfd == AT_FDCWD || (*name == '/' && !(flags & LOOKUP_IN_ROOT)))
		return path_lookup_at(NULL, name, flags, out);
	err = start_from(dirfd, name, &start);
	if (err)
		return err;
	if (!*name && (flags & LOOKUP_EMPTY)) {
		*out = start;
		return 0;
	}
	err = path_lookup_at(&start, name, flags, out);
	fspath_put(&start);
	return err;
}

int path_lookup_user(int dirfd, const char __user *uname, u32 flags, struct fspath *out)
{
	char *name = path_name_get(uname, flags);
	int err;

	if (IS_ERR(name))
		return (int)PTR_ERR(name);
	err = svc_vfs_lookup(dirfd, name, flags, out);
	path_name_put(name);
	return err;
}

int path_lookup(const char *name, u32 flags, struct fspath *out)
{
	return path_lookup_at(NULL, name, flags, out);
}

/* ---- printing ---- */

struct printer { char *at, *start; };

static bool prepend(struct printer *p, const char *s, size_t n)
{
	if ((size_t)(p->at - p->start) < n)
		return false;
	p->at -= n;
	memcpy(p->at, s, n);
	return true;
}

/* Names that are not in any directory: "pipe:[12]", "anon_inode:[eventfd]",
 * "/memfd:x (deleted)".
 */
static char *print_anon(const struct fspath *p, char *buf, size_t size)
{
	const struct ncent *nc = p->nc;
	char text[NAME_MAX + 40];
	int n;

	if (strchr(nc->nc_name, ':'))
		n = fmt_put(text, sizeof(text), "%s", nc->nc_name);
	else
		n = fmt_put(text, sizeof(text), "%s:[%lu]", nc->nc_name, nc->nc_vnode->vn_ino);
	if ((size_t)n + 1 > size)
		return ERR_PTR(-ENAMETOOLONG);
	memcpy(buf + size - n - 1, text, (size_t)n + 1);
	return buf + size - n - 1;
}

/* One attempt under RCU; 0, -ENAMETOOLONG. *reached: @root was met. */
static int print_walk(const struct fspath *p, const struct fspath *root, struct printer *pr, bool *reached)
{
	const struct mountpt *mnt = p->mnt;
	const struct ncent *nc = p->nc;

	*reached = true;
	while (nc != root->nc || mnt != root->mnt) {
		const char *name;

		if (nc == mnt->mp_root) {
			const struct mountpt *up = READ_ONCE(mnt->mp_parent);

			if (up == mnt) {
				*reached = false;
				break;
			}
			nc = READ_ONCE(mnt->mp_point);
			mnt = up;
			continue;
		}
		if (READ_ONCE(nc->nc_parent) == nc) {
			*reached = false;
			break;
		}
		name = READ_ONCE(nc->nc_name);
		if (!prepend(pr, name, strnlen(name, NAME_MAX)) || !prepend(pr, "/", 1))
			return -ENAMETOOLONG;
		nc = READ_ONCE(nc->nc_parent);
	}
	return 0;
}

char *path_print(const struct fspath *p, const struct fspath *root, char *buf, size_t size)
{
	bool is_gone = (p->nc->nc_flags & NCENT_UNHASHED) && p->nc->nc_parent != p->nc;
	struct printer pr;
	bool reached = true;
	u32 rs, ms;
	int err;

	if (p->nc->nc_flags & NCENT_DISCONNECTED)
		return print_anon(p, buf, size);
	rcu_read_lock();
	do {
		rs = seq_read_begin(&ncent_rename_seq);
		ms = seq_read_begin(&mount_seq);
		pr = (struct printer){ buf + size, buf };
		err = prepend(&pr, "", 1) ? 0 : -ENAMETOOLONG;
		if (!err && is_gone && !prepend(&pr, " (deleted)", 10))
			err = -ENAMETOOLONG;
		if (!err) {
			char *end = pr.at;

			err = print_walk(p, root, &pr, &reached);
			if (!err && pr.at == end && !prepend(&pr, "/", 1))
				err = -ENAMETOOLONG;
		}
	} while (seq_read_retry(&ncent_rename_seq, rs) || seq_read_retry(&mount_seq, ms));
	rcu_read_unlock();
	if (!err && !reached && !prepend(&pr, "(unreachable)", 13))
		err = -ENAMETOOLONG;
	return err ? ERR_PTR(err) : pr.at;
}

char *path_print_self(const struct fspath *p, char *buf, size_t size)
{
	struct fspath root;
	char *s;

	fsctx_root(fsctx_self(), &root);
	s = path_print(p, &root, buf, size);
	fspath_put(&root);
	return s;
}
