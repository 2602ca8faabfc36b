// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a balloon driver holds for the host, and the figures of memory that it reports.
 *
 * Pages of a balloon are never moved: they lie in the driver's list until it lets the air out. Counters that
 * modules read inline (vm_node_stat) are taken from the native ones when a module asks for any figure.
 */
#include "../lx.h"

#include <asm/cpu.h>
#include <asm/percpu.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/mm/page.h>
#include <tern/mm/vmstat.h>

#define MAX_NODES	1024
#define MAX_ZONES	5

static DEFINE_PERCPU(struct lx_vm_event_state, lx_vm_event_states);	/* modules count in it */
LX_EXPORT_DATA(vm_event_states);
static long lx_vm_node_stat[LX_NR_VM_NODE_STAT_ITEMS];
LX_EXPORT_DATA(vm_node_stat);
static struct lx_static_key lx_init_on_free, lx__page_poisoning_enabled;
LX_EXPORT_DATA(init_on_free);
LX_EXPORT_DATA(_page_poisoning_enabled);
/* A node begins with its zones; modules compare their addresses. */
static struct lx_zone node_zones[MAX_ZONES];
static void *lx_node_data[MAX_NODES] = { node_zones };
LX_EXPORT_DATA(node_data);

/* ---- pages ---- */

struct lx_page *lx_balloon_page_alloc(void)
{
	return (struct lx_page *)page_alloc(0, ALLOC_USER | ALLOC_NOWARN | ALLOC_NORETRY);
}
LX_EXPORT(balloon_page_alloc);

void lx_balloon_page_enqueue(struct lx_balloon_dev_info *b, struct lx_page *page)
{
	unsigned long flags = lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&b->pages_lock);
	struct lx_list_head *n = &page->lru, *head = &b->pages;

	n->next = head->next;
	n->prev = head;
	head->next->prev = n;
	head->next = n;
	this_cpu_inc(lx_vm_event_states.event[LX_BALLOON_INFLATE]);
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&b->pages_lock, flags);
}
LX_EXPORT(balloon_page_enqueue);

struct lx_page *lx_balloon_page_dequeue(struct lx_balloon_dev_info *b)
{
	unsigned long flags = lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&b->pages_lock);
	struct lx_list_head *n = b->pages.next;

	if (n == &b->pages) {
		n = NULL;
	} else {
		n->prev->next = n->next;
		n->next->prev = n->prev;
		n->next = n->prev = n;
		this_cpu_inc(lx_vm_event_states.event[LX_BALLOON_DEFLATE]);
	}
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&b->pages_lock, flags);
	return n ? container_of(n, struct lx_page, lru) : NULL;
}
LX_EXPORT(balloon_page_dequeue);

void lx_adjust_managed_page_count(struct lx_page *page, long n) { page_adjust_total((struct page *)page, n); }
LX_EXPORT(adjust_managed_page_count);

static bool never_isolated(struct lx_page *page, unsigned int mode) { return false; }
static int never_migrated(struct lx_page *dst, struct lx_page *src, unsigned int mode) { return -EBUSY; }
static void never_put_back(struct lx_page *page) { }
static const struct lx_movable_operations lx_balloon_mops = {
	.isolate_page = never_isolated, .migrate_page = never_migrated, .putback_page = never_put_back,
};
LX_EXPORT_DATA(balloon_mops);
void lx___SetPageMovable(struct lx_page *page, const struct lx_movable_operations *ops) { }
LX_EXPORT(__SetPageMovable);
void lx___ClearPageMovable(struct lx_page *page) { }
LX_EXPORT(__ClearPageMovable);

/* The host is not told of pages that are free just now, nor is a driver asked before a process is killed. */
int lx_page_reporting_register(struct lx_page_reporting_dev_info *dev) { return -EOPNOTSUPP; }
LX_EXPORT(page_reporting_register);
void lx_page_reporting_unregister(struct lx_page_reporting_dev_info *dev) { }
LX_EXPORT(page_reporting_unregister);
int lx_register_oom_notifier(struct lx_notifier_block *nb) { return -EOPNOTSUPP; }
LX_EXPORT(register_oom_notifier);
int lx_unregister_oom_notifier(struct lx_notifier_block *nb) { return -ENOENT; }
LX_EXPORT(unregister_oom_notifier);

void lx_unlock_page(struct lx_page *page) { page_unlock((struct page *)page); }
LX_EXPORT(unlock_page);

/* ---- figures ---- */

static const struct { u32 to; enum vmstat_item from; } events[] = {
	{ LX_PSWPIN, VMSTAT_PSWPIN }, { LX_PSWPOUT, VMSTAT_PSWPOUT }, { LX_PGFAULT, VMSTAT_PGFAULT },
	{ LX_PGMAJFAULT, VMSTAT_PGMAJFAULT }, { LX_PGFREE, VMSTAT_PGFREE }, { LX_PGALLOC_NORMAL, VMSTAT_PGALLOC },
	{ LX_OOM_KILL, VMSTAT_OOM_KILL },
};

static const struct { u32 to; enum vmstat_item from; } stats[] = {
	{ LX_NR_INACTIVE_ANON, VMSTAT_INACTIVE_ANON }, { LX_NR_ACTIVE_ANON, VMSTAT_ACTIVE_ANON },
	{ LX_NR_INACTIVE_FILE, VMSTAT_INACTIVE_FILE }, { LX_NR_ACTIVE_FILE, VMSTAT_ACTIVE_FILE },
	{ LX_NR_UNEVICTABLE, VMSTAT_UNEVICTABLE }, { LX_NR_ANON_MAPPED, VMSTAT_ANON },
	{ LX_NR_FILE_MAPPED, VMSTAT_MAPPED }, { LX_NR_FILE_PAGES, VMSTAT_FILE }, { LX_NR_FILE_DIRTY, VMSTAT_DIRTY },
	{ LX_NR_WRITEBACK, VMSTAT_WRITEBACK }, { LX_NR_SHMEM, VMSTAT_SHMEM }, { LX_NR_SWAPCACHE, VMSTAT_SWAPCACHED },
};

void lx_all_vm_events(unsigned long *out)
{
	for (u32 i = 0; i < LX_NR_VM_EVENT_ITEMS; i++) {
		out[i] = 0;
		for_each_possible_cpu(cpu)
			out[i] += READ_ONCE(percpu_ptr(lx_vm_event_states, cpu)->event[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(events); i++)
		out[events[i].to] += (unsigned long)vmstat_read(events[i].from);
	for (u32 i = 0; i < ARRAY_SIZE(stats); i++)
		WRITE_ONCE(lx_vm_node_stat[stats[i].to], vmstat_read(stats[i].from));
}
LX_EXPORT(all_vm_events);

void lx_si_meminfo(struct lx_sysinfo *out)
{
	struct meminfo mi;

	meminfo_get(&mi);
	out->totalram = mi.total;
	out->freeram = mi.free;
	out->sharedram = mi.shmem;
	out->bufferram = mi.buffers;
	out->totalhigh = out->freehigh = 0;
	out->mem_unit = PAGE_SIZE;
}
LX_EXPORT(si_meminfo);

long lx_si_mem_available(void)
{
	struct meminfo mi;

	meminfo_get(&mi);
	return (long)mi.available;
}
LX_EXPORT(si_mem_available);
