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
