/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers shared by assembly and C of the boot path. */
#pragma once

/* What eax says at tern_start32, and what arch_start() gets. */
#define BOOT_MAGIC_PVH		0x336ec578	/* set by the PVH entry itself */
#define BOOT_MAGIC_MULTIBOOT2	0x36d76289
#define BOOT_MAGIC_BZIMAGE	0x54524e31	/* from boot/bzimage/, ebx = boot_params */

#define GDT_ENTRIES		16
#define SEL_TSS			0x40
#define SEL_CPU_NUMBER		0x7b	/* limit of this segment: CPU number | node << 12 */
