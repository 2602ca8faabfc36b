/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpio archives of the "newc" kind (070701, and 070702 with check sums), fed
 * in pieces of any size. Several archives may follow one another with zero
 * bytes between them, as an initramfs has it.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <tern/lib/alloc.h>

#define CPIO_NAME_MAX	4096	/* bytes, with NUL */

struct cpio_entry {
	const char *name;	/* terminated; as in the archive, may begin with / or ./ */
	/*
	 * If not NULL, this entry is another name of the file that was first
	 * seen under this one (same device, inode and kind, nlink > 1).
	 * Data, if any, is the file's.
	 */
	const char *link_to;
	u32 ino;
	u32 mode;
	u32 uid;
	u32 gid;
	u32 nlink;
	u32 mtime;
	u32 size;
	u32 dev_major, dev_minor;	/* file system that it came from */
	u32 rdev_major, rdev_minor;	/* device node */
};

/**
 * struct cpio_ops - what to do with the contents; each returns 0 or an error,
 *	which ends the parsing
 * @entry_begin: a new entry; @e is valid during the call
 * @data: the next bytes of its contents (also a symbolic link's target)
 * @entry_end: all of it was delivered and its check sum, if any, is right
 */
struct cpio_ops {
	int (*entry_begin)(void *ctx, const struct cpio_entry *e);
	int (*data)(void *ctx, const void *data, size_t len);
	int (*entry_end)(void *ctx);
};

enum cpio_state {
	CPIO_BETWEEN,	/* before an archive; zeros are skipped */
	CPIO_HEADER,
	CPIO_NAME,
	CPIO_DATA,
	CPIO_PAD,
	CPIO_FAILED,
};

struct cpio_link;

struct cpio {
	const struct cpio_ops *ops;
	void *ctx;
	const struct lib_alloc *alloc;
	enum cpio_state state;
	int error;
	u64 offset;		/* in the current archive */
	size_t have;		/* bytes of header or name so far */
	u32 left;		/* bytes of data to come */
	u32 name_size;
	u32 check_want, check_sum;
	bool has_check;
	bool is_trailer;
	u64 entries;		/* delivered so far, for messages */
	u8 header[112];
	char *name;
	struct cpio_entry entry;
	struct cpio_link **links;	/* hash of hard links */
};

/**
 * cpio_init() - get ready for the first archive
 * @ctx: first argument of the operations
 * Return: 0 or -ENOMEM.
 */
int cpio_init(struct cpio *c, const struct cpio_ops *ops, void *ctx,
	      const struct lib_alloc *alloc) __must_check;

/**
 * cpio_feed() - parse the next @len bytes
 * @used: out: bytes parsed. Less than @len only on an error, or when between
 *	archives a byte comes that begins none: something else follows there.
 * Return: 0, -EINVAL not a newc archive or a field is wrong, -EBADMSG check sum,
 *	-ENAMETOOLONG, -ENOMEM, or what an operation returned. Errors last.
 */
int cpio_feed(struct cpio *c, const void *data, size_t len, size_t *used) __must_check;

/* Is the parser between archives, that is, may input end here? */
static inline bool cpio_is_between(const struct cpio *c)
{
	return c->state == CPIO_BETWEEN;
}

/**
 * cpio_finish() - there is no more input
 * Return: 0, -ENODATA if it ended inside an entry, or the earlier error. An
 *	archive that lacks only its trailer is accepted.
 */
int cpio_finish(struct cpio *c) __must_check;

/**
 * cpio_fini() - free what the parser holds
 */
void cpio_fini(struct cpio *c);
