// SPDX-License-Identifier: GPL-2.0-only
/*
 * landlock_create_ruleset(2) and its kind; a ruleset under construction is a file.
 *
 * Rules are appended as they come, also several of one file; they are sorted and merged when
 * there is no more room, and when a layer is made of them. So n rules cost n log n.
 */
#include "vfs_impl.h"

#include <asm/uaccess.h>
#include <tern/fs/landlock.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/sort.h>

#define RULES_MAX	65536u

struct ruleset {
	struct kmutex lock;	/* protects all below */
	u32 handled;		/* I */
	u32 n, room;
	struct landrule *rules;
};

static void rule_put(struct landrule *r)
{
	fspath_put(&r->at);
	vnode_put(r->vn);
}

static void ruleset_release(struct ofile *f)
{
	struct ruleset *rs = f->of_priv;

	for (u32 i = 0; i < rs->n; i++)
		rule_put(&rs->rules[i]);
	kmem_free_large(rs->rules);
	kmem_free(rs);
}

static ssize_t ruleset_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return -EINVAL;
}

static const struct ofile_ops ruleset_fops = {
	.open = fop_default_open, .release = ruleset_release, .read = ruleset_read,
	.write = ruleset_read, .seek = fop_no_seek, .poll = fop_default_poll, .ioctl = fop_no_ioctl,
	FOPS_PLAIN, FOPS_NO_STORAGE,
};

/* The first @size bytes of a structure that may be longer, with zeros, than what is known. */
static int get_attr(struct landlock_ruleset_arg *a, const void __user *attr, size_t size)
{
	u64 word;

	if (size < sizeof(*a))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	for (size_t at = sizeof(*a); at < size; at += sizeof(word)) {
		word = 0;
		if (user_copyin(&word, attr + at, min(sizeof(word), size - at)))
			return -EFAULT;
		if (word)
			return -E2BIG;
	}
	return user_copyin(a, attr, sizeof(*a)) ? -EFAULT : 0;
}

static int ruleset_open(u32 handled)
{
	struct ruleset *rs;
	struct ofile *f;
	int fd = fd_reserve(0, true);

	if (fd < 0)
		return fd;
	rs = kmem_zalloc(sizeof(*rs), ALLOC_KERNEL);
	if (!rs) {
		fd_cancel(fd);
		return -ENOMEM;
	}
	kmutex_init(&rs->lock, LOCKRANK_OFILE_POS);
	rs->handled = handled;
	f = ofile_create_anon(&ruleset_fops, rs, O_RDWR, "[landlock-ruleset]");
	if (IS_ERR(f)) {
		fd_cancel(fd);
		kmem_free(rs);
		return (int)PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}

long sys_landlock_create_ruleset(const void __user *attr, size_t size, u32 flags)
{
	struct landlock_ruleset_arg a;
	int err;

	if (flags == LANDLOCK_CREATE_VERSION && !attr && !size)
		return LANDLOCK_ABI;
	if (flags == LANDLOCK_CREATE_ERRATA && !attr && !size)
		return LANDLOCK_ERRATA;
	if (flags || !attr)
		return flags ? -EINVAL : -EFAULT;
	err = get_attr(&a, attr, size);
	if (err)
		return err;
	if (a.handled & ~LANDLOCK_ACCESS)
		return -EINVAL;
	return a.handled ? ruleset_open((u32)a.handled) : -ENOMSG;
}

/* The open ruleset with a reference, or ERR_PTR. */
static struct ofile *ruleset_get(int fd)
{
	struct ofile *f = fd_get(fd);

	if (IS_ERR(f))
		return f;
	if (f->of_ops == &ruleset_fops)
		return f;
	ofile_put(f);
	return ERR_PTR(-EBADFD);
}

static int by_vnode(const void *a, const void *b, void *arg)
{
	const struct landrule *x = a, *y = b;

	return x->vn < y->vn ? -1 : x->vn > y->vn;
}

/* One rule a file, in the order of landlayer_create(). */
static void merge(struct ruleset *rs)
{
	struct landrule *last = rs->rules;

	if (rs->n < 2)
		return;
	sort_array(rs->rules, rs->n, sizeof(*rs->rules), by_vnode, NULL);
	for (struct landrule *r = rs->rules + 1; r < rs->rules + rs->n; r++) {
		if (r->vn == last->vn) {
			last->access |= r->access;
			rule_put(r);
		} else {
			*++last = *r;
		}
	}
	rs->n = (u32)(last - rs->rules) + 1;
}

static int make_room(struct ruleset *rs)
{
	u32 room = max(8u, rs->room * 2);
	struct landrule *r;

	if (rs->n < rs->room)
		return 0;
	merge(rs);
	if (rs->n && rs->n <= rs->room / 2)
		return 0;
	if (rs->n >= RULES_MAX)
		return -E2BIG;
	r = kmem_alloc_large(room * sizeof(*r), ALLOC_KERNEL | ALLOC_ZERO);
	if (!r)
		return -ENOMEM;
	if (rs->n)
		memcpy(r, rs->rules, rs->n * sizeof(*r));
	kmem_free_large(rs->rules);
	rs->rules = r;
	rs->room = room;
	return 0;
}

static int add_locked(struct ruleset *rs, const struct fspath *at, u32 access)
{
	struct landrule *r;
	int err = make_room(rs);

	if (err)
		return err;
	r = &rs->rules[rs->n++];
	*r = (struct landrule){ .vn = path_vnode(at), .at = *at, .access = access };
	vnode_get(r->vn);
	fspath_get(&r->at);
	return 0;
}

static int add_rule(struct ruleset *rs, const struct landlock_path_arg *a)
{
	struct ofile *f;
	int err;

	if (!a->allowed)
		return -ENOMSG;
	if ((a->allowed | rs->handled) != rs->handled)
		return -EINVAL;
	f = fd_get_path(a->fd);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	if (f->of_ops == &ruleset_fops || !f->of_path.mnt || (f->of_path.mnt->mp_flags & MOUNT_INTERNAL)) {
		err = -EBADFD;
	} else if (!vnode_is_dir(path_vnode(&f->of_path)) && (a->allowed & ~LANDLOCK_ACCESS_FILE)) {
		err = -EINVAL;
	} else {
		kmutex_lock(&rs->lock);
		err = add_locked(rs, &f->of_path, (u32)a->allowed);
		kmutex_unlock(&rs->lock);
	}
	ofile_put(f);
	return err;
}

long sys_landlock_add_rule(int fd, u32 type, const void __user *attr, u32 flags)
{
	struct landlock_path_arg a;
	struct ofile *f;
	long err;

	if (flags)
		return -EINVAL;
	f = ruleset_get(fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (type != LANDLOCK_RULE_PATH)
		err = -EINVAL;
	else if (user_copyin(&a, attr, sizeof(a)))
		err = -EFAULT;
	else
		err = add_rule(f->of_priv, &a);
	ofile_put(f);
	return err;
}

static int restrict_self(struct ruleset *rs)
{
	struct credset *c = cred_prepare();
	struct landlayer *l;

	if (!c)
		return -ENOMEM;
	kmutex_lock(&rs->lock);
	merge(rs);
	l = landlayer_create(c->landlock, rs->handled, rs->rules, rs->n);
	kmutex_unlock(&rs->lock);
	if (IS_ERR(l)) {
		cred_put(c);
		return (int)PTR_ERR(l);
	}
	landlayer_put(c->landlock);
	c->landlock = l;
	cred_commit(c);
	return 0;
}

long sys_landlock_restrict_self(int fd, u32 flags)
{
	struct ofile *f;
	long err;

	if (!cred_self()->no_new_privs && !cap_has_self(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags)
		return -EINVAL;
	f = ruleset_get(fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	err = restrict_self(f->of_priv);
	ofile_put(f);
	return err;
}
