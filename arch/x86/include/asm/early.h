/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Before the page allocator and the console drivers. Owner arch/x86/boot
 * (console) and arch/x86/mm/early_mem.c (memory).
 *
 * Early memory is handed out from the boot memory map and never given back;
 * once the page allocator has taken the rest with early_mem_foreach_free(),
 * early_mem_alloc() must not be called any more.
 */
#pragma once

#include <tern/base/types.h>

/**
 * early_console_write() - polling output to the first serial port
 * @s: bytes; '\n' becomes CR LF
 * @len: number of bytes
 * Context: any; takes no lock, callers serialise.
 */
void early_console_write(const char *s, size_t len);

/**
 * early_mem_alloc() - memory for good, zeroed
 * @size: bytes; @align: power of two
 * Return: direct-map address. Stops the machine if memory ran out: nothing
 * can work without what is allocated here.
 */
void *early_mem_alloc(size_t size, size_t align);

/**
 * early_mem_reserve() - keep [start, start + len) out of early and later allocation
 */
void early_mem_reserve(paddr_t start, u64 len);

/**
 * early_mem_foreach_free() - report RAM that is still free, ascending, page aligned
 * @fn: called with [start, end) page frame numbers
 * Afterwards early_mem_alloc() refuses to work.
 */
void early_mem_foreach_free(void (*fn)(pfn_t start, pfn_t end, void *arg), void *arg);

/**
 * early_mem_foreach_ram() - report all RAM, in use or not, ascending, page aligned
 */
void early_mem_foreach_ram(void (*fn)(pfn_t start, pfn_t end, void *arg), void *arg);

/** early_mem_top() - first page frame number past the last RAM page. */
pfn_t early_mem_top(void);
