/* SPDX-License-Identifier: GPL-2.0-only */
/* The vDSO's file, on pages of its own. */
	.section .rodata, "a"
	.balign 4096
	.globl vdso_image, vdso_image_end
vdso_image:
	.incbin VDSO_FILE
	.balign 4096
vdso_image_end:
	.section .note.GNU-stack, "", @progbits
