// SPDX-License-Identifier: GPL-2.0-only
/*
 * File system types and mounted instances.
 *
 * An instance lives while something refers to it: each mount, and those who
 * look at it for a moment. At the last reference names go first, then cached
 * vnodes, then ops->unmount frees what the file system itself holds; it must
 * leave no vnode behind.
 *
 * Lock order: fstypes_lock and instances_lock are leaves.
 */
#include "vfs_impl.h"

#include <tern/base/foreign.h>
#include <tern/drivers/blkdev.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/userns.h>
#include <tern/lib/idmap.h>
#include <tern/lib/seqbuf.h>

static struct spin fstypes_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects fstypes */
static LIST_HEAD(fstypes);
static struct spin instances_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects instances */
static LIST_HEAD(instances);
static struct spin dev_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects dev_map */
static u64 *dev_map;			/* anonymous minors in use */
static size_t dev_map_bits;

int mountopts_each(const char *data, int (*fn)(void *ctx, char *word), void *ctx)
{
	char *copy, *rest, *word;
	int err = 0;

	if (!data || !*data)
		return 0;
	copy = rest = kmem_strdup(data, ALLOC_KERNEL);
	if (!copy)
		return -ENOMEM;
	while (!err && (word = strsep(&rest, ",")))
		if (*word)
			err = fn(ctx, word);
	kmem_free(copy);
	return err;
}

int fstype_register(struct fstype *t)
{
	int err = 0;
	struct fstype *other;

	spin_lock(&fstypes_lock);
	list_foreach(other, &fstypes, link) {
		if (!strcmp(other->name, t->name))
			err = -EBUSY;
	}
	if (!err)
		list_add_tail(&t->link, &fstypes);
	spin_unlock(&fstypes_lock);
	return err;
}

void fstype_unregister(struct fstype *t)
{
	spin_lock(&fstypes_lock);
	list_del(&t->link);
	spin_unlock(&fstypes_lock);
}

struct fstype *fstype_find(const char *name)
{
	struct fstype *t, *found = NULL;

	spin_lock(&fstypes_lock);
	list_foreach(t, &fstypes, link) {
		size_t n = strlen(t->name);

		if (!strncmp(t->name, name, n) && (!name[n] || (name[n] == '.' && (t->flags & FSTYPE_SUBTYPE)))) {
			found = t;
			break;
		}
	}
	spin_unlock(&fstypes_lock);
	return found;
}

struct fstype *fstype_request(const char *name)
{
	struct fstype *t = fstype_find(name);

	if (t || foreign_request("fs-%.*s", (int)strcspn(name, "."), name))
		return t;
	return fstype_find(name);
}

const char *fstype_name(u64 n)
{
	const char *name = NULL;
	struct fstype *t;

	spin_lock(&fstypes_lock);
	list_foreach(t, &fstypes, link) {
		if (!(t->flags & FSTYPE_INTERNAL) && !n--) {
			name = t->name;
			break;
		}
	}
	spin_unlock(&fstypes_lock);
	return name;
}

int fstype_number(const char *name)
{
	struct fstype *t;
	int n = 0, found = -EINVAL;

	spin_lock(&fstypes_lock);
	list_foreach(t, &fstypes, link) {
		if (t->flags & FSTYPE_INTERNAL)
			continue;
		if (!strcmp(t->name, name)) {
			found = n;
			break;
		}
		n++;
	}
	spin_unlock(&fstypes_lock);
	return found;
}

void filesystems_print(struct seqbuf *sb)
{
	struct fstype *t;

	spin_lock(&fstypes_lock);
	list_foreach(t, &fstypes, link) {
		if (!(t->flags & FSTYPE_INTERNAL))
			seqbuf_printf(sb, "%s\t%s\n", t->flags & FSTYPE_NODEV ? "nodev" : "", t->name);
	}
	spin_unlock(&fstypes_lock);
}

void filesys_init(void)
{
	typedef struct fstype *fstype_ref;

	TABLE_FOREACH(fstype, fstype_ref, t)
		VERIFY(fstype_register(*t) == 0);
}

/* ---- anonymous device numbers: major 0, minor from 1 ---- */

static bool dev_map_grow(size_t had)
{
	size_t bits = had ? had * 2 : 1024;
	u64 *map = kmem_zalloc(bits / 8, ALLOC_KERNEL), *old = map;

	if (!map)
		return false;
	spin_lock(&dev_lock);
	if (dev_map_bits == had) {
		if (had)
			memcpy(map, dev_map, had / 8);
		old = dev_map;
		dev_map = map;
		dev_map_bits = bits;
	}
	spin_unlock(&dev_lock);
	kmem_free(old);
	return true;
}

u64 filesys_dev_alloc(void)
{
	for (;;) {
		size_t i, n;

		spin_lock(&dev_lock);
		n = dev_map_bits;
		for (i = 1; i < n && (dev_map[i / 64] >> (i % 64) & 1); i++)
			;
		if (i < n)
			dev_map[i / 64] |= BIT(i % 64);
		spin_unlock(&dev_lock);
		if (i < n)
			return DEV_MAKE(0, i);
		if (!dev_map_grow(n))
			return 0;
	}
}

void filesys_dev_free(u64 dev)
{
	size_t i = DEV_MINOR(dev);

	spin_lock(&dev_lock);
	dev_map[i / 64] &= ~BIT(i % 64);
	spin_unlock(&dev_lock);
}

/* ---- instances ---- */

struct userns *fstype_owner(const struct fstype *t)
{
	if (!(t->flags & FSTYPE_USERNS))
		return &userns_initial;
	if (t->flags & FSTYPE_PIDNS)
		return pidns_self()->base.owner;
	if (t->flags & FSTYPE_IPCNS)
		return nsset_self()->ipc->base.owner;
	if (t->flags & FSTYPE_CGROUPNS)
		return nsset_self()->cgroup->owner;
	return t->flags & FSTYPE_NETNS ? nsset_self()->net->owner : userns_self();
}

struct filesys *filesys_alloc(const struct fstype *t, const struct filesys_ops *ops)
{
	struct filesys *fs = kmem_zalloc(sizeof(*fs), ALLOC_KERNEL);

	if (!fs)
		return NULL;
	fs->dev = filesys_dev_alloc();
	if (!fs->dev) {
		kmem_free(fs);
		return NULL;
	}
	fs->type = t;
	fs->ops = ops;
	fs->owner = userns_get(fstype_owner(t));
	if (fs->owner != &userns_initial)
		fs->flags |= FILESYS_NODEV;
	ref_init(&fs->refs, 1);
	fs->blksize = PAGE_SIZE;
	fs->max_file_size = (u64)S64_MAX;
	fs->name_max = NAME_MAX;
	fs->time_gran = 1;
	kmutex_init(&fs->rename_lock, LOCKRANK_FS_RENAME);
	spin_init(&fs->lock, LOCKRANK_FS_SPIN);
	list_init(&fs->vnodes);
	spin_lock(&instances_lock);
	list_add_tail(&fs->link, &instances);
	spin_unlock(&instances_lock);
	return fs;
}

int filesys_root_set(struct filesys *fs, struct vnode *vn)
{
	struct ncent *nc = ncent_anon(fs, vn, "/");

	if (!nc) {
		vnode_put(vn);
		return -ENOMEM;
	}
	ncent_flags_set(nc, 0, NCENT_DISCONNECTED);
	fs->root = nc;
	return 0;
}

void filesys_put(struct filesys *fs)
{
	if (!ref_put(&fs->refs))
		return;
	spin_lock(&instances_lock);
	list_del(&fs->link);
	spin_unlock(&instances_lock);
	if (fs->root) {
		ncent_prune(fs->root);
		(void)fs->ops->sync(fs, true);
		ncent_put(fs->root);
	}
	(void)vnode_evict_all(fs);
	fs->ops->unmount(fs);
	WARN_IF(!list_is_empty(&fs->vnodes));
	if (DEV_MAJOR(fs->dev) == 0)
		filesys_dev_free(fs->dev);
	kmem_free(fs->source);
	kmem_free(fs->subtype);
	userns_put(fs->owner);
	rcu_defer_free(&fs->rcu, fs);
}

void filesys_discard(struct filesys *fs)
{
	spin_lock(&instances_lock);
	list_del(&fs->link);
	spin_unlock(&instances_lock);
	filesys_dev_free(fs->dev);
	kmem_free(fs->priv);
	userns_put(fs->owner);
	kmem_free(fs);
}

/* Next instance behind @fs with a reference; drops @fs. */
static struct filesys *instance_next(struct filesys *fs)
{
	struct filesys *next = NULL;
	struct list *l;

	spin_lock(&instances_lock);
	for (l = fs ? fs->link.next : instances.next; l != &instances; l = l->next) {
		next = list_entry(l, struct filesys, link);
		if (ref_get_unless_zero(&next->refs))
			break;
		next = NULL;
	}
	spin_unlock(&instances_lock);
	if (fs)
		filesys_put(fs);
	return next;
}

void filesys_foreach_vnode(void (*fn)(struct vnode *vn, void *arg), void *arg)
{
	for (struct filesys *fs = instance_next(NULL); fs; fs = instance_next(fs)) {
		struct vnode *vn;

		spin_lock(&fs->lock);
		list_foreach(vn, &fs->vnodes, vn_fs_link)
			fn(vn, arg);
		spin_unlock(&fs->lock);
	}
}

struct filesys *filesys_by_dev(u64 dev)
{
	struct filesys *fs;

	for (fs = instance_next(NULL); fs; fs = instance_next(fs)) {
		if (fs->dev == dev)
			return fs;
	}
	return NULL;
}

static bool is_dirty(const struct vnode *vn)
{
	return !(vn->vn_pages.flags & PAGECACHE_NOWRITEBACK) &&
	       ((READ_ONCE(vn->vn_flags) & VNODE_DIRTY_ATTR) || radix_has_tag(&vn->vn_pages.pages, PC_TAG_DIRTY) ||
		radix_has_tag(&vn->vn_pages.pages, PC_TAG_WRITEBACK));
}

/*
 * Next vnode of @fs behind @vn that has dirty data, with a reference; drops @vn. An unused one
 * is found again by its number, or is being evicted and then writes itself.
 */
static struct vnode *dirty_next(struct filesys *fs, struct vnode *vn)
{
	struct vnode *next = NULL;
	struct list *l;
	u64 ino = 0;

	spin_lock(&fs->lock);
	for (l = vn ? vn->vn_fs_link.next : fs->vnodes.next; l != &fs->vnodes; l = l->next) {
		next = list_entry(l, struct vnode, vn_fs_link);
		if (is_dirty(next)) {
			if (atomic_inc_not_zero(&next->vn_refs))
				break;
			if ((next->vn_flags & (VNODE_HASHED | VNODE_FREEING)) == VNODE_HASHED) {
				ino = next->vn_ino;
				next = NULL;
				break;
			}
		}
		next = NULL;
	}
	spin_unlock(&fs->lock);
	if (ino) {
		/* It may have gone meanwhile: begin anew, it is not met again. */
		next = vnode_find(fs, ino);
		if (!next) {
			vnode_put(vn);
			return dirty_next(fs, NULL);
		}
	}
	vnode_put(vn);
	return next;
}

int filesys_sync_one(struct filesys *fs)
{
	struct blkplug plug;
	int err = 0, e;

	for (struct vnode *vn = dirty_next(fs, NULL); vn; vn = dirty_next(fs, vn)) {
		blkplug_begin(&plug);
		e = pagecache_flush(vn->vn_pc, 0, S64_MAX, true);
		blkplug_end(&plug);
		if (!err)
			err = e;
		if (vn->vn_flags & VNODE_DIRTY_ATTR)
			(void)fs->ops->write_attr(vn, true);
	}
	e = fs->ops->sync(fs, true);
	return err ? err : e;
}

void filesys_sync_all(void)
{
	for (struct filesys *fs = instance_next(NULL); fs; fs = instance_next(fs))
		(void)filesys_sync_one(fs);
}
