// SPDX-License-Identifier: GPL-2.0-only
/*
 * binfmt_misc: the file system by which root names interpreters for formats of
 * programs (kernel/loader/misc.c). "register" takes a rule, which becomes a
 * file of that name; "status" and each rule's file show and switch them.
 *
 * All mounts show one instance; with the last of them the rules go. A node
 * stands in the root's list until its rule is removed; the list and the cache
 * of names hold references.
 *
 * Lock order: vn_lock of the root (D) > miscfmt lock.
 */
#include <tern/base/initcall.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/miscfmt.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <uapi/dirent.h>

#define BINFMTFS_MAGIC	0x42494e4d
#define ROOT_INO	1
#define FIRST_POS	2
#define COMMAND_MAX	3
#define TEXT_ROOM	PAGE_SIZE	/* rules are BINRULE_TEXT_MAX bytes at most; hex doubles them */

struct bmnode {
	struct vnode vn;	/* first */
	struct list by_pos;	/* D */
	u64 pos;		/* I place in listings */
	const char *name;	/* I */
	struct miscfmt *fmt;	/* I with a reference; NULL: register, status */
};

struct bmroot {
	struct vnode vn;	/* first */
	struct list nodes;	/* D of struct bmnode, by position */
	u64 next_pos;		/* D */
};

enum command { NOTHING, DISABLE, ENABLE, REMOVE };

static struct spin instance_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects instance */
static struct filesys *instance;	/* without a reference; NULL: not mounted */

static struct bmnode *node_of(struct vnode *vn) { return container_of(vn, struct bmnode, vn); }
static struct bmroot *root_of(struct vnode *vn) { return container_of(vn, struct bmroot, vn); }
/* The directory that a file is in. */
static struct bmroot *root_above(struct vnode *vn) { return root_of(vn->vn_fs->root->nc_vnode); }

/* ---- nodes ---- */

static const struct vnode_ops bm_vnops;

static void node_free(struct rcu_job *job)
{
	kmem_free(container_of(job, struct vnode, vn_rcu));
}

/* The directory goes with the last mount, when nothing else is in use. */
static void nodes_drop(struct bmroot *r)
{
	struct bmnode *n, *next;

	list_foreach_safe(n, next, &r->nodes, by_pos) {
		list_del_init(&n->by_pos);
		if (n->fmt)
			miscfmt_remove(n->fmt);
		vnode_put(&n->vn);
	}
}

static void bm_evict(struct vnode *vn)
{
	if (vnode_is_dir(vn))
		nodes_drop(root_of(vn));
	else if (node_of(vn)->fmt)
		miscfmt_put(node_of(vn)->fmt);
	vnode_fini(vn);
	vnode_free_deferred(vn, node_free);
}

/* A node in the list; D held, or nobody knows the root yet. NULL if no memory. */
static struct bmnode *node_add(struct bmroot *r, const char *name, mode_t mode,
			       const struct ofile_ops *fops, struct miscfmt *fmt)
{
	struct bmnode *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return NULL;
	vnode_init(&n->vn, r->vn.vn_fs, &bm_vnops, fops, S_IFREG | mode);
	n->name = name;
	n->fmt = fmt;
	n->pos = r->next_pos++;
	n->vn.vn_ino = n->pos;
	list_add_tail(&n->by_pos, &r->nodes);
	return n;
}

static struct vnode *bm_lookup(struct vnode *dir, const char *name, u32 len)
{
	struct bmnode *n;

	list_foreach(n, &root_of(dir)->nodes, by_pos) {
		if (strlen(n->name) == len && !memcmp(n->name, name, len)) {
			vnode_get(&n->vn);
			return &n->vn;
		}
	}
	return NULL;
}

/* D held. */
static void node_remove(struct bmnode *n)
{
	struct ncent *nc = ncent_lookup(n->vn.vn_fs->root, n->name, (u32)strlen(n->name));

	if (list_is_empty(&n->by_pos)) {
		if (nc)
			ncent_put(nc);
		return;
	}
	list_del_init(&n->by_pos);
	miscfmt_remove(n->fmt);
	n->vn.vn_nlink = 0;
	if (nc) {
		ncent_detach(nc);
		ncent_put(nc);
	}
	vnode_put(&n->vn);
}

/* ---- texts ---- */

static void print_hex(struct seqbuf *sb, const char *what, const u8 *bytes, u32 n)
{
	seqbuf_puts(sb, what);
	for (u32 i = 0; i < n; i++)
		seqbuf_printf(sb, "%02x", bytes[i]);
	seqbuf_putc(sb, '\n');
}

static void print_rule(struct seqbuf *sb, const struct miscfmt *m)
{
	static const struct { u32 flag; char letter; } letters[] = {
		{ BINRULE_KEEP_ARGV0, 'P' }, { BINRULE_OPEN, 'O' },
		{ BINRULE_CREDS, 'C' }, { BINRULE_FIXED, 'F' },
	};
	const struct binrule *r = &m->rule;

	seqbuf_printf(sb, "%s\ninterpreter %s\nflags: ", m->is_enabled ? "enabled" : "disabled", r->interp);
	for (u32 i = 0; i < ARRAY_SIZE(letters); i++)
		if (r->flags & letters[i].flag)
			seqbuf_putc(sb, letters[i].letter);
	seqbuf_putc(sb, '\n');
	if (r->ext) {
		seqbuf_printf(sb, "extension .%s\n", r->ext);
		return;
	}
	seqbuf_printf(sb, "offset %u\n", r->offset);
	print_hex(sb, "magic ", r->magic, r->size);
	if (r->mask)
		print_hex(sb, "mask ", r->mask, r->size);
}

static ssize_t bm_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	const struct miscfmt *m = node_of(f->of_vnode)->fmt;
	char *text = kmem_alloc(TEXT_ROOM, ALLOC_KERNEL);
	struct seqbuf sb;
	ssize_t done = 0;

	if (!text)
		return -ENOMEM;
	seqbuf_init(&sb, text, TEXT_ROOM);
	if (m)
		print_rule(&sb, m);
	else
		seqbuf_puts(&sb, miscfmt_is_enabled ? "enabled\n" : "disabled\n");
	if (*pos < 0)
		done = -EINVAL;
	else if ((u64)*pos < sb.len && u->resid)
		done = uio_put(u, text + *pos, min_t(size_t, sb.len - *pos, u->resid)) ?: -EFAULT;
	if (done > 0)
		*pos += done;
	kmem_free(text);
	return done;
}

/* "0", "1" or "-1", perhaps with a newline. */
static int read_command(struct uio *u, enum command *c)
{
	char text[COMMAND_MAX + 1] = "";
	size_t n = u->resid;

	*c = NOTHING;
	if (!n)
		return 0;
	if (n > COMMAND_MAX)
		return -EINVAL;
	if (uio_get(u, text, n) != n)
		return -EFAULT;
	if (text[n - 1] == '\n')
		text[n - 1] = '\0';
	if (!strcmp(text, "0"))
		*c = DISABLE;
	else if (!strcmp(text, "1"))
		*c = ENABLE;
	else if (!strcmp(text, "-1"))
		*c = REMOVE;
	else
		return -EINVAL;
	return 0;
}

static ssize_t rule_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct bmnode *n = node_of(f->of_vnode);
	size_t len = u->resid;
	enum command c;
	int err = read_command(u, &c);

	if (err)
		return err;
	if (c == REMOVE) {
		struct rwsem *lock = &root_above(&n->vn)->vn.vn_lock;

		rwsem_write_lock(lock);
		node_remove(n);
		rwsem_write_unlock(lock);
	} else if (c != NOTHING) {
		WRITE_ONCE(n->fmt->is_enabled, c == ENABLE);
	}
	return (ssize_t)len;
}

static void remove_all(struct bmroot *r)
{
	struct bmnode *n, *next;

	rwsem_write_lock(&r->vn.vn_lock);
	list_foreach_safe(n, next, &r->nodes, by_pos)
		if (n->fmt)
			node_remove(n);
	rwsem_write_unlock(&r->vn.vn_lock);
}

static ssize_t status_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	size_t len = u->resid;
	enum command c;
	int err = read_command(u, &c);

	if (err)
		return err;
	if (c == REMOVE)
		remove_all(root_above(f->of_vnode));
	else if (c != NOTHING)
		WRITE_ONCE(miscfmt_is_enabled, c == ENABLE);
	return (ssize_t)len;
}

/* ---- registration ---- */

static const struct ofile_ops rule_fops;

/* D held. Uses the caller's reference on @m unless it fails. */
static int rule_add(struct bmroot *r, struct miscfmt *m)
{
	struct ncent *root = r->vn.vn_fs->root, *nc;
	const char *name = m->rule.name;
	u32 len = (u32)strlen(name);
	struct vnode *old = bm_lookup(&r->vn, name, len);
	struct bmnode *n;

	if (old) {
		vnode_put(old);
		return -EEXIST;
	}
	n = node_add(r, name, 0644, &rule_fops, m);
	if (!n)
		return -ENOMEM;
	nc = ncent_lookup(root, name, len);
	if (nc) {			/* known to be absent: no more */
		ncent_forget(nc);
		ncent_put(nc);
	}
	miscfmt_add(m);
	return 0;
}

static ssize_t register_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct bmroot *r = root_above(f->of_vnode);
	size_t n = u->resid;
	struct miscfmt *m;
	char *text;
	int err;

	if (n < BINRULE_TEXT_MIN || n > BINRULE_TEXT_MAX)
		return -EINVAL;
	text = kmem_alloc(n, ALLOC_KERNEL);
	if (!text)
		return -ENOMEM;
	m = uio_get(u, text, n) == n ? miscfmt_create(text, n) : ERR_PTR(-EFAULT);
	kmem_free(text);
	if (IS_ERR(m))
		return PTR_ERR(m);
	rwsem_write_lock(&r->vn.vn_lock);
	err = rule_add(r, m);
	rwsem_write_unlock(&r->vn.vn_lock);
	if (!err)
		return (ssize_t)n;
	miscfmt_put(m);
	return err;
}

static ssize_t no_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return -EINVAL;
}

#define FILE_OPS(rd, wr) {									\
	.open = fop_default_open, .flush = fop_default_flush, .release = fop_default_release,	\
	.read = rd, .write = wr, .seek = fop_default_seek, .readdir = fop_no_readdir,		\
	.poll = fop_default_poll, .ioctl = fop_no_ioctl, .mmap = fop_no_mmap,			\
	.fsync = fop_no_fsync, .fallocate = fop_no_fallocate,					\
	.splice_read = fop_default_splice_read, .splice_write = fop_default_splice_write,	\
	.set_flags = fop_default_set_flags, .show_fdinfo = fop_default_show_fdinfo }
static const struct ofile_ops rule_fops = FILE_OPS(bm_read, rule_write);
static const struct ofile_ops status_fops = FILE_OPS(bm_read, status_write);
static const struct ofile_ops register_fops = FILE_OPS(no_read, register_write);

/* ---- the directory ---- */

static int bm_readdir(struct ofile *f, struct dir_sink *s)
{
	struct bmnode *n;

	if (s->pos == 0 && !s->emit(s, ".", 1, ROOT_INO, DT_DIR, 1))
		return 0;
	if (s->pos <= 1 && !s->emit(s, "..", 2, ROOT_INO, DT_DIR, FIRST_POS))
		return 0;
	list_foreach(n, &root_of(f->of_vnode)->nodes, by_pos) {
		if ((loff_t)n->pos < s->pos)
			continue;
		if (!s->emit(s, n->name, (u32)strlen(n->name), n->vn.vn_ino, DT_REG, (loff_t)n->pos + 1))
			break;
	}
	return 0;
}

static const struct ofile_ops dir_fops = {
	.seek = fop_dir_seek, .readdir = bm_readdir, .fsync = fop_default_fsync, FOPS_DIRECTORY,
};

static const struct vnode_ops bm_vnops = {
	.lookup = bm_lookup, .getattr = vnop_default_getattr, .setattr = vnop_default_setattr,
	.permission = vnop_default_permission, .revalidate = vnop_default_revalidate, .evict = bm_evict,
	VNOPS_FIXED_NAMES, VNOPS_NO_XATTR, VNOPS_NO_LINK,
};

/* ---- the instance ---- */

static void bm_unmount(struct filesys *fs)
{
	spin_lock(&instance_lock);
	if (instance == fs)
		instance = NULL;
	spin_unlock(&instance_lock);
}

static const struct filesys_ops bm_fsops = {
	.statfs = fsop_default_statfs, .sync = fsop_default_sync, .remount = fsop_default_remount,
	.unmount = bm_unmount, .show_options = fsop_default_show_options,
	.write_attr = fsop_default_write_attr,
};

/* Root and its two files; what was made of them on failure goes with the root. */
static int fill(struct filesys *fs)
{
	struct bmroot *r = kmem_zalloc(sizeof(*r), ALLOC_KERNEL);

	if (!r)
		return -ENOMEM;
	fs->magic = BINFMTFS_MAGIC;
	list_init(&r->nodes);
	r->next_pos = FIRST_POS;
	vnode_init(&r->vn, fs, &bm_vnops, &dir_fops, S_IFDIR | 0755);
	r->vn.vn_ino = ROOT_INO;
	r->vn.vn_nlink = 2;
	if (!node_add(r, "register", 0200, &register_fops, NULL) ||
	    !node_add(r, "status", 0644, &status_fops, NULL)) {
		vnode_put(&r->vn);
		return -ENOMEM;
	}
	return filesys_root_set(fs, &r->vn);
}

static struct filesys *instance_get(void)
{
	struct filesys *fs;

	spin_lock(&instance_lock);
	fs = instance;
	if (fs && !ref_get_unless_zero(&fs->refs))
		fs = NULL;
	spin_unlock(&instance_lock);
	return fs;
}

static struct filesys *bm_mount(struct fstype *t, const struct mount_args *args)
{
	static struct kmutex making = KMUTEX_INIT(making, LOCKRANK_FS);	/* one instance at a time */
	struct filesys *fs;

	kmutex_lock(&making);
	fs = instance_get();
	if (!fs) {
		fs = filesys_alloc(t, &bm_fsops);
		if (!fs) {
			fs = ERR_PTR(-ENOMEM);
		} else if (fill(fs)) {
			filesys_discard(fs);
			fs = ERR_PTR(-ENOMEM);
		} else {
			spin_lock(&instance_lock);
			instance = fs;
			spin_unlock(&instance_lock);
		}
	}
	kmutex_unlock(&making);
	return fs;
}

static struct fstype binfmt_type = { .name = "binfmt_misc", .flags = FSTYPE_NODEV, .mount = bm_mount };
FILESYSTEM(binfmt_type);

static int bm_start(void)
{
	vnode_ops_verify(&bm_vnops);
	ofile_ops_verify(&rule_fops);
	ofile_ops_verify(&status_fops);
	ofile_ops_verify(&register_fops);
	ofile_ops_verify(&dir_fops);
	return procfs_mount_dir("sys/fs/binfmt_misc");
}
INITCALL(FS, bm_start);
