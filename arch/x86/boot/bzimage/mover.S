/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Second part of bzImage, one page, followed by the kernel as it lies in
 * memory. Moves the kernel to its place if the loader put it elsewhere and
 * enters it. Runs at any address below 4 GiB, in identity-mapped or unpaged
 * memory, interrupts off.
 *
 * 32-bit entry at 0: esi = zero page, flat segments.
 * 64-bit entry at 0x200: rsi = zero page.
 *
 * A loader that honours pref_address puts this page right below the kernel's
 * place, and nothing is moved. The numbers at the end of the page come from
 * scripts/gen-bzimage.py.
 */
	.section .text, "ax"
	.globl start
#define PAGE		4096
#define BOOT_MAGIC	0x54524e31
#define BP_SCRATCH	0x1e4
#define MSR_EFER	0xc0000080
#define CR0_PG		0x80000000
#define EFER_LME	8

	.code32
start:
	cli
	cld
	/* The only memory known to be free: the zero page's scratch word. */
	leal	(BP_SCRATCH + 4)(%esi), %esp
	call	1f
1:	popl	%ebp
	subl	$(1b - start), %ebp	/* ebp: this page */
	jmp	begin

	.code64
	.org	0x200
	cli
	cld
	leaq	start(%rip), %rbp
	leaq	gdt(%rip), %rax
	movq	%rax, gdt_base(%rip)
	lgdt	gdt_limit(%rip)
	leaq	stack_top(%rip), %rsp
	leaq	compat(%rip), %rax
	pushq	$0x10
	pushq	%rax
	lretq

	.code32
compat:
	movl	%cr0, %eax
	andl	$~CR0_PG, %eax
	movl	%eax, %cr0
	xorl	%eax, %eax		/* PAE, LA57 and the like off again */
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	rdmsr
	andl	$~EFER_LME, %eax
	wrmsr

	/* ebp: this page, esi: zero page; 32-bit, no paging */
begin:
	leal	(stack_top - start)(%ebp), %esp
	leal	(gdt - start)(%ebp), %eax
	movl	%eax, (gdt_base - start)(%ebp)
	lgdt	(gdt_limit - start)(%ebp)
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	leal	(reload - start)(%ebp), %eax
	pushl	$0x10
	pushl	%eax
	lret
reload:
	movl	%esi, %ebx		/* ebx: zero page, for the kernel */
	movl	(kernel_entry - start)(%ebp), %edx
	movl	(kernel_words - start)(%ebp), %ecx
	movl	(kernel_place - start)(%ebp), %edi
	leal	PAGE(%ebp), %esi
	cmpl	%edi, %esi
	je	enter
	jb	upwards
	/*
	 * Moved down: forwards. The target may cover this page, so the loop runs
	 * from the end of the memory that init_size asks for.
	 */
	pushl	%esi
	pushl	%edi
	pushl	%ecx
	movl	(last_page - start)(%ebp), %eax
	leal	(%ebp,%eax), %edi
	leal	(copy_down - start)(%ebp), %esi
	movl	$(copy_end - copy_down), %ecx
	movl	%edi, %eax
	rep movsb
	popl	%ecx
	popl	%edi
	popl	%esi
	jmp	*%eax

	/* Moved up: backwards, and this page lies below all of it. */
upwards:
	leal	-4(%esi,%ecx,4), %esi
	leal	-4(%edi,%ecx,4), %edi
	std
	rep movsl
	cld
enter:
	movl	$BOOT_MAGIC, %eax
	jmp	*%edx

copy_down:
	rep movsl
	movl	$BOOT_MAGIC, %eax
	jmp	*%edx
copy_end:

	.balign	8
gdt:	.quad	0, 0
	.quad	0x00cf9b000000ffff	/* 0x10 code */
	.quad	0x00cf93000000ffff	/* 0x18 data */
gdt_limit:
	.word	. - gdt - 1
gdt_base:
	.quad	0

	.org	PAGE - 64 - 16
stack_top:
	.fill	16, 4, 0		/* room: pushes go below, numbers follow */
	.org	PAGE - 16
kernel_entry:
	.long	0			/* physical address of tern_start32 */
kernel_words:
	.long	0			/* size of the kernel's file image in 4-byte words */
kernel_place:
	.long	0			/* physical address of the kernel */
last_page:
	.long	0			/* offset of init_size's last page */
