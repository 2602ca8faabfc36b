/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout of the kernel image. Physical 16 MiB is seen at -2 GiB + 16 MiB.
 *
 *	.head.text .text		executable
 *	.rodata tables __ex_table	read-only
 *	.data..ro_after_init		read-only once init has run
 *	.data				writable
 *	.data..percpu			linked at address 0; __percpu_load is its image
 *	.init.text .init.data		freed once init has run
 *	.bss				writable
 *	.kallsyms			read-only; last, so that adding it moves nothing
 *
 * Each of these begins on a page, so that rights can differ. Every input
 * section must be named here: the link fails on one that is not.
 */
#define LOAD_OFFSET	0xffffffff80000000
#define KERNEL_PHYS	0x1000000
#define PAGE		4096
#define PHYS(sec)	AT(ADDR(sec) - LOAD_OFFSET)

/* One link table (TABLE_ENTRY in base/compiler.h); entries sorted by name. */
#define TABLE(name)					\
	. = ALIGN(8);					\
	__start_tab_##name = .;				\
	KEEP(*(.tab.name))				\
	KEEP(*(SORT_BY_NAME(.tab.name.*)))		\
	__stop_tab_##name = .;

OUTPUT_FORMAT(elf64-x86-64)
OUTPUT_ARCH(i386:x86-64)
ENTRY(tern_start32)

PHDRS {
	text	PT_LOAD FLAGS(5);
	rodata	PT_LOAD FLAGS(4);
	data	PT_LOAD FLAGS(6);
	percpu	PT_LOAD FLAGS(6);
	initx	PT_LOAD FLAGS(5);
	initd	PT_LOAD FLAGS(6);
	bss	PT_LOAD FLAGS(6);
	syms	PT_LOAD FLAGS(4);
	note	PT_NOTE FLAGS(4);
}

SECTIONS {
	. = LOAD_OFFSET + KERNEL_PHYS;

	.text : PHYS(.text) {
		_text = .;
		KEEP(*(.head.text))
		*(.text.hot .text.hot.*)
		*(.text .text.*)
		*(.entry.text .entry.text.*)
		*(.fixup)
		_etext = .;
		. = ALIGN(PAGE);
	} :text = 0xcccccccc

	.rodata : PHYS(.rodata) {
		__rodata_start = .;
		*(.rodata .rodata.*)
		*(.data.rel.ro .data.rel.ro.*)

		TABLE(initcall)
		TABLE(driver)
		TABLE(fstype)
		TABLE(protocol)
		TABLE(ipproto)
		TABLE(ip6proto)
		TABLE(linkproto)
		TABLE(netnspart)
		TABLE(netwatch)
		TABLE(genlfamily)
		TABLE(nlfamily)
		TABLE(rtobject)
		TABLE(linkkind)
		TABLE(sockdiag)
		TABLE(binfmt)
		TABLE(ktest)
		TABLE(clocksource)
		TABLE(console)
		TABLE(faultpoint)
		TABLE(cmdline)
		TABLE(procfile)
		TABLE(procint)
		TABLE(procset)
		TABLE(linkaf)
		TABLE(chardev)
		TABLE(lx_export)
		TABLE(svc)

		. = ALIGN(8);
		__start_ex_table = .;
		KEEP(*(__ex_table))
		__stop_ex_table = .;
	} :rodata

	.notes : PHYS(.notes) {
		KEEP(*(.note.Xen .note.tern .note.tern.*))
	} :rodata :note

	.rodata.end : PHYS(.rodata.end) {
		. = ALIGN(PAGE);
		__rodata_end = .;
	} :rodata

	.data : PHYS(.data) {
		_sdata = .;
		__ro_after_init_start = .;
		*(.data..ro_after_init)
		. = ALIGN(PAGE);
		__ro_after_init_end = .;
		*(.data..page_aligned)
		. = ALIGN(64);
		*(.data..cacheline_aligned)
		*(.data .data.[_a-zA-Z0-9]*)
		_edata = .;
		. = ALIGN(PAGE);
	} :data

	__percpu_load = .;
	.data..percpu 0 : AT(__percpu_load - LOAD_OFFSET) {
		__percpu_start = .;
		KEEP(*(.data..percpu..first))
		. = ALIGN(PAGE);
		*(.data..percpu..page_aligned)
		. = ALIGN(64);
		*(.data..percpu .data..percpu.*)
		. = ALIGN(64);
		__percpu_end = .;
	} :percpu
	. = __percpu_load + SIZEOF(.data..percpu);
	. = ALIGN(PAGE);

	.init.text : PHYS(.init.text) {
		__init_begin = .;
		*(.init.text .init.text.*)
		. = ALIGN(PAGE);
		__inittext_end = .;
	} :initx = 0xcccccccc

	.init.data : PHYS(.init.data) {
		*(.init.data .init.data.*)
		*(.init.rodata .init.rodata.*)
		. = ALIGN(PAGE);
		__init_end = .;
	} :initd

	.bss (NOLOAD) : PHYS(.bss) {
		__bss_start = .;
		*(.bss..page_aligned)
		*(.bss .bss.*)
		*(COMMON)
		. = ALIGN(PAGE);
		__bss_stop = .;
	} :bss

	.kallsyms : PHYS(.kallsyms) {
		__kallsyms_start = .;
		KEEP(*(.kallsyms))
		__kallsyms_end = .;
		. = ALIGN(8);
		__relocs_start = .;
		KEEP(*(.relocs))
		. = ALIGN(PAGE);
	} :syms
	_end = .;

	/DISCARD/ : {
		*(.note.GNU-stack .note.gnu.* .comment .eh_frame .eh_frame_hdr)
		*(.discard .discard.*)
	}

	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_info 0 : { *(.debug_info) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_line 0 : { *(.debug_line) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_str 0 : { *(.debug_str) }
	.debug_frame 0 : { *(.debug_frame) }
	.debug_loc 0 : { *(.debug_loc) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_ranges 0 : { *(.debug_ranges) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_macro 0 : { *(.debug_macro) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }
	.debug_addr 0 : { *(.debug_addr) }
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }

	/* Made by the linker; the image is linked for one place and has none. */
	.got : { *(.got .got.plt .igot .igot.plt) }
	.plt : { *(.plt .plt.got .iplt) }
	.rela.dyn : { *(.rela .rela.* .rela_*) }
	ASSERT(SIZEOF(.plt) == 0, "position-independent code in the kernel")
	ASSERT(SIZEOF(.rela.dyn) == 0, "dynamic relocations in the kernel")
}
