// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock order checker (CONFIG_DEBUG_LOCKS).
 *
 * Held spin locks are on a stack of the CPU (preemption is off while one is held),
 * held sleeping locks on one of the thread, allocated when it takes its first. Each
 * acquisition is checked against both: rank above every held one (equal only when
 * nested), not held already, interrupts off from LOCKRANK_IRQ up, and no lock below
 * that in a hard interrupt. A trylock cannot dead-lock and is only recorded.
 *
 * A file system on top of others calls them with its own locks held: between
 * lockcheck_layer_enter() and _leave() what was taken before is of an outer layer, whose
 * ranks say nothing about the inner one's. That files are below those that are stacked on
 * them is certain, since a layer exists before the file system that uses it.
 *
 * The run queue lock travels from one thread to the next in a context switch and
 * is not known here.
 */
#include "sync_impl.h"

#include <asm/cpu.h>
#include <tern/base/bug.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>
#include <tern/lib/bitmap.h>
#include <tern/mm/slab.h>

#define HELD_MAX	40
#define REPORTS_MAX	100

struct held {
	const void *lock;
	u16 rank;
	u16 layer;
};

struct held_stack {
	u32 n;
	u16 layer;			/* of what is taken next; threads' only */
	struct held e[HELD_MAX];
};

static DEFINE_PERCPU(struct held_stack, spin_stack);
static DEFINE_PERCPU(u32, is_reporting);
static u32 reports;
static BITMAP(reported, LOCKRANK_COUNT * LOCKRANK_COUNT);

/* Each pair of ranks once; pairs with rank 0 as often as there is room. */
static bool is_new(u16 rank, const struct held *other)
{
	u32 with = other ? other->rank : 0;

	if (rank && rank < LOCKRANK_COUNT && with < LOCKRANK_COUNT &&
	    bit_test_and_set(rank * LOCKRANK_COUNT + with, reported))
		return false;
	return __atomic_fetch_add(&reports, 1, __ATOMIC_RELAXED) < REPORTS_MAX;
}

static void report(const char *what, u16 rank, const void *lock, const struct held *other)
{
	if (this_cpu_read(is_reporting) || !is_new(rank, other))
		return;
	this_cpu_write(is_reporting, 1);
	klog(KLOG_ERR, "lock %p of rank %u: %s (%p of rank %u)", lock, rank, what,
	     other ? other->lock : NULL, other ? other->rank : 0);
	kwarn_at("lock order", __FILE__, __LINE__);
	this_cpu_write(is_reporting, 0);
}

static void check_against(const struct held_stack *s, u16 rank, const void *lock, bool is_nested)
{
	for (u32 i = 0; s && i < s->n; i++) {
		const struct held *h = &s->e[i];

		if (h->lock == lock)
			report("taken twice", rank, lock, h);
		else if (h->layer < s->layer && h->rank < LOCKRANK_SPIN)
			continue;
		else if (rank && h->rank && (h->rank > rank || (h->rank == rank && !is_nested)))
			report("taken inside a later one", rank, lock, h);
	}
}

static void push(struct held_stack *s, u16 rank, const void *lock)
{
	if (s->n < HELD_MAX)
		s->e[s->n++] = (struct held){ lock, rank, s->layer };
}

static bool pop(struct held_stack *s, const void *lock)
{
	for (u32 i = s->n; i-- > 0; ) {
		if (s->e[i].lock != lock)
			continue;
		for (s->n--; i < s->n; i++)
			s->e[i] = s->e[i + 1];
		return true;
	}
	return false;
}

static struct held_stack *thread_stack(void)
{
	struct thread *t = thread_self();

	return t ? t->t_lockcheck : NULL;
}

void lockcheck_acquire(u16 rank, const void *lock, bool is_nested, bool is_try)
{
	u64 flags = irq_save();
	struct held_stack *s = this_cpu_ptr(spin_stack);

	if (!is_try) {
		check_against(s, rank, lock, is_nested);
		if (!in_interrupt())
			check_against(thread_stack(), rank, lock, false);
		if (rank > LOCKRANK_IRQ && (flags & RFLAGS_IF))
			report("taken with interrupts on", rank, lock, NULL);
		if (rank && rank < LOCKRANK_IRQ && in_hardirq())
			report("taken in an interrupt", rank, lock, NULL);
	}
	push(s, rank, lock);
	irq_restore(flags);
}

void lockcheck_release(u16 rank, const void *lock)
{
	u64 flags = irq_save();

	if (!pop(this_cpu_ptr(spin_stack), lock))
		report("released but not held", rank, lock, NULL);
	irq_restore(flags);
}

bool lockcheck_is_held(const void *lock)
{
	u64 flags = irq_save();
	const struct held_stack *s[2] = { this_cpu_ptr(spin_stack), thread_stack() };
	bool found = false;

	for (u32 k = 0; k < 2; k++)
		for (u32 i = 0; s[k] && i < s[k]->n; i++)
			found |= s[k]->e[i].lock == lock;
	irq_restore(flags);
	return found;
}

/* The thread's, made if need be; NULL until memory works. The scheduler frees it with the thread. */
static struct held_stack *thread_stack_make(void)
{
	struct thread *t = thread_self();

	if (t && !t->t_lockcheck && sched_is_running())
		t->t_lockcheck = kmem_zalloc(sizeof(struct held_stack), ALLOC_ATOMIC);
	return t ? t->t_lockcheck : NULL;
}

void lockcheck_acquire_sleeping(u16 rank, const void *lock, bool is_nested, bool is_try)
{
	struct held_stack *s = thread_stack_make();

	if (!s)
		return;
	if (!is_try) {
		check_against(s, rank, lock, is_nested);
		check_against(this_cpu_ptr(spin_stack), rank, lock, is_nested);
	}
	push(s, rank, lock);
}

void lockcheck_layer_enter(void)
{
	struct held_stack *s = thread_stack_make();

	if (s)
		s->layer++;
}

void lockcheck_layer_leave(void)
{
	struct held_stack *s = thread_stack();

	if (s && s->layer)
		s->layer--;
}

void lockcheck_release_sleeping(u16 rank, const void *lock)
{
	struct held_stack *s = thread_stack();

	if (s)
		pop(s, lock);
}
