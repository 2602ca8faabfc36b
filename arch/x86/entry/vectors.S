/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 256 vectors.
 *
 * Each stub completes the hardware's frame: pushes -1 where the hardware has no
 * error code, saves rdi and puts the vector there, 16 bytes a stub. Then
 *
 *	entry_irq	32 ..: handlers run on this CPU's interrupt stack
 *	entry_trap	exceptions; entry_trap_err takes the error code into esi
 *	entry_special	#DB, NMI, #DF, #MC: own stack, and GS may be anybody's,
 *			since they hit between a mode switch and its swapgs too
 *
 * From user mode GS is swapped once, right here; the direction flag is cleared
 * and user memory closed before any C runs.
 */
#include <asm/linkage.h>
#include <generated/asm-offsets.h>

#define SEL_CPU_NUMBER	0x7b
#define MSR_GS_BASE	0xc0000101

/* Registers below rdi into the frame. */
.macro SAVE_REST
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro RESTORE_ALL
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$8, %rsp
.endm

	.section .entry.text, "ax"
SMAP_SITES_BEGIN(vectors)
	.balign 4096
	.globl entry_vectors
entry_vectors:
	.set	vector, 0
	.rept	256
	.balign 16, 0xcc
	.if	vector < 32 && (0x60227d00 >> (vector & 31)) & 1	/* those with an error code */
	pushq	%rdi
	movl	$vector, %edi
	.if	vector == 8
	jmp	entry_special
	.else
	jmp	entry_trap_err
	.endif
	.else
	pushq	$-1
	pushq	%rdi
	movl	$vector, %edi
	.if	vector == 1 || vector == 2 || vector == 18
	jmp	entry_special
	.elseif	vector < 32
	jmp	entry_trap
	.else
	jmp	entry_irq
	.endif
	.endif
	.set	vector, vector + 1
	.endr

ROUTINE(entry_irq)
	cld
	CLAC
	SAVE_REST
	testb	$3, FRAME_CS(%rsp)
	jz	1f
	swapgs
	xorl	%ebp, %ebp
1:	movq	%rsp, %rsi
	movq	%rsp, %rbx
	incl	%gs:cpu_irq_depth	/* -1: not on the interrupt stack yet */
	cmovzq	%gs:cpu_irq_stack, %rsp
	call	irq_dispatch		/* (vector, frame) */
	decl	%gs:cpu_irq_depth
	movq	%rbx, %rsp
	movq	%rbx, %rdi
	testb	$3, FRAME_CS(%rsp)
	jnz	return_user
	call	irq_return_kernel
return_kernel:
	RESTORE_ALL
	iretq
return_user:
	call	user_return		/* returns with interrupts off */
	jmp	return_iret
ROUTINE_END(entry_irq)

ROUTINE(entry_trap)
	cld
	CLAC
	SAVE_REST
	xorl	%edx, %edx		/* no error code */
trap_common:				/* edi = vector, edx = error code */
	testb	$3, FRAME_CS(%rsp)
	jz	1f
	swapgs
	xorl	%ebp, %ebp
	movq	%rsp, %rsi
	call	trap_dispatch		/* (vector, frame, error) */
	movq	%rsp, %rdi
	jmp	return_user
1:	movq	%rsp, %rsi
	call	trap_dispatch
	jmp	return_kernel
ROUTINE_END(entry_trap)

/*
 * With an error code. If the kernel's IRET to user mode faulted, GS is already the
 * user's and the user's registers are still in place: make it a fault of the
 * user instruction that IRET was going to.
 */
ROUTINE(entry_trap_err)
	cld
	CLAC
	SAVE_REST
	movq	FRAME_ORIG_RAX(%rsp), %rdx
	movq	$-1, FRAME_ORIG_RAX(%rsp)
	cmpq	$iret_user, FRAME_RIP(%rsp)
	jne	trap_common
	testb	$3, FRAME_CS(%rsp)
	jnz	trap_common
	swapgs
	movl	%edi, %ebx
	movl	%edx, %r12d
	movq	%rsp, %rdi
	call	trap_move_to_top	/* rax = the user's frame, complete again */
	movq	%rax, %rsp
	movq	%rax, %rsi
	movl	%ebx, %edi
	movl	%r12d, %edx
	xorl	%ebp, %ebp
	call	trap_dispatch
	movq	%rsp, %rdi
	jmp	return_user
ROUTINE_END(entry_trap_err)

ROUTINE(entry_special)
	cld
	CLAC
	SAVE_REST
	movq	FRAME_ORIG_RAX(%rsp), %r12	/* #DF: its error code */
	movq	$-1, FRAME_ORIG_RAX(%rsp)
	testb	$3, FRAME_CS(%rsp)
	jnz	3f
	/* From the kernel: whose GS is it? Keep it in r13 (or a flag), use ours. */
	cmpb	$0, entry_has_fsgsbase(%rip)
	je	1f
	rdgsbase %r13
	movl	$SEL_CPU_NUMBER, %eax
	lsl	%eax, %eax
	movzwl	%ax, %eax
	movq	percpu_base(%rip), %rdx
	movq	(%rdx, %rax, 8), %rax
	wrgsbase %rax
	jmp	2f
1:	movl	%edi, %r14d
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	movl	%r14d, %edi
	xorl	%r13d, %r13d
	testl	%edx, %edx		/* kernel addresses are negative */
	js	2f
	incl	%r13d
	swapgs
2:	movq	%rsp, %rsi
	movl	%r12d, %edx
	call	trap_special		/* (vector, frame, error) */
	cmpb	$0, entry_has_fsgsbase(%rip)
	je	4f
	wrgsbase %r13
	jmp	return_kernel
4:	testl	%r13d, %r13d
	jz	return_kernel
	swapgs
	jmp	return_kernel
	/* From user mode: an ordinary trap, moved to the thread's stack. */
3:	swapgs
	movl	%edi, %ebx
	movq	%rsp, %rsi
	movq	%gs:cpu_kstack_top, %rdi
	subq	$FRAME_SIZE, %rdi
	movq	%rdi, %rax
	movl	$FRAME_SIZE / 8, %ecx
	rep movsq
	movq	%rax, %rsp
	movl	%ebx, %edi
	movq	%rax, %rsi
	movl	%r12d, %edx
	xorl	%ebp, %ebp
	call	trap_dispatch
	movq	%rsp, %rdi
	cmpl	$2, %ebx		/* NMI: only IRET lets the next one in, so no detours */
	je	return_iret
	jmp	return_user
ROUTINE_END(entry_special)

SMAP_SITES_END(vectors)
	.section .note.GNU-stack, "", @progbits
