// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of mounts in /proc: mounts, mountinfo, mountstats.
 *
 * A view is a mount namespace and a root in it: those of a thread when one of
 * its tables was opened. It holds both, so that an open table goes on to tell
 * how the namespace changes after the thread moved elsewhere or ended.
 *
 * Lock order: t_lock to take a view; the tree lock to print one.
 */
#include "mount_impl.h"

#include <tern/kernel/thread.h>
#include <tern/lib/seqbuf.h>

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

static void print_mounts_line(struct seqbuf *sb, const struct mountpt *m, const char *where,
			      enum mounts_style style)
{
	if (style == MOUNTS_STATS) {
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

static void print_one(struct seqbuf *sb, struct mountpt *m, const struct mountview *view,
		      enum mounts_style style, char **buf)
{
	struct fspath p = { m, m->mp_root };
	char *where = path_print(&p, &view->root, buf[0], PATH_MAX);

	/* What cannot be reached from the view's root is not its business. */
	if (IS_ERR(where) || *where != '/')
		return;
	if (style == MOUNTS_INFO)
		print_mountinfo_line(sb, m, root_in_fs(m, buf[1]), where);
	else
		print_mounts_line(sb, m, where, style);
}

int mounts_print(const struct mountview *view, struct seqbuf *sb, enum mounts_style style)
{
	struct mountns *ns = container_of(view->ns, struct mountns, base);
	char *buf[2] = { path_name_buf(), path_name_buf() };
	struct mountpt *m;

	if (buf[0] && buf[1]) {
		rwsem_read_lock(&mount_tree_lock);
		list_foreach(m, &ns->mounts, mp_ns_link)
			print_one(sb, m, view, style, buf);
		rwsem_read_unlock(&mount_tree_lock);
	}
	for (int i = 0; i < 2; i++) {
		if (buf[i])
			path_name_put(buf[i]);
	}
	return buf[0] && buf[1] ? 0 : -ENOMEM;
}

static struct fsctx *fsctx_of(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&t->t_lock);
	struct fsctx *f = t->t_fs;

	if (!f && (t->t_flags & TF_KTHREAD))
		f = &fsctx_initial;
	if (f)
		ref_get(&f->refs);
	spin_unlock_irqrestore(&t->t_lock, flags);
	return f;
}

int mountview_get(struct thread *t, struct mountview *view)
{
	struct nsbase *ns = thread_nsbase(t, NSKIND_MNT, false);
	struct fsctx *f;

	if (!ns)
		return -EINVAL;
	f = fsctx_of(t);
	if (!f) {
		nsbase_put(ns);
		return -ENOENT;
	}
	view->ns = ns;
	fsctx_root(f, &view->root);
	fsctx_put(f);
	return 0;
}

void mountview_put(struct mountview *view)
{
	if (!view->ns)
		return;
	fspath_put(&view->root);
	nsbase_put(view->ns);
	view->ns = NULL;
}
