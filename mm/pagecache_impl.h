/* SPDX-License-Identifier: GPL-2.0-only */
/* Page cache, private to mm/. */
#pragma once

#include <tern/mm/pagecache.h>

#include "aspace_impl.h"
#include "mm_impl.h"
#include "reclaim_impl.h"
#include "rmap_impl.h"

/**
 * pagecache_remove_range() - drop all pages of an index range; inval held for
 * writing or no user left.
 */
void pagecache_remove_range(struct pagecache *pc, u64 first, u64 last);
/**
 * pagecache_remove_frozen() - locked clean page with just our reference: out,
 * count 0; false if used.
 */
bool pagecache_remove_frozen(struct page *page);
/** pagecache_take_out_locked() - a page that nobody can find goes to the swapped ones; pc->lock held. */
void pagecache_take_out_locked(struct pagecache *pc, struct page *page);
/** writeback_forget() - the object goes: off the list of dirty ones. */
void writeback_forget(struct pagecache *pc);
/** writeback_kick() - the flusher shall start, memory is wanted. */
void writeback_kick(void);
/** dirty_written() - writing a page ended: throttled writers look again. Context: any. */
void dirty_written(void);
/** writeback_ended() - of a page, to a file or to swap. Context: any. */
void writeback_ended(void);
/** writeback_wait_some() - until a write ends, at most @ns; not at all if nothing is to be written. Sleeps. */
void writeback_wait_some(u64 ns);
/** dirty_balance() - after a write: wait while too much is dirty. No lock held but the vnode's. Sleeps. */
void dirty_balance(void);
