/* SPDX-License-Identifier: GPL-2.0-only */
/* Binary formats: execve asks each in order of registration. Owner kernel/loader. */
#pragma once

#include <tern/kernel/process.h>

struct frame;
struct ofile;
struct page;
struct binprm;

#define BINPRM_BUF 256

/* One execve under way. */
struct binprm {
	u8 buf[BINPRM_BUF];		/* first bytes of the file, zero padded */
	struct ofile *file;		/* being loaded, open for reading */
	struct ofile *executable;	/* BINPRM_EXECFD: the file that is interpreted, or NULL */
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
	int execfd;			/* BINPRM_EXECFD: its descriptor, once committed */
	uptr stack_top;			/* end of the stack region */
	uptr exec_name;			/* user address of the file name (AT_EXECFN) */
	struct page *page;		/* page of the new stack that is being filled, or NULL */
	uptr page_addr;
	bool is_randomized;		/* personality and system allow it */
};
#define BINPRM_NO_PATH	0x1u		/* its name leads nowhere after exec: no scripts */
#define BINPRM_NAME_IS_FD 0x2u
#define BINPRM_EXECFD	0x4u		/* the interpreter gets a descriptor (AT_EXECFD) */
#define BINPRM_EXECFD_CREDS 0x8u	/* credentials come from executable, not from file */
#define BINPRM_KEPT_ARGV0 0x10u		/* argv[0] follows the file's name (AT_FLAGS) */

struct binfmt {
	const char *name;
	/* BINFMT_AGAIN: b->file was replaced: ask all formats again.
	 * 0: loaded and registers set; -ENOEXEC: not mine; other -errno. After binprm_commit() errors kill. */
	int (*load)(struct binprm *b);
	int (*core_dump)(int sig, struct frame *f);	/* named default: binfmt_no_core */
	struct list link;
};
#define BINFMT_AGAIN 1
/** binfmt_no_core() - for formats that dump nothing. */
int binfmt_no_core(int sig, struct frame *f);
/** binprm_read_head() - fill buf from b->file; 0 or -errno. */
int binprm_read_head(struct binprm *b);
/** binprm_push_user() - like binprm_push() from user memory. */
int binprm_push_user(struct binprm *b, const void __user *data, size_t n);
/** binprm_pop_arg() - drop the first argument string (argv[0]) from the new stack; 0 or -EFAULT. */
int binprm_pop_arg(struct binprm *b);
/**
 * binprm_set_file() - load @f next instead (consumes the reference), known as
 * @interp (consumed, kmem). With BINPRM_EXECFD the old file becomes b->executable,
 * which must be NULL.
 */
void binprm_set_file(struct binprm *b, struct ofile *f, char *interp);
/** binprm_flush_page() - let go of the page being filled. */
void binprm_flush_page(struct binprm *b);
/** binprm_layout() - mmap area and stack randomisation of b->as. */
void binprm_layout(struct binprm *b);
/** binfmt_load() - let the formats load b->file; 0 or -errno. */
int binfmt_load(struct binprm *b);
/**
 * coredump_write() - core of thread_self's process for @sig, if limits allow;
 * true if one was written.
 */
bool coredump_write(int sig, const struct ksiginfo *info, struct frame *f);
/**
 * process_begin_coredump() - stop all other threads for good; false if the
 * process is being killed already.
 */
bool process_begin_coredump(int sig);
/** process_end_coredump() - let them go on to their end; @ok: a core was written. */
void process_end_coredump(bool ok);
/** core_pattern, core_uses_pid - /proc/sys/kernel/core_pattern (128 bytes), core_uses_pid. */
extern char core_pattern[128];
extern bool core_uses_pid;
/**
 * exec_randomize - 0 none, 1 stack and mmap, 2 heap too (randomize_va_space);
 * norandmaps makes it 0.
 */
extern u64 exec_randomize;
/**
 * arch_vdso_map() - map the vdso; its address, 0 if there is none, or -errno.
 * Weak default: none.
 */
long arch_vdso_map(struct aspace *as, bool is_randomized);
/** arch_vdso_hide_clock() - programs in @as can(not) read clocks without system calls. Weak default: nothing. */
void arch_vdso_hide_clock(struct aspace *as, bool is_hidden);

/** binfmt_register() - compat registers at the end, native formats first. */
void binfmt_register(struct binfmt *f);
void binfmt_unregister(struct binfmt *f);
/** binprm_commit() - point of no return: other threads die, aspace and credentials switch. */
int binprm_commit(struct binprm *b);
/** binprm_push() - copy bytes to the new stack below sp; 0 or -E2BIG/-EFAULT. */
int binprm_push(struct binprm *b, const void *data, size_t n);
