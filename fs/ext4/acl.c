// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX access control lists on the disk: attributes of name spaces 2 (access) and 3 (default) with an
 * empty rest of the name; entries of owner, group, mask and others are without an id there.
 */
#include <tern/fs/acl.h>

#include "ext4_impl.h"

#define DISK_VERSION	1u
#define WIRE_VERSION	2u
#define TAG_USER	0x02u
#define TAG_GROUP	0x08u
#define ENTRIES_MAX	128u
#define WIRE_MAX	(sizeof(u32) + ENTRIES_MAX * sizeof(struct wire_entry))

struct wire_entry { u16 tag, perm; u32 id; };
struct disk_entry { u16 tag, perm; };

static const char *const names[] = { ACL_XATTR_ACCESS, ACL_XATTR_DEFAULT };

static bool has_id(u16 tag) { return tag == TAG_USER || tag == TAG_GROUP; }

/* Bytes of the form that programs see, or -EUCLEAN. */
static ssize_t to_wire(const u8 *disk, size_t size, u8 *wire)
{
	size_t at = sizeof(u32), n = sizeof(u32);

	if (size < sizeof(u32) || get_le32(disk) != DISK_VERSION)
		return -EUCLEAN;
	put_le32(wire, WIRE_VERSION);
	while (at < size) {
		struct wire_entry e = { .id = ~0u };

		if (size - at < sizeof(struct disk_entry) || n + sizeof(e) > WIRE_MAX)
			return -EUCLEAN;
		memcpy(&e, disk + at, sizeof(struct disk_entry));
		at += sizeof(struct disk_entry);
		if (has_id(e.tag)) {
			if (size - at < sizeof(e.id))
				return -EUCLEAN;
			memcpy(&e.id, disk + at, sizeof(e.id));
			at += sizeof(e.id);
		}
		memcpy(wire + n, &e, sizeof(e));
		n += sizeof(e);
	}
	return (ssize_t)n;
}

/* The disk's form never is the longer one. */
static size_t to_disk(const u8 *wire, size_t size, u8 *disk)
{
	size_t n = sizeof(u32);

	put_le32(disk, DISK_VERSION);
	for (size_t at = sizeof(u32); at < size; at += sizeof(struct wire_entry)) {
		struct wire_entry e;

		memcpy(&e, wire + at, sizeof(e));
		memcpy(disk + n, &e, has_id(e.tag) ? sizeof(e) : sizeof(struct disk_entry));
		n += has_id(e.tag) ? sizeof(e) : sizeof(struct disk_entry);
	}
	return n;
}

int ext4_acl_load(struct vnode *vn)
{
	u8 *disk;
	int err = 0;

	if (S_ISLNK(vn->vn_mode) || !ext4_xattr_any(ext4_node_of(vn)))
		return 0;
	disk = kmem_alloc(2 * WIRE_MAX, ALLOC_KERNEL);
	if (!disk)
		return -ENOMEM;
	for (u32 i = 0; i < ARRAY_SIZE(names) && !err; i++) {
		ssize_t n = ext4_xattr_get(ext4_node_of(vn), names[i], disk, WIRE_MAX);

		if (n == -ENODATA)
			continue;
		if (n > 0)
			n = to_wire(disk, (size_t)n, disk + WIRE_MAX);
		err = n < 0 ? (int)n : vnode_acl_load(vn, names[i], disk + WIRE_MAX, (size_t)n);
	}
	kmem_free(disk);
	return err;
}

int ext4_acl_store(struct ext4_tx *tx, struct vnode *vn)
{
	u8 *wire = kmem_alloc(2 * WIRE_MAX, ALLOC_NOFS);
	int err = 0;

	if (!wire)
		return -ENOMEM;
	for (u32 i = 0; i < ARRAY_SIZE(names) && !err; i++) {
		u8 *disk = wire + WIRE_MAX;
		ssize_t n = vnode_acl_get(vn, names[i], wire, WIRE_MAX);

		if (n > 0) {
			err = ext4_xattr_set(tx, ext4_node_of(vn), names[i], disk, to_disk(wire, (size_t)n, disk), 0);
		} else if (n == -ENODATA) {
			err = ext4_xattr_set(tx, ext4_node_of(vn), names[i], NULL, 0, XATTR_REPLACE);
			if (err == -ENODATA)
				err = 0;
		} else {
			/* More entries than an attribute of ours holds. */
			err = n == -ERANGE ? -ENOSPC : (int)n;
		}
	}
	kmem_free(wire);
	return err;
}
