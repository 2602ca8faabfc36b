// SPDX-License-Identifier: GPL-2.0-only
/*
 * x87, SSE, AVX, AVX-512: the extended state.
 *
 * A user thread has an area in XSAVE's standard format, a kernel thread none.
 * While xstate_is_live the registers of its CPU hold the state and the area is
 * stale. A switch away saves (XSAVEOPT skips what did not change) and ends
 * that; the registers keep the contents, and fpu_owner and xstate_cpu remember it. The
 * state is loaded as late as on the way back to user mode (WORK_FPU), and
 * not at all if the registers still hold it.
 *
 *	registers hold t's state  <=>  fpu_owner == t and t.xstate_cpu == this CPU
 *
 * Kernel code may use the registers between kfpu_begin() and kfpu_end(), which
 * saves the thread's state first and disowns the registers.
 * Intel SDM vol. 1 chapter 13.
 */
#include "../fpu_impl.h"

#include "../cpu_impl.h"

#include <asm/atomic.h>
#include <asm/msr.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define XSTATE_X87	BIT(0)
#define XSTATE_SSE	BIT(1)
#define XSTATE_AVX	BIT(2)
#define XSTATE_AVX512	(BIT(5) | BIT(6) | BIT(7))
#define XSTATE_WANTED	(XSTATE_X87 | XSTATE_SSE | XSTATE_AVX | XSTATE_AVX512)

#define LEGACY_SIZE	512
#define HEADER_SIZE	64

#define YMM_OFFSET	(LEGACY_SIZE + HEADER_SIZE)	/* where all processors have them in the plain format */
#define YMM_SIZE	256u

struct xheader {
	u64 xstate_bv, xcomp_bv, reserved[6];
};

static u64 features __ro_after_init = XSTATE_X87 | XSTATE_SSE;
static u32 area_size __ro_after_init = LEGACY_SIZE;
static u32 mxcsr_mask __ro_after_init = 0xffbf;
static struct objcache *area_cache;
static DEFINE_PERCPU(struct thread *, fpu_owner);
static DEFINE_PERCPU(bool, kfpu_in_use);

static inline void xsetbv(u32 reg, u64 v)
{
	__asm__ volatile("xsetbv" : : "c" (reg), "a" ((u32)v), "d" ((u32)(v >> 32)));
}

static void save(void *area)
{
	u32 lo = (u32)features, hi = (u32)(features >> 32);

	if (cpu_has(FEAT_XSAVEOPT))
		__asm__ volatile("xsaveopt64 (%0)" : : "r" (area), "a" (lo), "d" (hi) : "memory");
	else if (cpu_has(FEAT_XSAVE))
		__asm__ volatile("xsave64 (%0)" : : "r" (area), "a" (lo), "d" (hi) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r" (area) : "memory");
}

static void load(const void *area)
{
	if (cpu_has(FEAT_XSAVE))
		__asm__ volatile("xrstor64 (%0)" : : "r" (area), "a" ((u32)features),
				 "d" ((u32)(features >> 32)) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r" (area) : "memory");
}

static void init_area(u8 *area)
{
	u16 fcw = 0x37f;
	u32 mxcsr = 0x1f80;

	memset(area, 0, area_size);
	memcpy(area, &fcw, sizeof(fcw));
	memcpy(area + 24, &mxcsr, sizeof(mxcsr));
}

static u8 probe_area[512] __aligned(64) __initdata;

static void __init measure(void)
{
	u32 a, b, c, d, mask;

	if (cpu_has(FEAT_XSAVE)) {
		cpuid_count(0xd, 0, &a, &b, &c, &d);
		features = ((u64)d << 32 | a) & XSTATE_WANTED;
		if ((features & XSTATE_AVX512) != XSTATE_AVX512 || !(features & XSTATE_AVX))
			features &= ~XSTATE_AVX512;
		xsetbv(0, features);
		cpuid_count(0xd, 0, &a, &b, &c, &d);
		area_size = b;
	}
	__asm__ volatile("fxsave64 (%0)" : : "r" (probe_area) : "memory");
	memcpy(&mask, probe_area + 28, sizeof(mask));
	if (mask)
		mxcsr_mask = mask;
}

void fpu_setup_cpu(void)
{
	static bool is_measured;
	u32 mxcsr = 0x1f80;

	if (!is_measured)
		measure();
	else if (cpu_has(FEAT_XSAVE))
		xsetbv(0, features);
	is_measured = true;
	__asm__ volatile("fninit; ldmxcsr %0" : : "m" (mxcsr));
}

size_t xstate_size(void) { return area_size; }
u64 xstate_features(void) { return features; }

void *fpu_alloc(void)
{
	struct objcache *c = __atomic_load_n(&area_cache, __ATOMIC_ACQUIRE);
	void *area;

	if (!c) {
		c = objcache_create("xstate", area_size, 64, 0, NULL);
		if (!c)
			return NULL;
		if (!cas(&area_cache, NULL, c)) {
			objcache_destroy(c);
			c = __atomic_load_n(&area_cache, __ATOMIC_ACQUIRE);
		}
	}
	area = objcache_alloc(c, ALLOC_KERNEL);
	if (area)
		init_area(area);
	return area;
}

void fpu_free(void *area)
{
	if (area)
		objcache_free(area_cache, area);
}

static bool registers_hold(const struct thread *t)
{
	return this_cpu_read(fpu_owner) == t && t->t_arch.xstate_cpu == cpu_self();
}

void fpu_switch_out(struct thread *t)
{
	if (!t->t_arch.xstate_is_live)
		return;
	save(t->t_arch.xstate);
	t->t_arch.xstate_is_live = false;
}

void fpu_switch_in(struct thread *t)
{
	if (!t->t_arch.xstate)
		return;
	if (registers_hold(t)) {
		t->t_arch.xstate_is_live = true;
		if (READ_ONCE(t->t_work) & WORK_FPU)
			thread_work_clear(t, WORK_FPU);
	} else {
		thread_work_set(t, WORK_FPU);
	}
}

void fpu_reload(struct thread *t)
{
	struct arch_thread *at = &t->t_arch;

	thread_work_clear(t, WORK_FPU);
	if (at->xstate_is_live || !at->xstate)
		return;
	if (!registers_hold(t)) {
		load(at->xstate);
		this_cpu_write(fpu_owner, t);
		at->xstate_cpu = cpu_self();
	}
	at->xstate_is_live = true;
}

void fpu_changed(struct thread *t)
{
	t->t_arch.xstate_is_live = false;
	t->t_arch.xstate_cpu = ~0U;
	thread_work_set(t, WORK_FPU);
}

void fpu_reset(struct thread *t)
{
	preempt_disable();
	init_area(t->t_arch.xstate);
	fpu_changed(t);
	preempt_enable();
}

void xstate_sync(struct thread *t)
{
	u64 flags;

	if (t != thread_self())
		return;		/* saved when it was switched out */
	flags = irq_save();
	if (t->t_arch.xstate_is_live)
		save(t->t_arch.xstate);
	irq_restore(flags);
}

void fpu_copy(void *area)
{
	struct thread *t = thread_self();

	if (!t->t_arch.xstate)
		return;
	xstate_sync(t);
	memcpy(area, t->t_arch.xstate, area_size);
}

bool fpu_validate(void *area, bool has_header)
{
	struct xheader *h = (struct xheader *)((u8 *)area + LEGACY_SIZE);
	u32 mxcsr;

	memcpy(&mxcsr, (u8 *)area + 24, sizeof(mxcsr));
	if (mxcsr & ~mxcsr_mask)
		return false;
	if (!cpu_has(FEAT_XSAVE))
		return true;
	if (!has_header) {
		memset(h, 0, HEADER_SIZE);
		h->xstate_bv = XSTATE_X87 | XSTATE_SSE;
	}
	if ((h->xstate_bv & ~features) || h->xcomp_bv || !mem_is_zero(h->reserved, sizeof(h->reserved)))
		return false;
	return true;
}

int xstate_load_user(struct thread *t, const void *buf, size_t size)
{
	void *area;

	if (!t->t_arch.xstate || (size != LEGACY_SIZE && size != area_size))
		return -EINVAL;
	area = fpu_alloc();
	if (!area)
		return -ENOMEM;
	memcpy(area, buf, size);
	if (!fpu_validate(area, size > LEGACY_SIZE)) {
		fpu_free(area);
		return -EINVAL;
	}
	preempt_disable();
	memcpy(t->t_arch.xstate, area, area_size);
	fpu_changed(t);
	preempt_enable();
	fpu_free(area);
	return 0;
}

/* Parts in their initial state need not have been stored. */
void xstate_legacy_get(struct thread *t, void *out)
{
	const struct xheader *h;
	u8 *o = out;

	xstate_sync(t);
	memcpy(o, t->t_arch.xstate, LEGACY_SIZE);
	if (!cpu_has(FEAT_XSAVE))
		return;
	h = (const struct xheader *)((u8 *)t->t_arch.xstate + LEGACY_SIZE);
	if (!(h->xstate_bv & XSTATE_X87)) {
		memset(o, 0, 24);
		o[0] = 0x7f;
		o[1] = 0x03;
		memset(o + 32, 0, 128);
	}
	if (!(h->xstate_bv & XSTATE_SSE))
		memset(o + 160, 0, 256);
}

void xstate_legacy_set(struct thread *t, const void *in)
{
	struct xheader *h;
	u8 *area = t->t_arch.xstate;
	u32 mxcsr;

	preempt_disable();
	xstate_sync(t);
	memcpy(area, in, LEGACY_SIZE - 96);	/* the rest is not the processor's */
	memcpy(&mxcsr, area + 24, sizeof(mxcsr));
	mxcsr &= mxcsr_mask;
	memcpy(area + 24, &mxcsr, sizeof(mxcsr));
	if (cpu_has(FEAT_XSAVE)) {
		h = (struct xheader *)(area + LEGACY_SIZE);
		h->xstate_bv |= XSTATE_X87 | XSTATE_SSE;
	}
	fpu_changed(t);
	preempt_enable();
}

bool xstate_ymm_get(struct thread *t, void *out)
{
	const u8 *area = t->t_arch.xstate;
	const struct xheader *h = (const struct xheader *)(area + LEGACY_SIZE);

	if (!(features & XSTATE_AVX))
		return false;
	xstate_sync(t);
	if (h->xstate_bv & XSTATE_AVX)
		memcpy(out, area + YMM_OFFSET, YMM_SIZE);
	else
		memset(out, 0, YMM_SIZE);
	return true;
}

void xstate_ymm_set(struct thread *t, const void *in)
{
	u8 *area = t->t_arch.xstate;

	if (!(features & XSTATE_AVX))
		return;
	preempt_disable();
	xstate_sync(t);
	memcpy(area + YMM_OFFSET, in, YMM_SIZE);
	((struct xheader *)(area + LEGACY_SIZE))->xstate_bv |= XSTATE_AVX;
	fpu_changed(t);
	preempt_enable();
}

bool kfpu_is_usable(void)
{
	return !in_hardirq() && !this_cpu_read(kfpu_in_use);
}

void kfpu_begin(void)
{
	struct thread *t = thread_self();
	u32 mxcsr = 0x1f80;
	u64 flags;

	preempt_disable();
	VERIFY(!in_hardirq() && !this_cpu_read(kfpu_in_use));
	flags = irq_save();
	this_cpu_write(kfpu_in_use, true);
	if (t && t->t_arch.xstate_is_live) {
		save(t->t_arch.xstate);
		t->t_arch.xstate_is_live = false;
		thread_work_set(t, WORK_FPU);
	}
	this_cpu_write(fpu_owner, NULL);
	irq_restore(flags);
	__asm__ volatile("fninit; ldmxcsr %0" : : "m" (mxcsr));
}

void kfpu_end(void)
{
	this_cpu_write(kfpu_in_use, false);
	preempt_enable();
}
