// SPDX-License-Identifier: GPL-2.0-only
/*
 * What modules want to do when a CPU comes or goes. Every CPU that there is has come before the first
 * module, and none goes: a state's functions run when it is set up and when it is removed, and otherwise
 * the state is a number that its owner holds.
 *
 * Functions of states that belong to a running CPU run there, in process context.
 */
#include "../lx.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/kernel/irq.h>
#include <tern/lib/list.h>
#include <tern/mm/slab.h>

#include "../task.h"

struct state {
	struct list link;
	int nr;
	int (*startup)(unsigned int cpu);	/* of a state with instances: (cpu, instance) */
	int (*teardown)(unsigned int cpu);
};

static LIST_HEAD(states);
static struct kmutex states_lock = KMUTEX_INIT(states_lock, LOCKRANK_VFS_MISC);

static struct state *find_locked(int nr)
{
	struct state *s;

	list_foreach(s, &states, link)
		if (s->nr == nr)
			return s;
	return NULL;
}

static int free_number_locked(int first, int last)
{
	while (first <= last && find_locked(first))
		first++;
	return first <= last ? first : -ENOSPC;
}

/* ---- running a function on its CPU ---- */

struct call {
	struct workitem item;
	struct latch done;
	int (*fn)(unsigned int cpu);
	struct lx_hlist_node *instance;
	unsigned int cpu;
	int err;
};

static void call_here(struct call *c)
{
	int (*with_instance)(unsigned int cpu, struct lx_hlist_node *n) = (void *)c->fn;

	c->err = lx_task_enter();
	if (!c->err)
		c->err = c->instance ? with_instance(c->cpu, c->instance) : c->fn(c->cpu);
}

static void call_work(struct workitem *w)
{
	struct call *c = container_of(w, struct call, item);

	call_here(c);
	latch_open_all(&c->done);
}

static int call_on(int nr, u32 cpu, int (*fn)(unsigned int), struct lx_hlist_node *instance)
{
	struct call c = { .fn = fn, .instance = instance, .cpu = cpu };

	if (nr < LX_CPUHP_AP_OFFLINE) {
		call_here(&c);
		return c.err;
	}
	workitem_init(&c.item, call_work);
	latch_init(&c.done);
	workpool_queue_on(workpool_system, &c.item, cpu);
	latch_wait(&c.done);
	return c.err;
}

static void call_down(int nr, u32 below, int (*fn)(unsigned int), struct lx_hlist_node *instance)
{
	for (u32 cpu = below; fn && cpu--;)
		if (cpu_is_online(cpu))
			(void)call_on(nr, cpu, fn, instance);
}

static int call_up(const struct state *s, struct lx_hlist_node *instance)
{
	if (!s->startup)
		return 0;
	for_each_online_cpu(cpu) {
		int err = call_on(s->nr, cpu, s->startup, instance);

		if (!err)
			continue;
		call_down(s->nr, cpu, s->teardown, instance);
		return err;
	}
	return 0;
}

/* ---- states ---- */

static int add_locked(struct state *s, int wanted)
{
	int nr = wanted;

	if (wanted == LX_CPUHP_AP_ONLINE_DYN)
		nr = free_number_locked(wanted, LX_CPUHP_AP_ONLINE_DYN_END);
	else if (wanted == LX_CPUHP_BP_PREPARE_DYN)
		nr = free_number_locked(wanted, LX_CPUHP_BP_PREPARE_DYN_END);
	else if (find_locked(wanted))
		nr = -EBUSY;
	if (nr < 0)
		return nr;
	s->nr = nr;
	list_add(&s->link, &states);
	return nr;
}

int lx___cpuhp_setup_state(int wanted, const char *name, bool invoke, int (*startup)(unsigned int),
			   int (*teardown)(unsigned int), bool multi)
{
	struct state *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	int nr, err = 0;

	if (!s)
		return -ENOMEM;
	s->startup = startup;
	s->teardown = teardown;
	kmutex_lock(&states_lock);
	nr = add_locked(s, wanted);
	kmutex_unlock(&states_lock);
	if (nr < 0) {
		kmem_free(s);
		return nr;
	}
	if (invoke && !multi)
		err = call_up(s, NULL);
	if (err)
		lx___cpuhp_remove_state(nr, false);
	/* The number is the answer where it was chosen here. */
	return err ? err : nr == wanted && wanted != LX_CPUHP_AP_ONLINE_DYN && wanted != LX_CPUHP_BP_PREPARE_DYN ?
		0 : nr;
}
LX_EXPORT(__cpuhp_setup_state);

void lx___cpuhp_remove_state(int nr, bool invoke)
{
	struct state *s;

	kmutex_lock(&states_lock);
	s = find_locked(nr);
	if (s)
		list_del(&s->link);
	kmutex_unlock(&states_lock);
	if (s && invoke)
		call_down(nr, cpu_count_possible, s->teardown, NULL);
	kmem_free(s);
}
LX_EXPORT(__cpuhp_remove_state);

static struct state *state_of(int nr)
{
	struct state *s;

	kmutex_lock(&states_lock);
	s = find_locked(nr);
	kmutex_unlock(&states_lock);
	return s;	/* its owner is the caller */
}

int lx___cpuhp_state_add_instance(int nr, struct lx_hlist_node *instance, bool invoke)
{
	struct state *s = state_of(nr);

	return !s ? -EINVAL : invoke ? call_up(s, instance) : 0;
}
LX_EXPORT(__cpuhp_state_add_instance);

int lx___cpuhp_state_remove_instance(int nr, struct lx_hlist_node *instance, bool invoke)
{
	struct state *s = state_of(nr);

	if (s && invoke)
		call_down(nr, cpu_count_possible, s->teardown, instance);
	return s ? 0 : -EINVAL;
}
LX_EXPORT(__cpuhp_state_remove_instance);

/* The set of CPUs does not change: readers of it have nothing to wait for. */
void lx_cpus_read_lock(void) { }
LX_EXPORT(cpus_read_lock);
void lx_cpus_read_unlock(void) { }
LX_EXPORT(cpus_read_unlock);
