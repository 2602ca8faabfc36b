// SPDX-License-Identifier: GPL-2.0-only
/*
 * overlayfs: listing directories. The entries of all layers are gathered when a listing
 * begins, the topmost of each name first, and kept with the open directory; the position
 * is the entry's number behind "." and "..". Rewinding gathers anew.
 *
 * Whiteouts hide names and are not shown. A name that the upper layer has by copying is
 * shown with the number of the file that it was copied from, as stat has it.
 */
#include "ovl_impl.h"

#include <tern/lib/hash.h>

struct entry {
	struct rbnode link;
	u64 ino;
	u32 hash, len, d_type;
	bool is_hidden;
	char name[];
};

/* A gathered listing. */
struct listing {
	struct dir_sink sink;
	struct rbtree names;
	struct entry **all;
	u32 n, room;
	u32 layer_first;	/* entries from here on are of the layer that is being read */
	int err;
};

static int compare(u32 hash, u32 len, const char *name, const struct entry *e)
{
	if (hash != e->hash)
		return hash < e->hash ? -1 : 1;
	if (len != e->len)
		return len < e->len ? -1 : 1;
	return memcmp(name, e->name, len);
}

static bool make_room(struct listing *l)
{
	u32 room = l->room ? l->room * 2 : 32;
	struct entry **all;

	if (l->n < l->room)
		return true;
	all = kmem_alloc_large(room * sizeof(*all), ALLOC_KERNEL);
	if (!all)
		return false;
	if (l->n)
		memcpy(all, l->all, l->n * sizeof(*all));
	kmem_free_large(l->all);
	l->all = all;
	l->room = room;
	return true;
}

static bool gather(struct dir_sink *s, const char *name, u32 len, u64 ino, u32 d_type, loff_t next)
{
	struct listing *l = container_of(s, struct listing, sink);
	struct rbnode **at = &l->names.root, *up = NULL;
	u32 hash = (u32)hash_name(name, len, 0);
	struct entry *e;

	s->pos = next;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return true;
	while (*at) {
		int c = compare(hash, len, name, rbtree_entry(*at, struct entry, link));

		if (!c)
			return true;
		up = *at;
		at = c < 0 ? &up->left : &up->right;
	}
	e = make_room(l) ? kmem_alloc(sizeof(*e) + len, ALLOC_KERNEL) : NULL;
	if (!e) {
		l->err = -ENOMEM;
		return false;
	}
	e->ino = ino;
	e->hash = hash;
	e->len = len;
	e->d_type = d_type;
	e->is_hidden = false;
	memcpy(e->name, name, len);
	rbtree_link(&e->link, up, at);
	rbtree_insert_fixup(&l->names, &e->link);
	l->all[l->n++] = e;
	return true;
}

/* What the directory's own reading did not tell: whiteouts. */
static void hide_whiteouts(struct listing *l, const struct fspath *dir)
{
	for (u32 i = l->layer_first; i < l->n; i++) {
		struct entry *e = l->all[i];
		struct fspath p;

		if ((e->d_type != DT_OF_MODE(S_IFCHR) && e->d_type) || stack_lookup(dir, e->name, e->len, &p))
			continue;
		e->is_hidden = ovl_is_whiteout(&p);
		fspath_put(&p);
	}
}

/* ... and the numbers of copies. */
static int set_numbers(struct listing *l, struct ovl_node *dir)
{
	for (u32 i = l->layer_first; i < l->n; i++) {
		struct entry *e = l->all[i];
		struct ovl_found f;
		int err;

		if (e->is_hidden)
			continue;
		err = ovl_find(dir, e->name, e->len, &f);
		if (err)
			return err;
		if (f.nlower)
			e->ino = path_vnode(&f.lower[0].path)->vn_ino;
		else if (f.origin)
			e->ino = f.origin->vn_ino;
		ovl_found_put(&f);
	}
	return 0;
}

static int gather_layer(struct listing *l, const struct fspath *dir)
{
	int err;

	l->layer_first = l->n;
	err = stack_list(dir, &l->sink);
	if (!err)
		err = l->err;
	if (!err)
		hide_whiteouts(l, dir);
	return err;
}

static void listing_free(struct listing *l)
{
	if (!l)
		return;
	for (u32 i = 0; i < l->n; i++)
		kmem_free(l->all[i]);
	kmem_free_large(l->all);
	kmem_free(l);
}

static struct listing *listing_make(struct ovl_node *dir)
{
	struct listing *l = kmem_zalloc(sizeof(*l), ALLOC_KERNEL);
	int err = 0;

	if (!l)
		return ERR_PTR(-ENOMEM);
	l->sink.emit = gather;
	rbtree_init(&l->names);
	if (ovl_has_upper(dir)) {
		err = gather_layer(l, &dir->upper);
		if (!err && (dir->nlower || ovl_is_marked(&dir->upper, OVL_IMPURE)))
			err = set_numbers(l, dir);
	}
	for (u32 i = 0; i < dir->nlower && !err; i++)
		err = gather_layer(l, &dir->lower[i].path);
	if (!err)
		return l;
	listing_free(l);
	return ERR_PTR(err);
}

int ovl_is_empty(struct ovl_node *dir)
{
	struct listing *l = listing_make(dir);
	int empty = 1;

	if (IS_ERR(l))
		return (int)PTR_ERR(l);
	for (u32 i = 0; i < l->n && empty; i++)
		empty = l->all[i]->is_hidden;
	listing_free(l);
	return empty;
}

static u64 parent_number(struct ofile *f)
{
	struct ncent *nc = f->of_path.nc, *parent;
	u64 ino;

	spin_lock(&nc->nc_lock);
	parent = nc->nc_parent;
	ino = ovl_of(parent->nc_vnode)->st_ino;
	spin_unlock(&nc->nc_lock);
	return ino;
}

static int ovl_readdir(struct ofile *f, struct dir_sink *s)
{
	struct ovl_node *dir = ovl_of(f->of_vnode);
	struct listing *l = f->of_priv;

	if (!l || !s->pos) {
		struct listing *fresh = listing_make(dir);

		if (IS_ERR(fresh))
			return (int)PTR_ERR(fresh);
		listing_free(l);
		f->of_priv = l = fresh;
	}
	if (s->pos == 0 && !s->emit(s, ".", 1, dir->st_ino, DT_OF_MODE(S_IFDIR), 1))
		return 0;
	if (s->pos <= 1 && !s->emit(s, "..", 2, parent_number(f), DT_OF_MODE(S_IFDIR), 2))
		return 0;
	for (u64 i = (u64)s->pos - 2; i < l->n; i++) {
		const struct entry *e = l->all[i];

		if (!e->is_hidden && !s->emit(s, e->name, e->len, e->ino, e->d_type, (loff_t)i + 3))
			break;
	}
	return 0;
}

static void ovl_dir_release(struct ofile *f)
{
	listing_free(f->of_priv);
}

static int ovl_dir_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync)
{
	struct ovl_node *dir = ovl_of(f->of_vnode);

	return ovl_has_upper(dir) ? stack_fsync(&dir->upper) : 0;
}

const struct ofile_ops ovl_dir_fops = {
	.open = fop_default_open,
	.release = ovl_dir_release,
	.read = fop_isdir_read,
	.write = fop_no_write,
	.seek = fop_dir_seek,
	.readdir = ovl_readdir,
	.poll = fop_default_poll,
	.ioctl = fop_no_ioctl,
	.mmap = fop_no_mmap,
	.fsync = ovl_dir_fsync,
	.fallocate = fop_no_fallocate,
	FOPS_PLAIN,
};
