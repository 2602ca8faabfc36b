// SPDX-License-Identifier: GPL-2.0-only
/* Threads of threaded interrupt handlers: real-time FIFO, the line masked until they have run. */
#include "irq_impl.h"

#define IRQ_THREAD_PRIO	50

static int irq_thread_main(void *arg)
{
	struct irq_action *a = arg;
	struct thread *self = thread_self();

	while (!kthread_must_stop()) {
		xchg(&self->t_state, THREAD_SLEEPING);
		if (!READ_ONCE(a->thread_due)) {
			sched_block();
			continue;
		}
		WRITE_ONCE(self->t_state, THREAD_RUNNING);
		xchg(&a->thread_due, 0);
		a->thread_fn(a->line->irq, a->arg);
		if (a->is_masking) {
			a->is_masking = false;
			irqline_enable(a->line->irq);
		}
	}
	return 0;
}

int irq_thread_start(struct irq_action *a)
{
	struct sched_params p = { .policy = SCHED_POLICY_FIFO, .priority = IRQ_THREAD_PRIO };
	struct thread *t = kthread_create(irq_thread_main, a, "irq/%u-%s", a->line->irq, a->name);

	if (IS_ERR(t))
		return PTR_ERR(t);
	a->thread = t;
	VERIFY(sched_set_params(t, &p) == 0);
	thread_wake_new(t);
	return 0;
}

void irq_thread_stop(struct irq_action *a)
{
	kthread_end(a->thread);
	if (a->is_masking)
		irqline_enable(a->line->irq);
}

/* Masked before the thread is told, so that it cannot unmask first. */
void irq_thread_wake(struct irq_action *a)
{
	if (xchg(&a->thread_due, 1))
		return;
	if (!a->is_masking) {
		a->is_masking = true;
		irqline_disable(a->line->irq);
	}
	thread_wake(a->thread);
}
