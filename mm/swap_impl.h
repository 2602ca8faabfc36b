/* SPDX-License-Identifier: GPL-2.0-only */
/* Swap slots and the swap cache, private to mm/. */
#pragma once

#include <tern/mm/swap.h>

#include "aspace_impl.h"

#define SWAP_DEV_BITS	5
#define SWAP_DEVS	(1u << SWAP_DEV_BITS)

/* A slot of a device: slot << 5 | device. 0 (the first header) is none. */
typedef struct { u64 v; } swapent;

#define SOFT_SWAP	2u

static inline u64 swapent_slot(swapent e) { return e.v >> SWAP_DEV_BITS; }
static inline u32 swapent_dev(swapent e) { return e.v & (SWAP_DEVS - 1); }
static inline pte_t swapent_to_pte(swapent e) { return pte_make_soft(SOFT_SWAP, e.v); }
static inline bool pte_is_swap(pte_t e)
{
	return !pte_present(e) && pte_soft_type(e) == SOFT_SWAP;
}
static inline swapent pte_to_swapent(pte_t e) { return (swapent){ pte_soft_payload(e) }; }
/* In the tree of a memory object. */
static inline void *swapent_to_entry(swapent e) { return (void *)(e.v << 2 | 1); }
static inline swapent entry_to_swapent(const void *p) { return (swapent){ (u64)p >> 2 }; }

/* ---- slots (swap.c) ---- */
struct memgroup;
/** swap_alloc() - a slot with no user yet (put it in the cache next), charged to @g (NULL: nobody), or { 0 }. */
swapent swap_alloc(struct memgroup *g);
/** swap_owner() - the group that the slot is charged to, with a reference, or NULL. */
struct memgroup *swap_owner(swapent e);
/** swap_is_available() - is there a free slot. */
bool swap_is_available(void);
/** swap_is_scarce() - more than half is used: slots of pages that are in memory are given back early. */
bool swap_is_scarce(void);
/** swap_dup() - one more entry names the slot. Context: nosleep. */
void swap_dup(swapent e);
/** swap_users() - how many entries name the slot. Context: nosleep. */
u32 swap_users(swapent e);
/** swap_put() - one less; a cached page that nobody names goes too, if it is idle. Context: nosleep. */
void swap_put(swapent e);
/** swap_free_unused() - of swap_alloc(), if it never got into the cache. */
void swap_free_unused(swapent e);

/* ---- the cache: pages that have a slot (swapcache.c) ---- */
static inline bool page_is_swapcache(const struct page *p)
{
	return (READ_ONCE(p->flags) & (BIT(PG_SWAPCACHE) | BIT(PG_SWAPBACKED))) ==
	       (BIT(PG_SWAPCACHE) | BIT(PG_SWAPBACKED));
}
/** swapcache_add() - a locked page gets the slot; 0, -ENOMEM, -EEXIST, -ENOENT: @for_read and nobody names it. */
int swapcache_add(struct page *p, swapent e, bool for_read);
/** swapcache_find() - with a reference, or NULL. Lock-free. */
struct page *swapcache_find(swapent e);
/** swapcache_del() - a locked page loses its slot, which is free if no entry names it; its contents are dirty. */
void swapcache_del(struct page *p);
/** swapcache_del_frozen() - the same with the count taken from 2 to 0; false if it is in use or dirty. */
bool swapcache_del_frozen(struct page *p);
/** swapcache_try_del() - locked: gives the slot back if no entry names it and no I/O runs; true if done. */
bool swapcache_try_del(struct page *p);
/** swap_read_in() - the page of a slot, perhaps still being read (locked); NULL: nobody names it now. ERR_PTR. */
struct page *swap_read_in(swapent e, bool *was_read);

/* Writes that are being gathered. */
struct swap_batch { struct swapio *io; u32 nstarted; };
/** swap_batch_add() - write out a locked dirty page of the cache; unlocks it. May sleep for a place. */
void swap_batch_add(struct swap_batch *b, struct page *p);
void swap_batch_flush(struct swap_batch *b);

/* ---- back to users (swapin.c) ---- */
/** swap_fault() - a swapped entry; as region_fault(). */
int swap_fault(struct region *rg, uptr addr, pte_t *slot, pte_t e, u32 *flags);
/** shmem_swap_out() - a locked page of a memory object leaves it for its slot; caller's and the object's
 * references are the only ones. 0: now in the cache only. */
int shmem_swap_out(struct page *p);
/** shmem_swap_in() - page of @index with a reference, ERR_PTR, or NULL if it is not swapped. */
struct page *shmem_swap_in(struct pagecache *pc, u64 index);
/** shmem_swap_drop() - forget what is swapped of an index range. */
void shmem_swap_drop(struct pagecache *pc, u64 first, u64 last);
/** shmem_swap_forget() - the object goes. */
void shmem_swap_forget(struct pagecache *pc);
/** swap_read_range() - advice: what is swapped of the region's part is wanted soon. */
void swap_read_range(struct region *rg, uptr start, uptr end);
/** swap_unuse() - one round over all users of @dev; 0 or error. */
int swap_unuse(u32 dev);

/* swap.c for swapcache.c */
#define SLOT_CACHED	0x80000000u
#define SLOT_BAD	0x7fffffffu
#define SLOT_COUNT(m)	((m) & ~SLOT_CACHED)

struct swapcluster { u16 nfree; bool is_discarding; };
struct swapdev {
	struct list link;		/* list_lock: by priority, highest first */
	u32 index;			/* I */
	s32 priority;			/* I */
	bool has_discard;		/* I */
	bool is_draining;		/* lock */
	struct spin lock;		/* protects map, clusters, cache; LOCKRANK_SWAP */
	u64 nslots, nusable;		/* I */
	u64 nused;			/* L */
	u32 *map;			/* L entries that name a slot | SLOT_CACHED, SLOT_BAD */
	struct memgroup **owners;	/* L who pays for a slot, with a reference; NULL: nobody */
	struct swapcluster *clusters;	/* L */
	u32 nclusters;			/* I */
	u32 cluster, at;		/* L where slots are taken from; at == its end: a new one is due */
	u32 ndiscarding;		/* L */
	struct radix cache;		/* R slot -> page */
	const struct swapdev_ops *ops;	/* I */
	void *priv;			/* I */
	struct spin io_lock;		/* protects the lists; LOCKRANK_SWAP, irqsave */
	struct list idle[2];		/* of swapios: for reads, for writes */
	u32 nidle[2];
	struct waitq io_wait;
	void *ios;
};
struct swapdev *swapdev_of(swapent e);
/** swap_slot_release_locked() - the slot has neither names nor a page: free. Cluster to discard, or U32_MAX. */
u32 swap_slot_release_locked(struct swapdev *d, u64 slot);
void swap_discard_cluster(struct swapdev *d, u32 cluster);
