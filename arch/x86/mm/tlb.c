// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation caches.
 *
 * Every flush of a user range increments the space's flush_gen, flushes here if
 * the space is loaded, and calls the other CPUs that have it loaded. A CPU
 * keeps, for each of its PCIDs, which space (by id) and up to which
 * generation its translations are good (struct pcid_slot):
 *
 *	loaded, slot.gen + 1 == wanted gen	flush just the range
 *	loaded, further behind			flush all of the PCID
 *	not loaded				nothing; pt_activate() compares
 *						generations when it loads it
 *
 * A CPU sets its bit in arch_aspace.cpus before it reads flush_gen on loading;
 * the flusher increments flush_gen before it reads the bits: one of the two
 * sees the other. Without PCIDs there is a single slot and each load flushes.
 *
 * A CPU that runs a kernel thread keeps the last space loaded (is_lazy). Flushes pass
 * it by; it compares generations when it goes on with the space. Only where
 * tables may go it is called, and leaves.
 */
#include "../pt_impl.h"

#include <asm/aspace.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/smp.h>
#include <asm/tlb.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/kernel/thread.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>

#define PCID_SLOTS		6
#define FLUSH_PAGES_MAX		33	/* more: flush everything */
#define CR3_NOFLUSH		BIT(63)

struct pcid_slot {
	u64 id;			/* arch_aspace.id, 0: empty */
	s64 gen;
};

struct cpu_tlb {
	struct arch_aspace *loaded;	/* NULL: the kernel's own tables */
	bool is_lazy;			/* A loaded, but no user mapping is used */
	u32 slot, next;
	struct pcid_slot slots[PCID_SLOTS];
};

static DEFINE_PERCPU(struct cpu_tlb, cpu_tlb);
static atomic64 last_id;

int arch_aspace_init(struct arch_aspace *aa)
{
	aa->cpus = &aa->cpus_inline;
	aa->cpus_inline = 0;
	if (cpu_count_possible > 64) {
		aa->cpus = kmem_calloc(DIV_ROUND_UP(cpu_count_possible, 64), 8, ALLOC_KERNEL);
		if (!aa->cpus)
			return -ENOMEM;
	}
	aa->root = pt_root_create();
	if (!aa->root) {
		if (aa->cpus != &aa->cpus_inline)
			kmem_free(aa->cpus);
		return -ENOMEM;
	}
	aa->id = (u64)atomic_add_return(&last_id, 1);
	atomic_set(&aa->flush_gen, 1);
	return 0;
}

void arch_aspace_fini(struct arch_aspace *aa)
{
	if (aa->cpus != &aa->cpus_inline)
		kmem_free(aa->cpus);
	pt_root_destroy(aa->root);
}

void arch_aspace_init_kernel(struct arch_aspace *aa)
{
	*aa = (struct arch_aspace){ .root = virt_to_phys(kernel_root),
				    .cpus = &aa->cpus_inline };
}

static bool is_kernel_space(const struct arch_aspace *aa)
{
	return !aa->id;
}

static void load_kernel_root(void)
{
	cr3_write(virt_to_phys(kernel_root));	/* PCID 0 */
}

void arch_aspace_cpu_drop(struct arch_aspace *aa)
{
	struct cpu_tlb *ct = this_cpu_ptr(cpu_tlb);

	if (ct->loaded != aa)
		return;
	ct->loaded = NULL;
	ct->is_lazy = false;
	load_kernel_root();
	bit_clear_atomic(cpu_self(), aa->cpus);
}

/* The slot for @aa on this CPU; *fresh if nothing in it can be used. */
static u32 choose_slot(struct cpu_tlb *ct, const struct arch_aspace *aa, bool *fresh)
{
	u32 n = cpu_has(FEAT_PCID) ? PCID_SLOTS : 1, i;

	*fresh = false;
	for (i = 0; i < n; i++)
		if (ct->slots[i].id == aa->id)
			return i;
	*fresh = true;
	i = ct->next;
	ct->next = i + 1 < n ? i + 1 : 0;
	return i;
}

static void load_space(struct cpu_tlb *ct, struct arch_aspace *aa)
{
	bool fresh, pcid = cpu_has(FEAT_PCID);
	u32 slot = choose_slot(ct, aa, &fresh);
	s64 gen = atomic_read(&aa->flush_gen);	/* after the bit was set */
	u64 cr3 = aa->root;

	if (pcid) {
		cr3 |= slot + 1;
		if (!fresh && ct->slots[slot].gen == gen)
			cr3 |= CR3_NOFLUSH;
	}
	ct->slots[slot] = (struct pcid_slot){ aa->id, gen };
	ct->slot = slot;
	ct->loaded = aa;
	cr3_write(cr3);
}

void pt_deactivate(void)
{
	this_cpu_ptr(cpu_tlb)->is_lazy = this_cpu_ptr(cpu_tlb)->loaded;
}

/* The space stayed loaded, and flushes may have passed this CPU by. */
static void leave_lazy(struct cpu_tlb *ct, struct arch_aspace *aa)
{
	struct pcid_slot *slot = &ct->slots[ct->slot];
	s64 gen;

	WRITE_ONCE(ct->is_lazy, false);
	smp_mb();	/* who counts flush_gen up later sees it */
	gen = atomic_read(&aa->flush_gen);
	if (slot->gen == gen)
		return;
	slot->gen = gen;
	cr3_write(aa->root | (cpu_has(FEAT_PCID) ? ct->slot + 1 : 0));
}

void pt_activate(struct aspace *as)
{
	struct arch_aspace *aa = &as->arch, *old;
	u64 flags = irq_save();
	struct cpu_tlb *ct = this_cpu_ptr(cpu_tlb);
	u32 self = cpu_self();

	old = ct->loaded;
	if (is_kernel_space(aa)) {
		if (old)
			arch_aspace_cpu_drop(old);
	} else if (old != aa) {
		bit_set_atomic(self, aa->cpus);
		load_space(ct, aa);
		ct->is_lazy = false;
		if (old)
			bit_clear_atomic(self, old->cpus);
	} else if (ct->is_lazy) {
		leave_lazy(ct, aa);
	}
	irq_restore(flags);
}

/* ---- flushing ---- */

static inline void invlpg(uptr va)
{
	__asm__ volatile("invlpg (%0)" : : "r" (va) : "memory");
}

struct flush_request {
	struct arch_aspace *aa;
	uptr start, end;
	s64 gen;
	bool full;		/* of tables, too */
};

/* Interrupts or at least preemption are off. */
static void flush_here(void *arg)
{
	const struct flush_request *rq = arg;
	struct cpu_tlb *ct = this_cpu_ptr(cpu_tlb);
	struct pcid_slot *slot = &ct->slots[ct->slot];

	if (ct->loaded != rq->aa || slot->gen >= rq->gen)
		return;
	if (!thread_self()->t_as) {
		arch_aspace_cpu_drop(rq->aa);
		return;
	}
	if (!rq->full && slot->gen + 1 == rq->gen &&
	    (rq->end - rq->start) / PAGE_SIZE <= FLUSH_PAGES_MAX) {
		for (uptr va = rq->start; va < rq->end; va += PAGE_SIZE)
			invlpg(va);
		slot->gen = rq->gen;
		return;
	}
	slot->gen = atomic_read(&rq->aa->flush_gen);
	cr3_write(rq->aa->root | (cpu_has(FEAT_PCID) ? ct->slot + 1 : 0));
}

/* Does @cpu, which has the space loaded, have to flush at once? */
static bool needs_call(u32 cpu, void *arg)
{
	const struct flush_request *rq = arg;

	return rq->full || !READ_ONCE(percpu_ptr(cpu_tlb, cpu)->is_lazy);
}

static void flush(struct aspace *as, uptr start, uptr end, bool full)
{
	struct flush_request rq = { &as->arch, start, end, 0, full };
	u64 flags;

	if (is_kernel_space(rq.aa))
		return;
	preempt_disable();
	rq.gen = atomic_add_return(&rq.aa->flush_gen, 1);
	flags = irq_save();
	flush_here(&rq);
	irq_restore(flags);
	smp_call_some(rq.aa->cpus, needs_call, flush_here, &rq);
	preempt_enable();
}

void tlb_flush_page(struct aspace *as, uptr va)
{
	va = ALIGN_DOWN(va, PAGE_SIZE);
	flush(as, va, va + PAGE_SIZE, false);
}

void tlb_flush_range(struct aspace *as, uptr start, uptr end)
{
	flush(as, ALIGN_DOWN(start, PAGE_SIZE), ALIGN_UP(end, PAGE_SIZE), false);
}

void tlb_flush_aspace(struct aspace *as)
{
	flush(as, 0, 0, true);
}

static void flush_global(void)
{
	u64 cr4 = cr4_read();

	if (cr4 & CR4_PGE) {
		cr4_write(cr4 & ~CR4_PGE);
		cr4_write(cr4);
	} else {
		cr3_write(cr3_read());
	}
}

static void flush_kernel_here(void *arg)
{
	const struct flush_request *rq = arg;

	if (rq->full) {
		flush_global();
		return;
	}
	for (uptr va = rq->start; va < rq->end; va += PAGE_SIZE)
		invlpg(va);
}

void tlb_flush_kernel(uptr start, uptr end)
{
	struct flush_request rq = { NULL, start, end, 0,
				    (end - start) / PAGE_SIZE > FLUSH_PAGES_MAX };

	smp_call(SMP_CALL_ALL, flush_kernel_here, &rq);
}

/* ---- gathering ---- */

void tlb_gather_init(struct tlb_gather *tg, struct aspace *as)
{
	tg->as = as;
	tg->start = U64_MAX;
	tg->end = 0;
	tg->full = false;
	tg->npages = 0;
	tg->npages_max = ARRAY_SIZE(tg->inline_pages);
	tg->pages = tg->inline_pages;
}

static void gather_flush(struct tlb_gather *tg)
{
	if (tg->full)
		flush(tg->as, 0, 0, true);
	else if (tg->start < tg->end)
		flush(tg->as, tg->start, tg->end, false);
	for (u32 i = 0; i < tg->npages; i++)
		page_put(tg->pages[i]);
	tg->npages = 0;
	tg->start = U64_MAX;
	tg->end = 0;
	tg->full = false;
}

void tlb_gather_page(struct tlb_gather *tg, struct page *page)
{
	if (tg->npages == tg->npages_max) {
		struct page **more = NULL;

		if (tg->pages == tg->inline_pages)
			more = page_alloc_kva(0, ALLOC_NOWAIT | ALLOC_NOWARN);
		if (more) {
			for (u32 i = 0; i < tg->npages; i++)
				more[i] = tg->pages[i];
			tg->pages = more;
			tg->npages_max = PAGE_SIZE / sizeof(*more);
		} else {
			gather_flush(tg);
		}
	}
	tg->pages[tg->npages++] = page;
}

void tlb_gather_fini(struct tlb_gather *tg)
{
	gather_flush(tg);
	if (tg->pages != tg->inline_pages)
		page_free_kva(tg->pages, 0);
}
