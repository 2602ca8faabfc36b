/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text files of /proc made by other subsystems. Owner fs/procfs. The print
 * function is run again with a larger buffer while seqbuf is full, so it has no side effects.
 */
#pragma once
#include <tern/base/types.h>
#include <tern/base/waitq.h>
#include <tern/lib/seqbuf.h>
/** What poll(2) of a text file waits for; static. */
struct procevent {
	struct waitq waitq;
	u64 count;		/* A changes so far */
};
/** procevent_note() - the text has changed. */
void procevent_note(struct procevent *e);
struct procfile {
	const char *path;		/* "meminfo", "sys/kernel/hostname", "tern/services" */
	mode_t mode;			/* 0: 0444 */
	void (*print)(struct seqbuf *sb, void *arg);
	/* NUL-terminated text written by one write(2); bytes accepted or
	 * -errno. NULL: not writable.
	 */
	ssize_t (*write)(const char *text, size_t n, void *arg);
	void *arg;
	struct procevent *event;	/* NULL: poll(2) finds it always ready */
	bool is_netns;			/* a setting of the caller's network namespace: who rules that may write */
};
/** procfile_register() - static object; parents are made. 0 or -errno. */
int procfile_register(struct procfile *f);
void procfile_unregister(struct procfile *f);
/** PROCFILE(var) - register at boot by link table. */
#define PROCFILE(var) TABLE_ENTRY(procfile, struct procfile *, procfile_ptr_##var) = &(var)
/** An integer under /proc/sys: range checked; signed unless max is above S64_MAX: then any u64. */
struct procint { const char *path; u64 *value; u64 min, max; u32 width; };
#define PROCINT(var) TABLE_ENTRY(procint, struct procint *, procint_ptr_##var) = &(var)
int procfs_symlink(const char *path, const char *target);
/** procfs_mount_dir() - an empty directory to mount on. 0 or -errno. */
int procfs_mount_dir(const char *path);

/*
 * A directory whose entries depend on who looks, below the tree: the interfaces of the reader's network
 * namespace. Each member of the set is a directory with the same rows, files of mode 0644 that who rules the
 * namespace may write.
 *
 * A member has a key: in the lower half its number, by which listings are ordered, in the upper whose it is, so
 * that a name that is cached for one reader is not taken for another's. A key is never used again.
 */
#define PROCSET_NAME_MAX 16u
struct procset;
struct procset_ops {
	/* The caller's member of this name, 0: none. RCU, does not sleep. */
	u64 (*find)(const struct procset *s, const char *name, u32 len);
	/* The caller's first member from number *@nr on, the number into *@nr; false: none. Does not sleep. */
	bool (*next)(const struct procset *s, u32 *nr, char name[PROCSET_NAME_MAX]);
	/* What row @row of a member is called, NULL: it has no more. */
	const char *(*row_name)(const struct procset *s, u64 key, u32 row);
	/* Text of a file; 0, -ENOENT: the member is gone, or not the caller's. */
	int (*print)(const struct procset *s, u64 key, u32 row, struct seqbuf *sb);
	/* NUL-terminated text written by one write(2); bytes accepted or -errno, -ENOENT as above. */
	ssize_t (*write)(const struct procset *s, u64 key, u32 row, const char *text, size_t n);
};
struct procset {
	const char *path;		/* "sys/net/ipv4/conf" */
	const struct procset_ops *ops;
};
/** PROCSET(var) - register at boot by link table. */
#define PROCSET(var) TABLE_ENTRY(procset, const struct procset *, procset_ptr_##var) = &(var)
