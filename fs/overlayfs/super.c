// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlayfs: mounting. Several directories (layers) are seen as one: those of lowerdir=,
 * the topmost first, are never changed; all changes go to upperdir=, put together in
 * workdir=, which must be of the same mount. Without them the mount is read-only.
 *
 * Nouns: a layer is one of the directories; a node (node.c) is a file that is seen; its
 * upper and lower paths are the layers' files behind it. Copying a lower file to the upper
 * layer is copy-up (copyup.c).
 *
 * The format of the upper layer is Linux's: whiteouts are character devices 0:0, the
 * attributes trusted.overlay.{opaque,origin,impure,redirect} are as there; a directory
 * renamed with redirect_dir=on is found, but none is renamed so.
 *
 * Lock order: vn_lock of nodes > lock of a node > all locks of the layers' file systems.
 *
 * Limits: no redirect_dir=on, index, nfs_export, metacopy, xino or userxattr; a file made over a
 * whiteout does not inherit the directory's default access list; at most two overlays on each other.
 */
#include "ovl_impl.h"

#include <tern/kernel/klog.h>
#include <tern/lib/seqbuf.h>

#define OVL_MAGIC	0x794c7630
#define LAYERS_MAX	500u

struct options {
	char *lower, *upper, *work;
	u32 nlower;
};

/* ---- options ---- */

/* Words of features that are not there are understood as long as they say so. */
static int check_feature(const char *key, const char *val)
{
	static const char *const off[] = { "redirect_dir=off", "redirect_dir=nofollow", "redirect_dir=follow",
					   "index=off", "nfs_export=off", "xino=off", "metacopy=off",
					   "uuid=off", "uuid=on" };
	size_t n = strlen(key);

	for (u32 i = 0; val && i < ARRAY_SIZE(off); i++) {
		if (!strncmp(off[i], key, n) && off[i][n] == '=' && !strcmp(off[i] + n + 1, val))
			return 0;
	}
	return !val && !strcmp(key, "default_permissions") ? 0 : -EINVAL;
}

/* The next option of *@rest; a comma behind a backslash is part of it. */
static char *next_option(char **rest)
{
	char *word = *rest, *in, *out;

	if (!word)
		return NULL;
	for (in = out = word; *in && *in != ','; *out++ = *in++) {
		if (*in == '\\' && in[1] == ',')
			in++;
		else if (*in == '\\' && in[1])
			*out++ = *in++;
	}
	*rest = *in ? in + 1 : NULL;
	*out = '\0';
	return word;
}

static int take(char **slot, const char *val)
{
	char *copy = kmem_strdup(val, ALLOC_KERNEL);

	if (!copy)
		return -ENOMEM;
	kmem_free(*slot);
	*slot = copy;
	return 0;
}

static int parse_options(struct options *o, const char *data)
{
	char *copy, *rest, *word;
	int err = 0;

	if (!data)
		return -EINVAL;
	copy = rest = kmem_strdup(data, ALLOC_KERNEL);
	if (!copy)
		return -ENOMEM;
	while (!err && (word = next_option(&rest))) {
		char *val = strchr(word, '=');

		if (val)
			*val++ = '\0';
		if (!*word)
			continue;
		if (val && !strcmp(word, "lowerdir"))
			err = take(&o->lower, val);
		else if (val && !strcmp(word, "upperdir"))
			err = take(&o->upper, val);
		else if (val && !strcmp(word, "workdir"))
			err = take(&o->work, val);
		else
			err = check_feature(word, val);
	}
	kmem_free(copy);
	return err ? err : !o->lower || (o->upper && !o->work) ? -EINVAL : 0;
}

/* The next directory of a list with colons; one behind a backslash is part of the name. */
static char *next_lower(char **rest)
{
	char *word = *rest, *in, *out;

	if (!word)
		return NULL;
	for (in = out = word; *in && *in != ':'; *out++ = *in++) {
		if (*in == '\\' && in[1])
			in++;
	}
	*rest = *in ? in + 1 : NULL;
	*out = '\0';
	return word;
}

static void unescape(char *s)
{
	char *out = s;

	for (; *s; *out++ = *s++) {
		if (*s == '\\' && s[1])
			s++;
	}
	*out = '\0';
}

/* ---- layers ---- */

static int find_dir(const char *name, struct fspath *out)
{
	int err = path_lookup(name, LOOKUP_FOLLOW, out);

	if (!err && !vnode_is_dir(path_vnode(out))) {
		fspath_put(out);
		err = -ENOTDIR;
	}
	return err;
}

/* @dir (consumed) becomes the private root of a layer. */
static int layer_set(struct ovl_layer *l, struct fspath *dir, u32 mflags)
{
	struct mountpt *m = stack_mount(dir, mflags);

	if (IS_ERR(m)) {
		fspath_put(dir);
		return (int)PTR_ERR(m);
	}
	mountpt_put(dir->mnt);
	l->root = (struct fspath){ m, dir->nc };
	return 0;
}

static int find_lowers(struct ovl_mount *m, const char *list)
{
	char *copy = kmem_strdup(list, ALLOC_KERNEL), *rest = copy, *word;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (word = next_lower(&rest))) {
		struct fspath p;

		err = *word ? find_dir(word, &p) : -EINVAL;
		if (!err)
			err = layer_set(&m->layers[m->nlayers], &p, MOUNT_RDONLY | MOUNT_NOATIME);
		if (!err)
			m->nlayers++;
	}
	kmem_free(copy);
	return err;
}

static bool are_related(const struct fspath *a, const struct fspath *b)
{
	return ncent_is_below(a->nc, b->nc) || ncent_is_below(b->nc, a->nc);
}

/* Whatever a crash left in the work directory goes: two levels, as deep as it ever is. */
struct left { struct dir_sink sink; char name[NAME_MAX + 1]; u32 len; };

static bool first_entry(struct dir_sink *s, const char *name, u32 len, u64 ino, u32 d_type, loff_t next)
{
	struct left *l = container_of(s, struct left, sink);

	s->pos = next;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return true;
	memcpy(l->name, name, len);
	l->len = len;
	return false;
}

static int empty_dir(const struct fspath *dir, u32 depth)
{
	struct left *l = kmem_zalloc(sizeof(*l), ALLOC_KERNEL);
	int err = l ? 0 : -ENOMEM;

	while (!err) {
		struct fspath p;

		l->sink.emit = first_entry;
		l->len = 0;
		err = stack_list(dir, &l->sink);
		if (err || !l->len)
			break;
		err = stack_lookup(dir, l->name, l->len, &p);
		if (err)
			break;
		if (vnode_is_dir(path_vnode(&p)))
			err = depth ? empty_dir(&p, depth - 1) : -EBUSY;
		fspath_put(&p);
		if (!err)
			err = stack_remove(dir, l->name, l->len);
	}
	kmem_free(l);
	return err;
}

/* The directory "work" in workdir=, empty. */
static int make_work(struct ovl_mount *m, const struct fspath *workdir)
{
	struct stack_new what = { .mode = S_IFDIR };
	struct fspath base = { m->layers[0].root.mnt, workdir->nc };
	int err = stack_lookup(&base, "work", 4, &m->work);

	if (err == -ENOENT)
		err = stack_make(&base, "work", 4, &what, &m->work);
	else if (!err)
		err = empty_dir(&m->work, 2);
	if (err)
		return err;
	/* Whether it can do what is needed. */
	err = ovl_set_opaque(&m->work);
	if (err == -EOPNOTSUPP)
		err = -EINVAL;
	return err ? err : stack_removexattr(&m->work, OVL_OPAQUE);
}

static int find_upper(struct ovl_mount *m, const struct options *o)
{
	struct fspath upper, work;
	int err = find_dir(m->upperdir, &upper);

	if (err)
		return err;
	err = find_dir(m->workdir, &work);
	if (err) {
		fspath_put(&upper);
		return err;
	}
	if (upper.mnt != work.mnt || are_related(&upper, &work)) {
		err = -EINVAL;
	} else {
		err = mountpt_want_write(upper.mnt);
		if (!err)
			mountpt_drop_write(upper.mnt);
	}
	if (err)
		fspath_put(&upper);
	else
		err = layer_set(&m->layers[0], &upper, upper.mnt->mp_flags & MOUNT_NOATIME);
	if (!err)
		err = make_work(m, &work);
	fspath_put(&work);
	return err;
}

static int check_overlap(const struct ovl_mount *m)
{
	for (u32 i = 1; m->work.nc && i < m->nlayers; i++) {
		const struct fspath *l = &m->layers[i].root;

		if (are_related(l, &m->layers[0].root) || ncent_is_below(m->work.nc, l->nc) ||
		    ncent_is_below(l->nc, m->work.nc))
			return -ELOOP;
	}
	return 0;
}

/* st_dev of files of each layer: one for each file system below. */
static int number_layers(struct ovl_mount *m)
{
	u32 first = m->layers[0].root.nc ? 0 : 1;

	m->is_same_fs = true;
	for (u32 i = first; i < m->nlayers; i++) {
		struct ovl_layer *l = &m->layers[i];

		m->is_same_fs &= l->root.nc->nc_fs == m->layers[first].root.nc->nc_fs;
		for (u32 k = first; k < i && !l->dev; k++) {
			if (m->layers[k].root.nc->nc_fs == l->root.nc->nc_fs)
				l->dev = m->layers[k].dev;
		}
		if (!l->dev) {
			l->dev = filesys_dev_alloc();
			l->owns_dev = l->dev;
		}
		if (!l->dev)
			return -ENOMEM;
	}
	return 0;
}

/* ---- the instance ---- */

static void mount_free(struct ovl_mount *m)
{
	if (m->work.nc)
		fspath_put(&m->work);
	for (u32 i = 0; i < m->nlayers; i++) {
		if (m->layers[i].root.nc)
			fspath_put(&m->layers[i].root);
		if (m->layers[i].owns_dev)
			filesys_dev_free(m->layers[i].dev);
	}
	kmem_free(m->layers);
	kmem_free(m->lowerdir);
	kmem_free(m->upperdir);
	kmem_free(m->workdir);
	kmem_free(m);
}

static u32 count_lowers(const char *list)
{
	u32 n = 1;

	for (; *list; list++) {
		if (*list == '\\' && list[1])
			list++;
		else
			n += *list == ':';
	}
	return n;
}

static struct ovl_mount *mount_alloc(struct options *o)
{
	struct ovl_mount *m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);

	if (!m)
		return NULL;
	m->layers = kmem_zalloc((o->nlower + 1) * sizeof(*m->layers), ALLOC_KERNEL);
	m->nlayers = 1;
	m->lowerdir = o->lower;
	m->upperdir = o->upper;
	m->workdir = o->work;
	if (m->upperdir) {
		unescape(m->upperdir);
		unescape(m->workdir);
	}
	spin_init(&m->lock, LOCKRANK_FS_SPIN);
	rbtree_init(&m->nodes);
	if (m->layers)
		return m;
	m->nlayers = 0;
	mount_free(m);
	return NULL;
}

/* Takes the texts of the options. */
static struct ovl_mount *mount_make(struct options *o)
{
	struct ovl_mount *m;
	int err;

	o->nlower = count_lowers(o->lower);
	err = o->nlower > LAYERS_MAX || (o->nlower < 2 && !o->upper) ? -EINVAL : 0;
	m = err ? NULL : mount_alloc(o);
	if (!m) {
		kmem_free(o->lower);
		kmem_free(o->upper);
		kmem_free(o->work);
		return ERR_PTR(err ? err : -ENOMEM);
	}
	err = m->upperdir ? find_upper(m, o) : 0;
	if (!err)
		err = find_lowers(m, m->lowerdir);
	if (!err)
		err = check_overlap(m);
	if (!err)
		err = number_layers(m);
	if (!err)
		return m;
	mount_free(m);
	return ERR_PTR(err);
}

static int ovl_statfs(struct filesys *fs, struct statfs_info *out)
{
	struct ovl_mount *m = fs->priv;
	struct filesys *real = m->layers[m->layers[0].root.nc ? 0 : 1].root.nc->nc_fs;
	int err = real->ops->statfs(real, out);

	out->type = OVL_MAGIC;
	out->namelen = max_t(u64, out->namelen, fs->name_max);
	return err;
}

static int ovl_sync(struct filesys *fs, bool wait)
{
	struct ovl_mount *m = fs->priv;

	return m->work.nc && wait ? filesys_sync_one(m->layers[0].root.nc->nc_fs) : 0;
}

static int ovl_remount(struct filesys *fs, const struct mount_args *args)
{
	struct ovl_mount *m = fs->priv;

	return m->work.nc || (args->sb_flags & MS_RDONLY) ? 0 : -EROFS;
}

static void ovl_unmount(struct filesys *fs)
{
	mount_free(fs->priv);
}

static void ovl_show_options(struct filesys *fs, struct seqbuf *sb)
{
	struct ovl_mount *m = fs->priv;

	seqbuf_puts(sb, ",lowerdir=");
	seqbuf_puts_escaped(sb, m->lowerdir, ",");
	if (m->upperdir) {
		seqbuf_puts(sb, ",upperdir=");
		seqbuf_puts_escaped(sb, m->upperdir, ",");
		seqbuf_puts(sb, ",workdir=");
		seqbuf_puts_escaped(sb, m->workdir, ",");
	}
}

static const struct filesys_ops ovl_ops = {
	.statfs = ovl_statfs,
	.sync = ovl_sync,
	.remount = ovl_remount,
	.unmount = ovl_unmount,
	.show_options = ovl_show_options,
	.write_attr = fsop_default_write_attr,
};

static int set_root(struct filesys *fs, struct ovl_mount *m)
{
	struct ovl_found f = { .lower = kmem_zalloc(m->nlayers * sizeof(*f.lower), ALLOC_KERNEL) };
	struct vnode *root;

	if (!f.lower)
		return -ENOMEM;
	if (m->layers[0].root.nc) {
		f.upper = m->layers[0].root;
		fspath_get(&f.upper);
	}
	for (u32 i = 1; i < m->nlayers; i++) {
		f.lower[f.nlower++] = (struct ovl_lower){ m->layers[i].root, i };
		fspath_get(&m->layers[i].root);
	}
	root = ovl_node_get(m, &f);
	return IS_ERR(root) ? (int)PTR_ERR(root) : filesys_root_set(fs, root);
}

static struct filesys *ovl_mount_fs(struct fstype *t, const struct mount_args *args)
{
	struct options o = { 0 };
	struct ovl_mount *m;
	struct filesys *fs;
	int err = parse_options(&o, args->data);

	if (err) {
		kmem_free(o.lower);
		kmem_free(o.upper);
		kmem_free(o.work);
		return ERR_PTR(err);
	}
	m = mount_make(&o);
	if (IS_ERR(m))
		return ERR_CAST(m);
	ovl_cache_init();
	fs = filesys_alloc(t, &ovl_ops);
	if (!fs) {
		mount_free(m);
		return ERR_PTR(-ENOMEM);
	}
	fs->priv = m;
	fs->magic = OVL_MAGIC;
	fs->flags |= FILESYS_DIRECT | (m->work.nc ? (args->sb_flags & MS_RDONLY ? FILESYS_RDONLY : 0) : FILESYS_RDONLY);
	for (u32 i = m->layers[0].root.nc ? 0 : 1; i < m->nlayers; i++)
		fs->stack_depth = max(fs->stack_depth, m->layers[i].root.nc->nc_fs->stack_depth + 1);
	m->fs = fs;
	err = set_root(fs, m);
	if (!err)
		return fs;
	(void)vnode_evict_all(fs);
	fs->priv = NULL;
	filesys_discard(fs);
	mount_free(m);
	return ERR_PTR(err);
}

static struct fstype ovl_type = { .name = "overlay", .flags = FSTYPE_NODEV, .mount = ovl_mount_fs };
FILESYSTEM(ovl_type);
