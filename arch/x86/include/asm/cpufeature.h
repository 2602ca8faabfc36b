/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processor features: word * 32 + bit in the vendor kernel's numbering, since
 * vendor modules index the same words. Owner arch/x86/cpu/cpuid.c.
 *
 * word	source			word	source
 * 0	CPUID 1 EDX		12	CPUID 7.1 EAX
 * 1	CPUID 80000001 EDX	13	CPUID 80000008 EBX
 * 3	synthetic		14	CPUID 6 EAX
 * 4	CPUID 1 ECX		15	CPUID 8000000a EDX
 * 6	CPUID 80000001 ECX	16	CPUID 7.0 ECX
 * 8	synthetic		17	CPUID 80000007 EBX
 * 9	CPUID 7.0 EBX		18	CPUID 7.0 EDX
 * 10	CPUID d.1 EAX		20	CPUID 80000021 EAX
 */
#pragma once

#include <asm/cpu.h>

#define CPU_FEATURE_WORDS	24
#define X86F(word, bit)		((word) * 32 + (bit))

#define FEAT_FPU		X86F(0, 0)
#define FEAT_PSE		X86F(0, 3)
#define FEAT_TSC		X86F(0, 4)
#define FEAT_APIC		X86F(0, 9)
#define FEAT_PGE		X86F(0, 13)
#define FEAT_PAT		X86F(0, 16)
#define FEAT_CLFLUSH		X86F(0, 19)
#define FEAT_FXSR		X86F(0, 24)
#define FEAT_SSE		X86F(0, 25)
#define FEAT_SSE2		X86F(0, 26)
#define FEAT_HT			X86F(0, 28)
#define FEAT_SYSCALL		X86F(1, 11)
#define FEAT_NX			X86F(1, 20)
#define FEAT_GBPAGES		X86F(1, 26)
#define FEAT_RDTSCP		X86F(1, 27)
#define FEAT_LM			X86F(1, 29)
#define FEAT_CONSTANT_TSC	X86F(3, 8)
#define FEAT_REP_GOOD		X86F(3, 16)
#define FEAT_NOPL		X86F(3, 20)
#define FEAT_CPUID		X86F(3, 25)
#define FEAT_ALWAYS		X86F(3, 21)
#define FEAT_NONSTOP_TSC	X86F(3, 24)
#define FEAT_SSE3		X86F(4, 0)
#define FEAT_PCLMULQDQ		X86F(4, 1)
#define FEAT_MWAIT		X86F(4, 3)
#define FEAT_SSSE3		X86F(4, 9)
#define FEAT_CX16		X86F(4, 13)
#define FEAT_PCID		X86F(4, 17)
#define FEAT_SSE4_1		X86F(4, 19)
#define FEAT_SSE4_2		X86F(4, 20)
#define FEAT_X2APIC		X86F(4, 21)
#define FEAT_TSC_DEADLINE	X86F(4, 24)
#define FEAT_AES		X86F(4, 25)
#define FEAT_XSAVE		X86F(4, 26)
#define FEAT_OSXSAVE		X86F(4, 27)
#define FEAT_AVX		X86F(4, 28)
#define FEAT_RDRAND		X86F(4, 30)
#define FEAT_HYPERVISOR		X86F(4, 31)
#define FEAT_FSGSBASE		X86F(9, 0)
#define FEAT_AVX2		X86F(9, 5)
#define FEAT_SMEP		X86F(9, 7)
#define FEAT_ERMS		X86F(9, 9)
#define FEAT_INVPCID		X86F(9, 10)
#define FEAT_RDSEED		X86F(9, 18)
#define FEAT_SMAP		X86F(9, 20)
#define FEAT_XSAVEOPT		X86F(10, 0)
#define FEAT_XSAVEC		X86F(10, 1)
#define FEAT_UMIP		X86F(16, 2)
#define FEAT_LA57		X86F(16, 16)
#define FEAT_RDPID		X86F(16, 22)
#define FEAT_FSRM		X86F(18, 4)

/* What one CPU is; filled when it starts, immutable after. */
struct cpu_info {
	u32 caps[CPU_FEATURE_WORDS];
	char vendor[13];
	char model_name[49];
	u8 vendor_is_intel, vendor_is_amd;
	u32 family, model, stepping;
	u32 cpuid_max, cpuid_ext_max;
	u32 microcode;
	u32 apic_id;
	u32 package_id, core_id, smt_id;
	u32 cores, siblings;	/* in the package: cores, threads */
	u32 cache_kib;		/* last level */
	u32 cacheline_bytes, clflush_bytes;
	u32 phys_bits, virt_bits;
	bool is_valid;
};

/* Features that every CPU has: the boot CPU's, less what another one lacks. */
extern struct cpu_info cpu_boot_info;
DECLARE_PERCPU(struct cpu_info, cpu_info);

static inline void cpuid_count(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	__asm__ volatile("cpuid" : "=a" (*a), "=b" (*b), "=c" (*c), "=d" (*d)
			 : "a" (leaf), "c" (sub));
}
static inline void cpuid(u32 leaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
	cpuid_count(leaf, 0, a, b, c, d);
}

/**
 * cpu_feature_name() - name of a feature as /proc/cpuinfo shows it
 * Return: NULL if it has none.
 */
const char *cpu_feature_name(u32 feature);

/* One cache. CPUs whose APIC ids are equal above share_shift use it together. */
enum { CPU_CACHE_DATA = 1, CPU_CACHE_CODE, CPU_CACHE_BOTH };
struct cpu_cache { u32 type, level, line_bytes, partitions, ways, sets, size_kib, share_shift; };
/** cpu_cache_get() - the @index-th cache of this CPU, from 0; false past the last. */
bool cpu_cache_get(u32 index, struct cpu_cache *out);

/**
 * arch_cpuinfo_print() - the paragraph of /proc/cpuinfo for one CPU
 * @cpu: CPU number; must be online
 * @buf: out
 * @size: of @buf; 4096 is enough
 * Return: length as fmt_print() would have it, 0 if @cpu is not online.
 */
int arch_cpuinfo_print(u32 cpu, char *buf, size_t size);
