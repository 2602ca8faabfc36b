/* SPDX-License-Identifier: GPL-2.0-only */
/* Interpreters that root registers for formats of programs (binfmt_misc). Owner kernel/loader/misc.c. */
#pragma once

#include <asm/atomic.h>
#include <tern/base/types.h>
#include <tern/lib/binrule.h>
#include <tern/lib/list.h>

struct ofile;

struct miscfmt {
	struct binrule rule;	/* I leads into text */
	struct list link;	/* miscfmt lock */
	refcount refs;		/* the list's, its file's, an execve's */
	bool is_enabled;	/* racy: written by one store */
	struct ofile *opened;	/* I with a reference; BINRULE_FIXED */
	char text[];		/* I */
};

/**
 * miscfmt_create() - from a registration line of @n bytes; opens the interpreter if it says so
 * Refs: returns one. Context: sleeps.
 * Return: format, or ERR_PTR(-EINVAL, -ENOMEM, what opening says).
 */
struct miscfmt *miscfmt_create(const char *text, size_t n);
void miscfmt_put(struct miscfmt *m);
/** miscfmt_add() - execve looks at it before all others; takes a reference. */
void miscfmt_add(struct miscfmt *m);
/** miscfmt_remove() - drops the list's reference; nothing if it is not in the list. */
void miscfmt_remove(struct miscfmt *m);
/** miscfmt_is_enabled - is any of them asked. */
extern bool miscfmt_is_enabled;
