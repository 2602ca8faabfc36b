// SPDX-License-Identifier: GPL-2.0-only
/*
 * Character device numbers -> drivers. Opening a device node looks its number
 * up here and gives the file over to the driver's operations. Block device
 * nodes find theirs through blkdev_open_hook, which the storage layer sets.
 */
#include "vfs_impl.h"
#include <tern/base/foreign.h>

#include <tern/fs/chardev.h>
#include <tern/lib/seqbuf.h>

#define DYNAMIC_FIRST	254u	/* majors are handed out downwards, as on Linux */
#define DYNAMIC_LAST	234u

static struct spin chardevs_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects chardevs */
static LIST_HEAD(chardevs);

/* The narrowest range: a driver may hold all minors and give some of them to others. */
static struct chardev *find_locked(u32 major, u32 minor)
{
	struct chardev *c, *found = NULL;

	list_foreach(c, &chardevs, link) {
		if (c->major == major && minor >= c->minor && minor - c->minor < c->count &&
		    (!found || c->count < found->count))
			found = c;
	}
	return found;
}

static bool is_within(const struct chardev *inner, const struct chardev *outer)
{
	return inner->count < outer->count && inner->minor >= outer->minor &&
		(u64)inner->minor + inner->count <= (u64)outer->minor + outer->count;
}

static bool overlaps_locked(const struct chardev *n)
{
	struct chardev *c;

	list_foreach(c, &chardevs, link) {
		if (c->major == n->major && (u64)c->minor < (u64)n->minor + n->count &&
		    (u64)n->minor < (u64)c->minor + c->count && !is_within(n, c))
			return true;
	}
	return false;
}

static u32 free_major_locked(void)
{
	struct chardev *c;

	for (u32 m = DYNAMIC_FIRST; m >= DYNAMIC_LAST; m--) {
		bool used = false;

		list_foreach(c, &chardevs, link)
			used |= c->major == m;
		if (!used)
			return m;
	}
	/* Then anything above the classic 8 bits. */
	for (u32 m = 511; m > 255; m--) {
		bool used = false;

		list_foreach(c, &chardevs, link)
			used |= c->major == m;
		if (!used)
			return m;
	}
	return 0;
}

u32 chardev_alloc_major(void)
{
	u32 m;

	spin_lock(&chardevs_lock);
	m = free_major_locked();
	spin_unlock(&chardevs_lock);
	return m;
}

int chardev_register(struct chardev *c)
{
	int err = 0;

	ofile_ops_verify(c->ops);
	spin_lock(&chardevs_lock);
	if (!c->major)
		c->major = free_major_locked();
	if (!c->major || overlaps_locked(c))
		err = -EBUSY;
	else
		list_add_tail(&c->link, &chardevs);
	spin_unlock(&chardevs_lock);
	return err;
}

void chardev_unregister(struct chardev *c)
{
	spin_lock(&chardevs_lock);
	list_del(&c->link);
	spin_unlock(&chardevs_lock);
}

bool chardev_is_used(u32 major, u32 minor)
{
	bool used;

	spin_lock(&chardevs_lock);
	used = find_locked(major, minor) != NULL;
	spin_unlock(&chardevs_lock);
	return used;
}

bool chardev_major_is_used(u32 major)
{
	struct chardev *c;
	bool used = false;

	spin_lock(&chardevs_lock);
	list_foreach(c, &chardevs, link)
		used |= c->major == major;
	spin_unlock(&chardevs_lock);
	return used;
}

static struct chardev *chardev_find(u64 rdev)
{
	struct chardev *c;

	spin_lock(&chardevs_lock);
	c = find_locked(DEV_MAJOR(rdev), DEV_MINOR(rdev));
	spin_unlock(&chardevs_lock);
	return c;
}

struct chardev *chardev_of(const struct ofile *f)
{
	return S_ISCHR(f->of_vnode->vn_mode) ? chardev_find(f->of_vnode->vn_rdev) : NULL;
}

void chardev_print(struct seqbuf *sb)
{
	struct chardev *c;

	seqbuf_puts(sb, "Character devices:\n");
	spin_lock(&chardevs_lock);
	for (u32 m = 0; m < 512; m++) {
		const char *last = NULL;

		list_foreach(c, &chardevs, link) {
			if (c->major != m || (last && !strcmp(last, c->name)))
				continue;
			seqbuf_printf(sb, "%3u %s\n", m, c->name);
			last = c->name;
		}
	}
	spin_unlock(&chardevs_lock);
}

/* The driver of a number; a module is asked for first if there is none. */
static struct chardev *chardev_request(u64 rdev)
{
	struct chardev *c = chardev_find(rdev);

	if (c)
		return c;
	if (foreign_request("char-major-%u-%u", DEV_MAJOR(rdev), DEV_MINOR(rdev)))
		(void)foreign_request("char-major-%u", DEV_MAJOR(rdev));
	return chardev_find(rdev);
}

static int chardev_open(struct ofile *f, struct vnode *vn)
{
	struct chardev *c = chardev_request(vn->vn_rdev);

	if (!c)
		return -ENXIO;
	f->of_ops = c->ops;
	f->of_priv = c->priv;
	return c->ops->open(f, vn);
}

int (*blkdev_open_hook)(struct ofile *f, struct vnode *vn);

static int blkdev_open(struct ofile *f, struct vnode *vn)
{
	int (*hook)(struct ofile *, struct vnode *) = READ_ONCE(blkdev_open_hook);

	return hook ? hook(f, vn) : -ENXIO;
}

/* What a device vnode offers before it is open. */
const struct ofile_ops chardev_fops = { .open = chardev_open, .release = fop_default_release, FOPS_REFUSE };
const struct ofile_ops blkdev_fops = { .open = blkdev_open, .release = fop_default_release, FOPS_REFUSE };

void chardev_init(void)
{
	ofile_ops_verify(&chardev_fops);
	ofile_ops_verify(&blkdev_fops);
}
