// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories whose entries depend on who looks (struct procset): settings of the interfaces in the reader's
 * network namespace.
 *
 * Three levels: the set, a node of the tree; its members, directories; their rows, files. Vnodes of the lower two
 * have the set's node and the member's key. Names are cached like any others, and one name may be two readers'
 * members: the set's revalidate asks again for whom it is. Nothing here holds a member: what a file's key meant
 * may be gone when it is read, which is -ENOENT.
 *
 * Positions in listings: a member's number, a row's number, behind the two dots.
 */
#include "procfs_impl.h"

#include <tern/lib/hash.h>

#define FIRST	2	/* position of what comes after the dots */
#define INO_BIT	BIT(62)

static const struct procset *set_of(const struct procvn *pv)
{
	return pv->node->what;
}

static u64 ino_of(const struct procvn *pv, u64 key, u64 row)
{
	return (hash_combine(hash_combine(pv->node->ino, key), row) >> 8) | INO_BIT;
}

int set_print(const struct procvn *pv, struct seqbuf *sb)
{
	return set_of(pv)->ops->print(set_of(pv), pv->set_key, pv->set_row, sb);
}

ssize_t set_write(const struct procvn *pv, const char *text, size_t n)
{
	return set_of(pv)->ops->write(set_of(pv), pv->set_key, pv->set_row, text, n);
}

static struct vnode *make(const struct procvn *up, const struct vnode_ops *ops, const struct ofile_ops *fops,
			  mode_t mode, u64 key, u32 row)
{
	u64 ino = ino_of(up, key, S_ISDIR(mode) ? 0 : row + 1);
	struct procvn *pv = procvn_alloc(up->vn.vn_fs, ops, fops, mode, ino);

	if (!pv)
		return ERR_PTR(-ENOMEM);
	pv->node = up->node;
	ref_get(&pv->node->refs);
	pv->set_key = key;
	pv->set_row = row;
	return &pv->vn;
}

#define SET_SLOTS							\
	PROC_VNOPS_NO_CHANGE, .readlink = proc_no_vnlink,		\
	.link_put = vnop_default_link_put, .follow = vnop_no_follow,	\
	.getattr = vnop_default_getattr, .setattr = proc_setattr

/* ---- a member: a directory of rows ---- */

static const struct vnode_ops setfile_vnops = {
	SET_SLOTS,
	.lookup = vnop_no_lookup,
	.permission = proc_net_permission,
	.revalidate = vnop_default_revalidate,
};

static struct vnode *member_lookup(struct vnode *dir, const char *name, u32 len)
{
	const struct procvn *pv = procvn_of(dir);
	const struct procset *set = set_of(pv);
	const char *row;

	for (u32 i = 0; (row = set->ops->row_name(set, pv->set_key, i)); i++)
		if (strlen(row) == len && !memcmp(row, name, len))
			return make(pv, &setfile_vnops, &proctext_fops, S_IFREG | 0644, pv->set_key, i);
	return NULL;
}

static int member_readdir(struct ofile *f, struct dir_sink *s)
{
	const struct procvn *pv = procvn_of_file(f);
	const struct procset *set = set_of(pv);
	const char *row;

	if (!proc_emit_dots(f, s))
		return 0;
	while ((row = set->ops->row_name(set, pv->set_key, (u32)(s->pos - FIRST)))) {
		u64 ino = ino_of(pv, pv->set_key, (u64)(s->pos - FIRST) + 1);

		if (!proc_emit(s, row, (u32)strlen(row), ino, S_IFREG, s->pos + 1))
			return 0;
	}
	return 0;
}

/* A row is its member's for ever. */
static const struct vnode_ops member_vnops = {
	SET_SLOTS,
	.lookup = member_lookup,
	.permission = vnop_default_permission,
	.revalidate = vnop_default_revalidate,
};

static const struct ofile_ops member_fops = { PROC_DIR_FOPS, .readdir = member_readdir };

/* ---- the set: a directory of members ---- */

static u64 find(const struct procvn *pv, const char *name, u32 len)
{
	u64 key;

	rcu_read_lock();
	key = set_of(pv)->ops->find(set_of(pv), name, len);
	rcu_read_unlock();
	return key;
}

static struct vnode *set_lookup(struct vnode *dir, const char *name, u32 len)
{
	const struct procvn *pv = procvn_of(dir);
	u64 key = find(pv, name, len);

	return key ? make(pv, &member_vnops, &member_fops, S_IFDIR | 0555, key, 0) : NULL;
}

static int set_readdir(struct ofile *f, struct dir_sink *s)
{
	const struct procvn *pv = procvn_of_file(f);
	const struct procset *set = set_of(pv);
	char name[PROCSET_NAME_MAX];

	if (!proc_emit_dots(f, s))
		return 0;
	while (s->pos - FIRST <= (loff_t)U32_MAX) {
		u32 nr = (u32)(s->pos - FIRST), len;
		u64 key;

		if (!set->ops->next(set, &nr, name))
			return 0;
		len = (u32)strlen(name);
		key = find(pv, name, len);	/* 0: it went meanwhile */
		if (!key)
			s->pos = (loff_t)nr + FIRST + 1;
		else if (!proc_emit(s, name, len, ino_of(pv, key, 0), S_IFDIR, (loff_t)nr + FIRST + 1))
			return 0;
	}
	return 0;
}

/* RCU: whose is a name. */
static int set_revalidate(struct ncent *nc)
{
	const struct vnode *vn = READ_ONCE(nc->nc_vnode);
	const struct procvn *pv;

	if (!vn)
		return 0;
	pv = procvn_of(vn);
	return find(pv, nc->nc_name, nc->nc_len) == pv->set_key;
}

const struct vnode_ops setdir_vnops = {
	SET_SLOTS,
	.lookup = set_lookup,
	.permission = vnop_default_permission,
	.revalidate = set_revalidate,
};

const struct ofile_ops setdir_fops = { PROC_DIR_FOPS, .readdir = set_readdir };
