/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to the files of fs/vfs that change mount trees; all of it under
 * mount_tree_lock for writing.
 */
#pragma once

#include "vfs_impl.h"

#include <tern/kernel/ns.h>

struct mountns {
	struct nsbase base;		/* first member */
	struct mountpt *root;		/* tree lock */
	struct list mounts;		/* tree lock: mp_ns_link, in order of mounting */
	u32 nmounts;			/* tree lock */
	u64 event;			/* A */
	struct waitq waitq;		/* pollers of mount tables */
	u64 serial;			/* I mounts of a namespace may hold only later ones */
};

/** mountpt_alloc() - unattached mount of @fs at @root; takes references. NULL if no memory. */
struct mountpt *mountpt_alloc(struct filesys *fs, struct ncent *root, const char *source, u32 flags);
/** mountpt_clone() - another view of the same, from @root on; propagation private. */
struct mountpt *mountpt_clone(const struct mountpt *m, struct ncent *root);
/** mount_attach() - make @m visible at (@parent, @point). Takes @m's reference. */
void mount_attach(struct mountpt *m, struct mountpt *parent, struct ncent *point);
/** mount_detach() - from its parent, still in its namespace. */
void mount_detach(struct mountpt *m);
/** mount_ns_set() - @m alone joins @ns (NULL: leaves its own). */
void mount_ns_set(struct mountpt *m, struct mountns *ns);
/** mount_next() - depth-first successor of @m in the tree of @top. */
struct mountpt *mount_next(struct mountpt *m, struct mountpt *top);
/** mount_next_skip() - ... not entering @m. */
struct mountpt *mount_next_skip(struct mountpt *m, struct mountpt *top);
#define mount_foreach_tree(m, top) for (m = (top); m; m = mount_next(m, top))
/**
 * mount_copy_tree() - @top seen from @root and all below; unattached.
 * ERR_PTR(-ENOMEM, -EINVAL).
 */
#define COPY_RECURSE	0x1u
#define COPY_UNBINDABLE	0x2u	/* those too: a whole namespace */
#define COPY_KEEP_PEERS	0x4u	/* copies of shared mounts join their groups */
#define COPY_TO_SLAVES	0x8u	/* they become slaves of the originals instead */
struct mountpt *mount_copy_tree(struct mountpt *top, struct ncent *root, u32 how);
/** mount_lock_tree() - the tree goes to less privileged hands: what it shows stays as it is. */
void mount_lock_tree(struct mountpt *top);
/** mount_drop_tree() - throw an unattached (or just detached) tree away; puts go to @dead. */
void mount_drop_tree(struct mountpt *top, struct list *dead);
/** mount_put_list() - after the lock: drop what mount_drop_tree() collected by mp_work. */
void mount_put_list(struct list *dead);
/** mounts_lock() / mounts_unlock() - tree lock and hash sequence; unlock tells pollers of @ns. */
void mounts_lock(void);
void mounts_unlock(struct mountns *ns);

/* propagate.c */
void propagation_set(struct mountpt *m, u32 kind);	/* MS_SHARED ... */
void propagation_leave(struct mountpt *m);
void propagation_join(struct mountpt *m, struct mountpt *peer);
void propagation_enslave(struct mountpt *m, struct mountpt *master);
/**
 * propagate_mount() - @tree is about to be attached at (@dest, @point): copies
 * to all that must see it.
 */
int propagate_mount(struct mountpt *dest, struct ncent *point, struct mountpt *tree, struct list *dead);
/**
 * propagate_unmount() - the copies of @m that go with it: detached into @dead
 * @top: top of the tree that is being removed: it goes last, not as a copy of another
 */
void propagate_unmount(struct mountpt *m, const struct mountpt *top, struct list *dead);
/** propagate_busy() - would one of those be in use. */
bool propagate_busy(struct mountpt *m);
/** mount_tuck() - attach; what was mounted there goes on top. */
void mount_tuck(struct mountpt *m, struct mountpt *parent, struct ncent *point);
/** mount_find_locked() - what is mounted there, no reference. */
struct mountpt *mount_find_locked(const struct mountpt *mnt, const struct ncent *nc);
/** mountpt_make_rdonly() - 0, or -EBUSY while a file is open for writing. */
int mountpt_make_rdonly(struct mountpt *m);
