// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles of files: generation and inode number. Only those that someone asked a
 * handle of are in the instance's tree of handles, until they are evicted.
 */
#include "tmpfs_impl.h"

#include <tern/kernel/random.h>
#include <uapi/fhandle.h>

#define HANDLE_WORDS	3

static struct tmpfs_vnode *find_locked(struct tmpfs_super *s, u64 ino, struct rbnode ***link,
				       struct rbnode **parent)
{
	struct rbnode **at = &s->handles.root, *up = NULL;

	while (*at) {
		struct tmpfs_vnode *t = rbtree_entry(*at, struct tmpfs_vnode, by_ino);

		if (t->vn.vn_ino == ino)
			return t;
		up = *at;
		at = ino < t->vn.vn_ino ? &up->left : &up->right;
	}
	*link = at;
	*parent = up;
	return NULL;
}

int tmpfs_handle_make(struct vnode *vn, s32 *type, void *data, u32 *bytes)
{
	u32 words[HANDLE_WORDS] = { 0, (u32)vn->vn_ino, (u32)(vn->vn_ino >> 32) }, generation;
	struct tmpfs_super *s = super_of(vn);
	struct tmpfs_vnode *t = tmpfs_of(vn);
	struct rbnode **link = NULL, *parent = NULL;

	if (*bytes < sizeof(words))
		return -EOVERFLOW;
	random_bytes(&generation, sizeof(generation));
	spin_lock(&s->handles_lock);
	if (!t->has_handle && !find_locked(s, vn->vn_ino, &link, &parent)) {
		rbtree_link(&t->by_ino, parent, link);
		rbtree_insert_fixup(&s->handles, &t->by_ino);
		vn->vn_generation = generation;
		t->has_handle = true;
	}
	words[0] = vn->vn_generation;
	spin_unlock(&s->handles_lock);
	memcpy(data, words, sizeof(words));
	*bytes = sizeof(words);
	*type = FILEID_INO32_GEN;
	return 0;
}

struct vnode *tmpfs_handle_find(struct filesys *fs, s32 type, const void *data, u32 bytes)
{
	struct tmpfs_super *s = fs->priv;
	struct rbnode **link = NULL, *parent = NULL;
	struct tmpfs_vnode *t;
	u32 words[HANDLE_WORDS];

	if (bytes < sizeof(words) || type != FILEID_INO32_GEN)
		return ERR_PTR(-ESTALE);
	memcpy(words, data, sizeof(words));
	spin_lock(&s->handles_lock);
	t = find_locked(s, (u64)words[2] << 32 | words[1], &link, &parent);
	/* One whose last name is gone is stale, though somebody may have it open. */
	if (t && (t->vn.vn_generation != words[0] || !READ_ONCE(t->vn.vn_nlink) ||
		  !atomic_inc_not_zero(&t->vn.vn_refs)))
		t = NULL;
	spin_unlock(&s->handles_lock);
	return t ? &t->vn : ERR_PTR(-ESTALE);
}

void tmpfs_handle_forget(struct tmpfs_vnode *t)
{
	struct tmpfs_super *s = super_of(&t->vn);

	if (!t->has_handle)
		return;
	spin_lock(&s->handles_lock);
	rbtree_erase(&s->handles, &t->by_ino);
	spin_unlock(&s->handles_lock);
}
