// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended attributes: in the inode behind its fields, and in one block.
 *
 * Reading walks both places. A change reads all attributes into memory, changes that
 * list, and writes it back: as many as fit to the inode, the others to the
 * block, which may be shared by inodes (h_refcount) and is then left to them.
 *
 * The vnode lock orders changes of one inode; readers copy under n->lock, which
 * the copy to the inode table takes as well.
 *
 * Limits: values in inodes of their own are refused at mount (feature EA_INODE).
 */
#include "vol.h"

#include <tern/lib/sort.h>
#include <uapi/fcntl.h>

#define INDEX_ACL_ACCESS	2
#define INDEX_ACL_DEFAULT	3

static const struct { const char *prefix; u8 index; } prefixes[] = {
	{ "system.posix_acl_access", INDEX_ACL_ACCESS }, { "system.posix_acl_default", INDEX_ACL_DEFAULT },
	{ "user.", 1 }, { "trusted.", 4 }, { "security.", 6 }, { "system.", 7 },
};

struct attr { u8 index, name_len; u32 size; const char *name; const u8 *value; };
struct attrs { struct attr *a; u32 n, room; u8 *inode_copy, *block_copy; };

/* Name space and rest of a name; 0 if there is no such space. */
static u8 split_name(const char *name, const char **rest)
{
	for (u32 i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (str_has_prefix(name, prefixes[i].prefix)) {
			bool is_whole = prefixes[i].index == INDEX_ACL_ACCESS || prefixes[i].index == INDEX_ACL_DEFAULT;

			*rest = name + strlen(prefixes[i].prefix);
			/* Lists have no more to their name, all others have. */
			return !**rest == is_whole ? prefixes[i].index : 0;
		}
	}
	*rest = name;
	return 0;
}

static u32 entry_size(u32 name_len) { return (u32)sizeof(struct ext4_disk_xent) + ((name_len + 3) & ~3u); }

/* Collect the entries between @at and @end; values are relative to @base. */
static int collect(struct attrs *set, const u8 *base, const u8 *at, const u8 *end)
{
	while (at + 4 <= end && get_le32(at)) {
		const struct ext4_disk_xent *e = (const void *)at;
		u32 room = (u32)(end - base);

		if (at + sizeof(*e) > end || at + entry_size(e->e_name_len) > end || e->e_value_inum)
			return -EUCLEAN;
		if (e->e_value_size && (e->e_value_offs > room || e->e_value_size > room - e->e_value_offs))
			return -EUCLEAN;
		if (set->n == set->room)
			return -EUCLEAN;
		set->a[set->n++] = (struct attr){ e->e_name_index, e->e_name_len, e->e_value_size, e->e_name,
						  base + e->e_value_offs };
		at += entry_size(e->e_name_len);
	}
	return 0;
}

static u32 body_off(const struct ext4_node *n) { return EXT4_GOOD_OLD_INODE + n->extra_isize; }
static bool has_body(const struct ext4_node *n)
{
	return n->extra_isize && body_off(n) + 8 < n->vol->geo.inode_size;
}

bool ext4_xattr_has_body(const struct ext4_node *n) { return has_body(n); }

static int load_body(struct ext4_node *n, struct attrs *set)
{
	struct ext4_vol *v = n->vol;
	const u8 *p;
	struct ext4_buf *b;
	u64 block;
	u32 off;
	int err;

	if (!has_body(n))
		return 0;
	err = ext4_itable_pos(v, n->ino, &block, &off);
	if (err)
		return err;
	b = ext4_buf_read(v, block);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	spin_lock(&n->lock);
	memcpy(set->inode_copy, b->data + off, v->geo.inode_size);
	spin_unlock(&n->lock);
	ext4_buf_put(b);
	p = set->inode_copy + body_off(n);
	if (get_le32(p) != EXT4_XATTR_MAGIC)
		return 0;
	return collect(set, p + 4, p + 4, set->inode_copy + v->geo.inode_size);
}

bool ext4_xattr_any(struct ext4_node *n)
{
	struct ext4_buf *b;
	u64 block;
	u32 off;
	bool any;

	if (n->file_acl || !has_body(n) || ext4_itable_pos(n->vol, n->ino, &block, &off))
		return n->file_acl;
	b = ext4_buf_read(n->vol, block);
	if (IS_ERR(b))
		return true;	/* who reads them will see why */
	any = get_le32(b->data + off + body_off(n)) == EXT4_XATTR_MAGIC;
	ext4_buf_put(b);
	return any;
}

static struct ext4_buf *block_read(struct ext4_node *n)
{
	struct ext4_vol *v = n->vol;
	struct ext4_buf *b = ext4_buf_read(v, n->file_acl);
	const struct ext4_disk_xhdr *h;

	if (IS_ERR(b))
		return b;
	h = (void *)b->data;
	if (h->h_magic != EXT4_XATTR_MAGIC || h->h_blocks != 1 || !h->h_refcount ||
	    (!bit_test(EXT4_BUFS_VERIFIED, &b->state) && ext4_has_csum(&v->geo) &&
	     h->h_checksum != ext4_xattr_csum(&v->geo, b->block, b->data))) {
		ext4_buf_put(b);
		return ERR_PTR(ext4_vol_fail(v, "inode %u: attribute block %lu is damaged", n->ino, n->file_acl));
	}
	bit_set_atomic(EXT4_BUFS_VERIFIED, &b->state);
	return b;
}

static int load_block(struct ext4_node *n, struct attrs *set)
{
	struct ext4_buf *b;
	u32 size = n->vol->geo.block_size;

	if (!n->file_acl)
		return 0;
	b = block_read(n);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	memcpy(set->block_copy, b->data, size);
	ext4_buf_put(b);
	return collect(set, set->block_copy, set->block_copy + sizeof(struct ext4_disk_xhdr), set->block_copy + size);
}

static void attrs_free(struct attrs *set)
{
	kmem_free(set->a);
	kmem_free(set->inode_copy);
	kmem_free(set->block_copy);
}

static int attrs_load(struct ext4_node *n, struct attrs *set)
{
	const struct ext4_geo *g = &n->vol->geo;
	int err;

	*set = (struct attrs){ .room = (g->inode_size + g->block_size) / 16 + 1 };
	set->a = kmem_alloc(set->room * sizeof(*set->a), ALLOC_NOFS);
	set->inode_copy = kmem_alloc(g->inode_size, ALLOC_NOFS);
	set->block_copy = kmem_alloc(g->block_size, ALLOC_NOFS);
	if (!set->a || !set->inode_copy || !set->block_copy)
		err = -ENOMEM;
	else
		err = load_body(n, set);
	if (!err)
		err = load_block(n, set);
	if (err)
		attrs_free(set);
	return err;
}

static struct attr *attrs_find(struct attrs *set, u8 index, const char *rest)
{
	u32 len = (u32)strlen(rest);

	for (u32 i = 0; i < set->n; i++) {
		struct attr *a = &set->a[i];

		if (a->index == index && a->name_len == len && !memcmp(a->name, rest, len))
			return a;
	}
	return NULL;
}

ssize_t ext4_xattr_get(struct ext4_node *n, const char *name, void *buf, size_t size)
{
	const char *rest;
	u8 index = split_name(name, &rest);
	struct attrs set;
	struct attr *a;
	ssize_t r;

	if (!index)
		return -EOPNOTSUPP;
	r = attrs_load(n, &set);
	if (r)
		return r;
	a = attrs_find(&set, index, rest);
	if (!a)
		r = -ENODATA;
	else if (size && size < a->size)
		r = -ERANGE;
	else
		r = a->size;
	if (r > 0 && size)
		memcpy(buf, a->value, a->size);
	attrs_free(&set);
	return r;
}

/* The contents of a small file: nobody's business, and bound to the inode. */
static bool is_data(const struct attr *a)
{
	return a->index == 7 && a->name_len == 4 && !memcmp(a->name, "data", 4);
}

ssize_t ext4_xattr_list(struct ext4_node *n, char *buf, size_t size, bool trusted)
{
	struct attrs set;
	ssize_t total = 0;
	int err = attrs_load(n, &set);

	if (err)
		return err;
	for (u32 i = 0; i < set.n && total >= 0; i++) {
		const struct attr *a = &set.a[i];
		const char *prefix = NULL;
		size_t len;

		for (u32 k = 0; k < ARRAY_SIZE(prefixes); k++) {
			if (prefixes[k].index == a->index)
				prefix = prefixes[k].prefix;
		}
		if (!prefix || (a->index == 4 && !trusted) || is_data(a))
			continue;
		len = strlen(prefix) + a->name_len + 1;
		if (size && (size_t)total + len > size) {
			total = -ERANGE;
		} else {
			if (size) {
				memcpy(buf + total, prefix, strlen(prefix));
				memcpy(buf + total + strlen(prefix), a->name, a->name_len);
				buf[(size_t)total + len - 1] = 0;
			}
			total += (ssize_t)len;
		}
	}
	attrs_free(&set);
	return total;
}

/* ---- writing ---- */

static u32 need(const struct attr *a) { return entry_size(a->name_len) + ((a->size + 3) & ~3u); }

static u32 attr_hash(const struct attr *a, const u8 *value)
{
	u32 hash = 0;

	for (u32 i = 0; i < a->name_len; i++)
		hash = (hash << 5) ^ (hash >> 27) ^ (u8)a->name[i];
	for (u32 i = 0; i < a->size; i += 4)
		hash = (hash << 16) ^ (hash >> 16) ^ get_le32(value + i);
	return hash;
}

/* Lay out attributes: entries from @at on, values down from @end, offsets from @base. */
static void lay_out(const struct attr *a, u32 n, u8 *base, u8 *at, u8 *end, bool hashed)
{
	memset(at, 0, (size_t)(end - at));
	for (u32 i = 0; i < n; i++, a++) {
		struct ext4_disk_xent *e = (void *)at;
		u32 padded = (a->size + 3) & ~3u;

		end -= padded;
		*e = (struct ext4_disk_xent){ .e_name_len = a->name_len, .e_name_index = a->index,
					      .e_value_offs = a->size ? (u16)(end - base) : 0,
					      .e_value_size = a->size };
		memcpy(e->e_name, a->name, a->name_len);
		memcpy(end, a->value, a->size);
		if (hashed)
			e->e_hash = attr_hash(a, end);
		at += entry_size(a->name_len);
	}
}

static int by_name(const void *x, const void *y, void *ctx)
{
	const struct attr *a = x, *b = y;

	(void)ctx;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	return memcmp(a->name, b->name, a->name_len);
}

static int store_body(struct ext4_tx *tx, struct ext4_node *n, const struct attr *a, u32 count)
{
	struct ext4_vol *v = n->vol;
	struct ext4_buf *b;
	u64 block;
	u32 off;
	u8 *p;
	int err = ext4_itable_pos(v, n->ino, &block, &off);

	if (err || !has_body(n))
		return err;
	b = ext4_buf_read(v, block);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_tx_write(tx, b, EXT4_BUF_PLAIN, 0);
	if (!err) {
		p = b->data + off + body_off(n);
		spin_lock(&n->lock);
		put_le32(p, count ? EXT4_XATTR_MAGIC : 0);
		lay_out(a, count, p + 4, p + 4, b->data + off + v->geo.inode_size, false);
		spin_unlock(&n->lock);
	}
	ext4_buf_put(b);
	return err;
}

/* Let go of the inode's block. */
static int release_block(struct ext4_tx *tx, struct ext4_node *n)
{
	struct ext4_buf *b;
	struct ext4_disk_xhdr *h;
	int err;

	if (!n->file_acl)
		return 0;
	b = block_read(n);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	h = (void *)b->data;
	if (h->h_refcount > 1) {
		err = ext4_tx_write(tx, b, EXT4_BUF_XATTR, 0);
		if (!err)
			h->h_refcount--;
		ext4_buf_put(b);
	} else {
		ext4_buf_put(b);
		err = ext4_tx_forget(tx, n->file_acl);
		if (!err)
			err = ext4_bfree(tx, n->file_acl, 1);
	}
	if (!err) {
		n->file_acl = 0;
		n->blocks -= n->vol->geo.block_size / 512;
	}
	return err;
}

/* The inode's own block to write to; made if it has none or a shared one. */
static struct ext4_buf *own_block(struct ext4_tx *tx, struct ext4_node *n)
{
	struct ext4_buf *b;
	u64 block;
	int err;

	if (n->file_acl) {
		b = block_read(n);
		if (IS_ERR(b) || ((struct ext4_disk_xhdr *)b->data)->h_refcount == 1)
			return b;
		ext4_buf_put(b);
	}
	err = ext4_balloc_meta(tx, n, n->goal, &block);
	if (err)
		return ERR_PTR(err);
	err = release_block(tx, n);
	b = err ? ERR_PTR(err) : ext4_buf_new(n->vol, block);
	if (IS_ERR(b)) {
		(void)ext4_bfree(tx, block, 1);
		n->blocks -= n->vol->geo.block_size / 512;
		return b;
	}
	n->file_acl = block;
	return b;
}

static int store_block(struct ext4_tx *tx, struct ext4_node *n, struct attr *a, u32 count)
{
	struct ext4_disk_xhdr *h;
	struct ext4_disk_xent *e;
	struct ext4_buf *b;
	u32 hash = 0;
	int err;

	if (!count)
		return release_block(tx, n);
	b = own_block(tx, n);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_tx_write(tx, b, EXT4_BUF_XATTR, 0);
	if (!err) {
		sort_array(a, count, sizeof(*a), by_name, NULL);
		h = (void *)b->data;
		*h = (struct ext4_disk_xhdr){ .h_magic = EXT4_XATTR_MAGIC, .h_refcount = 1, .h_blocks = 1 };
		lay_out(a, count, b->data, (u8 *)(h + 1), b->data + n->vol->geo.block_size, true);
		e = (void *)(h + 1);
		for (u32 i = 0; i < count; i++) {
			hash = (hash << 16) ^ (hash >> 16) ^ e->e_hash;
			e = (void *)((u8 *)e + entry_size(e->e_name_len));
		}
		h->h_hash = hash;
	}
	ext4_buf_put(b);
	return err;
}

/* Move what fits into the inode to the front; how many that are, or -ENOSPC. */
static int place(const struct ext4_node *n, struct attrs *set)
{
	u32 body = has_body(n) ? n->vol->geo.inode_size - body_off(n) - 8 : 0;
	u32 block = n->vol->geo.block_size - (u32)sizeof(struct ext4_disk_xhdr) - 4, k = 0;

	for (u32 i = 1; i < set->n; i++) {
		if (is_data(&set->a[i]))
			swap(set->a[0], set->a[i]);
	}
	if (set->n && is_data(&set->a[0]) && need(&set->a[0]) > body)
		return -ENOSPC;
	for (u32 i = 0; i < set->n; i++) {
		u32 size = need(&set->a[i]);

		if (size <= body) {
			body -= size;
			swap(set->a[k], set->a[i]);
			k++;
		} else if (size <= block) {
			block -= size;
		} else {
			return -ENOSPC;
		}
	}
	return (int)k;
}

static int change(struct attrs *set, u8 index, const char *rest, const void *val, size_t size, u32 how)
{
	struct attr *a = attrs_find(set, index, rest);

	if (a && (how & XATTR_CREATE))
		return -EEXIST;
	if (!a && (!val || (how & XATTR_REPLACE)))
		return -ENODATA;
	if (!val) {
		*a = set->a[--set->n];
		return 0;
	}
	if (!a) {
		if (set->n == set->room)
			return -ENOSPC;
		a = &set->a[set->n++];
		*a = (struct attr){ .index = index, .name_len = (u8)strlen(rest), .name = rest };
	}
	a->size = (u32)size;
	a->value = val;
	return 0;
}

/* @val NULL removes. The caller stores the inode afterwards. */
int ext4_xattr_set(struct ext4_tx *tx, struct ext4_node *n, const char *name, const void *val, size_t size, u32 how)
{
	const char *rest;
	u8 index = split_name(name, &rest);
	struct attrs set;
	int err, in_body;

	if (!index)
		return -EOPNOTSUPP;
	if (strlen(rest) > 255)
		return -ERANGE;
	if (size > n->vol->geo.block_size)
		return -ENOSPC;
	kmutex_lock(&n->attr_lock);
	err = attrs_load(n, &set);
	if (err) {
		kmutex_unlock(&n->attr_lock);
		return err;
	}
	err = change(&set, index, rest, val, size, how);
	if (!err) {
		in_body = place(n, &set);
		err = in_body < 0 ? in_body : store_block(tx, n, set.a + in_body, set.n - (u32)in_body);
		if (!err)
			err = store_body(tx, n, set.a, (u32)in_body);
	}
	kmutex_unlock(&n->attr_lock);
	attrs_free(&set);
	return err;
}

int ext4_xattr_body_room(struct ext4_node *n, const char *name)
{
	const u8 *end;
	const char *rest;
	u8 index = split_name(name, &rest);
	struct attrs set;
	struct attr *own;
	u32 used;
	s64 room;
	int err = attrs_load(n, &set);

	if (err)
		return err;
	own = attrs_find(&set, index, rest);
	used = entry_size((u32)strlen(rest));
	end = set.inode_copy + n->vol->geo.inode_size;
	for (u32 i = 0; i < set.n; i++) {
		const u8 *at = (const u8 *)set.a[i].name;

		if (&set.a[i] != own && at >= set.inode_copy && at < end)
			used += need(&set.a[i]);
	}
	room = has_body(n) ? (s64)n->vol->geo.inode_size - body_off(n) - 8 - used : 0;
	attrs_free(&set);
	return room > 0 ? (int)(room & ~3) : 0;
}

int ext4_xattr_drop(struct ext4_tx *tx, struct ext4_node *n)
{
	return release_block(tx, n);
}
