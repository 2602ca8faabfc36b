// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's clock.
 *
 * The TSC is the clock unless something speaks against it: no known rate, or a
 * processor that sees an earlier value than another one has just read
 * (tsc_check_*(), while CPUs start). Then the HPET or the ACPI timer takes over
 * from the last value. All give ns by one multiplication:
 *
 *	ns = base_ns + ((count - base_count) & mask) * mult >> 32
 *
 * A counter that wraps (HPET of 32 bits, ACPI timer) is extended by clock_fold(),
 * which each read does once the count is half way round; a read at least every
 * 2 s, which timers and the tick guarantee, keeps it exact.
 *
 * Rate of the TSC, first that is known: CPUID 15h, the hypervisor, a few ms of
 * HPET, ACPI timer or PIT.
 */
#include "../time_impl.h"

#include <asm/acpi.h>
#include <asm/bootinfo.h>
#include <asm/cpufeature.h>
#include <asm/io.h>
#include <asm/msr.h>
#include <tern/base/lock.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>

struct clock_base {
	struct seqctr seq;
	u64 (*read)(void);
	const char *name;
	u64 mask, mult;		/* mult: ns per count, 32 bits of fraction */
	u64 base_count, base_ns;
};

static u64 read_tsc(void) { return cpu_tsc(); }
static u64 read_pmtimer(void) { return pmtimer_read(); }

/* Stays at 0 until time_setup(). */
static struct clock_base cb = { .read = read_tsc, .name = "none", .mask = U64_MAX };
static struct spin fold_lock = SPIN_INIT(LOCKRANK_CLOCK);	/* protects cb against two writers */
static u64 tsc_khz __ro_after_init;
static u64 tsc_per_ns __ro_after_init;	/* 32 bits of fraction */

static inline u64 mul_shift(u64 a, u64 b)
{
	return (u64)(((unsigned __int128)a * b) >> 32);
}

u64 clock_tsc_khz(void) { return tsc_khz; }
bool clock_is_tsc(void) { return cb.mult && cb.read == read_tsc; }
const char *arch_clock_name(void) { return cb.name; }

u32 arch_clock_resolution_ns(void)
{
	return (u32)max_t(u64, cb.mult >> 32, 1);
}

bool clock_get_tsc(u64 *base, u64 *mult, u64 *base_ns)
{
	*base = cb.base_count;
	*mult = cb.mult;
	*base_ns = cb.base_ns;
	return clock_is_tsc();
}

u64 clock_ns_to_tsc(nsec_t ns)
{
	return cb.base_count + mul_shift(ns - min(ns, cb.base_ns), tsc_per_ns);
}

/* Move the base forward so that the difference never wraps. */
static void clock_fold(u64 count)
{
	u64 flags = irq_save(), delta;

	if (spin_trylock(&fold_lock)) {
		delta = (count - cb.base_count) & cb.mask;
		if (delta > cb.mask >> 1) {
			seq_write_begin(&cb.seq);
			cb.base_ns += mul_shift(delta, cb.mult);
			cb.base_count = count;
			seq_write_end(&cb.seq);
		}
		spin_unlock(&fold_lock);
	}
	irq_restore(flags);
}

nsec_t arch_clock_ns(void)
{
	u64 ns, count, delta;
	u32 s;

	if (likely(cb.read == read_tsc)) {
		/* The base was set once; nothing to retry for. */
		delta = cpu_tsc() - cb.base_count;
		if (unlikely((s64)delta < 0))
			delta = 0;
		return cb.base_ns + mul_shift(delta, cb.mult);
	}
	do {
		s = seq_read_peek(&cb.seq);
		count = cb.read();
		delta = (count - cb.base_count) & cb.mask;
		ns = cb.base_ns + mul_shift(delta, cb.mult);
	} while (seq_read_retry(&cb.seq, s));
	if (unlikely(delta > cb.mask >> 1))
		clock_fold(count);
	return ns;
}

void arch_delay_ns(u64 ns)
{
	nsec_t start = arch_clock_ns();

	if (!cb.mult) {		/* before calibration: port reads take about 1 us */
		for (u64 i = 0; i < ns / 1000 + 1; i++)
			inb(0x80);
		return;
	}
	while (arch_clock_ns() - start < ns)
		cpu_relax();
}

static void set_clock(const char *name, u64 (*read)(void), u64 mask, u64 mult)
{
	u64 now = arch_clock_ns();

	seq_write_begin(&cb.seq);
	cb.base_ns = now;
	cb.base_count = read();
	cb.mask = mask;
	cb.mult = mult;
	cb.name = name;
	cb.read = read;
	seq_write_end(&cb.seq);
}

/* ---- rate of the TSC ---- */

static u64 __init cpuid_khz(void)
{
	u32 den, num, hz, d;

	if (cpu_boot_info.cpuid_max < 0x15)
		return 0;
	cpuid(0x15, &den, &num, &hz, &d);
	return den && num && hz ? (u64)hz * num / den / 1000 : 0;
}

u64 hypervisor_tsc_khz(void)
{
	u32 a, b, c, d, max;

	if (!cpu_has(FEAT_HYPERVISOR))
		return 0;
	cpuid(0x40000000, &max, &b, &c, &d);
	if (max < 0x40000010 || max > 0x400000ff)
		return 0;
	cpuid(0x40000010, &a, &b, &c, &d);
	return a;
}

/* Count pairs taken together: the TSC around the read that took least. */
static u64 __init paired_tsc(u64 (*read)(void), u64 *count)
{
	u64 best = U64_MAX, at = 0;

	for (u32 i = 0; i < 5; i++) {
		u64 t0 = cpu_tsc(), n = read(), t1 = cpu_tsc();

		if (t1 - t0 < best) {
			best = t1 - t0;
			at = t0 + (t1 - t0) / 2;
			*count = n;
		}
	}
	return at;
}

/* kHz by a counter of @mult ns a count, over CALIBRATE_NS. */
#define CALIBRATE_NS	4000000u
static u64 __init measure_khz(u64 (*read)(void), u64 mask, u64 mult)
{
	u64 c0 = 0, c1 = 0, t0 = paired_tsc(read, &c0), t1, ns;

	do {
		ns = mul_shift((read() - c0) & mask, mult);
	} while (ns < CALIBRATE_NS);
	t1 = paired_tsc(read, &c1);
	ns = mul_shift((c1 - c0) & mask, mult);
	return mul_div(t1 - t0, 1000000, ns);
}

static u64 hpet_mult(void)
{
	return mul_div(hpet_period_fs(), 1UL << 32, 1000000);
}
static u64 hpet_mask(void) { return hpet_bits() == 64 ? U64_MAX : U32_MAX; }
#define PMTIMER_MASK	0xffffffu
#define PMTIMER_MULT	1199864031881UL	/* 2^32 * 10^9 / 3579545 */

static u64 __init find_tsc_khz(bool has_hpet)
{
	u64 khz = cpuid_khz(), ns, counts;

	if (!khz)
		khz = hypervisor_tsc_khz();
	if (!khz && has_hpet)
		khz = measure_khz(hpet_read, hpet_mask(), hpet_mult());
	if (!khz && pmtimer_is_there())
		khz = measure_khz(read_pmtimer, PMTIMER_MASK, PMTIMER_MULT);
	if (!khz) {
		counts = pit_measure(&ns);
		khz = ns ? counts * 1000000 / ns : 0;
	}
	return khz;
}

/* The clock that is used when the TSC is not. */
static void use_fallback(void)
{
	vvar_tsc_lost();
	if (hpet_period_fs())
		set_clock("hpet", hpet_read, hpet_mask(), hpet_mult());
	else if (pmtimer_is_there())
		set_clock("acpi_pm", read_pmtimer, PMTIMER_MASK, PMTIMER_MULT);
	else
		kerr("no clock but an unreliable TSC");
}

void __init time_setup(void)
{
	bool has_hpet = hpet_setup();
	const char *v;
	size_t len;

	tsc_khz = find_tsc_khz(has_hpet);
	if (tsc_khz) {
		tsc_per_ns = mul_div(tsc_khz, 1UL << 32, 1000000);
		set_clock("tsc", read_tsc, U64_MAX, mul_div(1000000, 1UL << 32, tsc_khz));
		kinfo("TSC runs at %lu.%03lu MHz", tsc_khz / 1000, tsc_khz % 1000);
	} else {
		use_fallback();
	}
	if (bootinfo_option("clocksource", &v, &len) &&
	    ((len == 4 && !strncmp(v, "hpet", 4)) || (len == 7 && !strncmp(v, "acpi_pm", 7))))
		use_fallback();
}

/* ---- is it the same on all CPUs? ---- */

#define CHECK_ROUNDS	1000u
#define CHECK_US	500u	/* the other CPU may be a virtual one that does not run now */

static struct {
	u32 phase;		/* A both sides count up to 2, 4 */
	spinword lock;		/* orders the reads */
	u64 last;		/* latest value read, under lock */
	u64 worst;		/* largest step back seen */
} check;

static void check_loop(void)
{
	u64 end = cpu_tsc() + tsc_khz * CHECK_US / 1000, t = 0;

	for (u32 i = 0; i < CHECK_ROUNDS && t < end; i++) {
		while (!spinword_trylock(&check.lock))
			cpu_relax();
		t = cpu_tsc();
		if (t < check.last)
			check.worst = max(check.worst, check.last - t);
		else
			check.last = t;
		spinword_unlock(&check.lock);
	}
}

static bool meet(u32 target)
{
	u64 give_up = cpu_tsc() + tsc_khz * 100;	/* 100 ms */

	__atomic_fetch_add(&check.phase, 1, __ATOMIC_SEQ_CST);
	while (READ_ONCE(check.phase) < target) {
		if (cpu_tsc() > give_up)
			return false;
		cpu_relax();
	}
	return true;
}

void tsc_check_reset(void)
{
	check.phase = 0;
	check.last = 0;
}

void tsc_check_start(void)
{
	if (!clock_is_tsc())
		return;
	if (meet(2))
		check_loop();
	meet(4);
}

void tsc_check_wait(void)
{
	if (!clock_is_tsc())
		return;
	if (meet(2))
		check_loop();
	meet(4);
	if (check.worst) {
		kwarn("TSC differs between CPUs by %lu counts; it is not the clock any more",
		      check.worst);
		use_fallback();
	}
}
