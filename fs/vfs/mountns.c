// SPDX-License-Identifier: GPL-2.0-only
/* Mount namespaces, the root file system, internal mounts, and the mount tables in /proc. */
#include "mount_impl.h"

#include "mountop_impl.h"

#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/nsfs.h>
#include <tern/fs/landlock.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/seqbuf.h>

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

/* ---- tables ---- */

static const struct { u32 bit; const char *text; } mount_flag_names[] = {
	{ MOUNT_NOSUID, ",nosuid" }, { MOUNT_NODEV, ",nodev" }, { MOUNT_NOEXEC, ",noexec" },
	{ MOUNT_NOATIME, ",noatime" }, { MOUNT_NODIRATIME, ",nodiratime" },
	{ MOUNT_RELATIME, ",relatime" }, { MOUNT_NOSYMFOLLOW, ",nosymfollow" },
};

static void print_mount_flags(struct seqbuf *sb, const struct mountpt *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_flag_names); i++) {
		if (m->mp_flags & mount_flag_names[i].bit)
			seqbuf_puts(sb, mount_flag_names[i].text);
	}
}

static void print_fs_flags(struct seqbuf *sb, struct filesys *fs)
{
	if (fs->flags & FILESYS_SYNC)
		seqbuf_puts(sb, ",sync");
}

static void print_source(struct seqbuf *sb, const struct mountpt *m)
{
	seqbuf_puts_escaped(sb, m->mp_source && *m->mp_source ? m->mp_source : "none", "#");
}

static void print_type(struct seqbuf *sb, const struct filesys *fs)
{
	seqbuf_puts(sb, fs->type->name);
	if (fs->subtype)
		seqbuf_printf(sb, ".%s", fs->subtype);
}

static void print_mounts_line(struct seqbuf *sb, const struct mountpt *m, const char *where, int style)
{
	if (style == 2) {
		seqbuf_puts(sb, "device ");
		print_source(sb, m);
		seqbuf_puts(sb, " mounted on ");
		seqbuf_puts_escaped(sb, where, "");
		seqbuf_puts(sb, " with fstype ");
		print_type(sb, m->mp_fs);
		seqbuf_putc(sb, '\n');
		return;
	}
	print_source(sb, m);
	seqbuf_putc(sb, ' ');
	seqbuf_puts_escaped(sb, where, "");
	seqbuf_putc(sb, ' ');
	print_type(sb, m->mp_fs);
	seqbuf_puts(sb, mount_is_writable(m) ? " rw" : " ro");
	print_fs_flags(sb, m->mp_fs);
	print_mount_flags(sb, m);
	m->mp_fs->ops->show_options(m->mp_fs, sb);
	seqbuf_puts(sb, " 0 0\n");
}

static void print_mountinfo_line(struct seqbuf *sb, const struct mountpt *m, const char *root,
				 const char *where)
{
	seqbuf_printf(sb, "%u %u %u:%u ", m->mp_id, m->mp_parent->mp_id, DEV_MAJOR(m->mp_fs->dev),
		      DEV_MINOR(m->mp_fs->dev));
	seqbuf_puts_escaped(sb, root, "");
	seqbuf_putc(sb, ' ');
	seqbuf_puts_escaped(sb, where, "");
	seqbuf_puts(sb, m->mp_flags & MOUNT_RDONLY ? " ro" : " rw");
	print_mount_flags(sb, m);
	if (m->mp_propagation & MS_SHARED)
		seqbuf_printf(sb, " shared:%u", m->mp_peer_group);
	if (m->mp_master)
		seqbuf_printf(sb, " master:%u", m->mp_master->mp_peer_group);
	if (m->mp_propagation & MS_UNBINDABLE)
		seqbuf_puts(sb, " unbindable");
	seqbuf_puts(sb, " - ");
	print_type(sb, m->mp_fs);
	seqbuf_putc(sb, ' ');
	print_source(sb, m);
	seqbuf_puts(sb, m->mp_fs->flags & FILESYS_RDONLY ? " ro" : " rw");
	print_fs_flags(sb, m->mp_fs);
	m->mp_fs->ops->show_options(m->mp_fs, sb);
	seqbuf_putc(sb, '\n');
}

/* Name of the mount's root within its file system. */
static const char *root_in_fs(const struct mountpt *m, char *buf)
{
	struct mountpt whole = { .mp_root = m->mp_fs->root, .mp_parent = &whole };
	struct fspath p = { &whole, m->mp_root }, top = { &whole, m->mp_fs->root };
	char *s = path_print(&p, &top, buf, PATH_MAX);

	return IS_ERR(s) ? "/" : s;
}

static void print_one(struct seqbuf *sb, struct mountpt *m, const struct fspath *root, int style, char **buf)
{
	struct fspath p = { m, m->mp_root };
	char *where = path_print(&p, root, buf[0], PATH_MAX);

	/* What cannot be reached from the reader's root is not its business. */
	if (IS_ERR(where) || *where != '/')
		return;
	if (style == 1)
		print_mountinfo_line(sb, m, root_in_fs(m, buf[1]), where);
	else
		print_mounts_line(sb, m, where, style);
}

/* The root of @proc, or of thread_self if that has none (any more). */
static void root_of(struct process *proc, struct fspath *root)
{
	struct fsctx *f = NULL;
	struct thread *t;

	rcu_read_lock();
	t = proc ? rcu_load(proc->p_leader) : NULL;
	if (t) {
		u64 flags = spin_lock_irqsave(&t->t_lock);

		f = t->t_fs;
		if (f)
			ref_get(&f->refs);
		spin_unlock_irqrestore(&t->t_lock, flags);
	}
	rcu_read_unlock();
	fsctx_root(f ? f : fsctx_self(), root);
	fsctx_put(f);
}

struct nsbase *mounts_ns(struct process *proc)
{
	struct nsbase *ns = NULL;
	struct fspath root;

	root_of(proc, &root);
	rwsem_read_lock(&mount_tree_lock);
	if (root.mnt->mp_ns)
		ns = nsbase_get(&root.mnt->mp_ns->base);
	rwsem_read_unlock(&mount_tree_lock);
	fspath_put(&root);
	return ns;
}

void mounts_print(struct process *proc, struct seqbuf *sb, int style)
{
	char *buf[2] = { path_name_buf(), path_name_buf() };
	struct mountpt *m;
	struct fspath root;

	root_of(proc, &root);
	rwsem_read_lock(&mount_tree_lock);
	if (buf[0] && buf[1] && root.mnt->mp_ns) {
		list_foreach(m, &root.mnt->mp_ns->mounts, mp_ns_link)
			print_one(sb, m, &root, style, buf);
	}
	rwsem_read_unlock(&mount_tree_lock);
	fspath_put(&root);
	for (int i = 0; i < 2; i++) {
		if (buf[i])
			path_name_put(buf[i]);
	}
}
