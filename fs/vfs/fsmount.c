// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts as descriptors: open_tree(2), move_mount(2), fsopen(2), fsconfig(2),
 * fsmount(2), fspick(2), mount_setattr(2).
 *
 * A floating tree of mounts belongs to no namespace; the O_PATH descriptor that
 * open_tree or fsmount returned holds it. move_mount attaches it; if the
 * descriptor goes first, the tree is taken apart (MOUNT_FLOATING says which).
 *
 * A context (struct fsctxt) collects options as text, which is what file system
 * types take; it becomes an instance by FSCONFIG_CMD_CREATE.
 */
#include "mount_impl.h"

#include "mountop_impl.h"

#include <tern/kernel/syscalls.h>
#include <tern/lib/fmt.h>

#define OPTIONS_MAX PAGE_SIZE

enum { CTX_OPEN, CTX_CREATED, CTX_MOUNTED, CTX_PICKED };

struct fsctxt {
	struct kmutex lock;		/* protects all below; LOCKRANK_VFS_MISC */
	u32 state;
	struct fstype *type;
	char *source;
	char *options;			/* "a,b=c", at most OPTIONS_MAX */
	size_t len;
	u64 sb_flags;			/* MS_RDONLY, MS_SYNCHRONOUS */
	struct mountpt *mnt;		/* created, not yet handed out */
	struct fspath picked;		/* fspick: what to reconfigure */
};

/* ---- floating trees ---- */

static void floating_release(struct ofile *f)
{
	struct mountpt *m = f->of_path.mnt;
	LIST_HEAD(dead);

	mounts_lock();
	if ((m->mp_flags & MOUNT_FLOATING) && m->mp_parent == m && !m->mp_ns)
		mount_drop_tree(m, &dead);
	mounts_unlock(NULL);
	mount_put_list(&dead);
}

/* Files that hold something for others and do nothing themselves. */
static const struct ofile_ops floating_fops = { .open = fop_default_open, .release = floating_release, FOPS_REFUSE };

/* An O_PATH descriptor that holds the tree @m; consumes the tree. */
static int floating_fd(struct mountpt *m, bool cloexec)
{
	struct fspath p = { m, m->mp_root };
	LIST_HEAD(dead);
	struct ofile *f;
	int fd;

	__atomic_fetch_or(&m->mp_flags, MOUNT_FLOATING, __ATOMIC_SEQ_CST);
	f = ofile_open(&p, O_PATH, NULL);
	if (IS_ERR(f)) {
		mounts_lock();
		mount_drop_tree(m, &dead);
		mounts_unlock(NULL);
		mount_put_list(&dead);
		return (int)PTR_ERR(f);
	}
	f->of_ops = &floating_fops;
	fd = fd_add(f, cloexec);
	if (fd < 0)
		ofile_put(f);		/* takes the tree along */
	return fd;
}

static int clone_tree(const struct fspath *p, bool recurse, bool cloexec)
{
	struct mountpt *tree;

	if (!mounts_may_change())
		return -EPERM;
	mounts_lock();
	if ((p->mnt->mp_propagation & MS_UNBINDABLE) || (!recurse && mount_hides_below(p)) ||
	    (p->mnt->mp_ns != mountns_self() && !(p->mnt->mp_flags & MOUNT_FLOATING)))
		tree = ERR_PTR(-EINVAL);
	else
		tree = mount_copy_tree(p->mnt, p->nc, recurse ? COPY_RECURSE : 0);
	mounts_unlock(NULL);
	return IS_ERR(tree) ? (int)PTR_ERR(tree) : floating_fd(tree, cloexec);
}

long sys_open_tree(int dirfd, const char __user *name, u32 flags)
{
	u32 lf = (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	bool cloexec = flags & OPEN_TREE_CLOEXEC;
	struct fspath p;
	struct ofile *f;
	int fd;

	if (flags & ~(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE |
		      OPEN_TREE_CLOEXEC))
		return -EINVAL;
	if ((flags & (AT_RECURSIVE | OPEN_TREE_CLONE)) == AT_RECURSIVE)
		return -EINVAL;
	fd = path_lookup_user(dirfd, name, lf, &p);
	if (fd)
		return fd;
	if (flags & OPEN_TREE_CLONE) {
		fd = clone_tree(&p, flags & AT_RECURSIVE, cloexec);
	} else {
		f = ofile_open(&p, O_PATH, NULL);
		fd = IS_ERR(f) ? (int)PTR_ERR(f) : fd_add(f, cloexec);
		if (!IS_ERR(f) && fd < 0)
			ofile_put(f);
	}
	fspath_put(&p);
	return fd;
}

long sys_move_mount(int from_fd, const char __user *from_name, int to_fd, const char __user *to_name, u32 flags)
{
	const u32 known = MOVE_MOUNT_F_SYMLINKS | MOVE_MOUNT_F_AUTOMOUNTS | MOVE_MOUNT_F_EMPTY_PATH |
			  MOVE_MOUNT_T_SYMLINKS | MOVE_MOUNT_T_AUTOMOUNTS | MOVE_MOUNT_T_EMPTY_PATH;
	struct fspath from, to;
	int err;

	if (!mounts_may_change())
		return -EPERM;
	if (flags & ~known)
		return -EINVAL;
	err = path_lookup_user(from_fd, from_name, (flags & MOVE_MOUNT_F_SYMLINKS ? LOOKUP_FOLLOW : 0) |
			       (flags & MOVE_MOUNT_F_EMPTY_PATH ? LOOKUP_EMPTY : 0), &from);
	if (err)
		return err;
	err = path_lookup_user(to_fd, to_name, (flags & MOVE_MOUNT_T_SYMLINKS ? LOOKUP_FOLLOW : 0) |
			       (flags & MOVE_MOUNT_T_EMPTY_PATH ? LOOKUP_EMPTY : 0), &to);
	if (!err) {
		err = mount_move(&to, &from);
		fspath_put(&to);
	}
	fspath_put(&from);
	return err;
}

/* ---- contexts ---- */

static void ctx_release(struct ofile *f)
{
	struct fsctxt *c = f->of_priv;

	if (c->mnt)
		mountpt_put(c->mnt);
	if (c->picked.nc)
		fspath_put(&c->picked);
	kmem_free(c->source);
	kmem_free(c->options);
	kmem_free(c);
}

static const struct ofile_ops ctx_fops = { .open = fop_default_open, .release = ctx_release, FOPS_REFUSE };

static int ctx_fd(struct fstype *t, const struct fspath *picked, bool cloexec)
{
	struct fsctxt *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	struct ofile *f;
	int fd;

	if (!c)
		return -ENOMEM;
	kmutex_init(&c->lock, LOCKRANK_VFS_MISC);
	c->type = t;
	f = ofile_create_anon(&ctx_fops, c, O_RDWR, "fscontext");
	if (IS_ERR(f)) {
		kmem_free(c);
		return (int)PTR_ERR(f);
	}
	if (picked) {
		fspath_get(picked);
		c->picked = *picked;
		c->state = CTX_PICKED;
	}
	fd = fd_add(f, cloexec);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

long sys_fsopen(const char __user *uname, u32 flags)
{
	char name[64];
	struct fstype *t;
	ssize_t n;

	if (!mounts_may_change())
		return -EPERM;
	if (flags & ~FSOPEN_CLOEXEC)
		return -EINVAL;
	n = user_strncpy(name, uname, sizeof(name));
	if (n < 0 || n == sizeof(name))
		return n < 0 ? n : -EINVAL;
	t = fstype_request(name);
	if (!t || (t->flags & FSTYPE_INTERNAL))
		return -ENODEV;
	return ctx_fd(t, NULL, flags & FSOPEN_CLOEXEC);
}

long sys_fspick(int dirfd, const char __user *name, u32 flags)
{
	struct fspath p;
	int err;

	if (!mounts_may_change())
		return -EPERM;
	if (flags & ~(FSPICK_CLOEXEC | FSPICK_SYMLINK_NOFOLLOW | FSPICK_NO_AUTOMOUNT | FSPICK_EMPTY_PATH))
		return -EINVAL;
	err = path_lookup_user(dirfd, name, (flags & FSPICK_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			       (flags & FSPICK_EMPTY_PATH ? LOOKUP_EMPTY : 0), &p);
	if (err)
		return err;
	if (p.nc != p.mnt->mp_root)
		err = -EINVAL;
	else
		err = ctx_fd(NULL, &p, flags & FSPICK_CLOEXEC);
	fspath_put(&p);
	return err;
}

static int add_option(struct fsctxt *c, const char *key, const char *val)
{
	int n;

	if (!c->options) {
		c->options = kmem_zalloc(OPTIONS_MAX, ALLOC_KERNEL);
		if (!c->options)
			return -ENOMEM;
	}
	if (strchr(key, ',') || (val && strchr(val, ',')))
		return -EINVAL;		/* the text form could not tell */
	n = fmt_print(c->options + c->len, OPTIONS_MAX - c->len, "%s%s%s%s", c->len ? "," : "", key,
		      val ? "=" : "", val ? val : "");
	if ((size_t)n >= OPTIONS_MAX - c->len) {
		c->options[c->len] = 0;
		return -EINVAL;
	}
	c->len += (size_t)n;
	return 0;
}

static int set_flag(struct fsctxt *c, const char *key)
{
	if (!strcmp(key, "ro"))
		c->sb_flags |= MS_RDONLY;
	else if (!strcmp(key, "rw"))
		c->sb_flags &= ~(u64)MS_RDONLY;
	else if (!strcmp(key, "sync"))
		c->sb_flags |= MS_SYNCHRONOUS;
	else if (!strcmp(key, "async"))
		c->sb_flags &= ~(u64)MS_SYNCHRONOUS;
	else
		return add_option(c, key, NULL);
	return 0;
}

static int set_string(struct fsctxt *c, const char *key, const char __user *uval)
{
	char *val = path_name_get(uval, LOOKUP_EMPTY);
	int err = 0;

	if (IS_ERR(val))
		return (int)PTR_ERR(val);
	if (!strcmp(key, "source")) {
		if (c->source)
			err = -EINVAL;
		else if (!(c->source = kmem_strdup(val, ALLOC_KERNEL)))
			err = -ENOMEM;
	} else {
		err = add_option(c, key, val);
	}
	path_name_put(val);
	return err;
}

static int create(struct fsctxt *c)
{
	struct mount_args args = { .source = c->source, .data = c->options, .sb_flags = c->sb_flags };
	struct mountpt *m;

	if (c->state != CTX_OPEN)
		return -EBUSY;
	m = mount_make(c->type->name, &args, 0, false);
	if (IS_ERR(m))
		return (int)PTR_ERR(m);
	c->mnt = m;
	c->state = CTX_CREATED;
	return 0;
}

static int reconfigure(struct fsctxt *c)
{
	struct mount_args args = { .data = c->options, .sb_flags = c->sb_flags };

	if (c->state != CTX_PICKED)
		return -EBUSY;
	return mount_remount(&c->picked, &args, c->picked.mnt->mp_flags & MOUNT_USER_FLAGS);
}

static long configure(struct fsctxt *c, u32 cmd, const char *key, const void __user *val)
{
	bool sets = cmd == FSCONFIG_SET_FLAG || cmd == FSCONFIG_SET_STRING;

	if (sets && c->state != CTX_OPEN && c->state != CTX_PICKED)
		return -EBUSY;
	switch (cmd) {
	case FSCONFIG_SET_FLAG: return set_flag(c, key);
	case FSCONFIG_SET_STRING: return set_string(c, key, val);
	case FSCONFIG_CMD_CREATE: return create(c);
	case FSCONFIG_CMD_RECONFIGURE: return reconfigure(c);
	default: return -EOPNOTSUPP;	/* binary, path and descriptor values: no type takes them */
	}
}

#define BINARY_MAX (1 << 20)	/* bytes of a value */

static int check_config(u32 cmd, const char __user *key, const void __user *val, int aux)
{
	switch (cmd) {
	case FSCONFIG_SET_FLAG:
		return !key || val || aux ? -EINVAL : 0;
	case FSCONFIG_SET_STRING:
		return !key || !val || aux ? -EINVAL : 0;
	case FSCONFIG_CMD_CREATE: case FSCONFIG_CMD_RECONFIGURE:
		return key || val || aux ? -EINVAL : 0;
	case FSCONFIG_SET_BINARY:
		return !key || !val || aux <= 0 || aux > BINARY_MAX ? -EINVAL : 0;
	case FSCONFIG_SET_PATH: case FSCONFIG_SET_PATH_EMPTY:
		return !key || !val || (aux != AT_FDCWD && aux < 0) ? -EINVAL : 0;
	case FSCONFIG_SET_FD:
		return !key || val || aux < 0 ? -EINVAL : 0;
	default:
		return -EOPNOTSUPP;
	}
}

long sys_fsconfig(int fd, u32 cmd, const char __user *ukey, const void __user *val, int aux)
{
	char key[256] = "";
	struct fsctxt *c;
	struct fdref r;
	ssize_t n = 0;
	long err;

	if (fd < 0)
		return -EINVAL;
	err = check_config(cmd, ukey, val, aux);
	if (err)
		return err;
	r = fd_borrow(fd);
	if (!r.file)
		return -EBADF;
	if (r.file->of_ops != &ctx_fops) {
		fd_return(r);
		return -EINVAL;
	}
	if (ukey)
		n = user_strncpy(key, ukey, sizeof(key));
	if (n < 0 || n == sizeof(key)) {
		err = n < 0 ? n : -EINVAL;
	} else {
		c = r.file->of_priv;
		err = kmutex_lock_intr(&c->lock);
		if (!err) {
			err = configure(c, cmd, key, val);
			kmutex_unlock(&c->lock);
		}
	}
	fd_return(r);
	return err;
}

/* ---- attributes of views ---- */

static u32 view_of_attr(u64 a)
{
	return (a & MOUNT_ATTR_RDONLY ? MOUNT_RDONLY : 0) | (a & MOUNT_ATTR_NOSUID ? MOUNT_NOSUID : 0) |
	       (a & MOUNT_ATTR_NODEV ? MOUNT_NODEV : 0) | (a & MOUNT_ATTR_NOEXEC ? MOUNT_NOEXEC : 0) |
	       (a & MOUNT_ATTR_NODIRATIME ? MOUNT_NODIRATIME : 0) |
	       (a & MOUNT_ATTR_NOSYMFOLLOW ? MOUNT_NOSYMFOLLOW : 0);
}

/* The access time rule of an attribute word; -EINVAL if it names two. */
static int atime_of_attr(u64 a, u32 *out)
{
	switch (a & MOUNT_ATTR__ATIME) {
	case 0: *out = MOUNT_RELATIME; return 0;
	case MOUNT_ATTR_NOATIME: *out = MOUNT_NOATIME; return 0;
	case MOUNT_ATTR_STRICTATIME: *out = MOUNT_STRICTATIME; return 0;
	default: return -EINVAL;
	}
}

#define ATTRS_KNOWN (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | \
	MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW)
#define ATIME_RULES (MOUNT_RELATIME | MOUNT_NOATIME | MOUNT_STRICTATIME)

long sys_fsmount(int fd, u32 flags, u32 attrs)
{
	struct mountpt *m = NULL;
	struct fsctxt *c;
	struct fdref r;
	u32 atime;
	int err;

	if (!mounts_may_change())
		return -EPERM;
	if ((flags & ~FSMOUNT_CLOEXEC) || (attrs & ~ATTRS_KNOWN) || atime_of_attr(attrs, &atime))
		return -EINVAL;
	r = fd_borrow(fd);
	if (!r.file)
		return -EBADF;
	err = -EINVAL;
	if (r.file->of_ops == &ctx_fops) {
		c = r.file->of_priv;
		kmutex_lock(&c->lock);
		if (c->state == CTX_CREATED) {
			m = c->mnt;
			c->mnt = NULL;
			c->state = CTX_MOUNTED;
		} else if (c->state == CTX_MOUNTED) {
			err = -EBUSY;
		}
		kmutex_unlock(&c->lock);
	}
	fd_return(r);
	if (!m)
		return err;
	m->mp_flags = (m->mp_flags & ~MOUNT_USER_FLAGS) | view_of_attr(attrs) | atime;
	return floating_fd(m, flags & FSMOUNT_CLOEXEC);
}

static int decode_attr(const struct mount_attr *a, u32 *set, u32 *clr)
{
	if ((a->attr_set | a->attr_clr) & ~(u64)ATTRS_KNOWN)
		return -EINVAL;
	if (a->propagation & ~(u64)(MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE))
		return -EINVAL;
	if (a->propagation && !is_pow2(a->propagation))
		return -EINVAL;
	*set = view_of_attr(a->attr_set);
	*clr = view_of_attr(a->attr_clr);
	/* The access time rule is changed as a whole or not at all. */
	if (a->attr_clr & MOUNT_ATTR__ATIME) {
		u32 rule;

		if ((a->attr_clr & MOUNT_ATTR__ATIME) != MOUNT_ATTR__ATIME || atime_of_attr(a->attr_set, &rule))
			return -EINVAL;
		*clr |= ATIME_RULES;
		*set |= rule;
	} else if (a->attr_set & MOUNT_ATTR__ATIME) {
		return -EINVAL;
	}
	return 0;
}

/* Tree lock held. All or nothing: what may be refused comes first. */
static int change_views(struct mountpt *top, bool recurse, u32 set, u32 clr)
{
	struct mountpt *m;
	int err = 0;

	for (m = top; m && !err; m = recurse ? mount_next(m, top) : NULL) {
		if (mount_flags_locked(m, (m->mp_flags & ~clr) | set))
			err = -EPERM;
		else if ((set & MOUNT_RDONLY) && !(m->mp_flags & MOUNT_RDONLY) && atomic_read(&m->mp_writers) > 0)
			err = -EBUSY;
	}
	for (m = top; m && !err; m = recurse ? mount_next(m, top) : NULL) {
		if ((set & MOUNT_RDONLY) && !(m->mp_flags & MOUNT_RDONLY))
			err = mountpt_make_rdonly(m);
		if (!err)
			WRITE_ONCE(m->mp_flags, (m->mp_flags & ~clr) | set);
	}
	return err;
}

static int setattr(const struct fspath *p, const struct mount_attr *a, bool recurse)
{
	u32 set, clr;
	int err = decode_attr(a, &set, &clr);
	struct mountpt *m;

	if (err)
		return err;
	if (p->nc != p->mnt->mp_root)
		return -EINVAL;
	mounts_lock();
	if (p->mnt->mp_ns ? p->mnt->mp_ns != mountns_self() : !(p->mnt->mp_flags & MOUNT_FLOATING))
		err = -EINVAL;
	else
		err = change_views(p->mnt, recurse, set, clr);
	for (m = p->mnt; m && !err && a->propagation; m = recurse ? mount_next(m, p->mnt) : NULL)
		propagation_set(m, (u32)a->propagation);
	mounts_unlock(p->mnt->mp_ns);
	return err;
}

long sys_mount_setattr(int dirfd, const char __user *name, u32 flags, const void __user *uattr, size_t size)
{
	struct mount_attr a;
	struct fspath p;
	int err;

	if (flags & ~(AT_EMPTY_PATH | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < MOUNT_ATTR_SIZE_VER0)
		return -EINVAL;
	if (!mounts_may_change())
		return -EPERM;
	err = user_copyin_struct(&a, sizeof(a), uattr, size);
	if (err)
		return err;
	if (!a.attr_set && !a.attr_clr && !a.propagation)
		return 0;
	err = path_lookup_user(dirfd, name, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &p);
	if (err)
		return err;
	err = setattr(&p, &a, flags & AT_RECURSIVE);
	fspath_put(&p);
	return err;
}
