// SPDX-License-Identifier: GPL-2.0-only
/*
 * Share modes: what the openers of a file let others do, among Windows programs. Each open
 * file object that reads, writes or deletes stands in a list of its file; the lists stand in a
 * table by vnode. Linux programs are not asked and not hindered.
 *
 * Locks: shares_lock around table and lists.
 */
#include "../file.h"

#include <tern/lib/rbtree.h>

#define READS	(NT_FILE_READ_DATA | NT_FILE_EXECUTE)
#define WRITES	(NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA)
#define SHARE_READ	0x1u
#define SHARE_WRITE	0x2u
#define SHARE_DELETE	0x4u

struct nt_share {
	struct rbnode node;
	const struct vnode *vn;		/* borrowed: the files in the list hold it */
	struct list files;		/* of nt_file.share_link */
};

static struct rbtree shares = RBTREE_INIT;
static struct kmutex shares_lock = KMUTEX_INIT(shares_lock, LOCKRANK_VFS_MISC);

static struct nt_share *find(const struct vnode *vn, struct rbnode ***link, struct rbnode **parent)
{
	struct rbnode **at = &shares.root;

	*parent = NULL;
	*link = NULL;
	while (*at) {
		struct nt_share *s = container_of(*at, struct nt_share, node);

		if (s->vn == vn)
			return s;
		*parent = *at;
		at = vn < s->vn ? &(*at)->left : &(*at)->right;
	}
	*link = at;
	return NULL;
}

/* Does what @a does go with what @b lets others do. */
static bool allows(u32 access, u32 share)
{
	return !((access & READS) && !(share & SHARE_READ)) && !((access & WRITES) && !(share & SHARE_WRITE)) &&
	       !((access & NT_FILE_DELETE) && !(share & SHARE_DELETE));
}

ntstatus nt_share_enter(struct nt_file *f, u32 share)
{
	const struct vnode *vn = f->of->of_vnode;
	struct rbnode **link, *parent;
	struct nt_share *s, *spare;
	ntstatus st = STATUS_SUCCESS;
	struct nt_file *other;

	f->share = share;
	if (!(f->access & (READS | WRITES | NT_FILE_DELETE)))
		return STATUS_SUCCESS;
	spare = kmem_zalloc(sizeof(*spare), ALLOC_KERNEL);
	if (!spare)
		return STATUS_NO_MEMORY;
	kmutex_lock(&shares_lock);
	s = find(vn, &link, &parent);
	if (!s) {
		s = spare;
		spare = NULL;
		s->vn = vn;
		list_init(&s->files);
		rbtree_link(&s->node, parent, link);
		rbtree_insert_fixup(&shares, &s->node);
	}
	list_foreach(other, &s->files, share_link)
		if (!allows(f->access, other->share) || !allows(other->access, share))
			st = STATUS_SHARING_VIOLATION;
	if (!st) {
		list_add_tail(&f->share_link, &s->files);
		f->share_set = s;
	}
	kmutex_unlock(&shares_lock);
	kmem_free(spare);
	return st;
}

void nt_share_leave(struct nt_file *f)
{
	struct nt_share *s = f->share_set;

	if (!s)
		return;
	kmutex_lock(&shares_lock);
	list_del(&f->share_link);
	if (list_is_empty(&s->files))
		rbtree_erase(&shares, &s->node);
	else
		s = NULL;
	kmutex_unlock(&shares_lock);
	kmem_free(s);
}
