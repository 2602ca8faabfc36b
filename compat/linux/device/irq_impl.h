/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a module's interrupt number comes from. */
#pragma once

#include "../lx.h"

#include <tern/kernel/irq.h>
#include <tern/lib/list.h>

/* Lines and vectors of MSI-X have the native numbers, which end below these. */
#define LX_IRQS_MSI	0x10000u	/* and the function's place on the bus: its one message */
#define LX_IRQS_VIRTUAL	0x20000u	/* those that modules make */

struct lx_irq_source {
	struct list link, actions;	/* irq.c's */
	u32 number;			/* what modules call it */
	u32 native;			/* line, once attached */
	/* Connect a handler; 0 or -errno. Sleeps. */
	int (*attach)(struct lx_irq_source *s, irq_handler fn, irq_handler thread, u32 flags,
		      const char *name, void *arg);
	void (*detach)(struct lx_irq_source *s, void *arg);
	int (*set_cpu)(struct lx_irq_source *s, u32 cpu);	/* NULL: cannot be moved */
	bool is_line;			/* can be masked where it comes in */
	bool was_missed;		/* came while it was disabled */
	atomic32 disabled;		/* A depth */
	void *owner;
	u32 index;
};

/** lx_irq_source_add() - its number can be requested from now on. Sleeps. */
void lx_irq_source_add(struct lx_irq_source *s);
/** lx_irq_source_remove() - nobody holds it any more. Sleeps. */
void lx_irq_source_remove(struct lx_irq_source *s);

/** lx_irq_is_virtual() - is it a number that a module made (virq.c). */
bool lx_irq_is_virtual(unsigned int irq);
/** lx_virq_request() / lx_virq_free() - request_threaded_irq() and free_irq() of such a number. */
int lx_virq_request(unsigned int irq, unsigned int (*handler)(int, void *), unsigned int (*thread)(int, void *),
		    unsigned long flags, const char *name, void *arg);
const void *lx_virq_free(unsigned int irq, void *arg);
