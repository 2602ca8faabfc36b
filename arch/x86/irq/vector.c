// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt numbers and vectors.
 *
 * An irq number stands for a source: numbers below ioapic_gsi_end() are the
 * global system interrupts themselves, those above are messages (MSI), given
 * out lowest first. Each source in use has a vector on one CPU; the CPU's table
 * vector_irq leads back. Moving a source to another CPU keeps the old vector
 * until the new one has fired once or the source moves again, since an
 * interrupt may still be under way to it.
 *
 * Level interrupts are acknowledged after their handler, others before it.
 *
 * Lock: irq_lock protects the table of sources and all vector tables against
 * change; the interrupt path only reads its own CPU's table.
 */
#include "../apic_impl.h"

#include <asm/cpu.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/spin.h>
#include <tern/base/upcall.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct irq_source {
	u32 irq;
	bool is_msi, is_level, is_active_low, is_masked;
	u32 users;			/* of a shared GSI */
	u32 cpu, vector;
	u32 old_cpu, old_vector;	/* old_vector 0: none */
	char name[24];
};

static struct irq_source **sources;	/* by irq number */
static u32 nsources, first_msi;
static struct spin irq_lock = SPIN_INIT(LOCKRANK_VECTOR);

static DEFINE_PERCPU(struct irq_source *, vector_source[VECTOR_COUNT]);
static DEFINE_PERCPU(u32, vectors_used);

void irq_vector_setup(void)
{
	first_msi = ioapic_gsi_end();
}

/* Make room for numbers below @n; called without the lock held. */
static int grow(u32 n)
{
	u32 want = max_t(u32, ALIGN_UP(n, 64), 64);
	struct irq_source **bigger = kmem_calloc(want, sizeof(*bigger), ALLOC_KERNEL), **old;
	u64 flags;

	if (!bigger)
		return -ENOMEM;
	flags = spin_lock_irqsave(&irq_lock);
	old = bigger;
	if (want > nsources) {
		memcpy(bigger, sources, nsources * sizeof(*bigger));
		old = sources;
		sources = bigger;
		nsources = want;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	kmem_free(old);
	return 0;
}

static u32 find_vector(u32 cpu)
{
	struct irq_source **table = *percpu_ptr(vector_source, cpu);

	for (u32 v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++)
		if (!table[v])
			return v;
	return 0;
}

static void vector_put(u32 cpu, u32 vector)
{
	(*percpu_ptr(vector_source, cpu))[vector] = NULL;
	--*percpu_ptr(vectors_used, cpu);
}

/* Give @s a vector on @cpu, or on the CPU with the fewest if @cpu is ~0. */
static int vector_get_locked(struct irq_source *s, u32 cpu)
{
	u32 vector;

	if (cpu == ~0U) {
		cpu = 0;
		for_each_online_cpu(c)
			if (*percpu_ptr(vectors_used, c) < *percpu_ptr(vectors_used, cpu))
				cpu = c;
	}
	vector = find_vector(cpu);
	if (!vector)
		return -ENOSPC;
	s->cpu = cpu;
	s->vector = vector;
	WRITE_ONCE((*percpu_ptr(vector_source, cpu))[vector], s);
	++*percpu_ptr(vectors_used, cpu);
	return 0;
}

static void old_vector_drop(struct irq_source *s)
{
	if (s->old_vector)
		vector_put(s->old_cpu, s->old_vector);
	s->old_vector = 0;
}

static void route(struct irq_source *s)
{
	if (!s->is_msi)
		ioapic_route(s->irq, s->cpu, s->vector, s->is_level, s->is_active_low,
			     s->is_masked);
}

static struct irq_source *source_at(u32 irq)
{
	return irq < nsources ? sources[irq] : NULL;
}

int arch_irq_alloc_gsi(u32 gsi, bool is_level, bool is_active_low)
{
	struct irq_source *s;
	u64 flags;
	int err = 0;

	if (!ioapic_has(gsi))
		return -ENODEV;
	if (gsi >= nsources && grow(gsi + 1))
		return -ENOMEM;
	s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	if (!s)
		return -ENOMEM;
	*s = (struct irq_source){ .irq = gsi, .is_level = is_level,
				  .is_active_low = is_active_low, .is_masked = true,
				  .users = 1 };
	fmt_print(s->name, sizeof(s->name), "IO-APIC %3u-%s", gsi, is_level ? "fasteoi" : "edge");
	flags = spin_lock_irqsave(&irq_lock);
	if (source_at(gsi)) {		/* shared: same kind of trigger or not at all */
		err = sources[gsi]->is_level == is_level ? 1 : -EBUSY;
		if (err == 1)
			sources[gsi]->users++;
	} else {
		err = vector_get_locked(s, 0);
		if (!err)
			sources[gsi] = s;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	if (!err)
		route(s);
	else
		kmem_free(s);
	return err < 0 ? err : (int)gsi;
}

static void fill_message(const struct irq_source *s, struct msi_message *msg)
{
	u32 id = apic_id_of_cpu(s->cpu);

	/* Ids above 255 need interrupt remapping; such CPUs get no messages. */
	msg->addr = 0xfee00000UL | (u64)(id & 255) << 12;
	msg->data = s->vector;
}

int arch_irq_alloc_msi(struct msi_message *msg)
{
	struct irq_source *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	u64 flags;
	u32 irq;
	int err;

	if (!s)
		return -ENOMEM;
again:
	flags = spin_lock_irqsave(&irq_lock);
	for (irq = first_msi; irq < nsources && sources[irq]; irq++)
		;
	if (irq >= nsources) {
		spin_unlock_irqrestore(&irq_lock, flags);
		if (!grow(irq + 1))
			goto again;
		kmem_free(s);
		return -ENOMEM;
	}
	*s = (struct irq_source){ .irq = irq, .is_msi = true, .users = 1,
				  .name = "PCI-MSI" };
	err = vector_get_locked(s, ~0U);
	if (!err)
		sources[irq] = s;
	spin_unlock_irqrestore(&irq_lock, flags);
	if (err) {
		kmem_free(s);
		return err;
	}
	fill_message(s, msg);
	return (int)irq;
}

int arch_irq_msi_message(u32 irq, struct msi_message *msg)
{
	u64 flags = spin_lock_irqsave(&irq_lock);
	struct irq_source *s = source_at(irq);
	int err = s && s->is_msi ? 0 : -EINVAL;

	if (!err)
		fill_message(s, msg);
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

static void nothing(void *arg)
{
}

void arch_irq_free(u32 irq)
{
	u64 flags = spin_lock_irqsave(&irq_lock);
	struct irq_source *s = source_at(irq);

	if (s && --s->users)
		s = NULL;
	if (s) {
		if (!s->is_msi)
			ioapic_set_mask(irq, true);
		old_vector_drop(s);
		vector_put(s->cpu, s->vector);
		sources[irq] = NULL;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	if (s) {
		/* No CPU is between reading its table and using what it read. */
		smp_call(SMP_CALL_ALL, nothing, NULL);
		kmem_free(s);
	}
}

static void set_mask(u32 irq, bool is_masked)
{
	u64 flags = spin_lock_irqsave(&irq_lock);
	struct irq_source *s = source_at(irq);

	if (s && !s->is_msi) {
		s->is_masked = is_masked;
		ioapic_set_mask(irq, is_masked);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
}

void arch_irq_mask(u32 irq) { set_mask(irq, true); }
void arch_irq_unmask(u32 irq) { set_mask(irq, false); }

int arch_irq_set_cpu(u32 irq, u32 cpu)
{
	struct irq_source *s, was;
	u64 flags;
	int err = -EINVAL;

	if (!cpu_is_online(cpu) || apic_id_of_cpu(cpu) > 255)
		return -EINVAL;
	flags = spin_lock_irqsave(&irq_lock);
	s = source_at(irq);
	if (s && s->cpu == cpu) {
		err = 0;
	} else if (s) {
		was = *s;
		old_vector_drop(s);
		err = vector_get_locked(s, cpu);
		if (!err) {
			s->old_cpu = was.cpu;
			s->old_vector = was.vector;
			route(s);
		}
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

const char *arch_irq_name(u32 irq)
{
	const struct irq_source *s = source_at(irq);

	return s ? s->name : "none";
}

/* The first interrupt on the new vector: nothing comes to the old one any more. */
static void moved(struct irq_source *s)
{
	spin_lock(&irq_lock);
	if (s->old_vector)
		old_vector_drop(s);
	spin_unlock(&irq_lock);
}

void irq_dispatch_device(u32 vector)
{
	struct irq_source *s = READ_ONCE((*this_cpu_ptr(vector_source))[vector]);

	if (unlikely(!s)) {
		lapic_eoi();
		kwarn("interrupt without a source: vector %#x on CPU %u", vector, cpu_self());
		return;
	}
	if (unlikely(s->old_vector) && s->vector == vector && s->cpu == cpu_self())
		moved(s);
	if (s->is_level) {
		trap_irq(s->irq);
		lapic_eoi();
	} else {
		lapic_eoi();
		trap_irq(s->irq);
	}
}
