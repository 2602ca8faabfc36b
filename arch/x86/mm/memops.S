/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory in bulk. Copies go by 8 bytes with the string instructions; clearing
 * with unrolled stores. System V registers; only caller-saved ones change.
 */
#include <asm/linkage.h>

	.text
ROUTINE(memcpy)
	movq	%rdi, %rax
	movq	%rdx, %rcx
	andl	$7, %edx
	shrq	$3, %rcx
	rep movsq
	movl	%edx, %ecx
	rep movsb
	ret
ROUTINE_END(memcpy)

ROUTINE(memmove)
	movq	%rdi, %rax
	movq	%rdi, %rcx
	subq	%rsi, %rcx
	cmpq	%rdx, %rcx		/* dst - src >= n, unsigned: forward is safe */
	jae	memcpy
	leaq	(%rdi, %rdx), %rdi	/* one past the ends */
	leaq	(%rsi, %rdx), %rsi
1:	cmpq	$8, %rdx
	jb	2f
	subq	$8, %rsi
	subq	$8, %rdi
	movq	(%rsi), %rcx
	movq	%rcx, (%rdi)
	subq	$8, %rdx
	jmp	1b
2:	testl	%edx, %edx
	jz	3f
	decq	%rsi
	decq	%rdi
	movb	(%rsi), %cl
	movb	%cl, (%rdi)
	decl	%edx
	jmp	2b
3:	ret
ROUTINE_END(memmove)

ROUTINE(memset)
	movq	%rdi, %r8
	movzbl	%sil, %eax
	movabsq	$0x0101010101010101, %rcx
	imulq	%rcx, %rax
	cmpq	$8, %rdx
	jb	3f
	movq	%rax, -8(%rdi, %rdx)	/* the last, perhaps partial, word */
	decq	%rdx
	shrq	$3, %rdx		/* whole words before it */
1:	subq	$8, %rdx
	jb	2f
	movq	%rax, (%rdi)
	movq	%rax, 8(%rdi)
	movq	%rax, 16(%rdi)
	movq	%rax, 24(%rdi)
	movq	%rax, 32(%rdi)
	movq	%rax, 40(%rdi)
	movq	%rax, 48(%rdi)
	movq	%rax, 56(%rdi)
	addq	$64, %rdi
	jmp	1b
2:	leal	8(%rdx), %ecx
	rep stosq
	movq	%r8, %rax
	ret
3:	movl	%edx, %ecx
	rep stosb
	movq	%r8, %rax
	ret
ROUTINE_END(memset)

/* rdi = page */
ROUTINE(page_zero)
	xorl	%eax, %eax
	movl	$32, %ecx
1:	movq	%rax, (%rdi)
	movq	%rax, 8(%rdi)
	movq	%rax, 16(%rdi)
	movq	%rax, 24(%rdi)
	movq	%rax, 32(%rdi)
	movq	%rax, 40(%rdi)
	movq	%rax, 48(%rdi)
	movq	%rax, 56(%rdi)
	movq	%rax, 64(%rdi)
	movq	%rax, 72(%rdi)
	movq	%rax, 80(%rdi)
	movq	%rax, 88(%rdi)
	movq	%rax, 96(%rdi)
	movq	%rax, 104(%rdi)
	movq	%rax, 112(%rdi)
	movq	%rax, 120(%rdi)
	subq	$-128, %rdi
	decl	%ecx
	jnz	1b
	ret
ROUTINE_END(page_zero)

/* rdi = destination, rsi = source page */
ROUTINE(page_copy)
	movl	$512, %ecx
	rep movsq
	ret
ROUTINE_END(page_copy)
	.section .note.GNU-stack, "", @progbits
