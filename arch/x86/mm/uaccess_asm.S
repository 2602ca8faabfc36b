/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User memory, one faulting instruction each. Nothing here checks ranges:
 * uaccess.c does. Frame-less leaf routines, System V registers; all leave
 * user access closed.
 */
#include <asm/linkage.h>

	.text
SMAP_SITES_BEGIN(uaccess)

/* rax = bytes not copied of rdx from rsi to rdi; clobbers rcx rdx rsi rdi. */
ROUTINE(user_copy_raw)
	STAC
	movq	%rdx, %rcx
	andl	$7, %edx
	shrq	$3, %rcx
1:	rep movsq
	movl	%edx, %ecx
2:	rep movsb
	movl	%ecx, %eax
	CLAC
	ret
3:	leaq	(%rdx, %rcx, 8), %rcx	/* find the very byte */
4:	rep movsb
5:	movq	%rcx, %rax
	CLAC
	ret
	EXTABLE(1b, 3b)
	EXTABLE(2b, 5b)
	EXTABLE(4b, 5b)
ROUTINE_END(user_copy_raw)

/* rax = bytes not zeroed of rsi at rdi; clobbers rcx rdx rsi rdi. */
ROUTINE(user_zero_raw)
	STAC
	xorl	%eax, %eax
	movq	%rsi, %rcx
	andl	$7, %esi
	shrq	$3, %rcx
1:	rep stosq
	movl	%esi, %ecx
2:	rep stosb
	jmp	4f
3:	leaq	(%rsi, %rcx, 8), %rcx
5:	rep stosb
4:	movq	%rcx, %rax
	CLAC
	ret
	EXTABLE(1b, 3b)
	EXTABLE(2b, 4b)
	EXTABLE(5b, 4b)
ROUTINE_END(user_zero_raw)

/* Scalars: rdi = u64 *value, rsi = user address; eax = 0 or -14. */
#define GET(name, ...)			\
ROUTINE(name)				\
	STAC;				\
1:	__VA_ARGS__;				\
	CLAC;				\
	movq	%rdx, (%rdi);		\
	xorl	%eax, %eax;		\
	ret;				\
	EXTABLE(1b, scalar_fault);	\
ROUTINE_END(name)
GET(user_get_raw1, movzbl (%rsi), %edx)
GET(user_get_raw2, movzwl (%rsi), %edx)
GET(user_get_raw4, movl (%rsi), %edx)
GET(user_get_raw8, movq (%rsi), %rdx)

/* rdi = value, rsi = user address; eax = 0 or -14. */
#define PUT(name, ...)			\
ROUTINE(name)				\
	STAC;				\
1:	__VA_ARGS__;				\
	CLAC;				\
	xorl	%eax, %eax;		\
	ret;				\
	EXTABLE(1b, scalar_fault);	\
ROUTINE_END(name)
PUT(user_put_raw1, movb %dil, (%rsi))
PUT(user_put_raw2, movw %di, (%rsi))
PUT(user_put_raw4, movl %edi, (%rsi))
PUT(user_put_raw8, movq %rdi, (%rsi))

scalar_fault:
	CLAC
	movl	$-14, %eax
	ret

/*
 * Compare and swap of a 4-byte word: rdi = user address, esi = expected,
 * edx = new, rcx = u32 *found; eax = 0 or -14.
 */
ROUTINE(user_cas_raw)
	movl	%esi, %eax
	STAC
1:	lock cmpxchgl %edx, (%rdi)
	CLAC
	movl	%eax, (%rcx)
	xorl	%eax, %eax
	ret
	EXTABLE(1b, scalar_fault)
ROUTINE_END(user_cas_raw)

/* rdi = user address, esi = operand, rdx = u32 *old; eax = 0 or -14. */
ROUTINE(user_xchg_raw)
	STAC
1:	xchgl	%esi, (%rdi)
	CLAC
	movl	%esi, (%rdx)
	xorl	%eax, %eax
	ret
	EXTABLE(1b, scalar_fault)
ROUTINE_END(user_xchg_raw)

ROUTINE(user_xadd_raw)
	STAC
1:	lock xaddl %esi, (%rdi)
	CLAC
	movl	%esi, (%rdx)
	xorl	%eax, %eax
	ret
	EXTABLE(1b, scalar_fault)
ROUTINE_END(user_xadd_raw)

/*
 * String copy: rdi = dst, rsi = user src, rdx = room (not 0). Returns length
 * without NUL, rdx if none was found in it, -14 on a fault. 8 bytes at a time
 * once the source is aligned: an aligned word never crosses a page.
 */
ROUTINE(user_strncpy_raw)
	STAC
	movq	%rdx, %r10		/* r10 = room, rdx = left */
	movabsq	$0x0101010101010101, %r8
	movabsq	$0x8080808080808080, %r9
1:	testb	$7, %sil
	jz	4f
2:	testq	%rdx, %rdx
	jz	7f
3:	movb	(%rsi), %al
	movb	%al, (%rdi)
	testb	%al, %al
	jz	7f
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jmp	1b
4:	cmpq	$8, %rdx
	jb	6f
5:	movq	(%rsi), %rax
	movq	%rax, %rcx
	movq	%rax, %r11
	subq	%r8, %rcx
	notq	%r11
	andq	%r11, %rcx
	andq	%r9, %rcx
	jnz	8f
	movq	%rax, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subq	$8, %rdx
	jmp	4b
6:	testq	%rdx, %rdx		/* fewer than 8 left: byte by byte */
	jz	7f
10:	movb	(%rsi), %al
	movb	%al, (%rdi)
	testb	%al, %al
	jz	7f
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jmp	6b
8:	bsfq	%rcx, %rcx		/* NUL is in this word: rcx / 8 bytes first */
	shrl	$3, %ecx
	subq	%rcx, %rdx
11:	movb	%al, (%rdi)
	shrq	$8, %rax
	incq	%rdi
	decl	%ecx
	jns	11b
7:	movq	%r10, %rax
	subq	%rdx, %rax
	CLAC
	ret
9:	CLAC
	movq	$-14, %rax
	ret
	EXTABLE(3b, 9b)
	EXTABLE(5b, 9b)
	EXTABLE(10b, 9b)
ROUTINE_END(user_strncpy_raw)

/*
 * rdi = user string, rsi = room: bytes before NUL, rsi if none; -14 on a fault.
 * Whole aligned words again; the first and the last one may reach beyond the string.
 */
ROUTINE(user_strnlen_raw)
	STAC
	movabsq	$0x0101010101010101, %r8
	movabsq	$0x8080808080808080, %r9
	movl	%edi, %ecx
	andl	$7, %ecx
	movq	%rcx, %r10
	negq	%r10			/* string offset of the word */
	andq	$-8, %rdi
	shll	$3, %ecx
	movq	$-1, %rdx
	shlq	%cl, %rdx
	notq	%rdx			/* bytes before the string count as not NUL */
1:	cmpq	%rsi, %r10
	jge	3f
2:	movq	(%rdi), %rax
	orq	%rdx, %rax
	xorl	%edx, %edx
	movq	%rax, %rcx
	subq	%r8, %rcx
	notq	%rax
	andq	%rax, %rcx
	andq	%r9, %rcx
	jnz	5f
	addq	$8, %rdi
	addq	$8, %r10
	jmp	1b
5:	bsfq	%rcx, %rcx
	shrq	$3, %rcx
	addq	%rcx, %r10
	cmpq	%rsi, %r10
	jb	6f
3:	movq	%rsi, %r10
6:	movq	%r10, %rax
	CLAC
	ret
4:	CLAC
	movq	$-14, %rax
	ret
	EXTABLE(2b, 4b)
ROUTINE_END(user_strnlen_raw)

SMAP_SITES_END(uaccess)

/* Registers that may not exist: edi = number; eax = 0 or -5. */
ROUTINE(msr_read_raw)		/* rsi = u64 *value */
	movl	%edi, %ecx
1:	rdmsr
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, (%rsi)
	xorl	%eax, %eax
	ret
2:	movl	$-5, %eax
	ret
	EXTABLE(1b, 2b)
ROUTINE_END(msr_read_raw)

ROUTINE(msr_write_raw)		/* rsi = value */
	movl	%edi, %ecx
	movl	%esi, %eax
	movq	%rsi, %rdx
	shrq	$32, %rdx
1:	wrmsr
	xorl	%eax, %eax
	ret
2:	movl	$-5, %eax
	ret
	EXTABLE(1b, 2b)
ROUTINE_END(msr_write_raw)

/* rdi = address to read, rsi = u64 *value; eax = 0 or -14: backtraces of broken stacks. */
ROUTINE(probe_read_raw)
1:	movq	(%rdi), %rax
	movq	%rax, (%rsi)
	xorl	%eax, %eax
	ret
2:	movl	$-14, %eax
	ret
	EXTABLE(1b, 2b)
ROUTINE_END(probe_read_raw)
	.section .note.GNU-stack, "", @progbits
