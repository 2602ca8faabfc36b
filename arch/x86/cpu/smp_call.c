// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a function on other CPUs.
 *
 * Each CPU has one outgoing request (struct call_request) and one incoming
 * bitmap with a bit for every CPU. A caller fills its request, sets its bit in
 * the bitmap of each target, interrupts them and waits until @pending is 0.
 * A target takes the bits with an atomic exchange and runs each sender's
 * request. The request is reused only when nobody works on it any more, so
 * nothing is allocated and nothing locked.
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

static DEFINE_PERCPU(struct call_request, call_request) __aligned(64);
static DEFINE_PERCPU(u64 *, call_from);		/* bitmap of CPUs with a request for us */
static DEFINE_PERCPU(u64, call_from_inline);
static u32 call_words __ro_after_init = 1;
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
	call_words = DIV_ROUND_UP(cpu_count_possible, 64);
	if (call_words > 1) {
		online = early_mem_alloc(call_words * 8, 64);
		online[0] = online_inline;
	}
	for_each_possible_cpu(cpu)
		*percpu_ptr(call_from, cpu) = call_words > 1 ?
			early_mem_alloc(call_words * 8, 64) : percpu_ptr(call_from_inline, cpu);
}

void smp_call_handle(void)
{
	u64 *from = this_cpu_read(call_from);

	for (u32 w = 0; w < call_words; w++) {
		u64 bits = READ_ONCE(from[w]) ? xchg(&from[w], 0UL) : 0;

		for (; bits; bits &= bits - 1) {
			u32 cpu = w * 64 + (u32)__builtin_ctzl(bits);
			struct call_request *rq = percpu_ptr(call_request, cpu);

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

static void call_targets(const u64 *mask, void (*fn)(void *arg), void *arg)
{
	struct call_request *rq = this_cpu_ptr(call_request);
	u32 self = cpu_self(), n = 0;

	rq->fn = fn;
	rq->arg = arg;
	for (u32 w = 0; w < call_words; w++) {
		u64 bits = mask[w] & READ_ONCE(online[w]);

		if (self / 64 == w)
			bits &= ~BIT(self % 64);
		n += hweight64(bits);
	}
	if (!n)
		return;
	store_release(&rq->pending, n);
	for (u32 w = 0; w < call_words; w++) {
		u64 bits = mask[w] & READ_ONCE(online[w]);

		if (self / 64 == w)
			bits &= ~BIT(self % 64);
		for (; bits; bits &= bits - 1) {
			u32 cpu = w * 64 + (u32)__builtin_ctzl(bits);

			bit_set_atomic(self, *percpu_ptr(call_from, cpu));
			lapic_send_ipi(cpu, VECTOR_CALL);
		}
	}
	wait_done(rq);
}

void smp_call_mask(const u64 *mask, void (*fn)(void *arg), void *arg)
{
	ASSERT(!in_hardirq());
	preempt_disable();
	call_targets(mask, fn, arg);
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
		struct call_request *rq = this_cpu_ptr(call_request);

		rq->fn = fn;
		rq->arg = arg;
		store_release(&rq->pending, 1U);
		bit_set_atomic(cpu_self(), *percpu_ptr(call_from, cpu));
		lapic_send_ipi(cpu, VECTOR_CALL);
		wait_done(rq);
	}
	preempt_enable();
}

void smp_send_resched(u32 cpu)
{
	lapic_send_ipi(cpu, VECTOR_RESCHED);
}
