// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of bad sectors. A page of entries, sorted, none touching another: first unit (54 bits), units - 1
 * (9 bits), acknowledged (bit 63). A unit is 2^shift sectors; a list whose shift is negative is off.
 */
#include "block_impl.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define ENTRIES		((int)(PAGE_SIZE / sizeof(u64)))
#define LEN_BITS	9
#define LEN_MAX		(1ULL << LEN_BITS)
#define ACKED		(1ULL << 63)
#define SECTORS_MAX	(1ULL << 54)	/* so that a unit has 54 bits whatever its size */

static u64 start_of(u64 e) { return (e & ~ACKED) >> LEN_BITS; }
static u64 len_of(u64 e) { return (e & (LEN_MAX - 1)) + 1; }
static u64 end_of(u64 e) { return start_of(e) + len_of(e); }
static bool is_acked(u64 e) { return (e & ACKED) != 0; }
static u64 entry(u64 start, u64 len, bool acked) { return start << LEN_BITS | (len - 1) | (acked ? ACKED : 0); }

static unsigned long lock(struct lx_badblocks *bb)
{
	return lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&bb->lock.lock);
}

static void unlock(struct lx_badblocks *bb, unsigned long flags)
{
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&bb->lock.lock, flags);
}

int lx_badblocks_init(struct lx_badblocks *bb, int enable)
{
	memset(bb, 0, sizeof(*bb));
	bb->shift = enable ? 0 : -1;
	bb->page = (unsigned long long *)lx_get_zeroed_page(ALLOC_KERNEL);
	if (bb->page)
		return 0;
	bb->shift = -1;
	return -ENOMEM;
}
LX_EXPORT(badblocks_init);

void lx_badblocks_exit(struct lx_badblocks *bb)
{
	if (!bb)
		return;
	if (bb->page)
		lx_free_pages((unsigned long)bb->page, 0);
	bb->page = NULL;
}
LX_EXPORT(badblocks_exit);

/* The first entry that ends behind @unit. */
static int find_locked(const struct lx_badblocks *bb, u64 unit)
{
	int low = 0, high = bb->count;

	while (low < high) {
		int mid = low + (high - low) / 2;

		if (end_of(bb->page[mid]) > unit)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* 0: none of these sectors is bad; 1: some, all acknowledged; -1: some are not. The first stretch goes out. */
int lx_badblocks_check(struct lx_badblocks *bb, unsigned long long s, int sectors, unsigned long long *first,
		       int *count)
{
	unsigned long flags;
	u64 from, to;
	int found = 0;

	if (bb->shift < 0 || !READ_ONCE(bb->count))
		return 0;
	flags = lock(bb);
	from = s >> bb->shift;
	to = (s + (u64)sectors + (1ULL << bb->shift) - 1) >> bb->shift;
	for (int i = find_locked(bb, from); i < bb->count && start_of(bb->page[i]) < to; i++) {
		u64 e = bb->page[i];

		if (!found) {
			*first = start_of(e) << bb->shift;
			*count = (int)(len_of(e) << bb->shift);
			found = 1;
		}
		if (!is_acked(e))
			found = -1;
	}
	unlock(bb, flags);
	return found;
}
LX_EXPORT(badblocks_check);

/* ---- changing ---- */

/* Entries [@at, @at + @old) make room for @fresh ones; false: the page is full. */
static bool resize_locked(struct lx_badblocks *bb, int at, int old, int fresh)
{
	if (bb->count - old + fresh > ENTRIES)
		return false;
	memmove(&bb->page[at + fresh], &bb->page[at + old], (size_t)(bb->count - at - old) * sizeof(u64));
	bb->count += fresh - old;
	return true;
}

/* Behind the last entry, from @first on, that begins before @unit. */
static int end_locked(const struct lx_badblocks *bb, int first, u64 unit)
{
	while (first < bb->count && start_of(bb->page[first]) < unit)
		first++;
	return first;
}

/* Take [@from, @to) out of the list; false: an entry would fall in two, and there is no room. */
static bool cut_locked(struct lx_badblocks *bb, u64 from, u64 to)
{
	int first = find_locked(bb, from), end = end_locked(bb, first, to), kept = 0;
	u64 rest[2];

	if (end == first)
		return true;
	if (start_of(bb->page[first]) < from)
		rest[kept++] = entry(start_of(bb->page[first]), from - start_of(bb->page[first]),
				     is_acked(bb->page[first]));
	if (end_of(bb->page[end - 1]) > to)
		rest[kept++] = entry(to, end_of(bb->page[end - 1]) - to, is_acked(bb->page[end - 1]));
	if (!resize_locked(bb, first, end - first, kept))
		return false;
	memcpy(&bb->page[first], rest, (size_t)kept * sizeof(u64));
	return true;
}

/* Can entries @at and the next be one. */
static bool touches(const struct lx_badblocks *bb, int at)
{
	return at >= 0 && at + 1 < bb->count && end_of(bb->page[at]) == start_of(bb->page[at + 1]) &&
	       is_acked(bb->page[at]) == is_acked(bb->page[at + 1]) &&
	       len_of(bb->page[at]) + len_of(bb->page[at + 1]) <= LEN_MAX;
}

static void join_locked(struct lx_badblocks *bb, int at)
{
	if (!touches(bb, at))
		return;
	bb->page[at] = entry(start_of(bb->page[at]), len_of(bb->page[at]) + len_of(bb->page[at + 1]),
			     is_acked(bb->page[at]));
	(void)resize_locked(bb, at + 1, 1, 0);
}

/* Is there room for [@from, @to) once what the list has of it is cut out. */
static bool has_room(const struct lx_badblocks *bb, u64 from, u64 to)
{
	int first = find_locked(bb, from), end = end_locked(bb, first, to), kept = 0;

	if (end > first)
		kept = (start_of(bb->page[first]) < from) + (end_of(bb->page[end - 1]) > to);
	return (u64)(bb->count - (end - first) + kept) + DIV_ROUND_UP(to - from, LEN_MAX) <= (u64)ENTRIES;
}

/* [@from, @to), of which nothing is in the list; false: no room. */
static bool put_locked(struct lx_badblocks *bb, u64 from, u64 to, bool acked)
{
	while (from < to) {
		u64 len = min_t(u64, to - from, LEN_MAX);
		int at = find_locked(bb, from);

		if (!resize_locked(bb, at, 0, 1))
			return false;
		bb->page[at] = entry(from, len, acked);
		join_locked(bb, at);
		join_locked(bb, at - 1);
		from += len;
	}
	return true;
}

static void count_unacked_locked(struct lx_badblocks *bb)
{
	bb->unacked_exist = 0;
	for (int i = 0; i < bb->count; i++)
		bb->unacked_exist |= !is_acked(bb->page[i]);
}

/* 0, or 1: not all of it could be noted. */
int lx_badblocks_set(struct lx_badblocks *bb, unsigned long long s, int sectors, int acked)
{
	unsigned long flags;
	u64 from, to;
	bool ok;

	if (bb->shift < 0 || sectors <= 0 || s >= SECTORS_MAX - (u64)sectors)
		return bb->shift < 0 || sectors != 0;
	flags = lock(bb);
	from = s >> bb->shift;
	to = (s + (u64)sectors + (1ULL << bb->shift) - 1) >> bb->shift;
	ok = has_room(bb, from, to) && cut_locked(bb, from, to) && put_locked(bb, from, to, acked);
	bb->changed = 1;
	count_unacked_locked(bb);
	unlock(bb, flags);
	return !ok;
}
LX_EXPORT(badblocks_set);

/* Only whole units become good; -ENOSPC: an entry would fall in two, and there is no room. */
int lx_badblocks_clear(struct lx_badblocks *bb, unsigned long long s, int sectors)
{
	unsigned long flags;
	u64 from, to;
	bool ok;

	if (bb->shift < 0 || sectors < 0 || s >= SECTORS_MAX - (u64)sectors)
		return -EINVAL;
	flags = lock(bb);
	from = (s + (1ULL << bb->shift) - 1) >> bb->shift;
	to = (s + (u64)sectors) >> bb->shift;
	ok = from >= to || cut_locked(bb, from, to);
	bb->changed = 1;
	count_unacked_locked(bb);
	unlock(bb, flags);
	return ok ? 0 : -ENOSPC;
}
LX_EXPORT(badblocks_clear);

/* "sector sectors" a line, of all or of those that are not acknowledged. */
long lx_badblocks_show(struct lx_badblocks *bb, char *page, int unacked)
{
	unsigned long flags;
	int n = 0;

	if (bb->shift < 0)
		return 0;
	flags = lock(bb);
	for (int i = 0; i < bb->count && n < (int)PAGE_SIZE; i++) {
		u64 e = bb->page[i];

		if (!unacked || !is_acked(e))
			n += lx_scnprintf(page + n, PAGE_SIZE - (size_t)n, "%llu %llu\n", start_of(e) << bb->shift,
					  len_of(e) << bb->shift);
	}
	if (unacked && !n)
		bb->unacked_exist = 0;
	unlock(bb, flags);
	return n;
}
LX_EXPORT(badblocks_show);
