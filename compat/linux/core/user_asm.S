/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * get_user() and put_user() of modules: conventions of their own.
 *
 *	get	in rax address; out eax 0 or -EFAULT, rdx value
 *	put	in rax value, rcx address; out ecx 0 or -EFAULT; rbx is lost
 * No other register changes.
 */
#include <asm/linkage.h>

#define EFAULT		14
#define USER_END	0x7ffffffff000

	.text

.macro OPEN
	cmpb	$0, lx_has_smap(%rip)
	je	88f
	stac
88:
.endm
.macro CLOSE
	cmpb	$0, lx_has_smap(%rip)
	je	89f
	clac
89:
.endm

.macro GET bytes, load:vararg
ROUTINE(lx___get_user_\bytes)
	movabsq	$USER_END - \bytes, %rdx
	cmpq	%rdx, %rax
	ja	get_failed
	OPEN
1:	\load
	CLOSE
	xorl	%eax, %eax
	ret
	EXTABLE(1b, get_failed)
ROUTINE_END(lx___get_user_\bytes)
.endm

GET 1, movzbl (%rax), %edx
GET 2, movzwl (%rax), %edx
GET 4, movl (%rax), %edx
GET 8, movq (%rax), %rdx

get_failed:
	CLOSE
	xorl	%edx, %edx
	movq	$-EFAULT, %rax
	ret

.macro PUT bytes, store:vararg
ROUTINE(lx___put_user_\bytes)
	movabsq	$USER_END - \bytes, %rbx
	cmpq	%rbx, %rcx
	ja	put_failed
	OPEN
1:	\store
	CLOSE
	xorl	%ecx, %ecx
	ret
	EXTABLE(1b, put_failed)
ROUTINE_END(lx___put_user_\bytes)
.endm

PUT 1, movb %al, (%rcx)
PUT 2, movw %ax, (%rcx)
PUT 4, movl %eax, (%rcx)
PUT 8, movq %rax, (%rcx)

put_failed:
	CLOSE
	movl	$-EFAULT, %ecx
	ret

/* clear_user(): rdi address, rcx count, eax 0; out rcx bytes left. The caller has opened user memory. */
ROUTINE(lx_clear_user_bytes)
2:	rep stosb
3:	ret
	EXTABLE(2b, 3b)
ROUTINE_END(lx_clear_user_bytes)

	.section .note.GNU-stack, "", @progbits
