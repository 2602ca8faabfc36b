// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting the other processors.
 *
 * CPUs are numbered at boot from the MADT, the boot CPU first. smp_start_all()
 * gives each a stack, interrupt stacks and the trampoline's parameters, sends
 * INIT and STARTUP, and waits until the CPU says that it runs; a CPU that does
 * not answer within START_TIMEOUT is reported, gets INIT again, which parks
 * it, and the boot goes on without it.
 *
 * A new CPU compares its TSC with the starter's, marks itself online and
 * becomes its idle thread (cpu_online_main()). One starts at a time: the
 * trampoline page has one set of parameters.
 */
#include "../smp_impl.h"

#include "../cpu_impl.h"

#include <asm/acpi.h>
#include <asm/bootinfo.h>
#include <asm/clock.h>
#include <asm/early.h>
#include <asm/msr.h>
#include <asm/vmap.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/upcall.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>

#include "../apic_impl.h"
#include "../pt_impl.h"
#include "../time_impl.h"

#define TRAMPOLINE_MIN		0x1000UL
#define TRAMPOLINE_MAX		0x9f000UL
#define START_TIMEOUT_NS	1000000000UL
#define SIPI_RETRY_NS		20000000UL

extern char ap_trampoline[], ap_trampoline_end[];
extern char ap_param_cr3[], ap_param_stack[], ap_param_gs[], ap_param_efer[];
extern pte_t early_pml4[];

void start_ap_main(void) __noreturn;

DEFINE_PERCPU(void *, cpu_idle_stack);
static u32 *apic_ids __ro_after_init;
static u32 ncpus __initdata;
static paddr_t trampoline __ro_after_init;
static bool is_stopping;

/* What a starting CPU has reached. */
enum { AP_SILENT, AP_ALIVE, AP_GO, AP_ONLINE };
static u32 ap_state;

u32 apic_id_of_cpu(u32 cpu)
{
	return apic_ids[cpu];
}

bool smp_is_stopping(void) { return READ_ONCE(is_stopping); }

/* ---- numbering ---- */

static void __init count_cpu(void *arg, const struct acpi_cpu *c)
{
	if (c->is_enabled)
		++*(u32 *)arg;
}

static void __init note_cpu(void *arg, const struct acpi_cpu *c)
{
	if (!c->is_enabled)
		return;
	for (u32 i = 0; i < ncpus; i++)
		if (apic_ids[i] == c->apic_id)
			return;
	apic_ids[ncpus++] = c->apic_id;
}

static u32 __init limit_from_cmdline(u32 n)
{
	const char *v;
	size_t len;
	u64 max;

	if (bootinfo_option("nosmp", NULL, NULL))
		return 1;
	if (bootinfo_option("maxcpus", &v, &len) && !parse_u64(v, 10, &max, &v))
		n = (u32)clamp_t(u64, max, 1, n);
	return n;
}

u32 __init smp_find_cpus(void)
{
	const struct acpi_header *madt = acpi_find("APIC", 0);
	u32 n = 1;
	struct madt_visitor count = { .cpu = count_cpu, .arg = &n };
	struct madt_visitor add = { .cpu = note_cpu };

	if (madt)
		madt_walk(madt, &count);
	apic_ids = early_mem_alloc(n * sizeof(*apic_ids), 64);
	apic_ids[0] = cpu_boot_info.apic_id;
	ncpus = 1;
	if (madt)
		madt_walk(madt, &add);
	return limit_from_cmdline(ncpus);
}

void __init smp_note_boot_apic(u32 apic_id)
{
	apic_ids[0] = apic_id;
}

/* ---- starting one ---- */

/* A page of RAM in the first MiB, which is never allocated; 0 if there is none. */
static paddr_t find_trampoline(void)
{
	for (u32 i = 0; i < bootinfo.nmem; i++) {
		const struct boot_memrange *m = &bootinfo.mem[i];
		paddr_t at = max(ALIGN_UP(m->start, PAGE_SIZE), TRAMPOLINE_MIN);

		if (m->kind == BOOT_MEM_RAM && at <= TRAMPOLINE_MAX &&
		    at + PAGE_SIZE <= m->start + m->len_bytes)
			return at;
	}
	return 0;
}

static u64 *param(const char *where)
{
	return (u64 *)((u8 *)phys_to_virt(trampoline) + (where - ap_trampoline));
}

void start_ap_main(void)
{
	struct cpu_info *ci = this_cpu_ptr(cpu_info);
	u32 cpu = cpu_self();

	cpu_setup_control();
	desc_setup_cpu(cpu);
	idt_load();
	fpu_setup_cpu();
	cpu_detect(ci);
	cpu_merge_features(ci);
	lapic_setup_cpu();
	store_release(&ap_state, AP_ALIVE);
	while (load_acquire(&ap_state) != AP_GO)
		cpu_relax();
	tsc_check_start();
	lapic_timer_setup();
	smp_mark_online();
	store_release(&ap_state, AP_ONLINE);
	cpu_online_main(cpu);
}

static int prepare(u32 cpu)
{
	void **stack = percpu_ptr(cpu_idle_stack, cpu);

	if (desc_alloc_stacks(cpu) || irq_stack_alloc(cpu))
		return -ENOMEM;
	if (!*stack)
		*stack = kstack_alloc();
	if (!*stack)
		return -ENOMEM;
	*percpu_ptr(cpu_kstack_top, cpu) = (u64)*stack + KSTACK_SIZE;
	*param(ap_param_cr3) = virt_to_phys(kernel_root);
	*param(ap_param_efer) = EFER_LME | (cpu_has(FEAT_NX) ? EFER_NX : 0);
	*param(ap_param_stack) = (u64)*stack + KSTACK_SIZE;
	*param(ap_param_gs) = percpu_base[cpu];
	return 0;
}

static bool wait_for(u32 state, u64 timeout_ns)
{
	nsec_t start = arch_clock_ns();

	while (load_acquire(&ap_state) < state) {
		if (arch_clock_ns() - start > timeout_ns)
			return false;
		cpu_relax();
	}
	return true;
}

static void start_one(u32 cpu)
{
	u32 id = apic_id_of_cpu(cpu);

	if (id > 254 && !lapic_is_x2()) {
		kwarn("CPU %u: APIC id %u needs x2APIC, left out", cpu, id);
		return;
	}
	if (prepare(cpu)) {
		kerr("CPU %u: no memory for its stacks", cpu);
		return;
	}
	store_release(&ap_state, AP_SILENT);
	lapic_send_init(id);
	arch_delay_ns(10000);
	lapic_send_startup(id, (u32)(trampoline >> PAGE_SHIFT));
	if (!wait_for(AP_ALIVE, SIPI_RETRY_NS)) {
		lapic_send_startup(id, (u32)(trampoline >> PAGE_SHIFT));
		if (!wait_for(AP_ALIVE, START_TIMEOUT_NS)) {
			lapic_send_init(id);
			kerr("CPU %u (APIC id %u) did not start", cpu, id);
			return;
		}
	}
	tsc_check_reset();
	store_release(&ap_state, AP_GO);
	tsc_check_wait();
	if (!wait_for(AP_ONLINE, START_TIMEOUT_NS))
		kerr("CPU %u hangs while it starts", cpu);
}

void smp_start_all(void)
{
	if (cpu_count_possible == 1)
		return;
	trampoline = find_trampoline();
	if (!trampoline) {
		kerr("no memory below 1 MiB to start other CPUs in");
		return;
	}
	memcpy(phys_to_virt(trampoline), ap_trampoline, ap_trampoline_end - ap_trampoline);
	for (u32 cpu = 1; cpu < cpu_count_possible; cpu++)
		start_one(cpu);
	kinfo("%u of %u CPUs online", cpu_count_online, cpu_count_possible);
}

/* ---- stopping ---- */

void cpu_halt_forever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void smp_stop_others(void)
{
	u32 self = cpu_self();

	if (__atomic_exchange_n(&is_stopping, true, __ATOMIC_SEQ_CST))
		return;
	if (!apic_ids || cpu_count_online < 2)
		return;
	/* NMI: they may have interrupts off. */
	for_each_online_cpu(cpu)
		if (cpu != self)
			lapic_send_nmi(cpu);
}
