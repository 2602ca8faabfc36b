/* SPDX-License-Identifier: GPL-2.0-only */
/* Section objects: memory that can be mapped several times. Owner mm/section.c. */
#pragma once

#include "vm.h"

struct nt_section {
	struct nt_object ob;
	struct nt_image *image;		/* I SEC_IMAGE, with a reference */
	struct ofile *file;		/* I else: the file, or memory without a name; with a reference */
	u64 size;			/* I bytes */
	u32 flags, protect;		/* I SEC_*, PAGE_* as created */
	bool is_file;			/* I a named file lies behind it */
};
extern const struct nt_type nt_section_type;

/** nt_section_commit() - pages of a view whose section was only reserved; vm->lock held. */
ntstatus nt_section_commit(struct nt_vm *vm, struct nt_alloc *a, uptr start, uptr end, u32 protect);
/** nt_section_map_file() - read-only view of a whole file (NLS tables); takes the lock. */
ntstatus nt_section_map_file(struct nt_vm *vm, struct ofile *of, u64 size, uptr *base);
