// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleepable RCU. Readers count themselves in and out on their CPU, in one of two counts; a writer turns
 * readers to the other count and waits until as many left the old one as came, twice, so that a reader
 * who chose its count just before the turn is waited for too.
 */
#include "../lx.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/percpu_alloc.h>
#include <tern/base/preempt.h>
#include <tern/base/waitq.h>
#include <tern/lib/string.h>

static struct waitq srcu_idle = WAITQ_INIT(srcu_idle);

struct counts { unsigned long came[2], left[2]; };

static struct counts *counts_on(struct lx_srcu_struct *s, u32 cpu)
{
	return (struct counts *)((uptr)s->sda + percpu_base[cpu]);
}

int lx_init_srcu_struct(struct lx_srcu_struct *s)
{
	memset(s, 0, sizeof(*s));
	lx___mutex_init(&s->srcu_gp_mutex, "srcu", NULL);
	s->sda = lx___alloc_percpu(sizeof(struct counts), sizeof(u64));
	return s->sda ? 0 : -ENOMEM;
}
LX_EXPORT(init_srcu_struct);

void lx_cleanup_srcu_struct(struct lx_srcu_struct *s)
{
	lx_free_percpu(s->sda);
	s->sda = NULL;
}
LX_EXPORT(cleanup_srcu_struct);

int lx___srcu_read_lock(struct lx_srcu_struct *s)
{
	int which;

	preempt_disable();
	which = READ_ONCE(s->srcu_idx) & 1;
	counts_on(s, this_cpu_read(cpu_id))->came[which]++;
	smp_mb();
	preempt_enable();
	return which;
}
LX_EXPORT(__srcu_read_lock);

void lx___srcu_read_unlock(struct lx_srcu_struct *s, int which)
{
	preempt_disable();
	smp_mb();
	counts_on(s, this_cpu_read(cpu_id))->left[which]++;
	preempt_enable();
	smp_mb();
	if (READ_ONCE(s->srcu_gp_seq_needed))
		waitq_wake_all(&srcu_idle);
}
LX_EXPORT(__srcu_read_unlock);

/* Those who left are counted first: a reader that comes meanwhile makes it false, never true. */
static bool is_idle(struct lx_srcu_struct *s, u32 which)
{
	unsigned long left = 0, came = 0;

	for_each_possible_cpu(cpu)
		left += READ_ONCE(counts_on(s, cpu)->left[which]);
	smp_mb();
	for_each_possible_cpu(cpu)
		came += READ_ONCE(counts_on(s, cpu)->came[which]);
	return left == came;
}

void lx_synchronize_srcu(struct lx_srcu_struct *s)
{
	lx_mutex_lock(&s->srcu_gp_mutex);
	WRITE_ONCE(s->srcu_gp_seq_needed, 1);
	smp_mb();
	for (u32 turn = 0; turn < 2; turn++) {
		u32 old = s->srcu_idx & 1;

		waitq_wait(&srcu_idle, is_idle(s, old ^ 1));
		WRITE_ONCE(s->srcu_idx, s->srcu_idx + 1);
		smp_mb();
		waitq_wait(&srcu_idle, is_idle(s, old));
	}
	WRITE_ONCE(s->srcu_gp_seq_needed, 0);
	lx_mutex_unlock(&s->srcu_gp_mutex);
}
LX_EXPORT(synchronize_srcu);
