// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs's tree of nodes, independent of mounts, and further trees like it.
 *
 * Life-cycle: created with one reference for the tree; each vnode holds one.
 * Removing takes a node (and all below it) out of the tree, marks it gone and
 * waits until none of its functions runs; vnodes that remain answer ENODEV, or what their tree says.
 *
 * A node made for a network namespace is seen through the mounts of that
 * namespace only, so that each has its own /sys/class/net in the one tree. It
 * knows the namespace by number: neither it nor a mount keeps one alive.
 *
 * Lock order: sysfs_lock alone; functions of attributes run without it.
 */
#include "sysfs_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>

struct rwsem sysfs_lock = RWSEM_INIT(sysfs_lock, LOCKRANK_FS);
static u64 next_ino = 1;

struct sysnode *sysfs_root, *sysfs_kernel, *sysfs_devices, *sysfs_class, *sysfs_bus, *sysfs_block,
	*sysfs_fs, *sysfs_module, *sysfs_dev_block, *sysfs_dev_char, *sysfs_firmware, *sysfs_power;

static struct sysnode *node_alloc(const char *name, enum sysnode_kind kind, mode_t mode)
{
	struct sysnode *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return NULL;
	n->name = kmem_strdup(name, ALLOC_KERNEL);
	if (!n->name) {
		kmem_free(n);
		return NULL;
	}
	list_init(&n->children);
	list_init(&n->sibling);
	usegate_init(&n->gate);
	waitq_init(&n->pollers);
	ref_init(&n->refs, 1);
	n->kind = kind;
	n->mode = mode;
	n->next_cookie = 2;
	n->born_ns = clock_realtime_coarse_ns();
	return n;
}

void sysnode_put(struct sysnode *n)
{
	if (!ref_put(&n->refs))
		return;
	kmem_free(n->target);
	kmem_free(n->name);
	kmem_free(n);
}

struct sysnode *sysnode_child_locked(struct sysnode *dir, const char *name, u32 len, u32 net)
{
	struct sysnode *n;

	list_foreach(n, &dir->children, sibling)
		if (sysnode_is_shown(n, net) && !strncmp(n->name, name, len) && !n->name[len])
			return n;
	return NULL;
}

/* Into the tree, or -EEXIST. Consumes nothing. */
static int node_attach(struct sysnode *dir, struct sysnode *n)
{
	int err = 0;

	rwsem_write_lock(&sysfs_lock);
	if (usegate_is_closed(&dir->gate)) {
		err = -ENOENT;
	} else if (sysnode_child_locked(dir, n->name, strlen(n->name), n->net)) {
		err = -EEXIST;
	} else {
		n->parent = dir;
		n->cookie = dir->next_cookie++;
		n->ino = ++next_ino;
		list_add_tail(&n->sibling, &dir->children);
	}
	rwsem_write_unlock(&sysfs_lock);
	return err;
}

static struct sysnode *node_create(struct sysnode *dir, const char *name, enum sysnode_kind kind,
				   mode_t mode, const void *what, void *arg, char *target, u32 net)
{
	struct sysnode *n = node_alloc(name, kind, mode);
	int err;

	if (!n) {
		kmem_free(target);
		return ERR_PTR(-ENOMEM);
	}
	n->what = what;
	n->arg = arg;
	n->target = target;
	n->net = net;
	n->gone = dir->gone;
	err = node_attach(dir, n);
	if (!err)
		return n;
	sysnode_put(n);
	return ERR_PTR(err);
}

static int result(struct sysnode *n)
{
	return IS_ERR(n) ? (int)PTR_ERR(n) : 0;
}

struct sysnode *sysfs_dir_create_in(struct sysnode *parent, const char *name, u32 net)
{
	return node_create(parent, name, SYSNODE_DIR, S_IFDIR | 0755, NULL, NULL, NULL, net);
}

struct sysnode *sysfs_dir_create_as(struct sysnode *parent, const char *name, const struct sysdir *ops, void *arg)
{
	return node_create(parent, name, SYSNODE_DIR, S_IFDIR | 0755, ops, arg, NULL, 0);
}

struct sysnode *sysfs_dir_create(struct sysnode *parent, const char *name)
{
	return sysfs_dir_create_in(parent, name, 0);
}

struct sysnode *sysfs_dir_find(struct sysnode *parent, const char *name)
{
	struct sysnode *n;

	rwsem_read_lock(&sysfs_lock);
	n = sysnode_child_locked(parent, name, strlen(name), 0);
	rwsem_read_unlock(&sysfs_lock);
	return n && n->kind == SYSNODE_DIR ? n : NULL;
}

int sysfs_file_create(struct sysnode *dir, const struct sysattr *a, void *arg)
{
	mode_t mode = a->mode ? a->mode : a->store ? 0644 : 0444;

	return result(node_create(dir, a->name, SYSNODE_ATTR, S_IFREG | mode, a, arg, NULL, 0));
}

int sysfs_files_create(struct sysnode *dir, const struct sysattr *a, u32 n, void *arg)
{
	int err = 0;

	for (u32 i = 0; i < n && !err; i++)
		err = sysfs_file_create(dir, &a[i], arg);
	return err;
}

int sysfs_bin_create(struct sysnode *dir, const struct sysbin *b, void *arg)
{
	return result(node_create(dir, b->name, SYSNODE_BIN, S_IFREG | (b->mode ? b->mode : 0444), b,
				  arg, NULL, 0));
}

/* ---- links ---- */

static size_t path_len(const struct sysnode *n)
{
	size_t len = 0;

	for (; n->parent; n = n->parent)
		len += strlen(n->name) + 1;
	return len;
}

/* "/a/b" into @buf, which has path_len() bytes; no NUL. */
static void path_fill(const struct sysnode *n, char *buf)
{
	char *p = buf + path_len(n);

	for (; n->parent; n = n->parent) {
		size_t len = strlen(n->name);

		p -= len;
		memcpy(p, n->name, len);
		*--p = '/';
	}
}

void sysfs_print_path(const struct sysnode *n, struct seqbuf *sb)
{
	char *buf;
	size_t len;

	rwsem_read_lock(&sysfs_lock);
	len = path_len(n);
	buf = kmem_alloc(len + 1, ALLOC_KERNEL);
	if (buf) {
		path_fill(n, buf);
		seqbuf_write(sb, buf, len);
	}
	rwsem_read_unlock(&sysfs_lock);
	kmem_free(buf);
}

/* "../../a/b": up to the root, then down. */
static char *link_text(const struct sysnode *dir, const struct sysnode *target)
{
	const struct sysnode *n;
	size_t up = 0, len;
	char *text;

	for (n = dir; n->parent; n = n->parent)
		up++;
	len = path_len(target);
	text = kmem_alloc(up * 3 + len + 1, ALLOC_KERNEL);
	if (!text)
		return NULL;
	for (size_t i = 0; i < up; i++)
		memcpy(text + i * 3, "../", 3);
	path_fill(target, up ? text + up * 3 - 1 : text);	/* its slash replaces the last one */
	len = up ? up * 3 - 1 + len : len;
	text[len] = '\0';
	return text;
}

int sysfs_link_create_in(struct sysnode *dir, const char *name, const struct sysnode *target, u32 net)
{
	char *text;

	rwsem_read_lock(&sysfs_lock);
	text = link_text(dir, target);
	rwsem_read_unlock(&sysfs_lock);
	if (!text)
		return -ENOMEM;
	return result(node_create(dir, name, SYSNODE_LINK, S_IFLNK | 0777, NULL, NULL, text, net));
}

int sysfs_link_create(struct sysnode *dir, const char *name, const struct sysnode *target)
{
	return sysfs_link_create_in(dir, name, target, 0);
}

/* ---- removing ---- */

void sysfs_remove(struct sysnode *n)
{
	struct sysnode *leaf;

	for (;;) {
		rwsem_write_lock(&sysfs_lock);
		for (leaf = n; !list_is_empty(&leaf->children);)
			leaf = list_first_entry(&leaf->children, struct sysnode, sibling);
		list_del_init(&leaf->sibling);
		usegate_shut(&leaf->gate);
		rwsem_write_unlock(&sysfs_lock);
		waitq_wake_all(&leaf->pollers);
		usegate_drain(&leaf->gate);
		if (leaf == n)
			break;
		sysnode_put(leaf);
	}
	sysnode_put(n);
}

int sysfs_remove_name_in(struct sysnode *dir, const char *name, u32 net)
{
	struct sysnode *n;

	rwsem_read_lock(&sysfs_lock);
	n = sysnode_child_locked(dir, name, strlen(name), net);
	rwsem_read_unlock(&sysfs_lock);
	if (!n)
		return -ENOENT;
	sysfs_remove(n);
	return 0;
}

int sysfs_remove_name(struct sysnode *dir, const char *name)
{
	return sysfs_remove_name_in(dir, name, 0);
}

void sysfs_wake(struct sysnode *dir, const char *name)
{
	struct sysnode *n;

	rwsem_read_lock(&sysfs_lock);
	n = sysnode_child_locked(dir, name, strlen(name), 0);
	if (n) {
		__atomic_fetch_add(&n->events, 1, __ATOMIC_SEQ_CST);
		waitq_wake(&n->pollers, 0, POLLERR | POLLPRI);
	}
	rwsem_read_unlock(&sysfs_lock);
}

/* ---- roots, the usual places ---- */

struct sysnode *systree_create(mode_t mode, int gone)
{
	struct sysnode *n = node_alloc("", SYSNODE_DIR, S_IFDIR | mode);

	if (!n)
		return NULL;
	n->ino = 1;
	n->gone = gone;
	return n;
}

static struct sysnode *must(struct sysnode *parent, const char *name)
{
	struct sysnode *n = sysfs_dir_create(parent, name);

	VERIFY(!IS_ERR(n));
	return n;
}

static int sysfs_start(void)
{
	struct sysnode *dev;

	sysfs_root = systree_create(0555, -ENODEV);
	VERIFY(sysfs_root);
	sysfs_block = must(sysfs_root, "block");
	sysfs_bus = must(sysfs_root, "bus");
	sysfs_class = must(sysfs_root, "class");
	dev = must(sysfs_root, "dev");
	sysfs_dev_block = must(dev, "block");
	sysfs_dev_char = must(dev, "char");
	sysfs_devices = must(sysfs_root, "devices");
	sysfs_firmware = must(sysfs_root, "firmware");
	sysfs_fs = must(sysfs_root, "fs");
	sysfs_kernel = must(sysfs_root, "kernel");
	sysfs_module = must(sysfs_root, "module");
	sysfs_power = must(sysfs_root, "power");
	return 0;
}
INITCALL(CORE, sysfs_start);
