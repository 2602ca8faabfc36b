// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoder of module files (.ko): a relocatable ELF64 object, behind which a signature
 * may stand:
 *
 *	object | PKCS#7 | 12 bytes: ..., length of the PKCS#7 (big endian) | magic text
 *
 * ko_parse() checks every section header against the file once; what is read later is
 * checked where it is read. ELF-64 object file format 1.5; the trailer was taken from
 * the vendor's files.
 */
#include "ko_parse.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>

#define SIG_MAGIC	"~Module signature appended~\n"
#define SIG_MAGIC_LEN	28
#define SIG_INFO_LEN	12

static u32 load32(const void *p)
{
	u32 v;

	memcpy(&v, p, 4);
	return v;
}

static u64 load64(const void *p)
{
	u64 v;

	memcpy(&v, p, 8);
	return v;
}

/* Split the signature off; false if the trailer contradicts itself. */
static bool split_signature(struct ko_image *ko)
{
	const u8 *end = ko->data + ko->size, *info;
	u64 left = ko->size;
	u32 len;

	if (left < SIG_MAGIC_LEN || memcmp(end - SIG_MAGIC_LEN, SIG_MAGIC, SIG_MAGIC_LEN))
		return true;
	left -= SIG_MAGIC_LEN;
	if (left < SIG_INFO_LEN)
		return false;
	left -= SIG_INFO_LEN;
	info = ko->data + left;
	len = (u32)info[8] << 24 | (u32)info[9] << 16 | (u32)info[10] << 8 | info[11];
	if (len > left)
		return false;
	ko->size = left - len;
	ko->sig = ko->data + ko->size;
	ko->sig_len = len;
	return true;
}

int ko_count_sections(const void *data, u64 size)
{
	struct elf_info info;

	if (elf_parse_header(data, size, &info) || info.type != ELF_TYPE_REL)
		return -ENOEXEC;
	if (!info.shnum || info.shnum > KO_SECTIONS_MAX || info.shoff > size ||
	    elf_shdrs_size(&info) > size - info.shoff)
		return -ENOEXEC;
	return (int)info.shnum;
}

/* A string section that can be read at any offset below its size. */
static bool is_strings(const struct ko_image *ko, u32 index)
{
	const struct elf_section *s = &ko->sec[index];

	return index < ko->nsec && s->type == KO_SHT_STRTAB && s->size &&
	       !ko->data[s->offset + s->size - 1];
}

/* Has the section bytes in the file? Only those were compared with its size. */
static bool has_bytes(const struct elf_section *s)
{
	return s->type && s->type != KO_SHT_NOBITS;
}

static const char *check_section(const struct ko_image *ko, u32 i)
{
	const struct elf_section *s = &ko->sec[i];

	if (elf_check_section(s, ko->size))
		return "a section lies outside of the file";
	if (s->align > KO_ALIGN_MAX || (s->align & (s->align - 1)))
		return "absurd alignment of a section";
	if ((s->flags & KO_SHF_ALLOC) && s->size > KO_ALLOC_MAX)
		return "a section is too large";
	if (s->type == KO_SHT_RELA && (s->info >= ko->nsec || s->size % KO_RELA_SIZE))
		return "a relocation section is malformed";
	return NULL;
}

static const char *find_symbols(struct ko_image *ko)
{
	for (u32 i = 1; i < ko->nsec; i++) {
		const struct elf_section *s = &ko->sec[i];

		if (s->type != KO_SHT_SYMTAB)
			continue;
		if (ko->symtab)
			return "two symbol tables";
		if (!s->size || s->size % KO_SYM_SIZE || s->size / KO_SYM_SIZE > U32_MAX)
			return "the symbol table is malformed";
		if (s->link >= ko->nsec || !is_strings(ko, s->link))
			return "no names of symbols";
		ko->symtab = i;
		ko->nsyms = (u32)(s->size / KO_SYM_SIZE);
		ko->strtab = (const char *)ko->data + ko->sec[s->link].offset;
	}
	return ko->symtab ? NULL : "no symbol table";
}

static const char *find_special(struct ko_image *ko)
{
	u32 info = ko_find_section(ko, ".modinfo");
	const struct elf_section *s = &ko->sec[info];

	if (!info || !has_bytes(s) || !s->size || ko->data[s->offset + s->size - 1])
		return "no module information";
	ko->modinfo = (const char *)ko->data + s->offset;
	ko->modinfo_len = s->size;
	ko->this_module = ko_find_section(ko, ".gnu.linkonce.this_module");
	if (!ko->this_module || !has_bytes(&ko->sec[ko->this_module]))
		return "no module structure";
	ko->versions = ko_find_section(ko, "__versions");
	if (ko->versions && (!has_bytes(&ko->sec[ko->versions]) ||
			     ko->sec[ko->versions].size % KO_VERSION_SIZE))
		return "the table of versions is malformed";
	ko->name = ko_modinfo(ko, "name", 0);
	ko->vermagic = ko_modinfo(ko, "vermagic", 0);
	return ko->name && *ko->name ? NULL : "it has no name";
}

static const char *parse(struct ko_image *ko)
{
	struct elf_info info;
	const char *bad;

	if (!split_signature(ko))
		return "the signature's length is wrong";
	if (elf_parse_header(ko->data, ko->size, &info) || ko_count_sections(ko->data, ko->size) < 0)
		return "not an ELF object for x86-64";
	if (ko->nsec != info.shnum || info.shstrndx >= ko->nsec)
		return "no names of sections";
	for (u32 i = 0; i < ko->nsec; i++)
		elf_get_section(ko->data + info.shoff, i, &ko->sec[i]);
	for (u32 i = 1; i < ko->nsec; i++) {
		bad = check_section(ko, i);
		if (bad)
			return bad;
	}
	if (!is_strings(ko, info.shstrndx))
		return "no names of sections";
	ko->secnames = (const char *)ko->data + ko->sec[info.shstrndx].offset;
	for (u32 i = 0; i < ko->nsec; i++)
		if (ko->sec[i].name >= ko->sec[info.shstrndx].size)
			return "a section's name lies outside of the names";
	bad = find_symbols(ko);
	return bad ? bad : find_special(ko);
}

int ko_parse(const void *data, u64 size, struct elf_section *sec, struct ko_image *out,
	     const char **why)
{
	int n = ko_count_sections(data, size);

	*why = "not an ELF object for x86-64";
	if (n < 0)
		return n;
	memset(out, 0, sizeof(*out));
	out->data = data;
	out->size = size;
	out->sec = sec;
	out->nsec = (u32)n;
	*why = parse(out);
	return *why ? -ENOEXEC : 0;
}

const char *ko_section_name(const struct ko_image *ko, u32 index)
{
	return ko->secnames + ko->sec[index].name;
}

u32 ko_find_section(const struct ko_image *ko, const char *name)
{
	for (u32 i = 1; i < ko->nsec; i++)
		if (!strcmp(ko_section_name(ko, i), name))
			return i;
	return 0;
}

const void *ko_section_data(const struct ko_image *ko, u32 index)
{
	return has_bytes(&ko->sec[index]) ? ko->data + ko->sec[index].offset : NULL;
}

int ko_get_sym(const struct ko_image *ko, u32 index, struct ko_sym *out)
{
	const struct elf_section *s = &ko->sec[ko->symtab];
	const u8 *p = ko->data + s->offset + (u64)index * KO_SYM_SIZE;
	u32 name = load32(p);

	if (index >= ko->nsyms || name >= ko->sec[s->link].size)
		return -ENOEXEC;
	out->name = ko->strtab + name;
	out->bind = p[4] >> 4;
	out->type = p[4] & 15;
	out->shndx = (u32)p[6] | (u32)p[7] << 8;
	out->value = load64(p + 8);
	out->size = load64(p + 16);
	if (out->shndx == KO_SHN_ABS || out->shndx == KO_SHN_UNDEF)
		return 0;
	if (out->shndx >= ko->nsec || out->value > ko->sec[out->shndx].size)
		return -ENOEXEC;
	return 0;
}

u64 ko_rela_count(const struct ko_image *ko, u32 index)
{
	return ko->sec[index].size / KO_RELA_SIZE;
}

void ko_get_rela(const struct ko_image *ko, u32 index, u64 n, struct ko_rela *out)
{
	const u8 *p = ko->data + ko->sec[index].offset + n * KO_RELA_SIZE;
	u64 info = load64(p + 8);

	out->offset = load64(p);
	out->sym = (u32)(info >> 32);
	out->type = (u32)info;
	out->addend = (s64)load64(p + 16);
}

const char *ko_modinfo(const struct ko_image *ko, const char *key, u32 nth)
{
	const char *p = ko->modinfo, *end = p + ko->modinfo_len;
	size_t n = strlen(key);

	for (; p < end; p += strlen(p) + 1)
		if (!strncmp(p, key, n) && p[n] == '=' && nth-- == 0)
			return p + n + 1;
	return NULL;
}

bool ko_version_crc(const struct ko_image *ko, const char *name, u32 *crc)
{
	const struct elf_section *s = &ko->sec[ko->versions];
	size_t n = strlen(name);

	if (!ko->versions || n >= KO_VERSION_SIZE - 8)
		return false;
	for (u64 at = 0; at < s->size; at += KO_VERSION_SIZE) {
		const u8 *p = ko->data + s->offset + at;

		if (!memcmp(p + 8, name, n + 1)) {
			*crc = load32(p);
			return true;
		}
	}
	return false;
}
