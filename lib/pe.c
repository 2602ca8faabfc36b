// SPDX-License-Identifier: GPL-2.0-only
/*
 * PE32+ images for x86-64: DOS header, COFF header, optional header, sections,
 * base relocations and exports, as the Microsoft PE/COFF specification has them.
 *
 * Only images whose sections are aligned to pages or more are taken: the
 * others are drivers' flat images, which user space has no use for.
 */
#include <tern/lib/pe.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define DOS_HEADER	64
#define COFF_HEADER	24	/* signature included */
#define OPTIONAL_MIN	112	/* before the directories */
#define SECTION_HEADER	40
#define MACHINE_AMD64	0x8664
#define MAGIC_PE32P	0x20b
#define USER_END_	0x7fffffff0000UL
#define IMAGE_MAX	0x7fff0000U
#define RELOC_ABSOLUTE	0
#define RELOC_DIR64	10
#define EXPORT_HEADER	40

static u32 pages(u32 n)
{
	return (n + PE_PAGE - 1) & ~(PE_PAGE - 1);
}

static int check_optional(const struct pe_info *i, u32 section_align, u32 file_align)
{
	if (section_align < PE_PAGE || (section_align & (section_align - 1)))
		return -EBADMSG;
	if (!file_align || (file_align & (file_align - 1)) || file_align > section_align)
		return -EBADMSG;
	if (!i->size || i->size > IMAGE_MAX || (i->base & 0xffff) || i->base > USER_END_ - i->size)
		return -EBADMSG;
	if (!i->head_size || i->head_size > i->size || i->entry >= i->size)
		return -EBADMSG;
	if (i->nsections > PE_SECTIONS_MAX)
		return -EBADMSG;
	return 0;
}

static void decode_optional(const u8 *o, u32 opt_size, struct pe_info *i)
{
	u32 ndirs = get_le32(o + 108), room = (opt_size - OPTIONAL_MIN) / 8;

	i->entry = get_le32(o + 16);
	i->base = get_le64(o + 24);
	i->os_major = get_le16(o + 40);
	i->os_minor = get_le16(o + 42);
	i->subsystem_major = get_le16(o + 48);
	i->subsystem_minor = get_le16(o + 50);
	i->size = get_le32(o + 56);
	if (i->size <= IMAGE_MAX)
		i->size = pages(i->size);
	i->head_size = get_le32(o + 60);
	i->checksum = get_le32(o + 64);
	i->subsystem = get_le16(o + 68);
	i->dll_characteristics = get_le16(o + 70);
	i->stack_reserve = get_le64(o + 72);
	i->stack_commit = get_le64(o + 80);
	i->loader_flags = get_le32(o + 104);
	for (u32 n = 0; n < PE_DIR_COUNT && n < ndirs && n < room; n++) {
		i->dir[n].rva = get_le32(o + OPTIONAL_MIN + n * 8);
		i->dir[n].size = get_le32(o + OPTIONAL_MIN + n * 8 + 4);
	}
}

/* A directory that leaves the image counts as none; the image may still run. */
static void check_dirs(struct pe_info *i)
{
	for (u32 n = 0; n < PE_DIR_COUNT; n++) {
		struct pe_dir *d = &i->dir[n];

		if (d->rva > i->size || d->size > i->size - d->rva || !d->rva)
			*d = (struct pe_dir){ 0, 0 };
	}
}

int pe_parse_header(const void *head, size_t len, u64 file_size, struct pe_info *info)
{
	const u8 *p = head;
	struct pe_info i = { 0 };
	u32 at, opt_size;
	int err;

	if (len < DOS_HEADER || p[0] != 'M' || p[1] != 'Z')
		return -ENOEXEC;
	at = get_le32(p + 60);
	if (len < COFF_HEADER + OPTIONAL_MIN || at > len - (COFF_HEADER + OPTIONAL_MIN) ||
	    memcmp(p + at, "PE\0\0", 4))
		return -ENOEXEC;
	i.machine = get_le16(p + at + 4);
	i.nsections = get_le16(p + at + 6);
	opt_size = get_le16(p + at + 20);
	i.characteristics = get_le16(p + at + 22);
	if (i.machine != MACHINE_AMD64 || get_le16(p + at + COFF_HEADER) != MAGIC_PE32P)
		return -ENOEXEC;
	if (opt_size < OPTIONAL_MIN || opt_size > len - at - COFF_HEADER ||
	    !(i.characteristics & PE_FILE_EXECUTABLE))
		return -EBADMSG;
	decode_optional(p + at + COFF_HEADER, opt_size, &i);
	i.section_table = at + COFF_HEADER + opt_size;
	err = check_optional(&i, get_le32(p + at + COFF_HEADER + 32),
			     get_le32(p + at + COFF_HEADER + 36));
	if (err)
		return err;
	if ((u64)i.nsections * SECTION_HEADER > len - i.section_table)
		return -EBADMSG;
	i.raw_size = file_size > 0xffffffffU ? 0xffffffffU : (u32)file_size;
	if (i.head_size > file_size)
		i.head_size = (u32)file_size;
	check_dirs(&i);
	if (i.dir[PE_DIR_CLR].rva && i.dir[PE_DIR_CLR].size)
		return -ENOEXEC;
	*info = i;
	return 0;
}

int pe_parse_section(const void *head, size_t len, u64 file_size, const struct pe_info *info,
		     u32 i, u32 *end, struct pe_section *out)
{
	const u8 *p = (const u8 *)head + info->section_table + i * SECTION_HEADER;
	struct pe_section s = { .rva = get_le32(p + 12) };
	u32 size;

	if (i >= info->nsections || info->section_table + (i + 1) * SECTION_HEADER > len)
		return -EBADMSG;
	memcpy(s.name, p, 8);
	s.vsize = get_le32(p + 8);
	s.raw_size = get_le32(p + 16);
	s.raw = get_le32(p + 20);
	s.flags = get_le32(p + 36);
	if (!s.vsize)
		s.vsize = s.raw_size;
	/* The loader ignores the low bits of the offset. */
	s.raw &= ~511U;
	if (!s.raw)
		s.raw_size = 0;
	if ((s.rva & (PE_PAGE - 1)) || s.rva < *end || s.rva > info->size ||
	    s.vsize > info->size - s.rva)
		return -EBADMSG;
	size = pages(s.vsize);
	if (s.raw_size > size)
		s.raw_size = size;
	if (s.raw_size && (s.raw > file_size || s.raw_size > file_size - s.raw)) {
		/* The last section's padding may be cut off, not its contents. */
		if (s.raw > file_size || s.vsize > file_size - s.raw)
			return -EBADMSG;
		s.raw_size = (u32)(file_size - s.raw);
	}
	*end = s.rva + size;
	*out = s;
	return 0;
}

int pe_relocate(const struct pe_info *info, const void *data, u32 size,
		int (*apply)(void *arg, u32 rva), void *arg)
{
	const u8 *p = data;
	u32 at = 0;

	while (size - at >= 8) {
		u32 page = get_le32(p + at), block = get_le32(p + at + 4);

		if (!block && !page)
			break;
		if (block < 8 || block > size - at || page >= info->size)
			return -EBADMSG;
		for (u32 n = 8; n + 2 <= block; n += 2) {
			u16 entry = get_le16(p + at + n);
			u32 rva = page + (entry & 0xfff);
			int err;

			if (entry >> 12 == RELOC_ABSOLUTE)
				continue;
			if (entry >> 12 != RELOC_DIR64 || rva > info->size - 8)
				return -EBADMSG;
			err = apply(arg, rva);
			if (err)
				return err;
		}
		at += (block + 3) & ~3U;
		if (at > size)
			break;
	}
	return 0;
}

/* ---- exports ---- */

/* @n bytes at an RVA inside the directory, or NULL. */
static const u8 *inside(const struct pe_exports *e, u32 rva, u64 n)
{
	if (rva < e->rva || rva - e->rva > e->size || n > e->size - (rva - e->rva))
		return NULL;
	return e->data + (rva - e->rva);
}

int pe_exports_init(struct pe_exports *e, const struct pe_info *info, const void *data)
{
	const u8 *p = data;
	struct pe_exports x = { .data = p, .rva = info->dir[PE_DIR_EXPORT].rva,
				.size = info->dir[PE_DIR_EXPORT].size };

	if (x.size < EXPORT_HEADER)
		return -EBADMSG;
	x.nfunctions = get_le32(p + 20);
	x.nnames = get_le32(p + 24);
	x.functions = get_le32(p + 28);
	x.names = get_le32(p + 32);
	x.ordinals = get_le32(p + 36);
	if (!inside(&x, x.functions, (u64)x.nfunctions * 4) ||
	    !inside(&x, x.names, (u64)x.nnames * 4) ||
	    !inside(&x, x.ordinals, (u64)x.nnames * 2))
		return -EBADMSG;
	*e = x;
	return 0;
}

const char *pe_export_at(const struct pe_exports *e, u32 i, u32 *rva)
{
	u32 name, index;
	const u8 *s;

	if (i >= e->nnames)
		return NULL;
	name = get_le32(inside(e, e->names, 4) + i * 4UL);
	index = get_le16(inside(e, e->ordinals, 2) + i * 2UL);
	s = inside(e, name, 1);
	if (!s || index >= e->nfunctions || !memchr(s, 0, e->size - (name - e->rva)))
		return NULL;
	*rva = get_le32(inside(e, e->functions, 4) + index * 4UL);
	return *rva >= e->rva && *rva - e->rva < e->size ? NULL : (const char *)s;
}

u32 pe_export_find(const struct pe_exports *e, const char *name)
{
	u32 lo = 0, hi = e->nnames, rva;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2, at = get_le32(inside(e, e->names, 4) + mid * 4UL);
		const u8 *s = inside(e, at, 1);
		int order;

		if (!s || !memchr(s, 0, e->size - (at - e->rva)))
			return 0;
		order = strcmp(name, (const char *)s);
		if (!order)
			return pe_export_at(e, mid, &rva) ? rva : 0;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}
