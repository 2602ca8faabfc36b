// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/cpuinfo: the text programs parse. Names are those of the vendor kernel,
 * one string of 32 words for each feature word; "-" has no name there.
 */
#include "../cpu_impl.h"

#include <asm/clock.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

static const char *const names[CPU_FEATURE_WORDS] = {
	[0] =
		"fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 "
		"pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe",
	[1] =
		"- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt "
		"pdpe1gb rdtscp - lm 3dnowext 3dnow",
	[3] =
		"- - - - k7 k8 - - constant_tsc up art arch_perfmon pebs bts - - rep_good - -"
		" acc_power nopl - xtopology tsc_reliable nonstop_tsc cpuid - - - - - -",
	[4] =
		"pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 "
		"xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer "
		"aes xsave - avx f16c rdrand hypervisor",
	[6] =
		"lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse "
		"3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm "
		"topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx - -",
	[9] =
		"fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - "
		"mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb "
		"intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl",
	[10] =
		"xsaveopt xsavec xgetbv1 xsaves xfd - - - - - - - - - - - - - - - - - - - - "
		"- - - - - - -",
	[12] =
		"- - - - avx_vnni avx512_bf16 - - - - - - - - - - - - - - - - - - - - - - - "
		"- - -",
	[13] =
		"clzero irperf xsaveerptr - rdpru - - - - wbnoinvd - - amd_ibpb - amd_ibrs "
		"amd_stibp - amd_stibp_always_on - - - - - amd_ppin amd_ssbd virt_ssbd "
		"amd_ssb_no cppc - - - -",
	[14] =
		"dtherm ida arat - pln - pts hwp hwp_notify hwp_act_window hwp_epp "
		"hwp_pkg_req - - - - - - - - - - - hfi - - - - - - - -",
	[15] =
		"npt lbrv svm_lock nrip_save tsc_scale vmcb_clean flushbyasid decodeassists "
		"- - pausefilter - pfthreshold avic - v_vmsave_vmload vgif x2avic - - "
		"v_spec_ctrl - - - - - - - - - - -",
	[16] =
		"- avx512vbmi umip pku ospke waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq "
		"avx512_vnni avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid - "
		"bus_lock_detect cldemote - movdiri movdir64b enqcmd sgx_lc -",
	[17] =
		"overflow_recov succor - smca - - - - - - - - - - - - - - - - - - - - - - - "
		"- - - - -",
	[18] =
		"- - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear - "
		"- - serialize - tsxldtrk - pconfig arch_lbr ibt - amx_bf16 avx512_fp16 "
		"amx_tile amx_int8 - - flush_l1d arch_capabilities - -",
};

/* The nth word of a list; its length in *len, NULL if it is "-" or past the end. */
static const char *word_at(const char *list, u32 n, size_t *len)
{
	const char *end;

	for (; list && n; n--) {
		list = strchr(list, ' ');
		if (list)
			list++;
	}
	if (!list || *list == '-')
		return NULL;
	end = strchr(list, ' ');
	*len = end ? (size_t)(end - list) : strlen(list);
	return list;
}

const char *cpu_feature_name(u32 feature)
{
	static char buf[32];
	size_t len;
	const char *s = word_at(names[feature / 32], feature % 32, &len);

	if (!s)
		return NULL;
	fmt_print(buf, sizeof(buf), "%.*s", (int)len, s);
	return buf;
}

struct text {
	char *buf;
	size_t size, len;	/* len may grow past size: what all of it needs */
};

static void text_add(struct text *t, const char *fmt, ...) __printf(2, 3);
static void text_add(struct text *t, const char *fmt, ...)
{
	size_t room = t->len < t->size ? t->size - t->len : 0;
	va_list ap;

	va_start(ap, fmt);
	t->len += fmt_vprint(room ? t->buf + t->len : NULL, room, fmt, ap);
	va_end(ap);
}

static void print_flags(struct text *t, const struct cpu_info *ci)
{
	text_add(t, "flags\t\t:");
	for (u32 w = 0; w < CPU_FEATURE_WORDS; w++) {
		for (u32 b = 0; b < 32; b++) {
			size_t len;
			const char *s;

			if (!(ci->caps[w] & cpu_boot_info.caps[w] & 1U << b))
				continue;
			s = word_at(names[w], b, &len);
			if (s)
				text_add(t, " %.*s", (int)len, s);
		}
	}
	text_add(t, "\n");
}

int arch_cpuinfo_print(u32 cpu, char *buf, size_t size)
{
	struct text t = { buf, size, 0 };
	const struct cpu_info *ci;
	u64 khz = clock_tsc_khz();

	if (cpu >= cpu_count_possible || !cpu_is_online(cpu))
		return 0;
	ci = percpu_ptr(cpu_info, cpu);
	text_add(&t, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n",
		 cpu, ci->vendor, ci->family, ci->model);
	text_add(&t, "model name\t: %s\n", ci->model_name[0] ? ci->model_name : "unknown");
	if (ci->stepping)
		text_add(&t, "stepping\t: %u\n", ci->stepping);
	else
		text_add(&t, "stepping\t: unknown\n");
	if (ci->microcode)
		text_add(&t, "microcode\t: 0x%x\n", ci->microcode);
	text_add(&t, "cpu MHz\t\t: %lu.%03lu\n", khz / 1000, khz % 1000);
	if (ci->cache_kib)
		text_add(&t, "cache size\t: %u KB\n", ci->cache_kib);
	text_add(&t, "physical id\t: %u\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n",
		 ci->package_id, ci->siblings, ci->core_id, ci->cores);
	text_add(&t, "apicid\t\t: %u\ninitial apicid\t: %u\n", ci->apic_id, ci->apic_id);
	text_add(&t, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n",
		 ci->cpuid_max);
	print_flags(&t, ci);
	text_add(&t, "bogomips\t: %lu.%02lu\n", khz / 500, khz / 5 % 100);
	text_add(&t, "clflush size\t: %u\ncache_alignment\t: %u\n", ci->clflush_bytes,
		 ci->cacheline_bytes);
	text_add(&t, "address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n",
		 ci->phys_bits, ci->virt_bits);
	return (int)t.len;
}
