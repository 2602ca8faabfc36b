/* SPDX-License-Identifier: GPL-2.0-only */
/* The x86 filter of the .xz format. */
#pragma once

#include "unzip_impl.h"

#define XZ_X86_ROOM	4096

struct xz_x86 {
	u32 pos;		/* address of buf[0] as the filter counts */
	unsigned history;	/* bit n: n + 1 bytes back was an opcode left alone */
	size_t len;		/* bytes in buf, not yet filtered */
	u8 buf[XZ_X86_ROOM];
};

/**
 * xz_x86_begin() - a new block; pos is set by its header
 */
void xz_x86_begin(struct xz_x86 *x);

/**
 * xz_x86_filter() - turn absolute branch targets back into relative ones
 */
int xz_x86_filter(struct unzip_core *core, struct xz_x86 *x, const u8 *p, size_t len);

/**
 * xz_x86_end() - the last few bytes, which hold no whole instruction
 */
int xz_x86_end(struct unzip_core *core, struct xz_x86 *x);
