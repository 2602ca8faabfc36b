/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an inode has besides its fields and its map: extended attributes, contents, its place
 * in the quota files. The last part of vol.h.
 */
#pragma once

/* xattr.c */
ssize_t ext4_xattr_get(struct ext4_node *n, const char *name, void *buf, size_t size);
int ext4_xattr_set(struct ext4_tx *tx, struct ext4_node *n, const char *name, const void *val, size_t size, u32 how);
/** ext4_xattr_any() - may it have attributes at all. */
bool ext4_xattr_any(struct ext4_node *n);
ssize_t ext4_xattr_list(struct ext4_node *n, char *buf, size_t size, bool trusted);
int ext4_xattr_drop(struct ext4_tx *tx, struct ext4_node *n);
#define EXT4_XATTR_CREDITS	24u
/** ext4_xattr_has_body() - can the inode itself hold attributes. */
bool ext4_xattr_has_body(const struct ext4_node *n);
/** ext4_xattr_body_room() - what @name's value could have in the inode, others staying; or -errno. */
int ext4_xattr_body_room(struct ext4_node *n, const char *name);

/* quota.c */
/** ext4_quota_open() - find what is counted, before anything is written; 0 or -errno. close() frees it. */
int ext4_quota_open(struct ext4_vol *v);
void ext4_quota_close(struct ext4_vol *v);
/** ext4_quota_ensure() - there are entries for a user and a group; before the transaction that counts for them. */
int ext4_quota_ensure(struct ext4_vol *v, const u32 *ids);
/** ext4_quota_loaded() - the inode as it was read is what the files have counted. */
void ext4_quota_loaded(struct ext4_node *n);
/** ext4_quota_sync() - count what has changed of @n, in the transaction that stores it. 0 or -errno. */
int ext4_quota_sync(struct ext4_tx *tx, struct ext4_node *n);
#define EXT4_QUOTA_CREDITS	4u
/** ext4_quota_know() - there is an entry for @id; like ext4_quota_ensure(). */
int ext4_quota_know(struct ext4_vol *v, u32 type, u32 id);
struct quota_data;
struct quota_times;
/** ext4_quota_set_times() - how long soft limits may be exceeded; -ESRCH no quota of that type. */
int ext4_quota_set_times(struct ext4_vol *v, u32 type, const struct quota_times *t);

/* limit.c */
/** ext4_quota_may() - may they have so much more? An id without entry may. 0, -EDQUOT. */
int ext4_quota_may(struct ext4_vol *v, const u32 *ids, u64 bytes, u64 inodes);
/** ext4_quota_promise() - blocks that a file will get count from now; @sure: whatever the limits. 0, -EDQUOT. */
int ext4_quota_promise(struct ext4_node *n, u64 blocks, bool sure);
/** ext4_quota_release() - they are in the file now, or will not be. */
void ext4_quota_release(struct ext4_node *n, u64 blocks);
/** ext4_quota_get() - of d->id, or @next the lowest from there on: 0, -ENOENT, -ESRCH. */
int ext4_quota_get(struct ext4_vol *v, u32 type, bool next, struct quota_data *d);
int ext4_quota_set(struct ext4_vol *v, u32 type, const struct quota_data *d);
int ext4_quota_times(struct ext4_vol *v, u32 type, struct quota_times *t);

/* inline.c: contents in the inode */
/** ext4_inline_possible() - may a file of this volume be like that. */
bool ext4_inline_possible(const struct ext4_node *n);
/** ext4_inline_room() - how large the file may be in its inode; or -errno. */
int ext4_inline_room(struct ext4_node *n);
/** ext4_inline_read() - up to @size bytes; how many of them there are (the file may be shorter), or -errno. */
ssize_t ext4_inline_read(struct ext4_node *n, void *buf, size_t size);
/** ext4_inline_write() - the contents are @data now; EXT4_XATTR_CREDITS; the caller stores the inode. */
int ext4_inline_write(struct ext4_tx *tx, struct ext4_node *n, const void *data, u32 size);
/** ext4_inline_clear() - an empty block map instead, map_lock held; ext4_inline_drop(): the attribute goes. */
void ext4_inline_clear(struct ext4_node *n);
int ext4_inline_drop(struct ext4_tx *tx, struct ext4_node *n);
/** ext4_inline_leave() - both, for a file that is empty now. */
int ext4_inline_leave(struct ext4_tx *tx, struct ext4_node *n);
/** ext4_inline_dirblock() - what the directory's only block would be; to look at only. */
struct ext4_buf *ext4_inline_dirblock(struct ext4_node *dir);
/** ext4_inline_dir_spill() - the directory gets that block. */
int ext4_inline_dir_spill(struct ext4_tx *tx, struct ext4_node *dir);
