// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of modules. A number that a module holds names a source: a vector of MSI-X, the
 * message of MSI, or a line. request_irq() connects its handler to the native line of the source.
 *
 * Lock: sources_lock (lists; sleeping); handlers run without it.
 */
#include "irq_impl.h"

#include "../task.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/kernel/irq.h>
#include <tern/lib/list.h>
#include <tern/mm/slab.h>

#define IRQF_SHARED	0x80u
#define IRQF_NO_AUTOEN	0x80000u
#define RESULT_HANDLED	1u
#define RESULT_WAKE	2u

/* One handler on a source. */
struct action {
	struct list link;
	struct lx_irq_source *source;
	unsigned int (*handler)(int irq, void *arg);
	unsigned int (*thread)(int irq, void *arg);
	void *arg;
	const char *name;
};

static LIST_HEAD(sources);
static struct kmutex sources_lock = KMUTEX_INIT(sources_lock, LOCKRANK_IRQSOURCE);

void lx_irq_source_add(struct lx_irq_source *s)
{
	list_init(&s->actions);
	kmutex_lock(&sources_lock);
	list_add(&s->link, &sources);
	kmutex_unlock(&sources_lock);
}

void lx_irq_source_remove(struct lx_irq_source *s)
{
	kmutex_lock(&sources_lock);
	list_del(&s->link);
	kmutex_unlock(&sources_lock);
}

static struct lx_irq_source *source_find_locked(u32 number)
{
	struct lx_irq_source *s;

	list_foreach(s, &sources, link)
		if (s->number == number)
			return s;
	return NULL;
}

static enum irq_result action_hard(u32 irq, void *arg)
{
	struct action *a = arg;
	unsigned int r;

	if (unlikely(atomic_read(&a->source->disabled))) {
		WRITE_ONCE(a->source->was_missed, true);
		return IRQ_DONE;
	}
	r = a->handler ? a->handler((int)a->source->number, a->arg) : RESULT_WAKE;

	return r == RESULT_HANDLED ? IRQ_DONE : r == RESULT_WAKE ? IRQ_WAKE_THREAD : IRQ_NOT_MINE;
}

static enum irq_result action_thread(u32 irq, void *arg)
{
	struct action *a = arg;

	if (lx_task_enter())
		return IRQ_NOT_MINE;
	return a->thread((int)a->source->number, a->arg) == RESULT_HANDLED ? IRQ_DONE : IRQ_NOT_MINE;
}

static int request_locked(struct action *a, u32 number, unsigned long flags)
{
	struct lx_irq_source *s = source_find_locked(number);
	int err;

	if (!s)
		return -EINVAL;
	a->source = s;
	err = s->attach(s, action_hard, a->thread ? action_thread : NULL,
			flags & IRQF_SHARED ? IRQ_SHARED : 0, a->name, a);
	if (!err)
		list_add_tail(&a->link, &s->actions);
	return err;
}

int lx_request_threaded_irq(unsigned int irq, unsigned int (*handler)(int, void *),
			    unsigned int (*thread)(int, void *), unsigned long flags, const char *name,
			    void *arg)
{
	struct action *a;
	int err;

	if ((!handler && !thread) || (flags & IRQF_NO_AUTOEN) || ((flags & IRQF_SHARED) && !arg))
		return -EINVAL;
	if (lx_irq_is_virtual(irq))
		return lx_virq_request(irq, handler, thread, flags, name, arg);
	a = kmem_zalloc(sizeof(*a), ALLOC_KERNEL);
	if (!a)
		return -ENOMEM;
	a->handler = handler;
	a->thread = thread;
	a->arg = arg;
	a->name = name;
	kmutex_lock(&sources_lock);
	err = request_locked(a, irq, flags);
	kmutex_unlock(&sources_lock);
	if (err)
		kmem_free(a);
	return err;
}
LX_EXPORT(request_threaded_irq);

static struct action *take_locked(u32 number, void *arg)
{
	struct lx_irq_source *s = source_find_locked(number);
	struct action *a;

	if (!s)
		return NULL;
	list_foreach(a, &s->actions, link) {
		if (a->arg != arg)
			continue;
		list_del(&a->link);
		s->detach(s, a);
		return a;
	}
	return NULL;
}

const void *lx_free_irq(unsigned int irq, void *arg)
{
	struct action *a;
	const char *name;

	if (lx_irq_is_virtual(irq))
		return lx_virq_free(irq, arg);
	kmutex_lock(&sources_lock);
	a = take_locked(irq, arg);
	kmutex_unlock(&sources_lock);
	if (!a)
		return NULL;
	name = a->name;
	kmem_free(a);
	return name;
}
LX_EXPORT(free_irq);

/*
 * Messages cannot be masked at the line: while a source is disabled its handlers are not called, and an
 * interrupt that came meanwhile is made up for. No lock: the driver holds its interrupt.
 */
static struct lx_irq_source *source_of(unsigned int irq)
{
	struct lx_irq_source *s;

	list_foreach(s, &sources, link)
		if (s->number == irq)
			return s;
	return NULL;
}

void lx_disable_irq_nosync(unsigned int irq)
{
	struct lx_irq_source *s = source_of(irq);

	if (s && atomic_fetch_add(&s->disabled, 1) == 0 && s->is_line)
		irqline_disable(s->native);
}
LX_EXPORT(disable_irq_nosync);

void lx_enable_irq(unsigned int irq)
{
	struct lx_irq_source *s = source_of(irq);
	struct action *a;
	u64 flags;

	if (!s || !atomic_dec_and_test(&s->disabled))
		return;
	if (s->is_line)
		irqline_enable(s->native);
	if (!xchg(&s->was_missed, false))
		return;
	flags = irq_save();
	list_foreach(a, &s->actions, link)
		(void)action_hard(s->native, a);
	irq_restore(flags);
}
LX_EXPORT(enable_irq);

void lx_synchronize_irq(unsigned int irq)
{
	rcu_wait();		/* handlers run with preemption off */
}
LX_EXPORT(synchronize_irq);

void lx_disable_irq(unsigned int irq)
{
	lx_disable_irq_nosync(irq);
	lx_synchronize_irq(irq);
}
LX_EXPORT(disable_irq);

bool lx_disable_hardirq(unsigned int irq)
{
	lx_disable_irq(irq);
	return true;
}
LX_EXPORT(disable_hardirq);

static int move_to_first(struct lx_irq_source *s, const struct lx_cpumask *mask)
{
	for_each_online_cpu(cpu)
		if (bit_test(cpu, mask->bits))
			return s->set_cpu(s, cpu);
	return -EINVAL;
}

int lx___irq_apply_affinity_hint(unsigned int irq, const struct lx_cpumask *mask, bool set)
{
	struct lx_irq_source *s;
	int err = 0;

	kmutex_lock(&sources_lock);
	s = source_find_locked(irq);
	if (!s)
		err = -EINVAL;
	else if (set && mask && s->set_cpu)
		err = move_to_first(s, mask);
	kmutex_unlock(&sources_lock);
	return err;
}
LX_EXPORT(__irq_apply_affinity_hint);

/* Lines of ISA cards are not searched for: none is found. */
unsigned long lx_probe_irq_on(void) { return 0; }
LX_EXPORT(probe_irq_on);
int lx_probe_irq_off(unsigned long candidates) { return 0; }
LX_EXPORT(probe_irq_off);

/* ---- released with the binding ---- */

struct devm_irq { unsigned int irq; void *arg; };

static void devm_irq_release(struct lx_device *dev, void *data)
{
	struct devm_irq *d = data;

	(void)lx_free_irq(d->irq, d->arg);
}

int lx_devm_request_threaded_irq(struct lx_device *dev, unsigned int irq,
		unsigned int (*handler)(int, void *), unsigned int (*thread)(int, void *),
		unsigned long flags, const char *name, void *arg)
{
	struct devm_irq *d = lx___devres_alloc_node(devm_irq_release, sizeof(*d), ALLOC_KERNEL, 0, "irq");
	int err;

	if (!d)
		return -ENOMEM;
	err = lx_request_threaded_irq(irq, handler, thread, flags, name ? name : lx_dev_driver_string(dev), arg);
	if (err) {
		lx_devres_free(d);
		return err;
	}
	*d = (struct devm_irq){ irq, arg };
	lx_devres_add(dev, d);
	return 0;
}
LX_EXPORT(devm_request_threaded_irq);

static int is_that_irq(struct lx_device *dev, void *data, void *arg)
{
	const struct devm_irq *d = data, *want = arg;

	return d->irq == want->irq && d->arg == want->arg;
}

void lx_devm_free_irq(struct lx_device *dev, unsigned int irq, void *arg)
{
	struct devm_irq want = { irq, arg };

	(void)lx_devres_release(dev, devm_irq_release, is_that_irq, &want);
}
LX_EXPORT(devm_free_irq);
