/* SPDX-License-Identifier: GPL-2.0-only */
/* What a virtual terminal is shown on: a frame buffer or a VGA text buffer. Private to drivers/tty/vt. */
#pragma once

#include "vtemu.h"

struct screen {
	const char *name;
	u32 cols, rows;
	/* Cells [x, x + n) of row y. VTA_REVERSE is already decided by the caller. Nosleep, any context. */
	void (*draw)(struct screen *s, u32 x, u32 y, const struct vtcell *cells, u32 n);
	void *priv;
};

/** fbscreen_probe() - the frame buffer that the firmware left; NULL if there is none. Sleeps. Boot. */
struct screen *fbscreen_probe(void);
/** vgascreen_probe() - the VGA text buffer at 0xb8000, 80 by 25; NULL if there is no VGA. Boot. */
struct screen *vgascreen_probe(void);
