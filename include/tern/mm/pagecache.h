/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache: contents of one file (or anonymous object) by page index.
 * One cache serves read, write and mmap on every file system; tmpfs is this
 * cache with nothing behind it. Owner mm/pagecache.c (writeback.c, reclaim.c).
 *
 * Page life: allocated locked and not uptodate, inserted, filled by
 * ops->read_page, unlocked; clean <-> dirty -> writeback -> clean; removed
 * under its lock by truncate or reclaim. A cache reference counts one on the page.
 *
 * Legend: I immutable, L lock, A atomic, R RCU-read and L-write.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/lib/radix.h>
#include <tern/lib/rbtree.h>
#include <tern/mm/page.h>
#include <tern/mm/uio.h>

struct pagecache;
struct vnode;

/* Radix tags. */
#define PC_TAG_DIRTY		0
#define PC_TAG_WRITEBACK	1
#define PC_TAG_TOWRITE		2

struct pagecache_ops {
	/* Fill a locked page and unlock it, perhaps later; 0 or -errno (then unlocked too). */
	int (*read_page)(struct pagecache *pc, struct page *page);
	/* Start reads for @n pages from @index; default reads nothing ahead. */
	void (*read_ahead)(struct pagecache *pc, u64 index, u32 n);
	/* Write a locked dirty page: sets writeback, unlocks, ends writeback when done. */
	int (*write_page)(struct pagecache *pc, struct page *page);
	/* Prepare [pos, pos+len) for a write: reserve blocks; page comes
	 * locked. Default: get the page.
	 */
	int (*write_begin)(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv);
	/* Finish it: dirty the page, move the size, unlock and put. Returns bytes accepted. */
	ssize_t (*write_end)(struct pagecache *pc, loff_t pos, size_t len, size_t copied,
			     struct page *page, void *priv);
	/* A shared mapping makes the page writable: reserve space; page locked; 0 or -errno. */
	int (*make_writable)(struct pagecache *pc, struct page *page);
	/* Free private data before the page leaves; true if it may. */
	bool (*release_page)(struct pagecache *pc, struct page *page);
};

/* For caches with nothing behind them (tmpfs, memfd): a hole reads as zeroes. */
extern const struct pagecache_ops pagecache_ops_memory;
/* Its slots, for file systems that replace some of them. */
int pagecache_memory_read_page(struct pagecache *pc, struct page *page);
void pagecache_no_read_ahead(struct pagecache *pc, u64 index, u32 n);
int pagecache_memory_write_page(struct pagecache *pc, struct page *page);
int pagecache_memory_write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv);
ssize_t pagecache_memory_write_end(struct pagecache *pc, loff_t pos, size_t len, size_t copied,
				   struct page *page, void *priv);
int pagecache_memory_make_writable(struct pagecache *pc, struct page *page);
bool pagecache_memory_release_page(struct pagecache *pc, struct page *page);
/* Slots together for a file system that cannot be written: all but read_page and read_ahead; -EROFS. */
#define PAGECACHE_OPS_READONLY								\
	.write_page = pagecache_rofs_write_page, .write_begin = pagecache_rofs_write_begin,	\
	.write_end = pagecache_memory_write_end,						\
	.make_writable = pagecache_rofs_make_writable, .release_page = pagecache_memory_release_page
int pagecache_rofs_write_page(struct pagecache *pc, struct page *page);
int pagecache_rofs_write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv);
int pagecache_rofs_make_writable(struct pagecache *pc, struct page *page);
/** pagecache_read_ahead_pages() - ready-made read_ahead slot: read_page() for each missing page. */
void pagecache_read_ahead_pages(struct pagecache *pc, u64 index, u32 n);

/* Regions that may map the pages of something, as an interval tree by page index. */
struct rmap_tree {
	struct spin lock;		/* protects regions; LOCKRANK_RMAP_SPIN */
	struct rbtree regions;		/* L struct rmap_link */
};

struct pagecache {
	struct radix pages;		/* R index -> struct page */
	struct spin lock;		/* protects pages, npages; LOCKRANK_PAGECACHE, irqsave */
	u64 npages;			/* L */
	const struct pagecache_ops *ops;	/* I */
	struct vnode *vnode;		/* I owner, may be NULL for anonymous objects */
	loff_t anon_size;		/* I bytes of an object without a vnode */
	struct rwsem inval;		/* truncate (write) against fault and read-ahead (read) */
	struct rmap_tree maps;		/* regions that map this object */
	u32 nr_shared_writable;		/* regions that may write; A */
	u32 flags;			/* PAGECACHE_* */
	struct radix swapped;		/* R, pc->lock: index -> where a page of memory was written out to */
	u64 nswapped;			/* L */
	struct list swapped_link;	/* on mm's list while it has or had such pages */
	u32 wb_err;			/* A sequence of writeback errors (errseq) */
	struct list dirty_link;		/* on the flusher's list while dirty */
	u64 dirtied_when;		/* ns, first dirtying */
};

#define PAGECACHE_SWAPBACKED	0x1u	/* pages live only here: not dropped, only swapped */
#define PAGECACHE_NOWRITEBACK	0x2u	/* no flusher: memory file systems */
#define PAGECACHE_UNEVICTABLE	0x4u	/* reclaim does not see its pages */
#define PAGECACHE_SHMEM		0x8u	/* part of a struct shmem */

void pagecache_init(struct pagecache *pc, struct vnode *vn, const struct pagecache_ops *ops, u32 flags);
/** pagecache_fini() - drop all pages; no mapping and no reader may be left. Sleeps. */
void pagecache_fini(struct pagecache *pc);

/** pagecache_find() - page at @index with a reference, or NULL. Lock-free. */
struct page *pagecache_find(struct pagecache *pc, u64 index);
/** pagecache_count() - how many pages of [@first, @last] are there. The cost is per page found. */
u64 pagecache_count(struct pagecache *pc, u64 first, u64 last);
/** pagecache_is_hole() - memory objects: nothing is at @index, neither in memory nor in swap. */
bool pagecache_is_hole(struct pagecache *pc, u64 index);
/** pagecache_is_there() - something is at @index, in memory or in swap. */
bool pagecache_is_there(struct pagecache *pc, u64 index);
/** pagecache_total() - pages in memory and in swap. */
static inline u64 pagecache_total(const struct pagecache *pc)
{
	return READ_ONCE(pc->npages) + READ_ONCE(pc->nswapped);
}
/**
 * pagecache_get() - find or insert; new pages come locked and not uptodate
 * (*is_new). ERR_PTR(-ENOMEM).
 */
struct page *pagecache_get(struct pagecache *pc, u64 index, alloc_flags flags, bool *is_new);
/** pagecache_get_locked() - like pagecache_get() but always locked and still in the cache. */
struct page *pagecache_get_locked(struct pagecache *pc, u64 index, alloc_flags flags);
/**
 * pagecache_read_in() - uptodate page with a reference, reading it if needed;
 * ERR_PTR(-EIO ...). Sleeps.
 */
struct page *pagecache_read_in(struct pagecache *pc, u64 index);
/** pagecache_insert() - a page the caller made; locked; 0, -EEXIST, -ENOMEM. */
int pagecache_insert(struct pagecache *pc, struct page *page, u64 index);
/** pagecache_remove() - locked page leaves the cache. */
void pagecache_remove(struct page *page);

void page_mark_dirty(struct page *page);
/** page_clear_dirty_for_io() - true if it was dirty; also write-protects mappings. Page locked. */
bool page_clear_dirty_for_io(struct page *page);
void page_start_writeback(struct page *page);
void page_end_writeback(struct page *page);

/**
 * pagecache_read() - generic file read
 * @size: current file size: reads stop there
 * Return: bytes, or -errno if none. Updates *pos. Sleeps.
 */
ssize_t pagecache_read(struct pagecache *pc, struct uio *u, loff_t *pos, loff_t size);
/** pagecache_write() - generic write through ops->write_begin/end; caller holds the vnode lock. */
ssize_t pagecache_write(struct pagecache *pc, struct uio *u, loff_t *pos);
/**
 * pagecache_truncate() - forget everything at and past @size: unmap, zero the partial page, drop.
 * The caller has set the new size and holds the vnode lock. Sleeps.
 */
void pagecache_truncate(struct pagecache *pc, loff_t size);
/** pagecache_punch() - forget [start, end) bytes; partial pages are zeroed. */
int pagecache_punch(struct pagecache *pc, loff_t start, loff_t end);
/**
 * pagecache_drop_clean() - best effort: drop clean unmapped pages of an index
 * range; returns how many.
 */
u64 pagecache_drop_clean(struct pagecache *pc, u64 first, u64 last);
/**
 * pagecache_flush() - write dirty pages in a byte range and (@wait) wait for
 * them; 0 or first error.
 */
int pagecache_flush(struct pagecache *pc, loff_t start, loff_t end, bool wait);
/**
 * pagecache_unmap() - remove user mappings of an index range (truncate, punch).
 * @even_cows: private copies too.
 */
void pagecache_unmap(struct pagecache *pc, u64 first, u64 last, bool even_cows);
/**
 * pagecache_seek_data() - next data (or hole) at or after @pos below @size;
 * -ENXIO. For SEEK_DATA/SEEK_HOLE.
 */
loff_t pagecache_seek(struct pagecache *pc, loff_t pos, loff_t size, bool want_hole);

/* ---- write-back errors: each open file sees each error once ---- */
/** pagecache_set_error() - a write failed (-errno); for end of I/O. Context: any. */
void pagecache_set_error(struct pagecache *pc, int err);
/** pagecache_check_error() - 0, or the error since *seen was sampled (advances it). */
int pagecache_check_error(struct pagecache *pc, u32 *seen);
/** pagecache_sample_error() - for open: what *seen starts as. */
u32 pagecache_sample_error(struct pagecache *pc);

/* ---- dirty objects (writeback.c) ---- */
/**
 * pagecache_next_dirty() - an object with dirty pages, oldest first, dirtied before @before_ns
 * Takes it off the list; it comes back when pages stay or become dirty. The flusher
 * must make sure that the owner lives (vnode reference) before it writes.
 */
struct pagecache *pagecache_next_dirty(u64 before_ns, bool (*hold)(struct pagecache *pc));

/** vm.dirty_*: shares of memory in percent, or bytes if not 0; times in 1/100 s. */
struct dirty_settings { u64 ratio, background_ratio, bytes, background_bytes, expire_cs, interval_cs; };
extern struct dirty_settings dirty_settings;
/** dirty_over_background() - the flusher should write, whatever the age. */
bool dirty_over_background(void);
/** writeback_waitq - the flusher waits here; woken when memory is wanted or much is dirty. */
extern struct waitq *writeback_waitq;
/** writeback_was_kicked() - true if it was woken since the last call. */
bool writeback_was_kicked(void);
