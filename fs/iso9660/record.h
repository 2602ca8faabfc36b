/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ISO 9660 on disk: volume descriptors and directory records, with Rock Ridge and
 * Joliet names. Pure: contents come by a function of the caller; host-tested.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define ISO_BLOCK	2048u
#define ISO_NAME_MAX	255u
#define ISO_LINK_MAX	1024u

/* How to read the volume: @len bytes at byte @pos; 0 or -errno. */
struct iso_source {
	int (*read)(void *ctx, u64 pos, void *buf, u32 len);
	void *ctx;
	u64 bytes;		/* size of the device */
};

struct iso_geo {
	u32 root_block;		/* extent of the root directory */
	u64 root_size;
	u64 blocks;
	bool rock;		/* Rock Ridge names and modes */
	bool joliet;
	u32 skip;		/* bytes before the system use fields of a record */
};

/* One directory record. */
struct iso_entry {
	u32 block;
	u64 size;
	bool is_dir, is_dot, is_dotdot, is_hidden, more;	/* more: the file goes on in the next record */
	u32 mode, nlink, uid, gid;	/* mode 0: the volume does not say */
	u64 rdev;
	s64 atime, mtime, ctime;	/* ns since 1970 */
	u32 name_len, link_len, len;	/* len: bytes of the record */
	u32 moved_block;		/* Rock Ridge: the directory is really there; 0: no */
	char name[ISO_NAME_MAX + 1];
	char link[ISO_LINK_MAX];
};

/** iso_geo_parse() - find the volume descriptors; -EINVAL: no such volume. */
int iso_geo_parse(const struct iso_source *src, struct iso_geo *g);
/**
 * iso_record_parse() - the record at @off of a directory's block
 * @sector: its 2048 bytes
 * Return: 1; 0 nothing more in this sector; -EUCLEAN.
 */
int iso_record_parse(const struct iso_source *src, const struct iso_geo *g, const u8 *sector, u32 off,
		     struct iso_entry *e);
