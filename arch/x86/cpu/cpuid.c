// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the processors can do.
 *
 * cpu_detect() reads CPUID into a struct cpu_info of the running CPU. The boot
 * CPU's copy, cpu_boot_info, is the common denominator: cpu_merge_features()
 * clears in it what a later CPU lacks. Features that need switching on are
 * cleared if the switch is not there, so cpu_has() means "usable".
 *
 * Intel SDM vol. 2A CPUID; AMD APM vol. 3 appendix E.
 */
#include "../cpu_impl.h"

#include <asm/msr.h>
#include <tern/lib/string.h>

struct cpu_info cpu_boot_info __ro_after_init;
DEFINE_PERCPU(struct cpu_info, cpu_info);

bool cpu_has(u32 feature)
{
	return cpu_boot_info.caps[feature / 32] >> (feature % 32) & 1;
}

static void cap_set(struct cpu_info *ci, u32 f) { ci->caps[f / 32] |= 1U << (f % 32); }
static void cap_clear(struct cpu_info *ci, u32 f) { ci->caps[f / 32] &= ~(1U << (f % 32)); }
static bool cap_get(const struct cpu_info *ci, u32 f) { return ci->caps[f / 32] >> (f % 32) & 1; }

static void detect_identity(struct cpu_info *ci)
{
	u32 a, b, c, d, family, model;

	cpuid(0, &ci->cpuid_max, &b, &c, &d);
	memcpy(ci->vendor, &b, 4);
	memcpy(ci->vendor + 4, &d, 4);
	memcpy(ci->vendor + 8, &c, 4);
	ci->vendor[12] = 0;
	ci->vendor_is_intel = !strcmp(ci->vendor, "GenuineIntel");
	ci->vendor_is_amd = !strcmp(ci->vendor, "AuthenticAMD") || !strcmp(ci->vendor, "HygonGenuine");
	cpuid(0x80000000, &ci->cpuid_ext_max, &b, &c, &d);
	if (ci->cpuid_ext_max >> 16 != 0x8000)
		ci->cpuid_ext_max = 0;
	cpuid(1, &a, &b, &c, &d);
	family = a >> 8 & 15;
	model = a >> 4 & 15;
	if (family == 6 || family == 15)
		model |= (a >> 16 & 15) << 4;
	if (family == 15)
		family += a >> 20 & 255;
	ci->family = family;
	ci->model = model;
	ci->stepping = a & 15;
	ci->clflush_bytes = d & (1U << 19) ? (b >> 8 & 255) * 8 : 0;
	ci->cacheline_bytes = ci->clflush_bytes ? ci->clflush_bytes : 64;
	ci->apic_id = b >> 24;
	ci->siblings = d & (1U << 28) ? b >> 16 & 255 : 1;
}

static void detect_words(struct cpu_info *ci)
{
	u32 *w = ci->caps, a, b, c, d;

	cpuid(1, &a, &b, &w[4], &w[0]);
	if (ci->cpuid_max >= 6)
		cpuid(6, &w[14], &b, &c, &d);
	if (ci->cpuid_max >= 7) {
		cpuid_count(7, 0, &a, &w[9], &w[16], &w[18]);
		if (a >= 1)
			cpuid_count(7, 1, &w[12], &b, &c, &d);
	}
	if (ci->cpuid_max >= 0xd)
		cpuid_count(0xd, 1, &w[10], &b, &c, &d);
	if (ci->cpuid_ext_max >= 0x80000001)
		cpuid(0x80000001, &a, &b, &w[6], &w[1]);
	if (ci->cpuid_ext_max >= 0x80000007)
		cpuid(0x80000007, &a, &b, &c, &w[17]);
	if (ci->cpuid_ext_max >= 0x80000008)
		cpuid(0x80000008, &a, &w[13], &c, &d);
	if (ci->cpuid_ext_max >= 0x8000000a && (w[6] & 4))
		cpuid(0x8000000a, &a, &b, &c, &w[15]);
	if (ci->cpuid_ext_max >= 0x80000021)
		cpuid(0x80000021, &w[20], &b, &c, &d);
	/* Synthetic ones. */
	cap_set(ci, FEAT_ALWAYS);
	cap_set(ci, FEAT_REP_GOOD);
	cap_set(ci, FEAT_NOPL);
	cap_set(ci, FEAT_CPUID);
	if (w[17] & 1U << 8) {
		cap_set(ci, FEAT_CONSTANT_TSC);
		cap_set(ci, FEAT_NONSTOP_TSC);
	}
	if (cap_get(ci, FEAT_XSAVE))
		cap_set(ci, FEAT_OSXSAVE);	/* cpu_setup_control() makes it true */
	/* No address space identifiers without an instruction to flush them. */
	if (!cap_get(ci, FEAT_PGE))
		cap_clear(ci, FEAT_PCID);
	/* What user space must not rely on as it is not switched on. */
	cap_clear(ci, FEAT_LA57);
}

static void detect_text(struct cpu_info *ci)
{
	u32 *out = (u32 *)ci->model_name;
	u32 words[12];
	char *s;

	if (ci->cpuid_ext_max < 0x80000004)
		return;
	for (u32 i = 0; i < 3; i++)
		cpuid(0x80000002 + i, &words[i * 4], &words[i * 4 + 1], &words[i * 4 + 2],
		      &words[i * 4 + 3]);
	memcpy(out, words, sizeof(words));
	ci->model_name[48] = 0;
	s = str_trim(ci->model_name);
	memmove(ci->model_name, s, strlen(s) + 1);
}

static void detect_sizes(struct cpu_info *ci)
{
	u32 a, b, c, d;

	ci->phys_bits = 36;
	ci->virt_bits = 48;
	if (ci->cpuid_ext_max >= 0x80000008) {
		cpuid(0x80000008, &a, &b, &c, &d);
		ci->phys_bits = a & 255;
		ci->virt_bits = a >> 8 & 255;
	}
	if (ci->cpuid_max >= 4 && !ci->vendor_is_amd) {
		for (u32 i = 0; i < 8; i++) {
			cpuid_count(4, i, &a, &b, &c, &d);
			if (!(a & 31))
				break;
			ci->cache_kib = (u32)(((u64)(b >> 22) + 1) * ((b >> 12 & 1023) + 1) *
					      ((b & 4095) + 1) * ((u64)c + 1) / 1024);
		}
	} else if (ci->cpuid_ext_max >= 0x80000006) {
		cpuid(0x80000006, &a, &b, &c, &d);
		ci->cache_kib = c >> 16;
	}
}

/* Extended topology: APIC id split into thread, core and package. */
static void detect_topology(struct cpu_info *ci)
{
	u32 a, b, c, d, smt_shift = 0, pkg_shift = 0, threads = 1, all = 1;

	ci->cores = 1;
	if (ci->cpuid_max >= 0xb) {
		for (u32 i = 0; i < 8; i++) {
			cpuid_count(0xb, i, &a, &b, &c, &d);
			if (!(c >> 8 & 255))
				break;
			ci->apic_id = d;
			if ((c >> 8 & 255) == 1) {
				smt_shift = a & 31;
				threads = b & 0xffff;
			}
			pkg_shift = a & 31;
			all = b & 0xffff;
		}
	}
	if (!pkg_shift) {		/* legacy leaf */
		while (pkg_shift < 8 && 1U << pkg_shift < ci->siblings)
			pkg_shift++;
		all = ci->siblings;
		if (ci->cpuid_max >= 4 && !ci->vendor_is_amd) {
			cpuid_count(4, 0, &a, &b, &c, &d);
			if (a & 31)
				ci->cores = (a >> 26) + 1;
		} else if (ci->vendor_is_amd && ci->cpuid_ext_max >= 0x80000008) {
			cpuid(0x80000008, &a, &b, &c, &d);
			ci->cores = (c & 255) + 1;
		}
		while (1U << smt_shift < all / max_t(u32, ci->cores, 1))
			smt_shift++;
	} else if (threads && all) {
		ci->cores = max_t(u32, all / threads, 1);
	}
	ci->siblings = max_t(u32, all, 1);
	ci->package_id = ci->apic_id >> pkg_shift;
	ci->core_id = (ci->apic_id & ((1U << pkg_shift) - 1)) >> smt_shift;
	ci->smt_id = ci->apic_id & ((1U << smt_shift) - 1);
}

void cpu_detect(struct cpu_info *ci)
{
	u64 v;
	u32 a, b, c, d;

	memset(ci, 0, sizeof(*ci));
	detect_identity(ci);
	detect_words(ci);
	detect_text(ci);
	detect_sizes(ci);
	detect_topology(ci);
	if (ci->vendor_is_intel && !msr_write_safe(MSR_UCODE_REV, 0)) {
		cpuid(1, &a, &b, &c, &d);
		if (!msr_read_safe(MSR_UCODE_REV, &v))
			ci->microcode = v >> 32;
	} else if (ci->vendor_is_amd && !msr_read_safe(MSR_UCODE_REV, &v)) {
		ci->microcode = (u32)v;
	}
	ci->is_valid = true;
}

void cpu_merge_features(const struct cpu_info *ci)
{
	for (u32 i = 0; i < CPU_FEATURE_WORDS; i++)
		if (cpu_boot_info.caps[i] & ~ci->caps[i])
			cpu_boot_info.caps[i] &= ci->caps[i];
}

/* PAT: WB WC UC- UC WB WP UC- WT, so that PWT alone means write combining. */
#define PAT_VALUE	0x0407050600070106UL

void cpu_setup_control(void)
{
	u64 cr4 = cr4_read() | CR4_PAE | CR4_DE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_MCE;
	u64 efer = msr_read(MSR_EFER) | EFER_SCE;

	if (cpu_has(FEAT_NX))
		efer |= EFER_NX;
	msr_write(MSR_EFER, efer);
	cr0_write((cr0_read() | CR0_MP | CR0_NE | CR0_WP | CR0_AM) & ~(CR0_EM | CR0_TS));
	if (cpu_has(FEAT_PGE))
		cr4 |= CR4_PGE;
	if (cpu_has(FEAT_SMEP))
		cr4 |= CR4_SMEP;
	if (cpu_has(FEAT_SMAP))
		cr4 |= CR4_SMAP;
	if (cpu_has(FEAT_UMIP))
		cr4 |= CR4_UMIP;
	if (cpu_has(FEAT_FSGSBASE))
		cr4 |= CR4_FSGSBASE;
	if (cpu_has(FEAT_XSAVE))
		cr4 |= CR4_OSXSAVE;
	cr4_write(cr4);
	if (cpu_has(FEAT_PCID))		/* needs CR3[11:0] == 0, as it is here */
		cr4_write(cr4 | CR4_PCIDE);
	if (cpu_has(FEAT_PAT))
		msr_write(MSR_PAT, PAT_VALUE);
}
