/* SPDX-License-Identifier: GPL-2.0-only */
/* For assembly: routines, the exception table, and the SMAP window. */
#pragma once

/* A global routine. */
#define ROUTINE(name)	.globl name; .type name, @function; .balign 16; name:
#define ROUTINE_END(name) .size name, . - name

/* A fault at @insn goes on at @fixup (entry/extable.c). */
#define EXTABLE(insn, fixup)			\
	.pushsection __ex_table, "a";		\
	.balign 4;				\
	.long (insn) - ., (fixup) - .;		\
	.popsection

/*
 * Opening and closing user memory. The CPU may lack SMAP, so these assemble to
 * a 3-byte no-operation, and entry_patch_smap() puts the instructions in. Each
 * file that uses them keeps its sites between SMAP_SITES_BEGIN(file) and
 * SMAP_SITES_END(file) in .rodata.
 */
#define SMAP_SITE(op)				\
771:	.byte 0x0f, 0x1f, 0x00;			\
	.pushsection .rodata, "a";		\
	.long 771b - ., op;				\
	.popsection
#define STAC		SMAP_SITE(0xcb)
#define CLAC		SMAP_SITE(0xca)
#define SMAP_SITES_BEGIN(file)			\
	.pushsection .rodata, "a";		\
	.balign 8;				\
	.globl smap_sites_##file;		\
	smap_sites_##file: .popsection
#define SMAP_SITES_END(file)			\
	.pushsection .rodata, "a";		\
	.globl smap_sites_end_##file;		\
	smap_sites_end_##file: .popsection
