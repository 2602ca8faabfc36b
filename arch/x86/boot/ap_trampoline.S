/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First instructions of the other CPUs. Copied to a page below 1 MiB and entered
 * in real mode at its start (cs = page >> 4, ip = 0). It loads the early tables of
 * head.S, which map low memory 1:1, and goes to start_ap in the image. The
 * starter fills in the words at the end.
 *
 * Position independent: ebx = physical address of the page.
 */
#include <asm/linkage.h>

#define KERNEL_BASE	0xffffffff80000000
#define PHYS(sym)	((sym) - KERNEL_BASE)
#define OFF(sym)	((sym) - ap_trampoline)

	.section .rodata, "a"
	.balign 16
	.globl ap_trampoline, ap_trampoline_end, ap_param_stack, ap_param_gs
	.code16
ap_trampoline:
	cli
	cld
	xorl	%ebx, %ebx
	movw	%cs, %bx
	movw	%bx, %ds
	shll	$4, %ebx
	leal	OFF(ap_gdt)(%ebx), %eax		/* absolute places into the copy */
	movl	%eax, OFF(ap_gdt_ptr) + 2
	leal	OFF(ap_start32)(%ebx), %eax
	movl	%eax, OFF(ap_far32)
	leal	OFF(ap_start64)(%ebx), %eax
	movl	%eax, OFF(ap_far64)
	lgdtl	OFF(ap_gdt_ptr)
	movl	$0x11, %eax			/* PE, ET */
	movl	%eax, %cr0
	ljmpl	*OFF(ap_far32)

	.code32
ap_start32:
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %ss
	movl	$0x20, %eax			/* PAE */
	movl	%eax, %cr4
	movl	$PHYS(early_pml4), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx		/* EFER: LME, and NX if there is one */
	rdmsr
	orl	OFF(ap_param_efer)(%ebx), %eax
	wrmsr
	movl	$0x80010033, %eax		/* PG WP NE ET MP PE */
	movl	%eax, %cr0
	ljmpl	*OFF(ap_far64)(%ebx)

	.code64
ap_start64:
	movl	%ebx, %ebx
	movq	OFF(ap_param_stack)(%rbx), %rsp
	movq	OFF(ap_param_gs)(%rbx), %rsi
	movq	OFF(ap_param_cr3)(%rbx), %rdi
	movabsq	$start_ap, %rax
	jmp	*%rax

	.balign 8
ap_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff		/* 0x08: 32-bit code */
	.quad	0x00af9b000000ffff		/* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff		/* 0x18: data */
ap_gdt_end:
ap_gdt_ptr:
	.short	ap_gdt_end - ap_gdt - 1
	.long	0
	.balign 8
ap_far32:
	.long	0
	.short	0x08
	.balign 8
ap_far64:
	.long	0
	.short	0x10
	.balign 8
	.globl ap_param_cr3, ap_param_efer
ap_param_cr3:	.quad 0				/* the kernel's tables */
ap_param_stack:	.quad 0
ap_param_gs:	.quad 0				/* per-CPU area */
ap_param_efer:	.quad 0
ap_trampoline_end:

/* In the image, early tables: rdi = final tables, rsi = per-CPU area. */
	.text
ROUTINE(start_ap)
	movq	%rdi, %cr3
	movq	%rsi, %rax
	movq	%rsi, %rdx
	shrq	$32, %rdx
	movl	$0xc0000101, %ecx
	wrmsr
	xorl	%ebp, %ebp
	call	start_ap_main
	ud2
ROUTINE_END(start_ap)
	.section .note.GNU-stack, "", @progbits
