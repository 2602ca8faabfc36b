/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of files: NT's and DOS's on one side, Linux's on the other. Drive C: is
 * NT_DRIVE_C, Z: the root. Owner io/path.c.
 */
#pragma once

#include "nt.h"

#include <tern/fs/ofile.h>

#define NT_DRIVE_C	"/mnt/c"
#define NT_SYSTEM32	"/mnt/c/windows/system32/"

/* Devices of the two drives: prefix and a digit. */
#define NT_VOLUME_PREFIX "\\Device\\HarddiskVolume"
#define NT_VOLUME_C	'1'
#define NT_VOLUME_Z	'2'

/* What a name leads to. */
enum nt_target_kind {
	NT_TARGET_FILE, NT_TARGET_NULL, NT_TARGET_CONSOLE, NT_TARGET_PIPE, NT_TARGET_PIPE_ROOT,
	NT_TARGET_AFD,
};
enum nt_console_role { NT_CONSOLE_CONTROL, NT_CONSOLE_INPUT, NT_CONSOLE_OUTPUT };

struct nt_target {
	enum nt_target_kind kind;
	enum nt_console_role role;	/* console */
	char *path;			/* file: absolute, with the spelling that exists; kmem */
	bool exists, parent_exists;	/* file */
	bool wants_dir;			/* file: the name ends with a backslash */
	const u16 *rest;		/* pipe: name behind \??\pipe\; part of the attributes */
	u32 rest_len;
};

/** nt_target_find() - what @a names. Free path with kmem_free(). */
ntstatus nt_target_find(const struct nt_attributes *a, struct nt_target *out);
/** nt_dos_from_unix() - "/a/b" as "Z:\a\b"; kmem, NUL behind; NULL: no memory. */
u16 *nt_dos_from_unix(const char *path, size_t n, u32 *len);
/** nt_dos_of_file() / nt_dos_cwd() - of an open file, of the working directory. */
u16 *nt_dos_of_file(struct ofile *f, u32 *len);
u16 *nt_dos_cwd(u32 *len);
/** nt_path_of_file() - as NT names it: \??\Z:\... */
u16 *nt_path_of_file(struct ofile *f, u32 *len);
/** nt_name_from_unix() - one component, its odd characters replaced; kmem. */
u16 *nt_name_from_unix(const char *name, size_t n, u32 *len);
/** nt_unix_from_dos() - "X:\..." as Linux's absolute path, kmem; NULL: no such drive, or no memory. */
char *nt_unix_from_dos(const u16 *text, u32 len);
