/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First instructions. Every loader enters in 32-bit protected mode without
 * paging, flat segments, interrupts off:
 *
 *	pvh_start32	ebx = hvm_start_info			(PVH note below)
 *	tern_start32	eax = BOOT_MAGIC_*, ebx = its structure	(multiboot2, bzImage)
 *
 * Early page tables map the first 4 GiB with 2 MiB pages twice, at 0 and at
 * the direct map, and the first GiB at -2 GiB. They stay in the image: other
 * CPUs start on them (boot/ap_trampoline.S).
 *
 * Physical addresses of symbols are virtual - KERNEL_BASE: the image is
 * loaded where it is linked, at 16 MiB. It may then run at another virtual
 * address (kaslr.c); physically it stays.
 */
#include <asm/boot.h>

#define KERNEL_BASE	0xffffffff80000000
#define PHYS(sym)	((sym) - KERNEL_BASE)
#define STACK_SIZE	16384

	.section .head.text, "ax"
	.code32
/* ---- multiboot2 header: within the first 32 KiB of the file, 8-aligned ---- */
	.balign 8
mb2_header:
	.long 0xe85250d6, 0, mb2_end - mb2_header
	.long -(0xe85250d6 + 0 + (mb2_end - mb2_header))
	.short 3, 1			/* entry address, optional */
	.long 12, PHYS(tern_start32)
	.balign 8
	.short 5, 1			/* frame buffer: any size, 32 bits, optional */
	.long 20, 0, 0, 32
	.balign 8
	.short 6, 1			/* modules on page boundaries, optional */
	.long 8
	.balign 8
	.short 0, 0
	.long 8
mb2_end:

	.globl pvh_start32, tern_start32
pvh_start32:
	movl	$BOOT_MAGIC_PVH, %eax
tern_start32:
	cli
	cld
	movl	%eax, %ebp		/* ebp = magic, esi = structure */
	movl	%ebx, %esi
	movl	$PHYS(__bss_start), %edi
	movl	$PHYS(__bss_stop), %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	xorl	%eax, %eax
	rep stosl
	movl	$PHYS(boot_stack + STACK_SIZE), %esp

	movl	$0x80000000, %eax	/* a 64-bit processor? */
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	btl	$29, %edx
	jnc	no_long_mode

	/* Level 2: 2048 entries of 2 MiB, present + write. */
	movl	$PHYS(early_pd), %edi
	movl	$0x83, %eax
	movl	$2048, %ecx
1:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b
	/* Level 3: four tables from 0; the first once more at -2 GiB. */
	movl	$PHYS(early_pd) + 3, %eax
	movl	%eax, PHYS(early_pdpt_high) + 510 * 8
	movl	$PHYS(early_pdpt_low), %edi
	movl	$4, %ecx
2:	movl	%eax, (%edi)
	addl	$0x1000, %eax
	addl	$8, %edi
	loop	2b
	/* Level 4: identity, direct map, image. */
	movl	$PHYS(early_pdpt_low) + 3, %eax
	movl	%eax, PHYS(early_pml4)
	movl	%eax, PHYS(early_pml4) + 273 * 8
	movl	$PHYS(early_pdpt_high) + 3, PHYS(early_pml4) + 511 * 8

	movl	$PHYS(early_pml4), %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$0xc0000080, %ecx	/* EFER.LME */
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$0x80010001, %eax	/* PG, WP, PE */
	andl	$0x9fffffff, %eax	/* caches on */
	movl	%eax, %cr0
	lgdt	PHYS(early_gdt_ptr)
	ljmp	$0x10, $PHYS(start64_low)

/* Nothing to print through but the serial port; then stop for good. */
no_long_mode:
	movl	$PHYS(no_long_mode_text), %esi
3:	movw	$0x3fd, %dx
4:	inb	%dx, %al
	testb	$0x20, %al
	jz	4b
	lodsb
	testb	%al, %al
	jz	5f
	movw	$0x3f8, %dx
	outb	%al, %dx
	jmp	3b
5:	hlt
	jmp	5b

	.code64
start64_low:
	movabsq	$start64, %rax
	jmp	*%rax
start64:
	movl	%esi, %r14d		/* structure, physical */
	xorl	%r15d, %r15d		/* not moved yet */
start64_here:
	lgdt	early_gdt_ptr64(%rip)
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	leaq	boot_stack + STACK_SIZE(%rip), %rsp
	/* The template of the per-CPU area serves until the areas exist. */
	movq	$__percpu_load, %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$0xc0000101, %ecx	/* GS base */
	wrmsr
	testl	%r15d, %r15d
	jnz	5f
	movl	%ebp, %edi		/* magic */
	movl	%r14d, %esi
	call	boot_image_distance
	movl	$1, %r15d
	testq	%rax, %rax
	jz	5f
	movq	%rax, %r13
	movl	$PHYS(relocate_image), %eax
	jmp	*%rax
5:	movl	%ebp, %edi
	xorl	%ebp, %ebp
	call	arch_start
6:	hlt
	jmp	6b

/*
 * Runs where the image is mapped 1:1, so relative addresses are physical. r13 =
 * distance. Table: scripts/gen-relocs.py.
 */
relocate_image:
	leaq	_text(%rip), %rdi
	leaq	__relocs_start(%rip), %rsi
	xorl	%eax, %eax
	lodsl
	movl	%eax, %ecx
1:	jrcxz	2f
	lodsl
	addq	%r13, (%rdi, %rax)
	decl	%ecx
	jmp	1b
2:	lodsl
	movl	%eax, %ecx
3:	jrcxz	4f
	lodsl
	addl	%r13d, (%rdi, %rax)
	decl	%ecx
	jmp	3b
4:	lodsl
	movl	%eax, %ecx
7:	jrcxz	8f
	lodsl
	subl	%r13d, (%rdi, %rax)
	decl	%ecx
	jmp	7b
8:	subq	%r13, va_image_offset(%rip)
	/* The last GiB but one again, shifted: entry i maps i * 2 MiB - distance. */
	leaq	early_pd_high(%rip), %rdi
	movq	%r13, %rdx
	shrq	$21, %rdx
	movl	$512, %ecx
	subl	%edx, %ecx
	leaq	(%rdi, %rdx, 8), %rdx
	movl	$0x83, %eax
9:	movq	%rax, (%rdx)
	addq	$0x200000, %rax
	addq	$8, %rdx
	decl	%ecx
	jnz	9b
	addq	$3, %rdi
	movq	%rdi, early_pdpt_high + 510 * 8(%rip)
	movq	%cr3, %rax
	movq	%rax, %cr3
	movabsq	$start64_here, %rax	/* relocated by now */
	jmp	*%rax

	.section .rodata, "a"
no_long_mode_text:
	.asciz	"Tern needs a 64-bit processor.\r\n"
	.balign 8
	.globl early_gdt
early_gdt:
	.quad	0, 0
	.quad	0x00af9b000000ffff	/* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x18: data */
	.quad	0x00cf9b000000ffff	/* 0x20: 32-bit code (AP start) */
early_gdt_end:
	.short	0, 0, 0
early_gdt_ptr:
	.short	early_gdt_end - early_gdt - 1
	.long	PHYS(early_gdt)
	.balign 8
	.short	0, 0, 0
early_gdt_ptr64:
	.short	early_gdt_end - early_gdt - 1
	.quad	early_gdt

	.section .bss..page_aligned, "aw", @nobits
	.balign 16384
	.globl boot_stack
boot_stack:
	.skip	STACK_SIZE
	.globl early_pml4
early_pml4:	.skip 4096
early_pdpt_low:	.skip 4096
early_pdpt_high:.skip 4096
early_pd:	.skip 4 * 4096
early_pd_high:	.skip 4096

/*
 * Head of the per-CPU area: its order is what asm/percpu.h and vendor modules
 * (canary at 0x28) rely on. The link puts this at address 0.
 */
	.section .data..percpu..first, "aw"
	.globl cpu_area_base, cpu_id, cpu_preempt_count, cpu_thread
	.globl cpu_kstack_top, cpu_scratch, cpu_canary
cpu_area_base:	.quad __percpu_load
cpu_id:		.long 0
cpu_preempt_count: .long 0x80000000	/* preemptible, nothing pending */
cpu_thread:	.quad 0
cpu_kstack_top:	.quad boot_stack + STACK_SIZE
cpu_scratch:	.quad 0
cpu_canary:	.quad 0

/* PVH: physical address of the 32-bit entry (note type 18, owner "Xen"). */
	.section .note.Xen, "a", @note
	.balign 4
	.long	4, 8, 18
	.asciz	"Xen"
	.quad	PHYS(pvh_start32)
	.section .note.GNU-stack, "", @progbits
