// SPDX-License-Identifier: GPL-2.0-only
/*
 * Share modes: what the openers of a file let others do, among Windows programs. Each open
 * file object that reads, writes or deletes stands in a list of its file; the lists stand in
 * trees by vnode, each vnode in the tree of its bucket. Linux programs are not asked and not hindered.
 *
 * Locks: share_bucket.lock around its tree and the lists in it.
 */
#include "../file.h"

#include <tern/base/initcall.h>
#include <tern/lib/hash.h>
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

#define BUCKET_BITS	6

static struct share_bucket {
	struct kmutex lock;
	struct rbtree shares;
} buckets[1 << BUCKET_BITS];

static struct share_bucket *bucket_of(const struct vnode *vn)
{
	return &buckets[hash_ptr(vn, BUCKET_BITS)];
}

static struct nt_share *find(struct share_bucket *b, const struct vnode *vn, struct rbnode ***link,
			     struct rbnode **parent)
{
	struct rbnode **at = &b->shares.root;

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
	struct share_bucket *b = bucket_of(vn);
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
	kmutex_lock(&b->lock);
	s = find(b, vn, &link, &parent);
	if (!s) {
		s = spare;
		spare = NULL;
		s->vn = vn;
		list_init(&s->files);
		rbtree_link(&s->node, parent, link);
		rbtree_insert_fixup(&b->shares, &s->node);
	}
	list_foreach(other, &s->files, share_link)
		if (!allows(f->access, other->share) || !allows(other->access, share))
			st = STATUS_SHARING_VIOLATION;
	if (!st) {
		list_add_tail(&f->share_link, &s->files);
		f->share_set = s;
	}
	kmutex_unlock(&b->lock);
	kmem_free(spare);
	return st;
}

void nt_share_leave(struct nt_file *f)
{
	struct nt_share *s = f->share_set;
	struct share_bucket *b;

	if (!s)
		return;
	b = bucket_of(s->vn);
	kmutex_lock(&b->lock);
	list_del(&f->share_link);
	if (list_is_empty(&s->files))
		rbtree_erase(&b->shares, &s->node);
	else
		s = NULL;
	kmutex_unlock(&b->lock);
	kmem_free(s);
}

static int share_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(buckets); i++) {
		kmutex_init(&buckets[i].lock, LOCKRANK_VFS_MISC);
		rbtree_init(&buckets[i].shares);
	}
	return 0;
}
INITCALL(LATE, share_init);
