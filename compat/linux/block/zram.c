// SPDX-License-Identifier: GPL-2.0-only
/*
 * What zram and zsmalloc ask for: pools that others could use (nobody does), figures of zones (the native ones
 * are counted where pages are taken).
 */
#include "block_impl.h"

#include <tern/mm/page.h>

void lx_zpool_register_driver(struct lx_zpool_driver *d) { }
LX_EXPORT(zpool_register_driver);
int lx_zpool_unregister_driver(struct lx_zpool_driver *d) { return 0; }
LX_EXPORT(zpool_unregister_driver);

void lx_inc_zone_page_state(struct lx_page *page, unsigned int item) { }
LX_EXPORT(inc_zone_page_state);
void lx_dec_zone_page_state(struct lx_page *page, unsigned int item) { }
LX_EXPORT(dec_zone_page_state);

void lx_folio_wait_bit(struct lx_folio *f, int bit) { page_wait_flag((struct page *)f, (enum page_flag)bit); }
LX_EXPORT(folio_wait_bit);

/* A page that was read or written for the page cache: disks of modules are asked by commands only. */
void lx_page_endio(struct lx_page *page, bool is_write, int err) { }
LX_EXPORT(page_endio);
