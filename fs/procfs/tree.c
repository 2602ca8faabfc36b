// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of entries that are always there: registered by link table
 * (PROCFILE, PROCINT, PROCSET) or at run time (procfile_register).
 *
 * A node is referenced by the tree and by each vnode. Unregistering takes it
 * out of the tree, marks it gone and waits until no print or write of it is
 * under way; vnodes that remain then answer ENOENT.
 *
 * A directory's children stand in the order of their cookies, which are never
 * used again: a listing that goes on at a cookie neither skips nor repeats.
 *
 * Lock order: tree_lock alone.
 */
#include "procfs_impl.h"

#include <tern/base/bug.h>
#include <tern/kernel/klog.h>

static struct rwsem tree_lock = RWSEM_INIT(tree_lock, LOCKRANK_FS);
static u64 next_ino = 0x100;
struct procnode *procnode_root;
struct procnode *procnode_net;	/* what PID/net shows; "net/..." registers here */

static struct procnode *node_alloc(const char *name, u32 len, enum procnode_kind kind, mode_t mode)
{
	struct procnode *n = kmem_zalloc(sizeof(*n) + len + 1, ALLOC_KERNEL);

	if (!n)
		return NULL;
	list_init(&n->children);
	list_init(&n->sibling);
	usegate_init(&n->gate);
	ref_init(&n->refs, 1);
	n->kind = kind;
	n->mode = mode;
	n->next_cookie = 2;
	n->name_len = len;
	memcpy(n->name, name, len);
	return n;
}

void procnode_put(struct procnode *n)
{
	if (!ref_put(&n->refs))
		return;
	kmem_free(n->target);
	kmem_free(n);
}

static struct procnode *child_find(struct procnode *dir, const char *name, u32 len)
{
	struct procnode *n;

	list_foreach(n, &dir->children, sibling)
		if (n->name_len == len && !memcmp(n->name, name, len))
			return n;
	return NULL;
}

struct procnode *procnode_child(struct procnode *dir, const char *name, u32 len)
{
	struct procnode *n;

	rwsem_read_lock(&tree_lock);
	n = child_find(dir, name, len);
	if (n)
		ref_get(&n->refs);
	rwsem_read_unlock(&tree_lock);
	return n;
}

bool procnode_readdir(struct procnode *dir, struct dir_sink *s, u64 base)
{
	struct procnode *n;
	bool ok = true;

	rwsem_read_lock(&tree_lock);
	list_foreach(n, &dir->children, sibling) {
		if (base + n->cookie < (u64)s->pos)
			continue;
		ok = proc_emit(s, n->name, n->name_len, n->ino, n->mode, base + n->cookie + 1);
		if (!ok)
			break;
	}
	rwsem_read_unlock(&tree_lock);
	return ok;
}

static void node_attach(struct procnode *dir, struct procnode *n)
{
	n->parent = dir;
	n->cookie = dir->next_cookie++;
	n->ino = next_ino++;
	list_add_tail(&n->sibling, &dir->children);
}

/* Directory of the last component of @path, made if needed; *@last its text. Tree locked. */
static struct procnode *parent_make(const char *path, const char **last)
{
	struct procnode *dir = procnode_root, *n;
	const char *slash;

	while ((slash = strchr(path, '/'))) {
		u32 len = slash - path;

		n = dir == procnode_root && len == 3 && !memcmp(path, "net", 3) ?
			    procnode_net : child_find(dir, path, len);
		if (!n) {
			n = node_alloc(path, len, PROCNODE_DIR, S_IFDIR | 0555);
			if (!n)
				return NULL;
			node_attach(dir, n);
		}
		if (n->kind != PROCNODE_DIR)
			return NULL;
		dir = n;
		path = slash + 1;
	}
	*last = path;
	return dir;
}

static struct procnode *node_add(const char *path, enum procnode_kind kind, mode_t mode,
				 const void *what)
{
	struct procnode *dir, *n;
	const char *last;

	rwsem_write_lock(&tree_lock);
	dir = parent_make(path, &last);
	n = ERR_PTR(-ENOMEM);
	if (!dir)
		goto out;
	n = child_find(dir, last, strlen(last));
	if (n) {
		n = kind == PROCNODE_DIR && n->kind == kind ? n : ERR_PTR(-EEXIST);
		goto out;
	}
	n = node_alloc(last, strlen(last), kind, mode);
	if (!n) {
		n = ERR_PTR(-ENOMEM);
		goto out;
	}
	n->what = what;
	node_attach(dir, n);
out:
	rwsem_write_unlock(&tree_lock);
	return n;
}

static int node_result(struct procnode *n)
{
	return IS_ERR(n) ? (int)PTR_ERR(n) : 0;
}

int procfile_register(struct procfile *f)
{
	mode_t mode = f->mode ? f->mode : f->write ? 0644 : 0444;

	return node_result(node_add(f->path, PROCNODE_TEXT, S_IFREG | mode, f));
}

int procnode_add_file(const char *path, mode_t mode, const struct ofile_ops *fops)
{
	return node_result(node_add(path, PROCNODE_FILE, S_IFREG | mode, fops));
}

int procnode_add_dir(const char *path)
{
	return node_result(node_add(path, PROCNODE_DIR, S_IFDIR | 0555, NULL));
}

int procfs_mount_dir(const char *path)
{
	struct procnode *n = node_add(path, PROCNODE_DIR, S_IFDIR | 0555, NULL);

	if (!IS_ERR(n))
		n->is_mount_dir = true;
	return node_result(n);
}

int procnode_add_dynlink(const char *path, int (*make)(struct pidns *ns, char *buf, size_t size))
{
	struct procnode *n = node_add(path, PROCNODE_DYNLINK, S_IFLNK | 0777, NULL);

	if (!IS_ERR(n))
		n->make_target = make;
	return node_result(n);
}

int procfs_symlink(const char *path, const char *target)
{
	char *copy = kmem_strdup(target, ALLOC_KERNEL);
	struct procnode *n;

	if (!copy)
		return -ENOMEM;
	n = node_add(path, PROCNODE_LINK, S_IFLNK | 0777, NULL);
	if (IS_ERR(n)) {
		kmem_free(copy);
		return PTR_ERR(n);
	}
	n->target = copy;
	return 0;
}

/* The node that @what was registered for, anywhere below @dir. */
static struct procnode *node_search(struct procnode *dir, const void *what)
{
	struct procnode *n = dir;

	/* Depth first without recursion: parents are known. */
	while (n) {
		if (n->what == what && n->kind == PROCNODE_TEXT)
			return n;
		if (!list_is_empty(&n->children)) {
			n = list_first_entry(&n->children, struct procnode, sibling);
			continue;
		}
		while (n != dir && list_is_last(&n->sibling, &n->parent->children))
			n = n->parent;
		if (n == dir)
			return NULL;
		n = list_next_entry(n, sibling);
	}
	return NULL;
}

void procfile_unregister(struct procfile *f)
{
	struct procnode *n;

	rwsem_write_lock(&tree_lock);
	n = node_search(procnode_root, f);
	if (n)
		list_del_init(&n->sibling);
	rwsem_write_unlock(&tree_lock);
	if (WARN_IF(!n))
		return;
	usegate_shut(&n->gate);
	usegate_drain(&n->gate);
	procnode_put(n);
}

static int make_self(struct pidns *ns, char *buf, size_t size)
{
	s32 nr = pidref_nr_in(process_self()->p_pid, ns);

	return nr ? fmt_put(buf, size, "%d", nr) : 0;
}

static int make_thread_self(struct pidns *ns, char *buf, size_t size)
{
	s32 nr = pidref_nr_in(thread_self()->t_pid, ns);

	if (!nr)
		return 0;
	return fmt_put(buf, size, "%d/task/%d", pidref_nr_in(process_self()->p_pid, ns), nr);
}

static void check(int err, const char *path)
{
	if (err)
		kwarn("proc: cannot add %s: error %d", path, err);
}

void proctree_init(void)
{
	procnode_root = node_alloc("", 0, PROCNODE_DIR, S_IFDIR | 0555);
	procnode_net = node_alloc("net", 3, PROCNODE_DIR, S_IFDIR | 0555);
	VERIFY(procnode_root && procnode_net);
	procnode_root->ino = 1;
	procnode_net->ino = next_ino++;
	check(procnode_add_dynlink("self", make_self), "self");
	check(procnode_add_dynlink("thread-self", make_thread_self), "thread-self");
	check(procfs_symlink("mounts", "self/mounts"), "mounts");
	check(procfs_symlink("net", "self/net"), "net");
	check(procnode_add_dir("sys"), "sys");
	TABLE_FOREACH(procfile, __typeof__(struct procfile *), f)
		check(procfile_register(*f), (*f)->path);
	TABLE_FOREACH(procint, __typeof__(struct procint *), i)
		check(node_result(node_add((*i)->path, PROCNODE_INT, S_IFREG | 0644, *i)), (*i)->path);
	TABLE_FOREACH(procset, __typeof__(const struct procset *), t)
		check(node_result(node_add((*t)->path, PROCNODE_SET, S_IFDIR | 0555, *t)), (*t)->path);
}
