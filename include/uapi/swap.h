/* SPDX-License-Identifier: GPL-2.0-only */
/* swapon(2) and the header of a swap area. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define SWAP_FLAG_PREFER	0x8000
#define SWAP_FLAG_PRIO_MASK	0x7fff
#define SWAP_FLAG_DISCARD	0x10000
#define SWAP_FLAG_DISCARD_ONCE	0x20000
#define SWAP_FLAG_DISCARD_PAGES	0x40000
#define SWAP_FLAGS_VALID	(SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK | SWAP_FLAG_DISCARD | \
				 SWAP_FLAG_DISCARD_ONCE | SWAP_FLAG_DISCARD_PAGES)

/* In the first page: boot code's bytes, this, numbers of bad pages, and at its end the magic. */
#define SWAP_HEADER_OFFSET	1024u
#define SWAP_MAGIC_OFFSET	4086u
#define SWAP_MAGIC		"SWAPSPACE2"
#define SWAP_MAGIC_LEN		10
struct swap_header {
	u32 version;		/* 1 */
	u32 last_page;
	u32 nr_badpages;
	u8 uuid[16], label[16];
	u32 padding[117];
};
static_assert(sizeof(struct swap_header) == 512, "badpages at 1536");
#define SWAP_BAD_MAX	((SWAP_MAGIC_OFFSET - SWAP_HEADER_OFFSET - sizeof(struct swap_header)) / 4)
