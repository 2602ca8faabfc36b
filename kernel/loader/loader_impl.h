/* SPDX-License-Identifier: GPL-2.0-only */
/* What the formats share. */
#pragma once

#include <tern/kernel/loader.h>
#include <tern/lib/elf.h>
#include <tern/mm/aspace.h>

/* A program or interpreter, read and checked, perhaps mapped. */
struct elf_image {
	struct ofile *file;
	struct elf_info info;
	struct elf_plan plan;
	void *phdrs;
	uptr bias;		/* added to addresses of the file */
};

/** elf_stack_fill() - argc, argv, envp, auxv below the strings; stack pointer or -errno. */
long elf_stack_fill(struct binprm *b, const struct elf_image *exe, const struct elf_image *interp,
		    uptr vdso);

extern struct binfmt binfmt_elf, binfmt_script, binfmt_misc;
