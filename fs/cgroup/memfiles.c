// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files memory.* of a control group: numbers of its memgroup in bytes, limits as bytes with a
 * unit or "max". The root has no memgroup; memory.stat there is the machine's.
 */
#include "memfiles.h"

#include <tern/lib/fmt.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/vmstat.h>

static int print_pages(struct seqbuf *sb, s64 pages)
{
	cgfile_print_limit(sb, pages == CG_NOLIMIT ? pages : pages * (s64)PAGE_SIZE);
	return 0;
}

/* Bytes with a unit, or "max", as pages. */
static int parse_pages(const char *text, s64 *out)
{
	static const char units[] = "kmgt";
	const char *end, *unit;
	u64 v;

	*out = CG_NOLIMIT;
	if (!strcmp(text, "max"))
		return 0;
	if (parse_u64(text, 0, &v, &end))
		return -EINVAL;
	unit = *end ? strchr(units, *end | 0x20) : NULL;
	if (*end && (!unit || end[1]))
		return -EINVAL;
	for (u32 n = unit ? unit - units + 1 : 0; n; n--)
		v = v > U64_MAX >> 10 ? U64_MAX : v << 10;
	*out = (s64)min_t(u64, v / PAGE_SIZE, S64_MAX / PAGE_SIZE);
	return 0;
}

int memfile_show_current(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, atomic_read(&c->mem->npages));
}

int memfile_show_peak(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, atomic_read(&c->mem->peak));
}

static int store_guard(struct cgnode *c, enum memguard which, const char *text)
{
	s64 pages;
	int err = parse_pages(text, &pages);

	if (!err)
		memgroup_set_guard(c->mem, which, pages);
	return err;
}

int memfile_show_min(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, READ_ONCE(c->mem->guards[MEMGUARD_MIN].want));
}

int memfile_store_min(struct cgnode *c, char *text, struct ofile *f)
{
	return store_guard(c, MEMGUARD_MIN, text);
}

int memfile_show_low(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, READ_ONCE(c->mem->guards[MEMGUARD_LOW].want));
}

int memfile_store_low(struct cgnode *c, char *text, struct ofile *f)
{
	return store_guard(c, MEMGUARD_LOW, text);
}

int memfile_show_high(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, READ_ONCE(c->mem->high));
}

int memfile_store_high(struct cgnode *c, char *text, struct ofile *f)
{
	s64 pages;
	int err = parse_pages(text, &pages);

	if (!err)
		memgroup_set_high(c->mem, pages);
	return err;
}

int memfile_show_max(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, READ_ONCE(c->mem->max));
}

int memfile_store_max(struct cgnode *c, char *text, struct ofile *f)
{
	s64 pages;
	int err = parse_pages(text, &pages);

	if (err)
		return err;
	WRITE_ONCE(c->mem->max, pages);
	memgroup_shrink(c->mem);
	return 0;
}

static void print_events(struct seqbuf *sb, const atomic64 *events)
{
	static const char *const names[] = {
		[MEMEVENT_LOW] = "low", [MEMEVENT_HIGH] = "high", [MEMEVENT_MAX] = "max",
		[MEMEVENT_OOM] = "oom", [MEMEVENT_OOM_KILL] = "oom_kill",
		[MEMEVENT_GROUP_KILL] = "oom_group_kill",
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		seqbuf_printf(sb, "%s %ld\n", names[i], atomic_read(&events[i]));
}

int memfile_show_events(struct seqbuf *sb, struct cgnode *c)
{
	print_events(sb, c->mem->events);
	return 0;
}

int memfile_show_events_local(struct seqbuf *sb, struct cgnode *c)
{
	print_events(sb, c->mem->events_local);
	return 0;
}

/* One row of memory.stat: of a group, and of the machine. Pages are shown in bytes. */
static const struct statrow { const char *name; u8 item, of_all; bool is_count; } rows[] = {
	{ "file_dirty", MEMSTAT_DIRTY, VMSTAT_DIRTY, false },
	{ "file_writeback", MEMSTAT_WRITEBACK, VMSTAT_WRITEBACK, false },
	{ "swapcached", MEMSTAT_SWAPCACHED, VMSTAT_SWAPCACHED, false },
	{ "inactive_anon", MEMSTAT_INACTIVE_ANON, VMSTAT_INACTIVE_ANON, false },
	{ "active_anon", MEMSTAT_ACTIVE_ANON, VMSTAT_ACTIVE_ANON, false },
	{ "inactive_file", MEMSTAT_INACTIVE_FILE, VMSTAT_INACTIVE_FILE, false },
	{ "active_file", MEMSTAT_ACTIVE_FILE, VMSTAT_ACTIVE_FILE, false },
	{ "unevictable", MEMSTAT_UNEVICTABLE, VMSTAT_UNEVICTABLE, false },
	{ "pgscan", MEMSTAT_PGSCAN, VMSTAT_PGSCAN, true },
	{ "pgsteal", MEMSTAT_PGSTEAL, VMSTAT_PGSTEAL, true },
	{ "pgfault", MEMSTAT_PGFAULT, VMSTAT_PGFAULT, true },
	{ "pgmajfault", MEMSTAT_PGMAJFAULT, VMSTAT_PGMAJFAULT, true },
};

/* Counters of several CPUs may be read while they move: never below zero. */
static u64 stat_of(const struct memgroup *g, enum memstat item, enum vmstat_item of_all)
{
	return (u64)max_t(s64, g ? atomic_read(&g->stats[item]) : vmstat_read(of_all), 0);
}

int memfile_show_stat(struct seqbuf *sb, struct cgnode *c)
{
	const struct memgroup *g = c->mem;
	u64 shmem = stat_of(g, MEMSTAT_SHMEM, VMSTAT_SHMEM), file = stat_of(g, MEMSTAT_FILE, VMSTAT_FILE);

	/* "file" is all that is in caches, shared memory too. */
	seqbuf_printf(sb, "anon %lu\nfile %lu\nshmem %lu\n",
		      stat_of(g, MEMSTAT_ANON, VMSTAT_ANON) * PAGE_SIZE,
		      (g ? file + shmem : file) * PAGE_SIZE, shmem * PAGE_SIZE);
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		seqbuf_printf(sb, "%s %lu\n", rows[i].name,
			      stat_of(g, rows[i].item, rows[i].of_all) * (rows[i].is_count ? 1 : PAGE_SIZE));
	return 0;
}

int memfile_show_oom_group(struct seqbuf *sb, struct cgnode *c)
{
	seqbuf_printf(sb, "%d\n", c->mem->kills_all);
	return 0;
}

int memfile_store_oom_group(struct cgnode *c, char *text, struct ofile *f)
{
	u32 v;

	if (parse_u32(text, 0, &v, NULL) || v > 1)
		return -EINVAL;
	WRITE_ONCE(c->mem->kills_all, v);
	return 0;
}

int memfile_store_reclaim(struct cgnode *c, char *text, struct ofile *f)
{
	s64 pages;
	int err = !strcmp(text, "max") ? -EINVAL : parse_pages(text, &pages);

	return err ? err : memgroup_reclaim(c->mem, (u64)pages);
}

/* ---- memory.swap.* ---- */

int memfile_show_swap_current(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, atomic_read(&c->mem->nswap));
}

static int store_swap_limit(s64 *limit, const char *text)
{
	s64 pages;
	int err = parse_pages(text, &pages);

	if (!err)
		WRITE_ONCE(*limit, pages);
	return err;
}

int memfile_show_swap_high(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, READ_ONCE(c->mem->swap_high));
}

int memfile_store_swap_high(struct cgnode *c, char *text, struct ofile *f)
{
	return store_swap_limit(&c->mem->swap_high, text);
}

int memfile_show_swap_max(struct seqbuf *sb, struct cgnode *c)
{
	return print_pages(sb, READ_ONCE(c->mem->swap_max));
}

int memfile_store_swap_max(struct cgnode *c, char *text, struct ofile *f)
{
	return store_swap_limit(&c->mem->swap_max, text);
}

int memfile_show_swap_events(struct seqbuf *sb, struct cgnode *c)
{
	const atomic64 *e = c->mem->events;

	seqbuf_printf(sb, "high %ld\nmax %ld\nfail %ld\n", atomic_read(&e[MEMEVENT_SWAP_HIGH]),
		      atomic_read(&e[MEMEVENT_SWAP_MAX]), atomic_read(&e[MEMEVENT_SWAP_FAIL]));
	return 0;
}
