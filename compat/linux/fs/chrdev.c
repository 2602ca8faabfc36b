// SPDX-License-Identifier: GPL-2.0-only
/*
 * Character devices of modules. A cdev's range of numbers becomes a native character device; an open file of
 * it gets the vendor's view, a struct file and its inode, on which the module's operations run.
 *
 * Waiting: poll() of a module names the vendor's wait queues it waits on. Each of them gets a relay, an
 * entry that passes wake-ups on to a native queue, which stays until the file is released.
 *
 * Life of a cdev: it keeps its numbers until cdev_del(); open files go on using its module, which they hold.
 *
 * Lock order: view->lock protects the list of relays; numbers_lock the table of numbers.
 */
#include "file_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/fs/chardev.h>
#include <tern/fs/vnode.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define DEVT_MAJOR(d)	((d) >> 20)
#define DEVT_MINOR(d)	((d) & 0xfffffu)
#define FMODE_LSEEK	0x4u
#define FMODE_CAN_READ	0x20000u
#define FMODE_CAN_WRITE	0x40000u
#define FASYNC_FLAG	0x2000u

/* Numbers that a module has reserved, whether a cdev uses them yet or not. */
struct numbers {
	struct list link;
	u32 major, minor, count;
	struct lx_cdev *cdev;		/* of __register_chrdev() */
	char name[64];
};

/* A cdev that is live. */
struct live {
	struct chardev native;		/* first */
	struct lx_cdev *cdev;
	char name[64];
};

struct relay {
	struct lx_wait_queue_entry entry;	/* in the module's queue */
	struct lx_wait_queue_head *head;
	struct waitq native;
	struct list link;
};

static LIST_HEAD(reserved);
static struct kmutex numbers_lock = KMUTEX_INIT(numbers_lock, LOCKRANK_VFS_MISC);

/* ---- numbers ---- */

static struct numbers *numbers_at_locked(u32 major, u32 minor, u32 count)
{
	struct numbers *r;

	list_foreach(r, &reserved, link)
		if (r->major == major && minor < r->minor + r->count && r->minor < minor + count)
			return r;
	return NULL;
}

static bool major_is_used_locked(u32 major)
{
	struct numbers *r;

	list_foreach(r, &reserved, link)
		if (r->major == major)
			return true;
	return false;
}

/* Majors count down, as natively; those that native devices have are not given. */
static u32 free_major_locked(void)
{
	for (u32 major = 254; major >= 234; major--)
		if (!major_is_used_locked(major) && !chardev_major_is_used(major))
			return major;
	for (u32 major = 511; major >= 384; major--)
		if (!major_is_used_locked(major) && !chardev_major_is_used(major))
			return major;
	return 0;
}

static int numbers_take(u32 *major, u32 minor, u32 count, const char *name)
{
	struct numbers *r = kmem_zalloc(sizeof(*r), ALLOC_KERNEL);
	int err = 0;

	if (!r)
		return -ENOMEM;
	kmutex_lock(&numbers_lock);
	if (!*major)
		*major = free_major_locked();
	if (!*major || numbers_at_locked(*major, minor, count))
		err = -EBUSY;
	if (!err) {
		*r = (struct numbers){ .major = *major, .minor = minor, .count = count };
		strlcpy(r->name, name, sizeof(r->name));
		list_add(&r->link, &reserved);
	}
	kmutex_unlock(&numbers_lock);
	if (err)
		kmem_free(r);
	return err;
}

static void numbers_drop(u32 major, u32 minor, u32 count)
{
	struct numbers *r;

	kmutex_lock(&numbers_lock);
	r = numbers_at_locked(major, minor, count);
	if (r)
		list_del(&r->link);
	kmutex_unlock(&numbers_lock);
	kmem_free(r);
}

static void numbers_name(u32 major, u32 minor, char *out, size_t n)
{
	struct numbers *r;

	kmutex_lock(&numbers_lock);
	r = numbers_at_locked(major, minor, 1);
	strlcpy(out, r ? r->name : "module", n);
	kmutex_unlock(&numbers_lock);
}

int lx_alloc_chrdev_region(unsigned int *devt, unsigned int minor, unsigned int count, const char *name)
{
	u32 major = 0;
	int err = numbers_take(&major, minor, count, name);

	if (!err)
		*devt = major << 20 | minor;
	return err;
}
LX_EXPORT(alloc_chrdev_region);

int lx_register_chrdev_region(unsigned int devt, unsigned int count, const char *name)
{
	u32 major = DEVT_MAJOR(devt);

	return major ? numbers_take(&major, DEVT_MINOR(devt), count, name) : -EINVAL;
}
LX_EXPORT(register_chrdev_region);

void lx_unregister_chrdev_region(unsigned int devt, unsigned int count)
{
	numbers_drop(DEVT_MAJOR(devt), DEVT_MINOR(devt), count);
}
LX_EXPORT(unregister_chrdev_region);

/* ---- open files ---- */

struct file_view *lx_view_of(const struct ofile *f) { return f->of_priv; }

struct ofile *lx_file_native(struct lx_file *file) { return container_of(file, struct file_view, file)->native; }

static bool relay_wake(struct relay *r, u64 key)
{
	waitq_wake(&r->native, 0, key);
	return true;
}

static int relay_func(struct lx_wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	(void)relay_wake(container_of(e, struct relay, entry), (u64)(uptr)key);
	return 0;
}

static struct relay *relay_find(struct file_view *v, struct lx_wait_queue_head *head)
{
	struct relay *r, *made = NULL;

	kmutex_lock(&v->lock);
	list_foreach(r, &v->relays, link)
		if (r->head == head)
			made = r;
	if (!made)
		made = kmem_zalloc(sizeof(*made), ALLOC_KERNEL);
	if (made && !made->head) {
		made->head = head;
		waitq_init(&made->native);
		made->entry.func = relay_func;
		list_add(&made->link, &v->relays);
		lx_add_wait_queue(head, &made->entry);
	}
	kmutex_unlock(&v->lock);
	return made;
}

void lx_view_drop_relays(struct file_view *v)
{
	while (!list_is_empty(&v->relays)) {
		struct relay *r = list_first_entry(&v->relays, struct relay, link);

		lx_remove_wait_queue(r->head, &r->entry);
		waitq_wake_all(&r->native);
		list_del(&r->link);
		kmem_free(r);
	}
}

/* The vendor's poll table, with ours behind it. */
struct table_pair {
	struct lx_poll_table_struct table;
	struct poll_table *native;
	bool has_failed;
};

static void queue_relay(struct lx_file *file, struct lx_wait_queue_head *head, struct lx_poll_table_struct *t)
{
	struct table_pair *pair = container_of(t, struct table_pair, table);
	struct relay *r = relay_find(container_of(file, struct file_view, file), head);

	if (r)
		poll_wait(lx_file_native(file), &r->native, pair->native);
	else
		pair->has_failed = true;
}

static u32 file_poll(struct ofile *f, struct poll_table *pt)
{
	struct file_view *v = lx_view_of(f);
	struct table_pair pair = { .native = pt };
	u32 events;

	if (!v->file.f_op->poll)
		return POLLDEFAULT;
	pair.table._qproc = pt ? queue_relay : NULL;
	pair.table._key = pt ? pt->events : ~0u;
	if (lx_task_enter())
		return POLLERR;
	events = v->file.f_op->poll(&v->file, &pair.table);
	return pair.has_failed ? events | POLLERR : events;
}

/* One call of the module's for each piece of user memory. */
static ssize_t file_move(struct ofile *f, struct uio *u, loff_t *pos, bool is_write)
{
	struct file_view *v = lx_view_of(f);
	const struct lx_file_operations *ops = v->file.f_op;
	ssize_t done = 0, n = lx_task_enter();

	if (n)
		return n;
	if (is_write ? !ops->write : !ops->read)
		return -EINVAL;
	if (u->kind != UIO_USER)
		return -EINVAL;
	v->file.f_flags = f->of_flags;
	while (u->resid || !done) {
		char *at = u->nsegs ? (char *)u->iov->iov_base + u->seg_off : NULL;
		size_t len = u->nsegs ? min(u->iov->iov_len - u->seg_off, u->resid) : 0;
		long long where = *pos;

		n = is_write ? ops->write(&v->file, at, len, &where) : ops->read(&v->file, at, len, &where);
		if (n < 0)
			return done ? done : n;
		*pos = where;
		done += n;
		uio_skip(u, (size_t)n);
		if ((size_t)n < len || !u->resid)
			break;
	}
	return done;
}

static ssize_t file_read(struct ofile *f, struct uio *u, loff_t *pos) { return file_move(f, u, pos, false); }
static ssize_t file_write(struct ofile *f, struct uio *u, loff_t *pos) { return file_move(f, u, pos, true); }

static loff_t file_seek(struct ofile *f, loff_t off, int whence)
{
	struct file_view *v = lx_view_of(f);
	loff_t pos;

	if (!v->file.f_op->llseek || lx_task_enter())
		return -ESPIPE;
	v->file.f_pos = f->of_pos;
	pos = v->file.f_op->llseek(&v->file, off, whence);
	f->of_pos = v->file.f_pos;
	return pos;
}

static long file_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct file_view *v = lx_view_of(f);
	long r = lx_task_enter();

	if (r)
		return r;
	if (!v->file.f_op->unlocked_ioctl)
		return -ENOTTY;
	v->file.f_flags = f->of_flags;
	r = v->file.f_op->unlocked_ioctl(&v->file, cmd, arg);
	return r == -515 ? -ENOTTY : r;		/* ENOIOCTLCMD */
}

static int file_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync)
{
	struct file_view *v = lx_view_of(f);
	int err = lx_task_enter();

	if (err)
		return err;
	return v->file.f_op->fsync ? v->file.f_op->fsync(&v->file, start, end, datasync) : -EINVAL;
}

static int file_flush(struct ofile *f)
{
	struct file_view *v = lx_view_of(f);
	int err = lx_task_enter();

	return err || !v->file.f_op->flush ? err : v->file.f_op->flush(&v->file, NULL);
}

static int file_set_flags(struct ofile *f, u32 flags)
{
	struct file_view *v = lx_view_of(f);
	u32 changed = f->of_flags ^ flags;
	int err = lx_task_enter();

	if (!err && (changed & FASYNC_FLAG)) {
		if (!v->file.f_op->fasync)
			return -EINVAL;
		err = v->file.f_op->fasync(-1, &v->file, (flags & FASYNC_FLAG) != 0);
		if (err > 0)
			err = 0;
	}
	if (!err)
		err = fop_default_set_flags(f, flags);
	v->file.f_flags = f->of_flags;
	return err;
}

void lx_view_release(struct file_view *v)
{
	const struct lx_file_operations *ops = v->file.f_op;

	if (lx_task_enter() == 0) {
		if ((v->file.f_flags & FASYNC_FLAG) && ops->fasync)
			(void)ops->fasync(-1, &v->file, 0);
		lx_view_drop_relays(v);
		if (ops->release)
			(void)ops->release(&v->inode, &v->file);
	}
	lx_module_put(ops->owner);
	if (v->cdev)
		lx_kobject_put(&v->cdev->kobj);
	kmem_free(v);
}

static void file_release(struct ofile *f)
{
	struct file_view *v = lx_view_of(f);

	WRITE_ONCE(v->native, NULL);
	if (!__atomic_sub_fetch(&v->file.f_count.counter, 1, __ATOMIC_SEQ_CST))
		lx_view_release(v);
}

void lx_view_init(struct file_view *v, struct ofile *f, const struct lx_file_operations *ops)
{
	kmutex_init(&v->lock, LOCKRANK_VFS_MISC);
	list_init(&v->relays);
	v->native = f;
	v->file.f_op = ops;
	v->file.f_inode = &v->inode;
	v->file.f_mapping = v->inode.i_mapping = &v->mapping;
	v->mapping.host = &v->inode;
	v->file.f_flags = f->of_flags;
	v->file.f_count.counter = 1;
	v->file.f_mode = (f->of_mode & (OFILE_READ | OFILE_WRITE)) | FMODE_LSEEK |
		(ops->read || ops->read_iter ? FMODE_CAN_READ : 0) |
		(ops->write || ops->write_iter ? FMODE_CAN_WRITE : 0);
}

struct file_view *lx_view_make(struct ofile *f, const struct lx_file_operations *ops)
{
	struct file_view *v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);

	if (v)
		lx_view_init(v, f, ops);
	return v;
}

static int file_open(struct ofile *f, struct vnode *vn)
{
	struct live *live = f->of_priv;
	struct lx_cdev *cdev = live->cdev;
	struct file_view *v;
	int err = lx_task_enter();

	if (err)
		return err;
	if (!lx_try_module_get(cdev->ops->owner))
		return -ENXIO;
	v = lx_view_make(f, cdev->ops);
	if (!v) {
		lx_module_put(cdev->ops->owner);
		return -ENOMEM;
	}
	lx_kobject_get(&cdev->kobj);
	v->cdev = cdev;
	v->inode.i_mode = (unsigned short)vn->vn_mode;
	v->inode.i_rdev = (u32)(DEV_MAJOR(vn->vn_rdev) << 20 | DEV_MINOR(vn->vn_rdev));
	v->inode.i_cdev = cdev;
	f->of_priv = v;
	if (cdev->ops->open)
		err = cdev->ops->open(&v->inode, &v->file);
	if (err) {
		lx_view_drop_relays(v);
		lx_module_put(cdev->ops->owner);
		lx_kobject_put(&cdev->kobj);
		kmem_free(v);
		return err == -515 ? -ENXIO : err;
	}
	if (!(v->file.f_mode & FMODE_LSEEK))
		ofile_make_stream(f);
	return 0;
}

const struct ofile_ops lx_file_fops = {
	.open = file_open, .flush = file_flush, .release = file_release, .read = file_read, .write = file_write,
	.seek = file_seek, .readdir = fop_no_readdir, .poll = file_poll, .ioctl = file_ioctl,
	.mmap = fop_no_mmap, .fsync = file_fsync, .fallocate = fop_no_fallocate,
	.splice_read = fop_default_splice_read, .splice_write = fop_default_splice_write,
	.set_flags = file_set_flags, .show_fdinfo = fop_default_show_fdinfo,
};

/* ---- cdevs ---- */

static void cdev_static_release(struct lx_kobject *k) { }
static void cdev_made_release(struct lx_kobject *k) { kmem_free(container_of(k, struct lx_cdev, kobj)); }
static const struct lx_kobj_type static_type = { .release = cdev_static_release };
static const struct lx_kobj_type made_type = { .release = cdev_made_release };

void lx_cdev_init(struct lx_cdev *c, const struct lx_file_operations *ops)
{
	memset(c, 0, sizeof(*c));
	c->list.next = c->list.prev = &c->list;
	lx_kobject_init(&c->kobj, &static_type);
	c->ops = ops;
}
LX_EXPORT(cdev_init);

struct lx_cdev *lx_cdev_alloc(void)
{
	struct lx_cdev *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);

	if (c) {
		c->list.next = c->list.prev = &c->list;
		lx_kobject_init(&c->kobj, &made_type);
	}
	return c;
}
LX_EXPORT(cdev_alloc);

/* The list head of a cdev is not used by modules: it leads to the native device. */
int lx_cdev_add(struct lx_cdev *c, unsigned int devt, unsigned int count)
{
	struct live *l = kmem_zalloc(sizeof(*l), ALLOC_KERNEL);
	int err;

	if (!l)
		return -ENOMEM;
	c->dev = devt;
	c->count = count;
	l->cdev = c;
	numbers_name(DEVT_MAJOR(devt), DEVT_MINOR(devt), l->name, sizeof(l->name));
	l->native = (struct chardev){ .name = l->name, .major = DEVT_MAJOR(devt), .minor = DEVT_MINOR(devt),
				      .count = count, .ops = &lx_file_fops, .priv = l };
	err = chardev_register(&l->native);
	if (err) {
		kmem_free(l);
		return err;
	}
	lx_kobject_get(c->kobj.parent);
	c->list.next = (struct lx_list_head *)l;
	return 0;
}
LX_EXPORT(cdev_add);

void lx_cdev_del(struct lx_cdev *c)
{
	struct live *l = (struct live *)c->list.next;
	struct lx_kobject *k = &c->kobj;

	if ((struct lx_list_head *)l == &c->list || !l)
		return;
	c->list.next = &c->list;
	chardev_unregister(&l->native);
	kmem_free(l);
	lx_kobject_put(k);
}
LX_EXPORT(cdev_del);

void lx_cdev_set_parent(struct lx_cdev *c, struct lx_kobject *parent) { c->kobj.parent = parent; }
LX_EXPORT(cdev_set_parent);

int lx_cdev_device_add(struct lx_cdev *c, struct lx_device *dev)
{
	int err = 0;

	if (dev->devt) {
		lx_cdev_set_parent(c, &dev->kobj);
		err = lx_cdev_add(c, dev->devt, 1);
	}
	if (err)
		return err;
	err = lx_device_add(dev);
	if (err && dev->devt)
		lx_cdev_del(c);
	return err;
}
LX_EXPORT(cdev_device_add);

void lx_cdev_device_del(struct lx_cdev *c, struct lx_device *dev)
{
	lx_device_del(dev);
	if (dev->devt)
		lx_cdev_del(c);
}
LX_EXPORT(cdev_device_del);

/* A range of 256 numbers with a cdev of our own. */
int lx___register_chrdev(unsigned int major, unsigned int minor, unsigned int count, const char *name,
			 const struct lx_file_operations *ops)
{
	u32 got = major;
	struct lx_cdev *c;
	int err = numbers_take(&got, minor, count, name);

	if (err)
		return err;
	c = lx_cdev_alloc();
	if (!c) {
		numbers_drop(got, minor, count);
		return -ENOMEM;
	}
	c->owner = ops->owner;
	c->ops = ops;
	err = lx_cdev_add(c, got << 20 | minor, count);
	if (!err) {
		kmutex_lock(&numbers_lock);
		numbers_at_locked(got, minor, count)->cdev = c;
		kmutex_unlock(&numbers_lock);
		return major ? 0 : (int)got;
	}
	lx_kobject_put(&c->kobj);
	numbers_drop(got, minor, count);
	return err;
}
LX_EXPORT(__register_chrdev);

void lx___unregister_chrdev(unsigned int major, unsigned int minor, unsigned int count, const char *name)
{
	struct numbers *r;

	kmutex_lock(&numbers_lock);
	r = numbers_at_locked(major, minor, count);
	kmutex_unlock(&numbers_lock);
	if (r && r->cdev)
		lx_cdev_del(r->cdev);
	numbers_drop(major, minor, count);
}
LX_EXPORT(__unregister_chrdev);
