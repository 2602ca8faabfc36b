/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module files: decodes and checks all that can be checked without a kernel. Pure:
 * the file's bytes are hostile, nothing outside of them is ever read, nothing is allocated.
 */
#pragma once

#include <tern/lib/elf.h>

#define KO_SECTIONS_MAX		4096
#define KO_ALIGN_MAX		4096
#define KO_ALLOC_MAX		(64UL << 20)	/* bytes that one module may map */

#define KO_SHT_PROGBITS		1
#define KO_SHT_SYMTAB		2
#define KO_SHT_STRTAB		3
#define KO_SHT_RELA		4
#define KO_SHT_NOBITS		8
#define KO_SHF_WRITE		1UL
#define KO_SHF_ALLOC		2UL
#define KO_SHF_EXEC		4UL

#define KO_SHN_UNDEF		0
#define KO_SHN_LORESERVE	0xff00
#define KO_SHN_ABS		0xfff1

#define KO_RELA_SIZE		24
#define KO_SYM_SIZE		24
#define KO_VERSION_SIZE		64

/* A module file, decoded. Pointers lead into the caller's memory. */
struct ko_image {
	const u8 *data;
	u64 size;			/* of the ELF image, without what is appended */
	const u8 *sig;			/* PKCS#7, NULL: not signed */
	u32 sig_len;
	struct elf_section *sec;	/* nsec headers, all inside the image */
	u32 nsec;
	const char *secnames;
	u32 symtab, nsyms;		/* section index; symbols in it */
	const char *strtab;
	const char *modinfo;		/* NUL-separated key=value, NUL at the end */
	u64 modinfo_len;
	u32 this_module;		/* section indices, 0 if absent */
	u32 versions;
	const char *name;		/* from modinfo */
	const char *vermagic;
};

struct ko_sym {
	const char *name;
	u64 value, size;
	u32 shndx;
	u8 bind, type;			/* ELF's numbers */
};

struct ko_rela {
	u64 offset;
	s64 addend;
	u32 sym, type;
};

/**
 * ko_count_sections() - how many headers ko_parse() needs room for
 * Return: 1 .. KO_SECTIONS_MAX, or -ENOEXEC.
 */
int ko_count_sections(const void *data, u64 size) __must_check;

/**
 * ko_parse() - decode a module file
 * @sec: room for ko_count_sections() headers; belongs to @out afterwards
 * @why: out, what is wrong, for the log
 * Return: 0, -ENOEXEC.
 */
int ko_parse(const void *data, u64 size, struct elf_section *sec, struct ko_image *out,
	     const char **why) __must_check;

/** ko_section_name() - always a terminated string. */
const char *ko_section_name(const struct ko_image *ko, u32 index);
/** ko_find_section() - first section of that name, 0 if there is none. */
u32 ko_find_section(const struct ko_image *ko, const char *name);
/** ko_section_data() - its bytes in the file; NULL for NOBITS. */
const void *ko_section_data(const struct ko_image *ko, u32 index);
/** ko_get_sym() - symbol @index < nsyms; 0, -ENOEXEC if its name or section is no good. */
int ko_get_sym(const struct ko_image *ko, u32 index, struct ko_sym *out) __must_check;
/** ko_rela_count() - entries of relocation section @index. */
u64 ko_rela_count(const struct ko_image *ko, u32 index);
/** ko_get_rela() - entry @n of relocation section @index, decoded; not checked. */
void ko_get_rela(const struct ko_image *ko, u32 index, u64 n, struct ko_rela *out);
/** ko_modinfo() - value of the @nth entry (from 0) of that key, NULL if there is none. */
const char *ko_modinfo(const struct ko_image *ko, const char *key, u32 nth);
/** ko_version_crc() - what the module expects of symbol @name; false: it says nothing. */
bool ko_version_crc(const struct ko_image *ko, const char *name, u32 *crc);

/**
 * ko_reloc_apply() - store one relocated value
 * @where: the bytes to change, in a writable view
 * @room: bytes from @where to the end of the section
 * @place: address that the bytes will have
 * @value: symbol plus addend
 * Return: 0, -ENOEXEC (unknown type, past the end, the bytes were changed before), -ERANGE overflow.
 */
int ko_reloc_apply(u32 type, void *where, u64 room, u64 place, u64 value) __must_check;

/* Where sections go: one block of memory for what stays and one for what init leaves behind. */
enum ko_class { KO_TEXT, KO_RODATA, KO_DATA, KO_PERCPU, KO_NOWHERE };

struct ko_place {
	enum ko_class cls;
	bool is_init;
	u64 offset;		/* in the block, or in the per-CPU data */
};

struct ko_block {
	u64 text_size, ro_size, size;	/* ends of the parts, page-aligned; size: the whole */
};

struct ko_layout {
	struct ko_block core, init;
	u64 percpu_size, percpu_align;
};

/**
 * ko_layout_plan() - decide where each section goes
 * @place: nsec entries, out
 * Return: 0, -ENOEXEC if it is too large or writable code.
 */
int ko_layout_plan(const struct ko_image *ko, struct ko_place *place, struct ko_layout *out) __must_check;
