/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF64 for x86-64: decodes the file header, program headers and section
 * headers out of byte buffers that the caller read from the file, and checks
 * all that can be checked without the rest of the file.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define ELF_HEADER_SIZE		64
#define ELF_PHDR_SIZE		56
#define ELF_SHDR_SIZE		64
#define ELF_INTERP_MAX		4096	/* bytes, with NUL */

enum elf_type {
	ELF_TYPE_REL = 1,
	ELF_TYPE_EXEC = 2,
	ELF_TYPE_DYN = 3,
	ELF_TYPE_CORE = 4,
};

enum elf_segment_type {
	ELF_SEG_NULL = 0,
	ELF_SEG_LOAD = 1,
	ELF_SEG_DYNAMIC = 2,
	ELF_SEG_INTERP = 3,
	ELF_SEG_NOTE = 4,
	ELF_SEG_PHDR = 6,
	ELF_SEG_TLS = 7,
	ELF_SEG_GNU_EH_FRAME = 0x6474e550,
	ELF_SEG_GNU_STACK = 0x6474e551,
	ELF_SEG_GNU_RELRO = 0x6474e552,
	ELF_SEG_GNU_PROPERTY = 0x6474e553,
};

#define ELF_SEG_X	1U
#define ELF_SEG_W	2U
#define ELF_SEG_R	4U

/* The file header, checked. */
struct elf_info {
	enum elf_type type;
	u64 entry;	/* before relocation */
	u64 phoff;	/* program headers: file offset, count */
	u32 phnum;
	u64 shoff;	/* section headers; shnum 0 if none */
	u32 shnum;
	u32 shstrndx;
	u32 flags;
	u8 osabi;
};

/* One program header. */
struct elf_segment {
	u32 type;
	u32 flags;	/* ELF_SEG_R/W/X */
	u64 offset;
	u64 vaddr;
	u64 filesz;
	u64 memsz;
	u64 align;
};

/* One section header. */
struct elf_section {
	u32 name;	/* offset into the section name strings */
	u32 type;
	u64 flags;
	u64 addr;
	u64 offset;
	u64 size;
	u32 link;
	u32 info;
	u64 align;
	u64 entsize;
};

/* What exec needs to know of all program headers together. */
struct elf_plan {
	u32 nloads;		/* PT_LOAD segments with memsz > 0 */
	u64 low;		/* page-aligned lowest address, before relocation */
	u64 high;		/* page-aligned end of the highest */
	u64 align;		/* largest p_align that is a power of two, >= one page */
	u64 load_bias_base;	/* vaddr - offset of the lowest segment: address of file offset 0 */
	u64 brk;		/* end of the highest segment, not rounded */
	u64 code_start, code_end;	/* executable segments: lowest start, highest end of file data */
	u64 data_start, data_end;	/* last segment in the file: start, end of file data */
	u64 phdr_vaddr;		/* where programs find their program headers; 0 unknown */
	bool has_interp;
	u64 interp_offset;	/* the interpreter's path in the file, NUL included */
	u32 interp_size;
	bool has_stack_flags;	/* PT_GNU_STACK present */
	u32 stack_flags;
	bool has_tls;
	struct elf_segment tls;
	bool has_property;
	u64 property_offset;	/* .note.gnu.property */
	u32 property_size;
};

/**
 * elf_parse_header() - decode and check the file header
 * @buf: the first bytes of the file
 * @len: of @buf in bytes; 64 are needed
 * @info: out
 *
 * Accepts little-endian ELF64 for x86-64 of any type; exec wants EXEC or DYN.
 * Return: 0, -ENOEXEC if it is not such a file or a field is absurd.
 */
int elf_parse_header(const void *buf, size_t len, struct elf_info *info) __must_check;

/* Bytes of the program header table, at info->phoff. At most 64 KiB. */
static inline size_t elf_phdrs_size(const struct elf_info *info)
{
	return (size_t)info->phnum * ELF_PHDR_SIZE;
}

/* Bytes of the section header table, at info->shoff. */
static inline size_t elf_shdrs_size(const struct elf_info *info)
{
	return (size_t)info->shnum * ELF_SHDR_SIZE;
}

/**
 * elf_get_segment() - decode one program header
 * @phdrs: the table, elf_phdrs_size() bytes
 * @i: below info->phnum
 */
void elf_get_segment(const void *phdrs, u32 i, struct elf_segment *seg);

/**
 * elf_get_section() - decode one section header
 * @shdrs: the table, elf_shdrs_size() bytes
 * @i: below info->shnum
 */
void elf_get_section(const void *shdrs, u32 i, struct elf_section *sec);

/**
 * elf_parse_segments() - check all program headers and sum them up
 * @info: from elf_parse_header()
 * @phdrs: the table, elf_phdrs_size(info) bytes
 * @limit: first address that user space cannot have
 * @plan: out
 * Return: 0, -ENOEXEC (not EXEC or DYN, bad interpreter record), -EINVAL (no
 *	segment to load, file part larger than memory part, offset and address
 *	differ modulo the page size, sums overflow), -ENOMEM (beyond @limit).
 */
int elf_parse_segments(const struct elf_info *info, const void *phdrs, u64 limit,
		       struct elf_plan *plan) __must_check;

/**
 * elf_check_interp() - is this the text of an interpreter record?
 * @path: interp_size bytes
 * Return: 0; -ENOEXEC if not terminated by a NUL or empty.
 */
int elf_check_interp(const char *path, u32 size) __must_check;

/**
 * elf_check_section() - does a section lie within the file?
 * Return: 0 or -ENOEXEC.
 */
int elf_check_section(const struct elf_section *sec, u64 file_size) __must_check;
