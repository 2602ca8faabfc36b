// SPDX-License-Identifier: GPL-2.0-only
/*
 * Known leaks of speculative execution: which of them this processor says to be
 * free of. Nothing here works around any of them, so what is not known to be
 * absent is reported as there, or as unknown where only a list of models tells.
 * IA32_ARCH_CAPABILITIES: Intel SDM vol. 4; AMD: CPUID 80000008 and 80000021.
 */
#include <asm/bugs.h>

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <tern/base/compiler.h>

#define MSR_ARCH_CAPABILITIES	0x10a
#define CAP_RDCL_NO	0
#define CAP_SSB_NO	4
#define CAP_MDS_NO	5
#define CAP_PSCHANGE_MC_NO 6
#define CAP_TAA_NO	8
#define CAP_MMIO_NO	0xe000UL	/* three bits, all needed */
#define CAP_GDS_NO	26
#define CAP_RFDS_NO	27
#define CAP_ITS_NO	62

#define FEAT_RTM	X86F(9, 11)
#define FEAT_ARCH_CAPS	X86F(18, 29)
#define FEAT_AMD_SSB_NO	X86F(13, 26)
#define FEAT_SRSO_NO	X86F(20, 29)

static const char SAFE[] = "Not affected", BAD[] = "Vulnerable", UNKNOWN[] = "Unknown: No mitigations";

static bool has_cap(u32 bit)
{
	u64 caps;

	return cpu_has(FEAT_ARCH_CAPS) && !msr_read_safe(MSR_ARCH_CAPABILITIES, &caps) && (caps >> bit & 1);
}

static bool is_amd(void) { return cpu_boot_info.vendor_is_amd; }
static bool is_intel(void) { return cpu_boot_info.vendor_is_intel; }

/* Leaks of Intel processors that say so when they are free of them. */
static const char *intel_only(u32 cap, const char *otherwise)
{
	return is_amd() || (is_intel() && has_cap(cap)) ? SAFE : is_intel() ? otherwise : UNKNOWN;
}

static const char *meltdown(void) { return intel_only(CAP_RDCL_NO, BAD); }
static const char *mds(void) { return intel_only(CAP_MDS_NO, BAD); }
static const char *multihit(void) { return intel_only(CAP_PSCHANGE_MC_NO, "Processor vulnerable"); }
static const char *taa(void) { return cpu_has(FEAT_RTM) ? intel_only(CAP_TAA_NO, BAD) : SAFE; }
static const char *gather(void) { return cpu_has(FEAT_AVX2) ? intel_only(CAP_GDS_NO, UNKNOWN) : SAFE; }
static const char *rfds(void) { return intel_only(CAP_RFDS_NO, UNKNOWN); }
static const char *targets(void) { return intel_only(CAP_ITS_NO, UNKNOWN); }
static const char *always(void) { return BAD; }

static const char *mmio(void)
{
	u64 caps;

	if (is_intel() && cpu_has(FEAT_ARCH_CAPS) && !msr_read_safe(MSR_ARCH_CAPABILITIES, &caps) &&
	    (caps & CAP_MMIO_NO) == CAP_MMIO_NO)
		return SAFE;
	return is_amd() ? SAFE : UNKNOWN;
}

static const char *srbds(void)
{
	return is_amd() || !(cpu_has(FEAT_RDRAND) || cpu_has(FEAT_RDSEED)) ? SAFE : UNKNOWN;
}

static const char *retbleed(void)
{
	u32 family = cpu_boot_info.family;

	if (is_amd())
		return family >= 0x15 && family <= 0x17 ? BAD : SAFE;
	return UNKNOWN;
}

static const char *srso(void)
{
	u32 family = cpu_boot_info.family;

	if (is_amd())
		return !cpu_has(FEAT_SRSO_NO) && (family == 0x17 || family == 0x19) ? BAD : SAFE;
	return is_intel() ? SAFE : UNKNOWN;
}

static const char *store_bypass(void)
{
	if (is_amd() && (cpu_has(FEAT_AMD_SSB_NO) || cpu_boot_info.family < 0x15))
		return SAFE;
	return is_intel() && has_cap(CAP_SSB_NO) ? SAFE : BAD;
}

static const char *tsa(void)
{
	return is_intel() || (is_amd() && cpu_boot_info.family != 0x19) ? SAFE : UNKNOWN;
}

const struct cpubug cpubugs[CPUBUG_COUNT] = {
	{ "gather_data_sampling", gather }, { "indirect_target_selection", targets },
	{ "itlb_multihit", multihit }, { "l1tf", meltdown }, { "mds", mds }, { "meltdown", meltdown },
	{ "mmio_stale_data", mmio }, { "reg_file_data_sampling", rfds }, { "retbleed", retbleed },
	{ "spec_rstack_overflow", srso }, { "spec_store_bypass", store_bypass }, { "spectre_v1", always },
	{ "spectre_v2", always }, { "srbds", srbds }, { "tsa", tsa }, { "tsx_async_abort", taa },
};

bool cpubug_store_bypass(void)
{
	return store_bypass() != SAFE;
}
