/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * overlayfs, private. Legend: I immutable, L vn_lock of the vnode, K lock of the node,
 * M lock of the mount.
 */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/fs/stack.h>
#include <tern/lib/rbtree.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>

#define OVL_PREFIX	"trusted.overlay."
#define OVL_OPAQUE	OVL_PREFIX "opaque"	/* "y": nothing of the layers below is seen */
#define OVL_REDIRECT	OVL_PREFIX "redirect"	/* name or path of the directory in the layers below */
#define OVL_ORIGIN	OVL_PREFIX "origin"	/* handle of the file that it is a copy of */
#define OVL_IMPURE	OVL_PREFIX "impure"	/* "y": some entries have an origin */

struct ovl_layer {
	struct fspath root;		/* I private view with references; nc NULL: no upper layer */
	u64 dev;			/* I st_dev of files (not directories) that come from it */
	bool owns_dev;			/* I dev is an anonymous number of ours */
};

/* fs->priv. Layer 0 is the upper one, 1 the topmost lower one. */
struct ovl_mount {
	struct filesys *fs;		/* I */
	u32 nlayers;			/* I */
	struct ovl_layer *layers;	/* I */
	struct fspath work;		/* I where new things are put together; nc NULL: read-only */
	bool is_same_fs;		/* I all layers are of one file system: its inode numbers do */
	struct spin lock;		/* protects nodes; LOCKRANK_FS_SPIN */
	struct rbtree nodes;		/* M of struct ovl_key */
	u64 next_ino, next_temp;	/* A */
	char *lowerdir, *upperdir, *workdir;	/* I for show_options */
};

/* A node is found by the vnode of the layer that it stands for. */
struct ovl_key {
	struct rbnode link;
	const struct vnode *real;	/* NULL: not in the tree */
	struct ovl_node *node;
};

struct ovl_lower { struct fspath path; u32 layer; };

struct ovl_node {
	struct vnode vn;		/* first */
	struct kmutex lock;		/* one copy-up at a time; LOCKRANK_FS */
	struct fspath upper;		/* K set once, with nc last; references */
	u32 nlower;			/* I directories: all that are merged; others: one at most */
	struct ovl_lower *lower;	/* I with references */
	struct vnode *origin;		/* I with a reference: gives the inode number; or NULL */
	struct ovl_key by_upper, by_origin;	/* M */
	u64 st_ino, st_dev;		/* I */
	char *link;			/* I text of a symbolic link */
};

/* What the layers have of a name; references. */
struct ovl_found {
	struct fspath upper;		/* nc NULL: nothing */
	bool is_whiteout;		/* the upper layer says that there is nothing */
	u32 nlower;
	struct ovl_lower *lower;	/* of nlayers entries, allocated */
	struct vnode *origin;		/* of an upper file, if known */
	u32 origin_layer;
};

static inline struct ovl_node *ovl_of(struct vnode *vn) { return (struct ovl_node *)vn; }
static inline struct ovl_mount *ovl_mount_of(const struct vnode *vn) { return vn->vn_fs->priv; }
static inline bool ovl_has_upper(const struct ovl_node *n) { return load_acquire(&n->upper.nc); }
/** ovl_real() - the path whose attributes and contents are the node's. Borrowed. */
static inline const struct fspath *ovl_real(const struct ovl_node *n)
{
	return ovl_has_upper(n) ? &n->upper : &n->lower[0].path;
}

extern const struct vnode_ops ovl_vnode_ops;
extern const struct ofile_ops ovl_file_fops, ovl_dir_fops;

/* node.c */
void ovl_cache_init(void);
/** ovl_node_get() - the node of what was found (not nothing), referenced; consumes @f. */
struct vnode *ovl_node_get(struct ovl_mount *m, struct ovl_found *f);
/** ovl_node_set_upper() - @n was copied to @p (consumed). */
void ovl_node_set_upper(struct ovl_node *n, const struct fspath *p);
/** ovl_copy_attr() - what the VFS looks at follows the real file. */
void ovl_copy_attr(struct ovl_node *n);
void ovl_evict(struct vnode *vn);

/* find.c */
/** ovl_find() - @name in all layers of @dir; 0 with *out (maybe nothing), or -errno. */
int ovl_find(struct ovl_node *dir, const char *name, u32 len, struct ovl_found *out);
void ovl_found_put(struct ovl_found *f);
/** ovl_lower_has() - would @name be seen if the upper layer had nothing: 1, 0, -errno. */
int ovl_lower_has(struct ovl_node *dir, const char *name, u32 len);
/** ovl_upper_whiteout() - has the upper layer of @dir a whiteout there: 1, 0, -errno. */
int ovl_upper_whiteout(struct ovl_node *dir, const char *name, u32 len);
bool ovl_is_whiteout(const struct fspath *p);
bool ovl_is_marked(const struct fspath *p, const char *xattr);
struct vnode *ovl_lookup(struct vnode *dir, const char *name, u32 len);
/** ovl_origin_store() - remember in @copy what it was made from; a file system without handles has none. */
int ovl_origin_store(const struct fspath *copy, const struct fspath *orig);

/* copyup.c */
/** ovl_copy_up() - @n has an upper file afterwards; 0, -EROFS, -ENOSPC, ... */
int ovl_copy_up(struct ovl_node *n);
#define OVL_TEMP_LEN 24
/** ovl_temp_name() - a name for the work directory; its length. */
u32 ovl_temp_name(struct ovl_mount *m, char *buf);

/* dirops.c */
struct vnode *ovl_create(struct vnode *dir, const char *name, u32 len, mode_t mode);
struct vnode *ovl_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode);
struct vnode *ovl_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev);
struct vnode *ovl_symlink(struct vnode *dir, const char *name, u32 len, const char *target);
struct vnode *ovl_tmpfile(struct vnode *dir, mode_t mode);
int ovl_link(struct vnode *dir, const char *name, u32 len, struct vnode *target);
int ovl_remove(struct vnode *dir, const char *name, u32 len, struct vnode *target);
/** ovl_clear_whiteouts() - the (merged-empty) directory's upper part becomes empty. */
int ovl_clear_whiteouts(const struct fspath *dir);
/** ovl_set_opaque() - hide the layers below an upper directory. */
int ovl_set_opaque(const struct fspath *p);
/** ovl_links_lost() - a name of @n is gone: its count of links. */
void ovl_links_lost(struct ovl_node *n);

/* rename.c */
int ovl_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
	       struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags);

/* list.c */
/** ovl_is_empty() - 1 if nothing of the directory is seen, 0, -errno. */
int ovl_is_empty(struct ovl_node *dir);

/* attr.c */
int ovl_getattr(struct vnode *vn, struct vattr *va);
int ovl_setattr(struct vnode *vn, const struct vattr *va);
int ovl_permission(struct vnode *vn, u32 mask);
ssize_t ovl_getxattr(struct vnode *vn, const char *name, void *buf, size_t size);
int ovl_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags);
ssize_t ovl_listxattr(struct vnode *vn, char *buf, size_t size);
int ovl_removexattr(struct vnode *vn, const char *name);
