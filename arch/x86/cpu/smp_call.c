// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a function on other CPUs.
 *
 * Each CPU has an outgoing request (struct call_request) for threads and one for
 * soft interrupts, which may come while a thread waits for its own, and an
 * incoming bitmap with a bit for every request there is. A caller fills its
 * request, sets its bit in the bitmap of each target, interrupts them and waits
 * until @pending is 0. A target takes the bits with an atomic exchange and runs
 * each sender's request. A request is reused only when nobody works on it any
 * more, so nothing is allocated and nothing locked.
 *
 * A caller with interrupts off serves its own bitmap while it waits:
 * two CPUs that call each other do not deadlock.
 */
#include <asm/early.h>
#include <asm/smp.h>
#include <tern/base/bug.h>
#include <tern/base/preempt.h>
#include <tern/base/spin.h>
#include <tern/lib/bits.h>

#include "../apic_impl.h"

struct call_request {
	void (*fn)(void *arg);
	void *arg;
	u32 pending;		/* A targets that have not finished */
};

#define CALL_LEVELS	2u	/* threads, soft interrupts */

static DEFINE_PERCPU(struct call_request, call_request[CALL_LEVELS]) __aligned(64);
/* Bitmap of requests for us: bit CPU * CALL_LEVELS + level. */
static DEFINE_PERCPU(u64 *, call_from);
static DEFINE_PERCPU(u64, call_from_inline[CALL_LEVELS]);
static u32 online_words __ro_after_init = 1, call_words __ro_after_init = CALL_LEVELS;
static u64 online_inline = 1, *online = &online_inline;

bool cpu_is_online(u32 cpu)
{
	return cpu < cpu_count_possible && bit_test(cpu, online);
}

void smp_mark_online(void)
{
	bit_set_atomic(cpu_self(), online);
	__atomic_fetch_add(&cpu_count_online, 1, __ATOMIC_SEQ_CST);
}

void __init smp_call_setup(void)
{
	online_words = DIV_ROUND_UP(cpu_count_possible, 64);
	call_words = online_words * CALL_LEVELS;
	if (online_words > 1) {
		online = early_mem_alloc(online_words * 8, 64);
		online[0] = online_inline;
	}
	for_each_possible_cpu(cpu)
		*percpu_ptr(call_from, cpu) = online_words > 1 ?
			early_mem_alloc(call_words * 8, 64) : *percpu_ptr(call_from_inline, cpu);
}

void smp_call_handle(void)
{
	u64 *from = this_cpu_read(call_from);

	for (u32 w = 0; w < call_words; w++) {
		u64 bits = READ_ONCE(from[w]) ? xchg(&from[w], 0UL) : 0;

		for (; bits; bits &= bits - 1) {
			u32 bit = w * 64 + bit_lowest(bits), cpu = bit / CALL_LEVELS;
			struct call_request *rq;

			rq = &(*percpu_ptr(call_request, cpu))[bit % CALL_LEVELS];
			rq->fn(rq->arg);
			__atomic_fetch_sub(&rq->pending, 1, __ATOMIC_RELEASE);
		}
	}
}

static void wait_done(struct call_request *rq)
{
	while (load_acquire(&rq->pending)) {
		if (!irq_is_enabled())
			smp_call_handle();
		cpu_relax();
	}
}

/* This context's request and its bit in the targets' bitmaps. */
static struct call_request *own_request(u32 *bit)
{
	u32 level = in_softirq_serving() ? 1 : 0;

	ASSERT(!in_hardirq());
	*bit = cpu_self() * CALL_LEVELS + level;
	return &(*this_cpu_ptr(call_request))[level];
}

static void post(u32 cpu, u32 bit)
{
	bit_set_atomic(bit, *percpu_ptr(call_from, cpu));
	lapic_send_ipi(cpu, VECTOR_CALL);
}

/* The online CPUs of word @w of @mask but this one. */
static u64 targets(const u64 *mask, u32 w)
{
	u64 bits = READ_ONCE(mask[w]) & READ_ONCE(online[w]);
	u32 self = cpu_self();

	return self / 64 == w ? bits & ~BIT(self % 64) : bits;
}

static bool wants_all(u32 cpu, void *arg)
{
	return true;
}

static bool has_targets(const u64 *mask)
{
	for (u32 w = 0; w < online_words; w++)
		if (targets(mask, w))
			return true;
	return false;
}

static void call_targets(const u64 *mask, bool (*wants)(u32 cpu, void *arg), void (*fn)(void *arg),
			 void *arg)
{
	u32 bit;
	struct call_request *rq = own_request(&bit);

	rq->fn = fn;
	rq->arg = arg;
	/* One more than are sent to, so that it cannot end before the last is sent. */
	store_release(&rq->pending, 1U);
	for (u32 w = 0; w < online_words; w++)
		for (u64 bits = targets(mask, w); bits; bits &= bits - 1) {
			u32 cpu = w * 64 + bit_lowest(bits);

			if (!wants(cpu, arg))
				continue;
			__atomic_fetch_add(&rq->pending, 1, __ATOMIC_SEQ_CST);
			post(cpu, bit);
		}
	__atomic_fetch_sub(&rq->pending, 1, __ATOMIC_RELEASE);
	wait_done(rq);
}

void smp_call_mask(const u64 *mask, void (*fn)(void *arg), void *arg)
{
	smp_call_some(mask, wants_all, fn, arg);
}

void smp_call_some(const u64 *mask, bool (*wants)(u32 cpu, void *arg), void (*fn)(void *arg),
		   void *arg)
{
	preempt_disable();
	if (has_targets(mask))
		call_targets(mask, wants, fn, arg);
	preempt_enable();
}

static void call_self(void (*fn)(void *arg), void *arg)
{
	u64 flags = irq_save();

	fn(arg);
	irq_restore(flags);
}

void smp_call(u32 cpu, void (*fn)(void *arg), void *arg)
{
	preempt_disable();
	if (cpu == SMP_CALL_ALL || cpu == cpu_self())
		call_self(fn, arg);
	if (cpu == SMP_CALL_ALL || cpu == SMP_CALL_OTHERS) {
		if (READ_ONCE(cpu_count_online) > 1)
			smp_call_mask(online, fn, arg);
	} else if (cpu != cpu_self() && cpu_is_online(cpu)) {
		u32 bit;
		struct call_request *rq = own_request(&bit);

		rq->fn = fn;
		rq->arg = arg;
		store_release(&rq->pending, 1U);
		post(cpu, bit);
		wait_done(rq);
	}
	preempt_enable();
}

void smp_send_resched(u32 cpu)
{
	lapic_send_ipi(cpu, VECTOR_RESCHED);
}
