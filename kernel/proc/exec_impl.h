/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of execve. */
#pragma once

#include <tern/kernel/loader.h>

/* Where argument strings come from: one of the two. */
struct argsrc {
	const void __user *user;	/* array of user pointers, NULL-terminated; NULL: empty */
	const char *const *kernel;
};

#define EXEC_STACK_START	(33 * PAGE_SIZE)
#define PATH_NAME_EMPTY		0x8u	/* LOOKUP_EMPTY of tern/fs/path.h */

/** exec_push_strings() - file name, environment, arguments; 0, -E2BIG, -EFAULT, -ENOMEM. */
int exec_push_strings(struct binprm *b, const struct argsrc *argv, const struct argsrc *envp);
/**
 * exec_cred_compute() - set b->cred and b->secure_exec from b->file's set-id
 * bits and capabilities.
 */
int exec_cred_compute(struct binprm *b);
int exec_run(int dirfd, const char *name, const struct argsrc *argv, const struct argsrc *envp,
	     u32 at_flags);
