/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to kernel/irq: the state word of a work item, and steps of delayed work. */
#pragma once

#include <tern/kernel/irq.h>

#define WORK_PENDING	1UL
#define WORK_BITS	7UL

/** workq_insert() - queue an item whose PENDING bit the caller has set. */
void workq_insert(struct workpool *p, struct workitem *w, u32 cpu);
/** workitem_unqueue() - take an item off its queue; false if it was not pending. Nosleep. */
bool workitem_unqueue(struct workitem *w);
