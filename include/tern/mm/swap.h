/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap space as its providers see it: who has slots of a page each to offer (partitions,
 * files, zram) attaches them with functions that read and write. Owner mm/swap.c.
 */
#pragma once

#include <tern/lib/list.h>
#include <tern/mm/uio.h>

#define SWAPIO_PAGES	16u
#define SWAP_PRIO_AUTO	(-1)
#define SWAP_PRIO_MAX	32767

struct swapdev;

/* Pages on the way to or from @n slots that follow each other. */
struct swapio {
	struct swapdev *dev;
	u64 slot;
	u32 n;
	bool is_write;
	struct uio_pageseg segs[SWAPIO_PAGES];
	struct list link;	/* mm's */
	void *priv;		/* ops->priv_size bytes of the provider's */
};

struct swapdev_ops {
	size_t priv_size;
	/* Start it; swapio_done() is called once, perhaps before this returns. Allocates nothing. */
	void (*submit)(void *priv, struct swapio *io);
	/* How many of the @n slots from @slot on may go in one swapio; at least 1. */
	u32 (*run)(void *priv, u64 slot, u32 n);
	/* Contents of slots are not needed any more; swapdev_discarded() is called when that is done. Any context. */
	void (*discard)(void *priv, u64 slot, u32 n);
	/* One slot is free: its contents may go at once. Under a spin lock. */
	void (*slot_freed)(void *priv, u64 slot);
};

struct swap_params {
	const struct swapdev_ops *ops;
	void *priv;
	u64 nslots;		/* slot 0 is the header and is never used */
	s32 priority;		/* higher ones are filled first; SWAP_PRIO_AUTO: below all others */
	bool has_discard;	/* free clusters are discarded before they are used again */
	const u32 *bad;		/* slots that are not to be used */
	u32 nbad;
};

/** swap_attach() - offer slots. ERR_PTR(-ENOMEM, -EPERM no more devices, -EINVAL). Sleeps. */
struct swapdev *swap_attach(const struct swap_params *p);
/**
 * swap_detach() - bring everything back into memory and forget the device; nothing is in flight then
 * Return: 0, -ENOMEM, -EINTR, -EIO: it goes on being used. Sleeps long.
 */
int swap_detach(struct swapdev *d);
/** swapio_done() - a transfer ended; 0 or -errno. Context: any. */
void swapio_done(struct swapio *io, int err);
/** swapdev_discarded() - for ops->discard. Context: any. */
void swapdev_discarded(struct swapdev *d, u64 slot);

struct swap_usage { u64 nslots, nused; s32 priority; };
/** swap_usage() - numbers for /proc/swaps. */
void swap_usage(struct swapdev *d, struct swap_usage *out);
/** swap_totals() - pages of all devices and free ones. */
void swap_totals(u64 *total, u64 *free);

extern u32 vm_swappiness;	/* 0 to 200: weight of anonymous pages against 200 less it of file pages */
extern u32 vm_page_cluster;	/* log2 of the pages that are read at once */
