/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PE32+ images for x86-64 (Microsoft PE/COFF specification): headers, sections,
 * base relocations, exports. Pure: everything is checked before it is stored.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define PE_SECTIONS_MAX	96
#define PE_HEAD_MAX	8192U	/* headers and section table lie within these first bytes */
#define PE_PAGE		4096U

/* Section characteristics. */
#define PE_SCN_UNINITIALIZED 0x00000080u
#define PE_SCN_DISCARDABLE 0x02000000u
#define PE_SCN_SHARED	0x10000000u
#define PE_SCN_EXEC	0x20000000u
#define PE_SCN_READ	0x40000000u
#define PE_SCN_WRITE	0x80000000u

/* File characteristics. */
#define PE_FILE_RELOCS_STRIPPED 0x0001u
#define PE_FILE_EXECUTABLE 0x0002u
#define PE_FILE_DLL	0x2000u

#define PE_SUBSYSTEM_GUI 2
#define PE_SUBSYSTEM_CONSOLE 3

enum pe_dir_index { PE_DIR_EXPORT = 0, PE_DIR_IMPORT = 1, PE_DIR_RELOC = 5, PE_DIR_CLR = 14, PE_DIR_COUNT = 16 };

struct pe_dir { u32 rva, size; };

struct pe_info {
	u64 base;		/* preferred address, multiple of 64 KiB */
	u64 stack_reserve, stack_commit;
	u32 entry;		/* RVA, 0: none */
	u32 size;		/* of the image in memory, whole pages */
	u32 head_size;		/* bytes of the file that are mapped at the base */
	u32 checksum, loader_flags, raw_size;
	u32 section_table;	/* offset in the file */
	u16 machine, characteristics, dll_characteristics;
	u16 subsystem, subsystem_major, subsystem_minor, os_major, os_minor;
	u16 nsections;
	struct pe_dir dir[PE_DIR_COUNT];
};

struct pe_section {
	char name[9];
	u32 rva, vsize;		/* whole pages from rva on; vsize in bytes */
	u32 raw, raw_size;	/* in the file; raw_size <= pages of vsize */
	u32 flags;		/* PE_SCN_* */
};

/**
 * pe_parse_header() - decode and check the headers
 * @head: first @len bytes of the file, which is @file_size long
 * Return: 0; -ENOEXEC: no PE32+ image for x86-64 (DOS program, PE32, other machine, .NET);
 *	-EBADMSG: one that is broken.
 */
int pe_parse_header(const void *head, size_t len, u64 file_size, struct pe_info *info) __must_check;

/**
 * pe_parse_section() - decode and check section @i; calls must come in order
 * @end: in/out, end of the section before (0 at first): sections ascend and do not overlap
 * Return: 0, or -EBADMSG.
 */
int pe_parse_section(const void *head, size_t len, u64 file_size, const struct pe_info *info,
		     u32 i, u32 *end, struct pe_section *out) __must_check;

/**
 * pe_relocate() - walk a relocation directory
 * @data: its @size bytes
 * @apply: called for each 64-bit address (@rva of 8 bytes inside the image); not 0 ends the walk
 * Return: 0, -EBADMSG, or what @apply returned.
 */
int pe_relocate(const struct pe_info *info, const void *data, u32 size,
		int (*apply)(void *arg, u32 rva), void *arg) __must_check;

/* An export directory, as it lies in memory. */
struct pe_exports {
	const u8 *data;
	u32 rva, size;		/* of the directory */
	u32 functions, nfunctions, names, nnames, ordinals;	/* RVAs and counts */
};

/** pe_exports_init() - @data: the whole export directory; 0 or -EBADMSG. */
int pe_exports_init(struct pe_exports *e, const struct pe_info *info, const void *data) __must_check;
/**
 * pe_export_at() - the @i-th name
 * Return: the name (ends within the directory) with *@rva; NULL if broken or forwarded elsewhere.
 */
const char *pe_export_at(const struct pe_exports *e, u32 i, u32 *rva);
/** pe_export_find() - RVA of @name (names are sorted), 0 if there is none. */
u32 pe_export_find(const struct pe_exports *e, const char *name);
