/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls and the way back to user mode.
 *
 * SYSCALL leaves rip in rcx and rflags in r11, interrupts off (SFMASK), and the
 * user's stack pointer in rsp. All registers go into a struct frame at the top
 * of the thread's kernel stack. The work word of the thread (THREAD_WORK) is
 * the only thing looked at on the way in and out; anything in it goes to C.
 *
 * SYSRET is used if it gives exactly what the frame says: rcx == rip below the
 * canonical hole (else SYSRET faults in ring 0 on Intel), r11 == rflags without
 * TF and RF. Otherwise IRET.
 */
#include <asm/linkage.h>
#include <generated/asm-offsets.h>

#define SEL_USER_DATA	0x2b
#define SEL_USER_CODE	0x33
#define EFLAGS_TF_RF	0x10100

	.section .entry.text, "ax"
ROUTINE(entry_syscall64)
	swapgs
	movq	%rsp, %gs:cpu_scratch
	movq	%gs:cpu_kstack_top, %rsp
	pushq	$SEL_USER_DATA
	pushq	%gs:cpu_scratch
	pushq	%r11
	pushq	$SEL_USER_CODE
	pushq	%rcx
	pushq	%rax			/* orig_rax */
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	$-38			/* rax: -ENOSYS until there is a result */
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
	xorl	%ebp, %ebp
	movq	%gs:cpu_thread, %rbx
	sti
	testl	$WORK_ENTRY, THREAD_WORK(%rbx)
	jnz	syscall_enter_slow
syscall_run:
	cmpq	$NR_SYSCALLS, %rax
	jae	syscall_beyond
	movq	%r10, %rcx
	call	*syscall_table(, %rax, 8)
syscall_done:
	movq	%rax, FRAME_RAX(%rsp)
syscall_leave:
	cli
	testl	$WORK_LEAVE, THREAD_WORK(%rbx)
	jnz	syscall_leave_slow
return_frame:				/* interrupts off, rsp = frame */
	movq	FRAME_RIP(%rsp), %rcx
	movq	FRAME_RFLAGS(%rsp), %r11
	cmpq	%rcx, FRAME_RCX(%rsp)
	jne	return_iret
	cmpq	%r11, FRAME_R11(%rsp)
	jne	return_iret
	testl	$EFLAGS_TF_RF, %r11d
	jnz	return_iret
	movq	%rcx, %rdx
	shrq	$47, %rdx
	jnz	return_iret
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	addq	$8, %rsp		/* r11 */
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	addq	$8, %rsp		/* rcx */
	popq	%rdx
	popq	%rsi
	popq	%rdi
	movq	FRAME_RSP - FRAME_ORIG_RAX(%rsp), %rsp
	swapgs
	sysretq

syscall_leave_slow:
	movq	%rsp, %rdi
	call	syscall_exit_slow	/* returns with interrupts off */
	jmp	return_frame

syscall_enter_slow:
	movq	%rsp, %rdi
	movq	%rax, %rsi
	call	trap_syscall_enter
	testq	%rax, %rax
	js	syscall_leave		/* the frame has the result */
	movq	FRAME_RDI(%rsp), %rdi
	movq	FRAME_RSI(%rsp), %rsi
	movq	FRAME_RDX(%rsp), %rdx
	movq	FRAME_R10(%rsp), %r10
	movq	FRAME_R8(%rsp), %r8
	movq	FRAME_R9(%rsp), %r9
	jmp	syscall_run

syscall_beyond:
	movq	%rax, %rdi
	call	trap_syscall_missing
	jmp	syscall_done

	.globl return_iret
return_iret:				/* interrupts off, rsp = frame of user mode */
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
	addq	$8, %rsp		/* orig_rax */
	swapgs
	.globl iret_user
iret_user:				/* may fault: see entry_trap_err */
	iretq
ROUTINE_END(entry_syscall64)

/* 32-bit SYSCALL exists on AMD only; there is no 32-bit mode here: -ENOSYS. */
ROUTINE(entry_syscall32)
	movq	$-38, %rax
	sysretl
ROUTINE_END(entry_syscall32)

/* ---- threads ---- */

/*
 * rax = arch_switch_stack(rdi = u64 *save, rsi = next sp, rdx = prev): the stack
 * changes; returns on the other one with the prev that was given there.
 */
ROUTINE(arch_switch_stack)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	movq	%rdx, %rax
	ret
ROUTINE_END(arch_switch_stack)

/* First code of a kernel thread: rax = prev, r12 = function, rbx = argument. */
ROUTINE(thread_entry_kernel)
	movq	%rax, %rdi
	call	thread_start_hook
	movq	%rbx, %rdi
	call	*%r12
	movl	%eax, %edi
	call	thread_exit_kernel
	ud2
ROUTINE_END(thread_entry_kernel)

/* First code of a forked thread: rax = prev, rsp = its frame. */
ROUTINE(thread_entry_user)
	movq	%rax, %rdi
	call	thread_start_hook
	movq	%gs:cpu_thread, %rbx
	movq	%rsp, %rdi
	call	user_return
	jmp	return_frame
ROUTINE_END(thread_entry_user)

/* rdi = frame at the top of this thread's stack: go there; no return. */
ROUTINE(entry_leave_to)
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	call	user_return
	jmp	return_iret
ROUTINE_END(entry_leave_to)
	.section .note.GNU-stack, "", @progbits
