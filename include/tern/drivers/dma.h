/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that a device cannot reach: it gets a bounce buffer in place of it. Owner drivers/core/bounce.c.
 * Bus addresses are physical ones.
 */
#pragma once

#include <tern/base/types.h>
#include <tern/mm/page.h>

#define DMA_NOWHERE	(~0UL)
#define DMA_BOUNCE_MAX	(PAGE_SIZE << BUDDY_ORDER_MAX)

/**
 * dma_bounce_map() - a copy of [@addr, @addr + @len) at or below @mask, which has 32 bits at least
 * Return: its bus address, at the same place in its page; DMA_NOWHERE: no memory. Context: any.
 */
u64 dma_bounce_map(paddr_t addr, size_t len, u64 mask);
/** dma_bounce_unmap() - of a mapping's address; @copies_back: what the device wrote counts. No-op for others. */
void dma_bounce_unmap(u64 bus, bool copies_back);
/** dma_bounce_sync() - @len bytes from @bus, inside a mapping: to the device or from it. No-op for others. */
void dma_bounce_sync(u64 bus, size_t len, bool to_device);
/** dma_is_bounced() - the address belongs to a bounce buffer. */
bool dma_is_bounced(u64 bus);
