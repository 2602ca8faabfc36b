// SPDX-License-Identifier: GPL-2.0-only
/*
 * The caches of a CPU, as CPUID tells: leaf 4 (Intel SDM 2A) or 0x8000001d (AMD
 * manual 3, same layout), for older AMD processors 0x80000005 and 0x80000006.
 */
#include <asm/cpufeature.h>
#include <asm/cpu.h>

#define LEAF_INTEL		4
#define LEAF_AMD		0x8000001d
#define FEAT_TOPOEXT_BIT	22	/* of 0x80000001 ecx */

static u32 order_of(u32 n)
{
	u32 bits = 0;

	while (1U << bits < n)
		bits++;
	return bits;
}

static bool from_leaf(u32 leaf, u32 index, struct cpu_cache *out)
{
	u32 a, b, c, d;

	cpuid_count(leaf, index, &a, &b, &c, &d);
	if (!(a & 31))
		return false;
	out->type = a & 31;
	out->level = a >> 5 & 7;
	out->line_bytes = (b & 0xfff) + 1;
	out->partitions = (b >> 12 & 0x3ff) + 1;
	out->ways = (b >> 22) + 1;
	out->sets = c + 1;
	out->size_kib = (u64)out->line_bytes * out->partitions * out->ways * out->sets / 1024;
	out->share_shift = order_of((a >> 14 & 0xfff) + 1);
	return true;
}

/* Associativity codes of 0x80000006; 15 is full. */
static u32 ways_of_code(u32 code, u32 lines)
{
	static const u8 ways[16] = { 0, 1, 2, 3, 4, 6, 8, 0, 16, 0, 32, 48, 64, 96, 128, 0 };

	return code == 15 ? lines : ways[code];
}

static bool from_amd_sizes(const struct cpu_info *ci, u32 index, struct cpu_cache *out)
{
	u32 a, b, c, d, code = 0;

	if (index > 3 || ci->cpuid_ext_max < 0x80000006)
		return false;
	*out = (struct cpu_cache){ .partitions = 1 };
	cpuid(index < 2 ? 0x80000005 : 0x80000006, &a, &b, &c, &d);
	if (index < 2) {
		u32 reg = index ? d : c;

		out->type = index ? CPU_CACHE_CODE : CPU_CACHE_DATA;
		out->level = 1;
		out->size_kib = reg >> 24;
		out->line_bytes = reg & 255;
		out->ways = reg >> 16 & 255;
		if (out->ways == 255)
			code = 15;
	} else {
		u32 reg = index == 2 ? c : d;

		out->type = CPU_CACHE_BOTH;
		out->level = index;
		out->size_kib = index == 2 ? reg >> 16 : (reg >> 18) * 512;
		out->line_bytes = reg & 255;
		code = reg >> 12 & 15;
		out->share_shift = index == 3 ? 32 : 0;
	}
	if (!out->size_kib || !out->line_bytes)
		return false;
	if (code)
		out->ways = ways_of_code(code, out->size_kib * 1024 / out->line_bytes);
	if (!out->ways)
		return false;
	out->sets = out->size_kib * 1024 / out->line_bytes / out->ways;
	return true;
}

bool cpu_cache_get(u32 index, struct cpu_cache *out)
{
	const struct cpu_info *ci = &cpu_boot_info;
	u32 a, b, c = 0, d;

	if (!ci->vendor_is_amd)
		return ci->cpuid_max >= LEAF_INTEL && from_leaf(LEAF_INTEL, index, out);
	if (ci->cpuid_ext_max >= LEAF_AMD)
		cpuid(0x80000001, &a, &b, &c, &d);
	if (c >> FEAT_TOPOEXT_BIT & 1)
		return from_leaf(LEAF_AMD, index, out);
	return from_amd_sizes(ci, index, out);
}
