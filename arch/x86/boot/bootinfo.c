// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one description of what the loader handed over.
 *
 * Each handoff parser adds ranges in any order; boot_finish_mem() then makes
 * the map canonical: sorted, disjoint, neighbours of a kind merged. Where
 * ranges overlap the stricter kind wins, RAM being the least strict: memory
 * that anybody calls reserved is not touched.
 */
#include "boot_impl.h"

#include <asm/page.h>
#include <tern/lib/string.h>

struct bootinfo bootinfo;

#define EARLY_REACH	0x100000000UL	/* head.S maps 4 GiB */
#define PADDR_LIMIT	(1UL << 52)

const void *boot_window(paddr_t pa, u64 len)
{
	if (!pa || pa >= EARLY_REACH || len > EARLY_REACH - pa)
		return NULL;
	return phys_to_virt(pa);
}

void boot_add_mem(paddr_t start, u64 len, u32 kind)
{
	struct bootinfo *bi = &bootinfo;

	if (!len)
		return;
	if (start >= PADDR_LIMIT || len > PADDR_LIMIT - start || bi->nmem == BOOT_MEM_MAX) {
		bi->nmem_dropped++;
		return;
	}
	bi->mem[bi->nmem++] = (struct boot_memrange){ start, len, kind };
}

void boot_add_initrd(paddr_t start, u64 len)
{
	struct bootinfo *bi = &bootinfo;

	if (!start || !len || start >= PADDR_LIMIT || len > PADDR_LIMIT - start)
		return;
	if (bi->ninitrd < BOOT_INITRD_MAX)
		bi->initrd[bi->ninitrd++] = (struct boot_range){ start, len };
}

void boot_set_cmdline(paddr_t pa, size_t max)
{
	const char *s = boot_window(pa, 1);
	size_t n;

	if (!s)
		return;
	max = min_t(u64, max, EARLY_REACH - pa);
	n = strnlen(s, min_t(size_t, max, BOOT_CMDLINE_MAX - 1));
	memcpy(bootinfo.cmdline, s, n);
	bootinfo.cmdline[n] = 0;
}

/* Larger is stricter. */
static u32 __init kind_rank(u32 kind)
{
	switch (kind) {
	case BOOT_MEM_RAM:
		return 0;
	case BOOT_MEM_ACPI:
		return 1;
	case BOOT_MEM_NVS:
		return 2;
	case BOOT_MEM_PERSISTENT:
		return 3;
	case BOOT_MEM_BAD:
		return 5;
	default:
		return 4;
	}
}

static void __init sort_ranges(struct boot_memrange *m, u32 n)
{
	for (u32 i = 1; i < n; i++) {
		struct boot_memrange x = m[i];
		u32 j = i;

		for (; j && m[j - 1].start > x.start; j--)
			m[j] = m[j - 1];
		m[j] = x;
	}
}

/* Strictest kind that covers @at, and where that may change next. */
static bool __init kind_at(const struct boot_memrange *m, u32 n, paddr_t at, u32 *kind,
			   paddr_t *next)
{
	bool found = false;

	*next = PADDR_LIMIT;
	for (u32 i = 0; i < n; i++) {
		paddr_t end = m[i].start + m[i].len_bytes;

		if (m[i].start > at) {
			*next = min(*next, m[i].start);
			break;
		}
		if (end <= at)
			continue;
		*next = min(*next, end);
		if (!found || kind_rank(m[i].kind) > kind_rank(*kind))
			*kind = m[i].kind;
		found = true;
	}
	return found;
}

void boot_finish_mem(void)
{
	static struct boot_memrange out[BOOT_MEM_MAX] __initdata;
	struct bootinfo *bi = &bootinfo;
	paddr_t at = 0, next;
	u32 n = 0, kind = 0;

	sort_ranges(bi->mem, bi->nmem);
	for (; at < PADDR_LIMIT; at = next) {
		if (!kind_at(bi->mem, bi->nmem, at, &kind, &next))
			continue;
		if (n && out[n - 1].kind == kind &&
		    out[n - 1].start + out[n - 1].len_bytes == at) {
			out[n - 1].len_bytes += next - at;
			continue;
		}
		if (n == BOOT_MEM_MAX) {
			bi->nmem_dropped++;
			continue;
		}
		out[n++] = (struct boot_memrange){ at, next - at, kind };
	}
	memcpy(bi->mem, out, n * sizeof(*out));
	bi->nmem = n;
}

bool bootinfo_option(const char *name, const char **value, size_t *len)
{
	const char *s = bootinfo.cmdline;
	size_t nlen = strlen(name);
	bool found = false;

	while (*s) {
		const char *end;

		while (*s == ' ')
			s++;
		for (end = s; *end && *end != ' '; end++)
			;
		if ((size_t)(end - s) >= nlen && !strncmp(s, name, nlen) &&
		    (end == s + nlen || s[nlen] == '=')) {
			const char *v = end == s + nlen ? end : s + nlen + 1;

			found = true;
			if (value)
				*value = v;
			if (len)
				*len = end - v;
		}
		s = end;
	}
	return found;
}
