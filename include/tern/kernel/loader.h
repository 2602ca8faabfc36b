/* SPDX-License-Identifier: GPL-2.0-only */
/* Binary formats: execve asks each in order of registration. Owner kernel/loader. */
#pragma once

#include <tern/kernel/process.h>

struct ofile;
struct binprm;

#define BINPRM_BUF 256

/* One execve under way. */
struct binprm {
	u8 buf[BINPRM_BUF];		/* first bytes of the file, zero padded */
	struct ofile *file;		/* being loaded, open for reading */
	struct ofile *executable;	/* first script or program: credentials come from it */
	const char *filename;		/* as given, or /dev/fd/N/path */
	const char *interp;		/* what is loaded now */
	char *interp_alloc;
	u32 depth;			/* #! nesting, limit 5: -ELOOP */
	struct aspace *as;		/* new address space, being filled */
	uptr sp;			/* top of the strings in the new stack */
	uptr sp_min;			/* limit: a quarter of RLIMIT_STACK, at most 6 MiB */
	u64 argc, envc;
	struct credset *cred;		/* new credentials */
	bool secure_exec;		/* AT_SECURE */
	bool is_point_of_no_return;
	u32 flags;			/* BINPRM_* */
	u64 fd_flags;
	int execfd;
};

struct binfmt {
	const char *name;
	/* 0: loaded and registers set; -ENOEXEC: not mine; other -errno. After binprm_commit() errors kill. */
	int (*load)(struct binprm *b);
	int (*core_dump)(int sig, struct frame *f);	/* named default: binfmt_no_core */
	struct list link;
};
/** binfmt_register() - compat registers at the end, native formats first. */
void binfmt_register(struct binfmt *f);
void binfmt_unregister(struct binfmt *f);
/** binprm_commit() - point of no return: other threads die, aspace and credentials switch. */
int binprm_commit(struct binprm *b);
/** binprm_push() - copy bytes to the new stack below sp; 0 or -E2BIG/-EFAULT. */
int binprm_push(struct binprm *b, const void *data, size_t n);
