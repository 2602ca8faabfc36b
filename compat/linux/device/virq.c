// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt numbers that modules make for what lies behind a device of theirs (a chip with lines of its
 * own): the module's handler says which of them happened, and their actions run.
 *
 * Lock: virq_lock protects which numbers there are; a number in use is its maker's to call.
 */
#include "irq_impl.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/mm/slab.h>

#define VIRQ_FIRST	LX_IRQS_VIRTUAL
#define VIRQ_MAX	(1u << 20)
#define WAKE_THREAD	2u

struct virq {
	struct lx_irq_desc desc;
	struct lx_irqaction act;	/* its one action; no handler and no thread: none */
};

static struct lx_xarray table;		/* virq_lock */
static u32 next_free = VIRQ_FIRST;
static struct kmutex virq_lock = KMUTEX_INIT(virq_lock, LOCKRANK_VFS_MISC);

static struct virq *virq_of(unsigned int irq) { return irq >= VIRQ_FIRST ? lx_xa_load(&table, irq) : NULL; }

bool lx_irq_is_virtual(unsigned int irq) { return irq >= VIRQ_FIRST; }

static bool is_free(u32 from, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (virq_of(from + i))
			return false;
	return true;
}

static void drop(u32 from, u32 n)
{
	for (u32 i = 0; i < n; i++)
		kmem_free(lx_xa_erase(&table, from + i));
}

static int make(u32 from, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		struct virq *v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);

		if (!v || lx_xa_store(&table, from + i, v, ALLOC_KERNEL)) {
			kmem_free(v);
			drop(from, i);
			return -ENOMEM;
		}
		v->desc.irq_data.irq = from + i;
		v->desc.irq_data.common = &v->desc.irq_common_data;
		v->desc.depth = 1;
	}
	return 0;
}

int lx___irq_alloc_descs(int irq, unsigned int from, unsigned int n, int node, struct lx_module *owner,
			 const struct lx_irq_affinity_desc *affinity)
{
	int err;
	u32 at;

	if (!n)
		return -EINVAL;
	if (irq >= 0 && (u32)irq < VIRQ_FIRST)
		return -EEXIST;
	kmutex_lock(&virq_lock);
	at = irq >= 0 ? (u32)irq : next_free;
	while (irq < 0 && at + n < VIRQ_MAX && !is_free(at, n))
		at++;
	err = at + n >= VIRQ_MAX ? -ENOSPC : !is_free(at, n) ? -EEXIST : make(at, n);
	kmutex_unlock(&virq_lock);
	return err ? err : (int)at;
}
LX_EXPORT(__irq_alloc_descs);

void lx_irq_free_descs(unsigned int from, unsigned int n)
{
	rcu_wait();
	kmutex_lock(&virq_lock);
	drop(from, n);
	kmutex_unlock(&virq_lock);
}
LX_EXPORT(irq_free_descs);

struct lx_irq_data *lx_irq_get_irq_data(unsigned int irq)
{
	struct virq *v = virq_of(irq);

	return v ? &v->desc.irq_data : NULL;
}
LX_EXPORT(irq_get_irq_data);

int lx_irq_set_chip(unsigned int irq, const struct lx_irq_chip *chip)
{
	struct virq *v = virq_of(irq);

	if (!v)
		return -EINVAL;
	v->desc.irq_data.chip = (struct lx_irq_chip *)chip;
	return 0;
}
LX_EXPORT(irq_set_chip);

void lx___irq_set_handler(unsigned int irq, void (*handle)(struct lx_irq_desc *), int is_chained, const char *name)
{
	struct virq *v = virq_of(irq);

	if (v)
		v->desc.handle_irq = handle;
}
LX_EXPORT(__irq_set_handler);

void lx_irq_set_chip_and_handler_name(unsigned int irq, const struct lx_irq_chip *chip,
				      void (*handle)(struct lx_irq_desc *), const char *name)
{
	(void)lx_irq_set_chip(irq, chip);
	lx___irq_set_handler(irq, handle, 0, name);
}
LX_EXPORT(irq_set_chip_and_handler_name);

void lx_irq_modify_status(unsigned int irq, unsigned long clear, unsigned long set)
{
	struct virq *v = virq_of(irq);

	if (v)
		v->desc.status_use_accessors = (v->desc.status_use_accessors & ~(u32)clear) | (u32)set;
}
LX_EXPORT(irq_modify_status);

/* ---- happening ---- */

static void run(struct virq *v, bool in_thread)
{
	unsigned int what = WAKE_THREAD;
	int irq = (int)v->desc.irq_data.irq;

	if (v->desc.depth || (!v->act.handler && !v->act.thread_fn))
		return;
	if (v->act.handler && !in_thread)
		what = v->act.handler(irq, v->act.dev_id);
	if (what == WAKE_THREAD && v->act.thread_fn)
		(void)v->act.thread_fn(irq, v->act.dev_id);
}

void lx_handle_simple_irq(struct lx_irq_desc *desc) { run(container_of(desc, struct virq, desc), false); }
LX_EXPORT(handle_simple_irq);

void lx_handle_nested_irq(unsigned int irq)
{
	struct virq *v = virq_of(irq);

	if (v)
		run(v, true);
}
LX_EXPORT(handle_nested_irq);

int lx_generic_handle_irq(unsigned int irq)
{
	struct virq *v = virq_of(irq);

	if (!v || !v->desc.handle_irq)
		return -EINVAL;
	v->desc.handle_irq(&v->desc);
	return 0;
}
LX_EXPORT(generic_handle_irq);

/* ---- used by drivers behind it ---- */

static void mask(struct virq *v, bool on)
{
	struct lx_irq_chip *chip = v->desc.irq_data.chip;
	void (*fn)(struct lx_irq_data *) = NULL;

	if (chip && on)
		fn = chip->irq_disable ? chip->irq_disable : chip->irq_mask;
	else if (chip)
		fn = chip->irq_enable ? chip->irq_enable : chip->irq_unmask;
	if (chip && chip->irq_bus_lock)
		chip->irq_bus_lock(&v->desc.irq_data);
	if (fn)
		fn(&v->desc.irq_data);
	if (chip && chip->irq_bus_sync_unlock)
		chip->irq_bus_sync_unlock(&v->desc.irq_data);
}

int lx_virq_request(unsigned int irq, unsigned int (*handler)(int, void *), unsigned int (*thread)(int, void *),
		    unsigned long flags, const char *name, void *arg)
{
	struct virq *v = virq_of(irq);

	if (!v)
		return -EINVAL;
	if (v->act.handler || v->act.thread_fn)
		return -EBUSY;
	v->act.dev_id = arg;
	v->act.name = name;
	v->act.flags = (unsigned int)flags;
	v->act.handler = handler;
	v->act.thread_fn = thread;
	v->desc.action = &v->act;
	v->desc.depth = 0;
	mask(v, false);
	return 0;
}

const void *lx_virq_free(unsigned int irq, void *arg)
{
	struct virq *v = virq_of(irq);
	const char *name;

	if (!v || v->act.dev_id != arg)
		return NULL;
	name = v->act.name;
	mask(v, true);
	v->desc.depth = 1;
	v->desc.action = NULL;
	v->act = (struct lx_irqaction){ .handler = NULL };
	return name;
}
