/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of fs/cgroup share. */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/kernel/cgroup.h>
#include <tern/kernel/userns.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/fcntl.h>

/* One file of every group. Functions run with cgroup_lock. */
struct cgfile {
	const char *name;
	u32 controller;		/* CGCTL_*: there only if it is enabled; 0: always */
	u32 where;		/* CGFILE_* */
	mode_t mode;		/* 0: 0444, or 0644 with store */
	int (*show)(struct seqbuf *sb, struct cgnode *c);
	/* Trimmed text. 0 or -errno. */
	int (*store)(struct cgnode *c, char *text, struct ofile *f);
	enum cgevent event;	/* CGFILE_POLL: what readers can wait for */
};
#define CGFILE_NOT_ROOT	0x1u
#define CGFILE_POLL	0x2u	/* readers can wait for changes */
#define CGFILE_ROOT_ONLY 0x4u
#define CGFILE_PRESSURE	0x8u	/* a write makes a trigger of the opening, which can be waited for */

extern const struct cgfile cgfiles[];
extern const u32 cgfiles_count;
/** cgfile_print_limit() - the number, or "max" for CG_NOLIMIT. */
void cgfile_print_limit(struct seqbuf *sb, s64 v);

/* An open file. */
struct cgopen {
	struct kmutex lock;	/* protects the text */
	char *text;
	size_t len;
	u64 seen;		/* A events of the file at the last read */
	struct psitrigger *trigger;	/* C to set; CGFILE_PRESSURE */
};

struct cgvn {
	struct vnode vn;
	struct cgnode *cg;		/* I with a reference */
	const struct cgfile *file;	/* I NULL: the directory */
	struct list watch_link;		/* of cgnode.watchable; CGFILE_POLL */
};
static inline struct cgvn *cgvn_of(const struct vnode *vn) { return container_of(vn, struct cgvn, vn); }
/** cgfile_exists() - has @c this file now. */
bool cgfile_exists(const struct cgfile *f, const struct cgnode *c);
/** cgfile_index() - of its attributes in cgnode.attr. */
static inline u32 cgfile_index(const struct cgfile *f) { return f ? 1 + (u32)(f - cgfiles) : 0; }
extern const struct ofile_ops cgfile_fops;
