// SPDX-License-Identifier: GPL-2.0-only
/* Relocations of x86-64 objects, and where the sections of a module go. */
#include "ko_parse.h"

#include <asm/page.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>

enum { R_NONE = 0, R_64 = 1, R_PC32 = 2, R_PLT32 = 4, R_32 = 10, R_32S = 11, R_PC64 = 24 };

/* Fields are zero in the file: anything else was relocated before, or is no module. */
static int store(void *where, u64 room, u64 value, u32 bytes)
{
	u64 old = 0;

	if (room < bytes)
		return -ENOEXEC;
	memcpy(&old, where, bytes);
	if (old)
		return -ENOEXEC;
	memcpy(where, &value, bytes);
	return 0;
}

int ko_reloc_apply(u32 type, void *where, u64 room, u64 place, u64 value)
{
	switch (type) {
	case R_NONE:
		return 0;
	case R_64:
		return store(where, room, value, 8);
	case R_PC64:
		return store(where, room, value - place, 8);
	case R_32:
		return value == (u32)value ? store(where, room, value, 4) : -ERANGE;
	case R_32S:
		return (s64)value == (s32)value ? store(where, room, value, 4) : -ERANGE;
	case R_PC32:
	case R_PLT32:
		value -= place;
		return (s64)value == (s32)value ? store(where, room, value, 4) : -ERANGE;
	default:
		return -ENOEXEC;
	}
}

static enum ko_class class_of(const struct ko_image *ko, u32 i)
{
	const struct elf_section *s = &ko->sec[i];

	if (!s->type || !(s->flags & KO_SHF_ALLOC) || i == ko->versions)
		return KO_NOWHERE;
	if (!strcmp(ko_section_name(ko, i), ".data..percpu"))
		return KO_PERCPU;
	if (s->flags & KO_SHF_EXEC)
		return KO_TEXT;
	return s->flags & KO_SHF_WRITE ? KO_DATA : KO_RODATA;
}

static bool is_init_name(const char *name)
{
	return !strncmp(name, ".init", 5);
}

/* Append the sections of one class to a block; false: too large. */
static bool add_class(const struct ko_image *ko, struct ko_place *place, enum ko_class cls,
		      bool is_init, u64 *size)
{
	for (u32 i = 1; i < ko->nsec; i++) {
		u64 align = ko->sec[i].align ? ko->sec[i].align : 1;

		if (place[i].cls != cls || place[i].is_init != is_init)
			continue;
		*size = ALIGN_UP(*size, align);
		place[i].offset = *size;
		*size += ko->sec[i].size;
		if (*size > KO_ALLOC_MAX)
			return false;
	}
	return true;
}

static bool plan_block(const struct ko_image *ko, struct ko_place *place, bool is_init,
		       struct ko_block *b)
{
	u64 size = 0;

	if (!add_class(ko, place, KO_TEXT, is_init, &size))
		return false;
	b->text_size = size = ALIGN_UP(size, PAGE_SIZE);
	if (!add_class(ko, place, KO_RODATA, is_init, &size))
		return false;
	b->ro_size = size = ALIGN_UP(size, PAGE_SIZE);
	if (!add_class(ko, place, KO_DATA, is_init, &size))
		return false;
	b->size = ALIGN_UP(size, PAGE_SIZE);
	return true;
}

int ko_layout_plan(const struct ko_image *ko, struct ko_place *place, struct ko_layout *out)
{
	memset(out, 0, sizeof(*out));
	out->percpu_align = 1;
	place[0] = (struct ko_place){ .cls = KO_NOWHERE };
	for (u32 i = 1; i < ko->nsec; i++) {
		place[i].cls = class_of(ko, i);
		place[i].is_init = is_init_name(ko_section_name(ko, i));
		place[i].offset = 0;
		if (place[i].cls == KO_TEXT && (ko->sec[i].flags & KO_SHF_WRITE))
			return -ENOEXEC;
		if (place[i].cls == KO_PERCPU) {
			place[i].is_init = false;
			if (ko->sec[i].align > out->percpu_align)
				out->percpu_align = ko->sec[i].align;
		}
	}
	if (!add_class(ko, place, KO_PERCPU, false, &out->percpu_size) ||
	    !plan_block(ko, place, false, &out->core) || !plan_block(ko, place, true, &out->init))
		return -ENOEXEC;
	return 0;
}
