/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF64 headers for x86-64 (System V ABI, gABI chapters 4 and 5).
 *
 * Every field is read by offset from a byte buffer, checked, and only then
 * stored. What exec needs of all segments is summed up in one pass into a
 * struct elf_plan; nothing here maps or reads anything.
 *
 * Section headers do not matter for running a program, so a bad section table
 * of an executable counts as none; of a relocatable file it is an error.
 */
#include <tern/lib/elf.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define PAGE		4096UL
#define TABLE_MAX	65536U
#define MACHINE_X86_64	62
#define PROPERTY_MAX	4096U

static int decode_phdr_table(const u8 *p, struct elf_info *info)
{
	u64 end;

	info->phoff = get_le64(p + 32);
	info->phnum = get_le16(p + 56);
	if (!info->phnum)
		return 0;
	if (get_le16(p + 54) != ELF_PHDR_SIZE || info->phnum > TABLE_MAX / ELF_PHDR_SIZE)
		return -ENOEXEC;
	if (check_add(info->phoff, (u64)elf_phdrs_size(info), &end) || end > S64_MAX)
		return -ENOEXEC;
	return 0;
}

static int decode_shdr_table(const u8 *p, struct elf_info *info)
{
	u64 end;

	info->shoff = get_le64(p + 40);
	info->shnum = get_le16(p + 60);
	info->shstrndx = get_le16(p + 62);
	if (!info->shnum)
		return 0;
	if (get_le16(p + 58) != ELF_SHDR_SIZE || info->shstrndx >= info->shnum)
		return -ENOEXEC;
	if (check_add(info->shoff, (u64)elf_shdrs_size(info), &end) || end > S64_MAX)
		return -ENOEXEC;
	return 0;
}

int elf_parse_header(const void *buf, size_t len, struct elf_info *info)
{
	const u8 *p = buf;
	struct elf_info e = { 0 };
	int err;

	if (len < ELF_HEADER_SIZE || memcmp(p, "\177ELF\2\1\1", 7))
		return -ENOEXEC;
	e.osabi = p[7];
	e.type = get_le16(p + 16);
	if (e.type < ELF_TYPE_REL || e.type > ELF_TYPE_CORE)
		return -ENOEXEC;
	if (get_le16(p + 18) != MACHINE_X86_64 || get_le32(p + 20) != 1)
		return -ENOEXEC;
	e.entry = get_le64(p + 24);
	e.flags = get_le32(p + 48);
	err = decode_phdr_table(p, &e);
	if (err)
		return err;
	err = decode_shdr_table(p, &e);
	if (err && e.type == ELF_TYPE_REL)
		return err;
	if (err)
		e.shnum = 0;
	*info = e;
	return 0;
}

void elf_get_segment(const void *phdrs, u32 i, struct elf_segment *seg)
{
	const u8 *p = (const u8 *)phdrs + (size_t)i * ELF_PHDR_SIZE;

	seg->type = get_le32(p);
	seg->flags = get_le32(p + 4);
	seg->offset = get_le64(p + 8);
	seg->vaddr = get_le64(p + 16);
	seg->filesz = get_le64(p + 32);
	seg->memsz = get_le64(p + 40);
	seg->align = get_le64(p + 48);
}

void elf_get_section(const void *shdrs, u32 i, struct elf_section *sec)
{
	const u8 *p = (const u8 *)shdrs + (size_t)i * ELF_SHDR_SIZE;

	sec->name = get_le32(p);
	sec->type = get_le32(p + 4);
	sec->flags = get_le64(p + 8);
	sec->addr = get_le64(p + 16);
	sec->offset = get_le64(p + 24);
	sec->size = get_le64(p + 32);
	sec->link = get_le32(p + 40);
	sec->info = get_le32(p + 44);
	sec->align = get_le64(p + 48);
	sec->entsize = get_le64(p + 56);
}

/* Does [offset, offset + size) fit a file of any size? */
static bool is_file_range(u64 offset, u64 size)
{
	u64 end;

	return !check_add(offset, size, &end) && end <= S64_MAX;
}

static int add_load(struct elf_plan *plan, const struct elf_info *info,
		    const struct elf_segment *s, u64 limit)
{
	u64 end, file_end;

	if (s->filesz > s->memsz || !is_file_range(s->offset, s->filesz))
		return -EINVAL;
	if ((s->vaddr ^ s->offset) & (PAGE - 1))
		return -EINVAL;
	if (!s->memsz)
		return 0;
	if (check_add(s->vaddr, s->memsz, &end))
		return -EINVAL;
	if (end > limit)
		return -ENOMEM;
	file_end = s->vaddr + s->filesz;
	if (!plan->nloads || ALIGN_DOWN(s->vaddr, PAGE) < plan->low) {
		plan->low = ALIGN_DOWN(s->vaddr, PAGE);
		plan->load_bias_base = s->vaddr - s->offset;
	}
	plan->high = max(plan->high, ALIGN_UP(end, PAGE));
	plan->brk = max(plan->brk, end);
	if (is_pow2(s->align))
		plan->align = max(plan->align, s->align);
	if (s->flags & ELF_SEG_X) {
		plan->code_start = plan->code_end ? min(plan->code_start, s->vaddr) : s->vaddr;
		plan->code_end = max(plan->code_end, file_end);
	}
	plan->data_start = max(plan->data_start, s->vaddr);
	plan->data_end = max(plan->data_end, file_end);
	if (s->offset <= info->phoff && info->phoff - s->offset < s->filesz)
		plan->phdr_vaddr = s->vaddr + (info->phoff - s->offset);
	plan->nloads++;
	return 0;
}

static int add_segment(struct elf_plan *plan, const struct elf_info *info,
		       const struct elf_segment *s, u64 limit)
{
	switch (s->type) {
	case ELF_SEG_LOAD:
		return add_load(plan, info, s, limit);
	case ELF_SEG_INTERP:
		if (plan->has_interp)
			return 0;
		if (s->filesz < 2 || s->filesz > ELF_INTERP_MAX ||
		    !is_file_range(s->offset, s->filesz))
			return -ENOEXEC;
		plan->has_interp = true;
		plan->interp_offset = s->offset;
		plan->interp_size = (u32)s->filesz;
		return 0;
	case ELF_SEG_GNU_STACK:
		plan->has_stack_flags = true;
		plan->stack_flags = s->flags & (ELF_SEG_R | ELF_SEG_W | ELF_SEG_X);
		return 0;
	case ELF_SEG_TLS:
		plan->has_tls = true;
		plan->tls = *s;
		return 0;
	case ELF_SEG_GNU_PROPERTY:
		if (s->filesz > PROPERTY_MAX || !is_file_range(s->offset, s->filesz))
			return -ENOEXEC;
		plan->has_property = s->filesz != 0;
		plan->property_offset = s->offset;
		plan->property_size = (u32)s->filesz;
		return 0;
	default:
		return 0;
	}
}

int elf_parse_segments(const struct elf_info *info, const void *phdrs, u64 limit,
		       struct elf_plan *plan)
{
	struct elf_plan p = { .align = PAGE };
	u64 phdr_seg = 0;

	if (info->type != ELF_TYPE_EXEC && info->type != ELF_TYPE_DYN)
		return -ENOEXEC;
	if (!info->phnum)
		return -ENOEXEC;
	for (u32 i = 0; i < info->phnum; i++) {
		struct elf_segment s;
		int err;

		elf_get_segment(phdrs, i, &s);
		if (s.type == ELF_SEG_PHDR)
			phdr_seg = s.vaddr;
		err = add_segment(&p, info, &s, limit);
		if (err)
			return err;
	}
	if (!p.nloads)
		return -EINVAL;
	if (!p.phdr_vaddr)
		p.phdr_vaddr = phdr_seg;
	*plan = p;
	return 0;
}

int elf_check_interp(const char *path, u32 size)
{
	if (size < 2 || path[size - 1] || !path[0])
		return -ENOEXEC;
	return 0;
}

int elf_check_section(const struct elf_section *sec, u64 file_size)
{
	u64 end;

	if (sec->type == 8 || !sec->type)	/* no bytes in the file */
		return 0;
	return check_add(sec->offset, sec->size, &end) || end > file_size ? -ENOEXEC : 0;
}
