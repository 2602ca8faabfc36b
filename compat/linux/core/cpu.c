// SPDX-License-Identifier: GPL-2.0-only
/* What modules read about processors, and the bases of the linear maps. */
#include "../lx.h"

#include <asm/atomic.h>
#include <asm/cpu.h>
#include <asm/cpufeature.h>
#include <asm/page.h>
#include <asm/thread.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>

LX_EXPORT_ALIAS(page_offset_base, va_direct_base);
LX_EXPORT_ALIAS(vmemmap_base, va_pages_base);
LX_EXPORT_ALIAS(phys_base, va_image_offset);

static struct lx_cpuinfo_x86 lx_boot_cpu_data __ro_after_init;
LX_EXPORT_DATA(boot_cpu_data);
static DEFINE_PERCPU(struct lx_cpuinfo_x86, lx_cpu_info);
LX_EXPORT_DATA(cpu_info);

static int lx_fips_enabled __ro_after_init;
LX_EXPORT_DATA(fips_enabled);
static unsigned int lx_nr_cpu_ids __ro_after_init;
LX_EXPORT_DATA(nr_cpu_ids);
static struct lx_cpumask lx___cpu_possible_mask, lx___cpu_present_mask, lx___cpu_online_mask;
LX_EXPORT_DATA(__cpu_possible_mask);
LX_EXPORT_DATA(__cpu_present_mask);
LX_EXPORT_DATA(__cpu_online_mask);
static struct lx_atomic_t lx___num_online_cpus;
LX_EXPORT_DATA(__num_online_cpus);
/* Encryption of memory: none. */
static u64 lx_sme_me_mask __ro_after_init;
LX_EXPORT_DATA(sme_me_mask);
static u64 lx_physical_mask __ro_after_init = 0xfffffffffffffUL;
LX_EXPORT_DATA(physical_mask);
static u64 lx___default_kernel_pte_mask __ro_after_init = ~0UL;
LX_EXPORT_DATA(__default_kernel_pte_mask);
/* No hypervisor's own interfaces: drivers for Xen find that this is none. */
static int lx_xen_domain_type __ro_after_init;
LX_EXPORT_DATA(xen_domain_type);

bool lx_irq_fpu_usable(void) { return kfpu_is_usable(); }
LX_EXPORT(irq_fpu_usable);

void lx_kernel_fpu_begin_mask(unsigned int mask)
{
	kfpu_begin();
}
LX_EXPORT(kernel_fpu_begin_mask);

void lx_kernel_fpu_end(void)
{
	kfpu_end();
}
LX_EXPORT(kernel_fpu_end);

static void fill(struct lx_cpuinfo_x86 *out, const struct cpu_info *ci)
{
	out->x86 = (u8)ci->family;
	out->x86_vendor = ci->vendor_is_intel ? 0 : ci->vendor_is_amd ? 2 : 0xff;
	out->x86_model = (u8)ci->model;
	out->x86_stepping = (u8)ci->stepping;
	out->cpuid_level = (int)ci->cpuid_max;
	memcpy(out->x86_capability, ci->caps, sizeof(ci->caps));
	strlcpy(out->x86_vendor_id, ci->vendor, sizeof(out->x86_vendor_id));
	strlcpy(out->x86_model_id, ci->model_name, sizeof(out->x86_model_id));
	out->x86_clflush_size = (u16)ci->clflush_bytes;
	out->x86_cache_alignment = (int)ci->cacheline_bytes;
	out->initial_apicid = out->apicid = (u16)ci->apic_id;
	out->phys_proc_id = (u16)ci->package_id;
	out->cpu_core_id = (u16)ci->core_id;
	out->loops_per_jiffy = 4000000;
}

static int cpus_init(void)
{
	fill(&lx_boot_cpu_data, &cpu_boot_info);
	lx_nr_cpu_ids = cpu_count_possible;
	for_each_possible_cpu(cpu) {
		fill(percpu_ptr(lx_cpu_info, cpu), percpu_ptr(cpu_info, cpu));
		bit_set_atomic(cpu, lx___cpu_possible_mask.bits);
		if (!cpu_is_online(cpu))
			continue;
		bit_set_atomic(cpu, lx___cpu_present_mask.bits);
		bit_set_atomic(cpu, lx___cpu_online_mask.bits);
		lx___num_online_cpus.counter++;
	}
	return 0;
}
INITCALL(LATE, cpus_init);
