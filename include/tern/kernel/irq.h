/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt lines, soft interrupts, deferred work. Owner kernel/irq. */
#pragma once

#include <asm/irq.h>
#include <asm/percpu.h>
#include <tern/base/lock.h>
#include <tern/kernel/timeout.h>

enum irq_result { IRQ_NOT_MINE, IRQ_DONE, IRQ_WAKE_THREAD };
typedef enum irq_result (*irq_handler)(u32 irq, void *arg);
#define IRQ_SHARED	0x1u

/**
 * irqline_attach() - add a handler (hard context); 0, -EBUSY, -ENOMEM. Unmasks
 * the line. Sleeps.
 */
int irqline_attach(u32 irq, irq_handler fn, u32 flags, const char *name, void *arg);
/**
 * irqline_attach_threaded() - @fn may answer IRQ_WAKE_THREAD: @thread_fn then
 * runs in a kernel thread.
 */
int irqline_attach_threaded(u32 irq, irq_handler fn, irq_handler thread_fn, u32 flags, const char *name, void *arg);
/** irqline_detach() - waits until the handler is not running. Sleeps. */
void irqline_detach(u32 irq, void *arg);
void irqline_disable(u32 irq);	/* nests */
void irqline_enable(u32 irq);
/** irqline_print() - /proc/interrupts text; line by line through a callback. */
struct seqbuf;
void irqline_print(struct seqbuf *sb);
/** irqline_total() - hard interrupts of all kinds so far (/proc/stat intr). */
u64 irqline_total(void);
/** irqline_count() - of one line, all CPUs. */
u64 irqline_count(u32 irq);

/* Soft interrupts: vendor's order. */
enum softirq { SOFTIRQ_HI, SOFTIRQ_TIMER, SOFTIRQ_NET_TX, SOFTIRQ_NET_RX, SOFTIRQ_BLOCK,
	SOFTIRQ_POLL, SOFTIRQ_TASKLET, SOFTIRQ_SCHED, SOFTIRQ_HRTIMER, SOFTIRQ_RCU, SOFTIRQ_COUNT };
void softirq_register(enum softirq nr, void (*fn)(void));
/**
 * softirq_raise() - on this CPU; runs at the end of the interrupt or bh
 * section, or in ksoftirqd.
 */
void softirq_raise(enum softirq nr);
/**
 * softirq_mark() - softirq_raise() that wakes nobody: it runs at the next
 * interrupt, switch or bh section. Interrupts off.
 */
void softirq_mark(enum softirq nr);
/* Raised on this CPU, bit n for number n; C. */
DECLARE_PERCPU(u32, softirq_pending);
void bh_disable(void);
void bh_enable(void);
u64 softirq_count(enum softirq nr, u32 cpu);

/* Locks that soft interrupts take too. */
static inline void spin_lock_bh(struct spin *l)
{
	bh_disable();
	spin_lock(l);
}
static inline void spin_unlock_bh(struct spin *l)
{
	spin_unlock(l);
	bh_enable();
}

/* Work: functions run by pool threads in process context. */
struct workitem { struct list link; void (*fn)(struct workitem *w); u64 state; };
#define WORKITEM_INIT(f) { .fn = (f) }
struct delayed_item { struct workitem work; struct timeout timer; struct workpool *pool; };
struct workpool;
extern struct workpool *workpool_system;	/* per-CPU, for short work */
extern struct workpool *workpool_long;		/* unbound, for work that sleeps long */
void workitem_init(struct workitem *w, void (*fn)(struct workitem *w));
/** workpool_queue() - false if it is queued already. Context: any but NMI. */
bool workpool_queue(struct workpool *p, struct workitem *w);
void delayed_work_init(struct delayed_item *d, void (*fn)(struct workitem *w));
bool workpool_queue_delayed(struct workpool *p, struct delayed_item *d, nsec_t delay);
/** workpool_queue_on() - on the workers of @cpu. */
bool workpool_queue_on(struct workpool *p, struct workitem *w, u32 cpu);
/**
 * workpool_rearm_delayed() - queue after @delay from now, whether it waits
 * already or not; true if it did.
 */
bool workpool_rearm_delayed(struct workpool *p, struct delayed_item *d, nsec_t delay);
/**
 * delayed_work_flush() - if it waits for its time, queue it now; then wait
 * until it has run. Sleeps.
 */
void delayed_work_flush(struct delayed_item *d);
/** workitem_cancel_sync() - not queued and not running on return; true if it was queued. Sleeps. */
bool workitem_cancel_sync(struct workitem *w);
bool delayed_work_cancel_sync(struct delayed_item *d);
/** workitem_flush() - wait until it has run. */
void workitem_flush(struct workitem *w);
/** workpool_create() - @max_active 0: default; NULL on failure. */
struct workpool *workpool_create(const char *name, bool is_unbound, u32 max_active);
void workpool_destroy(struct workpool *p);
void workpool_flush(struct workpool *p);

/**
 * workq_block_begin() - sched_block() by a worker: another one may run
 * meanwhile. True: owes workq_block_end().
 */
bool workq_block_begin(struct thread *self);
void workq_block_end(struct thread *self);

/* init/main.c order */
void softirq_init(void);
void workq_init(void);
