/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First part of bzImage: the setup header of the Linux boot protocol (2.15)
 * and the code for loaders that start a kernel in real mode. It asks the BIOS
 * what later code cannot (memory map, cursor), fills a zero page, enters
 * protected mode and jumps to the second part, mover.S, where 32-bit and
 * 64-bit loaders begin. Linked at 0; segments have the loader's choice of base.
 *
 * Below 32 KiB of the segment: this code, the zero page at BOOT_PARAMS, the
 * stack under STACK_TOP. scripts/gen-bzimage.py fills in the sizes.
 */
	.code16
	.section .text, "ax"

#define SECTOR		512
#define BOOT_PARAMS	0x4000
#define STACK_TOP	0x7ff0
#define ENTRY_START	0x200

#define BP_CURSOR	0x000
#define BP_VIDEO_MODE	0x006
#define BP_VIDEO_COLS	0x007
#define BP_VIDEO_LINES	0x00e
#define BP_IS_VGA	0x00f
#define BP_POINTS	0x010
#define BP_ALT_MEM_K	0x1e0
#define BP_E820_COUNT	0x1e8
#define BP_HEADER	0x1f1
#define BP_E820_TABLE	0x2d0
#define E820_MAX	128
#define SMAP		0x534d4150

	.globl start
start:
	/* Started as a boot sector: nothing here can load the rest. */
	xorw	%ax, %ax
	int	$0x16
	int	$0x19
	hlt
	jmp	start

	.org	BP_HEADER
header:
	.byte	0			/* setup_sects */
	.word	0			/* root_flags: from the command line */
	.long	0			/* syssize in 16-byte units */
	.word	0			/* ram_size */
	.word	0xffff			/* vid_mode: normal */
	.word	0			/* root_dev */
	.word	0xaa55			/* boot_flag */
	.org	ENTRY_START
	.byte	0xeb, entry - (ENTRY_START + 2)
	.ascii	"HdrS"
	.word	0x020f			/* version */
	.long	0			/* realmode_swtch */
	.word	0x1000			/* start_sys_seg */
	.word	version - 0x200		/* kernel_version */
	.byte	0			/* type_of_loader */
	.byte	1			/* loadflags: LOADED_HIGH */
	.word	0x8000			/* setup_move_size */
	.globl	code32_start
code32_start:
	.long	0x100000
	.long	0, 0			/* ramdisk_image, ramdisk_size */
	.long	0			/* bootsect_kludge */
	.word	STACK_TOP - 0x200	/* heap_end_ptr */
	.byte	0, 0			/* ext_loader_ver, ext_loader_type */
	.long	0			/* cmd_line_ptr */
	.long	0xffffffff		/* initrd_addr_max */
	.long	0x1000			/* kernel_alignment */
	.byte	1			/* relocatable_kernel: may be loaded anywhere */
	.byte	12			/* min_alignment: log2 */
	.word	0x61			/* xloadflags: 64-bit entry at 0x200, LA57 allowed */
	.long	4095			/* cmdline_size */
	.long	0, 0, 0			/* hardware_subarch and its data */
	.long	0, 0			/* payload_offset, payload_length */
	.long	0, 0			/* setup_data */
	.long	0, 0			/* pref_address */
	.long	0			/* init_size */
	.long	0			/* handover_offset: none */
	.long	0			/* kernel_info_offset: none */
header_end:

entry:
	cli
	cld
	movw	%ds, %ax
	movw	%ax, %es
	movw	%ax, %ss
	movw	$STACK_TOP, %sp
	sti
	/* Loaders enter with cs = ds + 0x20; data offsets count from ds. */
	pushw	%ax
	pushw	$fill_params
	lretw

	/* ax, cs, ds, es, ss: the setup segment */
fill_params:
	movw	$BOOT_PARAMS, %di
	xorl	%eax, %eax
	movw	$1024, %cx
	rep stosl
	movw	$header, %si
	movw	$(BOOT_PARAMS + BP_HEADER), %di
	movw	$(header_end - header), %cx
	rep movsb
	call	ask_memory
	call	ask_video
	call	enable_a20
	jmp	enter_protected

	/* Memory map by E820, else the size above 1 MiB by E801. */
ask_memory:
	movw	$(BOOT_PARAMS + BP_E820_TABLE), %di
	xorl	%ebx, %ebx
1:	movl	$0xe820, %eax
	movl	$SMAP, %edx
	movl	$20, %ecx
	int	$0x15
	jc	2f
	cmpl	$SMAP, %eax
	jne	2f
	addw	$20, %di
	incb	BOOT_PARAMS + BP_E820_COUNT
	cmpb	$E820_MAX, BOOT_PARAMS + BP_E820_COUNT
	jae	2f
	testl	%ebx, %ebx
	jnz	1b
2:	cmpb	$0, BOOT_PARAMS + BP_E820_COUNT
	jne	4f
	movw	$0xe801, %ax
	xorw	%cx, %cx
	xorw	%dx, %dx
	int	$0x15
	jc	4f
	testw	%cx, %cx
	jz	3f
	movw	%cx, %ax
	movw	%dx, %bx
3:	movzwl	%ax, %eax
	movzwl	%bx, %ebx
	shll	$6, %ebx
	addl	%ebx, %eax
	movl	%eax, BOOT_PARAMS + BP_ALT_MEM_K
4:	ret

ask_video:
	movb	$0x0f, %ah
	int	$0x10
	movb	%al, BOOT_PARAMS + BP_VIDEO_MODE
	movb	%ah, BOOT_PARAMS + BP_VIDEO_COLS
	movb	$0x03, %ah
	xorb	%bh, %bh
	int	$0x10
	movw	%dx, BOOT_PARAMS + BP_CURSOR
	movb	$25, BOOT_PARAMS + BP_VIDEO_LINES
	movb	$1, BOOT_PARAMS + BP_IS_VGA
	movw	$16, BOOT_PARAMS + BP_POINTS
	ret

enable_a20:
	movw	$0x2401, %ax
	int	$0x15
	inb	$0x92, %al
	orb	$2, %al
	andb	$0xfe, %al		/* bit 0 resets the machine */
	outb	%al, $0x92
	ret

enter_protected:
	cli
	movb	$0xff, %al		/* mask both interrupt controllers */
	outb	%al, $0xa1
	outb	%al, $0x21
	xorl	%ebx, %ebx
	movw	%cs, %bx
	shll	$4, %ebx		/* linear address of this segment */
	leal	BOOT_PARAMS(%ebx), %esi
	leal	gdt(%ebx), %eax
	movl	%eax, gdt_base
	leal	flat(%ebx), %eax
	movl	%eax, flat_target
	movl	code32_start, %edi
	lgdtl	gdt_limit
	lidtl	no_idt
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	.byte	0x66, 0xea		/* far jump to flat, set above */
flat_target:
	.long	0
	.word	0x10

	.code32
flat:
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	movl	%edi, %ecx
	xorl	%ebx, %ebx
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	jmp	*%ecx

	.balign	8
gdt:	.quad	0, 0
	.quad	0x00cf9b000000ffff	/* 0x10 code */
	.quad	0x00cf93000000ffff	/* 0x18 data */
gdt_limit:
	.word	. - gdt - 1
gdt_base:
	.long	0
no_idt:	.word	0
	.long	0
	/* The text is the image's; gen-bzimage.py writes it here. */
version:
	.fill	128, 1, 0

	.globl setup_end
setup_end:
