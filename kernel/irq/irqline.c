// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines: numbers that arch gave out, with the handlers attached to them.
 *
 * The table of lines grows and is read without a lock in interrupts, as is
 * the list of handlers: a hard interrupt is an RCU reader, so a grace
 * period after unlinking no handler of that kind runs.
 *
 * A line that nobody answers for BAD of PERIOD interrupts is disabled for good, with a
 * message: it would eat the CPU. A threaded handler keeps its line masked
 * until the thread has run, so that a level line does not fire again meanwhile.
 *
 * Lock order: table_mutex (attach, detach) > line lock > arch's controller lock.
 */
#include "irq_impl.h"

#include <asm/cpu.h>
#include <tern/base/upcall.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/random.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define PERIOD	100000u
#define BAD	99900u

struct line_table {
	u32 n;
	struct rcu_job rcu;
	struct irqline *line[];
};

static struct line_table *table;	/* R; changed under table_mutex */
static struct kmutex table_mutex = KMUTEX_INIT(table_mutex, LOCKRANK_IRQTABLE);
static u64 strays;

static struct irqline *line_of(u32 irq)
{
	struct line_table *t = rcu_load(table);

	return t && irq < t->n ? rcu_load(t->line[irq]) : NULL;
}

/* table_mutex held. */
static int table_grow(u32 irq)
{
	struct line_table *old = table, *bigger;
	u32 n = ALIGN_UP(irq + 1, 64u);

	if (old && irq < old->n)
		return 0;
	bigger = kmem_zalloc(sizeof(*bigger) + n * sizeof(bigger->line[0]), ALLOC_KERNEL);
	if (!bigger)
		return -ENOMEM;
	bigger->n = n;
	if (old)
		memcpy(bigger->line, old->line, old->n * sizeof(old->line[0]));
	rcu_publish(table, bigger);
	if (old)
		rcu_defer_free(&old->rcu, old);
	return 0;
}

static struct irqline *line_make(u32 irq)
{
	struct irqline *l = line_of(irq);

	if (l)
		return l;
	if (table_grow(irq))
		return NULL;
	l = kmem_zalloc(sizeof(*l), ALLOC_KERNEL);
	if (!l)
		return NULL;
	l->counts = kmem_calloc(cpu_count_possible, sizeof(u64), ALLOC_KERNEL);
	if (!l->counts) {
		kmem_free(l);
		return NULL;
	}
	l->irq = irq;
	spin_init(&l->lock, LOCKRANK_IRQLINE);
	rcu_publish(table->line[irq], l);
	return l;
}

/* table_mutex held; the first handler unmasks the line. */
static int link_action(struct irqline *l, struct irq_action *a, u32 flags)
{
	struct irq_action **end = &l->actions;
	bool is_first = !l->actions;
	u64 irqflags;

	if (!is_first && !(l->flags & flags & IRQ_SHARED))
		return -EBUSY;
	irqflags = spin_lock_irqsave(&l->lock);
	while (*end)
		end = &(*end)->next;
	rcu_publish(*end, a);
	if (is_first) {
		l->flags = flags;
		l->depth = 0;
		l->seen = l->unhandled = 0;
		arch_irq_unmask(l->irq);
	}
	spin_unlock_irqrestore(&l->lock, irqflags);
	return 0;
}

int irqline_attach_threaded(u32 irq, irq_handler fn, irq_handler thread_fn, u32 flags,
			    const char *name, void *arg)
{
	struct irq_action *a;
	struct irqline *l;
	int err = -ENOMEM;

	might_sleep();
	a = kmem_zalloc(sizeof(*a), ALLOC_KERNEL);
	if (!a)
		return -ENOMEM;
	*a = (struct irq_action){ .fn = fn, .thread_fn = thread_fn, .arg = arg, .name = name };
	kmutex_lock(&table_mutex);
	l = line_make(irq);
	if (!l)
		goto err_unlock;
	a->line = l;
	if (thread_fn) {
		err = irq_thread_start(a);
		if (err)
			goto err_unlock;
	}
	err = link_action(l, a, flags);
	if (err && thread_fn)
		irq_thread_stop(a);
err_unlock:
	kmutex_unlock(&table_mutex);
	if (err)
		kmem_free(a);
	return err;
}

int irqline_attach(u32 irq, irq_handler fn, u32 flags, const char *name, void *arg)
{
	return irqline_attach_threaded(irq, fn, NULL, flags, name, arg);
}

static struct irq_action *unlink_action(struct irqline *l, void *arg)
{
	struct irq_action **at, *a;
	u64 flags = spin_lock_irqsave(&l->lock);

	for (at = &l->actions; *at && (*at)->arg != arg; at = &(*at)->next)
		;
	a = *at;
	if (a)
		WRITE_ONCE(*at, a->next);
	if (!l->actions)
		arch_irq_mask(l->irq);
	spin_unlock_irqrestore(&l->lock, flags);
	return a;
}

void irqline_detach(u32 irq, void *arg)
{
	struct irq_action *a;
	struct irqline *l;

	might_sleep();
	kmutex_lock(&table_mutex);
	l = line_of(irq);
	a = l ? unlink_action(l, arg) : NULL;
	if (!WARN_IF(!a)) {
		rcu_wait();
		if (a->thread)
			irq_thread_stop(a);
		kmem_free(a);
	}
	kmutex_unlock(&table_mutex);
}

void irqline_disable(u32 irq)
{
	struct irqline *l = line_of(irq);
	u64 flags;

	if (!l)
		return;
	flags = spin_lock_irqsave(&l->lock);
	if (!l->depth++)
		arch_irq_mask(irq);
	spin_unlock_irqrestore(&l->lock, flags);
}

void irqline_enable(u32 irq)
{
	struct irqline *l = line_of(irq);
	u64 flags;

	if (!l)
		return;
	flags = spin_lock_irqsave(&l->lock);
	if (!WARN_IF(!l->depth) && !--l->depth)
		arch_irq_unmask(irq);
	spin_unlock_irqrestore(&l->lock, flags);
}

static void count_answer(struct irqline *l, bool is_handled)
{
	if (!is_handled)
		l->unhandled++;
	if (likely(++l->seen < PERIOD))
		return;
	if (l->unhandled > BAD) {
		kerr("irq %u: nobody cared, disabled", l->irq);
		irqline_disable(l->irq);
	}
	l->seen = l->unhandled = 0;
}

void trap_irq(u32 irq)
{
	struct irqline *l = line_of(irq);
	struct irq_action *a;
	bool is_handled = false;

	if (unlikely(!l)) {
		__atomic_fetch_add(&strays, 1, __ATOMIC_RELAXED);
		return;
	}
	l->counts[cpu_self()]++;
	random_add_interrupt(irq);
	for (a = rcu_load(l->actions); a; a = rcu_load(a->next)) {
		enum irq_result r = a->fn(irq, a->arg);

		is_handled |= r != IRQ_NOT_MINE;
		if (r == IRQ_WAKE_THREAD && a->thread)
			irq_thread_wake(a);
	}
	count_answer(l, is_handled);
}

static void print_line(struct seqbuf *sb, struct irqline *l)
{
	struct irq_action *a = rcu_load(l->actions);
	const char *sep = "   ";

	if (!a)
		return;
	seqbuf_printf(sb, "%3u: ", l->irq);
	for_each_online_cpu(cpu)
		seqbuf_printf(sb, "%10lu ", l->counts[cpu]);
	seqbuf_printf(sb, " %-20s", arch_irq_name(l->irq));
	for (; a; a = rcu_load(a->next)) {
		seqbuf_printf(sb, "%s%s", sep, a->name);
		sep = ", ";
	}
	seqbuf_putc(sb, '\n');
}

static void print_own(struct seqbuf *sb, const char *tag, size_t offset, const char *what)
{
	seqbuf_printf(sb, "%3s: ", tag);
	for_each_online_cpu(cpu)
		seqbuf_printf(sb, "%10lu ", *(u64 *)((char *)percpu_ptr(arch_irq_counts, cpu) + offset));
	seqbuf_printf(sb, "  %s\n", what);
}

static u64 errors_total(void)
{
	u64 n = 0;

	for_each_online_cpu(cpu)
		n += percpu_ptr(arch_irq_counts, cpu)->error;
	return n;
}

void irqline_print(struct seqbuf *sb)
{
	struct line_table *t;

	seqbuf_puts(sb, "    ");
	for_each_online_cpu(cpu)
		seqbuf_printf(sb, "       CPU%-1u", cpu);
	seqbuf_putc(sb, '\n');
	rcu_read_lock();
	t = rcu_load(table);
	for (u32 i = 0; t && i < t->n; i++)
		if (rcu_load(t->line[i]))
			print_line(sb, t->line[i]);
	rcu_read_unlock();
	print_own(sb, "NMI", offsetof(struct arch_irq_counts, nmi), "Non-maskable interrupts");
	print_own(sb, "LOC", offsetof(struct arch_irq_counts, timer), "Local timer interrupts");
	print_own(sb, "SPU", offsetof(struct arch_irq_counts, spurious), "Spurious interrupts");
	print_own(sb, "RES", offsetof(struct arch_irq_counts, resched), "Rescheduling interrupts");
	print_own(sb, "CAL", offsetof(struct arch_irq_counts, call), "Function call interrupts");
	seqbuf_printf(sb, "ERR: %10lu\nMIS: %10lu\n", errors_total(), READ_ONCE(strays));
}

u64 irqline_total(void)
{
	struct line_table *t;
	u64 n = 0;

	rcu_read_lock();
	t = rcu_load(table);
	for (u32 i = 0; t && i < t->n; i++)
		for (u32 cpu = 0; t->line[i] && cpu < cpu_count_possible; cpu++)
			n += t->line[i]->counts[cpu];
	rcu_read_unlock();
	for_each_online_cpu(cpu) {
		const struct arch_irq_counts *c = percpu_ptr(arch_irq_counts, cpu);

		n += c->timer + c->resched + c->call;
	}
	return n;
}

u64 irqline_count(u32 irq)
{
	struct irqline *l;
	u64 n = 0;

	rcu_read_lock();
	l = line_of(irq);
	for (u32 cpu = 0; l && cpu < cpu_count_possible; cpu++)
		n += l->counts[cpu];
	rcu_read_unlock();
	return n;
}
