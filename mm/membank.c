// SPDX-License-Identifier: GPL-2.0-only
/*
 * Banks of memory that go out of use and come back. A bank goes only when all of its pages are free: then its
 * blocks leave the free lists and its zone manages less. Nothing is moved away.
 */
#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/base/lock.h>
#include <tern/mm/membank.h>
#include <tern/mm/vmstat.h>

#include "mm_impl.h"

#define BANK_PAGES	(MEMBANK_SIZE >> PAGE_SHIFT)

static_assert(BANK_PAGES % BUDDY_BLOCK == 0);

static struct kmutex bank_lock = KMUTEX_INIT(bank_lock, LOCKRANK_MEMBANK);
static bool *bank_is_offline;	/* one each; written under bank_lock */
static u32 bank_count;

static inline pfn_t bank_start(u32 n)
{
	return n * BANK_PAGES;
}

static inline u64 bank_pages(u32 n)
{
	return page_ranges_count(bank_start(n), bank_start(n + 1));
}

u32 membank_count(void)
{
	return bank_count;
}

bool membank_is_present(u32 n)
{
	return bank_pages(n) != 0;
}

bool membank_is_online(u32 n)
{
	return !READ_ONCE(bank_is_offline[n]);
}

const char *membank_zone_name(u32 n)
{
	return buddy_zone_of(bank_start(n))->name;
}

int membank_offline(u32 n)
{
	int err = 0;

	if (bank_pages(n) != BANK_PAGES)
		return -EINVAL;
	kmutex_lock(&bank_lock);
	if (!bank_is_offline[n]) {
		pcp_drain_all();
		err = buddy_remove_range(bank_start(n), bank_start(n + 1));
		if (!err)
			WRITE_ONCE(bank_is_offline[n], true);
	}
	kmutex_unlock(&bank_lock);
	return err;
}

int membank_online(u32 n)
{
	if (bank_pages(n) != BANK_PAGES)
		return -EINVAL;
	kmutex_lock(&bank_lock);
	if (bank_is_offline[n]) {
		buddy_return_range(bank_start(n), bank_start(n + 1));
		WRITE_ONCE(bank_is_offline[n], false);
	}
	kmutex_unlock(&bank_lock);
	return 0;
}

static int membanks_start(void)
{
	u32 n = DIV_ROUND_UP(page_pfn_end(), BANK_PAGES);

	bank_is_offline = kmem_zalloc(n * sizeof(*bank_is_offline), ALLOC_KERNEL);
	if (!bank_is_offline)
		return -ENOMEM;
	bank_count = n;
	return 0;
}
INITCALL(CORE, membanks_start);
