// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O ports of threads. The processor looks for a port's bit (clear: allowed) in a map
 * behind the TSS. Threads have maps of their own, shared with the threads that they make
 * until one of them changes it. A CPU copies a thread's map behind its TSS when it switches
 * to one with ports, unless it is the map that it copied last; when it switches to a
 * thread without, it only moves the map's offset out of the TSS. Level 3 of iopl(2) is a map
 * of zeros: the processor's own level would allow cli as well.
 */
#include "../cpu_impl.h"

#include <asm/atomic.h>
#include <asm/desc.h>
#include <asm/ioport.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct ioports {
	refcount refs;		/* A threads that have it */
	u64 version;		/* I while shared; no two maps of different contents have the same */
	u8 map[IOMAP_SIZE];	/* I while shared */
};

static atomic64 last_version = { IOMAP_ALL };

static u64 next_version(void)
{
	return (u64)atomic_add_return(&last_version, 1);
}

void ioports_load(const struct arch_thread *at)
{
	if (at->iopl == 3)
		desc_set_iomap(NULL, IOMAP_ALL);
	else if (at->ports)
		desc_set_iomap(at->ports->map, at->ports->version);
	else
		desc_set_iomap(NULL, IOMAP_NONE);
}

static void reload(struct arch_thread *at)
{
	at->has_ports = at->iopl == 3 || at->ports;
	ioports_load(at);
}

static void ioports_put(struct ioports *p)
{
	if (p && ref_put(&p->refs))
		kmem_free(p);
}

/* A map for thread_self alone; NULL: no memory. */
static struct ioports *own_map(struct ioports *old)
{
	struct ioports *p;

	if (old && ref_read(&old->refs) == 1)
		return old;
	p = kmem_alloc(sizeof(*p), ALLOC_KERNEL);
	if (!p)
		return NULL;
	ref_init(&p->refs, 1);
	if (old)
		memcpy(p->map, old->map, sizeof(p->map));
	else
		memset(p->map, 0xff, sizeof(p->map));
	return p;
}

int arch_ioports_set(u32 from, u32 num, bool on)
{
	struct arch_thread *at = &thread_self()->t_arch;
	struct ioports *old = at->ports, *p;
	bool has_any = false;

	if (!old && !on)
		return 0;
	p = own_map(old);
	if (!p)
		return -ENOMEM;
	for (u32 n = from; n < from + num; n++)
		p->map[n / 8] = on ? p->map[n / 8] & ~(1u << n % 8) : p->map[n / 8] | 1u << n % 8;
	for (u32 i = 0; i < sizeof(p->map) && !has_any; i++)
		has_any = p->map[i] != 0xff;
	p->version = next_version();
	preempt_disable();
	at->ports = has_any ? p : NULL;
	reload(at);
	preempt_enable();
	if (!has_any)
		ioports_put(p);
	if (old != p)
		ioports_put(old);
	return 0;
}

u8 arch_iopl_get(void)
{
	return thread_self()->t_arch.iopl;
}

void arch_iopl_set(u8 level)
{
	struct arch_thread *at = &thread_self()->t_arch;

	preempt_disable();
	at->iopl = level;
	reload(at);
	preempt_enable();
}

void ioports_fork(struct arch_thread *child, const struct arch_thread *self)
{
	child->ports = self->ports;
	child->iopl = self->iopl;
	child->has_ports = self->has_ports;
	if (child->ports)
		ref_get(&child->ports->refs);
}

void ioports_fini(struct arch_thread *at)
{
	ioports_put(at->ports);
	at->ports = NULL;
}
