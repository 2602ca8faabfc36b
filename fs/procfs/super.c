// SPDX-License-Identifier: GPL-2.0-only
/*
 * The proc file system type: mounting, options. Every mount has an instance of
 * its own (its options may differ); all show the same tree.
 */
#include "procfs_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/userns.h>

#define PROC_MAGIC	0x9fa0
#define PROC_ROOT_INO	1

bool procopts_hides(const struct filesys *fs, struct process *p, u32 level)
{
	const struct procopts *o = procopts_of(fs);

	if (READ_ONCE(o->hidepid) < level)
		return false;
	if (o->hidepid != HIDEPID_PTRACEABLE && cred_in_group(cred_self(), o->gid))
		return false;
	return !process_may_access(p, false);
}

static int parse_hidepid(const char *v, struct procopts *o)
{
	static const char *const names[] = { "off", "noaccess", "invisible", NULL, "ptraceable" };

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i] && (!strcmp(v, names[i]) || (v[0] == (char)('0' + i) && !v[1]))) {
			o->hidepid = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_gid(const char *v, struct procopts *o)
{
	gid_t gid;

	if (parse_u32(v, 10, &gid, NULL))
		return -EINVAL;
	gid = gid_in(gid);
	if (gid == ID_NONE)
		return -EINVAL;
	o->gid = gid;
	return 0;
}

static int parse_option(void *ctx, char *opt)
{
	struct procopts *o = ctx;
	char *v = strchr(opt, '=');

	if (v)
		*v++ = '\0';
	if (v && !strcmp(opt, "hidepid"))
		return parse_hidepid(v, o);
	if (v && !strcmp(opt, "gid"))
		return parse_gid(v, o);
	if (v && !strcmp(opt, "subset")) {
		o->only_pids = true;
		return strcmp(v, "pid") ? -EINVAL : 0;
	}
	return -EINVAL;
}

static int proc_remount(struct filesys *fs, const struct mount_args *args)
{
	struct procopts o = *procopts_of(fs);
	int err = mountopts_each(args->data, parse_option, &o);

	if (!err)
		*procopts_of(fs) = o;
	return err;
}

static void proc_show_options(struct filesys *fs, struct seqbuf *sb)
{
	static const char *const names[] = { "off", "noaccess", "invisible", "", "ptraceable" };
	const struct procopts *o = procopts_of(fs);

	if (o->gid)
		seqbuf_printf(sb, ",gid=%u", gid_show(o->gid));
	if (o->hidepid)
		seqbuf_printf(sb, ",hidepid=%s", names[o->hidepid]);
	if (o->only_pids)
		seqbuf_puts(sb, ",subset=pid");
}

static void proc_unmount(struct filesys *fs)
{
	struct procopts *o = fs->priv;

	pidns_put(o->ns);
	kmem_free(o);
}

static const struct filesys_ops proc_fsops = {
	.statfs = fsop_default_statfs,
	.sync = fsop_default_sync,
	.remount = proc_remount,
	.unmount = proc_unmount,
	.show_options = proc_show_options,
	.write_attr = fsop_default_write_attr,
};

static struct filesys *proc_mount(struct fstype *t, const struct mount_args *args)
{
	struct procopts *o = kmem_zalloc(sizeof(*o), ALLOC_KERNEL);
	struct filesys *fs;
	struct vnode *root;
	int err;

	if (!o)
		return ERR_PTR(-ENOMEM);
	err = mountopts_each(args->data, parse_option, o);
	if (err)
		goto err_free;
	err = -ENOMEM;
	fs = filesys_alloc(t, &proc_fsops);
	if (!fs)
		goto err_free;
	o->ns = pidns_get(pidns_self());
	fs->priv = o;
	fs->magic = PROC_MAGIC;
	fs->blksize = 1024;
	fs->flags |= FILESYS_REVALIDATE | FILESYS_NODEV | FILESYS_NOEXEC;
	ref_get(&procnode_root->refs);
	root = procvn_for_node(fs, procnode_root);
	if (!IS_ERR(root)) {
		root->vn_ino = PROC_ROOT_INO;
		err = filesys_root_set(fs, root);
	}
	if (IS_ERR(root) || err) {
		filesys_put(fs);	/* frees the options too */
		return ERR_PTR(-ENOMEM);
	}
	return fs;

err_free:
	kmem_free(o);
	return ERR_PTR(err);
}

static struct fstype proc_fstype = {
	.name = "proc",
	.flags = FSTYPE_NODEV | FSTYPE_USERNS | FSTYPE_PIDNS | FSTYPE_SHOWN,
	.mount = proc_mount,
};
FILESYSTEM(proc_fstype);

static int procfs_start(void)
{
	proctree_init();
	pidref_gone_hook = taskdir_gone;
	return 0;
}
INITCALL(CORE, procfs_start);
