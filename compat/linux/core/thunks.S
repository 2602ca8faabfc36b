/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What compilers put into module code by itself: these have calling conventions of their own.
 * Unless stated, every register is preserved.
 */
#include <asm/linkage.h>

	.text

/* Tracing call at the head of each function: nothing is traced. */
ROUTINE(lx___fentry__)
	ret
ROUTINE_END(lx___fentry__)

/* Jumped to instead of a return. */
ROUTINE(lx___x86_return_thunk)
	ret
	int3
ROUTINE_END(lx___x86_return_thunk)

/* Jumped to or called instead of an indirect jump or call through the register. */
.macro INDIRECT reg
ROUTINE(lx___x86_indirect_thunk_\reg)
	jmp	*%\reg
	int3
ROUTINE_END(lx___x86_indirect_thunk_\reg)
.endm
.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	INDIRECT \reg
.endr

/* preempt_enable() found the count at zero with a reschedule due: all registers survive. */
ROUTINE(lx_preempt_schedule)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	call	sched_preempt
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	popq	%rbp
	ret
ROUTINE_END(lx_preempt_schedule)

/* Bits set in %rdi; only %rax changes. */
ROUTINE(lx___sw_hweight64)
	pushq	%rdi
	pushq	%rdx
	movq	%rdi, %rdx
	shrq	%rdi
	movabsq	$0x5555555555555555, %rax
	andq	%rax, %rdi
	subq	%rdi, %rdx
	movabsq	$0x3333333333333333, %rax
	movq	%rdx, %rdi
	shrq	$2, %rdi
	andq	%rax, %rdx
	andq	%rax, %rdi
	addq	%rdx, %rdi
	movq	%rdi, %rdx
	shrq	$4, %rdx
	addq	%rdi, %rdx
	movabsq	$0x0f0f0f0f0f0f0f0f, %rax
	andq	%rax, %rdx
	movabsq	$0x0101010101010101, %rax
	imulq	%rdx, %rax
	shrq	$56, %rax
	popq	%rdx
	popq	%rdi
	ret
ROUTINE_END(lx___sw_hweight64)

ROUTINE(lx___sw_hweight32)
	pushq	%rdi
	movl	%edi, %edi
	call	lx___sw_hweight64
	popq	%rdi
	ret
ROUTINE_END(lx___sw_hweight32)

/* A whole page of zeroes at %rdi; %rax, %rcx and %rdi are lost. */
ROUTINE(lx_clear_page)
	xorl	%eax, %eax
	movl	$512, %ecx
	rep stosq
	ret
ROUTINE_END(lx_clear_page)

/* pv_ops: only rax changes. */
ROUTINE(lx_pv_save_fl)
	pushfq
	popq	%rax
	ret
ROUTINE_END(lx_pv_save_fl)

ROUTINE(lx_pv_irq_disable)
	cli
	ret
ROUTINE_END(lx_pv_irq_disable)

ROUTINE(lx_pv_irq_enable)
	cmpl	$0, %gs:lx_irqs_stay_off
	jne	1f
	sti
1:	ret
ROUTINE_END(lx_pv_irq_enable)

ROUTINE(lx_pv_same)
	movq	%rdi, %rax
	ret
ROUTINE_END(lx_pv_same)

	.section .note.GNU-stack, "", @progbits
