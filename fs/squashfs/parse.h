/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading squashfs structures. Pure: bytes come from the caller, who also keeps unpacked
 * metadata blocks. Nothing in an image is believed before it was checked; -EIO says that
 * it contradicts itself.
 */
#pragma once

#include <tern/lib/alloc.h>
#include <uapi/stat.h>

#include "format.h"

struct sqfs_super {
	u32 inodes, block_size, block_bits, fragments, ids, packing;
	u64 root, bytes, id_table, xattr_table, inode_table, dir_table, frag_table, export_table;
};

/* An unpacked metadata block. */
struct sqfs_meta {
	const u8 *data;
	u32 len;
	u64 next;		/* place of the one behind it */
	void *cookie;		/* the caller's */
};

struct sqfs_image {
	struct sqfs_super s;
	/* The block at @pos, to be given back; 0 or -errno. */
	int (*meta_get)(void *ctx, u64 pos, struct sqfs_meta *out);
	void (*meta_put)(void *ctx, struct sqfs_meta *m);
	/* Bytes of the image as they are. */
	int (*read)(void *ctx, u64 pos, void *buf, u32 len);
	void *ctx;
};

/* A place in a stream of metadata. */
struct sqfs_at { u64 pos; u32 off; };

struct sqfs_inode {
	enum sqfs_kind kind;
	mode_t mode;		/* with the type */
	uid_t uid;
	gid_t gid;
	u32 mtime, ino, nlink, rdev, xattr, parent;
	u64 size;		/* bytes; directories: of the listing */
	u64 start;		/* files: place of the first block */
	u32 frag, frag_off;	/* SQFS_NONE: no fragment */
	u64 nblocks;		/* sizes of which stand at rest */
	struct sqfs_at rest;	/* behind the inode: sizes of blocks, text of a link, directory's index */
	struct sqfs_at list;	/* directories: the listing */
	u32 nindex;
};

struct sqfs_entry { u64 ref; u32 ino; enum sqfs_kind kind; u32 len; u64 next; char name[SQFS_NAME_MAX + 1]; };

/* A reading of a directory. */
struct sqfs_dir { struct sqfs_at at; u64 done, left; u32 run_left; u64 run_start; u32 run_ino; };

struct sqfs_xattrs { struct sqfs_at at; u32 left; };
struct sqfs_xattr { char name[SQFS_NAME_MAX + 16]; u32 len; u32 size; struct sqfs_at value; };

/**
 * sqfs_super_parse() - 96 bytes of an image of @bytes bytes
 * Return: 0, -EINVAL: none, or not of this version; -EOPNOTSUPP: packed by a method that is missing.
 */
int sqfs_super_parse(const void *raw, u64 bytes, struct sqfs_super *out);
/** sqfs_meta_header() - bytes of a metadata block behind its header @raw; *is_packed. -EIO. */
int sqfs_meta_header(u16 raw, bool *is_packed);
/**
 * sqfs_unpack() - @len bytes to at most @room
 * Return: bytes, or -EIO, -ENOMEM.
 */
ssize_t sqfs_unpack(const struct sqfs_super *s, void *dst, u32 room, const void *src, u32 len,
		    const struct lib_alloc *alloc);
/** sqfs_meta_read() - the next @len bytes of the stream, which moves on. @buf may be NULL: skip. */
int sqfs_meta_read(const struct sqfs_image *img, struct sqfs_at *at, void *buf, u64 len);
/** sqfs_inode_read() - by reference: place of its block << 16 | place in it. */
int sqfs_inode_read(const struct sqfs_image *img, u64 ref, struct sqfs_inode *out);
/** sqfs_export() - reference of inode number @ino; -ESTALE. */
int sqfs_export(const struct sqfs_image *img, u32 ino, u64 *ref);
/** sqfs_fragment() - place and size word of a fragment block. */
int sqfs_fragment(const struct sqfs_image *img, u32 n, u64 *pos, u32 *size);
/** sqfs_block_check() - is a data block of that size word within the image. 0 or -EIO. */
int sqfs_block_check(const struct sqfs_super *s, u64 pos, u32 size);
/** sqfs_dir_begin() - read the directory from its start. */
void sqfs_dir_begin(const struct sqfs_inode *i, struct sqfs_dir *d);
/** sqfs_dir_seek() - @d begins where @name would be, by the directory's index. 0 or -errno. */
int sqfs_dir_seek(const struct sqfs_image *img, const struct sqfs_inode *i, const char *name, u32 len,
		  struct sqfs_dir *d);
/** sqfs_dir_next() - 1 and the entry, 0 at the end, -errno. */
int sqfs_dir_next(const struct sqfs_image *img, struct sqfs_dir *d, struct sqfs_entry *e);
/** sqfs_xattr_begin() - attributes number @n of the image; none for SQFS_NONE. */
int sqfs_xattr_begin(const struct sqfs_image *img, u32 n, struct sqfs_xattrs *x);
/** sqfs_xattr_next() - 1 and name, size and place of the value; 0 at the end, -errno. */
int sqfs_xattr_next(const struct sqfs_image *img, struct sqfs_xattrs *x, struct sqfs_xattr *out);
