// SPDX-License-Identifier: GPL-2.0-only
/* Mount namespaces, the root file system and internal mounts. */
#include "mount_impl.h"

#include "mountop_impl.h"

#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/nsfs.h>
#include <tern/fs/landlock.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>

struct mountns *mountns_initial;
static u64 next_serial = 1;

static void mountns_destroy(struct nsbase *b)
{
	struct mountns *ns = container_of(b, struct mountns, base);
	LIST_HEAD(dead);

	mounts_lock();
	if (ns->root)
		mount_drop_tree(ns->root, &dead);
	mounts_unlock(NULL);
	mount_put_list(&dead);
	kmem_free(ns);
}

static struct mountns *mountns_alloc(struct userns *owner)
{
	struct mountns *ns = kmem_zalloc(sizeof(*ns), ALLOC_KERNEL);

	if (!ns)
		return NULL;
	nsbase_init(&ns->base, NSKIND_MNT, owner, mountns_destroy);
	list_init(&ns->mounts);
	waitq_init(&ns->waitq);
	ns->event = 1;
	ns->serial = __atomic_fetch_add(&next_serial, 1, __ATOMIC_RELAXED);
	return ns;
}

struct mountns *mountns_self(void)
{
	struct nsbase *b = nsset_self()->mnt;

	return b ? container_of(b, struct mountns, base) : mountns_initial;
}

struct userns *mountns_owner(const struct mountns *ns)
{
	return ns->base.owner;
}

bool mounts_may_change(void)
{
	return !landlock_is_on() && cap_has_in(mountns_self()->base.owner, CAP_SYS_ADMIN);
}

struct waitq *mountns_event(struct nsbase *base, const u64 **count)
{
	struct mountns *ns = container_of(base, struct mountns, base);

	*count = &ns->event;
	return &ns->waitq;
}

/* A path seen in the old tree, moved to the copy that the old mount has. Returns what to put. */
static struct fspath translate(struct fsctx *f, struct fspath *slot, u64 mark)
{
	struct fspath old = *slot, new;

	if (old.mnt->mp_mark != mark || !old.mnt->mp_copy)
		return (struct fspath){ 0 };
	new = (struct fspath){ old.mnt->mp_copy, old.nc };
	fspath_get(&new);
	spin_lock(&f->lock);
	seq_write_begin(&f->seq);
	*slot = new;
	seq_write_end(&f->seq);
	spin_unlock(&f->lock);
	return old;
}

/* Tree lock held: all mounts of @from, each with its copy in mp_copy. */
static int copy_mounts(struct mountns *ns, struct mountns *from)
{
	bool is_lesser = ns->base.owner != from->base.owner;
	u32 how = COPY_RECURSE | COPY_UNBINDABLE | (is_lesser ? COPY_TO_SLAVES : COPY_KEEP_PEERS);
	struct mountpt *copy, *m;

	mount_foreach_tree(m, from->root)
		m->mp_copy = NULL;
	copy = mount_copy_tree(from->root, from->root->mp_root, how);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	if (is_lesser)
		mount_lock_tree(copy);
	ns->root = copy;
	mount_foreach_tree(m, copy)
		mount_ns_set(m, ns);
	return 0;
}

struct nsbase *mountns_clone(struct nsbase *b, struct userns *owner, struct fsctx *fs)
{
	struct mountns *from = b ? container_of(b, struct mountns, base) : mountns_initial;
	struct mountns *ns = mountns_alloc(owner);
	struct fspath old[2] = { 0 };
	struct mountpt *m;
	const u64 mark = U64_MAX;
	int err;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	mounts_lock();
	err = copy_mounts(ns, from);
	if (!err && fs) {
		mount_foreach_tree(m, from->root)
			m->mp_mark = mark;
		old[0] = translate(fs, &fs->root, mark);
		old[1] = translate(fs, &fs->cwd, mark);
		mount_foreach_tree(m, from->root)
			m->mp_mark = 0;
	}
	mounts_unlock(NULL);
	for (u32 i = 0; i < ARRAY_SIZE(old); i++) {
		if (old[i].nc)
			fspath_put(&old[i]);
	}
	if (err) {
		nsbase_put(&ns->base);
		return ERR_PTR(err);
	}
	return &ns->base;
}

void mountns_enter(struct nsbase *b, struct fsctx *fs)
{
	struct mountns *ns = container_of(b, struct mountns, base);
	struct fspath p;

	mounts_lock();
	p = (struct fspath){ ns->root, ns->root->mp_root };
	fspath_get(&p);
	mount_cross(&p);
	mounts_unlock(NULL);
	fsctx_set_root(fs, &p);
	fsctx_set_cwd(fs, &p);
	fspath_put(&p);
}

/* ---- start ---- */

struct mountpt *vfs_kernel_mount(const char *type, void *priv)
{
	struct mount_args args = { .source = type, .priv = priv };
	struct mountpt *m = mount_make(type, &args, MOUNT_INTERNAL, true);

	return m;
}

void vfs_notify_mounts_gone(struct filesys *fs)
{
	vfs_notify(fs->root->nc_vnode, NULL, IN_UNMOUNT);
}

void vfs_init(void)
{
	struct mount_args args = { .source = "rootfs", .data = "mode=755" };
	struct mountpt *root;
	struct fspath p;

	path_name_init();
	ncent_init();
	filesys_init();
	ofile_init();
	root = mount_make("rootfs", &args, 0, true);
	mountns_initial = mountns_alloc(&userns_initial);
	if (IS_ERR(root) || !mountns_initial)
		kpanic("no memory for the root file system");
	mountns_initial->base.inum = NSINUM_MNT;
	mountns_initial->root = root;
	mount_ns_set(root, mountns_initial);
	p = (struct fspath){ root, root->mp_root };
	fsctx_set_root(&fsctx_initial, &p);
	fsctx_set_cwd(&fsctx_initial, &p);
	if (!thread_self()->t_fs)
		thread_self()->t_fs = &fsctx_initial;
	nsfs_init();
	pipe_init();
	chardev_init();
	devtmpfs_init();
}
