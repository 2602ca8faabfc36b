/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole names, and directories of them. */
#pragma once

#include "nt.h"

struct nt_directory {
	struct nt_object ob;
	u16 *path;		/* I kmem */
	u32 len;
};
extern const struct nt_type nt_directory_type;

struct nt_symlink {
	struct nt_object ob;
	struct nt_string target;	/* I kmem */
};
extern const struct nt_type nt_symlink_type;

/** nt_name_full() - root directory and name put together, links on the way followed; kmem text. */
ntstatus nt_name_full(const struct nt_attributes *a, struct nt_string *out);
